use super::*;
use crate::audience::Expr;
use crate::error::Error;
use crate::shard::testing::{Dice, Village, Villager, feature, run, total};
use crate::shard::{Shard, laws};
use crate::table::schema::{FeatureKind, Namespace};
use std::collections::BTreeMap;

/// `people` with a category, a number with missing values and multi-valued likes; the seed leans on some bins
/// by `signal` log-odds. One more feature is constant, one empty, one the brand's own.
pub fn village(people: usize, signal: f64, dice: u64) -> Village {
    let mut own = feature("paid", FeatureKind::Category, 3);
    own.namespace = Namespace::FirstParty;
    let features = vec![
        feature("city", FeatureKind::Category, 6),
        feature("age", FeatureKind::Number, 9),
        feature("likes", FeatureKind::Multi, 10),
        feature("same", FeatureKind::Category, 2),
        feature("empty", FeatureKind::Category, 3),
        own,
    ];
    let mut dice = Dice(dice);
    let people = (0..people)
        .map(|_| {
            let (city, age) = (1 + dice.below(5), dice.below(9));
            let mut likes: Vec<u16> = (1..10).filter(|_| dice.below(4) == 0).collect();
            if likes.is_empty() {
                likes.push(0);
            }
            let pull = [0.0, 1.0, -1.0, 0.5, 0.0, 0.0][city as usize]
                + 0.25 * (age as f64 - 4.0)
                + likes.iter().filter(|&&l| l == 3).count() as f64;
            let seed = dice.unit() < num::logistic(signal * pull - 2.5);
            let paid = if seed { 1 + dice.below(2) } else { 0 };
            let one = |code: u64| vec![code as u16];
            Villager { seed, fold: None, codes: vec![one(city), one(age), likes, one(1), one(0), one(paid)] }
        })
        .collect();
    Village { schema: Schema::new(features), people }
}

fn ask(village: &Village, shards: usize, plan: &LookalikePlan) -> Result<LookalikeReport> {
    on(&mut village.shards(shards), &village.schema, plan)
}

fn on(shards: &mut [Shard], schema: &Schema, plan: &LookalikePlan) -> Result<LookalikeReport> {
    let (schema, plan) = (schema.clone(), plan.clone());
    run(shards, &QUESTIONS, |desk| async move { lookalike(&desk, &schema, &plan).await })
}

fn kind(result: Result<LookalikeReport>) -> Option<Kind> {
    result.err().map(|e| e.kind)
}

#[test]
fn every_question_obeys_the_laws() {
    let village = village(700, 1.0, 3);
    laws::hold(&Survey { learners: false }, &village);
    let (ranks, deal) = folds::questions_for_laws();
    laws::hold(&ranks, &village);
    laws::hold(&deal, &village);
    let weights = (0..26).map(|place| place * 100_000 - 1_000_000).collect();
    let places = vec![0, 2, 5, 7, 20, 25];
    let all = pairs::Pairs { features: vec![0, 1, 2], shift: 20, weights, places, below: u64::MAX };
    laws::hold(&all, &village);
    laws::hold(&pairs::Pairs { below: 1 << 62, ..all }, &village);
}

