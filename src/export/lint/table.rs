//! A table, looked at row by row: what each column holds, which rows are like no other, which counts are small.

use super::finding::{Code, Finding};
use super::pattern::{PATTERNS, inside, whole};
use super::sketch::{Sketch, Uniques, hash};
use super::{Context, counts};
use crate::error::{Error, Result};
use crate::id::{self, Digest, Kind, Shape, guess, mask, shape};
use crate::table::csv::{Fields, ROW_LIMIT, Rows};
use crate::table::schema::{Container, Dialect, Encoding};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How often something was seen, and where first.
#[derive(Clone, Debug, Default)]
pub(super) struct Hits {
    pub count: u64,
    pub row: u64,
    pub example: String,
}

impl Hits {
    pub fn see(&mut self, row: u64, example: impl FnOnce() -> String) {
        self.count += 1;
        if self.count == 1 {
            (self.row, self.example) = (row, example());
        }
    }
}

/// A value nobody can be reached by.
pub(super) fn masked(text: &[u8], kind: Kind) -> String {
    mask(&String::from_utf8_lossy(text), kind)
}

/// Shortest base64 of a message: a digest's is 44 characters long.
const MESSAGE: usize = 60;
/// Digests that are shorter are none.
const DIGESTS: [Shape; 6] =
    [Shape::Md5, Shape::Sha1, Shape::Hex64, Shape::Base64Of16, Shape::Base64Of20, Shape::Base64Of32];

#[derive(Default)]
struct Column {
    name: String,
    counts: bool,
    shapes: [u64; Shape::COUNT],
    filled: Hits,
    tokens: u64,
    solved: u64,
    patterns: [Hits; PATTERNS.len()],
    digests: Hits,
    small: Hits,
}

impl Column {
    /// Takes a cell; answers whether it is an ID.
    fn see(&mut self, cell: &[u8], row: u64, context: &Context) -> bool {
        let is = shape(cell);
        self.shapes[is.index()] += 1;
        if is == Shape::Empty {
            return false;
        }
        let pattern = whole(cell, is);
        self.filled.see(row, || masked(cell, pattern.map_or(Kind::Opaque, |found| PATTERNS[found].1)));
        self.tokens += u64::from(cell.starts_with(id::TOKEN));
        let digest = DIGESTS.contains(&is);
        self.solved += u64::from(digest && context.known.is_some_and(|known| known.has(cell)));
        match pattern {
            Some(found) => self.patterns[found].see(row, || masked(cell, PATTERNS[found].1)),
            None if is == Shape::Text => self.within(cell, row),
            None if self.counts => self.number(cell, row, context.k),
            None => {}
        }
        digest || pattern.is_some()
    }
    fn within(&mut self, text: &[u8], row: u64) {
        inside(text, &mut |word, found| self.patterns[found].see(row, || masked(word, PATTERNS[found].1)));
        let message = text.len() >= MESSAGE && text.len().is_multiple_of(4);
        let Some(message) = message.then(|| STANDARD.decode(text).ok()).flatten() else { return };
        for word in message.split(|b| !b.is_ascii_alphanumeric()).filter(|word| word.len() >= 11) {
            let is = shape(word);
            if let Some(found) = whole(word, is) {
                self.patterns[found].see(row, || masked(word, PATTERNS[found].1));
            } else if DIGESTS.contains(&is) {
                self.digests.see(row, || masked(word, Kind::Opaque));
            }
        }
    }
    fn number(&mut self, cell: &[u8], row: u64, k: u64) {
        let people: Option<u64> = std::str::from_utf8(cell).ok().and_then(|cell| cell.parse().ok());
        if people.is_some_and(|people| (1..k).contains(&people)) {
            self.small.see(row, || String::from_utf8_lossy(cell).into_owned());
        }
    }
    fn of(&self, code: Code, hits: &Hits) -> Finding {
        Finding::new(code, hits.count, self.filled.count).at(&self.name, hits.row, &hits.example)
    }
    /// What the IDs of a column are; `said` is what is known of them.
    fn ids(&self, said: Option<id::Recipe>, rows: bool) -> Option<Finding> {
        if 2 * self.tokens >= self.filled.count || self.digests.count > 0 {
            return None;
        }
        let guessed = || guess(&self.name, &self.shapes, 0.0).map(|guess| guess.recipe);
        let opaque = rows.then(|| id::Recipe::new(Kind::Opaque, Digest::None));
        let is = said.or_else(guessed).or(opaque)?;
        let code = code(is).filter(|code| rows || *code != Code::OpaqueIds)?;
        Some(Finding { solved: self.solved, ..self.of(code, &self.filled) })
    }
    fn findings(&self, said: Option<id::Recipe>, rows: bool) -> Vec<Finding> {
        let mut found = Vec::from_iter(self.ids(said, rows));
        for ((code, _), hits) in PATTERNS.iter().zip(&self.patterns) {
            if hits.count > 0 && found.iter().all(|known| known.code != code.words().0) {
                found.push(self.of(*code, hits));
            }
        }
        let digests = (self.digests.count > 0).then_some(&self.digests);
        found.extend(digests.map(|hits| Finding { of: hits.count, ..self.of(Code::Guessable, hits) }));
        found
    }
}

/// What a list of such IDs tells.
pub(super) fn code(ids: id::Recipe) -> Option<Code> {
    Some(match (ids.digest, ids.kind) {
        (Digest::None, Kind::Phone) => Code::RawPhone,
        (Digest::None, Kind::Email) => Code::RawEmail,
        (Digest::None, Kind::Opaque) => Code::OpaqueIds,
        (Digest::None, _) => Code::DeviceId,
        _ => Code::Guessable,
    })
}

