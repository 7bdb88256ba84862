#!/usr/bin/env bash
# The engine as wasm: pkg/, with JavaScript glue and TypeScript types.
# Paths of this machine are kept out of the module, so that two machines build the same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PWD/www/node_modules/.bin:$PATH
# Without it wasm-pack would go on in silence, and the module be larger and slower.
command -v wasm-opt >/dev/null || { echo "pkg.sh: no wasm-opt: run make setup" >&2; exit 1; }
home=${CARGO_HOME:-$HOME/.cargo}
sysroot=$(rustc --print sysroot)
flags=("-Ctarget-feature=+simd128" "--remap-path-prefix=$home=/cargo" "--remap-path-prefix=$sysroot=/rust")
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS
# wasm-pack reports what it could not find on the network; only its own failure counts.
wasm-pack --log-level warn build --target web --mode no-install --release --out-dir pkg --out-name atoll -- --locked
