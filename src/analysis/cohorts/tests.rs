//! Cohorts against plain sets, what is not over yet, and the laws.

use super::*;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::calendar::Part;
use crate::table::history::moment::DAY;
use crate::table::history::{Dim, Measure, TableSchema};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn sold(who: usize, day: u32, paid: i64) -> Deed {
    Deed { who, table: 1, time: day * DAY, numbers: vec![paid], ..Deed::default() }
}

fn did(who: usize, day: u32, event: &'static str) -> Deed {
    Deed { who, table: 0, time: day * DAY + 7, labels: vec![event], ..Deed::default() }
}

fn schema(deeds: &[Deed], end: u32) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = labels[0].iter().map(|l| Dim { name: "event".into(), labels: l.clone() }).collect();
    let rows = |at: usize| deeds.iter().filter(|deed| deed.table == at).count() as u64;
    let paid = Measure { name: "amount".into(), decimals: 2 };
    let events = TableSchema { dims, measures: vec![], rows: rows(0) };
    let orders = TableSchema { dims: vec![], measures: vec![paid], rows: rows(1) };
    PastSchema { tables: [events, orders, TableSchema::default()], people: 0, end: end * DAY }
}

fn report(deeds: &[Deed], plan: &CohortPlan, end: u32, shards: usize) -> Result<CohortReport> {
    let (schema, plan) = (schema(deeds, end), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { cohorts(&desk, &schema, &plan).await })
}

fn town(people: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let mut deeds = vec![did(0, 1, "visit"), sold(0, 2, 5)];
    for who in 0..people {
        (0..dice.below(6))
            .for_each(|_| deeds.push(sold(who, dice.below(200) as u32, dice.below(900) as i64)));
        (0..dice.below(4)).for_each(|_| {
            let event = ["visit", "register"][dice.below(2) as usize];
            deeds.push(did(who, dice.below(200) as u32, event));
        });
    }
    deeds
}

#[test]
fn what_is_not_over_is_empty_and_not_zero() {
    // January to 15 March 1970.
    let deeds = [sold(1, 3, 1_000), sold(1, 40, 500), sold(2, 10, 100), sold(3, 33, 700), sold(2, 70, 50)];
    let found = report(&deeds, &CohortPlan::default(), 74, 3).unwrap();
    let january = &found.cohorts[0];
    assert_eq!((january.cohort.as_str(), january.people, january.cells.len()), ("1970-01", 2, 3));
    let [Some(own), Some(next), None] = &january.cells[..] else { panic!("{january:?}") };
    assert_eq!((own.people, own.money, next.people, next.money), (2, 1_100, 1, 500));
    assert!((next.value - 8.0).abs() < 1e-9, "16.00 of two people by then");
    assert_eq!(january.money, 1_650, "March counts in the sum, with the money that is there");
    assert!(found.cohorts[1].complete && found.cohorts[1].cells[1].is_none());
    assert_eq!(found.ages.iter().map(|a| (a.cohorts, a.people)).collect::<Vec<_>>(), [(2, 3), (1, 2)]);
    let over = report(&deeds, &CohortPlan::default(), 90, 2).unwrap();
    assert_eq!(over.cohorts[0].cells[2].as_ref().map(|c| c.people), Some(1), "31 March is a last day");
}

