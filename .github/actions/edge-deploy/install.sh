#!/bin/sh
# Puts the program on the machine: a released archive whose checksum stands in checksums.txt beside
# this file, or a build of the repository that this file is part of. Output: program, its path.
set -eu
# shellcheck source=.github/actions/edge-deploy/words.sh
. "$GITHUB_ACTION_PATH/words.sh"
source=$(cd "$GITHUB_ACTION_PATH/../../.." && pwd)
checksums=$GITHUB_ACTION_PATH/checksums.txt
folder=$RUNNER_TEMP/edge-deploy

case $INPUT_VERSION in
*[!0-9A-Za-z.+-]*) refuse "input version: '$INPUT_VERSION' is no version" ;;
esac

# The line of checksums.txt for a file, without the file's name; empty when there is none.
checksum_of() {
    awk -v name="$1" '$2 == name && !found { print $1; found = 1 }' "$checksums"
}

name_of() {
    echo "edge-deploy-$1-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m).tar.gz"
}

# The repository of this action, which the release page belongs to. The variable of that name is
# empty in a composite action on some runners; then the folder says it: _actions/OWNER/NAME/REF.
repository() {
    if [ -n "$ACTION_REPOSITORY" ]; then
        echo "$ACTION_REPOSITORY"
    else
        echo "$GITHUB_ACTION_PATH" | sed -n 's|.*/_actions/\([^/]*/[^/]*\)/.*|\1|p'
    fi
}

download() {
    echo "downloading $1"
    if command -v curl >/dev/null; then
        curl --fail --silent --show-error --location --proto =https --retry 3 --max-time 600 -o "$2" -- "$1"
    else
        wget --quiet --https-only --tries=3 --timeout=120 -O "$2" -- "$1"
    fi
}

# take_archive VERSION NAME CHECKSUM
take_archive() {
    to=$folder/${2%.tar.gz}
    program=$to/bin/edge-deploy
    [ ! -x "$program" ] || return 0
    rm -rf "$folder/new"
    mkdir -p "$folder/new"
    file=$folder/new/$2
    case $INPUT_ARCHIVE in
    '') download "$GITHUB_SERVER_URL/$(repository)/releases/download/v$1/$2" "$file" ;;
    https://*) download "$INPUT_ARCHIVE" "$file" ;;
    *://*) refuse "input archive: only https urls and paths are taken, not '$INPUT_ARCHIVE'" ;;
    *) cat <"$INPUT_ARCHIVE" >"$file" ;;
    esac
    found=$(sha256sum "$file" | cut -d' ' -f1)
    if [ "$found" != "$3" ]; then
        rm -rf "$folder/new"
        refuse "$2 is not what was released: its SHA-256 is $found, this action knows $3"
    fi
    tar -xzf "$file" -C "$folder/new"
    rm -rf "$to"
    mv "$folder/new/${2%.tar.gz}" "$to"
}

build() {
    echo '::group::Build edge-deploy'
    make -C "$source" setup
    make -C "$source" -j2
    echo '::endgroup::'
    program=$source/build/edge-deploy
}

version=$INPUT_VERSION
[ -n "$version" ] || version=$(sed -n 's/^VERSION := //p' "$source/Makefile")
name=$(name_of "$version")
checksum=$(checksum_of "$name")
if [ "$version" != source ] && [ -n "$checksum" ]; then
    take_archive "$version" "$name" "$checksum"
elif [ -z "$INPUT_VERSION" ] || [ "$version" = source ]; then
    build
else
    refuse "input version: this action has no checksum for $name; use a newer action, or version: source"
fi
"$program" --version
output program "$program"
