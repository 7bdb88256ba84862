//! One pass of growing trees, for all lanes at once (a lane is a model): people move down the splits just made; where a
//! tree ends, leaves are added to the log-odds and the next begins; then gradients are summed per bin in the leaves
//! whose histograms are wanted. Only the smaller leaf of a pair is asked for; its sibling is what is left of the parent.
//!
//! Gradient and curvature stand in one 64-bit word, so that a person is one addition per bin. The words have room for a
//! slice of 2^14 people and are then emptied into sums of 64 bits each. People are walked in blocks that stay in the
//! first cache, lane by lane: first the splits, then the bins of those who are to be summed, split by split.

use super::crew::Crew;
use super::seat::{ABSENT, Seat, pull, sums};
use super::tree::{FINE, Split, Test};
use crate::analysis::lookalike::FOLD;
use crate::analysis::lookalike::cast::Roles;
use crate::analysis::lookalike::curve::{Curve, LOSS};
use crate::analysis::lookalike::sweep::Slopes;
use crate::error::{Kind, Result};
use crate::shard::{Analysis, Shard};
use crate::table::people::Codes;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// People per block.
const BLOCK: usize = 1024;
/// People whose gradients a word holds.
const ROOM: usize = 1 << 14;
/// The question. The answer holds, per turn, the loss in the two folds it does without where a tree ends (2^-28), and per leaf
/// asked for and place the gradient and the curvature, one behind the other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wave {
    /// Places of a histogram.
    pub places: usize,
    /// What is asked in each lane.
    pub turns: Vec<Turn>,
    /// Whether a tree ends and the next begins.
    pub begin: Option<Begin>,
}

/// The next tree's people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Begin {
    /// Seed of their hash.
    pub hash: u64,
    /// It learns from people whose hash is at or below this.
    pub below: u64,
    /// Places it sees, by runs.
    pub seen: Vec<Range<usize>>,
}

/// What is asked in one lane.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Turn {
    /// Number of the lane.
    pub lane: usize,
    /// Folds it does not learn from.
    pub without: [i32; 2],
    /// Whether the loss of these is measured.
    pub checked: bool,
    /// Splits just made.
    pub splits: Vec<Split>,
    /// Leaves to sum: of each split the old or the new one; none where a tree ends.
    pub build: Vec<u8>,
    /// Leaves of the tree that ends, 2^-17; none if it changes no margin.
    pub values: Vec<i32>,
}

impl Wave {
    /// Histograms asked for in a turn.
    pub fn slots(&self, turn: &Turn) -> usize {
        if self.begin.is_some() { 1 } else { turn.build.len() }
    }
}

/// A person whose word is to be added to the histogram that begins at `base`.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    at: u32,
    base: u32,
    word: i64,
}

/// Tables and buffers of a walk.
pub struct Work {
    curve: Curve,
    /// Per turn, by fold: which of those it does without it is, if any.
    folds: Vec<[Option<u8>; 256]>,
    /// First word of each turn.
    bases: Vec<usize>,
    words: Vec<i64>,
    losses: Vec<i64>,
    entries: Vec<Entry>,
    /// Positions of a block, by the split they are to pass.
    waiting: Vec<[u16; BLOCK]>,
}

impl Analysis for Wave {
    const NAME: &'static str = "lookalike-wave";
    type Partial = Slopes;
    type Work = Work;

