//! What a persona run says.

use super::plan::Card;
use crate::audience::Expr;
use crate::error::{Kind, Result};
use crate::gate::withheld;
use serde::{Deserialize, Serialize};

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
    /// Every label that marks a persona, with its share in all of them.
    pub tags: Vec<TagRow>,
    /// The labels the clusters were made on, if they were restricted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contrast: Option<ContrastReport>,
    /// The clusters before any merge, if there is a stage behind them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// Which of them became one, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merges: Vec<Merge>,
    /// How many people changed their persona after the merges, if they were asked to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number | null"))]
    pub settled: Option<u64>,
}

/// One persona.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Cluster {
    /// Number in `personas.csv` and in the measure `persona`, from 1.
    pub number: u8,
    /// Its top labels joined by ` · `, unless somebody gave it another name.
    pub name: String,
    /// The name its labels make.
    pub marks: String,
    /// People.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Share of the clustered crowd.
    pub share: f64,
    /// Labels with TGI ≥ 120 against everyone and share ≥ 10 %, strongest first; at most 12.
    pub top: Vec<TopTag>,
    /// Who it is.
    pub crowd: Expr,
    /// The clusters it is made of: numbers in `parts`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<u8>,
    /// The people like it outside the crowd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expanded: Option<Expanded>,
    /// How it stands to the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Placed>,
    /// Core, more or rest, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<Layered>,
    /// What somebody wrote about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
}

/// A cluster before any merge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Part {
    /// Number, from 1, largest first.
    pub number: u8,
    /// Its top labels joined by ` · `.
    pub name: String,
    /// People.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Labels that mark it.
    pub top: Vec<TopTag>,
    /// Who it is.
    pub crowd: Expr,
    /// The people like it outside the crowd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expanded: Option<Expanded>,
}

/// A label in all personas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TagRow {
    /// Feature name.
    pub feature: String,
    /// Label.
    pub value: String,
    /// Share of everyone in the tag file with it.
    pub base_share: f64,
    /// Share of each persona with it, in the order of `clusters`.
    pub shares: Vec<f64>,
    /// Where it stands on the map, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<(f64, f64)>,
}

/// The labels that set two crowds apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ContrastReport {
    /// People of the crowd.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// People it was held against.
    #[cfg_attr(test, ts(type = "number"))]
    pub against: u64,
    /// Labels that were compared.
    pub tested: u32,
    /// Those that differ enough.
    pub kept: u32,
    /// Of these the strongest, at most 200: by distance of ln TGI from 0 times the larger share.
    pub tags: Vec<DifferentTag>,
}

/// A label that is more or less common in one crowd than in another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct DifferentTag {
    /// Feature name.
    pub feature: String,
    /// Label.
    pub value: String,
    /// Share of the crowd with it.
    pub share: f64,
    /// Share of those it was held against.
    pub against_share: f64,
    /// 100 × one / the other; absent if the other is 0.
    pub tgi: Option<f64>,
    /// False discovery rate.
    pub q: f64,
}

/// The people like a persona outside the crowd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Expanded {
    /// How many.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// How many could be taken.
    #[cfg_attr(test, ts(type = "number"))]
    pub pool: u64,
    /// The share of the persona's own people who are less like it than the last one taken.
    pub similarity: f64,
    /// d_norm (F16) between them and the persona's own people.
    pub distance: f64,
    /// What marks the persona, here: shares, and the TGI against its own people.
    pub tags: Vec<KeptTag>,
    /// Who they are.
    pub crowd: Expr,
}

/// A label of a persona among the people like it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct KeptTag {
    /// Feature name.
    pub feature: String,
    /// Label.
    pub value: String,
    /// Share of the persona's own people.
    pub core_share: f64,
    /// Share of the people like it.
    pub share: f64,
    /// 100 × share / core share.
    pub tgi: f64,
    /// 100 × share / share of everyone.
    pub tgi_base: f64,
}

