//! Whole numbers of 256 bits in four words: field elements as they are written, and scalars cut into digits.

/// 256 bits, lowest word first.
pub type Words = [u64; 4];

/// The order of the group, 2^252 + 27742317777372353535851937790883648493.
const ORDER: Words = [0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 1 << 60];

/// Digits of a scalar to the base 16, each from -8 to 8, lowest first.
pub type Digits = [i8; 64];

/// 32 bytes as words.
#[inline(never)]
pub fn read(bytes: &[u8; 32]) -> Words {
    let (words, _) = bytes.as_chunks();
    core::array::from_fn(|k| u64::from_le_bytes(words[k]))
}

/// Words as 32 bytes.
#[inline(never)]
pub fn write(words: &Words) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.as_chunks_mut().0.iter_mut().zip(words).for_each(|(bytes, word)| *bytes = word.to_le_bytes());
    bytes
}

/// Sum modulo 2^256.
pub fn plus(a: &Words, b: &Words) -> Words {
    let mut carry = false;
    core::array::from_fn(|k| {
        let (sum, over) = a[k].overflowing_add(b[k]);
        let (sum, again) = sum.overflowing_add(u64::from(carry));
        carry = over | again;
        sum
    })
}

/// 1 if both are equal, else 0, without a branch.
pub fn equal(a: &Words, b: &Words) -> u64 {
    let differ = (0..4).fold(0, |bits, k| bits | (a[k] ^ b[k]));
    1 ^ ((differ | differ.wrapping_neg()) >> 63)
}

/// Half a scalar below 2^255, modulo the order: encoding doubles the point again.
fn half(scalar: &[u8; 32]) -> Words {
    let words = read(scalar);
    let odd = (words[0] & 1).wrapping_neg();
    let even = plus(&words, &ORDER.map(|word| word & odd));
    core::array::from_fn(|k| even[k] >> 1 | if k < 3 { even[k + 1] << 63 } else { 0 })
}

/// Half a scalar below 2^255, modulo the order, in digits.
#[inline(never)]
pub fn half_digits(scalar: &[u8; 32]) -> Digits {
    let half = half(scalar);
    let mut carry = 0;
    core::array::from_fn(|i| {
        let digit = (half[i / 16] >> (4 * (i % 16)) & 15) as i8 + carry;
        // The last digit keeps what it has: half a scalar ends far below it.
        carry = if i < 63 { (digit + 8) >> 4 } else { 0 };
        digit - (carry << 4)
    })
}

/// Bits of a wide digit.
pub const WIDE: usize = 10;

/// Digits of a public scalar to the base 2^10, each from -512 to 511, lowest first.
pub type WideDigits = [i16; 26];

/// Half a scalar below 2^255, modulo the order, in wide digits.
#[inline(never)]
pub fn half_wide_digits(scalar: &[u8; 32]) -> WideDigits {
    let half = half(scalar);
    let mut carry = 0;
    core::array::from_fn(|i| {
        let (word, shift) = (WIDE * i / 64, WIDE * i % 64);
        let next = if word < 3 && shift > 64 - WIDE { half[word + 1] << (64 - shift) } else { 0 };
        let digit = ((half[word] >> shift | next) & ((1 << WIDE) - 1)) as i16 + carry;
        carry = (digit + (1 << (WIDE - 1))) >> WIDE;
        digit - (carry << WIDE)
    })
}
