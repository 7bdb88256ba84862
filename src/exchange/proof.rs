//! That one key answered all rows of a chunk: the batched DLEQ proof of RFC 9497, 2.2.

use super::group::{self, Encoded, Points};
use super::oprf::{Mode, SecretKey, check_public};
use crate::error::{Kind, Result};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

/// Most rows under one proof: the index of a row is two bytes long.
pub const CHUNK: usize = 65_535;
/// Bytes of a proof: challenge, response.
pub const PROOF: usize = 64;

/// Proofs of all rows, chunk by chunk. `random` gives 64 fresh uniform bytes per chunk.
pub fn prove(
    points: &dyn Points,
    key: &SecretKey,
    blinded: &[Encoded],
    evaluated: &[Encoded],
    mut random: impl FnMut() -> [u8; 64],
) -> Result<Vec<[u8; PROOF]>> {
    let chunks = blinded.chunks(CHUNK).zip(evaluated.chunks(CHUNK));
    let mut once = |(blinded, evaluated)| {
        let uniform = Zeroizing::new(random());
        prove_with(
            points,
            key,
            blinded,
            evaluated,
            Zeroizing::new(Scalar::from_bytes_mod_order_wide(&uniform)),
        )
    };
    chunks.map(&mut once).collect()
}

/// `GenerateProof` with its one random scalar, which must never be used again.
fn prove_with(
    points: &dyn Points,
    key: &SecretKey,
    blinded: &[Encoded],
    evaluated: &[Encoded],
    random: Zeroizing<Scalar>,
) -> Result<[u8; PROOF]> {
    let (public, secret) = (key.public(), key.secret());
    let weights = weights(&public, blinded, evaluated);
    let m = decode(points.sum(blinded, &weights))?;
    let z = m * *secret;
    let (t2, t3) = (RistrettoPoint::mul_base(&random), m * *random);
    let c = challenge(&public, [m, z, t2, t3]);
    let s = *random - c * *secret;
    Ok(written(&c, &s))
}

fn written(c: &Scalar, s: &Scalar) -> [u8; PROOF] {
    let mut proof = [0; PROOF];
    proof[..32].copy_from_slice(c.as_bytes());
    proof[32..].copy_from_slice(s.as_bytes());
    proof
}

/// `VerifyProof` for every chunk. Everything here is public, so time may vary. Refusals name the chunk as a row.
pub fn verify(
    points: &dyn Points,
    public: &Encoded,
    blinded: &[Encoded],
    evaluated: &[Encoded],
    proofs: &[[u8; PROOF]],
) -> Result<()> {
    check_public(public)?;
    if blinded.len() != evaluated.len() {
        return Err(Kind::RowCountWrong.into());
    }
    if proofs.len() != blinded.len().div_ceil(CHUNK) {
        return Err(Kind::ProofCount.into());
    }
    let chunks = blinded.chunks(CHUNK).zip(evaluated.chunks(CHUNK)).zip(proofs);
    for (number, ((blinded, evaluated), proof)) in chunks.enumerate() {
        verify_one(points, public, blinded, evaluated, proof)
            .map_err(|e| e.column(format!("{}", number + 1)))?;
    }
    Ok(())
}

fn verify_one(
    points: &dyn Points,
    public: &Encoded,
    blinded: &[Encoded],
    evaluated: &[Encoded],
    proof: &[u8; PROOF],
) -> Result<()> {
    let half = |i: usize| <[u8; 32]>::try_from(&proof[32 * i..32 * i + 32]).unwrap_or_default();
    let (c, s) = (group::read_scalar(&half(0))?, group::read_scalar(&half(1))?);
    let weights = weights(public, blinded, evaluated);
    let (m, z) = (points.sum(blinded, &weights), points.sum(evaluated, &weights));
    if z.is_none() {
        evaluated.iter().try_for_each(group::check_point)?;
    }
    let (m, z, pk) = (decode(m)?, decode(z)?, decode(Some(*public))?);
    let t2 = RistrettoPoint::vartime_double_scalar_mul_basepoint(&c, &pk, &s);
    let t3 = m * s + z * c;
    if challenge(public, [m, z, t2, t3]) == c { Ok(()) } else { Err(Kind::ProofWrong.into()) }
}

fn decode(point: Option<Encoded>) -> Result<RistrettoPoint> {
    point.and_then(|p| CompressedRistretto(p).decompress()).ok_or_else(|| Kind::PointInvalid.into())
}

/// The weights of `ComputeComposites`: they bind the key and both sides of every row.
fn weights(public: &Encoded, blinded: &[Encoded], evaluated: &[Encoded]) -> Vec<Encoded> {
    let seed_dst = Mode::Voprf.dst("Seed-");
    let seed = Sha512::new().chain_update([0, 32]).chain_update(public);
    let seed = seed.chain_update((seed_dst.len() as u16).to_be_bytes()).chain_update(&seed_dst).finalize();
    let dst = Mode::Voprf.dst("HashToScalar-");
    let weight = |(i, (c, d)): (usize, (&Encoded, &Encoded))| {
        let index = (i as u16).to_be_bytes();
        let message: [&[u8]; 8] = [&[0, 64], &seed, &index, &[0, 32], c, &[0, 32], d, b"Composite"];
        Scalar::from_bytes_mod_order_wide(&group::uniform(&message, &dst)).to_bytes()
    };
    blinded.iter().zip(evaluated).enumerate().map(weight).collect()
}

fn challenge(public: &Encoded, points: [RistrettoPoint; 4]) -> Scalar {
    let [m, z, t2, t3] = points.map(|p| p.compress().0);
    let size: &[u8] = &[0, 32];
    Mode::Voprf.scalar(&[size, public, size, &m, size, &z, size, &t2, size, &t3, b"Challenge"])
}
