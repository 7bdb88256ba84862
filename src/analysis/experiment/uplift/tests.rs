//! Planted uplift is found and none is not; the learner and the curve against plain sums; the laws.

use super::learn::Model;
use super::report::{area, qini};
use super::*;
use crate::analysis::experiment::measure::{Outcome, What};
use crate::analysis::experiment::{ExperimentPlan, ExperimentReport, MetricKind, QUESTIONS, experiment};
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::{Dim, Measure, TableSchema};

const CITIES: [&str; 4] = ["a", "b", "c", "d"];
const NOISE: [&str; 3] = ["p", "q", "r"];

/// People put into `t` with this chance, who visit with 30 % and with what is planted for their city more in `t`.
fn people(count: usize, share: f64, planted: [f64; 4], seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let one = |who: usize| {
        let (city, noise) = (dice.below(4) as usize, dice.below(3) as usize);
        let arm = dice.unit() < share;
        let visit = dice.unit() < 0.3 + if arm { planted[city] } else { 0.0 };
        let labels = vec![["c", "t"][usize::from(arm)], CITIES[city], NOISE[noise]];
        Deed { who, table: 2, labels, numbers: vec![i64::from(visit)], ..Deed::default() }
    };
    (0..count).map(one).collect()
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = ["arm", "city", "noise"].iter().zip(&labels[2]);
    let dims = dims.map(|(name, labels)| Dim { name: (*name).into(), labels: labels.clone() }).collect();
    let measures = vec![Measure { name: "visit".into(), decimals: 0 }];
    let assign = TableSchema { dims, measures, rows: deeds.len() as u64 };
    PastSchema { tables: [TableSchema::default(), TableSchema::default(), assign], people: 0, end: 1 }
}

fn plan() -> ExperimentPlan {
    let visit = Metric { name: "visit".into(), column: Some("visit".into()), ..Metric::default() };
    let columns = vec!["city".into(), "noise".into()];
    let uplift = Some(UpliftPlan { arm: "t".into(), columns, ..UpliftPlan::default() });
    let planned = [("c".to_string(), 0.5), ("t".to_string(), 0.5)].into();
    ExperimentPlan { control: "c".into(), planned, metrics: vec![visit], uplift, ..ExperimentPlan::default() }
}

fn report(deeds: &[Deed], plan: &ExperimentPlan, shards: usize) -> Result<ExperimentReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { experiment(&desk, &schema, &plan).await })
}

fn found(deeds: &[Deed]) -> UpliftReport {
    report(deeds, &plan(), 3).unwrap().uplift.unwrap()
}

#[test]
fn who_gains_is_found_whatever_the_ratio_of_arms() {
    for share in [0.5, 0.2] {
        let deeds = people(12_000, share, [0.3, 0.1, 0.0, -0.1], 7);
        let found = found(&deeds);
        // Known order: area over the line of the four cities, a quarter each: Σ over quarters, mean uplift 0.075.
        let mut so_far = 0.0;
        let best = [0.3, 0.1, 0.0, -0.1].iter().fold(0.0, |area, planted: &f64| {
            so_far += planted / 4.0;
            area + (so_far - planted / 8.0) / 4.0
        }) - 0.075 / 2.0;
        assert!((found.qini - best).abs() < 0.012, "{share}: {} against {best}", found.qini);
        assert!((found.effect - 0.075).abs() < 0.03 && (found.treated - share).abs() < 0.02);
        assert!(found.trend > 6.0 && found.p < 1e-8, "{share}: {}", found.trend);
        let first = &found.bands[0];
        assert!(
            first.interval.unwrap().holds(0.3) && !first.interval.unwrap().holds(0.075),
            "{share}: {first:?}"
        );
        let of = |value: &str| found.effects.iter().find(|effect| effect.value == value).unwrap().effect;
        assert!((of("a") - of("d") - 0.4).abs() < 0.08, "{share}: {} {}", of("a"), of("d"));
        assert!(NOISE.iter().all(|value| of(value).abs() < 0.05));
    }
}

#[test]
fn control_where_all_gain_alike_the_coefficient_is_about_zero() {
    let mut sum = 0.0;
    for seed in 0..20 {
        let found = found(&people(4_000, 0.5, [0.1; 4], 100 + seed));
        // A band's uplift varies by .05; the area by less than a third of that.
        assert!(found.qini.abs() < 0.016 && found.p > 0.001, "{seed}: {} {}", found.qini, found.p);
        sum += found.qini;
    }
    assert!((sum / 20.0).abs() < 0.003, "mean {}", sum / 20.0);
}

