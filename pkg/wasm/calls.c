/* Calls of all kinds. */
#include "pkg/wasm/judge.h"

const struct type_entry *judge_type(struct scan *scan, const struct instruction *instruction,
                                    uint32_t index, uint8_t form)
{
    if (index < scan->out->type_count && scan->types[index].form == form)
        return &scan->types[index];
    const char *kind = form == FORM_FUNC ? "function" : form == FORM_STRUCT ? "struct" : "array";
    judge_fail(scan, instruction->at, "%s names type %lu, which is %s", instruction->opcode->name,
               (unsigned long)index,
               index < scan->out->type_count ? arena_printf(scan->arena, "no %s type", kind)
                                             : "unknown");
    return NULL;
}

/* Pops what finds the function, and says its type; NULL after a finding. */
static const struct type_entry *find_callee(struct scan *scan,
                                            const struct instruction *instruction)
{
    uint32_t index = instruction->index;
    switch (*instruction->at) {
    case OP_CALL:
    case OP_RETURN_CALL:
        if (index < scan->out->function_count)
            return judge_type(scan, instruction, scan->function_types[index], FORM_FUNC);
        judge_fail(scan, instruction->at, "%s names unknown function %lu",
                   instruction->opcode->name, (unsigned long)index);
        return NULL;
    case OP_CALL_REF:
    case OP_RETURN_CALL_REF:
        if (judge_type(scan, instruction, index, FORM_FUNC))
            (void)judge_pop(scan, instruction, type_reference(scan, TYPE_REF_NULL, index));
        break;
    default:
        if (instruction->second >= scan->out->table_count) {
            judge_fail(scan, instruction->at, "%s names unknown table %lu",
                       instruction->opcode->name, (unsigned long)instruction->second);
            return NULL;
        }
        const struct table_entry *table = &scan->tables[instruction->second];
        if (!type_matches(scan, table->packed, PACKED_FUNCREF))
            judge_fail(scan, instruction->at, "%s expected a table of functions, found one of %s",
                       instruction->opcode->name, packed_text(scan, table->packed));
        (void)judge_pop(scan, instruction, table->is_64 ? TYPE_I64 : TYPE_I32);
    }
    return judge_type(scan, instruction, index, FORM_FUNC);
}

static bool is_tail_call(uint8_t opcode)
{
    return opcode == OP_RETURN_CALL || opcode == OP_RETURN_CALL_INDIRECT ||
           opcode == OP_RETURN_CALL_REF;
}

/* What the callee returns is what this function returns. */
static void check_tail(struct scan *scan, const struct instruction *instruction,
                       struct types results)
{
    struct types expected = type_results(scan, scan->controls[0].type);
    bool right = results.count == expected.count;
    judge_count(scan, results.count);
    for (uint32_t i = 0; right && i < results.count; i++)
        right = type_matches(scan, results.list[i], expected.list[i]);
    if (!right)
        judge_fail(scan, instruction->at, "%s of a function whose results are not this one's",
                   instruction->opcode->name);
    judge_unreachable(scan);
}

void judge_call(struct scan *scan, const struct instruction *instruction)
{
    const struct type_entry *type = find_callee(scan, instruction);
    if (!type)
        return;
    struct types results = {type->packed + type->param_count, type->result_count};
    judge_pop_types(scan, instruction, (struct types){type->packed, type->param_count});
    if (is_tail_call(*instruction->at))
        check_tail(scan, instruction, results);
    else
        judge_push_types(scan, results);
}
