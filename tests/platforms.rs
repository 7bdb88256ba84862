//! Files for ad platforms, from a room: the same bytes with any number of shards and as reviewed; everyone accounted for;
//! the IDs checked against a plain computation; holdout, add, delete and reset; what is refused, and why.

mod room;

use atoll::audience::{Expr, lot};
use atoll::id::{Digest, Key, Kind, Platform};
use atoll::room::call::{Call, Made, Reply};
use atoll::room::platform::{ExportPlan, ExportReport, Exported, Offer, Operation};
use atoll::room::recipe::Recipe;
use room::Bench;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PEOPLE: usize = 7_000;
const OURS: usize = 6_000;

fn phone(i: usize) -> String {
    format!("138{:08}", i * 7919)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn sha(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// The brand holds phones, the third party their SHA-256; a thousand are not the brand's.
fn opened(shards: usize, earlier: Vec<(&'static str, Vec<u8>)>) -> Bench {
    opened_with(shards, earlier, None)
}

fn opened_with(shards: usize, earlier: Vec<(&'static str, Vec<u8>)>, export: Option<ExportPlan>) -> Bench {
    let ours: String = (0..OURS).map(|i| phone(i) + "\n").collect();
    let tags: String = (0..PEOPLE).map(|i| format!("{},{}\n", sha(&phone(i)), ["f", "m"][i % 2])).collect();
    let mut files =
        vec![("ours.csv", ours.into_bytes()), ("tags.csv", format!("id,sex\n{tags}").into_bytes())];
    files.extend(earlier);
    let known = files.len();
    let mut bench = Bench::new(shards, files);
    let (first_party, tags) = (bench.file(0), bench.file(1));
    bench.call(Call::Open { recipe: Box::new(recipe(export)), first_party, tags }).expect("opens");
    let files = (2..known).map(|at| bench.file(at)).collect();
    bench.call(Call::Attach { files }).expect("known");
    bench
}

fn recipe(export: Option<ExportPlan>) -> Recipe {
    let recipe = Recipe::parse(
        "[first_party]\nfile = \"ours.csv\"\nid = 1\nkind = \"phone\"\nheader = false\n\
         [tags]\nfile = \"tags.csv\"\nid = \"id\"\nkind = \"phone\"\ndigest = \"sha256\"\ncategories = [\"sex\"]\n",
    );
    Recipe { export, ..recipe.expect("a recipe") }
}

fn plan(platform: Platform) -> ExportPlan {
    ExportPlan {
        platform,
        digest: None,
        text: None,
        of: Some(Expr::Everyone),
        tier: None,
        name: None,
        holdout: 5.0,
        seed: 7,
        what: Operation::Reset,
        earlier: vec![],
        hashed_by: None,
    }
}

fn exported(bench: &mut Bench, plan: &ExportPlan) -> Exported {
    match bench.call(Call::Platform { plan: Box::new(plan.clone()) }).expect("files") {
        Reply::Exported(exported) => *exported,
        _ => panic!("no export"),
    }
}

fn refused(bench: &mut Bench, plan: &ExportPlan) -> (&'static str, Option<String>) {
    let error = bench.call(Call::Platform { plan: Box::new(plan.clone()) }).expect_err("refused");
    (error.code(), error.at.column)
}

fn offers(bench: &mut Bench) -> Vec<Offer> {
    match bench.call(Call::Platforms).expect("offers") {
        Reply::Platforms(offers) => offers,
        _ => panic!("no offers"),
    }
}

fn adds_up(report: &ExportReport) {
    assert_eq!(report.crowd, report.held + report.without + report.twice + report.list);
}

/// Those who are not held back, by the rule of the draw alone.
fn sent(seed: u32) -> BTreeSet<usize> {
    let key = |i: usize| {
        let mut key = [0; 16];
        key.copy_from_slice(&Sha256::digest(phone(i))[..16]);
        Key(key)
    };
    (0..PEOPLE).filter(|&i| lot(seed, key(i)) >= 500).collect()
}

#[test]
fn every_dialect_is_the_same_with_1_2_3_and_7_shards_and_as_reviewed() {
    let run = |shards: usize| {
        let mut bench = opened(shards, vec![]);
        let mut lines = String::new();
        for offer in offers(&mut bench) {
            for way in &offer.ways {
                let plan = ExportPlan { digest: Some(way.digest), ..plan(offer.platform) };
                let Exported { report, files } = exported(&mut bench, &plan);
                adds_up(&report);
                for made in files {
                    let bytes = bench.take(&made.name);
                    assert_eq!(made.sha256, hex(&Sha256::digest(&bytes)));
                    lines += &format!(
                        "{}  {}/{}/{}\n",
                        made.sha256,
                        offer.platform.code(),
                        way.digest.code(),
                        made.name
                    );
                }
            }
        }
        lines
    };
    let one = run(1);
    for shards in [2, 3, 7] {
        assert_eq!(run(shards), one, "{shards} shards");
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/platforms/phones.sha256");
    if std::env::var_os("ATOLL_WRITE_GOLDEN").is_some() {
        fs::write(&golden, &one).expect("the golden file");
    }
    assert_eq!(one, fs::read_to_string(&golden).unwrap_or_default(), "the files changed: review them");
}

#[test]
fn the_ids_are_those_of_a_plain_computation() {
    let mut bench = opened(3, vec![]);
    let lines = |bytes: &[u8]| -> BTreeSet<String> {
        String::from_utf8_lossy(bytes).lines().map(str::to_string).collect()
    };
    // Google hashes +86 and the number: only the brand's own people have one.
    let Exported { report, .. } = exported(&mut bench, &plan(Platform::Google));
    let mut want: BTreeSet<String> =
        sent(7).into_iter().filter(|i| *i < OURS).map(|i| sha(&format!("+86{}", phone(i)))).collect();
    assert_eq!((report.list, report.way.own), (want.len() as u64, true));
    // Only who would have been reached is held back: the arms can be compared.
    assert_eq!((report.held + report.list, report.without), (OURS as u64, (PEOPLE - OURS) as u64));
    assert_eq!(lines(&bench.take("holdout.csv")).len() as u64, report.held);
    want.insert("Phone".into());
    assert_eq!(lines(&bench.take("google.csv")), want);
    // Kuaishou takes the tag file's own digest: everyone.
    let Exported { report, .. } = exported(&mut bench, &plan(Platform::Kuaishou));
    assert_eq!((report.without, report.way.own, report.way.digest), (0, false, Digest::Sha256));
    let want: BTreeSet<String> = sent(7).into_iter().map(|i| sha(&phone(i))).collect();
    assert_eq!(lines(&bench.take("kuaishou.txt")), want);
    // Whoever is held back is in the arm, as the tag file writes them, and in no other file.
    let arm = lines(&bench.take("holdout.csv"));
    assert_eq!(arm.len() as u64, report.held);
    assert!(report.held > 300 && report.held < 400, "five per cent of seven thousand");
    assert!(arm.is_disjoint(&want));
    assert_eq!(arm.union(&want).count(), PEOPLE);
}

#[test]
fn add_and_delete_make_the_earlier_audience_the_new_one() {
    let women = Expr::Tag { feature: "sex".into(), values: vec!["f".into()] };
    for (platform, file) in [(Platform::Tencent, "tencent.zip"), (Platform::OceanEngine, "ocean-engine.zip")]
    {
        let mut bench = opened(2, vec![]);
        let first = ExportPlan { of: Some(women.clone()), ..plan(platform) };
        exported(&mut bench, &first);
        let before = bench.take(file);
        assert_eq!(
            refused(&mut bench, &ExportPlan { what: Operation::Add, ..plan(platform) }).0,
            "earlier-missing"
        );
        let mut bench = opened(2, vec![("before.zip", before.clone())]);
        // The seed, and another draw: women outside it and the newly held back go, men in it and the newly drawn come.
        let earlier = vec!["before.zip".to_string()];
        let next = ExportPlan { of: Some(Expr::Seed), seed: 8, earlier: earlier.clone(), ..plan(platform) };
        let reset = exported(&mut bench, &next).report;
        let add = exported(&mut bench, &ExportPlan { what: Operation::Add, ..next.clone() }).report;
        let delete = exported(&mut bench, &ExportPlan { what: Operation::Delete, ..next.clone() }).report;
        assert_eq!(reset.written, reset.list);
        assert_eq!(reset.list, delete.earlier + add.written - delete.written);
        let was: BTreeSet<usize> = sent(7).into_iter().filter(|i| i % 2 == 0).collect();
        let is: BTreeSet<usize> = sent(8).into_iter().filter(|i| *i < OURS).collect();
        assert_eq!(add.written as usize, is.difference(&was).count());
        assert_eq!(delete.written as usize, was.difference(&is).count());
        // The same crowd again is no difference: no file.
        let same = ExportPlan { what: Operation::Add, earlier: earlier.clone(), ..first.clone() };
        let again = exported(&mut bench, &same);
        assert_eq!(again.report.written, 0);
        assert!(again.files.iter().all(|made| made.name == "holdout.csv" || made.name == "export.json"));
        // Another platform's file is no earlier export.
        let other = ExportPlan { what: Operation::Add, earlier, ..plan(Platform::Google) };
        assert_eq!(refused(&mut bench, &other).0, "earlier-foreign");
    }
}

/// A platform's floor is known only when all is counted; by then the run has made everything else.
#[test]
fn what_a_platform_does_not_take_keeps_nothing_else_back() {
    let women = Expr::Tag { feature: "sex".into(), values: vec!["f".into()] };
    let all = |platform| {
        let plan = ExportPlan { of: Some(women.clone()), ..plan(platform) };
        match opened_with(2, vec![], Some(plan)).call(Call::ExportAll) {
            Ok(Reply::All(all)) => all,
            other => panic!("{other:?}"),
        }
    };
    let taken = all(Platform::Tencent);
    assert_eq!(taken.refused, None);
    let few = all(Platform::Alibaba);
    assert_eq!(few.refused.map(|refused| refused.code).as_deref(), Some("platform-floor"));
    let names = |all: &[Made]| all.iter().map(|made| made.name.clone()).collect::<BTreeSet<_>>();
    let kept: BTreeSet<String> = names(&taken.files)
        .into_iter()
        .filter(|name| !name.contains("tencent") && name != "holdout.csv")
        .collect();
    assert!(kept.contains("run.json") && kept.contains("scores.csv"));
    assert_eq!(names(&few.files), kept.into_iter().filter(|name| name != "export.json").collect());
}

#[test]
fn offers_say_what_is_possible_and_why_the_rest_is_not() {
    let offers = offers(&mut opened(1, vec![]));
    let of = |platform: Platform| offers.iter().find(|o| o.platform == platform).expect("every platform");
    let ways = |platform| of(platform).ways.iter().map(|w| (w.digest, w.own)).collect::<Vec<_>>();
    assert_eq!(
        ways(Platform::Tencent),
        [(Digest::Sha256, false), (Digest::Md5, true), (Digest::Md5Sha256, true)]
    );
    assert_eq!(ways(Platform::Baidu), [(Digest::Md5, true)]);
    assert_eq!(ways(Platform::Google), [(Digest::Sha256, true)]);
    assert_eq!((ways(Platform::X), of(Platform::X).why.as_deref()), (vec![], Some("platform-kind")));
    assert!(of(Platform::Tencent).ways[0].sure && !of(Platform::Kuaishou).ways[0].sure);
    assert!(offers.iter().all(|o| o.ways.is_empty() == o.why.is_some()));
    assert!(offers.iter().flat_map(|o| &o.ways).all(|w| w.kind == Kind::Phone));
}

#[test]
fn a_tag_file_hashed_by_another_rule_goes_only_there() {
    let plus = |i: usize| sha(&format!("+86{}", phone(i)));
    let tags: String = (0..PEOPLE).map(|i| format!("{},f\n", plus(i))).collect();
    let ours: String = (0..OURS).map(|i| plus(i) + "\n").collect();
    let files = vec![("ours.csv", ours.into_bytes()), ("tags.csv", format!("id,sex\n{tags}").into_bytes())];
    let mut bench = Bench::new(2, files);
    let recipe = Recipe::parse(
        "[first_party]\nfile = \"ours.csv\"\nid = 1\nkind = \"phone\"\ndigest = \"sha256\"\nheader = false\n\
         [tags]\nfile = \"tags.csv\"\nid = \"id\"\nkind = \"phone\"\ndigest = \"sha256\"\ncategories = [\"sex\"]\n",
    );
    let (first_party, tags) = (bench.file(0), bench.file(1));
    bench.call(Call::Open { recipe: Box::new(recipe.expect("a recipe")), first_party, tags }).expect("opens");
    assert_eq!(refused(&mut bench, &plan(Platform::Google)).0, "platform-rehash");
    let said = |platform| ExportPlan { hashed_by: Some(Platform::Google), ..plan(platform) };
    assert_eq!(exported(&mut bench, &said(Platform::Google)).report.list, sent_of(plus) as u64);
    assert_eq!(exported(&mut bench, &said(Platform::Uid2)).report.list, sent_of(plus) as u64);
    assert_eq!(refused(&mut bench, &said(Platform::Tencent)).0, "platform-rehash");
}

fn sent_of(id: impl Fn(usize) -> String) -> usize {
    let key = |i: usize| {
        let mut key = [0; 16];
        for (at, byte) in key.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&id(i)[2 * at..2 * at + 2], 16).expect("hex");
        }
        Key(key)
    };
    (0..PEOPLE).filter(|&i| lot(7, key(i)) >= 500).count()
}

#[test]
fn what_is_refused() {
    let mut bench = opened(1, vec![]);
    let few = Expr::Hash { seed: 1, from: 0, to: 100 };
    let table = [
        (ExportPlan { of: Some(few.clone()), ..plan(Platform::Tiktok) }, "platform-floor", Some("1000")),
        (
            ExportPlan { digest: Some(Digest::Sha1), ..plan(Platform::Tencent) },
            "platform-digest",
            Some("tencent"),
        ),
        (plan(Platform::X), "platform-kind", Some("x")),
        // Nobody outside the brand's own file has a raw ID.
        (
            ExportPlan { of: Some(Expr::Everyone.minus(Expr::Seed)), ..plan(Platform::Google) },
            "platform-rehash",
            None,
        ),
        (ExportPlan { holdout: 60.0, ..plan(Platform::Tencent) }, "out-of-range", Some("export.holdout")),
        (ExportPlan { tier: Some(0), ..plan(Platform::Tencent) }, "out-of-range", Some("export.tier")),
        (
            ExportPlan { text: Some(atoll::id::Text::Upper), ..plan(Platform::Meta) },
            "out-of-range",
            Some("export.text"),
        ),
        (ExportPlan { of: Some(Expr::Or { of: vec![] }), ..plan(Platform::Meta) }, "audience-empty", None),
    ];
    for (plan, code, column) in table {
        assert_eq!(refused(&mut bench, &plan), (code, column.map(str::to_string)), "{plan:?}");
    }
    let all = exported(&mut bench, &ExportPlan { holdout: 0.0, ..plan(Platform::Tencent) });
    assert_eq!((all.report.held, all.report.list), (0, PEOPLE as u64));
    assert!(all.files.iter().all(|made| made.name != "holdout.csv"));
    let advised = exported(&mut bench, &ExportPlan { of: Some(few), ..plan(Platform::Meta) });
    assert!(advised.report.few, "fewer than 100 rows is advice");
}
