//! Figures as somebody printed them, held against what they should be.

/// A printed number, its `%` left off, and the unit of its last digit.
pub fn printed(text: &str) -> Option<(f64, f64)> {
    let text = text.trim().trim_end_matches('%').trim();
    let unit = 10f64.powi(-(text.split('.').nth(1).map_or(0, str::len) as i32));
    Some((text.parse::<f64>().ok().filter(|said| said.is_finite())?, unit))
}

/// Whether a number may be printed so: rounded or cut at its last digit.
pub fn prints(number: f64, text: &str) -> bool {
    printed(text).is_some_and(|(said, unit)| (said - number).abs() < unit * (1.0 + 1e-9))
}

/// A number against its print: `fine`, `ten-times` (apart by a power of ten), `rate-apart`.
pub fn print_verdict(number: f64, text: &str) -> &'static str {
    let Some((said, unit)) = printed(text) else { return "rate-apart" };
    let is = |times: f64| (said * times - number).abs() < unit * times.max(1.0) * (1.0 + 1e-9);
    match () {
        () if is(1.0) => "fine",
        () if is(10.0) || is(0.1) || is(100.0) || is(0.01) => "ten-times",
        () => "rate-apart",
    }
}
