//! The exchange through its files: what an honest run gives, what is refused and under which code, what attackers
//! find. Every promise has a control that must come out the other way.
#![allow(clippy::unwrap_used)]

#[path = "exchange/attacks.rs"]
mod attacks;
#[path = "exchange/refusals.rs"]
mod refusals;
#[path = "exchange/world.rs"]
mod world;

use atoll::error::Result;
use atoll::exchange::group::Dalek;
use atoll::exchange::keys::KeyFile;
use atoll::exchange::publish::{Memory, Spill};
use atoll::exchange::query::{self, bucket, rows_for};
use atoll::exchange::room;
use atoll::exchange::tagfile::{Lookup, TagFile};
use atoll::exchange::tags::{Census, Source};
use atoll::table::schema::FeatureKind;
use atoll::table::values::Missing;
use world::*;

#[test]
fn an_honest_run_finds_exactly_the_intersection_with_its_tags() {
    let world = World::new(true);
    let ids: Vec<Vec<u8>> = (250..550).map(phone).collect();
    let found = world.run(&ids).unwrap();
    assert_eq!(found.len(), 150, "250..400 of 0..400");
    for (id, tags) in found {
        assert_eq!(tags, vec![250 + ((250 + id) % 3) as u8], "tags of {id}");
    }
    // Nobody in common is no error.
    assert!(world.run(&(9_000..9_100).map(phone).collect::<Vec<_>>()).unwrap().is_empty());
}

#[test]
fn the_keyed_mode_needs_no_answer() {
    let world = World::new(false);
    let shared = world.key.seal("passphrase", true, &mut random(1)).unwrap();
    let brand = KeyFile::open("passphrase", &shared).unwrap();
    let ids: Vec<Vec<u8>> = (390..420).map(phone).collect();
    let file = world.open().unwrap();
    let openings = brand.openings_of(&Dalek, &file, &ids).unwrap();
    let (matches, _) = world.lookup(&file, openings).unwrap();
    assert_eq!(matches.iter().map(|m| m.id).collect::<Vec<_>>(), (0..10).collect::<Vec<_>>());
    // The copy cannot sign, and is no key to answer with.
    assert_eq!(code(publish_with(&brand, &rows(0..30)).map(|_| ())), "key-wrong");
    assert_eq!(code(query::ask(&Dalek, &file, &ids, &mut random(2)).map(|_| ())), "suite-wrong");
    let other = KeyFile::generate(terms(false), 9_999, &mut random(77)).unwrap();
    assert_eq!(code(other.openings_of(&Dalek, &file, &ids).map(|_| ())), "key-wrong");
    assert_eq!(
        code(World::new(true).key.seal("passphrase", true, &mut random(1)).map(|_| ())),
        "suite-wrong"
    );
}

#[test]
fn runs_of_any_size_give_the_same_file_and_the_first_row_of_a_person_stands() {
    let key = key(true, 100_000);
    let mut rows = rows(0..400);
    rows.extend((0..400).step_by(7).map(|i| (phone(i), vec![99])));
    let (whole, done) = publish_in(&key, &rows, &mut Memory::default(), 1 << 20, 40).unwrap();
    assert_eq!((done.taken, done.repeated, done.rows, done.background), (458, 58, 400, 40));
    let (small, _) = publish_in(&key, &rows, &mut Memory::default(), 1, 40).unwrap();
    assert_eq!(whole, small);
    let world = World { key, file: whole };
    let found = world.run(&[phone(7), phone(8)]).unwrap();
    assert_eq!(found, [(0, vec![250 + 1]), (1, vec![250 + 2])]);
}

/// Runs in memory, and how much was held at once: the largest run, the largest piece read of one, the largest piece of
/// the file handed on.
#[derive(Default)]
struct Watched {
    runs: Memory,
    kept: usize,
    read: usize,
}

impl Spill for Watched {
    fn keep(&mut self, run: &[u8]) -> Result<()> {
        self.kept = self.kept.max(run.len());
        self.runs.keep(run)
    }
    fn read(&mut self, run: usize, from: u64, to: u64) -> Result<Vec<u8>> {
        self.read = self.read.max((to - from) as usize);
        self.runs.read(run, from, to)
    }
}

#[test]
fn what_a_publisher_and_a_reader_hold_does_not_grow_with_the_rows() {
    // Keyed, which is the same but for the curve.
    let key = key(false, 1);
    let (most, mut held) = (1 << 18, Vec::new());
    for people in [15_000, 45_000] {
        let mut watched = Watched::default();
        let (file, done) = publish_in(&key, &rows(0..people), &mut watched, most, 40).unwrap();
        assert_eq!(done.rows, people as u64);
        let slack = 4_096 * 33;
        assert!(watched.kept <= most + slack && watched.kept > most / 2, "{}", watched.kept);
        assert!(watched.read <= 256 << 10, "{}", watched.read);
        // A reader keeps the rows it looks for and the background.
        let world = World { key: self::key(false, 1), file };
        let tags = world.open().unwrap();
        let openings = world.key.openings(&Dalek, &[phone(5), phone(people - 1), phone(people)]).unwrap();
        let (matches, background) = world.lookup(&tags, openings).unwrap();
        held.push((matches.len(), background.len()));
    }
    assert_eq!(held, [(2, 40); 2]);
}

