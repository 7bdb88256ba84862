//! One look at every row of a file, in stretches that any shard takes in any order: what is in the columns,
//! what is odd, how rows are numbered. Nothing is kept of a row but counts and a few values to show.

use crate::error::{Error, Result};
use crate::num::Order;
use crate::table::column::{Column, Mark, Oddity, clip};
use crate::table::csv::{Fields, Rows};
use crate::table::layout::Layout;
use crate::table::sketch::hash;
use crate::table::values::{self, Missing};
use memchr::{memchr_iter, memchr2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows kept to show.
pub const PREVIEW: usize = 12;

/// A stretch of the text that starts at a line start, with as much behind it as it takes to end its last row.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// The text from `at` on.
    pub text: &'a [u8],
    /// Offset in the file, or in the decoded text.
    pub at: u64,
    /// Rows that start before this offset of `text` belong to the stretch.
    pub end: usize,
    /// Whether the file ends where `text` ends.
    pub last: bool,
}

/// What came of a stretch.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Surveyed {
    /// All its rows were seen; the next stretch starts at offset `next` of the file.
    Done {
        /// What was found.
        survey: Box<Survey>,
        /// Where the first line behind the stretch starts.
        next: u64,
    },
    /// The last row does not end in the text: ask again with more behind it.
    More,
}

/// What all rows seen so far hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Lines of each stretch, by its offset.
    pub stretches: BTreeMap<u64, u64>,
    /// Rows without the header.
    pub rows: u64,
    /// Empty lines.
    pub blanks: Oddity,
    /// Rows with fewer cells than columns: what is not there is missing.
    pub short: Oddity,
    /// Rows with more cells than columns, and something in them.
    pub long: Oddity,
    /// First line that is not UTF-8.
    pub malformed: Option<Mark>,
    /// Columns in file order.
    pub columns: Vec<Column>,
    /// The first rows.
    pub preview: Vec<(Mark, Vec<String>)>,
}

impl Survey {
    /// Adds what other stretches hold.
    pub fn merge(&mut self, other: Survey) {
        for (at, lines) in other.stretches {
            *self.stretches.entry(at).or_default() += lines;
        }
        self.rows += other.rows;
        self.blanks.merge(&other.blanks);
        self.short.merge(&other.short);
        self.long.merge(&other.long);
        self.malformed = self.malformed.into_iter().chain(other.malformed).min();
        self.columns.resize_with(self.columns.len().max(other.columns.len()), Column::default);
        self.columns.iter_mut().zip(other.columns).for_each(|(a, b)| a.merge(b));
        self.preview.extend(other.preview);
        self.preview.order();
        self.preview.truncate(PREVIEW);
    }
    /// Lines before the stretch at this offset, as far as the stretches before it are known.
    pub fn lines_before(&self, at: u64) -> u64 {
        self.stretches.range(..at).map(|(_, lines)| lines).sum()
    }
    /// The 1-based row of the file, header and empty lines counted, as spreadsheets number it.
    pub fn row(&self, mark: Mark) -> u64 {
        self.lines_before(mark.at) + mark.line
    }
}

/// How the cells of a row fit the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// One cell per column; empty cells behind the last are let pass, since trailing separators are common.
    Even,
    /// Cells are lacking.
    Short,
    /// There is more than there are columns: nobody knows which cell is whose.
    Long,
}

impl Fit {
    /// Compares a row with the number of columns.
    pub fn of(fields: &Fields<'_>, columns: usize) -> Fit {
        match fields.len() {
            n if n == columns => Fit::Even,
            n if n < columns => Fit::Short,
            _ if fields.iter().skip(columns).all(|cell| values::trim(cell).is_empty()) => Fit::Even,
            _ => Fit::Long,
        }
    }
}

/// Counts the rows of a stretch and finds where it ends, where the cells are for loading to look at: columns are named, and
/// nothing is said of what is in them. Without a quote or a carriage return rows are lines; what makes such a row too long
/// or too wide, loading finds as well.
pub fn count(stretch: &Stretch<'_>, layout: &Layout) -> Result<Surveyed> {
    if memchr2(b'"', b'\r', stretch.text).is_some() {
        return rows(stretch, layout, Work::blind(stretch.at, layout));
    }
    let (mut lines, mut blanks, mut next) = (0, 0, 0);
    let mut ends = memchr_iter(b'\n', stretch.text).map(|end| end + 1);
    while next < stretch.end {
        let Some(end) = ends.next().or_else(|| stretch.last.then_some(stretch.text.len())) else {
            return Ok(Surveyed::More);
        };
        (lines, blanks, next) = (lines + 1, blanks + u64::from(stretch.text[next] == b'\n'), end);
    }
    let mut work = Work::blind(stretch.at, layout);
    work.survey.rows = lines - blanks - u64::from(work.header && lines > blanks);
    done(work.finish(lines, blanks), stretch, next, layout)
}

