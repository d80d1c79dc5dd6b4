#include "pkg/wasm/judge.h"

#include <string.h>

#include "pkg/base/text.h"

static const char *const extern_names[] = {"func", "table", "memory", "global", "tag"};
static const char *const reason_names[] = {"instruction", "type", "flag", "section", "import"};

const char *wasm_extern_name(enum wasm_extern kind)
{
    return extern_names[kind];
}

const char *wasm_reason_name(enum wasm_reason reason)
{
    return reason_names[reason];
}

/* Nearly all names are printable ASCII: a check and a copy are much cheaper. */
static bool is_plain(struct bytes text)
{
    uint8_t odd = 0;
    for (size_t i = 0; i < text.size; i++)
        odd |= (uint8_t)(text.data[i] < 0x20 || text.data[i] > 0x7e);
    return odd == 0;
}

const char *scan_safe(struct scan *scan, struct bytes text)
{
    if (is_plain(text))
        return arena_copy(scan->arena, text.data, text.size);
    return text_safe(scan->arena, (const char *)text.data, text.size);
}

/* A function says more of where a feature is from than the sections in front of it do. Several
   bodies are read at once: the first in the file need not come first. */
static bool goes_before(const struct wasm_use *use, uint32_t function, size_t offset)
{
    bool inside = function != WASM_NO_FUNCTION;
    if (inside != (use->function != WASM_NO_FUNCTION))
        return inside;
    return offset < use->offset;
}

void scan_note(struct scan *scan, enum wasm_feature feature, enum wasm_reason reason,
               const uint8_t *where, const char *what)
{
    struct wasm_use *use = &scan->uses[feature];
    size_t offset = (size_t)(where - scan->reader.file);
    scan->body_features |= wasm_feature_bit(feature);
    if (use->count++ == 0 || goes_before(use, scan->reader.function, offset)) {
        if (use->count > 1 && use->function == WASM_NO_FUNCTION)
            use->ahead = (struct wasm_ahead){use->reason, use->instruction, use->offset};
        use->feature = feature;
        use->reason = reason;
        use->offset = offset;
        use->function = scan->reader.function;
        use->instruction = what;
    }
    if (reason != WASM_BY_INSTRUCTION)
        scan_note_way(scan, use, &(struct wasm_way){reason, what, 1, NULL});
}

void scan_note_way(struct scan *scan, struct wasm_use *use, const struct wasm_way *way)
{
    struct wasm_way **at = &use->ways;
    while (*at && ((*at)->reason != way->reason || strcmp((*at)->what, way->what) != 0))
        at = &(*at)->next;
    if (!*at) {
        *at = arena_alloc(scan->arena, 1, sizeof **at);
        **at = (struct wasm_way){.reason = way->reason, .what = way->what};
    }
    (*at)->count += way->count;
}

/* Instructions are only counted, because there are many: they are what the ways leave over. */
static void add_instructions(struct scan *scan, struct wasm_use *use)
{
    uint64_t left = use->count;
    for (const struct wasm_way *way = use->ways; way; way = way->next)
        left -= way->count;
    if (left) {
        struct wasm_way *first = arena_alloc(scan->arena, 1, sizeof *first);
        *first = (struct wasm_way){.reason = WASM_BY_INSTRUCTION, .count = left, .next = use->ways};
        use->ways = first;
    }
}

/* By section id. The rank is the place in the order sections come in (WebAssembly 3.0, binary
   format, "Modules"; the strings section of stringref stands before the globals). */
static const struct section_row {
    const char *name;
    unsigned rank;
    void (*read)(struct scan *);
} section_rows[] = {
    {"custom", 0, NULL},
    {"type", 1, scan_type_section},
    {"import", 2, scan_import_section},
    {"function", 3, scan_function_section},
    {"table", 4, scan_table_section},
    {"memory", 5, scan_memory_section},
    {"global", 8, scan_global_section},
    {"export", 9, scan_export_section},
    {"start", 10, scan_start_section},
    {"element", 11, scan_element_section},
    {"code", 13, scan_code_section},
    {"data", 14, scan_data_section},
    {"data count", 12, scan_data_count_section},
    {"tag", 6, scan_tag_section},
    {"strings", 7, scan_strings_section},
};

