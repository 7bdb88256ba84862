//! A set of people inside one shard: one bit each.

use serde::{Deserialize, Serialize};

/// A set over `len` people. Bits behind `len` are always 0, so counts and complements are exact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    /// Nobody out of `len`.
    pub fn none(len: usize) -> Self {
        Bits { words: vec![0; len.div_ceil(64)], len }
    }
    /// Everybody out of `len`.
    pub fn all(len: usize) -> Self {
        let mut bits = Bits { words: vec![u64::MAX; len.div_ceil(64)], len };
        bits.trim();
        bits
    }
    /// Those for whom `holds` is true.
    pub fn from_fn(len: usize, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut bits = Bits::none(len);
        for i in 0..len {
            bits.words[i / 64] |= (holds(i) as u64) << (i % 64);
        }
        bits
    }
    /// The set whose words `word` gives, one for each run of 64 people.
    pub fn from_words(len: usize, mut word: impl FnMut(std::ops::Range<usize>) -> u64) -> Self {
        let words = (0..len).step_by(64).map(|from| word(from..len.min(from + 64))).collect();
        let mut bits = Bits { words, len };
        bits.trim();
        bits
    }
    /// The people `64 at ..` as bits, the first the lowest.
    #[inline]
    pub fn word(&self, at: usize) -> u64 {
        self.words[at]
    }
    /// How many people the set is over.
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether the set is over nobody.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// Whether person `i` is in.
    #[inline]
    pub fn has(&self, i: usize) -> bool {
        self.words[i / 64] >> (i % 64) & 1 == 1
    }
    /// Puts person `i` in.
    #[inline]
    pub fn set(&mut self, i: usize) {
        self.words[i / 64] |= 1 << (i % 64);
    }
    /// How many are in.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|w| u64::from(w.count_ones())).sum()
    }
    /// In both.
    pub fn and(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }
    /// In either.
    pub fn or(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }
    /// In this and not in the other.
    pub fn minus(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }
    /// The people in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(w, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(w * 64 + bit)
            })
        })
    }
    fn trim(&mut self) {
        if let (Some(last), rest @ 1..) = (self.words.last_mut(), self.len % 64) {
            *last &= (1 << rest) - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_obey_their_algebra_at_word_borders() {
        for len in [0, 1, 63, 64, 65, 200] {
            let third = Bits::from_fn(len, |i| i % 3 == 0);
            let mut rest = Bits::all(len);
            rest.minus(&third);
            assert_eq!(third.count() + rest.count(), len as u64);
            assert_eq!(third.iter().collect::<Vec<_>>(), (0..len).step_by(3).collect::<Vec<_>>());
            let mut both = third.clone();
            both.and(&rest);
            assert_eq!(both, Bits::none(len));
            rest.or(&third);
            assert_eq!(rest, Bits::all(len));
        }
    }
}
