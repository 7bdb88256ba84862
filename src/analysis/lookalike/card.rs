//! What stands on a model's card: each column's worth and partial effect, and how far the probabilities can be
//! believed.

use super::kept::{Form, Grove, Kept, Scorecard};
use super::score::{Histogram, LIMIT, logit};
use super::survey::Tally;
use super::trees::{Tree, Way};
use super::{Basis, BinEffect, Calibration, CalibrationStep, ColumnCard};
use crate::num;
use crate::num::Order;
use crate::table::schema::{FeatureKind, Schema};

/// Bins listed of a column; labels stand by how many people have them.
const LISTED: usize = 60;
/// Groups of people by score.
const GROUPS: usize = 10;

impl Basis {
    /// `columns` are features and the place of their first bin among the effects.
    pub fn new(schema: &Schema, columns: &[(usize, usize)], effects: &[f64], tally: &Tally) -> Basis {
        let mut basis = Basis {
            features: columns.iter().map(|&(f, _)| f).collect(),
            people: (0..schema.bins()).map(|bin| tally.bin(bin)).collect(),
            seed: tally.seed_bins.clone(),
            effects: vec![0.0; schema.bins()],
            noise: (0..schema.bins()).map(|bin| noise(tally.seed_bins[bin], tally.bin(bin))).collect(),
        };
        for &(f, start) in columns {
            let mine = &effects[start..start + schema.starts[f + 1] - schema.starts[f]];
            basis.centre(schema, f, mine, tally.people());
        }
        basis
    }
    /// Effects against the average of their column; a label of many against not having it.
    fn centre(&mut self, schema: &Schema, f: usize, effects: &[f64], everyone: u64) {
        let first = schema.starts[f];
        let share = |code: usize| self.people[first + code] as f64 / everyone as f64;
        let average: f64 = effects.iter().enumerate().map(|(code, effect)| share(code) * effect).sum();
        for (code, effect) in effects.iter().enumerate() {
            let many = schema.features[f].kind == FeatureKind::Multi;
            let mean = if many { share(code) * effect } else { average };
            self.effects[first + code] = if self.people[first + code] > 0 { effect - mean } else { 0.0 };
        }
    }
}

/// Half the 95 % interval of the log-odds of so many people, kept finite as the ridge of a scorecard keeps it.
pub fn noise(seed: u64, people: u64) -> f64 {
    let rate = (seed as f64 + 0.5) / (people as f64 + 1.0);
    num::Z95 / num::sqrt(1.0 + people as f64 * rate * (1.0 - rate))
}

/// Columns the model sees, most telling first.
pub fn columns(schema: &Schema, basis: &Basis, kept: &Kept, tally: &Tally) -> Vec<ColumnCard> {
    let gains = gains(schema, basis, kept, tally.people());
    let mut cards: Vec<ColumnCard> =
        basis.features.iter().map(|&f| card(schema, basis, f, gains[f], tally)).collect();
    cards.order_by(|a, b| b.gain.total_cmp(&a.gain));
    cards
}

fn card(schema: &Schema, basis: &Basis, f: usize, gain: f64, tally: &Tally) -> ColumnCard {
    let (feature, first) = (&schema.features[f], schema.starts[f]);
    let codes = 0..feature.codes();
    let (iv, iv_noise) = worth(feature.kind, first..schema.starts[f + 1], tally);
    let bin = |code: usize| BinEffect {
        value: feature.labels[code].clone(),
        people: basis.people[first + code],
        seed: basis.seed[first + code],
        effect: basis.effects[first + code],
        noise: basis.noise[first + code],
    };
    let used: Vec<BinEffect> = codes.map(bin).filter(|bin| bin.people > 0).collect();
    let covered = |missing: u64, of: u64| (of - missing) as f64 / of.max(1) as f64;
    ColumnCard {
        feature: feature.name(),
        kind: feature.kind,
        coverage_seed: covered(tally.seed_bins[first], tally.seed),
        coverage_base: covered(tally.bin(first), tally.people()),
        iv,
        iv_noise,
        gain,
        folded: used.len().saturating_sub(LISTED) as u64,
        bins: used.into_iter().take(LISTED).collect(),
    }
}

