//! What became of an order, told by its rows together.
//!
//! Files tell it in two ways: a row for every movement (paid, then given back or called off), or one row for the order as it
//! stands. A row that gives money back takes it off its order; one that calls an order off at a later second than a row that
//! sold it takes off what it names, and all of it if it names nothing or no less. Where a status alone says that a numbered order was given
//! back, its amount being above zero, and no row of it was sold, that is how it stands: nothing of it was kept, and nothing is
//! taken off anything else. An amount below zero is money that went back, whatever it was paid for.

use super::cut::{CALLED_OFF, CANCELLED, REFUND, RETURNED, SOLD};
use super::money;
use super::past::Table;
use serde::{Deserialize, Serialize};

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

/// The rows of one order so far.
#[derive(Clone, Copy, Default)]
struct Sum {
    /// Whether any row of it was ever sold.
    ever: bool,
    /// When the first row was sold; none if there is none yet.
    sold: Option<u32>,
    /// Minor units that were sold, less what was given back.
    paid: i64,
}

impl Table {
    /// Settles orders that have numbers, row by row: what each says alone is not what became of its order. A row changes by those
    /// before it, so that the first rows of somebody still tell what was known by then.
    pub(super) fn settle(&mut self) -> Settled {
        let mut settled = Settled::default();
        if self.orders.is_empty() {
            let alone = |state: &mut u8| match *state {
                RETURNED => *state = REFUND,
                CALLED_OFF => *state = CANCELLED,
                _ => {}
            };
            self.states.iter_mut().for_each(alone);
            return settled;
        }
        let mut sums: Vec<Sum> = Vec::new();
        for person in 0..self.starts.len().saturating_sub(1) {
            let rows = self.rows(person);
            if self.states.get(rows.clone()).is_none_or(|of| of.iter().all(|state| *state == SOLD)) {
                continue;
            }
            sums.clear();
            for row in rows.clone() {
                let at = self.orders[row] as usize;
                sums.resize(sums.len().max(at + 1), Sum::default());
                sums[at].ever |= self.states[row] == SOLD;
            }
            rows.for_each(|row| self.settle_row(row, &mut sums, &mut settled));
        }
        settled
    }
    fn settle_row(&mut self, row: usize, sums: &mut [Sum], settled: &mut Settled) {
        let (sum, time) = (&mut sums[self.orders[row] as usize], self.times[row]);
        let named = self.amount(row).map_or(0, i64::abs);
        match self.states[row] {
            SOLD => sum.sold = sum.sold.or(Some(time)),
            RETURNED if !sum.ever => {
                self.states[row] = REFUND;
                settled.alone += 1;
                self.put(row, 0);
            }
            RETURNED => self.states[row] = REFUND,
            CALLED_OFF if sum.sold.is_some_and(|sold| sold < time) => {
                settled.called_off += 1;
                let all = named == 0 || named >= sum.paid;
                self.put(row, -if all { sum.paid.max(0) } else { named });
            }
            CALLED_OFF => self.states[row] = CANCELLED,
            _ => {}
        }
        if self.states[row] != CANCELLED {
            sum.paid += self.amount(row).unwrap_or_default();
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
