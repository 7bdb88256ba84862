//! Who is held out of which model: folds given by a column, or dealt by a keyed hash of the person.
//!
//! Dealt folds are stratified exactly: seed and rest are each cut at the order statistics of their hashes, so
//! that the folds of either differ by one person at most, even for a seed of ten.

use super::cast::Roles;
use super::survey::Tally;
use super::{FOLD, LookalikePlan};
use crate::error::{Kind, Result};
use crate::id::Key;
use crate::shard::desk::Desk;
use crate::shard::select::{Counts, Round, Select};
use crate::shard::{Analysis, Partial, Shard};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Keeps the hash of the folds apart from other hashes under the same seed.
const APART: u64 = 0x666f_6c64_735f_6f66;
/// Most folds there may be.
pub const MOST: usize = 16;

/// The question: count the next bits of the hashes of seed and rest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FoldRanks {
    hash: u64,
    seed: Option<Round>,
    rest: Option<Round>,
}

/// Counts of both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BothCounts {
    seed: Counts,
    rest: Counts,
}

impl Partial for BothCounts {
    fn merge(&mut self, other: Self) {
        self.seed.merge(other.seed);
        self.rest.merge(other.rest);
    }
}

impl Analysis for FoldRanks {
    const NAME: &'static str = "lookalike-fold-ranks";
    type Partial = BothCounts;
    type Work = ();

    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }

    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut BothCounts) {
        let roles = Roles::of(shard);
        for i in rows {
            let (round, counts) = match roles.side(i) {
                Some(1) => (&self.seed, &mut sum.seed),
                Some(_) => (&self.rest, &mut sum.rest),
                None => continue,
            };
            if let Some(round) = round {
                round.add(counts, shard.people.keys[i].mix(self.hash));
            }
        }
    }
}

/// The question: write everyone's fold into the measure `fold`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deal {
    hash: u64,
    /// Hashes at which the next fold begins, for the seed and the rest; nothing if a column gives the folds.
    cuts: Option<(Vec<u64>, Vec<u64>)>,
}

impl Deal {
    fn fold(&self, shard: &Shard, roles: &Roles, i: usize) -> i32 {
        match (&self.cuts, &shard.people.folds) {
            (None, Some(folds)) => i32::from(folds[i]),
            (None, None) => 0,
            (Some((seed, rest)), _) => {
                let cuts = if roles.positive(i) { seed } else { rest };
                let key: Key = shard.people.keys[i];
                cuts.partition_point(|&cut| cut <= key.mix(self.hash)) as i32
            }
        }
    }
}

impl Analysis for Deal {
    const NAME: &'static str = "lookalike-deal";
    type Partial = ();
    type Work = ();

    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }

    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, (): &mut ()) {
        let roles = Roles::of(shard);
        let folds: Vec<i32> = rows.clone().map(|i| self.fold(shard, &roles, i)).collect();
        shard.measure(FOLD, 0)[rows].copy_from_slice(&folds);
    }
}

/// Deals or takes the folds; returns their numbers.
pub async fn deal(desk: &Desk, plan: &LookalikePlan, tally: &Tally) -> Result<Vec<i32>> {
    let hash = plan.seed ^ APART;
    if !tally.folds.is_empty() {
        let folds = given(tally)?;
        desk.sum(&Deal { hash, cuts: None }).await?;
        return Ok(folds);
    }
    // At least two, at most as many as either side has people.
    let folds = u64::from(plan.folds).min(tally.seed).min(tally.rest).max(2);
    let borders = |n: u64| (1..folds).map(|fold| n * fold / folds).collect::<Vec<u64>>();
    let cuts = ranked(desk, hash, &borders(tally.seed), &borders(tally.rest)).await?;
    desk.sum(&Deal { hash, cuts: Some(cuts) }).await?;
    Ok((0..folds as i32).collect())
}

/// The hashes at these ranks of the positives and of the negatives.
pub async fn ranked(desk: &Desk, hash: u64, seed: &[u64], rest: &[u64]) -> Result<(Vec<u64>, Vec<u64>)> {
    let (mut seed, mut rest) = (Select::new(seed), Select::new(rest));
    while seed.round().is_some() || rest.round().is_some() {
        let ranks = FoldRanks { hash, seed: seed.round().cloned(), rest: rest.round().cloned() };
        let counts = desk.sum(&ranks).await?;
        seed.next(&counts.seed);
        rest.next(&counts.rest);
    }
    Ok((seed.values(), rest.values()))
}

/// No fold: nobody is in it.
pub const NONE: i32 = -1;

/// What the models of a run do without: each fold; with `inner`, each fold and the next one; and, last, nothing.
///
/// A model that does without a fold and the next scores the next one as nobody else can who chooses for the first:
/// what is chosen by it has not seen the fold it is chosen for. Two folds leave nothing to learn from then.
pub fn without(folds: &[i32], inner: bool) -> Vec<[i32; 2]> {
    let mut lanes: Vec<[i32; 2]> = folds.iter().map(|&fold| [fold, NONE]).collect();
    if inner && folds.len() > 2 {
        lanes.extend(folds.iter().zip(nexts(folds)).map(|(&fold, next)| [fold, next]));
    }
    lanes.push([NONE, NONE]);
    lanes
}

/// The fold after each.
pub fn nexts(folds: &[i32]) -> Vec<i32> {
    let mut nexts = folds.to_vec();
    nexts.rotate_left(1);
    nexts
}

/// Where each fold stands in a list: looked up once per person and walk.
pub struct Places([usize; 256]);

impl Places {
    /// Places in this list. Folds are bytes; of one that is not in it nothing is said.
    pub fn new(folds: &[i32]) -> Places {
        let mut places = [0; 256];
        folds.iter().enumerate().for_each(|(at, &fold)| places[fold as usize & 255] = at);
        Places(places)
    }
    /// The place of a fold.
    #[inline]
    pub fn of(&self, fold: i32) -> usize {
        self.0[fold as usize & 255]
    }
}

/// Refuses folds of a column that do not all have positives and negatives to learn from.
pub fn usable(learners: &Tally) -> Result<()> {
    if learners.folds.is_empty() { Ok(()) } else { given(learners).map(|_| ()) }
}

/// The folds of the column, refused unless each has people in and outside the seed.
fn given(tally: &Tally) -> Result<Vec<i32>> {
    let used: Vec<usize> = (0..tally.folds.len()).filter(|&f| tally.folds[f] != (0, 0)).collect();
    let whole = |&f: &usize| tally.folds[f].0 > 0 && tally.folds[f].1 > 0;
    if (2..=MOST).contains(&used.len()) && used.iter().all(whole) {
        Ok(used.iter().map(|&f| f as i32).collect())
    } else {
        Err(Kind::FoldsUnusable.into())
    }
}

#[cfg(test)]
#[test]
fn every_fold_is_chosen_for_without_it() {
    assert_eq!(without(&[3, 5], true), [[3, NONE], [5, NONE], [NONE, NONE]]);
    let lanes = without(&[3, 5, 9], true);
    assert_eq!(lanes[3..6], [[3, 5], [5, 9], [9, 3]]);
    assert_eq!(without(&[3, 5, 9], false).len(), 4);
}

#[cfg(test)]
pub fn questions_for_laws() -> (FoldRanks, Deal) {
    let select = Select::new(&[3, 9]);
    let ranks = FoldRanks { hash: 5, seed: select.round().cloned(), rest: None };
    (ranks, Deal { hash: 5, cuts: Some((vec![1 << 62], vec![1 << 63])) })
}
