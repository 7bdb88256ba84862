//! `atoll analyze`: what people did and bought over time.

use crate::commands::{Bar, Engine, file_ref, save};
use atoll::error::{Error, Kind, Result};
use atoll::room::analyze::Topic;
use atoll::room::call::{Call, FileRef, Reply};
use atoll::room::past::PastRecipe;
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Analyze {
    /// The recipe, or the folder its room.toml stands in; its files are looked up beside it.
    recipe: PathBuf,
    /// What to find out; of several the files are read once.
    #[arg(required = true, value_parser = PossibleValuesParser::new(Topic::ALL.iter().map(|t| t.name())))]
    names: Vec<String>,
    /// Folder to write into; made if it does not exist.
    #[arg(long)]
    out: PathBuf,
    /// Write NAME-people.csv as well: everyone's ID with what was found of them.
    #[arg(long)]
    people: bool,
    #[command(flatten)]
    engine: Engine,
}

impl Analyze {
    pub fn run(&self) -> Result<()> {
        let recipe = if self.recipe.is_dir() { self.recipe.join("room.toml") } else { self.recipe.clone() };
        let unreadable = |_| Error::new(Kind::FileUnreadable).file(recipe.display().to_string());
        let plan = PastRecipe::parse(&std::fs::read_to_string(&recipe).map_err(unreadable)?)?;
        let (paths, files) = named(&plan, recipe.parent().unwrap_or(Path::new(".")))?;
        let topics: Vec<Topic> = self.names.iter().filter_map(|name| Topic::named(name)).collect();
        let mut threads = self.engine.start(paths)?;
        let mut bar = Bar::new(self.engine.quiet);
        let mut call = |call| {
            let reply = threads.call(call, |p| bar.show(p));
            bar.clear();
            match reply? {
                Reply::Files(files) => save(&mut threads, &self.out, &files),
                _ => Ok(()),
            }
        };
        if !topics.iter().all(|topic| topic.counted(&plan)) {
            call(Call::Bring { recipe: Box::new(plan.clone()), files })?;
        }
        topics.into_iter().try_for_each(|topic| {
            call(Call::Past { topic, recipe: Box::new(plan.clone()), people: self.people })
        })
    }
}

/// The files a recipe names, each once, looked up beside it.
fn named(plan: &PastRecipe, beside: &Path) -> Result<(Vec<PathBuf>, Vec<FileRef>)> {
    let (mut paths, mut files) = (Vec::new(), Vec::<FileRef>::new());
    for (_, rows) in plan.files() {
        if !files.iter().any(|known| known.name == rows.file) {
            let path = beside.join(&rows.file);
            let found = file_ref(files.len() as u32, &path)?;
            files.push(FileRef { name: rows.file.clone(), ..found });
            paths.push(path);
        }
    }
    Ok((paths, files))
}
