//! Paths by hand, against their totals, and the laws.

use super::*;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::cut::{CANCELLED, REFUND, SOLD};
use crate::table::history::{Dim, Measure, TableSchema};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn sold(who: usize, day: u32, order: u64, product: &'static str, paid: i64) -> Deed {
    let (time, labels) = (day * DAY, vec![product, if product < "d" { "low" } else { "high" }]);
    Deed { who, table: 1, time, labels, numbers: vec![paid], order, ..Deed::default() }
}

fn saw(who: usize, day: u32, channel: &'static str) -> Deed {
    Deed { who, table: 0, time: day * DAY, labels: vec!["view", channel], ..Deed::default() }
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = |at: usize, names: &[&str]| {
        names.iter().zip(&labels[at]).map(|(n, l)| Dim { name: (*n).into(), labels: l.clone() }).collect()
    };
    let rows = |at: usize| deeds.iter().filter(|deed| deed.table == at).count() as u64;
    let paid = Measure { name: "amount".into(), decimals: 2 };
    let events = TableSchema { dims: dims(0, &["event", "channel"]), measures: vec![], rows: rows(0) };
    let orders = TableSchema { dims: dims(1, &["product", "price"]), measures: vec![paid], rows: rows(1) };
    PastSchema { tables: [events, orders, TableSchema::default()], people: 0, end: 400 * DAY }
}

fn plan() -> PathPlan {
    let (attribute, touch) = (Some("price".into()), Some("channel".into()));
    PathPlan { least: 1, top: 1_000, attribute, touch, ..PathPlan::default() }
}

fn report(deeds: &[Deed], plan: &PathPlan, shards: usize) -> Result<PathsReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { paths(&desk, &schema, &plan).await })
}

fn town(people: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let mut deeds = vec![saw(0, 1, "app"), sold(0, 2, 1, "a", 5)];
    for who in 0..people {
        for order in 2..2 + dice.below(6) {
            let day = dice.below(300) as u32;
            for _ in 0..1 + dice.below(3) {
                let product = ["a", "b", "c", "d", "e"][dice.below(5) as usize];
                let state = [SOLD, SOLD, SOLD, SOLD, REFUND, CANCELLED][dice.below(6) as usize];
                let paid = dice.below(900) as i64 * if state == REFUND { -1 } else { 1 };
                deeds.push(Deed { state, ..sold(who, day, order, product, paid) });
            }
        }
        (0..dice.below(8)).for_each(|_| {
            let channel = ["app", "web", "shop"][dice.below(3) as usize];
            deeds.push(saw(who, dice.below(300) as u32, channel));
        });
    }
    deeds
}

#[test]
fn paths_next_products_pairs_and_touchpoints() {
    let deeds = [
        sold(1, 10, 1, "a", 500),
        sold(1, 10, 1, "b", 900),
        sold(1, 40, 2, "c", 100),
        sold(2, 10, 1, "b", 300),
        sold(2, 20, 2, "c", 300),
        sold(2, 90, 3, "c", 300),
        sold(2, 99, 4, "a", 300),
        sold(3, 10, 1, "a", 100),
        Deed { state: CANCELLED, ..sold(3, 30, 2, "b", 100) },
        saw(1, 8, "app"),
        saw(1, 9, "web"),
        saw(1, 9, "web"),
        saw(1, 11, "app"),
        saw(3, 10, "app"),
    ];
    let found = report(&deeds, &plan(), 3).unwrap();
    let paths: Vec<(String, u64, Option<u32>)> =
        found.paths.iter().map(|p| (p.path.join(">"), p.people, p.days)).collect();
    assert_eq!(paths, [("a".into(), 1, None), ("b>c".into(), 1, Some(30)), ("b>c>c".into(), 1, Some(10))]);
    assert_eq!((found.buyers, found.orders, found.later, found.others), (3, 7, 1, 0));
    let next = |from: &str, to: &str| found.next.iter().find(|n| n.from == from && n.to == to);
    let after = next("a", "c").unwrap();
    assert_eq!((after.people, after.rate), (1, 0.5), "of the two whose first basket holds a");
    assert!((after.lift - 0.75).abs() < 1e-12, "two of three went on to c");
    assert!(next("a", "b").is_none(), "a cancelled order is none");
    let pair = &found.pairs[0];
    assert_eq!((pair.one.as_str(), pair.other.as_str(), pair.orders), ("a", "b", 1));
    assert!((pair.lift - 7.0 / 6.0).abs() < 1e-12 && (pair.confidence - 1.0 / 3.0).abs() < 1e-12);
    let touches: Vec<(String, u64)> = found.touches.iter().map(|t| (t.path.join(">"), t.orders)).collect();
    assert_eq!(touches, [(String::new(), 4), ("app".into(), 2), ("app>web".into(), 1)]);
    assert_eq!(found.gaps[0].days, [9, 10, 30], "9, 10, 30 and 70 days");
    let links: u64 = found.links.iter().filter(|l| l.step == 1).map(|l| l.people).sum();
    assert_eq!(links, 3, "everyone leaves the first step");
    assert_eq!(
        (found.common[0].value.as_str(), found.common[0].products),
        ("low", 2),
        "b and c are on paths"
    );
}