void scan_list_section(struct scan *scan, const char *name, bool custom, size_t size)
{
    if (!reader_has_room(&scan->reader, scan->out->section_count, "sections"))
        return;
    struct wasm_info *out = scan->out;
    out->sections = arena_grow(scan->arena, out->sections, out->section_count,
                               &scan->section_capacity, sizeof *out->sections);
    out->sections[out->section_count++] =
        (struct wasm_section){name, custom, (size_t)(scan->reader.at - scan->reader.file), size};
}

void scan_custom(struct scan *scan, size_t size)
{
    struct reader *reader = &scan->reader;
    const uint8_t *end = reader_enter(reader, size, "custom section");
    const uint8_t *payload = reader->at;
    struct bytes name = read_name(reader);
    if (!reader->failed) {
        const uint8_t *content = reader->at;
        reader->at = payload;
        scan_list_section(scan, scan_safe(scan, name), true, size);
        reader->at = content;
        scan_custom_section(scan, name);
        reader->at = reader->end;
    }
    reader_leave(reader, end, "custom section");
}

static void read_known(struct scan *scan, const struct section_row *row, const uint8_t *start,
                       size_t size)
{
    struct reader *reader = &scan->reader;
    if (row->rank <= scan->rank) {
        reader_fail(reader, start, "unexpected content: the %s section is %s", row->name,
                    row->rank == scan->rank ? "there twice" : "out of order");
        return;
    }
    scan->rank = row->rank;
    scan->section = start;
    const uint8_t *end = reader_enter(reader, size, row->name);
    scan_list_section(scan, row->name, false, size);
    if (!reader->failed)
        row->read(scan);
    reader_leave(reader, end, row->name);
}

static void read_section(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    const uint8_t *start = reader->at;
    uint8_t id = read_byte(reader);
    if (id >= sizeof section_rows / sizeof *section_rows) {
        reader_fail(reader, start, "malformed section id %u", id);
        return;
    }
    uint32_t size = read_u32(reader);
    if (reader->failed)
        return;
    if (id == 0)
        scan_custom(scan, size);
    else
        read_known(scan, &section_rows[id], start, size);
}

/* What can only be known at the end. */
static void check_counts(struct scan *scan)
{
    struct reader *reader = &scan->reader;
    uint32_t defined = scan->out->function_count - scan->imported_functions;
    if (defined != scan->code_count)
        reader_fail(reader, reader->at,
                    "function and code section have inconsistent lengths: %lu and %lu",
                    (unsigned long)defined, (unsigned long)scan->code_count);
    if (scan->has_data_count && scan->data_announced != scan->out->data_count)
        reader_fail(reader, reader->at,
                    "data count and data section have inconsistent lengths: %lu and %lu",
                    (unsigned long)scan->data_announced, (unsigned long)scan->out->data_count);
}

static const char *spec_of(uint64_t features)
{
    static const char *const levels[] = {"1.0", "2.0", "3.0"};
    size_t level = 0;
    for (unsigned i = 0; i < WASM_FEATURE_COUNT; i++) {
        size_t needs = 0;
        while (needs < 3 && strcmp(wasm_features[i].spec, levels[needs]) != 0)
            needs++;
        if (features & wasm_feature_bit((enum wasm_feature)i) && needs > level)
            level = needs;
    }
    return level < 3 ? levels[level] : "proposal";
}

/* Either encoding is exception handling too, also when there is neither a tag nor a throw. */
static void add_umbrella(struct wasm_use *uses)
{
    const struct wasm_use *either = &uses[WASM_FEATURE_EXCEPTION_HANDLING_LEGACY];
    struct wasm_use *umbrella = &uses[WASM_FEATURE_EXCEPTION_HANDLING];
    if (either->count == 0)
        either = &uses[WASM_FEATURE_EXNREF];
    if (umbrella->count == 0 && either->count > 0) {
        *umbrella = *either;
        umbrella->feature = WASM_FEATURE_EXCEPTION_HANDLING;
    }
}

