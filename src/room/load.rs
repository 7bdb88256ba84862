//! Bringing both files in: check the recipe against what the files hold, cut slices into parcels, keep them where their
//! people belong, match, agree on bins, seal.

use super::call::{FileRef, Overrule};
use super::freeze::frozen;
use super::inspect::{self, Seen, Text, range};
use super::recipe::{ColumnRef, FileRecipe, Recipe};
use super::{Opened, Room, oneid, platform};
use crate::error::{Error, Kind, Result};
use crate::gate::release;
use crate::id;
use crate::matching;
use crate::num::mapped;
use crate::shard::Partial;
use crate::shard::binning::{self, ColumnAt, Digits, Found, Held, Seal};
use crate::shard::desk::{Desk, Reply};
use crate::shard::load::{Absorb, Block, CutSlice, Forget};
use crate::shard::select::{self, Counts, Select};
use crate::table::inspection::ColumnFound;
use crate::table::schema::{Feature, FeatureKind, Namespace, Role, Schema};
use crate::table::store::parcel::{self, Column, Cut, Reading, Span, Tally};
use crate::table::store::{Which, seal};
use std::collections::{BTreeMap, VecDeque};

/// Loads and matches both files.
pub async fn open(
    room: &mut Room,
    mut recipe: Recipe,
    first_party: FileRef,
    tags: FileRef,
) -> Result<Opened> {
    let desk = room.desk.clone();
    let signed = recipe.policy.as_ref().map(|signed| signed.read().map_err(|e| e.file("room.toml")));
    let policy = signed.transpose()?.map(|header| header.policy);
    desk.all(&Forget).await?;
    let ours = layout(room, &recipe.first_party, &first_party).await?;
    let theirs = layout(room, &recipe.tags, &tags).await?;
    let memory = ours.inspection.memory + theirs.inspection.memory;
    if memory > room.limit {
        return Err(Error::new(Kind::MemoryLimit)
            .file(&recipe.tags.file)
            .column(format!("{} MiB", memory >> 20)));
    }
    let known = oneid::learn(room, &mut recipe, &ours, &theirs).await?;
    let [space, tag_space] = known.spaces;
    let ours_read = reading(Which::FirstParty, &recipe.first_party, &ours, space)?;
    let plans = [
        Reading { mask: known.mask, gated: recipe.consent.is_some(), ..ours_read },
        reading(Which::Tags, &recipe.tags, &theirs, tag_space)?,
    ];
    if plans[1].columns.is_empty() {
        let left: Vec<String> = unused(&plans[1], &theirs).into_keys().collect();
        let refusal = Error::new(Kind::NoTags).file(&recipe.tags.file);
        return Err(if left.is_empty() { refusal } else { refusal.column(left.join(", ")) });
    }
    let tallies = [bring(&desk, &plans[0], &ours).await?, bring(&desk, &plans[1], &theirs).await?];
    let read = [(&plans[0], &tallies[0]), (&plans[1], &tallies[1])];
    let mut report = matching::matched(&desk, read, known.report.is_some()).await?;
    report.one_id = known.report.map(Box::new);
    report.first_party.unused = unused(&plans[0], &ours);
    report.tags.unused = unused(&plans[1], &theirs);
    for (side, (account, name)) in
        [(&report.first_party, &recipe.first_party.file), (&report.tags, &recipe.tags.file)]
            .into_iter()
            .enumerate()
    {
        if account.people == 0 {
            return Err(parcel::nobody(&tallies[side]).file(name));
        }
    }
    if policy.as_ref().is_some_and(|policy| report.matched < policy.k) {
        return Err(Error::new(Kind::FewMatched).file(&recipe.first_party.file));
    }
    let schema = bin(&desk, &plans, recipe.oneid.translate)
        .await
        .map_err(|e| if e.at.file.is_none() { e.file(&recipe.tags.file) } else { e })?;
    Ok(Opened {
        recipe: Recipe {
            first_party: settled(recipe.first_party, &plans[0], &ours),
            tags: settled(recipe.tags, &plans[1], &theirs),
            ..recipe
        },
        inputs: [first_party, tags].into_iter().chain(known.files).collect(),
        spaces: known.spaces,
        types: known.types,
        schema,
        policy,
        matched: release(report),
        profile: None,
        lookalike: None,
        personas: None,
        found: None,
        digests: None,
        before: None,
        small: Default::default(),
    })
}

