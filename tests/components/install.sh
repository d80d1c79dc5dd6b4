#!/bin/sh
# Installs the component toolchain by pinned version and digest into build/components: wasm-tools
# (built by cargo: three CPU minutes and more, once), jco with componentize-js, and the WIT of WASI.
# What can't be had is said, and the tests that need it are skipped.
set -eu
cd "$(dirname "$0")/../.."
wasm_tools=1.263.0
wit=1.35.0
wit_sha256=893e80e993a2cb3735e195a0c2dc3ab7d683877a813bb024a27499ee86e12b13
to=build/components
mkdir -p "$to"

install_wasm_tools() {
    [ -d "$to/tools/tests-$wasm_tools" ] && "$to/tools/bin/wasm-tools" --version >/dev/null && return
    if ! command -v cargo >/dev/null; then
        echo 'cargo is not installed: wasm-tools is built with Rust'
        return
    fi
    echo "building wasm-tools $wasm_tools"
    nice cargo install --quiet --locked wasm-tools --version "$wasm_tools" --no-default-features \
        --features component,parse,print,validate,json-from-wast --root "$to/tools" \
        --target-dir "$to/cargo" >"$to/cargo.log" 2>&1 || {
        echo "wasm-tools $wasm_tools was not built:"
        tail -n 5 "$to/cargo.log"
        return
    }
    rm -rf "$to/cargo"
    # Its own test suite lies in its sources.
    for suite in "${CARGO_HOME:-$HOME/.cargo}/registry/src"/*/wasm-tools-"$wasm_tools"/tests/cli/component-model; do
        [ ! -d "$suite" ] || cp -r "$suite" "$to/tools/tests-$wasm_tools"
    done
}

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

install_wasm_tools
install_jco
