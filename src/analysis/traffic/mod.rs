//! Layers of experiments: who is in which arm, by a hash that a partner can compute as well (`formulas.md` F11; Tang, Agarwal,
//! O'Brien, Meyer, "Overlapping Experiment Infrastructure", KDD 2010).
//!
//! Everyone has a bucket of 10,000 in every layer: `id/bucket.rs` says what exactly is hashed. An experiment is a range of
//! buckets of one layer; ranges of a layer share none, so its experiments exclude each other. Layers have salts of their own,
//! so that arms of two layers do not depend on each other and everyone can be in both: the collision matrix shows it, and an
//! alarm is raised where two layers have one salt, or χ² of independence of their buckets says so (p below 0.001 over all
//! pairs). A node experiment takes only those who reach a node, under the same hash.
//!
//! One pass.

mod place;
mod plan;
mod report;
#[cfg(test)]
mod tests;

pub use place::{Layer, Place, Placed, Split};
pub use plan::{TrafficArm, TrafficExperiment, TrafficLayer, TrafficPlan};
pub use report::{
    Collision, Evenness, TrafficArmReport, TrafficExperimentReport, TrafficLayerReport, TrafficReport,
};

use crate::error::{Error, Kind, Result};
use crate::id;
use crate::shard::desk::Desk;
use crate::shard::job::{self, Opener};
use crate::table::history::pick::missing;
use crate::table::history::{PastSchema, Source};

/// Questions of this analysis, for the registry.
pub const QUESTIONS: [(&str, Opener); 1] = [job::analysis::<Place>()];

/// Layers, at most.
pub const MOST: usize = 10;
/// Labels of a column that arms are held to, at most.
const LABELS: usize = 100;
/// Measures: the arm in each layer, from 0 in the order of its experiments and their arms; -1 for none.
pub const ARMS: [&str; MOST] = [
    "layer-1", "layer-2", "layer-3", "layer-4", "layer-5", "layer-6", "layer-7", "layer-8", "layer-9",
    "layer-10",
];
/// Measures: the bucket in each layer.
pub const BUCKET: [&str; MOST] = [
    "bucket-1",
    "bucket-2",
    "bucket-3",
    "bucket-4",
    "bucket-5",
    "bucket-6",
    "bucket-7",
    "bucket-8",
    "bucket-9",
    "bucket-10",
];

/// Puts everyone into arms. `ids` is what the ID column of each file holds, in the order of the recipe.
pub async fn traffic(
    desk: &Desk,
    schema: &PastSchema,
    ids: Vec<id::Recipe>,
    plan: &TrafficPlan,
) -> Result<TrafficReport> {
    plan.check()?;
    let layer = |layer: &TrafficLayer| {
        let splits = layer.experiments.iter().map(|of| split(schema, of)).collect::<Result<_>>()?;
        Ok(Layer { salt: layer.salt.clone(), splits })
    };
    let question = Place {
        ids,
        layers: plan.layers.iter().map(layer).collect::<Result<_>>()?,
        balance: plan.balance.iter().map(|name| column(schema, name)).collect::<Result<_>>()?,
    };
    desk.progress("traffic", 0, 1, "rounds");
    let found = desk.sum(&question).await?;
    Ok(report::report(schema, plan, &question, &found))
}

/// An experiment in codes.
fn split(schema: &PastSchema, of: &TrafficExperiment) -> Result<Split> {
    let node = of.node().then(|| {
        schema.full(Source::Events)?;
        schema.rows_of(Source::Events, &of.event, &of.filter)
    });
    Ok(Split { from: of.from, ends: of.ends(), node: node.transpose()? })
}

/// A column that arms should be even over.
fn column(schema: &PastSchema, name: &str) -> Result<(Source, u32, u32)> {
    let tables = [Source::Assign, Source::Orders, Source::Events];
    let found = tables.into_iter().find_map(|source| Some((source, schema.table(source).dim(name)?)));
    let (source, (at, dim)) = found.ok_or_else(|| missing(format!("traffic.balance: {name}")))?;
    if dim.labels.len() > LABELS {
        return Err(Error::new(Kind::OutOfRange).column(format!("traffic.balance: {name}")));
    }
    Ok((source, at as u32, dim.labels.len() as u32))
}