    fn begin(&self, shard: &Shard) -> Result<Work> {
        let ready = shard.scratch.as_ref().is_some_and(|kept| kept.is::<Crew>());
        if !(shard.people.is_empty() || ready && shard.measures.contains_key(FOLD)) {
            return Err(Kind::TooEarly.into());
        }
        let mut bases = vec![0];
        for turn in &self.turns {
            bases.push(bases[bases.len() - 1] + self.slots(turn) * self.places);
        }
        let place = |turn: &Turn, fold: i32| (0..2).find(|&at| turn.without[usize::from(at)] == fold);
        let folds = self.turns.iter().map(|turn| std::array::from_fn(|fold| place(turn, fold as i32)));
        let most = self.turns.iter().map(|turn| turn.splits.len()).max().unwrap_or(0);
        Ok(Work {
            curve: Curve::new(FINE),
            folds: folds.collect(),
            words: vec![0; bases[self.turns.len()]],
            bases,
            losses: vec![0; 2 * self.turns.len()],
            entries: vec![Entry::default(); BLOCK],
            waiting: vec![[0; BLOCK]; most + 1],
        })
    }

    fn add(&self, work: &mut Work, shard: &mut Shard, rows: Range<usize>, sum: &mut Slopes) {
        let Some(mut crew) = shard.take_scratch::<Crew>() else { return };
        if let Some(begin) = self.begin.as_ref().filter(|_| rows.start == 0) {
            let mut wanted = vec![false; self.places];
            begin.seen.iter().for_each(|seen| wanted[seen.clone()].fill(true));
            crew.draw(&wanted);
        }
        let mut seats = std::mem::take(&mut crew.seats);
        let at = |row: usize| crew.rows.partition_point(|&i| (i as usize) < row);
        let (from, to) = (at(rows.start), at(rows.end));
        for room in (from..to).step_by(ROOM) {
            let end = to.min(room + ROOM);
            for block in (room..end).step_by(BLOCK) {
                let few = Few { shard, crew: &crew, block: block..end.min(block + BLOCK) };
                self.block(work, &few, &mut seats);
            }
            self.flush(work, sum);
        }
        crew.seats = seats;
        shard.scratch = Some(crew);
    }
}

/// A block of the crew.
struct Few<'a> {
    shard: &'a Shard,
    crew: &'a Crew,
    block: Range<usize>,
}

impl Few<'_> {
    fn rows(&self) -> &[u32] {
        &self.crew.rows[self.block.clone()]
    }
}

impl Wave {
    fn block(&self, work: &mut Work, few: &Few, seats: &mut [i64]) {
        let drawn: Option<Vec<bool>> = self.begin.as_ref().map(|begin| {
            let hash = |&row: &u32| few.shard.people.keys[row as usize].mix(begin.hash);
            few.rows().iter().map(|row| hash(row) <= begin.below).collect()
        });
        for (at, turn) in self.turns.iter().enumerate() {
            let first = turn.lane * few.crew.len();
            let seats = &mut seats[first + few.block.start..first + few.block.end];
            let mut count = turn.part(work, at, self.places, few, seats);
            if let Some(drawn) = &drawn {
                count = turn.begin(work, at, few, seats, drawn);
            }
            gather(few.crew, &work.entries[..count], self.places, &mut work.words);
        }
    }
    fn flush(&self, work: &mut Work, sum: &mut Slopes) {
        sum.loss.resize(work.losses.len(), 0);
        sum.slopes.resize(2 * work.words.len(), 0);
        sum.loss.iter_mut().zip(&mut work.losses).for_each(|(to, from)| *to += std::mem::take(from));
        for (to, from) in sum.slopes.chunks_exact_mut(2).zip(&mut work.words) {
            let [slope, bend] = sums(std::mem::take(from));
            to[0] += slope;
            to[1] += bend;
        }
    }
}

