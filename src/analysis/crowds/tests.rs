use super::*;
use crate::audience::{Expr, rank};
use crate::error::{Kind, Result};
use crate::shard::laws;
use crate::shard::testing::{Dice, Village, Villager, feature, key, run};
use crate::table::schema::{FeatureKind, Schema};
use std::future::Future;

/// 3,000 people: the seed is young and of city v1; likes are several per person.
fn village() -> Village {
    let features = vec![
        feature("age", FeatureKind::Number, 13),
        feature("city", FeatureKind::Category, 6),
        feature("likes", FeatureKind::Multi, 9),
        feature("sex", FeatureKind::Category, 3),
    ];
    let mut dice = Dice(5);
    let people = (0..3_000)
        .map(|_| {
            let seed = dice.below(8) == 0;
            let age = if seed { 1 + dice.below(6) } else { dice.below(13) };
            let city = if seed && dice.below(2) == 0 { 1 } else { dice.below(6) };
            let mut likes: Vec<u16> = (1..9).filter(|_| dice.below(4) == 0).collect();
            if likes.is_empty() {
                likes.push(0);
            }
            let codes = vec![vec![age as u16], vec![city as u16], likes, vec![1 + dice.below(2) as u16]];
            Villager { seed, fold: None, codes }
        })
        .collect();
    Village { schema: Schema::new(features), people }
}

fn tag(feature: &str, values: &[&str]) -> Expr {
    Expr::Tag { feature: feature.into(), values: values.iter().map(|v| v.to_string()).collect() }
}

/// The same answer from 1, 2, 3 and 7 shards.
fn ask<T: PartialEq + std::fmt::Debug + 'static, F: Future<Output = Result<T>> + 'static>(
    village: &Village,
    program: impl Fn(crate::shard::desk::Desk, Schema) -> F,
) -> Result<T> {
    let on =
        |shards| run(&mut village.shards(shards), &QUESTIONS, |desk| program(desk, village.schema.clone()));
    let one = on(1);
    for shards in [2, 3, 7] {
        assert_eq!(on(shards), one, "{shards} shards");
    }
    one
}

fn here(village: &Village, holds: impl Fn(&Villager) -> bool) -> u64 {
    village.people.iter().filter(|p| holds(p)).count() as u64
}

#[test]
fn counting_obeys_the_laws() {
    let village = village();
    let of = vec![Expr::Seed, tag("city", &["v1", "v2"]), tag("likes", &["v3"])];
    laws::hold(&Regions { of: of.clone() }, &village);
    laws::hold(&Regions { of: vec![] }, &village);
    laws::hold(&Bins { of: of.clone() }, &village);
    laws::hold(&SplitCells { crowd: of[1].clone(), by: vec![(1, vec![0, 0, 1, 1, 2, 2])] }, &village);
    laws::hold_for([1, 2, 3].map(|n| matrix::Slices {
        seed: vec![n; 2],
        rest: vec![n, 7],
        crowds: vec![5; 4],
    }));
}

#[test]
fn regions_are_what_asking_everyone_says() {
    let village = village();
    let of = [Expr::Seed, tag("city", &["v1"]), tag("likes", &["v3"]), tag("sex", &["v2"])];
    let asked = of.to_vec();
    let found = ask(&village, |desk, _| {
        let of = asked.clone();
        async move { regions(&desk, &of).await }
    })
    .expect("regions");
    let mut plain = vec![0; 16];
    for p in &village.people {
        let is = [p.seed, p.codes[1] == [1], p.codes[2].contains(&3), p.codes[3] == [2]];
        plain[is.iter().enumerate().map(|(k, &is)| usize::from(is) << k).sum::<usize>()] += 1;
    }
    assert_eq!(found, plain);
    let many = vec![Expr::Seed; 9];
    let refused = ask(&village, |desk, _| {
        let of = many.clone();
        async move { regions(&desk, &of).await }
    });
    assert_eq!(refused.map_err(|e| e.kind), Err(Kind::OutOfRange));
}

#[test]
fn similarity_has_its_ends() {
    let village = village();
    let of = [tag("sex", &["v1"]), tag("sex", &["v2"]), Expr::Seed, Expr::Everyone, Expr::Or { of: vec![] }];
    let report = ask(&village, |desk, schema| {
        let of = of.clone();
        async move { similarity(&desk, &schema, &of).await }
    })
    .expect("a report");
    for k in 0..4 {
        let own = &report.pairs[k][k];
        assert_eq!((own.jaccard, own.containment, own.cosine, own.distance), (1.0, 1.0, 1.0, Some(0.0)));
        assert_eq!(own.alike.as_deref(), Some("very-similar"));
    }
    // The sexes share nobody, and differ in one of four columns only: √(2 / 8), and a little of chance.
    let apart = &report.pairs[0][1];
    assert_eq!((apart.both, apart.jaccard, apart.index), (0, 0.0, Some(0.0)));
    assert!(apart.distance.is_some_and(|d| d > 0.5 && d < 0.51), "{:?}", apart.distance);
    assert_eq!(apart.alike.as_deref(), Some("different"));
    let seeds = here(&village, |p| p.seed);
    let all = &report.pairs[2][3];
    assert_eq!((all.both, all.concentration, all.containment), (seeds, 1.0, 1.0));
    assert!((all.jaccard - seeds as f64 / 3_000.0).abs() < 1e-15 && all.index == Some(100.0));
    assert!((all.cosine - (seeds as f64 / 3_000.0).sqrt()).abs() < 1e-12);
    let nobody = &report.pairs[4][2];
    assert_eq!((nobody.distance, nobody.jaccard, nobody.index), (None, 0.0, None));
}

