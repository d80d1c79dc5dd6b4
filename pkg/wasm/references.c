/* References: null, functions, branches on them, casts. */
#include "pkg/wasm/judge.h"

static uint32_t nullable(uint32_t type)
{
    return type_with_code(type, TYPE_REF_NULL);
}

static uint32_t non_null(uint32_t type)
{
    return type_with_code(type, TYPE_REF);
}

/* What is left of `from` when it was not `to`. */
static uint32_t without(uint32_t from, uint32_t to)
{
    return (to & PACKED_CODE) == TYPE_REF_NULL ? non_null(from) : from;
}

void judge_declare(struct scan *scan, uint32_t function, const uint8_t *where)
{
    struct judge *judge = scan->judge;
    uint32_t count = scan->out->function_count;
    if (function >= count) {
        judge_fail(scan, where, "unknown function %lu", (unsigned long)function);
        return;
    }
    if (!judge->declared)
        judge->declared = arena_alloc(scan->arena, count / 8 + 1, 1);
    judge->declared[function / 8] |= (uint8_t)(1u << function % 8);
}

static void judge_ref_func(struct scan *scan, const struct instruction *instruction)
{
    const struct judge *judge = scan->judge;
    uint32_t index = instruction->index;
    if (scan->reader.function == WASM_NO_FUNCTION)
        judge_declare(scan, index, instruction->at);
    if (index >= scan->out->function_count)
        judge_fail(scan, instruction->at, "ref.func names unknown function %lu",
                   (unsigned long)index);
    else if (!judge->declared || !(judge->declared[index / 8] >> index % 8 & 1))
        judge_fail(scan, instruction->at,
                   "ref.func of function %lu, which no element segment, global or export declares",
                   (unsigned long)index);
    if (!judging(scan))
        return;
    uint32_t type = type_reference(scan, TYPE_REF, scan->function_types[index]);
    judge_push(scan, judge_is_exact(scan, index) ? type | PACKED_EXACT : type);
}

static void judge_br_on_null(struct scan *scan, const struct instruction *instruction)
{
    uint32_t type = judge_pop_reference(scan, instruction);
    struct types label = judge_label(scan, instruction, instruction->index);
    judge_pop_types(scan, instruction, label);
    judge_push_types(scan, label);
    judge_push(scan, non_null(type));
}

/* The last type of a label, which must be a reference; the others become `rest`. */
static uint32_t split_label(struct scan *scan, const struct instruction *instruction,
                            struct types *rest)
{
    *rest = judge_label(scan, instruction, instruction->index);
    uint32_t last = rest->count ? rest->list[rest->count - 1] : PACKED_BOTTOM;
    if (!type_is_reference(last))
        judge_fail(scan, instruction->at, "%s names label %lu, which takes no reference last",
                   instruction->opcode->name, (unsigned long)instruction->index);
    if (rest->count)
        rest->count--;
    return last;
}

static void judge_br_on_non_null(struct scan *scan, const struct instruction *instruction)
{
    struct types rest;
    uint32_t last = split_label(scan, instruction, &rest);
    if (!judging(scan))
        return;
    (void)judge_pop(scan, instruction, nullable(last));
    judge_pop_types(scan, instruction, rest);
    judge_push_types(scan, rest);
}

/* `to` must be narrower than `from`; with custom descriptors any two of one kind will do. */
static void check_cast(struct scan *scan, const struct instruction *instruction, uint32_t from,
                       uint32_t to)
{
    bool loose = scan->uses[WASM_FEATURE_CUSTOM_DESCRIPTORS].count > 0;
    bool right = loose ? type_top(scan, from) == type_top(scan, to) : type_matches(scan, to, from);
    if (!right)
        judge_fail(scan, instruction->at, "%s from %s to %s, which does not match it",
                   instruction->opcode->name, packed_text(scan, from), packed_text(scan, to));
}

/* The descriptor's reference that a cast to `to` takes. */
static uint32_t descriptor_of(struct scan *scan, const struct instruction *instruction, uint32_t to)
{
    uint32_t index = to >> PACKED_SHIFT & PACKED_INDEX;
    bool concrete = !(to & PACKED_ABSTRACT);
    if (!concrete || scan->types[index].descriptor == TYPE_NO_INDEX) {
        judge_fail(scan, instruction->at, "%s to %s, which has no descriptor",
                   instruction->opcode->name, packed_text(scan, to));
        return PACKED_BOTTOM;
    }
    return type_reference(scan, TYPE_REF_NULL, scan->types[index].descriptor) | (to & PACKED_EXACT);
}

void judge_branch_on_cast(struct scan *scan, const struct instruction *instruction, bool fails,
                          bool described)
{
    uint32_t from = judge_pack(scan, instruction->type, instruction->at);
    uint32_t to = judge_pack(scan, instruction->target, instruction->at);
    struct types rest;
    uint32_t last = split_label(scan, instruction, &rest);
    if (!judging(scan))
        return;
    uint32_t taken = fails ? without(from, to) : to, left = fails ? to : without(from, to);
    check_cast(scan, instruction, from, to);
    if (!type_matches(scan, taken, last))
        judge_fail(scan, instruction->at, "%s branches with %s, its label expects %s",
                   instruction->opcode->name, packed_text(scan, taken), packed_text(scan, last));
    if (described && judging(scan))
        (void)judge_pop(scan, instruction, descriptor_of(scan, instruction, to));
    (void)judge_pop(scan, instruction, from);
    judge_pop_types(scan, instruction, rest);
    judge_push_types(scan, rest);
    judge_push(scan, left);
}

void judge_cast(struct scan *scan, const struct instruction *instruction, bool null, bool described,
                bool test)
{
    uint32_t type = judge_pack(scan, instruction->type, instruction->at);
    if (!judging(scan))
        return;
    if (null)
        type = nullable(type);
    if (described)
        (void)judge_pop(scan, instruction, descriptor_of(scan, instruction, type));
    if (!judging(scan))
        return;
    (void)judge_pop(scan, instruction, PACKED_ABSTRACT_REF(TYPE_REF_NULL, type_top(scan, type)));
    judge_push(scan, test ? TYPE_I32 : type);
}

void judge_reference(struct scan *scan, const struct instruction *instruction)
{
    static const uint32_t eqref = PACKED_ABSTRACT_REF(TYPE_REF_NULL, TYPE_EQ);
    switch (*instruction->at) {
    case OP_REF_NULL:
        judge_push(scan, nullable(judge_pack(scan, instruction->type, instruction->at)));
        return;
    case OP_REF_IS_NULL:
        (void)judge_pop_reference(scan, instruction);
        judge_push(scan, TYPE_I32);
        return;
    case OP_REF_FUNC:
        judge_ref_func(scan, instruction);
        return;
    case OP_REF_EQ:
        OPERANDS(scan, instruction, eqref, eqref);
        judge_push(scan, TYPE_I32);
        return;
    case OP_REF_AS_NON_NULL:
        judge_push(scan, non_null(judge_pop_reference(scan, instruction)));
        return;
    case OP_BR_ON_NULL:
        judge_br_on_null(scan, instruction);
        return;
    default:
        judge_br_on_non_null(scan, instruction);
    }
}
