//! Cutting a slice of a file of many rows per person into parcels: every row is read once and accounted for.

mod steps;

pub use steps::StepColumn;

use super::moment::{self, DAY, Format, Moment, Odd};
use super::{Source, money, order_of};
use crate::error::Result;
use crate::id::{Ids, Key, Reader, Recipe, Reject};
use crate::table::csv::{Fields, Rows};
use crate::table::schema::Dialect;
use crate::table::sketch;
use crate::table::store::canon::Canon;
use crate::table::store::packed;
use crate::table::store::parcel::{NO_CONSENT, Span, Tally, place};
use crate::table::store::side::Index;
use crate::table::survey::Fit;
use crate::table::values::{self, Missing};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// A row of an order that was bought and stays so.
pub const SOLD: u8 = 0;
/// A row that gives money back.
pub const REFUND: u8 = 1;
/// A row of an order that never became one.
pub const CANCELLED: u8 = 2;
/// A row whose status says that it was given back, of an amount above zero: a movement, or how the order stands. None are left
/// once orders are settled.
pub const RETURNED: u8 = 3;
/// A row that calls off what rows before it sold, its amount below zero: until orders are settled, any row whose status says
/// that the order was cancelled.
pub const CALLED_OFF: u8 = 4;

/// How to read one file: everything a shard needs, checked once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastReading {
    /// Which table.
    pub source: Source,
    /// Bytes to rows.
    pub dialect: Dialect,
    /// How many fields a row has.
    pub width: usize,
    /// Cells that mean "no value".
    pub missing: Missing,
    /// Position of the ID column, and its name; without one every row is somebody else, by its number.
    pub id: (Option<usize>, String),
    /// What it holds.
    pub recipe: Recipe,
    /// Where IDs of this type are compared.
    pub space: Recipe,
    /// Tells its keys from those of other types.
    pub mask: Key,
    /// Whether only rows of people who agreed may be kept.
    pub gated: bool,
    /// When.
    pub time: Option<TimeColumn>,
    /// The second of rows without a column of the time.
    pub day: u32,
    /// Steps that are events of their own, in the order of their columns; every row is one event if there are none.
    pub steps: Vec<StepColumn>,
    /// The first second, on the room's calendar, that lies in the future.
    pub until: Option<u32>,
    /// One per column of labels of the table.
    pub dims: Vec<Label>,
    /// One per column of numbers of the table: position, name in the file, decimals.
    pub measures: Vec<Option<(usize, String, u8)>>,
    /// Whether any file of the table numbers its orders.
    pub numbered: bool,
    /// Position of the order's number.
    pub order: Option<usize>,
    /// Column of the status, and the words in it that mean a refund or a cancelled order.
    pub status: Option<(usize, [Vec<String>; 2])>,
    /// Whether a row says what became of itself alone: given back, it is worth nothing and takes nothing off its order.
    pub lines: bool,
}

impl PastReading {
    /// The columns that say when, for people.
    pub fn clock(&self) -> String {
        let steps = self.steps.iter().filter_map(|step| step.time.as_ref());
        let names = self.time.iter().chain(steps).map(|time| time.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    }
}

/// A column of times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeColumn {
    /// Position.
    pub at: usize,
    /// Name.
    pub name: String,
    /// How its cells are written, if said.
    pub format: Option<Format>,
    /// Seconds from bare times of the file to the room's calendar.
    pub wall: i32,
    /// Seconds from Greenwich to the room's calendar.
    pub world: i32,
}

/// Where a label comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Label {
    /// A column of the file.
    Column(usize),
    /// The same in every row: the file is of one event.
    Word(String),
    /// What the step is called.
    Step,
    /// The file has none.
    Nothing,
}

