//! What the head of a file says about all of it: separator, header, names of the columns.

use crate::error::{Error, Kind, Result};
use crate::id::{self, Shape};
use crate::num::Order;
use crate::table::csv::{Fields, Rows};
use crate::table::dates;
use crate::table::schema::{Container, Dialect, Encoding};
use crate::table::values::{self, Missing};
use serde::{Deserialize, Serialize};

/// How much of the text is looked at.
pub const HEAD: usize = 1 << 20;
/// Separators that are tried; the first wins a tie.
const DELIMITERS: [u8; 4] = [b'\t', b',', b';', b'|'];
/// Rows that are looked at closely for the header.
const SAMPLE: usize = 200;

/// What every shard is to know to read any stretch of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// How bytes become rows.
    pub dialect: Dialect,
    /// Offset of the first row: behind a byte-order mark. 0 in decoded text.
    pub start: u64,
    /// Names of the columns: those of the header, or 1-based numbers.
    pub names: Vec<String>,
    /// Cells that mean "no value".
    pub missing: Missing,
}

/// What is known or said before the text is looked at.
#[derive(Clone, Debug)]
pub struct Given {
    /// What the text was wrapped in.
    pub container: Container,
    /// What its encoding was.
    pub encoding: Encoding,
    /// Offset of the first row.
    pub start: u64,
    /// Separator, if the user says it.
    pub delimiter: Option<u8>,
    /// Whether there is a header, if the user says it.
    pub header: Option<bool>,
    /// Cells that mean "no value".
    pub missing: Missing,
}

/// Lines above the names of columns, at most.
const PREAMBLE: usize = 20;

impl Layout {
    /// Looks at the head of the text (from `given.start` on; [`HEAD`] bytes, or all if `last`).
    pub fn detect(text: &[u8], last: bool, given: Given) -> Result<Layout> {
        if text.is_empty() {
            return Err(Kind::FileEmpty.into());
        }
        let mut dialect = Dialect {
            container: given.container,
            encoding: given.encoding,
            delimiter: match given.container {
                // Written with commas by the workbook reader, whatever stands in the cells.
                Container::Xlsx => b',',
                _ => given.delimiter.unwrap_or_else(|| delimiter(text, last)),
            },
            quoted: true,
            header: false,
        };
        let rows = sample(text, last, &dialect)?;
        let first = rows.first().ok_or(Kind::NoRows)?;
        if let Some(at) = preamble(&rows, &given.missing).filter(|_| given.header.is_none()) {
            return Err(Error::new(Kind::HeaderBelow).row(line(text, &dialect, at)));
        }
        dialect.header = given.header.unwrap_or_else(|| has_header(&rows, &given.missing));
        let names =
            if dialect.header { named(first, usual_width(&rows)) } else { numbered(usual_width(&rows)) };
        Ok(Layout { dialect, start: given.start, names, missing: given.missing })
    }
    /// How many columns.
    pub fn width(&self) -> usize {
        self.names.len()
    }
}

/// Names in the header; a column without one is called by its number. A first row narrower than the rows below (a
/// title, names for some columns) is filled up with numbers, so that no row is too long.
fn named(header: &[Vec<u8>], usual: usize) -> Vec<String> {
    let name = |i: usize| match values::trim(header.get(i).map_or(&[], Vec::as_slice)) {
        [] => (i + 1).to_string(),
        name => String::from_utf8_lossy(name).into_owned(),
    };
    (0..header.len().max(usual)).map(name).collect()
}

fn numbered(width: usize) -> Vec<String> {
    (1..=width).map(|i| i.to_string()).collect()
}

/// The first rows. An error behind them is for the survey to find, unless it stands in the very first row.
fn sample(text: &[u8], last: bool, dialect: &Dialect) -> Result<Vec<Vec<Vec<u8>>>> {
    let (mut rows, mut fields, mut out) = (Rows::new(text, dialect), Fields::new(), Vec::new());
    while out.len() < SAMPLE {
        match rows.next(last, &mut fields) {
            Ok(Some(_)) => out.push(fields.iter().map(<[u8]>::to_vec).collect()),
            Ok(None) if out.is_empty() && rows.at() < text.len() => {
                return Err(Error::new(Kind::RowTooLong).row(1));
            }
            Err(error) if out.is_empty() => return Err(error),
            _ => break,
        }
    }
    Ok(out)
}

