/* Where a module's bytes are: functions, and for Rust the crates they come from. */
#ifndef PKG_WASM_SIZES_H
#define PKG_WASM_SIZES_H

#include "pkg/wasm/wasm.h"

/* Something that takes bytes: a function, a crate. */
struct wasm_part {
    const char *name;  /* demangled, safe to print; NULL: a function without a name */
    const char *crate; /* of a function; NULL: not known */
    size_t bytes;      /* of the body, its size included; of a crate's functions together */
    size_t count;      /* of a crate: its functions */
    uint32_t function; /* index with imports counted; WASM_NO_FUNCTION for a crate */
};

/* Both lists largest first. Of the functions only the first WASM_NAMED_MOST have names: those that
   anybody reads. What belongs to no crate that is known is no part of `crates`. */
enum { WASM_NAMED_MOST = 1000 };
struct wasm_sizes {
    struct wasm_part *functions, *crates;
    size_t function_count, crate_count;
    size_t debug_bytes, name_bytes; /* what leaving out DWARF and the name section would save */
    const char *unknown;            /* why functions have no names ("no name section"), or NULL;
                                       exported ones have them all the same */
};

/* Of the core module in `file`, or of all that stand in the component; `info` is of its scan. */
void wasm_sizes(struct arena *, struct bytes file, const struct wasm_info *,
                struct wasm_sizes *out);

#endif
