//! The look at every file before it leaves: what a room and the command line say of the files they make; and a brand's
//! model on a provider's people, handed back as tokens that only the provider's key turns into IDs.
#![allow(clippy::unwrap_used)]

mod folder;
mod room;

use atoll::analysis::lookalike::Model;
use atoll::export::lint::Mark;
use atoll::id::TokenKey;
use atoll::room::call::{AllMade, Call, Export, Made, Reply};
use atoll::room::recipe::Recipe;
use atoll::sample::city;
use folder::Folder;
use room::Bench;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

const PEOPLE: u32 = 2_000;

fn recipe() -> Recipe {
    let mut recipe = Recipe::parse(&city(PEOPLE, 12).recipe).unwrap();
    recipe.lookalike.model = Model::Scorecard;
    recipe
}

fn opened(shards: usize) -> Bench {
    let city = city(PEOPLE, 12);
    let mut bench = Bench::new(shards, vec![("first_party.csv", city.first_party), ("tags.csv", city.tags)]);
    let (first_party, tags) = (bench.file(0), bench.file(1));
    bench.call(Call::Open { recipe: Box::new(recipe()), first_party, tags }).unwrap();
    bench
}

fn export(bench: &mut Bench, what: Export) -> (Made, String) {
    let Reply::Files(mut files) = bench.call(Call::Export { what }).unwrap() else { panic!("a file") };
    let made = files.remove(0);
    let text = String::from_utf8(bench.take(&made.name)).unwrap();
    (made, text)
}

fn codes(made: &Made) -> Vec<&str> {
    made.findings.iter().map(|found| found.code.as_str()).collect()
}

fn crowd(bench: &mut Bench, name: &str, crowd: &str) -> Made {
    let crowd = serde_json::from_str(crowd).unwrap();
    export(bench, Export::Audience { name: name.into(), crowd, header: false }).0
}

