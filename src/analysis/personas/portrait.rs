//! A crowd for which there is no seed yet: the buyers of a product that is not sold so far.
//!
//! **Portrait.** Somebody gives labels weights t. With x = 1 for each label a person has in the columns that
//! are named, similarity is the cosine x·t / (|x|·|t|): 1 for someone who has all of the labels and no other
//! in these columns, less for every label missing or besides. Missing values count on neither side.
//!
//! **Proxy.** A crowd stands in for the buyers: those of a similar line, or of a concept's labels. Everyone else
//! is scored by [`super::fit`]; similarity is the share of the proxy's own people who score less.
//!
//! Either way everyone is scored, and cut by a share, a number of people or a similarity.

use super::expand::heads;
use super::fit::{Counted, Fit, Keep, Weights};
use super::name::Names;
use super::plan::CutBy;
use super::ranks::{Pool, ranks};
use super::report::TopTag;
use super::tally::Tally;
use crate::audience::Expr;
use crate::error::{Error, Kind, Result};
use crate::num;
use crate::num::Order;
use crate::shard::desk::Desk;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::bits::Bits;
use crate::table::schema::{FeatureKind, Namespace, Schema};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A cosine of 1 as a measure.
const COSINE: f64 = 10_000.0;
/// A weight of 1 in cells.
const WEIGHT: f64 = 1_000.0;
/// Steps of the ladder from similarity 0 to 1.
const STEPS: usize = 100;

/// A crowd somebody has in mind: `[[portraits]]` of `room.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct PortraitPlan {
    /// What it is called; two portraits of a room have different names.
    pub name: String,
    /// Labels with their weights; none if there is a proxy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<TagWeight>,
    /// A crowd that stands in for the one in mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub proxy: Option<Expr>,
    /// What `at` means.
    #[serde(default = "share")]
    pub by: CutBy,
    /// Where to cut.
    #[serde(default = "ten")]
    pub at: f64,
}

fn share() -> CutBy {
    CutBy::Share
}

fn ten() -> f64 {
    10.0
}

/// A weighted label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct TagWeight {
    /// Feature name.
    pub feature: String,
    /// Labels; of a number the bins of a range. Having any of them counts once.
    pub values: Vec<String>,
    /// Weight, -10 to 10; below 0 for what they are not.
    pub weight: f64,
}

/// Who is like a portrait.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PortraitReport {
    /// Its name.
    pub name: String,
    /// Whether a proxy was scored.
    pub proxy: bool,
    /// People scored: everyone, or everyone outside the proxy.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// For the similarities 0, 0.01, … 1: how many people are at or above.
    #[cfg_attr(test, ts(type = "Array<number>"))]
    pub ladder: Vec<u64>,
    /// People taken.
    #[cfg_attr(test, ts(type = "number"))]
    pub taken: u64,
    /// Similarity of the last one taken.
    pub similarity: f64,
    /// Those of them in the seed.
    #[cfg_attr(test, ts(type = "number"))]
    pub in_seed: u64,
    /// What marks those taken.
    pub top: Vec<TopTag>,
    /// Who they are.
    pub crowd: Expr,
}

impl crate::gate::Cells for PortraitReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        visit(self.taken);
        visit(self.in_seed);
    }
}

/// The question: score everyone by weighted cosine. The answer is in the measure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Cosine {
    /// Features that are named.
    features: Vec<u32>,
    /// By bin: its weight in thousandths.
    cells: Vec<i32>,
    /// |t|.
    length: f64,
    /// Where it goes.
    measure: String,
}

impl Cosine {
    /// The weights of a portrait.
    pub fn new(schema: &Schema, tags: &[TagWeight], measure: &str) -> Result<Self> {
        let mut asked =
            Cosine { features: vec![], cells: vec![0; schema.bins()], length: 0.0, measure: measure.into() };
        let mut square = 0.0;
        for TagWeight { feature, values, weight } in tags {
            let missing = || Error::new(Kind::ColumnMissing).column(feature.as_str());
            let tags = |f: &usize| schema.features[*f].namespace == Namespace::Tags;
            let mut named = (0..schema.features.len()).filter(tags);
            let f = named.find(|&f| schema.features[f].name() == *feature).ok_or_else(missing)?;
            if !(-10.0..=10.0).contains(weight) {
                return Err(Error::new(Kind::OutOfRange).column("portraits.tags.weight"));
            }
            let several = schema.features[f].kind == FeatureKind::Multi;
            square += weight * weight * if several { values.len() as f64 } else { 1.0 };
            let codes =
                (1..schema.features[f].codes()).filter(|&c| values.contains(&schema.features[f].labels[c]));
            codes.for_each(|c| asked.cells[schema.starts[f] + c] = (weight * WEIGHT).round() as i32);
            asked.features.push(f as u32);
        }
        asked.features.order();
        asked.features.dedup();
        asked.length = num::sqrt(square);
        if asked.length > 0.0 { Ok(asked) } else { Err(Kind::PortraitUnclear.into()) }
    }
}