impl Turn {
    /// Moves people down the splits and lists those of the leaves asked for; returns how many.
    #[inline(never)]
    fn part(&self, work: &mut Work, at: usize, places: usize, few: &Few, seats: &mut [i64]) -> usize {
        if self.splits.is_empty() {
            return 0;
        }
        let counts = self.wait(work, seats);
        let (first, mut count) = (few.block.start as u32, 0);
        for (slot, split) in self.splits.iter().enumerate() {
            let build = self.build.get(slot).copied();
            let base = (work.bases[at] + slot * places) as u32;
            let waiting = &work.waiting[slot][..counts[slot]];
            let mut pass = |at: u16, passes: bool| {
                let seat = &mut seats[usize::from(at)];
                let leaf = if passes { split.new } else { split.leaf };
                *seat = Seat(*seat).moved(leaf).0;
                let word = Seat(*seat).word();
                work.entries[count.min(BLOCK - 1)] = Entry { at: first + u32::from(at), base, word };
                count += usize::from(Seat(*seat).heard() && build == Some(leaf));
            };
            let rows = |at: u16| few.rows()[usize::from(at)] as usize;
            match &few.shard.people.columns[split.feature] {
                Codes::Many { starts, codes } => {
                    let Test::Has(label) = split.test else { continue };
                    waiting.iter().for_each(|&at| {
                        let row = rows(at);
                        pass(at, codes[starts[row] as usize..starts[row + 1] as usize].contains(&label));
                    });
                }
                _ => {
                    let codes = &few.crew.codes[split.feature][few.block.clone()];
                    let takes = split.test.table();
                    waiting.iter().for_each(|&at| pass(at, takes[usize::from(codes[usize::from(at)])]));
                }
            }
        }
        count
    }
    /// Lists the positions of a block by the split that their leaf has; returns how many each has.
    #[inline(never)]
    fn wait(&self, work: &mut Work, seats: &[i64]) -> [usize; ABSENT + 2] {
        let mut split = [self.splits.len(); ABSENT + 1];
        self.splits.iter().enumerate().for_each(|(slot, s)| split[usize::from(s.leaf)] = slot);
        let mut counts = [0; ABSENT + 2];
        for (at, &seat) in seats.iter().enumerate() {
            let slot = split[Seat(seat).leaf()];
            work.waiting[slot][counts[slot]] = at as u16;
            counts[slot] += 1;
        }
        counts
    }
    /// Adds the leaves of the tree that ends, measures, seats everyone for the next one and lists those it learns
    /// from; returns how many.
    #[inline(never)]
    fn begin(&self, work: &mut Work, at: usize, few: &Few, seats: &mut [i64], drawn: &[bool]) -> usize {
        let mut values = [0; ABSENT + 1];
        values.iter_mut().zip(&self.values).for_each(|(to, value)| *to = *value);
        let folds = few.shard.measures.get(FOLD).map_or(&[][..], Vec::as_slice);
        let roles = Roles::of(few.shard);
        let mut count = 0;
        for ((seat, (at_crew, &row)), drawn) in
            seats.iter_mut().zip((few.block.start as u32..).zip(few.rows())).zip(drawn)
        {
            let left_out = work.folds[at][folds[row as usize] as usize & 255];
            let learns = left_out.is_none();
            let margin = Seat(*seat).margin() + values[Seat(*seat).leaf()];
            if !learns && !self.checked {
                *seat = Seat::new(margin, false, ABSENT, 0).0;
                continue;
            }
            let member = roles.positive(row as usize);
            let (chance, cost) = work.curve.at(margin);
            if let Some(place) = left_out {
                work.losses[2 * at + usize::from(place)] +=
                    cost - ((i64::from(member) * i64::from(margin)) << (LOSS - FINE));
            }
            *seat = Seat::new(margin, learns && *drawn, 0, pull(chance, member)).0;
            let (base, word) = (work.bases[at] as u32, Seat(*seat).word());
            work.entries[count.min(BLOCK - 1)] = Entry { at: at_crew, base, word };
            count += usize::from(learns && *drawn);
        }
        count
    }
}

/// Adds the words of the listed people to their places. Place 0 is everyone.
#[inline(never)]
fn gather(crew: &Crew, entries: &[Entry], places: usize, words: &mut [i64]) {
    for e in entries {
        let bins = &mut words[e.base as usize..][..places];
        bins[0] += e.word;
        for &place in crew.places(e.at as usize) {
            bins[usize::from(place)] += e.word;
        }
    }
}
