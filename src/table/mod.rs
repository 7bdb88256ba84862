//! Bytes to binned columns.

pub mod bits; // a set of people
pub mod csv; // rows and fields
pub mod decode; // container and encoding to UTF-8
pub mod dialect; // delimiter, quotes, header
pub mod inflate; // gzip
pub mod inspection; // what a file was found to be
pub mod people; // the binned table of one shard
pub mod schema; // dialects, roles, features
pub mod store; // files on their way in
pub mod survey; // what every column holds
pub mod values; // cells to values
pub mod xlsx; // workbooks
