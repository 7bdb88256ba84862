#!/usr/bin/env bash
# Installs what is missing for the named parts (wasm, page, e2e, browser), and says so in a line each.
# Sources: apt, crates.io, npm. Safe to run again: what is there is left alone.
set -euo pipefail
cd "$(dirname "$0")/.."

WASM_PACK=0.15.1
WASM_TARGET=wasm32-unknown-unknown

has() { printf '   %-14s %s\n' "$1" "$2"; }
get() { printf ' + %-14s %s\n' "$1" "$2"; }

# The wasm tools only drive a build: a light build of them takes half the time of an optimised one.
# $1: how far they are optimised; wasm-pack only calls others, wasm-bindgen reads the whole module.
cargo_install() { CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_OPT_LEVEL=$1 cargo install --quiet --debug --force "${@:2}"; }

# The version of a package in Cargo.lock.
locked() { grep -A1 "^name = \"$1\"$" Cargo.lock | sed -n 's/^version = "\(.*\)"$/\1/p'; }

wasm_target() {
  if [ -d "$(rustc --print target-libdir --target $WASM_TARGET)" ]; then
    has "$WASM_TARGET" "present"
  else
    get "$WASM_TARGET" "rustup target add"
    rustup --quiet target add $WASM_TARGET
  fi
}

wasm_pack() {
  if [ "$(wasm-pack --version 2>/dev/null)" = "wasm-pack $WASM_PACK" ]; then
    has wasm-pack "$WASM_PACK"
  else
    get wasm-pack "$WASM_PACK, cargo install (2 to 5 minutes)"
    cargo_install 0 --locked wasm-pack --version $WASM_PACK
  fi
}

# wasm-bindgen's command line must be of the very version the crate was locked to. Its own lock file asks for
# versions a registry mirror may lack, so it is not used.
wasm_bindgen() {
  local version
  version=$(locked wasm-bindgen)
  if [ "$(wasm-bindgen --version 2>/dev/null)" = "wasm-bindgen $version" ]; then
    has wasm-bindgen "$version"
  else
    get wasm-bindgen "$version, cargo install (2 to 5 minutes)"
    cargo_install 1 wasm-bindgen-cli --version "$version"
  fi
}

# npm packages of a folder, exactly as its lock file says.
packages() {
  local stamp=$1/node_modules/.installed
  if cmp -s "$1/package-lock.json" "$stamp"; then
    has "$1" "npm packages present"
  else
    get "$1" "npm ci"
    (cd "$1" && npm ci --loglevel=error)
    cp "$1/package-lock.json" "$stamp"
  fi
}

browser() {
  if command -v chromium >/dev/null && command -v chromedriver >/dev/null; then
    has chromium "present, with its driver"
    return
  fi
  get chromium "apt-get install chromium chromium-driver"
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq
  # A mirror that drops one package is asked once more.
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium chromium-driver >/dev/null ||
    { "${as_root[@]}" apt-get update -qq &&
      "${as_root[@]}" apt-get install -y -qq -f --no-install-recommends chromium chromium-driver >/dev/null; }
}

for part in "$@"; do
  case $part in
    wasm) wasm_target; wasm_pack; wasm_bindgen ;;
    page) packages www ;;
    e2e) packages tests/e2e ;;
    browser) browser ;;
    *) echo "setup.sh: no part named $part" >&2; exit 2 ;;
  esac
done
