//! What each command does.

use crate::analyze;
use crate::exchange;
use crate::lint;
use crate::models;
use crate::serve;
use crate::threads::Threads;
use crate::tokens;
use atoll::error::{Error, Kind, Result};
use atoll::export::lint::Mark;
use atoll::json;
use atoll::room::call::{AllMade, Call, Export, FileRef, Made, Overrule, Reply};
use atoll::room::past::PastRecipe;
use atoll::room::platform::Operation;
use atoll::room::recipe::Recipe;
use atoll::shard::desk::Progress;
use clap::{Args, Parser, Subcommand};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A clean room: two files become a match, a profile, a lookalike, personas and an audience file. Nothing is uploaded.
#[derive(Parser)]
#[command(name = "atoll", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a synthetic city to try things on: two files to match, a year of events and orders, room.toml, and what was
    /// planted in them.
    Sample {
        /// Folder to write into; made if it does not exist.
        dir: PathBuf,
        /// People in the tag file.
        #[arg(long, default_value_t = 50_000)]
        people: u32,
        /// Seed: the same seed gives the same files.
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// Print what a file was found to be, as JSON: encoding, columns, roles, problems.
    Inspect {
        /// The file: CSV, TSV, one ID per line, .gz or .xlsx.
        file: PathBuf,
        #[command(flatten)]
        engine: Engine,
    },
    /// Run a recipe and write every result.
    Run {
        /// The recipe, or the folder its room.toml stands in; its files are looked up beside it.
        recipe: PathBuf,
        /// Folder to write into; made if it does not exist.
        #[arg(long)]
        out: PathBuf,
        #[command(flatten)]
        engine: Engine,
    },
    /// Find out over time: who bought when and how often, where people are lost, what worked; from files of events and
    /// orders the recipe names.
    Analyze(analyze::Analyze),
    /// Score a tag file with a saved model, and say how far its people have moved from those it learned from.
    Score(models::Score),
    /// Set two saved models side by side: every bin's effect in both, sign flips marked.
    Compare(models::Compare),
    /// Turn the tokens of an audience back into the IDs of the tag file they were made of.
    Resolve(tokens::Resolve),
    /// Look at files before they leave: who can tell from them who is in them? Ends with 1 if a file is red.
    Lint(lint::Lint),
    /// Match with a partner by files, without showing each other who your customers are.
    #[command(subcommand)]
    Exchange(exchange::Exchange),
    /// Serve the built page on this machine, with the headers that keep it from talking.
    Serve {
        /// Port to listen on; the next free one when busy, any free one for 0.
        #[arg(long, default_value_t = serve::PORT)]
        port: u16,
        /// The page, if not the one beside the program or in ./dist.
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
    },
}

#[derive(Args)]
pub struct Engine {
    /// Threads to work on; the results are the same with any number. Default: one per processor.
    #[arg(long)]
    shards: Option<usize>,
    /// Refuse to load more than this many MiB.
    #[arg(long, default_value_t = 4096)]
    memory: u64,
    /// Do not show progress.
    #[arg(long, short)]
    pub quiet: bool,
}

impl Engine {
    pub fn start(&self, files: Vec<PathBuf>) -> Result<Threads> {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        match self.shards.unwrap_or_else(cores) {
            shards @ 1..=64 => Ok(Threads::start(shards, self.memory << 20, files)),
            _ => Err(Error::new(Kind::OutOfRange).column("--shards")),
        }
    }
}

/// Runs what the arguments ask for.
pub fn run() -> ExitCode {
    let mut red = false;
    let done = match Arguments::parse().command {
        Command::Sample { dir, people, seed } => sample(&dir, people, seed),
        Command::Inspect { file, engine } => inspect(&file, &engine),
        Command::Run { recipe, out, engine } => room(&recipe, &out, &engine),
        Command::Analyze(analyze) => analyze.run(),
        Command::Score(score) => models::score(&score),
        Command::Compare(compare) => models::compare(&compare),
        Command::Resolve(resolve) => tokens::resolve(&resolve),
        Command::Exchange(exchange) => exchange::run(&exchange),
        Command::Lint(lint) => lint::run(&lint).map(|mark| red = mark == Mark::Red),
        Command::Serve { port, page } => return serving(port, page),
    };
    match done {
        Ok(()) if red => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("atoll: {error}");
            eprintln!("       {}", error.kind.chinese());
            ExitCode::FAILURE
        }
    }
}

