//! Rows of several moments: a message that was sent, delivered and redeemed is one row of its file and three events.

use super::{Cutter, Left, Tally, TimeColumn, Who};
use crate::table::csv::Fields;
use crate::table::store::canon::agrees;
use crate::table::values;
use serde::{Deserialize, Serialize};

/// A column that says whether a step of its row happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepColumn {
    /// Position.
    pub at: usize,
    /// Name.
    pub name: String,
    /// The event that follows.
    pub event: String,
    /// How its cells are read if they say when; else they say yes or no, and the row's time counts.
    pub time: Option<TimeColumn>,
}

impl<'a> Cutter<'a> {
    /// Keeps an event for every step of the row that happened, in the order of their columns. A step that cannot be read takes
    /// its row along: what is left of it would be a story that ended early.
    pub(super) fn steps(&mut self, who: &Who, fields: &Fields) -> std::result::Result<(), Left<'a>> {
        let row = who.row;
        let (reading, shared) = (self.reading, self.time(row, fields)?);
        let (mut happened, mut late) = (Vec::with_capacity(reading.steps.len()), None);
        for step in &reading.steps {
            let cell = values::trim(fields.get(step.at).unwrap_or_default());
            if reading.missing.has(cell) {
                continue;
            }
            match &step.time {
                Some(column) => match self.moment(column, cell, row) {
                    Ok(second) => happened.push((second, step.event.as_str())),
                    // By the last day that counts it had not happened.
                    Err(left) if left.0 == "in-future" => late = Some(left),
                    Err(left) => return Err(left),
                },
                None => match agrees(cell) {
                    Some(true) => happened.push((shared, step.event.as_str())),
                    Some(false) => {}
                    None => return Err(("step-unreadable", &step.name)),
                },
            }
        }
        if happened.is_empty() {
            return Err(late.unwrap_or(("no-step", "")));
        }
        if let Some((_, column)) = late {
            Tally::count(&mut self.tally.notes, "step-in-future", column, row);
        }
        self.numbers(row, fields)?;
        for (second, event) in happened {
            self.keep(who, second, super::SOLD, fields, event);
        }
        Ok(())
    }
}
