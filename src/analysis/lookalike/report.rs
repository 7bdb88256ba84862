//! What a lookalike run says.

use super::Kept;
use super::SamplesPlan;
use crate::audience::Expr;
use crate::error::{Kind, Result};
use crate::gate::withheld;
use crate::table::schema::FeatureKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What finds people like the seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// The blend of the others that is best without the fold that is scored.
    #[default]
    Auto,
    /// A logistic regression: one weight per bin.
    Scorecard,
    /// Gradient-boosted trees.
    Boosted,
    /// A random forest.
    Forest,
    /// The share of the seed among the people most alike by their tags.
    Nearest,
    /// The sum of log TGIs.
    Tgi,
}

impl Model {
    /// Its name in recipes and reports.
    pub fn name(self) -> &'static str {
        match self {
            Model::Auto => "auto",
            Model::Scorecard => "scorecard",
            Model::Boosted => "boosted",
            Model::Forest => "forest",
            Model::Nearest => "nearest",
            Model::Tgi => "tgi",
        }
    }
    fn usual(&self) -> bool {
        *self == Model::default()
    }
}

/// Which way the weights of a column may go along its bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// They never fall.
    Up,
    /// They never rise.
    Down,
}

/// How to look for people like the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct LookalikePlan {
    /// What finds them.
    #[cfg_attr(test, ts(as = "Option<Model>", optional))]
    #[serde(skip_serializing_if = "Model::usual")]
    pub model: Model,
    /// Seed of the folds.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed: u64,
    /// Strength of the ridge: the penalty is `l2 / 2 · Σ w²`.
    pub l2: f64,
    /// Number of folds when no column gives them.
    pub folds: u8,
    /// Tier borders: cumulative shares of the people outside the seed, ascending, in percent.
    pub tiers: Vec<f64>,
    /// Features to leave out.
    pub without: Vec<String>,
    /// Whom to learn from.
    #[cfg_attr(test, ts(as = "Option<SamplesPlan>", optional))]
    #[serde(skip_serializing_if = "SamplesPlan::usual")]
    pub samples: SamplesPlan,
    /// Strength of the lasso of scorecards: the penalty is `l1 · Σ |w|` over the weights of all bins, in the units of the
    /// loss summed over people (1 / C of scikit-learn). The larger, the fewer bins have a weight; the others' is exactly 0.
    /// `auto` asks it of each of its scorecards; trees know nothing of it.
    #[cfg_attr(test, ts(as = "Option<f64>", optional))]
    #[serde(skip_serializing_if = "zero")]
    pub l1: f64,
    /// Number and date columns whose weights in a scorecard never fall (`up`) or never rise (`down`) along their bins; the
    /// bin of missing values is free. `auto` asks it of each of its scorecards, but the trees it blends in are free: only
    /// `model = "scorecard"` keeps the promise in the scores.
    #[cfg_attr(test, ts(as = "Option<BTreeMap<String, Trend>>", optional))]
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub monotone: BTreeMap<String, Trend>,
}

fn zero(l1: &f64) -> bool {
    *l1 == 0.0
}

