//! What a sheet refers to: where the first visible sheet is, its shared texts, which styles are dates.

use crate::error::{Error, Kind, Result};
use crate::table::xml::{self, Token};
use crate::table::zip::Zip;
use std::collections::{BTreeMap, BTreeSet};

/// A workbook without its sheets.
pub(super) struct Book {
    /// Name of the sheet's part.
    pub sheet: String,
    /// Texts that cells refer to.
    pub strings: Strings,
    /// Whether days count from 1904-01-01.
    pub from_1904: bool,
    /// Of each cell style, whether it shows a date.
    dated: Vec<bool>,
}

impl Book {
    /// Whether a cell of this style shows a date.
    pub(super) fn dated(&self, style: usize) -> bool {
        self.dated.get(style).copied().unwrap_or(false)
    }
}

/// Texts by number, in one piece.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    /// A text by its number, from 0.
    pub(super) fn get(&self, i: usize) -> Option<&str> {
        let from = if i == 0 { 0 } else { *self.ends.get(i - 1)? };
        self.text.get(from..*self.ends.get(i)?)
    }
    fn end(&mut self, from: usize) {
        if self.text[from..].contains("_x") {
            let text = unescaped(self.text.split_off(from));
            self.text.push_str(&text);
        }
        self.ends.push(self.text.len());
    }
}

/// Reads all but the sheet.
pub(super) fn open(zip: &Zip<'_>) -> Result<Book> {
    let root = relations(zip, "_rels/.rels", "")?;
    let main = root.values().find(|r| r.kind == "officeDocument").map(|r| r.target.clone());
    let main = main.or_else(|| zip.has(MAIN).then(|| MAIN.to_string())).ok_or_else(|| foreign(zip))?;
    let (folder, file) = main.rsplit_once('/').unwrap_or(("", &main));
    let relations = relations(zip, &format!("{}_rels/{file}.rels", slash(folder)), folder)?;
    let part = |kind: &str| relations.values().find(|r| r.kind == kind).map(|r| r.target.as_str());
    let book = zip.read(&main)?.filter(|b| b.first() == Some(&b'<') || b.starts_with(b"\xef\xbb\xbf"));
    let (sheets, from_1904) = sheets(&book.ok_or_else(|| foreign(zip))?)?;
    let sheet = sheets.iter().filter_map(|id| relations.get(id)).find(|r| r.kind == "worksheet");
    Ok(Book {
        sheet: sheet.ok_or(Kind::XlsxBroken)?.target.clone(),
        strings: part("sharedStrings").map_or(Ok(Strings::default()), |name| strings(zip, name))?,
        dated: part("styles").map_or(Ok(vec![]), |name| styles(zip, name))?,
        from_1904,
    })
}

/// The main part where the relations do not name it.
const MAIN: &str = "xl/workbook.xml";

/// A zip that is no workbook, by the name people know it by.
fn foreign(zip: &Zip<'_>) -> Error {
    let name = match () {
        _ if zip.has("xl/workbook.bin") => "xlsb",
        _ if zip.has("word/document.xml") => "docx",
        _ if zip.has("content.xml") && zip.has("mimetype") => "ods",
        _ => "zip",
    };
    Error::new(Kind::ArchiveUnsupported).column(name)
}

/// A relation: the last word of its type, and the part it leads to.
struct Relation {
    kind: String,
    target: String,
}

fn slash(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// The relations of a part, by id; targets are relative to its folder unless they begin with a slash.
fn relations(zip: &Zip<'_>, name: &str, folder: &str) -> Result<BTreeMap<String, Relation>> {
    let mut found = BTreeMap::new();
    let Some(bytes) = zip.read(name)? else { return Ok(found) };
    xml::walk(&bytes, |token| {
        if let Token::Open(tag) = token
            && let (Some(id), Some(kind), Some(target)) =
                (tag.value("Id"), tag.value("Type"), tag.value("Target"))
        {
            let kind = kind.rsplit('/').next().unwrap_or_default().to_string();
            let target = match target.strip_prefix('/') {
                Some(absolute) => absolute.to_string(),
                None => resolved(folder, &target),
            };
            found.insert(id.into_owned(), Relation { kind, target });
        }
        Ok(())
    })?;
    Ok(found)
}

/// `xl` and `../xl/./a.xml` make `xl/a.xml`.
fn resolved(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Relation ids of the sheets, the visible ones first, and whether days count from 1904.
fn sheets(bytes: &[u8]) -> Result<(Vec<String>, bool)> {
    let (mut visible, mut hidden, mut from_1904) = (Vec::new(), Vec::new(), false);
    xml::walk(bytes, |token| {
        match token {
            Token::Open(tag) if tag.name == "workbookPr" => {
                from_1904 = tag.value("date1904").is_some_and(|v| matches!(&*v, "1" | "true"));
            }
            Token::Open(tag) if tag.name == "sheet" => {
                let list = if tag.value("state").is_none_or(|s| s == "visible") {
                    &mut visible
                } else {
                    &mut hidden
                };
                list.extend(tag.value("id").map(|id| id.into_owned()));
            }
            _ => {}
        }
        Ok(())
    })?;
    visible.append(&mut hidden);
    Ok((visible, from_1904))
}

/// Shared texts: runs joined, phonetic hints left out.
fn strings(zip: &Zip<'_>, name: &str) -> Result<Strings> {
    let (mut strings, mut phonetic) = (Strings::default(), false);
    let Some(bytes) = zip.read(name)? else { return Ok(strings) };
    let mut from = 0;
    xml::walk(&bytes, |token| {
        match token {
            Token::Open(tag) if tag.name == "rPh" => phonetic = true,
            Token::Close("rPh") => phonetic = false,
            Token::Text(text, "t") if !phonetic => strings.text.push_str(text),
            Token::Close("si") => {
                strings.end(from);
                from = strings.text.len();
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(strings)
}

/// `_x000D_` and the like (ST_Xstring, 22.9.2.19) as characters; a NUL is dropped.
pub(super) fn unescaped(text: String) -> String {
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 6).filter(|_| rest.as_bytes()[at..].get(6) == Some(&b'_'));
        let code = code.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32);
        let behind = if code.is_some() { at + 7 } else { at + 2 };
        out.push_str(if code.is_some() { &rest[..at] } else { &rest[..behind] });
        out.extend(code.filter(|c| *c != '\0'));
        rest = &rest[behind..];
    }
    if out.is_empty() && rest.len() == text.len() {
        return text;
    }
    out.push_str(rest);
    out
}

/// Of each cell format, whether it shows a date.
fn styles(zip: &Zip<'_>, name: &str) -> Result<Vec<bool>> {
    let (mut dated, mut custom, mut inside) = (Vec::new(), BTreeSet::new(), false);
    let Some(bytes) = zip.read(name)? else { return Ok(dated) };
    xml::walk(&bytes, |token| {
        match token {
            Token::Open(tag) if tag.name == "numFmt" => {
                let (id, code) = (tag.value("numFmtId"), tag.value("formatCode"));
                let shows = code.is_some_and(|code| shows_date(&code));
                custom.extend(id.filter(|_| shows).map(|id| id.into_owned()));
            }
            Token::Open(tag) if tag.name == "cellXfs" => inside = true,
            Token::Close("cellXfs") => inside = false,
            Token::Open(tag) if tag.name == "xf" && inside => {
                let id = tag.value("numFmtId").unwrap_or_default();
                dated.push(custom.contains(&*id) || id.parse().is_ok_and(built_in_date));
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(dated)
}

/// Built-in formats of dates and times (18.8.30), those of Chinese, Japanese and Korean versions included; not 46,
/// which is a duration.
fn built_in_date(id: u32) -> bool {
    matches!(id, 14..=22 | 27..=36 | 45 | 47 | 50..=58)
}

/// Whether a format code shows a date or time: one of its letters outside quotes, escapes and brackets. A bracketed
/// unit (`[h]`) makes it a duration.
fn shows_date(code: &str) -> bool {
    let (mut shows, mut chars) = (false, code.chars());
    while let Some(c) = chars.next() {
        match c {
            ';' => break,
            '"' => drop(chars.by_ref().find(|c| *c == '"')),
            '\\' | '_' | '*' => drop(chars.next()),
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                if !inner.is_empty()
                    && inner.chars().all(|c| matches!(c.to_ascii_lowercase(), 'h' | 'm' | 's'))
                {
                    return false;
                }
            }
            'y' | 'm' | 'd' | 'h' | 's' | 'Y' | 'M' | 'D' | 'H' | 'S' => shows = true,
            _ => {}
        }
    }
    shows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_formats() {
        for yes in
            ["yyyy-mm-dd", "m/d/yy", "[$-804]yyyy\"年\"m\"月\"", "h:mm AM/PM", "[Red]dd\\-mm", "mm:ss.0"]
        {
            assert!(shows_date(yes), "{yes}");
        }
        for no in [
            "General",
            "0.00",
            "#,##0",
            "\"days\"0",
            "0.00E+00",
            "[h]:mm",
            "[Red]0",
            "0_);[Red]\\(0\\)",
            "0;\"d\"",
            "@",
            "\\d0",
        ] {
            assert!(!shows_date(no), "{no}");
        }
    }

    #[test]
    fn escaped_characters() {
        let of = |text: &str| unescaped(text.to_string());
        assert_eq!(of("a_x000D_b"), "a\rb");
        assert_eq!(of("_x005F_x000D_"), "_x000D_");
        assert_eq!(of("max_xyz_x12"), "max_xyz_x12");
        assert_eq!(of("_x0000_"), "");
        assert_eq!(of("_x汉字_"), "_x汉字_");
    }

    #[test]
    fn targets() {
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "../a/./b.xml"), "a/b.xml");
        assert_eq!(resolved("", "xl/workbook.xml"), "xl/workbook.xml");
    }
}
