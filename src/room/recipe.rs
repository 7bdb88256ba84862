//! The recipe, `room.toml`: which files, what their columns are, how to model. The page saves and loads the same
//! file as the command line. It names files and columns; it never holds an ID.

use super::past;
use super::platform::ExportPlan;
use super::toml::{self, Document};
use crate::analysis::crowds::{NamedCrowd, Pairing, QualityPlan, SplitPlan, WavePlan};
use crate::analysis::lookalike::LookalikePlan;
use crate::analysis::personas::{PersonasPlan, PortraitPlan};
use crate::analysis::profile::Base;
use crate::error::{Error, Kind, Result};
use crate::exchange::tagfile::Signed;
use crate::id;
use crate::json;
use crate::table::inspection::ColumnFound;
use crate::table::schema::Encoding;
pub use crate::table::values::MISSING;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Sections of `room.toml` that are read here.
pub const SECTIONS: &[&str] = &[
    "first_party",
    "tags",
    "idmap",
    "oneid",
    "consent",
    "profile",
    "lookalike",
    "personas",
    "output",
    "packs",
    "portraits",
    "crowds",
    "quality",
    "waves",
    "signs",
    "matrix",
    "overlap",
    "export",
    "policy",
];

/// The whole recipe.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The brand's own file.
    pub first_party: FileRecipe,
    /// The third party's tag file.
    pub tags: FileRecipe,
    /// Files whose rows name several IDs of one person. With one, every count is of people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<IdMapRecipe>>", optional))]
    pub idmap: Vec<IdMapRecipe>,
    /// How people are made of them.
    #[serde(default, skip_serializing_if = "OneIdRecipe::usual")]
    #[cfg_attr(test, ts(as = "Option<OneIdRecipe>", optional))]
    pub oneid: OneIdRecipe,
    /// Who agreed to be joined; all others are left out before anything is compared.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentRecipe>,
    /// The profile.
    #[serde(default)]
    pub profile: ProfileRecipe,
    /// The lookalike model.
    #[serde(default)]
    pub lookalike: LookalikePlan,
    /// The personas.
    #[serde(default)]
    pub personas: PersonasPlan,
    /// What is written.
    #[serde(default)]
    pub output: OutputRecipe,
    /// A crowd split into packs: `packs.zip`.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packs: Option<SplitPlan>,
    /// Crowds somebody has in mind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<PortraitPlan>>", optional))]
    pub portraits: Vec<PortraitPlan>,
    /// Saved crowds: `crowds.csv`, `crowd-NAME.csv`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<NamedCrowd>>", optional))]
    pub crowds: Vec<NamedCrowd>,
    /// What they are held against.
    #[serde(default, skip_serializing_if = "QualityPlan::usual")]
    #[cfg_attr(test, ts(as = "Option<QualityPlan>", optional))]
    pub quality: QualityPlan,
    /// A crowd as a campaign: `waves.csv`, `wave-1.csv`, `wave-2.csv`, `holdout.csv`.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waves: Option<WavePlan>,
    /// Two contrasts side by side: `signs.csv`.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signs: Option<[Pairing; 2]>,
    /// Crowds by decile of the score: `matrix.csv`.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matrix: Option<Beside>,
    /// Who is in several crowds, and how alike they are: `overlap.csv`, `similarity.csv`.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overlap: Option<Beside>,
    /// A crowd as an ad platform takes it: its files, `holdout.csv`, `export.json`.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<ExportPlan>,
    /// The signed head of the partner's file the tags came from: its policy holds in the room, and an edit is refused.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Signed>,
    /// The sections about events and orders ([`super::past`]), as TOML: kept as they are.
    #[cfg_attr(test, ts(optional = nullable))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_time: Option<String>,
}

/// An ID map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct IdMapRecipe {
    /// File name, beside the recipe.
    pub file: String,
    /// Its ID columns by name; those that look like IDs if none is given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, IdColumn>,
    /// Column that says how sure a row is, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// Column that says who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Column that says when: of equally sure rows the later one goes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// An ID column of a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct IdColumn {
    /// Kind of ID.
    pub kind: id::Kind,
    /// Digest of the IDs as they stand in the file.
    #[serde(default)]
    pub digest: id::Digest,
    /// What tells opaque IDs apart, such as `unionid`; the column's name if not given.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub id_type: Option<String>,
}

/// How people are made of IDs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct OneIdRecipe {
    /// Most IDs of one person, from 2 to 100: a device or an agent's phone that many share joins nobody beyond it.
    pub cap: u8,
    /// Whether a person with a union ID has at most one phone.
    pub one_phone: bool,
    /// Types of IDs, the one that names a person first; by default the tag file's, the brand's, then by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub priority: Vec<String>,
    /// Whether `translated.csv` is written: the brand's ID of everyone in both files beside the tag file's.
    pub translate: bool,
    /// Rows less sure than this are left out.
    pub least_confidence: f64,
    /// Rows of days before this, as in `2026-01-01`, are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

impl Default for OneIdRecipe {
    fn default() -> Self {
        let (priority, since) = Default::default();
        OneIdRecipe { cap: 10, one_phone: true, priority, translate: false, least_confidence: 0.0, since }
    }
}

