//! Rows that somebody else counted, by labels and days: the desk keeps them, and knows of every row where it stood.

use super::Dim;
use super::moment::{self, DAY, Format, Moment, Odd};
use super::small::{Cells, Left, Words};

/// A column of days.
#[derive(Clone, Debug, PartialEq)]
pub struct DayColumn {
    /// Its position.
    pub at: usize,
    /// Its name.
    pub name: String,
    /// How its cells are written, if said.
    pub format: Option<Format>,
    /// Seconds from Greenwich to the room's calendar, if said.
    pub zone: Option<i32>,
    /// The first day that lies in the future.
    pub until: Option<u32>,
}

impl DayColumn {
    /// A day, unless it lies before all days or in the future.
    pub fn within(&self, day: i64) -> Result<u32, Left<'_>> {
        match u32::try_from(day) {
            Err(_) => Err(Left::of("before-epoch", &self.name)),
            Ok(day) if day < 40_000 && self.until.is_none_or(|until| day < until) => Ok(day),
            Ok(_) => Err(Left::of("in-future", &self.name)),
        }
    }
}

/// Labels of rows, and where the rows stood.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labelled {
    /// Columns of labels.
    pub dims: Vec<Dim>,
    /// Names of the files.
    pub files: Vec<String>,
    /// Of every row its file and its number there.
    pub places: Vec<(u32, u64)>,
    /// By column the code of every row.
    pub codes: Vec<Vec<u32>>,
    /// Row and column of the first date that can be read two ways, and of the first time that names a zone while the room
    /// has none.
    pub unclear: [Option<(u64, String)>; 2],
    words: Vec<Words>,
}

impl Labelled {
    /// No rows yet, with these columns of labels.
    pub fn new(names: Vec<String>, files: Vec<String>) -> Labelled {
        let words = vec![Words::default(); names.len()];
        let codes = vec![vec![]; names.len()];
        let dims = names.into_iter().map(|name| Dim { name, labels: vec![] }).collect();
        Labelled { dims, files, codes, words, ..Labelled::default() }
    }
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
    /// The column of labels of this name.
    pub fn dim(&self, name: &str) -> Option<usize> {
        self.dims.iter().position(|dim| dim.name == name)
    }
    /// The number of a label until all rows are in.
    pub fn number(&mut self, dim: usize, label: &str) -> u32 {
        self.words[dim].number(label)
    }
    /// Keeps a row with the number of its label in each column.
    pub fn push(&mut self, place: (u32, u64), labels: &[u32]) {
        self.places.push(place);
        self.codes.iter_mut().zip(labels).for_each(|(codes, label)| codes.push(*label));
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
    /// The day a cell says.
    pub fn day<'a>(&mut self, column: &'a DayColumn, cells: &Cells) -> Result<u32, Left<'a>> {
        let name = &column.name;
        let cell = cells.bytes(column.at);
        if cell.is_empty() {
            return Err(Left::of("no-time", name));
        }
        let place = || (cells.row, name.clone());
        let seconds = match moment::read(cell, column.format) {
            Ok(Moment::Wall(seconds)) => seconds,
            Ok(Moment::World(seconds)) => {
                if column.zone.is_none() {
                    self.unclear[1].get_or_insert_with(place);
                }
                seconds + i64::from(column.zone.unwrap_or(0))
            }
            Err(Odd::Ambiguous) => {
                self.unclear[0].get_or_insert_with(place);
                return Err(Left::of("date-ambiguous", name));
            }
            Err(Odd::Unreadable) => return Err(Left::of("time-unreadable", name)),
        };
        column.within(seconds.div_euclid(i64::from(DAY)))
    }
}
