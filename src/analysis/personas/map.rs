//! People and clusters in two dimensions: correspondence analysis of a part of the sample (`formulas.md`
//! F15).
//!
//! With P the indicator matrix of people by labels over its total, r and c its margins, the analysis is the
//! singular value decomposition of S = D_r^−½ (P − r cᵀ) D_c^−½. The axes of the labels are the eigenvectors
//! of SᵀS, found by subspace iteration on the rows of bins; S is never written down. The block of eight
//! vectors is kept at right angles to √c, where SᵀS is 0, so P alone does the work of P − r cᵀ. A person
//! stands at the mean of their labels (principal coordinates), a cluster at the mean of all its labels (a
//! supplementary point, from everyone and not from the sample).
//!
//! Labels of less than 1 % of the part stay out: the analysis weighs a label by 1 / its share, and one
//! person with three rare labels would be an axis. So do missing values.
//!
//! Plain loops and not `ndarray`: its matrix product picks fused multiply-add by the processor it runs on,
//! and the same room would not give the same bits in a tab.

use super::dice::{Dice, Purpose};
use super::pace::Pace;
use super::rows::Rows;
use super::space::Space;
use super::survey::Survey;
use crate::error::Result;
use crate::num;
use crate::num::Order;
use crate::table::schema::Schema;

/// People on the map.
pub(super) const PEOPLE: usize = 3_000;
/// Vectors iterated together: six more than are wanted, so that the first two settle fast.
const BLOCK: usize = 8;
/// Iterations.
const ROUNDS: usize = 60;
/// Sweeps of the small eigenproblem.
const SWEEPS: usize = 12;

type Vector = [f64; BLOCK];

/// Where every label stands.
#[derive(Clone, Debug)]
pub(super) struct Axes {
    /// By bin: its place on the two axes; 0 for a bin that is not on the map.
    places: Vec<Option<(f64, f64)>>,
    /// Square roots of the inertia on each axis.
    stretch: (f64, f64),
    /// Share of the inertia on each axis.
    pub inertia: (f64, f64),
}

impl Axes {
    /// The axes of the first people of the sample.
    pub async fn new(
        pace: &mut Pace<'_>,
        schema: &Schema,
        space: &Space,
        survey: &Survey,
        seed: u64,
    ) -> Result<Self> {
        let table = Table::new(schema, space, survey);
        let mut vectors = table.start(seed);
        for _ in 0..ROUNDS {
            vectors = table.product(&vectors);
            table.square_up(&mut vectors);
            pace.spend(2 * BLOCK / 4 * table.rows.cells()).await?;
        }
        let image = table.product(&vectors);
        let (values, turn) = eigen(&inner(&vectors, &image));
        let total = table.inertia();
        let share = |axis: usize| if total > 0.0 { (values[axis] / total).clamp(0.0, 1.0) } else { 0.0 };
        let vectors: Vec<Vector> = vectors.iter().map(|v| times(v, &turn)).collect();
        let stretch = (num::sqrt(values[0].max(0.0)), num::sqrt(values[1].max(0.0)));
        let places = table.places(&vectors, [values[0], values[1]]);
        Ok(Axes { places, stretch, inertia: (share(0), share(1)) })
    }
    /// Where a label stands among its people (principal coordinates): a persona lies in the direction of the
    /// labels that mark it.
    pub fn label(&self, bin: usize) -> Option<(f64, f64)> {
        self.places[bin].map(|place| (tidy(place.0 * self.stretch.0), tidy(place.1 * self.stretch.1)))
    }
    /// Where someone, or a group of people, with these bins stands: the mean of the bins' places.
    pub fn place(&self, bins: impl Iterator<Item = (usize, u64)>) -> (f64, f64) {
        let (mut x, mut y, mut weight) = (0.0, 0.0, 0.0);
        for (bin, people) in bins {
            if let Some(place) = self.places[bin] {
                x += place.0 * people as f64;
                y += place.1 * people as f64;
                weight += people as f64;
            }
        }
        if weight > 0.0 { (tidy(x / weight), tidy(y / weight)) } else { (0.0, 0.0) }
    }
}

/// Four decimals: a map is looked at, and thousands of its points are written out.
fn tidy(x: f64) -> f64 {
    (x * 1e4).round() / 1e4
}

