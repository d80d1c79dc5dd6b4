/* The quick walk that judges function bodies: most instructions, in a few comparisons each.
   Whatever is not that simple, or not right, is left to scan_step, which does all instructions. */
#include "pkg/wasm/walk.h"
#include "pkg/wasm/judge.h"

/* What the judging walk holds in registers. */
struct walk {
    const uint8_t *at;
    uint32_t *top, *base; /* one behind the last operand; the block's first */
    uint32_t address;     /* of memory 0; PACKED_BOTTOM when there is none */
    const uint32_t *locals;
    uint32_t listed;
};

INLINE void load(struct walk *walk, const struct scan *scan)
{
    const struct judge *judge = scan->judge;
    walk->at = scan->reader.at;
    walk->top = judge->stack + judge->count;
    walk->base = judge->stack + scan->controls[scan->depth - 1].height;
}

INLINE void store(const struct walk *walk, struct scan *scan)
{
    scan->reader.at = walk->at;
    scan->judge->count = (size_t)(walk->top - scan->judge->stack);
}

/* A block without parameters, and with no or one number as its result. */
INLINE bool quick_open(struct walk *walk, struct scan *scan)
{
    const struct judge *judge = scan->judge;
    uint8_t opcode = walk->at[0], type = walk->at[1];
    bool void_block = type == BLOCK_EMPTY;
    if ((!void_block && (type < TYPE_F64 || type > TYPE_I32)) ||
        scan->depth >= scan->control_capacity)
        return false;
    if (opcode == OP_IF) {
        if (walk->top[-1] != TYPE_I32)
            return false;
        walk->top--;
    }
    *walk->top++ = STACK_FLOOR;
    scan->controls[scan->depth++] = (struct control){.opcode = opcode,
                                                     .kind = void_block ? BLOCK_VOID : BLOCK_VALUE,
                                                     .type = type,
                                                     .inits = (uint32_t)judge->init_count,
                                                     .height = (size_t)(walk->top - judge->stack)};
    walk->base = walk->top;
    walk->at += 2;
    return true;
}

/* Are the block's results there, no or one? */
INLINE bool has_results(const struct walk *walk, const struct control *control)
{
    if (control->kind == BLOCK_VOID)
        return walk->top == walk->base;
    if (control->kind != BLOCK_VALUE)
        return false;
    if (walk->top == walk->base)
        return control->unreachable;
    return walk->top == walk->base + 1 && walk->top[-1] == control->type;
}

INLINE bool quick_else(struct walk *walk, struct scan *scan)
{
    struct control *control = &scan->controls[scan->depth - 1];
    if (control->opcode != OP_IF || !has_results(walk, control) ||
        control->inits != scan->judge->init_count)
        return false;
    control->opcode = OP_ELSE;
    control->unreachable = false;
    walk->top = walk->base;
    walk->at++;
    return true;
}

INLINE bool quick_end(struct walk *walk, struct scan *scan)
{
    const struct control *control = &scan->controls[scan->depth - 1];
    if (scan->depth == 1 || !has_results(walk, control) ||
        control->inits != scan->judge->init_count ||
        (control->opcode == OP_IF && control->kind != BLOCK_VOID))
        return false;
    walk->top = walk->base - 1;
    if (control->kind == BLOCK_VALUE)
        *walk->top++ = control->type;
    scan->depth--;
    walk->base = scan->judge->stack + control[-1].height;
    walk->at++;
    return true;
}

INLINE void quick_unreachable(struct walk *walk, struct scan *scan)
{
    scan->controls[scan->depth - 1].unreachable = true;
    walk->top = walk->base;
}

/* Are the operands of a branch there, no or one? `from` is behind them. */
INLINE bool has_label(const struct scan *scan, const uint32_t *from, uint32_t label)
{
    if (label >= scan->depth)
        return false;
    const struct control *control = &scan->controls[scan->depth - 1 - label];
    if (control->kind == BLOCK_VOID || (control->opcode == OP_LOOP && control->kind == BLOCK_VALUE))
        return true;
    return control->kind == BLOCK_VALUE && from[-1] == control->type;
}

INLINE bool quick_return(struct walk *walk, struct scan *scan)
{
    const struct type_entry *type = &scan->types[scan->controls[0].type];
    if (type->result_count > 1 ||
        (type->result_count == 1 && walk->top[-1] != type->packed[type->param_count]))
        return false;
    quick_unreachable(walk, scan);
    walk->at++;
    return true;
}

