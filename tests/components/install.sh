#!/bin/sh
# Installs the component toolchain by pinned version and digest: wasm-tools, and into build/components
# jco with componentize-js and the WIT of WASI.
# What can't be had is said, and the tests that need it are skipped.
set -eu
cd "$(dirname "$0")/../.."
wit=1.35.0
wit_sha256=893e80e993a2cb3735e195a0c2dc3ab7d683877a813bb024a27499ee86e12b13
to=build/components
mkdir -p "$to"

install_jco() {
    if ! command -v npm >/dev/null; then
        echo 'npm is not installed: jco and the WIT of WASI come from there'
        return
    fi
    if ! cmp -s tests/components/package-lock.json "$to/installed"; then
        cp tests/components/package.json tests/components/package-lock.json tests/clients/.npmrc "$to/"
        (cd "$to" && npm ci --no-fund --no-audit --loglevel=error)
        cp tests/components/package-lock.json "$to/installed"
    fi
    [ -d "$to/wit/$wit" ] && return
    file=$to/$(cd "$to" && npm pack --silent "@bytecodealliance/jco@$wit")
    [ "$(sha256sum "$file" 2>/dev/null | cut -d' ' -f1)" = "$wit_sha256" ] || {
        echo "jco $wit is not the file that was pinned"
        rm -f "$file"
        return
    }
    mkdir -p "$to/wit/new"
    tar -xzf "$file" -C "$to/wit/new" --strip-components=4 package/lib/wit/builtin
    mv "$to/wit/new" "$to/wit/$wit"
    rm -f "$file"
}

sh tests/wasm-tools.sh || true
install_jco
