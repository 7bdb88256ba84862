//! Analyses of what people did and bought over time: `atoll analyze`. Files are brought in once; each analysis is a few
//! passes over them.

use super::call::{FileRef, Made, Overrule};
use super::files::keep;
use super::inspect::{self, Seen, Text, range};
use super::past::{PastRecipe, RowsRecipe, offset};
use super::recipe::ColumnRef;
use super::{Room, freeze};
use crate::analysis::clv;
use crate::analysis::experiment;
use crate::analysis::funnel;
use crate::analysis::intake::{Intake, PastAccount};
use crate::analysis::rfm;
use crate::analysis::stages;
use crate::error::{Error, Kind, Result};
use crate::export::csv::quoted;
use crate::export::over_time;
use crate::gate::release;
use crate::id;
use crate::shard::desk::{Desk, Reply};
use crate::shard::history::{AbsorbPast, CutPast, FoundPast, ListPast, Listed, SealPast};
use crate::shard::load::{Block, Forget};
use crate::table::dates;
use crate::table::history::cut::{Label, PastCut, PastReading, TimeColumn};
use crate::table::history::moment::DAY;
use crate::table::history::{Dim, Measure, PastSchema, Source, TableSchema, money};
use crate::table::store::parcel::{Span, Tally};
use std::collections::{BTreeSet, VecDeque};

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// Recency, frequency, money.
    Rfm,
    /// Customer lifetime value.
    Clv,
    /// Stages and flow.
    Stages,
    /// Steps.
    Funnel,
    /// Arms.
    Experiment,
}

impl Topic {
    /// All, in the order help shows them.
    pub const ALL: &'static [Topic] =
        &[Topic::Rfm, Topic::Clv, Topic::Stages, Topic::Funnel, Topic::Experiment];
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Rfm => "rfm",
            Topic::Clv => "clv",
            Topic::Stages => "stages",
            Topic::Funnel => "funnel",
            Topic::Experiment => "experiment",
        }
    }
}

/// Files that were brought in.
#[derive(Default)]
pub struct Opened {
    /// What the tables hold.
    pub schema: PastSchema,
    /// Where the rows went.
    pub accounts: Vec<PastAccount>,
}

impl Opened {
    fn intake(&self) -> Intake {
        let as_of = dates::text(f64::from(self.schema.end_day()) - 1.0);
        Intake { as_of, people: self.schema.people, files: self.accounts.clone() }
    }
}

impl Room {
    /// Brings the files of a recipe in and makes the files of one analysis; with `people` also the list of everyone with
    /// what it found of them.
    pub async fn analyze(
        &mut self,
        recipe: PastRecipe,
        files: Vec<FileRef>,
        topic: Topic,
        people: bool,
    ) -> Result<Vec<Made>> {
        // What was counted elsewhere takes no file.
        let counted =
            topic == Topic::Funnel && recipe.funnel.steps.is_empty() && !recipe.funnel.counts.is_empty();
        let opened = if counted { Opened::default() } else { open(self, &recipe, &files).await? };
        let mut made = answer(&self.desk, &opened.schema, &recipe, topic).await?;
        if !counted {
            made.push(("rows.json".into(), over_time::rows_json(&release(opened.intake()))));
            if people {
                let list = everyone(&self.desk, &shown(&opened.schema, &recipe, topic)).await?;
                made.push((format!("{}-people.csv", topic.name()), list));
            }
        }
        Ok(made.into_iter().map(|(name, bytes)| keep(self, &name, bytes, 0)).collect())
    }
}

/// The files of one analysis.
async fn answer(
    desk: &Desk,
    schema: &PastSchema,
    recipe: &PastRecipe,
    topic: Topic,
) -> Result<over_time::Files> {
    Ok(match topic {
        Topic::Rfm => over_time::rfm(&release(rfm::rfm(desk, schema, &recipe.rfm).await?)),
        Topic::Clv => over_time::clv(&release(clv::clv(desk, schema, &recipe.clv).await?)),
        Topic::Stages => over_time::stages(&release(stages::stages(desk, schema, &recipe.stages).await?)),
        Topic::Funnel => over_time::funnel(&release(funnel::funnel(desk, schema, &recipe.funnel).await?)),
        Topic::Experiment => {
            let report = experiment::experiment(desk, schema, &recipe.experiment).await?;
            over_time::experiment(&release(report))
        }
    })
}

/// A column of the list of everyone: a measure, and how it is written.
struct Shown {
    measure: &'static str,
    header: &'static str,
    /// Words for its values; numbers if there are none.
    words: Vec<String>,
    decimals: u8,
}

