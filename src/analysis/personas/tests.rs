//! Personas as a whole: the same for every split, recovered when planted, refused when there are none.

use super::merge::Settle;
use super::portrait::{Cosine, Ladder};
use super::ranks::{Pool, Ranks};
use super::round::{Group, Number, PART, Round};
use super::sample::Sample;
use super::space::Space;
use super::survey::Look;
use super::tally::Tally;
use super::*;
use crate::audience::Expr;
use crate::error::{Error, Kind};
use crate::num;
use crate::shard::Shard;
use crate::shard::laws;
use crate::shard::testing::{Dice, Village, Villager, feature, run};
use crate::table::bits::Bits;
use crate::table::people::{Codes, People};
use crate::table::schema::{FeatureKind, Namespace};
use std::collections::BTreeMap;

/// Six planted personas in twelve categories, two numbers and a multi-valued feature; missing values and
/// noise in each; two in three people are the seed.
fn city(people: usize) -> Village {
    let mut features: Vec<_> =
        (0..12).map(|f| feature(&format!("c{f}"), FeatureKind::Category, 4 + f % 5)).collect();
    features.push(feature("age", FeatureKind::Number, 9));
    features.push(feature("spend", FeatureKind::Number, 9));
    features.push(feature("likes", FeatureKind::Multi, 31));
    features.push(feature("empty", FeatureKind::Category, 3));
    let mut dice = Dice(11);
    let people = (0..people).map(|i| villager(&mut dice, planted(i), &features)).collect();
    Village { schema: Schema::new(features), people }
}

fn planted(i: usize) -> usize {
    i % 6
}

fn villager(dice: &mut Dice, persona: usize, features: &[crate::table::schema::Feature]) -> Villager {
    let one = |dice: &mut Dice, f: usize, codes: u64| match dice.below(100) {
        0..10 => 0,
        10..65 => 1 + Dice((persona * 100 + f) as u64).below(codes - 1) as u16,
        _ => 1 + dice.below(codes - 1) as u16,
    };
    let codes = features.iter().enumerate().map(|(f, feature)| match feature.kind {
        FeatureKind::Multi => likes(dice, persona),
        _ if feature.column == "empty" => vec![u16::from(dice.below(100) == 0)],
        _ => vec![one(dice, f, feature.codes() as u64)],
    });
    let codes = codes.collect();
    Villager { seed: dice.below(3) > 0, fold: None, codes }
}

fn likes(dice: &mut Dice, persona: usize) -> Vec<u16> {
    let mut likes: Vec<u16> = (0..dice.below(5))
        .map(|_| match dice.below(2) {
            0 => 1 + (persona * 5) as u16 + dice.below(5) as u16,
            _ => 1 + dice.below(30) as u16,
        })
        .collect();
    likes.sort();
    likes.dedup();
    if likes.is_empty() { vec![0] } else { likes }
}

mod stages;

fn plan(k: K, idf: bool) -> PersonasPlan {
    PersonasPlan { k, idf, ..PersonasPlan::default() }
}

/// The report and, by key, everyone's persona.
fn ask(
    village: &Village,
    shards: usize,
    plan: &PersonasPlan,
) -> Result<(PersonasReport, BTreeMap<[u8; 16], i32>)> {
    let mut shards = village.shards(shards);
    let (schema, plan) = (village.schema.clone(), plan.clone());
    let report =
        run(&mut shards, &QUESTIONS, |desk| async move { personas(&desk, &schema, &plan, None).await })?;
    let report = report.0;
    let mut everyone = BTreeMap::new();
    for shard in &shards {
        let values = shard.people.keys.iter().zip(shard.measures.get(PERSONA).into_iter().flatten());
        everyone.extend(values.map(|(key, &persona)| (key.0, persona)));
        let working = |name: &&String| !name.starts_with(PERSONA);
        assert_eq!(shard.measures.keys().find(working), None, "working measures stay behind");
    }
    Ok((report, everyone))
}

fn refusal(village: &Village, plan: &PersonasPlan) -> Error {
    ask(village, 2, plan).expect_err("refuses")
}

