//! From the bytes of a file to UTF-8 text: the container (gzip, workbook, plain) and the encoding.
//!
//! Plain UTF-8 needs none of this and is read by byte ranges in parallel. Everything else goes through one
//! [`Decoder`], in order. Encodings are strict: a malformed sequence is a refusal with its row, because the
//! whole file decides the encoding (UTF-8, else GB18030, else windows-1252; [`next_guess`]) — a head of plain
//! ASCII with GBK tags later is common.

use crate::error::{Error, Kind, Result};
use crate::table::charset::{Charset, Malformed};
use crate::table::inflate::Gunzip;
use crate::table::schema::{Container, Encoding};

/// First bytes of archives that are not read, with the name people know them by.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ\0", "xz"),
    (b"BZh", "bzip2"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"PAR1", "parquet"),
    (b"%PDF-", "pdf"),
    (b"SQLite format 3\0", "sqlite"),
];
/// An OLE compound file: an old .xls, or a workbook behind a password.
const OLE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// What the bytes are wrapped in, told from the head of a file (4 KiB are plenty).
///
/// A zip is taken for a workbook here and refused by the workbook reader if it is none: its directory stands
/// at its end.
pub fn sniff_container(head: &[u8]) -> Result<Container> {
    if head.is_empty() {
        return Err(Kind::FileEmpty.into());
    }
    if let Some((_, name)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(Error::new(Kind::ArchiveUnsupported).column(*name));
    }
    match head {
        [0x1f, 0x8b, ..] => Ok(Container::Gzip),
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Ok(Container::Xlsx),
        _ if head.starts_with(OLE) => Err(old_office(head)),
        _ => Ok(Container::Plain),
    }
}

/// Password-protected workbooks are OLE files with a stream named `EncryptedPackage` ([MS-OFFCRYPTO] 2.3.4).
fn old_office(head: &[u8]) -> Error {
    let name: Vec<u8> = "EncryptedPackage".bytes().flat_map(|b| [b, 0]).collect();
    match memchr::memmem::find(head, &name) {
        Some(_) => Kind::XlsxEncrypted.into(),
        None => Error::new(Kind::ArchiveUnsupported).column("xls"),
    }
}

/// Byte-order marks, the longer first where one begins like another.
const MARKS: [(Encoding, &[u8]); 4] = [
    (Encoding::Utf8, b"\xef\xbb\xbf"),
    (Encoding::Utf16Le, b"\xff\xfe"),
    (Encoding::Utf16Be, b"\xfe\xff"),
    (Encoding::Gb18030, b"\x84\x31\x95\x33"),
];

/// The encoding a byte-order mark names, and the length of the mark.
pub fn sniff_bom(head: &[u8]) -> Option<(Encoding, usize)> {
    let (encoding, mark) = MARKS.iter().find(|(_, mark)| head.starts_with(mark))?;
    Some((*encoding, mark.len()))
}

/// What to try when a file without byte-order mark turned out not to be in this encoding.
pub fn next_guess(failed: Encoding) -> Option<Encoding> {
    match failed {
        Encoding::Utf8 => Some(Encoding::Gb18030),
        Encoding::Gb18030 => Some(Encoding::Windows1252),
        _ => None,
    }
}

/// Most text made by one call of [`Decoder::feed`], give or take a few KiB: gzip can hold a thousand times its size.
pub const FULL: usize = 8 << 20;

/// Turns the bytes of a plain or gzip file, in order and cut anywhere, into UTF-8.
pub struct Decoder {
    gunzip: Option<Gunzip>,
    text: Text,
}

/// Raw bytes that room is made for at once: they become three times as many at most.
const PIECE: usize = 1 << 20;

/// What one call used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fed {
    /// Raw bytes used.
    pub used: usize,
    /// Whether to call again with the rest (which may be empty) before more is read.
    pub more: bool,
}

