//! Rows and fields of separated text. Slices of UTF-8 (or any ASCII superset) in, borrowed fields out; no
//! I/O, and input cut at every byte gives the same rows.
//!
//! RFC 4180 and what people bring besides: rows end with CRLF, LF or a lone CR; a quote means something at
//! the start of a field only, `""` inside is one quote, and text behind the closing quote is kept as it
//! stands; empty lines are skipped and counted; blanks around values are kept (trimming is the reader's job).
//!
//! Where it bites: the delimiter and the line ends are found eight bytes at a time by arithmetic on one word
//! ([`Marks`]), since 64-bit words are native in wasm and natively and need no `unsafe`. Quotes are looked for
//! at field starts only. The plain twin, one byte and one state at a time, stands in the tests.

use crate::error::{Error, Kind, Result};
use crate::table::schema::Dialect;
use memchr::memchr;

/// Longest row, its line end not counted. What is longer has lost its line ends or a closing quote.
pub const ROW_LIMIT: usize = 1 << 20;
/// Most fields in a row.
pub const COLUMN_LIMIT: usize = 2_000;

/// The rows of a slice of text that starts at a row start.
///
/// Lines are rows and empty lines. Errors carry the 1-based line of this slice; the caller, who knows what
/// stands before the slice, shifts it ([`Error::row`]).
pub struct Rows<'a> {
    text: &'a [u8],
    marks: Marks<'a>,
    delimiter: u8,
    quoted: bool,
    at: usize,
    end: usize,
    nul: usize,
    lines: u64,
    blanks: u64,
}

impl<'a> Rows<'a> {
    /// Rows from the start of `text`. A byte-order mark is the caller's to remove.
    pub fn new(text: &'a [u8], dialect: &Dialect) -> Self {
        Rows {
            text,
            marks: Marks::new(text, dialect.delimiter),
            delimiter: dialect.delimiter,
            quoted: dialect.quoted,
            at: 0,
            end: text.len(),
            nul: memchr(0, text).unwrap_or(usize::MAX),
            lines: 0,
            blanks: 0,
        }
    }
    /// Only the lines that start before `end`; what stands behind it is there to complete the last of them.
    pub fn until(mut self, end: usize) -> Self {
        self.end = end.min(self.text.len());
        self
    }
    /// The next row, as fields; returns the offset behind it. `last` says that the text ends where the slice
    /// ends, so a row without line end counts.
    ///
    /// `None` means that no row starts before the end ([`Rows::done`]), or that the rest is not a whole row.
    pub fn next(&mut self, last: bool, fields: &mut Fields<'a>) -> Result<Option<usize>> {
        while self.at < self.end {
            let Some(behind) = self.line(last, fields)? else {
                self.marks.seek(self.at);
                return Ok(None);
            };
            let blank = matches!(self.text[self.at], b'\n' | b'\r');
            self.at = behind;
            self.lines += 1;
            if !blank {
                return Ok(Some(behind));
            }
            self.blanks += 1;
        }
        Ok(None)
    }
    /// Offset of the next line.
    pub fn at(&self) -> usize {
        self.at
    }
    /// Whether every line that starts before the end was read.
    pub fn done(&self) -> bool {
        self.at >= self.end
    }
    /// Lines read, empty ones included: also the 1-based line of the row read last.
    pub fn lines(&self) -> u64 {
        self.lines
    }
    /// Empty lines skipped.
    pub fn blanks(&self) -> u64 {
        self.blanks
    }

