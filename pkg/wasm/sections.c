#include "pkg/wasm/scan.h"

void scan_function_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "functions", 1);
    scan->function_types =
        arena_reserve(scan->arena, scan->function_types, scan->out->function_count, count,
                      &scan->function_capacity, sizeof *scan->function_types);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        scan_add_function(scan, read_u32(reader));
}

void scan_table_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "tables", 3);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        if (reader_left(reader) == 0 || *reader->at != 0x40) {
            struct table_entry table = scan_table_type(scan);
            scan_add_table(scan, &table);
            continue;
        }
        scan_note(scan, WASM_FEATURE_TYPED_FUNCTION_REFERENCES, WASM_BY_FLAG, reader->at++,
                  "table with an initial value");
        const uint8_t *where = reader->at;
        if (read_byte(reader) != 0)
            reader_fail(reader, where, "malformed table");
        struct table_entry table = scan_table_type(scan);
        scan_add_table(scan, &table);
        scan_constant_expression(scan);
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
        scan_note(scan, WASM_FEATURE_EXCEPTION_HANDLING, WASM_BY_SECTION, reader->at, "tag");
        scan_add_tag(scan, scan_tag_type(scan));
    }
}

void scan_global_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "globals", 3);
    scan->globals = arena_reserve(scan->arena, scan->globals, scan->out->global_count, count,
                                  &scan->global_capacity, sizeof *scan->globals);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct global_entry global = scan_global_type(scan);
        scan_add_global(scan, &global);
        scan_constant_expression(scan);
    }
}

static void add_export(struct scan *scan, struct bytes name, const uint8_t *where,
                       enum wasm_extern kind, uint32_t index)
{
    struct wasm_info *out = scan->out;
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
        if (!reader->failed)
            add_export(scan, name, where, (enum wasm_extern)kind, index);
    }
}

void scan_start_section(struct scan *scan)
{
    (void)read_u32(&scan->reader);
    scan->out->has_start = true;
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

static void read_element_kind(struct scan *scan, uint32_t flags)
{
    struct reader *reader = &scan->reader;
    if (flags & SEGMENT_EXPRESSIONS) {
        (void)scan_reference_type(scan);
        return;
    }
    const uint8_t *where = reader->at;
    uint8_t kind = read_byte(reader);
    if (kind != 0)
        reader_fail(reader, where, "malformed element kind 0x%02x", kind);
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
    if (!(flags & SEGMENT_PASSIVE)) {
        if (flags & SEGMENT_INDEX)
            (void)read_u32(reader);
        scan_constant_expression(scan);
    }
    if (flags & (SEGMENT_PASSIVE | SEGMENT_INDEX))
        read_element_kind(scan, flags);
    uint32_t count = read_length(reader, "elements", 1);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        if (flags & SEGMENT_EXPRESSIONS)
            scan_constant_expression(scan);
        else
            (void)read_u32(reader);
    }
}

void scan_element_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "element segments", 2);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_element_segment(scan);
    scan->out->element_count = count;
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
    uint32_t flags = read_u32(reader);
    if (flags > SEGMENT_INDEX)
        reader_fail(reader, where, "malformed data segment kind %lu", (unsigned long)flags);
    if (reader->failed)
        return;
    if (flags == SEGMENT_PASSIVE)
        scan_note(scan, WASM_FEATURE_BULK_MEMORY, WASM_BY_FLAG, where, "passive data segment");
    if (flags == SEGMENT_INDEX) {
        /* Multiple memories have this flag of their own right. */
        bool other = read_u32(reader) != 0;
        scan_note(scan, other ? WASM_FEATURE_MULTIMEMORY : WASM_FEATURE_BULK_MEMORY, WASM_BY_FLAG,
                  where, "data segment with a memory index");
    }
    if (flags != SEGMENT_PASSIVE)
        scan_constant_expression(scan);
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
