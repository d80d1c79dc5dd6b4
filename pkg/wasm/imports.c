#include <string.h>

#include "pkg/wasm/scan.h"

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

static void read_function(struct scan *scan)
{
    scan_function_entry(scan, read_u32(&scan->reader));
    scan->imported_functions++;
}

/* The kind and type behind an import's names; the kind goes to `out`. */
static bool read_extern(struct scan *scan, enum wasm_extern *out)
{
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint8_t kind = read_byte(reader);
    if (kind == KIND_EXACT_FUNCTION) {
        scan_note(scan, WASM_FEATURE_CUSTOM_DESCRIPTORS, WASM_BY_IMPORT, where,
                  "import of an exact function");
        kind = WASM_FUNC;
    }
    *out = (enum wasm_extern)kind;
    switch (kind) {
    case WASM_FUNC:
        read_function(scan);
        break;
    case WASM_TABLE:
        scan_table_type(scan);
        break;
    case WASM_MEMORY:
        scan_memory_type(scan, true);
        break;
    case WASM_GLOBAL:
        scan_global_type(scan, where);
        break;
    case WASM_TAG:
        scan_note(scan, WASM_FEATURE_EXCEPTION_HANDLING, WASM_BY_IMPORT, reader->at,
                  "import of a tag");
        scan_tag_type(scan);
        break;
    default:
        reader_fail(reader, where, "malformed import kind 0x%02x", kind);
    }
    return !reader->failed;
}

static uint32_t last_index(const struct wasm_info *out, enum wasm_extern kind)
{
    uint32_t counts[] = {out->function_count, out->table_count, (uint32_t)out->memory_count,
                         out->global_count, out->tag_count};
    return counts[kind] - 1;
}

static void add_import(struct scan *scan, struct bytes module, const char *safe_module,
                       struct bytes name, enum wasm_extern kind)
{
    struct wasm_info *out = scan->out;
    if (is_builtin(module, kind))
        scan_note(scan, WASM_FEATURE_JS_STRING_BUILTINS, WASM_BY_IMPORT, name.data,
                  "import of a string builtin");
    out->imports = arena_grow(scan->arena, out->imports, out->import_count, &scan->import_capacity,
                              sizeof *out->imports);
    out->imports[out->import_count++] = (struct wasm_import){
        safe_module, scan_safe(scan, name), extern_text(scan, kind, last_index(out, kind)), kind,
        (size_t)(name.data - scan->reader.file)};
}

static void read_typed_names(struct scan *scan, struct bytes module, const char *safe)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "imports", 3);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct bytes name = read_name(reader);
        enum wasm_extern kind;
        if (read_extern(scan, &kind))
            add_import(scan, module, safe, name, kind);
    }
}

/* One type for many names: the entry is read again for each. */
static void read_names(struct scan *scan, struct bytes module, const char *safe)
{
    struct reader *reader = &scan->reader;
    const uint8_t *type = reader->at;
    struct scan dry = *scan;
    struct wasm_info scratch = *scan->out;
    dry.out = &scratch;
    enum wasm_extern kind;
    if (!read_extern(&dry, &kind)) {
        reader->failed = true;
        reader->at = reader->end;
        return;
    }
    reader->at = dry.reader.at;
    uint32_t count = read_count(reader, "imports", 1);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        struct bytes name = read_name(reader);
        const uint8_t *next = reader->at;
        reader->at = reader->failed ? reader->end : type;
        if (read_extern(scan, &kind)) {
            add_import(scan, module, safe, name, kind);
            reader->at = next;
        }
    }
}

static void read_import(struct scan *scan)
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
    enum wasm_extern got;
    if (read_extern(scan, &got))
        add_import(scan, module, safe, name, got);
}

void scan_import_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t count = read_count(reader, "imports", 4);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_import(scan);
}
