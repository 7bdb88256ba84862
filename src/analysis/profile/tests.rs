use super::*;
use crate::shard::laws;
use crate::shard::testing::{Dice, Village, Villager, feature, run};

/// 4,000 people: `city` marks the seed, `age` has a missing bin, `likes` is multi-valued, `paid` is the brand's.
fn village() -> Village {
    let mut paid = feature("paid", FeatureKind::Category, 3);
    paid.namespace = Namespace::FirstParty;
    let features = vec![
        feature("age", FeatureKind::Number, 21),
        feature("city", FeatureKind::Category, 300),
        feature("likes", FeatureKind::Multi, 12),
        paid,
    ];
    let mut dice = Dice(1);
    let people = (0..4_000)
        .map(|_| {
            let seed = dice.below(10) == 0;
            let city = if seed && dice.below(2) == 0 { 7 } else { 1 + dice.below(299) };
            let mut likes: Vec<u16> = (1..12).filter(|_| dice.below(4) == 0).collect();
            if likes.is_empty() {
                likes.push(0);
            }
            let paid = if seed { 1 + dice.below(2) } else { 0 };
            let codes = vec![vec![dice.below(21) as u16], vec![city as u16], likes, vec![paid as u16]];
            Villager { seed, fold: None, codes }
        })
        .collect();
    Village { schema: Schema::new(features), people }
}

fn ask(village: &Village, shards: usize, base: Base, crowd: Expr) -> Result<ProfileReport> {
    held(village, shards, Contrast { crowd, against: Against::Base(base) })
}

fn held(village: &Village, shards: usize, contrast: Contrast) -> Result<ProfileReport> {
    let schema = village.schema.clone();
    let program = |desk| async move { profile(&desk, &schema, contrast).await };
    run(&mut village.shards(shards), &QUESTIONS, program)
}

fn column<'a>(report: &'a ProfileReport, name: &str) -> &'a ProfileColumn {
    report.columns.iter().find(|c| c.column == name).expect("the column is there")
}

#[test]
fn counting_obeys_the_laws() {
    laws::hold(&Count { crowd: Expr::Seed, within: None }, &village());
    let city = |name: &str| Expr::Tag { feature: "city".into(), values: vec![name.into()] };
    laws::hold(&Count { crowd: city("7"), within: Some(Expr::Seed) }, &village());
}

#[test]
fn every_split_gives_the_same_report() {
    let village = village();
    for base in [Base::Everyone, Base::WithValue, Base::Rest] {
        let one = ask(&village, 1, base, Expr::Seed).expect("a profile");
        for shards in [2, 3, 7] {
            assert_eq!(ask(&village, shards, base, Expr::Seed).as_ref(), Ok(&one));
        }
    }
}

#[test]
fn counts_are_what_a_plain_loop_counts() {
    let village = village();
    let report = ask(&village, 3, Base::Everyone, Expr::Seed).expect("a profile");
    let seeds = village.people.iter().filter(|p| p.seed).count() as u64;
    assert_eq!((report.seed_people, report.base_people), (seeds, 4_000));
    let city = column(&report, "city");
    let top = &city.values[0];
    let here = |p: &&Villager| p.codes[1] == [7];
    let (base, crowd) = (village.people.iter().filter(here), village.people.iter().filter(|p| p.seed));
    assert_eq!(top.value, "v7");
    assert_eq!(top.base_count, base.count() as u64);
    assert_eq!(top.seed_count, crowd.filter(here).count() as u64);
    assert!(top.tgi_low.is_some_and(|low| low > 120.0) && top.q.is_some_and(|q| q < 1e-9));
    assert_eq!(report.columns[0].column, "city", "highest information value first");
    assert_eq!((city.values.len(), city.folded), (LISTED, 99));
    let age = column(&report, "age");
    assert!(age.values.len() <= 9 && age.values.last().is_some_and(|v| v.value.is_empty()));
    assert_eq!(age.values.iter().map(|v| v.base_count).sum::<u64>(), 4_000);
    assert!(age.iv < 0.1, "{}", age.iv);
    let likes = column(&report, "likes");
    assert!((likes.iv_noise - num::iv_noise(2, seeds, 4_000 - seeds)).abs() < 1e-15);
}

