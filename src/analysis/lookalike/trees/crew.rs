//! The people trees learn from: everyone of a small table; of a large one a keyed sample, with more of the side that is
//! rarer. Sampling the sides at different rates moves the log-odds of everybody by the log of the ratio of the rates and
//! nothing else (King and Zeng, Political Analysis 9, 2001, "prior correction").

use super::layout::Layout;
use super::seat::Seat;
use crate::analysis::lookalike::cast::Roles;
use crate::analysis::lookalike::survey::Tally;
use crate::error::Result;
use crate::id::threshold;
use crate::num;
use crate::shard::{Analysis, Partial, Shard, Task};
use crate::table::people::{Codes, People};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The people trees learn from, in a shard between passes. Their bins stand twice: column by column, as splits ask for
/// them, and person by person, as a pass adds them up, without the commonest bin of every column.
#[derive(Debug, Default)]
pub struct Crew {
    /// Their rows, ascending.
    pub rows: Vec<u32>,
    /// Codes by column of the schema; none of columns of several labels or that nobody looks at.
    pub codes: Vec<Vec<u16>>,
    all: Lists,
    /// Of the columns that the growing tree sees.
    drawn: Lists,
    /// Their seats, lane after lane.
    pub seats: Vec<i64>,
}

/// Places in a histogram, person by person.
#[derive(Debug)]
struct Lists {
    /// Where each begins, and the end of the last.
    starts: Vec<u32>,
    places: Vec<u16>,
}

impl Default for Lists {
    fn default() -> Self {
        Lists { starts: vec![0], places: vec![] }
    }
}

impl Lists {
    fn of(&self, at: usize) -> &[u16] {
        &self.places[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
    fn end(&mut self) {
        self.starts.push(self.places.len() as u32);
    }
}

impl Crew {
    /// How many they are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }
    /// Where one of them is counted in the columns drawn.
    #[inline]
    pub fn places(&self, at: usize) -> &[u16] {
        self.drawn.of(at)
    }
    /// Draws columns: those whose places are wanted.
    pub fn draw(&mut self, wanted: &[bool]) {
        let Lists { starts, places } = &mut self.drawn;
        starts.truncate(1);
        places.resize(self.all.places.len(), 0);
        let mut count = 0;
        for at in 0..self.rows.len() {
            for &place in self.all.of(at) {
                places[count] = place;
                count += usize::from(wanted[usize::from(place)]);
            }
            starts.push(count as u32);
        }
    }
    fn join(&mut self, row: usize, people: &People, layout: &Layout) {
        self.rows.push(row as u32);
        for column in &layout.columns {
            let places = &mut self.all.places;
            let of = &people.columns[column.feature];
            of.of(row, |code| places.extend(column.place(code).map(|place| place as u16)));
            if !matches!(of, Codes::Many { .. }) {
                let mine = &mut self.codes[column.feature];
                of.of(row, |code| mine.push(code.min(column.top) as u16));
            }
        }
        self.all.end();
    }
}

/// Keeps the hash of the sample apart from other hashes under the same seed.
const APART: u64 = 0x6372_6577_5f6f_665f;

/// The question: choose the people, and seat them in every lane.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Muster {
    /// Seed of the hash.
    pub hash: u64,
    /// People outside and in the seed whose hash is at or below these are chosen.
    pub below: [u64; 2],
    /// Where bins are counted.
    pub layout: Layout,
    /// Lanes.
    pub lanes: usize,
    /// Log-odds of everyone to begin with.
    pub margin: i32,
}

/// People chosen, outside the seed and in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen(pub [u64; 2]);

impl Partial for Chosen {
    fn merge(&mut self, other: Self) {
        (0..2).for_each(|side| self.0[side] += other.0[side]);
    }
}

impl Muster {
    /// At most so many people, half of them in the seed if there are as many.
    pub fn new(seed: u64, tally: &Tally, most: u64, layout: Layout, lanes: usize) -> Muster {
        let [rest, inside] = [tally.rest, tally.seed];
        let members = inside.min((most / 2).max(most.saturating_sub(rest)));
        let others = rest.min(most - members);
        let below = [threshold(others, rest), threshold(members, inside)];
        let margin = super::seat::fine(num::ln((members as f64 + 0.5) / (others as f64 + 0.5)));
        Muster { hash: seed ^ APART, below, layout, lanes, margin }
    }
    /// What is added to the log-odds of the sample to have those of everyone.
    pub fn correction(&self) -> f64 {
        num::ln(self.below[0] as f64 / self.below[1] as f64)
    }
}

impl Analysis for Muster {
    const NAME: &'static str = "lookalike-muster";
    type Partial = Chosen;
    type Work = ();

    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }

    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Chosen) {
        let (first, last) = (rows.start == 0, rows.end == shard.people.len());
        let columns = shard.people.columns.len();
        let fresh = || Box::new(Crew { codes: vec![vec![]; columns], ..Crew::default() });
        let mut crew = shard.take_scratch().filter(|_| !first).unwrap_or_else(fresh);
        let roles = Roles::of(shard);
        for i in rows.filter(|&i| roles.learns(i)) {
            let side = usize::from(roles.positive(i));
            if shard.people.keys[i].mix(self.hash) <= self.below[side] {
                crew.join(i, &shard.people, &self.layout);
                sum.0[side] += 1;
            }
        }
        if last {
            crew.seats = vec![Seat::new(self.margin, false, 0, 0).0; crew.len() * self.lanes];
        }
        shard.scratch = Some(crew);
    }
}

/// Forgets who was chosen, and these measures.
#[derive(Serialize, Deserialize)]
pub struct Forget {
    /// Names of measures.
    pub measures: Vec<String>,
}

impl Task for Forget {
    const NAME: &'static str = "lookalike-forget";
    type Reply = ();
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<()> {
        shard.scratch = None;
        self.measures.iter().for_each(|name| drop(shard.measures.remove(name)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarer_side_is_kept() {
        let layout = || Layout { columns: vec![], places: 1 };
        let of =
            |seed, rest, most| Muster::new(7, &Tally { seed, rest, ..Tally::default() }, most, layout(), 1);
        assert_eq!(of(10, 90, 1_000).below, [u64::MAX; 2]);
        assert_eq!(of(10, 90, 1_000).correction(), 0.0);
        let thinned = of(1_000, 99_000, 10_000);
        assert_eq!(thinned.below[1], u64::MAX);
        assert!((thinned.correction() - num::ln(1.0 / 11.0)).abs() < 1e-9);
        let other = of(99_000, 1_000, 10_000);
        assert_eq!((other.below[0], other.below[1] >> 56), (u64::MAX, 0x17));
    }
}
