//! What is done with the clusters: the chain and its control, each stage, portraits.

use super::*;
use crate::analysis::personas::fit::{Counted, Fit, Keep, Weights};

fn chain() -> PersonasPlan {
    PersonasPlan { chain: true, ..PersonasPlan::default() }
}

/// The city with a seed that some personas are drawn to more than others.
fn drawn_city(people: usize) -> Village {
    let mut village = city(people);
    let mut dice = Dice(17);
    for (i, person) in village.people.iter_mut().enumerate() {
        person.seed = dice.below(100) < [80, 70, 60, 50, 40, 30][planted(i)];
    }
    village
}

/// Everyone whose number is odd; a crowd that no label says.
fn odd() -> Expr {
    let measure = "odd".to_string();
    Expr::Measure { measure, from: 1, to: 1 }
}

fn weights(village: &Village) -> Weights {
    let count =
        |of: Vec<Expr>| crate::shard::testing::total(&Tally { of, bins: true }, &mut village.shards(1), 99);
    let tag = |v: &str| Expr::Tag { feature: "c0".into(), values: vec![v.into()] };
    let (all, crowds) = (count(vec![Expr::Everyone]), count(vec![tag("v1"), tag("v2"), tag("v3")]));
    let crowds: Vec<Counted<'_>> =
        crowds.people.iter().zip(&crowds.bins).map(|(&people, bins)| Counted { people, bins }).collect();
    Weights::new(&village.schema, &crowds, Counted { people: all.people[0], bins: &all.bins[0] }, &[])
}

/// Questions that lean on measures are asked of shards that have none yet, so they make their own first.
pub(super) fn laws(village: &Village) {
    let tag = |v: &str| Expr::Tag { feature: "c1".into(), values: vec![v.into()] };
    laws::hold(&Tally { of: vec![Expr::Seed, tag("v1")], bins: true }, village);
    laws::hold(&Tally { of: vec![Expr::Everyone], bins: false }, village);
    let each = (1..4).map(|n| format!("fit.{n}")).collect();
    laws::hold(&Fit { weights: weights(village), keep: Keep::Each(each) }, village);
    let labels = [("c2", 1.0), ("likes", 2.5)].map(|(feature, weight)| TagWeight {
        feature: feature.into(),
        values: vec!["v2".into(), "v3".into()],
        weight,
    });
    laws::hold(&Cosine::new(&village.schema, &labels, "m").expect("a portrait"), village);
}

/// The same for questions about measures, which a village of its own brings along.
#[test]
fn questions_about_measures_obey_the_laws() {
    let village = city(700);
    // Villager `i` stands in row `i + 2`.
    let measured = |count: usize| {
        let mut shards = village.shards(count);
        for shard in &mut shards {
            let of = |f: fn(usize) -> i32| shard.people.rows.iter().map(|&row| f(row as usize - 2)).collect();
            let (odd, part) = (of(|i| i as i32 % 2), of(|i| 1 + planted(i) as i32 % 3));
            shard.measures.extend([("odd".to_string(), odd), (PART.to_string(), part)]);
        }
        shards
    };
    laws::hold_over(&Group { from: PART.into(), personas: vec![2, 1, 1] }, measured);
    let (of, measure) = (odd(), PART.into());
    laws::hold_over(&Settle { of, weights: weights(&village), measure }, measured);
    let pool = Pool { crowd: odd(), measure: PART.into() };
    laws::hold_over(&Ladder { pool: pool.clone(), steps: vec![1, 2, 3] }, measured);
    let select = crate::shard::select::Select::new(&[5, 100]);
    let round = select.round().expect("a first round").clone();
    laws::hold_over(&Ranks { pools: vec![(pool.clone(), round.clone()), (pool, round)] }, measured);
    let keep = Keep::Best { own: PART.into(), crowd: "near".into(), score: "fit".into() };
    laws::hold_over(&Fit { weights: weights(&village), keep }, measured);
}

