//! Stages against a plain look, what must reconcile, planted truths, and the laws.

use super::stand::Rule;
use super::*;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::moment::DAY;
use crate::table::history::{Dim, Measure};
use proptest::prelude::*;
use std::collections::BTreeMap;

const END: u32 = 200;

fn did(who: usize, day: u32, event: &'static str) -> Deed {
    Deed { who, table: 0, time: day * DAY + 3_600, labels: vec![event], ..Deed::default() }
}

fn bought(who: usize, day: u32) -> Deed {
    Deed { who, table: 1, time: day * DAY + 7_200, numbers: vec![100], ..Deed::default() }
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let rows = |at: usize| deeds.iter().filter(|d| d.table == at).count() as u64;
    let dims = labels[0].iter().map(|l| Dim { name: "event".into(), labels: l.clone() }).collect();
    let events = TableSchema { dims, measures: vec![], rows: rows(0) };
    let amount = Measure { name: "amount".into(), decimals: 2 };
    let orders = TableSchema { dims: vec![], measures: vec![amount], rows: rows(1) };
    PastSchema { tables: [events, orders, TableSchema::default()], people: 0, end: END * DAY }
}

/// Events and orders with a channel.
fn in_channels(deeds: &[Deed], plan: &StagePlan, shards: usize) -> Result<StagesReport> {
    let mut schema = schema(deeds);
    let (mut shards, labels) = past(deeds, shards);
    let dim = |(name, labels): (&str, &Vec<String>)| Dim { name: name.into(), labels: labels.clone() };
    schema.tables[0].dims = ["event", "channel"].into_iter().zip(&labels[0]).map(dim).collect();
    schema.tables[1].dims = ["channel"].into_iter().zip(&labels[1]).map(dim).collect();
    let plan = plan.clone();
    run(&mut shards, &QUESTIONS, |desk| async move { stages(&desk, &schema, &plan).await })
}

fn seen(who: usize, day: u32, event: &'static str, channel: &'static str) -> Deed {
    Deed { labels: vec![event, channel], ..did(who, day, event) }
}

fn sold(who: usize, day: u32, channel: &'static str) -> Deed {
    Deed { labels: vec![channel], ..bought(who, day) }
}

fn report(deeds: &[Deed], plan: &StagePlan, shards: usize) -> Result<StagesReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { stages(&desk, &schema, &plan).await })
}

fn rule(name: &str, event: &[&str], orders: u32, window: u32) -> StageRule {
    StageRule {
        name: name.into(),
        event: event.iter().map(|e| (*e).into()).collect(),
        least: 1,
        orders,
        window,
    }
}

fn three() -> StagePlan {
    let stages = vec![rule("A", &["view"], 0, 30), rule("I", &["cart"], 0, 30), rule("P", &[], 1, 90)];
    StagePlan { stages, ..StagePlan::default() }
}

#[test]
fn moves_windows_and_silence() {
    let deeds = [
        did(1, 160, "view"),
        did(1, 190, "cart"),
        did(2, 165, "cart"),
        did(2, 185, "view"),
        did(3, 150, "view"),
        bought(4, 100),
        bought(5, 110),
        bought(5, 195),
        did(6, 180, "view"),
        bought(6, 188),
        did(7, 199, "view"),
    ];
    let found = report(&deeds, &three(), 3).unwrap();
    let line = |name: Option<&str>| found.stages.iter().find(|s| s.stage.as_deref() == name).unwrap();
    // On day 169: 1 and 3 in A, 2 in I, 4 and 5 in P, 6 and 7 outside. On day 199: 7, 2 in A, 1 in I, 5, 6 in P, 3, 4 out.
    let counts = |name| (line(name).before, line(name).people, line(name).inflow, line(name).outflow);
    assert_eq!(counts(Some("A")), (2, 2, 2, 2));
    assert_eq!(counts(Some("I")), (1, 1, 1, 1));
    assert_eq!(counts(Some("P")), (2, 2, 1, 1));
    assert_eq!(counts(None), (2, 2, 2, 2));
    assert_eq!(line(Some("A")).lower, [0, 1], "the third did nothing since");
    assert_eq!(line(Some("I")).lower, [1, 0], "the second still looks around");
    assert_eq!(line(Some("A")).cohort_rate, Some(0.5));
    assert_eq!(line(Some("A")).stock_ratio, Some(0.5), "a ratio of stocks, by chance the same here");
    let a = &found.stock_or_new[0];
    assert_eq!((a.stock.people, a.stock.higher, a.new.people, a.new.higher), (2, 1, 2, 1));
    assert_eq!((a.stock_fair.higher, a.new_fair.people, a.new_fair.higher), (0, 1, 1));
    assert_eq!(
        a.lag.first().map(|p| (p.time, p.at_risk)),
        Some((8, 1)),
        "the seventh was seen for a day only"
    );
    assert_eq!((found.as_of.as_str(), found.before.as_str()), ("1970-07-19", "1970-06-19"));
    let twice = StagePlan { stages: vec![StageRule { least: 2, ..rule("A", &["view"], 0, 30) }], ..three() };
    assert_eq!(report(&deeds, &twice, 2).unwrap().stages[0].people, 0, "nobody looked twice in thirty days");
}

