//! Tags at a fixed width: what each column's code means (it stands in the signed header), cells to codes, and
//! codes to cells.
//!
//! A code is one byte, or two for more than 256; 0 is "no value". A multi-valued column is a bit set, the first
//! label in the lowest bit of the first byte. What fewer than K rows hold is left out when the file is made, so
//! that no row stands out by a rare label.
//!
//! A file that translates IDs carries other IDs of the same people in the place of tags: their text, at a fixed
//! width. It has no background, and nothing of it is ever told of a crowd.

use super::secret::Random;
use crate::error::{Error, Kind, Result};
use crate::id::{self, Platform, Text, Writer};
use crate::num::{Order, mapped};
use crate::table::dates;
use crate::table::schema::{Feature, FeatureKind, Namespace};
use crate::table::store::{parcel, seal};
use crate::table::values::{self, Missing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Labels of a multi-valued column: the most frequent ones.
const MOST_BITS: usize = 1_024;
/// Labels of a column while they are counted.
const MOST_LABELS: usize = 65_000;
/// Numbers of a column that its bins are cut from: all, or a sample of this many.
const SAMPLE: usize = 100_000;
/// Bytes of the tags of one row.
const WIDEST: usize = 16 << 10;

/// One tag column: what its codes mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Kind of values.
    pub kind: FeatureKind,
    /// What each code means; the first is "no value". Bits of a multi-valued column mean the labels behind it.
    pub labels: Vec<String>,
    /// Lower edges of the bins of a number or date, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edges: Vec<f64>,
    /// What stood between the labels of a cell, and stands there again.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub separator: String,
    /// The IDs that stand in the cells, in a file that translates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carried: Option<Carried>,
}

/// IDs in the place of codes: their text, then zero bytes up to the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carried {
    /// What they are.
    pub id: id::Recipe,
    /// Bytes of the longest.
    pub width: usize,
}

/// An ID as it is carried; says whether the cell is one.
fn written(id: id::Recipe, cell: &[u8], out: &mut Vec<u8>) -> bool {
    Writer { platform: Platform::Generic, column: id, digest: id.digest, text: Text::Hex }.write(cell, out)
}

impl Carried {
    /// The ID of a cell: empty if there is none. Nothing if a stranger wrote what is no such ID.
    fn text(&self, bytes: &[u8]) -> Option<String> {
        let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let (text, mut again) = (&bytes[..end], Vec::new());
        let sound = text.is_empty() || written(self.id, text, &mut again) && again == text;
        let text = std::str::from_utf8(text).ok().filter(|text| sound && !seal::formula(text))?;
        Some(text.into())
    }
}

impl Column {
    /// Bytes of a cell.
    pub fn width(&self) -> usize {
        if let Some(carried) = &self.carried {
            return carried.width;
        }
        match self.kind {
            FeatureKind::Multi => self.labels.len().saturating_sub(1).div_ceil(8),
            _ if self.labels.len() <= 256 => 1,
            _ => 2,
        }
    }
    /// Whether a stranger's column can be read: labels for all codes, none that a spreadsheet would run.
    fn sound(&self) -> bool {
        let labels =
            self.labels.len() <= MOST_LABELS + 1 && self.labels.first().is_some_and(String::is_empty);
        let edges = self.edges.len() < self.labels.len() && self.edges.iter().all(|e| e.is_finite());
        let codes = self.kind != FeatureKind::Category || self.labels.len() > 1;
        let carried = |of: Carried| of.width > 0 && of.id.digest != id::Digest::Mixed && !codes;
        labels && edges && self.multi_is_separated() && self.carried.is_none_or(carried)
    }
    fn carrying(name: &str, carried: Carried) -> Column {
        let (labels, edges) = (vec![String::new()], vec![]);
        let carried = Some(carried);
        Column {
            name: name.into(),
            kind: FeatureKind::Category,
            labels,
            edges,
            separator: String::new(),
            carried,
        }
    }
    fn multi_is_separated(&self) -> bool {
        self.kind != FeatureKind::Multi
            || !self.separator.is_empty() && !self.labels.iter().any(|l| l.contains(&self.separator))
    }
    /// The text of a code, as a tag file writes it.
    fn text(&self, bytes: &[u8]) -> Option<String> {
        if let Some(carried) = &self.carried {
            return carried.text(bytes);
        }
        if self.kind != FeatureKind::Multi {
            let code = bytes.iter().fold(0, |code, byte| code << 8 | usize::from(*byte));
            return self.labels.get(code).cloned();
        }
        let set = |bit: &usize| bytes[bit / 8] >> (bit % 8) & 1 == 1;
        let bits = (0..8 * bytes.len()).filter(set);
        let labels: Option<Vec<_>> = bits.map(|bit| self.labels.get(bit + 1).map(String::as_str)).collect();
        Some(labels?.join(&self.separator))
    }
}

