//! Funnels against a plain search, the published figures, and the laws.

use super::follow::{Barrier, Follow};
use super::*;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::pick::Match;
use crate::table::history::{Dim, TableSchema};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn did(who: usize, time: u32, event: &'static str, channel: &'static str) -> Deed {
    Deed { who, table: 0, time, labels: vec![event, channel], ..Deed::default() }
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let names = ["event", "channel"];
    let dims = names.iter().zip(&labels[0]).map(|(name, l)| Dim { name: (*name).into(), labels: l.clone() });
    let events = TableSchema { dims: dims.collect(), measures: vec![], rows: deeds.len() as u64 };
    PastSchema { tables: [events, TableSchema::default(), TableSchema::default()], people: 0, end: 864_000 }
}

fn report(deeds: &[Deed], plan: &FunnelPlan, shards: usize) -> Result<FunnelReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { funnel(&desk, &schema, &plan).await })
}

fn steps(names: &[&str]) -> Vec<Step> {
    names.iter().map(|name| Step { event: vec![(*name).into()], ..Step::default() }).collect()
}

fn plan(names: &[&str], mode: Mode, window: u32) -> FunnelPlan {
    FunnelPlan { steps: steps(names), mode, window, ..FunnelPlan::default() }
}

fn people(found: &FunnelReport) -> Vec<u64> {
    found.steps.iter().map(|step| step.people).collect()
}

#[test]
fn orders_windows_and_exclusions() {
    let deeds = [
        did(1, 0, "a", "x"),
        did(1, 60, "b", "x"),
        did(1, 120, "c", "x"),
        did(2, 0, "b", "y"),
        did(2, 60, "a", "y"),
        did(2, 120, "c", "y"),
        did(3, 0, "a", "x"),
        did(3, 60, "d", "x"),
        did(3, 120, "b", "x"),
        did(3, 900, "c", "x"),
        did(4, 0, "a", "y"),
        did(4, 400, "a", "y"),
        did(4, 460, "b", "y"),
        did(4, 500, "c", "y"),
    ];
    let all = |mode, window| people(&report(&deeds, &plan(&["a", "b", "c"], mode, window), 2).unwrap());
    assert_eq!(all(Mode::Ordered, 0), [4, 3, 3]);
    assert_eq!(all(Mode::Ordered, 2), [4, 3, 2], "the window opens anew with every first step");
    assert_eq!(all(Mode::Strict, 0), [4, 2, 2]);
    assert_eq!(all(Mode::Any, 0), [4, 4, 4]);
    assert_eq!(all(Mode::Any, 2), [4, 4, 3]);
    let barred = Exclusion { event: "d".into(), from: Some(1), to: Some(2) };
    let out = FunnelPlan { exclude: vec![barred], ..plan(&["a", "b", "c"], Mode::Ordered, 0) };
    let found = report(&deeds, &out, 3).unwrap();
    assert_eq!((people(&found), found.removed), (vec![3, 2, 2], 1));
    let split = FunnelPlan { by: Some("channel".into()), ..plan(&["a", "b", "c"], Mode::Ordered, 0) };
    let found = report(&deeds, &split, 3).unwrap();
    let by: Vec<(&str, u64)> = found.values.iter().map(|v| (v.value.as_str(), v.steps[2].people)).collect();
    assert_eq!(by, [("x", 2), ("y", 1)]);
    assert_eq!(found.steps[1].seconds, Some([60, 60]));
    let mut filtered = plan(&["a", "b"], Mode::Ordered, 0);
    filtered.steps[1].filter.insert("channel".into(), vec!["x".into()]);
    assert_eq!(people(&report(&deeds, &filtered, 2).unwrap()), [4, 2]);
}

#[test]
fn equal_times_stand_in_the_order_of_rows() {
    let deeds = [did(1, 5, "a", "x"), did(1, 5, "b", "x"), did(2, 5, "b", "x"), did(2, 5, "a", "x")];
    assert_eq!(people(&report(&deeds, &plan(&["a", "b"], Mode::Ordered, 1), 2).unwrap()), [2, 1]);
}

#[test]
fn figures_without_ids_are_held_to_their_arithmetic() {
    // formulas.md F9 and the table of published figures.
    let counted = |name: &str, people: &[u64], printed: &[&str]| Counted {
        name: name.into(),
        people: people.to_vec(),
        printed: printed.iter().map(|p| (*p).to_string()).collect(),
    };
    let counts = vec![
        counted("SMS", &[3_100_567, 2_697_493, 22_658], &["87.00", "0.84%"]),
        counted("WeChat", &[165_044, 165_041, 98_848], &["99.99", "5.98"]),
        counted("odd", &[10, 12], &[]),
        counted("apart", &[100, 50], &["30"]),
    ];
    let found = report(&[], &FunnelPlan { counts, ..FunnelPlan::default() }, 2).unwrap();
    let verdicts = |at: usize| found.counted[at].steps.iter().map(|s| s.verdict).collect::<Vec<_>>();
    assert_eq!(verdicts(0), ["fine", "fine", "fine"]);
    assert_eq!(verdicts(1), ["fine", "fine", "ten-times"]);
    assert_eq!((verdicts(2)[1], verdicts(3)[1]), ("more-than-before", "rate-apart"));
    let rate = |at: usize, step: usize| found.counted[at].steps[step].rate;
    assert!((rate(0, 1) - 0.87).abs() < 5e-6 && (rate(0, 2) - 0.0084).abs() < 5e-6);
    assert!((rate(1, 2) - 0.5989).abs() < 5e-5);
}

