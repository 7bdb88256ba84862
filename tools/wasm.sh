#!/usr/bin/env bash
# The engine as wasm. `tools/wasm.sh pkg` makes pkg/ with its JavaScript glue and TypeScript types;
# `tools/wasm.sh kernel` makes pkg/kernel-relaxed.wasm and pkg/kernel-simd.wasm, the curve's two modules;
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
paths=("--remap-path-prefix=$sysroot=/rust")
for registry in "$home"/registry/src/*; do paths+=("--remap-path-prefix=$registry=/crates"); done
flags=("-Ctarget-feature=+simd128" "${paths[@]}")
# The page has a budget for its size. Not opt-level s, which leaves loops unvectorised and takes half as long again over
# the models: what makes opt-level 3 large is inlining, and the loops need little of it.
flags+=("-Cllvm-args=-inline-threshold=10 -inlinehint-threshold=120 -force-vector-interleave=1 -unroll-runtime=false -unroll-threshold=60")
joined() { (IFS=$'\x1f'; echo "$*"); }
CARGO_ENCODED_RUSTFLAGS=$(joined "${flags[@]}")
export CARGO_ENCODED_RUSTFLAGS

# One source, two sets of target features. What is worth vectors is written with them; loops over bytes are not. No -O for wasm-opt: it would write
# constants of 16 bytes out at every use and make the module half as large again.
kernel() {
  local target=${CARGO_TARGET_DIR:-target}/kernel features=$2
  local flags=("-Ctarget-feature=$features" -Cno-vectorize-loops -Cno-vectorize-slp -Clink-arg=-zstack-size=524288 "${paths[@]}")
  CARGO_ENCODED_RUSTFLAGS=$(joined "${flags[@]}") cargo rustc --locked --quiet --release \
    -p atoll-kernel --lib --crate-type cdylib --target wasm32-unknown-unknown --target-dir "$target"
  mkdir -p pkg
  wasm-opt --coalesce-locals --reorder-locals --vacuum --remove-unused-module-elements --enable-simd --enable-relaxed-simd --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int \
    --enable-mutable-globals --strip-debug --strip-producers --strip-target-features "$target/wasm32-unknown-unknown/release/atoll_kernel.wasm" -o "pkg/kernel-$1.wasm"
}
kernels() {
  kernel relaxed +simd128,+relaxed-simd
  kernel simd +simd128
}

case ${1:-} in
  pkg)
    # wasm-pack optimises every module it finds there, and knows no relaxed SIMD.
    rm -f pkg/kernel-*.wasm
    wasm-pack --log-level warn build --target web --mode no-install --release --out-dir pkg --out-name atoll -- --locked
    kernels
    ;;
  kernel)
    kernels
    ;;
  test)
    wasm-pack test --release --headless --chrome --chromedriver "$(command -v chromedriver)" --mode no-install tests/wasm
    ;;
  *)
    echo "wasm.sh: pkg, kernel or test" >&2
    exit 2
    ;;
esac
