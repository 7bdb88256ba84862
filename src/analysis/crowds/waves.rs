//! From a crowd to a campaign: whom to leave out, whom to hold back, whom to reach first and whom next
//! (`formulas.md` F25). The holdout is drawn by lot, so it is the same in every file and month.

use super::share;
use crate::audience::{Expr, LOTS};
use crate::error::{self, Error, Kind, Result};
use crate::shard::crowd::count;
use crate::shard::desk::Desk;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Those that are reached.
const REACHED: [&str; 2] = ["wave-1", "wave-2"];
/// Those of whom a list is made.
pub const LISTED: [&str; 3] = ["wave-1", "wave-2", "holdout"];

/// How a crowd becomes waves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct WavePlan {
    /// Who.
    pub crowd: Expr,
    /// Crowds that are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<Expr>>", optional))]
    pub suppress: Vec<Expr>,
    /// Held back and not reached at all, in per cent, so that the effect can be measured.
    pub holdout: f64,
    /// Seed of the draw.
    pub seed: u32,
    /// The first wave are the best so many per cent of everyone by score.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub top: Option<f64>,
    /// With `top`: below this many per cent nobody is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub floor: Option<f64>,
    /// The first wave are those in this crowd, instead of `top`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub first: Option<Expr>,
    /// Those who bought since: the second wave leaves them out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub converted: Option<Expr>,
    /// When, by wave (`wave-1`, `wave-2`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(as = "Option<BTreeMap<String, String>>", optional))]
    pub timing: BTreeMap<String, String>,
    /// Where, by wave.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(as = "Option<BTreeMap<String, String>>", optional))]
    pub touchpoint: BTreeMap<String, String>,
    /// With what, by wave.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(test, ts(as = "Option<BTreeMap<String, String>>", optional))]
    pub offer: BTreeMap<String, String>,
}

impl Default for WavePlan {
    fn default() -> Self {
        let none = BTreeMap::new;
        WavePlan {
            crowd: Expr::Everyone,
            suppress: vec![],
            holdout: 5.0,
            seed: 7,
            top: None,
            floor: None,
            first: None,
            converted: None,
            timing: none(),
            touchpoint: none(),
            offer: none(),
        }
    }
}

/// The waves. Their people are the crowd, each once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct WaveReport {
    /// People of the crowd.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// In the order they are told.
    pub rows: Vec<Wave>,
}

/// Part of a crowd.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Wave {
    /// What becomes of them: reached in `wave-1` or `wave-2`, not reached again (`converted`) or at all (`left`), held
    /// back (`holdout`), left out (`suppressed`).
    #[cfg_attr(
        test,
        ts(type = "\"wave-1\" | \"wave-2\" | \"converted\" | \"left\" | \"holdout\" | \"suppressed\"")
    )]
    pub wave: String,
    /// People.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Their share of the crowd.
    pub share: f64,
    /// Who they are.
    pub crowd: Expr,
}

impl crate::gate::Cells for WaveReport {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        self.rows.iter().for_each(|row| visit(row.people));
    }
}

impl WavePlan {
    /// Every crowd it names.
    pub fn crowds(&self) -> impl Iterator<Item = &Expr> {
        [&self.crowd].into_iter().chain(&self.suppress).chain(&self.first).chain(&self.converted)
    }
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        let cut = |share: Option<f64>| share.is_none_or(|share| (0.1..=100.0).contains(&share));
        let known = |said: &BTreeMap<String, String>| said.keys().all(|wave| REACHED.contains(&&**wave));
        error::settings(&[
            ("waves.timing", known(&self.timing)),
            ("waves.touchpoint", known(&self.touchpoint)),
            ("waves.offer", known(&self.offer)),
            ("waves.holdout", (0.0..=100.0).contains(&self.holdout)),
            ("waves.top", cut(self.top) && (self.top.is_none() || self.first.is_none())),
            ("waves.floor", cut(self.floor) && (self.floor.is_none() || self.top.is_some())),
        ])
    }
    /// The crowds, by what becomes of them; `best` names those who score among so many per cent of everyone.
    fn rows(&self, best: impl Fn(f64) -> Expr) -> Vec<(&'static str, Expr)> {
        let suppressed = Expr::Or { of: self.suppress.clone() };
        let some = !self.suppress.is_empty();
        let left = if some { self.crowd.clone().minus(suppressed.clone()) } else { self.crowd.clone() };
        let held = (self.holdout * f64::from(LOTS) / 100.0 + 0.5) as u32;
        let lots = |from: u32, to: u32| left.clone().and(Expr::Hash { seed: self.seed, from, to });
        let reached = if held > 0 { lots(held, LOTS) } else { left.clone() };
        let one = self.first.clone().or(self.top.map(&best));
        let low = self.floor.map(|floor| best(floor.max(self.top.unwrap_or_default())));
        let rest = low.clone().map_or(reached.clone(), |low| reached.clone().and(low));
        let later = one.clone().map_or(rest.clone(), |one| rest.minus(one));
        let next = self.converted.clone().map_or(later.clone(), |done| later.clone().minus(done));
        let rows = [
            ("wave-1", one.map(|one| reached.clone().and(one))),
            ("wave-2", Some(next)),
            ("converted", self.converted.clone().map(|done| later.and(done))),
            ("left", low.map(|low| reached.minus(low))),
            ("holdout", (held > 0).then(|| lots(0, held))),
            ("suppressed", some.then(|| self.crowd.clone().and(suppressed))),
        ];
        rows.into_iter().filter_map(|(wave, crowd)| Some((wave, crowd?.canonical()))).collect()
    }
}

/// Counts the waves; `cuts` are the thousand cuts of the score `measure`, the best first.
pub async fn waves(desk: &Desk, plan: &WavePlan, measure: &str, cuts: &[String]) -> Result<WaveReport> {
    plan.check()?;
    if plan.top.is_some() && cuts.is_empty() {
        return Err(Error::new(Kind::TooEarly).column(measure));
    }
    let best = |share: f64| {
        let at = ((share * 10.0 + 0.5) as usize).clamp(1, cuts.len().max(1)) - 1;
        Expr::Top { measure: measure.into(), cut: cuts.get(at).cloned().unwrap_or_default() }
    };
    let rows = plan.rows(best);
    let of = std::iter::once(&plan.crowd).chain(rows.iter().map(|row| &row.1)).cloned().collect();
    let counts = count(desk, of).await?;
    let people = counts[0];
    let row = |((wave, crowd), &n): ((&'static str, Expr), &u64)| Wave {
        wave: wave.into(),
        people: n,
        share: share(n, people),
        crowd,
    };
    Ok(WaveReport { people, rows: rows.into_iter().zip(&counts[1..]).map(row).collect() })
}
