//! What holds the weights of a scorecard back. The bins of a label each pay for their own square; the bins of a number pay
//! for their distance from a straight line through its ranks, ten times as much, and for the slope of the line as a
//! label does: a number is a line first, and bends where the people say so.
//!
//! It is a ridge on slope and distances (Hoerl and Kennard, Technometrics 12, 1970) with the slope minimised away, so
//! that weights stay one per bin: `min_s l2/2 · s² + 10·l2/2 · |w − s·z|²`, where z is the middle rank of each bin,
//! standardised over people, 0 for the missing. With few seeds it is what makes bins as good as plain numbers: AUC from
//! 0.745 to 0.825 and more with 67 seeds on the campaign table, none lost with thousands.

use super::survey::Tally;
use crate::num;
use crate::table::schema::{FeatureKind, Schema};

/// How much dearer distance from the line is.
const STIFF: f64 = 10.0;

/// A quadratic penalty.
#[derive(Debug, Default)]
pub struct Ridge {
    /// By place; nothing for the intercept.
    alone: Vec<f64>,
    lines: Vec<Line>,
}

/// A column whose bins stand in order.
#[derive(Debug)]
struct Line {
    /// Place of its first bin.
    start: usize,
    z: Vec<f64>,
    /// What goes free: times z · zᵀ.
    free: f64,
}

impl Ridge {
    /// The ridge of these columns (with the place of their first bin), as many weights as there are places.
    pub fn new(schema: &Schema, columns: &[(usize, usize)], places: usize, tally: &Tally, l2: f64) -> Ridge {
        let mut ridge = Ridge { alone: vec![l2; places], lines: Vec::new() };
        ridge.alone[0] = 0.0;
        for &(f, start) in columns {
            if matches!(schema.features[f].kind, FeatureKind::Number | FeatureKind::Date) {
                let bins: Vec<u64> =
                    (schema.starts[f]..schema.starts[f + 1]).map(|bin| tally.bin(bin)).collect();
                ridge.alone[start + 1..start + bins.len()].fill(STIFF * l2);
                ridge.lines.push(Line::new(start, &bins, l2));
            }
        }
        ridge
    }
    /// Every weight pays for its own square alone.
    #[cfg(test)]
    pub fn plain(places: usize, l2: f64) -> Ridge {
        let mut alone = vec![l2; places];
        alone[0] = 0.0;
        Ridge { alone, lines: Vec::new() }
    }
    /// What these weights cost.
    pub fn penalty(&self, weights: &[f64]) -> f64 {
        0.5 * crate::num::dot(weights, &self.slope(weights))
    }
    /// How the cost rises with every weight.
    pub fn slope(&self, weights: &[f64]) -> Vec<f64> {
        let mut slope: Vec<f64> = self.alone.iter().zip(weights).map(|(l2, w)| l2 * w).collect();
        for line in &self.lines {
            let places = line.start..line.start + line.z.len();
            let along = line.free * crate::num::dot(&line.z, &weights[places.clone()]);
            slope[places].iter_mut().zip(&line.z).for_each(|(slope, z)| *slope -= along * z);
        }
        slope
    }
    /// The entry of its matrix between two places.
    pub fn between(&self, a: usize, b: usize) -> f64 {
        let own = if a == b { self.alone[a] } else { 0.0 };
        let at = self.lines.partition_point(|line| line.start <= a);
        let Some(line) = at.checked_sub(1).map(|at| &self.lines[at]) else { return own };
        match (line.z.get(a - line.start), b.checked_sub(line.start).and_then(|b| line.z.get(b))) {
            (Some(a), Some(b)) => own - line.free * a * b,
            _ => own,
        }
    }
}

impl Line {
    /// A column with so many people by bin, the missing first.
    fn new(start: usize, bins: &[u64], l2: f64) -> Line {
        let whole = bins[1..].iter().sum::<u64>().max(1) as f64;
        let mut below = 0.0;
        let ranks: Vec<f64> = bins[1..]
            .iter()
            .map(|&n| {
                below += n as f64;
                (below - n as f64 / 2.0) / whole - 0.5
            })
            .collect();
        // The mean of middle ranks is one half exactly; that leaves the spread.
        let spread = ranks.iter().zip(&bins[1..]).map(|(r, &n)| n as f64 * r * r).sum::<f64>() / whole;
        let scale = if spread > 0.0 { 1.0 / num::sqrt(spread) } else { 0.0 };
        let z: Vec<f64> = std::iter::once(0.0).chain(ranks.iter().map(|r| r * scale)).collect();
        let length: f64 = z.iter().map(|z| z * z).sum();
        Line { start, z, free: STIFF * l2 * STIFF / (1.0 + STIFF * length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::testing::feature;

    fn ridge(l2: f64) -> Ridge {
        let kinds = [FeatureKind::Category, FeatureKind::Number];
        let schema = Schema::new(kinds.map(|kind| feature("f", kind, 4)).to_vec());
        let seed_bins = vec![10, 20, 30, 40, 5, 10, 20, 70];
        let tally = Tally { rest_bins: vec![0; 8], seed_bins, ..Tally::default() };
        Ridge::new(&schema, &[(0, 1), (1, 5)], 9, &tally, l2)
    }

    /// The twin: the same cost with the slope of the line searched for.
    #[test]
    fn it_is_the_cheapest_of_all_lines() {
        let ridge = ridge(2.0);
        let z = ridge.lines[0].z.clone();
        let w = [3.0, 0.5, -0.25, 1.0, 0.0, 0.3, -1.0, 0.75, 2.0];
        let cost = |s: f64| {
            let label: f64 = w[1..5].iter().map(|w| w * w).sum::<f64>() + w[5] * w[5];
            let off: f64 = w[6..].iter().zip(&z[1..]).map(|(w, z)| (w - s * z) * (w - s * z)).sum();
            0.5 * 2.0 * (label + s * s) + 0.5 * STIFF * 2.0 * off
        };
        let least = (-4_000..4_000).map(|s| cost(f64::from(s) / 1_000.0)).fold(f64::MAX, f64::min);
        assert!((ridge.penalty(&w) - least).abs() < 1e-4, "{} for {least}", ridge.penalty(&w));
    }

    #[test]
    fn slope_and_matrix_agree() {
        let ridge = ridge(0.7);
        let w: Vec<f64> = (0..9).map(|i| f64::from(i * i % 7) - 3.0).collect();
        for (a, slope) in ridge.slope(&w).into_iter().enumerate() {
            let sum: f64 = (0..9).map(|b| ridge.between(a, b) * w[b]).sum();
            assert!((slope - sum).abs() < 1e-12, "{a}: {slope} for {sum}");
        }
    }

    #[test]
    fn a_line_costs_less_than_a_bend() {
        let ridge = ridge(1.0);
        let z = &ridge.lines[0].z;
        let line: Vec<f64> = [0.0; 5].into_iter().chain(z.iter().copied()).collect();
        let bent: Vec<f64> = [0.0; 5].into_iter().chain(z.iter().map(|z| z.abs())).collect();
        assert!(
            ridge.penalty(&line) < 0.6 && ridge.penalty(&bent) > 3.0,
            "{} {}",
            ridge.penalty(&line),
            ridge.penalty(&bent)
        );
    }
}
