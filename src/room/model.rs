//! Models that come from outside: score a tag file with one, hold it against the model of this room, and see any two
//! side by side.

use super::call::{FileRef, ModelSource};
use super::freeze::frozen;
use super::inspect::Seen;
use super::load::{bring, layout, reading};
use super::recipe::{FileRecipe, MISSING};
use super::{Opened, Room};
use crate::analysis::lookalike::{self, Comparison, ModelReport, Saved, SavedColumn};
use crate::error::{Error, Kind, Result};
use crate::export::model::read_model;
use crate::gate::{Released, release};
use crate::id;
use crate::shard::binning::{ColumnAt, Seal};
use crate::shard::desk::Desk;
use crate::shard::load::{Clear, Forget};
use crate::table::schema::Feature;
use crate::table::store::Which;
use crate::table::store::freeze::FROZEN;
use crate::table::store::parcel::{self, Column, Reading, Tally};
use crate::table::values::Missing;

/// Bins of a comparison that are shown.
const SHOWN: usize = 400;

/// A model that was loaded, and what it says of the tag file.
pub struct Loaded {
    pub(super) saved: Saved,
    pub(super) report: Released<ModelReport>,
}

/// Scores a tag file that no room is open for; a room that is open is closed.
pub async fn score(room: &mut Room, text: &str, tags: FileRef, recipe: FileRecipe) -> Result<ModelReport> {
    let saved = read_model(text)?;
    room.open = None;
    room.loaded = None;
    let desk = room.desk.clone();
    desk.all(&Forget).await?;
    let seen = layout(room, &recipe, &tags).await?;
    if seen.inspection.memory > room.limit {
        let mib = format!("{} MiB", seen.inspection.memory >> 20);
        return Err(Error::new(Kind::MemoryLimit).file(&tags.name).column(mib));
    }
    let id = recipe.id_recipe();
    let plan = plan(&saved, recipe, &seen, id::space(id, id)?)?;
    apply(room, saved, &plan, &seen, false, &[]).await
}

/// Scores the people of the open room, whose tag file is read once more into the model's bins.
pub async fn challenge(room: &mut Room, text: &str) -> Result<ModelReport> {
    let saved = read_model(text)?;
    let Opened { recipe, inputs, spaces, .. } = room.opened()?;
    let (recipe, file, space) = (recipe.clone(), inputs[1].clone(), spaces[1]);
    let seen = layout(room, &recipe.tags, &file).await?;
    let plan = plan(&saved, recipe.tags, &seen, space)?;
    // A call that was stopped may have left something.
    room.desk.all(&Clear).await?;
    let found = apply(room, saved, &plan, &seen, true, &recipe.lookalike.tiers).await;
    if found.is_err() {
        let _ = room.desk.all(&Clear).await;
    }
    found
}

async fn apply(
    room: &mut Room,
    saved: Saved,
    plan: &Reading,
    seen: &Seen,
    aside: bool,
    tiers: &[f64],
) -> Result<ModelReport> {
    let desk = room.desk.clone();
    let tally = bring(&desk, plan, seen).await?;
    let named = |e: Error| if e.at.file.is_none() { e.file(&seen.file.name) } else { e };
    let unseen = seal(&desk, &saved, plan, &tally, aside).await.map_err(named)?;
    let report = lookalike::applied(&desk, &saved, aside, &unseen, tiers).await?;
    if report.people == 0 {
        return Err(parcel::nobody(&tally).file(&seen.file.name));
    }
    let report = room.loaded.insert(Loaded { saved, report: release(report) });
    Ok(report.report.get().clone())
}

/// How the file is read: its own ID, the model's columns, kinds, separators and missing cells.
fn plan(saved: &Saved, recipe: FileRecipe, seen: &Seen, space: id::Recipe) -> Result<Reading> {
    let names: Vec<&str> = saved.columns.iter().map(|c| c.feature.column.as_str()).collect();
    let found: Vec<&str> = seen.inspection.columns.iter().map(|c| c.name.as_str()).collect();
    let ignore = found.iter().filter(|name| !names.contains(name)).map(|name| (*name).to_owned()).collect();
    let (numbers, categories, dates) = (vec![], vec![], vec![]);
    let (multi, dated) = Default::default();
    let (folds, as_of) = (None, None);
    let plain = recipe.clone();
    let plain = FileRecipe { ignore, numbers, categories, dates, multi, folds, as_of, dated, ..plain };
    let column = |column: &SavedColumn| {
        let Feature { column: name, kind, .. } = &column.feature;
        let at = found.iter().position(|found| found == name);
        let foreign = || Error::new(Kind::ModelForeign).file(&seen.file.name).column(name);
        let (name, separator) = (name.clone(), column.separator.clone());
        Ok(Column { at: at.ok_or_else(foreign)?, name, kind: *kind, separator, clock: None })
    };
    let reading = Reading {
        columns: saved.columns.iter().map(column).collect::<Result<_>>()?,
        missing: Missing::new(&saved.missing),
        ..reading(Which::Tags, &plain, seen, space)?
    };
    frozen(reading, &recipe, &seen.inspection.columns)
}

