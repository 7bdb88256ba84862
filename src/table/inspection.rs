//! What inspecting a file found: shown in the preview, printed by `atoll inspect`, and the default of the recipe.

use crate::id::Guess;
use crate::table::schema::{Dialect, Role};
use serde::{Deserialize, Serialize};

/// Everything known about a file after one pass over all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Inspection {
    /// Bytes as they stand on disk.
    #[cfg_attr(test, ts(type = "number"))]
    pub size: u64,
    /// How bytes become rows.
    pub dialect: Dialect,
    /// Rows without the header.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Columns in file order.
    pub columns: Vec<ColumnFound>,
    /// First rows, ID-like cells masked: raw IDs never reach the page.
    pub preview: Vec<Vec<String>>,
    /// What is odd, with how often and where first.
    pub problems: Vec<Problem>,
    /// Bytes the engine will need to load this file with the guessed roles.
    #[cfg_attr(test, ts(type = "number"))]
    pub memory: u64,
}

/// One column as found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct ColumnFound {
    /// Name in the header, or the 1-based number.
    pub name: String,
    /// Guessed role.
    pub role: Role,
    /// Stable code of the reason for the role, e.g. `few-values`, `numbers`, `separator`, `mostly-empty`, `free-text`.
    pub reason: String,
    /// How an ID column was recognised: also for columns that are not the chosen ID.
    pub id: Option<Guess>,
    /// Cells with a value.
    #[cfg_attr(test, ts(type = "number"))]
    pub filled: u64,
    /// Different values, estimated (exact up to 256).
    #[cfg_attr(test, ts(type = "number"))]
    pub distinct: u64,
    /// Some values, for the preview of roles; masked if ID-like.
    pub examples: Vec<String>,
}

/// Something odd that happened `count` times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Problem {
    /// Stable code: a row reason such as `short-row`, `long-row`, or an error code.
    pub code: String,
    /// How many rows.
    #[cfg_attr(test, ts(type = "number"))]
    pub count: u64,
    /// First place (1-based row, the header counted).
    #[cfg_attr(test, ts(type = "number | null"))]
    pub first_row: Option<u64>,
    /// Column, if one is meant.
    pub column: Option<String>,
}
