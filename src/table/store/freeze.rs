//! What a frozen table does not know: cells dated later than its day are read as if they were empty, before anything
//! counts, cuts or codes them.

use super::parcel::{Column, Reading, Tally};
use crate::table::csv::Fields;
use crate::table::schema::FeatureKind;
use crate::table::{dates, values};

/// Which cells of a row come too late, and how many did in each column.
pub(super) struct Freezer {
    /// Positions of the columns that date cells, each once; none if the table is not frozen.
    clocks: Vec<usize>,
    /// By position: whether this row's cell is a date too late.
    late: Vec<bool>,
    /// By column of the reading: cells frozen, and the row of the first.
    frozen: Vec<(u64, u64)>,
}

impl Freezer {
    pub(super) fn new(reading: &Reading) -> Self {
        let dates = |c: &Column| c.clock.into_iter().chain((c.kind == FeatureKind::Date).then_some(c.at));
        let mut clocks: Vec<usize> =
            reading.columns.iter().filter(|_| reading.late.is_some()).flat_map(dates).collect();
        clocks.sort_unstable();
        clocks.dedup();
        Freezer { clocks, late: vec![false; reading.width], frozen: vec![(0, 0); reading.columns.len()] }
    }
    /// Reads the dates of a row. What is empty or no date dates nothing.
    pub(super) fn look(&mut self, reading: &Reading, fields: &Fields) {
        let late = |date: f64| reading.late.is_some_and(|late| date >= late);
        for &at in &self.clocks {
            let cell = values::trim(fields.get(at).unwrap_or_default());
            self.late[at] = !reading.missing.has(cell) && dates::date(cell).is_some_and(late);
        }
    }
    /// Whether the filled cell of a column comes too late; counts it.
    pub(super) fn takes(&mut self, c: usize, column: &Column, row: u64) -> bool {
        let late = |at: usize| self.late[at];
        let takes = !self.clocks.is_empty()
            && (column.clock.is_some_and(late) || column.kind == FeatureKind::Date && late(column.at));
        if takes {
            let (count, first) = &mut self.frozen[c];
            *first = if *count == 0 { row } else { *first };
            *count += 1;
        }
        takes
    }
    /// Notes how many cells of each column were frozen.
    pub(super) fn tell(&self, reading: &Reading, tally: &mut Tally) {
        for (column, &counted) in reading.columns.iter().zip(&self.frozen) {
            if counted.0 > 0 {
                tally.notes.insert((FROZEN.into(), column.name.clone()), counted);
            }
        }
    }
}

/// Code of the note that cells were frozen.
pub const FROZEN: &str = "frozen";

impl Reading {
    /// The day the table is frozen at.
    pub fn as_of(&self) -> Option<String> {
        self.late.map(|late| dates::text(late - 1.0))
    }
}
