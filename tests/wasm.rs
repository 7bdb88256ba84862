//! The boundary, in a real browser's worker: `make test` runs this file with `wasm-pack test --headless --chrome`.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn the_version_is_the_manifests() {
    assert_eq!(atoll::wasm::version(), env!("CARGO_PKG_VERSION"));
}
