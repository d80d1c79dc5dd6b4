#!/bin/sh
# Words that must not stand where they stand: a platform's name under pkg/ or cmd/, functions that
# cannot be used safely, unfinished work.
set -eu
cd "$(dirname "$0")/../.."
bad=0
complain() {
    if [ -n "$2" ]; then
        printf '%s:\n%s\n' "$1" "$2"
        bad=1
    fi
}
for folder in platforms/*/; do
    name=$(basename "$folder")
    complain "the platform name '$name' outside its folder" "$(grep -rniw -e "$name" cmd pkg || true)"
done
complain 'unsafe functions' "$(grep -rnE '\b(strcpy|strcat|sprintf|vsprintf|strtok|gets|gmtime|localtime|ctime|asctime|strncpy|strncat)\(' --include='*.[ch]' cmd pkg platforms || true)"
complain 'unfinished, by its own words' "$(grep -rnE '\b(TODO|FIXME|XXX)\b' cmd pkg platforms || true)"
complain 'printing below cmd/' "$(grep -rnE '\b(printf|puts|putchar|perror)\(|\bstdout\b' --include='*.c' pkg platforms | grep -vE 'snprintf|pkg/validate/' || true)"
complain 'getenv below cmd/' "$(grep -rnE '\b(getenv|secure_getenv|setenv)\(|\benviron\b' --include='*.c' pkg platforms | grep -v 'extern char \*\*environ' || true)"
complain "a fuzzer's finding" "$(git ls-files | grep -E '(^|/)(crash|leak|oom|timeout|slow-unit)-[0-9a-f]{40}$' || true)"
exit $bad
