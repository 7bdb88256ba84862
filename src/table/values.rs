//! stub
pub struct Missing(Vec<Vec<u8>>); impl Missing { pub fn new(m: &[String]) -> Self { Missing(m.iter().map(|m| m.to_lowercase().into_bytes()).collect()) } pub fn is(&self, c: &[u8]) -> bool { c.is_empty() || self.0.iter().any(|m| m.eq_ignore_ascii_case(c)) } }
pub fn trim(c: &[u8]) -> &[u8] { c.trim_ascii() }
pub fn number(c: &[u8]) -> Option<f64> { std::str::from_utf8(c).ok()?.parse().ok().filter(|v: &f64| v.is_finite()) }
pub fn date(_: &[u8]) -> Option<f64> { None }
pub fn date_text(v: f64) -> String { format!("{v}") }
pub fn parts<'a>(c: &'a [u8], s: &'a [u8]) -> impl Iterator<Item=&'a [u8]> { c.split(move |b| s.contains(b)).filter(|p| !p.is_empty()) }