fn serving(port: u16, page: Option<PathBuf>) -> ExitCode {
    match serve::serve(&serve::find(page), port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("atoll: {e}");
            ExitCode::FAILURE
        }
    }
}

fn sample(dir: &Path, people: u32, seed: u64) -> Result<()> {
    let mut threads = Threads::start(1, u64::MAX, vec![]);
    let Reply::Files(files) = threads.call(Call::Sample { people, seed, year: true }, |_| {})? else {
        return Ok(());
    };
    save(&mut threads, dir, &files)
}

fn inspect(file: &Path, engine: &Engine) -> Result<()> {
    let mut threads = engine.start(vec![file.to_path_buf()])?;
    let mut bar = Bar::new(engine.quiet);
    let call = Call::Inspect { file: file_ref(0, file)?, overrule: Overrule::default() };
    let reply = threads.call(call, |p| bar.show(p));
    bar.clear();
    if let Reply::Inspection(inspection) = reply? {
        print!("{}", String::from_utf8_lossy(&json::pretty(&inspection)));
    }
    Ok(())
}

/// The text of a recipe, or of the room.toml of a folder, and where it stands.
pub fn recipe_text(recipe: &Path) -> Result<(String, PathBuf)> {
    let recipe = if recipe.is_dir() { recipe.join("room.toml") } else { recipe.to_path_buf() };
    let unreadable = |_| Error::new(Kind::FileUnreadable).file(recipe.display().to_string());
    let text = std::fs::read_to_string(&recipe).map_err(unreadable)?;
    Ok((text, recipe.parent().unwrap_or(Path::new(".")).to_path_buf()))
}

fn room(recipe: &Path, out: &Path, engine: &Engine) -> Result<()> {
    let (text, beside) = recipe_text(recipe)?;
    let plan = Recipe::parse(&text)?;
    if let Some(signed) = &plan.policy {
        signed
            .read()
            .and_then(|header| header.policy.check(&exchange::today()))
            .map_err(|e| e.file("room.toml"))?;
    }
    let past = plan.leans_on_past().then(|| PastRecipe::parse(&text)).transpose()?;
    let (mut files, calls) = opening(plan, &beside)?;
    let rows = past.as_ref().map_or(Ok(vec![]), |past| beside_it(past, &beside, &mut files))?;
    let mut threads = engine.start(files.clone())?;
    let mut bar = Bar::new(engine.quiet);
    let [attach, open] = calls;
    threads.call(attach, |_| {})?;
    let reply = threads.call(open, |p| bar.show(p));
    bar.clear();
    if let Reply::Match(found) = reply? {
        let rate = 100.0 * found.rate_first_party;
        eprintln!(
            "{} of your {} people ({rate:.1} %) are in the tag file.",
            found.matched, found.first_party.people
        );
        if let Some(one) = &found.one_id {
            let refused: u64 = one.refused.values().sum();
            eprintln!("  {} IDs are {} people; {refused} pairs were not joined.", one.ids, one.people);
        }
        for (file, account) in files.iter().zip([&found.first_party, &found.tags]) {
            for (column, why) in &account.unused {
                eprintln!("  {} of {} is not used: {why}.", column, file.display());
            }
        }
        if let Some(diagnosis) = &found.diagnosis {
            for way in diagnosis.would_match.iter().take(3) {
                let (matched, tried, has) = (way.matched, diagnosis.tried, &way.english);
                eprintln!("  {matched} of {tried} tried IDs would match if the tag file had {has}.");
            }
        }
    }
    if let Some(past) = past {
        let brought = threads.call(Call::Bring { recipe: Box::new(past), files: rows }, |p| bar.show(p));
        bar.clear();
        brought?;
    }
    // The match is worth having even where the rest is refused: it says why.
    if let Reply::Files(files) = threads.call(Call::Export { what: Export::Match }, |_| {})? {
        save(&mut threads, out, &files)?;
    }
    let reply = threads.call(Call::ExportAll, |p| bar.show(p));
    bar.clear();
    match reply? {
        Reply::All(AllMade { files, refused }) => {
            lint::say(&files);
            save(&mut threads, out, &files)?;
            refused.map_or(Ok(()), |refused| Err(refused.into()))
        }
        _ => Ok(()),
    }
}

