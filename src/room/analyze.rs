//! Analyses of what people did and bought over time: `atoll analyze`. Files are brought in once; each analysis is a few
//! passes over them.

use super::Room;
use super::arms::arms;
use super::bring::{Opened, open};
use super::call::{FileRef, Found, Made};
use super::features;
use super::files::{file_name, keep, keep_of};
use super::found::{self, Shown, Somebody, everyone, ordered, shown};
use super::past::PastRecipe;
use crate::analysis::campaigns;
use crate::analysis::clv;
use crate::analysis::cohorts;
use crate::analysis::experiment;
use crate::analysis::feedback;
use crate::analysis::figures;
use crate::analysis::funnel;
use crate::analysis::intake::Intake;
use crate::analysis::paths;
use crate::analysis::pivot;
use crate::analysis::rfm;
use crate::analysis::rules;
use crate::analysis::stages::{self, StagePlan};
use crate::analysis::standings;
use crate::analysis::traffic;
use crate::audience::Expr;
use crate::error::{Kind, Result};
use crate::export::behaviour;
use crate::export::counted;
use crate::export::over_time;
use crate::gate::{release, release_from};
use crate::id;
use crate::shard::crowd;
use crate::shard::desk::Desk;
use crate::shard::history::CarryPast;
use crate::table::history::calendar::Part;
use crate::table::history::counts::Counts;
use crate::table::history::{Dim, Source, TableSchema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::Write as _;

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
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
    /// Who is put into which arm.
    Traffic,
    /// Cross pivot.
    Pivot,
    /// Cohorts, activity, churn.
    Cohorts,
    /// Paths, baskets, touchpoints.
    Paths,
    /// Behaviour rules.
    Rules,
    /// Campaigns that somebody else counted.
    Campaigns,
    /// People by stage as platforms count them.
    Standings,
    /// Figures printed elsewhere.
    Figures,
    /// What foretells.
    Features,
    /// What people write.
    Feedback,
}

impl Topic {
    /// All, in the order help shows them.
    pub const ALL: &'static [Topic] = &[
        Topic::Rfm,
        Topic::Clv,
        Topic::Stages,
        Topic::Funnel,
        Topic::Experiment,
        Topic::Traffic,
        Topic::Pivot,
        Topic::Cohorts,
        Topic::Paths,
        Topic::Rules,
        Topic::Campaigns,
        Topic::Standings,
        Topic::Figures,
        Topic::Features,
        Topic::Feedback,
    ];
    /// The one of this name.
    pub fn named(name: &str) -> Option<Topic> {
        Topic::ALL.iter().copied().find(|topic| topic.name() == name)
    }
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Rfm => "rfm",
            Topic::Clv => "clv",
            Topic::Stages => "stages",
            Topic::Funnel => "funnel",
            Topic::Experiment => "experiment",
            Topic::Traffic => "traffic",
            Topic::Pivot => "pivot",
            Topic::Cohorts => "cohorts",
            Topic::Paths => "paths",
            Topic::Rules => "rules",
            Topic::Campaigns => "campaigns",
            Topic::Standings => "standings",
            Topic::Figures => "figures",
            Topic::Features => "features",
            Topic::Feedback => "feedback",
        }
    }
    /// Whether it is asked about nothing but counts, which takes no file.
    pub fn counted(self, recipe: &PastRecipe) -> bool {
        let funnel = &recipe.funnel;
        self == Topic::Figures
            || self == Topic::Funnel && funnel.steps.is_empty() && !funnel.counts.is_empty()
    }
}

/// Files of many rows per person that were brought in.
pub struct Brought {
    /// How, and what is asked of them.
    pub(super) recipe: PastRecipe,
    opened: Opened,
    files: Vec<FileRef>,
    /// What was found that the people of the tag file know of already.
    carried: BTreeSet<String>,
}

/// How measures are called that an analysis over time found, among the people of the tag file: `past.stage` is what `stages` says
/// with the recipe's settings.
pub(super) const PAST: &str = "past.";

