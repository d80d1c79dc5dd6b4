#!/bin/sh
# The first look: publishes the sample of `edge-deploy init` to all platforms of the built-in
# sandbox, in a temporary repository of its own, and shows report and log. Touches nothing else.
set -eu
program=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
folder=$(mktemp -d)
trap 'rm -rf "$folder" "$folder.cache"' EXIT
cd "$folder"

export GIT_AUTHOR_NAME=You GIT_AUTHOR_EMAIL=you@example.com
export GIT_COMMITTER_NAME=You GIT_COMMITTER_EMAIL=you@example.com
export XDG_CACHE_HOME="$folder.cache"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1

show() {
    printf '\n\033[1m$ %s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9;]*m//g'; fi
    shift
    "$program" "$@"
}

git init -q .
show edge-deploy init
git add -A
git commit -qm 'Add the sample function'
show edge-deploy package -o build/artifacts
show edge-deploy check
show edge-deploy publish --sandbox
echo
echo 'The same again: nothing has changed, so nothing is sent.'
show edge-deploy publish --sandbox
echo
echo 'An edit, and a third run.'
sed -i.old 's/Hello/Good day/' src/*.c
rm -f src/*.c.old
git commit -qam 'Greet more politely'
show edge-deploy publish --sandbox
show edge-deploy log
show edge-deploy status --sandbox
echo
echo 'And back.'
show edge-deploy rollback --sandbox
show edge-deploy status --sandbox
