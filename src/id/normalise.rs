//! One way of writing each ID.
//!
//! Sources: Tencent Ads `custom_audience_files_add` (phone of 11 digits, IMEI lower, IDFA upper with dashes,
//! OAID as it is); E.164 for phones outside China; Apple and Google for the form of IDFA and GAID.

use super::cell::{self, FOLDED};
use super::{Kind, Reject, junk};

/// Writes the canonical form of a cell into `out`, or says why there is none. Applying it twice changes
/// nothing.
pub fn normalise(kind: Kind, cell: &[u8], out: &mut Vec<u8>) -> Result<(), Reject> {
    out.clear();
    let cell = cell::trim(cell);
    if cell.is_empty() {
        return Err(Reject::Empty);
    }
    let written = match kind {
        Kind::Phone => folded(cell, |text| phone(text, out)),
        Kind::Email => email(cell, out),
        Kind::Imei => folded(cell, |text| imei(text, out)),
        Kind::Oaid => oaid(cell, out),
        Kind::Idfa => folded(cell, |text| uuid(text, u8::to_ascii_uppercase, out)),
        Kind::Gaid => folded(cell, |text| uuid(text, u8::to_ascii_lowercase, out)),
        Kind::Opaque => opaque(cell, out),
    };
    written.ok_or_else(|| why(cell))
}

/// Why a trimmed cell is not what was expected: worked out only when it is not.
pub(super) fn why(cell: &[u8]) -> Reject {
    if cell::scientific(cell) {
        Reject::Scientific
    } else if junk::is_word(cell) || junk::is_run(cell) {
        Reject::Junk
    } else {
        Reject::WrongKind
    }
}

fn folded(cell: &[u8], write: impl FnOnce(&[u8]) -> Option<()>) -> Option<()> {
    write(cell::fold(cell, &mut [0; FOLDED])?)
}

/// China's rule first (11 digits, no country code: the opposite of everyone else's), then E.164 with its
/// plus sign, where 00 stands for it.
fn phone(cell: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut room = [0; 17];
    let (plus, digits) = dial(cell::without_tail(cell), &mut room)?;
    if let Some(local) = china(plus, digits) {
        out.extend_from_slice(local);
        return Some(());
    }
    let digits = if plus { digits } else { digits.strip_prefix(b"00")? };
    if !(8..=15).contains(&digits.len()) || digits[0] == b'0' || junk::is_run(digits) {
        return None;
    }
    out.push(b'+');
    out.extend_from_slice(digits);
    Some(())
}

/// The digits of a phone without what people put between them, and whether a plus sign leads.
pub(super) fn dial<'a>(cell: &[u8], room: &'a mut [u8; 17]) -> Option<(bool, &'a [u8])> {
    let (mut plus, mut n) = (false, 0);
    for &b in cell {
        match b {
            b'0'..=b'9' => {
                *room.get_mut(n)? = b;
                n += 1;
            }
            b'+' if n == 0 && !plus => plus = true,
            b' ' | b'-' | b'(' | b')' | b'.' | b'\'' | b'\t' => {}
            _ => return None,
        }
    }
    Some((plus, &room[..n]))
}

/// The 11 digits of a Chinese mobile number, its country code taken off.
pub(super) fn china(plus: bool, digits: &[u8]) -> Option<&[u8]> {
    let local = match (plus, digits.len()) {
        (false, 11) => digits,
        (_, 13) => digits.strip_prefix(b"86")?,
        (false, 15) => digits.strip_prefix(b"0086")?,
        _ => return None,
    };
    (local[0] == b'1' && local[1] >= b'3').then_some(local)
}

/// Trim and lower only: dots and plus-suffixes stay, since most platforms keep them.
fn email(cell: &[u8], out: &mut Vec<u8>) -> Option<()> {
    if cell.is_ascii() {
        out.extend(cell.iter().map(u8::to_ascii_lowercase));
    } else {
        out.extend_from_slice(std::str::from_utf8(cell).ok()?.to_lowercase().as_bytes());
    }
    is_email(out).then_some(())
}

