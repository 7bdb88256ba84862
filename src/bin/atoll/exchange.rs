//! Commands of the exchange of partner files: keys, tag files, queries, answers, rooms.

mod disk;
mod passphrase;
mod say;

use crate::commands::{Bar, Engine, file_ref};
use crate::models::{column, word};
use atoll::error::{Error, Kind, Result};
use atoll::exchange::answer::{self, Ledger};
use atoll::exchange::frame::PREFIX;
use atoll::exchange::keys::{KeyFile, fingerprint};
use atoll::exchange::publish::Publisher;
use atoll::exchange::query::{self, Query, Run};
use atoll::exchange::room;
use atoll::exchange::table;
use atoll::exchange::tagfile::{Lookup, Output, Policy, TagFile};
use atoll::exchange::terms::Terms;
use atoll::id;
use atoll::room::call::{Call, Overrule, Reply};
use atoll::table::inspection::Inspection;
use atoll::table::schema::Role;
use clap::{Args, Subcommand};
use disk::{Cores, Runs};
pub use disk::{create, random, read, save, slices, today};
use passphrase::Passphrase;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Match with a partner by three files, without a server: the partner publishes a tag file once; you send a query;
/// the partner answers; you open the matches. Nobody learns who your customers are, you learn the tags of your own,
/// or, of a file that carries other IDs (publish --carry), what your phones are called there.
///
/// Provider: keygen, publish, answer. Brand: query, open. The keyed mode (keygen --keyed) needs no query and no
/// answer, but both sides can turn every ID back. Not reviewed by a cryptographer.
#[derive(Subcommand)]
pub enum Exchange {
    /// Provider: make the key of one collaboration and epoch, and its ledger.
    Keygen(Keygen),
    /// Provider: make the tag file to hand to the brand.
    Publish(Publish),
    /// Brand: blind your IDs for the owner of a tag file.
    Query(Ask),
    /// Provider: answer a query; the ledger counts its rows.
    Answer(Answer),
    /// Brand: open the matches as a room that `atoll run` works on.
    Open(Open),
}

#[derive(Args)]
pub struct Keygen {
    /// Where to write: NAME.key and NAME.ledger.json (with --keyed also NAME.shared.key).
    name: PathBuf,
    /// Who works with whom, as both sides write it: "acme x tagco".
    #[arg(long)]
    collaboration: String,
    /// For how long, as both sides write it: 2026-Q4. A new epoch takes a new key.
    #[arg(long)]
    epoch: String,
    /// Kind of ID both sides match on: phone, email, imei, oaid, idfa, gaid, opaque.
    #[arg(long, default_value = "phone")]
    kind: String,
    /// Only where your own IDs are hashed already: none, md5, sha1, sha256, sm3, md5-sha256.
    #[arg(long, default_value = "none")]
    digest: String,
    /// Rows the key may answer in its life, padding counted. It bounds how many IDs can be guessed.
    #[arg(long, default_value_t = 5_000_000)]
    cap: u64,
    /// Amber instead of green: a key both sides hold. No query, no answer; both can turn every ID back.
    #[arg(long)]
    keyed: bool,
    #[command(flatten)]
    passphrase: Passphrase,
}

#[derive(Args)]
pub struct Publish {
    /// The key, NAME.key.
    key: PathBuf,
    /// Your table of IDs and tags: CSV, TSV, .gz or .xlsx.
    table: PathBuf,
    /// File to write; temporary files stand beside it meanwhile.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Last day on which the file may be opened: 2026-12-31.
    #[arg(long, value_name = "DATE")]
    expires: String,
    /// Fewest people behind any number shown of a room made from it; tags held by fewer are left out.
    #[arg(long, default_value_t = 50)]
    k: u64,
    /// Instead of tags, other IDs of the same people, by commas: oaid,idfa. The brand gets an ID map of its own
    /// people; nothing else comes out, and nothing stands in plain.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', conflicts_with_all = ["outputs", "background", "ignore"])]
    carry: Vec<String>,
    /// What may come out of such a room, by commas: profile, lookalike, personas, audience.
    #[arg(long, default_value = "profile,lookalike,personas,audience", value_delimiter = ',')]
    outputs: Vec<String>,
    /// Rows of tags without IDs that go along, readable by whoever has the file: the base that matches are
    /// compared with. Default: a tenth of the rows, at most 50,000.
    #[arg(long)]
    background: Option<usize>,
    /// Tag columns to leave out, by commas.
    #[arg(long, value_delimiter = ',')]
    ignore: Vec<String>,
    #[command(flatten)]
    ids: Ids,
    #[command(flatten)]
    passphrase: Passphrase,
    #[command(flatten)]
    engine: Engine,
}

