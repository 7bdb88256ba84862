use super::search::{Terms, best};
use super::seat::{BENT, STEEP};
use super::tree::{Split, Test};
use super::wave::{Begin, Turn};
use super::*;
use crate::analysis::lookalike::survey::Survey;
use crate::analysis::lookalike::tests::village;
use crate::analysis::lookalike::{FOLD, LookalikePlan, Model, QUESTIONS, folds, lookalike};
use crate::analysis::lookalike::{survey::Tally, sweep};
use crate::num;
use crate::shard::testing::{Village, run, total};
use crate::shard::{Shard, laws};
use crate::table::people::Codes;

/// A first pass: everyone in the root, in three lanes.
fn first(layout: &Layout) -> Wave {
    let turn = |lane, without: [i32; 2], checked| {
        let (splits, build, values) = (vec![], vec![], vec![]);
        Turn { lane, without, checked, splits, build, values }
    };
    let turns = vec![turn(0, [0, -1], false), turn(1, [0, 1], true), turn(2, [-1, -1], false)];
    Wave {
        places: layout.places,
        turns,
        begin: Some(Begin { hash: 3, below: u64::MAX / 4 * 3, seen: layout.seen() }),
    }
}

/// The second: two lanes go on, with splits of every kind.
fn second(layout: &Layout) -> Wave {
    let split = |leaf, new, feature, test| Split { leaf, new, feature, test };
    let split_of_labels = split(0, 1, 0, Test::among([2, 3], 5));
    let turn =
        |lane, splits, build| Turn { lane, without: [-1, -1], checked: false, splits, build, values: vec![] };
    let ordered = vec![split(0, 1, 1, Test::among([0, 7, 8], 8))];
    Wave {
        places: layout.places,
        turns: vec![turn(0, vec![split_of_labels], vec![1]), turn(2, ordered, vec![0])],
        begin: None,
    }
}

fn laid(village: &Village) -> (Layout, Tally) {
    let mut shards = village.shards(1);
    let tally = total(&Survey { learners: false }, &mut shards, 1 << 14);
    (Layout::new(&village.schema, &[0, 1, 2], &tally, 10), tally)
}

#[test]
fn the_muster_obeys_the_laws() {
    let village = village(700, 1.0, 31);
    let (layout, tally) = laid(&village);
    laws::hold(&Muster::new(7, &tally, 300, layout.clone(), 3), &village);
    laws::hold(&Muster::new(7, &tally, 10_000, layout, 1), &village);
}

/// These read what others wrote: walked by hand, since the law helper starts from fresh shards.
#[test]
fn later_passes_give_one_total_over_any_split() {
    let village = village(700, 1.0, 32);
    let (layout, tally) = laid(&village);
    let (_, deal) = folds::questions_for_laws();
    let muster = Muster::new(7, &tally, 500, layout.clone(), 3);
    let split = Split { leaf: 0, new: 1, feature: 2, test: Test::Has(3) };
    let tree = Tree { splits: vec![split], values: vec![-900_000, 700_000], covers: vec![3, 1] };
    let into = "score".into();
    let models = vec![vec![vec![tree.clone()]], vec![vec![tree; 2]; 2]];
    let climb = Climb { into, folds: vec![0, 1], models, margin: -5, link: Link::Logit };
    let answers = |count: usize, slice: usize| {
        let mut shards = village.shards(count);
        total(&deal, &mut shards, slice);
        total(&muster, &mut shards, slice);
        let one = total(&first(&layout), &mut shards, slice);
        let two = total(&second(&layout), &mut shards, slice);
        (one, two, total(&climb, &mut shards, slice))
    };
    let whole = answers(1, 1 << 14);
    assert!(
        whole.0.loss[..2] == [0, 0]
            && whole.0.loss[2] > 0
            && whole.0.loss[3] > 0
            && whole.1.slopes.iter().any(|&s| s != 0)
    );
    for (shards, slice) in [(1, 61), (2, 1_000), (3, 100), (7, 16), (16, 1_000)] {
        assert!(answers(shards, slice) == whole, "{shards} shards in slices of {slice}");
    }
}