/// The layout of a file under the recipe's overrules: the one at hand if it was inspected the same way.
pub(super) async fn layout(room: &mut Room, recipe: &FileRecipe, file: &FileRef) -> Result<Seen> {
    let overrule = Overrule {
        encoding: recipe.encoding,
        delimiter: recipe.delimiter.clone(),
        header: recipe.header,
        missing: recipe.missing.clone(),
    };
    if let Some(known) = known(room, &overrule, file) {
        return Ok(known);
    }
    let found = inspect::inspect(&room.desk, file, &overrule).await?;
    room.seen.insert(file.index, found.clone());
    Ok(found)
}

/// A file that a recipe names, among those given.
pub(super) fn given<'a>(files: &'a [FileRef], name: &str) -> Result<&'a FileRef> {
    let missing = || Error::new(Kind::FileMissing).file(name);
    files.iter().find(|file| file.name == name).ok_or_else(missing)
}

/// Looks at a file of which only its layout and rows are asked, unless it was looked at before.
pub(super) async fn counted(room: &Room, overrule: &Overrule, file: &FileRef) -> Result<Seen> {
    match known(room, overrule, file) {
        Some(known) => Ok(known),
        None => inspect::count(&room.desk, file, overrule).await,
    }
}

/// What was found of a file when it was inspected under the same overrule, if it was.
fn known(room: &Room, overrule: &Overrule, file: &FileRef) -> Option<Seen> {
    let known = room.seen.get(&file.index)?;
    (known.file == *file && known.answers(overrule)).then(|| known.clone())
}

impl Seen {
    /// Whether inspecting under this overrule would find the same.
    fn answers(&self, overrule: &Overrule) -> bool {
        let dialect = &self.layout.dialect;
        overrule.encoding.is_none_or(|e| e == dialect.encoding)
            && overrule.delimiter.as_ref().is_none_or(|d| d.as_bytes() == [dialect.delimiter])
            && overrule.header.is_none_or(|h| h == dialect.header)
            && overrule.missing() == self.layout.missing
    }
}

impl FileRecipe {
    /// What the ID column holds.
    pub fn id_recipe(&self) -> id::Recipe {
        id::Recipe { kind: self.kind, digest: self.digest }
    }
}

/// How a file is read: the recipe's words, then what inspection found.
pub(super) fn reading(which: Which, recipe: &FileRecipe, seen: &Seen, space: id::Recipe) -> Result<Reading> {
    let found = &seen.inspection.columns;
    let refuse = |kind: Kind, column: &str| Error::new(kind).file(&recipe.file).column(column);
    let position = |name: &str| {
        found.iter().position(|c| c.name == name).ok_or_else(|| refuse(Kind::ColumnMissing, name))
    };
    let missing = || refuse(Kind::ColumnMissing, &recipe.id.to_string());
    let id = recipe.id.place(found).ok_or_else(missing)?;
    let twice = |(at, c): &(usize, &ColumnFound)| found[..*at].iter().any(|d| d.name == c.name);
    if let Some((_, column)) =
        found.iter().enumerate().find(|c| twice(c) && !recipe.ignore.contains(&c.1.name))
    {
        return Err(refuse(Kind::ColumnTwice, &column.name));
    }
    let folds = recipe.folds.as_deref().map(position).transpose()?;
    let consent = recipe.consent.as_deref().map(position).transpose()?;
    let named = [&recipe.ignore, &recipe.numbers, &recipe.categories, &recipe.dates].into_iter().flatten();
    for name in named.chain(recipe.multi.keys()) {
        position(name)?;
    }
    let columns = (0..found.len())
        .filter(|at| *at != id && ![folds, consent].contains(&Some(*at)))
        .filter_map(|at| column(recipe, at, &found[at]))
        .collect();
    let reading = Reading {
        which,
        dialect: seen.layout.dialect.clone(),
        id,
        recipe: recipe.id_recipe(),
        space,
        width: found.len(),
        columns,
        folds,
        missing: seen.layout.missing.clone(),
        late: None,
        mask: id::Key::default(),
        consent,
        gated: false,
    };
    frozen(reading, recipe, found)
}

