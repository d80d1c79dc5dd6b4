#!/bin/sh
# Packs build/dist/edge-deploy for machines that have none of the libraries it was built with: all but
# glibc's own stand beside it, and it finds them there (the rpath that the Makefile gives it). Same
# sources, same packages: same bytes. `archive.sh VERSION` writes build/dist/*.tar.gz and prints its
# SHA-256 in the form of .github/actions/edge-deploy/checksums.txt.
set -eu
cd "$(dirname "$0")/../build/dist"
name=edge-deploy-$1-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
share=$name/share
doc=$share/doc/edge-deploy
# Any constant will do; it is the time of all files.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-1767225600}"
umask 022
export LC_ALL=C

# What comes with the system's own C library, and has to be of one piece with it.
is_of_libc() {
    case $1 in
    ld-linux* | libc.so* | libm.so* | libdl.so* | librt.so* | libpthread.so* | libresolv.so* | libutil.so* | libmvec.so* | libanl.so*) return 0 ;;
    *) return 1 ;;
    esac
}

# The package of a file; those of a merged /usr are known with and without /usr.
package_of() {
    real=$(realpath "$1")
    { dpkg-query -S "$real" 2>/dev/null || dpkg-query -S "${real#/usr}"; } | head -n 1 | cut -d: -f1
}

add_library() {
    file=$(basename "$1")
    package=$(package_of "$1")
    install -m 644 "$1" "$name/lib/edge-deploy/$file"
    # shellcheck disable=SC2016
    dpkg-query -W -f "$file \${Package} \${Version} source \${source:Package} \${source:Version}\n" "$package" | head -n 1 >>"$doc/libraries.txt"
    add_license "$package"
}

add_license() {
    cp -L "/usr/share/doc/$1/copyright" "$doc/licenses/$1.txt"
}

rm -rf "$name" "$name.tar.gz"
mkdir -p "$name/bin" "$name/lib/edge-deploy" "$doc/licenses/common-licenses" "$share/man/man1" \
    "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d"
install -s -m 755 edge-deploy "$name/bin/edge-deploy"
ldd edge-deploy >libraries
if grep 'not found' libraries; then
    exit 1
fi
echo '# library, and the Debian package and source package it comes from' >"$doc/libraries.txt"
sed -n 's/.*=> \(\/[^ ]*\) .*/\1/p' libraries | sort | while IFS= read -r path; do
    is_of_libc "$(basename "$path")" || add_library "$path"
done
# libwabt is linked into the program.
if [ -f /usr/share/doc/wabt/copyright ]; then
    add_license wabt
fi
for license in /usr/share/common-licenses/*; do
    [ -L "$license" ] || cp "$license" "$doc/licenses/common-licenses/"
done
cp ../../README.md ../../CHANGELOG.md ../../LICENSE "$doc/"
./edge-deploy help manual >"$share/man/man1/edge-deploy.1"
./edge-deploy completion bash >"$share/bash-completion/completions/edge-deploy"
./edge-deploy completion zsh >"$share/zsh/site-functions/_edge-deploy"
./edge-deploy completion fish >"$share/fish/vendor_completions.d/edge-deploy.fish"
tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u+rw,go=rX --mtime="@$SOURCE_DATE_EPOCH" \
    --format=gnu -cf "$name.tar" "$name"
gzip -9nf "$name.tar"
sha256sum "$name.tar.gz" | tee SHA256SUMS
