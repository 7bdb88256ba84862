//! From a cell to a person. One scratch buffer per reader: no allocation per row.
//!
//! What a column says it holds goes first: in a column of raw IDs, a cell that reads as a raw ID is one,
//! and only what does not is tried as a hash. In a mixed column it is the other way round.

use super::digest::{self, Bytes};
use super::junk::Junk;
use super::normalise::{normalise, why};
use super::{Digest, Key, Kind, Recipe, Reject, cell};
use crate::error::{Error, Kind as Refusal};

/// Reads the ID column of one file into the match space.
pub struct Reader {
    column: Recipe,
    space: Recipe,
    junk: Junk,
    text: Vec<u8>,
}

impl Reader {
    /// A reader of such a column; refuses one that cannot be carried into the space.
    pub fn new(column: Recipe, space: Recipe) -> Result<Reader, Error> {
        if column.kind != space.kind && column.kind != Kind::Opaque && space.kind != Kind::Opaque {
            return Err(Refusal::KindsApart.into());
        }
        if !column.digest.reaches(space.digest) {
            return Err(Refusal::DigestsApart.into());
        }
        Ok(Reader { column, space, junk: Junk::of(space.digest), text: Vec::new() })
    }

    /// The person a cell names, or why it names none.
    pub fn key(&mut self, cell: &[u8]) -> Result<Key, Reject> {
        let key = match self.column.digest {
            Digest::None => self.raw_or_hashed(cell),
            Digest::Mixed => self.mixed(cell),
            _ => self.hashed(cell),
        }?;
        if self.junk.has(key) { Err(Reject::Junk) } else { Ok(key) }
    }

    /// A raw ID; or, where it does not read as one, a hash already in the form of the space. OAID and opaque
    /// IDs may look like hashes themselves, so there the column's word is taken.
    fn raw_or_hashed(&mut self, cell: &[u8]) -> Result<Key, Reject> {
        match self.raw(cell) {
            Err(Reject::WrongKind) if !matches!(self.column.kind, Kind::Oaid | Kind::Opaque) => {
                let bytes = Bytes::read(cell::trim(cell)).ok_or(Reject::WrongKind)?;
                let fits = self.space.digest.width() == Some(bytes.bytes().len());
                if fits { Ok(digest::head(bytes.bytes())) } else { Err(Reject::WrongKind) }
            }
            other => other,
        }
    }

    fn raw(&mut self, cell: &[u8]) -> Result<Key, Reject> {
        normalise(self.column.kind, cell, &mut self.text)?;
        Ok(digest::key(self.space.digest, &self.text))
    }

    fn hashed(&self, cell: &[u8]) -> Result<Key, Reject> {
        let cell = cell::trim(cell);
        match Bytes::read(cell).filter(|bytes| self.column.digest.width() == Some(bytes.bytes().len())) {
            Some(bytes) => self.lift(bytes.bytes()).ok_or(Reject::WrongDigest),
            None if cell.is_empty() => Err(Reject::Empty),
            None => Err(match why(cell) {
                Reject::WrongKind => Reject::WrongDigest,
                other => other,
            }),
        }
    }

    fn mixed(&mut self, cell: &[u8]) -> Result<Key, Reject> {
        match Bytes::read(cell::trim(cell)) {
            Some(bytes) => self.lift(bytes.bytes()).ok_or(Reject::OtherDigest),
            None => self.raw(cell),
        }
    }

