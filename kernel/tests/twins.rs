//! Both representations against curve25519-dalek and the vectors of RFC 9496, on random and on extreme input.
#![allow(clippy::unwrap_used)]

use atoll_kernel::field::{Constants, Field};
use atoll_kernel::fused::Fused;
use atoll_kernel::lane::V;
use atoll_kernel::plain::Plain;
use atoll_kernel::ristretto::{Encoded, map_mul, mul};
use atoll_kernel::scalar::{Words, half_digits, half_wide_digits, read, write};
use atoll_kernel::sum::{Buckets, words};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul;
use serde_json::Value;
use std::sync::atomic::AtomicU64;

const P: Words = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];

/// SplitMix64.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn bytes(&mut self) -> Encoded {
        write(&std::array::from_fn(|_| self.word()))
    }
    fn scalar(&mut self) -> Scalar {
        Scalar::from_bytes_mod_order(self.bytes())
    }
    fn point(&mut self) -> RistrettoPoint {
        let (a, b) = (self.bytes(), self.bytes());
        RistrettoPoint::from_uniform_bytes(&[a, b].concat().try_into().unwrap())
    }
}

/// A number below 2^255 modulo p, slowly: the sum of all doublings by the bits of the other factor.
fn slow_product(a: &Words, b: &Words) -> Words {
    let cut = |w: Words| {
        let words: Words = std::array::from_fn(|k| w[k] & if k == 3 { u64::MAX >> 1 } else { u64::MAX });
        let folded = atoll_kernel::scalar::plus(&words, &[19 * (w[3] >> 63), 0, 0, 0]);
        if folded[3] >> 63 == 1 || (folded[0] >= P[0] && folded[1..] == P[1..]) {
            let mut less = atoll_kernel::scalar::plus(&folded, &[19, 0, 0, 0]);
            less[3] &= u64::MAX >> 1;
            less
        } else {
            folded
        }
    };
    let plus = |a: &Words, b: &Words| cut(atoll_kernel::scalar::plus(a, b));
    (0..255).rev().fold([0; 4], |sum, i| {
        let twice = plus(&sum, &sum);
        if b[i / 64] >> (i % 64) & 1 == 1 { plus(&twice, &cut(*a)) } else { twice }
    })
}

fn extremes() -> Vec<Words> {
    let minus = |n: u64| [P[0] - n, P[1], P[2], P[3]];
    let past = |n: u64| [P[0] + n, P[1], P[2], P[3]];
    let mut all = vec![[0; 4], [1, 0, 0, 0], [19, 0, 0, 0], minus(1), minus(2), P, past(1), past(18)];
    for radix in [51, 24] {
        for (fill, step) in [(1u64 << (radix - 1), 1), ((1 << (radix - 1)) - 1, 1), ((1 << radix) - 1, 2)] {
            let limbs: [i64; 11] =
                std::array::from_fn(|k| if k * radix < 255 && k % step == 0 { fill as i64 } else { 0 });
            let limb = |k: usize| V::float(limbs[k] as f64);
            all.push(if radix == 51 {
                Fused::from_limbs(limb).words()[0]
            } else {
                Plain::from_limbs(limb).words()[0]
            });
        }
    }
    all
}

fn fields<F: Field>() {
    let mut random = Random(1);
    let mut numbers = extremes();
    numbers.extend((0..40).map(|_| std::array::from_fn(|k| random.word() >> (k / 3))));
    for a in &numbers {
        for b in &numbers {
            let (x, y) = (F::from_words(&[*a, *b]), F::from_words(&[*b, *b]));
            let (sum, sum_to_square) = (x.plus(&y), x.sum_to_square(&y));
            assert_eq!(x.mul(&y).words(), [slow_product(a, b), slow_product(b, b)]);
            assert_eq!(y.sq().words(), [slow_product(b, b); 2]);
            assert_eq!(x.words()[0], slow_product(a, &[1, 0, 0, 0]));
            let both = sum.tight().words();
            assert_eq!(
                sum.mul(&y).words(),
                [0, 1].map(|l| slow_product(&both[l], b)),
                "a sum times a tight element"
            );
            assert_eq!(sum_to_square.sq().words(), both.map(|w| slow_product(&w, &w)));
            let (ab, bb) = (x.mul_wide(&y), y.mul_wide(&y));
            let three = F::loose::<false>(&F::sub_wide(&F::add_wide(&ab, &ab), &bb), 1).tight();
            assert_eq!(three.words(), x.mul(&y).sub(&y.sq()).add(&x.mul(&y)).words());
        }
    }
}

