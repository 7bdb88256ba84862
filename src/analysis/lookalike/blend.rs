//! `auto`: several models, and for every fold the blend of them that is best without that fold.
//!
//! Every model comes three times: without a fold, without a fold and the next, and of everyone. What blend scores a
//! fold is chosen by the log-loss of the models that saw neither it nor the next one, on the next one: the fold itself
//! has no say in its own scores. Blends are means of log-odds; all in steps of a quarter are tried, and what is taken
//! is the mean of them all, each counting by the likelihood it gives the fold (Hoeting and others, Bayesian Model
//! Averaging, Statistical Science 14, 1999). So some dozens of seed people move it little, and thousands decide.

use super::cast::Roles;
use super::curve::{Curve, LOSS};
use super::folds::Places;
use super::score::{Histogram, LIMIT, STEPS};
use super::{FOLD, SCORE};
use crate::error::{Error, Kind, Result};
use crate::num;
use crate::shard::{Analysis, Partial, Shard, add_up};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Steps of the blends that are tried.
const TRIED: i32 = 4;
/// Parts of a blend.
pub const PARTS: i32 = 64;

/// How many of [`PARTS`] are each model's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blend(pub Vec<i32>);

impl Blend {
    /// The same of each.
    pub fn even(models: usize) -> Blend {
        Blend::near(&vec![1.0 / models as f64; models])
    }
    /// The parts next to these shares; what rounding leaves goes to the largest.
    fn near(shares: &[f64]) -> Blend {
        let mut parts: Vec<i32> =
            shares.iter().map(|share| libm::floor(share * f64::from(PARTS) + 0.5) as i32).collect();
        let left = PARTS - parts.iter().sum::<i32>();
        let largest = (0..parts.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]).then(b.cmp(&a)));
        largest.into_iter().for_each(|at| parts[at] += left);
        Blend(parts)
    }
    /// Share of a model.
    pub fn share(&self, model: usize) -> f64 {
        f64::from(self.0.get(model).copied().unwrap_or(0)) / f64::from(PARTS)
    }
    fn mix(&self, score: impl Fn(usize) -> i32) -> i32 {
        let sum: i32 = self.0.iter().enumerate().map(|(m, part)| part * score(m)).sum();
        (sum + PARTS / 2).div_euclid(PARTS)
    }
}

/// The measure of a model's scores: out of fold, or of the next fold.
pub fn measure(model: usize, inner: bool) -> String {
    format!("{SCORE}-{}-{model}", if inner { "inner" } else { "outer" })
}

/// Every blend of so many models that is tried.
pub fn grid(models: usize) -> Vec<Blend> {
    let mut all = vec![vec![]];
    for model in 0..models {
        let last = model + 1 == models;
        let longer = |of: &Vec<i32>| {
            let left = TRIED - of.iter().sum::<i32>();
            let parts = if last { left..=left } else { 0..=left };
            parts.map(|part| of.iter().copied().chain([part]).collect()).collect::<Vec<Vec<i32>>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.into_iter().map(|parts| Blend(parts.into_iter().map(|part| part * PARTS / TRIED).collect())).collect()
}

/// The question: the log-loss of every blend in every fold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Weigh {
    /// How many models there are.
    pub models: usize,
    /// Folds by their numbers.
    pub folds: Vec<i32>,
}

/// Losses by fold, blend by blend, 2^-28; empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses(pub Vec<i64>);

impl Partial for Losses {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.0, &other.0);
    }
}

fn known(shard: &Shard, models: usize, inner: bool) -> Result<()> {
    (0..models).try_for_each(|model| shard.known(&measure(model, inner)).map(|_| ()))
}

/// Everyone's score by each model: looked up once, not per person.
fn scored(shard: &Shard, models: usize, inner: bool) -> Vec<&[i32]> {
    (0..models).map(|model| &shard.measures[&measure(model, inner)][..]).collect()
}

impl Analysis for Weigh {
    const NAME: &'static str = "lookalike-weigh";
    type Partial = Losses;
    type Work = (Curve, Places);

    fn begin(&self, shard: &Shard) -> Result<(Curve, Places)> {
        known(shard, self.models, true)?;
        Ok((Curve::new(STEPS), Places::new(&self.folds)))
    }

    fn add(&self, work: &mut (Curve, Places), shard: &mut Shard, rows: Range<usize>, sum: &mut Losses) {
        let blends = grid(self.models);
        sum.0.resize(self.folds.len() * blends.len(), 0);
        let (scores, folds) = (scored(shard, self.models, true), &shard.measures[FOLD]);
        let roles = Roles::of(shard);
        for i in rows {
            let Some(side) = roles.side(i) else { continue };
            let (fold, member) = (work.1.of(folds[i]), side as i64);
            let losses = &mut sum.0[fold * blends.len()..][..blends.len()];
            for (loss, blend) in losses.iter_mut().zip(&blends) {
                let logit = blend.mix(|model| scores[model][i]);
                *loss += work.0.at(logit).1 - ((member * i64::from(logit)) << (LOSS - STEPS));
            }
        }
    }
}

