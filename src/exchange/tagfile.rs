//! The tag file: a signed header, rows of label and sealed tags in the order of their labels, and a background
//! sample of tags without labels.

use super::frame::{self, FileKind, Hex};
use super::group::Encoded;
use super::keys::{CODE, KeyFile, LABEL, Label, Opening};
use super::oprf;
use super::tags::Columns;
use super::terms::Terms;
use crate::error::{Error, Kind, Result};
use crate::num::Order;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Most rows of a tag file.
pub const MOST_ROWS: u64 = 1_000_000_000;
/// Bytes of the signature behind the header.
pub const SIGNATURE: usize = 64;
/// Smallest K a file may ask for.
pub const FLOOR: u64 = 20;

/// What may come out of a room made from the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Counts per tag.
    Profile,
    /// Models and scores.
    Lookalike,
    /// Clusters.
    Personas,
    /// Lists of tokens.
    Audience,
    /// Other IDs of one's own people, and nothing else.
    Translate,
}

impl Output {
    /// All that a file of tags can allow.
    pub const TAGS: [Output; 4] = [Output::Profile, Output::Lookalike, Output::Personas, Output::Audience];
}

/// What the provider asks of whoever opens the file; it travels with it, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Fewest people behind a shown count.
    #[cfg_attr(test, ts(type = "number"))]
    pub k: u64,
    /// What may come out.
    pub outputs: Vec<Output>,
    /// Last day on which the file may be opened, `2026-12-31`.
    pub expires: String,
}

impl Policy {
    /// Whether it goes with a file of tags, or of IDs: these are translated to and nothing else.
    pub(super) fn fits(&self, translates: bool) -> bool {
        if translates {
            self.outputs == [Output::Translate]
        } else {
            !self.outputs.contains(&Output::Translate)
        }
    }
    /// Refuses a day after the last one. Whoever has a clock asks: the room has none.
    pub fn check(&self, today: &str) -> Result<()> {
        fresh(&self.expires, today)
    }
}

/// The header of a tag file as it was signed: what a room keeps, so that the policy in it cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The header's JSON, byte for byte.
    pub header: String,
    /// The Ed25519 signature of the head of the tag file, in hex.
    #[cfg_attr(test, ts(type = "string"))]
    pub signature: Hex<SIGNATURE>,
}

impl Signed {
    /// What was signed; refused if a byte of it differs.
    pub fn read(&self) -> Result<Header> {
        let head = frame::framed(FileKind::Tags, self.header.as_bytes());
        let (header, _): (Header, _) = frame::read(FileKind::Tags, &head)?;
        verify(&header.signer.0, &head, &self.signature.0)?;
        Ok(header)
    }
}

/// The signed header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What was agreed.
    pub terms: Terms,
    /// Public key that answers are checked against.
    pub public: Hex<32>,
    /// Ed25519 key that signed.
    pub signer: Hex<32>,
    /// Rows with a label.
    pub rows: u64,
    /// Rows of the background sample.
    pub background: u64,
    /// Bytes of the tags of one row.
    pub width: usize,
    /// Nonce of every row of this file.
    pub nonce: Hex<12>,
    /// What the codes mean.
    pub columns: Columns,
    /// Rows the key answers in its life.
    pub cap: u64,
    /// What the provider asks.
    pub policy: Policy,
    /// SHA-256 of the rows.
    pub body: Hex<32>,
}

impl Header {
    /// Bytes of one row with a label.
    pub fn row(&self) -> usize {
        LABEL + self.width + CODE
    }
    /// Bytes behind header and signature.
    pub fn body_bytes(&self) -> u64 {
        self.rows * self.row() as u64 + self.background * self.width as u64
    }
    /// Prefix, header and signature, ready to stand before the body.
    pub(super) fn signed(&self, key: &KeyFile) -> Result<Vec<u8>> {
        let mut head = frame::write(FileKind::Tags, self)?;
        let signature = key.sign(&head)?;
        head.extend(signature);
        Ok(head)
    }
}

/// A tag file whose header was read and found signed, sound, and not expired.
pub struct TagFile {
    header: Header,
    signed: Signed,
    digest: [u8; 32],
    start: usize,
}

impl TagFile {
    /// How many bytes [`TagFile::open`] wants, from the first [`frame::PREFIX`] of the file.
    pub fn head_bytes(prefix: &[u8]) -> Result<usize> {
        Ok(frame::length(FileKind::Tags, prefix)? + SIGNATURE)
    }
    /// Reads the head of a file of `size` bytes. `today` is a date, `2026-09-01`; `signer` is who the file is
    /// expected from, if that is known.
    pub fn open(head: &[u8], size: u64, today: &str, signer: Option<&Encoded>) -> Result<TagFile> {
        let start = TagFile::head_bytes(head)?;
        let head = head.get(..start).ok_or(Kind::ExchangeBroken)?;
        let (head, signature) = head.split_last_chunk().ok_or(Kind::ExchangeBroken)?;
        let text = head.get(frame::PREFIX..).and_then(|json| std::str::from_utf8(json).ok());
        let signed = Signed { header: text.ok_or(Kind::ExchangeBroken)?.into(), signature: Hex(*signature) };
        let header = signed.read()?;
        if signer.is_some_and(|signer| *signer != header.signer.0) {
            return Err(Kind::SignerWrong.into());
        }
        let file = TagFile { header, signed, digest: Sha256::digest(head).into(), start };
        file.check(size, today)?;
        Ok(file)
    }
    fn check(&self, size: u64, today: &str) -> Result<()> {
        let header = &self.header;
        header.terms.valid()?;
        if header.terms.blinded() {
            oprf::check_public(&header.public.0)?;
        }
        header.columns.check()?;
        let translates = header.columns.translates();
        // Background rows stand in plain: of IDs there must be none.
        let open = translates && header.background > 0;
        if open || !header.policy.fits(translates) || header.columns.width() != header.width {
            return Err(Kind::ExchangeBroken.into());
        }
        if header.rows > MOST_ROWS || header.background > MOST_ROWS {
            return Err(Kind::TooManyRows.into());
        }
        match (size.saturating_sub(self.start as u64)).cmp(&header.body_bytes()) {
            std::cmp::Ordering::Less => Err(Kind::RowCountWrong.into()),
            std::cmp::Ordering::Greater => Err(Kind::TrailingBytes.into()),
            std::cmp::Ordering::Equal => fresh(&header.policy.expires, today),
        }
    }
    /// What was signed.
    pub fn header(&self) -> &Header {
        &self.header
    }
    /// The same, to be kept.
    pub fn signed(&self) -> &Signed {
        &self.signed
    }
    /// Where the body starts.
    pub fn start(&self) -> usize {
        self.start
    }
    /// SHA-256 of prefix and header: what a run is bound to.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }
}

