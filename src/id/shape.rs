//! What a cell looks like, before anyone knows what it is: counted for every cell of every column, so that
//! the kind of a column is told from the whole file and not from its head.

use super::cell::{self, FOLDED};
use super::digest::Bytes;
use super::normalise::{china, dial, is_email};

macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The form of a cell.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Shape { $($(#[$doc])* $name,)* }

        impl Shape {
            /// All shapes, in order of their index.
            pub const ALL: &'static [Shape] = &[$(Shape::$name,)*];
            /// How many there are.
            pub const COUNT: usize = Shape::ALL.len();
        }
    };
}

shapes! {
    /// White space only.
    Empty,
    /// A Chinese mobile number of 11 digits, ornaments aside.
    CnPhone,
    /// The same with +86, 86 or 0086.
    CnPhone86,
    /// A plus sign and 8 to 15 digits.
    E164,
    /// Something@something.
    Email,
    /// 15 digits.
    Imei15,
    /// 14 digits, or 14 hex digits as in a MEID.
    Imei14,
    /// 16 hex digits with a letter: Android ID, an OAID, half an MD5.
    Hex16,
    /// 32 hex digits.
    Md5,
    /// 40 hex digits.
    Sha1,
    /// 64 hex digits.
    Hex64,
    /// 32 bytes in base64.
    Base64Of32,
    /// 20 bytes in base64.
    Base64Of20,
    /// 16 bytes in base64.
    Base64Of16,
    /// A UUID with an upper-case letter.
    UuidUpper,
    /// A UUID without.
    UuidLower,
    /// Digits of another length.
    Digits,
    /// A number a spreadsheet rounded.
    Scientific,
    /// Anything else.
    Text,
}

impl Shape {
    /// Its place in a count.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The shape of a cell. No allocation; most cells are settled by one pass over their bytes.
pub fn shape(cell: &[u8]) -> Shape {
    let cell = cell::trim(cell);
    if cell.is_empty() {
        return Shape::Empty;
    }
    let mut room = [0; FOLDED];
    match Letters::of(cell) {
        Letters::Digits => of_digits(cell),
        Letters::Hex => of_hex(cell),
        Letters::Other => of_text(cell),
        Letters::Foreign => match cell::fold(cell, &mut room) {
            Some(ascii) => shape(ascii),
            None if is_email(cell) => Shape::Email,
            None => Shape::Text,
        },
    }
}

/// What a cell is written with.
enum Letters {
    Digits,
    Hex,
    Other,
    Foreign,
}

impl Letters {
    /// One table look-up per byte: this runs over every byte of every file.
    fn of(cell: &[u8]) -> Letters {
        match cell.iter().fold(0, |seen, b| seen | CLASSES[usize::from(*b)]) {
            DIGIT => Letters::Digits,
            seen if seen <= DIGIT | HEX => Letters::Hex,
            seen if seen < FOREIGN => Letters::Other,
            _ => Letters::Foreign,
        }
    }
}

const DIGIT: u8 = 1;
const HEX: u8 = 2;
const OTHER: u8 = 4;
const FOREIGN: u8 = 8;

/// The class of each byte.
const CLASSES: [u8; 256] = {
    let mut table = [FOREIGN; 256];
    let mut b = 0;
    while b < 128 {
        table[b] = match b as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' | b'A'..=b'F' => HEX,
            _ => OTHER,
        };
        b += 1;
    }
    table
};

fn of_digits(cell: &[u8]) -> Shape {
    match (china(false, cell).is_some(), cell.len()) {
        (true, 11) => Shape::CnPhone,
        (true, _) => Shape::CnPhone86,
        (_, 14) => Shape::Imei14,
        (_, 15) => Shape::Imei15,
        (_, 32 | 40 | 64) => of_hex(cell),
        _ => Shape::Digits,
    }
}

fn of_hex(cell: &[u8]) -> Shape {
    match cell.len() {
        14 => Shape::Imei14,
        16 => Shape::Hex16,
        32 => Shape::Md5,
        40 => Shape::Sha1,
        64 => Shape::Hex64,
        _ => Shape::Text,
    }
}

fn of_text(cell: &[u8]) -> Shape {
    if cell::scientific(cell) {
        return Shape::Scientific;
    }
    if let Some(shape) = of_uuid(cell).or_else(|| of_base64(cell)).or_else(|| of_phone(cell)) {
        return shape;
    }
    if is_email(cell) { Shape::Email } else { Shape::Text }
}

fn of_uuid(cell: &[u8]) -> Option<Shape> {
    let dashed = |i: usize| matches!(i, 8 | 13 | 18 | 23);
    let fits = cell.len() == 36
        && cell.iter().enumerate().all(|(i, b)| if dashed(i) { *b == b'-' } else { b.is_ascii_hexdigit() });
    let upper = cell.iter().any(u8::is_ascii_uppercase);
    fits.then_some(if upper { Shape::UuidUpper } else { Shape::UuidLower })
}

/// Base64 of a digest. Without padding a word could pass for it, so there both cases and a digit are asked
/// for.
fn of_base64(cell: &[u8]) -> Option<Shape> {
    let shape = match cell.len() {
        22 | 24 => Shape::Base64Of16,
        27 | 28 => Shape::Base64Of20,
        43 | 44 => Shape::Base64Of32,
        _ => return None,
    };
    let has = |class: fn(&u8) -> bool| cell.iter().any(class);
    let random = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    ((random || cell.ends_with(b"=")) && Bytes::read(cell).is_some()).then_some(shape)
}

/// A phone with ornaments or a plus sign, or a whole number with the tail a data frame gave it.
fn of_phone(cell: &[u8]) -> Option<Shape> {
    let whole = cell::without_tail(cell);
    if whole.len() < cell.len() {
        return Some(of_digits(whole)).filter(|shape| *shape != Shape::Digits);
    }
    let mut room = [0; 17];
    let (plus, digits) = dial(cell, &mut room)?;
    match (china(plus, digits), plus) {
        (Some(_), _) if digits.len() == 11 => Some(Shape::CnPhone),
        (Some(_), _) => Some(Shape::CnPhone86),
        (None, true) if (8..=15).contains(&digits.len()) && digits[0] != b'0' => Some(Shape::E164),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn table() {
        use Shape::*;
        let table = [
            ("", Empty),
            (" \u{3000}", Empty),
            ("13800138000", CnPhone),
            ("138-0013-8000", CnPhone),
            ("１３８００１３８０００", CnPhone),
            ("13800138000.0", CnPhone),
            ("+8613800138000", CnPhone86),
            ("+86 138 0013 8000", CnPhone86),
            ("8613800138000", CnPhone86),
            ("008613800138000", CnPhone86),
            ("+1 (650) 555-1212", E164),
            ("john_smith@gmail.com", Email),
            ("邮件@例子.cn", Email),
            ("868186020123459", Imei15),
            ("868186020123459.0", Imei15),
            ("86818602012345", Imei14),
            ("a000002c9060f7", Imei14),
            ("237335e5376ff44d", Hex16),
            ("7945bd83237335e5376ff44d62e4f0ae", Md5),
            ("7945BD83237335E5376FF44D62E4F0AE", Md5),
            ("2318756db7ecdcc7c3624d8e9be42f520b40c2f1", Sha1),
            ("a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc", Hex64),
            ("tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf/F5HVRQ=", Base64Of32),
            ("tMmiiTI7IaAcPpQPFQ65uMVCWH8av9jw4cwf_F5HVRQ", Base64Of32),
            ("eUW9gyNzNeU3b/RNYuTwrg==", Base64Of16),
            ("Ixh1bbfs3MfDYk2Om+QvUgtAwvE=", Base64Of20),
            ("FF1999CD-7177-4937-A474-74937A102630", UuidUpper),
            ("cdda802e-fb9c-47ad-9866-0794d394c912", UuidLower),
            ("12", Digits),
            ("12345678901234567890", Digits),
            ("8.68186E+14", Scientific),
            ("12.5", Text),
            ("12.0", Text),
            ("oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", Text),
            ("母婴|汽车", Text),
            ("\u{ff}", Text),
            ("2024-01-05", Text),
            ("-", Text),
        ];
        for (cell, want) in table {
            assert_eq!(shape(cell.as_bytes()), want, "{cell:?}");
        }
        assert_eq!(shape(b"\xff\xfe"), Text);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(cell: Vec<u8>) {
            prop_assert!(shape(&cell).index() < Shape::COUNT);
        }
    }
}
