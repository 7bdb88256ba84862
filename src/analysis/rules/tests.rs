//! Rules one by one, against a plain reading, and the laws.

use super::*;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::cut::{CANCELLED, REFUND, SOLD};
use crate::table::history::moment::DAY;
use crate::table::history::{Dim, Measure, TableSchema};
use proptest::prelude::*;

const END: u32 = 100;

fn sold(who: usize, day: u32, paid: i64) -> Deed {
    let labels = vec!["app"];
    Deed { who, table: 1, time: day * DAY, labels, numbers: vec![paid], ..Deed::default() }
}

fn did(who: usize, day: u32, second: u32, event: &'static str) -> Deed {
    let numbers = vec![i64::from(second)];
    Deed { who, table: 0, time: day * DAY + second, labels: vec![event], numbers, ..Deed::default() }
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = |at: usize, name: &str| {
        labels[at].iter().map(|l| Dim { name: name.into(), labels: l.clone() }).collect()
    };
    let rows = |at: usize| deeds.iter().filter(|deed| deed.table == at).count() as u64;
    let number = |name: &str, decimals| vec![Measure { name: name.into(), decimals }];
    let events = TableSchema { dims: dims(0, "event"), measures: number("depth", 0), rows: rows(0) };
    let orders = TableSchema { dims: dims(1, "channel"), measures: number("amount", 2), rows: rows(1) };
    PastSchema { tables: [events, orders, TableSchema::default()], people: 0, end: END * DAY }
}

fn report(deeds: &[Deed], plan: &RulePlan, shards: usize) -> Result<RulesReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { rules(&desk, &schema, &plan).await })
}

fn on(event: &str) -> Predicate {
    Predicate { event: vec![event.into()], ..Predicate::default() }
}

fn one(all: &[Predicate]) -> RulePlan {
    RulePlan { rules: vec![TagRule { name: "x".into(), all: all.to_vec() }], response: None }
}

/// How many people a test of this many is for.
fn people(deeds: &[Deed], all: &[Predicate]) -> u64 {
    report(deeds, &one(all), 2).unwrap().rules[0].people
}

fn town(people: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let mut deeds =
        vec![did(0, 1, 5, "register"), did(0, 1, 9, "coupon"), did(0, 2, 9, "redeem"), sold(0, 3, 100)];
    for who in 0..people {
        (0..dice.below(4)).for_each(|_| {
            let state = [SOLD, SOLD, SOLD, CANCELLED][dice.below(4) as usize];
            deeds.push(Deed { state, ..sold(who, dice.below(100) as u32, dice.below(9_000) as i64) });
        });
        (0..dice.below(5)).for_each(|_| {
            let event = ["register", "view", "coupon", "redeem", "login"][dice.below(5) as usize];
            deeds.push(did(who, dice.below(100) as u32, dice.below(9_999) as u32, event));
        });
    }
    deeds
}

#[test]
fn counts_sums_edges_and_intervals() {
    let deeds = [
        did(1, 90, 0, "view"),
        did(1, 90, 600, "view"),
        did(1, 90, 9_000, "login"),
        did(2, 20, 0, "view"),
        sold(1, 10, 1_000),
        sold(1, 40, 2_500),
        Deed { state: CANCELLED, ..sold(2, 5, 700) },
        sold(3, 80, 300),
        Deed { state: REFUND, order: 0, ..sold(4, 80, -300) },
        sold(5, 0, 100),
        sold(5, 10, 100),
        sold(5, 85, 100),
    ];
    let count = |test: Predicate| people(&deeds, &[test]);
    let orders = Predicate::default();
    assert_eq!(count(on("view")), 2);
    assert_eq!(count(Predicate { days: 30, ..on("view") }), 1);
    assert_eq!(count(Predicate { least: Some(2), ..on("view") }), 1);
    assert_eq!(count(Predicate { most: Some(0), ..on("view") }), 3);
    assert_eq!(count(Predicate { quiet: 50, ..on("view") }), 1);
    assert_eq!(count(Predicate { last: true, ..on("login") }), 1);
    assert_eq!(count(Predicate { first: true, ..on("login") }), 0);
    assert_eq!(
        count(Predicate { dwell: 600, ..on("view") }),
        1,
        "ten minutes to the next, then a long pause"
    );
    assert_eq!(count(Predicate { dwell: 601, ..on("view") }), 0);
    let sum = |least, most| {
        let total =
            Predicate { sum: Some("amount".into()), sum_least: least, sum_most: most, ..orders.clone() };
        count(total)
    };
    assert_eq!(
        (sum(Some(35), None), sum(Some(36), None), sum(Some(1), Some(3))),
        (1, 0, 2),
        "in whole units"
    );
    let cancelled = Predicate { fate: RuleFate::Cancelled, first: true, ..orders.clone() };
    assert_eq!(people(&deeds, &[cancelled, Predicate { most: Some(0), ..orders.clone() }]), 1);
    // The first: 30 days apart, 59 ago. The fifth: 42.5 apart, 14 ago.
    let due = |due| count(Predicate { due: Some(due), ..orders.clone() });
    assert_eq!((due(100), due(196), due(197), due(30)), (1, 1, 0, 2));
    let app = Predicate { filter: [("channel".to_string(), vec!["app".to_string()])].into(), ..orders };
    assert_eq!(count(app), 3);
}