    /// One line from `self.at`: the offset behind it, or `None` if it is not complete.
    fn line(&mut self, last: bool, fields: &mut Fields<'a>) -> Result<Option<usize>> {
        let (start, len) = (self.at, self.text.len());
        fields.begin(&self.text[start..]);
        let mut from = start;
        loop {
            let mark = match self.text.get(from) {
                Some(b'"') if self.quoted => self.quoted_field(from, last, fields)?,
                _ => self.plain_field(from, fields),
            };
            self.within_limits(mark)?;
            if mark == len && !last {
                return Ok(None);
            }
            if fields.len() > COLUMN_LIMIT {
                return Err(self.refuse(Kind::TooManyColumns));
            }
            if mark < len && self.text[mark] == self.delimiter {
                from = mark + 1;
            } else {
                return Ok(self.behind(mark, last));
            }
        }
    }
    /// The offset behind the line end at `mark`; `None` if a line feed may still follow.
    fn behind(&mut self, mark: usize, last: bool) -> Option<usize> {
        match (self.text.get(mark), self.text.get(mark + 1)) {
            (None, _) => Some(mark),
            (Some(b'\r'), Some(b'\n')) => {
                self.marks.next();
                Some(mark + 2)
            }
            (Some(b'\r'), None) if !last => None,
            _ => Some(mark + 1),
        }
    }
    /// A field as it stands; returns the offset of the mark behind it.
    #[inline]
    fn plain_field(&mut self, from: usize, fields: &mut Fields<'a>) -> usize {
        let mark = self.marks.next();
        fields.push(from - self.at, mark - self.at);
        mark
    }
    /// A field that opens with a quote; returns the offset of the mark behind it, the end if it is not complete.
    fn quoted_field(&mut self, from: usize, last: bool, fields: &mut Fields<'a>) -> Result<usize> {
        let (start, len) = (self.at, self.text.len());
        let mut at = from + 1;
        let kept = fields.unescaped.len();
        loop {
            let limit = len.min(start + ROW_LIMIT + 1);
            let Some(found) = memchr(b'"', &self.text[at.min(limit)..limit]) else {
                return self.never_closed(limit, last);
            };
            let quote = at + found;
            if self.text.get(quote + 1) == Some(&b'"') {
                fields.unescaped.extend_from_slice(&self.text[at..=quote]);
                at = quote + 2;
                continue;
            }
            self.marks.seek(quote + 1);
            let mark = self.marks.next();
            if mark == quote + 1 && fields.unescaped.len() == kept {
                fields.push(from + 1 - start, quote - start);
            } else {
                fields.unescaped.extend_from_slice(&self.text[at..quote]);
                fields.unescaped.extend_from_slice(&self.text[quote + 1..mark]);
                fields.push_unescaped(kept);
            }
            return Ok(mark);
        }
    }
    fn never_closed(&self, limit: usize, last: bool) -> Result<usize> {
        self.within_limits(limit)?;
        if last { Err(self.refuse(Kind::QuoteOpen)) } else { Ok(self.text.len()) }
    }
    /// Whether the row may go on to `mark`. What is wrong first in the text is told, wherever the slice ends.
    #[inline]
    fn within_limits(&self, mark: usize) -> Result<()> {
        let limit = self.at + ROW_LIMIT;
        if self.nul < mark.min(limit + 1) {
            return Err(self.refuse(Kind::NulByte));
        }
        if mark > limit {
            return Err(self.refuse(Kind::RowTooLong));
        }
        Ok(())
    }
    #[cold]
    fn refuse(&self, kind: Kind) -> Error {
        Error::new(kind).row(self.lines + 1)
    }
}

/// Where the first line of a slice probably starts, when the slice begins in the middle of a file: behind the
/// first line end at or after byte 0, where byte 0 is the last one **before** the slice. `None` if there is no
/// line end. A quoted line end misleads it: the caller checks against where the slice before really ended.
pub fn line_start(text: &[u8]) -> Option<usize> {
    let end = memchr::memchr2(b'\n', b'\r', text)?;
    Some(if text[end..].starts_with(b"\r\n") { end + 2 } else { end + 1 })
}

/// The fields of one row; one value is used for all rows.
#[derive(Debug, Default)]
pub struct Fields<'a> {
    row: &'a [u8],
    spans: Vec<(u32, u32)>,
    unescaped: Vec<u8>,
}

/// Set in the start of spans that lie in the buffer. Rows are shorter than this by far.
const UNESCAPED: u32 = 1 << 31;

impl<'a> Fields<'a> {
    /// No fields.
    pub fn new() -> Self {
        Fields::default()
    }
    /// How many.
    pub fn len(&self) -> usize {
        self.spans.len()
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
    /// The value of a field, quotes and escapes removed; absent behind the last.
    #[inline]
    pub fn get(&self, i: usize) -> Option<&[u8]> {
        self.spans.get(i).map(|&span| self.value(span))
    }
    /// All values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.spans.iter().map(|&span| self.value(span))
    }
    #[inline]
    fn value(&self, (from, to): (u32, u32)) -> &[u8] {
        if from & UNESCAPED == 0 {
            &self.row[from as usize..to as usize]
        } else {
            &self.unescaped[(from & !UNESCAPED) as usize..to as usize]
        }
    }
    fn begin(&mut self, row: &'a [u8]) {
        self.row = row;
        self.spans.clear();
        self.unescaped.clear();
    }
    #[inline]
    fn push(&mut self, from: usize, to: usize) {
        self.spans.push((from as u32, to as u32));
    }
    fn push_unescaped(&mut self, from: usize) {
        self.push(from | UNESCAPED as usize, self.unescaped.len());
    }
}

