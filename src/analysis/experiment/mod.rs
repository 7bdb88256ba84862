//! Experiments: what an arm did for those in it (`formulas.md` F10).
//!
//! People are counted where they were put, whatever they then saw. The ratio of arms is tested first: an alarm (χ², p below
//! 0.001) says that the split is broken and no figure below is to be trusted. Rates have Wilson's interval, differences
//! Newcombe's, relative lift the log of the ratio's; money per head is Welch's, and beside it 2,000 samples of
//! values cut at their 99.9th percentile, since few spend much. Every arm is held against the control,
//! Holm over the arms of a metric, Benjamini–Hochberg over segments. Before the planned number of people is there the
//! verdict is withheld, unless it goes by what holds at any look (`num/always.rs`); and where people were not put into arms by
//! lot the report says so, and can hold like against like (`observed`). Shares over segments that stand in an order have a test of
//! trend (`num/trend.rs`). Ratios of sums (money per order) and quantiles are estimates with a standard error
//! (`num/estimate.rs`): differences by z.
//!
//! Somebody in two arms is in none: counted, and left out. One pass, one more for factors (`factorial`) and three for uplift
//! by person (`uplift`).

mod compare;
mod covariates;
mod estimated;
pub mod factorial;
mod measure;
pub mod observed;
mod plan;
mod report;
pub mod uplift;
#[cfg(test)]
mod tests;
mod trend;

pub use measure::{Cell, Outcomes, Weigh};
pub use plan::{AdjustPlan, ExperimentPlan, Metric, MetricKind, Per, UpliftPlan};
pub use report::{
    ArmReport, CurvePoint, ExperimentReport, Lift, MetricArm, MetricReport, Note, SegmentReport, Srm, Verdict,
};

use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::{PastSchema, Source};
use measure::{Outcome, What};
use uplift::About;

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 7] = [
    job::analysis::<Weigh>(),
    job::analysis::<factorial::Cross>(),
    job::analysis::<observed::Look>(),
    job::analysis::<uplift::Learn>(),
    job::analysis::<uplift::Score>(),
    job::analysis::<uplift::Band>(),
    job::analysis::<uplift::Choose>(),
];

/// Measure: the arm somebody is in, from 0 in the order of the report; -1 for who is in none or in several.
pub const ARM: &str = "arm";
/// Measures: whether somebody has anything of the first, second, … metric (1) or nothing (0); -1 for who is in no arm.
pub const DID: [&str; 8] =
    ["arm-did-1", "arm-did-2", "arm-did-3", "arm-did-4", "arm-did-5", "arm-did-6", "arm-did-7", "arm-did-8"];

/// Holds every arm against the control.
pub async fn experiment(desk: &Desk, schema: &PastSchema, plan: &ExperimentPlan) -> Result<ExperimentReport> {
    plan.check()?;
    let assign = schema.table(Source::Assign);
    let lacking = |what: &str| missing(&format!("assign: {what}"));
    let (arm, arms) = assign.dim("arm").ok_or_else(|| lacking("arm"))?;
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
        Some(name) => Some(assign.dim(name).ok_or_else(|| lacking(name))?.0),
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
    let timed = found.timeless == 0;
    // Days behind the assignment would be the first there are, in which nobody did anything.
    if !timed && plan.days > 0 && question.outcomes.iter().any(|of| !matches!(of.what, What::Column(_))) {
        return Err(Error::new(Kind::ArmUntimed).column("experiment.days"));
    }
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
    let mut report = compare::report(schema, plan, &ours, control, &metrics, &question, &found);
    if !plan.factors.is_empty() {
        let found = factorial::factorial(desk, schema, plan, &question, &metrics, &report).await?;
        report.factorial = Some(found);
    }
    if let Some(uplift) = plan.uplift.as_ref().filter(|_| plan.randomised) {
        let mut uplift = uplift.clone();
        let known = (timed, &uplift.columns[..]);
        report.notes.extend(untimed(known, &mut uplift.orders, "experiment.uplift.orders")?);
        let arms = others(&names, &ours, &plan.control);
        if uplift.arm.is_empty() {
            let first = arms.first().map(|(_, name)| name.clone()).unwrap_or_default();
            let about = about(
                schema,
                plan,
                &UpliftPlan { arm: first, ..uplift.clone() },
                &names,
                &metrics,
                &question,
            )?;
            let control = (plan.control.as_str(), plan.seed);
            report.policy = Some(uplift::policy(desk, schema, &uplift, about, &arms, control).await?);
        } else {
            let about = about(schema, plan, &uplift, &names, &metrics, &question)?;
            report.uplift = Some(uplift::uplift(desk, schema, &uplift, about, plan.seed).await?);
        }
    }
    if let Some(adjust) = plan.adjust.as_ref().filter(|_| !plan.randomised) {
        let mut adjust = adjust.clone();
        let known = (timed, &adjust.columns[..]);
        report.notes.extend(untimed(known, &mut adjust.orders, "experiment.adjust.orders")?);
        let others = others(&names, &ours, &plan.control);
        let control = names.iter().position(|name| *name == plan.control).unwrap_or_default();
        let all = (control as u32 + 1, others.as_slice());
        report.observed = Some(observed::observed(desk, schema, &adjust, &metrics, &question, all).await?);
    }
    Ok(report)
}

/// Arms of the experiment but the control, by code and name.
fn others(names: &[String], ours: &[String], control: &str) -> Vec<(u32, String)> {
    let coded = (1..).zip(names).filter(|(_, name)| ours.contains(name) && *name != control);
    coded.map(|(code, name)| (code, name.clone())).collect()
}

