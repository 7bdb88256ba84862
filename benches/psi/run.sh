#!/usr/bin/env bash
# The blinded exchange beside its peers, in one run: the curve alone, then from tables to matches in Chromium (psi.js),
# then natively (OpenMined's Python package). Fetches psi.js from npm and openmined-psi from PyPI; wants pkg/ and
# dist/atoll.html. Prints CPU µs per row by phase, and ratios per core. `benches/psi/run.sh [ROUNDS] [ROWS…]`
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-3}
shift || true
[ $# -gt 0 ] || set -- 10000 100000
export PSI_SCRATCH=${CARGO_TARGET_DIR:-$PWD/target}/psi
mkdir -p "$PSI_SCRATCH"
[ -d "$PSI_SCRATCH/node_modules/@openmined/psi.js" ] ||
  npm install --silent --no-save --ignore-scripts --prefix "$PSI_SCRATCH" @openmined/psi.js@2.0.6
# dalek as the engine would hold it: for speed, with the engine's target features.
CARGO_PROFILE_RELEASE_OPT_LEVEL=3 cargo build --locked --quiet --release -p atoll-bench-dalek --target wasm32-unknown-unknown \
  --config 'profile.release.package."*".opt-level=3' --target-dir "$PSI_SCRATCH/target"
cp "$PSI_SCRATCH/target/wasm32-unknown-unknown/release/atoll_bench_dalek.wasm" "$PSI_SCRATCH/dalek.wasm"
node benches/psi/page.mjs 10000 "$rounds"

python=$PSI_SCRATCH/venv/bin/python
"$python" -c 'import private_set_intersection' 2>/dev/null ||
  { python3 -m venv "$PSI_SCRATCH/venv" && "$python" -m pip install --quiet openmined-psi==2.0.6; } ||
  echo "run.sh: openmined-psi cannot be installed here: nothing native is compared" >&2
bench=$(cargo bench --locked --bench exchange --no-run 2>&1 | sed -n 's/.*Executable .*(\(.*\))$/\1/p')
for rows in "$@"; do
  echo
  node benches/psi/exchange.mjs "$rows" "$rounds"
  echo
  if "$python" -c 'import private_set_intersection' 2>/dev/null; then
    "$python" benches/psi/native.py "$bench" "$rows" "$rounds"
  else
    "$bench" "$rows"
  fi
done
