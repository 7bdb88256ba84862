//! One pass of the fit: loss and slopes of up to 17 models at once.
//!
//! Weights are `i32` in fixed point and stand lane by lane (a lane is a model), so that adding the weights of a
//! bin to a person's logits, and a person's residuals to a bin's slopes, is a few SIMD additions whatever the
//! number of models. People are walked in blocks small enough for the logits to stay in the first cache;
//! within a block column by column. Sums are whole numbers, so no split of the people can change a bit.
//!
//! The fixed point leaves room for the most codes a person can have ([`Grid::new`]): no sum overflows.

use super::FOLD;
use super::cast::Roles;
use super::curve::{self, Curve};
use crate::error::{Kind, Result};
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::people::People;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// People per block: logits of 8 lanes fill 8 KiB.
const BLOCK: usize = 256;
/// Lanes are padded to a multiple of this.
const LANES: usize = 4;

/// The whole numbers weights live on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Steps per unit of log-odds, as a power of two.
    pub shift: u32,
    /// No weight beyond this, either side; the intercept may reach twice as far.
    pub clip: f64,
}

impl Grid {
    /// The finest grid on which `codes` weights and an intercept add up within an `i32`.
    pub fn new(codes: u64) -> Grid {
        let spread = (codes + 2).next_power_of_two().trailing_zeros();
        let shift = 26u32.saturating_sub(spread).clamp(12, 22);
        Grid { shift, clip: f64::from(1u32 << 30u32.saturating_sub(spread + shift).min(4)) }
    }
    /// A weight on the grid.
    pub fn put(self, weight: f64, clip: f64) -> i32 {
        libm::round(weight.clamp(-clip, clip) * f64::from(1u32 << self.shift)) as i32
    }
    /// Back from the grid.
    pub fn weight(self, steps: i32) -> f64 {
        f64::from(steps) / f64::from(1u32 << self.shift)
    }
}

/// The question: loss and slopes at these weights.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sweep {
    /// Features the models see.
    pub features: Vec<usize>,
    /// Fixed point of the weights.
    pub shift: u32,
    /// Per lane the folds it does not learn from; no fold is below zero.
    pub without: Vec<[i32; 2]>,
    /// Weights, lane by lane: first the intercepts, then every bin of every feature.
    pub weights: Vec<i32>,
}

/// Sums over people, empty until the first one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slopes {
    /// Loss per lane, 2^-28.
    pub loss: Vec<i64>,
    /// Slope per weight, 2^-30, in the order of the weights.
    pub slopes: Vec<i64>,
}

impl Partial for Slopes {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.loss, &other.loss);
        add_up(&mut self.slopes, &other.slopes);
    }
}

/// Weights and slopes, padded.
pub struct Work {
    curve: Curve,
    lanes: usize,
    /// Columns and the place of their first bin among the weights.
    columns: Vec<(usize, usize)>,
    weights: Vec<i32>,
    slopes: Vec<i64>,
    loss: Vec<i64>,
}

/// Columns of these features and the place of their bin 0 behind the intercept.
pub fn placed(features: &[usize], starts: &[usize]) -> (Vec<(usize, usize)>, usize) {
    let mut at = 1;
    let place = |&f: &usize| {
        let here = at;
        at += starts[f + 1] - starts[f];
        (f, here)
    };
    (features.iter().map(place).collect(), at)
}

impl Analysis for Sweep {
    const NAME: &'static str = "lookalike-sweep";
    type Partial = Slopes;
    type Work = Work;

    fn begin(&self, shard: &Shard) -> Result<Work> {
        let lanes = self.without.len();
        let padded = lanes.next_multiple_of(LANES);
        let (columns, weights) = placed(&self.features, &shard.people.schema.starts);
        if self.weights.len() != weights * lanes
            || !shard.measures.contains_key(FOLD) && !shard.people.is_empty()
        {
            return Err(Kind::TooEarly.into());
        }
        let mut work = Work {
            curve: Curve::new(self.shift),
            lanes: padded,
            columns,
            weights: vec![0; weights * padded],
            slopes: vec![0; weights * padded],
            loss: vec![0; padded],
        };
        for (to, from) in work.weights.chunks_exact_mut(padded).zip(self.weights.chunks_exact(lanes)) {
            to[..lanes].copy_from_slice(from);
        }
        Ok(work)
    }

