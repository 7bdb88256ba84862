//! What campaigns say.

use super::plan::CampaignPlan;
use crate::error::{Error, Kind, Result};
use crate::gate;
use crate::num::{Interval, Rate, newcombe, rate_ratio_interval, two_proportions};
use crate::table::dates;
use crate::table::history::calendar::Part;
use crate::table::history::counts::{
    CLICKS, CONVERSIONS, COST, Counts, IMPRESSIONS, REVENUE, contradictions,
};
use crate::table::history::money;
use crate::table::history::pick::missing;
use serde::Serialize;
use std::collections::BTreeMap;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CampaignReport {
    /// The last day that counts, where rows have days.
    pub as_of: Option<String>,
    /// Decimals of money.
    pub decimals: u8,
    /// The axes.
    pub by: Vec<String>,
    /// Everything.
    pub total: CampaignFigures,
    /// Cells and margins, in the order of values; nothing stands for all of an axis.
    pub cells: Vec<CampaignCell>,
    /// Periods, then values, side by side.
    pub compared: Vec<CampaignCompared>,
    /// What was aimed at.
    pub goals: Vec<CampaignGoal>,
    /// Rows that contradict themselves.
    pub odd: u64,
    /// The first of them, at most [`NAMED`].
    pub named: Vec<CampaignOdd>,
}

/// Some rows added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CampaignFigures {
    /// How many.
    pub rows: u64,
    /// Impressions, clicks, cost, conversions, revenue: nothing where no row says it; money in minor units.
    pub sums: [Option<i64>; 5],
    /// Clicks of impressions.
    pub ctr: Option<Rate>,
    /// Conversions of clicks.
    pub cvr: Option<Rate>,
    /// Cost of a click, in the unit of money.
    pub cpc: Option<f64>,
    /// Cost of a thousand impressions.
    pub cpm: Option<f64>,
    /// Cost of a conversion.
    pub cpa: Option<f64>,
    /// Revenue over cost.
    pub roas: Option<f64>,
}

/// A cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CampaignCell {
    /// A value per axis.
    pub at: Vec<Option<String>>,
    /// Its rows.
    pub figures: CampaignFigures,
}

/// Two sets of rows side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CampaignCompared {
    /// What they are called: a value, or the first and last day.
    pub names: [String; 2],
    /// Both.
    pub figures: [CampaignFigures; 2],
    /// How figures changed.
    pub changes: Vec<CampaignChange>,
}

/// A change from the first to the second.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CampaignChange {
    /// Of which figure.
    pub figure: &'static str,
    /// Both.
    pub values: [f64; 2],
    /// Of a rate: percentage points, with Newcombe's interval.
    pub points: Option<(f64, Interval)>,
    /// Percent of the first.
    pub percent: Option<f64>,
    /// Of a rate: its interval.
    pub percent_interval: Option<Interval>,
    /// Of a rate: the chance of as large a difference if there were none.
    pub p: Option<f64>,
}

/// What was aimed at, and what came.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CampaignGoal {
    /// Which figure.
    pub figure: String,
    /// What was aimed at.
    pub goal: f64,
    /// What came, if it is known.
    pub actual: Option<f64>,
    /// The one over the other.
    pub attained: Option<f64>,
    /// Whether it was reached: of cost and what is made of it, not exceeded.
    pub met: Option<bool>,
}

/// A row that contradicts itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CampaignOdd {
    /// Its file.
    pub file: String,
    /// Its number there, the header counted.
    pub row: u64,
    /// `clicks-above-impressions`, `conversions-above-clicks`, `negative-cost`.
    pub code: &'static str,
}

/// Rows that are named.
pub const NAMED: usize = 100;
/// Most cells: a column of more values is no axis.
const CELLS: usize = 100_000;

/// Figures by name, as goals name them.
pub(super) const FIGURES: [&str; 11] =
    ["impressions", "clicks", "cost", "conversions", "revenue", "ctr", "cvr", "cpc", "cpm", "cpa", "roas"];

