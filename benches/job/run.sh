#!/usr/bin/env bash
# The main job at 1 M people in one Chromium tab with two workers, and by DuckDB with scikit-learn on two threads,
# in turns. Prints a JSON line per run and the ratio of the medians. `benches/job/run.sh [PEOPLE] [ROUNDS]`
set -euo pipefail
people=${1:-1000000} rounds=${2:-3}
cd "$(dirname "$0")/../.."
atoll=${CARGO_TARGET_DIR:-target}/release/atoll
dir=${TMPDIR:-/tmp}/atoll-bench-$people
[ -f "$dir/room.toml" ] || {
  "$atoll" sample "$dir" --people "$people"
  sed -i 's/^k = .*/k = 8/' "$dir/room.toml"
  # The city's brand knows an eighth of the people; the job asks for a fifth as many rows, the rest strangers.
  awk -v people="$people" 'BEGIN { srand(7); for (i = 0; i < people * 2 / 25; i++) printf "1%d%09d,,,,\n", 3 + int(rand() * 7), int(rand() * 1e9) }' >> "$dir/first_party.csv"
}
python3 -c 'import duckdb, sklearn' 2>/dev/null && peers=yes || { peers=; echo "skipped: peers (pip install duckdb scikit-learn pandas)" >&2; }
log=$dir/runs.jsonl
: > "$log"
for _ in $(seq "$rounds"); do
  node benches/job/page.mjs "$dir" 2 | tee -a "$log"
  [ -z "$peers" ] || python3 benches/job/peers.py "$dir" | tee -a "$log"
done
node -e '
  const runs = require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map((line) => JSON.parse(line));
  const of = (name) => runs.filter((run) => run.contender.startsWith(name)).map((run) => run.all).sort((a, b) => a - b);
  const median = (all) => all[all.length >> 1];
  const [ours, theirs] = [of("atoll"), of("duckdb")];
  console.log(`atoll ${median(ours)} s`, theirs.length ? `peers ${median(theirs)} s, ratio ${(median(theirs) / median(ours)).toFixed(2)}` : "");
' "$log"
