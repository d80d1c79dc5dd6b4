#!/bin/sh
# What README shows of a failed publish and of the run after it is what the golden case holds: its
# lines without what differs from run to run, in their order.
set -eu
cd "$(dirname "$0")/../.."
shown=tests/cases/publish/heals
awk '/^## When a publish fails/ { on = 1; next } /^## / { on = 0 } on' README.md >build/readme.section
sed -n '/^failed: \|^live now: \|^live already, \|^uploaded, \|^exit /p' "$shown/stdout" |
    while IFS= read -r line; do
        grep -qxF -- "$line" build/readme.section || echo "README does not show: $line"
    done >build/readme.missing
while IFS= read -r line; do
    grep -qxF -- "$line" build/readme.section || echo "README does not show: $line" >>build/readme.missing
done <"$shown/stderr"
cat build/readme.missing
[ ! -s build/readme.missing ]
