//! What makes a cohort.

use crate::error::{self, Result};
use crate::table::history::calendar::Part;
use serde::{Deserialize, Serialize};

/// Whose people are found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum CohortWho {
    /// Active on a day, or in the days that end with it.
    Active {
        /// The day, as in `2026-06-01`.
        day: String,
        /// 1 for the day alone, 7 and 30 for week and month.
        days: u32,
    },
    /// Not lost at the end of this unit, as the report names units.
    End(String),
    /// There for the first time in it.
    Acquired(String),
    /// There again in it after they were lost.
    Returned(String),
    /// Lost in it, early.
    Early(String),
    /// Lost in it, after more.
    Mature(String),
}

/// Cohorts, activity and churn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct CohortPlan {
    /// Events of which the first begins; `*` for any. The first order if not given.
    pub event: Vec<String>,
    /// Events that count as being there; `*` for any. Orders if not given.
    pub active: Vec<String>,
    /// `week`, `month` or `quarter`.
    pub unit: Part,
    /// Days of activity that are shown, back from the last.
    pub days: u32,
    /// Days without, after which somebody is lost.
    pub churn: u32,
    /// Who is lost after no more orders (or events) than this is lost early.
    pub early: u32,
    /// Units since somebody's own: who was there then is marked.
    pub age: Option<u32>,
    /// Of a number of activity or churn, whose people are marked.
    pub who: Option<CohortWho>,
}

impl Default for CohortPlan {
    fn default() -> Self {
        let (event, active, age, who) = Default::default();
        CohortPlan { event, active, unit: Part::Month, days: 90, churn: 90, early: 1, age, who }
    }
}

impl CohortPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        error::settings(&[
            ("cohorts.unit", matches!(self.unit, Part::Week | Part::Month | Part::Quarter)),
            ("cohorts.days", (1..=3_660).contains(&self.days)),
            ("cohorts.churn", (1..=3_660).contains(&self.churn)),
            ("cohorts.early", self.early >= 1),
        ])
    }
}
