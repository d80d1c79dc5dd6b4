/* One struct, several writers: they differ only in words. Knows nothing of where a report goes. */
#ifndef PKG_REPORT_REPORT_H
#define PKG_REPORT_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "pkg/compat/check.h"

struct arena;

struct report_module {
    const char *path;
    struct bytes bytes;
    const struct wasm_info *info;
    size_t gzip_bytes; /* 0: not counted (null in JSON) */
};

struct report {
    const char *command; /* "inspect" or "check" */
    const struct report_module *modules;
    size_t module_count;
    const struct verdict *verdicts;
    size_t verdict_count;
    bool with_sizes; /* --sizes: sections */
};

struct report_style {
    bool colour, unicode;
    unsigned width; /* columns; 80 when unknown */
};

int report_text(struct arena *, const struct report *, const struct report_style *, FILE *);

/* The document of cli.md section 5 for inspect and check; other commands add their keys to it. */
json_t *report_json(struct arena *, const struct report *);

/* "module" as in cli.md section 5. */
json_t *report_module_json(struct arena *, const struct report_module *);
json_t *report_verdict_json(struct arena *, const struct verdict *);

/* {"schema":1,"command":...,"ok":...} and on failure "error". */
json_t *report_document(struct arena *, const char *command, const struct error *);

#endif
