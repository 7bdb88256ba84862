//! What is asked of people by stage.

use crate::error::{self, Result};
use crate::table::history::platform::fold;
use serde::{Deserialize, Serialize};

/// People by stage as platforms count them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct StandingPlan {
    /// A column of labels; the category, else the first there is, if not given.
    pub by: Vec<String>,
    /// Stages from the lowest up; a ladder that is known by its names, else the order they are met in, if not given.
    pub order: Vec<String>,
    /// Two days that are compared, as in `2026-06-30`; the last two snapshots if not given.
    pub compare: Option<[String; 2]>,
}

impl StandingPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        let same = |name: &String, other: &String| fold(name) == fold(other);
        let once = |(at, name): (usize, &String)| {
            !name.is_empty() && !self.order[..at].iter().any(|other| same(name, other))
        };
        error::settings(&[
            ("standings.by", self.by.len() < 2),
            ("standings.order", self.order.iter().enumerate().all(once)),
            ("standings.compare", self.compare.as_ref().is_none_or(|[before, day]| before < day)),
        ])
    }
}
