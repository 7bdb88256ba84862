//! The part of `room.toml` about files without people: products, and what somebody else counted.

use super::call::Overrule;
use super::past::{RowsRecipe, cents, named};
use crate::json;
use crate::table::history::moment::Format;
use crate::table::schema::Encoding;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How a file of products is read: one row each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct SkuRecipe {
    /// File name, beside the recipe.
    pub file: String,
    /// Column of the product, whose cells are those of the tables' own product columns.
    pub product: String,
    /// Columns of labels that join their rows.
    pub columns: Vec<String>,
    /// Cells that mean "no value".
    #[serde(default)]
    pub missing: Option<Vec<String>>,
    /// Overrules of what was detected.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Column separator: one character.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// Whether the first row names the columns.
    #[serde(default)]
    pub header: Option<bool>,
}

/// A file of campaigns.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(untagged)]
pub enum CampaignFile {
    /// With an ID: who saw what, rows of events called `exposed` unless they say otherwise.
    People(Box<RowsRecipe>),
    /// Without: counts.
    Counts(Box<CountsRecipe>),
}

impl<'de> Deserialize<'de> for CampaignFile {
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> std::result::Result<CampaignFile, D::Error> {
        // Not by trying both: what is wrong with one would be lost.
        let entry = Value::deserialize(reader)?;
        let read = match entry.get("id") {
            Some(_) => json::from_value(entry).map(CampaignFile::People),
            None => json::from_value(entry).map(CampaignFile::Counts),
        };
        read.map_err(serde::de::Error::custom)
    }
}

impl CampaignFile {
    pub(super) fn people(&self) -> Option<&RowsRecipe> {
        if let CampaignFile::People(rows) = self { Some(rows) } else { None }
    }
    pub(super) fn counts(&self) -> Option<&CountsRecipe> {
        if let CampaignFile::Counts(counts) = self { Some(counts) } else { None }
    }
}

/// How a file of counted campaigns is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct CountsRecipe {
    /// File name, beside the recipe.
    pub file: String,
    /// Column of the day.
    #[serde(default)]
    pub time: Option<String>,
    /// How its cells are written; only what can be read one way if not said.
    #[serde(default)]
    pub format: Option<Format>,
    /// Column of the crowd.
    #[serde(default)]
    pub crowd: Option<String>,
    /// Column of the channel.
    #[serde(default)]
    pub channel: Option<String>,
    /// Column of the content.
    #[serde(default)]
    pub content: Option<String>,
    /// Other columns of labels.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Column of what was shown.
    #[serde(default)]
    pub impressions: Option<String>,
    /// Column of what was clicked.
    #[serde(default)]
    pub clicks: Option<String>,
    /// Column of what was paid.
    #[serde(default)]
    pub cost: Option<String>,
    /// Column of what came of it.
    #[serde(default)]
    pub conversions: Option<String>,
    /// Column of what was earned.
    #[serde(default)]
    pub revenue: Option<String>,
    /// Decimals of money, the same in all files.
    #[serde(default = "cents")]
    pub decimals: u8,
    /// Cells that mean "no value".
    #[serde(default)]
    pub missing: Option<Vec<String>>,
    /// Overrules of what was detected.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Column separator: one character.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// Whether the first row names the columns.
    #[serde(default)]
    pub header: Option<bool>,
}

impl CountsRecipe {
    /// Columns of what is counted, in the order of [`NUMBERS`](crate::table::history::counts::NUMBERS).
    pub fn numbers(&self) -> [Option<&str>; 5] {
        [&self.impressions, &self.clicks, &self.cost, &self.conversions, &self.revenue].map(|c| c.as_deref())
    }
}

impl Counted for CountsRecipe {
    fn labels(&self) -> Vec<(&str, &str)> {
        let roles = [("crowd", &self.crowd), ("channel", &self.channel), ("content", &self.content)];
        named(&roles, &self.columns)
    }
    fn format(&self) -> Option<Format> {
        self.format
    }
}

