//! Strict streaming decoders to UTF-8 of the encodings that are read, cut anywhere.
//!
//! Source: the WHATWG Encoding Standard (<https://encoding.spec.whatwg.org/>): the UTF-8, UTF-16 and GB18030
//! decoders with their errors, index windows-1252, index gb18030 and its ranges as of GB18030-2022. `build.rs`
//! reads the last two out of the crate `encoding_rs`, which the tests compare all of this with.
//!
//! Why not `encoding_rs` itself: a decoder of it is one type for every encoding of the web, so its Big5, JIS
//! and Korean tables are linked too, 188 KB of the gzipped page. The table here is 48 KB, 12 KB gzipped, and
//! becomes as much memory once, when the first GB18030 file is read.
//!
//! Cost: one pass, no look-back; runs of ASCII are copied eight bytes at a time. Where it bites: the table
//! follows GB18030-2022, so U+E78D and 17 more private codes come from four bytes only, and text that an older
//! table wrote with them as pairs reads as the characters those pairs mean today.

use crate::table::schema::Encoding;
use std::sync::LazyLock;

/// The bytes are not text in this encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// How far a run of decoding came, in bytes; fewer than four may be left, the beginning of a character.
type Used = Result<usize, Malformed>;

/// One text on its way to UTF-8. A byte-order mark is a character like others.
pub struct Charset {
    encoding: Encoding,
    /// The beginning of a character, where the bytes were cut: three bytes at most.
    held: Vec<u8>,
}

impl Charset {
    /// A decoder at the start of a text.
    pub fn new(encoding: Encoding) -> Self {
        Charset { encoding, held: Vec::new() }
    }
    /// Decodes bytes and appends the text; `last` says that it ends here. Where the bytes are malformed,
    /// everything before is appended and the decoder is of no more use.
    pub fn decode(&mut self, mut raw: &[u8], last: bool, out: &mut Vec<u8>) -> Result<(), Malformed> {
        while let (false, Some((first, rest))) = (self.held.is_empty(), raw.split_first()) {
            self.held.push(*first);
            raw = rest;
            if run(self.encoding, &self.held, out)? > 0 {
                self.held.clear();
            }
        }
        let used = run(self.encoding, raw, out)?;
        self.held.extend_from_slice(&raw[used..]);
        if last && !self.held.is_empty() { Err(Malformed) } else { Ok(()) }
    }
    /// Most bytes of text that this many bytes, and those held, can become.
    pub fn room(&self, raw: usize) -> usize {
        let most = if self.encoding == Encoding::Utf8 { 1 } else { 3 };
        raw.saturating_add(3).saturating_mul(most)
    }
}

/// Decodes whole characters.
fn run(encoding: Encoding, raw: &[u8], out: &mut Vec<u8>) -> Used {
    match encoding {
        Encoding::Utf8 => utf8(raw, out),
        Encoding::Utf16Le => utf16(raw, u16::from_le_bytes, out),
        Encoding::Utf16Be => utf16(raw, u16::from_be_bytes, out),
        Encoding::Gb18030 => gb18030(raw, out),
        Encoding::Windows1252 => windows1252(raw, out),
    }
}

fn utf8(raw: &[u8], out: &mut Vec<u8>) -> Used {
    let (used, malformed) = match std::str::from_utf8(raw) {
        Ok(_) => (raw.len(), false),
        Err(e) => (e.valid_up_to(), e.error_len().is_some()),
    };
    out.extend_from_slice(&raw[..used]);
    if malformed { Err(Malformed) } else { Ok(used) }
}

fn utf16(raw: &[u8], unit: impl Fn([u8; 2]) -> u16, out: &mut Vec<u8>) -> Used {
    let mut at = 0;
    while let [a, b, rest @ ..] = &raw[at..] {
        let code = unit([*a, *b]);
        match code {
            0xd800..=0xdbff => {
                let [c, d, ..] = rest else { break };
                put_pair(code, unit([*c, *d]), out)?;
                at += 4;
            }
            0xdc00..=0xdfff => return Err(Malformed),
            _ => {
                put(code, out);
                at += 2;
            }
        }
    }
    Ok(at)
}

