//! One person's events, followed through the steps.

use super::plan::Mode;
use super::{STEP, VALUE};
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::Source;
use crate::table::history::past::Table;
use crate::table::history::pick::Match;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Ways of more events are no short ones.
const LONGEST: usize = 20;

/// An event that takes whoever stands at steps `from..to` out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Barrier {
    /// Codes of the event.
    pub codes: Vec<u32>,
    /// Step from 1.
    pub from: u8,
    /// Step behind the last.
    pub to: u8,
}

/// Follows everyone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Follow {
    /// What is a step.
    pub steps: Vec<Match>,
    /// Seconds from the first step; 0 for no limit.
    pub window: u32,
    /// How they follow.
    pub mode: Mode,
    /// What takes people out.
    pub exclude: Vec<Barrier>,
    /// The column that is split by.
    pub by: Option<u32>,
    /// Only first steps from the one second to before the other.
    pub span: Option<[u32; 2]>,
}

/// Where people came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reached {
    /// By value of the split column at the first step: people at each step.
    pub values: BTreeMap<u32, Vec<u64>>,
    /// From each step to the next, and last from the first to the last: people by seconds.
    pub times: Vec<BTreeMap<u32, u64>>,
    /// People whom an excluded event took out.
    pub removed: u64,
    /// Events from the first step to the last, one of equal ones, of those who came so far: people by seconds.
    pub ways: BTreeMap<Vec<u32>, BTreeMap<u32, u64>>,
}

impl Partial for Reached {
    fn merge(&mut self, other: Self) {
        for (value, people) in other.values {
            add_up(self.values.entry(value).or_default(), &people);
        }
        self.times.resize(self.times.len().max(other.times.len()), BTreeMap::new());
        for (to, from) in self.times.iter_mut().zip(other.times) {
            from.into_iter().for_each(|(seconds, people)| *to.entry(seconds).or_default() += people);
        }
        self.removed += other.removed;
        for (way, times) in other.ways {
            let to = self.ways.entry(way).or_default();
            times.into_iter().for_each(|(seconds, people)| *to.entry(seconds).or_default() += people);
        }
    }
}

/// Where one person came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Way {
    /// Rows of the steps taken, in the order of steps (of rows, where any order counts).
    rows: Vec<usize>,
    removed: bool,
}

/// Chains under way: for every step the rows of the chain that reached it and began last.
#[derive(Default)]
pub struct Chains {
    of: Vec<Vec<usize>>,
    hits: Vec<usize>,
}

