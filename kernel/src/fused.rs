//! Field elements in five limbs of 51 bits, for engines that round a multiply-add once.
//!
//! A product of two doubles is split exactly. Added to 1.5 · 2^103, whose last place is 2^51, it leaves its high part
//! there, rounded; a second multiply-add takes that part away again and leaves the low part in the last places of
//! 1.5 · 2^52. The bits of both, taken as integers, are sums already, but for constants that are subtracted at the end.
//! It holds as long as what is taken up is below 2^102, two products of tight elements (2^50 and a little).

use crate::field::{Field, freeze};
use crate::lane::V;
use crate::scalar::Words;

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

/// What stands too much in a limb once ten columns are folded to five, of the sums that column k holds.
const fn excess(sums: [u64; 9]) -> [u64; 5] {
    let mut columns = [0u64; 10];
    let mut k = 0;
    while k < 9 {
        columns[k] = columns[k].wrapping_add(sums[k].wrapping_mul(LOW.to_bits()));
        columns[k + 1] = columns[k + 1].wrapping_add(sums[k].wrapping_mul(HIGH.to_bits()));
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

/// The constants of carrying as they stand in memory. An engine makes a vector that is written in the code by two
/// instructions on the very port that products wait for; from memory it comes for nothing.
struct Kit {
    /// By what is carried, products or squares, and by their surplus.
    up: [[[V; 5]; 3]; 2],
    mask: V,
    whole: V,
    back: V,
    back_first: V,
}

static KIT: Kit = {
    let mut up = [[[V::ZERO; 5]; 3]; 2];
    let excess = [excess([1, 1, 2, 2, 3, 2, 2, 1, 1]), excess([1, 1, 1, 2, 2, 2, 1, 1, 1])];
    let mut i = 0;
    while i < 30 {
        let (kind, surplus, k) = (i / 15, i / 5 % 3, i % 5);
        up[kind][surplus][k] = V::all(UP.wrapping_sub(excess[kind][k].wrapping_mul(surplus as u64)));
        i += 1;
    }
    let back = TWO_52 + TWO_51 / 2.0;
    Kit {
        up,
        mask: V::all((1 << 51) - 1),
        whole: V::float(TWO_52),
        back: V::float(back + 1024.0),
        back_first: V::float(back + 19.0 * 1024.0),
    }
};

/// Makes a limb positive, and rounds it once it is cut.
const UP: u64 = (1 << 61) + (1 << 50);

/// The kit, of which the compiler must not know what is in it.
#[inline(always)]
fn kit() -> &'static Kit {
    core::hint::black_box(&KIT)
}

/// Low and high parts of the products of one column, summed. Products come by pairs, whose second takes the first one's
/// high part along; their sum is below 2^102.
#[inline(always)]
fn column<const N: usize>(pairs: [[(V, V); 2]; N], last: Option<(V, V)>) -> [V; 2] {
    let (from, base) = (V::float(HIGH), V::float(HIGH + LOW));
    let single = |(a, b): (V, V)| {
        let high = a.madd(b, from);
        [a.madd(b, base.fsub(high)), high]
    };
    let pair = |[first, (a, b)]: [(V, V); 2]| {
        let [low, part] = single(first);
        let high = a.madd(b, part);
        [low.fadd(a.madd(b, part.fsub(high))), high]
    };
    let parts = pairs.into_iter().map(pair).chain(last.map(single));
    parts.reduce(|[low, high], [l, h]| [low.iadd(l), high.iadd(h)]).unwrap_or([V::ZERO; 2])
}

/// Ten columns to five: 2^255 is 19. A column's high parts belong to the next one.
#[inline(always)]
fn fold(c: &[[V; 2]; 9]) -> [V; 5] {
    let sum = |k: usize| if k == 9 { c[8][1] } else { c[k][0].iadd(c[k - 1][1]) };
    core::array::from_fn(|k| {
        let low = if k == 0 { c[0][0] } else { sum(k) };
        let above = sum(k + 5);
        // In this order: of sums of shifts alone the compiler makes a product, which takes ten instructions.
        low.iadd(above.left(4)).iadd(above.left(1)).iadd(above)
    })
}

#[inline(always)]
fn product(a: &[V; 5], b: &[V; 5]) -> [V; 5] {
    let p = |i: usize, j: usize| (a[i], b[j]);
    // The upper columns first, so that the lower ones are folded as they come: few vectors are alive at a time.
    let c5 = column([[p(1, 4), p(2, 3)], [p(3, 2), p(4, 1)]], None);
    let c6 = column([[p(2, 4), p(3, 3)]], Some(p(4, 2)));
    let c7 = column([[p(3, 4), p(4, 3)]], None);
    let c8 = column([], Some(p(4, 4)));
    let c4 = column([[p(0, 4), p(1, 3)], [p(2, 2), p(3, 1)]], Some(p(4, 0)));
    let c3 = column([[p(0, 3), p(1, 2)], [p(2, 1), p(3, 0)]], None);
    let c2 = column([[p(0, 2), p(1, 1)]], Some(p(2, 0)));
    let c1 = column([[p(0, 1), p(1, 0)]], None);
    let c0 = column([], Some(p(0, 0)));
    fold(&[c0, c1, c2, c3, c4, c5, c6, c7, c8])
}

#[inline(always)]
fn square(a: &[V; 5]) -> [V; 5] {
    let p = |i: usize, j: usize| (a[i], a[j]);
    // Two of these are no pair: their sum could be 2^102.
    let d = |i: usize, j: usize| (a[i].fadd(a[i]), a[j]);
    let both = |a: [V; 2], b: [V; 2]| [a[0].iadd(b[0]), a[1].iadd(b[1])];
    let c5 = both(column([], Some(d(1, 4))), column([], Some(d(2, 3))));
    let c6 = column([[d(2, 4), p(3, 3)]], None);
    let c7 = column([], Some(d(3, 4)));
    let c8 = column([], Some(p(4, 4)));
    let c4 = column([[d(0, 4), p(2, 2)]], Some(d(1, 3)));
    let c3 = both(column([], Some(d(0, 3))), column([], Some(d(1, 2))));
    let c2 = column([[d(0, 2), p(1, 1)]], None);
    let c1 = column([], Some(d(0, 1)));
    let c0 = column([], Some(p(0, 0)));
    fold(&[c0, c1, c2, c3, c4, c5, c6, c7, c8])
}

/// Rounds to the nearest multiple of the radix; limbs are below 2^61 in size, and what is carried, below 2^10.
#[inline(always)]
fn carried(w: &[V; 5], up: &[V; 5], kit: &Kit) -> Fused {
    let t: [V; 5] = core::array::from_fn(|k| w[k].iadd(up[k]));
    Fused::is(|k| {
        let over = if k == 0 { t[4].right(51).times_small(19) } else { t[k - 1].right(51) };
        let bits = t[k].and(kit.mask).iadd(over).or(kit.whole);
        bits.fsub(if k == 0 { kit.back_first } else { kit.back })
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
    const LIMBS: usize = 5;

    fn from_limbs(limb: impl Fn(usize) -> V) -> Self {
        Fused::is(limb)
    }
    #[inline(always)]
    fn limb(&self, k: usize) -> V {
        self.0[k]
    }
    #[inline(always)]
    fn map(&self, f: impl Fn(V) -> V) -> Self {
        Fused::is(|k| f(self.0[k]))
    }
    #[inline(always)]
    fn zip(&self, o: &Self, f: impl Fn(V, V) -> V) -> Self {
        Fused::is(|k| f(self.0[k], o.0[k]))
    }
    #[inline(never)]
    fn words(&self) -> [Words; 2] {
        freeze(&self.0, Self::RADIX)
    }
    #[inline(never)]
    fn mul_wide(&self, o: &Self) -> [V; 5] {
        product(&self.0, &o.0)
    }
    #[inline(always)]
    fn sq_wide(&self) -> [V; 5] {
        square(&self.0)
    }
    #[inline(always)]
    fn add_wide(a: &[V; 5], b: &[V; 5]) -> [V; 5] {
        core::array::from_fn(|k| a[k].iadd(b[k]))
    }
    #[inline(always)]
    fn sub_wide(a: &[V; 5], b: &[V; 5]) -> [V; 5] {
        core::array::from_fn(|k| a[k].isub(b[k]))
    }
    #[inline(always)]
    fn carry<const SQUARES: bool>(wide: &[V; 5], surplus: usize) -> Self {
        let kit = kit();
        carried(wide, &kit.up[usize::from(SQUARES)][surplus], kit)
    }
    #[inline(always)]
    fn loose<const SQUARES: bool>(wide: &[V; 5], surplus: usize) -> Self {
        Self::carry::<SQUARES>(wide, surplus)
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
        let kit = kit();
        carried(&product(&self.0, &o.0), &kit.up[0][1], kit)
    }
    #[inline(never)]
    fn sq(&self) -> Self {
        let kit = kit();
        carried(&square(&self.0), &kit.up[1][1], kit)
    }
}
