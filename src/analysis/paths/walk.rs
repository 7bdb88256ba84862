//! What one shard knows of paths, baskets and touchpoints.

use super::{LEADS, STEPS, WHO};
use crate::error::Result;
use crate::shard::{Analysis, Partial, Shard};
use crate::table::history::cut::SOLD;
use crate::table::history::moment::DAY;
use crate::table::history::past::{Fate, Past};
use crate::table::history::{Source, money};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// Baskets of more different products make no pairs: they are of a trader, and would make more than all others.
const BASKET: usize = 50;

/// What stands at each step of a path: codes plus one, and zeros behind its end. In order as the lists of codes are.
pub type Steps = [u32; STEPS];

/// The codes of a path.
pub fn codes(steps: &Steps) -> impl Iterator<Item = u32> {
    steps.iter().take_while(|step| **step > 0).map(|step| step - 1)
}

/// A path of these codes.
pub(super) fn steps(codes: impl Iterator<Item = u32>) -> Steps {
    let mut steps = [0; STEPS];
    steps.iter_mut().zip(codes).for_each(|(step, code)| *step = code + 1);
    steps
}

/// Follows everyone from order to order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Walk {
    /// The column of the orders.
    pub column: u32,
    /// Orders of a path.
    pub steps: u8,
    /// The column that products are compared by.
    pub attribute: Option<u32>,
    /// The column of the events.
    pub touch: Option<u32>,
    /// Seconds before an order in which they count.
    pub before: u32,
    /// Whose people are marked.
    pub who: Option<Held>,
}

/// What somebody's orders tell of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Held {
    /// The first holds it.
    First(u32),
    /// The first holds the one, the second the other.
    Next([u32; 2]),
    /// One of those that make pairs holds both.
    Pair([u32; 2]),
    /// One came behind these touchpoints.
    Touch(Steps),
    /// One of this lead product, or any, was followed by another in so many days.
    Gap {
        /// Which.
        of: Option<u32>,
        /// From and to.
        days: [u32; 2],
    },
}

impl Held {
    /// Whether these orders, behind these touchpoints, tell it.
    fn by(&self, orders: &[Order], touched: &[Steps]) -> bool {
        let holds = |at: usize, code: u32| orders.get(at).is_some_and(|order| order.basket.contains(&code));
        match self {
            Held::First(one) => holds(0, *one),
            Held::Next([one, other]) => holds(0, *one) && holds(1, *other),
            Held::Pair(two) => {
                let both = |order: &Order| two.iter().all(|code| order.basket.contains(code));
                orders.iter().any(|order| order.basket.len() <= BASKET && both(order))
            }
            Held::Touch(path) => touched.contains(path),
            Held::Gap { of, days: [from, to] } => orders.windows(2).any(|pair| {
                of.is_none_or(|lead| lead == pair[0].lead) && (*from..=*to).contains(&days(pair))
            }),
        }
    }
}

/// Days from an order to the next.
fn days(pair: &[Order]) -> u32 {
    pair[1].time / DAY - pair[0].time / DAY
}

/// A path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Path {
    /// People who took it.
    pub people: u64,
    /// Orders: of these people, or behind these touchpoints.
    pub orders: u64,
    /// What was paid for them, in minor units.
    pub money: i64,
    /// Days from each order to the next on the path, and how often.
    pub gaps: BTreeMap<u32, u64>,
}

