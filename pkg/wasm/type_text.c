#include <stdio.h>
#include <string.h>

#include "pkg/wasm/scan.h"

/* Heap types by byte, from 0x67 on; the shorthand where there is one. */
static const struct {
    const char *heap, *shorthand;
} heap_names[] = {
    {"string", "stringref"},   {"cont", "contref"},     {"exn", "exnref"},
    {"array", "arrayref"},     {"struct", "structref"}, {"i31", "i31ref"},
    {"eq", "eqref"},           {"any", "anyref"},       {"extern", "externref"},
    {"func", "funcref"},       {"none", "nullref"},     {"noextern", "nullexternref"},
    {"nofunc", "nullfuncref"}, {"noexn", "nullexnref"}, {"nocont", "nullcontref"},
};

static const char *plain_name(uint8_t code)
{
    switch (code) {
    case TYPE_I32:
        return "i32";
    case TYPE_I64:
        return "i64";
    case TYPE_F32:
        return "f32";
    case TYPE_F64:
        return "f64";
    case TYPE_V128:
        return "v128";
    case TYPE_I8:
        return "i8";
    default:
        return "i16";
    }
}

const char *value_type_text(struct scan *scan, struct value_type type)
{
    if (type.code != TYPE_REF && type.code != TYPE_REF_NULL)
        return plain_name(type.code);
    const char *null = type.code == TYPE_REF_NULL ? "null " : "";
    if (type.heap && type.code == TYPE_REF_NULL && type.flags == 0)
        return heap_names[type.heap - TYPE_STRING].shorthand;
    char index[16];
    const char *heap = index;
    if (type.heap)
        heap = heap_names[type.heap - TYPE_STRING].heap;
    else
        snprintf(index, sizeof index, "%lu", (unsigned long)type.index);
    if (type.flags & TYPE_FLAG_EXACT)
        return arena_printf(scan->arena, "(ref %s(exact %s))", null, heap);
    if (type.flags & TYPE_FLAG_SHARED)
        return arena_printf(scan->arena, "(ref %s(shared %s))", null, heap);
    return arena_printf(scan->arena, "(ref %s%s)", null, heap);
}

static char *append(char *at, const char *text)
{
    size_t size = strlen(text);
    memcpy(at, text, size);
    return at + size;
}

static char *append_list(char *at, const char *const *parts, uint32_t count)
{
    *at++ = '(';
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            *at++ = ',';
        at = append(at, parts[i]);
    }
    *at++ = ')';
    return at;
}

static const char *function_text(struct scan *scan, const struct type_entry *type)
{
    uint32_t count = type->param_count + type->result_count;
    const char **parts = arena_alloc(scan->arena, count, sizeof *parts);
    size_t size = sizeof "()->()";
    for (uint32_t i = 0; i < count; i++) {
        parts[i] = value_type_text(scan, type->values[i]);
        size += strlen(parts[i]) + 1;
    }
    char *text = arena_alloc(scan->arena, size, 1);
    char *at = append_list(text, parts, type->param_count);
    at = append(at, "->");
    append_list(at, parts + type->param_count, type->result_count);
    return text;
}

/* Made once a type: many exports may share a long one. */
const char *type_text(struct scan *scan, uint32_t index)
{
    if (index >= scan->out->type_count || scan->types[index].form != FORM_FUNC)
        return "?";
    struct type_entry *type = &scan->types[index];
    if (!type->text)
        type->text = function_text(scan, type);
    return type->text;
}

const char *global_text(struct scan *scan, const struct global_entry *global)
{
    static const char *const mutable_numbers[] = {"mut v128", "mut f64", "mut f32", "mut i64",
                                                  "mut i32"};
    const char *type = value_type_text(scan, global->type);
    const char *shared = global->shared ? "shared " : "";
    if (!global->is_mutable && !global->shared)
        return type;
    if (!global->shared && global->type.code >= TYPE_V128)
        return mutable_numbers[global->type.code - TYPE_V128];
    return arena_printf(scan->arena, "%s%s%s", shared, global->is_mutable ? "mut " : "", type);
}

/* "1 10", or "1 -" without a maximum. */
static const char *limits_text(struct scan *scan, uint64_t min, const uint64_t *max)
{
    if (max)
        return arena_printf(scan->arena, "%llu %llu", (unsigned long long)min,
                            (unsigned long long)*max);
    return arena_printf(scan->arena, "%llu -", (unsigned long long)min);
}

const char *table_text(struct scan *scan, const struct table_entry *table)
{
    return arena_printf(scan->arena, "%s %s%s%s", value_type_text(scan, table->type),
                        limits_text(scan, table->min, table->has_max ? &table->max : NULL),
                        table->shared ? " shared" : "", table->is_64 ? " i64" : "");
}

const char *memory_text(struct scan *scan, const struct wasm_memory *memory)
{
    const char *limits =
        limits_text(scan, memory->min_pages, memory->has_max ? &memory->max_pages : NULL);
    char page[40] = "";
    if (memory->page_size != 65536)
        snprintf(page, sizeof page, " page %llu", (unsigned long long)memory->page_size);
    return arena_printf(scan->arena, "%s%s%s%s", limits, memory->shared ? " shared" : "",
                        memory->is_64 ? " i64" : "", page);
}

const char *extern_text(struct scan *scan, enum wasm_extern kind, uint32_t index)
{
    const struct wasm_info *out = scan->out;
    switch (kind) {
    case WASM_FUNC:
        return index < out->function_count ? type_text(scan, scan->function_types[index]) : "?";
    case WASM_TABLE:
        return index < out->table_count ? table_text(scan, &scan->tables[index]) : "?";
    case WASM_MEMORY:
        return index < out->memory_count ? memory_text(scan, &out->memories[index]) : "?";
    case WASM_GLOBAL:
        return index < out->global_count ? global_text(scan, &scan->globals[index]) : "?";
    case WASM_TAG:
        return index < out->tag_count ? type_text(scan, scan->tag_types[index]) : "?";
    }
    return "?";
}
