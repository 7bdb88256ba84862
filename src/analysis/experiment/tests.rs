//! Known splits and effects, what is withheld, and the laws.

use super::measure::{Outcome, Weigh, What};
use super::*;
use crate::num::{Moments, Z95, always, sqrt, two_proportions};
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::moment::DAY;
use crate::table::history::pick::Match;
use crate::table::history::{Dim, Measure, TableSchema};

fn assigned(who: usize, arm: &'static str, city: &'static str, visit: i64) -> Deed {
    Deed { who, table: 2, time: 10 * DAY, labels: vec![arm, city], numbers: vec![visit], ..Deed::default() }
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let rows = |at: usize| deeds.iter().filter(|d| d.table == at).count() as u64;
    let dims = ["arm", "city"].iter().zip(&labels[2]);
    let assign = TableSchema {
        dims: dims.map(|(name, l)| Dim { name: (*name).into(), labels: l.clone() }).collect(),
        measures: vec![Measure { name: "visit".into(), decimals: 0 }],
        rows: rows(2),
    };
    let amount = Measure { name: "amount".into(), decimals: 2 };
    let orders = TableSchema { dims: vec![], measures: vec![amount], rows: rows(1) };
    PastSchema { tables: [TableSchema::default(), orders, assign], people: 0, end: 100 * DAY }
}

fn report(deeds: &[Deed], plan: &ExperimentPlan, shards: usize) -> Result<ExperimentReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { experiment(&desk, &schema, &plan).await })
}

/// So many in an arm, so many of whom visited.
fn arm(deeds: &mut Vec<Deed>, name: &'static str, people: usize, visits: usize) {
    let from = deeds.len();
    deeds.extend((0..people).map(|i| assigned(from + i, name, ["x", "y"][i % 2], i64::from(i < visits))));
}

fn visits() -> ExperimentPlan {
    let visit = Metric { name: "visit".into(), column: Some("visit".into()), ..Metric::default() };
    ExperimentPlan { control: "c".into(), metrics: vec![visit], ..ExperimentPlan::default() }
}

#[test]
fn the_slide_with_three_arms() {
    // formulas.md F10: 6/3034, 50/2931, 30/3033; the ratio of arms is fine, p = .311.
    let mut deeds = Vec::new();
    arm(&mut deeds, "c", 3034, 6);
    arm(&mut deeds, "d", 2931, 50);
    arm(&mut deeds, "e", 3033, 30);
    let found = report(&deeds, &visits(), 3).unwrap();
    assert!((found.srm.chi2 - 2.335).abs() < 5e-4 && (found.srm.p - 0.311).abs() < 5e-4 && !found.srm.alarm);
    let lift = |arm: usize| found.metrics[0].arms[arm].lift.clone().unwrap();
    let near = |got: f64, want: f64, unit: f64| assert!((got - want).abs() <= 0.5001 * unit, "{got} {want}");
    near(lift(1).statistic.unwrap(), 6.038, 1e-3);
    near(100.0 * lift(1).interval.unwrap().low, 1.037, 1e-3);
    near(100.0 * lift(1).interval.unwrap().high, 2.055, 1e-3);
    near(100.0 * lift(1).relative.unwrap(), 762.6, 0.1);
    near(100.0 * lift(2).relative_interval.unwrap().low, 108.0, 1.0);
    assert_eq!((lift(1).verdict, found.metrics[0].arms[0].lift.is_none()), (Verdict::Better, true));
    assert!(lift(2).adjusted >= lift(2).p);
}

#[test]
fn a_broken_split_and_too_few_people_withhold_the_verdict() {
    // The published 3,852 against 6,567, said to be even.
    let mut deeds = Vec::new();
    arm(&mut deeds, "c", 6567, 100);
    arm(&mut deeds, "d", 3852, 200);
    let found = report(&deeds, &visits(), 2).unwrap();
    assert!(found.srm.alarm && (found.srm.chi2 - 707.5).abs() < 1.0, "{:?}", found.srm);
    let verdict = |found: &ExperimentReport| found.metrics[0].arms[1].lift.as_ref().unwrap().verdict;
    assert_eq!(verdict(&found), Verdict::BrokenSplit);
    let planned = [("c".to_string(), 6567.0), ("d".to_string(), 3852.0)].into();
    let fair = ExperimentPlan { planned, ..visits() };
    assert_eq!(verdict(&report(&deeds, &fair, 2).unwrap()), Verdict::Better);
    let early = ExperimentPlan { size: 5_000, ..fair };
    assert_eq!(verdict(&report(&deeds, &early, 2).unwrap()), Verdict::TooEarly);
}

