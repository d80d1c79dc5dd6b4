/* Blocks and branches. */
#include "pkg/wasm/judge.h"

static struct control *frame_at(const struct scan *scan, uint32_t label)
{
    return &scan->controls[scan->depth - 1 - label];
}

static struct types params_of(const struct scan *scan, const struct control *control)
{
    if (control->kind == BLOCK_INDEX && control != scan->controls)
        return type_params(scan, control->type);
    return (struct types){NULL, 0};
}

static struct types results_of(const struct scan *scan, const struct control *control)
{
    if (control->kind == BLOCK_INDEX)
        return type_results(scan, control->type);
    return (struct types){&control->type, control->kind == BLOCK_VALUE};
}

static struct types label_of(const struct scan *scan, const struct control *control)
{
    return control->opcode == OP_LOOP ? params_of(scan, control) : results_of(scan, control);
}

struct types judge_label(struct scan *scan, const struct instruction *instruction, uint32_t label)
{
    if (label < scan->depth)
        return label_of(scan, frame_at(scan, label));
    judge_fail(scan, instruction->at, "%s names unknown label %lu", instruction->opcode->name,
               (unsigned long)label);
    return (struct types){NULL, 0};
}

static void set_type(struct scan *scan, const struct instruction *instruction,
                     struct control *control)
{
    control->kind = (uint8_t)instruction->block;
    if (instruction->block == BLOCK_VALUE)
        control->type = judge_pack(scan, instruction->type, instruction->at);
    if (instruction->block != BLOCK_INDEX)
        return;
    control->type = instruction->index;
    if (!judge_type(scan, instruction, instruction->index, FORM_FUNC))
        control->kind = BLOCK_VOID;
}

/* A clause of a try_table: `found` and maybe a reference to the exception go to the label. */
static void check_catch(struct scan *scan, const struct instruction *instruction,
                        struct types found, bool reference, struct types label)
{
    static const uint32_t exception = PACKED_ABSTRACT_REF(TYPE_REF, TYPE_EXN);
    uint64_t count = (uint64_t)found.count + reference;
    judge_count(scan, label.count);
    bool right = count == label.count;
    for (uint32_t i = 0; right && i < found.count; i++)
        right = type_matches(scan, found.list[i], label.list[i]);
    if (right && reference)
        right = type_matches(scan, exception, label.list[found.count]);
    if (!right)
        judge_fail(
            scan, instruction->at, "%s catches %llu values that do not match the %lu of its label",
            instruction->opcode->name, (unsigned long long)count, (unsigned long)label.count);
}

static struct types tag_params(struct scan *scan, const struct instruction *instruction,
                               uint32_t tag)
{
    if (tag < scan->out->tag_count)
        return type_params(scan, scan->tag_types[tag]);
    judge_fail(scan, instruction->at, "%s names unknown tag %lu", instruction->opcode->name,
               (unsigned long)tag);
    return (struct types){NULL, 0};
}

static void check_catches(struct scan *scan, const struct instruction *instruction)
{
    struct reader reader = scan->reader;
    reader.at = instruction->list.data;
    for (uint32_t i = 0; i < instruction->count && judging(scan); i++) {
        uint8_t kind = read_byte(&reader); /* catch, catch_ref, catch_all, catch_all_ref */
        struct types found = {NULL, 0};
        if (kind < 2)
            found = tag_params(scan, instruction, read_u32(&reader));
        struct types label = judge_label(scan, instruction, read_u32(&reader));
        check_catch(scan, instruction, found, kind & 1, label);
    }
}

static size_t push_floor(struct scan *scan)
{
    judge_push(scan, STACK_FLOOR);
    return scan->judge->count;
}

void judge_expression_start(struct scan *scan)
{
    scan->judge->count = 0;
    scan->controls[0].height = push_floor(scan);
}

/* Before the block is there: its operands are the outer block's. */
void judge_open(struct scan *scan, const struct instruction *instruction, struct control *control)
{
    uint8_t opcode = *instruction->at;
    *control = (struct control){.inits = (uint32_t)scan->judge->init_count};
    set_type(scan, instruction, control);
    if (opcode == OP_IF)
        (void)judge_pop(scan, instruction, TYPE_I32);
    if (opcode == OP_TRY_TABLE)
        check_catches(scan, instruction);
    if (control->kind == BLOCK_INDEX)
        judge_pop_types(scan, instruction, type_params(scan, control->type));
    control->height = push_floor(scan);
}

void judge_opened(struct scan *scan)
{
    judge_push_types(scan, params_of(scan, frame_at(scan, 0)));
}

