//! The first look at the crowd: how many have each bin, and a seeded sample of people as codes.

use super::rows::Rows;
use crate::audience::Expr;
use crate::error::Result;
use crate::num::Order;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::bits::Bits;
use crate::table::people::{Codes, People};
use crate::table::schema::Schema;
use serde::{Deserialize, Serialize};
use std::collections::BinaryHeap;
use std::ops::Range;

/// People in the sample, at most.
const SAMPLE: usize = 20_000;
/// Codes in the sample, about: with very many columns fewer people come.
const SAMPLE_CODES: usize = 4_000_000;

/// The question.
#[derive(Serialize, Deserialize)]
pub(super) struct Look {
    /// Whom to cluster.
    of: Expr,
    /// Seed of the sample.
    seed: u64,
    /// People in the sample.
    limit: u32,
}

impl Look {
    /// The look at a crowd.
    pub fn new(of: &Expr, seed: u64, schema: &Schema) -> Self {
        let limit = SAMPLE.min(SAMPLE_CODES / schema.features.len().max(1)).max(1_000) as u32;
        Look { of: of.clone(), seed, limit }
    }
    /// The same with a smaller sample.
    #[cfg(test)]
    pub fn at_most(self, limit: u32) -> Self {
        Look { limit, ..self }
    }
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Survey {
    /// Everyone in the tag file.
    pub people: u64,
    /// People in the crowd.
    pub members: u64,
    /// By bin: how many of everyone have it.
    pub base: Vec<u64>,
    /// By bin: how many of the crowd have it.
    pub crowd: Vec<u64>,
    /// By feature: the most codes one person of the crowd has.
    pub longest: Vec<u32>,
    /// People in the sample, at most; 0 before anyone was asked.
    limit: u32,
    /// Those of the crowd whose hash under the plan's seed is smallest, ascending: the same people for every
    /// split. No ID and no key, only the hash to merge by and the bins.
    sample: Vec<Drawn>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Drawn {
    hash: u64,
    bins: Vec<u32>,
}

impl Survey {
    /// All bins of the first people of the sample.
    pub fn first(&self, people: usize) -> Rows {
        let mut rows = Rows::default();
        self.sample.iter().take(people).for_each(|drawn| rows.push(drawn.bins.iter().copied()));
        rows
    }
    /// The sample's bins of these features, person by person; bins for which `counts` is false stay out.
    pub fn sample(&self, schema: &Schema, features: &[u32], counts: impl Fn(usize) -> bool) -> Rows {
        let mut kept = vec![false; schema.bins()];
        for &f in features {
            (schema.starts[f as usize]..schema.starts[f as usize + 1]).for_each(|b| kept[b] = counts(b));
        }
        let mut rows = Rows::default();
        for drawn in &self.sample {
            rows.push(drawn.bins.iter().copied().filter(|&b| kept[b as usize]));
        }
        rows
    }
}

impl Partial for Survey {
    fn merge(&mut self, other: Self) {
        self.people += other.people;
        self.members += other.members;
        add_up(&mut self.base, &other.base);
        add_up(&mut self.crowd, &other.crowd);
        self.longest.resize(self.longest.len().max(other.longest.len()), 0);
        self.longest.iter_mut().zip(&other.longest).for_each(|(a, b)| *a = (*a).max(*b));
        self.limit = self.limit.max(other.limit);
        self.sample.extend(other.sample);
        self.sample.order();
        self.sample.truncate(self.limit as usize);
    }
}

/// The crowd, and its people of smallest hash so far (largest on top).
pub(super) struct Looking {
    crowd: Bits,
    lowest: BinaryHeap<(u64, u32)>,
}

impl Analysis for Look {
    const NAME: &'static str = "personas.look";
    type Partial = Survey;
    type Work = Looking;

    fn begin(&self, shard: &Shard) -> Result<Looking> {
        Ok(Looking { crowd: shard.crowd(&self.of)?, lowest: BinaryHeap::new() })
    }

    fn add(&self, work: &mut Looking, shard: &mut Shard, rows: Range<usize>, sum: &mut Survey) {
        let people = &shard.people;
        let last = rows.end == people.len();
        sum.limit = self.limit;
        sum.people += rows.len() as u64;
        sum.members += rows.clone().filter(|&i| work.crowd.has(i)).count() as u64;
        count(people, &work.crowd, rows.clone(), sum);
        for i in rows {
            if work.crowd.has(i) {
                work.draw(people.keys[i].mix(self.seed), i as u32, self.limit as usize);
            }
        }
        if last {
            sum.sample = std::mem::take(&mut work.lowest)
                .into_iter()
                .map(|(hash, i)| Drawn { hash, bins: bins(people, i as usize) })
                .collect();
            sum.sample.order();
        }
    }
}

impl Looking {
    fn draw(&mut self, hash: u64, i: u32, limit: usize) {
        if self.lowest.len() < limit {
            self.lowest.push((hash, i));
        } else if self.lowest.peek().is_some_and(|&highest| (hash, i) < highest) {
            self.lowest.pop();
            self.lowest.push((hash, i));
        }
    }
}

fn count(people: &People, crowd: &Bits, rows: Range<usize>, sum: &mut Survey) {
    let schema = &people.schema;
    sum.base.resize(schema.bins(), 0);
    sum.crowd.resize(schema.bins(), 0);
    sum.longest.resize(schema.features.len(), 0);
    for (f, codes) in people.columns.iter().enumerate() {
        let span = schema.starts[f]..schema.starts[f + 1];
        let (base, members) = (&mut sum.base[span.clone()], &mut sum.crowd[span]);
        codes.for_each(rows.clone(), |i, code| {
            base[code] += 1;
            members[code] += u64::from(crowd.has(i));
        });
        sum.longest[f] = sum.longest[f].max(longest(codes, crowd, rows.clone()));
    }
}

fn longest(codes: &Codes, crowd: &Bits, rows: Range<usize>) -> u32 {
    let mut members = rows.filter(|&i| crowd.has(i));
    match codes {
        Codes::Many { starts, .. } => members.map(|i| starts[i + 1] - starts[i]).max().unwrap_or(0),
        _ => members.next().map_or(0, |_| 1),
    }
}

fn bins(people: &People, i: usize) -> Vec<u32> {
    let mut bins = Vec::with_capacity(people.columns.len());
    for (codes, &first) in people.columns.iter().zip(&people.schema.starts) {
        codes.of(i, |code| bins.push((first + code) as u32));
    }
    bins
}