/// What an analysis found of each person.
fn shown(schema: &PastSchema, recipe: &PastRecipe, topic: Topic) -> Vec<Shown> {
    let words = |measure, header, words: Vec<String>| Shown { measure, header, words, decimals: 0 };
    let number = |measure, header, decimals| Shown { measure, header, words: vec![], decimals };
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
    match topic {
        Topic::Rfm => {
            vec![words(rfm::GROUP, "group", recipe.rfm.names().into_iter().map(|(name, _)| name).collect())]
        }
        Topic::Clv => {
            let decimals = schema.table(Source::Orders).measures.first().map_or(0, |amount| amount.decimals);
            vec![
                number(clv::CLV, "value", decimals),
                number(clv::ALIVE, "alive", 4),
                words(clv::BAND, "band", named(&clv::BAND_NAMES)),
                words(clv::STATE, "lifecycle", named(&clv::STATES)),
            ]
        }
        Topic::Stages => {
            let outside = std::iter::once(String::new());
            let names = outside.chain(recipe.stages.rules().into_iter().map(|rule| rule.name));
            vec![words(stages::STAGE, "stage", names.collect())]
        }
        Topic::Funnel => vec![number(funnel::STEP, "last_step", 0)],
        Topic::Experiment => {
            let arms =
                schema.table(Source::Assign).dim("arm").map_or(vec![], |(_, dim)| dim.labels[1..].to_vec());
            vec![words(experiment::ARM, "arm", arms)]
        }
    }
}

impl Shown {
    fn write(&self, value: i32, out: &mut String) {
        match usize::try_from(value).ok().and_then(|at| self.words.get(at)) {
            Some(word) => quoted(word, out),
            None if self.words.is_empty() && (value >= 0 || self.decimals == 0) => {
                out.push_str(&money::text(i64::from(value), self.decimals));
            }
            None => {}
        }
    }
}

/// Everyone in the order of the files, with what was found of them: who stands behind a number can be taken on.
async fn everyone(desk: &Desk, columns: &[Shown]) -> Result<Vec<u8>> {
    let measures = columns.iter().map(|column| column.measure.to_string()).collect();
    let parts = desk.all(&ListPast { measures }).await?;
    let mut order: Vec<(u64, usize, usize)> = Vec::new();
    for (shard, part) in parts.iter().enumerate() {
        order.extend(part.first.iter().enumerate().map(|(at, first)| (*first, shard, at)));
    }
    order.sort_unstable();
    // An ID is found from the mark before it, so each list is turned into text once, in its own order.
    let ids: Vec<Vec<String>> = parts.iter().map(texts).collect();
    let header: Vec<&str> = std::iter::once("id").chain(columns.iter().map(|column| column.header)).collect();
    let mut out = header.join(",");
    for (_, shard, at) in order {
        out.push('\n');
        quoted(&ids[shard][at], &mut out);
        for (column, value) in columns.iter().zip(&parts[shard].values[at * columns.len()..]) {
            out.push(',');
            column.write(*value, &mut out);
        }
    }
    out.push('\n');
    Ok(out.into_bytes())
}

fn texts(part: &Listed) -> Vec<String> {
    let mut id = Vec::new();
    let text = |at| {
        id.clear();
        part.ids.get(at, &mut id);
        String::from_utf8_lossy(&id).into_owned()
    };
    (0..part.first.len()).map(text).collect()
}

/// A file that was looked at.
struct Looked<'a> {
    source: Source,
    recipe: &'a RowsRecipe,
    seen: Seen,
}

