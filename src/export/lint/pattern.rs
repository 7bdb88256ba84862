//! IDs in the open, in any cell and inside any text.

use super::finding::Code;
use crate::id::{Kind, Shape, shape};

/// Patterns that are looked for, in the order of [`Found`].
pub const PATTERNS: [(Code, Kind); 4] = [
    (Code::RawPhone, Kind::Phone),
    (Code::RawEmail, Kind::Email),
    (Code::RawIdCard, Kind::Opaque),
    (Code::DeviceId, Kind::Opaque),
];

/// Shortest text that can hold one.
const SHORTEST: usize = 6;

/// Which pattern a whole cell is, by its place in [`PATTERNS`].
pub fn whole(cell: &[u8], is: Shape) -> Option<usize> {
    match is {
        Shape::CnPhone | Shape::CnPhone86 | Shape::E164 => (!decimal(cell)).then_some(0),
        Shape::Email => address(cell).then_some(1),
        Shape::UuidUpper | Shape::UuidLower => {
            cell.iter().any(|b| b.is_ascii_hexdigit() && *b != b'0').then_some(3)
        }
        Shape::Imei15 => luhn(cell).then_some(3),
        Shape::Digits | Shape::Text => card(cell).then_some(2),
        _ => None,
    }
}

/// Every ID inside a text: calls `see` with each and its place in [`PATTERNS`].
pub fn inside(text: &[u8], see: &mut dyn FnMut(&[u8], usize)) {
    for word in text.split(|b| !in_word(*b)).filter(|word| word.len() >= SHORTEST) {
        if let Some(found) = of_word(word) {
            see(word, found);
        }
    }
}

/// Which pattern a word is.
pub fn of_word(word: &[u8]) -> Option<usize> {
    let worth = word.contains(&b'@') || word.iter().filter(|b| b.is_ascii_digit()).count() >= 8;
    let end = word.iter().rposition(|b| !b".-".contains(b)).map_or(0, |at| at + 1);
    if worth { whole(&word[..end], shape(&word[..end])) } else { None }
}

/// Whether a byte is part of a word: what IDs are written with.
pub fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"@._-+%".contains(&byte)
}

/// A number with decimals is no phone, however many digits it has.
fn decimal(cell: &[u8]) -> bool {
    let Some(at) = cell.iter().position(|b| *b == b'.') else { return false };
    let (whole, rest) = (&cell[..at], &cell[at + 1..]);
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    digits(whole.trim_ascii_start()) && digits(rest) && rest.iter().any(|b| *b != b'0')
}

/// An address somebody could write to: its host ends in letters. `tencent@1.2` does not.
fn address(cell: &[u8]) -> bool {
    let host = cell.rsplit(|b| *b == b'@').next().unwrap_or_default();
    let end = host.rsplit(|b| *b == b'.').next().unwrap_or_default();
    end.len() < host.len() && end.len() >= 2 && end.iter().all(|b| b.is_ascii_alphabetic() || *b > 127)
}

/// The check digit of an IMEI (ISO/IEC 7812-1).
fn luhn(digits: &[u8]) -> bool {
    let worth = |(at, b): (usize, &u8)| {
        let twice = u32::from(b.wrapping_sub(b'0')) << (at & 1);
        if twice > 9 { twice - 9 } else { twice }
    };
    let sum: u32 = digits.iter().rev().enumerate().map(worth).sum();
    digits.iter().all(u8::is_ascii_digit) && sum.is_multiple_of(10) && sum > 0
}

/// A Chinese ID card (GB 11643-1999): 17 digits with a day of birth, and a check digit (ISO 7064 MOD 11-2).
fn card(cell: &[u8]) -> bool {
    let Some((body, [last])) =
        cell.split_at_checked(17).filter(|(body, _)| body.iter().all(u8::is_ascii_digit))
    else {
        return false;
    };
    let number = |part: &[u8]| part.iter().fold(0, |n, b| 10 * n + u32::from(b - b'0'));
    let born = (1_880..2_100).contains(&number(&body[6..10])) && (1..=12).contains(&number(&body[10..12]));
    let sum = body.iter().fold(0, |sum, b| (sum + u32::from(b - b'0')) * 2 % 11);
    let check = b"10X98765432"[(sum % 11) as usize];
    born && (1..=31).contains(&number(&body[12..14])) && check == last.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&'static str> {
        let mut all = vec![];
        inside(text.as_bytes(), &mut |_, at| all.push(PATTERNS[at].0.words().0));
        all
    }

    #[test]
    fn ids_are_found_in_any_text_and_nothing_else_is() {
        let table: [(&str, &[&str]); 22] = [
            ("13800138000", &["raw-phone"]),
            ("call 13800138000 or +86 then a@b.cn", &["raw-phone", "raw-email"]),
            ("电话13800138000，谢谢", &["raw-phone"]),
            ("+16505551212", &["raw-phone"]),
            ("23800138000", &[]),
            ("113800138000", &[]),
            ("1.3800138000", &[]),
            ("13800138000.0", &["raw-phone"]),
            ("john_smith@gmail.com", &["raw-email"]),
            ("tencent@1.2", &[]),
            ("@media", &[]),
            // The worked example of GB 11643-1999, then one digit off, then no day of birth.
            ("11010519491231002X", &["raw-id-card"]),
            ("11010519491231002x", &["raw-id-card"]),
            ("110105194912310021", &[]),
            ("440524188001010014", &["raw-id-card"]),
            ("440524188013010014", &[]),
            ("FF1999CD-7177-4937-A474-74937A102630", &["device-id"]),
            ("00000000-0000-0000-0000-000000000000", &[]),
            ("490154203237518", &["device-id"]),
            ("490154203237517", &[]),
            ("2026-09-01 12:00:00", &[]),
            ("t_abcdefghijklmnopqrstuvwxyz234567", &[]),
        ];
        for (text, want) in table {
            assert_eq!(found(text), want, "{text}");
        }
    }
}
