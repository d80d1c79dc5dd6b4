#!/bin/sh
# Installs the vendors' own clients and runtimes, pinned by version and digest, into build/clients.
# Does nothing when they are there. Fails, with the reason, where npm is missing.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/clients
if ! command -v npm >/dev/null; then
    echo 'SKIPPED: npm is not installed: install nodejs and npm for the client tests'
    exit 1
fi
stamp=build/clients/installed
if [ -f "$stamp" ] && cmp -s tests/clients/package-lock.json "$stamp"; then
    exit 0
fi
cp tests/clients/package.json tests/clients/package-lock.json tests/clients/.npmrc build/clients/
(cd build/clients && npm ci --no-fund --no-audit --loglevel=error)
cp tests/clients/package-lock.json "$stamp"
