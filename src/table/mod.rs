//! Bytes to binned columns.

pub mod bits; // a set of people
pub mod csv; // text to rows and fields
pub mod decode; // bytes of a file to UTF-8 text
mod inflate; // gzip as a stream
pub mod inspection; // what a file was found to be
pub mod people; // the binned table of one shard
pub mod schema; // dialects, roles, features
pub mod store; // files on their way in
