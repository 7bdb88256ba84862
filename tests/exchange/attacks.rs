//! What somebody who only has the files finds out, and controls that show the attack works where it can.

use super::world::*;
use atoll::exchange::answer::Ledger;
use atoll::exchange::group::{Dalek, Points};
use atoll::exchange::oprf::Mode;
use atoll::exchange::terms::Terms;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use std::collections::HashSet;

/// Eight bytes at every place of some files.
struct Windows {
    all: HashSet<[u8; 8]>,
    /// A bit for the first 22 bits of each: most guesses need no look at the set.
    first: Vec<bool>,
}

impl Windows {
    fn of(files: &[&[u8]]) -> Windows {
        let all: HashSet<[u8; 8]> = files.iter().flat_map(|file| file.array_windows()).copied().collect();
        let mut first = vec![false; 1 << 22];
        all.iter().for_each(|window| first[Windows::at(window)] = true);
        Windows { all, first }
    }
    fn at(window: &[u8; 8]) -> usize {
        (u64::from_be_bytes(*window) >> 42) as usize
    }
    fn hold(&self, guess: &[u8]) -> bool {
        let guess = guess.first_chunk().unwrap();
        self.first[Windows::at(guess)] && self.all.contains(guess)
    }
}

/// Everything an outsider can compute from a guessed number: the text, its digests, digests of the protocol's
/// input, its HMAC under what the header shows.
fn traced(windows: &Windows, phone: &[u8], terms: &Terms, mac: &Hmac<Sha256>) -> bool {
    let input = terms.input(phone);
    let digests = |of: &[u8]| {
        windows.hold(&Md5::digest(of))
            || windows.hold(&Sha1::digest(of))
            || windows.hold(&Sha256::digest(of))
            || windows.hold(&Sha512::digest(of))
    };
    windows.hold(phone)
        || digests(phone)
        || digests(&input)
        || windows.hold(&mac.clone().chain_update(&input).finalize().into_bytes())
}

/// How many numbers of a block leave a trace in some files. On every core.
fn hits(files: &[&[u8]], terms: &Terms, public: &[u8; 32], block: usize) -> usize {
    let (windows, mac) = (&Windows::of(files), &Hmac::new_from_slice(public).unwrap());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let count =
        |core| (core..block).step_by(cores).filter(|i| traced(windows, &phone(*i), terms, mac)).count();
    std::thread::scope(|scope| {
        let parts: Vec<_> = (0..cores).map(|core| scope.spawn(move || count(core))).collect();
        parts.into_iter().map(|part| part.join().unwrap()).sum()
    })
}

fn dictionary(block: usize) {
    let world = World::new(true);
    let ids: Vec<Vec<u8>> = (0..300).map(phone).collect();
    let (query, run) = world.ask(&ids, 13);
    let answer = world.answer(&query).unwrap();
    let ledger = Ledger::new(&world.key).text();
    let [run, key] =
        [run.seal("passphrase", &mut random(1)), world.key.seal("passphrase", false, &mut random(2))];
    let files: [&[u8]; 6] = [&world.file, &query, &answer, &run.unwrap(), &key.unwrap(), ledger.as_bytes()];
    assert_eq!(hits(&files, &terms(true), &world.key.public(), block), 0);
    let keyed = World::new(false);
    let shared = keyed.key.seal("passphrase", true, &mut random(1)).unwrap();
    assert_eq!(hits(&[&keyed.file, &shared], &terms(false), &keyed.key.public(), block), 0);
    // Control: of the same people as plain SHA-256, in the same block, all are found.
    let plain: Vec<u8> = ids.iter().flat_map(|id| Sha256::digest(id).to_vec()).collect();
    assert_eq!(hits(&[&plain], &terms(true), &[0; 32], block), 300);
}

#[test]
fn a_dictionary_of_the_block_finds_nobody() {
    dictionary(300_000);
}

/// A hundred million numbers: minutes in a release build.
#[test]
#[ignore = "slow: make bench"]
fn a_dictionary_of_1e8_finds_nobody() {
    dictionary(100_000_000);
}

fn points(query: &[u8]) -> HashSet<[u8; 32]> {
    let start = 12 + u32::from_be_bytes(query[8..12].try_into().unwrap()) as usize;
    query[start..].as_chunks().0.iter().copied().collect()
}

#[test]
fn the_same_list_asked_twice_shares_no_value() {
    let world = World::new(true);
    let ids: Vec<Vec<u8>> = (0..300).map(phone).collect();
    let (one, other) = (world.ask(&ids, 20).0, world.ask(&ids, 21).0);
    assert_eq!(points(&one).len(), 1_024, "canaries and padding do not repeat either");
    assert_eq!(points(&one).intersection(&points(&other)).count(), 0);
    // Control: fixed blinds are caught.
    assert_eq!(points(&one).intersection(&points(&world.ask(&ids, 20).0)).count(), 1_024);
}

#[test]
fn padding_looks_like_the_rest() {
    // A query of one person and one of a thousand differ in nothing but their points.
    let world = World::new(true);
    let (one, many) =
        (world.ask(&[phone(1)], 20).0, world.ask(&(0..1_000).map(phone).collect::<Vec<_>>(), 21).0);
    assert_eq!(one.len(), many.len());
}

#[test]
fn a_tag_file_republished_under_the_same_key_shares_labels_only() {
    // Row keys repeat with the key; the nonce of the file must not. Control: the labels, which must repeat.
    let key = key(true, 100_000);
    let first = World { file: publish_with(&key, &rows(0..400)).unwrap(), key };
    let later: Vec<_> = rows(0..400);
    let file = {
        use atoll::exchange::publish::{Memory, Publisher};
        use atoll::exchange::tagfile::{Output, Policy};
        let policy = Policy { k: 20, outputs: Output::TAGS.to_vec(), expires: "2026-12-31".into() };
        let mut spill = Memory::default();
        let mut publisher =
            Publisher::new(&first.key, &Dalek, &mut spill, &columns(), policy, 40, random(55)).unwrap();
        later.iter().for_each(|(id, tags)| publisher.push(id.clone(), tags).unwrap());
        let mut body = Vec::new();
        let (mut head, _) = publisher
            .finish(&mut |b| {
                body.extend_from_slice(b);
                Ok(())
            })
            .unwrap();
        head.extend(body);
        head
    };
    let body = |file: &[u8]| {
        let opened = open(file).unwrap();
        let row = opened.header().row();
        file[opened.start()..][..400 * row].chunks(row).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    for (a, b) in body(&first.file).iter().zip(body(&file)) {
        assert_eq!(a[..16], b[..16]);
        assert_ne!(a[16..], b[16..]);
    }
}

#[test]
fn a_guess_costs_a_row() {
    // What is left to a brand that guesses: one row of the cap per number, nothing offline. A point that is not
    // blinded is answered like any other, so the cap is all there is.
    let world = World::new(true);
    let mut one = [0; 32];
    one[0] = 1;
    let uniform = Mode::Voprf.uniform(&[&terms(true).input(&phone(1))]);
    let naked = Dalek.map_mul(&uniform, &[one])[0];
    assert!(
        !points(&world.ask(&[phone(1)], 20).0).contains(&naked),
        "the brand's own point is never sent naked"
    );
}
