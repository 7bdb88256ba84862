//! What an experiment says.

use super::measure::{CURVE, Cell, Outcomes, Weigh};
use super::plan::{ExperimentPlan, Metric, MetricKind};
use crate::gate::Cells;
use crate::num::{self, Interval, Resampled, newcombe, rate_ratio_interval, two_proportions, welch, wilson};
use crate::table::dates;
use crate::table::history::PastSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ExperimentReport {
    /// The last day that counts.
    pub as_of: String,
    /// Whether people were put into arms by lot: if not, differences may be of who they are.
    pub randomised: bool,
    /// The arm that the others are held against.
    pub control: String,
    /// Arms by name.
    pub arms: Vec<ArmReport>,
    /// People in several arms, left out.
    pub several: u64,
    /// People of whom no arm is known, left out.
    pub none: u64,
    /// Whether the arms have the planned ratio.
    pub srm: Srm,
    /// What was measured.
    pub metrics: Vec<MetricReport>,
    /// The same by segment.
    pub segments: Vec<SegmentReport>,
    /// Shares that did the first metric by the end of each day, by arm; empty where it has no time.
    pub curve: Vec<CurvePoint>,
    /// Whether an arm and the control changed places on the way, both times beyond chance.
    pub crossing: bool,
}

/// An arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ArmReport {
    /// Its name.
    pub arm: String,
    /// People.
    pub people: u64,
    /// Of all in arms.
    pub share: f64,
    /// As planned.
    pub planned: f64,
}

/// The sample ratio against the planned one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Srm {
    /// χ².
    pub chi2: f64,
    /// Its tail.
    pub p: f64,
    /// Below 0.001: the split is broken.
    pub alarm: bool,
}

/// What may be said of an arm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "ArmVerdict"))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The split is broken.
    BrokenSplit,
    /// Fewer people than planned are there: looking now and again finds what is not there.
    TooEarly,
    /// Above the control beyond chance.
    Better,
    /// Below it.
    Worse,
    /// Not told apart.
    Open,
}

/// A metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MetricReport {
    /// What it is called.
    pub name: String,
    /// How it is read.
    pub kind: MetricKind,
    /// By arm.
    pub arms: Vec<MetricArm>,
    /// People per arm that find the planned lift four times in five; absent where the control has nothing.
    pub needed: Option<u64>,
}

/// A metric in one arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MetricArm {
    /// Its name.
    pub arm: String,
    /// People.
    pub people: u64,
    /// People with any.
    pub positive: u64,
    /// Share or mean, in the unit of the file.
    pub value: f64,
    /// Its 95 % interval; of shares only.
    pub interval: Option<Interval>,
    /// Against the control; absent for the control.
    pub lift: Option<Lift>,
}

/// An arm against the control.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Lift {
    /// This arm's value less the control's.
    pub difference: f64,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Over the control's value; absent where that is zero.
    pub relative: Option<f64>,
    /// Its 95 % interval; of shares only.
    pub relative_interval: Option<Interval>,
    /// z of shares, t of means.
    pub statistic: f64,
    /// Degrees of freedom of t.
    pub df: Option<f64>,
    /// Two-sided.
    pub p: f64,
    /// Over all arms of the metric, by Holm; over all segments by Benjamini–Hochberg.
    pub adjusted: f64,
    /// What may be said.
    pub verdict: Verdict,
    /// Of means: the difference of values cut at their 99.9th percentile, with intervals by resampling, in the unit of
    /// the file.
    pub resampled: Option<Resampled>,
}

/// A segment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct SegmentReport {
    /// Its value; empty for none.
    pub segment: String,
    /// Metric by metric.
    pub metrics: Vec<MetricReport>,
}

/// A day of the curve.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "ArmPoint"))]
pub struct CurvePoint {
    /// Days behind the assignment.
    pub day: u32,
    /// Share by arm.
    pub shares: Vec<f64>,
}

/// What comparing takes.
struct Desk<'a> {
    names: &'a [String],
    control: usize,
    plan: &'a ExperimentPlan,
    /// Why no verdict is given, if none is.
    held: Option<Verdict>,
}

