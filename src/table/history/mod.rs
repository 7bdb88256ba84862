//! Files of many rows per person: events, orders, assignments to an experiment.
//!
//! A row goes to the shard that owns its person ([`cut`]); there rows are kept as they come ([`keep`]) and sealed: sorted by
//! person, time and place in the recipe, columns as small codes ([`past`]). Times are seconds of the room's calendar since
//! 1970-01-01 ([`moment`]), money whole minor units ([`money`]): nothing that is added up is a float.

pub mod calendar; // weeks, months, hours
pub mod counts; // campaigns that somebody else counted
pub mod cut; // rows of a slice to parcels per owner
pub mod labelled; // rows that somebody else counted, by labels and days
pub mod keep; // what a shard keeps until all is in
pub mod moment; // cells to seconds
pub mod money; // cells to minor units
pub mod past; // the sealed tables of one shard
pub mod pick; // which rows are meant
pub mod platform; // cells as platforms write them
pub mod products; // what products are, joined to rows that name them
pub mod settle; // what became of an order
pub mod small; // files that the desk keeps
pub mod standing; // people by stage as platforms count them

use crate::table::dates;
use serde::{Deserialize, Serialize};

/// Where a row stands among those of all files: the number of its file in the recipe, then its row.
pub fn order_of(file: u64, row: u64) -> u64 {
    file << 40 | row
}

/// The number of the file a row stands in.
pub fn file_of(order: u64) -> usize {
    (order >> 40) as usize
}

/// The tables a room can have, each of any number of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "PastTable"))]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// What people did.
    Events,
    /// What they bought.
    Orders,
    /// The arm they were put into.
    Assign,
}

impl Source {
    /// All, in the order the shards keep them.
    pub const ALL: [Source; 3] = [Source::Events, Source::Orders, Source::Assign];
    /// Where a shard keeps it.
    pub fn at(self) -> usize {
        self as usize
    }
    /// Its name in the recipe.
    pub fn name(self) -> &'static str {
        ["events", "orders", "assign"][self.at()]
    }
}

/// A column of labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dim {
    /// Its name: a role such as `event`, `channel`, `product`, or the column's.
    pub name: String,
    /// Labels by code, in the order of their bytes; code 0 is "no value".
    pub labels: Vec<String>,
}

impl Dim {
    /// The code of a label.
    pub fn code(&self, label: &str) -> Option<u32> {
        self.labels.binary_search_by(|l| l.as_str().cmp(label)).ok().map(|at| at as u32)
    }
}

/// A column of whole numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// How many decimals its unit has: money in cents has two.
    pub decimals: u8,
}

/// The columns of one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableSchema {
    /// Columns of labels.
    pub dims: Vec<Dim>,
    /// Columns of numbers.
    pub measures: Vec<Measure>,
    /// Rows over all shards.
    pub rows: u64,
}

impl TableSchema {
    /// The column of labels of this name.
    pub fn dim(&self, name: &str) -> Option<(usize, &Dim)> {
        self.dims.iter().enumerate().find(|(_, dim)| dim.name == name)
    }
    /// The column of numbers of this name.
    pub fn measure(&self, name: &str) -> Option<(usize, &Measure)> {
        self.measures.iter().enumerate().find(|(_, measure)| measure.name == name)
    }
}

/// What the desk knows of the tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PastSchema {
    /// By [`Source::at`].
    pub tables: [TableSchema; 3],
    /// People over all tables and shards.
    pub people: u64,
    /// The first second behind the last day that counts, on the room's calendar.
    pub end: u32,
}

impl PastSchema {
    /// A table.
    pub fn table(&self, source: Source) -> &TableSchema {
        &self.tables[source.at()]
    }
    /// The first day that is no longer known, since 1970-01-01.
    pub fn end_day(&self) -> u32 {
        self.end / moment::DAY
    }
    /// The last day that counts, as text; none where no row has a time.
    pub fn last_day(&self) -> String {
        let day = f64::from(self.end_day()) - 1.0;
        if day > 0.0 { dates::text(day) } else { String::new() }
    }
}
