//! The brand's side of a run: IDs blinded, padded, shuffled; and what is kept to read the answer.

use super::frame::{self, FileKind, Hex};
use super::group::{Encoded, Points};
use super::keys::Opening;
use super::oprf::{self, Mode};
use super::proof::{self, CHUNK, PROOF};
use super::secret::{self, Random};
use super::tagfile::TagFile;
use super::terms::Terms;
use crate::error::{Error, Kind, Result};
use crate::json;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// One in so many rows is asked twice, under another blind.
const CANARY: usize = 1_000;
/// Smallest query.
const SMALLEST: u64 = 1_024;
/// Rows that are blinded together.
const BATCH: usize = 4_096;

/// Header of a query.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What was agreed.
    pub terms: Terms,
    /// Rows, padded ones counted.
    pub rows: u64,
    /// Number of the run, used once.
    pub nonce: Hex<16>,
}

/// A query as it came.
pub struct Query {
    /// Its header.
    pub header: Header,
    /// Blinded points.
    pub blinded: Vec<Encoded>,
    /// SHA-256 of the file.
    pub digest: [u8; 32],
}

impl Query {
    /// Reads a query; whether its points are points is found when they are evaluated.
    pub fn read(file: &[u8]) -> Result<Query> {
        let (header, body): (Header, _) = frame::read(FileKind::Query, file)?;
        header.terms.valid()?;
        frame::exact(body, header.rows.checked_mul(32).ok_or(Kind::TooManyRows)?)?;
        Ok(Query { header, blinded: frame::rows(body), digest: Sha256::digest(file).into() })
    }
}

/// Rows a query of so many is padded to: the next of 8, 9, … 15 times a power of two, at least 1,024.
pub fn bucket(rows: u64) -> u64 {
    let rows = rows.max(SMALLEST);
    let step = 1 << (rows.ilog2() - 3);
    rows.next_multiple_of(step)
}

/// Rows a query of so many IDs will have: canaries and padding counted. What the row cap is held against.
pub fn rows_for(ids: u64) -> u64 {
    bucket(ids + ids.div_ceil(CANARY as u64))
}

/// What a row of the query is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Id(u32),
    Padding,
}

/// What a run rests on, all derived from one secret: the order of the rows, the blinds, the padding.
struct Secrets {
    slots: Vec<Slot>,
    blinds: Zeroizing<Vec<Encoded>>,
    padding: Random,
}

impl Secrets {
    fn derive(seed: &[u8; 32], ids: usize) -> Secrets {
        let stream = |purpose: u8| {
            let hash = Sha256::new().chain_update(b"atoll/v1 run").chain_update([purpose]).chain_update(seed);
            Random::new(hash.finalize().into())
        };
        let (mut order, mut blinds) = (stream(0), stream(1));
        let mut canaries: Vec<u32> = (0..ids as u32).collect();
        order.shuffle(&mut canaries);
        canaries.truncate(ids.div_ceil(CANARY));
        let mut slots: Vec<Slot> = (0..ids as u32).chain(canaries).map(Slot::Id).collect();
        slots.resize(rows_for(ids as u64) as usize, Slot::Padding);
        order.shuffle(&mut slots);
        let blinds = Zeroizing::new(slots.iter().map(|_| blind(&mut blinds)).collect());
        Secrets { slots, blinds, padding: stream(2) }
    }
}

/// A fresh scalar that is not zero.
fn blind(random: &mut Random) -> Encoded {
    loop {
        let wide = Zeroizing::new(random.bytes());
        let scalar = curve25519_dalek::Scalar::from_bytes_mod_order_wide(&wide).to_bytes();
        if scalar != [0; 32] {
            return scalar;
        }
    }
}

/// What a brand keeps of a run. Sealed on disk; [`Run::open`] uses it up.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    header: Header,
    /// Digest of the tag file's header: the run belongs to this file.
    tags: Hex<32>,
    public: Hex<32>,
    signer: Hex<32>,
    ids: u64,
    /// Digest of the IDs: the run reads no answer for others.
    list: Hex<32>,
    seed: Hex<32>,
    #[serde(skip)]
    blinded: Vec<Encoded>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.seed.0.zeroize();
    }
}

