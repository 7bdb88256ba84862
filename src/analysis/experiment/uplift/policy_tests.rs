//! The best arm for each person: planted, not there, too few, and against a plain loop.

use super::*;
use crate::analysis::experiment::measure::{Outcome, What};
use crate::analysis::experiment::{ExperimentPlan, MetricKind, QUESTIONS, experiment};
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::{Dim, Measure, TableSchema};

const ARMS: [&str; 3] = ["a", "b", "c"];
const GROUPS: [&str; 4] = ["1", "2", "3", "4"];

/// People of four groups in three arms, who visit with 20 % and with what is planted for their group in `b` and in `c` more.
fn people(count: usize, planted: [[f64; 2]; 4], seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let one = |who: usize| {
        let (group, arm) = (dice.below(4) as usize, dice.below(3) as usize);
        let more = if arm > 0 { planted[group][arm - 1] } else { 0.0 };
        let visit = i64::from(dice.unit() < 0.2 + more);
        Deed {
            who,
            table: 2,
            labels: vec![ARMS[arm], GROUPS[group]],
            numbers: vec![visit],
            ..Deed::default()
        }
    };
    (0..count).map(one).collect()
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = ["arm", "group"].iter().zip(&labels[2]);
    let dims = dims.map(|(name, labels)| Dim { name: (*name).into(), labels: labels.clone() }).collect();
    let measures = vec![Measure { name: "visit".into(), decimals: 0 }];
    let assign = TableSchema { dims, measures, rows: deeds.len() as u64 };
    PastSchema { tables: [TableSchema::default(), TableSchema::default(), assign], people: 0, end: 1 }
}

fn plan() -> ExperimentPlan {
    let visit = Metric { name: "visit".into(), column: Some("visit".into()), ..Metric::default() };
    let uplift = Some(UpliftPlan { columns: vec!["group".into()], ..UpliftPlan::default() });
    ExperimentPlan { control: "a".into(), metrics: vec![visit], uplift, ..ExperimentPlan::default() }
}

fn found(deeds: &[Deed], shards: usize) -> PolicyReport {
    let (schema, plan) = (schema(deeds), plan());
    let asked =
        run(
            &mut past(deeds, shards).0,
            &QUESTIONS,
            |desk| async move { experiment(&desk, &schema, &plan).await },
        );
    let report = asked.unwrap();
    assert_eq!(report.uplift, None, "there is no one arm");
    report.policy.unwrap()
}

#[test]
fn an_arm_each_beats_every_single_one_where_groups_differ() {
    // `b` helps the first group, `c` the second, both harm the third, and neither does anything to the fourth.
    let deeds = people(12_000, [[0.3, 0.0], [0.0, 0.3], [-0.15, -0.15], [0.0, 0.0]], 5);
    let found = found(&deeds, 3);
    let arm = |name: &str| found.arms.iter().find(|arm| arm.arm == name).unwrap();
    // A quarter of the people each: 20 % and the planted uplift of their own arm.
    assert!(found.own.interval.unwrap().holds(0.2 + 0.3 / 4.0 * 2.0), "{found:?}");
    assert!(arm("b").everyone.interval.unwrap().holds(0.2 + (0.3 - 0.15) / 4.0));
    let [best, control] = [&found.over_best, &found.over_control].map(|of| of.unwrap());
    assert!(best.interval.unwrap().low > 0.05 && best.p.unwrap() < 1e-6, "{best:?}");
    assert!(best.interval.unwrap().holds(0.15 - 0.15 / 4.0) && control.interval.unwrap().holds(0.15));
    // Those of the third group are recommended the control, and of the fourth whatever chance says.
    assert!(arm("a").recommended >= 2_800 && arm("b").recommended >= 2_800 && arm("c").recommended >= 2_800);
    assert_eq!(found.arms.iter().map(|arm| arm.recommended).sum::<u64>(), found.people);
    assert!(found.arms.iter().all(|arm| !arm.few && arm.seen.is_some()));
}

