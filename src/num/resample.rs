//! The difference of two means by resampling: for money, of which few have much.

use super::interval::Interval;
use super::normal::normal_quantile;
use super::{exp, sqrt};
use serde::Serialize;
use std::collections::BTreeMap;

/// Samples that are drawn.
const SAMPLES: usize = 2_000;
/// Above this many equal values the Poisson distribution is taken as normal.
const MANY: u64 = 32;
/// Larger groups are drawn as so many parts, by lot of about equal size: 2,000 samples of 2,048 parts, however many people.
const PARTS: usize = 2_048;

/// Means of values cut at their common 99.9th percentile, and intervals from resampling.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Resampled {
    /// Values above this count as this; in the unit they were counted in.
    pub cut: i64,
    /// Second mean less the first, of values cut so.
    pub difference: f64,
    /// Its 95 % interval: percentiles of the samples.
    pub interval: Interval,
    /// That of the relative difference; absent where a sample of the first had nothing.
    pub relative: Option<Interval>,
}

/// Numbers in (0, 1) from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((x ^ (x >> 31)) >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }
    /// How often values that stood there `count` times are drawn: Poisson, by inversion.
    fn draw(&mut self, count: u64, none: f64) -> f64 {
        let (roll, mean) = (self.roll(), count as f64);
        if count > MANY {
            return libm::round(mean + sqrt(mean) * normal_quantile(roll)).max(0.0);
        }
        let (mut drawn, mut chance, mut below) = (0.0, none, none);
        while below < roll && drawn < 200.0 {
            drawn += 1.0;
            chance *= mean / drawn;
            below += chance;
        }
        drawn
    }
}

/// Values that are drawn together: their sum, how many they are, how many such there are, and the chance that none is drawn.
struct Part {
    sum: f64,
    values: f64,
    count: u64,
    none: f64,
}

/// What is drawn of a group: every different value, or parts of it where these are fewer.
fn group(values: &BTreeMap<i64, u64>, cut: i64, dice: &mut Dice) -> Vec<Part> {
    let mut merged: BTreeMap<i64, u64> = BTreeMap::new();
    values.iter().for_each(|(value, count)| *merged.entry(*value.min(&cut)).or_default() += count);
    if merged.len() <= PARTS {
        let part = |(value, count): (i64, u64)| Part {
            sum: value as f64,
            values: 1.0,
            count,
            none: exp(-(count as f64)),
        };
        return merged.into_iter().map(part).collect();
    }
    let none = exp(-1.0);
    let mut parts: Vec<Part> = (0..PARTS).map(|_| Part { sum: 0.0, values: 0.0, count: 1, none }).collect();
    for (value, count) in merged {
        for _ in 0..count {
            let part = &mut parts[(dice.roll() * PARTS as f64) as usize];
            (part.sum, part.values) = (part.sum + value as f64, part.values + 1.0);
        }
    }
    parts
}

fn mean(group: &[Part], mut draw: impl FnMut(&Part) -> f64) -> f64 {
    let (mut sum, mut all) = (0.0, 0.0);
    for part in group {
        let drawn = draw(part);
        sum += part.sum * drawn;
        all += part.values * drawn;
    }
    if all > 0.0 { sum / all } else { 0.0 }
}

