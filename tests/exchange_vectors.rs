//! Standard answers of what the exchange is made of, natively; `tests/wasm` runs the same in a browser's worker.
//! RFC 9496, 9497 and 4231 stand in `vectors/exchange`, larger files beside the repository: without them the test says
//! so. And what proofs, blinds and keys must refuse.
#![allow(clippy::unwrap_used)]

#[path = "vectors/standards.rs"]
mod standards;

use atoll::exchange::group::{Dalek, Encoded};
use atoll::exchange::oprf::{self, Mode, SecretKey};
use atoll::exchange::proof;
use standards::{point, unhex};
use std::path::Path;

#[test]
fn rfc_9497() {
    standards::rfc_9497();
}

#[test]
fn rfc_9496() {
    standards::rfc_9496();
}

#[test]
fn rfc_4231() {
    standards::rfc_4231();
}

/// RFC 9380, NIST CAVP, Wycheproof.
#[test]
fn larger_files() {
    for (name, check) in standards::BESIDE {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors").join(name);
        match std::fs::read_to_string(path) {
            Ok(text) => check(&text),
            Err(_) => println!("skipped: no {name}"),
        }
    }
}

#[test]
fn zero_blinds_big_scalars_and_the_neutral_key_are_refused() {
    let order = unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let code = |bytes: &[u8]| SecretKey::read(&point(bytes)).err().map(|e| e.code());
    assert_eq!(code(&order), Some("scalar-invalid"));
    assert_eq!(code(&[0; 32]), Some("blind-zero"));
    let mut below = order.clone();
    below[0] -= 1;
    assert_eq!(code(&below), None);
    assert_eq!(Mode::Voprf.blind(&Dalek, &[b"x"], &[[0; 32]]).unwrap_err().code(), "blind-zero");
    let used = oprf::finalize(
        &Dalek,
        &[b"x"],
        vec![[0; 32]].into(),
        &[SecretKey::read(&point(&below)).unwrap().public()],
    );
    assert_eq!(used.unwrap_err().code(), "blind-zero");
    assert_eq!(oprf::check_public(&[0; 32]).unwrap_err().code(), "key-identity");
    assert_eq!(proof::verify(&Dalek, &[0; 32], &[], &[], &[]).unwrap_err().code(), "key-identity");
}

#[test]
fn one_wrong_row_in_one_of_two_chunks_is_found() {
    let key = SecretKey::derive(Mode::Voprf, &[7; 32], b"").unwrap();
    let other = SecretKey::derive(Mode::Voprf, &[8; 32], b"").unwrap();
    // Two chunks cheaply: points repeat, which proofs do not mind.
    let inputs: Vec<Vec<u8>> = (0..64u8).map(|i| vec![i]).collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let few = Mode::Voprf
        .blind(
            &Dalek,
            &inputs,
            &[[3; 32]; 64].map(|mut b| {
                b[31] = 0;
                b
            }),
        )
        .unwrap();
    let (right, wrong) =
        (oprf::answer(&Dalek, &key, &few).unwrap(), oprf::answer(&Dalek, &other, &few).unwrap());
    let rows = proof::CHUNK + 10;
    let spread = |few: &[Encoded]| -> Vec<Encoded> { (0..rows).map(|i| few[i % 64]).collect() };
    let (blinded, right, wrong) = (spread(&few), spread(&right), spread(&wrong));
    let proofs = proof::prove(&Dalek, &key, &blinded, &right, || [9; 64]).unwrap();
    let check = |evaluated: &[Encoded], proofs: &[[u8; 64]]| {
        proof::verify(&Dalek, &key.public(), &blinded, evaluated, proofs).map_err(|e| (e.code(), e.at.column))
    };
    assert_eq!(check(&right, &proofs), Ok(()));
    let chunk = |n: &str| Some(n.to_string());
    let mut one = right.clone();
    one[rows - 1] = wrong[rows - 1];
    assert_eq!(check(&one, &proofs), Err(("proof-wrong", chunk("2"))), "one row");
    let mut first = wrong.clone();
    first[proof::CHUNK..].copy_from_slice(&right[proof::CHUNK..]);
    assert_eq!(check(&first, &proofs), Err(("proof-wrong", chunk("1"))), "one chunk");
    assert_eq!(check(&wrong, &proofs), Err(("proof-wrong", chunk("1"))), "all rows");
    let honest_with_another = proof::prove(&Dalek, &other, &blinded, &wrong, || [9; 64]).unwrap();
    assert_eq!(
        check(&wrong, &honest_with_another),
        Err(("proof-wrong", chunk("1"))),
        "another key, proved well"
    );
    assert_eq!(check(&right, &proofs[..1]), Err(("proof-count", None)));
    let three = [proofs.clone(), proofs[..1].to_vec()].concat();
    assert_eq!(check(&right, &three), Err(("proof-count", None)));
    assert_eq!(check(&right[1..], &proofs), Err(("row-count-wrong", None)));
}
