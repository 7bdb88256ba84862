//! Keys of a collaboration, and what an ID becomes under them: a label to be found by, and a key for its tags.

use super::frame::{FileKind, Hex};
use super::group::{Encoded, Points};
use super::oprf::{Mode, SecretKey};
use super::secret::{self, Random};
use super::terms::Terms;
use crate::error::{Error, Kind, Result};
use crate::json;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use ed25519_dalek::{Signer, SigningKey};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a label.
pub const LABEL: usize = 16;
/// Bytes of the code under every row of tags.
pub const CODE: usize = 16;
/// What a row is found by.
pub type Label = [u8; LABEL];

/// A public key, short enough to compare by phone: 16 bytes of its SHA-256, in groups of four digits.
pub fn fingerprint(key: &Encoded) -> String {
    let digest = Sha256::digest(key);
    let groups = digest[..16].as_chunks::<2>().0.iter().map(|[a, b]| format!("{a:02x}{b:02x}"));
    groups.collect::<Vec<_>>().join("-")
}

/// What an ID becomes. Opens one row of one tag file.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Opening {
    label: Label,
    key: [u8; 32],
}

impl Opening {
    /// From an OPRF output or a keyed ID: HKDF-Expand with SHA-256.
    pub fn of(output: &[u8]) -> Result<Opening> {
        let (mut label, mut key) = ([0; LABEL], [0; 32]);
        let hkdf = Hkdf::<Sha256>::from_prk(output).map_err(|_| Kind::ExchangeBroken)?;
        hkdf.expand(b"label", &mut label).map_err(|_| Kind::ExchangeBroken)?;
        hkdf.expand(b"tags", &mut key).map_err(|_| Kind::ExchangeBroken)?;
        Ok(Opening { label, key })
    }
    /// What the row is found by.
    pub fn label(&self) -> Label {
        self.label
    }
    /// Seals tags for a file of this nonce. The key is bound to an ID and an epoch, the nonce to a file: a pair
    /// meets one row only, whatever was published before.
    pub fn seal(&self, nonce: &[u8; 12], tags: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg: tags, aad: &self.label };
        self.cipher().encrypt(&Nonce::from(*nonce), payload).map_err(|_| Kind::RowBroken.into())
    }
    /// Opens them.
    pub fn open(&self, nonce: &[u8; 12], sealed: &[u8]) -> Result<Vec<u8>> {
        let payload = Payload { msg: sealed, aad: &self.label };
        self.cipher().decrypt(&Nonce::from(*nonce), payload).map_err(|_| Kind::RowBroken.into())
    }
    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&self.key).into())
    }
}

/// The key of a collaboration in one epoch. The provider's can sign; a copy for a partner of the keyed mode cannot.
pub struct KeyFile {
    terms: Terms,
    cap: u64,
    key: SecretKey,
    signer: Encoded,
    signing: Option<SigningKey>,
}

/// A key as it is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    terms: Terms,
    cap: u64,
    key: Hex<32>,
    signer: Hex<32>,
    signing: Option<Hex<32>>,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.key.0.zeroize();
        self.signing.iter_mut().for_each(|s| s.0.zeroize());
    }
}

impl KeyFile {
    /// Fresh keys. `cap` is how many rows they may ever answer: what bounds guessing.
    pub fn generate(terms: Terms, cap: u64, random: &mut Random) -> Result<KeyFile> {
        terms.valid()?;
        let seed = Zeroizing::new(random.bytes());
        let key = SecretKey::derive(Mode::Voprf, &seed, terms.collaboration.as_bytes())?;
        let signing = SigningKey::from_bytes(&Zeroizing::new(random.bytes()));
        Ok(KeyFile { terms, cap, key, signer: signing.verifying_key().to_bytes(), signing: Some(signing) })
    }
    /// Seals the key under a passphrase. `shared` leaves out what signs: a copy for the partner of the keyed mode;
    /// in the blinded mode there is none to share.
    pub fn seal(&self, passphrase: &str, shared: bool, random: &mut Random) -> Result<Vec<u8>> {
        if shared && self.terms.blinded() {
            return Err(Kind::SuiteWrong.into());
        }
        let written = Written {
            terms: self.terms.clone(),
            cap: self.cap,
            key: Hex(self.key.scalar),
            signer: Hex(self.signer),
            signing: self.signing.as_ref().filter(|_| !shared).map(|s| Hex(s.to_bytes())),
        };
        let json = Zeroizing::new(json::compact(&written));
        secret::seal(FileKind::Key, passphrase, &json, random)
    }
    /// Opens a sealed key.
    pub fn open(passphrase: &str, file: &[u8]) -> Result<KeyFile> {
        let json = secret::unseal(FileKind::Key, passphrase, file)?;
        let written: Written = json::read(&json).map_err(|_| Error::new(Kind::ExchangeBroken))?;
        written.terms.valid()?;
        let signing = written.signing.map(|s| SigningKey::from_bytes(&Zeroizing::new(s.0)));
        let (terms, key) = (written.terms.clone(), SecretKey::read(&written.key.0)?);
        Ok(KeyFile { terms, cap: written.cap, key, signer: written.signer.0, signing })
    }
    /// What was agreed.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }
    /// Rows the key may answer in its life.
    pub fn cap(&self) -> u64 {
        self.cap
    }
    /// Who signs.
    pub fn signer(&self) -> Encoded {
        self.signer
    }
    /// The public key of the blinded mode; in the keyed mode, a value that tells whether two keys are one.
    pub fn public(&self) -> Encoded {
        if self.terms.blinded() { self.key.public() } else { self.mac(b"atoll/v1 public") }
    }
    pub(super) fn oprf(&self) -> Result<&SecretKey> {
        if self.terms.blinded() { Ok(&self.key) } else { Err(Kind::SuiteWrong.into()) }
    }
    pub(super) fn sign(&self, message: &[u8]) -> Result<[u8; 64]> {
        Ok(self.signing.as_ref().ok_or(Kind::KeyWrong)?.sign(message).to_bytes())
    }
    /// HMAC-SHA-256 under the key.
    pub(super) fn mac(&self, message: &[u8]) -> [u8; 32] {
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(&self.key.scalar) else { return [0; 32] };
        mac.chain_update(message).finalize().into_bytes().into()
    }
    /// What IDs become in a tag file of the keyed mode: what a brand that holds the key needs no answer for.
    pub fn openings_of<I: AsRef<[u8]>>(
        &self,
        points: &dyn Points,
        file: &super::tagfile::TagFile,
        ids: &[I],
    ) -> Result<Vec<Opening>> {
        self.terms.check(&file.header().terms)?;
        if self.public() != file.header().public.0 {
            return Err(Kind::KeyWrong.into());
        }
        self.openings(points, ids)
    }
    /// What IDs become: for the owner of the key, who needs nobody's answer.
    pub fn openings<I: AsRef<[u8]>>(&self, points: &dyn Points, ids: &[I]) -> Result<Vec<Opening>> {
        let inputs: Vec<Vec<u8>> = ids.iter().map(|id| self.terms.input(id.as_ref())).collect();
        if !self.terms.blinded() {
            return inputs.iter().map(|input| Opening::of(&self.mac(input))).collect();
        }
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let outputs = Zeroizing::new(Mode::Voprf.evaluate(points, &self.key, &inputs));
        outputs.iter().map(|output| Opening::of(output)).collect()
    }
}
