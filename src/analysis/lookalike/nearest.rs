//! Nearest seeds: who among the people known is most like someone, by the cosine of their tags, and how many of those are
//! in the seed (`capabilities.md` 1.38). A bin weighs ln(N / n): what few people have says more.
//!
//! People are compared with a keyed sample of both sides, at most [`MOST`] of each; the sides' rates are put right in the
//! log-odds (King and Zeng, 2001). Work per person is what their bins have in common with the sample, by a list of
//! the sampled per bin. There is nothing to keep: such a model is the tags of single people, which no file may carry.

use super::cast::Roles;
use super::kept::Kept;
use super::score::{Histogram, LIMIT, STEPS};
use super::survey::Tally;
use super::sweep::placed;
use super::{Ask, FOLD, Learned, SCORE};
use crate::error::Result;
use crate::id::threshold;
use crate::num;
use crate::num::Order;
use crate::shard::{Analysis, Partial, Shard};
use crate::table::schema::Schema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// People of either side that others are compared with.
const MOST: u64 = 1_000;
/// How many of the nearest count.
const NEAREST: usize = 50;
/// Keeps the hash of the sample apart from other hashes under the same seed.
const APART: u64 = 0x6e65_6172_6573_7421;

/// The question: who is in the sample.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Known {
    /// Features.
    pub features: Vec<usize>,
    /// Seed of the hash.
    pub hash: u64,
    /// People outside and in the seed whose hash is at or below these are in it.
    pub below: [u64; 2],
}

/// Someone of the sample.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Someone {
    hash: u64,
    member: bool,
    fold: i32,
    places: Vec<u32>,
}

/// The sample, by hash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample(pub Vec<Someone>);

impl Partial for Sample {
    fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.order();
    }
}

/// The places of person `i`.
fn places(shard: &Shard, columns: &[(usize, usize)], i: usize) -> Vec<u32> {
    let mut places = Vec::new();
    for &(column, start) in columns {
        // Code 0 is "missing": having nothing in common is not being alike.
        shard.people.columns[column].of(i, |code| places.extend((code > 0).then_some((start + code) as u32)));
    }
    places
}

impl Analysis for Known {
    const NAME: &'static str = "lookalike-known";
    type Partial = Sample;
    type Work = ();

    fn begin(&self, shard: &Shard) -> Result<()> {
        shard.known(FOLD).map(|_| ())
    }

    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Sample) {
        let columns = placed(&self.features, &shard.people.schema.starts).0;
        let roles = Roles::of(shard);
        for i in rows.filter(|&i| roles.learns(i)) {
            let (member, hash) = (roles.positive(i), shard.people.keys[i].mix(self.hash));
            if hash <= self.below[usize::from(member)] {
                let fold = shard.measures[FOLD][i];
                sum.0.push(Someone { hash, member, fold, places: places(shard, &columns, i) });
            }
        }
        sum.0.order();
    }
}

/// The question: score everyone by the nearest of the sample that are not of their fold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Near {
    /// Features.
    pub features: Vec<usize>,
    /// The sample.
    pub sample: Sample,
    /// What a place counts in a product, 2^-8.
    pub weights: Vec<u32>,
    /// Share of the seed in the sample, 2^-30.
    pub rate: u32,
    /// Added to the log-odds, in steps of the score.
    pub margin: i32,
}

/// The sampled by place, and a sum per sampled person.
pub struct Work {
    columns: Vec<(usize, usize)>,
    of: Vec<Vec<u16>>,
    lengths: Vec<f64>,
    sums: Vec<u32>,
    alike: Vec<(f64, bool)>,
}

impl Analysis for Near {
    const NAME: &'static str = "lookalike-near";
    type Partial = Histogram;
    type Work = Work;

    fn begin(&self, shard: &Shard) -> Result<Work> {
        shard.known(FOLD)?;
        let (columns, places) = placed(&self.features, &shard.people.schema.starts);
        let mut of = vec![Vec::new(); places];
        for (at, someone) in self.sample.0.iter().enumerate() {
            someone.places.iter().for_each(|&place| of[place as usize].push(at as u16));
        }
        let lengths = self.sample.0.iter().map(|someone| self.length(&someone.places)).collect();
        Ok(Work { columns, of, lengths, sums: vec![0; self.sample.0.len()], alike: Vec::new() })
    }

    fn add(&self, work: &mut Work, shard: &mut Shard, rows: Range<usize>, sum: &mut Histogram) {
        let mut scores = Vec::with_capacity(rows.len());
        for i in rows.clone() {
            let mine = places(shard, &work.columns, i);
            scores.push(self.score(work, &mine, shard.measures[FOLD][i]));
        }
        sum.record(shard, SCORE, rows, &scores);
    }
}

