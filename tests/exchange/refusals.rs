//! What must be rejected, each under its own code; the honest file beside it passes.

use super::world::*;
use atoll::error::{Error, Result};
use atoll::exchange::answer::{self, Ledger};
use atoll::exchange::group::Dalek;
use atoll::exchange::keys::KeyFile;
use atoll::exchange::oprf::{self, Mode, SecretKey};
use atoll::exchange::query::{self, Query, Run};
use atoll::exchange::tagfile::{Lookup, TagFile};
use atoll::exchange::tags::Columns;
use atoll::exchange::terms::Terms;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
const MINUS_ONE: [u8; 32] = [0xff; 32];
const IDENTITY: [u8; 32] = [0; 32];

/// Header and what stands behind it.
fn split(file: &[u8]) -> (Value, Vec<u8>) {
    let length = u32::from_be_bytes(file[8..12].try_into().unwrap()) as usize;
    (serde_json::from_slice(&file[12..12 + length]).unwrap(), file[12 + length..].to_vec())
}

fn joined(kind: u8, header: &Value, body: &[u8]) -> Vec<u8> {
    let json = serde_json::to_vec(header).unwrap();
    let mut out = [b"ATOLLX".as_slice(), &[kind, 1]].concat();
    out.extend((json.len() as u32).to_be_bytes());
    [out, json, body.to_vec()].concat()
}

/// The file with another header.
fn edited(file: &[u8], edit: impl Fn(&mut Value)) -> Vec<u8> {
    let (mut header, body) = split(file);
    edit(&mut header);
    joined(file[6], &header, &body)
}

/// The file with another body.
fn rebodied(file: &[u8], edit: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let (header, mut body) = split(file);
    edit(&mut body);
    joined(file[6], &header, &body)
}

/// A tag file as a hostile provider makes it: edited, and signed again.
fn forged(file: &[u8], edit: impl Fn(&mut Value, &mut Vec<u8>)) -> Vec<u8> {
    let (mut header, body) = split(file);
    let mut body = body[64..].to_vec();
    let signing = SigningKey::from_bytes(&[5; 32]);
    let hex = |bytes: &[u8]| Value::from(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>());
    header["signer"] = hex(signing.verifying_key().as_bytes());
    edit(&mut header, &mut body);
    if header["body"] != "kept" {
        header["body"] = hex(&Sha256::digest(&body));
    }
    let head = joined(b'T', &header, &[]);
    let signature = signing.sign(&head).to_bytes();
    [head, signature.to_vec(), body].concat()
}

/// Opens a tag file and reads all of it for these openings.
fn read_all(world: &World, bytes: &[u8]) -> Result<usize> {
    let file = open(bytes)?;
    let ids: Vec<Vec<u8>> = (0..400).map(phone).collect();
    let mut lookup = Lookup::new(&file, world.key.openings(&Dalek, &ids).unwrap());
    lookup.feed(&bytes[file.start()..])?;
    Ok(lookup.finish()?.0.len())
}

/// A run with everything at hand.
struct Asked {
    world: World,
    ids: Vec<Vec<u8>>,
    query: Vec<u8>,
    answer: Vec<u8>,
    seed: u8,
}

impl Asked {
    fn new() -> Asked {
        let world = World::new(true);
        let ids: Vec<Vec<u8>> = (390..410).map(phone).collect();
        let seed = 13;
        let (query, _) = world.ask(&ids, seed);
        let answer = world.answer(&query).unwrap();
        Asked { world, ids, query, answer, seed }
    }
    fn run(&self) -> Run {
        self.world.ask(&self.ids, self.seed).1
    }
    fn open(&self, answer: &[u8]) -> Result<usize> {
        let file = self.world.open()?;
        Ok(self.run().open(&Dalek, &file, &self.ids, answer)?.len())
    }
}

fn place(at: usize, bytes: [u8; 32]) -> impl Fn(&mut Vec<u8>) {
    move |body| body[32 * at..32 * at + 32].copy_from_slice(&bytes)
}

