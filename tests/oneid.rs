//! One-ID and consent: the brand's phones meet a tag file of devices through a map, counts are of people, a plain walk over
//! the same rows agrees, and neither the order of rows nor the number of shards changes a byte.

mod room;

use atoll::error::{Error, Kind};
use atoll::id;
use atoll::json;
use atoll::matching::MatchReport;
use atoll::room::call::{Call, Export, Reply};
use atoll::room::recipe::{ConsentRecipe, IdColumn, IdMapRecipe, Recipe};
use md5::{Digest, Md5};
use room::Bench;
use sha2::Sha256;
use std::collections::{BTreeMap, BTreeSet};

const RECIPE: &str = r#"
[first_party]
file = "ours.csv"
id = "phone"
kind = "phone"
[tags]
file = "tags.csv"
id = "oaid"
kind = "oaid"
digest = "md5"
[[idmap]]
file = "map.csv"
confidence = "sure"
source = "who"
[idmap.columns.phone]
kind = "phone"
[idmap.columns.oaid]
kind = "oaid"
[idmap.columns.unionid]
kind = "opaque"
"#;

fn phone(n: usize) -> String {
    format!("138{:08}", n * 7919 % 100_000_000)
}
fn oaid(n: usize) -> String {
    format!("{:08x}-efbb-29e0-0bdd-{:012x}", n * 2_654_435_761 % 4_294_967_296, n)
}
fn hashed(text: &str) -> String {
    Md5::digest(text).iter().map(|b| format!("{b:02x}")).collect()
}

/// 400 customers by phone, some twice under a second phone; 900 devices; a map in which every third person is missing.
struct World {
    ours: Vec<String>,
    tags: Vec<String>,
    map: Vec<String>,
}

fn world() -> World {
    let mut ours: Vec<String> = (0..400).map(|n| format!("{},{}", phone(n), n % 3)).collect();
    ours.extend((0..40).map(|n| format!("{},9", phone(10_000 + n))));
    let mut tags: Vec<String> =
        (0..900).map(|n| format!("{},{},{}", hashed(&oaid(n)), ["a", "b", "c"][n % 3], n % 17)).collect();
    // Second devices of the same people.
    tags.extend((0..90).map(|n| format!("{},b,1", hashed(&oaid(20_000 + n)))));
    let mut map = Vec::new();
    for n in (0..600).filter(|n| n % 3 != 0) {
        map.push(format!("{},{},,0.9,crm", phone(n), oaid(n)));
        if n < 90 {
            map.push(format!(",{},u{n},0.8,sdk", oaid(20_000 + n)));
            map.push(format!("+86 {},,u{n},0.7,scrm", phone(n)));
        }
        if (90..130).contains(&n) {
            // No union ID: two phones may be one person's.
            map.push(format!("{},{},,0.6,crm", phone(10_000 + n - 90), oaid(n)));
        }
    }
    World { ours, tags, map }
}

fn file(header: &str, rows: &[String]) -> Vec<u8> {
    format!("{header}\n{}\n", rows.join("\n")).into_bytes()
}

