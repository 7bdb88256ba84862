//! How long a live count takes: `cargo bench --bench crowds`. A nested expression of ten tags, with a base and a target
//! for the quality line, over 1 and 10 million people with 20 columns, in two shards on two threads; people are made
//! here so that every machine counts the same. Wanted: 50 ms and 300 ms.

use atoll::analysis::crowds::Regions;
use atoll::audience::Expr;
use atoll::id::Key;
use atoll::shard::{Analysis, Shard};
use atoll::table::bits::Bits;
use atoll::table::people::{Codes, People};
use atoll::table::schema::{Feature, FeatureKind, Namespace, Schema};
use std::time::Instant;

const COLUMNS: usize = 20;
const SLICE: usize = 1 << 14;

fn main() {
    for people in [1_000_000, 10_000_000] {
        let mut shards = [shard(people / 2, 1), shard(people / 2, 2)];
        let of = vec![ten(), Expr::Everyone, Expr::Seed];
        let mut counts = Vec::new();
        let times = (0..7).map(|_| {
            let start = Instant::now();
            counts = std::thread::scope(|scope| {
                let running: Vec<_> =
                    shards.iter_mut().map(|shard| scope.spawn(|| regions(shard, of.clone()))).collect();
                running.into_iter().map(|shard| shard.join().expect("a count")).collect()
            });
            start.elapsed().as_secs_f64() * 1e3
        });
        let mut times: Vec<f64> = times.collect();
        times.sort_by(f64::total_cmp);
        println!("{people} people: median {:.1} ms, worst {:.1} ms, {counts:?}", times[3], times[6]);
    }
}

fn regions(shard: &mut Shard, of: Vec<Expr>) -> usize {
    let question = Regions { of };
    let mut crowds = question.begin(shard).expect("known tags");
    let mut sum = Default::default();
    for from in (0..shard.people.len()).step_by(SLICE) {
        question.add(&mut crowds, shard, from..shard.people.len().min(from + SLICE), &mut sum);
    }
    crowds[0].count() as usize
}

/// `((c0 ∨ c1 ∨ m18) ∧ c2 ∧ (c3 ∨ c4 ∨ (c5 ∧ c6))) ∖ (c7 ∨ (c8 ∧ m19))`, every tag of two values.
fn ten() -> Expr {
    let tag = |f: usize| Expr::Tag { feature: format!("c{f}"), values: vec!["v1".into(), "v4".into()] };
    let or = |of: Vec<Expr>| Expr::Or { of };
    let left = or(vec![tag(3), tag(4), tag(5).and(tag(6))]);
    let kept = Expr::And { of: vec![or(vec![tag(0), tag(1), tag(18)]), tag(2), left] };
    kept.minus(or(vec![tag(7), tag(8).and(tag(19))]))
}

/// Sixteen narrow columns, two wide, two of several labels.
fn shard(people: usize, seed: u64) -> Shard {
    let mut state = seed;
    let mut dice = move || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 33) as u32
    };
    let columns = (0..COLUMNS).map(|f| match f {
        0..16 => Codes::Narrow((0..people).map(|_| (dice() % 12) as u8).collect()),
        16..18 => Codes::Wide((0..people).map(|_| (dice() % 400) as u16).collect()),
        _ => {
            let starts = (0..=people as u32).map(|i| 2 * i).collect();
            Codes::Many { starts, codes: (0..2 * people).map(|_| (dice() % 20) as u16).collect() }
        }
    });
    let mut shard = Shard::new(0, 1);
    shard.seed = Bits::from_fn(people, |i| i % 7 == 0);
    shard.people = People {
        columns: columns.collect(),
        keys: (0..people as u128).map(|i| Key(i.to_le_bytes())).collect(),
        rows: (0..people as u32).collect(),
        schema: Schema::new((0..COLUMNS).map(feature).collect()),
        ..People::default()
    };
    shard
}

fn feature(f: usize) -> Feature {
    let codes = if (16..18).contains(&f) { 400 } else { 20 };
    let labels = (0..codes).map(|c| if c == 0 { String::new() } else { format!("v{c}") }).collect();
    Feature {
        namespace: Namespace::Tags,
        column: format!("c{f}"),
        kind: if f < 18 { FeatureKind::Category } else { FeatureKind::Multi },
        labels,
        edges: vec![],
    }
}
