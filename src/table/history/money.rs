//! Cells of a number column as whole units of its last decimal: `¥1,234.5` and `1,234.5元` with two decimals are 123450.

/// "No value" in a column of numbers.
pub const NONE: i64 = i64::MIN;
/// Larger amounts are no amounts: 2⁵³ units, what a double holds exactly.
const MOST: i64 = 1 << 53;

/// Reads a trimmed cell; the flag says that digits behind the last decimal were rounded, half away from zero.
pub fn read(cell: &[u8], decimals: u8) -> Option<(i64, bool)> {
    let (negative, cell) = match cell {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, cell),
    };
    let cell = ["¥", "￥", "$", "€"].iter().find_map(|s| cell.strip_prefix(s.as_bytes())).unwrap_or(cell);
    let unit = ["元", "圆", "RMB", "CNY", "USD", "EUR"].iter().find_map(|s| cell.strip_suffix(s.as_bytes()));
    let cell = unit.map_or(cell, <[u8]>::trim_ascii_end);
    let point = cell.iter().position(|b| *b == b'.').unwrap_or(cell.len());
    let (whole, fraction) = (&cell[..point], cell.get(point + 1..).unwrap_or_default());
    if whole.is_empty() && fraction.is_empty() || whole.contains(&b',') && !grouped(whole) {
        return None;
    }
    let mut value = 0i64;
    for digit in whole.iter().filter(|b| **b != b',') {
        value = push(value, *digit)?;
    }
    for place in 0..usize::from(decimals) {
        value = push(value, fraction.get(place).copied().unwrap_or(b'0'))?;
    }
    let rest = fraction.get(usize::from(decimals)..).unwrap_or_default();
    if !rest.iter().all(u8::is_ascii_digit) {
        return None;
    }
    value += i64::from(rest.first().is_some_and(|digit| *digit >= b'5'));
    Some((if negative { -value } else { value }, rest.iter().any(|digit| *digit != b'0')))
}

fn push(value: i64, digit: u8) -> Option<i64> {
    let digit = digit.wrapping_sub(b'0');
    (digit < 10).then(|| value * 10 + i64::from(digit)).filter(|value| *value < MOST)
}

/// `1,234,567`
fn grouped(whole: &[u8]) -> bool {
    let mut groups = whole.split(|b| *b == b',');
    groups.next().is_some_and(|g| (1..=3).contains(&g.len())) && groups.all(|g| g.len() == 3)
}

/// An amount in its unit, as text: 123450 with two decimals is `1234.50`.
pub fn text(value: i64, decimals: u8) -> String {
    let scale = 10u64.pow(u32::from(decimals));
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    match decimals {
        0 => format!("{sign}{size}"),
        d => format!("{sign}{}.{:0width$}", size / scale, size % scale, width = usize::from(d)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_unit_may_stand_behind() {
        for cell in ["123.83元", "123.83 元", "¥123.83", "123.83 RMB", "123.83CNY"] {
            assert_eq!(read(cell.as_bytes(), 2), Some((12_383, false)), "{cell}");
        }
        for cell in ["元", "123元5", "12元元", "3 kg"] {
            assert_eq!(read(cell.as_bytes(), 2), None, "{cell}");
        }
    }

    #[test]
    fn amounts() {
        let table = [
            ("11.77", 2, Some((1177, false))),
            ("¥1,234.5", 2, Some((123_450, false))),
            ("-5", 2, Some((-500, false))),
            ("0.005", 2, Some((1, true))),
            ("-0.005", 2, Some((-1, true))),
            ("0.0049", 2, Some((0, true))),
            ("7.00", 0, Some((7, false))),
            (".5", 1, Some((5, false))),
            ("12,34", 2, None),
            ("1e3", 2, None),
            ("", 2, None),
            (".", 2, None),
            ("-", 2, None),
            ("free", 2, None),
            ("90071992547409.92", 2, None),
        ];
        for (cell, decimals, want) in table {
            assert_eq!(read(cell.as_bytes(), decimals), want, "{cell}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in -MOST / 2..MOST / 2, decimals in 0u8..5) {
            prop_assert_eq!(read(text(value, decimals).as_bytes(), decimals), Some((value, false)));
        }
    }
}