/// The plain twin of a pass: floats, person by person, bin by bin.
#[test]
fn histograms_agree_with_their_plain_twin() {
    let village = village(900, 1.0, 33);
    let (layout, tally) = laid(&village);
    let mut shards = village.shards(1);
    let (_, deal) = folds::questions_for_laws();
    total(&deal, &mut shards, 1 << 14);
    let muster = Muster::new(7, &tally, 10_000, layout.clone(), 3);
    total(&muster, &mut shards, 1 << 14);
    let begin = first(&layout);
    let mut sums = total(&begin, &mut shards, 1 << 14);
    for list in sums.slopes.chunks_exact_mut(2 * layout.places) {
        let mut pulls: Vec<[i64; 2]> = list.as_chunks().0.to_vec();
        layout.fill(&mut pulls);
        list.copy_from_slice(pulls.as_flattened());
    }
    let shard = &shards[0];
    let chance = num::logistic(f64::from(muster.margin) / f64::from(1 << tree::FINE));
    let drawn = |i: usize| shard.people.keys[i].mix(3) <= u64::MAX / 4 * 3;
    for (lane, turn) in begin.turns.iter().enumerate() {
        let learns = |i: &usize| drawn(*i) && !turn.without.contains(&shard.measures[FOLD][*i]);
        for column in &layout.columns {
            for code in 0..=column.top {
                let has = |i: usize| {
                    let mut found = false;
                    shard.people.columns[column.feature].of(i, |c| found |= c == code);
                    found
                };
                let here: Vec<usize> = (0..shard.people.len()).filter(learns).filter(|&i| has(i)).collect();
                let slope: f64 = here.iter().map(|&i| chance - f64::from(u8::from(shard.seed.has(i)))).sum();
                let bend = here.len() as f64 * chance * (1.0 - chance);
                let at = 2 * (lane * layout.places + column.start + code);
                let near = |got: i64, want: f64, bits: u32| {
                    let got = got as f64 / f64::from(1 << bits);
                    assert!(
                        (got - want).abs() <= here.len() as f64 / f64::from(1 << bits),
                        "{got} for {want}"
                    );
                };
                near(sums.slopes[at], slope, STEEP);
                near(sums.slopes[at + 1], bend, BENT);
            }
        }
    }
}

/// A leaf's sums from people who stand one per line: code, gradient, curvature.
fn sums(layout: &Layout, people: &[(usize, f64)]) -> Vec<[i64; 2]> {
    let mut sums = vec![[0, 0]; layout.places];
    for &(code, slope) in people {
        for place in [0, layout.columns[0].start + code] {
            sums[place][0] += (slope * f64::from(1 << STEEP)) as i64;
            sums[place][1] += 1 << (BENT - 2);
        }
    }
    sums
}

#[test]
fn the_best_split_is_the_planted_one() {
    let village = village(700, 1.0, 34);
    let terms = Terms { l2: 1.0, least: 1.0 };
    let planted = |feature: usize, right: &[usize]| {
        let (_, tally) = laid(&village);
        let layout = Layout::new(&village.schema, &[feature], &tally, 1);
        let codes = layout.columns[0].places();
        let steep = |code: usize| if right.contains(&code) { 0.5 } else { -0.5 };
        let people: Vec<(usize, f64)> = (0..codes * 40).map(|i| (i % codes, steep(i % codes))).collect();
        let found = best(&village.schema, &layout, terms, &sums(&layout, &people)).expect("a split");
        let takes: Vec<usize> = (0..codes).filter(|&code| found.test.takes(code)).collect();
        let rest: Vec<usize> = (0..codes).filter(|&code| !found.test.takes(code)).collect();
        assert!(takes == right || rest == right, "{takes:?} for {right:?}");
    };
    planted(0, &[1, 4]);
    planted(1, &[6, 7, 8]);
    planted(1, &[0, 6, 7, 8]);
    planted(2, &[3]);
    let layout = laid(&village).0;
    assert_eq!(
        best(&village.schema, &layout, terms, &vec![[0, 1 << 20]; layout.places]),
        None,
        "nothing to gain"
    );
    let least = Terms { l2: 1.0, least: 1e9 };
    let people: Vec<(usize, f64)> = (0..200).map(|i| (i % 5, if i % 5 == 2 { 0.5 } else { -0.5 })).collect();
    assert_eq!(best(&village.schema, &layout, least, &sums(&layout, &people)), None, "leaves too small");
}