#[test]
fn the_curve_is_that_of_a_plain_loop() {
    // scikit-uplift takes people of one score at once: 5 of them here at 0.4.
    let people = [
        (9, 1, 1),
        (4, 1, 0),
        (4, 0, 1),
        (4, 1, 1),
        (4, 0, 0),
        (4, 1, 1),
        (-2, 0, 1),
        (-5, 1, 0),
        (-5, 0, 1),
    ];
    let mut scored = Scored::default();
    for (score, arm, did) in people {
        let at = scored.scores.entry(score).or_default();
        at[arm] += 1;
        at[2 + arm] += did;
    }
    let curve = qini(&scored);
    let points: Vec<(f64, f64)> = curve.iter().map(|at| (at.share * 9.0, at.gained * 5.0)).collect();
    let want = [
        (0.0, 0.0),
        (1.0, 1.0),
        (6.0, 3.0 - 1.0 * 4.0 / 2.0),
        (7.0, 3.0 - 2.0 * 4.0 / 3.0),
        (9.0, 3.0 - 3.0 * 5.0 / 4.0),
    ];
    for (got, want) in points.iter().zip(want) {
        assert!((got.0 - want.0).abs() < 1e-12 && (got.1 - want.1).abs() < 1e-12, "{got:?} {want:?}");
    }
    assert_eq!(points.len(), want.len());
    let plain: f64 =
        want.windows(2).map(|two| (two[1].0 - two[0].0) / 9.0 * (two[0].1 + two[1].1) / 10.0).sum();
    assert!((area(&curve) - plain).abs() < 1e-12);
    assert_eq!(scored.cuts(), [9, 9, 9, 4, 4, 4, 4, -2, -5], "by the middle of those of one score");
}

#[test]
fn a_model_of_one_column_is_the_shrunken_mean_of_z() {
    // Two values, no penalty to speak of: intercept and value add up to the difference of rates within it.
    let counts = [(40, 60, 10, 30), (80, 20, 40, 12)];
    let mut sums = Sums { places: vec![[0; 4]; 5 * 3], pairs: vec![0; 5 * 9] };
    for (value, (n_c, n_t, y_c, y_t)) in (1..).zip(counts) {
        for fold in 0..5 {
            for place in [0, value] {
                let of = &mut sums.places[3 * fold + place];
                *of = [of[0] + n_c, of[1] + n_t, of[2] + y_c, of[3] + y_t];
                sums.pairs[(3 * fold + place) * 3 + place] += (n_c + n_t) as u64;
            }
            sums.pairs[(3 * fold + value) * 3] += (n_c + n_t) as u64;
        }
    }
    let weigh = weigh();
    let of = Covariates { weigh, arms: [1, 2], columns: vec![(0, 2)], orders: false, seed: 1 };
    let models = sums.models(&of, 1e-6).unwrap();
    assert!(models.iter().all(|model| model == &models[0]), "folds alike");
    // By hand: e = 80/200, m = 92/200; value 1: ((30 − .46·60)/.4 − (10 − .46·40)/.6)/100, and so on.
    let z = |n_c: f64, n_t: f64, y_c: f64, y_t: f64| {
        ((y_t - 0.46 * n_t) / 0.4 - (y_c - 0.46 * n_c) / 0.6) / (n_c + n_t)
    };
    let Model(weights) = &models[0];
    assert!((weights[0] + weights[1] - z(40.0, 60.0, 10.0, 30.0)).abs() < 1e-6, "{weights:?}");
    assert!((weights[0] + weights[2] - z(80.0, 20.0, 40.0, 12.0)).abs() < 1e-6, "{weights:?}");
    let Model(pulled) = &sums.models(&of, 1e9).unwrap()[0];
    assert!(pulled[1].abs() < 1e-6 && pulled[2].abs() < 1e-6, "all is pulled to the mean");
}

#[test]
fn control_without_a_lot_or_a_column_there_is_none() {
    let deeds = people(600, 0.5, [0.1; 4], 3);
    let chosen = ExperimentPlan { randomised: false, ..plan() };
    assert_eq!(report(&deeds, &chosen, 2).unwrap().uplift, None);
    let with = |change: fn(&mut UpliftPlan)| {
        let mut plan = plan();
        plan.uplift.iter_mut().for_each(change);
        let e = report(&deeds, &plan, 2).err().unwrap();
        (e.code(), e.at.column.unwrap_or_default())
    };
    let named = |code: &'static str, of: &str| (code, of.to_string());
    assert_eq!(with(|u| u.arm = "c".into()), named("arm-missing", "c"));
    assert_eq!(with(|u| u.metric = "spend".into()), named("out-of-range", "experiment.uplift.metric"));
    assert_eq!(with(|u| u.columns.clear()), named("out-of-range", "experiment.uplift.columns"));
    assert_eq!(with(|u| u.columns.push("street".into())), named("table-missing", "assign: street"));
    assert_eq!(with(|u| u.columns.push("arm".into())), named("out-of-range", "experiment.uplift.columns"));
}

fn weigh() -> Weigh {
    let outcomes = vec![Outcome { what: What::Column(0), kind: MetricKind::Rate, per: None }];
    Weigh { rows: Default::default(), arm: 0, arms: 2, segment: None, outcomes, days: 0, end: 1 }
}

#[test]
fn laws() {
    let deeds = people(250, 0.5, [0.3, 0.0, 0.0, 0.0], 5);
    let of =
        Covariates { weigh: weigh(), arms: [1, 2], columns: vec![(1, 5), (2, 4)], orders: true, seed: 9 };
    let shards = |count: usize| past(&deeds, count).0;
    hold_over(&Learn { of: of.clone() }, shards);
    let weights: Vec<Vec<i64>> =
        (0..5).map(|fold| (0..14).map(|place| (fold + 1) * (place << 30)).collect()).collect();
    hold_over(&Score { of: of.clone(), weights: weights.clone() }, shards);
    let score = Score { of: of.clone(), weights };
    let scored = |count: usize| {
        let mut shards = shards(count);
        crate::shard::testing::total(&score, &mut shards, 100);
        shards
    };
    hold_over(&Band { of, cuts: vec![40, 35, 30, 25, 20, 15, 10, 5, 2] }, scored);
}
