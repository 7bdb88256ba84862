//! Crowds somebody saved, waves, and crowds side by side: what the recipe asks for under these names, made by file
//! name. What crowds lean on is made first; a crowd on what nothing in the recipe makes is refused.

use super::Room;
use super::analyze::PAST;
use super::files::{Named, file_name, need, need_lookalike, table};
use super::platform::ExportPlan;
use super::recipe::{Beside, Recipe};
use crate::analysis::crowds::{
    self, LISTED, NamedCrowd, QualityReport, SimilarityReport, WavePlan, WaveReport,
};
use crate::analysis::lookalike::SCORE;
use crate::analysis::personas::{PERSONA, PortraitPlan};
use crate::audience::{Expr, belongs};
use crate::error::{self, Error, Kind, Result};
use crate::export::crowds as tables;
use crate::gate::{Cells, Released, release};
use crate::shard::listing::{Cell, Listing, Order};

/// Crowds whose overlap is told at once.
const MOST: usize = 8;

/// Names of all files the recipe asks for here.
pub(super) fn names(recipe: &Recipe) -> Vec<String> {
    let crowds = &recipe.crowds;
    let waves = LISTED.iter().map(|wave| format!("{wave}.csv"));
    let mut names: Vec<String> = Vec::new();
    names.extend((!crowds.is_empty()).then(|| "crowds.csv".into()));
    names.extend(files(crowds));
    if recipe.waves.is_some() {
        names.extend(std::iter::once("waves.csv".into()).chain(waves));
    }
    names.extend(recipe.signs.is_some().then(|| "signs.csv".into()));
    names.extend(recipe.matrix.is_some().then(|| "matrix.csv".into()));
    if recipe.overlap.is_some() {
        names.extend(["overlap.csv".into(), "similarity.csv".into()]);
    }
    names
}

/// Refuses settings out of range, by name.
fn settings(recipe: &Recipe) -> Result<()> {
    let beside = |side: &Option<Beside>| side.as_ref().map(|side| side_of(side, recipe).len());
    let crowds = &recipe.crowds;
    let twice = |(at, one): (usize, &NamedCrowd)| crowds[..at].iter().any(|other| other.name == one.name);
    error::settings(&[
        ("crowds.name", !crowds.iter().any(|c| c.name.is_empty()) && !crowds.iter().enumerate().any(twice)),
        ("matrix.of", beside(&recipe.matrix).is_none_or(|crowds| crowds > 0)),
        ("overlap.of", beside(&recipe.overlap).is_none_or(|crowds| (2..=MOST).contains(&crowds))),
    ])?;
    recipe.export.as_ref().map_or(Ok(()), ExportPlan::check)?;
    recipe.waves.as_ref().map_or(Ok(()), WavePlan::check)
}

/// Refuses what a run cannot make whatever the files hold, before anything is computed. A single list may lean on more:
/// on a model that was loaded into this room.
pub(super) fn check(recipe: &Recipe) -> Result<()> {
    let known = |measure: &str| {
        let portrait = |plan: &PortraitPlan| measure == format!("portrait.{}", plan.name);
        let over_time = recipe.over_time.is_some() && measure.starts_with(PAST);
        let made = belongs(measure, SCORE) || belongs(measure, PERSONA) || over_time;
        made || recipe.portraits.iter().any(portrait)
    };
    match asked(recipe).into_iter().flat_map(Expr::measures).find(|measure| !known(measure)) {
        Some(measure) => Err(Error::new(Kind::MeasureMissing).column(measure)),
        None => settings(recipe),
    }
}

impl Recipe {
    /// Every crowd that stands in the recipe.
    pub(super) fn all_crowds(&self) -> Vec<&Expr> {
        let models = self.lookalike.samples.crowds().chain([&self.personas.of]).chain(&self.personas.target);
        let proxies = self.portraits.iter().filter_map(|plan| plan.proxy.as_ref());
        let packs = self.packs.iter().map(|plan| &plan.crowd);
        asked(self).into_iter().chain(models).chain(proxies).chain(packs).collect()
    }
    /// Whether something is asked of people by what an analysis over time finds of them: its files have to be brought in.
    pub fn leans_on_past(&self) -> bool {
        let mut measures = self.all_crowds().into_iter().flat_map(Expr::measures);
        self.over_time.is_some() && measures.any(|measure| measure.starts_with(PAST))
    }
}

/// Every crowd that something is asked of.
fn asked(recipe: &Recipe) -> Vec<&Expr> {
    let sides = recipe.matrix.iter().chain(&recipe.overlap).flat_map(|side| &side.of);
    let named = recipe.crowds.iter().chain(sides).map(|named| &named.crowd);
    let pairs = recipe.signs.iter().flatten().flat_map(|pair| [&pair.crowd, &pair.against]);
    let waves = recipe.waves.iter().flat_map(WavePlan::crowds);
    let sent = recipe.export.iter().filter_map(|plan| plan.of.as_ref());
    named
        .chain(pairs)
        .chain(waves)
        .chain(sent)
        .chain([&recipe.quality.base, &recipe.quality.target])
        .collect()
}