/// Agreement of the personas with the planted ones, over the crowd.
fn recovered(village: &Village, found: &BTreeMap<[u8; 16], i32>) -> f64 {
    let mut table = vec![vec![0u64; 21]; 6];
    for i in 0..village.people.len() {
        let persona = found[&crate::shard::testing::key(i).0];
        if persona > 0 {
            table[planted(i)][persona as usize] += 1;
        }
    }
    num::adjusted_rand_index(&table)
}

#[test]
fn every_split_of_the_people_gives_the_same_bytes() {
    let village = city(3_000);
    for plan in [plan(K::Given(6), true), plan(K::Given(5), false), plan(K::Auto, true)] {
        let (one, everyone) = ask(&village, 1, &plan).expect("a report");
        let bytes = serde_json::to_string(&one).expect("JSON");
        for shards in [2, 3, 7] {
            let (report, split) = ask(&village, shards, &plan).expect("a report");
            assert_eq!(serde_json::to_string(&report).expect("JSON"), bytes, "{shards} shards");
            assert_eq!(split, everyone, "{shards} shards");
        }
    }
}

#[test]
fn planted_personas_are_found_again() {
    let village = city(6_000);
    for plan in [plan(K::Given(6), true), plan(K::Given(6), false), plan(K::Auto, true)] {
        let (report, everyone) = ask(&village, 2, &plan).expect("a report");
        let agreement = recovered(&village, &everyone);
        assert!(report.k == 6 && agreement >= 0.9, "{plan:?}: {agreement} {:?}", report.choices);
    }
}

#[test]
fn the_report_adds_up() {
    let village = city(3_000);
    let (report, everyone) = ask(&village, 3, &plan(K::Given(6), true)).expect("a report");
    let seed = village.people.iter().filter(|p| p.seed).count() as u64;
    assert_eq!(report.people, seed);
    assert_eq!(report.clusters.iter().map(|c| c.people).sum::<u64>(), seed);
    assert!(report.clusters.windows(2).all(|w| w[0].people >= w[1].people));
    for cluster in &report.clusters {
        let people = everyone.values().filter(|&&p| p == i32::from(cluster.number)).count() as u64;
        assert_eq!(people, cluster.people);
        assert!(cluster.top.iter().all(|t| t.tgi >= 120.0 && t.share >= 0.1 && !t.value.is_empty()));
    }
    let mut names: Vec<_> = report.clusters.iter().map(|c| &c.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 6, "{names:?}");
    assert_eq!(report.map.points.len() as u64, seed.min(3_000));
    assert_eq!(report.map.centres.len(), 6);
    assert!(report.map.inertia.0 >= report.map.inertia.1 && report.map.inertia.1 > 0.0);
}

/// A cluster's place on the map is the mean place of its people, as long as everyone is on the map.
#[test]
fn centres_stand_among_their_people() {
    let village = city(3_000);
    let (report, _) = ask(&village, 2, &plan(K::Given(6), true)).expect("a report");
    for (cluster, centre) in report.clusters.iter().zip(&report.map.centres) {
        let own: Vec<_> = report.map.points.iter().filter(|p| p.2 == cluster.number).collect();
        let mean = |of: fn(&(f64, f64, u8)) -> f64| own.iter().map(|p| of(p)).sum::<f64>() / own.len() as f64;
        assert!((mean(|p| p.0) - centre.0).abs() < 0.1 && (mean(|p| p.1) - centre.1).abs() < 0.1);
    }
}

/// Two kinds of people, alike in nothing: one axis holds all inertia, and two clusters are perfect.
#[test]
fn two_kinds_of_people_are_one_axis_and_two_clusters() {
    let mut village = city(400);
    village.schema =
        Schema::new((0..2).map(|f| feature(&format!("c{f}"), FeatureKind::Category, 3)).collect());
    for (i, person) in village.people.iter_mut().enumerate() {
        *person = Villager { seed: true, fold: None, codes: vec![vec![1 + (i % 2) as u16]; 2] };
    }
    for idf in [true, false] {
        let (report, _) = ask(&village, 2, &plan(K::Auto, idf)).expect("a report");
        assert_eq!((report.k, report.choices[0].stability), (2, 1.0));
        // Fixed point leaves 10⁻⁷ of a squared distance between equals, so 3 × 10⁻⁴ of a distance.
        assert!(report.choices[0].silhouette > 0.999);
        assert!((report.map.inertia.0 - 1.0).abs() < 1e-9 && report.map.inertia.1.abs() < 1e-9);
        assert!(report.map.centres.iter().all(|c| c.0.abs() > 0.9 && c.1 == 0.0), "{:?}", report.map.centres);
    }
}

