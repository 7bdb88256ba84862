use crate::error::Result; use crate::table::schema::*;
pub fn detect(sample: &[u8], _whole: bool, container: Container, encoding: Encoding, d: Option<u8>, h: Option<bool>) -> Result<Dialect> {
    let _ = sample; Ok(Dialect { container, encoding, delimiter: d.unwrap_or(b','), quoted: true, header: h.unwrap_or(true) }) }
