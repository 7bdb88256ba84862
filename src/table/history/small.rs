//! Files of one row per thing that is no person, such as products: small enough for the desk to keep, which reads them row by
//! row in order.

use crate::error::Result;
use crate::table::csv::{Fields, Rows};
use crate::table::schema::Dialect;
use crate::table::store::parcel::{Span, Tally, place};
use crate::table::survey::Fit;
use crate::table::values::{self, Missing};
use std::collections::BTreeMap;

/// Labels of one column in the order they are met, the first of them "no value".
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    /// All.
    pub list: Vec<String>,
    numbers: BTreeMap<String, u32>,
}

impl Default for Words {
    fn default() -> Self {
        Words { list: vec![String::new()], numbers: [(String::new(), 0)].into() }
    }
}

impl Words {
    /// The number of a label.
    pub fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        self.list.push(word.into());
        self.numbers.insert(word.into(), self.list.len() as u32 - 1);
        self.list.len() as u32 - 1
    }
    /// The number of a label that is one with all of the same key; of their spellings the first by its bytes is shown.
    pub fn alike(&mut self, word: &str, key: String) -> u32 {
        let next = self.list.len() as u32;
        let number = *self.numbers.entry(key).or_insert(next);
        match self.list.get_mut(number as usize) {
            Some(shown) if word < shown.as_str() => *shown = word.into(),
            Some(_) => {}
            None => self.list.push(word.into()),
        }
        number
    }
    /// The labels in the order of their bytes, and the place there of each number.
    pub fn sorted(&self) -> (Vec<String>, Vec<u32>) {
        let labels: Vec<String> = self.numbers.keys().cloned().collect();
        let mut places = vec![0; labels.len()];
        self.numbers.values().enumerate().for_each(|(at, number)| places[*number as usize] = at as u32);
        (labels, places)
    }
}

/// Most rows of such files together.
pub const ROWS: u64 = 1_000_000;
/// Most bytes of one as it stands on disk.
pub const BYTES: u64 = 64 << 20;

/// How the rows of a file are read.
#[derive(Clone, Debug, PartialEq)]
pub struct SmallReading {
    /// Bytes to rows.
    pub dialect: Dialect,
    /// How many fields a row has.
    pub width: usize,
    /// Cells that mean "no value".
    pub missing: Missing,
}

/// Why a row is left out.
pub struct Left<'a> {
    code: &'static str,
    column: &'a str,
}

impl<'a> Left<'a> {
    /// A code, and the column that is to blame.
    pub fn of(code: &'static str, column: &'a str) -> Left<'a> {
        Left { code, column }
    }
}

/// The cells of a row.
pub struct Cells<'a> {
    fields: &'a Fields<'a>,
    missing: &'a Missing,
    /// Its number, the header counted.
    pub row: u64,
}

impl<'a> Cells<'a> {
    /// A trimmed cell; nothing where it means "no value".
    pub fn bytes(&self, at: usize) -> &'a [u8] {
        let cell = values::trim(self.fields.get(at).unwrap_or_default());
        if self.missing.has(cell) { b"" } else { cell }
    }
    /// The same as text.
    pub fn text(&self, at: usize) -> &'a str {
        std::str::from_utf8(self.bytes(at)).unwrap_or("\u{fffd}")
    }
}

impl SmallReading {
    /// Takes the rows of a piece of text one by one and accounts for them; how many bytes of rows were whole, and the number
    /// of the row behind them.
    pub fn walk<'c>(
        &self,
        text: &[u8],
        span: Span,
        tally: &mut Tally,
        mut take: impl FnMut(&Cells, &mut Tally) -> std::result::Result<(), Left<'c>>,
    ) -> Result<(usize, u64)> {
        let mut rows = Rows::new(text, &self.dialect).until(span.end);
        let mut fields = Fields::new();
        let mut header = self.dialect.header && span.first_row == 1;
        while rows.next(span.last, &mut fields).map_err(|e| place(e, span.first_row))?.is_some() {
            if std::mem::take(&mut header) {
                continue;
            }
            let row = span.first_row + rows.lines() - 1;
            tally.rows += 1;
            let taken = match Fit::of(&fields, self.width) {
                Fit::Long => Err(Left::of("long-row", "")),
                _ => take(&Cells { fields: &fields, missing: &self.missing, row }, tally),
            };
            match taken {
                Err(left) => Tally::count(&mut tally.reasons, left.code, left.column, row),
                Ok(()) if Fit::of(&fields, self.width) == Fit::Short => {
                    Tally::count(&mut tally.notes, "short-row", "", row);
                }
                Ok(()) => {}
            }
        }
        Ok((rows.at(), span.first_row + rows.lines()))
    }
}