impl Near {
    fn length(&self, places: &[u32]) -> f64 {
        let sum: u64 = places.iter().map(|&place| u64::from(self.weights[place as usize])).sum();
        num::sqrt(sum.max(1) as f64)
    }
    fn score(&self, work: &mut Work, mine: &[u32], fold: i32) -> i32 {
        work.sums.fill(0);
        for &place in mine {
            let weight = self.weights[place as usize];
            work.of[place as usize].iter().for_each(|&at| work.sums[usize::from(at)] += weight);
        }
        work.alike.clear();
        for ((someone, &sum), length) in self.sample.0.iter().zip(&work.sums).zip(&work.lengths) {
            if someone.fold != fold {
                work.alike.push((f64::from(sum) / length, someone.member));
            }
        }
        let least = work.alike.len().saturating_sub(NEAREST);
        if least > 0 {
            work.alike.select_nth_unstable_by(least, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        let nearest = &mut work.alike[least..];
        // One order of adding up, whatever the selection left.
        nearest.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let sum = |of: &dyn Fn(&&(f64, bool)) -> bool| nearest.iter().filter(of).map(|a| a.0).sum::<f64>();
        let (seeds, whole) = (sum(&|a| a.1), sum(&|_| true));
        let rate = f64::from(self.rate) / f64::from(1u32 << 30);
        // Two neighbours of the average kind keep the odds finite.
        let mean = if whole > 0.0 { whole / nearest.len() as f64 } else { 1.0 };
        let chance = (seeds + 2.0 * mean * rate) / (whole + 2.0 * mean);
        let odds = num::ln(chance / (1.0 - chance));
        (libm::round(odds * f64::from(1 << STEPS)) as i32 + self.margin).clamp(-LIMIT, LIMIT)
    }
}

/// Finds the nearest, and scores everyone out of fold.
pub async fn nearest(ask: &Ask<'_>) -> Result<Learned> {
    let Ask { desk, schema, plan, features, tally, .. } = *ask;
    let features = features.to_vec();
    let below = [tally.rest, tally.seed].map(|all| threshold(MOST.min(all), all));
    let sample = desk.sum(&Known { features: features.clone(), hash: plan.seed ^ APART, below }).await?;
    let (columns, places) = placed(&features, &schema.starts);
    let weights = telling(schema, &columns, places, tally);
    let members = sample.0.iter().filter(|someone| someone.member).count() as f64;
    let rate = members / sample.0.len().max(1) as f64;
    let prior = num::ln(tally.seed as f64 / tally.rest as f64);
    let margin = ask.shift + prior - num::ln((rate / (1.0 - rate)).clamp(1e-6, 1e6));
    desk.progress("score", 0, 1, "rounds");
    let near = Near {
        features,
        sample,
        weights: weights.iter().map(|w| libm::round(w * 256.0) as u32).collect(),
        rate: (rate * f64::from(1u32 << 30)) as u32,
        margin: libm::round(margin * f64::from(1 << STEPS)) as i32,
    };
    Ok(Learned {
        model: plan.model.name().into(),
        scores: desk.sum(&near).await?,
        kept: Kept::default(),
        weights: pulls(schema, &columns, &weights, tally),
        columns,
        passes: 2,
        converged: true,
        leaderboard: vec![],
    })
}

/// The square of ln(N / n) by place.
fn telling(schema: &Schema, columns: &[(usize, usize)], places: usize, tally: &Tally) -> Vec<f64> {
    let mut weights = vec![0.0; places];
    for &(f, start) in columns {
        for (code, bin) in (schema.starts[f]..schema.starts[f + 1]).enumerate().skip(1) {
            let idf = num::ln(tally.people() as f64 / tally.bin(bin).max(1) as f64);
            weights[start + code] = idf * idf;
        }
    }
    weights
}

/// What a bin brings someone nearer to the seed than to everyone: its weight times the difference of its shares.
fn pulls(schema: &Schema, columns: &[(usize, usize)], weights: &[f64], tally: &Tally) -> Vec<f64> {
    let mut pulls = vec![0.0; weights.len()];
    for &(f, start) in columns {
        for (code, bin) in (schema.starts[f]..schema.starts[f + 1]).enumerate() {
            let seed = tally.seed_bins[bin] as f64 / tally.seed as f64;
            let all = tally.bin(bin) as f64 / tally.people() as f64;
            pulls[start + code] = weights[start + code] * (seed - all);
        }
    }
    pulls
}