/// Limbs as wide as the bounds allow, of every sign, which no number below p has: nothing is lost on the way.
fn widest<F: Field>(n: usize, half: f64, slack: f64) {
    let mut random = Random(2);
    for round in 0..2000 {
        let mut limbs = |width: f64| {
            let bits: Vec<u64> = (0..n).map(|_| random.word()).collect();
            let size = width * (half + slack);
            F::from_limbs(|k| {
                let sign = |bit: u64| if round % 3 == 0 || bits[k] >> bit & 1 == 0 { size } else { -size };
                V::new([
                    sign(0).to_bits(),
                    if round % 3 == 1 { sign(1).to_bits() } else { (-sign(0)).to_bits() },
                ])
            })
        };
        let (x, y) = (limbs(1.0), limbs(1.0));
        let (a, b) = (x.words(), y.words());
        assert_eq!(x.mul(&y).words(), [0, 1].map(|l| slow_product(&a[l], &b[l])));
        assert_eq!(x.sq().words(), a.map(|w| slow_product(&w, &w)));
        let close = x.mul(&y).zip(&x, |v, _| v).words();
        assert_eq!(F::from_words(&close).words(), close);
    }
}

#[test]
fn fields_multiply_as_numbers_do() {
    fields::<Fused>();
    fields::<Plain>();
    widest::<Fused>(5, (1u64 << 50) as f64, (1 << 14) as f64);
    widest::<Plain>(11, (1u64 << 23) as f64, (1 << 18) as f64);
}

/// Six tight elements' width, in the plain way's worst column.
#[test]
fn plain_products_stay_whole() {
    let wide = Plain::from_limbs(|_| V::float(3.0 * ((1 << 23) + (1 << 18)) as f64));
    let two = Plain::from_limbs(|_| V::float(-2.0 * ((1 << 23) + (1 << 18)) as f64));
    let (a, b) = (wide.words()[0], two.words()[1]);
    assert_eq!(wide.mul(&two).words(), [slow_product(&a, &b); 2]);
}

/// A multiply-add that rounds twice gives other products: what the page's self-test relies on.
#[test]
fn control_a_product_needs_its_low_part() {
    let (a, b) = (V::float(((1u64 << 50) - 1) as f64), V::float(((1u64 << 49) + 3) as f64));
    let high = V::float(1.5 * 2f64.powi(103));
    assert_ne!(
        a.madd(b, high.fsub(a.madd(b, high))).words(),
        a.fmul(b).fadd(high.fsub(a.madd(b, high))).words()
    );
}

fn roots<F: Field>() {
    let of = Constants::<F>::new();
    let minus = |words: Words| F::zero().sub(&F::both(&words)).words()[0];
    assert_eq!(of.i.sq().words()[0], minus([1, 0, 0, 0]));
    assert_eq!(of.root_ad_minus_one.sq().words()[0], F::zero().sub(&of.d).sub(&F::one()).words()[0]);
    let inverse = F::zero().sub(&F::one()).sub(&of.d);
    assert_eq!(of.inv_root_a_minus_d.sq().mul(&inverse).words()[0], [1, 0, 0, 0]);
    assert_eq!(inverse.inverse().mul(&inverse).words()[1], [1, 0, 0, 0]);
    assert_eq!(F::zero().inverse().words()[0], [0; 4]);
    // RFC 9496, 4.2: nothing over nothing is a square, something over nothing is none; the root is zero.
    let u = F::from_words(&[[0; 4], [1, 0, 0, 0]]);
    for (square, root) in of.roots_of_ratios(&[u, u], &[F::zero(), F::zero()]) {
        assert_eq!((square.words(), root.words()), ([u64::MAX, 0], [[0; 4]; 2]));
    }
}

#[test]
fn constants_are_roots() {
    roots::<Fused>();
    roots::<Plain>();
}

#[test]
fn digits_are_half_the_scalar() {
    let mut random = Random(3);
    let small = [0u64, 1, 2, 15, 16].map(Scalar::from);
    let all = small.into_iter().chain(small.map(|s| -s)).chain((0..2000).map(|_| random.scalar()));
    for scalar in all {
        let digits = half_digits(&scalar.to_bytes());
        assert!(digits.iter().all(|d| (-8..=8).contains(d)));
        let value = digits.iter().rev().fold(Scalar::ZERO, |sum, digit| {
            let size = Scalar::from(digit.unsigned_abs());
            sum * Scalar::from(16u8) + if *digit < 0 { -size } else { size }
        });
        assert_eq!(value + value, scalar);
    }
}

#[test]
fn wide_digits_are_half_the_scalar() {
    let mut random = Random(6);
    let small = [0u64, 1, 2, 1023, 1024, 1025, 2048].map(Scalar::from);
    let all = small.into_iter().chain(small.map(|s| -s)).chain((0..2000).map(|_| random.scalar()));
    for scalar in all {
        let digits = half_wide_digits(&scalar.to_bytes());
        assert!(digits.iter().all(|d| (-512..512).contains(d)));
        let value = digits.iter().rev().fold(Scalar::ZERO, |sum, digit| {
            let size = Scalar::from(digit.unsigned_abs());
            sum * Scalar::from(1024u16) + if *digit < 0 { -size } else { size }
        });
        assert_eq!(value + value, scalar);
    }
}

