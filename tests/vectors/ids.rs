//! Digests of IDs as the platforms print them, or as Python's hashlib gives them for the platforms' rules.
//! Rows marked `pub` are printed in the platform's own document.

use atoll::id::{Digest, Key, Kind, Reader, Recipe, Reject, space};

use Digest::{Md5, Md5Sha256, Sha1, Sha256, Sm3};
use Kind::{Email, Gaid, Idfa, Imei, Oaid, Opaque, Phone};

const OAID64: &str = "D5FF7B0B6F5A4E3C9D1B2A3F4E5D6C7B8A9F0E1D2C3B4A5F6E7D8C9B0A1F2E3D";

/// A raw value as a brand may hold it, and what a partner's file holds for the same person.
const SAME: &[(Kind, &str, Digest, &str)] = &[
    (Phone, "+86 138-0013-8000", Md5, "7945bd83237335e5376ff44d62e4f0ae"),
    (Phone, "13800138000", Sha256, "a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc"),
    (Phone, "13800138000", Sm3, "ee5e7b1cbf65495467be9ff49ac5fc14b6887547c1cd7f8856221b23f1efa062"),
    (Phone, "13800138000", Md5Sha256, "f058a0a0a30b5371ccce1c532b49c55d819211401002d45e3043bba66add2ca5"),
    (Imei, "868186020123459", Md5, "ab787a46f38415eaf87870555603c0c9"),
    (Imei, "86818602012345", Md5, "ccc88522768e2b50a4c537a29368139b"),
    (Imei, "A000002C9060F7", Md5, "f2d5a650733ca8c27d502b1c08da14e5"), // pub: Tencent
    (Imei, "a000002c9060f7", Md5Sha256, "d64db6590359b386397db4d8a61dbc8fbd586b8a0b822ee6bc19316402d583b4"),
    (Idfa, "FF1999CD-7177-4937-A474-74937A102630", Md5, "2c010ed96aef2fc34983e1e7e9176b7e"), // pub: Tencent
    (Idfa, "ff1999cd71774937a47474937a102630", Md5, "2c010ed96aef2fc34983e1e7e9176b7e"),
    (
        Idfa,
        "FF1999CD-7177-4937-A474-74937A102630",
        Md5Sha256,
        "9f2fc8b5eaaeba19fe9415767b13c1ec43c91aa039aa44684dfc8ec77d3b0607",
    ),
    (
        Idfa,
        "FF1999CD-7177-4937-A474-74937A102630",
        Sha256,
        "1c97a17ddd0e80a47fed835051a12787535b0059885f0a04c379321adeeda545",
    ),
    (Idfa, "FF1999CD-7177-4937-A474-74937A102630", Sha1, "2318756db7ecdcc7c3624d8e9be42f520b40c2f1"),
    (Oaid, "1fe9a970-efbb-29e0-0bdd-f5dbbf751ab5", Md5, "83e9158a4fb54c0e1ef0b238639a23ae"),
    (
        Oaid,
        "1fe9a970-efbb-29e0-0bdd-f5dbbf751ab5",
        Md5Sha256,
        "a58f9fffa86c12e6fb43f5232a46d53ef06196f4be138d185a09b1294c736c50",
    ),
    (Oaid, OAID64, Md5, "f682c94ecc8e9b355415224fa7092660"),
    (Gaid, "CDDA802E-FB9C-47AD-9866-0794D394C912", Md5, "76770dbc2bcc93480130991dde661812"),
    (Gaid, "cdda802e-fb9c-47ad-9866-0794d394c912", Sha1, "15fb40d48e4b3f662dc2159118d0bfae59bb5f30"),
    (
        Gaid,
        "cdda802e-fb9c-47ad-9866-0794d394c912",
        Sha256,
        "f23b554b2a8fb732a8b973733832e70f018da7bc294dfea289735a07d5dd2c9f",
    ),
    (
        Gaid,
        "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25",
        Sha256,
        "83dc3f5f32b9472613b0f038d36f22585a609d018af6f6067f50da318bf354bd",
    ), // pub: TikTok
    (
        Email,
        " John_Smith@gmail.com",
        Sha256,
        "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
    ), // pub: Meta
    (Email, "janedoe@gmail.com", Sha256, "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"), // pub: TikTok
    (Email, "user@example.com", Sha256, "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514"), // pub: UID2
    (Email, "USER@example.com", Sha256, "tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRQ="), // pub: UID2
    (
        Email,
        "janesaoirse+work@example.com",
        Sha256,
        "28aaee4815230cd3b4ebd88c515226550666e91ac019929e3adac3f66c288180",
    ), // pub: UID2
    (Phone, "+16505551212", Sha256, "1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8"),
    (Phone, "+1 (800) 555-0100", Sha256, "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"),
    (Phone, "+12345678901", Sha256, "10e6f0b47054a83359477dcb35231db6de5c69fb1816e1a6b98e192de9e5b9ee"), // pub: UID2
    (Phone, "0012345678901", Sha256, "EObwtHBUqDNZR33LNSMdtt5cafsYFuGmuY4ZLenlue4="), // pub: UID2
    (Opaque, "adsapi", Sha256, "49e0be2aeccfb51a8dee4c945c8a70a9ac500cf6f5cb08112575f74db9b1470d"), // pub: X
];