#[test]
fn what_follows_and_what_never_does() {
    let deeds = [
        did(1, 10, 0, "coupon"),
        did(1, 12, 0, "redeem"),
        did(2, 10, 0, "coupon"),
        did(2, 60, 0, "redeem"),
        did(3, 95, 0, "coupon"),
        did(4, 10, 0, "redeem"),
        did(4, 11, 0, "coupon"),
        sold(2, 10, 5),
    ];
    let then = |event: &[&str], within, never| {
        let event = event.iter().map(|e| (*e).into()).collect();
        people(&deeds, &[Predicate { then: Some(RuleNext { event, within, never }), ..on("coupon") }])
    };
    assert_eq!(then(&["redeem"], 30, false), 1);
    assert_eq!(then(&["redeem"], 30, true), 2, "the third has still time");
    assert_eq!(then(&["redeem"], 5, true), 3, "five days are over");
    assert_eq!((then(&[], 1, false), then(&["coupon"], 90, false)), (1, 0), "nothing follows itself");
}

#[test]
fn the_preset_tags_what_it_knows_and_names_what_it_does_not() {
    let found = report(&town(300, 5), &RulePlan::default(), 3).unwrap();
    let names: Vec<&str> = found.rules.iter().map(|rule| rule.name.as_str()).collect();
    let want = [
        "registered-not-bought",
        "many-visits-not-bought",
        "coupon-claimed-not-used",
        "first-order-cancelled",
        "left-at-login",
        "due-for-repurchase",
    ];
    assert_eq!(names, want);
    assert_eq!(found.unknown, ["campaign-opened-not-bought", "campaign-joined-not-bought", "cart-left"]);
    let some =
        |name: &str| found.rules.iter().find(|rule| rule.name == name).is_some_and(|rule| rule.people > 0);
    assert!(want.iter().filter(|name| !name.starts_with("many")).all(|name| some(name)), "{found:?}");
}

#[test]
fn rules_to_start_from_say_what_the_preset_says() {
    let deeds = town(300, 5);
    let (preset, start) = (report(&deeds, &RulePlan::default(), 2), super::preset(&schema(&deeds)));
    let (preset, own) = (
        preset.unwrap(),
        report(&deeds, &RulePlan { rules: start.clone(), ..RulePlan::default() }, 2).unwrap(),
    );
    assert_eq!((own.rules, own.none), (preset.rules, preset.none));
    assert!(own.unknown.is_empty() && start.iter().all(|rule| !preset.unknown.contains(&rule.name)));
    // Control: with all its events spelled out, the preset is about some that nobody did.
    let spelled = report(&deeds, &RulePlan { rules: RulePlan::default().list(), ..RulePlan::default() }, 2);
    assert_eq!(spelled.unwrap_err().code(), "label-unknown");
}

