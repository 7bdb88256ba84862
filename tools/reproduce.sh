#!/usr/bin/env bash
# Builds the page again in another folder and compares: the same source gives the same file, wherever it lies.
# Needs `make dist` first. The crate is compiled anew (its files are new); compiled dependencies are shared, unless
# CARGO_TARGET_DIR names an empty folder.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT

hash() { sha256sum "$1" | cut -d' ' -f1; }

git ls-files -z --cached --others --exclude-standard | tar -c --null --files-from=- --ignore-failed-read | tar -x -m -C "$there"
ln -s "$PWD/www/node_modules" "$there/www/node_modules"
(cd "$there" && tools/wasm.sh pkg && cd www && npm run --silent build)

here=dist/atoll.html
if [ "$(hash $here)" != "$(hash "$there/$here")" ]; then
  echo "two builds differ: $(hash $here) here, $(hash "$there/$here") there" >&2
  cmp $here "$there/$here" >&2 || true
  cmp pkg/atoll_bg.wasm "$there/pkg/atoll_bg.wasm" >&2 || true
  exit 1
fi
echo "two builds, one file: $(hash $here)"

# Control: one changed byte of the source is another file.
sed -i 's/Atoll/Atol1/' "$there/www/page.html"
(cd "$there/www" && npm run --silent build >/dev/null)
if [ "$(hash $here)" = "$(hash "$there/$here")" ]; then
  echo "a changed source went unnoticed" >&2
  exit 1
fi