#[test]
fn published_stocks_make_a_ratio_and_no_rate() {
    // formulas.md: 40,002 of 240,000 are printed as a flow of 16.7 %. Here as 40 of 240, none of whom moved.
    let mut deeds: Vec<Deed> = (0..240).map(|who| did(who, 195, "cart")).collect();
    deeds.push(did(400, 5, "view"));
    deeds.extend((300..340).map(|who| bought(who, 150)));
    let found = report(&deeds, &three(), 2).unwrap();
    let interest = found.stages.iter().find(|s| s.stage.as_deref() == Some("I")).unwrap();
    assert!((interest.stock_ratio.unwrap() - 1.0 / 6.0).abs() < 1e-12);
    assert_eq!(interest.cohort_rate, None, "nobody stood there before");
}

#[test]
fn presets_take_the_events_that_are_there() {
    let deeds = [did(1, 195, "浏览"), did(2, 195, "加购"), bought(3, 100), bought(4, 100), bought(4, 120)];
    let people = |preset| {
        let found = report(&deeds, &StagePlan { preset, ..StagePlan::default() }, 2).unwrap();
        found.stages.iter().map(|s| s.people).collect::<Vec<u64>>()
    };
    assert_eq!(people(Preset::Aipl), [1, 1, 1, 1, 0]);
    assert_eq!(people(Preset::FourA), [1, 1, 1, 1, 0]);
    assert_eq!(people(Preset::FiveA), [1, 0, 1, 1, 1, 0]);
    assert_eq!(people(Preset::Aarrr), [1, 0, 1, 2, 0, 0]);
    assert_eq!(people(Preset::Layers), [1, 1, 1, 1]);
}

#[test]
fn control_rules_that_cannot_hold_are_refused() {
    let deeds = [did(1, 195, "look")];
    let refused = |plan: &StagePlan| {
        report(&deeds, plan, 2).map_err(|e| (e.code(), e.at.column.unwrap_or_default())).err().unwrap()
    };
    assert_eq!(refused(&three()), ("label-unknown", "event: view".into()));
    assert_eq!(
        refused(&StagePlan::default()),
        ("stages-unmatched", "stages".into()),
        "no event of the preset is there"
    );
    let twice = StagePlan { stages: vec![rule("A", &["look"], 0, 30), rule("A", &[], 1, 30)], ..three() };
    assert_eq!(refused(&twice), ("out-of-range", "stages.stages".into()));
    assert_eq!(refused(&StagePlan { fair: 0, ..three() }).1, "stages.fair");
    let short = StagePlan { days: 10, stages: vec![rule("A", &["look"], 0, 30)], ..three() };
    assert_eq!(report(&deeds, &short, 2).unwrap().fair_days, 10, "as many days as lie between, at most");
    let least =
        |least| StagePlan { stages: vec![StageRule { least, ..rule("A", &["look"], 0, 30) }], ..three() };
    assert_eq!(
        refused(&least(0)),
        ("out-of-range", "stages.stages.least".into()),
        "everyone did it no times"
    );
    assert!(report(&deeds, &least(1), 2).is_ok(), "the control: once is enough");
}

