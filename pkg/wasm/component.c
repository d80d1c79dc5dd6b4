#include "pkg/wasm/component.h"

enum { DEPTH_MOST = 16, MODULES_MOST = 1000, COMPONENTS_MOST = 1000 };

static int scan_nested(struct component_scan *parent, const struct component_type **type);

/* A module's uses become the component's; the first ones stay. */
static void add_uses(struct component_scan *component, const struct wasm_info *info)
{
    for (size_t i = 0; i < info->use_count; i++) {
        const struct wasm_use *use = &info->uses[i];
        struct wasm_use *ours = &component->file->scan->uses[use->feature];
        struct wasm_use before = *ours;
        bool finds_function =
            before.function == WASM_NO_FUNCTION && use->function != WASM_NO_FUNCTION;
        if (before.count == 0 || finds_function)
            *ours = *use;
        if (before.count > 0 && finds_function)
            ours->ahead = (struct wasm_ahead){before.reason, before.instruction, before.offset};
        ours->count = before.count + use->count;
        ours->functions = before.functions + use->functions;
        ours->function_bytes = before.function_bytes + use->function_bytes;
        ours->ways = before.ways;
        for (const struct wasm_way *way = use->ways; way; way = way->next)
            if (way->reason != WASM_BY_INSTRUCTION)
                scan_note_way(component->file->scan, ours, way);
    }
}

static void read_module(struct component_scan *component)
{
    struct component_file *file = component->file;
    struct scan *scan = &component->scan;
    struct reader inner = scan->reader;
    struct wasm_component *out = file->out;
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
    int status = scan_any(scan->arena, inner, &info);
    scan->reader.at = scan->reader.end;
    if (status != 0) {
        scan->reader.failed = true; /* the error is set */
        return;
    }
    out->modules = arena_grow(scan->arena, out->modules, out->module_count, &file->module_capacity,
                              sizeof *out->modules);
    out->modules[out->module_count++] = info;
    add_uses(component, &info);
    if (info.debug > file->scan->out->debug) {
        file->scan->out->debug = info.debug;
        file->scan->out->debug_url = info.debug_url;
    }
    if (info.validity == WASM_NOT_JUDGED)
        component_not_judged(component,
                             arena_printf(scan->arena, "of a module in it %s", info.not_judged));
    component_push(component, CORE_MODULES, component_core_interface(scan->arena, &info));
}

static void read_nested(struct component_scan *component)
{
    struct scan *scan = &component->scan;
    const struct component_type *type = NULL;
    unsigned depth = 0;
    for (const struct component_scan *up = component; up; up = up->parent)
        depth++;
    if (depth >= DEPTH_MOST || ++component->file->component_count > COMPONENTS_MOST) {
        reader_fail(&scan->reader, scan->reader.at, "too many components in one another");
        return;
    }
    if (!scan_is_component(scan->reader.at, scan->reader.end)) {
        reader_fail(&scan->reader, scan->reader.at, "no component where one should be");
        return;
    }
    if (scan_nested(component, &type) != 0)
        scan->reader.failed = true;
    scan->reader.at = scan->reader.end;
    component_push(component, COMPONENTS, type);
}

/* By section id; any order, any number of times. */
static const struct {
    const char *name;
    void (*read)(struct component_scan *);
} section_rows[] = {
    {"custom", NULL},
    {"core module", read_module},
    {"core instance", component_core_instances},
    {"core type", component_core_types},
    {"component", read_nested},
    {"instance", component_instances},
    {"alias", component_aliases},
    {"type", component_types},
    {"canon", component_canons},
    {"start", component_start},
    {"import", component_imports},
    {"export", component_exports},
    {"value", component_values},
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

static int read_sections(struct component_scan *component, const struct component_type **type)
{
    struct scan *scan = &component->scan;
    struct scope scope;
    component_enter_scope(component, &scope, false, WIT_COMPONENT);
    scan->reader.at += 8;
    while (scan->reader.at < scan->reader.end && !scan->reader.failed)
        read_section(component);
    *type = component_leave_scope(component);
    return scan->reader.failed ? -1 : 0;
}

static int scan_nested(struct component_scan *parent, const struct component_type **type)
{
    struct wasm_info info = {.kind = WASM_COMPONENT};
    struct component_scan component = {
        .scan = {.arena = parent->scan.arena, .reader = parent->scan.reader, .out = &info},
        .parent = parent,
        .file = parent->file,
        .scope = parent->scope};
    return read_sections(&component, type);
}

/* What was found of the whole, once it is known to be well-formed. */
static int judge(struct component_scan *component)
{
    struct component_file *file = component->file;
    struct wasm_info *out = component->scan.out;
    if (!component->scan.reader.judge)
        return 0;
    if (file->invalid)
        return error_set(component->scan.reader.error, FAULT_INPUT, "%s", file->invalid);
    out->validity = WASM_NOT_JUDGED;
    out->not_judged = file->not_judged
                          ? file->not_judged
                          : "its modules, index spaces and types are right, but not every rule of "
                            "components is checked";
    return 0;
}

int scan_component(struct arena *arena, struct reader reader, struct wasm_info *out)
{
    struct component_file *file = arena_alloc(arena, 1, sizeof *file);
    struct component_scan component = {.scan = {.arena = arena, .reader = reader, .out = out},
                                       .file = file};
    *out = (struct wasm_info){.kind = WASM_COMPONENT, .size = reader_left(&reader)};
    out->component = arena_alloc(arena, 1, sizeof *out->component);
    file->scan = &component.scan;
    file->out = out->component;
    component.scan.reader.subject = "component";
    scan_note(&component.scan, WASM_FEATURE_COMPONENT_MODEL, WASM_BY_SECTION, reader.at + 4,
              "component");
    if (read_sections(&component, &out->component->type) != 0 || judge(&component) != 0)
        return -1;
    out->component->file = file;
    scan_finish_uses(&component.scan);
    return 0;
}
