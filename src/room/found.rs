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
    let words = |measure, header, words: Vec<String>| Shown { words, ..Shown::number(measure, header, 0) };
    let number = Shown::number;
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
    match topic {
        Topic::Rfm => {
            let names = || recipe.rfm.names().into_iter().map(|(name, _)| name).collect();
            let was =
                || [words(rfm::WAS, "before", names()), words(rfm::MOVED, "moved", named(&["", "moved"]))];
            let cell = Shown { least: 0, ..number(rfm::CELL, "cell", 0) };
            let now = [words(rfm::GROUP, "group", names()), cell];
            now.into_iter().chain((recipe.rfm.previous > 0).then(was).into_iter().flatten()).collect()
        }
        Topic::Clv => {
            let decimals = schema.table(Source::Orders).measures.first().map_or(0, |amount| amount.decimals);
            vec![
                number(clv::CLV, "value", decimals),
                number(clv::ALIVE, "alive", 4),
                words(clv::BAND, "band", named(&clv::BAND_NAMES)),
                words(clv::STATE, "lifecycle", named(&clv::STATES)),
                words(clv::WAS, "before", named(&clv::STATES)),
            ]
        }
        Topic::Stages => {
            let outside = std::iter::once(String::new());
            let names = outside.chain(recipe.stages.rules().into_iter().map(|rule| rule.name));
            let names: Vec<String> = names.collect();
            let before = words(stages::WAS, "before", names.clone());
            let met =
                words(stages::MET, "met", vec![String::new(), recipe.stages.met.clone().unwrap_or_default()]);
            let categories = stages::categories(schema, &recipe.stages).map_or(0, |of| of.len());
            let within = stages::IN.into_iter().take(categories).map(|of| words(of, of, names.clone()));
            let met = recipe.stages.met.as_ref().map(|_| met);
            let moved = words(stages::MOVED, "moved", named(&stages::MOVES));
            [words(stages::STAGE, "stage", names.clone()), before]
                .into_iter()
                .chain(met)
                .chain(within)
                .chain([moved])
                .collect()
        }
        Topic::Funnel => {
            let dim = recipe.funnel.by.as_ref().and_then(|name| schema.table(Source::Events).dim(name));
            let value = dim.map(|(_, dim)| words(funnel::VALUE, "value", dim.labels.clone()));
            std::iter::once(number(funnel::STEP, "last_step", 0)).chain(value).collect()
        }
        Topic::Experiment => {
            let arms =
                schema.table(Source::Assign).dim("arm").map_or(vec![], |(_, dim)| dim.labels[1..].to_vec());
            let decimals = recipe.experiment.uplift_decimals(schema);
            let uplift = decimals.map(|decimals| {
                let uplift =
                    Shown { least: i32::MIN + 1, ..number(experiment::uplift::UPLIFT, "uplift", decimals) };
                [uplift, Shown { least: 1, ..number(experiment::uplift::BAND, "uplift_band", 0) }]
            });
            let best = || words(experiment::uplift::BEST, "best_arm", arms.clone());
            let best = recipe.experiment.chooses().then(best);
            let levels = |name: &String| {
                let dim = schema.table(Source::Assign).dim(name);
                dim.map_or(vec![], |(_, dim)| dim.labels[1..].to_vec())
            };
            let factors = experiment::factorial::LEVEL.into_iter().zip(&recipe.experiment.factors);
            let factors = factors.zip(["factor_1", "factor_2", "factor_3"]);
            let factors = factors.map(|((measure, name), header)| words(measure, header, levels(name)));
            let arm = std::iter::once(words(experiment::ARM, "arm", arms.clone()));
            let metrics = recipe.experiment.metrics().len();
            let did = experiment::DID.into_iter().take(metrics);
            let did = did.map(|measure| words(measure, measure, named(&["no", "yes"])));
            arm.chain(factors).chain(uplift.into_iter().flatten()).chain(best).chain(did).collect()
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
            let known: Vec<Known> = crossed(schema, recipe).into_iter().map(|(_, known)| known).collect();
            let labels = pivot::labels(schema, &recipe.pivot, &known).unwrap_or_default();
            let axes = pivot::FIRST.into_iter().zip(["first_one", "first_two", "first_three"]).zip(labels);
            let axes = axes.map(|((measure, header), labels)| words(measure, header, labels));
            let inside = words(pivot::INSIDE, "cell", named(&["", "inside", "did"]));
            axes.chain((!recipe.pivot.cell.is_empty()).then_some(inside)).collect()
        }
        Topic::Cohorts => {
            let own = [
                words(cohorts::COHORT, "cohort", recipe.cohorts.unit.labels(schema.end_day())),
                words(cohorts::CHURN, "churn", named(&cohorts::CHURN_NAMES)),
            ];
            let back = recipe.cohorts.age.map(|_| words(cohorts::BACK, "back", named(&cohorts::BACK_NAMES)));
            own.into_iter().chain(back).collect()
        }
        Topic::Paths => {
            let labels = schema.table(Source::Orders).dim(&recipe.paths.column).map(|(_, dim)| &dim.labels);
            let headers = ["first", "second", "third", "fourth", "fifth"];
            let steps = paths::LEADS.into_iter().zip(headers).take(usize::from(recipe.paths.steps));
            let steps = steps.map(|(lead, header)| words(lead, header, labels.cloned().unwrap_or_default()));
            let who = recipe.paths.who.as_ref().map(|_| words(paths::WHO, "who", named(&["", "who"])));
            steps.chain(who).collect()
        }
        Topic::Rules => {
            let names: Vec<String> = recipe.rules.list().into_iter().map(|rule| rule.name).collect();
            let holds = rules::HOLDS.into_iter().zip(&names);
            let holds = holds.map(|(rule, name)| words(rule, rule, vec![String::new(), name.clone()]));
            std::iter::once(words(rules::FIRST, "rule", names.clone())).chain(holds).collect()
        }
        Topic::Campaigns | Topic::Standings | Topic::Figures => vec![],
        Topic::Feedback => {
            let topic = |name: String| vec![String::new(), name, "complains".into()];
            let topics = feedback::TOPICS.into_iter().zip(recipe.text.list());
            let topics = topics.map(|(measure, of)| words(measure, measure, topic(of.name)));
            let mood = std::iter::once("").chain(feedback::MOODS).collect::<Vec<_>>();
            let own = [
                words(feedback::MOOD, "mood", named(&mood)),
                words(feedback::WROTE, "wrote", named(&["", "wrote", "complains"])),
            ];
            let used = |word: &String| vec![String::new(), word.clone(), "complains".into()];
            let word = recipe.feedback.word.iter().map(|word| words(feedback::WORD, "word", used(word)));
            own.into_iter().chain(topics).chain(word).collect()
        }
        Topic::Features => vec![words(features::OUTCOME, "outcome", named(&["no", "yes"]))],
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
