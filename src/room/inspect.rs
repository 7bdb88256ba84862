//! Looking at a file: what it is wrapped in, its encoding, its dialect, and a survey of every row. The survey also finds
//! where rows start near every slice border, so that loading can hand whole rows to any shard.

use super::SLICE;
use super::call::{FileRef, Overrule};
use super::recipe::MISSING;
use crate::error::{Error, Kind, Result};
use crate::shard::desk::{Desk, FileRange, Reply};
use crate::shard::load::{Block, Decode, Head, Start, SurveySlice, Surveyed};
use crate::table::csv::ROW_LIMIT;
use crate::table::inspection::Inspection;
use crate::table::schema::{Container, Dialect, Encoding};
use crate::table::survey::Survey;
use crate::table::{decode, dialect, survey};
use std::collections::VecDeque;

/// Bytes behind a slice that are read along, so that its last row is whole.
const MARGIN: u64 = 64 << 10;
/// Bytes of text the dialect is found from.
const SAMPLE: usize = 1 << 20;

/// A file that was looked at.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Which file.
    pub file: FileRef,
    /// Cells that mean "no value".
    pub missing: Vec<String>,
    /// What was found.
    pub inspection: Inspection,
    /// Row borders of plain UTF-8 files: byte and number of the first row of each slice, and the end.
    pub borders: Vec<(u64, u64)>,
}

impl Layout {
    /// Whether any shard can read any slice: plain UTF-8.
    pub fn plain(&self) -> bool {
        plain(&self.inspection.dialect)
    }
}

fn plain(dialect: &Dialect) -> bool {
    dialect.container == Container::Plain && dialect.encoding == Encoding::Utf8
}

/// Looks at all of a file.
pub async fn inspect(desk: &Desk, file: &FileRef, overrule: &Overrule) -> Result<Layout> {
    inspect_as(desk, file, overrule).await.map_err(|e| if e.at.file.is_none() { e.file(&file.name) } else { e })
}

async fn inspect_as(desk: &Desk, file: &FileRef, overrule: &Overrule) -> Result<Layout> {
    if file.size == 0 {
        return Err(Kind::FileEmpty.into());
    }
    let head = desk.ask(0, &Head, Some(range(file, 0, file.size.min(SLICE)))).await?.0;
    let container = decode::sniff_container(&head)?;
    let mut refusal = None;
    for encoding in candidates(container, &head, overrule.encoding) {
        match with_encoding(desk, file, overrule, container, encoding).await {
            Err(e) if e.kind == Kind::EncodingWrong => refusal = refusal.or(Some(e)),
            done => return done,
        }
    }
    Err(refusal.unwrap_or(Error::new(Kind::EncodingWrong)))
}

/// Encodings to try, likeliest first. Each is checked on the whole file before it is believed.
fn candidates(container: Container, head: &[u8], said: Option<Encoding>) -> Vec<Encoding> {
    let bom = if container == Container::Plain { decode::sniff_bom(head) } else { None };
    match (said, bom, container) {
        (Some(encoding), ..) => vec![encoding],
        (_, Some((encoding, _)), _) => vec![encoding],
        (_, _, Container::Xlsx) => vec![Encoding::Utf8],
        _ => vec![Encoding::Utf8, Encoding::Gb18030, Encoding::Windows1252],
    }
}

async fn with_encoding(
    desk: &Desk,
    file: &FileRef,
    overrule: &Overrule,
    container: Container,
    encoding: Encoding,
) -> Result<Layout> {
    let missing = overrule.missing.clone().unwrap_or_else(|| MISSING.iter().map(|m| m.to_string()).collect());
    let plan = Surveying { desk, file, missing: &missing };
    let mut text = Text::new(file, container, encoding);
    let sample = text.peek(desk, SAMPLE).await?;
    let whole = text.ended();
    let dialect = dialect::detect(&sample, whole, container, encoding, overrule.delimiter(), overrule.header)?;
    let (survey, borders) =
        if plain(&dialect) { plan.slices(&dialect).await? } else { (plan.stream(&dialect, text).await?, vec![]) };
    let inspection = survey::inspection(&survey, &dialect, file.size);
    if inspection.rows == 0 {
        return Err(Kind::NoRows.into());
    }
    Ok(Layout { file: file.clone(), missing, inspection, borders })
}

impl Overrule {
    fn delimiter(&self) -> Option<u8> {
        self.delimiter.as_ref().and_then(|d| d.bytes().next())
    }
}

struct Surveying<'a> {
    desk: &'a Desk,
    file: &'a FileRef,
    missing: &'a [String],
}

