//! Every finding with a control beside it that stays green.

use super::*;
use crate::export::zip::Archive as Zip;
use crate::id::{Digest, Kind as IdKind, Recipe};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;
use std::fmt::Write;

fn linted(text: &[u8], context: Context) -> Linted {
    let whole = Lint::all(text, &context);
    // Cut anywhere, it is the same.
    for size in [1, 7, 4096] {
        let mut lint = Lint::default();
        text.chunks(size).for_each(|part| lint.feed(part, false, &context).unwrap());
        lint.feed(&[], true, &context).unwrap();
        let parts = lint.finish(&context);
        assert_eq!(
            (parts.findings, parts.sketch),
            (whole.findings.clone(), whole.sketch.clone()),
            "slices of {size}"
        );
    }
    whole
}

/// What is found, as `code column row count/of example`.
fn found(text: &str) -> Vec<String> {
    let told = |f: &Finding| {
        format!("{} {}:{} {}/{} {}", f.code, f.column, f.row, f.count, f.of, f.example).trim_end().to_string()
    };
    linted(text.as_bytes(), Context::default()).findings.iter().map(told).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, b| {
        write!(text, "{b:02x}").unwrap();
        text
    })
}

fn phone(n: u64) -> String {
    format!("139{:08}", n * 7_919 % 100_000_000)
}

/// A table of so many people, the ID written by `id`.
fn people(id: impl Fn(u64) -> String, n: u64) -> String {
    (0..n).fold("id,city\n".to_string(), |text, i| {
        text + &format!("{},{}\n", id(i), ["上海", "北京"][i as usize % 2])
    })
}

fn token(i: u64) -> String {
    format!("t_{}", &hex(&sha2::Sha256::digest(i.to_le_bytes()))[..32])
}

#[test]
fn raw_ids_in_any_column_and_inside_labels() {
    assert_eq!(found(&people(phone, 60)), ["raw-phone id:2 60/60 139****0000"]);
    assert_eq!(
        found("name,note\nAnna,call 13800138000\nBo,a@b.cn\nCy,none\n"),
        ["raw-phone note:2 1/3 138****8000", "raw-email note:3 1/3 a***@b.cn",]
    );
    assert_eq!(found("plan,paper\nA,11010519491231002X\n"), ["raw-id-card paper:2 1/1 1101****002X"]);
    assert_eq!(found("x,dev\n1,FF1999CD-7177-4937-A474-74937A102630\n"), ["device-id dev:2 1/1 FF1999…2630"]);
    assert_eq!(found("{\"labels\": [\"13800138000\"]}"), ["raw-phone :1 1/2 138****8000"]);
    let control = "name,note\nAnna,call 1380013800\nBo,a@b\nCy,110105194912310021\n";
    assert_eq!(found(control), [""; 0]);
    assert_eq!(found("<html><style>@media x {}</style><p>tencent@1.2</p>"), [""; 0]);
}

#[test]
fn digests_without_a_key_in_every_spelling_and_tokens_are_none() {
    type Hashing = fn(&[u8]) -> Vec<u8>;
    let digests: [Hashing; 4] = [
        |text| md5::Md5::digest(text).to_vec(),
        |text| sha1::Sha1::digest(text).to_vec(),
        |text| sha2::Sha256::digest(text).to_vec(),
        |text| sm3::Sm3::digest(text).to_vec(),
    ];
    for digest in digests {
        for write in [hex, |bytes: &[u8]| hex(bytes).to_uppercase(), |bytes: &[u8]| STANDARD.encode(bytes)] {
            let text = people(|i| write(&digest(phone(i).as_bytes())), 60);
            let linted = linted(text.as_bytes(), Context::default());
            assert_eq!(linted.findings.iter().map(|f| &*f.code).collect::<Vec<_>>(), ["guessable"], "{text}");
            assert_eq!((linted.mark, linted.findings[0].count), (Mark::Red, 60));
        }
    }
    assert_eq!(found(&people(token, 60)), [""; 0]);
    assert_eq!(found(&people(|i| format!("M{i:05}"), 60)), ["opaque-ids id:2 60/60 M****0"]);
}