#[test]
fn honest_files_pass() {
    let asked = Asked::new();
    assert_eq!(asked.open(&asked.answer).unwrap(), 20);
    assert_eq!(read_all(&asked.world, &asked.world.file).unwrap(), 400);
    assert_eq!(read_all(&asked.world, &forged(&asked.world.file, |_, _| ())).unwrap(), 400);
}

#[test]
fn non_canonical_points() {
    let asked = Asked::new();
    let refused = asked.world.answer(&rebodied(&asked.query, place(700, MINUS_ONE))).unwrap_err();
    assert_eq!((refused.code(), refused.at.row), ("point-invalid", Some(701)));
    assert_eq!(code(asked.open(&rebodied(&asked.answer, place(5, MINUS_ONE)))), "point-invalid");
}

#[test]
fn the_identity() {
    let asked = Asked::new();
    let refused = asked.world.answer(&rebodied(&asked.query, place(700, IDENTITY))).unwrap_err();
    assert_eq!((refused.code(), refused.at.row), ("point-identity", Some(701)));
    assert_eq!(code(asked.open(&rebodied(&asked.answer, place(5, IDENTITY)))), "point-identity");
}

#[test]
fn scalars_at_or_above_the_order() {
    let asked = Asked::new();
    for half in [0, 1] {
        assert_eq!(code(asked.open(&rebodied(&asked.answer, place(1_024 + half, ORDER)))), "scalar-invalid");
    }
}

#[test]
fn zero_blinds_and_keys() {
    assert_eq!(code(SecretKey::read(&[0; 32]).map(|_| ())), "blind-zero");
    assert_eq!(code(Mode::Voprf.blind(&Dalek, &[b"id"], &[[0; 32]])), "blind-zero");
    assert_eq!(code(oprf::finalize(&Dalek, &[b"id"], vec![[0; 32]].into(), &[[1; 32]])), "blind-zero");
}

#[test]
fn a_public_key_that_is_the_identity() {
    let world = World::new(true);
    let file = forged(&world.file, |header, _| header["public"] = json!("00".repeat(32)));
    assert_eq!(code(open(&file)), "key-identity");
    let file = forged(&world.file, |header, _| header["public"] = json!("ff".repeat(32)));
    assert_eq!(code(open(&file)), "point-invalid");
}

#[test]
fn files_of_other_terms() {
    let asked = Asked::new();
    type Edit = fn(&mut Value);
    let others: [(Edit, &str); 4] = [
        (|h| h["terms"]["suite"] = json!("HMAC-SHA256"), "suite-wrong"),
        (|h| h["terms"]["collaboration"] = json!("acme x other"), "collaboration-wrong"),
        (|h| h["terms"]["epoch"] = json!("2027-Q1"), "epoch-wrong"),
        (|h| h["terms"]["id"]["kind"] = json!("imei"), "id-kind-wrong"),
    ];
    for (edit, wanted) in others {
        assert_eq!(code(asked.world.answer(&edited(&asked.query, edit))), wanted, "a query");
        assert_eq!(code(asked.open(&edited(&asked.answer, edit))), wanted, "an answer");
    }
    let unknown = forged(&asked.world.file, |header, _| header["terms"]["suite"] = json!("P256-SHA256"));
    assert_eq!(code(open(&unknown)), "suite-wrong");
    // Another epoch of the same collaboration is another key: its answer does not pass as this one's.
    let later = Terms { epoch: "2027-Q1".into(), ..terms(true) };
    let key = KeyFile::generate(later, 100_000, &mut random(11)).unwrap();
    let query = Query::read(&asked.query).unwrap();
    assert_eq!(
        code(answer::answer(&Dalek, &key, &Ledger::new(&key), &query, TODAY, &mut random(1))),
        "epoch-wrong"
    );
}

