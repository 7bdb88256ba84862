//! Functions that models of counts and money need.

use super::{exp, ln};

/// ln Γ(x) for x > 0 (FreeBSD's).
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// ψ(x), the derivative of ln Γ, for x > 0: raised above 10 by ψ(x) = ψ(x + 1) − 1/x, then its asymptotic series
/// (Abramowitz and Stegun 6.3.18), good to the last digits.
pub fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 10.0 {
        below += 1.0 / x;
        x += 1.0;
    }
    let z = 1.0 / (x * x);
    // Bernoulli numbers over 2n.
    let series =
        [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0, 1.0 / 12.0];
    let tail = series.iter().rev().fold(0.0, |sum, c| (sum + c) * z);
    ln(x) - 0.5 / x - tail - below
}

/// Terms after which a series is given up as it stands.
const TERMS: u32 = 20_000;

/// The hypergeometric function ₂F₁(a, b; c; z) for 0 ≤ z < 1 and positive a, b, c, by its series.
pub fn hypergeometric(a: f64, b: f64, c: f64, z: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 0..TERMS {
        let n = f64::from(n);
        term *= (a + n) * (b + n) / (c + n) * z / (n + 1.0);
        sum += term;
        if term.abs() < sum.abs() * 1e-17 {
            break;
        }
    }
    sum
}

/// The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction on the side where it converges
/// (Numerical Recipes 3rd ed., 6.4).
pub fn beta_share(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return f64::from(u8::from(x >= 1.0));
    }
    let front = exp(ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * ln(x) + b * ln(1.0 - x));
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |v: f64| if v.abs() < TINY { TINY } else { v };
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * x / (a + 1.0)));
    let mut h = d;
    for m in 1..TERMS {
        let m = f64::from(m);
        let two = a + 2.0 * m;
        for step in [m * (b - m) * x / ((two - 1.0) * two), -(a + m) * (a + b + m) * x / (two * (two + 1.0))]
        {
            d = 1.0 / guard(1.0 + step * d);
            c = guard(1.0 + step / c);
            h *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-12 * (1.0 + want.abs()), "{got} is not {want}");
    }

    #[test]
    fn values_of_scipy() {
        // scipy 1.17.1: special.digamma.
        let table =
            [(0.01, -100.560_885_46), (0.243, -4.351_093_86), (1.0, -0.577_215_664_9), (25.5, 3.218_942_47)];
        table.iter().for_each(|(x, want)| assert!((digamma(*x) - want).abs() < 1e-8, "{x}: {}", digamma(*x)));
        near(digamma(2.0) - digamma(1.0), 1.0);
        // ₂F₁(1, 1; 2; z) = −ln(1 − z)/z; ₂F₁(a, b; b; z) = (1 − z)^−a.
        near(hypergeometric(1.0, 1.0, 2.0, 0.5), 2.0 * ln(2.0));
        near(hypergeometric(0.5, 3.0, 3.0, 0.75), 2.0);
        // I_x(1, b) = 1 − (1 − x)^b; I_x(a, b) = 1 − I_{1−x}(b, a).
        near(beta_share(1.0, 3.0, 0.25), 1.0 - 0.75f64 * 0.75 * 0.75);
        near(beta_share(2.5, 0.5, 0.9), 1.0 - beta_share(0.5, 2.5, 0.1));
        assert_eq!((beta_share(2.0, 3.0, 0.0), beta_share(2.0, 3.0, 1.0)), (0.0, 1.0));
    }

    #[test]
    fn digamma_is_the_slope_of_ln_gamma() {
        for x in [0.05, 0.7, 3.0, 9.99, 10.0, 40.0, 1e4] {
            let h = 1e-5 * x;
            let slope = (ln_gamma(x + h) - ln_gamma(x - h)) / (2.0 * h);
            assert!((digamma(x) - slope).abs() < 1e-6 * (1.0 + slope.abs()), "{x}");
        }
    }
}