#[test]
fn deciles_hold_everyone_outside_the_seed_once() {
    let village = village();
    let score = |i: usize| (i * 37 % 100) as i32;
    let mut ranks: Vec<u64> =
        (0..3_000).filter(|&i| !village.people[i].seed).map(|i| rank(score(i), key(i))).collect();
    ranks.sort_unstable_by(|a, b| b.cmp(a));
    let cuts: Vec<String> = (1..=10).map(|d| format!("{:016x}", ranks[(ranks.len() * d / 10) - 1])).collect();
    let of = [tag("city", &["v1"]), Expr::Everyone];
    let on = |count: usize| {
        let mut shards = village.shards(count);
        for shard in &mut shards {
            let here = (0..3_000).filter(|&i| key(i).shard(count) == shard.index).map(score).collect();
            shard.measures.insert("score".into(), here);
        }
        let (of, cuts) = (of.clone(), cuts.clone());
        run(&mut shards, &QUESTIONS, |desk| async move {
            let report = matrix(&desk, &of, "score", &cuts).await?;
            let crowds: Vec<Expr> = report.columns.iter().map(|c| c.crowd.clone()).collect();
            let again = regions(&desk, &crowds[..2]).await?;
            Ok::<_, crate::error::Error>((report, again))
        })
    };
    let (report, again) = on(1).expect("a matrix");
    for shards in [2, 3, 7] {
        assert_eq!(on(shards).as_ref(), Ok(&(report.clone(), again.clone())), "{shards} shards");
    }
    assert_eq!(report.rows[1].iter().sum::<u64>(), here(&village, |p| !p.seed));
    assert_eq!(report.rows[0].iter().sum::<u64>(), here(&village, |p| !p.seed && p.codes[1] == [1]));
    for (column, &people) in report.columns.iter().zip(&report.rows[1]) {
        assert_eq!(column.people, people);
        assert!((column.rate - 1.0 / 8.0).abs() < 0.08, "a score of nothing: {}", column.rate);
    }
    assert_eq!(
        again[1..4],
        [report.columns[0].people, report.columns[1].people, 0],
        "its crowds are its cells"
    );
    let unscored = run(&mut village.shards(2), &QUESTIONS, |desk| async move {
        matrix(&desk, &[Expr::Seed], "score", &["0".into()]).await
    });
    assert_eq!(unscored.map_err(|e| e.kind), Err(Kind::TooEarly));
}

fn hold(village: &Village, first: [Expr; 2], second: [Expr; 2]) -> Result<SignReport> {
    let pairing = |[crowd, against]: [Expr; 2]| Pairing { crowd, against };
    let of = [pairing(first), pairing(second)];
    ask(village, |desk, schema| {
        let of = of.clone();
        async move { signs(&desk, &schema, of).await }
    })
}

#[test]
fn a_contrast_turned_around_has_the_opposite_signs() {
    let village = village();
    let (young, old) = (tag("age", &["v1", "v2", "v3"]), tag("age", &["v10", "v11", "v12"]));
    let report = hold(&village, [young.clone(), old.clone()], [old, young]).expect("signs");
    assert_eq!(report.people[0][0], report.people[1][1]);
    for row in &report.rows {
        let [a, b] = &row.sides;
        assert_eq!((a.share, a.against, a.q), (b.against, b.share, b.q), "{}", row.value);
    }
    let ages: Vec<&SignRow> = report.rows.iter().filter(|r| r.column == "age").collect();
    assert!((3..=9).contains(&ages.len()), "{}", ages.len());
    assert!(ages[0].sides[0].tgi.is_none() && ages[0].sides[1].tgi == Some(0.0), "nobody old is of that age");
    assert!(ages[0].sides[0].q < 1e-9);
    let likes = report.rows.iter().filter(|r| r.column == "likes");
    assert!(likes.clone().count() == 9 && likes.clone().all(|r| r.sides[0].q > 0.001), "likes are noise");
}

