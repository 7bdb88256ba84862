//! Standard answers of what the exchange is made of: RFC 9496, 9497, 9380 and 4231 from `vectors/exchange`,
//! Wycheproof where its files lie beside the repository. In each, one flipped bit must fail.
#![allow(clippy::unwrap_used)]

use atoll::error::Kind;
use atoll::exchange::group::{self, Dalek, Encoded, Points, Scalars, expand_message};
use atoll::exchange::oprf::{self, Mode, SecretKey};
use atoll::exchange::proof;
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::{Sha256, Sha512};
use std::path::Path;

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn hex(value: &Value) -> Vec<u8> {
    unhex(value.as_str().unwrap())
}

fn point(bytes: &[u8]) -> Encoded {
    bytes.try_into().unwrap()
}

fn list(value: &Value) -> Vec<Vec<u8>> {
    value.as_str().unwrap().split(',').map(unhex).collect()
}

fn points(value: &Value) -> Vec<Encoded> {
    list(value).iter().map(|p| point(p)).collect()
}

fn own(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/exchange").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Files that are too large for the repository; without them the test says so.
fn beside(name: &str) -> Option<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors").join(name);
    let Ok(bytes) = std::fs::read(path) else {
        println!("skipped: no {name}");
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[0] ^= 1;
    bytes
}

#[test]
fn rfc_9497() {
    let suites = own("rfc9497.json");
    let (mut seen, suites) = (0, suites.as_array().unwrap());
    for suite in suites {
        let mode = if suite["mode"] == 0 { Mode::Oprf } else { Mode::Voprf };
        assert_eq!(mode.dst("HashToGroup-"), hex(&suite["groupDST"]));
        let key = SecretKey::read(&point(&hex(&suite["skSm"]))).unwrap();
        let seed = point(&hex(&suite["seed"]));
        let derived = SecretKey::derive(mode, &seed, &hex(&suite["keyInfo"])).unwrap();
        assert_eq!(derived.public(), key.public());
        assert_ne!(
            SecretKey::derive(mode, &point(&flipped(&seed)), b"test key").unwrap().public(),
            key.public()
        );
        if mode == Mode::Voprf {
            assert_eq!(key.public().to_vec(), hex(&suite["pkSm"]));
        }
        for vector in suite["vectors"].as_array().unwrap() {
            run_9497(mode, &key, vector);
            seen += 1;
        }
    }
    assert_eq!(seen, 5);
}

fn run_9497(mode: Mode, key: &SecretKey, vector: &Value) {
    let (inputs, blinds) = (list(&vector["Input"]), points(&vector["Blind"]));
    let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
    let blinded = mode.blind(&Dalek, &inputs, &blinds).unwrap();
    assert_eq!(blinded, points(&vector["BlindedElement"]));
    let evaluated = oprf::answer(&Dalek, key, &blinded).unwrap();
    assert_eq!(evaluated, points(&vector["EvaluationElement"]));
    let outputs = oprf::finalize(&Dalek, &inputs, blinds.clone().into(), &evaluated).unwrap();
    let wanted = list(&vector["Output"]);
    assert_eq!(outputs.iter().map(|o| o.to_vec()).collect::<Vec<_>>(), wanted);
    assert_eq!(mode.evaluate(&Dalek, key, &inputs), outputs);
    if mode == Mode::Voprf {
        let mut random = [0; 64];
        random[..32].copy_from_slice(&hex(&vector["Proof"]["r"]));
        let proofs = proof::prove(&Dalek, key, &blinded, &evaluated, || random).unwrap();
        assert_eq!(proofs[0].to_vec(), hex(&vector["Proof"]["proof"]));
        let verify = |blinded: &[Encoded], evaluated: &[Encoded], proof: [u8; 64]| {
            proof::verify(&Dalek, &key.public(), blinded, evaluated, &[proof]).map_err(|e| e.kind)
        };
        assert_eq!(verify(&blinded, &evaluated, proofs[0]), Ok(()));
        for at in 0..512 {
            let mut bad = proofs[0];
            bad[at / 8] ^= 1 << (at % 8);
            assert!(verify(&blinded, &evaluated, bad).is_err(), "bit {at} of the proof");
        }
        if blinded.len() > 1 {
            let swapped: Vec<_> = evaluated.iter().rev().copied().collect();
            assert_eq!(verify(&blinded, &swapped, proofs[0]), Err(Kind::ProofWrong));
        }
    }
    // One flipped bit in an input or a blind, and nothing is as it was.
    let other: Vec<Vec<u8>> = inputs.iter().map(|i| flipped(i)).collect();
    let other: Vec<&[u8]> = other.iter().map(Vec::as_slice).collect();
    assert!(mode.blind(&Dalek, &other, &blinds).unwrap().iter().zip(&blinded).all(|(a, b)| a != b));
    assert_ne!(oprf::finalize(&Dalek, &other, blinds.clone().into(), &evaluated).unwrap(), outputs);
    let wrong: Vec<Encoded> = blinds.iter().map(|b| point(&flipped(b))).collect();
    assert_ne!(oprf::finalize(&Dalek, &inputs, wrong.into(), &evaluated).unwrap(), outputs);
}

#[test]
fn rfc_9496() {
    let vectors = own("rfc9496.json");
    let mut one = [0; 32];
    one[0] = 1;
    let multiples = vectors["A1_small_multiples_of_generator_0_to_15"].as_array().unwrap();
    let base = point(&hex(&multiples[1]));
    assert_eq!(Dalek.sum(&[base, base], &[one, one]), Some(point(&hex(&multiples[2]))));
    for (i, multiple) in multiples.iter().enumerate() {
        let (mut scalar, multiple) = ([0; 32], point(&hex(multiple)));
        scalar[0] = i as u8;
        assert_eq!(Dalek.mul(&[base], Scalars::One(&scalar)), [Some(multiple)]);
        assert_eq!(Dalek.mul(&[base, base], Scalars::Each(&[scalar, scalar]))[1], Some(multiple));
        assert_eq!(group::check_point(&multiple).is_ok(), i > 0, "the identity is refused");
        let off = Dalek.mul(&[point(&flipped(&multiple))], Scalars::One(&one))[0];
        assert_ne!(off, Some(multiple), "a flipped bit is another point or none");
    }
    let bad = ["A2_bad_encodings_must_be_rejected", "extra_bad_encodings_libsodium"];
    let bad: Vec<_> = bad.iter().flat_map(|name| vectors[name].as_array().unwrap()).collect();
    assert_eq!(bad.len(), 30);
    for encoding in bad {
        let encoding = point(&hex(encoding));
        assert_eq!(group::check_point(&encoding).unwrap_err().code(), "point-invalid");
        assert_eq!(Dalek.mul(&[base, encoding], Scalars::One(&one))[1], None);
    }
    let map = |uniform: &[u8]| Dalek.map_mul(&[uniform.try_into().unwrap()], &[one])[0];
    for vector in vectors["A3_one_way_map"].as_array().unwrap() {
        let uniform = hex(&vector["sha512_of_label_hex"]);
        let wanted = point(&hex(&vector["element"]));
        assert_eq!(map(&uniform), wanted);
        assert_ne!(map(&flipped(&uniform)), wanted);
    }
    let same = &vectors["A3_equivalent_uniform_inputs"];
    for uniform in same["inputs"].as_array().unwrap() {
        assert_eq!(map(&hex(uniform)), point(&hex(&same["element"])));
    }
}

#[test]
fn rfc_9380_expand_message() {
    let Some(file) = beside("rfc9380/expand_message_xmd_SHA512_38.json") else { return };
    for test in file["tests"].as_array().unwrap() {
        let length = usize::from_str_radix(&test["len_in_bytes"].as_str().unwrap()[2..], 16).unwrap();
        let (mut out, message) = (vec![0; length], test["msg"].as_str().unwrap().as_bytes());
        let dst = file["DST"].as_str().unwrap().as_bytes();
        expand_message(&[message], dst, &mut out);
        assert_eq!(out, hex(&test["uniform_bytes"]));
        expand_message(&[message], &flipped(dst), &mut out);
        assert_ne!(out, hex(&test["uniform_bytes"]));
    }
}

/// An HMAC, cut to as many bytes as are wanted.
fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    <M as hmac::digest::KeyInit>::new_from_slice(key)
        .unwrap()
        .chain_update(message)
        .finalize()
        .into_bytes()
        .to_vec()
}

