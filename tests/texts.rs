//! What people wrote: counted by a plain script as by the tool, at any number of shards, its columns known to the other
//! analyses, and refused where there is nothing to read.

#![allow(clippy::unwrap_used, reason = "tests")]

mod folder;

use folder::Folder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

const FILES: &str = "[[events]]\nfile = \"notes.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"at\"\nname = \"note\"\nchannel = \"where\"\ntext = \"words\"\n\
    numbers = { stars = 0 }\n[[text.topics]]\nname = \"late\"\nwords = [\"late\", \"慢\"]\n[[text.topics]]\nname = \"box\"\nwords = [\"box\"]\n\
    [feedback]\nby = \"channel\"\nstars = \"stars\"\nleast = 5\n";

/// Parts of texts: topic (0 late, 1 box), and whether it complains.
const PARTS: [(&str, Option<usize>, Option<bool>); 6] = [
    ("the parcel was late", Some(0), Some(true)),
    ("到得太慢", Some(0), Some(true)),
    ("lovely box", Some(1), Some(false)),
    ("broken box", Some(1), Some(true)),
    ("great", None, Some(false)),
    ("as it is", None, None),
];

/// Who, day, channel, parts.
fn notes() -> Vec<(u64, u64, &'static str, Vec<usize>)> {
    let mut state = 5u64;
    let mut dice = move |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    (0..600)
        .map(|_| {
            let (who, day, channel) = (dice(200), dice(90), ["app", "shop"][dice(2) as usize]);
            (who, day, channel, (0..dice(3)).map(|_| dice(6) as usize).collect())
        })
        .collect()
}

fn room(name: &str) -> Folder {
    let room = Folder::new(name);
    let mut csv = String::from("who,at,where,stars,words\n");
    for (who, day, channel, parts) in notes() {
        let text: Vec<&str> = parts.iter().map(|part| PARTS[*part].0).collect();
        let date = format!("2026-{:02}-{:02}", 1 + day / 30, 1 + day % 28);
        let _ = writeln!(csv, "p{who},{date},{channel},{},\"{}\"", 5 - text.len(), text.join("; "));
    }
    room.write("notes.csv", &csv);
    room.write("room.toml", FILES);
    room
}

fn report(room: &Folder, topics: &str, shards: usize) -> String {
    room.atoll(&format!("analyze . {topics} --quiet --people --shards {shards} --out out")).unwrap();
    room.read(&format!("out/{topics}.json"))
}

#[test]
fn counts_are_those_of_a_plain_script() {
    let room = room("texts-counts");
    let found: Value = serde_json::from_str(&report(&room, "feedback", 3)).unwrap();
    // Everything again, from the parts.
    let written: Vec<_> = notes().into_iter().filter(|(.., parts)| !parts.is_empty()).collect();
    let says = |parts: &[usize], topic: Option<usize>, mood: bool| {
        parts.iter().any(|part| (topic.is_none() || PARTS[*part].1 == topic) && PARTS[*part].2 == Some(mood))
    };
    let people = |with: &dyn Fn(&[usize], &str) -> bool| {
        let all = written.iter().filter(|(_, _, channel, parts)| with(parts, channel)).map(|note| note.0);
        (
            written.iter().filter(|(_, _, channel, parts)| with(parts, channel)).count(),
            all.collect::<BTreeSet<_>>().len(),
        )
    };
    let (texts, writers) = people(&|_, _| true);
    assert_eq!(
        (found["all"]["texts"].as_u64(), found["all"]["people"].as_u64()),
        (Some(texts as u64), Some(writers as u64))
    );
    let complainers = people(&|parts, _| says(parts, None, true)).1;
    assert_eq!(found["all"]["complainers"], complainers);
    let moods = [(true, false), (false, true), (true, true), (false, false)].map(|(good, bad)| {
        people(&|parts, _| says(parts, None, false) == good && says(parts, None, true) == bad).0
    });
    assert_eq!(found["all"]["moods"], serde_json::json!(moods));
    for (at, topic) in ["late", "box"].into_iter().enumerate() {
        let line = &found["topics"][at];
        let named = people(&|parts, _| parts.iter().any(|part| PARTS[*part].1 == Some(at)));
        let blamed = people(&|parts, _| says(parts, Some(at), true));
        assert_eq!(
            (line["name"].as_str(), line["texts"].as_u64(), line["people"].as_u64()),
            (Some(topic), Some(named.0 as u64), Some(named.1 as u64))
        );
        assert_eq!(
            (line["blamed"].as_u64(), line["complainers"].as_u64()),
            (Some(blamed.0 as u64), Some(blamed.1 as u64))
        );
        assert_eq!(line["praised"], people(&|parts, _| says(parts, Some(at), false)).0);
    }
    for line in found["by"].as_array().unwrap() {
        let name = line["name"].as_str().unwrap();
        let (texts, writers) = people(&|_, channel| channel == name);
        let bad = people(&|parts, channel| channel == name && says(parts, None, true)).1;
        assert_eq!(
            (line["texts"].as_u64(), line["people"].as_u64(), line["complainers"].as_u64()),
            (Some(texts as u64), Some(writers as u64), Some(bad as u64))
        );
    }
    // Words by the people who use them.
    let words: BTreeMap<&str, u64> = found["words"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| (word["word"].as_str().unwrap(), word["people"].as_u64().unwrap()))
        .collect();
    let late = people(&|parts, _| parts.contains(&0)).1 as u64;
    assert!(words.values().any(|people| *people == late), "{words:?}");
    // Everyone's own line says the same.
    let list = room.read("out/feedback-people.csv");
    let cell = |line: &str, at: usize| line.split(',').nth(at).unwrap().to_string();
    assert_eq!(list.lines().filter(|line| cell(line, 2) == "complains").count(), complainers);
    assert_eq!(
        list.lines().filter(|line| cell(line, 3) == "complains").count() as u64,
        found["topics"][0]["complainers"].as_u64().unwrap()
    );
}

