#!/bin/sh
# The suite `html`: the HTML report in a real browser. Installs Chromium by the version that the
# pictures were taken with, where it can be had, and what drives it, pinned by digest; then runs
# browser.mjs, or only its parts that are named (look facts keyboard map settings hostile pictures).
# With the word --update the reference pictures are made anew: look at them.
set -u
cd "$(dirname "$0")/../.." || exit 1
version=156.0.8078.79-1~deb12u1
to=build/html
mkdir -p "$to"

skip() {
    echo "SKIPPED: $1"
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
}

find_browser() {
    for name in chromium chromium-browser google-chrome-stable google-chrome; do
        command -v "$name" && return 0
    done
    return 1
}

install_browser() {
    command -v apt-get >/dev/null || return 1
    sudo=
    [ "$(id -u)" = 0 ] || sudo='sudo -n'
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -qq
    $sudo apt-get install -y -qq --no-install-recommends "chromium=$version" fonts-dejavu-core ||
        $sudo apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core
}

install_driver() {
    cmp -s tests/html/package-lock.json "$to/installed" && return 0
    cp tests/html/package.json tests/html/package-lock.json tests/clients/.npmrc "$to/"
    (cd "$to" && npm ci --no-fund --no-audit --loglevel=error) || return 1
    cp tests/html/package-lock.json "$to/installed"
}

{ find_browser >/dev/null && [ -d /usr/share/fonts/truetype/dejavu ]; } || install_browser >"$to/install.log" 2>&1 || {
    tail -n 3 "$to/install.log"
    skip 'Chromium is not installed, and could not be: the HTML report was seen by no browser'
}
command -v npm >/dev/null || skip 'npm is not installed: what drives the browser comes from there'
install_driver || skip 'what drives the browser could not be installed'
make -s build/edge-deploy build/html-pages || exit 1

# The same letters on every machine, whatever fonts it has.
fonts=/usr/share/fonts/truetype/dejavu
if [ -d "$fonts" ]; then
    cat >"$to/fonts.conf" <<END
<?xml version="1.0"?>
<fontconfig><dir>$fonts</dir><cachedir>$PWD/$to/fonts</cachedir></fontconfig>
END
    FONTCONFIG_FILE=$PWD/$to/fonts.conf
    export FONTCONFIG_FILE
fi
BROWSER=$(find_browser) exec node tests/html/browser.mjs "$@"
