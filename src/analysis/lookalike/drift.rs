//! A saved model on another table: how far its people have moved from those it learned from (`formulas.md` F21), and
//! what it is worth against this seed.

use super::evaluate::{auc, curve, lift, tops};
use super::kept::Applied;
use super::saved::{Saved, SavedColumn};
use super::score::LIMIT;
use super::{CurvePoint, Figure};
use crate::audience::Expr;
use crate::num;
use crate::num::Order;
use crate::table::schema::Schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bins listed of a column.
const LISTED: usize = 60;
/// Below this nothing has moved that matters (F21).
const OK: f64 = 0.1;
/// Above this the model should learn again (F21).
const RETRAIN: f64 = 0.25;

/// What a saved model says of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ModelReport {
    /// What it is: `scorecard`, `boosted`, or the parts of a blend.
    pub model: String,
    /// People in the seed it learned from.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed_people: u64,
    /// People outside.
    #[cfg_attr(test, ts(type = "number"))]
    pub rest_people: u64,
    /// Its out-of-fold AUC when it learned.
    pub auc: f64,
    /// Its interval.
    pub auc_interval: (f64, f64),
    /// People scored now.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// `retrain` if the score has moved that far; `watch` if it or any column is to be watched; else `ok`.
    pub verdict: String,
    /// How far the score has moved.
    pub score: Drift,
    /// How far each column has moved, farthest first.
    pub columns: Vec<Drift>,
    /// Whether every bin holds as many people as when it learned: then these are the same people, and what it is worth
    /// here is what it remembers.
    pub same_people: bool,
    /// What it is worth against the seed of this room; absent without one.
    pub contender: Option<Contender>,
    /// Tiers of the people outside the seed by its score, best first.
    pub tiers: Vec<ModelTier>,
}

/// How far one distribution has moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Drift {
    /// Feature name; empty for the score.
    pub feature: String,
    /// Population stability index.
    pub psi: f64,
    /// What chance alone would give for as many bins and people.
    pub noise: f64,
    /// `ok` below 0.1, `noise` within twice the noise, `watch` up to 0.25, else `retrain`.
    pub band: String,
    /// Cells it could not read: labels it never saw, and what is no number or date. They count as missing.
    #[cfg_attr(test, ts(type = "number"))]
    pub unseen: u64,
    /// Bins: tenths of the score, or what the feature holds.
    pub bins: Vec<DriftBin>,
    /// Bins that are not listed: at most 60 are.
    #[cfg_attr(test, ts(type = "number"))]
    pub folded: u64,
}

/// One bin then and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct DriftBin {
    /// Label; `""` is "missing". Of the score: the lowest log-odds.
    pub value: String,
    /// Share when the model learned. Of several labels per person: share of all labels.
    pub then: f64,
    /// Share now.
    pub now: f64,
}

/// What a model is worth against a seed it was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Contender {
    /// Area under the ROC curve.
    pub auc: f64,
    /// Its interval.
    pub auc_interval: (f64, f64),
    /// Kolmogorov–Smirnov distance.
    pub ks: f64,
    /// Lift at the top `1%`, `5%`, `10%` of everyone.
    pub lift: BTreeMap<String, Figure>,
    /// Reach against precision: 101 points.
    pub curve: Vec<CurvePoint>,
}

/// A slice of the people outside the seed by the score of a loaded model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ModelTier {
    /// `top 1%`, `1–5%`, …
    pub name: String,
    /// People.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Who it is.
    pub crowd: Expr,
}

impl crate::gate::Cells for ModelReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.tiers.iter().for_each(|tier| visit(tier.people));
    }
}

/// The report, without tiers. `unseen` are the cells of each column that could not be read.
pub fn report(saved: &Saved, applied: &Applied, unseen: &[u64]) -> ModelReport {
    let (seed, rest) = (&applied.scores.seed, &applied.scores.rest);
    let people = seed.iter().sum::<u64>() + rest.iter().sum::<u64>();
    let schema = saved.schema();
    let mut columns: Vec<Drift> =
        (0..saved.columns.len()).map(|f| column(saved, &schema, applied, f, unseen[f])).collect();
    columns.order_by(|a, b| b.psi.total_cmp(&a.psi));
    let score = score(saved, applied);
    let same = |(f, column): (usize, &SavedColumn)| {
        column.people == applied.bins[schema.starts[f]..schema.starts[f + 1]]
    };
    ModelReport {
        model: saved.model.clone(),
        seed_people: saved.seed_people,
        rest_people: saved.rest_people,
        auc: saved.auc,
        auc_interval: saved.auc_interval,
        people,
        verdict: verdict(&score, &columns).into(),
        same_people: saved.columns.iter().enumerate().all(same),
        score,
        columns,
        contender: contender(applied, people),
        tiers: vec![],
    }
}

