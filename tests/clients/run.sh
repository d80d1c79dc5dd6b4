#!/bin/sh
# The real vendor clients against our sandbox, and what `publish` left there in the platforms' own
# runtimes. What is missing is a loud, counted skip. Ends with `N passed, N failed, N skipped`.
set -u
cd "$(dirname "$0")/../.." || exit 1
sh tests/clients/install.sh || echo 'SKIPPED: the pinned clients are not installed: see above'
exec python3 tests/clients/run.py "$@"
