#!/bin/sh
# The suite `optimize`: installs the newest optimizer and old engines, pinned, and runs run.py.
set -u
cd "$(dirname "$0")/../.." || exit 1
sh tests/clients/install.sh
sh tests/clients/install.sh engines
sh tests/clients/install.sh optimize
exec python3 tests/optimize/run.py "$@"
