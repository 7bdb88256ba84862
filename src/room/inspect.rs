//! Looking at a file: what it is wrapped in, its encoding, its dialect, and a survey of every row. The survey also finds
//! where rows start near every slice border, so that loading can hand whole rows to any shard.

use super::SLICE;
use super::call::{FileRef, Overrule};
use super::recipe::MISSING;
use crate::error::{Error, Kind, Result};
use crate::shard::desk::{Desk, FileRange, Reply};
use crate::shard::load::{Block, Decode, Head, SurveyStretch};
use crate::table::csv::ROW_LIMIT;
use crate::table::decode;
use crate::table::inspection::Inspection;
use crate::table::layout::{Given, HEAD, Layout};
use crate::table::schema::{Container, Dialect, Encoding};
use crate::table::survey::{Survey, Surveyed, encoding_wrong};
use crate::table::values::Missing;
use std::collections::VecDeque;

/// Bytes behind a slice that are read along, so that its last row is whole.
const MARGIN: u64 = 64 << 10;

/// A file that was looked at.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which file.
    pub file: FileRef,
    /// How its text is read.
    pub layout: Layout,
    /// What was found.
    pub inspection: Inspection,
    /// Row borders of plain UTF-8 files: byte and number of the first row of each slice, and the end.
    pub borders: Vec<(u64, u64)>,
}

impl Seen {
    /// Whether any shard can read any slice.
    pub fn plain(&self) -> bool {
        plain(&self.layout.dialect)
    }
}

fn plain(dialect: &Dialect) -> bool {
    dialect.container == Container::Plain && dialect.encoding == Encoding::Utf8
}

/// Looks at all of a file.
pub async fn inspect(desk: &Desk, file: &FileRef, overrule: &Overrule) -> Result<Seen> {
    inspect_as(desk, file, overrule, false)
        .await
        .map_err(|e| if e.at.file.is_none() { e.file(&file.name) } else { e })
}

/// Looks at how a file is written and counts its rows, where the recipe says what its columns are.
pub async fn count(desk: &Desk, file: &FileRef, overrule: &Overrule) -> Result<Seen> {
    inspect_as(desk, file, overrule, true)
        .await
        .map_err(|e| if e.at.file.is_none() { e.file(&file.name) } else { e })
}

