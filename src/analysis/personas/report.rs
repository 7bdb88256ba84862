//! What a persona run says.

use crate::audience::Expr;
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
}

impl Default for PersonasPlan {
    fn default() -> Self {
        PersonasPlan { k: K::Auto, seed: 7, of: Expr::Seed, idf: true, without: Vec::new() }
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

/// The clusters of a crowd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PersonasReport {
    /// Number of clusters.
    pub k: u8,
    /// Sum of squared distances to the own centre, all people.
    pub inertia: f64,
    /// People clustered.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Clusters, largest first.
    pub clusters: Vec<Cluster>,
    /// What each k would give, if k was chosen.
    pub choices: Vec<KChoice>,
    /// A seeded sample of people on the first two axes of a correspondence analysis.
    pub map: PersonaMap,
}

/// One persona.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Cluster {
    /// Number in `personas.csv` and in the measure `persona`, from 1.
    pub number: u8,
    /// Its top labels joined by ` · `.
    pub name: String,
    /// People.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Share of the clustered crowd.
    pub share: f64,
    /// Labels with TGI ≥ 120 against everyone and share ≥ 10 %, strongest first; at most 12.
    pub top: Vec<TopTag>,
    /// Who it is.
    pub crowd: Expr,
}

/// A label that marks a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TopTag {
    /// Feature name.
    pub feature: String,
    /// Label.
    pub value: String,
    /// Share of the cluster with it.
    pub share: f64,
    /// Share of everyone in the tag file with it.
    pub base_share: f64,
    /// 100 × share / base share.
    pub tgi: f64,
    /// Lower end of its 95 % interval.
    pub tgi_low: f64,
    /// Upper end.
    pub tgi_high: f64,
}

/// What one k would give.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct KChoice {
    /// Clusters.
    pub k: u8,
    /// Mean silhouette of the sample.
    pub silhouette: f64,
    /// Mean adjusted Rand index between resamples.
    pub stability: f64,
    /// Whether it was taken.
    pub chosen: bool,
}

/// People and clusters in two dimensions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PersonaMap {
    /// Share of the inertia on each axis.
    pub inertia: (f64, f64),
    /// Sampled people: x, y, cluster number.
    pub points: Vec<(f64, f64, u8)>,
    /// Centre of each cluster, in the order of `clusters`.
    pub centres: Vec<(f64, f64)>,
    /// How many people the sample is drawn from.
    #[cfg_attr(test, ts(type = "number"))]
    pub of: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum KText {
    Number(u8),
    Word(String),
}

impl Serialize for K {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            K::Auto => "auto".serialize(to),
            K::Given(k) => k.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for K {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<K, D::Error> {
        match KText::deserialize(from)? {
            KText::Number(k) => Ok(K::Given(k)),
            KText::Word(word) if word == "auto" => Ok(K::Auto),
            KText::Word(_) => Err(D::Error::custom("a number or \"auto\"")),
        }
    }
}

impl crate::gate::Cells for PersonasReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.clusters.iter().for_each(|cluster| visit(cluster.people));
    }
}
