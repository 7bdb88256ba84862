//! Field elements in eleven limbs of 24 bits, exact on every engine: products and their sums stay below 2^53, where
//! doubles are whole numbers, however a multiply-add is rounded.
//!
//! On processors without a vector product of 64 bits this is less work than integers: in wasm one product of 32 bits costs
//! three instructions. The widths of two factors, in tight elements, may have the product six.

use crate::field::{Field, freeze};
use crate::lane::V;
use crate::scalar::Words;

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

/// Hands what a limb has too much to another one.
#[inline(always)]
fn hand<const M: usize>(limbs: &mut [V; M], from: usize, to: usize) {
    let over = take(&mut limbs[from]);
    limbs[to] = limbs[to].fadd(over);
}

/// Hands on what every limb has too much, in two chains that run side by side; the end comes back to the start.
#[inline(always)]
fn close(limbs: &mut [V; N]) {
    for from in [0, 5, 1, 6, 2, 7, 3, 8, 4, 9, 5] {
        hand(limbs, from, from + 1);
    }
    let over = take(&mut limbs[10]);
    limbs[0] = limbs[0].fadd(times(over, PAST));
    hand(limbs, 0, 1);
}

/// Eleven low columns and eleven high ones, below 2^52.2, to tight limbs. The high ones are cut small before they are
/// folded at 2^264.
#[inline(always)]
fn carried(low: &[V; N], high: &[V; N]) -> [V; N] {
    let mut high = *high;
    let over: [V; N] = core::array::from_fn(|k| take(&mut high[k]));
    let folded = |k: usize| if k == 0 { high[0] } else { high[k].fadd(over[k - 1]) };
    let mut limbs = core::array::from_fn(|k| low[k].fadd(times(folded(k), PAST)));
    close(&mut limbs);
    limbs
}

/// The sum of the products given by both places of their factors.
macro_rules! column {
    ($a:expr, $b:expr; $i:literal $j:literal $(, $is:literal $js:literal)*) => {
        $a[$i].fmul($b[$j])$(.fadd($a[$is].fmul($b[$js])))*
    };
}

#[rustfmt::skip]
#[inline(always)]
fn product(a: &[V; N], b: &[V; N]) -> [V; N] {
    let high = [
        column!(a, b; 1 10, 2 9, 3 8, 4 7, 5 6, 6 5, 7 4, 8 3, 9 2, 10 1),
        column!(a, b; 2 10, 3 9, 4 8, 5 7, 6 6, 7 5, 8 4, 9 3, 10 2),
        column!(a, b; 3 10, 4 9, 5 8, 6 7, 7 6, 8 5, 9 4, 10 3),
        column!(a, b; 4 10, 5 9, 6 8, 7 7, 8 6, 9 5, 10 4),
        column!(a, b; 5 10, 6 9, 7 8, 8 7, 9 6, 10 5),
        column!(a, b; 6 10, 7 9, 8 8, 9 7, 10 6),
        column!(a, b; 7 10, 8 9, 9 8, 10 7),
        column!(a, b; 8 10, 9 9, 10 8),
        column!(a, b; 9 10, 10 9),
        column!(a, b; 10 10),
        V::ZERO,
    ];
    let low = [
        column!(a, b; 0 0),
        column!(a, b; 0 1, 1 0),
        column!(a, b; 0 2, 1 1, 2 0),
        column!(a, b; 0 3, 1 2, 2 1, 3 0),
        column!(a, b; 0 4, 1 3, 2 2, 3 1, 4 0),
        column!(a, b; 0 5, 1 4, 2 3, 3 2, 4 1, 5 0),
        column!(a, b; 0 6, 1 5, 2 4, 3 3, 4 2, 5 1, 6 0),
        column!(a, b; 0 7, 1 6, 2 5, 3 4, 4 3, 5 2, 6 1, 7 0),
        column!(a, b; 0 8, 1 7, 2 6, 3 5, 4 4, 5 3, 6 2, 7 1, 8 0),
        column!(a, b; 0 9, 1 8, 2 7, 3 6, 4 5, 5 4, 6 3, 7 2, 8 1, 9 0),
        column!(a, b; 0 10, 1 9, 2 8, 3 7, 4 6, 5 5, 6 4, 7 3, 8 2, 9 1, 10 0),
    ];
    carried(&low, &high)
}

/// The products of different limbs stand once for twice, so one factor is doubled; squares of limbs are added.
#[rustfmt::skip]
#[inline(always)]
fn square(a: &[V; N]) -> [V; N] {
    let d: [V; N] = core::array::from_fn(|k| a[k].fadd(a[k]));
    let high = [
        column!(d, a; 1 10, 2 9, 3 8, 4 7, 5 6),
        column!(d, a; 2 10, 3 9, 4 8, 5 7).fadd(column!(a, a; 6 6)),
        column!(d, a; 3 10, 4 9, 5 8, 6 7),
        column!(d, a; 4 10, 5 9, 6 8).fadd(column!(a, a; 7 7)),
        column!(d, a; 5 10, 6 9, 7 8),
        column!(d, a; 6 10, 7 9).fadd(column!(a, a; 8 8)),
        column!(d, a; 7 10, 8 9),
        column!(d, a; 8 10).fadd(column!(a, a; 9 9)),
        column!(d, a; 9 10),
        column!(a, a; 10 10),
        V::ZERO,
    ];
    let low = [
        column!(a, a; 0 0),
        column!(d, a; 0 1),
        column!(d, a; 0 2).fadd(column!(a, a; 1 1)),
        column!(d, a; 0 3, 1 2),
        column!(d, a; 0 4, 1 3).fadd(column!(a, a; 2 2)),
        column!(d, a; 0 5, 1 4, 2 3),
        column!(d, a; 0 6, 1 5, 2 4).fadd(column!(a, a; 3 3)),
        column!(d, a; 0 7, 1 6, 2 5, 3 4),
        column!(d, a; 0 8, 1 7, 2 6, 3 5).fadd(column!(a, a; 4 4)),
        column!(d, a; 0 9, 1 8, 2 7, 3 6, 4 5),
        column!(d, a; 0 10, 1 9, 2 8, 3 7, 4 6).fadd(column!(a, a; 5 5)),
    ];
    carried(&low, &high)
}

impl Field for Plain {
    type Wide = Self;
    const RADIX: u32 = 24;
    const LIMBS: usize = N;

    fn from_limbs(limb: impl Fn(usize) -> V) -> Self {
        Plain(core::array::from_fn(limb))
    }
    #[inline(always)]
    fn limb(&self, k: usize) -> V {
        self.0[k]
    }
    #[inline(always)]
    fn map(&self, f: impl Fn(V) -> V) -> Self {
        Plain(core::array::from_fn(|k| f(self.0[k])))
    }
    #[inline(always)]
    fn zip(&self, o: &Self, f: impl Fn(V, V) -> V) -> Self {
        Plain(core::array::from_fn(|k| f(self.0[k], o.0[k])))
    }
    #[inline(never)]
    fn words(&self) -> [Words; 2] {
        freeze(&self.0, Self::RADIX)
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
        Plain(product(&self.0, &o.0))
    }
    #[inline(never)]
    fn sq(&self) -> Self {
        Plain(square(&self.0))
    }
}