/// All tag columns of a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Columns(pub Vec<Column>);

impl Columns {
    /// Bytes of the tags of one row.
    pub fn width(&self) -> usize {
        self.0.iter().map(Column::width).sum()
    }
    /// Refuses a schema that cannot be read, or that a spreadsheet would run.
    pub fn check(&self) -> Result<()> {
        let mut names: Vec<&str> = self.0.iter().map(|c| c.name.as_str()).collect();
        names.order();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Kind::ColumnTwice.into());
        }
        // A background beside IDs would tell them to everybody: one file does one of the two.
        let mixed = self.translates() && self.0.iter().any(|column| column.carried.is_none());
        if mixed || !self.0.iter().all(Column::sound) || self.width() > WIDEST {
            return Err(Kind::ExchangeBroken.into());
        }
        let formula = |c: &&Column| seal::formula(&c.name) || c.labels.iter().any(|l| seal::formula(l));
        match self.0.iter().find(formula) {
            Some(column) => Err(Error::new(Kind::FormulaLabel).column(&column.name)),
            None => Ok(()),
        }
    }
    /// Columns of IDs that are translated to.
    pub fn carried(&self) -> impl Iterator<Item = &Column> {
        self.0.iter().filter(|column| column.carried.is_some())
    }
    /// Whether IDs stand in the place of tags.
    pub fn translates(&self) -> bool {
        self.carried().next().is_some()
    }
    /// The cells of a row; nothing if a code means nothing.
    pub fn cells(&self, mut row: &[u8]) -> Option<Vec<String>> {
        let mut cell = |column: &Column| {
            let (bytes, rest) = row.split_at_checked(column.width())?;
            row = rest;
            column.text(bytes)
        };
        self.0.iter().map(&mut cell).collect()
    }
}

/// A column of the provider's file.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its place in the row.
    pub at: usize,
    /// Name.
    pub name: String,
    /// Kind of values.
    pub kind: FeatureKind,
    /// Separator of a multi-valued cell.
    pub separator: String,
    /// What the IDs of the column are, if they are carried.
    pub id: Option<id::Recipe>,
}

/// The first look at every row: which labels there are and how numbers spread.
pub struct Census {
    sources: Vec<Source>,
    missing: Missing,
    held: Vec<Held>,
    random: Random,
}

#[derive(Default)]
struct Held {
    labels: BTreeMap<String, u64>,
    numbers: Vec<f64>,
    seen: u64,
    widest: usize,
}

impl Census {
    /// Nothing seen yet. `random` chooses which numbers bins are cut from, where there are very many.
    pub fn new(sources: Vec<Source>, missing: Missing, random: Random) -> Census {
        let held = sources.iter().map(|_| Held::default()).collect();
        Census { sources, missing, held, random }
    }
    /// Counts a row. Cells are found by [`Source::at`].
    pub fn see<'a>(&mut self, cell: impl Fn(usize) -> Option<&'a [u8]>) -> Result<()> {
        for (source, held) in self.sources.iter().zip(&mut self.held) {
            let cell = values::trim(cell(source.at).unwrap_or_default());
            if self.missing.has(cell) {
                continue;
            }
            if let Some(id) = source.id {
                let mut text = Vec::new();
                written(id, cell, &mut text);
                held.widest = held.widest.max(text.len());
                continue;
            }
            match source.kind {
                FeatureKind::Number => held.number(values::number(cell), &mut self.random),
                FeatureKind::Date => held.number(dates::date(cell), &mut self.random),
                FeatureKind::Category => held.label(cell),
                FeatureKind::Multi => {
                    let mut parts: Vec<&[u8]> = values::parts(cell, &source.separator).collect();
                    parts.order();
                    parts.dedup();
                    parts.into_iter().for_each(|part| held.label(part));
                }
            }
            if held.labels.len() > MOST_LABELS {
                return Err(Error::new(Kind::TooManyValues).column(&source.name));
            }
        }
        Ok(())
    }
    /// The columns, without what fewer than `k` rows hold, and the coder for the second look.
    pub fn finish(self, k: u64) -> Result<Coder> {
        let columns = self.sources.iter().zip(self.held).map(|(source, held)| held.column(source, k));
        let columns = Columns(columns.collect::<Result<_>>()?);
        columns.check()?;
        let index = |column: &Column| {
            let labels = column.labels.iter().enumerate().skip(1);
            mapped(labels.map(|(code, label)| (label.clone().into_bytes(), code)))
        };
        let codes = columns.0.iter().map(index).collect();
        Ok(Coder { sources: self.sources, missing: self.missing, codes, columns })
    }
}

