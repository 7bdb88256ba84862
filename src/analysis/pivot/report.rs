//! What a pivot says.

use super::cross::{ALL, Axis, Cell, Cross, Crossed};
use super::plan::PivotPlan;
use crate::error::Result;
use crate::gate::{Cells, Withhold};
use crate::num::{self, Association, Interval, Order, association, interaction, wilson};
use crate::table::dates;
use crate::table::history::PastSchema;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PivotReport {
    /// The last day that counts.
    pub as_of: String,
    /// Whose rows.
    pub table: &'static str,
    /// By what.
    pub by: Vec<String>,
    /// The column that is added up.
    pub sum: Option<String>,
    /// Its decimals.
    pub decimals: u8,
    /// Cells and margins, in the order of labels, margins last; those without a row are absent.
    pub cells: Vec<PivotCell>,
    /// Cells left out: of fewer people than the floor, and what would give them away.
    pub withheld: u64,
    /// The floor.
    pub floor: u64,
    /// Each two of the columns.
    pub pairs: Vec<PivotPair>,
    /// Combinations whose rate is surely highest, by the lower end of its interval.
    pub best: Vec<PivotBest>,
}

/// A cell or margin.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PivotCell {
    /// A value per column; empty for none, absent for all.
    pub at: Vec<Option<String>>,
    /// Different people.
    pub people: u64,
    /// Of all.
    pub share: f64,
    /// Rows.
    pub rows: u64,
    /// What they add up to, in minor units.
    pub sum: Option<i64>,
    /// How many then did it.
    pub rate: Option<PivotRate>,
}

/// A rate.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PivotRate {
    /// People seen for long enough.
    pub people: u64,
    /// Those who did it.
    pub did: u64,
    /// Their share.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

/// Two columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PivotPair {
    /// One.
    pub one: String,
    /// The other.
    pub other: String,
    /// Whether they go together, of people by their first row; absent of `nth`, since orders of one person are alike.
    pub association: Option<Association>,
    /// Whether the rate needs the combination beyond the effect of each; absent without a rate, and over 2,500
    /// combinations.
    pub interaction: Option<PivotTest>,
}

/// A likelihood-ratio test.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PivotTest {
    /// G².
    pub g2: f64,
    /// Degrees of freedom.
    pub df: u32,
    /// Its tail.
    pub p: f64,
}

/// A combination, of people by their first row; with `nth` by the first of each order.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PivotBest {
    /// A value per column.
    pub at: Vec<String>,
    /// How many did it.
    pub rate: PivotRate,
    /// The rate if neither column changed what the other does; of two columns only.
    pub expected: Option<f64>,
    /// False discovery rate of the difference to all others.
    pub q: f64,
}

/// Combinations a test of interaction takes.
const TESTED: usize = 2_500;
/// Combinations that are named.
const NAMED: usize = 10;

fn rate([people, did]: [u64; 2]) -> PivotRate {
    let share = if people > 0 { did as f64 / people as f64 } else { 0.0 };
    PivotRate { people, did, rate: share, interval: wilson(did as f64, people as f64) }
}

/// The found cells, and how to name them.
struct Desk<'a> {
    plan: &'a PivotPlan,
    labels: Vec<Vec<String>>,
    cells: &'a BTreeMap<[u32; 3], Cell>,
    rates: bool,
    /// The axis that tells orders apart.
    nth: Option<usize>,
}

pub(super) fn report(
    schema: &PastSchema,
    plan: &PivotPlan,
    labels: Vec<Vec<String>>,
    question: &Cross,
    found: &Crossed,
) -> PivotReport {
    let nth = question.axes.iter().position(|axis| *axis == Axis::Nth);
    let desk = Desk { plan, labels, cells: &found.cells, rates: question.outcome.is_some(), nth };
    let all = desk.cells.values().map(|cell| cell.people).max().unwrap_or(0);
    let table = schema.table(plan.table);
    PivotReport {
        as_of: dates::text(f64::from(schema.end_day()) - 1.0),
        table: plan.table.name(),
        by: plan.by.clone(),
        sum: plan.sum.clone(),
        decimals: question.sum.map_or(0, |at| table.measures[at as usize].decimals),
        cells: desk.cells.iter().map(|(key, cell)| desk.cell(key, cell, all)).collect(),
        withheld: 0,
        floor: plan.floor,
        pairs: desk.pairs(),
        best: if desk.rates { desk.best() } else { vec![] },
    }
}

