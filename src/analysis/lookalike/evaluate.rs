//! What the scores are worth, all from one exact count of scores (F5, F6).

use super::score::{Histogram, LIMIT, logit};
use super::{CurvePoint, Figure, Floor, HistogramStep, Verdict};
use crate::num;
use std::collections::BTreeMap;

/// Tops of everyone that figures are given for.
const TOPS: [(&str, f64); 3] = [("1%", 0.01), ("5%", 0.05), ("10%", 0.1)];
/// Smallest seeds of destinations (F6).
const FLOORS: [(u64, &str); 5] = [
    (25, "AWS Clean Rooms ML"),
    (100, "Meta"),
    (500, "Amazon Marketing Cloud"),
    (1_000, "TikTok, PAIR"),
    (2_000, "腾讯 Tencent"),
];
const STEPS: usize = 40;

/// A figure at each top.
pub fn tops<T>(figure: &dyn Fn(f64) -> T) -> BTreeMap<String, T> {
    let mut all = BTreeMap::new();
    TOPS.iter().for_each(|&(top, share)| drop(all.insert(top.to_string(), figure(share))));
    all
}

/// Area under the ROC curve, and its interval.
pub fn auc(scores: &Histogram) -> (f64, (f64, f64)) {
    let auc = num::auc_from_histogram(&scores.seed, &scores.rest);
    let interval = num::auc_interval(auc, scores.seed.iter().sum(), scores.rest.iter().sum());
    (auc, (interval.low, interval.high))
}

/// Lift at the top of everyone.
pub fn lift(scores: &Histogram, share: f64) -> Figure {
    let top = num::gain_at(&scores.seed, &scores.rest, share);
    Figure { value: top.lift, low: top.lift_interval.low, high: top.lift_interval.high }
}

/// 101 points from nobody to everyone. The first, of nobody, has the density of the second.
pub fn curve(scores: &Histogram, people: u64) -> Vec<CurvePoint> {
    let point = |percent: u32| {
        let top = num::gain_at(&scores.seed, &scores.rest, f64::from(percent.max(1)) / 100.0);
        CurvePoint {
            reach: f64::from(percent),
            people: (people * u64::from(percent) + 50) / 100,
            gain: if percent == 0 { 0.0 } else { top.gain },
            lift: top.lift,
            precision: top.precision,
        }
    };
    (0..=100).map(point).collect()
}

/// Forty equal steps between the lowest and the highest score there is.
pub fn steps(scores: &Histogram) -> Vec<HistogramStep> {
    let used = |i: &usize| scores.seed[*i] + scores.rest[*i] > 0;
    let (Some(low), Some(high)) = ((0..scores.seed.len()).find(used), (0..scores.seed.len()).rfind(used))
    else {
        return Vec::new();
    };
    let edge = |step: usize| low + (high + 1 - low) * step / STEPS;
    let one = |step: usize| {
        let bins = edge(step)..edge(step + 1);
        HistogramStep {
            from: num::logistic(logit(edge(step) as i32 - LIMIT)),
            seed: scores.seed[bins.clone()].iter().sum(),
            rest: scores.rest[bins].iter().sum(),
        }
    };
    (0..STEPS).map(one).collect()
}

/// Red if the AUC may be chance, amber if the top-decile lift is known to worse than ±25 %, else green.
pub fn verdict(auc_low: f64, top_decile: Figure, seed: u64) -> Verdict {
    let wide = top_decile.high - top_decile.low > 0.5 * top_decile.value;
    let (light, code) = match () {
        () if auc_low <= 0.5 => ("red", "auc-uncertain"),
        () if wide => ("amber", "lift-uncertain"),
        () => ("green", "enough"),
    };
    let floor = |&(people, who): &(u64, &str)| Floor { people, who: who.into(), reached: seed >= people };
    Verdict { light: light.into(), code: code.into(), top_decile, floors: FLOORS.iter().map(floor).collect() }
}
