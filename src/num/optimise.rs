//! Finding the least of a smooth function of a few numbers.

use super::sqrt;

/// Steps after which the search stops as it stands.
const STEPS: u32 = 500;

/// Where a search ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Least<const N: usize> {
    /// Where.
    pub at: [f64; N],
    /// The value there.
    pub value: f64,
    /// Steps taken.
    pub steps: u32,
    /// Whether the slope vanished.
    pub converged: bool,
}

/// BFGS with a line search by halving (Nocedal and Wright, Numerical Optimization 2nd ed., 6.1 and 3.1). `f` gives the
/// value and the slope. No step is longer than two, so that a search over logarithms cannot leap away.
pub fn least<const N: usize>(start: [f64; N], f: impl Fn(&[f64; N]) -> (f64, [f64; N])) -> Least<N> {
    let mut at = start;
    let (mut value, mut slope) = f(&at);
    let (mut inverse, mut still) = (identity::<N>(), 0);
    for steps in 0..STEPS {
        if slope.iter().all(|s| s.abs() < 1e-9) {
            return Least { at, value, steps, converged: true };
        }
        let mut way = [0.0; N];
        (0..N).for_each(|i| way[i] = -dot(&inverse[i], &slope));
        if dot(&way, &slope) >= 0.0 {
            inverse = identity();
            way = slope.map(|s| -s);
        }
        let length = sqrt(dot(&way, &way));
        let mut step = if length > 2.0 { 2.0 / length } else { 1.0 };
        let (next, next_value, next_slope) = loop {
            let mut next = at;
            (0..N).for_each(|i| next[i] += step * way[i]);
            let (v, s) = f(&next);
            if v.is_finite() && v <= value + 1e-4 * step * dot(&way, &slope) {
                break (next, v, s);
            }
            step *= 0.5;
            if step < 1e-14 {
                let converged = slope.iter().all(|s| s.abs() < 1e-6);
                return Least { at, value, steps, converged };
            }
        };
        // As low as floats can tell: steps that gain nothing.
        still = if value - next_value <= f64::EPSILON * value.abs() { still + 1 } else { 0 };
        if still == 5 {
            let converged = next_slope.iter().all(|s| s.abs() < 1e-6);
            return Least { at: next, value: next_value, steps, converged };
        }
        let (mut moved, mut turned) = ([0.0; N], [0.0; N]);
        (0..N).for_each(|i| (moved[i], turned[i]) = (next[i] - at[i], next_slope[i] - slope[i]));
        update(&mut inverse, &moved, &turned);
        (at, value, slope) = (next, next_value, next_slope);
    }
    Least { at, value, steps: STEPS, converged: false }
}

fn identity<const N: usize>() -> [[f64; N]; N] {
    let mut all = [[0.0; N]; N];
    (0..N).for_each(|i| all[i][i] = 1.0);
    all
}

fn dot<const N: usize>(a: &[f64; N], b: &[f64; N]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The inverse of the curvature, better by one step; as it was if the step shows no curvature.
fn update<const N: usize>(inverse: &mut [[f64; N]; N], moved: &[f64; N], turned: &[f64; N]) {
    let bend = dot(moved, turned);
    if bend <= 1e-300 {
        return;
    }
    let mut through = [0.0; N];
    (0..N).for_each(|i| through[i] = dot(&inverse[i], turned));
    let scale = (1.0 + dot(turned, &through) / bend) / bend;
    for i in 0..N {
        for j in 0..N {
            inverse[i][j] +=
                scale * moved[i] * moved[j] - (through[i] * moved[j] + moved[i] * through[j]) / bend;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_valley_of_rosenbrock() {
        let f = |p: &[f64; 2]| {
            let (x, y) = (p[0], p[1]);
            let value = (1.0 - x) * (1.0 - x) + 100.0 * (y - x * x) * (y - x * x);
            (value, [-2.0 * (1.0 - x) - 400.0 * x * (y - x * x), 200.0 * (y - x * x)])
        };
        let found = least([-1.2, 1.0], f);
        assert!(found.converged && found.at.iter().all(|x| (x - 1.0).abs() < 1e-8), "{found:?}");
    }

    #[test]
    fn control_a_slope_without_end_does_not_converge() {
        assert!(!least([0.0], |p: &[f64; 1]| (-p[0], [-1.0])).converged);
    }
}
