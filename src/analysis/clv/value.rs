//! Everyone's value, chance to be alive and lifecycle state, as whole numbers; then their bands.

use super::plan::ClvPlan;
use super::walk::History;
use super::{ALIVE, BAND, CLV, STATE, STATES, WAS};
use crate::error::Result;
use crate::num::{BgNbd, GammaGamma, WEEK};
use crate::shard::history::ManyCounts;
use crate::shard::select::Round;
use crate::shard::{Analysis, Partial, Shard, add_up};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::{AddAssign, Range};

/// Bands of value: thirds.
pub const BANDS: usize = 3;
/// Days of a month that is valued.
const MONTH: f64 = 30.0;
/// Chances and orders are kept in hundredths of a percent and of an order's percent.
pub const TEN_THOUSAND: f64 = 10_000.0;

/// Both models, as shards need them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Models {
    /// How often.
    pub orders: BgNbd,
    /// For how much.
    pub money: Option<GammaGamma>,
    /// Decimals of money.
    pub decimals: u8,
}

/// Values everyone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Value {
    /// The first day that is not known.
    pub end: u32,
    /// By what.
    pub models: Models,
    /// How.
    pub plan: ClvPlan,
    /// Days with an order from which on somebody is in the top third.
    pub many: u32,
}

/// Orders and discounted orders of the next months of whoever is alive, by repeats and age.
#[derive(Default)]
pub struct Ahead {
    known: BTreeMap<(u32, u32), (f64, f64)>,
}

impl Value {
    fn ahead(&self, known: &mut Ahead, repeats: u32, age: u32) -> (f64, f64) {
        *known.known.entry((repeats, age)).or_insert_with(|| {
            let (mut before, mut discounted, mut factor) = (0.0, 0.0, 1.0);
            for month in 1..=self.plan.months {
                let weeks = f64::from(month) * MONTH / WEEK;
                let orders = self.models.orders.orders_if_alive(repeats, f64::from(age) / WEEK, weeks);
                factor /= 1.0 + self.plan.discount;
                discounted += (orders - before) * factor;
                before = orders;
            }
            (before, discounted)
        })
    }
    fn alive(&self, history: &History, end: u32) -> f64 {
        let (repeats, last, age) = history.key(end);
        self.models.orders.alive(repeats, f64::from(last) / WEEK, f64::from(age) / WEEK)
    }
    /// The place in [`STATES`].
    fn state(&self, history: &History, end: u32) -> usize {
        match () {
            () if history.days == 1 => 0,
            () if !history.periodic() => 1,
            () if history.days >= self.many && self.alive(history, end) >= 0.5 => 3,
            () => 2,
        }
    }
    /// Minor units.
    fn value(&self, history: &History, alive: f64, discounted: f64) -> i32 {
        let unit = 10f64.powi(i32::from(self.models.decimals));
        let repeats = history.days - 1;
        let spent = if history.repeat > 0 { history.repeat as f64 / unit } else { 0.0 };
        let repeats = if spent > 0.0 { repeats } else { 0 };
        let order = self.models.money.and_then(|money| money.expected(repeats, spent)).unwrap_or(0.0);
        libm::round(self.plan.margin * order * alive * discounted * unit) as i32
    }
}

/// What valuing gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Valued {
    /// People with an order.
    pub people: u64,
    /// By state before (0 for nobody yet, else plus one) and state now: people.
    pub jumps: Vec<u64>,
    /// By state.
    pub states: Vec<Sum>,
}

/// People and what they bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sum {
    /// People.
    pub people: u64,
    /// Days with an order.
    pub orders: u64,
    /// Money so far, minor units.
    pub money: i64,
    /// Money expected, minor units.
    pub value: i64,
    /// Chances to be alive, in hundredths of a percent.
    pub alive: u64,
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Sum) {
        self.people += other.people;
        self.orders += other.orders;
        self.money += other.money;
        self.value += other.value;
        self.alive += other.alive;
    }
}

impl Partial for Valued {
    fn merge(&mut self, other: Self) {
        self.people += other.people;
        add_up(&mut self.jumps, &other.jumps);
        add_up(&mut self.states, &other.states);
    }
}

