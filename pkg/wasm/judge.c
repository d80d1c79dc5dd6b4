/* Findings of validation, and what an instruction of each kind is judged by. */
#include "pkg/wasm/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A module may make its checking cost more than its size says: long lists of types, named often.
   Real modules stay far below a step a byte. */
enum { STEPS_FREE = 1 << 28, STEPS_A_BYTE = 16, LOCALS_FREE = 1 << 20 };

#define BIT(name) (UINT64_C(1) << WASM_FEATURE_##name)

/* Proposals that are decoded, and whose rules are not here. */
static const uint64_t unjudged = BIT(STACK_SWITCHING) | BIT(SHARED_EVERYTHING_THREADS) |
                                 BIT(MEMORY_CONTROL) | BIT(FP16) | BIT(STRINGS);

void judge_start(struct scan *scan)
{
    struct judge *judge = arena_alloc(scan->arena, 1, sizeof *judge);
    judge->local_budget = LOCALS_FREE + 4 * (uint64_t)reader_left(&scan->reader);
    scan->judge = judge;
}

void judge_give_up(struct scan *scan, const char *why)
{
    struct judge *judge = scan->judge;
    if (judge->done)
        return;
    judge->done = true;
    judge->not_judged = why;
}

void judge_count(struct scan *scan, uint64_t steps)
{
    struct judge *judge = scan->judge;
    judge->steps += steps;
    if (judge->steps > STEPS_FREE + STEPS_A_BYTE * (uint64_t)scan->out->size)
        judge_give_up(scan, "has types too long to be checked that often");
}

void judge_fail(struct scan *scan, const uint8_t *where, const char *format, ...)
{
    struct judge *judge = scan->judge;
    if (judge->done)
        return;
    judge->done = true;
    judge->offset = (size_t)(where - scan->reader.file);
    judge->function = scan->reader.function;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(judge->detail, sizeof judge->detail, format, arguments);
    va_end(arguments);
}

static const char *unjudged_uses(struct scan *scan, uint64_t features)
{
    const char *text = "uses";
    for (unsigned i = 0; i < WASM_FEATURE_COUNT; i++)
        if (features & wasm_feature_bit((enum wasm_feature)i))
            text = arena_printf(scan->arena, "%s%s %s", text, *(text + 4) ? "," : "",
                                wasm_features[i].id);
    return text;
}

/* The names are found as those of functions that use a feature are: all uses become this one. */
static const char *name_of(struct scan *scan, uint32_t function)
{
    for (unsigned i = 0; i < WASM_FEATURE_COUNT; i++)
        scan->uses[i].count = 0;
    scan->uses[0] = (struct wasm_use){.count = 1, .function = function};
    scan_function_names(scan);
    return scan->uses[0].function_name;
}

static int refuse(struct scan *scan)
{
    const struct judge *judge = scan->judge;
    const char *function = "";
    if (judge->function != WASM_NO_FUNCTION) {
        const char *name = name_of(scan, judge->function);
        function =
            arena_printf(scan->arena, " in function %lu%s%.80s%s", (unsigned long)judge->function,
                         name ? " '" : "", name ? name : "", name ? "'" : "");
    }
    struct error *error = scan->reader.error;
    error_set(error, FAULT_INPUT, "invalid %s at offset %zu%s: %s", scan->reader.subject,
              judge->offset, function, judge->detail);
    return error_hint(error, "no engine takes this module: update the compiler or the tool that "
                             "wrote it, and report this to its authors");
}

/* A tag with results alone is no use of stack switching: without the rest of it, it is wrong. */
static uint64_t unjudged_features(const struct scan *scan)
{
    uint64_t features = scan->out->features & unjudged;
    if (scan->uses[WASM_FEATURE_STACK_SWITCHING].count == scan->judge->result_tags)
        features &= ~BIT(STACK_SWITCHING);
    return features;
}

int judge_finish(struct scan *scan)
{
    struct wasm_info *out = scan->out;
    const struct judge *judge = scan->judge;
    uint64_t features = unjudged_features(scan);
    out->validity = WASM_NOT_JUDGED;
    out->validation_steps = judge->steps;
    if (features)
        out->not_judged = unjudged_uses(scan, features);
    else if (judge->not_judged)
        out->not_judged = judge->not_judged;
    else if (judge->done)
        return refuse(scan);
    else
        out->validity = WASM_VALID;
    return 0;
}

