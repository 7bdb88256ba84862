//! The logistic curve in whole numbers: the same bits on every target, and a loss whose slope it exactly is.
//!
//! The probability runs straight between knots 1/128 apart on −16..16 and stays level outside; the loss is
//! its integral (trapezoids, exact). So line searches see one convex function and its true slope. Against the
//! true curve the error is at most h²/8 · max|σ″| < 7.4·10⁻⁷, and in the tails, where σ″ ≈ σ, under 8·10⁻⁶ of
//! the probability itself. The twin in the tests checks both bounds.

use crate::num;

/// Knots per unit of the logit, as a power of two.
const KNOTS: u32 = 7;
/// The curve is tabled from minus this to this.
const REACH: i64 = 16;
/// Fixed point of probabilities and residuals.
pub const ONE: u32 = 30;
/// Fixed point of losses.
pub const LOSS: u32 = 28;
/// Fixed point of the table of losses: of probabilities, times the step, halved.
const AREA: u32 = ONE + KNOTS + 1;

/// The tables, for logits in fixed point 2^-shift.
pub struct Curve {
    shift: u32,
    chance: Vec<i32>,
    loss: Vec<i64>,
}

impl Curve {
    /// Tables for this fixed point (12 to 28 bits).
    pub fn new(shift: u32) -> Curve {
        let knots = (2 * REACH) << KNOTS;
        let at = |k: i64| (k - knots / 2) as f64 / f64::from(1 << KNOTS);
        let scaled = |x: f64, bits: u32| (x * (1u64 << bits) as f64 + 0.5) as i64;
        let chance: Vec<i32> = (0..=knots).map(|k| scaled(num::logistic(at(k)), ONE) as i32).collect();
        let mut loss = vec![scaled(num::log1p(num::exp(at(0))), AREA)];
        for pair in chance.windows(2) {
            loss.push(loss[loss.len() - 1] + i64::from(pair[0]) + i64::from(pair[1]));
        }
        Curve { shift, chance, loss }
    }
    /// Fixed point of the logits.
    pub fn shift(&self) -> u32 {
        self.shift
    }
    /// The probability (2^-30) and the loss ln(1 + e^z) (2^-28) of a logit.
    #[inline]
    pub fn at(&self, z: i32) -> (i32, i64) {
        let fine = self.shift - KNOTS;
        let reach = REACH << self.shift;
        let beyond = i64::from(z) - i64::from(z).clamp(-reach, reach - 1);
        let up = (i64::from(z) - beyond + reach) as u64;
        let (knot, part) = ((up >> fine) as usize & 4095, (up & ((1 << fine) - 1)) as i64);
        let (from, to) = (i64::from(self.chance[knot]), i64::from(self.chance[knot + 1]));
        let chance = from + (((to - from) * part) >> fine);
        let area = self.loss[knot] + (((from + chance) * part) >> fine);
        let tail = (beyond * chance) >> (ONE - LOSS) >> self.shift;
        (chance as i32, (area >> (AREA - LOSS)) + tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_as_close_as_it_says() {
        for shift in [12, 16, 22] {
            let curve = Curve::new(shift);
            for step in -40_000..=40_000i64 {
                let z = (step << shift) / 2_000;
                let x = z as f64 / f64::from(1u32 << shift);
                let (chance, loss) = curve.at(z as i32);
                let chance = f64::from(chance) / f64::from(1u32 << ONE);
                let loss = loss as f64 / f64::from(1u32 << LOSS);
                let inside = x.clamp(-16.0, 16.0);
                let truth = num::logistic(inside);
                let most = (8e-6 * truth).min(7.4e-7) + 4.0 / f64::from(1u32 << ONE);
                assert!((chance - truth).abs() <= most, "{x}: {chance} for {truth}");
                let area = num::log1p(num::exp(inside)) + truth * (x - inside);
                assert!((loss - area).abs() < 2e-6, "{x}: {loss} for {area}");
            }
        }
    }

    #[test]
    fn the_chance_is_the_slope_of_the_loss() {
        let curve = Curve::new(22);
        for z in (-70_000_000..70_000_000).step_by(999_983) {
            let (low, high) = (curve.at(z), curve.at(z + 16_384));
            let rise = (high.1 - low.1) as f64 / f64::from(1u32 << LOSS) * 256.0;
            let middle = (f64::from(low.0) + f64::from(high.0)) / 2.0 / f64::from(1u32 << ONE);
            assert!((rise - middle).abs() < 3e-6, "{z}: {rise} and {middle}");
        }
    }
}
