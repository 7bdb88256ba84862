//! What one shard knows of one person until a day, and whether the outcome came behind it.

use crate::table::history::calendar::Part;
use crate::table::history::moment::DAY;
use crate::table::history::past::{Fate, Order, Past, Table};
use crate::table::history::pick::Match;
use crate::table::history::{Source, money};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The outcome in codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Aim {
    /// Who bought before does not buy.
    Lost,
    /// Buys.
    Bought,
    /// Has such a row of events.
    Events(Match),
    /// Moves between stages: measures that were left behind, of that day and of the last.
    Moves {
        /// Where somebody stood, and where they stand.
        measures: [String; 2],
        /// The stage.
        stage: i32,
        /// Only those who stood here; everyone if empty.
        from: Vec<i32>,
        /// Below it, not into it.
        falls: bool,
    },
}

/// A column of labels, over both tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// By table: where it stands, and its codes in the common list.
    pub of: [Option<(u32, Vec<u32>)>; 2],
}

/// A feature. Windows are days before the day, 0 for all of them; columns and events are places in [`Lens`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// Days since the first row.
    Tenure,
    /// Days with a row.
    ActiveDays,
    /// Events.
    Events(u32),
    /// Days since the last event.
    EventRecency,
    /// Of 100 events, those on Saturday and Sunday.
    Weekend,
    /// Of 100 events, those from 22 to 6 o'clock.
    Night,
    /// Orders that stand.
    Orders(u32),
    /// Days since the last of them.
    OrderRecency,
    /// What orders brought, in minor units.
    Money(u32),
    /// Orders of which something was given back.
    Refunds(u32),
    /// Days between orders on average, in tenths.
    Gap,
    /// Different products ordered.
    Products,
    /// Events of one name in the widest window.
    Times(u32),
    /// Different labels of a column.
    Distinct(u32),
    /// The most frequent label of a column.
    Most(u32),
}

/// Until when, and at what one looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lens {
    /// The first second that is not known.
    pub cut: u32,
    /// Days in which [`What::Times`] counts.
    pub widest: u32,
    /// Codes of the events that are counted each.
    pub events: Vec<u32>,
    /// Columns of labels.
    pub columns: Vec<Column>,
    /// The column of products of the orders.
    pub product: Option<u32>,
    /// What is told of everyone.
    pub what: Vec<What>,
    /// What is foretold.
    pub aim: Aim,
}

/// One person under way. Kept between people so that nothing is allocated.
#[derive(Default)]
pub struct Seen {
    /// One per feature of the lens; [`money::NONE`] for what there is not.
    pub values: Vec<i64>,
    events: Range<usize>,
    orders: Range<usize>,
    open: Vec<Order>,
    times: Vec<i64>,
    days: Vec<u32>,
    codes: Vec<u32>,
}

