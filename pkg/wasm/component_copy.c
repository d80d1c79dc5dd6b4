/* Types with other resources in them. A type is copied once a renaming, however many refer to it,
   and not at all when it has no resources. */
#include "pkg/wasm/component.h"

enum { WORK_MOST = 1000000 };

bool component_work(struct component_file *file, size_t steps)
{
    file->steps += steps;
    if (file->steps <= WORK_MOST)
        return true;
    if (!file->not_judged)
        file->not_judged = "its types are too large to compare them all";
    return false;
}

static uint32_t rename_one(const struct renaming *renaming, uint32_t resource)
{
    if (resource < renaming->from || resource - renaming->from >= renaming->count)
        return resource;
    uint32_t to = renaming->to[resource - renaming->from];
    return to == NO_RESOURCE ? resource : to;
}

static struct component_field *copy_fields(struct arena *arena, struct component_file *file,
                                           const struct component_type *type,
                                           const struct renaming *renaming)
{
    struct component_field *fields = arena_alloc(arena, type->field_count, sizeof *fields);
    for (size_t i = 0; i < type->field_count; i++)
        fields[i] = (struct component_field){
            type->fields[i].name, component_copy(arena, file, type->fields[i].type, renaming)};
    return fields;
}

struct component_list component_copy_list(struct arena *arena, struct component_file *file,
                                          const struct component_list *list,
                                          const struct renaming *renaming)
{
    struct component_list copy = *list;
    if (!component_work(file, list->count))
        return (struct component_list){0};
    copy.items = arena_alloc(arena, list->count, sizeof *copy.items);
    copy.capacity = list->count;
    for (size_t i = 0; i < list->count; i++) {
        copy.items[i] = list->items[i];
        copy.items[i].type = component_copy(arena, file, list->items[i].type, renaming);
    }
    return copy;
}

const struct component_type *component_copy(struct arena *arena, struct component_file *file,
                                            const struct component_type *type,
                                            const struct renaming *renaming)
{
    if (!type || !type->uses_resources || renaming->count == 0)
        return type;
    if (!component_work(file, 1)) /* now and from then on: all is unknown */
        return NULL;
    if (type->copy_epoch == renaming->epoch)
        return type->copy;
    if (!component_work(file, type->field_count))
        return NULL;
    struct component_type *copy = arena_alloc(arena, 1, sizeof *copy);
    *copy = *type;
    copy->copy_epoch = 0;
    /* Only scratch is written: to anybody else the type is the same. */
    ((struct component_type *)(uintptr_t)type)->copy_epoch = renaming->epoch;
    ((struct component_type *)(uintptr_t)type)->copy = copy;
    copy->resource = rename_one(renaming, type->resource);
    copy->fields = copy_fields(arena, file, type, renaming);
    copy->first = component_copy(arena, file, type->first, renaming);
    copy->second = component_copy(arena, file, type->second, renaming);
    if (type->form >= WIT_INSTANCE) {
        copy->imports = component_copy_list(arena, file, &type->imports, renaming);
        copy->exports = component_copy_list(arena, file, &type->exports, renaming);
        copy->bound = rename_one(renaming, type->bound);
        copy->bound_end = copy->bound + (type->bound_end - type->bound);
    }
    return component_work(file, 0) ? copy : NULL;
}

const struct component_type *component_fresh(struct component_scan *component,
                                             const struct component_type *type)
{
    struct component_file *file = component->file;
    if (!type || type->bound == type->bound_end)
        return type;
    uint32_t count = type->bound_end - type->bound;
    uint32_t first = component_new_resources(component, count, NULL);
    if (file->resource_count - first != count)
        return NULL;
    uint32_t *to = arena_alloc(component->scan.arena, count, sizeof *to);
    for (uint32_t i = 0; i < count; i++) {
        to[i] = first + i;
        file->resource_names[first + i] = file->resource_names[type->bound + i];
    }
    struct renaming renaming = {type->bound, count, to, ++file->epoch};
    return component_copy(component->scan.arena, file, type, &renaming);
}

static void bind_list(struct component_file *file, const struct component_list *given,
                      const struct component_list *wanted, uint32_t from, uint32_t count,
                      uint32_t *to)
{
    for (size_t i = 0; i < wanted->count && component_work(file, 1); i++) {
        const struct component_extern *expected = &wanted->items[i];
        if (!expected->type || !expected->type->uses_resources)
            continue;
        const struct component_extern *actual = component_find(given, expected->name);
        if (!actual || actual->kind != expected->kind || !actual->type ||
            actual->type->form != expected->type->form)
            continue;
        uint32_t place = expected->type->resource - from; /* wraps when it is less */
        if (expected->kind == COMPONENT_INSTANCE)
            bind_list(file, &actual->type->exports, &expected->type->exports, from, count, to);
        else if (expected->type->form == WIT_RESOURCE && place < count && to[place] == NO_RESOURCE)
            to[place] = actual->type->resource;
    }
}

void component_bind(struct component_file *file, const struct component_list *given,
                    const struct component_list *wanted, uint32_t from, uint32_t count,
                    uint32_t *to)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = NO_RESOURCE;
    bind_list(file, given, wanted, from, count, to);
}
