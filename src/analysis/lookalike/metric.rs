//! The shape of the objective near a point: second derivatives by the fullest bins, from a sample of people;
//! the other bins keep their own. Solving with it is a Newton step, which is what makes few passes enough.

use super::pairs::Met;
use super::ridge::Ridge;
use crate::error::Result;
use crate::num;
use crate::num::{Order, decompose, dot, solve};
use crate::shard::desk::Desk;

/// Weights in the dense part: its factor takes some 75 million multiplications at most.
pub const DENSE: usize = 768;
/// The same where parts of it are asked for: each part is factored anew, and there are many.
const PARTED: usize = 400;
/// Share of a weight's own steepness added to the diagonal where a sample stands for everyone.
const SAMPLED: f64 = 1e-3;
/// The same where everyone was met: only for bins of one column, which add up to the intercept exactly.
const EXACT: f64 = 1e-5;

/// What is known of the curvature.
#[derive(Debug, Default)]
pub struct Metric {
    /// Curvature of every weight alone, the ridge included.
    alone: Vec<f64>,
    /// Places in the dense part, ascending.
    places: Vec<usize>,
    /// Rows of the lower triangle of its Cholesky factor.
    factor: Vec<Vec<f64>>,
    /// Rows of its own lower triangle, if parts of it will be asked for.
    rows: Option<Vec<Vec<f64>>>,
}

impl Metric {
    /// Diagonal only. `parts` says whether parts of the dense part will be asked for.
    pub fn new(alone: Vec<f64>, parts: bool) -> Metric {
        Metric { alone, rows: parts.then(Vec::new), ..Metric::default() }
    }
    /// How many weights there are.
    pub fn len(&self) -> usize {
        self.alone.len()
    }
    /// The steepest weights, ascending, the intercept first: the dense part to be.
    pub fn steepest(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (1..self.alone.len()).collect();
        places.order_by(|&a, &b| self.alone[b].total_cmp(&self.alone[a]));
        places.truncate(if self.rows.is_some() { PARTED } else { DENSE } - 1);
        places.push(0);
        places.sort_unstable();
        places
    }
    /// Takes in the pairs of these places, met in a sample out of so many people, under this ridge.
    pub async fn lean(
        &mut self,
        desk: &Desk,
        places: &[usize],
        met: &Met,
        people: u64,
        ridge: &Ridge,
    ) -> Result<()> {
        let scale = people as f64 / met.people.max(1) as f64;
        let jitter = if met.people < people { SAMPLED } else { EXACT };
        let mut factor: Vec<Vec<f64>> = Vec::with_capacity(places.len());
        let mut rows = self.rows.as_ref().map(|_| Vec::with_capacity(places.len()));
        for (a, &place) in places.iter().enumerate() {
            if a % 64 == 63 {
                desk.breathe().await?;
            }
            let both = |b: usize| scale * met.both(a, b) + ridge.between(place, places[b]);
            let mut row: Vec<f64> = (0..a).map(both).collect();
            let jitter = jitter * self.alone[place];
            rows.iter_mut()
                .for_each(|rows| rows.push(row.iter().copied().chain([both(a) + jitter]).collect()));
            for b in 0..a {
                row[b] = (row[b] - dot(&row[..b], &factor[b][..b])) / factor[b][b];
            }
            let left = both(a) - dot(&row, &row);
            row.push(num::sqrt(left.max(0.0) + jitter));
            factor.push(row);
        }
        (self.places, self.factor, self.rows) = (places.to_vec(), factor, rows);
        Ok(())
    }
    /// Curvature of every weight alone.
    pub fn diagonal(&self) -> &[f64] {
        &self.alone
    }
    /// The metric times a step.
    pub fn times(&self, step: &[f64]) -> Vec<f64> {
        let mut product: Vec<f64> = step.iter().zip(&self.alone).map(|(x, h)| x * h).collect();
        let mut dense = vec![0.0; self.places.len()];
        for (row, &p) in self.factor.iter().zip(&self.places) {
            dense.iter_mut().zip(row).for_each(|(x, r)| *x += r * step[p]);
        }
        self.places.iter().zip(&self.factor).for_each(|(&p, row)| product[p] = dot(row, &dense));
        product
    }
    /// The inverse of the metric times a slope, in place.
    pub fn solve(&self, slope: &mut [f64]) {
        let mut dense: Vec<f64> = self.places.iter().map(|&p| slope[p]).collect();
        slope.iter_mut().zip(&self.alone).for_each(|(x, h)| *x /= h);
        solve(&self.factor, &mut dense);
        self.places.iter().zip(dense).for_each(|(&p, x)| slope[p] = x);
    }
}