/// The separator under which most rows have one width of two fields or more, the first row among them: a bar
/// inside tags (`母婴|汽车`) is uneven and missing from the header. Comma if there is none.
fn delimiter(text: &[u8], last: bool) -> u8 {
    let mut best = (b',', 0);
    for delimiter in DELIMITERS {
        let evenness = evenness(text, last, delimiter);
        if evenness > best.1 {
            best = (delimiter, evenness);
        }
    }
    best.0
}

/// Share of rows of the commonest width, in steps of 2 %; one hundred more if the first row has it. 0 if that
/// width is one.
fn evenness(text: &[u8], last: bool, delimiter: u8) -> u64 {
    let dialect = Dialect {
        container: Container::Plain,
        encoding: Encoding::Utf8,
        delimiter,
        quoted: true,
        header: false,
    };
    let (mut rows, mut fields) = (Rows::new(text, &dialect), Fields::new());
    let mut widths: Vec<usize> = Vec::new();
    while let Ok(Some(_)) = rows.next(last, &mut fields) {
        widths.push(fields.len());
    }
    let Some((usual, count)) = commonest(&widths) else { return 0 };
    if usual < 2 {
        return 0;
    }
    let first = if widths[0] == usual { 100 } else { 0 };
    first + 1 + 50 * count / widths.len() as u64
}

/// The commonest width, empty cells at the end not counted where all rows end in them.
fn usual_width(rows: &[Vec<Vec<u8>>]) -> usize {
    let filled =
        |row: &Vec<Vec<u8>>| row.iter().rposition(|c| !values::trim(c).is_empty()).map_or(0, |i| i + 1);
    let most = rows.iter().map(filled).max().unwrap_or(1);
    let widths: Vec<usize> = rows.iter().map(|row| row.len().min(most)).collect();
    commonest(&widths).map_or(1, |(width, _)| width)
}

/// The commonest number (the larger of two as common) and how often it stands there.
fn commonest(numbers: &[usize]) -> Option<(usize, u64)> {
    let mut counts = std::collections::BTreeMap::new();
    numbers.iter().for_each(|n| *counts.entry(*n).or_insert(0u64) += 1);
    counts.into_iter().max_by_key(|(n, count)| (*count, *n))
}

/// The line of a row, empty ones counted.
fn line(text: &[u8], dialect: &Dialect, row: usize) -> u64 {
    let (mut rows, mut fields) = (Rows::new(text, dialect), Fields::new());
    (0..=row).for_each(|_| drop(rows.next(true, &mut fields)));
    rows.lines()
}

/// Where the names of columns stand, if lines of a single cell stand above them, as exports say when and of what they are.
fn preamble(rows: &[Vec<Vec<u8>>], missing: &Missing) -> Option<usize> {
    let filled = |row: &Vec<Vec<u8>>| row.iter().filter(|cell| !values::trim(cell).is_empty()).count();
    let usual = usual_width(rows);
    let at = rows.iter().take(PREAMBLE + 1).position(|row| filled(row) > 1)?;
    let whole = usual > 2 && filled(&rows[at]) == usual && rows.len() > at + 1;
    (at > 0 && whole && has_header(&rows[at..], missing)).then_some(at)
}

/// Whether the first row names the columns: each column votes by comparing the first cell with those below.
fn has_header(rows: &[Vec<Vec<u8>>], missing: &Missing) -> bool {
    let (Some(first), below) = (rows.first(), rows.get(1..).unwrap_or_default()) else { return false };
    let forms = |i: usize| -> Vec<Form> {
        let cells = below.iter().filter_map(|row| row.get(i));
        cells.map(|c| Form::of(c, missing)).filter(|f| *f != Form::Nothing).collect()
    };
    let votes: i64 = (0..first.len()).map(|i| vote(Form::of(&first[i], missing), &forms(i))).sum();
    votes > 0 || votes == 0 && look_like_names(first, below)
}