#[test]
fn losses_are_early_or_mature_and_some_return() {
    let plan = CohortPlan { churn: 20, days: 40, ..CohortPlan::default() };
    let deeds = [sold(1, 0, 1), sold(2, 0, 1), sold(2, 10, 1), sold(3, 0, 1), sold(3, 50, 1), sold(4, 79, 1)];
    let found = report(&deeds, &plan, 80, 2).unwrap();
    let churn = &found.churn;
    assert_eq!((churn.people, churn.active, churn.early, churn.mature), (4, 1, 1, 2));
    let units: Vec<[u64; 5]> =
        churn.units.iter().map(|u| [u.acquired, u.returned, u.early, u.mature, u.end]).collect();
    assert_eq!(units, [[3, 0, 2, 0, 1], [0, 1, 0, 1, 1], [1, 0, 0, 1, 1]]);
    // Twenty days of silence are not more than twenty.
    let edge = |end: u32| report(&deeds[..1], &plan, end, 1).unwrap().churn.active;
    assert_eq!((edge(21), edge(22)), (1, 0));
    let month = |day: usize| found.activity[day].mau;
    assert_eq!((found.activity[39].dau, found.activity[39].wau, month(39)), (1, Some(1), Some(2)));
    let short = report(&deeds, &CohortPlan { days: 80, ..plan }, 80, 2).unwrap();
    assert_eq!(
        (short.activity[28].mau, short.activity[29].mau),
        (None, Some(3)),
        "no month before the files begin"
    );
}

