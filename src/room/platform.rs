//! A crowd as an ad platform takes it: which platforms are possible with what is held, and the files for one of them.

use super::call::{FileRef, Made};
use super::files::{Named, file_name, keep, keep_of, masked, need, need_lookalike, table};
use super::inspect::range;
use super::recipe::FileRecipe;
use super::{Opened, Room, SLICE};
use crate::analysis::lookalike::SCORE;
use crate::audience::{Expr, LOTS};
use crate::error::{Error, Kind, Result};
use crate::export::platform::{self, Form, List, Pack, form, header};
use crate::gate::release;
use crate::id::{self, Digest, Platform, Recipe, Text, Writer};
use crate::json;
use crate::shard::desk::Desk;
use crate::shard::listing::{Cell, Listing, Order};
use crate::shard::load::Head;
use crate::table::store::Which;
use serde::{Deserialize, Serialize};

/// What a file does to the audience there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Adds those who were not in the earlier export.
    Add,
    /// Takes away those of the earlier export who are in the crowd no more.
    Delete,
    /// Replaces everyone, or is the first export.
    #[default]
    Reset,
}

/// Which crowd goes to which platform, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct ExportPlan {
    /// To whom.
    pub platform: Platform,
    /// Under which digest; the first that is possible if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub digest: Option<Digest>,
    /// How digests are written; as the platform usually takes them if nothing is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub text: Option<Text>,
    /// Who; all tiers of the lookalike if nobody is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub of: Option<Expr>,
    /// Only this tier, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub tier: Option<u32>,
    /// Name of the files; the platform's if none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
    /// Held back and not sent at all, in per cent, so that the effect can be measured: `holdout.csv`.
    #[serde(default = "five")]
    pub holdout: f64,
    /// Seed of the draw.
    #[serde(default = "seven")]
    pub seed: u32,
    /// What the files do there.
    #[serde(default)]
    pub what: Operation,
    /// Files of the earlier export, beside the recipe.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<String>>", optional))]
    pub earlier: Vec<String>,
    /// By whose rule the tag file's IDs were written before they were hashed; as Atoll compares them if nobody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub hashed_by: Option<Platform>,
}

const fn five() -> f64 {
    5.0
}
const fn seven() -> u32 {
    7
}

/// One way to write IDs for a platform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Way {
    /// Under which digest.
    pub digest: Digest,
    /// Kind of the ID.
    pub kind: id::Kind,
    /// Whether only people of the brand's own file have such an ID: the tag file's are hashed in another way.
    pub own: bool,
    /// Whether the platform's documents leave nothing open about the IDs and the file.
    pub sure: bool,
}

/// What a platform could get. Nought is "no limit published".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Offer {
    /// To whom.
    pub platform: Platform,
    /// Its name in English.
    pub english: String,
    /// Its name in Chinese.
    pub chinese: String,
    /// Version of the recipe for its IDs.
    pub version: u8,
    /// What is possible, the usual way first.
    pub ways: Vec<Way>,
    /// Why nothing is: the code of a refusal.
    pub why: Option<String>,
    /// How digests can be written.
    pub texts: Vec<Text>,
    /// Whether it takes an archive.
    pub zip: bool,
    /// Fewest IDs of one file.
    #[cfg_attr(test, ts(type = "number"))]
    pub floor: u64,
    /// Fewest IDs that are of use there.
    #[cfg_attr(test, ts(type = "number"))]
    pub advised: u64,
    /// Most IDs of one file.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Most bytes of one file.
    #[cfg_attr(test, ts(type = "number"))]
    pub bytes: u64,
    /// Most files.
    #[cfg_attr(test, ts(type = "number"))]
    pub files: u64,
}