impl Decoder {
    /// A decoder at the start of a file. Workbooks are not a stream: see `xlsx_to_csv`.
    pub fn new(container: Container, encoding: Encoding) -> Self {
        let gunzip = (container == Container::Gzip).then(Gunzip::default);
        Decoder { gunzip, text: Text::new(encoding) }
    }
    /// Decodes bytes and appends the text. `last` says that the file ends where `raw` ends.
    pub fn feed(&mut self, raw: &[u8], last: bool, out: &mut Vec<u8>) -> Result<Fed> {
        let full = out.len() + FULL;
        let Decoder { gunzip, text } = self;
        let Some(gunzip) = gunzip else {
            let used = raw.len().min(FULL / 2);
            text.push(&raw[..used], last && used == raw.len(), out)?;
            return Ok(Fed { used, more: used < raw.len() });
        };
        let used = gunzip.feed(raw, |piece| {
            text.push(piece, false, out)?;
            Ok(out.len() < full)
        })?;
        let more = used < raw.len() || gunzip.holds_back();
        if last && !more {
            gunzip.finish()?;
            text.push(&[], true, out)?;
        }
        Ok(Fed { used, more })
    }
    /// Decodes a whole file at once.
    pub fn whole(container: Container, encoding: Encoding, mut raw: &[u8]) -> Result<Vec<u8>> {
        let mut decoder = Decoder::new(container, encoding);
        let mut out = Vec::new();
        loop {
            let fed = decoder.feed(raw, true, &mut out)?;
            raw = &raw[fed.used..];
            if !fed.more {
                return Ok(out);
            }
        }
    }
}

/// Strict decoding to UTF-8, the byte-order mark removed.
struct Text {
    encoding: Encoding,
    charset: Charset,
    /// First bytes, until it is known whether they are a byte-order mark.
    head: Option<Vec<u8>>,
    row: u64,
}

impl Text {
    fn new(encoding: Encoding) -> Self {
        Text { encoding, charset: Charset::new(encoding), head: Some(Vec::new()), row: 1 }
    }
    fn push(&mut self, raw: &[u8], last: bool, out: &mut Vec<u8>) -> Result<()> {
        let Some(mut head) = self.head.take() else { return self.decode(raw, last, out) };
        head.extend_from_slice(raw);
        if head.len() < 4 && !last {
            self.head = Some(head);
            return Ok(());
        }
        let mark = sniff_bom(&head).filter(|(encoding, _)| *encoding == self.encoding);
        self.decode(&head[mark.map_or(0, |(_, len)| len)..], last, out)
    }
    fn decode(&mut self, mut raw: &[u8], last: bool, out: &mut Vec<u8>) -> Result<()> {
        loop {
            let (piece, rest) = raw.split_at(raw.len().min(PIECE));
            self.piece(piece, last && rest.is_empty(), out)?;
            if rest.is_empty() {
                return Ok(());
            }
            raw = rest;
        }
    }
    fn piece(&mut self, raw: &[u8], last: bool, out: &mut Vec<u8>) -> Result<()> {
        let from = out.len();
        out.try_reserve(self.charset.room(raw.len())).map_err(|_| Kind::MemoryLimit)?;
        let done = self.charset.decode(raw, last, out);
        self.row += feeds(&out[from..]);
        done.map_err(|Malformed| Error::new(Kind::EncodingWrong).row(self.row))
    }
}

