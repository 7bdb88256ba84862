//! Analyses of what people did and bought over time: `atoll analyze`. Files are brought in once; each analysis is a few
//! passes over them.

use super::Room;
use super::arms::arms;
use super::bring::{Opened, open};
use super::call::{FileRef, Found, Made};
use super::files::{file_name, keep, keep_of};
use super::past::PastRecipe;
use crate::analysis::clv;
use crate::analysis::cohorts;
use crate::analysis::experiment;
use crate::analysis::figures;
use crate::analysis::funnel;
use crate::analysis::intake::Intake;
use crate::analysis::paths;
use crate::analysis::pivot;
use crate::analysis::rfm;
use crate::analysis::rules;
use crate::analysis::stages::{self, StagePlan};
use crate::analysis::traffic;
use crate::audience::Expr;
use crate::error::{Kind, Result};
use crate::export::behaviour;
use crate::export::csv::quoted;
use crate::export::over_time;
use crate::gate::{release, release_from};
use crate::shard::crowd;
use crate::shard::desk::Desk;
use crate::shard::history::{CarryPast, ListPast, Listed};
use crate::table::history::{Dim, PastSchema, Source, TableSchema, money};
use serde::{Deserialize, Serialize};
use std::io::Write as _;

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Figures printed elsewhere.
    Figures,
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
        Topic::Figures,
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
            Topic::Figures => "figures",
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
}

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

impl Tables {
    fn of(opened: &Opened) -> Tables {
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
        Tables {
            intake: opened.intake(),
            columns: columns.map(column).collect(),
            numbers: tables.iter().flat_map(number).collect(),
            presets: stages::Preset::ALL
                .map(|preset| (preset, StagePlan { preset, ..Default::default() }.rules()))
                .into(),
            rules: rules::preset(&opened.schema),
        }
    }
}

impl Room {
    /// Brings the files of a recipe in.
    pub(super) async fn bring(&mut self, recipe: PastRecipe, files: Vec<FileRef>) -> Result<Tables> {
        self.past = None;
        let opened = open(self, &recipe, &files).await?;
        let tables = Tables::of(&opened);
        self.over_time = recipe.text();
        self.carry();
        self.past = Some(Brought { recipe, opened });
        Ok(tables)
    }
    /// Makes the files of one analysis of what was brought in; with `people` also the list of everyone with what it found of
    /// them.
    pub(super) async fn ask(&mut self, topic: Topic, recipe: PastRecipe, people: bool) -> Result<Vec<Made>> {
        if topic.counted(&recipe) {
            let made = answer(&self.desk, &PastSchema::default(), &recipe, topic).await?;
            return Ok(made.into_iter().map(|(name, bytes)| keep(self, &name, bytes, 0)).collect());
        }
        let Brought { recipe: was, opened } = self.past.as_ref().ok_or(Kind::TooEarly)?;
        let PastRecipe { time, events, orders, assign, .. } = was.clone();
        let recipe = PastRecipe { time, events, orders, assign, ..recipe };
        let mut made = answer(&self.desk, &opened.schema, &recipe, topic).await?;
        made.push(("rows.json".into(), over_time::rows_json(&release(opened.intake()))));
        if people {
            let list = everyone(&self.desk, &shown(&opened.schema, &recipe, topic)).await?;
            made.push((format!("{}-people.csv", topic.name()), list));
        }
        self.over_time = recipe.text();
        self.carry();
        self.past.iter_mut().for_each(|past| past.recipe = recipe.clone());
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
        let columns = who.iter().map(|who| Shown::number(&who.measure, "", 0));
        let people = ordered(&self.desk, &columns.collect::<Vec<_>>()).await?;
        let mut out = Vec::new();
        let all =
            |found: &[i32]| who.iter().zip(found).all(|(who, found)| (who.from..=who.to).contains(found));
        let ids = people.into_iter().filter(|(_, found)| all(found));
        let rows = ids.map(|(id, _)| writeln!(out, "{id}")).count() as u64;
        match rows {
            0 => Err(Kind::AudienceEmpty.into()),
            _ => Ok(keep_of(self, &file_name(name), out, rows, first)),
        }
    }
    /// The people of the tag file of whom all this was found: what was found is carried over to them by key, under a name of
    /// its own, so that the crowd stays who it is when the analysis is run anew.
    pub(super) async fn past_crowd(&mut self, who: &[Found], run: u32) -> Result<(Expr, u64)> {
        self.opened()?;
        let mut of = Vec::new();
        for Found { measure, from, to } in who {
            let name = format!("past.{measure}.{run}");
            self.desk.all(&CarryPast { measure: measure.clone(), to: name.clone() }).await?;
            of.push(Expr::Measure { measure: name, from: *from, to: *to });
        }
        let crowd = if of.len() == 1 { of.remove(0) } else { Expr::And { of } };
        let people = crowd::count(&self.desk, vec![crowd.clone()]).await?;
        Ok((crowd, self.counted(people)[0]))
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
        Topic::Traffic => {
            let ids = recipe.files().map(|(_, rows)| rows.id()).collect();
            let mut files =
                behaviour::traffic(&release(traffic::traffic(desk, schema, ids, &recipe.traffic).await?));
            files.push(("arms.csv".into(), arms(desk, &recipe.traffic).await?));
            files
        }
        Topic::Pivot => {
            let report = pivot::pivot(desk, schema, &recipe.pivot).await?;
            behaviour::pivot(&release_from(report, recipe.pivot.floor)?)
        }
        Topic::Cohorts => {
            behaviour::cohorts(&release(cohorts::cohorts(desk, schema, &recipe.cohorts).await?))
        }
        Topic::Paths => behaviour::paths(&release(paths::paths(desk, schema, &recipe.paths).await?)),
        Topic::Rules => behaviour::rules(&release(rules::rules(desk, schema, &recipe.rules).await?)),
        Topic::Figures => behaviour::figures(&release(figures::figures(&recipe.figures)?)),
    })
}

