//! A person, as the match sees one.

use serde::{Deserialize, Serialize};

/// A person: the first 16 bytes of the digest in the match space; where the space is not digested, of the
/// SHA-256 of the normalised text.
///
/// 16 bytes and not 8, because a partner can choose IDs: at 10 M × 10 M people chance alone collides once
/// in 10²⁴ tries (`formulas.md` F1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Key(pub [u8; 16]);

/// The seed of the split over shards: any fixed number apart from those that plans use.
const SHARD_SEED: u64 = 0x61_74_6f_6c_6c; // "atoll"

impl Key {
    /// Which of `shards` holds this person. The same on every target; any share of people falls evenly.
    pub fn shard(self, shards: usize) -> usize {
        ((u128::from(self.mix(SHARD_SEED)) * shards as u128) >> 64) as usize
    }

    /// A 64-bit hash of the person under a seed, for folds, samples and ties.
    ///
    /// Both halves (little endian) pass SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014) in turn,
    /// chained from the seed. Not secret: it spreads, it does not hide.
    pub fn mix(self, seed: u64) -> u64 {
        let (low, high) = self.halves();
        finalise(finalise(finalise(seed) ^ low) ^ high)
    }

    /// The key told apart from equal keys of another type of ID.
    #[must_use]
    pub fn masked(self, mask: Key) -> Key {
        Key((u128::from_le_bytes(self.0) ^ u128::from_le_bytes(mask.0)).to_le_bytes())
    }

    fn halves(self) -> (u64, u64) {
        let both = u128::from_le_bytes(self.0);
        (both as u64, (both >> 64) as u64)
    }
}

/// The value of [`Key::mix`] at or below which about `some` of `all` people lie, under any seed.
pub fn threshold(some: u64, all: u64) -> u64 {
    (u128::from(some) * u128::from(u64::MAX) / u128::from(all.max(1))) as u64
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:032x})", u128::from_be_bytes(self.0))
    }
}

/// SplitMix64: add the golden gamma, then its finaliser (variant 13 of Stafford).
fn finalise(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u32) -> Key {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        Key(bytes)
    }

    #[test]
    fn the_finaliser_is_splitmix64() {
        // First output of SplitMix64 seeded with 0, as in Java's SplittableRandom and Vigna's splitmix64.c.
        assert_eq!(finalise(0), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn shards_are_even_even_for_plain_numbers() {
        for shards in [1usize, 2, 3, 7] {
            let mut counts = vec![0u32; shards];
            (0..70_000).for_each(|n| counts[key(n).shard(shards)] += 1);
            let mean = 70_000 / shards as u32;
            assert!(counts.iter().all(|&c| c.abs_diff(mean) < mean / 20), "{counts:?}");
        }
    }

    #[test]
    fn mix_depends_on_every_byte_and_on_the_seed() {
        let zero = Key::default();
        for i in 0..16 {
            let mut other = zero;
            other.0[i] = 1;
            assert!((zero.mix(7) ^ other.mix(7)).count_ones() > 12);
        }
        assert_ne!(zero.mix(7), zero.mix(8));
        assert_eq!(zero.mix(7), 0x9c01_4791_61bc_5d78, "the split of people is part of the interface");
    }

    #[test]
    fn a_key_is_sixteen_bytes_on_the_wire() {
        assert_eq!(postcard::to_allocvec(&key(5)).unwrap(), key(5).0);
    }
}
