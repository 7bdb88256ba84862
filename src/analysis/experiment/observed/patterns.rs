//! People by what is known of them.

use crate::analysis::experiment::covariates::Covariates;
use crate::analysis::experiment::measure::Cell;
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Counts people of two arms by pattern.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Look {
    /// What is known of them.
    pub of: Covariates,
}

/// What the people of each pattern did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Patterns {
    /// By pattern, its places behind the intercept: by arm, the control first, a cell per metric. A cell knows how many people
    /// there are, so there is one in any case.
    pub cells: BTreeMap<Vec<u32>, Vec<Cell>>,
}

impl Patterns {
    /// The same over the places that somebody has, of all that have these names.
    pub(super) fn dense(self, names: Vec<(String, String)>) -> (Patterns, Vec<(String, String)>) {
        let used: BTreeSet<u32> = self.cells.keys().flatten().copied().collect();
        let place: BTreeMap<u32, u32> = used.iter().copied().zip(1..).collect();
        let pattern = |old: &Vec<u32>| old.iter().filter_map(|at| place.get(at).copied()).collect();
        let cells = self.cells.into_iter().map(|(old, cells)| (pattern(&old), cells)).collect();
        let names = (1..).zip(names).filter(|(at, _)| used.contains(at)).map(|(_, name)| name).collect();
        (Patterns { cells }, names)
    }
}

impl Partial for Patterns {
    fn merge(&mut self, other: Self) {
        for (pattern, from) in other.cells {
            add_up(self.cells.entry(pattern).or_default(), &from);
        }
    }
}

impl Analysis for Look {
    const NAME: &'static str = "experiment-observed";
    type Partial = Patterns;
    type Work = Vec<usize>;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Vec<usize>> {
        Ok(Vec::new())
    }
    fn add(&self, mine: &mut Vec<usize>, shard: &mut Shard, rows: Range<usize>, sum: &mut Patterns) {
        let (weigh, past) = (&self.of.weigh, &shard.past);
        let width = weigh.outcomes.len();
        for person in rows {
            let Some((row, Some(arm))) = self.of.person(past, person, mine) else { continue };
            let pattern = mine[1..].iter().map(|place| *place as u32).collect();
            let cells = sum.cells.entry(pattern).or_default();
            cells.resize(2 * width, Cell::default());
            for (cell, outcome) in cells[arm * width..].iter_mut().zip(&weigh.outcomes) {
                let (value, _) = weigh.value(past, person, row, *outcome);
                cell.positive += u64::from(value > 0);
                cell.moments.add(value);
            }
        }
    }
}
