//! Student's t, and Welch's comparison of two means.

use super::interval::Interval;
use super::normal::normal_quantile;
use super::special::beta_share;
use super::sqrt;
use serde::{Deserialize, Serialize};

/// P(|T| ≥ |t|) with `df` degrees of freedom.
pub fn t_two_sided(t: f64, df: f64) -> f64 {
    beta_share(df / 2.0, 0.5, df / (df + t * t))
}

/// The t with P(|T| ≥ t) = `p`: bisection, to the last bits.
pub fn t_quantile_two_sided(p: f64, df: f64) -> f64 {
    let (mut low, mut high) = (0.0, normal_quantile(1.0 - p / 2.0).max(1.0));
    while t_two_sided(high, df) > p && high < 1e18 {
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if t_two_sided(middle, df) > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// What is known of the values of a group: how many, their sum, the sum of their squares, in whole units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moments {
    /// Values.
    pub n: u64,
    /// Σx.
    pub sum: i128,
    /// Σx².
    pub squares: i128,
}

impl Moments {
    /// Sees a value.
    pub fn add(&mut self, value: i64) {
        self.n += 1;
        self.sum += i128::from(value);
        self.squares += i128::from(value) * i128::from(value);
    }
    /// Adds what another group saw.
    pub fn merge(&mut self, other: Moments) {
        (self.n, self.sum, self.squares) =
            (self.n + other.n, self.sum + other.sum, self.squares + other.squares);
    }
    /// The mean; 0 of nothing.
    pub fn mean(&self) -> f64 {
        if self.n == 0 { 0.0 } else { self.sum as f64 / self.n as f64 }
    }
    /// The unbiased variance: exact until the division.
    pub fn variance(&self) -> f64 {
        let n = i128::from(self.n);
        let top = n * self.squares - self.sum * self.sum;
        if self.n < 2 { 0.0 } else { top as f64 / (n as f64 * (n - 1) as f64) }
    }
}

/// Student's 95 % interval of a mean (Biometrika 6, 1908). Nothing of fewer than two values.
pub fn mean_interval(of: &Moments) -> Option<Interval> {
    let half = || t_quantile_two_sided(0.05, (of.n - 1) as f64) * sqrt(of.variance() / of.n as f64);
    (of.n > 1).then(half).map(|half| Interval { low: of.mean() - half, high: of.mean() + half })
}

/// Welch's comparison of two means.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Welch {
    /// Second mean less the first.
    pub difference: f64,
    /// Its 95 % interval.
    pub interval: Interval,
    /// In standard errors.
    pub t: f64,
    /// Degrees of freedom, Satterthwaite's.
    pub df: f64,
    /// Two-sided.
    pub p: f64,
}

/// Welch's test that two means are equal (Biometrika 34, 1947; F10). Nothing where a group has fewer than two values or
/// nothing varies.
pub fn welch(first: &Moments, second: &Moments) -> Option<Welch> {
    let part = |m: &Moments| m.variance() / m.n as f64;
    if first.n < 2 || second.n < 2 || part(first) + part(second) <= 0.0 {
        return None;
    }
    let (a, b) = (part(first), part(second));
    let df = (a + b) * (a + b) / (a * a / (first.n - 1) as f64 + b * b / (second.n - 1) as f64);
    let (difference, error) = (second.mean() - first.mean(), sqrt(a + b));
    let half = t_quantile_two_sided(0.05, df) * error;
    let interval = Interval { low: difference - half, high: difference + half };
    let t = difference / error;
    Some(Welch { difference, interval, t, df, p: t_two_sided(t, df) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_tables() {
        // Two-sided 5 % points: 12.706 (1), 4.303 (2), 2.228 (10), 1.98 (120), 1.96 (∞).
        for (df, want) in [(1.0, 12.7062), (2.0, 4.3027), (10.0, 2.2281), (120.0, 1.9799), (1e7, 1.96)] {
            assert!((t_quantile_two_sided(0.05, df) - want).abs() < 5e-5, "{df}");
        }
        // One degree of freedom is Cauchy's: P(|T| ≥ 1) = 1/2.
        assert!((t_two_sided(1.0, 1.0) - 0.5).abs() < 1e-14);
        assert!((t_two_sided(0.0, 5.0) - 1.0).abs() < 1e-14);
    }

    #[test]
    fn welch_by_hand() {
        let group = |values: &[i64]| {
            let mut m = Moments::default();
            values.iter().for_each(|v| m.add(*v));
            m
        };
        // scipy 1.17.1 stats.ttest_ind([1,2,3,4,5], [2,4,6,8,10,12], equal_var=False): t = 2.3763541, p = 0.0492843.
        let found = welch(&group(&[1, 2, 3, 4, 5]), &group(&[2, 4, 6, 8, 10, 12])).unwrap();
        assert!(
            (found.t - 2.376_354_103).abs() < 1e-8 && (found.p - 0.049_284_338).abs() < 1e-8,
            "{found:?}"
        );
        assert!(found.interval.holds(found.difference));
        assert_eq!(welch(&group(&[5, 5]), &group(&[5, 5])), None);
        assert_eq!(welch(&group(&[5]), &group(&[1, 2, 3])), None);
    }
}
