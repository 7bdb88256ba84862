//! The tags that pull most in the model of everyone: by their weight, or by their partial effect.
//!
//! A reason is something a person can be told: neighbouring bins of a number that do the same are one range, and of a
//! column with two values the rarer one stands for both. An effect counts as far as the people behind it rule out chance
//! (the positive part of James and Stein's factor, 1961), by themselves or in the model: a forest makes little of rare
//! tags, however sure they are.

use super::card::noise;
use super::{Basis, Reason};
use crate::num::{self, Order};
use crate::table::schema::{FeatureKind, Schema, span};
use std::ops::Range;

/// Reasons given.
const MOST: usize = 40;
/// People a reason needs.
const LEAST: u64 = 20;
/// Ranges a number or date is told in, at most.
const RANGES: usize = 4;

/// Bins of a column that are one reason.
#[derive(Clone, Debug, PartialEq)]
struct Run {
    codes: Range<usize>,
    people: u64,
    seed: u64,
    effect: f64,
}

impl Run {
    fn noise(&self) -> f64 {
        noise(self.seed, self.people)
    }
    /// How much of the effect is more than chance, where everyone has these log-odds; then how far it lies beyond noise.
    fn strength(&self, everyone: f64) -> (f64, f64) {
        let (noise, effect) = (self.noise(), self.effect.abs());
        let alone = (log_odds(self.seed, self.people) - everyone).abs();
        let sure = effect.max(alone) / noise;
        (effect * (1.0 - 1.0 / (sure * sure)).max(0.0), effect - noise)
    }
    /// How far two lie apart, in intervals.
    fn apart(&self, next: &Run) -> f64 {
        (self.effect - next.effect).abs() / (self.noise() + next.noise())
    }
    fn with(&self, next: &Run) -> Run {
        let (a, b) = (self.people as f64, next.people as f64);
        Run {
            codes: self.codes.start..next.codes.end,
            people: self.people + next.people,
            seed: self.seed + next.seed,
            effect: (self.effect * a + next.effect * b) / (a + b),
        }
    }
}

/// What pulls most, strongest beyond its noise first, both signs; log-odds against the average of the column.
/// `seed` and `everyone` are how many people there are.
pub fn reasons(schema: &Schema, basis: &Basis, seed: u64, everyone: u64) -> Vec<Reason> {
    let mut all = Vec::new();
    let rate = log_odds(seed, everyone);
    for &f in &basis.features {
        let feature = &schema.features[f];
        for run in runs(schema, basis, f).into_iter().filter(|run| run.people >= LEAST && run.effect != 0.0) {
            let reason = Reason {
                feature: feature.name(),
                value: span(&feature.labels[run.codes.clone()]),
                weight: run.effect,
                share: run.seed as f64 / seed as f64,
                base_share: run.people as f64 / everyone as f64,
            };
            all.push((run.strength(rate), reason));
        }
    }
    all.order_by(|a, b| b.0.0.total_cmp(&a.0.0).then(b.0.1.total_cmp(&a.0.1)));
    all.truncate(MOST);
    all.into_iter().map(|(_, reason)| reason).collect()
}

fn log_odds(seed: u64, people: u64) -> f64 {
    num::ln((seed as f64 + 0.5) / ((people - seed) as f64 + 0.5))
}

/// The bins of a column as reasons.
fn runs(schema: &Schema, basis: &Basis, f: usize) -> Vec<Run> {
    let start = schema.starts[f];
    let run = |code: usize| Run {
        codes: code..code + 1,
        people: basis.people[start + code],
        seed: basis.seed[start + code],
        effect: basis.effects[start + code],
    };
    let codes = schema.starts[f + 1] - start;
    let mut all: Vec<Run> = (0..codes).map(run).filter(|run| run.people > 0).collect();
    match schema.features[f].kind {
        FeatureKind::Multi => all,
        FeatureKind::Number | FeatureKind::Date => {
            let missing = if all.first().is_some_and(|run| run.codes.start == 0) { 1 } else { 0 };
            let ranges = ranges(all.split_off(missing));
            one_of_two(all.into_iter().chain(ranges).collect())
        }
        FeatureKind::Category => one_of_two(all),
    }
}

/// Of two the rarer: what one says the other says with the opposite sign.
fn one_of_two(mut all: Vec<Run>) -> Vec<Run> {
    if all.len() == 2 {
        all.remove(usize::from(all[0].people <= all[1].people));
    }
    all
}

/// Neighbours put together, the most alike first, until few are left and they differ.
fn ranges(mut all: Vec<Run>) -> Vec<Run> {
    loop {
        let apart = |at: &usize| all[*at].apart(&all[at + 1]);
        let nearest = (0..all.len().saturating_sub(1)).min_by(|a, b| apart(a).total_cmp(&apart(b)));
        match nearest.filter(|at| all.len() > RANGES || apart(at) < 1.0) {
            Some(at) => {
                let next = all.remove(at + 1);
                all[at] = all[at].with(&next);
            }
            None => return all,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shard::testing::feature;

    fn basis(effects: &[f64], people: &[u64]) -> Basis {
        let seed = people.iter().map(|n| n / 10).collect();
        Basis { features: vec![0], people: people.to_vec(), seed, effects: effects.to_vec(), noise: vec![] }
    }

    fn told(kind: FeatureKind, effects: &[f64], people: &[u64]) -> Vec<(String, f64)> {
        let mut feature = feature("f", kind, effects.len());
        if feature.ordered() {
            let label =
                |code: usize| if code == 0 { String::new() } else { format!("[{code}, {})", code + 1) };
            feature.labels = (0..effects.len()).map(label).collect();
        }
        let schema = Schema::new(vec![feature]);
        reasons(&schema, &basis(effects, people), 1_000, 10_000)
            .into_iter()
            .map(|r| (r.value, r.weight))
            .collect()
    }

    #[test]
    fn neighbouring_bins_that_do_the_same_are_one_range() {
        let effects = [0.1, -0.5, -0.52, -0.48, 0.9, 0.92, 0.88, 0.9];
        let told = told(FeatureKind::Number, &effects, &[500, 900, 900, 900, 900, 900, 900, 900]);
        assert_eq!(told[0], ("[4, 8)".to_string(), 0.9));
        assert_eq!(told[1], ("[1, 4)".to_string(), -0.5));
        assert_eq!((told[2].0.as_str(), told.len()), ("", 3), "the missing stand apart");
    }

    #[test]
    fn a_slope_is_told_in_few_ranges() {
        let effects: Vec<f64> =
            (0..41).map(|code| if code == 0 { 0.0 } else { code as f64 / 10.0 - 2.0 }).collect();
        let people: Vec<u64> = (0..41).map(|code| if code == 0 { 0 } else { 100_000 }).collect();
        assert_eq!(told(FeatureKind::Number, &effects, &people).len(), RANGES);
    }

    #[test]
    fn of_two_values_the_rarer_stands_for_both() {
        assert_eq!(
            told(FeatureKind::Category, &[0.0, -0.2, 0.9], &[0, 8_000, 2_000]),
            [("v2".to_string(), 0.9)]
        );
        assert_eq!(told(FeatureKind::Category, &[0.3, -0.2, 0.9], &[100, 8_000, 2_000]).len(), 3);
    }

    #[test]
    fn what_few_people_have_must_pull_harder() {
        let told = told(FeatureKind::Category, &[0.0, 0.9, 0.6, -0.5, 3.0], &[0, 30, 4_000, 6_000, 19]);
        assert_eq!(told.iter().map(|(value, _)| value.as_str()).collect::<Vec<_>>(), ["v2", "v3", "v1"]);
    }
}
