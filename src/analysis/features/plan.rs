//! What is looked at, and what it should foretell.

use crate::error::{self, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Behaviour until a day, and what came behind it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct FeaturePlan {
    /// Days of the outcome: features know nothing of the last so many days of the files.
    pub days: u32,
    /// Days before them in which things are counted once more.
    pub windows: Vec<u32>,
    /// How many of the most common events are counted each.
    pub top: u32,
    /// Columns of labels of which somebody's most frequent value is taken; the channel if there is one.
    pub columns: Vec<String>,
    /// What is foretold.
    pub outcome: FeatureOutcome,
}

/// What somebody does in the days of the outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(untagged)]
pub enum FeatureOutcome {
    /// Whether they buy.
    Buys(FeatureBuys),
    /// They have an event.
    Does(FeatureDoes),
    /// They move between stages.
    Moves(FeatureMoves),
}

/// Whether somebody buys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum FeatureBuys {
    /// Who bought before does not buy.
    Lost,
    /// Anybody buys.
    Bought,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct FeatureDoes {
    /// Any of these.
    pub event: Vec<String>,
    /// Columns of which the row has any of the values.
    #[serde(default, rename = "where")]
    pub filter: BTreeMap<String, Vec<String>>,
}

/// A move between the stages of the recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct FeatureMoves {
    /// Into this stage or a higher one, of those who stand lower.
    pub stage: String,
    /// Only of those who stand in one of these; all of them if none is named.
    #[serde(default)]
    pub from: Vec<String>,
    /// The other way: below this stage, of those who stand in it or higher.
    #[serde(default)]
    pub falls: bool,
}

impl Default for FeaturePlan {
    fn default() -> Self {
        let outcome = FeatureOutcome::Buys(FeatureBuys::Lost);
        FeaturePlan { days: 60, windows: vec![30, 90], top: 12, columns: vec![], outcome }
    }
}

impl FeaturePlan {
    /// The move that is foretold, if it is one.
    pub fn moves(&self) -> Option<&FeatureMoves> {
        match &self.outcome {
            FeatureOutcome::Moves(moves) => Some(moves),
            _ => None,
        }
    }
    /// The longest window.
    pub fn widest(&self) -> u32 {
        self.windows.iter().copied().max().unwrap_or_default()
    }
    /// Refuses settings out of range, by name. Stages are compared over a year at most.
    pub fn check(&self) -> Result<()> {
        let most = if self.moves().is_some() { 365 } else { 3_650 };
        let rising = self.windows.windows(2).all(|two| two[0] < two[1]);
        let days = self.windows.iter().all(|days| (1..=3_650).contains(days));
        let events = !matches!(&self.outcome, FeatureOutcome::Does(does) if does.event.is_empty());
        error::settings(&[
            ("features.days", (1..=most).contains(&self.days)),
            ("features.windows", (1..=6).contains(&self.windows.len()) && rising && days),
            ("features.top", self.top <= 100),
            ("features.columns", self.columns.len() <= 20),
            ("features.outcome", events),
        ])
    }
}
