//! What is asked of campaigns.

use super::report::FIGURES;
use crate::error::{self, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Campaigns that somebody else counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct CampaignPlan {
    /// One or two columns, or parts of the calendar: `channel`, `week`. The channel, else the first there is, if not given.
    pub by: Vec<String>,
    /// Days of two periods that are compared, up to the last day; 0 for none.
    pub compare: u32,
    /// Two values of the first column that are compared.
    pub versus: Option<[String; 2]>,
    /// What was aimed at: figures by name (`cost`, `roas`, `ctr`, …), money in its unit, rates as shares.
    pub goal: BTreeMap<String, f64>,
}

impl CampaignPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        let goal = |(name, goal): (&String, &f64)| {
            FIGURES.contains(&name.as_str()) && *goal > 0.0 && goal.is_finite()
        };
        let apart = self.by.len() < 2 || self.by[0] != self.by[1];
        error::settings(&[
            ("campaigns.by", self.by.len() < 3 && apart),
            ("campaigns.compare", self.compare <= 3_650),
            ("campaigns.versus", self.versus.as_ref().is_none_or(|[one, other]| one != other)),
            ("campaigns.goal", self.goal.iter().all(goal)),
        ])
    }
}