/// Two numbers whose ratio is a figure.
const PAIRS: [(usize, usize); 6] = [
    (CLICKS, IMPRESSIONS),
    (CONVERSIONS, CLICKS),
    (COST, CLICKS),
    (COST, IMPRESSIONS),
    (COST, CONVERSIONS),
    (REVENUE, COST),
];

/// Rows on their way to figures.
#[derive(Clone, Copy, Default)]
struct Sums {
    rows: u64,
    said: [bool; 5],
    of: [i64; 5],
    pairs: [[i64; 2]; 6],
}

impl Sums {
    fn add(&mut self, numbers: &[i64; 5]) {
        self.rows += 1;
        for at in (0..5).filter(|at| numbers[*at] != money::NONE) {
            self.said[at] = true;
            self.of[at] = self.of[at].saturating_add(numbers[at]);
        }
        if contradictions(*numbers).next().is_some() {
            return;
        }
        for (pair, (one, other)) in self.pairs.iter_mut().zip(PAIRS) {
            if numbers[one] != money::NONE && numbers[other] != money::NONE {
                *pair = [pair[0].saturating_add(numbers[one]), pair[1].saturating_add(numbers[other])];
            }
        }
    }
    fn figures(&self, decimals: u8) -> CampaignFigures {
        let unit = 10f64.powi(i32::from(decimals));
        // A row that counts less than nothing is not in.
        let rate = |[did, of]: [i64; 2]| Rate::of(did as u64, u64::try_from(of).unwrap_or(0));
        let ratio =
            |[one, other]: [i64; 2], times: f64| (other > 0).then(|| one as f64 * times / other as f64);
        let [ctr, cvr, cpc, cpm, cpa, roas] = self.pairs;
        CampaignFigures {
            rows: self.rows,
            sums: [0, 1, 2, 3, 4].map(|at| self.said[at].then_some(self.of[at])),
            ctr: rate(ctr),
            cvr: rate(cvr),
            cpc: ratio(cpc, 1.0 / unit),
            cpm: ratio(cpm, 1_000.0 / unit),
            cpa: ratio(cpa, 1.0 / unit),
            roas: ratio(roas, 1.0),
        }
    }
}

impl CampaignFigures {
    /// A figure by its name, money in its unit.
    fn of(&self, name: &str, decimals: u8) -> Option<f64> {
        let unit = 10f64.powi(i32::from(decimals));
        let sum = |at: usize| self.sums[at].map(|sum| sum as f64);
        match name {
            "impressions" => sum(IMPRESSIONS),
            "clicks" => sum(CLICKS),
            "cost" => sum(COST).map(|cost| cost / unit),
            "conversions" => sum(CONVERSIONS),
            "revenue" => sum(REVENUE).map(|revenue| revenue / unit),
            "ctr" => self.ctr.map(|of| of.rate),
            "cvr" => self.cvr.map(|of| of.rate),
            "cpc" => self.cpc,
            "cpm" => self.cpm,
            "cpa" => self.cpa,
            _ => self.roas,
        }
    }
}

/// What cells are made by.
enum Axis {
    Column(usize),
    Part(Part),
}

struct Desk<'a> {
    counts: &'a Counts,
    axes: Vec<(String, Axis)>,
}

/// Adds campaigns up.
pub fn campaigns(counts: &Counts, plan: &CampaignPlan) -> Result<CampaignReport> {
    plan.check()?;
    if counts.rows.is_empty() {
        return Err(missing("campaign".into()));
    }
    let by = if plan.by.is_empty() { usual(counts) } else { plan.by.clone() };
    let axes = by.iter().map(|name| Ok((name.clone(), axis(counts, name)?))).collect::<Result<_>>()?;
    let desk = Desk { counts, axes };
    let mut total = Sums::default();
    (0..counts.rows.len()).for_each(|row| total.add(&desk.numbers(row)));
    let total = total.figures(counts.decimals);
    let odd = |row: &usize| contradictions(desk.numbers(*row)).next().is_some();
    let goal = |(figure, goal): (&String, &f64)| attained(&total, counts.decimals, figure, *goal);
    Ok(CampaignReport {
        as_of: counts.last().map(|day| dates::text(f64::from(day))),
        decimals: counts.decimals,
        cells: desk.cells()?,
        compared: desk.periods(plan.compare)?.into_iter().chain(desk.versus(plan)?).collect(),
        goals: plan.goal.iter().map(goal).collect(),
        odd: (0..counts.rows.len()).filter(odd).count() as u64,
        named: desk.named(),
        by,
        total,
    })
}