/// The indicator matrix with its margins. Labels on the map are numbered densely.
struct Table {
    rows: Rows,
    /// By row: 1 / √labels; 0 for a person without any.
    row: Vec<f64>,
    /// By label: 1 / √people.
    label: Vec<f64>,
    /// By label: √ of its share of all entries.
    mass: Vec<f64>,
    /// By bin: its label.
    labels: Vec<Option<usize>>,
}

impl Table {
    fn new(schema: &Schema, space: &Space, survey: &Survey) -> Self {
        let known = |bin: usize| space.counts(bin) && schema.bin(bin).1 > 0;
        let mut drawn = Rows::default();
        let sample = survey.sample(schema, &space.features, known);
        sample.iter().take(PEOPLE).for_each(|bins| drawn.push(bins.iter().copied()));
        let mut people = vec![0u64; schema.bins()];
        drawn.iter().flatten().for_each(|&bin| people[bin as usize] += 1);
        let least = 5.max(drawn.len() as u64 / 100).min(drawn.len() as u64 / 2).max(1);
        let mut count = 0;
        let labels: Vec<Option<usize>> = people
            .iter()
            .map(|&n| {
                count += usize::from(n >= least);
                (n >= least).then(|| count - 1)
            })
            .collect();
        let mut rows = Rows::default();
        drawn
            .iter()
            .for_each(|bins| rows.push(bins.iter().filter_map(|&b| labels[b as usize]).map(|l| l as u32)));
        let total = rows.cells().max(1) as f64;
        let kept: Vec<f64> = people.iter().filter(|&&n| n >= least).map(|&n| n as f64).collect();
        Table {
            row: rows
                .iter()
                .map(|r| if r.is_empty() { 0.0 } else { 1.0 / num::sqrt(r.len() as f64) })
                .collect(),
            label: kept.iter().map(|n| 1.0 / num::sqrt(*n)).collect(),
            mass: kept.iter().map(|n| num::sqrt(n / total)).collect(),
            rows,
            labels,
        }
    }
    fn start(&self, seed: u64) -> Vec<Vector> {
        let mut dice = Dice::new(seed, Purpose::Axes);
        let mut vectors: Vec<Vector> =
            self.label.iter().map(|_| std::array::from_fn(|_| dice.centred())).collect();
        self.square_up(&mut vectors);
        vectors
    }
    /// SᵀS times the vectors.
    fn product(&self, vectors: &[Vector]) -> Vec<Vector> {
        let mut product = vec![[0.0; BLOCK]; vectors.len()];
        for (labels, &row) in self.rows.iter().zip(&self.row) {
            let mut person = [0.0; BLOCK];
            for &l in labels {
                let l = l as usize;
                (0..BLOCK).for_each(|v| person[v] += vectors[l][v] * self.label[l]);
            }
            for &l in labels {
                let l = l as usize;
                (0..BLOCK).for_each(|v| product[l][v] += person[v] * row * row * self.label[l]);
            }
        }
        product
    }
    /// Makes the vectors of length 1, at right angles to each other and to √c (Gram–Schmidt, twice for the
    /// last digits). One that is nothing but the others becomes 0.
    fn square_up(&self, vectors: &mut [Vector]) {
        for v in 0..BLOCK {
            let before = norm(vectors, v);
            for _ in 0..2 {
                let along: f64 = vectors.iter().zip(&self.mass).map(|(row, mass)| row[v] * mass).sum();
                vectors.iter_mut().zip(&self.mass).for_each(|(row, mass)| row[v] -= along * mass);
                for u in 0..v {
                    let along: f64 = vectors.iter().map(|row| row[u] * row[v]).sum();
                    vectors.iter_mut().for_each(|row| row[v] -= along * row[u]);
                }
            }
            let after = norm(vectors, v);
            let factor = if after > 1e-9 * before { 1.0 / after } else { 0.0 };
            vectors.iter_mut().for_each(|row| row[v] *= factor);
        }
    }
    /// The whole inertia: the squares of S.
    fn inertia(&self) -> f64 {
        let of = |labels: &[u32]| {
            labels.iter().map(|&l| self.label[l as usize] * self.label[l as usize]).sum::<f64>()
        };
        let sum: f64 = self.rows.iter().zip(&self.row).map(|(labels, row)| of(labels) * row * row).sum();
        (sum - 1.0).max(0.0)
    }
    /// Standard coordinates of the bins on the first two axes; the largest is positive.
    fn places(&self, vectors: &[Vector], values: [f64; 2]) -> Vec<Option<(f64, f64)>> {
        let axis = |v: usize| -> Vec<f64> {
            let alive = if values[v] > 1e-12 { 1.0 } else { 0.0 };
            let (mut largest, mut sign) = (0.0, 1.0);
            for row in vectors {
                if row[v].abs() > largest {
                    (largest, sign) = (row[v].abs(), if row[v] < 0.0 { -1.0 } else { 1.0 });
                }
            }
            vectors.iter().zip(&self.mass).map(|(row, mass)| alive * sign * row[v] / mass).collect()
        };
        let (x, y) = (axis(0), axis(1));
        self.labels.iter().map(|label| label.map(|l| (x[l], y[l]))).collect()
    }
}