fn town(people: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let mut deeds = vec![did(0, 1, "view"), did(0, 1, "cart"), did(0, 1, "other"), bought(0, 2)];
    for who in 0..people {
        for _ in 0..dice.below(7) {
            deeds.push(did(
                who,
                dice.below(u64::from(END)) as u32,
                ["view", "cart", "other"][dice.below(3) as usize],
            ));
        }
        for _ in 0..dice.below(3) {
            deeds.push(bought(who, dice.below(u64::from(END)) as u32));
        }
    }
    deeds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn stocks_change_by_inflow_less_outflow(people in 1usize..120, seed in 0u64..10_000, days in 1u32..90) {
        let deeds = town(people, seed);
        let plan = StagePlan { days, fair: 1, ..three() };
        let found = report(&deeds, &plan, 2).unwrap();
        let everyone: std::collections::BTreeSet<usize> = deeds.iter().map(|d| d.who).collect();
        prop_assert_eq!(found.people, everyone.len() as u64);
        for (at, stage) in found.stages.iter().enumerate() {
            prop_assert_eq!(stage.people + stage.outflow, stage.before + stage.inflow);
            prop_assert_eq!(stage.people, found.trend[0].people[at]);
            prop_assert_eq!(stage.before, found.trend[1].people[at]);
        }
        let shares: BTreeMap<Option<String>, f64> = found.flow.iter().fold(BTreeMap::new(), |mut all, flow| {
            *all.entry(flow.from.clone()).or_default() += flow.share;
            all
        });
        prop_assert!(shares.values().all(|sum| (sum - 1.0).abs() < 1e-12), "{:?}", shares);
        // A plain look at every person on the last day.
        let mut stands = vec![0u64; 4];
        for who in everyone {
            let last = |event: &str, table: usize| {
                let mine = deeds.iter().filter(|d| d.who == who && d.table == table);
                mine.filter(|d| table == 1 || d.labels[0] == event).map(|d| d.time).max()
            };
            let within = |time: Option<u32>, window: u32| time.is_some_and(|time| END * DAY - time <= window * DAY);
            let stage = match () {
                () if within(last("", 1), 90) => 2,
                () if within(last("cart", 0), 30) => 1,
                () if within(last("view", 0), 30) => 0,
                () => 3,
            };
            stands[stage] += 1;
        }
        let got: Vec<u64> = found.stages.iter().map(|s| s.people).collect();
        prop_assert_eq!(got, stands);
    }
}

#[test]
fn stock_beats_new_where_it_was_planted_so_and_time_is_fair() {
    // Everyone goes higher at one rate a day, wherever they come from: new people had less time, so by the end fewer of
    // them went, and in fair time as many.
    let mut dice = Dice(21);
    let mut deeds = vec![did(0, 5, "cart")];
    for who in 0..6_000 {
        let came = if who % 2 == 0 { 165 } else { 170 + dice.below(30) as u32 };
        deeds.push(did(who, came, "view"));
        let first = came.max(170);
        if let Some(day) = (first..END).find(|_| dice.unit() < 0.02) {
            deeds.push(bought(who, day));
        }
    }
    let found = report(&deeds, &three(), 2).unwrap();
    let a = &found.stock_or_new[0];
    assert!(a.test.z < -5.0, "{:?}", a.test);
    assert!(a.test_fair.z.abs() < 3.0, "{:?} {:?}", a.stock_fair, a.new_fair);
    let truth = 1.0 - 0.98f64.powi(14);
    assert!(
        a.new_fair.interval.low < truth + 0.02 && truth - 0.02 < a.new_fair.interval.high,
        "{:?}",
        a.new_fair
    );
}

