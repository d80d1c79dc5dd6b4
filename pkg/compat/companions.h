/* Modules that do not stand alone: what they are, what must go with them, and what to do. Told by
   imports, exports and custom sections. Knows nothing of platforms. */
#ifndef PKG_COMPAT_COMPANIONS_H
#define PKG_COMPAT_COMPANIONS_H

#include "pkg/wasm/wasm.h"

struct arena;

struct companion {
    const char *id;    /* "wasm-bindgen", a stable word */
    const char *needs; /* "it comes from wasm-bindgen and calls the JavaScript ..." */
    const char *hint;  /* what to do: an imperative */
    const char *sign;  /* what showed it: "imports 'wbg'" */
    const char *source;
};

/* All that fit, at most one of each kind of toolchain; 0 for a component. */
size_t compat_companions(struct arena *, const struct wasm_info *, struct companion **out);

#endif
