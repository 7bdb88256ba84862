//! Counts put where they are found: by day, by labels, by stage.

use super::parts::{self, Parts};
use crate::table::dates;
use crate::table::history::platform::Count;
use crate::table::history::standing::{Standings, What};
use std::collections::{BTreeMap, BTreeSet};

/// Labels of a count, by column; 0 for all of it.
pub(super) type Frame = Vec<u32>;

/// All counts.
pub(super) struct Book<'a> {
    pub of: &'a Standings,
    /// Stages from the lowest up.
    pub stages: Vec<u32>,
    /// Days with a snapshot.
    pub days: Vec<u32>,
    /// The column of groups.
    pub by: Option<usize>,
    at: BTreeMap<(What, Frame), usize>,
    /// By day, then by period, who is counted.
    stood: BTreeMap<u32, BTreeSet<Frame>>,
    /// Of whom a row names a stage and no count.
    named: BTreeMap<u32, BTreeSet<Frame>>,
    moved: BTreeMap<[u32; 2], BTreeSet<Frame>>,
    /// Stages each of those counted has on any day, or the files have in which they are counted.
    stages_of: BTreeMap<Frame, BTreeSet<u32>>,
}

/// Those who stand in stages on a day.
pub(super) struct Stock {
    /// By stage.
    pub stages: Vec<Option<Count>>,
    /// Their printed sum.
    pub printed: Option<Count>,
    /// Whether every stage is there that should be.
    pub complete: bool,
    /// Who was added up.
    pub frames: Vec<Frame>,
}

impl Stock {
    /// All stages together.
    pub fn total(&self) -> u64 {
        self.stages.iter().flatten().fold(0, |sum, count| sum.saturating_add(count.people))
    }
    /// Of all stages together.
    pub fn share(&self, at: usize) -> Option<f64> {
        let total = self.total();
        let count = self.stages[at].filter(|_| self.complete && total > 0)?;
        Some(count.people as f64 / total as f64)
    }
}

/// Those who moved between two days.
pub(super) struct Moves {
    /// From, to and how many.
    pub people: BTreeMap<[u32; 2], Count>,
    /// Who was added up.
    pub frames: Vec<Frame>,
}

impl Moves {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.people.values().fold(0, |sum, count| sum.saturating_add(count.people))
    }
    /// Those who came into a stage, and who left it.
    pub fn net(&self, stage: u32) -> [Count; 2] {
        let away = self.people.iter().filter(|([from, to], _)| from != to);
        [1, 0].map(|end| {
            away.clone()
                .filter(|(stages, _)| stages[end] == stage)
                .fold(Count::default(), |sum, (_, c)| add(sum, *c))
        })
    }
    /// Those of a stage who moved higher.
    pub fn higher(&self, book: &Book, at: usize) -> u64 {
        let up = |[from, to]: &[u32; 2]| *from == book.stages[at] && book.rung(*to) > at + 1;
        self.people.iter().filter(|(stages, _)| up(stages)).map(|(_, count)| count.people).sum()
    }
    /// Those of a stage wherever they are now, as far as it is said.
    pub fn left(&self, stage: u32) -> Count {
        let own = self.people.iter().filter(|([from, _], _)| *from == stage);
        own.fold(Count::default(), |sum, (_, count)| add(sum, *count))
    }
}

fn add(one: Count, other: Count) -> Count {
    Count { people: one.people.saturating_add(other.people), slack: one.slack.saturating_add(other.slack) }
}

