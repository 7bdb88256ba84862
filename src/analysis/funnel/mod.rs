//! Funnels: how many people take which steps, one after the other (`formulas.md` F9).
//!
//! Somebody is counted at step i if events of theirs match steps 1 to i within the window from the first. *Ordered*: other
//! events may lie between; *strict*: none; *any*: in any order, counted by how many. An event that is excluded between two
//! steps takes the person out. Events of the same second stand in the order of their files and rows. Rates are of the step
//! before, with Wilson's interval; a value of the split column is held against all others by the test of two proportions,
//! false discoveries by Benjamini–Hochberg.
//!
//! Counts without IDs are held to the same arithmetic, and printed rates to the counts.
//!
//! One pass. Cost: a row is looked at once, whatever the number of steps it could be.

mod follow;
mod plan;
mod report;
#[cfg(test)]
mod tests;

pub use follow::{Follow, Reached};
pub use plan::{Counted, Exclusion, FunnelPlan, Mode, Step};
pub use report::{CountedFunnel, CountedStep, FunnelReport, FunnelStep, FunnelValue, ValueStep};

use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::{PastSchema, Source, TableSchema};
use follow::{Barrier, Match};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Follow>()];

/// Measure: the last step somebody took, from 1; 0 for none, -1 for whom an excluded event took out.
pub const STEP: &str = "funnel";

/// Follows everyone through the steps. Without steps only what was counted elsewhere is checked.
pub async fn funnel(desk: &Desk, schema: &PastSchema, plan: &FunnelPlan) -> Result<FunnelReport> {
    plan.check()?;
    if plan.steps.is_empty() {
        return Ok(report::counted_only(plan));
    }
    let events = schema.table(Source::Events);
    if events.rows == 0 {
        return Err(Error::new(Kind::TableMissing).file("room.toml").column("events"));
    }
    let question = question(events, plan)?;
    desk.progress("funnel", 0, 1, "rounds");
    let reached = desk.sum(&question).await?;
    Ok(report::report(schema, plan, question.by, &reached))
}

/// The plan in codes.
fn question(events: &TableSchema, plan: &FunnelPlan) -> Result<Follow> {
    let steps: Vec<Match> = plan.steps.iter().map(|step| matching(events, step)).collect::<Result<_>>()?;
    let last = steps.len() as u8;
    let barrier = |of: &Exclusion| {
        let codes = codes(events, "event", std::slice::from_ref(&of.event))?.1;
        Ok(Barrier { codes, from: of.from.unwrap_or(1), to: of.to.unwrap_or(last) })
    };
    let by = plan.by.as_ref().map(|name| dim(events, name)).transpose()?;
    let exclude = plan.exclude.iter().map(barrier).collect::<Result<_>>()?;
    Ok(Follow {
        steps,
        window: plan.window.saturating_mul(60),
        mode: plan.mode,
        exclude,
        by: by.map(|by| by as u32),
    })
}

fn matching(events: &TableSchema, step: &Step) -> Result<Match> {
    let mut all = vec![codes(events, "event", &step.event)?];
    for (name, values) in &step.filter {
        all.push(codes(events, name, values)?);
    }
    Ok(Match { all })
}

fn dim(events: &TableSchema, name: &str) -> Result<usize> {
    let missing = || Error::new(Kind::TableMissing).file("room.toml").column(format!("events: {name}"));
    events.dim(name).map(|(at, _)| at).ok_or_else(missing)
}

/// A column and the codes of these labels of it. One that no row has is more likely misspelt than never done.
fn codes(events: &TableSchema, name: &str, labels: &[String]) -> Result<(u32, Vec<u32>)> {
    let at = dim(events, name)?;
    let code = |label: &String| {
        let unknown = || Error::new(Kind::LabelUnknown).column(format!("{name}: {label}"));
        events.dims[at].code(label).ok_or_else(unknown)
    };
    Ok((at as u32, labels.iter().map(code).collect::<Result<_>>()?))
}
