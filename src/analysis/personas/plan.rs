//! How to find personas, and what to do with them: `[personas]` of `room.toml`.
//!
//! Every stage behind the clusters is a table of its own and off while it is absent; `chain = true` turns all
//! of them on, with their defaults where nothing else is said.

use crate::audience::Expr;
use crate::error::{self, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// How to find personas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct PersonasPlan {
    /// Number of clusters, or `"auto"`.
    pub k: K,
    /// Seed of samples and starts.
    #[cfg_attr(test, ts(type = "number"))]
    pub seed: u64,
    /// Whom to cluster.
    pub of: Expr,
    /// Weigh labels by rarity (idf) and people to length 1.
    pub idf: bool,
    /// Features to leave out.
    pub without: Vec<String>,
    /// Every stage in one go: contrast, 8 clusters unless a number is given, expansion, merging to 6, layers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub chain: bool,
    /// Cluster on the labels that set two crowds apart, and on no others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub contrast: Option<ContrastPlan>,
    /// Find people like each persona outside the crowd.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub expand: Option<ExpandPlan>,
    /// Merge personas that are alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub merge: Option<MergePlan>,
    /// Layer the personas into core, more and rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub layers: Option<LayersPlan>,
    /// The crowd personas are held against; the seed unless another is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub target: Option<Expr>,
    /// What somebody wrote about personas.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<Card>>", optional))]
    pub cards: Vec<Card>,
}

impl Default for PersonasPlan {
    fn default() -> Self {
        PersonasPlan {
            k: K::Auto,
            seed: 7,
            of: Expr::Seed,
            idf: true,
            without: Vec::new(),
            chain: false,
            contrast: None,
            expand: None,
            merge: None,
            layers: None,
            target: None,
            cards: Vec::new(),
        }
    }
}

/// Number of clusters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", type = "number | \"auto\""))]
pub enum K {
    /// Chosen by silhouette and stability, 2 to 10.
    Auto,
    /// Given.
    Given(u8),
}

/// Which labels tell two crowds apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ContrastPlan {
    /// Who.
    pub crowd: Expr,
    /// Against whom.
    pub against: Expr,
    /// How far the TGI must be from 100, on either side.
    pub tgi: f64,
    /// Largest false discovery rate (Benjamini–Hochberg) of "as common among those of the second crowd who are
    /// not in the first".
    pub q: f64,
}

impl Default for ContrastPlan {
    fn default() -> Self {
        ContrastPlan { crowd: Expr::Seed, against: Expr::Everyone, tgi: 10.0, q: 0.05 }
    }
}

/// How far personas reach beyond their own people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ExpandPlan {
    /// Everyone goes to the persona they are likest to; otherwise personas may overlap.
    pub exclusive: bool,
    /// What `at` means.
    pub by: CutBy,
    /// Where to cut.
    pub at: f64,
}

impl Default for ExpandPlan {
    fn default() -> Self {
        ExpandPlan { exclusive: true, by: CutBy::Share, at: 10.0 }
    }
}

/// How a ranked crowd is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum CutBy {
    /// The best so many per cent of those who could be taken.
    Share,
    /// The best so many people.
    People,
    /// Everyone at least so similar, 0 to 1. For a persona or a proxy seed: liker than this share of its own
    /// people are. For a portrait: its weighted cosine.
    Similarity,
}

/// Which personas become one (`formulas.md` F15, F16).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct MergePlan {
    /// Personas merge while they are nearer than this (d_norm).
    pub below: f64,
    /// How many personas shall be left; then merging ends there, not at `below`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub to: Option<u8>,
    /// After the merges everyone of the crowd goes to the persona they fit best.
    pub settle: bool,
    /// Merges taken back, by their number in the log.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<u8>>", optional))]
    pub undo: Vec<u8>,
}

impl Default for MergePlan {
    fn default() -> Self {
        MergePlan { below: 0.1, to: None, settle: true, undo: Vec::new() }
    }
}

/// What makes a persona core or more (`formulas.md` F22). The four weights add up to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct LayersPlan {
    /// Weight of the likeness to the target.
    pub fit: f64,
    /// Weight of the density of the seed.
    pub density: f64,
    /// Weight of the share of all value; needs `column`.
    pub value: f64,
    /// Weight of the people who are not customers yet.
    pub headroom: f64,
    /// A column of numbers that says what people are worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub column: Option<String>,
    /// Core personas are taken until they hold this share of the value, or of the people without a column.
    pub core: f64,
    /// Least score of "more", 0 to 100.
    pub floor: f64,
}

