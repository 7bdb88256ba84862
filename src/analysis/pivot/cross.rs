//! What one shard knows of cells and margins.

use super::{FIRST, INSIDE};
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard};
use crate::table::history::calendar::Part;
use crate::table::history::cut::{CANCELLED, SOLD};
use crate::table::history::past::{Fate, Past, Table};
use crate::table::history::pick::Match;
use crate::table::history::{Source, money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// In the place of a code: the margin over all.
pub const ALL: u32 = u32::MAX;
/// Cells a shard keeps; more are refused.
const KEPT: usize = 1 << 18;

/// Orders of one person from the first on, those from the tenth on as one.
pub const NTH: [&str; 10] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10+"];

/// What is crossed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Axis {
    /// A part of the calendar.
    Part(Part),
    /// A column of labels.
    Column(u32),
    /// A measure that another analysis left behind, and the value that stands for its first word.
    Measure(String, i32),
    /// Which order of its person a row belongs to.
    Nth,
}

/// What people do then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// Buy.
    Orders,
    /// Have an event.
    Events(Match),
}

/// Counts every cell and margin.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cross {
    /// Whose rows.
    pub source: Source,
    /// By what.
    pub axes: Vec<Axis>,
    /// Which rows.
    pub rows: Match,
    /// The column that is added up.
    pub sum: Option<u32>,
    /// What people do then.
    pub outcome: Option<Outcome>,
    /// Seconds within which they do.
    pub within: u32,
    /// The first second that is not known.
    pub end: u32,
    /// The cell whose people are marked; none if empty.
    pub cell: Vec<u32>,
}

/// A cell or margin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Different people.
    pub people: u64,
    /// Rows.
    pub rows: u64,
    /// What they add up to.
    pub sum: i64,
    /// People who were seen long enough behind their first row here, and those of them who did it.
    pub did: [u64; 2],
    /// The same of those only whose first row of all is here.
    pub first: [u64; 3],
    /// The same of those whose first row of an order is here, with [`Axis::Nth`]: everyone once per order.
    pub orders: [u64; 3],
}

impl std::ops::AddAssign for Cell {
    fn add_assign(&mut self, other: Cell) {
        self.people += other.people;
        self.rows += other.rows;
        self.sum += other.sum;
        (0..2).for_each(|at| self.did[at] += other.did[at]);
        (0..3).for_each(|at| self.first[at] += other.first[at]);
        (0..3).for_each(|at| self.orders[at] += other.orders[at]);
    }
}

/// Cells and margins by code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Crossed {
    /// By code on each axis; 0 on those that are not there.
    pub cells: BTreeMap<[u32; 3], Cell>,
    /// More than can be kept.
    pub over: bool,
}

impl Partial for Crossed {
    fn merge(&mut self, other: Self) {
        self.over |= other.over;
        other.cells.into_iter().for_each(|(key, cell)| self.add(key, cell));
    }
}

impl Crossed {
    fn add(&mut self, key: [u32; 3], cell: Cell) {
        self.over |= self.cells.len() > KEPT;
        if !self.over {
            *self.cells.entry(key).or_default() += cell;
        }
    }
}

/// A row of one person: where, whether it was sold, what it adds up.
struct Row {
    key: [u32; 3],
    row: usize,
    sold: bool,
    sum: i64,
}

/// A cell as one number, in the same order: compared at once.
fn packed(key: [u32; 3]) -> u128 {
    key.iter().fold(0, |number, code| number << 32 | u128::from(*code))
}

/// What one person has in a cell or margin.
#[derive(Clone, Copy)]
pub struct Mine {
    key: [u32; 3],
    /// The first row that was sold; the largest number if none was.
    row: usize,
    /// What they did behind it.
    did: [u64; 2],
    rows: u64,
    sum: i64,
}

/// One person's rows, then their cells with margins; and the cells of a slice.
#[derive(Default)]
pub struct Page {
    rows: Vec<Row>,
    /// By order of the person: which of them it is, from 1; 0 before the first.
    nth: Vec<u32>,
    /// Cells of the first row of each order, of nothing else than orders told apart.
    starts: Vec<[u32; 3]>,
    wide: Vec<Mine>,
    slice: Slots,
}

