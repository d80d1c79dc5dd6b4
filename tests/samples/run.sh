#!/bin/sh
# The image samples of `edge-deploy init`: each is built, checked, published to the sandbox in both kernels, and what
# is stored there answers in the platforms' own runtimes. A compiler or a runtime that is missing is a loud, counted
# skip. Ends with `N passed, N failed, N skipped`.
set -u
cd "$(dirname "$0")/../.." || exit 1
sh tests/clients/install.sh || echo 'SKIPPED: the pinned runtimes are not installed: see above'
sh tests/clients/install.sh inputs || echo 'SKIPPED: the pinned AssemblyScript is not installed: see above'
TESTS=tests/samples exec python3 tests/clients/run.py "$@"
