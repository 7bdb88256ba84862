//! Commands about saved models: score a tag file with one, and set two side by side.

use crate::commands::{Bar, Engine, file_ref};
use crate::lint;
use crate::threads::Threads;
use crate::tokens;
use atoll::analysis::lookalike::ModelReport;
use atoll::error::{Error, Kind, Result};
use atoll::id;
use atoll::room::call::{Call, Export, FileRef, ModelSource, Overrule, Reply};
use atoll::room::recipe::{ColumnRef, FileRecipe, Recipe};
use atoll::table::inspection::Inspection;
use atoll::table::schema::Role;
use clap::Args;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Columns named on the terminal.
const NAMED: usize = 12;

#[derive(Args)]
pub struct Score {
    /// The model, model.json.
    model: PathBuf,
    /// The tag file: CSV, TSV, .gz or .xlsx.
    tags: PathBuf,
    /// File to write: CSV of id and score, in the order of the tag file; with --tokens, of token and tier.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write the best first.
    #[arg(long)]
    best: bool,
    /// Write tokens and tiers instead, to hand to whoever sent the model: only the key turns a token back into an ID.
    #[arg(long, conflicts_with = "best")]
    tokens: bool,
    /// Key of the tokens; made if the file does not exist. Keep it: `atoll resolve` needs it.
    #[arg(long, value_name = "FILE", requires = "tokens", required_if_eq("tokens", "true"))]
    token_key: Option<PathBuf>,
    /// Where tiers end, in per cent of everyone, the best first.
    #[arg(long, value_delimiter = ',', default_value = "1,5,10,20", requires = "tokens")]
    tiers: Vec<f64>,
    /// File for how far the people have moved from those the model learned from, column by column.
    #[arg(long, value_name = "FILE")]
    drift: Option<PathBuf>,
    /// Read the tag file as the [tags] of this recipe say; its columns are still read as the model says.
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// ID column: its name, or its 1-based number. Default: the one that looks like an ID.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    /// Kind of ID: phone, email, imei, oaid, idfa, gaid, opaque. Default: what it looks like.
    #[arg(long)]
    kind: Option<String>,
    /// Digest of the IDs as they stand in the file: none, md5, sha256, ... Default: what it looks like.
    #[arg(long)]
    digest: Option<String>,
    #[command(flatten)]
    engine: Engine,
}

