#include "pkg/optimize/optimize.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/optimize/recall.h"

static bool is_debug_but_names(const char *name)
{
    return wasm_is_debug_section(name) && strcmp(name, "name") != 0;
}

int work_strip(struct arena *arena, const struct optimize_request *request,
               struct candidate *module, struct error *error)
{
    return wasm_strip(arena, module->debug,
                      request->keep_names ? is_debug_but_names : wasm_is_debug_section,
                      &module->module, error);
}

/* Of a twin: the map's name goes, because what it names is of other code then. */
static bool is_not_for_twins(const char *name)
{
    return wasm_is_target_features(name) || wasm_is_source_map_url(name);
}

/* A target_features section goes in any case: wasm-opt would add what it claims. */
static int strip(const struct work *work, struct candidate *module)
{
    const struct optimize_request *request = work->request;
    module->debug = request->module;
    if (request->keep_debug && wasm_strip(work->arena, request->module, is_not_for_twins,
                                          &module->debug, work->error) != 0)
        return -1;
    if (work_strip(work->arena, request, module, work->error) != 0)
        return -1;
    if (!request->keep_debug)
        module->debug.size = 0;
    else if (request->map)
        module->mappings = request->map->mappings;
    if (module->module.size < request->module.size)
        module->how = "stripped";
    return wasm_scan(work->arena, module->module, WASM_VALIDATION, &module->info, work->error);
}

const char *work_how(const struct work *work, const struct candidate *module, const char *word)
{
    bool more = module->how && strcmp(module->how, "stripped") != 0;
    return more ? arena_printf(work->arena, "%s, %s", module->how, word) : word;
}

static const char *feature_name(uint64_t features)
{
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        if (features & wasm_feature_bit((enum wasm_feature)i))
            return wasm_features[i].id;
    return "";
}

const char *work_judge(const struct work *work, const struct candidate *before, uint64_t features,
                       struct candidate *after)
{
    struct error problem = {0};
    if (wasm_scan(work->arena, after->module, WASM_VALIDATION, &after->info, &problem) != 0)
        return arena_printf(work->arena, "its output is malformed: %.200s", problem.message);
    const char *difference = interface_difference(work->arena, &before->info, &after->info);
    uint64_t added = after->info.features & ~features;
    if (difference || !added)
        return difference;
    return arena_printf(work->arena, "its output needs '%s', which the module did not",
                        feature_name(added));
}

static bool is_unchanged(const struct candidate *a, const struct candidate *b)
{
    return a->module.data == b->module.data && a->module.size == b->module.size;
}

/* Where exports were removed, what is not reached any more need not be lowered. */
static void take_reached(const struct work *work, const struct attempt *rewritten,
                         struct candidate *module)
{
    uint64_t foreign = module->info.features & ~work->request->allowed;
    if (rewritten->problem || (rewritten->candidate.info.features & foreign) == foreign)
        return;
    const char *how = work_how(work, module, rewritten->name);
    *module = rewritten->candidate;
    module->how = how;
}

/* What the optimizer has part in. */
static int work_through(struct work *work, struct candidate *module,
                        struct candidate out[OPTIMIZE_MEASURES])
{
    struct attempt rewritten = {.problem = "there is none"};
    struct candidate before = *module;
    if (!work->optimizer->path) {
        work->why_not = work->optimizer->problem;
        work->fleeting = true;
    } else if (choose(work, module, &rewritten) != 0) {
        return -1;
    } else if (!work->why_not) {
        if (work->request->keep_exports)
            take_reached(work, &rewritten, module);
        if (lower(work, module) != 0)
            return -1;
    }
    return shrink(work, module, is_unchanged(&before, module) ? &rewritten : NULL, out);
}

/* Works it out, unless that has been done before. */
static int recall_or_work(struct work *work, struct candidate *module,
                          struct candidate out[OPTIMIZE_MEASURES], bool *cached)
{
    struct candidate before = *module;
    *cached = recall_result(work, module, out);
    if (*cached)
        return 0;
    /* The key has all optimizers: choosing one changes `work`. */
    const struct optimizer *all = work->optimizer;
    if (work_through(work, module, out) != 0)
        return -1;
    recall_keep(work, all, &before, out);
    return 0;
}

static struct optimize_result result_of(const struct work *work, const struct candidate *best,
                                        bool cached)
{
    return (struct optimize_result){.module = best->module,
                                    .debug = best->debug,
                                    .mappings = best->mappings,
                                    .info = best->info,
                                    .how = best->how ? best->how : "unchanged",
                                    .why_not = best->why_not ? best->why_not : work->why_not,
                                    .optimizer = work->optimizer->version,
                                    .needs = work->needs,
                                    .gzip_bytes = best->gzip_bytes,
                                    .cached = cached,
                                    .candidates = work->table,
                                    .candidate_count = work->table_count};
}

int optimize(struct arena *arena, const struct world *world, const struct optimizer *optimizer,
             const struct optimize_request *request, struct optimize_result out[OPTIMIZE_MEASURES],
             struct error *error)
{
    struct work work = {
        .arena = arena, .world = world, .optimizer = optimizer, .request = request, .error = error};
    struct candidate module = {.module = request->module, .info = *request->info};
    struct candidate best[OPTIMIZE_MEASURES];
    bool cached = false, component = request->info->kind == WASM_COMPONENT;
    if (component && request->run)
        work.why_not = "wasm-opt reads core modules only";
    if (!component && request->strip && strip(&work, &module) != 0)
        return -1;
    for (size_t i = 0; i < OPTIMIZE_MEASURES; i++)
        best[i] = module;
    if (!component && request->run &&
        (prune(&work, &module) != 0 || recall_or_work(&work, &module, best, &cached) != 0))
        return -1;
    for (size_t i = 0; i < OPTIMIZE_MEASURES; i++) {
        out[i] = result_of(&work, &best[i], cached);
        result_removed(arena, request->info, &out[i]);
    }
    return 0;
}