#[test]
fn the_chain_finds_the_planted_personas_again_and_is_the_same_for_every_split() {
    let village = drawn_city(3_000);
    let (report, everyone) = ask(&village, 1, &chain()).expect("a report");
    assert_eq!((report.parts.len(), report.merges.len(), report.k), (8, 2, 6));
    let agreement = recovered(&village, &everyone);
    assert!(agreement >= 0.9, "{agreement}");
    let bytes = serde_json::to_string(&report).expect("JSON");
    for shards in [2, 7] {
        let (report, split) = ask(&village, shards, &chain()).expect("a report");
        assert_eq!(serde_json::to_string(&report).expect("JSON"), bytes, "{shards} shards");
        assert_eq!(split, everyone, "{shards} shards");
    }
}

/// The control: labels dealt out anew, column by column, hold no personas.
#[test]
fn the_chain_finds_nothing_in_shuffled_tags() {
    let mut village = drawn_city(3_000);
    let mut dice = Dice(99);
    for f in 0..village.schema.features.len() {
        for i in (1..village.people.len()).rev() {
            let j = dice.below(i as u64 + 1) as usize;
            let (a, b) = (village.people[i].codes[f].clone(), village.people[j].codes[f].clone());
            (village.people[i].codes[f], village.people[j].codes[f]) = (b, a);
        }
    }
    // Nothing sets the seed apart either, so the contrast is left out: with it the chain is refused.
    assert_eq!(refusal(&village, &chain()).kind, Kind::NoDifference);
    let plan = PersonasPlan {
        k: K::Given(8),
        merge: Some(MergePlan { to: Some(6), ..MergePlan::default() }),
        ..PersonasPlan::default()
    };
    let (_, everyone) = ask(&village, 2, &plan).expect("a report");
    let agreement = recovered(&village, &everyone);
    assert!(agreement < 0.05, "{agreement}");
}

#[test]
fn the_stages_add_up() {
    let village = drawn_city(3_000);
    let (report, everyone) = ask(&village, 3, &chain()).expect("a report");
    let seed = village.people.iter().filter(|p| p.seed).count() as u64;
    assert_eq!(report.parts.iter().map(|p| p.people).sum::<u64>(), seed);
    assert_eq!(report.clusters.iter().map(|c| c.people).sum::<u64>(), seed);
    let pool: u64 = report.clusters.iter().filter_map(|c| Some(c.expanded.as_ref()?.pool)).sum();
    assert_eq!(pool, village.people.len() as u64 - seed, "everyone outside is offered to one persona");
    for cluster in &report.clusters {
        let people = everyone.values().filter(|&&p| p == i32::from(cluster.number)).count() as u64;
        assert_eq!(people, cluster.people);
        let expanded = cluster.expanded.as_ref().expect("expanded");
        assert_eq!(expanded.people, (expanded.pool as f64 / 10.0 + 0.5) as u64);
        assert!(expanded.distance < 0.25 && expanded.similarity > 0.3, "{expanded:?}");
    }
    for merge in &report.merges {
        assert!(merge.into.people >= merge.from.people && !merge.undone);
        assert!(!merge.alike.is_empty() && !merge.differ.is_empty() && !merge.name.is_empty(), "{merge:?}");
        assert!(merge.nearest.is_some_and(|next| next > 0.0) && merge.distance > 0.0);
    }
    let layers: Vec<&str> =
        report.clusters.iter().filter_map(|c| Some(c.layer.as_ref()?.layer.as_str())).collect();
    assert!(layers.len() == 6 && layers.contains(&"core"), "{layers:?}");
    let rows = &report.tags;
    let marked = report.clusters.iter().flat_map(|c| &c.top);
    assert!(marked.into_iter().all(|t| rows.iter().any(|r| r.feature == t.feature && r.value == t.value)));
    assert!(rows.iter().all(|row| row.shares.len() == 6));
}