fn norm(vectors: &[Vector], v: usize) -> f64 {
    num::sqrt(vectors.iter().map(|row| row[v] * row[v]).sum())
}

fn inner(a: &[Vector], b: &[Vector]) -> [Vector; BLOCK] {
    let mut table = [[0.0; BLOCK]; BLOCK];
    for (a, b) in a.iter().zip(b) {
        (0..BLOCK).for_each(|i| (0..BLOCK).for_each(|j| table[i][j] += a[i] * b[j]));
    }
    table
}

fn times(row: &Vector, turn: &[Vector; BLOCK]) -> Vector {
    let mut turned = [0.0; BLOCK];
    (0..BLOCK).for_each(|i| (0..BLOCK).for_each(|j| turned[j] += row[i] * turn[i][j]));
    turned
}

/// Eigenvalues of a small symmetric matrix, largest first, and the eigenvectors as columns: Jacobi's
/// rotations (Golub, Van Loan, 8.5).
fn eigen(matrix: &[Vector; BLOCK]) -> (Vector, [Vector; BLOCK]) {
    let mut a: [Vector; BLOCK] =
        std::array::from_fn(|i| std::array::from_fn(|j| (matrix[i][j] + matrix[j][i]) / 2.0));
    let mut turn: [Vector; BLOCK] = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(i == j)));
    for _ in 0..SWEEPS {
        for p in 0..BLOCK {
            (p + 1..BLOCK).for_each(|q| rotate(&mut a, &mut turn, p, q));
        }
    }
    let mut order: Vec<usize> = (0..BLOCK).collect();
    order.order_by(|&i, &j| a[j][j].total_cmp(&a[i][i]));
    let values = std::array::from_fn(|i| a[order[i]][order[i]]);
    (values, std::array::from_fn(|i| std::array::from_fn(|j| turn[i][order[j]])))
}

fn rotate(a: &mut [Vector; BLOCK], turn: &mut [Vector; BLOCK], p: usize, q: usize) {
    if a[p][q].abs() < 1e-300 {
        return;
    }
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let sign = if theta < 0.0 { -1.0 } else { 1.0 };
    let t = sign / (theta.abs() + num::sqrt(theta * theta + 1.0));
    let c = 1.0 / num::sqrt(t * t + 1.0);
    let s = t * c;
    for row in a.iter_mut().chain(turn) {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
    let (up, down) = (a[p], a[q]);
    a[p] = std::array::from_fn(|i| c * up[i] - s * down[i]);
    a[q] = std::array::from_fn(|i| s * up[i] + c * down[i]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_are_stretched_by_their_values() {
        let half: [Vector; BLOCK] =
            std::array::from_fn(|i| std::array::from_fn(|j| ((i * 7 + j * 3) % 11) as f64 - 5.0));
        let matrix: [Vector; BLOCK] =
            std::array::from_fn(|i| std::array::from_fn(|j| half[i][j] + half[j][i]));
        let (values, turn) = eigen(&matrix);
        assert!(values.windows(2).all(|w| w[0] >= w[1]));
        for (v, value) in values.iter().enumerate() {
            for row in 0..BLOCK {
                let image: f64 = (0..BLOCK).map(|j| matrix[row][j] * turn[j][v]).sum();
                assert!((image - value * turn[row][v]).abs() < 1e-9);
            }
        }
    }
}