/// What a partner who follows another rule holds: it must not match, or strangers would.
const APART: &[(Kind, &str, Digest, &str)] = &[
    (Phone, "13800138000", Sha256, "bf08aacce7f9b2452863cf99373043c3333f0e3127f1f787c4abb46ab6cf2b83"), // 86
    (Phone, "13800138000", Sha256, "ec61f3c620a98bdead8c1f1f0ae747abd1b62a0c2dba4fd4bc22cf0d1d8653e5"), // +86
    (Phone, "13800138000", Md5, "709559e9597fadc042d59c664fe27e7e"),                                    // +86
    (Imei, "A000002C9060F7", Md5, "be53252c8c57964a136e9873bf46237c"), // upper
    (Imei, "868186020123459", Md5, "ccc88522768e2b50a4c537a29368139b"), // 14 digits
    (Idfa, "FF1999CD-7177-4937-A474-74937A102630", Md5, "6f32138588428cb4361e2891fe410c07"), // lower
    (Oaid, OAID64, Md5, "cd483657708e01e79f012ea4aae4082f"),           // lower
    (Email, "JANESaoirse@gmail.com", Sha256, "VpLXEp5N1bj/V1WzjgZsC+FfuYdntAOywSVIO00FD/E="), // as typed
];

fn both(kind: Kind, raw: &str, digest: Digest, hashed: &str) -> [Result<Key, Reject>; 2] {
    let (ours, theirs) = (Recipe::new(kind, Digest::None), Recipe::new(kind, digest));
    let space = space(ours, theirs).expect("raw IDs reach every digest");
    let read = |column, cell: &str| Reader::new(column, space).expect("in the space").key(cell.as_bytes());
    [read(ours, raw), read(theirs, hashed)]
}

#[test]
fn the_same_person() {
    for &(kind, raw, digest, hashed) in SAME {
        let upper = hashed.to_uppercase();
        let hex = hashed.bytes().all(|b| b.is_ascii_hexdigit());
        for hashed in [hashed, if hex { &upper } else { hashed }, &format!(" {hashed}\t")] {
            let [ours, theirs] = both(kind, raw, digest, hashed);
            assert!(ours.is_ok(), "{raw}: {ours:?}");
            assert_eq!(ours, theirs, "{kind:?} {raw} {digest:?}");
        }
    }
}

#[test]
fn another_rule_is_another_person() {
    for &(kind, raw, digest, hashed) in APART {
        let [ours, theirs] = both(kind, raw, digest, hashed);
        assert!(ours.is_ok() && theirs.is_ok());
        assert_ne!(ours, theirs, "{kind:?} {raw} {digest:?}");
    }
}

#[test]
fn an_md5_reaches_the_double_hash() {
    let (ours, theirs) = (Recipe::new(Imei, Md5), Recipe::new(Imei, Md5Sha256));
    let space = space(ours, theirs).expect("comparable");
    let read = |column, cell: &str| Reader::new(column, space).expect("in the space").key(cell.as_bytes());
    let md5 = "F2D5A650733CA8C27D502B1C08DA14E5"; // upper hex outside, lower hex inside
    let double = "d64db6590359b386397db4d8a61dbc8fbd586b8a0b822ee6bc19316402d583b4";
    assert_eq!(read(ours, md5), read(theirs, double));
    assert!(read(ours, md5).is_ok());
}

#[test]
fn half_an_md5_is_refused() {
    assert_eq!(both(Phone, "13800138000", Md5, "237335e5376ff44d")[1], Err(Reject::WrongDigest));
}

#[test]
fn published_junk_is_nobody() {
    let table = [
        (Md5, "d41d8cd98f00b204e9800998ecf8427e"), // empty
        (Sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), // empty
        (Sha256, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), // empty
        (Md5, "9f89c84a559f573636a47ff8daed0d33"), // zero UUID
        (Md5, "5284047f4ffb4e04824a2fd1d1f0cd62"), // fifteen zeros
        (Md5, "37a6259cc0c1dae299a7866489dff0bd"), // null
        (Md5, "6c3e226b4d4795d518ab341b0824ec29"), // NULL
        (Md5, "AD921D60486366258809553A3DB49A4A"), // unknown
        (Md5, "cfcd208495d565ef66e7dff9f98764da"), // 0
    ];
    for (digest, hash) in table {
        for kind in [Phone, Imei, Oaid, Opaque] {
            let column = Recipe::new(kind, digest);
            assert_eq!(
                Reader::new(column, column).expect("itself").key(hash.as_bytes()),
                Err(Reject::Junk),
                "{hash}"
            );
        }
    }
    let (ours, theirs) = (Recipe::new(Phone, Md5), Recipe::new(Phone, Md5Sha256));
    let empty = Reader::new(ours, theirs).expect("comparable").key(b"d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(empty, Err(Reject::Junk), "junk is known after the second hash too");
}