#[test]
fn a_merge_taken_back_takes_back_what_rests_on_it() {
    let village = city(3_000);
    let plan = |undo: Vec<u8>| PersonasPlan {
        k: K::Given(9),
        merge: Some(MergePlan { to: Some(2), settle: false, undo, ..MergePlan::default() }),
        ..PersonasPlan::default()
    };
    let (all, _) = ask(&village, 2, &plan(vec![])).expect("a report");
    assert_eq!((all.merges.len(), all.k), (7, 2));
    for step in 1..=7u8 {
        let (report, everyone) = ask(&village, 2, &plan(vec![step])).expect("a report");
        let undone = report.merges.iter().filter(|merge| merge.undone).count();
        assert_eq!(usize::from(report.k), 2 + undone);
        let first = report.merges.iter().find(|merge| merge.undone).map(|merge| merge.step);
        assert_eq!(first, Some(step));
        let mut parts: Vec<u8> = report.clusters.iter().flat_map(|c| c.of.clone()).collect();
        parts.sort_unstable();
        assert_eq!(parts, (1..=9).collect::<Vec<_>>());
        assert!(everyone.values().all(|&p| p <= i32::from(report.k)));
    }
}

#[test]
fn merging_stops_at_the_line_if_no_number_is_wished_for() {
    let village = city(3_000);
    let of = |below: f64| {
        let merge = Some(MergePlan { below, ..MergePlan::default() });
        let plan = PersonasPlan { k: K::Given(8), merge, ..PersonasPlan::default() };
        ask(&village, 2, &plan).expect("a report").0
    };
    assert_eq!((of(0.0).merges.len(), of(1.0).k), (0, 1));
    for merge in of(0.15).merges {
        assert!(merge.distance < 0.15);
    }
}

#[test]
fn expansion_takes_what_is_asked_for() {
    let village = city(3_000);
    let of = |exclusive: bool, by: CutBy, at: f64| {
        let expand = Some(ExpandPlan { exclusive, by, at });
        let plan = PersonasPlan { k: K::Given(6), expand, ..PersonasPlan::default() };
        let report = ask(&village, 2, &plan).expect("a report").0;
        report.clusters.into_iter().filter_map(|c| c.expanded).collect::<Vec<_>>()
    };
    assert!(of(true, CutBy::People, 50.0).iter().all(|e| e.people == 50));
    let outside = village.people.iter().filter(|p| !p.seed).count() as u64;
    assert!(of(false, CutBy::Share, 20.0).iter().all(|e| e.pool == outside && e.people == (outside + 2) / 5));
    assert!(of(true, CutBy::People, 1e9).iter().all(|e| e.people == e.pool), "no more than there are");
    let (near, far) = (of(true, CutBy::Similarity, 0.8), of(true, CutBy::Similarity, 0.2));
    for (near, far) in near.iter().zip(&far) {
        assert!(near.people < far.people && (near.similarity - 0.8).abs() < 0.05, "{near:?}");
    }
}

#[test]
fn a_contrast_restricts_the_labels() {
    let village = drawn_city(3_000);
    let plan =
        |contrast| PersonasPlan { k: K::Given(2), contrast: Some(contrast), ..PersonasPlan::default() };
    let found =
        |contrast| ask(&village, 2, &plan(contrast)).expect("a report").0.contrast.expect("a contrast");
    let some = found(ContrastPlan::default());
    assert!(some.kept > 0 && some.kept < some.tested / 2, "{} of {}", some.kept, some.tested);
    for tag in &some.tags {
        assert!(tag.q < 0.05 && tag.tgi.is_none_or(|tgi| (tgi - 100.0).abs() >= 10.0), "{tag:?}");
    }
    let all = found(ContrastPlan { tgi: 0.0, q: 1.0, ..ContrastPlan::default() });
    assert!(f64::from(all.kept) > 0.9 * f64::from(all.tested));
    let none = ContrastPlan { against: Expr::Seed, ..ContrastPlan::default() };
    assert_eq!(refusal(&village, &plan(none)).kind, Kind::ContrastEmpty);
}

