use super::*;
use crate::error::Kind;
use crate::id::Key;
use crate::table::bits::Bits;
use crate::table::people::{Codes, People};
use crate::table::schema::{Feature, FeatureKind, Namespace, Schema};
use proptest::prelude::*;
use std::collections::BTreeMap;

const PEOPLE: usize = 200;

struct Town {
    people: People,
    seed: Bits,
    measures: BTreeMap<String, Vec<i32>>,
}

fn feature(column: &str, kind: FeatureKind, codes: usize) -> Feature {
    let labels = (0..codes).map(|c| if c == 0 { String::new() } else { format!("v{c}") }).collect();
    Feature { namespace: Namespace::Tags, column: column.into(), kind, labels, edges: vec![] }
}

/// 200 people: `city` of few codes, `shop` of many, `likes` of several per person, a score.
fn town() -> Town {
    let key = |i: usize| {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&(i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        Key(bytes)
    };
    let (mut starts, mut codes) = (vec![0], Vec::new());
    for i in 0..PEOPLE {
        codes.extend((0..=(i % 3) as u16).map(|c| 1 + c + (i % 2) as u16));
        starts.push(codes.len() as u32);
    }
    let people = People {
        keys: (0..PEOPLE).map(key).collect(),
        rows: (0..PEOPLE as u32).collect(),
        columns: vec![
            Codes::Narrow((0..PEOPLE).map(|i| (i % 4) as u8).collect()),
            Codes::Wide((0..PEOPLE).map(|i| (i * 7 % 300) as u16).collect()),
            Codes::Many { starts, codes },
        ],
        schema: Schema::new(vec![
            feature("city", FeatureKind::Category, 4),
            feature("shop", FeatureKind::Category, 300),
            feature("likes", FeatureKind::Multi, 6),
        ]),
        ..People::default()
    };
    let score = (0..PEOPLE).map(|i| (i * 13 % 40) as i32 - 20).collect();
    Town { people, seed: Bits::from_fn(PEOPLE, |i| i % 5 == 0), measures: [("score".into(), score)].into() }
}

/// The plain twin: one person, one question.
fn is_in(town: &Town, expr: &Expr, i: usize) -> bool {
    let key = town.people.keys[i];
    match expr {
        Expr::Everyone => true,
        Expr::Seed => town.seed.has(i),
        Expr::Tag { feature, values } => {
            let at =
                town.people.schema.features.iter().position(|f| f.column == *feature).expect("a feature");
            let mut found = false;
            let labels = &town.people.schema.features[at].labels;
            town.people.columns[at].of(i, |code| found |= values.contains(&labels[code]));
            found
        }
        Expr::Measure { measure, from, to } => (*from..=*to).contains(&town.measures[measure][i]),
        Expr::Top { measure, cut } => {
            rank(town.measures[measure][i], key) >= u64::from_str_radix(cut, 16).expect("hex")
        }
        Expr::And { of } => of.iter().all(|part| is_in(town, part, i)),
        Expr::Or { of } => of.iter().any(|part| is_in(town, part, i)),
        Expr::Minus { from, take } => is_in(town, from, i) && !is_in(town, take, i),
        Expr::Hash { seed, from, to } => (*from..*to).contains(&lot(*seed, key)),
    }
}

fn leaf() -> impl Strategy<Value = Expr> {
    let tag = |feature: &'static str, codes: usize| {
        prop::collection::vec(0..codes, 0..4).prop_map(move |picked| Expr::Tag {
            feature: feature.into(),
            values: picked.iter().map(|c| if *c == 0 { String::new() } else { format!("v{c}") }).collect(),
        })
    };
    prop_oneof![
        Just(Expr::Everyone),
        Just(Expr::Seed),
        tag("city", 4),
        tag("shop", 300),
        tag("likes", 6),
        (-25i32..20, 0i32..20).prop_map(|(from, more)| Expr::Measure {
            measure: "score".into(),
            from,
            to: from + more
        }),
        (0..PEOPLE).prop_map(|i| {
            let town = town();
            let cut = rank(town.measures["score"][i], town.people.keys[i]);
            Expr::Top { measure: "score".into(), cut: format!("{cut:016x}") }
        }),
        (0u32..5, 0u32..=LOTS, 0u32..=LOTS).prop_map(|(seed, a, b)| Expr::Hash {
            seed,
            from: a.min(b),
            to: a.max(b)
        }),
    ]
}