impl<'a> Book<'a> {
    pub fn of(of: &'a Standings, stages: Vec<u32>, by: Option<usize>) -> Book<'a> {
        let mut book = Book {
            of,
            stages,
            days: vec![],
            by,
            at: BTreeMap::new(),
            stood: BTreeMap::new(),
            named: BTreeMap::new(),
            moved: BTreeMap::new(),
            stages_of: BTreeMap::new(),
        };
        let mut in_files: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for (row, what) in of.whats.iter().enumerate() {
            let frame: Frame = of.rows.codes.iter().map(|codes| codes[row]).collect();
            match what {
                What::Stood(day, stage) => {
                    let known = if of.counts[row].is_some() { &mut book.stood } else { &mut book.named };
                    known.entry(*day).or_default().insert(frame.clone());
                    in_files.entry(of.rows.places[row].0).or_default().insert(*stage);
                }
                What::Moved(period, _) => {
                    book.moved.entry(*period).or_default().insert(frame.clone());
                }
                What::Total(_) => {}
            }
            book.at.insert((*what, frame), row);
        }
        for (what, frame) in book.at.keys().filter(|(what, _)| matches!(what, What::Stood(..))) {
            let file = of.rows.places[book.at[&(*what, frame.clone())]].0;
            book.stages_of.entry(frame.clone()).or_default().extend(&in_files[&file]);
        }
        book.days = book.stood.keys().copied().collect();
        book
    }
    /// A day in its one form.
    pub fn day(day: u32) -> String {
        dates::text(f64::from(day))
    }
    /// The name of a stage.
    pub fn name(&self, stage: u32) -> String {
        self.of.stages.list[stage as usize].clone()
    }
    /// How high a stage stands, from 1; 0 for what is none.
    pub fn rung(&self, stage: u32) -> usize {
        self.stages.iter().position(|known| *known == stage).map_or(0, |at| at + 1)
    }
    /// A value of the column of groups.
    pub fn label(&self, code: u32) -> String {
        self.by.map_or(String::new(), |by| self.of.rows.dims[by].labels[code as usize].clone())
    }
    /// Everyone, and the values of the column of groups.
    pub fn groups(&self) -> Vec<Option<u32>> {
        let values = self.by.map_or(0, |by| self.of.rows.dims[by].labels.len() as u32);
        let some = |code: &u32| {
            self.days.iter().any(|day| !self.picked(*day, Some(*code)).is_empty())
                || self.moved.keys().any(|period| !self.movers(*period, Some(*code)).is_empty())
        };
        std::iter::once(None).chain((1..values).filter(some).map(Some)).collect()
    }
    /// Days between which somebody moved.
    pub fn periods(&self) -> Vec<[u32; 2]> {
        self.moved.keys().copied().collect()
    }
    /// Everyone who is counted on a day by labels of their own.
    pub fn standing(&self, day: u32) -> impl Iterator<Item = &Frame> {
        self.stood.get(&day).into_iter().flatten()
    }
    /// Everyone of whom a row of a day names a stage without a count, and no row of that day tells any.
    pub fn untold(&self, day: u32) -> impl Iterator<Item = &Frame> {
        let told = self.stood.get(&day);
        let none = move |frame: &&Frame| told.is_none_or(|told| !told.contains(*frame));
        self.named.get(&day).into_iter().flatten().filter(none)
    }
    /// Days on which a stage is named without a count.
    pub fn naming(&self) -> Vec<u32> {
        self.named.keys().copied().collect()
    }
    /// The same between two days.
    pub fn moving(&self, period: [u32; 2]) -> impl Iterator<Item = &Frame> {
        self.moved.get(&period).into_iter().flatten()
    }
    /// Whose counts make those of a group on a day.
    pub fn picked(&self, day: u32, group: Option<u32>) -> Vec<Frame> {
        self.parts(day, group).frames
    }
    /// The same, with what was not taken.
    pub fn parts(&self, day: u32, group: Option<u32>) -> Parts {
        let size = |frames: &[Frame]| self.stock(day, frames).map_or(0, |stock| stock.total());
        self.pick(self.standing(day), group, &size)
    }
    /// The same between two days.
    pub fn movers(&self, period: [u32; 2], group: Option<u32>) -> Vec<Frame> {
        let size = |frames: &[Frame]| self.moves(period, frames).map_or(0, |moves| moves.total());
        self.pick(self.moving(period), group, &size).frames
    }
    fn pick<'f>(
        &self,
        frames: impl Iterator<Item = &'f Frame>,
        group: Option<u32>,
        size: &dyn Fn(&[Frame]) -> u64,
    ) -> Parts {
        let by = self.by.filter(|_| group.is_some());
        let own = |frame: &&Frame| by.is_none_or(|by| Some(frame[by]) == group);
        // The column of groups goes first: everyone is made of them where another column knows no more.
        let others = (0..self.of.rows.dims.len()).filter(|dim| Some(*dim) != self.by);
        let dims: Vec<usize> = self.by.filter(|_| by.is_none()).into_iter().chain(others).collect();
        let mut parts = parts::whole(frames.filter(own).collect(), &dims, size);
        parts.frames.sort();
        parts
    }
    /// Where a count is kept.
    pub fn row(&self, what: What, frame: &Frame) -> Option<usize> {
        self.at.get(&(what, frame.clone())).copied()
    }
    /// Stages of some who are counted that no row tells on a day.
    pub fn absent(&self, day: u32, frame: &Frame) -> Vec<u32> {
        let there = |stage: &u32| self.count(What::Stood(day, *stage), frame).is_some();
        let own = self.stages_of.get(frame);
        self.stages.iter().copied().filter(|s| own.is_some_and(|own| own.contains(s)) && !there(s)).collect()
    }
    /// What a row says, if it can be read.
    pub fn count(&self, what: What, frame: &Frame) -> Option<Count> {
        self.row(what, frame).and_then(|row| self.of.counts[row])
    }
    /// Counts of a day added up; nothing where nobody is counted.
    pub fn stock(&self, day: u32, frames: &[Frame]) -> Option<Stock> {
        let absent: BTreeSet<u32> = frames.iter().flat_map(|frame| self.absent(day, frame)).collect();
        let sum = |what: What| frames.iter().filter_map(|frame| self.count(what, frame)).reduce(add);
        let stage = |stage: &u32| sum(What::Stood(day, *stage)).filter(|_| !absent.contains(stage));
        let total = What::Total(day);
        let printed = frames.iter().all(|frame| self.row(total, frame).is_some());
        let counted = self.stood.get(&day).is_some_and(|of| frames.iter().any(|frame| of.contains(frame)));
        counted.then(|| Stock {
            stages: self.stages.iter().map(stage).collect(),
            printed: sum(total).filter(|_| printed),
            complete: absent.is_empty(),
            frames: frames.to_vec(),
        })
    }
    /// Moves between two days added up; nothing where no row says any.
    pub fn moves(&self, period: [u32; 2], frames: &[Frame]) -> Option<Moves> {
        let mut people: BTreeMap<[u32; 2], Count> = BTreeMap::new();
        let of_period = (What::Moved(period, [0; 2]), vec![])..=(What::Moved(period, [u32::MAX; 2]), vec![]);
        for ((what, frame), row) in self.at.range(of_period) {
            let What::Moved(_, stages) = what else { continue };
            if frames.contains(frame) {
                let sum = people.entry(*stages).or_default();
                *sum = add(*sum, self.of.counts[*row].unwrap_or_default());
            }
        }
        (!frames.is_empty()).then(|| Moves { people, frames: frames.to_vec() })
    }
    /// Change of a stage less inflow and plus outflow, and how much of it may have been rounded away; of the same people
    /// only.
    pub fn gap(
        &self,
        at: usize,
        before: Option<&Stock>,
        now: Option<&Stock>,
        moves: Option<&Moves>,
    ) -> Option<(i64, u64)> {
        let (before, now, moves) = (before?, now?, moves?);
        if before.frames != moves.frames || now.frames != moves.frames {
            return None;
        }
        let (was, is) = (before.stages[at]?, now.stages[at]?);
        let [inflow, outflow] = moves.net(self.stages[at]);
        let sum = |one: Count, other: Count| one.people as i64 - other.people as i64;
        Some((sum(is, was) - sum(inflow, outflow), add(add(was, is), add(inflow, outflow)).slack))
    }
}
