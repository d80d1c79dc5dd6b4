/* Whether one module may stand for another, as those see it who instantiate it. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/optimize/internal.h"

/* What imports and exports have in common. */
struct item {
    const char *module, *name, *type;
    enum wasm_extern kind;
};

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static int compare_items(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    int order = strcmp(a->module, b->module);
    if (order == 0)
        order = strcmp(a->name, b->name);
    if (order == 0)
        order = (int)a->kind - (int)b->kind;
    return order ? order : strcmp(a->type, b->type);
}

static struct item *sorted_imports(struct arena *arena, const struct wasm_info *info)
{
    struct item *items = arena_alloc(arena, info->import_count + 1, sizeof *items);
    for (size_t i = 0; i < info->import_count; i++)
        items[i] = (struct item){info->imports[i].module, info->imports[i].name,
                                 or_empty(info->imports[i].type), info->imports[i].kind};
    qsort(items, info->import_count, sizeof *items, compare_items);
    return items;
}

/* What one memory holds that were several has other limits; an address of 32 bits is another type.
 */
static bool has_other_memories(const struct wasm_info *before, const struct wasm_info *after)
{
    return (before->features & ~after->features &
            (wasm_feature_bit(WASM_FEATURE_MULTIMEMORY) | wasm_feature_bit(WASM_FEATURE_MEMORY64) |
             wasm_feature_bit(WASM_FEATURE_TABLE64))) != 0;
}

/* With `loosely` limits are not compared. */
static struct item *sorted_exports(struct arena *arena, const struct wasm_info *info, bool loosely)
{
    struct item *items = arena_alloc(arena, info->export_count + 1, sizeof *items);
    for (size_t i = 0; i < info->export_count; i++) {
        enum wasm_extern kind = info->exports[i].kind;
        bool limits = kind == WASM_MEMORY || kind == WASM_TABLE;
        items[i] = (struct item){"", wasm_export_name(arena, &info->exports[i]),
                                 limits && loosely ? "" : or_empty(info->exports[i].type), kind};
    }
    qsort(items, info->export_count, sizeof *items, compare_items);
    return items;
}

/* The first of `items` that is not in `others`; NULL when all are. Both are sorted. */
static const struct item *first_missing(const struct item *items, size_t count,
                                        const struct item *others, size_t other_count)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        while (at < other_count && compare_items(&others[at], &items[i]) < 0)
            at++;
        if (at == other_count || compare_items(&others[at], &items[i]) != 0)
            return &items[i];
    }
    return NULL;
}

const char *interface_difference(struct arena *arena, const struct wasm_info *before,
                                 const struct wasm_info *after)
{
    bool loosely = has_other_memories(before, after);
    const struct item *old_exports = sorted_exports(arena, before, loosely);
    const struct item *new_exports = sorted_exports(arena, after, loosely);
    const struct item *wrong =
        first_missing(old_exports, before->export_count, new_exports, after->export_count);
    if (after->kind != before->kind)
        return "its output is of another kind";
    if (wrong)
        return arena_printf(arena, "its output has no export '%.80s' of the same type",
                            wrong->name);
    wrong = first_missing(new_exports, after->export_count, old_exports, before->export_count);
    if (wrong)
        return arena_printf(arena, "its output has a new export '%.80s'", wrong->name);
    wrong = first_missing(sorted_imports(arena, after), after->import_count,
                          sorted_imports(arena, before), before->import_count);
    if (wrong)
        return arena_printf(arena, "its output has a new import '%.80s.%.80s'", wrong->module,
                            wrong->name);
    return NULL;
}
