//! What the learner takes: sums over people, and a ridge at the desk.

use super::FOLDS;
use crate::analysis::experiment::covariates::Covariates;
use crate::error::{Error, Kind, Result};
use crate::num;
use crate::shard::{Analysis, Partial, Shard, add_up};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Sums what a model is made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Learn {
    /// Over whom.
    pub of: Covariates,
}

/// Sums by fold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    /// By fold, then place: people in the control and in the arm, and what they did.
    pub places: Vec<[i64; 4]>,
    /// By fold, then place, then a place no later: people in both.
    pub pairs: Vec<u64>,
}

impl Partial for Sums {
    fn merge(&mut self, other: Self) {
        self.places.resize(self.places.len().max(other.places.len()), [0; 4]);
        for (to, from) in self.places.iter_mut().zip(other.places) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
        add_up(&mut self.pairs, &other.pairs);
    }
}

impl Analysis for Learn {
    const NAME: &'static str = "uplift-learn";
    type Partial = Sums;
    type Work = Vec<usize>;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }
    fn add(&self, mine: &mut Vec<usize>, shard: &mut Shard, rows: Range<usize>, sum: &mut Sums) {
        let places = self.of.places();
        sum.places.resize(FOLDS * places, [0; 4]);
        sum.pairs.resize(FOLDS * places * places, 0);
        let past = &shard.past;
        for person in rows {
            let Some((row, Some(arm))) = self.of.person(past, person, mine) else { continue };
            let (fold, value) =
                (self.of.fold(past, person, FOLDS) * places, self.of.value(past, person, row));
            for (at, one) in mine.iter().enumerate() {
                sum.places[fold + one][arm] += 1;
                sum.places[fold + one][2 + arm] += value;
                mine[..=at].iter().for_each(|other| sum.pairs[(fold + one) * places + other] += 1);
            }
        }
    }
}

/// A model: uplift as a sum over places.
#[derive(Clone, Debug, PartialEq)]
pub struct Model(pub Vec<f64>);

impl Model {
    /// The same with this mean over everyone: the difference of the arms.
    fn centred(mut self, all: &[[i64; 4]]) -> Model {
        let people = |of: &[i64; 4]| (of[0] + of[1]) as f64;
        let share = |of: &[i64; 4]| people(of) / people(&all[0]);
        let effect = all[0][3] as f64 / all[0][1] as f64 - all[0][2] as f64 / all[0][0] as f64;
        let bins: f64 = self.0.iter().zip(all).skip(1).map(|(weight, of)| weight * share(of)).sum();
        self.0[0] = effect - bins;
        self
    }
    /// Its weights in fixed point, in steps of which there are `scale` to a minor unit.
    pub fn weights(&self, scale: f64) -> Vec<i64> {
        self.0.iter().map(|weight| num::to_fixed(weight * scale)).collect()
    }
}

impl Sums {
    /// The sums of all folds but one; of all where there is no such fold.
    fn without(&self, fold: usize, places: usize) -> (Vec<[i64; 4]>, Vec<u64>) {
        let mut left = Sums { places: vec![[0; 4]; places], pairs: vec![0; places * places] };
        for other in (0..FOLDS).filter(|other| *other != fold) {
            left.merge(Sums {
                places: self.places[other * places..(other + 1) * places].to_vec(),
                pairs: self.pairs[other * places * places..(other + 1) * places * places].to_vec(),
            });
        }
        (left.places, left.pairs)
    }
    /// A model per fold, of everyone in the others, all with the same mean over everyone: a fold that gained more by chance
    /// leaves the others with less, and would else be ranked below them.
    pub fn models(&self, of: &Covariates, shrink: f64) -> Result<Vec<Model>> {
        let (all, _) = self.without(FOLDS, of.places());
        Ok(self.apart(of, shrink)?.into_iter().map(|model| model.centred(&all)).collect())
    }
    /// The same as each was learnt, their means of the other folds alone: where arms are held against each other, a mean over
    /// everyone would tell those who are scored.
    pub fn apart(&self, of: &Covariates, shrink: f64) -> Result<Vec<Model>> {
        let absent = || Error::new(Kind::ArmMissing).column("experiment.uplift");
        let one = |fold: usize| {
            let (places, pairs) = self.without(fold, of.places());
            model(&places, &pairs, shrink).ok_or_else(absent)
        };
        (0..FOLDS).map(one).collect()
    }
}

/// The ridge on Z: (XᵀX + λ)⁻¹ XᵀZ, the intercept free. Nothing where an arm has nobody.
fn model(places: &[[i64; 4]], pairs: &[u64], shrink: f64) -> Option<Model> {
    let [control, arm, did_control, did_arm] = (*places.first()?).map(|sum| sum as f64);
    if control < 1.0 || arm < 1.0 {
        return None;
    }
    let (share, mean) = (arm / (arm + control), (did_arm + did_control) / (arm + control));
    let z = |[n_c, n_t, y_c, y_t]: &[i64; 4]| {
        (*y_t as f64 - mean * *n_t as f64) / share - (*y_c as f64 - mean * *n_c as f64) / (1.0 - share)
    };
    let width = places.len();
    let entry = |row: usize, column: usize| {
        let own = if row == column && row > 0 { shrink } else { 0.0 };
        // A pair stands where its later place is the row.
        pairs[row.max(column) * width + row.min(column)] as f64 + own
    };
    let matrix = (0..width).map(|row| (0..width).map(|column| entry(row, column)).collect()).collect();
    num::solved(matrix, places.iter().map(z).collect()).map(Model)
}