#[derive(Args)]
pub struct Ask {
    /// The provider's tag file.
    tags: PathBuf,
    /// Your table with the IDs.
    table: PathBuf,
    /// Where to write: NAME.query, to send; NAME.run, to keep.
    #[arg(long, value_name = "NAME")]
    out: PathBuf,
    /// The provider's fingerprint as told by phone; a file signed by anybody else is refused.
    #[arg(long)]
    signer: Option<String>,
    #[command(flatten)]
    ids: Ids,
    #[command(flatten)]
    passphrase: Passphrase,
    #[command(flatten)]
    engine: Engine,
}

#[derive(Args)]
pub struct Answer {
    /// The key, NAME.key; NAME.ledger.json stands beside it.
    key: PathBuf,
    /// The brand's query.
    query: PathBuf,
    /// File to write, to send back.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    passphrase: Passphrase,
}

#[derive(Args)]
pub struct Open {
    /// The provider's tag file.
    tags: PathBuf,
    /// Your table with the IDs, the one the query was made from.
    table: PathBuf,
    /// Folder to write the room into; made if it does not exist.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The run you kept, NAME.run.
    #[arg(long, requires = "answer", conflicts_with = "key", required_unless_present = "key")]
    run: Option<PathBuf>,
    /// The provider's answer.
    #[arg(long, requires = "run")]
    answer: Option<PathBuf>,
    /// Instead of both, in the keyed mode: the shared key, NAME.shared.key.
    #[arg(long)]
    key: Option<PathBuf>,
    #[command(flatten)]
    ids: Ids,
    #[command(flatten)]
    passphrase: Passphrase,
    #[command(flatten)]
    engine: Engine,
}

/// How the ID stands in a table.
#[derive(Args)]
struct Ids {
    /// ID column: its name, or its 1-based number. Default: the one that looks like an ID.
    #[arg(long = "id", value_name = "COLUMN")]
    column: Option<String>,
    /// Kind of ID in the table. Default: that of the exchange.
    #[arg(long = "id-kind", value_name = "KIND")]
    kind: Option<String>,
    /// Digest of the IDs as they stand in the table. Default: what it looks like.
    #[arg(long = "id-digest", value_name = "DIGEST")]
    digest: Option<String>,
}

pub fn run(command: &Exchange) -> Result<()> {
    match command {
        Exchange::Keygen(keygen) => keygen.run(),
        Exchange::Publish(publish) => publish.run(),
        Exchange::Query(ask) => ask.run(),
        Exchange::Answer(answer) => answer.run(),
        Exchange::Open(open) => open.run(),
    }
}

/// The path with this behind it.
fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Names the file in refusals that name none.
fn about(path: &Path) -> impl Fn(Error) -> Error {
    let name = path.display().to_string();
    move |e: Error| if e.at.file.is_none() { e.file(&name) } else { e }
}

fn ledger_of(key: &Path) -> PathBuf {
    key.with_extension("ledger.json")
}

impl Keygen {
    fn run(&self) -> Result<()> {
        let kind = word(&Some(self.kind.clone()), "--kind")?.unwrap_or(id::Kind::Phone);
        let digest = word(&Some(self.digest.clone()), "--digest")?.unwrap_or_default();
        let terms = Terms::new(!self.keyed, &self.collaboration, &self.epoch, id::Recipe::new(kind, digest))?;
        let passphrase = self.passphrase.choose()?;
        let mut random = random()?;
        let key = KeyFile::generate(terms, self.cap, &mut random)?;
        let path = with(&self.name, ".key");
        create(&path, &key.seal(&passphrase, false, &mut random)?)?;
        create(&ledger_of(&path), Ledger::new(&key).text().as_bytes())?;
        // The partner's copy has a passphrase of its own: yours opens the key that signs.
        let told = fingerprint(&random.bytes());
        if self.keyed {
            let shared = with(&self.name, ".shared.key");
            create(&shared, &key.seal(&told, true, &mut random)?)?;
        }
        say::keys(&key, &self.name, &told);
        Ok(())
    }
}

