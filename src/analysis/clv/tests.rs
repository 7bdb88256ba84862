//! Value of people whose truth is known, and the laws.

use super::walk::History;
use super::*;
use crate::num::BgNbd;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, answer, past, run};
use crate::table::history::moment::DAY;
use crate::table::history::{Measure, TableSchema};

const END: u32 = 546;

fn bought(who: usize, day: u32, money: i64) -> Deed {
    Deed { who, table: 1, time: day * DAY + 60, numbers: vec![money], ..Deed::default() }
}

fn report(deeds: &[Deed], plan: &ClvPlan, shards: usize) -> Result<ClvReport> {
    let amount = Measure { name: "amount".into(), decimals: 2 };
    let orders = TableSchema { dims: vec![], measures: vec![amount], rows: deeds.len() as u64 };
    let tables = [TableSchema::default(), orders, TableSchema::default()];
    let schema = PastSchema { tables, people: 0, end: END * DAY };
    let plan = plan.clone();
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { clv(&desk, &schema, &plan).await })
}

fn exponential(dice: &mut Dice) -> f64 {
    -crate::num::ln(1.0 - dice.unit())
}

/// A town that buys as BG/NBD says with r = 1, α = 8 weeks, a = 1, b = 2: rates are exponential, and the chance to leave
/// is one less the larger of two draws.
fn town(people: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let mut deeds = Vec::new();
    for who in 0..people {
        let rate = exponential(&mut dice) / 8.0 / 7.0;
        let leave = 1.0 - dice.unit().max(dice.unit());
        let first = dice.below(180) as f64;
        let (mut day, mean) = (first, 2_000.0 + 3_000.0 * exponential(&mut dice));
        while day < f64::from(END) {
            let money = mean * (0.5 + dice.unit());
            deeds.push(bought(who, day as u32, money as i64));
            if day > first && dice.unit() < leave {
                break;
            }
            day += exponential(&mut dice) / rate;
        }
    }
    deeds
}

#[test]
fn a_planted_model_comes_back_and_forecasts() {
    let found = report(&town(1_500, 3), &ClvPlan::default(), 3).unwrap();
    let BgNbd { r, alpha, a, b } = found.orders.model;
    assert!(found.orders.converged);
    let close = |got: f64, want: f64| (got / want - 1.0).abs() < 0.35;
    assert!(close(r, 1.0) && close(alpha, 8.0) && close(a / (a + b), 1.0 / 3.0), "{:?}", found.orders);
    let held = found.holdout.unwrap();
    assert!((held.predicted / held.actual as f64 - 1.0).abs() < 0.1, "{held:?}");
    assert_eq!(held.rows.iter().map(|r| r.people).sum::<u64>(), held.people);
    let [predicted, came] = held.money.unwrap();
    assert!((predicted / came - 1.0).abs() < 0.12, "{predicted} {came}");
    let money = held.rows.iter().map(|row| row.people as f64 * row.money.unwrap()[1]).sum::<f64>();
    assert!((money - came).abs() < 1e-6 * came);
    let people = |all: Vec<u64>| all.iter().sum::<u64>();
    assert_eq!(people(found.bands.iter().map(|b| b.sum.people).collect()), found.people);
    assert_eq!(people(found.states.iter().map(|s| s.sum.people).collect()), found.people);
    assert_eq!(people(found.jumps.iter().map(|j| j.people).collect()), found.people);
    assert!(found.bands.windows(2).all(|b| b[0].sum.value < b[1].sum.value));
}

#[test]
fn orders_of_a_day_are_one_and_gaps_make_a_rhythm() {
    let deeds = [
        bought(0, 10, 100),
        bought(0, 10, 50),
        bought(0, 40, 30),
        bought(0, 70, 20),
        bought(0, 99, 5),
        bought(0, 300, 7),
    ];
    let shard = past(&deeds, 1).0.remove(0);
    let history = History::of(&shard.past, 0, 100, 250);
    assert_eq!(
        (history.days, history.first, history.last, history.repeat, history.money),
        (4, 10, 99, 55, 205)
    );
    assert_eq!((history.ahead, history.key(100)), (1, (3, 89, 89)));
    assert!(history.periodic());
    assert!(!History::of(&shard.past, 0, 400, 0).periodic(), "the last gap is seven times the others");
    assert!(!History::of(&shard.past, 0, 50, 0).periodic(), "two orders have no rhythm");
}

#[test]
fn control_too_few_orders_are_refused() {
    let once: Vec<Deed> = (0..500).map(|who| bought(who, 5 + who as u32 % 90, 100)).collect();
    assert_eq!(report(&once, &ClvPlan::default(), 2).unwrap_err().code(), "too-few-orders");
    let wrong = ClvPlan { margin: 0.0, ..ClvPlan::default() };
    assert_eq!(report(&once, &wrong, 2).unwrap_err().at.column.as_deref(), Some("clv.margin"));
}

#[test]
fn laws() {
    let deeds = town(250, 8);
    hold_over(&Look { end: 400, ahead: 90 }, |count| past(&deeds, count).0);
    let models = Models {
        orders: BgNbd { r: 1.0, alpha: 8.0, a: 1.1, b: 2.0 },
        money: Some(crate::num::GammaGamma { p: 3.0, q: 4.0, v: 50.0 }),
        decimals: 2,
    };
    let value = Value { end: END, models, plan: ClvPlan::default(), many: 3 };
    hold_over(&value, |count| past(&deeds, count).0);
    let valued = |count| {
        let mut shards = past(&deeds, count).0;
        shards.iter_mut().for_each(|shard| drop(answer(&value, shard, 64)));
        shards
    };
    hold_over(&Banding { cuts: [500, 2_000], end: END }, valued);
    let round = crate::shard::select::Select::among(&[3, 40], 1 << 10).round().cloned().unwrap();
    hold_over(&ValueRanks { of: value::Column::Value, rounds: vec![(0, round)] }, valued);
}