#[test]
fn control_what_is_not_there_is_refused() {
    let refused = |plan: CohortPlan, deeds: &[Deed]| {
        let e = report(deeds, &plan, 90, 2).err().unwrap();
        (e.code(), e.at.column.unwrap_or_default())
    };
    let event = CohortPlan { event: vec!["signup".into()], ..CohortPlan::default() };
    assert_eq!(refused(event, &town(9, 1)), ("label-unknown", "event: signup".into()));
    assert_eq!(refused(CohortPlan::default(), &[did(1, 1, "visit")]), ("table-missing", "orders".into()));
    let unit = CohortPlan { unit: Part::Hour, ..CohortPlan::default() };
    assert_eq!(refused(unit, &town(9, 1)), ("out-of-range", "cohorts.unit".into()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]
    #[test]
    fn cells_are_sets_money_is_all_there_and_balances_close(seed in 0u64..10_000, churn in 5u32..60) {
        let deeds = town(30, seed);
        let plan = CohortPlan { unit: Part::Week, churn, days: 200, ..CohortPlan::default() };
        let found = report(&deeds, &plan, 200, 3).unwrap();
        let week = |day: u32| Part::Week.of_day(day);
        let mut days: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        let sales = || deeds.iter().filter(|deed| deed.table == 1);
        sales().for_each(|deed| { days.entry(deed.who).or_default().insert(deed.time / DAY); });
        for cohort in &found.cohorts {
            for (age, cell) in (0..).zip(&cohort.cells) {
                let of = |days: &&BTreeSet<u32>| Part::Week.label(week(*days.first().unwrap())) == cohort.cohort;
                let there = |days: &&BTreeSet<u32>| days.iter().any(|d| week(*d) == week(*days.first().unwrap()) + age);
                let want = days.values().filter(of).filter(there).count() as u64;
                prop_assert!(cell.as_ref().is_none_or(|cell| cell.people == want && want <= cohort.people));
            }
        }
        let money: i64 = found.cohorts.iter().map(|cohort| cohort.money).sum();
        prop_assert_eq!(money + found.outside, sales().map(|deed| deed.numbers[0]).sum::<i64>());
        for (day, line) in (0..200u32).zip(&found.activity) {
            let within = |span: u32| days.values().filter(|d| d.range((day + 1).saturating_sub(span)..=day).count() > 0).count() as u64;
            prop_assert_eq!(line.dau, within(1));
            prop_assert!(line.wau.is_none_or(|n| n == within(7)) && line.mau.is_none_or(|n| n == within(30)));
        }
        let churn = &found.churn;
        prop_assert_eq!(churn.units.last().map(|unit| unit.end), Some(churn.active));
        prop_assert_eq!(churn.people, days.len() as u64);
    }
}

#[test]
fn laws() {
    let deeds = town(200, 4);
    let schema = schema(&deeds, 200);
    for (event, active) in [(vec![], vec![]), (vec!["register".to_string()], vec!["*".to_string()])] {
        let question = Cohorts {
            start: acts(&schema, &event).unwrap(),
            active: acts(&schema, &active).unwrap(),
            unit: Part::Month,
            days: 60,
            silence: 30,
            early: 2,
            end: 200,
            age: Some(1),
            who: Some(if event.is_empty() { Who::Active(150, 7) } else { Who::Changed(Change::Returned, 3) }),
        };
        hold_over(&question, |count| past(&deeds, count).0);
    }
}

#[test]
fn those_behind_a_cell_are_as_many_as_it_says() {
    let deeds = town(200, 12);
    for age in [0, 1, 3] {
        let (schema, plan) = (schema(&deeds, 200), CohortPlan { age: Some(age), ..CohortPlan::default() });
        let mut shards = past(&deeds, 3).0;
        let found =
            run(&mut shards, &QUESTIONS, |desk| async move { cohorts(&desk, &schema, &plan).await }).unwrap();
        let people = |cohort: usize, back: i32| {
            let of = |shard: &crate::shard::Shard| {
                let (own, there) = (&shard.past.measures[COHORT], &shard.past.measures[BACK]);
                own.iter().zip(there).filter(|is| *is == (&(cohort as i32), &back)).count() as u64
            };
            shards.iter().filter(|shard| !shard.past.is_empty()).map(of).sum::<u64>()
        };
        for (at, line) in found.cohorts.iter().enumerate() {
            let cell = line.cells.get(age as usize).and_then(Option::as_ref).map(|cell| cell.people);
            let there = cell.unwrap_or_default();
            assert_eq!(people(at, 1), there, "{line:?}");
            assert_eq!(people(at, 0), if cell.is_some() { line.people - there } else { 0 }, "{line:?}");
        }
    }
}

/// How many are marked under a plan.
fn marked(deeds: &[Deed], who: CohortWho) -> Result<u64> {
    let (schema, plan) =
        (schema(deeds, 200), CohortPlan { churn: 20, who: Some(who), ..CohortPlan::default() });
    let mut shards = past(deeds, 3).0;
    run(&mut shards, &QUESTIONS, |desk| async move { cohorts(&desk, &schema, &plan).await })?;
    let of =
        |shard: &crate::shard::Shard| shard.past.measures[WHO].iter().filter(|who| **who == 1).count() as u64;
    Ok(shards.iter().filter(|shard| !shard.past.is_empty()).map(of).sum())
}

#[test]
fn those_behind_activity_and_churn_are_as_many_as_it_says() {
    let deeds = town(300, 21);
    let found = report(&deeds, &CohortPlan { churn: 20, ..CohortPlan::default() }, 200, 2).unwrap();
    for of in found.activity.iter().rev().step_by(17) {
        let active = |days| marked(&deeds, CohortWho::Active { day: of.day.clone(), days }).ok();
        assert_eq!([active(1), active(7), active(30)], [Some(of.dau), of.wau, of.mau], "{of:?}");
    }
    let mut changed = [0; 4];
    for of in &found.churn.units {
        let by = [CohortWho::Acquired, CohortWho::Returned, CohortWho::Early, CohortWho::Mature];
        let said = [of.acquired, of.returned, of.early, of.mature];
        for ((by, said), sum) in by.into_iter().zip(said).zip(&mut changed) {
            let people = marked(&deeds, by(of.unit.clone())).unwrap();
            // Who comes and goes twice in a month is two comings and one of its people.
            assert!(people <= said && (said == 0) == (people == 0), "{of:?}");
            *sum += people;
        }
        assert_eq!(marked(&deeds, CohortWho::End(of.unit.clone())).unwrap(), of.end, "{of:?}");
    }
    assert!(changed.iter().all(|people| *people > 0), "the control: all of it happens");
    for who in [
        CohortWho::Active { day: "soon".into(), days: 7 },
        CohortWho::Active { day: "1970-03-01".into(), days: 0 },
        CohortWho::End("1969-12".into()),
    ] {
        assert!(marked(&deeds, who.clone()).is_err(), "{who:?}");
    }
}
