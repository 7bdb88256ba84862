//! Cutting a slice of a file into parcels: every row is read once, its ID turned into a key, its cells into small
//! values, and put into the parcel of the shard that owns the person. Every row is accounted for.

use super::canon::{Canon, agrees};
use super::freeze::Freezer;
use super::{Which, packed};
use crate::error::{Error, Kind, Result};
use crate::id::{self, Ids, Key, Reader, Recipe};
use crate::num::Order;
use crate::table::csv::{Fields, Rows};
use crate::table::dates;
use crate::table::inspection::Problem;
use crate::table::schema::{Dialect, FeatureKind};
use crate::table::survey::Fit;
use crate::table::values::{self, Missing};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Code of "no label" while rows are kept.
pub const NO_LABEL: u32 = u32::MAX;

/// How to read one file: everything a shard needs, checked once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Which file.
    pub which: Which,
    /// Bytes to rows.
    pub dialect: Dialect,
    /// Position of the ID column.
    pub id: usize,
    /// What the ID column holds.
    pub recipe: Recipe,
    /// Where both files are compared.
    pub space: Recipe,
    /// How many fields a row has.
    pub width: usize,
    /// Columns that become features, in file order.
    pub columns: Vec<Column>,
    /// Position of the column of given folds.
    pub folds: Option<usize>,
    /// Cells that mean "no value".
    pub missing: Missing,
    /// The first moment, in days since 1970-01-01, that the table knows nothing of: what is dated then or later counts
    /// as missing.
    pub late: Option<f64>,
    /// Tells keys of one type of ID from those of others: combined with every key. Zero for the tag file's type.
    pub mask: Key,
    /// Position of the column that says whether a row's person agreed to be joined.
    pub consent: Option<usize>,
    /// Whether only those are taken who are known to have agreed.
    pub gated: bool,
}

impl Reading {
    /// Whether anything is read from the column at a position.
    pub fn uses(&self, at: usize) -> bool {
        at == self.id
            || [self.folds, self.consent].contains(&Some(at))
            || self.columns.iter().any(|column| column.at == at)
    }
}

/// A column that becomes a feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Position in the row.
    pub at: usize,
    /// Name in the file.
    pub name: String,
    /// Kind of values.
    pub kind: FeatureKind,
    /// Separator of a multi-valued cell.
    pub separator: String,
    /// Position of the column that says when a cell was known.
    pub clock: Option<usize>,
}

/// Rows of one slice for one shard.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Parcel {
    /// Who, one per row.
    #[serde(with = "packed")]
    pub keys: Vec<Key>,
    /// Row of the file, one per row.
    #[serde(with = "packed")]
    pub rows: Vec<u32>,
    /// Half of the key of the row's own ID, one per row, if IDs may be one person.
    #[serde(with = "packed")]
    pub own: Vec<u64>,
    /// The ID as written, one per row.
    pub ids: Ids,
    /// Given folds, one per row, if a column gives them; -1 if the cell is no whole number from 0 to 255.
    #[serde(with = "packed")]
    pub folds: Vec<i32>,
    /// One per column of the reading.
    pub columns: Vec<Cells>,
}

/// Cells of one column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Cells {
    /// One label per row, as a position in `words`, or [`NO_LABEL`].
    Labels {
        /// Labels in the order they were met.
        words: Vec<String>,
        /// One per row.
        #[serde(with = "packed")]
        codes: Vec<u32>,
    },
    /// One number per row; NaN is "no value".
    Numbers {
        /// One per row.
        #[serde(with = "packed")]
        values: Vec<f64>,
    },
    /// Any number of labels per row.
    Lists {
        /// Labels in the order they were met.
        words: Vec<String>,
        /// How many each row has.
        #[serde(with = "packed")]
        counts: Vec<u32>,
        /// All of them.
        #[serde(with = "packed")]
        codes: Vec<u32>,
    },
}

impl Cells {
    /// No cells yet.
    pub fn new(kind: FeatureKind) -> Self {
        match kind {
            FeatureKind::Category => Cells::Labels { words: vec![], codes: vec![] },
            FeatureKind::Multi => Cells::Lists { words: vec![], counts: vec![], codes: vec![] },
            FeatureKind::Number | FeatureKind::Date => Cells::Numbers { values: vec![] },
        }
    }
}

/// What became of the rows of one slice. Adding is commutative.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows read.
    pub rows: u64,
    /// Why rows or cells were not taken: code, column (empty for whole rows) → how often, first row.
    pub reasons: BTreeMap<(String, String), (u64, u64)>,
    /// Odd rows that were kept: the same.
    pub notes: BTreeMap<(String, String), (u64, u64)>,
}

