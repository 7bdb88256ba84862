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
//! *Touchpoints*: the values of a column of the events that somebody met in the days before they came to the stage where they
//! stand higher now, each as a share of those who moved so, over its share of those who stayed where they were, who are looked
//! at for as many days before the end. What goes before a move need not have brought it about; and who stays in a stage that
//! runs out had to do something again, which puts more touchpoints on their side.
//!
//! Stages within a *category* are those somebody has by its events and orders alone; a table without the column has none.
//!
//! One pass, and one per category.

mod plan;
mod report;
mod stand;
#[cfg(test)]
mod tests;
mod touch;

pub use plan::{Preset, StagePlan, StageRule};
pub use report::{
    Converted, StageCategory, StageFlow, StageLine, StageNew, StageTouch, StageTrend, StagesReport,
};
pub use stand::{Pair, Stand, Standing};
pub use touch::Touch;

use crate::error::{self, Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::pick::Match;
use crate::table::history::{PastSchema, Source, TableSchema};
use stand::Rule;

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Stand>()];

/// Measure: the stage somebody stands in on the last day, from 1 in the order of the list; 0 outside.
pub const STAGE: &str = "stage";
/// Measure: the same on the first day.
pub const WAS: &str = "stage-before";
/// Measure: 1 for who met the touchpoint the plan names before they moved up or, if they stayed, before the end.
pub const MET: &str = "stage-met";
/// Measure: 1 for who stands higher than on the first day, 2 and 3 for who stands lower, the former having done something
/// since; 0 for who stayed.
pub const MOVED: &str = "stage-moved";
/// Its values.
pub const MOVES: [&str; 4] = ["", "rose", "fell-active", "fell-silent"];
/// Categories of a plan.
pub const MOST: usize = 20;
/// Measures: the stage somebody stands in by each category alone.
pub const IN: [&str; MOST] = [
    "stage-in-1",
    "stage-in-2",
    "stage-in-3",
    "stage-in-4",
    "stage-in-5",
    "stage-in-6",
    "stage-in-7",
    "stage-in-8",
    "stage-in-9",
    "stage-in-10",
    "stage-in-11",
    "stage-in-12",
    "stage-in-13",
    "stage-in-14",
    "stage-in-15",
    "stage-in-16",
    "stage-in-17",
    "stage-in-18",
    "stage-in-19",
    "stage-in-20",
];
/// Measures: the same on the first day.
pub const WAS_IN: [&str; MOST] = [
    "stage-in-1-before",
    "stage-in-2-before",
    "stage-in-3-before",
    "stage-in-4-before",
    "stage-in-5-before",
    "stage-in-6-before",
    "stage-in-7-before",
    "stage-in-8-before",
    "stage-in-9-before",
    "stage-in-10-before",
    "stage-in-11-before",
    "stage-in-12-before",
    "stage-in-13-before",
    "stage-in-14-before",
    "stage-in-15-before",
    "stage-in-16-before",
    "stage-in-17-before",
    "stage-in-18-before",
    "stage-in-19-before",
    "stage-in-20-before",
];
/// Measure: of the one stage the plan names, who stood there or came (the first and the last three of [`WENTS`]), and who
/// of them went higher.
pub const WENT: &str = "stage-went";
/// Its values.
pub const WENTS: [&str; 7] =
    ["", "stood", "stood-higher", "stood-higher-soon", "came", "came-higher", "came-higher-soon"];
/// Touchpoints of a column; more are no list to look at.
const TOUCHES: usize = 1_000;

/// Places everyone on both days, and follows them between.
pub async fn stages(desk: &Desk, schema: &PastSchema, plan: &StagePlan) -> Result<StagesReport> {
    plan.check()?;
    let events = schema.table(Source::Events);
    let named = plan.rules_in(events.dims.first().map_or(&[], |dim| &dim.labels));
    let rules: Vec<Rule> = named.iter().map(|rule| coded(events, rule)).collect::<Result<_>>()?;
    let unmet = unmet(schema, &named);
    if unmet.len() == rules.len() {
        return Err(Error::new(Kind::StagesUnmatched).column("stages"));
    }
    let categories = categories(schema, plan)?;
    let question = Stand {
        rules,
        end: schema.end,
        days: plan.days,
        fair: plan.fair.min(plan.days),
        trend: plan.trend,
        rows: [(); 2].map(|()| Some(Match::default())),
        category: None,
        touch: touch(schema, plan)?,
        went: plan.went.as_ref().map(|name| place(&named, name)).transpose()?,
    };
    let rounds = categories.len() as u64 + 1;
    desk.progress("stages", 0, rounds, "rounds");
    let found = desk.sum(&question).await?;
    let mut report = report::report(schema, plan, &named, &found);
    (report.unmet, report.unused) = (unmet, unused(events, &named));
    let labels = |touch: Touch| &events.dims[touch.column as usize].labels;
    report.touch = question.touch.map(|touch| events.dims[touch.column as usize].name.clone());
    report.touches = question.touch.map_or(vec![], |of| touch::lines(&names(&named), labels(of), &found));
    for (at, category) in (0..).zip(categories) {
        desk.progress("stages", u64::from(at) + 1, rounds, "rounds");
        let rows = only(schema, plan, &category);
        let one = Stand { rows, category: Some(at), touch: None, went: None, trend: 0, ..question.clone() };
        let of = report::report(schema, plan, &named, &desk.sum(&one).await?);
        report.categories.push(StageCategory { category, stages: of.stages, flow: of.flow });
    }
    Ok(report)
}

