/* Instances: components with what they import. */
#include "pkg/wasm/component.h"

static void read_argument(struct component_scan *component, struct component_list *given)
{
    struct scan *scan = &component->scan;
    struct reader *reader = &scan->reader;
    const uint8_t *where = reader->at;
    struct component_extern item = {.name = scan_safe(scan, read_name(reader))};
    enum space_name space = component_sort(component);
    const void *found = component_item(component, space);
    if (reader->failed)
        return;
    if (space < FUNCTIONS && space != CORE_MODULES) {
        component_invalid(component, where, "a component is not given a %s",
                          component_space_title(space));
        return; /* what was found is of another kind of type */
    }
    item.kind = component_kind_of(space);
    if (space == CORE_MODULES)
        item.module = found;
    else
        item.type = found;
    component_add_extern(component, given, &item, where);
}

static void check_arguments(struct component_scan *component, const struct component_list *given,
                            const struct component_list *wanted, const struct renaming *renaming,
                            const uint8_t *where)
{
    struct component_file *file = component->file;
    for (size_t i = 0; i < wanted->count && !file->invalid && component_work(file, 1); i++) {
        struct component_extern expected = wanted->items[i];
        const struct component_extern *actual = component_find(given, expected.name);
        expected.type = component_copy(component->scan.arena, file, expected.type, renaming);
        if (!actual)
            component_invalid(component, where, "import '%.80s' is not supplied", expected.name);
        else if (!component_matches(component->scan.arena, component->file, actual, &expected))
            component_invalid(component, where, "import '%.80s' gets something of another type",
                              expected.name);
    }
}

static const struct component_type *instantiate(struct component_scan *component)
{
    struct arena *arena = component->scan.arena;
    struct reader *reader = &component->scan.reader;
    const uint8_t *where = reader->at;
    const struct component_type *type = component_item(component, COMPONENTS);
    uint32_t count = read_count(reader, "arguments", 3);
    struct component_list given = {0};
    for (uint32_t i = 0; i < count && !reader->failed; i++)
        read_argument(component, &given);
    if (!type || reader->failed || !component_work(component->file, type->exports.count))
        return NULL;
    struct component_type *out = arena_alloc(arena, 1, sizeof *out);
    uint32_t bound = type->bound_end - type->bound;
    out->bound = component_new_resources(component, bound, NULL);
    out->bound_end = component->file->resource_count;
    if (out->bound_end - out->bound != bound)
        return NULL;
    uint32_t *to = arena_alloc(arena, bound, sizeof *to);
    component_bind(component->file, &given, &type->imports, type->bound, bound, to);
    for (uint32_t i = 0; i < bound; i++) {
        const char **names = component->file->resource_names;
        names[out->bound + i] = names[type->bound + i];
        if (to[i] == NO_RESOURCE)
            to[i] = out->bound + i;
    }
    struct renaming renaming = {type->bound, bound, to, ++component->file->epoch};
    check_arguments(component, &given, &type->imports, &renaming, where);
    out->form = WIT_INSTANCE;
    out->exports = component_copy_list(arena, component->file, &type->exports, &renaming);
    return component_work(component->file, 0) ? component_finish_type(component, out) : NULL;
}

static const struct component_type *read_inline(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    struct component_type *out = arena_alloc(component->scan.arena, 1, sizeof *out);
    out->form = WIT_INSTANCE;
    out->bound = out->bound_end = component->file->resource_count;
    uint32_t count = read_count(reader, "exports", 4);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        struct component_extern item = {.name = component_name(component)};
        enum space_name space = component_sort(component);
        const void *found = component_item(component, space);
        if (reader->failed)
            break;
        if (space < FUNCTIONS && space != CORE_MODULES) {
            component_invalid(component, where, "an instance exports no %s",
                              component_space_title(space));
            continue;
        }
        item.kind = component_kind_of(space);
        if (space == CORE_MODULES)
            item.module = found;
        else
            item.type = found;
        component_add_extern(component, &out->exports, &item, where);
    }
    return component_finish_type(component, out);
}

void component_instances(struct component_scan *component)
{
    struct reader *reader = &component->scan.reader;
    uint32_t count = read_count(reader, "instances", 2);
    for (uint32_t i = 0; i < count && !reader->failed; i++) {
        const uint8_t *where = reader->at;
        uint8_t form = read_byte(reader);
        if (form > 1)
            reader_fail(reader, where, "malformed instance 0x%02x", form);
        const struct component_type *instance =
            form == 0 ? instantiate(component) : read_inline(component);
        component_push(component, INSTANCES, instance);
    }
}
