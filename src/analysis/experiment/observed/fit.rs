//! The two regressions on bins, and the weighted mean of both.

use super::patterns::Patterns;
use crate::analysis::experiment::measure::Cell;
use crate::num::{self, Moments};
use std::collections::BTreeSet;

/// Pull of every bin to nothing, in people: with the intercept bins say the same twice, and of a bin that only one arm has
/// nothing could be learnt.
const SHRINK: f64 = 1.0;
/// Newton's steps, at most, and how far one goes.
const STEPS: usize = 60;
const FAR: f64 = 4.0;
/// Chances of being in the arm between which people are held against each other.
pub const OVERLAP: [f64; 2] = [0.05, 0.95];

/// A pattern on the desk.
#[derive(Clone, Debug)]
pub struct Row {
    /// Places, the intercept first.
    pub places: Vec<usize>,
    /// People in the control and in the arm.
    pub people: [f64; 2],
    /// The same of every metric: in the control, in the arm.
    pub moments: [Vec<Moments>; 2],
    /// The chance to be in the arm.
    pub chance: f64,
}

impl Row {
    /// Whether these people are held against each other.
    pub fn kept(&self) -> bool {
        (OVERLAP[0]..=OVERLAP[1]).contains(&self.chance)
    }
}

/// Patterns with their chances. Nothing where an arm has nobody.
pub fn rows(patterns: &Patterns, width: usize) -> Option<Vec<Row>> {
    let row = |(pattern, cells): (&Vec<u32>, &Vec<Cell>)| {
        let (control, arm) = cells.split_at(cells.len() / 2);
        let moments = [control, arm].map(|of| of.iter().map(|cell| cell.moments).collect::<Vec<_>>());
        let people = [0, 1].map(|of: usize| moments[of].first().map_or(0.0, |first| first.n as f64));
        let places = std::iter::once(0).chain(pattern.iter().map(|place| *place as usize)).collect();
        Row { places, people, moments, chance: 0.0 }
    };
    let mut rows: Vec<Row> = patterns.cells.iter().map(row).collect();
    let weights = chances(&rows, width)?;
    rows.iter_mut().for_each(|row| row.chance = num::logistic(at(&weights, row)));
    Some(rows)
}

/// A regression's value for a pattern.
fn at(weights: &[f64], row: &Row) -> f64 {
    row.places.iter().map(|place| weights[*place]).sum()
}

/// Σ n x xᵀ by its lower triangle, and the pull on all but the intercept.
fn products(rows: &[Row], width: usize, n: &[f64]) -> Vec<Vec<f64>> {
    let mut matrix = vec![vec![0.0; width]; width];
    for (row, n) in rows.iter().zip(n) {
        for (i, a) in row.places.iter().enumerate() {
            row.places[..=i].iter().for_each(|b| matrix[*a][*b] += n);
        }
    }
    (1..width).for_each(|at| matrix[at][at] += SHRINK);
    matrix
}

/// Σ y x.
fn totals(rows: &[Row], width: usize, y: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    rows.iter().zip(y).for_each(|(row, y)| row.places.iter().for_each(|place| sums[*place] += y));
    sums
}

/// The logistic regression of the arm on bins, by Newton's steps.
fn chances(rows: &[Row], width: usize) -> Option<Vec<f64>> {
    let [control, arm] = [0, 1].map(|of: usize| rows.iter().map(|row| row.people[of]).sum::<f64>());
    if control < 1.0 || arm < 1.0 {
        return None;
    }
    let mut weights = vec![0.0; width];
    weights[0] = num::ln(arm / control);
    for _ in 0..STEPS {
        let of = |row: &Row| {
            let (chance, all) = (num::logistic(at(&weights, row)), row.people[0] + row.people[1]);
            (row.people[1] - all * chance, all * chance * (1.0 - chance))
        };
        let (left, n): (Vec<f64>, Vec<f64>) = rows.iter().map(of).unzip();
        let mut slope = totals(rows, width, &left);
        slope.iter_mut().zip(&weights).skip(1).for_each(|(slope, weight)| *slope -= SHRINK * weight);
        let step = num::solved(products(rows, width, &n), slope)?;
        let far = step.iter().fold(0.0, |far: f64, step| far.max(step.abs()));
        // What is said here of places far away is not believed.
        let cut = if far > FAR { FAR / far } else { 1.0 };
        weights.iter_mut().zip(&step).for_each(|(weight, step)| *weight += cut * step);
        if far < 1e-11 {
            break;
        }
    }
    Some(weights)
}

