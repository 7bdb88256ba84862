//! What each platform wants an ID to look like: one table of named, versioned recipes.
//!
//! The same person is another string on every platform (case, dashes, +86, the plus sign, gmail dots, hex or base64,
//! one hash or two), so a recipe belongs to a platform and a kind of ID and is never one switch for all. A rule stands
//! here only if the platform's document gives it, which is named beside it; where that leaves something open (whether
//! an IDFA is upper case before its MD5, say), the rule is not `sure`; where it says nothing there is no rule.

use serde::{Deserialize, Serialize};

use super::digest::{self, Bytes, LOWER, UPPER, write_hex};
use super::normalise::normalise;
use super::spelling::Spelling;
use super::{Digest, Kind, Recipe, cell};
use crate::error::Kind as Refusal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Where an audience goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    /// Ocean Engine, through its data source interface.
    OceanEngine,
    /// Ocean Engine and Qianchuan, uploaded by hand.
    OceanEngineWeb,
    /// Tencent Ads.
    Tencent,
    /// Kuaishou's Magnetic Engine.
    Kuaishou,
    /// Alibaba's Damopan and Data Bank.
    Alibaba,
    /// Baidu Marketing.
    Baidu,
    /// Google Customer Match.
    Google,
    /// Meta custom audiences.
    Meta,
    /// TikTok customer files.
    Tiktok,
    /// X.
    X,
    /// Snapchat.
    Snap,
    /// LiveRamp.
    Liveramp,
    /// UID2, also what The Trade Desk takes. EUID is not named: no rules of its own were found.
    Uid2,
    /// Yandex Audience.
    Yandex,
    /// Anyone else: IDs as Atoll compares them.
    Generic,
}

/// How a digest is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "DigestText"))]
#[serde(rename_all = "kebab-case")]
pub enum Text {
    /// Hex in lower case.
    Hex,
    /// Hex in upper case.
    Upper,
    /// Base64 of the bytes, padded.
    Base64,
}

/// How a platform wants one kind of ID.
pub struct Rule {
    /// Of what.
    pub kind: Kind,
    pub(super) spelling: Spelling,
    /// What it takes, the usual one first; [`Digest::None`] is the ID itself.
    pub digests: &'static [Digest],
    /// Whether the platform's document leaves nothing open.
    pub sure: bool,
}