impl Default for LookalikePlan {
    fn default() -> Self {
        let tiers = vec![1.0, 5.0, 10.0, 20.0];
        LookalikePlan {
            model: Model::default(),
            seed: 7,
            l2: 1.0,
            folds: 5,
            tiers,
            without: Vec::new(),
            samples: SamplesPlan::default(),
            l1: 0.0,
            monotone: BTreeMap::new(),
        }
    }
}

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Figure {
    /// The figure.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What the model is worth, and whom it finds. All figures are out of fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct LookalikeReport {
    /// What was used: `scorecard`, `boosted`, or the parts of a blend.
    pub model: String,
    /// Positives: people in the seed, unless samples were asked for.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed_people: u64,
    /// Negatives: people outside the seed, unless samples were asked for.
    #[cfg_attr(test, ts(type = "number"))]
    pub rest_people: u64,
    /// Whom the models learned from.
    pub samples: Samples,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Its interval (Hanley–McNeil).
    pub auc_interval: (f64, f64),
    /// Area under the precision–recall curve (average precision).
    pub pr_auc: f64,
    /// Kolmogorov–Smirnov distance.
    pub ks: f64,
    /// Lift at the top `1%`, `5%`, `10%` of everyone.
    pub lift: BTreeMap<String, Figure>,
    /// Share of the seed found in the top `1%`, `5%`, `10%` of everyone.
    pub gain: BTreeMap<String, f64>,
    /// Reach against precision: 101 points from nobody to everyone.
    pub curve: Vec<CurvePoint>,
    /// Tiers of the people outside the seed, best first.
    pub tiers: Vec<Tier>,
    /// Whether the seed is large enough.
    pub verdict: Verdict,
    /// Tags that pull most beyond their noise, both signs, strongest first: labels, and ranges of numbers and dates.
    pub reasons: Vec<Reason>,
    /// Features the model did not see, and why (`constant`, `first-party`, `left-out`, `all-missing`, `chooses`: people are chosen by it).
    pub left_out: Vec<LeftOut>,
    /// Columns that may be what the seed was drawn by, the worst first: to be left out unless known better.
    pub leaks: Vec<Leak>,
    /// Passes over the people until every fold converged.
    pub passes: u32,
    /// Whether every model reached its optimum; if not, it is as good as the passes allowed.
    pub converged: bool,
    /// Out-of-fold score histogram in 40 equal steps of the logit, for the seed and the rest.
    pub histogram: Vec<HistogramStep>,
    /// Rank cuts (hex) of the 1000 steps `0.1 %, 0.2 % … 100 %` of the people outside the seed: the slider's
    /// positions as exact crowds.
    pub cuts: Vec<String>,
    /// The models `auto` compared: the blend, then the others, best first. Empty if one was asked for.
    pub leaderboard: Vec<Standing>,
    /// How many folds there were.
    pub folds: u8,
    /// Seed of every choice by chance.
    #[cfg_attr(test, ts(type = "number"))]
    pub random_seed: u64,
    /// What the model sees, most telling column first.
    pub columns: Vec<ColumnCard>,
    /// How far the probabilities can be believed.
    pub calibration: Calibration,
    /// All bins of the columns; not part of the report on the page.
    #[serde(skip)]
    pub basis: Basis,
    /// The model of everyone, to be kept; not part of the report on the page.
    #[serde(skip)]
    pub kept: Kept,
}

/// Whom a run learned from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Samples {
    /// Whether positives or negatives are crowds of the recipe; else the seed, and everyone else.
    pub chosen: bool,
    /// Positives that models learned from.
    #[cfg_attr(test, ts(type = "number"))]
    pub positives: u64,
    /// Negatives that models learned from.
    #[cfg_attr(test, ts(type = "number"))]
    pub negatives: u64,
    /// People who are neither: they are scored and not measured on.
    #[cfg_attr(test, ts(type = "number"))]
    pub aside: u64,
    /// Share of all who are like the positives that are known as such, if the positives are a random part of them (Elkan
    /// and Noto's c). Absent where negatives were given, or the model tells nothing.
    pub labelled: Option<f64>,
    /// How many of the others are like the positives, then.
    pub hidden: Option<f64>,
}

/// A column the model sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ColumnCard {
    /// Feature name.
    pub feature: String,
    /// Kind of values.
    pub kind: FeatureKind,
    /// Share of the seed with a value.
    pub coverage_seed: f64,
    /// Share of everyone with a value.
    pub coverage_base: f64,
    /// Information value of seed against rest (multi-valued: of the best single label).
    pub iv: f64,
    /// What pure noise would give for as many bins and people.
    pub iv_noise: f64,
    /// Share of what moves the log-odds of the model of everyone; all columns add up to 1.
    pub gain: f64,
    /// Bins with people in them: numbers and dates in order, labels by how many people have them.
    pub bins: Vec<BinEffect>,
    /// Bins that are not listed: at most 60 are.
    #[cfg_attr(test, ts(type = "number"))]
    pub folded: u64,
}