/// Compares two groups of counted values: 2,000 samples by the Poisson bootstrap, of large groups by their parts (Chamandy and
/// others, "Estimating uncertainty for massive data streams", 2012; F10), of values cut at the 99.9th percentile of both.
/// Nothing where a group is empty.
pub fn resampled(first: &BTreeMap<i64, u64>, second: &BTreeMap<i64, u64>, seed: u64) -> Option<Resampled> {
    let mut both = first.clone();
    second.iter().for_each(|(value, count)| *both.entry(*value).or_default() += count);
    let all: u64 = both.values().sum();
    let (rank, mut below) = (all - all / 1_000, 0);
    let cut = *both
        .iter()
        .find(|(_, count)| {
            below += **count;
            rank <= below
        })?
        .0;
    let mut dice = Dice(seed);
    let groups = [first, second].map(|values| group(values, cut, &mut dice));
    if groups.iter().any(Vec::is_empty) {
        return None;
    }
    let plain = |part: &Part| part.count as f64;
    let difference = mean(&groups[1], plain) - mean(&groups[0], plain);
    let samples = (0..SAMPLES).map(|_| {
        let [a, b] = [0, 1].map(|at| mean(&groups[at], |part| dice.draw(part.count, part.none)));
        [b - a, if a > 0.0 { b / a - 1.0 } else { f64::INFINITY }]
    });
    let samples: Vec<[f64; 2]> = samples.collect();
    let ends = |at: usize| {
        let mut sorted: Vec<f64> = samples.iter().map(|sample| sample[at]).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Interval { low: sorted[SAMPLES / 40 - 1], high: sorted[SAMPLES - SAMPLES / 40] }
    };
    let relative = Some(ends(1)).filter(|ends| ends.high.is_finite());
    Some(Resampled { cut, difference, interval: ends(0), relative })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{Moments, welch};

    fn moments(values: &BTreeMap<i64, u64>) -> Moments {
        let mut all = Moments::default();
        values.iter().for_each(|(value, count)| (0..*count).for_each(|_| all.add(*value)));
        all
    }

    #[test]
    fn of_many_even_values_it_is_welchs() {
        let first: BTreeMap<i64, u64> = (0..400).map(|v| (v, 1 + (v as u64 % 60))).collect();
        let second: BTreeMap<i64, u64> = (10..420).map(|v| (v, 1 + (v as u64 % 50))).collect();
        let found = resampled(&first, &second, 7).expect("two groups");
        let want = welch(&moments(&first), &moments(&second)).expect("two groups").interval;
        let width = want.high - want.low;
        assert!((found.interval.low - want.low).abs() < 0.06 * width, "{found:?} {want:?}");
        assert!((found.interval.high - want.high).abs() < 0.06 * width, "{found:?} {want:?}");
        assert_eq!(resampled(&first, &second, 7), Some(found), "the same seed");
        assert_ne!(resampled(&first, &second, 8), Some(found), "another");
    }

    #[test]
    fn parts_of_a_large_group_say_what_all_its_values_say() {
        // As many different values as people: 20,000 on each side.
        let spread =
            |from: u64| (0..20_000u64).map(|i| ((from + i * i * 7_919 % 1_000_003) as i64, 1)).collect();
        let (first, second): (BTreeMap<i64, u64>, BTreeMap<i64, u64>) = (spread(0), spread(9_000));
        assert!(first.len() > PARTS);
        let found = resampled(&first, &second, 3).expect("two groups");
        let want = welch(&moments(&first), &moments(&second)).expect("two groups").interval;
        let width = want.high - want.low;
        assert!((found.interval.low - want.low).abs() < 0.06 * width, "{found:?} {want:?}");
        assert!((found.interval.high - want.high).abs() < 0.06 * width, "{found:?} {want:?}");
    }

    #[test]
    fn control_one_huge_value_does_not_decide() {
        let first = BTreeMap::from([(0, 4_000), (100, 1_000)]);
        let second = BTreeMap::from([(0, 4_000), (100, 999), (50_000_000, 1)]);
        let found = resampled(&first, &second, 1).expect("two groups");
        assert_eq!(found.cut, 100);
        assert!(found.interval.holds(0.0) && found.difference.abs() < 1e-9, "{found:?}");
        assert!(found.relative.is_some_and(|ends| ends.holds(0.0)));
        assert_eq!(resampled(&first, &BTreeMap::new(), 1), None);
        assert_eq!(resampled(&BTreeMap::new(), &BTreeMap::new(), 1), None);
    }
}
