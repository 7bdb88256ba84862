//! What is known of a number with a standard error, and how two of them compare: ratios of sums, and quantiles.

use super::interval::Interval;
use super::normal::{Z95, normal_quantile, normal_two_sided};
use super::special::beta_share;
use super::student::Moments;
use super::{exp, ln, sqrt};
use std::collections::BTreeMap;

/// A number estimated from the people of a group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Its standard error; absent where it is not known how far the number may be off.
    pub error: Option<f64>,
    /// That of its logarithm; absent where it may be zero or less.
    pub log_error: Option<f64>,
}

impl Estimate {
    /// Times a positive factor.
    pub fn scaled(self, factor: f64) -> Estimate {
        let interval = self.interval.map(|of| of.scaled(factor));
        Estimate { value: self.value * factor, interval, error: self.error.map(|e| e * factor), ..self }
    }
}

/// A second estimate against a first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apart {
    /// 95 % interval of the second less the first.
    pub interval: Interval,
    /// Variance of that difference.
    pub variance: f64,
    /// The difference in standard errors.
    pub z: f64,
    /// Two-sided.
    pub p: f64,
    /// 95 % interval of the second over the first, on the log scale; absent where one of them may be zero or less.
    pub ratio: Option<Interval>,
}

/// Compares two estimates of different people. Nothing where an error is not known, or nothing varies.
pub fn apart(first: &Estimate, second: &Estimate) -> Option<Apart> {
    let (a, b) = (first.error?, second.error?);
    let variance = a * a + b * b;
    if variance <= 0.0 {
        return None;
    }
    let (difference, half) = (second.value - first.value, Z95 * sqrt(variance));
    let z = difference / sqrt(variance);
    let ratio = first.log_error.zip(second.log_error).map(|(a, b)| {
        let (centre, half) = (ln(second.value / first.value), Z95 * sqrt(a * a + b * b));
        Interval { low: exp(centre - half), high: exp(centre + half) }
    });
    let interval = Interval { low: difference - half, high: difference + half };
    Some(Apart { interval, variance, z, p: normal_two_sided(z), ratio })
}

/// Above this z²·var/mean² of the denominator a ratio is too far from straight for the delta method (`formulas.md` F10).
const CURVED: f64 = 0.05;

/// The sum of one thing over the sum of another, each person having both: `cross` is Σxy. The delta method over people
/// (Deng, Knoblich, Lu, "Applying the Delta Method in Metric Analytics", KDD 2018): var(R) = Σ(x − Ry)²/(n − 1)/(n·ȳ²).
/// Nothing where there is nothing to divide by; no error where few people have a denominator, or nothing varies.
pub fn ratio(over: &Moments, under: &Moments, cross: i128) -> Option<Estimate> {
    if under.sum <= 0 {
        return None;
    }
    let (n, below) = (under.n as f64, under.sum as f64);
    let value = over.sum as f64 / below;
    let parts = [over.squares as f64, value * value * under.squares as f64];
    let left = parts[0] - 2.0 * value * cross as f64 + parts[1];
    // What is left of equal ratios is rounding.
    let straight = Z95 * Z95 * under.variance() * n < CURVED * below * below;
    let known = under.n > 1 && straight && left > 1e-12 * (parts[0] + parts[1]);
    let error = known.then(|| sqrt(left * n / (n - 1.0)) / below);
    let interval = error.map(|e| Interval { low: value - Z95 * e, high: value + Z95 * e });
    let log_error = error.filter(|_| value > 0.0).map(|e| e / value);
    Some(Estimate { value, interval, error, log_error })
}

/// Values between the ranks of a quantile's interval that it takes for an error. Two samples of rounded normal values, of which
/// nothing differs, are told apart in 13 % of cases with two such values and in 8 % with three, in 5 to 6 % from five on.
const DIFFERENT: usize = 5;

