//! Reading a slice of an ID map or of a consent file. One reader per column, no allocation per row but for the edges.

use crate::error::Result;
use crate::id::{self, Key, Reader, Recipe, Reject, mask};
use crate::shard::load::Block;
use crate::shard::{Shard, Task};
use crate::table::csv::{Fields, Rows};
use crate::table::dates;
use crate::table::schema::Dialect;
use crate::table::store::canon::agrees;
use crate::table::store::packed::{self, Word};
use crate::table::store::parcel::{Span, Tally, place};
use crate::table::survey::Fit;
use crate::table::values::{self, Missing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Two IDs of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    types: [u8; 2],
    keys: [Key; 2],
    /// How sure, in millionths.
    pub confidence: u32,
    /// When this was seen, in days since 1970-01-01; 0 if nothing says so.
    pub day: u32,
    /// Who said so: a position in the list of sources.
    pub source: u16,
}

impl Edge {
    /// An edge, the same from both ends.
    pub fn new(a: (u8, Key), b: (u8, Key), confidence: u32, day: u32, source: u16) -> Edge {
        let (a, b) = if a < b { (a, b) } else { (b, a) };
        Edge { types: [a.0, b.0], keys: [a.1, b.1], confidence, day, source }
    }
    /// Type and key of both.
    pub fn ends(&self) -> [(u8, Key); 2] {
        [0, 1].map(|i| (self.types[i], self.keys[i]))
    }
    /// Order among edges nothing else tells apart.
    pub fn hash(&self) -> u64 {
        self.keys[0].mix(self.keys[1].mix(0))
    }
}

impl Word for Edge {
    const WIDTH: usize = 44;
    fn put(self, to: &mut Vec<u8>) {
        self.keys.iter().for_each(|key| key.put(to));
        to.extend_from_slice(&self.types);
        [self.confidence, self.day].iter().for_each(|n| n.put(to));
        self.source.put(to);
    }
    fn take(from: &[u8]) -> Option<Self> {
        Some(Edge {
            keys: [Key::take(from.get(..16)?)?, Key::take(from.get(16..32)?)?],
            types: from.get(32..34)?.try_into().ok()?,
            confidence: u32::take(from.get(34..38)?)?,
            day: u32::take(from.get(38..42)?)?,
            source: u16::take(from.get(42..44)?)?,
        })
    }
}

/// A column of IDs of a map.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MapColumn {
    /// Position.
    pub at: usize,
    /// Name.
    pub name: String,
    /// What it holds.
    pub recipe: Recipe,
    /// Where IDs of this type are compared.
    pub space: Recipe,
    /// Tells its keys from those of other types.
    pub mask: Key,
    /// Its type, by priority.
    pub of: u8,
}

/// How a map is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MapReading {
    /// ID columns, by priority.
    pub columns: Vec<MapColumn>,
    /// Position of the confidence, from 0 to 1; without one every row is sure.
    pub confidence: Option<usize>,
    /// Position of the name of who says so.
    pub source: Option<usize>,
    /// Position of the date of the row.
    pub seen: Option<usize>,
    /// Less sure rows are left out.
    pub least: u32,
    /// Rows of earlier days are left out, and those without a date.
    pub since: Option<u32>,
    /// If any: what is wanted is not edges but these IDs, masked.
    #[serde(with = "packed")]
    pub wanted: Vec<Key>,
}

/// How a consent file is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConsentReading {
    /// The ID.
    pub id: MapColumn,
    /// Position of yes or no; without one whoever stands in the file has agreed.
    pub consent: Option<usize>,
    /// Position of the last day of the consent, and the day it has to reach.
    pub until: Option<(usize, f64)>,
}

/// What is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum What {
    /// A map.
    Map(MapReading),
    /// A consent file.
    Consent(ConsentReading),
}

/// Reads a slice.
#[derive(Serialize, Deserialize)]
pub struct ReadIds {
    /// What it is.
    pub what: What,
    /// Bytes to rows.
    pub dialect: Dialect,
    /// How many fields a row has.
    pub width: usize,
    /// Cells that mean "no value".
    pub missing: Missing,
    /// Where the slice stands.
    pub span: Span,
    /// The text, if it is not read from the file.
    pub text: Option<Block>,
}

/// What stood in a slice.
#[derive(Default, Serialize, Deserialize)]
pub struct FoundIds {
    /// Pairs of IDs.
    #[serde(with = "packed")]
    pub edges: Vec<Edge>,
    /// Names of sources in the order they were met.
    pub sources: Vec<String>,
    /// Wanted IDs, masked.
    pub masks: BTreeMap<[u8; 16], String>,
    /// IDs of people who agreed.
    #[serde(with = "packed")]
    pub yes: Vec<Key>,
    /// IDs of people who did not.
    #[serde(with = "packed")]
    pub no: Vec<Key>,
    /// What became of the rows.
    pub tally: Tally,
    /// Bytes of rows that were complete.
    pub read: usize,
    /// Number of the row behind them.
    pub next_row: u64,
}

