//! Bringing files of many rows per person in: the recipe held against what the files hold, slices cut into parcels, parcels
//! kept where their people belong.

use super::call::FileRef;
use super::campaigns::counts_of;
use super::inspect::{Seen, Text, range};
use super::past::{PastRecipe, RowsRecipe, Section, offset};
use super::products::{Small, products};
use super::recipe::{ColumnRef, Recipe};
use super::seal::seal;
use super::standing::standings_of;
use super::types::Types;
use super::{Room, freeze, load};
use crate::analysis::intake::{Ahead, Intake, Joined, PastAccount};
use crate::error::{Error, Kind, Result};
use crate::id;
use crate::shard::add_up;
use crate::shard::desk::{Desk, Reply};
use crate::shard::history::{AbsorbPast, CutPast};
use crate::shard::load::{Block, Clear, Forget};
use crate::table::history::counts::Counts;
use crate::table::history::cut::{Label, PastCut, PastReading, StepColumn, TimeColumn};
use crate::table::history::moment::DAY;
use crate::table::history::products::Products;
use crate::table::history::settle::Settled;
use crate::table::history::standing::Standings;
use crate::table::history::{Dim, Measure, PastSchema, Source, TableSchema};
use crate::table::inspection::Problem;
use crate::table::store::parcel::{Span, Tally};
use std::collections::VecDeque;

/// Files that were brought in.
#[derive(Default)]
pub struct Opened {
    /// What the tables hold.
    pub schema: PastSchema,
    /// Where the rows went.
    pub accounts: Vec<PastAccount>,
    /// How tables found their products.
    pub joined: Vec<Joined>,
    /// What became of orders by their rows together.
    pub settled: Settled,
    /// A last day that stands alone.
    pub ahead: Option<Ahead>,
    /// Campaigns that somebody else counted.
    pub counts: Counts,
    /// People by stage as platforms counted them.
    pub standings: Standings,
}

impl Opened {
    /// Where the rows went.
    pub fn intake(&self) -> Intake {
        let as_of = self.schema.last_day();
        let (files, products) = (self.accounts.clone(), self.joined.clone());
        Intake {
            as_of,
            people: self.schema.people,
            files,
            products,
            orders: self.settled,
            ahead: self.ahead.clone(),
        }
    }
}

/// A file that was looked at.
struct Looked<'a> {
    section: Section,
    source: Source,
    recipe: &'a RowsRecipe,
    seen: Seen,
}

/// Brings all files in.
pub async fn open(room: &mut Room, recipe: &PastRecipe, files: &[FileRef]) -> Result<Opened> {
    let desk = room.desk.clone();
    recipe.text.check()?;
    let mut sources = Vec::new();
    for (section, rows) in recipe.files() {
        section.check(rows)?;
        let file = load::given(files, &rows.file)?;
        let seen = load::counted(room, &rows.overrule(), file).await?;
        sources.push(Looked { section, source: section.source(), recipe: rows, seen });
    }
    if sources.is_empty() && recipe.counts().next().is_none() && recipe.standing.is_empty() {
        return Err(Error::new(Kind::TableMissing).file("room.toml").column("events, orders"));
    }
    let mut schema =
        PastSchema { tables: Source::ALL.map(|source| table(source, &sources)), ..Default::default() };
    let readings = readings(room, recipe, &sources, &schema)?;
    let skus = Small::all(room, recipe.sku.iter(), files).await?;
    let (products, mut sku_accounts) = products(&desk, &skus, &schema).await?;
    let counted = Small::all(room, recipe.counts(), files).await?;
    let (counts, mut count_accounts) = counts_of(&desk, &counted, recipe).await?;
    let standing = Small::all(room, recipe.standing.iter(), files).await?;
    let (standings, mut standing_accounts) = standings_of(&desk, &standing, recipe).await?;
    memory(room, &sources, &schema, &products)?;
    // What a refused or cancelled call left on its way in must not be taken for rows of this one.
    match room.open {
        Some(_) => drop(desk.all(&Clear).await?),
        None => drop(desk.all(&Forget).await?),
    }
    let mut accounts = Vec::new();
    for (file, (source, reading)) in (0..).zip(sources.iter().zip(&readings)) {
        let named = |e: Error| if e.at.file.is_none() { e.file(&source.recipe.file) } else { e };
        let brought = bring(&desk, reading, &source.seen, file).await.map_err(named)?;
        accounts.push(account(source, reading, &brought, recipe)?);
    }
    accounts.append(&mut sku_accounts);
    accounts.append(&mut count_accounts);
    accounts.append(&mut standing_accounts);
    let last = counts.last().max(standings.last());
    let (joined, settled, ahead) = seal(&desk, recipe, &mut schema, &products, last).await?;
    Ok(Opened { schema, accounts, joined, settled, ahead, counts, standings })
}

