//! IDs in previews: enough to recognise one's own file, not enough to call anyone.

use super::Kind;

/// A value as previews show it: `138****8000`, `j***@example.com`, the two ends of a hash.
pub fn mask(text: &str, kind: Kind) -> String {
    let chars: Vec<char> = text.trim().chars().collect();
    let at = chars.iter().rposition(|c| *c == '@');
    match (kind, at, chars.len()) {
        (_, _, 0) => String::new(),
        (Kind::Email, Some(at), _) if at > 0 => {
            format!("{}***{}", chars[0], chars[at..].iter().collect::<String>())
        }
        (Kind::Phone, _, 8..=20) => ends(&chars, chars.len() - 8, 4, '*', 4),
        (_, _, 22..) => ends(&chars, 6, 4, '…', 1),
        (_, _, 12..) => ends(&chars, 4, 4, '*', 4),
        (_, _, n) => ends(&chars, n / 4, n / 4, '*', 4),
    }
}

/// The first `head` (at most all but the tail) and last `tail` characters with `mark` between.
fn ends(chars: &[char], head: usize, tail: usize, mark: char, marks: usize) -> String {
    let first = chars[..head].iter();
    let last = chars[chars.len() - tail..].iter();
    first.copied().chain(std::iter::repeat_n(mark, marks)).chain(last.copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn previews() {
        let table = [
            (Kind::Phone, "13800138000", "138****8000"),
            (Kind::Phone, "+8613800138000", "+86138****8000"),
            (Kind::Phone, "12345", "1****5"),
            (Kind::Email, "john@example.com", "j***@example.com"),
            (Kind::Email, "7945bd83237335e5376ff44d62e4f0ae", "7945bd…f0ae"),
            (Kind::Phone, "7945bd83237335e5376ff44d62e4f0ae", "7945bd…f0ae"),
            (Kind::Imei, "868186020123459", "8681****3459"),
            (Kind::Idfa, "FF1999CD-7177-4937-A474-74937A102630", "FF1999…2630"),
            (Kind::Opaque, "会员", "****"),
            (Kind::Opaque, "abcd", "a****d"),
            (Kind::Opaque, "", ""),
        ];
        for (kind, text, want) in table {
            assert_eq!(mask(text, kind), want);
        }
    }

    proptest! {
        #[test]
        fn never_the_whole(kind in prop::sample::select(&Kind::ALL), text in "\\PC{1,50}") {
            prop_assume!(!text.trim().is_empty() && !text.contains('*') && !text.contains('…'));
            prop_assert!(!mask(&text, kind).contains(text.trim()));
        }
    }
}
