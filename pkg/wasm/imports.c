#include <string.h>

#include "pkg/wasm/judge.h"

/* Where a kind is expected in an import (compact import section, proposal of 2025). */
enum { IMPORTS_TYPED_NAMES = 0x7f, IMPORTS_NAMES = 0x7e, KIND_EXACT_FUNCTION = 0x20 };

/* Built-in modules of the JS string builtins; by convention ' has the string constants. */
static bool is_builtin(struct bytes module, enum wasm_extern kind)
{
    return bytes_equal(module, bytes_of("wasm:js-string")) ||
           bytes_equal(module, bytes_of("wasm:text-encoder")) ||
           bytes_equal(module, bytes_of("wasm:text-decoder")) ||
           (kind == WASM_GLOBAL && bytes_equal(module, bytes_of("'")));
}

/* What an import is: only one of the members below `kind` counts. */
struct extern_type {
    enum wasm_extern kind;
    const uint8_t *at; /* behind the byte of the kind */
    bool exact;        /* a function of exactly that type */
    uint32_t type;     /* of a function or tag */
    struct table_entry table;
    struct wasm_memory memory;
    struct global_entry global;
};

static void read_global(struct scan *scan, struct extern_type *out)
{
    out->global = scan_global_type(scan);
    out->global.imported = true;
    if (out->global.is_mutable)
        scan_note(scan, WASM_FEATURE_MUTABLE_GLOBALS, WASM_BY_FLAG, out->at - 1,
                  "import of a mutable global");
}

/* The kind and type behind an import's names. */
static bool read_extern(struct scan *scan, struct extern_type *out)
{
    struct reader *reader = &scan->reader;
    uint8_t kind = read_byte(reader);
    *out = (struct extern_type){.kind = (enum wasm_extern)kind, .at = reader->at};
    switch (kind) {
    case KIND_EXACT_FUNCTION:
        scan_note(scan, WASM_FEATURE_CUSTOM_DESCRIPTORS, WASM_BY_IMPORT, out->at - 1,
                  "import of an exact function");
        out->kind = WASM_FUNC;
        out->exact = true;
        out->type = read_u32(reader);
        break;
    case WASM_FUNC:
        out->type = read_u32(reader);
        break;
    case WASM_TABLE:
        out->table = scan_table_type(scan);
        break;
    case WASM_MEMORY:
        out->memory = scan_memory_type(scan);
        out->memory.imported = true;
        break;
    case WASM_GLOBAL:
        read_global(scan, out);
        break;
    case WASM_TAG:
        scan_note(scan, WASM_FEATURE_EXCEPTION_HANDLING, WASM_BY_IMPORT, out->at,
                  "import of a tag");
        out->type = scan_tag_type(scan);
        break;
    default:
        reader_fail(reader, out->at - 1, "malformed import kind 0x%02x", kind);
    }
    return !reader->failed;
}

/* Appends it to its index space; returns its index there. */
static uint32_t add_extern(struct scan *scan, struct extern_type *type)
{
    const struct wasm_info *out = scan->out;
    switch (type->kind) {
    case WASM_FUNC:
        scan_add_function(scan, type->type, type->at);
        if (type->exact && judging(scan))
            judge_exact_import(scan, scan->imported_functions);
        return scan->imported_functions++;
    case WASM_TABLE:
        scan_add_table(scan, &type->table, true);
        return out->table_count - 1;
    case WASM_MEMORY:
        scan_add_memory(scan, &type->memory, type->at);
        return (uint32_t)out->memory_count - 1;
    case WASM_GLOBAL:
        scan_add_global(scan, &type->global, type->at);
        return out->global_count - 1;
    case WASM_TAG:
        scan_add_tag(scan, type->type, type->at);
        return out->tag_count - 1;
    }
    return 0;
}

static void add_import(struct scan *scan, struct bytes module, const char *safe_module,
                       struct bytes name, struct extern_type *type)
{
    struct wasm_info *out = scan->out;
    if (!reader_has_room(&scan->reader, out->import_count, "imports"))
        return;
    if (is_builtin(module, type->kind))
        scan_note(scan, WASM_FEATURE_JS_STRING_BUILTINS, WASM_BY_IMPORT, name.data,
                  "import of a string builtin");
    scan_measure(scan, WASM_NAME_BYTES, module.size, module.data);
    scan_measure(scan, WASM_NAME_BYTES, name.size, name.data);
    uint32_t index = add_extern(scan, type);
    out->imports = arena_grow(scan->arena, out->imports, out->import_count, &scan->import_capacity,
                              sizeof *out->imports);
    out->imports[out->import_count++] = (struct wasm_import){
        safe_module, scan_safe(scan, name), extern_text(scan, type->kind, index), type->kind,
        (size_t)(name.data - scan->reader.file)};
}

static void read_typed_names(struct scan *scan, struct bytes module, const char *safe)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "imports", 3);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct bytes name = read_name(reader);
        struct extern_type type;
        if (read_extern(scan, &type))
            add_import(scan, module, safe, name, &type);
    }
}

/* One type for many names. */
static void read_names(struct scan *scan, struct bytes module, const char *safe)
{
    struct reader *reader = &scan->reader;
    struct extern_type type;
    if (!read_extern(scan, &type))
        return;
    uint32_t count = read_count(reader, "imports", 1);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct bytes name = read_name(reader);
        if (!reader->failed)
            add_import(scan, module, safe, name, &type);
    }
}

const char *scan_extern_type(struct scan *scan, enum wasm_extern *kind)
{
    struct extern_type type;
    if (!read_extern(scan, &type))
        return NULL;
    *kind = type.kind;
    return extern_text(scan, type.kind, add_extern(scan, &type));
}

void scan_import(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    struct bytes module = read_name(reader);
    struct bytes name = read_name(reader);
    if (reader->failed)
        return;
    const uint8_t *where = reader->at;
    const char *safe = scan_safe(scan, module);
    uint8_t kind = reader_left(reader) ? *reader->at : 0;
    if (name.size == 0 && (kind == IMPORTS_TYPED_NAMES || kind == IMPORTS_NAMES)) {
        scan_note(scan, WASM_FEATURE_COMPACT_IMPORTS, WASM_BY_IMPORT, where,
                  "compact import entry");
        reader->at++;
        if (kind == IMPORTS_NAMES)
            read_names(scan, module, safe);
        else
            read_typed_names(scan, module, safe);
        return;
    }
    struct extern_type type;
    if (read_extern(scan, &type))
        add_import(scan, module, safe, name, &type);
}

void scan_import_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "imports", 4);
    struct wasm_info *out = scan->out;
    out->imports = arena_reserve(scan->arena, out->imports, out->import_count, count,
                                 &scan->import_capacity, sizeof *out->imports);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        scan_import(scan);
}