/// Positions of delimiters and line ends, in order.
///
/// A byte of `word ^ needle` is 0 where the needle stands; adding 0x7f to its low seven bits carries into bit 7
/// unless they are all 0 (the exact form of the test: no borrow crosses bytes, so no false hits).
struct Marks<'a> {
    text: &'a [u8],
    delimiters: u64,
    base: usize,
    found: u64,
}

const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
const FEEDS: u64 = u64::from_ne_bytes([b'\n'; 8]);
const RETURNS: u64 = u64::from_ne_bytes([b'\r'; 8]);

impl<'a> Marks<'a> {
    fn new(text: &'a [u8], delimiter: u8) -> Self {
        let mut marks = Marks { text, delimiters: u64::from_ne_bytes([delimiter; 8]), base: 0, found: 0 };
        marks.seek(0);
        marks
    }
    /// Goes to offset `at`: marks from there on come next.
    fn seek(&mut self, at: usize) {
        self.base = at & !7;
        self.found = self.look() & (u64::MAX << (8 * (at & 7)));
    }
    /// The next mark, or the length of the text.
    #[inline]
    fn next(&mut self) -> usize {
        while self.found == 0 {
            self.base += 8;
            if self.base >= self.text.len() {
                return self.text.len();
            }
            self.found = self.look();
        }
        let mark = self.base + (self.found.trailing_zeros() / 8) as usize;
        self.found &= self.found - 1;
        mark
    }
    /// Bit 7 of every byte of the word at `base` that is a mark.
    #[inline]
    fn look(&self) -> u64 {
        let word = match self.text.get(self.base..).and_then(<[u8]>::first_chunk) {
            Some(word) => u64::from_le_bytes(*word),
            None => self.tail(),
        };
        let others = |needle: u64| {
            let apart = word ^ needle;
            ((apart & LOW) + LOW) | apart
        };
        !(others(self.delimiters) & others(FEEDS) & others(RETURNS)) & !LOW
    }
    /// The last bytes, filled up with what is never a mark.
    #[cold]
    fn tail(&self) -> u64 {
        let mut word = [0xff; 8];
        let rest = self.text.get(self.base..).unwrap_or_default();
        word[..rest.len()].copy_from_slice(rest);
        u64::from_le_bytes(word)
    }
}

#[cfg(test)]
#[path = "../../tests/plain/csv.rs"]
mod plain;

#[cfg(test)]
mod tests {
    use super::plain::Text;
    use super::*;
    use crate::table::schema::{Container, Encoding};
    use proptest::prelude::*;

    fn dialect(delimiter: u8, quoted: bool) -> Dialect {
        Dialect { container: Container::Plain, encoding: Encoding::Utf8, delimiter, quoted, header: false }
    }

    /// Reads what is whole in the first `cut` bytes, then the rest from there.
    fn read(text: &[u8], cut: usize, delimiter: u8, quoted: bool) -> Result<Text> {
        let mut out = Text::default();
        let dialect = dialect(delimiter, quoted);
        let at = piece(&text[..cut], &dialect, false, 0, &mut out)?;
        let line = out.rows.len() as u64 + out.blanks;
        piece(&text[at..], &dialect, true, line, &mut out)?;
        Ok(out)
    }

    fn piece(text: &[u8], dialect: &Dialect, last: bool, line: u64, out: &mut Text) -> Result<usize> {
        let mut rows = Rows::new(text, dialect);
        let mut fields = Fields::new();
        let shifted = |e: Error| {
            let row = e.at.row.unwrap_or(0);
            e.row(row + line)
        };
        while let Some(behind) = rows.next(last, &mut fields).map_err(shifted)? {
            assert_eq!(behind, rows.at());
            out.rows.push((line + rows.lines(), fields.iter().map(<[u8]>::to_vec).collect()));
        }
        out.blanks += rows.blanks();
        assert!(rows.done() || !last);
        Ok(rows.at())
    }

    fn agree(text: &[u8], cut: usize, delimiter: u8, quoted: bool) {
        let fast = read(text, cut, delimiter, quoted).map_err(|e| (e.code(), e.at.row.unwrap_or(0)));
        assert_eq!(fast, plain::read(text, delimiter, quoted), "{:?} cut at {cut}", text.escape_ascii());
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        let read = read(text.as_bytes(), 0, b',', true).unwrap();
        let string = |cell: Vec<u8>| String::from_utf8(cell).unwrap();
        read.rows.into_iter().map(|(_, row)| row.into_iter().map(string).collect()).collect()
    }

