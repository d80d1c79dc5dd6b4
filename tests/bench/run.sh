#!/bin/sh
# Prints our times and sizes against others'; ratios of one run, never a timed test.
# run.sh [modules|linear|reports|together|publish|optimize|prune|coldstart]...
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- modules linear reports together publish optimize prune coldstart
status=0
for name; do
    case $name in
    modules) python3 tests/bench/modules.py || status=1 ;;
    reports) python3 tests/bench/reports.py ;;
    together) python3 tests/bench/together.py || status=1 ;;
    optimize) python3 tests/bench/optimize.py || status=1 ;;
    prune) python3 tests/bench/prune.py || status=1 ;;
    coldstart) python3 tests/bench/coldstart.py || status=1 ;;
    linear) python3 tests/bench/linear.py ;;
    publish)
        sh tests/clients/install.sh
        python3 tests/bench/publish.py || status=1
        ;;
    *)
        echo "no bench '$name': there are modules, linear, reports, together, publish, optimize, prune and coldstart"
        exit 2
        ;;
    esac
done
exit $status