#[test]
fn stages_out_of_range_are_refused_with_their_place() {
    let village = city(60);
    let layers = |layers| PersonasPlan { layers: Some(layers), ..chain() };
    let expand = |by, at| PersonasPlan { expand: Some(ExpandPlan { exclusive: true, by, at }), ..chain() };
    for (plan, place) in [
        (layers(LayersPlan { fit: 0.9, ..LayersPlan::default() }), "personas.layers"),
        (layers(LayersPlan { fit: 0.0, value: 0.4, ..LayersPlan::default() }), "personas.layers.value"),
        (layers(LayersPlan { floor: 101.0, ..LayersPlan::default() }), "personas.layers.floor"),
        (expand(CutBy::Share, 0.0), "personas.expand.at"),
        (expand(CutBy::Similarity, 1.5), "personas.expand.at"),
        (
            PersonasPlan { merge: Some(MergePlan { below: f64::NAN, ..MergePlan::default() }), ..chain() },
            "personas.merge.below",
        ),
        (
            PersonasPlan { contrast: Some(ContrastPlan { q: 2.0, ..ContrastPlan::default() }), ..chain() },
            "personas.contrast.q",
        ),
    ] {
        assert_eq!(refusal(&village, &plan), Error::new(Kind::OutOfRange).column(place));
    }
    let unknown = LayersPlan { column: Some("shoe".into()), ..LayersPlan::default() };
    assert_eq!(
        refusal(&city(600), &PersonasPlan { contrast: None, chain: false, ..layers(unknown) }),
        Error::new(Kind::ColumnMissing).column("shoe")
    );
}

/// A plan that differs in its stages only is answered from what was found; the answer is that of a new search.
#[test]
fn what_was_found_is_used_again() {
    let village = city(2_000);
    let mut shards = village.shards(2);
    let schema = village.schema.clone();
    let (plain, staged) =
        (plan(K::Given(8), true), PersonasPlan { k: K::Given(8), contrast: None, ..chain() });
    let staged = PersonasPlan {
        chain: false,
        expand: Some(ExpandPlan::default()),
        merge: Some(MergePlan { to: Some(6), ..MergePlan::default() }),
        ..staged
    };
    let (of, again) = (schema.clone(), staged.clone());
    let kept = run(&mut shards, &QUESTIONS, |desk| async move {
        let (_, found) = personas(&desk, &of, &plain, None).await?;
        personas(&desk, &of, &again, Some(found)).await
    });
    let fresh = ask(&village, 2, &staged).expect("a report").0;
    assert_eq!(kept.expect("a report").0, fresh);
}

fn portrayed(village: &Village, shards: usize, plan: &PortraitPlan) -> Result<PortraitReport> {
    let (schema, plan) = (village.schema.clone(), plan.clone());
    run(&mut village.shards(shards), &QUESTIONS, |desk| async move { portrait(&desk, &schema, &plan).await })
}

fn labels(tags: &[(&str, &[&str], f64)]) -> Vec<TagWeight> {
    let tag = |&(feature, values, weight): &(&str, &[&str], f64)| TagWeight {
        feature: feature.into(),
        values: values.iter().map(|v| (*v).into()).collect(),
        weight,
    };
    tags.iter().map(tag).collect()
}

fn drawn(tags: Vec<TagWeight>, proxy: Option<Expr>, by: CutBy, at: f64) -> PortraitPlan {
    PortraitPlan { name: "p".into(), tags, proxy, by, at }
}

