//! IDs exactly as a file writes them, in little room: an audience file must give back the very bytes.
//!
//! A digest in hex or base64 and a dashed UUID are kept as raw bytes with one byte for their style; anything
//! else verbatim. Cost: 33 bytes for a SHA-256 of 64 characters, 17 for an MD5 or UUID, text plus 2 for the
//! rest, and half a byte for the marks. `get` walks at most 15 entries from the mark before it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::digest::{Bytes, LOWER, UPPER, write_hex};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// Entries between two marks.
const STRIDE: usize = 16;

/// A list of IDs, each given back to the byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// For each entry its style byte, then its body.
    arena: Vec<u8>,
    /// Where every 16th entry starts.
    marks: Vec<u64>,
    len: usize,
}

impl Ids {
    /// An empty list.
    pub fn new() -> Ids {
        Ids::default()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory held.
    pub fn bytes(&self) -> usize {
        self.arena.capacity() + 8 * self.marks.capacity()
    }

    /// Adds one, as its file writes it.
    pub fn push(&mut self, cell: &[u8]) {
        self.mark();
        match Style::of(cell) {
            Some((style, body)) => {
                self.arena.push(style.0);
                self.arena.extend_from_slice(body.bytes());
            }
            None => {
                self.arena.push(VERBATIM);
                write_len(cell.len(), &mut self.arena);
                self.arena.extend_from_slice(cell);
            }
        }
    }

    /// Appends the text of entry `i` to `out`; beyond the end, nothing.
    pub fn get(&self, i: usize, out: &mut Vec<u8>) {
        let Some(mark) = self.marks.get(i / STRIDE).filter(|_| i < self.len) else { return };
        let mut rest = &self.arena[*mark as usize..];
        for _ in 0..i % STRIDE {
            rest = entry(rest).map_or(&[][..], |(_, after)| after);
        }
        if let Some((entry, _)) = entry(rest) {
            entry.write(out);
        }
    }

    /// Adds all of another list, in order.
    pub fn extend_from(&mut self, other: &Ids) {
        self.arena.reserve(other.arena.len());
        let mut rest = &other.arena[..];
        while let Some((_, after)) = entry(rest) {
            self.mark();
            self.arena.extend_from_slice(&rest[..rest.len() - after.len()]);
            rest = after;
        }
    }

    /// Adds those of another list for which `wanted` says so, in order.
    pub fn extend_some(&mut self, other: &Ids, wanted: impl IntoIterator<Item = bool>) {
        let mut rest = &other.arena[..];
        for wanted in wanted {
            let Some((_, after)) = entry(rest) else { return };
            if wanted {
                self.mark();
                self.arena.extend_from_slice(&rest[..rest.len() - after.len()]);
            }
            rest = after;
        }
    }

    fn mark(&mut self) {
        if self.len.is_multiple_of(STRIDE) {
            self.marks.push(self.arena.len() as u64);
        }
        self.len += 1;
    }

    /// Reads an arena back, refusing one that was cut or damaged.
    fn of_arena(arena: Vec<u8>) -> Option<Ids> {
        let mut ids = Ids { arena, ..Ids::default() };
        let mut at = 0;
        while at < ids.arena.len() {
            let (_, after) = entry(&ids.arena[at..])?;
            if ids.len.is_multiple_of(STRIDE) {
                ids.marks.push(at as u64);
            }
            ids.len += 1;
            at = ids.arena.len() - after.len();
        }
        Some(ids)
    }
}

/// Style of a text kept verbatim. Any other style is a spelling and a width.
const VERBATIM: u8 = 0;

/// How digest bytes are spelt: `1 + 8 × width + spelling`.
#[derive(Clone, Copy, PartialEq)]
struct Style(u8);

const WIDTHS: [usize; 3] = [16, 20, 32];
const LOWER_HEX: u8 = 0;
const UPPER_HEX: u8 = 1;
const BASE64: u8 = 2;
const BASE64_BARE: u8 = 3;
const BASE64_URL: u8 = 4;
const BASE64_URL_BARE: u8 = 5;
const LOWER_UUID: u8 = 6;
const UPPER_UUID: u8 = 7;

impl Style {
    /// The style and bytes of a text that is one spelling of a digest, and only that one.
    fn of(cell: &[u8]) -> Option<(Style, Bytes)> {
        let mut room = [0; 32];
        let uuid = undashed(cell, &mut room);
        let body = Bytes::read(uuid.unwrap_or(cell))?;
        let width = WIDTHS.iter().position(|w| *w == body.bytes().len())? as u8;
        let hex = cell.len() == 2 * body.bytes().len() || uuid.is_some();
        let spelling = if hex { hex_spelling(cell, uuid.is_some())? } else { base64_spelling(cell) };
        Some((Style(1 + 8 * width + spelling), body))
    }

