//! Both roles on the command line: keygen, publish, query, answer, open, and the room that comes of it, against a
//! plain intersection of the two tables.
#![allow(clippy::unwrap_used)]

mod folder;

use folder::Folder;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const CITIES: [&str; 4] = ["上海", "\"say\"\"hi\"\"\"", "北京", ""];
const LIKES: [&str; 4] = ["tea|car", "car", "", "tea"];

fn phone(i: usize) -> String {
    format!("139{:08}", i * 7_919 % 100_000_000)
}

/// The provider's table: people 0..n. `dirty`: one row in ten comes again or has no usable ID.
fn provider(n: usize, dirty: bool) -> String {
    let mut text = String::from("id,age,city,likes\n");
    for i in 0..n {
        writeln!(text, "{},{},{},{}", phone(i), 18 + i % 50, CITIES[i % 4], LIKES[i / 4 % 4]).unwrap();
        match i % 20 {
            3 if dirty => writeln!(text, "+86 {},1,nowhere,", phone(i / 2)).unwrap(),
            9 if dirty => {
                writeln!(text, "{},30,上海,", ["", "null", "12345", "1.39E+10"][i / 20 % 4]).unwrap()
            }
            _ => {}
        }
    }
    text
}

/// The brand's table: people from..from + m, likewise.
fn brand(from: usize, m: usize, dirty: bool) -> String {
    let mut text = String::from("spend,mobile\n");
    for i in from..from + m {
        writeln!(text, "{},{}", i % 90, phone(i)).unwrap();
        match i % 20 {
            5 if dirty => writeln!(text, "7,\"{} \"", phone(from + (i - from) / 2)).unwrap(),
            8 if dirty => writeln!(text, "8,{}", ["", "unknown", "abc"][i / 20 % 3]).unwrap(),
            _ => {}
        }
    }
    text
}

/// Usable IDs of a table by a plain reading: the digits of what is a Chinese mobile number; the first line of each.
fn plain(text: &str, column: usize) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for (line, row) in text.lines().enumerate().skip(1) {
        let cell = row.split(',').nth(column).unwrap_or_default().replace("+86", "");
        let digits: String = cell.chars().filter(|c| c.is_ascii_digit()).collect();
        if digits.len() == 11 && !cell.contains('E') {
            found.entry(digits).or_insert(line + 1);
        }
    }
    found
}

/// A whole run by files; the room must hold exactly the intersection, with the tags of the provider's first row.
fn round_trip(name: &str, m: usize, n: usize, dirty: bool) {
    let dir = Folder::new(name);
    let (theirs, own) = (provider(n, dirty), brand(n - m / 2, m, dirty));
    std::fs::write(dir.0.join("theirs.csv"), &theirs).unwrap();
    std::fs::write(dir.0.join("own.csv"), &own).unwrap();
    dir.atoll("exchange keygen p --collaboration acme-x-tagco --epoch 2026-Q4").unwrap();
    dir.atoll("exchange publish p.key theirs.csv --out tags.atoll --expires 2099-12-31 -q").unwrap();
    dir.atoll("exchange query tags.atoll own.csv --out q -q").unwrap();
    dir.atoll("exchange answer p.key q.query --out answer.atoll").unwrap();
    dir.atoll("exchange open tags.atoll own.csv --run q.run --answer answer.atoll --out room -q").unwrap();
    check_room(&dir, &plain(&theirs, 0), &plain(&own, 1), &theirs);
    assert!(std::fs::read_dir(&dir.0).unwrap().all(|file| {
        let name = file.unwrap().file_name().into_string().unwrap();
        !name.contains(".run-") && !name.contains(".body") && !name.contains(".part")
    }));
    dir.atoll("run room/room.toml --out results -q").unwrap();
    // Not every city: with one that too few have, the smallest other one is withheld.
    assert!(dir.read("results/profile.csv").contains("likes,tea,"));
    let matched: serde_json::Value = serde_json::from_str(&dir.read("results/match.json")).unwrap();
    assert_eq!(matched["matched"], dir.read("room/members.csv").lines().count() - 1);
}

