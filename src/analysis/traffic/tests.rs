//! Layers that do not depend on each other and experiments that exclude each other, against controls; nodes; refusals.

use super::*;
use crate::id::{Digest, Kind as IdKind, Plain, Recipe, Salted};
use crate::num::{association, chi2_sf};
use crate::shard::laws::hold_over;
use crate::shard::testing::{Deed, past, run};
use crate::table::history::pick::Match;
use crate::table::history::{Dim, TableSchema};

fn opaque() -> Recipe {
    Recipe::new(IdKind::Opaque, Digest::None)
}

/// People with an event each; every third of them reached the cart.
fn visits(people: usize) -> Vec<Deed> {
    let visit = |who: usize| Deed {
        who,
        labels: vec![["view", "view", "cart"][who % 3], ["app", "web"][who % 2]],
        ..Deed::default()
    };
    (0..people).map(visit).collect()
}

fn schema(deeds: &[Deed]) -> PastSchema {
    let (_, labels) = past(deeds, 1);
    let dims = ["event", "channel"].iter().zip(&labels[0]);
    let dims = dims.map(|(name, labels)| Dim { name: (*name).into(), labels: labels.clone() }).collect();
    let events = TableSchema { dims, measures: vec![], rows: deeds.len() as u64 };
    PastSchema { tables: [events, TableSchema::default(), TableSchema::default()], people: 0, end: 0 }
}

fn report(deeds: &[Deed], plan: &TrafficPlan, shards: usize) -> Result<TrafficReport> {
    let (schema, plan) = (schema(deeds), plan.clone());
    run(&mut past(deeds, shards).0, &QUESTIONS, |desk| async move {
        traffic(&desk, &schema, vec![opaque()], &plan).await
    })
}

fn experiment(name: &str, range: [u32; 2], arms: &[(&str, u32)]) -> TrafficExperiment {
    let arms = arms.iter().map(|(name, share)| TrafficArm { name: (*name).into(), share: *share }).collect();
    TrafficExperiment { name: name.into(), from: range[0], to: range[1], arms, ..Default::default() }
}

fn layer(name: &str, salt: &str, experiments: Vec<TrafficExperiment>) -> TrafficLayer {
    TrafficLayer { name: name.into(), salt: salt.into(), experiments }
}

const TWO: &[(&str, u32)] = &[("control", 1), ("test", 1)];

/// Two layers: one of two experiments beside each other, one of a single one of unequal arms.
fn plan(salts: [&str; 2]) -> TrafficPlan {
    let price = layer(
        "price",
        salts[0],
        vec![experiment("coupon", [0, 4_000], TWO), experiment("points", [5_000, 10_000], TWO)],
    );
    let page = layer("page", salts[1], vec![experiment("form", [0, 10_000], &[("old", 2), ("new", 1)])]);
    TrafficPlan { layers: vec![price, page], balance: vec!["channel".into()] }
}

#[test]
fn people_are_where_anybody_computes_them_to_be() {
    let deeds = visits(3_000);
    let found = report(&deeds, &plan(["a", "b"]), 3).unwrap();
    // Everybody's arms anew, from the ID alone.
    let (mut plain, salted) = (Plain::default(), ["a", "b"].map(Salted::new));
    let (mut people, mut both) = ([0u64; 6], [[0u64; 2]; 4]);
    for who in 0..3_000 {
        let id = plain.of(opaque(), who.to_string().as_bytes()).unwrap().to_vec();
        let price = match salted[0].bucket(&id) {
            0..2_000 => 0,
            2_000..4_000 => 1,
            4_000..5_000 => 9,
            5_000..7_500 => 2,
            _ => 3,
        };
        let page = usize::from(salted[1].bucket(&id) >= 6_666);
        people[4 + page] += 1;
        if price < 4 {
            people[price] += 1;
            both[price][page] += 1;
        }
    }
    let arms = found.layers.iter().flat_map(|layer| &layer.experiments).flat_map(|of| &of.arms);
    assert_eq!(arms.clone().map(|arm| arm.people).collect::<Vec<_>>(), people);
    assert_eq!(
        arms.map(|arm| (arm.from, arm.to)).collect::<Vec<_>>()[3..],
        [(7_500, 10_000), (0, 6_666), (6_666, 10_000)]
    );
    assert_eq!(found.collisions[0].people, both);
    assert_eq!((found.layers[0].free, found.layers[1].free, found.layers[1].outside), (1_000, 0, 0));
    assert_eq!(found.layers[0].outside, 3_000 - people[..4].iter().sum::<u64>());
    assert!(!found.collisions[0].alarm && found.layers[1].experiments[0].p > 0.001);
    let even = &found.layers[1].experiments[0].balance[0];
    assert!(even.column == "channel" && even.association.p > 0.001 && even.association.df == 1);
}

