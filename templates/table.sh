#!/bin/sh
# Prints, as strings, the C table of the files that `init` writes, the manifest's schema, the HTML
# report's style and script, the probe modules, and the scripts that pkg/runtime and pkg/bench run in JavaScript
# engines.
set -eu
cd "$(dirname "$0")"

echo '/* Printed by templates/table.sh. */'
echo '#include "pkg/base/embedded.h"'
for file in manifest_schema=manifest/schema.json report_style_sheet=report/html.css \
    report_script=report/html.js probe_modules=proof/probes.json; do
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
for module in runtime bench; do
    echo "const struct embedded_file ${module}_scripts[] = {"
    for file in "../pkg/$module"/*.mjs; do
        echo "{\"$(basename "$file")\", \"\""
        sh ../platforms/embed.sh "$file"
        echo '},'
    done
    echo '{0, 0}};'
done
