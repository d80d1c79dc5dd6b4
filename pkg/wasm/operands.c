/* The stack of operand types of the body being read. */
#include <string.h>

#include "pkg/wasm/judge.h"

/* More than any engine lets a function have, by far. */
enum { OPERANDS_MOST = 1 << 24 };

static struct control *innermost(const struct scan *scan)
{
    return &scan->controls[scan->depth - 1];
}

/* Room for `count` more, and for one an instruction in what is left of the expression: so none of
   those has to look. */
static bool reserve(struct scan *scan, uint32_t count)
{
    struct judge *judge = scan->judge;
    size_t need = judge->count + count + reader_left(&scan->reader) + 1;
    if (need <= judge->capacity)
        return true;
    if (judge->count + count > OPERANDS_MOST) {
        judge_give_up(scan, "has too many operands at once");
        return false;
    }
    size_t capacity = need < 4096 ? 4096 : need + need / 2;
    uint32_t *stack = arena_alloc(scan->arena, capacity, sizeof *stack);
    if (judge->count)
        memcpy(stack, judge->stack, judge->count * sizeof *stack);
    judge->stack = stack;
    judge->capacity = capacity;
    return true;
}

void judge_push(struct scan *scan, uint32_t type)
{
    struct types one = {&type, 1};
    judge_push_types(scan, one);
}

void judge_push_types(struct scan *scan, struct types types)
{
    struct judge *judge = scan->judge;
    judge_count(scan, types.count);
    if (judge->done || !reserve(scan, types.count) || types.count == 0)
        return;
    memcpy(judge->stack + judge->count, types.list, types.count * sizeof *types.list);
    judge->count += types.count;
}

/* What the instruction is called in a finding. */
static const char *name_of(const struct instruction *instruction)
{
    return instruction->opcode->name;
}

static void fail_missing(struct scan *scan, const struct instruction *instruction,
                         uint32_t expected)
{
    judge_fail(scan, instruction->at, "%s expected %s, found nothing on the stack",
               name_of(instruction),
               expected == PACKED_BOTTOM ? "an operand" : packed_text(scan, expected));
}

static void fail_mismatch(struct scan *scan, const struct instruction *instruction,
                          uint32_t expected, uint32_t found)
{
    if (!(expected & PACKED_EXACT))
        found &= ~(uint32_t)PACKED_EXACT;
    judge_fail(scan, instruction->at, "%s expected %s, found %s", name_of(instruction),
               packed_text(scan, expected), packed_text(scan, found));
}

/* The operand `depth` below the top; BOTTOM in code that is not reached. */
static uint32_t peek(struct scan *scan, const struct instruction *instruction, size_t depth,
                     uint32_t expected)
{
    struct judge *judge = scan->judge;
    const struct control *control = innermost(scan);
    if (judge->count - control->height > depth)
        return judge->stack[judge->count - 1 - depth];
    if (!control->unreachable)
        fail_missing(scan, instruction, expected);
    return PACKED_BOTTOM;
}

uint32_t judge_pop_any(struct scan *scan, const struct instruction *instruction)
{
    uint32_t type = peek(scan, instruction, 0, PACKED_BOTTOM);
    if (scan->judge->count > innermost(scan)->height)
        scan->judge->count--;
    return type;
}

uint32_t judge_pop(struct scan *scan, const struct instruction *instruction, uint32_t expected)
{
    uint32_t type = peek(scan, instruction, 0, expected);
    if (!type_matches(scan, type, expected))
        fail_mismatch(scan, instruction, expected, type);
    if (scan->judge->count > innermost(scan)->height)
        scan->judge->count--;
    return type;
}

uint32_t judge_pop_reference(struct scan *scan, const struct instruction *instruction)
{
    uint32_t type = judge_pop_any(scan, instruction);
    if (type == PACKED_BOTTOM)
        return PACKED_ABSTRACT_REF(TYPE_REF, HEAP_BOTTOM);
    if (!type_is_reference(type))
        judge_fail(scan, instruction->at, "%s expected a reference, found %s", name_of(instruction),
                   packed_text(scan, type));
    return type;
}

void judge_peek_types(struct scan *scan, const struct instruction *instruction, struct types types)
{
    judge_count(scan, types.count);
    for (uint32_t i = 0; i < types.count && judging(scan); i++) {
        uint32_t expected = types.list[types.count - 1 - i];
        uint32_t type = peek(scan, instruction, i, expected);
        if (!type_matches(scan, type, expected) && judging(scan))
            fail_mismatch(scan, instruction, expected, type);
    }
}

void judge_pop_types(struct scan *scan, const struct instruction *instruction, struct types types)
{
    struct judge *judge = scan->judge;
    judge_peek_types(scan, instruction, types);
    size_t there = judge->count - innermost(scan)->height;
    judge->count -= there < types.count ? there : types.count;
}

void judge_unreachable(struct scan *scan)
{
    struct control *control = innermost(scan);
    control->unreachable = true;
    scan->judge->count = control->height;
}

void judge_operands(struct scan *scan, const struct instruction *instruction, uint32_t count,
                    const uint32_t *operands)
{
    struct types types = {operands, count};
    judge_pop_types(scan, instruction, types);
}
