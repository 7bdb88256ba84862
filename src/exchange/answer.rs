//! The provider's side of a run: the ledger that stops guessing, and the answer with its proofs.

use super::frame::{self, FileKind, Hex};
use super::group::{Encoded, Points};
use super::keys::KeyFile;
use super::oprf;
use super::proof;
use super::query::{AnswerHeader, Query};
use super::secret::Random;
use super::terms::Terms;
use crate::error::{Error, Kind, Result};
use crate::json;
use serde::{Deserialize, Serialize};

/// Rows that are evaluated together.
const BATCH: usize = 4_096;

/// One answered query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Number of the run.
    pub nonce: Hex<16>,
    /// Rows, padding counted.
    pub rows: u64,
    /// SHA-256 of the query.
    pub query: Hex<32>,
    /// Day of the answer.
    pub date: String,
}

/// What a key has answered. Stands beside the key, and is sealed by it against edits; that it was not put back to
/// an older state, only its owner can see to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    terms: Terms,
    cap: u64,
    entries: Vec<Entry>,
    seal: Hex<32>,
}

impl Ledger {
    /// The ledger of a fresh key.
    pub fn new(key: &KeyFile) -> Ledger {
        let ledger =
            Ledger { terms: key.terms().clone(), cap: key.cap(), entries: vec![], seal: Hex([0; 32]) };
        ledger.sealed(key)
    }
    /// Reads a ledger; refuses one that was edited or belongs to another key.
    pub fn read(text: &[u8], key: &KeyFile) -> Result<Ledger> {
        let ledger: Ledger = json::read(text).map_err(|_| Error::new(Kind::LedgerBroken))?;
        if ledger.clone().sealed(key) == ledger { Ok(ledger) } else { Err(Kind::LedgerBroken.into()) }
    }
    /// As it is written.
    pub fn text(&self) -> String {
        String::from_utf8(json::pretty(self)).unwrap_or_default()
    }
    fn sealed(mut self, key: &KeyFile) -> Ledger {
        let said = json::compact(&("ledger", key.terms(), key.cap(), &self.terms, self.cap, &self.entries));
        self.seal = Hex(key.mac(&said));
        self
    }
    /// Rows answered so far.
    pub fn answered(&self) -> u64 {
        self.entries.iter().map(|entry| entry.rows).sum()
    }
    /// Rows left.
    pub fn left(&self) -> u64 {
        self.cap.saturating_sub(self.answered())
    }
    /// What was answered.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    /// The ledger with this query in it; refused if it was answered before or would go over the cap. The key is
    /// asked anew for its cap: what the ledger says alone does not count.
    fn with(&self, key: &KeyFile, query: &Query, date: &str) -> Result<Ledger> {
        let (nonce, digest) = (query.header.nonce, Hex(query.digest));
        if self.entries.iter().any(|entry| entry.nonce == nonce || entry.query == digest) {
            return Err(Kind::QueryReplayed.into());
        }
        if query.header.rows > key.cap().saturating_sub(self.answered()) {
            return Err(Kind::RowCap.into());
        }
        let mut next = self.clone();
        next.entries.push(Entry { nonce, rows: query.header.rows, query: digest, date: date.into() });
        Ok(next.sealed(key))
    }
}

/// Answers a query: the file to send back, and the ledger to write **before** it is sent.
pub fn answer(
    points: &dyn Points,
    key: &KeyFile,
    ledger: &Ledger,
    query: &Query,
    date: &str,
    random: &mut Random,
) -> Result<(Vec<u8>, Ledger)> {
    let secret = key.oprf()?;
    key.terms().check(&query.header.terms)?;
    let next = ledger.with(key, query, date)?;
    oprf::check_rows(&query.blinded)?;
    let mut evaluated: Vec<Encoded> = Vec::with_capacity(query.blinded.len());
    for batch in query.blinded.chunks(BATCH) {
        let before = evaluated.len() as u64;
        let shifted = |e: Error| e.at.row.map_or(e.clone(), |row| e.clone().row(before + row));
        evaluated.extend(oprf::answer(points, secret, batch).map_err(shifted)?);
    }
    let proofs = proof::prove(points, secret, &query.blinded, &evaluated, || random.bytes())?;
    let header = AnswerHeader {
        terms: key.terms().clone(),
        rows: query.header.rows,
        nonce: query.header.nonce,
        proofs: proofs.len() as u64,
    };
    let mut file = frame::write(FileKind::Answer, &header)?;
    file.extend(evaluated.as_flattened());
    file.extend(proofs.as_flattened());
    Ok((file, next))
}
