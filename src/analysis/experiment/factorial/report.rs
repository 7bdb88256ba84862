//! What factors of an experiment did, alone and together.

use crate::analysis::experiment::plan::MetricKind;
use crate::num::Interval;
use serde::Serialize;

/// What factors did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FactorialReport {
    /// The factors.
    pub factors: Vec<Factor>,
    /// People in several arms or combinations, left out.
    pub several: u64,
    /// People without an arm or a level, left out.
    pub none: u64,
    /// Combinations of fewer than two people, by level of each factor: effects that need them are not known.
    pub empty: Vec<Vec<String>>,
    /// What was measured: shares and means.
    pub metrics: Vec<FactorialMetric>,
}

/// A factor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Factor {
    /// Its column.
    pub name: String,
    /// Its levels; differences are to the first.
    pub levels: Vec<String>,
}

/// A metric by combination, level and effect.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FactorialMetric {
    /// What it is called.
    pub name: String,
    /// How it is read.
    pub kind: MetricKind,
    /// Every combination, the last factor changing first.
    pub cells: Vec<FactorCell>,
    /// Every level of every factor: the mean of its combinations, each counting as much.
    pub levels: Vec<FactorLevel>,
    /// The effect of each factor, then of each two together.
    pub effects: Vec<FactorEffect>,
    /// Place of the combination with the highest value, of two people or more. The best of many was lucky, too: it looks
    /// better than it is.
    pub best: Option<u32>,
}

/// A combination of levels.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FactorCell {
    /// Level of each factor.
    pub levels: Vec<String>,
    /// People.
    pub people: u64,
    /// People with any.
    pub positive: u64,
    /// Share or mean, in the unit of the file; absent where nobody is.
    pub value: Option<f64>,
    /// Its 95 % interval: Wilson's of a share, Student's of a mean.
    pub interval: Option<Interval>,
}

/// A level of a factor.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FactorLevel {
    /// The factor.
    pub factor: String,
    /// The level.
    pub level: String,
    /// People.
    pub people: u64,
    /// Mean of its combinations; absent where one of them is not known.
    pub value: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
}

/// The effect of a factor, or of two together.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FactorEffect {
    /// The factor; or two, whose interaction it is: whether what one does depends on the other.
    pub factors: Vec<String>,
    /// The test; absent where a combination is not known, or nothing varies.
    pub test: Option<FactorTest>,
    /// Of two levels: the second less the first. Of two factors of two levels: how much more that difference of the one is at
    /// the second level of the other than at its first.
    pub size: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Whether the test is rough: a combination has fewer than five people with any, or of a share without.
    pub sparse: bool,
    /// What may be said.
    pub verdict: FactorVerdict,
}

/// Whether an effect is there.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FactorTest {
    /// Wald's χ².
    pub chi2: f64,
    /// Degrees of freedom.
    pub df: u32,
    /// Its tail.
    pub p: f64,
    /// Over the effects of the metric, by Holm.
    pub adjusted: f64,
}

/// What may be said of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum FactorVerdict {
    /// The split into arms is broken.
    BrokenSplit,
    /// Fewer people than planned are there.
    TooEarly,
    /// A combination is missing, or nothing varies.
    Unknown,
    /// Beyond chance.
    Found,
    /// Not told apart from none.
    Open,
}
