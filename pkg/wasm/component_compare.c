/* A component against a world: what differs, by name. */
#include <string.h>

#include "pkg/wasm/component.h"

const char *component_difference_name(enum component_difference_kind kind)
{
    static const char *const names[] = {"extra-import", "import-type", "missing-export",
                                        "export-type"};
    return names[kind];
}

/* "wasi:io/poll@0.2.6" is as good as any "@0.2.N"; from 1.0 on the first number decides. Versions
   before a release stand for themselves. */
static const char *compatible_name(struct arena *arena, const char *name)
{
    const char *at = strchr(name, '@');
    if (!at || strchr(at, '-'))
        return name;
    const char *end = at + 1;
    for (unsigned part = 0; part < 3; part++) {
        const char *number = end;
        end += strspn(end, "0123456789");
        bool zero = end - number == 1 && *number == '0';
        if (end == number || !zero || *end != '.')
            break;
        end++;
    }
    return arena_printf(arena, "%.*s", (int)(end - name), name);
}

struct comparing {
    struct arena *arena;
    struct component_file file;
    struct component_comparison *out;
};

/* The same items, found by their own names and, after those, by what compatible versions share. */
static struct component_list offer(struct comparing *comparing, const struct component_list *list)
{
    struct arena *arena = comparing->arena;
    struct component_list out = *list;
    out.table = name_table_make(arena, 2 * list->count);
    for (size_t i = 0; i < list->count; i++)
        (void)name_table_add(arena, &out.table, list->items[i].name, i);
    for (size_t i = 0; i < list->count; i++)
        (void)name_table_add(arena, &out.table, compatible_name(arena, list->items[i].name), i);
    return out;
}

/* The same items, each under the name that finds what is offered for it. */
static struct component_list demand(struct comparing *comparing, const struct component_list *list,
                                    const struct component_list *offered)
{
    struct component_list out = {.count = list->count, .capacity = list->count};
    out.items = arena_alloc(comparing->arena, list->count, sizeof *out.items);
    for (size_t i = 0; i < list->count; i++) {
        out.items[i] = list->items[i];
        if (!component_find(offered, list->items[i].name))
            out.items[i].name = compatible_name(comparing->arena, list->items[i].name);
    }
    return out;
}

static struct component_difference *add(struct comparing *comparing,
                                        enum component_difference_kind kind, const char *item)
{
    struct component_comparison *out = comparing->out;
    out->items =
        arena_grow(comparing->arena, out->items, out->count, &out->capacity, sizeof *out->items);
    out->items[out->count] = (struct component_difference){.kind = kind, .item = item};
    return &out->items[out->count++];
}

static const char *describe(struct comparing *comparing, const struct component_extern *item)
{
    if (!item)
        return NULL;
    if (item->kind == COMPONENT_FUNC || item->kind == COMPONENT_TYPE)
        return component_type_text(comparing->arena, item->type);
    return component_kind_name(item->kind);
}

/* `given` is offered where `wanted` is needed: for an import the component needs it, for an export
   the world does. */
static void add_type(struct comparing *comparing, bool import, const char *item,
                     const struct component_extern *given, const struct component_extern *wanted)
{
    const char *from_component = describe(comparing, import ? wanted : given);
    const char *from_world = describe(comparing, import ? given : wanted);
    struct component_difference *difference =
        add(comparing, import ? DIFFERENCE_IMPORT_TYPE : DIFFERENCE_EXPORT_TYPE, item);
    difference->found = from_component;
    difference->wanted = from_world;
}

static void compare_item(struct comparing *comparing, bool import, const char *name,
                         const struct component_extern *given,
                         const struct component_extern *wanted)
{
    struct arena *arena = comparing->arena;
    size_t before = comparing->out->count;
    if (given->kind != COMPONENT_INSTANCE || wanted->kind != COMPONENT_INSTANCE || !given->type ||
        !wanted->type) {
        if (!component_matches(arena, &comparing->file, given, wanted))
            add_type(comparing, import, name, given, wanted);
    } else {
        const struct component_list *list = &wanted->type->exports;
        for (size_t i = 0; i < list->count; i++) {
            const struct component_extern *part =
                component_find(&given->type->exports, list->items[i].name);
            if (part && component_matches(arena, &comparing->file, part, &list->items[i]))
                continue;
            add_type(comparing, import, arena_printf(arena, "%s#%s", name, list->items[i].name),
                     part, &list->items[i]);
        }
    }
    if (comparing->out->count == before)
        *(import ? &comparing->out->matched_imports : &comparing->out->matched_exports) += 1;
}