/// Orders before the assignment are not known where it has no time: they are left out beside columns, with a note, and refused
/// where there is nothing else to go by.
fn untimed((timed, columns): (bool, &[String]), orders: &mut bool, setting: &str) -> Result<Option<Note>> {
    match (timed || !*orders, columns.is_empty()) {
        (true, _) => Ok(None),
        (false, true) => Err(Error::new(Kind::ArmUntimed).column(setting)),
        (false, false) => {
            *orders = false;
            Ok(Some(Note::OrdersUntimed))
        }
    }
}

/// What uplift is about.
fn about<'a>(
    schema: &PastSchema,
    plan: &ExperimentPlan,
    uplift: &UpliftPlan,
    names: &[String],
    metrics: &'a [Metric],
    question: &Weigh,
) -> Result<About<'a>> {
    let absent = |arm: &String| Error::new(Kind::ArmMissing).column(arm.as_str());
    let place = |arm: &String| names.iter().position(|name| name == arm).ok_or_else(|| absent(arm));
    let arms = [place(&plan.control)?, place(&uplift.arm)?].map(|at| at as u32 + 1);
    if arms[0] == arms[1] {
        return Err(absent(&uplift.arm));
    }
    let wanted = |metric: &&Metric| uplift.metric.is_empty() || metric.name == uplift.metric;
    let refuse = |what: &str| Error::new(Kind::OutOfRange).column(format!("experiment.uplift.{what}"));
    let metric = metrics.iter().find(wanted).ok_or_else(|| refuse("metric"))?;
    // A ratio or quantile is of many people: nobody has one of their own.
    if !matches!(metric.kind, MetricKind::Rate | MetricKind::Mean) {
        return Err(refuse("metric"));
    }
    let outcomes = vec![outcome(schema, metric)?];
    let unit = 10f64.powi(i32::from(metric.decimals(schema)));
    let weigh = Weigh { outcomes, segment: None, ..question.clone() };
    Ok(About { weigh, arms, metric, unit })
}

/// What is measured, in columns and codes.
fn outcome(schema: &PastSchema, metric: &Metric) -> Result<Outcome> {
    let what = match (&metric.column, &metric.event) {
        (Some(name), _) => column(schema, name)?,
        (None, Some(label)) => event(schema, label)?,
        (None, None) => ordered(schema, What::Orders)?,
    };
    let per = match &metric.per {
        Some(Per::Column(name)) => Some(column(schema, name)?),
        Some(Per::Event(label)) => Some(event(schema, label)?),
        Some(Per::Orders) => Some(ordered(schema, What::Count)?),
        None => None,
    };
    Ok(Outcome { what, kind: metric.kind, per })
}

fn missing(what: &str) -> Error {
    Error::new(Kind::TableMissing).file("room.toml").column(what)
}

fn column(schema: &PastSchema, name: &str) -> Result<What> {
    let found = schema.table(Source::Assign).measure(name);
    Ok(What::Column(found.ok_or_else(|| missing(&format!("assign: {name}")))?.0 as u32))
}

fn event(schema: &PastSchema, label: &str) -> Result<What> {
    let unknown = || Error::new(Kind::LabelUnknown).column(format!("event: {label}"));
    let code = schema.table(Source::Events).dims.first().and_then(|dim| dim.code(label));
    Ok(What::Event(code.ok_or_else(unknown)?))
}

fn ordered(schema: &PastSchema, what: What) -> Result<What> {
    match schema.table(Source::Orders).rows {
        0 => Err(missing("orders")),
        _ => Ok(what),
    }
}

impl Metric {
    /// Decimals of its unit; none of a rate.
    fn decimals(&self, schema: &PastSchema) -> u8 {
        let amount =
            |source: Source| schema.table(source).measures.first().map_or(0, |amount| amount.decimals);
        match (&self.column, &self.event, self.kind) {
            (.., MetricKind::Rate) | (None, Some(_), _) => 0,
            (Some(name), ..) => schema.table(Source::Assign).measure(name).map_or(0, |(_, m)| m.decimals),
            (None, None, _) => amount(Source::Orders),
        }
    }
    /// Decimals of what a ratio is taken per.
    fn decimals_below(&self, schema: &PastSchema) -> u8 {
        match &self.per {
            Some(Per::Column(name)) => {
                schema.table(Source::Assign).measure(name).map_or(0, |(_, m)| m.decimals)
            }
            _ => 0,
        }
    }
    /// Minor units in one of what is measured, and of what a ratio is taken per.
    fn units(&self, schema: &PastSchema) -> [f64; 2] {
        [self.decimals(schema), self.decimals_below(schema)].map(|places| 10f64.powi(i32::from(places)))
    }
}

impl ExperimentPlan {
    /// Decimals of a person's uplift, as [`uplift::UPLIFT`] has it; nothing where it was not asked for.
    pub fn uplift_decimals(&self, schema: &PastSchema) -> Option<u8> {
        let of = self.uplift.as_ref().filter(|of| self.randomised && !of.arm.is_empty())?;
        let metric =
            self.metrics().into_iter().find(|metric| of.metric.is_empty() || metric.name == of.metric)?;
        Some(if metric.kind == MetricKind::Rate { 6 } else { metric.decimals(schema) + 3 })
    }
    /// Whether an arm is chosen for each person.
    pub fn chooses(&self) -> bool {
        self.randomised && self.uplift.as_ref().is_some_and(|of| of.arm.is_empty())
    }
    /// What is measured: as said, or whether people bought and for how much.
    pub fn metrics(&self) -> Vec<Metric> {
        if !self.metrics.is_empty() {
            return self.metrics.clone();
        }
        let metric = |name: &str, kind| Metric { name: name.into(), kind, ..Metric::default() };
        vec![metric("bought", MetricKind::Rate), metric("money", MetricKind::Mean)]
    }
}
