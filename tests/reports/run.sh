#!/bin/sh
# The suite `reports`.
set -u
cd "$(dirname "$0")/../.." || exit 1
sh tests/reports/install.sh
exec python3 tests/reports/facts.py