impl Follow {
    fn within(&self, table: &Table, first: usize, row: usize) -> bool {
        self.window == 0 || table.times[row] - table.times[first] <= self.window
    }
    /// The way of a person: the chain that came furthest, the earliest of those.
    fn way(&self, table: &Table, rows: Range<usize>, chains: &mut Chains) -> Way {
        match self.mode {
            Mode::Any => self.any(table, rows, chains),
            _ => self.ordered(table, rows, chains),
        }
    }
    /// The chain that began last is the one to keep at every step: it leaves the most of the window.
    fn ordered(&self, table: &Table, rows: Range<usize>, chains: &mut Chains) -> Way {
        let (steps, of) = (self.steps.len(), &mut chains.of);
        of.resize(steps, vec![]);
        of.iter_mut().for_each(Vec::clear);
        let mut way = Way::default();
        for row in rows {
            let barred = |bar: &Barrier| {
                bar.codes.contains(&table.dims[0].at(row)) && self.stands(table, of, bar, row)
            };
            if self.exclude.iter().any(barred) {
                return Way { rows: vec![], removed: true };
            }
            for step in (0..steps).rev() {
                let took = self.steps[step].takes(table, row) && self.step(table, of, step, row);
                if took && step + 1 > way.rows.len() {
                    way.rows.clone_from(&of[step]);
                } else if !took && self.mode == Mode::Strict {
                    of[step].clear();
                }
            }
            if way.rows.len() == steps {
                break;
            }
        }
        way
    }
    /// Takes a step with a row, if the chain before allows it.
    fn step(&self, table: &Table, of: &mut [Vec<usize>], step: usize, row: usize) -> bool {
        let Some(before) = step.checked_sub(1) else {
            if self.span.is_some_and(|[from, to]| !(from..to).contains(&table.times[row])) {
                return false;
            }
            of[0].clear();
            of[0].push(row);
            return true;
        };
        let (earlier, later) = of.split_at_mut(step);
        let (from, to) = (&earlier[before], &mut later[0]);
        if from.first().is_none_or(|first| !self.within(table, *first, row)) {
            return false;
        }
        to.clone_from(from);
        to.push(row);
        true
    }
    /// Whether a chain stands between the steps of a barrier.
    fn stands(&self, table: &Table, of: &[Vec<usize>], bar: &Barrier, row: usize) -> bool {
        let steps = usize::from(bar.from) - 1..usize::from(bar.to) - 1;
        of[steps].iter().any(|chain| chain.first().is_some_and(|first| self.within(table, *first, row)))
    }
    /// The window with most different steps, by two pointers over the rows that are any.
    fn any(&self, table: &Table, rows: Range<usize>, chains: &mut Chains) -> Way {
        let (steps, hits) = (self.steps.len(), &mut chains.hits);
        hits.clear();
        hits.extend(rows.filter(|row| self.steps.iter().any(|step| step.takes(table, *row))));
        let (mut counts, mut distinct, mut from) = (vec![0u32; steps], 0, 0);
        let mut best = (0, 0..0);
        for to in 0..hits.len() {
            while !self.within(table, hits[from], hits[to]) {
                self.count(table, hits[from], &mut counts, &mut distinct, false);
                from += 1;
            }
            self.count(table, hits[to], &mut counts, &mut distinct, true);
            if distinct > best.0 {
                best = (distinct, from..to + 1);
            }
        }
        // The rows with which a further step came in.
        let (mut counts, mut distinct, mut rows) = (vec![0u32; steps], 0, Vec::new());
        for at in best.1 {
            let before = distinct;
            self.count(table, hits[at], &mut counts, &mut distinct, true);
            (before..distinct).for_each(|_| rows.push(hits[at]));
        }
        Way { rows, removed: false }
    }
    fn count(&self, table: &Table, row: usize, counts: &mut [u32], distinct: &mut usize, more: bool) {
        for (_, count) in self.steps.iter().zip(counts).filter(|(step, _)| step.takes(table, row)) {
            if more {
                *distinct += usize::from(*count == 0);
                *count += 1;
            } else {
                *count -= 1;
                *distinct -= usize::from(*count == 0);
            }
        }
    }
}

impl Analysis for Follow {
    const NAME: &'static str = "funnel";
    type Partial = Reached;
    type Work = Chains;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Chains> {
        Ok(Chains::default())
    }
    fn add(&self, chains: &mut Chains, shard: &mut Shard, rows: Range<usize>, sum: &mut Reached) {
        let steps = self.steps.len();
        let [mut measure, mut values] =
            [(STEP, 0), (VALUE, -1)].map(|(name, fill)| shard.past.take_measure(name, fill));
        sum.times.resize(steps, BTreeMap::new());
        let table = shard.past.table(Source::Events);
        for person in rows {
            let way = self.way(table, table.rows(person), chains);
            measure[person] = if way.removed { -1 } else { way.rows.len() as i32 };
            sum.removed += u64::from(way.removed);
            values[person] = -1;
            let Some(&first) = way.rows.first() else { continue };
            let value = self.by.map_or(0, |dim| table.dims[dim as usize].at(first));
            values[person] = value as i32;
            let reached = sum.values.entry(value).or_insert_with(|| vec![0; steps]);
            reached.iter_mut().take(way.rows.len()).for_each(|people| *people += 1);
            for (at, pair) in way.rows.windows(2).enumerate() {
                *sum.times[at].entry(table.times[pair[1]] - table.times[pair[0]]).or_default() += 1;
            }
            if way.rows.len() == steps {
                let whole = table.times[way.rows[steps - 1]] - table.times[first];
                *sum.times[steps - 1].entry(whole).or_default() += 1;
                let mut events: Vec<u32> =
                    (first..=way.rows[steps - 1]).map(|row| table.dims[0].at(row)).collect();
                events.dedup();
                if events.len() <= LONGEST {
                    *sum.ways.entry(events).or_default().entry(whole).or_default() += 1;
                }
            }
        }
        shard.past.measures.extend([(STEP.into(), measure), (VALUE.into(), values)]);
    }
}
