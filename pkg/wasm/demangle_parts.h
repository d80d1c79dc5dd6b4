/* The parts of demangling, a file each. Internal to pkg/wasm. */
#ifndef PKG_WASM_DEMANGLE_PARTS_H
#define PKG_WASM_DEMANGLE_PARTS_H

#include "pkg/wasm/demangle.h"

/* What has come out so far; unsafe as it may be. */
struct demangled_text {
    size_t size;
    bool full; /* there is more of it */
    char data[DEMANGLED_MOST];
};

/* Adds what there is room for. */
void demangled_add(struct demangled_text *, const void *data, size_t size);
void demangled_say(struct demangled_text *, const char *text);
void demangled_point(struct demangled_text *, uint32_t point); /* a code point as UTF-8 */
/* What compilers hang behind a symbol, ".cold", without LLVM's number; false: it is no such. */
bool demangled_suffix(struct demangled_text *, struct bytes suffix);

/* False: it is no such symbol, and what was added is worth nothing. */
bool demangle_v0(struct bytes symbol, struct demangled_text *out);
bool demangle_legacy(struct bytes symbol, struct demangled_text *out);
bool demangle_cxx(struct bytes symbol, struct demangled_text *out);
/* What rustc-demangle left: "core::fmt::write::h0123456789abcdef", "core[0123456789abcdef]::f". */
bool demangle_again(struct bytes symbol, struct demangled_text *out);

/* The crate's name, a part of the symbol; of size 0: not known. */
struct bytes demangle_v0_crate(struct bytes symbol);
struct bytes demangle_path_crate(struct bytes path); /* of "<a::B as c::D>::f" */

#endif