impl Surveying<'_> {
    /// Surveys a plain file, slices side by side. Each slice but the first guesses where its first row starts; the slice
    /// before it knows, and a wrong guess (a line end inside quotes) is asked again.
    async fn slices(&self, dialect: &Dialect) -> Result<(Survey, Vec<(u64, u64)>)> {
        let count = self.file.size.div_ceil(SLICE);
        let mut asked: VecDeque<Reply<Surveyed>> = VecDeque::new();
        let (mut survey, mut borders, mut at) = (Survey::default(), vec![(0, 1)], 0);
        for slice in 0..count + 2 * self.desk.shards as u64 {
            if slice < count {
                let start = if slice == 0 { Start::Here } else { Start::BehindLine };
                // One byte early: a line end just before the slice means that its first byte starts a row.
                let from = (slice * SLICE).saturating_sub(1);
                asked.push_back(self.ask(slice, dialect, from, (slice + 1) * SLICE, start, MARGIN));
            }
            if asked.len() < 2 * self.desk.shards && slice < count {
                continue;
            }
            let Some(reply) = asked.pop_front() else { break };
            let this = borders.len() as u64 - 1;
            at = self.settle(this, dialect, reply.await, at, &mut survey).await?;
            borders.push((at, 1 + survey.records()));
            self.desk.progress("survey", at, self.file.size, "bytes");
        }
        Ok((survey, borders))
    }
    /// Takes a slice's reply, or asks again if it began at the wrong byte or broke off inside a row.
    async fn settle(
        &self,
        slice: u64,
        dialect: &Dialect,
        reply: Result<Surveyed>,
        at: u64,
        survey: &mut Survey,
    ) -> Result<u64> {
        let (from, end) = ((slice * SLICE).saturating_sub(1), ((slice + 1) * SLICE).min(self.file.size));
        if at >= end {
            return Ok(at);
        }
        if let Ok(good) = &reply
            && from + good.start as u64 == at
            && from + good.end as u64 >= end
        {
            let behind = from + good.end as u64;
            survey.append(reply?.survey);
            return Ok(behind);
        }
        let mut margin = MARGIN;
        loop {
            let again = self.ask(slice, dialect, at, end, Start::Here, margin).await;
            let again = again.map_err(|e| later(e, survey.records()))?;
            if at + again.end as u64 >= end {
                survey.append(again.survey);
                return Ok(at + again.end as u64);
            }
            if margin > 2 * ROW_LIMIT as u64 {
                return Err(Error::new(Kind::RowTooLong).row(1 + survey.records() + again.survey.records()));
            }
            margin *= 8;
        }
    }
    fn ask(&self, slice: u64, dialect: &Dialect, from: u64, end: u64, start: Start, margin: u64) -> Reply<Surveyed> {
        let (end, to) = (end.min(self.file.size), (end + margin).min(self.file.size));
        let question = SurveySlice {
            dialect: dialect.clone(),
            missing: self.missing.to_vec(),
            start,
            end: (end - from) as usize,
            last: to == self.file.size,
            first: from == 0,
            text: None,
        };
        self.desk.ask(slice as usize % self.desk.shards, &question, Some(range(self.file, from, to)))
    }
    /// Surveys text that only comes in order.
    async fn stream(&self, dialect: &Dialect, mut text: Text<'_>) -> Result<Survey> {
        let mut survey = Survey::default();
        let (mut first, mut slice) = (true, 0);
        while let Some((chunk, last)) = text.next(self.desk).await? {
            let question = SurveySlice {
                dialect: dialect.clone(),
                missing: self.missing.to_vec(),
                start: Start::Here,
                end: chunk.len(),
                last,
                first,
                text: Some(Block(chunk.clone())),
            };
            let reply = self.desk.ask(slice % self.desk.shards, &question, None).await;
            let reply = reply.map_err(|e| later(e, survey.records()))?;
            survey.append(reply.survey);
            text.keep(&chunk[reply.end..]);
            self.desk.progress("survey", text.at, self.file.size, "bytes");
            (first, slice) = (false, slice + 1);
        }
        Ok(survey)
    }
}

/// A refusal that knows its row within a slice, moved to the file's row.
fn later(error: Error, rows: u64) -> Error {
    match error.at.row {
        Some(row) => error.row(row + rows),
        None => error,
    }
}

/// Bytes of a file.
pub fn range(file: &FileRef, from: u64, to: u64) -> FileRange {
    FileRange { file: file.index, from, to }
}

/// Text that only comes in order: packed files and encodings other than UTF-8. Shard 0 decodes.
pub struct Text<'a> {
    file: &'a FileRef,
    container: Container,
    encoding: Encoding,
    /// Raw bytes read so far.
    pub at: u64,
    more: bool,
    held: Vec<u8>,
    delivered: bool,
}

impl<'a> Text<'a> {
    /// The text of a file from its start.
    pub fn new(file: &'a FileRef, container: Container, encoding: Encoding) -> Self {
        Text { file, container, encoding, at: 0, more: false, held: Vec::new(), delivered: false }
    }
    /// Whether all bytes of the file are decoded.
    fn ended(&self) -> bool {
        self.at == self.file.size && !self.more
    }
    /// The first bytes of the text, which stay to be delivered.
    async fn peek(&mut self, desk: &Desk, bytes: usize) -> Result<Vec<u8>> {
        while self.held.len() < bytes && !self.ended() {
            self.decode(desk).await?;
        }
        Ok(self.held[..bytes.min(self.held.len())].to_vec())
    }
    /// What is held and at least one more range, and whether the file ends with it; nothing behind the end.
    pub async fn next(&mut self, desk: &Desk) -> Result<Option<(Vec<u8>, bool)>> {
        if self.delivered {
            return Ok(None);
        }
        let before = self.held.len();
        while !self.ended() && self.held.len() < before.max(SLICE as usize) + 1 {
            self.decode(desk).await?;
        }
        self.delivered = self.ended();
        Ok(Some((std::mem::take(&mut self.held), self.delivered)))
    }
    /// Keeps the row that was not whole.
    pub fn keep(&mut self, rest: &[u8]) {
        self.held = rest.to_vec();
    }
    async fn decode(&mut self, desk: &Desk) -> Result<()> {
        let (from, to) = (self.at, if self.more { self.at } else { self.file.size.min(self.at + SLICE) });
        let question = Decode {
            container: self.container,
            encoding: self.encoding,
            first: from == 0,
            last: to == self.file.size,
        };
        let input = (from < to).then(|| range(self.file, from, to));
        let decoded = desk.ask(0, &question, input).await?;
        (self.at, self.more) = (to, decoded.more);
        self.held.extend_from_slice(&decoded.text.0);
        Ok(())
    }
}
