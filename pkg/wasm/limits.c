#include "pkg/wasm/judge.h"

enum { LIMIT_MAX = 1, LIMIT_SHARED = 2, LIMIT_64 = 4, LIMIT_PAGE_SIZE = 8 };

void scan_add_function(struct scan *scan, uint32_t type, const uint8_t *where)
{
    if (judging(scan))
        judge_function(scan, type, where);
    uint32_t *count = &scan->out->function_count;
    scan->function_types = arena_grow(scan->arena, scan->function_types, *count,
                                      &scan->function_capacity, sizeof *scan->function_types);
    scan->function_types[(*count)++] = type;
}

/* The flags in front of limits; `known` are those allowed. */
static uint8_t read_flags(struct reader *reader, uint8_t known)
{
    const uint8_t *where = reader->at;
    uint8_t flags = read_byte(reader);
    if (flags & ~known)
        reader_fail(reader, where, "malformed limits flags 0x%02x", flags);
    return flags;
}

static void note_flag(struct scan *scan, bool set, enum wasm_feature feature, const uint8_t *where,
                      const char *what)
{
    if (set)
        scan_note(scan, feature, WASM_BY_FLAG, where, what);
}

struct table_entry scan_table_type(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    struct table_entry table = {.at = reader->at};
    if (reader_left(reader) && *reader->at == TYPE_FUNC) {
        reader->at++; /* the one reference type that tables always had */
        table.type = (struct value_type){.code = TYPE_REF_NULL, .heap = TYPE_FUNC};
    } else {
        table.type = scan_reference_type(scan);
    }
    const uint8_t *where = reader->at;
    uint8_t flags = read_flags(reader, LIMIT_MAX | LIMIT_SHARED | LIMIT_64);
    table.has_max = flags & LIMIT_MAX;
    table.shared = flags & LIMIT_SHARED;
    table.is_64 = flags & LIMIT_64;
    table.min = read_u64(reader);
    table.max = table.has_max ? read_u64(reader) : 0;
    note_flag(scan, table.shared, WASM_FEATURE_SHARED_EVERYTHING_THREADS, where,
              "table limits flag: shared");
    note_flag(scan, table.is_64, WASM_FEATURE_TABLE64, where, "table limits flag: 64-bit");
    return table;
}

void scan_add_table(struct scan *scan, struct table_entry *table, bool has_values)
{
    if (judging(scan))
        judge_table(scan, table, has_values);
    uint64_t *sum = &scan->out->table_elements;
    scan_measure(scan, WASM_TABLE_SIZE, table->min, table->at);
    *sum = table->min > UINT64_MAX - *sum ? UINT64_MAX : *sum + table->min;
    uint32_t *count = &scan->out->table_count;
    note_flag(scan, *count == 1, WASM_FEATURE_REFERENCE_TYPES, table->at, "second table");
    scan->tables =
        arena_grow(scan->arena, scan->tables, *count, &scan->table_capacity, sizeof *scan->tables);
    scan->tables[(*count)++] = *table;
}

static uint64_t read_page_size(struct reader *reader)
{
    const uint8_t *where = reader->at;
    uint32_t exponent = read_u32(reader);
    if (exponent < 64)
        return UINT64_C(1) << exponent;
    reader_fail(reader, where, "invalid custom page size 2^%lu", (unsigned long)exponent);
    return 0;
}

struct wasm_memory scan_memory_type(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint8_t flags = read_flags(reader, LIMIT_MAX | LIMIT_SHARED | LIMIT_64 | LIMIT_PAGE_SIZE);
    struct wasm_memory memory = {.has_max = flags & LIMIT_MAX,
                                 .shared = flags & LIMIT_SHARED,
                                 .is_64 = flags & LIMIT_64,
                                 .page_size = 65536};
    memory.min_pages = read_u64(reader);
    memory.max_pages = memory.has_max ? read_u64(reader) : 0;
    if (flags & LIMIT_PAGE_SIZE)
        memory.page_size = read_page_size(reader);
    note_flag(scan, memory.shared, WASM_FEATURE_ATOMICS, where, "memory limits flag: shared");
    note_flag(scan, memory.is_64, WASM_FEATURE_MEMORY64, where, "memory limits flag: 64-bit");
    note_flag(scan, flags & LIMIT_PAGE_SIZE, WASM_FEATURE_CUSTOM_PAGE_SIZES, where,
              "memory limits flag: page size");
    return memory;
}

void scan_add_memory(struct scan *scan, const struct wasm_memory *memory, const uint8_t *where)
{
    struct wasm_info *out = scan->out;
    if (judging(scan))
        judge_memory(scan, memory, where);
    note_flag(scan, out->memory_count == 1, WASM_FEATURE_MULTIMEMORY, where, "second memory");
    out->memories = arena_grow(scan->arena, out->memories, out->memory_count,
                               &scan->memory_capacity, sizeof *out->memories);
    out->memories[out->memory_count++] = *memory;
}

struct global_entry scan_global_type(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    struct global_entry global = {
        .type = scan_value_type(scan),
    };
    const uint8_t *where = reader->at;
    uint8_t flags = read_byte(reader);
    if (flags > 3)
        reader_fail(reader, where, "malformed mutability 0x%02x", flags);
    global.is_mutable = flags & 1;
    global.shared = flags & 2;
    note_flag(scan, global.shared, WASM_FEATURE_SHARED_EVERYTHING_THREADS, where,
              "global flag: shared");
    return global;
}

void scan_add_global(struct scan *scan, struct global_entry *global, const uint8_t *where)
{
    if (judging(scan))
        judge_global(scan, global, where);
    uint32_t *count = &scan->out->global_count;
    scan->globals = arena_grow(scan->arena, scan->globals, *count, &scan->global_capacity,
                               sizeof *scan->globals);
    scan->globals[(*count)++] = *global;
}

uint32_t scan_tag_type(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint8_t attribute = read_byte(reader);
    if (attribute != 0)
        reader_fail(reader, where, "malformed tag attribute 0x%02x", attribute);
    uint32_t type = read_u32(reader);
    if (type < scan->out->type_count && scan->types[type].form == FORM_FUNC &&
        scan->types[type].result_count > 0)
        scan_note(scan, WASM_FEATURE_STACK_SWITCHING, WASM_BY_TYPE, where, "tag with results");
    return type;
}

void scan_add_tag(struct scan *scan, uint32_t type, const uint8_t *where)
{
    if (scan->judge)
        judge_tag(scan, type, where);
    uint32_t *count = &scan->out->tag_count;
    scan->tag_types = arena_grow(scan->arena, scan->tag_types, *count, &scan->tag_capacity,
                                 sizeof *scan->tag_types);
    scan->tag_types[(*count)++] = type;
}
