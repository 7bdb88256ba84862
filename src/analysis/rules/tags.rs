//! Whether a test holds for one person.

use super::plan::RuleFate;
use super::{FIRST, HOLDS};
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::cut::CANCELLED;
use crate::table::history::moment::DAY;
use crate::table::history::past::{Fate, Past};
use crate::table::history::pick::Match;
use crate::table::history::{Source, money};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Seconds of a pause behind which nobody was still there.
const PAUSE: u32 = 1_800;

/// What follows, in codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Next {
    /// Which events; orders if none.
    pub events: Option<Match>,
    /// Days.
    pub within: u32,
    /// Or rather does not.
    pub never: bool,
}

/// A test in codes; see [`super::Predicate`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Of orders, not events.
    pub orders: bool,
    /// Which rows.
    pub rows: Match,
    /// What became of the orders.
    pub fate: RuleFate,
    /// The last so many days; 0 for all.
    pub days: u32,
    /// At least and at most so many.
    pub count: [u32; 2],
    /// The column that is added up.
    pub sum: Option<u32>,
    /// To at least and at most this, in minor units.
    pub total: [Option<i64>; 2],
    /// Seconds spent.
    pub dwell: u32,
    /// Only the first, only the last.
    pub edge: [bool; 2],
    /// Days since the last of them.
    pub quiet: u32,
    /// What follows.
    pub then: Option<Next>,
    /// Percent of the person's own interval.
    pub due: Option<u32>,
}

/// Tags everyone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tags {
    /// Tests by rule; a rule without any never holds.
    pub rules: Vec<Vec<Test>>,
    /// The first second that is not known.
    pub end: u32,
}

/// People of a tag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// How many.
    pub people: u64,
    /// Their orders.
    pub orders: u64,
    /// What they paid, in minor units.
    pub money: i64,
    /// To how many of them no rule before applies.
    pub first: u64,
}

impl std::ops::AddAssign for Tag {
    fn add_assign(&mut self, other: Tag) {
        self.people += other.people;
        self.orders += other.orders;
        self.money += other.money;
        self.first += other.first;
    }
}

/// People by rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tagged {
    /// By rule.
    pub rules: Vec<Tag>,
    /// People without any.
    pub none: u64,
}

impl Partial for Tagged {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.rules, &other.rules);
        self.none += other.none;
    }
}

/// Rows (or orders) of a person that are meant, with their seconds.
type Meant = Vec<(u32, usize)>;

/// What a walk keeps from person to person, so that nothing is allocated anew.
#[derive(Default)]
pub struct Hand {
    meant: Meant,
    /// What may follow.
    next: Meant,
    /// Orders with a row that is meant.
    held: Vec<bool>,
}

