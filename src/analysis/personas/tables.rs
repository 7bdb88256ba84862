//! Scores by table look-up: k-means over one-hot bins without a matrix.
//!
//! For a person x and a centre c, |x − c|² = |x|² − (2 x·c − |c|²). The bracket, the *score*, is a sum of one
//! cell per bin of the person minus a constant per centre; the nearest centre has the highest score. Cells
//! are whole numbers with [`Space::cell_unit`] as 1, so a score is the same on every target and in every
//! order.
//!
//! A row of the table holds one cell per centre, padded to a whole number of vector lanes: the compiler adds
//! eight clusters at once. The plain twin in the tests walks bins and centres one by one.

use super::rows::Rows;
use super::space::Space;
use serde::{Deserialize, Serialize};

/// Score of a centre nobody should choose: padding, or an emptied cluster.
const NEVER: i64 = i64::MAX / 4;

/// Centres as tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tables {
    /// Cells per bin: 4, 8, 16 or 24.
    lanes: usize,
    /// By bin, then by centre: twice the centre's coordinate times the weight of the bin.
    cells: Vec<i32>,
    /// Squared length of each centre.
    lengths: Vec<i64>,
}

impl Tables {
    /// Tables of `k` centres, `at(centre)` giving their coordinates; a centre without any is never the
    /// nearest.
    pub fn new<'a, I>(space: &Space, k: usize, at: impl Fn(usize) -> Option<I>) -> Self
    where
        I: Iterator<Item = (usize, f64)> + 'a,
    {
        let lanes = if k <= 4 { 4 } else { k.next_multiple_of(8) };
        let mut tables = Tables { lanes, cells: vec![0; space.bins() * lanes], lengths: vec![NEVER; lanes] };
        for centre in 0..k {
            let Some(coordinates) = at(centre) else { continue };
            let mut square = 0.0;
            for (bin, x) in coordinates {
                square += x * x;
                let cell = 2.0 * x * space.weight(bin) * space.cell_unit();
                tables.cells[bin * lanes + centre] = (cell + 0.5) as i32;
            }
            tables.lengths[centre] = (square * space.score_unit() + 0.5) as i64;
        }
        tables
    }
    /// Tables whose centres are people.
    pub fn of_people(space: &Space, people: &[(&[u32], i64)]) -> Self {
        Tables::new(space, people.len(), |centre| {
            let (bins, scale) = people[centre];
            let length = scale as f64 / space.unit();
            Some(bins.iter().map(move |&b| (b as usize, space.weight(b as usize) * length)))
        })
    }
    /// Whether the tables fit a space: false only for a message that was never sent by the desk.
    pub fn fit(&self, space: &Space) -> bool {
        [4, 8, 16, 24].contains(&self.lanes)
            && self.cells.len() == space.bins() * self.lanes
            && self.lengths.len() == self.lanes
    }
    /// Calls `visit(person, nearest centre, its score)` for everyone; of equals the first centre.
    pub fn nearest(&self, rows: &Rows, scales: &[i64], mut visit: impl FnMut(usize, usize, i64)) {
        self.scores(rows, scales, |i, scores| {
            let (mut best, mut most) = (0, scores[0]);
            for (centre, &score) in scores.iter().enumerate().skip(1) {
                if score > most {
                    (best, most) = (centre, score);
                }
            }
            visit(i, best, most);
        });
    }
    /// Calls `visit(person, scores)` for everyone, with one score per lane.
    pub fn scores(&self, rows: &Rows, scales: &[i64], visit: impl FnMut(usize, &[i64])) {
        match self.lanes {
            4 => self.walk::<4>(rows, scales, visit),
            8 => self.walk::<8>(rows, scales, visit),
            16 => self.walk::<16>(rows, scales, visit),
            _ => self.walk::<24>(rows, scales, visit),
        }
    }
    #[inline]
    fn walk<const L: usize>(&self, rows: &Rows, scales: &[i64], mut visit: impl FnMut(usize, &[i64])) {
        let (cells, _) = self.cells.as_chunks::<L>();
        let Some(lengths) = self.lengths.first_chunk::<L>() else { return };
        for ((i, bins), &scale) in rows.iter().enumerate().zip(scales) {
            let mut sum = [0i32; L];
            for &bin in bins {
                let row = &cells[bin as usize];
                (0..L).for_each(|l| sum[l] = sum[l].wrapping_add(row[l]));
            }
            let scores: [i64; L] = std::array::from_fn(|l| i64::from(sum[l]) * scale - lengths[l]);
            visit(i, &scores);
        }
    }
}