#[test]
fn row_counts_that_differ_from_the_header_and_trailing_bytes() {
    let asked = Asked::new();
    let Asked { world, query, answer, .. } = &asked;
    for (cut, wanted) in [(1, "row-count-wrong"), (32, "row-count-wrong")] {
        assert_eq!(code(world.answer(&query[..query.len() - cut])), wanted);
        assert_eq!(code(asked.open(&answer[..answer.len() - cut])), wanted);
        assert_eq!(code(open(&world.file[..world.file.len() - cut])), wanted);
    }
    for more in [1, 32, 64] {
        let longer = |file: &[u8]| [file, &vec![7; more]].concat();
        assert_eq!(code(world.answer(&longer(query))), "trailing-bytes");
        assert_eq!(code(asked.open(&longer(answer))), "trailing-bytes");
        assert_eq!(code(open(&longer(&world.file))), "trailing-bytes");
    }
    assert_eq!(code(world.answer(&edited(query, |h| h["rows"] = json!(1_025)))), "row-count-wrong");
    assert_eq!(code(world.answer(&edited(query, |h| h["rows"] = json!(1_023)))), "trailing-bytes");
    assert_eq!(code(world.answer(&edited(query, |h| h["rows"] = json!(u64::MAX)))), "too-many-rows");
    assert_eq!(code(asked.open(&edited(answer, |h| h["rows"] = json!(1_023)))), "row-count-wrong");
    // A body that ends early or goes on although the size was right when the head was read.
    let file = world.open().unwrap();
    let body = &world.file[file.start()..];
    let feed = |bytes: &[u8]| {
        let mut lookup = Lookup::new(&file, vec![]);
        lookup.feed(bytes)?;
        lookup.finish().map(|_| ())
    };
    assert_eq!(code(feed(body)), "accepted");
    assert_eq!(code(feed(&body[..body.len() - 1])), "row-count-wrong");
    assert_eq!(code(feed(&[body, &[0]].concat())), "trailing-bytes");
}

#[test]
fn an_answer_to_another_run() {
    let asked = Asked::new();
    let (other, _) = asked.world.ask(&asked.ids, 99);
    let answer = asked.world.answer(&other).unwrap();
    assert_eq!(code(asked.open(&answer)), "run-wrong");
    // Even under this run's number the proofs do not fit.
    let nonce = split(&asked.answer).0["nonce"].clone();
    assert_eq!(code(asked.open(&edited(&answer, |h| h["nonce"] = nonce.clone()))), "proof-wrong");
}

#[test]
fn repeated_labels_and_rows_out_of_order() {
    let world = World::new(true);
    let row = world.open().unwrap().header().row();
    let twice = forged(&world.file, |_, body| body.copy_within(10 * row..11 * row, 11 * row));
    let refused = read_all(&world, &twice).unwrap_err();
    assert_eq!((refused.code(), refused.at.row), ("labels-repeat", Some(12)));
    let swapped = forged(&world.file, |_, body| body[10 * row..12 * row].rotate_left(row));
    assert_eq!(code(read_all(&world, &swapped)), "labels-unsorted");
}

#[test]
fn more_rows_than_are_allowed() {
    let world = World::new(true);
    let file = forged(&world.file, |header, _| header["rows"] = json!(1_000_000_001u64));
    assert_eq!(code(open(&file)), "too-many-rows");
    let small =
        World { key: key(true, 2_000), file: publish_with(&key(true, 2_000), &rows(0..400)).unwrap() };
    let many: Vec<Vec<u8>> = (0..2_000).map(phone).collect();
    let asked = query::ask(&Dalek, &small.open().unwrap(), &many, &mut random(1));
    assert_eq!(code(asked.map(|_| ())), "row-cap", "the brand is told before it asks");
    let (query, _) = world.ask(&many, 13);
    assert_eq!(code(small.answer(&query)), "row-cap", "and the provider does not rely on that");
}

#[test]
fn the_row_cap_holds_over_several_queries_and_queries_are_answered_once() {
    let world =
        World { key: key(true, 2_100), file: publish_with(&key(true, 2_100), &rows(0..400)).unwrap() };
    let ids: Vec<Vec<u8>> = (0..10).map(phone).collect();
    let mut ledger = Ledger::new(&world.key);
    let mut answer = |seed: u8| {
        let query = Query::read(&world.ask(&ids, seed).0).unwrap();
        let (_, next) = answer::answer(&Dalek, &world.key, &ledger, &query, TODAY, &mut random(14))?;
        ledger = Ledger::read(next.text().as_bytes(), &world.key).unwrap();
        Ok::<_, Error>(ledger.left())
    };
    assert_eq!(answer(20).unwrap(), 1_076, "padding counts");
    assert_eq!(code(answer(20)), "query-replayed");
    assert_eq!(answer(21).unwrap(), 52);
    assert_eq!(code(answer(22)), "row-cap");
}