/// Information value and its noise level: of all bins; of the best single label where people have several (F4).
pub fn worth(kind: FeatureKind, bins: std::ops::Range<usize>, tally: &Tally) -> (f64, f64) {
    let (pos, neg) = (&tally.seed_bins[bins.clone()], &tally.rest_bins[bins]);
    if kind != FeatureKind::Multi {
        let used = |i: &usize| pos[*i] + neg[*i] > 0;
        let (pos, neg): (Vec<u64>, Vec<u64>) = (0..pos.len()).filter(used).map(|i| (pos[i], neg[i])).unzip();
        return (num::woe_iv(&pos, &neg).iv, num::iv_noise(pos.len(), tally.seed, tally.rest));
    }
    let one = |(&p, &n): (&u64, &u64)| num::woe_iv(&[p, tally.seed - p], &[n, tally.rest - n]).iv;
    (pos.iter().zip(neg).map(one).fold(0.0, f64::max), num::iv_noise(2, tally.seed, tally.rest))
}

/// Each feature's share of what moves the log-odds: of a card the variance of the feature's weights over everyone, of
/// trees what its splits take off the variance of the leaves.
fn gains(schema: &Schema, basis: &Basis, kept: &Kept, everyone: u64) -> Vec<f64> {
    let mut gains = vec![0.0; schema.features.len()];
    let shares: u32 = kept.parts.iter().map(|part| part.share).sum();
    for part in &kept.parts {
        let mine = match &part.form {
            Form::Card(card) => spread(schema, basis, card, everyone),
            Form::Trees(grove) => split(schema, grove),
        };
        let whole = mine.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let share = f64::from(part.share) / f64::from(shares.max(1));
        gains.iter_mut().zip(mine).for_each(|(gain, mine)| *gain += share * mine / whole);
    }
    gains
}

fn spread(schema: &Schema, basis: &Basis, card: &Scorecard, everyone: u64) -> Vec<f64> {
    let variance = |f: usize| {
        let bins = schema.starts[f]..schema.starts[f + 1];
        let share = |bin: usize| basis.people[bin] as f64 / everyone as f64;
        let weight = |bin: usize| f64::from(card.weights[bin]);
        if schema.features[f].kind == FeatureKind::Multi {
            return bins.map(|bin| share(bin) * (1.0 - share(bin)) * weight(bin) * weight(bin)).sum();
        }
        let mean: f64 = bins.clone().map(|bin| share(bin) * weight(bin)).sum();
        bins.map(|bin| share(bin) * (weight(bin) - mean) * (weight(bin) - mean)).sum::<f64>()
    };
    (0..schema.features.len()).map(variance).collect()
}

fn split(schema: &Schema, grove: &Grove) -> Vec<f64> {
    let mut gains = vec![0.0; schema.features.len()];
    grove.groups.iter().flatten().for_each(|tree| split_tree(tree, &mut gains));
    gains
}

/// Splits are in the order in which they were made: the last ones stand lowest.
fn split_tree(tree: &Tree, gains: &mut [f64]) {
    let ways = tree.ways();
    let mut nodes = vec![(0.0, 0.0); ways.len()];
    for (node, pair) in ways.iter().enumerate().rev() {
        let [(left, low), (right, high)] = pair.map(|way| match way {
            Way::Node(below) => nodes[below],
            Way::Leaf(leaf) => (tree.covers[leaf] as f64, f64::from(tree.values[leaf])),
        });
        let whole = (left + right).max(1.0);
        nodes[node] = (left + right, (left * low + right * high) / whole);
        gains[tree.splits[node].feature] += left * right / whole * (high - low) * (high - low);
    }
}

/// Where groups of about a tenth of these people begin, lowest score first; equal scores stay together.
pub fn tenths(people: &[u64]) -> Vec<usize> {
    let everyone: u64 = people.iter().sum();
    let (mut starts, mut below, mut last) = (Vec::new(), 0, None);
    for (score, &here) in people.iter().enumerate().filter(|(_, here)| **here > 0) {
        let group = Some(below * GROUPS as u64 / everyone);
        if group > last {
            starts.push(score);
            last = group;
        }
        below += here;
    }
    starts
}

