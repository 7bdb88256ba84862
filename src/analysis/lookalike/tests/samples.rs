//! Samples: crowds as positives and negatives, caps, and what unlabelled negatives hide.

use super::*;

fn with(model: Model, samples: SamplesPlan) -> LookalikePlan {
    LookalikePlan { model, samples, ..LookalikePlan::default() }
}

fn lives(in_cities: &[u32]) -> Expr {
    let values = in_cities.iter().map(|city| format!("v{city}")).collect();
    Expr::Tag { feature: "city".into(), values }
}

/// The report, and everyone's score by key.
fn scored(village: &Village, plan: &LookalikePlan) -> (LookalikeReport, BTreeMap<u64, i32>) {
    let mut shards = village.shards(2);
    let report = on(&mut shards, &village.schema, plan).expect("a report");
    let of = |shard: &Shard| -> Vec<(u64, i32)> {
        shard.people.keys.iter().map(|key| key.mix(1)).zip(shard.measures[SCORE].iter().copied()).collect()
    };
    (report, shards.iter().flat_map(of).collect())
}

#[test]
fn casting_obeys_the_laws() {
    let village = village(700, 1.0, 51);
    let cast = |negatives, below| cast::Cast { positives: Expr::Seed, negatives, hash: 5, below };
    laws::hold(&cast(None, [None, Some(1 << 63)]), &village);
    laws::hold(&cast(Some(lives(&[1, 2])), [Some(1 << 62), None]), &village);
    laws::hold(&Survey { learners: true }, &village);
}

#[test]
fn every_split_gives_the_same_report_of_samples() {
    let village = village(900, 1.0, 52);
    let samples = SamplesPlan {
        negatives: Some(lives(&[1, 3, 4])),
        ratio: Some(2.0),
        most: Some(40),
        ..Default::default()
    };
    for model in [Model::Scorecard, Model::Boosted, Model::Nearest, Model::Tgi] {
        let plan = with(model, samples.clone());
        let one = ask(&village, 1, &plan).expect("a report");
        [2, 3, 7].iter().for_each(|&shards| assert_eq!(ask(&village, shards, &plan).expect("a report"), one));
        assert_eq!((one.samples.positives, one.samples.negatives), (40, 80), "caps are exact");
        assert!(one.samples.aside > 0 && one.seed_people > 40 && one.rest_people > 80);
    }
}

/// The seed against the others said in so many words is the usual run, but for what is unlabelled.
#[test]
fn the_usual_samples_can_be_spelled_out() {
    let village = village(900, 1.0, 53);
    let negatives = Some(Expr::Everyone.minus(Expr::Seed));
    for model in [Model::Scorecard, Model::Boosted] {
        let (usual, scores) = scored(&village, &with(model, SamplesPlan::default()));
        let (spelled, same) = scored(
            &village,
            &with(model, SamplesPlan { negatives: negatives.clone(), ..Default::default() }),
        );
        assert_eq!(scores, same);
        assert!(usual.samples.hidden.is_some() && spelled.samples.hidden.is_none());
        assert!(
            usual.tiers.iter().all(|t| t.hidden.is_some())
                && spelled.tiers.iter().all(|t| t.hidden.is_none())
        );
        assert_eq!(
            usual.tiers.iter().map(|t| t.people).sum::<u64>(),
            spelled.tiers.iter().map(|t| t.people).sum::<u64>()
        );
    }
}

/// Whoever stands aside changes nobody's score; control: whoever is a negative does.
#[test]
fn nothing_is_learned_from_those_aside() {
    let mut village = village(1_200, 1.0, 54);
    // The last 300 live in a city of their own, and would say the opposite.
    for (i, person) in village.people.iter_mut().enumerate() {
        let far = i >= 900;
        person.codes[0] = vec![if far { 5 } else { 1 + person.codes[0][0] % 4 }];
        person.seed = if far { person.codes[1][0] < 3 } else { person.seed };
    }
    let here = Village { people: village.people[..900].to_vec(), ..village.clone() };
    let near = lives(&[1, 2, 3, 4]);
    let samples =
        |negatives| SamplesPlan { positives: Expr::Seed.and(near.clone()), negatives, ..Default::default() };
    for model in [Model::Scorecard, Model::Boosted, Model::Nearest, Model::Tgi, Model::Auto] {
        let (alone, before) = scored(&here, &with(model, samples(Some(near.clone()))));
        let (report, after) = scored(&village, &with(model, samples(Some(near.clone()))));
        assert_eq!(report.samples.aside, 300);
        assert_eq!(report.auc, alone.auc, "{model:?}");
        assert!(before.iter().all(|(key, score)| after[key] == *score), "{model:?}");
        assert!(report.left_out.iter().any(|out| out.feature == "city" && out.why == "chooses"));
    }
    let (_, before) = scored(&here, &with(Model::Scorecard, samples(None)));
    let (_, after) = scored(&village, &with(Model::Scorecard, samples(None)));
    assert!(before.iter().any(|(key, score)| after[key] != *score), "as negatives they do count");
}