/// Rows of one slice for one shard.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PastParcel {
    /// People of the slice.
    #[serde(with = "packed")]
    pub people: Vec<Key>,
    /// Their IDs as written in their first row here.
    pub ids: Ids,
    /// That row, and the file's place in the recipe above it.
    #[serde(with = "packed")]
    pub first: Vec<u64>,
    /// A position in `people`, one per row.
    #[serde(with = "packed")]
    pub who: Vec<u32>,
    /// Seconds on the room's calendar, one per row.
    #[serde(with = "packed")]
    pub times: Vec<u32>,
    /// Columns of labels.
    pub dims: Vec<Labels>,
    /// Columns of numbers, [`money::NONE`] where there is none.
    pub measures: Vec<Numbers>,
    /// Hashes of order numbers, one per row, if there are any.
    #[serde(with = "packed")]
    pub orders: Vec<u64>,
    /// [`SOLD`], [`REFUND`], [`CANCELLED`], one per row of orders.
    #[serde(with = "packed")]
    pub states: Vec<u8>,
}

/// Labels of one column.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Labels {
    /// In the order they were met; the first is "no value".
    pub words: Vec<String>,
    /// A position in `words`, one per row.
    #[serde(with = "packed")]
    pub codes: Vec<u32>,
}

/// Numbers of one column.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Numbers(#[serde(with = "packed")] pub Vec<i64>);

/// A slice cut up.
#[derive(Serialize, Deserialize)]
pub struct PastCut {
    /// One per shard.
    pub parcels: Vec<PastParcel>,
    /// What became of the rows.
    pub tally: Tally,
    /// Rows with a bare time, and with one that names its zone: how many, and the first; 0 if there is none.
    pub zones: [(u64, u64); 2],
    /// First row whose date can be read two ways; 0 if there is none.
    pub ambiguous: u64,
    /// Rows by word of the status that means a refund, then a cancelled order.
    pub fates: Vec<u64>,
    /// Bytes of rows that were complete.
    pub read: usize,
    /// Number of the row behind them.
    pub next_row: u64,
}

/// Cuts the rows of `text` that start before `span.end` into parcels for `shards` owners. `file` is the file's place in
/// the recipe.
pub fn cut(
    reading: &PastReading,
    canon: &Canon,
    text: &[u8],
    span: Span,
    shards: usize,
    file: u32,
) -> Result<PastCut> {
    let mut cutter = Cutter::new(reading, canon, shards, file)?;
    let mut rows = Rows::new(text, &reading.dialect).until(span.end);
    let mut fields = Fields::new();
    let mut header = reading.dialect.header && span.first_row == 1;
    while rows.next(span.last, &mut fields).map_err(|e| place(e, span.first_row))?.is_some() {
        if !std::mem::take(&mut header) {
            cutter.row(span.first_row + rows.lines() - 1, &fields);
        }
    }
    let (read, next_row) = (rows.at(), span.first_row + rows.lines());
    let Cutter { owners, tally, zones, ambiguous, fates, .. } = cutter;
    let parcels = owners.into_iter().map(Owner::people).collect();
    Ok(PastCut { parcels, tally, zones, ambiguous, fates, read, next_row })
}

/// A parcel under way: `who` are places in `runs`, rows of one person that follow each other.
#[derive(Default)]
struct Owner {
    parcel: PastParcel,
    runs: Vec<Key>,
    words: Vec<Codes>,
}

impl Owner {
    /// The run a row belongs to.
    fn run(&mut self, key: Key, id: &[u8], row: u64) {
        if self.runs.last() != Some(&key) {
            self.runs.push(key);
            self.parcel.ids.push(id);
            self.parcel.first.push(row);
        }
        self.parcel.who.push(self.runs.len() as u32 - 1);
    }
    /// The parcel, once its people are told: look-ups side by side wait for memory together.
    fn people(self) -> PastParcel {
        let Owner { mut parcel, runs, .. } = self;
        let (mut index, mut people, mut of) = (Index::default(), Vec::new(), Vec::with_capacity(runs.len()));
        index.reserve(runs.len(), &[]);
        let mut new = |key: &Key| {
            let found = index.find(*key, &people);
            of.push(found.unwrap_or(people.len()) as u32);
            if let Err(slot) = found {
                people.push(*key);
                index.slots[slot] = people.len() as u32;
            }
            found.is_err()
        };
        let new: Vec<bool> = runs.iter().map(&mut new).collect();
        let mut ids = Ids::default();
        ids.extend_some(&parcel.ids, new.iter().copied());
        let mut kept = new.into_iter();
        parcel.first.retain(|_| kept.next() == Some(true));
        parcel.who.iter_mut().for_each(|who| *who = of[*who as usize]);
        PastParcel { people, ids, ..parcel }
    }
}

