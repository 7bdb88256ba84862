//! What L1 and orders hold scorecards to: conditions of the optimum, the best of all feasible cards, and what refuses.

use super::*;

/// A plan of a scorecard held this way.
fn held(l1: f64, monotone: &[(&str, Trend)]) -> LookalikePlan {
    let monotone = monotone.iter().map(|(name, trend)| (name.to_string(), *trend)).collect();
    LookalikePlan { l1, monotone, ..by(Model::Scorecard) }
}

/// A fit of everyone, by places: its weights, the passes and whether it converged.
fn fit(village: &Village, plan: &LookalikePlan, close: f64) -> (Vec<f64>, u32, bool) {
    let (schema, plan) = (village.schema.clone(), plan.clone());
    let fitted = run(&mut village.shards(2), &QUESTIONS, |desk| async move {
        let tally = desk.sum(&Survey { learners: false }).await?;
        let folds = folds::deal(&desk, &plan, &tally).await?;
        let (features, _) = survey::choose(&schema, &plan, &tally)?;
        let design = Design::new(&schema, features, &plan, close, &tally);
        design.fit(&desk, &folds::without(&folds, false), 0.0).await
    });
    let fitted = fitted.expect("a fit");
    (fitted.full, fitted.passes, fitted.converged)
}

/// The objective in floats, person by person.
struct Plain {
    rows: Vec<(Vec<usize>, f64)>,
    ridge: ridge::Ridge,
    places: usize,
}

impl Plain {
    fn new(village: &Village, l2: f64) -> Plain {
        let tally = total(&Survey { learners: false }, &mut village.shards(1), 1 << 14);
        let (features, _) =
            survey::choose(&village.schema, &LookalikePlan::default(), &tally).expect("features");
        let (columns, places) = sweep::placed(&features, &village.schema.starts);
        let row = |p: &Villager| {
            let bins =
                columns.iter().flat_map(|&(f, start)| p.codes[f].iter().map(move |&c| start + c as usize));
            (std::iter::once(0).chain(bins).collect(), f64::from(u8::from(p.seed)))
        };
        let ridge = ridge::Ridge::new(&village.schema, &columns, places, &tally, l2);
        Plain { rows: village.people.iter().map(row).collect(), ridge, places }
    }
    fn logits<'a>(&'a self, w: &'a [f64]) -> impl Iterator<Item = (&'a [usize], f64, f64)> {
        self.rows.iter().map(move |(bins, y)| (&bins[..], *y, bins.iter().map(|&b| w[b]).sum::<f64>()))
    }
    /// Loss and ridge.
    fn cost(&self, w: &[f64]) -> f64 {
        let loss = |(_, y, z): (&[usize], f64, f64)| num::log1p(num::exp(z)) - y * z;
        self.logits(w).map(loss).sum::<f64>() + self.ridge.penalty(w)
    }
    /// Their slopes, and the steepness of every weight alone.
    fn slopes(&self, w: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut slope = self.ridge.slope(w);
        let mut steep: Vec<f64> = (0..self.places).map(|p| self.ridge.between(p, p)).collect();
        for (bins, y, z) in self.logits(w) {
            let p = num::logistic(z);
            bins.iter().for_each(|&b| {
                slope[b] += p - y;
                steep[b] += p * (1.0 - p);
            });
        }
        (slope, steep)
    }
    /// Newton's method with the weights of a group equal.
    fn pooled(&self, groups: &[usize], count: usize) -> Vec<f64> {
        let mut u = vec![0.0; count];
        let spread = |u: &[f64]| groups.iter().map(|&g| u[g]).collect::<Vec<f64>>();
        for _ in 0..12 {
            let w = spread(&u);
            let mut slope = vec![0.0; count];
            let mut steep = vec![vec![0.0; count]; count];
            (0..count).for_each(|g| steep[g][g] = 1e-12);
            for (a, by) in self.ridge.slope(&w).into_iter().enumerate() {
                slope[groups[a]] += by;
                (0..self.places).for_each(|b| steep[groups[a]][groups[b]] += self.ridge.between(a, b));
            }
            for (bins, y, z) in self.logits(&w) {
                let p = num::logistic(z);
                for &a in bins {
                    slope[groups[a]] += p - y;
                    bins.iter().for_each(|&b| steep[groups[a]][groups[b]] += p * (1.0 - p));
                }
            }
            let step = solve(steep, slope);
            u.iter_mut().zip(step).for_each(|(u, s)| *u -= s);
        }
        spread(&u)
    }
}