#[test]
fn what_holds_at_any_look_is_said_before_the_planned_size() {
    let mut deeds = Vec::new();
    arm(&mut deeds, "c", 3034, 60);
    arm(&mut deeds, "d", 3034, 180);
    let early = ExperimentPlan { size: 5_000, ..visits() };
    let lift =
        |plan: &ExperimentPlan| report(&deeds, plan, 2).unwrap().metrics[0].arms[1].lift.clone().unwrap();
    assert_eq!((lift(&early).verdict, lift(&early).sequential), (Verdict::TooEarly, None));
    let looked = lift(&ExperimentPlan { sequential: true, detect: 0.5, ..early.clone() });
    let always = looked.sequential.unwrap();
    assert_eq!((looked.verdict, looked.adjusted), (Verdict::Better, Some(always.p)));
    assert!(
        Some(always.p) > looked.p
            && always.interval.low > 0.0
            && always.interval.low < looked.interval.unwrap().low
    );
    // The control: half the difference would do for a single look, and does not for any.
    deeds.clear();
    arm(&mut deeds, "c", 3034, 60);
    arm(&mut deeds, "d", 3034, 87);
    let single = report(&deeds, &visits(), 2).unwrap().metrics[0].arms[1].lift.clone().unwrap();
    let looked = report(&deeds, &ExperimentPlan { sequential: true, ..early }, 2).unwrap().metrics[0].arms[1]
        .lift
        .clone()
        .unwrap();
    assert_eq!((single.verdict, looked.verdict), (Verdict::Better, Verdict::Open));
}

#[test]
fn a_share_that_rises_from_segment_to_segment_is_told_from_one_that_goes_up_and_down() {
    let trend = |visits: [usize; 3]| {
        let mut deeds = Vec::new();
        for (city, visits) in ["0", "1", "2+"].into_iter().zip(visits) {
            for i in 0..300 {
                deeds.push(assigned(deeds.len(), ["c", "d"][i % 2], city, i64::from(i < visits)));
            }
        }
        let plan = ExperimentPlan { segments: Some("city".into()), ..self::visits() };
        report(&deeds, &plan, 3).unwrap().trends.remove(0)
    };
    let rising = trend([30, 45, 70]);
    assert_eq!(rising.ends, ("0".into(), "2+".into()));
    assert!(rising.z > 4.0 && rising.p < 1e-4, "{rising:?}");
    assert!(trend([70, 45, 30]).z < -4.0 && trend([45, 70, 45]).p > 0.9, "the control");
}

#[test]
fn orders_behind_the_assignment_count_and_only_those() {
    let order = |who, day: u32, money| Deed {
        who,
        table: 1,
        time: day * DAY,
        numbers: vec![money],
        ..Deed::default()
    };
    let mut deeds: Vec<Deed> =
        (0..40).map(|who| assigned(who, if who < 20 { "c" } else { "d" }, "x", 0)).collect();
    deeds.push(assigned(40, "c", "x", 0));
    deeds.push(assigned(40, "d", "x", 0));
    deeds.push(assigned(41, "", "x", 0));
    deeds.extend([
        order(0, 9, 500),
        order(1, 11, 700),
        order(20, 12, 900),
        order(21, 12, 100),
        order(21, 60, 5_000),
    ]);
    let plan =
        ExperimentPlan { control: "c".into(), days: 30, segments: Some("city".into()), ..Default::default() };
    let found = report(&deeds, &plan, 3).unwrap();
    assert_eq!((found.several, found.none, found.arms[0].people), (1, 1, 20));
    let values: Vec<f64> =
        found.metrics.iter().flat_map(|m| m.arms.iter().map(|a| a.value.unwrap())).collect();
    assert_eq!(values, [0.05, 0.1, 0.35, 0.5]);
    assert_eq!(found.curve.last().map(|p| p.shares.clone()), Some(vec![0.05, 0.1]));
    assert_eq!(found.segments.len(), 1);
    assert_eq!(found.segments[0].metrics[1].arms[1].value, Some(0.5));
}