/// How a file of people by stage is read, as a platform counted them: of `stage` and `people` a row per stage, of `stages` a
/// column per stage, of `from`, `to` and `people` a row per move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct StandingRecipe {
    /// File name, beside the recipe.
    pub file: String,
    /// Column of the day; of moves the second.
    #[serde(default)]
    pub time: Option<String>,
    /// The day of all rows, as in `2026-06-30`, where no column says it.
    #[serde(default)]
    pub day: Option<String>,
    /// Of moves: column of the first day.
    #[serde(default)]
    pub since: Option<String>,
    /// Of moves: the first day of all rows, where no column says it.
    #[serde(default)]
    pub since_day: Option<String>,
    /// How cells of days are written; only what can be read one way if not said.
    #[serde(default)]
    pub format: Option<Format>,
    /// Column of the stage.
    #[serde(default)]
    pub stage: Option<String>,
    /// Column of how many.
    #[serde(default)]
    pub people: Option<String>,
    /// Columns of stages by the stage's name; a list of columns that bear it is taken, too.
    #[serde(default, deserialize_with = "stage_columns")]
    pub stages: BTreeMap<String, String>,
    /// The printed sum of all stages: its column, or in a file of a row per stage what stands for the stage there.
    #[serde(default)]
    pub total: Option<String>,
    /// Of moves: column of the stage they stood in; an empty cell is none.
    #[serde(default)]
    pub from: Option<String>,
    /// Of moves: column of the stage they stand in.
    #[serde(default)]
    pub to: Option<String>,
    /// Column of the crowd.
    #[serde(default)]
    pub crowd: Option<String>,
    /// Column of the category.
    #[serde(default)]
    pub category: Option<String>,
    /// Column of the channel.
    #[serde(default)]
    pub channel: Option<String>,
    /// Other columns of labels.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Labels of all rows of the file, by the name of the column they would stand in.
    #[serde(default)]
    pub all: BTreeMap<String, String>,
    /// Cells that mean "no value".
    #[serde(default)]
    pub missing: Option<Vec<String>>,
    /// Overrules of what was detected.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Column separator: one character.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// Whether the first row names the columns.
    #[serde(default)]
    pub header: Option<bool>,
}

fn stage_columns<'de, D: serde::Deserializer<'de>>(
    reader: D,
) -> std::result::Result<BTreeMap<String, String>, D::Error> {
    let read = match Value::deserialize(reader)? {
        Value::Array(columns) => json::from_value::<Vec<String>>(Value::Array(columns))
            .map(|columns| columns.into_iter().map(|column| (column.clone(), column)).collect()),
        named => json::from_value(named),
    };
    read.map_err(serde::de::Error::custom)
}

impl Counted for StandingRecipe {
    fn labels(&self) -> Vec<(&str, &str)> {
        let roles = [("crowd", &self.crowd), ("category", &self.category), ("channel", &self.channel)];
        named(&roles, &self.columns)
    }
    fn format(&self) -> Option<Format> {
        self.format
    }
}

impl SmallFile for StandingRecipe {
    const TABLE: &'static str = "standing";
    fn name(&self) -> &str {
        &self.file
    }
    fn overrule(&self) -> Overrule {
        let StandingRecipe { encoding, delimiter, header, missing, .. } = self.clone();
        Overrule { encoding, delimiter, header, missing }
    }
}

impl SmallFile for CountsRecipe {
    const TABLE: &'static str = "campaign";
    fn name(&self) -> &str {
        &self.file
    }
    fn overrule(&self) -> Overrule {
        let CountsRecipe { encoding, delimiter, header, missing, .. } = self.clone();
        Overrule { encoding, delimiter, header, missing }
    }
}

/// A file that the desk keeps.
pub trait SmallFile {
    /// Its table's name in the recipe.
    const TABLE: &'static str;
    /// Its file's name.
    fn name(&self) -> &str;
    /// What is said of how it is written.
    fn overrule(&self) -> Overrule;
}

/// A file of what somebody else counted, by labels and days.
pub trait Counted: SmallFile {
    /// Columns of labels by the name they have.
    fn labels(&self) -> Vec<(&str, &str)>;
    /// How days are written, if said.
    fn format(&self) -> Option<Format>;
}

impl SmallFile for SkuRecipe {
    const TABLE: &'static str = "sku";
    fn name(&self) -> &str {
        &self.file
    }
    fn overrule(&self) -> Overrule {
        let SkuRecipe { encoding, delimiter, header, missing, .. } = self.clone();
        Overrule { encoding, delimiter, header, missing }
    }
}
