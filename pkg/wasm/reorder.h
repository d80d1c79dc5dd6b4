/* Functions in another order: what a module does stays the same, and what compresses well may stand
   side by side. Knows nothing of which order is good. */
#ifndef PKG_WASM_REORDER_H
#define PKG_WASM_REORDER_H

#include "pkg/wasm/wasm.h"

struct arena;
struct places;

/* The bodies of a core module's own functions, in their order: locals and instructions, without the
   number that says their size. They lie in the module's bytes. */
struct wasm_functions {
    struct bytes *bodies;
    uint32_t *uses; /* how often each is named in the module: calls, references, exports, start */
    uint32_t count, imported;
    struct places *places; /* inside pkg/wasm only */
    const char *fixed;     /* why its functions cannot be moved: a custom section that may name them
                              by number or by offset; NULL: they can */
};

/* -1, FAULT_INPUT, for what is no well-formed core module. */
int wasm_functions(struct arena *, struct bytes module, struct wasm_functions *out,
                   struct error *) MUST_CHECK;

/* The module with its functions in the order that `order` says: which of the `count` comes first,
   which second... each exactly once. Calls, references, segments, exports, start and names follow;
   numbers are written in the fewest bytes. Nothing may be `fixed`. -1, FAULT_INPUT, for a name
   section that cannot be read. */
int wasm_reorder(struct arena *, struct bytes module, const struct wasm_functions *,
                 const uint32_t *order, struct bytes *out, struct error *) MUST_CHECK;

#endif
