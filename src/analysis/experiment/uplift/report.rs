//! What uplift by person says.

use super::About;
use super::learn::Model;
use super::rank::{Banded, Scored};
use crate::analysis::experiment::covariates::Covariates;
use crate::analysis::experiment::measure::Cell;
use crate::analysis::experiment::plan::{Metric, MetricKind, UpliftPlan};
use crate::num::{self, Interval, newcombe, welch};
use crate::table::history::PastSchema;
use serde::Serialize;

/// Points of a curve, about.
const POINTS: u64 = 100;

/// Uplift by person.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct UpliftReport {
    /// The arm that is held against the control.
    pub arm: String,
    /// The metric.
    pub metric: String,
    /// How it is read.
    pub kind: MetricKind,
    /// People of both.
    pub people: u64,
    /// Of them in the arm.
    pub treated: f64,
    /// Of all of them: what the arm adds to one person.
    pub effect: f64,
    /// Area between the curve and the line of a random order: about zero where nobody gains more than others, or it cannot be told.
    pub qini: f64,
    /// Area under the curve.
    pub area: f64,
    /// Area under the line of a random order: half of the effect.
    pub random: f64,
    /// Whether uplift falls from band to band: weighted least squares of bands' uplift, in standard errors. Positive where it does.
    pub trend: f64,
    /// Its p, two-sided.
    pub p: f64,
    /// Tenths of the people, the highest uplift first.
    pub bands: Vec<UpliftBand>,
    /// The Qini curve.
    pub curve: Vec<QiniPoint>,
    /// What each value adds, mean of the models.
    pub effects: Vec<UpliftEffect>,
    /// Steps of a person's uplift in one.
    pub scale: f64,
}

/// A tenth of the people.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct UpliftBand {
    /// From 1.
    pub band: u32,
    /// People in the control.
    pub control: u64,
    /// People in the arm.
    pub people: u64,
    /// What was seen: the arm's value less the control's. Absent where one has nobody.
    pub uplift: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// The same over this band and all above it (uplift@k).
    pub so_far: Option<f64>,
}

/// A point of the Qini curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "QiniPoint"))]
pub struct QiniPoint {
    /// Share of people reached, the best first.
    pub share: f64,
    /// Gained so, per person in the arm.
    pub gained: f64,
}

/// A value.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct UpliftEffect {
    /// Its column; empty for orders before.
    pub column: String,
    /// The value.
    pub value: String,
    /// What it adds to the uplift.
    pub effect: f64,
}

/// Steps of a measured uplift in one minor unit: millionths of a rate, thousandths of money.
pub(super) fn scale(metric: &Metric) -> f64 {
    if metric.kind == MetricKind::Rate { 1e6 } else { 1e3 }
}

pub(super) fn report(
    schema: &PastSchema,
    plan: &UpliftPlan,
    about: &About<'_>,
    of: &Covariates,
    models: &[Model],
    scored: &Scored,
    banded: &Banded,
) -> UpliftReport {
    let total = scored.scores.values().fold([0; 4], |sum, at| [0, 1, 2, 3].map(|i| sum[i] + at[i]));
    let [control, arm, ..] = total;
    let all = (control + arm).max(1) as f64;
    let steps = qini(scored);
    let last = steps.last().map_or(0.0, |point| point.gained);
    let area = area(&steps);
    let (random, unit) = (0.5 * last, about.unit);
    let bands = bands(about, banded);
    let (trend, p) = trend(about, banded);
    UpliftReport {
        arm: plan.arm.clone(),
        metric: about.metric.name.clone(),
        kind: about.metric.kind,
        people: (control + arm) as u64,
        treated: arm as f64 / all,
        effect: last / unit,
        qini: (area - random) / unit,
        area: area / unit,
        random: random / unit,
        trend,
        p,
        bands,
        curve: thinned(steps, all as u64).map(|at| QiniPoint { gained: at.gained / unit, ..at }).collect(),
        effects: effects(schema, of, models, unit),
        scale: scale(about.metric) * unit,
    }
}

/// The curve at every score, from nobody to everyone.
pub(super) fn qini(scored: &Scored) -> Vec<QiniPoint> {
    let [control, arm] = [0, 1].map(|at| scored.scores.values().map(|of| of[at]).sum::<i64>());
    let mut sum = [0i64; 4];
    let mut points = vec![QiniPoint { share: 0.0, gained: 0.0 }];
    for at in scored.scores.values().rev() {
        sum.iter_mut().zip(at).for_each(|(sum, of)| *sum += of);
        let [n_c, n_t, y_c, y_t] = sum.map(|count| count as f64);
        let would = if n_c > 0.0 { y_c * n_t / n_c } else { 0.0 };
        let share = (n_c + n_t) / (control + arm).max(1) as f64;
        points.push(QiniPoint { share, gained: (y_t - would) / arm.max(1) as f64 });
    }
    points
}

