//! What a split says.

use super::place::{Place, Placed};
use super::plan::{TrafficExperiment, TrafficPlan};
use crate::gate::Cells;
use crate::id::BUCKETS;
use crate::num::{Association, association, goodness};
use crate::table::history::PastSchema;
use serde::Serialize;

/// Below this p a split or two layers are not what they were planned to be.
const ALARM: f64 = 0.001;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TrafficReport {
    /// Everyone in the files.
    pub people: u64,
    /// How many buckets a layer has.
    pub buckets: u32,
    /// By layer.
    pub layers: Vec<TrafficLayerReport>,
    /// Every two layers with arms.
    pub collisions: Vec<Collision>,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TrafficLayerReport {
    /// Its name.
    pub layer: String,
    /// Buckets that no experiment has.
    pub free: u32,
    /// People in no arm of it.
    pub outside: u64,
    /// Its experiments.
    pub experiments: Vec<TrafficExperimentReport>,
}

/// An experiment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TrafficExperimentReport {
    /// Its name.
    pub experiment: String,
    /// The first bucket.
    pub from: u32,
    /// The bucket behind the last.
    pub to: u32,
    /// People in its range.
    pub range: u64,
    /// Those who take part: of a node experiment they who reach the node.
    pub people: u64,
    /// Whether it is of those who reach a node.
    pub node: bool,
    /// Its arms.
    pub arms: Vec<TrafficArmReport>,
    /// χ² of the arms against their buckets.
    pub chi2: f64,
    /// Its tail.
    pub p: f64,
    /// Below 0.001: the arms are not as large as planned.
    pub alarm: bool,
    /// Whether arms are even over the columns asked for.
    pub balance: Vec<Evenness>,
}

/// An arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct TrafficArmReport {
    /// Its name.
    pub arm: String,
    /// The first bucket.
    pub from: u32,
    /// The bucket behind the last.
    pub to: u32,
    /// People.
    pub people: u64,
    /// Of all who take part.
    pub share: f64,
    /// As planned: its buckets of the range's.
    pub planned: f64,
}

/// Arms over the values of a column.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Evenness {
    /// The column.
    pub column: String,
    /// Whether arm and value go together.
    pub association: Association,
}

/// Two layers: people in an arm of one and an arm of the other.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Collision {
    /// The first layer.
    pub one: String,
    /// The second.
    pub other: String,
    /// Arms of the first: experiment and arm.
    pub rows: Vec<(String, String)>,
    /// Arms of the second.
    pub columns: Vec<(String, String)>,
    /// People, by rows.
    pub people: Vec<Vec<u64>>,
    /// Whether buckets of the one go together with buckets of the other: by arm, whether people take part or not, and those of
    /// no experiment.
    pub association: Association,
    /// One salt, or p below 0.001 over all pairs of layers: the layers are not independent.
    pub alarm: bool,
}

pub(super) fn report(
    schema: &PastSchema,
    plan: &TrafficPlan,
    question: &Place,
    found: &Placed,
) -> TrafficReport {
    let desk = Desk { schema, plan, question, found };
    let (mut experiment, mut arm) = (0, 0);
    let mut layers = Vec::new();
    for layer in &plan.layers {
        let mut experiments = Vec::new();
        for of in &layer.experiments {
            experiments.push(desk.experiment(of, experiment, arm));
            (experiment, arm) = (experiment + 1, arm + of.arms.len());
        }
        let taken: u32 = experiments.iter().map(|of| of.to - of.from).sum();
        let inside: u64 = experiments.iter().map(|of| of.people).sum();
        let (layer, free, outside) = (layer.name.clone(), BUCKETS - taken, found.people - inside);
        layers.push(TrafficLayerReport { layer, free, outside, experiments });
    }
    TrafficReport { people: found.people, buckets: BUCKETS, layers, collisions: desk.collisions() }
}

/// What comparing takes.
struct Desk<'a> {
    schema: &'a PastSchema,
    plan: &'a TrafficPlan,
    question: &'a Place,
    found: &'a Placed,
}