/* At most one result: for more there may be no room. */
INLINE bool quick_call(struct walk *walk, const struct scan *scan)
{
    size_t size = short_size(walk->at + 1);
    uint32_t function = short_value(walk->at + 1, size);
    if (UNLIKELY(size == 0 || function >= scan->out->function_count))
        return false;
    const struct type_entry *type = &scan->types[scan->function_types[function]];
    const uint32_t *packed = type->packed, *top = walk->top;
    uint32_t count = type->param_count;
    if (type->result_count > 1 || count > 16)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (top[-1 - (ptrdiff_t)i] != packed[count - 1 - i])
            return false;
    walk->top -= count;
    if (type->result_count)
        *walk->top++ = packed[count];
    walk->at += 1 + size;
    return true;
}

INLINE bool is_number(uint32_t type)
{
    return type >= TYPE_V128 && type <= TYPE_I32;
}

INLINE bool quick_pair(const uint32_t *top, uint32_t below, uint32_t above)
{
    return top[-1] == above && top[-2] == below;
}

/* Replaces what is on the top, when it is that. */
INLINE bool quick_unary(struct walk *walk, const struct rule *rule)
{
    if (walk->top[-1] != rule->operands[0])
        return false;
    walk->top[-1] = rule->results[0];
    walk->at++;
    return true;
}

INLINE bool quick_binary(struct walk *walk, const struct rule *rule)
{
    if (!quick_pair(walk->top, rule->operands[0], rule->operands[1]))
        return false;
    walk->top[-2] = rule->results[0];
    walk->top--;
    walk->at++;
    return true;
}

/* Sign extension is a feature, of which scan_step notes the first use in each function. */
INLINE bool quick_sign(struct walk *walk, struct scan *scan, const struct rule *rule)
{
    if (!(scan->body_features & wasm_feature_bit(WASM_FEATURE_SIGN_EXT)) ||
        !quick_unary(walk, rule))
        return false;
    scan->uses[WASM_FEATURE_SIGN_EXT].count++;
    return true;
}

INLINE bool quick_load(struct walk *walk, const struct rule *rule, uint8_t alignment)
{
    size_t size = short_size(walk->at + 2);
    if (walk->at[1] > alignment || size == 0 || walk->top[-1] != walk->address)
        return false;
    walk->top[-1] = rule->results[0];
    walk->at += 2 + size;
    return true;
}

INLINE bool quick_store(struct walk *walk, const struct rule *rule, uint8_t alignment)
{
    size_t size = short_size(walk->at + 2);
    if (walk->at[1] > alignment || size == 0 ||
        !quick_pair(walk->top, walk->address, rule->operands[1]))
        return false;
    walk->top -= 2;
    walk->at += 2 + size;
    return true;
}

INLINE bool quick_constant(struct walk *walk, const struct rule *rule, size_t size)
{
    if (size == 0)
        return false;
    *walk->top++ = rule->results[0];
    walk->at += 1 + size;
    return true;
}

INLINE bool quick_drop(struct walk *walk)
{
    if (walk->top[-1] == STACK_FLOOR)
        return false;
    walk->top--;
    walk->at++;
    return true;
}

INLINE bool quick_select(struct walk *walk)
{
    const uint32_t *top = walk->top;
    if (top[-1] != TYPE_I32 || !is_number(top[-2]) || top[-2] != top[-3])
        return false;
    walk->top -= 2;
    walk->at++;
    return true;
}

INLINE bool quick_local(struct walk *walk, uint8_t action)
{
    size_t size = short_size(walk->at + 1);
    uint32_t index = short_value(walk->at + 1, size);
    if (UNLIKELY(size == 0 || index >= walk->listed))
        return false;
    uint32_t type = walk->locals[index];
    if (action == ACTION_LOCAL_GET ? (type & LOCAL_UNSET) != 0 : walk->top[-1] != type)
        return false;
    if (action == ACTION_LOCAL_GET)
        *walk->top++ = type;
    if (action == ACTION_LOCAL_SET)
        walk->top--;
    walk->at += 1 + size;
    return true;
}

