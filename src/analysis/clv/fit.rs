//! From histories to models, and from a model to a forecast that can be held against what came.

use super::report::{ClvHoldout, HoldoutRow};
use super::walk::Past;
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
        .map(|(&(repeats, last, age), &(people, _))| Histories { repeats, last, age, people })
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
pub fn holdout(models: &Models, past: &Past, days: u32) -> ClvHoldout {
    let model = &models.orders.model;
    let weeks = f64::from(days) / WEEK;
    let (mut rows, mut cached) = (BTreeMap::<u32, (u64, f64, u64)>::new(), BTreeMap::new());
    for (&(repeats, last, age), &(people, came)) in &past.histories {
        let [last, whole] = [last, age].map(|day| f64::from(day) / WEEK);
        let if_alive =
            *cached.entry((repeats, age)).or_insert_with(|| model.orders_if_alive(repeats, whole, weeks));
        let row = rows.entry(repeats.min(TOGETHER)).or_default();
        row.0 += people;
        row.1 += people as f64 * model.alive(repeats, last, whole) * if_alive;
        row.2 += came;
    }
    let rows: Vec<HoldoutRow> = rows
        .into_iter()
        .map(|(repeats, (people, predicted, actual))| HoldoutRow {
            repeats,
            people,
            predicted: predicted / people as f64,
            actual: actual as f64 / people as f64,
        })
        .collect();
    let whole = |of: fn(&HoldoutRow) -> f64| rows.iter().map(|r| r.people as f64 * of(r)).sum::<f64>();
    ClvHoldout {
        days,
        model: *model,
        people: past.people(),
        predicted: whole(|r| r.predicted),
        actual: past.histories.values().map(|(_, came)| came).sum(),
        rows,
    }
}
