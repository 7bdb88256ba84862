//! Quality on real tables and speed on large ones. Not part of the suite: they need `../shared/data` and time.
//! `cargo test --release --lib lookalike::tests::quality -- --ignored --nocapture`

use super::*;
use crate::shard::select::{of_number, to_number};
use crate::table::bits::Bits;
use crate::table::people::{Codes, People};
use crate::table::schema::Feature;
use std::collections::BTreeMap;

/// Seconds this thread has been on a processor: fair on a machine that is shared (Linux).
fn clock() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn rows(path: &str) -> Option<Vec<Vec<String>>> {
    let text = std::fs::read(path).ok()?;
    let (mut reader, mut rows) = (csv_core::Reader::new(), Vec::new());
    let (mut out, mut ends, mut rest) = (vec![0; 1 << 16], vec![0; 256], &text[..]);
    loop {
        let (result, used, _, columns) = reader.read_record(rest, &mut out, &mut ends);
        rest = &rest[used..];
        match result {
            csv_core::ReadRecordResult::Record => {
                let from = |i: usize| if i == 0 { 0 } else { ends[i - 1] };
                let cell = |i: usize| String::from_utf8_lossy(&out[from(i)..ends[i]]).into_owned();
                rows.push((0..columns).map(cell).collect());
            }
            csv_core::ReadRecordResult::End => return Some(rows),
            _ => {}
        }
    }
}

/// A column as codes: numbers of more than 20 values in `bins` quantile bins, else labels; `|` separates.
fn column(name: &str, cells: &[&str], bins: usize) -> (Feature, Vec<Vec<u16>>) {
    let split = |cell: &str| -> Vec<String> {
        let parts = cell.split('|').filter(|p| !p.is_empty()).map(String::from);
        parts.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    };
    let multi = cells.iter().any(|c| c.contains('|'));
    let numbers: Option<Vec<u64>> =
        cells.iter().filter(|c| !c.is_empty()).map(|c| c.parse().ok().map(of_number)).collect();
    if let (false, Some(mut sorted)) = (multi, numbers) {
        sorted.sort_unstable();
        let mut edges: Vec<u64> = (0..bins).map(|b| sorted[sorted.len() * b / bins]).collect();
        edges.dedup();
        let code = |c: &&str| {
            let number = c.parse().ok().map(of_number);
            vec![number.map_or(0, |x| edges.partition_point(|&e| e <= x) as u16)]
        };
        let mut feature = feature(name, FeatureKind::Number, edges.len() + 1);
        feature.edges = edges.iter().map(|&e| to_number(e)).collect();
        return (feature, cells.iter().map(code).collect());
    }
    let mut labels: BTreeMap<String, u16> = BTreeMap::new();
    cells.iter().flat_map(|c| split(c)).for_each(|label| {
        let next = labels.len() as u16 + 1;
        labels.entry(label).or_insert(next);
    });
    let codes = cells.iter().map(|c| {
        let mut codes: Vec<u16> = split(c).iter().map(|l| labels[l]).collect();
        codes.sort_unstable();
        if codes.is_empty() { vec![0] } else { codes }
    });
    let kind = if multi { FeatureKind::Multi } else { FeatureKind::Category };
    (feature(name, kind, labels.len() + 1), codes.collect())
}

fn table(name: &str, bins: usize) -> Option<Village> {
    let root = std::env::var("ATOLL_DATA").unwrap_or_else(|_| "../shared/data".into());
    let (table, folds) =
        (rows(&format!("{root}/{name}/table.csv"))?, rows(&format!("{root}/{name}/folds.csv"))?);
    let body = &table[1..];
    let mut features = Vec::new();
    let mut people: Vec<Villager> = body
        .iter()
        .zip(&folds[1..])
        .map(|(row, fold)| Villager { seed: row[1] == "1", fold: fold[1].parse().ok(), codes: Vec::new() })
        .collect();
    for c in 2..table[0].len() {
        let cells: Vec<&str> = body.iter().map(|row| row[c].as_str()).collect();
        let (feature, codes) = column(&table[0][c], &cells, bins);
        features.push(feature);
        people.iter_mut().zip(codes).for_each(|(p, codes)| p.codes.push(codes));
    }
    Some(Village { schema: Schema::new(features), people })
}

