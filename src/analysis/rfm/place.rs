//! What one shard knows: ranks of R, F and M, everyone's group now and some days ago, ranks inside groups.

use super::{CELL, GROUP, MOVED, WAS};
use crate::error::Result;
use crate::shard::history::ManyCounts;
use crate::shard::select::Round;
use crate::shard::{Analysis, Partial, Shard, add_up};
use crate::table::history::Source;
use crate::table::history::moment::DAY;
use crate::table::history::past::{Fate, Past};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Days of a checkout that is still open, of a fresh lead, and of a warm one.
const LEAD_DAYS: [u32; 3] = [30, 14, 30];

/// Until when and since when orders count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lens {
    /// The first day that is not known.
    pub end: u32,
    /// Days back; 0 for all.
    pub window: u32,
}

/// What somebody bought.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bought {
    /// Days from the last order to the last day.
    recency: i64,
    orders: i64,
    money: i64,
    /// Bought before the window.
    before: bool,
}

impl Lens {
    /// The same, some days ago.
    fn earlier(self, days: u32) -> Lens {
        Lens { end: self.end.saturating_sub(days), ..self }
    }
    fn bought(self, past: &Past, person: usize) -> Bought {
        let from = if self.window == 0 { 0 } else { self.end.saturating_sub(self.window) };
        let (mut known, mut sum, mut last) = (Vec::new(), Bought::default(), 0);
        past.known(person, self.end.saturating_mul(DAY), &mut known);
        for order in known {
            let (day, bought) = (order.time / DAY, order.fate() == Fate::Bought);
            if day < from {
                sum.before |= bought;
                continue;
            }
            sum.money += order.worth();
            if bought {
                sum.orders += 1;
                last = day;
            }
        }
        sum.recency = i64::from(self.end) - 1 - i64::from(last);
        sum
    }
}

/// Cuts: R scores 5 less one per cut below its days, F and M 1 and one per cut below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Edges {
    /// Days.
    pub recency: [i64; 4],
    /// Orders.
    pub frequency: [i64; 4],
    /// Minor units.
    pub money: [i64; 4],
}

impl Edges {
    /// Scores less one.
    fn scores(&self, bought: Bought) -> [usize; 3] {
        let above = |cuts: &[i64; 4], value: i64| cuts.iter().filter(|cut| **cut < value).count();
        [
            4 - above(&self.recency, bought.recency),
            above(&self.frequency, bought.orders),
            above(&self.money, bought.money),
        ]
    }
}

/// A signed number among unsigned ones of the same order.
fn unsigned(value: i64) -> u64 {
    (value as u64) ^ 1 << 63
}

/// Back from it.
pub(super) fn signed(ordered: u64) -> i64 {
    (ordered ^ 1 << 63) as i64
}

/// Counts the next digits of last days, orders and money of buyers.
#[derive(Serialize, Deserialize)]
pub struct Ranks {
    /// Which orders.
    pub lens: Lens,
    /// What to count of which column.
    pub rounds: Vec<(u32, Round)>,
    /// Only how many buyers there are.
    pub count: bool,
}

impl Analysis for Ranks {
    const NAME: &'static str = "rfm-ranks";
    type Partial = ManyCounts;
    type Work = ();
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }
    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut ManyCounts) {
        for person in rows {
            let bought = self.lens.bought(&shard.past, person);
            if bought.orders == 0 {
                continue;
            }
            if self.count {
                sum.one();
                continue;
            }
            let day = i64::from(self.lens.end) - 1 - bought.recency;
            let values = [day, bought.orders, bought.money];
            for (at, (column, _)) in self.rounds.iter().enumerate() {
                sum.add(&self.rounds, at, unsigned(values[*column as usize]));
            }
        }
    }
}

/// Places everyone, now and some days ago, and leaves the group behind as a measure.
#[derive(Serialize, Deserialize)]
pub struct Place {
    /// Which orders.
    pub lens: Lens,
    /// Cuts.
    pub edges: Edges,
    /// Group by FM and R.
    pub grid: [[u8; 5]; 5],
    /// Groups of people who never bought.
    pub leads: Option<[u8; 4]>,
    /// Codes of events of an open checkout.
    pub abandoned: Vec<u32>,
    /// Days ago; 0 for no flow.
    pub earlier: u32,
}

/// People and money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sum {
    /// People.
    pub people: u64,
    /// Their orders.
    pub orders: i64,
    /// Minor units.
    pub money: i64,
}

impl std::ops::AddAssign for Sum {
    fn add_assign(&mut self, other: Sum) {
        self.people += other.people;
        self.orders += other.orders;
        self.money += other.money;
    }
}

/// What placing gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// By R, F and M: 25 (R − 1) + 5 (F − 1) + M − 1.
    pub scores: Vec<Sum>,
    /// By group.
    pub groups: Vec<Sum>,
    /// From a group (or none, 0) to a group (or none, 0), by number plus one.
    pub flow: Vec<u64>,
    /// People who never bought, those who did before the window, and everyone.
    pub others: [u64; 3],
}