fn verify(signer: &Encoded, message: &[u8], signature: &[u8]) -> Result<()> {
    let wrong = |_| Error::new(Kind::SignatureWrong);
    let signature = Signature::from_slice(signature).map_err(wrong)?;
    VerifyingKey::from_bytes(signer).map_err(wrong)?.verify_strict(message, &signature).map_err(wrong)
}

/// Refuses a day after the last one. Days compare as their texts do.
fn fresh(expires: &str, today: &str) -> Result<()> {
    let day = |text: &str| text.len() == 10 && crate::table::dates::date(text.as_bytes()).is_some();
    match day(expires) && day(today) {
        false => Err(Error::new(Kind::OutOfRange).column("expires")),
        true if today > expires => Err(Error::new(Kind::ExchangeExpired).column(expires)),
        true => Ok(()),
    }
}

/// What is known of a matched row.
pub struct Match {
    /// Which of the IDs that were looked up.
    pub id: usize,
    /// Its tags, as [`Columns::cells`] reads them.
    pub tags: Vec<u8>,
}

/// Reads the body in one pass, in slices of any size, and keeps the rows of the IDs looked up: memory grows with
/// these and with the background, not with the file. Nothing is handed out before all of it was checked.
pub struct Lookup<'a> {
    header: &'a Header,
    wanted: Vec<(Label, usize)>,
    openings: Vec<Opening>,
    next: usize,
    last: Option<Label>,
    row: u64,
    held: Vec<u8>,
    hash: Sha256,
    found: Vec<Match>,
    background: Vec<u8>,
}

impl<'a> Lookup<'a> {
    /// Looks up IDs by what they became; each opening is used once.
    pub fn new(file: &'a TagFile, openings: Vec<Opening>) -> Lookup<'a> {
        let mut wanted: Vec<_> = openings.iter().enumerate().map(|(id, o)| (o.label(), id)).collect();
        wanted.sort_unstable();
        Lookup {
            header: &file.header,
            wanted,
            openings,
            next: 0,
            last: None,
            row: 0,
            held: Vec::new(),
            hash: Sha256::new(),
            found: Vec::new(),
            background: Vec::new(),
        }
    }
    /// Takes the next bytes of the body.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let (size, mut at) = (self.header.row(), 0);
        while self.row < self.header.rows && held.len() - at >= size {
            self.see(&held[at..at + size])?;
            at += size;
        }
        if self.row == self.header.rows {
            self.background.extend_from_slice(&held[at..]);
            at = held.len();
            if self.background.len() as u64 > self.header.background * self.header.width as u64 {
                return Err(Kind::TrailingBytes.into());
            }
        }
        held.drain(..at);
        self.held = held;
        Ok(())
    }
    fn see(&mut self, row: &[u8]) -> Result<()> {
        self.row += 1;
        let (label, sealed) = row.split_first_chunk::<LABEL>().ok_or(Kind::ExchangeBroken)?;
        match self.last.map(|last| last.cmp(label)) {
            Some(std::cmp::Ordering::Equal) => return Err(Error::new(Kind::LabelsRepeat).row(self.row)),
            Some(std::cmp::Ordering::Greater) => return Err(Error::new(Kind::LabelsUnsorted).row(self.row)),
            _ => self.last = Some(*label),
        }
        while self.wanted.get(self.next).is_some_and(|(wanted, _)| wanted < label) {
            self.next += 1;
        }
        while let Some((_, id)) = self.wanted.get(self.next).filter(|(wanted, _)| wanted == label) {
            let opened = self.openings[*id].open(&self.header.nonce.0, sealed);
            let tags = opened.map_err(|e| e.row(self.row))?;
            self.found.push(Match { id: *id, tags });
            self.next += 1;
        }
        Ok(())
    }
    /// The matches in the order of the IDs, and the background, row by row; refuses a body that was cut or is not
    /// the one the header was signed for.
    pub fn finish(mut self) -> Result<(Vec<Match>, Vec<u8>)> {
        let whole = self.header.background * self.header.width as u64;
        if self.row < self.header.rows || (self.background.len() as u64) < whole {
            return Err(Kind::RowCountWrong.into());
        }
        if self.hash.finalize()[..] != self.header.body.0 {
            return Err(Kind::BodyChanged.into());
        }
        self.found.order_by_key(|found| found.id);
        Ok((self.found, self.background))
    }
}
