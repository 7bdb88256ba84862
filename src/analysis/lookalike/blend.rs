//! `auto`: several models, and for every fold the blend of two of them that is best without that fold.
//!
//! Every model comes three times (`folds::without`): without a fold, without a fold and the next, and of everyone. What
//! blend scores a fold is chosen by the log-loss of the models that saw neither it nor the next one, on the next one:
//! the fold itself has no say in its own scores. A blend is a mean of log-odds in quarters; a grid of five weights is
//! as much as some dozens of seed people can decide.

use super::curve::{Curve, LOSS};
use super::score::{Histogram, LIMIT, STEPS};
use super::{FOLD, SCORE};
use crate::error::{Error, Kind, Result};
use crate::shard::{Analysis, Partial, Shard};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Parts of a blend.
pub const PARTS: i32 = 4;

/// Two models by their number, and how many of [`PARTS`] are the second's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blend {
    /// One model.
    pub one: usize,
    /// Another.
    pub other: usize,
    /// Parts of the other.
    pub parts: i32,
}

impl Blend {
    fn mix(self, one: i32, other: i32) -> i32 {
        (one * (PARTS - self.parts) + other * self.parts + PARTS / 2).div_euclid(PARTS)
    }
}

/// The measure of a model's scores: out of fold, or of the next fold.
pub fn measure(model: usize, inner: bool) -> String {
    format!("{SCORE}-{}-{model}", if inner { "inner" } else { "outer" })
}

/// Every blend of one of the `models` with the last of them; those of one model alone once.
pub fn grid(models: usize) -> Vec<Blend> {
    let last = models - 1;
    let of = |one| (0..PARTS).map(move |parts| Blend { one, other: last, parts });
    (0..last).flat_map(of).chain([Blend { one: last, other: last, parts: 0 }]).collect()
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
        self.0.resize(self.0.len().max(other.0.len()), 0);
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a += b);
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
    type Work = (Curve, [usize; 256]);

    fn begin(&self, shard: &Shard) -> Result<(Curve, [usize; 256])> {
        known(shard, self.models, true)?;
        let mut places = [0; 256];
        self.folds.iter().enumerate().for_each(|(at, &fold)| places[fold as usize & 255] = at);
        Ok((Curve::new(STEPS), places))
    }

    fn add(&self, work: &mut (Curve, [usize; 256]), shard: &mut Shard, rows: Range<usize>, sum: &mut Losses) {
        let blends = grid(self.models);
        sum.0.resize(self.folds.len() * blends.len(), 0);
        let (scores, folds) = (scored(shard, self.models, true), &shard.measures[FOLD]);
        for i in rows {
            let fold = work.1[folds[i] as usize & 255];
            let member = i64::from(shard.seed.has(i));
            let losses = &mut sum.0[fold * blends.len()..][..blends.len()];
            for (loss, blend) in losses.iter_mut().zip(&blends) {
                let logit = blend.mix(scores[blend.one][i], scores[blend.other][i]);
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
        self.blends.iter().map(|(_, blend)| blend.one.max(blend.other) + 1).max().unwrap_or(0)
    }
}

impl Analysis for Mix {
    const NAME: &'static str = "lookalike-mix";
    type Partial = Histogram;
    type Work = [Blend; 256];

    fn begin(&self, shard: &Shard) -> Result<[Blend; 256]> {
        let first = self.blends.first().ok_or(Error::new(Kind::TooEarly))?.1;
        known(shard, self.models(), false)?;
        let mut by_fold = [first; 256];
        self.blends.iter().for_each(|&(fold, blend)| by_fold[fold as usize & 255] = blend);
        Ok(by_fold)
    }

    fn add(&self, by_fold: &mut [Blend; 256], shard: &mut Shard, rows: Range<usize>, sum: &mut Histogram) {
        sum.widen(2 * LIMIT as usize + 1);
        let (of, folds) = (scored(shard, self.models(), false), &shard.measures[FOLD]);
        let score = |i: usize| {
            let blend = by_fold[folds[i] as usize & 255];
            blend.mix(of[blend.one][i], of[blend.other][i]).clamp(-LIMIT, LIMIT)
        };
        let scores: Vec<i32> = rows.clone().map(score).collect();
        for (i, &score) in rows.clone().zip(&scores) {
            let counts = if shard.seed.has(i) { &mut sum.seed } else { &mut sum.rest };
            counts[(score + LIMIT) as usize] += 1;
        }
        shard.measure(SCORE, 0)[rows].copy_from_slice(&scores);
    }
}

/// For each fold, in order, the blend with the least loss on the next one; and the one with the least in all.
pub fn choose(losses: &Losses, folds: usize, models: usize) -> (Vec<Blend>, Blend) {
    let blends = grid(models);
    let least = |loss: &dyn Fn(usize) -> i64| blends[(0..blends.len()).min_by_key(|&b| loss(b)).unwrap_or(0)];
    let at = |fold: usize, b: usize| losses.0.get(fold * blends.len() + b).copied().unwrap_or(0);
    let chosen = (0..folds).map(|fold| least(&|b| at((fold + 1) % folds, b))).collect();
    (chosen, least(&|b| (0..folds).map(|fold| at(fold, b)).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_fold_decides() {
        let blends = grid(3);
        assert_eq!(blends.len(), 9);
        let mut losses = vec![9; 3 * 9];
        losses[9 + 2] = 1;
        losses[18 + 8] = 2;
        losses[5] = 3;
        let (chosen, whole) = choose(&Losses(losses), 3, 3);
        assert_eq!(chosen, [blends[2], blends[8], blends[5]]);
        assert_eq!(whole, blends[2]);
    }

    #[test]
    fn a_blend_lies_between() {
        let blend = |parts| Blend { one: 0, other: 1, parts }.mix(-400, 800);
        assert_eq!([blend(0), blend(1), blend(4)], [-400, -100, 800]);
    }
}
