#!/bin/sh
# Prints FILE as a C string literal, a line a line: embed.sh FILE
set -eu
sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$/\\n"/' "$1"
