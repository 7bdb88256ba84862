//! How steep the objective is, and in which directions, at one point: the second derivatives of the loss by the
//! fullest bins, summed over a keyed sample of people.
//!
//! Columns of real tables lean on each other (a rate, an index and a month that move together); without this the
//! search crawls along the directions in which they nearly cancel: 147 passes on the bank table.

use super::cast::Roles;
use super::curve::{Curve, ONE};
use super::sweep::placed;
use crate::error::Result;
use crate::id::threshold;
use crate::shard::{Analysis, Partial, Shard, add_up};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Seed of the sample.
const SAMPLE: u64 = 0x7061_6972_735f_6f66;
/// People in the sample, about: enough for a shape, and no more work than one pass.
const PEOPLE: u64 = 50_000;

/// Fixed point of p (1 − p).
pub const STEEP: u32 = 24;

/// The question: add up p (1 − p) over the people in whom both of two bins meet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Pairs {
    /// Features the models see.
    pub features: Vec<usize>,
    /// Fixed point of the weights.
    pub shift: u32,
    /// Weights of the model that gives p.
    pub weights: Vec<i32>,
    /// Places of the weights whose pairs are summed, ascending; the first is the intercept.
    pub places: Vec<usize>,
    /// People whose hash lies at or below this are in the sample.
    pub below: u64,
}

/// Sums over the sample, 2^-24.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Met {
    /// People in the sample.
    pub people: u64,
    /// Pairs `(a, b)`, `b <= a`, at `a (a + 1) / 2 + b`; empty until the first person of the sample.
    pub pairs: Vec<u64>,
}

impl Met {
    /// The sum for `a` and `b <= a`.
    pub fn both(&self, a: usize, b: usize) -> f64 {
        let sum = self.pairs.get(a * (a + 1) / 2 + b).copied().unwrap_or(0);
        sum as f64 / (1u64 << STEEP) as f64
    }
}

impl Partial for Met {
    fn merge(&mut self, other: Self) {
        self.people += other.people;
        add_up(&mut self.pairs, &other.pairs);
    }
}

/// The hash up to which people are in a sample out of so many.
pub fn sampled(people: u64) -> u64 {
    threshold(PEOPLE.min(people), people)
}

/// Where columns stand, and the number of each weight among the summed ones.
pub struct Work {
    curve: Curve,
    columns: Vec<(usize, usize)>,
    number: Vec<Option<u32>>,
}

impl Analysis for Pairs {
    const NAME: &'static str = "lookalike-pairs";
    type Partial = Met;
    type Work = Work;

    fn begin(&self, shard: &Shard) -> Result<Work> {
        let (columns, places) = placed(&self.features, &shard.people.schema.starts);
        let mut number = vec![None; places];
        for (n, &place) in self.places.iter().enumerate().filter(|(_, place)| **place < places) {
            number[place] = Some(n as u32);
        }
        Ok(Work { curve: Curve::new(self.shift), columns, number })
    }

    fn add(&self, work: &mut Work, shard: &mut Shard, rows: Range<usize>, sum: &mut Met) {
        let mut here: Vec<usize> = Vec::new();
        let roles = Roles::of(shard);
        for i in rows.filter(|&i| roles.learns(i) && shard.people.keys[i].mix(SAMPLE) <= self.below) {
            here.clear();
            here.push(0);
            let mut logit = self.weights[0];
            for &(column, start) in &work.columns {
                shard.people.columns[column].of(i, |code| {
                    logit += self.weights[start + code];
                    here.extend(work.number[start + code].map(|n| n as usize));
                });
            }
            let chance = work.curve.at(logit).0 as u64;
            let steep = (chance * ((1 << ONE) - chance)) >> (2 * ONE - STEEP);
            sum.people += 1;
            sum.pairs.resize(self.places.len() * (self.places.len() + 1) / 2, 0);
            // Ascending, since columns, their places and the codes of a person are.
            for (at, &a) in here.iter().enumerate() {
                let row = &mut sum.pairs[a * (a + 1) / 2..];
                here[..=at].iter().for_each(|&b| row[b] += steep);
            }
        }
    }
}
