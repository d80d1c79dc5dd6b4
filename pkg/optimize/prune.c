/* Exports that nobody uses. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/optimize/internal.h"
#include "pkg/wasm/prune.h"

/* Of exports, sorted. */
struct names {
    struct bytes *items;
    size_t count;
};

static int compare_names(const void *a, const void *b)
{
    const struct bytes *left = a, *right = b;
    size_t common = left->size < right->size ? left->size : right->size;
    int order = common ? memcmp(left->data, right->data, common) : 0;
    return order ? order : (left->size > right->size) - (left->size < right->size);
}

static bool is_kept(const void *context, struct bytes name)
{
    const struct names *names = context;
    return names->count &&
           bsearch(&name, names->items, names->count, sizeof name, compare_names) != NULL;
}

static struct names names_of(struct arena *arena, const struct bytes *items, size_t count)
{
    struct names names = {arena_copy(arena, items, count * sizeof *items), count};
    if (count)
        qsort(names.items, count, sizeof *names.items, compare_names);
    return names;
}

static size_t count_removed(const struct names *kept, const struct wasm_info *info)
{
    size_t count = 0;
    for (size_t i = 0; i < info->export_count; i++)
        count += !is_kept(kept, info->exports[i].name);
    return count;
}

static int drop(const struct work *work, const struct wasm_keep *keep, struct candidate *module,
                struct error *problem)
{
    if (module->debug.size &&
        wasm_prune(work->arena, module->debug, keep, &module->debug, problem) != 0)
        return -1;
    if (wasm_prune(work->arena, module->module, keep, &module->module, problem) != 0 ||
        wasm_scan(work->arena, module->module, WASM_VALIDATION, &module->info, problem) != 0)
        return -1;
    return module->info.validity == WASM_VALID ? 0 : -1;
}

/* The exports alone: what only they reach goes with whatever the optimizer then does, as it is
   asked to in choose.c. An export also declares that code may refer to its function by ref.func, so
   that a module may not be valid without it; then, and where nobody can tell, all of them stay. */
int prune(struct work *work, struct candidate *module)
{
    const struct optimize_request *request = work->request;
    struct names kept = names_of(work->arena, request->keep_exports, request->keep_export_count);
    struct wasm_keep keep = {is_kept, &kept};
    struct candidate after = *module;
    struct error problem = {0};
    size_t count = request->keep_exports ? count_removed(&kept, &module->info) : 0;
    if (count == 0)
        return 0;
    if (drop(work, &keep, &after, &problem) != 0) {
        world_say(work->world, "optimize",
                  "%s: no export is removed: the module would not be valid without them",
                  request->name ? request->name : "module");
        return 0;
    }
    after.how = work_how(
        work, module,
        arena_printf(work->arena, "%zu of %zu exports removed", count, module->info.export_count));
    *module = after;
    return 0;
}

void result_removed(struct arena *arena, const struct wasm_info *before,
                    struct optimize_result *result)
{
    const struct wasm_info *after = &result->info;
    struct bytes *items = arena_alloc(arena, after->export_count + 1, sizeof *items);
    for (size_t i = 0; i < after->export_count; i++)
        items[i] = after->exports[i].name;
    struct names kept = names_of(arena, items, after->export_count);
    const char **removed = arena_alloc(arena, count_removed(&kept, before) + 1, sizeof *removed);
    result->removed_exports = removed;
    for (size_t i = 0; i < before->export_count; i++)
        if (!is_kept(&kept, before->exports[i].name))
            removed[result->removed_export_count++] = wasm_export_name(arena, &before->exports[i]);
}
