//! The order histories of one shard: how often, when last, since when, for how much.

use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard};
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
}

impl History {
    /// Of what was bought before day `end`, and how often in the `ahead` days behind it.
    pub fn of(past: &Sealed, person: usize, end: u32, ahead: u32) -> History {
        let (all, mut of, mut behind) = (&past.purchases, History::default(), u32::MAX);
        for order in all.of_person(person).filter(|order| all.fates[*order] == Fate::Bought) {
            let day = all.day(order);
            if day >= end {
                if day < end + ahead && day != behind {
                    (of.ahead, behind) = (of.ahead + 1, day);
                }
                continue;
            }
            if of.days == 0 {
                of.first = day;
            } else if day > of.last {
                let gap = u64::from(day - of.last);
                of.gaps = [of.gaps[0] + gap, of.gaps[1] + gap * gap];
            }
            of.days += u32::from(of.days == 0 || day > of.last);
            of.last = day;
            of.money += all.amounts[order];
            if day > of.first {
                of.repeat += all.amounts[order];
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
    /// By repeats, last and age in days: people, and orders they gave behind the end.
    pub histories: BTreeMap<(u32, u32, u32), (u64, u64)>,
    /// By repeats and the money for them: people. Only of those whose money is above zero.
    pub spent: BTreeMap<(u32, i64), u64>,
}

impl Past {
    /// People with an order.
    pub fn people(&self) -> u64 {
        self.histories.values().map(|(people, _)| people).sum()
    }
    /// People with a repeat order.
    pub fn repeaters(&self) -> u64 {
        self.histories.iter().filter(|(key, _)| key.0 > 0).map(|(_, (people, _))| people).sum()
    }
    /// Days of the longest history.
    pub fn longest(&self) -> u32 {
        self.histories.keys().map(|key| key.2).max().unwrap_or(0)
    }
}

impl Partial for Past {
    fn merge(&mut self, other: Self) {
        for (key, (people, ahead)) in other.histories {
            let entry = self.histories.entry(key).or_default();
            *entry = (entry.0 + people, entry.1 + ahead);
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
            let entry = sum.histories.entry(history.key(self.end)).or_default();
            *entry = (entry.0 + 1, entry.1 + u64::from(history.ahead));
            if history.days > 1 && history.repeat > 0 {
                *sum.spent.entry((history.days - 1, history.repeat)).or_default() += 1;
            }
        }
    }
}
