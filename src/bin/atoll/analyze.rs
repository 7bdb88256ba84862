//! `atoll analyze`: what people did and bought over time.

use crate::commands::{Bar, Engine, file_ref, save};
use atoll::error::{Error, Kind, Result};
use atoll::room::analyze::Topic;
use atoll::room::call::{FileRef, Reply};
use atoll::room::past::PastRecipe;
use clap::Args;
use clap::builder::PossibleValuesParser;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Analyze {
    /// The recipe, or the folder its room.toml stands in; its files are looked up beside it.
    recipe: PathBuf,
    /// What to find out.
    #[arg(value_parser = PossibleValuesParser::new(Topic::ALL.iter().map(|t| t.name())))]
    name: String,
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
        let beside = recipe.parent().unwrap_or(Path::new("."));
        let (mut paths, mut refs) = (Vec::new(), Vec::<FileRef>::new());
        for (_, rows) in plan.files() {
            if !refs.iter().any(|known| known.name == rows.file) {
                let path = beside.join(&rows.file);
                let found = file_ref(refs.len() as u32, &path)?;
                refs.push(FileRef { name: rows.file.clone(), ..found });
                paths.push(path);
            }
        }
        let topic = Topic::ALL.iter().find(|topic| topic.name() == self.name);
        let topic = *topic.ok_or(Error::new(Kind::OutOfRange).column("NAME"))?;
        let mut threads = self.engine.start(paths)?;
        let mut bar = Bar::new(self.engine.quiet);
        let reply = threads.analyze(plan, refs, topic, self.people, |p| bar.show(p));
        bar.clear();
        match reply? {
            Reply::Files(files) => save(&mut threads, &self.out, &files),
            _ => Ok(()),
        }
    }
}
