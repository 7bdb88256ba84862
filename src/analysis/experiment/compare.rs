//! Every arm against the control.

use super::estimated::estimates;
use super::measure::{CURVE, Cell, Outcomes, Weigh};
use super::plan::{ExperimentPlan, Metric, MetricKind};
use super::report::{
    ArmReport, CurvePoint, ExperimentReport, Lift, MetricArm, MetricReport, Note, SegmentReport, Srm, Verdict,
};
use super::trend;
use crate::num::{
    self, Always, Estimate, Interval, Resampled, newcombe, rate_ratio_interval, two_proportions, welch,
    wilson,
};
use crate::table::history::PastSchema;
use std::collections::BTreeMap;

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
    let early = found.cells.iter().any(|cell| cell.moments.n < plan.size);
    let held = match (srm.alarm, early) {
        (true, _) => Some(Verdict::BrokenSplit),
        // What holds at any look may be said before its time.
        (_, true) if !plan.sequential => Some(Verdict::TooEarly),
        _ => None,
    };
    let desk = Desk { names, control, plan, held };
    let width = names.len();
    let all = |cells: &[Cell], values: &[BTreeMap<i64, u64>]| -> Vec<MetricReport> {
        let each = metrics.iter().zip(cells.chunks(width)).zip(values.chunks(width));
        each.map(|((metric, cells), values)| desk.metric(metric, metric.units(schema), cells, values))
            .collect()
    };
    let labels = question.segment.map(|(dim, _)| &schema.tables[2].dims[dim as usize].labels);
    let each = width * metrics.len().max(1);
    let parts = found.segments.chunks(each).zip(found.parts.chunks(each)).zip(labels.into_iter().flatten());
    let parts = parts.filter(|((cells, _), _)| cells.iter().any(|cell| cell.moments.n > 0));
    let mut segments: Vec<SegmentReport> = parts
        .map(|((cells, values), label)| SegmentReport { segment: label.clone(), metrics: all(cells, values) })
        .collect();
    let ordered = trend::ordered(&mut segments);
    let lifts = segments.iter_mut().flat_map(|s| &mut s.metrics).flat_map(|m| &mut m.arms);
    desk.adjust(lifts.filter_map(|arm| arm.lift.as_mut()).collect(), num::benjamini_hochberg);
    let trends = if ordered { trend::trends(metrics, &segments) } else { vec![] };
    // All that is known counts for who has no day: their curve would be one step on the last of its days.
    let untimed = found.timeless > 0 && found.curve.iter().any(|people| *people > 0);
    let (curve, crossing) = if untimed { (vec![], false) } else { curve(&desk, found) };
    let mut drawn = all(&found.cells, &found.values);
    let means = drawn.iter_mut().zip(metrics).zip(found.values.chunks(width));
    for ((metric, of), values) in means.filter(|((_, of), _)| of.kind == MetricKind::Mean) {
        desk.resample(metric, of.units(schema)[0], values);
    }
    ExperimentReport {
        as_of: schema.last_day(),
        randomised: plan.randomised,
        control: plan.control.clone(),
        arms,
        under_way: found.under_way.iter().sum(),
        several: found.several,
        none: found.none,
        srm,
        metrics: drawn,
        segments,
        trends,
        curve,
        factorial: None,
        uplift: None,
        policy: None,
        observed: None,
        notes: if untimed { vec![Note::CurveUntimed] } else { vec![] },
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
    (arms.collect(), Srm { chi2, p, alarm: p < 0.001 && (plan.randomised || !plan.planned.is_empty()) })
}