/// A table under way.
pub(super) struct Table {
    text: Vec<u8>,
    dialect: Option<Dialect>,
    lines: u64,
    rows: u64,
    columns: Vec<Column>,
    /// Which column holds the IDs.
    id: Option<usize>,
    uniques: Uniques,
    /// IDs that stand there once.
    once: Uniques,
    pub sketch: Sketch,
}

impl Table {
    pub fn new(k: u64) -> Table {
        let (text, columns, uniques, once) = Default::default();
        let (dialect, id) = (None, None);
        Table { text, dialect, lines: 0, rows: 0, columns, id, uniques, once, sketch: Sketch::new(k) }
    }
    pub fn feed(&mut self, bytes: &[u8], last: bool, context: &Context) -> Result<()> {
        self.text.extend_from_slice(bytes);
        let mut text = std::mem::take(&mut self.text);
        if self.dialect.is_none() && !last && text.len() < ROW_LIMIT && !text.contains(&b'\n') {
            self.text = text;
            return Ok(());
        }
        let dialect = self.dialect.get_or_insert_with(|| sniffed(&text)).clone();
        let (mut rows, mut fields) = (Rows::new(&text, &dialect), Fields::new());
        let before = self.lines;
        let shifted = |e: Error| e.at.row.map_or(e.clone(), |row| e.clone().row(before + row));
        while rows.next(last, &mut fields).map_err(shifted)?.is_some() {
            self.row(&fields, before + rows.lines(), context);
        }
        self.lines += rows.lines();
        let at = rows.at();
        text.drain(..at);
        self.text = text;
        Ok(())
    }
    fn row(&mut self, fields: &Fields<'_>, line: u64, context: &Context) {
        if self.columns.is_empty() && self.first(fields) {
            return;
        }
        self.rows += 1;
        self.columns.resize_with(self.columns.len().max(fields.len()), Column::default);
        let (mut tags, mut some) = (1, false);
        for (at, cell) in fields.iter().enumerate() {
            let column = &mut self.columns[at];
            let is_id = column.see(cell, line, context);
            if Some(at) == self.id {
                self.sketch.add(cell);
                self.once.add(hash(0, cell));
            } else if !is_id && column.name != SCORE {
                (tags, some) = (hash(tags, cell), true);
            }
        }
        if some {
            self.uniques.add(tags);
        }
    }
    /// Reads the first row; answers whether it names the columns.
    fn first(&mut self, fields: &Fields<'_>) -> bool {
        let header = names(fields);
        let name = |cell: &[u8]| String::from_utf8_lossy(id::trim(cell)).into_owned();
        let column = |cell: &[u8]| {
            let name = if header { name(cell) } else { String::new() };
            Column { counts: counts(&name), name, ..Column::default() }
        };
        self.columns = fields.iter().map(column).collect();
        let person = |cell: &[u8]| cell.starts_with(id::TOKEN) || is_id(cell);
        let seen = fields.iter().position(|cell| if header { name_of_id(&name(cell)) } else { person(cell) });
        self.id = seen.or((fields.len() == 1).then_some(0));
        header
    }
    /// A table of people: its IDs do not stand beside counts, or repeat themselves little.
    fn lists(&self) -> bool {
        let counts = self.columns.iter().any(|column| column.counts);
        self.id.is_some() && (!counts || 20 * self.once.count() >= 19 * self.rows)
    }
    pub fn findings(&self, context: &Context) -> Vec<Finding> {
        let lists = self.lists();
        let files = self.columns.first().is_some_and(|column| column.name == "file");
        let mut found = Vec::new();
        for (at, column) in self.columns.iter().enumerate().filter(|(_, c)| !(files && c.name == "sha256")) {
            let here = lists && self.id == Some(at);
            found.extend(column.findings(context.ids.filter(|_| here), here));
            if lists && self.id.is_some() && column.name == SCORE {
                found.push(column.of(Code::RawScores, &column.filled));
            }
            if !lists && column.small.count > 0 {
                found.push(column.of(Code::SmallCells, &column.small));
            }
        }
        let alone = if lists { self.uniques.count() } else { 0 };
        found.extend((alone > 0).then(|| Finding::new(Code::UniqueRows, alone, self.rows)));
        found
    }
    /// Whether it lists people.
    pub fn people(&self) -> Option<&Sketch> {
        (self.lists() && self.sketch.ids > 0).then_some(&self.sketch)
    }
}

/// What our own tables call a score.
const SCORE: &str = "score";

fn is_id(cell: &[u8]) -> bool {
    let is = shape(cell);
    DIGESTS.contains(&is) || whole(cell, is).is_some()
}

fn name_of_id(name: &str) -> bool {
    name == "token" || id::named(name).is_some()
}

/// Whether a first row names the columns: no cell of it is an ID, a number or nothing; alone, it speaks of an ID.
fn names(fields: &Fields<'_>) -> bool {
    let word = |cell: &[u8]| match shape(cell) {
        Shape::Text => {
            !cell.starts_with(id::TOKEN) && std::str::from_utf8(cell).is_ok_and(|c| c.parse::<f64>().is_err())
        }
        Shape::Imei14 => false,
        is => is == Shape::Email && !is_id(cell),
    };
    fields.iter().all(word)
        && (fields.len() > 1 || fields.iter().all(|cell| name_of_id(&String::from_utf8_lossy(cell))))
}

/// How a table is written, from its first line.
fn sniffed(text: &[u8]) -> Dialect {
    let line = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let often = |sign: &u8| line.iter().filter(|b| *b == sign).count();
    let delimiter = *b"|;\t,".iter().max_by_key(|sign| often(sign)).unwrap_or(&b',');
    Dialect { container: Container::Plain, encoding: Encoding::Utf8, delimiter, quoted: true, header: false }
}
