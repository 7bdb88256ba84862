//! Slices of the people outside the seed, best first, cut at exact ranks; and what marks each.

use super::cast::{Roles, hidden};
use super::score::{LIMIT, logit};
use super::survey::Tally;
use super::{LookalikePlan, Reason, SCORE, Tier};
use crate::audience::{Expr, rank};
use crate::error::Result;
use crate::num;
use crate::num::Order;
use crate::shard::desk::Desk;
use crate::shard::select::{Counts, Round, Select};
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::bits::Bits;
use crate::table::schema::{Schema, span};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Positions of the slider.
const CUTS: u64 = 1_000;
/// Reasons given per tier.
const REASONS: usize = 8;
/// Unit of a chance.
const UNIT: f64 = (1u64 << 20) as f64;
/// A share of so many times that of everyone is a reason.
const OVER: f64 = 1.2;
/// People of a tier who must share a bin for it to be a reason.
const LEAST: u64 = 20;

/// The question: count the next bits of the ranks of the people outside a crowd.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScoreRanks {
    /// Name of the measure.
    pub measure: String,
    /// Who is not ranked: the positives.
    pub without: Expr,
    /// Bits to count.
    pub round: Round,
}

impl Analysis for ScoreRanks {
    const NAME: &'static str = "lookalike-score-ranks";
    type Partial = Counts;
    type Work = Bits;

    fn begin(&self, shard: &Shard) -> Result<Bits> {
        shard.known(&self.measure)?;
        shard.crowd(&self.without)
    }

    fn add(&self, without: &mut Bits, shard: &mut Shard, rows: Range<usize>, sum: &mut Counts) {
        let scores = &shard.measures[&self.measure];
        for i in rows.filter(|&i| !without.has(i)) {
            self.round.add(sum, rank(scores[i], shard.people.keys[i]));
        }
    }
}

/// The question: who is in which tier, bin by bin.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TierCount {
    /// Lowest rank of each tier, best tier first.
    pub cuts: Vec<u64>,
    /// What share of all who are like the positives these are, 2^-30; nothing if negatives are known as such.
    pub labelled: Option<u32>,
}

/// People per tier; empty until the first person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierTally {
    /// Outside the positives.
    pub rest: Vec<u64>,
    /// Positives at the same ranks.
    pub seed: Vec<u64>,
    /// Outside the positives, per tier and bin of the schema.
    pub bins: Vec<u64>,
    /// How many of those outside are like the positives, 2^-20: by tier, and of everyone.
    pub hidden: Vec<u64>,
}

impl TierTally {
    fn widen(&mut self, tiers: usize, bins: usize) {
        self.rest.resize(self.rest.len().max(tiers), 0);
        self.seed.resize(self.seed.len().max(tiers), 0);
        self.bins.resize(self.bins.len().max(bins), 0);
        self.hidden.resize(self.hidden.len().max(tiers + 1), 0);
    }
}

impl Partial for TierTally {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.rest, &other.rest);
        add_up(&mut self.seed, &other.seed);
        add_up(&mut self.bins, &other.bins);
        add_up(&mut self.hidden, &other.hidden);
    }
}

impl Analysis for TierCount {
    const NAME: &'static str = "lookalike-tiers";
    type Partial = TierTally;
    type Work = Vec<u64>;

    fn begin(&self, shard: &Shard) -> Result<Vec<u64>> {
        shard.known(SCORE)?;
        let labelled = self.labelled.map(|share| f64::from(share) / f64::from(1u32 << 30));
        let chance = |score: i32| labelled.map_or(0.0, |labelled| hidden(labelled, logit(score)));
        Ok((-LIMIT..=LIMIT).map(|score| libm::round(chance(score) * UNIT) as u64).collect())
    }

    fn add(&self, hidden: &mut Vec<u64>, shard: &mut Shard, rows: Range<usize>, sum: &mut TierTally) {
        let (tiers, bins) = (self.cuts.len(), shard.people.schema.bins());
        sum.widen(tiers, tiers * bins);
        let roles = Roles::of(shard);
        let scores = &shard.measures[SCORE];
        // Tier of each person outside the seed; `tiers` for those in none.
        let mut home = vec![tiers; rows.len()];
        for i in rows.clone() {
            let rank = rank(scores[i], shard.people.keys[i]);
            let tier = self.cuts.partition_point(|&cut| cut > rank);
            if !roles.positive(i) {
                let chance = hidden[(scores[i] + LIMIT) as usize];
                sum.hidden[tiers] += chance;
                sum.hidden[tier] += if tier < tiers { chance } else { 0 };
            }
            if tier == tiers {
                continue;
            }
            if roles.positive(i) {
                sum.seed[tier] += 1;
            } else {
                sum.rest[tier] += 1;
                home[i - rows.start] = tier;
            }
        }
        for (codes, &start) in shard.people.columns.iter().zip(&shard.people.schema.starts) {
            codes.for_each(rows.clone(), |i, code| {
                let tier = home[i - rows.start];
                if tier < tiers {
                    sum.bins[tier * bins + start + code] += 1;
                }
            });
        }
    }
}