#[test]
fn refusals_have_their_code_and_place() {
    let mut village = city(60);
    let off = |k| refusal(&village, &plan(K::Given(k), true));
    for k in [0, 1, 21, 255] {
        assert_eq!(off(k), Error::new(Kind::OutOfRange).column("personas.k"));
    }
    let unknown = PersonasPlan { without: vec!["shoe".into()], ..plan(K::Given(2), true) };
    assert_eq!(refusal(&village, &unknown), Error::new(Kind::ColumnMissing).column("shoe"));
    let all = village.schema.features.iter().map(|f| f.name()).collect();
    let none = PersonasPlan { without: all, ..plan(K::Given(2), true) };
    assert_eq!(refusal(&village, &none).kind, Kind::NoFeatures);
    village.people.iter_mut().enumerate().for_each(|(i, p)| p.seed = i < 3);
    assert_eq!(refusal(&village, &plan(K::Given(4), true)).kind, Kind::TooFewToCluster);
    assert!(ask(&village, 7, &plan(K::Given(3), false)).is_ok());
    village.people.iter_mut().enumerate().for_each(|(i, p)| p.seed = i < 1);
    assert_eq!(refusal(&village, &plan(K::Auto, true)).kind, Kind::TooFewToCluster);
    village.people.iter_mut().for_each(|p| p.seed = false);
    assert_eq!(refusal(&village, &plan(K::Auto, true)).kind, Kind::SeedEmpty);
}

#[test]
fn fewer_different_people_than_clusters_give_fewer_clusters() {
    let mut village = city(300);
    let three = village.people[..3].to_vec();
    for (i, person) in village.people.iter_mut().enumerate() {
        *person = Villager { seed: true, ..three[i % 3].clone() };
    }
    for idf in [true, false] {
        let (report, _) = ask(&village, 3, &plan(K::Given(8), idf)).expect("a report");
        assert_eq!((report.k, report.clusters.len(), report.map.centres.len()), (3, 3, 3));
        assert!(report.inertia < 1e-6, "{}", report.inertia);
    }
    assert_eq!(ask(&village, 2, &plan(K::Auto, false)).expect("a report").0.k, 3);
}

#[test]
fn every_partial_obeys_the_laws() {
    let village = city(700);
    let mut look = Look::new(&Expr::Seed, 7, &village.schema);
    laws::hold(&look, &village);
    look = look.at_most(50);
    laws::hold(&look, &village);
    for idf in [true, false] {
        laws::hold(&first_round(&village, idf), &village);
    }
    laws::hold(&Number { numbers: vec![2, 1, 3] }, &village);
    stages::laws(&village);
}

fn first_round(village: &Village, idf: bool) -> Round {
    let survey = crate::shard::testing::total(
        &Look::new(&Expr::Seed, 7, &village.schema),
        &mut village.shards(1),
        999,
    );
    let space = Space::new(&village.schema, &plan(K::Given(3), idf), &survey, None).expect("a space");
    let sample = Sample::new(&space, survey.sample(&village.schema, &space.features, |b| space.counts(b)));
    let tables = sample.tables_of(&space, &[1, 2, 3]);
    Round { of: Expr::Seed, space, k: 3, tables, first: true }
}