/// What one column says: an ID below a word is worth more than a number below one, since `2019` and `2020` can
/// be names.
fn vote(first: Form, below: &[Form]) -> i64 {
    let share = |form: Form| below.iter().filter(|f| **f == form).count() * 10 >= below.len() * 8;
    let weight = |form: Form| if form == Form::Id { 10 } else { 1 };
    let typed = [Form::Id, Form::Number].into_iter().find(|f| !below.is_empty() && share(*f));
    match (first, typed) {
        (Form::Nothing, _) => 0,
        (Form::Id, _) => -10,
        (Form::Number, Some(Form::Number)) => -1,
        (Form::Word, Some(form)) => weight(form),
        (Form::Number, None) if below.is_empty() => -1,
        _ => 0,
    }
}

/// Without a hint from the columns: names are filled, different, and do not come again as values, nor look like
/// the values below (`V0001` over `V0002`, `A12` over `C55`, but not `t1` over `v3`, `v5`).
fn look_like_names(first: &[Vec<u8>], below: &[Vec<Vec<u8>>]) -> bool {
    let mut names: Vec<&[u8]> = first.iter().map(|c| values::trim(c)).filter(|c| !c.is_empty()).collect();
    let filled = names.len();
    names.order();
    names.dedup();
    let again = |(i, name): (usize, &Vec<u8>)| {
        let column = || below.iter().filter_map(move |row| row.get(i));
        let alike = column().filter(|cell| outline(cell) == outline(name)).count();
        let numbered = name.iter().any(u8::is_ascii_digit);
        let mut words = column().map(|cell| letters(cell));
        let one = words.next().filter(|one| words.all(|word| word == *one));
        let other = one.is_some_and(|one| one != letters(name));
        column().any(|cell| !name.is_empty() && cell == name) || numbered && alike * 2 > below.len() && !other
    };
    names.len() == filled && filled > 0 && !first.iter().enumerate().any(again)
}

/// The cell without its digits.
fn letters(cell: &[u8]) -> Vec<u8> {
    values::trim(cell).iter().copied().filter(|b| !b.is_ascii_digit()).collect()
}

/// The cell with digits as 9 and other letters as a.
fn outline(cell: &[u8]) -> Vec<u8> {
    let class = |b: &u8| match b {
        b'0'..=b'9' => b'9',
        b'a'..=b'z' | b'A'..=b'Z' => b'a',
        other => *other,
    };
    values::trim(cell).iter().map(class).collect()
}

/// What a cell is, for the header.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    Nothing,
    Id,
    Number,
    Word,
}

