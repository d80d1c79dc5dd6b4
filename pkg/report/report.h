/* One struct, several writers: they differ only in words. Knows nothing of where a report goes. */
#ifndef PKG_REPORT_REPORT_H
#define PKG_REPORT_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "pkg/bench/bench.h"
#include "pkg/compat/check.h"
#include "pkg/compat/companions.h"
#include "pkg/compat/worlds.h"
#include "pkg/wasm/component_type.h"
#include "pkg/wasm/sizes.h"

struct arena;

/* Whether a component runs on a platform. */
struct report_host {
    const char *platform, *title;
    const struct profile_component *known;
};

/* The answer to --wit and --world. */
struct report_wit {
    const char *folder, *world, *tool; /* what read the WIT */
    struct component_comparison comparison;
};

/* What is known of a component beyond its bytes, and of a module that does not stand alone. */
struct report_context {
    struct world_fit *worlds;
    size_t world_count;
    struct report_host *hosts;
    size_t host_count;
    struct companion *companions;
    size_t companion_count;
    const struct report_wit *wit; /* NULL: not asked */
};

/* What section sizes say of a module on a platform. */
struct report_estimate {
    const char *platform, *title;
    struct estimate estimate;
};

struct report_module {
    const char *path;
    struct bytes bytes;
    const struct wasm_info *info;
    size_t gzip_bytes, brotli_bytes;      /* 0: not counted (null in JSON) */
    unsigned gzip_level, brotli_quality;  /* by which; larger ones are smaller */
    const struct wasm_sizes *sizes;       /* NULL: not asked */
    const struct report_context *context; /* NULL: not asked */
    const struct proof *proofs; /* inspect --run: of the module, in each runtime found here */
    size_t proof_count;
    const struct report_estimate
        *estimates; /* inspect --sizes: of each platform that has figures */
    size_t estimate_count;
};

struct report {
    const char *command; /* "inspect", "check" or "publish" */
    const char *version; /* of this program */
    const struct report_module *modules;
    size_t module_count;
    const struct verdict *verdicts;
    size_t verdict_count;
    const struct bench *bench;   /* what was measured; NULL: nothing was */
    bool strict;                 /* --strict: an unknown counts as a no */
    bool with_sizes;             /* --sizes: sections */
    const struct error *failure; /* what the run ends with; NULL or FAULT_NONE: it is well. A run
                                    that came to no module has nothing else to report */
    const char *manifest;        /* its path from the repository's root; NULL: there is none */
    const char *folder; /* from that root to where the modules' paths begin: "" or "app/" */
};

/* A run that failed before it had anything to report: there is only the failure. */
bool report_is_empty(const struct report *);

struct report_style {
    bool colour, unicode;
    unsigned width; /* columns; 80 when unknown */
};

/* One way to write a report, 0 or -1 when the file takes no more. To add one: its function here,
   and a row in writers.c. */
typedef int report_write(struct arena *, const struct report *, const struct report_style *,
                         FILE *);
struct report_writer {
    const char *name, *meaning; /* as the user types it; one line for the manual */
    report_write *write;
    bool needs_sizes; /* of functions, and compressed: counted when such a report is asked for */
};
extern const struct report_writer report_writers[];
extern const size_t report_writer_count;

report_write report_text, report_markdown, report_sarif, report_junit, report_github, report_html;

/* FAULT_INPUT "unknown format" with the nearest right word. */
int report_writer_find(const char *name, const struct report_writer **out,
                       struct error *) MUST_CHECK;
/* "text, json, ..." */
const char *report_writer_names(struct arena *);

/* The document of cli.md section 5 for inspect and check; other commands add their keys to it. */
json_t *report_json(struct arena *, const struct report *);

/* FAULT_INCOMPATIBLE when the component does not fit the WIT it was compared with. */
int report_wit_verdict(const struct report_module *, struct error *) MUST_CHECK;

/* "module" as in cli.md section 5. */
json_t *report_module_json(struct arena *, const struct report_module *);
json_t *report_verdict_json(struct arena *, const struct verdict *);

/* Why places in a module have no source lines, in a line; NULL: they have. */
const char *report_debug_note(struct arena *, const struct wasm_info *);
/* Whether what is reported of the module stands in functions whose lines are not known. */
bool report_misses_lines(const struct report *, const struct report_module *);

/* {"schema":1,"command":...,"ok":...} and on failure "error". */
json_t *report_document(struct arena *, const char *command, const struct error *);

#endif