#[test]
fn masks_and_going_through_the_splits_end_in_the_same_leaf() {
    let village = village(2_500, 1.0, 35);
    let shards = village.shards(1);
    let split = |leaf, new, feature, test| Split { leaf, new, feature, test };
    let tree = Tree {
        splits: vec![
            split(0, 1, 1, Test::among([0, 5, 6, 7, 8], 8)),
            split(1, 2, 2, Test::Has(3)),
            split(0, 3, 0, Test::among([2, 4], 5)),
            split(2, 4, 0, Test::among([1], 2)),
        ],
        values: vec![1, 2, 4, 8, 16],
        covers: vec![10, 20, 30, 40, 50],
    };
    let people = &shards[0].people;
    let rows: Vec<u32> = (0..people.len() as u32).collect();
    let other = Tree {
        splits: vec![split(0, 1, 2, Test::Has(1)), split(1, 2, 1, Test::among([1, 2], 3))],
        values: vec![100, 200, 400],
        covers: vec![10, 20, 30],
    };
    let trees = [tree, other];
    for (i, sum) in Fords::new(&trees.clone().map(|t| vec![t])).sums(people, &rows).into_iter().enumerate() {
        let leaves = trees.iter().map(|tree| i64::from(tree.values[tree.leaf(&people.columns, i)]));
        assert_eq!(sum, leaves.sum::<i64>(), "person {i}");
    }
    assert!(Test::Has(3).passes(&Codes::Many { starts: vec![0, 2], codes: vec![1, 3] }, 0));
}

#[test]
fn effects_are_means_over_the_covers() {
    let village = village(400, 1.0, 36);
    let split = |leaf, new, feature, test| Split { leaf, new, feature, test };
    let one = 1 << tree::FINE;
    let tree = Tree {
        splits: vec![split(0, 1, 0, Test::among([2], 5)), split(0, 2, 2, Test::Has(3))],
        values: vec![0, 4 * one, 2 * one],
        covers: vec![60, 20, 20],
    };
    let (columns, places) = sweep::placed(&[0, 1, 2], &village.schema.starts);
    let effects = effect::effects(&village.schema, &[vec![tree]], &columns, places);
    assert_eq!((effects[1 + 2], effects[1 + 1]), (4.0, 0.5), "the city: its leaf, or the mean of the others");
    assert_eq!(effects[columns[1].1..columns[2].1].iter().sum::<f64>(), 0.0, "age is not asked for");
    assert!((effects[columns[2].1 + 3] - 0.8 * 2.0).abs() < 1e-12, "having the label against not having it");
}

#[test]
fn nothing_is_left_in_the_shards() {
    let village = village(600, 1.0, 37);
    let mut shards: Vec<Shard> = village.shards(2);
    let (schema, plan) =
        (village.schema.clone(), LookalikePlan { model: Model::Boosted, ..LookalikePlan::default() });
    let report = run(&mut shards, &QUESTIONS, |desk| async move { lookalike(&desk, &schema, &plan).await });
    assert_eq!(report.expect("a report").model, "boosted");
    assert!(shards.iter().all(|shard| shard.scratch.is_none()));
}