/// Lloyd over everyone against the plain twin: centres as vectors of floats, distances coordinate by
/// coordinate.
#[test]
fn tables_give_the_nearest_centres_of_the_plain_twin() {
    let village = city(500);
    for idf in [true, false] {
        let round = first_round(&village, idf);
        let mut shards = village.shards(1);
        let people = &shards[0].people;
        let mut rows = rows::Rows::default();
        rows.fill(people, &round.space.features, &(0..people.len()).collect::<Vec<_>>());
        let sample = Sample::new(&round.space, rows);
        let vector = |i: usize| {
            let mut x = vec![0.0; round.space.bins()];
            for &bin in sample.rows.of(i) {
                let length = sample.scales[i] as f64 / round.space.unit();
                x[bin as usize] = round.space.weight(bin as usize) * length;
            }
            x
        };
        let apart = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        let centres = [4usize, 9, 200, 333];
        let tables = sample.tables_of(&round.space, &centres);
        tables.nearest(&sample.rows, &sample.scales, |i, found, score| {
            let d = sample.distance(i, score) as f64 / round.space.score_unit();
            let all: Vec<f64> = centres.iter().map(|&c| apart(&vector(i), &vector(c))).collect();
            let least = all.iter().copied().fold(f64::INFINITY, f64::min);
            assert!((d - least).abs() < 1e-4 && (all[found] - least).abs() < 1e-4, "{d} {all:?} {found}");
        });
        shards.clear();
    }
}

#[test]
fn first_party_labels_are_set_against_people_with_a_value() {
    let mut village = city(2_000);
    village.schema.features[0].namespace = Namespace::FirstParty;
    for person in &mut village.people {
        person.codes[0] = if person.seed { vec![1] } else { vec![0] };
    }
    let (report, _) = ask(&village, 2, &plan(K::Given(4), true)).expect("a report");
    let tops = report.clusters.iter().flat_map(|c| &c.top);
    assert!(tops.into_iter().all(|t| t.feature != "first_party.c0"));
}

/// Real tables, where the repository's neighbour has them.
fn table(name: &str) -> Option<Shard> {
    let folder = format!("{}/../shared/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(format!("{folder}/table.csv")).ok()?;
    let about: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(format!("{folder}/schema.json")).ok()?).ok()?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next()?.split(',').collect();
    let cells: Vec<Vec<&str>> = lines.map(cells).collect();
    let (mut features, mut columns) = (Vec::new(), Vec::new());
    for column in about["columns"].as_array()? {
        let at = header.iter().position(|h| *h == column["name"].as_str().unwrap_or_default())?;
        let values: Vec<&str> = cells.iter().map(|row| row[at]).collect();
        if column["kind"] == "multi" {
            let (codes, count) = several(&values);
            features.push(feature(header[at], FeatureKind::Multi, count));
            columns.push(codes);
            continue;
        }
        let edges: Option<Vec<f64>> =
            column["edges"].as_array().map(|edges| edges.iter().filter_map(|e| e.as_f64()).collect());
        let (codes, count) = coded(&values, edges);
        features.push(feature(header[at], FeatureKind::Category, count));
        columns.push(Codes::Wide(codes));
    }
    let keys: Vec<_> = (0..cells.len()).map(crate::shard::testing::key).collect();
    let mut shard = Shard::new(0, 1);
    shard.seed = Bits::all(keys.len());
    shard.people = People { keys, columns, schema: Schema::new(features), ..People::default() };
    Some(shard)
}

