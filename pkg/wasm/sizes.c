#include "pkg/wasm/sizes.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/wasm/demangle.h"
#include "pkg/wasm/reader.h"

enum {
    CRATES_MOST = 8000, /* more than anybody links are not told apart */
    SLOTS = 32768,      /* of the table that finds them: a power of two */
    PROBES_MOST = 64    /* in it */
};

/* A function's body while they are counted. */
struct body {
    struct bytes name; /* as it stands in the module; of size 0: none */
    uint32_t bytes, function, order;
    uint32_t crate; /* from 1; 0: not known */
};

struct counting {
    struct arena *arena;
    struct bytes file;
    struct body *bodies;
    size_t count, capacity;
    struct wasm_part *crates;
    size_t crate_count, crate_capacity;
    uint16_t *slots; /* of a crate, from 1; 0: free */
    bool has_names;
};

/* What has been scanned can be read: a failure here ends the list and nothing else. */
static struct reader section_reader(const struct counting *counting,
                                    const struct wasm_section *section, struct error *ignored)
{
    const uint8_t *start = counting->file.data + section->offset;
    return (struct reader){.file = counting->file.data,
                           .at = start,
                           .end = start + section->size,
                           .function = WASM_NO_FUNCTION,
                           .subject = "module",
                           .error = ignored};
}

static const struct wasm_section *find_section(const struct wasm_info *info, const char *name,
                                               bool custom)
{
    for (size_t i = 0; i < info->section_count; i++)
        if (info->sections[i].custom == custom && strcmp(info->sections[i].name, name) == 0)
            return &info->sections[i];
    return NULL;
}

/* --- bodies --- */

static void add_bodies(struct counting *counting, const struct wasm_info *info, uint32_t imported)
{
    const struct wasm_section *code = find_section(info, "code", false);
    struct error ignored;
    if (!code)
        return;
    struct reader reader = section_reader(counting, code, &ignored);
    uint32_t count = read_count(&reader, "function bodies", 3);
    counting->bodies = arena_reserve(counting->arena, counting->bodies, counting->count, count,
                                     &counting->capacity, sizeof *counting->bodies);
    for (uint32_t i = 0; i < count && !reader.failed; i++) {
        const uint8_t *start = reader.at;
        (void)read_bytes(&reader, read_u32(&reader));
        counting->bodies[counting->count] = (struct body){.bytes = (uint32_t)(reader.at - start),
                                                          .function = imported + i,
                                                          .order = (uint32_t)counting->count};
        counting->count += !reader.failed;
    }
}

/* --- names --- */

static void name_body(struct counting *counting, size_t first, uint32_t imported, uint32_t function,
                      struct bytes name)
{
    size_t at = first + (size_t)function - imported;
    if (function >= imported && at < counting->count && counting->bodies[at].name.size == 0)
        counting->bodies[at].name = name;
}

static void read_names(struct counting *counting, struct reader reader, size_t first,
                       uint32_t imported)
{
    uint32_t count = read_count(&reader, "names", 2);
    counting->has_names = counting->has_names || count > 0;
    for (uint32_t i = 0; i < count && !reader.failed; i++) {
        uint32_t function = read_u32(&reader);
        struct bytes name = read_bytes(&reader, read_u32(&reader));
        if (!reader.failed)
            name_body(counting, first, imported, function, name);
    }
}

static void read_name_section(struct counting *counting, const struct wasm_section *section,
                              size_t first, uint32_t imported)
{
    enum { NAMES_FUNCTIONS = 1 };
    struct error ignored;
    struct reader reader = section_reader(counting, section, &ignored);
    (void)read_name(&reader);
    while (reader.at < reader.end) {
        uint8_t id = read_byte(&reader);
        struct bytes content = read_bytes(&reader, read_u32(&reader));
        struct reader names = reader;
        names.at = content.data;
        names.end = content.data + content.size;
        if (!reader.failed && id == NAMES_FUNCTIONS)
            read_names(counting, names, first, imported);
    }
}

static void name_bodies(struct counting *counting, const struct wasm_info *info, size_t first,
                        uint32_t imported)
{
    for (size_t i = 0; i < info->section_count; i++)
        if (info->sections[i].custom && strcmp(info->sections[i].name, "name") == 0)
            read_name_section(counting, &info->sections[i], first, imported);
    for (size_t i = 0; i < info->export_count; i++)
        if (info->exports[i].kind == WASM_FUNC)
            name_body(counting, first, imported, info->exports[i].index, info->exports[i].name);
}

/* --- crates --- */

static bool is_word(const char *name, size_t size)
{
    size_t i = 0;
    while (i < size && name[i] > ' ' && name[i] <= '~')
        i++;
    return i == size;
}

/* Where the crate stands or could stand; NULL: nowhere near. */
static uint16_t *find_slot(const struct counting *counting, const char *name, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)name[i]) * 16777619u;
    for (uint32_t i = 0; i < PROBES_MOST; i++) {
        uint16_t *slot = &counting->slots[(hash + i) % SLOTS];
        const char *known = *slot ? counting->crates[*slot - 1].name : NULL;
        if (!known || (strncmp(known, name, size) == 0 && known[size] == '\0'))
            return slot;
    }
    return NULL;
}

