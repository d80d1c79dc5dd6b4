/* Aliases: what an instance exports, and what stands further out. */
#include <string.h>

#include "pkg/wasm/component.h"

static void alias_export(struct component_scan *component, enum space_name space)
{
    struct scan *scan = &component->scan;
    const uint8_t *where = scan->reader.at;
    const struct component_type *instance = component_item(component, INSTANCES);
    const char *name = scan_safe(scan, read_name(&scan->reader));
    const void *found = NULL;
    if (scan->reader.failed)
        return;
    const struct component_extern *item =
        instance ? component_find(&instance->exports, name) : NULL;
    if (space < FUNCTIONS && space != CORE_MODULES)
        component_invalid(component, where, "an instance exports no %s",
                          component_space_title(space));
    else if (instance && !item)
        component_invalid(component, where, "the instance exports no '%.80s'", name);
    else if (item && item->kind != component_kind_of(space))
        component_invalid(component, where, "export '%.80s' is a %s", name,
                          component_kind_name(item->kind));
    else if (item)
        found = item->kind == COMPONENT_MODULE ? (const void *)item->module : item->type;
    component_push(component, space, found);
}

static enum space_name core_space(enum wasm_extern kind)
{
    static const enum space_name spaces[] = {CORE_FUNCTIONS, CORE_TABLES, CORE_MEMORIES,
                                             CORE_GLOBALS, CORE_TAGS};
    return spaces[kind];
}

static void alias_core_export(struct component_scan *component, enum space_name space)
{
    struct scan *scan = &component->scan;
    const uint8_t *where = scan->reader.at;
    const struct core_interface *instance = component_item(component, CORE_INSTANCES);
    const char *name = scan_safe(scan, read_name(&scan->reader));
    const char *type = NULL;
    if (scan->reader.failed)
        return;
    size_t row = instance ? name_table_find(instance->table, name) : SIZE_MAX;
    if (instance && row == SIZE_MAX)
        component_invalid(component, where, "the core instance exports no '%.80s'", name);
    else if (instance && core_space(instance->exports[row].kind) != space)
        component_invalid(component, where, "export '%.80s' is a core %s", name,
                          wasm_extern_name(instance->exports[row].kind));
    else if (instance)
        type = instance->exports[row].type;
    component_push(component, space, type);
}

/* Resources stay in the component that has them. */
static void check_crossing(struct component_scan *component, const struct scope *target,
                           const void *item, const uint8_t *where)
{
    const struct component_type *type = item;
    bool crosses = false;
    for (const struct scope *scope = component->scope; scope != target; scope = scope->outer)
        crosses |= !scope->is_type;
    if (crosses && type && type->form < WIT_INSTANCE && type->uses_resources)
        component_invalid(component, where, "an outer alias of a type that refers to a resource");
}

static void alias_outer(struct component_scan *component, enum space_name space)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint32_t count = read_u32(reader);
    const uint8_t *index_at = reader->at;
    uint32_t index = read_u32(reader);
    struct scope *target = component->scope;
    if (reader->failed)
        return;
    for (uint32_t i = 0; i < count && target; i++)
        target = target->outer;
    if (space != CORE_TYPES && space != TYPES && space != CORE_MODULES && space != COMPONENTS)
        component_invalid(component, where, "an outer alias of a %s", component_space_title(space));
    if (!target)
        component_invalid(component, where, "nothing is %lu levels further out",
                          (unsigned long)count);
    const void *item = target ? component_item_at(component, target, space, index, index_at) : NULL;
    if (target && space == TYPES)
        check_crossing(component, target, item, where);
    component_push(component, space, item);
}

void component_alias(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    enum space_name space = component_sort(component);
    const uint8_t *target_at = reader->at;
    uint8_t target = read_byte(reader);
    if (reader->failed)
        return;
    if (component->scope->is_type &&
        (target == 1 || (target == 0 && space != TYPES && space != INSTANCES) ||
         (target == 2 && space != TYPES && space != CORE_TYPES)))
        component_invalid(component, where, "an alias of a %s in a type",
                          component_space_title(space));
    if (target == 0)
        alias_export(component, space);
    else if (target == 1)
        alias_core_export(component, space);
    else if (target == 2)
        alias_outer(component, space);
    else
        reader_fail(reader, target_at, "malformed alias 0x%02x", target);
}

void component_aliases(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint32_t count = read_count(reader, "aliases", 3);
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        component_alias(component);
}
