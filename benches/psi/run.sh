#!/usr/bin/env bash
# The curve of a blinded exchange beside OpenMined's psi.js and beside dalek in wasm, in one Chromium page.
# Makes the modules and fetches psi.js from npm; prints CPU µs per row by phase, and ratios. `benches/psi/run.sh [ROWS] [ROUNDS]`
set -euo pipefail
cd "$(dirname "$0")/../.."
export PSI_SCRATCH=${CARGO_TARGET_DIR:-$PWD/target}/psi
mkdir -p "$PSI_SCRATCH"
[ -d "$PSI_SCRATCH/node_modules/@openmined/psi.js" ] ||
  npm install --silent --no-save --ignore-scripts --prefix "$PSI_SCRATCH" @openmined/psi.js@2.0.6
tools/wasm.sh kernel
# dalek as the engine would hold it: for speed, with the engine's target features.
CARGO_PROFILE_RELEASE_OPT_LEVEL=3 cargo build --locked --quiet --release -p atoll-bench-dalek --target wasm32-unknown-unknown \
  --config 'profile.release.package."*".opt-level=3' --target-dir "$PSI_SCRATCH/target"
cp "$PSI_SCRATCH/target/wasm32-unknown-unknown/release/atoll_bench_dalek.wasm" "$PSI_SCRATCH/dalek.wasm"
node benches/psi/page.mjs "${1:-10000}" "${2:-5}"
