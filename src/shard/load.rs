//! Questions that bring files in: turn packed bytes into text, survey a slice, cut it into parcels, keep a parcel.
//! A slice of a plain UTF-8 file is read by whichever shard is asked; text of other files comes inside the question.

use super::job::{self, Opener};
use super::{Shard, Task};
use crate::error::{Error, Kind, Result};
use crate::table::decode::Decoder;
use crate::table::schema::{Container, Dialect, Encoding};
use crate::table::store::parcel::{self, Cut, Parcel, Reading, Span};
use crate::table::store::{Which, packed};
use crate::table::survey::{self, Survey};
use crate::table::values::Missing;
use crate::table::xlsx::xlsx_to_csv;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// Registry lines.
pub const QUESTIONS: [(&str, Opener); 7] = [
    job::task::<Head>(),
    job::task::<Fingerprint>(),
    job::task::<Decode>(),
    job::task::<SurveySlice>(),
    job::task::<CutSlice>(),
    job::task::<Absorb>(),
    job::task::<Forget>(),
];

/// Bytes, moved as one block.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Block(#[serde(with = "packed")] pub Vec<u8>);

/// The bytes of a range, as they stand.
#[derive(Serialize, Deserialize)]
pub struct Head;

impl Task for Head {
    const NAME: &'static str = "head";
    type Reply = Block;
    fn run(self, _: &mut Shard, input: Vec<u8>) -> Result<Block> {
        Ok(Block(input))
    }
}

/// Takes the next range of a file into its SHA-256; answers the digest with the last.
#[derive(Serialize, Deserialize)]
pub struct Fingerprint {
    /// Whether this is the first range.
    pub first: bool,
    /// Whether this is the last range.
    pub last: bool,
}

impl Task for Fingerprint {
    const NAME: &'static str = "fingerprint";
    type Reply = Option<[u8; 32]>;
    fn run(self, shard: &mut Shard, input: Vec<u8>) -> Result<Self::Reply> {
        if self.first {
            shard.store.hasher = sha2::Sha256::new();
        }
        shard.store.hasher.update(&input);
        Ok(self.last.then(|| std::mem::take(&mut shard.store.hasher).finalize().into()))
    }
}

/// Turns the next range of a file into UTF-8 text. Ranges come in order, to one shard.
#[derive(Serialize, Deserialize)]
pub struct Decode {
    /// What the text is wrapped in.
    pub container: Container,
    /// Its encoding.
    pub encoding: Encoding,
    /// Whether this is the first range.
    pub first: bool,
    /// Whether the file ends with this range.
    pub last: bool,
}

/// Text made from a range.
#[derive(Serialize, Deserialize)]
pub struct Decoded {
    /// The text.
    pub text: Block,
    /// Whether the range holds more: ask again without a range before the next is read.
    pub more: bool,
}

impl Task for Decode {
    const NAME: &'static str = "decode";
    type Reply = Decoded;
    fn run(self, shard: &mut Shard, input: Vec<u8>) -> Result<Decoded> {
        let store = &mut shard.store;
        if self.first {
            store.decoder = Some(Decoder::new(self.container, self.encoding));
            store.raw = Vec::new();
        }
        store.raw.try_reserve(input.len()).map_err(|_| Kind::MemoryLimit)?;
        store.raw.extend_from_slice(&input);
        if self.container == Container::Xlsx {
            // A workbook's directory stands at its end: it is read whole.
            let text = if self.last { xlsx_to_csv(&std::mem::take(&mut store.raw))? } else { vec![] };
            return Ok(Decoded { text: Block(text), more: false });
        }
        let decoder = store.decoder.as_mut().ok_or(Error::new(Kind::WireBroken))?;
        let mut text = Vec::new();
        let fed = decoder.feed(&store.raw, self.last, &mut text)?;
        store.raw.drain(..fed.used);
        Ok(Decoded { text: Block(text), more: fed.more })
    }
}

