//! Everyone's out-of-fold score by trees: each person climbs the trees of the model that did not see them.

use super::ford::Ford;
use super::tree::{FINE, Tree};
use crate::analysis::lookalike::FOLD;
use crate::analysis::lookalike::score::{Histogram, LIMIT, STEPS};
use crate::error::Result;
use crate::num;
use crate::shard::{Analysis, Shard};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// People per block: their codes stay in the cache while they climb tree after tree.
const BLOCK: usize = 4096;
/// No probability is nearer to 0 or 1.
const LEAST: f64 = 1e-4;

/// What the leaves of a model say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// What they add to the log-odds.
    #[default]
    Logit,
    /// A probability, of which the mean is taken.
    Chance,
}

/// The question: write everyone's score into a measure, and count scores.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Climb {
    /// Name of the measure.
    pub into: String,
    /// Whom each model scores: people of this fold.
    pub folds: Vec<i32>,
    /// Groups of trees of each model: it is their mean.
    pub models: Vec<Vec<Vec<Tree>>>,
    /// Log-odds before any tree, 2^-17.
    pub margin: i32,
    /// What the leaves say.
    pub link: Link,
}

/// Models ready to climb.
pub struct Work {
    /// The model of each fold.
    model: [usize; 256],
    /// Their trees, and in how many groups they stand.
    models: Vec<(Vec<Ford>, usize)>,
    masks: Vec<u64>,
}

impl Analysis for Climb {
    const NAME: &'static str = "lookalike-climb";
    type Partial = Histogram;
    type Work = Work;

    fn begin(&self, _: &Shard) -> Result<Work> {
        let mut model = [0; 256];
        self.folds.iter().enumerate().for_each(|(m, &fold)| model[fold as usize & 255] = m);
        let all = |groups: &Vec<Vec<Tree>>| {
            (
                groups.iter().flatten().map(Ford::new).collect(),
                groups.iter().filter(|g| !g.is_empty()).count(),
            )
        };
        Ok(Work { model, models: self.models.iter().map(all).collect(), masks: vec![0; BLOCK] })
    }

    fn add(&self, work: &mut Work, shard: &mut Shard, rows: Range<usize>, sum: &mut Histogram) {
        sum.widen(2 * LIMIT as usize + 1);
        let folds = shard.measures.get(FOLD).map_or(&[][..], Vec::as_slice);
        let mut scores = Vec::with_capacity(rows.len());
        for from in rows.clone().step_by(BLOCK) {
            let block = from..rows.end.min(from + BLOCK);
            let start = scores.len();
            scores.resize(start + block.len(), 0);
            for (model, (trees, groups)) in work.models.iter().enumerate() {
                let mine = |i: &usize| work.model[folds[*i] as usize & 255] == model;
                let mine: Vec<u32> = block.clone().filter(mine).map(|i| i as u32).collect();
                let (mut sums, masks) = (vec![0; mine.len()], &mut work.masks[..mine.len()]);
                trees.iter().for_each(|tree| tree.add(&shard.people, &mine, masks, &mut sums));
                for (&i, sum) in mine.iter().zip(sums) {
                    scores[start + i as usize - from] =
                        self.link.score(self.margin, sum, trees.len(), *groups);
                }
            }
        }
        for (i, &score) in rows.clone().zip(&scores) {
            let counts = if shard.seed.has(i) { &mut sum.seed } else { &mut sum.rest };
            counts[(score + LIMIT) as usize] += 1;
        }
        shard.measure(&self.into, 0)[rows].copy_from_slice(&scores);
    }
}

impl Link {
    /// The score of someone whose leaves of so many trees in so many groups sum up to this.
    pub fn score(self, margin: i32, sum: i64, trees: usize, groups: usize) -> i32 {
        let unit = f64::from(1 << FINE);
        let logit = match self {
            Link::Logit => (sum as f64 / groups.max(1) as f64 + f64::from(margin)) / unit,
            Link::Chance => {
                let chance = (sum as f64 / trees.max(1) as f64 / unit).clamp(LEAST, 1.0 - LEAST);
                num::ln(chance / (1.0 - chance)) + f64::from(margin) / unit
            }
        };
        (libm::round(logit * f64::from(1 << STEPS)) as i32).clamp(-LIMIT, LIMIT)
    }
}
