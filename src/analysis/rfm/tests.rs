//! RFM against a plain twin, its laws, and what must not count.

use super::place::{Edges, Lens, Place, Ranks};
use super::*;
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, Dice, past, run};
use crate::table::history::cut::{CANCELLED, REFUND, SOLD};
use crate::table::history::moment::DAY;
use crate::table::history::{Dim, Measure, TableSchema};
use proptest::prelude::*;

const END: u32 = 400;

fn bought(who: usize, day: u32, money: i64) -> Deed {
    Deed { who, table: 1, time: day * DAY + 60, numbers: vec![money], ..Deed::default() }
}

fn did(who: usize, day: u32, event: &'static str) -> Deed {
    Deed { who, table: 0, time: day * DAY, labels: vec![event], ..Deed::default() }
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let rows = |at: usize| deeds.iter().filter(|d| d.table == at).count() as u64;
    let dims = labels[0].iter().map(|labels| Dim { name: "event".into(), labels: labels.clone() }).collect();
    let amount = Measure { name: "amount".into(), decimals: 2 };
    let tables = [
        TableSchema { dims, measures: vec![], rows: rows(0) },
        TableSchema { dims: vec![], measures: vec![amount], rows: rows(1) },
        TableSchema::default(),
    ];
    PastSchema { tables, people: 0, end: END * DAY }
}

fn report(deeds: &[Deed], plan: &RfmPlan, shards: usize) -> Result<RfmReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move { rfm(&desk, &schema, &plan).await })
}

fn town(people: usize, seed: u64) -> Vec<Deed> {
    let mut dice = Dice(seed);
    let mut deeds = Vec::new();
    for who in 0..people {
        for _ in 0..1 + dice.below(6) * dice.below(2) {
            deeds.push(bought(who, dice.below(u64::from(END)) as u32, dice.below(50_000) as i64));
        }
        if who % 3 == 0 {
            deeds.push(did(people + who, dice.below(u64::from(END)) as u32, "view"));
        }
        if who % 7 == 0 {
            deeds.push(did(people + who, dice.below(u64::from(END)) as u32, "cart"));
        }
    }
    deeds
}

/// Score by rank: one more for every fifth of all values that lies below, ties by their lowest.
fn score(all: &[i64], value: i64) -> usize {
    let below = all.iter().filter(|v| **v < value).count();
    1 + (1..5).filter(|k| below * 5 >= k * all.len()).count()
}

#[test]
fn every_cell_is_that_of_a_plain_count() {
    let deeds = town(900, 5);
    let plan = RfmPlan { frequency: None, ..RfmPlan::default() };
    let found = report(&deeds, &plan, 3).unwrap();
    let mut people: std::collections::BTreeMap<usize, (i64, i64, i64)> = Default::default();
    for deed in deeds.iter().filter(|d| d.table == 1) {
        let entry = people.entry(deed.who).or_default();
        *entry = (entry.0.max(i64::from(deed.time / DAY)), entry.1 + 1, entry.2 + deed.numbers[0]);
    }
    let column = |of: fn(&(i64, i64, i64)) -> i64| people.values().map(of).collect::<Vec<i64>>();
    let (days, money) = (column(|p| p.0), column(|p| p.2));
    assert!(found.edges.frequency_fixed, "most people of the town bought once");
    let mut want = std::collections::BTreeMap::new();
    for (day, orders, paid) in people.values() {
        let f = match orders {
            1..=2 => *orders as usize,
            3..=4 => 3,
            5..=7 => 4,
            _ => 5,
        };
        let fm = (f + score(&money, *paid)).div_ceil(2);
        *want.entry((score(&days, *day), fm)).or_insert(0u64) += 1;
    }
    for cell in &found.cells {
        let plain = want.get(&(usize::from(cell.r), usize::from(cell.fm))).copied().unwrap_or_default();
        assert_eq!(cell.people, plain, "R {} FM {}", cell.r, cell.fm);
    }
    assert_eq!(found.buyers, people.len() as u64);
}

