//! Numbers: the only statistics in the crate, and the only place that calls `exp`, `ln` and `sqrt`.
//!
//! Everything here gives the same bits on every target: transcendental functions come from `libm`, sums run in
//! a fixed order, counts stay whole until the last step. Formulas are those of `formulas.md`, named where used.

mod agreement;
mod always;
mod bins;
mod contrast;
mod crossed;
mod estimate;
mod interval;
mod linear;
mod many;
mod normal;
mod optimise;
mod order;
mod printed;
mod ranking;
mod repeat;
mod resample;
mod special;
mod student;
mod survival;
mod trend;

pub use agreement::adjusted_rand_index;
pub use always::{Always, always};
pub use bins::{WoeIv, iv_noise, pair_chi2, woe_iv};
pub use contrast::{Wald, wald, weighted, weighted_interval};
pub use crossed::{Association, Interaction, association, goodness, interaction};
pub use estimate::{Apart, Estimate, apart, quantile, ratio};
pub use interval::{
    Interval, Rate, Tgi, TwoProportions, lift_interval, newcombe, rate_ratio_interval, tgi, two_proportions,
    wilson,
};
pub use linear::{decompose, dot, solve, solved};
pub use many::{benjamini_hochberg, holm};
pub use normal::{Z95, chi2_sf, normal_cdf, normal_quantile, normal_two_sided};
pub use optimise::{Least, least};
pub use order::{Order, at_share, mapped};
pub use printed::{print_verdict, printed, prints};
pub use ranking::{
    Top, auc_from_histogram, auc_interval, gain_at, hanley_mcneil_se, ks_from_histogram,
    pr_auc_from_histogram,
};
pub use repeat::{BgNbd, Fitted, GammaGamma, Histories, Spent, WEEK};
pub use resample::{Resampled, resampled};
pub use special::{beta_share, digamma, hypergeometric, ln_gamma};
pub use student::{Moments, Welch, mean_interval, t_quantile_two_sided, t_two_sided, welch};
pub use survival::{Happened, kaplan_meier};
pub use trend::rate_trend;

/// Natural logarithm.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Natural logarithm of `1 + x`, exact near zero.
pub fn log1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// e to the power `x`.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The probability of these log-odds.
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        let odds = exp(x);
        odds / (1.0 + odds)
    }
}

/// Square root.
pub fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

/// Steps of a quantised logit in one unit.
pub const LOGIT_STEPS: f64 = 4096.0;

/// The probability of a logit quantised to 1/4096.
pub fn probability(logit: i32) -> f64 {
    1.0 / (1.0 + exp(-f64::from(logit) / LOGIT_STEPS))
}

/// The same as text. Twelve decimals keep two neighbouring steps apart up to a logit of ±16.
pub fn probability_text(logit: i32) -> String {
    format!("{:.12}", probability(logit))
}

/// One as a fixed-point number.
pub const FIXED_ONE: i64 = 1 << 32;

/// A real number in steps of 2⁻³², half a step rounded away from zero, saturating; not-a-number is zero.
///
/// Partials sum these instead of floats, so that every order of summing gives the same bits. An `i64` sum holds
/// two milliards of values of size one.
pub fn to_fixed(x: f64) -> i64 {
    libm::round(x * FIXED_ONE as f64) as i64
}

/// The real number again, to the nearest float.
pub fn from_fixed(x: i64) -> f64 {
    x as f64 / FIXED_ONE as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fixed_point_edges() {
        let step = 1.0 / FIXED_ONE as f64;
        assert_eq!(to_fixed(1.0), FIXED_ONE);
        assert_eq!(to_fixed(0.5 * step), 1);
        assert_eq!(to_fixed(-0.5 * step), -1);
        assert_eq!(to_fixed(0.49 * step), 0);
        assert_eq!(to_fixed(1e300), i64::MAX);
        assert_eq!(to_fixed(f64::NEG_INFINITY), i64::MIN);
        assert_eq!(to_fixed(f64::NAN), 0);
    }

    proptest! {
        #[test]
        fn fixed_point_there_and_back(x in -1e9f64..1e9) {
            prop_assert!((from_fixed(to_fixed(x)) - x).abs() <= 0.5 / FIXED_ONE as f64 + x.abs() * f64::EPSILON);
        }

        #[test]
        fn fixed_point_is_odd(x in -1e9f64..1e9) {
            prop_assert_eq!(to_fixed(-x), -to_fixed(x));
        }
    }
}
