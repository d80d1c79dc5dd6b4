/* Source lines from DWARF (versions 2 to 5) inside a module. What is wrong in it is no fault of the
   module: what can't be read is not known. Internal to pkg/wasm. */
#ifndef PKG_WASM_DWARF_H
#define PKG_WASM_DWARF_H

#include "pkg/wasm/wasm.h"

struct dwarf_line {
    size_t offset; /* of an instruction, from the start of the file */
    struct wasm_source source;
};

/* Fills in what is known of each, in any order of offsets, in one pass over .debug_line; reads
   nothing when there is no such section. `info` has the sections of a core module in `file`, which
   may be a component around it. */
void dwarf_lines(struct arena *, struct bytes file, const struct wasm_info *, struct dwarf_line *,
                 size_t count);

/* A path as people know it: "src/lib.rs" relative to `root`, where the compiler was started;
   "memchr-2.7.1/src/lib.rs" of a package, "rust std: library/core/src/..." . Any part but `name`
   may be empty. Safe to print; NULL when it is empty or too long. */
enum { DWARF_PATH_MOST = 4096 }; /* of each part */
const char *dwarf_path(struct arena *, struct bytes root, struct bytes folder, struct bytes name);

#endif
