//! Every vector and every trap of the rules, by platform. Rows marked `pub` are printed in the platform's document.

use super::super::{Reader, space, variants};
use super::Platform::*;
use super::*;

const IDFA: &str = "FF1999CD-7177-4937-A474-74937A102630";
const OAID: &str = "1fe9a970-efbb-29e0-0bdd-f5dbbf751ab5";
const OAID64: &str = "D5FF7B0B6F5A4E3C9D1B2A3F4E5D6C7B8A9F0E1D2C3B4A5F6E7D8C9B0A1F2E3D";
const GAID: &str = "cdda802e-fb9c-47ad-9866-0794d394c912";
const MD5: &str = "7945bd83237335e5376ff44d62e4f0ae";
const SHA256: &str = "a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc";
const TWICE: &str = "f058a0a0a30b5371ccce1c532b49c55d819211401002d45e3043bba66add2ca5";

fn from(platform: Platform, kind: Kind, held: Digest, digest: Digest, cell: &str) -> Option<String> {
    let text = platform.dialect().texts[0];
    let writer = Writer { platform, column: Recipe::new(kind, held), digest, text };
    let mut out = Vec::new();
    writer.write(cell.as_bytes(), &mut out).then(|| String::from_utf8(out).unwrap())
}

fn raw(platform: Platform, kind: Kind, digest: Digest, cell: &str) -> Option<String> {
    from(platform, kind, Raw, digest, cell)
}