#[test]
fn groups_are_those_of_the_published_grids() {
    // formulas.md F7: rows FM 5 to 1, columns R 5 to 1.
    let leads = RfmPlan::default().places();
    let name = |fm: usize, r: usize| plan::GROUPS[usize::from(leads[fm - 1][r - 1])].0;
    assert_eq!((name(5, 5), name(4, 3), name(4, 1)), ("Champion", "Loyal Customers", "Cannot Lose"));
    assert_eq!(
        (name(3, 5), name(3, 1), name(2, 2), name(1, 1)),
        ("Loyal Customers", "Sleepers", "Sleepers", "Lost")
    );
    let buyers = RfmPlan { preset: Preset::Buyers, ..RfmPlan::default() }.places();
    let name = |fm: usize, r: usize| plan::GROUPS[usize::from(buyers[fm - 1][r - 1])].0;
    let last: Vec<&str> = [5, 4, 3, 2, 1].map(|r| name(1, r)).to_vec();
    assert_eq!(last, ["Fresh Leads", "Abandoned Checkouts", "Warm Leads", "Cold Leads", "Lost"]);
    let mut grid: [[String; 5]; 5] = Default::default();
    grid.iter_mut().flatten().for_each(|cell| *cell = "Everyone".into());
    let own = RfmPlan { grid: Some(grid), ..RfmPlan::default() };
    let found = report(&town(60, 1), &own, 2).unwrap();
    let everyone = found.groups.iter().find(|g| g.name == "Everyone").unwrap();
    assert_eq!(everyone.people, found.buyers);
}

#[test]
fn refunds_and_cancelled_orders_are_not_bought() {
    let order = |who, day, money, order, state| Deed { order, state, ..bought(who, day, money) };
    let deeds = [
        order(1, 10, 100, 1, SOLD),
        order(1, 20, 200, 2, SOLD),
        order(1, 25, -200, 2, REFUND),
        order(1, 30, 500, 3, CANCELLED),
        order(2, 15, 300, 4, SOLD),
        order(2, 15, 50, 4, SOLD),
        order(2, 40, -50, 4, REFUND),
        order(3, 50, 70, 5, CANCELLED),
    ];
    let found = report(&deeds, &RfmPlan { previous: 0, ..RfmPlan::default() }, 2).unwrap();
    assert_eq!((found.buyers, found.never, found.orders, found.money), (2, 1, 2, 400));
    let medians: Vec<[i64; 3]> = found.groups.iter().filter_map(|g| g.medians).collect();
    assert!(medians.contains(&[389, 1, 100]), "the first one's only order is of day 10: {medians:?}");
    assert!(medians.contains(&[384, 1, 300]), "one order of two rows, part of it given back: {medians:?}");
    let windowed = report(&deeds, &RfmPlan { window: 386, ..RfmPlan::default() }, 2).unwrap();
    assert_eq!((windowed.buyers, windowed.lapsed), (1, 1));
}

#[test]
fn leads_are_told_by_what_they_did() {
    let deeds = [
        bought(0, 390, 100),
        did(1, 380, "cart"),
        did(2, 395, "view"),
        did(3, 300, "view"),
        did(3, 390, "view"),
        did(4, 300, "cart"),
        did(4, 350, "view"),
    ];
    let plan = RfmPlan { abandoned: vec!["cart".into()], ..RfmPlan::default() };
    let found = report(&deeds, &plan, 3).unwrap();
    let people = |name: &str| found.groups.iter().find(|g| g.name == name).unwrap().people;
    let named = ["Abandoned Checkouts", "Fresh Leads", "Warm Leads", "Cold Leads"].map(people);
    assert_eq!(named, [1, 1, 1, 1]);
    let wrong = RfmPlan { abandoned: vec!["checkout".into()], ..RfmPlan::default() };
    assert_eq!(report(&deeds, &wrong, 1).unwrap_err().code(), "label-unknown");
}

#[test]
fn control_what_cannot_be_done_is_refused() {
    let code = |deeds: &[Deed], plan: RfmPlan| report(deeds, &plan, 2).map_err(|e| e.code()).err();
    assert_eq!(code(&[did(1, 5, "view")], RfmPlan::default()), Some("table-missing"));
    let falling = RfmPlan { frequency: Some([4, 3, 2, 1]), ..RfmPlan::default() };
    assert_eq!(code(&town(5, 1), falling), Some("out-of-range"));
    let given_back = Deed { state: REFUND, ..bought(1, 5, -10) };
    assert_eq!(code(&[given_back], RfmPlan::default()), Some("rows-unusable"));
}

