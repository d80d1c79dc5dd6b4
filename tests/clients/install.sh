#!/bin/sh
# Installs packages pinned by version and digest: the vendors' own clients and runtimes into
# build/clients, or, with the word "inputs", real applications and compilers into build/inputs, or,
# with the word "engines", further versions of Node.js into build/engines, or, with the word
# "optimize", an optimizer and an old Node.js into build/optimize.
# Does nothing when they are there. Fails, with the reason, where npm is missing.
set -eu
cd "$(dirname "$0")/../.."
case ${1:-clients} in
clients) from=tests/clients to=build/clients ;;
inputs) from=tests/clients/inputs to=build/inputs ;;
engines) from=tests/engines to=build/engines ;;
optimize) from=tests/optimize to=build/optimize ;;
*)
    echo "usage: $0 [clients|inputs|engines|optimize]"
    exit 2
    ;;
esac
mkdir -p "$to"
if ! command -v npm >/dev/null; then
    echo 'SKIPPED: npm is not installed: install nodejs and npm for the client tests'
    exit 1
fi
stamp=$to/installed
if [ -f "$stamp" ] && cmp -s "$from/package-lock.json" "$stamp"; then
    exit 0
fi
cp "$from/package.json" "$from/package-lock.json" tests/clients/.npmrc "$to/"
(cd "$to" && npm ci --no-fund --no-audit --loglevel=error)
cp "$from/package-lock.json" "$stamp"