impl Form {
    fn of(cell: &[u8], missing: &Missing) -> Form {
        let cell = values::trim(cell);
        if missing.has(cell) {
            return Form::Nothing;
        }
        if values::number(cell).is_some_and(|_| cell.len() < 10) || dates::date(cell).is_some() {
            return Form::Number;
        }
        match id::shape(cell) {
            Shape::Empty => Form::Nothing,
            Shape::Digits | Shape::Scientific => Form::Number,
            Shape::Text if values::number(cell).is_some() || dates::ambiguous(cell) => Form::Number,
            Shape::Text => Form::Word,
            _ => Form::Id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> Given {
        Given {
            container: Container::Plain,
            encoding: Encoding::Utf8,
            start: 0,
            delimiter: None,
            header: None,
            missing: Missing::new(["NA", "未知"]),
        }
    }

    fn found(text: &str) -> String {
        match Layout::detect(text.as_bytes(), true, given()) {
            Ok(l) => format!("{:?} {} {}", l.dialect.delimiter as char, l.dialect.header, l.names.join("/")),
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn names_below_other_lines_are_pointed_at() {
        let file = "导出时间：2026-07-01\n店铺：茶\n手机号,下单时间,金额\n13800000001,2026-06-01,5\n13800000002,2026-06-02,6\n";
        let refused = Layout::detect(file.as_bytes(), true, given()).unwrap_err();
        assert_eq!((refused.code(), refused.at.row), ("header-below", Some(3)));
        let apart = file.replace("07-01\n", "07-01\n\n");
        assert_eq!(Layout::detect(apart.as_bytes(), true, given()).unwrap_err().at.row, Some(4));
        let padded = file.replace("07-01\n", "07-01,,\n").replace("茶\n", "茶,,\n");
        assert_eq!(Layout::detect(padded.as_bytes(), true, given()).unwrap_err().code(), "header-below");
        // The control: the lines cut off, a header that is said to be one, a narrow file, a title over rows without names.
        let rest = file.split_inclusive('\n').skip(2).collect::<String>();
        assert!(Layout::detect(rest.as_bytes(), true, given()).is_ok());
        let said = Given { header: Some(true), ..given() };
        assert!(Layout::detect(file.as_bytes(), true, said).is_ok());
        assert!(Layout::detect(b"id\na,b\nc,d\n", true, given()).is_ok());
        assert!(Layout::detect(b"list\n1,2,3\n4,5,6\n", true, given()).is_ok());
    }

    #[test]
    fn separators_and_headers() {
        let table = [
            ("13800138000\n13800138001\n", "',' false 1"),
            ("phone\n13800138000\n", "',' true phone"),
            ("V0012\nV0013\nV0014\n", "',' false 1"),
            ("member\nV0013\nV0014\n", "',' true member"),
            ("id,tags\n1,母婴|汽车|美妆\n2,汽车|美妆|母婴\n", "',' true id/tags"),
            ("id,t1,t2\nm1,v2,v1\nm2,v1,v3\nm3,v1,v3\n", "',' true id/t1/t2"),
            ("m1,A12,B7\nm2,C55,D8\nm3,B40,A2\n", "',' false 1/2/3"),
            ("id\ttags\n1\ta,b\n2\tb,c\n", "'\\t' true id/tags"),
            ("id;x\n1;1,5\n2;2,5\n", "';' true id/x"),
            ("id|x\n1|1\n2|2\n", "'|' true id/x"),
            ("13800138000,上海\n13800138001,北京\n", "',' false 1/2"),
            ("手机,城市\n13800138001,北京\n", "',' true 手机/城市"),
            ("id,2019,2020\na@b.cn,1,2\nb@b.cn,3,4\n", "',' true id/2019/2020"),
            ("1,2\n3,4\n", "',' false 1/2"),
            ("a,b\nx,y\na,z\n", "',' false 1/2"),
            ("a,b\nx,y\n", "',' true a/b"),
            ("phone,age\n", "',' true phone/age"),
            ("13800138000,25\n", "',' false 1/2"),
            ("id, ,x\n1,2,3\n", "',' true id/2/x"),
            ("\"a,b\",c\n1,2\n", "',' true a,b/c"),
            ("NA,25\n13800138001,26\n", "',' false 1/2"),
            ("id,x\na@b.cn,1,\nb@b.cn,2,\n", "',' true id/x"),
            ("report\na@b.cn,1,2\nb@b.cn,2,3\n", "',' true report/2/3"),
            ("日期,值\n2024-01-02,a\n", "',' true 日期/值"),
        ];
        for (text, want) in table {
            assert_eq!(found(text), want, "{text:?}");
        }
    }

    #[test]
    fn refusals() {
        assert!(found("").starts_with("[file-empty]"));
        assert!(found("\n\n").starts_with("[no-rows]"));
        assert!(found("\"id,x\n1,2\n").contains("[quote-open]"));
        let cut = Layout::detect(&[b'x'; 100], false, given());
        assert_eq!(cut.map_err(|e| e.code()), Err("row-too-long"));
    }

    #[test]
    fn what_the_user_says_stands() {
        let said = Given { delimiter: Some(b';'), header: Some(false), ..given() };
        let layout = Layout::detect(b"id,x\n1,2\n", true, said).unwrap();
        assert_eq!((layout.dialect.delimiter, layout.dialect.header, layout.width()), (b';', false, 1));
    }
}
