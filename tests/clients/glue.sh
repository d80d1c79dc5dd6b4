#!/bin/sh
# Runs tests/clients/glue_test.mjs in node and ends with `N passed, N failed, N skipped`.
set -u
cd "$(dirname "$0")/../.." || exit 1
sh tests/clients/install.sh || echo 'SKIPPED: the pinned clients are not installed, so not in workerd'
node=build/clients/node_modules/node22/bin/node
[ -x "$node" ] || node=$(command -v node) || node=
version=$([ -z "$node" ] || "$node" -p 'process.versions.node.split(".")[0]')
if [ "${version:-0}" -lt 20 ]; then
    echo 'SKIPPED: no node of version 20 or newer'
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
fi
mkdir -p build/test
"$node" --test --test-reporter=tap tests/clients/glue_test.mjs >build/test/glue.tap 2>&1
code=$?
grep SKIPPED build/test/glue.tap
[ "$code" -eq 0 ] || cat build/test/glue.tap
# node's summary: `# pass 12`
count() { sed -n "s/^# $1 \([0-9]*\)\$/\1/p" build/test/glue.tap | tail -n 1; }
pass=$(count pass) fail=$(count fail) cancelled=$(count cancelled) skip=$(count skipped)
echo "${pass:-0} passed, $((${fail:-0} + ${cancelled:-0})) failed, ${skip:-0} skipped"
exit "$code"
