//! The first visible sheet of a workbook (ECMA-376 part 1, SpreadsheetML) as RFC 4180 text, so that everything
//! behind reads one format. Empty rows stay as empty lines: rows keep the numbers the spreadsheet shows.
//!
//! Numbers stay as they are stored, but whole ones are written out (`1.38001380E10` is a phone); cells formatted as
//! dates become ISO dates; durations (`[h]:mm`) stay numbers; error cells are empty. A workbook has at most 1,048,576
//! rows, so it is held whole; the archive reader bounds what is unpacked.

use crate::error::{Error, Kind, Result};
use crate::table::dates;
use crate::table::workbook::{self, Book, Strings};
use crate::table::xml::{self, Tag, Token};
use crate::table::zip::Zip;

/// Rows and columns of a sheet (Excel's specifications and limits).
const ROWS: usize = 1 << 20;
const COLUMNS: usize = 1 << 14;

/// Turns a workbook into text: UTF-8, comma, CRLF-free.
pub fn xlsx_to_csv(bytes: &[u8]) -> Result<Vec<u8>> {
    let zip = Zip::open(bytes)?;
    let book = workbook::open(&zip)?;
    let sheet = zip.read(&book.sheet)?.ok_or(Kind::XlsxBroken)?;
    let mut writer = Writer::default();
    let mut cells = Sheet { book: &book, row: Vec::new(), cell: Cell::default() };
    let mut phonetic = false;
    xml::walk(&sheet, |token| {
        match token {
            Token::Open(tag) if tag.name == "row" => cells.begin(&tag, &mut writer)?,
            Token::Open(tag) if tag.name == "c" => cells.cell = Cell::of(&tag, cells.row.len())?,
            Token::Open(tag) if tag.name == "rPh" => phonetic = true,
            Token::Close("rPh") => phonetic = false,
            Token::Text(text, "v" | "t") if !phonetic => cells.cell.text.push_str(text),
            Token::Close("c") => cells.put()?,
            Token::Close("row") => writer.row(&cells.row)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(writer.out)
}

/// A sheet on its way: the row so far and the cell that is open.
struct Sheet<'a> {
    book: &'a Book,
    row: Vec<String>,
    cell: Cell,
}

/// An open cell.
#[derive(Default)]
struct Cell {
    column: usize,
    kind: String,
    style: usize,
    text: String,
}

impl Sheet<'_> {
    /// A row that says its number may stand behind rows that are not written at all.
    fn begin(&mut self, tag: &Tag<'_>, writer: &mut Writer) -> Result<()> {
        self.row.clear();
        let next = writer.rows + 1;
        let number = tag.value("r").map_or(Ok(next), |r| r.trim().parse().map_err(|_| Kind::XlsxBroken))?;
        if !(next..=ROWS).contains(&number) {
            return Err(Kind::XlsxBroken.into());
        }
        writer.rows = number - 1;
        Ok(())
    }
    fn put(&mut self) -> Result<()> {
        let cell = std::mem::take(&mut self.cell);
        let column = cell.column;
        if self.row.len() <= column {
            self.row.resize(column + 1, String::new());
        }
        self.row[column] = cell.value(self.book)?;
        Ok(())
    }
}

impl Cell {
    /// A cell that does not say its place stands behind the last one.
    fn of(tag: &Tag<'_>, next: usize) -> Result<Cell> {
        let column = tag.value("r").map_or(Some(next), |r| column(&r)).filter(|c| *c < COLUMNS);
        Ok(Cell {
            column: column.ok_or(Kind::XlsxBroken)?,
            kind: tag.value("t").unwrap_or_default().into_owned(),
            style: tag.value("s").and_then(|s| s.parse().ok()).unwrap_or(0),
            text: String::new(),
        })
    }
    /// What the cell says (18.18.11, ST_CellType).
    fn value(self, book: &Book) -> Result<String> {
        if self.text.is_empty() {
            return Ok(self.text);
        }
        Ok(match self.kind.as_str() {
            "s" => shared(&self.text, &book.strings)?,
            "b" => if self.text.trim() == "1" { "TRUE" } else { "FALSE" }.to_string(),
            "e" => String::new(),
            "str" | "inlineStr" => workbook::unescaped(self.text),
            "d" => self.text,
            _ => number(self.text.trim(), book.dated(self.style), book.from_1904),
        })
    }
}

fn shared(index: &str, strings: &Strings) -> Result<String> {
    let found = index.trim().parse().ok().and_then(|i| strings.get(i));
    Ok(found.ok_or(Error::new(Kind::XlsxBroken))?.to_string())
}

/// `BC23` is column 54 (from 0).
fn column(reference: &str) -> Option<usize> {
    let letters = reference.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.take(4).fold(0, |n, b| n * 26 + usize::from(b.to_ascii_uppercase() - b'A') + 1);
    number.checked_sub(1)
}

/// A number as people would write it. Doubles hold whole numbers below 1e15 exactly.
fn number(text: &str, dated: bool, from_1904: bool) -> String {
    let Ok(value) = text.parse::<f64>() else { return text.to_string() };
    if dated && let Some(date) = serial(value, from_1904) {
        return date;
    }
    let scientific = text.contains(['e', 'E']);
    if scientific && value.fract() == 0.0 && value.abs() < 1e15 {
        return (value as i64).to_string();
    }
    text.to_string()
}

/// A serial day as an ISO date, with the time if it is not midnight; a time alone below 1. Day 1 is 1900-01-01 and
/// day 60 a 29 February that never was (18.17.4.1), so days from 61 on count from 1899-12-30.
fn serial(value: f64, from_1904: bool) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&value) {
        return None;
    }
    let seconds = libm::round(value * 86_400.0) as i64;
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let time = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    if day == 0 && !from_1904 {
        return Some(time);
    }
    // Days from 1970-01-01 to 1904-01-01, 1899-12-30 and 1899-12-31.
    let start = match (from_1904, day) {
        (true, _) => -24_107,
        (_, 60..) => -25_569,
        _ => -25_568,
    };
    let (year, month, of_month) = dates::civil(day + start);
    let date = format!("{year:04}-{month:02}-{of_month:02}");
    Some(if second == 0 { date } else { format!("{date} {time}") })
}

