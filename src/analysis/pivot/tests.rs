//! Pivots against a plain count, and the laws.

use super::*;
use crate::gate::Withhold;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::cut::{CANCELLED, REFUND, SOLD};
use crate::table::history::moment::DAY;
use crate::table::history::{Dim, Measure, Source, TableSchema};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const END: u32 = 90 * DAY;

fn sold(who: usize, day: u32, channel: &'static str, product: &'static str, paid: i64) -> Deed {
    let labels = vec![channel, product];
    Deed { who, table: 1, time: day * DAY, labels, numbers: vec![paid], ..Deed::default() }
}

fn did(who: usize, day: u32, event: &'static str) -> Deed {
    Deed { who, table: 0, time: day * DAY, labels: vec![event], ..Deed::default() }
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = |at: usize, names: &[&str]| {
        names.iter().zip(&labels[at]).map(|(n, l)| Dim { name: (*n).into(), labels: l.clone() }).collect()
    };
    let rows = |at: usize| deeds.iter().filter(|deed| deed.table == at).count() as u64;
    let paid = Measure { name: "amount".into(), decimals: 2 };
    let events = TableSchema { dims: dims(0, &["event"]), measures: vec![], rows: rows(0) };
    let orders = TableSchema { dims: dims(1, &["channel", "product"]), measures: vec![paid], rows: rows(1) };
    PastSchema { tables: [events, orders, TableSchema::default()], people: 0, end: END }
}

fn plan(by: &[&str]) -> PivotPlan {
    let by = by.iter().map(|name| (*name).into()).collect();
    PivotPlan { by, floor: 0, sum: Some("amount".into()), bought: true, ..PivotPlan::default() }
}

fn report(deeds: &[Deed], plan: &PivotPlan, shards: usize) -> Result<PivotReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { pivot(&desk, &schema, &plan, &[]).await })
}

fn town(people: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let mut deeds = vec![did(0, 1, "pay"), sold(0, 2, "app", "tea", 5)];
    for who in 0..people {
        for _ in 0..dice.below(5) {
            let day = dice.below(90) as u32;
            let channel = ["app", "web", ""][dice.below(3) as usize];
            let product = ["tea", "cup", "pot", "jar"][dice.below(4) as usize];
            let state = [SOLD, SOLD, SOLD, REFUND, CANCELLED][dice.below(5) as usize];
            let paid = dice.below(900) as i64 * if state == REFUND { -1 } else { 1 };
            deeds.push(Deed { state, ..sold(who, day, channel, product, paid) });
        }
        if dice.below(2) == 0 {
            deeds.push(did(who, dice.below(90) as u32, "pay"));
        }
    }
    deeds
}

fn cell<'a>(found: &'a PivotReport, at: &[&str]) -> &'a PivotCell {
    let is =
        |cell: &&PivotCell| cell.at.iter().zip(at).all(|(got, want)| got.as_deref().unwrap_or("*") == *want);
    found.cells.iter().find(is).unwrap_or_else(|| panic!("no cell {at:?}"))
}

#[test]
fn cells_margins_and_rates() {
    let deeds = [
        sold(1, 0, "app", "tea", 100),
        sold(1, 10, "app", "tea", 150),
        sold(1, 40, "web", "tea", 200),
        sold(2, 0, "app", "cup", 300),
        Deed { state: REFUND, ..sold(2, 3, "app", "cup", -300) },
        Deed { state: CANCELLED, ..sold(2, 4, "web", "cup", 900) },
        sold(3, 85, "web", "cup", 50),
    ];
    let found = report(&deeds, &PivotPlan { within: 30, ..plan(&["channel", "month"]) }, 3).unwrap();
    let app = cell(&found, &["app", "1970-01"]);
    assert_eq!((app.people, app.rows, app.sum), (2, 3, Some(250)));
    assert_eq!((app.rate.as_ref().unwrap().people, app.rate.as_ref().unwrap().did), (2, 1));
    let all = cell(&found, &["*", "*"]);
    assert_eq!((all.people, all.rows, all.sum), (3, 5, Some(500)));
    let late = cell(&found, &["web", "1970-03"]);
    assert_eq!(late.rate.as_ref().unwrap().people, 0, "five days are not thirty");
    assert_eq!(cell(&found, &["web", "*"]).people, 2);
    let three = report(&deeds, &plan(&["channel", "product", "weekday"]), 2).unwrap();
    assert_eq!(cell(&three, &["app", "tea", "Thu"]).rows, 1);
    assert_eq!(three.pairs.len(), 3);
}

