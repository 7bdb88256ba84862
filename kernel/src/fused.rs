//! Field elements in five limbs of 51 bits, for engines that round a multiply-add once.
//!
//! A product of two doubles is split exactly. Added to 1.5 · 2^103, whose last place is 2^51, it leaves its high part
//! there, rounded; a second multiply-add takes that part away again and leaves the low part in the last places of
//! 1.5 · 2^52. The bits of both, taken as integers, are sums already, but for constants that are subtracted at the end.
//! It holds as long as a product is below 2^102: one factor may be tight (2^50 and a little), the other a sum of two.

use crate::field::{Field, freeze};
use crate::lane::V;

/// Two elements.
#[derive(Clone, Copy)]
pub struct Fused([V; 5]);

/// What high parts are taken up by.
const HIGH: f64 = 1.5 * TWO_103;
/// What low parts are taken up by.
const LOW: f64 = 1.5 * TWO_52;
const TWO_52: f64 = (1u64 << 52) as f64;
const TWO_51: f64 = (1u64 << 51) as f64;
const TWO_103: f64 = TWO_52 * TWO_51;
const MASK: u64 = (1 << 51) - 1;

/// What stands too much in a limb once ten columns are folded to five: column k holds `products(k)` low parts and
/// `products(k - 1)` high parts.
const fn excess(products: [u64; 9]) -> [u64; 5] {
    let mut columns = [0u64; 10];
    let mut k = 0;
    while k < 9 {
        columns[k] = columns[k].wrapping_add(products[k].wrapping_mul(LOW.to_bits()));
        columns[k + 1] = columns[k + 1].wrapping_add(products[k].wrapping_mul(HIGH.to_bits()));
        k += 1;
    }
    let mut folded = [0; 5];
    let mut k = 0;
    while k < 5 {
        folded[k] = columns[k].wrapping_add(columns[k + 5].wrapping_mul(19));
        k += 1;
    }
    folded
}

const EXCESS_MUL: [u64; 5] = excess([1, 2, 3, 4, 5, 4, 3, 2, 1]);
const EXCESS_SQ: [u64; 5] = excess([1, 1, 2, 2, 3, 2, 2, 1, 1]);

#[inline(always)]
fn split(columns: &mut [V; 10], k: usize, a: V, b: V) {
    let high = a.madd(b, V::float(HIGH));
    let low = a.madd(b, V::float(HIGH + LOW).fsub(high));
    columns[k] = columns[k].add(low);
    columns[k + 1] = columns[k + 1].add(high);
}

/// 2^255 is 19.
#[inline(always)]
fn fold(columns: &[V; 10], excess: &[u64; 5]) -> [V; 5] {
    core::array::from_fn(|k| columns[k].add(times_19(columns[k + 5])).sub(V::all(excess[k])))
}

#[inline(always)]
fn times_19(v: V) -> V {
    v.shl(4).add(v.shl(1)).add(v)
}

#[inline(always)]
fn product(a: &[V; 5], b: &[V; 5]) -> [V; 5] {
    let mut c = [V::ZERO; 10];
    for i in 0..5 {
        for j in 0..5 {
            split(&mut c, i + j, a[i], b[j]);
        }
    }
    fold(&c, &EXCESS_MUL)
}

#[inline(always)]
fn square(a: &[V; 5]) -> [V; 5] {
    let mut c = [V::ZERO; 10];
    for i in 0..5 {
        split(&mut c, 2 * i, a[i], a[i]);
        let twice = a[i].fadd(a[i]);
        for j in i + 1..5 {
            split(&mut c, i + j, twice, a[j]);
        }
    }
    fold(&c, &EXCESS_SQ)
}

/// Rounds to the nearest multiple of the radix; limbs are below 2^61 in size, and what is carried, below 2^10.
#[inline(always)]
fn carried(w: &[V; 5]) -> [V; 5] {
    const UP: u64 = (1 << 61) + (1 << 50);
    let t: [V; 5] = core::array::from_fn(|k| w[k].add(V::all(UP)));
    core::array::from_fn(|k| {
        let (over, scale) = if k == 0 { (times_19(t[4].shr(51)), 19.0) } else { (t[k - 1].shr(51), 1.0) };
        let bits = t[k].and(V::all(MASK)).add(over).or(V::float(TWO_52));
        bits.fsub(V::float(TWO_52 + TWO_51 / 2.0 + 1024.0 * scale))
    })
}

impl Fused {
    #[inline(always)]
    fn is(limb: impl Fn(usize) -> V) -> Self {
        Fused(core::array::from_fn(limb))
    }
}

impl Field for Fused {
    type Wide = [V; 5];
    const RADIX: u32 = 51;

    fn from_limbs(limb: impl Fn(usize) -> V) -> Self {
        Fused::is(limb)
    }
    #[inline(always)]
    fn map(&self, f: impl Fn(V) -> V) -> Self {
        Fused::is(|k| f(self.0[k]))
    }
    #[inline(always)]
    fn zip(&self, o: &Self, f: impl Fn(V, V) -> V) -> Self {
        Fused::is(|k| f(self.0[k], o.0[k]))
    }
    fn lane(&self, lane: usize) -> crate::scalar::Words {
        freeze::<5>(core::array::from_fn(|k| f64::from_bits(self.0[k].words()[lane]) as i64), Self::RADIX)
    }
    #[inline(never)]
    fn mul_wide(&self, o: &Self) -> [V; 5] {
        product(&self.0, &o.0)
    }
    #[inline(never)]
    fn sq_wide(&self) -> [V; 5] {
        square(&self.0)
    }
    #[inline(always)]
    fn add_wide(a: &[V; 5], b: &[V; 5]) -> [V; 5] {
        core::array::from_fn(|k| a[k].add(b[k]))
    }
    #[inline(always)]
    fn sub_wide(a: &[V; 5], b: &[V; 5]) -> [V; 5] {
        core::array::from_fn(|k| a[k].sub(b[k]))
    }
    #[inline(always)]
    fn carry(wide: &[V; 5]) -> Self {
        Fused(carried(wide))
    }
    #[inline(always)]
    fn loose(wide: &[V; 5]) -> Self {
        Fused(carried(wide))
    }
    #[inline(always)]
    fn tight(&self) -> Self {
        let over: [V; 5] = core::array::from_fn(|k| self.0[k].fadd(V::float(HIGH)).fsub(V::float(HIGH)));
        Fused::is(|k| {
            let (from, scale) = if k == 0 { (over[4], 19.0) } else { (over[k - 1], 1.0) };
            from.madd(V::float(scale / TWO_51), self.0[k].fsub(over[k]))
        })
    }
    #[inline(always)]
    fn sum_to_square(&self, o: &Self) -> Self {
        self.plus(o).tight()
    }
    #[inline(never)]
    fn mul(&self, o: &Self) -> Self {
        Fused(carried(&product(&self.0, &o.0)))
    }
    #[inline(never)]
    fn sq(&self) -> Self {
        Fused(carried(&square(&self.0)))
    }
}
