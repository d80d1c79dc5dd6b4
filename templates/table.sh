#!/bin/sh
# Prints the C table of the files that `init` writes, and the manifest's schema, as strings.
set -eu
cd "$(dirname "$0")"

echo '/* Printed by templates/table.sh. */'
echo '#include "pkg/base/embedded.h"'
echo 'const char manifest_schema[] ='
sh ../platforms/embed.sh ../pkg/manifest/schema.json
echo ';'
echo 'const struct embedded_file templates[] = {'
find . -type f ! -name table.sh | sed 's|^\./||' | LC_ALL=C sort | while IFS= read -r file; do
    echo "{\"$file\", \"\""
    sh ../platforms/embed.sh "$file"
    echo '},'
done
echo '{0, 0}};'
