//! What the page calls. Rows come and go through two buffers in the module's memory; a call reads the first and
//! writes the second.
//!
//! The one place with `unsafe` in it, and only as an attribute: a name a module exports must be unique in the whole
//! program, which no compiler can check across crates. This module is linked with nothing. No `unsafe` block stands
//! here: the buffers are atomics, which are plain memory where there is one thread.
#![allow(unsafe_code)]

#[cfg(target_feature = "relaxed-simd")]
use crate::fused::Fused as Element;
#[cfg(not(target_feature = "relaxed-simd"))]
use crate::plain::Plain as Element;
use crate::ristretto::{self, Encoded, PAIRS};
use crate::scalar::{read, write};
use crate::sum::{Buckets, words};
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

const ROWS: usize = 2 * PAIRS;

/// Points in 32 bytes or uniform strings in 64, then the scalars from `SCALARS` on.
static INPUT: [AtomicU64; 12 * ROWS] = [const { AtomicU64::new(0) }; 12 * ROWS];
/// Encodings, then a byte per row that is 1 for a good point.
static OUTPUT: [AtomicU64; 5 * ROWS] = [const { AtomicU64::new(0) }; 5 * ROWS];
const SCALARS: usize = 8 * ROWS;
/// What is summed, and 1 as long as every point of it was good.
static BUCKETS: [AtomicU64; words::<Element>()] = [const { AtomicU64::new(0) }; words::<Element>()];
static GOOD: AtomicU64 = AtomicU64::new(0);

/// Rows a call may have.
#[unsafe(no_mangle)]
extern "C" fn rows() -> usize {
    ROWS
}

/// Address of the first buffer: 64 · rows bytes of points or uniform strings, 32 · rows bytes of scalars.
#[unsafe(no_mangle)]
extern "C" fn input() -> *const AtomicU64 {
    INPUT.as_ptr()
}

/// Address of the second buffer: 32 · rows bytes of encodings, 8 · rows bytes of which the first is 1 for a good point.
#[unsafe(no_mangle)]
extern "C" fn output() -> *const AtomicU64 {
    OUTPUT.as_ptr()
}

/// Maps `rows` strings of 64 bytes and multiplies each by its scalar.
#[unsafe(no_mangle)]
extern "C" fn map_mul(rows: usize) {
    let (mut uniform, mut scalars, mut out) = ([[[0; 32]; 2]; ROWS], [[0; 32]; ROWS], [[0; 32]; ROWS]);
    (0..rows).for_each(|i| uniform[i] = [taken(8 * i), taken(8 * i + 4)]);
    (0..rows).for_each(|i| scalars[i] = taken(SCALARS + 4 * i));
    ristretto::map_mul::<Element>(&uniform[..rows], &scalars[..rows], &mut out[..rows]);
    out[..rows].iter().enumerate().for_each(give);
}

/// Multiplies `rows` points by their scalars, or all of them by the only one of `scalars`.
#[unsafe(no_mangle)]
extern "C" fn mul(rows: usize, scalars: usize) {
    let (mut points, mut factors, mut out, mut good) =
        ([[0; 32]; ROWS], [[0; 32]; ROWS], [[0; 32]; ROWS], [0; ROWS]);
    (0..rows).for_each(|i| points[i] = taken(4 * i));
    (0..scalars).for_each(|i| factors[i] = taken(SCALARS + 4 * i));
    ristretto::mul::<Element>(&points[..rows], &factors[..scalars], &mut out[..rows], &mut good[..rows]);
    out[..rows].iter().enumerate().for_each(give);
    (0..rows).for_each(|i| OUTPUT[4 * ROWS + i].store(u64::from(good[i]), Relaxed));
}

/// Adds `rows` points times their scalars, all of them public, to a sum that starts anew where `first` is 1. Where `last`
/// is 1 the first row of the second buffer becomes the sum, good if all points were.
#[unsafe(no_mangle)]
extern "C" fn sum(rows: usize, first: usize, last: usize) {
    let (mut points, mut factors) = ([[0; 32]; ROWS], [[0; 32]; ROWS]);
    (0..rows).for_each(|i| points[i] = taken(4 * i));
    (0..rows).for_each(|i| factors[i] = taken(SCALARS + 4 * i));
    let buckets = Buckets::<Element>::new(&BUCKETS);
    if first == 1 {
        GOOD.store(1, Relaxed);
        buckets.clear();
    }
    GOOD.fetch_and(u64::from(buckets.add(&points[..rows], &factors[..rows])), Relaxed);
    if last == 1 {
        give((0, &buckets.total()));
        OUTPUT[4 * ROWS].store(GOOD.load(Relaxed), Relaxed);
    }
}

/// 32 bytes of the first buffer, which forgets them.
fn taken(at: usize) -> Encoded {
    write(&core::array::from_fn(|k| INPUT[at + k].swap(0, Relaxed)))
}

fn give((row, encoded): (usize, &Encoded)) {
    read(encoded).iter().enumerate().for_each(|(k, word)| OUTPUT[4 * row + k].store(*word, Relaxed));
}

#[cfg(not(test))]
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