/// Where a slice's first row starts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Start {
    /// At the first byte of the text.
    Here,
    /// Behind the first line end: right unless the slice begins inside quotes, which the desk finds out.
    BehindLine,
}

/// Surveys the rows of a slice.
#[derive(Serialize, Deserialize)]
pub struct SurveySlice {
    /// Bytes to rows.
    pub dialect: Dialect,
    /// Cells that mean "no value".
    pub missing: Vec<String>,
    /// Where the first row starts.
    pub start: Start,
    /// Rows that start at or behind this byte belong to the next slice.
    pub end: usize,
    /// Whether the text ends the file.
    pub last: bool,
    /// Whether the slice begins the file.
    pub first: bool,
    /// The text, if it is not read from the file.
    pub text: Option<Block>,
}

/// A surveyed slice: where its rows start and end, and what they hold.
#[derive(Serialize, Deserialize)]
pub struct Surveyed {
    /// Byte of the first row.
    pub start: usize,
    /// Byte behind the last row.
    pub end: usize,
    /// What the rows hold.
    pub survey: Survey,
}

impl Task for SurveySlice {
    const NAME: &'static str = "survey";
    type Reply = Surveyed;
    fn run(self, _: &mut Shard, input: Vec<u8>) -> Result<Surveyed> {
        let text = self.text.map_or(input, |block| block.0);
        let start = match self.start {
            Start::Here => 0,
            Start::BehindLine => behind_line(&text),
        };
        let start = if self.first { start + bom(&text) } else { start };
        if start >= self.end {
            return Ok(Surveyed { start, end: start, survey: Survey::default() });
        }
        let missing = Missing::new(&self.missing);
        let (survey, read) =
            survey::survey_slice(&text[start..], &self.dialect, &missing, self.first, self.end - start, self.last)?;
        Ok(Surveyed { start, end: start + read, survey })
    }
}

/// Length of the UTF-8 byte-order mark a file may begin with.
fn bom(text: &[u8]) -> usize {
    if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

fn behind_line(text: &[u8]) -> usize {
    match memchr::memchr2(b'\n', b'\r', text) {
        Some(at) if text[at] == b'\r' && text.get(at + 1) == Some(&b'\n') => at + 2,
        Some(at) => at + 1,
        None => text.len(),
    }
}

/// Cuts the rows of a slice into parcels.
#[derive(Serialize, Deserialize)]
pub struct CutSlice {
    /// How the file is read.
    pub reading: Reading,
    /// Where the slice stands.
    pub span: Span,
    /// The text, if it is not read from the file.
    pub text: Option<Block>,
}

impl Task for CutSlice {
    const NAME: &'static str = "cut";
    type Reply = Cut;
    fn run(self, shard: &mut Shard, input: Vec<u8>) -> Result<Cut> {
        let text = self.text.map_or(input, |block| block.0);
        let skip = if self.span.first_row == 1 { bom(&text) } else { 0 };
        let span = Span { end: self.span.end.saturating_sub(skip), ..self.span };
        let cut = parcel::cut(&self.reading, &text[skip..], span, shard.count)?;
        Ok(Cut { read: cut.read + skip, ..cut })
    }
}

/// Keeps a parcel.
#[derive(Serialize, Deserialize)]
pub struct Absorb {
    /// Of which file.
    pub which: Which,
    /// The rows.
    pub parcel: Parcel,
}

impl Task for Absorb {
    const NAME: &'static str = "absorb";
    type Reply = ();
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<()> {
        shard.store.side(self.which).absorb(self.parcel)
    }
}

/// Forgets everyone.
#[derive(Serialize, Deserialize)]
pub struct Forget;

impl Task for Forget {
    const NAME: &'static str = "forget";
    type Reply = ();
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<()> {
        *shard = Shard::new(shard.index, shard.count);
        Ok(())
    }
}

