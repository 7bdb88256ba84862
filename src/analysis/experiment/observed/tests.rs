//! A planted effect is found behind what hides it; the sums against a plain script; the laws.

use super::fit;
use super::*;
use crate::analysis::experiment::measure::{Cell, Outcome, What};
use crate::analysis::experiment::{ExperimentPlan, ExperimentReport, QUESTIONS, experiment};
use crate::num::Moments;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::{Dim, Measure, Source, TableSchema};

const AGES: [&str; 3] = ["young", "middle", "old"];
const NOISE: [&str; 2] = ["p", "q"];
const EFFECT: f64 = 0.05;

/// The older, the likelier in the arm and the likelier to visit; the arm adds the same to everyone.
fn people(count: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let one = |who: usize| {
        let (age, noise) = (dice.below(3) as usize, dice.below(2) as usize);
        let arm = dice.unit() < [0.2, 0.5, 0.8][age];
        let visit = dice.unit() < [0.1, 0.3, 0.5][age] + if arm { EFFECT } else { 0.0 };
        let spent = if visit { 100 + dice.below(100) as i64 } else { 0 };
        let labels = vec![["c", "t"][usize::from(arm)], AGES[age], NOISE[noise]];
        Deed { who, table: 2, labels, numbers: vec![i64::from(visit), spent], ..Deed::default() }
    };
    (0..count).map(one).collect()
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = ["arm", "age", "noise"].iter().zip(&labels[Source::Assign as usize]);
    let dims = dims.map(|(name, labels)| Dim { name: (*name).into(), labels: labels.clone() }).collect();
    let measures = ["visit", "spent"].map(|name| Measure { name: name.into(), decimals: 0 }).into();
    let assign = TableSchema { dims, measures, rows: deeds.len() as u64 };
    PastSchema { tables: [TableSchema::default(), TableSchema::default(), assign], people: 0, end: 1 }
}

fn plan(columns: &[&str]) -> ExperimentPlan {
    let metric =
        |name: &str, kind| Metric { name: name.into(), kind, column: Some(name.into()), ..Metric::default() };
    let adjust = AdjustPlan { columns: columns.iter().map(|name| (*name).into()).collect(), orders: false };
    ExperimentPlan {
        control: "c".into(),
        metrics: vec![metric("visit", MetricKind::Rate), metric("spent", MetricKind::Mean)],
        randomised: false,
        adjust: Some(adjust),
        ..ExperimentPlan::default()
    }
}

fn report(deeds: &[Deed], plan: &ExperimentPlan, shards: usize) -> Result<ExperimentReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { experiment(&desk, &schema, &plan).await })
}

fn arm(deeds: &[Deed], columns: &[&str]) -> ObservedArm {
    report(deeds, &plan(columns), 3).unwrap().observed.unwrap().arms.remove(0)
}

#[test]
fn what_age_hides_is_found_among_those_of_an_age() {
    let deeds = people(12_000, 4);
    let found = arm(&deeds, &["age", "noise"]);
    let [visit, spent] = [&found.effects[0], &found.effects[1]];
    assert!(visit.seen > 0.15, "as seen, age and arm are one: {}", visit.seen);
    assert!(visit.interval.unwrap().holds(EFFECT) && visit.interval.unwrap().high < 0.1, "{visit:?}");
    assert!(
        spent.interval.unwrap().holds(EFFECT * 149.5) && !spent.interval.unwrap().holds(spent.seen),
        "{spent:?}"
    );
    assert!((visit.means[1] - visit.means[0] - visit.difference).abs() < 1e-12);
    assert_eq!((found.arm.as_str(), found.outside), ("t", [0, 0]));
    assert_eq!(found.people[0] + found.people[1], 12_000);
    let people = |of: usize| found.overlap.iter().map(|bar| bar[of]).sum::<u64>();
    assert_eq!([people(0), people(1)], found.people);
    let old = found.balance.iter().find(|bin| bin.value == "old").unwrap();
    assert!(old.before.unwrap() > 0.5 && old.after.unwrap().abs() < 0.02, "{old:?}");
    // The control: of those alike in what does not matter, the arm seems to do what age does.
    let blind = &arm(&deeds, &["noise"]).effects[0];
    assert!(
        !blind.interval.unwrap().holds(EFFECT) && (blind.difference - blind.seen).abs() < 0.01,
        "{blind:?}"
    );
}

#[test]
fn intervals_hold_what_they_promise() {
    let held = (0..300).filter(|seed| {
        arm(&people(1_200, 1_000 + seed), &["age"]).effects[0].interval.unwrap().holds(EFFECT)
    });
    let share = held.count() as f64 / 300.0;
    assert!((share - 0.95).abs() < 0.035, "{share}");
}

#[test]
fn who_has_nobody_like_them_is_left_out_and_counted() {
    let mut deeds = people(4_000, 6);
    let more = (0..300).map(|i| Deed {
        who: 4_000 + i,
        table: 2,
        labels: vec!["t", "ancient", "p"],
        numbers: vec![1, 500],
        ..Deed::default()
    });
    deeds.extend(more);
    let found = arm(&deeds, &["age"]);
    assert_eq!(found.outside, [0, 300]);
    assert_eq!(found.overlap[19], [0, 300]);
    assert!(found.effects[0].interval.unwrap().holds(EFFECT), "{:?}", found.effects[0]);
    // Nobody like anybody: nothing is said.
    let apart = |who: usize| Deed {
        who,
        table: 2,
        labels: vec![["c", "t"][who % 2], ["old", "young"][who % 2], "p"],
        numbers: vec![1, 1],
        ..Deed::default()
    };
    let found = arm(&(0..4_000).map(apart).collect::<Vec<_>>(), &["age"]);
    assert_eq!((found.effects.len(), found.outside), (0, [2_000, 2_000]));
    assert!(
        found
            .balance
            .iter()
            .filter(|bin| bin.column == "age")
            .all(|bin| (bin.before, bin.after) == (None, None))
    );
}