/// The columns of a table: those of all its files.
fn table(source: Source, files: &[Looked]) -> TableSchema {
    let mut table = TableSchema::default();
    if source == Source::Orders {
        table.measures.push(Measure { name: "amount".into(), decimals: 2 });
    }
    for file in files.iter().filter(|file| file.source == source) {
        if source == Source::Events && table.dims.is_empty() {
            table.dims.push(Dim { name: "event".into(), labels: vec![] });
        }
        for (name, _) in file.recipe.labels() {
            if table.dim(name).is_none() {
                table.dims.push(Dim { name: name.into(), labels: vec![] });
            }
        }
        for (name, _, decimals) in file.recipe.measures() {
            match table.measure(name) {
                Some((at, _)) => table.measures[at].decimals = decimals,
                None => table.measures.push(Measure { name: name.into(), decimals }),
            }
        }
    }
    table
}

/// What the files of a room have in common.
struct Common<'a> {
    /// How IDs are compared where no room is open.
    space: id::Recipe,
    /// Types of IDs of the open room, and whether it has a map of them.
    types: Option<(&'a Types, bool)>,
    /// Whether only people who agreed may be kept.
    gated: bool,
    /// Whether there is no other file of people.
    alone: bool,
    zone: Option<i32>,
    /// The last day that counts.
    until: Option<u32>,
}

