//! Experiments in which several things change at once: what each of them does, and whether it depends on another.
//!
//! Every combination of levels is a cell with a mean and a variance of its own. An effect is a set of contrasts of cell means,
//! each cell counting as much whatever its people, so that how many saw a combination changes no effect (the cell-means model,
//! with sums of squares of type III: Searle, Linear Models for Unbalanced Data, 1987). Wald's χ² tests it; variances are
//! not pooled, which is the sandwich HC2 of MacKinnon and White (Journal of Econometrics 29, 1985) in a model with every
//! interaction. Holm over the effects of a metric. A cell of fewer than two people is not known, nor is an effect that needs it.
//!
//! Tests are for one look at the planned size: before it no verdict is given, also where arms have one at any look. One pass.

mod effects;
mod measure;
mod report;
#[cfg(test)]
mod tests;

pub use measure::{Cross, Crossed};
pub use report::{
    Factor, FactorCell, FactorEffect, FactorLevel, FactorTest, FactorVerdict, FactorialMetric,
    FactorialReport,
};

use super::measure::Weigh;
use super::plan::{ExperimentPlan, Metric, MetricKind};
use super::report::ExperimentReport;
use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::table::history::{PastSchema, Source};
use std::collections::BTreeSet;

/// Measures: the level of the first, second and third factor somebody has, from 0 in the order of the column's labels; -1 for who is
/// in no combination.
pub const LEVEL: [&str; 3] = ["factor-1", "factor-2", "factor-3"];

/// Levels of a factor, at least and at most.
const LEVELS: std::ops::RangeInclusive<usize> = 2..=6;

/// Looks at the factors of a plan, where `arms` is what was found of the arms.
pub(super) async fn factorial(
    desk: &Desk,
    schema: &PastSchema,
    plan: &ExperimentPlan,
    weigh: &Weigh,
    metrics: &[Metric],
    arms: &ExperimentReport,
) -> Result<FactorialReport> {
    let plain = |kind: MetricKind| matches!(kind, MetricKind::Rate | MetricKind::Mean);
    let outcomes = weigh.outcomes.iter().filter(|of| plain(of.kind)).copied().collect();
    let factors = plan.factors.iter().map(|name| Ok(schema.column(Source::Assign, name)? as u32));
    let question = Cross {
        of: Weigh { outcomes, segment: None, ..weigh.clone() },
        factors: factors.collect::<Result<_>>()?,
    };
    desk.progress("factors", 0, 1, "rounds");
    let found = desk.sum(&question).await?;
    let codes = (0..plan.factors.len()).map(|at| codes(schema, plan, &question, &found, at));
    let codes = codes.collect::<Result<Vec<_>>>()?;
    let held = match (arms.srm.alarm, arms.arms.iter().any(|arm| arm.people < plan.size)) {
        (true, _) => Some(FactorVerdict::BrokenSplit),
        (_, true) => Some(FactorVerdict::TooEarly),
        _ => None,
    };
    let metrics: Vec<&Metric> = metrics.iter().filter(|metric| plain(metric.kind)).collect();
    Ok(effects::report(schema, plan, &metrics, &question, &found, &codes, held))
}

/// Codes of the levels that a factor has, in the order of the report: the control is the first of arms.
fn codes(
    schema: &PastSchema,
    plan: &ExperimentPlan,
    question: &Cross,
    found: &Crossed,
    at: usize,
) -> Result<Vec<u32>> {
    let seen: BTreeSet<u32> = found.cells.keys().map(|codes| codes[at]).collect();
    if !LEVELS.contains(&seen.len()) {
        return Err(Error::new(Kind::FactorLevels).column(plan.factors[at].as_str()));
    }
    let labels = &schema.table(Source::Assign).dims[question.factors[at] as usize].labels;
    let control =
        |code: &&u32| question.factors[at] == question.of.arm && labels[**code as usize] == plan.control;
    let (first, others): (Vec<&u32>, Vec<&u32>) = seen.iter().partition(control);
    Ok(first.into_iter().chain(others).copied().collect())
}
