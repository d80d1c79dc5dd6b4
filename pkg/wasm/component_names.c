/* Imports and exports: names with their attributes, and what they are. */
#include "pkg/wasm/component.h"

enum { NAME_ATTRIBUTES = 2, ATTRIBUTES_MOST = 3 };
enum { ATTRIBUTE_IMPLEMENTS, ATTRIBUTE_VERSION_SUFFIX, ATTRIBUTE_EXTERNAL_ID };

static const char *read_attributes(struct component_scan *component, const char *name)
{
    struct scan *scan = &component->scan;
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint32_t count = read_count(reader, "attributes", 2), seen = 0;
    if (count > ATTRIBUTES_MOST)
        reader_fail(reader, where, "%lu attributes of one name", (unsigned long)count);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        where = reader->at;
        uint8_t attribute = read_byte(reader);
        struct bytes value = read_name(reader);
        if (attribute > ATTRIBUTE_EXTERNAL_ID) {
            reader_fail(reader, where, "malformed attribute of a name 0x%02x", attribute);
            break;
        }
        if (seen & 1u << attribute)
            component_invalid(component, where, "an attribute of a name is there twice");
        seen |= 1u << attribute;
        /* "wasi:http/types@0.2" with ".6" */
        if (attribute == ATTRIBUTE_VERSION_SUFFIX && !reader->failed)
            name = arena_printf(scan->arena, "%s%s", name, scan_safe(scan, value));
    }
    return name;
}

const char *component_name(struct component_scan *component)
{
    struct scan *scan = &component->scan;
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    uint8_t kind = read_byte(reader);
    if (kind > NAME_ATTRIBUTES)
        reader_fail(reader, where, "malformed kind of name 0x%02x", kind);
    const char *name = scan_safe(scan, read_name(reader));
    return kind == NAME_ATTRIBUTES && !reader->failed ? read_attributes(component, name) : name;
}

/* --- what an import or export is --- */

static enum space_name space_of(enum component_kind kind)
{
    static const enum space_name spaces[] = {CORE_MODULES, FUNCTIONS,  VALUES,
                                             TYPES,        COMPONENTS, INSTANCES};
    return spaces[kind];
}

/* The type under a name of its own: a copy, so that texts can say it. */
static const struct component_type *named(struct component_scan *component,
                                          const struct component_type *type, const char *name)
{
    if (!type)
        return NULL;
    struct component_type *copy = arena_alloc(component->scan.arena, 1, sizeof *copy);
    *copy = *type;
    copy->name = name;
    return copy;
}

static void read_type_bound(struct component_scan *component, const char *name,
                            struct component_extern *out)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t bound = read_byte(reader);
    if (bound == 0) {
        out->type = named(component, component_item(component, TYPES), name);
        return;
    }
    if (bound != 1)
        reader_fail(reader, where, "malformed bound of a type 0x%02x", bound);
    struct component_type *type = arena_alloc(component->scan.arena, 1, sizeof *type);
    *type = (struct component_type){
        .form = WIT_RESOURCE, .name = name, .size = 1, .uses_resources = true};
    type->resource = component_new_resources(component, 1, name);
    out->type = type;
}

/* wasm-tools 1.263 writes the type alone, which the standard (2026-08-21) does not: a byte above 1
   tells. */
static void read_value_bound(struct component_scan *component, struct component_extern *out)
{
    struct reader *reader = &component->scan.reader;
    component_not_judged(component, "it has values of its own");
    if (reader_left(reader) && *reader->at > 1) {
        out->type = component_value_type(component);
        return;
    }
    if (read_byte(reader) == 0)
        out->type = component_item(component, VALUES);
    else
        out->type = component_value_type(component);
}

static void read_typed(struct component_scan *component, enum component_form form,
                       struct component_extern *out)
{
    const uint8_t *where = component->scan.reader.at;
    const struct component_type *type = component_item(component, TYPES);
    if (type && type->form != form) {
        component_invalid(component, where, "the type of this %s is another kind of type",
                          component_kind_name(out->kind));
        return;
    }
    out->type = form == WIT_INSTANCE ? component_fresh(component, type) : type;
}