/// Groups at most: those of the presets and 25 own.
pub const MOST: usize = 36;

impl Partial for Placed {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.scores, &other.scores);
        add_up(&mut self.groups, &other.groups);
        add_up(&mut self.flow, &other.flow);
        (0..3).for_each(|at| self.others[at] += other.others[at]);
    }
}

impl Place {
    /// Somebody's group under a lens, with what they bought and their scores less one, if they bought.
    fn group(&self, past: &Past, person: usize, lens: Lens) -> (Option<u8>, Bought, Option<[usize; 3]>) {
        let bought = lens.bought(past, person);
        if bought.orders > 0 {
            let [r, f, m] = self.edges.scores(bought);
            return (Some(self.grid[(f + m + 3) / 2 - 1][r]), bought, Some([r, f, m]));
        }
        let lead =
            self.leads.filter(|_| !bought.before).and_then(|leads| self.lead(past, person, lens, leads));
        (lead, bought, None)
    }
    /// The group of somebody who never bought, by what they did; nothing for who did nothing yet.
    fn lead(&self, past: &Past, person: usize, lens: Lens, leads: [u8; 4]) -> Option<u8> {
        let table = past.table(Source::Events);
        let rows = table.before(person, lens.end.saturating_mul(DAY));
        let since = |days: u32| lens.end.saturating_sub(days).saturating_mul(DAY);
        let (first, last) =
            (table.times.get(rows.start).filter(|_| !rows.is_empty())?, table.times[rows.end - 1]);
        let open = |row: usize| {
            table.times[row] >= since(LEAD_DAYS[0]) && self.abandoned.contains(&table.dims[0].at(row))
        };
        let place = match () {
            () if !self.abandoned.is_empty() && rows.rev().any(open) => 0,
            () if *first >= since(LEAD_DAYS[1]) => 1,
            () if last >= since(LEAD_DAYS[2]) => 2,
            () => 3,
        };
        Some(leads[place])
    }
}

impl Analysis for Place {
    const NAME: &'static str = "rfm-place";
    type Partial = Placed;
    type Work = ();
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }
    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Placed) {
        sum.scores.resize(125, Sum::default());
        sum.groups.resize(MOST, Sum::default());
        sum.flow.resize((MOST + 1) * (MOST + 1), 0);
        let names = [GROUP, CELL, WAS, MOVED];
        let mut kept = names.map(|name| shard.past.take_measure(name, -1));
        for person in rows {
            let (group, bought, scores) = self.group(&shard.past, person, self.lens);
            let worth = Sum { people: 1, orders: bought.orders, money: bought.money };
            if let Some([r, f, m]) = scores {
                sum.scores[25 * r + 5 * f + m] += worth;
            } else {
                sum.others[usize::from(bought.before)] += 1;
            }
            sum.others[2] += 1;
            if let Some(group) = group {
                sum.groups[usize::from(group)] += worth;
            }
            kept[0][person] = group.map_or(-1, i32::from);
            kept[1][person] = scores.map_or(-1, |[r, f, m]| (10 * (r + 1) + (f + m + 3) / 2) as i32);
            if self.earlier > 0 {
                let (then, ..) = self.group(&shard.past, person, self.lens.earlier(self.earlier));
                let place = |group: Option<u8>| group.map_or(0, |g| usize::from(g) + 1);
                kept[2][person] = then.map_or(-1, i32::from);
                kept[3][person] = i32::from(then != group);
                sum.flow[place(then) * (MOST + 1) + place(group)] += 1;
            }
        }
        shard.past.measures.extend(names.into_iter().map(String::from).zip(kept));
    }
}

/// Counts the next digits of recency, orders and money inside every group.
#[derive(Serialize, Deserialize)]
pub struct Medians {
    /// Which orders.
    pub lens: Lens,
    /// What to count: column 3 × group + 0, 1, 2 for R, F and M.
    pub rounds: Vec<(u32, Round)>,
}

impl Analysis for Medians {
    const NAME: &'static str = "rfm-medians";
    type Partial = ManyCounts;
    /// Where the round of a column stands.
    type Work = Vec<Option<usize>>;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Self::Work> {
        let place = |column: usize| self.rounds.iter().position(|(at, _)| *at as usize == column);
        Ok((0..3 * MOST).map(place).collect())
    }
    fn add(&self, places: &mut Self::Work, shard: &mut Shard, rows: Range<usize>, sum: &mut ManyCounts) {
        let Some(groups) = shard.past.measures.get(GROUP) else { return };
        for person in rows.filter(|person| groups[*person] >= 0) {
            let bought = self.lens.bought(&shard.past, person);
            if bought.orders == 0 {
                continue;
            }
            for (at, value) in [bought.recency, bought.orders, bought.money].into_iter().enumerate() {
                if let Some(place) = places[3 * groups[person] as usize + at] {
                    sum.add(&self.rounds, place, unsigned(value));
                }
            }
        }
    }
}
