//! TGI sum: log-odds are the sum of ln(TGI / 100) over a person's bins, scaled so that the rates they name are the rates
//! there are. The simplest model that can be read: what the profile shows, added up (`formulas.md` F3, F14 a).
//!
//! One walk counts everyone by fold and bin; a model that does without a fold is the whole less that fold. The scale and
//! the rate are two numbers, fitted on all scores out of fold (Platt, 1999), which changes no order within a fold.

use super::cast::Roles;
use super::fit::interleaved;
use super::folds::Places;
use super::kept::{Form, Kept};
use super::score::{Histogram, LIMIT, Score, logit};
use super::sweep::{Grid, placed};
use super::{Ask, FOLD, Learned, SCORE, carded};
use crate::error::Result;
use crate::num;
use crate::shard::{Analysis, Partial, Shard};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Newton steps of the scale.
const STEPS: usize = 50;

/// The question: people by fold and bin.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Census {
    /// Features.
    pub features: Vec<usize>,
    /// Folds by their numbers.
    pub folds: Vec<i32>,
}

/// People in and outside the seed, fold by fold, place by place (place 0 is everyone); empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted(pub Vec<[u64; 2]>);

impl Partial for Counted {
    fn merge(&mut self, other: Self) {
        self.0.resize(self.0.len().max(other.0.len()), [0; 2]);
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a = [a[0] + b[0], a[1] + b[1]]);
    }
}

impl Analysis for Census {
    const NAME: &'static str = "lookalike-census";
    type Partial = Counted;
    type Work = Places;

    fn begin(&self, shard: &Shard) -> Result<Places> {
        shard.known(FOLD)?;
        Ok(Places::new(&self.folds))
    }

    fn add(&self, at: &mut Places, shard: &mut Shard, rows: Range<usize>, sum: &mut Counted) {
        let (columns, places) = placed(&self.features, &shard.people.schema.starts);
        sum.0.resize(self.folds.len() * places, [0; 2]);
        let (folds, roles) = (&shard.measures[FOLD], Roles::of(shard));
        let first = |i: usize| at.of(folds[i]) * places;
        let mut count = |i: usize, place: usize| {
            let learner = u64::from(roles.learns(i));
            sum.0[first(i) + place][usize::from(!roles.positive(i))] += learner;
        };
        rows.clone().for_each(|i| count(i, 0));
        for (column, start) in columns {
            shard.people.columns[column].for_each(rows.clone(), |i, code| count(i, start + code));
        }
    }
}

/// Fits, and scores everyone out of fold.
pub async fn tgi(ask: &Ask<'_>) -> Result<Learned> {
    let (features, folds) = (ask.features.to_vec(), ask.folds.to_vec());
    let counted = ask.desk.sum(&Census { features: features.clone(), folds: folds.clone() }).await?;
    let (columns, places) = placed(&features, &ask.schema.starts);
    let mut lanes: Vec<Vec<f64>> =
        (0..=folds.len()).map(|fold| weights(&counted.0, places, fold, features.len() as f64)).collect();
    let grid = Grid::new(features.iter().map(|&f| u64::from(ask.tally.longest[f])).sum());
    let score = |lanes: &[Vec<f64>]| {
        let fixed = |lane: &Vec<f64>| lane.iter().map(|&w| grid.put(w, grid.clip)).collect();
        let lanes: Vec<Vec<i32>> = lanes[..folds.len()].iter().map(fixed).collect();
        let (features, folds) = (features.clone(), folds.clone());
        Score { into: SCORE.into(), features, shift: grid.shift, folds, weights: interleaved(&lanes) }
    };
    let (rate, scale) = calibrated(&ask.desk.sum(&score(&lanes)).await?);
    for lane in &mut lanes {
        lane.iter_mut().for_each(|w| *w *= scale);
        lane[0] += rate;
    }
    let scores = ask.desk.sum(&score(&lanes)).await?;
    let full = lanes.pop().unwrap_or_default();
    Ok(Learned {
        model: ask.plan.model.name().into(),
        scores,
        kept: Kept::one(ask.plan.model.name(), Form::Card(carded(ask.schema, &columns, &full))),
        columns,
        weights: full,
        passes: 3,
        converged: true,
        leaderboard: vec![],
    })
}

