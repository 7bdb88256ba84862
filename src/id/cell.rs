//! The cell as people paste it: white space of every width, full-width digits, marks nobody sees, and what
//! spreadsheets do to numbers.

/// The cell without white space and invisible marks around it.
pub fn trim(cell: &[u8]) -> &[u8] {
    let ascii = cell.trim_ascii();
    let plain = |b: Option<&u8>| b.is_none_or(|&b| b.is_ascii() && b != 0x0b);
    if plain(ascii.first()) && plain(ascii.last()) {
        return ascii;
    }
    match std::str::from_utf8(ascii) {
        Ok(text) => text.trim_matches(|c: char| c.is_whitespace() || invisible(c)).as_bytes(),
        Err(_) => ascii,
    }
}

/// Marks without width that come along with copied numbers (Windows contacts put U+202D before phones).
fn invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Longest phone, IMEI or UUID with its ornaments.
pub(super) const FOLDED: usize = 64;

/// The cell with full-width forms made ASCII and invisible marks dropped; absent if anything else remains
/// or it is too long to be a phone or a device ID. Plain ASCII is passed through untouched.
pub(super) fn fold<'a>(cell: &'a [u8], room: &'a mut [u8; FOLDED]) -> Option<&'a [u8]> {
    if cell.is_ascii() {
        return Some(cell);
    }
    let mut n = 0;
    for c in std::str::from_utf8(cell).ok()?.chars().filter(|&c| !invisible(c)) {
        *room.get_mut(n)? = narrow(c)?;
        n += 1;
    }
    Some(&room[..n])
}

/// One character as ASCII: full-width forms (U+FF01–U+FF5E), dashes and spaces of every width.
fn narrow(c: char) -> Option<u8> {
    match c {
        '\0'..='\x7f' => Some(c as u8),
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(c as u32 - 0xfee0).ok(),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Some(b'-'),
        _ if c.is_whitespace() => Some(b' '),
        _ => None,
    }
}

/// `13800138000.0` without its tail: spreadsheets and data frames write whole numbers so.
pub(super) fn without_tail(cell: &[u8]) -> &[u8] {
    let zeros = cell.iter().rev().take_while(|&&b| b == b'0').count();
    match cell[..cell.len() - zeros].split_last() {
        Some((b'.', whole)) if zeros > 0 && !whole.is_empty() && whole.iter().all(u8::is_ascii_digit) => {
            whole
        }
        _ => cell,
    }
}

/// Whether a spreadsheet rounded it: `8.68186E+14`. The plus sign is asked for, since `9e42` may be an ID.
pub(super) fn scientific(cell: &[u8]) -> bool {
    let Some(e) = cell.iter().position(|b| matches!(b, b'e' | b'E')) else { return false };
    let (mantissa, exponent) = (&cell[..e], &cell[e + 1..]);
    mantissa.first().is_some_and(u8::is_ascii_digit)
        && mantissa.iter().all(|b| b.is_ascii_digit() || *b == b'.')
        && exponent.first() == Some(&b'+')
        && (2..=3).contains(&(exponent.len() - 1))
        && exponent[1..].iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_of_every_width_goes() {
        for cell in ["a b", " a b\t", "\u{3000}a b\u{a0}", "\u{feff}a b", "\u{202d}a b\u{202c}", "\x0ba b"] {
            assert_eq!(trim(cell.as_bytes()), b"a b", "{cell:?}");
        }
        assert_eq!(trim("\u{3000} ".as_bytes()), b"");
        assert_eq!(trim(b" \xff "), b"\xff");
    }

    #[test]
    fn full_width_becomes_ascii() {
        let mut room = [0; FOLDED];
        assert_eq!(fold("＋８６\u{200b}－（1）".as_bytes(), &mut room), Some(&b"+86-(1)"[..]));
        assert_eq!(fold("手机".as_bytes(), &mut room), None);
        assert_eq!(fold("１".repeat(65).as_bytes(), &mut room), None);
    }

    #[test]
    fn spreadsheet_marks() {
        assert_eq!(without_tail(b"13800138000.0"), b"13800138000");
        assert_eq!(without_tail(b"13800138000"), b"13800138000");
        assert_eq!(without_tail(b"138.0013.8000"), b"138.0013.8000");
        assert_eq!(without_tail(b".0"), b".0");
        for yes in ["8.68186E+14", "1e+10", "1.38001E+10"] {
            assert!(scientific(yes.as_bytes()), "{yes}");
        }
        for no in ["9e42", "E+14", "8.68", "user+e", "1E+", "86818602e12345", "e"] {
            assert!(!scientific(no.as_bytes()), "{no}");
        }
    }
}