/// The metric of groups of weights that move together; what is in no group stays.
pub struct Part {
    /// The number of each group in the dense part, and its curvature alone.
    groups: Vec<(Option<usize>, f64)>,
    factor: Vec<Vec<f64>>,
}

impl Part {
    /// The part of so many groups, given by place; nothing if the metric does not give parts.
    pub fn new(metric: &Metric, groups: &[Option<usize>], count: usize) -> Option<Part> {
        let rows = metric.rows.as_ref()?;
        let mut part = Part { groups: vec![(None, 0.0); count], factor: Vec::new() };
        for (group, alone) in groups.iter().zip(&metric.alone) {
            group.iter().for_each(|&g| part.groups[g].1 += alone);
        }
        for (a, (row, &p)) in rows.iter().zip(&metric.places).enumerate() {
            let Some(g) = groups[p] else { continue };
            let here = *part.groups[g].0.get_or_insert_with(|| {
                part.factor.push(vec![0.0; part.factor.len() + 1]);
                part.factor.len() - 1
            });
            // What is in the dense part is there in full.
            part.groups[g].1 -= metric.alone[p];
            for (b, &entry) in row.iter().enumerate() {
                let there = groups[metric.places[b]].and_then(|g| part.groups[g].0);
                if let Some(there) = there {
                    let twice = if a != b && here == there { 2.0 } else { 1.0 };
                    part.factor[here.max(there)][here.min(there)] += twice * entry;
                }
            }
        }
        for &(dense, alone) in &part.groups {
            dense.iter().for_each(|&at| part.factor[at][at] += alone.max(0.0));
        }
        decompose(&mut part.factor, 1e-9);
        Some(part)
    }
    /// The inverse times sums by group, in place.
    pub fn solve(&self, sums: &mut [f64]) {
        let mut dense = vec![0.0; self.factor.len()];
        for (&(at, alone), sum) in self.groups.iter().zip(sums.iter_mut()) {
            match at {
                Some(at) => dense[at] = *sum,
                None => *sum /= alone,
            }
        }
        solve(&self.factor, &mut dense);
        let both = self.groups.iter().zip(sums);
        both.for_each(|(&(at, _), sum)| at.iter().for_each(|&at| *sum = dense[at]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::testing::run;

    #[test]
    fn it_solves_what_it_says() {
        let half = 1u64 << (crate::analysis::lookalike::pairs::STEEP - 1);
        let met = Met { people: 5, pairs: [6, 2, 2, 3, 0, 3].map(|n| n * half).to_vec() };
        let alone = vec![6.0, 2.0, 4.0, 7.0];
        let mut metric = Metric::new(alone, true);
        let solved = run(&mut [], &[], |desk| async move {
            metric.lean(&desk, &[0, 1, 2], &met, 10, &Ridge::plain(4, 1.0)).await.map(|()| {
                let mut x = vec![1.0, -2.0, 0.5, 14.0];
                metric.solve(&mut x);
                let back = metric.times(&x);
                (x, back)
            })
        });
        let (x, back) = solved.expect("not cancelled");
        assert!(
            back.iter().zip([1.0, -2.0, 0.5, 14.0]).all(|(got, want)| (got - want).abs() < 1e-9),
            "{back:?}"
        );
        let m = [[6.0, 2.0, 3.0], [2.0, 2.0, 0.0], [3.0, 0.0, 3.0]];
        let ridge = [6.0 * SAMPLED, 1.0 + 2.0 * SAMPLED, 1.0 + 4.0 * SAMPLED];
        for (a, want) in [1.0, -2.0, 0.5].into_iter().enumerate() {
            let got: f64 = (0..3).map(|b| m[a][b] * x[b]).sum::<f64>() + ridge[a] * x[a];
            assert!((got - want).abs() < 1e-9, "{a}: {got}");
        }
        assert_eq!(x[3], 2.0);
    }
}
