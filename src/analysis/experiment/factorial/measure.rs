//! What the people of each combination of levels did.

use super::LEVEL;
use crate::analysis::experiment::measure::{Cell, Outcome, SEVERAL, Weigh};
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::Source;
use crate::table::history::past::Table;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Measures everyone by their levels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cross {
    /// How people are weighed.
    pub of: Weigh,
    /// Columns of the factors.
    pub factors: Vec<u32>,
}

/// What was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Crossed {
    /// By the codes of the levels, metric by metric.
    pub cells: BTreeMap<Vec<u32>, Vec<Cell>>,
    /// People in several arms or combinations.
    pub several: u64,
    /// People without an arm or a level.
    pub none: u64,
}

impl Partial for Crossed {
    fn merge(&mut self, other: Self) {
        self.several += other.several;
        self.none += other.none;
        for (codes, from) in other.cells {
            add_up(self.cells.entry(codes).or_default(), &from);
        }
    }
}

impl Cross {
    fn codes(&self, table: &Table, row: usize) -> Vec<u32> {
        self.factors.iter().map(|dim| table.dims[*dim as usize].at(row)).collect()
    }
    /// Whether rows of somebody say different levels.
    fn torn(&self, table: &Table, person: usize, codes: &[u32]) -> bool {
        let mut mine = table.rows(person).filter(|row| self.of.rows.takes(table, *row));
        mine.any(|row| self.codes(table, row) != codes)
    }
}

impl Analysis for Cross {
    const NAME: &'static str = "experiment-factors";
    type Partial = Crossed;
    type Work = ();
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }
    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Crossed) {
        let mut levels: Vec<Vec<i32>> =
            LEVEL.iter().zip(&self.factors).map(|(name, _)| shard.past.take_measure(name, -1)).collect();
        let table = shard.past.table(Source::Assign);
        for person in rows {
            levels.iter_mut().for_each(|of| of[person] = -1);
            let Some((row, arm)) = self.of.arm_of(table, person) else { continue };
            let codes = self.codes(table, row);
            if arm == SEVERAL || self.torn(table, person, &codes) {
                sum.several += 1;
                continue;
            }
            if arm == 0 || codes.contains(&0) {
                sum.none += 1;
                continue;
            }
            levels.iter_mut().zip(&codes).for_each(|(of, code)| of[person] = *code as i32 - 1);
            let cell = |outcome: &Outcome| match self.of.over(table, row, outcome) {
                true => Cell::of(self.of.value(&shard.past, person, row, *outcome).0, None),
                false => Cell::default(),
            };
            let mine: Vec<Cell> = self.of.outcomes.iter().map(cell).collect();
            add_up(sum.cells.entry(codes).or_default(), &mine);
        }
        for (name, of) in LEVEL.iter().zip(levels) {
            shard.past.measures.insert((*name).into(), of);
        }
    }
}