/// Cells by code; those met last at hand by their hash, since most people meet the same few.
struct Slots {
    cells: Vec<([u32; 3], Cell)>,
    at: BTreeMap<[u32; 3], usize>,
    near: [usize; 1 << 10],
}

impl Default for Slots {
    fn default() -> Self {
        Slots { cells: vec![], at: BTreeMap::new(), near: [0; 1 << 10] }
    }
}

impl Slots {
    fn of(&mut self, key: [u32; 3]) -> &mut Cell {
        let mix = |hash: u32, code: &u32| (hash ^ code).wrapping_mul(0x9e37_79b1);
        let near = &mut self.near[(key.iter().fold(0, mix) >> 22) as usize];
        if self.cells.get(*near).is_none_or(|(known, _)| *known != key) {
            let cells = &mut self.cells;
            *near = *self.at.entry(key).or_insert_with(|| {
                cells.push((key, Cell::default()));
                cells.len() - 1
            });
        }
        &mut self.cells[*near].1
    }
    fn drain(&mut self) -> impl Iterator<Item = ([u32; 3], Cell)> {
        self.at.clear();
        self.cells.drain(..)
    }
}

impl Cross {
    /// What was found of a person, where that is an axis: the same in all their rows.
    fn found(&self, past: &Past, person: usize) -> [u32; 3] {
        let mut key = [0; 3];
        for (code, axis) in key.iter_mut().zip(&self.axes) {
            if let Axis::Measure(name, first) = axis {
                let value = past.measures.get(name).map_or(-1, |values| values[person]);
                *code = value.saturating_sub(first - 1).max(0) as u32;
            }
        }
        key
    }
    /// Numbers a person's orders. One that was cancelled is none, nor is money given back for what is not known: it stands with
    /// the order before it.
    fn number(&self, past: &Past, person: usize, nth: &mut Vec<u32>) {
        nth.clear();
        if self.axes.contains(&Axis::Nth) {
            let fates = &past.purchases.fates[past.purchases.of_person(person)];
            nth.extend(fates.iter().scan(0, |last, fate| {
                *last += u32::from(matches!(fate, Fate::Bought | Fate::Returned));
                Some((*last).min(NTH.len() as u32))
            }));
        }
    }
    fn key(&self, found: [u32; 3], nth: u32, table: &Table, row: usize) -> [u32; 3] {
        let mut key = found;
        for (code, axis) in key.iter_mut().zip(&self.axes) {
            match axis {
                Axis::Part(part) => *code = part.of(table.times[row]),
                Axis::Column(dim) => *code = table.dims[*dim as usize].at(row),
                Axis::Nth => *code = nth,
                Axis::Measure(..) => {}
            }
        }
        key
    }
    /// Cells in which somebody's orders begin, a row each; none where orders are not told apart.
    fn starts(&self, rows: &[Row], starts: &mut Vec<[u32; 3]>) {
        starts.clear();
        let Some(axis) = self.axes.iter().position(|axis| *axis == Axis::Nth) else { return };
        for row in rows.iter().filter(|row| row.sold) {
            if starts.iter().all(|start| start[axis] != row.key[axis]) {
                starts.push(row.key);
            }
        }
    }
    /// Whether somebody was seen for long enough behind a row, and did it.
    fn did(&self, past: &Past, person: usize, row: usize) -> [u64; 2] {
        let Some(outcome) = &self.outcome else { return [0; 2] };
        let from = past.table(self.source).times[row];
        let until = from.saturating_add(self.within);
        if until > self.end {
            return [0; 2];
        }
        let did = match outcome {
            Outcome::Orders => {
                let all = &past.purchases;
                // An order does not follow itself.
                let own = (self.source == Source::Orders).then(|| past.order(person, row));
                all.of_person(person).any(|at| {
                    own.is_none_or(|own| own < at)
                        && all.fates[at] == Fate::Bought
                        && (from..until).contains(&all.times[at])
                })
            }
            Outcome::Events(rows) => {
                let events = past.table(Source::Events);
                let behind = |at: &usize| self.source != Source::Events || row < *at;
                let window = events.before(person, from).end..events.before(person, until).end;
                window.filter(behind).any(|at| rows.takes(events, at))
            }
        };
        [1, u64::from(did)]
    }
    /// Fills the page with a person's cells and margins; gives the first cell.
    fn read(&self, past: &Past, person: usize, page: &mut Page) -> Option<[u32; 3]> {
        let table = past.table(self.source);
        page.rows.clear();
        page.wide.clear();
        let found = self.found(past, person);
        self.number(past, person, &mut page.nth);
        let own = past.purchases.of_person(person).start;
        for row in table.before(person, self.end).filter(|row| self.rows.takes(table, *row)) {
            let state = table.states.get(row).copied().unwrap_or(SOLD);
            // An order that was called off later was none, either.
            let none = || {
                self.source == Source::Orders
                    && past.purchases.fates[past.order(person, row)] == Fate::Cancelled
            };
            if state != CANCELLED && !none() {
                let amount = self.sum.map_or(0, |column| table.measures[column as usize][row]);
                let sum = if amount == money::NONE { 0 } else { amount };
                // What was given back is taken off where it stands, and is nobody's row.
                let nth = if page.nth.is_empty() { 0 } else { page.nth[past.order(person, row) - own] };
                page.rows.push(Row { key: self.key(found, nth, table, row), row, sold: state == SOLD, sum });
            }
        }
        let first = page.rows.iter().find(|row| row.sold).map(|row| row.key);
        self.starts(&page.rows, &mut page.starts);
        page.rows.sort_unstable_by_key(|row| (packed(row.key), row.row));
        for cell in page.rows.chunk_by(|a, b| a.key == b.key) {
            let row = cell.iter().find(|row| row.sold).map_or(usize::MAX, |row| row.row);
            let did = if row < usize::MAX { self.did(past, person, row) } else { [0; 2] };
            let rows = cell.iter().map(|row| u64::from(row.sold)).sum();
            let mine = Mine { key: cell[0].key, row, did, rows, sum: cell.iter().map(|row| row.sum).sum() };
            for margins in 0..1 << self.axes.len() {
                let code = |at: usize| if margins >> at & 1 == 1 { ALL } else { mine.key[at] };
                page.wide.push(Mine { key: [0, 1, 2].map(code), ..mine });
            }
        }
        // The cells of a margin as one: what they did counts from their first row on.
        page.wide.sort_unstable_by_key(|mine| (packed(mine.key), mine.row));
        page.wide.dedup_by(|next, kept| {
            let same = next.key == kept.key;
            if same {
                (kept.rows, kept.sum) = (kept.rows + next.rows, kept.sum + next.sum);
            }
            same
        });
        first
    }
    fn inside(&self, page: &Page) -> i32 {
        let mut key = [0; 3];
        key[..self.cell.len()].copy_from_slice(&self.cell);
        let found = page.wide.binary_search_by_key(&key, |mine| mine.key).ok().map(|at| page.wide[at]);
        let mine = found.filter(|mine| !self.cell.is_empty() && mine.row < usize::MAX);
        mine.map_or(0, |mine| 1 + mine.did[1] as i32)
    }
}