/// Blinds the IDs for the owner of a tag file: the query to send, and the run to keep. `ids` are distinct, as
/// [`super::terms::Reader`] reads them.
pub fn ask<I: AsRef<[u8]>>(
    points: &dyn Points,
    file: &TagFile,
    ids: &[I],
    random: &mut Random,
) -> Result<(Vec<u8>, Run)> {
    let terms = &file.header().terms;
    if !terms.blinded() {
        return Err(Kind::SuiteWrong.into());
    }
    let rows = rows_for(ids.len() as u64);
    if rows > file.header().cap || ids.len() >= u32::MAX as usize {
        return Err(Kind::RowCap.into());
    }
    let seed = random.bytes();
    let mut secrets = Secrets::derive(&seed, ids.len());
    let header = Header { terms: terms.clone(), rows, nonce: Hex(random.bytes()) };
    let mut query = frame::write(FileKind::Query, &header)?;
    let blinded = blinded(points, terms, ids, &mut secrets);
    query.extend(blinded.as_flattened());
    let run = Run {
        header,
        tags: Hex(file.digest()),
        public: file.header().public,
        signer: file.header().signer,
        ids: ids.len() as u64,
        list: Hex(list(ids)),
        seed: Hex(seed),
        blinded,
    };
    Ok((query, run))
}

fn blinded<I: AsRef<[u8]>>(
    points: &dyn Points,
    terms: &Terms,
    ids: &[I],
    secrets: &mut Secrets,
) -> Vec<Encoded> {
    let Secrets { slots, blinds, padding } = secrets;
    let mut out = Vec::with_capacity(slots.len());
    for (slots, blinds) in slots.chunks(BATCH).zip(blinds.chunks(BATCH)) {
        let uniform = |slot: &Slot| match slot {
            Slot::Id(id) => Mode::Voprf.uniform(&[&terms.input(ids[*id as usize].as_ref())])[0],
            Slot::Padding => padding.bytes(),
        };
        let uniform: Zeroizing<Vec<_>> = Zeroizing::new(slots.iter().map(uniform).collect());
        out.extend(points.map_mul(&uniform, blinds));
    }
    out
}

fn list<I: AsRef<[u8]>>(ids: &[I]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for id in ids.iter().map(AsRef::as_ref) {
        hash.update((id.len() as u16).to_be_bytes());
        hash.update(id);
    }
    hash.finalize().into()
}

/// Header of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerHeader {
    /// What was agreed.
    pub terms: Terms,
    /// Rows, as many as the query had.
    pub rows: u64,
    /// The run it answers.
    pub nonce: Hex<16>,
    /// Proofs, one per 65,535 rows.
    pub proofs: u64,
}