/// What a bin does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct BinEffect {
    /// Label; `""` is "missing".
    pub value: String,
    /// People in it.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Of them in the seed.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed: u64,
    /// Partial effect: log-odds against the column's average; of several labels, of having this one.
    pub effect: f64,
    /// Half the 95 % interval of the log-odds of as many people: an effect within it may be chance.
    pub noise: f64,
}

/// Out-of-fold probabilities against what came true.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Calibration {
    /// Tenths of everyone, lowest score first; equal scores stay together.
    pub steps: Vec<CalibrationStep>,
    /// Expected calibration error: the mean distance of the two, by people.
    pub error: f64,
}

/// A tenth of everyone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CalibrationStep {
    /// Lowest probability.
    pub from: f64,
    /// People.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Of them in the seed.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed: u64,
    /// Mean probability.
    pub predicted: f64,
    /// Share in the seed.
    pub observed: f64,
    /// Lower end of its 95 % interval (Wilson).
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Every bin of the schema as the model of everyone saw it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Basis {
    /// Features the model sees, by their position.
    pub features: Vec<usize>,
    /// People per bin.
    pub people: Vec<u64>,
    /// Of them in the seed.
    pub seed: Vec<u64>,
    /// Partial effect per bin, 0 where nobody is or the model does not look.
    pub effects: Vec<f64>,
    /// Half the 95 % interval of each.
    pub noise: Vec<f64>,
}

/// What one of several models is worth, out of fold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Standing {
    /// Its name.
    pub model: String,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Its interval.
    pub auc_interval: (f64, f64),
    /// Mean log-loss.
    pub log_loss: f64,
    /// Its share in the blend of everyone.
    pub share: f64,
}

/// One point of the reach–precision curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct CurvePoint {
    /// Share of everyone, best first, in percent.
    pub reach: f64,
    /// People that is.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Share of the seed among them: gain.
    pub gain: f64,
    /// Lift over everyone.
    pub lift: f64,
    /// Share of them who are in the seed.
    pub precision: f64,
}

/// A slice of the people outside the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Tier {
    /// `top 1%`, `1–5%`, …
    pub name: String,
    /// People outside the seed in it.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// How much denser the seed is at these scores than overall.
    pub lift: f64,
    /// Lower end of its 95 % interval.
    pub lift_low: f64,
    /// Upper end.
    pub lift_high: f64,
    /// Seed people who score inside the tier.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed_people: u64,
    /// True if its interval overlaps the tier before it: the two cannot be told apart.
    pub like_previous: bool,
    /// How many of them are like the positives, where negatives are unlabelled ([`Samples::labelled`]).
    pub hidden: Option<f64>,
    /// The bins that are most over-represented in the tier, against everyone.
    pub reasons: Vec<Reason>,
    /// Who it is.
    pub crowd: Expr,
}

/// Whether the seed suffices (F6).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Verdict {
    /// `green`, `amber`, `red`.
    pub light: String,
    /// `enough`, `lift-uncertain`, `auc-uncertain`.
    pub code: String,
    /// Top-decile lift with its interval.
    pub top_decile: Figure,
    /// Destination floors (25, 100, 500, 1,000, 2,000) and whether the seed reaches each.
    pub floors: Vec<Floor>,
}

/// A destination's smallest seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Floor {
    /// People.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Who asks for it.
    pub who: String,
    /// Whether the seed has as many.
    pub reached: bool,
}

/// A bin that pulls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Reason {
    /// Feature name.
    pub feature: String,
    /// Label; `""` is "missing".
    pub value: String,
    /// Log-odds against the feature's average.
    pub weight: f64,
    /// Share of the seed (or tier) with it.
    pub share: f64,
    /// Share of everyone with it.
    pub base_share: f64,
}

/// A column that may be what the seed was drawn by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Leak {
    /// Feature name.
    pub feature: String,
    /// The value that says most; `""` is "missing".
    pub value: String,
    /// What is suspicious.
    pub why: LeakWhy,
    /// Its information value; of labels people have several of, that of the best one.
    pub iv: f64,
    /// Share of the seed with a value.
    pub coverage_seed: f64,
    /// Share of the others with a value.
    pub coverage_rest: f64,
}

