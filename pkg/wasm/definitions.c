/* What sections define: types of functions, limits, exports, segments. */
#include <string.h>

#include "pkg/wasm/judge.h"

void judge_function(struct scan *scan, uint32_t type, const uint8_t *where)
{
    if (type >= scan->out->type_count)
        judge_fail(scan, where, "unknown type %lu of a function", (unsigned long)type);
    else if (scan->types[type].form != FORM_FUNC)
        judge_fail(scan, where, "type %lu of a function is no function type", (unsigned long)type);
}

void judge_exact_import(struct scan *scan, uint32_t function)
{
    struct judge *judge = scan->judge;
    while (function / 8 >= judge->exact_capacity)
        judge->exact_imports = arena_grow(scan->arena, judge->exact_imports, judge->exact_capacity,
                                          &judge->exact_capacity, 1);
    judge->exact_imports[function / 8] |= (uint8_t)(1u << function % 8);
}

bool judge_is_exact(const struct scan *scan, uint32_t function)
{
    const struct judge *judge = scan->judge;
    if (function >= scan->imported_functions)
        return true;
    return function / 8 < judge->exact_capacity &&
           (judge->exact_imports[function / 8] >> function % 8 & 1);
}

static void check_limits(struct scan *scan, const char *what, uint64_t min, const uint64_t *max,
                         uint64_t most, const uint8_t *where)
{
    uint64_t largest = max && *max > min ? *max : min;
    if (largest > most)
        judge_fail(scan, where, "%s of size %llu, at most %llu is allowed", what,
                   (unsigned long long)largest, (unsigned long long)most);
    else if (max && min > *max)
        judge_fail(scan, where, "%s with minimum %llu greater than its maximum %llu", what,
                   (unsigned long long)min, (unsigned long long)*max);
}

void judge_table(struct scan *scan, struct table_entry *table, bool has_values)
{
    table->packed = judge_pack(scan, table->type, table->at);
    check_limits(scan, "table", table->min, table->has_max ? &table->max : NULL,
                 table->is_64 ? UINT64_MAX : UINT32_MAX, table->at);
    if (!has_values && !type_defaultable(table->packed))
        judge_fail(scan, table->at, "table of %s needs an initial value",
                   packed_text(scan, table->packed));
}

void judge_memory(struct scan *scan, const struct wasm_memory *memory, const uint8_t *where)
{
    uint64_t page = memory->page_size;
    if (page != 1 && page != 65536) {
        judge_fail(scan, where,
                   "memory with invalid custom page size %llu: only 1 and 65536 are "
                   "allowed",
                   (unsigned long long)page);
        return;
    }
    uint64_t most = memory->is_64 ? UINT64_MAX : UINT32_MAX;
    if (page > 1)
        most = most / page + 1;
    check_limits(scan, "memory", memory->min_pages, memory->has_max ? &memory->max_pages : NULL,
                 most, where);
    if (memory->shared && !memory->has_max)
        judge_fail(scan, where, "shared memory without a maximum");
}

void judge_global(struct scan *scan, struct global_entry *global, const uint8_t *where)
{
    global->packed = judge_pack(scan, global->type, where);
}

void judge_tag(struct scan *scan, uint32_t type, const uint8_t *where)
{
    judge_function(scan, type, where);
    if (type < scan->out->type_count && scan->types[type].form == FORM_FUNC &&
        scan->types[type].result_count > 0) {
        scan->judge->result_tags++;
        judge_fail(scan, where, "tag with results");
    }
}

static uint64_t count_of(const struct wasm_info *info, enum wasm_extern kind)
{
    switch (kind) {
    case WASM_FUNC:
        return info->function_count;
    case WASM_TABLE:
        return info->table_count;
    case WASM_MEMORY:
        return info->memory_count;
    case WASM_GLOBAL:
        return info->global_count;
    case WASM_TAG:
        return info->tag_count;
    }
    return 0;
}

void judge_export(struct scan *scan, enum wasm_extern kind, uint32_t index, const uint8_t *where)
{
    static const char *const words[] = {"function", "table", "memory", "global", "tag"};
    if (index >= count_of(scan->out, kind))
        judge_fail(scan, where, "export of unknown %s %lu", words[kind], (unsigned long)index);
    else if (kind == WASM_FUNC)
        judge_declare(scan, index, where);
}

