//! Rows of a table in slices, in order: what publishing and asking read files with. Every row is accounted for.

use super::tags::Source;
use super::terms::{Reader, Terms};
use crate::error::{Error, Kind, Result};
use crate::id::{self, Key};
use crate::table::csv::{Fields, Rows};
use crate::table::decode::Decoder;
use crate::table::inspection::Inspection;
use crate::table::schema::{Container, Dialect, FeatureKind, Role};
use crate::table::survey::Fit;
use crate::table::xlsx::xlsx_to_csv;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A table as its inspection found it, read once from start to end.
pub struct Feed {
    dialect: Dialect,
    width: usize,
    decoder: Decoder,
    raw: Vec<u8>,
    text: Vec<u8>,
    header: bool,
    lines: u64,
}

impl Feed {
    /// A reader at the start of the file.
    pub fn new(found: &Inspection) -> Feed {
        let dialect = found.dialect.clone();
        let container =
            if dialect.container == Container::Xlsx { Container::Plain } else { dialect.container };
        Feed {
            decoder: Decoder::new(container, dialect.encoding),
            width: found.columns.len(),
            header: dialect.header,
            dialect,
            raw: Vec::new(),
            text: Vec::new(),
            lines: 0,
        }
    }
    /// Takes the next bytes of the file and hands on every whole row; `last` says that no more come. A row with
    /// more cells than columns is handed on as none: nobody knows which cell is whose.
    pub fn feed(
        &mut self,
        raw: &[u8],
        last: bool,
        see: &mut dyn FnMut(u64, Option<&Fields<'_>>) -> Result<()>,
    ) -> Result<()> {
        if self.dialect.container == Container::Xlsx {
            // A workbook's directory stands at its end.
            self.raw.extend_from_slice(raw);
            if last {
                let text = xlsx_to_csv(&std::mem::take(&mut self.raw))?;
                self.decode(&text, true, see)?;
            }
            return Ok(());
        }
        self.decode(raw, last, see)
    }
    fn decode(
        &mut self,
        mut raw: &[u8],
        last: bool,
        see: &mut dyn FnMut(u64, Option<&Fields<'_>>) -> Result<()>,
    ) -> Result<()> {
        loop {
            let mut text = std::mem::take(&mut self.text);
            let fed = self.decoder.feed(raw, last, &mut text)?;
            raw = &raw[fed.used..];
            let at = self.rows(&text, last && !fed.more, see)?;
            text.drain(..at);
            self.text = text;
            if !fed.more {
                return Ok(());
            }
        }
    }
    fn rows(
        &mut self,
        text: &[u8],
        last: bool,
        see: &mut dyn FnMut(u64, Option<&Fields<'_>>) -> Result<()>,
    ) -> Result<usize> {
        let (mut rows, mut fields) = (Rows::new(text, &self.dialect), Fields::new());
        let before = self.lines;
        let shifted = |e: Error| e.at.row.map_or(e.clone(), |row| e.clone().row(before + row));
        while rows.next(last, &mut fields).map_err(shifted)?.is_some() {
            if std::mem::take(&mut self.header) {
                continue;
            }
            let whole = Fit::of(&fields, self.width) != Fit::Long;
            see(before + rows.lines(), whole.then_some(&fields))?;
        }
        self.lines += rows.lines();
        Ok(rows.at())
    }
}

/// The columns of a file that can be tags, as found.
pub fn sources(found: &Inspection) -> Vec<Source> {
    let source = |(at, column): (usize, &crate::table::inspection::ColumnFound)| {
        let (kind, separator) = match &column.role {
            Role::Category => (FeatureKind::Category, String::new()),
            Role::Number => (FeatureKind::Number, String::new()),
            Role::Date => (FeatureKind::Date, String::new()),
            Role::Multi { separator } => (FeatureKind::Multi, separator.clone()),
            Role::Id(_) | Role::Fold | Role::Ignore => return None,
        };
        Some(Source { at, name: column.name.clone(), kind, separator, id: None })
    };
    found.columns.iter().enumerate().filter_map(source).collect()
}

/// The columns of IDs that a file translates to; refuses a name that is no column of IDs.
pub fn carried(found: &Inspection, names: &[String]) -> Result<Vec<Source>> {
    let source = |name: &String| {
        let at = found.columns.iter().position(|column| column.name == *name);
        let at = at.ok_or_else(|| Error::new(Kind::ColumnMissing).column(name))?;
        let column = &found.columns[at];
        let id = match &column.role {
            Role::Id(recipe) => Some(*recipe),
            _ => column.id.map(|guess| guess.recipe),
        };
        let id = id.filter(|id| id.digest != id::Digest::Mixed);
        let id = Some(id.ok_or_else(|| Error::new(Kind::NoIdColumn).column(name))?);
        Ok(Source { at, name: name.clone(), kind: FeatureKind::Category, separator: String::new(), id })
    };
    names.iter().map(source).collect()
}

/// What became of the rows of a file: `rows = invalid + duplicate + people`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Rows without the header.
    pub rows: u64,
    /// Rows without a usable ID, by reason.
    pub invalid: BTreeMap<&'static str, u64>,
    /// Rows of people who were there already.
    pub duplicate: u64,
}

/// Reads the ID column of the brand's file: every person once, in the order of the file.
pub struct People {
    at: usize,
    reader: Reader,
    seen: BTreeSet<Key>,
    account: Account,
    ids: Vec<Vec<u8>>,
    rows: Vec<u64>,
}

impl People {
    /// A reader of column `at`, which holds such IDs, for these terms.
    pub fn new(at: usize, column: id::Recipe, terms: &Terms) -> Result<People> {
        let reader = Reader::new(column, terms)?;
        let (seen, account) = (BTreeSet::new(), Account::default());
        Ok(People { at, reader, seen, account, ids: Vec::new(), rows: Vec::new() })
    }
    /// Takes a row of a [`Feed`].
    pub fn see(&mut self, line: u64, fields: Option<&Fields<'_>>) {
        self.account.rows += 1;
        let cell = fields.map(|fields| fields.get(self.at).unwrap_or_default());
        match cell.map_or(Err("long-row"), |cell| self.reader.read(cell).map_err(|reject| reject.code())) {
            Err(reason) => *self.account.invalid.entry(reason).or_default() += 1,
            Ok(id) if self.new_person(&id) => {
                self.ids.push(id);
                self.rows.push(line);
            }
            Ok(_) => self.account.duplicate += 1,
        }
    }
    fn new_person(&mut self, id: &[u8]) -> bool {
        let mut key = Key::default();
        key.0.copy_from_slice(&Sha256::digest(id)[..16]);
        self.seen.insert(key)
    }
    /// IDs, their 1-based rows, and the account; refuses a file without any.
    pub fn finish(self) -> Result<(Vec<Vec<u8>>, Vec<u64>, Account)> {
        if self.ids.is_empty() {
            Err(Kind::NoValidId.into())
        } else {
            Ok((self.ids, self.rows, self.account))
        }
    }
}
