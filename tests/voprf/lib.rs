//! Our VOPRF and Meta's crate `voprf`: the same scalars give the same bytes, and each accepts the other's proofs.
#![cfg(test)]

use atoll::exchange::group::{Dalek, Encoded};
use atoll::exchange::oprf::{self, Mode, SecretKey};
use atoll::exchange::proof;
use rand_core::{CryptoRng, RngCore};
use voprf::{BlindedElement, EvaluationElement, Group, Proof, Ristretto255, VoprfClient, VoprfServer};

/// Hands out the scalars it was given, once each.
struct Given(Vec<Encoded>);

impl RngCore for Given {
    fn next_u32(&mut self) -> u32 {
        unreachable!("only scalars are drawn")
    }
    fn next_u64(&mut self) -> u64 {
        unreachable!("only scalars are drawn")
    }
    fn fill_bytes(&mut self, out: &mut [u8]) {
        out.copy_from_slice(&self.0.remove(0));
    }
}

impl CryptoRng for Given {}

/// A scalar below the order, another for each number.
fn scalar(n: usize) -> Encoded {
    let mut bytes = Mode::Oprf.uniform(&[&n.to_be_bytes()])[0];
    bytes[31] &= 15;
    bytes[..32].try_into().unwrap()
}

fn array(bytes: &[u8]) -> Encoded {
    bytes.try_into().unwrap()
}

fn agree(rows: usize) {
    let (seed, info) = (scalar(1_000_000), b"acme x tagco");
    let inputs: Vec<Vec<u8>> = (0..rows).map(|i| format!("138{i:08}").into_bytes()).collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let blinds: Vec<Encoded> = (0..rows).map(scalar).collect();

    let key = SecretKey::derive(Mode::Voprf, &seed, info).unwrap();
    let server = VoprfServer::<Ristretto255>::new_from_seed(&seed, info).unwrap();
    let public = server.get_public_key();
    assert_eq!(key.public(), array(&Ristretto255::serialize_elem(public)));

    let blinded = Mode::Voprf.blind(&Dalek, &inputs, &blinds).unwrap();
    let ask = |(input, blind): (&&[u8], &Encoded)| {
        VoprfClient::<Ristretto255>::blind(input, &mut Given(vec![*blind])).unwrap()
    };
    let asked: Vec<_> = inputs.iter().zip(&blinds).map(ask).collect();
    let sent: Vec<Encoded> = asked.iter().map(|a| array(&a.message.serialize())).collect();
    assert_eq!(blinded, sent);

    let (evaluated, random) = (oprf::answer(&Dalek, &key, &blinded).unwrap(), scalar(2_000_000));
    let mut wide = [0; 64];
    wide[..32].copy_from_slice(&random);
    let ours = proof::prove(&Dalek, &key, &blinded, &evaluated, || wide).unwrap()[0];
    let messages: Vec<BlindedElement<Ristretto255>> = asked.iter().map(|a| a.message.clone()).collect();
    let theirs = server.batch_blind_evaluate(&mut Given(vec![random]), &messages).unwrap();
    let answered: Vec<Encoded> = theirs.messages.iter().map(|m| array(&m.serialize())).collect();
    assert_eq!(evaluated, answered);
    assert_eq!(ours[..], theirs.proof.serialize()[..]);

    // Each side reads what the other wrote.
    proof::verify(
        &Dalek,
        &key.public(),
        &blinded,
        &answered,
        &[theirs.proof.serialize()[..].try_into().unwrap()],
    )
    .unwrap();
    let outputs = oprf::finalize(&Dalek, &inputs, blinds.into(), &answered).unwrap();
    let clients: Vec<_> = asked.into_iter().map(|a| a.state).collect();
    let read = |e: &Encoded| EvaluationElement::<Ristretto255>::deserialize(e).unwrap();
    let elements: Vec<_> = evaluated.iter().map(read).collect();
    let finalize = |proof: &[u8]| -> Option<Vec<Vec<u8>>> {
        let proof = Proof::deserialize(proof).ok()?;
        let outputs = VoprfClient::batch_finalize(&inputs, &clients, &elements, &proof, public).ok()?;
        outputs.map(|output| output.ok().map(|o| o.to_vec())).collect()
    };
    assert_eq!(finalize(&ours), Some(outputs.iter().map(|o| o.to_vec()).collect()));
    let mut wrong = ours;
    wrong[33] ^= 1;
    assert_eq!(finalize(&wrong), None, "a flipped bit is seen");
    for (input, output) in inputs.iter().zip(&outputs) {
        assert_eq!(server.evaluate(input).unwrap()[..], output[..]);
    }
}

#[test]
fn one_row() {
    agree(1);
}

#[test]
fn a_batch() {
    agree(257);
}
