//! Questions that bring files in: turn packed bytes into text, survey a slice, cut it into parcels, keep a parcel.
//! A slice of a plain UTF-8 file is read by whichever shard is asked; text of other files comes inside the question.

use super::job::{self, Opener};
use super::{Shard, Task};
use crate::error::{Error, Kind, Result};
use crate::table::csv::line_start;
use crate::table::decode::Decoder;
use crate::table::layout::Layout;
use crate::table::people::People;
use crate::table::schema::{Container, Encoding};
use crate::table::store::parcel::{self, Cut, Parcel, Reading, Span};
use crate::table::store::{Store, Which, packed};
use crate::table::survey::{Stretch, Surveyed, count, survey};
use crate::table::xlsx::xlsx_to_csv;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// Registry lines.
pub const QUESTIONS: [(&str, Opener); 8] = [
    job::task::<Head>(),
    job::task::<Fingerprint>(),
    job::task::<Decode>(),
    job::task::<SurveyStretch>(),
    job::task::<CutSlice>(),
    job::task::<Absorb>(),
    job::task::<Forget>(),
    job::task::<Clear>(),
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

/// Surveys a stretch of a file.
#[derive(Serialize, Deserialize)]
pub struct SurveyStretch {
    /// How the text is read.
    pub layout: Layout,
    /// Offset of the text's first byte.
    pub at: u64,
    /// Whether the stretch begins at a guess: behind the first line end, where the first byte of the text is the last one
    /// before the slice. Right unless that line end stands inside quotes, which the desk finds out.
    pub guess: bool,
    /// Rows that start at or behind this byte of the text belong to the next stretch.
    pub end: usize,
    /// Whether the text ends the file.
    pub last: bool,
    /// Whether rows are counted and their cells left alone.
    pub count: bool,
    /// The text, if it is not read from the file.
    pub text: Option<Block>,
}

impl Task for SurveyStretch {
    const NAME: &'static str = "survey";
    /// Offset of the first row, and what came of the stretch.
    type Reply = (u64, Surveyed);
    fn run(self, _: &mut Shard, input: Vec<u8>) -> Result<Self::Reply> {
        let text = self.text.map_or(input, |block| block.0);
        let skip = if self.guess { line_start(&text).unwrap_or(text.len()) } else { 0 };
        let at = self.at + skip as u64;
        if skip >= self.end {
            return Ok((at, Surveyed::Done { survey: Box::default(), next: at }));
        }
        let stretch = Stretch { text: &text[skip..], at, end: self.end - skip, last: self.last };
        let look = if self.count { count } else { survey };
        Ok((at, look(&stretch, &self.layout)?))
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
        parcel::cut(&self.reading, &shard.canon, &text, self.span, shard.count)
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

/// Forgets what is on its way in; who is there stays.
#[derive(Serialize, Deserialize)]
pub struct Clear;

impl Task for Clear {
    const NAME: &'static str = "clear";
    type Reply = ();
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<()> {
        shard.store = Store::default();
        shard.aside = People::default();
        Ok(())
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