#[test]
fn ledgers_that_were_edited_or_belong_to_another_key() {
    let world = World::new(true);
    let query = Query::read(&world.ask(&[phone(1)], 20).0).unwrap();
    let (_, ledger) =
        answer::answer(&Dalek, &world.key, &Ledger::new(&world.key), &query, TODAY, &mut random(14)).unwrap();
    let text = ledger.text();
    let read = |text: &str, key: &KeyFile| Ledger::read(text.as_bytes(), key).map(|ledger| ledger.answered());
    assert_eq!(read(&text, &world.key).unwrap(), 1_024);
    assert_eq!(code(read(&text.replace("1024", "0"), &world.key)), "ledger-broken");
    assert_eq!(code(read(&text.replace("100000", "900000"), &world.key)), "ledger-broken");
    assert_eq!(code(read("", &world.key)), "ledger-broken");
    let other = KeyFile::generate(terms(true), 100_000, &mut random(77)).unwrap();
    assert_eq!(code(read(&text, &other)), "ledger-broken");
}

#[test]
fn wrong_numbers_of_proofs() {
    let asked = Asked::new();
    for proofs in [0, 2] {
        assert_eq!(code(asked.open(&edited(&asked.answer, |h| h["proofs"] = json!(proofs)))), "proof-count");
    }
}

/// Chunks are covered in `exchange_vectors.rs`: `one_wrong_row_in_one_of_two_chunks_is_found`.
#[test]
fn another_key_on_one_row_or_all_rows_and_rows_swapped() {
    let asked = Asked::new();
    let other = KeyFile::generate(terms(true), 100_000, &mut random(77)).unwrap();
    let query = Query::read(&asked.query).unwrap();
    let (all, _) =
        answer::answer(&Dalek, &other, &Ledger::new(&other), &query, TODAY, &mut random(1)).unwrap();
    assert_eq!(code(asked.open(&all)), "proof-wrong", "all rows, with an honest proof of the wrong key");
    let row: [u8; 32] = split(&all).1[320..352].try_into().unwrap();
    assert_eq!(code(asked.open(&rebodied(&asked.answer, place(10, row)))), "proof-wrong", "one row");
    let swap = |body: &mut Vec<u8>| body[..64].rotate_left(32);
    assert_eq!(code(asked.open(&rebodied(&asked.answer, swap))), "proof-wrong", "two rows swapped");
    assert_eq!(code(asked.world.answer(&rebodied(&asked.query, swap))), "accepted", "a query has no order");
}

#[test]
fn a_tag_file_that_was_touched_or_is_somebody_elses() {
    let asked = Asked::new();
    let world = &asked.world;
    let mut header = world.file.clone();
    let at = header.windows(6).position(|w| w == b"100000").unwrap();
    header[at] = b'9';
    assert_eq!(code(open(&header)), "signature-wrong");
    let row = world.open().unwrap().header().row();
    let start = world.open().unwrap().start();
    let mut sealed = world.file.clone();
    sealed[start + 3 * row + 16] ^= 1;
    assert_eq!(code(read_all(world, &sealed)), "row-broken");
    let unasked = |bytes: &[u8]| {
        let file = open(bytes)?;
        let mut lookup = Lookup::new(&file, vec![]);
        lookup.feed(&bytes[file.start()..])?;
        lookup.finish().map(|_| ())
    };
    assert_eq!(code(unasked(&sealed)), "body-changed");
    let mut background = world.file.clone();
    *background.last_mut().unwrap() ^= 1;
    assert_eq!(code(unasked(&background)), "body-changed");
    let theirs = forged(&world.file, |_, _| ());
    let signer = world.key.signer();
    assert_eq!(code(TagFile::open(&theirs, theirs.len() as u64, TODAY, Some(&signer))), "signer-wrong");
    // A run belongs to the file it was made for.
    let file = open(&theirs).unwrap();
    assert_eq!(code(asked.run().open(&Dalek, &file, &asked.ids, &asked.answer).map(|_| ())), "key-wrong");
}

