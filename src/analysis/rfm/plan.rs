//! How buyers are scored and grouped.

use crate::error::{self, Result};
use serde::{Deserialize, Serialize};

/// Groups of buyers and of people who never bought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "RfmPreset"))]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Seven groups of buyers, four of leads told by what they did.
    #[default]
    Leads,
    /// Eleven groups of buyers: those who bought little and once take the names of leads.
    Buyers,
}

/// How RFM is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct RfmPlan {
    /// Days of orders that count, back from the last day; 0 for all.
    pub window: u32,
    /// Days for the cuts of R, ascending: up to the first scores 5. Quintiles if not given.
    pub recency: Option<[i64; 4]>,
    /// Orders for the cuts of F, ascending: up to the first scores 1.
    pub frequency: Option<[i64; 4]>,
    /// Whole units of money for the cuts of M, ascending: up to the first scores 1.
    pub money: Option<[i64; 4]>,
    /// Which groups.
    pub preset: Preset,
    /// Groups instead of the preset's: five rows for FM 5 to 1, each of five names for R 5 to 1.
    pub grid: Option<[[String; 5]; 5]>,
    /// Events that mean a checkout nobody finished.
    pub abandoned: Vec<String>,
    /// Days back to the state that flow is measured from; 0 for no flow.
    pub previous: u32,
}

impl Default for RfmPlan {
    fn default() -> Self {
        let (recency, frequency, money, preset, grid, abandoned) = Default::default();
        RfmPlan { window: 0, recency, frequency, money, preset, grid, abandoned, previous: 30 }
    }
}

/// The preset's groups, and what to do about them.
pub const GROUPS: [(&str, &str); 11] = [
    ("Champion", "reward"),
    ("Loyal Customers", "upsell"),
    ("Promising", "second-order"),
    ("Fresh Leads", "welcome"),
    ("Abandoned Checkouts", "remind"),
    ("Warm Leads", "convert"),
    ("Cold Leads", "nurture"),
    ("Need Attention", "reactivate"),
    ("Cannot Lose", "win-back"),
    ("Sleepers", "wake"),
    ("Lost", "last-offer"),
];

/// Places in [`GROUPS`]: rows FM 5 to 1, columns R 5 to 1 (F7, preset A).
const LEADS: [[u8; 5]; 5] =
    [[0, 0, 1, 8, 8], [0, 0, 1, 8, 8], [1, 1, 7, 7, 9], [2, 2, 7, 9, 10], [2, 2, 7, 9, 10]];
/// The same of preset B.
const BUYERS: [[u8; 5]; 5] =
    [[0, 0, 1, 8, 8], [0, 0, 1, 8, 8], [2, 2, 7, 7, 9], [2, 2, 7, 9, 9], [3, 4, 5, 6, 10]];
/// Groups of people who never bought, in the order they are tried: checkout, first seen lately, active lately, others.
const UNSOLD: [u8; 4] = [4, 3, 5, 6];

impl RfmPlan {
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        let rising =
            |cuts: &Option<[i64; 4]>| cuts.is_none_or(|c| c.windows(2).all(|pair| pair[0] < pair[1]));
        let small = |cuts: &Option<[i64; 4]>| cuts.is_none_or(|c| c.iter().all(|cut| cut.abs() < 1 << 40));
        let named = |grid: &[[String; 5]; 5]| grid.iter().flatten().all(|name| !name.trim().is_empty());
        error::settings(&[
            ("rfm.window", self.window <= 40_000),
            ("rfm.previous", self.previous <= 40_000),
            ("rfm.recency", rising(&self.recency)),
            ("rfm.frequency", rising(&self.frequency)),
            ("rfm.money", rising(&self.money) && small(&self.money)),
            ("rfm.grid", self.grid.as_ref().is_none_or(named)),
        ])
    }
    /// Names of the groups, in the order of the report, and what to do about each.
    pub fn names(&self) -> Vec<(String, String)> {
        let mut all: Vec<(String, String)> = GROUPS.iter().map(|(n, s)| ((*n).into(), (*s).into())).collect();
        for name in self.grid.iter().flatten().flatten() {
            if !all.iter().any(|(known, _)| known == name) {
                all.push((name.clone(), String::new()));
            }
        }
        all
    }
    /// The group of each score: by FM − 1, then R − 1.
    pub fn places(&self) -> [[u8; 5]; 5] {
        let names = self.names();
        let own = |fm: usize, r: usize| {
            let name = self.grid.as_ref().map(|grid| &grid[fm][r])?;
            names.iter().position(|(known, _)| known == name).map(|at| at as u8)
        };
        let preset = if self.preset == Preset::Leads { LEADS } else { BUYERS };
        [4, 3, 2, 1, 0].map(|fm| [4, 3, 2, 1, 0].map(|r| own(fm, r).unwrap_or(preset[fm][r])))
    }
    /// The groups of people who never bought, if they are told apart.
    pub fn leads(&self) -> Option<[u8; 4]> {
        (self.preset == Preset::Leads).then_some(UNSOLD)
    }
}
