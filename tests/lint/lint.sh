#!/bin/sh
# All lints; each prints what it finds; fails when one does.
set -u
cd "$(dirname "$0")/../.."
bad=0
for lint in layers words sizes; do
    sh "tests/lint/$lint.sh" || bad=1
done
if command -v clang-format >/dev/null; then
    find cmd pkg platforms tests -name '*.[ch]' -o -name '*.cc' | xargs clang-format --dry-run -Werror || bad=1
else
    echo 'SKIPPED: clang-format is not installed'
fi
if command -v shellcheck >/dev/null; then
    find . -name '*.sh' -not -path './build/*' -print0 | xargs -0 shellcheck .ci/run || bad=1
else
    echo 'SKIPPED: shellcheck is not installed'
fi
exit $bad
