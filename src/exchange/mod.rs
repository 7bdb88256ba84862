//! Two companies match by exchanging files, without a server: RFC 9497 over ristretto255 where nobody may
//! reverse an ID offline (blinded), HMAC-SHA-256 under a shared key where both may (keyed).
//!
//! Bytes in, bytes out: no file system, no clock, no source of randomness. `docs/exchange.md` is the format.
//! This code has not been reviewed by a cryptographer.

pub mod group; // ristretto255 in batches of encoded points
pub mod oprf; // RFC 9497, modes OPRF and VOPRF
pub mod proof; // that one key answered every row
pub mod frame; // what all exchanged files share
pub mod secret; // randomness as an argument, files behind a passphrase
pub mod terms; // what both sides agree on, and how an ID enters
pub mod keys; // keys, labels, sealed tags
pub mod feed; // rows of a table, in order
pub mod tags; // tags at a fixed width
pub mod tagfile; // the tag file, read
pub mod publish; // the tag file, made
pub mod query; // the brand's side of a run
pub mod answer; // the provider's side, and its ledger
pub mod room; // from matches to a room
pub mod table; // a table of IDs, as both roles read it
pub mod steps; // what either role does in the page, step by step
