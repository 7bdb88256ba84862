//! What one shard knows of what its people did and when: per table the rows of each person in order, columns as codes.

use super::Source;
use super::cut::{CALLED_OFF, CANCELLED, REFUND};
use super::moment::DAY;
use super::money;
use super::pick::Match;
use super::settle::Settled;
use crate::id::{Ids, Key};
use std::collections::BTreeMap;
use std::ops::Range;

/// The people of all tables of one shard.
#[derive(Default)]
pub struct Past {
    /// Who.
    pub keys: Vec<Key>,
    /// The ID as written in their first row.
    pub ids: Ids,
    /// That row, the file's place in the recipe above it: an order of people that no shard changes.
    pub first: Vec<u64>,
    /// By [`Source::at`].
    pub tables: [Table; 3],
    /// Orders as they stand when all is paid, cancelled and given back.
    pub purchases: Purchases,
    /// What their rows alone did not say.
    pub settled: Settled,
    /// Whole numbers per person that analyses leave behind.
    pub measures: BTreeMap<String, Vec<i32>>,
}

/// Rows of one table, by person and time.
#[derive(Default)]
pub struct Table {
    /// Where each person's rows start, and the end of the last's.
    pub starts: Vec<u32>,
    /// Seconds on the room's calendar.
    pub times: Vec<u32>,
    /// Columns of labels.
    pub dims: Vec<Codes>,
    /// Columns of numbers; [`money::NONE`] is "no value".
    pub measures: Vec<Vec<i64>>,
    /// Number of the row's order within its person; empty if every row is an order.
    pub orders: Vec<u32>,
    /// What became of the row; empty if nothing does.
    pub states: Vec<u8>,
}

/// Codes of one column of labels, as narrow as they fit.
#[derive(Clone, Debug, PartialEq)]
pub enum Codes {
    /// Up to 256 labels.
    Narrow(Vec<u8>),
    /// Up to 65,536.
    Wide(Vec<u16>),
    /// More.
    Full(Vec<u32>),
}

impl Codes {
    /// Codes below `labels`.
    pub fn new(labels: usize, codes: impl Iterator<Item = u32>) -> Codes {
        match labels {
            0..=0x100 => Codes::Narrow(codes.map(|c| c as u8).collect()),
            0x101..=0x1_0000 => Codes::Wide(codes.map(|c| c as u16).collect()),
            _ => Codes::Full(codes.collect()),
        }
    }
    /// The code of a row.
    #[inline]
    pub fn at(&self, row: usize) -> u32 {
        match self {
            Codes::Narrow(codes) => u32::from(codes[row]),
            Codes::Wide(codes) => u32::from(codes[row]),
            Codes::Full(codes) => codes[row],
        }
    }
}

/// Where the entries of a person stand; nowhere in a table that has none.
#[inline]
fn span(starts: &[u32], person: usize) -> Range<usize> {
    match starts.get(person..person + 2) {
        Some(&[from, to]) => from as usize..to as usize,
        _ => 0..0,
    }
}

impl Table {
    /// The rows of a person.
    #[inline]
    pub fn rows(&self, person: usize) -> Range<usize> {
        span(&self.starts, person)
    }
    /// Of a person's rows, those before a second.
    pub fn before(&self, person: usize, end: u32) -> Range<usize> {
        let rows = self.rows(person);
        rows.start..rows.start + self.times[rows.clone()].partition_point(|time| *time < end)
    }
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Bought.
    Bought,
    /// Bought and all given back.
    Returned,
    /// Money given back for nothing that is known.
    Refund,
    /// Cancelled.
    Cancelled,
}

/// Orders, one entry each: their rows added up.
#[derive(Default)]
pub struct Purchases {
    /// Where each person's orders start, and the end of the last's.
    pub starts: Vec<u32>,
    /// Second of the first row.
    pub times: Vec<u32>,
    /// Minor units, what was given back taken off; 0 if cancelled.
    pub amounts: Vec<i64>,
    /// What became of it.
    pub fates: Vec<Fate>,
}

impl Purchases {
    fn of(table: &Table) -> Purchases {
        let mut all = Purchases { starts: vec![0], ..Purchases::default() };
        let mut open: Vec<Order> = Vec::new();
        for person in table.starts.windows(2) {
            Order::of_rows(table, person[0] as usize..person[1] as usize, &mut open);
            for order in &open {
                all.times.push(order.time);
                all.amounts.push(order.worth());
                all.fates.push(order.fate());
            }
            all.starts.push(all.times.len() as u32);
        }
        all
    }
    /// The orders of a person.
    #[inline]
    pub fn of_person(&self, person: usize) -> Range<usize> {
        span(&self.starts, person)
    }
    /// The day of an order.
    #[inline]
    pub fn day(&self, order: usize) -> u32 {
        self.times[order] / DAY
    }
}