#[test]
fn a_node_takes_those_who_reach_it_into_the_arms_they_would_be_in_anyway() {
    let deeds = visits(3_000);
    let all = plan(["a", "b"]);
    let mut node = all.clone();
    node.layers[0].experiments[0].event = vec!["cart".into()];
    node.layers[0].experiments[0].filter = [("channel".to_string(), vec!["app".to_string()])].into();
    let (open, held) = (report(&deeds, &all, 2).unwrap(), report(&deeds, &node, 2).unwrap());
    let [wide, narrow] = [&open, &held].map(|found| found.layers[0].experiments[0].clone());
    assert_eq!((narrow.range, narrow.node, wide.people), (wide.range, true, wide.range));
    // Every sixth has a cart in the app.
    let share = narrow.people as f64 / narrow.range as f64;
    assert!((share - 1.0 / 6.0).abs() < 0.04 && !narrow.alarm, "{share}");
    assert_eq!(open.layers[0].experiments[1], held.layers[0].experiments[1], "the neighbour is left alone");
}

/// χ² of independence of two layers of four and three arms over these people.
fn apart(people: &[Vec<u8>], salts: [&str; 2]) -> (f64, f64) {
    let salted = salts.map(Salted::new);
    let mut table = vec![vec![0u64; 3]; 4];
    for id in people {
        let [one, other] = [0, 1].map(|at| salted[at].bucket(id));
        table[one as usize / 2_500][(other as usize * 3) / 10_000] += 1;
    }
    let found = association(&table);
    assert_eq!(found.df, 6);
    (found.chi2, found.p)
}

#[test]
fn a_thousand_pairs_of_layers_are_independent() {
    let mut plain = Plain::default();
    let people: Vec<Vec<u8>> = (0..1_000)
        .map(|who| plain.of(opaque(), format!("member-{who}").as_bytes()).unwrap().to_vec())
        .collect();
    let pairs = 1_000;
    let (mut small, mut sum, mut ps) = (0, 0.0, vec![]);
    for at in 0..pairs {
        let (chi2, p) = apart(&people, [&format!("one-{at}"), &format!("other-{at}")]);
        small += i32::from(p < 0.05);
        sum += chi2;
        ps.push(p);
    }
    // A share of 5 % over 1,000 pairs has a standard error of √(.05·.95/1,000) = 0.69 %: three of them either way.
    let share = 100.0 * f64::from(small) / f64::from(pairs);
    assert!((share - 5.0).abs() <= 3.0 * 0.69, "{share} % below .05");
    // All pairs at once: χ² of 6 degrees of freedom each add up to one of 6,000; and p is even (Kolmogorov–Smirnov, 1 %).
    let p = chi2_sf(sum, 6 * pairs as u32);
    assert!((0.005..0.995).contains(&p), "the sum has p {p}");
    ps.sort_by(f64::total_cmp);
    let gap = ps
        .iter()
        .enumerate()
        .map(|(at, p)| (p - at as f64 / 1_000.0).abs().max((p - (at + 1) as f64 / 1_000.0).abs()));
    let most = gap.fold(0.0, f64::max);
    assert!(most < 1.628 / 1_000f64.sqrt(), "{most} from even");
    // The control: one salt for both is found at once.
    let (_, p) = apart(&people, ["same", "same"]);
    assert!(p < 1e-12, "{p}");
}

#[test]
fn what_a_node_decides_and_what_few_show_is_no_dependence() {
    // In both layers those with a cart are in one half and everyone in the other.
    let deeds = visits(6_000);
    let halves = |name: &str, salt: &str| {
        let mut cart = experiment(&format!("{name} cart"), [0, 5_000], TWO);
        cart.event = vec!["cart".into()];
        layer(name, salt, vec![cart, experiment(&format!("{name} all"), [5_000, 10_000], TWO)])
    };
    let of = |salts: [&str; 2]| TrafficPlan {
        layers: vec![halves("one", salts[0]), halves("other", salts[1])],
        balance: vec![],
    };
    let apart = &report(&deeds, &of(["a", "b"]), 2).unwrap().collisions[0];
    assert!(association(&apart.people).p < 1e-6, "control: over all arms at once they seem to go together");
    // By buckets four slots against four.
    assert!(
        !apart.alarm && apart.association.p > 0.001 && apart.association.df == 9,
        "{:?}",
        apart.association
    );
    assert!(report(&deeds, &of(["a", "a"]), 2).unwrap().collisions[0].alarm, "control: one salt");
    // Two small arms share a person by chance.
    let small = |name: &str, salt: &str| {
        layer(name, salt, vec![experiment(name, [0, 10_000], &[("a", 99), ("b", 1)])])
    };
    let layers = (0..10).map(|at| small(&format!("l{at}"), &format!("s{at}"))).collect();
    let found = report(&visits(400), &TrafficPlan { layers, balance: vec![] }, 2).unwrap();
    assert!(found.collisions.len() == 45 && found.collisions.iter().all(|of| !of.alarm));
    assert!(found.collisions.iter().any(|of| of.association.sparse));
}

