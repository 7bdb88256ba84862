//! What a file is (dialect), what its columns are for (roles), and what the binned columns mean (features).

use crate::id::Recipe;
use serde::{Deserialize, Serialize};

/// How the bytes of a file become rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Dialect {
    /// What the text is wrapped in.
    pub container: Container,
    /// Text encoding.
    pub encoding: Encoding,
    /// Column separator, one ASCII byte (comma, tab, semicolon, bar); a file of one column has none that matters.
    pub delimiter: u8,
    /// Whether `"` quotes values.
    pub quoted: bool,
    /// Whether the first row names the columns.
    pub header: bool,
}

/// What the text is wrapped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "lowercase")]
pub enum Container {
    /// Plain text.
    Plain,
    /// gzip.
    Gzip,
    /// The first sheet of a workbook.
    Xlsx,
}

/// Text encodings that are read. All but UTF-8 are turned into UTF-8 before parsing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without byte-order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, little endian.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, big endian.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// GB18030, and with it GBK and GB2312.
    #[serde(rename = "gb18030")]
    Gb18030,
    /// Windows-1252, and with it Latin-1.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// What a column is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(tag = "role", rename_all = "kebab-case")]
pub enum Role {
    /// The person: kind and digest.
    Id(Recipe),
    /// One label per person.
    Category,
    /// A number, cut into quantile bins.
    Number,
    /// A calendar date or time, kept as days since 1970-01-01 and cut like a number.
    Date,
    /// Several labels per person, separated by this text.
    Multi {
        /// The separator inside a cell.
        separator: String,
    },
    /// Given fold numbers for the out-of-fold scores; never a feature.
    Fold,
    /// Left out.
    Ignore,
}

/// Which file a feature comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "snake_case")]
pub enum Namespace {
    /// The third party's tag file.
    Tags,
    /// The brand's own file: known for its own people only, so never shown to a model.
    FirstParty,
}

/// What kind of values a feature has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "lowercase")]
pub enum FeatureKind {
    /// One label per person.
    Category,
    /// Quantile bins of a number.
    Number,
    /// Quantile bins of a date.
    Date,
    /// Any number of labels per person.
    Multi,
}

/// One column of the binned table: what its codes mean. Code 0 is "missing"; code `i` is `labels[i]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Which file it comes from.
    pub namespace: Namespace,
    /// Column name in that file.
    pub column: String,
    /// Kind of values.
    pub kind: FeatureKind,
    /// What each code means; `labels[0]` is the missing bin. Numbers: `[18, 25)`; the last bin is closed.
    pub labels: Vec<String>,
    /// Lower edges of the bins 1.. of a number or date, ascending; empty otherwise.
    pub edges: Vec<f64>,
}

impl Feature {
    /// Number of codes, the missing one included.
    pub fn codes(&self) -> usize {
        self.labels.len()
    }
    /// The name shown and written: `column`, or `first_party.column`.
    pub fn name(&self) -> String {
        match self.namespace {
            Namespace::Tags => self.column.clone(),
            Namespace::FirstParty => format!("first_party.{}", self.column),
        }
    }
    /// Whether the bins have an order.
    pub fn ordered(&self) -> bool {
        matches!(self.kind, FeatureKind::Number | FeatureKind::Date)
    }
}

/// All features, the same in every shard; every bin has one number across all features.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Tag features in file order, then first-party features in file order.
    pub features: Vec<Feature>,
    /// `starts[f]` is the number of bin 0 of feature `f`; one more entry holds the total.
    pub starts: Vec<usize>,
}

impl Schema {
    /// Numbers the bins.
    pub fn new(features: Vec<Feature>) -> Self {
        let mut starts = vec![0];
        starts.extend(features.iter().scan(0, |at, f| {
            *at += f.codes();
            Some(*at)
        }));
        Schema { features, starts }
    }
    /// Number of bins of all features.
    pub fn bins(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }
    /// The feature and code of a bin.
    pub fn bin(&self, bin: usize) -> (usize, usize) {
        let feature = self.starts.partition_point(|&s| s <= bin).saturating_sub(1);
        (feature, bin - self.starts[feature])
    }
}

/// The label of a run of bins: from the start of the first to the end of the last.
pub fn span(labels: &[String]) -> String {
    let (Some(first), Some(last)) = (labels.first(), labels.last()) else { return String::new() };
    if labels.len() == 1 {
        return first.clone();
    }
    let from = first.split_once(", ").map_or(first.as_str(), |(from, _)| from);
    let to = last.split_once(", ").map_or(last.as_str(), |(_, to)| to);
    let open = if from.starts_with(['[', '(']) { "" } else { "[" };
    let close = if to.ends_with([']', ')']) { "" } else { "]" };
    format!("{open}{from}, {to}{close}")
}