/// The cosine against its plain twin, person by person.
#[test]
fn a_portrait_takes_those_of_highest_cosine() {
    let village = city(2_000);
    let tags = labels(&[
        ("c0", &["v1"], 2.0),
        ("c1", &["v2", "v3"], 1.0),
        ("likes", &["v4"], 3.0),
        ("c2", &["v1"], -1.0),
    ]);
    let cosine = |person: &Villager| {
        let has = |f: usize, codes: &[u16]| {
            person.codes[f].iter().filter(|code| codes.contains(code)).count() as f64
        };
        let likes = &person.codes[14];
        let labels = [0, 1, 2].iter().filter(|&&f| person.codes[f] != [0]).count()
            + likes.iter().filter(|&&code| code > 0).count();
        let sum = 2.0 * has(0, &[1]) + has(1, &[2, 3]) + 3.0 * has(14, &[4]) - has(2, &[1]);
        if labels == 0 { 0.0 } else { sum / (15f64.sqrt() * (labels as f64).sqrt()) }
    };
    let plan = drawn(tags, None, CutBy::Similarity, 0.5);
    let report = portrayed(&village, 3, &plan).expect("a report");
    let above = |at: f64| village.people.iter().filter(|p| cosine(p) >= at - 0.00005).count() as u64;
    assert_eq!((report.taken, report.people), (above(0.5), 2_000));
    assert!((0..=100).all(|s| report.ladder[s] == above(s as f64 / 100.0)));
    for shards in [1, 2, 7] {
        assert_eq!(portrayed(&village, shards, &plan), Ok(report.clone()));
    }
    let people =
        portrayed(&village, 2, &PortraitPlan { by: CutBy::People, at: 123.0, ..plan }).expect("a report");
    assert_eq!(people.taken, 123);
    assert!(above(people.similarity + 0.001) <= 123 && above(people.similarity) >= 123);
}

/// A proxy of one planted persona finds the others of it.
#[test]
fn a_proxy_finds_its_like() {
    let village = city(6_000);
    let proxy = Expr::Tag { feature: "likes".into(), values: (1..=5).map(|v| format!("v{v}")).collect() };
    let plan = drawn(vec![], Some(proxy), CutBy::People, 300.0);
    let report = portrayed(&village, 2, &plan).expect("a report");
    let strangers = |i: &usize| !village.people[*i].codes[14].iter().any(|&code| (1..=5).contains(&code));
    assert_eq!(report.people, (0..6_000).filter(strangers).count() as u64);
    assert_eq!(report.taken, 300);
    let mut shards = village.shards(1);
    let schema = village.schema.clone();
    let crowd = run(&mut shards, &QUESTIONS, |desk| async move { portrait(&desk, &schema, &plan).await });
    let taken = shards[0].crowd(&crowd.expect("a report").crowd).expect("a crowd");
    let right = taken.iter().filter(|&at| planted(shards[0].people.rows[at] as usize - 2) == 0).count();
    assert!(right > 200, "{right} of 300 are of the planted persona, 50 by chance");
}

#[test]
fn portraits_that_say_nothing_are_refused() {
    let village = city(100);
    let refused = |plan| portrayed(&village, 2, &plan).expect_err("refuses");
    let one = || labels(&[("c0", &["v1"], 1.0)]);
    assert_eq!(refused(drawn(vec![], None, CutBy::Share, 5.0)).kind, Kind::PortraitUnclear);
    assert_eq!(refused(drawn(one(), Some(Expr::Seed), CutBy::Share, 5.0)).kind, Kind::PortraitUnclear);
    assert_eq!(
        refused(drawn(labels(&[("c0", &["v1"], 0.0)]), None, CutBy::Share, 5.0)).kind,
        Kind::PortraitUnclear
    );
    let nobody = Expr::Or { of: vec![] };
    assert_eq!(refused(drawn(vec![], Some(nobody), CutBy::Share, 5.0)).kind, Kind::AudienceEmpty);
    let at = |place: &str| Error::new(Kind::OutOfRange).column(place);
    assert_eq!(refused(drawn(one(), None, CutBy::Share, 0.0)), at("portraits.at"));
    assert_eq!(
        refused(drawn(labels(&[("c0", &["v1"], 99.0)]), None, CutBy::Share, 5.0)),
        at("portraits.tags.weight")
    );
    let shoe = labels(&[("shoe", &["v1"], 1.0)]);
    assert_eq!(refused(drawn(shoe, None, CutBy::Share, 5.0)), Error::new(Kind::ColumnMissing).column("shoe"));
}
