/* One instruction with its immediates, decoded once for all who look at it. Internal to
   pkg/wasm. */
#ifndef PKG_WASM_INSTRUCTION_H
#define PKG_WASM_INSTRUCTION_H

#include "pkg/wasm/scan.h"

struct instruction {
    const struct opcode *opcode;
    const uint8_t *at;        /* its first byte */
    uint32_t index, second;   /* the immediates that are indices, in order; a memory's for MEMARG;
                                 `second` is the default label of a br_table */
    uint32_t alignment;       /* of a MEMARG: log2, as written */
    uint64_t value;           /* a constant's bits; a MEMARG's offset */
    struct value_type type;   /* of BLOCK, SELECT (the first), HEAP and CAST (the source) */
    struct value_type target; /* of CAST */
    enum block block;
    uint32_t count;    /* of what stands in `list` */
    struct bytes list; /* labels of a br_table with the default last; catch clauses; 16 bytes */
};

/* Notes the feature that the opcode itself needs; it must not be an MVP one. */
void instruction_note(struct scan *, const struct instruction *);

/* Notes, and reads the immediates behind an opcode byte and, for a prefix, the rest of the opcode.
   The reader stands behind the first byte, which `instruction->opcode` is the row of. */
void instruction_read(struct scan *, struct instruction *);

#endif
