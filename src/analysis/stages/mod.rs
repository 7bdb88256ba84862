//! Stages and flow: where people stand, who moved, and whether old or new ones move on (`formulas.md` F8).
//!
//! A stage is a rule over events or orders in a window of days; somebody stands in the last stage of the list whose rule
//! holds, or outside. Two days are compared: every person has one stage on each, so a stage's change is its inflow less
//! its outflow, to the last person. The ratio of two stocks is not a rate of conversion, and is named apart: the cohort
//! rate is of those who stood in the stage before and stand higher now. A move down happens when a window runs out; whether
//! the person did anything since is told, silence being the real loss.
//!
//! *Stock against new*: of those who stood in a stage and of those who came into it since, how many went higher, by the
//! end, and, since who came late had less time, within the same number of days. New people's way onward is drawn by
//! Kaplan and Meier, those who still have time counting as long as they were seen.
//!
//! One pass.

mod plan;
mod report;
mod stand;
#[cfg(test)]
mod tests;

pub use plan::{Preset, StagePlan, StageRule};
pub use report::{Converted, StageFlow, StageLine, StageNew, StageTrend, StagesReport};
pub use stand::{Pair, Stand, Standing};

use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::{PastSchema, Source, TableSchema};
use stand::Rule;

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Stand>()];

/// Measure: the stage somebody stands in on the last day, from 1 in the order of the list; 0 outside.
pub const STAGE: &str = "stage";

/// Places everyone on both days, and follows them between.
pub async fn stages(desk: &Desk, schema: &PastSchema, plan: &StagePlan) -> Result<StagesReport> {
    plan.check()?;
    let named = plan.rules();
    let events = schema.table(Source::Events);
    let rules: Vec<Rule> =
        named.iter().map(|rule| coded(events, rule, plan.stages.is_empty())).collect::<Result<_>>()?;
    let nothing = |rule: &Rule| rule.events.is_empty() && (rule.orders == 0 || schema.tables[1].rows == 0);
    if rules.iter().all(nothing) {
        return Err(Error::new(Kind::LabelUnknown).column("stages"));
    }
    let question = Stand { rules, end: schema.end, days: plan.days, fair: plan.fair, trend: plan.trend };
    desk.progress("stages", 0, 1, "rounds");
    let found = desk.sum(&question).await?;
    Ok(report::report(schema, plan, &named, &found))
}

/// A rule in codes. A preset names more events than any file has; one's own rules name what is there.
fn coded(events: &TableSchema, rule: &StageRule, preset: bool) -> Result<Rule> {
    let mut codes = Vec::new();
    for label in &rule.event {
        match events.dims.first().and_then(|dim| dim.code(label)) {
            Some(code) => codes.push(code),
            None if preset => {}
            None => return Err(Error::new(Kind::LabelUnknown).column(format!("event: {label}"))),
        }
    }
    Ok(Rule { events: codes, least: rule.least.max(1), orders: rule.orders, window: rule.window })
}