impl Test {
    /// Collects what is meant.
    fn collect(&self, past: &Past, person: usize, end: u32, hand: &mut Hand) {
        hand.meant.clear();
        self.following(past, person, &mut hand.next);
        hand.held.clear();
        if self.orders {
            past.held(person, &self.rows, &mut hand.held);
        }
        let since = if self.days == 0 { 0 } else { end.saturating_sub(self.days.saturating_mul(DAY)) };
        let events = past.table(Source::Events);
        let (all, times) = match self.orders {
            true => (past.purchases.of_person(person), &past.purchases.times),
            false => (events.rows(person), &events.times),
        };
        let [first, last] = self.edge;
        let from = if last { all.end.saturating_sub(1).max(all.start) } else { all.start };
        let to = if first { all.end.min(all.start + 1) } else { all.end };
        for (at, time) in (from..to).zip(&times[from..to]) {
            let takes = match self.orders {
                true => {
                    past.purchases.fates[at] == self.fate() && hand.held.get(at - all.start) != Some(&false)
                }
                false => self.rows.takes(events, at),
            };
            if *time >= since && takes && self.follows(&hand.next, *time, at, end) {
                hand.meant.push((*time, at));
            }
        }
    }
    fn fate(&self) -> Fate {
        match self.fate {
            RuleFate::Bought => Fate::Bought,
            RuleFate::Cancelled => Fate::Cancelled,
            RuleFate::Returned => Fate::Returned,
        }
    }
    /// Collects what may follow.
    fn following(&self, past: &Past, person: usize, out: &mut Meant) {
        out.clear();
        let (events, all) = (past.table(Source::Events), &past.purchases);
        match self.then.as_ref().map(|next| &next.events) {
            Some(Some(rows)) => {
                let meant = events.rows(person).filter(|row| rows.takes(events, *row));
                out.extend(meant.map(|row| (events.times[row], row)));
            }
            Some(None) => {
                let bought = all.of_person(person).filter(|at| all.fates[*at] == Fate::Bought);
                out.extend(bought.map(|at| (all.times[at], at)));
            }
            None => {}
        }
    }
    /// Whether it is followed as the test says.
    fn follows(&self, following: &Meant, time: u32, at: usize, end: u32) -> bool {
        let Some(next) = &self.then else { return true };
        let until = time.saturating_add(next.within.saturating_mul(DAY));
        // Nothing follows itself.
        let same = self.orders == next.events.is_none();
        let before = |known: &(u32, usize)| known.0 < time || (same && known.1 <= at);
        let first = following.get(following.partition_point(before));
        let follows = first.is_some_and(|(time, _)| *time < until);
        if next.never { !follows && until <= end } else { follows }
    }
    /// Minor units that these add up to.
    fn total(&self, past: &Past, person: usize, meant: &Meant) -> i64 {
        let Some(column) = self.sum else { return 0 };
        let source = if self.orders { Source::Orders } else { Source::Events };
        let table = past.table(source);
        let number = |row: usize| {
            let number = table.measures[column as usize][row];
            if number == money::NONE { 0 } else { number }
        };
        if !self.orders {
            return meant.iter().map(|(_, row)| number(*row)).sum();
        }
        let of = |row: &usize| meant.binary_search_by_key(&past.order(person, *row), |m| m.1).is_ok();
        let rows = table.rows(person).filter(of);
        if self.fate == RuleFate::Cancelled {
            // Of what was called off, what it would have come to.
            return rows.map(|row| number(row).max(0)).sum();
        }
        rows.filter(|row| table.states.get(*row) != Some(&CANCELLED)).map(number).sum()
    }
    /// Seconds to the next event behind each of these.
    fn spent(&self, past: &Past, person: usize, meant: &Meant) -> u32 {
        let (events, rows) = (past.table(Source::Events), past.table(Source::Events).rows(person));
        let gap = |(time, row): &(u32, usize)| {
            let next = (row + 1 < rows.end).then(|| events.times[row + 1] - time);
            next.filter(|gap| *gap <= PAUSE).unwrap_or(0)
        };
        meant.iter().map(gap).fold(0, u32::saturating_add)
    }
    /// Whether as many percent of the mean interval have gone by since the last.
    fn due(&self, meant: &Meant, end: u32) -> bool {
        let Some(percent) = self.due else { return true };
        let (Some(first), Some(last)) = (meant.first(), meant.last()) else { return false };
        let day = |time: u32| u64::from(time / DAY);
        let whole = day(last.0) - day(first.0);
        let since = (u64::from(end / DAY) - 1).saturating_sub(day(last.0));
        whole > 0 && since * 100 * (meant.len() as u64 - 1) >= u64::from(percent) * whole
    }
    fn holds(&self, past: &Past, person: usize, end: u32, hand: &mut Hand) -> bool {
        self.collect(past, person, end, hand);
        let meant = &hand.meant;
        let last = meant.last().map(|(time, _)| *time);
        let quiet = |last: u32| end - last >= self.quiet.saturating_mul(DAY);
        let [least, most] = self.total;
        let within = |total: i64| least.is_none_or(|l| l <= total) && most.is_none_or(|m| total <= m);
        (self.count[0] as usize..=self.count[1] as usize).contains(&meant.len())
            && (self.quiet == 0 || last.is_some_and(quiet))
            && (self.sum.is_none() || within(self.total(past, person, meant)))
            && (self.dwell == 0 || self.spent(past, person, meant) >= self.dwell)
            && self.due(meant, end)
    }
}

impl Analysis for Tags {
    const NAME: &'static str = "rules";
    type Partial = Tagged;
    type Work = Hand;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Hand> {
        Ok(Hand::default())
    }
    fn add(&self, hand: &mut Hand, shard: &mut Shard, rows: Range<usize>, sum: &mut Tagged) {
        let mut first = shard.past.take_measure(FIRST, -1);
        let names = &HOLDS[..self.rules.len()];
        let mut tags: Vec<Vec<i32>> = names.iter().map(|name| shard.past.take_measure(name, 0)).collect();
        sum.rules.resize(self.rules.len(), Tag::default());
        for person in rows {
            let past = &shard.past;
            let bought = |at: &usize| past.purchases.fates[*at] == Fate::Bought;
            let orders = past.purchases.of_person(person).filter(bought);
            let money = past.purchases.of_person(person).map(|at| past.purchases.amounts[at]).sum();
            let worth = Tag { people: 1, orders: orders.count() as u64, money, first: 0 };
            first[person] = -1;
            for (at, tests) in self.rules.iter().enumerate() {
                let holds = !tests.is_empty() && tests.iter().all(|t| t.holds(past, person, self.end, hand));
                tags[at][person] = i32::from(holds);
                if holds {
                    let new = first[person] < 0;
                    first[person] = if new { at as i32 } else { first[person] };
                    sum.rules[at] += Tag { first: u64::from(new), ..worth };
                }
            }
            sum.none += u64::from(first[person] < 0);
        }
        shard.past.measures.insert(FIRST.into(), first);
        for (name, tags) in names.iter().zip(tags) {
            shard.past.measures.insert((*name).into(), tags);
        }
    }
}