impl<'a> Common<'a> {
    fn of(room: &'a Room, recipe: &PastRecipe, sources: &[Looked]) -> Result<Common<'a>> {
        let types = room.open.as_ref().map(|open| (&open.types, !open.recipe.idmap.is_empty()));
        let mut space = sources[0].recipe.id();
        for source in sources[1..].iter().filter(|_| types.is_none()) {
            space = id::space(space, source.recipe.id()).map_err(|e| e.file(&source.recipe.file))?;
        }
        let asked = |recipe: &Recipe| recipe.consent.is_some() || recipe.first_party.consent.is_some();
        let gated = room.open.as_ref().is_some_and(|open| asked(&open.recipe));
        let zone = match offset(&recipe.time.zone, "time.zone")? {
            Some(zone) => Some(zone),
            None => offset(&sources.iter().find_map(|source| source.recipe.zone.clone()), "zone")?,
        };
        let until = last_day(recipe)?.map(|day| day * DAY);
        let alone = sources.len() == 1 && types.is_none();
        Ok(Common { space, types, gated, alone, zone, until })
    }
}

/// The last day that counts, if it is said.
pub(super) fn last_day(recipe: &PastRecipe) -> Result<Option<u32>> {
    let day = |text: &String| {
        let refuse = || Error::new(Kind::OutOfRange).file("room.toml").column("time.as_of");
        freeze::past_day(text).ok_or_else(refuse)
    };
    recipe.time.as_of.as_ref().map(day).transpose()
}

/// How the files are read: what the recipe says, held against what they hold.
fn readings(
    room: &Room,
    recipe: &PastRecipe,
    sources: &[Looked],
    schema: &PastSchema,
) -> Result<Vec<PastReading>> {
    if sources.is_empty() {
        return Ok(vec![]);
    }
    let common = Common::of(room, recipe, sources)?;
    let numbered = |of: &Looked| sources.iter().any(|s| s.source == of.source && s.recipe.order.is_some());
    sources.iter().map(|s| s.reading(schema.table(s.source), &common, numbered(s))).collect()
}

impl RowsRecipe {
    /// What its ID column holds.
    pub(super) fn id(&self) -> id::Recipe {
        id::Recipe::new(self.kind, self.digest)
    }
}

impl Looked<'_> {
    fn refuse(&self, kind: Kind, column: &str) -> Error {
        Error::new(kind).file(&self.recipe.file).column(column)
    }
    fn place(&self, column: &ColumnRef) -> Result<usize> {
        let missing = || self.refuse(Kind::ColumnMissing, &column.to_string());
        column.place(&self.seen.inspection.columns).ok_or_else(missing)
    }
    fn named(&self, name: &str) -> Result<usize> {
        self.place(&ColumnRef::Name(name.into()))
    }
    fn reading(&self, table: &TableSchema, common: &Common, numbered: bool) -> Result<PastReading> {
        let (recipe, found) = (self.recipe, &self.seen.inspection.columns);
        let own = recipe.id == ColumnRef::Number(0);
        // Numbers of rows say nothing of the people of other files.
        if own && (!common.alone || recipe.id() != id::Recipe::new(id::Kind::Opaque, id::Digest::None)) {
            return Err(self.refuse(Kind::OutOfRange, "id"));
        }
        let id = (!own).then(|| self.place(&recipe.id)).transpose()?;
        let name = id.map_or(String::new(), |id| found[id].name.clone());
        let other = |(types, mapped): (&Types, bool)| types.other(recipe.id(), &name, mapped);
        let (space, mask) = match common.types {
            Some(types) => other(types).ok_or_else(|| self.refuse(Kind::KindsApart, &name))?,
            None => (common.space, id::Key::default()),
        };
        let words = || [recipe.refunds.clone(), recipe.cancelled.clone()];
        let status = recipe.status.as_ref().map(|name| Ok::<_, Error>((self.named(name)?, words())));
        Ok(PastReading {
            source: self.source,
            dialect: self.seen.layout.dialect.clone(),
            width: found.len(),
            missing: self.seen.layout.missing.clone(),
            id: (id, name),
            recipe: recipe.id(),
            space,
            mask,
            gated: common.gated,
            time: self.time(common.zone)?,
            day: self.day()?,
            steps: self.steps(common.zone)?,
            until: common.until.map(|day| day + DAY),
            dims: self.dims(table)?,
            measures: table.measures.iter().map(|measure| self.measure(measure)).collect::<Result<_>>()?,
            numbered,
            order: recipe.order.as_deref().map(|name| self.named(name)).transpose()?,
            status: status.transpose()?,
            lines: recipe.lines,
        })
    }
    fn time(&self, room_zone: Option<i32>) -> Result<Option<TimeColumn>> {
        let Some(name) = &self.recipe.time else {
            let timeless = self.source == Source::Assign || !self.recipe.steps.is_empty();
            let known = timeless || self.recipe.day.is_some();
            return if known { Ok(None) } else { Err(self.refuse(Kind::ColumnMissing, "time, day")) };
        };
        self.moments(name, room_zone).map(Some)
    }
    /// The first second of the day that is said of all rows.
    fn day(&self) -> Result<u32> {
        let Some(text) = &self.recipe.day else { return Ok(0) };
        let day = freeze::past_day(text).filter(|_| self.recipe.time.is_none());
        day.map(|day| day * DAY).ok_or_else(|| self.refuse(Kind::OutOfRange, "day"))
    }
    /// A column of times.
    fn moments(&self, name: &str, room_zone: Option<i32>) -> Result<TimeColumn> {
        let recipe = self.recipe;
        let zone = offset(&recipe.zone, "zone").map_err(|e| e.file(&recipe.file))?.or(room_zone);
        Ok(TimeColumn {
            at: self.named(name)?,
            name: name.into(),
            format: recipe.format,
            wall: room_zone.unwrap_or(0) - zone.unwrap_or(0),
            world: room_zone.unwrap_or(0),
        })
    }
    /// Steps in the order of their columns, which they keep where they happen at one time.
    fn steps(&self, room_zone: Option<i32>) -> Result<Vec<StepColumn>> {
        let own = self.recipe.time.is_none() && self.recipe.day.is_none();
        let step = |(event, name): (&String, &String)| {
            let time = own.then(|| self.moments(name, room_zone)).transpose()?;
            Ok(StepColumn { at: self.named(name)?, name: name.clone(), event: event.clone(), time })
        };
        let mut steps: Vec<StepColumn> = self.recipe.steps.iter().map(step).collect::<Result<_>>()?;
        steps.sort_by_key(|step| step.at);
        Ok(steps)
    }
    /// What every row is, where no column says so.
    fn name(&self) -> String {
        let usual = if self.section == Section::Campaign { "exposed" } else { "" };
        self.recipe.name.clone().unwrap_or_else(|| usual.into())
    }
    fn dims(&self, table: &TableSchema) -> Result<Vec<Label>> {
        let labels = self.recipe.labels();
        let label = |dim: &Dim| match labels.iter().find(|(name, _)| *name == dim.name) {
            Some((_, column)) => self.named(column).map(Label::Column),
            None if dim.name == "event" && !self.recipe.steps.is_empty() => Ok(Label::Step),
            None if dim.name == "event" => Ok(Label::Word(self.name())),
            None => Ok(Label::Nothing),
        };
        let dims = table.dims.iter().map(label).collect::<Result<Vec<_>>>()?;
        if self.source == Source::Events && dims.first() == Some(&Label::Word(String::new())) {
            return Err(self.refuse(Kind::TableMissing, "event"));
        }
        Ok(dims)
    }
    fn measure(&self, measure: &Measure) -> Result<Option<(usize, String, u8)>> {
        match self.recipe.measures().into_iter().find(|(name, ..)| *name == measure.name) {
            // Two files of one table in different units would be added up as if they were one.
            Some((.., decimals)) if decimals != measure.decimals || decimals > 6 => {
                Err(self.refuse(Kind::OutOfRange, "decimals"))
            }
            // As its file calls it: that is where people look for what is wrong with a row.
            Some((_, column, decimals)) => Ok(Some((self.named(column)?, column.to_string(), decimals))),
            None => Ok(None),
        }
    }
}