/// One platform's recipe.
pub struct Dialect {
    /// Name in English and in Chinese.
    pub name: [&'static str; 2],
    /// Version of the recipe: higher when the platform changes what it asks for.
    pub version: u8,
    /// How it takes digests, the usual way first.
    pub texts: &'static [Text],
    /// Kinds it takes.
    pub rules: &'static [Rule],
}

const fn rule(kind: Kind, spelling: Spelling, digests: &'static [Digest]) -> Rule {
    Rule { kind, spelling, digests, sure: true }
}

const fn open(kind: Kind, spelling: Spelling, digests: &'static [Digest]) -> Rule {
    Rule { kind, spelling, digests, sure: false }
}

use Digest::{Md5, Md5Sha256, None as Raw, Sha1, Sha256, Sm3};
use Kind::{Email, Gaid, Idfa, Imei, Oaid, Opaque, Phone};
use Spelling::{China, Digits, E164, Lower, National, NoDots, NoDotsPlus, NoSuffix, Number, Ours};

const HEX: &[Text] = &[Text::Hex];
const SHA: &[Digest] = &[Sha256];
const DEVICE: &[Digest] = &[Md5, Raw];
const ALL: &[Digest] = &[Raw, Md5, Sha1, Sha256, Sm3, Md5Sha256];

/// The table, in the order of [`Platform::ALL`].
static DIALECTS: [Dialect; 15] = [
    // dmp.proto of the marketing API: "id … 需要小写"; the upload page: "imei小写后MD5，IDFA大写后MD5". Of OAID it says nothing.
    Dialect {
        name: ["Ocean Engine (API)", "巨量引擎（API）"],
        version: 1,
        texts: HEX,
        rules: &[
            rule(Phone, China, SHA),
            rule(Imei, Ours, DEVICE),
            rule(Idfa, Ours, DEVICE),
            open(Oaid, Ours, DEVICE),
            rule(Opaque, Number, &[Raw]),
        ],
    },
    // The DMP upload page and Qianchuan's audience_create_by_file.
    Dialect {
        name: ["Ocean Engine / Qianchuan (web upload)", "巨量引擎 / 千川（网页上传）"],
        version: 1,
        texts: HEX,
        rules: &[
            rule(Phone, China, &[Sha256, Md5, Raw]),
            rule(Imei, Ours, DEVICE),
            rule(Idfa, Ours, DEVICE),
            open(Oaid, Ours, DEVICE),
        ],
    },
    // developers.e.qq.com: audience_management/file, custom_audience_files_add; cloud.tencent.com 548/56434 for OAID.
    Dialect {
        name: ["Tencent Ads", "腾讯广告"],
        version: 1,
        texts: HEX,
        rules: &[
            rule(Phone, China, &[Md5, Sha256, Md5Sha256]),
            rule(Imei, Ours, &[Md5, Md5Sha256]),
            rule(Idfa, Ours, &[Md5, Md5Sha256]),
            rule(Oaid, Ours, &[Md5, Md5Sha256, Raw]),
        ],
    },
    // developers.e.kuaishou.com documentId 2664: which types there are, not how they are written.
    Dialect {
        name: ["Kuaishou", "快手磁力引擎"],
        version: 1,
        texts: HEX,
        rules: &[
            open(Phone, China, &[Md5, Sha256]),
            open(Imei, Ours, DEVICE),
            open(Idfa, Ours, DEVICE),
            open(Oaid, Ours, DEVICE),
        ],
    },
    // help.aliyun.com Quick Audience 420396, 420469, 306390; Damopan takes phones under SHA-256 only.
    Dialect {
        name: ["Alibaba Damopan / Data Bank", "阿里达摩盘 / 数据银行"],
        version: 1,
        texts: HEX,
        rules: &[
            open(Phone, China, &[Sha256, Md5]),
            open(Email, Ours, &[Sha256, Md5]),
            open(Imei, Ours, &[Md5, Sha256]),
            open(Idfa, Ours, &[Md5, Sha256]),
            open(Oaid, Ours, &[Md5, Sha256]),
        ],
    },
    // help.aliyun.com, index of Quick Audience: phones under MD5 only.
    Dialect {
        name: ["Baidu Marketing", "百度营销"],
        version: 1,
        texts: HEX,
        rules: &[
            rule(Phone, China, &[Md5]),
            open(Imei, Ours, DEVICE),
            open(Idfa, Ours, DEVICE),
            open(Oaid, Ours, DEVICE),
        ],
    },
    // developers.google.cn data-manager formatting: dots out of gmail.com and googlemail.com; mobile IDs are not hashed.
    Dialect {
        name: ["Google Customer Match", "Google 目标客户匹配"],
        version: 1,
        texts: &[Text::Hex, Text::Base64],
        rules: &[
            rule(Email, NoDots, SHA),
            rule(Phone, E164, SHA),
            rule(Idfa, Ours, &[Raw]),
            rule(Gaid, Ours, &[Raw]),
        ],
    },
    // developers.facebook.com customer-information-parameters. How a hashed device ID is written is not confirmed.
    Dialect {
        name: ["Meta", "Meta"],
        version: 1,
        texts: HEX,
        rules: &[rule(Email, Ours, SHA), rule(Phone, Digits, SHA)],
    },
    // ads.tiktok.com, Aug 2025. Its pages disagree about the plus sign; the hash it prints is of a number without.
    Dialect {
        name: ["TikTok", "TikTok"],
        version: 1,
        texts: HEX,
        rules: &[
            rule(Email, NoSuffix, &[Sha256, Raw]),
            rule(Phone, Digits, &[Sha256, Raw]),
            rule(Idfa, Lower, &[Sha256, Md5, Raw]),
            rule(Gaid, Ours, &[Sha256, Md5, Raw]),
        ],
    },
    // developer.x.com user-data.
    Dialect {
        name: ["X", "X"],
        version: 1,
        texts: HEX,
        rules: &[rule(Email, Ours, SHA), rule(Idfa, Lower, SHA), rule(Gaid, Ours, SHA)],
    },
    // developers.snap.com Conversions API.
    Dialect {
        name: ["Snapchat", "Snapchat"],
        version: 1,
        texts: HEX,
        rules: &[
            rule(Email, Ours, SHA),
            rule(Phone, Digits, SHA),
            rule(Idfa, Lower, SHA),
            rule(Gaid, Ours, SHA),
        ],
    },
    // docs.liveramp.com formatting-identifiers.
    Dialect {
        name: ["LiveRamp", "LiveRamp"],
        version: 1,
        texts: HEX,
        rules: &[
            rule(Email, Ours, &[Sha256, Sha1, Md5]),
            rule(Phone, National, &[Sha1]),
            rule(Idfa, Ours, &[Sha1]),
            rule(Gaid, Ours, &[Sha1]),
        ],
    },
    // IABTechLab/uid2docs gs-normalization-encoding @040205a.
    Dialect {
        name: ["UID2 / The Trade Desk", "UID2 / The Trade Desk"],
        version: 1,
        texts: &[Text::Base64],
        rules: &[rule(Email, NoDotsPlus, SHA), rule(Phone, E164, SHA)],
    },
    // yandex.com/support/audience/en/file.md; files under MD5 are refused since January 2025.
    Dialect {
        name: ["Yandex Audience", "Yandex Audience"],
        version: 1,
        texts: HEX,
        rules: &[
            open(Email, Ours, SHA),
            rule(Phone, Digits, SHA),
            open(Idfa, Ours, &[Raw]),
            open(Gaid, Ours, &[Raw]),
        ],
    },
    Dialect {
        name: ["Other: any digest", "其他：自选加密方式"],
        version: 1,
        texts: &[Text::Hex, Text::Upper, Text::Base64],
        rules: &[
            rule(Phone, Ours, ALL),
            rule(Email, Ours, ALL),
            rule(Imei, Ours, ALL),
            rule(Oaid, Ours, ALL),
            rule(Idfa, Ours, ALL),
            rule(Gaid, Ours, ALL),
            rule(Opaque, Ours, ALL),
        ],
    },
];

impl Platform {
    /// All platforms: China's, the others, anyone else.
    pub const ALL: [Platform; 15] = [
        Platform::OceanEngine,
        Platform::OceanEngineWeb,
        Platform::Tencent,
        Platform::Kuaishou,
        Platform::Alibaba,
        Platform::Baidu,
        Platform::Google,
        Platform::Meta,
        Platform::Tiktok,
        Platform::X,
        Platform::Snap,
        Platform::Liveramp,
        Platform::Uid2,
        Platform::Yandex,
        Platform::Generic,
    ];

