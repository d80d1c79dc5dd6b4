/* As much of TOML as the top level of a fastly.toml needs. Knows nothing of what the keys mean. */
#ifndef PLATFORMS_FASTLY_SANDBOX_TOML_H
#define PLATFORMS_FASTLY_SANDBOX_TOML_H

#include "pkg/json/json.h"

struct arena;

/* The keys before the first table, as an object: strings, integers, booleans, arrays of these.
   NULL when that part is not TOML; what stands in tables is not read. */
json_t *toml_top_level(struct arena *, struct bytes text);

#endif