impl Analysis for Cosine {
    const NAME: &'static str = "personas.cosine";
    type Partial = ();
    type Work = ();

    fn begin(&self, shard: &Shard) -> Result<()> {
        let good = self.cells.len() == shard.people.schema.bins();
        if good { Ok(()) } else { Err(Kind::WireBroken.into()) }
    }

    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, (): &mut ()) {
        let mut sums = vec![(0i32, 0i32); rows.len()];
        for &f in &self.features {
            let first = shard.people.schema.starts[f as usize];
            shard.people.columns[f as usize].for_each(rows.clone(), |i, code| {
                let sum = &mut sums[i - rows.start];
                *sum = (sum.0 + self.cells[first + code], sum.1 + i32::from(code > 0));
            });
        }
        let cosine = |(sum, labels): (i32, i32)| match labels {
            0 => 0,
            _ => {
                let cosine = f64::from(sum) / (WEIGHT * self.length * num::sqrt(labels.into()));
                (cosine * COSINE).round().clamp(-COSINE, COSINE) as i32
            }
        };
        let to = &mut shard.measure(&self.measure, 0)[rows];
        to.iter_mut().zip(sums).for_each(|(to, sum)| *to = cosine(sum));
    }
}

/// The question: how many people of a pool stand on which step of a measure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ladder {
    /// Who, and by what.
    pub pool: Pool,
    /// Lowest value of each step, ascending.
    pub steps: Vec<i32>,
}

/// People per step; below the first one in front.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Stood(Vec<u64>);

impl Partial for Stood {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.0, &other.0);
    }
}

impl Analysis for Ladder {
    const NAME: &'static str = "personas.ladder";
    type Partial = Stood;
    type Work = Bits;

    fn begin(&self, shard: &Shard) -> Result<Bits> {
        shard.known(&self.pool.measure)?;
        shard.crowd(&self.pool.crowd)
    }

    fn add(&self, crowd: &mut Bits, shard: &mut Shard, rows: Range<usize>, sum: &mut Stood) {
        sum.0.resize(self.steps.len() + 1, 0);
        let values = &shard.measures[&self.pool.measure];
        for i in rows.filter(|&i| crowd.has(i)) {
            sum.0[self.steps.partition_point(|&step| step <= values[i])] += 1;
        }
    }
}

/// Scores everyone by a portrait, and cuts. The score stays behind as the measure `portrait.NAME`.
pub async fn portrait(desk: &Desk, schema: &Schema, plan: &PortraitPlan) -> Result<PortraitReport> {
    if plan.tags.is_empty() == plan.proxy.is_none() {
        return Err(Kind::PortraitUnclear.into());
    }
    if !plan.by.takes(plan.at) {
        return Err(Error::new(Kind::OutOfRange).column("portraits.at"));
    }
    desk.progress("portrait", 0, 3, "rounds");
    let measure = format!("portrait.{}", plan.name);
    let everyone = desk.sum(&Tally { of: vec![Expr::Everyone], bins: true }).await?;
    let base = everyone.bins.first().cloned().unwrap_or_default();
    let people = everyone.people.first().copied().unwrap_or(0);
    let (pool, steps) = match &plan.proxy {
        None => {
            desk.sum(&Cosine::new(schema, &plan.tags, &measure)?).await?;
            let step = |s: usize| (s as f64 / STEPS as f64 * COSINE).round() as i32;
            (Pool { crowd: Expr::Everyone, measure }, (0..=STEPS).map(step).collect::<Vec<_>>())
        }
        Some(proxy) => by_proxy(desk, schema, proxy, measure, Counted { people, bins: &base }).await?,
    };
    desk.progress("portrait", 1, 3, "rounds");
    let stood = desk.sum(&Ladder { pool: pool.clone(), steps: steps.clone() }).await?;
    let below = |step: usize| stood.0.iter().skip(step + 1).sum::<u64>();
    let ladder: Vec<u64> = (0..=STEPS).map(below).collect();
    let scored = stood.0.iter().sum();
    let (crowd, similarity) = cut(desk, plan, &pool, &steps, scored).await?;
    desk.progress("portrait", 2, 3, "rounds");
    let taken = desk.sum(&Tally { of: vec![crowd.clone()], bins: true }).await?;
    let in_seed = heads(desk, vec![Expr::And { of: vec![crowd.clone(), Expr::Seed] }]).await?;
    let count = taken.people.first().copied().unwrap_or(0);
    let names = Names::new(schema, &base, people, &[]);
    let top = taken.bins.first().map(|bins| names.top(bins, count)).unwrap_or_default();
    Ok(PortraitReport {
        name: plan.name.clone(),
        proxy: plan.proxy.is_some(),
        people: scored,
        ladder,
        taken: count,
        similarity,
        in_seed: in_seed[0],
        top: top.into_iter().map(|(_, tag)| tag).collect(),
        crowd,
    })
}

