/* Index spaces of components, and the rules that are broken. */
#include <stdarg.h>
#include <stdio.h>

#include "pkg/wasm/component.h"

enum { CORE_SORTS = 0x13 };

static const struct {
    const char *title;
} titles[SPACE_COUNT] = {
    [CORE_FUNCTIONS] = {"core func"},
    [CORE_TABLES] = {"core table"},
    [CORE_MEMORIES] = {"core memory"},
    [CORE_GLOBALS] = {"core global"},
    [CORE_TAGS] = {"core tag"},
    [CORE_TYPES] = {"core type"},
    [CORE_MODULES] = {"core module"},
    [CORE_INSTANCES] = {"core instance"},
    [FUNCTIONS] = {"func"},
    [VALUES] = {"value"},
    [TYPES] = {"type"},
    [COMPONENTS] = {"component"},
    [INSTANCES] = {"instance"},
};

const char *component_space_title(enum space_name space)
{
    return titles[space].title;
}

enum component_kind component_kind_of(enum space_name space)
{
    switch (space) {
    case CORE_MODULES:
        return COMPONENT_MODULE;
    case FUNCTIONS:
        return COMPONENT_FUNC;
    case VALUES:
        return COMPONENT_VALUE;
    case TYPES:
        return COMPONENT_TYPE;
    case COMPONENTS:
        return COMPONENT_COMPONENT;
    default:
        return COMPONENT_INSTANCE;
    }
}

void component_invalid(struct component_scan *component, const uint8_t *where, const char *format,
                       ...)
{
    struct component_file *file = component->file;
    if (file->invalid || component->scan.reader.failed)
        return;
    char detail[240];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    file->invalid = arena_printf(component->scan.arena, "invalid component at offset %zu: %s",
                                 (size_t)(where - component->scan.reader.file), detail);
}

void component_not_judged(struct component_scan *component, const char *why)
{
    if (!component->file->not_judged)
        component->file->not_judged = why;
}

void component_push(struct component_scan *component, enum space_name name, const void *item)
{
    struct space *space = &component->scope->spaces[name];
    if (!reader_has_room(&component->scan.reader, space->count, titles[name].title))
        return;
    space->items = arena_grow(component->scan.arena, space->items, space->count, &space->capacity,
                              sizeof *space->items);
    space->items[space->count++] = item;
}

const void *component_item_at(struct component_scan *component, struct scope *scope,
                              enum space_name name, uint32_t index, const uint8_t *where)
{
    const struct space *space = &scope->spaces[name];
    if (index < space->count)
        return space->items[index];
    component_invalid(component, where, "%s index %lu is out of bounds: there are %zu",
                      titles[name].title, (unsigned long)index, space->count);
    return NULL;
}

const void *component_item(struct component_scan *component, enum space_name name)
{
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint32_t index = read_u32(reader);
    return reader->failed ? NULL
                          : component_item_at(component, component->scope, name, index, where);
}

enum space_name component_core_sort(struct component_scan *component)
{
    static const uint8_t spaces[CORE_SORTS] = {
        [0x00] = CORE_FUNCTIONS + 1, [0x01] = CORE_TABLES + 1,    [0x02] = CORE_MEMORIES + 1,
        [0x03] = CORE_GLOBALS + 1,   [0x04] = CORE_TAGS + 1,      [0x10] = CORE_TYPES + 1,
        [0x11] = CORE_MODULES + 1,   [0x12] = CORE_INSTANCES + 1,
    };
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t sort = read_byte(reader);
    if (sort < CORE_SORTS && spaces[sort])
        return (enum space_name)(spaces[sort] - 1);
    reader_fail(reader, where, "malformed core sort 0x%02x", sort);
    return CORE_FUNCTIONS;
}

enum space_name component_sort(struct component_scan *component)
{
    static const enum space_name spaces[] = {CORE_FUNCTIONS, FUNCTIONS,  VALUES,
                                             TYPES,          COMPONENTS, INSTANCES};
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    uint8_t sort = read_byte(reader);
    if (sort == 0)
        return component_core_sort(component);
    if (sort < sizeof spaces / sizeof *spaces)
        return spaces[sort];
    reader_fail(reader, where, "malformed sort 0x%02x", sort);
    return FUNCTIONS;
}

void component_enter_scope(struct component_scan *component, struct scope *scope, bool is_type,
                           enum component_form form)
{
    struct arena *arena = component->scan.arena;
    *scope = (struct scope){.outer = component->scope, .is_type = is_type};
    scope->type = arena_alloc(arena, 1, sizeof *scope->type);
    scope->type->form = form;
    scope->type->bound = component->file->resource_count;
    component->scope = scope;
}

const struct component_type *component_leave_scope(struct component_scan *component)
{
    struct component_type *type = component->scope->type;
    component->scope = component->scope->outer;
    type->bound_end = component->file->resource_count;
    return component_finish_type(component, type);
}