#[test]
fn the_seed_is_told_from_the_rest_in_both_contrasts() {
    let village = village();
    let report =
        hold(&village, [Expr::Seed, Expr::Everyone], [Expr::Seed, tag("sex", &["v1"])]).expect("signs");
    let city = report.rows.iter().find(|r| r.column == "city" && r.value == "v1").expect("the city");
    assert!(city.sides.iter().all(|s| s.q < 1e-9 && s.tgi_low.is_some_and(|low| low > 200.0)));
    let share = here(&village, |p| p.seed && p.codes[1] == [1]) as f64 / here(&village, |p| p.seed) as f64;
    assert!((city.sides[0].share - share).abs() < 1e-15);
    let nobody = Expr::Or { of: vec![] };
    let kind = |first, second| hold(&village, first, second).map_err(|e| e.kind);
    let fine = [Expr::Seed, Expr::Everyone];
    assert_eq!(kind(fine.clone(), [nobody.clone(), Expr::Everyone]), Err(Kind::SeedEmpty));
    assert_eq!(kind([Expr::Everyone, Expr::Seed], fine), Err(Kind::ContrastEmpty));
}

fn cut(village: &Village, plan: &SplitPlan) -> Result<(SplitReport, Vec<u64>)> {
    ask(village, |desk, schema| {
        let plan = plan.clone();
        async move {
            let report = split(&desk, &schema, &plan).await?;
            let crowds = report.packs.iter().map(|pack| pack.crowd.clone());
            let mut counts = Vec::new();
            for crowd in crowds {
                counts.push(regions(&desk, &[crowd]).await?[1]);
            }
            Ok((report, counts))
        }
    })
}

#[test]
fn packs_account_for_everyone() {
    let village = village();
    let by = vec!["city".into(), "sex".into(), "age".into()];
    let plan = SplitPlan { by, floor: 60, ranges: 3, crowd: Expr::Everyone, ..SplitPlan::default() };
    for small in [Small::Rest, Small::Drop] {
        let (report, counts) = cut(&village, &SplitPlan { small, ..plan.clone() }).expect("packs");
        assert_eq!(report.packs.iter().map(|p| p.people).sum::<u64>() + report.left, 3_000);
        assert_eq!(
            report.packs.iter().map(|p| p.people).collect::<Vec<_>>(),
            counts,
            "packs are their crowds"
        );
        assert!(report.packs.iter().all(|p| p.people >= 60) && report.packs.len() > 10);
        assert_eq!(report.packs.last().is_some_and(|p| p.name == "rest"), small == Small::Rest);
        assert_eq!(report.left == 0, small == Small::Rest);
    }
    let (few, _) = cut(&village, &SplitPlan { most: 2, ..plan.clone() }).expect("packs");
    assert_eq!((few.packs.len(), few.packs[2].name.as_str(), few.left), (3, "rest", 0));
    assert!(few.packs[0].people >= few.packs[1].people);
    let (none, _) = cut(&village, &SplitPlan { floor: 5_000, ..plan }).expect("no pack");
    assert_eq!((none.packs.len(), none.left), (0, 3_000), "a rest below the floor is no pack either");
}

#[test]
fn splits_that_cannot_be_are_refused_by_name() {
    let village = village();
    let refused =
        |plan: SplitPlan| cut(&village, &plan).map_err(|e| (e.kind, e.at.column.unwrap_or_default()));
    let by = |names: &[&str]| SplitPlan {
        by: names.iter().map(|n| n.to_string()).collect(),
        crowd: Expr::Everyone,
        ..SplitPlan::default()
    };
    let out = |name: &str| Err((Kind::OutOfRange, name.to_string()));
    assert_eq!(refused(by(&[])), out("by"));
    assert_eq!(refused(by(&["age", "city", "sex", "likes"])), out("by"));
    assert_eq!(refused(SplitPlan { floor: 0, ..by(&["sex"]) }), out("floor"));
    assert_eq!(refused(SplitPlan { most: 51, ..by(&["sex"]) }), out("most"));
    assert_eq!(refused(SplitPlan { ranges: 1, ..by(&["sex"]) }), out("ranges"));
    assert_eq!(refused(by(&["moon"])), Err((Kind::ColumnMissing, "moon".into())));
    assert_eq!(refused(by(&["likes"])), Err((Kind::SplitColumn, "likes".into())));
    assert_eq!(refused(by(&["sex", "sex"])), Err((Kind::SplitColumn, "sex".into())));
    let nobody = SplitPlan { crowd: Expr::Or { of: vec![] }, ..by(&["sex"]) };
    assert_eq!(refused(nobody), Err((Kind::AudienceEmpty, String::new())));
}

#[test]
fn runs_are_even_and_never_of_nobody() {
    assert_eq!(runs(&[10; 8], 4), [0..2, 2..4, 4..6, 6..8]);
    assert_eq!(runs(&[90, 1, 1, 8], 4), [0..1, 1..4]);
    assert_eq!(runs(&[5, 5, 0, 0], 4), [0..1, 1..4]);
    assert_eq!(runs(&[0, 0, 7, 7], 2), [0..3, 3..4]);
    assert_eq!(runs(&[0, 0], 3), []);
    assert_eq!(runs(&[], 3), []);
}
