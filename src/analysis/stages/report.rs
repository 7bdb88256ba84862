//! What is said of stages.

use super::plan::{StagePlan, StageRule};
use super::stand::{Pair, Standing};
use crate::gate::Cells;
use crate::num::{Happened, Interval, Tgi, TwoProportions, kaplan_meier, two_proportions, wilson};
use crate::table::dates;
use crate::table::history::PastSchema;
use crate::table::history::moment::DAY;
use serde::Serialize;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StagesReport {
    /// The second day.
    pub as_of: String,
    /// The first one.
    pub before: String,
    /// Days between.
    pub days: u32,
    /// Days of the fair comparison.
    pub fair_days: u32,
    /// Everyone.
    pub people: u64,
    /// Stages, and outside of them last.
    pub stages: Vec<StageLine>,
    /// Stages that nothing in the files can make anybody reach.
    pub unmet: Vec<String>,
    /// Events that no stage speaks of.
    pub unused: Vec<String>,
    /// From, to and how many; nobody is left out.
    pub flow: Vec<StageFlow>,
    /// Stocks on earlier days, from the last back.
    pub trend: Vec<StageTrend>,
    /// Old against new people of every stage but the last.
    pub stock_or_new: Vec<StageNew>,
    /// The column of touchpoints.
    pub touch: Option<String>,
    /// Days before a move in which they count.
    pub touch_days: u32,
    /// By move up and touchpoint; those nobody met are absent.
    pub touches: Vec<StageTouch>,
    /// The column of categories.
    pub category: Option<String>,
    /// By category.
    pub categories: Vec<StageCategory>,
}

/// A touchpoint before a move up.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StageTouch {
    /// Where they stood; absent for outside.
    pub from: Option<String>,
    /// Where they stand.
    pub to: String,
    /// The touchpoint; empty for events without a value.
    pub touch: String,
    /// People who moved so and met it in the days before.
    pub people: u64,
    /// All who moved so.
    pub movers: u64,
    /// Of them, those who met it.
    pub share: f64,
    /// People who stayed in `from` and met it in as many days before the end.
    pub stayed: u64,
    /// All who stayed there.
    pub stayers: u64,
    /// Of them, those who met it.
    pub stayed_share: f64,
    /// The one share over the other: 100 where both are alike.
    pub index: Tgi,
}

/// Stages by the events and orders of one category.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StageCategory {
    /// Which.
    pub category: String,
    /// Stages, and outside of them last: who did nothing in it, too.
    pub stages: Vec<StageLine>,
    /// From, to and how many; nobody is left out.
    pub flow: Vec<StageFlow>,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StageLine {
    /// Its name; absent outside.
    pub stage: Option<String>,
    /// People on the second day.
    pub people: u64,
    /// Of everyone.
    pub share: f64,
    /// People on the first day.
    pub before: u64,
    /// Came in between.
    pub inflow: u64,
    /// Went out between. People are those before, plus inflow, less outflow.
    pub outflow: u64,
    /// Stock of the next stage over this one's: no rate of conversion. Absent for the last.
    pub stock_ratio: Option<f64>,
    /// Of those here on the first day, who stands higher on the second.
    pub cohort_rate: Option<f64>,
    /// Its 95 % interval.
    pub cohort_interval: Option<Interval>,
    /// Of those here on the first day, who stands lower: did something since, and did nothing.
    pub lower: [u64; 2],
}

/// A flow.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StageFlow {
    /// Absent for outside.
    pub from: Option<String>,
    /// Absent for outside.
    pub to: Option<String>,
    /// People.
    pub people: u64,
    /// Those of them who did something in between.
    pub active: u64,
    /// Of all who stood in `from`.
    pub share: f64,
    /// `up`, `stay`, `down`.
    pub direction: &'static str,
}

/// A day of the trend.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StageTrend {
    /// The day.
    pub day: String,
    /// By stage; outside last.
    pub people: Vec<u64>,
}

/// Who went higher.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Converted {
    /// People.
    pub people: u64,
    /// Of them, went higher.
    pub higher: u64,
    /// Share.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

/// Old against new people of a stage.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct StageNew {
    /// The stage they go higher from.
    pub stage: String,
    /// Who stood there on the first day, by the second.
    pub stock: Converted,
    /// Who came since, by the second day: they had less time.
    pub new: Converted,
    /// Of all who went higher, the part of those who stood there.
    pub stock_share: Option<f64>,
    /// New less old.
    pub test: TwoProportions,
    /// Who stood there, within the fair number of days.
    pub stock_fair: Converted,
    /// Who came since, and was seen for that long, within it.
    pub new_fair: Converted,
    /// New less old, in fair time.
    pub test_fair: TwoProportions,
    /// Days from coming to going higher.
    pub lag: Vec<Happened>,
}

fn part(of: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { of as f64 / whole as f64 }
}

fn converted(people: u64, higher: u64) -> Converted {
    Converted { people, higher, rate: part(higher, people), interval: wilson(higher as f64, people as f64) }
}