impl Analysis for Value {
    const NAME: &'static str = "clv-value";
    type Partial = Valued;
    type Work = Ahead;
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<Ahead> {
        Ok(Ahead::default())
    }
    fn add(&self, known: &mut Ahead, shard: &mut Shard, rows: Range<usize>, sum: &mut Valued) {
        sum.jumps.resize((STATES.len() + 1) * STATES.len(), 0);
        sum.states.resize(STATES.len(), Sum::default());
        let [mut values, mut chances, mut states, mut were] =
            [CLV, ALIVE, STATE, WAS].map(|name| shard.past.take_measure(name, -1));
        for person in rows {
            let history = History::of(&shard.past, person, self.end, 0);
            (values[person], chances[person], states[person], were[person]) = (-1, -1, -1, -1);
            if history.days == 0 {
                continue;
            }
            let (repeats, _, age) = history.key(self.end);
            let (alive, state) = (self.alive(&history, self.end), self.state(&history, self.end));
            values[person] = self.value(&history, alive, self.ahead(known, repeats, age).1);
            chances[person] = libm::round(alive * TEN_THOUSAND) as i32;
            states[person] = state as i32;
            sum.people += 1;
            sum.states[state] += Sum {
                people: 1,
                orders: u64::from(history.days),
                money: history.money,
                value: i64::from(values[person]),
                alive: chances[person] as u64,
            };
            let then = self.end.saturating_sub(self.plan.previous);
            let earlier = History::of(&shard.past, person, then, 0);
            let before = if earlier.days == 0 { 0 } else { 1 + self.state(&earlier, then) };
            were[person] = before as i32 - 1;
            sum.jumps[before * STATES.len() + state] += 1;
        }
        for (name, measure) in [(CLV, values), (ALIVE, chances), (STATE, states), (WAS, were)] {
            shard.past.measures.insert(name.into(), measure);
        }
    }
}

/// What is ranked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Column {
    /// Days with an order before a day.
    Days(u32),
    /// The measure of value.
    Value,
}

/// Counts the next digits of a column, of people with an order.
#[derive(Serialize, Deserialize)]
pub struct ValueRanks {
    /// Which.
    pub of: Column,
    /// What to count.
    pub rounds: Vec<(u32, Round)>,
}

impl Analysis for ValueRanks {
    const NAME: &'static str = "clv-ranks";
    type Partial = ManyCounts;
    type Work = ();
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }
    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut ManyCounts) {
        let values = shard.past.measures.get(CLV);
        for person in rows {
            let value = match self.of {
                Column::Days(end) => {
                    Some(u64::from(History::of(&shard.past, person, end, 0).days)).filter(|d| *d > 0)
                }
                Column::Value => values.and_then(|values| u64::try_from(values[person]).ok()),
            };
            if let Some(value) = value {
                sum.add(&self.rounds, 0, value);
            }
        }
    }
}

/// Puts everyone into a band.
#[derive(Serialize, Deserialize)]
pub struct Banding {
    /// A value above a cut is in the next band.
    pub cuts: [i32; BANDS - 1],
    /// The first day that is not known.
    pub end: u32,
}

/// By band.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Banded(pub Vec<Sum>);

impl Partial for Banded {
    fn merge(&mut self, other: Self) {
        add_up(&mut self.0, &other.0);
    }
}

impl Analysis for Banding {
    const NAME: &'static str = "clv-bands";
    type Partial = Banded;
    type Work = ();
    fn walked(shard: &Shard) -> usize {
        shard.past.len()
    }
    fn begin(&self, _: &Shard) -> Result<()> {
        Ok(())
    }
    fn add(&self, (): &mut (), shard: &mut Shard, rows: Range<usize>, sum: &mut Banded) {
        sum.0.resize(BANDS, Sum::default());
        let mut bands = shard.past.take_measure(BAND, -1);
        if let (Some(values), Some(chances)) = (shard.past.measures.get(CLV), shard.past.measures.get(ALIVE))
        {
            for person in rows.filter(|person| values[*person] >= 0) {
                let band = self.cuts.iter().filter(|cut| **cut < values[person]).count();
                let history = History::of(&shard.past, person, self.end, 0);
                bands[person] = band as i32;
                sum.0[band] += Sum {
                    people: 1,
                    orders: u64::from(history.days),
                    money: history.money,
                    value: i64::from(values[person]),
                    alive: chances[person] as u64,
                };
            }
        }
        shard.past.measures.insert(BAND.into(), bands);
    }
}