#[derive(Args)]
pub struct Compare {
    /// One model, model.json.
    one: PathBuf,
    /// Another.
    other: PathBuf,
    /// File to write: CSV of every bin's effect in both, flips first.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The text of a file; a model that is no text is no model.
fn read(path: &Path) -> Result<String> {
    let name = || path.display().to_string();
    let bytes = std::fs::read(path).map_err(|_| Error::new(Kind::FileUnreadable).file(name()))?;
    String::from_utf8(bytes).map_err(|_| Error::new(Kind::ModelBroken).file(name()))
}

/// Names the model in refusals about it.
fn about(path: &Path) -> impl Fn(Error) -> Error {
    let name = path.display().to_string();
    move |e: Error| if e.at.file.is_none() && e.code().starts_with("model-") { e.file(&name) } else { e }
}

pub fn score(score: &Score) -> Result<()> {
    let model = read(&score.model)?;
    lint::look(&score.model, &model);
    let tags = file_ref(0, &score.tags)?;
    let mut threads = score.engine.start(vec![score.tags.clone()])?;
    let mut bar = Bar::new(score.engine.quiet);
    let recipe = Box::new(score.reading(&mut threads, &mut bar, &tags)?);
    let reply = threads.call(Call::Score { model, tags, recipe }, |p| bar.show(p));
    bar.clear();
    let Reply::Scored(report) = reply.map_err(about(&score.model))? else { return Ok(()) };
    let what = match &score.token_key {
        Some(path) => {
            Export::Tokens { key: tokens::key(path)?.file(), tiers: score.tiers.clone(), ids: false }
        }
        None => Export::ModelScores { best: score.best },
    };
    save(&mut threads, what, &score.out)?;
    if let Some(path) = &score.drift {
        save(&mut threads, Export::Drift, path)?;
    }
    say(&report);
    Ok(())
}

impl Score {
    /// How the ID stands in the file: as said, else as it looks.
    fn reading(&self, threads: &mut Threads, bar: &mut Bar, tags: &FileRef) -> Result<FileRecipe> {
        let known = self.recipe.as_deref().map(|path| Recipe::parse(&read(path)?)).transpose()?;
        let recipe = match known {
            Some(recipe) => recipe.tags,
            None => {
                let call = Call::Inspect { file: tags.clone(), overrule: Overrule::default() };
                let reply = threads.call(call, |p| bar.show(p));
                bar.clear();
                let Reply::Inspection(seen) = reply? else { return Err(Kind::NoIdColumn.into()) };
                self.found(&seen, &tags.name)?
            }
        };
        Ok(FileRecipe {
            kind: word(&self.kind, "--kind")?.unwrap_or(recipe.kind),
            digest: word(&self.digest, "--digest")?.unwrap_or(recipe.digest),
            id: self.id.as_deref().map_or(recipe.id.clone(), column),
            ..recipe
        })
    }
    fn found(&self, seen: &Inspection, file: &str) -> Result<FileRecipe> {
        let named = |at: usize| ColumnRef::Number(at as u32 + 1);
        let at = id_column(seen, self.id.as_deref(), file)?;
        let opaque = id::Recipe { kind: id::Kind::Opaque, digest: id::Digest::None };
        let is = match &seen.columns[at].role {
            Role::Id(recipe) => *recipe,
            _ => seen.columns[at].id.map_or(opaque, |guess| guess.recipe),
        };
        Ok(FileRecipe::of(file, named(at), is))
    }
}

/// Which column holds the ID: as said, else the one that looks like it.
pub fn id_column(seen: &Inspection, said: Option<&str>, file: &str) -> Result<usize> {
    let at = match said.map(column) {
        Some(said) => said.place(&seen.columns),
        None => seen.columns.iter().position(|c| matches!(c.role, Role::Id(_))),
    };
    at.ok_or_else(|| match said {
        Some(id) => Error::new(Kind::ColumnMissing).file(file).column(id),
        None => Error::new(Kind::NoIdColumn).file(file),
    })
}

/// A word as recipes write it.
pub fn word<T: DeserializeOwned>(text: &Option<String>, option: &str) -> Result<Option<T>> {
    let read = |text: &String| serde_json::from_value(serde_json::Value::String(text.clone()));
    text.as_ref().map(read).transpose().map_err(|_| Error::new(Kind::OutOfRange).column(option))
}

/// A column as it is named on the command line.
pub fn column(text: &str) -> ColumnRef {
    text.parse().map_or_else(|_| ColumnRef::Name(text.into()), ColumnRef::Number)
}

pub fn compare(compare: &Compare) -> Result<()> {
    let mut threads = Threads::start(1, u64::MAX, vec![]);
    let source = |path: &Path| Ok::<_, Error>(ModelSource::File { text: read(path)? });
    let (one, other) = (source(&compare.one)?, source(&compare.other)?);
    let Reply::Compared(found) = threads.call(Call::Compare { one, other }, |_| {})? else { return Ok(()) };
    save(&mut threads, Export::Comparison, &compare.out)?;
    let bins = found.rows.len() as u64 + found.folded;
    let mut text = format!("A: {}\nB: {}\n", found.models[0], found.models[1]);
    text += &format!("{bins} bins, {} of them flip sign beyond their noise.\n", found.flips);
    for row in found.rows.iter().filter(|row| row.flip).take(NAMED) {
        let [one, other] = [row.one, row.other].map(|side| side.map_or(0.0, |(effect, _)| effect));
        text += &format!("  {} {}: {one:+.2} and {other:+.2}\n", row.feature, row.value);
    }
    print(&text);
    Ok(())
}

/// Writes one file of the session where the user wants it.
fn save(threads: &mut Threads, what: Export, path: &Path) -> Result<()> {
    let Reply::Files(files) = threads.call(Call::Export { what }, |_| {})? else { return Ok(()) };
    lint::say(&files);
    let unwritable = |_| Error::new(Kind::OutputUnwritable).file(path.display().to_string());
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(unwritable)?;
    }
    let bytes = files.first().and_then(|made| threads.take(&made.name)).unwrap_or_default();
    std::fs::write(path, bytes).map_err(unwritable)
}

/// The verdict, and what moved most.
fn say(report: &ModelReport) {
    let (model, score) = (&report.model, &report.score);
    let mut text =
        format!("{} people scored by {model} (AUC {:.3} when it learned).\n", report.people, report.auc);
    let (psi, noise) = (score.psi, score.noise);
    text += &format!("Drift: {}. PSI of the score {psi:.3} (chance {noise:.3}).\n", report.verdict);
    for drift in report.columns.iter().filter(|d| d.band != "ok" || d.unseen > 0).take(NAMED) {
        let unseen =
            if drift.unseen > 0 { format!(", {} cells unseen", drift.unseen) } else { String::new() };
        text += &format!("  {}: PSI {:.3}, {}{unseen}\n", drift.feature, drift.psi, drift.band);
    }
    print(&text);
}

/// To whom listens: a reader may have left.
fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
