/* A source map's "mappings" (ECMA-426, section 9) as WebAssembly has them: one line, a column for
   each place in the bytes. Knows nothing of what the sources are. */
#ifndef PKG_OPTIMIZE_MAPPINGS_H
#define PKG_OPTIMIZE_MAPPINGS_H

#include "pkg/base/bytes.h"

struct arena;

struct mappings_change {
    int64_t shift;  /* of all columns; those that would be below 0 go */
    size_t sources; /* there are so many */
    /* What has no source names the one behind them: in what is written; in what is read. */
    bool number, numbered;
};

/* Reads hostile text. Names go, and of several segments at a column the last one stays. -1 when
   it is malformed, or columns are not in order. */
int mappings_rewrite(struct arena *, struct bytes in, const struct mappings_change *,
                     struct bytes *out) MUST_CHECK;

/* From and to a whole map as the optimizer has it, for a module with its code at that offset. Its
   sources are numbers only, and there is one more: wasm-opt 108 cannot read that a place has
   none. */
int mappings_pack(struct arena *, struct bytes mappings, size_t sources, size_t code_offset,
                  struct bytes *out) MUST_CHECK;
int mappings_unpack(struct arena *, struct bytes map, size_t sources, size_t code_offset,
                    struct bytes *out) MUST_CHECK;

#endif
