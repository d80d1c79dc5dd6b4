#include "pkg/wasm/judge.h"

/* What a type byte needs, and its name. References as shorthand, heap types behind a prefix. */
static const struct type_row {
    uint8_t byte, feature;
    const char *name;
} type_rows[] = {
    {TYPE_FUNC, WASM_FEATURE_REFERENCE_TYPES, "funcref"},
    {TYPE_EXTERN, WASM_FEATURE_REFERENCE_TYPES, "externref"},
    {TYPE_ANY, WASM_FEATURE_GC, "anyref"},
    {TYPE_EQ, WASM_FEATURE_GC, "eqref"},
    {TYPE_I31, WASM_FEATURE_GC, "i31ref"},
    {TYPE_STRUCT, WASM_FEATURE_GC, "structref"},
    {TYPE_ARRAY, WASM_FEATURE_GC, "arrayref"},
    {TYPE_NONE, WASM_FEATURE_GC, "nullref"},
    {TYPE_NOEXTERN, WASM_FEATURE_GC, "nullexternref"},
    {TYPE_NOFUNC, WASM_FEATURE_GC, "nullfuncref"},
    {TYPE_EXN, WASM_FEATURE_EXNREF, "exnref"},
    {TYPE_NOEXN, WASM_FEATURE_EXNREF, "nullexnref"},
    {TYPE_CONT, WASM_FEATURE_STACK_SWITCHING, "contref"},
    {TYPE_NOCONT, WASM_FEATURE_STACK_SWITCHING, "nullcontref"},
    {TYPE_STRING, WASM_FEATURE_STRINGS, "stringref"},
};

static const struct type_row *find_row(uint8_t byte)
{
    for (size_t i = 0; i < sizeof type_rows / sizeof *type_rows; i++)
        if (type_rows[i].byte == byte)
            return &type_rows[i];
    return NULL;
}

static void note_type(struct scan *scan, enum wasm_feature feature, const uint8_t *where,
                      const char *what)
{
    scan_note(scan, feature, WASM_BY_TYPE, where, what);
}

static void read_prefixes(struct scan *scan, struct value_type *type)
{
    struct reader *reader = &scan->reader;
    if (reader_left(reader) && *reader->at == TYPE_EXACT) {
        note_type(scan, WASM_FEATURE_CUSTOM_DESCRIPTORS, reader->at++, "exact reference type");
        type->flags |= TYPE_FLAG_EXACT;
    }
    if (reader_left(reader) && *reader->at == TYPE_SHARED) {
        note_type(scan, WASM_FEATURE_SHARED_EVERYTHING_THREADS, reader->at++, "shared type");
        type->flags |= TYPE_FLAG_SHARED;
    }
}

/* `prefixed`: behind REF or REF_NULL, which need more than the reference types func and extern. */
static struct value_type read_heap_type(struct scan *scan, uint8_t code, bool prefixed)
{
    struct reader *reader = &scan->reader;
    struct value_type type = {.code = code};
    read_prefixes(scan, &type);
    const uint8_t *where = reader->at;
    int64_t heap = read_signed(reader, 33);
    if (reader->failed)
        return type;
    if (heap >= 0) {
        note_type(scan, WASM_FEATURE_TYPED_FUNCTION_REFERENCES, where, "reference to a type");
        type.index = (uint32_t)heap;
        return type;
    }
    bool one_byte = reader->at - where == 1;
    const struct type_row *row = one_byte ? find_row((uint8_t)(heap & 0x7f)) : NULL;
    if (!row || type.flags & TYPE_FLAG_EXACT) {
        reader_fail(reader, where, "malformed heap type");
        return type;
    }
    if (!prefixed || row->feature != WASM_FEATURE_REFERENCE_TYPES)
        note_type(scan, (enum wasm_feature)row->feature, where, row->name);
    type.heap = row->byte;
    return type;
}

struct value_type scan_heap_type(struct scan *scan, uint8_t code)
{
    return read_heap_type(scan, code, false);
}

