//! What became of an order, told by its rows together.
//!
//! Files tell it in two ways: a row for every movement (paid, then given back or called off), or one row for the order as it
//! stands. A row that gives money back takes it off its order; one that calls an order off behind a row that sold it gives
//! back what it names, and all of it if it names nothing less. Where a status alone says that a numbered order was given
//! back, its amount being above zero, and no row of it was sold, that is how it stands: nothing of it was kept, and nothing is
//! taken off anything else. An amount below zero is money that went back, whatever it was paid for.

use super::cut::{CANCELLED, REFUND, RETURNED, SOLD};
use super::money;
use super::past::Table;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What was settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "OrdersSettled"))]
pub struct Settled {
    /// Rows of orders that were given back by their status, and of which no row was sold: worth nothing.
    pub alone: u64,
    /// Rows that called off, wholly or in part, what rows before them sold.
    pub called_off: u64,
}

impl Settled {
    /// Whether the rows alone say it all.
    pub fn is_none(&self) -> bool {
        *self == Settled::default()
    }
}

impl std::ops::AddAssign for Settled {
    fn add_assign(&mut self, other: Settled) {
        self.alone += other.alone;
        self.called_off += other.called_off;
    }
}

/// The rows of one order, added up.
#[derive(Clone, Copy, Default)]
struct Sum {
    /// When the first row was sold; none if there is none.
    sold: Option<u32>,
    /// Minor units that were sold, less what was given back.
    paid: i64,
    /// Minor units of rows that called it off behind that.
    off: i64,
    /// One of them names no amount.
    whole: bool,
}

impl Sum {
    /// Whether a row calls off what one before it sold.
    fn calls_off(&self, state: u8, time: u32) -> bool {
        state == CANCELLED && self.sold.is_some_and(|sold| sold < time)
    }
    /// Whether all of it was called off.
    fn gone(&self) -> bool {
        self.whole || self.off >= self.paid
    }
}

impl Table {
    /// Settles orders that have numbers, row by row: what each says alone is not what became of its order.
    pub(super) fn settle(&mut self) -> Settled {
        let mut settled = Settled::default();
        if self.orders.is_empty() {
            self.states.iter_mut().filter(|state| **state == RETURNED).for_each(|state| *state = REFUND);
            return settled;
        }
        let mut sums: Vec<Sum> = Vec::new();
        for person in 0..self.starts.len().saturating_sub(1) {
            let rows = self.rows(person);
            if self.states[rows.clone()].iter().all(|state| *state == SOLD) {
                continue;
            }
            self.sum(rows.clone(), &mut sums);
            rows.for_each(|row| self.settle_row(row, &sums[self.orders[row] as usize], &mut settled));
        }
        settled
    }
    /// Adds the rows of one person up, by order.
    fn sum(&self, rows: Range<usize>, sums: &mut Vec<Sum>) {
        sums.clear();
        for row in rows {
            let (at, time) = (self.orders[row] as usize, self.times[row]);
            sums.resize(sums.len().max(at + 1), Sum::default());
            let (sum, amount) = (&mut sums[at], self.amount(row));
            match self.states[row] {
                state if sum.calls_off(state, time) => {
                    sum.off += amount.unwrap_or_default().abs();
                    sum.whole |= amount.is_none();
                }
                CANCELLED => {}
                state => {
                    sum.sold = sum.sold.or((state == SOLD).then_some(time));
                    sum.paid += amount.unwrap_or_default();
                }
            }
        }
    }
    fn settle_row(&mut self, row: usize, sum: &Sum, settled: &mut Settled) {
        let off = sum.calls_off(self.states[row], self.times[row]);
        settled.called_off += u64::from(off);
        if (sum.off != 0 || sum.whole) && sum.gone() {
            self.states[row] = CANCELLED;
        } else if off {
            self.states[row] = REFUND;
            let amount = self.amount(row).unwrap_or_default();
            self.put(row, -amount.abs());
        } else if self.states[row] == RETURNED {
            self.states[row] = REFUND;
            if sum.sold.is_none() {
                settled.alone += 1;
                self.put(row, 0);
            }
        }
    }
    fn amount(&self, row: usize) -> Option<i64> {
        self.measures.first().map(|column| column[row]).filter(|amount| *amount != money::NONE)
    }
    fn put(&mut self, row: usize, amount: i64) {
        if let Some(column) = self.measures.first_mut() {
            column[row] = amount;
        }
    }
}