impl Default for LayersPlan {
    fn default() -> Self {
        LayersPlan { fit: 0.4, density: 0.4, value: 0.0, headroom: 0.2, column: None, core: 0.6, floor: 30.0 }
    }
}

/// What somebody wrote about a persona. It belongs to the persona with the likest labels, so that it finds its
/// place again after a new run and in next month's files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct Card {
    /// Labels of the persona it was written for, strongest first: `column=label`.
    pub tags: Vec<String>,
    /// Name; empty: the name made of the labels.
    pub name: String,
    /// Who they are.
    pub who: String,
    /// Why they matter.
    pub why: String,
    /// What to offer.
    pub product: String,
    /// What to tell.
    pub content: String,
    /// At which price.
    pub price: String,
    /// Where to meet them.
    pub touch: String,
}

/// Clusters of the chain.
const CHAIN_K: u8 = 8;
/// What they merge to.
const CHAIN_TO: u8 = 6;

impl PersonasPlan {
    /// The same with the stages of the chain spelled out; refuses what is outside its range.
    pub fn spelled(&self) -> Result<PersonasPlan> {
        let mut plan = self.clone();
        if plan.chain {
            if plan.k == K::Auto {
                plan.k = K::Given(CHAIN_K);
            }
            plan.contrast.get_or_insert_default();
            plan.expand.get_or_insert_default();
            plan.merge.get_or_insert(MergePlan { to: Some(CHAIN_TO), ..MergePlan::default() });
            plan.layers.get_or_insert_default();
        }
        plan.check()?;
        Ok(plan)
    }
    /// Whether anything is done with the clusters besides finding them.
    pub fn staged(&self) -> bool {
        self.chain || self.expand.is_some() || self.merge.is_some() || self.layers.is_some()
    }
    /// The part of the plan that says how the clusters are found.
    pub(super) fn finding(&self) -> PersonasPlan {
        let PersonasPlan { k, seed, of, idf, without, contrast, .. } = self.clone();
        PersonasPlan { k, seed, of, idf, without, contrast, ..PersonasPlan::default() }
    }
    fn check(&self) -> Result<()> {
        let within = |name, good| error::settings(&[(name, good)]);
        within("personas.k", !matches!(self.k, K::Given(k) if !(2..=20).contains(&k)))?;
        if let Some(ContrastPlan { tgi, q, .. }) = &self.contrast {
            within("personas.contrast.tgi", (0.0..=1_000.0).contains(tgi))?;
            within("personas.contrast.q", (0.0..=1.0).contains(q))?;
        }
        if let Some(ExpandPlan { by, at, .. }) = self.expand {
            within("personas.expand.at", by.takes(at))?;
        }
        if let Some(MergePlan { below, to, .. }) = &self.merge {
            within("personas.merge.below", (0.0..=1.0).contains(below))?;
            within("personas.merge.to", to.is_none_or(|to| (1..=20).contains(&to)))?;
        }
        self.layers.as_ref().map_or(Ok(()), LayersPlan::check)
    }
}

impl CutBy {
    /// Whether a cut can be here.
    pub(super) fn takes(self, at: f64) -> bool {
        match self {
            CutBy::Share => at > 0.0 && at <= 100.0,
            CutBy::People => (1.0..=1e10).contains(&at),
            CutBy::Similarity => (0.0..=1.0).contains(&at),
        }
    }
}

impl LayersPlan {
    /// Weights of fit, density, value and headroom.
    pub(super) fn weights(&self) -> [f64; 4] {
        [self.fit, self.density, self.value, self.headroom]
    }
    fn check(&self) -> Result<()> {
        let weights = self.weights();
        let (parts, sum) = (weights.iter().all(|w| (0.0..=1.0).contains(w)), weights.iter().sum::<f64>());
        error::settings(&[
            ("personas.layers", parts && (sum - 1.0).abs() < 1e-3),
            ("personas.layers.value", self.value == 0.0 || self.column.is_some()),
            ("personas.layers.core", (0.0..=1.0).contains(&self.core)),
            ("personas.layers.floor", (0.0..=100.0).contains(&self.floor)),
        ])
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum KText {
    Number(u8),
    Word(String),
}

impl Serialize for K {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            K::Auto => "auto".serialize(to),
            K::Given(k) => k.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for K {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<K, D::Error> {
        match KText::deserialize(from)? {
            KText::Number(k) => Ok(K::Given(k)),
            KText::Word(word) if word == "auto" => Ok(K::Auto),
            KText::Word(_) => Err(D::Error::custom("a number or \"auto\"")),
        }
    }
}
