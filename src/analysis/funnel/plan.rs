//! What the steps of a funnel are.

use crate::error::{self, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How steps follow each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "FunnelMode"))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// One after the other, whatever lies between.
    #[default]
    Ordered,
    /// One right after the other.
    Strict,
    /// In any order.
    Any,
}

/// A funnel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct FunnelPlan {
    /// Its steps, the first one first.
    pub steps: Vec<Step>,
    /// Minutes from the first step within which the others count; 0 for no limit.
    pub window: u32,
    /// How steps follow each other.
    pub mode: Mode,
    /// Events that take a person out.
    pub exclude: Vec<Exclusion>,
    /// Column of the events whose values are held side by side, by the value at the first step.
    pub by: Option<String>,
    /// Days of two periods that are held against each other, both of first steps whose window is over; 0 for none.
    pub compare: u32,
    /// People who must have gone a way before it is named the shortest.
    pub support: u64,
    /// Funnels that were counted elsewhere, without IDs.
    pub counts: Vec<Counted>,
}

impl Default for FunnelPlan {
    fn default() -> Self {
        let (steps, window, mode, exclude, by, compare, counts) = Default::default();
        FunnelPlan { steps, window, mode, exclude, by, compare, support: crate::gate::SMALL, counts }
    }
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "FunnelStepPlan"))]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// What it is called; its events if not given.
    pub name: Option<String>,
    /// Any of these events.
    pub event: Vec<String>,
    /// Columns of which the row has any of the values.
    #[serde(rename = "where")]
    pub filter: BTreeMap<String, Vec<String>>,
}

impl Step {
    /// What it is called.
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.event.join(" / "))
    }
}

/// An event that takes a person out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct Exclusion {
    /// Which.
    pub event: String,
    /// Behind this step, from 1.
    pub from: Option<u8>,
    /// And before this one; the last if not given.
    pub to: Option<u8>,
}

/// A funnel that was counted elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct Counted {
    /// Of what.
    pub name: String,
    /// People at each step.
    pub people: Vec<u64>,
    /// Rates as printed with them, in percent of the step before, from the second step on; empty where none is.
    pub printed: Vec<String>,
}

impl FunnelPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        let steps = self.steps.len();
        let between = |of: &Exclusion| {
            let (from, to) = (usize::from(of.from.unwrap_or(1)), of.to.map_or(steps, usize::from));
            !of.event.is_empty() && 0 < from && from < to && to <= steps
        };
        let counted = |of: &Counted| of.people.len() > 1 && of.printed.len() < of.people.len();
        error::settings(&[
            ("funnel.steps", (2..=20).contains(&steps) || steps == 0 && !self.counts.is_empty()),
            ("funnel.steps.event", self.steps.iter().all(|step| !step.event.is_empty())),
            (
                "funnel.exclude",
                self.exclude.iter().all(between) && (self.exclude.is_empty() || self.mode != Mode::Any),
            ),
            // Without a window the earlier period would have more time.
            (
                "funnel.compare",
                self.compare == 0 || self.compare <= 3_650 && self.window > 0 && self.mode != Mode::Any,
            ),
            ("funnel.counts", self.counts.iter().all(counted)),
        ])
    }
}
