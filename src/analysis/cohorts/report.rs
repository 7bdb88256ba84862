//! What cohorts say.

use super::plan::CohortPlan;
use super::tally::{SPANS, Triangle};
use crate::gate::Cells;
use crate::num::{Interval, wilson};
use crate::table::dates;
use crate::table::history::calendar::Part;
use crate::table::history::{PastSchema, Source};
use serde::Serialize;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CohortReport {
    /// The last day that counts.
    pub as_of: String,
    /// How long a cohort is.
    pub unit: Part,
    /// Decimals of money.
    pub decimals: u8,
    /// Cohorts, the oldest first.
    pub cohorts: Vec<CohortLine>,
    /// All cohorts together by age, each age of those that have reached it.
    pub ages: Vec<CohortAge>,
    /// Money before the buyer's cohort began, or of people of none.
    pub outside: i64,
    /// Day by day.
    pub activity: Vec<ActiveDay>,
    /// Who was lost.
    pub churn: ChurnReport,
}

/// A cohort.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CohortLine {
    /// When it began: `2026-03`, `2026-Q1`, the first day of a week.
    pub cohort: String,
    /// Its people.
    pub people: u64,
    /// Whether its unit is over: else more may come.
    pub complete: bool,
    /// Unit by unit, its own first; absent where the unit is not over.
    pub cells: Vec<Option<CohortCell>>,
    /// Money of all its people so far, that of units not over with it.
    pub money: i64,
}

/// A cohort in one unit.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CohortCell {
    /// People who were there.
    pub people: u64,
    /// Of the cohort.
    pub rate: f64,
    /// Money.
    pub money: i64,
    /// Money up to here per head of the cohort, in whole units.
    pub value: f64,
}

/// All cohorts at an age.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CohortAge {
    /// Units since.
    pub age: u32,
    /// Cohorts that have reached it.
    pub cohorts: u64,
    /// Their people.
    pub people: u64,
    /// Share who were there.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// Money of this age per head, in whole units.
    pub value: f64,
}

/// A day.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ActiveDay {
    /// Which.
    pub day: String,
    /// People on it.
    pub dau: u64,
    /// In the 7 days that end with it; absent where the files begin later.
    pub wau: Option<u64>,
    /// In the 30 days.
    pub mau: Option<u64>,
    /// Share of the month's people who are there on the day.
    pub stickiness: Option<f64>,
}

/// Who was lost.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ChurnReport {
    /// Days without, after which somebody is lost.
    pub silence: u32,
    /// Acts up to which a loss is early.
    pub early_acts: u32,
    /// People who were ever there.
    pub people: u64,
    /// Not lost on the last day; whether they will be is not known.
    pub active: u64,
    /// Lost after few acts.
    pub early: u64,
    /// Lost after more.
    pub mature: u64,
    /// Lost of those ever there.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// Early among the lost.
    pub early_share: f64,
    /// Its 95 % interval.
    pub early_interval: Interval,
    /// Unit by unit.
    pub units: Vec<ChurnUnit>,
}

/// Coming and going in a unit: `end = begin + acquired + returned − early − mature`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ChurnUnit {
    /// Which.
    pub unit: String,
    /// Whether it is over.
    pub complete: bool,
    /// Active before it.
    pub begin: u64,
    /// There for the first time.
    pub acquired: u64,
    /// There again after they were lost.
    pub returned: u64,
    /// Lost after few acts.
    pub early: u64,
    /// Lost after more.
    pub mature: u64,
    /// Active at its end.
    pub end: u64,
    /// Acquired and returned less lost.
    pub net: i64,
}

fn part(of: f64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { of / whole as f64 }
}

/// The found numbers, and how to read them.
struct Desk<'a> {
    unit: Part,
    end: u32,
    money: f64,
    found: &'a Triangle,
}

pub(super) fn report(schema: &PastSchema, plan: &CohortPlan, found: &Triangle) -> CohortReport {
    let decimals = schema.table(Source::Orders).measures.first().map_or(0, |amount| amount.decimals);
    let money = 10f64.powi(i32::from(decimals));
    let desk = Desk { unit: plan.unit, end: schema.end_day(), money, found };
    let cohorts: Vec<CohortLine> = found.sizes.iter().map(|(at, people)| desk.line(*at, *people)).collect();
    CohortReport {
        as_of: dates::text(f64::from(desk.end) - 1.0),
        unit: plan.unit,
        decimals,
        ages: ages(&cohorts, money),
        cohorts,
        outside: found.outside,
        activity: desk.activity(),
        churn: desk.churn(plan),
    }
}

