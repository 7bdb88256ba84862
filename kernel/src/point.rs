//! Points of the twisted Edwards curve in extended coordinates (Hisil, Wong, Carter, Dawson 2008, a = -1), two at a time.
//! The formulas are complete: no input is special.

use crate::field::{Constants, Field};
use crate::lane::V;
use crate::scalar::Digits;

/// x = X / Z, y = Y / Z, xy = T / Z.
#[derive(Clone, Copy)]
pub struct Point<F> {
    /// X.
    pub x: F,
    /// Y.
    pub y: F,
    /// Z.
    pub z: F,
    /// T.
    pub t: F,
}

/// A point to be added often: Y + X, Y - X, 2 Z, 2 d T.
#[derive(Clone, Copy)]
pub(crate) struct Ready<F>([F; 4]);

impl<F: Field> Point<F> {
    pub(crate) fn ready(&self, of: &Constants<F>) -> Ready<F> {
        Ready([self.y.add(&self.x), self.y.sub(&self.x), self.z.add(&self.z), self.t.mul(&of.d2)])
    }

    /// From the four factors; T only where the next step is a sum.
    #[inline(always)]
    fn close(e: &F, f: &F, g: &F, h: &F, with_t: bool) -> Self {
        Point { x: e.mul(f), y: g.mul(h), z: f.mul(g), t: if with_t { e.mul(h) } else { F::zero() } }
    }

    /// The double. T is not read.
    #[inline(never)]
    pub(crate) fn double(&self, with_t: bool) -> Self {
        let (a, b, c) = (self.x.sq_wide(), self.y.sq_wide(), self.z.sq_wide());
        let s = self.x.sum_to_square(&self.y).sq_wide();
        let h = F::add_wide(&a, &b);
        let e = F::loose::<true>(&F::sub_wide(&h, &s), 1);
        let g = F::sub_wide(&a, &b);
        let f = F::carry::<true>(&F::add_wide(&F::add_wide(&c, &c), &g), 2);
        Self::close(&e, &f, &F::loose::<true>(&g, 0), &F::loose::<true>(&h, 2), with_t)
    }

    /// The sum with a ready point.
    #[inline(never)]
    pub(crate) fn plus(&self, Ready([sum, difference, z2, t2d]): &Ready<F>, with_t: bool) -> Self {
        let a = self.y.sub(&self.x).mul_wide(difference);
        let b = self.y.add(&self.x).mul_wide(sum);
        let (c, d) = (self.t.mul_wide(t2d), self.z.mul_wide(z2));
        let (e, h) = (F::loose::<false>(&F::sub_wide(&b, &a), 0), F::loose::<false>(&F::add_wide(&b, &a), 2));
        let (f, g) = (F::loose::<false>(&F::sub_wide(&d, &c), 0), F::loose::<false>(&F::add_wide(&d, &c), 2));
        Self::close(&e, &f, &g, &h, with_t)
    }

    /// Limb by limb of every coordinate.
    pub(crate) fn map(&self, f: impl Fn(V) -> V) -> Self {
        let [x, y, z, t] = [&self.x, &self.y, &self.z, &self.t].map(|part| part.map(&f));
        Point { x, y, z, t }
    }

    /// The sum of two points.
    pub fn add(&self, o: &Self, of: &Constants<F>) -> Self {
        self.plus(&o.ready(of), true)
    }

    #[inline(never)]
    fn double_four_times(&self) -> Self {
        self.double(false).double(false).double(false).double(true)
    }

    /// Times the number whose digits to the base 16 are given for each lane. Every entry of the table is read for every
    /// digit, and a digit chooses by masks.
    pub fn times(&self, digits: &[Digits; 2], of: &Constants<F>) -> Self {
        let table = self.multiples(of);
        let digit = |i: usize| select(&table, [digits[0][i], digits[1][i]]);
        let top = digit(63);
        let mut sum = top.twice();
        for i in (1..63).rev() {
            sum = sum.double_four_times().plus(&digit(i), false);
        }
        sum.double_four_times().plus(&digit(0), true)
    }

    pub(crate) fn identity() -> Self {
        Point { x: F::zero(), y: F::one(), z: F::one(), t: F::zero() }
    }

    /// 1 to 8 times the point.
    fn multiples(&self, of: &Constants<F>) -> [Ready<F>; 8] {
        let first = self.ready(of);
        let mut table = [first; 8];
        let mut multiple = *self;
        for entry in &mut table[1..] {
            multiple = multiple.plus(&first, true);
            *entry = multiple.ready(of);
        }
        table
    }
}

/// The entry of a digit from -8 to 8 in each lane.
#[inline(never)]
fn select<F: Field>(table: &[Ready<F>; 8], digits: [i8; 2]) -> Ready<F> {
    let minus = digits.map(|d| (d >> 7) as u64);
    let size = [0, 1].map(|lane| (digits[lane] as u64 ^ minus[lane]).wrapping_sub(minus[lane]));
    let is = |n: u64| V::new(size.map(|s| ((s ^ n).wrapping_sub(1) >> 63).wrapping_neg()));
    // Bits of the chosen one among bits of zero: of digit 0 the identity.
    let (zero, one) = (F::zero(), F::one());
    let zeroth = is(0);
    let mut out = [one, one, one.plus(&one), zero].map(|f| f.map(|v| v.and(zeroth)));
    for (n, entry) in (1..).zip(table) {
        let mask = is(n);
        for (o, e) in out.iter_mut().zip(&entry.0) {
            *o = o.zip(e, |o, e| o.or(e.and(mask)));
        }
    }
    Ready(out).turned(V::new(minus))
}

impl<F: Field> Ready<F> {
    /// The point again, without T: twice the coordinates.
    fn twice(&self) -> Point<F> {
        let [sum, difference, z2, _] = &self.0;
        Point { x: sum.sub(difference), y: sum.add(difference), z: *z2, t: F::zero() }
    }
    /// The negative where the mask is set.
    #[inline(always)]
    pub(crate) fn turned(&self, minus: V) -> Self {
        let [sum, difference, z2, t2d] = &self.0;
        Ready([sum.choose(minus, difference), difference.choose(minus, sum), *z2, t2d.turned(minus)])
    }
}
