#include "pkg/wasm/judge.h"

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

void scan_step(struct scan *scan, bool constant)
{
    struct reader *reader = &scan->reader;
    struct instruction instruction = {.at = reader->at, .opcode = &opcodes[*reader->at]};
    reader->at++;
    instruction_read(scan, &instruction);
    if (reader->failed)
        return;
    if (constant)
        check_constant(scan, &instruction);
    if (instruction.opcode->immediates == IMMEDIATES_FUNCTION)
        scan_place(scan, instruction.at + 1, instruction.index);
    bool structural = *instruction.at <= OP_TRY_TABLE && follow_structure(scan, &instruction);
    if (!structural && judging(scan))
        judge_instruction(scan, &instruction);
}

static const char *const no_end = "unexpected end: END opcode expected";

/* All instructions up to the end that closes the expression. */
static void walk_expression(struct scan *scan, bool constant)
{
    struct reader *reader = &scan->reader;
    while (scan->depth > 0 && reader->at < reader->end) {
        if (!constant && judging(scan))
            walk_judging(scan);
        if (scan->depth > 0 && reader->at < reader->end)
            scan_step(scan, constant);
    }
    if (scan->depth > 0)
        reader_fail(reader, reader->at, "%s", no_end);
}

/* The expression is a block too: of a function's results, or of a constant's one type. */
static void start_expression(struct scan *scan, enum block kind, uint32_t type)
{
    scan->depth = 0;
    struct control *control = push_control(scan, OP_UNREACHABLE);
    *control = (struct control){.kind = (uint8_t)kind, .type = type};
    if (judging(scan))
        judge_expression_start(scan);
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

/* What was noted in a body that weighs `bytes`. */
static void count_functions(struct scan *scan, size_t bytes)
{
    for (uint64_t left = scan->body_features; left; left &= left - 1) {
        unsigned feature = 0;
        while (!(left >> feature & 1))
            feature++;
        scan->uses[feature].functions++;
        scan->uses[feature].function_bytes += bytes;
    }
}

static void scan_place_body(struct scan *scan, uint32_t size)
{
    struct places *places = scan->places;
    if (!places || scan->reader.failed)
        return;
    places->bodies = arena_grow(scan->arena, places->bodies, places->body_count,
                                &places->body_capacity, sizeof *places->bodies);
    places->bodies[places->body_count++] =
        (struct place){(size_t)(scan->reader.at - scan->reader.file), size, scan->reader.function};
}

const uint8_t *scan_body_open(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t type = scan->function_types[reader->function];
    const uint8_t *start = reader->at;
    uint32_t size = read_u32(reader);
    scan->body_features = 0;
    scan_measure(scan, WASM_FUNCTION_BYTES, size, start);
    scan_place_body(scan, size);
    const uint8_t *end = reader_enter(reader, size, "function body");
    if (judging(scan))
        judge_locals_start(scan, type);
    if (!reader->failed)
        read_locals(scan, type);
    if (!reader->failed)
        start_expression(scan, BLOCK_INDEX, type);
    return end;
}

void scan_body_close(struct scan *scan, const uint8_t *start, const uint8_t *section_end)
{
    count_functions(scan, (size_t)(scan->reader.at - start));
    reader_leave(&scan->reader, section_end, "function body");
}

void scan_body_step(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    if (reader->at < reader->end)
        scan_step(scan, false);
    else
        reader_fail(reader, reader->at, "%s", no_end);
}

void scan_body(struct scan *scan, uint32_t function)
{
    struct reader *reader = &scan->reader;
    reader->function = function;
    const uint8_t *start = reader->at, *end = scan_body_open(scan);
    if (!reader->failed)
        walk_expression(scan, false);
    scan_body_close(scan, start, end);
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
    uint32_t next = scan->imported_functions, end = next + count;
    while (next < end && (judging(scan) || scan->places) && !reader->failed)
        scan_body(scan, next++);
    if (next < end && !reader->failed)
        walk_plainly(scan, next, end);
    reader->function = WASM_NO_FUNCTION;
}
