#include "pkg/wasm/judge.h"

void scan_function_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "functions", 1);
    scan->function_types =
        arena_reserve(scan->arena, scan->function_types, scan->out->function_count, count,
                      &scan->function_capacity, sizeof *scan->function_types);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        scan_add_function(scan, read_u32(reader), where);
    }
}

void scan_table_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "tables", 3);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        if (reader_left(reader) == 0 || *reader->at != 0x40) {
            struct table_entry table = scan_table_type(scan);
            scan_add_table(scan, &table, false);
            continue;
        }
        scan_note(scan, WASM_FEATURE_TYPED_FUNCTION_REFERENCES, WASM_BY_FLAG, reader->at++,
                  "table with an initial value");
        const uint8_t *where = reader->at;
        if (read_byte(reader) != 0)
            reader_fail(reader, where, "malformed table");
        struct table_entry table = scan_table_type(scan);
        scan_add_table(scan, &table, true);
        scan_constant_expression(scan, scan->tables[scan->out->table_count - 1].packed);
    }
}

void scan_memory_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "memories", 2);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        struct wasm_memory memory = scan_memory_type(scan);
        scan_add_memory(scan, &memory, where);
    }
}

void scan_tag_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "tags", 2);
    if (count == 0)
        scan_note(scan, WASM_FEATURE_EXCEPTION_HANDLING, WASM_BY_SECTION, scan->section,
                  "tag section");
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        scan_note(scan, WASM_FEATURE_EXCEPTION_HANDLING, WASM_BY_SECTION, where, "tag");
        scan_add_tag(scan, scan_tag_type(scan), where);
    }
}

void scan_global_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "globals", 3);
    scan->globals = arena_reserve(scan->arena, scan->globals, scan->out->global_count, count,
                                  &scan->global_capacity, sizeof *scan->globals);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        struct global_entry global = scan_global_type(scan);
        if (judging(scan))
            judge_global(scan, &global, where);
        scan_constant_expression(scan, global.packed); /* does not see the global itself */
        scan_add_global(scan, &global, where);
    }
}

static void add_export(struct scan *scan, struct bytes name, const uint8_t *where,
                       enum wasm_extern kind, uint32_t index)
{
    struct wasm_info *out = scan->out;
    scan_measure(scan, WASM_NAME_BYTES, name.size, name.data);
    if (kind == WASM_GLOBAL && index < out->global_count && scan->globals[index].is_mutable)
        scan_note(scan, WASM_FEATURE_MUTABLE_GLOBALS, WASM_BY_FLAG, where,
                  "export of a mutable global");
    if (kind == WASM_TAG)
        scan_note(scan, WASM_FEATURE_EXCEPTION_HANDLING, WASM_BY_FLAG, where, "export of a tag");
    out->exports = arena_grow(scan->arena, out->exports, out->export_count, &scan->export_capacity,
                              sizeof *out->exports);
    out->exports[out->export_count++] =
        (struct wasm_export){name, extern_text(scan, kind, index), kind, index};
}

void scan_export_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "exports", 3);
    struct wasm_info *out = scan->out;
    out->exports = arena_reserve(scan->arena, out->exports, out->export_count, count,
                                 &scan->export_capacity, sizeof *out->exports);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct bytes name = read_name(reader);
        const uint8_t *where = reader->at;
        uint8_t kind = read_byte(reader);
        if (kind > WASM_TAG)
            reader_fail(reader, where, "malformed export kind 0x%02x", kind);
        uint32_t index = read_u32(reader);
        if (kind == WASM_FUNC)
            scan_place(scan, where + 1, index);
        if (!reader->failed)
            add_export(scan, name, where, (enum wasm_extern)kind, index);
        if (!reader->failed && judging(scan))
            judge_export(scan, (enum wasm_extern)kind, index, where);
    }
    if (judging(scan))
        judge_export_names(scan);
}

void scan_start_section(struct scan *scan)
{
    const uint8_t *where = scan->reader.at;
    uint32_t function = read_u32(&scan->reader);
    scan_place(scan, where, function);
    scan->out->has_start = true;
    if (judging(scan) && !scan->reader.failed)
        judge_start_function(scan, function, where);
}

enum { SEGMENT_PASSIVE = 1, SEGMENT_INDEX = 2, SEGMENT_EXPRESSIONS = 4 };