    /// The stable name, as recipes write it.
    pub const fn code(self) -> &'static str {
        match self {
            Platform::OceanEngine => "ocean-engine",
            Platform::OceanEngineWeb => "ocean-engine-web",
            Platform::Tencent => "tencent",
            Platform::Kuaishou => "kuaishou",
            Platform::Alibaba => "alibaba",
            Platform::Baidu => "baidu",
            Platform::Google => "google",
            Platform::Meta => "meta",
            Platform::Tiktok => "tiktok",
            Platform::X => "x",
            Platform::Snap => "snap",
            Platform::Liveramp => "liveramp",
            Platform::Uid2 => "uid2",
            Platform::Yandex => "yandex",
            Platform::Generic => "generic",
        }
    }

    /// Its recipe.
    pub fn dialect(self) -> &'static Dialect {
        &DIALECTS[self as usize]
    }

    /// How it takes this kind of ID, if it does and it is known how.
    pub fn rule(self, kind: Kind) -> Option<&'static Rule> {
        self.dialect().rules.iter().find(|rule| rule.kind == kind)
    }

    /// Whether IDs of such a column can be written for it under this digest; or why not. A hash stays what it was made
    /// of: `by` is the recipe the hashes of the column follow.
    pub fn takes(self, column: Recipe, by: Platform, digest: Digest) -> Result<(), Refusal> {
        let rule = self.rule(column.kind).ok_or(Refusal::PlatformKind)?;
        if !rule.digests.contains(&digest) {
            return Err(Refusal::PlatformDigest);
        }
        if column.digest == Digest::None {
            return Ok(());
        }
        let spelling = by.rule(column.kind).map(|rule| rule.spelling);
        let same = spelling.is_some_and(|theirs| theirs.is(rule.spelling));
        if same && column.digest.reaches(digest) { Ok(()) } else { Err(Refusal::PlatformRehash) }
    }
}

