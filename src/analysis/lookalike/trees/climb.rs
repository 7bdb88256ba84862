//! Everyone's out-of-fold score by trees: each person climbs the trees of the model that did not see them.

use super::ford::Fords;
use super::tree::{FINE, Tree};
use crate::analysis::lookalike::FOLD;
use crate::analysis::lookalike::folds::Places;
use crate::analysis::lookalike::score::{Histogram, LIMIT, STEPS};
use crate::error::Result;
use crate::num;
use crate::shard::{Analysis, Shard};
use serde::{Deserialize, Serialize};
use std::ops::Range;

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
    model: Places,
    models: Vec<Fords>,
}

impl Analysis for Climb {
    const NAME: &'static str = "lookalike-climb";
    type Partial = Histogram;
    type Work = Work;

    fn begin(&self, _: &Shard) -> Result<Work> {
        let model = Places::new(&self.folds);
        Ok(Work { model, models: self.models.iter().map(|groups| Fords::new(groups)).collect() })
    }

    fn add(&self, work: &mut Work, shard: &mut Shard, rows: Range<usize>, sum: &mut Histogram) {
        let folds = shard.measures.get(FOLD).map_or(&[][..], Vec::as_slice);
        let mut scores = vec![0; rows.len()];
        for (model, fords) in work.models.iter().enumerate() {
            let mine = |i: &usize| work.model.of(folds[*i]) == model;
            let mine: Vec<u32> = rows.clone().filter(mine).map(|i| i as u32).collect();
            for (&i, sum) in mine.iter().zip(fords.sums(&shard.people, &mine)) {
                scores[i as usize - rows.start] = self.link.score(self.margin, sum, fords);
            }
        }
        sum.record(shard, &self.into, rows, &scores);
    }
}

impl Link {
    /// The score of someone whose leaves of these trees sum up to this.
    pub fn score(self, margin: i32, sum: i64, fords: &Fords) -> i32 {
        let unit = f64::from(1 << FINE);
        let logit = match self {
            Link::Logit => (sum as f64 / fords.groups().max(1) as f64 + f64::from(margin)) / unit,
            Link::Chance => {
                let chance = (sum as f64 / fords.trees().max(1) as f64 / unit).clamp(LEAST, 1.0 - LEAST);
                num::ln(chance / (1.0 - chance)) + f64::from(margin) / unit
            }
        };
        (libm::round(logit * f64::from(1 << STEPS)) as i32).clamp(-LIMIT, LIMIT)
    }
}