#[test]
fn control_what_is_missing_is_named() {
    let mut deeds = Vec::new();
    arm(&mut deeds, "c", 50, 5);
    let refused = |deeds: &[Deed], plan: &ExperimentPlan| {
        report(deeds, plan, 2).map_err(|e| (e.code(), e.at.column.unwrap_or_default())).err().unwrap()
    };
    assert_eq!(refused(&deeds, &visits()), ("arm-missing", "arm".into()));
    arm(&mut deeds, "d", 50, 5);
    let other = ExperimentPlan { control: "a".into(), ..visits() };
    assert_eq!(refused(&deeds, &other), ("arm-missing", "a".into()));
    let orders = ExperimentPlan { control: "c".into(), ..ExperimentPlan::default() };
    assert_eq!(refused(&deeds, &orders), ("table-missing", "orders".into()));
    let of = ExperimentPlan { control: "c".into(), ..visits() };
    let none = ExperimentPlan { filter: [("arm".into(), vec![])].into(), ..of.clone() };
    assert_eq!(refused(&deeds, &none), ("out-of-range", "arm = []".into()));
    let columns = vec!["channel".into(), "channel".into()];
    let twice = UpliftPlan { arm: "d".into(), columns, ..UpliftPlan::default() };
    let twice = ExperimentPlan { uplift: Some(twice), ..of };
    assert_eq!(refused(&deeds, &twice), ("out-of-range", "experiment.uplift.columns".into()));
}

/// A/A: two arms of the same; how often a difference is found that is not there.
#[test]
fn nothing_is_found_where_nothing_is() {
    let mut dice = Dice(99);
    let (runs, people) = (5_000, 400u64);
    let (mut found, mut covered) = (0, 0);
    for _ in 0..runs {
        let mut draw = || (0..people).filter(|_| dice.unit() < 0.3).count() as f64;
        let (x1, x2, n) = (draw(), draw(), people as f64);
        found += i32::from(two_proportions(x1, n, x2, n).p < 0.05);
        covered += i32::from(crate::num::newcombe(x1, n, x2, n).holds(0.0));
    }
    let share = |of: i32| 100.0 * f64::from(of) / f64::from(runs);
    assert!((share(found) - 5.0).abs() <= 0.7, "{} % false", share(found));
    assert!((share(covered) - 95.0).abs() <= 0.7, "{} % covered", share(covered));
}

#[test]
fn the_interval_holds_zero_just_where_p_is_above_a_twentieth() {
    let mut dice = Dice(5);
    for _ in 0..1_000 {
        let [d, v, tau] = [dice.unit() - 0.5, 0.001 + 0.05 * dice.unit(), 0.01 + 0.2 * dice.unit()];
        let found = always(d, v, tau).expect("a variance");
        assert_eq!(found.interval.holds(0.0), found.p >= 0.05, "{d} {v} {tau}");
    }
}

/// A/A with fifty looks: two arms of the same, looked at after every hundred people in each.
fn found_at_any_look(runs: u32, mut draw: impl FnMut() -> i64, tau: f64) -> (f64, f64) {
    let (mut fixed, mut steady) = (0u32, 0u32);
    for _ in 0..runs {
        let mut arms = [Moments::default(); 2];
        let (mut once, mut ever) = (false, false);
        for _ in 0..50 {
            arms.iter_mut().for_each(|arm| (0..100).for_each(|_| arm.add(draw())));
            let part = |arm: &Moments| arm.variance() / arm.n as f64;
            let (d, v) = (arms[1].mean() - arms[0].mean(), part(&arms[0]) + part(&arms[1]));
            once |= d.abs() > Z95 * sqrt(v);
            ever |= always(d, v, tau).is_some_and(|found| found.p < 0.05);
        }
        (fixed, steady) = (fixed + u32::from(once), steady + u32::from(ever));
    }
    (f64::from(fixed) / f64::from(runs), f64::from(steady) / f64::from(runs))
}

