//! How many people are in exactly which of several crowds.

use crate::audience::Expr;
use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::bits::Bits;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Crowds compared at once: their regions are two to the power of this.
const MOST: usize = 8;

/// The question: how many people are in all crowds of every subset.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Regions {
    /// The crowds.
    pub of: Vec<Expr>,
}

/// People per subset of the crowds: at least in those whose bit is set. Empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meets(Vec<u64>);

impl Partial for Meets {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.0, &other.0);
    }
}

impl Analysis for Regions {
    const NAME: &'static str = "crowd-regions";
    type Partial = Meets;
    type Work = Vec<Bits>;

    fn begin(&self, shard: &Shard) -> Result<Vec<Bits>> {
        self.of.iter().map(|crowd| shard.crowd(crowd)).collect()
    }

    /// Whole words of 64 people: every subset costs one `and` and one population count.
    fn add(&self, crowds: &mut Vec<Bits>, _: &mut Shard, rows: Range<usize>, sum: &mut Meets) {
        sum.0.resize(1 << self.of.len(), 0);
        let mut meets = [0u64; 1 << MOST];
        for at in rows.start / 64..rows.end.div_ceil(64) {
            meets[0] = within(&rows, at);
            for (k, crowd) in crowds.iter().enumerate() {
                let word = crowd.word(at);
                let (known, new) = meets.split_at_mut(1 << k);
                new.iter_mut().zip(known).for_each(|(new, &mut known)| *new = known & word);
            }
            sum.0.iter_mut().zip(&meets).for_each(|(sum, meet)| *sum += u64::from(meet.count_ones()));
        }
    }
}

/// Which of the 64 people of a word are among `rows`.
fn within(rows: &Range<usize>, at: usize) -> u64 {
    let from = rows.start.saturating_sub(64 * at);
    let behind = (64 * (at + 1)).saturating_sub(rows.end);
    (u64::MAX << from) & (u64::MAX >> behind)
}

/// People by exact membership: entry `m` counts those who are in the crowds whose bits are set in `m` and in no other.
/// All entries together are everyone.
pub async fn regions(desk: &Desk, of: &[Expr]) -> Result<Vec<u64>> {
    if of.len() > MOST {
        return Err(Error::new(Kind::OutOfRange).column("of"));
    }
    let mut people = desk.sum(&Regions { of: of.to_vec() }).await?.0;
    people.resize(1 << of.len(), 0);
    // From "at least in these" to "in exactly these", crowd by crowd.
    for bit in (0..of.len()).map(|k| 1 << k) {
        (0..people.len()).filter(|m| m & bit == 0).for_each(|m| people[m] -= people[m | bit]);
    }
    Ok(people)
}

/// Those of the regions who are in all of these crowds.
pub(super) fn meeting(regions: &[u64], crowds: &[usize]) -> u64 {
    let mask = crowds.iter().fold(0, |mask, k| mask | 1 << k);
    (0..regions.len()).filter(|m| m & mask == mask).map(|m| regions[m]).sum()
}