#[test]
fn vectors() {
    let table: &[(Platform, Kind, Digest, &str, &str)] = &[
        (Tencent, Phone, Md5, "+86 138-0013-8000", MD5),
        (Tencent, Phone, Sha256, "13800138000", SHA256),
        (Tencent, Phone, Md5Sha256, "13800138000", TWICE),
        (Kuaishou, Phone, Md5, "8613800138000", MD5),
        (Baidu, Phone, Md5, "13800138000", MD5),
        (Alibaba, Phone, Sha256, "13800138000", SHA256),
        (OceanEngine, Phone, Sha256, "13800138000", SHA256),
        (OceanEngineWeb, Phone, Raw, "+8613800138000", "13800138000"),
        (
            Meta,
            Phone,
            Sha256,
            "13800138000",
            "bf08aacce7f9b2452863cf99373043c3333f0e3127f1f787c4abb46ab6cf2b83",
        ),
        (
            Snap,
            Phone,
            Sha256,
            "13800138000",
            "bf08aacce7f9b2452863cf99373043c3333f0e3127f1f787c4abb46ab6cf2b83",
        ),
        (
            Yandex,
            Phone,
            Sha256,
            "13800138000",
            "bf08aacce7f9b2452863cf99373043c3333f0e3127f1f787c4abb46ab6cf2b83",
        ),
        (
            Google,
            Phone,
            Sha256,
            "13800138000",
            "ec61f3c620a98bdead8c1f1f0ae747abd1b62a0c2dba4fd4bc22cf0d1d8653e5",
        ),
        (Uid2, Phone, Sha256, "13800138000", "7GHzxiCpi96tjB8fCudHq9G2Kgwtuk/UvCLPDR2GU+U="),
        (
            Generic,
            Phone,
            Sm3,
            "13800138000",
            "ee5e7b1cbf65495467be9ff49ac5fc14b6887547c1cd7f8856221b23f1efa062",
        ),
        (Tencent, Imei, Md5, "868186020123459", "ab787a46f38415eaf87870555603c0c9"),
        (Tencent, Imei, Md5, "86818602012345", "ccc88522768e2b50a4c537a29368139b"),
        (Tencent, Imei, Md5, "A000002C9060F7", "f2d5a650733ca8c27d502b1c08da14e5"), // pub
        (
            Tencent,
            Imei,
            Md5Sha256,
            "A000002C9060F7",
            "d64db6590359b386397db4d8a61dbc8fbd586b8a0b822ee6bc19316402d583b4",
        ),
        (Tencent, Idfa, Md5, IDFA, "2c010ed96aef2fc34983e1e7e9176b7e"), // pub
        (Tencent, Idfa, Md5Sha256, IDFA, "9f2fc8b5eaaeba19fe9415767b13c1ec43c91aa039aa44684dfc8ec77d3b0607"),
        (OceanEngine, Idfa, Md5, IDFA, "2c010ed96aef2fc34983e1e7e9176b7e"),
        (Generic, Idfa, Sha256, IDFA, "1c97a17ddd0e80a47fed835051a12787535b0059885f0a04c379321adeeda545"),
        (X, Idfa, Sha256, IDFA, "311992f9fd8708001b045e21879ff23752482dcc47e757499937850707378fb5"),
        (Snap, Idfa, Sha256, IDFA, "311992f9fd8708001b045e21879ff23752482dcc47e757499937850707378fb5"),
        (Liveramp, Idfa, Sha1, IDFA, "2318756db7ecdcc7c3624d8e9be42f520b40c2f1"),
        (Tencent, Oaid, Md5, OAID, "83e9158a4fb54c0e1ef0b238639a23ae"),
        (Tencent, Oaid, Md5Sha256, OAID, "a58f9fffa86c12e6fb43f5232a46d53ef06196f4be138d185a09b1294c736c50"),
        (Tencent, Oaid, Md5, OAID64, "f682c94ecc8e9b355415224fa7092660"),
        (Tencent, Oaid, Raw, OAID64, OAID64),
        // MAC addresses are no kind of their own: the text as Tencent wants it, hashed. pub
        (Generic, Opaque, Md5, "020000000000", "e3f5536a141811db40efd6400f1d0a4e"),
        (Tiktok, Gaid, Md5, GAID, "76770dbc2bcc93480130991dde661812"),
        (Liveramp, Gaid, Sha1, GAID, "15fb40d48e4b3f662dc2159118d0bfae59bb5f30"),
        (Tiktok, Gaid, Sha256, GAID, "f23b554b2a8fb732a8b973733832e70f018da7bc294dfea289735a07d5dd2c9f"),
        (
            Meta,
            Email,
            Sha256,
            "John_Smith@gmail.com ",
            "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
        ), // pub
        (
            Meta,
            Phone,
            Sha256,
            "+1 (650) 555-1212",
            "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
        ), // pub
        (
            Google,
            Phone,
            Sha256,
            "+16505551212",
            "1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8",
        ),
        (
            Google,
            Phone,
            Sha256,
            "+1 800 555 0100",
            "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30",
        ),
        (
            Generic,
            Email,
            Sha256,
            "user@example.com",
            "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514",
        ),
        (Uid2, Email, Sha256, "USER@example.com", "tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRQ="), // pub
        (Uid2, Email, Sha256, "Jane.Saoirse+Work@gmail.com", "ku4mBX7Z3qJTXWyLFB1INzkyR2WZGW4ANSJUiW21iI8="), // pub
        (
            Generic,
            Email,
            Sha256,
            "janesaoirse+work@example.com",
            "28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180",
        ), // pub
        (
            Generic,
            Phone,
            Sha256,
            "+12345678901",
            "10e6f0b47054a83359477dcb35231db6de5c69fb1816e1a6b98e192de9e5b9ee",
        ), // pub
        (Uid2, Phone, Sha256, "+12345678901", "EObwtHBUqDNZR33LNSMdtt5cafsYFuGmuY4ZLenlue4="), // pub
        (
            Tiktok,
            Email,
            Sha256,
            "JaneDoe@gmail.com",
            "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69",
        ), // pub
        (
            Tiktok,
            Phone,
            Sha256,
            "+37493828222",
            "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4",
        ), // pub
        (
            Tiktok,
            Gaid,
            Sha256,
            "5F3A2B18-9C4D-4E7F-B8E2-17D3A1E69B25",
            "83dc3f5f32b9472613b0f038d36f22585a609d018af6f6067f50da318bf354bd",
        ), // pub
        (
            Generic,
            Opaque,
            Sha256,
            "adsapi",
            "49e0be2aeccfb51a8dee4c945c8a70a9ac500cf6f5cb08112575f74db9b1470d",
        ), // pub: X
    ];
    for (platform, kind, digest, cell, want) in table {
        assert_eq!(
            raw(*platform, *kind, *digest, cell).as_deref(),
            Some(*want),
            "{platform:?} {kind:?} {cell}"
        );
    }
    for (name, head, tail) in
        [("mary", "6915771b", "b7c449f4ec"), ("정", "8fa8cd9c", "51db14"), ("valéry", "08e1996b", "17149c")]
    {
        let hash = raw(Generic, Opaque, Sha256, name).unwrap(); // pub: Meta
        assert!(hash.starts_with(head) && hash.ends_with(tail), "{name}");
    }
}

