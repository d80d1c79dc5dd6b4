#!/bin/sh
# The component toolchain against ours: installs it, then compares. Its last line counts.
set -eu
cd "$(dirname "$0")/../.."
sh tests/components/install.sh || echo 'the component toolchain was not installed in full'
exec python3 tests/components/components.py "$@"
