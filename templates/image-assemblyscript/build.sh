#!/bin/sh
# Builds two modules twice: for platforms that run it with edge-deploy's glue (edge) and for Fastly Compute
# (fastly), each with the SIMD kernel and with the scalar one. README.md says why each flag.
# `npm run build` calls this, so that asc is found.
set -eu
build() {
    out=$1 entry=$2 start=$3
    shift 3
    asc "assembly/$entry.ts" --outFile "build/$out.wasm" --exportStart "$start" --runtime stub \
        --optimizeLevel 3 --noAssert --use abort=assembly/answer/fail "$@"
}
build edge index _initialize --enable simd
build edge-scalar index _initialize
build fastly fastly _start --enable simd
build fastly-scalar fastly _start
sh sample.sh >build/sample.ppm
