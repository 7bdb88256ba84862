//! Trees on the bins, as sums over shards: boosted (`formulas.md` F14 c).
//!
//! A pass sums gradients per bin and leaf (`wave`); the desk looks for the best splits (`search`, `grow`) and tells everyone
//! which way to go in the next pass. What must be remembered per person stays in the shard (`seat`).

mod boost;
mod climb;
mod crew;
mod effect;
mod grow;
mod layout;
mod search;
mod seat;
mod tree;
mod wave;

pub use boost::Boosted;
pub use climb::Climb;
pub use crew::{Forget, Muster};
pub use tree::{FINE, Split, Test, Tree, Way};
pub use wave::Wave;

use super::folds::without;
use super::kept::{Form, Grove, Link};
use super::score::Histogram;
use super::survey::Tally;
use super::sweep;
use crate::error::Result;
use crate::shard::desk::Desk;
use crate::table::schema::Schema;
use layout::Layout;

/// Grown models of trees, before anyone is scored.
pub struct Grown {
    /// Trees by fold, by fold without the next, and of everyone.
    pub boosted: Boosted,
    /// What each bin does to the log-odds in the model of everyone, by the place of [`sweep::placed`].
    pub weights: Vec<f64>,
    margin: i32,
}

/// Boosted trees of these features.
pub async fn boosted(
    desk: &Desk,
    schema: &Schema,
    features: &[usize],
    tally: &Tally,
    folds: &[i32],
    seed: u64,
) -> Result<Grown> {
    let settings = boost::Settings::default();
    let layout = Layout::new(schema, features, tally, settings.least as u64);
    let muster = Muster::new(seed, tally, settings.crew, without(folds, true).len());
    let boosted = boost::boost(desk, schema, &layout, &muster, folds, settings).await?;
    let (columns, places) = sweep::placed(features, &schema.starts);
    let weights = effect::effects(schema, &boosted.full, &columns, places);
    Ok(Grown { boosted, weights, margin: muster.margin + seat::fine(muster.correction()) })
}

impl Grown {
    /// The model of everyone, to be kept.
    pub fn form(&self) -> Form {
        let groups = vec![self.boosted.full.clone()];
        Form::Trees(Grove { margin: self.margin, groups, link: Link::LogOdds })
    }
    /// Scores people of these folds by these models of it.
    pub async fn score(
        &self,
        desk: &Desk,
        into: &str,
        folds: Vec<i32>,
        models: &[Vec<Tree>],
    ) -> Result<Histogram> {
        let (into, models) = (into.into(), models.to_vec());
        desk.sum(&Climb { into, folds, models, margin: self.margin }).await
    }
}

#[cfg(test)]
mod tests;