impl Run {
    /// Seals the run under a passphrase.
    pub fn seal(&self, passphrase: &str, random: &mut Random) -> Result<Vec<u8>> {
        let json = Zeroizing::new(json::compact(self));
        let length = (json.len() as u32).to_be_bytes();
        let secret = Zeroizing::new([&length, json.as_slice(), self.blinded.as_flattened()].concat());
        secret::seal(FileKind::Run, passphrase, &secret, random)
    }
    /// Opens a sealed run.
    pub fn unseal(passphrase: &str, file: &[u8]) -> Result<Run> {
        let secret = secret::unseal(FileKind::Run, passphrase, file)?;
        let broken = || Error::new(Kind::ExchangeBroken);
        let (length, rest) = secret.split_first_chunk().ok_or_else(broken)?;
        let (json, points) =
            rest.split_at_checked(u32::from_be_bytes(*length) as usize).ok_or_else(broken)?;
        let mut run: Run = json::read(json).map_err(|_| broken())?;
        frame::exact(points, run.header.rows * 32)?;
        run.blinded = frame::rows(points);
        Ok(run)
    }
    /// Who signed the tag file the query was made for.
    pub fn signer(&self) -> Encoded {
        self.signer.0
    }
    /// Reads the answer: checks every proof against the key of the tag file, checks the canaries, takes the blinds
    /// off. `ids` are those the query was made from, in the same order; the openings come in that order.
    pub fn open<I: AsRef<[u8]>>(
        self,
        points: &dyn Points,
        file: &TagFile,
        ids: &[I],
        answer: &[u8],
    ) -> Result<Vec<Opening>> {
        let (header, evaluated, proofs) = self.read(answer)?;
        file.header().terms.check(&header.terms)?;
        if self.public != file.header().public || self.tags.0 != file.digest() {
            return Err(Kind::KeyWrong.into());
        }
        if self.ids != ids.len() as u64 || self.list.0 != list(ids) {
            return Err(Kind::IdsChanged.into());
        }
        oprf::check_rows(&evaluated)?;
        proof::verify(points, &self.public.0, &self.blinded, &evaluated, &proofs)?;
        let outputs = self.outputs(points, ids, &evaluated)?;
        outputs.iter().map(|output| Opening::of(output)).collect()
    }
    fn read(&self, answer: &[u8]) -> Result<(AnswerHeader, Vec<Encoded>, Vec<[u8; PROOF]>)> {
        let (header, body): (AnswerHeader, _) = frame::read(FileKind::Answer, answer)?;
        self.header.terms.check(&header.terms)?;
        if header.nonce != self.header.nonce {
            return Err(Kind::RunWrong.into());
        }
        if header.rows != self.header.rows {
            return Err(Kind::RowCountWrong.into());
        }
        if header.proofs != header.rows.div_ceil(CHUNK as u64) {
            return Err(Kind::ProofCount.into());
        }
        frame::exact(body, header.rows * 32 + header.proofs * PROOF as u64)?;
        let (points, proofs) = body.split_at(header.rows as usize * 32);
        Ok((header, frame::rows(points), frame::rows(proofs)))
    }
    /// Outputs by ID. A canary must say what its twin said.
    fn outputs<I: AsRef<[u8]>>(
        &self,
        points: &dyn Points,
        ids: &[I],
        evaluated: &[Encoded],
    ) -> Result<Zeroizing<Vec<[u8; 64]>>> {
        let Secrets { slots, blinds, .. } = Secrets::derive(&self.seed.0, ids.len());
        let own = |(row, slot): (usize, &Slot)| match slot {
            Slot::Id(id) => Some((row, *id as usize)),
            Slot::Padding => None,
        };
        let rows: Vec<(usize, usize)> = slots.iter().enumerate().filter_map(own).collect();
        let mut outputs: Zeroizing<Vec<Option<[u8; 64]>>> = Zeroizing::new(vec![None; ids.len()]);
        for rows in rows.chunks(BATCH) {
            let found = self.finalize(points, ids, rows, &blinds, evaluated)?;
            for ((_, id), output) in rows.iter().zip(found.iter()) {
                match outputs[*id].replace(*output) {
                    Some(twin) if twin != *output => return Err(Kind::CanaryApart.into()),
                    _ => {}
                }
            }
        }
        let all: Option<Vec<_>> = outputs.iter().copied().collect();
        all.map(Zeroizing::new).ok_or_else(|| Kind::ExchangeBroken.into())
    }
    fn finalize<I: AsRef<[u8]>>(
        &self,
        points: &dyn Points,
        ids: &[I],
        rows: &[(usize, usize)],
        blinds: &[Encoded],
        evaluated: &[Encoded],
    ) -> Result<Zeroizing<Vec<[u8; 64]>>> {
        let inputs: Vec<_> = rows.iter().map(|(_, id)| self.header.terms.input(ids[*id].as_ref())).collect();
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let used = Zeroizing::new(rows.iter().map(|(row, _)| blinds[*row]).collect());
        let answered: Vec<Encoded> = rows.iter().map(|(row, _)| evaluated[*row]).collect();
        oprf::finalize(points, &inputs, used, &answered).map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::group::Dalek;
    use crate::exchange::oprf::SecretKey;
    use crate::id::{self, Digest, Kind as IdKind};

    /// A run, and the answer of two keys: the second for the last row of an ID that was asked twice.
    #[test]
    fn a_canary_that_was_answered_in_another_way_is_found() {
        let terms = Terms::new(true, "a", "b", id::Recipe::new(IdKind::Phone, Digest::None)).unwrap();
        let ids: Vec<Vec<u8>> = (0..5u8).map(|i| vec![i]).collect();
        let mut secrets = Secrets::derive(&[3; 32], ids.len());
        let blinded = blinded(&Dalek, &terms, &ids, &mut secrets);
        let header = Header { terms, rows: rows_for(5), nonce: Hex([0; 16]) };
        let (none, list) = (Hex([0; 32]), Hex(list(&ids)));
        let run =
            Run { header, tags: none, public: none, signer: none, ids: 5, list, seed: Hex([3; 32]), blinded };
        let key = |seed: u8| SecretKey::derive(Mode::Voprf, &[seed; 32], b"").unwrap();
        let mut evaluated = oprf::answer(&Dalek, &key(1), &run.blinded).unwrap();
        let other = oprf::answer(&Dalek, &key(2), &run.blinded).unwrap();
        assert_eq!(run.outputs(&Dalek, &ids, &evaluated).unwrap().len(), 5);
        let asked = |id: u32| secrets.slots.iter().filter(|slot| **slot == Slot::Id(id)).count();
        let canary = (0..5).find(|id| asked(*id) == 2).unwrap();
        let row = secrets.slots.iter().rposition(|slot| *slot == Slot::Id(canary)).unwrap();
        evaluated[row] = other[row];
        assert_eq!(run.outputs(&Dalek, &ids, &evaluated).unwrap_err().code(), "canary-apart");
    }
}
