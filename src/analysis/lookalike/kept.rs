//! The model that can be kept: what the model of everyone says of a person, in whole numbers only, so that the kept
//! model gives everyone the same score to the last bit wherever it is applied.
//!
//! Log-odds are the mean of the parts' by their shares. A part is a card (an intercept and a weight per bin) or trees.
//! Every part is rounded to a score (2^-12 within ±16) before the mean is taken, as blends out of fold are.

use super::cast::Roles;
use super::score::{Histogram, LIMIT, STEPS};
use super::trees::{Fords, Link, Tree};
use crate::error::{Error, Kind, Result};
use crate::id::threshold;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::people::People;
use crate::table::schema::Schema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// People whose scores show how a model spreads them: a tenth of them is known to 1 %.
const DRAWN: u64 = 100_000;
/// Keeps this draw apart from other hashes of the same people.
const LOT: u64 = 0x6472_6177_6e00_0000;

/// A weighted mean of parts; none says nothing of anybody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The parts.
    pub parts: Vec<Part>,
}

/// One of the models in the mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its name, as in the leaderboard.
    pub name: String,
    /// Its share, of the sum of all shares.
    pub share: u32,
    /// What it is.
    pub form: Form,
}

/// What a part is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Form {
    /// A weight per bin.
    Card(Scorecard),
    /// Trees.
    Trees(Grove),
}

/// Log-odds are the intercept and the weight of every bin a person is in. Steps of 2^-20.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    /// Log-odds before any bin.
    pub intercept: i32,
    /// Weight per bin of the schema; none at all for bins of columns the model does not see.
    pub weights: Vec<i32>,
}

/// Groups of trees: a person has the sum of their leaves in each group, and the mean of the groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grove {
    /// Log-odds added to the mean, on the grid of leaves.
    pub margin: i32,
    /// The groups.
    pub groups: Vec<Vec<Tree>>,
    /// What the mean is.
    pub link: Link,
}

/// Fixed point of a card.
const FINE: u32 = 20;

/// A weight on the grid of cards.
pub fn fixed(value: f64) -> i32 {
    libm::round(value * f64::from(1 << FINE)) as i32
}

impl Kept {
    /// A model of one part.
    pub fn one(name: &str, form: Form) -> Kept {
        Kept { parts: vec![Part { name: name.into(), share: 1, form }] }
    }
    /// The score of mean log-odds: parts of nobody say nothing.
    fn mix(&self, sum: i64) -> i32 {
        let shares = self.parts.iter().map(|part| i64::from(part.share)).sum::<i64>().max(1);
        ((sum + shares / 2).div_euclid(shares)).clamp(i64::from(-LIMIT), i64::from(LIMIT)) as i32
    }
    /// Scores of these people, one after the other.
    fn scores(&self, ready: &Ready, people: &People, rows: &[u32]) -> Vec<i32> {
        let mut sums = vec![0i64; rows.len()];
        for (part, fords) in self.parts.iter().zip(&ready.fords) {
            let scores = match &part.form {
                Form::Card(card) => card.scores(people, rows),
                Form::Trees(grove) => grove.scores(fords, people, rows),
            };
            let share = i64::from(part.share);
            sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += share * i64::from(score));
        }
        sums.into_iter().map(|sum| self.mix(sum)).collect()
    }
    /// Whether every bin and column it names is one of this schema.
    pub fn fits(&self, schema: &Schema) -> bool {
        let shares: u64 = self.parts.iter().map(|part| u64::from(part.share)).sum();
        shares > 0 && shares <= 1 << 20 && self.parts.iter().all(|part| part.form.fits(schema))
    }
}

impl Form {
    fn fits(&self, schema: &Schema) -> bool {
        match self {
            Form::Card(card) => card.weights.len() == schema.bins(),
            Form::Trees(grove) => {
                let (groups, trees) = (grove.groups.len(), grove.groups.iter().map(Vec::len).max());
                (1..=64).contains(&groups)
                    && trees.is_some_and(|trees| trees <= 1 << 12)
                    && grove.groups.iter().flatten().all(|tree| tree.fits(schema))
            }
        }
    }
}

