//! The best arm for each person: what choosing so is worth.
//!
//! Of N people in arms n_c are recommended arm c, and ȳ_ca is the mean of those of them who are in arm a. As people came into arms by
//! lot, ȳ_ca is what they all would do there, so giving everyone their own arm is worth Σ n_c/N · ȳ_cc, and giving everyone arm b
//! Σ n_c/N · ȳ_cb: the inverse-propensity weighted mean, each weighed by the share of their arm among those of the same
//! recommendation (Hirano, Imbens and Ridder 2003; Zhao, Fang and Simchi-Levi, "Uplift Modeling with Multiple Treatments",
//! 2017). The variance is Σ (n_c/N)²·s²/n of the cells taken, and that of the groups around the mean over N. Who is recommended
//! the arm that they are compared with adds nothing to a difference. Nobody's arm is chosen by a model that saw them, so the value is of
//! people to come; the best single arm is picked among those that were seen, which makes the difference to it too small
//! rather than too large.

use super::About;
use super::choose::Chosen;
use crate::analysis::experiment::measure::Cell;
use crate::analysis::experiment::plan::MetricKind;
use crate::num::{self, Interval, Z95};
use serde::Serialize;

/// People of a cell, at least, for an interval.
const FEW: u64 = 30;

/// What choosing an arm for each person is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PolicyReport {
    /// The metric.
    pub metric: String,
    /// How it is read.
    pub kind: MetricKind,
    /// People in arms.
    pub people: u64,
    /// The control, and the other arms by name.
    pub arms: Vec<PolicyArm>,
    /// Share or mean if everyone were given the arm recommended to them, in the unit of the file.
    pub own: PolicyValue,
    /// The single arm with the highest value.
    pub best: String,
    /// Everyone's own arm against everyone in the best single one; absent where a group has nobody there.
    pub over_best: Option<PolicyGain>,
    /// Everyone's own arm against everyone in the control.
    pub over_control: Option<PolicyGain>,
}

/// An arm.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PolicyArm {
    /// Its name.
    pub arm: String,
    /// People in it.
    pub people: u64,
    /// People it is recommended to: to whom it does most; the control where no arm is expected to do anything.
    pub recommended: u64,
    /// Of these, those who are in it: what is known of what it does for them.
    pub followed: u64,
    /// Fewer than 30 of them, or of them in another arm: too few to tell.
    pub few: bool,
    /// What those who followed came to.
    pub seen: Option<f64>,
    /// Share or mean if everyone were given this arm.
    pub everyone: PolicyValue,
}

/// A share or mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PolicyValue {
    /// It; absent where a group has nobody in the arm.
    pub value: Option<f64>,
    /// Its 95 % interval; absent where a group has fewer than 30.
    pub interval: Option<Interval>,
}

/// A difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PolicyGain {
    /// It.
    pub difference: f64,
    /// Its 95 % interval; absent where a cell has fewer than 30, or all are recommended the same.
    pub interval: Option<Interval>,
    /// Two-sided; absent as the interval is.
    pub p: Option<f64>,
}

/// The cells on the desk.
struct Desk<'a> {
    cells: &'a [Cell],
    width: usize,
    unit: f64,
}

/// A weighted mean over groups, its variance, and whether every group has enough people.
struct Mean {
    value: f64,
    variance: f64,
    enough: bool,
}

impl Desk<'_> {
    fn cell(&self, group: usize, arm: usize) -> &Cell {
        &self.cells[group * self.width + arm]
    }
    /// People by what is recommended to them.
    fn groups(&self) -> Vec<u64> {
        let people = |of: &[Cell]| of.iter().map(|cell| cell.moments.n).sum();
        self.cells.chunks(self.width).map(people).collect()
    }
    /// Σ n_c/N times the sum of these cells of the group with their signs. Nothing where a group has nobody in one of them.
    fn mean(&self, cells: impl Fn(usize) -> Vec<(f64, usize)>) -> Option<Mean> {
        let groups = self.groups();
        let all = groups.iter().sum::<u64>() as f64;
        let (mut parts, mut variance, mut enough) = (Vec::new(), 0.0, true);
        for (group, people) in groups.iter().enumerate().filter(|(_, people)| **people > 0) {
            let (share, mut own) = (*people as f64 / all, 0.0);
            for (sign, arm) in cells(group) {
                let of = &self.cell(group, arm).moments;
                if of.n == 0 {
                    return None;
                }
                own += sign * of.mean() / self.unit;
                enough &= of.n >= FEW;
                variance += share * share * of.variance() / (of.n as f64 * self.unit * self.unit);
            }
            parts.push((share, own));
        }
        let value = parts.iter().map(|(share, own)| share * own).sum::<f64>();
        let spread = parts.iter().map(|(share, own)| share * (own - value) * (own - value)).sum::<f64>();
        Some(Mean { value, variance: variance + spread / all, enough })
    }
    fn value(&self, arm: impl Fn(usize) -> usize) -> PolicyValue {
        let found = self.mean(|group| vec![(1.0, arm(group))]);
        PolicyValue {
            value: found.as_ref().map(|of| of.value),
            interval: found.filter(|of| of.enough).map(|of| of.interval()),
        }
    }
    /// Everyone's own arm against this one for all.
    fn over(&self, arm: usize) -> Option<PolicyGain> {
        let apart = |group: usize| if group == arm { vec![] } else { vec![(1.0, group), (-1.0, arm)] };
        let found = self.mean(apart)?;
        let told = found.enough && found.variance > 0.0;
        Some(PolicyGain {
            difference: found.value,
            interval: told.then(|| found.interval()),
            p: told.then(|| num::normal_two_sided(found.value / num::sqrt(found.variance))),
        })
    }
}

impl Mean {
    fn interval(&self) -> Interval {
        let half = Z95 * num::sqrt(self.variance);
        Interval { low: self.value - half, high: self.value + half }
    }
}

pub(super) fn report(about: &About<'_>, names: &[String], found: &Chosen) -> PolicyReport {
    let desk = Desk { cells: &found.cells, width: names.len(), unit: about.unit };
    let groups = desk.groups();
    let arm = |(at, name): (usize, &String)| {
        let own = &desk.cell(at, at).moments;
        let least = (0..names.len()).map(|arm| desk.cell(at, arm).moments.n).min().unwrap_or(0);
        PolicyArm {
            arm: name.clone(),
            people: (0..names.len()).map(|group| desk.cell(group, at).moments.n).sum(),
            recommended: groups[at],
            followed: own.n,
            few: groups[at] > 0 && least < FEW,
            seen: (own.n > 0).then(|| own.mean() / about.unit),
            everyone: desk.value(|_| at),
        }
    };
    let arms: Vec<PolicyArm> = names.iter().enumerate().map(arm).collect();
    let worth = |at: &usize| arms[*at].everyone.value.unwrap_or(f64::NEG_INFINITY);
    let best = (0..arms.len()).rev().max_by(|one, other| worth(one).total_cmp(&worth(other))).unwrap_or(0);
    PolicyReport {
        metric: about.metric.name.clone(),
        kind: about.metric.kind,
        people: groups.iter().sum(),
        own: desk.value(|group| group),
        best: arms[best].arm.clone(),
        over_best: desk.over(best),
        over_control: desk.over(0),
        arms,
    }
}