#[test]
fn files_past_their_day() {
    let world = World::new(true);
    let on = |day: &str| code(TagFile::open(&world.file, world.file.len() as u64, day, None));
    assert_eq!(on("2026-12-31"), "accepted");
    assert_eq!(on("2027-01-01"), "exchange-expired");
    assert_eq!(on("yesterday"), "out-of-range");
}

#[test]
fn hostile_schemas() {
    let world = World::new(true);
    let with =
        |edit: fn(&mut Value)| code(open(&forged(&world.file, |header, _| edit(&mut header["columns"]))));
    assert_eq!(with(|c| c[0]["labels"][1] = json!("=cmd|'/c calc'!A1")), "formula-label");
    assert_eq!(with(|c| c[0]["name"] = json!("@SUM(A1)")), "formula-label");
    assert_eq!(with(|c| c[0]["labels"][0] = json!("x")), "exchange-broken");
    assert_eq!(with(|c| c[0]["kind"] = json!("multi")), "exchange-broken");
    assert_eq!(with(|c| *c = json!([])), "exchange-broken");
    assert_eq!(with(|c| *c = json!([c[0], c[0]])), "column-twice");
    assert_eq!(with(|c| c[0]["extra"] = json!(1)), "exchange-broken");
}

/// A file of IDs: nothing of it in plain, nothing but translation, no ID that is none.
#[test]
fn files_that_translate_and_tell_more() {
    let world = World::new(true);
    let carried = json!({"id": {"kind": "oaid", "digest": "none"}, "width": 1});
    let with = |edit: fn(&mut Value)| {
        let file = forged(&world.file, |header, body| {
            body.truncate(body.len() - 40);
            header["background"] = json!(0);
            header["policy"]["outputs"] = json!(["translate"]);
            header["columns"][0]["labels"] = json!([""]);
            header["columns"][0]["carried"] = carried.clone();
            edit(header);
        });
        code(open(&file))
    };
    assert_eq!(with(|_| ()), "accepted");
    assert_eq!(with(|h| h["policy"]["outputs"] = json!(["translate", "profile"])), "exchange-broken");
    assert_eq!(with(|h| h["columns"][0]["labels"] = json!(["", "x"])), "exchange-broken");
    assert_eq!(with(|h| h["columns"][0]["carried"]["width"] = json!(0)), "exchange-broken");
    assert_eq!(with(|h| h["columns"][0]["carried"]["id"]["digest"] = json!("mixed")), "exchange-broken");
    assert_eq!(
        with(|h| h["columns"]
            .as_array_mut()
            .unwrap()
            .push(json!({"name": "tag", "kind": "category", "labels": ["", "x"]}))),
        "exchange-broken",
        "tags beside IDs"
    );
    let background = forged(&world.file, |header, _| {
        header["policy"]["outputs"] = json!(["translate"]);
        header["columns"][0]["labels"] = json!([""]);
        header["columns"][0]["carried"] = carried.clone();
    });
    assert_eq!(code(open(&background)), "exchange-broken", "IDs in plain");
    let tags = forged(&world.file, |header, _| header["policy"]["outputs"] = json!(["translate"]));
    assert_eq!(code(open(&tags)), "exchange-broken", "tags under another name");
    // Its rows hold one byte of a code, which is no OAID.
    let columns: Columns = serde_json::from_value(json!([
        {"name": "oaid", "kind": "category", "labels": [""], "carried": {"id": {"kind": "oaid", "digest": "none"}, "width": 20}}
    ]))
    .unwrap();
    let cell = |text: &str| columns.cells(&[text.as_bytes(), &[0; 20]].concat()[..20]);
    assert_eq!(cell("0123456789abcdef").unwrap(), ["0123456789abcdef"]);
    assert_eq!(cell("").unwrap(), [""]);
    assert_eq!(cell("=1+1"), None);
    assert_eq!(cell("0123456789\0bcdef"), None);
}

