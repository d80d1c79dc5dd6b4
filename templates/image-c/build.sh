#!/bin/sh
# Builds two modules twice: for platforms that run it with edge-deploy's glue (edge) and for Fastly
# Compute (fastly), each with the SIMD kernel and with the scalar one. README.md says why each flag.
# Needs clang with wasm-ld, and wasi-libc. Debian, Ubuntu: clang lld wasi-libc libclang-rt-14-dev-wasm32
# (the number is clang's). Elsewhere: the WASI SDK, with WASI_SDK_PATH set to its folder.
set -eu
clang=${WASI_SDK_PATH:+$WASI_SDK_PATH/bin/}clang
mkdir -p build
build() {
    "$clang" --target="${WASI_TARGET:-wasm32-wasi}" ${WASI_SYSROOT:+--sysroot="$WASI_SYSROOT"} \
        -std=c11 -O3 -flto -gline-tables-only -Wall -Wextra -Wl,--lto-O3,--stack-first -o "$@"
}
build build/edge.wasm -mexec-model=reactor -msimd128 src/edge.c src/answer.c src/median_simd.c
build build/edge-scalar.wasm -mexec-model=reactor src/edge.c src/answer.c src/median_scalar.c
build build/fastly.wasm -msimd128 src/fastly.c src/answer.c src/median_simd.c
build build/fastly-scalar.wasm src/fastly.c src/answer.c src/median_scalar.c
sh sample.sh >build/sample.ppm