#[test]
fn touchpoints_before_a_move_against_those_who_stayed() {
    let deeds = [
        // Up from A to I on day 190, behind the app the day before; the text was too long ago.
        seen(1, 160, "view", "web"),
        seen(1, 180, "view", "text"),
        seen(1, 189, "view", "app"),
        seen(1, 190, "cart", "shop"),
        seen(2, 165, "view", "web"),
        seen(2, 188, "view", "web"),
        seen(2, 190, "cart", "shop"),
        // Stayed in A.
        seen(3, 165, "view", "web"),
        seen(3, 195, "view", "web"),
        seen(4, 165, "view", "web"),
        seen(4, 196, "view", "app"),
        seen(4, 197, "view", "app"),
        seen(5, 165, "view", "web"),
        seen(5, 180, "view", "app"),
        // Up from outside.
        seen(6, 195, "view", "web"),
        sold(7, 100, "web"),
    ];
    let plan = StagePlan { met: Some("app".into()), ..three() };
    let found = in_channels(&deeds, &plan, 3).unwrap();
    let touch = |from: Option<&str>, to: &str, touch: &str| {
        let is = |of: &&StageTouch| of.from.as_deref() == from && of.to == to && of.touch == touch;
        found.touches.iter().find(is).map(|of| ((of.people, of.movers), (of.stayed, of.stayers)))
    };
    assert_eq!(found.touch.as_deref(), Some("channel"), "there is one, so it is taken");
    assert_eq!(touch(Some("A"), "I", "app"), Some(((1, 2), (1, 3))));
    assert_eq!(touch(Some("A"), "I", "web"), Some(((1, 2), (1, 3))));
    assert_eq!(touch(Some("A"), "I", "text"), None, "ten days before");
    assert_eq!(touch(Some("A"), "I", "shop"), None, "the move itself is no touchpoint before it");
    assert!(touch(None, "A", "web").is_none(), "nothing went before");
    let app = found.touches.iter().find(|of| of.touch == "app").unwrap();
    assert!((app.index.tgi.unwrap() - 150.0).abs() < 1e-9);
    // Who is marked are those of the number, and the two days are told of everyone.
    let mut shards = past(&deeds, 2).0;
    let mut marked = 0;
    let question = Stand {
        rules: vec![
            Rule { events: vec![2], least: 1, orders: 0, window: 30 },
            Rule { events: vec![1], least: 1, orders: 0, window: 30 },
        ],
        end: END * DAY,
        days: 30,
        fair: 14,
        trend: 0,
        rows: [(); 2].map(|()| Some(Default::default())),
        category: None,
        touch: Some(Touch { column: 1, days: 7, met: Some(1) }),
        went: None,
    };
    run(&mut shards, &QUESTIONS, |desk| async move { desk.sum(&question).await }).unwrap();
    for past in shards.iter().map(|shard| &shard.past).filter(|past| !past.is_empty()) {
        let of = |name: &str, who: usize| past.measures[name][who];
        marked += (0..past.len())
            .filter(|who| (of(WAS, *who), of(STAGE, *who), of(MET, *who)) == (1, 2, 1))
            .count();
    }
    assert_eq!(marked, 1);
}

#[test]
fn a_category_counts_its_own_events_and_orders_only() {
    let deeds = [
        seen(1, 165, "view", "app"),
        seen(1, 190, "cart", "web"),
        seen(2, 195, "view", "web"),
        sold(3, 150, "app"),
        Deed { order: 0, ..sold(4, 195, "shop") },
        seen(5, 190, "cart", "app"),
    ];
    let plan = StagePlan { category: Some("channel".into()), ..three() };
    let found = in_channels(&deeds, &plan, 2).unwrap();
    let names: Vec<&str> = found.categories.iter().map(|of| of.category.as_str()).collect();
    assert_eq!(names, ["app", "shop", "web"]);
    let people = |at: usize| found.categories[at].stages.iter().map(|s| s.people).collect::<Vec<u64>>();
    assert_eq!(people(0), [0, 1, 1, 3], "the first looked too long ago, in the app");
    assert_eq!(people(1), [0, 0, 1, 4]);
    assert_eq!(people(2), [1, 1, 0, 3]);
    let refused = |name: &str| {
        let plan = StagePlan { category: Some(name.into()), ..three() };
        in_channels(&deeds, &plan, 1).map_err(|e| (e.code(), e.at.column.unwrap_or_default())).err().unwrap()
    };
    assert_eq!(refused("colour"), ("table-missing", "orders: colour".into()));
    let touch = StagePlan { touch: Some("colour".into()), ..three() };
    assert_eq!(in_channels(&deeds, &touch, 1).err().map(|e| e.code()), Some("table-missing"));
    let met = StagePlan { met: Some("colour".into()), ..three() };
    assert_eq!(in_channels(&deeds, &met, 1).err().map(|e| e.code()), Some("label-unknown"));
}

