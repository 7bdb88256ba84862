//! Standard answers, checked by one code natively and in wasm in a browser's worker. Each check wants the text of a
//! published file, and makes sure that one flipped bit in anything that goes in or comes out is seen.

use atoll::error::Kind;
use atoll::exchange::group::{self, Dalek, Encoded, Points, Scalars, expand_message};
use atoll::exchange::oprf::{self, Mode, SecretKey};
use atoll::exchange::proof;
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256, Sha512};

/// RFC 9497, appendix A.1.
pub const RFC_9497: &str = include_str!("exchange/rfc9497.json");
/// RFC 9496, appendix A, and more bad encodings of libsodium's.
pub const RFC_9496: &str = include_str!("exchange/rfc9496.json");
/// RFC 4231.
pub const RFC_4231: &str = include_str!("exchange/rfc4231.json");

/// What holds the text of a file against our code.
pub type Check = fn(&str);

/// Folder and name of the files that are too large for the repository, and their checks.
pub const BESIDE: [(&str, Check); 13] = [
    ("rfc9380/expand_message_xmd_SHA512_38.json", rfc_9380),
    ("nist-cavp/SHA256ShortMsg.rsp", |text| assert_eq!(nist_sha::<Sha256>(text), 65)),
    ("nist-cavp/SHA256LongMsg.rsp", |text| assert_eq!(nist_sha::<Sha256>(text), 64)),
    ("nist-cavp/SHA256Monte.rsp", nist_monte::<Sha256>),
    ("nist-cavp/SHA512ShortMsg.rsp", |text| assert_eq!(nist_sha::<Sha512>(text), 129)),
    ("nist-cavp/SHA512LongMsg.rsp", |text| assert_eq!(nist_sha::<Sha512>(text), 128)),
    ("nist-cavp/SHA512Monte.rsp", nist_monte::<Sha512>),
    ("nist-cavp/HMAC.rsp", nist_hmac),
    ("wycheproof/hmac_sha256_test.json", |text| {
        wycheproof(text, &["key", "msg", "tag"], hmac::<Hmac<Sha256>>)
    }),
    ("wycheproof/hmac_sha512_test.json", |text| {
        wycheproof(text, &["key", "msg", "tag"], hmac::<Hmac<Sha512>>)
    }),
    ("wycheproof/hkdf_sha256_test.json", |text| wycheproof(text, &["ikm", "salt", "info", "okm"], hkdf)),
    ("wycheproof/ed25519_test.json", |text| wycheproof(text, &["msg", "sig"], ed25519)),
    ("wycheproof/chacha20_poly1305_test.json", |text| {
        wycheproof(text, &["key", "iv", "aad", "ct", "tag"], aead)
    }),
];

pub fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn hex(value: &Value) -> Vec<u8> {
    unhex(value.as_str().unwrap())
}

pub fn point(bytes: &[u8]) -> Encoded {
    bytes.try_into().unwrap()
}

fn list(value: &Value) -> Vec<Vec<u8>> {
    value.as_str().unwrap().split(',').map(unhex).collect()
}

fn points(value: &Value) -> Vec<Encoded> {
    list(value).iter().map(|p| point(p)).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[0] ^= 1;
    bytes
}

