//! Values that stand for "no ID". Left in, they match strangers with each other, and they do so just as well
//! once hashed: so they are known raw and in every digest (`tests/vectors/ids.rs` has the published ones).

use super::digest;
use super::{Digest, Key};

/// Words for nothing, in the case people write them first; other cases are added by [`texts`].
const WORDS: [&str; 15] = [
    "null",
    "none",
    "nil",
    "nan",
    "na",
    "n/a",
    "#n/a",
    "unknown",
    "undefined",
    "0",
    "-",
    "\\n",
    "未知",
    "无",
    "空",
];

/// Counts of zeros that stand for an ID: short placeholders, phones, IMEI, and the widths of OAID.
const ZEROS: [usize; 12] = [1, 2, 4, 6, 8, 10, 11, 14, 15, 16, 32, 64];

const ZERO_UUID: &str = "00000000-0000-0000-0000-000000000000";

/// Whether a trimmed cell is a word for nothing, in any case.
pub(super) fn is_word(cell: &[u8]) -> bool {
    WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word.as_bytes()))
}

/// Whether a cell is one hex digit over and over (at least eight), dashes and signs aside.
pub(super) fn is_run(cell: &[u8]) -> bool {
    let mut digits = cell.iter().filter(|b| !matches!(b, b'-' | b'+' | b' ' | b':'));
    let Some(first) = digits.next().filter(|b| b.is_ascii_hexdigit()) else { return false };
    let mut n = 1;
    digits.all(|b| {
        n += 1;
        b == first
    }) && n >= 8
}

/// Every junk value as text, as someone may have hashed it.
fn texts() -> Vec<Vec<u8>> {
    let mut all = vec![String::new(), " ".into(), ZERO_UUID.into()];
    for word in WORDS {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        all.extend([word.into(), word.to_uppercase(), first.to_uppercase() + rest]);
    }
    all.extend(ZEROS.map(|n| "0".repeat(n)));
    all.extend(('1'..='9').flat_map(|digit| [11, 14, 15].map(|n| digit.to_string().repeat(n))));
    all.into_iter().map(String::into_bytes).collect()
}

/// The junk keys of one match space.
pub(super) struct Junk {
    /// One bit per first 12 bits of a key: most people are let through by one look.
    front: [u64; 64],
    sorted: Vec<Key>,
}

impl Junk {
    /// The junk of a space with this digest.
    pub(super) fn of(space: Digest) -> Junk {
        let mut sorted: Vec<Key> = texts().iter().map(|text| digest::key(space, text)).collect();
        sorted.extend([Key([0; 16]), Key([0xff; 16])]);
        sorted.sort_unstable();
        sorted.dedup();
        let mut front = [0; 64];
        for &key in &sorted {
            let (word, bit) = slot(key);
            front[word] |= bit;
        }
        Junk { front, sorted }
    }

    /// Whether this key is nobody.
    pub(super) fn has(&self, key: Key) -> bool {
        let (word, bit) = slot(key);
        self.front[word] & bit != 0 && self.sorted.binary_search(&key).is_ok()
    }
}

fn slot(key: Key) -> (usize, u64) {
    (usize::from(key.0[0] & 63), 1 << (key.0[1] & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_every_case() {
        for word in ["null", "NULL", "Null", "N/A", "Unknown", "\\N", "未知", "#N/A"] {
            assert!(is_word(word.as_bytes()), "{word}");
            assert!(texts().contains(&word.as_bytes().to_vec()), "{word}");
        }
        assert!(!is_word(b"nobody"));
    }

    #[test]
    fn runs() {
        for run in ["00000000", "11111111111", "00000000-0000-0000-0000-000000000000", "+8888888888"] {
            assert!(is_run(run.as_bytes()), "{run}");
        }
        for other in ["", "0000000", "13800138000", "xxxxxxxxxx", "----------"] {
            assert!(!is_run(other.as_bytes()), "{other}");
        }
    }
}
