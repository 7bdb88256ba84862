//! Files on their way in. Any shard cuts any slice of a file into parcels ([`parcel`]), one per owner; owners keep
//! their people's rows here, first row first ([`side`]), until all are in and the columns can be binned ([`seal`]).

pub mod canon; // who is one person, who agreed
pub mod freeze; // cells dated too late
pub mod packed; // number vectors as plain bytes
pub mod parcel; // rows of one slice for one shard
pub mod seal; // from kept rows to codes
pub mod side; // the rows one shard keeps of one file

use crate::table::decode::Decoder;
use crate::table::history::keep::Kept;
use serde::{Deserialize, Serialize};

/// Which of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// The brand's own.
    FirstParty,
    /// The third party's.
    Tags,
}

/// What one shard holds while files come in.
#[derive(Default)]
pub struct Store {
    /// The brand's people.
    pub first_party: side::Side,
    /// The tag file's people.
    pub tags: side::Side,
    /// A packed or foreign-encoded file being turned into text, if this shard is its reader.
    pub decoder: Option<Decoder>,
    /// Bytes of it that are not decoded yet.
    pub raw: Vec<u8>,
    /// A file being fingerprinted, if this shard does it.
    pub hasher: sha2::Sha256,
    /// For each person of the tag file, where the brand's file has them ([`seal::NOBODY`] if it does not).
    pub joined: Vec<u32>,
    /// Files of many rows per person.
    pub past: Kept,
}

impl Store {
    /// The side of a file.
    pub fn side(&mut self, which: Which) -> &mut side::Side {
        match which {
            Which::FirstParty => &mut self.first_party,
            Which::Tags => &mut self.tags,
        }
    }
}
