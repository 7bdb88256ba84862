//! Trees on the bins, as sums over shards: boosted (`formulas.md` F14 c).
//!
//! A pass sums gradients per bin and leaf (`wave`); the desk looks for the best splits (`search`, `grow`) and tells everyone
//! which way to go in the next pass. What must be remembered per person stays in the shard (`seat`).

mod boost;
mod climb;
mod crew;
mod effect;
mod ford;
mod grow;
mod layout;
mod search;
mod seat;
mod tree;
mod wave;

pub use boost::Settings;
pub use climb::{Climb, Link};
pub use crew::{Forget, Muster};
pub use ford::Fords;
pub use tree::{Split, Test, Tree, Way};
pub use wave::Wave;

use super::kept::{Form, Grove};
use super::score::Histogram;
use super::survey::Tally;
use super::{Ask, folds};
use crate::error::Result;
use crate::table::schema::FeatureKind;
use boost::{Lanes, boost, lanes};
use layout::Layout;

/// Grown models of trees, before anyone is scored.
pub struct Grown {
    lanes: Lanes,
    /// What each bin does to the log-odds in the model of everyone, by the place of [`super::sweep::placed`].
    pub weights: Vec<f64>,
    margin: i32,
    link: Link,
}

/// Trees of these features.
pub async fn grown(ask: &Ask<'_>, settings: Settings) -> Result<Grown> {
    let Ask { desk, schema, features, tally, folds, plan, .. } = *ask;
    let many = |&&f: &&usize| schema.features[f].kind == FeatureKind::Multi;
    let labels = features.iter().filter(many).map(|&f| schema.starts[f + 1] - schema.starts[f]).sum();
    let settings = settings.for_people(tally.people()).for_labels(labels);
    let layout = Layout::new(schema, features, tally, settings.least as u64);
    let muster = Muster::new(plan.seed, tally, settings.crew, layout, lanes(folds).len());
    let lanes = boost(desk, schema, &muster, folds, settings).await?;
    let (columns, places) = super::sweep::placed(features, &schema.starts);
    let mut weights = effect::effects(schema, &lanes.whole(), &columns, places);
    let correction = seat::fine(muster.correction() + ask.shift);
    let (margin, link) = match settings.forest {
        true => (correction, Link::Chance),
        false => (muster.margin + correction, Link::Logit),
    };
    if settings.forest {
        steepen(&mut weights, tally, lanes.counts.first().copied().unwrap_or(1));
    }
    Ok(Grown { lanes, weights, margin, link })
}

/// Effects on a probability, summed over trees, as effects on the log-odds about the rate of everyone.
fn steepen(weights: &mut [f64], tally: &Tally, trees: usize) {
    let rate = (tally.seed as f64 + 0.5) / (tally.people() as f64 + 1.0);
    let steep = trees as f64 * rate * (1.0 - rate);
    weights.iter_mut().for_each(|weight| *weight /= steep);
}

impl Grown {
    /// The model of everyone, to be kept.
    pub fn form(&self) -> Form {
        Form::Trees(Grove { margin: self.margin, groups: self.lanes.whole(), link: self.link })
    }
    /// Passes it took.
    pub fn passes(&self) -> u32 {
        self.lanes.passes
    }
    /// Scores everyone out of fold, into this measure.
    pub async fn score(&self, ask: &Ask<'_>, into: &str) -> Result<Histogram> {
        let models = (0..ask.folds.len()).map(|fold| self.lanes.of(fold)).collect();
        self.climb(ask, into.into(), ask.folds.to_vec(), models).await
    }
    /// Scores everyone by the lane that does without the fold before theirs and their own.
    pub async fn score_inner(&self, ask: &Ask<'_>, into: &str) -> Result<Histogram> {
        let models = (0..ask.folds.len()).map(|fold| self.lanes.inner(fold)).collect();
        self.climb(ask, into.into(), folds::nexts(ask.folds), models).await
    }
    async fn climb(
        &self,
        ask: &Ask<'_>,
        into: String,
        folds: Vec<i32>,
        models: Vec<Vec<Vec<Tree>>>,
    ) -> Result<Histogram> {
        ask.desk.sum(&Climb { into, folds, models, margin: self.margin, link: self.link }).await
    }
}

#[cfg(test)]
mod tests;