/// Thinned negatives name the same rates; control: without the shift they would name those of the sample.
#[test]
fn caps_change_no_rate() {
    let village = village(6_000, 1.0, 55);
    let rate = |model, ratio| {
        let (report, scores) = scored(&village, &with(model, SamplesPlan { ratio, ..Default::default() }));
        let mean =
            scores.values().map(|&s| num::logistic(score::logit(s))).sum::<f64>() / scores.len() as f64;
        (report, mean)
    };
    for model in [Model::Scorecard, Model::Boosted, Model::Forest, Model::Tgi] {
        let ((all, _), (thinned, mean)) = (rate(model, None), rate(model, Some(1.0)));
        let truth = all.seed_people as f64 / 6_000.0;
        assert_eq!(thinned.samples.negatives, thinned.samples.positives);
        assert!((mean / truth - 1.0).abs() < 0.15, "{model:?}: {mean} against {truth}");
        assert!(truth < 0.25 && all.auc - thinned.auc < 0.03, "{model:?}: {} {}", all.auc, thinned.auc);
    }
}

/// A third of those who are alike are known: Elkan and Noto's c finds the third, and how many others there are.
#[test]
fn unlabelled_positives_are_counted() {
    let mut village = village(8_000, 0.0, 56);
    let (mut dice, mut hidden) = (Dice(3), 0);
    for person in &mut village.people {
        let alike = person.codes[0][0] == 2 && person.codes[1][0] >= 4;
        person.seed = alike && dice.unit() < 1.0 / 3.0;
        hidden += u64::from(alike && !person.seed);
    }
    let report = ask(&village, 2, &by(Model::Boosted)).expect("a report");
    let (labelled, found) = (report.samples.labelled.expect("c"), report.samples.hidden.expect("people"));
    assert!((labelled - 1.0 / 3.0).abs() < 0.05, "{labelled}");
    assert!((found / hidden as f64 - 1.0).abs() < 0.15, "{found} against {hidden}");
    assert!(
        report.tiers[0].hidden.expect("people") > 0.8 * report.tiers[0].people as f64,
        "the top are such people"
    );
    let noise = ask(&super::village(900, 0.0, 57), 2, &by(Model::Scorecard)).expect("a report");
    assert_eq!(
        (noise.verdict.light.as_str(), noise.samples.hidden),
        ("red", None),
        "nothing is known from noise"
    );
}

#[test]
fn samples_that_cannot_be_are_refused() {
    let village = village(400, 1.0, 58);
    let refused = |samples| kind(ask(&village, 2, &with(Model::Scorecard, samples)));
    let usual = SamplesPlan::default;
    let nobody = || Expr::Or { of: vec![] };
    assert_eq!(refused(SamplesPlan { positives: nobody(), ..usual() }), Some(Kind::PositivesEmpty));
    assert_eq!(refused(SamplesPlan { negatives: Some(nobody()), ..usual() }), Some(Kind::NegativesEmpty));
    assert_eq!(refused(SamplesPlan { negatives: Some(Expr::Seed), ..usual() }), Some(Kind::NegativesEmpty));
    assert_eq!(
        refused(SamplesPlan { positives: Expr::Everyone, ratio: Some(1.0), ..usual() }),
        Some(Kind::NegativesEmpty)
    );
    let top = Expr::Top { measure: SCORE.into(), cut: "8000000000000000".into() };
    for samples in [
        SamplesPlan { ratio: Some(0.0), ..usual() },
        SamplesPlan { ratio: Some(f64::NAN), ..usual() },
        SamplesPlan { most: Some(9), ..usual() },
        SamplesPlan { positives: top.clone(), ..usual() },
        SamplesPlan { negatives: Some(Expr::Seed.minus(top.clone())), ..usual() },
    ] {
        assert_eq!(refused(samples), Some(Kind::OutOfRange));
    }
    assert_eq!(refused(SamplesPlan { most: Some(10), ratio: Some(1.0), ..usual() }), None);
}
