//! What analyses leave behind of each person: listed beside their IDs, or crossed by a pivot.

use super::analyze::Topic;
use super::past::PastRecipe;
use crate::analysis::clv;
use crate::analysis::cohorts;
use crate::analysis::experiment;
use crate::analysis::features;
use crate::analysis::feedback;
use crate::analysis::funnel;
use crate::analysis::paths;
use crate::analysis::pivot::{self, Known};
use crate::analysis::rfm;
use crate::analysis::rules;
use crate::analysis::stages;
use crate::analysis::traffic;
use crate::error::Result;
use crate::export::csv::quoted;
use crate::id::Ids;
use crate::shard::desk::Desk;
use crate::shard::history::ListPast;
use crate::table::history::{PastSchema, Source, file_of, money};

/// What a pivot can cross besides columns: its name there, who finds it, and where it is left.
const KNOWN: [(&str, Topic, &str); 8] = [
    ("stage", Topic::Stages, stages::STAGE),
    ("rfm", Topic::Rfm, rfm::GROUP),
    ("value", Topic::Clv, clv::BAND),
    ("lifecycle", Topic::Clv, clv::STATE),
    ("cohort", Topic::Cohorts, cohorts::COHORT),
    ("churn", Topic::Cohorts, cohorts::CHURN),
    ("arm", Topic::Experiment, experiment::ARM),
    ("rule", Topic::Rules, rules::FIRST),
];

/// What the pivot of a recipe crosses besides columns, and who finds it.
pub(super) fn crossed(schema: &PastSchema, recipe: &PastRecipe) -> Vec<(Topic, Known)> {
    let column = |name: &str| schema.table(recipe.pivot.table).dim(name).is_some();
    let asked = |name: &str| !column(name) && recipe.pivot.by.iter().any(|by| by == name);
    let known = |(name, topic, measure): (&'static str, Topic, &'static str)| {
        let of = shown(schema, recipe, topic).into_iter().find(|of| of.measure == measure)?;
        // Where the first value has no word, somebody has none.
        let first = usize::from(of.words.first().is_some_and(String::is_empty));
        Some((topic, Known { name, measure, first: first as i32, words: of.words[first..].to_vec() }))
    };
    KNOWN.into_iter().filter(|(name, ..)| asked(name)).filter_map(known).collect()
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

/// The analysis that finds a measure.
pub(super) fn topic(schema: &PastSchema, recipe: &PastRecipe, measure: &str) -> Option<Topic> {
    let finds = |topic: &Topic| shown(schema, recipe, *topic).iter().any(|found| found.measure == measure);
    Topic::ALL.iter().copied().find(finds)
}

/// What an analysis found of each person.
pub(super) fn shown(schema: &PastSchema, recipe: &PastRecipe, topic: Topic) -> Vec<Shown<'static>> {
    match topic {
        Topic::Rfm => of_rfm(recipe),
        Topic::Clv => of_clv(schema),
        Topic::Stages => of_stages(schema, recipe),
        Topic::Funnel => of_funnel(schema, recipe),
        Topic::Experiment => of_arms(schema, recipe),
        Topic::Traffic => of_layers(recipe),
        Topic::Pivot => of_cells(schema, recipe),
        Topic::Cohorts => of_cohorts(schema, recipe),
        Topic::Paths => of_paths(schema, recipe),
        Topic::Rules => of_rules(recipe),
        Topic::Feedback => of_texts(recipe),
        Topic::Features => vec![words(features::OUTCOME, "outcome", named(&["no", "yes"]))],
        Topic::Campaigns | Topic::Standings | Topic::Figures => vec![],
    }
}

/// A column of words.
fn words(measure: &'static str, header: &'static str, words: Vec<String>) -> Shown<'static> {
    Shown { words, ..Shown::number(measure, header, 0) }
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_string()).collect()
}

/// The words of a dimension, if the table has it.
fn labels(schema: &PastSchema, source: Source, name: &str) -> Option<Vec<String>> {
    schema.table(source).dim(name).map(|(_, dim)| dim.labels.clone())
}

fn of_rfm(recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let names = || recipe.rfm.names().into_iter().map(|(name, _)| name).collect();
    let mut of =
        vec![words(rfm::GROUP, "group", names()), Shown { least: 0, ..Shown::number(rfm::CELL, "cell", 0) }];
    if recipe.rfm.previous > 0 {
        of.extend([words(rfm::WAS, "before", names()), words(rfm::MOVED, "moved", named(&["", "moved"]))]);
    }
    of
}

