//! Where the rows of the files went, before anything is said of their people.

use crate::gate::Cells;
use crate::table::history::settle::Settled;
use crate::table::inspection::Problem;
use serde::Serialize;

/// The account of all files.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Intake {
    /// The last day that counts; empty where no row has a time.
    pub as_of: String,
    /// Different people in all files.
    pub people: u64,
    /// In the order of the recipe.
    pub files: Vec<PastAccount>,
    /// Tables whose rows name products, where there is a file of products.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(as = "Option<Vec<Joined>>", optional))]
    pub products: Vec<Joined>,
    /// What became of orders by their rows together, where the rows alone do not say it.
    #[serde(skip_serializing_if = "Settled::is_none")]
    #[cfg_attr(test, ts(as = "Option<Settled>", optional))]
    pub orders: Settled,
    /// A last day that stands alone, far behind all others, where no `as_of` was said: every analysis counts from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub ahead: Option<Ahead>,
}

/// The last day, far behind all others.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "LastDayAlone"))]
pub struct Ahead {
    /// Which.
    pub day: String,
    /// Its rows.
    pub rows: u64,
    /// The day before it that has rows.
    pub before: String,
}

/// How the rows of a table found their products: the others have none of what is known of products.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Joined {
    /// The table.
    pub table: &'static str,
    /// Its rows that name a product.
    pub rows: u64,
    /// Those of them whose product is in no file of products.
    pub unknown: u64,
    /// The first such products in the order of their bytes, at most ten.
    pub examples: Vec<String>,
}

/// Where the rows of a file went: `rows = kept + left out`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct PastAccount {
    /// File name.
    pub file: String,
    /// The table it is part of.
    pub table: &'static str,
    /// Rows, the header not counted.
    pub rows: u64,
    /// Rows that are in.
    pub kept: u64,
    /// Why rows were left out: `missing-person`, `no-time`, `time-unreadable`, `before-epoch`, `in-future`, `no-amount`,
    /// `amount-unreadable`, `long-row`, or the reason an ID is none; of responses `no-step`,
    /// `step-unreadable`; of products `missing-product`, `duplicate-product`;
    /// of campaigns `no-number`, `negative-count`; of counts by stage also `no-stage`, `fraction-count`, `days-reversed`,
    /// `contradicting-count`, `sum-of-moves`.
    pub reasons: Vec<Problem>,
    /// What is odd about rows that are in: `negative-amount`, `amount-rounded`, `short-row`, `step-in-future`, `mixed-zones`,
    /// `status-unmet` (a word of `refunds` or `cancelled` that no row has); of
    /// campaigns `clicks-above-impressions`, `conversions-above-clicks`, `negative-cost`; of counts by stage
    /// `repeated-count`, `count-rounded`, `month-end`, and what is wrong with single cells.
    pub notes: Vec<Problem>,
}

impl Cells for Intake {
    /// Rows are no people.
    fn cells(&self, _: &mut dyn FnMut(u64)) {}
}
