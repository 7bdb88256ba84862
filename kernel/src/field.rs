//! The field modulo p = 2^255 - 19, two elements at a time: what both representations share.
//!
//! An element is *tight* when every limb lies within half its radix of zero, give or take a little. Products come out
//! tight; a sum of n tight elements is n times as wide. How wide the factors may be says each representation.

use crate::lane::V;
use crate::scalar::{self, Words};

/// Doubles from here to its double are whole numbers, whose last bits are what is above it.
const WHOLE: f64 = (1u64 << 52) as f64;
/// The middle of them.
const SIGNED: f64 = 1.5 * WHOLE;

/// Two field elements, one per lane, in signed limbs held as doubles.
pub trait Field: Copy {
    /// Products before their limbs are carried: to be added and subtracted.
    type Wide: Copy;
    /// Bits of a limb.
    const RADIX: u32;
    /// Limbs.
    const LIMBS: usize;

    /// From limbs that are doubles.
    fn from_limbs(limb: impl Fn(usize) -> V) -> Self;
    /// A limb.
    fn limb(&self, k: usize) -> V;
    /// Limb by limb from one element.
    fn map(&self, f: impl Fn(V) -> V) -> Self;
    /// Limb by limb from two elements.
    fn zip(&self, o: &Self, f: impl Fn(V, V) -> V) -> Self;
    /// Both lanes, below p.
    fn words(&self) -> [Words; 2];
    /// Product.
    fn mul_wide(&self, o: &Self) -> Self::Wide;
    /// Square of a tight element.
    fn sq_wide(&self) -> Self::Wide;
    /// Sum.
    fn add_wide(a: &Self::Wide, b: &Self::Wide) -> Self::Wide;
    /// Difference.
    fn sub_wide(a: &Self::Wide, b: &Self::Wide) -> Self::Wide;
    /// Tight, from up to five products or squares. `surplus` is how many more were added than subtracted.
    fn carry<const SQUARES: bool>(wide: &Self::Wide, surplus: usize) -> Self;
    /// From up to three: tight, or as wide as so many tight elements.
    fn loose<const SQUARES: bool>(wide: &Self::Wide, surplus: usize) -> Self;
    /// Tight, from a sum of up to five tight elements.
    fn tight(&self) -> Self;
    /// An element on which `sum` of two tight ones may be squared.
    fn sum_to_square(&self, o: &Self) -> Self;
    /// Product.
    fn mul(&self, o: &Self) -> Self;
    /// Square of a tight element.
    fn sq(&self) -> Self;

    /// From values below 2^255, one per lane.
    #[inline(never)]
    fn from_words(words: &[Words; 2]) -> Self {
        let both: [V; 4] = core::array::from_fn(|k| V::new([words[0][k], words[1][k]]));
        let limb = |k: usize| {
            let (word, shift) = (k * Self::RADIX as usize / 64, k as u32 * Self::RADIX % 64);
            let low = both[word].right(shift);
            let bits = if shift + Self::RADIX > 64 && word < 3 {
                low.or(both[word + 1].left(64 - shift))
            } else {
                low
            };
            bits.and(V::all((1 << Self::RADIX) - 1)).or(V::float(WHOLE)).fsub(V::float(WHOLE))
        };
        Self::from_limbs(limb).tight()
    }
    /// The same value in both lanes.
    fn both(words: &Words) -> Self {
        Self::from_words(&[*words, *words])
    }
    /// Zero.
    fn zero() -> Self {
        Self::from_limbs(|_| V::ZERO)
    }
    /// One.
    fn one() -> Self {
        Self::from_limbs(|k| if k == 0 { V::float(1.0) } else { V::ZERO })
    }
    /// Sum, as wide as both together.
    #[inline(always)]
    fn plus(&self, o: &Self) -> Self {
        self.zip(o, V::fadd)
    }
    /// Difference, as wide as both together.
    #[inline(always)]
    fn minus(&self, o: &Self) -> Self {
        self.zip(o, V::fsub)
    }
    /// Tight sum.
    #[inline(never)]
    fn add(&self, o: &Self) -> Self {
        self.plus(o).tight()
    }
    /// Tight difference.
    #[inline(never)]
    fn sub(&self, o: &Self) -> Self {
        self.minus(o).tight()
    }
    /// The negative where the mask is set.
    #[inline(always)]
    fn turned(&self, mask: V) -> Self {
        self.map(|v| v.turned(mask))
    }
    /// `a` where the mask is set, else this.
    #[inline(always)]
    fn choose(&self, mask: V, a: &Self) -> Self {
        self.zip(a, |v, a| v.choose(mask, a))
    }
    /// Mask of the lanes that are negative: whose least bit is set (RFC 9496, 3.1).
    #[inline(never)]
    fn negative(&self) -> V {
        let [a, b] = self.words();
        mask([a[0] & 1, b[0] & 1])
    }
    /// The absolute value of a tight element: not negative.
    #[inline(never)]
    fn abs(&self) -> Self {
        self.turned(self.negative())
    }
    /// Mask of the lanes that equal words.
    #[inline(never)]
    fn equals(&self, o: &[Words; 2]) -> V {
        let [a, b] = self.words();
        mask([scalar::equal(&a, &o[0]), scalar::equal(&b, &o[1])])
    }
    /// The inverse, to the power p - 2 = 8 (2^252 - 3) + 3; zero of zero.
    fn inverse(&self) -> Self {
        let [power, _] = root_powers(&[*self, *self]);
        power.sq().sq().sq().mul(&self.sq()).mul(self)
    }
}