#[test]
fn looking_again_and_again_finds_nothing_where_nothing_is() {
    let mut dice = Dice(11);
    let (fixed, steady) = found_at_any_look(1_000, || i64::from(dice.unit() < 0.3), 0.03);
    // The control: the test for one look finds a difference that is not there in a third of all experiments.
    assert!(steady <= 0.05 && fixed > 0.25, "rates: {steady} always, {fixed} fixed");
    let mut dice = Dice(12);
    let money = || {
        if dice.unit() < 0.2 { (libm::exp(6.0 + 2.0 * (dice.unit() + dice.unit())) * 10.0) as i64 } else { 0 }
    };
    let (fixed, steady) = found_at_any_look(1_000, money, 1_000.0);
    assert!(steady <= 0.05 && fixed > 0.25, "money: {steady} always, {fixed} fixed");
}

#[test]
fn a_difference_that_is_there_is_found() {
    let found = always(0.03, 2.0 * 0.21 / 10_000.0, 0.03).expect("a variance");
    assert!(found.p < 0.001 && found.interval.low > 0.0, "{found:?}");
    // The price: a little wider than the interval for one look.
    let once = two_proportions(3_000.0, 10_000.0, 3_300.0, 10_000.0);
    assert!(once.p < found.p);
}

#[test]
fn laws() {
    let mut dice = Dice(3);
    let mut deeds: Vec<Deed> = Vec::new();
    for who in 0..250 {
        deeds.push(assigned(
            who,
            ["c", "d", ""][dice.below(3) as usize],
            ["x", "y"][who % 2],
            dice.below(5) as i64,
        ));
        let time = dice.below(90) as u32 * DAY;
        deeds.push(Deed { who, table: 1, time, numbers: vec![dice.below(900) as i64], ..Deed::default() });
    }
    let outcome = |what, kind, per| Outcome { what, kind, per };
    let outcomes = vec![
        outcome(What::Orders, MetricKind::Rate, None),
        outcome(What::Column(0), MetricKind::Mean, None),
        outcome(What::Orders, MetricKind::Ratio, Some(What::Count)),
        outcome(What::Orders, MetricKind::Quantile, None),
    ];
    let question = Weigh {
        rows: Match::default(),
        arm: 0,
        arms: 2,
        segment: Some((1, 3)),
        outcomes,
        days: 30,
        end: 80 * DAY,
    };
    hold_over(&question, |count| past(&deeds, count).0);
}

/// People in arms since then, who bought once before day 10 in one city and in the arm once behind it.
fn buyers(time: u32) -> Vec<Deed> {
    let mut deeds = Vec::new();
    for who in 0..240 {
        let (arm, city) = (["c", "d"][who % 2], ["x", "y"][who / 2 % 2]);
        deeds.push(Deed { time, ..assigned(who, arm, city, 0) });
        let mut order = |day: u32| {
            let numbers = vec![100];
            deeds.push(Deed { who, table: 1, time: day * DAY, numbers, ..Deed::default() });
        };
        if city == "x" {
            order(3);
        }
        if arm == "d" || who % 3 == 0 {
            order(20);
        }
    }
    deeds
}

