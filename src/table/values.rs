//! Cells to values, shared by the survey and the loader so that both read a cell the same way.
//!
//! Cells come in as the file has them; [`trim`] takes white space and marks without width away, and everything
//! else here expects a trimmed cell.

pub use crate::id::trim;
use serde::{Deserialize, Serialize};

/// Cells that mean "no value" unless the recipe says otherwise.
pub const MISSING: &[&str] = &["", "NA", "N/A", "null", "\\N", "-", "nan", "未知"];

/// Cells that mean "no value": compared trimmed and without ASCII case. The empty cell always does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    markers: Vec<Vec<u8>>,
    /// Bytes of the longest marker: most cells are settled by their length.
    longest: usize,
}

impl Missing {
    /// These markers, and the empty cell.
    pub fn new<S: AsRef<str>>(markers: impl IntoIterator<Item = S>) -> Self {
        let mut markers: Vec<Vec<u8>> =
            markers.into_iter().map(|m| trim(m.as_ref().as_bytes()).to_ascii_lowercase()).collect();
        markers.retain(|m| !m.is_empty());
        let longest = markers.iter().map(Vec::len).max().unwrap_or(0);
        Missing { markers, longest }
    }
    /// Whether a trimmed cell has no value.
    #[inline]
    pub fn has(&self, cell: &[u8]) -> bool {
        let marked = || self.markers.iter().any(|m| m.len() == cell.len() && m.eq_ignore_ascii_case(cell));
        cell.is_empty() || cell.len() <= self.longest && marked()
    }
}

/// The number a trimmed cell writes: digits with an optional sign, fraction and exponent, thousands separated
/// by commas in groups of three, a trailing percent sign (`12%` is 12: bins keep the unit of the file).
///
/// The value is the double nearest to the decimal text, as `str::parse` gives it on every target.
pub fn number(cell: &[u8]) -> Option<f64> {
    let cell = cell.strip_suffix(b"%").unwrap_or(cell).trim_ascii_end();
    let (negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, cell),
    };
    let value = short(digits).or_else(|| long(digits))?;
    Some(if negative { -value } else { value })
}

/// Up to 15 digits with at most one point: the digits and the power of ten are exact doubles, so one division
/// rounds correctly (Clinger 1990). Plain twin: [`long`].
fn short(digits: &[u8]) -> Option<f64> {
    if digits.is_empty() || digits.len() > 16 {
        return None;
    }
    let (mut whole, mut point, mut count) = (0u64, None, 0);
    for (i, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                whole = whole * 10 + u64::from(byte - b'0');
                count += 1;
            }
            b'.' if point.is_none() => point = Some(digits.len() - 1 - i),
            _ => return None,
        }
    }
    const TENS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    (1..=15).contains(&count).then(|| whole as f64 / TENS[point.unwrap_or(0)])
}

/// Everything else that is a number: checked here, then read by the standard library.
fn long(text: &[u8]) -> Option<f64> {
    let e = text.iter().position(|b| matches!(b, b'e' | b'E')).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at(e);
    let point = mantissa.iter().position(|b| *b == b'.').unwrap_or(mantissa.len());
    let (whole, fraction) = mantissa.split_at(point);
    let fraction = fraction.get(1..).unwrap_or_default();
    let written = digits(whole) && digits(fraction) && whole.len() + fraction.len() > 0
        || grouped(whole) && digits(fraction);
    if !written || !is_exponent(exponent) {
        return None;
    }
    let clean: Vec<u8> = text.iter().copied().filter(|b| *b != b',').collect();
    let value: f64 = std::str::from_utf8(&clean).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

fn digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

fn is_exponent(text: &[u8]) -> bool {
    match text {
        [] => true,
        [_, b'+' | b'-', rest @ ..] | [_, rest @ ..] => (1..=4).contains(&rest.len()) && digits(rest),
    }
}

/// `1,234,567`
fn grouped(whole: &[u8]) -> bool {
    let mut groups = whole.split(|b| *b == b',');
    let head = groups.next().is_some_and(|g| (1..=3).contains(&g.len()) && digits(g));
    head && whole.contains(&b',') && groups.all(|g| g.len() == 3 && digits(g))
}

/// The labels of a trimmed cell, each trimmed, empty ones skipped, as they stand (`key:value` too). Repeated
/// labels come repeatedly. A separator of one space means any white space. A cell in brackets is read as a
/// JSON array of texts or numbers whatever the separator; escapes inside its texts stay as written.
pub fn parts<'a>(cell: &'a [u8], separator: &'a str) -> Parts<'a> {
    match cell {
        [b'[', inner @ .., b']'] => Parts { rest: Some(inner), cut: Cut::Array },
        _ if separator == " " => Parts { rest: Some(cell), cut: Cut::Blank },
        _ => Parts { rest: Some(cell), cut: Cut::Text(separator.as_bytes()) },
    }
}

/// See [`parts`].
pub struct Parts<'a> {
    rest: Option<&'a [u8]>,
    cut: Cut<'a>,
}