#[test]
fn of_few_people_for_each_bin_no_interval_is_given() {
    let few = arm(&people(90, 8), &["age", "noise"]);
    assert!(few.effects.iter().all(|effect| (effect.interval, effect.p) == (None, None)), "{few:?}");
    assert!(few.effects[0].means.iter().all(|mean| mean.is_finite()), "what was found is still told");
    // The control: the same with more people.
    assert!(arm(&people(900, 8), &["age", "noise"]).effects.iter().all(|effect| effect.p.is_some()));
}

#[test]
fn values_far_from_zero_are_as_exact_as_those_near_it() {
    let near = people(900, 9);
    let far = 1_000_000_000_000;
    let moved: Vec<Deed> = near
        .iter()
        .map(|deed| Deed { numbers: vec![deed.numbers[0], deed.numbers[1] + far], ..deed.clone() })
        .collect();
    let [a, b] = [&near, &moved].map(|deeds| arm(deeds, &["age"]).effects.remove(1));
    assert!((a.difference - b.difference).abs() < 1e-3, "{a:?} {b:?}");
    let [a, b] = [a, b].map(|of| of.interval.unwrap());
    assert!((a.low - b.low).abs() < 1e-2 && (a.high - b.high).abs() < 1e-2, "{a:?} {b:?}");
}

#[test]
fn figures_are_those_of_a_plain_script() {
    // numpy over single people: penalised Newton, two ridges, the mean of ψ and its standard error.
    let counts: [(&[u32], [u64; 4]); 7] = [
        (&[1, 4], [40, 4, 10, 3]),
        (&[1, 5], [38, 5, 12, 2]),
        (&[2, 4], [25, 9, 27, 12]),
        (&[2, 5], [31, 8, 22, 11]),
        (&[3, 4], [9, 5, 35, 20]),
        (&[3, 5], [11, 4, 41, 26]),
        (&[1, 6], [60, 7, 0, 0]),
    ];
    let cell = |n: u64, did: u64| Cell {
        moments: Moments { n, sum: i128::from(did), squares: i128::from(did) },
        positive: did,
        ..Cell::default()
    };
    let cells =
        counts.map(|(pattern, [n0, y0, n1, y1])| (pattern.to_vec(), vec![cell(n0, y0), cell(n1, y1)]));
    let mut rows = fit::rows(&Patterns { cells: cells.into() }, 7).unwrap();
    rows.sort_by(|a, b| a.chance.total_cmp(&b.chance));
    let want = [
        0.025_981_335_632,
        0.206_566_296_221,
        0.226_932_263_42,
        0.452_616_863_427,
        0.482_489_784_176,
        0.768_530_155_742,
        0.789_192_300_97,
    ];
    assert!(rows.iter().zip(want).all(|(row, want)| (row.chance - want).abs() < 1e-11));
    rows.retain(fit::Row::kept);
    let found = fit::effect(&rows, 7, 0).unwrap();
    let want = [0.289_433_900_891_243_4, 0.431_304_026_215_898_8, 0.059_852_331_976_568_64];
    let got = [found.means[0], found.means[1], found.error];
    assert!(got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-12), "{got:?}");
}

#[test]
fn control_with_a_lot_or_without_a_column_there_is_none() {
    let deeds = people(600, 3);
    let drawn = ExperimentPlan { randomised: true, ..plan(&["age"]) };
    assert_eq!(report(&deeds, &drawn, 2).unwrap().observed, None);
    let refused = |columns: &[&str]| {
        let e = report(&deeds, &plan(columns), 2).err().unwrap();
        (e.code(), e.at.column.unwrap_or_default())
    };
    let setting = ("out-of-range", "experiment.adjust.columns".to_string());
    assert_eq!(refused(&[]), setting);
    assert_eq!(refused(&["arm"]), setting);
    assert_eq!(refused(&["age", "age"]), setting);
    assert_eq!(refused(&["street"]), ("table-missing", "assign: street".to_string()));
}

#[test]
fn a_ratio_nobody_planned_is_not_broken() {
    let mut deeds = people(1_000, 2);
    deeds.retain(|deed| deed.labels[0] == "c" || deed.who % 4 == 0);
    let alarm = |randomised: bool| {
        let plan = ExperimentPlan { randomised, ..plan(&["age"]) };
        report(&deeds, &plan, 1).unwrap().srm.alarm
    };
    assert_eq!([true, false].map(alarm), [true, false]);
}

#[test]
fn laws() {
    let deeds = people(250, 5);
    let outcomes = [(0, MetricKind::Rate), (1, MetricKind::Mean)]
        .map(|(at, kind)| Outcome { what: What::Column(at), kind, per: None })
        .to_vec();
    let weigh = Weigh { rows: Default::default(), arm: 0, arms: 2, segment: None, outcomes, days: 0, end: 1 };
    let of = Covariates { weigh, arms: [1, 2], columns: vec![(1, 4), (2, 3)], orders: true, seed: 0 };
    hold_over(&Look { of }, |count| past(&deeds, count).0);
}