fn verdict(score: &Drift, columns: &[Drift]) -> &'static str {
    let moved = |drift: &Drift| ["watch", "retrain"].contains(&drift.band.as_str());
    match () {
        () if score.band == "retrain" => "retrain",
        () if moved(score) || columns.iter().any(moved) => "watch",
        () => "ok",
    }
}

fn column(saved: &Saved, schema: &Schema, applied: &Applied, f: usize, unseen: u64) -> Drift {
    let column = &saved.columns[f];
    let now = &applied.bins[schema.starts[f]..schema.starts[f + 1]];
    let labels = column.feature.labels.iter().cloned();
    Drift { unseen, ..drift(&column.feature.name(), labels, &column.people, now) }
}

fn score(saved: &Saved, applied: &Applied) -> Drift {
    let mut now = vec![0u64; saved.starts.len()];
    let both = applied.scores.seed.iter().zip(&applied.scores.rest).map(|(a, b)| a + b);
    for (at, people) in both.enumerate().filter(|(_, people)| *people > 0) {
        let group = saved.starts.partition_point(|&start| start <= at as i32 - LIMIT);
        now[group.saturating_sub(1)] += people;
    }
    let labels = saved.starts.iter().map(|&start| format!("{:.2}", super::score::logit(start)));
    drift("", labels, &saved.people, &now)
}

fn drift(feature: &str, labels: impl Iterator<Item = String>, then: &[u64], now: &[u64]) -> Drift {
    let used = |i: &usize| then[*i] + now[*i] > 0;
    let (old, new): (Vec<u64>, Vec<u64>) = (0..then.len()).filter(used).map(|i| (then[i], now[i])).unzip();
    let [before, after] = [&old, &new].map(|counts| counts.iter().sum::<u64>());
    let psi = num::woe_iv(&new, &old).iv;
    let noise = num::iv_noise(old.len(), before, after);
    let share = |n: u64, of: u64| n as f64 / of.max(1) as f64;
    let labels = labels.enumerate().filter(|(i, _)| used(i)).map(|(_, label)| label);
    let bin = |(value, i): (String, usize)| DriftBin {
        value,
        then: share(old[i], before),
        now: share(new[i], after),
    };
    Drift {
        feature: feature.into(),
        psi,
        noise,
        band: band(psi, noise).into(),
        unseen: 0,
        bins: labels.zip(0..).take(LISTED).map(bin).collect(),
        folded: old.len().saturating_sub(LISTED) as u64,
    }
}

fn band(psi: f64, noise: f64) -> &'static str {
    match psi {
        psi if psi < OK => "ok",
        psi if psi <= 2.0 * noise => "noise",
        psi if psi <= RETRAIN => "watch",
        _ => "retrain",
    }
}

fn contender(applied: &Applied, people: u64) -> Option<Contender> {
    let (seed, rest) = (&applied.scores.seed, &applied.scores.rest);
    let [members, strangers] = [seed, rest].map(|side| side.iter().sum::<u64>());
    let (auc, auc_interval) = auc(&applied.scores);
    (members > 0 && strangers > 0).then(|| Contender {
        auc,
        auc_interval,
        ks: num::ks_from_histogram(seed, rest),
        lift: tops(&|share| lift(&applied.scores, share)),
        curve: curve(&applied.scores, people),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psi_is_the_worked_example_and_zero_where_nothing_moved() {
        let labels = || (0..3).map(|n| n.to_string());
        let moved = drift("f", labels(), &[500_000, 300_000, 200_000], &[300_000, 300_000, 400_000]);
        // (.3 − .5) ln(.3 / .5) + (.4 − .2) ln(.4 / .2)
        assert!((moved.psi - 0.240_795).abs() < 1e-4 && moved.band == "watch", "{moved:?}");
        let same = drift("f", labels(), &[50, 0, 20], &[50, 0, 20]);
        assert_eq!((same.psi, same.band.as_str(), same.bins.len()), (0.0, "ok", 2));
        let scaled = drift("f", labels(), &[5_000, 3_000, 2_000], &[50_000, 30_000, 20_000]);
        assert!(scaled.psi < 1e-6, "{}", scaled.psi);
    }

    #[test]
    fn few_people_are_not_called_drift() {
        assert_eq!(
            [band(0.05, 0.0), band(0.2, 0.15), band(0.2, 0.01), band(0.3, 0.01)],
            ["ok", "noise", "watch", "retrain"]
        );
        let of = |psi, noise| Drift {
            psi,
            noise,
            band: band(psi, noise).into(),
            ..drift("", [].into_iter(), &[], &[])
        };
        assert_eq!(verdict(&of(0.0, 0.0), &[of(0.9, 0.0)]), "watch", "one column is no verdict on the score");
        assert_eq!(verdict(&of(0.3, 0.0), &[]), "retrain");
        assert_eq!(verdict(&of(0.0, 0.0), &[of(0.2, 0.2)]), "ok");
    }
}
