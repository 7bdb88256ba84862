//! Random choices: one stream per purpose, seeded by the plan, the same on every target.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream is for; streams of different purposes never meet.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    /// Starts of k-means on the sample.
    Starts = 1,
    /// Starts and resamples for the choice of k.
    Choice = 2,
    /// First guess of the map's axes.
    Axes = 3,
}

/// A stream of choices.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of a plan for a purpose.
    pub fn new(seed: u64, purpose: Purpose) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8] = purpose as u8;
        Dice(ChaCha8Rng::from_seed(key))
    }
    /// A number below `n`, which is not 0. Off from uniform by less than n / 2⁶⁴.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }
    /// A number in `-0.5..0.5`.
    pub fn centred(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    }
}
