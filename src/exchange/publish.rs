//! From the provider's rows to a tag file, in one pass and without holding the rows: they are evaluated in
//! batches, sealed, sorted in runs that are spilled, and merged at the end.

use super::frame::Hex;
use super::group::Points;
use super::keys::{KeyFile, LABEL, Label};
use super::secret::Random;
use super::tagfile::{FLOOR, Header, MOST_ROWS, Policy};
use super::tags::Columns;
use crate::error::{Error, Kind, Result};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Rows that are evaluated together.
const BATCH: usize = 4_096;
/// Bytes of a run in memory.
const RUN: usize = 64 << 20;
/// Bytes of a run that are read at a time.
const PIECE: usize = 256 << 10;

/// Where sorted runs wait to be merged. They hold labels and sealed tags: nothing but what will be published.
pub trait Spill {
    /// Keeps a run; runs are numbered from 0.
    fn keep(&mut self, run: &[u8]) -> Result<()>;
    /// Reads some bytes of a run.
    fn read(&mut self, run: usize, from: u64, to: u64) -> Result<Vec<u8>>;
}

/// Runs in memory, for files that fit.
#[derive(Default)]
pub struct Memory(Vec<Vec<u8>>);

impl Spill for Memory {
    fn keep(&mut self, run: &[u8]) -> Result<()> {
        self.0.push(run.to_vec());
        Ok(())
    }
    fn read(&mut self, run: usize, from: u64, to: u64) -> Result<Vec<u8>> {
        let bytes = self.0.get(run).and_then(|run| run.get(from as usize..to as usize));
        Ok(bytes.ok_or(Kind::FileChanged)?.to_vec())
    }
}

/// What became of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Rows taken.
    pub taken: u64,
    /// Rows of people who were there already: the first row of a person stands.
    pub repeated: u64,
    /// Rows of the file.
    pub rows: u64,
    /// Rows of the background sample.
    pub background: u64,
}

/// Makes a tag file. Used once per file.
pub struct Publisher<'a> {
    key: &'a KeyFile,
    points: &'a dyn Points,
    spill: &'a mut dyn Spill,
    columns: Columns,
    policy: Policy,
    nonce: [u8; 12],
    random: Random,
    ids: Vec<Vec<u8>>,
    tags: Vec<u8>,
    run: Vec<u8>,
    most: usize,
    kept: Vec<u64>,
    /// The background as it stands: tags by a draw that all rows of a person share.
    sample: BTreeMap<[u8; 32], Vec<u8>>,
    draw: [u8; 32],
    background: usize,
    taken: u64,
}

