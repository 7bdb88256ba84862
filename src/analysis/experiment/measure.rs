//! What the people of each arm did.

use super::plan::MetricKind;
use super::{ARM, DID};
use crate::error::Result;
use crate::num::Moments;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::moment::DAY;
use crate::table::history::past::{Fate, Past, Table};
use crate::table::history::pick::Match;
use crate::table::history::{Source, money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::{AddAssign, Range};

/// Days of a curve, at most.
pub const CURVE: usize = 180;

/// The arm of who is in several.
pub(super) const SEVERAL: u32 = u32::MAX;

/// Where an outcome stands.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// A column of numbers of the assignment.
    Column(u32),
    /// An event behind it.
    Event(u32),
    /// Orders behind it: for how much, or of a rate whether there are any.
    Orders,
    /// How many orders are behind it.
    Count,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Where it stands.
    pub what: What,
    /// How it is read.
    pub kind: MetricKind,
    /// What a ratio is taken per.
    pub per: Option<What>,
}

/// Measures everyone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Weigh {
    /// Rows of the assignment that are meant.
    pub rows: Match,
    /// Column of the arm.
    pub arm: u32,
    /// How many arms there are.
    pub arms: u32,
    /// Column of segments, and how many labels it has.
    pub segment: Option<(u32, u32)>,
    /// What is measured.
    pub outcomes: Vec<Outcome>,
    /// Days behind the assignment that count; 0 for all.
    pub days: u32,
    /// The first second that is not known.
    pub end: u32,
}

/// Values of one metric in one arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// All of them.
    pub moments: Moments,
    /// Those above zero.
    pub positive: u64,
    /// Of a ratio: what it is taken per.
    pub per: Moments,
    /// Of a ratio: Σ of the product of both.
    pub cross: i128,
}

impl Cell {
    /// Of one person.
    pub(super) fn of(value: i64, per: Option<i64>) -> Cell {
        let mut cell = Cell { positive: u64::from(value > 0), ..Cell::default() };
        cell.moments.add(value);
        if let Some(per) = per {
            cell.per.add(per);
            cell.cross = i128::from(value) * i128::from(per);
        }
        cell
    }
}

impl AddAssign for Cell {
    fn add_assign(&mut self, other: Cell) {
        self.moments.merge(other.moments);
        self.positive += other.positive;
        self.per.merge(other.per);
        self.cross += other.cross;
    }
}

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcomes {
    /// People by arm.
    pub people: Vec<u64>,
    /// People in several arms.
    pub several: u64,
    /// People of whom no arm is known.
    pub none: u64,
    /// People in an arm since nobody knows when.
    pub timeless: u64,
    /// By arm: people whose days that count are not all known yet. They are in no cell that counts days.
    pub under_way: Vec<u64>,
    /// By metric, then arm.
    pub cells: Vec<Cell>,
    /// By segment, then metric, then arm.
    pub segments: Vec<Cell>,
    /// By metric, then arm: people by value, of means and quantiles.
    pub values: Vec<BTreeMap<i64, u64>>,
    /// By segment, then metric, then arm: the same, of quantiles.
    pub parts: Vec<BTreeMap<i64, u64>>,
    /// By arm, then day behind the assignment: people who did the first metric then for the first time.
    pub curve: Vec<u64>,
}

impl Partial for Outcomes {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.people, &other.people);
        self.several += other.several;
        self.none += other.none;
        self.timeless += other.timeless;
        add_up(&mut self.under_way, &other.under_way);
        add_up(&mut self.cells, &other.cells);
        add_up(&mut self.segments, &other.segments);
        add_up(&mut self.curve, &other.curve);
        gather(&mut self.values, other.values);
        gather(&mut self.parts, other.parts);
    }
}

/// Adds up people by value.
fn gather(sum: &mut Vec<BTreeMap<i64, u64>>, other: Vec<BTreeMap<i64, u64>>) {
    sum.resize(sum.len().max(other.len()), BTreeMap::new());
    for (to, from) in sum.iter_mut().zip(other) {
        from.into_iter().for_each(|(value, people)| *to.entry(value).or_default() += people);
    }
}

impl Outcomes {
    /// Of these arms alone, where there are `arms` of them.
    pub(super) fn only(self, arms: usize, kept: &[usize]) -> Outcomes {
        let cells = |all: &[Cell]| all.chunks(arms).flat_map(|of| kept.iter().map(|at| of[*at])).collect();
        let values = |all: &[BTreeMap<i64, u64>]| {
            all.chunks(arms).flat_map(|of| kept.iter().map(|at| of[*at].clone())).collect()
        };
        Outcomes {
            people: kept.iter().map(|at| self.people[*at]).collect(),
            under_way: kept.iter().map(|at| self.under_way[*at]).collect(),
            cells: cells(&self.cells),
            segments: cells(&self.segments),
            values: values(&self.values),
            parts: values(&self.parts),
            curve: kept.iter().flat_map(|at| &self.curve[at * CURVE..(at + 1) * CURVE]).copied().collect(),
            ..self
        }
    }
}

