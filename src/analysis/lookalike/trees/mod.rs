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

pub use boost::Settings;
pub use climb::Climb;
pub use crew::{Forget, Muster};
pub use wave::Wave;

use super::survey::Tally;
use super::{Learned, Scorecard, sweep};
use crate::error::Result;
use crate::shard::desk::Desk;
use crate::table::schema::Schema;
use layout::Layout;

/// Boosted trees of these features, scored out of fold.
pub async fn boosted(
    desk: &Desk,
    schema: &Schema,
    features: &[usize],
    tally: &Tally,
    folds: &[i32],
    seed: u64,
    settings: Settings,
) -> Result<Learned> {
    let layout = Layout::new(schema, features, tally, settings.least as u64);
    let muster = Muster::new(seed, tally, settings.crew, boost::seats(folds.len()));
    let grown = boost::boost(desk, schema, &layout, &muster, folds, settings).await?;
    desk.progress("score", 0, 1, "rounds");
    let margin = muster.margin + seat::fine(muster.correction());
    let scores = desk.sum(&Climb { folds: folds.to_vec(), models: grown.folds, margin }).await?;
    let (columns, places) = sweep::placed(features, &schema.starts);
    let weights = effect::effects(schema, &grown.full, &columns, places);
    let card = Scorecard::default();
    Ok(Learned { scores, columns, weights, passes: grown.passes, converged: true, card })
}

#[cfg(test)]
mod tests;
