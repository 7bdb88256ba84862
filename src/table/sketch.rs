//! How many different values, in little room: the smallest hashes tell how dense the rest lie.
//!
//! Bottom-k (Bar-Yossef et al. 2002; Cohen and Kaplan 2007): with k + 1 hashes kept, the count is exact up to k
//! and has a standard error of 1 / sqrt(k - 1), 6 %, above. Merging keeps the smallest of both sides, so the order
//! of slices does not matter. The hash is written out here, since the standard one may change between versions.

use serde::{Deserialize, Serialize};

/// Exact up to here.
pub const K: usize = 256;

/// The smallest hashes seen, ascending; at most K + 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sketch {
    smallest: Vec<u64>,
}

impl Sketch {
    /// Sees a value by its hash.
    #[inline]
    pub fn add(&mut self, hash: u64) {
        if self.smallest.len() > K && self.smallest.last().is_some_and(|top| hash >= *top) {
            return;
        }
        if let Err(at) = self.smallest.binary_search(&hash) {
            self.smallest.insert(at, hash);
            self.smallest.truncate(K + 1);
        }
    }
    /// Adds what another side saw.
    pub fn merge(&mut self, other: &Sketch) {
        other.smallest.iter().for_each(|hash| self.add(*hash));
    }
    /// How many different values were seen.
    pub fn distinct(&self) -> u64 {
        match self.smallest.get(K) {
            // k hashes lie below the last of k + 1: the others lie as densely.
            Some(top) => (K as f64 / (*top as f64 + 1.0) * 18_446_744_073_709_551_616.0).round() as u64,
            None => self.smallest.len() as u64,
        }
    }
}

/// A hash of bytes that is the same on every target and in every version: eight bytes at a time, multiplied
/// and folded, finished with the mixer of MurmurHash3. Not for keys of people and not against adversaries.
#[inline]
pub fn hash(bytes: &[u8]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = (bytes.len() as u64).wrapping_mul(ODD);
    let (words, rest) = bytes.as_chunks::<8>();
    for word in words {
        state = (state ^ u64::from_le_bytes(*word)).wrapping_mul(ODD);
        state ^= state >> 32;
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    state = (state ^ u64::from_le_bytes(last)).wrapping_mul(ODD);
    state ^= state >> 33;
    state = state.wrapping_mul(0xff51_afd7_ed55_8ccd);
    state ^= state >> 33;
    state = state.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    state ^ state >> 33
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: impl IntoIterator<Item = u64>) -> Sketch {
        let mut sketch = Sketch::default();
        values.into_iter().for_each(|v| sketch.add(hash(v.to_string().as_bytes())));
        sketch
    }

    #[test]
    fn exact_when_few_and_close_when_many() {
        for n in [0, 1, 255, 256] {
            assert_eq!(of((0..n).chain(0..n)).distinct(), n);
        }
        for n in [1_000u64, 50_000, 1_000_000] {
            let told = of(0..n).distinct() as f64 / n as f64;
            assert!((0.8..1.2).contains(&told), "{n}: {told}");
        }
    }

    #[test]
    fn the_hash_stays_as_it_is() {
        let known = [hash(b""), hash(b"a"), hash("母婴".as_bytes()), hash(b"13800138000")];
        assert_eq!(known, KNOWN);
    }
    const KNOWN: [u64; 4] =
        [0, 5_175_171_105_764_696_941, 12_632_924_210_422_397_127, 12_593_488_309_587_283_770];

    proptest! {
        #[test]
        fn any_split_merges_to_the_same(values in prop::collection::vec(0u64..2_000, 0..1_500), cut in 0usize..1_500) {
            let cut = cut.min(values.len());
            let (mut left, mut right) = (of(values[..cut].to_vec()), of(values[cut..].to_vec()));
            let whole = of(values);
            let before = left.clone();
            left.merge(&right);
            right.merge(&before);
            prop_assert_eq!(&left, &whole);
            prop_assert_eq!(&right, &whole);
        }
    }
}
