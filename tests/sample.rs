//! The synthetic city keeps its promises: same seed, same bytes; every row counted again by plain code.
#![allow(clippy::unwrap_used)]

use atoll::id::{self, Kind, Recipe};
use atoll::sample::{City, Town, city};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The city's cells hold no comma and no quote, so a split is a parser.
fn table(csv: &[u8]) -> Vec<Vec<&str>> {
    let text = std::str::from_utf8(csv).unwrap();
    assert!(!text.contains(['"', '\r']) && text.ends_with('\n'));
    text.lines().map(|line| line.split(',').collect()).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let City { first_party, tags, truth, recipe } = city(2_000, 7);
    let digests = [&tags[..], &first_party, &truth, recipe.as_bytes()].map(|file| hex(&Sha256::digest(file)));
    let golden = [
        "5d8371c0f89aa1d0ffc8f444ac2240d6cec7a45affd7954feda224c0d26ad016",
        "6e1dd6a5ecdcf1346b84ddbeeafe203f7512b3c4707cb7fc50e1e382a873576e",
        "b6f5d1c3c123213a88702a24b7b49708e5a4aabebc32b57384b3609af20e38bb",
        "c3f9687e0ba7d5020c2932317a31d823a375d77961381aef78c442fcf0a83b14",
    ];
    assert_eq!(digests, golden, "a changed city changes every golden file: say so in CHANGELOG.md");
}

#[test]
fn another_seed_gives_other_people() {
    let (one, two) = (city(300, 1), city(300, 2));
    let ids =
        |city: &City| table(&city.tags).iter().skip(1).map(|r| r[0].to_owned()).collect::<BTreeSet<_>>();
    assert!(ids(&one).is_disjoint(&ids(&two)));
    assert_ne!(one.first_party, two.first_party);
}

#[test]
fn any_cut_gives_the_same_rows() {
    let (whole, town) = (city(1_000, 3), Town::new(1_000, 3));
    let mut parts = [Vec::new(), Vec::new(), Vec::new()];
    for i in 0..10 {
        let range = i * 100..(i + 1) * 100;
        town.tags(range.clone(), &mut parts[0]);
        town.truth(range.clone(), &mut parts[1]);
        town.first_party(range, &mut parts[2]);
    }
    assert_eq!(parts, [whole.tags, whole.truth, whole.first_party]);
}

#[test]
fn small_cities_stand() {
    for people in [0, 1, 7, 9, 50] {
        let City { first_party, tags, truth, .. } = city(people, 7);
        assert_eq!(table(&tags).len(), people as usize + 1);
        assert_eq!(table(&truth).len(), people as usize + 1);
        assert_eq!(table(&first_party).len(), (people as usize * 120 + 500) / 1000 + 1);
    }
}

#[test]
fn rows_are_as_many_as_promised() {
    let city = city(20_000, 7);
    let (tags, ours, truth) = (table(&city.tags), table(&city.first_party), table(&city.truth));
    assert_eq!(tags[0].len(), 22);
    assert!(tags.iter().all(|row| row.len() == 22) && ours.iter().all(|row| row.len() == 5));
    let everyone: BTreeSet<&str> = tags[1..].iter().map(|row| row[0]).collect();
    assert_eq!(everyone.len(), 20_000);

    let (mut people, mut invalid, mut duplicate) = (BTreeSet::new(), 0, 0);
    for row in &ours[1..] {
        match plain_phone(row[0]) {
            None => invalid += 1,
            Some(phone) if people.insert(hex(&Sha256::digest(&phone))) => {}
            Some(_) => duplicate += 1,
        }
    }
    let matched = people.iter().filter(|id| everyone.contains(id.as_str())).count();
    assert_eq!((ours.len() - 1, invalid, duplicate, people.len(), matched), (2_400, 60, 96, 2_244, 1_750));

    let said: BTreeSet<&str> = truth[1..].iter().filter(|r| r[3] == "1").map(|r| r[0]).collect();
    assert!(truth[1..].iter().zip(&tags[1..]).all(|(t, tag)| t[0] == tag[0]));
    assert!(said.len() == matched && said.iter().all(|id| people.contains(*id)));
}

/// What the phone column says, read by hand: digits with signs between them and China's prefix before.
fn plain_phone(cell: &str) -> Option<String> {
    let narrow = |c: char| char::from_u32(c as u32 - 0xff10 + 0x30).filter(char::is_ascii_digit);
    let text: String =
        cell.chars().map(|c| if c >= '\u{ff10}' { narrow(c).unwrap_or(c) } else { c }).collect();
    let bare = text.replace([' ', '-', '+'], "");
    let local = if bare.len() == 13 { bare.strip_prefix("86")? } else { &bare };
    let digits = local.len() == 11 && local.bytes().all(|b| b.is_ascii_digit());
    (digits && local.starts_with('1') && local[1..2] >= *"3").then(|| local.to_owned())
}

