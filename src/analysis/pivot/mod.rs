//! Cross pivot: people, rows, sums and rates by two or three columns, parts of the calendar, or words that another analysis
//! found for people (`formulas.md` F3, F10, F23).
//!
//! Rows and sums add up to their margins. People do not: somebody may be in several cells, and a margin counts them once.
//! A rate is of those with a row in the cell, from the first of these rows on, who then buy or have an event within so
//! many days; whoever was not seen for so long is not among them.
//!
//! Tests take everyone once, in the cell of their first row, since rows of one person are no chances of their own:
//! χ² and Cramér's V for whether two columns go together, the likelihood ratio of the logistic model for whether a rate
//! needs the combination of both beyond the effect of each, two proportions for one combination against all others.
//! With `nth` (which order of its person a row belongs to) rates step from one order to the next, so tests with it take everyone once
//! per order, in the cell of its first row: whether somebody who bought n times buys again is a chance of its own, whatever came
//! before (the discrete hazard; Allison, "Discrete-Time Methods for the Analysis of Event Histories", 1982). Whether a column goes
//! together with `nth` has no test, as orders of one person are alike.
//! A word of somebody is the one they have on the last day, in all their rows: it knows what came behind a row, so rates by
//! it compare and do not foretell.
//! A cell of fewer people than the floor is left out, with as many more of its line as hide it in the total.
//!
//! One pass.

mod cross;
mod plan;
mod report;
#[cfg(test)]
mod tests;

pub use cross::{ALL, Axis, Cell, Cross, Crossed, NTH, Outcome};
pub use plan::PivotPlan;
pub use report::{PivotBest, PivotCell, PivotPair, PivotRate, PivotReport, PivotTest};

use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::calendar::Part;
use crate::table::history::{PastSchema, Source};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Cross>()];

/// Measures: codes of the columns at somebody's first row; -1 for who has none.
pub const FIRST: [&str; 3] = ["pivot-1", "pivot-2", "pivot-3"];
/// Measure: 1 for who has a row in the cell that the plan names, 2 for who did it then as well.
pub const INSIDE: &str = "pivot";

/// More cells than this are no table to look at.
const MOST: usize = 50_000;

/// Words that another analysis found for people: a column of its own, by its name.
pub struct Known {
    /// Its name in [`PivotPlan::by`].
    pub name: &'static str,
    /// The measure that was left behind.
    pub measure: &'static str,
    /// The value that stands for the first word; lower ones are "no value".
    pub first: i32,
    /// The words.
    pub words: Vec<String>,
}

/// Counts every cell and margin, and tests what they show.
pub async fn pivot(
    desk: &Desk,
    schema: &PastSchema,
    plan: &PivotPlan,
    found: &[Known],
) -> Result<PivotReport> {
    plan.check()?;
    schema.full(plan.table)?;
    let question = question(schema, plan, found)?;
    desk.progress("pivot", 0, 1, "rounds");
    let counted = desk.sum(&question).await?;
    if counted.over || counted.cells.len() > MOST {
        return Err(Error::new(Kind::OutOfRange).column("pivot.by"));
    }
    Ok(report::report(schema, plan, labels(schema, plan, found)?, &question, &counted))
}

/// The labels of each axis by code.
pub fn labels(schema: &PastSchema, plan: &PivotPlan, found: &[Known]) -> Result<Vec<Vec<String>>> {
    let labels = |name: &String| {
        Ok(match axis(schema, plan, found, name)? {
            Axis::Part(part) => part.labels(schema.end_day()),
            Axis::Column(at) => schema.table(plan.table).dims[at as usize].labels.clone(),
            Axis::Nth => std::iter::once("").chain(NTH).map(String::from).collect(),
            Axis::Measure(..) => {
                let words = found.iter().filter(|known| known.name == name).flat_map(|known| &known.words);
                std::iter::once(&String::new()).chain(words).cloned().collect()
            }
        })
    };
    plan.by.iter().map(labels).collect()
}

/// The column of the table before the part of the calendar, and both before what was found.
fn axis(schema: &PastSchema, plan: &PivotPlan, found: &[Known], name: &str) -> Result<Axis> {
    let known = || found.iter().find(|known| known.name == name);
    match (schema.table(plan.table).dim(name), Part::named(name)) {
        (Some((at, _)), _) => Ok(Axis::Column(at as u32)),
        (None, Some(part)) => Ok(Axis::Part(part)),
        _ if name == "nth" && plan.table == Source::Orders => Ok(Axis::Nth),
        _ => match known() {
            Some(known) => Ok(Axis::Measure(known.measure.into(), known.first)),
            None => schema.column(plan.table, name).map(|at| Axis::Column(at as u32)),
        },
    }
}

/// The plan in codes.
fn question(schema: &PastSchema, plan: &PivotPlan, found: &[Known]) -> Result<Cross> {
    let outcome = match (plan.bought, plan.outcome.is_empty()) {
        (true, _) => Some(Outcome::Orders),
        (_, false) => {
            Some(Outcome::Events(schema.rows_of(Source::Events, &plan.outcome, &Default::default())?))
        }
        _ => None,
    };
    let axes = plan.by.iter().map(|name| axis(schema, plan, found, name)).collect::<Result<Vec<_>>>()?;
    let labels = labels(schema, plan, found)?;
    let code = |(at, label): (usize, &String)| {
        let unknown = || Error::new(Kind::LabelUnknown).column(format!("{}: {label}", plan.by[at]));
        let found = labels[at].iter().position(|known| known == label);
        if label == "*" { Ok(ALL) } else { Ok(found.ok_or_else(unknown)? as u32) }
    };
    let sum = plan.sum.as_ref().map(|name| schema.number(plan.table, name)).transpose()?;
    Ok(Cross {
        source: plan.table,
        axes,
        rows: schema.rows_of(plan.table, &[], &plan.filter)?,
        sum: sum.map(|at| at as u32),
        outcome,
        within: plan.within * crate::table::history::moment::DAY,
        end: schema.end,
        cell: plan.cell.iter().enumerate().map(code).collect::<Result<_>>()?,
    })
}