fn auc_by_fold(shards: &[Shard]) -> f64 {
    let mut folds: BTreeMap<i32, BTreeMap<i32, (u64, u64)>> = BTreeMap::new();
    for shard in shards {
        for (i, &score) in shard.measures[SCORE].iter().enumerate() {
            let counts = folds.entry(shard.measures[FOLD][i]).or_default().entry(score).or_default();
            *if shard.seed.has(i) { &mut counts.0 } else { &mut counts.1 } += 1;
        }
    }
    let auc = |scores: &BTreeMap<i32, (u64, u64)>| {
        let (seed, rest): (Vec<u64>, Vec<u64>) = scores.values().copied().unzip();
        num::auc_from_histogram(&seed, &rest)
    };
    folds.values().map(auc).sum::<f64>() / folds.len() as f64
}

#[test]
#[ignore = "needs ../shared/data"]
fn real_tables() {
    for (name, least) in
        [("bank", 0.793), ("telco", 0.846), ("fbpages", 0.954), ("campaign", 0.0), ("hillstrom", 0.0)]
    {
        for bins in [16, 20] {
            let Some(village) = table(name, bins) else { continue };
            let mut shards = village.shards(2);
            let from = clock();
            let report = on(&mut shards, &village.schema, &LookalikePlan::default()).expect("a report");
            let mean = auc_by_fold(&shards);
            println!(
                "{name} {bins} bins: pooled {:.4}, mean of folds {mean:.4}, lift at 1 % {:.2}, {} passes, converged {}, {:.2} CPU s",
                report.auc,
                report.lift["1%"].value,
                report.passes,
                report.converged,
                clock() - from
            );
            assert!(mean >= least && report.auc >= least, "{name}");
        }
    }
}

#[test]
#[ignore = "a measurement"]
fn speed() {
    let people = 1_000_000;
    let features: Vec<Feature> =
        (0..20).map(|f| feature(&format!("c{f}"), FeatureKind::Category, 21)).collect();
    let mut dice = Dice(1);
    let mut codes: Vec<Vec<u8>> = (0..20).map(|_| Vec::with_capacity(people)).collect();
    let mut seed = Vec::with_capacity(people);
    for _ in 0..people {
        let mut pull = -4.5;
        for (f, column) in codes.iter_mut().enumerate() {
            let code = 1 + dice.below(20);
            column.push(code as u8);
            pull += if (code + f as u64).is_multiple_of(4) { 0.5 } else { 0.0 };
        }
        seed.push(dice.unit() < num::logistic(pull));
    }
    let mut shard = Shard::new(0, 1);
    shard.seed = Bits::from_fn(people, |i| seed[i]);
    let schema = Schema::new(features);
    shard.people = People {
        keys: (0..people).map(crate::shard::testing::key).collect(),
        columns: codes.into_iter().map(Codes::Narrow).collect(),
        schema: schema.clone(),
        ..People::default()
    };
    let mut shards = [shard];
    let from = clock();
    let report = on(&mut shards, &schema, &LookalikePlan::default()).expect("a report");
    let whole = clock() - from;
    println!("1 M x 20: {whole:.2} CPU s, {} passes, AUC {:.4}", report.passes, report.auc);
    let places = 1 + 20 * 21;
    for lanes in [1, 6, 11, 17] {
        let without = (0..lanes).map(|l| [l as i32 - 1, -1]).collect();
        let weights = vec![12_345; places * lanes];
        let sweep = sweep::Sweep { features: (0..20).collect(), shift: 20, without, weights };
        let from = clock();
        total(&sweep, &mut shards, 1 << 14);
        println!("one pass of {lanes} lanes: {:.3} CPU s", clock() - from);
    }
}
