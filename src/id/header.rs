//! What a column's name says, in English and Chinese.

use super::{Digest, Kind};

/// What a name says about its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hint {
    /// The kind it names; opaque for a bare "ID".
    pub kind: Option<Kind>,
    /// The digest it names.
    pub digest: Option<Digest>,
}

impl Hint {
    /// Reads a name. Specific names come first: `idfa` holds `id`, `hash_mobile` holds `mobile`.
    pub(super) fn of(header: &str) -> Hint {
        let name = header.trim().to_lowercase();
        let bare: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).collect();
        Hint { kind: kind(&bare, &words), digest: digest(&bare) }
    }
}

/// Parts of a name that settle the kind wherever they stand.
const PARTS: [(Kind, &[&str]); 6] = [
    (Kind::Oaid, &["oaid"]),
    (Kind::Idfa, &["idfa"]),
    (Kind::Imei, &["imei", "meid"]),
    (Kind::Gaid, &["gaid", "adid", "aaid", "googleadid", "advertisingid"]),
    (Kind::Email, &["email", "mail", "邮箱", "邮件", "电邮"]),
    (Kind::Phone, &["phone", "mobile", "msisdn", "手机", "电话", "联系方式", "号码"]),
];

/// Whole words that settle it: inside others (`hotel`, `cellar`, `android`) they mean nothing.
const WORDS: [(Kind, &[&str]); 2] = [
    (Kind::Phone, &["tel", "cell", "phonenumber"]),
    (
        Kind::Opaque,
        &[
            "id",
            "ids",
            "uid",
            "openid",
            "unionid",
            "userid",
            "memberid",
            "member",
            "customerid",
            "cid",
            "key",
        ],
    ),
];

/// Chinese names of an ID of one's own; Chinese has no word breaks to look for.
const OWN: [&str; 6] = ["会员", "用户", "编号", "账号", "客户", "标识"];

fn kind(bare: &str, words: &[&str]) -> Option<Kind> {
    let part = PARTS.iter().find(|(_, parts)| parts.iter().any(|part| bare.contains(part)));
    let word = || WORDS.iter().find(|(_, all)| words.iter().any(|word| all.contains(word)));
    let own = || OWN.iter().any(|part| bare.contains(part)).then_some(Kind::Opaque);
    part.or_else(word).map(|(kind, _)| *kind).or_else(own)
}

fn digest(bare: &str) -> Option<Digest> {
    let says = |part: &str| bare.contains(part);
    match (says("md5"), says("sha256")) {
        (true, true) => Some(Digest::Md5Sha256),
        (true, _) => Some(Digest::Md5),
        (_, true) => Some(Digest::Sha256),
        _ if says("sm3") || says("国密") => Some(Digest::Sm3),
        _ if says("sha1") => Some(Digest::Sha1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let table = [
            ("phone", Some(Kind::Phone), None),
            ("手机号MD5", Some(Kind::Phone), Some(Digest::Md5)),
            ("HASH_MOBILE_PHONE", Some(Kind::Phone), None),
            ("MD5_SHA256_IMEI", Some(Kind::Imei), Some(Digest::Md5Sha256)),
            ("Phone_SHA-256", Some(Kind::Phone), Some(Digest::Sha256)),
            ("email1_SHA-1", Some(Kind::Email), Some(Digest::Sha1)),
            ("phone_sm3", Some(Kind::Phone), Some(Digest::Sm3)),
            ("oaid", Some(Kind::Oaid), None),
            ("idfa", Some(Kind::Idfa), None),
            ("user_id", Some(Kind::Opaque), None),
            ("会员编号", Some(Kind::Opaque), None),
            ("id", Some(Kind::Opaque), None),
            ("hotel", None, None),
            ("video", None, None),
            ("", None, None),
        ];
        for (name, kind, digest) in table {
            assert_eq!(Hint::of(name), Hint { kind, digest }, "{name}");
        }
    }
}