#[test]
fn the_base_is_who_was_asked_for() {
    let village = village();
    let all = ask(&village, 2, Base::Everyone, Expr::Seed).expect("a profile");
    let rest = ask(&village, 2, Base::Rest, Expr::Seed).expect("a profile");
    let valued = ask(&village, 2, Base::WithValue, Expr::Seed).expect("a profile");
    assert_eq!(rest.base_people, all.base_people - all.seed_people);
    let first = |r: &ProfileReport| column(r, "city").values[0].clone();
    assert_eq!(first(&rest).base_count, first(&all).base_count - first(&all).seed_count);
    assert_eq!(first(&rest).q, first(&all).q, "the test compares with the rest, whatever the base");
    let ages = column(&valued, "age");
    assert!(ages.values.iter().all(|v| !v.value.is_empty()));
    assert!((ages.values.iter().map(|v| v.seed_share).sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(ages.coverage_seed < 1.0);
}

#[test]
fn the_brands_own_columns_have_no_index_among_its_own_people() {
    let village = village();
    let report = ask(&village, 2, Base::Everyone, Expr::Seed).expect("a profile");
    let paid = column(&report, "first_party.paid");
    assert_eq!(paid.values.len(), 2);
    assert!(paid.values.iter().all(|v| v.tgi.is_none() && v.q.is_none() && v.seed_share > 0.3));
    let v7 =
        Expr::And { of: vec![Expr::Seed, Expr::Tag { feature: "city".into(), values: vec!["v7".into()] }] };
    let part = ask(&village, 2, Base::Everyone, v7).expect("a profile");
    assert!(column(&part, "first_party.paid").values.iter().all(|v| v.tgi.is_some()));
}

#[test]
fn nobody_is_refused_and_everyone_has_no_rest() {
    let mut village = village();
    let nobody = Expr::Or { of: vec![] };
    assert_eq!(ask(&village, 2, Base::Everyone, nobody).map_err(|e| e.kind), Err(Kind::SeedEmpty));
    village.people.iter_mut().for_each(|p| p.seed = true);
    let report = ask(&village, 2, Base::Rest, Expr::Seed).expect("a profile");
    assert!(report.columns.iter().all(|c| c.iv == 0.0 && c.values.iter().all(|v| v.q.is_none())));
}

#[test]
fn two_crowds_are_held_against_each_other() {
    let village = village();
    let city = |names: &[&str]| Expr::Tag {
        feature: "city".into(),
        values: names.iter().map(|n| n.to_string()).collect(),
    };
    let hold = |crowd, other| held(&village, 3, Contrast { crowd, against: Against::Crowd(other) });
    let (one, two) = (city(&["v7", "v8"]), city(&["v8", "v9", "v10"]));
    let report = hold(one.clone(), two.clone()).expect("a profile");
    let lives = |codes: &'static [u16]| village.people.iter().filter(move |p| codes.contains(&p.codes[1][0]));
    assert_eq!(report.seed_people, lives(&[7, 8]).count() as u64);
    assert_eq!(report.base_people, lives(&[9, 10]).count() as u64, "who is in both is in the first");
    let likes = |report: &ProfileReport| column(report, "likes").values.clone();
    for value in likes(&report).iter().filter(|v| !v.value.is_empty()) {
        let code: u16 = value.value[1..].parse().expect("v and a number");
        let liked = |people: &mut dyn Iterator<Item = &Villager>| {
            people.filter(|p| p.codes[2].contains(&code)).count() as u64
        };
        assert_eq!(value.seed_count, liked(&mut lives(&[7, 8])));
        assert_eq!(value.base_count, liked(&mut lives(&[9, 10])));
    }
    // Turned around, two crowds without a common member say the opposite.
    let there = likes(&hold(city(&["v7"]), city(&["v9"])).expect("a profile"));
    for back in likes(&hold(city(&["v9"]), city(&["v7"])).expect("a profile")) {
        let value = there.iter().find(|v| v.value == back.value).expect("the same values");
        assert!((value.woe + back.woe).abs() < 1e-12 && (value.q == back.q));
        assert_eq!((value.seed_count, value.base_count), (back.base_count, back.seed_count));
    }
    // A crowd against a part of itself leaves nobody to compare with.
    assert_eq!(hold(one, city(&["v8"])).map_err(|e| e.kind), Err(Kind::ContrastEmpty));
}