#[test]
fn orders_before_an_assignment_without_a_time_are_not_used_and_it_is_said() {
    let by = |columns: &[&str]| ExperimentPlan {
        control: "c".into(),
        randomised: false,
        adjust: Some(AdjustPlan { columns: columns.iter().map(|c| (*c).into()).collect(), orders: true }),
        ..ExperimentPlan::default()
    };
    let refused = |plan: &ExperimentPlan| {
        let e = report(&buyers(0), plan, 2).err().unwrap();
        (e.code(), e.at.column.unwrap_or_default())
    };
    assert_eq!(refused(&by(&[])), ("arm-untimed", "experiment.adjust.orders".into()));
    let uplift = UpliftPlan { arm: "d".into(), orders: true, ..UpliftPlan::default() };
    let lot = ExperimentPlan { randomised: true, adjust: None, uplift: Some(uplift), ..by(&[]) };
    assert_eq!(refused(&lot), ("arm-untimed", "experiment.uplift.orders".into()));
    // Days behind it are none either.
    assert_eq!(refused(&ExperimentPlan { days: 30, ..by(&["city"]) }).1, "experiment.days");
    let found = report(&buyers(0), &by(&["city"]), 3).unwrap();
    assert_eq!(found.notes, [Note::CurveUntimed, Note::OrdersUntimed]);
    let observed = found.observed.unwrap();
    assert!(!observed.orders && observed.arms[0].balance.iter().all(|bin| bin.column == "city"));
    assert!(found.curve.is_empty() && !found.crossing);
    assert!(found.metrics[0].arms[1].positive > 0, "what is known of them counts");
    // The control: with a time nothing is left out.
    let found = report(&buyers(10 * DAY), &ExperimentPlan { days: 30, ..by(&[]) }, 3).unwrap();
    assert_eq!((found.notes.len(), found.curve.len()), (0, 11));
    let observed = found.observed.unwrap();
    assert!(observed.orders && observed.arms[0].balance.iter().any(|bin| bin.column.is_empty()));
}

/// Two arms of people who all do it within the days that count, in their eighth: the control from day 0 on, the other late.
#[test]
fn whose_days_are_not_over_counts_for_the_split_and_for_no_result() {
    let mut deeds = Vec::new();
    for who in 0..400usize {
        let start = if who.is_multiple_of(2) { 1 + who as u32 % 98 } else { 90 + who as u32 / 2 % 10 };
        let (arm, time) = (["c", "d"][who % 2], start * DAY);
        deeds.push(Deed { time, ..assigned(who, arm, "x", i64::from(who.is_multiple_of(2))) });
        if who.is_multiple_of(7) {
            let (table, time, numbers) = (1, (start + 7) * DAY, vec![100]);
            deeds.push(Deed { who, table, time, numbers, ..Deed::default() });
        }
    }
    let plan = ExperimentPlan { control: "c".into(), days: 10, ..ExperimentPlan::default() };
    let found = report(&deeds, &plan, 3).unwrap();
    let late =
        |who: &usize| if who.is_multiple_of(2) { who % 98 > 89 } else { !(who / 2).is_multiple_of(10) };
    assert_eq!(found.under_way, (0..400).filter(late).count() as u64);
    assert_eq!(found.arms.iter().map(|arm| arm.people).collect::<Vec<_>>(), [200, 200]);
    let seen: u64 = found.metrics[0].arms.iter().map(|arm| arm.people).sum();
    assert_eq!(seen + found.under_way, 400);
    let shares: Vec<f64> = found.metrics[0].arms.iter().map(|arm| arm.value.unwrap_or(-1.0)).collect();
    assert!((shares[0] - 1.0 / 7.0).abs() < 0.03, "{shares:?}");
    assert_eq!(found.curve.last().map(|day| day.shares[0]), Some(shares[0]));
    // A column of the file is known of everyone. The control: with all days that are there the late arm looks worse.
    let visits = report(&deeds, &ExperimentPlan { days: 10, ..visits() }, 2).unwrap();
    assert_eq!((visits.under_way, visits.metrics[0].arms[0].people), (0, 200));
    let all = report(&deeds, &ExperimentPlan { days: 0, ..plan.clone() }, 2).unwrap();
    assert!(all.under_way == 0 && all.metrics[0].arms[1].value < Some(0.08), "{:?}", all.metrics[0]);
    // Of an experiment that began yesterday nothing can be said.
    let young: Vec<Deed> = deeds
        .into_iter()
        .filter(|deed| deed.table == 2)
        .map(|deed| Deed { time: 99 * DAY, ..deed })
        .collect();
    let young = report(&[young, vec![buyer()]].concat(), &plan, 1).unwrap();
    assert_eq!((young.under_way, young.metrics[0].arms[0].value), (400, None));
    assert!(young.metrics[0].arms[1].lift.is_none());
}

/// Somebody in no arm, so that there are orders.
fn buyer() -> Deed {
    Deed { who: 999, table: 1, time: DAY, numbers: vec![100], ..Deed::default() }
}