static struct value_type read_reference(struct scan *scan, uint8_t byte, const uint8_t *where)
{
    struct value_type type = {.code = TYPE_REF_NULL, .heap = byte};
    if (byte == TYPE_REF || byte == TYPE_REF_NULL) {
        note_type(scan, WASM_FEATURE_TYPED_FUNCTION_REFERENCES, where,
                  byte == TYPE_REF ? "ref type" : "ref null type");
        return read_heap_type(scan, byte, true);
    }
    if (byte == TYPE_SHARED) {
        scan->reader.at = where;
        return read_heap_type(scan, TYPE_REF_NULL, true);
    }
    const struct type_row *row = find_row(byte);
    if (row)
        note_type(scan, (enum wasm_feature)row->feature, where, row->name);
    else
        reader_fail(&scan->reader, where, "malformed value type 0x%02x", byte);
    return type;
}

struct value_type scan_value_type(struct scan *scan)
{
    const uint8_t *where = scan->reader.at;
    uint8_t byte = read_byte(&scan->reader);
    if (byte == TYPE_V128)
        note_type(scan, WASM_FEATURE_SIMD128, where, "v128");
    if (byte >= TYPE_V128 && byte <= TYPE_I32)
        return (struct value_type){.code = byte};
    return read_reference(scan, byte, where);
}

struct value_type scan_reference_type(struct scan *scan)
{
    const uint8_t *where = scan->reader.at;
    struct value_type type = scan_value_type(scan);
    if (type.code != TYPE_REF && type.code != TYPE_REF_NULL)
        reader_fail(&scan->reader, where, "malformed reference type");
    return type;
}

static struct value_type read_field(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    struct value_type type;
    if (reader_left(reader) && (*where == TYPE_I8 || *where == TYPE_I16)) {
        type = (struct value_type){.code = read_byte(reader)};
        note_type(scan, WASM_FEATURE_GC, where, type.code == TYPE_I8 ? "i8 field" : "i16 field");
    } else {
        type = scan_value_type(scan);
    }
    where = reader->at;
    uint8_t mutability = read_byte(reader);
    if (mutability > 1)
        reader_fail(reader, where, "malformed mutability 0x%02x", mutability);
    if (mutability == 1)
        type.flags |= TYPE_FLAG_MUTABLE;
    return type;
}

/* A vector of types; `type->values` gets room for both vectors of a function as they come. */
static uint32_t read_values(struct scan *scan, struct type_entry *type, uint32_t before,
                            const char *things, bool fields)
{
    uint32_t count = read_count(&scan->reader, things, fields ? 2 : 1);
    if (count == 0)
        return 0;
    struct value_type *values =
        arena_alloc(scan->arena, (size_t)before + count, sizeof *type->values);
    for (uint32_t i = 0; i < before; i++)
        values[i] = type->values[i];
    type->values = values;
    for (uint32_t i = 0; i < count && !scan->reader.failed; i++)
        values[before + i] = fields ? read_field(scan) : scan_value_type(scan);
    return count;
}

static void read_function_type(struct scan *scan, struct type_entry *type, const uint8_t *where)
{
    type->param_count = read_values(scan, type, 0, "parameters", false);
    type->result_count = read_values(scan, type, type->param_count, "results", false);
    scan_measure(scan, WASM_PARAMETERS, type->param_count, where);
    scan_measure(scan, WASM_RESULTS, type->result_count, where);
    if (type->result_count > 1)
        note_type(scan, WASM_FEATURE_MULTIVALUE, where, "function type with several results");
}

static void read_array_type(struct scan *scan, struct type_entry *type)
{
    type->values = arena_alloc(scan->arena, 1, sizeof *type->values);
    type->values[0] = read_field(scan);
    type->param_count = 1;
}

static void read_continuation_type(struct scan *scan, struct type_entry *type)
{
    const uint8_t *where = scan->reader.at;
    type->values = arena_alloc(scan->arena, 1, sizeof *type->values);
    int64_t index = read_signed(&scan->reader, 33);
    if (index < 0)
        reader_fail(&scan->reader, where, "malformed continuation type");
    type->values[0].index = (uint32_t)index;
}

