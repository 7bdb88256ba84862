//! `atoll analyze`: what people did and bought over time.

use crate::commands::{Bar, Engine, beside_it, opening, recipe_text, save};
use atoll::error::Result;
use atoll::room::analyze::Topic;
use atoll::room::call::{Call, Reply};
use atoll::room::past::PastRecipe;
use atoll::room::recipe::Recipe;
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
        let (text, beside) = recipe_text(&self.recipe)?;
        let plan = PastRecipe::parse(&text)?;
        let (mut paths, room) = opened(&text, &beside)?;
        let files = beside_it(&plan, &beside, &mut paths)?;
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
            room.into_iter().flatten().try_for_each(&mut call)?;
            call(Call::Bring { recipe: Box::new(plan.clone()), files })?;
        }
        let several = topics.len() > 1;
        topics.into_iter().try_for_each(|topic| {
            let answer = call(Call::Past { topic, recipe: Box::new(plan.clone()), people: self.people });
            answer.inspect_err(|_| {
                if several {
                    eprintln!("atoll: {} is refused; the analyses named before it are written", topic.name());
                }
            })
        })
    }
}

/// What has to be open for the people of other files to be told: a room, where its recipe has an ID map or a list of consent.
fn opened(text: &str, beside: &Path) -> Result<(Vec<PathBuf>, Option<[Call; 2]>)> {
    if !PastRecipe::needs_room(text)? {
        return Ok((vec![], None));
    }
    opening(Recipe::parse(text)?, beside).map(|(paths, calls)| (paths, Some(calls)))
}
