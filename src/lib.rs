//! Atoll: a clean room in a browser tab.
//!
//! People are split over shards by a hash of their ID; every answer is a sum over shards. The core below
//! knows neither JavaScript nor the file system: bytes in, released answers out.

pub mod error; // L0: what can go wrong, and where
