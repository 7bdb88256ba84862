//! How many people of each of several crowds have every bin.

use crate::audience::Expr;
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::bits::Bits;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The question.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Whom to count; crowds may overlap.
    pub of: Vec<Expr>,
    /// Whether to count them bin by bin, too.
    pub bins: bool,
}

/// The answer; lists are empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tallied {
    /// By crowd: people.
    pub people: Vec<u64>,
    /// By crowd, then by bin: people.
    pub bins: Vec<Vec<u64>>,
}

impl Partial for Tallied {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.people, &other.people);
        self.bins.resize(self.bins.len().max(other.bins.len()), Vec::new());
        self.bins.iter_mut().zip(&other.bins).for_each(|(mine, theirs)| add_up(mine, theirs));
    }
}

impl Analysis for Tally {
    const NAME: &'static str = "personas.tally";
    type Partial = Tallied;
    type Work = Vec<Bits>;

    fn begin(&self, shard: &Shard) -> Result<Vec<Bits>> {
        self.of.iter().map(|crowd| shard.crowd(crowd)).collect()
    }

    fn add(&self, crowds: &mut Vec<Bits>, shard: &mut Shard, rows: Range<usize>, sum: &mut Tallied) {
        let schema = &shard.people.schema;
        sum.people.resize(crowds.len(), 0);
        sum.bins.resize(crowds.len(), vec![0; if self.bins { schema.bins() } else { 0 }]);
        for ((crowd, people), bins) in crowds.iter().zip(&mut sum.people).zip(&mut sum.bins) {
            *people += rows.clone().filter(|&i| crowd.has(i)).count() as u64;
            if !self.bins {
                continue;
            }
            for (codes, &first) in shard.people.columns.iter().zip(&schema.starts) {
                codes.for_each(rows.clone(), |i, code| bins[first + code] += u64::from(crowd.has(i)));
            }
        }
    }
}
