//! Seeded draws that are the same bits on every target: ChaCha8 words, integer thresholds, `libm` for the rest.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The source of every choice of one city. Each person has a stream of their own, so that any person can be
/// drawn again, alone and in any order.
#[derive(Clone)]
pub(super) struct Source(ChaCha8Rng);

/// One stream.
pub(super) struct Draw(ChaCha8Rng);

impl Source {
    pub(super) fn new(seed: u64) -> Source {
        let mut key = *b"________atoll synthetic city, v1";
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Source(ChaCha8Rng::from_seed(key))
    }
    pub(super) fn stream(&self, number: u64) -> Draw {
        let mut rng = self.0.clone();
        rng.set_stream(number);
        Draw(rng)
    }
}

impl Draw {
    /// A number below `n`, by the high half of a product: the bias is below `n / 2^32`.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(n)) >> 32) as u32
    }
    pub(super) fn word(&mut self) -> u64 {
        self.0.next_u64()
    }
    /// True in so many of 1,000 cases.
    pub(super) fn chance(&mut self, permille: u16) -> bool {
        self.below(1000) < u32::from(permille)
    }
    /// An index, as often as its weight says.
    pub(super) fn pick(&mut self, weights: &[u16]) -> usize {
        let mut left = self.below(weights.iter().map(|&w| u32::from(w)).sum());
        for (i, &weight) in weights.iter().enumerate() {
            match left.checked_sub(u32::from(weight)) {
                Some(rest) => left = rest,
                None => return i,
            }
        }
        weights.len().saturating_sub(1)
    }
    /// One independent bit for each threshold, set with probability `threshold / 65536`.
    pub(super) fn mask(&mut self, thresholds: &[u16]) -> u64 {
        let mut mask = 0;
        for (i, four) in thresholds.chunks(4).enumerate() {
            let word = self.word();
            for (j, &threshold) in four.iter().enumerate() {
                mask |= u64::from((word >> (16 * j)) as u16 <= threshold && threshold > 0) << (4 * i + j);
            }
        }
        mask
    }
    /// Nearly normal with mean 0 and deviation 1: a sum of four even pieces, so that no logarithm is needed.
    pub(super) fn bell(&mut self) -> f64 {
        let word = self.word();
        let sum: u64 = (0..4).map(|i| (word >> (16 * i)) & 0xffff).sum();
        (sum as f64 - 131_070.0) / 37_837.0
    }
    /// Logistic with mean 0 and scale 1: the noise under which a logit is a probability.
    pub(super) fn logistic(&mut self) -> f64 {
        let even = ((self.word() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0;
        libm::log(even / (1.0 - even))
    }
}

/// A permille as a threshold of [`Draw::mask`].
pub(super) fn threshold(permille: u16) -> u16 {
    (u32::from(permille) * 65_535 / 1000) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_promised_distributions() {
        let mut draw = Source::new(1).stream(0);
        let n = 40_000;
        let (mut sum, mut squares, mut ones, mut first) = (0.0, 0.0, 0, 0);
        for _ in 0..n {
            let z = draw.bell();
            (sum, squares) = (sum + z, squares + z * z);
            ones += draw.mask(&[threshold(250), 0, 0, 0, threshold(1000)]) & 1;
            first += u32::from(draw.pick(&[1, 0, 3]) == 0);
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.02 && (squares / n - 1.0).abs() < 0.02);
        assert!((ones as f64 / n - 0.25).abs() < 0.01 && (f64::from(first) / n - 0.25).abs() < 0.01);
    }

    #[test]
    fn streams_are_apart_and_repeatable() {
        let source = Source::new(9);
        assert_eq!(source.stream(3).word(), source.stream(3).word());
        assert_ne!(source.stream(3).word(), source.stream(4).word());
        assert_ne!(source.stream(3).word(), Source::new(10).stream(3).word());
    }
}