struct Cutter<'a> {
    reading: &'a PastReading,
    canon: &'a Canon,
    file: u64,
    reader: Reader,
    /// The ID of the row before, its key, and whether they agreed: rows of one person often stand together.
    last: (Vec<u8>, (Key, bool)),
    owners: Vec<Owner>,
    tally: Tally,
    zones: [(u64, u64); 2],
    ambiguous: u64,
    fates: Vec<u64>,
    numbers: Vec<i64>,
}

/// Whose row it is, and which.
struct Who<'a> {
    key: Key,
    id: &'a [u8],
    row: u64,
}

/// Why a row is left out: a code, and the column if one is to blame.
type Left<'a> = (&'static str, &'a str);

impl<'a> Cutter<'a> {
    fn new(reading: &'a PastReading, canon: &'a Canon, shards: usize, file: u32) -> Result<Self> {
        let owner = || Owner {
            parcel: PastParcel {
                dims: reading
                    .dims
                    .iter()
                    .map(|_| Labels { words: vec![String::new()], codes: vec![] })
                    .collect(),
                measures: vec![Numbers::default(); reading.measures.len()],
                ..PastParcel::default()
            },
            words: vec![Codes::default(); reading.dims.len()],
            ..Owner::default()
        };
        Ok(Cutter {
            reading,
            canon,
            file: u64::from(file),
            reader: Reader::new(reading.recipe, reading.space)?,
            last: (Vec::new(), (Key::default(), false)),
            owners: (0..shards).map(|_| owner()).collect(),
            tally: Tally::default(),
            zones: [(0, 0); 2],
            ambiguous: 0,
            fates: vec![0; reading.status.iter().flat_map(|(_, words)| words).map(Vec::len).sum()],
            numbers: Vec::new(),
        })
    }
    fn row(&mut self, row: u64, fields: &Fields) {
        self.tally.rows += 1;
        if let Err((code, column)) = self.take(row, fields) {
            Tally::count(&mut self.tally.reasons, code, column, row);
        }
    }
    fn take(&mut self, row: u64, fields: &Fields) -> std::result::Result<(), Left<'a>> {
        let reading = self.reading;
        match Fit::of(fields, reading.width) {
            Fit::Long => return Err(("long-row", "")),
            Fit::Short => Tally::count(&mut self.tally.notes, "short-row", "", row),
            Fit::Even => {}
        }
        let number;
        let id = match reading.id.0 {
            Some(at) => fields.get(at).unwrap_or_default(),
            None => {
                number = row.to_string();
                number.as_bytes()
            }
        };
        if reading.missing.has(values::trim(id)) {
            return Err(("missing-person", &reading.id.1));
        }
        let (key, agreed) = self.key(id).map_err(|reject| (reject.code(), reading.id.1.as_str()))?;
        if !agreed {
            return Err((NO_CONSENT, ""));
        }
        if !reading.steps.is_empty() {
            return self.steps(&Who { key, id, row }, fields);
        }
        let time = self.time(row, fields)?;
        let refunds = self.numbers(row, fields)?;
        let state = self.state(fields, refunds);
        self.keep(&Who { key, id, row }, time, state, fields, "");
        Ok(())
    }
    /// The key somebody is counted under, and whether they may be.
    fn key(&mut self, id: &[u8]) -> std::result::Result<(Key, bool), Reject> {
        if self.last.0.is_empty() || self.last.0 != id {
            let own = self.reader.key(id)?.masked(self.reading.mask);
            self.last.0.clear();
            self.last.0.extend_from_slice(id);
            self.last.1 = (self.canon.of(own), !self.reading.gated || self.canon.agreed(own));
        }
        Ok(self.last.1)
    }
    /// The row's second on the room's calendar.
    fn time(&mut self, row: u64, fields: &Fields) -> std::result::Result<u32, Left<'a>> {
        let Some(column) = &self.reading.time else {
            let day = self.reading.day;
            return if self.reading.until.is_none_or(|until| day < until) {
                Ok(day)
            } else {
                Err(("in-future", "day"))
            };
        };
        let cell = values::trim(fields.get(column.at).unwrap_or_default());
        if self.reading.missing.has(cell) {
            return Err(("no-time", &column.name));
        }
        self.moment(column, cell, row)
    }
    /// The second of a cell that says when.
    fn moment(
        &mut self,
        column: &'a TimeColumn,
        cell: &[u8],
        row: u64,
    ) -> std::result::Result<u32, Left<'a>> {
        let first = |seen: &mut u64| *seen = if *seen == 0 { row } else { *seen };
        let seconds = match moment::read(cell, column.format) {
            Ok(Moment::Wall(seconds)) => {
                self.zones[0].0 += 1;
                first(&mut self.zones[0].1);
                seconds + i64::from(column.wall)
            }
            Ok(Moment::World(seconds)) => {
                self.zones[1].0 += 1;
                first(&mut self.zones[1].1);
                seconds + i64::from(column.world)
            }
            Err(Odd::Ambiguous) => {
                first(&mut self.ambiguous);
                return Err(("date-ambiguous", &column.name));
            }
            Err(Odd::Unreadable) => return Err(("time-unreadable", &column.name)),
        };
        match u32::try_from(seconds) {
            Err(_) if seconds < 0 => Err(("before-epoch", &column.name)),
            // A day has to fit behind the last one.
            Ok(second)
                if second < u32::MAX - 2 * DAY && self.reading.until.is_none_or(|until| second < until) =>
            {
                Ok(second)
            }
            _ => Err(("in-future", &column.name)),
        }
    }
    /// Reads the numbers of a row; whether its amount, the first of them, is below zero.
    fn numbers(&mut self, row: u64, fields: &Fields) -> std::result::Result<bool, Left<'a>> {
        self.numbers.clear();
        for measure in &self.reading.measures {
            let Some((at, name, decimals)) = measure else {
                self.numbers.push(money::NONE);
                continue;
            };
            let cell = values::trim(fields.get(*at).unwrap_or_default());
            if self.reading.missing.has(cell) {
                // An order without its amount would count as bought for nothing.
                if self.reading.source == Source::Orders && self.numbers.is_empty() && !self.cancels(fields) {
                    return Err(("no-amount", name));
                }
                self.numbers.push(money::NONE);
                continue;
            }
            let (value, rounded) =
                money::read(cell, *decimals).ok_or(("amount-unreadable", name.as_str()))?;
            if rounded {
                Tally::count(&mut self.tally.notes, "amount-rounded", name, row);
            }
            self.numbers.push(value);
        }
        let amount = self.numbers.first().zip(self.reading.measures.first().and_then(Option::as_ref));
        let (Source::Orders, Some((amount, (_, name, _)))) = (self.reading.source, amount) else {
            return Ok(false);
        };
        let refund = (money::NONE + 1..0).contains(amount);
        if refund {
            Tally::count(&mut self.tally.notes, "negative-amount", name, row);
        }
        Ok(refund)
    }
    /// Whether the status says that the order was cancelled, which needs no amount.
    fn cancels(&self, fields: &Fields) -> bool {
        self.reading.status.as_ref().is_some_and(|(at, [_, cancelled])| {
            let cell = values::trim(fields.get(*at).unwrap_or_default());
            cancelled.iter().any(|word| word.as_bytes().eq_ignore_ascii_case(cell))
        })
    }
    fn state(&mut self, fields: &Fields, refund: bool) -> u8 {
        let Some((at, [refunds, cancelled])) = &self.reading.status else { return u8::from(refund) };
        let cell = values::trim(fields.get(*at).unwrap_or_default());
        let is = |word: &String| word.as_bytes().eq_ignore_ascii_case(cell);
        let Some(at) = refunds.iter().chain(cancelled).position(is) else { return u8::from(refund) };
        self.fates[at] += 1;
        if at >= refunds.len() {
            return if self.reading.lines { CANCELLED } else { CALLED_OFF };
        }
        // Without a number nobody knows which order it is of: money that went back.
        let numbered = self
            .reading
            .order
            .is_some_and(|at| !self.reading.missing.has(values::trim(fields.get(at).unwrap_or_default())));
        let Some(amount) = self.numbers.first_mut().filter(|amount| **amount != money::NONE) else {
            return REFUND;
        };
        // Some write what is given back with its sign, some without.
        let state = if *amount > 0 && numbered && !self.reading.lines { RETURNED } else { REFUND };
        *amount = if self.reading.lines { 0 } else { -amount.abs() };
        state
    }
    fn keep(&mut self, who: &Who, time: u32, state: u8, fields: &Fields, step: &str) {
        let reading = self.reading;
        let Who { key, id, row } = *who;
        let shard = key.shard(self.owners.len());
        let owner = &mut self.owners[shard];
        owner.run(key, id, order_of(self.file, row));
        let Owner { parcel, words, .. } = owner;
        parcel.times.push(time);
        for ((label, labels), words) in reading.dims.iter().zip(&mut parcel.dims).zip(words) {
            let cell = match label {
                Label::Column(at) => values::trim(fields.get(*at).unwrap_or_default()),
                Label::Word(word) => word.as_bytes(),
                Label::Step => step.as_bytes(),
                Label::Nothing => b"",
            };
            let code = if reading.missing.has(cell) { 0 } else { words.of(cell, &mut labels.words) };
            labels.codes.push(code);
        }
        parcel.measures.iter_mut().zip(&self.numbers).for_each(|(to, value)| to.0.push(*value));
        if reading.numbered {
            let cell = reading.order.map(|at| values::trim(fields.get(at).unwrap_or_default()));
            // A row without a number is an order of its own.
            let cell = cell.filter(|cell| !reading.missing.has(cell));
            parcel.orders.push(cell.map_or(order_of(self.file, row), hash));
        }
        if reading.source == Source::Orders {
            parcel.states.push(state);
        }
    }
}

/// Numbers of the labels of a column, those met last at hand by their hash.
#[derive(Clone)]
struct Codes {
    all: HashMap<String, u32>,
    near: [u32; 64],
}

impl Default for Codes {
    fn default() -> Self {
        Codes { all: HashMap::new(), near: [0; 64] }
    }
}

impl Codes {
    /// The number of a label in its parcel.
    fn of(&mut self, cell: &[u8], words: &mut Vec<String>) -> u32 {
        let near = &mut self.near[sketch::hash(cell) as usize % 64];
        if words[*near as usize].as_bytes() != cell {
            let label = std::str::from_utf8(cell).unwrap_or("\u{fffd}");
            *near = self.all.get(label).copied().unwrap_or_else(|| {
                words.push(label.to_string());
                self.all.insert(label.to_string(), words.len() as u32 - 1);
                words.len() as u32 - 1
            });
        }
        *near
    }
}

/// FNV-1a, its bits spread: two orders of one person would have to share 64 bits to be taken for one.
fn hash(text: &[u8]) -> u64 {
    let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    text.iter().fold(0xcbf2_9ce4_8422_2325, fnv) | 1 << 63
}
