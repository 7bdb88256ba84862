//! Exact order statistics of one `u64` per person, by radix: each round counts the next bits of the values
//! that still share their leading bits with a wanted one. Pure functions; whoever asks walks the people.
//!
//! Cost: a round holds at most [`ROOM`] counts (2 MiB) whatever the number of targets. One target takes four
//! rounds of 16 bits; a thousand targets six, because a round with many prefixes looks at fewer bits.

use super::Partial;
use serde::{Deserialize, Serialize};

/// Counts a round may hold, as a power of two.
const ROOM: u32 = 18;
/// Bits a round looks at, at most.
const STEP: u32 = 16;

/// What to count next: goes to the shards inside a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// Leading bits known.
    depth: u32,
    /// Bits looked at in this round.
    bits: u32,
    /// The leading bits of wanted values, ascending, without repeats.
    prefixes: Vec<u64>,
}

/// How many values have which next bits: a partial, empty until the first value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts(Vec<u64>);

/// A selection under way, at the desk.
#[derive(Clone, Debug)]
pub struct Select {
    round: Round,
    /// Per target: the place of its prefix, and its rank among the values with that prefix.
    wanted: Vec<(usize, u64)>,
    /// Counts a round may hold, as a power of two.
    room: u32,
}

impl Round {
    fn over(depth: u32, prefixes: Vec<u64>, room: u32) -> Round {
        let spread = (prefixes.len().max(1) as u64).next_power_of_two().trailing_zeros();
        let bits = room.saturating_sub(spread).clamp(1, STEP).min(64 - depth);
        Round { depth, bits, prefixes }
    }
    /// Counts a value.
    #[inline]
    pub fn add(&self, counts: &mut Counts, value: u64) {
        let place = if self.depth == 0 {
            0
        } else {
            match self.prefixes.binary_search(&(value >> (64 - self.depth))) {
                Ok(place) => place,
                Err(_) => return,
            }
        };
        if counts.0.is_empty() {
            counts.0 = vec![0; self.prefixes.len() << self.bits];
        }
        let next = value << self.depth >> (64 - self.bits);
        counts.0[place << self.bits | next as usize] += 1;
    }
}

impl Counts {
    /// Counts one without looking at it.
    pub fn one(&mut self) {
        self.0.resize(self.0.len().max(1), 0);
        self.0[0] += 1;
    }
    /// How many were counted.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl Partial for Counts {
    fn merge(&mut self, other: Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a += b);
    }
}

impl Select {
    /// Selects these order statistics (0-based, any order, repeats allowed) of the values that will be counted.
    pub fn new(targets: &[u64]) -> Select {
        Select::among(targets, 1)
    }
    /// The same, one of so many side by side that share the room of a round.
    pub fn among(targets: &[u64], columns: usize) -> Select {
        let room = ROOM - columns.next_power_of_two().trailing_zeros().min(ROOM - 8);
        let wanted = targets.iter().map(|&rank| (0, rank)).collect();
        Select { round: Round::over(0, vec![0], room), wanted, room }
    }
    /// What to count next; nothing once every bit is known.
    pub fn round(&self) -> Option<&Round> {
        (self.round.depth < 64 && !self.wanted.is_empty()).then_some(&self.round)
    }
    /// Takes the counts of the round. A rank behind the last value means the last value.
    pub fn next(&mut self, counts: &Counts) {
        let Round { depth, bits, ref prefixes } = self.round;
        let found: Vec<(u64, u64)> = self
            .wanted
            .iter()
            .map(|&(place, rank)| {
                let (bin, rank) = descend(&counts.0, place << bits..(place + 1) << bits, rank);
                (prefixes[place] << bits | bin, rank)
            })
            .collect();
        let mut next: Vec<u64> = found.iter().map(|&(prefix, _)| prefix).collect();
        next.sort_unstable();
        next.dedup();
        self.wanted = found.iter().map(|&(p, rank)| (next.partition_point(|&q| q < p), rank)).collect();
        self.round = Round::over(depth + bits, next, self.room);
    }
    /// The values, in the order of the targets. Complete once [`Select::round`] gives nothing.
    pub fn values(&self) -> Vec<u64> {
        let known = |prefix: u64| prefix.checked_shl(64 - self.round.depth).unwrap_or(0);
        self.wanted.iter().map(|&(place, _)| known(self.round.prefixes[place])).collect()
    }
}

/// The bin that holds this rank, and the rank inside it.
fn descend(counts: &[u64], bins: std::ops::Range<usize>, mut rank: u64) -> (u64, u64) {
    let Some(counts) = counts.get(bins) else { return (0, 0) };
    let mut last = (0, 0);
    for (bin, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        if rank < count {
            return (bin as u64, rank);
        }
        rank -= count;
        last = (bin as u64, count - 1);
    }
    last
}

/// A number as a `u64` of the same order, so that quantiles of numbers can be selected.
/// All NaNs must be gone before; -0 stands just below 0.
pub fn of_number(x: f64) -> u64 {
    let bits = x.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Back from [`of_number`].
pub fn to_number(ordered: u64) -> f64 {
    f64::from_bits(if ordered >> 63 == 1 { ordered ^ 1 << 63 } else { !ordered })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn select(values: &[u64], targets: &[u64], shards: usize) -> Vec<u64> {
        let mut select = Select::new(targets);
        while let Some(round) = select.round() {
            let mut total = Counts::default();
            for shard in 0..shards {
                let mut counts = Counts::default();
                values.iter().skip(shard).step_by(shards).for_each(|&v| round.add(&mut counts, v));
                total.merge(counts);
            }
            select.next(&total);
        }
        select.values()
    }

    proptest! {
        #[test]
        fn it_finds_what_sorting_finds(
            mut values in prop::collection::vec(prop_oneof![any::<u64>(), 0u64..5, Just(u64::MAX)], 1..300),
            ranks in prop::collection::vec(0u64..400, 1..40),
            shards in 1usize..4,
        ) {
            let found = select(&values, &ranks, shards);
            values.sort_unstable();
            let last = values.len() - 1;
            let sorted: Vec<u64> = ranks.iter().map(|&r| values[last.min(r as usize)]).collect();
            prop_assert_eq!(found, sorted);
        }
        #[test]
        fn numbers_keep_their_order(a in any::<f64>(), b in any::<f64>()) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            prop_assert_eq!(to_number(of_number(a)).to_bits(), a.to_bits());
            if a < b {
                prop_assert!(of_number(a) < of_number(b));
            }
        }
    }

    #[test]
    fn a_thousand_targets_stay_within_the_room() {
        let values: Vec<u64> = (0..5_000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        let targets: Vec<u64> = (0..1_000).map(|i| i * 5).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable();
        let expected: Vec<u64> = targets.iter().map(|&t| sorted[t as usize]).collect();
        assert_eq!(select(&values, &targets, 1), expected);
        let wide = Round::over(16, (0..1_000).collect(), ROOM);
        assert!(wide.prefixes.len() << wide.bits <= 1 << ROOM);
    }

    #[test]
    fn nobody_counted_gives_zero_and_no_target_takes_no_round() {
        assert_eq!(select(&[], &[0, 3], 2), [0, 0]);
        assert!(Select::new(&[]).round().is_none());
    }
}