/// Both to the power (p - 5) / 8 = 2^252 - 3, in turns: a square waits for the one before it, not for the other's.
#[inline(never)]
fn root_powers<F: Field>(x: &[F; 2]) -> [F; 2] {
    let times = |a: &[F; 2], b: &[F; 2]| [a[0].mul(&b[0]), a[1].mul(&b[1])];
    let two = [x[0].sq(), x[1].sq()];
    let nine = times(&sq_times(&two, 2), x);
    let ones5 = times(&sq_times(&times(&nine, &two), 1), &nine);
    let ones10 = times(&sq_times(&ones5, 5), &ones5);
    let ones20 = times(&sq_times(&ones10, 10), &ones10);
    let ones40 = times(&sq_times(&ones20, 20), &ones20);
    let ones50 = times(&sq_times(&ones40, 10), &ones10);
    let ones100 = times(&sq_times(&ones50, 50), &ones50);
    let ones200 = times(&sq_times(&ones100, 100), &ones100);
    let ones250 = times(&sq_times(&ones200, 50), &ones50);
    times(&sq_times(&ones250, 2), x)
}

/// Squared `n` times.
#[inline(never)]
fn sq_times<F: Field>(x: &[F; 2], n: usize) -> [F; 2] {
    (0..n).fold(*x, |[a, b], _| [a.sq(), b.sq()])
}

/// A mask from one bit per lane.
pub fn mask(bits: [u64; 2]) -> V {
    V::new(bits.map(u64::wrapping_neg))
}

/// Both lanes of limbs that are below 8 · 2^radix in size, and below 2^51, as the words of the numbers below p. No branch on
/// the limbs.
pub fn freeze<const N: usize>(limbs: &[V; N], radix: u32) -> [Words; 2] {
    let past = 19 << (radix * N as u32 - 255);
    let mask = V::all((1 << radix) - 1);
    let mut limbs: [V; N] = core::array::from_fn(|k| {
        // A multiple of p makes every limb positive.
        let more = 8 * ((1 << radix) - if k == 0 { past } else { 1 });
        limbs[k].fadd(V::float(SIGNED)).iadd(V::all(u64::wrapping_sub(more, SIGNED.to_bits())))
    });
    // The first round leaves a small number of 2^255, and the second, of a small number, one or none.
    for _ in 0..2 {
        let mut carry = V::ZERO;
        for limb in &mut limbs {
            let sum = limb.iadd(carry);
            carry = sum.right(radix);
            *limb = sum.and(mask);
        }
        limbs[0] = limbs[0].iadd(carry.times_small(past));
    }
    let (mut words, mut above) = ([V::ZERO; 4], V::ZERO);
    for (k, limb) in limbs.iter().enumerate() {
        let (word, shift) = (k * radix as usize / 64, k as u32 * radix % 64);
        words[word] = words[word].or(limb.left(shift));
        if shift + radix > 64 {
            let rest = limb.right(64 - shift);
            *words.get_mut(word + 1).unwrap_or(&mut above) = rest;
        }
    }
    let lane = |i: usize| reduce(reduce(words.map(|w| w.words()[i]), above.words()[i] << 1), 0);
    [lane(0), lane(1)]
}

