#!/bin/sh
# Runs fuzzers for SECONDS of CPU time each, however busy the machine is: run.sh [SECONDS [NAME...]].
# As many at a time as there are cores (FUZZ_JOBS says otherwise); what one says comes in one piece.
# Corpora grow in build/fuzz/corpus/. With FUZZ_SEED=N a run on empty ones can be done again.
set -u
cd "$(dirname "$0")/../.." || exit 1
one=
[ "${1:-}" != --one ] || { one=$1 && shift; }
seconds=${1:-60}
[ $# -eq 0 ] || shift

# The whole CPU seconds in what `times` wrote: its second line is for the shell's children.
cpu_seconds() {
    awk 'NR == 2 { split($1, ours, "m"); split($2, kernel, "m")
        print int(60 * (ours[1] + kernel[1]) + ours[2] + kernel[2]) }' "$1"
}

# Binary seeds stand as hex: # begins a comment.
make_seeds() {
    for text in "tests/fuzz/seeds/$1"/*.hex; do
        [ -f "$text" ] || continue
        seed=$(basename "$text" .hex)
        mkdir -p "build/fuzz/seeds/$1"
        python3 -c 'import re, sys
sys.stdout.buffer.write(bytes.fromhex(re.sub("#.*", "", sys.stdin.read())))' \
            <"$text" >"build/fuzz/seeds/$1/$seed" || exit 1
    done
}

# One fuzzer, again and again until its time is up; prints what it did.
run() {
    name=$1 log=build/fuzz/$1.log runs=0
    used=0
    while [ "$used" -lt "$seconds" ]; do
        seeds=
        [ -d "tests/fuzz/seeds/$name" ] && seeds=tests/fuzz/seeds/$name
        [ -d "build/fuzz/seeds/$name" ] && seeds=build/fuzz/seeds/$name
        # shellcheck disable=SC2086
        "build/fuzz/$name" -max_total_time="$((seconds - used + 1))" -timeout=25 -rss_limit_mb=2048 \
            -print_final_stats=1 ${FUZZ_SEED:+-seed="$FUZZ_SEED"} -artifact_prefix=build/fuzz/crashes/ \
            "build/fuzz/corpus/$name" $seeds >"$log" 2>&1 || return 1
        runs=$((runs + $(sed -n 's/stat::number_of_executed_units: *//p' "$log")))
        times >"build/fuzz/$name.times"
        used=$(cpu_seconds "build/fuzz/$name.times")
    done
    printf '%-12s clean, %s runs in %s CPU seconds\n' "$name" "$runs" "$used"
}

# One fuzzer, whose verdict is left in build/fuzz/NAME.verdict.
if [ -n "$one" ]; then
    make_seeds "$1"
    verdict=passed
    said=$(run "$1") || verdict=failed
    [ $verdict = passed ] || said=$(echo "FAIL $1" && tail -n 40 "build/fuzz/$1.log")
    printf '%s\n' "$said"
    echo $verdict >"build/fuzz/$1.verdict"
    exit 0
fi

if [ $# -eq 0 ]; then
    for source in tests/fuzz/*.c; do
        set -- "$@" "$(basename "$source" .c)"
    done
fi
python3 tests/fuzz/seeds.py || exit 1
for name; do
    mkdir -p "build/fuzz/corpus/$name" build/fuzz/crashes
    rm -f "build/fuzz/$name.verdict"
done
printf '%s\n' "$@" | xargs -n 1 -P "${FUZZ_JOBS:-$(getconf _NPROCESSORS_ONLN)}" sh tests/fuzz/run.sh --one "$seconds"
passed=0 failed=0
for name; do
    if [ "$(cat "build/fuzz/$name.verdict" 2>/dev/null)" = passed ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        [ -f "build/fuzz/$name.verdict" ] || echo "FAIL $name: it did not end"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
