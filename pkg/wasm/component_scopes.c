/* Types of components, of instances and of core modules: what is declared in them. */
#include "pkg/wasm/component.h"

enum { DEPTH_MOST = 32 };

/* --- core types --- */

struct module_type {
    struct scan scan;
    struct wasm_info info;
};

static void start_scan(struct component_scan *component, struct module_type *type)
{
    *type = (struct module_type){
        .scan = {.arena = component->scan.arena, .reader = component->scan.reader}};
    type->scan.out = &type->info;
    type->scan.reader.judge = false; /* no code is in it */
}

/* The features of a core type are the component's. */
static void end_scan(struct component_scan *component, struct scan *scan)
{
    component->scan.reader.at = scan->reader.at;
    component->scan.reader.failed = scan->reader.failed;
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        if (scan->uses[i].count) {
            struct wasm_use *ours = &component->file->scan->uses[i];
            uint64_t count = ours->count + scan->uses[i].count;
            if (ours->count == 0)
                *ours = scan->uses[i];
            ours->count = count;
            scan->uses[i].count = 0;
        }
}

static void read_module_alias(struct component_scan *component, struct module_type *type)
{
    struct reader *reader = &type->scan.reader;
    const uint8_t *where = reader->at;
    if (read_byte(reader) != 0x10 || read_byte(reader) != 0x01)
        reader_fail(reader, where, "malformed alias in the type of a module");
    (void)read_u32(reader);
    (void)read_u32(reader);
    /* Its own index space would grow by a type of the component's. */
    component_not_judged(component, "a module's type refers to core types outside it");
}

static void read_module_export(struct module_type *type, size_t *capacity)
{
    struct scan *scan = &type->scan;
    enum wasm_extern kind = WASM_FUNC;
    struct bytes name = read_name(&scan->reader);
    const char *text = scan_extern_type(scan, &kind);
    if (!text || !reader_has_room(&scan->reader, type->info.export_count, "exports"))
        return;
    type->info.exports = arena_grow(scan->arena, type->info.exports, type->info.export_count,
                                    capacity, sizeof *type->info.exports);
    type->info.exports[type->info.export_count++] =
        (struct wasm_export){.name = name, .type = text, .kind = kind};
}

static void read_module_declaration(struct component_scan *component, struct module_type *type,
                                    size_t *capacity)
{
    struct reader *reader = &type->scan.reader;
    const uint8_t *where = reader->at;
    switch (read_byte(reader)) {
    case 0:
        scan_import(&type->scan);
        return;
    case 1:
        scan_type_group(&type->scan);
        return;
    case 2:
        read_module_alias(component, type);
        return;
    case 3:
        read_module_export(type, capacity);
        return;
    default:
        reader_fail(reader, where, "malformed declaration in the type of a module");
    }
}

static const struct core_interface *read_module_type(struct component_scan *component)
{
    struct module_type *type = arena_alloc(component->scan.arena, 1, sizeof *type);
    size_t capacity = 0;
    start_scan(component, type);
    uint32_t count = read_count(&type->scan.reader, "declarations", 2);
    for (uint32_t i = 0; i < count && !type->scan.reader.failed; i++)
        read_module_declaration(component, type, &capacity);
    end_scan(component, &type->scan);
    return component_core_interface(component->scan.arena, &type->info);
}

static void push_core_type(struct component_scan *component, const char *function,
                           const struct core_interface *module)
{
    struct core_type *type = arena_alloc(component->scan.arena, 1, sizeof *type);
    *type = (struct core_type){function, module};
    component_push(component, CORE_TYPES, type);
}

/* Function types as text; what refers to other types stays unknown. */
static void read_core_group(struct component_scan *component)
{
    struct module_type type;
    start_scan(component, &type);
    scan_type_group(&type.scan);
    end_scan(component, &type.scan);
    for (uint32_t i = 0; i < type.info.type_count && !component->scan.reader.failed; i++)
        push_core_type(component,
                       type.scan.types[i].form == FORM_FUNC ? type_text(&type.scan, i) : NULL,
                       NULL);
}

void component_core_type(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint8_t byte = reader_left(reader) ? *reader->at : 0;
    if (byte == FORM_SUB) {
        reader->at++;
        push_core_type(component, NULL, read_module_type(component));
        return;
    }
    if (byte == 0)
        (void)read_byte(reader); /* in front of what would look like a module's type */
    read_core_group(component);
}

void component_core_types(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint32_t count = read_count(reader, "core types", 1);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        component_core_type(component);
}

/* --- types of components and instances --- */

static void read_extern(struct component_scan *component, struct component_list *list)
{
    const uint8_t *where = component->scan.reader.at;
    struct component_extern item;
    const char *name = component_name(component);
    if (!component_extern_type(component, name, &item))
        return;
    component_add_extern(component, list, &item, where);
    component_push_extern(component, &item);
}

static void read_declaration(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    struct component_type *type = component->scope->type;
    const uint8_t *where = reader->at;
    uint8_t byte = read_byte(reader);
    switch (byte) {
    case 0:
        component_core_type(component);
        return;
    case 1:
        component_type_entry(component);
        return;
    case 2:
        component_alias(component);
        return;
    case 3:
        if (type->form == WIT_COMPONENT) {
            read_extern(component, &type->imports);
            return;
        }
        break;
    case 4:
        read_extern(component, &type->exports);
        return;
    default:
        break;
    }
    reader_fail(reader, where, "malformed declaration 0x%02x", byte);
}

const struct component_type *component_scope_type(struct component_scan *component,
                                                  enum component_form form)
{
    struct reader *reader = &component->scan.reader;
    struct scope scope;
    unsigned depth = 0;
    for (const struct scope *outer = component->scope; outer; outer = outer->outer)
        depth++;
    if (depth >= DEPTH_MOST) {
        reader_fail(reader, reader->at, "types nest deeper than %d", DEPTH_MOST);
        return NULL;
    }
    component_enter_scope(component, &scope, true, form);
    uint32_t count = read_count(reader, "declarations", 1);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_declaration(component);
    return component_leave_scope(component);
}