/// The question: write everyone's blended score into the measure `score`, and count scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mix {
    /// Each fold and its blend.
    pub blends: Vec<(i32, Blend)>,
}

impl Mix {
    /// How many models the blends are of.
    fn models(&self) -> usize {
        self.blends.first().map_or(0, |(_, blend)| blend.0.len())
    }
}

impl Analysis for Mix {
    const NAME: &'static str = "lookalike-mix";
    type Partial = Histogram;
    type Work = Places;

    fn begin(&self, shard: &Shard) -> Result<Places> {
        let some = self.blends.iter().all(|(_, blend)| blend.0.len() == self.models());
        if self.blends.is_empty() || !some {
            return Err(Error::new(Kind::TooEarly));
        }
        known(shard, self.models(), false)?;
        let folds: Vec<i32> = self.blends.iter().map(|(fold, _)| *fold).collect();
        Ok(Places::new(&folds))
    }

    fn add(&self, places: &mut Places, shard: &mut Shard, rows: Range<usize>, sum: &mut Histogram) {
        let (of, folds) = (scored(shard, self.models(), false), &shard.measures[FOLD]);
        let score = |i: usize| {
            let blend = &self.blends[places.of(folds[i])].1;
            blend.mix(|model| of[model][i]).clamp(-LIMIT, LIMIT)
        };
        let scores: Vec<i32> = rows.clone().map(score).collect();
        sum.record(shard, SCORE, rows, &scores);
    }
}

/// For each fold, in order, the blend by the losses in the next one; and the one by all losses.
pub fn choose(losses: &Losses, folds: usize, models: usize) -> (Vec<Blend>, Blend) {
    let blends = grid(models);
    let at = |fold: usize, b: usize| losses.0.get(fold * blends.len() + b).copied().unwrap_or(0);
    let chosen = (0..folds).map(|fold| likely(&blends, |b| at((fold + 1) % folds, b))).collect();
    (chosen, likely(&blends, |b| (0..folds).map(|fold| at(fold, b)).sum()))
}

/// The mean of the blends by the likelihoods of these losses.
fn likely(blends: &[Blend], loss: impl Fn(usize) -> i64) -> Blend {
    let least = (0..blends.len()).map(&loss).min().unwrap_or(0);
    let likelihood = |b: usize| num::exp((least - loss(b)) as f64 / (1u64 << LOSS) as f64);
    let weights: Vec<f64> = (0..blends.len()).map(likelihood).collect();
    let whole: f64 = weights.iter().sum();
    let models = blends.first().map_or(0, |blend| blend.0.len());
    let share = |m: usize| blends.iter().zip(&weights).map(|(b, w)| b.share(m) * w).sum::<f64>() / whole;
    Blend::near(&(0..models).map(share).collect::<Vec<f64>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_blend_in_steps_is_tried_once() {
        let blends = grid(3);
        assert_eq!((blends.len(), grid(1).len(), grid(4).len()), (15, 1, 35));
        assert!(blends.iter().all(|blend| blend.0.iter().sum::<i32>() == PARTS));
        let mut apart = blends.clone();
        apart.dedup();
        assert_eq!(apart.len(), 15);
    }

    #[test]
    fn the_next_fold_decides() {
        let (blends, dear) = (grid(3), 90 << LOSS);
        let mut losses = vec![dear; 3 * 15];
        losses[15 + 2] = 0;
        losses[30 + 8] = 0;
        losses[5] = 0;
        let (chosen, whole) = choose(&Losses(losses.clone()), 3, 3);
        assert_eq!(chosen, [blends[2].clone(), blends[8].clone(), blends[5].clone()]);
        losses[2] = 0;
        assert_eq!(choose(&Losses(losses), 3, 3).1, blends[2], "two folds against one");
        assert_eq!(whole.0.iter().sum::<i32>(), PARTS);
    }

    #[test]
    fn what_is_alike_is_shared() {
        let blends = grid(2);
        let alike = likely(&blends, |_| 7);
        assert_eq!(alike, Blend(vec![32, 32]));
        let nearly = likely(&blends, |b| ((b as i64) << LOSS) / 2);
        assert!(nearly.0[1] > 32 && nearly.0[1] < PARTS, "{nearly:?}");
    }

    #[test]
    fn a_blend_lies_between() {
        let blend = |part| Blend(vec![PARTS - part, part]).mix(|m| [-400, 800][m]);
        assert_eq!([blend(0), blend(16), blend(64)], [-400, -100, 800]);
    }
}
