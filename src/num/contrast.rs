//! Contrasts of independent means, each with a variance of its own: nothing is pooled.

use super::interval::Interval;
use super::linear::{decompose, solve};
use super::normal::{Z95, chi2_sf};
use super::sqrt;

/// A weighted sum of means.
pub fn weighted(weights: &[f64], means: &[f64]) -> f64 {
    weights.iter().zip(means).map(|(weight, mean)| weight * mean).sum()
}

/// The 95 % interval of a weighted sum of means with these variances.
pub fn weighted_interval(weights: &[f64], means: &[f64], variances: &[f64]) -> Interval {
    let (value, half) = (weighted(weights, means), Z95 * sqrt(shared(weights, weights, variances)));
    Interval { low: value - half, high: value + half }
}

/// The covariance of two weighted sums of the same means.
fn shared(a: &[f64], b: &[f64], variances: &[f64]) -> f64 {
    a.iter().zip(b).zip(variances).map(|((a, b), variance)| a * b * variance).sum()
}

/// Wald's test that contrasts are zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wald {
    /// (Cμ)ᵀ(C·V·Cᵀ)⁻¹(Cμ).
    pub chi2: f64,
    /// Contrasts.
    pub df: u32,
    /// The tail of χ².
    pub p: f64,
}

/// Wald's test that each of these contrasts of means is zero (Transactions of the American Mathematical Society 54, 1943).
/// Nothing where the contrasts do not vary independently of each other, as where no value varies.
pub fn wald(contrasts: &[Vec<f64>], means: &[f64], variances: &[f64]) -> Option<Wald> {
    let values: Vec<f64> = contrasts.iter().map(|weights| weighted(weights, means)).collect();
    let row = |a: &Vec<f64>| contrasts.iter().map(|b| shared(a, b, variances)).collect();
    let spread: Vec<Vec<f64>> = contrasts.iter().map(row).collect();
    let (mut factor, mut solved) = (spread.clone(), values.clone());
    let definite = decompose(&mut factor, 0.0);
    // What is left of a variance by rounding alone is none.
    let own = |at: usize| factor[at][at] * factor[at][at] > 1e-10 * spread[at][at];
    if !definite || !(0..values.len()).all(own) {
        return None;
    }
    solve(&factor, &mut solved);
    let (chi2, df) = (weighted(&solved, &values), values.len() as u32);
    Some(Wald { chi2, df, p: chi2_sf(chi2, df) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_contrasts_that_do_not_vary_are_not_tested() {
        let all = [vec![-1.0, 1.0, 0.0], vec![-1.0, 0.0, 1.0]];
        assert_eq!(wald(&all, &[1.0, 2.0, 3.0], &[0.0; 3]), None);
        assert_eq!(
            wald(&all, &[1.0, 2.0, 3.0], &[0.3, 0.0, 0.0]),
            None,
            "the second less the third is known"
        );
        assert!(wald(&all, &[1.0, 2.0, 3.0], &[0.3, 0.1, 0.0]).is_some());
    }

    #[test]
    fn one_contrast_is_the_square_of_z() {
        let found = wald(&[vec![-1.0, 1.0]], &[0.10, 0.16], &[4e-4, 5e-4]).unwrap();
        assert!((found.chi2 - 4.0).abs() < 1e-12 && found.df == 1);
        assert!((found.p - 0.045_500_263_896).abs() < 1e-9);
        let range = weighted_interval(&[-1.0, 1.0], &[0.10, 0.16], &[4e-4, 5e-4]);
        assert!((range.low - (0.06 - 0.03 * Z95)).abs() < 1e-15 && range.low > 0.0);
    }
}