#[test]
fn what_no_platform_writes() {
    let wrong = [
        (Phone, "13800138000", "709559e9597fadc042d59c664fe27e7e"), // MD5 with +86
        (Phone, "13800138000", "3188d9b70320caec2e668ab7ccc50a27"), // MD5 with 86
        (Phone, "13800138000", "237335e5376ff44d"),                 // half an MD5
        (Imei, "A000002C9060F7", "be53252c8c57964a136e9873bf46237c"),
        (Idfa, IDFA, "7999d1ff05b88b0ab7010976ac9441af"), // no dashes
        (Oaid, OAID64, "cd483657708e01e79f012ea4aae4082f"),
        (Email, "JANESaoirse@gmail.com", "VpLXEp5N1bj/V1WzjgZsC+FfuYdntAOywSVIO00FD/E="),
    ];
    for (kind, cell, hash) in wrong {
        for platform in Platform::ALL {
            for digest in platform.rule(kind).map_or(&[][..], |rule| rule.digests) {
                assert_ne!(raw(platform, kind, *digest, cell).as_deref(), Some(hash), "{platform:?} {cell}");
            }
        }
    }
    // The lower IDFA is wrong for Tencent and right for TikTok, whose example is lower.
    let lower = "6f32138588428cb4361e2891fe410c07";
    assert_ne!(raw(Tencent, Idfa, Md5, IDFA).as_deref(), Some(lower));
    assert_eq!(raw(Tiktok, Idfa, Md5, IDFA).as_deref(), Some(lower));
}

#[test]
fn trap_tiktok_takes_phones_without_plus() {
    assert_eq!(raw(Tiktok, Phone, Raw, "+374 9382-8222").as_deref(), Some("37493828222"));
    assert_eq!(raw(Tiktok, Phone, Raw, "13800138000").as_deref(), Some("8613800138000"));
}

#[test]
fn trap_gmail_dots() {
    let text = |platform: Platform, cell: &str| {
        let mut plain = Vec::new();
        normalise(Email, cell.as_bytes(), &mut plain).unwrap();
        let written = platform.rule(Email).unwrap().spelling.write(cell.as_bytes(), &plain).unwrap();
        String::from_utf8(written.into_owned()).unwrap()
    };
    let [gmail, google, other] = ["A.b+c@gmail.com", "A.b+c@googlemail.com", "A.b+c@x.com"];
    assert_eq!(
        [gmail, google, other].map(|a| text(Google, a)),
        ["ab+c@gmail.com", "ab+c@googlemail.com", "a.b+c@x.com"]
    );
    assert_eq!(
        [gmail, google, other].map(|a| text(Uid2, a)),
        ["ab@gmail.com", "a.b+c@googlemail.com", "a.b+c@x.com"]
    );
    assert_eq!(
        [gmail, google, other].map(|a| text(Tiktok, a)),
        ["a.b@gmail.com", "a.b@googlemail.com", "a.b@x.com"]
    );
    for platform in [Meta, X, Snap, Liveramp] {
        assert_eq!(text(platform, gmail), "a.b+c@gmail.com", "{platform:?}");
    }
}