INLINE bool quick_global(struct walk *walk, const struct scan *scan, uint8_t action)
{
    size_t size = short_size(walk->at + 1);
    uint32_t index = short_value(walk->at + 1, size);
    if (UNLIKELY(size == 0 || index >= scan->out->global_count))
        return false;
    const struct global_entry *global = &scan->globals[index];
    if (action == ACTION_GLOBAL_GET)
        *walk->top++ = global->packed;
    else if (global->is_mutable && walk->top[-1] == global->packed)
        walk->top--;
    else
        return false;
    walk->at += 1 + size;
    return true;
}

INLINE bool quick_branch(struct walk *walk, struct scan *scan, bool always)
{
    size_t size = short_size(walk->at + 1);
    uint32_t label = short_value(walk->at + 1, size);
    const uint32_t *from = always ? walk->top : walk->top - 1;
    if (UNLIKELY(size == 0) || (!always && *from != TYPE_I32) || !has_label(scan, from, label))
        return false;
    if (always)
        quick_unreachable(walk, scan);
    else
        walk->top--;
    walk->at += 1 + size;
    return true;
}

/* False: the instruction is untouched. */
INLINE bool quick_step(struct walk *walk, struct scan *scan)
{
    const uint8_t opcode = *walk->at;
    const struct rule *rule = &rules[opcode];
    switch (rule->action) {
    case ACTION_NONE:
        walk->at++;
        return true;
    case ACTION_UNARY:
        return quick_unary(walk, rule);
    case ACTION_SIGN:
        return quick_sign(walk, scan, rule);
    case ACTION_BINARY:
        return quick_binary(walk, rule);
    case ACTION_LOAD:
        return quick_load(walk, rule, opcodes[opcode].alignment);
    case ACTION_STORE:
        return quick_store(walk, rule, opcodes[opcode].alignment);
    case ACTION_CONST_LEB:
        return quick_constant(walk, rule, short_size(walk->at + 1));
    case ACTION_CONST_F32:
        return quick_constant(walk, rule, 4);
    case ACTION_CONST_F64:
        return quick_constant(walk, rule, 8);
    case ACTION_LOCAL_GET:
        return quick_local(walk, ACTION_LOCAL_GET);
    case ACTION_LOCAL_SET:
        return quick_local(walk, ACTION_LOCAL_SET);
    case ACTION_LOCAL_TEE:
        return quick_local(walk, ACTION_LOCAL_TEE);
    case ACTION_GLOBAL_GET:
        return quick_global(walk, scan, ACTION_GLOBAL_GET);
    case ACTION_GLOBAL_SET:
        return quick_global(walk, scan, ACTION_GLOBAL_SET);
    case ACTION_DROP:
        return quick_drop(walk);
    case ACTION_SELECT:
        return quick_select(walk);
    case ACTION_BLOCK:
    case ACTION_LOOP:
    case ACTION_IF:
        return quick_open(walk, scan);
    case ACTION_ELSE:
        return quick_else(walk, scan);
    case ACTION_END:
        return quick_end(walk, scan);
    case ACTION_BR:
        return quick_branch(walk, scan, true);
    case ACTION_BR_IF:
        return quick_branch(walk, scan, false);
    case ACTION_UNREACHABLE:
        quick_unreachable(walk, scan);
        walk->at++;
        return true;
    case ACTION_RETURN:
        return quick_return(walk, scan);
    case ACTION_CALL:
        return quick_call(walk, scan);
    default:
        return false;
    }
}

void walk_judging(struct scan *scan)
{
    const struct reader *reader = &scan->reader;
    const uint8_t *end = walk_end(reader), *start;
    if (reader->at >= end)
        return;
    struct walk walk = {.locals = scan->judge->locals, .listed = scan->judge->local_listed};
    load(&walk, scan);
    if (scan->out->memory_count)
        walk.address = scan->out->memories[0].is_64 ? TYPE_I64 : TYPE_I32;
    while (walk.at < end) {
        start = walk.at;
        if (quick_step(&walk, scan)) {
            if (UNLIKELY(walk.at > reader->end))
                walk.at = end = start; /* cut off: scan_step says so */
            continue;
        }
        store(&walk, scan);
        scan_step(scan, false);
        if (!judging(scan) || scan->reader.failed || scan->depth == 0)
            return;
        load(&walk, scan);
    }
    store(&walk, scan);
}