void scan_finish_uses(struct scan *scan)
{
    struct wasm_info *out = scan->out;
    add_umbrella(scan->uses);
    for (unsigned i = 0; i < WASM_FEATURE_COUNT; i++)
        out->use_count += scan->uses[i].count != 0;
    out->uses = arena_alloc(scan->arena, out->use_count, sizeof *out->uses);
    size_t used = 0;
    for (unsigned i = 0; i < WASM_FEATURE_COUNT; i++)
        if (scan->uses[i].count) {
            add_instructions(scan, &scan->uses[i]);
            out->uses[used++] = scan->uses[i];
            out->features |= wasm_feature_bit((enum wasm_feature)i);
        }
    out->spec = spec_of(out->features);
}

int scan_core(struct arena *arena, struct reader reader, struct places *places,
              struct wasm_info *out)
{
    struct scan scan = {.arena = arena, .reader = reader, .out = out, .places = places};
    *out = (struct wasm_info){.kind = WASM_CORE, .size = reader_left(&reader)};
    if (reader.judge)
        judge_start(&scan);
    scan.reader.at += 8;
    while (scan.reader.at < scan.reader.end)
        read_section(&scan);
    check_counts(&scan);
    if (scan.reader.failed)
        return -1;
    scan_function_names(&scan);
    scan_finish_uses(&scan);
    scan_debug(&scan);
    return scan.judge ? judge_finish(&scan) : 0;
}

bool scan_is_component(const uint8_t *at, const uint8_t *end)
{
    /* The version before the standard, and the one announced for it; the layer tells. */
    return end - at >= 8 &&
           (memcmp(at, "\0asm\x0d\0\1", 8) == 0 || memcmp(at, "\0asm\1\0\1", 8) == 0);
}

int scan_any(struct arena *arena, struct reader reader, struct wasm_info *out)
{
    const uint8_t *at = reader.at;
    size_t size = reader_left(&reader);
    if (size < 4 || memcmp(at, "\0asm", 4) != 0)
        reader_fail(&reader, at, "magic header not detected: this is not WebAssembly");
    else if (size < 8)
        reader_fail(&reader, at + 4, "unexpected end of the version");
    else if (memcmp(at + 4, "\1\0\0\0", 4) == 0)
        return scan_core(arena, reader, NULL, out);
    else if (scan_is_component(at, reader.end))
        return scan_component(arena, reader, out);
    else
        reader_fail(&reader, at + 4, "unknown binary version %u, layer %u",
                    at[4] | (unsigned)at[5] << 8, at[6] | (unsigned)at[7] << 8);
    return -1;
}

int wasm_scan(struct arena *arena, struct bytes file, enum wasm_depth depth, struct wasm_info *out,
              struct error *error)
{
    if (file.size == 0)
        file.data = (const uint8_t *)""; /* may have been NULL */
    struct reader reader = {.file = file.data,
                            .at = file.data,
                            .end = file.data + file.size,
                            .beyond = file.data + file.size,
                            .function = WASM_NO_FUNCTION,
                            .judge = depth == WASM_VALIDATION,
                            .subject = "module",
                            .error = error};
    if (scan_any(arena, reader, out) == 0)
        return 0;
    if (strncmp(error->message, "invalid ", 8) == 0)
        return -1; /* with a hint of its own */
    return error_hint(error, "build the module again: this file is cut off, damaged or no "
                             "WebAssembly");
}

const char *wasm_validity_text(struct arena *arena, const struct wasm_info *info)
{
    if (info->validity == WASM_NOT_JUDGED)
        return arena_printf(arena, "not judged: %s", info->not_judged);
    return info->validity == WASM_VALID ? "valid" : NULL;
}

const struct wasm_export *wasm_find_export(const struct wasm_info *info, const char *name)
{
    struct bytes wanted = bytes_of(name);
    for (size_t i = 0; i < info->export_count; i++)
        if (bytes_equal(info->exports[i].name, wanted))
            return &info->exports[i];
    return NULL;
}

const char *wasm_export_name(struct arena *arena, const struct wasm_export *export)
{
    return text_safe(arena, (const char *)export->name.data, export->name.size);
}

bool wasm_uses(const struct wasm_info *info, enum wasm_feature feature)
{
    return (info->features & wasm_feature_bit(feature)) != 0;
}