/// Questions that read what others wrote: walked by hand, since the law helper starts from fresh shards.
#[test]
fn later_questions_give_one_total_over_any_split() {
    let village = village(700, 1.0, 4);
    let (_, deal) = folds::questions_for_laws();
    let mut dice = Dice(9);
    let places = 1 + 6 + 9 + 10;
    let lanes = 3;
    let weights: Vec<i32> = (0..places * lanes).map(|_| dice.below(4_000_000) as i32 - 2_000_000).collect();
    let features = vec![0, 1, 2];
    let without = vec![[0, -1], [1, -1], [-1, -1]];
    let sweep = sweep::Sweep { features: features.clone(), shift: 20, without, weights };
    let folds = vec![0, 1];
    let into = SCORE.into();
    let score = Score { into, features, shift: 20, folds, weights: sweep.weights[..places * 2].to_vec() };
    let tiers = tiers::TierCount { cuts: vec![3 << 62, 1 << 63], labelled: Some(1 << 28) };
    let census = tgi::Census { features: vec![0, 1, 2], folds: vec![0, 1] };
    let known = nearest::Known { features: vec![0, 1, 2], hash: 5, below: [u64::MAX / 4, u64::MAX / 2] };
    let near = |sample| {
        let weights = (0..places as u32).map(|place| 100 + 7 * place).collect();
        nearest::Near { features: vec![0, 1, 2], sample, weights, rate: 1 << 28, margin: -300 }
    };
    let answers = |count: usize, slice: usize| {
        let mut shards = village.shards(count);
        total(&deal, &mut shards, slice);
        let slopes = total(&sweep, &mut shards, slice);
        let scores = total(&score, &mut shards, slice);
        let counted = (total(&tiers, &mut shards, slice), total(&census, &mut shards, slice));
        let sample = total(&known, &mut shards, slice);
        (slopes, scores, counted, total(&near(sample.clone()), &mut shards, slice), sample)
    };
    let whole = answers(1, 1 << 14);
    for (shards, slice) in [(1, 61), (2, 1_000), (3, 100), (7, 16), (16, 1_000)] {
        assert!(answers(shards, slice) == whole, "{shards} shards in slices of {slice}");
    }
}

/// The usual plan with this model.
fn by(model: Model) -> LookalikePlan {
    LookalikePlan { model, ..LookalikePlan::default() }
}

#[test]
fn every_split_gives_the_same_report() {
    let some = [Model::Scorecard, Model::Boosted, Model::Forest, Model::Nearest, Model::Tgi, Model::Auto];
    for (model, people) in some.map(|model| (model, if model == Model::Scorecard { 3_000 } else { 250 })) {
        let village = village(people, 1.0, 5);
        let one = ask(&village, 1, &by(model)).expect("a report");
        assert!(one.model.starts_with(model.name()), "{}", one.model);
        for shards in [2, 3, 7] {
            let other = ask(&village, shards, &by(model)).expect("a report");
            assert_eq!(other, one);
            assert_eq!(serde_json::to_string(&other).ok(), serde_json::to_string(&one).ok());
        }
    }
}

/// The plain models see what is planted, and name rates there are; control: noise.
#[test]
fn plain_models_find_a_planted_signal_and_name_its_rate() {
    for model in [Model::Nearest, Model::Tgi, Model::Forest] {
        let report = ask(&village(3_000, 1.0, 6), 2, &by(model)).expect("a report");
        assert!(report.auc > 0.6, "{model:?}: {}", report.auc);
        assert!(report.calibration.error < 0.05, "{model:?}: {}", report.calibration.error);
        let pulls = |value: &str| {
            report.reasons.iter().find(|r| r.feature == "city" && r.value == value).map_or(0.0, |r| r.weight)
        };
        assert!(pulls("v1") > 0.0 && pulls("v2") < 0.0, "{model:?}");
        let noise = ask(&village(3_000, 0.0, 11), 2, &by(model)).expect("a report").auc;
        assert!((noise - 0.5).abs() < 0.05, "{model:?}: {noise}");
    }
}

/// Two columns that say nothing alone and everything together; control: the scorecard cannot see it.
#[test]
fn trees_find_what_only_two_columns_together_say() {
    let mut village = village(1_500, 0.0, 7);
    let mut dice = Dice(8);
    for person in &mut village.people {
        let both = (person.codes[0][0] <= 2) == (person.codes[1][0] <= 3);
        person.seed = dice.unit() < if both { 0.4 } else { 0.1 };
    }
    let auc = |model| ask(&village, 2, &by(model)).expect("a report").auc;
    let (trees, card) = (auc(Model::Boosted), auc(Model::Scorecard));
    assert!(trees > 0.65 && card < 0.55, "{trees} and {card}");
}

