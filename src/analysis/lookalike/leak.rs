//! Columns that say so much that they may be what the seed was drawn by: IV above ½, or a coverage that differs by more than 50
//! points between the seed and the rest (`formulas.md` F4, F14). A model that sees one finds the seed and nobody
//! like it; whether to leave it out is for whoever knows where it comes from.

use super::card::worth;
use super::survey::Tally;
use super::{Leak, LeakWhy};
use crate::num;
use crate::num::Order;
use crate::table::schema::{FeatureKind, Schema};

/// Information value above which a column is suspicious.
const IV: f64 = 0.5;
/// Difference of coverage above which it is.
const GAP: f64 = 0.5;

/// The suspicious ones of these features, the worst first.
pub fn leaks(schema: &Schema, features: &[usize], tally: &Tally) -> Vec<Leak> {
    let mut leaks: Vec<Leak> = features.iter().filter_map(|&f| leak(schema, f, tally)).collect();
    leaks.order_by(|a, b| b.iv.total_cmp(&a.iv));
    leaks
}

fn leak(schema: &Schema, f: usize, tally: &Tally) -> Option<Leak> {
    let (feature, bins) = (&schema.features[f], schema.starts[f]..schema.starts[f + 1]);
    let (iv, noise) = worth(feature.kind, bins.clone(), tally);
    let covered = |missing: u64, of: u64| 1.0 - missing as f64 / of.max(1) as f64;
    let coverage_seed = covered(tally.seed_bins[bins.start], tally.seed);
    let coverage_rest = covered(tally.rest_bins[bins.start], tally.rest);
    let why = match () {
        () if (coverage_seed - coverage_rest).abs() > GAP => LeakWhy::Coverage,
        () if iv - noise > IV => LeakWhy::Iv,
        () => return None,
    };
    // The value that says most: by its own part of the IV, as a yes or no.
    let one = |bin: usize| {
        let (p, n) = (tally.seed_bins[bin], tally.rest_bins[bin]);
        num::woe_iv(&[p, tally.seed - p], &[n, tally.rest - n]).iv
    };
    let from = bins.start + usize::from(feature.kind == FeatureKind::Multi);
    let most = (from..bins.end).max_by(|&a, &b| one(a).total_cmp(&one(b)).then(b.cmp(&a)));
    let value = most.map_or(String::new(), |bin| feature.labels[bin - bins.start].clone());
    Some(Leak { feature: feature.name(), value, why, iv, coverage_seed, coverage_rest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::testing::feature;

    #[test]
    fn what_defines_the_seed_is_caught_and_what_describes_it_is_not() {
        let kinds = [FeatureKind::Category, FeatureKind::Category, FeatureKind::Multi];
        let schema = Schema::new(kinds.map(|kind| feature("f", kind, 3)).to_vec());
        let tally = Tally {
            seed: 1_000,
            rest: 9_000,
            seed_bins: vec![0, 400, 600, 100, 0, 900, 50, 950, 10],
            rest_bins: vec![0, 4_500, 4_500, 7_000, 1_000, 1_000, 400, 200, 90],
            ..Tally::default()
        };
        let found = leaks(&schema, &[0, 1, 2], &tally);
        let why: Vec<(LeakWhy, &str)> = found.iter().map(|leak| (leak.why, leak.value.as_str())).collect();
        assert!(why.contains(&(LeakWhy::Coverage, "v2")) && why.contains(&(LeakWhy::Iv, "v1")), "{why:?}");
        assert_eq!(found.len(), 2, "a column that only describes the seed is left alone");
    }
}
