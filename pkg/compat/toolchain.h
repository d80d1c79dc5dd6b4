/* Who made a module: told by its producers section, and where that was taken away by imports,
   exports and custom sections. Knows nothing of platforms. */
#ifndef PKG_COMPAT_TOOLCHAIN_H
#define PKG_COMPAT_TOOLCHAIN_H

#include "pkg/wasm/wasm.h"

struct arena;

struct toolchain {
    const char *id;      /* "rustc", "clang", "emscripten", "wasm-bindgen": a stable word */
    const char *version; /* "1.82.0", or NULL: the module does not say */
};

enum { TOOLCHAINS_MOST = 8 };

/* All that had a hand in it, each once, a component's core modules' too; at most
   TOOLCHAINS_MOST. */
size_t compat_toolchains(struct arena *, const struct wasm_info *,
                         struct toolchain out[TOOLCHAINS_MOST]);

/* Those with a version as a record keeps them: "rustc 1.82.0, wasm-bindgen 0.2.95"; NULL: none. */
const char *compat_toolchain_text(struct arena *, const struct wasm_info *);

/* -1, 0 or 1: "1.9" < "1.82" <= "1.82.0". What is no number ends the version. */
int compat_version_order(const char *a, const char *b);

#endif
