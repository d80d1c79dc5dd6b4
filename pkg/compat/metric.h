/* What a limit of a profile can measure. Inside pkg/compat only. */
#ifndef PKG_COMPAT_METRIC_H
#define PKG_COMPAT_METRIC_H

#include <stdbool.h>
#include <stddef.h>

struct shipment;
struct shipped_module;
struct wasm_info;
struct wasm_largest;

struct metric {
    const char *name; /* as in the profile: "memory_bytes" */
    const char *rule; /* of the finding */
    const char *what; /* "the packed artifact" */
    bool counts;      /* a number of things: its unit goes without saying */
    /* Of the whole shipment, or of one of its modules; 0: not known (yet). */
    double (*of_shipment)(const struct shipment *);
    double (*of_module)(const struct shipped_module *);
    double (*of_core)(const struct wasm_info *);
    int largest; /* without those three: enum wasm_measure */
};

/* What one module has of it, in a component the core module that has most; `place` is where it
   stands, NULL when it is no single thing. */
double metric_measure(const struct metric *, const struct shipped_module *,
                      const struct wasm_largest **place);

/* NULL when there is no such metric. "option:NAME" and "text:NAME" are not in this table: they
   measure a setting's number, and a setting's length. */
const struct metric *metric_find(const char *name);
const char *metric_option(const char *name); /* NAME of those, else NULL */

/* All names; returns how many. */
enum { METRIC_NAMES = 40 };
size_t metric_names(const char *out[METRIC_NAMES]);

/* What the budget asks for too. */
double metric_all_modules(const struct shipment *);
double metric_all_gzip(const struct shipment *);

#endif
