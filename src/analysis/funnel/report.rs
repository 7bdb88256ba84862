//! What a funnel says.

use super::change::FunnelChange;
use super::follow::Reached;
use super::plan::{Counted, FunnelPlan, Mode};
use crate::gate::Cells;
use crate::num::{self, Interval, wilson};
use crate::table::dates;
use crate::table::history::{PastSchema, Source};
use serde::Serialize;
use std::collections::BTreeMap;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FunnelReport {
    /// The last day that counts; empty where nothing but counts was given.
    pub as_of: String,
    /// How steps follow each other.
    pub mode: Mode,
    /// Minutes from the first step; 0 for no limit.
    pub window: u32,
    /// People whom an excluded event took out.
    pub removed: u64,
    /// Everyone.
    pub steps: Vec<FunnelStep>,
    /// The column that is split by.
    pub by: Option<String>,
    /// Its values, most people first.
    pub values: Vec<FunnelValue>,
    /// What a change between two periods is made of.
    pub change: Option<FunnelChange>,
    /// The shortest way from the first step to the last that enough people went.
    pub shortest: Option<ShortestWay>,
    /// Funnels counted elsewhere.
    pub counted: Vec<CountedFunnel>,
}

/// A way.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ShortestWay {
    /// Events, one of equal ones behind each other.
    pub events: Vec<String>,
    /// People who went it.
    pub people: u64,
    /// Seconds it took them: the lower median.
    pub seconds: u32,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FunnelStep {
    /// Its name.
    pub name: String,
    /// People who took it.
    pub people: u64,
    /// Of those at the step before.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// Of those at the first step.
    pub overall: f64,
    /// People of the step before who did not take it.
    pub lost: u64,
    /// Seconds from the step before: lower median and 90th percentile.
    pub seconds: Option<[u32; 2]>,
    /// Whether it has the lowest rate, and that beyond chance: its interval lies below all others'.
    pub bottleneck: bool,
}

/// A value of the split column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FunnelValue {
    /// Which; empty for none.
    pub value: String,
    /// Of the people at the first step who end at the last.
    pub overall: f64,
    /// Its steps.
    pub steps: Vec<ValueStep>,
}

/// A step of one value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ValueStep {
    /// People who took it.
    pub people: u64,
    /// Of those at the step before.
    pub rate: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// ln of the rate over the rate of all others: over the steps they add up to that of the whole way. Absent where one
    /// is nobody.
    pub ln_ratio: Option<f64>,
    /// False discovery rate of the difference to all others.
    pub q: Option<f64>,
}

/// A funnel counted elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CountedFunnel {
    /// Of what.
    pub name: String,
    /// Its steps.
    pub steps: Vec<CountedStep>,
}

/// A step of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CountedStep {
    /// People.
    pub people: u64,
    /// Of the step before.
    pub rate: f64,
    /// Its 95 % interval; absent where more people are counted than before.
    pub interval: Option<Interval>,
    /// Of the first step.
    pub overall: f64,
    /// The rate as printed, in percent.
    pub printed: Option<String>,
    /// `fine`, `rate-apart` (printed and counted differ), `ten-times` (by a power of ten), `more-than-before`.
    pub verdict: &'static str,
}

fn part(of: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { of as f64 / whole as f64 }
}

pub(super) fn counted_only(plan: &FunnelPlan) -> FunnelReport {
    FunnelReport {
        as_of: String::new(),
        mode: plan.mode,
        window: plan.window,
        removed: 0,
        steps: vec![],
        by: None,
        values: vec![],
        change: None,
        shortest: None,
        counted: plan.counts.iter().map(counted).collect(),
    }
}

pub(super) fn report(
    schema: &PastSchema,
    plan: &FunnelPlan,
    by: Option<u32>,
    reached: &Reached,
) -> FunnelReport {
    let mut all = vec![0u64; plan.steps.len()];
    reached.values.values().for_each(|people| crate::shard::add_up(&mut all, people));
    let labels = by.map(|by| &schema.table(Source::Events).dims[by as usize].labels);
    let label = |code: u32| labels.and_then(|l| l.get(code as usize)).cloned().unwrap_or_default();
    FunnelReport {
        as_of: dates::text(f64::from(schema.end_day()) - 1.0),
        removed: reached.removed,
        steps: steps(plan, &all, &reached.times),
        by: plan.by.clone(),
        values: if by.is_some() { values(reached, &all, label) } else { vec![] },
        shortest: shortest(schema, plan, reached),
        ..counted_only(plan)
    }
}

