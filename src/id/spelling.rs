//! How parties write an ID down before they hash it: the ways that platforms document, and the slips that happen.

use std::borrow::Cow;

use super::{Kind, cell};

macro_rules! ways {
    ($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $way:ident = $code:literal, $en:literal, $zh:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum $name { $($(#[$item])* $way,)* }

        impl $name {
            pub(super) const WORDS: &'static [[&'static str; 3]] = &[$([$code, $en, $zh],)*];
        }
    };
}
pub(super) use ways;

ways! {
    /// How the text was written before hashing.
    Spelling {
        Ours = "ours", "the IDs as usual", "ID 按常规写法";
        AsTyped = "as-typed", "the IDs as your file writes them", "ID 与您文件中的写法一致";
        Verbatim = "verbatim", "the IDs as your file writes them, white space around them included", "ID 与您文件中的写法完全一致（含首尾空格）";
        China = "china", "Chinese phones of 11 digits", "11 位中国手机号";
        Digits = "digits", "phones with the country code and no plus sign", "手机号带国家码（如 86）、不带加号";
        E164 = "e164", "phones with a plus sign and the country code", "手机号带加号和国家码（如 +86）";
        National = "national", "phones without the country code", "手机号去掉国家码";
        Aws = "aws", "phones written as (650)-555-1212 (AWS Entity Resolution)", "手机号写作 (650)-555-1212（AWS 实体解析）";
        Cn0086 = "cn-0086", "phones with 0086", "手机号带 0086";
        ZeroZero = "zero-zero", "phones with 00 in place of the plus sign", "手机号以 00 代替加号";
        Number = "number", "the IDs as plain numbers", "ID 为纯数字";
        Upper = "upper", "the IDs in upper case", "ID 大写";
        Lower = "lower", "the IDs in lower case", "ID 小写";
        UpperUndashed = "upper-undashed", "the IDs in upper case without dashes", "ID 大写且去掉横线";
        LowerUndashed = "lower-undashed", "the IDs in lower case without dashes", "ID 小写且去掉横线";
        Undashed = "undashed", "the IDs without dashes", "ID 去掉横线";
        NoCheckDigit = "no-check-digit", "14-digit IMEIs without the check digit", "IMEI 去掉校验位（14 位）";
        CheckDigit = "check-digit", "15-digit IMEIs with the check digit", "IMEI 补上校验位（15 位）";
        NoDots = "gmail-no-dots", "gmail addresses without dots", "Gmail 去掉点";
        NoDotsPlus = "gmail-no-dots-plus", "gmail addresses without dots and plus-suffix", "Gmail 去掉点和加号后缀";
        NoSuffix = "no-plus-suffix", "e-mail addresses without plus-suffix", "邮箱去掉加号后缀";
    }
}

impl Spelling {
    pub(super) fn of(kind: Kind) -> &'static [Spelling] {
        use Spelling::*;
        match kind {
            Kind::Phone => &[Ours, Digits, E164, National, Aws, Cn0086, ZeroZero, AsTyped, Verbatim],
            Kind::Email => &[Ours, NoDots, NoDotsPlus, NoSuffix, Upper, AsTyped, Verbatim],
            Kind::Imei => &[Ours, Upper, NoCheckDigit, CheckDigit, AsTyped, Verbatim],
            Kind::Idfa => &[Ours, Lower, UpperUndashed, LowerUndashed, AsTyped, Verbatim],
            Kind::Gaid => &[Ours, Upper, LowerUndashed, UpperUndashed, AsTyped, Verbatim],
            Kind::Oaid => &[Ours, Lower, Upper, Undashed, LowerUndashed, UpperUndashed, AsTyped, Verbatim],
            Kind::Opaque => &[Ours, Lower, Upper, Verbatim],
        }
    }

    /// Whether a text under this spelling reads the same under the other one. China's rule is ours, kept to Chinese
    /// numbers.
    pub(super) fn is(self, other: Spelling) -> bool {
        let plain = |s| matches!(s, Spelling::Ours | Spelling::China);
        self == other || plain(self) && plain(other)
    }

    /// Whether two IDs can become one text.
    pub(super) fn joins(self) -> bool {
        use Spelling::*;
        matches!(self, National | NoDots | NoDotsPlus | NoSuffix | Lower)
    }

    /// The text under this spelling, from the cell and its canonical form; absent where it has none.
    pub(super) fn write<'a>(self, cell: &[u8], plain: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        use Spelling::*;
        match self {
            Ours => return Some(plain.into()),
            China => return (plain.first() != Some(&b'+')).then_some(plain.into()),
            _ => {}
        }
        self.rewrite(cell, plain).map(Cow::Owned)
    }

    fn rewrite(self, cell: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        use Spelling::*;
        let undashed = || without(plain, b'-');
        match self {
            Ours | China => None,
            AsTyped => Some(cell::trim(cell).to_vec()),
            Verbatim => (cell::trim(cell) != cell).then(|| cell.to_vec()),
            Digits => Some(international(b"", plain)),
            E164 => Some(international(b"+", plain)),
            National => national(plain),
            Aws => aws(plain),
            Cn0086 => chinese(plain).then(|| international(b"00", plain)),
            ZeroZero => plain.strip_prefix(b"+").map(|digits| [b"00", digits].concat()),
            Number => plain.iter().all(u8::is_ascii_digit).then(|| plain.to_vec()),
            Upper => Some(plain.to_ascii_uppercase()),
            Lower => Some(plain.to_ascii_lowercase()),
            Undashed => Some(undashed()),
            UpperUndashed => Some(undashed().to_ascii_uppercase()),
            LowerUndashed => Some(undashed().to_ascii_lowercase()),
            NoCheckDigit => (plain.len() == 15).then(|| plain[..14].to_vec()),
            CheckDigit => with_check_digit(plain),
            NoDots => mailbox(plain, &["gmail.com", "googlemail.com"], |name| without(name, b'.')),
            NoDotsPlus => mailbox(plain, &["gmail.com"], |name| without(before_plus(name), b'.')),
            NoSuffix => mailbox(plain, &[], |name| before_plus(name).to_vec()),
        }
    }
}

