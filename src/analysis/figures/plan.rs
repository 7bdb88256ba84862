//! Figures as they were printed.

use crate::error::{self, Result};
use serde::{Deserialize, Serialize};

/// What is to be checked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct FiguresPlan {
    /// Experiments.
    pub arms: Vec<ArmsGiven>,
    /// Wholes and their parts.
    pub sums: Vec<SumGiven>,
    /// Rates between stages.
    pub stages: Vec<RatioGiven>,
    /// Changes.
    pub changes: Vec<ChangeGiven>,
}

/// An experiment; the first arm is the control.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ArmsGiven {
    /// Of what.
    pub name: String,
    /// Its arms.
    pub arms: Vec<ArmGiven>,
    /// Planned share of each, in any unit; equal ones if not given.
    pub planned: Vec<f64>,
    /// Printed ratio of the second arm to the first.
    pub ratio: Option<String>,
    /// Printed growth, in percent.
    pub growth: Option<String>,
}

/// An arm.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ArmGiven {
    /// Its name.
    pub name: String,
    /// People.
    pub people: u64,
    /// Those who did it.
    pub did: Option<u64>,
    /// Printed share of all people, in percent.
    pub share: Option<String>,
    /// Printed interval, in percent.
    pub interval: Option<[String; 2]>,
}

/// A whole and its parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct SumGiven {
    /// Of what.
    pub name: String,
    /// The parts.
    pub parts: Vec<u64>,
    /// The whole; zeros at its end count as rounded.
    pub printed: u64,
}

/// A rate between stages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct RatioGiven {
    /// Of what.
    pub name: String,
    /// People in the stage before.
    pub from: u64,
    /// People in the stage.
    pub to: u64,
    /// Printed rate, in percent.
    pub printed: String,
    /// Whether the later people are those of the earlier who moved. If not, both are stocks.
    pub cohort: bool,
}

/// A change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ChangeGiven {
    /// Of what.
    pub name: String,
    /// Before, in percent.
    pub before: Option<f64>,
    /// After, in percent.
    pub after: Option<f64>,
    /// Printed change, in percent or points: `-11`.
    pub printed: String,
}

impl FiguresPlan {
    /// Refuses what cannot be checked, by name.
    pub fn check(&self) -> Result<()> {
        let did = |arm: &ArmGiven| arm.people > 0 && arm.did.is_none_or(|did| did <= arm.people);
        let planned = |of: &ArmsGiven| {
            of.planned.is_empty()
                || of.planned.len() == of.arms.len() && of.planned.iter().all(|p| *p > 0.0 && p.is_finite())
        };
        let arms = |of: &ArmsGiven| of.arms.len() > 1 && of.arms.iter().all(did) && planned(of);
        let some = [self.arms.len(), self.sums.len(), self.stages.len(), self.changes.len()];
        error::settings(&[
            ("figures", some.iter().any(|many| *many > 0)),
            ("figures.arms", self.arms.iter().all(arms)),
            ("figures.sums", self.sums.iter().all(|sum| sum.parts.len() > 1 && sum.printed > 0)),
            ("figures.stages", self.stages.iter().all(|stage| stage.from > 0)),
            ("figures.changes", self.changes.iter().all(|change| change.before != Some(0.0))),
        ])
    }
}
