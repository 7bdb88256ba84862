//! What becomes of printed figures.

use super::plan::{ArmGiven, ArmsGiven, ChangeGiven, FiguresPlan, RatioGiven, SumGiven};
use crate::error::Result;
use crate::gate::Cells;
use crate::num::{
    Interval, chi2_sf, newcombe, print_verdict, prints, rate_ratio_interval, two_proportions, wilson,
};
use serde::Serialize;

/// The report.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FiguresReport {
    /// Experiments.
    pub arms: Vec<ArmsChecked>,
    /// Wholes and their parts.
    pub sums: Vec<SumChecked>,
    /// Rates between stages.
    pub stages: Vec<RatioChecked>,
    /// Changes.
    pub changes: Vec<ChangeChecked>,
}

/// An experiment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ArmsChecked {
    /// Of what.
    pub name: String,
    /// χ² of the sizes against the plan.
    pub chi2: f64,
    /// Its tail.
    pub p: f64,
    /// `fine`, or `uneven-split` where p is below 0.001.
    pub verdict: &'static str,
    /// Its arms.
    pub arms: Vec<ArmChecked>,
    /// Ratio and growth, where they were printed.
    pub growth: Option<GrowthChecked>,
}

/// An arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ArmChecked {
    /// Its name.
    pub name: String,
    /// People.
    pub people: u64,
    /// Of all.
    pub share: f64,
    /// Of the printed share: `fine`, `ten-times`, `rate-apart`.
    pub share_verdict: &'static str,
    /// Of its people those who did it.
    pub rate: Option<f64>,
    /// Wilson's 95 % interval.
    pub interval: Option<Interval>,
    /// Difference to the first arm, with Newcombe's interval.
    pub difference: Option<(f64, Interval)>,
    /// Relative lift over it, with its interval on the log scale.
    pub relative: Option<(f64, Interval)>,
    /// Two-sided.
    pub p: Option<f64>,
    /// Of the printed interval: `fine` if it is that of the rate, the difference or the lift; `interval-apart`.
    pub interval_verdict: &'static str,
}

/// A printed ratio or growth.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct GrowthChecked {
    /// Growth that goes with the printed ratio, in percent.
    pub growth: Option<f64>,
    /// What the ratio is of: `rates`, `people`, `neither`.
    pub of: &'static str,
    /// `fine`; `growth-apart` where growth is not the ratio less one.
    pub verdict: &'static str,
}

/// A whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct SumChecked {
    /// Of what.
    pub name: String,
    /// What the parts add up to.
    pub sum: u64,
    /// As printed.
    pub printed: u64,
    /// `fine`, `sum-apart`.
    pub verdict: &'static str,
}

/// A rate between stages.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct RatioChecked {
    /// Of what.
    pub name: String,
    /// The one over the other.
    pub ratio: f64,
    /// Its interval; of a cohort only, since a stock is no part of another.
    pub interval: Option<Interval>,
    /// `fine`, `stocks-not-flow`, `ten-times`, `rate-apart`.
    pub verdict: &'static str,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ChangeChecked {
    /// Of what.
    pub name: String,
    /// Percentage points from before to after.
    pub points: Option<f64>,
    /// Percent of before.
    pub percent: Option<f64>,
    /// What would come after, in percent, if the print means points.
    pub if_points: Option<f64>,
    /// And if it means percent of before.
    pub if_percent: Option<f64>,
    /// `points`, `percent`, `either`, `rate-apart`; `no-base` where nothing before is known, `two-ways` where nothing after.
    pub verdict: &'static str,
}

/// Checks everything.
pub fn figures(plan: &FiguresPlan) -> Result<FiguresReport> {
    plan.check()?;
    Ok(FiguresReport {
        arms: plan.arms.iter().map(arms).collect(),
        sums: plan.sums.iter().map(sum).collect(),
        stages: plan.stages.iter().map(stage).collect(),
        changes: plan.changes.iter().map(change).collect(),
    })
}

fn arms(of: &ArmsGiven) -> ArmsChecked {
    let all: u64 = of.arms.iter().map(|arm| arm.people).sum();
    let planned = |at: usize| of.planned.get(at).copied().unwrap_or(1.0);
    let whole: f64 = (0..of.arms.len()).map(planned).sum();
    let off = |(at, arm): (usize, &ArmGiven)| {
        let expected = all as f64 * planned(at) / whole;
        (arm.people as f64 - expected) * (arm.people as f64 - expected) / expected
    };
    let chi2 = of.arms.iter().enumerate().map(off).sum();
    let p = chi2_sf(chi2, of.arms.len() as u32 - 1);
    ArmsChecked {
        name: of.name.clone(),
        chi2,
        p,
        verdict: if p < 0.001 { "uneven-split" } else { "fine" },
        arms: (0..of.arms.len()).map(|at| arm(of, at, all)).collect(),
        growth: (of.ratio.is_some() || of.growth.is_some()).then(|| growth(of)),
    }
}