fn any_expr() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|of| Expr::And { of }),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|of| Expr::Or { of }),
            (inner.clone(), inner).prop_map(|(from, take)| from.minus(take)),
        ]
    })
}

fn who(town: &Town, expr: &Expr) -> crate::error::Result<Bits> {
    expr.people(&town.people, &town.seed, &town.measures)
}

proptest! {
    #[test]
    fn words_say_what_asking_one_by_one_says(expr in any_expr()) {
        let town = town();
        let plain = Bits::from_fn(PEOPLE, |i| is_in(&town, &expr, i));
        prop_assert_eq!(who(&town, &expr).expect("a set"), plain.clone());
        prop_assert_eq!(who(&town, &expr.clone().canonical()).expect("a set"), plain, "canonical");
        let text = serde_json::to_string(&expr).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Expr>(&text).expect("reads back"), expr);
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let town = town();
    let kind = |expr: &Expr| who(&town, expr).map_err(|e| e.kind);
    let hash = |from, to| Expr::Hash { seed: 1, from, to };
    assert_eq!(kind(&hash(5, 4)), Err(Kind::ExpressionInvalid));
    assert_eq!(kind(&hash(0, LOTS + 1)), Err(Kind::ExpressionInvalid));
    assert_eq!(
        kind(&Expr::Top { measure: "score".into(), cut: "0x1g".into() }),
        Err(Kind::ExpressionInvalid)
    );
    assert_eq!(kind(&Expr::Top { measure: "none".into(), cut: "0".into() }), Err(Kind::TooEarly));
    let tag = Expr::Tag { feature: "moon".into(), values: vec![] };
    assert_eq!(
        kind(&Expr::Or { of: vec![Expr::Everyone, tag] }),
        Err(Kind::ColumnMissing),
        "in a part never read"
    );
    for bad in [r#"{"is":"hash","seed":-1,"from":0,"to":1}"#, r#"{"is":"hash","seed":1}"#, r#"{"is":"dice"}"#]
    {
        assert!(serde_json::from_str::<Expr>(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_draw_takes_its_share_and_seeds_are_independent() {
    let draw = |seed: u32| {
        let key = |i: u64| Key((u128::from(i) * 0x1234_5678_9abc_def1).to_le_bytes());
        Bits::from_fn(100_000, move |i| lot(seed, key(i as u64)) < 500)
    };
    let (a, b) = (draw(1), draw(2));
    for n in [a.count(), b.count()] {
        assert!(n.abs_diff(5_000) < 350, "five standard errors: {n}");
    }
    let mut both = a.clone();
    both.and(&b);
    assert!(both.count().abs_diff(250) < 80, "{}", both.count());
    assert_eq!(a, draw(1));
    assert_eq!(lot(7, Key([1; 16])), 4_976, "the draw of people is part of the interface");
}

#[test]
fn an_expression_names_the_measures_it_leans_on() {
    let of = |measure: &str| Expr::Measure { measure: measure.into(), from: 1, to: 1 };
    let both =
        of("persona.fit.2").and(Expr::Top { measure: "score".into(), cut: "0".into() }).minus(Expr::Seed);
    assert_eq!(both.measures(), ["persona.fit.2", "score"]);
    assert!(both.uses("persona") && both.uses("score"));
    assert!(!both.uses("person") && !both.uses("persona.fit.20") && !both.uses("model"));
}