/// What was written: `crowd = held + without + twice + list`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ExportReport {
    /// The recipe for the IDs, with its version: `tencent@1`.
    pub recipe: String,
    /// How they were written.
    pub way: Way,
    /// How digests were written.
    pub text: Text,
    /// What the files do there.
    pub what: Operation,
    /// People of the crowd.
    #[cfg_attr(test, ts(type = "number"))]
    pub crowd: u64,
    /// Held back.
    #[cfg_attr(test, ts(type = "number"))]
    pub held: u64,
    /// Without an ID of this form.
    #[cfg_attr(test, ts(type = "number"))]
    pub without: u64,
    /// With an ID that is another's as well.
    #[cfg_attr(test, ts(type = "number"))]
    pub twice: u64,
    /// Everyone else: what the audience is after all files are there.
    #[cfg_attr(test, ts(type = "number"))]
    pub list: u64,
    /// IDs of the earlier export.
    #[cfg_attr(test, ts(type = "number"))]
    pub earlier: u64,
    /// IDs in the files.
    #[cfg_attr(test, ts(type = "number"))]
    pub written: u64,
    /// Whether that is fewer than the platform advises.
    pub few: bool,
}

/// An export: what it is, and its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Exported {
    /// What was written.
    pub report: ExportReport,
    /// The files, `holdout.csv` and `export.json` last.
    pub files: Vec<Made>,
}

/// The ID columns of both files, hashed ones with the kind they are compared as.
fn columns(opened: &Opened) -> [(Which, Recipe); 2] {
    let of = |file: &FileRecipe, space: Recipe| {
        let column = file.id_recipe();
        let kind = if column.digest == Digest::None { column.kind } else { space.kind };
        Recipe { kind, ..column }
    };
    let (recipe, [ours, tags]) = (&opened.recipe, opened.spaces);
    [(Which::Tags, of(&recipe.tags, tags)), (Which::FirstParty, of(&recipe.first_party, ours))]
}

/// Whether the brand's IDs can be written where the tag file's cannot: they are raw, and those are hashed.
pub(super) fn rewrites(ours: Recipe, tags: Recipe) -> bool {
    ours.rehashes() && tags.digest != Digest::None
}

/// Which file's IDs can be written for a platform: the tag file's if they can, else the brand's raw ones.
fn source(
    columns: [(Which, Recipe); 2],
    platform: Platform,
    by: Option<Platform>,
    digest: Option<Digest>,
) -> Result<(Which, Writer)> {
    let [tags, ours] = columns;
    let held = rewrites(ours.1, tags.1);
    let by = by.unwrap_or(Platform::Generic);
    let mut why = Kind::PlatformKind;
    for ((which, column), by) in
        [(tags, by), (ours, Platform::Generic)].into_iter().take(1 + usize::from(held))
    {
        let usual = platform.rule(column.kind).map_or(&[][..], |rule| rule.digests);
        let asked = digest.as_ref().map_or(usual, std::slice::from_ref);
        for &digest in asked {
            match platform.takes(column, by, digest).and_then(|()| header(platform, column.kind, digest)) {
                Ok(_) => {
                    let text = platform.dialect().texts[0];
                    return Ok((which, Writer { platform, column, digest, text }));
                }
                Err(refusal) => why = refusal,
            }
        }
    }
    Err(Error::new(why).column(platform.code()))
}

fn way((which, writer): (Which, Writer)) -> Way {
    let Writer { platform, column, digest, .. } = writer;
    let sure = platform.rule(column.kind).is_some_and(|rule| rule.sure) && form(platform).sure;
    Way { digest, kind: column.kind, own: which == Which::FirstParty, sure }
}

/// What every platform could get from the two files.
pub fn offers(room: &Room) -> Result<Vec<Offer>> {
    let columns = columns(room.opened()?);
    Ok(Platform::ALL.into_iter().map(|platform| offer(platform, columns)).collect())
}

fn offer(platform: Platform, columns: [(Which, Recipe); 2]) -> Offer {
    let usual = source(columns, platform, None, None);
    let first = usual.as_ref().ok().map(|(_, writer)| writer.digest);
    let digests = first.into_iter().chain(Digest::ALL.into_iter().filter(|digest| Some(*digest) != first));
    let ways =
        digests.filter_map(|digest| source(columns, platform, None, Some(digest)).ok()).map(way).collect();
    let (dialect, Form { pack, rows, bytes, files, floor, advised, .. }) =
        (platform.dialect(), form(platform));
    Offer {
        platform,
        english: dialect.name[0].into(),
        chinese: dialect.name[1].into(),
        version: dialect.version,
        ways,
        why: usual.err().map(|e| e.code().into()),
        texts: dialect.texts.into(),
        zip: matches!(pack, Pack::Zip | Pack::Messages),
        floor,
        advised,
        rows,
        bytes,
        files,
    }
}