/// People of an arm for each bin, at least, for an interval.
const ENOUGH: f64 = 10.0;

/// Whether the models know enough for an interval.
pub fn enough(rows: &[Row]) -> bool {
    let bins: BTreeSet<usize> = rows.iter().flat_map(|row| &row.places).copied().collect();
    let people = |of: usize| rows.iter().map(|row| row.people[of]).sum::<f64>();
    people(0).min(people(1)) >= ENOUGH * (bins.len() as f64 - 1.0)
}

/// What a metric comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// If everyone were in the control, and in the arm.
    pub means: [f64; 2],
    /// Standard error of their difference.
    pub error: f64,
}

/// Sums of values from another zero: exact, and small where values are large and alike.
fn moved(of: Moments, zero: i128) -> Moments {
    let n = i128::from(of.n);
    Moments { sum: of.sum - n * zero, squares: of.squares - 2 * zero * of.sum + n * zero * zero, ..of }
}

/// The effect among those kept, in the metric's minor unit. Nothing where an arm has fewer than two of them.
pub fn effect(rows: &[Row], width: usize, metric: usize) -> Option<Effect> {
    let all = rows.iter().flat_map(|row| row.moments.iter().map(|of| of[metric]));
    let (n, sum) = all.fold((0, 0), |(n, sum), of| (n + i128::from(of.n), sum + of.sum));
    let zero = if n > 0 { sum / n } else { 0 };
    let people = |of: usize| rows.iter().map(|row| row.people[of]).sum::<f64>();
    let all = people(0) + people(1);
    if people(0) < 2.0 || people(1) < 2.0 {
        return None;
    }
    let expected = |of: usize| {
        let n: Vec<f64> = rows.iter().map(|row| row.people[of]).collect();
        let y: Vec<f64> = rows.iter().map(|row| moved(row.moments[of][metric], zero).sum as f64).collect();
        num::solved(products(rows, width, &n), totals(rows, width, &y))
    };
    let expected = [expected(0)?, expected(1)?];
    let (mut means, mut squares) = ([0.0; 2], 0.0);
    for row in rows {
        let m = [at(&expected[0], row), at(&expected[1], row)];
        let weight = [-1.0 / (1.0 - row.chance), 1.0 / row.chance];
        for (of, weight) in weight.into_iter().enumerate() {
            let moments = moved(row.moments[of][metric], zero);
            // Sums of y - m and of its square over the people of this arm.
            let (n, sum) = (moments.n as f64, moments.sum as f64);
            let (left, left2) =
                (sum - n * m[of], moments.squares as f64 - 2.0 * m[of] * sum + n * m[of] * m[of]);
            means[of] += weight.abs() * left;
            let gap = m[1] - m[0];
            squares += n * gap * gap + 2.0 * gap * weight * left + weight * weight * left2;
        }
        (0..2).for_each(|of| means[of] += (row.people[0] + row.people[1]) * m[of]);
    }
    let means = means.map(|sum| sum / all);
    let difference = means[1] - means[0];
    let variance = (squares / all - difference * difference).max(0.0) / (all - 1.0);
    Some(Effect { means: means.map(|mean| mean + zero as f64), error: num::sqrt(variance) })
}

/// Shares of every place among those of an arm, as they are or weighted so that both arms are alike.
pub fn shares(rows: &[Row], width: usize, of: usize, weighted: bool) -> Vec<f64> {
    let weight = |row: &Row| match (weighted, of) {
        (false, _) => 1.0,
        (true, 0) => 1.0 / (1.0 - row.chance),
        (true, _) => 1.0 / row.chance,
    };
    let people: Vec<f64> = rows.iter().map(|row| row.people[of] * weight(row)).collect();
    let sums = totals(rows, width, &people);
    // Everyone has the intercept.
    sums.iter().map(|sum| if sums[0] > 0.0 { sum / sums[0] } else { 0.0 }).collect()
}