impl Analysis for Cross {
    const NAME: &'static str = "pivot";
    type Partial = Crossed;
    type Work = Page;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Page> {
        Ok(Page::default())
    }
    fn add(&self, page: &mut Page, shard: &mut Shard, rows: Range<usize>, sum: &mut Crossed) {
        let mut firsts = FIRST.map(|name| shard.past.take_measure(name, -1));
        let mut inside = shard.past.take_measure(INSIDE, 0);
        for person in rows {
            let first = self.read(&shard.past, person, page);
            for (at, column) in firsts.iter_mut().enumerate() {
                column[person] = first.map_or(-1, |key| key[at] as i32);
            }
            inside[person] = self.inside(page);
            for Mine { key, row, did, rows, sum } in page.wide.drain(..) {
                let cell = page.slice.of(key);
                *cell += Cell { people: u64::from(row < usize::MAX), rows, sum, did, ..Cell::default() };
                let counts = [1, did[0], did[1]];
                if Some(key) == first {
                    (0..3).for_each(|at| cell.first[at] += counts[at]);
                }
                if page.starts.contains(&key) {
                    (0..3).for_each(|at| cell.orders[at] += counts[at]);
                }
            }
        }
        page.slice.drain().for_each(|(key, cell)| sum.add(key, cell));
        for (name, measure) in FIRST.into_iter().zip(firsts) {
            shard.past.measures.insert(name.into(), measure);
        }
        shard.past.measures.insert(INSIDE.into(), inside);
    }
}