fn shortest(schema: &PastSchema, plan: &FunnelPlan, reached: &Reached) -> Option<ShortestWay> {
    let all = reached.ways.iter().map(|(way, times)| (way, times.values().sum::<u64>(), times));
    let enough = all.filter(|(_, people, _)| *people >= plan.support.max(1));
    let median = |times: &BTreeMap<u32, u64>| num::at_share(times, 0.5).unwrap_or_default();
    let (way, people, times) = enough.min_by_key(|(way, _, times)| (way.len(), median(times)))?;
    let labels = &schema.table(Source::Events).dims[0].labels;
    let events = way.iter().map(|code| labels[*code as usize].clone()).collect();
    Some(ShortestWay { events, people, seconds: median(times) })
}

fn steps(plan: &FunnelPlan, all: &[u64], times: &[BTreeMap<u32, u64>]) -> Vec<FunnelStep> {
    let before = |at: usize| all[at.saturating_sub(1)];
    let mut steps: Vec<FunnelStep> = plan
        .steps
        .iter()
        .enumerate()
        .map(|(step, of)| FunnelStep {
            name: of.title(),
            people: all[step],
            rate: part(all[step], before(step)),
            interval: wilson(all[step] as f64, before(step) as f64),
            overall: part(all[step], all[0]),
            lost: before(step) - all[step],
            seconds: step
                .checked_sub(1)
                .and_then(|step| times.get(step))
                .and_then(|times| Some([num::at_share(times, 0.5)?, num::at_share(times, 0.9)?])),
            bottleneck: false,
        })
        .collect();
    let lowest = (1..steps.len()).min_by(|a, b| steps[*a].rate.total_cmp(&steps[*b].rate));
    if let Some(lowest) = lowest {
        let apart = |other: usize| other == lowest || steps[lowest].interval.high < steps[other].interval.low;
        steps[lowest].bottleneck = (1..steps.len()).all(apart);
    }
    steps
}

fn values(reached: &Reached, all: &[u64], label: impl Fn(u32) -> String) -> Vec<FunnelValue> {
    let mut order: Vec<(&u32, &Vec<u64>)> = reached.values.iter().collect();
    num::Order::order_by_key(order.as_mut_slice(), |(_, people)| std::cmp::Reverse(people[0]));
    let mut tests = Vec::new();
    let mut values: Vec<FunnelValue> = order
        .into_iter()
        .map(|(code, people)| {
            let steps = (0..people.len()).map(|step| {
                let from = step.saturating_sub(1);
                let [x, n, x0, n0] =
                    [people[step], people[from], all[step] - people[step], all[from] - people[from]];
                let known = step > 0 && n > 0 && n0 > 0;
                if known {
                    tests.push(num::two_proportions(x0 as f64, n0 as f64, x as f64, n as f64).p);
                }
                let ratio = || num::ln(part(x, n)) - num::ln(part(x0, n0));
                ValueStep {
                    people: x,
                    rate: part(x, n),
                    interval: wilson(x as f64, n as f64),
                    ln_ratio: (known && x > 0 && x0 > 0).then(ratio),
                    q: known.then_some(0.0),
                }
            });
            let steps: Vec<ValueStep> = steps.collect();
            let overall = part(people[people.len() - 1], people[0]);
            FunnelValue { value: label(*code), overall, steps }
        })
        .collect();
    let mut found = num::benjamini_hochberg(&tests).into_iter();
    for step in values.iter_mut().flat_map(|value| &mut value.steps).filter(|step| step.q.is_some()) {
        step.q = found.next();
    }
    values
}

fn counted(of: &Counted) -> CountedFunnel {
    let step = |at: usize| {
        let (people, before) = (of.people[at], of.people[at.saturating_sub(1)]);
        let printed = at.checked_sub(1).and_then(|at| of.printed.get(at)).filter(|text| !text.is_empty());
        CountedStep {
            people,
            rate: part(people, before),
            interval: (people <= before).then(|| wilson(people as f64, before as f64)),
            overall: part(people, of.people[0]),
            printed: printed.cloned(),
            verdict: if people > before {
                "more-than-before"
            } else {
                printed.map_or("fine", |text| num::print_verdict(100.0 * part(people, before), text))
            },
        }
    };
    CountedFunnel { name: of.name.clone(), steps: (0..of.people.len()).map(step).collect() }
}

impl Cells for FunnelReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.steps.iter().for_each(|step| visit(step.people));
        self.values.iter().flat_map(|value| &value.steps).for_each(|step| visit(step.people));
        self.shortest.iter().for_each(|way| visit(way.people));
        let change = || self.change.iter();
        change().flat_map(|of| &of.steps).flat_map(|step| step.people).for_each(&mut *visit);
        change().flat_map(|of| &of.values).flat_map(|value| value.people).for_each(&mut *visit);
    }
}