/// Whether a canonical phone is a Chinese mobile: the only ones without a plus sign.
fn chinese(plain: &[u8]) -> bool {
    plain.first() == Some(&b'1')
}

/// A canonical phone with its country code behind this prefix.
fn international(prefix: &[u8], plain: &[u8]) -> Vec<u8> {
    match plain.strip_prefix(b"+") {
        Some(digits) => [prefix, digits].concat(),
        None => [prefix, b"86", plain].concat(),
    }
}

/// Country codes of two digits (ITU-T E.164, list of assigned codes); 1 and 7 have one digit, all others three.
const TWO: [u8; 44] = [
    20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58,
    60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// A canonical phone without its country code.
fn national(plain: &[u8]) -> Option<Vec<u8>> {
    let Some(digits) = plain.strip_prefix(b"+") else { return Some(plain.to_vec()) };
    let two = 10 * (digits.first()? - b'0') + digits.get(1)? - b'0';
    let code = match two {
        10..=19 | 70..=79 => 1,
        two if TWO.contains(&two) => 2,
        _ => 3,
    };
    Some(digits[code..].to_vec())
}

/// `(650)-555-1212`, as AWS Entity Resolution writes a number of ten digits before it hashes it.
fn aws(plain: &[u8]) -> Option<Vec<u8>> {
    let ten = national(plain).filter(|digits| digits.len() == 10)?;
    Some([b"(", &ten[..3], b")-", &ten[3..6], b"-", &ten[6..]].concat())
}

/// An address with its name rewritten if its host is one of these (any, if none is listed).
fn mailbox(plain: &[u8], hosts: &[&str], rewrite: impl Fn(&[u8]) -> Vec<u8>) -> Option<Vec<u8>> {
    let at = plain.iter().position(|b| *b == b'@')?;
    let (name, host) = (&plain[..at], &plain[at + 1..]);
    let listed = hosts.is_empty() || hosts.iter().any(|h| h.as_bytes() == host);
    Some(if listed { [&rewrite(name), &plain[at..]].concat() } else { plain.to_vec() })
}

fn without(name: &[u8], byte: u8) -> Vec<u8> {
    name.iter().copied().filter(|b| *b != byte).collect()
}

fn before_plus(name: &[u8]) -> &[u8] {
    name.split(|b| *b == b'+').next().unwrap_or(name)
}

/// 14 digits with Luhn's check digit (3GPP TS 23.003 annex B).
fn with_check_digit(plain: &[u8]) -> Option<Vec<u8>> {
    if plain.len() != 14 || !plain.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let doubled = |d: u8| if d > 4 { 2 * d - 9 } else { 2 * d };
    let sum: u8 =
        plain.iter().enumerate().map(|(i, b)| if i % 2 == 1 { doubled(b - b'0') } else { b - b'0' }).sum();
    Some([plain, &[b'0' + (10 - sum % 10) % 10]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn() {
        // The example of 3GPP TS 23.003 annex B and of the GSMA: 49015420323751 has check digit 8.
        assert_eq!(with_check_digit(b"49015420323751").as_deref(), Some(&b"490154203237518"[..]));
    }
}
