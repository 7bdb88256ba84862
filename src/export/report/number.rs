//! Numbers for readers: thousands signs, one digit where one digit is known, and what they are of.

/// A count: `48,213`.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share: `77.9%`; small ones keep what tells them from zero.
pub(super) fn percent(share: f64) -> String {
    let decimals = if share > 0.0 && share < 0.001 { 2 } else { 1 };
    fixed(share * 100.0, decimals) + if share.is_finite() { "%" } else { "" }
}

/// So many decimals; a dash for what is no number.
pub(super) fn fixed(number: f64, decimals: usize) -> String {
    let mut text = String::new();
    super::super::csv::plain(number, decimals, &mut text);
    if text.is_empty() { "–".to_owned() } else { text.replacen('-', "\u{2212}", 1) }
}

/// A factor: `6.9`, and `12` from ten on.
pub(super) fn factor(number: f64) -> String {
    fixed(number, usize::from(number < 9.95))
}

/// `6.1–7.8`.
pub(super) fn range(low: f64, high: f64, write: impl Fn(f64) -> String) -> String {
    format!("{}–{}", write(low), write(high))
}

/// A TGI: a whole number.
pub(super) fn tgi(value: Option<f64>) -> String {
    fixed(value.unwrap_or(f64::NAN), 0)
}

/// A q-value: never more digits than mean something.
pub(super) fn q_value(q: Option<f64>) -> String {
    match q {
        Some(q) if q < 0.001 => "<0.001".to_owned(),
        q => fixed(q.unwrap_or(f64::NAN), 3),
    }
}

/// Bytes: `12.9 MB`, in powers of ten.
pub(super) fn bytes(n: u64) -> String {
    let (mut value, mut unit) = (n as f64, 0);
    let units = ["B", "kB", "MB", "GB", "TB"];
    while value >= 999.5 && unit + 1 < units.len() {
        (value, unit) = (value / 1000.0, unit + 1);
    }
    format!("{} {}", fixed(value, usize::from(unit > 0 && value < 99.5)), units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 0.7791, 0.0004, 1.0].map(percent), ["0.0%", "77.9%", "0.04%", "100.0%"]);
        assert_eq!([6.94, 12.4, 9.96].map(factor), ["6.9", "12", "10"]);
        assert_eq!(range(6.14, 7.76, factor), "6.1–7.8");
        assert_eq!([0, 999, 12_874_641, 2_000_000_000].map(bytes), ["0 B", "999 B", "12.9 MB", "2.0 GB"]);
        assert_eq!(
            (q_value(Some(0.0001)), q_value(Some(0.0123)), q_value(None)),
            ("<0.001".into(), "0.012".into(), "–".into())
        );
        assert_eq!(
            (fixed(-0.5, 2), fixed(-0.001, 2), percent(f64::NAN)),
            ("\u{2212}0.50".into(), "0.00".into(), "–".into())
        );
    }
}
