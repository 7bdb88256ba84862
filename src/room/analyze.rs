//! Analyses of what people did and bought over time: `atoll analyze`. Files are brought in once; each analysis is a few
//! passes over them.

use super::Room;
use super::bring::{Opened, open};
use super::call::{FileRef, Made};
use super::files::keep;
use super::past::PastRecipe;
use crate::analysis::clv;
use crate::analysis::cohorts;
use crate::analysis::experiment;
use crate::analysis::figures;
use crate::analysis::funnel;
use crate::analysis::paths;
use crate::analysis::pivot;
use crate::analysis::rfm;
use crate::analysis::rules;
use crate::analysis::stages;
use crate::error::Result;
use crate::export::behaviour;
use crate::export::csv::quoted;
use crate::export::over_time;
use crate::gate::{release, release_from};
use crate::shard::desk::Desk;
use crate::shard::history::{ListPast, Listed};
use crate::table::history::{PastSchema, Source, money};

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
        Topic::Pivot,
        Topic::Cohorts,
        Topic::Paths,
        Topic::Rules,
        Topic::Figures,
    ];
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Rfm => "rfm",
            Topic::Clv => "clv",
            Topic::Stages => "stages",
            Topic::Funnel => "funnel",
            Topic::Experiment => "experiment",
            Topic::Pivot => "pivot",
            Topic::Cohorts => "cohorts",
            Topic::Paths => "paths",
            Topic::Rules => "rules",
            Topic::Figures => "figures",
        }
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
        let funnel = &recipe.funnel;
        let counted = topic == Topic::Figures
            || topic == Topic::Funnel && funnel.steps.is_empty() && !funnel.counts.is_empty();
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