/// What a column becomes; nothing if it is left out.
pub(super) fn column(recipe: &FileRecipe, at: usize, found: &ColumnFound) -> Option<Column> {
    let name = &found.name;
    let (kind, separator) = match &found.role {
        _ if recipe.ignore.contains(name) => return None,
        _ if recipe.numbers.contains(name) => (FeatureKind::Number, ""),
        _ if recipe.categories.contains(name) => (FeatureKind::Category, ""),
        _ if recipe.dates.contains(name) => (FeatureKind::Date, ""),
        _ if recipe.multi.contains_key(name) => (FeatureKind::Multi, recipe.multi[name].as_str()),
        Role::Category => (FeatureKind::Category, ""),
        Role::Number => (FeatureKind::Number, ""),
        Role::Date => (FeatureKind::Date, ""),
        Role::Multi { separator } => (FeatureKind::Multi, separator.as_str()),
        Role::Id(_) | Role::Fold | Role::Ignore => return None,
    };
    Some(Column { at, name: name.clone(), kind, separator: separator.to_string(), clock: None })
}

/// The columns that are not read, and why. What the recipe only repeats of what was found has the reason of the finding.
fn unused(plan: &Reading, seen: &Seen) -> BTreeMap<String, String> {
    let why = |found: &ColumnFound| match found.role {
        Role::Ignore => found.reason.clone(),
        Role::Id(_) => "second-id".into(),
        _ => "ignored".into(),
    };
    let columns = seen.inspection.columns.iter().enumerate();
    mapped(columns.filter(|(at, _)| !plan.uses(*at)).map(|(_, found)| (found.name.clone(), why(found))))
}

/// The recipe with every column spelt out in the order of the file: one reading is one recipe, whoever wrote it and
/// however much was left to detection, and it reads the same where detection would guess otherwise.
fn settled(recipe: FileRecipe, plan: &Reading, seen: &Seen) -> FileRecipe {
    let found = &seen.inspection.columns;
    let of = |kind| plan.columns.iter().filter(move |c| c.kind == kind);
    let names = |kind| of(kind).map(|c| c.name.clone()).collect();
    let id = &found[plan.id].name;
    let named = plan.dialect.header && found.iter().position(|c| c.name == *id) == Some(plan.id);
    FileRecipe {
        id: if named { ColumnRef::Name(id.clone()) } else { ColumnRef::Number(plan.id as u32 + 1) },
        ignore: (0..found.len()).filter(|&at| !plan.uses(at)).map(|at| found[at].name.clone()).collect(),
        numbers: names(FeatureKind::Number),
        categories: names(FeatureKind::Category),
        dates: names(FeatureKind::Date),
        multi: mapped(of(FeatureKind::Multi).map(|c| (c.name.clone(), c.separator.clone()))),
        ..recipe
    }
}

/// Cuts a file into parcels and brings them to their owners, in the order of the file.
pub(super) async fn bring(desk: &Desk, plan: &Reading, seen: &Seen) -> Result<Tally> {
    let named = |e: Error| if e.at.file.is_none() { e.file(&seen.file.name) } else { e };
    if seen.plain() { slices(desk, plan, seen).await } else { stream(desk, plan, seen).await }.map_err(named)
}

async fn slices(desk: &Desk, plan: &Reading, seen: &Seen) -> Result<Tally> {
    let (file, ahead) = (&seen.file, 2 * desk.shards);
    let mut cuts: VecDeque<(u64, Reply<Cut>)> = VecDeque::new();
    let mut owners = Owners { desk, which: plan.which, tally: Tally::default(), kept: VecDeque::new() };
    let mut pairs = seen.borders.windows(2).filter(|b| b[0].0 < b[1].0).enumerate();
    loop {
        while cuts.len() < ahead
            && let Some((slice, borders)) = pairs.next()
        {
            let ((from, first_row), to) = (borders[0], borders[1].0);
            let span = Span { first_row, end: (to - from) as usize, last: to == file.size };
            let question = CutSlice { reading: plan.clone(), span, text: None };
            cuts.push_back((to, desk.ask(slice % desk.shards, &question, Some(range(file, from, to)))));
        }
        let Some((to, cut)) = cuts.pop_front() else { break };
        owners.take(cut.await?).await?;
        desk.progress("load", to, file.size, "bytes");
    }
    owners.settle(0).await?;
    Ok(owners.tally)
}

