//! ristretto255 (RFC 9496): decoding, the one-way map, and encoding in batches.

use crate::field::{Constants, Field};
use crate::lane::V;
use crate::point::Point;
use crate::scalar::{Words, half_digits, read, write};

/// Pairs of rows whose encodings are inverted together.
pub const PAIRS: usize = 128;

/// A point or a scalar as it is written.
pub type Encoded = [u8; 32];

/// Both roots are taken at once, so points are decoded, and strings mapped, by two pairs.
impl<F: Field> Constants<F> {
    /// Decodes (4.3.1), with the mask of the lanes that hold a canonical encoding other than the identity's.
    #[inline(never)]
    pub(crate) fn decode(&self, words: &[[Words; 2]; 2]) -> [(V, Point<F>); 2] {
        let read = words.map(|words| self.read(&words));
        let under = [0, 1].map(|i| read[i].v.mul(&read[i].u2.sq()));
        let roots = self.roots_of_ratios(&[F::one(), F::one()], &under);
        [0, 1].map(|i| read[i].point(&words[i], &roots[i]))
    }

    #[inline(never)]
    fn read(&self, words: &[Words; 2]) -> Read<F> {
        let s = F::from_words(words);
        let (u1, u2) = (F::one().sub(&s.sq()), F::one().add(&s.sq()));
        Read { s, u1, u2, v: F::zero().sub(&self.d.mul(&u1.sq())).sub(&u2.sq()) }
    }

    /// MAP (4.3.4).
    fn map(&self, words: &[[Words; 2]; 2]) -> [Point<F>; 2] {
        let start = words.map(|words| self.start(&words));
        let over = [0, 1].map(|i| start[i].r.add(&F::one()).mul(&self.one_minus_d_sq));
        let roots = self.roots_of_ratios(&over, &[start[0].v, start[1].v]);
        [0, 1].map(|i| self.end(&start[i], &roots[i]))
    }

    #[inline(never)]
    fn start(&self, words: &[Words; 2]) -> Start<F> {
        let t = F::from_words(&words.map(|[a, b, c, d]| [a, b, c, d & (u64::MAX >> 1)]));
        let r = self.i.mul(&t.sq());
        let v = F::zero().sub(&F::one()).sub(&r.mul(&self.d)).mul(&r.add(&self.d));
        Start { t, r, v }
    }

    #[inline(never)]
    fn end(&self, Start { t, r, v }: &Start<F>, (square, root): &(V, F)) -> Point<F> {
        let (one, ones) = (F::one(), V::all(u64::MAX));
        let not_square = square.xor(ones);
        let s = root.choose(not_square, &root.mul(t).abs().turned(ones));
        let c = one.turned(ones).choose(not_square, r);
        let n = c.mul(&r.sub(&one)).mul(&self.d_minus_one_sq).sub(v);
        let (w0, w1) = (s.add(&s).mul(v), n.mul(&self.root_ad_minus_one));
        let (w2, w3) = (one.sub(&s.sq()), one.add(&s.sq()));
        Point { x: w0.mul(&w3), y: w2.mul(&w1), z: w1.mul(&w3), t: w0.mul(&w2) }
    }
}

/// An encoding on its way to a point; the names are those of 4.3.1.
struct Read<F> {
    s: F,
    u1: F,
    u2: F,
    v: F,
}

impl<F: Field> Read<F> {
    #[inline(never)]
    fn point(&self, words: &[Words; 2], (square, root): &(V, F)) -> (V, Point<F>) {
        let den_x = root.mul(&self.u2);
        let x = self.s.add(&self.s).mul(&den_x).abs();
        let y = self.u1.mul(&root.mul(&den_x).mul(&self.v));
        let t = x.mul(&y);
        let zero = [[0; 4]; 2];
        let bad = self.s.negative().or(t.negative()).or(y.equals(&zero)).or(self.s.equals(&zero));
        let good = self.s.equals(words).and(*square).and(bad.xor(V::all(u64::MAX)));
        (good, Point { x, y, z: F::one(), t })
    }
}

/// Bytes on their way to a point; the names are those of 4.3.4.
struct Start<F> {
    t: F,
    r: F,
    v: F,
}

/// What the encoding of a point's double needs, and what it divides by.
#[derive(Clone, Copy)]
struct State<F> {
    e: F,
    f: F,
    g: F,
    h: F,
    divisor: F,
    /// The product of all divisors before this one.
    before: F,
}

impl<F: Field> State<F> {
    #[inline(never)]
    fn new(p: &Point<F>, before: &F, of: &Constants<F>) -> Self {
        let (xx, yy, zz, dtt) = (p.x.sq(), p.y.sq(), p.z.sq(), p.t.sq().mul(&of.d));
        let (e, f) = (p.x.mul(&p.y.add(&p.y)), zz.add(&dtt));
        let (g, h) = (yy.add(&xx), zz.sub(&dtt));
        let efgh = e.mul(&g).mul(&f.mul(&h));
        // Of a point of small order nothing can be divided: it is divided by one, and what comes out is zero in any case.
        let divisor = efgh.choose(efgh.equals(&[[0; 4]; 2]), &F::one());
        State { e, f, g, h, divisor, before: *before }
    }

