//! Features against a plain count, and the laws.

use super::*;
use crate::shard::Shard;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::cut::{CANCELLED, REFUND, SOLD};
use crate::table::history::{Dim, Measure, TableSchema, money};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const END: u32 = 200;
const EVENTS: [&str; 3] = ["cart", "share", "view"];
const CHANNELS: [&str; 3] = ["", "app", "web"];

fn sold(who: usize, day: u32, order: u64, paid: i64, state: u8) -> Deed {
    let labels = vec![["cup", "tea"][who % 2], CHANNELS[(day % 3) as usize]];
    Deed { who, table: 1, time: day * DAY + 7, labels, numbers: vec![paid], order, state }
}

fn did(who: usize, second: u32, event: &'static str, channel: &'static str) -> Deed {
    Deed { who, time: second, labels: vec![event, channel], ..Deed::default() }
}

/// Two rows of somebody else, so that every label is there.
fn words() -> Vec<Deed> {
    let events = EVENTS.iter().zip(CHANNELS).map(|(event, channel)| did(0, 3 * DAY, event, channel));
    let orders =
        (0..2).flat_map(|who| (0..3).map(move |day| sold(who, 1 + day, 900 + u64::from(day), 100, SOLD)));
    events.chain(orders).collect()
}

fn town(people: usize, seed: u64) -> Vec<Deed> {
    let (mut dice, mut deeds) = (Dice(seed), words());
    for who in 0..people {
        for _ in 0..dice.below(7) {
            let (event, channel) = (EVENTS[dice.below(3) as usize], CHANNELS[dice.below(3) as usize]);
            deeds.push(did(who, dice.below(u64::from(END * DAY)) as u32, event, channel));
        }
        for order in 1..=dice.below(4) {
            let day = dice.below(u64::from(END - 30)) as u32;
            let state = if dice.below(6) == 0 { CANCELLED } else { SOLD };
            deeds.push(sold(who, day, order, dice.below(900) as i64, state));
            if dice.below(4) == 0 {
                deeds.push(sold(who, day + dice.below(30) as u32, order, -(dice.below(900) as i64), REFUND));
            }
        }
    }
    deeds
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = |at: usize, names: &[&str]| {
        names.iter().zip(&labels[at]).map(|(n, l)| Dim { name: (*n).into(), labels: l.clone() }).collect()
    };
    let rows = |at: usize| deeds.iter().filter(|deed| deed.table == at).count() as u64;
    let paid = Measure { name: "amount".into(), decimals: 2 };
    let events = TableSchema { dims: dims(0, &["event", "channel"]), measures: vec![], rows: rows(0) };
    let orders = TableSchema { dims: dims(1, &["product", "channel"]), measures: vec![paid], rows: rows(1) };
    PastSchema { tables: [events, orders, TableSchema::default()], people: 0, end: END * DAY }
}

const STANDING: Standing = Standing { measures: ["was", "is"], names: vec![] };

/// Everyone's features by name, and whether the outcome came.
type Lines = BTreeMap<usize, (bool, BTreeMap<String, i64>)>;

fn ask(shards: &mut [Shard], schema: PastSchema, plan: &FeaturePlan) -> Result<(FeaturesReport, Lines)> {
    let plan = plan.clone();
    run(shards, &QUESTIONS, |desk| async move {
        let found = features(&desk, &schema, &plan, &STANDING).await?;
        let mut lines = Lines::new();
        for part in desk.all(&found.lines).await? {
            for at in 0..part.first.len() {
                let mut id = Vec::new();
                part.ids.get(at, &mut id);
                let values = &part.values[at * found.features.len()..];
                let named = found.features.iter().map(|f| f.name.clone()).zip(values.iter().copied());
                let who = String::from_utf8_lossy(&id).parse().expect("a number");
                lines.insert(who, (part.came[at] == 1, named.collect()));
            }
        }
        Ok((found.report, lines))
    })
}

fn found(deeds: &[Deed], plan: &FeaturePlan, shards: usize) -> Result<(FeaturesReport, Lines)> {
    ask(&mut past(deeds, shards).0, schema(deeds), plan)
}

