//! The arm that is expected to do most for each person.

use super::{BEST, FOLDS};
use crate::analysis::experiment::covariates::Covariates;
use crate::analysis::experiment::measure::Cell;
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::Source;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Recommends an arm to everyone in one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Choose {
    /// Who.
    pub of: Covariates,
    /// Codes of the control and of the other arms.
    pub arms: Vec<u32>,
    /// By arm but the control, then by fold: weights in fixed point.
    pub weights: Vec<Vec<Vec<i64>>>,
}

/// What people did by what is recommended to them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Chosen {
    /// By the arm that is recommended, then by the one they are in.
    pub cells: Vec<Cell>,
}

impl Partial for Chosen {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.cells, &other.cells);
    }
}

impl Choose {
    /// The arm of the highest uplift by models that did not see this fold; the control where none is above zero.
    fn best(&self, fold: usize, places: &[usize]) -> usize {
        let score = |weights: &Vec<Vec<i64>>| {
            places.iter().map(|place| weights[fold][*place]).fold(0, i64::saturating_add)
        };
        let mut best = (0, 0);
        for (arm, score) in (1..).zip(self.weights.iter().map(score)) {
            best = if score > best.1 { (arm, score) } else { best };
        }
        best.0
    }
}

impl Analysis for Choose {
    const NAME: &'static str = "uplift-choose";
    type Partial = Chosen;
    type Work = Vec<usize>;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }
    fn add(&self, mine: &mut Vec<usize>, shard: &mut Shard, rows: Range<usize>, sum: &mut Chosen) {
        let mut measure = shard.past.take_measure(BEST, -1);
        sum.cells.resize(self.arms.len() * self.arms.len(), Cell::default());
        let past = &shard.past;
        for person in rows {
            measure[person] = -1;
            let Some((row, _)) = self.of.person(past, person, mine) else { continue };
            let best = self.best(self.of.fold(past, person, FOLDS), mine);
            measure[person] = self.arms[best] as i32 - 1;
            let own = self.of.weigh.arm_of(past.table(Source::Assign), person);
            let own = own.and_then(|(_, arm)| self.arms.iter().position(|code| *code == arm));
            if let Some(own) = own.filter(|_| self.of.over(past, row)) {
                sum.cells[best * self.arms.len() + own] += Cell::of(self.of.value(past, person, row), None);
            }
        }
        shard.past.measures.insert(BEST.into(), measure);
    }
}