#[test]
fn control_what_is_misspelt_is_refused() {
    let deeds = [did(1, 0, "a", "x"), did(1, 60, "b", "x")];
    let refused = |plan: &FunnelPlan| {
        report(&deeds, plan, 2).map_err(|e| (e.code(), e.at.column.unwrap_or_default())).err().unwrap()
    };
    assert_eq!(refused(&plan(&["a", "B"], Mode::Ordered, 0)), ("label-unknown", "event: B".into()));
    assert_eq!(refused(&plan(&["a"], Mode::Ordered, 0)).1, "funnel.steps");
    let by = FunnelPlan { by: Some("city".into()), ..plan(&["a", "b"], Mode::Ordered, 0) };
    assert_eq!(refused(&by), ("table-missing", "events: city".into()));
}

fn town(people: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let mut deeds = Vec::new();
    for who in 0..people {
        for _ in 0..dice.below(9) {
            let event = ["a", "b", "c", "d"][dice.below(4) as usize];
            deeds.push(did(who, dice.below(600) as u32, event, ["x", "y", ""][dice.below(3) as usize]));
        }
    }
    deeds.push(did(0, 1, "a", "x"));
    deeds.push(did(0, 2, "b", "y"));
    deeds.push(did(0, 3, "c", ""));
    deeds
}

/// The furthest step of one person by trying every chain.
fn plain(events: &[(u32, &str)], names: &[&str], window: u32) -> usize {
    fn go(events: &[(u32, &str)], at: usize, names: &[&str], first: u32, window: u32) -> usize {
        let next = (at..events.len()).filter(|i| events[*i].1 == names[0]);
        let next = next.filter(|i| window == 0 || events[*i].0 - first <= window);
        next.map(|i| 1 + if names.len() > 1 { go(events, i + 1, &names[1..], first, window) } else { 0 })
            .max()
            .unwrap_or(0)
    }
    (0..events.len())
        .filter(|i| events[*i].1 == names[0])
        .map(|i| 1 + go(events, i + 1, &names[1..], events[i].0, window))
        .max()
        .unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn everyone_comes_as_far_as_a_plain_search_says(seed in 0u64..10_000, minutes in 0u32..6) {
        let deeds = town(30, seed);
        let names = ["a", "b", "c"];
        let found = report(&deeds, &plan(&names, Mode::Ordered, minutes), 2).unwrap();
        let mut people: BTreeMap<usize, Vec<(u32, &str)>> = BTreeMap::new();
        deeds.iter().for_each(|d| people.entry(d.who).or_default().push((d.time, d.labels[0])));
        let mut want = [0u64; 3];
        for events in people.values_mut() {
            events.sort_by_key(|event| event.0);
            (0..plain(events, &names, minutes * 60)).for_each(|step| want[step] += 1);
        }
        let got: Vec<u64> = found.steps.iter().map(|s| s.people).collect();
        prop_assert_eq!(&got[..], &want[..]);
        prop_assert!(got.windows(2).all(|pair| pair[0] >= pair[1]));
        for mode in [Mode::Strict, Mode::Any] {
            let other = report(&deeds, &plan(&names, mode, minutes), 2).unwrap();
            prop_assert!(other.steps.windows(2).all(|pair| pair[0].people >= pair[1].people));
        }
    }
}

#[test]
fn laws() {
    let deeds = town(200, 4);
    let step = |code: u32| Match { all: vec![(0, vec![code])] };
    let exclude = vec![Barrier { codes: vec![4], from: 1, to: 2 }];
    for (mode, exclude) in [(Mode::Ordered, exclude), (Mode::Strict, vec![]), (Mode::Any, vec![])] {
        let steps = vec![step(1), step(2), step(3)];
        let question = Follow { steps, window: 300, mode, exclude, by: Some(1), span: None };
        hold_over(&question, |count| past(&deeds, count).0);
    }
}

