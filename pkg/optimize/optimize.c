#include "pkg/optimize/optimize.h"

#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/optimize/internal.h"

static bool is_debug_but_names(const char *name)
{
    return wasm_is_debug_section(name) && strcmp(name, "name") != 0;
}

/* A target_features section goes in any case: wasm-opt would add what it claims. */
static int strip(const struct work *work, struct candidate *module)
{
    const struct optimize_request *request = work->request;
    bool (*drop)(const char *) = request->keep_debug   ? wasm_is_target_features
                                 : request->keep_names ? is_debug_but_names
                                                       : wasm_is_debug_section;
    if (wasm_strip(work->arena, request->module, drop, &module->module, work->error) != 0)
        return -1;
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

int work_run(struct work *work, const struct arguments *flags, const struct candidate *before,
             uint64_t features, struct candidate *after)
{
    if (optimizer_run(work->arena, work->world, work->optimizer, before->module, flags,
                      work->request->limit_ms, &after->module, &work->why_not, work->error) != 0)
        return -1;
    if (!work->why_not)
        work->why_not = work_judge(work, before, features, after);
    return 0;
}

static int use_optimizer(struct work *work, struct candidate *module,
                         struct candidate out[OPTIMIZE_MEASURES])
{
    if (!work->optimizer->path)
        work->why_not = work->optimizer->problem;
    else if (prune(work, module) != 0 || lower(work, module) != 0)
        return -1;
    return shrink(work, module, out);
}

int optimize(struct arena *arena, const struct world *world, const struct optimizer *optimizer,
             const struct optimize_request *request, struct optimize_result out[OPTIMIZE_MEASURES],
             struct error *error)
{
    struct work work = {arena, world, optimizer, request, NULL, error};
    struct candidate module = {request->module, *request->info, NULL}, best[OPTIMIZE_MEASURES];
    bool component = request->info->kind == WASM_COMPONENT;
    if (component && request->run)
        work.why_not = "wasm-opt reads core modules only";
    if (!component && request->strip && strip(&work, &module) != 0)
        return -1;
    for (size_t i = 0; i < OPTIMIZE_MEASURES; i++)
        best[i] = module;
    if (!component && request->run && use_optimizer(&work, &module, best) != 0)
        return -1;
    for (size_t i = 0; i < OPTIMIZE_MEASURES; i++)
        out[i] = (struct optimize_result){best[i].module, best[i].info,
                                          best[i].how ? best[i].how : "unchanged", work.why_not};
    return 0;
}
