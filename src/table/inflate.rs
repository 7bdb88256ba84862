//! gzip (RFC 1952) as a stream cut anywhere: members one behind the other, checksums and lengths checked,
//! zeros behind the last member allowed as `gzip` allows them (tapes pad with them), anything else refused.

use crate::error::{Kind, Result};
use flate2::{Crc, Decompress, FlushDecompress, Status};

/// Text made per step.
const PIECE: usize = 64 << 10;
/// Longest member header: two names and the extra field, which RFC 1952 bounds at 64 KiB.
const HEADER_LIMIT: usize = 128 << 10;

/// A gzip stream on its way.
pub struct Gunzip {
    part: Part,
    inflate: Decompress,
    crc: Crc,
    piece: Vec<u8>,
    /// The last piece was filled to the brim: more may wait inside.
    brim: bool,
    members: u64,
}

enum Part {
    /// Bytes of the header so far.
    Header(Vec<u8>),
    Body,
    /// Bytes of checksum and length so far.
    Trailer(Vec<u8>),
    /// Zeros behind the last member.
    Padding,
}

impl Default for Gunzip {
    fn default() -> Self {
        Gunzip {
            part: Part::Header(Vec::new()),
            inflate: Decompress::new(false),
            crc: Crc::new(),
            piece: vec![0; PIECE],
            brim: false,
            members: 0,
        }
    }
}

impl Gunzip {
    /// Inflates and hands out pieces until the input is used up or `take` says that it is enough. Returns the
    /// bytes used.
    pub fn feed(&mut self, raw: &[u8], mut take: impl FnMut(&[u8]) -> Result<bool>) -> Result<usize> {
        let mut used = 0;
        while used < raw.len() || self.brim {
            let rest = &raw[used..];
            let (step, made) = match &mut self.part {
                Part::Header(_) => (self.header(rest)?, 0),
                Part::Body => self.body(rest)?,
                Part::Trailer(_) => (self.trailer(rest)?, 0),
                Part::Padding if rest.iter().all(|b| *b == 0) => (rest.len(), 0),
                Part::Padding => return Err(Kind::GzipBroken.into()),
            };
            used += step;
            if made > 0 && !take(&self.piece[..made])? {
                break;
            }
        }
        Ok(used)
    }
    /// Whether text may wait inside that needs no further input.
    pub fn holds_back(&self) -> bool {
        self.brim
    }
    /// At the end of the input: whether it ended between members.
    pub fn finish(&self) -> Result<()> {
        match &self.part {
            Part::Header(head) if head.is_empty() && self.members > 0 => Ok(()),
            Part::Padding => Ok(()),
            _ => Err(Kind::GzipTruncated.into()),
        }
    }

    fn header(&mut self, raw: &[u8]) -> Result<usize> {
        let Part::Header(head) = &mut self.part else { return Ok(0) };
        if self.members > 0 && head.is_empty() && raw[0] == 0 {
            self.part = Part::Padding;
            return Ok(0);
        }
        let before = head.len();
        head.extend_from_slice(&raw[..raw.len().min(HEADER_LIMIT)]);
        let Some(len) = header_length(head)? else {
            let used = head.len() - before;
            return if head.len() > HEADER_LIMIT { Err(Kind::GzipBroken.into()) } else { Ok(used) };
        };
        self.part = Part::Body;
        self.inflate.reset(false);
        self.crc.reset();
        Ok(len - before)
    }
    fn body(&mut self, raw: &[u8]) -> Result<(usize, usize)> {
        let (read, made) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self
            .inflate
            .decompress(raw, &mut self.piece, FlushDecompress::None)
            .map_err(|_| Kind::GzipBroken)?;
        let read = (self.inflate.total_in() - read) as usize;
        let made = (self.inflate.total_out() - made) as usize;
        self.crc.update(&self.piece[..made]);
        self.brim = made == PIECE && status != Status::StreamEnd;
        if status == Status::StreamEnd {
            self.part = Part::Trailer(Vec::with_capacity(8));
        } else if read == 0 && made == 0 && !raw.is_empty() {
            return Err(Kind::GzipBroken.into());
        }
        Ok((read, made))
    }
    fn trailer(&mut self, raw: &[u8]) -> Result<usize> {
        let Part::Trailer(tail) = &mut self.part else { return Ok(0) };
        let used = raw.len().min(8 - tail.len());
        tail.extend_from_slice(&raw[..used]);
        if tail.len() == 8 {
            let sums = [self.crc.sum().to_le_bytes(), self.crc.amount().to_le_bytes()].concat();
            if *tail != sums {
                return Err(Kind::GzipBroken.into());
            }
            self.members += 1;
            self.part = Part::Header(Vec::new());
        }
        Ok(used)
    }
}