fn put_pair(high: u16, low: u16, out: &mut Vec<u8>) -> Result<(), Malformed> {
    match low {
        0xdc00..=0xdfff => {
            put_astral((u32::from(high & 0x3ff) << 10 | u32::from(low & 0x3ff)) + 0x1_0000, out)
        }
        _ => Err(Malformed),
    }
}

/// Bytes 0x80 to 0x9f of index windows-1252; all others are their own code.
const WINDOWS_1252: [u16; 32] = [
    0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152,
    0x8d, 0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161,
    0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
];

fn windows1252(raw: &[u8], out: &mut Vec<u8>) -> Used {
    let mut at = 0;
    while let Some(&byte) = raw.get(at) {
        match byte {
            0..0x80 => at += copy_ascii(&raw[at..], out),
            _ => {
                let code = WINDOWS_1252.get(usize::from(byte - 0x80)).copied();
                put(code.unwrap_or(u16::from(byte)), out);
                at += 1;
            }
        }
    }
    Ok(at)
}

fn gb18030(raw: &[u8], out: &mut Vec<u8>) -> Used {
    let Gb18030 { pairs, quads } = &*GB18030;
    let mut at = 0;
    loop {
        at += match raw[at..] {
            [] | [0x81..=0xfe] => return Ok(at),
            [0..0x80, ..] => copy_ascii(&raw[at..], out),
            [lead @ 0x81..=0xfe, trail @ (0x40..=0x7e | 0x80..=0xfe), ..] => {
                put(pairs[pointer(lead, trail)], out);
                2
            }
            [0x80, ..] => {
                put(0x20ac, out);
                1
            }
            [0x81..=0xfe, b'0'..=b'9'] | [0x81..=0xfe, b'0'..=b'9', 0x81..=0xfe] => return Ok(at),
            [a @ 0x81..=0xfe, b @ b'0'..=b'9', c @ 0x81..=0xfe, d @ b'0'..=b'9', ..] => {
                put_quad(quads, [a, b, c, d], out)?;
                4
            }
            _ => return Err(Malformed),
        }
    }
}

/// Where a two-byte sequence stands in the index: trail bytes are 0x40..=0x7e and 0x80..=0xfe.
fn pointer(lead: u8, trail: u8) -> usize {
    usize::from(lead - 0x81) * 190 + usize::from(trail) - if trail < 0x7f { 0x40 } else { 0x41 }
}

/// Four bytes are a number in mixed digits: of the basic plane by its ranges, of the planes above in order.
fn put_quad(quads: &[(u16, u16)], [a, b, c, d]: [u8; 4], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let high = u32::from(a - 0x81) * 10 + u32::from(b - b'0');
    let pointer = (high * 126 + u32::from(c - 0x81)) * 10 + u32::from(d - b'0');
    match pointer {
        0..=39_419 => {
            let pointer = pointer as u16;
            let range = quads.partition_point(|(start, _)| *start <= pointer);
            let (start, code) = quads[range - 1];
            put(code + (pointer - start), out);
            Ok(())
        }
        189_000.. => put_astral(pointer - 189_000 + 0x1_0000, out),
        _ => Err(Malformed),
    }
}

/// Copies the ASCII at the start; gives its length.
fn copy_ascii(raw: &[u8], out: &mut Vec<u8>) -> usize {
    let (words, _) = raw.as_chunks::<8>();
    let plain = words.iter().take_while(|w| u64::from_le_bytes(**w) & 0x8080_8080_8080_8080 == 0).count() * 8;
    let run = plain + raw[plain..].iter().take_while(|b| b.is_ascii()).count();
    out.extend_from_slice(&raw[..run]);
    run
}

/// Appends a code of the basic plane that is no surrogate.
fn put(code: u16, out: &mut Vec<u8>) {
    let tail = |shift: u32| 0x80 | (code >> shift & 0x3f) as u8;
    match code {
        0..0x80 => out.push(code as u8),
        0x80..0x800 => out.extend_from_slice(&[0xc0 | (code >> 6) as u8, tail(0)]),
        _ => out.extend_from_slice(&[0xe0 | (code >> 12) as u8, tail(6), tail(0)]),
    }
}