    fn add(&self, work: &mut Work, shard: &mut Shard, rows: Range<usize>, sum: &mut Slopes) {
        let folds = shard.measures.get(FOLD).map_or(&[][..], Vec::as_slice);
        let walk = Walk { people: &shard.people, roles: Roles::of(shard), folds, without: &self.without };
        match work.lanes {
            0 => {}
            4 => walk.add::<4>(work, rows),
            8 => walk.add::<8>(work, rows),
            12 => walk.add::<12>(work, rows),
            16 => walk.add::<16>(work, rows),
            _ => walk.add::<20>(work, rows),
        }
        let lanes = self.without.len();
        sum.loss.resize(lanes, 0);
        sum.slopes.resize(self.weights.len(), 0);
        flush(&mut work.loss, work.lanes, &mut sum.loss, lanes);
        flush(&mut work.slopes, work.lanes, &mut sum.slopes, lanes);
    }
}

/// Moves padded sums to where they are reported.
fn flush(from: &mut [i64], padded: usize, to: &mut [i64], lanes: usize) {
    for (from, to) in from.chunks_exact_mut(padded).zip(to.chunks_exact_mut(lanes)) {
        from.iter_mut().zip(to).for_each(|(from, to)| *to += std::mem::take(from));
    }
}

struct Walk<'a> {
    people: &'a People,
    roles: Roles<'a>,
    folds: &'a [i32],
    without: &'a [[i32; 2]],
}

impl Walk<'_> {
    fn add<const L: usize>(&self, work: &mut Work, rows: Range<usize>) {
        let mut logits = [[0i32; L]; BLOCK];
        for from in rows.clone().step_by(BLOCK) {
            let block = from..rows.end.min(from + BLOCK);
            let logits = &mut logits[..block.len()];
            self.sum_up(work, block.clone(), logits);
            self.compare(work, block.clone(), logits);
            self.spread(work, block, logits);
        }
    }
    /// The logits of a block.
    fn sum_up<const L: usize>(&self, work: &Work, block: Range<usize>, logits: &mut [[i32; L]]) {
        let weights = work.weights.as_chunks::<L>().0;
        logits.fill(weights[0]);
        for &(column, start) in &work.columns {
            let weights = &weights[start..];
            self.people.columns[column].for_each(block.clone(), |i, code| {
                let (logit, weight) = (&mut logits[i - block.start], &weights[code]);
                (0..L).for_each(|lane| logit[lane] += weight[lane]);
            });
        }
    }
    /// Turns logits into residuals, and adds the loss up.
    fn compare<const L: usize>(&self, work: &mut Work, block: Range<usize>, logits: &mut [[i32; L]]) {
        let mut loss = [0i64; L];
        let back = curve::LOSS as i32 - work.curve.shift() as i32;
        for (logit, i) in logits.iter_mut().zip(block) {
            let (member, learns) = (self.roles.positive(i), self.roles.learns(i));
            for (lane, without) in self.without.iter().enumerate() {
                // A person of a fold a lane goes without adds nothing to it.
                let heard = i32::from(learns && without[0] != self.folds[i] && without[1] != self.folds[i]);
                let z = logit[lane];
                let (chance, cost) = work.curve.at(z);
                logit[lane] = (chance - (i32::from(member) << curve::ONE)) * heard;
                let cost = if member { cost - (i64::from(z) << back) } else { cost };
                loss[lane] += cost * i64::from(heard);
            }
        }
        work.loss.iter_mut().zip(loss).for_each(|(sum, loss)| *sum += loss);
    }
    /// Adds the residuals of a block to the slopes of its bins.
    fn spread<const L: usize>(&self, work: &mut Work, block: Range<usize>, residuals: &[[i32; L]]) {
        let slopes = work.slopes.as_chunks_mut::<L>().0;
        for residual in residuals {
            (0..L).for_each(|lane| slopes[0][lane] += i64::from(residual[lane]));
        }
        for &(column, start) in &work.columns {
            let slopes = &mut slopes[start..];
            self.people.columns[column].for_each(block.clone(), |i, code| {
                let (slope, residual) = (&mut slopes[code], &residuals[i - block.start]);
                (0..L).for_each(|lane| slope[lane] += i64::from(residual[lane]));
            });
        }
    }
}
