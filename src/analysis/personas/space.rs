//! The space people are clustered in: which bins count, and how much.
//!
//! **Plain.** Every bin of a used feature is one coordinate of value 1, the missing bin included, so that the
//! inertia is the one scikit-learn's `KMeans` gives on the one-hot matrix of the same bins.
//!
//! **Weighted (idf).** A bin that n of N people have weighs ln(N / n); then every person is scaled to length
//! 1 (`formulas.md` F15; the inertia is that of `KMeans` on such rows). Three kinds of bin weigh nothing:
//! missing, so that "unknown" never makes a persona; bins of more than 98.4 % of the crowd, which say nothing
//! and would blow up the scale of a person who has nothing else; bins of less than 0.1 % or fewer than 5
//! people, which no persona of 1 % can be named after (share ≥ 10 %) and whose weight would be the largest of
//! all. A person without any weight stays at the origin.
//!
//! A column that more than 95 % of the crowd lack is left out, as is one with a single value. Where the plan
//! names a contrast, labels that do not differ in it weigh nothing in either space, nor do missing values.

use super::plan::PersonasPlan;
use super::survey::Survey;
use crate::error::{Error, Kind, Result};
use crate::num;
use crate::table::schema::Schema;
use serde::{Deserialize, Serialize};

/// Binary places of a weight.
const WEIGHT_BITS: u32 = 16;
/// Binary places of a person's scale in the weighted space.
const SCALE_BITS: u32 = 24;
/// Binary places of a score, at most.
const MOST_BITS: u32 = 22;
/// Largest weighted share of missing people in a used column.
const MOST_MISSING: f64 = 0.95;

/// Coordinates and weights; the same in every shard and at the desk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Space {
    /// Features that count.
    pub features: Vec<u32>,
    /// Weight of every bin of the schema, in 2⁻¹⁶; 0 for bins that do not count.
    weights: Vec<i32>,
    /// Whether people are scaled to length 1.
    idf: bool,
    /// Binary places of table cells, chosen so that a person's score stays below 2³⁰.
    bits: u32,
}

impl Space {
    /// The space of a plan over this crowd.
    /// `kept` names the bins that may count; all if there is none.
    pub fn new(schema: &Schema, plan: &PersonasPlan, survey: &Survey, kept: Option<&[bool]>) -> Result<Self> {
        let names: Vec<String> = schema.features.iter().map(|f| f.name()).collect();
        if let Some(unknown) = plan.without.iter().find(|w| !names.contains(w)) {
            return Err(Error::new(Kind::ColumnMissing).column(unknown.as_str()));
        }
        let counts = |f: usize| &survey.crowd[schema.starts[f]..schema.starts[f + 1]];
        let may = |bin: usize| kept.is_none_or(|kept| kept[bin]);
        let features: Vec<u32> = (0..names.len())
            .filter(|&f| !plan.without.contains(&names[f]) && tells(counts(f), survey.members))
            .filter(|&f| (schema.starts[f]..schema.starts[f + 1]).any(may))
            .map(|f| f as u32)
            .collect();
        let mut weights = vec![0; schema.bins()];
        for &f in &features {
            let first = schema.starts[f as usize];
            for (code, &n) in counts(f as usize).iter().enumerate().filter(|(code, _)| may(first + code)) {
                let weight = if plan.idf { idf(code, n, survey.members) } else { 1.0 };
                weights[first + code] = (weight * f64::from(1 << WEIGHT_BITS) + 0.5) as i32;
            }
        }
        if weights.iter().all(|&w| w == 0) {
            return Err(Kind::NoFeatures.into());
        }
        let most = features.iter().map(|&f| u64::from(survey.longest[f as usize])).sum();
        let bits = places(most, weights.iter().copied().max().unwrap_or(0));
        Ok(Space { features, weights, idf: plan.idf, bits })
    }
    /// Number of bins of the schema.
    pub fn bins(&self) -> usize {
        self.weights.len()
    }
    /// Weight of a bin.
    #[inline]
    pub fn weight(&self, bin: usize) -> f64 {
        f64::from(self.weights[bin]) / f64::from(1 << WEIGHT_BITS)
    }
    /// Whether a bin counts.
    pub fn counts(&self, bin: usize) -> bool {
        self.weights[bin] != 0
    }
    /// What a person's coordinates are multiplied by, times [`Space::unit`]: 1, or 1 / length; 0 at the
    /// origin.
    #[inline]
    pub fn scale(&self, bins: &[u32]) -> i64 {
        if !self.idf {
            return 1;
        }
        let square: i64 = bins.iter().map(|&b| i64::from(self.weights[b as usize])).map(|w| w * w).sum();
        if square == 0 {
            return 0;
        }
        let length = num::sqrt(square as f64) / f64::from(1 << WEIGHT_BITS);
        (self.unit() / length + 0.5) as i64
    }
    /// Value 1 of a scale.
    pub fn unit(&self) -> f64 {
        if self.idf { f64::from(1 << SCALE_BITS) } else { 1.0 }
    }
    /// Squared length of a person.
    #[inline]
    pub fn square(&self, bins: &[u32], scale: i64) -> i64 {
        match self.idf {
            true => i64::from(scale > 0),
            false => bins.iter().map(|&b| i64::from(self.weights[b as usize] != 0)).sum(),
        }
    }
    /// Value 1 of a table cell.
    pub fn cell_unit(&self) -> f64 {
        f64::from(1 << self.bits)
    }
    /// Value 1 of a score, and of the squared distances made from scores: a cell times a scale.
    pub fn score_unit(&self) -> f64 {
        self.cell_unit() * self.unit()
    }
}

/// Whether a column says anything about this crowd: enough values, and more than one.
pub(super) fn tells(counts: &[u64], members: u64) -> bool {
    let missing = counts.first().copied().unwrap_or(0);
    missing as f64 <= MOST_MISSING * members as f64 && counts.iter().filter(|&&n| n > 0).count() > 1
}

/// Weight of a bin that `n` of `members` people have.
pub(super) fn idf(code: usize, n: u64, members: u64) -> f64 {
    let rare = n < 5.max(members / 1_000);
    let usual = n * 64 > members * 63;
    if code == 0 || rare || usual {
        return 0.0;
    }
    num::ln(members as f64 / n as f64)
}

/// Binary places for cells of up to twice the heaviest weight, `most` of which add up below 2³⁰.
fn places(most: u64, heaviest: i32) -> u32 {
    let bound = ((2 * most * heaviest as u64) >> WEIGHT_BITS) + 1;
    (0..=MOST_BITS).rev().find(|&bits| bound << bits < 1 << 30).unwrap_or(0)
}