#[test]
fn slices_of_any_size_are_looked_up_alike() {
    let world = World::new(true);
    let file = world.open().unwrap();
    let ids: Vec<Vec<u8>> = (0..5).map(phone).collect();
    for size in [1, 7, 33, 4_096] {
        let openings = world.key.openings(&Dalek, &ids).unwrap();
        let mut lookup = Lookup::new(&file, openings);
        world.file[file.start()..].chunks(size).for_each(|slice| lookup.feed(slice).unwrap());
        let (matches, background) = lookup.finish().unwrap();
        assert_eq!((matches.len(), background.len()), (5, 40));
    }
}

/// The base of every comparison is of people: whoever has many rows is in it as often as anybody else.
#[test]
fn a_person_of_many_rows_is_in_the_background_once() {
    let key = key(true, 100_000);
    let mut people = rows(0..300);
    let many = (people[7].0.clone(), vec![9]);
    people[7] = many.clone();
    people.extend(std::iter::repeat_n(many, 300));
    let drawn = |background: usize| {
        let (file, done) = publish_in(&key, &people, &mut Memory::default(), 1 << 12, background).unwrap();
        assert_eq!(done.background, background.min(300) as u64);
        let of = open(&file).unwrap();
        let mut lookup = Lookup::new(&of, vec![]);
        lookup.feed(&file[of.start()..]).unwrap();
        lookup.finish().unwrap().1.iter().filter(|code| **code == 9).count()
    };
    assert_eq!(drawn(300), 1, "control: everybody once");
    assert!(drawn(150) <= 1);
}

#[test]
fn queries_are_padded_to_buckets() {
    for (rows, padded) in [(0, 1_024), (1_024, 1_024), (1_025, 1_152), (100_100, 106_496), (1 << 20, 1 << 20)]
    {
        assert_eq!(bucket(rows), padded);
    }
    assert!((1..200_000u64).step_by(997).all(|n| bucket(n) >= n && bucket(n) <= (n + n / 8).max(1_024)));
    assert_eq!(rows_for(1_000), 1_024);
    assert_eq!(rows_for(1_024), 1_152, "two canaries");
}

#[test]
fn tags_come_back_as_they_were_and_rare_ones_do_not() {
    let source = |at, name: &str, kind, separator: &str| Source {
        at,
        name: name.into(),
        kind,
        separator: separator.into(),
        id: None,
    };
    let sources = vec![
        source(0, "city", FeatureKind::Category, ""),
        source(1, "likes", FeatureKind::Multi, "|"),
        source(2, "age", FeatureKind::Number, ""),
    ];
    let mut census = Census::new(sources, Missing::new(["NA"]), random(4));
    let cities = ["上海", "a,\"b\"", "NA"];
    let rows: Vec<[String; 3]> = (0..300)
        .map(|i| {
            let likes = ["tea", "tea|car", "car|car", ""][i % 4];
            [cities[i % 3].to_string(), likes.to_string(), i.to_string()]
        })
        .chain([["planted".to_string(), "planted|tea".into(), "99999".into()]])
        .collect();
    for row in &rows {
        census.see(|at| row.get(at).map(String::as_bytes)).unwrap();
    }
    let coder = census.finish(20).unwrap();
    let back = |row: &[String; 3]| {
        coder.columns().cells(&coder.code(|at| row.get(at).map(String::as_bytes))).unwrap()
    };
    assert_eq!(back(&rows[0])[..2], ["上海", "tea"]);
    assert_eq!(back(&rows[1])[..2], ["a,\"b\"", "tea|car"]);
    assert_eq!(back(&rows[2])[..2], ["", "car"]);
    // The planted row looks like others: its labels are gone and its number is in a bin of many.
    let planted = back(&rows[300]);
    assert_eq!(planted[..2], ["", "tea"]);
    assert_eq!(planted[2], back(&rows[299])[2]);
    let header = serde_json::to_string(coder.columns()).unwrap();
    assert!(!header.contains("planted") && !header.contains("99999"));
}

#[test]
fn a_room_holds_the_matched_and_the_background() {
    let world = World::new(true);
    let file = world.open().unwrap();
    let ids: Vec<Vec<u8>> = (0..30).map(phone).collect();
    let (matches, background) = world.lookup(&file, world.key.openings(&Dalek, &ids).unwrap()).unwrap();
    let room = room::room(&file, &matches, &background).unwrap();
    assert_eq!(room.first_party.lines().count(), 31);
    assert_eq!(room.tags.lines().count(), 1 + 30 + 40);
    assert_eq!(room.tags.lines().nth(1), Some("t_000000001,v250"));
    assert_eq!(room.tags.lines().filter(|line| line.starts_with("bg_")).count(), 40);
    assert_eq!(room.members.len(), 30);
    assert_eq!(code(room::room(&file, &matches[..19], &background).map(|_| ())), "few-matched");
}

#[test]
fn nothing_but_the_head_is_needed_to_judge_a_file() {
    let world = World::new(true);
    let size = world.file.len() as u64;
    let bytes = TagFile::head_bytes(&world.file[..12]).unwrap();
    let file = TagFile::open(&world.file[..bytes], size, "2026-09-01", None).unwrap();
    assert_eq!((file.header().rows, file.header().cap, file.start()), (400, 100_000, bytes));
}
