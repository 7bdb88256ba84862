//! Whether a rate rises or falls over groups that stand in an order.

use super::interval::TwoProportions;
use super::normal::normal_two_sided;
use super::sqrt;

/// The test of Cochran (Biometrics 10, 1954) and Armitage (Biometrics 11, 1955) over groups of `(did, people)`, a step apart each:
/// z above zero where the rate rises. Where there is no variance, z = 0, p = 1.
pub fn rate_trend(groups: &[(u64, u64)]) -> TwoProportions {
    let sum = |of: &dyn Fn(f64, f64, f64) -> f64| -> f64 {
        (0..).zip(groups).map(|(at, (did, people))| of(f64::from(at), *did as f64, *people as f64)).sum()
    };
    let people = sum(&|_, _, n| n);
    let rate = if people > 0.0 { sum(&|_, x, _| x) / people } else { 0.0 };
    let middle = sum(&|t, _, n| t * n);
    let variance = rate * (1.0 - rate) * (sum(&|t, _, n| t * t * n) - middle * middle / people);
    if variance.is_nan() || variance <= 0.0 {
        return TwoProportions { z: 0.0, p: 1.0 };
    }
    let z = sum(&|t, x, n| t * (x - n * rate)) / sqrt(variance);
    TwoProportions { z, p: normal_two_sided(z) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_r_has_it() {
        // R, prop.trend.test(c(83, 90, 129, 70), c(86, 93, 136, 82)), the example of its page: X-squared = 8.2249, p = 0.004132.
        let found = rate_trend(&[(83, 86), (90, 93), (129, 136), (70, 82)]);
        assert!(
            (found.z * found.z - 8.2249).abs() < 5e-5 && (found.p - 0.004_132).abs() < 5e-7 && found.z < 0.0
        );
        let rising = rate_trend(&[(70, 82), (129, 136), (90, 93), (83, 86)]);
        assert!((rising.z + found.z).abs() < 1e-12, "the other way round");
    }

    #[test]
    fn two_groups_are_the_test_of_two_proportions() {
        let (one, two) = (
            rate_trend(&[(500, 10_000), (570, 10_000)]),
            super::super::two_proportions(500.0, 10_000.0, 570.0, 10_000.0),
        );
        assert!((one.z - two.z).abs() < 1e-12, "{one:?} {two:?}");
    }

    #[test]
    fn control_without_a_trend_there_is_none() {
        assert!(rate_trend(&[(10, 100), (30, 100), (10, 100)]).p > 0.999, "up and down again");
        assert_eq!(rate_trend(&[(0, 10), (0, 20)]).p, 1.0);
        assert_eq!(rate_trend(&[]).p, 1.0);
    }
}
