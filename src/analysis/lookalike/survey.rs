//! The first look: people per bin and fold, and which features a model may see.

use super::cast::Roles;
use super::{LeftOut, LookalikePlan};
use crate::error::{Error, Kind, Result};
use crate::shard::{Analysis, Partial, Shard};
use crate::table::schema::{Namespace, Schema};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The question: count positives and negatives in every bin, and in every given fold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Survey {
    /// Only those models learn from.
    pub learners: bool,
}

/// People by bin. Lists are empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Positives: the seed, unless samples are asked for.
    pub seed: u64,
    /// Negatives: the rest.
    pub rest: u64,
    /// People who stand aside.
    pub aside: u64,
    /// The positives, per bin of the schema.
    pub seed_bins: Vec<u64>,
    /// The negatives, per bin of the schema.
    pub rest_bins: Vec<u64>,
    /// Most codes one person has, per feature.
    pub longest: Vec<u32>,
    /// Seed and rest per given fold number; empty if no column gives folds.
    pub folds: Vec<(u64, u64)>,
}

impl Tally {
    /// Everyone who counts.
    pub fn people(&self) -> u64 {
        self.seed + self.rest
    }
    /// Everyone outside the positives, with those who stand aside.
    pub fn outside(&self) -> u64 {
        self.rest + self.aside
    }
    /// Everyone who counts in a bin.
    pub fn bin(&self, bin: usize) -> u64 {
        self.seed_bins[bin] + self.rest_bins[bin]
    }
    fn widen(&mut self, bins: usize, features: usize, folds: usize) {
        let counts = [&mut self.seed_bins, &mut self.rest_bins];
        counts.into_iter().for_each(|list| list.resize(list.len().max(bins), 0));
        self.longest.resize(self.longest.len().max(features), 0);
        self.folds.resize(self.folds.len().max(folds), (0, 0));
    }
}

impl Partial for Tally {
    fn merge(&mut self, other: Self) {
        self.widen(other.seed_bins.len(), other.longest.len(), other.folds.len());
        self.seed += other.seed;
        self.rest += other.rest;
        self.aside += other.aside;
        self.seed_bins.iter_mut().zip(&other.seed_bins).for_each(|(a, b)| *a += b);
        self.rest_bins.iter_mut().zip(&other.rest_bins).for_each(|(a, b)| *a += b);
        self.longest.iter_mut().zip(&other.longest).for_each(|(a, b)| *a = *b.max(a));
        self.folds.iter_mut().zip(&other.folds).for_each(|(a, b)| *a = (a.0 + b.0, a.1 + b.1));
    }
}

impl Analysis for Survey {
    const NAME: &'static str = "lookalike-survey";
    type Partial = Tally;
    type Work = ();

    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }

    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Tally) {
        let (people, roles) = (&shard.people, Roles::of(shard));
        let side = |i: usize| roles.side(i).filter(|_| !self.learners || roles.learns(i));
        let schema = &people.schema;
        sum.widen(schema.bins(), schema.features.len(), if people.folds.is_some() { 256 } else { 0 });
        for i in rows.clone() {
            let Some(side) = side(i) else {
                sum.aside += 1;
                continue;
            };
            let (inside, outside) = (side as u64, 1 - side as u64);
            sum.seed += inside;
            sum.rest += outside;
            if let Some(folds) = &people.folds {
                let fold = &mut sum.folds[usize::from(folds[i])];
                *fold = (fold.0 + inside, fold.1 + outside);
            }
        }
        for (f, codes) in people.columns.iter().enumerate() {
            let start = schema.starts[f];
            let (inside, outside) = (&mut sum.seed_bins[start..], &mut sum.rest_bins[start..]);
            let (mut last, mut run, mut longest) = (usize::MAX, 0, sum.longest[f]);
            codes.for_each(rows.clone(), |i, code| {
                if let Some(side) = side(i) {
                    inside[code] += side as u64;
                    outside[code] += 1 - side as u64;
                }
                run = if i == last { run + 1 } else { 1 };
                last = i;
                longest = longest.max(run);
            });
            sum.longest[f] = longest;
        }
    }
}

/// Features the model sees (positions in the schema), and those it does not.
pub fn choose(schema: &Schema, plan: &LookalikePlan, tally: &Tally) -> Result<(Vec<usize>, Vec<LeftOut>)> {
    let known = |name: &String| schema.features.iter().any(|f| f.name() == *name);
    if let Some(unknown) = plan.without.iter().find(|name| !known(name)) {
        return Err(Error::new(Kind::ColumnMissing).column(unknown));
    }
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for f in 0..schema.features.len() {
        match why_not(schema, plan, tally, f) {
            None => kept.push(f),
            Some(why) => left_out.push(LeftOut { feature: schema.features[f].name(), why: why.into() }),
        }
    }
    if kept.is_empty() { Err(Kind::NoFeatures.into()) } else { Ok((kept, left_out)) }
}

fn why_not(schema: &Schema, plan: &LookalikePlan, tally: &Tally, f: usize) -> Option<&'static str> {
    let people = tally.people();
    let same = |bin: usize| tally.bin(bin) == 0 || tally.bin(bin) == people;
    if plan.without.contains(&schema.features[f].name()) {
        Some("left-out")
    } else if plan.samples.names(&schema.features[f].name()) {
        Some("chooses")
    } else if schema.features[f].namespace == Namespace::FirstParty {
        Some("first-party")
    } else if tally.bin(schema.starts[f]) == people {
        Some("all-missing")
    } else if (schema.starts[f]..schema.starts[f + 1]).all(same) {
        Some("constant")
    } else {
        None
    }
}
