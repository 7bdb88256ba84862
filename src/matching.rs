//! My people in their table: joins the two files by key, and accounts for every row.

use crate::id::Recipe;
use crate::table::inspection::Problem;
use serde::{Deserialize, Serialize};

/// Where every row of one file went: `rows = invalid + duplicate + people`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Account {
    /// Rows of the file, the header not counted.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Rows that are nobody.
    #[cfg_attr(test, ts(type = "number"))]
    pub invalid: u64,
    /// Rows of people who had one before.
    #[cfg_attr(test, ts(type = "number"))]
    pub duplicate: u64,
    /// Different people.
    #[cfg_attr(test, ts(type = "number"))]
    pub people: u64,
    /// Why rows are invalid, by stable code (`empty`, `junk`, `not-this-kind`, `long-row`, …), most first.
    pub reasons: Vec<Problem>,
    /// Odd rows that were kept all the same (`short-row`, `not-a-number`).
    pub notes: Vec<Problem>,
}

/// Who is in both files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct MatchReport {
    /// The brand's file.
    pub first_party: Account,
    /// The third party's file.
    pub tags: Account,
    /// People in both.
    #[cfg_attr(test, ts(type = "number"))]
    pub matched: u64,
    /// `matched / first_party.people`.
    pub rate_first_party: f64,
    /// `matched / tags.people`.
    pub rate_tags: f64,
    /// Set when little or nothing matched and raw IDs stand on one side: other ways the other side may have
    /// been hashed, and how many of the sample they would match; best first.
    pub diagnosis: Option<Diagnosis>,
}

/// Why little matched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Diagnosis {
    /// Raw IDs tried.
    #[cfg_attr(test, ts(type = "number"))]
    pub tried: u64,
    /// Ways that would match, best first; empty if none does.
    pub would_match: Vec<WouldMatch>,
}

/// One other way of hashing, and what it would give.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct WouldMatch {
    /// Stable code of the variant.
    pub code: String,
    /// What it is, in English.
    pub english: String,
    /// What it is, in Chinese.
    pub chinese: String,
    /// Sample IDs it would match.
    #[cfg_attr(test, ts(type = "number"))]
    pub matched: u64,
    /// Digest to set for the tag file, if a setting mends it.
    pub fix: Option<Recipe>,
}