/// Surveys a stretch. Errors carry the 1-based line of the stretch; add [`Survey::lines_before`] when the
/// stretches before it are known. A stretch that was guessed to start at a line and did not may give any error.
pub fn survey(stretch: &Stretch<'_>, layout: &Layout) -> Result<Surveyed> {
    rows(stretch, layout, Work::new(stretch.at, layout))
}

fn rows(stretch: &Stretch<'_>, layout: &Layout, mut work: Work<'_>) -> Result<Surveyed> {
    let mut rows = Rows::new(stretch.text, &layout.dialect).until(stretch.end);
    let mut fields = Fields::new();
    while rows.next(stretch.last, &mut fields)?.is_some() {
        work.row(&fields, rows.lines(), rows.blanks());
    }
    match rows.done() {
        true => done(work.finish(rows.lines(), rows.blanks()), stretch, rows.at(), layout),
        false => Ok(Surveyed::More),
    }
}

fn done(mut survey: Survey, stretch: &Stretch<'_>, next: usize, layout: &Layout) -> Result<Surveyed> {
    survey.malformed = malformed(&stretch.text[..next], stretch.at, layout)?;
    Ok(Surveyed::Done { survey: Box::new(survey), next: stretch.at + next as u64 })
}

/// The first line that is not UTF-8.
fn malformed(text: &[u8], at: u64, layout: &Layout) -> Result<Option<Mark>> {
    let Err(error) = std::str::from_utf8(text) else { return Ok(None) };
    let (mut rows, mut fields) = (Rows::new(text, &layout.dialect), Fields::new());
    while rows.at() <= error.valid_up_to() && rows.next(true, &mut fields)?.is_some() {}
    Ok(Some(Mark { at, line: rows.lines() }))
}

/// The refusal of a text that is not UTF-8 after all.
pub fn encoding_wrong(survey: &Survey) -> Option<Error> {
    let mark = survey.malformed?;
    Some(Error::new(crate::error::Kind::EncodingWrong).row(survey.row(mark)))
}

/// A survey in the making.
struct Work<'a> {
    at: u64,
    width: usize,
    /// The header is still to come.
    header: bool,
    blanks: u64,
    survey: Survey,
    counters: Vec<Counter>,
    missing: &'a Missing,
}

impl<'a> Work<'a> {
    fn new(at: u64, layout: &'a Layout) -> Self {
        let width = layout.width();
        let mut counters = Vec::new();
        counters.resize_with(width, Counter::default);
        let header = layout.dialect.header && at == layout.start;
        let survey = Survey { columns: vec![Column::default(); width], ..Survey::default() };
        Work { at, width, header, blanks: 0, survey, counters, missing: &layout.missing }
    }
    /// One that looks at no cell.
    fn blind(at: u64, layout: &'a Layout) -> Self {
        Work { counters: Vec::new(), ..Work::new(at, layout) }
    }
    fn row(&mut self, fields: &Fields<'_>, line: u64, blanks: u64) {
        let mark = Mark { at: self.at, line };
        self.blank_lines(mark, blanks);
        if std::mem::take(&mut self.header) {
            return;
        }
        self.survey.rows += 1;
        match Fit::of(fields, self.width) {
            Fit::Even => {}
            Fit::Short => self.survey.short.add(1, mark),
            Fit::Long => return self.survey.long.add(1, mark),
        }
        if self.survey.preview.len() < PREVIEW {
            self.survey.preview.push((mark, fields.iter().take(self.width).map(clip).collect()));
        }
        let columns = self.counters.iter_mut().zip(&mut self.survey.columns);
        for ((counter, column), cell) in columns.zip(fields.iter()) {
            counter.see(values::trim(cell), mark, column, self.missing);
        }
    }
    /// Empty lines right before `mark`.
    fn blank_lines(&mut self, mark: Mark, blanks: u64) {
        let new = blanks - self.blanks;
        self.blanks = blanks;
        if new > 0 {
            self.survey.blanks.add(new, Mark { line: mark.line - new, ..mark });
        }
    }
    fn finish(mut self, lines: u64, blanks: u64) -> Survey {
        self.blank_lines(Mark { at: self.at, line: lines + 1 }, blanks);
        for (counter, column) in self.counters.iter_mut().zip(&mut self.survey.columns) {
            counter.flush(self.at, column, self.missing);
        }
        self.survey.stretches.insert(self.at, lines);
        self.survey
    }
}