/// Exactly one @, something on both sides, no white space.
pub(super) fn is_email(text: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b'@', text) else { return false };
    let (name, host) = (&text[..at], &text[at + 1..]);
    let spaced = if text.is_ascii() {
        text.iter().any(u8::is_ascii_whitespace)
    } else {
        std::str::from_utf8(text).map_or(true, |t| t.contains(char::is_whitespace))
    };
    !name.is_empty() && !host.is_empty() && memchr::memchr(b'@', host).is_none() && !spaced
}

/// IMEI of 14 or 15 digits or MEID of 14 hex digits, lower. The two lengths stay apart: the check digit is
/// not guessed.
fn imei(cell: &[u8], out: &mut Vec<u8>) -> Option<()> {
    for &b in cell::without_tail(cell) {
        match b {
            b' ' | b'-' | b'\'' => {}
            _ if b.is_ascii_hexdigit() && out.len() < 16 => out.push(b.to_ascii_lowercase()),
            _ => return None,
        }
    }
    let digits = out.iter().all(u8::is_ascii_digit);
    ((out.len() == 14 || out.len() == 15 && digits) && !junk::is_run(out)).then_some(())
}

/// 16, 32, 36 or 64 characters by vendor (docs.getui.com), never re-cased.
fn oaid(cell: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let fits = matches!(cell.len(), 16 | 32 | 36 | 64);
    let plain = cell.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    out.extend_from_slice(cell);
    (fits && plain && !junk::is_run(cell)).then_some(())
}

/// A UUID with dashes, in one case; the dashes may have been lost. Zeros are what a device says when
/// tracking is refused.
fn uuid(cell: &[u8], case: fn(&u8) -> u8, out: &mut Vec<u8>) -> Option<()> {
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    let dashed = cell.len() == 36;
    if !dashed && cell.len() != 32 || dashed && DASHES.iter().any(|&i| cell[i] != b'-') {
        return None;
    }
    for b in cell.iter().enumerate().filter(|(i, _)| !dashed || !DASHES.contains(i)).map(|(_, b)| b) {
        if !b.is_ascii_hexdigit() {
            return None;
        }
        if DASHES.contains(&out.len()) {
            out.push(b'-');
        }
        out.push(case(b));
    }
    (!junk::is_run(cell)).then_some(())
}

