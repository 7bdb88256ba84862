//! Which rows of a table are meant: labels of the recipe as codes of columns.

use super::past::Table;
use super::{PastSchema, Source, TableSchema};
use crate::error::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows with any of the codes in every one of these columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// Column and codes.
    pub all: Vec<(u32, Vec<u32>)>,
}

impl Match {
    /// Whether a row is meant.
    pub fn takes(&self, table: &Table, row: usize) -> bool {
        self.all.iter().all(|(dim, codes)| codes.contains(&table.dims[*dim as usize].at(row)))
    }
}

/// A table or column that is not there.
pub fn missing(what: String) -> Error {
    Error::new(Kind::TableMissing).file("room.toml").column(what)
}

impl PastSchema {
    /// A table with rows, or a refusal that names it.
    pub fn full(&self, source: Source) -> Result<&TableSchema> {
        Some(self.table(source)).filter(|table| table.rows > 0).ok_or_else(|| missing(source.name().into()))
    }
    /// The column of labels of this name, or a refusal that names it.
    pub fn column(&self, source: Source, name: &str) -> Result<usize> {
        let found = self.table(source).dim(name).map(|(at, _)| at);
        found.ok_or_else(|| missing(format!("{}: {name}", source.name())))
    }
    /// The column of numbers of this name, or a refusal that names it.
    pub fn number(&self, source: Source, name: &str) -> Result<usize> {
        let found = self.table(source).measure(name).map(|(at, _)| at);
        found.ok_or_else(|| missing(format!("{}: {name}", source.name())))
    }
    /// A column and the codes of these labels of it. One that no row has is more likely misspelt than never done.
    pub fn codes(&self, source: Source, name: &str, labels: &[String]) -> Result<(u32, Vec<u32>)> {
        let at = self.column(source, name)?;
        if labels.is_empty() {
            return Err(Error::new(Kind::OutOfRange).file("room.toml").column(format!("{name} = []")));
        }
        let code = |label: &String| {
            let unknown = || Error::new(Kind::LabelUnknown).column(format!("{name}: {label}"));
            self.table(source).dims[at].code(label).ok_or_else(unknown)
        };
        Ok((at as u32, labels.iter().map(code).collect::<Result<_>>()?))
    }
    /// Rows with any of these events (of any event, if none is named), and any of the values in every column.
    pub fn rows_of(
        &self,
        source: Source,
        event: &[String],
        filter: &BTreeMap<String, Vec<String>>,
    ) -> Result<Match> {
        let event = (!event.is_empty()).then(|| self.codes(source, "event", event));
        let filter = filter.iter().map(|(name, values)| self.codes(source, name, values));
        Ok(Match { all: event.into_iter().chain(filter).collect::<Result<_>>()? })
    }
}