/// The quantile of counted values at a share. Its interval is that of order statistics, whatever the distribution: their
/// ranks hold the quantile but for at most 2.5 % on either side, by the binomial distribution. Its standard error is their
/// distance over that of the normal distribution with the same tails (McKean and Schrader, Communications in Statistics
/// B 13, 1984, with the exact tails of Price and Bonett, Journal of Statistical Computation and Simulation 68, 2001; ratios on
/// the log scale as in theirs, 72, 2002). Nothing of nobody; no error where people are too few, or fewer than [`DIFFERENT`]
/// values lie between those ranks: of counts as 0, 1, 2 the distance of two steps says nothing of how sure a median is.
pub fn quantile(counts: &BTreeMap<i64, u64>, at: f64) -> Option<Estimate> {
    let n: u64 = counts.values().sum();
    let value = middle(counts, n, at)?;
    let Some((ranks, tails)) = ranks(n, at) else {
        return Some(Estimate { value, interval: None, error: None, log_error: None });
    };
    let [low, high] = [ranked(counts, ranks[0])?, ranked(counts, ranks[1])?];
    let width: f64 = tails.iter().map(|tail| -normal_quantile(*tail)).sum();
    let different = counts.range(low as i64..=high as i64).filter(|(_, people)| **people > 0).count();
    let error = (different >= DIFFERENT).then(|| (high - low) / width);
    let log_error = error.filter(|_| low > 0.0).map(|_| ln(high / low) / width);
    Some(Estimate { value, interval: Some(Interval { low, high }), error, log_error })
}

/// The order statistic at a share, or the middle of two where it lies between them.
fn middle(counts: &BTreeMap<i64, u64>, n: u64, at: f64) -> Option<f64> {
    let place = at * n as f64;
    let whole = libm::round(place);
    let between = (place - whole).abs() < 1e-9 * (1.0 + place);
    let rank = if between { whole } else { libm::ceil(place) } as u64;
    let first = ranked(counts, rank.clamp(1, n.max(1)))?;
    Some(if between && rank >= 1 && rank < n { 0.5 * (first + ranked(counts, rank + 1)?) } else { first })
}

/// The value of a rank, from 1.
fn ranked(counts: &BTreeMap<i64, u64>, rank: u64) -> Option<f64> {
    let mut below = 0;
    counts.iter().find_map(|(value, count)| {
        below += count;
        (rank <= below).then_some(*value as f64)
    })
}

/// Ranks whose values hold the quantile with 95 % or more, and the chance that it lies below the first or above the second.
fn ranks(n: u64, at: f64) -> Option<([u64; 2], [f64; 2])> {
    // P(X ≥ k) of n draws.
    let from = |k: u64| beta_share(k as f64, (n + 1 - k) as f64, at);
    let until = |k: u64| if k == n { 1.0 } else { beta_share((n - k) as f64, (k + 1) as f64, 1.0 - at) };
    let low = last(n, |rank| until(rank - 1) <= 0.025);
    let high = last(n, |rank| from(n + 1 - rank) <= 0.025);
    (low > 0 && high > 0).then(|| ([low, n + 1 - high], [until(low - 1), from(n + 1 - high)]))
}

