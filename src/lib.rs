//! Atoll: a clean room in a browser tab.
//!
//! People are split over shards by a hash of their ID; every answer is a sum over shards. The core below
//! knows neither JavaScript nor the file system: bytes in, released answers out.

pub mod error; // L0: what can go wrong, and where
pub mod num; // L0: fixed point, intervals, tests: the only statistics
pub mod id; // L0: kinds of ID, digests, normalising, the key of a person
pub mod wire; // L0: bytes of partials and messages
pub mod hex; // L0: digests and keys as text
pub mod json; // L0: what people, pages and partners read
pub mod table; // L1: bytes to binned columns
pub mod audience; // L1: set expressions over people
pub mod sample; // L1: a synthetic city to try it with
pub mod shard; // L2: shards, questions, partials, the desk
pub mod gate; // L2: the only maker of released answers
pub mod oneid; // L3: IDs of one person, consent
pub mod matching; // L3: my people in their table
pub mod exchange; // L3: keyed and blinded exchange of partner files
pub mod analysis; // L4: profile, lookalike, personas
pub mod export; // L5: files made from released answers
pub mod room; // L6: recipe in, answers out

#[cfg(target_arch = "wasm32")]
pub mod wasm; // L7: the boundary to JavaScript