#[test]
fn control_one_salt_for_two_layers_raises_the_alarm() {
    let deeds = visits(2_000);
    let found = report(&deeds, &plan(["a", "a"]), 2).unwrap();
    assert!(
        found.collisions[0].alarm && found.collisions[0].association.v > 0.5,
        "{:?}",
        found.collisions[0]
    );
    // Points lie in the upper half of buckets, where the new form is.
    assert_eq!(found.collisions[0].people[0][1], 0);
    // Nor does it go unseen where the arms of one leave no room for those of the other.
    let half = |name: &str, salt: &str, from: u32| {
        let arms = [("a", 1), ("b", 1)];
        layer(name, salt, vec![experiment(name, [from, from + 5_000], &arms)])
    };
    let of = |salts: [&str; 2]| {
        let layers = vec![half("low", salts[0], 0), half("high", salts[1], 5_000)];
        report(&deeds, &TrafficPlan { layers, balance: vec![] }, 2).unwrap().collisions.remove(0)
    };
    let (twins, apart) = (of(["a", "a"]), of(["a", "b"]));
    assert!(twins.people.iter().flatten().all(|people| *people == 0), "nobody is in both");
    assert!(twins.alarm && twins.association.p < 1e-6 && !apart.alarm, "{:?}", twins.association);
    // Nor where so few are there that no χ² could say it.
    let few = report(&visits(4), &plan(["a", "a"]), 1).unwrap();
    assert!(few.collisions[0].alarm && few.collisions[0].association.sparse);
}

#[test]
fn control_what_cannot_be_is_refused_by_name() {
    let deeds = visits(60);
    let refused = |plan: &TrafficPlan| {
        let e = report(&deeds, plan, 2).err().unwrap();
        (e.code(), e.at.column.unwrap_or_default())
    };
    let with = |change: fn(&mut TrafficPlan)| {
        let mut plan = plan(["a", "b"]);
        change(&mut plan);
        refused(&plan)
    };
    assert_eq!(
        with(|p| p.layers[0].experiments[0].to = 5_001),
        ("buckets-overlap", "price: coupon, points".into())
    );
    let named = |code: &'static str, of: &str| (code, of.to_string());
    assert_eq!(
        with(|p| p.layers[0].experiments[1].to = 10_001),
        named("out-of-range", "traffic.layers.experiments.to")
    );
    assert_eq!(
        with(|p| p.layers[1].experiments[0].arms[1].share = 0),
        named("out-of-range", "traffic.layers.experiments.arms.share")
    );
    assert_eq!(
        with(|p| p.layers[1].experiments[0].arms.truncate(1)),
        named("out-of-range", "traffic.layers.experiments.arms")
    );
    assert_eq!(
        with(|p| p.layers[1].experiments[0].name = "coupon".into()),
        named("out-of-range", "traffic.layers.experiments")
    );
    assert_eq!(with(|p| p.layers[0].salt.clear()), named("out-of-range", "traffic.layers.salt"));
    assert_eq!(with(|p| p.layers.clear()), named("out-of-range", "traffic.layers"));
    assert_eq!(with(|p| p.balance = vec!["city".into()]), named("table-missing", "traffic.balance: city"));
    let unknown = with(|p| p.layers[0].experiments[0].event = vec!["pay".into()]);
    assert_eq!(unknown, named("label-unknown", "event: pay"));
}

#[test]
fn laws() {
    let deeds = visits(250);
    let split = |from, ends: &[u32], node| Split { from, ends: ends.to_vec(), node };
    let node = Match { all: vec![(0, vec![1])] };
    let layers = vec![
        Layer {
            salt: "a".into(),
            splits: vec![split(0, &[3_000, 6_000], Some(node)), split(6_000, &[8_000, 9_000], None)],
        },
        Layer { salt: "b".into(), splits: vec![split(0, &[5_000, 10_000], None)] },
    ];
    let question = Place { ids: vec![opaque()], layers, balance: vec![(Source::Events, 1, 3)] };
    hold_over(&question, |count| past(&deeds, count).0);
}