/// Slots of a counter.
const SLOTS: usize = 128;
/// Longest cell that is kept in a slot.
const KEPT: usize = 24;
/// Cells after which a counter that met few cells twice is given up.
const TRIAL: u32 = 2_048;

/// Counts equal cells of one column before they are looked at: most columns of a tag file repeat a few dozen
/// texts, and looking at one is ten times as dear as counting it. A slot holds one text; another text of the
/// same hash pushes it out into the column. Columns that hardly repeat go straight through.
#[derive(Default)]
struct Counter {
    slots: Vec<Slot>,
    seen: u32,
    hits: u32,
    off: bool,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    text: [u8; KEPT],
    length: u8,
    times: u32,
    line: u64,
}

impl Slot {
    fn text(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }
}

impl Counter {
    #[inline]
    fn see(&mut self, cell: &[u8], mark: Mark, column: &mut Column, missing: &Missing) {
        if self.off || cell.len() > KEPT {
            return column.add(cell, 1, mark, missing);
        }
        if self.slots.is_empty() {
            self.slots = vec![Slot::default(); SLOTS];
        }
        let slot = &mut self.slots[hash(cell) as usize % SLOTS];
        self.seen += 1;
        if slot.times > 0 && slot.text() == cell {
            slot.times += 1;
            self.hits += 1;
            return;
        }
        if slot.times > 0 {
            let first = Mark { at: mark.at, line: slot.line };
            column.add(slot.text(), u64::from(slot.times), first, missing);
        }
        let mut text = [0; KEPT];
        text[..cell.len()].copy_from_slice(cell);
        *slot = Slot { text, length: cell.len() as u8, times: 1, line: mark.line };
        if self.seen == TRIAL && self.hits < TRIAL / 4 {
            self.flush(mark.at, column, missing);
            self.off = true;
        }
    }
    fn flush(&mut self, at: u64, column: &mut Column, missing: &Missing) {
        for slot in self.slots.drain(..).filter(|slot| slot.times > 0) {
            column.add(slot.text(), u64::from(slot.times), Mark { at, line: slot.line }, missing);
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::table::csv::line_start;
    use crate::table::layout::Given;
    use crate::table::schema::{Container, Encoding};
    use proptest::prelude::*;

    /// The layout a text is found to have, `header` if it is not for the text to say.
    pub fn layout(text: &[u8], header: Option<bool>) -> Result<Layout> {
        let given = Given {
            container: Container::Plain,
            encoding: Encoding::Utf8,
            start: 0,
            delimiter: None,
            header,
            missing: Missing::new(["NA", "未知"]),
        };
        Layout::detect(text, true, given)
    }

    /// Surveys a text in one stretch.
    pub fn whole(text: &[u8], layout: &Layout) -> Result<Survey> {
        match survey(&Stretch { text, at: 0, end: text.len(), last: true }, layout)? {
            Surveyed::Done { survey, next } => {
                assert_eq!(next, text.len() as u64);
                Ok(*survey)
            }
            Surveyed::More => panic!("nothing more can come"),
        }
    }

    /// Surveys stretches of `size` bytes as a desk does: each guessed to start behind the first line end, with
    /// a margin that grows, and asked again where the stretch before ended elsewhere. Merged last to first.
    fn in_stretches(text: &[u8], layout: &Layout, size: usize) -> Result<Survey> {
        let mut found = Vec::new();
        let mut at = 0;
        for from in (0..text.len()).step_by(size) {
            let to = text.len().min(from + size);
            let guess = if from == 0 { Some(0) } else { line_start(&text[from - 1..]).map(|n| from - 1 + n) };
            let start = if guess == Some(at) { at } else { at.max(from) };
            if at >= to {
                continue;
            }
            let mut margin = 1;
            loop {
                let behind = text.len().min(to + margin);
                let (text, last) = (&text[start..behind], behind == text.len());
                match survey(&Stretch { text, at: start as u64, end: to - start, last }, layout)? {
                    Surveyed::Done { survey, next } => {
                        at = next as usize;
                        found.push(*survey);
                        break;
                    }
                    Surveyed::More => margin *= 2,
                }
            }
        }
        let mut sum = Survey::default();
        found.into_iter().rev().for_each(|s| sum.merge(s));
        Ok(sum)
    }

    /// A survey without the stretches: marks as rows of the file.
    fn resolved(mut survey: Survey) -> Survey {
        let lines = survey.clone();
        let file = |mark: &mut Mark| *mark = Mark { at: 0, line: lines.row(*mark) };
        let odd = |o: &mut Oddity| o.first.iter_mut().for_each(file);
        [&mut survey.blanks, &mut survey.short, &mut survey.long].into_iter().for_each(odd);
        survey.malformed.iter_mut().for_each(file);
        survey.preview.iter_mut().for_each(|(mark, _)| file(mark));
        for column in &mut survey.columns {
            odd(&mut column.formulas);
            column.separated.iter_mut().for_each(|s| odd(&mut s.formulas));
            column.examples.marks().for_each(file);
        }
        survey.stretches = [(0, survey.stretches.values().sum())].into();
        survey
    }

    #[test]
    fn every_row_is_accounted_for() {
        let text = "id,tag\n\n1,a\n2\n3,c,\n4,d,e\r\n\n\n5,NA\n";
        let layout = layout(text.as_bytes(), None).unwrap();
        let survey = whole(text.as_bytes(), &layout).unwrap();
        assert_eq!(survey.rows, 5);
        assert_eq!(survey.stretches, [(0, 9)].into());
        let first = |line| Some(Mark { at: 0, line });
        assert_eq!(survey.blanks, Oddity { count: 3, first: first(2) });
        assert_eq!(survey.short, Oddity { count: 1, first: first(4) });
        assert_eq!(survey.long, Oddity { count: 1, first: first(6) });
        assert_eq!((survey.columns[0].filled, survey.columns[1].filled), (4, 2));
        assert_eq!(survey.preview[1], (Mark { at: 0, line: 4 }, vec!["2".to_string()]));
    }

    #[test]
    fn counting_ends_where_surveying_does() {
        let texts =
            ["a,b\n1,2\n\n3,4\n", "a,b\n1,2", "a,b\r\n\"x\ny\",2\r\n3,4", "\na,b\n1,2\n\n\n", "a,b\n"];
        for text in texts.map(str::as_bytes) {
            let layout = layout(text, Some(true)).unwrap();
            for (end, last) in (1..=text.len()).flat_map(|end| [(end, true), (end, false)]) {
                let stretch = Stretch { text, at: 0, end, last };
                let seen = survey(&stretch, &layout).unwrap();
                match (seen, count(&stretch, &layout).unwrap()) {
                    (Surveyed::Done { survey: a, next: x }, Surveyed::Done { survey: b, next: y }) => {
                        let same =
                            (a.rows, &a.stretches, a.blanks.count) == (b.rows, &b.stretches, b.blanks.count);
                        assert!(
                            same && x == y && b.columns.len() == a.columns.len(),
                            "{text:?} {end} {last}"
                        );
                    }
                    (Surveyed::More, Surveyed::More) => {}
                    other => panic!("{text:?} {end} {last}: {other:?}"),
                }
            }
        }
    }

    #[test]
    fn the_first_line_that_is_not_utf8_is_told() {
        let text = b"id,x\n1,a\n\n2,\xc4\xe3\n3,\xff\n";
        let layout = layout(text, None).unwrap();
        let survey = whole(text, &layout).unwrap();
        let error = encoding_wrong(&survey).unwrap();
        assert_eq!((error.code(), error.at.row), ("encoding-wrong", Some(4)));
    }

    #[test]
    fn a_counter_that_gives_up_counts_the_same() {
        let mut text = String::from("n,c\n");
        (0..10_000).for_each(|i| text += &format!("{i},{}\n", i % 300));
        let layout = layout(text.as_bytes(), None).unwrap();
        let survey = whole(text.as_bytes(), &layout).unwrap();
        let [n, c] = &survey.columns[..] else { panic!("two columns") };
        assert_eq!((n.filled, n.numbers, c.filled, c.numbers), (10_000, 10_000, 10_000, 10_000));
        assert_eq!(n.bytes, (0..10_000).map(|i: u32| i.to_string().len() as u64).sum::<u64>());
        assert!(n.distinct.distinct() > 8_000 && c.distinct.distinct() < 400);
    }

    proptest! {
        #[test]
        fn stretches_of_any_size_give_the_same(
            rows in prop::collection::vec("([ab1|]{0,3}|\"[a\n\"\"]{0,2}\")(,[xé\n]{0,2})?", 1..30),
            size in 1usize..40,
        ) {
            let text = rows.join("\n");
            let Ok(layout) = layout(text.as_bytes(), Some(false)) else { return Ok(()) };
            match (whole(text.as_bytes(), &layout), in_stretches(text.as_bytes(), &layout, size)) {
                (Ok(one), Ok(many)) => prop_assert_eq!(resolved(one), resolved(many)),
                (Err(one), many) => prop_assert_eq!(Some(one.kind), many.err().map(|e| e.kind)),
                (one, many) => prop_assert!(false, "{one:?} {many:?}"),
            }
        }
    }
}
