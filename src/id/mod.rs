//! IDs of people: what a column holds, how a cell becomes a [`Key`], and what to say when it does not.
//!
//! The rules are those of Chinese ad platforms (11-digit phones without +86, IDFA in upper case, OAID as it
//! is); where other platforms differ, [`variants`] tries their way and names the one that would match, and
//! [`Writer`] writes it.
//! Sources: the platform documents behind each rule stand beside it; vectors in `tests/vectors/ids.rs`.

mod bucket;
mod cell;
mod digest;
mod guess;
mod header;
mod ids;
mod junk;
mod key;
mod mask;
mod normalise;
mod platform;
mod reader;
mod reason;
mod reject;
mod shape;
mod spelling;
mod token;
mod variants;

use serde::{Deserialize, Serialize};

pub use bucket::{BUCKETS, Plain, Salted};
pub use cell::trim;
pub use guess::{Guess, guess};
pub use ids::Ids;
pub use key::{Key, threshold};
pub use mask::mask;
pub use normalise::normalise;
pub use platform::{Dialect, Platform, Rule, Text, Writer};
pub use reader::Reader;
pub use reason::Reason;
pub use reject::Reject;
pub use shape::{Shape, shape};
pub use token::{TOKEN, TokenKey};
pub use variants::{Variant, variants};

use crate::error::{Error, Kind as Refusal};

/// The kind a column's name speaks of.
pub fn named(header: &str) -> Option<Kind> {
    header::Hint::of(header).kind
}

/// The first 16 bytes of a digest written in hex or base64.
pub fn digest_key(cell: &[u8]) -> Option<Key> {
    digest::Bytes::read(trim(cell)).map(|bytes| digest::head(bytes.bytes()))
}

/// The first 16 bytes of a text's digests, in every digest there is.
pub fn digests(text: &[u8]) -> [Key; 5] {
    [Digest::Md5, Digest::Sha1, Digest::Sha256, Digest::Sm3, Digest::Md5Sha256]
        .map(|of| digest::key(of, text))
}

/// What an ID names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A phone number: China's 11 digits, or E.164 with its plus sign.
    Phone,
    /// An e-mail address.
    Email,
    /// IMEI of 14 or 15 digits, or MEID of 14 hex digits.
    Imei,
    /// China's open anonymous device ID, written differently by each vendor.
    Oaid,
    /// Apple's advertising ID: a UUID in upper case.
    Idfa,
    /// Google's advertising ID: a UUID in lower case.
    Gaid,
    /// Anything else: a member number, an openid. Compared as it stands.
    Opaque,
}

impl Kind {
    /// All kinds, in the order forms show them.
    pub const ALL: [Kind; 7] =
        [Kind::Phone, Kind::Email, Kind::Imei, Kind::Oaid, Kind::Idfa, Kind::Gaid, Kind::Opaque];

    /// The stable name, as recipes write it.
    pub const fn code(self) -> &'static str {
        match self {
            Kind::Phone => "phone",
            Kind::Email => "email",
            Kind::Imei => "imei",
            Kind::Oaid => "oaid",
            Kind::Idfa => "idfa",
            Kind::Gaid => "gaid",
            Kind::Opaque => "opaque",
        }
    }
}

/// How an ID was hidden before it was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Digest {
    /// Not at all.
    #[default]
    None,
    /// MD5, the habit of Chinese platforms.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// China's SM3 (GB/T 32905), 32 bytes like SHA-256.
    Sm3,
    /// SHA-256 of the lower-case hex text of the MD5 (Tencent's `MD5_SHA256_*`).
    #[serde(rename = "md5-sha256")]
    Md5Sha256,
    /// Each value says by its own form what it is.
    Mixed,
}

impl Digest {
    /// All digests, in the order forms show them.
    pub const ALL: [Digest; 7] = [
        Digest::None,
        Digest::Md5,
        Digest::Sha1,
        Digest::Sha256,
        Digest::Sm3,
        Digest::Md5Sha256,
        Digest::Mixed,
    ];