fn open_key(path: &Path, passphrase: &Passphrase) -> Result<KeyFile> {
    KeyFile::open(&passphrase.ask()?, &read(path)?).map_err(about(path))
}

/// A table that was looked at, and how its ID stands there.
struct Table {
    path: PathBuf,
    table: table::Table,
}

impl Ids {
    fn inspect(&self, path: &Path, terms: &Terms, engine: &Engine) -> Result<Table> {
        let mut threads = engine.start(vec![path.to_path_buf()])?;
        let mut bar = Bar::new(engine.quiet);
        let call = Call::Inspect { file: file_ref(0, path)?, overrule: Overrule::default() };
        let reply = threads.call(call, |p| bar.show(p));
        bar.clear();
        let Reply::Inspection(found) = reply? else { return Err(Kind::NoIdColumn.into()) };
        let at = self.at(&found).map_err(about(path))?;
        let is = match &found.columns[at].role {
            Role::Id(recipe) => Some(*recipe),
            _ => found.columns[at].id.map(|guess| guess.recipe),
        };
        let digest = word(&self.digest, "--id-digest")?.or(is.map(|is| is.digest)).unwrap_or_default();
        let kind = word(&self.kind, "--id-kind")?.unwrap_or(terms.id.kind);
        let id = id::Recipe::new(kind, digest);
        Ok(Table { path: path.to_path_buf(), table: table::Table { found, at, id } })
    }
    fn at(&self, found: &Inspection) -> Result<usize> {
        let at = match self.column.as_deref().map(column) {
            Some(said) => said.place(&found.columns),
            None => found.columns.iter().position(|c| matches!(c.role, Role::Id(_))),
        };
        at.ok_or_else(|| match &self.column {
            Some(id) => Error::new(Kind::ColumnMissing).column(id),
            None => Error::new(Kind::NoIdColumn),
        })
    }
}

impl Table {
    /// Every person once, with the row they stand in.
    fn people(&self, terms: &Terms) -> Result<(Vec<Vec<u8>>, Vec<u64>)> {
        let people = self.table.people(terms, &mut |take| slices(&self.path, take));
        let (ids, rows, account) = people.map_err(about(&self.path))?;
        say::account(&account, ids.len());
        Ok((ids, rows))
    }
}

impl Publish {
    fn run(&self) -> Result<()> {
        let outputs = |text: &String| Ok(word::<Output>(&Some(text.clone()), "--outputs")?.into_iter());
        let outputs: Vec<_> = self.outputs.iter().map(outputs).collect::<Result<_>>()?;
        let outputs = match self.carry.is_empty() {
            true => outputs.into_iter().flatten().collect(),
            false => vec![Output::Translate],
        };
        let policy = Policy { k: self.k, outputs, expires: self.expires.clone() };
        let key = open_key(&self.key, &self.passphrase)?;
        let table = self.ids.inspect(&self.table, key.terms(), &self.engine)?;
        let found = &table.table;
        let mut read = |take: &mut table::Take<'_>| slices(&table.path, take);
        let coder = found.census(&self.carry, &self.ignore, self.k, random()?, &mut read)?;
        let fewer = found.background();
        let (mut runs, points) = (Runs::beside(&self.out), Cores::all());
        let background = self.background.unwrap_or(fewer);
        let mut publisher =
            Publisher::new(&key, &points, &mut runs, coder.columns(), policy, background, random()?)?;
        let invalid = found.publish(&key, &coder, &mut publisher, &mut read)?;
        let body = with(&self.out, ".body");
        let done = disk::assemble(&self.out, &body, publisher)?;
        say::published(&key, &done, invalid, &self.out);
        Ok(())
    }
}

/// The head of a tag file, checked.
fn tag_file(path: &Path, signer: Option<&[u8; 32]>) -> Result<TagFile> {
    let open = || {
        let (head, size) = disk::head(path, PREFIX, TagFile::head_bytes)?;
        TagFile::open(&head, size, &today(), signer)
    };
    open().map_err(about(path))
}

