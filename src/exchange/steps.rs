//! What either role does in the page, step by step. A [`Host`] reads the files that were chosen and takes those that
//! are made; keys and passphrases come in with a step and go with the worker that holds them.

use super::answer::{self, Ledger};
use super::frame::PREFIX;
use super::group::Points;
use super::keys::{KeyFile, fingerprint};
use super::publish::{Publisher, Spill};
use super::query::{self, Query, Run, rows_for};
use super::room;
use super::secret::Random;
use super::table::{Table, Take};
use super::tagfile::{Lookup, Policy, TagFile};
use super::terms::Terms;
use crate::error::{Error, Kind, Result};
use crate::id;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Bytes that are read at a time.
const SLICE: u64 = 4 << 20;
/// Bytes of a sorted run while a tag file is made.
const RUN: usize = 16 << 20;

/// Who has the files. They are named by what they are: `table`, `key`, `tags`, `query`, `answer`, `run`, `ledger`.
pub trait Host {
    /// Bytes of a file; refuses one that was not chosen.
    fn size(&self, name: &str) -> Result<u64>;
    /// Reads some of it: as many bytes as asked for, or a refusal.
    fn read(&self, name: &str, from: u64, to: u64) -> Result<Vec<u8>>;
    /// Adds to a file that is made, in front of it or behind.
    fn put(&self, name: &str, bytes: &[u8], front: bool) -> Result<()>;
    /// Says what begins, and how much of it there is: rows, or bytes where `bytes` is set.
    fn stage(&self, name: &str, total: u64, bytes: bool);
    /// Says that so much more is done.
    fn worked(&self, more: u64);
}

/// A step of either role.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "ExchangeStep"))]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Provider: makes the key and its ledger; the key stays open.
    Keygen {
        /// Whether blinded (green) or keyed (amber).
        blinded: bool,
        /// Who works with whom.
        collaboration: String,
        /// For how long.
        epoch: String,
        /// What the IDs are.
        id: id::Recipe,
        /// Rows the key answers in its life.
        #[cfg_attr(test, ts(type = "number"))]
        cap: u64,
        /// Of the key file.
        passphrase: String,
    },
    /// Provider: opens the key file.
    OpenKey {
        /// Of the key file.
        passphrase: String,
    },
    /// Provider: makes the tag file.
    Publish {
        /// The table of IDs and tags.
        table: Table,
        /// What is asked of whoever opens it.
        policy: Policy,
        /// Columns of IDs to translate to, in the place of tags.
        carry: Vec<String>,
        /// Columns to leave out.
        ignore: Vec<String>,
        /// Name of the file.
        name: String,
    },
    /// Provider: answers a query.
    Answer {
        /// Today, `2026-09-01`.
        today: String,
    },
    /// Brand: looks at a tag file.
    Look {
        /// Today.
        today: String,
    },
    /// Brand: makes the query and the run.
    Query {
        /// The table of IDs.
        table: Table,
        /// Of the run file.
        passphrase: String,
        /// Today.
        today: String,
    },
    /// Brand: opens the matches; with a `run` and an `answer`, or with the shared `key` of the keyed mode.
    Open {
        /// The table of IDs.
        table: Table,
        /// Of the run or key file.
        passphrase: String,
        /// Today.
        today: String,
    },
}

/// What a step tells; what it does not know of is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "ExchangeTold", optional_fields))]
pub struct Told {
    /// Whose signature, to compare by phone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub signer: String,
    /// What was agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Agreed>,
    /// What the provider asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Policy>,
    /// Columns of IDs that the file translates to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub carries: Vec<String>,
    /// Rows the key answers in its life.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number"))]
    pub cap: Option<u64>,
    /// Rows of it that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number"))]
    pub left: Option<u64>,
    /// Rows of the file: people of a tag file, points of a query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: Option<u64>,
    /// Rows of its background.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number"))]
    pub background: Option<u64>,
    /// Rows of the table that repeat a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number"))]
    pub repeated: Option<u64>,
    /// Rows of the table without a usable ID.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number"))]
    pub invalid: Option<u64>,
    /// People of the brand's table.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number"))]
    pub people: Option<u64>,
    /// Those of them who are in the tag file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(type = "number"))]
    pub matched: Option<u64>,
}

/// Terms as they are shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Agreed {
    /// Whether blinded (green) or keyed (amber).
    pub blinded: bool,
    /// Who works with whom.
    pub collaboration: String,
    /// For how long.
    pub epoch: String,
    /// What the IDs are.
    pub id: id::Recipe,
}

