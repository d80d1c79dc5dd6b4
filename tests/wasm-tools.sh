#!/bin/sh
# Builds wasm-tools, pinned by version, into build/wasm-tools, once (some six CPU minutes): the tests of components,
# the bench and the fuzzers' seeds use it. Says why when it can't be had.
set -u
cd "$(dirname "$0")/.." || exit 1
version=1.263.0
to=build/wasm-tools
[ -d "$to/tests-$version" ] && "$to/bin/wasm-tools" --version >/dev/null && exit 0
if ! command -v cargo >/dev/null; then
    echo 'cargo is not installed: wasm-tools is built with Rust'
    exit 1
fi
mkdir -p "$to"
echo "building wasm-tools $version"
nice cargo install --quiet --locked wasm-tools --version "$version" --no-default-features \
    --features component,parse,print,validate,smith,json-from-wast --root "$to" \
    --target-dir "$to/cargo" >"$to/cargo.log" 2>&1 || {
    echo "wasm-tools $version was not built:"
    tail -n 5 "$to/cargo.log"
    exit 1
}
rm -rf "$to/cargo"
# Its own test suite lies in its sources.
for suite in "${CARGO_HOME:-$HOME/.cargo}/registry/src"/*/wasm-tools-"$version"/tests/cli/component-model; do
    [ ! -d "$suite" ] || cp -r "$suite" "$to/tests-$version"
done
