//! The kernel's calls by curve25519-dalek, whose encodings are inverted together as the kernel's are.

use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

const ROWS: usize = 256;
static INPUT: [AtomicU8; 96 * ROWS] = [const { AtomicU8::new(0) }; 96 * ROWS];
static OUTPUT: [AtomicU8; 40 * ROWS] = [const { AtomicU8::new(0) }; 40 * ROWS];
static HELD: Mutex<Vec<(Scalar, Option<RistrettoPoint>)>> = Mutex::new(Vec::new());

/// Rows a call may have.
#[unsafe(no_mangle)]
pub extern "C" fn rows() -> usize {
    ROWS
}

/// Address of points or uniform strings, and of scalars behind them.
#[unsafe(no_mangle)]
pub extern "C" fn input() -> *const AtomicU8 {
    INPUT.as_ptr()
}

/// Address of the encodings.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const AtomicU8 {
    OUTPUT.as_ptr()
}

/// Maps and multiplies.
#[unsafe(no_mangle)]
pub extern "C" fn map_mul(rows: usize) {
    let points: Vec<_> =
        (0..rows).map(|i| RistrettoPoint::from_uniform_bytes(&taken(64 * i)) * half(i)).collect();
    give(&points);
}

/// Decodes and multiplies.
#[unsafe(no_mangle)]
pub extern "C" fn mul(rows: usize, scalars: usize) {
    let point = |i: usize| CompressedRistretto(taken(32 * i)).decompress().unwrap_or_default();
    let points: Vec<_> = (0..rows).map(|i| point(i) * half(i.min(scalars - 1))).collect();
    give(&points);
}

/// Sums points times scalars.
#[unsafe(no_mangle)]
pub extern "C" fn sum(rows: usize, first: usize, last: usize) {
    let scalars = (0..rows).map(|i| Scalar::from_bytes_mod_order(taken(64 * ROWS + 32 * i)));
    let points = (0..rows).map(|i| CompressedRistretto(taken(32 * i)).decompress());
    let Ok(mut held) = HELD.lock() else { return };
    if first == 1 {
        held.clear();
    }
    held.extend(scalars.zip(points));
    if last == 1 {
        let (scalars, points): (Vec<_>, Vec<_>) = held.drain(..).unzip();
        let sum = RistrettoPoint::optional_multiscalar_mul(scalars, points).unwrap_or_default();
        give(&[sum * Scalar::ONE.div_by_2()]);
    }
}

fn half(row: usize) -> Scalar {
    Scalar::from_bytes_mod_order(taken(64 * ROWS + 32 * row)).div_by_2()
}

fn taken<const N: usize>(at: usize) -> [u8; N] {
    std::array::from_fn(|i| INPUT[at + i].load(Relaxed))
}

fn give(points: &[RistrettoPoint]) {
    let encoded = RistrettoPoint::double_and_compress_batch(points);
    let bytes = encoded.iter().flat_map(|e| e.0);
    OUTPUT.iter().zip(bytes).for_each(|(out, byte)| out.store(byte, Relaxed));
}
