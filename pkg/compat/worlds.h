/* Which world a component is of: what it exports decides, what it imports must be on offer. Knows
   the worlds of WASI; those of platforms come from their profiles. */
#ifndef PKG_COMPAT_WORLDS_H
#define PKG_COMPAT_WORLDS_H

#include "pkg/compat/profile.h"
#include "pkg/wasm/wasm.h"

/* A world whose exports the component has; it fits when it imports nothing beyond the world. */
struct world_fit {
    const char *name;   /* "wasi:http/proxy@0.2" */
    const char *about;  /* "answers HTTP requests" */
    const char *source; /* where the world's list is from */
    bool is_async;      /* of WASI 0.3 */
    const char **beyond;
    size_t beyond_count;
};

size_t compat_worlds(struct arena *, const struct wasm_component *, const struct profile *profiles,
                     size_t profile_count, struct world_fit **out);

#endif
