//! Cohorts: who came when, who of them came back, and what they brought (`formulas.md` F7, F12).
//!
//! A cohort are the people whose first order (or first of some events) of the files lies in one week, month or quarter; the
//! files may begin later than they did. A cell of the triangle is one of the units since, the cohort's own being 0. What is
//! not over yet is left empty, not counted as nothing: nobody can have come back in days that have not come.
//!
//! *Active* on a day is who has an order (or one of the events) then; a week and a month are the 7 and 30 days that end
//! with it, empty where the files do not reach so far back.
//!
//! *Lost* is who had no such day for more than so many days, on the day that is sure; who does come back has returned. Losses
//! are early (after few orders) or mature. In every unit, active at its end = active before + acquired + returned − lost.
//!
//! One pass.

mod plan;
mod report;
mod tally;
#[cfg(test)]
mod tests;

pub use plan::{CohortPlan, CohortWho};
pub use report::{ActiveDay, ChurnReport, ChurnUnit, CohortAge, CohortCell, CohortLine, CohortReport};
pub use tally::{Acts, Balance, Change, Cohorts, Come, Triangle, Who};

use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::dates;
use crate::table::history::{PastSchema, Source};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Cohorts>()];

/// Measure: the cohort somebody belongs to, as the code of its unit; -1 for none.
pub const COHORT: &str = "cohort";
/// Measure: whether somebody is active (0), lost early (1) or lost when mature (2) on the last day; -1 if never there.
pub const CHURN: &str = "churn";
/// Its values.
pub const CHURN_NAMES: [&str; 3] = ["active", "lost-early", "lost-mature"];

/// Measure: whether somebody was there (1) or not (0) in the unit after their cohort's that the plan names; -1 for who has
/// no cohort, or where that unit is not over.
pub const BACK: &str = "cohort-back";
/// Its values.
pub const BACK_NAMES: [&str; 2] = ["away", "there"];

/// Measure: 1 for who is behind the number of activity or churn that the plan names.
pub const WHO: &str = "cohort-who";

/// Follows everyone from where they began.
pub async fn cohorts(desk: &Desk, schema: &PastSchema, plan: &CohortPlan) -> Result<CohortReport> {
    plan.check()?;
    let question = Cohorts {
        start: acts(schema, &plan.event)?,
        active: acts(schema, &plan.active)?,
        unit: plan.unit,
        days: plan.days,
        silence: plan.churn,
        early: plan.early,
        end: schema.end_day(),
        age: plan.age,
        who: plan.who.as_ref().map(|who| meant(schema, plan, who)).transpose()?,
    };
    desk.progress("cohorts", 0, 1, "rounds");
    let found = desk.sum(&question).await?;
    Ok(report::report(schema, plan, &found))
}

/// Orders, any event, or some.
fn acts(schema: &PastSchema, events: &[String]) -> Result<Acts> {
    if events.is_empty() {
        return schema.full(Source::Orders).map(|_| Acts::Orders);
    }
    let events = if events == ["*"] { &[] } else { events };
    schema.full(Source::Events)?;
    schema.rows_of(Source::Events, events, &Default::default()).map(Acts::Events)
}

/// Who is asked for: the days that decide, or the unit.
fn meant(schema: &PastSchema, plan: &CohortPlan, who: &CohortWho) -> Result<Who> {
    let unit = |label: &String| {
        let at = plan.unit.labels(schema.end_day()).iter().position(|known| known == label);
        at.map(|at| at as u32)
            .ok_or_else(|| Error::new(Kind::LabelUnknown).column(format!("cohorts.who: {label}")))
    };
    let change = |of: Change, label: &String| unit(label).map(|unit| Who::Changed(of, unit));
    match who {
        CohortWho::Active { day, days } => {
            let refuse = || Error::new(Kind::OutOfRange).column("cohorts.who");
            let number = dates::date(day.as_bytes()).filter(|number| *number >= 0.0).ok_or_else(refuse)?;
            if (1..=3_660).contains(days) { Ok(Who::Active(number as u32, *days)) } else { Err(refuse()) }
        }
        // Who is lost is so on the day behind the last of silence.
        CohortWho::End(label) => {
            let last = plan.unit.start(unit(label)? + 1).min(schema.end_day()) - 1;
            Ok(Who::Active(last, plan.churn + 1))
        }
        CohortWho::Acquired(label) => change(Change::Acquired, label),
        CohortWho::Returned(label) => change(Change::Returned, label),
        CohortWho::Early(label) => change(Change::Early, label),
        CohortWho::Mature(label) => change(Change::Mature, label),
    }
}