/// Codes the people by the model's bins; answers the cells of each column that could not be read. A column of which
/// nothing could be read holds other things: it is refused.
async fn seal(desk: &Desk, saved: &Saved, plan: &Reading, tally: &Tally, aside: bool) -> Result<Vec<u64>> {
    let features: Vec<(Feature, ColumnAt)> = saved
        .columns
        .iter()
        .enumerate()
        .map(|(at, column)| (column.feature.clone(), (Which::Tags, at)))
        .collect();
    desk.progress("seal", 0, 0, "rows");
    // A frozen cell could be read, and is missing on purpose.
    let unread = |key: &(String, String), name: &str| key.1 == name && key.0 != FROZEN;
    let odd = |name: &str| tally.notes.iter().filter(|(key, _)| unread(key, name)).map(|(_, n)| n.0).sum();
    let mut unseen: Vec<u64> = plan.columns.iter().map(|column| odd(&column.name)).collect();
    let mut any = vec![false; unseen.len()];
    for part in desk.all(&Seal { features, folds: false, aside, ours: false }).await? {
        for (f, (here, filled)) in part.into_iter().enumerate() {
            unseen[f] += here;
            any[f] |= filled;
        }
    }
    match (0..any.len()).find(|&f| unseen[f] > 0 && !any[f]) {
        Some(f) => Err(Error::new(Kind::ModelForeign).column(&plan.columns[f].name)),
        None => Ok(unseen),
    }
}

/// The model of the open room, to be kept.
pub async fn saved(room: &Room) -> Result<Saved> {
    let opened = room.opened()?;
    let report = opened.lookalike.as_ref().ok_or(Error::new(Kind::TooEarly))?.get();
    let tags = &opened.recipe.tags;
    lookalike::saved(&room.desk, &opened.schema, report, &tags.multi, tags.markers()).await
}

impl FileRecipe {
    /// Cells that mean "no value".
    fn markers(&self) -> Vec<String> {
        self.missing.clone().unwrap_or_else(|| MISSING.iter().map(|marker| (*marker).to_owned()).collect())
    }
}

impl Opened {
    /// The model of the last run as it is compared with others.
    pub(super) fn sheet(&self) -> Option<Sheet> {
        let report = self.lookalike.as_ref()?.get();
        let column = |&f: &usize| SavedColumn::new(&self.schema, &report.basis, f, &self.recipe.tags.multi);
        Some((report.model.clone(), report.basis.features.iter().map(column).collect()))
    }
}

/// A model's name and columns.
pub type Sheet = (String, Vec<SavedColumn>);

/// Two models side by side: the whole is kept to be saved, its head is shown.
pub fn compare(room: &mut Room, one: ModelSource, other: ModelSource) -> Result<Comparison> {
    let [(first, ours), (second, theirs)] = [sheet(room, one)?, sheet(room, other)?];
    let all = Comparison::new([first, second], [&ours, &theirs]);
    let head = all.head(SHOWN);
    room.compared = Some(all);
    Ok(head)
}

fn sheet(room: &Room, source: ModelSource) -> Result<Sheet> {
    let known = |sheet: Option<Sheet>| sheet.ok_or(Error::new(Kind::TooEarly));
    match source {
        ModelSource::Fitted => known(room.opened()?.sheet()),
        ModelSource::Before => known(room.opened()?.before.clone()),
        ModelSource::Loaded => {
            known(room.loaded.as_ref().map(|l| (l.saved.model.clone(), l.saved.columns.clone())))
        }
        ModelSource::File { text } => read_model(&text).map(|saved| (saved.model, saved.columns)),
    }
}