pub(super) fn report(
    schema: &PastSchema,
    plan: &ExperimentPlan,
    names: &[String],
    control: usize,
    metrics: &[Metric],
    question: &Weigh,
    found: &Outcomes,
) -> ExperimentReport {
    let (arms, srm) = arms(plan, names, &found.people);
    let early = found.people.iter().any(|people| *people < plan.size);
    let held = match (srm.alarm, early) {
        (true, _) => Some(Verdict::BrokenSplit),
        (_, true) => Some(Verdict::TooEarly),
        _ => None,
    };
    let desk = Desk { names, control, plan, held };
    let scale = |metric: &Metric| match (&metric.column, metric.kind) {
        (_, MetricKind::Rate) => 0,
        (Some(name), _) => schema.tables[2].measure(name).map_or(0, |(_, m)| m.decimals),
        (None, _) if metric.event.is_some() => 0,
        (None, _) => schema.tables[1].measures.first().map_or(0, |m| m.decimals),
    };
    let width = names.len();
    let all = |cells: &[Cell]| -> Vec<MetricReport> {
        metrics.iter().zip(cells.chunks(width)).map(|(m, cells)| desk.metric(m, scale(m), cells)).collect()
    };
    let labels = question.segment.map(|(dim, _)| &schema.tables[2].dims[dim as usize].labels);
    let parts = found.segments.chunks(width * metrics.len().max(1)).zip(labels.into_iter().flatten());
    let parts = parts.filter(|(cells, _)| cells.iter().any(|cell| cell.moments.n > 0));
    let mut segments: Vec<SegmentReport> =
        parts.map(|(cells, label)| SegmentReport { segment: label.clone(), metrics: all(cells) }).collect();
    desk.adjust(&mut segments);
    let (curve, crossing) = curve(&desk, found);
    let mut drawn = all(&found.cells);
    for ((metric, of), values) in drawn.iter_mut().zip(metrics).zip(found.values.chunks(width)) {
        desk.resample(metric, 10f64.powi(i32::from(scale(of))), values);
    }
    ExperimentReport {
        as_of: dates::text(f64::from(schema.end_day()) - 1.0),
        randomised: plan.randomised,
        control: plan.control.clone(),
        arms,
        several: found.several,
        none: found.none,
        srm,
        metrics: drawn,
        segments,
        curve,
        crossing,
    }
}

fn arms(plan: &ExperimentPlan, names: &[String], people: &[u64]) -> (Vec<ArmReport>, Srm) {
    let planned: Vec<f64> = names
        .iter()
        .map(
            |name| if plan.planned.is_empty() { 1.0 } else { plan.planned.get(name).copied().unwrap_or(0.0) },
        )
        .collect();
    let (whole, all): (f64, u64) = (planned.iter().sum(), people.iter().sum());
    // An arm that was not planned for stands outside of the ratio.
    let (chi2, p) = num::goodness(people, &planned);
    let arms = names.iter().zip(people).zip(&planned).map(|((name, people), planned)| ArmReport {
        arm: name.clone(),
        people: *people,
        share: *people as f64 / all.max(1) as f64,
        planned: planned / whole,
    });
    (arms.collect(), Srm { chi2, p, alarm: p < 0.001 })
}

