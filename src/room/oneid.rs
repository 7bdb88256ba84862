//! ID maps and consent: what the recipe says of them, checked against what the files hold; the desk's part of making people
//! of IDs, before the first row of the two files is cut.

use super::call::FileRef;
use super::inspect::{self, Seen, Text, range};
use super::recipe::{ConsentRecipe, FileRecipe, IdColumn, IdMapRecipe, Recipe};
use super::types::{Types, bare};
use super::{Room, freeze};
use crate::error::{Error, Kind, Result};
use crate::id::{self, Key};
use crate::num::{Order, mapped};
use crate::oneid::{
    CELL, Conflict, ConsentReading, Edge, FoundIds, Joined, Learn, MapAccount, MapColumn, MapReading, OneId,
    ReadIds, Rules, What, join,
};
use crate::shard::desk::Desk;
use crate::shard::load::Block;
use crate::table::inspection::ColumnFound;
use crate::table::store::parcel::{Span, Tally};
use std::collections::BTreeMap;

/// How the two files are read so that their people can be told.
pub struct Known {
    /// Where the IDs of each file are compared.
    pub spaces: [id::Recipe; 2],
    /// What tells the keys of the first-party file's type from those of the tag file's.
    pub mask: Key,
    /// Types of IDs.
    pub types: Types,
    /// Files beside the two.
    pub files: Vec<FileRef>,
    /// What the maps gave.
    pub report: Option<OneId>,
}

/// A file beside the two, and what was found in it.
pub struct Beside<R> {
    /// What the recipe says of it.
    pub recipe: R,
    /// What it holds.
    pub seen: Seen,
}

/// Reads what stands beside the two files, and tells every shard.
pub async fn learn(room: &mut Room, recipe: &mut Recipe, ours: &Seen, theirs: &Seen) -> Result<Known> {
    let mut maps = Vec::new();
    for map in &mut recipe.idmap {
        let seen = look(room, &map.file).await?;
        settle_map(map, &seen.inspection.columns)?;
        maps.push(Beside { recipe: map.clone(), seen });
    }
    let mut consent = None;
    if let Some(plan) = &mut recipe.consent {
        let seen = look(room, &plan.file).await?;
        settle_consent(plan, &seen.inspection.columns, recipe.first_party.id_recipe())?;
        consent = Some(Beside { recipe: plan.clone(), seen });
    }
    // A column of the first-party file is a list, too, for rows over time; its own rows ask their column.
    let own = recipe.first_party.consent.clone().filter(|_| consent.is_none()).and_then(|column| {
        let id = recipe.first_party.id.place(&ours.inspection.columns)?;
        let FileRecipe { file, kind, digest, .. } = recipe.first_party.clone();
        let id = Some(ours.inspection.columns[id].name.clone());
        let (kind, digest, consent) = (Some(kind), Some(digest), Some(column));
        let recipe = ConsentRecipe { file, id, kind, digest, consent, until: None, as_of: None };
        Some(Beside { recipe, seen: ours.clone() })
    });
    let types = Types::of(recipe, &maps, [ours, theirs])?;
    memory(room, &maps, consent.as_ref(), [ours, theirs])?;
    let mut known = Known {
        spaces: [0, 1].map(|side| types.spaces[types.files[side]]),
        mask: types.mask(types.files[0]),
        files: maps.iter().map(|m| m.seen.file.clone()).collect(),
        report: None,
        types,
    };
    let desk = room.desk.clone();
    if !maps.is_empty() {
        let (pairs, report) = people(&desk, recipe, &maps, &known.types).await?;
        tell(&desk, &pairs, 2, |part| Learn { pairs: part, agreed: vec![] }).await?;
        known.report = Some(report);
    }
    if let Some(consent) = consent.as_ref().or(own.as_ref()) {
        let agreed = agreed(&desk, consent, &known.types).await?;
        tell(&desk, &agreed, 1, |part| Learn { pairs: vec![], agreed: part }).await?;
    }
    known.files.extend(consent.map(|consent| consent.seen.file));
    Ok(known)
}

/// Keys per message.
const STRETCH: usize = 1 << 16;

async fn tell(desk: &Desk, keys: &[Key], step: usize, say: impl Fn(Vec<Key>) -> Learn) -> Result<()> {
    for part in keys.chunks(STRETCH * step) {
        desk.all(&say(part.to_vec())).await?;
    }
    Ok(())
}

async fn look(room: &mut Room, name: &str) -> Result<Seen> {
    let missing = || Error::new(Kind::FileMissing).file(name);
    let file = room.beside.iter().find(|file| file.name == *name).cloned().ok_or_else(missing)?;
    if let Some(seen) = room.seen.get(&file.index).filter(|seen| seen.file == file) {
        return Ok(seen.clone());
    }
    let seen = inspect::inspect(&room.desk, &file, &Default::default()).await?;
    room.seen.insert(file.index, seen.clone());
    Ok(seen)
}

