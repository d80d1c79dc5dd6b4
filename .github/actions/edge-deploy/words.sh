#!/bin/sh
# What the scripts of the action share.

# One value in one line: what a message or an output holds of somebody else's words.
escape() {
    printf '%s' "$1" | awk '{ gsub(/%/, "%25"); gsub(/\r/, "%0D"); printf "%s%s", between, $0; between = "%0A" }'
}

# annotate error|warning|notice MESSAGE
annotate() {
    printf '::%s title=edge-deploy::%s\n' "$1" "$(escape "$2")"
}

# The input cannot be used: exit code 2, as of the program.
refuse() {
    annotate error "$1"
    exit 2
}

output() {
    printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}
