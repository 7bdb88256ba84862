# Everything a clone needs comes from package registries (apt, crates.io, npm); what is there is left alone.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help setup pkg dist cli run lint unit boundary e2e reproduce test bench
.NOTPARALLEL:

CARGO_HOME ?= $(HOME)/.cargo
CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_HOME CARGO_TARGET_DIR
# wasm-opt and the rest of the page's tools come from www/, the wasm tools from cargo.
export PATH := $(CURDIR)/www/node_modules/.bin:$(CARGO_HOME)/bin:$(PATH)
ATOLL := $(CARGO_TARGET_DIR)/release/atoll

say = @printf '\n\033[1m== %s\033[0m\n' "$(1)"

help: ## what can be made
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## install everything that is missing
	$(call say,set up)
	@tools/setup.sh wasm page e2e browser

pkg: ## the engine as wasm with its glue and types, in pkg/
	$(call say,engine to wasm)
	@tools/setup.sh wasm page
	tools/wasm.sh pkg

dist: pkg ## the page as one file, dist/atoll.html
	$(call say,page to one file)
	@cd www
	npm run --silent build

cli: ## the command line, optimised
	$(call say,command line)
	cargo build --release --locked --bin atoll

run: dist cli ## build everything and serve the page
	$(call say,serve)
	@$(ATOLL) serve --page dist/atoll.html

lint: pkg ## formatting, clippy for both targets, types of the page
	$(call say,format)
	cargo fmt --all --check
	$(call say,clippy)
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked -p atoll-kernel -p atoll-bench-dalek -p atoll-voprf --all-targets -- -D warnings
	cargo clippy --locked -p atoll -p atoll-boundary -p atoll-kernel --lib --target wasm32-unknown-unknown -- -D warnings
	$(call say,types of the page and its tests)
	@tools/setup.sh e2e
	(cd www && npm run --silent check)
	tsc -p tests/e2e

unit: ## the tests of the core, natively
	$(call say,tests of the core)
	@# Slower to compile than the profile one edits in, and five times as quick to run: worth it for all tests at once.
	CARGO_PROFILE_DEV_OPT_LEVEL=1 cargo test --locked -p atoll -p atoll-kernel -p atoll-voprf

boundary: ## the tests of the wasm boundary, in a browser
	$(call say,tests of the boundary)
	@tools/setup.sh wasm page browser
	tools/wasm.sh test

e2e: dist cli ## the tests of the page, in a browser
	$(call say,tests of the page)
	@tools/setup.sh e2e browser
	cd tests/e2e
	ATOLL="$(ATOLL)" npm run --silent test

reproduce: dist ## build the page twice in two folders; one hash
	$(call say,two builds)
	@tools/reproduce.sh

test: setup lint unit boundary e2e reproduce ## everything CI checks
	$(call say,all tests passed)

bench: dist cli ## the same work as the peers, in one run
	$(call say,reading)
	cargo bench --locked
	$(call say,the main job in a tab)
	@tools/setup.sh e2e browser
	benches/job/run.sh
	$(call say,a blinded exchange)
	benches/psi/run.sh
	$(call say,a dictionary of a hundred million numbers against every exchanged file)
	cargo test --locked --release --test exchange -- --ignored