#[test]
fn an_interaction_is_found_and_its_best_combination_named() {
    let mut deeds = Vec::new();
    let mut who = 0;
    for (channel, product, people, again) in
        [("app", "tea", 400, 160), ("app", "cup", 400, 40), ("web", "tea", 400, 40), ("web", "cup", 400, 44)]
    {
        for at in 0..people {
            who += 1;
            deeds.push(sold(who, 1, channel, product, 10));
            if at < again {
                deeds.push(sold(who, 9, channel, product, 10));
            }
        }
    }
    let found = report(&deeds, &PivotPlan { floor: 50, ..plan(&["channel", "product"]) }, 2).unwrap();
    let pair = &found.pairs[0];
    assert!(pair.interaction.as_ref().unwrap().p < 1e-6, "{pair:?}");
    let together = pair.association.unwrap();
    assert!(together.p > 0.99 && together.v < 0.01, "each with each alike: {pair:?}");
    assert_eq!(found.best[0].at, ["app", "tea"]);
    assert!(found.best[0].expected.unwrap() < 0.35 && found.best[0].q < 1e-6, "{:?}", found.best[0]);
}

#[test]
fn control_a_small_cell_cannot_be_worked_out_from_its_margins() {
    let mut deeds = Vec::new();
    for (who, at) in
        (0..300).zip([("app", "tea"), ("app", "cup"), ("web", "tea"), ("web", "cup")].iter().cycle())
    {
        if who < 9 || *at != ("web", "cup") {
            deeds.push(sold(who, 1, at.0, at.1, 10));
        }
    }
    let mut found = report(&deeds, &plan(&["channel", "product"]), 1).unwrap();
    assert_eq!(cell(&found, &["web", "cup"]).people, 2);
    found.withhold(50).unwrap();
    assert_eq!((found.withheld, found.cells.len()), (4, 5), "one in a two by two gives all four away");
    assert!(found.cells.iter().all(|cell| cell.people >= 50));
}

