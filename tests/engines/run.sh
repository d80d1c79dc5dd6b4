#!/bin/sh
# The suite `engines`: installs the engines, pinned by version and digest, and runs run.py, or evidence.py
# for `make evidence`: run.sh [evidence] [ARGUMENT...]
set -u
cd "$(dirname "$0")/../.." || exit 1
sh tests/clients/install.sh
sh tests/clients/install.sh engines
python=build/engines/python
if ! cmp -s tests/engines/requirements.txt "$python/installed"; then
    rm -rf "$python"
    if python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --only-binary :all: \
        --require-hashes --target "$python" -r tests/engines/requirements.txt; then
        cp tests/engines/requirements.txt "$python/installed"
    fi
fi
script=run
[ "${1:-}" != evidence ] || { script=$1 && shift; }
exec python3 "tests/engines/$script.py" "$@"