    /// Carries a digest into the space: as it is, or from MD5 to the hash of the MD5.
    fn lift(&self, bytes: &[u8]) -> Option<Key> {
        match self.space.digest {
            Digest::Md5Sha256 if bytes.len() == 16 => Some(digest::after_md5(bytes)),
            space => (space.width()? == bytes.len()).then(|| digest::head(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "13800138000";
    const MD5: &str = "7945bd83237335e5376ff44d62e4f0ae";
    const SHA256: &str = "a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc";
    const DOUBLE: &str = "f058a0a0a30b5371ccce1c532b49c55d819211401002d45e3043bba66add2ca5";

    fn read(kind: Kind, column: Digest, space: Digest, cell: &str) -> Result<Key, Reject> {
        Reader::new(Recipe::new(kind, column), Recipe::new(kind, space)).unwrap().key(cell.as_bytes())
    }

    fn phone(column: Digest, space: Digest, cell: &str) -> Result<Key, Reject> {
        read(Kind::Phone, column, space, cell)
    }

    #[test]
    fn all_ways_to_one_person() {
        use Digest::*;
        let sha = phone(Sha256, Sha256, SHA256).unwrap();
        for (column, cell) in
            [(None, PHONE), (None, SHA256), (Mixed, PHONE), (Mixed, SHA256), (None, "+86 138 0013 8000")]
        {
            assert_eq!(phone(column, Sha256, cell), Ok(sha), "{column:?} {cell}");
        }
        let double = phone(Md5Sha256, Md5Sha256, DOUBLE).unwrap();
        for (column, cell) in
            [(None, PHONE), (Md5, MD5), (Mixed, MD5), (Mixed, DOUBLE), (Mixed, PHONE), (None, DOUBLE)]
        {
            assert_eq!(phone(column, Md5Sha256, cell), Ok(double), "{column:?} {cell}");
        }
        assert_eq!(phone(None, None, PHONE), Ok(sha), "an undigested space is keyed by SHA-256");
    }

    #[test]
    fn reasons() {
        use Digest::*;
        let table = [
            (Sha256, Sha256, "", Reject::Empty),
            (Sha256, Sha256, "null", Reject::Junk),
            (Sha256, Sha256, PHONE, Reject::WrongDigest),
            (Sha256, Sha256, MD5, Reject::WrongDigest),
            (Sha256, Sha256, "1.3E+10", Reject::Scientific),
            (Md5, Md5, "237335e5376ff44d", Reject::WrongDigest),
            (None, Sha256, MD5, Reject::WrongKind),
            (None, None, SHA256, Reject::WrongKind),
            (Mixed, Sha256, MD5, Reject::OtherDigest),
            (Mixed, Sha256, "12", Reject::WrongKind),
        ];
        for (column, space, cell, want) in table {
            assert_eq!(phone(column, space, cell), Err(want), "{column:?} {space:?} {cell:?}");
        }
    }

    #[test]
    fn what_looks_like_a_hash_may_be_raw() {
        let undashed = "FF1999CD71774937A47474937A102630";
        let dashed = read(Kind::Idfa, Digest::None, Digest::Md5, "FF1999CD-7177-4937-A474-74937A102630");
        assert_eq!(read(Kind::Idfa, Digest::None, Digest::Md5, undashed), dashed);
        assert_ne!(
            read(Kind::Oaid, Digest::None, Digest::Md5, MD5),
            read(Kind::Oaid, Digest::Md5, Digest::Md5, MD5)
        );
        assert_eq!(
            read(Kind::Oaid, Digest::None, Digest::Sha1, &MD5[..20].repeat(2)),
            Err(Reject::WrongKind)
        );
    }

    #[test]
    fn junk_in_every_digest() {
        for space in [Digest::None, Digest::Md5, Digest::Sha1, Digest::Sha256, Digest::Sm3, Digest::Md5Sha256]
        {
            for junk in ["null", "NULL", "unknown", "0", "N/A", "undefined", "none", "000000000000000"] {
                assert_eq!(
                    read(Kind::Opaque, Digest::None, space, junk),
                    Err(Reject::Junk),
                    "{junk} {space:?}"
                );
            }
        }
    }

    #[test]
    fn columns_that_never_reach_the_space() {
        let code = |a: Recipe, b: Recipe| Reader::new(a, b).err().map(|e| e.code());
        let phones = |digest| Recipe::new(Kind::Phone, digest);
        assert_eq!(code(phones(Digest::Sha256), phones(Digest::Md5)), Some("digests-apart"));
        assert_eq!(code(phones(Digest::None), phones(Digest::Mixed)), Some("digests-apart"));
        assert_eq!(code(phones(Digest::None), Recipe::new(Kind::Imei, Digest::Md5)), Some("kinds-apart"));
        assert_eq!(code(Recipe::new(Kind::Opaque, Digest::Md5), phones(Digest::Md5)), None);
    }
}