impl OneIdRecipe {
    fn usual(&self) -> bool {
        *self == OneIdRecipe::default()
    }
}

/// A file of those who agreed. What is not said is found by looking at it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct ConsentRecipe {
    /// File name, beside the recipe.
    pub file: String,
    /// ID column: the same type of ID as the first-party file's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Kind of ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<id::Kind>,
    /// Digest of the IDs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<id::Digest>,
    /// Column of yes or no; in a file of IDs alone, whoever stands in it has agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// Column of the last day of a consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The day it has to reach, as in `2026-06-01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
}

/// Crowds that are set side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct Beside {
    /// Which; the saved crowds if none is given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<NamedCrowd>,
}

/// How one file is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct FileRecipe {
    /// File name, beside the recipe.
    pub file: String,
    /// ID column: its name, or its 1-based number.
    pub id: ColumnRef,
    /// Kind of ID.
    pub kind: id::Kind,
    /// Digest of the IDs as they stand in the file.
    #[serde(default)]
    pub digest: id::Digest,
    /// What tells an opaque ID from others in an ID map, such as `unionid`; the ID column's name if not given.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub id_type: Option<String>,
    /// First-party file: column of yes or no. Rows without a yes are left out before anything is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
    /// Columns to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Columns that are numbers whatever they look like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<String>,
    /// Columns that are categories whatever they look like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Columns that are dates whatever they look like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<String>,
    /// Columns of several labels, with their separator.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub multi: BTreeMap<String, String>,
    /// Column of fold numbers; never a feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folds: Option<String>,
    /// Cells that mean "no value", compared trimmed and without case. Default: [`MISSING`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<String>>,
    /// The day the table is frozen at, as in `2026-06-01`: what is known by its end counts. Cells of date columns that
    /// are later count as missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Columns by the date column that says when their value was known: a cell whose date is later than `as_of` counts
    /// as missing, one without a readable date stays.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dated: BTreeMap<String, String>,
    /// Overrules of what was detected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Column separator: one character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// Whether the first row names the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
}

impl FileRecipe {
    /// A file of which only the ID is known; everything else is left to detection.
    pub fn of(file: &str, id: ColumnRef, is: id::Recipe) -> FileRecipe {
        FileRecipe {
            file: file.into(),
            id,
            kind: is.kind,
            digest: is.digest,
            id_type: None,
            consent: None,
            ignore: vec![],
            numbers: vec![],
            categories: vec![],
            dates: vec![],
            multi: BTreeMap::new(),
            folds: None,
            missing: None,
            as_of: None,
            dated: BTreeMap::new(),
            encoding: None,
            delimiter: None,
            header: None,
        }
    }
}

/// A column by name or by 1-based number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(untagged)]
pub enum ColumnRef {
    /// 1-based number.
    Number(u32),
    /// Name in the header.
    Name(String),
}

impl ColumnRef {
    /// Where it stands among the columns of a file.
    pub fn place(&self, found: &[ColumnFound]) -> Option<usize> {
        match self {
            ColumnRef::Name(name) => found.iter().position(|c| c.name == *name),
            ColumnRef::Number(n) => (*n as usize).checked_sub(1).filter(|at| *at < found.len()),
        }
    }
}

impl std::fmt::Display for ColumnRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ColumnRef::Name(name) => f.write_str(name),
            ColumnRef::Number(n) => n.fmt(f),
        }
    }
}

/// The profile's settings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ProfileRecipe {
    /// Against whom the seed is compared.
    pub base: Base,
}

/// What is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct OutputRecipe {
    /// Whether `scores.csv` is written: everyone with the out-of-fold score.
    pub scores: bool,
}

impl Default for OutputRecipe {
    fn default() -> Self {
        OutputRecipe { scores: true }
    }
}

/// The sections about events and orders stay together as text: the room itself has no use for them.
fn read(value: Value) -> std::result::Result<Recipe, String> {
    let Value::Object(entries) = value else { return Err("no table".into()) };
    let (mut ours, theirs): (Map<_, _>, Map<_, _>) =
        entries.into_iter().partition(|(name, _)| !past::SECTIONS.contains(&name.as_str()));
    if !theirs.is_empty() {
        ours.insert("over_time".into(), toml::written(&json::text(&theirs)).into());
    }
    json::from_value(Value::Object(ours)).map_err(|e| e.to_string())
}

impl Recipe {
    /// Reads `room.toml`.
    pub fn parse(text: &str) -> Result<Recipe> {
        let refused = |(why, row): (String, u64)| {
            Error::new(Kind::RecipeInvalid).file("room.toml").row(row).column(why)
        };
        Document::new(text).and_then(|document| document.read(read)).map_err(refused)
    }
    /// Writes `room.toml`.
    pub fn text(&self) -> String {
        let ours = Recipe { over_time: None, ..self.clone() };
        let written = toml::written(&json::text(&ours));
        self.over_time.iter().fold(written, |text, theirs| format!("{text}\n{theirs}"))
    }
}