/// The files that opening a room takes, looked up beside its recipe, and the calls that open it.
pub fn opening(plan: Recipe, beside: &Path) -> Result<(Vec<PathBuf>, [Call; 2])> {
    let earlier = plan
        .export
        .iter()
        .filter(|export| export.what != Operation::Reset)
        .flat_map(|export| &export.earlier);
    let maps = plan.idmap.iter().map(|map| &map.file);
    let consent = plan.consent.iter().map(|consent| &consent.file);
    let two = [&plan.first_party.file, &plan.tags.file];
    let names = two.into_iter().chain(maps).chain(consent).chain(earlier);
    let files: Vec<PathBuf> = names.map(|name| beside.join(name)).collect();
    let mut refs = Vec::new();
    for (at, file) in (0..).zip(&files) {
        // The recipe names it as it stands there, the folder before it included.
        let name = file.strip_prefix(beside).unwrap_or(file).to_string_lossy().into_owned();
        let found = file_ref(at, file)?;
        refs.push(if at < 2 { found } else { FileRef { name, ..found } });
    }
    let attach = Call::Attach { files: refs.split_off(2) };
    let (first_party, tags) = (refs.remove(0), refs.remove(0));
    Ok((files, [attach, Call::Open { recipe: Box::new(plan), first_party, tags }]))
}

/// The files of many rows per person that a recipe names, looked up beside it and put behind those that are there.
pub fn beside_it(plan: &PastRecipe, beside: &Path, paths: &mut Vec<PathBuf>) -> Result<Vec<FileRef>> {
    let file = |name: &str| {
        let path = beside.join(name);
        let file = FileRef { name: name.into(), ..file_ref(paths.len() as u32, &path)? };
        paths.push(path);
        Ok(file)
    };
    plan.names().into_iter().map(file).collect()
}

pub fn file_ref(index: u32, path: &Path) -> Result<FileRef> {
    let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let meta = std::fs::metadata(path).map_err(|_| Error::new(Kind::FileUnreadable).file(&name))?;
    if meta.is_dir() {
        return Err(Error::new(Kind::FileUnreadable).file(&name));
    }
    Ok(FileRef { index, name, size: meta.len() })
}

pub fn save(threads: &mut Threads, dir: &Path, files: &[Made]) -> Result<()> {
    let unwritable = |_| Error::new(Kind::OutputUnwritable).file(dir.display().to_string());
    std::fs::create_dir_all(dir).map_err(unwritable)?;
    for made in files {
        let bytes = threads.take(&made.name).unwrap_or_default();
        std::fs::write(dir.join(&made.name), bytes).map_err(unwritable)?;
    }
    Ok(())
}

/// Progress on standard error, one line that overwrites itself; nothing where nobody looks.
pub struct Bar {
    shown: String,
    on: bool,
}

impl Bar {
    pub fn new(quiet: bool) -> Self {
        Bar { shown: String::new(), on: !quiet && std::io::stderr().is_terminal() }
    }
    pub fn show(&mut self, progress: &Progress) {
        if !self.on || progress.stage.is_empty() {
            return;
        }
        let text = match progress.total {
            0 => progress.stage.clone(),
            total => format!("{} {} %", progress.stage, 100 * progress.done / total),
        };
        if text != self.shown {
            eprint!("\r\x1b[K{text}");
            let _ = std::io::stderr().flush();
            self.shown = text;
        }
    }
    pub fn clear(&mut self) {
        if self.on && !self.shown.is_empty() {
            eprint!("\r\x1b[K");
        }
        self.shown.clear();
    }
}