/// Makes one of them.
pub(super) async fn list(room: &mut Room, name: &str) -> Result<Named> {
    let recipe = room.opened()?.recipe.clone();
    if !names(&recipe).iter().any(|known| known == name) {
        return Err(Error::new(Kind::OutOfRange).column(name));
    }
    settings(&recipe)?;
    // What crowds lean on was made: what is still missing, nothing makes.
    made(room, name, &recipe).await.map_err(|error| match error.kind {
        Kind::TooEarly => Error { kind: Kind::MeasureMissing, at: error.at },
        _ => error,
    })
}

async fn made(room: &mut Room, name: &str, recipe: &Recipe) -> Result<Named> {
    let bytes = match (name, &recipe.signs, &recipe.matrix, &recipe.overlap) {
        ("crowds.csv", ..) => {
            let report = quality(room, recipe).await?;
            tables::crowds_csv(&told(room, name, report)?, &recipe.crowds, &files(&recipe.crowds))
        }
        ("waves.csv", ..) => {
            let plan = recipe.waves.clone().unwrap_or_default();
            let report = waves(room, recipe).await?;
            tables::waves_csv(&told(room, name, report)?, &plan)
        }
        ("signs.csv", Some(of), ..) => {
            need(room, &of.iter().flat_map(|pair| [&pair.crowd, &pair.against]).collect::<Vec<_>>()).await?;
            let report = crowds::signs(&room.desk, &room.opened()?.schema, of.clone()).await?;
            tables::signs_csv(&told(room, name, report)?)
        }
        ("matrix.csv", _, Some(side), _) => {
            let of = side_of(side, recipe);
            need_lookalike(room).await?;
            let crowds = needed(room, of).await?;
            let report = room.matrix(&crowds).await?;
            tables::matrix_csv(&told(room, name, report)?, of)
        }
        ("overlap.csv", .., Some(side)) => {
            let report = similarity(room, side_of(side, recipe)).await?;
            tables::overlap_csv(&told(room, name, report)?, side_of(side, recipe))
        }
        ("similarity.csv", .., Some(side)) => {
            let report = similarity(room, side_of(side, recipe)).await?;
            tables::similarity_csv(&told(room, name, report)?, side_of(side, recipe))
        }
        _ => return ids(room, name, recipe).await,
    };
    Ok((name.into(), bytes, 0))
}

/// Releases a report and keeps in mind how many small cells its file tells.
fn told<T: Cells>(room: &mut Room, name: &str, report: T) -> Result<Released<T>> {
    let report = release(report);
    room.opened_mut()?.small.insert(name.into(), report.small());
    Ok(report)
}

/// IDs as the tag file writes them, one per line, the best score first: what the page writes of a crowd.
async fn ids(room: &mut Room, name: &str, recipe: &Recipe) -> Result<Named> {
    let saved = files(&recipe.crowds).iter().position(|file| file == name).map(|at| &recipe.crowds[at].crowd);
    let crowd = match saved {
        Some(crowd) => crowd.clone(),
        None => {
            let rows = waves(room, recipe).await?.rows;
            let row = rows.into_iter().find(|row| name.strip_suffix(".csv") == Some(&row.wave));
            row.map_or(Expr::Or { of: vec![] }, |row| row.crowd)
        }
    };
    need_lookalike(room).await?;
    need(room, &[&crowd]).await?;
    let listing =
        Listing { crowd: crowd.canonical(), order: Order::Best(SCORE.into()), cells: vec![Cell::Id] };
    table(room, name, "", listing).await
}

async fn quality(room: &mut Room, recipe: &Recipe) -> Result<QualityReport> {
    needed(room, &recipe.crowds).await?;
    need(room, &[&recipe.quality.base, &recipe.quality.target]).await?;
    crowds::quality(&room.desk, &recipe.crowds, &recipe.quality).await
}

async fn waves(room: &mut Room, recipe: &Recipe) -> Result<WaveReport> {
    let plan = recipe.waves.clone().unwrap_or_default();
    need(room, &plan.crowds().collect::<Vec<_>>()).await?;
    if plan.top.is_some() {
        need_lookalike(room).await?;
    }
    room.waves(&plan).await
}

async fn similarity(room: &mut Room, of: &[NamedCrowd]) -> Result<SimilarityReport> {
    let crowds = needed(room, of).await?;
    crowds::similarity(&room.desk, &room.opened()?.schema, &crowds).await
}

/// These crowds, with what they lean on made.
async fn needed(room: &mut Room, of: &[NamedCrowd]) -> Result<Vec<Expr>> {
    let crowds: Vec<&Expr> = of.iter().map(|named| &named.crowd).collect();
    need(room, &crowds).await?;
    Ok(crowds.into_iter().cloned().collect())
}

fn side_of<'a>(side: &'a Beside, recipe: &'a Recipe) -> &'a [NamedCrowd] {
    if side.of.is_empty() { &recipe.crowds } else { &side.of }
}

/// `crowd-NAME.csv` of each; names that are one to a file system get a number in front.
fn files(crowds: &[NamedCrowd]) -> Vec<String> {
    let mut files: Vec<String> = Vec::with_capacity(crowds.len());
    for NamedCrowd { name, .. } in crowds {
        let free = |file: &String| files.iter().all(|taken| taken.to_lowercase() != file.to_lowercase());
        let numbered = (2..).map(|n| file_name(&format!("crowd-{n}-{name}")));
        let mut names = std::iter::once(file_name(&format!("crowd-{name}"))).chain(numbered);
        files.extend(names.find(free));
    }
    files
}
