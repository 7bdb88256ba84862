//! People by their uplift.

use super::{BAND, FOLDS, UPLIFT};
use crate::analysis::experiment::covariates::Covariates;
use crate::analysis::experiment::measure::Cell;
use crate::error::Result;
use crate::num;
use crate::shard::{Analysis, Partial, Shard, add_up};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Bands.
pub(super) const BANDS: usize = 10;

/// Scores everyone in an arm.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Score {
    /// Who.
    pub of: Covariates,
    /// By fold: weights in fixed point.
    pub weights: Vec<Vec<i64>>,
}

/// People of the two arms by their score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// People in the control and in the arm, and what they did.
    pub scores: BTreeMap<i32, [i64; 4]>,
    /// People with more than can be kept.
    pub over: u64,
}

impl Partial for Scored {
    fn merge(&mut self, other: Self) {
        self.over += other.over;
        for (score, from) in other.scores {
            let to = self.scores.entry(score).or_default();
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
    }
}

impl Analysis for Score {
    const NAME: &'static str = "uplift-score";
    type Partial = Scored;
    type Work = Vec<usize>;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }
    fn add(&self, mine: &mut Vec<usize>, shard: &mut Shard, rows: Range<usize>, sum: &mut Scored) {
        let mut measure = shard.past.take_measure(UPLIFT, i32::MIN);
        let past = &shard.past;
        for person in rows {
            measure[person] = i32::MIN;
            let Some((row, arm)) = self.of.person(past, person, mine) else { continue };
            let weights = &self.weights[self.of.fold(past, person, FOLDS)];
            let fixed: i64 = mine.iter().map(|place| weights[*place]).fold(0, i64::saturating_add);
            let whole = libm::round(num::from_fixed(fixed));
            let score = whole.clamp(f64::from(-i32::MAX), f64::from(i32::MAX)) as i32;
            sum.over += u64::from(whole != f64::from(score));
            measure[person] = score;
            let Some(arm) = arm else { continue };
            let at = sum.scores.entry(score).or_default();
            at[arm] += 1;
            at[2 + arm] += self.of.value(past, person, row);
        }
        shard.past.measures.insert(UPLIFT.into(), measure);
    }
}

impl Scored {
    /// The lowest score of each band but the last. People of one score are in one band: that of the middle of them.
    pub fn cuts(&self) -> Vec<i32> {
        let of = |at: &[i64; 4]| (at[0] + at[1]) as u64;
        let all: u64 = self.scores.values().map(of).sum();
        let mut cuts = vec![i32::MAX; BANDS - 1];
        let mut above = 0;
        for (score, at) in self.scores.iter().rev() {
            let band = (BANDS as u64 * (2 * above + of(at)) / (2 * all).max(1)) as usize;
            above += of(at);
            cuts.iter_mut().skip(band).for_each(|cut| *cut = *score);
        }
        cuts
    }
}

/// Puts everyone in an arm into a band.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Band {
    /// Who.
    pub of: Covariates,
    /// The lowest score of each band but the last.
    pub cuts: Vec<i32>,
}

/// What the people of each band did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Banded {
    /// By band: in the control and in the arm.
    pub cells: Vec<Cell>,
}

impl Partial for Banded {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.cells, &other.cells);
    }
}

impl Analysis for Band {
    const NAME: &'static str = "uplift-band";
    type Partial = Banded;
    type Work = Vec<usize>;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }
    fn add(&self, mine: &mut Vec<usize>, shard: &mut Shard, rows: Range<usize>, sum: &mut Banded) {
        let scores = shard.past.take_measure(UPLIFT, i32::MIN);
        let mut measure = shard.past.take_measure(BAND, -1);
        sum.cells.resize(2 * BANDS, Cell::default());
        let past = &shard.past;
        for person in rows {
            measure[person] = -1;
            let Some((row, arm)) = self.of.person(past, person, mine) else { continue };
            let band = self.cuts.iter().filter(|cut| scores[person] < **cut).count();
            measure[person] = band as i32 + 1;
            let Some(arm) = arm else { continue };
            let value = self.of.value(past, person, row);
            let mut cell = Cell { positive: u64::from(value > 0), ..Cell::default() };
            cell.moments.add(value);
            sum.cells[2 * band + arm] += cell;
        }
        shard.past.measures.insert(UPLIFT.into(), scores);
        shard.past.measures.insert(BAND.into(), measure);
    }
}
