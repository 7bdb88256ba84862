//! Files for ad platforms: IDs as each wants them, in the file it takes, within its limits.

mod form; // what each takes as a file
mod message; // Ocean Engine's lines
#[cfg(test)]
mod tests;

pub use form::{Form, Pack, form, header};

use super::zip::Archive;
use crate::error::{Error, Kind, Result};
use crate::gate::{Cells, Released};
use crate::id::{Text, Writer};
use std::collections::BTreeSet;

/// One ID and its tier, 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// As the platform wants it.
    pub id: &'a [u8],
    /// From 1, the best first.
    pub tier: u32,
}

/// Whom a platform gets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List<'a> {
    /// Each once, in the order of the file.
    pub lines: Vec<Line<'a>>,
    /// People who have no ID of the form asked for.
    pub without: u64,
    /// People whose ID is another's as well.
    pub twice: u64,
}

impl Cells for List<'_> {
    fn cells(&self, visit: &mut dyn FnMut(u64)) {
        visit(self.lines.len() as u64);
    }
}

impl<'a> List<'a> {
    /// Reads lines of a tier, a comma and an ID.
    pub fn read(text: &'a [u8], writer: Writer) -> List<'a> {
        let mut list = List::default();
        let mut seen = BTreeSet::new();
        for line in text.split(|&b| b == b'\n').filter(|line| !line.is_empty()) {
            let (tier, id) = line.split_at(line.iter().position(|&b| b == b',').unwrap_or(0));
            let id = id.get(1..).unwrap_or_default();
            if id.is_empty() {
                list.without += 1;
            } else if writer.joins() && !seen.insert(id) {
                list.twice += 1;
            } else {
                let tier = tier.iter().fold(0, |n, b| 10 * n + u32::from(b - b'0'));
                list.lines.push(Line { id, tier });
            }
        }
        list
    }
    /// Those who are not in an earlier list.
    pub fn added(self, earlier: &[u8]) -> List<'a> {
        let there: BTreeSet<&[u8]> = ids(earlier).collect();
        let lines = self.lines.into_iter().filter(|line| !there.contains(line.id)).collect();
        List { lines, ..self }
    }
    /// Those of an earlier list who are in this one no more.
    pub fn gone<'b>(&self, earlier: &'b [u8]) -> List<'b> {
        let here: BTreeSet<&[u8]> = self.lines.iter().map(|line| line.id).collect();
        let lines = ids(earlier).filter(|id| !here.contains(id));
        List {
            lines: lines.map(|id| Line { id, tier: 0 }).collect(),
            without: self.without,
            twice: self.twice,
        }
    }
}

fn ids(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&b| b == b'\n').filter(|id| !id.is_empty())
}

/// A finished file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub bytes: Vec<u8>,
    /// IDs in it.
    pub rows: u64,
}

/// What an archive of one file has besides the file: two headers with its name, and the end.
const AROUND: u64 = 400;

/// The files of a list, as many as the platform's limits ask for, each about as large as the others.
pub fn files(list: &Released<List>, writer: Writer, name: &str) -> Result<Vec<File>> {
    let (form, lines) = (form(writer.platform), &list.get().lines);
    let head = header(writer.platform, writer.column.kind, writer.digest)?;
    let sizes: Vec<u64> = lines.chunks(unit(form)).map(|ids| size(ids, form, writer)).collect();
    let parts = parts(&sizes, lines.len() as u64, form);
    within(form, lines.len() as u64, parts)?;
    let cut = |part: u64| (part * sizes.len() as u64 / parts) as usize * unit(form);
    (0..parts)
        .map(|part| {
            let of = &lines[cut(part).min(lines.len())..cut(part + 1).min(lines.len())];
            let stem = if parts > 1 { format!("{name}-{}", part + 1) } else { name.to_string() };
            file(of, form, writer, head.as_deref(), &stem)
        })
        .collect()
}

/// Refuses what the platform would, with its number.
fn within(form: Form, people: u64, parts: u64) -> Result<()> {
    let over = |of: u64, limit: u64| (limit > 0 && of > limit).then_some((Kind::PlatformCeiling, limit));
    let under = (people / parts < form.floor).then_some((Kind::PlatformFloor, form.floor));
    match under.or(over(people, form.people)).or(over(parts, form.files)) {
        Some((kind, limit)) => Err(Error::new(kind).column(limit.to_string())),
        None => Ok(()),
    }
}

/// IDs that stay together.
const fn unit(form: Form) -> usize {
    match form.pack {
        Pack::Messages => message::MOST,
        _ => 1,
    }
}

/// Bytes of a unit, or a little more.
fn size(ids: &[Line], form: Form, writer: Writer) -> u64 {
    match form.pack {
        Pack::Messages => {
            message::line(ids, message::data_type(writer.column.kind, writer.digest)).len() as u64
        }
        // Twice as long and two more at worst, if it is quoted.
        _ => ids
            .iter()
            .map(|line| if quoted(line.id) { 2 * line.id.len() + 3 } else { line.id.len() + 1 })
            .sum::<usize>() as u64,
    }
}

/// How many files there must be so that each, of as many units as the others, is within the limits.
fn parts(sizes: &[u64], rows: u64, form: Form) -> u64 {
    let total: u64 = sizes.iter().sum();
    let most = |of: u64, limit: u64| if limit == 0 { 1 } else { of.div_ceil(limit) };
    let room = form.bytes.saturating_sub(AROUND);
    let mut parts = most(rows, form.rows).max(most(total, room)).max(1);
    let units = sizes.len() as u64;
    let fits = |parts: u64| {
        let cut = |part: u64| (part * units / parts) as usize;
        (0..parts).all(|part| form.bytes == 0 || sizes[cut(part)..cut(part + 1)].iter().sum::<u64>() <= room)
    };
    while !fits(parts) && parts < units {
        parts += 1;
    }
    parts
}

fn file(ids: &[Line], form: Form, writer: Writer, head: Option<&str>, stem: &str) -> Result<File> {
    let mut text = head.map(|head| format!("{head}\n").into_bytes()).unwrap_or_default();
    match form.pack {
        Pack::Messages => {
            let of = message::data_type(writer.column.kind, writer.digest);
            ids.chunks(message::MOST).for_each(|ids| text.extend(message::line(ids, of)));
        }
        _ => ids.iter().for_each(|line| put(line.id, &mut text)),
    }
    let (ending, bytes) = match form.pack {
        Pack::Lines => ("txt", text),
        Pack::Table => ("csv", text),
        Pack::Zip | Pack::Messages => {
            let mut archive = Archive::default();
            archive.add(&format!("{stem}.txt"), &text)?;
            ("zip", archive.bytes()?)
        }
    };
    Ok(File { name: format!("{stem}.{ending}"), bytes, rows: ids.len() as u64 })
}

fn quoted(id: &[u8]) -> bool {
    id.iter().any(|b| matches!(b, b',' | b'"'))
}

fn put(id: &[u8], to: &mut Vec<u8>) {
    if quoted(id) {
        to.push(b'"');
        for byte in id {
            to.extend(std::iter::repeat_n(byte, 1 + usize::from(*byte == b'"')));
        }
        to.push(b'"');
    } else {
        to.extend_from_slice(id);
    }
    to.push(b'\n');
}

/// The IDs of an earlier export, one per line: of the file itself, or of all files of an archive.
pub fn earlier(file: &[u8], writer: Writer) -> Result<Vec<u8>> {
    let foreign = |_| Error::new(Kind::EarlierForeign);
    let texts = match file.starts_with(b"PK") {
        true => crate::table::zip::files(file).map_err(foreign)?,
        false => vec![file.to_vec()],
    };
    let mut ids = Vec::new();
    for text in texts {
        unpacked(&text, writer, &mut ids).ok_or(Kind::EarlierForeign)?;
    }
    Ok(ids)
}

fn unpacked(text: &[u8], writer: Writer, to: &mut Vec<u8>) -> Option<()> {
    let head = header(writer.platform, writer.column.kind, writer.digest).ok()?;
    let lines = text.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut lines = lines.filter(|line| !line.is_empty());
    if let Some(head) = head {
        (lines.next()? == head.as_bytes()).then_some(())?;
    }
    for line in lines {
        if form(writer.platform).pack == Pack::Messages {
            message::ids(line, message::data_type(writer.column.kind, writer.digest), to)?;
            continue;
        }
        let id = unquoted(line);
        (width(writer).is_none_or(|width| width == id.len())).then_some(())?;
        to.extend(id);
        to.push(b'\n');
    }
    Some(())
}

fn unquoted(line: &[u8]) -> Vec<u8> {
    match line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")) {
        Some(inner) => String::from_utf8_lossy(inner).replace("\"\"", "\"").into_bytes(),
        None => line.to_vec(),
    }
}

/// Characters of one digest.
fn width(writer: Writer) -> Option<usize> {
    let bytes = writer.digest.width()?;
    Some(if writer.text == Text::Base64 { bytes.div_ceil(3) * 4 } else { 2 * bytes })
}