impl Tally {
    /// Adds another slice's.
    pub fn merge(&mut self, other: Tally) {
        self.rows += other.rows;
        for (to, from) in [(&mut self.reasons, other.reasons), (&mut self.notes, other.notes)] {
            for (what, (count, first)) in from {
                let entry = to.entry(what).or_insert((0, first));
                *entry = (entry.0 + count, entry.1.min(first));
            }
        }
    }
    /// Why rows were left out, or what is odd about those that were kept, most first.
    pub fn problems(&self, notes: bool) -> Vec<Problem> {
        let map = if notes { &self.notes } else { &self.reasons };
        let mut list: Vec<Problem> = map
            .iter()
            .map(|((code, column), &(count, first))| Problem {
                code: code.clone(),
                count,
                first_row: Some(first),
                column: (!column.is_empty()).then(|| column.clone()),
            })
            .collect();
        list.order_by_key(|p| std::cmp::Reverse(p.count));
        list
    }
    /// Counts one.
    pub fn count(map: &mut BTreeMap<(String, String), (u64, u64)>, code: &str, column: &str, row: u64) {
        map.entry((code.into(), column.into())).or_insert((0, row)).0 += 1;
    }
}

/// Where a slice starts, in rows and bytes of its text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Number of the first row (1-based, the header counted).
    pub first_row: u64,
    /// Rows that start at or behind this byte belong to the next slice.
    pub end: usize,
    /// Whether the text ends the file.
    pub last: bool,
}

/// A slice cut up: one parcel per shard, the tally, and how many bytes were read.
#[derive(Serialize, Deserialize)]
pub struct Cut {
    /// One per shard.
    pub parcels: Vec<Parcel>,
    /// What became of the rows.
    pub tally: Tally,
    /// Bytes of rows that were complete.
    pub read: usize,
    /// Number of the row behind them.
    pub next_row: u64,
}

/// Cuts the rows of `text` that start before `span.end` into parcels for `shards` owners.
pub fn cut(reading: &Reading, canon: &Canon, text: &[u8], span: Span, shards: usize) -> Result<Cut> {
    let mut cutter = Cutter::new(reading, canon, shards)?;
    let mut rows = Rows::new(text, &reading.dialect).until(span.end);
    let mut fields = Fields::new();
    let mut header = reading.dialect.header && span.first_row == 1;
    let mut blanks = 0;
    while rows.next(span.last, &mut fields).map_err(|e| place(e, span.first_row))?.is_some() {
        let row = span.first_row + rows.lines() - 1;
        cutter.blank(rows.blanks() - std::mem::replace(&mut blanks, rows.blanks()), row);
        if !std::mem::take(&mut header) {
            cutter.row(row, &fields);
        }
    }
    let (read, next_row) = (rows.at(), span.first_row + rows.lines());
    cutter.blank(rows.blanks() - blanks, next_row);
    cutter.freezer.tell(reading, &mut cutter.tally);
    Ok(Cut { parcels: cutter.parcels, tally: cutter.tally, read, next_row })
}

/// A refusal inside a slice knows its line of the slice; the file's is that many further on.
pub fn place(error: Error, first_row: u64) -> Error {
    match error.at.row {
        Some(line) => error.row(first_row + line - 1),
        None => error,
    }
}

struct Cutter<'a> {
    reading: &'a Reading,
    canon: &'a Canon,
    reader: Reader,
    parcels: Vec<Parcel>,
    words: Vec<Vec<HashMap<String, u32>>>,
    freezer: Freezer,
    tally: Tally,
}