    #[test]
    fn what_people_bring() {
        assert_eq!(cells("a,b\r\nc,d"), [["a", "b"], ["c", "d"]]);
        assert_eq!(cells("a,b\rc,d\r"), [["a", "b"], ["c", "d"]]);
        assert_eq!(cells("a, b ,\n"), [["a", " b ", ""]]);
        assert_eq!(cells("\"a\nb\",\"say \"\"hi\"\"\",\"\"\n"), [["a\nb", "say \"hi\"", ""]]);
        assert_eq!(cells("a \"b\", \"c\"\n"), [["a \"b\"", " \"c\""]]);
        assert_eq!(cells("\"a\" ,\"b\"c\"d\n"), [["a ", "bc\"d"]]);
        assert_eq!(cells("\n\r\n\ra\n"), [["a"]]);
        assert_eq!(cells("母婴,\"汽,车\"\n"), [["母婴", "汽,车"]]);
        assert_eq!(cells("\"\"\n"), [[""]]);
        assert!(cells("").is_empty());
    }

    fn refused(text: &[u8]) -> (&'static str, Option<u64>) {
        let error = read(text, 0, b',', true).unwrap_err();
        agree(text, 0, b',', true);
        (error.code(), error.at.row)
    }

    #[test]
    fn refusals_name_their_line() {
        assert_eq!(refused(b"a\n\n\"b\nc"), ("quote-open", Some(3)));
        assert_eq!(refused(b"a\nb\0\n"), ("nul-byte", Some(2)));
        assert_eq!(refused(&[b"a\n".as_slice(), &[b'x'; ROW_LIMIT + 1]].concat()), ("row-too-long", Some(2)));
        assert_eq!(refused(&[b"\"".as_slice(), &[b'\n'; ROW_LIMIT]].concat()), ("row-too-long", Some(1)));
        assert_eq!(refused(&[b','; COLUMN_LIMIT]), ("too-many-columns", Some(1)));
        assert!(read(&[b','; COLUMN_LIMIT - 1], 0, b',', true).is_ok());
        assert!(read(&[b'x'; ROW_LIMIT], 0, b',', true).is_ok());
    }

    #[test]
    fn a_long_row_is_refused_before_its_end_is_seen() {
        let text = [b"a\n".as_slice(), &[b'x'; ROW_LIMIT + 1]].concat();
        let dialect = dialect(b',', true);
        let (mut rows, mut fields) = (Rows::new(&text, &dialect), Fields::new());
        assert_eq!(rows.next(false, &mut fields), Ok(Some(2)));
        assert_eq!(rows.next(false, &mut fields).map_err(|e| e.kind), Err(Kind::RowTooLong));
    }

    #[test]
    fn a_slice_ends_at_the_first_line_behind_its_end() {
        let text = b"aa\n\nbb\ncc";
        let read_until = |end| {
            let dialect = dialect(b',', true);
            let (mut rows, mut fields) = (Rows::new(text, &dialect).until(end), Fields::new());
            while rows.next(true, &mut fields).unwrap().is_some() {}
            assert!(rows.done());
            (rows.at(), rows.lines(), rows.blanks())
        };
        assert_eq!(read_until(1), (3, 1, 0));
        assert_eq!(read_until(3), (3, 1, 0));
        assert_eq!(read_until(4), (4, 2, 1));
        assert_eq!(read_until(5), (7, 3, 1));
        assert_eq!(read_until(100), (9, 4, 1));
    }

    #[test]
    fn the_start_of_a_line_in_the_middle() {
        assert_eq!(line_start(b"\nab"), Some(1));
        assert_eq!(line_start(b"\r\nab"), Some(2));
        assert_eq!(line_start(b"xab\rcd"), Some(4));
        assert_eq!(line_start(b"xab"), None);
    }

    proptest! {
        #[test]
        fn the_plain_twin_agrees_at_every_cut(
            text in prop::collection::vec(prop::sample::select(b"\"\",,\r\n\n a\xe6b\0".as_slice()), 0..40),
            quoted: bool,
        ) {
            for cut in 0..=text.len() {
                agree(&text, cut, b',', quoted);
            }
        }

        #[test]
        fn the_plain_twin_agrees_on_long_rows(
            fields in prop::collection::vec("[a-z\"\n]{0,20}", 1..200),
            delimiter in prop::sample::select(b",\t;|".as_slice()),
            cut in 0usize..1000,
        ) {
            let text = fields.join(&(delimiter as char).to_string());
            agree(text.as_bytes(), cut.min(text.len()), delimiter, true);
        }
    }
}