async fn stream(desk: &Desk, plan: &Reading, seen: &Seen) -> Result<Tally> {
    let (file, dialect) = (&seen.file, &seen.layout.dialect);
    let mut text = Text::new(file, dialect.container, dialect.encoding);
    let mut owners = Owners { desk, which: plan.which, tally: Tally::default(), kept: VecDeque::new() };
    let (mut first_row, mut slice) = (1, 0);
    while let Some((chunk, last)) = text.next(desk).await? {
        let span = Span { first_row, end: chunk.len(), last };
        let question = CutSlice { reading: plan.clone(), span, text: Some(Block(chunk.clone())) };
        let cut = desk.ask(slice % desk.shards, &question, None).await?;
        (first_row, slice) = (cut.next_row, slice + 1);
        text.keep(&chunk[cut.read..]);
        owners.take(cut).await?;
        desk.progress("load", text.at, file.size, "bytes");
    }
    owners.settle(0).await?;
    Ok(owners.tally)
}

/// Parcels on their way to their owners.
struct Owners<'a> {
    desk: &'a Desk,
    which: Which,
    tally: Tally,
    kept: VecDeque<Reply<()>>,
}

impl Owners<'_> {
    async fn take(&mut self, cut: Cut) -> Result<()> {
        self.tally.merge(cut.tally);
        for (owner, parcel) in cut.parcels.into_iter().enumerate() {
            if !parcel.keys.is_empty() {
                self.kept.push_back(self.desk.ask(owner, &Absorb { which: self.which, parcel }, None));
            }
        }
        self.settle(4 * self.desk.shards).await
    }
    /// Waits until no more than this many are under way.
    async fn settle(&mut self, most: usize) -> Result<()> {
        while self.kept.len() > most
            && let Some(kept) = self.kept.pop_front()
        {
            kept.await?;
        }
        Ok(())
    }
}

/// Agrees on the bins of every column, and codes the people. For a translation the brand's IDs are kept.
async fn bin(desk: &Desk, plans: &[Reading; 2], translate: bool) -> Result<Schema> {
    let columns = columns(plans);
    let question = Found { columns: columns.iter().map(|c| c.0).collect() };
    let mut held = Held::default();
    for part in desk.all(&question).await? {
        held.merge(part);
    }
    let cuts = cuts(desk, &columns, &held).await?;
    let mut features: Vec<(Feature, ColumnAt)> = Vec::with_capacity(columns.len());
    for (((at, namespace, column), holds), cuts) in columns.into_iter().zip(held.0).zip(cuts) {
        let file = |e: Error| if at.0 == Which::FirstParty { e.file("first_party") } else { e };
        features.push((binning::feature(namespace, column, holds, &cuts).map_err(file)?, at));
    }
    desk.progress("seal", 0, 0, "rows");
    let folds = plans[1].folds.is_some();
    let ours = translate || platform::rewrites(plans[0].recipe, plans[1].recipe);
    desk.all(&Seal { features: features.clone(), folds, aside: false, ours }).await?;
    Ok(Schema::new(features.into_iter().map(|f| f.0).collect()))
}

/// All columns that become features, the tag file's first.
fn columns(plans: &[Reading; 2]) -> Vec<(ColumnAt, Namespace, &Column)> {
    let side = |which: Which, namespace: Namespace, plan: usize| {
        plans[plan].columns.iter().enumerate().map(move |(at, column)| ((which, at), namespace, column))
    };
    side(Which::Tags, Namespace::Tags, 1).chain(side(Which::FirstParty, Namespace::FirstParty, 0)).collect()
}

/// The numbers at which each column is cut; empty for labels.
async fn cuts(desk: &Desk, columns: &[(ColumnAt, Namespace, &Column)], held: &Held) -> Result<Vec<Vec<f64>>> {
    let mut picks: Vec<Select> = held.0.iter().map(|h| Select::new(&seal::statistics(h.filled))).collect();
    loop {
        let asked: Vec<usize> = (0..picks.len()).filter(|&c| picks[c].round().is_some()).collect();
        if asked.is_empty() {
            break;
        }
        let rounds = asked.iter().filter_map(|&c| Some((columns[c].0, picks[c].round()?.clone()))).collect();
        let mut total = vec![Counts::default(); asked.len()];
        for part in desk.all(&Digits { columns: rounds }).await? {
            total.iter_mut().zip(part).for_each(|(t, p)| t.merge(p));
        }
        asked.iter().zip(&total).for_each(|(&c, counts)| picks[c].next(counts));
    }
    Ok(picks.iter().map(|pick| pick.values().into_iter().map(select::to_number).collect()).collect())
}