#[test]
fn trees_give_reasons_and_see_nothing_in_noise() {
    let report = ask(&village(3_000, 1.0, 6), 2, &by(Model::Boosted)).expect("a report");
    let pulls = |feature: &str, value: &str| {
        report.reasons.iter().find(|r| r.feature == feature && r.value == value).map_or(0.0, |r| r.weight)
    };
    assert!(report.auc > 0.66, "{}", report.auc);
    assert!(pulls("city", "v1") > 0.3 && pulls("city", "v2") < -0.3 && pulls("likes", "v3") > 0.3);
    let noise = |dice| ask(&village(800, 0.0, dice), 2, &by(Model::Boosted)).expect("a report").auc;
    let mean = (noise(11) + noise(12) + noise(13)) / 3.0;
    assert!((mean - 0.5).abs() < 0.06, "{mean}");
}

#[test]
fn auto_takes_the_model_that_sees_more_and_says_so() {
    let mut village = village(1_500, 0.0, 7);
    let mut dice = Dice(8);
    for person in &mut village.people {
        let both = (person.codes[0][0] <= 2) == (person.codes[1][0] <= 3);
        person.seed = dice.unit() < if both { 0.4 } else { 0.1 };
    }
    let mut shards = village.shards(2);
    let report = on(&mut shards, &village.schema, &by(Model::Auto)).expect("a report");
    let board: BTreeMap<&str, f64> = report.leaderboard.iter().map(|s| (s.model.as_str(), s.share)).collect();
    assert!(report.auc > 0.65 && board["boosted"] >= 0.75, "{} {board:?}", report.auc);
    assert!(report.model.contains("boosted"), "{}", report.model);
    let best = report.leaderboard[1..].iter().map(|s| s.auc).fold(0.0, f64::max);
    assert!(report.leaderboard[0].model == "auto" && report.leaderboard[0].auc > best - 0.02);
    let kept: Vec<&String> = shards[0].measures.keys().collect();
    assert_eq!(kept, [FOLD, SCORE], "what was compared is forgotten");
}

/// Weighing and mixing read what others wrote: over any split the same.
#[test]
fn blends_give_one_total_over_any_split() {
    let village = village(500, 1.0, 18);
    let (_, deal) = folds::questions_for_laws();
    let mut dice = Dice(19);
    let places = 1 + 6 + 9 + 10;
    let weights: Vec<i32> = (0..places * 2).map(|_| dice.below(2_000_000) as i32 - 1_000_000).collect();
    let score = |into: String, turn: usize| {
        let mut weights = weights.clone();
        weights.rotate_left(turn);
        Score { into, features: vec![0, 1, 2], shift: 20, folds: vec![0, 1], weights }
    };
    let weigh = blend::Weigh { models: 2, folds: vec![0, 1] };
    let grid = blend::grid(2);
    let mix = blend::Mix { blends: vec![(0, grid[1].clone()), (1, grid[4].clone())] };
    let answers = |count: usize, slice: usize| {
        let mut shards = village.shards(count);
        total(&deal, &mut shards, slice);
        for (model, inner) in [(0, false), (0, true), (1, false), (1, true)] {
            let turn = 2 * model + usize::from(inner);
            total(&score(blend::measure(model, inner), turn), &mut shards, slice);
        }
        (total(&weigh, &mut shards, slice), total(&mix, &mut shards, slice))
    };
    let whole = answers(1, 1 << 14);
    assert!(whole.0.0.iter().all(|&loss| loss > 0));
    for (shards, slice) in [(2, 1_000), (3, 61), (7, 16)] {
        assert!(answers(shards, slice) == whole, "{shards} shards in slices of {slice}");
    }
}

#[test]
fn trees_and_blends_take_any_number_of_folds() {
    let village = village(400, 1.0, 17);
    for (folds, model) in [(2, Model::Auto), (3, Model::Auto), (7, Model::Boosted)] {
        let report = ask(&village, 2, &LookalikePlan { folds, ..by(model) }).expect("a report");
        assert!(report.auc > 0.55, "{folds} folds: {}", report.auc);
    }
}

