#!/bin/sh
# Runs the suites named (default: all that need no long time), adds up their counts and prints
# `N passed, N failed` alone on the last line. Logs lie in build/test/. Many suites keep one processor
# busy or wait: with more than three, two lanes of them run side by side.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p build/test
report=build/test/summary.txt counts=build/test/counts
: >"$report"
: >"$counts"

# suite NAME COMMAND...: the command's last counting line is added; a command that fails without
# a failed test counts as one.
suite() {
    name=$1
    shift
    printf '\n== %s ==\n' "$name"
    log=build/test/$name.log
    start=$(date +%s)
    "$@" >"$log" 2>&1
    code=$?
    grep -E 'SKIPPED|failed:|^FAIL|^(matrix|kill|write|writers|all)  ' "$log" | head -70
    line=$(grep -Eo '[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?' "$log" | tail -n 1)
    p=$(echo "$line" | sed -n 's/^\([0-9]*\) passed.*/\1/p')
    f=$(echo "$line" | sed -n 's/.* \([0-9]*\) failed.*/\1/p')
    s=$(echo "$line" | sed -n 's/.* \([0-9]*\) skipped.*/\1/p')
    : "${p:=0}" "${f:=0}" "${s:=0}"
    if [ "$code" -ne 0 ] && [ "$f" -eq 0 ]; then
        f=1
        tail -n 30 "$log"
    elif [ "$f" -gt 0 ]; then
        tail -n 60 "$log"
    fi
    [ $((p + f + s)) -gt 0 ] || p=1
    echo "$p $f $s" >>"$counts"
    printf '%-11s %s passed, %s failed, %s skipped (%s s)\n' "$name" "$p" "$f" "$s" \
        "$(($(date +%s) - start))" | tee -a "$report"
}

asan_flags='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
asan_build() {
    "$@" make -j2 B=build/asan OPTIMIZE=-O1 SANITIZE="$asan_flags" build/asan/unit build/asan/edge-deploy
}

asan_unit() {
    asan_build env && build/asan/unit
}

fuzz() {
    make -j2 fuzzers && sh tests/fuzz/run.sh "${FUZZ_SECONDS:-10}"
}

# Both are built anew, in folders of their own, beside the suites before them, many of which wait: at the lowest
# priority. A suite waits for its own; what failed here fails there, where it is said.
asan_ahead='' fuzz_ahead=''
build_ahead() {
    case " $* " in *' asan '*)
        asan_build exec nice -n 19 >build/test/asan-build.log 2>&1 &
        asan_ahead=$!
        ;;
    esac
    case " $* " in *' fuzz '*)
        exec nice -n 19 make fuzzers >build/test/fuzz-build.log 2>&1 &
        fuzz_ahead=$!
        ;;
    esac
}

other=
stop_ahead() {
    for process in $asan_ahead $fuzz_ahead $other; do
        kill "$process" 2>/dev/null
    done
}
trap stop_ahead EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

wait_ahead() {
    [ -z "$1" ] || wait "$1"
}

lines() {
    make build/lines && python3 tests/corpus/lines.py
}

run_suite() {
    case $1 in
    lint) suite lint sh tests/lint/lint.sh ;;
    unit) suite unit build/unit ;;
    cases) suite cases python3 tests/run.py ;;
    try) suite try sh tests/try.sh build/edge-deploy ;;
    credentials) suite credentials python3 tests/credentials/run.py ;;
    security) suite security python3 tests/security/run.py ;;
    glue) suite glue sh tests/clients/glue.sh ;;
    clients) suite clients sh tests/clients/run.sh ;;
    samples) suite samples sh tests/samples/run.sh ;;
    verify) suite verify sh tests/verify/run.sh ;;
    engines) suite engines sh tests/engines/run.sh ;;
    optimize) suite optimize sh tests/optimize/run.sh ;;
    archive) suite archive python3 tests/archive.py ;;
    reports) suite reports sh tests/reports/run.sh ;;
    action) suite action python3 tests/action/run.py ;;
    components) suite components sh tests/components/run.sh ;;
    corpus) suite corpus python3 tests/corpus/corpus.py ;;
    differential) suite differential python3 tests/corpus/differential.py ;;
    memory) suite memory python3 tests/memory.py ;;
    lines) suite lines lines ;;
    dependency) suite dependency python3 tests/corpus/dependency.py ;;
    limits) suite limits python3 tests/limits.py ;;
    html) suite html sh tests/html/run.sh ;;
    toolchains) suite toolchains python3 tests/corpus/toolchains.py ;;
    faults) suite faults python3 tests/faults/main.py ;;
    asan)
        wait_ahead "$asan_ahead"
        asan_ahead=
        suite asan-unit asan_unit
        suite asan-cases python3 tests/run.py --program build/asan/edge-deploy
        ;;
    fuzz)
        wait_ahead "$fuzz_ahead"
        fuzz_ahead=
        suite fuzz fuzz
        ;;
    *)
        echo "no suite '$1'"
        echo '0 1 0' >>"$counts"
        ;;
    esac
}

run_suites() {
    for each; do
        run_suite "$each"
    done
}

# The lanes begin when all before them is done, and end before what uses every processor by itself. What they
# share is installed first; who looks at what `corpus` has fetched comes behind it in one lane.
before=' lint unit cases reports try faults credentials '
second=' security action archive corpus differential lines dependency memory engines optimize limits toolchains '
after=' asan fuzz '
is_in() {
    case $2 in *" $1 "*) return 0 ;; esac
    return 1
}

install_shared() {
    for words in '' inputs engines optimize; do
        # shellcheck disable=SC2086
        sh tests/clients/install.sh $words >"build/test/install-${words:-clients}.log" 2>&1
    done
}

run_lanes() {
    begin='' lane='' beside='' end=''
    for name; do
        if is_in "$name" "$before"; then
            begin="$begin $name"
        elif is_in "$name" "$second"; then
            beside="$beside $name"
        elif is_in "$name" "$after"; then
            end="$end $name"
        else
            lane="$lane $name"
        fi
    done
    # shellcheck disable=SC2086
    run_suites $begin
    install_shared
    # shellcheck disable=SC2086
    run_suites $beside >build/test/lane.out 2>&1 &
    other=$!
    # shellcheck disable=SC2086
    run_suites $lane
    wait "$other"
    other=
    cat build/test/lane.out
    # shellcheck disable=SC2086
    run_suites $end
}

[ $# -gt 0 ] || set -- lint unit cases reports try faults credentials security action glue clients verify samples corpus differential lines dependency engines optimize limits memory html
if [ $# -lt 4 ]; then
    run_suites "$@"
else
    build_ahead "$@"
    run_lanes "$@"
fi

printf '\n== summary ==\n'
cat "$report"
read -r passed failed skipped <<END
$(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' "$counts")
END
[ "$skipped" -eq 0 ] || printf '\n%s SKIPPED, for the reasons above\n' "$skipped"
printf '\n%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
