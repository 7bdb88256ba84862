//! Effects of a plain script, planted interactions and none, what is missing, and the laws.

use super::*;
use crate::analysis::experiment::measure::{Cell, Outcome, What};
use crate::analysis::experiment::{ExperimentPlan, QUESTIONS, experiment};
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::moment::DAY;
use crate::table::history::pick::Match;
use crate::table::history::{Dim, Measure, TableSchema};

const COLUMNS: [&str; 4] = ["arm", "a", "b", "c"];

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = COLUMNS.iter().zip(&labels[2]);
    let assign = TableSchema {
        dims: dims.map(|(name, l)| Dim { name: (*name).into(), labels: l.clone() }).collect(),
        measures: vec![Measure { name: "spend".into(), decimals: 1 }],
        rows: deeds.len() as u64,
    };
    PastSchema { tables: [TableSchema::default(), TableSchema::default(), assign], people: 0, end: 100 * DAY }
}

fn deed(who: usize, labels: [&'static str; 4], spend: i64) -> Deed {
    Deed { who, table: 2, time: DAY, labels: labels.to_vec(), numbers: vec![spend], ..Deed::default() }
}

fn metric(name: &str, kind: MetricKind) -> Metric {
    Metric { name: name.into(), kind, column: Some("spend".into()), ..Metric::default() }
}

fn plan(factors: &[&str]) -> ExperimentPlan {
    ExperimentPlan {
        control: "off".into(),
        metrics: vec![metric("did", MetricKind::Rate), metric("spend", MetricKind::Mean)],
        factors: factors.iter().map(|name| (*name).into()).collect(),
        ..ExperimentPlan::default()
    }
}

fn report(deeds: &[Deed], plan: &ExperimentPlan, shards: usize) -> Result<FactorialReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    let found =
        run(
            &mut past(deeds, shards).0,
            &QUESTIONS,
            |desk| async move { experiment(&desk, &schema, &plan).await },
        );
    Ok(found?.factorial.expect("factors were named"))
}

/// People of unequal combinations of three, two and two levels, as the script below has them.
fn unequal() -> Vec<Deed> {
    let one = |i: i64| {
        let (a, b, c) = ((i * i + i / 7) % 3, (i * 5 + i / 11) % 2, (i / 3 + i / 13) % 2);
        let height = (i * i * 37 + i * 11) % 101;
        let spend = if height < 20 + 9 * a + 14 * b * i64::from(a == 2) + 6 * c { height } else { 0 };
        let word = |words: [&'static str; 3], at: i64| words[at as usize];
        let [b, c] = [(["b0", "b1", ""], b), (["c0", "c1", ""], c)].map(|(words, at)| word(words, at));
        deed(i as usize, [["off", "on"][i as usize % 2], word(["a0", "a1", "a2"], a), b, c], spend)
    };
    (0..900).map(one).collect()
}

fn near(got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-9 * (1.0 + want.abs()), "{got} is not {want}");
}

#[test]
fn effects_as_statsmodels_has_them() {
    // statsmodels 0.15: ols("v ~ C(a, Sum) * C(b, Sum)").fit(cov_type="HC2"), wald_test(use_f=False) of the terms.
    let found = report(&unequal(), &plan(&["a", "b"]), 3).unwrap();
    let want = [
        [(86.13597966677709, 2, 1.9761034150312035e-19), (5.40551099030267, 1, 0.020073271273975988)],
        [(139.4494073810295, 2, 5.235352578538322e-31), (12.466463945413329, 1, 0.00041432367467683347)],
    ];
    let both = [(1.9760786199926315, 2, 0.3723059524198759), (12.895134499045602, 2, 0.0015843718655737134)];
    for (metric, (alone, both)) in found.metrics.iter().zip(want.iter().zip(both)) {
        for (effect, (chi2, df, p)) in metric.effects.iter().zip(alone.iter().copied().chain([both])) {
            let test = effect.test.as_ref().unwrap();
            near(test.chi2, chi2);
            near(test.p / p, 1.0);
            assert_eq!(test.df, df);
        }
    }
    let [rate, mean] = [0, 1].map(|at| found.metrics[at].effects[2].clone());
    assert_eq!((rate.verdict, mean.verdict), (FactorVerdict::Open, FactorVerdict::Found));
    near(found.metrics[0].effects[1].test.as_ref().unwrap().adjusted, 2.0 * 0.020073271273975988);
    // Of the same script: means of cells, their errors, Student's interval of the best; a decimal less.
    let level = &found.metrics[1].levels[2];
    assert_eq!((level.factor.as_str(), level.level.as_str(), level.people), ("a", "a2", 300));
    near(10.0 * level.value.unwrap(), 13.221885521885522);
    near(10.0 * level.interval.unwrap().low, 11.380467445180093);
    let best = &found.metrics[1].cells[found.metrics[1].best.unwrap() as usize];
    assert_eq!((best.levels.join(" ").as_str(), best.people), ("a2 b1", 135));
    near(10.0 * best.interval.unwrap().low, 13.686251202920232);
    near(10.0 * best.interval.unwrap().high, 19.79523027856125);
}

