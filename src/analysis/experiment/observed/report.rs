//! What is said of arms that people were not put into by lot.

use super::fit::{self, Row};
use super::patterns::Patterns;
use crate::analysis::experiment::plan::{Metric, MetricKind};
use crate::num::{self, Interval, Z95};
use serde::Serialize;

/// Bars of the chances: those left out fill the first and the last.
const BARS: usize = 20;

/// Arms held against the control among those alike.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ObservedReport {
    /// Columns by which people are alike.
    pub columns: Vec<String>,
    /// Whether also by orders before.
    pub orders: bool,
    /// Arms but the control.
    pub arms: Vec<ObservedArm>,
}

/// An arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ObservedArm {
    /// Its name.
    pub arm: String,
    /// People of the control and of the arm.
    pub people: [u64; 2],
    /// Of them those left out: nobody of the other arm is like them (a chance outside of 0.05 to 0.95).
    pub outside: [u64; 2],
    /// By metric; empty where too few are left.
    pub effects: Vec<ObservedEffect>,
    /// People of the control and of the arm by their chance to be in the arm, in twentieths.
    pub overlap: Vec<[u64; 2]>,
    /// Whether the arms are alike, before and after weighting.
    pub balance: Vec<ObservedBin>,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ObservedEffect {
    /// What it is called.
    pub metric: String,
    /// How it is read.
    pub kind: MetricKind,
    /// As seen, of everyone: the arm's value less the control's.
    pub seen: f64,
    /// If everyone left were in the control, and in the arm.
    pub means: [f64; 2],
    /// The second less the first.
    pub difference: f64,
    /// Its 95 % interval; absent where an arm has fewer than ten people left for each value known before, or values do not vary.
    pub interval: Option<Interval>,
    /// Two-sided; absent as the interval is.
    pub p: Option<f64>,
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ObservedBin {
    /// Its column; empty for orders before.
    pub column: String,
    /// The value.
    pub value: String,
    /// The arm's share less the control's, in standard deviations (Austin 2009): of everyone. Absent where all of one arm have
    /// the value and none of the other.
    pub before: Option<f64>,
    /// Of those left, weighted to be alike. Beyond 0.1 they are not. Absent as before, and where nobody is left.
    pub after: Option<f64>,
}

pub(super) fn arm(
    name: &str,
    names: &[(String, String)],
    patterns: &Patterns,
    metrics: &[&Metric],
    units: &[f64],
) -> ObservedArm {
    let width = names.len() + 1;
    let all = fit::rows(patterns, width).unwrap_or_default();
    let kept: Vec<Row> = all.iter().filter(|row| row.kept()).cloned().collect();
    let count =
        |rows: &[Row]| [0, 1].map(|of: usize| rows.iter().map(|row| row.people[of]).sum::<f64>() as u64);
    let (people, left) = (count(&all), count(&kept));
    let enough = fit::enough(&kept);
    let effect = |(at, (metric, unit)): (usize, (&&Metric, &f64))| {
        let found = fit::effect(&kept, width, at)?;
        let mean = |of: usize| {
            let sum = all.iter().map(|row| row.moments[of][at].sum).sum::<i128>();
            sum as f64 / people[of] as f64 / unit
        };
        let means = found.means.map(|mean| mean / unit);
        let (difference, error) = (means[1] - means[0], found.error / unit);
        let told = error > 0.0 && enough;
        Some(ObservedEffect {
            metric: metric.name.clone(),
            kind: metric.kind,
            seen: mean(1) - mean(0),
            means,
            difference,
            interval: told
                .then_some(Interval { low: difference - Z95 * error, high: difference + Z95 * error }),
            p: told.then(|| num::normal_two_sided(difference / error)),
        })
    };
    ObservedArm {
        arm: name.into(),
        people,
        outside: [people[0] - left[0], people[1] - left[1]],
        effects: metrics.iter().zip(units).enumerate().filter_map(effect).collect(),
        overlap: overlap(&all),
        balance: balance(names, &all, &kept),
    }
}

fn overlap(all: &[Row]) -> Vec<[u64; 2]> {
    let mut bars = vec![[0; 2]; BARS];
    for row in all {
        let bar = &mut bars[((row.chance * BARS as f64) as usize).min(BARS - 1)];
        bar.iter_mut().zip(row.people).for_each(|(bar, people)| *bar += people as u64);
    }
    bars
}

/// Values that somebody has.
fn balance(names: &[(String, String)], all: &[Row], kept: &[Row]) -> Vec<ObservedBin> {
    let width = names.len() + 1;
    let before = [0, 1].map(|of| fit::shares(all, width, of, false));
    let after = [0, 1].map(|of| fit::shares(kept, width, of, true));
    let bin = |(place, (column, value)): (usize, &(String, String))| {
        let [control, arm] = [before[0][place], before[1][place]];
        let spread = num::sqrt((control * (1.0 - control) + arm * (1.0 - arm)) / 2.0);
        // All of one arm and none of the other: no spread to measure by.
        let apart = |of: &[Vec<f64>; 2]| match of[1][place] - of[0][place] {
            0.0 => Some(0.0),
            by => (spread > 0.0).then(|| by / spread),
        };
        let after = if kept.is_empty() { None } else { apart(&after) };
        let (column, value) = (column.clone(), value.clone());
        let bin = ObservedBin { column, value, before: apart(&before), after };
        (control + arm > 0.0).then_some(bin)
    };
    (1..).zip(names).filter_map(bin).collect()
}