impl<'a> Publisher<'a> {
    /// Starts a file. `background` is how many rows of tags, without labels, go with it: the base that matched
    /// people are compared with. A file that translates IDs has none.
    pub fn new(
        key: &'a KeyFile,
        points: &'a dyn Points,
        spill: &'a mut dyn Spill,
        columns: &Columns,
        policy: Policy,
        background: usize,
        mut random: Random,
    ) -> Result<Publisher<'a>> {
        columns.check()?;
        if columns.width() == 0 {
            return Err(Kind::NoTags.into());
        }
        if policy.k < FLOOR {
            return Err(Error::new(Kind::OutOfRange).column("k"));
        }
        let translates = columns.translates();
        if !policy.fits(translates) {
            return Err(Error::new(Kind::OutOfRange).column("outputs"));
        }
        Ok(Publisher {
            key,
            points,
            spill,
            columns: columns.clone(),
            policy,
            nonce: random.bytes(),
            draw: random.bytes(),
            random,
            ids: Vec::new(),
            tags: Vec::new(),
            run: Vec::new(),
            most: RUN,
            kept: Vec::new(),
            sample: BTreeMap::new(),
            background: if translates { 0 } else { background },
            taken: 0,
        })
    }
    /// Runs of at most this many bytes, for machines with less memory.
    pub fn runs_of(mut self, bytes: usize) -> Self {
        self.most = bytes;
        self
    }
    /// Takes a row: the ID as [`super::terms::Reader`] reads it, the tags as [`super::tags::Coder`] codes them.
    pub fn push(&mut self, id: Vec<u8>, tags: &[u8]) -> Result<()> {
        if tags.len() != self.columns.width() {
            return Err(Kind::ExchangeBroken.into());
        }
        self.taken += 1;
        if self.taken > MOST_ROWS {
            return Err(Kind::TooManyRows.into());
        }
        self.ids.push(id);
        self.tags.extend_from_slice(tags);
        if self.ids.len() == BATCH { self.batch() } else { Ok(()) }
    }
    /// Everyone seen so far is in the background with the same chance: those of the least hashes of their label, under a
    /// secret of this file, so that rows of the background are not those of the least labels.
    fn sample(&mut self, label: &Label, tags: &[u8]) {
        let drawn = Sha256::new().chain_update(self.draw).chain_update(label).finalize().into();
        let full = self.sample.len() >= self.background;
        if full && self.sample.last_key_value().is_none_or(|(last, _)| drawn >= *last) {
            return;
        }
        self.sample.entry(drawn).or_insert_with(|| tags.to_vec());
        if self.sample.len() > self.background {
            self.sample.pop_last();
        }
    }
    fn row(&self) -> usize {
        LABEL + self.columns.width() + super::keys::CODE
    }
    fn batch(&mut self) -> Result<()> {
        let ids = std::mem::take(&mut self.ids);
        let tags = std::mem::take(&mut self.tags);
        let openings = self.key.openings(self.points, &ids)?;
        for (opening, tags) in openings.iter().zip(tags.chunks(self.columns.width())) {
            self.sample(&opening.label(), tags);
            self.run.extend(opening.label());
            self.run.extend(opening.seal(&self.nonce, tags)?);
        }
        if self.run.len() >= self.most { self.spill_run() } else { Ok(()) }
    }
    /// Sorts the run by label, the first row of a person first, and lets the others go.
    fn spill_run(&mut self) -> Result<()> {
        let rows: Vec<&[u8]> = self.run.chunks(self.row()).collect();
        let label = |row: &&[u8]| row.first_chunk::<LABEL>().copied().unwrap_or_default();
        let mut order: Vec<(Label, usize)> = rows.iter().map(label).zip(0..).collect();
        order.sort_unstable();
        order.dedup_by_key(|(label, _)| *label);
        let sorted = order.iter().map(|&(_, at)| rows[at]).collect::<Vec<_>>().concat();
        self.kept.push(sorted.len() as u64);
        self.run.clear();
        self.spill.keep(&sorted)
    }
    /// Merges the runs: hands the body to `sink` in order, then gives what stands before it.
    pub fn finish(mut self, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<(Vec<u8>, Published)> {
        self.batch()?;
        self.spill_run()?;
        let mut hash = Sha256::new();
        let mut out = |bytes: &[u8]| {
            hash.update(bytes);
            sink(bytes)
        };
        let size = self.row();
        let rows = Merge::new(&mut *self.spill, &self.kept, size)?.run(&mut out)?;
        if rows == 0 {
            return Err(Kind::NoValidId.into());
        }
        let mut sample: Vec<Vec<u8>> = self.sample.into_values().collect();
        self.random.shuffle(&mut sample);
        out(&sample.concat())?;
        let background = sample.len() as u64;
        let header = Header {
            terms: self.key.terms().clone(),
            public: Hex(self.key.public()),
            signer: Hex(self.key.signer()),
            rows,
            background,
            width: self.columns.width(),
            nonce: Hex(self.nonce),
            columns: self.columns,
            cap: self.key.cap(),
            policy: self.policy,
            body: Hex(hash.finalize().into()),
        };
        let done = Published { taken: self.taken, repeated: self.taken - rows, rows, background };
        Ok((header.signed(self.key)?, done))
    }
}

/// A merge of sorted runs. Of one label the row of the earliest run stands.
struct Merge<'a> {
    spill: &'a mut dyn Spill,
    runs: Vec<Cursor>,
    heap: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    size: usize,
}

/// How far a run was read.
struct Cursor {
    from: u64,
    to: u64,
    piece: Vec<u8>,
    at: usize,
}

impl<'a> Merge<'a> {
    fn new(spill: &'a mut dyn Spill, kept: &[u64], size: usize) -> Result<Merge<'a>> {
        let runs = kept.iter().map(|&to| Cursor { from: 0, to, piece: Vec::new(), at: 0 }).collect();
        let mut merge = Merge { spill, runs, heap: BinaryHeap::new(), size };
        (0..kept.len()).try_for_each(|run| merge.advance(run))?;
        Ok(merge)
    }
    fn advance(&mut self, run: usize) -> Result<()> {
        let cursor = &mut self.runs[run];
        if cursor.at == cursor.piece.len() && cursor.from < cursor.to {
            let piece = (PIECE - PIECE % self.size).max(self.size) as u64;
            let to = cursor.to.min(cursor.from + piece);
            cursor.piece = self.spill.read(run, cursor.from, to)?;
            (cursor.from, cursor.at) = (to, 0);
        }
        if let Some(row) = cursor.piece.get(cursor.at..cursor.at + self.size) {
            cursor.at += self.size;
            self.heap.push(Reverse((row.to_vec(), run)));
        }
        Ok(())
    }
    fn run(mut self, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<u64> {
        let (mut rows, mut held) = (0, Vec::with_capacity(PIECE + self.size));
        let mut last = None;
        while let Some(Reverse((row, run))) = self.heap.pop() {
            let label = row.first_chunk::<LABEL>().copied();
            // Sealed tags of one person differ from run to run: the label alone says who comes first.
            if label != last {
                held.extend_from_slice(&row);
                (rows, last) = (rows + 1, label);
            }
            if held.len() >= PIECE {
                out(&held)?;
                held.clear();
            }
            self.advance(run)?;
        }
        out(&held)?;
        Ok(rows)
    }
}