/* Where the state lies is in it, so that nobody can write names that collide. */
static uint64_t hash_name(const struct judge *judge, struct bytes name)
{
    uint64_t hash = judge->seed ^ (uintptr_t)judge ^ name.size;
    for (size_t at = 0; at < name.size; at += 8) {
        size_t left = name.size - at;
        uint64_t word = 0;
        memcpy(&word, name.data + at, left < 8 ? left : 8);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash ^ hash >> 32;
}

/* False: an earlier export has the name of this one. */
static bool put_name(const struct scan *scan, uint32_t *slots, size_t mask, uint32_t index)
{
    const struct wasm_export *exports = scan->out->exports;
    struct bytes name = exports[index].name;
    size_t at = hash_name(scan->judge, name) & mask;
    while (slots[at] && !bytes_equal(exports[slots[at] - 1].name, name))
        at = (at + 1) & mask;
    if (slots[at])
        return false;
    slots[at] = index + 1;
    return true;
}

void judge_export_names(struct scan *scan)
{
    const struct wasm_info *out = scan->out;
    size_t size = 16;
    while (size < 2 * out->export_count)
        size *= 2;
    uint32_t *slots = arena_alloc(scan->arena, size, sizeof *slots);
    for (uint32_t i = 0; i < out->export_count && judging(scan); i++)
        if (!put_name(scan, slots, size - 1, i))
            judge_fail(scan, out->exports[i].name.data, "duplicate export name '%.80s'",
                       scan_safe(scan, out->exports[i].name));
}

void judge_start_function(struct scan *scan, uint32_t function, const uint8_t *where)
{
    if (function >= scan->out->function_count) {
        judge_fail(scan, where, "start function %lu is unknown", (unsigned long)function);
        return;
    }
    const struct type_entry *type = &scan->types[scan->function_types[function]];
    if (type->param_count || type->result_count)
        judge_fail(scan, where, "start function %lu has type %s, and must have ()->()",
                   (unsigned long)function, type_text(scan, scan->function_types[function]));
}

/* The type of the offset of an active segment. */
uint32_t judge_element_table(struct scan *scan, uint32_t table, const uint8_t *where)
{
    if (table < scan->out->table_count)
        return scan->tables[table].is_64 ? TYPE_I64 : TYPE_I32;
    judge_fail(scan, where, "element segment for unknown table %lu", (unsigned long)table);
    return TYPE_I32;
}

void judge_element_type(struct scan *scan, uint32_t type, const uint32_t *table,
                        const uint8_t *where)
{
    struct judge *judge = scan->judge;
    if (table && *table < scan->out->table_count &&
        !type_matches(scan, type, scan->tables[*table].packed))
        judge_fail(scan, where, "element segment of %s for a table of %s", packed_text(scan, type),
                   packed_text(scan, scan->tables[*table].packed));
    judge->element_types = arena_grow(scan->arena, judge->element_types, scan->out->element_count,
                                      &judge->element_capacity, sizeof *judge->element_types);
    judge->element_types[scan->out->element_count] = type;
}

uint32_t judge_data_memory(struct scan *scan, uint32_t memory, const uint8_t *where)
{
    if (memory < scan->out->memory_count)
        return scan->out->memories[memory].is_64 ? TYPE_I64 : TYPE_I32;
    judge_fail(scan, where, "data segment for unknown memory %lu", (unsigned long)memory);
    return TYPE_I32;
}

static bool is_constant(const struct instruction *instruction)
{
    uint32_t code = (uint32_t)(instruction->opcode - opcodes);
    if (code >= OPCODE_BASE_FB)
        return code == OPCODE_BASE_FD + OP_FD_V128_CONST ||
               (code >= OPCODE_BASE_FB + OP_FB_ANY_CONVERT_EXTERN &&
                code <= OPCODE_BASE_FB + OP_FB_REF_I31) ||
               code <= OPCODE_BASE_FB + OP_FB_STRUCT_NEW_DEFAULT ||
               (code >= OPCODE_BASE_FB + OP_FB_ARRAY_NEW &&
                code <= OPCODE_BASE_FB + OP_FB_ARRAY_NEW_FIXED) ||
               code == OPCODE_BASE_FB + OP_FB_STRUCT_NEW_DESC ||
               code == OPCODE_BASE_FB + OP_FB_STRUCT_NEW_DEFAULT_DESC;
    return (code >= OP_I32_CONST && code <= OP_F64_CONST) ||
           (code >= OP_I32_ADD && code <= OP_I32_MUL) ||
           (code >= OP_I64_ADD && code <= OP_I64_MUL) || code == OP_GLOBAL_GET ||
           code == OP_REF_NULL || code == OP_REF_FUNC || code == OP_END;
}

void judge_constant(struct scan *scan, const struct instruction *instruction)
{
    uint32_t index = instruction->index;
    if (!is_constant(instruction))
        judge_fail(scan, instruction->at, "constant expression required, found %s",
                   instruction->opcode->name);
    else if (*instruction->at == OP_GLOBAL_GET && index < scan->out->global_count &&
             scan->globals[index].is_mutable)
        judge_fail(scan, instruction->at, "constant expression required, found mutable global %lu",
                   (unsigned long)index);
}