impl Ask {
    fn run(&self) -> Result<()> {
        let file = tag_file(&self.tags, None)?;
        let signer = fingerprint(&file.header().signer.0);
        if self.signer.as_ref().is_some_and(|said| *said != signer) {
            return Err(Error::new(Kind::SignerWrong).file(self.tags.display().to_string()));
        }
        let terms = &file.header().terms;
        if !terms.blinded() {
            return Err(Error::new(Kind::SuiteWrong).file(self.tags.display().to_string()));
        }
        let (ids, _) = self.ids.inspect(&self.table, terms, &self.engine)?.people(terms)?;
        let passphrase = self.passphrase.choose()?;
        let mut random = random()?;
        let (query, run) = query::ask(&Cores::all(), &file, &ids, &mut random)?;
        save(&with(&self.out, ".run"), &run.seal(&passphrase, &mut random)?)?;
        save(&with(&self.out, ".query"), &query)?;
        say::asked(&file, &signer, ids.len(), &self.out);
        Ok(())
    }
}

impl Answer {
    fn run(&self) -> Result<()> {
        let key = open_key(&self.key, &self.passphrase)?;
        let path = ledger_of(&self.key);
        let missing = |_| Error::new(Kind::LedgerBroken).file(path.display().to_string());
        let text = std::fs::read(&path).map_err(missing)?;
        let ledger = Ledger::read(&text, &key).map_err(about(&path))?;
        let query = Query::read(&read(&self.query)?).map_err(about(&self.query))?;
        let answered = answer::answer(&Cores::all(), &key, &ledger, &query, &today(), &mut random()?);
        let (file, ledger) = answered.map_err(about(&self.query))?;
        // The ledger first: an answer that nobody counted must not exist.
        save(&path, ledger.text().as_bytes())?;
        save(&self.out, &file)?;
        say::answered(&query, &ledger, &self.out);
        Ok(())
    }
}

impl Open {
    fn run(&self) -> Result<()> {
        let (points, passphrase) = (Cores::all(), self.passphrase.ask()?);
        let run = self.run.as_deref().map(|path| (path, read(path)));
        let run =
            run.map(|(path, file)| Run::unseal(&passphrase, &file?).map_err(about(path))).transpose()?;
        let key = self.key.as_deref().map(|path| (path, read(path)));
        let key =
            key.map(|(path, file)| KeyFile::open(&passphrase, &file?).map_err(about(path))).transpose()?;
        let signer = run.as_ref().map(Run::signer).or(key.as_ref().map(KeyFile::signer));
        let file = tag_file(&self.tags, signer.as_ref())?;
        let terms = &file.header().terms;
        let table = self.ids.inspect(&self.table, terms, &self.engine)?;
        let (ids, rows) = table.people(terms)?;
        let openings = match (run, key, &self.answer) {
            (Some(run), _, Some(path)) => {
                run.open(&points, &file, &ids, &read(path)?).map_err(about(path))?
            }
            (_, Some(key), _) => key.openings_of(&points, &file, &ids)?,
            _ => return Err(Kind::SuiteWrong.into()),
        };
        let mut lookup = Lookup::new(&file, openings);
        disk::body(&self.tags, file.start() as u64, &mut |bytes| lookup.feed(bytes))
            .map_err(about(&self.tags))?;
        let (matches, background) = lookup.finish().map_err(about(&self.tags))?;
        let read = &mut |take: &mut table::Take<'_>| slices(&table.path, take);
        self.write(room::files(&file, &table.table, (&matches, &background), &rows, read)?)?;
        say::opened(&file, matches.len(), ids.len(), &self.out);
        Ok(())
    }
    fn write(&self, files: Vec<(&str, String)>) -> Result<()> {
        let unwritable = |_| Error::new(Kind::OutputUnwritable).file(self.out.display().to_string());
        std::fs::create_dir_all(&self.out).map_err(unwritable)?;
        for (name, text) in files {
            save(&self.out.join(name), text.as_bytes())?;
        }
        Ok(())
    }
}

/// To whom listens: a reader may have left.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
