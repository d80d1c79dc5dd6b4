#!/bin/sh
# Builds build/edge.wasm (for platforms that run it with edge-deploy's glue) and build/fastly.wasm.
# Needs clang with wasm-ld, and wasi-libc. Debian, Ubuntu: clang lld wasi-libc libclang-rt-14-dev-wasm32
# (the number is clang's). Elsewhere: the WASI SDK, with WASI_SDK_PATH set to its folder.
set -eu
clang=${WASI_SDK_PATH:+$WASI_SDK_PATH/bin/}clang
mkdir -p build
build() {
    "$clang" --target="${WASI_TARGET:-wasm32-wasi}" ${WASI_SYSROOT:+--sysroot="$WASI_SYSROOT"} \
        -std=c11 -O2 -flto -Wall -Wextra -Wl,--lto-O2,--strip-debug -o "$@"
}
build build/edge.wasm src/cgi.c src/answer.c
build build/fastly.wasm src/fastly.c src/answer.c
