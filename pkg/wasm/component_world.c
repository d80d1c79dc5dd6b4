/* The world that a tool encoded: a custom section of a core module holds a component whose one
   export is the type of a component whose one export is the world. */
#include <string.h>

#include "pkg/wasm/component.h"

static const char section_name[] = "component-type";

/* The content of the custom section, behind its name. */
static struct bytes find_section(struct bytes encoded, const struct wasm_info *info)
{
    for (size_t i = 0; i < info->section_count; i++) {
        const struct wasm_section *section = &info->sections[i];
        if (!section->custom || strncmp(section->name, section_name, sizeof section_name - 1) != 0)
            continue;
        const uint8_t *at = encoded.data + section->offset, *end = at + section->size;
        const char *why;
        uint64_t size;
        const uint8_t *name = leb_unsigned(at, end, 32, &size, &why);
        if (name && size <= (size_t)(end - name))
            return (struct bytes){name + size, (size_t)(end - name) - (size_t)size};
    }
    return (struct bytes){NULL, 0};
}

static const struct component_type *exported_component(const struct component_type *type)
{
    for (size_t i = 0; type && i < type->exports.count; i++) {
        const struct component_type *item = type->exports.items[i].type;
        if (item && item->form == WIT_COMPONENT)
            return item;
    }
    return NULL;
}

int component_read_world(struct arena *arena, struct bytes encoded, struct component_world *out,
                         struct error *error)
{
    struct wasm_info info, inner;
    if (wasm_scan(arena, encoded, WASM_FACTS, &info, error) != 0)
        return -1;
    struct bytes section = find_section(encoded, &info);
    if (!section.data)
        return error_set(error, FAULT_INPUT, "there is no section '%s' in it", section_name);
    if (wasm_scan(arena, section, WASM_FACTS, &inner, error) != 0)
        return -1;
    const struct component_type *package =
        inner.component ? exported_component(inner.component->type) : NULL;
    *out = (struct component_world){exported_component(package),
                                    inner.component ? inner.component->file : NULL};
    if (!out->type)
        return error_set(error, FAULT_INPUT, "section '%s' has no world in it", section_name);
    return 0;
}
