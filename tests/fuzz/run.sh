#!/bin/sh
# Runs every fuzzer for SECONDS: run.sh [SECONDS]. Corpora grow in build/fuzz/corpus/.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-60}
passed=0 failed=0
for source in tests/fuzz/*.c; do
    name=$(basename "$source" .c)
    mkdir -p "build/fuzz/corpus/$name" build/fuzz/crashes
    seeds=
    [ -d "tests/fuzz/seeds/$name" ] && seeds=tests/fuzz/seeds/$name
    # shellcheck disable=SC2086
    if "build/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix=build/fuzz/crashes/ "build/fuzz/corpus/$name" $seeds >"build/fuzz/$name.log" 2>&1; then
        passed=$((passed + 1))
        printf '%-12s clean, %s runs\n' "$name" "$(sed -n 's/stat::number_of_executed_units: *//p' "build/fuzz/$name.log")"
    else
        failed=$((failed + 1))
        echo "FAIL $name"
        tail -n 40 "build/fuzz/$name.log"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
