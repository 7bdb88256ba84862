//! What each platform takes as a file: header, packing, and its published limits (`ids.md` 2.1), enforced before anything
//! is uploaded. Sizes are decimal, so that a file is within the limit whichever way the platform counts.

use crate::error::Kind as Refusal;
use crate::id::{Digest, Kind, Platform};

/// How IDs are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pack {
    /// One ID per line, no header.
    Lines,
    /// A table of one column with its header.
    Table,
    /// One ID per line in a text file in an archive.
    Zip,
    /// Messages of many IDs, one per line, in a text file in an archive.
    Messages,
}

/// A platform's file. Nought is "no limit published".
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// How IDs are packed.
    pub pack: Pack,
    /// Most IDs of one file.
    pub rows: u64,
    /// Most bytes of one file.
    pub bytes: u64,
    /// Most files.
    pub files: u64,
    /// Fewest IDs of one file.
    pub floor: u64,
    /// Fewest IDs that are of use there.
    pub advised: u64,
    /// Most IDs in all.
    pub people: u64,
    /// Whether the platform's document says how the file looks.
    pub sure: bool,
}

const MB: u64 = 1_000_000;
const FREE: Form =
    Form { pack: Pack::Lines, rows: 0, bytes: 0, files: 0, floor: 0, advised: 0, people: 0, sure: true };

/// The file a platform takes.
pub const fn form(platform: Platform) -> Form {
    use Pack::{Messages, Table, Zip};
    match platform {
        // dmp.proto: a line is one message of at most 10,000 IDs; data_source/create: at most 1,000 files.
        Platform::OceanEngine => Form { pack: Messages, bytes: 50 * MB, files: 1_000, ..FREE },
        // The upload page: no more than ten million lines, the archive no larger than 50 MB.
        Platform::OceanEngineWeb => Form { pack: Zip, rows: 10_000_000, bytes: 50 * MB, ..FREE },
        // custom_audience_files_add.
        Platform::Tencent => Form { pack: Zip, bytes: 100 * MB, ..FREE },
        // Document 2664: at most ten files of less than 3 GB together.
        Platform::Kuaishou => Form { bytes: 300 * MB - 1, files: 10, ..FREE },
        // document_detail/420456.
        Platform::Alibaba => Form { floor: 5_000, people: 200_000_000, sure: false, ..FREE },
        // support.google.com answer/7476159.
        Platform::Google => Form { pack: Table, ..FREE },
        // The help page advises against fewer than 100 rows.
        Platform::Meta => Form { pack: Table, advised: 100, ..FREE },
        // "How to create a custom audience with a customer file": less than 1 GB, 1,000 rows at least, no archive.
        Platform::Tiktok => Form { pack: Table, floor: 1_000, bytes: 1_000 * MB - 1, ..FREE },
        // The header names the digest (`email1_SHA-1`); limits were not found.
        Platform::Liveramp => Form { pack: Table, sure: false, ..FREE },
        // 100 rows at least, 1 GB; what the header is called was not found, so there is none.
        Platform::Yandex => Form { floor: 100, bytes: 1_000 * MB, sure: false, ..FREE },
        Platform::Generic => Form { pack: Table, ..FREE },
        Platform::Baidu | Platform::X | Platform::Snap | Platform::Uid2 => Form { sure: false, ..FREE },
    }
}

/// The header of a column; nothing where there is none. Refuses a column of which it is not known.
pub fn header(platform: Platform, kind: Kind, digest: Digest) -> Result<Option<String>, Refusal> {
    let name = match (platform, kind) {
        (Platform::Google, Kind::Email) => "Email".into(),
        (Platform::Google, Kind::Phone) => "Phone".into(),
        (Platform::Meta, _) => kind.code().into(),
        (Platform::Tiktok, Kind::Email) => format!("Email{}", tiktok(digest)),
        (Platform::Tiktok, Kind::Phone) => format!("Phone{}", tiktok(digest)),
        (Platform::Tiktok, _) => format!("MAID{}", tiktok(digest)),
        (Platform::Liveramp, Kind::Email) => format!("email1_{}", liveramp(digest)),
        (Platform::Generic, _) => "id".into(),
        _ if form(platform).pack == Pack::Table => return Err(Refusal::PlatformKind),
        _ => return Ok(None),
    };
    Ok(Some(name))
}

const fn tiktok(digest: Digest) -> &'static str {
    match digest {
        Digest::Md5 => "_MD5",
        Digest::Sha256 => "_SHA256",
        _ => "",
    }
}

const fn liveramp(digest: Digest) -> &'static str {
    match digest {
        Digest::Md5 => "MD5",
        Digest::Sha1 => "SHA-1",
        _ => "SHA-256",
    }
}