/// The area under straight lines from point to point.
pub(super) fn area(points: &[QiniPoint]) -> f64 {
    points.windows(2).map(|two| 0.5 * (two[1].share - two[0].share) * (two[1].gained + two[0].gained)).sum()
}

/// As many points as are drawn.
fn thinned(points: Vec<QiniPoint>, people: u64) -> impl Iterator<Item = QiniPoint> {
    let step = 1.0 / POINTS.min(people.max(1)) as f64;
    let (mut next, last) = (0.0, points.len().saturating_sub(1));
    points.into_iter().enumerate().filter_map(move |(at, point)| {
        let drawn = point.share >= next || at == last;
        next = if drawn { point.share + step } else { next };
        drawn.then_some(point)
    })
}

/// The arm's value less the control's, its interval, and its variance.
fn apart(about: &About<'_>, [control, arm]: [&Cell; 2]) -> Option<(f64, Option<Interval>, f64)> {
    let part = |of: &Cell| of.moments.variance() / of.moments.n as f64;
    if control.moments.n == 0 || arm.moments.n == 0 {
        return None;
    }
    let interval = match about.metric.kind {
        MetricKind::Rate => {
            let [x1, n1, x2, n2] =
                [control.positive, control.moments.n, arm.positive, arm.moments.n].map(|n| n as f64);
            Some(newcombe(x1, n1, x2, n2))
        }
        _ => welch(&control.moments, &arm.moments).map(|test| test.interval.scaled(1.0 / about.unit)),
    };
    Some(((arm.moments.mean() - control.moments.mean()) / about.unit, interval, part(control) + part(arm)))
}

fn bands(about: &About<'_>, banded: &Banded) -> Vec<UpliftBand> {
    let mut sum = [Cell::default(); 2];
    let one = |(band, pair): (u32, &[Cell])| {
        sum.iter_mut().zip(pair).for_each(|(sum, of)| *sum += *of);
        let own = apart(about, [&pair[0], &pair[1]]);
        UpliftBand {
            band,
            control: pair[0].moments.n,
            people: pair[1].moments.n,
            uplift: own.map(|own| own.0),
            interval: own.and_then(|own| own.1),
            so_far: apart(about, [&sum[0], &sum[1]]).map(|of| of.0),
        }
    };
    (1..).zip(banded.cells.chunks(2)).map(one).collect()
}

/// The slope of bands' uplift downwards, in standard errors, and its p.
fn trend(about: &About<'_>, banded: &Banded) -> (f64, f64) {
    let known = |(at, pair): (usize, &[Cell])| {
        let (uplift, _, variance) = apart(about, [&pair[0], &pair[1]])?;
        let variance = variance / (about.unit * about.unit);
        (variance > 0.0).then(|| (-(at as f64), uplift, 1.0 / variance))
    };
    let all: Vec<(f64, f64, f64)> = banded.cells.chunks(2).enumerate().filter_map(known).collect();
    let weight: f64 = all.iter().map(|(.., w)| w).sum();
    let middle = all.iter().map(|(x, _, w)| x * w).sum::<f64>() / weight;
    let spread: f64 = all.iter().map(|(x, _, w)| w * (x - middle) * (x - middle)).sum();
    if all.len() < 2 || spread <= 0.0 {
        return (0.0, 1.0);
    }
    let slope: f64 = all.iter().map(|(x, y, w)| w * (x - middle) * y).sum();
    let z = slope / num::sqrt(spread);
    (z, num::normal_two_sided(z))
}

/// What each value adds.
fn effects(schema: &PastSchema, of: &Covariates, models: &[Model], unit: f64) -> Vec<UpliftEffect> {
    let mean =
        |place: usize| models.iter().map(|model| model.0[place]).sum::<f64>() / models.len() as f64 / unit;
    let effect = |(place, (column, value)): (usize, (String, String))| UpliftEffect {
        column,
        value,
        effect: mean(place),
    };
    // "No value" says something only where somebody has none.
    let said = |of: &UpliftEffect| !of.value.is_empty() || of.effect != 0.0;
    (1..).zip(of.names(schema)).map(effect).filter(said).collect()
}
