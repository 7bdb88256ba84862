//! What is crossed with what.

use crate::error::{self, Result};
use crate::table::history::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A cross pivot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct PivotPlan {
    /// Whose rows: orders or events.
    pub table: Source,
    /// Two or three columns, parts of the calendar (`year`, `quarter`, `month`, `week`, `day`, `weekday`, `hour`), of orders `nth`
    /// (which order of its person it is: 1 to 9, 10+), or what another analysis finds of people: `stage`, `rfm`, `value`,
    /// `lifecycle`, `cohort`, `churn`, `arm`, `rule`.
    pub by: Vec<String>,
    /// Columns of which a row has any of the values.
    #[serde(rename = "where")]
    pub filter: BTreeMap<String, Vec<String>>,
    /// Column of numbers to add up.
    pub sum: Option<String>,
    /// Rates of who has any of these events behind their first row in the cell.
    pub outcome: Vec<String>,
    /// Rates of who buys behind it, instead.
    pub bought: bool,
    /// Days behind it.
    pub within: u32,
    /// Cells of fewer people are left out.
    pub floor: u64,
    /// A cell whose people are listed: a value per column, `*` for all.
    pub cell: Vec<String>,
}

impl Default for PivotPlan {
    fn default() -> Self {
        let (filter, sum, outcome, cell) = Default::default();
        let by = vec!["channel".into(), "month".into()];
        let floor = crate::gate::SMALL;
        PivotPlan { table: Source::Orders, by, filter, sum, outcome, bought: false, within: 30, floor, cell }
    }
}

impl PivotPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        let twice = (1..self.by.len()).any(|at| self.by[..at].contains(&self.by[at]));
        error::settings(&[
            ("pivot.table", self.table != Source::Assign),
            ("pivot.by", (2..=3).contains(&self.by.len()) && !twice),
            ("pivot.outcome", self.outcome.is_empty() || !self.bought),
            ("pivot.within", (1..=3_650).contains(&self.within)),
            ("pivot.cell", self.cell.is_empty() || self.cell.len() == self.by.len()),
        ])
    }
}
