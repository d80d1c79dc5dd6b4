/* What the JSON says of a target beyond its findings, and of sizes. Inside pkg/report only. */
#ifndef PKG_REPORT_JSON_TARGET_H
#define PKG_REPORT_JSON_TARGET_H

#include "pkg/report/report.h"

/* Adds "manifest", "runtime_facts", "next_variant", "since_last_deploy" and "estimates"; with
   --run "proofs". */
void json_add_target(json_t *target, const struct verdict *);

/* {"commit",...}, or null when nothing was deployed before. */
json_t *json_change(const struct change *);

/* [{"platform","cold_start_ms","over","basis","source"}] */
json_t *json_estimates(const struct report_estimate *, size_t count);

/* [{"runtime","path","answer","how","message"}] */
json_t *json_proofs(const struct proof *, size_t count);

/* {"functions":[...],"crates":[...],...}, or null when sizes were not counted. */
json_t *json_sizes(const struct wasm_sizes *);

#endif
