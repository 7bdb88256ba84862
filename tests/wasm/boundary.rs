//! The boundary, in a real browser's worker: `make boundary` runs this with `wasm-pack test --headless --chrome`.
#![cfg(all(test, target_arch = "wasm32"))]

use atoll::wasm::{RoomPort, ShardPort};
use js_sys::{JSON, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[path = "../vectors/standards.rs"]
#[allow(clippy::unwrap_used)]
mod standards;

// `FILES`: names and texts of published vectors, by build.rs.
include!(concat!(env!("OUT_DIR"), "/files.rs"));

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

#[wasm_bindgen_test]
fn rfc_9497_holds_in_wasm() {
    standards::rfc_9497();
}

#[wasm_bindgen_test]
fn rfc_9496_holds_in_wasm() {
    standards::rfc_9496();
}

#[wasm_bindgen_test]
fn rfc_4231_holds_in_wasm() {
    standards::rfc_4231();
}

/// RFC 9380, NIST CAVP and Wycheproof: what stood beside the repository when this was built.
#[wasm_bindgen_test]
fn larger_files_hold_in_wasm() {
    for (name, check) in standards::BESIDE {
        match FILES.iter().find(|(beside, _)| *beside == name) {
            Some((_, text)) => check(text),
            None => wasm_bindgen_test::console_log!("skipped: no {name}"),
        }
    }
}
