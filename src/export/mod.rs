//! Files made from answers: tables, JSON, the model and the printed report.
//!
//! Tables for people (`profile.csv`, `features.csv`) start with a byte-order mark and keep their labels from
//! running as formulas. Files of IDs do neither: a partner must find in them exactly what stood in the tag file.

pub mod crowds; // tables about crowds
pub mod over_time; // what people did and bought over time
pub mod behaviour; // files of pivots, cohorts, paths, rules
pub mod csv; // tables
pub mod counted; // files of what platforms counted
mod factors; // files of experiments of several factors
pub mod json; // reports as JSON
pub mod lint; // a look at a file before it leaves
pub mod model; // the model to be kept
pub mod platform; // files for ad platforms
pub mod report; // the pages to print and to file
pub mod zip; // several files in one
