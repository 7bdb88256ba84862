//! How well someone fits a crowd: the log-likelihood ratio of their labels, crowd against everyone, in whole
//! steps of 1/256 nat.
//!
//! For a label b that a share p of the crowd and s of everyone have (among those with a value), someone who
//! has it gets ln(p / s); missing values say nothing. Of a column with several labels every label is a yes or
//! a no: ln(p / s) for a yes, ln((1 − p) / (1 − s)) for a no. Shares of the crowd are drawn to those of
//! everyone as if 20 of everyone stood among it (`SHRINK`), so that a label of three people decides nothing.
//! The score is a sum over labels, and can be read label by label. Only columns of the tag file count:
//! outside the seed the others are unknown.

use crate::error::{Error, Kind, Result};
use crate::num;
use crate::shard::{Analysis, Partial, Shard};
use crate::table::schema::{FeatureKind, Namespace, Schema};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Steps in one nat.
const STEPS: f64 = 256.0;
/// People of everyone who stand among the crowd.
const SHRINK: f64 = 20.0;

/// What each label is worth for each of several crowds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Weights {
    /// Crowds.
    k: usize,
    /// Features that count.
    features: Vec<u32>,
    /// By crowd: the score of someone without any label.
    start: Vec<i32>,
    /// By bin, then by crowd.
    cells: Vec<i32>,
}

/// A crowd by bin.
#[derive(Clone, Copy)]
pub(super) struct Counted<'a> {
    /// People.
    pub people: u64,
    /// By bin: people.
    pub bins: &'a [u64],
}

impl Weights {
    /// Weights of crowds against everyone; features named in `without` stay out.
    pub fn new(schema: &Schema, crowds: &[Counted<'_>], everyone: Counted<'_>, without: &[String]) -> Self {
        let counts = |f: &usize| {
            let feature = &schema.features[*f];
            feature.namespace == Namespace::Tags && !without.contains(&feature.name())
        };
        let features: Vec<u32> = (0..schema.features.len()).filter(counts).map(|f| f as u32).collect();
        let k = crowds.len();
        let mut weights = Weights { k, start: vec![0; k], cells: vec![0; schema.bins() * k], features };
        for f in weights.features.clone() {
            let bins = schema.starts[f as usize]..schema.starts[f as usize + 1];
            let several = schema.features[f as usize].kind == FeatureKind::Multi;
            crowds.iter().enumerate().for_each(|(c, crowd)| {
                weights.column(c, bins.clone(), *crowd, everyone, several);
            });
        }
        weights
    }
    fn column(
        &mut self,
        c: usize,
        bins: Range<usize>,
        crowd: Counted<'_>,
        everyone: Counted<'_>,
        several: bool,
    ) {
        let missing = bins.start;
        let n = crowd.people - crowd.bins[missing];
        let all = everyone.people - everyone.bins[missing];
        let mut none = 0;
        for bin in bins.skip(1) {
            let Some((yes, no)) = worth(crowd.bins[bin], n, everyone.bins[bin], all) else { continue };
            self.cells[bin * self.k + c] = if several { yes - no } else { yes };
            none += if several { no } else { 0 };
        }
        // Someone without a value did not say no to anything.
        self.start[c] += none;
        self.cells[missing * self.k + c] = -none;
    }
    /// Whether the weights are of a schema with so many bins.
    pub fn fits(&self, bins: usize) -> bool {
        self.start.len() == self.k && self.cells.len() == bins * self.k && self.k > 0
    }
    /// Crowds.
    pub fn k(&self) -> usize {
        self.k
    }
    /// The crowd that someone with these bins fits best, from 0.
    pub fn best_of(&self, bins: &[u32]) -> usize {
        let mut scores = self.start.clone();
        for &bin in bins {
            let cells = &self.cells[bin as usize * self.k..][..self.k];
            scores.iter_mut().zip(cells).for_each(|(score, cell)| *score += cell);
        }
        best(&scores).0
    }
    /// Scores of the people in `rows`, person by person, crowd by crowd.
    pub fn scores(&self, shard: &Shard, rows: Range<usize>) -> Vec<i32> {
        let k = self.k;
        let mut scores = self.start.repeat(rows.len());
        for &f in &self.features {
            let first = shard.people.schema.starts[f as usize];
            shard.people.columns[f as usize].for_each(rows.clone(), |i, code| {
                let cells = &self.cells[(first + code) * k..][..k];
                let mine = &mut scores[(i - rows.start) * k..][..k];
                mine.iter_mut().zip(cells).for_each(|(score, cell)| *score += cell);
            });
        }
        scores
    }
}

/// What a yes and a no are worth to a label that `x` of `n` have, and `base` of `all`; nothing if nobody or
/// everybody has it.
fn worth(x: u64, n: u64, base: u64, all: u64) -> Option<(i32, i32)> {
    if base == 0 || base == all {
        return None;
    }
    let s = base as f64 / all as f64;
    let p = (x as f64 + SHRINK * s) / (n as f64 + SHRINK);
    let steps = |ratio: f64| (num::ln(ratio.max(1e-9)) * STEPS).round() as i32;
    Some((steps(p / s), steps((1.0 - p) / (1.0 - s))))
}

/// Where scores are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Keep {
    /// The crowd a person fits best (from 1; the first of equals), and how well. Who has a value of 1 or more
    /// in the measure `own` stays in that crowd.
    Best {
        /// Measure of the crowds people are in.
        own: String,
        /// Measure of the best crowd.
        crowd: String,
        /// Measure of its score.
        score: String,
    },
    /// One measure for each crowd's score.
    Each(Vec<String>),
}

