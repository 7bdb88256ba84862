//! Two companies match by exchanging files, without a server: RFC 9497 over ristretto255 where nobody may
//! reverse an ID offline (blinded), HMAC-SHA-256 under a shared key where both may (keyed).
//!
//! Bytes in, bytes out: no file system, no clock, no source of randomness. `docs/exchange.md` is the format.
//! This code has not been reviewed by a cryptographer.

pub mod group; // ristretto255 in batches of encoded points
pub mod oprf; // RFC 9497, modes OPRF and VOPRF
pub mod proof; // that one key answered every row