#[test]
fn a_dictionary_proves_it() {
    let mut known = Known::default();
    (0..40).for_each(|i| known.add(phone(i).as_bytes()));
    known.add(b"nobody");
    known.sort();
    assert_eq!(known.tried, 40);
    let solved = |id: &dyn Fn(u64) -> String| {
        let context = Context { known: Some(&known), ..Context::default() };
        linted(people(id, 60).as_bytes(), context).findings[0].solved
    };
    assert_eq!(solved(&|i| hex(&sha2::Sha256::digest(phone(i)))), 40);
    assert_eq!(solved(&|i| hex(&md5::Md5::digest(phone(i)))), 40);
    assert_eq!(solved(&|i| STANDARD.encode(sm3::Sm3::digest(format!("+86{}", phone(i))))), 40);
    assert_eq!(solved(&|i| hex(&sha2::Sha256::digest(hex(&md5::Md5::digest(phone(i)))))), 40, "double");
    assert_eq!(solved(&|i| hex(&sha2::Sha256::digest(format!("salt{}", phone(i))))), 0, "the control");
}

#[test]
fn the_block_hits_a_large_file_with_nothing_at_hand() {
    let mut block = Known::block();
    block.sort();
    let every = |n: u64| format!("13{:09}", n * 15_259 % 1_000_000_000);
    let hits = |salt: &str| {
        (0..200_000).filter(|n| block.has(hex(&sha2::Sha256::digest(every(*n) + salt)).as_bytes())).count()
    };
    assert!(hits("") >= 1 && hits("salt") == 0);
}

#[test]
fn small_cells_in_tables_and_reports() {
    assert_eq!(
        found("column,value,seed_count\ncity,a,49\ncity,b,50\ncity,c,0\n"),
        ["small-cells seed_count:2 1/3 49"]
    );
    assert_eq!(found("column,value,seed_count\ncity,a,51\ncity,b,50\ncity,c,0\n"), [""; 0]);
    assert_eq!(found("{\n  \"people\": [7, 90],\n  \"depth\": 3\n}"), ["small-cells people:2 1/5 7"]);
    assert_eq!(found("{\n  \"people\": [70, 90],\n  \"depth\": 3\n}"), [""; 0]);
    assert_eq!(
        found("{\"reasons\": [{\"code\": \"junk\", \"count\": 7}]}"),
        [""; 0],
        "rows that were refused"
    );
    let strict = Context { k: 100, ..Context::default() };
    assert_eq!(linted(b"value,people\na,90\n", strict).mark, Mark::Amber);
    // A tag that counts is no table of counts.
    assert_eq!(
        found(&people(token, 60).replace("city", "order_count").replace("上海", "3").replace("北京", "4")),
        [""; 0]
    );
}

#[test]
fn rows_that_no_other_equals() {
    let wide = |values: u64| {
        let row = |i: u64| format!("{},{},{}\n", token(i), i % values, i % values % 2);
        (0..200).fold("token,age,sex\n".to_string(), |text, i| text + &row(i))
    };
    assert_eq!(found(&wide(101)), ["unique-rows :0 2/200"]);
    assert_eq!(found(&wide(10)), [""; 0]);
}

#[test]
fn scores_stand_for_single_people_and_tiers_do_not() {
    let table = |head: &str| {
        (0..60).fold(format!("id,{head}\n"), |text, i| text + &format!("{},0.{}\n", token(i), i % 5))
    };
    assert_eq!(found(&table("score")), ["raw-scores score:2 60/60 ****"]);
    assert_eq!(found(&table("tier")), [""; 0]);
}

