//! Behaviour rules: who did, or did not do, what a list of rules names, each a tag of its own (`capabilities` 2.09 to 2.25).
//!
//! A rule holds for whoever meets all its tests; a test looks at the events or orders of one person: how many, adding up to
//! how much, how long ago, followed by something or not, with how much time spent, due again by the person's own interval.
//! *Not followed* is only said once its days are over: whoever came yesterday has still time. Tags overlap; the first rule of
//! the list that holds is somebody's *first*, and the first ones and those with none are everyone.
//!
//! *Responses*: four rules that go before all others put everyone who was contacted into one list for the next wave, so the
//! first ones of the four are those contacted (F25: a cap of contacts in a window, a limit of tries without an answer).
//!
//! One pass.

mod plan;
mod report;
mod tags;
#[cfg(test)]
mod tests;

pub use plan::{Predicate, ResponsePlan, RuleFate, RuleNext, RulePlan, TagRule};
pub use report::{RuleLine, RulesReport};
pub use tags::{Next, Tag, Tagged, Tags, Test};

use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::{PastSchema, Source};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Tags>()];

/// Rules of a list.
pub const MOST: usize = 20;
/// Measure: the first rule that holds for somebody, from 0 in the order of the list; -1 for none.
pub const FIRST: &str = "rule";
/// Measures: whether each rule holds.
pub const HOLDS: [&str; MOST] = [
    "rule-1", "rule-2", "rule-3", "rule-4", "rule-5", "rule-6", "rule-7", "rule-8", "rule-9", "rule-10",
    "rule-11", "rule-12", "rule-13", "rule-14", "rule-15", "rule-16", "rule-17", "rule-18", "rule-19",
    "rule-20",
];

/// Tags everyone.
pub async fn rules(desk: &Desk, schema: &PastSchema, plan: &RulePlan) -> Result<RulesReport> {
    plan.check()?;
    let rules = plan.list();
    let mut unknown = Vec::new();
    let mut coded = Vec::new();
    for (at, rule) in rules.iter().enumerate() {
        let tests = match plan.response {
            Some(_) if at < plan::RESPONSES => responses(schema, rule),
            _ => code(schema, rule, plan.preset()),
        };
        match tests {
            Ok(tests) => coded.push(tests),
            // A preset names more than any file has.
            Err(_) if plan.preset() => {
                unknown.push(rule.name.clone());
                coded.push(vec![]);
            }
            Err(e) => return Err(e),
        }
    }
    if unknown.len() == rules.len() {
        return Err(Error::new(Kind::LabelUnknown).column("rules"));
    }
    desk.progress("rules", 0, 1, "rounds");
    let found = desk.sum(&Tags { rules: coded, end: schema.end }).await?;
    Ok(report::report(schema, &rules, &unknown, &found))
}

/// The tests of one of the four lists of responses. That nobody has answered yet, or reached the aim, is no mistake: then
/// everyone is silent, and the list of the converted is empty.
fn responses(schema: &PastSchema, rule: &TagRule) -> Result<Vec<Test>> {
    let there = |events: &[String]| {
        let dim = schema.table(Source::Events).dims.first();
        events.iter().any(|event| dim.is_some_and(|dim| dim.code(event).is_some()))
    };
    let mut tests = Vec::new();
    for test in &rule.all {
        let mut test = test.clone();
        if test.most == Some(0) {
            if !there(&test.event) {
                continue;
            }
            test.event = known(schema, &test.event, true);
        }
        let reached = test.then.as_ref().is_none_or(|next| next.event.is_empty() || there(&next.event));
        test.then = test.then.filter(|_| reached);
        if let Some(next) = &mut test.then {
            next.event = known(schema, &next.event, true);
        }
        let test = coded(schema, &test, false)?;
        if !reached {
            return Ok(vec![]);
        }
        tests.push(test);
    }
    Ok(tests)
}

/// The rules to start from: those of the preset about what the files have, with the events that are there.
pub fn preset(schema: &PastSchema) -> Vec<TagRule> {
    let mut rules = RulePlan::default().list();
    rules.retain(|rule| code(schema, rule, true).is_ok());
    for test in rules.iter_mut().flat_map(|rule| &mut rule.all) {
        test.event = known(schema, &test.event, true);
        if let Some(next) = &mut test.then {
            next.event = known(schema, &next.event, true);
        }
    }
    rules
}

/// The tests of a rule in codes.
fn code(schema: &PastSchema, rule: &TagRule, preset: bool) -> Result<Vec<Test>> {
    rule.all.iter().map(|test| coded(schema, test, preset)).collect()
}

/// Events as codes: of a preset those that are there.
fn known(schema: &PastSchema, events: &[String], preset: bool) -> Vec<String> {
    let there = |event: &&String| {
        !preset || schema.table(Source::Events).dims.first().is_some_and(|dim| dim.code(event).is_some())
    };
    let found: Vec<String> = events.iter().filter(there).cloned().collect();
    // Nothing known is said by the name of something unknown, not by "any event".
    if found.is_empty() { events.to_vec() } else { found }
}

fn coded(schema: &PastSchema, of: &Predicate, preset: bool) -> Result<Test> {
    let source = if of.event.is_empty() { Source::Orders } else { Source::Events };
    schema.full(source)?;
    let sum = of.sum.as_ref().map(|name| schema.number(source, name)).transpose()?;
    let unit = sum.map_or(1, |at| 10i64.pow(schema.table(source).measures[at].decimals.into()));
    let next = |next: &RuleNext| {
        let events = (!next.event.is_empty()).then(|| {
            schema.rows_of(Source::Events, &known(schema, &next.event, preset), &Default::default())
        });
        if events.is_none() {
            schema.full(Source::Orders)?;
        }
        Ok::<_, Error>(Next { events: events.transpose()?, within: next.within, never: next.never })
    };
    Ok(Test {
        orders: source == Source::Orders,
        rows: match source {
            Source::Orders => schema.rows_of(source, &[], &of.filter)?,
            _ => schema.rows_of(source, &known(schema, &of.event, preset), &of.filter)?,
        },
        fate: of.fate,
        days: of.days,
        count: [of.least(), of.most.unwrap_or(u32::MAX)],
        sum: sum.map(|at| at as u32),
        total: [of.sum_least, of.sum_most].map(|edge| edge.map(|whole| whole.saturating_mul(unit))),
        dwell: of.dwell,
        edge: [of.first, of.last],
        quiet: of.quiet,
        then: of.then.as_ref().map(next).transpose()?,
        due: of.due,
    })
}