impl Path {
    fn merge(&mut self, other: Path) {
        self.people += other.people;
        self.orders += other.orders;
        self.money += other.money;
        join(&mut self.gaps, other.gaps, |to, from| *to += from);
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Walked {
    /// People who bought.
    pub buyers: u64,
    /// Their orders.
    pub orders: u64,
    /// Those behind the last step of a path.
    pub later: u64,
    /// By lead products.
    pub paths: BTreeMap<Steps, Path>,
    /// People by what their first basket, and their second, holds.
    pub held: [BTreeMap<u32, u64>; 2],
    /// People by what their first and their second hold.
    pub next: BTreeMap<(u32, u32), u64>,
    /// By lead product of an order, days to the next order.
    pub gaps: BTreeMap<u32, BTreeMap<u32, u64>>,
    /// Orders and people by product.
    pub items: BTreeMap<u32, [u64; 2]>,
    /// Orders and people by two products of one basket.
    pub pairs: BTreeMap<(u32, u32), [u64; 2]>,
    /// Baskets too large for pairs.
    pub large: u64,
    /// Rows by product and what it is compared by.
    pub attributes: BTreeMap<(u32, u32), u64>,
    /// By touchpoints.
    pub touches: BTreeMap<Steps, Path>,
}

fn join<K: Ord, V: Default>(to: &mut BTreeMap<K, V>, from: BTreeMap<K, V>, add: impl Fn(&mut V, V)) {
    from.into_iter().for_each(|(key, value)| add(to.entry(key).or_default(), value));
}

impl Partial for Walked {
    fn merge(&mut self, other: Self) {
        let two = |to: &mut [u64; 2], from: [u64; 2]| (0..2).for_each(|at| to[at] += from[at]);
        self.buyers += other.buyers;
        self.orders += other.orders;
        self.later += other.later;
        join(&mut self.paths, other.paths, Path::merge);
        self.held.iter_mut().zip(other.held).for_each(|(to, from)| join(to, from, |a, b| *a += b));
        join(&mut self.next, other.next, |to, from| *to += from);
        join(&mut self.gaps, other.gaps, |to, from| join(to, from, |a, b| *a += b));
        join(&mut self.items, other.items, two);
        join(&mut self.pairs, other.pairs, two);
        self.large += other.large;
        join(&mut self.attributes, other.attributes, |to, from| *to += from);
        join(&mut self.touches, other.touches, Path::merge);
    }
}

/// An order: second, lead product, what it holds, minor units.
#[derive(Default)]
struct Order {
    time: u32,
    lead: u32,
    basket: Vec<u32>,
    money: i64,
}

/// Counts every one of these, and whose they are once.
fn once<K: Ord + Copy>(mut all: Vec<K>, to: &mut BTreeMap<K, [u64; 2]>) {
    all.sort_unstable();
    for same in all.chunk_by(|a, b| a == b) {
        let sum = to.entry(same[0]).or_default();
        (sum[0], sum[1]) = (sum[0] + same.len() as u64, sum[1] + 1);
    }
}

impl Walk {
    /// A person's orders, the first one first.
    fn orders(&self, past: &Past, person: usize, sum: &mut Walked) -> Vec<Order> {
        let (table, all) = (past.table(Source::Orders), &past.purchases);
        let state = |row: usize| table.states.get(row).copied().unwrap_or(SOLD);
        // Order, product, minor units: once for every product of an order.
        let mut items: Vec<(usize, u32, i64)> = Vec::new();
        for row in table.rows(person).filter(|row| state(*row) == SOLD) {
            let code = table.dims[self.column as usize].at(row);
            let paid = table.measures.first().map_or(money::NONE, |paid| paid[row]);
            items.push((past.order(person, row), code, if paid == money::NONE { 0 } else { paid }));
            if let Some(attribute) = self.attribute {
                let value = table.dims[attribute as usize].at(row);
                *sum.attributes.entry((code, value)).or_default() += 1;
            }
        }
        items.sort_unstable();
        items.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            kept.2 += if same { next.2 } else { 0 };
            same
        });
        let order = |at: usize| {
            let from = items.partition_point(|item| item.0 < at);
            let basket = items[from..].iter().take_while(|item| item.0 == at);
            // Of equal ones the first in the order of labels.
            let lead = basket.clone().max_by_key(|(_, code, paid)| (*paid, std::cmp::Reverse(*code)));
            Order {
                time: all.times[at],
                lead: lead.map_or(0, |(_, code, _)| *code),
                basket: basket.map(|(_, code, _)| *code).filter(|code| *code > 0).collect(),
                money: all.amounts[at],
            }
        };
        all.of_person(person).filter(|at| all.fates[*at] == Fate::Bought).map(order).collect()
    }
    fn path(&self, orders: &[Order], sum: &mut Walked) {
        let on = orders.len().min(usize::from(self.steps));
        let path = sum.paths.entry(steps(orders[..on].iter().map(|order| order.lead))).or_default();
        path.people += 1;
        path.orders += orders.len() as u64;
        path.money += orders.iter().map(|order| order.money).sum::<i64>();
        for (at, pair) in orders.windows(2).enumerate() {
            let days = days(pair);
            *sum.gaps.entry(pair[0].lead).or_default().entry(days).or_default() += 1;
            if at + 1 < on {
                *path.gaps.entry(days).or_default() += 1;
            }
        }
        sum.later += (orders.len() - on) as u64;
    }
    fn baskets(&self, orders: &[Order], sum: &mut Walked) {
        for (held, order) in sum.held.iter_mut().zip(orders) {
            order.basket.iter().for_each(|code| *held.entry(*code).or_default() += 1);
        }
        if let [first, second, ..] = orders {
            let both = first.basket.iter().flat_map(|a| second.basket.iter().map(move |b| (*a, *b)));
            both.for_each(|pair| *sum.next.entry(pair).or_default() += 1);
        }
        once(orders.iter().flat_map(|order| order.basket.iter().copied()).collect(), &mut sum.items);
        let small = orders.iter().map(|order| &order.basket).filter(|basket| basket.len() <= BASKET);
        sum.large += (orders.len() - small.clone().count()) as u64;
        let pairs =
            small.flat_map(|b| (1..b.len()).flat_map(move |at| b[..at].iter().map(move |a| (*a, b[at]))));
        once(pairs.collect(), &mut sum.pairs);
    }
    /// What stood before every order; gives what stood before any.
    fn touches(&self, past: &Past, person: usize, orders: &[Order], sum: &mut Walked) -> Vec<Steps> {
        let mut seen: Vec<Steps> = Vec::new();
        let Some(column) = self.touch else { return seen };
        let events = past.table(Source::Events);
        let rows = events.rows(person);
        let times = &events.times[rows.clone()];
        for (at, order) in orders.iter().enumerate() {
            let before = at.checked_sub(1).map_or(0, |at| orders[at].time + 1);
            let from = before.max(order.time.saturating_sub(self.before));
            let place = |time: u32| rows.start + times.partition_point(|known| *known < time);
            let last = (place(from)..place(order.time + 1)).rev();
            let mut path: Vec<u32> = Vec::with_capacity(STEPS);
            for code in last.map(|row| events.dims[column as usize].at(row)) {
                if path.last() != Some(&code) {
                    if path.len() == usize::from(self.steps) {
                        break;
                    }
                    path.push(code);
                }
            }
            let path = steps(path.into_iter().rev());
            let new = !seen.contains(&path);
            if new {
                seen.push(path);
            }
            let touched = sum.touches.entry(path).or_default();
            touched.orders += 1;
            touched.money += order.money;
            touched.people += u64::from(new);
        }
        seen
    }
}

impl Analysis for Walk {
    const NAME: &'static str = "paths";
    type Partial = Walked;
    type Work = ();
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }
    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Walked) {
        let mut leads = LEADS.map(|name| shard.past.take_measure(name, -1));
        let mut who = shard.past.take_measure(WHO, 0);
        for person in rows {
            let orders = self.orders(&shard.past, person, sum);
            for (at, lead) in leads.iter_mut().enumerate() {
                lead[person] = orders.get(at).map_or(-1, |order| order.lead as i32);
            }
            who[person] = 0;
            if orders.is_empty() {
                continue;
            }
            sum.buyers += 1;
            sum.orders += orders.len() as u64;
            self.path(&orders, sum);
            self.baskets(&orders, sum);
            let touched = self.touches(&shard.past, person, &orders, sum);
            who[person] = self.who.as_ref().is_some_and(|held| held.by(&orders, &touched)).into();
        }
        for (name, measure) in LEADS.into_iter().zip(leads).chain([(WHO, who)]) {
            shard.past.measures.insert(name.into(), measure);
        }
    }
}
