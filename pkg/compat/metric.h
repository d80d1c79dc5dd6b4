/* What a limit of a profile can measure. Inside pkg/compat only. */
#ifndef PKG_COMPAT_METRIC_H
#define PKG_COMPAT_METRIC_H

#include <stdbool.h>
#include <stddef.h>

struct shipment;
struct shipped_module;

struct metric {
    const char *name; /* as in the profile: "memory_bytes" */
    const char *rule; /* of the finding */
    const char *what; /* "the packed artifact" */
    bool counts;      /* a number of things: its unit goes without saying */
    /* Of the whole shipment, or of one of its modules; 0: not known (yet). */
    double (*of_shipment)(const struct shipment *);
    double (*of_module)(const struct shipped_module *);
};

/* NULL when there is no such metric. "option:NAME" and "text:NAME" are not in this table: they
   measure a setting's number, and a setting's length. */
const struct metric *metric_find(const char *name);
const char *metric_option(const char *name); /* NAME of those, else NULL */
extern const char *const metric_names[];     /* ends with NULL */

#endif
