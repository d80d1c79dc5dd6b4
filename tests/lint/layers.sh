#!/bin/sh
# Compares every #include with layers.txt; prints what does not fit and fails.
set -eu
cd "$(dirname "$0")/../.."
find cmd pkg platforms -name "*.[ch]" -print -o -name "*.cc" -print | LC_ALL=C sort | xargs awk '
function module(path,  word) {
    if (path ~ /^cmd\//) return "cmd"
    if (path ~ /^platforms\/.*sandbox/) return "platforms/sandbox"
    if (path ~ /^platforms\//) return "platforms/driver"
    split(path, word, "/")
    return word[1] "/" word[2]
}
BEGIN {
    while ((getline line < "tests/lint/layers.txt") > 0) {
        if (line ~ /^#/ || line == "") continue
        colon = index(line, ":")
        allowed[substr(line, 1, colon - 1)] = substr(line, colon + 1) " "
    }
}
/^#[ \t]*include/ {
    from = module(FILENAME)
    name = $2
    if (name ~ /^"/) {
        path = substr(name, 2, length(name) - 2)
        to = module(path)
        if (!(from in allowed)) { print FILENAME ": module " from " is not in layers.txt"; bad = 1 }
        if (path ~ /^platforms\//) same = path ~ "^" substr(FILENAME, 1, match(FILENAME, /\/[^\/]*$/))
        else same = to == from
        if (!same && to != "pkg/base" && index(allowed[from], " " to " ") == 0) {
            print FILENAME ":" FNR ": " from " may not include " path; bad = 1
        }
    } else {
        for (row in allowed) if (row ~ /^</ && index(name, row) == 1 && index(allowed[row], " " from " ") == 0) {
            print FILENAME ":" FNR ": " from " may not include " name; bad = 1
        }
    }
}
END { exit bad }'
