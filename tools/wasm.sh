#!/usr/bin/env bash
# The engine as wasm. `tools/wasm.sh pkg` makes pkg/ with its JavaScript glue and TypeScript types;
# `tools/wasm.sh test` runs the boundary tests in a browser, on the same compiled dependencies.
# Paths of this machine are kept out of the module, so that two machines build the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/www/node_modules/.bin:$PATH
# Without it wasm-pack would go on in silence, and the module be larger and slower.
command -v wasm-opt >/dev/null || { echo "wasm.sh: no wasm-opt: run make setup" >&2; exit 1; }

home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(rustc --print sysroot)
cargo fetch --locked --quiet # so that every registry's folder is there to be named
flags=("-Ctarget-feature=+simd128" "--remap-path-prefix=$sysroot=/rust")
for registry in "$home"/registry/src/*; do flags+=("--remap-path-prefix=$registry=/crates"); done
# The page has a budget for its size. Not opt-level s, which leaves loops unvectorised and takes half as long again over
# the models: what makes opt-level 3 large is inlining, and the loops need little of it.
flags+=("-Cllvm-args=-inline-threshold=10 -inlinehint-threshold=120 -force-vector-interleave=1 -unroll-runtime=false -unroll-threshold=60")
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS

case ${1:-} in
  pkg)
    wasm-pack --log-level warn build --target web --mode no-install --release --out-dir pkg --out-name atoll -- --locked
    ;;
  test)
    wasm-pack test --release --headless --chrome --chromedriver "$(command -v chromedriver)" --mode no-install tests/wasm
    ;;
  *)
    echo "wasm.sh: pkg or test" >&2
    exit 2
    ;;
esac