/// The number of a stage, from 1.
fn place(rules: &[StageRule], name: &str) -> Result<u32> {
    let at = (1u32..).zip(rules).find(|(_, rule)| rule.name == name).map(|(at, _)| at);
    at.ok_or_else(|| Error::new(Kind::LabelUnknown).column(format!("stages.went: {name}")))
}

/// The names of stages by number; outside has none.
fn names(rules: &[StageRule]) -> Vec<Option<String>> {
    std::iter::once(None).chain(rules.iter().map(|rule| Some(rule.name.clone()))).collect()
}

/// The column of touchpoints: the one that is asked for, else the channel where there is one.
fn touch(schema: &PastSchema, plan: &StagePlan) -> Result<Option<Touch>> {
    let named = plan.touch.as_ref().map(|name| schema.column(Source::Events, name)).transpose()?;
    let few = |(at, dim): (usize, &crate::table::history::Dim)| (dim.labels.len() <= TOUCHES).then_some(at);
    let usual = || schema.table(Source::Events).dim("channel").and_then(few);
    let Some(column) = named.or_else(usual) else {
        return error::settings(&[("stages.touch", plan.met.is_none())]).map(|()| None);
    };
    let dim = &schema.table(Source::Events).dims[column];
    error::settings(&[("stages.touch", few((column, dim)).is_some())])?;
    let met = plan.met.clone().map(|label| schema.codes(Source::Events, &dim.name, &[label])).transpose()?;
    let met = met.and_then(|(_, codes)| codes.first().copied());
    Ok(Some(Touch { column: column as u32, days: plan.touch_days, met }))
}

/// The values of the column of categories, in the order of their bytes.
pub fn categories(schema: &PastSchema, plan: &StagePlan) -> Result<Vec<String>> {
    let Some(name) = &plan.category else { return Ok(vec![]) };
    let dims = [Source::Events, Source::Orders].map(|source| schema.table(source).dim(name));
    if dims.iter().all(Option::is_none) {
        schema.column(Source::Orders, name)?;
    }
    let labels = dims.into_iter().flatten().flat_map(|(_, dim)| dim.labels.iter().skip(1));
    let labels: std::collections::BTreeSet<&String> = labels.collect();
    error::settings(&[("stages.category", labels.len() <= MOST)])?;
    Ok(labels.into_iter().cloned().collect())
}

/// Rows of a category by table. One no row of a table has is no row's code.
fn only(schema: &PastSchema, plan: &StagePlan, category: &str) -> [Option<Match>; 2] {
    [Source::Events, Source::Orders].map(|source| {
        let (at, dim) = schema.table(source).dim(plan.category.as_deref()?)?;
        Some(Match { all: vec![(at as u32, dim.code(category).into_iter().collect())] })
    })
}

/// A rule in codes.
fn coded(events: &TableSchema, rule: &StageRule) -> Result<Rule> {
    let code = |label: &String| {
        let code = events.dims.first().and_then(|dim| dim.code(label));
        code.ok_or_else(|| Error::new(Kind::LabelUnknown).column(format!("event: {label}")))
    };
    let events = rule.event.iter().map(code).collect::<Result<_>>()?;
    Ok(Rule { events, least: rule.least, orders: rule.orders, window: rule.window })
}

/// Stages that nothing in the files can make anybody reach.
fn unmet(schema: &PastSchema, rules: &[StageRule]) -> Vec<String> {
    let sells = schema.table(Source::Orders).rows > 0;
    let nothing = |rule: &&StageRule| rule.event.is_empty() && (rule.orders == 0 || !sells);
    rules.iter().filter(nothing).map(|rule| rule.name.clone()).collect()
}

/// Events that no stage speaks of.
fn unused(events: &TableSchema, rules: &[StageRule]) -> Vec<String> {
    let used = |label: &String| rules.iter().any(|rule| rule.event.contains(label));
    let labels = events.dims.iter().take(1).flat_map(|dim| dim.labels.iter().skip(1));
    labels.filter(|label| !used(label)).cloned().collect()
}
