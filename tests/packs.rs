//! A crowd split into packs, as files: the same archive with any number of shards, from the recipe and from the page's
//! call; everyone accounted for; names every file system takes.

mod room;

use atoll::analysis::crowds::{Small, SplitPlan};
use atoll::audience::Expr;
use atoll::error::Kind;
use atoll::room::call::{AllMade, Call, Export, Reply};
use atoll::room::recipe::Recipe;
use room::Bench;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

const PEOPLE: usize = 2_000;

fn phone(i: usize) -> String {
    format!("138{i:08}")
}

/// Labels that would be no file names, that would run as formulas, and that one system reserves.
const CITIES: [&str; 5] = ["北京/海淀", "a:b*?", "con", "\"x\"", ".."];

fn files() -> Vec<(&'static str, Vec<u8>)> {
    let ours: String = (0..300).map(|i| phone(i * 5) + "\n").collect();
    let quote = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |i: usize| {
        format!("{},{},{},{}\n", phone(i), quote(CITIES[i * 7 % 11 % 5]), i * 31 % 97, ["f", "m"][i % 2])
    };
    let tags = "id,city,age,sex\n".to_string() + &(0..PEOPLE).map(line).collect::<String>();
    vec![("ours.csv", ours.into_bytes()), ("tags.csv", tags.into_bytes())]
}

const RECIPE: &str = r#"
[first_party]
file = "ours.csv"
id = 1
kind = "phone"
header = false
[tags]
file = "tags.csv"
id = "id"
kind = "phone"
numbers = ["age"]
categories = ["city"]
[output]
scores = false
[packs]
by = ["city", "age"]
floor = 60
most = 8
[packs.crowd]
is = "minus"
from = { is = "everyone" }
take = { is = "hash", seed = 7, from = 0, to = 500 }
"#;

fn opened(shards: usize, recipe: &str) -> Bench {
    let mut bench = Bench::new(shards, files());
    let recipe = Box::new(Recipe::parse(recipe).expect("a recipe"));
    let (first_party, tags) = (bench.file(0), bench.file(1));
    bench.call(Call::Open { recipe, first_party, tags }).expect("the files open");
    bench
}

fn made(bench: &mut Bench, plan: Option<SplitPlan>) -> Vec<u8> {
    let reply = bench.call(Call::Export { what: Export::Packs { plan } });
    let Reply::Files(files) = reply.expect("packs") else { panic!("no files") };
    assert_eq!(files[0].name, "packs.zip");
    let bytes = bench.take("packs.zip");
    assert_eq!(files[0].sha256, hex(&bytes));
    bytes
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The stored files of an archive, by their local headers.
fn unzip(mut bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    while bytes.starts_with(b"PK\x03\x04") {
        let word = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
        let (size, name) = (word(18) + (word(20) << 16), word(26));
        let text = String::from_utf8(bytes[30..30 + name].to_vec()).expect("UTF-8");
        files.insert(text, bytes[30 + name..30 + name + size].to_vec());
        bytes = &bytes[30 + name + size..];
    }
    files
}

#[test]
fn any_number_of_shards_and_both_ways_give_the_same_archive() {
    let plan = Recipe::parse(RECIPE).expect("a recipe").packs;
    let one = made(&mut opened(1, RECIPE), None);
    for shards in [2, 3, 7] {
        let mut bench = opened(shards, RECIPE);
        assert!(made(&mut bench, None) == one, "{shards} shards, from the recipe");
        let Ok(Reply::All(AllMade { files: all, .. })) = bench.call(Call::ExportAll) else {
            panic!("no files")
        };
        assert!(
            all.iter().any(|made| made.name == "packs.zip" && made.sha256 == hex(&one)),
            "with all files"
        );
    }
    // A room that knows no packs is asked for them; its recipe then says how.
    let plain = RECIPE.split("[packs]").next().expect("a recipe");
    let mut bench = opened(2, plain);
    let refused = bench.call(Call::Export { what: Export::Packs { plan: None } });
    assert_eq!(refused.map_err(|e| e.kind), Err(Kind::TooEarly));
    assert!(made(&mut bench, plan) == one, "from the page");
    bench.call(Call::Export { what: Export::Recipe }).expect("a recipe");
    let text = String::from_utf8(bench.take("room.toml")).expect("UTF-8");
    assert!(made(&mut opened(3, &text), None) == one, "from the recipe the page saved");
}

#[test]
fn everyone_is_in_one_file_and_every_file_in_the_index() {
    let files = unzip(&made(&mut opened(2, RECIPE), None));
    let index = String::from_utf8(files["index.csv"].clone()).expect("UTF-8");
    let mut seen = BTreeSet::new();
    for (name, bytes) in files.iter().filter(|(name, _)| *name != "index.csv") {
        assert!(
            !name.contains(['/', '\\', ':', '*', '?', '"', '<', '>', '|'])
                && name.starts_with(|c: char| c.is_ascii_digit())
        );
        let lines: Vec<&str> = std::str::from_utf8(bytes).expect("UTF-8").lines().collect();
        assert!(lines.len() >= 60, "{name}");
        assert!(lines.iter().all(|id| seen.insert(id.to_string())), "twice: {name}");
        let row = index.lines().find(|row| row.contains(&hex(bytes))).expect("in the index");
        assert!(row.contains(&format!(",{},", lines.len())), "{row}");
    }
    assert_eq!(files.len(), 10, "eight packs, the rest, the index");
    // A draw of 5 % is left out: nobody of it is in any file, and everyone else is.
    assert!((1_860..1_940).contains(&seen.len()), "{}", seen.len());
    let total: usize = index.lines().skip(1).map(people).sum();
    assert_eq!(total, seen.len());
    let drop = SplitPlan {
        by: vec!["city".into(), "age".into()],
        small: Small::Drop,
        most: 3,
        crowd: Expr::Everyone,
        ..SplitPlan::default()
    };
    let files = unzip(&made(&mut opened(1, RECIPE), Some(drop)));
    let index = String::from_utf8(files["index.csv"].clone()).expect("UTF-8");
    assert_eq!(files.len(), 4);
    assert!(index.lines().last().is_some_and(|row| row.starts_with(",left out,")), "{index}");
    assert_eq!(
        index.lines().skip(1).map(people).sum::<usize>(),
        PEOPLE,
        "packs and those left out are everyone"
    );
}

/// The third cell from the end of a line: labels may hold commas.
fn people(row: &str) -> usize {
    row.rsplit(',').nth(2).and_then(|cell| cell.parse().ok()).expect("a number")
}

#[test]
fn a_plan_that_cannot_be_is_refused_and_nothing_is_made() {
    let mut bench = opened(2, RECIPE);
    let mut refused = |plan: SplitPlan| {
        bench.call(Call::Export { what: Export::Packs { plan: Some(plan) } }).map_err(|e| e.kind)
    };
    let by = |names: &[&str]| SplitPlan {
        by: names.iter().map(|n| n.to_string()).collect(),
        ..SplitPlan::default()
    };
    assert_eq!(refused(by(&["moon"])), Err(Kind::ColumnMissing));
    assert_eq!(refused(by(&["city", "city"])), Err(Kind::SplitColumn));
    assert_eq!(refused(SplitPlan { floor: 10_000, ..by(&["city"]) }), Err(Kind::AudienceEmpty));
    let text = RECIPE.replace("most = 8", "most = 8\nmoon = 1");
    assert_eq!(Recipe::parse(&text).map_err(|e| e.kind), Err(Kind::RecipeInvalid));
}
