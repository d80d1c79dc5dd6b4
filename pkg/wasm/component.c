#include "pkg/wasm/component.h"

enum { DEPTH_MOST = 16, MODULES_MOST = 1000, COMPONENTS_MOST = 1000 };

static void add_name(struct arena *arena, const char ***names, size_t *count, size_t *capacity,
                     const char *name)
{
    *names = arena_grow(arena, *names, *count, capacity, sizeof **names);
    (*names)[(*count)++] = name;
}

static void read_imports(struct component_scan *component)
{
    struct scan *scan = &component->scan;
    struct wasm_component *out = scan->out->component;
    uint32_t count = read_count(&scan->reader, "imports", 4);
    for (uint32_t i = 0; i < count && !scan->reader.failed; i++) {
        const char *name = component_name(component);
        component_extern_type(&scan->reader);
        if (!scan->reader.failed)
            add_name(scan->arena, &out->imports, &out->import_count, &component->import_capacity,
                     name);
    }
}

static void read_export(struct component_scan *component)
{
    struct scan *scan = &component->scan;
    struct reader *reader = &scan->reader;
    struct wasm_component *out = scan->out->component;
    const char *name = component_name(component);
    const uint8_t *where = reader->at;
    uint8_t sort = read_byte(reader);
    if (sort == 0)
        (void)read_byte(reader);
    if (sort > 5)
        reader_fail(reader, where, "malformed export sort 0x%02x", sort);
    (void)read_u32(reader);
    if (read_byte(reader) != 0)
        component_extern_type(reader);
    if (!reader->failed)
        add_name(scan->arena, &out->exports, &out->export_count, &component->export_capacity, name);
}

static void read_exports(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint32_t count = read_count(reader, "exports", 5);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_export(component);
}

/* A module's uses become the component's; the first ones stay. */
static void add_uses(struct component_scan *component, const struct wasm_info *info)
{
    for (size_t i = 0; i < info->use_count; i++) {
        const struct wasm_use *use = &info->uses[i];
        struct wasm_use *ours = &component->root->scan.uses[use->feature];
        uint64_t count = ours->count + use->count;
        if (ours->count == 0)
            *ours = *use;
        ours->count = count;
    }
}

static void read_module(struct component_scan *component)
{
    struct component_scan *root = component->root;
    struct scan *scan = &component->scan;
    struct reader inner = scan->reader;
    struct wasm_component *out = root->scan.out->component;
    struct wasm_info info;
    inner.subject = "module";
    if (out->module_count == MODULES_MOST) {
        reader_fail(&scan->reader, inner.at, "more than %d modules", MODULES_MOST);
        return;
    }
    if (scan_is_component(inner.at, inner.end)) {
        reader_fail(&scan->reader, inner.at, "a component where a module should be");
        return;
    }
    int status = scan_any(scan->arena, inner, &info, NULL);
    scan->reader.at = scan->reader.end;
    if (status != 0) {
        scan->reader.failed = true; /* the error is set */
        return;
    }
    out->modules = arena_grow(scan->arena, out->modules, out->module_count, &root->module_capacity,
                              sizeof *out->modules);
    out->modules[out->module_count++] = info;
    add_uses(component, &info);
}

static void read_nested(struct component_scan *component)
{
    struct component_scan *root = component->root;
    struct scan *scan = &component->scan;
    unsigned depth = 0;
    for (const struct component_scan *up = component; up; up = up->parent)
        depth++;
    if (depth >= DEPTH_MOST || ++root->component_count > COMPONENTS_MOST) {
        reader_fail(&scan->reader, scan->reader.at, "too many components in one another");
        return;
    }
    if (!scan_is_component(scan->reader.at, scan->reader.end)) {
        reader_fail(&scan->reader, scan->reader.at, "no component where one should be");
        return;
    }
    struct wasm_info info;
    if (scan_component(scan->arena, scan->reader, &info, component) != 0)
        scan->reader.failed = true;
    scan->reader.at = scan->reader.end;
}

static void skip_all(struct component_scan *component)
{
    component->scan.reader.at = component->scan.reader.end;
}

/* By section id; any order, any number of times. */
static const struct {
    const char *name;
    void (*read)(struct component_scan *);
} section_rows[] = {
    {"custom", NULL},        {"core module", read_module}, {"core instance", skip_all},
    {"core type", skip_all}, {"component", read_nested},   {"instance", skip_all},
    {"alias", skip_all},     {"type", component_types},    {"canon", component_canons},
    {"start", skip_all},     {"import", read_imports},     {"export", read_exports},
    {"value", skip_all},
};

static void read_section(struct component_scan *component)
{
    struct scan *scan = &component->scan;
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
    if (id == 0) {
        scan_custom(scan, size);
        return;
    }
    const uint8_t *end = reader_enter(reader, size, section_rows[id].name);
    scan_list_section(scan, section_rows[id].name, false, size);
    if (!reader->failed)
        section_rows[id].read(component);
    reader_leave(reader, end, section_rows[id].name);
}

int scan_component(struct arena *arena, struct reader reader, struct wasm_info *out,
                   struct component_scan *parent)
{
    struct component_scan component = {.scan = {.arena = arena, .reader = reader, .out = out},
                                       .parent = parent};
    struct scan *scan = &component.scan;
    component.root = parent ? parent->root : &component;
    *out = (struct wasm_info){.kind = WASM_COMPONENT, .size = reader_left(&reader)};
    out->component = arena_alloc(arena, 1, sizeof *out->component);
    scan->reader.subject = "component";
    scan_note(&component.root->scan, WASM_FEATURE_COMPONENT_MODEL, WASM_BY_SECTION, reader.at + 4,
              "component");
    scan->reader.at += 8;
    while (scan->reader.at < scan->reader.end && !scan->reader.failed)
        read_section(&component);
    if (scan->reader.failed)
        return -1;
    if (!parent)
        scan_finish_uses(scan);
    return 0;
}
