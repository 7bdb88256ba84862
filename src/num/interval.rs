//! Intervals at 95 %, and the test of two proportions (`formulas.md` F3, F5, F10).
//!
//! Counts come as `f64`, since a cut through ties gives parts of people.

use serde::{Deserialize, Serialize};

use super::normal::{Z95, normal_two_sided};
use super::{exp, ln, sqrt};

/// A 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Both ends times a positive factor.
    pub fn scaled(self, factor: f64) -> Interval {
        Interval { low: self.low * factor, high: self.high * factor }
    }

    /// Whether it holds `x`, its ends included.
    pub fn holds(self, x: f64) -> bool {
        self.low <= x && x <= self.high
    }

    /// exp(centre ± z · se).
    fn of_log(centre: f64, variance: f64) -> Interval {
        let half = Z95 * sqrt(variance.max(0.0));
        Interval { low: exp(centre - half), high: exp(centre + half) }
    }
}

/// Wilson's score interval of a proportion `x / n` (JASA 22, 1927); nothing is known of none.
pub fn wilson(x: f64, n: f64) -> Interval {
    if n <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (p, z2) = (x / n, Z95 * Z95);
    let centre = p + z2 / (2.0 * n);
    let half = Z95 * sqrt((p * (1.0 - p)).max(0.0) / n + z2 / (4.0 * n * n));
    let scale = 1.0 + z2 / n;
    Interval { low: ((centre - half) / scale).max(0.0), high: ((centre + half) / scale).min(1.0) }
}

/// How many of how many did something.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Rate {
    /// How many did.
    pub did: u64,
    /// Of how many.
    pub of: u64,
    /// Their share.
    pub rate: f64,
    /// Wilson's 95 % interval.
    pub interval: Interval,
}

impl Rate {
    /// The share of these; there is none of nobody.
    pub fn of(did: u64, of: u64) -> Option<Rate> {
        let (x, n) = (did as f64, of as f64);
        (of > 0).then(|| Rate { did, of, rate: x / n, interval: wilson(x, n) })
    }
}

/// The interval of the rate ratio (x₁/n₁)/(x₀/n₀), on the log scale (F5). Absent where a count is zero.
pub fn rate_ratio_interval(x1: f64, n1: f64, x0: f64, n0: f64) -> Option<Interval> {
    if x1 <= 0.0 || x0 <= 0.0 {
        return None;
    }
    let centre = ln((x1 / n1) / (x0 / n0));
    Some(Interval::of_log(centre, 1.0 / x1 - 1.0 / n1 + 1.0 / x0 - 1.0 / n0))
}

/// A target-group index: 100 where a tag is as common in the crowd as in the base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Tgi {
    /// The index; absent where the crowd is empty or the base has nobody with the tag.
    pub tgi: Option<f64>,
    /// Its interval; absent also where the crowd has nobody with the tag.
    pub interval: Option<Interval>,
}

/// TGI of a tag that `a` of the `n` people in the crowd and `base_a` of the `base_n` in the base have (F3).
/// Crowd and base count as independent: on the safe side where the base holds the crowd.
pub fn tgi(a: u64, n: u64, base_a: u64, base_n: u64) -> Tgi {
    let [a, n, base_a, base_n] = [a, n, base_a, base_n].map(|count| count as f64);
    let defined = n > 0.0 && base_a > 0.0;
    Tgi {
        tgi: defined.then(|| 100.0 * (a / n) / (base_a / base_n)),
        interval: rate_ratio_interval(a, n, base_a, base_n)
            .filter(|_| defined)
            .map(|ratio| ratio.scaled(100.0)),
    }
}

/// The interval of the difference x₂/n₂ − x₁/n₁: Newcombe's hybrid score (Statistics in Medicine 17, 1998,
/// method 10; F10).
pub fn newcombe(x1: f64, n1: f64, x2: f64, n2: f64) -> Interval {
    let (p1, p2) = (share(x1, n1), share(x2, n2));
    let (w1, w2) = (wilson(x1, n1), wilson(x2, n2));
    let norm = |a: f64, b: f64| sqrt(a * a + b * b);
    Interval {
        low: p2 - p1 - norm(p2 - w2.low, w1.high - p1),
        high: p2 - p1 + norm(w2.high - p2, p1 - w1.low),
    }
}

fn share(x: f64, n: f64) -> f64 {
    if n > 0.0 { x / n } else { 0.0 }
}

/// The test of two proportions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TwoProportions {
    /// How many standard errors x₂/n₂ stands above x₁/n₁.
    pub z: f64,
    /// The chance of as much or more if both were equal, two-sided.
    pub p: f64,
}

/// The pooled z-test of x₁/n₁ against x₂/n₂ (F10). Where both are nobody or both everyone, there is no
/// difference: z = 0, p = 1.
pub fn two_proportions(x1: f64, n1: f64, x2: f64, n2: f64) -> TwoProportions {
    let pooled = share(x1 + x2, n1 + n2);
    let variance = pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2);
    if n1 <= 0.0 || n2 <= 0.0 || variance <= 0.0 {
        return TwoProportions { z: 0.0, p: 1.0 };
    }
    let z = (x2 / n2 - x1 / n1) / sqrt(variance);
    TwoProportions { z, p: normal_two_sided(z) }
}