/// The question: score everyone. The answer is in the measures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Fit {
    /// What labels are worth.
    pub weights: Weights,
    /// Where scores go.
    pub keep: Keep,
}

/// Nothing to add up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Scored;

impl Partial for Scored {
    fn merge(&mut self, _: Self) {}
}

impl Analysis for Fit {
    const NAME: &'static str = "personas.fit";
    type Partial = Scored;
    type Work = ();

    fn begin(&self, shard: &Shard) -> Result<()> {
        let k = match &self.keep {
            Keep::Best { own, .. } => {
                shard.known(own)?;
                self.weights.k
            }
            Keep::Each(names) => names.len(),
        };
        let good = k == self.weights.k && self.weights.fits(shard.people.schema.bins());
        if good { Ok(()) } else { Err(Error::from(Kind::WireBroken)) }
    }

    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, _: &mut Scored) {
        let (k, scores) = (self.weights.k, self.weights.scores(shard, rows.clone()));
        match &self.keep {
            Keep::Each(names) => {
                for (c, name) in names.iter().enumerate() {
                    let to = shard.measure(name, 0);
                    rows.clone().zip(scores.chunks(k)).for_each(|(i, mine)| to[i] = mine[c]);
                }
            }
            Keep::Best { own, crowd, score } => {
                let own = &shard.measures[own];
                let best: Vec<(usize, i32)> =
                    rows.clone().zip(scores.chunks(k)).map(|(i, mine)| stay(own[i], mine)).collect();
                let to = shard.measure(crowd, 0);
                rows.clone().zip(&best).for_each(|(i, best)| to[i] = best.0 as i32 + 1);
                let to = shard.measure(score, 0);
                rows.zip(&best).for_each(|(i, best)| to[i] = best.1);
            }
        }
    }
}

/// The crowd of the highest score, from 0; of equals the first.
pub(super) fn best(scores: &[i32]) -> (usize, i32) {
    let first =
        |best: (usize, i32), (c, &score): (usize, &i32)| if score > best.1 { (c, score) } else { best };
    scores.iter().enumerate().fold((0, i32::MIN), first)
}

/// The same, but someone who is in a crowd already stays there.
fn stay(own: i32, scores: &[i32]) -> (usize, i32) {
    match scores.get((own as usize).wrapping_sub(1)) {
        Some(score) => (own as usize - 1, *score),
        None => best(scores),
    }
}
