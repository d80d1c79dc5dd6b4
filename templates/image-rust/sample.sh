#!/bin/sh
# Prints a picture to try it with: a PPM of 590 times 590 pixels, nearly a mebibyte, the same noise
# every time. All of its bytes are ASCII, because no shell and no awk is sure to write others.
set -eu
LC_ALL=C awk 'BEGIN {
    printf "P6\n590 590\n255\n"
    for (x = 1; n < 590 * 590 * 3; n++) {
        x = (x * 16807) % 2147483647
        printf "%c", 33 + x % 94
    }
}'
