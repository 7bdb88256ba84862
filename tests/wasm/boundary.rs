//! The boundary, in a real browser's worker: `make boundary` runs this with `wasm-pack test --headless --chrome`.
#![cfg(all(test, target_arch = "wasm32"))]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[wasm_bindgen_test]
fn the_version_is_the_manifests() {
    let version = atoll::wasm::version();
    assert_eq!(version.split('.').count(), 3, "{version}");
}
