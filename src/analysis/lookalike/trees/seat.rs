//! What a lane knows of one person, in 64 bits: the log-odds so far, whether the tree that grows learns from them, the
//! leaf they are in, and the gradient and curvature of their loss.
//!
//! Gradient and curvature are kept to 2^-15 and 2^-16; margins to 2^-17 within ±32. Whole numbers make every sum exact.

use super::tree::FINE;
use crate::analysis::lookalike::curve::ONE;

/// Leaves of a tree, at most.
pub const LEAVES: usize = 64;
/// The leaf of people a lane does without.
pub const ABSENT: usize = 255;
/// Fixed point of gradients.
pub const STEEP: u32 = 15;
/// Fixed point of curvatures.
pub const BENT: u32 = 16;
/// Bits of a curvature: at most ¼, which is 2^14.
const LOW: u32 = 15;
/// Log-odds lie within ± this, 2^-17.
const MOST: i64 = (1 << 22) - 1;
/// Place of the heard bit and of the leaf.
const HEARD: u32 = 40;
const LEAF: u32 = 32;

/// Margin (23 bits) · heard (1) · leaf (8) · gradient (17) · curvature (15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat(pub i64);

impl Seat {
    /// Someone with these log-odds, in this leaf; `pull` is of [`pull`].
    pub fn new(margin: i32, heard: bool, leaf: usize, pull: u32) -> Seat {
        let margin = i64::from(margin).clamp(-MOST, MOST) << (HEARD + 1);
        Seat(margin | i64::from(heard) << HEARD | (leaf as i64 & ABSENT as i64) << LEAF | i64::from(pull))
    }
    /// The log-odds so far.
    pub fn margin(self) -> i32 {
        (self.0 >> (HEARD + 1)) as i32
    }
    /// Whether the tree learns from them.
    pub fn heard(self) -> bool {
        self.0 >> HEARD & 1 == 1
    }
    /// The leaf.
    pub fn leaf(self) -> usize {
        (self.0 >> LEAF) as usize & ABSENT
    }
    /// The same person in another leaf.
    pub fn moved(self, leaf: u8) -> Seat {
        Seat(self.0 & !((ABSENT as i64) << LEAF) | i64::from(leaf) << LEAF)
    }
    /// Gradient and curvature as a word of which 2^14 may be added.
    pub fn word(self) -> i64 {
        let pull = self.0 as i32;
        (i64::from(pull >> LOW) << ROOM) + i64::from(pull & ((1 << LOW) - 1))
    }
}

/// Bits of the curvature in a word: of 2^14 people at most 2^28.
const ROOM: u32 = 29;

/// The sums in a word.
pub fn sums(word: i64) -> [i64; 2] {
    [word >> ROOM, word & ((1 << ROOM) - 1)]
}

/// Gradient p − y and curvature p (1 − p) of the log-loss at a probability of 2^-30.
pub fn pull(chance: i32, member: bool) -> u32 {
    let (p, one) = (i64::from(chance), 1i64 << ONE);
    let slope = (p - i64::from(member) * one + (1 << (ONE - STEEP - 1))) >> (ONE - STEEP);
    let bend = (p * (one - p) + (1 << (2 * ONE - BENT - 1))) >> (2 * ONE - BENT);
    ((slope << LOW) + bend) as u32
}

/// Log-odds on the grid of margins.
pub fn fine(logit: f64) -> i32 {
    libm::round(logit.clamp(-31.0, 31.0) * f64::from(1 << FINE)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seat_keeps_what_it_is_given() {
        for margin in [0, 1, -1, MOST as i32, -MOST as i32, 12_345, -3_654_321] {
            for (heard, leaf) in [(true, 0), (false, 63), (true, ABSENT)] {
                let seat = Seat::new(margin, heard, leaf, pull(1 << 20, true));
                assert_eq!((seat.margin(), seat.heard(), seat.leaf()), (margin, heard, leaf));
                let moved = seat.moved(17);
                assert_eq!((moved.margin(), moved.heard(), moved.leaf()), (margin, heard, 17));
                assert_eq!(moved.word(), seat.word());
            }
        }
        assert_eq!(Seat::new(i32::MAX, false, 3, 0).margin(), MOST as i32);
    }

    #[test]
    fn a_slice_of_words_adds_up_without_a_carry() {
        for (chance, member) in [(0, true), (0, false), (1 << 29, true), (1 << 29, false), (1 << 30, false)] {
            let word = Seat::new(0, true, 0, pull(chance, member)).word();
            let p = f64::from(chance) / f64::from(1 << ONE);
            let [slope, bend] = sums(word * (1 << 14)).map(|sum| sum as f64 / f64::from(1 << 14));
            assert_eq!(slope / f64::from(1 << STEEP), p - f64::from(u8::from(member)));
            assert_eq!(bend / f64::from(1 << BENT), p * (1.0 - p));
        }
    }
}