#[test]
fn control_what_is_misspelt_is_refused() {
    let deeds = town(20, 1);
    let refused = |plan: PivotPlan| {
        report(&deeds, &plan, 2).map_err(|e| (e.code(), e.at.column.unwrap_or_default())).err().unwrap()
    };
    assert_eq!(refused(plan(&["channel", "city"])), ("table-missing", "orders: city".into()));
    assert_eq!(refused(plan(&["channel"])), ("out-of-range", "pivot.by".into()));
    let cell = vec!["app".into(), "2199-01".into()];
    assert_eq!(refused(PivotPlan { cell, ..plan(&["channel", "month"]) }).0, "label-unknown");
    assert_eq!(
        refused(PivotPlan { sum: Some("cost".into()), ..plan(&["channel", "month"]) }).1,
        "orders: cost"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn margins_are_totals_and_people_are_counted_once(seed in 0u64..10_000) {
        let deeds = town(40, seed);
        let found = report(&deeds, &plan(&["channel", "product", "month"]), 3).unwrap();
        let mut plain: BTreeMap<Vec<Option<String>>, (BTreeSet<usize>, u64, i64)> = BTreeMap::new();
        for deed in deeds.iter().filter(|d| d.table == 1 && d.state != CANCELLED) {
            let month = crate::table::history::calendar::Part::Month;
            let at = [deed.labels[0].to_string(), deed.labels[1].to_string(), month.label(month.of(deed.time))];
            for margins in 0..8 {
                let key = (0..3).map(|i| (margins >> i & 1 == 0).then(|| at[i].clone())).collect();
                let sum = plain.entry(key).or_default();
                sum.2 += deed.numbers[0];
                if deed.state == SOLD {
                    sum.0.insert(deed.who);
                    sum.1 += 1;
                }
            }
        }
        prop_assert_eq!(plain.len(), found.cells.len());
        for cell in &found.cells {
            let (people, rows, sum) = &plain[&cell.at];
            prop_assert_eq!((cell.people, cell.rows, cell.sum), (people.len() as u64, *rows, Some(*sum)));
        }
        // Rows and sums of inner cells are those of the whole.
        let inner = found.cells.iter().filter(|cell| cell.at.iter().all(Option::is_some));
        let (rows, sum) = inner.fold((0, 0), |all, c| (all.0 + c.rows, all.1 + c.sum.unwrap_or(0)));
        let whole = cell(&found, &["*", "*", "*"]);
        prop_assert_eq!((rows, Some(sum)), (whole.rows, whole.sum));
    }
}

#[test]
fn laws() {
    let deeds = town(200, 4);
    let schema = schema(&deeds);
    let cell = vec!["app".into(), "*".into()];
    let bought = PivotPlan { cell, ..plan(&["channel", "product"]) };
    let event =
        PivotPlan { bought: false, outcome: vec!["pay".into()], ..plan(&["week", "product", "hour"]) };
    let events = PivotPlan { table: Source::Events, sum: None, ..plan(&["event", "month"]) };
    let ladder = plan(&["nth", "channel"]);
    for plan in [bought, event, events, ladder] {
        let question = question(&schema, &plan, &[]).unwrap();
        hold_over(&question, |count| past(&deeds, count).0);
    }
}

/// A pivot over words of people, as another analysis leaves them behind: from 1 up, 0 for none.
fn crossed(deeds: &[Deed], plan: &PivotPlan, shards: usize, word: fn(usize) -> i32) -> PivotReport {
    let (schema, plan) = (schema(deeds), plan.clone());
    let mut shards = past(deeds, shards).0;
    for shard in &mut shards {
        let mut id = Vec::new();
        let who = |at| {
            id.clear();
            shard.past.ids.get(at, &mut id);
            String::from_utf8_lossy(&id).parse().unwrap()
        };
        let words = (0..shard.past.len()).map(who).map(word).collect();
        shard.past.measures.insert("stage".into(), words);
    }
    let words = vec!["A1".into(), "A2".into(), "A3".into()];
    let found = [Known { name: "stage", measure: "stage", first: 1, words }];
    run(&mut shards, &QUESTIONS, |desk| async move { pivot(&desk, &schema, &plan, &found).await }).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn a_word_splits_the_people_of_every_margin(seed in 0u64..10_000) {
        let deeds = town(60, seed);
        let word = |who: usize| who as i32 % 4;
        let found = crossed(&deeds, &plan(&["channel", "stage"]), 3, word);
        let plain = report(&deeds, &plan(&["channel", "product"]), 1).unwrap();
        for margin in found.cells.iter().filter(|cell| cell.at[1].is_none()) {
            let inner = found.cells.iter().filter(|c| c.at[0] == margin.at[0] && c.at[1].is_some());
            let (people, rows, sum) = inner.fold((0, 0, 0), |all, c| {
                (all.0 + c.people, all.1 + c.rows, all.2 + c.sum.unwrap_or(0))
            });
            prop_assert_eq!((people, rows, Some(sum)), (margin.people, margin.rows, margin.sum));
            // What is crossed with it does not change the other margin.
            let same = plain.cells.iter().find(|c| c.at == margin.at);
            prop_assert_eq!(Some(margin), same);
        }
        let one = crossed(&deeds, &plan(&["channel", "stage"]), 1, word);
        prop_assert_eq!(found, one);
    }
}

#[test]
fn a_word_is_told_by_its_name_and_a_column_of_that_name_comes_first() {
    let deeds = [
        sold(1, 1, "app", "tea", 10),
        sold(2, 2, "app", "cup", 20),
        sold(2, 3, "web", "tea", 30),
        sold(5, 1, "app", "tea", 1),
    ];
    let found = crossed(&deeds, &plan(&["stage", "channel"]), 2, |who| if who > 4 { 0 } else { who as i32 });
    assert_eq!(cell(&found, &["A2", "*"]).sum, Some(50));
    assert_eq!(cell(&found, &["", "app"]).people, 1, "outside");
    assert!(found.cells.iter().all(|cell| cell.at[0].as_deref() != Some("A3")));
    // Goes together as words do with everyone's first row.
    assert_eq!(found.pairs[0].association.unwrap().df, 0, "one channel is nothing to go together with");
    let named = [Known { name: "channel", measure: "stage", first: 1, words: vec![] }];
    let asked = plan(&["channel", "product"]);
    let labels = labels(&schema(&deeds), &asked, &named).unwrap();
    assert_eq!(labels[0], ["", "app", "web"]);
}

/// Orders of one person, by their place among those not cancelled: a script that knows nothing of the engine's tables.
fn ladder(deeds: &[Deed], within: u32) -> BTreeMap<(String, String), [u64; 2]> {
    let mut orders: BTreeMap<usize, Vec<(u32, &str, u8)>> = BTreeMap::new();
    for deed in deeds.iter().filter(|deed| deed.table == 1 && deed.state != CANCELLED) {
        orders.entry(deed.who).or_default().push((deed.time, deed.labels[0], deed.state));
    }
    let mut counts = BTreeMap::new();
    for mine in orders.values_mut() {
        mine.sort_by_key(|order| order.0);
        let mut nth = 0;
        for (at, (time, coupon, state)) in mine.iter().enumerate() {
            if *state != SOLD {
                continue;
            }
            nth += 1;
            let name = if nth < 10 { nth.to_string() } else { "10+".into() };
            // Of the tenth and later ones the first in each cell counts.
            let seen = time + within * DAY <= END;
            let again = mine[at + 1..].iter().any(|next| next.2 == SOLD && next.0 < time + within * DAY);
            let later = nth > 10 && mine[..at].iter().filter(|o| o.2 == SOLD).skip(9).any(|o| o.1 == *coupon);
            if seen && !later {
                let of: &mut [u64; 2] = counts.entry((name, (*coupon).to_string())).or_default();
                *of = [of[0] + 1, of[1] + u64::from(again)];
            }
        }
    }
    counts
}

#[test]
fn a_ladder_counts_as_a_plain_script() {
    let mut deeds = town(300, 8);
    // No two orders of somebody at once, and one person with many.
    deeds.retain(|deed| deed.table == 0 || !deed.labels[0].is_empty());
    let mut taken = BTreeSet::new();
    deeds.retain(|deed| taken.insert((deed.table, deed.who, deed.time)));
    deeds.extend((0..14).map(|at| sold(900, 2 * at, ["app", "web"][at as usize % 2], "tea", 5)));
    let plan = PivotPlan { within: 30, ..plan(&["nth", "channel"]) };
    let found = report(&deeds, &plan, 3).unwrap();
    let want = ladder(&deeds, 30);
    assert!(want.len() >= 10 && want.contains_key(&("10+".into(), "web".into())), "{want:?}");
    for ((nth, channel), [people, did]) in &want {
        let rate = cell(&found, &[nth, channel]).rate.as_ref().unwrap();
        assert_eq!((rate.people, rate.did), (*people, *did), "{nth} {channel}");
    }
    // Whose order is too late to have thirty days behind it is a row, and in no rate.
    let [rows, based] = ["1", "2", "3"]
        .map(|nth| cell(&found, &[nth, "*"]))
        .iter()
        .fold([0; 2], |sum, of| [sum[0] + of.rows, sum[1] + of.rate.as_ref().unwrap().people]);
    assert!(based < rows);
    // Everyone has one first order: its margin is all people, and all rows are those of some order.
    assert_eq!(cell(&found, &["1", "*"]).people, cell(&found, &["*", "*"]).people);
    let inner = found.cells.iter().filter(|cell| cell.at.iter().all(Option::is_some));
    let sums = inner.fold((0, 0), |sum, of| (sum.0 + of.rows, sum.1 + of.sum.unwrap_or(0)));
    let whole = cell(&found, &["*", "*"]);
    assert_eq!((sums.0, Some(sums.1)), (whole.rows, whole.sum));
    let events = PivotPlan { table: Source::Events, sum: None, ..plan };
    let e = report(&deeds, &events, 1).err().unwrap();
    assert_eq!((e.code(), e.at.column.as_deref()), ("table-missing", Some("events: nth")));
}

/// Ladders of people who buy up to four times, a third of the orders with a coupon, with these chances to go on from the first
/// order and from later ones: without a coupon, with one.
fn ladders(people: usize, first: [f64; 2], later: [f64; 2], seed: u64) -> PivotReport {
    let mut dice = Dice(seed);
    let mut deeds = Vec::new();
    for who in 0..people {
        for at in 0..4 {
            let coupon = usize::from(dice.below(3) == 0);
            deeds.push(sold(who, 10 * at, ["none", "coupon"][coupon], "tea", 10));
            if dice.unit() >= (if at == 0 { first } else { later })[coupon] {
                break;
            }
        }
    }
    report(&deeds, &PivotPlan { within: 20, floor: 50, ..plan(&["nth", "channel"]) }, 3).unwrap()
}

#[test]
fn a_coupon_that_lifts_one_step_is_found_by_interaction() {
    let found = ladders(6_000, [0.3, 0.6], [0.4, 0.4], 3);
    let pair = &found.pairs[0];
    assert!(pair.interaction.as_ref().unwrap().p < 1e-8, "{pair:?}");
    assert_eq!(pair.association, None, "orders of one person are alike");
    assert_eq!(found.best[0].at, ["1", "coupon"]);
    let rate = |nth: &str, of: &str| cell(&found, &[nth, of]).rate.clone().unwrap();
    let lifts = |nth: &str| rate(nth, "coupon").interval.low > rate(nth, "none").interval.high;
    assert!(lifts("1") && !lifts("2"));
    assert!(rate("1", "coupon").interval.holds(0.6) && rate("1", "none").interval.holds(0.3));
    assert!(rate("2", "coupon").interval.holds(0.4) && rate("2", "none").interval.holds(0.4));
}

#[test]
fn control_a_coupon_that_does_the_same_at_every_step_needs_no_combination() {
    // The same odds more everywhere: the tests hold what they promise although people come back under several orders.
    let false_ones = (0..40).filter(|seed| {
        let found = ladders(800, [0.25, 0.4], [0.25, 0.4], 1_000 + seed);
        found.pairs[0].interaction.as_ref().unwrap().p < 0.05
    });
    assert!(false_ones.count() <= 6, "a twentieth of forty");
}