/// A map of which only the file is named: every column that looks like an ID is one.
fn settle_map(map: &mut IdMapRecipe, found: &[ColumnFound]) -> Result<()> {
    let refuse = |kind: Kind, column: &str| Error::new(kind).file(&map.file).column(column);
    if map.columns.is_empty() {
        map.confidence = map.confidence.take().or(named(found, &["confidence", "置信度"]));
        map.source = map.source.take().or(named(found, &["source", "来源"]));
        let other = |c: &&ColumnFound| {
            ![&map.confidence, &map.source, &map.seen].iter().any(|n| n.as_ref() == Some(&c.name))
        };
        let ids = found.iter().filter(other).filter_map(|c| Some((c.name.clone(), c.id.as_ref()?.recipe)));
        let column = |is: id::Recipe| IdColumn { kind: is.kind, digest: is.digest, id_type: None };
        map.columns = mapped(ids.map(|(name, is)| (name, column(is))));
    }
    let others = [&map.confidence, &map.source, &map.seen];
    for name in map.columns.keys().chain(others.into_iter().flatten()) {
        if !found.iter().any(|c| c.name == *name) {
            return Err(refuse(Kind::ColumnMissing, name));
        }
    }
    if map.columns.len() < 2 {
        return Err(Error::new(Kind::MapColumns).file(&map.file));
    }
    Ok(())
}

fn named(found: &[ColumnFound], names: &[&str]) -> Option<String> {
    let name = |c: &&ColumnFound| names.contains(&bare(&c.name).as_str());
    found.iter().find(name).map(|c| c.name.clone())
}

/// A consent file of which only the name is known: its ID, and the one column that says yes or no.
fn settle_consent(plan: &mut ConsentRecipe, found: &[ColumnFound], ours: id::Recipe) -> Result<()> {
    let refuse = |column: &str| Error::new(Kind::ConsentColumns).file(&plan.file).column(column);
    let guess = |c: &&ColumnFound| c.id.as_ref().is_some_and(|g| g.recipe.kind == ours.kind);
    let any = |c: &&ColumnFound| c.id.is_some() || found.len() == 1;
    let id = match &plan.id {
        Some(name) => found.iter().find(|c| c.name == *name),
        None => found.iter().find(guess).or(found.iter().find(any)),
    };
    let id = id.ok_or_else(|| refuse("id"))?;
    let is = id.id.as_ref().map_or(ours, |g| g.recipe);
    let says = ["consent", "agreed", "授权", "同意", "是否授权", "是否同意"];
    let said = plan.consent.clone().or(named(found, &says));
    if said.is_none() && found.len() > 1 {
        return Err(refuse("consent"));
    }
    for name in [&said, &plan.until].into_iter().flatten() {
        if *name == id.name || !found.iter().any(|c| c.name == *name) {
            return Err(refuse(name));
        }
    }
    if plan.until.is_some() != plan.as_of.as_deref().and_then(freeze::day).is_some() {
        return Err(refuse("as_of"));
    }
    (plan.id, plan.consent) = (Some(id.name.clone()), said);
    plan.kind = plan.kind.or(Some(is.kind));
    plan.digest = plan.digest.or(Some(is.digest));
    Ok(())
}

/// Refuses maps that would not fit beside the two files.
fn memory(
    room: &Room,
    maps: &[Beside<IdMapRecipe>],
    consent: Option<&Beside<ConsentRecipe>>,
    files: [&Seen; 2],
) -> Result<()> {
    let shards = room.desk.shards as u64;
    let cells = |m: &Beside<IdMapRecipe>| m.seen.inspection.rows * m.recipe.columns.len() as u64;
    let maps_need = maps.iter().map(cells).sum::<u64>() * (CELL.0 + CELL.1 * shards);
    let consent_needs = consent.map_or(0, |c| c.seen.inspection.rows * 16 * (1 + shards));
    let need = maps_need + consent_needs + files.iter().map(|f| f.inspection.memory).sum::<u64>();
    let blamed = maps.first().map(|m| &m.seen).or(consent.map(|c| &c.seen));
    match blamed {
        Some(seen) if need > room.limit => {
            Err(Error::new(Kind::MemoryLimit).file(&seen.file.name).column(format!("{} MiB", need >> 20)))
        }
        _ => Ok(()),
    }
}