/// The interval of the lift of a top share of the ranking that holds `positives` of `all_positives`: Wilson's
/// of the gain, over the share (F6).
pub fn lift_interval(positives: f64, all_positives: f64, share: f64) -> Interval {
    wilson(positives, all_positives).scaled(1.0 / share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn near(got: f64, want: f64, unit: f64) {
        assert!((got - want).abs() <= 0.5001 * unit, "{got} is not {want}");
    }

    fn spans(got: Interval, low: f64, high: f64, unit: f64) {
        near(got.low, low, unit);
        near(got.high, high, unit);
    }

    #[test]
    fn f3_tgi() {
        let small = tgi(89, 1_000, 66_000, 1_000_000);
        near(small.tgi.unwrap(), 134.85, 0.01);
        spans(small.interval.unwrap(), 110.6, 164.4, 0.1);
        spans(tgi(890, 10_000, 66_000, 1_000_000).interval.unwrap(), 126.6, 143.6, 0.1);
        assert_eq!(tgi(0, 10, 5, 100), Tgi { tgi: Some(0.0), interval: None });
        assert_eq!(tgi(0, 10, 0, 100), Tgi::default());
        assert_eq!(tgi(0, 0, 5, 100), Tgi::default());
        assert_eq!(tgi(10, 10, 100, 100).interval, Some(Interval { low: 100.0, high: 100.0 }));
    }

    #[test]
    fn f5_tiers_against_a_control_of_ten_leads() {
        for (leads, low, high) in [(280.0, 14.9, 52.6), (30.0, 1.5, 6.1), (27.0, 1.3, 5.6)] {
            spans(rate_ratio_interval(leads, 1e5, 10.0, 1e5).unwrap(), low, high, 0.1);
        }
        assert_eq!(rate_ratio_interval(0.0, 10.0, 5.0, 10.0), None);
    }

    #[test]
    fn f6_top_decile_lift_of_three() {
        let table =
            [(25.0, 1.6, 5.0), (100.0, 2.2, 4.0), (500.0, 2.6, 3.4), (1000.0, 2.7, 3.3), (5000.0, 2.9, 3.1)];
        for (n, low, high) in table {
            spans(lift_interval(0.3 * n, n, 0.1), low, high, 0.1);
        }
    }

    /// Arms, z and its unit, Newcombe in percent, and the relative lift's interval in percent.
    type Arm = ([f64; 4], f64, [f64; 3], [f64; 3]);

    #[test]
    fn f10_arms() {
        let table: [Arm; 3] = [
            ([500.0, 10_000.0, 570.0, 10_000.0], 2.1996, [0.0761, 1.3250, 1e-4], [1.43, 28.13, 0.01]),
            ([6.0, 3034.0, 50.0, 2931.0], 6.038, [1.037, 2.055, 1e-3], [270.0, 1909.0, 1.0]),
            ([6.0, 3034.0, 30.0, 3033.0], 4.013, [0.415, 1.224, 1e-3], [108.0, 1100.0, 1.0]),
        ];
        for ([x1, n1, x2, n2], z, [low, high, unit], [rel_low, rel_high, rel_unit]) in table {
            near(two_proportions(x1, n1, x2, n2).z, z, 1e-3);
            spans(newcombe(x1, n1, x2, n2).scaled(100.0), low, high, unit);
            let ratio = rate_ratio_interval(x2, n2, x1, n1).unwrap();
            near(100.0 * (ratio.low - 1.0), rel_low, rel_unit);
            near(100.0 * (ratio.high - 1.0), rel_high, rel_unit);
        }
        near(two_proportions(500.0, 1e4, 570.0, 1e4).z, 2.1996, 1e-4);
        near(two_proportions(500.0, 1e4, 570.0, 1e4).p, 0.0278, 1e-4);
        let last = two_proportions(50.0, 2931.0, 30.0, 3033.0);
        near(last.z, -2.406, 1e-3);
        near(last.p, 0.0161, 1e-4);
        spans(newcombe(50.0, 2931.0, 30.0, 3033.0).scaled(100.0), -1.329, -0.131, 1e-3);
        assert_eq!(two_proportions(0.0, 5.0, 0.0, 5.0), TwoProportions { z: 0.0, p: 1.0 });
        assert_eq!(two_proportions(0.0, 0.0, 3.0, 5.0).p, 1.0);
    }

    proptest! {
        #[test]
        fn wilson_holds_the_share(n in 1u32..100_000, part in 0.0f64..=1.0) {
            let x = (f64::from(n) * part).round();
            let got = wilson(x, f64::from(n));
            prop_assert!(0.0 <= got.low && got.high <= 1.0);
            let share = x / f64::from(n);
            prop_assert!(got.low <= share + 1e-12 && share - 1e-12 <= got.high);
        }
    }
}
