//! Buckets: a number below 10,000 for an ID and a salt, which whoever holds both computes alike.
//!
//! What is hashed is taken from the cell alone, so that no room, map or other file changes it: a raw ID is normalised and
//! hashed with SHA-256, a hash stays as it stands; either way the bytes are its lower-case hex. So a column of raw IDs and one
//! of their SHA-256 agree. The bucket is the first 8 bytes, big-endian, of HMAC-SHA-256(salt, hex), modulo 10,000
//! (`formulas.md` F11): of 2⁶⁴ values no bucket gets one in 10¹⁵ more than another.

use super::digest::{self, Bytes, LOWER, write_hex};
use super::normalise::normalise;
use super::{Digest, Recipe, trim};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How many buckets there are.
pub const BUCKETS: u32 = 10_000;

/// Buckets under one salt.
#[derive(Clone)]
pub struct Salted(Hmac<Sha256>);

impl Salted {
    /// Under this salt, of any length.
    pub fn new(salt: &str) -> Salted {
        // A key of any length is taken.
        Salted(Hmac::new_from_slice(salt.as_bytes()).unwrap_or_else(|_| Hmac::new(&Default::default())))
    }
    /// The bucket of an ID, as [`Plain::of`] gives it.
    pub fn bucket(&self, id: &[u8]) -> u32 {
        let mut mac = self.0.clone();
        mac.update(id);
        let bits =
            mac.finalize().into_bytes()[..8].iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        (bits % u64::from(BUCKETS)) as u32
    }
}

/// Turns cells into what is hashed.
#[derive(Default)]
pub struct Plain {
    text: Vec<u8>,
    hex: Vec<u8>,
}

impl Plain {
    /// The lower-case hex of a cell of such a column; absent for one that is no ID.
    pub fn of(&mut self, column: Recipe, cell: &[u8]) -> Option<&[u8]> {
        let hash = || Bytes::read(trim(cell)).map(|bytes| bytes.bytes().to_vec());
        let mut raw = || {
            normalise(column.kind, cell, &mut self.text).ok()?;
            Some(digest::bytes(Digest::Sha256, &self.text))
        };
        // As a reader takes them: what a column says it holds goes first.
        let bytes = match column.digest {
            Digest::None => raw().or_else(hash),
            Digest::Mixed => hash().or_else(raw),
            _ => hash(),
        }?;
        self.hex.resize(2 * bytes.len(), 0);
        write_hex(&bytes, LOWER, &mut self.hex);
        Some(&self.hex)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    fn bucket(salt: &str, kind: Kind, digest: Digest, cell: &str) -> Option<u32> {
        let mut plain = Plain::default();
        let id = plain.of(Recipe::new(kind, digest), cell.as_bytes())?;
        Some(Salted::new(salt).bucket(id))
    }

    #[test]
    fn buckets_as_python_has_them() {
        // int.from_bytes(hmac.new(b"price-2026", sha256(b"13800138000").hexdigest().encode(), "sha256").digest()[:8], "big")
        // % 10000, and so on.
        let table = [
            ("price-2026", Kind::Phone, "13800138000", 534),
            ("price-2026", Kind::Opaque, "member-1", 2777),
            ("", Kind::Email, "Zhang.San@Example.com", 2664),
            (
                "layer-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                Kind::Phone,
                "13800138000",
                7202,
            ),
            ("盐", Kind::Phone, "13800138000", 7656),
        ];
        for (salt, kind, cell, want) in table {
            assert_eq!(bucket(salt, kind, Digest::None, cell), Some(want), "{salt} {cell}");
        }
    }

    #[test]
    fn a_raw_id_and_its_hash_share_a_bucket_and_spelling_does_not_matter() {
        let sha = "a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc";
        let raw = bucket("s", Kind::Phone, Digest::None, "13800138000");
        for (digest, cell) in [
            (Digest::None, "+86 138-0013-8000"),
            (Digest::None, sha),
            (Digest::Sha256, sha),
            (Digest::Sha256, &sha.to_uppercase()),
            (Digest::Mixed, sha),
            (Digest::Mixed, "13800138000"),
        ] {
            assert_eq!(bucket("s", Kind::Phone, digest, cell), raw, "{digest:?} {cell}");
        }
        // Another digest of the same person cannot be turned into this one.
        let md5 = bucket("s", Kind::Phone, Digest::Md5, "7945bd83237335e5376ff44d62e4f0ae");
        assert!(md5.is_some() && md5 != raw);
        assert_eq!(bucket("s", Kind::Phone, Digest::Sha256, "13800138000"), None, "no hash");
    }

    #[test]
    fn every_bucket_is_as_likely() {
        let salted = Salted::new("even");
        let mut counts = vec![0u64; 100];
        for at in 0..50_000u32 {
            counts[salted.bucket(at.to_string().as_bytes()) as usize / 100] += 1;
        }
        let (_, p) = crate::num::goodness(&counts, &[1.0; 100]);
        assert!(p > 0.001, "p {p}");
    }
}