impl ExportPlan {
    /// Refuses settings out of range, by name.
    pub(super) fn check(&self) -> Result<()> {
        let ranges = [
            ("export.holdout", (0.0..=50.0).contains(&self.holdout)),
            ("export.tier", self.tier != Some(0)),
            ("export.text", self.text.is_none_or(|text| self.platform.dialect().texts.contains(&text))),
        ];
        match ranges.iter().find(|(_, fine)| !fine) {
            Some((name, _)) => Err(Error::new(Kind::OutOfRange).column(*name)),
            None => Ok(()),
        }
    }
}

impl ExportPlan {
    /// Whether scores have a say: then the best come first, with their tiers. Else the files are those of any room with
    /// these two tables, whatever was computed there.
    fn scored(&self) -> bool {
        self.tier.is_some() || self.of.as_ref().is_none_or(|of| of.uses(SCORE))
    }
}

/// The crowd of a plan, and the tiers it may have.
async fn crowd(room: &mut Room, plan: &ExportPlan) -> Result<(Expr, Vec<Expr>)> {
    if let Some(of) = &plan.of {
        need(room, &[of]).await?;
    }
    if !plan.scored() {
        return Ok((plan.of.clone().unwrap_or(Expr::Everyone), vec![]));
    }
    let report = need_lookalike(room).await?.known_lookalike()?.get();
    let tiers: Vec<Expr> = report.tiers.iter().map(|tier| tier.crowd.clone()).collect();
    let all = plan.of.clone().unwrap_or(Expr::Or { of: tiers.clone() });
    let Some(tier) = plan.tier else { return Ok((all, tiers)) };
    let of = tiers.get(tier as usize - 1).ok_or(Error::new(Kind::OutOfRange).column("export.tier"))?.clone();
    Ok((if plan.of.is_some() { all.and(of) } else { of }, tiers))
}

/// Makes the files of a plan, which joins the recipe.
pub async fn export(room: &mut Room, mut plan: ExportPlan) -> Result<Exported> {
    plan.check()?;
    if plan.what == Operation::Reset {
        plan.earlier.clear();
    }
    let (which, writer) = source(columns(room.opened()?), plan.platform, plan.hashed_by, plan.digest)?;
    let writer = Writer { text: plan.text.unwrap_or(writer.text), ..writer };
    let before = before(room, &plan, writer).await?;
    let (crowd, tiers) = crowd(room, &plan).await?;
    let held =
        Expr::Hash { seed: plan.seed, from: 0, to: (plan.holdout * f64::from(LOTS) / 100.0).round() as u32 };
    let cells = vec![Cell::First(tiers), Cell::As(writer, which)];
    let (_, text, sent) = listed(room, &plan, crowd.clone().minus(held.clone()), cells).await?;
    let (holdout, arm, away) = listed(room, &plan, crowd.and(held), vec![Cell::Held(writer, which)]).await?;
    let (arm, held) = reachable(&arm);
    if sent + away == 0 {
        return Err(Kind::AudienceEmpty.into());
    }
    let list = List::read(&text, writer);
    let mut report = report(&plan, which, writer, &list);
    (report.crowd, report.held) = (sent + away, held);
    report.without += away - held;
    report.earlier = before.iter().filter(|b| **b == b'\n').count() as u64;
    let list = match plan.what {
        Operation::Reset if list.lines.is_empty() => return Err(nobody(which)),
        Operation::Reset => list,
        Operation::Add => list.added(&before),
        Operation::Delete => list.gone(&before),
    };
    report.written = list.lines.len() as u64;
    report.few = report.written < form(plan.platform).advised;
    let mut files = written(room, &plan, list, writer)?;
    files.extend((held > 0).then(|| keep(room, &holdout, arm, held)));
    files.push(keep(room, "export.json", json::pretty(&report), 0));
    room.opened_mut()?.recipe.export = Some(plan);
    Ok(Exported { report, files })
}

