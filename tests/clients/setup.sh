#!/bin/sh
# Installs what the tests with real clients need beyond tests/setup.sh: Debian's packages by name.
# npm comes with nodejs where that is not Debian's own.
set -eu
missing=
command -v npm >/dev/null || missing='nodejs npm'
for package in rustc libstd-rust-dev-wasm32; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing"
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing
