//! A zip archive in memory, by its central directory (APPNOTE.TXT 6.3.10, 4.3.12 and 4.3.16): just enough for
//! workbooks. Every offset is checked; what is unpacked is bounded in all, so a bomb is refused, not unpacked.

use crate::error::{Kind, Result};
use flate2::{Crc, Decompress, FlushDecompress, Status};
use std::cell::Cell;
use std::collections::BTreeMap;

/// Most bytes unpacked from one archive.
const LIMIT: usize = 512 << 20;
/// The comment behind the end record has at most 65,535 bytes.
const END: usize = 22 + 65_535;

/// An archive and where its entries are.
pub(super) struct Zip<'a> {
    bytes: &'a [u8],
    entries: BTreeMap<String, Entry>,
    left: Cell<usize>,
}

/// An entry as the central directory has it.
#[derive(Clone, Copy)]
struct Entry {
    encrypted: bool,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    at: u64,
}

impl<'a> Zip<'a> {
    /// Reads the directory.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Zip<'a>> {
        let end = end_record(bytes).ok_or(Kind::XlsxBroken)?;
        let (count, at) = (u16_at(end, 10)?, u32_at(end, 16)?);
        let mut rest = bytes.get(at as usize..).ok_or(Kind::XlsxBroken)?;
        let mut entries = BTreeMap::new();
        for _ in 0..count {
            let (name, entry, length) = directory_entry(rest)?;
            entries.insert(name, entry);
            rest = &rest[length..];
        }
        Ok(Zip { bytes, entries, left: Cell::new(LIMIT) })
    }
    /// Names of the entries, sorted.
    fn names(&self) -> impl Iterator<Item = &String> {
        self.entries.keys()
    }
    /// Whether there is an entry of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }
    /// Unpacks an entry; `None` if there is none of that name.
    pub(super) fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(entry) = self.entries.get(name) else { return Ok(None) };
        if entry.encrypted {
            return Err(Kind::XlsxEncrypted.into());
        }
        let raw = self.packed(entry).ok_or(Kind::XlsxBroken)?;
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
        self.left.set(self.left.get().checked_sub(size).ok_or(Kind::MemoryLimit)?);
        let text = match entry.method {
            0 if raw.len() == size => copied(raw)?,
            8 => inflated(raw, size)?,
            _ => return Err(Kind::XlsxBroken.into()),
        };
        let mut crc = Crc::new();
        crc.update(&text);
        if crc.sum() == entry.crc { Ok(Some(text)) } else { Err(Kind::XlsxBroken.into()) }
    }
    /// The packed bytes: the local header repeats the name and has extra fields of its own.
    fn packed(&self, entry: &Entry) -> Option<&'a [u8]> {
        let local = self.bytes.get(usize::try_from(entry.at).ok()?..)?;
        let (name, extra) = (u16_at(local, 26).ok()?, u16_at(local, 28).ok()?);
        let body = local
            .starts_with(b"PK\x03\x04")
            .then(|| local.get(30 + usize::from(name) + usize::from(extra)..))?;
        body?.get(..usize::try_from(entry.packed).ok()?)
    }
}

/// What all files of an archive hold, in the order of their names.
pub fn files(bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    let zip = Zip::open(bytes)?;
    zip.names().filter_map(|name| zip.read(name).transpose()).collect()
}

/// The last end record that stands with its comment at the very end.
fn end_record(bytes: &[u8]) -> Option<&[u8]> {
    let tail = &bytes[bytes.len().saturating_sub(END)..];
    let whole = |at: &usize| {
        let comment = u16_at(&tail[*at..], 20).map(usize::from).unwrap_or(usize::MAX);
        tail.len() - at >= 22 && tail.len() - at - 22 >= comment
    };
    memchr::memmem::rfind_iter(tail, b"PK\x05\x06").find(whole).map(|at| &tail[at..])
}

/// One record of the directory: name, entry, and the length of the record.
fn directory_entry(bytes: &[u8]) -> Result<(String, Entry, usize)> {
    if !bytes.starts_with(b"PK\x01\x02") {
        return Err(Kind::XlsxBroken.into());
    }
    let width = |at| u16_at(bytes, at).map(usize::from);
    let (name, extra, comment) = (width(28)?, width(30)?, width(32)?);
    let length = 46 + name + extra + comment;
    let record = bytes.get(..length).ok_or(Kind::XlsxBroken)?;
    let mut entry = Entry {
        encrypted: u16_at(record, 8)? & 1 == 1,
        method: u16_at(record, 10)?,
        crc: u32_at(record, 16)?,
        packed: u32_at(record, 20)?.into(),
        size: u32_at(record, 24)?.into(),
        at: u32_at(record, 42)?.into(),
    };
    entry.widen(&record[46 + name..46 + name + extra]);
    let name = String::from_utf8_lossy(&record[46..46 + name]).replace('\\', "/");
    Ok((name, entry, length))
}

impl Entry {
    /// Sizes of the zip64 extra field (4.5.3), which some writers use for small files too: only the fields that are
    /// all ones stand there, in this order.
    fn widen(&mut self, mut extra: &[u8]) {
        while let (Ok(kind), Ok(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
            let Some(body) = extra.get(4..4 + usize::from(length)) else { return };
            if kind == 1 {
                let mut wide = body.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
                for field in [&mut self.size, &mut self.packed, &mut self.at] {
                    if *field == u64::from(u32::MAX) {
                        *field = wide.next().unwrap_or(*field);
                    }
                }
            }
            extra = &extra[4 + usize::from(length)..];
        }
    }
}

fn copied(raw: &[u8]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    text.try_reserve_exact(raw.len()).map_err(|_| Kind::MemoryLimit)?;
    text.extend_from_slice(raw);
    Ok(text)
}

/// Inflates to exactly `size` bytes.
fn inflated(raw: &[u8], size: usize) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    // One byte more than promised: a stream that fills it is longer than it says.
    text.try_reserve_exact(size + 1).map_err(|_| Kind::MemoryLimit)?;
    let mut inflate = Decompress::new(false);
    let status = inflate.decompress_vec(raw, &mut text, FlushDecompress::Finish);
    match status {
        Ok(Status::StreamEnd) if text.len() == size => Ok(text),
        _ => Err(Kind::XlsxBroken.into()),
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16> {
    let word = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(Kind::XlsxBroken)?;
    Ok(u16::from_le_bytes(*word))
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32> {
    let word = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(Kind::XlsxBroken)?;
    Ok(u32::from_le_bytes(*word))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;

    fn deflate(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// The sixteen bytes that local header and directory share: method, no time, checksum, sizes.
    fn shared(method: u16, text: &[u8], packed: &[u8]) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(text);
        let sizes = [crc.sum(), packed.len() as u32, text.len() as u32].map(u32::to_le_bytes).concat();
        [&method.to_le_bytes(), &[0; 4][..], &sizes].concat()
    }

    /// An archive of these files, every second one deflated.
    pub fn zip(files: &[(&str, &str)]) -> Vec<u8> {
        let (mut body, mut directory) = (Vec::new(), Vec::new());
        for (i, (name, text)) in files.iter().enumerate() {
            let method = if i % 2 == 0 { 8 } else { 0 };
            let packed = if method == 8 { deflate(text.as_bytes()) } else { text.as_bytes().to_vec() };
            let shared = shared(method, text.as_bytes(), &packed);
            let length = (name.len() as u16).to_le_bytes();
            let at = (body.len() as u32).to_le_bytes();
            let start = b"PK\x01\x02\x14\0\x14\0\0\0";
            directory.extend([&start[..], &shared, &length, &[0; 12], &at, name.as_bytes()].concat());
            body.extend(
                [b"PK\x03\x04\x14\0\0\0", &shared[..], &length, &[0; 2], name.as_bytes(), &packed].concat(),
            );
        }
        let count = (files.len() as u16).to_le_bytes();
        let (size, at) = ((directory.len() as u32).to_le_bytes(), (body.len() as u32).to_le_bytes());
        [&body[..], &directory, b"PK\x05\x06\0\0\0\0", &count, &count, &size, &at, &[0; 2]].concat()
    }

    fn code<T>(result: Result<T>) -> &'static str {
        result.err().map_or("", |e| e.code())
    }

    #[test]
    fn entries_come_back() {
        let bytes = zip(&[("a", "hello hello hello"), ("dir/b", "x"), ("c", "")]);
        let zip = Zip::open(&bytes).unwrap();
        assert_eq!(zip.read("a"), Ok(Some(b"hello hello hello".to_vec())));
        assert_eq!(zip.read("dir/b"), Ok(Some(b"x".to_vec())));
        assert_eq!(zip.read("c"), Ok(Some(vec![])));
        assert_eq!(zip.read("d"), Ok(None));
    }

    #[test]
    fn damage_never_panics_and_never_passes() {
        let good = zip(&[("a", "hello hello hello"), ("b", "world")]);
        for at in 0..good.len() {
            for flip in [0x01, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                let Ok(zip) = Zip::open(&bad) else { continue };
                for name in ["a", "b"] {
                    let same =
                        matches!(zip.read(name), Ok(Some(t)) if t == b"hello hello hello" || t == b"world");
                    assert!(same || zip.read(name).is_err() || !zip.has(name), "{at}");
                }
            }
        }
        for cut in 0..good.len() {
            assert!(Zip::open(&good[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let mut bytes = zip(&[("a", "hello hello hello")]);
        let size = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap() + 24;
        bytes[size..size + 4].copy_from_slice(&0x7fff_ffffu32.to_le_bytes());
        assert_eq!(code(Zip::open(&bytes).unwrap().read("a")), "memory-limit");
        bytes[size..size + 4].copy_from_slice(&5u32.to_le_bytes());
        assert_eq!(code(Zip::open(&bytes).unwrap().read("a")), "xlsx-broken");
    }

    #[test]
    fn a_locked_entry_is_told() {
        let mut bytes = zip(&[("a", "hello")]);
        let flags = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap() + 8;
        bytes[flags] |= 1;
        assert_eq!(code(Zip::open(&bytes).unwrap().read("a")), "xlsx-encrypted");
    }
}