#[test]
fn a_planted_signal_is_found() {
    let village = village(6_000, 1.0, 6);
    let mut shards = village.shards(3);
    let report = on(&mut shards, &village.schema, &by(Model::Scorecard)).expect("a report");
    assert!(report.auc > 0.68 && report.auc_interval.0 > 0.6, "{}", report.auc);
    assert!(report.converged && report.passes < 80, "{} passes", report.passes);
    assert_eq!(report.verdict.light, "green");
    let pulls = |feature: &str, value: &str| {
        report.reasons.iter().find(|r| r.feature == feature && r.value == value).map_or(0.0, |r| r.weight)
    };
    assert!(pulls("city", "v1") > 0.5 && pulls("city", "v2") < -0.5 && pulls("likes", "v3") > 0.4);
    let why: Vec<_> = report.left_out.iter().map(|l| (l.feature.as_str(), l.why.as_str())).collect();
    assert_eq!(why, [("same", "constant"), ("empty", "all-missing"), ("first_party.paid", "first-party")]);
    tiers_are_exact(&report, &shards);
    figures_agree_with_the_scores(&report, &shards);
}

fn tiers_are_exact(report: &LookalikeReport, shards: &[Shard]) {
    let count = |expr: &Expr| -> u64 { shards.iter().map(|s| s.crowd(expr).expect("a crowd").count()).sum() };
    let mut taken = 0;
    for (tier, share) in report.tiers.iter().zip([1.0, 5.0, 10.0, 20.0]) {
        assert_eq!(count(&tier.crowd), tier.people, "{}", tier.name);
        taken += tier.people;
        assert_eq!(taken, (report.rest_people as f64 * share / 100.0 + 0.5) as u64);
        assert!(tier.lift_low <= tier.lift && tier.lift <= tier.lift_high);
    }
    assert_eq!(
        report.tiers.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(),
        ["top 1%", "1–5%", "5–10%", "10–20%"]
    );
    assert!(report.tiers[0].lift > report.tiers[3].lift && !report.tiers[0].like_previous);
    assert!(!report.tiers[1].reasons.is_empty());
    assert_eq!(report.cuts.len(), 1_000);
    for at in [0, 499, 999] {
        let top = Expr::Top { measure: SCORE.into(), cut: report.cuts[at].clone() };
        let crowd = Expr::Minus { from: Box::new(top), take: Box::new(Expr::Seed) };
        let wanted = (report.rest_people as f64 * (at + 1) as f64 / 1_000.0 + 0.5) as u64;
        assert_eq!(count(&crowd), wanted.max(1));
    }
}

/// Pairs of seed and rest, one by one.
fn figures_agree_with_the_scores(report: &LookalikeReport, shards: &[Shard]) {
    let (mut seed, mut rest, mut folds) = (Vec::new(), Vec::new(), std::collections::BTreeMap::new());
    for shard in shards {
        for (i, &score) in shard.measures[SCORE].iter().enumerate() {
            if shard.seed.has(i) { &mut seed } else { &mut rest }.push(score);
            let fold: &mut (i64, i64) = folds.entry(shard.measures[FOLD][i]).or_default();
            *if shard.seed.has(i) { &mut fold.0 } else { &mut fold.1 } += 1;
        }
    }
    rest.sort_unstable();
    let twice: usize =
        seed.iter().map(|s| rest.partition_point(|r| r < s) + rest.partition_point(|r| r <= s)).sum();
    let auc = twice as f64 / (2 * seed.len() * rest.len()) as f64;
    assert!((report.auc - auc).abs() < 1e-12);
    assert_eq!(folds.len(), 5);
    let (first, all) = (folds[&0], folds.values());
    assert!(all.clone().all(|f| (f.0 - first.0).abs() <= 1 && (f.1 - first.1).abs() <= 1), "{folds:?}");
}

#[test]
fn noise_is_red() {
    for dice in [11, 12, 13] {
        let report = ask(&village(4_000, 0.0, dice), 2, &LookalikePlan::default()).expect("a report");
        assert!(report.auc_interval.0 <= 0.5 && report.auc_interval.1 >= 0.5, "{:?}", report.auc_interval);
        assert_eq!((report.verdict.light.as_str(), report.verdict.code.as_str()), ("red", "auc-uncertain"));
    }
}