fn put_astral(code: u32, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let character = char::from_u32(code).ok_or(Malformed)?;
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(())
}

/// Two-byte sequences: 126 lead bytes, 190 trail bytes.
const PAIRS: usize = 126 * 190;

struct Gb18030 {
    /// Code of each two-byte sequence.
    pairs: Vec<u16>,
    /// Four-byte sequences: where a range of following codes starts, and its first code.
    quads: Vec<(u16, u16)>,
}

static GB18030: LazyLock<Gb18030> = LazyLock::new(|| Gb18030 {
    pairs: pairs(&mut planes(include_bytes!(concat!(env!("OUT_DIR"), "/gb18030.pairs")))),
    quads: quads(include_bytes!(concat!(env!("OUT_DIR"), "/gb18030.quads"))),
});

/// All high bytes stand before all low bytes.
fn planes(bytes: &[u8]) -> impl Iterator<Item = u16> {
    let (high, low) = bytes.split_at(bytes.len() / 2);
    high.iter().zip(low).map(|(h, l)| u16::from_be_bytes([*h, *l]))
}

/// Unpacks steps. The corner of GB 2312, in its own order of sound and stroke, stands first, each code a step
/// from the one before. The rest is mostly the other ideographs by code: a step from the next free code, so
/// nearly all zeros.
fn pairs(steps: &mut impl Iterator<Item = u16>) -> Vec<u16> {
    let corner = |p: &usize| p / 190 >= 0xa1 - 0x81 && p % 190 >= 0xa1 - 0x41;
    let (mut codes, mut taken) = (vec![0; PAIRS], vec![false; 1 << 16]);
    let mut at = 0u16;
    for (p, step) in (0..PAIRS).filter(corner).zip(&mut *steps) {
        at = at.wrapping_add(step);
        codes[p] = at;
        taken[usize::from(at)] = true;
    }
    at = 0;
    for (p, step) in (0..PAIRS).filter(|p| !corner(p)).zip(steps) {
        at = at.wrapping_add(1);
        while taken[usize::from(at)] {
            at = at.wrapping_add(1);
        }
        at = at.wrapping_add(step);
        codes[p] = at;
    }
    codes
}