/// Reads a file slice by slice, side by side where it can be.
async fn pass(
    desk: &Desk,
    seen: &Seen,
    what: &What,
    take: &mut dyn FnMut(FoundIds) -> Result<()>,
) -> Result<()> {
    let (file, dialect) = (&seen.file, &seen.layout.dialect);
    let ask = |span: Span, text: Option<Block>| ReadIds {
        what: what.clone(),
        dialect: dialect.clone(),
        width: seen.inspection.columns.len(),
        missing: seen.layout.missing.clone(),
        span,
        text,
    };
    if seen.plain() {
        let mut asked = std::collections::VecDeque::new();
        let mut pairs = seen.borders.windows(2).filter(|b| b[0].0 < b[1].0).enumerate();
        loop {
            while asked.len() < 2 * desk.shards
                && let Some((slice, borders)) = pairs.next()
            {
                let ((from, first_row), to) = (borders[0], borders[1].0);
                let span = Span { first_row, end: (to - from) as usize, last: to == file.size };
                asked.push_back(desk.ask(slice % desk.shards, &ask(span, None), Some(range(file, from, to))));
            }
            let Some(reply) = asked.pop_front() else { return Ok(()) };
            take(reply.await?)?;
        }
    }
    let mut text = Text::new(file, dialect.container, dialect.encoding);
    let (mut first_row, mut slice) = (1, 0);
    while let Some((chunk, last)) = text.next(desk).await? {
        let span = Span { first_row, end: chunk.len(), last };
        let found = desk.ask(slice % desk.shards, &ask(span, Some(Block(chunk.clone()))), None).await?;
        (first_row, slice) = (found.next_row, slice + 1);
        text.keep(&chunk[found.read..]);
        take(found)?;
    }
    Ok(())
}

/// What the maps say, and the pairs every shard has to know.
async fn people(
    desk: &Desk,
    recipe: &Recipe,
    maps: &[Beside<IdMapRecipe>],
    types: &Types,
) -> Result<(Vec<Key>, OneId)> {
    let mut readings = Vec::new();
    for map in maps {
        readings.push(reading(recipe, map, types)?);
    }
    let (mut edges, mut sources, mut report) = (Vec::new(), Sources::default(), OneId::default());
    for (map, reading) in maps.iter().zip(&readings) {
        let mut tally = Tally::default();
        let file = &map.seen.file.name;
        desk.progress("one-id", 0, 0, "rows");
        pass(desk, &map.seen, &What::Map(reading.clone()), &mut |mut found| {
            sources.name(&mut found, file)?;
            edges.try_reserve(found.edges.len()).map_err(|_| Error::new(Kind::MemoryLimit))?;
            edges.append(&mut found.edges);
            tally.merge(found.tally);
            Ok(())
        })
        .await
        .map_err(|e| if e.at.file.is_none() { e.file(file) } else { e })?;
        let (reasons, notes) = (tally.problems(false), tally.problems(true));
        report.files.push(MapAccount { file: file.clone(), rows: tally.rows, reasons, notes });
    }
    let names = sources.sort(&mut edges);
    desk.breathe().await?;
    let strict = |name: &str| types.at(name).filter(|_| recipe.oneid.one_phone);
    let rules = Rules {
        cap: recipe.oneid.cap,
        phone: strict("phone"),
        union: strict("unionid"),
        // Of all types: rows over time may be of one that neither file has.
        used: (0..types.names.len() as u8).collect(),
    };
    let joined = join(edges, &rules);
    report.tell(&joined, types, &names);
    report.conflicts = conflicts(desk, &joined, maps, readings, types, &names).await?;
    Ok((joined.pairs, report))
}

impl OneId {
    fn tell(&mut self, joined: &Joined, types: &Types, names: &[String]) {
        let count = |(name, n): (&String, &u64)| (*n > 0).then(|| (name.clone(), *n));
        self.types = mapped(types.names.iter().zip(&joined.types).filter_map(count));
        self.ids = joined.types.iter().sum();
        self.people = joined.sizes.iter().sum();
        self.sizes = joined.sizes.iter().skip(1).copied().collect();
        self.pairs = joined.edges;
        self.joined = joined.sources.iter().map(|s| s[1]).sum();
        let rules = crate::oneid::RULES.iter().zip(joined.counts);
        self.refused = mapped(rules.map(|(rule, n)| ((*rule).to_string(), n)));
        self.sources = mapped(names.iter().cloned().zip(joined.sources.iter().copied()));
    }
}