/// How far the conditions of Karush, Kuhn and Tucker are from holding, in standard errors of each weight, at worst: the
/// slope is −l1 · sign(w) where there is a weight, and at most l1 where there is none.
fn off(plain: &Plain, w: &[f64], l1: f64) -> f64 {
    let (slope, steep) = plain.slopes(w);
    let left = |p: usize| match (p, w[p]) {
        (0, _) => slope[0].abs(),
        (_, 0.0) => (slope[p].abs() - l1).max(0.0),
        (_, w) => (slope[p] + l1 * w.signum()).abs(),
    };
    (0..w.len()).map(|p| left(p) / num::sqrt(steep[p])).fold(0.0, f64::max)
}

fn zeros(w: &[f64]) -> usize {
    w[1..].iter().filter(|&&w| w == 0.0).count()
}

#[test]
fn the_lasso_holds_its_conditions() {
    let mut weightless = Vec::new();
    for (l1, l2, dice) in [(0.5, 1.0, 31), (4.0, 1e-6, 32), (15.0, 1.0, 33), (40.0, 5.0, 34)] {
        let village = village(1_500, 1.0, dice);
        let plan = LookalikePlan { l2, ..held(l1, &[]) };
        let plain = Plain::new(&village, l2);
        let (close, usual) = (fit(&village, &plan, 1e-3), fit(&village, &plan, lane::CLOSE));
        assert!(close.2 && usual.2 && usual.1 < 12, "{} and {} passes", close.1, usual.1);
        assert!(off(&plain, &close.0, l1) < 1e-3, "l1 {l1}: {}", off(&plain, &close.0, l1));
        assert!(off(&plain, &usual.0, l1) < lane::CLOSE, "l1 {l1}: {}", off(&plain, &usual.0, l1));
        let free = fit(&village, &LookalikePlan { l1: 0.0, ..plan }, 1e-3).0;
        assert!(off(&plain, &free, l1) > 0.3 * l1.min(1.0), "control: without L1 they do not hold");
        assert!(zeros(&close.0) > zeros(&free), "control: and without L1 more bins have a weight");
        weightless.push(zeros(&close.0));
    }
    assert!(weightless.is_sorted() && weightless[0] < 4 && weightless[3] > 20, "{weightless:?}");
}

/// With next to no ridge every column can move against the intercept, and only signs that turn end it.
#[test]
fn many_columns_that_say_the_same_are_no_trap() {
    let mut dice = Dice(36);
    let features: Vec<_> = (0..14).map(|f| feature(&format!("f{f}"), FeatureKind::Category, 4)).collect();
    let one = |_| {
        let kind = dice.below(3);
        let codes: Vec<u64> =
            (0..14).map(|_| 1 + if dice.below(3) == 0 { dice.below(3) } else { kind }).collect();
        let pull = codes.iter().filter(|&&c| c == 2).count() as f64 / 4.0;
        let seed = dice.unit() < num::logistic(pull - 2.0);
        Villager { seed, fold: None, codes: codes.into_iter().map(|c| vec![c as u16]).collect() }
    };
    let village = Village { people: (0..1_200).map(one).collect(), schema: Schema::new(features) };
    let plan = LookalikePlan { l2: 1e-6, ..held(3.0, &[]) };
    let plain = Plain::new(&village, plan.l2);
    let (w, passes, converged) = fit(&village, &plan, lane::CLOSE);
    assert!(converged && passes < 20, "{passes} passes");
    assert!(off(&plain, &w, 3.0) < lane::CLOSE && zeros(&w) > 20, "{} {}", off(&plain, &w, 3.0), zeros(&w));
}

