#include "pkg/wasm/judge.h"

/* An unsigned number of up to four bytes, with so many left that none needs a check. `bits` are
   how many the bytes had. */
static inline bool read_short(const uint8_t **at, const uint8_t *end, uint32_t *out, unsigned *bits)
{
    const uint8_t *here = *at;
    if (end - here < 4)
        return false;
    uint32_t value = here[0] & 0x7fu;
    unsigned size = 1;
    while (here[size - 1] >= 0x80) {
        if (size == 4)
            return false;
        value |= (here[size] & 0x7fu) << (7 * size);
        size++;
    }
    *out = value;
    *bits = 7 * size;
    *at = here + size;
    return true;
}

static inline bool read_index(const uint8_t **at, const uint8_t *end, uint32_t *out)
{
    unsigned bits;
    return read_short(at, end, out, &bits);
}

static inline bool read_constant(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
    unsigned bits;
    uint32_t value;
    if (!read_short(at, end, &value, &bits))
        return false;
    uint64_t sign = UINT64_C(1) << (bits - 1);
    *out = (value ^ sign) - sign;
    return true;
}

/* The shapes and sizes that nearly all instructions have. False: instruction_read does it. */
static inline bool read_quickly(const uint8_t **at, const uint8_t *end,
                                struct instruction *instruction)
{
    const uint8_t *here = *at;
    uint32_t value;
    switch (instruction->opcode->immediates) {
    case IMMEDIATES_NONE:
        return true;
    case IMMEDIATES_LABEL:
    case IMMEDIATES_FUNCTION:
    case IMMEDIATES_LOCAL:
    case IMMEDIATES_GLOBAL:
        return read_index(at, end, &instruction->index);
    case IMMEDIATES_S32:
    case IMMEDIATES_S64:
        return read_constant(at, end, &instruction->value);
    case IMMEDIATES_MEMARG:
        if (here >= end || *here >= 0x40)
            return false;
        instruction->alignment = *here++;
        instruction->index = 0;
        if (!read_index(&here, end, &value))
            return false;
        instruction->value = value;
        *at = here;
        return true;
    case IMMEDIATES_BLOCK:
        if (here >= end || *here != BLOCK_EMPTY)
            return false;
        instruction->block = BLOCK_VOID;
        *at = here + 1;
        return true;
    default:
        return false;
    }
}

static struct control *push_control(struct scan *scan, uint8_t opcode)
{
    scan->controls = arena_grow(scan->arena, scan->controls, scan->depth, &scan->control_capacity,
                                sizeof *scan->controls);
    struct control *control = &scan->controls[scan->depth++];
    control->opcode = opcode;
    return control;
}

static void open_block(struct scan *scan, const struct instruction *instruction)
{
    struct control control = {0};
    bool judged = judging(scan);
    if (judged)
        judge_open(scan, instruction, &control);
    *push_control(scan, *instruction->at) = control;
    scan->controls[scan->depth - 1].opcode = *instruction->at;
    if (judged)
        judge_opened(scan);
}

/* Goes on to the next part of the innermost block; `from` are the parts it may follow. */
static void next_part(struct scan *scan, const struct instruction *instruction, uint8_t from,
                      uint8_t or_from)
{
    struct control *top = &scan->controls[scan->depth - 1];
    if (top->opcode != from && top->opcode != or_from) {
        reader_fail(&scan->reader, instruction->at, "%s without %s", instruction->opcode->name,
                    opcodes[from].name);
        return;
    }
    if (judging(scan))
        judge_next_part(scan, instruction);
    top->opcode = *instruction->at;
}

static void close_block(struct scan *scan, const struct instruction *instruction)
{
    const struct control *top = &scan->controls[scan->depth - 1];
    if (*instruction->at == OP_DELEGATE && top->opcode != OP_TRY)
        reader_fail(&scan->reader, instruction->at, "delegate without try");
    else if (judging(scan))
        judge_close(scan, instruction);
    scan->depth--;
}

/* False: it is no matter of structure. */
static bool follow_structure(struct scan *scan, const struct instruction *instruction)
{
    switch (*instruction->at) {
    case OP_BLOCK:
    case OP_LOOP:
    case OP_IF:
    case OP_TRY:
    case OP_TRY_TABLE:
        open_block(scan, instruction);
        return true;
    case OP_ELSE:
        next_part(scan, instruction, OP_IF, OP_IF);
        return true;
    case OP_CATCH:
    case OP_CATCH_ALL:
        next_part(scan, instruction, OP_TRY, OP_CATCH);
        return true;
    case OP_END:
    case OP_DELEGATE:
        close_block(scan, instruction);
        return true;
    default:
        return false;
    }
}