fn reading(recipe: &Recipe, map: &Beside<IdMapRecipe>, types: &Types) -> Result<MapReading> {
    let found = &map.seen.inspection.columns;
    let at = |name: &String| found.iter().position(|c| c.name == *name);
    let mut columns: Vec<MapColumn> = map
        .recipe
        .columns
        .iter()
        .filter_map(|(name, column)| {
            let of = types.at(&column.type_of(name))?;
            Some(types.column(at(name)?, name, usize::from(of), column.id_recipe()))
        })
        .collect();
    columns.order_by_key(|c| (c.of, c.at));
    let place = |name: &Option<String>| name.as_ref().and_then(at);
    let no_day = || Error::new(Kind::OutOfRange).file("room.toml").column("oneid.since");
    let since = recipe.oneid.since.as_deref().map(|text| freeze::day(text).ok_or_else(no_day));
    Ok(MapReading {
        columns,
        confidence: place(&map.recipe.confidence),
        source: place(&map.recipe.source),
        seen: place(&map.recipe.seen),
        least: (recipe.oneid.least_confidence * 1e6).round() as u32,
        since: since.transpose()?.filter(|_| map.recipe.seen.is_some()).map(|day| day.max(0.0) as u32),
        wanted: vec![],
    })
}

/// Names of sources over all slices.
#[derive(Default)]
struct Sources {
    names: BTreeMap<String, u16>,
}

impl Sources {
    /// Renumbers a slice's edges; a map without a column of sources is its own.
    fn name(&mut self, found: &mut FoundIds, file: &str) -> Result<()> {
        let own = [file.to_string()];
        let local = if found.sources.is_empty() { &own[..] } else { &found.sources };
        let mut ours = Vec::with_capacity(local.len());
        for name in local {
            let next = self.names.len();
            let many = || Error::new(Kind::TooManyValues).column("source");
            let next = u16::try_from(next).map_err(|_| many())?;
            ours.push(*self.names.entry(name.clone()).or_insert(next));
        }
        found.edges.iter_mut().for_each(|e| e.source = ours[usize::from(e.source).min(ours.len() - 1)]);
        Ok(())
    }
    /// Numbers by name: the order in which they were met says nothing.
    fn sort(self, edges: &mut [Edge]) -> Vec<String> {
        let mut place = vec![0u16; self.names.len()];
        self.names.values().zip(0..).for_each(|(&met, at)| place[usize::from(met)] = at);
        edges.iter_mut().for_each(|e| e.source = place[usize::from(e.source)]);
        self.names.into_keys().collect()
    }
}

/// The refused pairs with their IDs masked: the maps are read once more for them.
async fn conflicts(
    desk: &Desk,
    joined: &Joined,
    maps: &[Beside<IdMapRecipe>],
    readings: Vec<MapReading>,
    types: &Types,
    names: &[String],
) -> Result<Vec<Conflict>> {
    let ends = joined.refused.iter().flat_map(|(_, edge)| edge.ends());
    let mut wanted: Vec<Key> = ends.map(|end| end.1).collect();
    wanted.order();
    wanted.dedup();
    let mut masks: BTreeMap<[u8; 16], String> = BTreeMap::new();
    for (map, reading) in maps.iter().zip(readings).filter(|_| !wanted.is_empty()) {
        let what = What::Map(MapReading { wanted: wanted.clone(), ..reading });
        pass(desk, &map.seen, &what, &mut |found| {
            for (key, mask) in found.masks {
                let kept = masks.entry(key).or_insert_with(|| mask.clone());
                *kept = mask.min(kept.clone());
            }
            Ok(())
        })
        .await?;
    }
    let id = |(of, key): (u8, Key)| {
        (types.names[usize::from(of)].clone(), masks.get(&key.0).cloned().unwrap_or_default())
    };
    let conflict = |(rule, edge): &(&'static str, Edge)| Conflict {
        rule,
        ids: edge.ends().map(id),
        confidence: f64::from(edge.confidence) / 1e6,
        source: names[usize::from(edge.source)].clone(),
    };
    Ok(joined.refused.iter().map(conflict).collect())
}

/// Sorted keys of those who agreed. A row that says no outweighs any that says yes.
async fn agreed(desk: &Desk, consent: &Beside<ConsentRecipe>, types: &Types) -> Result<Vec<Key>> {
    let (plan, found) = (&consent.recipe, &consent.seen.inspection.columns);
    let place = |name: &Option<String>| found.iter().position(|c| Some(&c.name) == name.as_ref());
    let until = place(&plan.until).zip(plan.as_of.as_deref().and_then(freeze::day));
    let at = place(&plan.id).unwrap_or_default();
    let id = types.column(at, "", types.files[0], plan.id_recipe());
    let what = What::Consent(ConsentReading { id, consent: place(&plan.consent), until });
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    pass(desk, &consent.seen, &what, &mut |mut found| {
        yes.append(&mut found.yes);
        no.append(&mut found.no);
        Ok(())
    })
    .await
    .map_err(|e| if e.at.file.is_none() { e.file(&plan.file) } else { e })?;
    no.sort_unstable();
    yes.sort_unstable();
    yes.dedup();
    yes.retain(|key| no.binary_search(key).is_err());
    Ok(yes)
}
