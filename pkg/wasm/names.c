#include <string.h>

#include "pkg/wasm/demangle.h"
#include "pkg/wasm/scan.h"

/* What is wrong inside a custom section is no fault of the module (WebAssembly 3.0, appendix
   "Custom Sections"): these readers have an error of their own and stop. */
static struct reader quiet_reader(const struct scan *scan, struct bytes content,
                                  struct error *ignored)
{
    struct reader reader = scan->reader;
    reader.at = content.data;
    reader.end = content.data + content.size;
    reader.error = ignored;
    return reader;
}

/* More of these than anybody writes are not listed. */
enum { HINTS_MOST = 10000 };

static void read_producers(struct scan *scan, struct reader reader)
{
    struct wasm_info *out = scan->out;
    uint32_t fields = read_count(&reader, "fields", 2);
    for (uint32_t i = 0; i < fields && !reader.failed; i++) {
        const char *field = scan_safe(scan, read_name(&reader));
        uint32_t values = read_count(&reader, "values", 2);
        for (uint32_t k = 0; k < values && !reader.failed; k++) {
            struct bytes name = read_name(&reader);
            struct bytes version = read_name(&reader);
            if (reader.failed || out->producer_count == HINTS_MOST)
                return;
            out->producers = arena_grow(scan->arena, out->producers, out->producer_count,
                                        &scan->producer_capacity, sizeof *out->producers);
            out->producers[out->producer_count++] =
                (struct wasm_producer){field, scan_safe(scan, name), scan_safe(scan, version)};
        }
    }
}

static void read_target_features(struct scan *scan, struct reader reader)
{
    struct wasm_info *out = scan->out;
    uint32_t count = read_count(&reader, "features", 2);
    for (uint32_t i = 0; i < count && !reader.failed; i++) {
        char sign = (char)read_byte(&reader);
        struct bytes name = read_name(&reader);
        if (reader.failed || out->declared_feature_count == HINTS_MOST ||
            (sign != '+' && sign != '-' && sign != '='))
            return;
        out->declared_features =
            arena_grow(scan->arena, out->declared_features, out->declared_feature_count,
                       &scan->declared_capacity, sizeof *out->declared_features);
        out->declared_features[out->declared_feature_count++] =
            arena_printf(scan->arena, "%c%s", sign, scan_safe(scan, name));
    }
}

void scan_custom_section(struct scan *scan, struct bytes name)
{
    struct bytes content = {scan->reader.at, reader_left(&scan->reader)};
    struct error ignored;
    struct reader reader = quiet_reader(scan, content, &ignored);
    if (bytes_equal(name, bytes_of("name")))
        scan->names = content;
    if (bytes_equal(name, bytes_of("producers")))
        read_producers(scan, reader);
    if (bytes_equal(name, bytes_of("target_features")))
        read_target_features(scan, reader);
    if (bytes_equal(name, bytes_of("metadata.code.branch_hint")))
        scan_note(scan, WASM_FEATURE_BRANCH_HINTING, WASM_BY_SECTION, content.data,
                  "metadata.code.branch_hint section");
}

/* What has the function's name, and what is told by it. */
struct named {
    const char **name, **crate;
};

static size_t find_named(struct scan *scan, uint32_t function,
                         struct named out[WASM_FEATURE_COUNT + WASM_MEASURE_COUNT])
{
    size_t count = 0;
    for (unsigned i = 0; i < WASM_FEATURE_COUNT; i++) {
        struct wasm_use *use = &scan->uses[i];
        if (use->count && use->function == function && !use->function_name)
            out[count++] = (struct named){&use->function_name, &use->crate};
    }
    for (unsigned i = 0; i < WASM_MEASURE_COUNT; i++) {
        struct wasm_largest *largest = &scan->out->largest[i];
        if (largest->value && largest->function == function && !largest->function_name)
            out[count++] = (struct named){&largest->function_name, &largest->crate};
    }
    return count;
}

static void name_uses(struct scan *scan, uint32_t function, struct bytes name)
{
    struct named named[WASM_FEATURE_COUNT + WASM_MEASURE_COUNT];
    size_t count = find_named(scan, function, named);
    struct demangled demangled = {0};
    if (count)
        demangled = demangle(scan->arena, name);
    for (size_t i = 0; i < count; i++) {
        *named[i].name = demangled.name;
        *named[i].crate = demangled.crate;
    }
}

/* The functions that stand in uses and are the largest, as bits by the lowest byte of the index: a
   cheap answer for nearly all names. */
static void mark_functions(const struct scan *scan, bool marked[256])
{
    for (unsigned i = 0; i < WASM_FEATURE_COUNT; i++)
        if (scan->uses[i].count && scan->uses[i].function != WASM_NO_FUNCTION)
            marked[scan->uses[i].function & 0xff] = true;
    for (unsigned i = 0; i < WASM_MEASURE_COUNT; i++)
        if (scan->out->largest[i].value && scan->out->largest[i].function != WASM_NO_FUNCTION)
            marked[scan->out->largest[i].function & 0xff] = true;
}

static void read_function_names(struct scan *scan, struct reader reader, const bool marked[256])
{
    uint32_t count = read_count(&reader, "names", 2);
    for (uint32_t i = 0; i < count && !reader.failed; i++) {
        uint32_t function = read_u32(&reader);
        struct bytes name = read_bytes(&reader, read_u32(&reader));
        if (!reader.failed && marked[function & 0xff])
            name_uses(scan, function, name);
    }
}

enum { NAMES_FUNCTIONS = 1 };

static void read_name_section(struct scan *scan, const bool marked[256])
{
    struct error ignored;
    struct reader reader = quiet_reader(scan, scan->names, &ignored);
    while (reader.at < reader.end) {
        uint8_t id = read_byte(&reader);
        struct bytes content = read_bytes(&reader, read_u32(&reader));
        if (!reader.failed && id == NAMES_FUNCTIONS)
            read_function_names(scan, quiet_reader(scan, content, &ignored), marked);
    }
}

void scan_function_names(struct scan *scan)
{
    bool marked[256] = {false};
    mark_functions(scan, marked);
    if (scan->names.data)
        read_name_section(scan, marked);
    const struct wasm_info *out = scan->out;
    for (size_t i = 0; i < out->export_count; i++)
        if (out->exports[i].kind == WASM_FUNC && marked[out->exports[i].index & 0xff])
            name_uses(scan, out->exports[i].index, out->exports[i].name);
}