/// Out-of-fold probabilities against what came true, by tenths of everyone.
pub fn calibration(scores: &Histogram) -> Calibration {
    let people: Vec<u64> = scores.seed.iter().zip(&scores.rest).map(|(a, b)| a + b).collect();
    let starts = tenths(&people);
    let ends = starts.iter().skip(1).copied().chain([people.len()]);
    let steps: Vec<CalibrationStep> =
        starts.iter().zip(ends).map(|(&from, to)| step(scores, &people, from..to)).collect();
    let everyone = people.iter().sum::<u64>().max(1) as f64;
    let error = steps.iter().map(|s| s.people as f64 / everyone * (s.observed - s.predicted).abs()).sum();
    Calibration { steps, error }
}

fn step(scores: &Histogram, people: &[u64], range: std::ops::Range<usize>) -> CalibrationStep {
    let chance = |score: usize| num::logistic(logit(score as i32 - LIMIT));
    let n: u64 = people[range.clone()].iter().sum();
    let seed: u64 = scores.seed[range.clone()].iter().sum();
    let expected: f64 = range.clone().filter(|&s| people[s] > 0).map(|s| people[s] as f64 * chance(s)).sum();
    let interval = num::wilson(seed as f64, n as f64);
    CalibrationStep {
        from: chance(range.start),
        people: n,
        seed,
        predicted: expected / n as f64,
        observed: seed as f64 / n as f64,
        low: interval.low,
        high: interval.high,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::lookalike::trees::{Split, Test};
    use crate::shard::testing::feature;

    #[test]
    fn tenths_keep_equal_scores_together() {
        assert_eq!(tenths(&[0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]), (1..=10).collect::<Vec<_>>());
        assert_eq!(tenths(&[5, 0, 90, 2, 2, 1]), [0, 3]);
        assert!(tenths(&[0, 0]).is_empty());
    }

    #[test]
    fn the_error_is_the_mean_distance_of_what_was_said_and_what_was() {
        let mut scores = Histogram::default();
        scores.widen(2 * LIMIT as usize + 1);
        // Log-odds 0: one half is promised; a quarter is kept.
        (scores.seed[LIMIT as usize], scores.rest[LIMIT as usize]) = (25, 75);
        let found = calibration(&scores);
        let step = &found.steps[0];
        assert_eq!((found.steps.len(), step.people, step.predicted, step.observed), (1, 100, 0.5, 0.25));
        assert_eq!(found.error, 0.25);
        assert!(step.low < 0.25 && 0.25 < step.high && step.high < 0.5);
    }

    #[test]
    fn gains_go_to_the_columns_that_move_the_score() {
        let kinds = [FeatureKind::Category, FeatureKind::Multi];
        let schema = Schema::new(kinds.map(|kind| feature("f", kind, 3)).to_vec());
        let split = |leaf, new, feature, test| Split { leaf, new, feature, test };
        let splits = vec![split(0, 1, 0, Test::among([1], 2)), split(1, 2, 1, Test::Has(2))];
        let tree = Tree { splits, values: vec![0, 10, 30], covers: vec![50, 25, 25] };
        let mut gains = vec![0.0; 2];
        split_tree(&tree, &mut gains);
        // 50 · 50 / 100 · 20² and 25 · 25 / 50 · 20².
        assert_eq!(gains, [10_000.0, 5_000.0]);
        let tally = Tally {
            seed: 10,
            rest: 90,
            seed_bins: vec![0, 10, 0, 0, 5, 5],
            rest_bins: vec![0, 40, 50, 80, 10, 0],
            ..Tally::default()
        };
        let card = Scorecard { intercept: 0, weights: vec![0, 2, -2, 0, 0, 0] };
        let columns_ = [(0, 0), (1, 3)];
        let effects = [0.0, 2.0, -2.0, 0.0, 0.0, 1.0];
        let basis = Basis::new(&schema, &columns_, &effects, &tally);
        assert_eq!(basis.effects, [0.0, 2.0, -2.0, 0.0, 0.0, 0.95]);
        let cards = columns(&schema, &basis, &Kept::one("card", Form::Card(card)), &tally);
        assert_eq!((cards[0].gain, cards[1].gain, cards[0].bins.len()), (1.0, 0.0, 2));
        assert!(cards[1].iv > cards[1].iv_noise && cards[0].coverage_base == 1.0);
        assert_eq!(cards[1].coverage_seed, 1.0);
    }
}