fn channels(people: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed ^ 5);
    let mut channel = || ["app", "web", ""][dice.below(3) as usize];
    let with = |deed: Deed| {
        let mut labels = deed.labels.clone();
        labels.push(channel());
        Deed { labels, ..deed }
    };
    town(people, seed).into_iter().map(with).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn touchpoints_and_categories_reconcile(people in 1usize..120, seed in 0u64..10_000) {
        let deeds = channels(people, seed);
        let plan = StagePlan { category: Some("channel".into()), touch_days: 365, ..three() };
        let found = in_channels(&deeds, &plan, 2).unwrap();
        prop_assert_eq!(&found, &in_channels(&deeds, &plan, 5).unwrap());
        for of in &found.touches {
            let moved = found.flow.iter().find(|f| f.from == of.from && f.to.as_ref() == Some(&of.to)).unwrap();
            prop_assert_eq!((moved.people, moved.direction), (of.movers, "up"));
            prop_assert!(of.people <= of.movers && of.stayed <= of.stayers);
        }
        // A category is what the file would say had it no other rows, but for those who have none left.
        for of in &found.categories {
            let its = |deed: &&Deed| deed.labels.last() == Some(&of.category.as_str());
            let own: Vec<Deed> = deeds.iter().filter(its).cloned().collect();
            let names = |event: &str| own.iter().any(|d| d.table == 0 && d.labels[0] == event);
            let alone = StagePlan { category: None, touch: None, ..plan.clone() };
            if !names("view") || !names("cart") { continue; }
            let alone = in_channels(&own, &alone, 1).unwrap();
            let counts = |lines: &[StageLine]| {
                lines[..3].iter().map(|l| (l.people, l.before, l.inflow, l.outflow)).collect::<Vec<_>>()
            };
            prop_assert_eq!(counts(&of.stages), counts(&alone.stages), "{}", of.category);
            let whole: u64 = of.stages.iter().map(|l| l.people).sum();
            prop_assert_eq!(whole, found.people);
        }
    }
}

#[test]
fn laws() {
    let deeds = town(250, 2);
    let rule = |events: Vec<u32>, least, orders, window| Rule { events, least, orders, window };
    let rules = vec![
        rule(vec![3], 1, 0, 30),
        rule(vec![1, 2], 2, 0, 60),
        rule(vec![], 1, 1, 90),
        rule(vec![1], 1, 2, 180),
    ];
    let rows = [(); 2].map(|()| Some(crate::table::history::pick::Match::default()));
    let touch = Some(Touch { column: 0, days: 9, met: Some(1) });
    let (category, went) = (None, Some(1));
    let question = Stand { rules, end: END * DAY, days: 30, fair: 14, trend: 3, rows, category, touch, went };
    hold_over(&question, |count| past(&deeds, count).0);
    let one = Stand {
        category: Some(2),
        touch: None,
        went: None,
        rows: [None, question.rows[1].clone()],
        ..question
    };
    hold_over(&one, |count| past(&deeds, count).0);
}