#[test]
fn trap_idfa_case() {
    let lower = IDFA.to_ascii_lowercase();
    for (platform, digest, upper) in
        [(Tencent, Md5, true), (Liveramp, Sha1, true), (X, Sha256, false), (Snap, Sha256, false)]
    {
        let same = if upper { IDFA } else { &lower };
        let want = raw(Generic, Opaque, digest, same);
        assert_eq!(raw(platform, Idfa, digest, &lower), want, "{platform:?}");
        assert_eq!(raw(platform, Idfa, digest, IDFA), want, "{platform:?}");
    }
    assert_eq!(raw(Yandex, Idfa, Raw, &lower).as_deref(), Some(IDFA));
    assert_eq!(
        raw(OceanEngine, Idfa, Raw, IDFA).as_deref(),
        Some(&*lower),
        "IDs in its messages are lower case"
    );
}

#[test]
fn trap_hex_case_and_base64() {
    let upper = SHA256.to_ascii_uppercase();
    assert_eq!(from(Tencent, Phone, Sha256, Sha256, &upper).as_deref(), Some(SHA256), "bytes, not letters");
    let column = Recipe::new(Phone, Sha256);
    let mut out = Vec::new();
    let writer = Writer { platform: Generic, column, digest: Sha256, text: Text::Upper };
    assert!(writer.write(SHA256.as_bytes(), &mut out));
    assert_eq!(out, upper.as_bytes());
    let base64 = from(Uid2, Phone, Sha256, Sha256, SHA256).unwrap();
    assert_eq!(from(Google, Phone, Sha256, Sha256, &base64).as_deref(), Some(SHA256));
}

#[test]
fn trap_the_double_hash_is_of_lower_hex() {
    assert_eq!(from(Tencent, Phone, Md5, Md5Sha256, &MD5.to_ascii_uppercase()).as_deref(), Some(TWICE));
}

#[test]
fn trap_aws_hashes_match_nobody_else() {
    let column = Recipe::new(Phone, Raw);
    let space = space(column, Recipe::new(Phone, Sha256)).unwrap();
    let theirs = digest::key(Sha256, b"(650)-555-1212");
    let ways = variants(column, space);
    let found: Vec<_> = ways.iter().filter(|v| v.key(b"+16505551212") == Some(theirs)).collect();
    assert_eq!(found.iter().map(|v| v.code).collect::<Vec<_>>(), ["aws"]);
    assert!(found[0].platforms().is_empty());
}

#[test]
fn trap_an_oaid_may_look_like_a_hash() {
    let hash = OAID64.to_ascii_lowercase();
    assert_eq!(raw(Tencent, Oaid, Raw, &hash).as_deref(), Some(&*hash), "the column's word is taken");
    assert_eq!(from(Generic, Oaid, Sha256, Sha256, OAID64).as_deref(), Some(&*hash));
}

#[test]
fn the_diagnosis_names_the_platforms() {
    let named = |cell: &str, kind: Kind, theirs: &str, digest: Digest| {
        let (column, tags) = (Recipe::new(kind, Raw), Recipe::new(kind, digest));
        let space = space(column, tags).unwrap();
        let want = Reader::new(tags, space).unwrap().key(theirs.as_bytes()).unwrap();
        let ways = variants(column, space);
        ways.iter().find(|v| v.key(cell.as_bytes()) == Some(want)).map(|v| v.platforms()).unwrap_or_default()
    };
    let meta = raw(Meta, Phone, Sha256, "13800138000").unwrap();
    assert_eq!(named("13800138000", Phone, &meta, Sha256), [Meta, Tiktok, Snap, Yandex]);
    let google = raw(Google, Phone, Sha256, "13800138000").unwrap();
    assert_eq!(named("13800138000", Phone, &google, Sha256), [Google, Uid2]);
    assert_eq!(named("13800138000", Phone, TWICE, Sha256), [Tencent]);
    assert_eq!(named(IDFA, Idfa, &raw(X, Idfa, Sha256, IDFA).unwrap(), Sha256), [Tiktok, X, Snap]);
}

