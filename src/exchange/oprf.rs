//! RFC 9497, modes OPRF and VOPRF, suite ristretto255-SHA512, in batches.

use super::group::{self, Encoded, Points, Scalars};
use crate::error::{Kind, Result};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Name of the suite.
pub const SUITE: &str = "ristretto255-SHA512";

/// Which of the protocols; it separates every hash (RFC 9497, 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Without proofs.
    Oprf = 0,
    /// With a proof that one committed key answered.
    Voprf = 1,
}

impl Mode {
    /// A domain separation tag: the purpose and the context string.
    pub fn dst(self, purpose: &str) -> Vec<u8> {
        [purpose.as_bytes(), b"OPRFV1-", &[self as u8], b"-", SUITE.as_bytes()].concat()
    }
    /// `HashToScalar`.
    pub fn scalar(self, message: &[&[u8]]) -> Scalar {
        reduced(message, &self.dst("HashToScalar-"))
    }
    /// What inputs are mapped to the group from: the first half of `HashToGroup`.
    pub fn uniform(self, inputs: &[&[u8]]) -> Vec<[u8; 64]> {
        let dst = self.dst("HashToGroup-");
        inputs.iter().map(|input| group::uniform(&[input], &dst)).collect()
    }
    /// `Blind`: inputs hidden under one blind each.
    pub fn blind(self, points: &dyn Points, inputs: &[&[u8]], blinds: &[Encoded]) -> Result<Vec<Encoded>> {
        blinds.iter().try_for_each(|blind| group::read_nonzero(blind).map(|_| ()))?;
        let mut uniform = self.uniform(inputs);
        let blinded = points.map_mul(&uniform, blinds);
        uniform.zeroize();
        Ok(blinded)
    }
    /// `Evaluate` of the owner of the key: outputs of inputs it knows itself.
    pub fn evaluate(self, points: &dyn Points, key: &SecretKey, inputs: &[&[u8]]) -> Vec<[u8; 64]> {
        let keys = Zeroizing::new(vec![key.scalar; inputs.len()]);
        let elements = points.map_mul(&self.uniform(inputs), &keys);
        inputs.iter().zip(&elements).map(|(input, element)| output(input, element)).collect()
    }
}

fn reduced(message: &[&[u8]], dst: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&group::uniform(message, dst))
}

/// `BlindEvaluate` without its proof. Refuses the first row that is no point or is the identity.
pub fn answer(points: &dyn Points, key: &SecretKey, blinded: &[Encoded]) -> Result<Vec<Encoded>> {
    let answered = points.mul(blinded, Scalars::One(&key.scalar));
    all_good(blinded, answered)
}

/// `Finalize`: takes the blinds off and hashes. The blinds are used up.
pub fn finalize(
    points: &dyn Points,
    inputs: &[&[u8]],
    blinds: Zeroizing<Vec<Encoded>>,
    evaluated: &[Encoded],
) -> Result<Vec<[u8; 64]>> {
    let inverses = inverted(&blinds)?;
    drop(blinds);
    let elements = all_good(evaluated, points.mul(evaluated, Scalars::Each(&inverses)))?;
    Ok(inputs.iter().zip(&elements).map(|(input, element)| output(input, element)).collect())
}

fn inverted(blinds: &[Encoded]) -> Result<Zeroizing<Vec<Encoded>>> {
    let read = |blind: &Encoded| group::read_nonzero(blind).map(|scalar| *scalar);
    let mut scalars = Zeroizing::new(blinds.iter().map(read).collect::<Result<Vec<_>>>()?);
    Scalar::invert_batch_alloc(&mut scalars);
    Ok(Zeroizing::new(scalars.iter().map(Scalar::to_bytes).collect()))
}

/// All rows, or the refusal of the first bad one with its 1-based number.
fn all_good(given: &[Encoded], made: Vec<Option<Encoded>>) -> Result<Vec<Encoded>> {
    let name = |(row, (point, made)): (usize, (&Encoded, Option<Encoded>))| {
        made.ok_or_else(|| group::bad_point(point).row(row as u64 + 1))
    };
    given.iter().zip(made).enumerate().map(name).collect()
}

fn output(input: &[u8], element: &Encoded) -> [u8; 64] {
    let hash = Sha512::new().chain_update((input.len() as u16).to_be_bytes()).chain_update(input);
    hash.chain_update([0, 32]).chain_update(element).chain_update(b"Finalize").finalize().into()
}

/// The provider's key. Lives for one collaboration and epoch; [`super::ledger`] counts what it answers.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SecretKey {
    pub(super) scalar: Encoded,
}

impl SecretKey {
    /// A key as it is written: below the order, not zero.
    pub fn read(bytes: &Encoded) -> Result<SecretKey> {
        group::read_nonzero(bytes)?;
        Ok(SecretKey { scalar: *bytes })
    }
    /// `DeriveKeyPair` (RFC 9497, 3.2.1).
    pub fn derive(mode: Mode, seed: &[u8; 32], info: &[u8]) -> Result<SecretKey> {
        let (length, dst) = ((info.len() as u16).to_be_bytes(), mode.dst("DeriveKeyPair"));
        let key = |counter: u8| reduced(&[seed, &length, info, &[counter]], &dst);
        let scalar = (0..=255).map(key).find(|k| *k != Scalar::ZERO).ok_or(Kind::BlindZero)?;
        Ok(SecretKey { scalar: scalar.to_bytes() })
    }
    /// The public key that headers name and proofs are checked against.
    pub fn public(&self) -> Encoded {
        RistrettoPoint::mul_base(&self.secret()).compress().0
    }
    pub(super) fn secret(&self) -> Zeroizing<Scalar> {
        Zeroizing::new(Scalar::from_bytes_mod_order(self.scalar))
    }
}

/// Refuses a public key that is no point, or is the identity: under it every proof holds.
pub fn check_public(key: &Encoded) -> Result<()> {
    if group::is_identity(key) { Err(Kind::KeyIdentity.into()) } else { group::check_point(key) }
}

/// Refuses the first row that is the identity: a cheap look before anything is computed. Bad encodings are found
/// where points are decoded.
pub fn check_rows(points: &[Encoded]) -> Result<()> {
    match points.iter().position(group::is_identity) {
        Some(row) => Err(crate::error::Error::new(Kind::PointIdentity).row(row as u64 + 1)),
        None => Ok(()),
    }
}