#[test]
fn a_lasso_that_is_too_strong_leaves_nobody_a_weight() {
    let report = ask(&village(1_500, 1.0, 35), 2, &held(1e6, &[])).expect("a report");
    // Folds differ by a person at most, and so do their intercepts.
    assert!((report.auc - 0.5).abs() < 0.02 && report.converged, "{}", report.auc);
    assert_eq!(report.reasons, []);
}

/// A village of a number of five bins that first rises and then falls, with a category and missing values.
fn bent(people: usize) -> Village {
    let features = vec![feature("city", FeatureKind::Category, 4), feature("age", FeatureKind::Number, 6)];
    let mut dice = Dice(41);
    let one = |_| {
        let (city, age) = (1 + dice.below(3), dice.below(6));
        let pull = [0.0, 0.0, 1.0, 0.4, 0.6, -0.2][age as usize] + 0.5 * (city as f64 - 2.0);
        let seed = dice.unit() < num::logistic(pull - 1.0);
        Villager { seed, fold: None, codes: vec![vec![city as u16], vec![age as u16]] }
    };
    Village { people: (0..people).map(one).collect(), schema: Schema::new(features) }
}

/// Places of the ordered bins of the bent village's age: behind the intercept, the cities and the missing.
const AGE: std::ops::Range<usize> = 6..11;

fn follows(w: &[f64], trend: Trend) -> bool {
    w[AGE].is_sorted_by(|a, b| if trend == Trend::Up { a <= b } else { a >= b })
}

#[test]
fn a_monotone_card_is_the_best_of_all_that_are() {
    let village = bent(800);
    let plain = Plain::new(&village, 1.0);
    let free = fit(&village, &held(0.0, &[]), 1e-3).0;
    assert!(!follows(&free, Trend::Up) && !follows(&free, Trend::Down), "control: {:?}", &free[AGE]);
    for trend in [Trend::Up, Trend::Down] {
        let plan = held(0.0, &[("age", trend)]);
        let (w, passes, converged) = fit(&village, &plan, 1e-3);
        assert!(converged && passes < 15 && follows(&w, trend), "{passes}: {:?}", &w[AGE]);
        assert!(follows(&fit(&village, &plan, lane::CLOSE).0, trend));
        // Every way to pool neighbours, each fitted freely: the best in order is the best of all.
        let pooled = |joins: u32| {
            let mut groups: Vec<usize> = (0..=AGE.start).collect();
            for at in 0..4 {
                groups.push(groups[AGE.start + at] + usize::from(joins >> at & 1 == 0));
            }
            let w = plain.pooled(&groups, groups[10] + 1);
            follows(&w, trend).then(|| plain.cost(&w))
        };
        let all: Vec<f64> = (0..16).filter_map(pooled).collect();
        let best = all.iter().copied().fold(f64::MAX, f64::min);
        assert!((plain.cost(&w) - best).abs() < 1e-5, "{} for {best}", plain.cost(&w));
        assert!(plain.cost(&free) < best - 0.1, "control: the order costs something");
        assert!(all.iter().any(|cost| *cost > best + 0.1), "control: other pools are worse");
    }
}

/// Nothing the plan allows is better: what a fit leaves cannot fall along any way to other weights in order.
#[test]
fn lasso_and_order_together_are_at_their_optimum() {
    let village = bent(800);
    let plain = Plain::new(&village, 1.0);
    let mut dice = Dice(42);
    for (l1, trend) in [(1.0, Trend::Up), (6.0, Trend::Up), (2.0, Trend::Down), (20.0, Trend::Down)] {
        let w = fit(&village, &held(l1, &[("age", trend)]), 1e-3).0;
        assert!(follows(&w, trend) && zeros(&w) > 1, "{w:?}");
        let whole = |w: &[f64]| plain.cost(w) + l1 * w[1..].iter().map(|w| w.abs()).sum::<f64>();
        let here = whole(&w);
        for turn in 0..200 {
            let mut other: Vec<f64> = w.iter().map(|w| w + 0.2 * (dice.unit() - 0.5)).collect();
            if turn % 2 == 0 {
                other.iter_mut().zip(&w).for_each(|(o, w)| *o = if dice.below(3) == 0 { *o } else { *w });
            }
            let sign = if trend == Trend::Up { 1.0 } else { -1.0 };
            other[AGE].sort_by(|a, b| (sign * a).total_cmp(&(sign * b)));
            for share in [0.001, 0.05, 1.0] {
                let to: Vec<f64> = w.iter().zip(&other).map(|(a, b)| a + share * (b - a)).collect();
                assert!(whole(&to) > here - 1e-5, "{w:?} and {to:?}");
            }
        }
    }
}