/* The crate's number, from 1; 0 when there are too many. */
static uint32_t find_crate(struct counting *counting, const char *name, size_t size)
{
    if (!is_word(name, size)) {
        name = text_safe(counting->arena, name, size);
        size = strlen(name);
    }
    uint16_t *slot = find_slot(counting, name, size);
    if (!slot || *slot || counting->crate_count == CRATES_MOST)
        return slot ? *slot : 0;
    counting->crates = arena_grow(counting->arena, counting->crates, counting->crate_count,
                                  &counting->crate_capacity, sizeof *counting->crates);
    counting->crates[counting->crate_count++] = (struct wasm_part){
        .name = arena_copy(counting->arena, name, size), .function = WASM_NO_FUNCTION};
    *slot = (uint16_t)counting->crate_count;
    return *slot;
}

static void count_crates(struct counting *counting)
{
    char last[CRATE_MOST], name[CRATE_MOST];
    size_t last_size = 0;
    uint32_t last_crate = 0;
    counting->slots = arena_alloc(counting->arena, SLOTS, sizeof *counting->slots);
    for (size_t i = 0; i < counting->count; i++) {
        struct body *body = &counting->bodies[i];
        size_t size = body->name.size ? demangle_crate(body->name, name) : 0;
        if (size == 0)
            continue;
        /* Neighbours are mostly of one crate. */
        if (size != last_size || memcmp(name, last, size) != 0)
            last_crate = find_crate(counting, name, size);
        memcpy(last, name, size);
        last_size = size;
        body->crate = last_crate;
        if (last_crate) {
            counting->crates[last_crate - 1].bytes += body->bytes;
            counting->crates[last_crate - 1].count++;
        }
    }
}

/* --- lists --- */

static int larger_body(const void *a, const void *b)
{
    const struct body *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return (x->order > y->order) - (x->order < y->order);
}

static int larger_crate(const void *a, const void *b)
{
    const struct wasm_part *x = a, *y = b;
    return x->bytes != y->bytes ? (x->bytes < y->bytes ? 1 : -1) : strcmp(x->name, y->name);
}

/* Before the crates are sorted: bodies know them by number. */
static void list_functions(struct counting *counting, struct wasm_sizes *out)
{
    if (counting->count)
        qsort(counting->bodies, counting->count, sizeof *counting->bodies, larger_body);
    out->functions = arena_alloc(counting->arena, counting->count, sizeof *out->functions);
    out->function_count = counting->count;
    for (size_t i = 0; i < counting->count; i++) {
        const struct body *body = &counting->bodies[i];
        const char *name = i < WASM_NAMED_MOST && body->name.size
                               ? demangle(counting->arena, body->name).name
                               : NULL;
        const char *crate = body->crate ? counting->crates[body->crate - 1].name : NULL;
        out->functions[i] = (struct wasm_part){
            .name = name, .crate = crate, .bytes = body->bytes, .function = body->function};
    }
}

/* --- what could be left out --- */

/* With the id and the size in front of it: from where the section before it ends. */
static size_t whole_size(const struct wasm_info *info, size_t i)
{
    const struct wasm_section *section = &info->sections[i], *before = section - 1;
    size_t header = 2;
    for (size_t rest = section->size >> 7; rest; rest >>= 7)
        header++;
    if (i > 0 && before->offset + before->size < section->offset)
        header = section->offset - before->offset - before->size;
    return header + section->size;
}

static void weigh_sections(const struct wasm_info *info, struct wasm_sizes *out)
{
    for (size_t i = 0; i < info->section_count; i++) {
        const struct wasm_section *section = &info->sections[i];
        if (section->custom && strncmp(section->name, ".debug_", 7) == 0)
            out->debug_bytes += whole_size(info, i);
        if (section->custom && strcmp(section->name, "name") == 0)
            out->name_bytes += whole_size(info, i);
    }
}

static void add_module(struct counting *counting, const struct wasm_info *info,
                       struct wasm_sizes *out)
{
    size_t first = counting->count;
    uint32_t imported = 0;
    for (size_t i = 0; i < info->import_count; i++)
        imported += info->imports[i].kind == WASM_FUNC;
    add_bodies(counting, info, imported);
    if (counting->count > first)
        name_bodies(counting, info, first, imported);
    weigh_sections(info, out);
}

void wasm_sizes(struct arena *arena, struct bytes file, const struct wasm_info *info,
                struct wasm_sizes *out)
{
    struct counting counting = {.arena = arena, .file = file};
    *out = (struct wasm_sizes){0};
    if (info->component)
        for (size_t i = 0; i < info->component->module_count; i++)
            add_module(&counting, &info->component->modules[i], out);
    else
        add_module(&counting, info, out);
    count_crates(&counting);
    list_functions(&counting, out);
    if (counting.crate_count)
        qsort(counting.crates, counting.crate_count, sizeof *counting.crates, larger_crate);
    out->crates = counting.crates;
    out->crate_count = counting.crate_count;
    if (counting.count && !counting.has_names)
        out->unknown = "no name section";
}