fn of_clv(schema: &PastSchema) -> Vec<Shown<'static>> {
    let decimals = schema.table(Source::Orders).measures.first().map_or(0, |amount| amount.decimals);
    vec![
        Shown::number(clv::CLV, "value", decimals),
        Shown::number(clv::ALIVE, "alive", 4),
        words(clv::BAND, "band", named(&clv::BAND_NAMES)),
        words(clv::STATE, "lifecycle", named(&clv::STATES)),
        words(clv::WAS, "before", named(&clv::STATES)),
    ]
}

fn of_stages(schema: &PastSchema, recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let plan = &recipe.stages;
    let outside = std::iter::once(String::new());
    let names: Vec<String> = outside.chain(plan.rules().into_iter().map(|rule| rule.name)).collect();
    let mut of =
        vec![words(stages::STAGE, "stage", names.clone()), words(stages::WAS, "before", names.clone())];
    of.extend(plan.met.iter().map(|met| words(stages::MET, "met", vec![String::new(), met.clone()])));
    let categories = stages::categories(schema, plan).map_or(0, |of| of.len());
    let within = stages::IN.into_iter().zip(stages::WAS_IN).take(categories).flat_map(<[&str; 2]>::from);
    of.extend(within.map(|measure| words(measure, measure, names.clone())));
    of.push(words(stages::MOVED, "moved", named(&stages::MOVES)));
    of.extend(plan.went.iter().map(|_| words(stages::WENT, "went", named(&stages::WENTS))));
    of
}

fn of_funnel(schema: &PastSchema, recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let values = recipe.funnel.by.as_ref().and_then(|name| labels(schema, Source::Events, name));
    let value = values.map(|values| words(funnel::VALUE, "value", values));
    std::iter::once(Shown::number(funnel::STEP, "last_step", 0)).chain(value).collect()
}

fn of_arms(schema: &PastSchema, recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let plan = &recipe.experiment;
    let values = |name: &str| labels(schema, Source::Assign, name).map_or(vec![], |all| all[1..].to_vec());
    let mut of = vec![words(experiment::ARM, "arm", values("arm"))];
    let factors = experiment::factorial::LEVEL.into_iter().zip(&plan.factors);
    let factors = factors.zip(["factor_1", "factor_2", "factor_3"]);
    of.extend(factors.map(|((measure, name), header)| words(measure, header, values(name))));
    if let Some(decimals) = plan.uplift_decimals(schema) {
        let uplift = Shown::number(experiment::uplift::UPLIFT, "uplift", decimals);
        of.push(Shown { least: i32::MIN + 1, ..uplift });
        of.push(Shown { least: 1, ..Shown::number(experiment::uplift::BAND, "uplift_band", 0) });
    }
    if plan.chooses() {
        of.push(words(experiment::uplift::BEST, "best_arm", values("arm")));
    }
    let did = experiment::DID.into_iter().take(plan.metrics().len());
    of.extend(did.map(|measure| words(measure, measure, named(&["no", "yes"]))));
    of
}

fn of_layers(recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let layers = recipe.traffic.layers.iter().zip(traffic::ARMS.into_iter().zip(traffic::BUCKET));
    let layer = |(layer, (arm, bucket)): (&traffic::TrafficLayer, (&'static str, &'static str))| {
        let names = layer.arms().map(|(of, arm)| format!("{of}: {arm}")).collect();
        [Shown::number(bucket, bucket, 0), words(arm, arm, names)]
    };
    layers.flat_map(layer).collect()
}

fn of_cells(schema: &PastSchema, recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let known: Vec<Known> = crossed(schema, recipe).into_iter().map(|(_, known)| known).collect();
    let labels = pivot::labels(schema, &recipe.pivot, &known).unwrap_or_default();
    let axes = pivot::FIRST.into_iter().zip(["first_one", "first_two", "first_three"]).zip(labels);
    let axes = axes.map(|((measure, header), labels)| words(measure, header, labels));
    let inside = words(pivot::INSIDE, "cell", named(&["", "inside", "did"]));
    axes.chain((!recipe.pivot.cell.is_empty()).then_some(inside)).collect()
}

