//! People by what is known of them.

use crate::analysis::experiment::covariates::Covariates;
use crate::analysis::experiment::measure::Cell;
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
