//! The normal distribution and the tail of chi-squared.

use super::{exp, ln, sqrt};

/// The standard normal quantile of 0.975: half the width of a 95 % interval, in standard errors.
pub const Z95: f64 = 1.959_963_984_540_054;

/// P(Z ≤ x) for a standard normal Z, by the complementary error function (FreeBSD's, under 1 ulp).
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

/// P(|Z| ≥ |x|): the two-sided p-value of a z statistic.
pub fn normal_two_sided(x: f64) -> f64 {
    libm::erfc(x.abs() / std::f64::consts::SQRT_2)
}

/// The x with P(Z ≤ x) = p. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477-484: about
/// 1 part in 10¹⁶. 0 and 1 give the infinities.
pub fn normal_quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * horner(&NEAR_TOP, r) / horner(&NEAR_BELOW, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = sqrt(-ln(tail));
    let x = if r <= 5.0 {
        horner(&MIDDLE_TOP, r - 1.6) / horner(&MIDDLE_BELOW, r - 1.6)
    } else {
        horner(&FAR_TOP, r - 5.0) / horner(&FAR_BELOW, r - 5.0)
    };
    if q < 0.0 { -x } else { x }
}

fn horner(coefficients: &[f64; 8], r: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * r + c)
}

/// Highest power first.
const NEAR_TOP: [f64; 8] = [
    2509.0809287301227,
    33430.57558358813,
    67265.7709270087,
    45921.95393154987,
    13731.69376550946,
    1971.5909503065513,
    133.14166789178438,
    3.3871328727963665,
];
/// Highest power first.
const NEAR_BELOW: [f64; 8] = [
    5226.495278852854,
    28729.085735721943,
    39307.89580009271,
    21213.794301586597,
    5394.196021424751,
    687.1870074920579,
    42.31333070160091,
    1.0,
];
/// Highest power first.
const MIDDLE_TOP: [f64; 8] = [
    0.0007745450142783414,
    0.022723844989269184,
    0.2417807251774506,
    1.2704582524523684,
    3.6478483247632045,
    5.769497221460691,
    4.630337846156546,
    1.4234371107496835,
];
/// Highest power first.
const MIDDLE_BELOW: [f64; 8] = [
    1.0507500716444169e-09,
    0.0005475938084995345,
    0.015198666563616457,
    0.14810397642748008,
    0.6897673349851,
    1.6763848301838038,
    2.053191626637759,
    1.0,
];
/// Highest power first.
const FAR_TOP: [f64; 8] = [
    2.0103343992922881e-07,
    2.7115555687434876e-05,
    0.0012426609473880784,
    0.026532189526576124,
    0.29656057182850487,
    1.7848265399172913,
    5.463784911164114,
    6.657904643501103,
];
/// Highest power first.
const FAR_BELOW: [f64; 8] = [
    2.0442631033899397e-15,
    1.421511758316446e-07,
    1.8463183175100548e-05,
    0.0007868691311456133,
    0.014875361290850615,
    0.1369298809227358,
    0.599832206555888,
    1.0,
];

/// P(X ≥ x) for chi-squared with `df` degrees of freedom: the regularised upper incomplete gamma function
/// Q(df/2, x/2), by its series below and Lentz's continued fraction above (Numerical Recipes 3rd ed., 6.2).
pub fn chi2_sf(x: f64, df: u32) -> f64 {
    let (a, x) = (f64::from(df) / 2.0, x / 2.0);
    match (x > 0.0, df) {
        (false, _) => 1.0,
        (_, 0) => 0.0,
        _ if x < a + 1.0 => 1.0 - gamma_series(a, x),
        _ => gamma_fraction(a, x),
    }
}

/// The common factor of both expansions.
fn gamma_factor(a: f64, x: f64) -> f64 {
    exp(a * ln(x) - x - libm::lgamma(a))
}

/// Steps after which either expansion is long exact, for any size of sample that fits a tab.
const STEPS: u32 = 10_000;

fn gamma_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0 / a, 1.0 / a);
    for n in 1..STEPS {
        term *= x / (a + f64::from(n));
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum * gamma_factor(a, x)
}

fn gamma_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / guard(b));
    let mut h = d;
    for i in 1..STEPS {
        let an = f64::from(i) * (a - f64::from(i));
        b += 2.0;
        d = 1.0 / guard(an * d + b);
        c = guard(b + an / c);
        h *= d * c;
        if (d * c - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    h * gamma_factor(a, x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles() {
        // Values of Python's statistics.NormalDist().inv_cdf, an independent copy of AS 241.
        let table = [
            (1e-300, -37.0470962993612),
            (1e-20, -9.262340089798405),
            (1e-09, -5.9978070150076865),
            (0.001, -3.090232306167813),
            (0.025, -1.9599639845400538),
            (0.075, -1.4395314709384557),
            (0.3, -0.5244005127080407),
            (0.5, 0.0),
            (0.6, 0.2533471031357998),
            (0.975, 1.9599639845400536),
            (0.9999999, 5.199337582290662),
        ];
        for (p, want) in table {
            let x = normal_quantile(p);
            assert!((x - want).abs() <= 1e-14 * (1.0 + want.abs()), "{p}: {x} {want}");
        }
        assert!((normal_quantile(0.975) - Z95).abs() < 1e-15);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }

    #[test]
    fn chi_squared() {
        // Two degrees of freedom have the closed form exp(-x/2); one is the square of a normal.
        for x in [0.1, 1.0, 2.335, 10.0, 100.0] {
            assert!((chi2_sf(x, 2) / exp(-x / 2.0) - 1.0).abs() < 1e-12, "{x}");
            assert!((chi2_sf(x, 1) / normal_two_sided(sqrt(x)) - 1.0).abs() < 1e-12, "{x}");
        }
        assert_eq!(chi2_sf(0.0, 3), 1.0);
        // formulas.md F10: sample ratio of 3034, 2931, 3033.
        let mean = 8998.0 / 3.0;
        let x: f64 = [3034.0, 2931.0, 3033.0].iter().map(|n: &f64| (n - mean) * (n - mean) / mean).sum();
        assert!((x - 2.335).abs() < 5e-4 && (chi2_sf(x, 2) - 0.311).abs() < 5e-4);
    }

    proptest! {
        #[test]
        fn quantile_undoes_cdf(x in -8.0f64..5.0) {
            prop_assert!((normal_quantile(normal_cdf(x)) - x).abs() < 1e-9);
        }
    }
}