/// The sum, added in batches; nothing if an encoding is bad.
fn sum<F: Field>(points: &[Encoded], scalars: &[Scalar], batch: usize) -> Option<Encoded> {
    let memory: Vec<AtomicU64> = (0..words::<F>()).map(|_| AtomicU64::new(0)).collect();
    let buckets = Buckets::<F>::new(&memory);
    buckets.clear();
    let scalars: Vec<_> = scalars.iter().map(Scalar::to_bytes).collect();
    let good =
        points.chunks(batch).zip(scalars.chunks(batch)).fold(true, |all, (p, s)| all & buckets.add(p, s));
    good.then(|| buckets.total())
}

fn sums<F: Field>() {
    let mut random = Random(7);
    let points: Vec<_> = (0..600).map(|_| random.point()).collect();
    let encoded: Vec<_> = points.iter().map(|p| p.compress().0).collect();
    let scalars = some_scalars(&mut random, 600);
    for (n, batch) in [(1, 1), (2, 2), (3, 3), (5, 256), (101, 7), (600, 256)] {
        let expected = RistrettoPoint::vartime_multiscalar_mul(&scalars[..n], &points[..n]);
        assert_eq!(sum::<F>(&encoded[..n], &scalars[..n], batch), Some(expected.compress().0), "{n}");
    }
    // The same point and scalar again and again, and one that takes another away: the identity.
    let n = 33;
    let one = RistrettoPoint::vartime_multiscalar_mul(&vec![scalars[11]; n], &vec![points[0]; n]);
    assert_eq!(sum::<F>(&vec![encoded[0]; n], &vec![scalars[11]; n], 4), Some(one.compress().0));
    let both = [scalars[12], -scalars[12]];
    assert_eq!(sum::<F>(&[encoded[0]; 2], &both, 2), Some([0; 32]));
    for at in [0, 1, 2, 300, 599] {
        for bad in [[0; 32], [1; 32], [255; 32]] {
            let mut encoded = encoded.clone();
            encoded[at] = bad;
            assert_eq!(sum::<F>(&encoded, &scalars, 256), None, "row {at}");
        }
    }
}

#[test]
fn sums_as_dalek_does() {
    sums::<Fused>();
    sums::<Plain>();
}

fn map_muls<F: Field>(uniform: &[[Encoded; 2]], scalars: &[Scalar]) -> Vec<Encoded> {
    let scalars: Vec<_> = scalars.iter().map(Scalar::to_bytes).collect();
    let mut out = vec![[7; 32]; uniform.len()];
    map_mul::<F>(uniform, &scalars, &mut out);
    out
}

fn muls<F: Field>(points: &[Encoded], scalars: &[Scalar]) -> Vec<Option<Encoded>> {
    let scalars: Vec<_> = scalars.iter().map(Scalar::to_bytes).collect();
    let (mut out, mut good) = (vec![[7; 32]; points.len()], vec![7; points.len()]);
    mul::<F>(points, &scalars, &mut out, &mut good);
    assert!(good.iter().all(|g| *g < 2));
    out.into_iter().zip(good).map(|(o, g)| (g == 1).then_some(o)).collect()
}

fn some_scalars(random: &mut Random, n: usize) -> Vec<Scalar> {
    let edge = [0u64, 1, 2, 8, 16].map(Scalar::from);
    edge.into_iter()
        .chain(edge.map(|s| -s))
        .chain(std::iter::repeat_with(|| random.scalar()))
        .take(n)
        .collect()
}

fn dalek_map_mul(uniform: &[Encoded; 2], scalar: &Scalar) -> Encoded {
    (RistrettoPoint::from_uniform_bytes(&uniform.concat().try_into().unwrap()) * scalar).compress().0
}

fn dalek_mul(point: &Encoded, scalar: &Scalar) -> Option<Encoded> {
    let point = CompressedRistretto(*point).decompress().filter(|_| *point != [0; 32])?;
    Some((point * scalar).compress().0)
}

fn maps<F: Field>(n: usize) {
    let mut random = Random(4);
    let all = write(&[u64::MAX; 4]);
    let mut uniform =
        vec![[[0; 32]; 2], [all, all], [all, [0; 32]], [write(&P), write(&P)], [write(&P), all]];
    uniform.extend(extremes().iter().map(|w| [write(w), write(w)]));
    uniform.resize_with(n, || [random.bytes(), random.bytes()]);
    let scalars = some_scalars(&mut random, n);
    let expected: Vec<_> = uniform.iter().zip(&scalars).map(|(u, s)| dalek_map_mul(u, s)).collect();
    assert_eq!(map_muls::<F>(&uniform, &scalars), expected);
    let ones = vec![Scalar::ONE; n];
    let expected: Vec<_> = uniform.iter().zip(&ones).map(|(u, s)| dalek_map_mul(u, s)).collect();
    assert_eq!(map_muls::<F>(&uniform, &ones), expected);
}

