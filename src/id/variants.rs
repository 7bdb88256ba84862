//! Diagnosis: every *other* way the other side may have written and hashed the same raw IDs. When little or
//! nothing matches, someone tries each on a sample and names the one that would.
//!
//! Which platform writes so is told by [`Platform`]'s table: the spellings stand here, who uses them there.

use std::sync::OnceLock;

use super::digest::{self, hex};
use super::normalise::normalise;
use super::spelling::{Spelling, ways};
use super::{Digest, Key, Kind, Platform, Recipe};

/// One other way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variant {
    /// The stable code: the spelling and the hashing, joined by a plus sign (`cn-86+sm3`).
    pub code: &'static str,
    /// What the other side would have done, as an English phrase.
    pub english: &'static str,
    /// The same in Chinese.
    pub chinese: &'static str,
    kind: Kind,
    space: Digest,
    spelling: Spelling,
    hashing: Hashing,
}

impl Variant {
    /// The key of a raw value of ours under this way; absent where the value is not an ID or the way does not
    /// change it. Allocates: meant for a sample.
    pub fn key(&self, cell: &[u8]) -> Option<Key> {
        let mut plain = Vec::new();
        normalise(self.kind, cell, &mut plain).ok()?;
        let written = self.spelling.write(cell, &plain)?;
        let changes = self.spelling == Spelling::Ours || *written != plain;
        changes.then(|| self.hashing.key(self.space, &written))
    }

    /// The platforms that ask for IDs written and hashed so.
    pub fn platforms(&self) -> Vec<Platform> {
        let digest = if self.hashing == Hashing::Ours { Some(self.space) } else { self.hashing.digest() };
        let asks = |p: &Platform| {
            p.rule(self.kind).is_some_and(|rule| {
                rule.spelling.is(self.spelling) && digest.is_some_and(|d| rule.digests.contains(&d))
            })
        };
        Platform::ALL.into_iter().filter(|p| *p != Platform::Generic).filter(asks).collect()
    }

    /// What to say the tag file holds, where saying so is all it takes.
    pub fn fix(&self) -> Option<Recipe> {
        let digest = self.hashing.digest().filter(|_| self.spelling == Spelling::Ours)?;
        Some(Recipe { kind: self.kind, digest })
    }
}

/// Every other way for raw IDs of this kind in this space; none where the column is not raw.
pub fn variants(column: Recipe, space: Recipe) -> Vec<Variant> {
    if !matches!(column.digest, Digest::None | Digest::Mixed) || space.digest == Digest::Mixed {
        return Vec::new();
    }
    let hashings = Hashing::of(space.digest);
    let spellings = Spelling::of(column.kind);
    spellings
        .iter()
        .flat_map(|spelling| hashings.iter().map(move |hashing| (*spelling, *hashing)))
        .filter(|way| *way != (Spelling::Ours, Hashing::Ours))
        .map(|(spelling, hashing)| variant(column.kind, space.digest, spelling, hashing))
        .collect()
}

fn variant(kind: Kind, space: Digest, spelling: Spelling, hashing: Hashing) -> Variant {
    let [code, english, chinese] = words(spelling, hashing);
    Variant { code, english, chinese, kind, space, spelling, hashing }
}

ways! {
    /// How it was hashed.
    Hashing {
        Ours = "as-said", "hashed as said", "加密方式与所选一致";
        Sha256 = "sha256", "hashed with SHA-256", "用 SHA-256 加密";
        Sm3 = "sm3", "hashed with SM3", "用 SM3 加密";
        Md5Sha256 = "md5-sha256", "hashed with MD5 and then SHA-256", "先 MD5 再 SHA-256";
        UpperMd5Sha256 = "upper-md5-sha256", "hashed with MD5, in upper-case hex, and then SHA-256", "先 MD5（大写）再 SHA-256";
        Sha256Twice = "sha256-twice", "hashed with SHA-256 twice", "两次 SHA-256";
        Md5Sm3 = "md5-sm3", "hashed with MD5 and then SM3", "先 MD5 再 SM3";
        Md5Twice = "md5-twice", "hashed with MD5 twice", "两次 MD5";
        UpperMd5Twice = "upper-md5-twice", "hashed with MD5, in upper-case hex, and MD5 again", "先 MD5（大写）再 MD5";
        Sha1Twice = "sha1-twice", "hashed with SHA-1 twice", "两次 SHA-1";
        HexOfMd5 = "hex-md5", "already hashed with MD5 (lower-case hex), though taken as raw", "其实已用 MD5 加密（小写），却按未加密处理";
        UpperHexOfMd5 = "upper-hex-md5", "already hashed with MD5 (upper-case hex), though taken as raw", "其实已用 MD5 加密（大写），却按未加密处理";
        HexOfSha1 = "hex-sha1", "already hashed with SHA-1, though taken as raw", "其实已用 SHA-1 加密，却按未加密处理";
        HexOfSha256 = "hex-sha256", "already hashed with SHA-256 (lower-case hex), though taken as raw", "其实已用 SHA-256 加密（小写），却按未加密处理";
        UpperHexOfSha256 = "upper-hex-sha256", "already hashed with SHA-256 (upper-case hex), though taken as raw", "其实已用 SHA-256 加密（大写），却按未加密处理";
        HexOfSm3 = "hex-sm3", "already hashed with SM3, though taken as raw", "其实已用 SM3 加密，却按未加密处理";
        HexOfMd5Sha256 = "hex-md5-sha256", "already hashed with MD5 and then SHA-256, though taken as raw", "其实已先 MD5 再 SHA-256 加密，却按未加密处理";
    }
}