impl Desk<'_> {
    fn experiment(&self, of: &TrafficExperiment, at: usize, first: usize) -> TrafficExperimentReport {
        let people = &self.found.arms[first..first + of.arms.len()];
        let all: u64 = people.iter().sum();
        let ends = of.ends();
        let starts = std::iter::once(of.from).chain(ends.iter().copied());
        let width = f64::from(of.to - of.from);
        let arms: Vec<TrafficArmReport> = of
            .arms
            .iter()
            .zip(starts.zip(&ends))
            .zip(people)
            .map(|((arm, (from, to)), people)| TrafficArmReport {
                arm: arm.name.clone(),
                from,
                to: *to,
                people: *people,
                share: *people as f64 / all.max(1) as f64,
                planned: f64::from(to - from) / width,
            })
            .collect();
        let (chi2, p) = goodness(people, &arms.iter().map(|arm| arm.planned).collect::<Vec<_>>());
        TrafficExperimentReport {
            experiment: of.name.clone(),
            from: of.from,
            to: of.to,
            range: self.found.range[at],
            people: all,
            node: of.node(),
            balance: self.balance(first..first + arms.len()),
            arms,
            chi2,
            p,
            alarm: p < ALARM,
        }
    }
    fn balance(&self, arms: std::ops::Range<usize>) -> Vec<Evenness> {
        let columns = self.question.balance.iter().zip(&self.found.balance);
        let even = |((source, dim, labels), counts): (&(_, u32, u32), &Vec<u64>)| {
            let rows: Vec<Vec<u64>> = counts.chunks(*labels as usize).map(<[u64]>::to_vec).collect();
            let column = self.schema.table(*source).dims[*dim as usize].name.clone();
            Evenness { column, association: association(&rows[arms.clone()]) }
        };
        columns.map(even).collect()
    }
    /// Whether the buckets of two layers go together: by the slots they lie in, those of no experiment being one, since who
    /// reaches a node, or is in no arm, is no matter of the hash.
    fn independence(&self, one: usize, other: usize) -> Association {
        let span = |layer: usize| {
            let before = self.question.layers[..layer].iter().map(|of| of.arms() + 1).sum::<usize>();
            before..before + self.question.layers[layer].arms() + 1
        };
        let row = |at: usize| self.found.slots[at * self.question.slots()..][span(other)].to_vec();
        association(&span(one).map(row).collect::<Vec<_>>())
    }
    /// Every two layers.
    fn collisions(&self) -> Vec<Collision> {
        let layers = &self.plan.layers;
        let mut starts = vec![0];
        layers.iter().for_each(|layer| starts.push(starts[starts.len() - 1] + layer.arms().count()));
        let pairs = (0..layers.len()).flat_map(|one| (one + 1..layers.len()).map(move |other| (one, other)));
        let tests = pairs.clone().count() as f64;
        let all = pairs.map(|(one, other)| {
            let span = |at: usize| starts[at]..starts[at + 1];
            let row = |row: usize| {
                span(other).map(move |column| self.found.pairs[row * self.found.arms.len() + column])
            };
            let people: Vec<Vec<u64>> = span(one).map(|at| row(at).collect()).collect();
            let names =
                |at: usize| layers[at].arms().map(|(of, arm)| (of.to_string(), arm.to_string())).collect();
            let association = self.independence(one, other);
            let twins = layers[one].salt == layers[other].salt;
            Collision {
                one: layers[one].name.clone(),
                other: layers[other].name.clone(),
                rows: names(one),
                columns: names(other),
                people,
                association,
                alarm: twins || !association.sparse && association.p * tests < ALARM,
            }
        });
        all.filter(|of| !of.rows.is_empty() && !of.columns.is_empty()).collect()
    }
}

impl Cells for TrafficReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        let experiments = self.layers.iter().flat_map(|layer| &layer.experiments);
        experiments.flat_map(|of| &of.arms).for_each(|arm| visit(arm.people));
        self.collisions.iter().flat_map(|of| of.people.iter().flatten()).for_each(|people| visit(*people));
    }
}