impl Weigh {
    /// The first row of somebody that is meant, and the code of their arm: 0 for none, [`SEVERAL`] for more than one.
    pub(super) fn arm_of(&self, table: &Table, person: usize) -> Option<(usize, u32)> {
        let mut mine = table.rows(person).filter(|row| self.rows.takes(table, *row));
        let row = mine.next()?;
        let arm = |row: usize| table.dims[self.arm as usize].at(row);
        let same = mine.all(|other| arm(other) == arm(row));
        Some((row, if same { arm(row) } else { SEVERAL }))
    }
    /// Whether all is known that counts for an outcome of who is in their arm by this row: what is not over yet is no "did not".
    pub(super) fn over(&self, table: &Table, row: usize, outcome: &Outcome) -> bool {
        let behind = |what: &What| !matches!(what, What::Column(_));
        let counts = self.days > 0 && (behind(&outcome.what) || outcome.per.as_ref().is_some_and(behind));
        !counts || table.times[row].saturating_add(self.days.saturating_mul(DAY)) <= self.end
    }
    /// The value of an outcome, and the day behind the assignment on which it first happened.
    pub(super) fn value(
        &self,
        past: &Past,
        person: usize,
        row: usize,
        outcome: Outcome,
    ) -> (i64, Option<u32>) {
        let start = past.table(Source::Assign).times[row];
        let stop = match self.days {
            0 => self.end,
            days => start.saturating_add(days.saturating_mul(DAY)).min(self.end),
        };
        let (mut value, mut first) = (0, None);
        let rate = outcome.kind == MetricKind::Rate;
        match outcome.what {
            What::Column(column) => {
                let number = past.table(Source::Assign).measures[column as usize][row];
                value = if number == money::NONE { 0 } else { number };
            }
            What::Event(code) => {
                let events = past.table(Source::Events);
                for at in events.rows(person).filter(|at| (start..stop).contains(&events.times[*at])) {
                    if events.dims[0].at(at) == code {
                        value += 1;
                        first = first.or(Some((events.times[at] - start) / DAY));
                    }
                }
            }
            What::Orders | What::Count => {
                // As they stood when the days were over: who came early had longer to send things back.
                let mut known = Vec::new();
                past.known(person, stop, &mut known);
                for order in known.iter().filter(|order| order.time >= start) {
                    let bought = order.fate() == Fate::Bought;
                    if bought {
                        first = first.or(Some((order.time - start) / DAY));
                    }
                    let counted = rate || outcome.what == What::Count;
                    value += if counted { i64::from(bought) } else { order.worth() };
                }
            }
        }
        (if rate { i64::from(value > 0) } else { value }, first)
    }
    /// What somebody's ratio is taken per.
    fn per(&self, past: &Past, person: usize, row: usize, outcome: Outcome) -> Option<i64> {
        let what = outcome.per?;
        Some(self.value(past, person, row, Outcome { what, per: None, ..outcome }).0)
    }
}

impl Analysis for Weigh {
    const NAME: &'static str = "experiment";
    type Partial = Outcomes;
    type Work = ();
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }
    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Outcomes) {
        let (arms, metrics) = (self.arms as usize, self.outcomes.len());
        let mut measure = shard.past.take_measure(ARM, -1);
        let names = || DID.into_iter().take(metrics);
        let mut did: Vec<Vec<i32>> = names().map(|name| shard.past.take_measure(name, -1)).collect();
        sum.people.resize(arms, 0);
        sum.under_way.resize(arms, 0);
        sum.cells.resize(metrics * arms, Cell::default());
        sum.segments
            .resize(self.segment.map_or(0, |(_, values)| values as usize) * metrics * arms, Cell::default());
        sum.curve.resize(arms * CURVE, 0);
        sum.values.resize(metrics * arms, BTreeMap::new());
        sum.parts.resize(sum.segments.len(), BTreeMap::new());
        let table = shard.past.table(Source::Assign);
        for person in rows {
            measure[person] = -1;
            did.iter_mut().for_each(|did| did[person] = -1);
            let Some((row, arm)) = self.arm_of(table, person) else { continue };
            if arm == SEVERAL {
                sum.several += 1;
                continue;
            }
            let Some(arm) = arm.checked_sub(1).map(|arm| arm as usize) else {
                sum.none += 1;
                continue;
            };
            measure[person] = arm as i32;
            sum.people[arm] += 1;
            sum.timeless += u64::from(table.times[row] == 0);
            let segment = self.segment.map(|(dim, _)| table.dims[dim as usize].at(row) as usize);
            let over = |outcome: &Outcome| self.over(table, row, outcome);
            sum.under_way[arm] += u64::from(!self.outcomes.iter().all(over));
            for (metric, outcome) in self.outcomes.iter().enumerate().filter(|(_, outcome)| over(outcome)) {
                let (value, first) = self.value(&shard.past, person, row, *outcome);
                if let Some(did) = did.get_mut(metric) {
                    did[person] = i32::from(value > 0);
                }
                let cell = Cell::of(value, self.per(&shard.past, person, row, *outcome));
                let at = metric * arms + arm;
                sum.cells[at] += cell;
                if matches!(outcome.kind, MetricKind::Mean | MetricKind::Quantile) {
                    *sum.values[at].entry(value).or_default() += 1;
                }
                if let Some(part) = segment.map(|segment| segment * metrics * arms + at) {
                    sum.segments[part] += cell;
                    if outcome.kind == MetricKind::Quantile {
                        *sum.parts[part].entry(value).or_default() += 1;
                    }
                }
                if let (0, Some(day)) = (metric, first) {
                    sum.curve[arm * CURVE + (day as usize).min(CURVE - 1)] += 1;
                }
            }
        }
        let left = names().zip(did).chain([(ARM, measure)]);
        shard.past.measures.extend(left.map(|(name, measure)| (name.to_string(), measure)));
    }
}
