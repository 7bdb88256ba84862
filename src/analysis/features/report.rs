//! What foretells the outcome.

use super::plan::FeaturePlan;
use super::tally::{Spread, Tallied, value};
use super::{Feature, OUTCOME};
use crate::gate::Cells;
use crate::num::{Interval, Order, association, at_share, auc_from_histogram, auc_interval};
use crate::num::{benjamini_hochberg, iv_noise, wilson, woe_iv};
use crate::table::dates;
use crate::table::history::moment::DAY;
use serde::Serialize;
use std::collections::BTreeMap;

/// Bins of a number, and labels of a column, that are told.
const BINS: usize = 10;

/// The report. Numbers of features are in their own unit times ten to their decimals.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FeaturesReport {
    /// The last day that counts: the outcome's.
    pub as_of: String,
    /// The last day that features know of.
    pub frozen: String,
    /// Days between.
    pub days: u32,
    /// The first day with a row.
    pub first: String,
    /// Days from it to the last that features know of: longer windows see no more.
    pub history: u32,
    /// People with a row until the day.
    pub known: u64,
    /// Those of them who can have the outcome: who the table is of.
    pub people: u64,
    /// Who have it.
    pub positives: u64,
    /// As a share.
    pub rate: f64,
    /// Its interval.
    pub interval: Interval,
    /// The measure that tells them apart: 1 with it, 0 without, -1 for who cannot have it.
    pub measure: &'static str,
    /// By how much they tell, the most first.
    pub features: Vec<FeatureLine>,
    /// Names of features that are the same for everyone: left out.
    pub constant: Vec<String>,
}

/// A feature.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FeatureLine {
    /// Its column in `behaviour.csv`.
    pub name: String,
    /// What it is: a stable code.
    pub what: &'static str,
    /// The days it counts; 0 for all until the day.
    pub window: u32,
    /// The event or column it is of.
    pub of: Option<String>,
    /// Whether it is a label, not a number.
    pub label: bool,
    /// Decimals of its numbers.
    pub decimals: u8,
    /// People with a value.
    pub people: u64,
    /// As shares of those without and with the outcome.
    pub coverage: [f64; 2],
    /// Numbers: the mean of those without and with the outcome.
    pub mean: Option<[f64; 2]>,
    /// Numbers: their quartiles, to seven bits.
    pub quartiles: Option<[[i64; 3]; 2]>,
    /// Numbers: the chance that somebody with the outcome has the greater value, ties one half. Below one half the smaller
    /// value speaks for it. Of those who have one, by values to seven bits.
    pub auc: Option<f64>,
    /// Its interval.
    pub auc_interval: Option<Interval>,
    /// Information value over the bins.
    pub iv: f64,
    /// What noise alone would show.
    pub iv_noise: f64,
    /// χ² of the bins, over all features (Benjamini–Hochberg).
    pub q: f64,
    /// Tenths of the people by value, or labels by people; who has no value last.
    pub bins: Vec<FeatureBin>,
}

/// Some values of a feature.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FeatureBin {
    /// `range`, `label`, `others` (labels of fewer people), `none` (no value).
    pub kind: &'static str,
    /// The lowest and the highest, of a range, to seven bits.
    pub range: Option<[i64; 2]>,
    /// The label.
    pub label: Option<String>,
    /// People.
    pub people: u64,
    /// With the outcome.
    pub did: u64,
    /// As a share.
    pub rate: f64,
    /// Its interval.
    pub interval: Interval,
}

