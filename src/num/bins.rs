//! Weight of evidence and information value (`formulas.md` F4).

use super::ln;

/// What the bins of one column say about a crowd.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WoeIv {
    /// ln(p/q) per bin.
    pub woe: Vec<f64>,
    /// Σ (p − q) · woe.
    pub iv: f64,
}

/// WOE and IV of bins with `pos` people in the crowd and `neg` outside, as many bins on both sides.
///
/// Conventions for empty bins differ between libraries; ours is p = (pos + ½)/(P + ½K) for all K bins, the
/// same for neg, so that the shares still sum to one.
pub fn woe_iv(pos: &[u64], neg: &[u64]) -> WoeIv {
    let shares = |counts: &[u64]| -> Vec<f64> {
        let whole = counts.iter().sum::<u64>() as f64 + 0.5 * counts.len() as f64;
        counts.iter().map(|n| (*n as f64 + 0.5) / whole).collect()
    };
    let (p, q) = (shares(pos), shares(neg));
    let woe: Vec<f64> = p.iter().zip(&q).map(|(p, q)| ln(p / q)).collect();
    let iv = woe.iter().zip(p.iter().zip(&q)).map(|(woe, (p, q))| (p - q) * woe).sum();
    WoeIv { woe, iv }
}

/// The IV that noise alone would show: about (K − 1)(1/P + 1/Q).
pub fn iv_noise(bins: usize, pos: u64, neg: u64) -> f64 {
    let part = |n: u64| 1.0 / n.max(1) as f64;
    bins.saturating_sub(1) as f64 * (part(pos) + part(neg))
}

/// Pearson's χ² (one degree of freedom, no correction) of two bins against crowd and rest: how different the
/// two are. 0 where a bin or a side is empty.
pub fn pair_chi2(pos: [u64; 2], neg: [u64; 2]) -> f64 {
    let ([a, b], [c, d]) = (pos.map(|n| n as f64), neg.map(|n| n as f64));
    let margins = (a + b) * (c + d) * (a + c) * (b + d);
    let cross = a * d - b * c;
    if margins > 0.0 { (a + b + c + d) * cross * cross / margins } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chi2_of_two_bins() {
        // R: chisq.test(matrix(c(10, 20, 30, 40), 2), correct = FALSE) gives 0.79365.
        assert!((pair_chi2([10, 20], [30, 40]) - 0.793_650_793_650_793_7).abs() < 1e-12);
        assert_eq!(pair_chi2([0, 5], [0, 9]), 0.0);
    }

    #[test]
    fn f4_two_bins_and_three() {
        let two = woe_iv(&[300, 700], &[900, 8100]);
        assert!((two.iv - 0.27029).abs() < 5e-6, "{two:?}");
        let three = woe_iv(&[0, 300, 700], &[50, 900, 8050]);
        for (got, want) in three.woe.iter().zip([-2.4192, 1.0984, -0.2458]) {
            assert!((got - want).abs() < 5e-5, "{three:?}");
        }
        assert!((three.iv - 0.27996).abs() < 5e-6, "{three:?}");
        assert_eq!(woe_iv(&[], &[]), WoeIv::default());
    }

    #[test]
    fn f4_noise() {
        assert!((iv_noise(2, 25, 1_000_000) - 0.04).abs() < 1e-5);
        assert_eq!(iv_noise(1, 0, 0), 0.0);
    }
}