/// The axis to start with.
fn usual(counts: &Counts) -> Vec<String> {
    let first = counts.rows.dim("channel").or((!counts.rows.dims.is_empty()).then_some(0));
    let month = || counts.last().map(|_| "month".to_string());
    first.map(|at| counts.rows.dims[at].name.clone()).or_else(month).into_iter().collect()
}

fn axis(counts: &Counts, name: &str) -> Result<Axis> {
    let unknown = || missing(format!("campaign: {name}"));
    match (counts.rows.dim(name), Part::named(name)) {
        (Some(at), _) => Ok(Axis::Column(at)),
        (None, Some(Part::Hour) | None) => Err(unknown()),
        (None, Some(_)) if counts.last().is_none() => Err(missing("campaign: time".into())),
        (None, Some(part)) => Ok(Axis::Part(part)),
    }
}

fn attained(total: &CampaignFigures, decimals: u8, figure: &str, goal: f64) -> CampaignGoal {
    let actual = total.of(figure, decimals);
    // Less is better of what is paid.
    let least = matches!(figure, "cost" | "cpc" | "cpm" | "cpa");
    CampaignGoal {
        figure: figure.into(),
        goal,
        actual,
        attained: actual.map(|actual| actual / goal),
        met: actual.map(|actual| if least { actual <= goal } else { actual >= goal }),
    }
}