#[test]
fn rfc_4231() {
    let vectors = own("rfc4231.json");
    for (name, mac) in [
        ("hmac_sha256", mac::<Hmac<Sha256>> as fn(&[u8], &[u8]) -> Vec<u8>),
        ("hmac_sha512", mac::<Hmac<Sha512>>),
    ] {
        for vector in vectors[name].as_array().unwrap() {
            let (key, message, tag) = (hex(&vector["key"]), hex(&vector["msg"]), hex(&vector["tag"]));
            assert_eq!(mac(&key, &message)[..tag.len()], tag);
            assert_ne!(mac(&flipped(&key), &message)[..tag.len()], tag);
            assert_ne!(mac(&key, &flipped(&message))[..tag.len()], tag);
        }
    }
}

/// Runs `holds` on every case of a Wycheproof file; it must say what the file says.
fn wycheproof(name: &str, mut holds: impl FnMut(&Value, &Value) -> bool) {
    let Some(file) = beside(&format!("wycheproof/{name}.json")) else { return };
    let mut seen = 0;
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            assert_eq!(holds(group, test), test["result"] == "valid", "{name} {}", test["tcId"]);
            seen += 1;
        }
    }
    assert_eq!(seen, file["numberOfTests"]);
}

#[test]
fn wycheproof_hmac() {
    let holds = |mac: fn(&[u8], &[u8]) -> Vec<u8>| {
        move |_: &Value, test: &Value| {
            let tag = hex(&test["tag"]);
            mac(&hex(&test["key"]), &hex(&test["msg"]))[..tag.len()] == tag
        }
    };
    wycheproof("hmac_sha256_test", holds(mac::<Hmac<Sha256>>));
    wycheproof("hmac_sha512_test", holds(mac::<Hmac<Sha512>>));
}