#[derive(Clone, Copy)]
enum Cut<'a> {
    Text(&'a [u8]),
    Blank,
    Array,
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let rest = self.rest?;
            let (part, behind) = self.cut.split(rest);
            self.rest = behind;
            let part = match self.cut {
                Cut::Array => unquoted(trim(part)),
                _ => trim(part),
            };
            if !part.is_empty() {
                return Some(part);
            }
        }
    }
}

impl Cut<'_> {
    fn split<'a>(&self, text: &'a [u8]) -> (&'a [u8], Option<&'a [u8]>) {
        let (at, width) = match self {
            Cut::Text(separator) => (find(text, separator), separator.len()),
            Cut::Blank => (text.iter().position(u8::is_ascii_whitespace), 1),
            Cut::Array => (comma(text), 1),
        };
        match at {
            Some(at) => (&text[..at], Some(&text[at + width..])),
            None => (text, None),
        }
    }
}

fn find(text: &[u8], separator: &[u8]) -> Option<usize> {
    match separator {
        [] => None,
        [byte] => text.iter().position(|b| b == byte),
        [first, ..] => (0..text.len()).find(|&i| text[i] == *first && text[i..].starts_with(separator)),
    }
}

/// The first comma outside quotes.
fn comma(text: &[u8]) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (i, &byte) in text.iter().enumerate() {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), _) if open == byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b',') => return Some(i),
            _ => {}
        }
    }
    None
}

fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => trim(inner),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn missing_cells() {
        let missing = Missing::new(["NA", "\\N", " 未知 ", "", "null"]);
        for yes in ["", "na", "NULL", "\\n", "未知"] {
            assert!(missing.has(yes.as_bytes()), "{yes}");
        }
        for no in ["0", "N A", "未", "nul"] {
            assert!(!missing.has(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn numbers() {
        let table = [
            ("12", 12.0),
            ("-0.5", -0.5),
            ("+3", 3.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("1,234,567.89", 1_234_567.89),
            ("12.5%", 12.5),
            ("1e-3", 0.001),
            ("1.38001380E10", 13_800_138_000.0),
            ("007", 7.0),
            ("123456789012345678901234567890", 1.234_567_890_123_456_8e29),
            ("0.1", 0.1),
        ];
        for (text, want) in table {
            assert_eq!(number(text.as_bytes()), Some(want), "{text}");
        }
        for no in [
            "", ".", "-", "+-5", "1,23", ",123", "1234,567", "inf", "NaN", "0x10", "1e", "1e+", "1e999",
            "1 2", "1.2.3", "%", "1_000", "e5", "１２", "1,234,", "--1",
        ] {
            assert_eq!(number(no.as_bytes()), None, "{no}");
        }
    }

    fn labels(cell: &str, separator: &str) -> Vec<String> {
        parts(cell.as_bytes(), separator).map(|p| String::from_utf8_lossy(p).into_owned()).collect()
    }

    #[test]
    fn labels_of_a_cell() {
        assert_eq!(labels("母婴|汽车| |美妆|", "|"), ["母婴", "汽车", "美妆"]);
        assert_eq!(labels("母婴、汽车", "、"), ["母婴", "汽车"]);
        assert_eq!(labels("a  b\tc", " "), ["a", "b", "c"]);
        assert_eq!(labels("age:18; city:上海", ";"), ["age:18", "city:上海"]);
        assert_eq!(labels(r#"["a, b", "c\"d",'e', 7,""]"#, "|"), ["a, b", "c\\\"d", "e", "7"]);
        assert_eq!(labels("#a#b", "#"), ["a", "b"]);
        assert_eq!(labels("[]", ","), Vec::<String>::new());
        assert_eq!(labels("ab", ""), ["ab"]);
        assert_eq!(labels("", "|"), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn short_numbers_are_those_of_the_standard_library(text in "[0-9]{0,15}\\.?[0-9]{0,3}") {
            let standard = text.parse::<f64>().ok();
            prop_assert_eq!(number(text.as_bytes()).map(f64::to_bits), standard.map(f64::to_bits));
        }

        #[test]
        fn whatever_is_a_number_parses_without_its_ornaments(text in "[-+]?[0-9,]{1,8}(\\.[0-9]{1,2})?(e[-+]?[0-9]{1,2})?%?") {
            if let Some(value) = number(text.as_bytes()) {
                let clean = text.replace([',', '%'], "");
                prop_assert_eq!(clean.parse::<f64>().ok(), Some(value));
            }
        }
    }
}