/// What a bin is, and its people without and with the outcome.
type Bin = (&'static str, Option<[i64; 2]>, Option<String>, [u64; 2]);

/// Values in about ten bins of equal people. One value is never in two.
fn ranges(spread: &Spread) -> Vec<Bin> {
    let all: u64 = spread.steps.values().flatten().sum();
    let few = spread.steps.len() <= BINS;
    let (mut bins, mut below): (Vec<Bin>, u64) = (vec![], 0);
    let mut full = true;
    for (at, people) in &spread.steps {
        let number = value(*at);
        match bins.last_mut().filter(|_| !full) {
            Some((_, range, _, inside)) => {
                *range = range.map(|[low, _]| [low, number]);
                (0..2).for_each(|side| inside[side] += people[side]);
            }
            None => bins.push(("range", Some([number; 2]), None, *people)),
        }
        below += people.iter().sum::<u64>();
        full = few || below * BINS as u64 >= bins.len() as u64 * all;
    }
    bins
}

/// The labels of the most people, and the others together.
fn labels(spread: &Spread, labels: &[String]) -> Vec<Bin> {
    let mut all: Vec<(i32, [u64; 2])> = spread.steps.iter().map(|(at, people)| (*at, *people)).collect();
    all.order_by_key(|(at, people)| (std::cmp::Reverse(people.iter().sum::<u64>()), *at));
    let mut others = [0u64; 2];
    for (_, people) in all.iter().skip(BINS) {
        (0..2).for_each(|side| others[side] += people[side]);
    }
    let word = |code: i32| usize::try_from(value(code)).ok().and_then(|at| labels.get(at)).cloned();
    let named = all.iter().take(BINS).map(|(at, people)| ("label", None, word(*at), *people));
    let rest = (others != [0, 0]).then_some(("others", None, None, others));
    named.chain(rest).collect()
}

fn bins(feature: &Feature, spread: &Spread, people: [u64; 2]) -> Vec<Bin> {
    let mut bins = if feature.label() { labels(spread, &feature.labels) } else { ranges(spread) };
    let with = sides(spread);
    let none = [0, 1].map(|side| people[side] - with[side]);
    bins.extend((none != [0, 0]).then_some(("none", None, None, none)));
    bins
}

/// People with a value.
fn sides(spread: &Spread) -> [u64; 2] {
    [0, 1].map(|side| spread.steps.values().map(|people| people[side]).sum())
}

fn quartiles(spread: &Spread) -> [[i64; 3]; 2] {
    [0, 1].map(|side| {
        let of: BTreeMap<i32, u64> =
            spread.steps.iter().map(|(at, people)| (*at, people[side])).filter(|of| of.1 > 0).collect();
        [0.25, 0.5, 0.75].map(|share| at_share(&of, share).map_or(0, value))
    })
}

/// A line, and χ² of its bins; q is told when all are known.
fn line(feature: &Feature, spread: &Spread, people: [u64; 2]) -> (FeatureLine, f64) {
    let bins = bins(feature, spread, people);
    let [rest, did] = [0, 1].map(|side| bins.iter().map(|bin| bin.3[side]).collect::<Vec<u64>>());
    let with = sides(spread);
    let number = !feature.label() && with[0] > 0 && with[1] > 0;
    let [low, high] = [0, 1].map(|side| spread.steps.values().map(|of| of[side]).collect::<Vec<u64>>());
    let auc = number.then(|| auc_from_histogram(&high, &low));
    let unit = 10f64.powi(i32::from(feature.decimals));
    let mean = |side: usize| spread.sums[side] as f64 / with[side] as f64 / unit;
    let p = association(&[rest.clone(), did.clone()]).p;
    let bin = |(kind, range, label, sides): &Bin| {
        let all = sides[0] + sides[1];
        let interval = wilson(sides[1] as f64, all as f64);
        let rate = sides[1] as f64 / all as f64;
        FeatureBin { kind, range: *range, label: label.clone(), people: all, did: sides[1], rate, interval }
    };
    let told = FeatureLine {
        name: feature.name.clone(),
        what: feature.code,
        window: feature.window,
        of: feature.of.clone(),
        label: feature.label(),
        decimals: feature.decimals,
        people: with[0] + with[1],
        coverage: [0, 1].map(|side| with[side] as f64 / people[side] as f64),
        mean: number.then(|| [0, 1].map(mean)),
        quartiles: number.then(|| quartiles(spread)),
        auc,
        auc_interval: auc.map(|auc| auc_interval(auc, with[1], with[0])),
        iv: woe_iv(&did, &rest).iv,
        iv_noise: iv_noise(bins.len(), people[1], people[0]),
        q: 1.0,
        bins: bins.iter().map(bin).collect(),
    };
    (told, p)
}

/// The features that tell people apart at all, by their place.
pub fn telling(tallied: &Tallied) -> Vec<usize> {
    let all: u64 = tallied.people.iter().sum();
    let differs = |spread: &Spread| {
        let without = all > sides(spread).iter().sum();
        spread.steps.len() + usize::from(without) > 1
    };
    (0..tallied.spreads.len()).filter(|at| differs(&tallied.spreads[*at])).collect()
}

/// The report of what was counted until the second `cut`, of those who differ.
pub fn report(plan: &FeaturePlan, end: u32, cut: u32, all: &[Feature], tallied: &Tallied) -> FeaturesReport {
    let told = telling(tallied);
    let found: Vec<(FeatureLine, f64)> =
        told.iter().map(|at| line(&all[*at], &tallied.spreads[*at], tallied.people)).collect();
    let q = benjamini_hochberg(&found.iter().map(|of| of.1).collect::<Vec<f64>>());
    let mut features: Vec<FeatureLine> =
        found.into_iter().zip(q).map(|((line, _), q)| FeatureLine { q, ..line }).collect();
    features.order_by(|a, b| (b.iv - b.iv_noise).total_cmp(&(a.iv - a.iv_noise)));
    let constant = (0..all.len()).filter(|at| !told.contains(at)).map(|at| all[at].name.clone());
    let [rest, positives] = tallied.people;
    let day = |day: u32| dates::text(f64::from(day));
    let last = cut / DAY - 1;
    let first = tallied.first.saturating_sub(1);
    FeaturesReport {
        as_of: day(end / DAY - 1),
        frozen: day(last),
        days: plan.days,
        first: day(first),
        history: last - first + 1,
        known: tallied.known,
        people: rest + positives,
        positives,
        rate: positives as f64 / (rest + positives) as f64,
        interval: wilson(positives as f64, (rest + positives) as f64),
        measure: OUTCOME,
        features,
        constant: constant.collect(),
    }
}

impl Cells for FeaturesReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        [self.known, self.people, self.positives].into_iter().for_each(&mut *visit);
        let bins = self.features.iter().flat_map(|feature| &feature.bins);
        bins.for_each(|bin| visit(bin.did));
    }
}