    fn read(byte: u8) -> Option<Style> {
        let uuid = (byte.wrapping_sub(1)) % 8 >= LOWER_UUID;
        (1..=24).contains(&byte).then_some(Style(byte)).filter(|s| !uuid || s.width() == 16)
    }

    fn width(self) -> usize {
        WIDTHS[usize::from((self.0 - 1) / 8)]
    }

    fn write(self, body: &[u8], out: &mut Vec<u8>) {
        let mut hex = [0; 64];
        let hex = &mut hex[..2 * body.len()];
        let spelling = (self.0 - 1) % 8;
        match spelling {
            LOWER_HEX | LOWER_UUID => write_hex(body, LOWER, hex),
            UPPER_HEX | UPPER_UUID => write_hex(body, UPPER, hex),
            BASE64 => return write_base64(&STANDARD, body, out),
            BASE64_BARE => return write_base64(&STANDARD_NO_PAD, body, out),
            BASE64_URL => return write_base64(&URL_SAFE, body, out),
            _ => return write_base64(&URL_SAFE_NO_PAD, body, out),
        }
        if spelling >= LOWER_UUID { write_uuid(hex, out) } else { out.extend_from_slice(hex) }
    }
}

/// The case of a hex text; absent where both occur.
fn hex_spelling(cell: &[u8], uuid: bool) -> Option<u8> {
    let upper = cell.iter().any(u8::is_ascii_uppercase);
    let lower = cell.iter().any(u8::is_ascii_lowercase);
    match (upper, lower, uuid) {
        (true, true, _) => None,
        (true, _, false) => Some(UPPER_HEX),
        (true, _, true) => Some(UPPER_UUID),
        (_, _, false) => Some(LOWER_HEX),
        (_, _, true) => Some(LOWER_UUID),
    }
}

fn base64_spelling(cell: &[u8]) -> u8 {
    let url = cell.iter().any(|b| matches!(b, b'-' | b'_'));
    match (url, cell.ends_with(b"=")) {
        (false, true) => BASE64,
        (false, false) => BASE64_BARE,
        (true, true) => BASE64_URL,
        (true, false) => BASE64_URL_BARE,
    }
}

fn write_base64(engine: &impl Engine, body: &[u8], out: &mut Vec<u8>) {
    let mut text = [0; 44];
    let n = engine.encode_slice(body, &mut text).unwrap_or(0);
    out.extend_from_slice(&text[..n]);
}

/// Parts of a dashed UUID, as ranges of its 32 hex digits.
const PARTS: [std::ops::Range<usize>; 5] = [0..8, 8..12, 12..16, 16..20, 20..32];

fn undashed<'a>(cell: &[u8], room: &'a mut [u8; 32]) -> Option<&'a [u8]> {
    if cell.len() != 36 {
        return None;
    }
    for (i, part) in PARTS.into_iter().enumerate() {
        if i > 0 && cell[part.start + i - 1] != b'-' {
            return None;
        }
        room[part.clone()].copy_from_slice(&cell[part.start + i..part.end + i]);
    }
    Some(room)
}

fn write_uuid(hex: &[u8], out: &mut Vec<u8>) {
    for (i, part) in PARTS.into_iter().enumerate() {
        if i > 0 {
            out.push(b'-');
        }
        out.extend_from_slice(&hex[part]);
    }
}

/// One entry of an arena.
enum Entry<'a> {
    Digest(Style, &'a [u8]),
    Verbatim(&'a [u8]),
}

impl Entry<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Entry::Digest(style, body) => style.write(body, out),
            Entry::Verbatim(text) => out.extend_from_slice(text),
        }
    }
}