#[test]
fn a_room_marks_what_it_makes_and_tells_lists_that_differ_in_few() {
    let mut bench = opened(2);
    let draw = |to: u32| format!(r#"{{"is": "hash", "seed": 1, "from": 0, "to": {to}}}"#);
    let all = crowd(&mut bench, "all", r#"{"is": "everyone"}"#);
    assert_eq!((all.mark, codes(&all)), (Mark::Red, vec!["guessable"]));
    assert_eq!(all.findings[0].count, all.rows);
    let half = crowd(&mut bench, "half", &draw(5_000));
    assert_eq!(codes(&half), ["guessable"], "the control: many apart");
    let nearly = crowd(&mut bench, "nearly", &draw(9_900));
    assert_eq!(codes(&nearly), ["guessable", "few-apart"]);
    assert_eq!((nearly.findings[1].count, &*nearly.findings[1].file), (all.rows - nearly.rows, "all.csv"));
    let again = crowd(&mut bench, "all", r#"{"is": "everyone"}"#);
    assert_eq!(codes(&again), ["guessable", "few-apart"], "against nearly.csv, not against itself");
    assert_eq!(export(&mut bench, Export::Recipe).0.mark, Mark::Green);
    let (profile, text) = export(&mut bench, Export::Profile);
    let small = text.lines().skip(1).filter(|line| !line.contains('"')).any(|line| {
        let cell: u64 = line.split(',').nth(2).unwrap().parse().unwrap();
        (1..50).contains(&cell)
    });
    assert_eq!((profile.mark == Mark::Amber, codes(&profile).contains(&"small-cells")), (small, small));
}

#[test]
fn a_run_writes_the_mark_of_every_file_the_same_over_any_shards() {
    let run = |shards: usize| {
        let mut bench = opened(shards);
        crowd(&mut bench, "before", r#"{"is": "everyone"}"#);
        let Ok(Reply::All(AllMade { files, .. })) = bench.call(Call::ExportAll) else { panic!("files") };
        (files, String::from_utf8(bench.take("run.json")).unwrap())
    };
    let (files, text) = run(1);
    assert_eq!(run(3).1, text);
    let told: Value = serde_json::from_str(&text).unwrap();
    let outputs = told["outputs"].as_array().unwrap();
    assert_eq!(outputs.len() + 1, files.len());
    let mark = |name: &str| {
        let of = outputs.iter().find(|output| output["name"] == name).unwrap();
        (
            of["mark"].as_str().unwrap().to_string(),
            of["findings"][0]["code"].as_str().unwrap_or("").to_string(),
        )
    };
    assert_eq!(mark("audience.csv"), ("red".into(), "guessable".into()));
    assert_eq!(mark("model.json").1, "small-cells");
    assert!(text.contains("\"few-seeds\""), "the city's seed is under 1,000");
    assert!(!text.contains("before.csv"), "what was saved before is no part of the run");
    assert!(files.iter().all(|made| made.findings.iter().all(|found| !found.chinese.is_empty())));
}

/// The room's model: fitted once.
fn model() -> String {
    static KNOWN: OnceLock<String> = OnceLock::new();
    KNOWN.get_or_init(|| export(&mut opened(2), Export::Model).1).clone()
}

/// Runs atoll in the folder: whether it was content, what it printed, what it complained of.
fn outcome(dir: &Folder, line: &str) -> (bool, String, String) {
    let out = dir.output(line);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (out.status.success(), text(out.stdout), text(out.stderr))
}

fn rows(text: &str) -> Vec<(&str, &str)> {
    text.lines().skip(1).map(|line| line.split_once(',').unwrap()).collect()
}

#[test]
fn a_model_goes_to_the_data_and_comes_back_as_tokens() {
    let dir = Folder::new("lint-tokens");
    dir.write("model.json", model());
    dir.write("tags.csv", city(PEOPLE, 12).tags);
    let score = |more: &str| outcome(&dir, &format!("score model.json tags.csv --shards 2 {more}"));
    assert!(score("--out scores.csv --best").0);
    let said = score("--out tokens.csv --tokens --token-key key --tiers 2,10");
    assert!(said.0 && !said.2.contains("tokens.csv"), "green is not worth a word: {}", said.2);
    assert!(said.2.contains("few-seeds"), "the model that came is looked at, too: {}", said.2);
    let (scores, tokens) = (dir.read("scores.csv"), dir.read("tokens.csv"));
    let tokens = rows(&tokens);
    let all = scores.lines().count() - 1;
    assert_eq!(tokens.len(), all / 10);
    assert_eq!(tokens.iter().filter(|row| row.1 == "1").count(), all / 50);
    assert!(tokens.iter().all(|(token, _)| token.len() == 34 && token.starts_with("t_")));
    assert!(!tokens.is_sorted_by_key(|row| row.1), "the order must not be the order of the scores");

    assert!(outcome(&dir, "resolve tokens.csv tags.csv --token-key key --out people.csv").0);
    let people = dir.read("people.csv");
    assert!(people.starts_with("id,tier\n"));
    let resolved: BTreeMap<&str, &str> = rows(&people).into_iter().collect();
    let best: BTreeMap<&str, &str> = rows(&scores)
        .iter()
        .take(all / 10)
        .enumerate()
        .map(|(at, row)| (row.0, if at < all / 50 { "1" } else { "2" }))
        .collect();
    assert_eq!(resolved, best, "as the scores have them");

    // The same key names them alike, a fresh one does not, and turns none of them back.
    assert!(score("--out again.csv --tokens --token-key key --tiers 2,10 --quiet").0);
    assert_eq!(dir.read("again.csv"), dir.read("tokens.csv"));
    assert!(score("--out other.csv --tokens --token-key fresh --tiers 2,10").0);
    let other = dir.read("other.csv");
    let both: BTreeSet<&str> = rows(&other).iter().map(|row| row.0).collect();
    assert!(tokens.iter().all(|row| !both.contains(row.0)));
    let refused = outcome(&dir, "resolve tokens.csv tags.csv --token-key fresh --out none.csv");
    assert!(!refused.0 && refused.2.contains("[tokens-foreign]"));
    dir.write("broken", "no key");
    assert!(
        outcome(&dir, "resolve tokens.csv tags.csv --token-key broken --out none.csv")
            .2
            .contains("[token-key-broken]")
    );
    assert!(!score("--out no.csv --tokens").0, "tokens without a key file are refused");
    assert!(!score("--out no.csv --tokens --token-key key --tiers 10,2").0);
}

#[test]
fn the_page_gets_the_same_tokens_and_the_crosswalk_that_turns_them_back() {
    let model = model();
    let key = TokenKey::new([7; 32]).file();
    let made = |shards: usize, ids: bool| {
        let mut bench = opened(shards);
        bench.call(Call::Challenge { model: model.clone() }).unwrap();
        export(&mut bench, Export::Tokens { key: key.clone(), tiers: vec![5.0], ids })
    };
    let ((tokens, text), (crosswalk, table)) = (made(1, false), made(3, true));
    assert_eq!(made(3, false).1, text);
    assert_eq!((tokens.mark, tokens.name.as_str()), (Mark::Green, "tokens.csv"));
    assert_eq!((crosswalk.mark, crosswalk.name.as_str()), (Mark::Red, "crosswalk.csv"));
    let side = |text: &str| rows(text).into_iter().map(|row| row.0.to_string()).collect::<Vec<_>>();
    assert_eq!(side(&text), side(&table));
    assert!(crosswalk.head[0] == "token,id" && crosswalk.head.len() == 5);
    let shown =
        |row: &(&str, &str)| crosswalk.head.iter().any(|line| line.contains(row.0) || line.contains(row.1));
    assert!(!rows(&table).iter().any(shown), "no ID in the open on the page: {:?}", crosswalk.head);
    let seed = opened(1).call(Call::Count { of: vec![serde_json::from_str(r#"{"is": "seed"}"#).unwrap()] });
    let Ok(Reply::Counts(seed)) = seed else { panic!("a count") };
    assert!(seed[0] > 0 && text.lines().count() > 100, "the seed is not left out: it would be the gaps");
}

#[test]
fn the_command_line_looks_at_any_file() {
    let dir = Folder::new("lint-cli");
    let phones: Vec<String> = (0..300u64).map(|n| format!("139{:08}", n * 7_919 % 100_000_000)).collect();
    let digest = |phone: &String| {
        use sha2::Digest;
        sha2::Sha256::digest(phone).iter().map(|b| format!("{b:02x}")).collect::<String>()
    };
    let list = |from: usize| {
        "id\n".to_string() + &phones[from..].iter().map(|p| digest(p) + "\n").collect::<String>()
    };
    dir.write("list.csv", list(0));
    dir.write("before.csv", list(3));
    dir.write("raw.txt", phones[..120].join("\n"));
    dir.write("good.csv", "column,value,seed_count\ncity,a,77\n");
    let gbk: Vec<u8> =
        [&b"id,"[..], b"\xb3\xc7\xca\xd0\n", phones[0].as_bytes(), b",\xc9\xcf\xba\xa3\n"].concat();
    dir.write("gbk.csv", gbk);
    let red = outcome(&dir, "lint list.csv good.csv --earlier before.csv --known raw.txt");
    assert!(!red.0, "a red file ends with 1");
    for part in [
        "red   list.csv",
        "guessable id line 2, 300 of 300, 120 turned back",
        "few-apart before.csv, 3 of 300",
        "green good.csv",
        "代号",
    ] {
        assert!(red.1.contains(part), "{part}\n{}", red.1);
    }
    assert!(
        !red.1.contains(&phones[0]) && !outcome(&dir, "lint raw.txt").1.contains(&phones[0]),
        "nothing in the open"
    );
    assert!(outcome(&dir, "lint gbk.csv").1.contains("raw-phone id line 2, 1 of 1, 139****0000"));
    assert_eq!(outcome(&dir, "lint good.csv"), (true, "green good.csv\n".into(), String::new()));
    let json: Value = serde_json::from_str(&outcome(&dir, "lint good.csv list.csv --json").1).unwrap();
    assert_eq!((&json[0]["mark"], &json[1]["findings"][0]["code"]), (&"green".into(), &"guessable".into()));
}
