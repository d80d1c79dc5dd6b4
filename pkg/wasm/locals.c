/* Locals and globals. Locals come in runs of one type, and a run may be of 4 thousand million. */
#include "pkg/wasm/judge.h"

enum { LISTED_MOST = 50000 }; /* as many as engines take */

static void add_run(struct scan *scan, uint64_t count, uint32_t type)
{
    struct judge *judge = scan->judge;
    uint64_t end = (judge->run_count ? judge->runs[judge->run_count - 1].end : 0) + count;
    judge->runs = arena_grow(scan->arena, judge->runs, judge->run_count, &judge->run_capacity,
                             sizeof *judge->runs);
    judge->runs[judge->run_count++] = (struct local_run){end, type};
}

/* Parameters come first and have a value. */
void judge_locals_start(struct scan *scan, uint32_t type)
{
    struct types params = type_params(scan, type);
    scan->judge->run_count = scan->judge->init_count = 0;
    judge_count(scan, params.count);
    for (uint32_t i = 0; i < params.count; i++)
        add_run(scan, 1, params.list[i]);
}

void judge_locals_add(struct scan *scan, uint64_t count, uint32_t type)
{
    add_run(scan, count, type_defaultable(type) ? type : type | LOCAL_UNSET);
}

/* Lists the first ones one by one, for as long as the module's budget lasts. */
void judge_locals_list(struct scan *scan)
{
    struct judge *judge = scan->judge;
    uint64_t all = judge->run_count ? judge->runs[judge->run_count - 1].end : 0;
    uint64_t count = all < LISTED_MOST ? all : LISTED_MOST;
    if (count > judge->local_budget)
        count = judge->local_budget;
    judge->local_budget -= count;
    judge->steps += count;
    if (count > judge->local_capacity) {
        judge->local_capacity = count < 1024 ? 1024 : LISTED_MOST;
        judge->locals = arena_alloc(scan->arena, judge->local_capacity, sizeof *judge->locals);
    }
    uint32_t at = 0;
    for (size_t i = 0; i < judge->run_count && at < count; i++)
        for (uint64_t end = judge->runs[i].end; at < end && at < count; at++)
            judge->locals[at] = judge->runs[i].type;
    judge->local_listed = at;
}

/* The type of a local that is not listed, by bisection. */
static uint32_t find_local(struct judge *judge, uint32_t index)
{
    size_t low = 0, high = judge->run_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        judge->steps++;
        if (judge->runs[middle].end <= index)
            low = middle + 1;
        else
            high = middle;
    }
    return low < judge->run_count ? judge->runs[low].type : PACKED_BOTTOM;
}

static uint32_t local_type(struct scan *scan, const struct instruction *instruction)
{
    struct judge *judge = scan->judge;
    uint32_t index = instruction->index;
    if (index < judge->local_listed)
        return judge->locals[index];
    uint32_t type = find_local(judge, index);
    if (type == PACKED_BOTTOM)
        judge_fail(scan, instruction->at, "%s names unknown local %lu", instruction->opcode->name,
                   (unsigned long)index);
    if (type & LOCAL_UNSET)
        judge_give_up(scan, "has too many locals that need a value");
    return type;
}

static void initialise(struct scan *scan, uint32_t index)
{
    struct judge *judge = scan->judge;
    judge->locals[index] &= ~LOCAL_UNSET;
    judge->inits = arena_grow(scan->arena, judge->inits, judge->init_count, &judge->init_capacity,
                              sizeof *judge->inits);
    judge->inits[judge->init_count++] = index;
}

/* What was initialised in a block is not behind it. */
void judge_locals_reset(struct scan *scan, size_t inits)
{
    struct judge *judge = scan->judge;
    while (judge->init_count > inits)
        judge->locals[judge->inits[--judge->init_count]] |= LOCAL_UNSET;
}

static void judge_local(struct scan *scan, const struct instruction *instruction)
{
    uint32_t type = local_type(scan, instruction), plain = type & ~LOCAL_UNSET;
    uint8_t opcode = *instruction->at;
    if (!judging(scan))
        return;
    if (opcode == OP_LOCAL_GET && type & LOCAL_UNSET)
        judge_fail(scan, instruction->at, "local.get of local %lu of type %s, which has no value",
                   (unsigned long)instruction->index, packed_text(scan, plain));
    if (opcode != OP_LOCAL_GET) {
        (void)judge_pop(scan, instruction, plain);
        if (type & LOCAL_UNSET)
            initialise(scan, instruction->index);
    }
    if (opcode != OP_LOCAL_SET)
        judge_push(scan, plain);
}

static void judge_global_use(struct scan *scan, const struct instruction *instruction)
{
    if (instruction->index >= scan->out->global_count) {
        judge_fail(scan, instruction->at, "%s names unknown global %lu", instruction->opcode->name,
                   (unsigned long)instruction->index);
        return;
    }
    const struct global_entry *global = &scan->globals[instruction->index];
    if (*instruction->at == OP_GLOBAL_GET) {
        judge_push(scan, global->packed);
        return;
    }
    if (!global->is_mutable)
        judge_fail(scan, instruction->at, "global.set of immutable global %lu",
                   (unsigned long)instruction->index);
    (void)judge_pop(scan, instruction, global->packed);
}

static void judge_select(struct scan *scan, const struct instruction *instruction)
{
    (void)judge_pop(scan, instruction, TYPE_I32);
    uint32_t second = judge_pop_any(scan, instruction), first = judge_pop_any(scan, instruction);
    if (type_is_reference(first) || type_is_reference(second))
        judge_fail(scan, instruction->at, "select without a type expected numbers, found %s",
                   packed_text(scan, type_is_reference(first) ? first : second));
    else if (first != second && first != PACKED_BOTTOM && second != PACKED_BOTTOM)
        judge_fail(scan, instruction->at, "select expected %s, found %s", packed_text(scan, first),
                   packed_text(scan, second));
    judge_push(scan, first == PACKED_BOTTOM ? second : first);
}

static void judge_select_typed(struct scan *scan, const struct instruction *instruction)
{
    if (instruction->count != 1) {
        judge_fail(scan, instruction->at, "select has %lu types, and must have one",
                   (unsigned long)instruction->count);
        return;
    }
    uint32_t type = judge_pack(scan, instruction->type, instruction->at);
    OPERANDS(scan, instruction, type, type, TYPE_I32);
    judge_push(scan, type);
}

void judge_variable(struct scan *scan, const struct instruction *instruction)
{
    switch (*instruction->at) {
    case OP_DROP:
        (void)judge_pop_any(scan, instruction);
        return;
    case OP_SELECT:
        judge_select(scan, instruction);
        return;
    case OP_SELECT_TYPED:
        judge_select_typed(scan, instruction);
        return;
    case OP_GLOBAL_GET:
    case OP_GLOBAL_SET:
        judge_global_use(scan, instruction);
        return;
    default:
        judge_local(scan, instruction);
    }
}
