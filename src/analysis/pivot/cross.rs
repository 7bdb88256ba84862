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

/// What is crossed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Axis {
    /// A part of the calendar.
    Part(Part),
    /// A column of labels.
    Column(u32),
    /// A measure that another analysis left behind, and the value that stands for its first word.
    Measure(String, i32),
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
}

impl std::ops::AddAssign for Cell {
    fn add_assign(&mut self, other: Cell) {
        self.people += other.people;
        self.rows += other.rows;
        self.sum += other.sum;
        (0..2).for_each(|at| self.did[at] += other.did[at]);
        (0..3).for_each(|at| self.first[at] += other.first[at]);
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

/// What one person has in a cell.
#[derive(Clone, Copy)]
pub struct Mine {
    row: usize,
    did: [u64; 2],
    cell: Cell,
}

/// One person's cells, and with margins.
#[derive(Default)]
pub struct Page {
    cells: BTreeMap<[u32; 3], Mine>,
    wide: BTreeMap<[u32; 3], Mine>,
}

/// Takes the same person's rows together: what they did counts from the first on.
fn join(to: &mut BTreeMap<[u32; 3], Mine>, key: [u32; 3], mine: Mine) {
    let Some(known) = to.get_mut(&key) else {
        to.insert(key, mine);
        return;
    };
    if mine.row < known.row {
        (known.row, known.did) = (mine.row, mine.did);
    }
    known.cell.rows += mine.cell.rows;
    known.cell.sum += mine.cell.sum;
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
    fn key(&self, found: [u32; 3], table: &Table, row: usize) -> [u32; 3] {
        let mut key = found;
        for (code, axis) in key.iter_mut().zip(&self.axes) {
            match axis {
                Axis::Part(part) => *code = part.of(table.times[row]),
                Axis::Column(dim) => *code = table.dims[*dim as usize].at(row),
                Axis::Measure(..) => {}
            }
        }
        key
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
    /// Fills the page with a person's cells; gives the first.
    fn read(&self, past: &Past, person: usize, page: &mut Page) -> Option<[u32; 3]> {
        let table = past.table(self.source);
        page.cells.clear();
        page.wide.clear();
        let (found, mut first) = (self.found(past, person), None);
        for row in table.before(person, self.end).filter(|row| self.rows.takes(table, *row)) {
            let state = table.states.get(row).copied().unwrap_or(SOLD);
            if state == CANCELLED {
                continue;
            }
            // What was given back is taken off where it stands, and is nobody's row.
            let sold = state == SOLD;
            let amount = self.sum.map_or(0, |column| table.measures[column as usize][row]);
            let sum = if amount == money::NONE { 0 } else { amount };
            let (key, cell) =
                (self.key(found, table, row), Cell { rows: u64::from(sold), sum, ..Cell::default() });
            first = first.or(sold.then_some(key));
            let new = sold && page.cells.get(&key).is_none_or(|known| known.row == usize::MAX);
            let did = if new { self.did(past, person, row) } else { [0; 2] };
            join(&mut page.cells, key, Mine { row: if sold { row } else { usize::MAX }, did, cell });
        }
        for (key, mine) in &page.cells {
            for margins in 0..1 << self.axes.len() {
                let code = |at: usize| if margins >> at & 1 == 1 { ALL } else { key[at] };
                join(&mut page.wide, [0, 1, 2].map(code), *mine);
            }
        }
        first
    }
    fn inside(&self, page: &Page) -> i32 {
        let mut key = [0; 3];
        key[..self.cell.len()].copy_from_slice(&self.cell);
        let mine = page.wide.get(&key).filter(|mine| !self.cell.is_empty() && mine.row < usize::MAX);
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
            for (key, mine) in &page.wide {
                let people = u64::from(mine.row < usize::MAX);
                let mut cell = Cell { people, did: mine.did, ..mine.cell };
                if Some(*key) == first {
                    cell.first = [1, mine.did[0], mine.did[1]];
                }
                sum.add(*key, cell);
            }
        }
        for (name, measure) in FIRST.into_iter().zip(firsts) {
            shard.past.measures.insert(name.into(), measure);
        }
        shard.past.measures.insert(INSIDE.into(), inside);
    }
}