/// Bytes a row takes while it is sorted: time, person, place, order number and its place, a code and its narrow form per
/// column, a number twice.
const ROW: u64 = 4 + 4 + 4 + 12 + 1;

/// Refuses files that would not fit.
fn memory(room: &Room, sources: &[Looked], schema: &PastSchema, products: &Products) -> Result<()> {
    let bytes = |source: &Looked| {
        let table = schema.table(source.source);
        let row = ROW + 8 * table.dims.len() as u64 + 16 * table.measures.len() as u64;
        let row = row + 4 * products.joining(table).len() as u64;
        source.seen.inspection.rows * row * source.recipe.steps.len().max(1) as u64
    };
    let need: u64 = sources.iter().map(bytes).sum();
    let largest = sources.iter().max_by_key(|source| bytes(source)).map_or("", |s| s.recipe.file.as_str());
    if need > room.limit {
        return Err(Error::new(Kind::MemoryLimit).file(largest).column(format!("{} MiB", need >> 20)));
    }
    Ok(())
}

/// What became of a file.
#[derive(Default)]
struct Brought {
    tally: Tally,
    zones: [(u64, u64); 2],
    ambiguous: u64,
    fates: Vec<u64>,
}

impl Brought {
    fn take(&mut self, cut: &mut PastCut) {
        self.tally.merge(std::mem::take(&mut cut.tally));
        let least = |a: u64, b: u64| if a == 0 || (b > 0 && b < a) { b } else { a };
        let both = |a: (u64, u64), b: (u64, u64)| (a.0 + b.0, least(a.1, b.1));
        self.zones = [0, 1].map(|at| both(self.zones[at], cut.zones[at]));
        self.ambiguous = least(self.ambiguous, cut.ambiguous);
        add_up(&mut self.fates, &cut.fates);
    }
}

/// Where the rows went, unless the file cannot be understood.
fn account(
    of: &Looked,
    reading: &PastReading,
    brought: &Brought,
    recipe: &PastRecipe,
) -> Result<PastAccount> {
    let (file, tally) = (&of.recipe.file, &brought.tally);
    let column = reading.clock();
    let refuse = |kind: Kind, row: u64| Error::new(kind).file(file).row(row).column(&column);
    if brought.ambiguous > 0 {
        return Err(refuse(Kind::DateAmbiguous, brought.ambiguous));
    }
    let zoned = recipe.time.zone.is_some() || of.recipe.zone.is_some();
    // Times with a zone need one for their days; bare ones beside them need one of their own.
    let [(bare, first_bare), (named, first_named)] = brought.zones;
    if named > 0 && !zoned {
        return Err(refuse(Kind::ZoneUnclear, first_named));
    }
    let left: u64 = tally.reasons.values().map(|(count, _)| count).sum();
    let reasons = tally.problems(false);
    // Who asks how things stood on an earlier day knows that some files had not begun by then.
    let later = recipe.time.as_of.is_some() && reasons.iter().all(|reason| reason.code == "in-future");
    if left == tally.rows && !later {
        return Err(refused_rows(file, &reasons));
    }
    let mut notes = tally.problems(true);
    if bare > 0 && named > 0 {
        let (code, column) = ("mixed-zones".into(), Some(column));
        notes.push(Problem { code, count: bare, first_row: Some(first_bare), column });
    }
    // A word no row has may be spelt otherwise there: its orders would count as sold.
    let words = of.recipe.refunds.iter().chain(&of.recipe.cancelled).zip(&brought.fates);
    for (word, _) in words.filter(|(_, rows)| **rows == 0) {
        let column = of.recipe.status.as_ref().map(|status| format!("{status}: {word}"));
        notes.push(Problem { code: "status-unmet".into(), count: 0, first_row: None, column });
    }
    Ok(PastAccount {
        file: file.clone(),
        table: of.section.name(),
        rows: tally.rows,
        kept: tally.rows - left,
        reasons,
        notes,
    })
}