impl Desk<'_> {
    /// Whether a unit is over.
    fn over(&self, code: u32) -> bool {
        self.unit.start(code + 1) <= self.end
    }
    fn line(&self, cohort: u32, people: u64) -> CohortLine {
        let last = self.unit.of_day(self.end.saturating_sub(1));
        let mut before = 0;
        let cell = |age: u32| {
            let come = self.found.cells.get(&(cohort, age)).copied().unwrap_or_default();
            before += come.money;
            self.over(cohort + age).then(|| CohortCell {
                people: come.people,
                rate: part(come.people as f64, people),
                money: come.money,
                value: part(before as f64 / self.money, people),
            })
        };
        let cells = (0..=last.saturating_sub(cohort)).map(cell).collect();
        let (complete, cohort) = (self.over(cohort), self.unit.label(cohort));
        CohortLine { cohort, people, complete, cells, money: before }
    }
    fn activity(&self) -> Vec<ActiveDay> {
        let days = self.found.active[0].len().saturating_sub(1);
        let begin = self.end.saturating_sub(days as u32);
        let mut now = [0i64; 3];
        let day = |at: usize| {
            let day = begin + at as u32;
            (0..3).for_each(|span| now[span] += self.found.active[span][at]);
            let known = |span: usize| {
                let reaches = self.found.first > 0 && day + 2 >= self.found.first + SPANS[span];
                reaches.then_some(now[span] as u64)
            };
            ActiveDay {
                day: dates::text(f64::from(day)),
                dau: now[0] as u64,
                wau: known(1),
                mau: known(2),
                stickiness: known(2).filter(|month| *month > 0).map(|month| now[0] as f64 / month as f64),
            }
        };
        (0..days.min(self.end as usize)).map(day).collect()
    }
    fn churn(&self, plan: &CohortPlan) -> ChurnReport {
        let standing = |at: usize| self.found.standing.get(at).copied().unwrap_or(0);
        let [active, early, mature] = [0, 1, 2].map(standing);
        let (people, lost) = (active + early + mature, early + mature);
        ChurnReport {
            silence: plan.churn,
            early_acts: plan.early,
            people,
            active,
            early,
            mature,
            rate: part(lost as f64, people),
            interval: wilson(lost as f64, people as f64),
            early_share: part(early as f64, lost),
            early_interval: wilson(early as f64, lost as f64),
            units: self.units(),
        }
    }
    fn units(&self) -> Vec<ChurnUnit> {
        let Some((first, _)) = self.found.balance.first_key_value() else { return vec![] };
        let last = self.unit.of_day(self.end.saturating_sub(1));
        let mut begin = 0;
        let unit = |code: u32| {
            let of = self.found.balance.get(&code).copied().unwrap_or_default();
            let (came, went) = (of.acquired + of.returned, of.early + of.mature);
            let line = ChurnUnit {
                unit: self.unit.label(code),
                complete: self.over(code),
                begin,
                acquired: of.acquired,
                returned: of.returned,
                early: of.early,
                mature: of.mature,
                end: begin + came - went,
                net: came as i64 - went as i64,
            };
            begin = line.end;
            line
        };
        (*first..=last).map(unit).collect()
    }
}

/// All cohorts by age.
fn ages(cohorts: &[CohortLine], unit: f64) -> Vec<CohortAge> {
    let at = |age: usize| {
        let reached = || cohorts.iter().filter_map(move |c| Some((c.people, c.cells.get(age)?.as_ref()?)));
        let (people, there) =
            reached().fold((0, 0), |sum, (people, cell)| (sum.0 + people, sum.1 + cell.people));
        let money: i64 = reached().map(|(_, cell)| cell.money).sum();
        CohortAge {
            age: age as u32,
            cohorts: reached().count() as u64,
            people,
            rate: part(there as f64, people),
            interval: wilson(there as f64, people as f64),
            value: part(money as f64 / unit, people),
        }
    };
    let longest = cohorts.iter().map(|cohort| cohort.cells.len()).max().unwrap_or(0);
    (0..longest).map(at).filter(|age| age.cohorts > 0).collect()
}

impl Cells for CohortReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.cohorts.iter().for_each(|cohort| visit(cohort.people));
        self.cohorts.iter().flat_map(|c| c.cells.iter().flatten()).for_each(|cell| visit(cell.people));
        self.activity.iter().for_each(|day| visit(day.dau));
    }
}