#[test]
fn control_where_nobody_differs_no_gain_over_the_best_arm_is_claimed() {
    // `b` does as much for everyone: in 60 populations a gain over it may be seen by chance once or twice.
    let claimed = (0..60).filter(|seed| {
        let found = found(&people(1_500, [[0.1, 0.05]; 4], 300 + seed), 1);
        found.over_best.is_some_and(|of| of.interval.is_some_and(|interval| interval.low > 0.0))
    });
    assert!(claimed.count() <= 4);
    // The control: that either arm is better than none is seen in most of them.
    let better = (0..20).filter(|seed| {
        let found = found(&people(1_500, [[0.1, 0.05]; 4], 300 + seed), 1);
        found.over_control.is_some_and(|of| of.interval.is_some_and(|interval| interval.low > 0.0))
    });
    assert!(better.count() >= 12);
}

#[test]
fn intervals_hold_what_choosing_is_worth() {
    // Groups so far apart that everyone is given the right arm: the worth is known, 20 % and 0.3.
    let planted = [[0.3, 0.0], [0.0, 0.3], [0.3, 0.0], [0.0, 0.3]];
    let held = (0..60).filter(|seed| {
        let found = found(&people(1_200, planted, 900 + seed), 1);
        let gain = found.over_best.unwrap();
        found.own.interval.unwrap().holds(0.5) && gain.interval.unwrap().holds(0.15)
    });
    assert!(held.count() >= 50, "95 of a hundred each");
}

#[test]
fn of_few_people_it_is_said_and_no_interval_given() {
    let found = found(&people(150, [[0.6, 0.0], [0.0, 0.6], [-0.2, -0.2], [-0.2, -0.2]], 4), 2);
    assert!(found.arms.iter().any(|arm| arm.few), "{found:?}");
    assert_eq!(found.own.interval, None);
    assert!(found.own.value.is_some() && found.over_best.is_none_or(|of| of.interval.is_none()));
}

#[test]
fn what_is_chosen_is_worth_what_a_plain_loop_says() {
    let deeds = people(900, [[0.3, 0.0], [0.0, 0.3], [-0.15, -0.15], [0.0, 0.0]], 11);
    let (schema, plan) = (schema(&deeds), plan());
    let mut shards = past(&deeds, 3).0;
    let asked = run(&mut shards, &QUESTIONS, |desk| async move { experiment(&desk, &schema, &plan).await });
    let found = asked.unwrap().policy.unwrap();
    // Person by person: what is recommended, the arm they are in, whether they visited.
    let mut told: Vec<(usize, usize, f64)> = Vec::new();
    for shard in &shards {
        let (table, best) = (&shard.past.tables[2], &shard.past.measures[BEST]);
        for (person, best) in best.iter().enumerate() {
            let row = table.rows(person).start;
            let arm = table.dims[0].at(row) as usize - 1;
            told.push((*best as usize, arm, table.measures[0][row] as f64));
        }
    }
    // Everyone weighs one over the share of their arm among those of the same recommendation.
    let share = |best: usize, arm: usize| {
        let group = told.iter().filter(|of| of.0 == best).count() as f64;
        told.iter().filter(|of| of.0 == best && of.1 == arm).count() as f64 / group
    };
    let weighted = |given: &dyn Fn(usize) -> usize| {
        let of = told.iter().filter(|of| of.1 == given(of.0));
        of.map(|of| of.2 / share(of.0, of.1)).sum::<f64>() / told.len() as f64
    };
    assert!((weighted(&|best| best) - found.own.value.unwrap()).abs() < 1e-12);
    for (at, arm) in found.arms.iter().enumerate() {
        assert!((weighted(&|_| at) - arm.everyone.value.unwrap()).abs() < 1e-12, "{}", arm.arm);
        assert_eq!(told.iter().filter(|of| of.0 == at).count() as u64, arm.recommended);
    }
}

#[test]
fn laws() {
    let deeds = people(250, [[0.3, 0.0]; 4], 5);
    let outcomes = vec![Outcome { what: What::Column(0), kind: MetricKind::Rate, per: None }];
    let weigh = Weigh { rows: Default::default(), arm: 0, arms: 3, segment: None, outcomes, days: 0, end: 1 };
    let of = Covariates { weigh, arms: [1, 2], columns: vec![(1, 5)], orders: false, seed: 9 };
    let weights = |sign: i64| -> Vec<Vec<i64>> {
        (0..5).map(|fold| (0..6).map(|place| sign * (fold - 2) * (place << 30)).collect()).collect()
    };
    let choose = Choose { of, arms: vec![1, 2, 3], weights: vec![weights(1), weights(-1)] };
    hold_over(&choose, |count| past(&deeds, count).0);
}