/// A file none of whose rows is of use, and the reason most of them were left out for.
pub(super) fn refused_rows(file: &str, reasons: &[Problem]) -> Error {
    let first = reasons.first();
    let why = first.map_or("no-rows", |p| p.code.as_str());
    let row = first.and_then(|p| p.first_row).unwrap_or(1);
    Error::new(Kind::RowsUnusable).file(file).row(row).column(why)
}

/// Cuts a file into parcels and brings them to their owners, in the order of the file.
async fn bring(desk: &Desk, reading: &PastReading, seen: &Seen, file: u32) -> Result<Brought> {
    let mut owners =
        Owners { desk, table: reading.source.at() as u8, brought: Brought::default(), kept: VecDeque::new() };
    if seen.plain() {
        slices(desk, reading, seen, file, &mut owners).await?;
    } else {
        stream(desk, reading, seen, file, &mut owners).await?;
    }
    owners.settle(0).await?;
    Ok(owners.brought)
}

async fn slices(
    desk: &Desk,
    reading: &PastReading,
    seen: &Seen,
    number: u32,
    owners: &mut Owners<'_>,
) -> Result<()> {
    let file = &seen.file;
    let mut cuts: VecDeque<(u64, Reply<PastCut>)> = VecDeque::new();
    let mut pairs = seen.borders.windows(2).filter(|b| b[0].0 < b[1].0).enumerate();
    loop {
        while cuts.len() < 2 * desk.shards
            && let Some((slice, borders)) = pairs.next()
        {
            let ((from, first_row), to) = (borders[0], borders[1].0);
            let span = Span { first_row, end: (to - from) as usize, last: to == file.size };
            let question = CutPast { reading: reading.clone(), file: number, span, text: None };
            cuts.push_back((to, desk.ask(slice % desk.shards, &question, Some(range(file, from, to)))));
        }
        let Some((to, cut)) = cuts.pop_front() else { return Ok(()) };
        owners.take(cut.await?).await?;
        desk.progress("load", to, file.size, "bytes");
    }
}

async fn stream(
    desk: &Desk,
    reading: &PastReading,
    seen: &Seen,
    number: u32,
    owners: &mut Owners<'_>,
) -> Result<()> {
    let (file, dialect) = (&seen.file, &seen.layout.dialect);
    let mut text = Text::new(file, dialect.container, dialect.encoding);
    let (mut first_row, mut slice) = (1, 0);
    while let Some((chunk, last)) = text.next(desk).await? {
        let span = Span { first_row, end: chunk.len(), last };
        let block = Some(Block(chunk.clone()));
        let question = CutPast { reading: reading.clone(), file: number, span, text: block };
        let cut = desk.ask(slice % desk.shards, &question, None).await?;
        (first_row, slice) = (cut.next_row, slice + 1);
        text.keep(&chunk[cut.read..]);
        owners.take(cut).await?;
        desk.progress("load", text.at, file.size, "bytes");
    }
    Ok(())
}

/// Parcels on their way to their owners.
struct Owners<'a> {
    desk: &'a Desk,
    table: u8,
    brought: Brought,
    kept: VecDeque<Reply<()>>,
}

impl Owners<'_> {
    async fn take(&mut self, mut cut: PastCut) -> Result<()> {
        self.brought.take(&mut cut);
        for (owner, parcel) in cut.parcels.into_iter().enumerate() {
            if !parcel.people.is_empty() {
                self.kept.push_back(self.desk.ask(owner, &AbsorbPast { table: self.table, parcel }, None));
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
