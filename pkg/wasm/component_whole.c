/* What a type is as a whole: how deep and large it is, and what it refers to. */
#include "pkg/wasm/component.h"

/* As in wasmparser 0.263 (limits.rs). */
enum { DEPTH_MOST = 100, SIZE_MOST = 1000000 };

static void include(struct component_type *type, const struct component_type *part)
{
    if (!part)
        return;
    type->uses_resources |= part->uses_resources;
    type->uses_borrow |= part->uses_borrow;
    if (part->depth >= type->depth)
        type->depth = (uint8_t)(part->depth + 1);
    type->size += part->size;
    if (type->size > SIZE_MOST)
        type->size = SIZE_MOST + 1;
}

static void include_list(struct component_type *type, const struct component_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        include(type, list->items[i].type);
        if (!list->items[i].type && type->size <= SIZE_MOST)
            type->size++;
    }
}

const struct component_type *component_finish_type(struct component_scan *component,
                                                   struct component_type *type)
{
    const uint8_t *where = component->scan.reader.at;
    type->size = 1;
    type->uses_resources = type->uses_borrow = false;
    if (type->form == WIT_OWN || type->form == WIT_BORROW || type->form == WIT_RESOURCE)
        type->uses_resources = true;
    type->uses_borrow = type->form == WIT_BORROW;
    for (size_t i = 0; i < type->field_count; i++) {
        include(type, type->fields[i].type);
        if (!type->fields[i].type && type->size <= SIZE_MOST)
            type->size++;
    }
    include(type, type->first);
    include(type, type->second);
    include_list(type, &type->imports);
    include_list(type, &type->exports);
    if (type->form > WIT_FUNCTION)
        type->uses_borrow = false; /* of the functions in it */
    if (type->depth <= DEPTH_MOST && type->size <= SIZE_MOST)
        return type;
    component_invalid(component, where, "type nests too deep or is too large");
    return NULL;
}