/* Another version of the same interface. */
static const char *find_near(const char *name, const struct component_list *list)
{
    size_t size = strcspn(name, "@");
    for (size_t i = 0; i < list->count; i++)
        if (strcspn(list->items[i].name, "@") == size &&
            strncmp(list->items[i].name, name, size) == 0)
            return list->items[i].name;
    return NULL;
}

static void note_version(struct comparing *comparing, const char *name, const char *given)
{
    if (strcmp(name, given) == 0)
        return;
    if (comparing->out->other_versions++ == 0)
        comparing->out->other_version = arena_printf(comparing->arena, "%s for %s", given, name);
}

/* Each of `wanted` must be among `given`; `names` are their own. */
static void
compare_lists(struct comparing *comparing, bool import, const struct component_list *given,
              const struct component_list *given_names, const struct component_list *wanted,
              const struct component_list *wanted_names, const struct renaming *renaming)
{
    for (size_t i = 0; i < wanted->count; i++) {
        const char *name = wanted_names->items[i].name;
        const struct component_extern *found = component_find(given, wanted->items[i].name);
        struct component_extern expected = wanted->items[i];
        expected.type = component_copy(comparing->arena, &comparing->file, expected.type, renaming);
        if (!found) {
            struct component_difference *difference =
                add(comparing, import ? DIFFERENCE_EXTRA_IMPORT : DIFFERENCE_MISSING_EXPORT, name);
            *(import ? &difference->found : &difference->wanted) = describe(comparing, &expected);
            difference->near = find_near(name, given_names);
            continue;
        }
        note_version(comparing, name, given_names->items[found - given->items].name);
        compare_item(comparing, import, name, found, &expected);
    }
}

/* The world's resources get numbers that the component has not. */
static const struct component_type *world_apart(struct comparing *comparing,
                                                const struct component_type *world, uint32_t first)
{
    uint32_t count = world->bound_end - world->bound;
    uint32_t *to = arena_alloc(comparing->arena, count, sizeof *to);
    for (uint32_t i = 0; i < count; i++)
        to[i] = first + i;
    struct renaming renaming = {world->bound, count, to, ++comparing->file.epoch};
    return component_copy(comparing->arena, &comparing->file, world, &renaming);
}

static void compare(struct comparing *comparing, const struct component_type *component,
                    const struct component_type *world)
{
    struct arena *arena = comparing->arena;
    struct component_list world_imports = offer(comparing, &world->imports);
    struct component_list imports = demand(comparing, &component->imports, &world_imports);
    struct component_list exports = offer(comparing, &component->exports);
    struct component_list world_exports = demand(comparing, &world->exports, &exports);
    uint32_t count = component->bound_end - component->bound;
    uint32_t *to = arena_alloc(arena, count, sizeof *to);
    component_bind(&comparing->file, &world_imports, &imports, component->bound, count, to);
    struct renaming imported = {component->bound, count, to, ++comparing->file.epoch};
    compare_lists(comparing, true, &world_imports, &world->imports, &imports, &component->imports,
                  &imported);
    exports = component_copy_list(arena, &comparing->file, &exports, &imported);
    count = world->bound_end - world->bound;
    uint32_t *back = arena_alloc(arena, count, sizeof *back);
    component_bind(&comparing->file, &exports, &world_exports, world->bound, count, back);
    struct renaming exported = {world->bound, count, back, ++comparing->file.epoch};
    compare_lists(comparing, false, &exports, &component->exports, &world_exports, &world->exports,
                  &exported);
}

void component_compare(struct arena *arena, const struct wasm_component *component,
                       const struct component_world *world, struct component_comparison *out)
{
    struct component_file *ours = component->file, *theirs = world->file;
    struct comparing comparing = {.arena = arena, .out = out};
    *out = (struct component_comparison){0};
    if (!component->type) {
        out->given_up = "the component breaks a rule that its types depend on";
        return;
    }
    /* What an earlier renaming left in the types is not of this one. */
    comparing.file.epoch = ours->epoch > theirs->epoch ? ours->epoch : theirs->epoch;
    const struct component_type *apart =
        world_apart(&comparing, world->type, component->type->bound_end);
    if (apart)
        compare(&comparing, component->type, apart);
    ours->epoch = theirs->epoch = comparing.file.epoch;
    out->given_up = comparing.file.not_judged;
}
