#!/bin/sh
# Prints our times against the vendors' clients; ratios of one run, never a timed test.
set -eu
cd "$(dirname "$0")/.."
sh tests/clients/install.sh
exec python3 tests/bench.py "$@"
