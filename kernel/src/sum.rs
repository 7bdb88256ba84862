//! Sums of public points times public scalars, in variable time: the buckets of Pippenger (1976), which batches of rows
//! fill one after the other. The first lane has its buckets and the second its own, so that both add at once.

use crate::field::{Constants, Field};
use crate::lane::V;
use crate::point::Point;
use crate::ristretto::{Encoded, encode_double, pair};
use crate::scalar::{WIDE, WideDigits, half_wide_digits, read};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Digits of a scalar.
const DIGITS: usize = 26;
/// Sizes of a digit. What belongs to digits of size zero is thrown into a bucket that nobody empties.
const SIZES: usize = (1 << (WIDE - 1)) + 1;

/// Words that the buckets of both lanes take.
pub const fn words<F: Field>() -> usize {
    2 * DIGITS * SIZES * 4 * F::LIMBS
}

/// Buckets in memory of so many [`words`].
pub struct Buckets<'a, F> {
    words: &'a [AtomicU64],
    of: Constants<F>,
}

impl<'a, F: Field> Buckets<'a, F> {
    /// Buckets as they stand in memory.
    pub fn new(words: &'a [AtomicU64]) -> Self {
        Buckets { words, of: Constants::new() }
    }
    /// Empties all buckets.
    pub fn clear(&self) {
        let empty = Point::identity();
        (0..DIGITS * SIZES).for_each(|n| self.set([2 * n, 2 * n + 1], &empty));
    }
    /// Adds points times scalars below 2^255. Tells whether all points are canonical encodings other than the identity's; if
    /// they are not, the buckets are worth nothing.
    pub fn add(&self, points: &[Encoded], scalars: &[Encoded]) -> bool {
        let mut all = u64::MAX;
        for i in (0..points.len()).step_by(4) {
            let decoded = self.of.decode(&[i, i + 2].map(|i| pair(points, i, read)));
            for (i, (good, point)) in (i..points.len()).step_by(2).zip(decoded) {
                let mut digits = pair(scalars, i, half_wide_digits);
                if i + 1 == points.len() {
                    digits[1] = [0; DIGITS];
                }
                all = good.words().iter().fold(all, |all, lane| all & lane);
                self.add_pair(&point, &digits);
            }
        }
        all == u64::MAX
    }
    fn add_pair(&self, point: &Point<F>, digits: &[WideDigits; 2]) {
        let ready = point.ready(&self.of);
        for (window, (a, b)) in digits[0].iter().zip(&digits[1]).enumerate() {
            let digit = [*a, *b];
            let at = [0, 1].map(|lane| place(window, digit[lane].unsigned_abs().into(), lane));
            let minus = V::new(digit.map(|d| (d >> 15) as u64));
            self.set(at, &self.get(at).plus(&ready.turned(minus), true));
        }
    }
    /// The sum of all that was added.
    pub fn total(&self) -> Encoded {
        let mut sum = Point::identity();
        for window in (0..DIGITS).rev() {
            sum = (1..WIDE).fold(sum, |sum, _| sum.double(false)).double(true);
            sum = sum.add(&self.window(window), &self.of);
        }
        let other = sum.map(|v| V::new([v.words()[1], v.words()[0]]));
        encode_double(&sum.add(&other, &self.of), &self.of)
    }
    /// Every bucket of a digit times its size, in sums of sums.
    fn window(&self, window: usize) -> Point<F> {
        let (mut larger, mut sum) = (Point::identity(), Point::identity());
        for size in (1..SIZES).rev() {
            larger = larger.add(&self.get([0, 1].map(|lane| place(window, size, lane))), &self.of);
            sum = sum.add(&larger, &self.of);
        }
        sum
    }
    /// A bucket for each lane.
    #[inline(never)]
    fn get(&self, at: [usize; 2]) -> Point<F> {
        let [a, b] = at.map(|n| &self.words[n * 4 * F::LIMBS..(n + 1) * 4 * F::LIMBS]);
        let part = |i: usize| {
            let limb = |words: &[AtomicU64], k: usize| words[i * F::LIMBS + k].load(Relaxed);
            F::from_limbs(|k| V::new([limb(a, k), limb(b, k)]))
        };
        Point { x: part(0), y: part(1), z: part(2), t: part(3) }
    }
    #[inline(never)]
    fn set(&self, at: [usize; 2], point: &Point<F>) {
        for (lane, n) in at.into_iter().enumerate() {
            let words = &self.words[n * 4 * F::LIMBS..(n + 1) * 4 * F::LIMBS];
            let parts = [&point.x, &point.y, &point.z, &point.t];
            for (part, words) in parts.into_iter().zip(words.chunks_exact(F::LIMBS)) {
                words
                    .iter()
                    .enumerate()
                    .for_each(|(k, word)| word.store(part.limb(k).words()[lane], Relaxed));
            }
        }
    }
}

/// Which bucket is a lane's own for digits of this size.
fn place(window: usize, size: usize, lane: usize) -> usize {
    2 * (window * SIZES + size) + lane
}