/// One order by a plain script: first second, what was paid less what came back, whether it stands, whether any came back.
fn orders(deeds: &[Deed], who: usize, until: u32) -> Vec<(u32, i64, bool, bool)> {
    let rows = || deeds.iter().filter(|deed| deed.table == 1 && deed.who == who && deed.time < until);
    let numbers: BTreeSet<u64> = rows().map(|row| row.order).collect();
    let one = |number: u64| {
        let mut own: Vec<&Deed> = rows().filter(|row| row.order == number).collect();
        own.sort_by_key(|row| row.time);
        let (sold, back) =
            (own.iter().any(|row| row.state == SOLD), own.iter().any(|row| row.state == REFUND));
        let paid: i64 = own.iter().filter(|row| row.state != CANCELLED).map(|row| row.numbers[0]).sum();
        let stands = sold && (!back || paid > 0);
        (own[0].time, if sold || back { paid } else { 0 }, stands, back)
    };
    numbers.into_iter().map(one).collect()
}

#[test]
fn features_are_what_a_plain_script_counts() {
    let deeds = town(300, 5);
    let plan = FeaturePlan { top: 2, windows: vec![20, 60], ..FeaturePlan::default() };
    let (report, lines) = found(&deeds, &plan, 3).expect("found");
    let cut = (END - 60) * DAY;
    assert_eq!((report.frozen.as_str(), report.days), ("1970-05-20", 60));
    let mut people = 0;
    for who in 0..300 {
        let events: Vec<&Deed> =
            deeds.iter().filter(|d| d.table == 0 && d.who == who && d.time < cut).collect();
        let all = orders(&deeds, who, cut);
        let standing: Vec<u32> = all.iter().filter(|order| order.2).map(|order| order.0).collect();
        let line = lines.get(&who);
        assert_eq!(line.is_some(), !standing.is_empty(), "{who}: only who bought before can be lost");
        let Some((lost, of)) = line else { continue };
        people += 1;
        assert_eq!(*lost, !orders(&deeds, who, END * DAY).iter().any(|o| o.2 && o.0 >= cut), "{who}");
        let days = |times: &[u32]| times.iter().map(|time| i64::from(time / DAY)).collect::<Vec<i64>>();
        let last = |times: &[u32]| {
            days(times).into_iter().max().map_or(money::NONE, |d| i64::from(cut / DAY) - 1 - d)
        };
        let times: Vec<u32> = events.iter().map(|event| event.time).collect();
        assert_eq!(of["order_recency_days"], last(&standing), "{who}");
        assert_eq!(of["event_recency_days"], last(&times), "{who}");
        assert_eq!(of["events"], events.len() as i64);
        assert_eq!(of["events_20d"], times.iter().filter(|t| **t >= cut - 20 * DAY).count() as i64, "{who}");
        assert_eq!(of["orders"], standing.len() as i64);
        assert_eq!(of["orders_60d"], standing.iter().filter(|t| **t >= cut - 60 * DAY).count() as i64);
        assert_eq!(of["money"], all.iter().map(|order| order.1).sum::<i64>(), "{who}");
        assert_eq!(of["refunds"], all.iter().filter(|order| order.3).count() as i64, "{who}");
        let gap = match (days(&standing).iter().min(), days(&standing).iter().max()) {
            (Some(a), Some(b)) if standing.len() > 1 => {
                ((b - a) as f64 / (standing.len() - 1) as f64 * 10.0 + 0.5).floor() as i64
            }
            _ => money::NONE,
        };
        assert_eq!(of["order_gap_days"], gap, "{who}: of one order there is none, not 0");
        let rows = deeds.iter().filter(|d| d.who == who && d.time < cut);
        let mut channels: BTreeMap<&str, i64> = BTreeMap::new();
        rows.filter(|d| !d.labels[1].is_empty()).for_each(|d| *channels.entry(d.labels[1]).or_default() += 1);
        // Of equally many, the label whose bytes come first.
        let most = channels.values().max().and_then(|most| channels.iter().find(|of| of.1 == most));
        let code = most.map(|of| CHANNELS.iter().position(|known| known == of.0).unwrap_or_default() as i64);
        assert_eq!(of["usual: channel"], code.unwrap_or(money::NONE), "{who}");
        assert_eq!(of["distinct: channel"], channels.len() as i64, "{who}");
        for name in report.features.iter().filter(|f| f.what == "event").filter_map(|f| f.of.as_deref()) {
            let inside = |d: &&&Deed| d.labels[0] == name && d.time >= cut - 60 * DAY;
            assert_eq!(of[&format!("event: {name}")], events.iter().filter(inside).count() as i64, "{who}");
        }
    }
    assert!(people > 100 && report.people == people, "{people}");
    assert_eq!(report.features.iter().filter(|f| f.what == "event").count(), 2, "the two of the most people");
}