impl Lens {
    /// Looks at somebody: whether the outcome came, or nothing if they cannot have it. Values are those of `seen` then.
    pub fn look(&self, past: &Past, person: usize, seen: &mut Seen) -> Option<bool> {
        let (events, orders) = (past.table(Source::Events), past.table(Source::Orders));
        (seen.events, seen.orders) = (events.before(person, self.cut), orders.before(person, self.cut));
        if seen.events.is_empty() && seen.orders.is_empty() {
            return None;
        }
        Order::of_rows(orders, seen.orders.clone(), &mut seen.open);
        self.came(past, person, seen).inspect(|_| self.values(past, seen))
    }
    /// Whether somebody is known at all by then.
    pub fn knows(&self, seen: &Seen) -> bool {
        !seen.events.is_empty() || !seen.orders.is_empty()
    }
    /// The first day with a row.
    pub fn first(&self, past: &Past, seen: &Seen) -> u32 {
        let of = |source, rows: &Range<usize>| past.table(source).times[rows.clone()].first().copied();
        let times = of(Source::Events, &seen.events).into_iter().chain(of(Source::Orders, &seen.orders));
        times.min().unwrap_or(self.cut) / DAY
    }
    fn came(&self, past: &Past, person: usize, seen: &Seen) -> Option<bool> {
        let buys = || {
            let all = &past.purchases;
            all.of_person(person).any(|at| all.times[at] >= self.cut && all.fates[at] == Fate::Bought)
        };
        match &self.aim {
            Aim::Lost => bought(seen).next().map(|_| !buys()),
            Aim::Bought => Some(buys()),
            Aim::Events(rows) => {
                let table = past.table(Source::Events);
                let mut behind = seen.events.end..table.rows(person).end;
                Some(behind.any(|row| rows.takes(table, row)))
            }
            Aim::Moves { measures, stage, from, falls } => {
                let [was, is] = [0, 1].map(|at| past.measures.get(&measures[at]).map_or(0, |of| of[person]));
                let can = (was >= *stage) == *falls && (from.is_empty() || from.contains(&was));
                can.then_some((is >= *stage) != *falls)
            }
        }
    }
    /// The first second of a window.
    fn since(&self, days: u32) -> u32 {
        if days == 0 { 0 } else { self.cut.saturating_sub(days.saturating_mul(DAY)) }
    }
    fn ago(&self, time: Option<u32>) -> i64 {
        time.map_or(money::NONE, |time| i64::from(self.cut / DAY) - 1 - i64::from(time / DAY))
    }
    fn values(&self, past: &Past, seen: &mut Seen) {
        self.times(past, seen);
        let mut values = std::mem::take(&mut seen.values);
        values.clear();
        values.extend(self.what.iter().map(|what| self.value(*what, past, seen)));
        seen.values = values;
    }
    /// Counts the events that have a number of their own.
    fn times(&self, past: &Past, seen: &mut Seen) {
        seen.times.clear();
        seen.times.resize(self.events.len(), 0);
        let table = past.table(Source::Events);
        for row in within(table, &seen.events, self.since(self.widest)) {
            let code = table.dims[0].at(row);
            if let Some(at) = self.events.iter().position(|event| *event == code) {
                seen.times[at] += 1;
            }
        }
    }
    fn value(&self, what: What, past: &Past, seen: &mut Seen) -> i64 {
        let events = past.table(Source::Events);
        let rows = seen.events.clone();
        match what {
            What::Tenure => i64::from(self.cut / DAY) - 1 - i64::from(self.first(past, seen)),
            What::ActiveDays => active_days(past, seen),
            What::Events(days) => within(events, &rows, self.since(days)).len() as i64,
            What::EventRecency => self.ago(events.times[rows].last().copied()),
            What::Weekend => share(events, rows, |time| Part::Weekday.of(time) >= 5),
            What::Night => share(events, rows, |time| !(6..22).contains(&Part::Hour.of(time))),
            What::Orders(days) => {
                let since = self.since(days);
                bought(seen).filter(|order| order.time >= since).count() as i64
            }
            What::OrderRecency => self.ago(bought(seen).map(|order| order.time).max()),
            What::Money(days) => {
                let since = self.since(days);
                seen.open.iter().filter(|order| order.time >= since).map(|order| order.worth()).sum()
            }
            What::Refunds(days) => {
                let since = self.since(days);
                seen.open.iter().filter(|order| order.time >= since && order.refund).count() as i64
            }
            What::Gap => gap(seen),
            What::Products => {
                let table = past.table(Source::Orders);
                let codes = self.product.map(|at| {
                    let code = move |row: usize| table.dims[at as usize].at(row);
                    seen.orders.clone().map(code).filter(|code| *code > 0)
                });
                runs(&mut seen.codes, codes.into_iter().flatten()).count() as i64
            }
            What::Times(at) => seen.times[at as usize],
            What::Distinct(at) => self.labels(past, seen, at).count() as i64,
            What::Most(at) => {
                let most = self
                    .labels(past, seen, at)
                    .fold((0, 0), |most, of| if of.1 > most.1 { of } else { most });
                if most.1 == 0 { money::NONE } else { i64::from(most.0) }
            }
        }
    }
    /// The labels of a column that somebody has, in their order, and how many rows have each.
    fn labels<'a>(
        &self,
        past: &Past,
        seen: &'a mut Seen,
        at: u32,
    ) -> impl Iterator<Item = (u32, usize)> + 'a {
        let Seen { codes, events, orders, .. } = seen;
        codes.clear();
        let tables = [(Source::Events, events.clone()), (Source::Orders, orders.clone())];
        for ((source, rows), of) in tables.into_iter().zip(&self.columns[at as usize].of) {
            // A shard without any row of a table has no columns of it, either.
            if let Some((dim, common)) = of.as_ref().filter(|_| !rows.is_empty()) {
                let column = &past.table(source).dims[*dim as usize];
                codes.extend(rows.map(|row| common[column.at(row) as usize]).filter(|code| *code > 0));
            }
        }
        counted(codes)
    }
}

/// Of rows in the order of time, those from a second on.
fn within(table: &Table, rows: &Range<usize>, since: u32) -> Range<usize> {
    rows.start + table.times[rows.clone()].partition_point(|time| *time < since)..rows.end
}

/// Orders that stood by then.
fn bought(seen: &Seen) -> impl Iterator<Item = &Order> {
    seen.open.iter().filter(|order| order.fate() == Fate::Bought)
}

/// Rows of 100, half up.
fn share(table: &Table, rows: Range<usize>, is: impl Fn(u32) -> bool) -> i64 {
    let all = rows.len() as i64;
    let some = table.times[rows].iter().filter(|time| is(**time)).count() as i64;
    if all == 0 { money::NONE } else { (200 * some + all) / (2 * all) }
}

/// Tenths of days between the orders, half up; of one order there is none.
fn gap(seen: &Seen) -> i64 {
    let days = || bought(seen).map(|order| i64::from(order.time / DAY));
    let (orders, first, last) = (days().count() as i64, days().min(), days().max());
    match first.zip(last).filter(|_| orders > 1) {
        Some((first, last)) => (20 * (last - first) + orders - 1) / (2 * (orders - 1)),
        None => money::NONE,
    }
}

fn active_days(past: &Past, seen: &mut Seen) -> i64 {
    let Seen { days, events, orders, .. } = seen;
    let of =
        |source, rows: &Range<usize>| past.table(source).times[rows.clone()].iter().map(|time| time / DAY);
    runs(days, of(Source::Events, events).chain(of(Source::Orders, orders))).count() as i64
}

fn runs(kept: &mut Vec<u32>, codes: impl Iterator<Item = u32>) -> impl Iterator<Item = (u32, usize)> {
    kept.clear();
    kept.extend(codes);
    counted(kept)
}

/// Different numbers in their order, and how often each stands there.
fn counted(codes: &mut [u32]) -> impl Iterator<Item = (u32, usize)> {
    codes.sort_unstable();
    codes.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()))
}