impl<'a> Cutter<'a> {
    fn new(reading: &'a Reading, canon: &'a Canon, shards: usize) -> Result<Self> {
        let parcel = Parcel {
            columns: reading.columns.iter().map(|c| Cells::new(c.kind)).collect(),
            ..Parcel::default()
        };
        Ok(Cutter {
            reading,
            canon,
            reader: Reader::new(reading.recipe, reading.space)?,
            parcels: vec![parcel; shards],
            words: vec![vec![HashMap::new(); reading.columns.len()]; shards],
            freezer: Freezer::new(reading),
            tally: Tally::default(),
        })
    }
    /// Blank lines right before a row: no rows, but told.
    fn blank(&mut self, lines: u64, row: u64) {
        if lines > 0 {
            let what = ("blank-line".into(), String::new());
            self.tally.notes.entry(what).or_insert((0, row - lines)).0 += lines;
        }
    }
    fn row(&mut self, row: u64, fields: &Fields) {
        self.tally.rows += 1;
        match Fit::of(fields, self.reading.width) {
            Fit::Long => return Tally::count(&mut self.tally.reasons, "long-row", "", row),
            Fit::Short => Tally::count(&mut self.tally.notes, "short-row", "", row),
            Fit::Even => {}
        }
        let cell = fields.get(self.reading.id).unwrap_or_default();
        match self.reader.key(cell) {
            Ok(key) if self.barred(key, row, fields) => {
                Tally::count(&mut self.tally.reasons, NO_CONSENT, "", row);
            }
            Ok(key) => self.keep(key, cell, row, fields),
            Err(reject) => Tally::count(&mut self.tally.reasons, reject.code(), "", row),
        }
    }
    /// Whether a row has to stay out of every join: its column or the consent file does not say yes.
    fn barred(&mut self, key: Key, row: u64, fields: &Fields) -> bool {
        let said = self.reading.consent.map(|at| agrees(fields.get(at).unwrap_or_default()));
        if said == Some(None) {
            Tally::count(&mut self.tally.notes, "consent-unclear", "", row);
        }
        let listed = !self.reading.gated || self.canon.agreed(key.masked(self.reading.mask));
        !listed || said.is_some_and(|said| said != Some(true))
    }
    fn keep(&mut self, key: Key, id: &[u8], row: u64, fields: &Fields) {
        let own = key.masked(self.reading.mask);
        let key = self.canon.of(own);
        let shard = key.shard(self.parcels.len());
        let parcel = &mut self.parcels[shard];
        if self.canon.merges() {
            parcel.own.push(own.mix(0));
        }
        parcel.keys.push(key);
        parcel.rows.push(row as u32);
        parcel.ids.push(id);
        if let Some(at) = self.reading.folds {
            parcel.folds.push(fold(fields.get(at).unwrap_or_default()));
        }
        self.freezer.look(self.reading, fields);
        for (c, column) in self.reading.columns.iter().enumerate() {
            let cell = values::trim(fields.get(column.at).unwrap_or_default());
            let missing = self.reading.missing.has(cell) || self.freezer.takes(c, column, row);
            match &mut parcel.columns[c] {
                Cells::Numbers { values } => {
                    let parsed = (!missing).then(|| parse(column.kind, cell));
                    if parsed == Some(None) {
                        let code =
                            if column.kind == FeatureKind::Date { "not-a-date" } else { "not-a-number" };
                        Tally::count(&mut self.tally.notes, code, &column.name, row);
                    }
                    values.push(parsed.flatten().unwrap_or(f64::NAN));
                }
                Cells::Labels { words, codes } => {
                    codes.push(if missing { NO_LABEL } else { word(&mut self.words[shard][c], words, cell) });
                }
                Cells::Lists { words, counts, codes } => {
                    let before = codes.len();
                    if !missing {
                        for part in values::parts(cell, &column.separator) {
                            if !self.reading.missing.has(part) {
                                codes.push(word(&mut self.words[shard][c], words, part));
                            }
                        }
                    }
                    counts.push((codes.len() - before) as u32);
                }
            }
        }
    }
}

/// Code of rows whose person has not agreed.
pub const NO_CONSENT: &str = "no-consent";

fn parse(kind: FeatureKind, cell: &[u8]) -> Option<f64> {
    if kind == FeatureKind::Date { dates::date(cell) } else { values::number(cell) }
}

fn fold(cell: &[u8]) -> i32 {
    match values::number(values::trim(cell)) {
        Some(n) if (0.0..256.0).contains(&n) && n == f64::from(n as i32) => n as i32,
        _ => -1,
    }
}

/// The number of a label in this parcel. Bytes that are not UTF-8 cannot come: the text was checked.
fn word(known: &mut HashMap<String, u32>, words: &mut Vec<String>, label: &[u8]) -> u32 {
    let label = std::str::from_utf8(label).unwrap_or("\u{fffd}");
    if let Some(&code) = known.get(label) {
        return code;
    }
    let code = words.len() as u32;
    known.insert(label.to_string(), code);
    words.push(label.to_string());
    code
}

/// The refusal of a file in which every row was rejected as rounded by a spreadsheet, or as no ID at all.
pub fn nobody(tally: &Tally) -> Error {
    let rounded = (id::Reject::Scientific.code().to_string(), String::new());
    let barred = tally.reasons.get(&(NO_CONSENT.to_string(), String::new()));
    let (kind, first) = match (tally.reasons.get(&rounded), tally.rows) {
        (_, 0) => (Kind::NoRows, None),
        _ if barred.is_some() => (Kind::ConsentNobody, None),
        (Some(&(count, first)), rows) if 2 * count > rows => (Kind::IdScientific, Some(first)),
        _ => (Kind::NoValidId, tally.reasons.values().map(|r| r.1).min()),
    };
    let error = Error::new(kind);
    match first {
        Some(row) => error.row(row),
        None => error,
    }
}
