/* What an instruction does to the operand stack, as a small table; the rows of opcodes.def name
   their rule. A rule is written as its operands, _ and its results: i l f d v for the five number
   and vector types, p for an address of the memory. Internal to pkg/wasm. */
#ifndef PKG_WASM_RULES_H
#define PKG_WASM_RULES_H

#include <stdint.h>

/* How the walk over a body goes on quickly; what has no way of its own takes the long one. */
enum action {
    ACTION_INVALID, /* no such instruction */
    ACTION_UNJUDGED,
    ACTION_SPECIAL, /* a function of its own */
    ACTION_SIGNATURE,
    ACTION_NONE,
    ACTION_UNREACHABLE,
    ACTION_UNARY,
    ACTION_SIGN, /* a unary one that is sign extension */
    ACTION_BINARY,
    ACTION_LOAD,
    ACTION_STORE,
    ACTION_CONST_LEB,
    ACTION_CONST_F32,
    ACTION_CONST_F64,
    ACTION_LOCAL_GET,
    ACTION_LOCAL_SET,
    ACTION_LOCAL_TEE,
    ACTION_GLOBAL_GET,
    ACTION_GLOBAL_SET,
    ACTION_DROP,
    ACTION_SELECT,
    ACTION_BLOCK,
    ACTION_LOOP,
    ACTION_IF,
    ACTION_ELSE,
    ACTION_END,
    ACTION_BR,
    ACTION_BR_IF,
    ACTION_RETURN,
    ACTION_CALL
};

/* Types are the bytes of the format; ADDRESS stands for i32 or i64, as the memory has it. */
enum { RULE_OPERANDS = 4, RULE_RESULTS = 2, RULE_ADDRESS = 1 };

struct rule {
    uint8_t action;
    uint8_t counts; /* of operands, and of results above bit 4 */
    uint8_t operands[RULE_OPERANDS];
    uint8_t results[RULE_RESULTS];
};

extern const struct rule rules[];

#endif
