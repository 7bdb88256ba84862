//! What is known of people before they came into an arm: bins of columns of the assignment, and of their orders.

use super::measure::Weigh;
use crate::error::{Error, Kind, Result};
use crate::table::history::past::{Fate, Past};
use crate::table::history::{PastSchema, Source};
use serde::{Deserialize, Serialize};

/// Bins that a model learns of, at most.
pub const BINS: u32 = 300;

/// Bins of orders before the assignment: none, one, two or three, more.
pub const ORDERS: [&str; 4] = ["0", "1", "2-3", "4+"];

/// What is known of people before, and how they are weighed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Covariates {
    /// How people are weighed.
    pub weigh: Weigh,
    /// Codes of the control and of the arm.
    pub arms: [u32; 2],
    /// Columns of the assignment, and how many labels each has.
    pub columns: Vec<(u32, u32)>,
    /// Whether orders before the assignment count, too.
    pub orders: bool,
    /// Of the folds.
    pub seed: u64,
}

impl Covariates {
    /// Places of a model: the intercept and every bin.
    pub fn places(&self) -> usize {
        let labels: u32 = self.columns.iter().map(|(_, labels)| labels).sum();
        1 + labels as usize + if self.orders { ORDERS.len() } else { 0 }
    }
    /// The fold of somebody, of so many.
    pub fn fold(&self, past: &Past, person: usize, folds: usize) -> usize {
        (past.keys[person].mix(self.seed) % folds as u64) as usize
    }
    /// The row of somebody in one arm, which of the two it is if it is one, and their places.
    pub fn person(
        &self,
        past: &Past,
        person: usize,
        places: &mut Vec<usize>,
    ) -> Option<(usize, Option<usize>)> {
        let (row, arm) = self
            .weigh
            .arm_of(past.table(Source::Assign), person)
            .filter(|(_, arm)| (1..=self.weigh.arms).contains(arm))?;
        places.clear();
        places.push(0);
        let mut start = 1;
        for (dim, labels) in &self.columns {
            places.push(start + past.table(Source::Assign).dims[*dim as usize].at(row) as usize);
            start += *labels as usize;
        }
        if self.orders {
            let mut known = Vec::new();
            past.known(person, past.table(Source::Assign).times[row], &mut known);
            let bought = known.iter().filter(|order| order.fate() == Fate::Bought);
            places.push(start + [0, 1, 2, 2].get(bought.count()).copied().unwrap_or(3));
        }
        // Whose days are not over has places like anybody, and is nobody to learn from.
        Some((row, self.arms.iter().position(|code| *code == arm).filter(|_| self.over(past, row))))
    }
    /// Whether all that counts of them is known.
    pub fn over(&self, past: &Past, row: usize) -> bool {
        let table = past.table(Source::Assign);
        self.weigh.outcomes.iter().all(|outcome| self.weigh.over(table, row, outcome))
    }
    /// What somebody did, of the first outcome.
    pub fn value(&self, past: &Past, person: usize, row: usize) -> i64 {
        self.weigh.value(past, person, row, self.weigh.outcomes[0]).0
    }
    /// Column and value of every place but the intercept; the column of orders before has no name.
    pub fn names(&self, schema: &PastSchema) -> Vec<(String, String)> {
        let dims = &schema.table(Source::Assign).dims;
        let values = self.columns.iter().flat_map(|(dim, _)| {
            let dim = &dims[*dim as usize];
            dim.labels.iter().map(|label| (dim.name.clone(), label.clone()))
        });
        let orders = ORDERS.iter().filter(|_| self.orders).map(|label| (String::new(), (*label).to_string()));
        values.chain(orders).collect()
    }
}

/// Columns of the assignment by name, with how many labels each has. Refused under the name of the setting where nothing is
/// known.
pub fn columns(
    schema: &PastSchema,
    names: &[String],
    orders: bool,
    setting: &str,
) -> Result<Vec<(u32, u32)>> {
    let assign = schema.table(Source::Assign);
    let column = |name: &String| {
        let at = schema.column(Source::Assign, name)?;
        Ok((at as u32, assign.dims[at].labels.len() as u32))
    };
    let columns: Vec<(u32, u32)> = names.iter().map(column).collect::<Result<_>>()?;
    if orders {
        schema.full(Source::Orders)?;
    }
    // Who is in the arm is no news of them.
    match (!columns.is_empty() || orders) && names.iter().all(|name| name != "arm") {
        true => Ok(columns),
        false => Err(Error::new(Kind::OutOfRange).column(setting)),
    }
}