/// What was brought in: the account of rows, and what can be asked about.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Tables {
    /// Where the rows went: what `rows.json` holds.
    pub intake: Intake,
    /// Columns of labels.
    pub columns: Vec<Column>,
    /// Columns of numbers: table and name.
    pub numbers: Vec<(Source, String)>,
    /// Lists of stages to start from, with their rules.
    pub presets: Vec<(stages::Preset, Vec<stages::StageRule>)>,
    /// Rules to start from, about what the files have.
    pub rules: Vec<rules::TagRule>,
    /// Topics that texts are read for.
    pub topics: Vec<feedback::TextTopic>,
    /// Columns of labels of campaigns that somebody else counted, with their values; the calendar's parts if they have days.
    pub campaign: Vec<(String, Vec<String>)>,
    /// Columns of labels of people by stage as platforms counted them.
    pub standing: Vec<String>,
}

/// A column of labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "PastColumn"))]
pub struct Column {
    /// Its table.
    pub table: Source,
    /// Its name.
    pub name: String,
    /// Its values in the order of their bytes, the first [`SHOWN`].
    pub values: Vec<String>,
    /// How many there are.
    pub count: u32,
}

/// Values of a column that are told.
pub const SHOWN: usize = 500;

/// Columns that campaigns can be added up by.
fn campaign(counts: &Counts) -> Vec<(String, Vec<String>)> {
    let columns = counts
        .rows
        .dims
        .iter()
        .map(|dim| (dim.name.clone(), dim.labels.iter().take(SHOWN).cloned().collect()));
    let parts = Part::ALL.into_iter().filter(|(_, part)| *part != Part::Hour && counts.last().is_some());
    columns.chain(parts.map(|(name, _)| (name.to_string(), vec![]))).collect()
}

impl Tables {
    fn of(opened: &Opened, recipe: &PastRecipe) -> Tables {
        let tables = Source::ALL.map(|source| (source, opened.schema.table(source)));
        let column = |(source, dim): (Source, &Dim)| Column {
            table: source,
            name: dim.name.clone(),
            values: dim.labels.iter().skip(1).take(SHOWN).cloned().collect(),
            count: dim.labels.len().saturating_sub(1) as u32,
        };
        let columns = tables.iter().flat_map(|(source, table)| table.dims.iter().map(|dim| (*source, dim)));
        let number = |(source, table): &(Source, &TableSchema)| {
            let source = *source;
            table.measures.iter().map(|measure| (source, measure.name.clone())).collect::<Vec<_>>()
        };
        let events = tables[0].1.dims.first().map_or(&[][..], |dim| &dim.labels);
        Tables {
            intake: opened.intake(),
            columns: columns.map(column).collect(),
            numbers: tables.iter().flat_map(number).collect(),
            presets: stages::Preset::ALL
                .map(|preset| (preset, StagePlan { preset, ..Default::default() }.rules_in(events)))
                .into(),
            rules: rules::preset(&opened.schema),
            topics: recipe.text.list(),
            campaign: campaign(&opened.counts),
            standing: opened.standings.rows.dims.iter().map(|dim| dim.name.clone()).collect(),
        }
    }
}