/// Why a crowd has nobody to send.
fn nobody(which: Which) -> Error {
    Error::new(if which == Which::FirstParty { Kind::PlatformRehash } else { Kind::AudienceEmpty })
}

/// The arm that is held back: only who would have been reached can be held against who was.
fn reachable(lines: &[u8]) -> (Vec<u8>, u64) {
    let there = || lines.split(|&b| b == b'\n').filter(|line| !line.is_empty());
    let text = there().flat_map(|line| line.iter().chain(b"\n")).copied().collect();
    (text, there().count() as u64)
}

fn report(plan: &ExportPlan, which: Which, writer: Writer, list: &List) -> ExportReport {
    ExportReport {
        recipe: format!("{}@{}", plan.platform.code(), plan.platform.dialect().version),
        way: way((which, writer)),
        text: writer.text,
        what: plan.what,
        crowd: 0,
        held: 0,
        without: list.without,
        twice: list.twice,
        list: list.lines.len() as u64,
        earlier: 0,
        written: 0,
        few: false,
    }
}

/// Lines of a crowd.
async fn listed(room: &Room, plan: &ExportPlan, crowd: Expr, cells: Vec<Cell>) -> Result<Named> {
    let order = if plan.scored() { Order::Best(SCORE.into()) } else { Order::File };
    // Waves have an arm of their own under the usual name.
    let name = if room.opened()?.recipe.waves.is_some() { "export-holdout.csv" } else { "holdout.csv" };
    table(room, name, "", Listing { crowd: crowd.canonical(), order, cells }).await
}

/// The IDs of the earlier export, for a plan that asks for a difference.
async fn before(room: &Room, plan: &ExportPlan, writer: Writer) -> Result<Vec<u8>> {
    if plan.what == Operation::Reset {
        return Ok(vec![]);
    }
    if plan.earlier.is_empty() {
        return Err(Kind::EarlierMissing.into());
    }
    let mut ids = Vec::new();
    for name in &plan.earlier {
        let known = room.beside.iter().find(|file| file.name == *name);
        let file = known.ok_or_else(|| Error::new(Kind::EarlierMissing).file(name))?;
        let bytes = read(&room.desk, file).await?;
        ids.extend(platform::earlier(&bytes, writer).map_err(|e| e.file(&file.name))?);
    }
    Ok(ids)
}

/// All bytes of a file.
async fn read(desk: &Desk, file: &FileRef) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < file.size {
        let from = bytes.len() as u64;
        let block = desk.ask(0, &Head, Some(range(file, from, file.size.min(from + SLICE)))).await?;
        bytes.extend(block.0);
    }
    Ok(bytes)
}

/// A difference may be empty: then there is no file.
fn written(room: &mut Room, plan: &ExportPlan, list: List, writer: Writer) -> Result<Vec<Made>> {
    if list.lines.is_empty() && plan.what != Operation::Reset {
        return Ok(vec![]);
    }
    let head: Vec<String> =
        list.lines.iter().take(3).map(|line| masked(&String::from_utf8_lossy(line.id))).collect();
    let list = release(list);
    room.opened_mut()?.small.insert("export.json".into(), list.small());
    let suffix = match plan.what {
        Operation::Add => "-add",
        Operation::Delete => "-delete",
        Operation::Reset => "",
    };
    // Kuaishou takes names of up to 50 characters; others more.
    let stem: String = plan.name.as_deref().unwrap_or(plan.platform.code()).chars().take(40).collect();
    let stem = format!("{}{suffix}", file_name(&stem).trim_end_matches(".csv"));
    let files = platform::files(&list, writer, &stem)?;
    let ids = Some(id::Recipe::new(writer.column.kind, writer.digest));
    let made = |file: platform::File| Made {
        head: head.clone(),
        ..keep_of(room, &file.name, file.bytes, file.rows, ids)
    };
    Ok(files.into_iter().map(made).collect())
}