#[test]
fn maps_and_multiplies_as_dalek_does() {
    maps::<Fused>(1501);
    maps::<Plain>(801);
}

/// Points, what is nearly one, and what is far from it.
fn some_points(random: &mut Random, n: usize) -> Vec<Encoded> {
    let mut points: Vec<_> = extremes().iter().map(write).collect();
    points.resize_with(60, || random.bytes());
    points.extend((0..60).map(|_| {
        let mut words = read(&random.bytes());
        words[0] &= !1;
        words[3] &= u64::MAX >> 1;
        write(&words)
    }));
    points.resize_with(n, || random.point().compress().0);
    points
}

fn products<F: Field>(n: usize) {
    let mut random = Random(5);
    let points = some_points(&mut random, n);
    let mut scalars = some_scalars(&mut random, n);
    scalars.rotate_right(130);
    let expected: Vec<_> = points.iter().zip(&scalars).map(|(p, s)| dalek_mul(p, s)).collect();
    assert!(expected[..120].iter().filter(|e| e.is_none()).count() > 70);
    assert_eq!(muls::<F>(&points, &scalars), expected);
    for scalar in &scalars[128..142] {
        let expected: Vec<_> = points[..141].iter().map(|p| dalek_mul(p, scalar)).collect();
        assert_eq!(muls::<F>(&points[..141], &[*scalar]), expected);
    }
}

#[test]
fn decodes_and_multiplies_as_dalek_does() {
    products::<Fused>(1501);
    products::<Plain>(801);
}

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn halves(bytes: Vec<u8>) -> [Encoded; 2] {
    [bytes[..32].try_into().unwrap(), bytes[32..].try_into().unwrap()]
}

fn rfc9496<F: Field>() {
    let vectors: Value = serde_json::from_str(include_str!("rfc9496.json")).unwrap();
    let all = |name: &str| vectors[name].as_array().unwrap().clone();
    let multiples: Vec<Encoded> =
        all("A1_small_multiples_of_generator_0_to_15").iter().map(|v| hex(v).try_into().unwrap()).collect();
    let scalars: Vec<_> = (0..16u64).map(Scalar::from).collect();
    let expected: Vec<_> = multiples.iter().map(|m| Some(*m)).collect();
    assert_eq!(muls::<F>(&[multiples[1]; 16], &scalars), expected);
    assert_eq!(muls::<F>(&multiples, &[Scalar::ONE])[1..], expected[1..]);
    assert_eq!(muls::<F>(&multiples, &[Scalar::ONE])[0], None, "the identity");
    for name in ["A2_bad_encodings_must_be_rejected", "extra_bad_encodings_libsodium"] {
        for bad in all(name) {
            let bad = hex(&bad).try_into().unwrap();
            assert_eq!(muls::<F>(&[multiples[1], bad], &[Scalar::ONE]), [Some(multiples[1]), None]);
        }
    }
    for vector in all("A3_one_way_map") {
        let uniform = halves(hex(&vector["sha512_of_label_hex"]));
        assert_eq!(map_muls::<F>(&[uniform], &[Scalar::ONE])[0].to_vec(), hex(&vector["element"]));
    }
}

#[test]
fn rfc_9496_vectors_hold() {
    rfc9496::<Fused>();
    rfc9496::<Plain>();
}

/// What the page holds a module against before it uses it: two rows, mapped, multiplied, and multiplied once more.
#[test]
fn the_page_knows_the_answer() {
    let bytes = |i: usize| ((i * 7 + 1) & if i % 32 == 31 { 15 } else { 255 }) as u8;
    let row = |from: usize| -> Encoded { std::array::from_fn(|i| bytes(from + i)) };
    let scalars = [0, 32].map(|from| Scalar::from_canonical_bytes(row(from)).unwrap());
    let mapped = [0, 64].map(|from| [row(from), row(from + 32)]);
    let once = [0, 1].map(|i| dalek_map_mul(&mapped[i], &scalars[i]));
    let twice = [0, 1].map(|i| dalek_mul(&once[i], &scalars[i]).unwrap());
    let text: String = twice.concat().iter().chain(&[1, 1]).map(|byte| format!("{byte:02x}")).collect();
    assert!(include_str!("../../www/src/engine/kernel.ts").contains(&format!("\"{text}\"")), "{text}");
    assert_eq!(muls::<Fused>(&map_muls::<Fused>(&mapped, &scalars), &scalars), twice.map(Some));
}