#[test]
fn those_behind_a_move_are_as_many_as_it_says() {
    let deeds = town(300, 6);
    let (schema, plan) = (schema(&deeds), three());
    let mut shards = past(&deeds, 3).0;
    let found =
        run(&mut shards, &QUESTIONS, |desk| async move { stages(&desk, &schema, &plan).await }).unwrap();
    let at = |name: &Option<String>| found.stages.iter().position(|line| line.stage == *name).unwrap();
    let place = |name: &Option<String>| name.as_ref().map_or(0, |_| at(name) as i32 + 1);
    let people = |is: &dyn Fn(i32, i32, i32) -> bool| {
        let of = |shard: &crate::shard::Shard| {
            let [was, now, moved] = [WAS, STAGE, MOVED].map(|name| &shard.past.measures[name]);
            (0..was.len()).filter(|who| is(was[*who], now[*who], moved[*who])).count() as u64
        };
        shards.iter().filter(|shard| !shard.past.is_empty()).map(of).sum::<u64>()
    };
    for flow in &found.flow {
        let (from, to) = (place(&flow.from), place(&flow.to));
        let ways: &[i32] = match flow.direction {
            "up" => &[1],
            "stay" => &[0],
            _ => &[2, 3],
        };
        let is = |was, now, moved| (was, now) == (from, to) && ways.contains(&moved);
        assert_eq!(people(&is), flow.people, "{flow:?}");
    }
    let mut fell = 0;
    for line in &found.stages {
        let own = place(&line.stage);
        for (way, many) in (2..).zip(line.lower) {
            assert_eq!(people(&|was, _, moved| (was, moved) == (own, way)), many, "{line:?}");
            fell += many;
        }
        assert_eq!(people(&|was, now, moved| now == own && was != own && moved > 0), line.inflow);
    }
    assert!(fell > 0, "the control: somebody fell");
}

#[test]
fn those_behind_a_category_and_behind_old_and_new_are_as_many_as_it_says() {
    let mut deeds = town(400, 9);
    deeds.iter_mut().enumerate().for_each(|(at, deed)| deed.labels.push(["web", "app", "shop"][at % 3]));
    for went in ["A", "I"] {
        let plan = StagePlan { category: Some("channel".into()), went: Some(went.into()), ..three() };
        let mut schema = schema(&deeds);
        let (mut shards, labels) = past(&deeds, 3);
        let dim = |(name, labels): (&str, &Vec<String>)| Dim { name: name.into(), labels: labels.clone() };
        schema.tables[0].dims = ["event", "channel"].into_iter().zip(&labels[0]).map(dim).collect();
        schema.tables[1].dims = ["channel"].into_iter().zip(&labels[1]).map(dim).collect();
        let found =
            run(&mut shards, &QUESTIONS, |desk| async move { stages(&desk, &schema, &plan).await }).unwrap();
        let people = |names: [&str; 2], is: &dyn Fn(i32, i32) -> bool| {
            let of = |shard: &crate::shard::Shard| {
                let [one, two] = names.map(|name| &shard.past.measures[name]);
                one.iter().zip(two).filter(|(one, two)| is(**one, **two)).count() as u64
            };
            shards.iter().filter(|shard| !shard.past.is_empty()).map(of).sum::<u64>()
        };
        let place = |name: &Option<String>| match name.as_deref() {
            Some(name) => ["A", "I", "P"].iter().position(|known| *known == name).unwrap() as i32 + 1,
            None => 0,
        };
        assert_eq!(found.categories.len(), 3);
        for (at, of) in found.categories.iter().enumerate() {
            for flow in &of.flow {
                let way = (place(&flow.from), place(&flow.to));
                assert_eq!(
                    people([WAS_IN[at], IN[at]], &|was, now| (was, now) == way),
                    flow.people,
                    "{flow:?}"
                );
            }
        }
        let of = found.stock_or_new.iter().find(|of| of.stage == went).unwrap();
        for (first, all, fair) in [(1, of.stock, of.stock_fair), (4, of.new, of.new_fair)] {
            let within = |from, to| people([WENT, WENT], &|went, _| (from..=to).contains(&went));
            assert_eq!(
                (within(first, first + 2), within(first + 1, first + 2)),
                (all.people, all.higher),
                "{of:?}"
            );
            assert_eq!(within(first + 2, first + 2), fair.higher, "{of:?}");
            assert!(all.higher > 0, "the control: somebody went higher");
        }
    }
    let unknown = StagePlan { went: Some("Z".into()), ..three() };
    assert_eq!(report(&deeds, &unknown, 1).err().map(|e| e.code()), Some("label-unknown"));
}