impl Task for ReadIds {
    const NAME: &'static str = "read-ids";
    type Reply = FoundIds;
    fn run(self, _: &mut Shard, input: Vec<u8>) -> Result<FoundIds> {
        let text = self.text.map_or(input, |block| block.0);
        let columns = match &self.what {
            What::Map(map) => map.columns.iter().collect(),
            What::Consent(consent) => vec![&consent.id],
        };
        let readers = columns.iter().map(|c| Reader::new(c.recipe, c.space)).collect::<Result<_>>()?;
        let mut ids = Ids { readers, row: 0, missing: &self.missing, found: FoundIds::default() };
        let mut rows = Rows::new(&text, &self.dialect).until(self.span.end);
        let mut fields = Fields::new();
        let mut header = self.dialect.header && self.span.first_row == 1;
        while rows.next(self.span.last, &mut fields).map_err(|e| place(e, self.span.first_row))?.is_some() {
            if std::mem::take(&mut header) {
                continue;
            }
            ids.row = self.span.first_row + rows.lines() - 1;
            ids.found.tally.rows += 1;
            let left = match (Fit::of(&fields, self.width), &self.what) {
                (Fit::Long, _) => Err("long-row"),
                (_, What::Map(map)) => ids.pairs(map, &fields),
                (_, What::Consent(consent)) => ids.consent(consent, &fields),
            };
            if let Err(code) = left {
                Tally::count(&mut ids.found.tally.reasons, code, "", ids.row);
            }
        }
        ids.found.read = rows.at();
        ids.found.next_row = self.span.first_row + rows.lines();
        Ok(ids.found)
    }
}

struct Ids<'a> {
    readers: Vec<Reader>,
    row: u64,
    missing: &'a Missing,
    found: FoundIds,
}

fn cell<'a>(fields: &'a Fields, at: usize) -> &'a [u8] {
    values::trim(fields.get(at).unwrap_or_default())
}

impl Ids<'_> {
    /// The pairs of a row: each of its IDs with the one of the highest priority. Or why it has none.
    fn pairs(&mut self, map: &MapReading, fields: &Fields) -> std::result::Result<(), &'static str> {
        let number = |at| values::number(cell(fields, at)).filter(|n| (0.0..=1.0).contains(n));
        let sure = map.confidence.map_or(Some(1.0), number).ok_or("not-a-confidence")?;
        let confidence = (sure * 1e6).round() as u32;
        let date = map.seen.and_then(|at| dates::date(cell(fields, at)));
        let day = date.map_or(0, |day| day.max(0.0) as u32);
        if confidence < map.least {
            return Err("weak");
        }
        if map.since.is_some_and(|since| day < since) {
            return Err("stale");
        }
        let source = map.source.map_or(0, |at| self.source(cell(fields, at)));
        let mut first: Option<(u8, Key)> = None;
        let mut any = false;
        for (at, column) in map.columns.iter().enumerate() {
            let Some(id) = self.key(at, column, fields) else { continue };
            if map.wanted.binary_search(&id.1).is_ok() {
                self.mask(id.1, cell(fields, column.at), column.recipe);
            }
            match first {
                Some(first) if first == id => {}
                Some(_) if !map.wanted.is_empty() => {}
                Some(first) => {
                    any = true;
                    self.found.edges.push(Edge::new(first, id, confidence, day, source));
                }
                None => first = Some(id),
            }
        }
        if any { Ok(()) } else { Err("lone-id") }
    }
    fn key(&mut self, at: usize, column: &MapColumn, fields: &Fields) -> Option<(u8, Key)> {
        let cell = cell(fields, column.at);
        if self.missing.has(cell) {
            return None;
        }
        match self.readers[at].key(cell) {
            Ok(key) => Some((column.of, key.masked(column.mask))),
            Err(Reject::Empty) => None,
            Err(reject) => {
                Tally::count(&mut self.found.tally.notes, reject.code(), &column.name, self.row);
                None
            }
        }
    }
    fn source(&mut self, cell: &[u8]) -> u16 {
        let name = String::from_utf8_lossy(cell);
        let known = self.found.sources.iter().position(|source| *source == name);
        let at = known.unwrap_or_else(|| {
            self.found.sources.push(name.into_owned());
            self.found.sources.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }
    /// One ID may be written in several ways: the first in the order of the alphabet stays.
    fn mask(&mut self, key: Key, text: &[u8], is: Recipe) {
        let text = String::from_utf8_lossy(text);
        // More of a hash than this would name the phone it was made of.
        let hashed = || text.chars().take(4).chain(['…']).collect();
        let masked = if is.digest == id::Digest::None { mask(&text, is.kind) } else { hashed() };
        let kept = self.found.masks.entry(key.0).or_insert_with(|| masked.clone());
        *kept = masked.min(kept.clone());
    }
    /// Whether a row agrees. A consent past its day is none, but takes nothing from a later one.
    fn consent(
        &mut self,
        consent: &ConsentReading,
        fields: &Fields,
    ) -> std::result::Result<(), &'static str> {
        let (_, key) = match self.readers[0].key(cell(fields, consent.id.at)) {
            Ok(key) => (0, key.masked(consent.id.mask)),
            Err(reject) => return Err(reject.code()),
        };
        let said = consent.consent.map_or(Some(true), |at| agrees(cell(fields, at)));
        if said != Some(true) {
            self.found.no.push(key);
            return if said.is_none() { Err("consent-unclear") } else { Ok(()) };
        }
        let ends = consent.until.filter(|&(at, _)| !self.missing.has(cell(fields, at)));
        let until = ends.map(|(at, day)| (dates::date(cell(fields, at)), day));
        match until {
            Some((None, _)) => Err("not-a-date"),
            Some((Some(last), day)) if last < day => Err("expired"),
            _ => {
                self.found.yes.push(key);
                Ok(())
            }
        }
    }
}