impl Desk<'_> {
    fn name(&self, key: &[u32; 3]) -> Vec<Option<String>> {
        let label = |(code, labels): (&u32, &Vec<String>)| labels.get(*code as usize).cloned();
        key.iter().zip(&self.labels).map(label).collect()
    }
    fn cell(&self, key: &[u32; 3], cell: &Cell, all: u64) -> PivotCell {
        PivotCell {
            at: self.name(key),
            people: cell.people,
            share: cell.people as f64 / all.max(1) as f64,
            rows: cell.rows,
            sum: self.plan.sum.as_ref().map(|_| cell.sum),
            rate: self.rates.then(|| rate(cell.did)),
        }
    }
    /// People who count in a cell: by their first row, or where orders are told apart by that of each.
    fn counts(&self, axes: &[usize], cell: &Cell) -> [u64; 3] {
        if self.nth.is_some_and(|nth| axes.contains(&nth)) { cell.orders } else { cell.first }
    }
    /// Cells by their code on two axes, where people stand with their first row.
    fn firsts(&self, axes: [usize; 2]) -> Vec<Vec<[u64; 3]>> {
        let counted = self.cells.iter().map(|(key, cell)| (key, self.counts(&axes, cell)));
        let counted: Vec<_> = counted.filter(|(key, of)| !key.contains(&ALL) && of[0] > 0).collect();
        let inner = || counted.iter();
        let codes = axes.map(|axis| {
            let codes: BTreeSet<u32> = inner().map(|(key, _)| key[axis]).collect();
            codes.into_iter().collect::<Vec<u32>>()
        });
        let mut rows = vec![vec![[0; 3]; codes[1].len()]; codes[0].len()];
        for (key, of) in inner() {
            let [row, column] = [0, 1].map(|at| codes[at].binary_search(&key[axes[at]]).unwrap_or_default());
            (0..3).for_each(|at| rows[row][column][at] += of[at]);
        }
        rows
    }
    fn pairs(&self) -> Vec<PivotPair> {
        let pairs =
            (0..self.plan.by.len()).flat_map(|one| (one + 1..self.plan.by.len()).map(move |o| [one, o]));
        let pair = |axes: [usize; 2]| {
            let firsts = self.firsts(axes);
            let people: Vec<Vec<u64>> =
                firsts.iter().map(|row| row.iter().map(|cell| cell[0]).collect()).collect();
            let few = firsts.len() * firsts.first().map_or(0, Vec::len) <= TESTED;
            let tested = (self.rates && few).then(|| interaction(&outcomes(&firsts)));
            PivotPair {
                one: self.plan.by[axes[0]].clone(),
                other: self.plan.by[axes[1]].clone(),
                association: (!self.nth.is_some_and(|nth| axes.contains(&nth))).then(|| association(&people)),
                interaction: tested.map(|t| PivotTest { g2: t.g2, df: t.df, p: t.p }),
            }
        };
        pairs.map(pair).collect()
    }
    fn best(&self) -> Vec<PivotBest> {
        let floor = self.plan.floor.max(1);
        let counted = self.cells.iter().map(|(key, cell)| (key, self.counts(&[0, 1, 2], cell)));
        let counted: Vec<_> = counted.filter(|(key, of)| !key.contains(&ALL) && of[1] > 0).collect();
        let all = counted.iter().fold([0; 2], |all, (_, of)| [all[0] + of[1], all[1] + of[2]]);
        let expected = self.expected();
        let shown: Vec<(&[u32; 3], [u64; 3])> =
            counted.into_iter().filter(|(_, of)| of[1] >= floor).collect();
        let p = |(_, of): &(&[u32; 3], [u64; 3])| {
            let [n, x] = [of[1], of[2]];
            let [n, x, n0, x0] = [n, x, all[0] - n, all[1] - x].map(|count| count as f64);
            num::two_proportions(x0, n0, x, n).p
        };
        let q = num::benjamini_hochberg(&shown.iter().map(p).collect::<Vec<f64>>());
        let best = shown.iter().zip(q).map(|((key, of), q)| PivotBest {
            at: self.name(key).into_iter().flatten().collect(),
            rate: rate([of[1], of[2]]),
            expected: expected.get(*key).copied(),
            q,
        });
        let mut best: Vec<PivotBest> = best.collect();
        best.order_by(|a, b| b.rate.interval.low.total_cmp(&a.rate.interval.low).then(a.at.cmp(&b.at)));
        best.truncate(NAMED);
        best
    }
    /// Rates without interaction, of two columns.
    fn expected(&self) -> BTreeMap<[u32; 3], f64> {
        let firsts = self.firsts([0, 1]);
        if self.plan.by.len() != 2 || firsts.len() * firsts.first().map_or(0, Vec::len) > TESTED {
            return BTreeMap::new();
        }
        let rates = interaction(&outcomes(&firsts)).rates;
        let counts = |cell: &Cell| self.counts(&[0, 1], cell)[0] > 0;
        let inner = || self.cells.iter().filter(|(key, cell)| !key.contains(&ALL) && counts(cell));
        let codes = [0, 1].map(|axis| inner().map(|(key, _)| key[axis]).collect::<BTreeSet<_>>());
        let rows = codes[0].iter().zip(rates);
        let cells = rows.flat_map(|(row, rates)| codes[1].iter().map(move |c| [*row, *c, 0]).zip(rates));
        cells.collect()
    }
}

