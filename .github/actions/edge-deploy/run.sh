#!/bin/sh
# Turns the inputs into a command line, fetches the record of deployments, and becomes the program.
set -eu
# shellcheck source=.github/actions/edge-deploy/words.sh
. "$GITHUB_ACTION_PATH/words.sh"
ref=refs/notes/edge-deploy

# is_true NAME VALUE: an input that is true or false; anything else is a mistake.
is_true() {
    case $2 in
    true) return 0 ;;
    false) return 1 ;;
    *) refuse "input $1: write true or false, not '$2'" ;;
    esac
}

# A pull request may come from anybody: it is looked at, and nothing of it is run or published.
choose_command() {
    command=$INPUT_COMMAND
    case $command in
    check) return ;;
    publish) ;;
    *) refuse "input command: write check or publish, not '$command'" ;;
    esac
    case ${GITHUB_EVENT_NAME:-} in
    pull_request* | merge_group)
        annotate notice "publish became check: event $GITHUB_EVENT_NAME publishes and records nothing"
        command=check
        ;;
    esac
}

# A checkout in a container belongs to another user, which git refuses to read.
trust_checkout() {
    problem=$(git rev-parse --git-dir 2>&1 >/dev/null) && return
    case $problem in
    *'dubious ownership'*) git config --global --add safe.directory "$GITHUB_WORKSPACE" ;;
    esac
}

git_as_somebody() {
    if git var GIT_COMMITTER_IDENT >/dev/null 2>&1; then
        git "$@"
    else
        git -c user.name=edge-deploy -c user.email=edge-deploy@localhost "$@"
    fi
}

# Into a tracking ref, never forced; then merged line by line. Nothing here is pushed.
fetch_once() {
    tracking=refs/notes/$INPUT_REMOTE/edge-deploy
    there=0
    git ls-remote --exit-code --refs "$INPUT_REMOTE" $ref >/dev/null || there=$?
    [ $there -ne 2 ] || return 0 # nothing was recorded yet
    [ $there -eq 0 ] || return 1
    git fetch --quiet --no-tags --no-recurse-submodules "$INPUT_REMOTE" "$ref:$tracking" || return 1
    git_as_somebody notes --ref=$ref merge --quiet -s cat_sort_uniq "$tracking"
}

fetch_record() {
    export GIT_TERMINAL_PROMPT=0
    case $INPUT_REMOTE in
    '' | [!A-Za-z0-9_]* | *[!A-Za-z0-9._/-]*) refuse "input remote: '$INPUT_REMOTE' is no name of a git remote" ;;
    esac
    trust_checkout
    git config --get "remote.$INPUT_REMOTE.url" >/dev/null 2>&1 || return 0
    for pause in 1 2 0; do
        ! fetch_once || return 0
        sleep $pause
    done
    said="the record of deployments could not be fetched from remote '$INPUT_REMOTE'"
    if [ "$command" = publish ] && [ "$INPUT_RECORD" = true ]; then
        annotate error "$said; nothing was sent"
        exit 1
    fi
    annotate warning "$said: nothing is compared with the last deployment"
}

output mutation-attempted false
output changed false
[ -n "$PROGRAM" ] || refuse 'the program was not installed'
choose_command
case $INPUT_WORKING_DIRECTORY in
/*) folder=$INPUT_WORKING_DIRECTORY ;;
*) folder=./$INPUT_WORKING_DIRECTORY ;;
esac
cd "$folder" 2>/dev/null || refuse "input working-directory: there is no folder '$INPUT_WORKING_DIRECTORY'"

set -- "$command" --no-input --no-color
[ -z "$INPUT_CONFIG" ] || set -- "$@" "--config=$INPUT_CONFIG"
[ -z "$INPUT_ENV" ] || set -- "$@" "--env=$INPUT_ENV"
set -f
for target in $(printf '%s' "$INPUT_TARGETS" | tr ',\r' '  '); do
    set -- "$@" "--target=$target"
done
set +f
while IFS= read -r line; do
    line=$(printf '%s' "$line" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//')
    [ -z "$line" ] || set -- "$@" "--report=$line"
done <<END
$INPUT_REPORTS
END
! is_true strict "$INPUT_STRICT" || set -- "$@" --strict
! is_true sandbox "$INPUT_SANDBOX" || set -- "$@" --sandbox
if [ "$command" = check ]; then
    ! is_true sizes "$INPUT_SIZES" || set -- "$@" --sizes
else
    ! is_true dry-run "$INPUT_DRY_RUN" || set -- "$@" --dry-run
    ! is_true stage "$INPUT_STAGE" || set -- "$@" --stage
    ! is_true force "$INPUT_FORCE" || set -- "$@" --force
    ! is_true overwrite "$INPUT_OVERWRITE" || set -- "$@" --overwrite
    is_true wait "$INPUT_WAIT" || set -- "$@" --no-wait
    [ -z "$INPUT_TRAFFIC" ] || set -- "$@" "--traffic=$INPUT_TRAFFIC"
    [ -z "$INPUT_JOBS" ] || set -- "$@" "--jobs=$INPUT_JOBS"
    if ! is_true record "$INPUT_RECORD"; then
        set -- "$@" --no-record
    elif is_true push-record "$INPUT_PUSH_RECORD"; then
        set -- "$@" --push-record
    fi
fi
fetch_record

report=$(mktemp -d "$RUNNER_TEMP/edge-deploy-report.XXXXXX")/report.json
output report-file "$report"
exec "$PROGRAM" "$@" "--report=json=$report"
