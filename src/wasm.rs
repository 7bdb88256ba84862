//! The boundary to JavaScript: decode, call, encode. The only file that names `wasm_bindgen`.

use wasm_bindgen::prelude::*;

/// The version of the engine, as the manifest states it.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
