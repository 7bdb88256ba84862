//! Bytes as lower-case hex: digests, keys and signatures as files and screens show them.

/// Two digits per byte.
pub fn text(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Exactly so many bytes, if nothing else stands there.
pub fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut out = [0; N];
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let all: [u8; 256] = std::array::from_fn(|i| i as u8);
        assert_eq!(text(&all[..18]), "000102030405060708090a0b0c0d0e0f1011");
        assert_eq!(bytes(&text(&all)), Some(all));
        for wrong in ["", "0", "000", "0g", "0A", "+1", "é"] {
            assert_eq!(bytes::<1>(wrong), None, "{wrong}");
        }
    }
}
