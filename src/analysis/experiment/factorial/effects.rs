//! Effects as contrasts of cells.

use super::measure::{Cross, Crossed};
use super::report::{
    Factor, FactorCell, FactorEffect, FactorLevel, FactorTest, FactorVerdict, FactorialMetric,
    FactorialReport,
};
use crate::analysis::experiment::measure::Cell;
use crate::analysis::experiment::plan::{ExperimentPlan, Metric, MetricKind};
use crate::num::{self, Interval};
use crate::table::history::{PastSchema, Source};

/// All combinations of levels.
struct Grid<'a> {
    factors: &'a [Factor],
    /// By combination: place of the level of each factor.
    places: Vec<Vec<usize>>,
}

pub(super) fn report(
    schema: &PastSchema,
    plan: &ExperimentPlan,
    metrics: &[&Metric],
    question: &Cross,
    found: &Crossed,
    codes: &[Vec<u32>],
    held: Option<FactorVerdict>,
) -> FactorialReport {
    let dims = &schema.table(Source::Assign).dims;
    let label = |at: usize, code: &u32| dims[question.factors[at] as usize].labels[*code as usize].clone();
    let factor = |(at, name): (usize, &String)| Factor {
        name: name.clone(),
        levels: codes[at].iter().map(|code| label(at, code)).collect(),
    };
    let factors: Vec<Factor> = plan.factors.iter().enumerate().map(factor).collect();
    let grid = Grid { factors: &factors, places: places(codes) };
    let cells = |metric: usize| -> Vec<Cell> {
        let key =
            |places: &Vec<usize>| -> Vec<u32> { places.iter().zip(codes).map(|(p, of)| of[*p]).collect() };
        grid.places
            .iter()
            .map(|at| found.cells.get(&key(at)).map_or(Cell::default(), |of| of[metric]))
            .collect()
    };
    let each = metrics.iter().enumerate();
    let metrics: Vec<FactorialMetric> =
        each.map(|(at, metric)| grid.metric(metric, metric.units(schema)[0], &cells(at), held)).collect();
    let thin = |cell: &&FactorCell| cell.people < 2;
    let empty =
        metrics.first().map_or(vec![], |of| of.cells.iter().filter(thin).map(|c| c.levels.clone()).collect());
    FactorialReport { several: found.several, none: found.none, empty, metrics, factors }
}

/// Every combination, the last factor changing first.
fn places(codes: &[Vec<u32>]) -> Vec<Vec<usize>> {
    codes.iter().fold(vec![vec![]], |all, of| {
        let longer = |at: &Vec<usize>| -> Vec<Vec<usize>> {
            (0..of.len()).map(|place| at.iter().copied().chain([place]).collect()).collect()
        };
        all.iter().flat_map(longer).collect()
    })
}

/// Means of cells and what they vary, in the unit of the file.
struct Means<'a> {
    kind: MetricKind,
    cells: &'a [Cell],
    values: Vec<f64>,
    variances: Vec<f64>,
}

impl Means<'_> {
    /// Whether all cells with a weight are known.
    fn known(&self, weights: &[f64]) -> bool {
        weights.iter().zip(self.cells).all(|(weight, cell)| *weight == 0.0 || cell.moments.n > 1)
    }
    fn sum(&self, weights: &[f64]) -> (f64, Interval) {
        let range = num::weighted_interval(weights, &self.values, &self.variances);
        (num::weighted(weights, &self.values), range)
    }
    /// Whether the normal distribution is far from what few people do.
    fn sparse(&self) -> bool {
        let without = |cell: &Cell| self.kind == MetricKind::Rate && cell.moments.n - cell.positive < 5;
        self.cells.iter().any(|cell| cell.positive < 5 || without(cell))
    }
}

