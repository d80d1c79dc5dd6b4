/* What a module tells of the program it was built from. */
#include <string.h>

#include "pkg/wasm/dwarf.h"
#include "pkg/wasm/scan.h"

/* The content of a custom section, past its name. */
static struct reader custom_content(const struct scan *scan, const struct wasm_section *section,
                                    struct error *ignored)
{
    struct reader reader = scan->reader;
    reader.at = scan->reader.file + section->offset;
    reader.end = reader.at + section->size;
    reader.error = ignored;
    (void)read_name(&reader);
    return reader;
}

static void take(struct wasm_info *out, enum wasm_debug debug, const char *url)
{
    if (out->debug >= debug)
        return;
    out->debug = debug;
    out->debug_url = url;
}

/* Both sections of this kind hold nothing but a name. */
static void take_url(struct scan *scan, struct reader content, enum wasm_debug debug)
{
    struct bytes url = read_name(&content);
    if (!content.failed && url.size)
        take(scan->out, debug, scan_safe(scan, url));
}

enum { NAMES_FUNCTIONS = 1 };

static bool names_functions(struct reader content)
{
    while (content.at < content.end) {
        uint8_t id = read_byte(&content);
        struct bytes names = read_bytes(&content, read_u32(&content));
        if (id == NAMES_FUNCTIONS && !content.failed && names.size && names.data[0])
            return true;
    }
    return false;
}

/* Debug information has a function begin behind its size; of what is largest in a body, it is the
   instruction. */
static size_t first_byte(const struct scan *scan, enum wasm_measure measure, size_t offset)
{
    const uint8_t *at = scan->reader.file + offset;
    while (measure == WASM_FUNCTION_BYTES && at < scan->reader.end && (*at & 0x80))
        at++;
    return (size_t)(at - scan->reader.file) + (measure == WASM_FUNCTION_BYTES);
}

/* All at once: a line program is read from its start, whatever is wanted of it. */
static void find_lines(struct scan *scan)
{
    struct wasm_info *out = scan->out;
    struct dwarf_line lines[WASM_FEATURE_COUNT + WASM_MEASURE_COUNT];
    struct wasm_source *sources[WASM_FEATURE_COUNT + WASM_MEASURE_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < out->use_count; i++)
        if (out->uses[i].function != WASM_NO_FUNCTION) {
            sources[count] = &out->uses[i].source;
            lines[count++] = (struct dwarf_line){.offset = out->uses[i].offset};
        }
    for (unsigned i = 0; i < WASM_MEASURE_COUNT; i++)
        if (out->largest[i].value && out->largest[i].function != WASM_NO_FUNCTION) {
            size_t offset = first_byte(scan, (enum wasm_measure)i, out->largest[i].offset);
            sources[count] = &out->largest[i].source;
            lines[count++] = (struct dwarf_line){.offset = offset};
        }
    struct bytes file = {scan->reader.file, (size_t)(scan->reader.end - scan->reader.file)};
    dwarf_lines(scan->arena, file, out, lines, count);
    for (size_t i = 0; i < count; i++)
        *sources[i] = lines[i].source;
}

void scan_debug(struct scan *scan)
{
    struct wasm_info *out = scan->out;
    for (size_t i = 0; i < out->section_count; i++) {
        const struct wasm_section *section = &out->sections[i];
        struct error ignored;
        if (!section->custom)
            continue;
        struct reader content = custom_content(scan, section, &ignored);
        if (strcmp(section->name, "name") == 0 && names_functions(content))
            take(out, WASM_DEBUG_NAMES, NULL);
        else if (strcmp(section->name, "sourceMappingURL") == 0)
            take_url(scan, content, WASM_DEBUG_MAP);
        else if (strcmp(section->name, "external_debug_info") == 0)
            take_url(scan, content, WASM_DEBUG_EXTERNAL);
        else if (strcmp(section->name, ".debug_line") == 0 && reader_left(&content) > 0)
            take(out, WASM_DEBUG_DWARF, NULL);
    }
    if (out->debug == WASM_DEBUG_DWARF)
        find_lines(scan);
}

const char *wasm_debug_text(struct arena *arena, const struct wasm_info *info)
{
    switch (info->debug) {
    case WASM_DEBUG_DWARF:
        return "dwarf";
    case WASM_DEBUG_EXTERNAL:
        return arena_printf(arena, "external: %s", info->debug_url);
    case WASM_DEBUG_MAP:
        return arena_printf(arena, "source map: %s", info->debug_url);
    case WASM_DEBUG_NAMES:
        return "names";
    case WASM_DEBUG_NONE:
        break;
    }
    return "none";
}
