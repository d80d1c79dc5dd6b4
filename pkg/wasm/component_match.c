/* Whether what is given can stand where something is wanted. Values and functions must be the
   same, as in the tools: the standard leaves open what else might do. */
#include <string.h>

#include "pkg/wasm/component.h"

static bool same(struct component_file *, const struct component_type *given,
                 const struct component_type *wanted);

static bool same_names(const char *given, const char *wanted)
{
    return given == wanted || (given && wanted && strcmp(given, wanted) == 0);
}

static bool same_fields(struct component_file *file, const struct component_type *given,
                        const struct component_type *wanted)
{
    if (given->field_count != wanted->field_count)
        return false;
    for (size_t i = 0; i < given->field_count; i++) {
        const struct component_field *left = &given->fields[i], *right = &wanted->fields[i];
        if (!same_names(left->name, right->name) || !same(file, left->type, right->type))
            return false;
    }
    return true;
}

/* A missing type and an unknown one are both NULL: then a rule is broken anyway, or nothing is
   known. */
static bool same(struct component_file *file, const struct component_type *given,
                 const struct component_type *wanted)
{
    if (given == wanted || !component_work(file, 1 + (given ? given->field_count : 0)))
        return true;
    if (!given || !wanted || given->form != wanted->form)
        return false;
    switch (given->form) {
    case WIT_PRIMITIVE:
        return given->primitive == wanted->primitive;
    case WIT_OWN:
    case WIT_BORROW:
    case WIT_RESOURCE:
        return given->resource == wanted->resource;
    default:
        return given->is_async == wanted->is_async && given->length == wanted->length &&
               same_fields(file, given, wanted) && same(file, given->first, wanted->first) &&
               same(file, given->second, wanted->second);
    }
}

/* --- instances and components --- */

static bool lists_match(struct arena *arena, struct component_file *file,
                        const struct component_list *given, const struct component_list *wanted,
                        const struct renaming *renaming)
{
    for (size_t i = 0; i < wanted->count && component_work(file, 1); i++) {
        struct component_extern expected = wanted->items[i];
        const struct component_extern *actual = component_find(given, expected.name);
        if (renaming)
            expected.type = component_copy(arena, file, expected.type, renaming);
        if (!actual || !component_matches(arena, file, actual, &expected))
            return false;
    }
    return true;
}

/* The given component gets what the wanted one would get, and then must export what is wanted. */
static bool components_match(struct arena *arena, struct component_file *file,
                             const struct component_type *given,
                             const struct component_type *wanted)
{
    uint32_t count = given->bound_end - given->bound;
    uint32_t wanted_count = wanted->bound_end - wanted->bound;
    if (!component_work(file, (size_t)count + wanted_count))
        return true;
    uint32_t *to = arena_alloc(arena, count, sizeof *to);
    component_bind(file, &wanted->imports, &given->imports, given->bound, count, to);
    struct renaming imported = {given->bound, count, to, ++file->epoch};
    if (!lists_match(arena, file, &wanted->imports, &given->imports, &imported))
        return false;
    struct component_list exports = component_copy_list(arena, file, &given->exports, &imported);
    if (!component_work(file, 0))
        return true;
    uint32_t *back = arena_alloc(arena, wanted_count, sizeof *back);
    component_bind(file, &exports, &wanted->exports, wanted->bound, wanted_count, back);
    struct renaming exported = {wanted->bound, wanted_count, back, ++file->epoch};
    return lists_match(arena, file, &exports, &wanted->exports, &exported);
}

static bool types_match(struct arena *arena, struct component_file *file,
                        const struct component_type *given, const struct component_type *wanted)
{
    if (!given || !wanted || !component_work(file, 1))
        return true;
    if (given->form != wanted->form)
        return false;
    if (given->form == WIT_INSTANCE)
        return lists_match(arena, file, &given->exports, &wanted->exports, NULL);
    if (given->form == WIT_COMPONENT)
        return components_match(arena, file, given, wanted);
    return same(file, given, wanted);
}

/* A type that stands for itself, not for an instance: its resources are whatever the other's are.
 */
static bool instance_types_match(struct arena *arena, struct component_file *file,
                                 const struct component_type *given,
                                 const struct component_type *wanted)
{
    uint32_t first = wanted->bound, count = wanted->bound_end - first;
    if (count == 0)
        return types_match(arena, file, given, wanted);
    if (!component_work(file, count))
        return true;
    uint32_t *to = arena_alloc(arena, count, sizeof *to);
    component_bind(file, &given->exports, &wanted->exports, first, count, to);
    struct renaming renaming = {first, count, to, ++file->epoch};
    return types_match(arena, file, given, component_copy(arena, file, wanted, &renaming));
}

static bool are_instances(const struct component_extern *given,
                          const struct component_extern *wanted)
{
    return given->type && wanted->type && given->type->form == WIT_INSTANCE &&
           wanted->type->form == WIT_INSTANCE;
}

bool component_matches(struct arena *arena, struct component_file *file,
                       const struct component_extern *given, const struct component_extern *wanted)
{
    if (given->kind != wanted->kind)
        return false;
    if (given->kind == COMPONENT_MODULE)
        return !given->module || !wanted->module ||
               !component_work(file, wanted->module->export_count +
                                         given->module->import_count *
                                             (1 + wanted->module->import_count)) ||
               core_interface_matches(given->module, wanted->module);
    if (given->kind == COMPONENT_TYPE && are_instances(given, wanted))
        return instance_types_match(arena, file, given->type, wanted->type);
    return types_match(arena, file, given->type, wanted->type);
}

bool component_ascribe(struct component_scan *component, const struct component_extern *item,
                       const struct component_extern *wanted)
{
    struct arena *arena = component->scan.arena;
    struct component_file *file = component->file;
    if (!item->type || !wanted->type || item->kind == COMPONENT_MODULE)
        return component_matches(arena, file, item, wanted);
    /* A resource may be exported as one of which no more is known. */
    if (item->type->form == WIT_RESOURCE && wanted->type->form == WIT_RESOURCE)
        return true;
    if (item->kind == wanted->kind && are_instances(item, wanted))
        return instance_types_match(arena, file, item->type, wanted->type);
    return component_matches(arena, file, item, wanted);
}