/// What the diagnosis tries covers every platform: a file hashed by any rule here is found, or is as usual.
#[test]
fn every_rule_is_tried() {
    let ids = [
        (Phone, "+16505551212"),
        (Phone, "13800138000"),
        (Email, "j.d+x@gmail.com"),
        (Idfa, IDFA),
        (Gaid, GAID),
    ];
    for platform in Platform::ALL {
        for rule in platform.dialect().rules {
            for digest in rule.digests.iter().filter(|d| d.width().is_some()) {
                for (_, cell) in ids.iter().filter(|(kind, _)| *kind == rule.kind) {
                    let Some(theirs) = raw(platform, rule.kind, *digest, cell) else { continue };
                    let (column, tags) = (Recipe::new(rule.kind, Raw), Recipe::new(rule.kind, *digest));
                    let space = space(column, tags).unwrap();
                    let want = Reader::new(tags, space).unwrap().key(theirs.as_bytes()).unwrap();
                    let usual = Reader::new(column, space).unwrap().key(cell.as_bytes()) == Ok(want);
                    let tried = variants(column, space).iter().any(|v| v.key(cell.as_bytes()) == Some(want));
                    assert!(usual || tried, "{platform:?} {cell} {digest:?}");
                }
            }
        }
    }
}

#[test]
fn hashes_go_only_where_they_were_made_for() {
    let phones = |digest| Recipe::new(Phone, digest);
    let table = [
        (phones(Md5), Generic, Tencent, Md5, Ok(())),
        (phones(Md5), Generic, Tencent, Md5Sha256, Ok(())),
        (phones(Md5), Generic, Tencent, Sha256, Err(Refusal::PlatformRehash)),
        (phones(Sha256), Generic, Google, Sha256, Err(Refusal::PlatformRehash)),
        (phones(Sha256), Google, Google, Sha256, Ok(())),
        (phones(Sha256), Google, Uid2, Sha256, Ok(())),
        (phones(Sha256), Google, Tencent, Sha256, Err(Refusal::PlatformRehash)),
        (phones(Raw), Generic, Google, Sha256, Ok(())),
        (phones(Raw), Generic, Google, Md5, Err(Refusal::PlatformDigest)),
        (phones(Raw), Generic, X, Sha256, Err(Refusal::PlatformKind)),
        (Recipe::new(Idfa, Raw), Generic, Meta, Sha256, Err(Refusal::PlatformKind)),
        (Recipe::new(Email, Raw), Generic, Tencent, Md5, Err(Refusal::PlatformKind)),
    ];
    for (column, by, platform, digest, want) in table {
        assert_eq!(platform.takes(column, by, digest), want, "{column:?} {platform:?} {digest:?}");
    }
}

#[test]
fn who_has_no_form_is_not_written() {
    assert_eq!(raw(Tencent, Phone, Md5, "+16505551212"), None, "no Chinese number");
    assert_eq!(raw(OceanEngine, Opaque, Raw, "oUpF8uMuAJO"), None, "no number");
    assert_eq!(from(Tencent, Phone, Md5, Md5, SHA256), None, "another digest");
    assert_eq!(raw(Tencent, Phone, Md5, MD5), None, "a hash among raw IDs");
    assert_eq!(raw(Liveramp, Phone, Sha1, "+442071838750"), raw(Generic, Opaque, Sha1, "2071838750"));
    assert_eq!(raw(Liveramp, Phone, Sha1, "+37493828222"), raw(Generic, Opaque, Sha1, "93828222"));
}

#[test]
fn mixed_columns_are_written_as_far_as_they_go() {
    assert_eq!(from(Tencent, Phone, Digest::Mixed, Md5, "13800138000").as_deref(), Some(MD5));
    assert_eq!(from(Tencent, Phone, Digest::Mixed, Md5, MD5).as_deref(), Some(MD5));
    assert_eq!(from(Tencent, Phone, Digest::Mixed, Md5, SHA256), None);
}

#[test]
fn names_are_those_of_serde_and_stand_in_order() {
    for (at, platform) in Platform::ALL.into_iter().enumerate() {
        assert_eq!(serde_json::to_string(&platform).unwrap(), format!("\"{}\"", platform.code()));
        assert_eq!(platform as usize, at);
    }
}