fn test(old: Converted, new: Converted) -> TwoProportions {
    two_proportions(old.higher as f64, old.people as f64, new.higher as f64, new.people as f64)
}

pub(super) fn report(
    schema: &PastSchema,
    plan: &StagePlan,
    rules: &[StageRule],
    found: &Standing,
) -> StagesReport {
    let width = rules.len() + 1;
    let day = |back: u32| dates::text(f64::from(schema.end.saturating_sub(back * DAY) / DAY) - 1.0);
    // Outside stands last wherever stages are listed.
    let order: Vec<usize> = (1..width).chain([0]).collect();
    let names = super::names(rules);
    let name = |at: usize| names[at].clone();
    let trend = found.trend.chunks(width).zip(0..).map(|(people, back)| StageTrend {
        day: day(back * plan.days),
        people: order.iter().map(|at| people[*at]).collect(),
    });
    let mut report = StagesReport {
        as_of: day(0),
        before: day(plan.days),
        days: plan.days,
        unmet: vec![],
        unused: vec![],
        fair_days: plan.fair.min(plan.days),
        people: found.flow.iter().sum(),
        stages: vec![],
        flow: vec![],
        trend: trend.collect(),
        stock_or_new: vec![],
        touch: None,
        touch_days: plan.touch_days,
        touches: vec![],
        category: plan.category.clone(),
        categories: vec![],
    };
    let cell = |from: usize, to: usize| -> [u64; 2] {
        let at = (from * width + to) * 2;
        [found.flow[at], found.flow[at + 1]]
    };
    let both = |from: usize, to: usize| cell(from, to).iter().sum::<u64>();
    let of = |stage: usize| (0..width).map(|from| both(from, stage)).sum::<u64>();
    let was = |stage: usize| (0..width).map(|to| both(stage, to)).sum::<u64>();
    for &at in &order {
        let higher: u64 = (at + 1..width).map(|to| both(at, to)).sum();
        let lower = (0..at)
            .map(|to| cell(at, to))
            .fold([0; 2], |sum, [silent, active]| [sum[0] + active, sum[1] + silent]);
        let next = (at > 0 && at + 1 < width).then_some(at + 1);
        report.stages.push(StageLine {
            stage: name(at),
            people: of(at),
            share: part(of(at), report.people),
            before: was(at),
            inflow: (0..width).filter(|from| *from != at).map(|from| both(from, at)).sum(),
            outflow: (0..width).filter(|to| *to != at).map(|to| both(at, to)).sum(),
            stock_ratio: next.filter(|_| of(at) > 0).map(|next| part(of(next), of(at))),
            cohort_rate: next.filter(|_| was(at) > 0).map(|_| part(higher, was(at))),
            cohort_interval: next.filter(|_| was(at) > 0).map(|_| wilson(higher as f64, was(at) as f64)),
            lower,
        });
        for &to in order.iter().filter(|to| both(at, **to) > 0) {
            let direction = ["down", "stay", "up"][(to.cmp(&at) as i8 + 1) as usize];
            let (people, active) = (both(at, to), cell(at, to)[1]);
            let share = part(people, was(at));
            report.flow.push(StageFlow { from: name(at), to: name(to), people, active, share, direction });
        }
    }
    let lags = found.went.chunks(plan.days as usize + 1).zip(found.waited.chunks(plan.days as usize + 1));
    let pairs = rules.iter().zip(&found.pairs).zip(lags).take(rules.len() - 1);
    report.stock_or_new =
        pairs.map(|((rule, pair), (went, waited))| stock_or_new(rule, pair, went, waited)).collect();
    report
}

fn stock_or_new(rule: &StageRule, pair: &Pair, went: &[u64], waited: &[u64]) -> StageNew {
    let [stock, new] = [0, 1].map(|kind| converted(pair.people[kind], pair.higher[kind]));
    let [stock_fair, new_fair] = [0, 1].map(|kind| converted(pair.seen[kind], pair.soon[kind]));
    let higher = stock.higher + new.higher;
    StageNew {
        stage: rule.name.clone(),
        stock,
        new,
        stock_share: (higher > 0).then(|| part(stock.higher, higher)),
        test: test(stock, new),
        stock_fair,
        new_fair,
        test_fair: test(stock_fair, new_fair),
        lag: kaplan_meier(went, waited),
    }
}

impl Cells for StagesReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.stages.iter().for_each(|stage| visit(stage.people));
        self.flow.iter().for_each(|flow| visit(flow.people));
        self.trend.iter().flat_map(|day| &day.people).for_each(|people| visit(*people));
        self.stock_or_new.iter().for_each(|of| [of.stock, of.new].iter().for_each(|c| visit(c.people)));
        self.touches.iter().for_each(|touch| visit(touch.people));
        let lines = self.categories.iter().flat_map(|of| &of.stages);
        lines.for_each(|stage| visit(stage.people));
        let moves = self.categories.iter().flat_map(|of| &of.flow);
        moves.for_each(|flow| visit(flow.people));
    }
}
