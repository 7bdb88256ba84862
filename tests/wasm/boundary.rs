//! The boundary, in a real browser's worker: `make boundary` runs this with `wasm-pack test --headless --chrome`.
#![cfg(all(test, target_arch = "wasm32"))]

use atoll::exchange::group::{Dalek, Encoded};
use atoll::exchange::oprf::{self, Mode, SecretKey};
use atoll::exchange::proof;
use atoll::wasm::{RoomPort, ShardPort};
use js_sys::{JSON, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

const CSV: &[u8] = "phone,城市\n13800138000,北京\n13900139000,上海\n+86 137 0013 7000,北京\n".as_bytes();

fn field(object: &JsValue, path: &str) -> JsValue {
    path.split('.')
        .fold(object.clone(), |at, key| Reflect::get(&at, &key.into()).unwrap_or(JsValue::UNDEFINED))
}

/// Starts a call given as JSON and carries its asks to `shards` shards in this worker.
fn call(shards: usize, bytes: &[u8], text: &str) -> Result<JsValue, JsValue> {
    let mut room = RoomPort::new(shards, 1e9);
    let mut ports: Vec<ShardPort> = (0..shards).map(|index| ShardPort::new(index, shards)).collect();
    room.start(JSON::parse(text)?)?;
    loop {
        let reply = room.drive()?;
        if !reply.is_undefined() {
            return Ok(reply);
        }
        for ask in room.asks()?.iter() {
            let number = |path| field(&ask, path).as_f64().unwrap_or(0.0) as usize;
            let input =
                bytes[number("input.from").min(bytes.len())..number("input.to").min(bytes.len())].to_vec();
            let question = field(&ask, "question").unchecked_into::<Uint8Array>().to_vec();
            let port = &mut ports[number("shard")];
            let name = field(&ask, "name").as_string().unwrap_or_default();
            match answer(port, &name, &question, input) {
                Ok(answer) => room.answer(number("id") as u32, answer.to_vec()),
                Err(thrown) => room.refuse(number("id") as u32, thrown),
            }
        }
    }
}

fn answer(port: &mut ShardPort, name: &str, question: &[u8], input: Vec<u8>) -> Result<Uint8Array, JsValue> {
    port.open(name, question, input)?;
    loop {
        if let Ok(answer) = port.step()?.dyn_into::<Uint8Array>() {
            return Ok(answer);
        }
    }
}

fn inspect(shards: usize, bytes: &[u8]) -> Result<JsValue, JsValue> {
    let size = bytes.len();
    let text =
        format!(r#"{{"inspect":{{"file":{{"index":0,"name":"ours.csv","size":{size}}},"overrule":{{}}}}}}"#);
    call(shards, bytes, &text)
}

#[wasm_bindgen_test]
fn the_version_is_the_manifests() {
    let version = atoll::wasm::version();
    assert_eq!(version.split('.').count(), 3, "{version}");
}

#[wasm_bindgen_test]
fn a_file_is_inspected_through_the_ports_alike_with_any_number_of_shards() {
    let one = inspect(1, CSV).expect("a reply");
    assert_eq!(field(&one, "reply").as_string().as_deref(), Some("inspection"));
    assert_eq!(field(&one, "with.rows").as_f64(), Some(3.0));
    assert_eq!(field(&one, "with.columns.1.name").as_string().as_deref(), Some("城市"));
    // Raw IDs never cross the boundary.
    assert_eq!(field(&one, "with.preview.0.0").as_string().as_deref(), Some("138****8000"));
    let text = |reply: &JsValue| JSON::stringify(reply).map(String::from).unwrap_or_default();
    for shards in [2, 3, 7] {
        assert_eq!(text(&inspect(shards, CSV).expect("a reply")), text(&one), "{shards} shards");
    }
}

#[wasm_bindgen_test]
fn a_refusal_is_thrown_with_its_code_its_message_and_its_place() {
    let thrown = inspect(2, b"phone,city\n13800138000,\"open\n").expect_err("refused");
    assert_eq!(field(&thrown, "code").as_string().as_deref(), Some("quote-open"));
    assert_eq!(field(&thrown, "at.file").as_string().as_deref(), Some("ours.csv"));
    assert_eq!(field(&thrown, "at.row").as_f64(), Some(2.0));
    assert!(field(&thrown, "message").as_string().is_some_and(|m| m.contains("quote-open")));
}

#[wasm_bindgen_test]
fn what_is_no_call_is_refused_and_a_shard_without_an_ask_too() {
    let mut room = RoomPort::new(1, 1e9);
    let thrown = room.start(JsValue::from("nonsense")).expect_err("refused");
    assert_eq!(field(&thrown, "code").as_string().as_deref(), Some("recipe-invalid"));
    let thrown = ShardPort::new(0, 1).step().expect_err("refused");
    assert_eq!(field(&thrown, "code").as_string().as_deref(), Some("too-early"));
}

#[wasm_bindgen_test]
fn a_cancelled_call_throws_cancelled_and_the_room_goes_on() {
    let mut room = RoomPort::new(1, 1e9);
    let text = r#"{"inspect":{"file":{"index":0,"name":"x","size":9},"overrule":{}}}"#;
    room.start(JSON::parse(text).expect("JSON")).expect("a call");
    assert!(room.drive().expect("under way").is_undefined());
    room.cancel();
    let thrown = room.drive().expect_err("cancelled");
    assert_eq!(field(&thrown, "code").as_string().as_deref(), Some("cancelled"));
    assert!(room.start(JSON::parse(text).expect("JSON")).is_ok());
}

/// The bytes of a list of hex, `00,5a5a`.
fn hex(object: &JsValue, path: &str) -> Vec<Vec<u8>> {
    let text = field(object, path).as_string().expect("a text");
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
    text.split(',').map(|part| part.as_bytes().chunks(2).map(byte).collect()).collect()
}

fn points(object: &JsValue, path: &str) -> Vec<Encoded> {
    hex(object, path).iter().map(|bytes| bytes[..].try_into().expect("32 bytes")).collect()
}

#[wasm_bindgen_test]
fn rfc_9497_holds_in_wasm() {
    let suites = JSON::parse(include_str!("../vectors/exchange/rfc9497.json")).expect("JSON");
    let mut seen = 0;
    for suite in js_sys::Array::from(&suites).iter() {
        let mode = if field(&suite, "mode").as_f64() == Some(0.0) { Mode::Oprf } else { Mode::Voprf };
        let key = SecretKey::read(&points(&suite, "skSm")[0]).expect("a key");
        for vector in js_sys::Array::from(&field(&suite, "vectors")).iter() {
            let (inputs, blinds) = (hex(&vector, "Input"), points(&vector, "Blind"));
            let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
            let blinded = mode.blind(&Dalek, &inputs, &blinds).expect("blinds");
            assert_eq!(blinded, points(&vector, "BlindedElement"));
            let evaluated = oprf::answer(&Dalek, &key, &blinded).expect("points");
            assert_eq!(evaluated, points(&vector, "EvaluationElement"));
            let outputs = oprf::finalize(&Dalek, &inputs, blinds.into(), &evaluated).expect("points");
            assert!(outputs.iter().zip(hex(&vector, "Output")).all(|(a, b)| a[..] == b[..]));
            if mode == Mode::Voprf {
                let mut random = [0; 64];
                random[..32].copy_from_slice(&hex(&vector, "Proof.r")[0]);
                let mut proofs =
                    proof::prove(&Dalek, &key, &blinded, &evaluated, || random).expect("a proof");
                assert_eq!(proofs[0][..], hex(&vector, "Proof.proof")[0]);
                let verify =
                    |proofs: &[_]| proof::verify(&Dalek, &key.public(), &blinded, &evaluated, proofs);
                assert!(verify(&proofs).is_ok());
                proofs[0][0] ^= 1;
                assert!(verify(&proofs).is_err(), "a flipped bit is seen");
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 5);
}
