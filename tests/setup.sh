#!/bin/sh
# Installs what the build and the samples need, and with the word `test` what the tests need too:
# Debian's packages by name. Does nothing when all are there, and says what to install elsewhere.
set -eu
packages='gcc g++ make pkg-config libcurl4-openssl-dev libjansson-dev libgit2-dev libarchive-dev
libssl-dev libmicrohttpd-dev libexpat1-dev zlib1g-dev libbrotli-dev libdeflate-dev libzopfli-dev wabt binaryen
clang lld llvm wasi-libc libclang-rt-14-dev-wasm32'
if [ "${1:-}" = test ]; then
    packages="$packages python3 python3-jsonschema libxml2-utils curl openssl strace clang-format shellcheck libclang-rt-14-dev rustc libstd-rust-dev-wasm32"
    # npm comes with a Node.js that is not Debian's.
    command -v npm >/dev/null || packages="$packages nodejs npm"
    # So for pip, which fetches Wasmtime.
    python3 -m pip --version >/dev/null 2>&1 || packages="$packages python3-pip"
fi

if ! command -v dpkg-query >/dev/null; then
    echo 'This is not Debian. Install: a C11 and C++17 compiler, make, pkg-config, and the libraries'
    echo 'libcurl, jansson, libgit2, libarchive, OpenSSL, libmicrohttpd, expat, zlib, brotli, libdeflate, zopfli, wabt; to run the'
    echo 'samples also binaryen, clang with lld, and wasi-libc; for the tests Python 3, Node.js, npm.'
    echo 'Homebrew: brew install pkg-config jansson libgit2 libarchive openssl libmicrohttpd expat brotli libdeflate zopfli wabt binaryen llvm lld wasi-libc'
    exit 0
fi
missing=
for package in $packages; do
    # shellcheck disable=SC2016
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
