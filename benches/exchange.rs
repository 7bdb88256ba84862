//! Microseconds per ID and core of each step of the blinded exchange: `cargo bench --bench exchange [rows]`. First what
//! the steps are made of, then whole steps from IDs to files and back: padding, canaries, proofs, signatures and sealed
//! tags in them, passphrases not, which take the same for any number of rows.

use atoll::error::Error;
use atoll::exchange::answer::{self, Ledger};
use atoll::exchange::group::{Dalek, Encoded};
use atoll::exchange::keys::{KeyFile, Opening};
use atoll::exchange::oprf::{self, Mode, SecretKey};
use atoll::exchange::proof;
use atoll::exchange::publish::{Memory, Publisher};
use atoll::exchange::query::{self, Query};
use atoll::exchange::secret::Random;
use atoll::exchange::tagfile::{Lookup, Output, Policy, TagFile};
use atoll::exchange::tags::{Column, Columns};
use atoll::exchange::terms::Terms;
use atoll::id::{self, Digest, Kind};
use atoll::table::schema::FeatureKind;
use std::time::Instant;

/// Rows, if not said.
const ROWS: usize = 20_000;
const TODAY: &str = "2026-09-01";

/// Nanoseconds on a processor, where the system tells: others may be working on it too.
fn worked() -> Option<f64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

fn timed<T>(name: &str, rows: usize, work: impl FnOnce() -> T) -> T {
    let (started, before) = (Instant::now(), worked());
    let done = work();
    let wall = started.elapsed().as_secs_f64() * 1e9;
    let spent = worked().zip(before).map_or(wall, |(after, before)| after - before);
    println!("{name:14} {:7.1} µs per ID", spent / 1e3 / rows as f64);
    done
}

fn ids(from: usize, rows: usize) -> Vec<Vec<u8>> {
    (from..from + rows).map(|i| format!("138{i:08}").into_bytes()).collect()
}

fn parts(rows: usize) -> Result<(), Error> {
    let mut random = Random::new([1; 32]);
    let key = SecretKey::derive(Mode::Voprf, &[2; 32], b"bench")?;
    let ids = ids(0, rows);
    let ids: Vec<&[u8]> = ids.iter().map(Vec::as_slice).collect();
    let blind = |_| -> Encoded {
        let mut blind = random.bytes();
        blind[31] = 0;
        blind
    };
    let blinds: Vec<Encoded> = (0..rows).map(blind).collect();
    let blinded = timed("blind", rows, || Mode::Voprf.blind(&Dalek, &ids, &blinds))?;
    let evaluated = timed("evaluate", rows, || oprf::answer(&Dalek, &key, &blinded))?;
    let proofs = timed("prove", rows, || proof::prove(&Dalek, &key, &blinded, &evaluated, || [7; 64]))?;
    timed("verify", rows, || proof::verify(&Dalek, &key.public(), &blinded, &evaluated, &proofs))?;
    timed("open", rows, || -> Result<Vec<Opening>, _> {
        let outputs = oprf::finalize(&Dalek, &ids, blinds.into(), &evaluated)?;
        outputs.iter().map(|output| Opening::of(output)).collect()
    })?;
    Ok(())
}

/// One column of two labels.
fn columns() -> Columns {
    let labels = ["", "a", "b"].map(String::from).to_vec();
    let (name, separator) = ("level".to_string(), String::new());
    Columns(vec![Column {
        name,
        kind: FeatureKind::Category,
        labels,
        edges: vec![],
        separator,
        carried: None,
    }])
}

fn published(key: &KeyFile, people: Vec<Vec<u8>>) -> Result<Vec<u8>, Error> {
    let (mut runs, mut body) = (Memory::default(), Vec::new());
    let policy = Policy { k: 50, outputs: Output::TAGS.to_vec(), expires: "2026-12-31".into() };
    let background = people.len() / 10;
    let mut publisher =
        Publisher::new(key, &Dalek, &mut runs, &columns(), policy, background, Random::new([3; 32]))?;
    people.into_iter().enumerate().try_for_each(|(i, id)| publisher.push(id, &[1 + (i % 2) as u8]))?;
    let (mut file, _) = publisher.finish(&mut |bytes| {
        body.extend_from_slice(bytes);
        Ok(())
    })?;
    file.extend(body);
    Ok(file)
}

/// Both sides, a half of whose people are the other's.
fn whole(rows: usize) -> Result<(), Error> {
    let mut random = Random::new([4; 32]);
    let terms = Terms::new(true, "acme x tagco", "2026-Q4", id::Recipe::new(Kind::Phone, Digest::None))?;
    let key = KeyFile::generate(terms, 10 * rows.max(1_024) as u64, &mut random)?;
    let (theirs, own) = (ids(rows / 2, rows), ids(0, rows));
    let tags = timed("publish file", rows, || published(&key, theirs))?;
    let open = || TagFile::open(&tags, tags.len() as u64, TODAY, None);
    let (query, run) = timed("query file", rows, || query::ask(&Dalek, &open()?, &own, &mut random))?;
    let (answer, _) = timed("answer file", rows, || {
        let ledger = Ledger::new(&key);
        answer::answer(&Dalek, &key, &ledger, &Query::read(&query)?, TODAY, &mut Random::new([5; 32]))
    })?;
    let found = timed("open files", rows, || {
        let file = open()?;
        let mut lookup = Lookup::new(&file, run.open(&Dalek, &file, &own, &answer)?);
        lookup.feed(&tags[file.start()..])?;
        lookup.finish()
    })?;
    assert_eq!(found.0.len(), rows - rows / 2);
    Ok(())
}

fn main() -> Result<(), Error> {
    let rows = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(ROWS);
    parts(rows)?;
    timed("in all", rows, || whole(rows))
}