fn opaque(cell: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(cell);
    (!cell::scientific(cell)).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn say(kind: Kind, cell: &str) -> String {
        let mut out = Vec::new();
        match normalise(kind, cell.as_bytes(), &mut out) {
            Ok(()) => String::from_utf8(out).unwrap(),
            Err(reject) => format!("!{}", reject.code()),
        }
    }

    #[test]
    fn phones() {
        let table = [
            ("13800138000", "13800138000"),
            (" 138-0013-8000 ", "13800138000"),
            ("138 0013 8000", "13800138000"),
            ("(138)0013.8000", "13800138000"),
            ("+8613800138000", "13800138000"),
            ("+86 138 0013 8000", "13800138000"),
            ("8613800138000", "13800138000"),
            ("008613800138000", "13800138000"),
            ("１３８００１３８０００", "13800138000"),
            ("＋８６１３８００１３８０００", "13800138000"),
            ("\u{202d}13800138000\u{202c}", "13800138000"),
            ("138\u{a0}0013\u{3000}8000", "13800138000"),
            ("13800138000.0", "13800138000"),
            ("'13800138000", "13800138000"),
            ("+1 (650) 555-1212", "+16505551212"),
            ("0037493828222", "+37493828222"),
            ("+861012345678", "+861012345678"),
            ("12800138000", "!not-this-kind"),
            ("1380013800", "!not-this-kind"),
            ("+123", "!not-this-kind"),
            ("+1234567890123456", "!not-this-kind"),
            ("650-555-1212", "!not-this-kind"),
            ("手机", "!not-this-kind"),
            ("1.38001E+10", "!rounded"),
            ("11111111111", "!junk"),
            ("+11111111111", "!junk"),
            ("00000000000", "!junk"),
            ("0", "!junk"),
            ("NULL", "!junk"),
            ("n/a", "!junk"),
            ("未知", "!junk"),
            (" \t\u{3000}", "!empty"),
        ];
        for (cell, want) in table {
            assert_eq!(say(Kind::Phone, cell), want, "{cell:?}");
        }
    }

    #[test]
    fn emails() {
        let table = [
            (" JANESaoirse@gmail.com ", "janesaoirse@gmail.com"),
            ("Jane.Saoirse+Work@gmail.com", "jane.saoirse+work@gmail.com"),
            ("ÄB@example.com", "äb@example.com"),
            ("a@b", "a@b"),
            ("a@@b", "!not-this-kind"),
            ("@b", "!not-this-kind"),
            ("a@", "!not-this-kind"),
            ("a b@c", "!not-this-kind"),
            ("none", "!junk"),
        ];
        for (cell, want) in table {
            assert_eq!(say(Kind::Email, cell), want, "{cell:?}");
        }
    }

    #[test]
    fn devices() {
        let table = [
            (Kind::Imei, "868186020123459", "868186020123459"),
            (Kind::Imei, "86818602012345", "86818602012345"),
            (Kind::Imei, "A000002C9060F7", "a000002c9060f7"),
            (Kind::Imei, "86-818602-012345-9", "868186020123459"),
            (Kind::Imei, "868186020123459.0", "868186020123459"),
            (Kind::Imei, "8.68186E+14", "!rounded"),
            (Kind::Imei, "000000000000000", "!junk"),
            (Kind::Imei, "A000002C9060F71", "!not-this-kind"),
            (Kind::Idfa, "ff1999cd-7177-4937-a474-74937a102630", "FF1999CD-7177-4937-A474-74937A102630"),
            (Kind::Idfa, "FF1999CD71774937A47474937A102630", "FF1999CD-7177-4937-A474-74937A102630"),
            (Kind::Idfa, "00000000-0000-0000-0000-000000000000", "!junk"),
            (Kind::Idfa, "FF1999CD-71774-937-A474-74937A102630", "!not-this-kind"),
            (Kind::Gaid, "CDDA802E-FB9C-47AD-9866-0794D394C912", "cdda802e-fb9c-47ad-9866-0794d394c912"),
            (Kind::Oaid, "1fe9a970-efbb-29e0-0bdd-f5dbbf751ab5", "1fe9a970-efbb-29e0-0bdd-f5dbbf751ab5"),
            (Kind::Oaid, "D5FF7B0B6F5A4E3C", "D5FF7B0B6F5A4E3C"),
            (Kind::Oaid, "0000000000000000", "!junk"),
            (Kind::Oaid, "short", "!not-this-kind"),
            (Kind::Opaque, " oUpF8uMuAJO_M2pxb1Q9zNjWeS6o ", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"),
            (Kind::Opaque, "0033", "0033"),
            (Kind::Opaque, "9e42", "9e42"),
            (Kind::Opaque, "8.68E+14", "!rounded"),
        ];
        for (kind, cell, want) in table {
            assert_eq!(say(kind, cell), want, "{kind:?} {cell:?}");
        }
    }

    proptest! {
        #[test]
        fn twice_is_once(kind in prop::sample::select(&Kind::ALL), cell in "[ +0-9a-fA-F@.\u{ff10}-\u{ff19}-]{0,40}") {
            let (mut once, mut twice) = (Vec::new(), Vec::new());
            if normalise(kind, cell.as_bytes(), &mut once).is_ok() {
                prop_assert_eq!(normalise(kind, &once, &mut twice), Ok(()));
                prop_assert_eq!(once, twice);
            }
        }

        #[test]
        fn no_bytes_panic(kind in prop::sample::select(&Kind::ALL), cell: Vec<u8>) {
            let _ = normalise(kind, &cell, &mut Vec::new());
        }
    }
}