fn of_cohorts(schema: &PastSchema, recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let plan = &recipe.cohorts;
    let mut of = vec![
        words(cohorts::COHORT, "cohort", plan.unit.labels(schema.end_day())),
        words(cohorts::CHURN, "churn", named(&cohorts::CHURN_NAMES)),
    ];
    of.extend(plan.age.map(|_| words(cohorts::BACK, "back", named(&cohorts::BACK_NAMES))));
    of.extend(plan.who.iter().map(|_| words(cohorts::WHO, "who", named(&["", "who"]))));
    of
}

fn of_paths(schema: &PastSchema, recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let plan = &recipe.paths;
    let products = labels(schema, Source::Orders, &plan.column).unwrap_or_default();
    let headers = ["first", "second", "third", "fourth", "fifth"];
    let steps = paths::LEADS.into_iter().zip(headers).take(usize::from(plan.steps));
    let steps = steps.map(|(lead, header)| words(lead, header, products.clone()));
    steps.chain(plan.who.iter().map(|_| words(paths::WHO, "who", named(&["", "who"])))).collect()
}

fn of_rules(recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let names: Vec<String> = recipe.rules.list().into_iter().map(|rule| rule.name).collect();
    let holds = rules::HOLDS.into_iter().zip(&names);
    let holds = holds.map(|(rule, name)| words(rule, rule, vec![String::new(), name.clone()]));
    std::iter::once(words(rules::FIRST, "rule", names.clone())).chain(holds).collect()
}

fn of_texts(recipe: &PastRecipe) -> Vec<Shown<'static>> {
    let says = |of: String| vec![String::new(), of, "complains".into()];
    let mood: Vec<&str> = std::iter::once("").chain(feedback::MOODS).collect();
    let own = [
        words(feedback::MOOD, "mood", named(&mood)),
        words(feedback::WROTE, "wrote", named(&["", "wrote", "complains"])),
    ];
    let topics = feedback::TOPICS.into_iter().zip(recipe.text.list());
    let topics = topics.map(|(measure, of)| words(measure, measure, says(of.name)));
    let word = recipe.feedback.word.iter().map(|word| words(feedback::WORD, "word", says(word.clone())));
    own.into_iter().chain(topics).chain(word).collect()
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
pub(super) async fn everyone(desk: &Desk, columns: &[Shown<'_>]) -> Result<Vec<u8>> {
    let header: Vec<&str> = std::iter::once("id").chain(columns.iter().map(|column| column.header)).collect();
    let mut out = header.join(",");
    for Somebody { id, found, .. } in ordered(desk, columns).await? {
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

/// Somebody of whom something was found.
pub(super) struct Somebody {
    /// Which file their first row is in: its number in the recipe.
    pub(super) file: usize,
    /// Their ID there.
    pub(super) id: String,
    /// What was found, by column.
    pub(super) found: Vec<i32>,
}

/// Everyone in the order of the files.
pub(super) async fn ordered(desk: &Desk, columns: &[Shown<'_>]) -> Result<Vec<Somebody>> {
    let measures = columns.iter().map(|column| column.measure.to_string()).collect();
    let parts = desk.all(&ListPast { measures }).await?;
    let mut ids: Vec<Vec<String>> = parts.iter().map(|part| texts(&part.ids, part.first.len())).collect();
    let found = |shard: usize, at: usize| parts[shard].values[at * columns.len()..][..columns.len()].to_vec();
    let mut somebody = |(first, shard, at): Place| Somebody {
        file: file_of(first),
        id: std::mem::take(&mut ids[shard][at]),
        found: found(shard, at),
    };
    Ok(in_order(parts.iter().map(|part| part.first.as_slice())).into_iter().map(&mut somebody).collect())
}

/// Where somebody stands among all, the shard that has them, and their place there.
pub(super) type Place = (u64, usize, usize);

/// The people of all shards in the order of the files.
pub(super) fn in_order<'a>(firsts: impl Iterator<Item = &'a [u64]>) -> Vec<Place> {
    let of = |(shard, first): (usize, &'a [u64])| {
        first.iter().enumerate().map(move |(at, first)| (*first, shard, at))
    };
    let mut order: Vec<Place> = firsts.enumerate().flat_map(of).collect();
    order.sort_unstable();
    order
}

/// A shard's IDs as text: one is found from the mark before it, so all are read once, in their own order.
pub(super) fn texts(ids: &Ids, people: usize) -> Vec<String> {
    let mut id = Vec::new();
    let text = |at| {
        id.clear();
        ids.get(at, &mut id);
        String::from_utf8_lossy(&id).into_owned()
    };
    (0..people).map(text).collect()
}
