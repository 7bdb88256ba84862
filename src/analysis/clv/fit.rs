//! From histories to models, and from a model to a forecast that can be held against what came.

use super::report::{ClvHoldout, HoldoutRow};
use super::walk::{Alike, Past};
use crate::error::Result;
use crate::num::{self, BgNbd, Fitted, GammaGamma, Histories, Spent, WEEK};
use crate::shard::desk::Desk;
use std::collections::BTreeMap;

/// Repeat orders from which on the plot takes people together.
const TOGETHER: u32 = 7;
/// Fewest people with money of repeat orders.
const LEAST_MONEY: u64 = 20;

/// Both models.
pub struct Models {
    /// How often.
    pub orders: Fitted<BgNbd>,
    /// For how much; nothing if too few spent anything, or spending has no mean.
    pub money: Option<Fitted<GammaGamma>>,
    /// People the money is learnt from.
    pub spenders: u64,
    /// Correlation of repeat orders with money per order: the model of money assumes none.
    pub correlation: Option<f64>,
}

/// Fits both.
pub async fn fit(desk: &Desk, past: &Past, decimals: u8) -> Result<Models> {
    let all: Vec<Histories> = past
        .histories
        .iter()
        .map(|(&(repeats, last, age), alike)| Histories { repeats, last, age, people: alike.people })
        .collect();
    desk.breathe().await?;
    let orders = BgNbd::fit(&all);
    desk.breathe().await?;
    let unit = 10f64.powi(i32::from(decimals));
    let spent: Vec<Spent> = past
        .spent
        .iter()
        .map(|(&(repeats, money), &people)| Spent { repeats, money: money as f64 / unit, people })
        .collect();
    let spenders = past.spent.values().sum();
    let money = (spenders >= LEAST_MONEY).then(|| GammaGamma::fit(&spent)).filter(|fit| fit.model.q > 1.0);
    Ok(Models { orders, money, spenders, correlation: correlation(&spent) })
}

/// Pearson's, of repeats and mean money.
fn correlation(all: &[Spent]) -> Option<f64> {
    let (mut n, mut sums, mut products) = (0.0, [0.0; 2], [0.0; 3]);
    for s in all {
        let (people, x) = (s.people as f64, f64::from(s.repeats));
        let mean = s.money / x;
        n += people;
        sums = [sums[0] + people * x, sums[1] + people * mean];
        products = [
            products[0] + people * x * x,
            products[1] + people * mean * mean,
            products[2] + people * x * mean,
        ];
    }
    let [vx, vy] = [0, 1].map(|i| n * products[i] - sums[i] * sums[i]);
    (vx > 0.0 && vy > 0.0).then(|| (n * products[2] - sums[0] * sums[1]) / num::sqrt(vx * vy))
}

/// Holds the forecast of the `days` behind a fit against what came.
pub fn holdout(models: &Models, past: &Past, days: u32, decimals: u8) -> ClvHoldout {
    let model = &models.orders.model;
    let weeks = f64::from(days) / WEEK;
    let unit = 10f64.powi(i32::from(decimals));
    let (mut rows, mut cached) = (BTreeMap::<u32, Held>::new(), BTreeMap::new());
    for (&(repeats, last, age), alike) in &past.histories {
        let [last, whole] = [last, age].map(|day| f64::from(day) / WEEK);
        let if_alive =
            *cached.entry((repeats, age)).or_insert_with(|| model.orders_if_alive(repeats, whole, weeks));
        let orders = model.alive(repeats, last, whole) * if_alive;
        let row = rows.entry(repeats.min(TOGETHER)).or_default();
        row.people += alike.people;
        row.orders[0] += alike.people as f64 * orders;
        row.orders[1] += alike.ahead as f64;
        row.money[0] += orders * models.worth(repeats, alike, unit).unwrap_or(0.0);
        row.money[1] += alike.came as f64 / unit;
    }
    let known = models.money.is_some();
    let each = |sums: [f64; 2], people: u64| sums.map(|sum| sum / people as f64);
    let whole = |of: fn(&Held) -> [f64; 2]| {
        rows.values().fold([0.0; 2], |sum, row| [sum[0] + of(row)[0], sum[1] + of(row)[1]])
    };
    ClvHoldout {
        days,
        model: *model,
        people: past.people(),
        predicted: whole(|row| row.orders)[0],
        actual: past.histories.values().map(|alike| alike.ahead).sum(),
        money: known.then(|| whole(|row| row.money)),
        rows: rows
            .iter()
            .map(|(&repeats, row)| HoldoutRow {
                repeats,
                people: row.people,
                predicted: each(row.orders, row.people)[0],
                actual: each(row.orders, row.people)[1],
                money: known.then(|| each(row.money, row.people)),
            })
            .collect(),
    }
}

/// A row of the plot before it is divided: forecast and came.
#[derive(Clone, Copy, Default)]
struct Held {
    people: u64,
    orders: [f64; 2],
    money: [f64; 2],
}

impl Models {
    /// What one order of each of these people is expected to be worth, added up: of those without money of repeat orders
    /// everyone's mean. The expectation is linear in that money, so their sum is enough.
    fn worth(&self, repeats: u32, alike: &Alike, unit: f64) -> Option<f64> {
        let money = self.money.as_ref()?.model;
        let spenders = alike.spenders as f64;
        let mean = alike.spent as f64 / unit / spenders.max(1.0);
        let others = (alike.people - alike.spenders) as f64;
        Some(spenders * money.expected(repeats, mean)? + others * money.expected(0, 0.0)?)
    }
}