impl Grid<'_> {
    fn metric(
        &self,
        metric: &Metric,
        unit: f64,
        cells: &[Cell],
        held: Option<FactorVerdict>,
    ) -> FactorialMetric {
        let part = |cell: &Cell| cell.moments.variance() / cell.moments.n.max(1) as f64 / (unit * unit);
        let means = Means {
            kind: metric.kind,
            cells,
            values: cells.iter().map(|cell| cell.moments.mean() / unit).collect(),
            variances: cells.iter().map(part).collect(),
        };
        let best = (0..cells.len()).filter(|at| cells[*at].moments.n > 1);
        let best = best.reduce(|best, at| if means.values[at] > means.values[best] { at } else { best });
        FactorialMetric {
            name: metric.name.clone(),
            kind: metric.kind,
            cells: (0..cells.len()).map(|at| self.cell(&means, at, unit)).collect(),
            levels: self.levels(&means),
            effects: self.effects(&means, held),
            best: best.map(|at| at as u32),
        }
    }
    fn cell(&self, means: &Means, at: usize, unit: f64) -> FactorCell {
        let Cell { moments, positive, .. } = means.cells[at];
        let interval = match means.kind {
            MetricKind::Rate => (moments.n > 0).then(|| num::wilson(positive as f64, moments.n as f64)),
            _ => num::mean_interval(&moments).map(|range| range.scaled(1.0 / unit)),
        };
        let level = |(factor, place): (&Factor, &usize)| factor.levels[*place].clone();
        FactorCell {
            levels: self.factors.iter().zip(&self.places[at]).map(level).collect(),
            people: moments.n,
            positive,
            value: (moments.n > 0).then(|| means.values[at]),
            interval,
        }
    }
    /// Weights of a contrast of these factors, each of its level at the place against its first; all others in equal parts.
    fn weights(&self, of: &[usize], level: &[usize]) -> Vec<f64> {
        let levels: usize = of.iter().map(|at| self.factors[*at].levels.len()).product();
        let share = levels as f64 / self.places.len() as f64;
        let sign = |places: &[usize], at: usize, level: usize| match places[at] {
            place if place == level => 1.0,
            0 => -1.0,
            _ => 0.0,
        };
        let each =
            |places: &Vec<usize>| of.iter().zip(level).fold(share, |w, (at, l)| w * sign(places, *at, *l));
        self.places.iter().map(each).collect()
    }
    fn levels(&self, means: &Means) -> Vec<FactorLevel> {
        let all = self.factors.iter().enumerate();
        let all = all.flat_map(|(at, factor)| factor.levels.iter().enumerate().map(move |level| (at, level)));
        all.map(|(at, (place, level))| {
            let share = self.factors[at].levels.len() as f64 / self.places.len() as f64;
            let mine = |places: &Vec<usize>| if places[at] == place { share } else { 0.0 };
            let weights: Vec<f64> = self.places.iter().map(mine).collect();
            let found = means.known(&weights).then(|| means.sum(&weights));
            // A share lies between none and all.
            let inside = |range: Interval| Interval { low: range.low.max(0.0), high: range.high.min(1.0) };
            let within = |range| if means.kind == MetricKind::Rate { inside(range) } else { range };
            let people = weights.iter().zip(means.cells).filter(|(weight, _)| **weight > 0.0);
            FactorLevel {
                factor: self.factors[at].name.clone(),
                level: level.clone(),
                people: people.map(|(_, cell)| cell.moments.n).sum(),
                value: found.map(|(value, _)| value),
                interval: found.map(|(_, range)| within(range)),
            }
        })
        .collect()
    }
    fn effects(&self, means: &Means, held: Option<FactorVerdict>) -> Vec<FactorEffect> {
        let count = self.factors.len();
        let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| vec![a, b]));
        let sets = (0..count).map(|at| vec![at]).chain(pairs);
        let mut all: Vec<FactorEffect> = sets.map(|of| self.effect(means, &of)).collect();
        let mut tests: Vec<&mut FactorTest> = all.iter_mut().filter_map(|of| of.test.as_mut()).collect();
        let p: Vec<f64> = tests.iter().map(|test| test.p).collect();
        tests.iter_mut().zip(num::holm(&p)).for_each(|(test, adjusted)| test.adjusted = adjusted);
        all.iter_mut().for_each(|of| of.verdict = verdict(of.test.as_ref(), held));
        all
    }
    fn effect(&self, means: &Means, of: &[usize]) -> FactorEffect {
        let each: Vec<Vec<u32>> =
            of.iter().map(|at| (1..self.factors[*at].levels.len() as u32).collect()).collect();
        let levels = places(&each).into_iter().map(|at| at.iter().map(|place| place + 1).collect::<Vec<_>>());
        let contrasts: Vec<Vec<f64>> = levels.map(|level| self.weights(of, &level)).collect();
        let known = contrasts.iter().all(|weights| means.known(weights));
        let test = || num::wald(&contrasts, &means.values, &means.variances);
        let size = (known && contrasts.len() == 1).then(|| means.sum(&contrasts[0]));
        FactorEffect {
            factors: of.iter().map(|at| self.factors[*at].name.clone()).collect(),
            test: known.then(test).flatten().map(|of| FactorTest {
                chi2: of.chi2,
                df: of.df,
                p: of.p,
                adjusted: of.p,
            }),
            size: size.map(|(value, _)| value),
            interval: size.map(|(_, range)| range),
            sparse: means.sparse(),
            verdict: FactorVerdict::Unknown,
        }
    }
}

fn verdict(test: Option<&FactorTest>, held: Option<FactorVerdict>) -> FactorVerdict {
    match (test, held) {
        (None, _) => FactorVerdict::Unknown,
        (_, Some(why)) => why,
        (Some(test), _) if test.adjusted < 0.05 => FactorVerdict::Found,
        _ => FactorVerdict::Open,
    }
}
