//! Everyone's out-of-fold score: the logit of the model that did not see them, in steps of 2^-12 within ±16.

use super::FOLD;
use super::cast::Roles;
use super::folds::Places;
use super::sweep::placed;
use crate::error::Result;
use crate::num;
use crate::shard::{Analysis, Partial, Shard, add_up};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::ops::Range;

/// Steps of a score per unit of log-odds, as a power of two.
pub const STEPS: u32 = 12;
/// Scores lie within ± this.
pub const LIMIT: i32 = 16 << STEPS;
const BLOCK: usize = 256;

/// The log-odds of a score.
pub fn logit(score: i32) -> f64 {
    f64::from(score) / f64::from(1 << STEPS)
}

/// Appends the probability of a score, in decimals enough that different scores read differently.
///
/// Twelve decimals: at the limits, where the curve is flattest, neighbouring scores lie 2.7·10⁻¹¹ apart.
pub fn score_text(score: i32, out: &mut String) {
    let chance = num::logistic(logit(score.clamp(-LIMIT, LIMIT)));
    // Below 1 − 10⁻⁷, so never "1"; writing to a string cannot fail.
    let _ = write!(out, "0.{:012}", (chance * 1e12 + 0.5) as u64);
}

/// The question: write everyone's score into a measure, and count scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Score {
    /// Name of the measure.
    pub into: String,
    /// Features the models see.
    pub features: Vec<usize>,
    /// Fixed point of the weights.
    pub shift: u32,
    /// Whom each lane scores: people of this fold.
    pub folds: Vec<i32>,
    /// Weights, lane by lane.
    pub weights: Vec<i32>,
}

/// People per score, ascending from `-LIMIT`; empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// Positives.
    pub seed: Vec<u64>,
    /// Negatives.
    pub rest: Vec<u64>,
}

impl Histogram {
    /// Makes room for so many scores.
    pub fn widen(&mut self, scores: usize) {
        self.seed.resize(self.seed.len().max(scores), 0);
        self.rest.resize(self.rest.len().max(scores), 0);
    }
    /// Counts the score of a positive (1), a negative (0), or of nobody who counts.
    pub fn count(&mut self, side: Option<usize>, score: i32) {
        if self.seed.is_empty() {
            self.widen(2 * LIMIT as usize + 1);
        }
        let counts = match side {
            Some(1) => &mut self.seed,
            Some(_) => &mut self.rest,
            None => return,
        };
        counts[(score + LIMIT) as usize] += 1;
    }
    /// Counts the scores of these people and writes them into a measure.
    pub fn record(&mut self, shard: &mut Shard, into: &str, rows: Range<usize>, scores: &[i32]) {
        let roles = Roles::of(shard);
        rows.clone().zip(scores).for_each(|(i, &score)| self.count(roles.side(i), score));
        shard.measure(into, 0)[rows].copy_from_slice(scores);
    }
}

impl Partial for Histogram {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.seed, &other.seed);
        add_up(&mut self.rest, &other.rest);
    }
}

/// Where weights stand, and the lane of each fold.
pub struct Work {
    columns: Vec<(usize, usize)>,
    lane: Places,
}

impl Analysis for Score {
    const NAME: &'static str = "lookalike-score";
    type Partial = Histogram;
    type Work = Work;

    fn begin(&self, shard: &Shard) -> Result<Work> {
        let columns = placed(&self.features, &shard.people.schema.starts).0;
        Ok(Work { columns, lane: Places::new(&self.folds) })
    }

    fn add(&self, work: &mut Work, shard: &mut Shard, rows: Range<usize>, sum: &mut Histogram) {
        let mut scores = Vec::with_capacity(rows.len());
        for from in rows.clone().step_by(BLOCK) {
            self.block(work, shard, from..rows.end.min(from + BLOCK), &mut scores);
        }
        sum.record(shard, &self.into, rows, &scores);
    }
}

impl Score {
    fn block(&self, work: &Work, shard: &mut Shard, rows: Range<usize>, scores: &mut Vec<i32>) {
        let lanes: Vec<usize> =
            shard.measure(FOLD, 0)[rows.clone()].iter().map(|&fold| work.lane.of(fold)).collect();
        let mut logits: Vec<i32> = lanes.iter().map(|&lane| self.weights[lane]).collect();
        for &(column, start) in &work.columns {
            let weights = &self.weights[start * self.folds.len()..];
            shard.people.columns[column].for_each(rows.clone(), |i, code| {
                let at = i - rows.start;
                logits[at] += weights[code * self.folds.len() + lanes[at]];
            });
        }
        let drop = self.shift - STEPS;
        let half = (1i64 << drop) >> 1;
        let rounded = |z: i32| ((i64::from(z) + half) >> drop) as i32;
        scores.extend(logits.into_iter().map(|z| rounded(z).clamp(-LIMIT, LIMIT)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_scores_read_differently_and_in_order() {
        let text = |score| {
            let mut out = String::new();
            score_text(score, &mut out);
            out
        };
        let mut last = String::new();
        for score in -LIMIT..=LIMIT {
            let now = text(score);
            assert!(now > last && now.len() == 14, "{score}: {now} after {last}");
            last = now;
        }
        assert_eq!(text(0), "0.500000000000");
        assert_eq!(text(i32::MIN), text(-LIMIT));
    }
}