impl Desk<'_> {
    fn metric(
        &self,
        metric: &Metric,
        units: [f64; 2],
        cells: &[Cell],
        values: &[BTreeMap<i64, u64>],
    ) -> MetricReport {
        let estimates = estimates(metric, units, cells, values);
        let arm = |at: usize| match &estimates {
            Some(all) => self.estimated(at, &cells[at], units[1], all),
            None => self.averaged(metric.kind, at, units[0], cells),
        };
        let mut arms: Vec<MetricArm> = (0..cells.len()).map(arm).collect();
        self.adjust(arms.iter_mut().filter_map(|arm| arm.lift.as_mut()).collect(), num::holm);
        let control = &cells[self.control];
        let needed = match estimates {
            Some(all) => all[self.control].and_then(|of| self.needed_of(&of, control.moments.n)),
            None => self.needed(metric.kind, control),
        };
        let at = (metric.kind == MetricKind::Quantile).then(|| metric.at.unwrap_or(0.5));
        MetricReport { name: metric.name.clone(), kind: metric.kind, at, arms, needed }
    }
    /// An arm's share or mean.
    fn averaged(&self, kind: MetricKind, at: usize, unit: f64, cells: &[Cell]) -> MetricArm {
        let [control, cell] = [&cells[self.control], &cells[at]];
        let rate = kind == MetricKind::Rate;
        let compared = at != self.control && cell.moments.n > 0 && control.moments.n > 0;
        MetricArm {
            arm: self.names[at].clone(),
            people: cell.moments.n,
            positive: cell.positive,
            per: None,
            value: (cell.moments.n > 0).then(|| cell.moments.mean() / unit),
            interval: rate.then(|| wilson(cell.positive as f64, cell.moments.n as f64)),
            lift: compared.then(|| self.lift(kind, unit, control, cell)),
        }
    }
    /// An arm's ratio or quantile.
    fn estimated(&self, at: usize, cell: &Cell, below: f64, all: &[Option<Estimate>]) -> MetricArm {
        let known = all[self.control].zip(all[at]).filter(|_| at != self.control);
        MetricArm {
            arm: self.names[at].clone(),
            people: cell.moments.n,
            positive: cell.positive,
            per: (cell.per.n > 0).then(|| cell.per.sum as f64 / below),
            value: all[at].map(|of| of.value),
            interval: all[at].and_then(|of| of.interval),
            lift: known.map(|(control, arm)| self.lift_of(&control, &arm)),
        }
    }
    fn lift_of(&self, control: &Estimate, arm: &Estimate) -> Lift {
        let difference = arm.value - control.value;
        let relative = (control.value != 0.0).then(|| arm.value / control.value - 1.0);
        let Some(found) = num::apart(control, arm) else { return Lift::bare(difference, relative) };
        let usual = if control.value == 0.0 { arm.value } else { control.value };
        let always = || num::always(difference, found.variance, self.plan.detect * usual);
        Lift {
            interval: Some(found.interval),
            relative_interval: found.ratio.map(less_one),
            statistic: Some(found.z),
            p: Some(found.p),
            sequential: self.plan.sequential.then(always).flatten(),
            ..Lift::bare(difference, relative)
        }
    }
    /// The p that verdicts go by.
    fn tested(&self, lift: &Lift) -> Option<f64> {
        if self.plan.sequential { lift.sequential.map(|always| always.p) } else { lift.p }
    }
    /// What holds at any look: τ is the lift that is planned for, of the mean of both where the control has nothing.
    fn always(&self, unit: f64, control: &Cell, arm: &Cell) -> Option<Always> {
        let part = |of: &Cell| of.moments.variance() / of.moments.n as f64 / (unit * unit);
        let difference = (arm.moments.mean() - control.moments.mean()) / unit;
        let [a, b] = [control, arm].map(|of| (of.moments.n as f64, of.moments.mean()));
        let usual = if a.1 == 0.0 { b.0 * b.1 / (a.0 + b.0) } else { a.1 };
        let tau = self.plan.detect * usual / unit;
        self.plan.sequential.then(|| num::always(difference, part(control) + part(arm), tau)).flatten()
    }
    fn verdict(&self, lift: &Lift) -> Verdict {
        match self.held {
            Some(why) => why,
            None if lift.adjusted.is_none_or(|p| p >= 0.05) => Verdict::Open,
            None if lift.difference > 0.0 => Verdict::Better,
            None => Verdict::Worse,
        }
    }
    fn lift(&self, kind: MetricKind, unit: f64, control: &Cell, arm: &Cell) -> Lift {
        let mean = control.moments.mean();
        let difference = (arm.moments.mean() - mean) / unit;
        let relative = (mean != 0.0).then(|| arm.moments.mean() / mean - 1.0);
        let plain = Lift { sequential: self.always(unit, control, arm), ..Lift::bare(difference, relative) };
        if kind == MetricKind::Rate {
            let [x1, n1, x2, n2] =
                [control.positive, control.moments.n, arm.positive, arm.moments.n].map(|n| n as f64);
            let test = two_proportions(x1, n1, x2, n2);
            let ratio = rate_ratio_interval(x2, n2, x1, n1);
            let interval = Some(newcombe(x1, n1, x2, n2));
            return Lift {
                interval,
                relative_interval: ratio.map(less_one),
                statistic: Some(test.z),
                p: Some(test.p),
                ..plain
            };
        }
        match welch(&control.moments, &arm.moments) {
            Some(test) => Lift {
                interval: Some(test.interval.scaled(1.0 / unit)),
                statistic: Some(test.t),
                df: Some(test.df),
                p: Some(test.p),
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
            _ => 2.0 * control.moments.variance(),
        };
        enough(mean, spread, other - mean)
    }
    /// The same of a ratio or quantile: its error is that of one person, over the root of how many there are.
    fn needed_of(&self, control: &Estimate, people: u64) -> Option<u64> {
        let error = control.error?;
        enough(control.value, 2.0 * error * error * people as f64, self.plan.detect * control.value)
    }
    /// Of many differences that are looked at, those that can be tested are held against how many they are.
    fn adjust(&self, lifts: Vec<&mut Lift>, by: fn(&[f64]) -> Vec<f64>) {
        let tests: Vec<f64> = lifts.iter().filter_map(|lift| self.tested(lift)).collect();
        let mut adjusted = by(&tests).into_iter();
        for lift in lifts {
            lift.adjusted = self.tested(lift).and_then(|_| adjusted.next());
            lift.verdict = self.verdict(lift);
        }
    }
}