#[test]
fn control_what_makes_no_sense_is_refused() {
    let deeds = town(20, 1);
    let refused = |plan: RulePlan| {
        report(&deeds, &plan, 2).map_err(|e| (e.code(), e.at.column.unwrap_or_default())).err().unwrap()
    };
    assert_eq!(refused(one(&[on("signup")])), ("label-unknown", "event: signup".into()));
    assert_eq!(refused(one(&[])).1, "rules.rules.all");
    let odd = [
        Predicate { due: Some(100), ..on("view") },
        Predicate { dwell: 5, ..Predicate::default() },
        Predicate { least: Some(3), most: Some(2), ..on("view") },
        Predicate { sum_least: Some(3), ..on("view") },
    ];
    odd.into_iter().for_each(|test| assert_eq!(refused(one(&[test])).1, "rules.rules.all"));
    let twice = RulePlan {
        rules: [one(&[on("view")]).rules, one(&[on("login")]).rules].concat(),
        ..RulePlan::default()
    };
    assert_eq!(refused(twice).1, "rules.rules");
    let sum = Predicate { sum: Some("cost".into()), sum_least: Some(1), ..on("view") };
    assert_eq!(refused(one(&[sum])), ("table-missing", "events: cost".into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn tags_are_those_of_a_plain_reading(seed in 0u64..10_000, within in 1u32..60, days in 1u32..100) {
        let deeds = town(40, seed);
        let then = Some(RuleNext { within, never: true, ..RuleNext::default() });
        let never = TagRule { name: "never".into(), all: vec![Predicate { then, ..on("register") }] };
        let seen = TagRule { name: "seen".into(), all: vec![Predicate { days, ..on("view") }] };
        let found = report(&deeds, &RulePlan { rules: vec![never, seen], ..RulePlan::default() }, 3).unwrap();
        let of = |who: usize, table: usize| deeds.iter().filter(move |d| d.who == who && d.table == table);
        let never = |who: &usize| of(*who, 0).any(|r| {
            let until = r.time + within * DAY;
            let bought = |d: &Deed| d.state == SOLD && (r.time..until).contains(&d.time);
            r.labels[0] == "register" && until <= END * DAY && !of(*who, 1).any(bought)
        });
        let seen = |who: &usize| of(*who, 0).any(|d| d.labels[0] == "view" && d.time >= (END - days) * DAY);
        let known = (0..40).filter(|who| deeds.iter().any(|d| d.who == *who));
        let want = [known.clone().filter(never).count() as u64, known.clone().filter(seen).count() as u64];
        prop_assert_eq!([found.rules[0].people, found.rules[1].people], want);
        let first: u64 = found.rules.iter().map(|rule| rule.first).sum();
        prop_assert_eq!((first + found.none, found.people), (known.clone().count() as u64, known.count() as u64));
    }
}

#[test]
fn laws() {
    let deeds = town(200, 4);
    let schema = schema(&deeds);
    let known =
        RulePlan::default().list().into_iter().map(|rule| code(&schema, &rule, true).unwrap_or_default());
    let question = Tags { rules: known.collect(), end: schema.end };
    hold_over(&question, |count| past(&deeds, count).0);
}

fn four(contact: &[&str]) -> ResponsePlan {
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_string()).collect();
    ResponsePlan {
        contact: words(contact),
        answer: words(&["login"]),
        cap: 2,
        tries: 3,
        days: 30,
        within: 20,
        ..Default::default()
    }
}

#[test]
fn everyone_contacted_is_in_one_list() {
    let text = |who, day| did(who, day, 0, "coupon");
    let deeds = [
        text(1, 50),
        sold(1, 60, 100), // bought within twenty days
        text(2, 50),
        sold(2, 75, 100), // too late: try again
        text(3, 10),
        text(3, 20),
        text(3, 40), // never answered
        text(4, 10),
        text(4, 20),
        text(4, 40),
        did(4, 41, 0, "login"), // answered once
        text(5, 80),
        text(5, 90), // enough for now
        did(6, 90, 0, "login"),
        sold(6, 91, 100), // not contacted
        text(7, 75),
        text(7, 85),
        text(7, 95),
        sold(7, 96, 100), // converted goes before all
    ];
    let plan = RulePlan { response: Some(four(&["coupon"])), ..RulePlan::default() };
    let found = report(&deeds, &plan, 3).unwrap();
    let first: Vec<(&str, u64)> = found.rules.iter().map(|rule| (rule.name.as_str(), rule.first)).collect();
    assert_eq!(first, [("converted", 2), ("drop", 1), ("rest", 1), ("retry", 2)]);
    assert_eq!((found.none, found.people), (1, 7));
    let aim = ResponsePlan { aim: vec!["login".into()], ..four(&["coupon"]) };
    let found = report(&deeds, &RulePlan { response: Some(aim), ..plan.clone() }, 1).unwrap();
    assert_eq!(found.rules[0].first, 1, "who logged in, instead");
    // One's own rules come behind, and nothing of the preset does.
    let own = RulePlan { response: Some(four(&["coupon"])), ..one(&[on("login")]) };
    let found = report(&deeds, &own, 2).unwrap();
    assert_eq!((found.rules.len(), found.rules[4].first, found.rules[4].people), (5, 1, 2));
}

/// Before the first answer, and before anybody came to the aim, the lists are there all the same.
#[test]
fn responses_nobody_gave_yet_are_none() {
    let deeds = town(40, 1);
    let plan = |answer: &str, aim: &str| {
        let response =
            ResponsePlan { answer: vec![answer.into()], aim: vec![aim.into()], ..four(&["coupon"]) };
        RulePlan { response: Some(response), ..RulePlan::default() }
    };
    let first = |plan: &RulePlan| {
        let found = report(&deeds, plan, 2).unwrap();
        let contacted: u64 = found.rules.iter().map(|rule| rule.first).sum();
        assert_eq!(contacted + found.none, found.people);
        (contacted, found.rules.iter().map(|rule| rule.people).collect::<Vec<_>>())
    };
    let (contacted, answered) = first(&plan("login", "redeem"));
    let (all, nobody) = first(&plan("letter", "parcel"));
    assert_eq!(all, contacted, "those contacted are the same people");
    assert_eq!(nobody[0], 0);
    assert!(nobody[1] >= answered[1], "nobody answered, so nobody is spared for it");
}

#[test]
fn control_responses_that_cannot_be_are_refused() {
    let deeds = town(20, 1);
    let refused = |plan: &RulePlan| {
        report(&deeds, plan, 2).map_err(|e| (e.code(), e.at.column.unwrap_or_default())).err().unwrap()
    };
    let of = |response: ResponsePlan| RulePlan { response: Some(response), ..RulePlan::default() };
    assert_eq!(refused(&of(four(&[]))), ("out-of-range", "rules.response".into()));
    assert_eq!(refused(&of(ResponsePlan { cap: 0, ..four(&["coupon"]) })).1, "rules.response");
    assert_eq!(refused(&of(four(&["letter"]))), ("label-unknown", "event: letter".into()));
    let mut twice = RulePlan { response: Some(four(&["coupon"])), ..one(&[on("login")]) };
    twice.rules[0].name = "rest".into();
    assert_eq!(refused(&twice).1, "rules.rules", "two tags of one name");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_four_lists_are_those_contacted(seed in 0u64..10_000, cap in 1u32..4, tries in 1u32..4, days in 1u32..60) {
        let deeds = town(60, seed);
        let response = ResponsePlan { cap, tries, days, ..four(&["coupon", "view"]) };
        let plan = RulePlan { response: Some(response), ..one(&[on("login")]) };
        let found = report(&deeds, &plan, 3).unwrap();
        let contact = |deed: &&Deed| deed.table == 0 && ["coupon", "view"].contains(&deed.labels[0]);
        let mut plain = [0u64; 4];
        let contacted: std::collections::BTreeSet<usize> = deeds.iter().filter(contact).map(|deed| deed.who).collect();
        for who in &contacted {
            let mine = || deeds.iter().filter(|deed| deed.who == *who);
            let times: Vec<u32> = mine().filter(contact).map(|deed| deed.time).collect();
            let bought = |time: &u32| mine().any(|d| d.table == 1 && d.state == SOLD && (*time..*time + 20 * DAY).contains(&d.time));
            let answered = mine().any(|deed| deed.table == 0 && deed.labels[0] == "login");
            let late = times.iter().filter(|time| **time >= (END - days) * DAY).count() as u32;
            let list = match () {
                () if times.iter().any(bought) => 0,
                () if times.len() as u32 >= tries && !answered => 1,
                () if late >= cap => 2,
                () => 3,
            };
            plain[list] += 1;
        }
        let first: Vec<u64> = found.rules.iter().map(|rule| rule.first).collect();
        prop_assert_eq!(&first[..4], &plain[..]);
        prop_assert_eq!(first[..4].iter().sum::<u64>(), contacted.len() as u64);
    }
}