/// How many of `rest` people a share of so many per cent is: at least one.
fn people(rest: u64, percent: f64) -> u64 {
    ((rest as f64 * percent / 100.0 + 0.5) as u64).clamp(1, rest.max(1))
}

/// The lowest ranks of the best `wanted` people outside a crowd, for each number wanted.
async fn cuts(desk: &Desk, measure: &str, without: &Expr, rest: u64, wanted: &[u64]) -> Result<Vec<u64>> {
    let mut select = Select::new(&wanted.iter().map(|&n| rest.saturating_sub(n)).collect::<Vec<_>>());
    while let Some(round) = select.round() {
        let question = ScoreRanks { measure: measure.into(), without: without.clone(), round: round.clone() };
        let counts = desk.sum(&question).await?;
        select.next(&counts);
    }
    Ok(select.values())
}

/// What the tiers came to.
pub struct Cuts {
    /// Best first.
    pub tiers: Vec<Tier>,
    /// The slider's positions.
    pub slider: Vec<String>,
    /// How many of those outside are like the positives; nothing if negatives are known as such.
    pub hidden: Option<f64>,
}

/// Cuts the tiers at these cumulative shares, and the slider's positions. `labelled` is the share of all who are like
/// the positives that these are, if negatives are unlabelled.
pub async fn tiers(
    desk: &Desk,
    schema: &Schema,
    plan: &LookalikePlan,
    features: &[usize],
    tally: &Tally,
    labelled: Option<f64>,
) -> Result<Cuts> {
    let (shares, without, rest) = (&plan.tiers, &plan.samples.positives, tally.outside());
    let slider = (1..=CUTS).map(|step| people(rest, step as f64 / (CUTS / 100) as f64));
    let wanted: Vec<u64> = shares.iter().map(|&s| people(rest, s)).chain(slider).collect();
    let found = cuts(desk, SCORE, without, rest, &wanted).await?;
    let (borders, slider) = found.split_at(shares.len());
    let fixed = labelled.map(|share| (share * f64::from(1u32 << 30)) as u32);
    let counts = desk.sum(&TierCount { cuts: borders.to_vec(), labelled: fixed }).await?;
    let cast = Parts { schema, features, tally, counts: &counts, labelled };
    let mut tiers: Vec<Tier> = Vec::new();
    for (at, border) in borders.iter().enumerate().filter(|(at, _)| counts.rest.get(*at) > Some(&0)) {
        let from = if at == 0 { 0.0 } else { shares[at - 1] };
        let above = at.checked_sub(1).map(|above| borders[above]);
        let mut tier = cast.tier(at, name(from, shares[at]), crowd(SCORE, without, *border, above));
        tier.like_previous =
            tiers.last().is_some_and(|t| t.lift_low <= tier.lift_high && tier.lift_low <= t.lift_high);
        tiers.push(tier);
    }
    let hidden = cast.hidden(shares.len());
    Ok(Cuts { tiers, slider: slider.iter().map(|cut| hex(*cut)).collect(), hidden })
}

/// Names, sizes and crowds of the tiers of a measure at these cumulative shares of the `rest` people outside a crowd.
pub async fn crowds(
    desk: &Desk,
    measure: &str,
    without: &Expr,
    rest: u64,
    shares: &[f64],
) -> Result<Vec<(String, u64, Expr)>> {
    let wanted: Vec<u64> = shares.iter().map(|&share| people(rest, share)).collect();
    let borders = cuts(desk, measure, without, rest, &wanted).await?;
    let before = |at: usize| at.checked_sub(1);
    let tier = |(at, &border): (usize, &u64)| {
        let from = before(at).map_or(0.0, |at| shares[at]);
        let taken = before(at).map_or(0, |at| wanted[at]);
        let crowd = crowd(measure, without, border, before(at).map(|at| borders[at]));
        (name(from, shares[at]), wanted[at] - taken, crowd)
    };
    Ok(borders.iter().enumerate().map(tier).filter(|tier| tier.1 > 0).collect())
}

fn name(from: f64, to: f64) -> String {
    if from == 0.0 { format!("top {to}%") } else { format!("{from}–{to}%") }
}

