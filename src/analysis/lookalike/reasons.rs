//! The bins that pull most in the model of everyone: by their weight, or by their partial effect.

use super::Reason;
use super::survey::Tally;
use crate::num::Order;
use crate::table::schema::{FeatureKind, Schema};

/// Reasons given.
const MOST: usize = 40;
/// People a bin needs to be one.
const LEAST: u64 = 20;

/// `columns` are features and the place of their first bin among the weights. Weights against the average of their feature, strongest first, both signs.
///
/// Of a one-valued feature the average is over its bins by their share; of a multi-valued one it is the
/// label's weight times its share, since each label is there or not for itself.
pub fn reasons(schema: &Schema, columns: &[(usize, usize)], weights: &[f64], tally: &Tally) -> Vec<Reason> {
    let everyone = tally.people() as f64;
    let mut all = Vec::new();
    for &(f, start) in columns {
        let (feature, bins) = (&schema.features[f], schema.starts[f]..schema.starts[f + 1]);
        let share = |bin: usize| tally.bin(bin) as f64 / everyone;
        let weight = |bin: usize| weights[start + bin - schema.starts[f]];
        let average: f64 = bins.clone().map(|bin| share(bin) * weight(bin)).sum();
        for bin in bins.filter(|&bin| tally.bin(bin) >= LEAST) {
            let mean = if feature.kind == FeatureKind::Multi { share(bin) * weight(bin) } else { average };
            all.push(Reason {
                feature: feature.name(),
                value: feature.labels[bin - schema.starts[f]].clone(),
                weight: weight(bin) - mean,
                share: tally.seed_bins[bin] as f64 / tally.seed as f64,
                base_share: share(bin),
            });
        }
    }
    all.order_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    all.truncate(MOST);
    all
}
