//! ristretto255 (RFC 9496) in batches, and the hashing of RFC 9380 that RFC 9497 builds on.
//!
//! All heavy work goes through [`Points`], which speaks in encoded points only: [`Dalek`] is the plain way, and
//! a faster kernel can stand in its place without anything above noticing.

use crate::error::{Error, Kind, Result};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, VartimeMultiscalarMul};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

/// A point or a scalar as it is written.
pub type Encoded = [u8; 32];

/// Scalars of a batch.
#[derive(Clone, Copy)]
pub enum Scalars<'a> {
    /// One per row.
    Each(&'a [Encoded]),
    /// The same for all.
    One(&'a Encoded),
}

/// The group, in batches. Scalars are canonical and secret: no branch or look-up may depend on them.
pub trait Points {
    /// Maps 64 uniform bytes to the group (RFC 9496, 4.3.4), times a scalar.
    fn map_mul(&self, uniform: &[[u8; 64]], scalars: &[Encoded]) -> Vec<Encoded>;
    /// Points times scalars; nothing where the encoding is not canonical or is the identity.
    fn mul(&self, points: &[Encoded], scalars: Scalars<'_>) -> Vec<Option<Encoded>>;
    /// The sum of public points times public scalars, in variable time; nothing if an encoding is bad.
    fn sum(&self, points: &[Encoded], weights: &[Encoded]) -> Option<Encoded> {
        let points = points.iter().map(|p| CompressedRistretto(*p).decompress());
        let weights = weights.iter().map(|w| Scalar::from_bytes_mod_order(*w));
        Some(RistrettoPoint::optional_multiscalar_mul(weights, points)?.compress().0)
    }
}

/// The plain way: curve25519-dalek, its encodings inverted together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dalek;

impl Points for Dalek {
    fn map_mul(&self, uniform: &[[u8; 64]], scalars: &[Encoded]) -> Vec<Encoded> {
        let times = |(u, s): (&[u8; 64], &Encoded)| RistrettoPoint::from_uniform_bytes(u) * *half(s);
        let points: Vec<_> = uniform.iter().zip(scalars).map(times).collect();
        doubled(&points)
    }
    fn mul(&self, points: &[Encoded], scalars: Scalars<'_>) -> Vec<Option<Encoded>> {
        let read: Vec<_> = points.iter().map(decoded).collect();
        let shared = if let Scalars::One(scalar) = scalars { half(scalar) } else { Zeroizing::default() };
        let times = |(i, point): (usize, &Option<RistrettoPoint>)| match (point, scalars) {
            (None, _) => RistrettoPoint::identity(),
            (Some(point), Scalars::One(_)) => point * *shared,
            (Some(point), Scalars::Each(scalars)) => point * *half(&scalars[i]),
        };
        let products: Vec<_> = read.iter().enumerate().map(times).collect();
        doubled(&products).into_iter().zip(&read).map(|(p, good)| good.map(|_| p)).collect()
    }
}

/// Half a scalar, so that the batch, which encodes the double of each point, gives the product.
fn half(scalar: &Encoded) -> Zeroizing<Scalar> {
    Zeroizing::new(Scalar::from_bytes_mod_order(*scalar).div_by_2())
}

fn doubled(points: &[RistrettoPoint]) -> Vec<Encoded> {
    RistrettoPoint::double_and_compress_batch(points).into_iter().map(|p| p.0).collect()
}

fn decoded(point: &Encoded) -> Option<RistrettoPoint> {
    CompressedRistretto(*point).decompress().filter(|_| !is_identity(point))
}

/// Whether an encoding is that of the identity, 32 zeros, which decoders let pass.
pub fn is_identity(point: &Encoded) -> bool {
    *point == [0; 32]
}

/// Refuses what is no point of the group, or is its identity.
pub fn check_point(point: &Encoded) -> Result<()> {
    match decoded(point) {
        Some(_) => Ok(()),
        None => Err(bad_point(point)),
    }
}

/// Why a point is refused.
pub fn bad_point(point: &Encoded) -> Error {
    Error::new(if is_identity(point) { Kind::PointIdentity } else { Kind::PointInvalid })
}

/// A scalar as it is written, refused if it is not below the order.
pub fn read_scalar(bytes: &Encoded) -> Result<Scalar> {
    Option::from(Scalar::from_canonical_bytes(*bytes)).ok_or_else(|| Kind::ScalarInvalid.into())
}

/// A scalar that may be a key or a blind: below the order and not zero.
pub fn read_nonzero(bytes: &Encoded) -> Result<Zeroizing<Scalar>> {
    let scalar = Zeroizing::new(read_scalar(bytes)?);
    if *scalar == Scalar::ZERO { Err(Kind::BlindZero.into()) } else { Ok(scalar) }
}

/// `expand_message_xmd` of RFC 9380, 5.3.1, with SHA-512. `dst` has at most 255 bytes, `out` at most 255 × 64.
pub fn expand_message(message: &[&[u8]], dst: &[u8], out: &mut [u8]) {
    let (length, tail) = (out.len() as u16, [dst.len() as u8]);
    let mut first = Sha512::new_with_prefix([0; 128]);
    message.iter().for_each(|part| first.update(part));
    let first =
        first.chain_update(length.to_be_bytes()).chain_update([0]).chain_update(dst).chain_update(tail);
    let (first, mut last) = (first.finalize(), [0; 64]);
    for (i, block) in out.chunks_mut(64).enumerate() {
        last.iter_mut().zip(&first).for_each(|(l, f)| *l ^= f);
        let hash = Sha512::new_with_prefix(last).chain_update([i as u8 + 1]).chain_update(dst);
        last = hash.chain_update(tail).finalize().into();
        block.copy_from_slice(&last[..block.len()]);
    }
}

/// 64 uniform bytes of a message: what [`Points::map_mul`] takes, and what a scalar is reduced from.
pub fn uniform(message: &[&[u8]], dst: &[u8]) -> [u8; 64] {
    let mut out = [0; 64];
    expand_message(message, dst, &mut out);
    out
}