#[test]
fn given_folds_are_used_and_checked() {
    let mut village = village(2_000, 1.0, 14);
    village.people.iter_mut().enumerate().for_each(|(i, p)| p.fold = Some([3, 200, 9][i % 3]));
    let mut shards = village.shards(2);
    let report = on(&mut shards, &village.schema, &LookalikePlan::default()).expect("a report");
    assert!(report.auc > 0.6);
    for shard in &shards {
        let given = shard.people.folds.as_ref().expect("given");
        assert!(shard.measures[FOLD].iter().zip(given).all(|(a, b)| *a == i32::from(*b)));
    }
    village.people.iter_mut().for_each(|p| p.fold = Some(1));
    assert_eq!(kind(ask(&village, 2, &LookalikePlan::default())), Some(Kind::FoldsUnusable));
    village.people.iter_mut().enumerate().for_each(|(i, p)| p.fold = Some((i % 17) as u8));
    assert_eq!(kind(ask(&village, 2, &LookalikePlan::default())), Some(Kind::FoldsUnusable));
    village.people.iter_mut().for_each(|p| p.fold = Some(u8::from(p.seed)));
    assert_eq!(kind(ask(&village, 2, &LookalikePlan::default())), Some(Kind::FoldsUnusable));
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let plan = LookalikePlan::default();
    let with_seed = |of: &dyn Fn(usize) -> bool| {
        let mut village = village(300, 1.0, 15);
        village.people.iter_mut().enumerate().for_each(|(i, p)| p.seed = of(i));
        kind(ask(&village, 2, &plan))
    };
    assert_eq!(with_seed(&|_| false), Some(Kind::SeedEmpty));
    assert_eq!(with_seed(&|_| true), Some(Kind::SeedEveryone));
    assert_eq!(with_seed(&|i| i < 9), Some(Kind::SeedTooSmall));
    assert_eq!(with_seed(&|i| i < 10), None);
    assert_eq!(with_seed(&|i| i != 5), None, "one person outside is enough");
    let village = village(300, 1.0, 16);
    let refused = |plan: LookalikePlan| {
        ask(&village, 2, &plan).err().map(|e| (e.kind, e.at.column.unwrap_or_default()))
    };
    let range = |name: &str| Some((Kind::OutOfRange, name.to_string()));
    let plan = LookalikePlan::default;
    for l2 in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refused(LookalikePlan { l2, ..plan() }), range("l2"));
    }
    assert_eq!(refused(LookalikePlan { folds: 1, ..plan() }), range("folds"));
    assert_eq!(refused(LookalikePlan { folds: 17, ..plan() }), range("folds"));
    for tiers in [vec![5.0, 1.0], vec![0.0], vec![101.0], vec![f64::NAN]] {
        assert_eq!(refused(LookalikePlan { tiers, ..plan() }), range("tiers"));
    }
    let without = |names: &[&str]| names.iter().map(|n| n.to_string()).collect();
    let all = LookalikePlan { without: without(&["city", "age", "likes"]), ..plan() };
    assert_eq!(refused(all).map(|r| r.0), Some(Kind::NoFeatures));
    let unknown = LookalikePlan { without: without(&["ctiy"]), ..plan() };
    assert_eq!(refused(unknown), Some((Kind::ColumnMissing, "ctiy".into())));
}

/// The plain twin: Newton's method on the dense matrix in floats.
fn newton(village: &Village, features: &[usize], l2: f64) -> Vec<f64> {
    let (columns, places) = sweep::placed(features, &village.schema.starts);
    let rows: Vec<(Vec<usize>, f64)> = village
        .people
        .iter()
        .map(|p| {
            let bins =
                columns.iter().flat_map(|&(f, start)| p.codes[f].iter().map(move |&c| start + c as usize));
            (std::iter::once(0).chain(bins).collect(), f64::from(u8::from(p.seed)))
        })
        .collect();
    let tally = total(&Survey { learners: false }, &mut village.shards(1), 1 << 14);
    let ridge = ridge::Ridge::new(&village.schema, &columns, places, &tally, l2);
    let mut w = vec![0.0; places];
    for _ in 0..30 {
        let mut slope = ridge.slope(&w);
        let mut steep: Vec<Vec<f64>> =
            (0..places).map(|a| (0..places).map(|b| ridge.between(a, b)).collect()).collect();
        (0..places).for_each(|p| steep[p][p] += 1e-12);
        for (bins, y) in &rows {
            let p = num::logistic(bins.iter().map(|&b| w[b]).sum());
            for &a in bins {
                slope[a] += p - y;
                bins.iter().for_each(|&b| steep[a][b] += p * (1.0 - p));
            }
        }
        let step = solve(steep, slope);
        w.iter_mut().zip(&step).for_each(|(w, s)| *w -= s);
    }
    w
}

fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let pivot = a[k].clone();
        for i in (0..n).filter(|&i| i != k) {
            let times = a[i][k] / pivot[k];
            a[i].iter_mut().zip(&pivot).for_each(|(x, p)| *x -= times * p);
            b[i] -= times * b[k];
        }
    }
    (0..n).map(|k| b[k] / a[k][k]).collect()
}

/// The scorecard of everyone, fitted this close.
fn fitted_card(village: &Village, l2: f64, close: f64) -> (f64, Vec<f64>) {
    let schema = village.schema.clone();
    let fitted = run(&mut village.shards(3), &QUESTIONS, |desk| async move {
        let tally = desk.sum(&Survey { learners: false }).await?;
        let plan = LookalikePlan { l2, ..LookalikePlan::default() };
        let folds = folds::deal(&desk, &plan, &tally).await?;
        let (features, _) = survey::choose(&schema, &plan, &tally)?;
        let design = Design::new(&schema, features, &plan, close, &tally);
        let fitted = design.fit(&desk, &folds::without(&folds, false), 0.0).await?;
        Ok::<_, Error>(carded(&schema, &design.columns, &fitted.full))
    });
    let card = fitted.expect("a fit");
    let real = |steps: i32| f64::from(steps) / f64::from(1 << 20);
    (real(card.intercept), card.weights.into_iter().map(real).collect())
}

#[test]
fn the_fit_agrees_with_its_plain_twin() {
    for (l2, dice) in [(1.0, 21), (0.05, 22), (30.0, 23)] {
        let village = village(1_500, 1.0, dice);
        let (close, usual) = (fitted_card(&village, l2, 1e-4), fitted_card(&village, l2, lane::CLOSE));
        let twin = newton(&village, &[0, 1, 2], l2);
        for (bin, weight) in close.1[..25].iter().enumerate() {
            assert!(
                (weight - twin[bin + 1]).abs() < 3e-4,
                "l2 {l2}, bin {bin}: {weight} for {}",
                twin[bin + 1]
            );
        }
        let starts = &village.schema.starts;
        for person in &village.people[..200] {
            let bins: Vec<usize> = (0..3)
                .flat_map(|f| person.codes[f].iter().map(move |&c| starts[f] + usize::from(c)))
                .collect();
            let chance =
                |card: &(f64, Vec<f64>)| num::logistic(card.0 + bins.iter().map(|&b| card.1[b]).sum::<f64>());
            let truth = num::logistic(twin[0] + bins.iter().map(|&b| twin[b + 1]).sum::<f64>());
            assert!((chance(&close) - truth).abs() < 1e-4, "l2 {l2}: {} for {truth}", chance(&close));
            assert!((chance(&usual) - truth).abs() < 1e-2, "l2 {l2}: {} for {truth}", chance(&usual));
        }
    }
}

#[test]
fn a_perfect_separation_stays_within_bounds() {
    let mut village = village(2_000, 1.0, 24);
    village.people.iter_mut().for_each(|p| p.seed = p.codes[0] == [2]);
    let plan = LookalikePlan { l2: 1e-6, ..LookalikePlan::default() };
    let report = ask(&village, 2, &plan).expect("a report");
    assert!(report.auc > 0.999, "{}", report.auc);
    assert!(match &report.kept.parts[0].form {
        Form::Card(card) => card.weights.iter().all(|w| w.abs() <= 32 << 20),
        Form::Trees(_) => false,
    });
}

mod held;
mod quality;
mod samples;