#[test]
fn other_kinds_and_versions_of_files() {
    let asked = Asked::new();
    assert_eq!(code(Query::read(&asked.answer).map(|_| ())), "exchange-broken");
    assert_eq!(code(open(&asked.query)), "exchange-broken");
    assert_eq!(code(asked.open(&asked.query)), "exchange-broken");
    let mut newer = asked.query.clone();
    newer[7] = 2;
    assert_eq!(code(asked.world.answer(&newer)), "exchange-version");
    for cut in 0..80 {
        assert_eq!(code(Query::read(&asked.query[..cut]).map(|_| ())), "exchange-broken", "{cut} bytes");
    }
    let mut endless = asked.query.clone();
    endless[8..12].copy_from_slice(&[0xff; 4]);
    assert_eq!(code(asked.world.answer(&endless)), "exchange-broken");
}

#[test]
fn other_ids_than_those_that_were_asked_for() {
    let asked = Asked::new();
    let file = asked.world.open().unwrap();
    let mut ids = asked.ids.clone();
    ids.swap(0, 1);
    assert_eq!(code(asked.run().open(&Dalek, &file, &ids, &asked.answer).map(|_| ())), "ids-changed");
    ids.pop();
    assert_eq!(code(asked.run().open(&Dalek, &file, &ids, &asked.answer).map(|_| ())), "ids-changed");
}

#[test]
fn sealed_files_open_for_their_passphrase_only() {
    let asked = Asked::new();
    let run = asked.run().seal("right horse", &mut random(3)).unwrap();
    assert_eq!(code(Run::unseal("right horse", &run).map(|_| ())), "accepted");
    assert_eq!(code(Run::unseal("wrong horse", &run).map(|_| ())), "passphrase-wrong");
    let key = asked.world.key.seal("right horse", false, &mut random(3)).unwrap();
    assert_eq!(KeyFile::open("right horse", &key).unwrap().public(), asked.world.key.public());
    assert_eq!(code(KeyFile::open("right hors", &key).map(|_| ())), "passphrase-wrong");
    let mut touched = key.clone();
    *touched.last_mut().unwrap() ^= 1;
    assert_eq!(code(KeyFile::open("right horse", &touched).map(|_| ())), "passphrase-wrong");
    assert_eq!(code(KeyFile::open("right horse", &run).map(|_| ())), "exchange-broken");
    let huge = edited(&key, |h| h["memory"] = json!(u32::MAX));
    assert_eq!(code(KeyFile::open("right horse", &huge).map(|_| ())), "exchange-broken");
}

/// A byte turned anywhere in a file that only its owner may change is refused, and nothing ends in a panic.
#[test]
fn a_byte_turned_anywhere() {
    let asked = Asked::new();
    let whole = |bytes: &[u8]| {
        let file = open(bytes)?;
        let mut lookup = Lookup::new(&file, vec![]);
        lookup.feed(&bytes[file.start()..])?;
        lookup.finish().map(|_| ())
    };
    let turned = |file: &[u8], at: usize, bit: u8| {
        let mut file = file.to_vec();
        file[at] ^= 1 << bit;
        file
    };
    for at in 0..asked.world.file.len() {
        let file = turned(&asked.world.file, at, (at % 8) as u8);
        assert_ne!(code(whole(&file)), "accepted", "byte {at} of the tag file");
    }
    let (_, body) = split(&asked.answer);
    let head = asked.answer.len() - body.len();
    for at in (0..head).step_by(11).chain((head..asked.answer.len()).step_by(1_999)) {
        assert_ne!(code(asked.open(&turned(&asked.answer, at, 1))), "accepted", "byte {at} of the answer");
    }
    // A query's header is nobody's word: another number of the run may pass, and no answer to it will be read.
    for at in (0..asked.query.len() - 32 * 1_024).step_by(5) {
        if let Ok(answer) = asked.world.answer(&turned(&asked.query, at, 1)) {
            assert_eq!(code(asked.open(&answer)), "run-wrong", "byte {at} of the query");
        }
    }
}