#[test]
fn three_factors_and_their_pairs_as_statsmodels_has_them() {
    let found = report(&unequal(), &plan(&["a", "b", "c"]), 2).unwrap();
    let want = [
        138.77789354212882,
        12.307984677471064,
        8.271375851862123,
        12.623433874523835,
        3.314837566520378,
        0.04559089859306045,
    ];
    let effects = &found.metrics[1].effects;
    effects.iter().zip(want).for_each(|(effect, chi2)| near(effect.test.as_ref().unwrap().chi2, chi2));
    assert_eq!((effects.len(), effects[5].factors.join("×")), (6, "b×c".into()));
    // Two factors of two levels, by the script: one difference, and the difference of differences.
    let pair = &report(&unequal(), &plan(&["b", "c"]), 1).unwrap().metrics[1].effects;
    near(10.0 * pair[0].size.unwrap(), 2.634352788906656);
    near(10.0 * pair[0].interval.unwrap().high, 4.264129191030802);
    near(10.0 * pair[2].size.unwrap(), -0.09300937528166742);
    near(10.0 * pair[2].interval.unwrap().low, -3.3525621795299605);
    assert_eq!(effects[0].size, None, "a has three levels");
}

#[test]
fn the_arm_is_a_factor_with_the_control_first() {
    let found = report(&unequal(), &plan(&["arm", "c"]), 2).unwrap();
    assert_eq!(found.factors[0].levels, ["off", "on"]);
    let other = ExperimentPlan { control: "on".into(), ..plan(&["arm", "c"]) };
    let turned = report(&unequal(), &other, 2).unwrap();
    assert_eq!(turned.factors[0].levels, ["on", "off"]);
    let size = |of: &FactorialReport| of.metrics[1].effects[0].size.unwrap();
    near(size(&turned), -size(&found));
}

#[test]
fn an_empty_combination_is_named_and_what_needs_it_is_not_given() {
    let mut deeds = unequal();
    deeds.retain(|deed| deed.labels[1..3] != ["a2", "b0"]);
    deeds.push(deed(950, ["off", "a0", "", "c0"], 3));
    deeds.push(deed(951, ["off", "a0", "b0", "c0"], 3));
    deeds.push(deed(951, ["off", "a0", "b1", "c0"], 3));
    let found = report(&deeds, &plan(&["a", "b"]), 3).unwrap();
    assert_eq!(found.empty, [["a2", "b0"]]);
    assert_eq!((found.several, found.none), (1, 1));
    let metric = &found.metrics[1];
    let unknown = |of: &FactorEffect| of.test.is_none() && of.size.is_none();
    assert!(metric.effects.iter().all(|of| unknown(of) && of.verdict == FactorVerdict::Unknown));
    let known: Vec<bool> = metric.levels.iter().map(|level| level.value.is_some()).collect();
    assert_eq!(known, [true, true, false, false, true], "a2 and b0 are not known");
    assert_eq!((metric.cells[4].people, metric.cells[4].value), (0, None));
}

#[test]
fn control_factors_out_of_range_are_named() {
    let refused = |deeds: &[Deed], factors: &[&str]| {
        let found = report(deeds, &plan(factors), 1);
        found.map_err(|e| (e.code(), e.at.column.unwrap_or_default())).err().unwrap()
    };
    let deeds = unequal();
    assert_eq!(refused(&deeds, &["a"]), ("out-of-range", "experiment.factors".into()));
    assert_eq!(refused(&deeds, &["a", "a"]), ("out-of-range", "experiment.factors".into()));
    assert_eq!(refused(&deeds, &["a", "colour"]).0, "table-missing");
    let mut one = deeds.clone();
    one.iter_mut().for_each(|deed| deed.labels[1] = "a0");
    assert_eq!(refused(&one, &["a", "b"]), ("factor-levels", "a".into()));
    let mut many = deeds;
    many.iter_mut().for_each(|deed| deed.labels[3] = ["1", "2", "3", "4", "5", "6", "7"][deed.who % 7]);
    assert_eq!(refused(&many, &["b", "c"]), ("factor-levels", "c".into()));
}

