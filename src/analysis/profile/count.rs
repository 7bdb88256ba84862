//! How many people have each value, in a crowd and in all.

use crate::audience::Expr;
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard};
use crate::table::bits::Bits;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The question: count the people of every bin.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Count {
    /// The crowd that is profiled.
    pub crowd: Expr,
    /// Whom to count at all; everyone if none.
    pub within: Option<Expr>,
}

/// People per bin of the schema. Lists are empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Everyone.
    pub people: u64,
    /// Those of the crowd.
    pub crowd: u64,
    /// Everyone, per bin.
    pub bins: Vec<u64>,
    /// The crowd, per bin.
    pub crowd_bins: Vec<u64>,
}

impl Tally {
    fn widen(&mut self, bins: usize) {
        if self.bins.len() < bins {
            self.bins.resize(bins, 0);
            self.crowd_bins.resize(bins, 0);
        }
    }
}

impl Partial for Tally {
    fn merge(&mut self, other: Self) {
        self.people += other.people;
        self.crowd += other.crowd;
        self.widen(other.bins.len());
        self.bins.iter_mut().zip(&other.bins).for_each(|(a, b)| *a += b);
        self.crowd_bins.iter_mut().zip(&other.crowd_bins).for_each(|(a, b)| *a += b);
    }
}

impl Analysis for Count {
    const NAME: &'static str = "profile-count";
    type Partial = Tally;
    /// The crowd, and whom to count.
    type Work = (Bits, Bits);

    fn begin(&self, shard: &Shard) -> Result<(Bits, Bits)> {
        let within = self.within.as_ref().map(|within| shard.crowd(within)).transpose()?;
        Ok((shard.crowd(&self.crowd)?, within.unwrap_or_else(|| Bits::all(shard.people.len()))))
    }

    fn add(
        &self,
        (crowd, within): &mut (Bits, Bits),
        shard: &mut Shard,
        rows: Range<usize>,
        sum: &mut Tally,
    ) {
        let people = &shard.people;
        sum.people += rows.clone().filter(|&i| within.has(i)).count() as u64;
        sum.crowd += rows.clone().filter(|&i| crowd.has(i)).count() as u64;
        sum.widen(people.schema.bins());
        for (codes, &start) in people.columns.iter().zip(&people.schema.starts) {
            let (bins, crowd_bins) = (&mut sum.bins[start..], &mut sum.crowd_bins[start..]);
            codes.for_each(rows.clone(), |i, code| {
                bins[code] += u64::from(within.has(i));
                crowd_bins[code] += u64::from(crowd.has(i));
            });
        }
    }
}