#[test]
fn who_used_a_word_is_found() {
    let room = room("texts-word");
    // Known to the list of words, and a phrase that is not.
    for (word, part) in [("lovely box", 2), ("was LATE", 0)] {
        room.write("room.toml", format!("{FILES}word = \"{word}\"\n"));
        let found: Value = serde_json::from_str(&report(&room, "feedback", 3)).unwrap();
        let list = room.read("out/feedback-people.csv");
        assert!(list.lines().next().unwrap().ends_with(",word"));
        let used = list.lines().filter(|line| line.split(',').nth(5).is_some_and(|cell| !cell.is_empty()));
        let of = |with: &dyn Fn(&[usize]) -> bool| {
            notes().iter().filter(|(.., parts)| with(parts)).map(|note| note.0).collect::<BTreeSet<_>>()
        };
        let people = of(&|parts| parts.contains(&part));
        let complained = of(&|parts| parts.iter().any(|part| PARTS[*part].2 == Some(true)));
        assert_eq!(used.count() - 1, people.len(), "{word}");
        let both = people.intersection(&complained).count();
        assert_eq!(list.lines().filter(|line| line.ends_with(",complains")).count(), both, "{word}");
        let told = found["words"].as_array().unwrap().iter().find(|told| told["word"] == word.to_lowercase());
        assert_eq!(told.map(|told| &told["complainers"]), Some(&Value::from(both)), "{word}");
    }
    room.write("room.toml", format!("{FILES}word = \"...\"\n"));
    let said = room.atoll("analyze . feedback --quiet --out out").expect_err("no word");
    assert!(said.contains("[out-of-range]") && said.contains("feedback.word"), "{said}");
}

#[test]
fn bytes_are_the_same_at_any_number_of_shards() {
    let room = room("texts-shards");
    let all: Vec<String> = [1, 2, 3, 7]
        .map(|shards| {
            report(&room, "feedback", shards)
                + &room.read("out/feedback-words.csv")
                + &room.read("out/feedback-people.csv")
        })
        .into();
    assert!(all.iter().all(|bytes| *bytes == all[0]));
}

#[test]
fn other_analyses_know_what_texts_say() {
    let room = room("texts-others");
    room.write("room.toml", format!("{FILES}[pivot]\ntable = \"events\"\nby = [\"topic\", \"mood\"]\nfloor = 1\n\
        [[rules.rules]]\nname = \"complained\"\nall = [{{ event = [\"note\"], where = {{ mood = [\"negative\", \"mixed\"] }} }}]\n"));
    let pivot: Value = serde_json::from_str(&report(&room, "pivot", 2)).unwrap();
    let rules: Value = serde_json::from_str(&report(&room, "rules", 2)).unwrap();
    let found: Value = serde_json::from_str(&report(&room, "feedback", 2)).unwrap();
    assert_eq!(rules["rules"][0]["people"], found["all"]["complainers"]);
    let negative = pivot["cells"]
        .as_array()
        .unwrap()
        .iter()
        .find(|cell| cell["at"] == serde_json::json!([null, "negative"]));
    assert_eq!(negative.unwrap()["rows"], found["all"]["moods"][1]);
}

#[test]
fn a_column_of_that_name_goes_before() {
    let room = room("texts-own");
    let own = room.read("notes.csv").replace("who,at,where", "who,at,mood");
    room.write("notes.csv", &own);
    room.write(
        "room.toml",
        format!(
            "{}[pivot]\ntable = \"events\"\nby = [\"mood\", \"month\"]\nfloor = 1\n",
            FILES.replace("channel = \"where\"", "columns = [\"mood\"]").replace("by = \"channel\"\n", "")
        ),
    );
    let pivot = report(&room, "pivot", 1);
    assert!(pivot.contains("\"shop\"") && !pivot.contains("\"negative\""));
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let room = room("texts-refused");
    let refused = |recipe: &str| {
        room.write("room.toml", recipe);
        room.atoll("analyze . feedback --quiet --out out").expect_err("a refusal")
    };
    let cases = [
        (FILES.replace("text = \"words\"\n", ""), "table-missing", "events: text"),
        (FILES.replace("text = \"words\"", "text = \"word\""), "column-missing", "word"),
        (FILES.replace("by = \"channel\"", "by = \"shop\""), "table-missing", "events: shop"),
        (FILES.replace("stars = \"stars\"", "stars = \"points\""), "table-missing", "events: points"),
        (FILES.replace("words = [\"box\"]", "words = []"), "out-of-range", "text.topics"),
        (FILES.replace("least = 5", "least = 0"), "out-of-range", "feedback.least"),
    ];
    for (recipe, code, place) in cases {
        let said = refused(&recipe);
        assert!(said.contains(&format!("[{code}]")) && said.contains(place), "{said}");
    }
}