/// The cells of a line; a comma inside quotes is none.
fn cells(line: &str) -> Vec<&str> {
    let mut quoted = false;
    line.split(|c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(|cell| cell.trim_matches('"'))
    .collect()
}

/// Labels between bars; nobody has one twice.
fn several(values: &[&str]) -> (Codes, usize) {
    let split = |v: &&str| v.split('|').filter(|l| !l.is_empty()).map(str::to_string).collect::<Vec<_>>();
    let lists: Vec<Vec<String>> = values.iter().map(split).collect();
    let labels: std::collections::BTreeSet<&String> = lists.iter().flatten().collect();
    let labels: BTreeMap<&String, u16> = labels.into_iter().zip(1..).collect();
    let (mut starts, mut codes) = (vec![0], Vec::new());
    for list in &lists {
        let mut mine: Vec<u16> = list.iter().map(|label| labels[label]).collect();
        mine.sort_unstable();
        mine.dedup();
        codes.extend(if mine.is_empty() { vec![0] } else { mine });
        starts.push(codes.len() as u32);
    }
    (Codes::Many { starts, codes }, labels.len() + 1)
}

/// Empty is code 0; a number's code is one more than the edges it is at or above; a label's, its order.
fn coded(values: &[&str], edges: Option<Vec<f64>>) -> (Vec<u16>, usize) {
    if let Some(edges) = edges {
        let code = |v: &&str| {
            v.trim().parse::<f64>().map_or(0, |x| 1 + edges.iter().filter(|&&e| e <= x).count() as u16)
        };
        return (values.iter().map(code).collect(), edges.len() + 2);
    }
    let mut labels: Vec<&str> = values.iter().copied().filter(|v| !v.is_empty()).collect();
    labels.sort();
    labels.dedup();
    let code = |v: &&str| labels.binary_search(v).map_or(0, |at| at as u16 + 1);
    (values.iter().map(code).collect(), labels.len() + 1)
}

fn inertia(name: &str, k: u8) -> Option<f64> {
    let mut shards = vec![table(name)?];
    let schema = shards[0].people.schema.clone();
    let plan = plan(K::Given(k), false);
    let report =
        run(&mut shards, &QUESTIONS, |desk| async move { personas(&desk, &schema, &plan, None).await });
    Some(report.expect("a report").0.inertia)
}

/// Plain runs against scikit-learn 1.9.1, `KMeans(k, n_init=10, random_state=0)` on the one-hot matrix of the
/// same bins (missing included): the inertia may be half a percent higher, no more.
#[test]
fn inertia_is_that_of_scikit_learn() {
    for (name, k, theirs) in [
        ("telco", 4, 58_322.8),
        ("telco", 6, 55_107.9),
        ("bank", 6, 332_312.5),
        ("bank", 8, 305_004.9),
        ("campaign", 6, 32_656.6),
        ("campaign", 8, 32_116.1),
        ("hillstrom", 6, 280_540.7),
        ("hillstrom", 8, 268_261.6),
        ("fbpages", 4, 280_000.2),
        ("fbpages", 8, 271_752.5),
    ] {
        if let Some(ours) = inertia(name, k) {
            eprintln!("{name}, {k} clusters: {ours:.1}, {:+.3} %", 100.0 * (ours / theirs - 1.0));
            assert!(ours <= theirs * 1.005, "{name}, {k} clusters: {ours} against {theirs}");
        }
    }
}

/// CPU seconds of this thread (Linux), so that a busy machine does not count.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

fn time<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let (start, wall) = (cpu(), std::time::Instant::now());
    let result = work();
    eprintln!("{what}: {:.3} CPU s, {:.3} s", cpu() - start, wall.elapsed().as_secs_f64());
    result
}

/// A shard of this many random people with 20 columns of 12 values.
fn crowd(people: usize) -> Shard {
    let mut dice = Dice(5);
    let features = (0..20).map(|f| feature(&format!("c{f}"), FeatureKind::Category, 13)).collect();
    let personas: Vec<u64> = (0..people).map(|_| dice.below(8)).collect();
    let column = |dice: &mut Dice, f: u64| {
        let codes = personas.iter().map(|p| match dice.below(10) {
            0..4 => 1 + ((p * (f + 1)) % 12) as u8,
            _ => 1 + dice.below(12) as u8,
        });
        Codes::Narrow(codes.collect())
    };
    let columns = (0..20).map(|f| column(&mut dice, f)).collect();
    let keys = (0..people).map(crate::shard::testing::key).collect();
    let mut shard = Shard::new(0, 1);
    shard.seed = Bits::all(people);
    shard.people = People { keys, columns, schema: Schema::new(features), ..People::default() };
    shard
}

