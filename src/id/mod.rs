//! Stub until the real module lands: replace it whole, keeping these names, the serde names, the ts derives and `Default` of Digest; `Guess.reason` is a plain string code on the wire.
use serde::{Deserialize, Serialize};
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Phone,
    Email,
    Imei,
    Oaid,
    Idfa,
    Gaid,
    Opaque,
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Digest {
    #[default]
    None,
    Md5,
    Sha1,
    Sha256,
    Sm3,
    #[serde(rename = "md5-sha256")]
    Md5Sha256,
    Mixed,
}
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Recipe {
    pub kind: Kind,
    pub digest: Digest,
}
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(pub [u8; 16]);
impl Key {
    pub fn mix(self, _seed: u64) -> u64 {
        0
    }
    pub fn shard(self, _n: usize) -> usize {
        0
    }
}
#[derive(Clone, Debug, Default)]
pub struct Ids {}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Guess {
    pub recipe: Recipe,
    pub valid: f64,
    pub confidence: f64,
    pub reason: String,
}