/// Scores everyone by a proxy: who can be taken, and the scores that the 0, 1, … 100 % least of its own people
/// have.
async fn by_proxy(
    desk: &Desk,
    schema: &Schema,
    proxy: &Expr,
    measure: String,
    everyone: Counted<'_>,
) -> Result<(Pool, Vec<i32>)> {
    let own = desk.sum(&Tally { of: vec![proxy.clone()], bins: true }).await?;
    let (Some(&people), Some(bins)) = (own.people.first(), own.bins.first()) else {
        return Err(Kind::AudienceEmpty.into());
    };
    if people == 0 {
        return Err(Kind::AudienceEmpty.into());
    }
    let weights = Weights::new(schema, &[Counted { people, bins }], everyone, &[]);
    desk.sum(&Fit { weights, keep: Keep::Each(vec![measure.clone()]) }).await?;
    let places = (0..=STEPS as u64).map(|s| (people * s).div_ceil(STEPS as u64).min(people - 1));
    let own = Pool { crowd: proxy.clone(), measure: measure.clone() };
    let steps = ranks(desk, &[(own, places.collect())]).await?.into_iter().next().unwrap_or_default();
    let others = Expr::Minus { from: Box::new(Expr::Everyone), take: Box::new(proxy.clone()) };
    Ok((Pool { crowd: others, measure }, steps.into_iter().map(value).collect()))
}

/// The crowd at or above the plan's cut, and the similarity there.
async fn cut(
    desk: &Desk,
    plan: &PortraitPlan,
    pool: &Pool,
    steps: &[i32],
    scored: u64,
) -> Result<(Expr, f64)> {
    let wanted = match plan.by {
        CutBy::Similarity => {
            let from = if plan.proxy.is_some() {
                steps[(plan.at * STEPS as f64).round() as usize]
            } else {
                (plan.at * COSINE).round() as i32
            };
            let floor = Expr::Measure { measure: pool.measure.clone(), from, to: i32::MAX };
            return Ok((Expr::And { of: vec![pool.crowd.clone(), floor] }.canonical(), plan.at));
        }
        CutBy::Share => plan.at / 100.0 * scored as f64,
        CutBy::People => plan.at,
    };
    let wanted = scored.min((wanted + 0.5) as u64);
    if wanted == 0 {
        return Err(Kind::AudienceEmpty.into());
    }
    let cuts = ranks(desk, &[(pool.clone(), vec![scored - wanted])]).await?;
    let cut = cuts.first().and_then(|cuts| cuts.first()).copied().unwrap_or(0);
    let last = value(cut);
    let similarity = match plan.proxy {
        Some(_) => steps.partition_point(|&step| step <= last).saturating_sub(1) as f64 / STEPS as f64,
        None => f64::from(last) / COSINE,
    };
    Ok((pool.top(cut).canonical(), similarity))
}

/// The value of a rank ([`crate::audience::rank`]).
fn value(rank: u64) -> i32 {
    ((rank >> 32) as u32 ^ 0x8000_0000) as i32
}