/// Unpacks steps: of all starts, then of all first codes.
fn quads(bytes: &[u8]) -> Vec<(u16, u16)> {
    let sum = |at: &mut u16, step: u16| {
        *at = at.wrapping_add(step);
        Some(*at)
    };
    let starts = planes(bytes).take(bytes.len() / 4).scan(0, sum);
    let firsts = planes(bytes).skip(bytes.len() / 4).scan(0, sum);
    starts.zip(firsts).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use encoding_rs::DecoderResult;
    use proptest::prelude::*;

    const ALL: [Encoding; 5] =
        [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Gb18030, Encoding::Windows1252];

    pub fn standard(encoding: Encoding) -> &'static encoding_rs::Encoding {
        match encoding {
            Encoding::Utf8 => encoding_rs::UTF_8,
            Encoding::Utf16Le => encoding_rs::UTF_16LE,
            Encoding::Utf16Be => encoding_rs::UTF_16BE,
            Encoding::Gb18030 => encoding_rs::GB18030,
            Encoding::Windows1252 => encoding_rs::WINDOWS_1252,
        }
    }

    /// The text up to the end or the first malformed sequence, and whether that was the end.
    type Read = (Vec<u8>, bool);

    fn ours(encoding: Encoding, pieces: &[&[u8]]) -> Read {
        let (mut charset, mut out) = (Charset::new(encoding), Vec::new());
        for (i, piece) in pieces.iter().enumerate() {
            let room = out.len() + charset.room(piece.len());
            if charset.decode(piece, i + 1 == pieces.len(), &mut out).is_err() {
                return (out, false);
            }
            assert!(out.len() <= room, "{encoding:?} {pieces:02x?}");
        }
        (out, true)
    }

    fn theirs(encoding: Encoding, raw: &[u8]) -> Read {
        let mut decoder = standard(encoding).new_decoder_without_bom_handling();
        let mut out = vec![0; decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap()];
        let (result, _, written) = decoder.decode_to_utf8_without_replacement(raw, &mut out, true);
        out.truncate(written);
        (out, matches!(result, DecoderResult::InputEmpty))
    }

    fn same(encoding: Encoding, raw: &[u8]) {
        assert_eq!(ours(encoding, &[raw]), theirs(encoding, raw), "{encoding:?} {raw:02x?}");
    }

    #[test]
    fn every_sequence_of_one_and_two_bytes() {
        for encoding in ALL {
            same(encoding, &[]);
            for a in 0..=255 {
                same(encoding, &[a]);
                for b in 0..=255 {
                    same(encoding, &[a, b]);
                    same(encoding, &[a, b, b'\n', b'0']);
                }
            }
        }
    }

    #[test]
    fn four_bytes_of_gb18030() {
        let borders = [39_380..40_000, 188_900..189_100, 1_237_500..1_237_700];
        let pointers =
            (0..39_420).chain(borders.into_iter().flatten()).chain((40_000..1_587_600).step_by(97));
        for p in pointers {
            let [a, b, c, d] = [p / 12_600 + 0x81, p / 1_260 % 10 + 0x30, p / 10 % 126 + 0x81, p % 10 + 0x30];
            same(Encoding::Gb18030, &[a as u8, b as u8, c as u8, d as u8]);
        }
    }

    #[test]
    fn four_bytes_of_everything() {
        for encoding in ALL {
            for raw in (0..=u32::MAX).step_by(65_521).map(u32::to_be_bytes) {
                same(encoding, &raw);
            }
        }
    }

    /// The published index itself, where it lies next to the repository.
    #[test]
    fn the_published_index() {
        let beside = || concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors").to_owned();
        let folder = std::env::var("ATOLL_VECTORS").unwrap_or_else(|_| beside()) + "/gb18030";
        let Ok(index) = std::fs::read_to_string(format!("{folder}/index-gb18030.txt")) else { return };
        let rows = index.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
        let codes = rows.map(|l| {
            let mut cells = l.split_whitespace();
            let place: usize = cells.next().unwrap().parse().unwrap();
            (place, u16::from_str_radix(&cells.next().unwrap()[2..], 16).unwrap())
        });
        assert_eq!(codes.collect::<Vec<_>>(), GB18030.pairs.iter().copied().enumerate().collect::<Vec<_>>());
        let [raw, text] =
            ["in", "in_ref"].map(|name| std::fs::read(format!("{folder}/gb18030_{name}.txt")).unwrap());
        assert_eq!(ours(Encoding::Gb18030, &[&raw]), (text, true));
    }

    /// Text in the encoding, with a few bytes of nonsense in every third.
    fn streams(encoding: Encoding) -> impl Strategy<Value = Vec<u8>> {
        let text = "[a-z0-9,\n母婴汽车€é\u{e7c7}\u{1e3f}\u{fe10}\u{10400}\u{2f800}]{0,24}";
        let junk = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(any::<u8>(), 1..4)];
        (text, junk, text)
            .prop_map(move |(a, junk, b)| [written(&a, encoding), junk, written(&b, encoding)].concat())
    }

    pub fn written(text: &str, encoding: Encoding) -> Vec<u8> {
        match encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Encoding::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            other => standard(other).encode(text).0.into_owned(),
        }
    }

    proptest! {
        #[test]
        fn streams_cut_at_every_byte(
            (encoding, raw) in prop::sample::select(&ALL).prop_flat_map(|e| (Just(e), streams(e))),
        ) {
            let want = theirs(encoding, &raw);
            let single: Vec<&[u8]> = raw.chunks(1).chain([&[][..]]).collect();
            prop_assert_eq!(&ours(encoding, &single), &want);
            for cut in 0..=raw.len() {
                let (a, b) = raw.split_at(cut);
                prop_assert_eq!(&ours(encoding, &[a, b]), &want, "{:?} cut at {}", encoding, cut);
            }
        }
    }
}
