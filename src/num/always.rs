//! A comparison that holds however often one looks: the mixture sequential probability ratio test (mSPRT).

use super::interval::Interval;
use super::{exp, ln, sqrt};
use serde::Serialize;

/// What may be said of a difference at any look.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Always {
    /// 95 %: the true difference lies within at every look at once, in 95 of 100 experiments.
    pub interval: Interval,
    /// Two-sided. Below 0.05 at any look in at most 5 of 100 experiments without a difference.
    pub p: f64,
}

/// The always-valid p and interval of a difference with this variance `v`, under a normal mixture of true differences with
/// variance τ² (Johari, Koomen, Pekelis, Walsh, "Peeking at A/B Tests", KDD 2017): the likelihood ratio of the mixture to a
/// difference θ is √(v/(v+τ²)) · exp(τ²(d−θ)² / (2v(v+τ²))), p is one over that at θ = 0, and the interval holds every θ
/// at which it stays below 20. Any τ fixed beforehand holds; power is best where τ is about the difference looked for.
/// The variance is taken as known, as there: it holds for large groups. Nothing where nothing varies or τ is zero.
pub fn always(difference: f64, v: f64, tau: f64) -> Option<Always> {
    let mixed = tau * tau;
    if v.is_nan() || v <= 0.0 || !(mixed > 0.0 && mixed.is_finite()) {
        return None;
    }
    let ratio = (v + mixed) / v;
    let p = sqrt(ratio) * exp(-mixed * difference * difference / (2.0 * v * (v + mixed)));
    let half = sqrt(v * (v + mixed) / mixed * (2.0 * ln(20.0) + ln(ratio)));
    Some(Always { interval: Interval { low: difference - half, high: difference + half }, p: p.min(1.0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_a_plain_script_has_it() {
        // Python, math alone: d, v, τ, p, low, high.
        let table = [
            [0.007, 5e-05, 0.005, 1.0, -0.02397643375668707, 0.03797643375668707],
            [-0.02, 4.2e-05, 0.03, 0.05006552113516414, -0.04000287821643443, 2.878216434427233e-06],
            [0.0, 0.0001, 0.01, 1.0, -0.03656394871363849, 0.03656394871363849],
            [75.0, 400.0, 20.0, 0.04204346101203016, 1.8721025727230227, 148.127897427277],
        ];
        for [d, v, tau, p, low, high] in table {
            let found = always(d, v, tau).expect("a variance");
            for (got, want) in [(found.p, p), (found.interval.low, low), (found.interval.high, high)] {
                assert!((got - want).abs() <= 1e-12 * want.abs().max(1.0), "{got} is not {want}");
            }
        }
        assert_eq!((always(0.1, 0.0, 0.1), always(0.1, 0.1, 0.0)), (None, None));
    }
}