#[test]
fn wycheproof_hkdf() {
    wycheproof("hkdf_sha256_test", |_, test| {
        let mut okm = vec![0; test["size"].as_u64().unwrap() as usize];
        let hkdf = hkdf::Hkdf::<Sha256>::new(Some(&hex(&test["salt"])), &hex(&test["ikm"]));
        hkdf.expand(&hex(&test["info"]), &mut okm).is_ok() && okm == hex(&test["okm"])
    });
}

#[test]
fn wycheproof_ed25519() {
    let check = |group: &Value, message: &[u8], signature: &[u8]| {
        let key = hex(&group["publicKey"]["pk"]);
        let key = VerifyingKey::from_bytes(&point(&key)).unwrap();
        Signature::from_slice(signature).is_ok_and(|s| key.verify_strict(message, &s).is_ok())
    };
    wycheproof("ed25519_test", |group, test| {
        let (message, signature) = (hex(&test["msg"]), hex(&test["sig"]));
        if !message.is_empty() && !signature.is_empty() {
            assert!(!check(group, &flipped(&message), &signature));
            assert!(!check(group, &message, &flipped(&signature)) || test["result"] != "valid");
        }
        check(group, &message, &signature)
    });
}

fn opens<A: Aead + KeyInit>(test: &Value, turn: bool) -> bool {
    let (key, iv, mut ct) = (hex(&test["key"]), hex(&test["iv"]), hex(&test["ct"]));
    ct.extend(hex(&test["tag"]));
    if let Some(byte) = ct.first_mut() {
        *byte ^= u8::from(turn);
    }
    let (Ok(cipher), Ok(nonce)) = (A::new_from_slice(&key), iv.as_slice().try_into()) else { return false };
    let opened = cipher.decrypt(&nonce, Payload { msg: &ct, aad: &hex(&test["aad"]) });
    opened.is_ok_and(|text| text == hex(&test["msg"]))
}

#[test]
fn wycheproof_aead() {
    wycheproof("chacha20_poly1305_test", |_, test| {
        assert!(!opens::<ChaCha20Poly1305>(test, true) || test["result"] != "valid");
        opens::<ChaCha20Poly1305>(test, false)
    });
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