impl Held {
    fn label(&mut self, label: &[u8]) {
        // Cells were surveyed as text; what is none counts under its replacement.
        *self.labels.entry(String::from_utf8_lossy(label).into_owned()).or_default() += 1;
    }
    /// Keeps a number, or lets it take the place of one: each of all seen is kept with the same chance.
    fn number(&mut self, value: Option<f64>, random: &mut Random) {
        let Some(value) = value else { return };
        self.seen += 1;
        if self.numbers.len() < SAMPLE {
            return self.numbers.push(value);
        }
        let at = random.below(self.seen) as usize;
        if let Some(slot) = self.numbers.get_mut(at) {
            *slot = value;
        }
    }
    fn column(self, source: &Source, k: u64) -> Result<Column> {
        let Source { name, kind, separator, .. } = source;
        if let Some(id) = source.id {
            return match self.widest {
                0 => Err(Error::new(Kind::NoValidId).column(name)),
                width => Ok(Column::carrying(name, Carried { id, width })),
            };
        }
        let parcel = parcel::Column {
            at: source.at,
            name: name.clone(),
            kind: *kind,
            separator: separator.clone(),
            clock: None,
        };
        let feature = match kind {
            FeatureKind::Number | FeatureKind::Date => self.bins(&parcel, k),
            _ => {
                let mut held = self.labels;
                held.retain(|label, n| *n >= k && !label.is_empty());
                let mut feature = seal::labelled(Namespace::Tags, &parcel, held)?;
                if *kind == FeatureKind::Multi {
                    feature.labels.truncate(MOST_BITS + 1);
                }
                feature
            }
        };
        let Feature { labels, edges, .. } = feature;
        Ok(Column {
            name: name.clone(),
            kind: *kind,
            labels,
            edges,
            separator: separator.clone(),
            carried: None,
        })
    }
    /// Quantile bins of at least about `k` rows each. The outer edges are those of the outermost K rows: the
    /// lowest and the highest value of the file would be somebody's.
    fn bins(self, column: &parcel::Column, k: u64) -> Feature {
        let mut numbers = self.numbers;
        numbers.order_by(f64::total_cmp);
        let last = numbers.len().saturating_sub(1);
        let share = k as f64 * numbers.len() as f64 / self.seen.max(1) as f64;
        let inside = |at: u64| {
            numbers[(at as usize).clamp((share as usize).min(last), last - (share as usize).min(last))]
        };
        let most = (numbers.len() as f64 / share.max(1.0)) as u64;
        let mut at: Vec<f64> = match 2 * share as usize > last {
            true => vec![],
            false => seal::statistics(numbers.len() as u64).into_iter().map(inside).collect(),
        };
        let step = (at.len() as u64).div_ceil(most.clamp(1, 40)).max(1) as usize;
        if let Some(highest) = at.pop() {
            at = at.into_iter().step_by(step).chain([highest]).collect();
        }
        seal::cut(Namespace::Tags, column, &at)
    }
}

/// Cells to codes.
pub struct Coder {
    sources: Vec<Source>,
    missing: Missing,
    codes: Vec<BTreeMap<Vec<u8>, usize>>,
    columns: Columns,
}

impl Coder {
    /// What the codes mean.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }
    /// The tags of a row. Cells are found by [`Source::at`].
    pub fn code<'a>(&self, cell: impl Fn(usize) -> Option<&'a [u8]>) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.columns.width());
        for ((source, column), codes) in self.sources.iter().zip(&self.columns.0).zip(&self.codes) {
            let cell = values::trim(cell(source.at).unwrap_or_default());
            let cell = if self.missing.has(cell) { &[] } else { cell };
            self.cell(source, column, codes, cell, &mut out);
        }
        out
    }
    fn cell(
        &self,
        source: &Source,
        column: &Column,
        codes: &BTreeMap<Vec<u8>, usize>,
        cell: &[u8],
        out: &mut Vec<u8>,
    ) {
        let (from, width) = (out.len(), column.width());
        if let Some(id) = source.id {
            written(id, cell, out);
            return out.resize(from + width, 0);
        }
        out.resize(from + width, 0);
        let bin = |value: Option<f64>| match value {
            Some(v) if !column.edges.is_empty() => {
                column.edges.partition_point(|&e| e <= v).clamp(1, column.edges.len())
            }
            _ => 0,
        };
        let code = match column.kind {
            FeatureKind::Number => bin(values::number(cell)),
            FeatureKind::Date => bin(dates::date(cell)),
            FeatureKind::Category => codes.get(cell).copied().unwrap_or(0),
            FeatureKind::Multi => {
                let bits = values::parts(cell, &source.separator).filter_map(|part| codes.get(part));
                bits.for_each(|code| out[from + (code - 1) / 8] |= 1 << ((code - 1) % 8));
                return;
            }
        };
        let bytes = (code as u16).to_be_bytes();
        out[from..].copy_from_slice(&bytes[2 - width..]);
    }
}