impl Room {
    /// Brings the files of a recipe in.
    pub(super) async fn bring(&mut self, recipe: PastRecipe, files: Vec<FileRef>) -> Result<Tables> {
        self.past = None;
        let opened = open(self, &recipe, &files).await?;
        let tables = Tables::of(&opened, &recipe);
        self.over_time = recipe.text();
        self.carry();
        self.past = Some(Brought { recipe, opened, files, carried: BTreeSet::new() });
        Ok(tables)
    }
    /// Makes the files of one analysis of what was brought in; with `people` also the list of everyone with what it found of
    /// them.
    pub(super) async fn ask(&mut self, topic: Topic, recipe: PastRecipe, people: bool) -> Result<Vec<Made>> {
        if self.past.is_none() && topic.counted(&recipe) {
            let made = answer(&self.desk, &Opened::default(), &recipe, topic).await?;
            return Ok(made.into_iter().map(|(name, bytes)| keep(self, &name, bytes, 0)).collect());
        }
        let Brought { recipe: was, opened, .. } = self.past.as_ref().ok_or(Kind::TooEarly)?;
        let recipe = recipe.reading(was);
        let mut made = answer(&self.desk, opened, &recipe, topic).await?;
        made.push(("rows.json".into(), over_time::rows_json(&release(opened.intake()))));
        // Nobody stands behind what was counted without IDs.
        if people && !matches!(topic, Topic::Campaigns | Topic::Standings | Topic::Figures) {
            let list = everyone(&self.desk, &shown(&opened.schema, &recipe, topic)).await?;
            made.push((format!("{}-people.csv", topic.name()), list));
        }
        self.over_time = recipe.text();
        self.carry();
        if let Some(past) = &mut self.past {
            past.carried.clear();
            past.recipe = recipe;
        }
        Ok(made.into_iter().map(|(name, bytes)| keep(self, &name, bytes, 0)).collect())
    }
    /// The open room's recipe takes the sections about events and orders along.
    pub(super) fn carry(&mut self) {
        if let (Some(open), Some(text)) = (&mut self.open, &self.over_time) {
            open.recipe.over_time = Some(text.clone());
        }
    }
    /// The text of the recipe: of the open room, or of what was brought in alone.
    pub(super) fn recipe_text(&self) -> Result<String> {
        match (&self.open, &self.over_time) {
            (None, Some(text)) => Ok(text.clone()),
            _ => Ok(self.opened()?.recipe.text()),
        }
    }
    /// A list of the people of whom all this was found, in the order of the files.
    pub(super) async fn past_people(&mut self, name: &str, who: &[Found]) -> Result<Made> {
        let first = self.past.as_ref().and_then(|past| past.recipe.files().next().map(|(_, rows)| rows.id()));
        let mut out = Vec::new();
        let rows = behind(&self.desk, who).await?.map(|one| writeln!(out, "{}", one.id)).count() as u64;
        match rows {
            0 => Err(Kind::AudienceEmpty.into()),
            _ => Ok(keep_of(self, &file_name(name), out, rows, first)),
        }
    }
    /// The people of the tag file of whom all this was found: what was found is carried over to them by key, under a name of
    /// its own, so that the crowd stays who it is when the analysis is run anew. With how many of them there are, and how many
    /// people there are of whom it was found, in the tag file or not.
    pub(super) async fn past_crowd(&mut self, who: &[Found], run: u32) -> Result<(Expr, u64, u64)> {
        self.opened()?;
        let mut of = Vec::new();
        for Found { measure, from, to } in who {
            let name = format!("past.{measure}.{run}");
            self.desk.all(&CarryPast { measure: measure.clone(), to: name.clone() }).await?;
            of.push(Expr::Measure { measure: name, from: *from, to: *to });
        }
        let crowd = if of.len() == 1 { of.remove(0) } else { Expr::And { of } };
        let people = crowd::count(&self.desk, vec![crowd.clone()]).await?;
        let all = behind(&self.desk, who).await?.count() as u64;
        Ok((crowd, self.counted(people)[0], all))
    }
}

/// The people of whom all this was found, in the order of the files.
async fn behind<'a>(desk: &Desk, who: &'a [Found]) -> Result<impl Iterator<Item = Somebody> + use<'a>> {
    let columns: Vec<_> = who.iter().map(|who| Shown::number(&who.measure, "", 0)).collect();
    let all = |found: &[i32]| who.iter().zip(found).all(|(who, found)| (who.from..=who.to).contains(found));
    Ok(ordered(desk, &columns).await?.into_iter().filter(move |one| all(&one.found)))
}

