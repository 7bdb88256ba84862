//! How many people of several crowds have each value.

use crate::audience::Expr;
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::bits::Bits;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The question: the people of every bin, crowd by crowd.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bins {
    /// The crowds.
    pub of: Vec<Expr>,
}

/// People per crowd, and per crowd and bin of the schema. Empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// People of each crowd.
    pub people: Vec<u64>,
    /// People of each crowd in each bin, crowd after crowd.
    pub bins: Vec<u64>,
}

impl Tally {
    fn widen(&mut self, crowds: usize, bins: usize) {
        self.people.resize(self.people.len().max(crowds), 0);
        self.bins.resize(self.bins.len().max(bins), 0);
    }
    /// The bins of one crowd.
    pub fn of(&self, crowd: usize) -> &[u64] {
        let bins = self.bins.len() / self.people.len().max(1);
        &self.bins[crowd * bins..(crowd + 1) * bins]
    }
}

impl Partial for Tally {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.people, &other.people);
        add_up(&mut self.bins, &other.bins);
    }
}

impl Analysis for Bins {
    const NAME: &'static str = "crowd-bins";
    type Partial = Tally;
    type Work = Vec<Bits>;

    fn begin(&self, shard: &Shard) -> Result<Vec<Bits>> {
        self.of.iter().map(|crowd| shard.crowd(crowd)).collect()
    }

    fn add(&self, crowds: &mut Vec<Bits>, shard: &mut Shard, rows: Range<usize>, sum: &mut Tally) {
        let schema = &shard.people.schema;
        sum.widen(crowds.len(), crowds.len() * schema.bins());
        for (at, crowd) in crowds.iter().enumerate() {
            let bins = &mut sum.bins[at * schema.bins()..(at + 1) * schema.bins()];
            sum.people[at] += rows.clone().filter(|&i| crowd.has(i)).count() as u64;
            for (codes, &start) in shard.people.columns.iter().zip(&schema.starts) {
                codes.for_each(rows.clone(), |i, code| bins[start + code] += u64::from(crowd.has(i)));
            }
        }
    }
}
