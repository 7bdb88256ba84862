//! The frame all exchanged files share: what they are, which version, a header of JSON, then bytes.

use crate::error::{Error, Kind, Result};
use crate::hex;
use crate::json;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What every file starts with.
pub const MAGIC: &[u8; 6] = b"ATOLLX";
/// Version of the format.
pub const VERSION: u8 = 1;
/// Bytes before the header: magic, kind, version, length of the header.
pub const PREFIX: usize = 12;
/// Longest header.
const LONGEST: usize = 16 << 20;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Tags by label, and a sample without labels: from the provider, to the brand.
    Tags = b'T' as isize,
    /// Blinded IDs: from the brand, to the provider.
    Query = b'Q' as isize,
    /// Evaluated IDs with their proofs: from the provider, back to the brand.
    Answer = b'A' as isize,
    /// A sealed key: stays where it was made, or goes to the one partner that shares it.
    Key = b'K' as isize,
    /// What a brand keeps of a run, sealed: stays with the brand.
    Run = b'R' as isize,
}

/// Prefix and header of a file.
pub fn write(kind: FileKind, header: &impl Serialize) -> Result<Vec<u8>> {
    Ok(framed(kind, &serde_json::to_vec(header).map_err(|_| Kind::ExchangeBroken)?))
}

/// Prefix and header of a file whose header is written already.
pub fn framed(kind: FileKind, json: &[u8]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend([kind as u8, VERSION]);
    out.extend((json.len() as u32).to_be_bytes());
    out.extend(json);
    out
}

/// How long prefix and header are together, from the first [`PREFIX`] bytes.
pub fn length(kind: FileKind, bytes: &[u8]) -> Result<usize> {
    let prefix: &[u8; PREFIX] = bytes.first_chunk().ok_or(Kind::ExchangeBroken)?;
    if &prefix[..6] != MAGIC || prefix[6] != kind as u8 {
        return Err(Kind::ExchangeBroken.into());
    }
    if prefix[7] != VERSION {
        return Err(Kind::ExchangeVersion.into());
    }
    let header = u32::from_be_bytes([prefix[8], prefix[9], prefix[10], prefix[11]]) as usize;
    if header > LONGEST { Err(Kind::ExchangeBroken.into()) } else { Ok(PREFIX + header) }
}

/// Header and rest of a file.
pub fn read<H: DeserializeOwned>(kind: FileKind, bytes: &[u8]) -> Result<(H, &[u8])> {
    let (head, body) = bytes.split_at_checked(length(kind, bytes)?).ok_or(Kind::ExchangeBroken)?;
    let header = json::read(&head[PREFIX..]).map_err(|_| Error::new(Kind::ExchangeBroken))?;
    Ok((header, body))
}

/// Rows of `width` bytes, exactly as many as the header says.
pub fn exact(body: &[u8], bytes: u64) -> Result<()> {
    match (body.len() as u64).cmp(&bytes) {
        std::cmp::Ordering::Less => Err(Kind::RowCountWrong.into()),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Kind::TrailingBytes.into()),
    }
}

/// Fixed-width rows of a body.
pub fn rows<const N: usize>(body: &[u8]) -> Vec<[u8; N]> {
    body.as_chunks().0.to_vec()
}

/// Bytes as they stand in headers: lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hex<const N: usize>(pub [u8; N]);

impl<const N: usize> std::fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::text(&self.0))
    }
}

impl<const N: usize> std::fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl<const N: usize> std::str::FromStr for Hex<N> {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self> {
        hex::bytes(text).map(Hex).ok_or_else(|| Kind::ExchangeBroken.into())
    }
}

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, const N: usize> serde::Deserialize<'de> for Hex<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("hex"))
    }
}