    /// The stable name, as recipes write it.
    pub const fn code(self) -> &'static str {
        match self {
            Digest::None => "none",
            Digest::Md5 => "md5",
            Digest::Sha1 => "sha1",
            Digest::Sha256 => "sha256",
            Digest::Sm3 => "sm3",
            Digest::Md5Sha256 => "md5-sha256",
            Digest::Mixed => "mixed",
        }
    }

    /// Bytes of one digest; absent where values have no fixed width.
    pub const fn width(self) -> Option<usize> {
        match self {
            Digest::Md5 => Some(16),
            Digest::Sha1 => Some(20),
            Digest::Sha256 | Digest::Sm3 | Digest::Md5Sha256 => Some(32),
            Digest::None | Digest::Mixed => None,
        }
    }

    /// Whether a value under this digest can be carried on to `space` (digests are one-way streets).
    const fn reaches(self, space: Digest) -> bool {
        match (self, space) {
            (_, Digest::Mixed) => false,
            (Digest::None | Digest::Mixed, _) => true,
            (Digest::Md5, Digest::Md5Sha256) => true,
            _ => self as u8 == space as u8,
        }
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "IdRecipe"))]
pub struct Recipe {
    /// What the ID names.
    pub kind: Kind,
    /// How it was hidden.
    pub digest: Digest,
}

impl Recipe {
    /// A kind under a digest.
    pub const fn new(kind: Kind, digest: Digest) -> Self {
        Recipe { kind, digest }
    }

    /// Whether it holds raw IDs, which can be hashed in every way.
    pub const fn rehashes(self) -> bool {
        matches!(self.digest, Digest::None | Digest::Mixed)
    }
}

/// Where two columns can be compared: the more digested side, or why there is no such place.
///
/// A mixed column follows the other side's digest. Against raw values, and against another mixed column,
/// SHA-256 is the meeting place: what there stands as another digest is told as [`Reject::OtherDigest`].
///
/// Opaque compares with every kind of the same digest, and, once hashed, with every kind: a hash does not
/// show what it was made of, so a column of hashes headed `id` takes the kind of the other side.
pub fn space(first_party: Recipe, tags: Recipe) -> Result<Recipe, Error> {
    let kind = common_kind(first_party, tags).ok_or(Refusal::KindsApart)?;
    let digest = common_digest(first_party.digest, tags.digest).ok_or(Refusal::DigestsApart)?;
    Ok(Recipe { kind, digest })
}

fn common_kind(a: Recipe, b: Recipe) -> Option<Kind> {
    let yields =
        |x: Recipe, y: Recipe| x.kind == Kind::Opaque && (x.digest == y.digest || x.digest != Digest::None);
    match (a.kind, b.kind) {
        (x, y) if x == y => Some(x),
        _ if yields(a, b) => Some(b.kind),
        _ if yields(b, a) => Some(a.kind),
        _ => None,
    }
}

fn common_digest(a: Digest, b: Digest) -> Option<Digest> {
    match (a, b) {
        (Digest::Mixed, Digest::Mixed | Digest::None) | (Digest::None, Digest::Mixed) => Some(Digest::Sha256),
        _ if a.reaches(b) => Some(b),
        _ if b.reaches(a) => Some(a),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(kind: Kind, digest: Digest) -> Recipe {
        Recipe { kind, digest }
    }

    fn code(a: Recipe, b: Recipe) -> &'static str {
        space(a, b).map_or_else(|e| e.code(), |r| r.digest.code())
    }

    #[test]
    fn the_more_digested_side_wins() {
        use Digest::*;
        let table = [
            (None, None, "none"),
            (None, Md5, "md5"),
            (None, Sm3, "sm3"),
            (Md5, Md5Sha256, "md5-sha256"),
            (Md5, Sha256, "digests-apart"),
            (Sha256, Md5Sha256, "digests-apart"),
            (Sha1, Sha1, "sha1"),
            (Mixed, None, "sha256"),
            (Mixed, Mixed, "sha256"),
            (Mixed, Md5, "md5"),
            (Mixed, Md5Sha256, "md5-sha256"),
        ];
        for (a, b, want) in table {
            assert_eq!(code(at(Kind::Phone, a), at(Kind::Phone, b)), want, "{a:?} {b:?}");
            assert_eq!(code(at(Kind::Phone, b), at(Kind::Phone, a)), want, "{b:?} {a:?}");
        }
    }

    #[test]
    fn opaque_hashes_take_the_kind_of_the_other_side() {
        let phones = at(Kind::Phone, Digest::None);
        assert_eq!(space(phones, at(Kind::Opaque, Digest::Sha256)), Ok(at(Kind::Phone, Digest::Sha256)));
        assert_eq!(space(phones, at(Kind::Opaque, Digest::None)), Ok(phones));
        assert_eq!(code(at(Kind::Phone, Digest::Md5), at(Kind::Opaque, Digest::None)), "kinds-apart");
        assert_eq!(code(phones, at(Kind::Email, Digest::None)), "kinds-apart");
    }

    #[test]
    fn names_are_those_of_serde() {
        for digest in Digest::ALL {
            assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{}\"", digest.code()));
        }
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.code()));
        }
    }
}
