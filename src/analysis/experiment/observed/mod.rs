//! Like against like, where nobody was put into arms by lot (`formulas.md` F13).
//!
//! Augmented inverse probability weighting: e(x), the chance of somebody with x to be in the arm, is a logistic regression on the
//! bins of columns known before; m₁(x) and m₀(x), what is expected in the arm and in the control, are ridges on the same bins;
//! the effect is the mean of m₁ − m₀ + w(y − m₁)/e − (1 − w)(y − m₀)/(1 − e), and its variance that of the terms (Robins, Rotnitzky
//! and Zhao 1994). It is right if either of the two is. People whose e lies outside of [0.05, 0.95] have nobody to be held against:
//! they are left out and counted (Crump, Hotz, Imbens and Mitnik 2009), and the effect is of the others. Where an arm has fewer than
//! ten people left for each bin, the models know too little for an interval, and none is given. What differs between the
//! arms without standing in a column is not seen by any of this: the figures stay observations.
//!
//! People with the same bins are one pattern, and all that is asked of a person is a sum over patterns: one pass per arm brings
//! whole numbers, and the desk does the rest.

mod fit;
mod patterns;
mod report;
#[cfg(test)]
mod tests;

pub use patterns::{Look, Patterns};
pub use report::{ObservedArm, ObservedBin, ObservedEffect, ObservedReport};

use super::covariates::{self, Covariates};
use super::measure::Weigh;
use super::plan::{AdjustPlan, Metric, MetricKind};
use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::table::history::PastSchema;

/// Patterns, at most: with more of them nobody has many like them.
const PATTERNS: usize = 50_000;

/// Every arm against the control among those alike. `weigh` measures these metrics; arms are codes with their names.
pub(super) async fn observed(
    desk: &Desk,
    schema: &PastSchema,
    plan: &AdjustPlan,
    metrics: &[Metric],
    weigh: &Weigh,
    (control, arms): (u32, &[(u32, String)]),
) -> Result<ObservedReport> {
    const SETTING: &str = "experiment.adjust.columns";
    let columns = covariates::columns(schema, &plan.columns, plan.orders, SETTING)?;
    // A ratio and a quantile are no means over people.
    let plain = |of: &(usize, &Metric)| matches!(of.1.kind, MetricKind::Rate | MetricKind::Mean);
    let (places, metrics): (Vec<usize>, Vec<&Metric>) = metrics.iter().enumerate().filter(plain).unzip();
    if metrics.is_empty() {
        return Err(Error::new(Kind::OutOfRange).column("experiment.metrics"));
    }
    let outcomes = places.iter().map(|at| weigh.outcomes[*at]).collect();
    let weigh = Weigh { outcomes, segment: None, ..weigh.clone() };
    let units: Vec<f64> = metrics.iter().map(|of| 10f64.powi(i32::from(of.decimals(schema)))).collect();
    let mut found = Vec::new();
    for (at, (code, name)) in arms.iter().enumerate() {
        desk.progress("observed", at as u64, arms.len() as u64, "rounds");
        let of = Covariates {
            weigh: weigh.clone(),
            arms: [control, *code],
            columns: columns.clone(),
            orders: plan.orders,
            seed: 0,
        };
        let patterns = desk.sum(&Look { of: of.clone() }).await?;
        let (patterns, names) = patterns.dense(of.names(schema));
        if patterns.cells.len() > PATTERNS || names.len() > covariates::BINS as usize {
            return Err(Error::new(Kind::OutOfRange).column(SETTING));
        }
        found.push(report::arm(name, &names, &patterns, &metrics, &units));
    }
    Ok(ObservedReport { columns: plan.columns.clone(), orders: plan.orders, arms: found })
}
