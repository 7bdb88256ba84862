//! The messages of Ocean Engine's data source files: each line of a file is the base64 of one `DmpData`, a list of up to
//! 10,000 IDs (protocol buffers; field numbers as in the `dmp.proto` of its marketing API). Small enough to be written by
//! hand: a library for it would be larger than all platforms together.

use super::Line;
use crate::id::{Digest, Kind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Most IDs of one message.
pub const MOST: usize = 10_000;

// Key of a field: its number, then 0 for a number or 2 for bytes.
const LIST: u8 = 1 << 3 | 2;
const TIME: u8 = 1 << 3;
const TYPE: u8 = 2 << 3;
const ID: u8 = 3 << 3 | 2;
const TAGS: u8 = 4 << 3 | 2;

/// Number of a kind of ID in `DataType`.
pub const fn data_type(kind: Kind, digest: Digest) -> u8 {
    match (kind, digest) {
        (Kind::Imei, Digest::None) => 0,
        (Kind::Idfa, Digest::None) => 1,
        (Kind::Imei, _) => 4,
        (Kind::Idfa, _) => 5,
        (Kind::Phone, _) => 6,
        (Kind::Oaid, Digest::None) => 7,
        (Kind::Oaid, _) => 8,
        _ => 2,
    }
}

/// One line. The tier goes into `tags`; there is no timestamp: the upload is its own.
pub fn line(ids: &[Line], data_type: u8) -> Vec<u8> {
    let mut message = Vec::new();
    for Line { id, tier } in ids {
        let mut item = vec![TYPE, data_type];
        bytes(ID, id, &mut item);
        if *tier > 0 {
            bytes(TAGS, format!("tier-{tier}").as_bytes(), &mut item);
        }
        bytes(LIST, &item, &mut message);
    }
    let mut line = STANDARD.encode(message).into_bytes();
    line.push(b'\n');
    line
}

fn bytes(key: u8, bytes: &[u8], to: &mut Vec<u8>) {
    to.push(key);
    let mut length = bytes.len();
    while length > 127 {
        to.push(length as u8 | 128);
        length >>= 7;
    }
    to.push(length as u8);
    to.extend_from_slice(bytes);
}

/// The IDs of a line, one per line; nothing if it is no such message or holds another type.
pub fn ids(line: &[u8], data_type: u8, to: &mut Vec<u8>) -> Option<()> {
    let message = STANDARD.decode(line).ok()?;
    let mut rest = &message[..];
    while !rest.is_empty() {
        let (key, mut item) = field(&mut rest)?;
        while key == LIST && !item.is_empty() {
            match field(&mut item)? {
                (ID, id) => to.extend([id, b"\n"].concat()),
                (TYPE, number) if number != [data_type] => return None,
                _ => {}
            }
        }
    }
    Some(())
}

/// The next field: its key, and its bytes or those of its number.
fn field<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8])> {
    let (&key, after) = rest.split_first()?;
    let number = after.iter().position(|b| b & 128 == 0)? + 1;
    let (head, body) = after.split_at(number);
    let length = head.iter().rev().fold(0usize, |n, b| n << 7 | usize::from(b & 127));
    let (value, left) = match key {
        TIME | TYPE => (head, body),
        _ => body.split_at_checked(length)?,
    };
    *rest = left;
    Some((key, value))
}
