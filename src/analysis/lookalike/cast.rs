//! Samples: who is a positive, who a negative, and from whom the models learn.
//!
//! Positives and negatives are crowds; everyone else stands aside: nothing is learned from them and nothing measured on
//! them, and they are scored. Where negatives are simply the others, they are unlabelled: some of them are like the
//! seed (Elkan and Noto, KDD 2008; `formulas.md` F14). Caps thin out whom the models learn from, never whom they are
//! measured on; what thinning does to the rate is taken back from the log-odds (King and Zeng, Political Analysis 9, 2001).

use super::folds;
use super::score::{Histogram, LIMIT, logit};
use super::survey::{Survey, Tally};
use super::trees::Forget;
use super::{LookalikePlan, SCORE};
use crate::audience::Expr;
use crate::error::{self, Result};
use crate::num;
use crate::shard::desk::Desk;
use crate::shard::{Analysis, Shard};
use crate::table::bits::Bits;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Measure with everyone's role, where samples are asked for.
pub const ROLE: &str = "role";
/// Keeps the hash of whom models learn from apart from other hashes under the same seed.
const APART: u64 = 0x6361_7374_5f6f_665f;
/// No one counts for more hidden positives.
const MOST: f64 = 16.0;
/// Bits of a role.
const POSITIVE: i32 = 1;
const COUNTED: i32 = 2;
const LEARNS: i32 = 4;

/// Whom a run learns from. The default: the seed against everyone else, all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct SamplesPlan {
    /// Whom to be like. Who is in both crowds is a positive.
    pub positives: Expr,
    /// Whom not to be like; if absent everyone else, taken as unlabelled.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negatives: Option<Expr>,
    /// Most negatives per positive that models learn from: 0.1 to 1000.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Most positives that models learn from: at least 10.
    #[cfg_attr(test, ts(optional = nullable, as = "Option<f64>"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
}

impl Default for SamplesPlan {
    fn default() -> Self {
        SamplesPlan { positives: Expr::Seed, negatives: None, ratio: None, most: None }
    }
}

impl SamplesPlan {
    /// Whether everything is as usual.
    pub fn usual(&self) -> bool {
        *self == SamplesPlan::default()
    }
    /// Refuses caps out of range, and crowds that are cut from the scores about to be made.
    pub fn check(&self) -> Result<()> {
        error::settings(&[
            ("ratio", self.ratio.is_none_or(|ratio| (0.1..=1000.0).contains(&ratio))),
            ("most", self.most.is_none_or(|most| most >= super::LEAST_SEED)),
            ("positives", !self.uses(SCORE)),
        ])
    }
    /// Whether a column is one by which people are chosen.
    pub fn names(&self, feature: &str) -> bool {
        self.crowds().any(|crowd| crowd.names(feature))
    }
    /// Whether people are chosen by this measure.
    pub fn uses(&self, measure: &str) -> bool {
        self.crowds().any(|crowd| crowd.uses(measure))
    }
    /// Whose they are: the positives, and the negatives if they are not simply the others.
    pub fn crowds(&self) -> impl Iterator<Item = &Expr> {
        std::iter::once(&self.positives).chain(&self.negatives)
    }
    /// How many negatives and positives learn.
    fn wanted(&self, tally: &Tally) -> [u64; 2] {
        let positives = self.most.map_or(tally.seed, |most| most.min(tally.seed));
        let most = self.ratio.map_or(f64::INFINITY, |ratio| (ratio * positives as f64).max(1.0));
        [if most < tally.rest as f64 { most as u64 } else { tally.rest }, positives]
    }
}

/// The roles of a shard's people; without samples the seed are the positives and everyone counts.
pub struct Roles<'a> {
    cast: Option<&'a [i32]>,
    seed: &'a Bits,
}

impl Roles<'_> {
    /// Of this shard.
    pub fn of(shard: &Shard) -> Roles<'_> {
        Roles { cast: shard.measures.get(ROLE).map(Vec::as_slice), seed: &shard.seed }
    }
    /// Whether a person is a positive.
    #[inline]
    pub fn positive(&self, i: usize) -> bool {
        self.cast.map_or_else(|| self.seed.has(i), |cast| cast[i] & POSITIVE != 0)
    }
    /// 1 for a positive, 0 for a negative, nothing for someone who stands aside.
    #[inline]
    pub fn side(&self, i: usize) -> Option<usize> {
        let counted = self.cast.is_none_or(|cast| cast[i] & COUNTED != 0);
        counted.then(|| usize::from(self.positive(i)))
    }
    /// Whether models learn from a person.
    #[inline]
    pub fn learns(&self, i: usize) -> bool {
        self.cast.is_none_or(|cast| cast[i] & LEARNS != 0)
    }
}