/// Those who did not and those who did, of those seen for long enough.
fn outcomes(firsts: &[Vec<[u64; 3]>]) -> Vec<Vec<[u64; 2]>> {
    let cell = |[_, seen, did]: &[u64; 3]| [seen - did, *did];
    firsts.iter().map(|row| row.iter().map(cell).collect()).collect()
}

impl Cells for PivotReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.cells.iter().for_each(|cell| visit(cell.people));
        self.best.iter().for_each(|best| visit(best.rate.people));
    }
}

/// Cells that differ in one column only, and their margin: what one sum holds together.
struct Line {
    cells: Vec<usize>,
    margin: Option<usize>,
}

impl Line {
    /// Whether what is left out could be worked out, or stands for fewer than `k` people together.
    fn tells(&self, out: &[bool], people: &[u64], k: u64) -> bool {
        let hidden = || self.cells.iter().filter(|at| out[**at]);
        let margin = self.margin.is_some_and(|at| out[at]);
        let few = hidden().map(|at| people[*at]).sum::<u64>() < k && !margin;
        let many = hidden().count() + usize::from(margin);
        many == 1 || many > 0 && few
    }
    /// The cell of fewest people that is still shown; the margin if there is none.
    fn next(&self, out: &[bool], people: &[u64]) -> Option<usize> {
        let shown = |at: &&usize| !out[**at];
        self.cells.iter().chain(&self.margin).filter(shown).min_by_key(|at| people[**at]).copied()
    }
}

impl PivotReport {
    fn lines(&self) -> Vec<Line> {
        let mut lines: BTreeMap<(usize, Vec<Option<&String>>), Line> = BTreeMap::new();
        for (at, cell) in self.cells.iter().enumerate() {
            for axis in 0..self.by.len() {
                let mut rest: Vec<Option<&String>> = cell.at.iter().map(Option::as_ref).collect();
                let inner = rest.remove(axis).is_some();
                let line = lines.entry((axis, rest)).or_insert(Line { cells: vec![], margin: None });
                if inner { line.cells.push(at) } else { line.margin = Some(at) }
            }
        }
        lines.into_values().collect()
    }
}

impl Withhold for PivotReport {
    fn withhold(&mut self, k: u64) -> Result<()> {
        let people: Vec<u64> = self.cells.iter().map(|cell| cell.people).collect();
        let mut out: Vec<bool> = people.iter().map(|people| *people < k).collect();
        let (lines, mut more) = (self.lines(), true);
        while more {
            more = false;
            for line in &lines {
                while line.tells(&out, &people, k)
                    && let Some(next) = line.next(&out, &people)
                {
                    (out[next], more) = (true, true);
                }
            }
        }
        self.withheld = out.iter().filter(|out| **out).count() as u64;
        let mut out = out.into_iter();
        self.cells.retain(|_| !out.next().unwrap_or(false));
        let shown: BTreeSet<&Vec<Option<String>>> = self.cells.iter().map(|cell| &cell.at).collect();
        let named = |best: &PivotBest| shown.contains(&best.at.iter().cloned().map(Some).collect::<Vec<_>>());
        self.best.retain(named);
        Ok(())
    }
}