impl Agreed {
    fn of(terms: &Terms) -> Option<Agreed> {
        let Terms { collaboration, epoch, id, .. } = terms.clone();
        Some(Agreed { blinded: terms.blinded(), collaboration, epoch, id })
    }
}

/// The host's memory of what is spilled: files that nobody is shown.
struct Scratch<'a>(&'a dyn Host, u32);

impl Spill for Scratch<'_> {
    fn keep(&mut self, run: &[u8]) -> Result<()> {
        self.1 += 1;
        self.0.put(&format!(".{}", self.1 - 1), run, false)
    }
    fn read(&mut self, run: usize, from: u64, to: u64) -> Result<Vec<u8>> {
        self.0.read(&format!(".{run}"), from, to)
    }
}

/// One side of an exchange.
pub struct Steps<H> {
    host: H,
    random: Random,
    key: Option<KeyFile>,
}

impl<H: Host + Points> Steps<H> {
    /// Nothing done yet. `seed` is the system's, and forgotten.
    pub fn new(host: H, seed: [u8; 32]) -> Self {
        Steps { host, random: Random::new(seed), key: None }
    }
    /// Does a step.
    pub fn run(&mut self, step: Step) -> Result<Told> {
        match step {
            Step::Keygen { blinded, collaboration, epoch, id, cap, passphrase } => {
                let terms = Terms::new(blinded, &collaboration, &epoch, id)?;
                self.keygen(terms, cap, &Zeroizing::new(passphrase))
            }
            Step::OpenKey { passphrase } => {
                let key = self.key(&Zeroizing::new(passphrase))?;
                Ok(told_of(self.key.insert(key)))
            }
            Step::Publish { table, policy, carry, ignore, name } => {
                self.publish(&table, policy, [&carry, &ignore], &name)
            }
            Step::Answer { today } => self.answer(&today),
            Step::Look { today } => self.tags(&today, None).map(|file| told_of_file(&file)),
            Step::Query { table, passphrase, today } => {
                self.query(&table, &Zeroizing::new(passphrase), &today)
            }
            Step::Open { table, passphrase, today } => self.open(&table, &Zeroizing::new(passphrase), &today),
        }
    }
    fn whole(&self, name: &str) -> Result<Vec<u8>> {
        self.host.read(name, 0, self.host.size(name)?)
    }
    /// Hands on a file from a byte on.
    fn slices(&self, name: &str, stage: &str, from: u64, take: &mut Take<'_>) -> Result<()> {
        let size = self.host.size(name)?;
        self.host.stage(stage, size - from, true);
        let mut at = from;
        loop {
            let to = size.min(at + SLICE);
            take(&self.host.read(name, at, to)?, to == size)?;
            self.host.worked(to - at);
            if to == size {
                return Ok(());
            }
            at = to;
        }
    }
    /// A stream of its own for each use.
    fn stream(&mut self) -> Random {
        Random::new(self.random.bytes())
    }
    fn keygen(&mut self, terms: Terms, cap: u64, passphrase: &str) -> Result<Told> {
        let key = KeyFile::generate(terms, cap, &mut self.random)?;
        self.host.put("provider.key", &key.seal(passphrase, false, &mut self.random)?, false)?;
        if !key.terms().blinded() {
            self.host.put("provider.shared.key", &key.seal(passphrase, true, &mut self.random)?, false)?;
        }
        self.host.put("provider.ledger.json", Ledger::new(&key).text().as_bytes(), false)?;
        Ok(told_of(self.key.insert(key)))
    }
    fn key(&self, passphrase: &str) -> Result<KeyFile> {
        KeyFile::open(passphrase, &self.whole("key")?)
    }
    fn publish(
        &mut self,
        table: &Table,
        policy: Policy,
        [carry, ignore]: [&[String]; 2],
        name: &str,
    ) -> Result<Told> {
        let (census, random) = (self.stream(), self.stream());
        let key = self.key.as_ref().ok_or(Kind::TooEarly)?;
        let read = |stage, take: &mut Take<'_>| self.slices("table", stage, 0, take);
        let coder = table.census(carry, ignore, policy.k, census, &mut |take| read("count", take))?;
        let mut spill = Scratch(&self.host, 0);
        let background = table.background();
        let publisher =
            Publisher::new(key, &self.host, &mut spill, coder.columns(), policy, background, random)?;
        let mut publisher = publisher.runs_of(RUN);
        let invalid = table.publish(key, &coder, &mut publisher, &mut |take| read("seal-tags", take))?;
        self.host.stage("merge-rows", 0, false);
        let (head, done) = publisher.finish(&mut |bytes| self.host.put(name, bytes, false))?;
        self.host.put(name, &head, true)?;
        Ok(Told {
            rows: Some(done.rows),
            background: Some(done.background),
            repeated: Some(done.repeated),
            invalid: Some(invalid),
            ..told_of(key)
        })
    }
    fn answer(&mut self, today: &str) -> Result<Told> {
        let key = self.key.as_ref().ok_or(Kind::TooEarly)?;
        let missing = |_| Error::new(Kind::LedgerBroken);
        let ledger = Ledger::read(&self.whole("ledger").map_err(missing)?, key)?;
        let query = Query::read(&self.whole("query")?)?;
        let rows = query.header.rows;
        self.host.stage("answer", rows, false);
        let (file, ledger) = answer::answer(&self.host, key, &ledger, &query, today, &mut self.random)?;
        self.host.put("provider.ledger.json", ledger.text().as_bytes(), false)?;
        self.host.put("provider.answer", &file, false)?;
        Ok(Told { rows: Some(rows), left: Some(ledger.left()), ..told_of(key) })
    }
    fn tags(&self, today: &str, signer: Option<&[u8; 32]>) -> Result<TagFile> {
        let size = self.host.size("tags")?;
        let prefix = self.host.read("tags", 0, size.min(PREFIX as u64))?;
        let head = self.host.read("tags", 0, size.min(TagFile::head_bytes(&prefix)? as u64))?;
        TagFile::open(&head, size, today, signer)
    }
    fn query(&mut self, table: &Table, passphrase: &str, today: &str) -> Result<Told> {
        let file = self.tags(today, None)?;
        let terms = &file.header().terms;
        let read = &mut |take: &mut Take<'_>| self.slices("table", "read-ids", 0, take);
        let (ids, _, account) = table.people(terms, read)?;
        let rows = rows_for(ids.len() as u64);
        self.host.stage("blind", rows, false);
        let (query, run) = query::ask(&self.host, &file, &ids, &mut self.random)?;
        self.host.put("brand.run", &run.seal(passphrase, &mut self.random)?, false)?;
        self.host.put("brand.query", &query, false)?;
        Ok(Told {
            rows: Some(rows),
            people: Some(ids.len() as u64),
            repeated: Some(account.duplicate),
            invalid: Some(account.invalid.values().sum()),
            ..told_of_file(&file)
        })
    }
    fn open(&self, table: &Table, passphrase: &str, today: &str) -> Result<Told> {
        let blinded = self.tags(today, None)?.header().terms.blinded();
        let run = blinded.then(|| Run::unseal(passphrase, &self.whole("run")?)).transpose()?;
        let key = (!blinded).then(|| self.key(passphrase)).transpose()?;
        let signer = run.as_ref().map(Run::signer).or(key.as_ref().map(KeyFile::signer));
        let file = self.tags(today, signer.as_ref())?;
        let read = &mut |take: &mut Take<'_>| self.slices("table", "read-ids", 0, take);
        let (ids, rows, _) = table.people(&file.header().terms, read)?;
        self.host.stage("unblind", if blinded { rows_for(ids.len() as u64) } else { 0 }, false);
        let openings = match (run, key) {
            (Some(run), _) => run.open(&self.host, &file, &ids, &self.whole("answer")?)?,
            (_, Some(key)) => key.openings_of(&self.host, &file, &ids)?,
            _ => return Err(Kind::SuiteWrong.into()),
        };
        let mut lookup = Lookup::new(&file, openings);
        self.slices("tags", "look-up", file.start() as u64, &mut |bytes, _| lookup.feed(bytes))?;
        let (matches, background) = lookup.finish()?;
        for (name, text) in room::files(&file, table, (&matches, &background), &rows, read)? {
            self.host.put(name, text.as_bytes(), false)?;
        }
        let (people, matched) = (Some(ids.len() as u64), Some(matches.len() as u64));
        Ok(Told { people, matched, ..told_of_file(&file) })
    }
}

fn told_of(key: &KeyFile) -> Told {
    let (signer, terms) = (fingerprint(&key.signer()), Agreed::of(key.terms()));
    Told { signer, terms, cap: Some(key.cap()), ..Told::default() }
}

fn told_of_file(file: &TagFile) -> Told {
    let header = file.header();
    Told {
        signer: fingerprint(&header.signer.0),
        terms: Agreed::of(&header.terms),
        policy: Some(header.policy.clone()),
        carries: header.columns.carried().map(|column| column.name.clone()).collect(),
        cap: Some(header.cap),
        rows: Some(header.rows),
        background: Some(header.background),
        ..Told::default()
    }
}