/// The question: give everyone a role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cast {
    /// Whom to be like.
    pub positives: Expr,
    /// Whom not to be like: everyone else if absent.
    pub negatives: Option<Expr>,
    /// Seed of the hash of whom models learn from.
    pub hash: u64,
    /// Negatives and positives learn whose hash is below these.
    pub below: [Option<u64>; 2],
}

impl Analysis for Cast {
    const NAME: &'static str = "lookalike-cast";
    type Partial = ();
    type Work = [Bits; 2];

    fn begin(&self, shard: &Shard) -> Result<[Bits; 2]> {
        let everyone = Expr::Everyone;
        Ok([shard.crowd(self.negatives.as_ref().unwrap_or(&everyone))?, shard.crowd(&self.positives)?])
    }

    fn add(&self, crowds: &mut [Bits; 2], shard: &mut Shard, rows: Range<usize>, (): &mut ()) {
        let role = |i: usize| {
            let side = usize::from(crowds[1].has(i));
            let learns = self.below[side].is_none_or(|cut| shard.people.keys[i].mix(self.hash) < cut);
            match crowds[side].has(i) {
                true => COUNTED + side as i32 * POSITIVE + i32::from(learns) * LEARNS,
                false => 0,
            }
        };
        let roles: Vec<i32> = rows.clone().map(role).collect();
        shard.measure(ROLE, 0)[rows].copy_from_slice(&roles);
    }
}

/// Who plays what.
pub struct Casting {
    /// Everyone who counts.
    pub counted: Tally,
    /// Those the models learn from.
    pub learners: Tally,
}

impl Casting {
    /// What is added to the log-odds of the learners to have those of everyone who counts.
    pub fn shift(&self) -> f64 {
        let ratio = |tally: &Tally| tally.seed as f64 / tally.rest as f64;
        num::ln(ratio(&self.counted) / ratio(&self.learners))
    }
}

/// Gives everyone a role and counts them.
pub async fn cast(desk: &Desk, plan: &LookalikePlan) -> Result<Casting> {
    let samples = &plan.samples;
    if samples.usual() {
        desk.all(&Forget { measures: vec![ROLE.into()] }).await?;
        let counted = desk.sum(&Survey { learners: false }).await?;
        return Ok(Casting { learners: counted.clone(), counted });
    }
    let (positives, negatives) = (samples.positives.clone(), samples.negatives.clone());
    let hash = plan.seed ^ APART;
    let mut cast = Cast { positives, negatives, hash, below: [None; 2] };
    desk.sum(&cast).await?;
    let counted = desk.sum(&Survey { learners: false }).await?;
    let (wanted, all) = (samples.wanted(&counted), [counted.rest, counted.seed]);
    if wanted == all {
        return Ok(Casting { learners: counted.clone(), counted });
    }
    let border = |side: usize| if wanted[side] < all[side] { vec![wanted[side]] } else { vec![] };
    let (seed, rest) = folds::ranked(desk, hash, &border(1), &border(0)).await?;
    cast.below = [rest.first().copied(), seed.first().copied()];
    desk.sum(&cast).await?;
    Ok(Casting { counted, learners: desk.sum(&Survey { learners: true }).await? })
}

/// Share of all who are like the positives that is known as such, under the assumption that the known ones are a
/// random part of them: the mean probability of the positives, scored by models that have not seen them (Elkan and Noto, c).
pub fn labelled(scores: &Histogram) -> f64 {
    let (mut sum, mut people) = (0.0, 0.0);
    for (at, &count) in scores.seed.iter().enumerate().filter(|(_, count)| **count > 0) {
        sum += count as f64 * num::logistic(logit(at as i32 - LIMIT));
        people += count as f64;
    }
    sum / f64::max(people, 1.0)
}

/// The chance that someone unlabelled with these log-odds is like the positives: (1 − c)/c · g/(1 − g). It may come out
/// above 1, since g is an estimate; only so do sums of it come out right. Beyond [`MOST`] it is an outlier.
pub fn hidden(labelled: f64, log_odds: f64) -> f64 {
    ((1.0 - labelled) / labelled * num::exp(log_odds)).min(MOST)
}