#[test]
fn the_shortest_way_is_of_fewest_events_then_of_least_time() {
    let mut deeds = Vec::new();
    for who in 0..5 {
        deeds.extend([did(who, 0, "a", ""), did(who, 5, "b", ""), did(who, 6 + who as u32, "c", "")]);
    }
    for who in 5..8 {
        deeds.extend([did(who, 0, "a", ""), did(who, 0, "a", ""), did(who, 900, "c", "")]);
    }
    deeds.extend([did(9, 0, "a", ""), did(9, 1, "d", ""), did(9, 2, "c", "")]);
    let way = |support: u64| {
        let plan = FunnelPlan { support, ..plan(&["a", "c"], Mode::Ordered, 0) };
        report(&deeds, &plan, 2).unwrap().shortest.map(|way| (way.events.join(""), way.people, way.seconds))
    };
    assert_eq!(way(3), Some(("ac".into(), 3, 900)));
    assert_eq!(way(4), Some(("abc".into(), 5, 8)), "three are too few");
    assert_eq!(way(6), None);
    assert_eq!(way(1), Some(("ac".into(), 3, 900)), "fewer events come before less time");
}

#[test]
fn periods_have_the_same_time_and_only_their_own_first_steps() {
    let day = |d: u32| d * DAY;
    let deeds = [
        did(1, day(2), "a", "x"),
        did(1, day(2) + 60, "b", "x"),
        did(2, day(7), "a", "x"),
        did(3, day(7), "a", "y"),
        did(3, day(7) + 60, "b", "y"),
        did(4, day(9) + 80_000, "a", "y"),
    ];
    let plan =
        FunnelPlan { compare: 4, by: Some("channel".into()), ..plan(&["a", "b"], Mode::Ordered, 1_440) };
    let found = report(&deeds, &plan, 3).unwrap();
    let change = found.change.as_ref().unwrap();
    assert_eq!(change.from, ["1970-01-02", "1970-01-06"], "the last day is still in its window");
    assert_eq!((change.overall, change.steps[0].people), ([1.0, 0.5], [1, 1]));
    assert_eq!(change.values.iter().map(|v| v.people).collect::<Vec<_>>(), [[1, 1], [0, 1]]);
    assert_eq!(found.steps[0].people, 4, "everyone, whatever the period");
    let refused = report(&deeds, &FunnelPlan { window: 0, ..plan }, 2).err().unwrap();
    assert_eq!(refused.at.column.as_deref(), Some("funnel.compare"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn a_change_is_taken_apart_without_a_rest(seed in 0u64..10_000) {
        let mut deeds = town(200, seed);
        deeds.iter_mut().for_each(|deed| deed.time *= 1_440);
        let plan = FunnelPlan { compare: 4, by: Some("channel".into()), ..plan(&["a", "b", "c"], Mode::Ordered, 1_440) };
        let change = report(&deeds, &plan, 2).unwrap().change.unwrap();
        let values: f64 = change.values.iter().map(|value| value.rate + value.mix).sum();
        prop_assert!((values - change.change).abs() < 1e-12, "{change:?}");
        if let Some(whole) = change.ln_change {
            let steps: f64 = change.steps.iter().filter_map(|step| step.ln_change).sum();
            prop_assert!((steps - whole).abs() < 1e-12, "{change:?}");
            let parts: f64 = change.steps.iter().filter_map(|step| step.part).sum();
            prop_assert!((parts - change.change).abs() < 1e-12, "{change:?}");
            let holds = |step: &ChangeStep| step.interval.zip(step.part).is_some_and(|(of, part)| of.holds(part));
            prop_assert!(change.steps.iter().all(holds) && change.interval.holds(change.change));
        }
        for value in &change.values {
            prop_assert_eq!(value.interval.is_some(), value.people.iter().all(|people| *people > 0));
            prop_assert!(value.interval.is_none_or(|of| of.holds(value.rate)));
        }
    }
}

#[test]
fn those_behind_a_step_of_a_value_are_as_many_as_it_says() {
    let deeds = town(200, 3);
    let plan = FunnelPlan { by: Some("channel".into()), ..plan(&["a", "b", "c"], Mode::Ordered, 600) };
    let (schema, mut shards) = (schema(&deeds), past(&deeds, 3).0);
    let labels = schema.tables[0].dims[1].labels.clone();
    let found =
        run(&mut shards, &QUESTIONS, |desk| async move { funnel(&desk, &schema, &plan).await }).unwrap();
    assert!(found.values.len() > 1, "the control: there is something to tell apart");
    for value in &found.values {
        let code = labels.iter().position(|label| *label == value.value).unwrap() as i32;
        for (step, of) in (1..).zip(&value.steps) {
            let reached = |shard: &crate::shard::Shard| {
                let [steps, values] = [STEP, VALUE].map(|name| &shard.past.measures[name]);
                steps.iter().zip(values).filter(|(at, of)| **at >= step && **of == code).count() as u64
            };
            let all = shards.iter().filter(|shard| !shard.past.is_empty());
            assert_eq!(all.map(reached).sum::<u64>(), of.people, "{} at step {step}", value.value);
        }
    }
}
