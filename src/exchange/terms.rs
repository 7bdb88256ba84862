//! What both sides must agree on before two rows can meet, and how an ID enters the protocol.

use super::oprf;
use crate::error::{Error, Kind, Result};
use crate::id::{self, Digest, Reject};
use serde::{Deserialize, Serialize};

/// Suite of the keyed mode.
pub const KEYED: &str = "HMAC-SHA256";
/// First part of every input: the protocol and its version.
const PROTOCOL: &[u8] = b"atoll/v1";

/// Collaboration, epoch, kind of ID and suite: a key lives for one of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// `ristretto255-SHA512` (blinded) or `HMAC-SHA256` (keyed).
    pub suite: String,
    /// Who works with whom, as agreed: `brand × provider`.
    pub collaboration: String,
    /// For how long, as agreed: `2026-Q4`.
    pub epoch: String,
    /// What the IDs are, and how they were hashed before, if the provider has hashes only.
    pub id: id::Recipe,
}

impl Terms {
    /// Terms of the blinded or the keyed mode.
    pub fn new(blinded: bool, collaboration: &str, epoch: &str, id: id::Recipe) -> Result<Terms> {
        let suite = if blinded { oprf::SUITE } else { KEYED };
        let [suite, collaboration, epoch] = [suite, collaboration, epoch].map(str::to_string);
        let terms = Terms { suite, collaboration, epoch, id };
        terms.valid().map(|()| terms)
    }
    /// Refuses unknown suites and names that are empty or too long.
    pub fn valid(&self) -> Result<()> {
        if self.suite != oprf::SUITE && self.suite != KEYED {
            return Err(Kind::SuiteWrong.into());
        }
        if self.id.digest == Digest::Mixed {
            return Err(Kind::IdKindWrong.into());
        }
        match [("collaboration", &self.collaboration), ("epoch", &self.epoch)]
            .into_iter()
            .find(|(_, text)| !(1..=255).contains(&text.len()))
        {
            Some((name, _)) => Err(Error::new(Kind::OutOfRange).column(name)),
            None => Ok(()),
        }
    }
    /// Whether nobody can reverse an ID offline.
    pub fn blinded(&self) -> bool {
        self.suite == oprf::SUITE
    }
    /// Refuses a file of other terms, by what differs first.
    pub fn check(&self, file: &Terms) -> Result<()> {
        let differs = [
            (self.suite != file.suite, Kind::SuiteWrong),
            (self.collaboration != file.collaboration, Kind::CollaborationWrong),
            (self.epoch != file.epoch, Kind::EpochWrong),
            (self.id != file.id, Kind::IdKindWrong),
        ];
        match differs.into_iter().find(|(differs, _)| *differs) {
            Some((_, kind)) => Err(kind.into()),
            None => Ok(()),
        }
    }
    /// What the kind of ID is called inside an input: `phone`, or `phone+sha256` where both sides meet in hashes.
    pub fn id_kind(&self) -> String {
        match self.id.digest {
            Digest::None => self.id.kind.code().into(),
            digest => format!("{}+{}", self.id.kind.code(), digest.code()),
        }
    }
    /// The protocol's input of a normalised ID: five parts, each behind its length in two bytes.
    pub fn input(&self, id: &[u8]) -> Vec<u8> {
        let kind = self.id_kind();
        let parts = [PROTOCOL, self.collaboration.as_bytes(), self.epoch.as_bytes(), kind.as_bytes(), id];
        let mut out = Vec::new();
        for part in parts {
            out.extend((part.len() as u16).to_be_bytes());
            out.extend(part);
        }
        out
    }
}

/// Longest ID.
const LONGEST: usize = 1_024;

/// Reads the cells of one ID column into the form that enters the protocol.
pub struct Reader {
    space: id::Recipe,
    keys: id::Reader,
}

impl Reader {
    /// A reader of such a column under these terms.
    pub fn new(column: id::Recipe, terms: &Terms) -> Result<Reader> {
        if terms.id.digest == Digest::None && column.digest != Digest::None {
            return Err(Kind::DigestsApart.into());
        }
        Ok(Reader { space: terms.id, keys: id::Reader::new(column, terms.id)? })
    }
    /// The normalised text of a raw ID; the first 16 bytes of its digest where the terms ask for one.
    pub fn read(&mut self, cell: &[u8]) -> std::result::Result<Vec<u8>, Reject> {
        let key = self.keys.key(cell)?;
        if self.space.digest != Digest::None {
            return Ok(key.0.to_vec());
        }
        let mut text = Vec::new();
        id::normalise(self.space.kind, cell, &mut text)?;
        if text.len() > LONGEST { Err(Reject::WrongKind) } else { Ok(text) }
    }
}
