//! For whom an arm does more: uplift by person, where people were put into arms by lot (`formulas.md` F13).
//!
//! The learner is a ridge on the bins of columns known before, on the transformed outcome Z = (Y − m)(W − e)/(e(1 − e)): W is 1 in
//! the arm and 0 in the control, e the share in the arm, and E[Z | x] the uplift of x whatever the constant m is, since
//! E[W − e] = 0 (Athey and Imbens, "Machine Learning Methods for Estimating Heterogeneous Causal Effects", 2015). At 50/50 and
//! m = ½ it is the class transformation 2P(YW + (1 − Y)(1 − W) = 1 | x) − 1; m here is the mean, which varies less. Nobody is
//! scored by a model that saw them: there are five folds by the hash of the key.
//!
//! Qini(k) = Y_t(k) − Y_c(k)·N_t(k)/N_c(k) over the best k (Radcliffe, 2007; `qini_curve` of scikit-uplift), people of one score
//! taken at once, per person in the arm; the coefficient is the area under it over the share of people, less that under the
//! straight line of a random order. Three passes: learn, score, and bands of a tenth each, the best first.
//!
//! Of several arms each has models of its own against the control, and everyone is recommended the arm of the highest uplift (`policy`):
//! a pass per arm, and one.

mod choose;
mod learn;
mod policy;
mod rank;
mod report;
#[cfg(test)]
mod policy_tests;
#[cfg(test)]
mod tests;

pub use choose::{Choose, Chosen};
pub use learn::{Learn, Sums};
pub use policy::{PolicyArm, PolicyGain, PolicyReport, PolicyValue};
pub use rank::{Band, Banded, Score, Scored};
pub use report::{QiniPoint, UpliftBand, UpliftEffect, UpliftReport};

use super::covariates::{self, Covariates};
use super::measure::Weigh;
use super::plan::{Metric, UpliftPlan};
use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::table::history::PastSchema;

/// Measure: the uplift of somebody, in steps of the report's `scale`; the lowest number there is for who is in no arm.
pub const UPLIFT: &str = "uplift";
/// Measure: the tenth somebody is in, 1 with the highest uplift; -1 for who is in no arm.
pub const BAND: &str = "uplift-band";
/// Measure: the arm that is recommended to somebody, as [`super::ARM`] has them; -1 for who is in no arm.
pub const BEST: &str = "best-arm";
/// Models, each scoring those it has not seen.
pub const FOLDS: usize = 5;

/// What it is about: two of the arms and one metric.
pub(super) struct About<'a> {
    /// How people are weighed: by this metric alone.
    pub weigh: Weigh,
    /// Codes of the control and of the arm.
    pub arms: [u32; 2],
    /// The metric.
    pub metric: &'a Metric,
    /// Minor units in one.
    pub unit: f64,
}

/// Finds for whom the arm does more.
pub(super) async fn uplift(
    desk: &Desk,
    schema: &PastSchema,
    plan: &UpliftPlan,
    about: About<'_>,
    seed: u64,
) -> Result<UpliftReport> {
    let of = known(schema, plan, &about, seed)?;
    desk.progress("uplift", 0, 3, "rounds");
    let models = desk.sum(&Learn { of: of.clone() }).await?.models(&of, plan.shrink)?;
    let weights = fixed(&models, about.metric)?;
    desk.progress("uplift", 1, 3, "rounds");
    let scored = desk.sum(&Score { weights, of: of.clone() }).await?;
    if scored.over > 0 {
        return Err(large());
    }
    desk.progress("uplift", 2, 3, "rounds");
    let banded = desk.sum(&Band { of: of.clone(), cuts: scored.cuts() }).await?;
    Ok(report::report(schema, plan, &about, &of, &models, &scored, &banded))
}

/// What is known of people before.
fn known(schema: &PastSchema, plan: &UpliftPlan, about: &About<'_>, seed: u64) -> Result<Covariates> {
    const SETTING: &str = "experiment.uplift.columns";
    let columns = covariates::columns(schema, &plan.columns, plan.orders, SETTING)?;
    if columns.iter().map(|(_, labels)| labels).sum::<u32>() > covariates::BINS {
        return Err(Error::new(Kind::OutOfRange).column(SETTING));
    }
    Ok(Covariates { weigh: about.weigh.clone(), arms: about.arms, columns, orders: plan.orders, seed })
}

fn large() -> Error {
    Error::new(Kind::OutOfRange).column("experiment.uplift.metric")
}

/// Models in fixed point. In steps as fine as these, what single people are told must fit 32 bits.
fn fixed(models: &[learn::Model], metric: &Metric) -> Result<Vec<Vec<i64>>> {
    let scale = report::scale(metric);
    let over = |weight: &f64| (weight * scale).abs() > f64::from(i32::MAX);
    match models.iter().flat_map(|model| &model.0).any(over) {
        true => Err(large()),
        false => Ok(models.iter().map(|model| model.weights(scale)).collect()),
    }
}

/// Finds the best arm for each person: of the control, by which `about` goes, and of these arms, by code and name.
pub(super) async fn policy(
    desk: &Desk,
    schema: &PastSchema,
    plan: &UpliftPlan,
    about: About<'_>,
    arms: &[(u32, String)],
    (control, seed): (&str, u64),
) -> Result<PolicyReport> {
    let of = known(schema, plan, &about, seed)?;
    let mut weights = Vec::new();
    for (at, (code, _)) in arms.iter().enumerate() {
        desk.progress("uplift", at as u64, arms.len() as u64 + 1, "rounds");
        let of = Covariates { arms: [of.arms[0], *code], ..of.clone() };
        let models = desk.sum(&Learn { of: of.clone() }).await?.apart(&of, plan.shrink)?;
        weights.push(fixed(&models, about.metric)?);
    }
    let codes = std::iter::once(of.arms[0]).chain(arms.iter().map(|(code, _)| *code)).collect();
    let found = desk.sum(&Choose { of, arms: codes, weights }).await?;
    let names = arms.iter().map(|(_, name)| name.clone());
    let names: Vec<String> = std::iter::once(control.to_string()).chain(names).collect();
    Ok(policy::report(&about, &names, &found))
}