#[test]
#[ignore = "a measurement: cargo test --release personas::tests::speed -- --ignored --nocapture"]
fn speed() {
    for (people, k) in [(20_000, K::Given(8)), (20_000, K::Auto), (1_000_000, K::Given(8))] {
        for idf in [false, true] {
            let mut shards = vec![crowd(people)];
            let (schema, plan) = (shards[0].people.schema.clone(), plan(k, idf));
            let report = time(&format!("{people} people, {k:?}, idf {idf}"), || {
                run(
                    &mut shards,
                    &QUESTIONS,
                    |desk| async move { personas(&desk, &schema, &plan, None).await },
                )
            });
            eprintln!("k {}", report.expect("a report").0.k);
        }
    }
    let mut shard = crowd(1_000_000);
    let look = Look::new(&Expr::Seed, 7, &shard.people.schema);
    let survey = time("survey of 1 M", || crate::shard::testing::answer(&look, &mut shard, 1 << 14));
    for idf in [false, true] {
        let schema = shard.people.schema.clone();
        let space = Space::new(&schema, &plan(K::Given(8), idf), &survey, None).expect("a space");
        let sample = Sample::new(&space, survey.sample(&schema, &space.features, |b| space.counts(b)));
        let who: Vec<usize> = (0..8).collect();
        let mut round =
            Round { of: Expr::Seed, k: 8, tables: sample.tables_of(&space, &who), space, first: true };
        for number in 1..=4 {
            let sums = time(&format!("idf {idf}, round {number} over 1 M"), || {
                crate::shard::testing::answer(&round, &mut shard, 1 << 14)
            });
            if round.first {
                round.tables = sums.tables(&round.space);
            }
            round.first = false;
        }
    }
}

/// The synthetic universe of the peers: 30 categories, 18 numbers in 16 bins, 12 columns of up to 20 labels.
fn universe(folder: &str) -> Shard {
    let read = |name: &str| std::fs::read(format!("{folder}/{name}")).expect("gen_synth.py was run");
    let (cat, bins, several) = (read("cat.u8"), read("numbin.u8"), read("mv.u32"));
    let people = cat.len() / 30;
    let narrow = |codes: &[u8]| Codes::Narrow(codes.iter().map(|c| c + 1).collect());
    let mut columns: Vec<Codes> = cat.chunks(people).chain(bins.chunks(people)).map(narrow).collect();
    for column in several.chunks(4 * people) {
        let (mut starts, mut codes) = (vec![0], Vec::new());
        for labels in column.chunks(4) {
            let labels = u32::from_le_bytes(labels.try_into().expect("four bytes"));
            let before = codes.len();
            codes.extend((0..20u16).filter(|b| labels >> b & 1 == 1).map(|b| b + 1));
            if codes.len() == before {
                codes.push(0);
            }
            starts.push(codes.len() as u32);
        }
        columns.push(Codes::Many { starts, codes });
    }
    let most = |codes: &Codes| match codes {
        Codes::Narrow(codes) => codes.iter().copied().max().map_or(0, usize::from),
        _ => 20,
    };
    let features = columns.iter().enumerate().map(|(f, codes)| {
        let kind = if f < 48 { FeatureKind::Category } else { FeatureKind::Multi };
        feature(&format!("c{f}"), kind, most(codes) + 1)
    });
    let (keys, features) = ((0..people).map(crate::shard::testing::key).collect(), features.collect());
    let mut shard = Shard::new(0, 1);
    shard.seed = Bits::all(people);
    shard.people = People { keys, columns, schema: Schema::new(features), ..People::default() };
    shard
}

/// One thread against scikit-learn with one, on the same matrix: `benches/kmeans.py FOLDER` is the other side.
#[test]
#[ignore = "a measurement: PEERS_SYNTH=FOLDER cargo test --release personas::tests::peers -- --ignored --nocapture"]
fn peers() {
    let folder = std::env::var("PEERS_SYNTH").expect("PEERS_SYNTH names the folder of gen_synth.py");
    for _ in 0..3 {
        let mut shards = vec![universe(&folder)];
        let (schema, plan) = (shards[0].people.schema.clone(), plan(K::Given(8), false));
        let report = time("k = 8 over everyone", || {
            run(&mut shards, &QUESTIONS, |desk| async move { personas(&desk, &schema, &plan, None).await })
        });
        eprintln!("inertia {:.0}", report.expect("a report").0.inertia);
    }
}
