//! The part of `room.toml` about files without people: products, and campaigns that somebody else counted.

use super::call::Overrule;
use super::past::{RowsRecipe, cents};
use crate::json;
use crate::table::history::moment::Format;
use crate::table::schema::Encoding;
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// Columns of labels by the name they have.
    pub fn labels(&self) -> Vec<(&str, &str)> {
        let roles = [("crowd", &self.crowd), ("channel", &self.channel), ("content", &self.content)];
        let roles = roles.into_iter().filter_map(|(role, column)| Some((role, column.as_deref()?)));
        roles.chain(self.columns.iter().map(|c| (c.as_str(), c.as_str()))).collect()
    }
    /// Columns of what is counted, in the order of [`NUMBERS`](crate::table::history::counts::NUMBERS).
    pub fn numbers(&self) -> [Option<&str>; 5] {
        [&self.impressions, &self.clicks, &self.cost, &self.conversions, &self.revenue].map(|c| c.as_deref())
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
