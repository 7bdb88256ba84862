//! Bytes to binned columns.

pub mod bits; // a set of people
mod charset; // encodings to UTF-8
pub mod column; // what one column holds
pub mod csv; // text to rows and fields
pub mod dates; // calendar dates
pub mod decode; // bytes of a file to UTF-8 text
pub mod history; // many rows per person
mod inflate; // gzip as a stream
pub mod inspection; // what a file was found to be
pub mod layout; // what the head of a file says
pub mod people; // the binned table of one shard
mod roles; // from counts to roles
pub mod schema; // dialects, roles, features
pub mod sketch; // how many different values
pub mod store; // files on their way in
pub mod survey; // one look at every row
pub mod values; // cells to values
mod workbook; // what a sheet refers to
pub mod xlsx; // the first sheet of a workbook
mod xml; // tags and texts
pub mod zip; // archives in memory