/// Writes the IDs of a column as a platform wants them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Writer {
    /// For whom.
    pub platform: Platform,
    /// What the column holds.
    pub column: Recipe,
    /// Under which digest it is written.
    pub digest: Digest,
    /// How digests are written.
    pub text: Text,
}

impl Writer {
    /// Appends the ID of a cell; says whether the platform has a form for it,
    /// which is one line.
    pub fn write(self, cell: &[u8], out: &mut Vec<u8>) -> bool {
        let from = out.len();
        let fine =
            self.written(cell, out).is_some() && !out[from..].iter().any(|b| matches!(b, b'\n' | b'\r'));
        if !fine {
            out.truncate(from);
        }
        fine
    }

    /// Whether two people can become one line.
    pub fn joins(self) -> bool {
        self.platform.rule(self.column.kind).is_some_and(|rule| rule.spelling.joins())
    }

    fn written(self, cell: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let hashed = match self.column.digest {
            Digest::None => None,
            Digest::Mixed => Bytes::read(cell::trim(cell)),
            digest => {
                let bytes = Bytes::read(cell::trim(cell));
                Some(bytes.filter(|bytes| digest.width() == Some(bytes.bytes().len()))?)
            }
        };
        match hashed {
            Some(bytes) => self.carry(bytes.bytes(), out),
            None => self.raw(cell, out),
        }
    }

    fn raw(self, cell: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let mut plain = Vec::new();
        normalise(self.column.kind, cell, &mut plain).ok()?;
        let text = self.platform.rule(self.column.kind)?.spelling.write(cell, &plain)?;
        match self.digest {
            Digest::None if self.platform == Platform::OceanEngine => out.extend(text.to_ascii_lowercase()),
            Digest::None => out.extend_from_slice(&text),
            digest => self.put(&digest::bytes(digest, &text), out),
        }
        Some(())
    }

    /// A digest on its way: as it is, or from MD5 to the hash of the MD5.
    fn carry(self, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
        if self.digest == Digest::Md5Sha256 && bytes.len() == 16 {
            self.put(&digest::twice(bytes), out);
            return Some(());
        }
        (self.digest.width() == Some(bytes.len())).then(|| self.put(bytes, out))
    }

    fn put(self, bytes: &[u8], out: &mut Vec<u8>) {
        let from = out.len();
        match self.text {
            Text::Base64 => out.extend_from_slice(STANDARD.encode(bytes).as_bytes()),
            text => {
                out.resize(from + 2 * bytes.len(), 0);
                write_hex(bytes, if text == Text::Upper { UPPER } else { LOWER }, &mut out[from..]);
            }
        }
    }
}

#[cfg(test)]
mod tests;