/// The mean log TGI a bin adds in the model that does without a fold; of everyone behind the last fold.
pub fn weights(counted: &[[u64; 2]], places: usize, without: usize, features: f64) -> Vec<f64> {
    let folds = counted.len() / places.max(1);
    let count = |place: usize, side: usize| {
        let others = (0..folds).filter(|&fold| fold != without);
        others.map(|fold| counted[fold * places + place][side]).sum::<u64>() as f64
    };
    let (seed, all) = (count(0, 0), count(0, 0) + count(0, 1));
    let weight = |place: usize| {
        let (inside, here) = (count(place, 0), count(place, 0) + count(place, 1));
        num::ln((inside + 1.0) / (seed + 2.0)) - num::ln((here + 1.0) / (all + 2.0))
    };
    (0..places).map(|place| if place == 0 { 0.0 } else { weight(place) / features.max(1.0) }).collect()
}

/// Intercept and scale of the logistic regression on the score alone.
pub fn calibrated(scores: &Histogram) -> (f64, f64) {
    let cells: Vec<(f64, f64, f64)> = (0..scores.seed.len())
        .map(|at| (logit(at as i32 - LIMIT), scores.seed[at] as f64, scores.rest[at] as f64))
        .filter(|(_, seed, rest)| seed + rest > 0.0)
        .collect();
    let (seed, rest) = (cells.iter().map(|c| c.1).sum::<f64>(), cells.iter().map(|c| c.2).sum::<f64>());
    let (mut a, mut b) = (num::ln((seed + 0.5) / (rest + 0.5)), 0.0);
    for _ in 0..STEPS {
        // A little ridge on the scale keeps a perfect order finite.
        let (mut slope, mut bend) = ([0.0, 1e-6 * b], [0.0, 0.0, 1e-6]);
        for &(x, seed, rest) in &cells {
            let p = num::logistic(a + b * x);
            let (pull, steep) = ((seed + rest) * p - seed, (seed + rest) * p * (1.0 - p));
            slope = [slope[0] + pull, slope[1] + pull * x];
            bend = [bend[0] + steep, bend[1] + steep * x, bend[2] + steep * x * x];
        }
        let det = bend[0] * bend[2] - bend[1] * bend[1];
        if det <= 1e-12 {
            break;
        }
        a -= (bend[2] * slope[0] - bend[1] * slope[1]) / det;
        b -= (bend[0] * slope[1] - bend[1] * slope[0]) / det;
    }
    (a, b.clamp(0.0, 1e4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_the_log_tgi_without_the_fold() {
        // Two folds, everyone and one bin: (seed, rest).
        let counted = [[10, 90], [8, 12], [20, 80], [1, 99]];
        let all = weights(&counted, 2, 2, 1.0);
        assert!((all[1] - num::ln(10.0 / 32.0 / (121.0 / 202.0))).abs() < 1e-12);
        let first = weights(&counted, 2, 1, 2.0);
        assert!((first[1] - 0.5 * num::ln(9.0 / 12.0 / (21.0 / 102.0))).abs() < 1e-12);
    }

    #[test]
    fn the_scale_finds_the_rates_there_are() {
        let mut scores = Histogram::default();
        scores.widen(2 * LIMIT as usize + 1);
        for step in -8..=8 {
            let x = f64::from(step) / 8.0;
            let seed = (1e6 * num::logistic(-2.0 + 3.0 * x)) as u64;
            let at = (LIMIT + step * 512) as usize;
            (scores.seed[at], scores.rest[at]) = (seed, 1_000_000 - seed);
        }
        let (a, b) = calibrated(&scores);
        assert!((a + 2.0).abs() < 1e-3 && (b - 3.0).abs() < 1e-3, "{a} {b}");
    }
}