#[test]
fn two_lists_that_differ_in_few() {
    let list = |from: u64, to: u64| {
        linted((from..to).map(|i| token(i) + "\n").collect::<String>().as_bytes(), Context::default())
    };
    let against = |other: Linted| {
        held_against(&list(0, 500).sketch.unwrap(), "before.csv", &other.sketch.unwrap(), 50)
            .map(|f| (f.count, f.file))
    };
    assert_eq!(against(list(3, 500)), Some((3, "before.csv".into())));
    assert_eq!(against(list(0, 500)), None, "the same list");
    assert_eq!(against(list(0, 450)), None, "fifty are no few");
    assert_eq!(against(list(500, 900)), None);
}

#[test]
fn archives_are_looked_into() {
    let zip = |id: fn(u64) -> String| {
        let mut zip = Zip::default();
        zip.add("index.csv", format!("file,people,sha256\na.csv,60,{}\n", hex(&[7; 32])).as_bytes()).unwrap();
        zip.add("a.csv", (0..60).map(|i| id(i) + "\n").collect::<String>().as_bytes()).unwrap();
        zip.add("empty.txt", b"").unwrap();
        linted(&zip.bytes().unwrap(), Context::default())
    };
    let red = zip(phone);
    assert_eq!((red.findings[0].code.as_str(), red.findings[0].file.as_str()), ("raw-phone", "a.csv"));
    assert_eq!(red.sketch.unwrap().ids, 60);
    assert_eq!(zip(token).findings, []);
}

#[test]
fn messages_in_base64_are_opened() {
    let message = |word: &str| STANDARD.encode(format!("\n\x40{word}\x10\x07\n\x40{word}\x10\x07"));
    let digest = hex(&sha2::Sha256::digest("13800138000"));
    assert_eq!(found(&message(&digest)), ["guessable :1 2/2 a6942f…43bc"]);
    assert!(found(&message(&"13800138000 ".repeat(4)))[0].starts_with("raw-phone"));
    assert!(found(&message("nothing in here to be found"))[0].starts_with("opaque-ids"), "the control");
}

#[test]
fn what_the_maker_knows_is_told_where_the_form_shows_nothing() {
    let ids = Some(Recipe::new(IdKind::Phone, Digest::Sha256));
    let told = |ids| linted(b"{}", Context { ids, people: 9, ..Context::default() }).findings;
    assert_eq!((told(ids)[0].code.as_str(), told(ids)[0].count), ("guessable", 9));
    assert_eq!(told(None), []);
}

#[test]
fn models_of_small_seeds_and_secrets() {
    let model =
        |seeds: u64| found(&format!("{{\n  \"format\": \"atoll-model\",\n  \"seed_people\": {seeds}\n}}"));
    assert_eq!(model(999), ["few-seeds :0 999/1000"]);
    assert_eq!(model(1000), [""; 0]);
    assert_eq!(found("{\"seed_people\": 999}"), [""; 0], "no model");
    for (head, code) in [
        ("T\u{1}....HMAC-SHA256", Some("keyed")),
        ("T\u{1}....ristretto255-SHA512", None),
        ("K", Some("sealed")),
        ("Q", None),
    ] {
        let linted = linted(format!("ATOLLX{head}").as_bytes(), Context::default());
        assert_eq!(linted.findings.first().map(|f| f.code.as_str()), code);
    }
}

#[test]
fn what_cannot_be_read_as_a_table_is_read_as_a_text() {
    let linted = Lint::all(b"a,b\n\"13800138000,never closed\n", &Context::default());
    assert_eq!(linted.findings[0].code, "raw-phone");
}

#[test]
fn recipes_and_reports_hold_fingerprints() {
    assert_eq!(found(&format!("version = 1\n[policy]\nheader = \"{}\"\n", hex(&[9; 32]))), [""; 0]);
    let many = (0..30u64).map(|i| format!("\"{}\",", hex(&md5::Md5::digest(phone(i))))).collect::<String>();
    assert!(found(&format!("[{many}1]"))[0].starts_with("guessable"));
}
