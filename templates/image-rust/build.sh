#!/bin/sh
# Builds two modules twice: for platforms that run it with edge-deploy's glue (edge) and for Fastly Compute
# (fastly), each with the features of .cargo/config.toml and then without SIMD, in target/scalar.
# Needs cargo and `rustup target add wasm32-unknown-unknown wasm32-wasip1`.
set -eu
build() {
    cargo build --quiet --release "$@" --target wasm32-unknown-unknown --bin edge
    cargo build --quiet --release "$@" --target wasm32-wasip1 --bin fastly
}
build --target-dir target
RUSTFLAGS='-C target-feature=-simd128' build --target-dir target/scalar
mkdir -p build
sh sample.sh >build/sample.ppm