impl Desk<'_> {
    fn numbers(&self, row: usize) -> [i64; 5] {
        [0, 1, 2, 3, 4].map(|at| self.counts.numbers[at][row])
    }
    /// Where a row stands on an axis; nowhere on one of the calendar without a day.
    fn code(&self, axis: &Axis, row: usize) -> Option<u32> {
        match axis {
            Axis::Column(at) => Some(self.counts.rows.codes[*at][row]),
            Axis::Part(part) => self.counts.days[row].map(|day| part.of_day(day)),
        }
    }
    fn label(&self, axis: &Axis, code: u32) -> String {
        match axis {
            Axis::Column(at) => self.counts.rows.dims[*at].labels[code as usize].clone(),
            Axis::Part(part) => part.label(code),
        }
    }
    fn cells(&self) -> Result<Vec<CampaignCell>> {
        // Behind every value stands all of its axis.
        const ALL: u32 = u32::MAX;
        let mut cells: BTreeMap<Vec<u32>, Sums> = BTreeMap::new();
        for row in 0..self.counts.rows.len() {
            let codes: Option<Vec<u32>> = self.axes.iter().map(|(_, axis)| self.code(axis, row)).collect();
            let Some(codes) = codes else { continue };
            let numbers = self.numbers(row);
            let margins = if codes.len() == 2 { vec![[codes[0], ALL], [ALL, codes[1]]] } else { vec![] };
            for at in margins.into_iter().map(Vec::from).chain([codes]) {
                cells.entry(at).or_default().add(&numbers);
            }
            if cells.len() > CELLS {
                return Err(Error::new(Kind::OutOfRange).column("campaigns.by"));
            }
        }
        let label =
            |(axis, code): (&(String, Axis), &u32)| (*code != ALL).then(|| self.label(&axis.1, *code));
        let cell = |(codes, sums): (Vec<u32>, Sums)| CampaignCell {
            at: self.axes.iter().zip(&codes).map(label).collect(),
            figures: sums.figures(self.counts.decimals),
        };
        Ok(cells.into_iter().filter(|(codes, _)| !codes.is_empty()).map(cell).collect())
    }
    fn periods(&self, days: u32) -> Result<Option<CampaignCompared>> {
        if days == 0 {
            return Ok(None);
        }
        let last = self.counts.last().ok_or_else(|| missing("campaign: time".into()))?;
        let ends = [last.saturating_sub(days), last];
        let name = |end: u32| {
            let day = |day: u32| dates::text(f64::from(day));
            format!("{} – {}", day((end + 1).saturating_sub(days)), day(end))
        };
        let within = |end: u32, day: u32| day <= end && day + days > end;
        let of = |row: usize| {
            let day = self.counts.days[row]?;
            ends.iter().position(|end| within(*end, day))
        };
        Ok(Some(self.compared(ends.map(name), of)))
    }
    fn versus(&self, plan: &CampaignPlan) -> Result<Option<CampaignCompared>> {
        let Some(names) = &plan.versus else { return Ok(None) };
        let (by, axis) = self.axes.first().ok_or_else(|| missing("campaign: by".into()))?;
        let is = |row: usize| self.code(axis, row).map(|code| self.label(axis, code));
        let of = |row: usize| is(row).and_then(|label| names.iter().position(|name| *name == label));
        for (at, name) in names.iter().enumerate() {
            if !(0..self.counts.rows.len()).any(|row| of(row) == Some(at)) {
                return Err(Error::new(Kind::LabelUnknown).column(format!("{by}: {name}")));
            }
        }
        Ok(Some(self.compared(names.clone(), of)))
    }
    fn compared(&self, names: [String; 2], of: impl Fn(usize) -> Option<usize>) -> CampaignCompared {
        let mut sums = [Sums::default(); 2];
        for row in 0..self.counts.rows.len() {
            if let Some(at) = of(row) {
                sums[at].add(&self.numbers(row));
            }
        }
        let decimals = self.counts.decimals;
        let figures = sums.map(|sums| sums.figures(decimals));
        let changes = FIGURES.iter().filter_map(|name| change(name, &figures, decimals)).collect();
        CampaignCompared { names, figures, changes }
    }
    fn named(&self) -> Vec<CampaignOdd> {
        let of = |row: usize| {
            let (file, number) = self.counts.rows.places[row];
            let file = self.counts.rows.files[file as usize].clone();
            contradictions(self.numbers(row)).map(move |code| CampaignOdd {
                file: file.clone(),
                row: number,
                code,
            })
        };
        (0..self.counts.rows.len()).flat_map(of).take(NAMED).collect()
    }
}

fn change(figure: &'static str, of: &[CampaignFigures; 2], decimals: u8) -> Option<CampaignChange> {
    let values = [of[0].of(figure, decimals)?, of[1].of(figure, decimals)?];
    let rates = match figure {
        "ctr" => of[0].ctr.zip(of[1].ctr),
        "cvr" => of[0].cvr.zip(of[1].cvr),
        _ => None,
    };
    let rates = rates.map(|(a, b)| [a.did, a.of, b.did, b.of].map(|n| n as f64));
    let points = |[x1, n1, x2, n2]: [f64; 4]| {
        (100.0 * (values[1] - values[0]), newcombe(x1, n1, x2, n2).scaled(100.0))
    };
    let percent = |[x1, n1, x2, n2]: [f64; 4]| {
        let ratio = rate_ratio_interval(x2, n2, x1, n1)?;
        Some(Interval { low: 100.0 * (ratio.low - 1.0), high: 100.0 * (ratio.high - 1.0) })
    };
    Some(CampaignChange {
        figure,
        values,
        points: rates.map(points),
        percent: (values[0] > 0.0).then(|| 100.0 * (values[1] / values[0] - 1.0)),
        percent_interval: rates.and_then(percent),
        p: rates.map(|[x1, n1, x2, n2]| two_proportions(x1, n1, x2, n2).p),
    })
}

impl gate::Cells for CampaignReport {
    /// Counts of impressions and clicks are no people.
    fn cells(&self, _: &mut dyn FnMut(u64)) {}
}