impl Desk<'_> {
    fn metric(&self, metric: &Metric, decimals: u8, cells: &[Cell]) -> MetricReport {
        let unit = 10f64.powi(i32::from(decimals));
        let control = &cells[self.control];
        let mut arms: Vec<MetricArm> = cells
            .iter()
            .enumerate()
            .map(|(at, cell)| MetricArm {
                arm: self.names[at].clone(),
                people: cell.moments.n,
                positive: cell.positive,
                value: cell.moments.mean() / unit,
                interval: (metric.kind == MetricKind::Rate)
                    .then(|| wilson(cell.positive as f64, cell.moments.n as f64)),
                lift: (at != self.control && cell.moments.n > 0 && control.moments.n > 0)
                    .then(|| self.lift(metric.kind, unit, control, cell)),
            })
            .collect();
        let tests: Vec<f64> = arms.iter().filter_map(|arm| Some(arm.lift.as_ref()?.p)).collect();
        let adjusted = num::holm(&tests);
        for (lift, adjusted) in arms.iter_mut().filter_map(|arm| arm.lift.as_mut()).zip(adjusted) {
            lift.adjusted = adjusted;
            lift.verdict = self.verdict(lift);
        }
        let needed = self.needed(metric.kind, control);
        MetricReport { name: metric.name.clone(), kind: metric.kind, arms, needed }
    }
    fn verdict(&self, lift: &Lift) -> Verdict {
        match self.held {
            Some(why) => why,
            None if lift.adjusted >= 0.05 => Verdict::Open,
            None if lift.difference > 0.0 => Verdict::Better,
            None => Verdict::Worse,
        }
    }
    fn lift(&self, kind: MetricKind, unit: f64, control: &Cell, arm: &Cell) -> Lift {
        let mean = control.moments.mean();
        let difference = (arm.moments.mean() - mean) / unit;
        let relative = (mean != 0.0).then(|| arm.moments.mean() / mean - 1.0);
        let plain = Lift {
            difference,
            interval: None,
            relative,
            relative_interval: None,
            statistic: 0.0,
            df: None,
            p: 1.0,
            adjusted: 1.0,
            verdict: Verdict::Open,
            resampled: None,
        };
        if kind == MetricKind::Rate {
            let [x1, n1, x2, n2] =
                [control.positive, control.moments.n, arm.positive, arm.moments.n].map(|n| n as f64);
            let test = two_proportions(x1, n1, x2, n2);
            let ratio = rate_ratio_interval(x2, n2, x1, n1);
            let less = |i: Interval| Interval { low: i.low - 1.0, high: i.high - 1.0 };
            let interval = Some(newcombe(x1, n1, x2, n2));
            return Lift {
                interval,
                relative_interval: ratio.map(less),
                statistic: test.z,
                p: test.p,
                ..plain
            };
        }
        match welch(&control.moments, &arm.moments) {
            Some(test) => Lift {
                interval: Some(test.interval.scaled(1.0 / unit)),
                statistic: test.t,
                df: Some(test.df),
                p: test.p,
                ..plain
            },
            None => plain,
        }
    }
    /// Draws the intervals of a mean.
    fn resample(&self, metric: &mut MetricReport, unit: f64, values: &[BTreeMap<i64, u64>]) {
        for (arm, own) in metric.arms.iter_mut().zip(values) {
            let Some(lift) = &mut arm.lift else { continue };
            lift.resampled =
                num::resampled(&values[self.control], own, self.plan.seed).map(|found| Resampled {
                    difference: found.difference / unit,
                    interval: found.interval.scaled(1.0 / unit),
                    ..found
                });
        }
    }
    /// People per arm for the planned lift at 5 % and a power of 80 %.
    fn needed(&self, kind: MetricKind, control: &Cell) -> Option<u64> {
        let mean = control.moments.mean();
        let other = mean * (1.0 + self.plan.detect);
        let spread = match kind {
            MetricKind::Rate if other < 1.0 => mean * (1.0 - mean) + other * (1.0 - other),
            MetricKind::Rate => return None,
            MetricKind::Mean => 2.0 * control.moments.variance(),
        };
        let z = num::normal_quantile(0.975) + num::normal_quantile(0.8);
        let people = z * z * spread / ((other - mean) * (other - mean));
        (mean > 0.0 && people.is_finite()).then(|| libm::ceil(people) as u64)
    }
    /// Over segments many differences are looked at: the share of false ones is held.
    fn adjust(&self, segments: &mut [SegmentReport]) {
        let lifts = segments.iter_mut().flat_map(|s| &mut s.metrics).flat_map(|m| &mut m.arms);
        let mut lifts: Vec<&mut Lift> = lifts.filter_map(|arm| arm.lift.as_mut()).collect();
        let tests: Vec<f64> = lifts.iter().map(|lift| lift.p).collect();
        for (lift, q) in lifts.iter_mut().zip(num::benjamini_hochberg(&tests)) {
            lift.adjusted = q;
            lift.verdict = self.verdict(lift);
        }
    }
}

/// Shares by day, and whether an arm crosses the control.
fn curve(desk: &Desk, found: &Outcomes) -> (Vec<CurvePoint>, bool) {
    let days = found.curve.chunks(CURVE);
    let last = days.clone().filter_map(|arm| arm.iter().rposition(|n| *n > 0)).max();
    let Some(last) = last else { return (vec![], false) };
    let mut sums = vec![0u64; desk.names.len()];
    let (mut points, mut signs) = (Vec::new(), vec![[false; 2]; desk.names.len()]);
    for day in 0..=last {
        sums.iter_mut().zip(days.clone()).for_each(|(sum, arm)| *sum += arm[day]);
        let share = |(sum, people): (&u64, &u64)| *sum as f64 / (*people).max(1) as f64;
        points.push(CurvePoint {
            day: day as u32,
            shares: sums.iter().zip(&found.people).map(share).collect(),
        });
        for arm in (0..sums.len()).filter(|arm| *arm != desk.control) {
            let at = |arm: usize| [sums[arm] as f64, found.people[arm] as f64];
            let ([x1, n1], [x2, n2]) = (at(desk.control), at(arm));
            let z = two_proportions(x1, n1, x2, n2).z;
            signs[arm][0] |= z > num::Z95;
            signs[arm][1] |= z < -num::Z95;
        }
    }
    (points, signs.iter().any(|[above, below]| *above && *below))
}

impl Cells for ExperimentReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.arms.iter().for_each(|arm| visit(arm.people));
        let segments = self.segments.iter().flat_map(|segment| &segment.metrics);
        segments.flat_map(|metric| &metric.arms).for_each(|arm| visit(arm.people));
    }
}
