//! Field elements in eleven limbs of 24 bits, exact on every engine: products and their sums stay below 2^53, where
//! doubles are whole numbers, however a multiply-add is rounded.
//!
//! On processors without a vector product of 64 bits this is less work than integers: in wasm one product of 32 bits costs
//! three instructions. The widths of two factors, in tight elements, may have the product six.

use crate::field::{Field, freeze};
use crate::lane::V;

/// Two elements.
#[derive(Clone, Copy)]
pub struct Plain([V; N]);

const N: usize = 11;
const RADIX: f64 = (1 << 24) as f64;
/// 2^264 modulo p.
const PAST: f64 = (19 << 9) as f64;
/// Adding it rounds to a multiple of the radix.
const ROUND: f64 = 1.5 * (1u64 << 52) as f64 * RADIX;

#[inline(always)]
fn times(a: V, b: f64) -> V {
    a.fmul(V::float(b))
}

/// Takes the nearest multiple of the radix out of a limb and gives it in units of the next.
#[inline(always)]
fn take(limb: &mut V) -> V {
    let over = limb.fadd(V::float(ROUND)).fsub(V::float(ROUND));
    *limb = limb.fsub(over);
    times(over, 1.0 / RADIX)
}

/// Hands on what every limb has too much, once for all; what leaves the last one is returned.
#[inline(always)]
fn pass<const M: usize>(limbs: &mut [V; M]) -> V {
    let mut over = V::ZERO;
    for limb in limbs {
        let next = take(limb);
        *limb = limb.fadd(over);
        over = next;
    }
    over
}

/// Twenty-one columns below 2^52.2 to tight limbs: they are carried, folded at 2^264, and carried again.
#[inline(always)]
fn carried(mut columns: [V; 2 * N]) -> [V; N] {
    pass(&mut columns);
    let mut limbs = core::array::from_fn(|k| columns[k].fadd(times(columns[k + N], PAST)));
    close(&mut limbs);
    let first = take(&mut limbs[0]);
    limbs[1] = limbs[1].fadd(first);
    limbs
}

/// A pass whose end comes back to the start.
#[inline(always)]
fn close(limbs: &mut [V; N]) {
    let over = pass(limbs);
    limbs[0] = limbs[0].fadd(times(over, PAST));
}

impl Field for Plain {
    type Wide = Self;
    const RADIX: u32 = 24;

    fn from_limbs(limb: impl Fn(usize) -> V) -> Self {
        Plain(core::array::from_fn(limb))
    }
    #[inline(always)]
    fn map(&self, f: impl Fn(V) -> V) -> Self {
        Plain(core::array::from_fn(|k| f(self.0[k])))
    }
    #[inline(always)]
    fn zip(&self, o: &Self, f: impl Fn(V, V) -> V) -> Self {
        Plain(core::array::from_fn(|k| f(self.0[k], o.0[k])))
    }
    fn lane(&self, lane: usize) -> crate::scalar::Words {
        freeze::<N>(core::array::from_fn(|k| f64::from_bits(self.0[k].words()[lane]) as i64), 24)
    }
    #[inline(always)]
    fn mul_wide(&self, o: &Self) -> Self {
        self.mul(o)
    }
    #[inline(always)]
    fn sq_wide(&self) -> Self {
        self.sq()
    }
    #[inline(always)]
    fn add_wide(a: &Self, b: &Self) -> Self {
        a.plus(b)
    }
    #[inline(always)]
    fn sub_wide(a: &Self, b: &Self) -> Self {
        a.minus(b)
    }
    #[inline(always)]
    fn carry<const SQUARES: bool>(wide: &Self, _: usize) -> Self {
        wide.tight()
    }
    #[inline(always)]
    fn loose<const SQUARES: bool>(wide: &Self, _: usize) -> Self {
        *wide
    }
    #[inline(never)]
    fn tight(&self) -> Self {
        let mut limbs = self.0;
        close(&mut limbs);
        Plain(limbs)
    }
    #[inline(always)]
    fn sum_to_square(&self, o: &Self) -> Self {
        self.plus(o)
    }
    #[inline(never)]
    fn mul(&self, o: &Self) -> Self {
        let mut columns = [V::ZERO; 2 * N];
        for i in 0..N {
            for j in 0..N {
                columns[i + j] = columns[i + j].fadd(self.0[i].fmul(o.0[j]));
            }
        }
        Plain(carried(columns))
    }
    #[inline(never)]
    fn sq(&self) -> Self {
        let mut columns = [V::ZERO; 2 * N];
        for i in 0..N {
            columns[2 * i] = columns[2 * i].fadd(self.0[i].fmul(self.0[i]));
            let twice = self.0[i].fadd(self.0[i]);
            for j in i + 1..N {
                columns[i + j] = columns[i + j].fadd(twice.fmul(self.0[j]));
            }
        }
        Plain(carried(columns))
    }
}