static void note_element_flags(struct scan *scan, uint32_t flags, const uint8_t *where)
{
    if (flags & SEGMENT_PASSIVE)
        scan_note(scan, WASM_FEATURE_BULK_MEMORY, WASM_BY_FLAG, where,
                  flags & SEGMENT_INDEX ? "declarative element segment"
                                        : "passive element segment");
    if (flags & SEGMENT_EXPRESSIONS)
        scan_note(scan, WASM_FEATURE_REFERENCE_TYPES, WASM_BY_FLAG, where,
                  "element segment of expressions");
    else if (flags == SEGMENT_INDEX)
        scan_note(scan, WASM_FEATURE_REFERENCE_TYPES, WASM_BY_FLAG, where,
                  "element segment with a table index");
}

/* The type of the elements, packed; PACKED_BOTTOM when nobody asks. */
static uint32_t read_element_kind(struct scan *scan, uint32_t flags)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    if (!(flags & (SEGMENT_PASSIVE | SEGMENT_INDEX)))
        return flags & SEGMENT_EXPRESSIONS ? PACKED_FUNCREF
                                           : PACKED_ABSTRACT_REF(TYPE_REF, TYPE_FUNC);
    if (flags & SEGMENT_EXPRESSIONS) {
        struct value_type type = scan_reference_type(scan);
        return judging(scan) && !reader->failed ? judge_pack(scan, type, where) : PACKED_BOTTOM;
    }
    uint8_t kind = read_byte(reader);
    if (kind != 0)
        reader_fail(reader, where, "malformed element kind 0x%02x", kind);
    return PACKED_ABSTRACT_REF(TYPE_REF, TYPE_FUNC);
}

static void read_elements(struct scan *scan, uint32_t flags, uint32_t type)
{
    struct reader *reader = &scan->reader;
    const uint8_t *start = reader->at;
    uint32_t count = read_length(reader, "elements", 1);
    scan_measure(scan, WASM_SEGMENT_ELEMENTS, count, start);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        if (flags & SEGMENT_EXPRESSIONS) {
            scan_constant_expression(scan, type);
            continue;
        }
        const uint8_t *where = reader->at;
        uint32_t function = read_u32(reader);
        scan_place(scan, where, function);
        if (judging(scan) && !reader->failed)
            judge_declare(scan, function, where);
    }
}

static void read_element_segment(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint32_t flags = read_u32(reader);
    if (flags > 7)
        reader_fail(reader, where, "malformed element segment kind %lu", (unsigned long)flags);
    if (reader->failed)
        return;
    note_element_flags(scan, flags, where);
    uint32_t table = 0;
    bool active = !(flags & SEGMENT_PASSIVE);
    if (active) {
        if (flags & SEGMENT_INDEX)
            table = read_u32(reader);
        uint32_t type = judging(scan) ? judge_element_table(scan, table, where) : 0;
        scan_constant_expression(scan, type);
    }
    uint32_t type = read_element_kind(scan, flags);
    if (judging(scan) && !reader->failed)
        judge_element_type(scan, type, active ? &table : NULL, where);
    read_elements(scan, flags, type);
}

void scan_element_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "element segments", 2);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        read_element_segment(scan);
        scan->out->element_count++;
    }
}

void scan_data_count_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    scan_note(scan, WASM_FEATURE_BULK_MEMORY, WASM_BY_SECTION, scan->section, "data count section");
    scan->data_announced = read_u32(reader);
    scan->has_data_count = true;
}

static void read_data_segment(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint32_t flags = read_u32(reader), memory = 0;
    if (flags > SEGMENT_INDEX)
        reader_fail(reader, where, "malformed data segment kind %lu", (unsigned long)flags);
    if (reader->failed)
        return;
    if (flags == SEGMENT_PASSIVE)
        scan_note(scan, WASM_FEATURE_BULK_MEMORY, WASM_BY_FLAG, where, "passive data segment");
    if (flags == SEGMENT_INDEX) {
        /* Multiple memories have this flag of their own right. */
        memory = read_u32(reader);
        bool other = memory != 0;
        scan_note(scan, other ? WASM_FEATURE_MULTIMEMORY : WASM_FEATURE_BULK_MEMORY, WASM_BY_FLAG,
                  where, "data segment with a memory index");
    }
    if (flags != SEGMENT_PASSIVE) {
        uint32_t type = judging(scan) ? judge_data_memory(scan, memory, where) : 0;
        scan_constant_expression(scan, type);
    }
    (void)read_bytes(reader, read_u32(reader));
}

void scan_data_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "data segments", 2);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_data_segment(scan);
    scan->out->data_count = count;
}

void scan_strings_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    scan_note(scan, WASM_FEATURE_STRINGS, WASM_BY_SECTION, scan->section, "strings section");
    if (read_byte(reader) != 0)
        reader_fail(reader, where, "malformed strings section");
    uint32_t count = read_count(reader, "strings", 1);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        (void)read_bytes(reader, read_u32(reader)); /* WTF-8: no UTF-8 check */
}
