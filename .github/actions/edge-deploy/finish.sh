#!/bin/sh
# Runs also when the run failed or was cancelled. Output: report, when one was written.
set -eu
# shellcheck source=.github/actions/edge-deploy/words.sh
. "$GITHUB_ACTION_PATH/words.sh"
if [ -n "$REPORT" ] && [ -s "$REPORT" ]; then
    output report "$REPORT"
fi