impl Lift {
    /// What is known without a test.
    fn bare(difference: f64, relative: Option<f64>) -> Lift {
        Lift {
            difference,
            interval: None,
            relative,
            relative_interval: None,
            statistic: None,
            df: None,
            p: None,
            adjusted: None,
            sequential: None,
            verdict: Verdict::Open,
            resampled: None,
        }
    }
}

/// Of a ratio to a change.
fn less_one(ratio: Interval) -> Interval {
    Interval { low: ratio.low - 1.0, high: ratio.high - 1.0 }
}

/// People per arm for a difference, where both arms vary as much as `spread` together.
fn enough(value: f64, spread: f64, difference: f64) -> Option<u64> {
    let z = num::normal_quantile(0.975) + num::normal_quantile(0.8);
    let people = z * z * spread / (difference * difference);
    (value > 0.0 && people.is_finite()).then(|| libm::ceil(people) as u64)
}

/// Shares by day, and whether an arm crosses the control.
fn curve(desk: &Desk, found: &Outcomes) -> (Vec<CurvePoint>, bool) {
    let days = found.curve.chunks(CURVE);
    let last = days.clone().filter_map(|arm| arm.iter().rposition(|n| *n > 0)).max();
    let Some(last) = last else { return (vec![], false) };
    let mut sums = vec![0u64; desk.names.len()];
    let all = &found.cells[..desk.names.len()];
    let (mut points, mut signs) = (Vec::new(), vec![[false; 2]; desk.names.len()]);
    for day in 0..=last {
        sums.iter_mut().zip(days.clone()).for_each(|(sum, arm)| *sum += arm[day]);
        let share = |(sum, cell): (&u64, &Cell)| *sum as f64 / cell.moments.n.max(1) as f64;
        points.push(CurvePoint { day: day as u32, shares: sums.iter().zip(all).map(share).collect() });
        for arm in (0..sums.len()).filter(|arm| *arm != desk.control) {
            let at = |arm: usize| [sums[arm] as f64, all[arm].moments.n as f64];
            let ([x1, n1], [x2, n2]) = (at(desk.control), at(arm));
            let z = two_proportions(x1, n1, x2, n2).z;
            signs[arm][0] |= z > num::Z95;
            signs[arm][1] |= z < -num::Z95;
        }
    }
    (points, signs.iter().any(|[above, below]| *above && *below))
}
