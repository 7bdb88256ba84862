//! Campaigns as somebody else counted them: rows without IDs, of a crowd, a channel, a content, a day, with what was shown,
//! clicked, spent and earned. The desk keeps them; nobody stands behind a row, so nothing is small.

use super::labelled::{DayColumn, Labelled};
use super::money;
use super::small::{Cells, Left, SmallReading};
use crate::error::Result;
use crate::table::store::parcel::{Span, Tally};

/// What is counted, in the order of [`Counts::numbers`].
pub const NUMBERS: [&str; 5] = ["impressions", "clicks", "cost", "conversions", "revenue"];
/// Place of a number.
pub const IMPRESSIONS: usize = 0;
/// Place of a number.
pub const CLICKS: usize = 1;
/// Place of a number.
pub const COST: usize = 2;
/// Place of a number.
pub const CONVERSIONS: usize = 3;
/// Place of a number.
pub const REVENUE: usize = 4;

/// How one file is read.
#[derive(Clone, Debug, PartialEq)]
pub struct CountsReading {
    /// Its rows.
    pub rows: SmallReading,
    /// Its place among the files.
    pub file: u32,
    /// The column of the day.
    pub time: Option<DayColumn>,
    /// Positions of columns of labels, and the place of each among those of [`Counts::rows`].
    pub labels: Vec<(usize, usize)>,
    /// By what is counted: position, name, decimals.
    pub numbers: [Option<(usize, String, u8)>; 5],
}

/// Rows of all files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Their labels, and where they stood.
    pub rows: Labelled,
    /// Decimals of money.
    pub decimals: u8,
    /// Day of every row, if it has one.
    pub days: Vec<Option<u32>>,
    /// By what is counted, of every row; [`money::NONE`] where nothing is said.
    pub numbers: [Vec<i64>; 5],
}

impl Counts {
    /// No rows yet, with these columns of labels.
    pub fn new(names: Vec<String>, decimals: u8, files: Vec<String>) -> Counts {
        Counts { rows: Labelled::new(names, files), decimals, ..Counts::default() }
    }
    /// Reads the rows of a piece of text.
    pub fn read(
        &mut self,
        reading: &CountsReading,
        text: &[u8],
        span: Span,
        tally: &mut Tally,
    ) -> Result<(usize, u64)> {
        reading.rows.walk(text, span, tally, |cells, tally| {
            let day = reading.time.as_ref().map(|column| self.rows.day(column, cells)).transpose()?;
            let numbers = numbers(reading, cells, tally)?;
            for code in contradictions(numbers) {
                Tally::count(&mut tally.notes, code, "", cells.row);
            }
            let mut labels = vec![0; self.rows.dims.len()];
            for (at, dim) in &reading.labels {
                labels[*dim] = self.rows.number(*dim, cells.text(*at));
            }
            self.rows.push((reading.file, cells.row), &labels);
            self.days.push(day);
            self.numbers.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
            Ok(())
        })
    }
    /// The last day with a row.
    pub fn last(&self) -> Option<u32> {
        self.days.iter().flatten().copied().max()
    }
}

fn numbers<'a>(
    reading: &'a CountsReading,
    cells: &Cells,
    tally: &mut Tally,
) -> std::result::Result<[i64; 5], Left<'a>> {
    let mut out = [money::NONE; 5];
    for (at, number) in reading.numbers.iter().enumerate() {
        let Some((place, name, decimals)) = number else { continue };
        let cell = cells.bytes(*place);
        if cell.is_empty() {
            continue;
        }
        let unreadable = || Left::of("amount-unreadable", name);
        let (value, rounded) = money::read(cell, *decimals).ok_or_else(unreadable)?;
        if value < 0 && matches!(at, IMPRESSIONS | CLICKS | CONVERSIONS) {
            return Err(Left::of("negative-count", name));
        }
        if rounded {
            Tally::count(&mut tally.notes, "amount-rounded", name, cells.row);
        }
        out[at] = value;
    }
    match out.iter().all(|number| *number == money::NONE) {
        true => Err(Left::of("no-number", "")),
        false => Ok(out),
    }
}

/// What cannot be of the numbers of one row.
pub fn contradictions(numbers: [i64; 5]) -> impl Iterator<Item = &'static str> {
    let above = |one: usize, other: usize| {
        let (one, other) = (numbers[one], numbers[other]);
        other != money::NONE && one > other
    };
    let negative = numbers[COST] < 0 && numbers[COST] != money::NONE;
    [
        (above(CLICKS, IMPRESSIONS), "clicks-above-impressions"),
        (above(CONVERSIONS, CLICKS), "conversions-above-clicks"),
        (negative, "negative-cost"),
    ]
    .into_iter()
    .filter_map(|(odd, code)| odd.then_some(code))
}
