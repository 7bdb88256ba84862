//! Atoll: a clean room in a browser tab.
//!
//! People are split over shards by a hash of their ID; every answer is a sum over shards. The core below
//! knows neither JavaScript nor the file system: bytes in, released answers out.

pub mod error; // L0: what can go wrong, and where

#[cfg(target_arch = "wasm32")]
pub mod wasm; // L7: the boundary to JavaScript