static void read_module_bound(struct component_scan *component, const uint8_t *where,
                              struct component_extern *out)
{
    struct reader *reader = &component->scan.reader;
    if (read_byte(reader) != 0x11)
        reader_fail(reader, where, "malformed type of an import or export 0x00");
    const uint8_t *index = reader->at;
    const struct core_type *type = component_item(component, CORE_TYPES);
    if (type && !type->module)
        component_invalid(component, index, "the type of a core module is another kind of type");
    out->module = type ? type->module : NULL;
}

bool component_extern_type(struct component_scan *component, const char *name,
                           struct component_extern *out)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t kind = read_byte(reader);
    *out = (struct component_extern){.name = name, .kind = (enum component_kind)kind};
    switch (kind) {
    case COMPONENT_MODULE:
        read_module_bound(component, where, out);
        break;
    case COMPONENT_FUNC:
        read_typed(component, WIT_FUNCTION, out);
        break;
    case COMPONENT_VALUE:
        read_value_bound(component, out);
        break;
    case COMPONENT_TYPE:
        read_type_bound(component, name, out);
        break;
    case COMPONENT_COMPONENT:
        read_typed(component, WIT_COMPONENT, out);
        break;
    case COMPONENT_INSTANCE:
        read_typed(component, WIT_INSTANCE, out);
        break;
    default:
        reader_fail(reader, where, "malformed type of an import or export 0x%02x", kind);
    }
    return !reader->failed;
}

void component_add_extern(struct component_scan *component, struct component_list *list,
                          const struct component_extern *item, const uint8_t *where)
{
    struct arena *arena = component->scan.arena;
    if (!reader_has_room(&component->scan.reader, list->count, "imports or exports"))
        return;
    if (!name_table_add(arena, &list->table, item->name, list->count))
        component_invalid(component, where, "'%.80s' is there twice", item->name);
    list->items = arena_grow(arena, list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = *item;
}

void component_push_extern(struct component_scan *component, const struct component_extern *item)
{
    component_push(component, space_of(item->kind),
                   item->kind == COMPONENT_MODULE ? (const void *)item->module : item->type);
}

/* --- the sections --- */

static void list_name(struct component_scan *component, const char ***names, size_t *count,
                      size_t *capacity, const char *name)
{
    if (component->parent)
        return; /* plumbing */
    *names = arena_grow(component->scan.arena, *names, *count, capacity, sizeof **names);
    (*names)[(*count)++] = name;
}

void component_imports(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    struct wasm_component *out = component->file->out;
    uint32_t count = read_count(reader, "imports", 4);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        struct component_extern item;
        const char *name = component_name(component);
        if (!component_extern_type(component, name, &item))
            return;
        component_add_extern(component, &component->scope->type->imports, &item, where);
        component_push_extern(component, &item);
        list_name(component, &out->imports, &out->import_count, &component->import_capacity, name);
    }
}

/* The type written at an export, which must be one that the item has too. */
static void read_ascription(struct component_scan *component, struct component_extern *item)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t there = read_byte(reader);
    struct component_extern wanted;
    if (there > 1)
        reader_fail(reader, where, "malformed flag 0x%02x of an export's type", there);
    if (there != 1 || !component_extern_type(component, item->name, &wanted))
        return;
    if (wanted.kind != item->kind)
        component_invalid(component, where, "an export's type is of another kind");
    else if (!component_ascribe(component, item, &wanted))
        component_invalid(component, where, "'%.80s' has another type than its export", item->name);
    if (wanted.kind == item->kind)
        *item = wanted;
}

static void read_export(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    struct wasm_component *out = component->file->out;
    const uint8_t *where = reader->at;
    struct component_extern item = {.name = component_name(component)};
    const uint8_t *sort = reader->at;
    enum space_name space = component_sort(component);
    if (!reader->failed && space < FUNCTIONS && space != CORE_MODULES)
        reader_fail(reader, sort, "malformed export: a component exports no %s",
                    component_space_title(space));
    const void *found = component_item(component, space);
    item.kind = component_kind_of(space);
    if (space == CORE_MODULES)
        item.module = found;
    else
        item.type = space == TYPES ? named(component, found, item.name) : found;
    read_ascription(component, &item);
    if (reader->failed)
        return;
    component_add_extern(component, &component->scope->type->exports, &item, where);
    component_push_extern(component, &item);
    list_name(component, &out->exports, &out->export_count, &component->export_capacity, item.name);
}

void component_exports(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint32_t count = read_count(reader, "exports", 5);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_export(component);
}
