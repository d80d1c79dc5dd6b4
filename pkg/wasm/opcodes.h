/* Every instruction of the core format: how it is encoded, what it needs. Internal to pkg/wasm.
   The rows stand in opcodes.def. */
#ifndef PKG_WASM_OPCODES_H
#define PKG_WASM_OPCODES_H

#include "pkg/wasm/features.h"

/* The immediates behind an opcode, in the order of the binary. INVALID is 0, so that a row which
   is not there is invalid. */
enum immediates {
    IMMEDIATES_INVALID,
    IMMEDIATES_NONE,
    IMMEDIATES_INDEX, /* of anything not named below */
    IMMEDIATES_LABEL,
    IMMEDIATES_FUNCTION,
    IMMEDIATES_TYPE,
    IMMEDIATES_LOCAL,
    IMMEDIATES_GLOBAL,
    IMMEDIATES_TABLE,
    IMMEDIATES_TAG,
    IMMEDIATES_DATA,
    IMMEDIATES_ELEMENT,
    IMMEDIATES_MEMARG,
    IMMEDIATES_S32,
    IMMEDIATES_S64,
    IMMEDIATES_F32,
    IMMEDIATES_F64,
    IMMEDIATES_BLOCK,
    IMMEDIATES_TYPE_TABLE,
    IMMEDIATES_BR_TABLE,
    IMMEDIATES_TRY_TABLE,
    IMMEDIATES_SELECT,
    IMMEDIATES_HEAP,
    IMMEDIATES_CAST,
    IMMEDIATES_MEMORY,
    IMMEDIATES_MEMORY_MEMORY,
    IMMEDIATES_DATA_MEMORY,
    IMMEDIATES_TYPE_TYPE,
    IMMEDIATES_TYPE_FIELD,
    IMMEDIATES_TYPE_COUNT,
    IMMEDIATES_TYPE_DATA,
    IMMEDIATES_TYPE_ELEMENT,
    IMMEDIATES_TYPE_TAG,
    IMMEDIATES_ELEMENT_TABLE,
    IMMEDIATES_TABLE_TABLE,
    IMMEDIATES_V128,
    IMMEDIATES_LANES, /* 16 of them */
    IMMEDIATES_LANE,
    IMMEDIATES_MEMARG_LANE,
    IMMEDIATES_FENCE,
    IMMEDIATES_ORDER_GLOBAL,
    IMMEDIATES_ORDER_TABLE,
    IMMEDIATES_ORDER_TYPE,
    IMMEDIATES_ORDER_TYPE_FIELD,
    IMMEDIATES_RESUME,
    IMMEDIATES_RESUME_THROW
};

/* Stands in opcode rows that need no feature. */
enum { WASM_FEATURE_MVP = WASM_FEATURE_COUNT };

struct opcode {
    const char *name;
    uint8_t immediates, feature, alignment;
};

/* Opcodes are numbered through: single bytes as they are, prefixed ones from their base on. */
enum {
    OPCODE_BASE_FB = 0x100,
    OPCODE_BASE_FC = 0x200,
    OPCODE_BASE_FD = 0x300,
    OPCODE_BASE_FE = 0x500,
    OPCODE_COUNT = 0x600
};

extern const struct opcode opcodes[OPCODE_COUNT];

/* The row of a prefixed instruction; NULL when there is none. */
const struct opcode *opcode_find(uint8_t prefix, uint32_t code);

enum {
    OP_BLOCK = 0x02,
    OP_LOOP = 0x03,
    OP_IF = 0x04,
    OP_ELSE = 0x05,
    OP_TRY = 0x06,
    OP_CATCH = 0x07,
    OP_END = 0x0b,
    OP_CALL_INDIRECT = 0x11,
    OP_RETURN_CALL_REF = 0x15,
    OP_DELEGATE = 0x18,
    OP_CATCH_ALL = 0x19,
    OP_TRY_TABLE = 0x1f,
    OP_GLOBAL_GET = 0x23,
    OP_I32_ADD = 0x6a,
    OP_I32_MUL = 0x6c,
    OP_I64_ADD = 0x7c,
    OP_I64_MUL = 0x7e,
    OP_PREFIX_FIRST = 0xfb,
    OP_PREFIX_LAST = 0xfe
};

#endif