fn check_room(dir: &Folder, theirs: &BTreeMap<String, usize>, own: &BTreeMap<String, usize>, table: &str) {
    let lines: Vec<&str> = table.lines().collect();
    let wanted: BTreeMap<usize, &str> =
        own.iter().filter_map(|(id, row)| Some((*row, lines[theirs.get(id)? - 1]))).collect();
    let members = dir.read("room/members.csv");
    let members: BTreeMap<&str, usize> = members
        .lines()
        .skip(1)
        .map(|line| line.split_once(',').unwrap())
        .map(|(token, row)| (token, row.parse().unwrap()))
        .collect();
    let found: BTreeSet<usize> = members.values().copied().collect();
    assert_eq!(found, wanted.keys().copied().collect(), "exactly the intersection");
    let mut checked = 0;
    for line in dir.read("room/tags.csv").lines().skip(1) {
        let (token, tags) = line.split_once(',').unwrap();
        let Some(row) = members.get(token) else {
            assert!(token.starts_with("bg_"));
            continue;
        };
        // City and likes as they stand; the age is a bin.
        let tags = tags
            .strip_prefix('"')
            .map_or_else(|| tags.split_once(',').unwrap().1, |bin| bin.split_once("\",").unwrap().1);
        let (city, likes) = tags.rsplit_once(',').unwrap();
        let (told_city, told_likes) = wanted[row].splitn(3, ',').nth(2).unwrap().rsplit_once(',').unwrap();
        let set = |text: &str| text.split('|').map(str::to_string).collect::<BTreeSet<_>>();
        assert_eq!((city, set(likes)), (told_city, set(told_likes)), "{token}");
        checked += 1;
    }
    assert_eq!(checked, wanted.len());
    assert!(checked > 100);
}

#[test]
fn two_thousand_by_twenty_thousand() {
    round_trip("exchange-small", 2_000, 20_000, false);
}

#[test]
fn with_duplicates_and_invalid_rows() {
    round_trip("exchange-dirty", 2_000, 8_000, true);
}

#[test]
#[ignore = "minutes: cargo test --release --test exchange_cli -- --ignored --nocapture"]
fn a_hundred_thousand_by_a_million() {
    round_trip("exchange-large", 100_000, 1_000_000, true);
}

