//! A provider of 400 people, and a brand that asks.

use atoll::error::Result;
use atoll::exchange::answer::{self, Ledger};
use atoll::exchange::group::Dalek;
use atoll::exchange::keys::{KeyFile, Opening};
use atoll::exchange::publish::{Memory, Published, Publisher, Spill};
use atoll::exchange::query::{self, Query, Run};
use atoll::exchange::secret::Random;
use atoll::exchange::tagfile::{Lookup, Match, Output, Policy, TagFile};
use atoll::exchange::tags::{Column, Columns};
use atoll::exchange::terms::Terms;
use atoll::id::{self, Digest, Kind};
use atoll::table::schema::FeatureKind;

pub const TODAY: &str = "2026-09-01";

pub fn random(seed: u8) -> Random {
    Random::new([seed; 32])
}

pub fn terms(blinded: bool) -> Terms {
    Terms::new(blinded, "acme x tagco", "2026-Q4", id::Recipe::new(Kind::Phone, Digest::None)).unwrap()
}

pub fn key(blinded: bool, cap: u64) -> KeyFile {
    KeyFile::generate(terms(blinded), cap, &mut random(11)).unwrap()
}

pub fn phone(i: usize) -> Vec<u8> {
    format!("138{i:08}").into_bytes()
}

pub fn rows(range: std::ops::Range<usize>) -> Vec<(Vec<u8>, Vec<u8>)> {
    range.map(|i| (phone(i), vec![250 + (i % 3) as u8])).collect()
}

pub fn columns() -> Columns {
    let labels = std::iter::once(String::new()).chain((1..=255).map(|i| format!("v{i}"))).collect();
    let name = "level".to_string();
    Columns(vec![Column {
        name,
        kind: FeatureKind::Category,
        labels,
        edges: vec![],
        separator: String::new(),
        carried: None,
    }])
}

pub fn publish_in(
    key: &KeyFile,
    rows: &[(Vec<u8>, Vec<u8>)],
    spill: &mut dyn Spill,
    most: usize,
    background: usize,
) -> Result<(Vec<u8>, Published)> {
    let policy = Policy { k: 20, outputs: Output::TAGS.to_vec(), expires: "2026-12-31".into() };
    let publisher = Publisher::new(key, &Dalek, spill, &columns(), policy, background, random(12))?;
    let mut publisher = publisher.runs_of(most);
    for (id, tags) in rows {
        publisher.push(id.clone(), tags)?;
    }
    let mut body = Vec::new();
    let (mut file, done) = publisher.finish(&mut |bytes| {
        body.extend_from_slice(bytes);
        Ok(())
    })?;
    file.extend(body);
    Ok((file, done))
}

pub fn publish_with(key: &KeyFile, rows: &[(Vec<u8>, Vec<u8>)]) -> Result<Vec<u8>> {
    Ok(publish_in(key, rows, &mut Memory::default(), 1 << 20, 40)?.0)
}

pub struct World {
    pub key: KeyFile,
    pub file: Vec<u8>,
}

impl World {
    pub fn new(blinded: bool) -> World {
        let key = key(blinded, 100_000);
        let file = publish_with(&key, &rows(0..400)).unwrap();
        World { key, file }
    }
    pub fn open(&self) -> Result<TagFile> {
        open(&self.file)
    }
    pub fn ask(&self, ids: &[Vec<u8>], seed: u8) -> (Vec<u8>, Run) {
        query::ask(&Dalek, &self.open().unwrap(), ids, &mut random(seed)).unwrap()
    }
    pub fn answer(&self, query: &[u8]) -> Result<Vec<u8>> {
        let query = Query::read(query)?;
        Ok(answer::answer(&Dalek, &self.key, &Ledger::new(&self.key), &query, TODAY, &mut random(14))?.0)
    }
    pub fn lookup(&self, file: &TagFile, openings: Vec<Opening>) -> Result<(Vec<Match>, Vec<u8>)> {
        let mut lookup = Lookup::new(file, openings);
        lookup.feed(&self.file[file.start()..])?;
        lookup.finish()
    }
    /// A whole run: which IDs matched, and their tags.
    pub fn run(&self, ids: &[Vec<u8>]) -> Result<Vec<(usize, Vec<u8>)>> {
        let (query, run) = self.ask(ids, 13);
        let answer = self.answer(&query)?;
        // Through its sealed file, as on disk.
        let run = Run::unseal("passphrase", &run.seal("passphrase", &mut random(15))?)?;
        let file = self.open()?;
        let openings = run.open(&Dalek, &file, ids, &answer)?;
        let (matches, _) = self.lookup(&file, openings)?;
        Ok(matches.into_iter().map(|m| (m.id, m.tags)).collect())
    }
}

pub fn open(file: &[u8]) -> Result<TagFile> {
    TagFile::open(file, file.len() as u64, TODAY, None)
}

pub fn code<T>(done: Result<T>) -> &'static str {
    done.map_or_else(|e| e.code(), |_| "accepted")
}