#[test]
fn control_few_people_are_not_named_and_still_counted() {
    let deeds = town(200, 3);
    let few = report(&deeds, &PathPlan { least: 20, ..plan() }, 2).unwrap();
    assert!(few.paths.iter().all(|path| path.people >= 20) && few.others > 0);
    assert_eq!(few.paths.iter().map(|path| path.people).sum::<u64>() + few.others, few.buyers);
    let touched: u64 = few.touches.iter().map(|touch| touch.orders).sum();
    assert_eq!(touched + few.other_touches, few.orders);
    let refused = report(&deeds, &PathPlan { column: "sku".into(), ..plan() }, 2).err().unwrap();
    assert_eq!(refused.at.column.as_deref(), Some("orders: sku"));
    let refused = report(&deeds, &PathPlan { steps: 6, ..plan() }, 2).err().unwrap();
    assert_eq!(refused.at.column.as_deref(), Some("paths.steps"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn paths_are_all_buyers_and_all_orders(seed in 0u64..10_000, steps in 2u8..6) {
        let deeds = town(40, seed);
        let found = report(&deeds, &PathPlan { steps, ..plan() }, 3).unwrap();
        // A plain count of orders that were paid and not wholly given back.
        let mut plain: BTreeMap<(usize, u64), (bool, i64)> = BTreeMap::new();
        for deed in deeds.iter().filter(|deed| deed.table == 1 && deed.state != CANCELLED) {
            let order = plain.entry((deed.who, deed.order)).or_default();
            (order.0, order.1) = (order.0 | (deed.state == SOLD), order.1 + deed.numbers[0]);
        }
        let refunds = |who: usize, order: u64| deeds.iter().any(|d| (d.who, d.order, d.state) == (who, order, REFUND));
        let bought = plain.iter().filter(|((who, order), (sold, paid))| *sold && (*paid > 0 || !refunds(*who, *order)));
        prop_assert_eq!(bought.count() as u64, found.orders);
        let on: u64 = found.paths.iter().map(|path| path.people * path.path.len() as u64).sum();
        prop_assert_eq!(on + found.later, found.orders);
        prop_assert_eq!(found.paths.iter().map(|path| path.orders).sum::<u64>(), found.orders);
        prop_assert_eq!(found.paths.iter().map(|path| path.people).sum::<u64>(), found.buyers);
        prop_assert_eq!(found.touches.iter().map(|touch| touch.orders).sum::<u64>(), found.orders);
        // What comes into a step of the flow either leaves it or ends there.
        for step in 1..steps - 1 {
            let into: u64 = found.links.iter().filter(|l| l.step == step && l.to.is_some()).map(|l| l.people).sum();
            let out: u64 = found.links.iter().filter(|l| l.step == step + 1).map(|l| l.people).sum();
            prop_assert_eq!(into, out);
        }
    }
}

#[test]
fn laws() {
    let deeds = town(120, 4);
    for touch in [Some(1), None] {
        let question = Walk { column: 0, steps: 3, attribute: touch, touch, before: 30 * DAY, who: None };
        let gap = Held::Gap { of: None, days: [3, 40] };
        let who = touch.map_or(gap, |_| Held::Touch([1, 2, 0, 0, 0]));
        let question = Walk { who: Some(who), ..question };
        hold_over(&question, |count| past(&deeds, count).0);
    }
}

/// How many are marked under a plan.
fn marked(deeds: &[Deed], who: PathWho) -> Result<u64> {
    let (schema, plan) = (schema(deeds), PathPlan { who: Some(who), ..plan() });
    let mut shards = past(deeds, 3).0;
    run(&mut shards, &QUESTIONS, |desk| async move { paths(&desk, &schema, &plan).await })?;
    let of =
        |shard: &crate::shard::Shard| shard.past.measures[WHO].iter().filter(|who| **who == 1).count() as u64;
    Ok(shards.iter().filter(|shard| !shard.past.is_empty()).map(of).sum())
}

#[test]
fn those_behind_a_number_are_as_many_as_it_says() {
    let deeds = town(200, 8);
    let found = report(&deeds, &plan(), 2).unwrap();
    for of in found.first.iter().take(3) {
        assert_eq!(marked(&deeds, PathWho::First(of.product.clone())).unwrap(), of.people, "{of:?}");
    }
    for of in found.next.iter().take(4) {
        let two = [of.from.clone(), of.to.clone()];
        assert_eq!(marked(&deeds, PathWho::Next(two)).unwrap(), of.people, "{of:?}");
    }
    for of in found.pairs.iter().take(4) {
        let two = [of.other.clone(), of.one.clone()];
        assert_eq!(marked(&deeds, PathWho::Pair(two)).unwrap(), of.people, "either way round: {of:?}");
    }
    for of in found.touches.iter().take(6) {
        assert_eq!(marked(&deeds, PathWho::Touch(of.path.clone())).unwrap(), of.people, "{of:?}");
    }
    assert!(found.touches.iter().any(|of| of.path.is_empty()), "the control: some came out of the blue");
    assert_eq!(marked(&deeds, PathWho::First("z".into())).err().map(|e| e.code()), Some("label-unknown"));
}

#[test]
fn who_came_again_is_found_by_days_and_product() {
    let deeds = [
        sold(1, 10, 1, "a", 500),
        sold(1, 30, 2, "b", 900),
        sold(1, 31, 3, "c", 100),
        sold(2, 10, 1, "b", 300),
        sold(2, 60, 2, "a", 300),
        sold(3, 10, 1, "a", 300),
        saw(3, 10, "app"),
    ];
    let again = |of: Option<&str>, days| {
        marked(&deeds, PathWho::Gap { of: of.map(Into::into), days })
            .map_err(|e| e.at.column.unwrap_or_default())
    };
    assert_eq!(again(None, [0, 400]), Ok(2));
    assert_eq!((again(None, [1, 19]), again(None, [20, 20]), again(None, [2, 19])), (Ok(1), Ok(1), Ok(0)));
    assert_eq!((again(Some("a"), [0, 400]), again(Some("b"), [2, 400])), (Ok(1), Ok(1)));
    assert_eq!(again(None, [5, 4]), Err("paths.who".into()));
}
