//! One-ID: rows that name two or more IDs of one person become people, and a consent file says who may be joined at all.
//!
//! Shards read rows into typed edges ([`read`]); the desk joins them by union-find under rules, strongest edge first
//! ([`join`]); every shard then learns which key each ID is counted under ([`Learn`]). No result depends on the order of
//! rows or files, or on the number of shards.
//!
//! Cost: the desk holds 56 bytes per edge and 22 per ID, each shard 32 per ID whose key changes. A room refuses a map of
//! `cells × (80 + 32 × shards)` bytes above its memory limit: at 4 GiB and four shards some 20 million IDs.

mod join;
mod read;

pub use join::{Joined, RULES, Rules, join};
pub use read::{ConsentReading, Edge, FoundIds, MapColumn, MapReading, ReadIds, What};

use crate::error::{Error, Kind, Result};
use crate::id::Key;
use crate::shard::job::{self, Opener};
use crate::shard::{Shard, Task};
use crate::table::inspection::Problem;
use crate::table::store::packed;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Registry lines.
pub const QUESTIONS: [(&str, Opener); 2] = [job::task::<ReadIds>(), job::task::<Learn>()];

/// Bytes of memory per ID cell of a map: at the desk, and in each shard.
pub const CELL: (u64, u64) = (80, 32);

/// Whose IDs are one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct OneId {
    /// The map files, as the recipe names them.
    pub files: Vec<MapAccount>,
    /// Different IDs that stand beside another.
    #[cfg_attr(test, ts(type = "number"))]
    pub ids: u64,
    /// People they are.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// IDs by type.
    pub types: BTreeMap<String, u64>,
    /// How many people have 1, 2, 3, … IDs.
    #[cfg_attr(test, ts(type = "Array<number>"))]
    pub sizes: Vec<u64>,
    /// Different pairs of IDs.
    #[cfg_attr(test, ts(type = "number"))]
    pub pairs: u64,
    /// Pairs that made two people one; the others were known from stronger pairs, or refused.
    #[cfg_attr(test, ts(type = "number"))]
    pub joined: u64,
    /// Pairs not joined, by the rule they would break: `one-phone`, `cap`.
    #[cfg_attr(test, ts(as = "BTreeMap<String, f64>"))]
    pub refused: BTreeMap<String, u64>,
    /// Pairs by the source that named them first: in all, joined, refused.
    #[cfg_attr(test, ts(as = "BTreeMap<String, [f64; 3]>"))]
    pub sources: BTreeMap<String, [u64; 3]>,
    /// The first refused pairs.
    #[serde(skip)]
    pub conflicts: Vec<Conflict>,
}

/// Where the rows of a map went: `rows = left out + used`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MapAccount {
    /// File name.
    pub file: String,
    /// Rows, the header not counted.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Why rows were left out: `lone-id`, `weak`, `stale`, `not-a-confidence`, `long-row`.
    pub reasons: Vec<Problem>,
    /// Why cells were left out, by column.
    pub notes: Vec<Problem>,
}

/// Two IDs that were not joined; both masked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conflict {
    /// The rule they would break.
    pub rule: &'static str,
    /// Type and masked ID of both.
    pub ids: [(String, String); 2],
    /// From 0 to 1.
    pub confidence: f64,
    /// Who said so.
    pub source: String,
}

/// The next stretch of who is one person, and of who agreed: sorted keys.
#[derive(Serialize, Deserialize)]
pub struct Learn {
    /// An ID and the key its person is counted under, in turn.
    #[serde(with = "packed")]
    pub pairs: Vec<Key>,
    /// IDs of people who agreed.
    #[serde(with = "packed")]
    pub agreed: Vec<Key>,
}

impl Task for Learn {
    const NAME: &'static str = "one-id";
    type Reply = ();
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<()> {
        shard.canon.learn(&self.pairs, &self.agreed).ok_or(Error::new(Kind::MemoryLimit))
    }
}
