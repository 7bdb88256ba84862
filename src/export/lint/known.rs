//! Raw IDs somebody could try: every one of them in every digest without a key. A column of digests in which some are
//! found is one that was turned back.

use super::pattern::{PATTERNS, of_word};
use crate::id::{self, Key};

/// Phone numbers tried if no IDs are at hand: a fraction of a second of one core.
const BLOCK: u64 = 1 << 16;
/// First digits of Chinese mobiles: a 1, then these.
const SECOND: &[u8] = b"35789";

/// Digests of raw IDs.
#[derive(Default)]
pub struct Known {
    keys: Vec<Key>,
    /// Raw IDs tried.
    pub tried: u64,
}

impl Known {
    /// A block of Chinese mobiles, spread over all of them: of a million digests of such phones a dozen are among them.
    pub fn block() -> Known {
        let mut known = Known::default();
        for n in 0..BLOCK {
            let lot = id::Key(u128::from(n).to_le_bytes()).mix(BLOCK);
            let second = SECOND[(lot % 5) as usize] - b'0';
            known.add(format!("1{second}{:09}", (lot >> 8) % 1_000_000_000).as_bytes());
        }
        known
    }
    /// Tries a raw ID, too; what is none is passed over.
    pub fn add(&mut self, cell: &[u8]) {
        let cell = id::trim(cell);
        let kind = match of_word(cell) {
            Some(2) | None => return,
            Some(3) => [id::Kind::Idfa, id::Kind::Gaid, id::Kind::Imei].into_iter(),
            Some(found) => [PATTERNS[found].1; 3].into_iter(),
        };
        let mut text = Vec::new();
        let mut before = Vec::new();
        self.tried += 1;
        for kind in kind {
            if id::normalise(kind, cell, &mut text).is_err() || text == before {
                continue;
            }
            for code in [&b""[..], b"86", b"+86"] {
                if code.is_empty() || kind == id::Kind::Phone && text[0] == b'1' {
                    self.keys.extend(id::digests(&[code, &text].concat()));
                }
            }
            before.clone_from(&text);
        }
    }
    /// Puts the digests in order; to be called once all are added.
    pub fn sort(&mut self) {
        self.keys.sort_unstable();
    }
    /// Whether a digest is of one of them.
    pub fn has(&self, cell: &[u8]) -> bool {
        id::digest_key(cell).is_some_and(|key| self.keys.binary_search(&key).is_ok())
    }
}