#[test]
fn nothing_is_said_of_a_broken_split_or_before_its_time() {
    let verdict = |plan: &ExperimentPlan| report(&unequal(), plan, 1).unwrap().metrics[1].effects[0].verdict;
    let early = ExperimentPlan { size: 1_000, sequential: true, ..plan(&["a", "b"]) };
    assert_eq!(verdict(&early), FactorVerdict::TooEarly, "also where arms may be looked at any time");
    let planned = [("off".to_string(), 2.0), ("on".to_string(), 1.0)].into();
    assert_eq!(verdict(&ExperimentPlan { planned, ..early }), FactorVerdict::BrokenSplit);
    assert_eq!(verdict(&plan(&["a", "b"])), FactorVerdict::Found);
}

/// Two factors of two levels: people of each combination by whether they did it, with these chances.
fn simulated(dice: &mut Dice, people: [u32; 4], chances: [f64; 4]) -> FactorialMetric {
    let word = |name: &str, levels: [&str; 3]| Dim {
        name: name.into(),
        labels: levels.iter().map(|level| (*level).into()).collect(),
    };
    let dims = vec![word("a", ["", "0", "1"]), word("b", ["", "0", "1"])];
    let assign = TableSchema { dims, measures: vec![], rows: 1 };
    let schema = PastSchema {
        tables: [TableSchema::default(), TableSchema::default(), assign],
        ..PastSchema::default()
    };
    let mut found = Crossed::default();
    for at in 0..4 {
        let mut cell = Cell::default();
        (0..people[at]).for_each(|_| cell += Cell::of(i64::from(dice.unit() < chances[at]), None));
        found.cells.insert(vec![1 + at as u32 / 2, 1 + at as u32 % 2], vec![cell]);
    }
    let question = Cross { of: weigh(vec![]), factors: vec![0, 1] };
    let rate = Metric { name: "did".into(), ..Metric::default() };
    let codes = [vec![1, 2], vec![1, 2]];
    let plan = plan(&["a", "b"]);
    effects::report(&schema, &plan, &[&rate], &question, &found, &codes, None).metrics.remove(0)
}

#[test]
fn a_planted_interaction_is_found_and_none_is_not() {
    let mut dice = Dice(41);
    let p = |found: &FactorialMetric| found.effects[2].test.as_ref().unwrap().p;
    // Both factors do something, and neither asks for the other; combinations of unequal size.
    let (runs, mut false_finds, mut covered) = (4_000, 0, 0);
    for _ in 0..runs {
        let none = simulated(&mut dice, [300, 200, 250, 400], [0.20, 0.26, 0.30, 0.36]);
        false_finds += i32::from(p(&none) < 0.05);
        covered += i32::from(none.effects[0].interval.unwrap().holds(0.10));
    }
    let share = |of: i32| 100.0 * f64::from(of) / f64::from(runs);
    assert!((share(false_finds) - 5.0).abs() <= 1.0, "{} % false", share(false_finds));
    assert!((share(covered) - 95.0).abs() <= 1.0, "{} % covered", share(covered));
    // The two together do ten points more than each alone would add up to.
    let found: Vec<FactorialMetric> =
        (0..200).map(|_| simulated(&mut dice, [1_500; 4], [0.20, 0.26, 0.30, 0.46])).collect();
    let seen = found.iter().filter(|of| p(of) < 0.05 && of.effects[2].interval.unwrap().low > 0.0).count();
    // The script's power: z = 0.1/√(Σ p(1−p)/1,500) = 4.4, so 99 of 100.
    assert!(seen >= 190, "{seen} of 200");
    assert!(found.iter().all(|of| of.cells[of.best.unwrap() as usize].levels == ["1", "1"]));
}

fn weigh(outcomes: Vec<Outcome>) -> Weigh {
    Weigh { rows: Match::default(), arm: 0, arms: 2, segment: None, outcomes, days: 0, end: 100 * DAY }
}

#[test]
fn laws() {
    let mut deeds = unequal();
    (0..60).for_each(|i| deeds.push(deed(3 * i, ["on", "a0", "b0", ["c0", ""][i % 2]], 5)));
    let outcome = |kind| Outcome { what: What::Column(0), kind, per: None };
    let of = weigh(vec![outcome(MetricKind::Rate), outcome(MetricKind::Mean)]);
    hold_over(&Cross { of, factors: vec![1, 3] }, |count| past(&deeds, count).0);
}
