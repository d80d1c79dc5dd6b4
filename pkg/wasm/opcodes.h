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
    OP_UNREACHABLE = 0x00,
    OP_BLOCK = 0x02,
    OP_LOOP = 0x03,
    OP_IF = 0x04,
    OP_ELSE = 0x05,
    OP_TRY = 0x06,
    OP_CATCH = 0x07,
    OP_THROW = 0x08,
    OP_RETHROW = 0x09,
    OP_THROW_REF = 0x0a,
    OP_END = 0x0b,
    OP_BR = 0x0c,
    OP_BR_IF = 0x0d,
    OP_BR_TABLE = 0x0e,
    OP_RETURN = 0x0f,
    OP_CALL = 0x10,
    OP_CALL_INDIRECT = 0x11,
    OP_RETURN_CALL = 0x12,
    OP_RETURN_CALL_INDIRECT = 0x13,
    OP_CALL_REF = 0x14,
    OP_RETURN_CALL_REF = 0x15,
    OP_DELEGATE = 0x18,
    OP_CATCH_ALL = 0x19,
    OP_DROP = 0x1a,
    OP_SELECT = 0x1b,
    OP_SELECT_TYPED = 0x1c,
    OP_TRY_TABLE = 0x1f,
    OP_LOCAL_GET = 0x20,
    OP_LOCAL_SET = 0x21,
    OP_LOCAL_TEE = 0x22,
    OP_GLOBAL_GET = 0x23,
    OP_GLOBAL_SET = 0x24,
    OP_TABLE_GET = 0x25,
    OP_TABLE_SET = 0x26,
    OP_MEMORY_SIZE = 0x3f,
    OP_MEMORY_GROW = 0x40,
    OP_I32_CONST = 0x41,
    OP_F64_CONST = 0x44,
    OP_I32_ADD = 0x6a,
    OP_I32_MUL = 0x6c,
    OP_I64_ADD = 0x7c,
    OP_I64_MUL = 0x7e,
    OP_REF_NULL = 0xd0,
    OP_REF_IS_NULL = 0xd1,
    OP_REF_FUNC = 0xd2,
    OP_REF_EQ = 0xd3,
    OP_REF_AS_NON_NULL = 0xd4,
    OP_BR_ON_NULL = 0xd5,
    OP_BR_ON_NON_NULL = 0xd6,
    OP_PREFIX_FIRST = 0xfb,
    OP_PREFIX_LAST = 0xfe
};

/* Behind the prefixes 0xfb, 0xfc and 0xfd. */
enum {
    OP_FB_STRUCT_NEW = 0x00,
    OP_FB_STRUCT_NEW_DEFAULT = 0x01,
    OP_FB_STRUCT_GET = 0x02,
    OP_FB_STRUCT_SET = 0x05,
    OP_FB_ARRAY_NEW = 0x06,
    OP_FB_ARRAY_NEW_DEFAULT = 0x07,
    OP_FB_ARRAY_NEW_FIXED = 0x08,
    OP_FB_ARRAY_NEW_ELEM = 0x0a,
    OP_FB_ARRAY_GET = 0x0b,
    OP_FB_ARRAY_GET_S = 0x0c,
    OP_FB_ARRAY_GET_U = 0x0d,
    OP_FB_ARRAY_SET = 0x0e,
    OP_FB_ARRAY_LEN = 0x0f,
    OP_FB_ARRAY_FILL = 0x10,
    OP_FB_ARRAY_COPY = 0x11,
    OP_FB_ARRAY_INIT_ELEM = 0x13,
    OP_FB_REF_TEST = 0x14,
    OP_FB_REF_TEST_NULL = 0x15,
    OP_FB_REF_CAST = 0x16,
    OP_FB_REF_CAST_NULL = 0x17,
    OP_FB_BR_ON_CAST_FAIL = 0x19,
    OP_FB_ANY_CONVERT_EXTERN = 0x1a,
    OP_FB_EXTERN_CONVERT_ANY = 0x1b,
    OP_FB_REF_I31 = 0x1c,
    OP_FB_I31_GET_S = 0x1d,
    OP_FB_I31_GET_U = 0x1e,
    OP_FB_STRUCT_NEW_DESC = 0x20,
    OP_FB_STRUCT_NEW_DEFAULT_DESC = 0x21,
    OP_FB_REF_GET_DESC = 0x22,
    OP_FB_REF_CAST_DESC_EQ = 0x23,
    OP_FB_REF_CAST_DESC_EQ_NULL = 0x24,
    OP_FB_BR_ON_CAST_DESC_EQ = 0x25,
    OP_FB_BR_ON_CAST_DESC_EQ_FAIL = 0x26,
    OP_FC_MEMORY_INIT = 0x08,
    OP_FC_DATA_DROP = 0x09,
    OP_FC_MEMORY_COPY = 0x0a,
    OP_FC_MEMORY_FILL = 0x0b,
    OP_FC_TABLE_INIT = 0x0c,
    OP_FC_ELEM_DROP = 0x0d,
    OP_FC_TABLE_COPY = 0x0e,
    OP_FC_TABLE_GROW = 0x0f,
    OP_FC_TABLE_SIZE = 0x10,
    OP_FC_TABLE_FILL = 0x11,
    OP_FD_V128_CONST = 0x0c
};

#endif