/// Two personas that became one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Merge {
    /// Its number in the log, from 1.
    pub step: u8,
    /// The larger side.
    pub into: Side,
    /// The smaller side.
    pub from: Side,
    /// Name of the two together.
    pub name: String,
    /// d_norm (F16) between the two.
    pub distance: f64,
    /// d_norm from the merged persona to the nearest other one; absent if none is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<f64>,
    /// What marks both.
    pub alike: Vec<PairTag>,
    /// Where the two differ most.
    pub differ: Vec<PairTag>,
    /// Whether it was taken back, or rests on one that was.
    pub undone: bool,
}

/// One side of a merge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Side {
    /// The clusters it is made of.
    pub of: Vec<u8>,
    /// Name.
    pub name: String,
    /// People.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
}

/// A label in both sides of a merge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PairTag {
    /// Feature name.
    pub feature: String,
    /// Label.
    pub value: String,
    /// Share of the larger side and of the smaller one.
    pub shares: (f64, f64),
    /// TGI of both against everyone.
    pub tgi: (f64, f64),
}

/// How a persona stands to the target crowd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Placed {
    /// 1 − d_norm (F16) between persona and target.
    pub similarity: f64,
    /// Share of the persona, expanded people included, that is in the target (F22).
    pub overlap: f64,
    /// 100 × overlap / share of everyone that is in the target.
    pub index: f64,
    /// `high`: alike and overlapping more than the median persona; `watch`: alike, but not there yet;
    /// `reached`: there, but not alike; `other`.
    pub quadrant: String,
}

/// Where a persona stands in the layering.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Layered {
    /// `core`, `more` or `rest`.
    pub layer: String,
    /// Weighted sum of the indices, 0 to 100.
    pub score: f64,
    /// Likeness to the target; index of the seed's density; share of all value; people who are not customers
    /// yet. Raw.
    pub raw: [Option<f64>; 4],
    /// The same from 0 (the least persona) to 100 (the greatest).
    pub index: [Option<f64>; 4],
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

impl crate::gate::Cells for PersonasReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.clusters.iter().for_each(|cluster| visit(cluster.people));
        let expanded = |expanded: &Option<Expanded>| expanded.as_ref().map_or(0, |e| e.people);
        self.clusters.iter().for_each(|cluster| visit(expanded(&cluster.expanded)));
        self.parts.iter().for_each(|part| visit(part.people));
    }
}

impl crate::gate::Withhold for PersonasReport {
    /// A persona of fewer people keeps its place without a number and without tags; people are on no map.
    fn withhold(&mut self, k: u64) -> Result<()> {
        if self.people < k {
            return Err(Kind::CrowdSmall.into());
        }
        let few = |share: f64, of: u64| share * (of as f64) < k as f64 - 0.5;
        let sizes: Vec<u64> = self.clusters.iter().map(|cluster| cluster.people).collect();
        for row in &mut self.tags {
            let shares = row.shares.iter_mut().zip(&sizes);
            shares.filter(|(share, of)| few(**share, **of)).for_each(|(share, _)| *share = 0.0);
        }
        let cells: Vec<_> = sizes.iter().map(|&people| [people]).collect();
        for (cluster, out) in self.clusters.iter_mut().zip(withheld(&cells, k, true)) {
            cluster.top.retain(|tag| !few(tag.share, cluster.people));
            cluster.expanded.take_if(|expanded| expanded.people < k);
            if out {
                (cluster.people, cluster.share) = (0, 0.0);
            }
        }
        for part in &mut self.parts {
            part.top.retain(|tag| !few(tag.share, part.people));
            part.expanded.take_if(|expanded| expanded.people < k);
            part.people *= u64::from(part.people >= k);
        }
        for side in self.merges.iter_mut().flat_map(|merge| [&mut merge.into, &mut merge.from]) {
            side.people *= u64::from(side.people >= k);
        }
        if let Some(contrast) = &mut self.contrast {
            let (people, against) = (contrast.people, contrast.against);
            contrast.tags.retain(|t| !few(t.share, people) && !few(t.against_share, against));
        }
        self.settled.take_if(|settled| *settled < k);
        self.map.points.clear();
        Ok(())
    }
}
