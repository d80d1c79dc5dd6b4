/* A module without some of its exports. Knows nothing of who uses which, and removes nothing that
   only they reached. */
#ifndef PKG_WASM_PRUNE_H
#define PKG_WASM_PRUNE_H

#include <stdbool.h>

#include "pkg/base/bytes.h"
#include "pkg/base/error.h"

struct arena;

/* Which exports stay: by name, as it stands in the module. */
struct wasm_keep {
    bool (*keeps)(const void *context, struct bytes name);
    const void *context;
};

/* A copy of the core module `in` with those exports alone; all other bytes stay as they are. An
   export section that would be empty is left out. -1, FAULT_INPUT, for what cannot be read. */
int wasm_prune(struct arena *, struct bytes in, const struct wasm_keep *, struct bytes *out,
               struct error *) MUST_CHECK;

#endif
