#!/bin/sh
# The ten longest functions, and files over 400 lines and headers over 150: to be read as they
# grow. Fails over 100 lines a function.
set -eu
cd "$(dirname "$0")/../.."
find cmd pkg platforms \( -name '*.c' -o -name '*.cc' \) -print0 | xargs -0 awk '
/^[a-z].*[^;]$/ && !/^(struct|enum|static const struct|const struct|typedef|extern).*[{=]$/ { name = $0 }
/^{/ { start = FNR; open = 1 }
/^}/ && open { print FNR - start + 1, FILENAME ":" start, name; open = 0 }' | sort -rn >"${TMPDIR:-/tmp}/sizes.$$"
trap 'rm -f "${TMPDIR:-/tmp}/sizes.$$"' EXIT
echo 'longest functions:'
head -10 "${TMPDIR:-/tmp}/sizes.$$"
echo 'longest files:'
find cmd pkg platforms tests -name '*.[ch]' -print0 | xargs -0 wc -l | grep -v total | sort -rn | head -5
awk '$1 > 100 { print "too long: " $0; bad = 1 } END { exit bad }' "${TMPDIR:-/tmp}/sizes.$$"
