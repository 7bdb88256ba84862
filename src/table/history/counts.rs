//! Campaigns as somebody else counted them: rows without IDs, of a crowd, a channel, a content, a day, with what was shown,
//! clicked, spent and earned. The desk keeps them; nobody stands behind a row, so nothing is small.

use super::Dim;
use super::moment::{self, DAY, Format, Moment, Odd};
use super::money;
use super::small::{Cells, Left, SmallReading, Words};
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
    /// Position of the column of the day, and its name.
    pub time: Option<(usize, String)>,
    /// How its cells are written, if said.
    pub format: Option<Format>,
    /// Seconds from Greenwich to the room's calendar, if said.
    pub zone: Option<i32>,
    /// The first day that lies in the future.
    pub until: Option<u32>,
    /// Positions of columns of labels, and the place of each in [`Counts::dims`].
    pub labels: Vec<(usize, usize)>,
    /// By what is counted: position, name, decimals.
    pub numbers: [Option<(usize, String, u8)>; 5],
}

/// Rows of all files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Columns of labels.
    pub dims: Vec<Dim>,
    /// Decimals of money.
    pub decimals: u8,
    /// Names of the files.
    pub files: Vec<String>,
    /// Of every row its file and its number there.
    pub places: Vec<(u32, u64)>,
    /// Day of every row, if it has one.
    pub days: Vec<Option<u32>>,
    /// By column the code of every row.
    pub codes: Vec<Vec<u32>>,
    /// By what is counted, of every row; [`money::NONE`] where nothing is said.
    pub numbers: [Vec<i64>; 5],
    /// First row whose date can be read two ways, and first one whose time names a zone while the room has none.
    pub unclear: [Option<(u32, u64)>; 2],
    words: Vec<Words>,
}

impl Counts {
    /// No rows yet, with these columns of labels.
    pub fn new(names: Vec<String>, decimals: u8, files: Vec<String>) -> Counts {
        let words = vec![Words::default(); names.len()];
        let codes = vec![vec![]; names.len()];
        let dims = names.into_iter().map(|name| Dim { name, labels: vec![] }).collect();
        Counts { dims, decimals, files, codes, words, ..Counts::default() }
    }
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
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
            let day = self.day(reading, cells)?;
            let numbers = numbers(reading, cells, tally)?;
            for code in contradictions(numbers) {
                Tally::count(&mut tally.notes, code, "", cells.row);
            }
            self.places.push((reading.file, cells.row));
            self.days.push(day);
            self.numbers.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
            for (at, codes) in self.codes.iter_mut().enumerate() {
                let own = reading.labels.iter().find(|(_, dim)| *dim == at);
                codes.push(own.map_or(0, |(place, _)| self.words[at].number(cells.text(*place))));
            }
            Ok(())
        })
    }
    /// Once all rows are in: labels in the order of their bytes.
    pub fn seal(&mut self) {
        for ((dim, codes), words) in self.dims.iter_mut().zip(&mut self.codes).zip(&self.words) {
            let (labels, places) = words.sorted();
            dim.labels = labels;
            codes.iter_mut().for_each(|code| *code = places[*code as usize]);
        }
        self.words.clear();
    }
    /// The column of labels of this name.
    pub fn dim(&self, name: &str) -> Option<usize> {
        self.dims.iter().position(|dim| dim.name == name)
    }
    /// The last day with a row.
    pub fn last(&self) -> Option<u32> {
        self.days.iter().flatten().copied().max()
    }
    fn day<'a>(
        &mut self,
        reading: &'a CountsReading,
        cells: &Cells,
    ) -> std::result::Result<Option<u32>, Left<'a>> {
        let Some((at, name)) = &reading.time else { return Ok(None) };
        let cell = cells.bytes(*at);
        if cell.is_empty() {
            return Err(Left::of("no-time", name));
        }
        let place = (reading.file, cells.row);
        let seconds = match moment::read(cell, reading.format) {
            Ok(Moment::Wall(seconds)) => seconds,
            Ok(Moment::World(seconds)) => {
                if reading.zone.is_none() {
                    self.unclear[1].get_or_insert(place);
                }
                seconds + i64::from(reading.zone.unwrap_or(0))
            }
            Err(Odd::Ambiguous) => {
                self.unclear[0].get_or_insert(place);
                return Err(Left::of("date-ambiguous", name));
            }
            Err(Odd::Unreadable) => return Err(Left::of("time-unreadable", name)),
        };
        match u32::try_from(seconds.div_euclid(i64::from(DAY))) {
            Err(_) => Err(Left::of("before-epoch", name)),
            Ok(day) if day < 40_000 && reading.until.is_none_or(|until| day < until) => Ok(Some(day)),
            Ok(_) => Err(Left::of("in-future", name)),
        }
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
