//! How customers are valued.

use crate::error::{self, Result};
use serde::{Deserialize, Serialize};

/// How customers are valued.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ClvPlan {
    /// Months of 30 days that are valued.
    pub months: u32,
    /// Discount per month: 0.01 is one percent.
    pub discount: f64,
    /// Share of the money that is earned.
    pub margin: f64,
    /// Days at the end that are forecast from what was known before; a third of the longest history if not given, 0 for
    /// none.
    pub holdout: Option<u32>,
    /// Days back to the lifecycle states that jumps start from.
    pub previous: u32,
}

impl Default for ClvPlan {
    fn default() -> Self {
        ClvPlan { months: 12, discount: 0.01, margin: 1.0, holdout: None, previous: 30 }
    }
}

impl ClvPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        error::settings(&[
            ("clv.months", (1..=120).contains(&self.months)),
            ("clv.discount", (0.0..1.0).contains(&self.discount)),
            ("clv.margin", self.margin > 0.0 && self.margin <= 1.0),
            ("clv.holdout", self.holdout.is_none_or(|days| days <= 3_650)),
            ("clv.previous", self.previous <= 3_650),
        ])
    }
}
