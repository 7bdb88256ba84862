//! The room: a recipe in, released answers out. It plans, asks the shards, releases, and makes the files.

pub mod analyze; // what people did and bought over time
mod arms; // who is in which arm of an experiment
mod bring; // files of many rows per person
pub mod call; // what can be asked
mod campaigns; // campaigns that somebody else counted
mod counted; // what files of counts have in common
pub mod files; // what can be saved
mod features; // behaviour as a tag file, and a room to learn from it
mod found; // what analyses leave behind of people
mod freeze; // a table as it was known on a day
pub mod inspect; // looking at a file
mod lists; // crowds, waves and tables the recipe asks for
pub mod load; // bringing the files in
pub mod model; // models from outside
mod oneid; // ID maps and consent
mod policy; // what a partner allows
pub mod past; // the recipe's part about it
mod personas; // clusters that are kept, portraits, the chain's files
pub mod platform; // files for ad platforms
mod products; // what products are
pub mod recipe; // room.toml
mod run; // what a run was made of
mod seal; // labels agreed on, rows sealed
pub mod session; // one call at a time
pub mod small; // the recipe's part about files without people
mod standing; // people by stage as platforms count them
mod toml; // the text of a recipe as JSON
mod types; // which IDs can be compared

use crate::analysis::clv;
use crate::analysis::crowds::{self, MatrixReport, WavePlan, WaveReport};
use crate::analysis::features as foretelling;
use crate::analysis::lookalike::{self, Comparison, LookalikeReport};
use crate::analysis::personas::{self as clustering, Found, PersonasReport};
use crate::analysis::profile::{self, Against, Contrast, ProfileReport};
use crate::analysis::{cohorts, experiment, feedback, funnel, paths, pivot, rules, traffic};
use crate::analysis::{rfm, stages};
use crate::audience::Expr;
use crate::error::{Error, Kind, Result};
use crate::exchange::tagfile::Policy;
use crate::export::lint::Sketch;
use crate::gate::{Released, release_from};
use crate::id;
use crate::matching::{self, MatchReport};
use crate::oneid as one_id;
use crate::shard::desk::Desk;
use crate::shard::job::Registry;
use crate::shard::{binning, crowd, history, listing, load as loading};
use crate::table::schema::Schema;
use call::{Call, FileRef, Reply};
use inspect::Seen;
use past::PastRecipe;
use recipe::Recipe;
use std::collections::BTreeMap;
use types::Types;

/// Every question a shard can be asked.
pub const REGISTRY: &Registry<'static> = &[
    &loading::QUESTIONS,
    &binning::QUESTIONS,
    &one_id::QUESTIONS,
    &matching::QUESTIONS,
    &listing::QUESTIONS,
    &crowd::QUESTIONS,
    &profile::QUESTIONS,
    &lookalike::QUESTIONS,
    &clustering::QUESTIONS,
    &crowds::QUESTIONS,
    &history::QUESTIONS,
    &rfm::QUESTIONS,
    &clv::QUESTIONS,
    &stages::QUESTIONS,
    &funnel::QUESTIONS,
    &experiment::QUESTIONS,
    &pivot::QUESTIONS,
    &cohorts::QUESTIONS,
    &paths::QUESTIONS,
    &rules::QUESTIONS,
    &feedback::QUESTIONS,
    &traffic::QUESTIONS,
    &foretelling::QUESTIONS,
];

/// Slices of files: large enough to be read quickly, small enough to be cancelled between two.
pub const SLICE: u64 = 4 << 20;

/// A room.
pub struct Room {
    desk: Desk,
    limit: u64,
    seen: BTreeMap<u32, Seen>,
    /// Files a recipe may name besides the two.
    beside: Vec<FileRef>,
    open: Option<Opened>,
    loaded: Option<model::Loaded>,
    compared: Option<Comparison>,
    /// Files of many rows per person that were brought in.
    past: Option<analyze::Brought>,
    /// The recipe's sections about them, as last asked.
    over_time: Option<String>,
    /// Lists of people that were made, to be held against each other.
    lists: Vec<(String, Sketch)>,
    /// Files made and not yet taken.
    pub made: BTreeMap<String, Vec<u8>>,
}