/// Both modes; every bit of the proofs counts.
pub fn rfc_9497() {
    let suites = json(RFC_9497);
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

/// Multiples, bad encodings, the one-way map.
pub fn rfc_9496() {
    let vectors = json(RFC_9496);
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

/// `expand_message_xmd`.
fn rfc_9380(text: &str) {
    let file = json(text);
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

fn mac<M: Mac + hmac::digest::KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mac = <M as hmac::digest::KeyInit>::new_from_slice(key).unwrap();
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

/// HMAC, tags cut short where the vectors are.
pub fn rfc_4231() {
    let vectors = json(RFC_4231);
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

/// The `name = value` lines of a NIST file, block by block.
fn nist(text: &str) -> impl Iterator<Item = Vec<(&str, &str)>> {
    // Line ends are those of DOS in some.
    text.split("\n\n").flat_map(|part| part.split("\r\n\r\n")).map(pairs)
}

fn pairs(block: &str) -> Vec<(&str, &str)> {
    let sides = block.lines().filter_map(|line| line.split_once('='));
    sides.map(|(name, value)| (name.trim(), value.trim())).collect()
}

fn of<'a>(block: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    block.iter().find(|(n, _)| *n == name).map(|(_, value)| *value)
}

/// Digests of messages; answers how many there were.
fn nist_sha<D: Digest>(text: &str) -> usize {
    let hash = |block: Vec<(&str, &str)>| {
        let mut message = unhex(of(&block, "Msg")?);
        message.truncate(of(&block, "Len")?.parse::<usize>().unwrap() / 8);
        let wanted = unhex(of(&block, "MD")?);
        assert_eq!(D::digest(&message).as_slice(), wanted);
        if !message.is_empty() {
            assert_ne!(D::digest(flipped(&message)).as_slice(), wanted);
        }
        Some(())
    };
    nist(text).filter_map(hash).count()
}

/// A hundred thousand digests, each of the three before it, from a seed.
fn nist_monte<D: Digest>(text: &str) {
    let blocks: Vec<_> = nist(text).collect();
    let seed = blocks.iter().find_map(|block| of(block, "Seed")).map(unhex).unwrap();
    let wanted: Vec<_> = blocks.iter().filter_map(|block| of(block, "MD")).map(unhex).collect();
    let next = |seed: &[u8]| {
        let mut last = [seed.to_vec(), seed.to_vec(), seed.to_vec()];
        for i in 0..1_000 {
            last[i % 3] =
                D::digest([&last[i % 3][..], &last[(i + 1) % 3], &last[(i + 2) % 3]].concat()).to_vec();
        }
        last[999 % 3].clone()
    };
    assert_eq!(wanted.len(), 100);
    assert_ne!(next(&flipped(&seed)), wanted[0]);
    wanted.iter().fold(seed, |seed, wanted| {
        assert_eq!(next(&seed), *wanted);
        wanted.clone()
    });
}

/// HMAC with SHA-256 and SHA-512.
fn nist_hmac(text: &str) {
    let (mut length, mut seen) = (0, 0);
    for block in nist(text) {
        length = of(&block, "[L").map_or(length, |l| l.trim_end_matches(']').parse().unwrap());
        let mac: fn(&[u8], &[u8]) -> Vec<u8> = match length {
            32 => mac::<Hmac<Sha256>>,
            64 => mac::<Hmac<Sha512>>,
            _ => continue,
        };
        let Some(wanted) = of(&block, "Mac").map(unhex) else { continue };
        let [key, message] = ["Key", "Msg"].map(|name| unhex(of(&block, name).unwrap()));
        assert_eq!(mac(&key, &message)[..wanted.len()], wanted);
        assert_ne!(mac(&flipped(&key), &message)[..wanted.len()], wanted);
        assert_ne!(mac(&key, &flipped(&message))[..wanted.len()], wanted);
        seen += 1;
    }
    assert_eq!(seen, 225 + 375);
}

/// Runs `holds` on every case of a Wycheproof file: it must say what the file says, and no longer hold where a bit of
/// one of `fields` is flipped.
fn wycheproof(text: &str, fields: &[&str], holds: fn(&Value, &Value) -> bool) {
    let (file, mut seen) = (json(text), 0);
    for group in file["testGroups"].as_array().unwrap() {
        for test in group["tests"].as_array().unwrap() {
            let valid = test["result"] == "valid";
            assert_eq!(holds(group, test), valid, "{}", test["tcId"]);
            for field in fields.iter().filter(|field| valid && test[**field] != "") {
                let mut other = test.clone();
                other[field] = turned(test[field].as_str().unwrap()).into();
                assert!(!holds(group, &other), "{} with another {field}", test["tcId"]);
            }
            seen += 1;
        }
    }
    assert_eq!(seen, file["numberOfTests"]);
}

/// Hex whose first bit is flipped.
fn turned(hex: &str) -> String {
    let first = u8::from_str_radix(&hex[..1], 16).unwrap() ^ 8;
    format!("{first:x}{}", &hex[1..])
}

fn hmac<M: Mac + hmac::digest::KeyInit>(_: &Value, test: &Value) -> bool {
    let tag = hex(&test["tag"]);
    mac::<M>(&hex(&test["key"]), &hex(&test["msg"]))[..tag.len()] == tag
}

fn hkdf(_: &Value, test: &Value) -> bool {
    let mut okm = vec![0; test["size"].as_u64().unwrap() as usize];
    let hkdf = hkdf::Hkdf::<Sha256>::new(Some(&hex(&test["salt"])), &hex(&test["ikm"]));
    hkdf.expand(&hex(&test["info"]), &mut okm).is_ok() && okm == hex(&test["okm"])
}

fn ed25519(group: &Value, test: &Value) -> bool {
    let key = VerifyingKey::from_bytes(&point(&hex(&group["publicKey"]["pk"]))).unwrap();
    let signature = Signature::from_slice(&hex(&test["sig"]));
    signature.is_ok_and(|s| key.verify_strict(&hex(&test["msg"]), &s).is_ok())
}

fn aead(_: &Value, test: &Value) -> bool {
    let ct = [hex(&test["ct"]), hex(&test["tag"])].concat();
    let key = ChaCha20Poly1305::new_from_slice(&hex(&test["key"]));
    let (Ok(cipher), Ok(nonce)) = (key, hex(&test["iv"]).as_slice().try_into()) else { return false };
    let opened = cipher.decrypt(&nonce, Payload { msg: &ct, aad: &hex(&test["aad"]) });
    opened.is_ok_and(|text| text == hex(&test["msg"]))
}
