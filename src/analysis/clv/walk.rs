//! The order histories of one shard: how often, when last, since when, for how much.

use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard};
use crate::table::history::moment::DAY;
use crate::table::history::past::{Fate, Past as Sealed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// What is known of somebody at the end of a day. Orders of one day are one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct History {
    /// Days with an order.
    pub days: u32,
    /// Day of the first.
    pub first: u32,
    /// Day of the last.
    pub last: u32,
    /// Money of all but the first day.
    pub repeat: i64,
    /// Money of all days.
    pub money: i64,
    /// Gaps between days, and their squares, added up.
    pub gaps: [u64; 2],
    /// Days with an order behind the end.
    pub ahead: u32,
    /// Their money.
    pub came: i64,
}

impl History {
    /// Of what was bought before day `end`, and how often in the `ahead` days behind it.
    pub fn of(past: &Sealed, person: usize, end: u32, ahead: u32) -> History {
        let (all, mut of, mut behind) = (&past.purchases, History::default(), u32::MAX);
        for order in all.of_person(person).filter(|order| all.fates[*order] == Fate::Bought) {
            let day = all.day(order);
            if day >= end && day < end + ahead {
                of.ahead += u32::from(day != behind);
                of.came += all.amounts[order];
                behind = day;
            }
        }
        let mut known = Vec::new();
        past.known(person, end.saturating_mul(DAY), &mut known);
        for order in known.into_iter().filter(|order| order.fate() == Fate::Bought) {
            let day = order.time / DAY;
            if of.days == 0 {
                of.first = day;
            } else if day > of.last {
                let gap = u64::from(day - of.last);
                of.gaps = [of.gaps[0] + gap, of.gaps[1] + gap * gap];
            }
            of.days += u32::from(of.days == 0 || day > of.last);
            of.last = day;
            of.money += order.worth();
            if day > of.first {
                of.repeat += order.worth();
            }
        }
        of
    }
    /// Repeat orders, days from the first to the last, days from the first to the end.
    pub fn key(&self, end: u32) -> (u32, u32, u32) {
        (self.days - 1, self.last - self.first, end - 1 - self.first)
    }
    /// Whether three or more days follow each other at gaps whose deviation is at most half of their mean.
    pub fn periodic(&self) -> bool {
        let n = u128::from(self.days.saturating_sub(1));
        let [sum, squares] = self.gaps.map(u128::from);
        n >= 2 && 4 * (n * squares - sum * sum) <= sum * sum
    }
}

/// Asks for the histories up to a day.
#[derive(Serialize, Deserialize)]
pub struct Look {
    /// The first day that is not known.
    pub end: u32,
    /// Days behind it whose orders are counted, to hold a forecast against.
    pub ahead: u32,
}

/// Histories, equal ones as one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Past {
    /// By repeats, last and age in days.
    pub histories: BTreeMap<(u32, u32, u32), Alike>,
    /// By repeats and the money for them: people. Only of those whose money is above zero.
    pub spent: BTreeMap<(u32, i64), u64>,
}

/// People with equal histories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alike {
    /// How many.
    pub people: u64,
    /// Orders they gave behind the end.
    pub ahead: u64,
    /// Their money.
    pub came: i64,
    /// Those of them whose repeat orders have money above zero.
    pub spenders: u64,
    /// That money.
    pub spent: i64,
}

impl Alike {
    fn add(&mut self, other: Alike) {
        self.people += other.people;
        self.ahead += other.ahead;
        self.came += other.came;
        self.spenders += other.spenders;
        self.spent += other.spent;
    }
}

impl Past {
    /// People with an order.
    pub fn people(&self) -> u64 {
        self.histories.values().map(|alike| alike.people).sum()
    }
    /// People with a repeat order.
    pub fn repeaters(&self) -> u64 {
        self.histories.iter().filter(|(key, _)| key.0 > 0).map(|(_, alike)| alike.people).sum()
    }
    /// Days of the longest history.
    pub fn longest(&self) -> u32 {
        self.histories.keys().map(|key| key.2).max().unwrap_or(0)
    }
}

impl Partial for Past {
    fn merge(&mut self, other: Self) {
        for (key, alike) in other.histories {
            self.histories.entry(key).or_default().add(alike);
        }
        for (key, people) in other.spent {
            *self.spent.entry(key).or_default() += people;
        }
    }
}

impl Analysis for Look {
    const NAME: &'static str = "clv-histories";
    type Partial = Past;
    type Work = ();
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }
    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Past) {
        for person in rows {
            let history = History::of(&shard.past, person, self.end, self.ahead);
            if history.days == 0 {
                continue;
            }
            let spends = history.days > 1 && history.repeat > 0;
            sum.histories.entry(history.key(self.end)).or_default().add(Alike {
                people: 1,
                ahead: history.ahead.into(),
                came: history.came,
                spenders: spends.into(),
                spent: if spends { history.repeat } else { 0 },
            });
            if spends {
                *sum.spent.entry((history.days - 1, history.repeat)).or_default() += 1;
            }
        }
    }
}