#[test]
fn the_ids_of_the_engine_agree_with_the_plain_ones() {
    let city = city(20_000, 7);
    let raw = Recipe { kind: Kind::Phone, digest: id::Digest::None };
    let hashed = Recipe { kind: Kind::Phone, digest: id::Digest::Sha256 };
    let space = id::space(raw, hashed).unwrap();
    let mut reader = id::Reader::new(raw, space).unwrap();
    let mut theirs = id::Reader::new(hashed, space).unwrap();
    for row in &table(&city.first_party)[1..] {
        let plain = plain_phone(row[0]).map(|p| theirs.key(hex(&Sha256::digest(&p)).as_bytes()).unwrap());
        assert_eq!(reader.key(row[0].as_bytes()).ok(), plain, "{:?}", row[0]);
    }
}

#[test]
fn the_planted_signal_is_there_and_not_too_good() {
    let city = city(20_000, 7);
    let truth = table(&city.truth);
    let mut personas: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    let mut scored = Vec::new();
    for row in &truth[1..] {
        let ours = f64::from(u8::from(row[3] == "1"));
        let persona = personas.entry(row[1]).or_default();
        *persona = (persona.0 + 1.0 / 20_000.0, persona.1 + ours / 1_750.0);
        scored.push((row[2].parse::<f64>().unwrap(), ours));
    }
    assert_eq!(personas.len(), 6);
    assert!(personas.values().all(|&(city, seed)| city > 0.1 && seed > 0.08), "{personas:?}");
    let (mothers, youth) = (personas["精致妈妈"], personas["小镇青年"]);
    assert!(mothers.1 > 1.5 * mothers.0 && youth.1 < 0.6 * youth.0, "{personas:?}");

    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let top = scored[..200].iter().map(|s| s.1).sum::<f64>() / 200.0 / (1_750.0 / 20_000.0);
    let (mut above, mut pairs) = (0.0, 0.0);
    for &(_, ours) in &scored {
        above += ours;
        pairs += (1.0 - ours) * above;
    }
    let auc = pairs / (1_750.0 * 18_250.0);
    let expected = scored.iter().map(|s| s.0).sum::<f64>();
    // What a model could reach that knew everything; one that learns from the file stays a little below.
    assert!((0.84..0.88).contains(&auc) && (7.0..9.5).contains(&top), "auc {auc}, top 1 % {top}");
    assert!((expected - 1_750.0).abs() < 150.0, "the propensity is a probability: {expected}");
}

#[test]
fn columns_have_the_gaps_and_tails_of_real_files() {
    let city = city(20_000, 7);
    let tags = table(&city.tags);
    let column = |name: &str| {
        let at = tags[0].iter().position(|n| *n == name).unwrap();
        tags[1..].iter().map(move |row| row[at]).collect::<Vec<_>>()
    };
    let share = |name: &str, is: fn(&str) -> bool| {
        column(name).iter().filter(|cell| is(cell)).count() as f64 / 20_000.0
    };
    let gap = |cell: &str| cell.is_empty() || cell == "未知";
    for (name, low, high) in
        [("月收入", 0.35, 0.41), ("性别", 0.02, 0.04), ("活跃天数", 0.0, 0.0), ("职业", 0.1, 0.12)]
    {
        assert!((low..=high).contains(&share(name, gap)), "{name} {}", share(name, gap));
    }
    assert!(share("职业", |c| c == "未知") > 0.02 && share("职业", str::is_empty) > 0.02);
    let labels: BTreeSet<&str> = column("兴趣").iter().flat_map(|c| c.split('|')).collect();
    assert_eq!(labels.len(), 41, "40 interests and nothing");
    let mut incomes: Vec<f64> = column("月收入").iter().filter_map(|c| c.parse().ok()).collect();
    incomes.sort_by(f64::total_cmp);
    let quantile = |q: f64| incomes[(incomes.len() as f64 * q) as usize];
    assert!(quantile(0.999) > 4.0 * quantile(0.5) && quantile(0.5) > 4_000.0);
}

#[test]
fn the_recipe_reads_as_a_recipe() {
    let city = city(10, 7);
    let recipe = atoll::room::recipe::Recipe::parse(&city.recipe).unwrap();
    assert_eq!(recipe.tags.multi.len(), 3);
    assert_eq!(recipe.personas.k, atoll::analysis::personas::K::Given(6));
    let header = table(&city.tags)[0].clone();
    let named = recipe.tags.numbers.iter().chain(&recipe.tags.dates).chain(recipe.tags.multi.keys());
    named.for_each(|name| assert!(header.contains(&name.as_str()), "{name}"));
}
