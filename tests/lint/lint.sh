#!/bin/sh
# All lints; each prints what it finds; fails when one does.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0 skipped=0

check() {
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAIL lint $name"
    fi
}

# needs TOOL: false, and a loud skip, when it is not installed.
needs() {
    command -v "$1" >/dev/null && return 0
    echo "SKIPPED: $1 is not installed"
    skipped=$((skipped + 1))
    return 1
}

format() {
    find cmd pkg platforms tests \( -name '*.[ch]' -o -name '*.cc' \) -print0 |
        xargs -0 clang-format --dry-run -Werror
}

scripts() {
    find . -name '*.sh' -not -path './build/*' -print0 | xargs -0 shellcheck -e SC2016 .ci/run
}

for lint in layers words sizes readme; do
    check $lint sh "tests/lint/$lint.sh"
done
needs clang-format && check format format
needs shellcheck && check scripts scripts
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