#[test]
fn what_the_commands_refuse() {
    let dir = Folder::new("exchange-refused");
    std::fs::write(dir.0.join("theirs.csv"), provider(400, false)).unwrap();
    std::fs::write(dir.0.join("own.csv"), brand(300, 200, false)).unwrap();
    let keygen = "exchange keygen p --cap 1500 --epoch e --collaboration";
    let said = dir.atoll(&format!("{keygen} c")).unwrap();
    let signer = said.split("phone: ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(dir.refused(&format!("{keygen} c")), "output-unwritable", "a key is never written over");
    let publish = "exchange publish p.key theirs.csv -q --out tags.atoll --expires";
    assert_eq!(dir.refused(&format!("{publish} 2099-12-31 --k 5")), "out-of-range");
    dir.atoll(&format!("{publish} 2020-01-01")).unwrap();
    assert_eq!(dir.refused("exchange query tags.atoll own.csv --out q -q"), "exchange-expired");
    dir.atoll(&format!("{publish} 2099-12-31")).unwrap();
    assert_eq!(
        dir.refused("exchange query tags.atoll own.csv -q --out q --signer 0000-0000"),
        "signer-wrong"
    );
    dir.atoll(&format!("exchange query tags.atoll own.csv -q --out q --signer {signer}")).unwrap();
    dir.atoll("exchange query tags.atoll own.csv -q --out again").unwrap();
    dir.atoll("exchange answer p.key q.query --out a").unwrap();
    assert_eq!(dir.refused("exchange answer p.key q.query --out b"), "query-replayed");
    assert_eq!(dir.refused("exchange answer p.key again.query --out b"), "row-cap");
    assert_eq!(
        dir.refused("exchange open tags.atoll own.csv -q --run again.run --answer a --out r"),
        "run-wrong"
    );
    assert_eq!(
        dir.refused("exchange open tags.atoll theirs.csv -q --run q.run --answer a --out r"),
        "ids-changed"
    );
    std::fs::remove_file(dir.0.join("p.ledger.json")).unwrap();
    assert_eq!(dir.refused("exchange answer p.key again.query --out b"), "ledger-broken");
    assert!(!dir.0.join("b").exists() && !dir.0.join("r").exists());
}

#[test]
fn the_keyed_mode_on_the_command_line() {
    let dir = Folder::new("exchange-keyed");
    std::fs::write(dir.0.join("theirs.csv"), provider(400, false)).unwrap();
    std::fs::write(dir.0.join("own.csv"), brand(200, 300, false)).unwrap();
    let said = dir.atoll("exchange keygen p --keyed --epoch e --collaboration c").unwrap();
    let told = said.split("another way: ").nth(1).unwrap().lines().next().unwrap();
    std::fs::write(dir.0.join("told"), told).unwrap();
    dir.atoll("exchange publish p.key theirs.csv -q --out tags.atoll --expires 2099-12-31").unwrap();
    assert_eq!(dir.refused("exchange query tags.atoll own.csv -q --out q"), "suite-wrong");
    let open = "exchange open tags.atoll own.csv -q --key p.shared.key --out room";
    assert_eq!(dir.refused(open), "passphrase-wrong", "the provider's own passphrase is not shared");
    dir.atoll(&format!("{open} --passphrase-file told")).unwrap();
    let (theirs, own) = (provider(400, false), brand(200, 300, false));
    check_room(&dir, &plain(&theirs, 0), &plain(&own, 1), &theirs);
}

/// What the provider asks holds in the room that `open` wrote, and cannot be edited.
#[test]
fn a_room_keeps_to_the_policy_of_its_tag_file() {
    let dir = Folder::new("policy");
    std::fs::write(dir.0.join("theirs.csv"), provider(2_000, false)).unwrap();
    std::fs::write(dir.0.join("own.csv"), brand(1_800, 300, false)).unwrap();
    dir.atoll("exchange keygen p --collaboration a --epoch b").unwrap();
    let publish = |more: &str| {
        let line = "exchange publish p.key theirs.csv --out tags.atoll --expires 2099-12-31 -q";
        dir.atoll(&format!("{line} {more}")).unwrap();
        let _ = std::fs::remove_file(dir.0.join("q.query"));
        dir.atoll("exchange query tags.atoll own.csv --out q -q").unwrap();
        dir.atoll("exchange answer p.key q.query --out a.answer").unwrap();
        dir.atoll("exchange open tags.atoll own.csv --run q.run --answer a.answer --out room -q").unwrap();
    };
    publish("--outputs profile,lookalike");
    dir.atoll("run room --out results -q").unwrap();
    let run: serde_json::Value = serde_json::from_str(&dir.read("results/run.json")).unwrap();
    assert_eq!((&run["policy"]["k"], &run["policy"]["expires"]), (&50.into(), &"2099-12-31".into()));
    assert!(run["policy"]["signer"].is_string());
    let made: Vec<&str> =
        run["outputs"].as_array().unwrap().iter().filter_map(|o| o["name"].as_str()).collect();
    assert!(made.contains(&"profile.csv") && made.contains(&"lookalike.json"), "{made:?}");
    for person in ["scores.csv", "audience.csv", "personas.csv", "personas.json"] {
        assert!(!made.contains(&person) && !dir.0.join("results").join(person).exists(), "{person}");
    }
    // No count of the profile is about fewer than 50 of the 200; cities of 50 each are told, years of 4 are not.
    let profile = dir.read("results/profile.csv");
    let mut lines = profile.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    let at = head.iter().position(|name| *name == "seed_count").unwrap();
    let counts: Vec<u64> = lines
        .map(|row| row.split(',').rev().nth(head.len() - 1 - at).unwrap())
        .map(|n| n.parse().unwrap())
        .collect();
    assert!(!counts.is_empty() && counts.iter().all(|n| *n >= 50), "{counts:?}");
    // One K for another, a day later, an output more: each is found. Without the section nothing is, and run.json shows it.
    let recipe = dir.read("room/room.toml");
    let edits = [
        ("\\\"k\\\":50", "\\\"k\\\":20"),
        ("2099-12-31\\\"", "2199-12-31\\\""),
        ("\\\"lookalike\\\"]", "\\\"lookalike\\\",\\\"personas\\\"]"),
    ];
    for (from, to) in edits {
        assert!(recipe.contains(from), "{from}");
        std::fs::write(dir.0.join("room/room.toml"), recipe.replace(from, to)).unwrap();
        assert_eq!(dir.refused("run room --out no -q"), "signature-wrong", "{to}");
    }
    std::fs::write(dir.0.join("room/room.toml"), recipe.split("[policy]").next().unwrap()).unwrap();
    dir.atoll("run room --out bare -q").unwrap();
    let bare: serde_json::Value = serde_json::from_str(&dir.read("bare/run.json")).unwrap();
    assert!(bare.get("policy").is_none());
    let profile = dir.read("bare/profile.csv");
    let small = profile.lines().skip(1).map(|row| row.split(',').rev().nth(head.len() - 1 - at).unwrap());
    assert!(
        small.filter_map(|n| n.parse::<u64>().ok()).any(|n| n < 50),
        "control: small cells stand in a room without a policy"
    );
    // A list cut down to a few, so that every number is about them.
    let few: Vec<String> = dir.read("room/first_party.csv").lines().take(11).map(String::from).collect();
    std::fs::write(dir.0.join("room/first_party.csv"), few.join("\n") + "\n").unwrap();
    std::fs::write(dir.0.join("room/room.toml"), recipe).unwrap();
    assert_eq!(dir.refused("run room --out no -q"), "few-matched");
}