fn bench(world: &World, shards: usize, more: &[(&'static str, Vec<u8>)], limit: u64) -> Bench {
    let mut files = vec![
        ("ours.csv", file("phone,shop", &world.ours)),
        ("tags.csv", file("oaid,group,score", &world.tags)),
        ("map.csv", file("phone,oaid,unionid,sure,who", &world.map)),
    ];
    files.extend(more.to_vec());
    Bench::limited(shards, files, limit)
}

fn open(bench: &mut Bench, recipe: &Recipe, beside: usize) -> Result<MatchReport, Error> {
    let files = (2..2 + beside).map(|at| bench.file(at)).collect();
    bench.call(Call::Attach { files })?;
    let (first_party, tags) = (bench.file(0), bench.file(1));
    match bench.call(Call::Open { recipe: Box::new(recipe.clone()), first_party, tags })? {
        Reply::Match(report) => Ok(report),
        _ => panic!("a match"),
    }
}

fn made(bench: &mut Bench, what: Export) -> String {
    let Ok(Reply::Files(files)) = bench.call(Call::Export { what }) else { panic!("a file") };
    String::from_utf8(bench.take(&files[0].name)).expect("UTF-8")
}

fn recipe() -> Recipe {
    Recipe::parse(RECIPE).expect("a recipe")
}

/// The twin: a walk over the texts, without keys, hashes or shards. People of each file, and of both.
fn walked(world: &World) -> [usize; 3] {
    let mut near: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &world.map {
        let cells: Vec<&str> = row.split(',').collect();
        let ids = [
            cells[0].replace("+86", "").replace(' ', ""),
            if cells[1].is_empty() { String::new() } else { hashed(cells[1]) },
            cells[2].to_string(),
        ];
        let ids: Vec<&String> = ids.iter().filter(|id| !id.is_empty()).collect();
        for a in &ids {
            for b in &ids {
                near.entry((*a).clone()).or_default().insert((*b).clone());
            }
        }
    }
    let person = |id: &str| {
        let mut seen = BTreeSet::from([id.to_string()]);
        let mut next = vec![id.to_string()];
        while let Some(at) = next.pop() {
            for other in near.get(&at).into_iter().flatten() {
                if seen.insert(other.clone()) {
                    next.push(other.clone());
                }
            }
        }
        seen.first().cloned().expect("itself")
    };
    let people = |rows: &[String]| -> BTreeSet<String> {
        rows.iter().map(|row| person(row.split(',').next().expect("an ID"))).collect()
    };
    let (ours, tags) = (people(&world.ours), people(&world.tags));
    [ours.len(), tags.len(), ours.intersection(&tags).count()]
}

#[test]
fn phones_meet_devices_and_every_count_is_of_people() {
    let world = world();
    let mut bench = bench(&world, 3, &[], u64::MAX);
    let report = open(&mut bench, &recipe(), 1).expect("opens");
    let found = [report.first_party.people, report.tags.people, report.matched].map(|n| n as usize);
    assert_eq!(found, walked(&world));
    assert!(found[2] > 200 && found[0] < world.ours.len() && found[1] < world.tags.len(), "{found:?}");
    for (account, rows) in [(&report.first_party, world.ours.len()), (&report.tags, world.tags.len())] {
        assert_eq!(account.rows, rows as u64);
        assert_eq!(account.rows, account.invalid + account.duplicate + account.people);
        let merged = account.notes.iter().find(|n| n.code == "one-person").expect("a note");
        assert_eq!(merged.count, account.duplicate, "no ID stands twice, so only the map made duplicates");
    }
    let one = report.one_id.expect("a report");
    assert_eq!(one.refused, BTreeMap::from([("cap".into(), 0), ("one-phone".into(), 0)]));
    assert_eq!(one.sources.keys().collect::<Vec<_>>(), ["crm", "scrm", "sdk"]);
    assert_eq!(one.sizes.iter().sum::<u64>(), one.people);
    assert_eq!(one.joined, one.ids - one.people, "every pair that joins takes one person away");
    // What leaves is written as the tag file writes it.
    let everyone = made(
        &mut bench,
        Export::Audience { name: "all".into(), crowd: atoll::audience::Expr::Seed, header: false },
    );
    let written: BTreeSet<&str> =
        world.tags.iter().map(|row| row.split(',').next().expect("an ID")).collect();
    assert_eq!(everyone.lines().count(), found[2]);
    assert!(everyone.lines().all(|id| written.contains(id)));
}

#[test]
fn without_the_map_nothing_can_be_compared() {
    let mut plain = recipe();
    plain.idmap.clear();
    let error = open(&mut bench(&world(), 1, &[], u64::MAX), &plain, 0).expect_err("kinds apart");
    assert_eq!(error.kind, Kind::KindsApart);
}

#[test]
fn rows_files_and_shards_in_any_order_give_the_same_bytes() {
    let mut world = world();
    planted(&mut world);
    let run = |world: &World, shards: usize| {
        let mut bench = bench(world, shards, &[], u64::MAX);
        let report = open(&mut bench, &recipe(), 1).expect("opens");
        let seed = Export::Audience { name: "s".into(), crowd: atoll::audience::Expr::Seed, header: true };
        (
            report.matched,
            made(&mut bench, Export::OneId),
            made(&mut bench, Export::Conflicts),
            made(&mut bench, seed),
        )
    };
    let one = run(&world, 1);
    assert!(one.2.lines().count() > 3, "{}", one.2);
    for shards in [2, 3, 7] {
        assert!(run(&world, shards) == one, "{shards} shards");
    }
    // First rows of odd cells move with the rows; there are none here.
    world.map.reverse();
    assert!(run(&world, 3) == one, "rows turned round");
    world.map.rotate_left(77);
    assert!(run(&world, 2) == one, "rows moved");
}

/// Two phones of one union ID, and one phone on thirty devices.
fn planted(world: &mut World) {
    world.map.push(format!("{},,u1,0.95,crm", phone(30_001)));
    world.map.push(format!("{},,u1,0.4,bad", phone(30_002)));
    world.map.extend((0..30).map(|n| format!("{},{},,0.5,agent", phone(30_003), oaid(40_000 + n))));
}

#[test]
fn a_translation_pairs_ids_as_both_files_write_them() {
    let world = world();
    let mut recipe = recipe();
    let mut bench = bench(&world, 3, &[], u64::MAX);
    open(&mut bench, &recipe, 1).expect("opens");
    assert!(
        bench.call(Call::Export { what: Export::Translated }).is_err(),
        "the control: nobody asked for it"
    );
    recipe.oneid.translate = true;
    let matched = open(&mut bench, &recipe, 1).expect("opens").matched;
    let text = made(&mut bench, Export::Translated);
    let pairs: BTreeSet<&str> = text.lines().skip(1).collect();
    assert_eq!(pairs.len() as u64, matched);
    let plain =
        (90..400).filter(|n| n % 3 != 0 && *n >= 130).map(|n| format!("{},{}", phone(n), hashed(&oaid(n))));
    assert!(plain.clone().count() > 100 && plain.into_iter().all(|pair| pairs.contains(pair.as_str())));
}

/// The people are devices in one file and phones in the other: a platform gets whichever it takes.
#[test]
fn platforms_get_the_devices_or_the_phones() {
    let world = world();
    let mut bench = bench(&world, 3, &[], u64::MAX);
    let matched = open(&mut bench, &recipe(), 1).expect("opens").matched as usize;
    let mut sent = |platform: &str| {
        let plan = format!(r#"{{"platform":"{platform}","of":{{"is":"seed"}},"holdout":0}}"#);
        let plan = Box::new(json::read(plan.as_bytes()).expect("a plan"));
        let Ok(Reply::Exported(exported)) = bench.call(Call::Platform { plan }) else { panic!("an export") };
        let bytes = bench.take(&exported.files[0].name);
        (exported.report.way.kind, String::from_utf8_lossy(&bytes).into_owned())
    };
    let (kind, text) = sent("kuaishou");
    let devices: BTreeSet<String> = (0..900).chain(20_000..20_090).map(|n| hashed(&oaid(n))).collect();
    assert_eq!(kind, id::Kind::Oaid);
    assert_eq!(text.lines().filter(|line| devices.contains(*line)).count(), matched);
    let (kind, text) = sent("meta");
    let sha = |text: String| -> String { Sha256::digest(text).iter().map(|b| format!("{b:02x}")).collect() };
    let phones: BTreeSet<String> =
        (0..400).chain(10_000..10_040).map(|n| sha(format!("86{}", phone(n)))).collect();
    assert_eq!(kind, id::Kind::Phone);
    assert_eq!(text.lines().filter(|line| phones.contains(*line)).count(), matched);
}

#[test]
fn planted_conflicts_are_found_told_and_masked() {
    let mut world = world();
    planted(&mut world);
    let mut bench = bench(&world, 2, &[], u64::MAX);
    let one = open(&mut bench, &recipe(), 1).expect("opens").one_id.expect("a report");
    // u1 takes the phone said to be surest, and so neither its own of 0.7 nor that of 0.4.
    assert_eq!(one.refused, BTreeMap::from([("cap".into(), 21), ("one-phone".into(), 2)]));
    assert_eq!(one.sources["agent"], [30, 9, 21]);
    let text = made(&mut bench, Export::Conflicts);
    assert_eq!(text.lines().count(), 24, "{text}");
    assert!(
        text.lines().nth(1).is_some_and(|l| l.starts_with("one-phone,") && l.contains("0.700000,scrm")),
        "{text}"
    );
    let raw = [phone(30_002), phone(30_003), oaid(40_000)];
    assert!(raw.iter().all(|id| !text.contains(id)) && text.contains("****"), "{text}");
    // The controls: without the rules all is joined.
    let mut open_rules = recipe();
    (open_rules.oneid.one_phone, open_rules.oneid.cap) = (false, 100);
    let all = open(&mut bench, &open_rules, 1).expect("opens").one_id.expect("a report");
    assert!(all.refused.values().all(|&n| n == 0));
    // What is less sure than asked for is not read.
    let mut sure = recipe();
    sure.oneid.least_confidence = 0.75;
    let some = open(&mut bench, &sure, 1).expect("opens").one_id.expect("a report");
    let weak = some.files[0].reasons.iter().find(|p| p.code == "weak").expect("weak rows");
    assert!(weak.count >= 31 && some.refused.values().all(|&n| n == 0), "{weak:?}");
}

#[test]
fn a_map_of_which_only_the_file_is_named_is_found_out() {
    let world = world();
    let named = open(&mut bench(&world, 2, &[], u64::MAX), &recipe(), 1).expect("opens");
    let mut bare = recipe();
    bare.idmap = vec![IdMapRecipe { file: "map.csv".into(), ..IdMapRecipe::default() }];
    let mut bench = bench(&world, 2, &[], u64::MAX);
    bare.idmap[0].confidence = Some("sure".into());
    bare.idmap[0].source = Some("who".into());
    assert_eq!(open(&mut bench, &bare, 1).expect("opens"), named);
    let settled = made(&mut bench, Export::Recipe);
    assert!(settled.contains("[idmap.columns.unionid]\nkind = \"opaque\""), "{settled}");
    assert_eq!(Recipe::parse(&settled).expect("reads").idmap[0].columns.len(), 3);
}

fn code(result: Result<MatchReport, Error>) -> (&'static str, Option<String>) {
    let error = result.expect_err("a refusal");
    (error.code(), error.at.column)
}

#[test]
fn bad_maps_are_refused_by_code() {
    let world = world();
    let refused = |change: &dyn Fn(&mut Recipe), beside: usize, limit: u64| {
        let mut recipe = recipe();
        change(&mut recipe);
        code(open(&mut bench(&world, 2, &[], limit), &recipe, beside))
    };
    assert_eq!(refused(&|_| {}, 0, u64::MAX).0, "file-missing");
    assert_eq!(refused(&|_| {}, 1, 200_000).0, "memory-limit");
    assert_eq!(
        refused(&|r| r.idmap[0].seen = Some("when".into()), 1, u64::MAX),
        ("column-missing", Some("when".into()))
    );
    let drop = |r: &mut Recipe| r.idmap[0].columns.retain(|name, _| name == "phone");
    assert_eq!(refused(&drop, 1, u64::MAX).0, "map-columns");
    assert_eq!(refused(&|r| r.oneid.cap = 1, 1, u64::MAX), ("out-of-range", Some("oneid.cap".into())));
    assert_eq!(
        refused(&|r| r.oneid.priority = vec!["idfa".into()], 1, u64::MAX),
        ("out-of-range", Some("oneid.priority".into()))
    );
    let sha = |r: &mut Recipe| {
        let column =
            IdColumn { kind: atoll::id::Kind::Oaid, digest: atoll::id::Digest::Sha256, id_type: None };
        r.idmap[0].columns.insert("oaid".into(), column);
    };
    assert_eq!(refused(&sha, 1, u64::MAX).0, "digests-apart");
}

fn consent(rows: &[String]) -> Vec<u8> {
    file("phone,agreed,until", rows)
}

#[test]
fn nobody_is_joined_without_consent() {
    let world = world();
    let rows: Vec<String> = (0..400)
        .map(|n| match n % 4 {
            0 => format!("{},no,", phone(n)),
            1 => format!("{},是,2026-12-31", phone(n)),
            2 => format!("{},yes,2026-01-31", phone(n)),
            _ => format!("{},yes,", phone(n)),
        })
        // A withdrawal outweighs a consent, whichever comes first.
        .chain((3..40).step_by(4).map(|n| format!("{},no,", phone(n))))
        .collect();
    let mut gated = recipe();
    gated.consent = Some(ConsentRecipe { file: "consent.csv".into(), ..ConsentRecipe::default() });
    let run = |recipe: &Recipe, rows: &[String], shards| {
        let mut bench = bench(&world, shards, &[("consent.csv", consent(rows))], u64::MAX);
        open(&mut bench, recipe, 2)
    };
    let free = run(&recipe(), &rows, 1).expect("opens");
    let all = run(&gated, &rows, 1).expect("opens");
    let barred = |report: &MatchReport| {
        report.first_party.reasons.iter().find(|p| p.code == "no-consent").map_or(0, |p| p.count)
    };
    assert_eq!((barred(&free), barred(&all)), (0, 100 + 10 + 40));
    assert!(all.matched < free.matched, "the control: without the gate more match");
    assert_eq!(
        all.first_party.rows,
        all.first_party.invalid + all.first_party.duplicate + all.first_party.people
    );
    let plan = gated.consent.as_mut().expect("a plan");
    (plan.until, plan.as_of) = (Some("until".into()), Some("2026-06-01".into()));
    let dated = run(&gated, &rows, 1).expect("opens");
    assert_eq!(barred(&dated), 250);
    let turned: Vec<String> = rows.iter().rev().cloned().collect();
    assert_eq!(run(&gated, &turned, 7).expect("opens"), dated);
    gated.consent.as_mut().expect("a plan").as_of = None;
    assert_eq!(code(run(&gated, &rows, 1)), ("consent-columns", Some("as_of".into())));
    gated.consent = Some(ConsentRecipe { file: "consent.csv".into(), ..ConsentRecipe::default() });
    let no: Vec<String> = (0..400).map(|n| format!("{},no,", phone(n))).collect();
    assert_eq!(code(run(&gated, &no, 1)).0, "consent-nobody");
}

#[test]
fn a_list_of_ids_alone_is_a_list_of_those_who_agreed() {
    let world = world();
    let list = (0..100).map(|n| hashed(&phone(n)) + "\n").collect::<String>().into_bytes();
    let mut gated = recipe();
    gated.consent = Some(ConsentRecipe {
        file: "list.txt".into(),
        kind: Some(atoll::id::Kind::Phone),
        ..ConsentRecipe::default()
    });
    let mut bench = bench(&world, 2, &[("list.txt", list)], u64::MAX);
    let report = open(&mut bench, &gated, 2).expect("opens");
    assert_eq!((report.first_party.people, report.first_party.invalid), (100, 340));
}

#[test]
fn the_first_party_file_may_hold_its_own_consent() {
    let mut world = world();
    world.ours.iter_mut().enumerate().for_each(|(n, row)| *row += [",yes", ",no", ",perhaps"][n % 3]);
    let run = |column: Option<&str>| {
        let mut files = bench(&world, 2, &[], u64::MAX);
        let mut recipe = recipe();
        recipe.first_party.consent = column.map(str::to_owned);
        recipe.first_party.ignore = if column.is_none() { vec!["agreed".into()] } else { vec![] };
        let named = file("phone,shop,agreed", &world.ours);
        files.replace(0, named);
        let report = open(&mut files, &recipe, 1).map(|r| r.first_party);
        (report, made(&mut files, Export::Recipe))
    };
    let (gated, settled) = run(Some("agreed"));
    let gated = gated.expect("opens");
    let no = gated.reasons.iter().find(|p| p.code == "no-consent").expect("dropped rows");
    assert_eq!((no.count, gated.invalid), (293, 293));
    assert_eq!(gated.notes.iter().find(|p| p.code == "consent-unclear").map(|p| p.count), Some(146));
    assert!(settled.contains("consent = \"agreed\"\n") && !gated.unused.contains_key("agreed"), "{settled}");
    assert_eq!(run(None).0.expect("opens").invalid, 0, "the control: without the gate all may be joined");
}
