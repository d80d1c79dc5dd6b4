#!/bin/sh
# Prints the C table of the platforms named: driver, sandbox half, profile and glue as strings.
# Glue is what lies in the folder as *.mjs, with the line `//include FILE` replaced by that file; but
# call.mjs, which makes what a handler is called with, for measuring it.
set -eu
cd "$(dirname "$0")"

glue() {
    while IFS= read -r line; do
        case $line in
        '//include '*) cat "${line#//include }" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$1"
}

echo '/* Printed by platforms/table.sh. */'
echo '#include "pkg/base/embedded.h"'
echo '#include "pkg/platform/platform.h"'
echo '#include "pkg/sandbox/sandbox.h"'
for name; do
    c=$(printf %s "$name" | tr - _)
    echo "extern const struct platform platform_$c;"
    echo "extern const struct sandbox_api sandbox_$c;"
done
temporary=$(mktemp)
trap 'rm -f "$temporary"' EXIT
echo 'const struct platform_entry platforms[] = {'
for name; do
    c=$(printf %s "$name" | tr - _)
    echo "{&platform_$c, &sandbox_$c,"
    sh embed.sh "$name/profile.json"
    echo ','
    : >"$temporary"
    for file in "$name"/*.mjs; do
        [ -f "$file" ] && [ "${file##*/}" != call.mjs ] && glue "$file" >>"$temporary"
    done
    echo '""'
    sh embed.sh "$temporary"
    echo '},'
done
echo '{0}};'
echo 'const struct embedded_file platform_calls[] = {'
for name; do
    if [ -f "$name/call.mjs" ]; then
        echo "{\"$name\","
        sh embed.sh "$name/call.mjs"
        echo '},'
    fi
done
echo '{0, 0}};'