fn feeds(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::charset::tests::written;
    use proptest::prelude::*;

    fn code<T>(result: Result<T>) -> String {
        result.err().map_or(String::new(), |e| {
            format!("{} {}", e.code(), e.at.column.or(e.at.row.map(|r| r.to_string())).unwrap_or_default())
        })
    }

    #[test]
    fn containers() {
        assert_eq!(sniff_container(b"\x1f\x8b\x08"), Ok(Container::Gzip));
        assert_eq!(sniff_container(b"PK\x03\x04rest"), Ok(Container::Xlsx));
        assert_eq!(sniff_container(b"PK_id,name\n"), Ok(Container::Plain));
        assert_eq!(sniff_container(b"id\n"), Ok(Container::Plain));
        assert_eq!(code(sniff_container(b"")), "file-empty ");
        assert_eq!(code(sniff_container(b"PAR1\x15\x04")), "archive-unsupported parquet");
        assert_eq!(code(sniff_container(b"7z\xbc\xaf\x27\x1c")), "archive-unsupported 7z");
        assert_eq!(code(sniff_container(&[OLE, b"rest"].concat())), "archive-unsupported xls");
        let locked: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(code(sniff_container(&[OLE, &locked].concat())), "xlsx-encrypted ");
    }

    #[test]
    fn byte_order_marks() {
        assert_eq!(sniff_bom(b"\xef\xbb\xbfid"), Some((Encoding::Utf8, 3)));
        assert_eq!(sniff_bom(b"\xff\xfei\0"), Some((Encoding::Utf16Le, 2)));
        assert_eq!(sniff_bom(b"\xfe\xff\0i"), Some((Encoding::Utf16Be, 2)));
        assert_eq!(sniff_bom(b"id"), None);
    }

    #[test]
    fn every_encoding_with_and_without_its_mark() {
        let text = "id,标签\n1,母婴\n";
        for encoding in [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Gb18030] {
            let plain = written(text, encoding);
            let marked = written(&format!("\u{feff}{text}"), encoding);
            for raw in [plain, marked] {
                assert_eq!(Decoder::whole(Container::Plain, encoding, &raw), Ok(text.into()), "{encoding:?}");
            }
        }
        assert_eq!(Decoder::whole(Container::Plain, Encoding::Windows1252, b"caf\xe9"), Ok("café".into()));
    }

    #[test]
    fn malformed_text_is_refused_with_its_row() {
        let refused = |encoding, raw: &[u8]| code(Decoder::whole(Container::Plain, encoding, raw));
        assert_eq!(refused(Encoding::Utf8, b"a\nb\n\xc4\xb8\xd3\n"), "encoding-wrong 3");
        assert_eq!(refused(Encoding::Gb18030, b"a\n\xff\n"), "encoding-wrong 2");
        assert_eq!(refused(Encoding::Utf16Le, b"a\0\n\0b"), "encoding-wrong 2");
        assert_eq!(refused(Encoding::Utf8, b"a\xe6\xaf"), "encoding-wrong 1");
    }

    #[test]
    fn a_bomb_comes_in_pieces() {
        let bomb = super::super::inflate::tests::gzip(&vec![b'0'; 5 * FULL]);
        let mut decoder = Decoder::new(Container::Gzip, Encoding::Utf8);
        let (mut raw, mut total, mut calls) = (&bomb[..], 0, 0);
        loop {
            let mut out = Vec::new();
            let fed = decoder.feed(raw, true, &mut out).unwrap();
            assert!(out.len() < FULL + (1 << 20));
            (raw, total, calls) = (&raw[fed.used..], total + out.len(), calls + 1);
            if !fed.more {
                break;
            }
        }
        assert_eq!(total, 5 * FULL);
        assert!(calls >= 5);
    }

    proptest! {
        #[test]
        fn cut_anywhere_the_text_is_the_same(
            text in "[\u{feff}a,\n母汽\u{10400}é]{0,30}",
            mut cuts in prop::collection::vec(0usize..200, 0..6),
            packed: bool,
        ) {
            for encoding in [Encoding::Utf8, Encoding::Utf16Be, Encoding::Gb18030] {
                let mut raw = written(&text, encoding);
                let container = if packed { Container::Gzip } else { Container::Plain };
                if packed {
                    raw = super::super::inflate::tests::gzip(&raw);
                }
                let want = text.strip_prefix('\u{feff}').unwrap_or(&text);
                let mut decoder = Decoder::new(container, encoding);
                let mut out = Vec::new();
                cuts.sort_unstable();
                let ends: Vec<usize> = cuts.iter().map(|c| (*c).min(raw.len())).chain([raw.len()]).collect();
                let mut from = 0;
                for (i, to) in ends.iter().enumerate() {
                    let fed = decoder.feed(&raw[from..*to], i + 1 == ends.len(), &mut out).unwrap();
                    prop_assert_eq!(fed, Fed { used: to - from, more: false });
                    from = *to;
                }
                prop_assert_eq!(std::str::from_utf8(&out), Ok(want));
            }
        }
    }
}