/// What is known since the files were opened.
pub struct Opened {
    recipe: Recipe,
    /// The brand's file, the tag file, and those beside them.
    inputs: Vec<FileRef>,
    /// Where the IDs of the brand's and the tag file are compared: the same, but under an ID map.
    spaces: [id::Recipe; 2],
    /// Types of IDs the files and their maps know.
    types: Types,
    schema: Schema,
    /// What a partner asks, where the tags are a partner's.
    policy: Option<Policy>,
    matched: Released<MatchReport>,
    profile: Option<Released<ProfileReport>>,
    lookalike: Option<Released<LookalikeReport>>,
    personas: Option<Released<PersonasReport>>,
    /// What the last search for personas found.
    found: Option<Found>,
    digests: Option<Vec<String>>,
    /// The model of the run before the last.
    before: Option<model::Sheet>,
    /// Small cells of lists and tables, by file.
    small: BTreeMap<String, u64>,
}

impl Room {
    /// An empty room.
    pub fn new(desk: Desk, limit: u64) -> Self {
        Room {
            desk,
            limit,
            seen: BTreeMap::new(),
            beside: vec![],
            open: None,
            loaded: None,
            compared: None,
            past: None,
            over_time: None,
            lists: vec![],
            made: BTreeMap::new(),
        }
    }
    /// Answers a call.
    pub async fn call(&mut self, call: Call) -> Result<Reply> {
        self.allow(&call)?;
        match call {
            Call::Sample { people, seed, year } => files::sample(self, people, seed, year).map(Reply::Files),
            Call::ReadRecipe { text } => Recipe::parse(&text).map(|recipe| Reply::Recipe(Box::new(recipe))),
            Call::Inspect { file, overrule } => {
                let seen = inspect::inspect(&self.desk, &file, &overrule).await?;
                let inspection = seen.inspection.clone();
                self.seen.insert(file.index, seen);
                Ok(Reply::Inspection(inspection))
            }
            Call::Attach { files } => {
                self.beside.retain(|known| files.iter().all(|file| file.name != known.name));
                self.beside.extend(files);
                Ok(Reply::Files(vec![]))
            }
            Call::Open { recipe, first_party, tags } => {
                (self.open, self.loaded, self.compared) = (None, None, None);
                self.lists.clear();
                // The shards forget what was brought in; what was asked of it stays in the recipe.
                self.past = None;
                self.open = Some(load::open(self, *recipe, first_party, tags).await?);
                self.carry();
                Ok(Reply::Match(self.opened()?.matched.get().clone()))
            }
            Call::Profile { base, crowd, against } => {
                let crowd = crowd.unwrap_or(Expr::Seed);
                let against = against.map_or(Against::Base(base), Against::Crowd);
                self.profile(Contrast { crowd, against }).await.map(Reply::Profile)
            }
            Call::Lookalike { plan } => {
                let report = lookalike::lookalike(&self.desk, &self.opened()?.schema, &plan).await?;
                let opened = self.opened_mut()?;
                opened.before = opened.sheet().or(opened.before.take());
                opened.recipe.lookalike = plan;
                // A crowd that was clustered may be a cut of the old scores.
                opened.found = None;
                let report = opened.lookalike.insert(release_from(report, opened.least())?).get().clone();
                Ok(Reply::Lookalike(Box::new(report)))
            }
            Call::Personas { plan } => self.personas(*plan).await.map(|r| Reply::Personas(Box::new(r))),
            Call::Score { model, tags, recipe } => {
                let report = model::score(self, &model, tags, *recipe).await?;
                Ok(Reply::Scored(Box::new(report)))
            }
            Call::Challenge { model } => Ok(Reply::Scored(Box::new(model::challenge(self, &model).await?))),
            Call::Compare { one, other } => model::compare(self, one, other).map(Reply::Compared),
            Call::Count { of } => {
                analyze::need_past(self, &of.iter().collect::<Vec<_>>()).await?;
                Ok(Reply::Counts(self.counted(crowd::count(&self.desk, of).await?)))
            }
            Call::Export { what } => Ok(Reply::Files(vec![files::make(self, what).await?])),
            Call::ExportAll => files::make_all(self).await.map(Reply::All),
            Call::Platforms => platform::offers(self).map(Reply::Platforms),
            Call::Platform { plan } => {
                platform::export(self, *plan).await.map(|exported| Reply::Exported(Box::new(exported)))
            }
            Call::Regions { of } => {
                let regions = crowds::regions(&self.desk, &of).await?;
                Ok(Reply::Regions(self.counted(regions)))
            }
            Call::Similarity { of } => {
                crowds::similarity(&self.desk, &self.opened()?.schema, &of).await.map(Reply::Similarity)
            }
            Call::Matrix { of } => self.matrix(&of).await.map(Reply::Matrix),
            Call::Signs { of } => {
                crowds::signs(&self.desk, &self.opened()?.schema, *of).await.map(Reply::Signs)
            }
            Call::Waves { plan } => self.waves(&plan).await.map(Reply::Waves),
            Call::Keep { recipe } => {
                let kept = &mut self.opened_mut()?.recipe;
                let Recipe { crowds, quality, waves, signs, matrix, overlap, .. } = *recipe;
                *kept = Recipe { crowds, quality, waves, signs, matrix, overlap, ..kept.clone() };
                Ok(Reply::Recipe(Box::new(kept.clone())))
            }
            Call::Split { plan } => {
                crowds::split(&self.desk, &self.opened()?.schema, &plan).await.map(Reply::Split)
            }
            Call::Portrait { plan } => self.portrait(plan).await.map(Reply::Portrait),
            Call::ReadPast { text } => {
                PastRecipe::parse(&text).map(|recipe| Reply::PastRecipe(Box::new(recipe)))
            }
            Call::Bring { recipe, files } => {
                self.bring(*recipe, files).await.map(|tables| Reply::Brought(Box::new(tables)))
            }
            Call::Past { topic, recipe, people } => self.ask(topic, *recipe, people).await.map(Reply::Files),
            Call::PastPeople { name, who } => {
                self.past_people(&name, &who).await.map(|made| Reply::Files(vec![made]))
            }
            Call::PastCrowd { who, run } => {
                let (crowd, people, all) = self.past_crowd(&who, run).await?;
                Ok(Reply::PastCrowd { crowd, people, all })
            }
        }
    }
    /// Deciles are every hundredth position of the slider: the same exact ranks.
    async fn matrix(&self, of: &[Expr]) -> Result<MatrixReport> {
        let report = self.opened()?.lookalike.as_ref().ok_or(Kind::TooEarly)?.get();
        let cuts: Vec<String> = report.cuts.iter().skip(99).step_by(100).cloned().collect();
        crowds::matrix(&self.desk, of, lookalike::SCORE, &cuts).await
    }
    async fn waves(&self, plan: &WavePlan) -> Result<WaveReport> {
        let report = self.opened()?.lookalike.as_ref();
        let cuts = report.map_or(&[][..], |report| &report.get().cuts);
        crowds::waves(&self.desk, plan, lookalike::SCORE, cuts).await
    }
    /// Only the seed against a base is the room's own profile: what its files show.
    async fn profile(&mut self, contrast: Contrast) -> Result<ProfileReport> {
        let report = profile::profile(&self.desk, &self.opened()?.schema, contrast.clone()).await?;
        let released = release_from(report, self.opened()?.least())?;
        let report = released.get().clone();
        if let Contrast { crowd: Expr::Seed, against: Against::Base(base) } = contrast {
            let opened = self.opened_mut()?;
            opened.recipe.profile.base = base;
            opened.profile = Some(released);
        }
        Ok(report)
    }
    fn opened(&self) -> Result<&Opened> {
        self.open.as_ref().ok_or(Error::new(Kind::TooEarly))
    }
    fn opened_mut(&mut self) -> Result<&mut Opened> {
        self.open.as_mut().ok_or(Error::new(Kind::TooEarly))
    }
}