/// Takes what stands above 2^255 down, then p if it is still in.
fn reduce(words: Words, above: u64) -> Words {
    let cut = |w: Words| [w[0], w[1], w[2], w[3] & (u64::MAX >> 1)];
    let folded = scalar::plus(&cut(words), &[19 * (above + (words[3] >> 63)), 0, 0, 0]);
    let over = scalar::plus(&folded, &[19, 0, 0, 0]);
    let is_over = (over[3] >> 63).wrapping_neg();
    let less = cut(over);
    core::array::from_fn(|k| folded[k] ^ (is_over & (folded[k] ^ less[k])))
}

/// Constants of the curve -x² + y² = 1 + d x² y² and of its encoding (RFC 9496, 4.1).
pub struct Constants<F> {
    /// d.
    pub d: F,
    /// 2 d.
    pub d2: F,
    /// A root of -1.
    pub i: F,
    /// 1 - d².
    pub one_minus_d_sq: F,
    /// (d - 1)².
    pub d_minus_one_sq: F,
    /// A root of -d - 1.
    pub root_ad_minus_one: F,
    /// A root of 1 / (-1 - d).
    pub inv_root_a_minus_d: F,
}

impl<F: Field> Constants<F> {
    /// The constants in a representation.
    #[inline(never)]
    pub fn new() -> Self {
        let both = |words: Words| F::both(&words);
        Constants {
            d: both([
                0x75eb_4dca_1359_78a3,
                0x0070_0a4d_4141_d8ab,
                0x8cc7_4079_7779_e898,
                0x5203_6cee_2b6f_fe73,
            ]),
            d2: both([
                0xebd6_9b94_26b2_f159,
                0x00e0_149a_8283_b156,
                0x198e_80f2_eef3_d130,
                0x2406_d9dc_56df_fce7,
            ]),
            i: both([
                0xc4ee_1b27_4a0e_a0b0,
                0x2f43_1806_ad2f_e478,
                0x2b4d_0099_3dfb_d7a7,
                0x2b83_2480_4fc1_df0b,
            ]),
            one_minus_d_sq: both([
                0xe27c_09c1_945f_c176,
                0x2c81_a138_cd5e_350f,
                0x9994_abdd_be70_dfe4,
                0x0290_72a8_b2b3_e0d7,
            ]),
            d_minus_one_sq: both([
                0x31ad_5aaa_44ed_4d20,
                0xd29e_4a2c_b01e_1999,
                0x4cdc_d32f_529b_4eeb,
                0x5968_b37a_f66c_2241,
            ]),
            root_ad_minus_one: both([
                0x7e97_f6a0_497b_2e1b,
                0xaf9d_8e0c_1b78_54bd,
                0x0f3c_fcc9_31f5_d1fd,
                0x3769_31bf_2b83_48ac,
            ]),
            inv_root_a_minus_d: both([
                0x99c8_fdaa_805d_40ea,
                0x9d2f_1617_5a41_72be,
                0x16c2_7b91_fe01_d840,
                0x786c_8905_cfaf_fca2,
            ]),
        }
    }
    /// SQRT_RATIO_M1 of RFC 9496, 4.2, of two ratios u / v: the mask of the lanes where it is a square, and its root or,
    /// elsewhere, that of i u / v; never negative.
    #[inline(never)]
    pub fn roots_of_ratios(&self, u: &[F; 2], v: &[F; 2]) -> [(V, F); 2] {
        let powers = root_powers(&[seventh(&u[0], &v[0]), seventh(&u[1], &v[1])]);
        [0, 1].map(|i| self.root_of_ratio(&u[i], &v[i], &powers[i]))
    }

    #[inline(never)]
    fn root_of_ratio(&self, u: &F, v: &F, power: &F) -> (V, F) {
        let r = u.mul(&v.sq().mul(v)).mul(power);
        let check = v.mul(&r.sq()).words();
        let minus = u.turned(V::all(u64::MAX));
        let right = u.equals(&check);
        let turned = minus.equals(&check);
        let turned_i = minus.mul(&self.i).equals(&check);
        let r = r.choose(turned.or(turned_i), &r.mul(&self.i));
        (right.or(turned), r.abs())
    }
}

/// u v^7.
#[inline(never)]
fn seventh<F: Field>(u: &F, v: &F) -> F {
    u.mul(&v.sq().mul(v).sq().mul(v))
}

impl<F: Field> Default for Constants<F> {
    fn default() -> Self {
        Self::new()
    }
}
