#!/bin/sh
# Prints the C table of the files that `init` writes, the manifest's schema, and the HTML report's
# style and script, as strings.
set -eu
cd "$(dirname "$0")"

echo '/* Printed by templates/table.sh. */'
echo '#include "pkg/base/embedded.h"'
for file in manifest_schema=manifest/schema.json report_style_sheet=report/html.css \
    report_script=report/html.js; do
    echo "const char ${file%%=*}[] ="
    sh ../platforms/embed.sh "../pkg/${file#*=}"
    echo ';'
done
echo 'const struct embedded_file templates[] = {'
find . -type f ! -name table.sh | sed 's|^\./||' | LC_ALL=C sort | while IFS= read -r file; do
    echo "{\"$file\", \"\""
    sh ../platforms/embed.sh "$file"
    echo '},'
done
echo '{0, 0}};'