/// Code and sentences of every pair, joined once.
fn words(spelling: Spelling, hashing: Hashing) -> [&'static str; 3] {
    static TABLE: OnceLock<Vec<[String; 3]>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let pairs = Spelling::WORDS.iter().flat_map(|s| Hashing::WORDS.iter().map(move |h| (s, h)));
        pairs.map(|(s, h)| join(s, h)).collect()
    });
    let [code, english, chinese] = &table[spelling as usize * Hashing::WORDS.len() + hashing as usize];
    [code, english, chinese]
}

fn join(spelling: &[&str; 3], hashing: &[&str; 3]) -> [String; 3] {
    let code = match (spelling[0], hashing[0]) {
        ("ours", hashing) => hashing.to_string(),
        (spelling, "as-said") => spelling.to_string(),
        (spelling, hashing) => format!("{spelling}+{hashing}"),
    };
    [code, format!("{}, {}", spelling[1], hashing[1]), format!("{}，{}", spelling[2], hashing[2])]
}

impl Hashing {
    fn of(space: Digest) -> &'static [Hashing] {
        use Hashing::*;
        match space {
            Digest::Md5 => &[Ours, Md5Twice, UpperMd5Twice],
            Digest::Sha1 => &[Ours, Sha1Twice],
            Digest::Sha256 => &[Ours, Sm3, Md5Sha256, UpperMd5Sha256, Sha256Twice, Md5Sm3],
            Digest::Sm3 => &[Ours, Sha256, Md5Sha256, UpperMd5Sha256, Md5Sm3],
            Digest::Md5Sha256 => &[Ours, UpperMd5Sha256, Sha256, Sm3, Sha256Twice, Md5Sm3],
            Digest::None | Digest::Mixed => &[
                Ours,
                HexOfMd5,
                UpperHexOfMd5,
                HexOfSha1,
                HexOfSha256,
                UpperHexOfSha256,
                HexOfSm3,
                HexOfMd5Sha256,
            ],
        }
    }

    /// The digest it comes to, where there is a name for it.
    fn digest(self) -> Option<Digest> {
        use Hashing::*;
        match self {
            HexOfMd5 | UpperHexOfMd5 => Some(Digest::Md5),
            HexOfSha1 => Some(Digest::Sha1),
            Sha256 | HexOfSha256 | UpperHexOfSha256 => Some(Digest::Sha256),
            Sm3 | HexOfSm3 => Some(Digest::Sm3),
            Md5Sha256 | HexOfMd5Sha256 => Some(Digest::Md5Sha256),
            _ => None,
        }
    }

    fn key(self, space: Digest, text: &[u8]) -> Key {
        use Hashing::*;
        let after = |digest, hex: String| digest::key(digest, hex.as_bytes());
        match self {
            Ours => digest::key(space, text),
            Sha256 => digest::key(Digest::Sha256, text),
            Sm3 => digest::key(Digest::Sm3, text),
            Md5Sha256 => digest::key(Digest::Md5Sha256, text),
            UpperMd5Sha256 => after(Digest::Sha256, hex(Digest::Md5, text).to_uppercase()),
            Sha256Twice => after(Digest::Sha256, hex(Digest::Sha256, text)),
            Md5Sm3 => after(Digest::Sm3, hex(Digest::Md5, text)),
            Md5Twice => after(Digest::Md5, hex(Digest::Md5, text)),
            UpperMd5Twice => after(Digest::Md5, hex(Digest::Md5, text).to_uppercase()),
            Sha1Twice => after(Digest::Sha1, hex(Digest::Sha1, text)),
            HexOfMd5 => after(Digest::None, hex(Digest::Md5, text)),
            UpperHexOfMd5 => after(Digest::None, hex(Digest::Md5, text).to_uppercase()),
            HexOfSha1 => after(Digest::None, hex(Digest::Sha1, text)),
            HexOfSha256 => after(Digest::None, hex(Digest::Sha256, text)),
            UpperHexOfSha256 => after(Digest::None, hex(Digest::Sha256, text).to_uppercase()),
            HexOfSm3 => after(Digest::None, hex(Digest::Sm3, text)),
            HexOfMd5Sha256 => after(Digest::None, hex(Digest::Md5Sha256, text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Reader, space};
    use super::*;

    /// The codes of the ways under which `cell` would have given the digest `theirs`.
    fn told(kind: Kind, digest: Digest, cell: &str, theirs: &str) -> Vec<&'static str> {
        let (column, tags) = (Recipe::new(kind, Digest::None), Recipe::new(kind, digest));
        let space = space(column, tags).unwrap();
        let want = Reader::new(tags, space).unwrap().key(theirs.as_bytes()).unwrap();
        let all = variants(column, space);
        all.iter().filter(|v| v.key(cell.as_bytes()) == Some(want)).map(|v| v.code).collect()
    }

    #[test]
    fn the_right_way_is_named() {
        use Digest::*;
        let phone = "138 0013 8000";
        let idfa = "ff1999cd-7177-4937-a474-74937a102630";
        let upper = "FF1999CD-7177-4937-A474-74937A102630";
        let table = [
            (
                Kind::Phone,
                Sha256,
                phone,
                "bf08aacce7f9b2452863cf99373043c3333f0e3127f1f787c4abb46ab6cf2b83",
                "digits",
            ),
            (Kind::Phone, Sha256, phone, "7GHzxiCpi96tjB8fCudHq9G2Kgwtuk/UvCLPDR2GU+U=", "e164"),
            (Kind::Phone, Md5, phone, "709559e9597fadc042d59c664fe27e7e", "e164"),
            (Kind::Phone, Md5, phone, "3188d9b70320caec2e668ab7ccc50a27", "digits"),
            (
                Kind::Phone,
                Sha256,
                phone,
                "ee5e7b1cbf65495467be9ff49ac5fc14b6887547c1cd7f8856221b23f1efa062",
                "sm3",
            ),
            (
                Kind::Phone,
                Sha256,
                phone,
                "f058a0a0a30b5371ccce1c532b49c55d819211401002d45e3043bba66add2ca5",
                "md5-sha256",
            ),
            (
                Kind::Phone,
                Sha256,
                "+16505551212",
                "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
                "digits",
            ),
            (Kind::Idfa, Md5, upper, "6f32138588428cb4361e2891fe410c07", "lower"),
            (Kind::Idfa, Md5, idfa, "7999d1ff05b88b0ab7010976ac9441af", "upper-undashed"),
            (
                Kind::Idfa,
                Sha256,
                upper,
                "311992f9fd8708001b045e21879ff23752482dcc47e757499937850707378fb5",
                "lower",
            ),
            (Kind::Imei, Md5, "A000002C9060F7", "be53252c8c57964a136e9873bf46237c", "upper"),
            (Kind::Imei, Md5, "868186020123459", "ccc88522768e2b50a4c537a29368139b", "no-check-digit"),
            (
                Kind::Email,
                Sha256,
                "Jane.Saoirse+Work@gmail.com",
                "ku4mBX7Z3qJTXWyLFB1INzkyR2WZGW4ANSJUiW21iI8=",
                "gmail-no-dots-plus",
            ),
            (
                Kind::Email,
                Sha256,
                "JANESaoirse@gmail.com",
                "VpLXEp5N1bj/V1WzjgZsC+FfuYdntAOywSVIO00FD/E=",
                "as-typed",
            ),
        ];
        for (kind, digest, cell, theirs, want) in table {
            assert!(told(kind, digest, cell, theirs).contains(&want), "{cell} {want}");
        }
    }

    #[test]
    fn hashes_taken_as_raw_are_named() {
        let (ours, tags) = (Recipe::new(Kind::Oaid, Digest::None), Recipe::new(Kind::Opaque, Digest::None));
        let space = space(ours, tags).unwrap();
        let theirs = Reader::new(tags, space).unwrap().key(b"83e9158a4fb54c0e1ef0b238639a23ae").unwrap();
        let named = variants(ours, space)
            .into_iter()
            .find(|v| v.key(b"1fe9a970-efbb-29e0-0bdd-f5dbbf751ab5") == Some(theirs));
        assert_eq!(named.map(|v| v.code), Some("hex-md5"));
    }

    #[test]
    fn codes_are_distinct_and_none_is_ours() {
        for kind in Kind::ALL {
            for digest in Digest::ALL.into_iter().filter(|d| *d != Digest::Mixed) {
                let all = variants(Recipe::new(kind, Digest::None), Recipe::new(kind, digest));
                let codes: std::collections::BTreeSet<_> = all.iter().map(|v| v.code).collect();
                assert!(codes.len() == all.len() && !codes.contains("ours") && !codes.contains("as-said"));
            }
        }
        assert!(
            variants(Recipe::new(Kind::Phone, Digest::Md5), Recipe::new(Kind::Phone, Digest::Md5)).is_empty()
        );
    }

    #[test]
    fn only_another_digest_is_mended_by_a_setting() {
        let phones = |digest| Recipe::new(Kind::Phone, digest);
        let fixes: Vec<_> = variants(phones(Digest::None), phones(Digest::Sha256))
            .iter()
            .filter_map(|v| Some((v.code, v.fix()?.digest)))
            .collect();
        assert_eq!(fixes, [("sm3", Digest::Sm3), ("md5-sha256", Digest::Md5Sha256)]);
    }
}
