/* Files of the project that the program carries as strings; printed by templates/table.sh. */
#ifndef PKG_BASE_EMBEDDED_H
#define PKG_BASE_EMBEDDED_H

struct embedded_file {
    const char *path, *text; /* path: relative to templates/ */
};

extern const struct embedded_file templates[];       /* ends with a NULL path */
extern const char manifest_schema[];                 /* pkg/manifest/schema.json */
extern const char report_style_sheet[];              /* pkg/report/html.css */
extern const char report_script[];                   /* pkg/report/html.js */
extern const char probe_modules[];                   /* pkg/proof/probes.json */
extern const struct embedded_file runtime_scripts[]; /* pkg/runtime/NAME.mjs: path is the name */
/* JavaScript by a platform's name: argumentOf(request, settings), what a handler is called with
   there, for measuring it; platforms/table.sh prints it. None where workers take requests. */
extern const struct embedded_file platform_calls[];
extern const struct embedded_file bench_scripts[]; /* pkg/bench/NAME.mjs */

#endif