    #[inline(never)]
    fn encode(&self, inverse: &F, of: &Constants<F>) -> [Encoded; 2] {
        let eg = self.e.mul(&self.g);
        let z_inverse = eg.mul(inverse);
        let t_inverse = self.f.mul(&self.h).mul(inverse);
        let rotate = eg.mul(&z_inverse).negative();
        let e = self.e.choose(rotate, &self.g);
        let g = self.g.choose(rotate, &self.e.turned(V::all(u64::MAX)));
        let h = self.h.choose(rotate, &self.f.mul(&of.i));
        let magic = of.inv_root_a_minus_d.choose(rotate, &of.i);
        let g = g.turned(h.mul(&e).mul(&z_inverse).negative());
        let s = h.sub(&g).mul(&magic.mul(&g.mul(&t_inverse)));
        s.abs().words().map(|words| write(&words))
    }
}

/// Encodings of the doubles of points, with one inversion for all (the trick of Montgomery).
struct Batch<F> {
    states: [State<F>; PAIRS],
    held: usize,
    product: F,
}

impl<F: Field> Batch<F> {
    fn new() -> Self {
        let (zero, one) = (F::zero(), F::one());
        let empty = State { e: zero, f: zero, g: zero, h: zero, divisor: one, before: one };
        Batch { states: [empty; PAIRS], held: 0, product: one }
    }
    fn push(&mut self, point: &Point<F>, of: &Constants<F>) {
        let state = State::new(point, &self.product, of);
        self.product = self.product.mul(&state.divisor);
        self.states[self.held] = state;
        self.held += 1;
    }
    #[inline(never)]
    fn encode(&self, of: &Constants<F>, out: &mut [Encoded]) {
        let mut inverse = self.product.inverse();
        for (state, rows) in self.states[..self.held].iter().zip(out.chunks_mut(2)).rev() {
            let encoded = state.encode(&inverse.mul(&state.before), of);
            rows.iter_mut().zip(encoded).for_each(|(row, e)| *row = e);
            inverse = inverse.mul(&state.divisor);
        }
    }
}

/// The encoding of the double of a point: that of its first lane.
pub(crate) fn encode_double<F: Field>(point: &Point<F>, of: &Constants<F>) -> Encoded {
    let state = State::new(point, &F::one(), of);
    state.encode(&state.divisor.inverse(), of)[0]
}

/// A pair of rows from `i` on; the last row stands for those behind it.
pub(crate) fn pair<T, U>(rows: &[T], i: usize, f: impl Fn(&T) -> U) -> [U; 2] {
    [i, i + 1].map(|i| f(&rows[i.min(rows.len() - 1)]))
}

/// 64 uniform bytes per row to the group (RFC 9496, 4.3.4), times the row's scalar. Scalars are below 2^255.
pub fn map_mul<F: Field>(uniform: &[[Encoded; 2]], scalars: &[Encoded], out: &mut [Encoded]) {
    let of = Constants::<F>::new();
    for ((uniform, scalars), out) in
        uniform.chunks(2 * PAIRS).zip(scalars.chunks(2 * PAIRS)).zip(out.chunks_mut(2 * PAIRS))
    {
        let mut batch = Batch::<F>::new();
        for i in (0..uniform.len()).step_by(2) {
            let [a, b] = of.map(&[0, 1].map(|half| pair(uniform, i, |row| read(&row[half]))));
            let digits = pair(scalars, i, half_digits);
            batch.push(&a.add(&b, &of).times(&digits, &of), &of);
        }
        batch.encode(&of, out);
    }
}

/// Points times scalars, one for all or one per row. `good` tells which rows hold a canonical encoding other than the
/// identity's; of the others the answer means nothing. Scalars are below 2^255.
pub fn mul<F: Field>(points: &[Encoded], scalars: &[Encoded], out: &mut [Encoded], good: &mut [u8]) {
    let of = Constants::<F>::new();
    let n = 2 * PAIRS;
    for (c, ((points, out), good)) in
        points.chunks(n).zip(out.chunks_mut(n)).zip(good.chunks_mut(n)).enumerate()
    {
        let scalars = if scalars.len() == 1 { scalars } else { &scalars[c * n..c * n + points.len()] };
        let mut batch = Batch::<F>::new();
        for i in (0..points.len()).step_by(4) {
            let decoded = of.decode(&[i, i + 2].map(|i| pair(points, i, read)));
            for (i, (is_good, point)) in (i..points.len()).step_by(2).zip(decoded) {
                good[i..].iter_mut().zip(is_good.words()).for_each(|(good, lane)| *good = lane as u8 & 1);
                let digits = pair(scalars, i, half_digits);
                batch.push(&point.times(&digits, &of), &of);
            }
        }
        batch.encode(&of, out);
    }
}