#[test]
fn what_comes_later_changes_no_feature() {
    let deeds = town(200, 9);
    let plan = FeaturePlan { outcome: FeatureOutcome::Buys(FeatureBuys::Bought), ..FeaturePlan::default() };
    let (before, lines) = found(&deeds, &plan, 2).expect("found");
    let (cut, mut dice) = (END - 60, Dice(3));
    let mut later = deeds.clone();
    for who in 0..400 {
        let day = cut + dice.below(60) as u32;
        later.push(did(who, day * DAY, EVENTS[who % 3], "web"));
        if who % 10 > 0 {
            later.push(sold(who, day, 77, 5_000, SOLD));
        }
        // All of an early order comes back, and a row of it is added.
        later.push(sold(who, day, 1, -100_000, REFUND));
    }
    let (after, frozen) = found(&later, &plan, 2).expect("found");
    assert_eq!(lines.len(), frozen.len(), "nobody of the future");
    for (who, (_, values)) in &lines {
        assert_eq!(&frozen[who].1, values, "{who}");
    }
    assert!(after.positives > before.positives, "but for the outcome");
    // Control: a row of the day itself does.
    later.push(did(1, cut * DAY - 1, "view", "web"));
    let (_, seen) = found(&later, &plan, 2).expect("found");
    assert_ne!(seen[&1].1, frozen[&1].1);
}

#[test]
fn who_shares_early_buys_late_and_noise_says_nothing() {
    let (mut deeds, mut dice) = (words(), Dice(11));
    for who in 2..1_500 {
        let shares = dice.below(2) == 0;
        deeds.push(did(who, (20 + dice.below(100) as u32) * DAY, "view", CHANNELS[dice.below(3) as usize]));
        if shares {
            deeds.push(did(who, (100 + dice.below(40) as u32) * DAY, "share", "app"));
        }
        if dice.below(10) < if shares { 6 } else { 2 } {
            deeds.push(sold(who, 150, 1, 100, SOLD));
        }
    }
    let plan = FeaturePlan { outcome: FeatureOutcome::Buys(FeatureBuys::Bought), ..FeaturePlan::default() };
    let (report, _) = found(&deeds, &plan, 3).expect("found");
    let place = |name: &str| report.features.iter().position(|f| f.name == name).expect("a feature");
    let share = &report.features[place("event: share")];
    assert!(place("event: share") < 6 && share.q < 1e-9, "{}: {share:?}", place("event: share"));
    assert!(share.auc.expect("a number") > 0.6 && share.auc_interval.expect("one").low > 0.6, "{share:?}");
    assert!(share.iv > 5.0 * share.iv_noise);
    // Control: what was thrown by dice tells nothing.
    let view = &report.features[place("event: view")];
    let share = |f: &FeatureLine| f.bins.iter().map(|bin| bin.people).sum::<u64>();
    assert!(view.q > 0.01 || view.auc_interval.expect("one").holds(0.5), "{view:?}");
    assert!(report.features.iter().all(|f| share(f) == report.people), "everyone is in one bin");
}

