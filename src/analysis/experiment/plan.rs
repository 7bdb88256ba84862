//! What an experiment was planned to be.

use crate::error::{self, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How a metric is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum MetricKind {
    /// Who did it at all.
    #[default]
    Rate,
    /// How much per head, those with nothing counting as nothing.
    Mean,
    /// The sum of it over the sum of something else, as money per order.
    Ratio,
    /// What a share of people stays at or below, those with nothing counting as nothing: the median at one half.
    Quantile,
}

/// What a ratio is taken per.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "MetricPer"))]
#[serde(rename_all = "kebab-case")]
pub enum Per {
    /// Orders behind the assignment.
    Orders,
    /// Events of this name behind it.
    Event(String),
    /// A column of numbers of the assignment's file.
    Column(String),
}

/// Something that is measured of everyone in an arm. Without a column and an event it is their orders.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "MetricPlan"))]
#[serde(default, deny_unknown_fields)]
pub struct Metric {
    /// What it is called.
    pub name: String,
    /// How it is read.
    pub kind: MetricKind,
    /// Column of numbers of the assignment's file.
    pub column: Option<String>,
    /// Event behind the assignment.
    pub event: Option<String>,
    /// What a ratio is taken per; of a ratio only.
    pub per: Option<Per>,
    /// Which quantile, above 0 and below 1; of a quantile only. The median if not given.
    pub at: Option<f64>,
}

impl Metric {
    /// Whether it says what it is taken per, just where it is a ratio.
    fn divided(&self) -> bool {
        self.per.is_some() == (self.kind == MetricKind::Ratio)
    }
    /// Whether it says a quantile only where it is one, and one that there is.
    fn placed(&self) -> bool {
        self.at.is_none_or(|at| self.kind == MetricKind::Quantile && at > 0.0 && at < 1.0)
    }
}

/// An experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ExperimentPlan {
    /// The arm that the others are held against.
    pub control: String,
    /// Rows of the assignment that are meant, by values of its columns: one experiment of a file of several. All if not given.
    #[serde(rename = "where")]
    pub filter: BTreeMap<String, Vec<String>>,
    /// Planned share of each arm, in any unit; equal ones if not given.
    pub planned: BTreeMap<String, f64>,
    /// What is measured; whether people bought, and for how much, if not given.
    pub metrics: Vec<Metric>,
    /// Days behind the assignment that count; 0 for all.
    pub days: u32,
    /// Planned people per arm; before all arms have them no verdict is given. 0 for none.
    pub size: u64,
    /// Relative lift to plan for: 0.1 is ten percent. The report says how many people that takes.
    pub detect: f64,
    /// Column of the assignment's file whose values are looked at one by one.
    pub segments: Option<String>,
    /// Whether people were put into arms by lot.
    pub randomised: bool,
    /// Whether verdicts go by what holds however often one looks; then they are given before the planned size, too.
    pub sequential: bool,
    /// Two or three columns of labels of the assignment's file, of two to six values each, that are looked at as factors: what
    /// each does, and whether it depends on another. The arm may be one.
    pub factors: Vec<String>,
    /// For whom an arm does more.
    pub uplift: Option<UpliftPlan>,
    /// By what people are alike who were not put into arms by lot.
    pub adjust: Option<AdjustPlan>,
    /// Of the samples that intervals of means are drawn from.
    pub seed: u64,
}

/// By what people are held against people like them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct AdjustPlan {
    /// Columns of labels of the assignment's file that are known before.
    pub columns: Vec<String>,
    /// Whether how often people bought before the assignment counts, too.
    pub orders: bool,
}

/// Uplift by person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct UpliftPlan {
    /// The arm that is held against the control; if empty, the best one is chosen for each person.
    pub arm: String,
    /// Which metric; the first if empty.
    pub metric: String,
    /// Columns of labels of the assignment's file that are known before.
    pub columns: Vec<String>,
    /// Whether how often people bought before the assignment counts, too.
    pub orders: bool,
    /// People whose weight pulls every value to none: the more, the less a value of few people says.
    pub shrink: f64,
}

impl Default for UpliftPlan {
    fn default() -> Self {
        UpliftPlan {
            arm: String::new(),
            metric: String::new(),
            columns: vec![],
            orders: false,
            shrink: 200.0,
        }
    }
}

impl Default for ExperimentPlan {
    fn default() -> Self {
        let (filter, planned, metrics, segments) = Default::default();
        let control = "control".into();
        ExperimentPlan {
            control,
            filter,
            planned,
            metrics,
            days: 0,
            size: 0,
            detect: 0.1,
            segments,
            randomised: true,
            sequential: false,
            factors: vec![],
            uplift: None,
            adjust: None,
            seed: 1,
        }
    }
}

fn distinct(names: &[String]) -> bool {
    names.iter().collect::<BTreeSet<_>>().len() == names.len()
}

impl ExperimentPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        error::settings(&[
            ("experiment.planned", self.planned.values().all(|share| *share > 0.0 && share.is_finite())),
            ("experiment.metrics", self.metrics.iter().all(|metric| !metric.name.is_empty())),
            ("experiment.metrics.per", self.metrics.iter().all(Metric::divided)),
            ("experiment.metrics.at", self.metrics.iter().all(Metric::placed)),
            ("experiment.detect", self.detect > 0.0 && self.detect <= 10.0),
            ("experiment.days", self.days <= 3_650),
            ("experiment.factors", matches!(self.factors.len(), 0 | 2 | 3) && distinct(&self.factors)),
            ("experiment.uplift.columns", self.uplift.iter().all(|of| distinct(&of.columns))),
            ("experiment.adjust.columns", self.adjust.iter().all(|of| distinct(&of.columns))),
            ("experiment.uplift.shrink", self.uplift.iter().all(|of| of.shrink > 0.0 && of.shrink <= 1e9)),
        ])
    }
}
