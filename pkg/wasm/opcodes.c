#include "pkg/wasm/opcodes.h"

#include "pkg/wasm/rules.h"
#include "pkg/wasm/scan.h"

#include "pkg/wasm/rules.def"

/* 0x00 is no prefix, so its opcodes start at 0. */
#define BASE(prefix)                                                                               \
    ((prefix) == 0xfb   ? OPCODE_BASE_FB                                                           \
     : (prefix) == 0xfc ? OPCODE_BASE_FC                                                           \
     : (prefix) == 0xfd ? OPCODE_BASE_FD                                                           \
     : (prefix) == 0xfe ? OPCODE_BASE_FE                                                           \
                        : 0)

const struct opcode opcodes[OPCODE_COUNT] = {
#define X(prefix, code, name, immediates, feature, alignment, rule)                                \
    [BASE(prefix) + (code)] = {name, IMMEDIATES_##immediates, WASM_FEATURE_##feature, alignment},
#include "pkg/wasm/opcodes.def"
#undef X
};

const struct rule rules[OPCODE_COUNT] = {
#define X(prefix, code, name, immediates, feature, alignment, rule)                                \
    [BASE(prefix) + (code)] = RULE_##rule,
#include "pkg/wasm/opcodes.def"
#undef X
};

const struct opcode *opcode_find(uint8_t prefix, uint32_t code)
{
    uint32_t room = prefix == 0xfd ? OPCODE_BASE_FE - OPCODE_BASE_FD : 0x100;
    if (code >= room)
        return NULL;
    const struct opcode *row = &opcodes[(uint32_t)BASE(prefix) + code];
    return row->immediates == IMMEDIATES_INVALID ? NULL : row;
}