#[test]
fn laws() {
    let deeds = town(300, 9);
    let lens = Lens { end: END, window: 200 };
    let edges =
        Edges { recency: [10, 60, 120, 180], frequency: [1, 2, 4, 7], money: [1_000, 5_000, 9_000, 40_000] };
    let plan = RfmPlan::default();
    let place =
        Place { lens, edges, grid: plan.places(), leads: plan.leads(), abandoned: vec![1], earlier: 30 };
    hold_over(&place, |count| past(&deeds, count).0);
    hold_over(&Ranks { lens, rounds: vec![], count: true }, |count| past(&deeds, count).0);
    let round = crate::shard::select::Select::among(&[3, 40], 1 << 10).round().cloned().unwrap();
    let rounds = vec![(0, round.clone()), (2, round)];
    hold_over(&Ranks { lens, rounds: rounds.clone(), count: false }, |count| past(&deeds, count).0);
    hold_over(&Medians { lens, rounds }, |count| {
        let mut shards = past(&deeds, count).0;
        shards.iter_mut().for_each(|shard| drop(crate::shard::testing::answer(&place, shard, 64)));
        shards
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn nobody_is_lost(people in 1usize..80, seed in 0u64..1000, window in 0u32..500) {
        let deeds = town(people, seed);
        let plan = RfmPlan { window, previous: 45, ..RfmPlan::default() };
        let Ok(found) = report(&deeds, &plan, 2) else { return Ok(()) };
        let everyone: std::collections::BTreeSet<usize> = deeds.iter().map(|d| d.who).collect();
        prop_assert_eq!(found.buyers + found.lapsed + found.never, everyone.len() as u64);
        prop_assert_eq!(found.cells.iter().map(|c| c.people).sum::<u64>(), found.buyers);
        prop_assert_eq!(found.cells.iter().map(|c| c.money).sum::<i64>(), found.money);
        let flow = found.flow.unwrap();
        prop_assert_eq!(flow.moves.iter().map(|m| m.2).sum::<u64>(), everyone.len() as u64);
        for group in &found.groups {
            let into = |m: &&(Option<String>, Option<String>, u64)| m.1.as_ref() == Some(&group.name);
            let out = |m: &&(Option<String>, Option<String>, u64)| m.0.as_ref() == Some(&group.name);
            let inflow: u64 = flow.moves.iter().filter(|m| into(m) && !out(m)).map(|m| m.2).sum();
            let outflow: u64 = flow.moves.iter().filter(|m| out(m) && !into(m)).map(|m| m.2).sum();
            prop_assert_eq!(group.people + outflow, group.before.unwrap_or_default() + inflow);
        }
    }
}

#[test]
fn everyone_behind_a_cell_can_be_found_and_carried_over_by_key() {
    use crate::shard::Task;
    use crate::shard::history::CarryPast;
    use crate::shard::testing::key;
    let deeds = town(400, 11);
    let (schema, mut shards) = (schema(&deeds), past(&deeds, 3).0);
    let plan = RfmPlan::default();
    let found = run(&mut shards, &QUESTIONS, |desk| async move { rfm(&desk, &schema, &plan).await }).unwrap();
    let behind = |shard: &crate::shard::Shard, value: i32| {
        shard.past.measures[CELL].iter().filter(|cell| **cell == value).count() as u64
    };
    for cell in &found.cells {
        let value = i32::from(10 * cell.r + cell.fm);
        assert_eq!(shards.iter().map(|shard| behind(shard, value)).sum::<u64>(), cell.people);
    }
    let shard = &mut shards[1];
    let stranger = key(1_000_000);
    shard.people.keys = shard.past.keys.iter().rev().copied().chain([stranger]).collect();
    let carry = |measure: &str| CarryPast { measure: measure.into(), to: "past.rfm.1".into() };
    carry(GROUP).run(shard, vec![]).unwrap();
    let mut want: Vec<i32> = shard.past.measures[GROUP].iter().rev().copied().collect();
    want.push(i32::MIN);
    assert_eq!(shard.measures["past.rfm.1"], want, "strangers are in no group, not even in none");
    assert!(carry("clv").run(shard, vec![]).is_err(), "control: nothing was found of it");
}

#[test]
fn those_behind_a_move_are_as_many_as_it_says() {
    let deeds = town(300, 4);
    let (schema, plan) = (schema(&deeds), RfmPlan { previous: 60, ..RfmPlan::default() });
    let mut shards = past(&deeds, 3).0;
    let found = run(&mut shards, &QUESTIONS, |desk| async move { rfm(&desk, &schema, &plan).await }).unwrap();
    let at = |name: &Option<String>| {
        name.as_ref().map_or(-1, |name| found.groups.iter().position(|g| g.name == *name).unwrap() as i32)
    };
    let people = |before: i32, now: i32, moved: i32| {
        let of = |shard: &crate::shard::Shard| {
            let [was, is, went] = [WAS, GROUP, MOVED].map(|name| &shard.past.measures[name]);
            (0..was.len()).filter(|who| (was[*who], is[*who], went[*who]) == (before, now, moved)).count()
                as u64
        };
        shards.iter().filter(|shard| !shard.past.is_empty()).map(of).sum::<u64>()
    };
    let flow = found.flow.unwrap();
    assert!(flow.moves.iter().any(|(from, to, _)| from != to), "the control: somebody moved");
    for (from, to, many) in &flow.moves {
        assert_eq!(people(at(from), at(to), i32::from(from != to)), *many, "{from:?} {to:?}");
        assert_eq!(people(at(from), at(to), i32::from(from == to)), 0);
    }
}