fn hex(cut: u64) -> String {
    format!("{cut:016x}")
}

/// The people outside a crowd from one cut up to the next.
fn crowd(measure: &str, without: &Expr, border: u64, above: Option<u64>) -> Expr {
    let top = |cut: u64| Expr::Top { measure: measure.into(), cut: hex(cut) };
    let take = match above {
        Some(cut) => Expr::Or { of: vec![without.clone(), top(cut)] },
        None => without.clone(),
    };
    Expr::Minus { from: Box::new(top(border)), take: Box::new(take) }.canonical()
}

struct Parts<'a> {
    schema: &'a Schema,
    features: &'a [usize],
    tally: &'a Tally,
    counts: &'a TierTally,
    labelled: Option<f64>,
}

impl Parts<'_> {
    fn hidden(&self, at: usize) -> Option<f64> {
        let people = self.counts.rest.get(at).map_or(self.tally.outside(), |&people| people);
        let sum = self.counts.hidden.get(at).map_or(0.0, |&sum| sum as f64 / UNIT);
        self.labelled.map(|_| sum.min(people as f64))
    }
    fn tier(&self, at: usize, name: String, crowd: Expr) -> Tier {
        let (rest, seed) = (self.counts.rest[at], self.counts.seed[at]);
        let everyone = self.tally.people() + self.tally.aside;
        let [x1, n1, x0, n0] = [seed, seed + rest, self.tally.seed, everyone].map(|n| n as f64);
        let lift = if n1 > 0.0 && x0 > 0.0 { (x1 / n1) / (x0 / n0) } else { 0.0 };
        let interval = num::rate_ratio_interval(x1, n1, x0, n0).unwrap_or_else(|| {
            // No seed person at these scores: what Wilson's interval of the density allows.
            num::wilson(x1, n1).scaled(n0 / x0)
        });
        Tier {
            name,
            people: rest,
            lift,
            lift_low: interval.low,
            lift_high: interval.high,
            seed_people: seed,
            like_previous: false,
            hidden: self.hidden(at),
            reasons: self.reasons(at),
            crowd,
        }
    }
    /// What is over-represented in a tier: what tells most (share gained times log ratio), shrunk as in F3.
    fn reasons(&self, at: usize) -> Vec<Reason> {
        let mut told: Vec<(f64, Reason)> = self
            .features
            .iter()
            .flat_map(|&f| self.runs(at, f))
            .filter_map(|run| self.told(at, run))
            .collect();
        told.order_by(|a, b| b.0.total_cmp(&a.0));
        told.truncate(REASONS);
        told.into_iter().map(|(_, reason)| reason).collect()
    }
    fn count(&self, at: usize, bin: usize) -> u64 {
        self.counts.bins[at * self.schema.bins() + bin]
    }
    /// Bins of a column; neighbours of a number or date that are all over-represented as one.
    fn runs(&self, at: usize, f: usize) -> Vec<(usize, Range<usize>)> {
        let (first, end) = (self.schema.starts[f], self.schema.starts[f + 1]);
        let people = self.counts.rest[at] as f64;
        let base = |bin: usize| self.tally.bin(bin) as f64 / self.tally.people() as f64;
        let much = |bin: usize| self.count(at, bin) as f64 / people >= OVER * base(bin);
        let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
        for bin in first..end {
            match runs.last_mut() {
                Some((_, run))
                    if self.schema.features[f].ordered()
                        && run.start > first
                        && much(bin - 1)
                        && much(bin) =>
                {
                    run.end = bin + 1;
                }
                _ => runs.push((f, bin..bin + 1)),
            }
        }
        runs
    }
    fn told(&self, at: usize, (f, run): (usize, Range<usize>)) -> Option<(f64, Reason)> {
        let (feature, start) = (&self.schema.features[f], self.schema.starts[f]);
        let people = self.counts.rest[at];
        let count: u64 = run.clone().map(|bin| self.count(at, bin)).sum();
        let base: u64 = run.clone().map(|bin| self.tally.bin(bin)).sum();
        let (share, base_share) = (count as f64 / people as f64, base as f64 / self.tally.people() as f64);
        if count < LEAST.min(people.div_ceil(2)) || base == 0 || share < OVER * base_share {
            return None;
        }
        let shrunk = (count as f64 + 50.0 * base_share) / (people as f64 + 50.0);
        let weight = num::ln(shrunk / base_share);
        let value = span(&feature.labels[run.start - start..run.end - start]);
        let reason = Reason { feature: feature.name(), value, weight, share, base_share };
        Some(((share - base_share) * weight, reason))
    }
}
