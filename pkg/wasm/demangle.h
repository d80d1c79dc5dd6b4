/* Names of functions as people wrote them: Rust's (both of its manglings), C++'s, and Rust's that a
   tool demangled before us. Bounded in depth, in work and in what comes out, whatever a name says.
   Knows nothing of modules. */
#ifndef PKG_WASM_DEMANGLE_H
#define PKG_WASM_DEMANGLE_H

#include <stdbool.h>

#include "pkg/base/bytes.h"

struct arena;

/* Of what comes out of a mangled name, in bytes; then it is cut, and ends in "...". */
enum { DEMANGLED_MOST = 2000 };

struct demangled {
    const char *name;  /* safe to print (text_safe); what is not mangled, or wrongly, stays */
    const char *crate; /* of Rust: whose code it is, "core"; NULL: no Rust, or not known */
};

/* Rust's hashes are left out: "core::fmt::write", "<alloc::string::String as core::fmt::Write>". */
struct demangled demangle(struct arena *, struct bytes symbol);

/* The crate alone, for many names: no memory, a fraction of the time. Its size with it in `out`;
   0: not known, or of more than CRATE_MOST bytes. */
enum { CRATE_MOST = 64 };
size_t demangle_crate(struct bytes symbol, char out[CRATE_MOST]);

/* Comes with the compiler, not from a manifest: "core", "alloc", "std". */
bool demangle_is_standard(const char *crate);

#endif