static void read_composite_type(struct scan *scan, struct type_entry *type)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    type->form = read_byte(reader);
    switch (type->form) {
    case FORM_FUNC:
        read_function_type(scan, type, where);
        return;
    case FORM_STRUCT:
        note_type(scan, WASM_FEATURE_GC, where, "struct type");
        type->param_count = read_values(scan, type, 0, "fields", true);
        scan_measure(scan, WASM_FIELDS, type->param_count, where);
        return;
    case FORM_ARRAY:
        note_type(scan, WASM_FEATURE_GC, where, "array type");
        read_array_type(scan, type);
        return;
    case FORM_CONT:
        note_type(scan, WASM_FEATURE_STACK_SWITCHING, where, "continuation type");
        read_continuation_type(scan, type);
        return;
    default:
        reader_fail(reader, where, "malformed definition type 0x%02x", type->form);
    }
}

/* Prefixes of a composite type, each at most once and in this order. */
static void read_type_prefixes(struct scan *scan, struct type_entry *type)
{
    static const struct {
        uint8_t byte, feature;
        const char *name;
    } prefixes[] = {
        {TYPE_SHARED, WASM_FEATURE_SHARED_EVERYTHING_THREADS, "shared type"},
        {FORM_DESCRIBES, WASM_FEATURE_CUSTOM_DESCRIPTORS, "describes clause"},
        {FORM_DESCRIPTOR, WASM_FEATURE_CUSTOM_DESCRIPTORS, "descriptor clause"},
    };
    struct reader *reader = &scan->reader;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (reader_left(reader) && *reader->at == prefixes[i].byte) {
            note_type(scan, (enum wasm_feature)prefixes[i].feature, reader->at++, prefixes[i].name);
            if (prefixes[i].byte == FORM_DESCRIBES)
                type->described = read_u32(reader);
            if (prefixes[i].byte == FORM_DESCRIPTOR)
                type->descriptor = read_u32(reader);
        }
}

static void read_supertypes(struct reader *reader, struct type_entry *type)
{
    type->supertypes = read_count(reader, "supertypes", 1);
    for (uint32_t i = 0; i < type->supertypes; i++) {
        uint32_t index = read_u32(reader);
        if (i == 0)
            type->supertype = index;
    }
}

static void read_subtype(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    struct wasm_info *out = scan->out;
    struct type_entry type = {.at = reader->at,
                              .supertype = TYPE_NO_INDEX,
                              .described = TYPE_NO_INDEX,
                              .descriptor = TYPE_NO_INDEX};
    if (reader_left(reader) && (*reader->at == FORM_SUB || *reader->at == FORM_SUB_FINAL)) {
        note_type(scan, WASM_FEATURE_GC, reader->at,
                  *reader->at == FORM_SUB ? "sub type" : "sub final type");
        type.open = *reader->at++ == FORM_SUB;
        read_supertypes(reader, &type);
    }
    read_type_prefixes(scan, &type);
    read_composite_type(scan, &type);
    if (!reader_has_room(reader, out->type_count, "types"))
        return;
    scan->types = arena_grow(scan->arena, scan->types, out->type_count, &scan->type_capacity,
                             sizeof *scan->types);
    scan->types[out->type_count++] = type;
}

void scan_type_group(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t group = 1;
    if (reader_left(reader) && *reader->at == FORM_REC) {
        note_type(scan, WASM_FEATURE_GC, reader->at++, "recursive type group");
        group = read_count(reader, "types", 2);
    }
    for (uint32_t k = 0; k < group && !reader->failed; k++)
        read_subtype(scan);
    if (judging(scan) && !reader->failed)
        judge_group(scan, scan->out->type_count - group, group);
}

void scan_type_section(struct scan *scan)
{
    uint32_t count = read_count(&scan->reader, "types", 2);
    if (scan->judge)
        judge_types_start(scan, count);
    for (uint32_t i = 0; i < count && !scan->reader.failed; i++)
        scan_type_group(scan);
}