async fn inspect_as(desk: &Desk, file: &FileRef, overrule: &Overrule, count: bool) -> Result<Seen> {
    if file.size == 0 {
        return Err(Kind::FileEmpty.into());
    }
    let head = desk.ask(0, &Head, Some(range(file, 0, file.size.min(HEAD as u64)))).await?.0;
    let container = decode::sniff_container(&head)?;
    let mut refusal = None;
    for encoding in candidates(container, &head, overrule.encoding) {
        let surveying = Surveying { desk, file, count };
        match with_encoding(surveying, overrule, container, encoding, &head).await {
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
    surveying: Surveying<'_>,
    overrule: &Overrule,
    container: Container,
    encoding: Encoding,
    head: &[u8],
) -> Result<Seen> {
    let Surveying { desk, file, .. } = surveying;
    let given = Given {
        container,
        encoding,
        start: 0,
        delimiter: overrule.delimiter.as_ref().and_then(|d| d.bytes().next()),
        header: overrule.header,
        missing: overrule.missing(),
    };
    let (layout, survey, borders);
    if container == Container::Plain && encoding == Encoding::Utf8 {
        let start = decode::sniff_bom(head).map_or(0, |(_, len)| len);
        let given = Given { start: start as u64, ..given };
        layout = Layout::detect(&head[start..], head.len() as u64 == file.size, given)?;
        (survey, borders) = surveying.slices(&layout).await?;
    } else {
        let mut text = Text::new(file, container, encoding);
        let sample = text.peek(desk, HEAD).await?;
        layout = Layout::detect(&sample, text.ended() && sample.len() == text.held.len(), given)?;
        survey = surveying.stream(&layout, text).await?;
        borders = Vec::new();
    }
    if let Some(wrong) = encoding_wrong(&survey) {
        return Err(wrong);
    }
    if survey.rows == 0 {
        return Err(Kind::NoRows.into());
    }
    let inspection = Inspection::of(&survey, &layout, file.size)?;
    Ok(Seen { file: file.clone(), layout, inspection, borders })
}

impl Overrule {
    /// Cells that mean "no value".
    pub fn missing(&self) -> Missing {
        match &self.missing {
            Some(said) => Missing::new(said),
            None => Missing::new(MISSING),
        }
    }
}

#[derive(Clone, Copy)]
struct Surveying<'a> {
    desk: &'a Desk,
    file: &'a FileRef,
    /// Whether cells are left alone.
    count: bool,
}

impl Surveying<'_> {
    /// Surveys a plain file, slices side by side. Each slice but the first guesses where its first row starts; the slice
    /// before it knows, and a wrong guess (a line end inside quotes) is asked again.
    async fn slices(&self, layout: &Layout) -> Result<(Survey, Vec<(u64, u64)>)> {
        let (count, ahead) = (self.file.size.div_ceil(SLICE), 2 * self.desk.shards);
        let mut asked: VecDeque<(u64, Reply<(u64, Surveyed)>)> = VecDeque::new();
        let mut slices = 0..count;
        let (mut survey, mut at) = (Survey::default(), layout.start);
        let mut borders = vec![(at, 1)];
        loop {
            while asked.len() < ahead
                && let Some(slice) = slices.next()
            {
                // One byte early: a line end just before the slice means that its first byte starts a row.
                let from = if slice == 0 { at } else { slice * SLICE - 1 };
                asked.push_back((slice, self.ask(layout, slice, from, slice > 0, MARGIN)));
            }
            let Some((slice, reply)) = asked.pop_front() else { break };
            at = self.settle(layout, slice, reply.await, at, &mut survey).await?;
            borders.push((at, 1 + survey.lines_before(at)));
            self.desk.progress("survey", at, self.file.size, "bytes");
        }
        Ok((survey, borders))
    }
    /// Takes a slice's reply, or asks again if it began at the wrong byte or broke off inside a row.
    async fn settle(
        &self,
        layout: &Layout,
        slice: u64,
        reply: Result<(u64, Surveyed)>,
        at: u64,
        survey: &mut Survey,
    ) -> Result<u64> {
        if at >= self.end(slice) {
            return Ok(at);
        }
        if let Ok((start, Surveyed::Done { survey: found, next })) = reply
            && start == at
        {
            survey.merge(*found);
            return Ok(next);
        }
        let mut margin = MARGIN;
        loop {
            let again = self.ask(layout, slice, at, false, margin).await;
            match again.map_err(|e| later(e, survey.lines_before(at)))?.1 {
                Surveyed::Done { survey: found, next } => {
                    survey.merge(*found);
                    return Ok(next);
                }
                Surveyed::More => margin = (margin * 8).min(2 * ROW_LIMIT as u64),
            }
        }
    }
    fn end(&self, slice: u64) -> u64 {
        self.file.size.min((slice + 1) * SLICE)
    }
    fn ask(
        &self,
        layout: &Layout,
        slice: u64,
        from: u64,
        guess: bool,
        margin: u64,
    ) -> Reply<(u64, Surveyed)> {
        let to = self.file.size.min(self.end(slice) + margin);
        let question = SurveyStretch {
            layout: layout.clone(),
            at: from,
            guess,
            end: (self.end(slice).max(from) - from) as usize,
            last: to == self.file.size,
            count: self.count,
            text: None,
        };
        self.desk.ask(slice as usize % self.desk.shards, &question, Some(range(self.file, from, to)))
    }
    /// Surveys text that only comes in order.
    async fn stream(&self, layout: &Layout, mut text: Text<'_>) -> Result<Survey> {
        let mut survey = Survey::default();
        let (mut at, mut turn) = (0, 0);
        while let Some((chunk, last)) = text.next(self.desk).await? {
            // What may be half a row waits for the next chunk: a row is never longer than this.
            let end = if last { chunk.len() } else { chunk.len().saturating_sub(ROW_LIMIT + 2) };
            let question = SurveyStretch {
                layout: layout.clone(),
                at,
                guess: false,
                end,
                last,
                count: self.count,
                text: Some(Block(chunk.clone())),
            };
            let reply = self.desk.ask(turn % self.desk.shards, &question, None).await;
            let (_, surveyed) = reply.map_err(|e| later(e, survey.lines_before(at)))?;
            if let Surveyed::Done { survey: found, next } = surveyed {
                survey.merge(*found);
                text.keep(&chunk[(next - at) as usize..]);
                at = next;
            } else {
                text.keep(&chunk);
            }
            self.desk.progress("survey", text.at, self.file.size, "bytes");
            turn += 1;
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