/// A column of the list of everyone: a measure, and how it is written.
pub(super) struct Shown<'a> {
    measure: &'a str,
    header: &'static str,
    /// Words for its values; numbers if there are none.
    words: Vec<String>,
    decimals: u8,
    /// What is below says nothing.
    least: i32,
}

/// What an analysis found of each person.
fn shown(schema: &PastSchema, recipe: &PastRecipe, topic: Topic) -> Vec<Shown<'static>> {
    let words = |measure, header, words: Vec<String>| Shown { words, ..Shown::number(measure, header, 0) };
    let number = Shown::number;
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
            let decimals = recipe.experiment.uplift_decimals(schema);
            let uplift = decimals.map(|decimals| {
                let uplift =
                    Shown { least: i32::MIN + 1, ..number(experiment::uplift::UPLIFT, "uplift", decimals) };
                [uplift, Shown { least: 1, ..number(experiment::uplift::BAND, "uplift_band", 0) }]
            });
            std::iter::once(words(experiment::ARM, "arm", arms)).chain(uplift.into_iter().flatten()).collect()
        }
        Topic::Traffic => {
            let layers = recipe.traffic.layers.iter().zip(traffic::ARMS.into_iter().zip(traffic::BUCKET));
            let layer = |(layer, (arm, bucket)): (&traffic::TrafficLayer, (&'static str, &'static str))| {
                let names = layer.arms().map(|(of, arm)| format!("{of}: {arm}")).collect();
                [number(bucket, bucket, 0), words(arm, arm, names)]
            };
            layers.flat_map(layer).collect()
        }
        Topic::Pivot => {
            let labels = pivot::labels(schema, &recipe.pivot).unwrap_or_default();
            let axes = pivot::FIRST.into_iter().zip(["first_one", "first_two", "first_three"]).zip(labels);
            let axes = axes.map(|((measure, header), labels)| words(measure, header, labels));
            let inside = words(pivot::INSIDE, "cell", named(&["", "inside", "did"]));
            axes.chain((!recipe.pivot.cell.is_empty()).then_some(inside)).collect()
        }
        Topic::Cohorts => vec![
            words(cohorts::COHORT, "cohort", recipe.cohorts.unit.labels(schema.end_day())),
            words(cohorts::CHURN, "churn", named(&cohorts::CHURN_NAMES)),
        ],
        Topic::Paths => {
            let labels = schema.table(Source::Orders).dim(&recipe.paths.column).map(|(_, dim)| &dim.labels);
            let headers = ["first", "second", "third", "fourth", "fifth"];
            let steps = paths::LEADS.into_iter().zip(headers).take(usize::from(recipe.paths.steps));
            steps.map(|(lead, header)| words(lead, header, labels.cloned().unwrap_or_default())).collect()
        }
        Topic::Rules => {
            let names: Vec<String> = recipe.rules.list().into_iter().map(|rule| rule.name).collect();
            let holds = rules::HOLDS.into_iter().zip(&names);
            let holds = holds.map(|(rule, name)| words(rule, rule, vec![String::new(), name.clone()]));
            std::iter::once(words(rules::FIRST, "rule", names.clone())).chain(holds).collect()
        }
        Topic::Figures => vec![],
    }
}

impl<'a> Shown<'a> {
    /// A column of numbers.
    pub(super) fn number(measure: &'a str, header: &'static str, decimals: u8) -> Shown<'a> {
        let least = if decimals == 0 { i32::MIN } else { 0 };
        Shown { measure, header, words: vec![], decimals, least }
    }
    fn write(&self, value: i32, out: &mut String) {
        match usize::try_from(value).ok().and_then(|at| self.words.get(at)) {
            Some(word) => quoted(word, out),
            None if self.words.is_empty() && value >= self.least => {
                out.push_str(&money::text(i64::from(value), self.decimals));
            }
            None => {}
        }
    }
}

/// Everyone in the order of the files, with what was found of them: who stands behind a number can be taken on.
async fn everyone(desk: &Desk, columns: &[Shown<'_>]) -> Result<Vec<u8>> {
    let header: Vec<&str> = std::iter::once("id").chain(columns.iter().map(|column| column.header)).collect();
    let mut out = header.join(",");
    for (id, found) in ordered(desk, columns).await? {
        out.push('\n');
        quoted(&id, &mut out);
        for (column, value) in columns.iter().zip(found) {
            out.push(',');
            column.write(value, &mut out);
        }
    }
    out.push('\n');
    Ok(out.into_bytes())
}

/// IDs in the order of the files, and what was found of each.
pub(super) async fn ordered(desk: &Desk, columns: &[Shown<'_>]) -> Result<Vec<(String, Vec<i32>)>> {
    let measures = columns.iter().map(|column| column.measure.to_string()).collect();
    let parts = desk.all(&ListPast { measures }).await?;
    let mut order: Vec<(u64, usize, usize)> = Vec::new();
    for (shard, part) in parts.iter().enumerate() {
        order.extend(part.first.iter().enumerate().map(|(at, first)| (*first, shard, at)));
    }
    order.sort_unstable();
    // An ID is found from the mark before it, so each list is turned into text once, in its own order.
    let mut ids: Vec<Vec<String>> = parts.iter().map(texts).collect();
    let found = |shard: usize, at: usize| parts[shard].values[at * columns.len()..][..columns.len()].to_vec();
    Ok(order
        .into_iter()
        .map(|(_, shard, at)| (std::mem::take(&mut ids[shard][at]), found(shard, at)))
        .collect())
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
