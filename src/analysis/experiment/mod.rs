//! Experiments: what an arm did for those in it (`formulas.md` F10).
//!
//! People are counted where they were put, whatever they then saw. The ratio of arms is tested first: an alarm (χ², p below
//! 0.001) says that the split is broken and no figure below is to be trusted. Rates have Wilson's interval, differences
//! Newcombe's, relative lift the log of the ratio's; money per head is Welch's, and beside it 2,000 samples of
//! values cut at their 99.9th percentile, since few spend much. Every arm is held against the control,
//! Holm over the arms of a metric, Benjamini–Hochberg over segments. Before the planned number of people is there the
//! verdict is withheld, and where people were not put into arms by lot the report says so.
//!
//! Somebody in two arms is in none: counted, and left out. One pass.

mod measure;
mod plan;
mod report;
#[cfg(test)]
mod tests;

pub use measure::{Cell, Outcomes, Weigh};
pub use plan::{ExperimentPlan, Metric, MetricKind};
pub use report::{
    ArmReport, CurvePoint, ExperimentReport, Lift, MetricArm, MetricReport, SegmentReport, Srm, Verdict,
};

use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::{PastSchema, Source};
use measure::{Outcome, What};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Weigh>()];

/// Measure: the arm somebody is in, from 0 in the order of the report; -1 for who is in none or in several.
pub const ARM: &str = "arm";

/// Holds every arm against the control.
pub async fn experiment(desk: &Desk, schema: &PastSchema, plan: &ExperimentPlan) -> Result<ExperimentReport> {
    plan.check()?;
    let assign = schema.table(Source::Assign);
    let missing =
        |what: &str| Error::new(Kind::TableMissing).file("room.toml").column(format!("assign: {what}"));
    let (arm, arms) = assign.dim("arm").ok_or_else(|| missing("arm"))?;
    let names: Vec<String> = arms.labels[1..].to_vec();
    let absent = || Error::new(Kind::ArmMissing).column(plan.control.as_str());
    names.iter().find(|name| **name == plan.control).ok_or_else(absent)?;
    if names.len() < 2 {
        return Err(Error::new(Kind::ArmMissing).column("arm"));
    }
    let unknown = plan.planned.keys().find(|name| !names.contains(name));
    if let Some(unknown) = unknown {
        return Err(Error::new(Kind::ArmMissing).column(unknown.as_str()));
    }
    let segment = match &plan.segments {
        Some(name) => Some(assign.dim(name).ok_or_else(|| missing(name))?.0),
        None => None,
    };
    let metrics = plan.metrics();
    let question = Weigh {
        rows: schema.rows_of(Source::Assign, &[], &plan.filter)?,
        arm: arm as u32,
        arms: names.len() as u32,
        segment: segment.map(|at| (at as u32, assign.dims[at].labels.len() as u32)),
        outcomes: metrics.iter().map(|metric| outcome(schema, metric)).collect::<Result<_>>()?,
        days: plan.days,
        end: schema.end,
    };
    desk.progress("experiment", 0, 1, "rounds");
    let found = desk.sum(&question).await?;
    if found.people.iter().filter(|people| **people > 0).count() < 2 {
        return Err(Error::new(Kind::ArmMissing).column("arm"));
    }
    // In a file of several experiments the arms of the others are nobody's.
    let ours = |at: &usize| {
        plan.filter.is_empty() || found.people[*at] > 0 || plan.planned.contains_key(&names[*at])
    };
    let kept: Vec<usize> = (0..names.len()).filter(ours).collect();
    let (found, ours) =
        (found.only(names.len(), &kept), kept.iter().map(|at| names[*at].clone()).collect::<Vec<_>>());
    let control = ours.iter().position(|name| *name == plan.control).ok_or_else(absent)?;
    Ok(report::report(schema, plan, &ours, control, &metrics, &question, &found))
}

/// What is measured, in columns and codes.
fn outcome(schema: &PastSchema, metric: &Metric) -> Result<Outcome> {
    let missing = |what: String| Error::new(Kind::TableMissing).file("room.toml").column(what);
    let events = schema.table(Source::Events);
    let what = match (&metric.column, &metric.event) {
        (Some(name), _) => {
            let found = schema.table(Source::Assign).measure(name);
            What::Column(found.ok_or_else(|| missing(format!("assign: {name}")))?.0 as u32)
        }
        (None, Some(label)) => {
            let unknown = || Error::new(Kind::LabelUnknown).column(format!("event: {label}"));
            What::Event(events.dims.first().and_then(|dim| dim.code(label)).ok_or_else(unknown)?)
        }
        (None, None) if schema.table(Source::Orders).rows == 0 => return Err(missing("orders".into())),
        (None, None) => What::Orders,
    };
    Ok(Outcome { what, rate: metric.kind == MetricKind::Rate })
}

impl ExperimentPlan {
    /// What is measured: as said, or whether people bought and for how much.
    fn metrics(&self) -> Vec<Metric> {
        if !self.metrics.is_empty() {
            return self.metrics.clone();
        }
        let metric = |name: &str, kind| Metric { name: name.into(), kind, ..Metric::default() };
        vec![metric("bought", MetricKind::Rate), metric("money", MetricKind::Mean)]
    }
}