/// Makes what crowds lean on that analyses over time find, and carries it over to the people of the tag file by key.
pub(super) async fn need_past(room: &mut Room, of: &[&Expr]) -> Result<()> {
    let measures = of.iter().flat_map(|crowd| crowd.measures());
    // What was carried over under a name of its own, with the run behind a point, is there already.
    let wanted = measures.filter_map(|measure| measure.strip_prefix(PAST)).filter(|name| !name.contains('.'));
    for measure in wanted.collect::<BTreeSet<_>>() {
        let Brought { recipe, opened, files, carried } = room.past.as_mut().ok_or(Kind::TooEarly)?;
        let topic = found::topic(&opened.schema, recipe, measure).filter(|_| !carried.contains(measure));
        let Some(topic) = topic else { continue };
        answer(&room.desk, opened, recipe, topic).await?;
        let (measure, to) = (measure.to_string(), format!("{PAST}{measure}"));
        room.desk.all(&CarryPast { measure: measure.clone(), to }).await?;
        carried.insert(measure);
        let Some(open) = &mut room.open else { continue };
        // In the order of the recipe, whatever the order in which the files were given.
        let names = recipe.names();
        let mut new: Vec<FileRef> =
            files.iter().filter(|file| !open.inputs.contains(file)).cloned().collect();
        new.sort_by_key(|file| names.iter().position(|name| *name == file.name));
        open.inputs.extend(new);
        open.digests = None;
    }
    Ok(())
}

/// `rows.json` of what was brought in.
pub(super) fn past_rows(room: &Room) -> Option<Vec<u8>> {
    room.past.as_ref().map(|past| over_time::rows_json(&release(past.opened.intake())))
}

/// The files of one analysis.
async fn answer(desk: &Desk, opened: &Opened, recipe: &PastRecipe, topic: Topic) -> Result<over_time::Files> {
    let schema = &opened.schema;
    Ok(match topic {
        Topic::Rfm => over_time::rfm(&release(rfm::rfm(desk, schema, &recipe.rfm).await?)),
        Topic::Clv => over_time::clv(&release(clv::clv(desk, schema, &recipe.clv).await?)),
        Topic::Stages => over_time::stages(&release(stages::stages(desk, schema, &recipe.stages).await?)),
        Topic::Funnel => over_time::funnel(&release(funnel::funnel(desk, schema, &recipe.funnel).await?)),
        Topic::Experiment => {
            let report = experiment::experiment(desk, schema, &recipe.experiment).await?;
            over_time::experiment(&release(report))
        }
        Topic::Traffic => {
            let ids: Vec<id::Recipe> = recipe.files().map(|(_, rows)| rows.id()).collect();
            let report = traffic::traffic(desk, schema, ids.clone(), &recipe.traffic).await?;
            let files = behaviour::traffic(&release(report));
            files.into_iter().chain(arms(desk, &recipe.traffic, &ids).await?).collect()
        }
        Topic::Pivot => {
            let crossed = found::crossed(schema, recipe);
            let topics: BTreeSet<Topic> = crossed.iter().map(|(topic, _)| *topic).collect();
            for topic in topics {
                Box::pin(answer(desk, opened, recipe, topic)).await?;
            }
            let known: Vec<pivot::Known> = crossed.into_iter().map(|(_, known)| known).collect();
            let report = pivot::pivot(desk, schema, &recipe.pivot, &known).await?;
            behaviour::pivot(&release_from(report, recipe.pivot.floor)?)
        }
        Topic::Cohorts => {
            behaviour::cohorts(&release(cohorts::cohorts(desk, schema, &recipe.cohorts).await?))
        }
        Topic::Paths => behaviour::paths(&release(paths::paths(desk, schema, &recipe.paths).await?)),
        Topic::Rules => behaviour::rules(&release(rules::rules(desk, schema, &recipe.rules).await?)),
        Topic::Campaigns => {
            behaviour::campaigns(&release(campaigns::campaigns(&opened.counts, &recipe.campaigns)?))
        }
        Topic::Standings => {
            counted::standings(&release(standings::standings(&opened.standings, &recipe.standings)?))
        }
        Topic::Figures => behaviour::figures(&release(figures::figures(&recipe.figures)?)),
        Topic::Feedback => {
            let report = feedback::feedback(desk, schema, &recipe.text, &recipe.feedback).await?;
            behaviour::feedback(&release(report))
        }
        Topic::Features => {
            let found = features::foretold(desk, schema, recipe).await?;
            let made = features::files(desk, recipe, &found).await?;
            let files = behaviour::features(&release(found.report));
            files.into_iter().chain(made).collect()
        }
    })
}