impl Scorecard {
    /// A card from real weights per bin.
    pub fn new(intercept: f64, weights: &[f64]) -> Scorecard {
        Scorecard { intercept: fixed(intercept), weights: weights.iter().map(|&w| fixed(w)).collect() }
    }
    fn scores(&self, people: &People, rows: &[u32]) -> Vec<i32> {
        let mut logits = vec![i64::from(self.intercept); rows.len()];
        for (codes, &start) in people.columns.iter().zip(&people.schema.starts) {
            let weights = &self.weights[start..];
            for (logit, &row) in logits.iter_mut().zip(rows) {
                codes.of(row as usize, |code| *logit += i64::from(weights[code]));
            }
        }
        logits.into_iter().map(score).collect()
    }
}

impl Grove {
    fn scores(&self, fords: &Fords, people: &People, rows: &[u32]) -> Vec<i32> {
        fords.sums(people, rows).into_iter().map(|sum| self.link.score(self.margin, sum, fords)).collect()
    }
}

/// The score of log-odds of 2^-20.
fn score(logit: i64) -> i32 {
    let drop = FINE - STEPS;
    ((logit + (1 << (drop - 1))) >> drop).clamp(i64::from(-LIMIT), i64::from(LIMIT)) as i32
}

/// The question: write everyone's score by a kept model into a measure, and count scores and bins.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Apply {
    /// Name of the measure.
    pub into: String,
    /// The model.
    pub kept: Kept,
    /// Whether its bins are those set aside for it, which are then forgotten; else those of the table.
    pub aside: bool,
}

/// People by score and by bin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// By score.
    pub scores: Histogram,
    /// By bin of the model's schema.
    pub bins: Vec<u64>,
}

impl Partial for Applied {
    fn merge(&mut self, other: Self) {
        self.scores.merge(other.scores);
        add_up(&mut self.bins, &other.bins);
    }
}

/// The trees of each part, ready.
pub struct Ready {
    fords: Vec<Fords>,
}

impl Ready {
    fn new(kept: &Kept) -> Ready {
        let part = |part: &Part| match &part.form {
            Form::Card(_) => Fords::new(&[]),
            Form::Trees(grove) => Fords::new(&grove.groups),
        };
        Ready { fords: kept.parts.iter().map(part).collect() }
    }
}

impl Apply {
    fn table<'a>(&self, shard: &'a Shard) -> &'a People {
        if self.aside { &shard.aside } else { &shard.people }
    }
}

impl Analysis for Apply {
    const NAME: &'static str = "lookalike-apply";
    type Partial = Applied;
    type Work = Ready;

    fn begin(&self, shard: &Shard) -> Result<Ready> {
        if shard.people.is_empty() || self.kept.fits(&self.table(shard).schema) {
            Ok(Ready::new(&self.kept))
        } else {
            Err(Error::new(Kind::TooEarly).column(&self.into))
        }
    }

    fn add(&self, ready: &mut Ready, shard: &mut Shard, rows: Range<usize>, sum: &mut Applied) {
        let people = self.table(shard);
        let listed: Vec<u32> = rows.clone().map(|row| row as u32).collect();
        let scores = self.kept.scores(ready, people, &listed);
        sum.bins.resize(people.schema.bins(), 0);
        for (codes, &start) in people.columns.iter().zip(&people.schema.starts) {
            codes.for_each(rows.clone(), |_, code| sum.bins[start + code] += 1);
        }
        if self.aside && rows.end == shard.people.len() {
            shard.aside = People::default();
        }
        sum.scores.record(shard, &self.into, rows, &scores);
    }
}

/// The question: count the scores that people drawn by lot have by a kept model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Draw {
    /// The model.
    pub kept: Kept,
    /// Drawn are the people whose hash lies at or below this.
    pub below: u64,
}

impl Draw {
    /// Scores by this model of at most about [`DRAWN`] of so many people.
    pub fn new(kept: Kept, people: u64) -> Draw {
        Draw { kept, below: threshold(DRAWN.min(people), people) }
    }
}

impl Analysis for Draw {
    const NAME: &'static str = "lookalike-draw";
    type Partial = Histogram;
    type Work = Ready;

    fn begin(&self, _: &Shard) -> Result<Ready> {
        Ok(Ready::new(&self.kept))
    }

    fn add(&self, ready: &mut Ready, shard: &mut Shard, rows: Range<usize>, sum: &mut Histogram) {
        let drawn = |row: &usize| shard.people.keys[*row].mix(LOT) <= self.below;
        let rows: Vec<u32> = rows.filter(drawn).map(|row| row as u32).collect();
        let scores = self.kept.scores(ready, &shard.people, &rows);
        let roles = Roles::of(shard);
        rows.iter().zip(scores).for_each(|(&row, score)| sum.count(roles.side(row as usize), score));
    }
}

#[cfg(test)]
mod tests;