#[test]
fn who_moves_between_stages() {
    let deeds = town(40, 2);
    let (mut shards, _) = past(&deeds, 3);
    let ids: Vec<Vec<usize>> = shards
        .iter()
        .map(|shard| {
            let mut id = Vec::new();
            (0..shard.past.len())
                .map(|at| {
                    id.clear();
                    shard.past.ids.get(at, &mut id);
                    String::from_utf8_lossy(&id).parse().expect("a number")
                })
                .collect()
        })
        .collect();
    for (shard, ids) in shards.iter_mut().zip(ids) {
        let [was, is] = [3, 4].map(|by| ids.iter().map(|who| (who % by) as i32).collect::<Vec<i32>>());
        shard.past.measures.extend([("was".to_string(), was), ("is".to_string(), is)]);
    }
    let standing = || Standing { names: ["one", "two", "three"].map(String::from).into(), ..STANDING };
    let mut go = |moves: FeatureMoves| {
        let (schema, plan) =
            (schema(&deeds), FeaturePlan { outcome: FeatureOutcome::Moves(moves), ..FeaturePlan::default() });
        run(&mut shards, &QUESTIONS, |desk| async move {
            let found = features(&desk, &schema, &plan, &standing()).await?;
            Ok::<_, Error>(found.report)
        })
    };
    let cut = (END - 60) * DAY;
    let known: Vec<usize> =
        (0..40).filter(|who| deeds.iter().any(|d| d.who == *who && d.time < cut)).collect();
    let count = |of: &dyn Fn(usize) -> bool| known.iter().filter(|who| of(**who)).count() as u64;
    let to = |stage: &str| FeatureMoves { stage: stage.into(), from: vec![], falls: false };
    let up = go(to("two")).expect("found");
    let can = |who: usize| who % 3 < 2;
    assert_eq!((up.people, up.positives), (count(&can), count(&|who| can(who) && who % 4 >= 2)));
    let some = go(FeatureMoves { from: vec!["one".into()], ..to("two") }).expect("found");
    assert_eq!(some.people, count(&|who| who % 3 == 1), "not of those outside");
    let down = go(FeatureMoves { falls: true, ..to("two") }).expect("found");
    assert_eq!(
        (down.people, down.positives),
        (count(&|who| who % 3 == 2), count(&|who| who % 3 == 2 && who % 4 < 2))
    );
    let error = go(to("four")).expect_err("refused");
    assert_eq!((error.code(), error.at.column.as_deref()), ("label-unknown", Some("stage: four")));
}

#[test]
fn what_cannot_be_foretold_is_refused() {
    let deeds = town(60, 4);
    let refused = |plan: FeaturePlan, deeds: &[Deed]| {
        let error = found(deeds, &plan, 2).expect_err("refused");
        (error.code(), error.at.column.unwrap_or_default())
    };
    let plan = FeaturePlan::default;
    let does = |event: &str| {
        let outcome = FeatureDoes { event: vec![event.into()], filter: BTreeMap::new() };
        FeaturePlan { outcome: FeatureOutcome::Does(outcome), ..plan() }
    };
    assert_eq!(refused(does("letter"), &deeds), ("label-unknown", "event: letter".into()));
    assert_eq!(
        refused(FeaturePlan { days: 200, ..plan() }, &deeds),
        ("out-of-range", "features.days".into())
    );
    let late: Vec<Deed> = deeds.iter().filter(|d| d.time >= 180 * DAY).cloned().collect();
    let late = [late, vec![sold(1, 185, 1, 5, SOLD)]].concat();
    assert_eq!(refused(FeaturePlan { days: 100, ..plan() }, &late), ("out-of-range", "features.days".into()));
    assert_eq!(refused(FeaturePlan { windows: vec![90, 30], ..plan() }, &deeds).1, "features.windows");
    assert_eq!(
        refused(FeaturePlan { columns: vec!["shop".into()], ..plan() }, &deeds),
        ("table-missing", "features.columns: shop".into())
    );
    // Nobody buys behind the day: everyone is lost; nobody is bought from.
    let early: Vec<Deed> = deeds.iter().filter(|d| d.table == 0 || d.time < 100 * DAY).cloned().collect();
    assert_eq!(refused(plan(), &early), ("negatives-empty", "features.outcome".into()));
    let bought = FeaturePlan { outcome: FeatureOutcome::Buys(FeatureBuys::Bought), ..plan() };
    assert_eq!(refused(bought, &early), ("positives-empty", "features.outcome".into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_shards_any_order(seed in 0u64..1_000_000, people in 3usize..60) {
        let deeds = town(people, seed);
        let lens = |shards| {
            let (mut shards, _) = past(&deeds, shards);
            ask(&mut shards, schema(&deeds), &FeaturePlan::default())
        };
        let one = lens(1);
        for shards in [2, 3, 7] {
            prop_assert_eq!(&lens(shards), &one);
        }
    }
}

#[test]
fn partials_add_up_in_any_order() {
    let deeds = town(120, 1);
    let (schema, plan) = (schema(&deeds), FeaturePlan::default());
    let (columns, names) = columns(&schema, &plan).expect("columns");
    let (what, _) = list(&schema, &plan, &[1, 3], &names);
    let cut = 140 * DAY;
    let lens = Lens { cut, widest: 90, events: vec![1, 3], columns, product: Some(0), what, aim: Aim::Lost };
    hold_over(&Tally { lens }, |count| past(&deeds, count).0);
    hold_over(&Common { cut, days: 30 }, |count| past(&deeds, count).0);
}