/* The block's results are there, and nothing else. */
static void end_part(struct scan *scan, const struct instruction *instruction)
{
    struct control *control = frame_at(scan, 0);
    judge_pop_types(scan, instruction, results_of(scan, control));
    if (scan->judge->count != control->height)
        judge_fail(scan, instruction->at, "%s found %zu more values than the block's type has",
                   instruction->opcode->name, scan->judge->count - control->height);
}

void judge_next_part(struct scan *scan, const struct instruction *instruction)
{
    struct control *control = frame_at(scan, 0);
    end_part(scan, instruction);
    control->unreachable = false;
    scan->judge->count = control->height;
    judge_locals_reset(scan, control->inits);
    if (*instruction->at == OP_ELSE)
        judge_push_types(scan, params_of(scan, control));
    else if (*instruction->at == OP_CATCH)
        judge_push_types(scan, tag_params(scan, instruction, instruction->index));
}

static void check_one_armed(struct scan *scan, const struct instruction *instruction,
                            const struct control *control)
{
    struct types params = params_of(scan, control), results = results_of(scan, control);
    bool right = params.count == results.count;
    judge_count(scan, params.count);
    for (uint32_t i = 0; right && i < params.count; i++)
        right = type_matches(scan, params.list[i], results.list[i]);
    if (!right)
        judge_fail(scan, instruction->at,
                   "if without else has results that its parameters do not match");
}

/* While the block is still there; its results go to the outer one, which has room for them. */
void judge_close(struct scan *scan, const struct instruction *instruction)
{
    struct control *control = frame_at(scan, 0);
    end_part(scan, instruction);
    if (control->opcode == OP_IF)
        check_one_armed(scan, instruction, control);
    if (*instruction->at == OP_DELEGATE && instruction->index + UINT64_C(1) >= scan->depth)
        judge_fail(scan, instruction->at, "delegate names unknown label %lu",
                   (unsigned long)instruction->index);
    judge_locals_reset(scan, control->inits);
    scan->judge->count = control->height - 1;
    judge_push_types(scan, results_of(scan, control));
}

static void check_table_label(struct scan *scan, const struct instruction *instruction,
                              uint32_t label, uint32_t arity)
{
    struct types types = judge_label(scan, instruction, label);
    if (!judging(scan) || frame_at(scan, label)->seen == scan->judge->br_table)
        return;
    frame_at(scan, label)->seen = scan->judge->br_table;
    if (types.count != arity)
        judge_fail(scan, instruction->at, "br_table has labels of %lu and of %lu values",
                   (unsigned long)arity, (unsigned long)types.count);
    else
        judge_peek_types(scan, instruction, types);
}

/* Each block among the labels is looked at once. */
static void check_br_table(struct scan *scan, const struct instruction *instruction)
{
    struct reader reader = scan->reader;
    reader.at = instruction->list.data;
    (void)judge_pop(scan, instruction, TYPE_I32);
    scan->judge->br_table++;
    uint32_t arity = judge_label(scan, instruction, instruction->second).count;
    for (uint64_t i = 0; i <= instruction->count && judging(scan); i++)
        check_table_label(scan, instruction, read_u32(&reader), arity);
    judge_unreachable(scan);
}

static void check_rethrow(struct scan *scan, const struct instruction *instruction)
{
    (void)judge_label(scan, instruction, instruction->index);
    if (!judging(scan))
        return;
    uint8_t opcode = frame_at(scan, instruction->index)->opcode;
    if (opcode != OP_CATCH && opcode != OP_CATCH_ALL)
        judge_fail(scan, instruction->at, "rethrow names label %lu, which is no catch",
                   (unsigned long)instruction->index);
    judge_unreachable(scan);
}

void judge_branch(struct scan *scan, const struct instruction *instruction)
{
    struct types label;
    switch (*instruction->at) {
    case OP_BR:
        judge_peek_types(scan, instruction, judge_label(scan, instruction, instruction->index));
        break;
    case OP_BR_IF:
        (void)judge_pop(scan, instruction, TYPE_I32);
        label = judge_label(scan, instruction, instruction->index);
        judge_pop_types(scan, instruction, label);
        judge_push_types(scan, label);
        return;
    case OP_BR_TABLE:
        check_br_table(scan, instruction);
        return;
    case OP_RETURN:
        judge_peek_types(scan, instruction, results_of(scan, scan->controls));
        break;
    case OP_THROW:
        judge_pop_types(scan, instruction, tag_params(scan, instruction, instruction->index));
        break;
    case OP_THROW_REF:
        (void)judge_pop(scan, instruction, PACKED_ABSTRACT_REF(TYPE_REF_NULL, TYPE_EXN));
        break;
    case OP_RETHROW:
        check_rethrow(scan, instruction);
        return;
    default:
        break; /* unreachable */
    }
    judge_unreachable(scan);
}
