/* How a feature that a target lacks is said in other words: by which pass of the optimizer, on
   which condition, and what that brings in. One table (lowering.def) with the reasons; knows
   nothing of optimizers found or of platforms.

   "The same" means: what calls the module gets the same answers, in the same memory, as long as the
   original does not trap. Where a trap may come later or not at all the row says so. */
#ifndef PKG_WASM_LOWERING_H
#define PKG_WASM_LOWERING_H

#include "pkg/wasm/wasm.h"

enum wasm_lowering_way {
    WASM_LOWER_PASS,    /* by `pass`, in a run of its own */
    WASM_LOWER_REWRITE, /* any run of the optimizer encodes it anew */
    WASM_LOWER_SECTION  /* the custom section of that name goes: it says nothing that must be heard
                         */
};

struct wasm_lowering {
    enum wasm_feature feature;
    enum wasm_lowering_way way;
    const char *pass; /* "--signext-lowering"; the section's name; NULL for a rewriting */
    unsigned since;   /* the first version of the optimizer that does it right */
    uint64_t brings;  /* what stands in its place then, a bit each */
    uint64_t may;     /* what may */
    const char *risk; /* what else changes, for people; NULL: nothing */
    bool (*objects)(const struct wasm_info *, const char **why);
};

/* NULL when nothing is known that lowers it. */
const struct wasm_lowering *wasm_lowering_find(enum wasm_feature);

/* Its pass, NULL when it needs none or there is none. */
const char *wasm_lowering_pass(enum wasm_feature);

/* NULL when that row may be applied to the module unasked; else why not. */
const char *wasm_lowering_objection(const struct wasm_lowering *, const struct wasm_info *);

/* Follows what lowering `feature` would bring in until a target that runs `allowed` runs all of it.
   NULL when it ends well; else why not, in `arena`, with the feature at which it ends. */
const char *wasm_lowering_obstacle(struct arena *, const struct wasm_info *, uint64_t allowed,
                                   enum wasm_feature feature);

/* All that lowering `features` may bring in, and what lowering that may. */
uint64_t wasm_lowering_brings(uint64_t features);

#endif