/// Rows as text.
#[derive(Default)]
struct Writer {
    out: Vec<u8>,
    /// Rows of the sheet so far, those that are not in `out` yet included.
    rows: usize,
    written: usize,
    /// Cells of the first row: rows are filled up to it, since empty cells at the end are not stored.
    width: usize,
}

impl Writer {
    fn row(&mut self, cells: &[String]) -> Result<()> {
        self.rows += 1;
        let filled = cells.iter().rposition(|c| !c.is_empty()).map_or(0, |last| last + 1);
        if filled == 0 {
            return Ok(());
        }
        let bytes = cells.iter().map(|c| c.len() + 4).sum::<usize>() + self.width + self.rows - self.written;
        self.out.try_reserve(bytes).map_err(|_| Kind::MemoryLimit)?;
        self.out.resize(self.out.len() + self.rows - 1 - self.written, b'\n');
        self.written = self.rows;
        if self.width == 0 {
            self.width = filled;
        }
        for i in 0..filled.max(self.width) {
            if i > 0 {
                self.out.push(b',');
            }
            self.field(cells.get(i).map_or("", String::as_str));
        }
        self.out.push(b'\n');
        Ok(())
    }
    fn field(&mut self, text: &str) {
        if !text.contains([',', '"', '\n', '\r']) {
            return self.out.extend_from_slice(text.as_bytes());
        }
        self.out.push(b'"');
        for (i, piece) in text.split('"').enumerate() {
            self.out.extend_from_slice(if i > 0 { b"\"\"" } else { b"" });
            self.out.extend_from_slice(piece.as_bytes());
        }
        self.out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::zip::tests::zip;

    const RELS: &str = r#"<Relationships><Relationship Id="rId1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    const BOOK: &str = r#"<workbook xmlns:r="r"><workbookPr/><sheets><sheet name="h" state="hidden" r:id="rId9"/><sheet name="a" r:id="rId1"/><sheet name="b" r:id="rId9"/></sheets></workbook>"#;
    const PARTS: &str = r#"<Relationships>
        <Relationship Id="rId9" Type="t/worksheet" Target="worksheets/other.xml"/>
        <Relationship Id="rId1" Type="t/worksheet" Target="/xl/worksheets/sheet1.xml"/>
        <Relationship Id="rId2" Type="t/sharedStrings" Target="sharedStrings.xml"/>
        <Relationship Id="rId3" Type="t/styles" Target="styles.xml"/></Relationships>"#;
    const STRINGS: &str = r#"<sst><si><t>手机</t></si><si><r><t>汽</t></r><r><t xml:space="preserve">车 &amp; &#x6BCD;</t></r><rPh><t>qi</t></rPh></si>
        <si><t>a,"b"</t></si><si/></sst>"#;
    const STYLES: &str = r#"<styleSheet><numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd hh:mm"/><numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts>
        <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
        <cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="20"/></cellXfs></styleSheet>"#;

    /// A workbook whose first visible sheet has these rows.
    fn book(rows: &str) -> Vec<u8> {
        let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
        zip(&[
            ("_rels/.rels", RELS),
            ("xl/workbook.xml", BOOK),
            ("xl/_rels/workbook.xml.rels", PARTS),
            ("xl/sharedStrings.xml", STRINGS),
            ("xl/styles.xml", STYLES),
            ("xl/worksheets/sheet1.xml", &sheet),
        ])
    }

    fn text(rows: &str) -> String {
        String::from_utf8(xlsx_to_csv(&book(rows)).unwrap()).unwrap()
    }

    /// One cell of these attributes and content.
    fn cell(attributes: &str, content: &str) -> String {
        text(&format!("<row><c {attributes}>{content}</c></row>"))
    }

    #[test]
    fn texts() {
        assert_eq!(cell("t='s'", "<v>0</v>"), "手机\n");
        assert_eq!(cell("t='s'", "<v>1</v>"), "汽车 & 母\n");
        assert_eq!(cell("t='s'", "<v>2</v>"), "\"a,\"\"b\"\"\"\n");
        assert_eq!(cell("t='inlineStr'", "<is><t>x</t><rPh><t>y</t></rPh></is>"), "x\n");
        assert_eq!(cell("t='str'", "<f>A1&amp;B1</f><v>x&lt;y_x000A_z</v>"), "\"x<y\nz\"\n");
        assert_eq!(cell("t='b'", "<v>1</v>"), "TRUE\n");
        assert_eq!(cell("t='d'", "<v>2024-03-05</v>"), "2024-03-05\n");
        assert_eq!(text("<row><c t='e'><v>#N/A</v></c><c><v>1</v></c></row>"), ",1\n");
    }

    #[test]
    fn numbers() {
        let table = [
            ("13800138000", "13800138000"),
            ("1.38001380E10", "13800138000"),
            ("8.68186020123459E+14", "868186020123459"),
            ("1.1010119900307E+17", "1.1010119900307E+17"),
            ("0.1", "0.1"),
            ("1.5E-3", "1.5E-3"),
        ];
        for (stored, want) in table {
            assert_eq!(cell("", &format!("<v>{stored}</v>")), format!("{want}\n"));
        }
    }

    #[test]
    fn dates() {
        let table = [
            ("s='1'", "45356", "2024-03-05"),
            ("s='2'", "45356.5", "2024-03-05 12:00:00"),
            ("s='1'", "61", "1900-03-01"),
            ("s='1'", "1", "1900-01-01"),
            ("s='4'", "0.75", "18:00:00"),
            ("s='3'", "1.5", "1.5"),
            ("s='0'", "45356", "45356"),
            ("s='1'", "-3", "-3"),
            ("s='99'", "45356", "45356"),
        ];
        for (style, stored, want) in table {
            assert_eq!(cell(style, &format!("<v>{stored}</v>")), format!("{want}\n"));
        }
        assert_eq!(serial(0.0, true).as_deref(), Some("1904-01-01"));
        assert_eq!(serial(43_894.0, true).as_deref(), Some("2024-03-05"));
    }

    #[test]
    fn rows_keep_their_numbers_and_widths() {
        let rows = r#"<row r="2"><c r="A2"><v>1</v></c><c r="C2"><v>3</v></c></row>
            <row r="3"/><row r="4"><c r="B4" s="1"/></row>
            <row r="6"><c r="A6"><v>4</v></c></row><row r="9"><c r="A9" s="1"/></row>"#;
        assert_eq!(text(rows), "\n1,,3\n\n\n\n4,,\n");
        assert_eq!(text(""), "");
        assert_eq!(column("A1"), Some(0));
        assert_eq!(column("BC23"), Some(54));
        assert_eq!(column("23"), None);
    }

    fn refused(bytes: &[u8]) -> String {
        let error = xlsx_to_csv(bytes).unwrap_err();
        format!("{} {}", error.code(), error.at.column.unwrap_or_default())
    }

    #[test]
    fn refusals() {
        assert_eq!(refused(b"PK\x03\x04 and nothing more"), "xlsx-broken ");
        assert_eq!(refused(&zip(&[("a.csv", "id")])), "archive-unsupported zip");
        assert_eq!(refused(&zip(&[("word/document.xml", "<a/>")])), "archive-unsupported docx");
        assert_eq!(refused(&zip(&[("xl/workbook.bin", "")])), "archive-unsupported xlsb");
        for rows in [
            "<row><c t='s'><v>4</v></c></row>",
            "<row r='2'/><row r='1'/>",
            "<row r='1048577'/>",
            "<row><c r='ZZZZ1'/></row>",
            "<row><c><v>1</v></row>",
            "<row>&nobody;</row>",
        ] {
            assert_eq!(refused(&book(rows)), "xlsx-broken ", "{rows}");
        }
        let good = book("<row><c><v>1</v></c></row>");
        for cut in (0..good.len()).step_by(7) {
            assert!(xlsx_to_csv(&good[..cut]).is_err(), "{cut}");
        }
    }
}