#[test]
fn held_cards_are_the_same_over_any_split_and_keep_exact_zeros() {
    let village = village(1_200, 1.0, 43);
    let plan = held(8.0, &[("age", Trend::Down)]);
    let one = ask(&village, 1, &plan).expect("a report");
    for shards in [2, 3, 7] {
        assert_eq!(ask(&village, shards, &plan).expect("a report"), one);
    }
    let card = |report: &LookalikeReport| match &report.kept.parts[0].form {
        Form::Card(card) => card.weights.clone(),
        Form::Trees(_) => vec![],
    };
    // The village's age pulls up: held down, all that is left is level.
    let age = &card(&one)[7..15];
    assert!(age.windows(2).all(|two| two[0] >= two[1]), "{age:?}");
    assert!(card(&one)[..25].iter().filter(|&&w| w == 0).count() > 8, "{:?}", card(&one));
    let free = card(&ask(&village, 2, &by(Model::Scorecard)).expect("a report"));
    assert!(free[..25].iter().filter(|&&w| w == 0).count() < 3, "control: {free:?}");
    assert!(free[7..15].windows(2).any(|two| two[0] < two[1]), "control: {free:?}");
}

#[test]
fn auto_holds_its_scorecards() {
    let village = village(400, 1.0, 44);
    let plan = LookalikePlan { model: Model::Auto, ..held(3.0, &[("age", Trend::Down)]) };
    let report = ask(&village, 2, &plan).expect("a report");
    let mut cards = 0;
    for part in &report.kept.parts {
        if let Form::Card(card) = &part.form {
            cards += 1;
            assert!(card.weights[7..15].windows(2).all(|two| two[0] >= two[1]), "{}", part.name);
        }
    }
    assert!(cards > 0 && report.auc > 0.55, "{cards}: {}", report.auc);
}

#[test]
fn what_cannot_be_held_is_refused_by_name() {
    let village = village(300, 1.0, 45);
    let refused = |plan: &LookalikePlan| {
        ask(&village, 2, plan).err().map(|e| (e.kind, e.at.column.unwrap_or_default()))
    };
    for l1 in [-1.0, f64::NAN, f64::INFINITY, 2e6] {
        assert_eq!(refused(&held(l1, &[])), Some((Kind::OutOfRange, "l1".into())));
    }
    let up = |name| refused(&held(0.0, &[("age", Trend::Up), (name, Trend::Up)]));
    assert_eq!(up("agee"), Some((Kind::ColumnMissing, "agee".into())));
    assert_eq!(up("city"), Some((Kind::OutOfRange, "monotone.city".into())));
    assert_eq!(up("age"), None);
    let without = vec!["age".into()];
    assert_eq!(
        refused(&LookalikePlan { without, ..held(0.0, &[("age", Trend::Up)]) }),
        None,
        "it has no weights"
    );
}

#[test]
fn plans_say_what_holds_them_only_if_something_does() {
    let json = serde_json::to_string(&LookalikePlan::default()).expect("json");
    assert!(!json.contains("l1") && !json.contains("monotone"), "{json}");
    let plan = held(2.5, &[("age", Trend::Down)]);
    let json = serde_json::to_string(&plan).expect("json");
    assert!(json.contains(r#""l1":2.5"#) && json.contains(r#""monotone":{"age":"down"}"#), "{json}");
    assert_eq!(serde_json::from_str::<LookalikePlan>(&json).expect("a plan"), plan);
}
