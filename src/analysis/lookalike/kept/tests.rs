use super::*;
use crate::analysis::lookalike::tests::village;
use crate::analysis::lookalike::trees::{Climb, Split, Test};
use crate::analysis::lookalike::{FOLD, SCORE, Score, folds};
use crate::num;
use crate::shard::laws;
use crate::shard::testing::{Village, total};

fn tree(feature: usize, test: Test, values: [i32; 2]) -> Tree {
    let splits = vec![Split { leaf: 0, new: 1, feature, test }];
    Tree { splits, values: values.to_vec(), covers: vec![3, 5] }
}

fn trees() -> Vec<Tree> {
    vec![
        tree(0, Test::among([2, 3], 5), [-90_123, 70_456]),
        tree(2, Test::Has(3), [-30_001, 120_777]),
        tree(1, Test::among([0, 7, 8], 8), [5_000, -25_001]),
    ]
}

fn grove(groups: Vec<Vec<Tree>>, link: Link) -> Form {
    Form::Trees(Grove { margin: -300_003, groups, link })
}

fn scorecard(village: &Village) -> Scorecard {
    let weights = (0..village.schema.bins()).map(|bin| if bin < 25 { bin as f64 / 16.0 - 0.7 } else { 0.0 });
    Scorecard::new(-2.25, &weights.collect::<Vec<_>>())
}

fn apply(kept: Kept) -> Apply {
    Apply { into: "kept".into(), kept, aside: false }
}

/// Everyone's measure by key.
fn scored(village: &Village, ask: impl Fn(&mut [Shard]), name: &str) -> Vec<(u64, i32)> {
    let mut shards = village.shards(2);
    ask(&mut shards);
    let of = |shard: &Shard| -> Vec<(u64, i32)> {
        let keys = shard.people.keys.iter().map(|key| key.mix(1));
        keys.zip(shard.measures[name].iter().copied()).collect()
    };
    let mut all: Vec<(u64, i32)> = shards.iter().flat_map(of).collect();
    all.sort_unstable();
    all
}

#[test]
fn applying_obeys_the_laws() {
    let village = village(700, 1.0, 41);
    let parts = [Form::Card(scorecard(&village)), grove(vec![trees(), trees()[..1].to_vec()], Link::Logit)];
    let part = |(share, form)| Part { name: "one".into(), share, form };
    let kept = Kept { parts: [3, 1].into_iter().zip(parts).map(part).collect() };
    laws::hold(&apply(kept), &village);
}

/// The kept model says what the passes over the folds say of the same weights and trees.
#[test]
fn a_kept_model_is_the_model_that_was_fitted() {
    let village = village(900, 1.0, 42);
    let (_, deal) = folds::questions_for_laws();
    let card = scorecard(&village);
    let mut weights = vec![card.intercept];
    weights.extend(&card.weights[..25]);
    let features = vec![0, 1, 2];
    let (both, into) = (|list: Vec<i32>| list.into_iter().flat_map(|w| [w, w]).collect(), SCORE.to_string());
    let score = Score { into, features, shift: FINE, folds: vec![0, 1], weights: both(weights) };
    let models = vec![vec![trees()], vec![trees(), trees()]];
    let climb =
        Climb { into: "climb".into(), folds: vec![0, 1], models, margin: -300_003, link: Link::Logit };
    let fitted = |name: &str| {
        let ask = |shards: &mut [Shard]| {
            total(&deal, shards, 100);
            total(&score, shards, 100);
            total(&climb, shards, 100);
            assert!(shards.iter().all(|shard| shard.measures.contains_key(FOLD)));
        };
        scored(&village, ask, name)
    };
    let kept = |form: Form| {
        let question = apply(Kept::one("one", form));
        scored(&village, |shards| drop(total(&question, shards, 100)), "kept")
    };
    assert_eq!(kept(Form::Card(card)), fitted(SCORE));
    assert_eq!(kept(grove(vec![trees()], Link::Logit)), fitted("climb"));
    assert_eq!(kept(grove(vec![trees(), trees()], Link::Logit)), fitted("climb"));
    let other = trees().into_iter().rev().skip(1).collect();
    assert_ne!(kept(grove(vec![trees(), other], Link::Logit)), fitted("climb"));
}

#[test]
fn parts_are_averaged_by_their_shares() {
    let village = village(300, 1.0, 43);
    let card = |intercept| Form::Card(Scorecard { intercept, weights: vec![0; village.schema.bins()] });
    let part = |(share, form)| Part { name: "one".into(), share, form };
    let kept = Kept { parts: [(3, card(-(1 << 20))), (1, card(3 << 20))].into_iter().map(part).collect() };
    let scores = scored(&village, |shards| drop(total(&apply(kept.clone()), shards, 100)), "kept");
    assert!(scores.iter().all(|(_, score)| *score == 0));
}

#[test]
fn leaves_may_be_probabilities() {
    let village = village(300, 1.0, 44);
    let quarter = |test| tree(0, test, [1 << 15, 1 << 15]);
    let form = Grove {
        margin: 0,
        groups: vec![vec![quarter(Test::among([1], 5)), quarter(Test::among([2], 5))]],
        link: Link::Chance,
    };
    let question = apply(Kept::one("forest", Form::Trees(form)));
    let scores = scored(&village, |shards| drop(total(&question, shards, 100)), "kept");
    let want = libm::round(num::ln(1.0 / 3.0) * 4096.0) as i32;
    assert!(scores.iter().all(|(_, score)| *score == want), "{:?} for {want}", scores[0]);
}

#[test]
fn a_model_of_another_schema_is_not_applied() {
    let village = village(50, 1.0, 45);
    let card = |bins| Kept::one("card", Form::Card(Scorecard { intercept: 0, weights: vec![0; bins] }));
    let trees = |tree: Tree| Kept::one("trees", grove(vec![vec![tree]], Link::Logit));
    assert!(card(village.schema.bins()).fits(&village.schema));
    assert!(trees(trees_of(0)).fits(&village.schema));
    for wrong in [
        card(village.schema.bins() - 1),
        Kept::default(),
        trees(trees_of(9)),
        trees(tree(0, Test::Has(3), [0, 0])),
        trees(tree(2, Test::among([1], 5), [0, 0])),
        trees(tree(0, Test::Among { bits: vec![1], top: 64 }, [0, 0])),
        trees(Tree { values: vec![1], ..trees_of(0) }),
        Kept::one("trees", grove(vec![], Link::Logit)),
    ] {
        assert!(!wrong.fits(&village.schema), "{wrong:?}");
        let shard = &village.shards(1)[0];
        assert!(apply(wrong).begin(shard).is_err());
    }
}

fn trees_of(feature: usize) -> Tree {
    tree(feature, Test::among([1], 5), [1, 2])
}