/// The first entry and what follows it; absent at the end or where the bytes are not entries.
fn entry(arena: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let (style, rest) = arena.split_first()?;
    if *style == VERBATIM {
        let (len, rest) = read_len(rest)?;
        let (text, rest) = rest.split_at_checked(len)?;
        return Some((Entry::Verbatim(text), rest));
    }
    let style = Style::read(*style)?;
    let (body, rest) = rest.split_at_checked(style.width())?;
    Some((Entry::Digest(style, body), rest))
}

/// A length in groups of seven bits, low first, the high bit set on all but the last.
fn write_len(mut len: usize, out: &mut Vec<u8>) {
    while len >= 0x80 {
        out.push(len as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
}

fn read_len(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let last = bytes.iter().take(5).position(|b| *b < 0x80)?;
    let len = bytes[..=last].iter().rev().fold(0u64, |len, b| len << 7 | u64::from(b & 0x7f));
    Some((usize::try_from(len).ok()?, &bytes[last + 1..]))
}

impl Serialize for Ids {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.arena)
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Ids, D::Error> {
        from.deserialize_byte_buf(Arena)
    }
}

/// Takes the arena in one piece.
struct Arena;

impl<'de> de::Visitor<'de> for Arena {
    type Value = Ids;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of IDs")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Ids, E> {
        self.visit_byte_buf(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Ids, E> {
        Ids::of_arena(bytes).ok_or_else(|| E::custom("damaged list of IDs"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(cells: &[Vec<u8>]) -> Ids {
        let mut ids = Ids::new();
        cells.iter().for_each(|cell| ids.push(cell));
        ids
    }

    fn all(ids: &Ids) -> Vec<Vec<u8>> {
        let read = |i| {
            let mut out = Vec::new();
            ids.get(i, &mut out);
            out
        };
        (0..ids.len()).map(read).collect()
    }

    /// Texts of every style, and texts that nearly have one.
    fn cell() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "[0-9a-f]{32}|[0-9A-F]{40}|[0-9a-f]{64}|[0-9a-fA-F]{64}".prop_map(String::into_bytes),
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".prop_map(String::into_bytes),
            "[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-Fa]{4}-[0-9A-F]{4}-[0-9A-F]{12}".prop_map(String::into_bytes),
            "[0-9A-F-]{36}|[0-9A-Za-z+/=_-]{22,28}|[0-9A-Za-z+/_-]{43}=?".prop_map(String::into_bytes),
            any::<[u8; 32]>().prop_map(|b| STANDARD.encode(b).into_bytes()),
            any::<[u8; 20]>().prop_map(|b| URL_SAFE.encode(b).into_bytes()),
            any::<[u8; 16]>().prop_map(|b| URL_SAFE_NO_PAD.encode(b).into_bytes()),
        ]
    }

    proptest! {
        #[test]
        fn given_back_to_the_byte(cells in proptest::collection::vec(cell(), 0..150)) {
            let ids = of(&cells);
            prop_assert_eq!(ids.len(), cells.len());
            prop_assert_eq!(&all(&ids), &cells);
            let wire = postcard::to_allocvec(&ids).unwrap();
            let back: Ids = postcard::from_bytes(&wire).unwrap();
            prop_assert_eq!(&back, &ids);
        }

        #[test]
        fn joined_is_pushed(a in proptest::collection::vec(cell(), 0..100), b in proptest::collection::vec(cell(), 0..100)) {
            let mut joined = of(&a);
            joined.extend_from(&of(&b));
            prop_assert_eq!(joined, of(&[a, b].concat()));
        }

        #[test]
        fn damage_never_panics(bytes: Vec<u8>) {
            if let Some(ids) = Ids::of_arena(bytes) {
                all(&ids);
            }
        }
    }

    #[test]
    fn a_digest_takes_33_bytes_and_a_uuid_17() {
        let one = |cell: &str| of(&[cell.as_bytes().to_vec()]).arena.len();
        assert_eq!(one(&"0123456789abcdef".repeat(4)), 33);
        assert_eq!(one("FF1999CD-7177-4937-A474-74937A102630"), 17);
        assert_eq!(one("13800138000"), 13);
    }

    #[test]
    fn a_cut_list_is_refused() {
        let ids = of(&[b"0123456789abcdef".repeat(4)]);
        assert!(Ids::of_arena(ids.arena[..20].to_vec()).is_none());
        assert!(Ids::of_arena(vec![255]).is_none());
        let mut none = Vec::new();
        ids.get(1, &mut none);
        assert!(none.is_empty());
    }
}
