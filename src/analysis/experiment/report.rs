//! What an experiment says.

use super::factorial::FactorialReport;
use super::observed::ObservedReport;
use super::plan::MetricKind;
use super::uplift::{PolicyReport, UpliftReport};
use crate::gate::Cells;
use crate::num::{Always, Interval, Resampled};
use serde::Serialize;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ExperimentReport {
    /// The last day that counts; empty where no row has a time.
    pub as_of: String,
    /// Whether people were put into arms by lot: if not, differences may be of who they are.
    pub randomised: bool,
    /// The arm that the others are held against.
    pub control: String,
    /// Arms by name.
    pub arms: Vec<ArmReport>,
    /// People in several arms, left out.
    pub several: u64,
    /// People of whom no arm is known, left out.
    pub none: u64,
    /// Whether the arms have the planned ratio.
    pub srm: Srm,
    /// People whose `days` are not all known yet: they count for the split, and for no metric that counts days.
    pub under_way: u64,
    /// What was measured.
    pub metrics: Vec<MetricReport>,
    /// The same by segment: by their numbers where all begin with one, else by their bytes.
    pub segments: Vec<SegmentReport>,
    /// Whether shares rise or fall over the segments, as of "0", "1", "2+" orders before: over all arms, from three segments
    /// on, where every one begins with a number of its own.
    pub trends: Vec<TrendReport>,
    /// Shares that did the first metric by the end of each day, by arm; empty where it or the assignment has no time.
    pub curve: Vec<CurvePoint>,
    /// What factors did; absent where none were named.
    pub factorial: Option<FactorialReport>,
    /// For whom an arm does more; absent where it was not asked for, or people were not put into arms by lot.
    pub uplift: Option<UpliftReport>,
    /// The best arm for each person; absent where uplift was asked of one arm, or as it is.
    pub policy: Option<PolicyReport>,
    /// Arms held against the control among those alike; absent where it was not asked for, or people were put into arms by lot.
    pub observed: Option<ObservedReport>,
    /// What was asked for and left out, and why.
    pub notes: Vec<Note>,
    /// Whether an arm and the control changed places on the way, both times beyond chance.
    pub crossing: bool,
}

/// What cannot be told where nobody knows since when people are in their arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "ExperimentNote"))]
#[serde(rename_all = "kebab-case")]
pub enum Note {
    /// A curve by days behind the assignment.
    CurveUntimed,
    /// Orders before the assignment: people are told apart by the named columns alone.
    OrdersUntimed,
}

/// An arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ArmReport {
    /// Its name.
    pub arm: String,
    /// People.
    pub people: u64,
    /// Of all in arms.
    pub share: f64,
    /// As planned.
    pub planned: f64,
}

/// The sample ratio against the planned one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Srm {
    /// χ².
    pub chi2: f64,
    /// Its tail.
    pub p: f64,
    /// Below 0.001: the split is broken.
    pub alarm: bool,
}

/// What may be said of an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "ArmVerdict"))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The split is broken.
    BrokenSplit,
    /// Fewer people than planned are there: looking now and again finds what is not there.
    TooEarly,
    /// Above the control beyond chance.
    Better,
    /// Below it.
    Worse,
    /// Not told apart.
    Open,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MetricReport {
    /// What it is called.
    pub name: String,
    /// How it is read.
    pub kind: MetricKind,
    /// Which quantile; of quantiles only.
    pub at: Option<f64>,
    /// By arm.
    pub arms: Vec<MetricArm>,
    /// People per arm that find the planned lift four times in five; absent where the control has nothing, or it is not known
    /// how much its people vary.
    pub needed: Option<u64>,
}

/// A metric in one arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MetricArm {
    /// Its name.
    pub arm: String,
    /// People.
    pub people: u64,
    /// People with any.
    pub positive: u64,
    /// Of a ratio: the sum that it is taken per, in the unit of the file.
    pub per: Option<f64>,
    /// Share, mean, ratio or quantile, in the unit of the file; absent for a ratio of nothing.
    pub value: Option<f64>,
    /// Its 95 % interval; not of means.
    pub interval: Option<Interval>,
    /// Against the control; absent for the control.
    pub lift: Option<Lift>,
}

/// An arm against the control.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Lift {
    /// This arm's value less the control's.
    pub difference: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Over the control's value; absent where that is zero.
    pub relative: Option<f64>,
    /// Its 95 % interval; not of means.
    pub relative_interval: Option<Interval>,
    /// t of means, z of others; absent where nothing can be tested.
    pub statistic: Option<f64>,
    /// Degrees of freedom of t.
    pub df: Option<f64>,
    /// Two-sided.
    pub p: Option<f64>,
    /// Over all arms of the metric, by Holm; over all segments by Benjamini–Hochberg. Of the p that holds at any look, if asked for.
    pub adjusted: Option<f64>,
    /// What holds however often one looks; absent where it was not asked for, or nothing varies.
    pub sequential: Option<Always>,
    /// What may be said.
    pub verdict: Verdict,
    /// Of means: the difference of values cut at their 99.9th percentile, with intervals by resampling, in the unit of
    /// the file.
    pub resampled: Option<Resampled>,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct SegmentReport {
    /// Its value; empty for none.
    pub segment: String,
    /// Metric by metric.
    pub metrics: Vec<MetricReport>,
}

/// A share over segments in their order (Cochran–Armitage).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TrendReport {
    /// The metric.
    pub metric: String,
    /// The first and the last segment.
    pub ends: (String, String),
    /// In standard errors: above zero where it rises.
    pub z: f64,
    /// Two-sided.
    pub p: f64,
}

/// A day of the curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "ArmPoint"))]
pub struct CurvePoint {
    /// Days behind the assignment.
    pub day: u32,
    /// Share by arm.
    pub shares: Vec<f64>,
}

impl Cells for ExperimentReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.arms.iter().for_each(|arm| visit(arm.people));
        let segments = self.segments.iter().flat_map(|segment| &segment.metrics);
        segments.flat_map(|metric| &metric.arms).for_each(|arm| visit(arm.people));
        let combinations =
            self.factorial.iter().flat_map(|of| of.metrics.iter().take(1)).flat_map(|of| &of.cells);
        combinations.for_each(|cell| visit(cell.people));
        let bands = self.uplift.iter().flat_map(|uplift| &uplift.bands);
        bands.flat_map(|band| [band.control, band.people]).for_each(&mut *visit);
        let chosen = self.policy.iter().flat_map(|policy| &policy.arms);
        chosen.flat_map(|arm| [arm.people, arm.recommended, arm.followed]).for_each(&mut *visit);
        let alike = self.observed.iter().flat_map(|observed| &observed.arms);
        alike.flat_map(|arm| arm.people.iter().chain(arm.overlap.iter().flatten())).for_each(|n| visit(*n));
    }
}