/// Why a column is suspicious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "lowercase")]
pub enum LeakWhy {
    /// Its information value is above 0.5.
    Iv,
    /// Its coverage differs by more than 50 points between the seed and the others.
    Coverage,
}

/// A feature the model did not see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct LeftOut {
    /// Feature name.
    pub feature: String,
    /// `constant`, `all-missing`, `first-party`, `left-out`.
    pub why: String,
}

/// One step of the score histogram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct HistogramStep {
    /// Lower edge, as a probability.
    pub from: f64,
    /// Seed people.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed: u64,
    /// Others.
    #[cfg_attr(test, ts(type = "number"))]
    pub rest: u64,
}

impl crate::gate::Cells for LookalikeReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        for tier in &self.tiers {
            visit(tier.people);
            visit(tier.seed_people);
        }
    }
}

impl crate::gate::Withhold for LookalikeReport {
    /// What the model itself keeps is told by no report.
    fn withhold(&mut self, k: u64) -> Result<()> {
        if self.seed_people < k || self.rest_people < k {
            return Err(Kind::CrowdSmall.into());
        }
        self.tiers.retain(|tier| tier.people >= k && tier.seed_people >= k);
        let steps = &mut self.calibration.steps;
        let cells: Vec<_> = steps.iter().map(|step| [step.people, step.seed]).collect();
        let mut out = withheld(&cells, k, true).into_iter();
        steps.retain(|_| out.next() == Some(false));
        self.columns.iter_mut().for_each(|column| column.withhold(k));
        let seed = self.seed_people as f64;
        let small = |gain: f64| gain * seed < k as f64 - 0.5;
        self.reasons.retain(|reason| !small(reason.share));
        for tier in &mut self.tiers {
            tier.reasons.retain(|reason| reason.share * tier.people as f64 >= k as f64 - 0.5);
        }
        coarse(&mut self.curve, seed, k as f64);
        let found: Vec<String> =
            self.gain.iter().filter(|(_, g)| small(**g)).map(|(top, _)| top.clone()).collect();
        for top in found {
            self.gain.remove(&top);
            self.lift.remove(&top);
        }
        let cells: Vec<_> = self.histogram.iter().map(|step| [step.seed, step.rest]).collect();
        for (step, _) in self.histogram.iter_mut().zip(withheld(&cells, k, true)).filter(|(_, out)| *out) {
            (step.seed, step.rest) = (0, 0);
        }
        Ok(())
    }
}

/// Between points that are `k` of the seed apart the curve is a straight line, from nobody to everyone.
fn coarse(curve: &mut [CurvePoint], seed: f64, k: f64) {
    let Some(last) = curve.len().checked_sub(1) else { return };
    let (mut from, all) = (0, curve[last].gain);
    for to in 1..=last {
        let apart = |a: f64, b: f64| (b - a) * seed >= k - 0.5;
        if to < last && !(apart(curve[from].gain, curve[to].gain) && apart(curve[to].gain, all)) {
            continue;
        }
        let (a, b) = (curve[from], curve[to]);
        for point in &mut curve[from + 1..to] {
            let way = (point.reach - a.reach) / (b.reach - a.reach);
            point.gain = a.gain + way * (b.gain - a.gain);
            let of = if point.people == 0 { 0.0 } else { seed / point.people as f64 };
            point.precision = point.gain * of;
            point.lift = if point.reach > 0.0 { 100.0 * point.gain / point.reach } else { 0.0 };
        }
        from = to;
    }
}

impl ColumnCard {
    fn withhold(&mut self, k: u64) {
        let cells: Vec<_> = self.bins.iter().map(|bin| [bin.people, bin.seed]).collect();
        let mut out = withheld(&cells, k, self.kind != FeatureKind::Multi).into_iter();
        self.folded += out.clone().filter(|out| *out).count() as u64;
        self.bins.retain(|_| out.next() == Some(false));
        if !self.bins.iter().any(|bin| bin.value.is_empty()) {
            (self.coverage_seed, self.coverage_base) = (1.0, 1.0);
        }
    }
}