/// Brings all files in.
pub async fn open(room: &mut Room, recipe: &PastRecipe, files: &[FileRef]) -> Result<Opened> {
    let desk = room.desk.clone();
    let mut sources = Vec::new();
    for (source, rows) in recipe.files() {
        let missing = || Error::new(Kind::FileMissing).file(&rows.file);
        let file = files.iter().find(|file| file.name == rows.file).ok_or_else(missing)?;
        let overrule = Overrule {
            encoding: rows.encoding,
            delimiter: rows.delimiter.clone(),
            header: rows.header,
            missing: rows.missing.clone(),
        };
        sources.push(Looked { source, recipe: rows, seen: inspect::inspect(&desk, file, &overrule).await? });
    }
    if sources.is_empty() {
        return Err(Error::new(Kind::TableMissing).file("room.toml").column("events, orders"));
    }
    let mut schema =
        PastSchema { tables: Source::ALL.map(|source| table(source, &sources)), ..Default::default() };
    let readings = readings(room, recipe, &sources, &schema)?;
    memory(room, &sources, &schema)?;
    if room.open.is_none() {
        desk.all(&Forget).await?;
    }
    let mut accounts = Vec::new();
    for (file, (source, reading)) in (0..).zip(sources.iter().zip(&readings)) {
        let named = |e: Error| if e.at.file.is_none() { e.file(&source.recipe.file) } else { e };
        let brought = bring(&desk, reading, &source.seen, file).await.map_err(named)?;
        accounts.push(account(source, reading, &brought, recipe)?);
    }
    seal(&desk, recipe, &mut schema).await?;
    Ok(Opened { schema, accounts })
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

/// How the files are read: what the recipe says, held against what they hold.
fn readings(
    room: &Room,
    recipe: &PastRecipe,
    sources: &[Looked],
    schema: &PastSchema,
) -> Result<Vec<PastReading>> {
    let mut space = sources[0].recipe.id();
    for source in &sources[1..] {
        space = id::space(space, source.recipe.id()).map_err(|e| e.file(&source.recipe.file))?;
    }
    if let Some(open) = &room.open {
        space = open.space;
    }
    let room_zone = match offset(&recipe.time.zone, "time.zone")? {
        Some(zone) => Some(zone),
        None => offset(&sources.iter().find_map(|source| source.recipe.zone.clone()), "zone")?,
    };
    let until = match &recipe.time.as_of {
        Some(text) => {
            let refuse = || Error::new(Kind::OutOfRange).file("room.toml").column("time.as_of");
            let day = freeze::day(text).filter(|day| (0.0..40_000.0).contains(day)).ok_or_else(refuse)?;
            Some(day as u32 * DAY)
        }
        None => None,
    };
    let numbered = |of: &Looked| sources.iter().any(|s| s.source == of.source && s.recipe.order.is_some());
    sources.iter().map(|s| reading(s, schema, space, room_zone, until, numbered(s))).collect()
}

impl RowsRecipe {
    fn id(&self) -> id::Recipe {
        id::Recipe::new(self.kind, self.digest)
    }
}

fn reading(
    of: &Looked,
    schema: &PastSchema,
    space: id::Recipe,
    room_zone: Option<i32>,
    until: Option<u32>,
    numbered: bool,
) -> Result<PastReading> {
    let (recipe, found) = (of.recipe, &of.seen.inspection.columns);
    let refuse = |kind: Kind, column: &str| Error::new(kind).file(&recipe.file).column(column);
    let place = |name: &str| {
        found.iter().position(|c| c.name == name).ok_or_else(|| refuse(Kind::ColumnMissing, name))
    };
    let id = match &recipe.id {
        ColumnRef::Name(name) => place(name)?,
        ColumnRef::Number(n) => (*n as usize)
            .checked_sub(1)
            .filter(|at| *at < found.len())
            .ok_or_else(|| refuse(Kind::ColumnMissing, &n.to_string()))?,
    };
    let table = schema.table(of.source);
    let zone = offset(&recipe.zone, "zone").map_err(|e| e.file(&recipe.file))?.or(room_zone);
    let time = match &recipe.time {
        Some(name) => Some(TimeColumn {
            at: place(name)?,
            name: name.clone(),
            format: recipe.format,
            wall: room_zone.unwrap_or(0) - zone.unwrap_or(0),
            world: room_zone.unwrap_or(0),
        }),
        None if of.source == Source::Assign => None,
        None => return Err(refuse(Kind::ColumnMissing, "time")),
    };
    let labels = recipe.labels();
    let mut dims = Vec::new();
    for dim in &table.dims {
        dims.push(match labels.iter().find(|(name, _)| *name == dim.name) {
            Some((_, column)) => Label::Column(place(column)?),
            None if dim.name == "event" => Label::Word(recipe.name.clone().unwrap_or_default()),
            None => Label::Nothing,
        });
    }
    if of.source == Source::Events && dims.first() == Some(&Label::Word(String::new())) {
        return Err(refuse(Kind::TableMissing, "event"));
    }
    let numbers = recipe.measures();
    let mut measures = Vec::new();
    for measure in &table.measures {
        let said = numbers.iter().find(|(name, ..)| *name == measure.name);
        measures.push(match said {
            // Two files of one table in different units would be added up as if they were one.
            Some((.., decimals)) if *decimals != measure.decimals || *decimals > 6 => {
                return Err(refuse(Kind::OutOfRange, "decimals"));
            }
            Some((name, column, decimals)) => Some((place(column)?, (*name).to_string(), *decimals)),
            None => None,
        });
    }
    let status = match &recipe.status {
        Some(name) => Some((place(name)?, [recipe.refunds.clone(), recipe.cancelled.clone()])),
        None => None,
    };
    Ok(PastReading {
        source: of.source,
        dialect: of.seen.layout.dialect.clone(),
        width: found.len(),
        missing: of.seen.layout.missing.clone(),
        id: (id, found[id].name.clone()),
        recipe: recipe.id(),
        space,
        time,
        until: until.map(|day| day + DAY),
        dims,
        measures,
        numbered,
        order: recipe.order.as_deref().map(place).transpose()?,
        status,
    })
}

/// Bytes a row takes while it is sorted: time, person, place, order number and its place, a code and its narrow form per
/// column, a number twice.
const ROW: u64 = 4 + 4 + 4 + 12 + 1;

/// Refuses files that would not fit.
fn memory(room: &Room, sources: &[Looked], schema: &PastSchema) -> Result<()> {
    let bytes = |source: &Looked| {
        let table = schema.table(source.source);
        let row = ROW + 8 * table.dims.len() as u64 + 16 * table.measures.len() as u64;
        source.seen.inspection.rows * row
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
    zones: [u64; 2],
    ambiguous: u64,
}

impl Brought {
    fn take(&mut self, cut: &mut PastCut) {
        self.tally.merge(std::mem::take(&mut cut.tally));
        let least = |a: u64, b: u64| if a == 0 || (b > 0 && b < a) { b } else { a };
        self.zones = [0, 1].map(|at| least(self.zones[at], cut.zones[at]));
        self.ambiguous = least(self.ambiguous, cut.ambiguous);
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
    let column = reading.time.as_ref().map_or("", |time| time.name.as_str());
    let refuse = |kind: Kind, row: u64| Error::new(kind).file(file).row(row).column(column);
    if brought.ambiguous > 0 {
        return Err(refuse(Kind::DateAmbiguous, brought.ambiguous));
    }
    let zoned = recipe.time.zone.is_some() || of.recipe.zone.is_some();
    // Times with a zone need one for their days; bare ones beside them need one of their own.
    if brought.zones[1] > 0 && !zoned {
        return Err(refuse(Kind::ZoneUnclear, brought.zones[1]));
    }
    let left: u64 = tally.reasons.values().map(|(count, _)| count).sum();
    let reasons = tally.problems(false);
    if left == tally.rows {
        let first = reasons.first();
        let why = first.map_or("no-rows", |p| p.code.as_str());
        let row = first.and_then(|p| p.first_row).unwrap_or(1);
        return Err(Error::new(Kind::RowsUnusable).file(file).row(row).column(why));
    }
    Ok(PastAccount {
        file: file.clone(),
        table: of.source.name(),
        rows: tally.rows,
        kept: tally.rows - left,
        reasons,
        notes: tally.problems(true),
    })
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

/// Agrees on the labels of all shards, and seals.
async fn seal(desk: &Desk, recipe: &PastRecipe, schema: &mut PastSchema) -> Result<()> {
    desk.progress("seal", 0, 0, "rows");
    let mut last = 0;
    let mut words: [Vec<BTreeSet<String>>; 3] =
        Source::ALL.map(|source| vec![BTreeSet::from([String::new()]); schema.table(source).dims.len()]);
    for held in desk.all(&FoundPast).await? {
        last = last.max(held.last.unwrap_or(0));
        for ((table, columns), (to, rows)) in
            words.iter_mut().zip(held.labels).zip(schema.tables.iter_mut().zip(held.rows))
        {
            table.iter_mut().zip(columns).for_each(|(all, labels)| all.extend(labels));
            to.rows += rows;
        }
    }
    let labels =
        words.map(|table| table.into_iter().map(|l| l.into_iter().collect()).collect::<Vec<Vec<String>>>());
    for (table, columns) in schema.tables.iter_mut().zip(&labels) {
        table.dims.iter_mut().zip(columns).for_each(|(dim, labels)| dim.labels.clone_from(labels));
    }
    schema.people = desk.all(&SealPast { labels }).await?.iter().sum();
    let day = recipe.time.as_of.as_deref().and_then(freeze::day).map_or(last / DAY, |day| day as u32);
    schema.end = (day + 1) * DAY;
    Ok(())
}