static uint32_t rule_type(uint8_t type, uint32_t address)
{
    return type == RULE_ADDRESS ? address : type;
}

/* Lanes are counted in the name of the type: i8x16. */
static void check_lane(struct scan *scan, const struct instruction *instruction)
{
    const char *shape = strchr(instruction->opcode->name, 'x');
    uint32_t lanes = 16u >> instruction->opcode->alignment;
    if (instruction->opcode->immediates == IMMEDIATES_LANE)
        lanes = (uint32_t)(shape[1] == '1' ? 16 : shape[1] - '0');
    if (instruction->second >= lanes)
        judge_fail(scan, instruction->at, "%s has lanes below %lu, and names %lu",
                   instruction->opcode->name, (unsigned long)lanes,
                   (unsigned long)instruction->second);
}

static void check_shuffle(struct scan *scan, const struct instruction *instruction)
{
    for (size_t i = 0; i < instruction->list.size; i++)
        if (instruction->list.data[i] >= 32)
            judge_fail(scan, instruction->at, "%s has lanes below 32, and names %u",
                       instruction->opcode->name, instruction->list.data[i]);
}

static void judge_signature(struct scan *scan, const struct instruction *instruction,
                            const struct rule *rule)
{
    uint8_t immediates = instruction->opcode->immediates;
    uint32_t operands[RULE_OPERANDS], address = TYPE_I32;
    uint32_t count = rule->counts & 0xf, results = rule->counts >> 4;
    if (immediates == IMMEDIATES_MEMARG || immediates == IMMEDIATES_MEMARG_LANE) {
        judge_memory_access(scan, instruction);
        address = judge_address(scan, instruction, instruction->index);
    }
    if (immediates == IMMEDIATES_LANE || immediates == IMMEDIATES_MEMARG_LANE)
        check_lane(scan, instruction);
    if (immediates == IMMEDIATES_LANES)
        check_shuffle(scan, instruction);
    for (uint32_t i = 0; i < count; i++)
        operands[i] = rule_type(rule->operands[i], address);
    judge_operands(scan, instruction, count, operands);
    for (uint32_t i = 0; i < results; i++)
        judge_push(scan, rule->results[i]);
}

static void judge_special(struct scan *scan, const struct instruction *instruction)
{
    uint8_t opcode = *instruction->at;
    if (opcode == 0xfb)
        judge_aggregate(scan, instruction);
    else if (opcode == 0xfc || opcode == OP_TABLE_GET || opcode == OP_TABLE_SET ||
             opcode == OP_MEMORY_SIZE || opcode == OP_MEMORY_GROW)
        judge_access(scan, instruction);
    else if (opcode >= OP_REF_NULL)
        judge_reference(scan, instruction);
    else if (opcode >= OP_CALL && opcode <= OP_RETURN_CALL_REF)
        judge_call(scan, instruction);
    else if (opcode == OP_SELECT_TYPED)
        judge_variable(scan, instruction);
    else
        judge_branch(scan, instruction);
}

void judge_instruction(struct scan *scan, const struct instruction *instruction)
{
    const struct rule *rule = &rules[instruction->opcode - opcodes];
    switch (rule->action) {
    case ACTION_UNJUDGED:
        judge_give_up(scan, "uses a proposal that has no rules here");
        return;
    case ACTION_SPECIAL:
        judge_special(scan, instruction);
        return;
    case ACTION_LOCAL_GET:
    case ACTION_LOCAL_SET:
    case ACTION_LOCAL_TEE:
    case ACTION_GLOBAL_GET:
    case ACTION_GLOBAL_SET:
    case ACTION_DROP:
    case ACTION_SELECT:
        judge_variable(scan, instruction);
        return;
    case ACTION_UNREACHABLE:
    case ACTION_BR:
    case ACTION_BR_IF:
    case ACTION_RETURN:
        judge_branch(scan, instruction);
        return;
    case ACTION_CALL:
        judge_call(scan, instruction);
        return;
    default:
        judge_signature(scan, instruction, rule);
    }
}
