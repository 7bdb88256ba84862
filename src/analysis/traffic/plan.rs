//! How traffic is split.

use super::MOST;
use crate::error::{self, Error, Kind, Result};
use crate::id::BUCKETS;
use crate::table::values::{MISSING, Missing};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Layers of experiments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct TrafficPlan {
    /// The layers. Everyone is in each of them, under a salt of its own.
    pub layers: Vec<TrafficLayer>,
    /// Columns of labels over whose values arms should be even: of assignments, orders or events, the first table that has it.
    pub balance: Vec<String>,
}

/// A layer: its experiments exclude each other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct TrafficLayer {
    /// Its name.
    pub name: String,
    /// The secret that its buckets are made with. Whoever reads it can tell, and choose, who will be in which arm.
    pub salt: String,
    /// Its experiments.
    pub experiments: Vec<TrafficExperiment>,
}

/// An experiment: a range of buckets of its layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct TrafficExperiment {
    /// Its name.
    pub name: String,
    /// The first bucket.
    pub from: u32,
    /// The bucket behind the last; 10,000 at most.
    pub to: u32,
    /// Its arms, in the order in which they take buckets.
    pub arms: Vec<TrafficArm>,
    /// Only people with any of these events take part; everyone if none is named and `where` is empty.
    pub event: Vec<String>,
    /// And any of these values in the same row of events.
    #[serde(rename = "where")]
    pub filter: BTreeMap<String, Vec<String>>,
}

/// An arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct TrafficArm {
    /// Its name.
    pub name: String,
    /// Its part of the range, in any unit.
    pub share: u32,
}

impl Default for TrafficExperiment {
    fn default() -> Self {
        let (name, arms, event, filter) = Default::default();
        TrafficExperiment { name, from: 0, to: BUCKETS, arms, event, filter }
    }
}

impl Default for TrafficArm {
    fn default() -> Self {
        TrafficArm { name: String::new(), share: 1 }
    }
}

impl TrafficExperiment {
    /// Whether only those who reach a node take part.
    pub fn node(&self) -> bool {
        !self.event.is_empty() || !self.filter.is_empty()
    }
    /// The bucket behind the last of each arm: `from` + (`to` − `from`) · shares so far / all shares, rounded down.
    pub fn ends(&self) -> Vec<u32> {
        let whole: u64 = self.arms.iter().map(|arm| u64::from(arm.share)).sum();
        let width = u64::from(self.to - self.from);
        let end = |so_far: &mut u64, arm: &TrafficArm| {
            *so_far += u64::from(arm.share);
            Some(self.from + (width * *so_far / whole.max(1)) as u32)
        };
        self.arms.iter().scan(0, end).collect()
    }
    fn fine(&self) -> bool {
        named(self.arms.iter().map(|arm| &arm.name)) && self.arms.len() >= 2
    }
    /// Whether the range is one, and every arm gets a bucket.
    fn wide(&self) -> bool {
        let range = self.from < self.to && self.to <= BUCKETS;
        let rising = |ends: Vec<u32>| {
            ends.iter().try_fold(self.from, |last, end| (*end > last).then_some(*end)).is_some()
        };
        range && rising(self.ends())
    }
}

/// Whether all have names, each its own, that are read again as they are written: cells are trimmed, and some mean nothing.
fn named<'a>(names: impl Iterator<Item = &'a String>) -> bool {
    let (mut seen, nothing) = (BTreeSet::new(), Missing::new(MISSING));
    let mut fine =
        |name: &str| name.trim() == name && !nothing.has(name.as_bytes()) && seen.insert(name.to_string());
    names.into_iter().all(|name| fine(name))
}

impl TrafficPlan {
    /// Refuses settings out of range, and two experiments of one layer that share a bucket, by name.
    pub fn check(&self) -> Result<()> {
        let experiments = || self.layers.iter().flat_map(|layer| &layer.experiments);
        let all = |fine: fn(&TrafficExperiment) -> bool| experiments().all(fine);
        error::settings(&[
            (
                "traffic.layers",
                (1..=MOST).contains(&self.layers.len()) && named(self.layers.iter().map(|l| &l.name)),
            ),
            ("traffic.layers.salt", self.layers.iter().all(|layer| !layer.salt.is_empty())),
            ("traffic.layers.experiments", named(experiments().map(|e| &e.name))),
            ("traffic.layers.experiments.arms", all(TrafficExperiment::fine)),
            ("traffic.layers.experiments.arms.share", all(|of| of.arms.iter().all(|arm| arm.share > 0))),
            ("traffic.layers.experiments.to", all(TrafficExperiment::wide)),
            ("traffic.balance", self.balance.len() <= 5),
        ])?;
        self.layers.iter().try_for_each(TrafficLayer::disjoint)
    }
}

impl TrafficLayer {
    fn disjoint(&self) -> Result<()> {
        let mut all: Vec<&TrafficExperiment> = self.experiments.iter().collect();
        all.sort_by_key(|experiment| experiment.from);
        match all.windows(2).find(|pair| pair[1].from < pair[0].to) {
            Some(pair) => {
                let place = format!("{}: {}, {}", self.name, pair[0].name, pair[1].name);
                Err(Error::new(Kind::BucketsOverlap).column(place))
            }
            None => Ok(()),
        }
    }
    /// Its arms in the order of experiments: experiment and arm.
    pub fn arms(&self) -> impl Iterator<Item = (&str, &str)> {
        self.experiments.iter().flat_map(|of| of.arms.iter().map(|arm| (of.name.as_str(), arm.name.as_str())))
    }
}
