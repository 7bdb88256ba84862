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
//! A change between two periods is taken apart without a rest: over the steps ln of the rates adds up, and so does what each
//! contributed, ln times the logarithmic mean of both rates (LMDI; interval of the ratio by Katz, that mean taken as it is);
//! over the values of the split column, what each did differently (at its mean share) and how their mix moved (at its mean
//! rate, against all) do.
//! The shortest way is, of the ways enough people went from the first step to the last, that of fewest events, then of least time.
//!
//! One pass, and one for each period. Cost: a row is looked at once, whatever the number of steps it could be.

mod change;
mod follow;
mod plan;
mod report;
#[cfg(test)]
mod tests;

pub use change::{ChangeStep, ChangeValue, FunnelChange};
pub use follow::{Follow, Reached};
pub use plan::{Counted, Exclusion, FunnelPlan, Mode, Step};
pub use report::{CountedFunnel, CountedStep, FunnelReport, FunnelStep, FunnelValue, ShortestWay, ValueStep};

use crate::error::Result;
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::moment::DAY;
use crate::table::history::{PastSchema, Source};
use follow::Barrier;

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Follow>()];

/// Measure: the last step somebody took, from 1; 0 for none, -1 for whom an excluded event took out.
pub const STEP: &str = "funnel";
/// Measure: the code of the value of the split column at somebody's first step; -1 for who took none.
pub const VALUE: &str = "funnel-value";

/// Follows everyone through the steps. Without steps only what was counted elsewhere is checked.
pub async fn funnel(desk: &Desk, schema: &PastSchema, plan: &FunnelPlan) -> Result<FunnelReport> {
    plan.check()?;
    if plan.steps.is_empty() {
        return Ok(report::counted_only(plan));
    }
    schema.full(Source::Events)?;
    let question = question(schema, plan)?;
    desk.progress("funnel", 0, 1, "rounds");
    let mut periods = Vec::new();
    for span in spans(schema, plan).into_iter().flatten() {
        periods.push((span, desk.sum(&Follow { span: Some(span), ..question.clone() }).await?));
    }
    // Last, since it leaves everyone's step behind.
    let reached = desk.sum(&question).await?;
    let change = change::change(schema, plan, question.by, &periods);
    Ok(FunnelReport { change, ..report::report(schema, plan, question.by, &reached) })
}

/// The seconds of first steps of the earlier and the later period: both have their whole window behind them.
fn spans(schema: &PastSchema, plan: &FunnelPlan) -> Option<[[u32; 2]; 2]> {
    let last = schema.end.saturating_sub(plan.window.saturating_mul(60));
    let at = |periods: u32| last.saturating_sub(periods * plan.compare * DAY);
    (plan.compare > 0).then(|| [[at(2), at(1)], [at(1), at(0)]])
}

/// The plan in codes.
fn question(schema: &PastSchema, plan: &FunnelPlan) -> Result<Follow> {
    let events = Source::Events;
    let steps = plan.steps.iter().map(|step| schema.rows_of(events, &step.event, &step.filter));
    let last = plan.steps.len() as u8;
    let barrier = |of: &Exclusion| {
        let codes = schema.codes(events, "event", std::slice::from_ref(&of.event))?.1;
        Ok(Barrier { codes, from: of.from.unwrap_or(1), to: of.to.unwrap_or(last) })
    };
    let by = plan.by.as_ref().map(|name| schema.column(events, name)).transpose()?;
    let exclude = plan.exclude.iter().map(barrier).collect::<Result<_>>()?;
    Ok(Follow {
        steps: steps.collect::<Result<_>>()?,
        window: plan.window.saturating_mul(60),
        mode: plan.mode,
        exclude,
        by: by.map(|by| by as u32),
        span: None,
    })
}