/* Constant expressions have features of their own. */
static void check_constant(struct scan *scan, const struct instruction *instruction)
{
    uint8_t opcode = *instruction->at;
    if ((opcode >= OP_I32_ADD && opcode <= OP_I32_MUL) ||
        (opcode >= OP_I64_ADD && opcode <= OP_I64_MUL))
        scan_note(scan, WASM_FEATURE_EXTENDED_CONST, WASM_BY_INSTRUCTION, instruction->at,
                  instruction->opcode->name);
    if (opcode == OP_GLOBAL_GET && instruction->index < scan->out->global_count &&
        !scan->globals[instruction->index].imported)
        scan_note(scan, WASM_FEATURE_GC, WASM_BY_INSTRUCTION, instruction->at,
                  "global.get of a defined global in a constant");
    if (judging(scan))
        judge_constant(scan, instruction);
}

/* The tight loop: all instructions up to the end that closes the expression. */
static void walk_expression(struct scan *scan, bool constant)
{
    struct reader *reader = &scan->reader;
    struct instruction instruction = {0};
    const uint8_t *at = reader->at, *end = reader->end;
    while (at < end && scan->depth > 0) {
        instruction.at = at;
        instruction.opcode = &opcodes[*at++];
        if (read_quickly(&at, end, &instruction)) {
            if (instruction.opcode->feature != WASM_FEATURE_MVP)
                instruction_note(scan, &instruction);
            reader->at = at;
        } else {
            reader->at = at;
            instruction_read(scan, &instruction);
            at = reader->at;
        }
        if (reader->failed)
            return;
        if (constant)
            check_constant(scan, &instruction);
        if ((*instruction.at > OP_TRY_TABLE || !follow_structure(scan, &instruction)) &&
            judging(scan))
            judge_instruction(scan, &instruction);
        if (reader->failed)
            return;
    }
    reader->at = at;
    if (scan->depth > 0)
        reader_fail(reader, at, "unexpected end: END opcode expected");
}

/* The expression is a block too: of a function's results, or of a constant's one type. */
static void start_expression(struct scan *scan, enum block kind, uint32_t type)
{
    scan->depth = 0;
    struct control *control = push_control(scan, OP_UNREACHABLE);
    *control = (struct control){.kind = (uint8_t)kind, .type = type};
    if (judging(scan))
        scan->judge->count = 0;
}

void scan_constant_expression(struct scan *scan, uint32_t type)
{
    if (scan->reader.failed)
        return;
    start_expression(scan, BLOCK_VALUE, type);
    walk_expression(scan, true);
}

static uint32_t parameter_count(const struct scan *scan, uint32_t type)
{
    return type < scan->out->type_count ? scan->types[type].param_count : 0;
}

static void read_locals(struct scan *scan, uint32_t function_type)
{
    struct reader *reader = &scan->reader;
    const uint8_t *start = reader->at;
    uint32_t groups = read_count(reader, "groups of locals", 2);
    uint64_t total = 0;
    for (uint32_t i = 0; i < groups && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        uint32_t count = read_u32(reader);
        total += count;
        if (total > UINT32_MAX)
            reader_fail(reader, where, "too many locals");
        struct value_type type = scan_value_type(scan);
        if (judging(scan) && !reader->failed)
            judge_locals_add(scan, count, judge_pack(scan, type, where));
    }
    scan_measure(scan, WASM_FUNCTION_LOCALS, total + parameter_count(scan, function_type), start);
    if (judging(scan))
        judge_locals_list(scan);
}

static void read_body(struct scan *scan, uint32_t type)
{
    struct reader *reader = &scan->reader;
    const uint8_t *start = reader->at;
    uint32_t size = read_u32(reader);
    scan_measure(scan, WASM_FUNCTION_BYTES, size, start);
    const uint8_t *end = reader_enter(reader, size, "function body");
    if (judging(scan))
        judge_locals_start(scan, type);
    if (!reader->failed)
        read_locals(scan, type);
    if (!reader->failed) {
        start_expression(scan, BLOCK_INDEX, type);
        walk_expression(scan, false);
    }
    reader_leave(reader, end, "function body");
}

void scan_code_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "function bodies", 3);
    uint32_t defined = scan->out->function_count - scan->imported_functions;
    scan->code_count = count;
    if (count != defined)
        reader_fail(reader, reader->at,
                    "function and code section have inconsistent lengths: %lu and %lu",
                    (unsigned long)defined, (unsigned long)count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        reader->function = scan->imported_functions + i;
        read_body(scan, scan->function_types[reader->function]);
    }
    reader->function = WASM_NO_FUNCTION;
}