/// Rows of one order, added up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Order {
    /// Second of the first row.
    pub time: u32,
    /// Whether any of it was given back.
    pub refund: bool,
    amount: i64,
    sold: bool,
    off: bool,
}

impl Order {
    /// Adds rows of one person up, an entry per order in the order of first rows. The first rows of a person alone make of
    /// each order what was known of it by then.
    pub fn of_rows(table: &Table, rows: Range<usize>, open: &mut Vec<Order>) {
        open.clear();
        for row in rows {
            let at = table.orders.get(row).map_or(open.len(), |number| *number as usize);
            if at == open.len() {
                open.push(Order { time: table.times[row], ..Order::default() });
            }
            open[at].add(table, row);
        }
    }
    fn add(&mut self, table: &Table, row: usize) {
        let state = table.states.get(row).copied().unwrap_or_default();
        let amount = table.measures.first().map_or(money::NONE, |column| column[row]);
        self.sold |= state == super::cut::SOLD;
        self.refund |= state == REFUND;
        self.off |= state == CALLED_OFF;
        if state != CANCELLED && amount != money::NONE {
            self.amount += amount;
        }
    }
    /// Minor units, what was given back taken off; 0 if cancelled.
    pub fn worth(self) -> i64 {
        if self.fate() == Fate::Cancelled { 0 } else { self.amount }
    }
    /// What became of it.
    pub fn fate(self) -> Fate {
        match (self.sold, self.refund) {
            (true, _) if self.off && self.amount <= 0 => Fate::Cancelled,
            (true, true) if self.amount <= 0 => Fate::Returned,
            (true, _) => Fate::Bought,
            (false, true) if self.amount >= 0 => Fate::Returned,
            (false, true) => Fate::Refund,
            (false, false) => Fate::Cancelled,
        }
    }
}

impl Past {
    /// The people and their tables.
    pub fn new(keys: Vec<Key>, ids: Ids, first: Vec<u64>, mut tables: [Table; 3]) -> Past {
        let orders = &mut tables[Source::Orders.at()];
        let settled = orders.settle();
        let purchases = Purchases::of(orders);
        Past { keys, ids, first, tables, purchases, settled, ..Past::default() }
    }
    /// The last two days with rows, and how many rows they have: the last one first.
    pub fn last_days(&self) -> Vec<(u32, u64)> {
        let mut last: Vec<(u32, u64)> = Vec::new();
        for day in self.tables.iter().flat_map(|table| &table.times).map(|time| time / DAY) {
            // Rows without a time stand on the first of all days.
            let known = last.iter().position(|(known, _)| *known <= day).unwrap_or(last.len());
            match last.get_mut(known) {
                Some((same, rows)) if *same == day => *rows += 1,
                _ if known < 2 && day > 0 => {
                    last.insert(known, (day, 1));
                    last.truncate(2);
                }
                _ => {}
            }
        }
        last
    }
    /// How many people.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
    /// Whether nobody is here.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
    /// A measure to be written and put back: as an earlier slice left it, else `fill` for everyone.
    pub fn take_measure(&mut self, name: &str, fill: i32) -> Vec<i32> {
        let people = self.len();
        self.measures.remove(name).filter(|m| m.len() == people).unwrap_or_else(|| vec![fill; people])
    }
    /// A person's orders as they stood before a second, in the order of [`Purchases`]: what became of them later was not known
    /// yet, unless a status alone says it.
    pub fn known(&self, person: usize, until: u32, orders: &mut Vec<Order>) {
        let table = self.table(Source::Orders);
        Order::of_rows(table, table.before(person, until), orders);
    }
    /// The entry in [`Purchases`] of a row of orders.
    #[inline]
    pub fn order(&self, person: usize, row: usize) -> usize {
        let table = self.table(Source::Orders);
        let number = || row as u32 - table.starts[person];
        (self.purchases.starts[person] + table.orders.get(row).copied().unwrap_or_else(number)) as usize
    }
    /// Which of a person's orders have a row that is meant; nothing where all rows are.
    pub fn held(&self, person: usize, rows: &Match, held: &mut Vec<bool>) {
        held.clear();
        if rows.all.is_empty() {
            return;
        }
        let (table, own) = (self.table(Source::Orders), self.purchases.of_person(person));
        held.resize(own.len(), false);
        for row in table.rows(person).filter(|row| rows.takes(table, *row)) {
            held[self.order(person, row) - own.start] = true;
        }
    }
    /// A table.
    pub fn table(&self, source: Source) -> &Table {
        &self.tables[source.at()]
    }
}