/// Length of a member header, if it is whole (RFC 1952, 2.3). Its own checksum is not checked: the body has one.
fn header_length(head: &[u8]) -> Result<Option<usize>> {
    let expected = [Some(0x1f), Some(0x8b), Some(8)];
    if expected.iter().zip(head).any(|(want, byte)| *want != Some(*byte)) {
        return Err(Kind::GzipBroken.into());
    }
    let Some(&flags) = head.get(3) else { return Ok(None) };
    if flags & 0xe0 != 0 {
        return Err(Kind::GzipBroken.into());
    }
    let extra = match (flags & 4, head.get(10..12)) {
        (0, _) => 10,
        (_, Some(length)) => 12 + usize::from(length[0]) + 256 * usize::from(length[1]),
        (_, None) => return Ok(None),
    };
    let mut at = extra;
    for _ in 0..(flags >> 3 & 1) + (flags >> 4 & 1) {
        match head.get(at..).and_then(|rest| memchr::memchr(0, rest)) {
            Some(end) => at += end + 1,
            None => return Ok(None),
        }
    }
    at += usize::from(flags & 2);
    Ok((head.len() >= at).then_some(at))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::io::Write;

    /// One member.
    pub fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn gunzip(raw: &[u8], step: usize) -> std::result::Result<Vec<u8>, &'static str> {
        let (mut stream, mut out) = (Gunzip::default(), Vec::new());
        for piece in raw.chunks(step) {
            let mut take = |text: &[u8]| {
                out.extend_from_slice(text);
                Ok(true)
            };
            let used = stream.feed(piece, &mut take).map_err(|e| e.code())?;
            assert_eq!(used, piece.len());
        }
        stream.finish().map_err(|e| e.code())?;
        Ok(out)
    }

    #[test]
    fn members_and_padding() {
        let long: Vec<u8> = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
        let raw = [gzip(b"one"), gzip(b""), gzip(&long), vec![0; 5]].concat();
        let want = [b"one".as_slice(), &long].concat();
        for step in [1, 7, 4096, raw.len()] {
            assert_eq!(gunzip(&raw, step).as_ref(), Ok(&want), "{step}");
        }
    }

    #[test]
    fn every_truncation_is_told() {
        let raw = gzip(b"13800138000\n13800138001\n");
        for cut in 0..raw.len() {
            assert_eq!(gunzip(&raw[..cut], 5), Err("gzip-truncated"), "{cut}");
        }
    }

    #[test]
    fn damage_is_told() {
        let raw = gzip(&b"13800138000\n".repeat(50));
        for at in (0..3).chain(10..raw.len()) {
            let mut bad = raw.clone();
            bad[at] ^= 0x55;
            assert!(gunzip(&bad, 9).is_err(), "{at}");
        }
        let behind = |tail: &[u8]| gunzip(&[&raw[..], tail].concat(), 1000).unwrap_err();
        assert_eq!(behind(b"garbage"), "gzip-broken");
        assert_eq!(behind(b"\0\0x"), "gzip-broken");
        assert_eq!(behind(&raw[..20]), "gzip-truncated");
    }

    #[test]
    fn optional_header_fields_are_skipped() {
        let raw = gzip(b"x");
        let fields = b"\x03\0abcname\0comment\0\x12\x34";
        let long = [&raw[..3], &[0x1e], &raw[4..10], fields, &raw[10..]].concat();
        for step in 1..long.len() {
            assert_eq!(gunzip(&long, step).as_deref(), Ok(&b"x"[..]));
        }
        let reserved = [&raw[..3], &[0x80], &raw[4..]].concat();
        assert_eq!(gunzip(&reserved, 100), Err("gzip-broken"));
    }
}
