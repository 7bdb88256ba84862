//! Digests of IDs: made from text, read from hex and base64, always compared as bytes.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sha2::Digest as _;

use super::{Digest, Key};

/// Padding as it comes; trailing bits must be zero, so that one digest has one spelling per alphabet.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

/// The key of a normalised text in a space with this digest. [`Digest::Mixed`] is never a space; it counts
/// as [`Digest::None`] here.
pub(super) fn key(space: Digest, text: &[u8]) -> Key {
    match space {
        Digest::None | Digest::Mixed | Digest::Sha256 => head(&sha2::Sha256::digest(text)),
        Digest::Md5 => head(&md5::Md5::digest(text)),
        Digest::Sha1 => head(&sha1::Sha1::digest(text)),
        Digest::Sm3 => head(&sm3::Sm3::digest(text)),
        Digest::Md5Sha256 => after_md5(&md5::Md5::digest(text)),
    }
}

/// The whole digest. Undigested: SHA-256.
pub(super) fn bytes(digest: Digest, text: &[u8]) -> Vec<u8> {
    match digest {
        Digest::None | Digest::Mixed | Digest::Sha256 => sha2::Sha256::digest(text).to_vec(),
        Digest::Md5 => md5::Md5::digest(text).to_vec(),
        Digest::Sha1 => sha1::Sha1::digest(text).to_vec(),
        Digest::Sm3 => sm3::Sm3::digest(text).to_vec(),
        Digest::Md5Sha256 => twice(&md5::Md5::digest(text)),
    }
}

/// The whole digest as lower-case hex, as other parties feed it to a second one. Undigested: SHA-256.
pub(super) fn hex(digest: Digest, text: &[u8]) -> String {
    let digit = |n: u8| char::from(LOWER[usize::from(n)]);
    bytes(digest, text).iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}

/// SHA-256 of the lower-case hex text of an MD5.
pub(super) fn twice(md5: &[u8]) -> Vec<u8> {
    let mut text = [0; 32];
    write_hex(&md5[..16], LOWER, &mut text);
    sha2::Sha256::digest(text).to_vec()
}

/// The key in the double-hashed space of an MD5: SHA-256 of its lower-case hex text.
pub(super) fn after_md5(md5: &[u8]) -> Key {
    head(&twice(md5))
}

/// The first 16 bytes of a digest.
pub(super) fn head(digest: &[u8]) -> Key {
    let mut key = [0; 16];
    key.copy_from_slice(&digest[..16]);
    Key(key)
}

/// Digits of lower-case hex.
pub(super) const LOWER: &[u8; 16] = b"0123456789abcdef";
/// Digits of upper-case hex.
pub(super) const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Writes bytes as hex; `out` has two places per byte.
pub(super) fn write_hex(bytes: &[u8], digits: &[u8; 16], out: &mut [u8]) {
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = digits[usize::from(byte >> 4)];
        pair[1] = digits[usize::from(byte & 15)];
    }
}

/// A digest read from a cell: up to 32 bytes.
pub(super) struct Bytes {
    room: [u8; 36],
    width: usize,
}

impl Bytes {
    /// The bytes of the digest.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.room[..self.width]
    }

    /// Reads hex of either case, or base64 of either alphabet with or without padding, of 16, 20 or 32
    /// bytes. The 16-character cut of an MD5 is not read: it loses half of the digest.
    pub(super) fn read(cell: &[u8]) -> Option<Bytes> {
        match cell.len() {
            32 => Bytes::from_hex(cell, 16),
            40 => Bytes::from_hex(cell, 20),
            64 => Bytes::from_hex(cell, 32),
            22 | 24 => Bytes::from_base64(cell, 16),
            27 | 28 => Bytes::from_base64(cell, 20),
            43 | 44 => Bytes::from_base64(cell, 32),
            _ => None,
        }
    }

    fn from_hex(cell: &[u8], width: usize) -> Option<Bytes> {
        let mut room = [0; 36];
        let mut bad = 0;
        for (byte, pair) in room.iter_mut().zip(cell.chunks_exact(2)) {
            let (high, low) = (NIBBLES[usize::from(pair[0])], NIBBLES[usize::from(pair[1])]);
            bad |= high | low;
            *byte = high << 4 | low & 15;
        }
        (bad < 16).then_some(Bytes { room, width })
    }

    fn from_base64(cell: &[u8], width: usize) -> Option<Bytes> {
        let mut room = [0; 36];
        let url = cell.iter().any(|b| matches!(b, b'-' | b'_'));
        let read = if url { URL.decode_slice(cell, &mut room) } else { PLAIN.decode_slice(cell, &mut room) };
        (read.ok()? == width).then_some(Bytes { room, width })
    }
}

/// The value of each hex digit, 0xff for other bytes.
const NIBBLES: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut i = 0;
    while i < 16 {
        table[LOWER[i] as usize] = i as u8;
        table[UPPER[i] as usize] = i as u8;
        i += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_a_digest() {
        for no in [
            "237335e5376ff44d",
            "",
            "g945bd83237335e5376ff44d62e4f0ae",
            "tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRR=",
        ] {
            assert!(Bytes::read(no.as_bytes()).is_none(), "{no}");
        }
    }

    proptest! {
        #[test]
        fn every_spelling_is_the_same_bytes(seed: [u8; 32], width in prop::sample::select(&[16usize, 20, 32])) {
            let digest = &seed[..width];
            let mut hex = vec![0; 2 * width];
            write_hex(digest, LOWER, &mut hex);
            let upper = hex.to_ascii_uppercase();
            let plain = base64::engine::general_purpose::STANDARD.encode(digest);
            let url = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest);
            for spelling in [&hex[..], &upper, plain.as_bytes(), url.as_bytes()] {
                let read = Bytes::read(spelling);
                prop_assert_eq!(read.as_ref().map(Bytes::bytes), Some(digest));
            }
        }
    }
}
