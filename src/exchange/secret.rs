//! Randomness that comes as an argument, and files that only a passphrase opens.

use super::frame::{self, FileKind, Hex};
use crate::error::{Error, Kind, Result};
use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A stream of random bytes from 32 bytes of the system's: give each `Random` a seed of its own and forget the
/// seed. It has neither `Clone` nor `Debug`: two of one seed would use every blind twice.
pub struct Random(ChaCha20Rng);

impl Random {
    /// The stream of a seed.
    pub fn new(seed: [u8; 32]) -> Random {
        Random(ChaCha20Rng::from_seed(*Zeroizing::new(seed)))
    }
    /// Fresh bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.0.fill_bytes(&mut out);
        out
    }
    /// A number below `below`, off from uniform by less than `below` in 2⁶⁴.
    pub fn below(&mut self, below: u64) -> u64 {
        ((u128::from(u64::from_le_bytes(self.bytes())) * u128::from(below)) >> 64) as u64
    }
    /// Puts rows in random order.
    pub fn shuffle<T>(&mut self, rows: &mut [T]) {
        for i in (1..rows.len()).rev() {
            rows.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

impl Drop for Random {
    fn drop(&mut self) {
        self.0 = ChaCha20Rng::from_seed([0; 32]);
    }
}

/// Memory of argon2id, in KiB.
const MEMORY: u32 = 64 << 10;
/// Its passes.
const PASSES: u32 = 3;
/// Most memory a file may ask for.
const MOST_MEMORY: u32 = 1 << 20;

/// How the key of a sealed file is made from the passphrase.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    kdf: String,
    memory: u32,
    passes: u32,
    salt: Hex<16>,
    nonce: Hex<12>,
}

impl Lock {
    fn cipher(&self, passphrase: &str) -> Result<ChaCha20Poly1305> {
        if self.kdf != "argon2id" || self.memory > MOST_MEMORY || self.passes > 64 {
            return Err(Kind::ExchangeBroken.into());
        }
        let broken = |_| Error::new(Kind::ExchangeBroken);
        let params = Params::new(self.memory, self.passes, 1, Some(32)).map_err(broken)?;
        let mut key = Zeroizing::new([0; 32]);
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon.hash_password_into(passphrase.as_bytes(), &self.salt.0, &mut *key).map_err(broken)?;
        Ok(ChaCha20Poly1305::new((&*key).into()))
    }
}

/// Seals a secret under a passphrase: argon2id, then ChaCha20-Poly1305 over it and the header.
pub fn seal(kind: FileKind, passphrase: &str, secret: &[u8], random: &mut Random) -> Result<Vec<u8>> {
    let lock = Lock {
        kdf: "argon2id".into(),
        memory: MEMORY,
        passes: PASSES,
        salt: Hex(random.bytes()),
        nonce: Hex(random.bytes()),
    };
    let mut out = frame::write(kind, &lock)?;
    let payload = Payload { msg: secret, aad: &out };
    let sealed = lock.cipher(passphrase)?.encrypt(&Nonce::from(lock.nonce.0), payload);
    out.extend(sealed.map_err(|_| Kind::ExchangeBroken)?);
    Ok(out)
}

/// Opens what [`seal`] made.
pub fn unseal(kind: FileKind, passphrase: &str, file: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let (lock, body): (Lock, _) = frame::read(kind, file)?;
    let payload = Payload { msg: body, aad: &file[..file.len() - body.len()] };
    let opened = lock.cipher(passphrase)?.decrypt(&Nonce::from(lock.nonce.0), payload);
    opened.map(Zeroizing::new).map_err(|_| Kind::PassphraseWrong.into())
}