/// The last of the ranks from 1 to `n` that is fine, as all before it are; 0 for none.
fn last(n: u64, fine: impl Fn(u64) -> bool) -> u64 {
    let (mut good, mut bad) = (0, n + 1);
    while bad - good > 1 {
        let rank = good + (bad - good) / 2;
        if fine(rank) { good = rank } else { bad = rank }
    }
    good
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-9 * (1.0 + want.abs()), "{got} is not {want}");
    }

    fn holds(got: Option<Interval>, [low, high]: [f64; 2]) {
        let got = got.expect("an interval");
        near(got.low, low);
        near(got.high, high);
    }

    fn over(pairs: impl Iterator<Item = (i64, i64)>) -> Option<Estimate> {
        let (mut x, mut y, mut cross) = (Moments::default(), Moments::default(), 0);
        pairs.for_each(|(a, b)| {
            x.add(a);
            y.add(b);
            cross += i128::from(a) * i128::from(b);
        });
        ratio(&x, &y, cross)
    }

    const FIRST: fn(i64) -> i64 = |i| i * i * 37 % 101;
    const SECOND: fn(i64) -> i64 = |i| 5 + i * i * 53 % 103;

    #[test]
    fn ratios_as_a_plain_script_has_them() {
        // NumPy: cov(x, y), the delta method written out; SciPy 1.17.1 stats.norm.
        let first = over((0..200).map(|i| (FIRST(i), 1 + i * 7 % 4))).unwrap();
        let second = over((0..150).map(|i| (SECOND(i), i * 11 % 5))).unwrap();
        near(first.value, 20.032);
        near(first.error.unwrap(), 1.0532266612652756);
        near(second.value, 30.49);
        near(second.error.unwrap(), 1.9979952200465494);
        let found = apart(&first, &second).unwrap();
        holds(Some(found.interval), [6.031226498954274, 14.884773501045723]);
        near(found.z, 4.630303164478114);
        near(found.p / 3.651307374680589e-6, 1.0);
        holds(found.ratio, [1.2909802870383, 1.7945130251389663]);
    }

    #[test]
    fn quantiles_as_scipy_has_them() {
        // SciPy 1.17.1: stats.quantile_test(…).confidence_interval(0.95), stats.binom tails; NumPy quantile
        // (method="averaged_inverted_cdf").
        let counts = |values: &mut dyn Iterator<Item = i64>| {
            let mut counts = BTreeMap::new();
            values.for_each(|value| *counts.entry(value).or_default() += 1);
            counts
        };
        let first = counts(&mut (0..200).map(|i| FIRST(i) + 3));
        let second = counts(&mut (0..150).map(|i| 2 * SECOND(i) + 1));
        let table = [
            (0.5, [53.5, 46.0, 61.0, 3.6525410816379025], [125.0, 105.0, 151.0, 11.247704378191973]),
            (0.9, [93.0, 88.0, 99.0, 2.581303430222279], [200.0, 189.0, 209.0, 4.560550113125359]),
        ];
        for (at, a, b) in table {
            for (counts, [value, low, high, error]) in [(&first, a), (&second, b)] {
                let found = quantile(counts, at).unwrap();
                near(found.value, value);
                holds(found.interval, [low, high]);
                near(found.error.unwrap(), error);
            }
        }
        let found = apart(&quantile(&first, 0.9).unwrap(), &quantile(&second, 0.9).unwrap()).unwrap();
        holds(Some(found.interval), [96.72901360447689, 117.27098639552311]);
        near(found.z, 20.41830631157259);
        holds(found.ratio, [2.004354199711236, 2.3073826560565167]);
    }

    #[test]
    fn control_nothing_is_said_where_nothing_is_known() {
        assert_eq!(over([(5, 0), (7, 0)].into_iter()), None, "nothing to divide by");
        let same = over((1..200).map(|i| (3 * i, i))).unwrap();
        assert_eq!((same.value, same.error, same.interval), (3.0, None, None), "every ratio is three");
        let few = over((0..1_000).map(|i| (i64::from(i < 40) * (i + 1), i64::from(i < 40)))).unwrap();
        assert_eq!((few.value, few.error), (20.5, None), "forty people have a denominator");
        let nobody = BTreeMap::new();
        assert_eq!(quantile(&nobody, 0.5), None);
        let equal = BTreeMap::from([(0, 90), (7, 10)]);
        let found = quantile(&equal, 0.5).unwrap();
        assert_eq!((found.value, found.error), (0.0, None), "half of them and more have nothing");
        assert_eq!(apart(&found, &found), None);
        let five = BTreeMap::from([(1, 1), (2, 1), (3, 1), (4, 1), (9, 1)]);
        let found = quantile(&five, 0.5).unwrap();
        assert_eq!((found.value, found.interval), (3.0, None), "1 and 9 hold it in 94 of 100 samples only");
    }

    #[test]
    fn a_median_of_counts_is_told_without_an_error() {
        let of = |counts: &[(i64, u64)]| quantile(&counts.iter().copied().collect(), 0.5).unwrap();
        // One coin more or less, and the median is another: what stands between two steps is no measure of chance.
        let [heads, tails] = [of(&[(0, 498), (1, 502)]), of(&[(0, 503), (1, 497)])];
        assert_eq!((heads.value, tails.value, heads.error, heads.log_error), (1.0, 0.0, None, None));
        assert_eq!(heads.interval, Some(Interval { low: 0.0, high: 1.0 }));
        assert_eq!(apart(&heads, &tails), None);
        // The control: prices to the cent.
        let prices: Vec<(i64, u64)> = (0..1_000).map(|at| (at * 7, 1)).collect();
        assert!(of(&prices).error.is_some());
    }
}
