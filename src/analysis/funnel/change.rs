//! What a change between two periods is made of.

use super::follow::Reached;
use super::plan::FunnelPlan;
use crate::num::{self, Interval, newcombe, rate_ratio_interval};
use crate::table::dates;
use crate::table::history::moment::DAY;
use crate::table::history::{PastSchema, Source};
use serde::Serialize;
use std::collections::BTreeSet;

/// Two periods of first steps. Everywhere the earlier first.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FunnelChange {
    /// Their first days.
    pub from: [String; 2],
    /// Days of each.
    pub days: u32,
    /// Of the people at the first step who end at the last.
    pub overall: [f64; 2],
    /// The one less the other.
    pub change: f64,
    /// Its 95 % interval (Newcombe).
    pub interval: Interval,
    /// ln of the one over the other; absent where one is zero.
    pub ln_change: Option<f64>,
    /// Step by step: over the steps `ln_change` adds up.
    pub steps: Vec<ChangeStep>,
    /// Value by value of the split column: `rate` and `mix` of all add up to `change`.
    pub values: Vec<ChangeValue>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ChangeStep {
    /// Its name.
    pub name: String,
    /// People.
    pub people: [u64; 2],
    /// Of those at the step before.
    pub rates: [f64; 2],
    /// ln of the one over the other; absent where one is zero.
    pub ln_change: Option<f64>,
    /// What it contributed to `change`: over the steps they add up to it. Absent where nobody came through before or now.
    pub part: Option<f64>,
    /// 95 % interval of `part`.
    pub interval: Option<Interval>,
}

/// A value of the split column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ChangeValue {
    /// Which; empty for none.
    pub value: String,
    /// People at the first step.
    pub people: [u64; 2],
    /// Of them, who end at the last.
    pub overall: [f64; 2],
    /// What it did differently.
    pub rate: f64,
    /// 95 % interval of `rate`, its share taken as it is; absent where nobody of it came before or now.
    pub interval: Option<Interval>,
    /// That there are more or fewer of it.
    pub mix: f64,
}

fn part(of: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { of as f64 / whole as f64 }
}

fn ln_change([before, now]: [f64; 2]) -> Option<f64> {
    (before > 0.0 && now > 0.0).then(|| num::ln(now) - num::ln(before))
}

/// The logarithmic mean of both rates: what one unit of `ln_change` is worth in the change (LMDI, Ang 2005).
fn weight([before, now]: [f64; 2]) -> Option<f64> {
    let ln = ln_change([before, now])?;
    // Of rates that are all but equal the quotient would be rounding.
    Some(if ln.abs() < 1e-9 { now } else { (now - before) / ln })
}

pub(super) fn change(
    schema: &PastSchema,
    plan: &FunnelPlan,
    by: Option<u32>,
    periods: &[([u32; 2], Reached)],
) -> Option<FunnelChange> {
    let [before, now] = periods else { return None };
    let last = plan.steps.len() - 1;
    let sums = [before, now].map(|(_, reached)| {
        let mut sum = vec![0u64; plan.steps.len()];
        reached.values.values().for_each(|people| crate::shard::add_up(&mut sum, people));
        sum
    });
    let overall = [0, 1].map(|at| part(sums[at][last], sums[at][0]));
    let weight = weight(overall);
    let step = |at: usize| {
        let people = [0, 1].map(|of| sums[of][at]);
        let rates = [0, 1].map(|of| part(people[of], sums[of][at - 1]));
        let ln_change = ln_change(rates);
        let [x0, n0, x1, n1] = [people[0], sums[0][at - 1], people[1], sums[1][at - 1]].map(|n| n as f64);
        let logs = |of: Interval| Interval { low: num::ln(of.low), high: num::ln(of.high) };
        ChangeStep {
            name: plan.steps[at].title(),
            people,
            rates,
            ln_change,
            part: weight.zip(ln_change).map(|(weight, of)| weight * of),
            interval: weight
                .zip(rate_ratio_interval(x1, n1, x0, n0))
                .map(|(weight, of)| logs(of).scaled(weight)),
        }
    };
    let labels = by.map(|by| &schema.table(Source::Events).dims[by as usize].labels);
    let codes: BTreeSet<u32> = [before, now].iter().flat_map(|(_, r)| r.values.keys().copied()).collect();
    let value = |code: u32| {
        let label = labels.and_then(|labels| labels.get(code as usize)).cloned();
        let at = |of: usize, step: usize| periods[of].1.values.get(&code).map_or(0, |people| people[step]);
        let people = [0, 1].map(|of| at(of, 0));
        let [mut r0, mut r1] = [0, 1].map(|of| part(at(of, last), people[of]));
        // Who was not there did nothing differently.
        (r0, r1) = if people[0] == 0 { (r1, r1) } else { (r0, if people[1] == 0 { r0 } else { r1 }) };
        let [w0, w1] = [0, 1].map(|of| part(people[of], sums[of][0]));
        let mean = (overall[0] + overall[1]) / 2.0;
        let there = people.iter().all(|people| *people > 0);
        let [x0, n0, x1, n1] = [at(0, last), people[0], at(1, last), people[1]].map(|n| n as f64);
        ChangeValue {
            value: label.unwrap_or_default(),
            people,
            overall: [r0, r1],
            rate: (w0 + w1) / 2.0 * (r1 - r0),
            interval: there.then(|| newcombe(x0, n0, x1, n1).scaled((w0 + w1) / 2.0)),
            mix: (w1 - w0) * ((r0 + r1) / 2.0 - mean),
        }
    };
    Some(FunnelChange {
        from: [before, now].map(|(span, _)| dates::text(f64::from(span[0] / DAY))),
        days: plan.compare,
        overall,
        change: overall[1] - overall[0],
        interval: newcombe(sums[0][last] as f64, sums[0][0] as f64, sums[1][last] as f64, sums[1][0] as f64),
        ln_change: ln_change(overall),
        steps: (1..=last).map(step).collect(),
        values: if labels.is_some() { codes.into_iter().map(value).collect() } else { vec![] },
    })
}
