//! What shards count: the most common events, how features spread, everyone's own line.

use super::OUTCOME;
use super::walk::{Lens, Seen};
use crate::error::Result;
use crate::id::Ids;
use crate::shard::{Analysis, Partial, Shard, Task, add_up};
use crate::table::history::moment::DAY;
use crate::table::history::{Source, money};
use crate::table::store::packed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Counts the people of every event in a window.
#[derive(Serialize, Deserialize)]
pub struct Common {
    /// The first second that is not known.
    pub cut: u32,
    /// Days before it.
    pub days: u32,
}

/// People by the code of the event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tops(pub Vec<u64>);

impl Partial for Tops {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.0, &other.0);
    }
}

impl Analysis for Common {
    const NAME: &'static str = "features-common";
    type Partial = Tops;
    /// Codes of one person.
    type Work = Vec<u32>;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Vec<u32>> {
        Ok(vec![])
    }
    fn add(&self, codes: &mut Vec<u32>, shard: &mut Shard, rows: Range<usize>, sum: &mut Tops) {
        let table = shard.past.table(Source::Events);
        let since = self.cut.saturating_sub(self.days.saturating_mul(DAY));
        for person in rows {
            codes.clear();
            let known = table.before(person, self.cut).filter(|row| table.times[*row] >= since);
            codes.extend(known.map(|row| table.dims[0].at(row)));
            codes.sort_unstable();
            codes.dedup();
            for code in codes.iter().map(|code| *code as usize) {
                sum.0.resize(sum.0.len().max(code + 1), 0);
                sum.0[code] += 1;
            }
        }
    }
}

/// How the values of a feature spread over people without and with the outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// What they add up to.
    pub sums: [i64; 2],
    /// People by [`step`] of the value, of those who have one.
    pub steps: BTreeMap<i32, [u64; 2]>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tallied {
    /// People with a row until the day.
    pub known: u64,
    /// Of those who can have the outcome: without, and with it.
    pub people: [u64; 2],
    /// The first day with a row, and one more; 0 for none.
    pub first: u32,
    /// By feature.
    pub spreads: Vec<Spread>,
}

impl Tallied {
    fn seen(&mut self, first: u32) {
        self.first = if self.first == 0 || (first > 0 && first < self.first) { first } else { self.first };
    }
}

impl Partial for Tallied {
    fn merge(&mut self, other: Self) {
        self.known += other.known;
        (0..2).for_each(|side| self.people[side] += other.people[side]);
        self.seen(other.first);
        self.spreads.resize(self.spreads.len().max(other.spreads.len()), Spread::default());
        for (to, from) in self.spreads.iter_mut().zip(other.spreads) {
            for side in 0..2 {
                to.sums[side] += from.sums[side];
            }
            for (at, people) in from.steps {
                let to = to.steps.entry(at).or_default();
                (0..2).for_each(|side| to[side] += people[side]);
            }
        }
    }
}

/// Bits of a number that are told apart.
const BITS: u32 = 7;

/// A number to seven bits, in the order of the numbers: those below 128 each, above them in steps of less than one in 64.
pub fn step(value: i64) -> i32 {
    let size = value.unsigned_abs();
    let above = (64 - size.leading_zeros()).saturating_sub(BITS);
    // The leading bit is one wherever something is cut off.
    let code = (size >> above) as i32 + (above as i32) * (1 << (BITS - 1));
    if value < 0 { -code } else { code }
}

/// The number of a step that is nearest to zero.
pub fn value(step: i32) -> i64 {
    let (half, code) = (1 << (BITS - 1), step.abs());
    let above = (code / half - 1).max(0);
    let size = i64::from(code - above * half) << above;
    if step < 0 { -size } else { size }
}

/// Looks at everyone, and leaves the outcome behind as a measure.
#[derive(Serialize, Deserialize)]
pub struct Tally {
    /// At what.
    pub lens: Lens,
}

impl Analysis for Tally {
    const NAME: &'static str = "features";
    type Partial = Tallied;
    type Work = Seen;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Seen> {
        Ok(Seen::default())
    }
    fn add(&self, seen: &mut Seen, shard: &mut Shard, rows: Range<usize>, sum: &mut Tallied) {
        let mut outcome = shard.past.take_measure(OUTCOME, -1);
        sum.spreads.resize(self.lens.what.len(), Spread::default());
        for person in rows {
            let came = self.lens.look(&shard.past, person, seen);
            outcome[person] = came.map_or(-1, i32::from);
            if self.lens.knows(seen) {
                sum.known += 1;
                sum.seen(self.lens.first(&shard.past, seen) + 1);
            }
            let Some(side) = came.map(usize::from) else { continue };
            sum.people[side] += 1;
            for (spread, value) in sum.spreads.iter_mut().zip(&seen.values).filter(|of| *of.1 != money::NONE)
            {
                spread.sums[side] += value;
                spread.steps.entry(step(*value)).or_default()[side] += 1;
            }
        }
        shard.past.measures.insert(OUTCOME.into(), outcome);
    }
}

/// Lists everyone who can have the outcome, with their features.
#[derive(Clone, Serialize, Deserialize)]
pub struct Lines {
    /// At what to look.
    pub lens: Lens,
}

/// Those of one shard.
#[derive(Default, Serialize, Deserialize)]
pub struct Lined {
    /// Where they first stand in the files, the file's place in the recipe above the row.
    #[serde(with = "packed")]
    pub first: Vec<u64>,
    /// Their IDs as written there.
    pub ids: Ids,
    /// Whether the outcome came, 0 or 1.
    #[serde(with = "packed")]
    pub came: Vec<u8>,
    /// Their features, person by person; [`money::NONE`] for what there is not.
    #[serde(with = "packed")]
    pub values: Vec<i64>,
}

impl Task for Lines {
    const NAME: &'static str = "features-lines";
    type Reply = Lined;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Lined> {
        let (past, mut seen, mut lined) = (&shard.past, Seen::default(), Lined::default());
        let mut wanted = vec![false; past.len()];
        for (person, wanted) in wanted.iter_mut().enumerate() {
            if let Some(came) = self.lens.look(past, person, &mut seen) {
                *wanted = true;
                lined.first.push(past.first[person]);
                lined.came.push(came.into());
                lined.values.extend_from_slice(&seen.values);
            }
        }
        lined.ids.extend_some(&past.ids, wanted);
        Ok(lined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_keep_the_order_and_are_narrow() {
        let mut numbers: Vec<i64> = (0..=1_000).collect();
        numbers.extend((10..53).flat_map(|bit| [(1i64 << bit) - 1, 1 << bit, (1 << bit) + (1 << (bit - 3))]));
        numbers.extend(numbers.clone().iter().map(|number| -number));
        numbers.sort_unstable();
        for two in numbers.windows(2) {
            assert!(step(two[0]) <= step(two[1]), "{two:?}");
        }
        for number in numbers {
            let low = value(step(number));
            assert!(step(low) == step(number) && low.abs() <= number.abs(), "{number}: {low}");
            assert!((number - low).abs() * 64 <= number.abs(), "{number}: {low}");
            assert!(number.abs() >= 128 || low == number, "{number}");
        }
        assert_eq!((step(127), step(128), step(129), step(130)), (127, 128, 128, 129));
    }
}