fn arm(of: &ArmsGiven, at: usize, all: u64) -> ArmChecked {
    let (control, arm) = (&of.arms[0], &of.arms[at]);
    let count = |arm: &ArmGiven| arm.did.map(|did| (did as f64, arm.people as f64));
    let own = count(arm);
    let pair = count(control).zip(own).filter(|_| at > 0);
    let difference = pair.map(|((x1, n1), (x2, n2))| (x2 / n2 - x1 / n1, newcombe(x1, n1, x2, n2)));
    let relative = pair.and_then(|((x1, n1), (x2, n2))| {
        let ends = rate_ratio_interval(x2, n2, x1, n1)?;
        Some((x2 / n2 / (x1 / n1) - 1.0, Interval { low: ends.low - 1.0, high: ends.high - 1.0 }))
    });
    let interval = own.map(|(x, n)| wilson(x, n));
    let ends = [interval, difference.map(|d| d.1), relative.map(|r| r.1)];
    let is = |said: &[String; 2], ends: Interval| {
        prints(100.0 * ends.low, &said[0]) && prints(100.0 * ends.high, &said[1])
    };
    let same = |said: &[String; 2]| ends.iter().flatten().any(|ends| is(said, *ends));
    let share = arm.people as f64 / all as f64;
    ArmChecked {
        name: arm.name.clone(),
        people: arm.people,
        share,
        share_verdict: arm.share.as_ref().map_or("fine", |text| print_verdict(100.0 * share, text)),
        rate: own.map(|(x, n)| x / n),
        interval,
        difference,
        relative,
        p: pair.map(|((x1, n1), (x2, n2))| two_proportions(x1, n1, x2, n2).p),
        interval_verdict: match &arm.interval {
            Some(said) if !same(said) => "interval-apart",
            _ => "fine",
        },
    }
}

fn growth(of: &ArmsGiven) -> GrowthChecked {
    let [control, arm] = [&of.arms[0], &of.arms[1]];
    let rate = |arm: &ArmGiven| arm.did.map(|did| did as f64 / arm.people as f64);
    let rates = rate(arm).zip(rate(control)).map(|(a, c)| a / c);
    let people = arm.people as f64 / control.people as f64;
    let is = |number: f64| of.ratio.as_ref().is_some_and(|text| prints(number, text));
    let said = of.ratio.as_deref().and_then(crate::num::printed);
    let apart = match (said, of.growth.as_deref().and_then(crate::num::printed)) {
        // Both are rounded.
        (Some((ratio, unit)), Some((growth, last))) => {
            (100.0 * (ratio - 1.0) - growth).abs() >= 100.0 * unit + last
        }
        _ => false,
    };
    GrowthChecked {
        growth: said.map(|(ratio, _)| 100.0 * (ratio - 1.0)),
        of: match () {
            () if rates.is_some_and(is) => "rates",
            () if is(people) || is(1.0 / people) => "people",
            () => "neither",
        },
        verdict: if apart { "growth-apart" } else { "fine" },
    }
}

fn sum(of: &SumGiven) -> SumChecked {
    let sum: u64 = of.parts.iter().sum();
    let mut unit = 1;
    while of.printed.is_multiple_of(10 * unit) {
        unit *= 10;
    }
    let fine = sum.abs_diff(of.printed) < unit;
    let verdict = if fine { "fine" } else { "sum-apart" };
    SumChecked { name: of.name.clone(), sum, printed: of.printed, verdict }
}

fn stage(of: &RatioGiven) -> RatioChecked {
    let ratio = of.to as f64 / of.from as f64;
    let interval = (of.cohort && of.to <= of.from).then(|| wilson(of.to as f64, of.from as f64));
    let verdict = match print_verdict(100.0 * ratio, &of.printed) {
        "fine" if !of.cohort => "stocks-not-flow",
        other => other,
    };
    RatioChecked { name: of.name.clone(), ratio, interval, verdict }
}

fn change(of: &ChangeGiven) -> ChangeChecked {
    let said = crate::num::printed(&of.printed).map(|(said, _)| said);
    let both = of.before.zip(of.after);
    let points = both.map(|(before, after)| after - before);
    let percent = both.map(|(before, after)| 100.0 * (after / before - 1.0));
    let is = |number: Option<f64>| number.is_some_and(|number| prints(number, &of.printed));
    ChangeChecked {
        name: of.name.clone(),
        points,
        percent,
        if_points: of.before.zip(said).map(|(before, said)| before + said),
        if_percent: of.before.zip(said).map(|(before, said)| before * (1.0 + said / 100.0)),
        verdict: match (of.before, of.after) {
            (None, _) => "no-base",
            (_, None) => "two-ways",
            _ => match (is(points), is(percent)) {
                (true, true) => "either",
                (true, false) => "points",
                (false, true) => "percent",
                (false, false) => "rate-apart",
            },
        },
    }
}

impl Cells for FiguresReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.arms.iter().flat_map(|arms| &arms.arms).for_each(|arm| visit(arm.people));
    }
}
