/* What becomes of a feature that the target lacks: publish lowers it, or why not and what would.
   The optimizer is not started before a finding asks for it. */
#include "pkg/wasm/lowering.h"

#include <stdlib.h>
#include <string.h>

#include "pkg/optimize/optimize.h"
#include "pkg/publish/pipeline.h"

static const struct optimizer *find_optimizer(struct pipeline *pipeline)
{
    struct error ignored = {0};
    if (!pipeline->optimizer.path && !pipeline->optimizer.problem &&
        pipeline_find_optimizer(pipeline, &ignored) != 0)
        pipeline->optimizer = (struct optimizer){.problem = "it cannot be run"};
    return &pipeline->optimizer;
}

static const struct prepared_module *find_module(const struct prepared *target, const char *path)
{
    for (size_t i = 0; path && i < target->module_count; i++)
        if (strcmp(target->modules[i].path, path) == 0)
            return &target->modules[i];
    return NULL;
}

static void add_other(struct arena *arena, struct cure *cure, const char *text)
{
    cure->other = cure->other ? arena_printf(arena, "%s; %s", cure->other, text) : text;
}

/* NULL when the optimizer that there is can do what the row says; else which one could. */
static const char *missing(struct arena *arena, const struct optimizer *optimizer,
                           const struct wasm_lowering *row)
{
    const char *pass = row->way == WASM_LOWER_PASS ? row->pass : NULL;
    const char *colon = pass ? ": " : "", *name = pass ? pass : "";
    if (row->way == WASM_LOWER_SECTION)
        return NULL;
    if (!optimizer->path)
        return arena_printf(arena, "there is no wasm-opt here; %u and later can%s%s", row->since,
                            colon, name);
    if ((pass && !optimizer_has_pass(optimizer, pass)) ||
        strtoul(optimizer->version, NULL, 10) < row->since)
        return arena_printf(arena, "wasm-opt %s cannot lower it, %u and later can%s%s",
                            optimizer->version, row->since, colon, name);
    return NULL;
}

static const char *describe_by_hand(struct arena *arena, const struct wasm_lowering *row,
                                    const char *obstacle)
{
    const char *text = arena_printf(arena, "not lowered unasked: %s", obstacle);
    if (row->way != WASM_LOWER_PASS)
        return text;
    return arena_printf(arena, "%s; optimize.passes [\"%s\"] does it%s%s", text,
                        row->pass + strlen("--"), row->risk ? ": " : "",
                        row->risk ? row->risk : "");
}

static const char *describe_automatic(struct arena *arena, const struct optimizer *optimizer,
                                      const struct wasm_lowering *row)
{
    if (row->way == WASM_LOWER_SECTION)
        return "leaving out the section";
    return arena_printf(arena, "wasm-opt %s%s%s", optimizer->version,
                        row->way == WASM_LOWER_PASS ? " " : "",
                        row->way == WASM_LOWER_PASS ? row->pass : "");
}

/* The chain of passes ends well: whether publish walks it by itself is a matter of settings. */
static void settle_sound(struct pipeline *pipeline, const struct prepared *target,
                         const struct prepared_module *module, const struct wasm_lowering *row,
                         struct cure *cure)
{
    const struct manifest_optimize *settings = &target->target->optimize;
    const struct optimize_result *result = &module->optimized;
    if (target->payload.form == PAYLOAD_PACKAGE)
        add_other(pipeline->arena, cure, "a ready package ships as it is");
    else if (pipeline->manifest->path && (settings->level < OPTIMIZE_SIZE || !settings->lower))
        add_other(
            pipeline->arena, cure,
            "publish would lower it with optimize.level \"size\" and optimize.lower \"auto\"");
    else if (!pipeline->options->optimize)
        cure->automatic = describe_automatic(pipeline->arena, &pipeline->optimizer, row);
    else if (result->why_not)
        add_other(pipeline->arena, cure,
                  arena_printf(pipeline->arena, "publish could not lower it: %s", result->why_not));
    if (cure->automatic && row->risk)
        add_other(pipeline->arena, cure, row->risk);
}

static void settle(struct pipeline *pipeline, const struct prepared *target,
                   const struct prepared_module *module, const struct wasm_lowering *row,
                   struct finding *finding)
{
    struct arena *arena = pipeline->arena;
    struct cure *cure = &finding->cure;
    const struct profile *profile = target->job.profile;
    const struct wasm_info *info = &module->optimized.info;
    uint64_t known = profile_runs(profile, info);
    uint64_t runs = finding->is_unknown ? known : known | profile_unknown(profile, info);
    const char *why = wasm_lowering_objection(row, info), *end = NULL;
    if (why)
        why = describe_by_hand(arena, row, why);
    else if ((end = wasm_lowering_obstacle(arena, info, runs, row->feature)))
        why = arena_printf(arena, "not lowered: %s", end);
    else
        why = missing(arena, find_optimizer(pipeline), row);
    if (!why) {
        settle_sound(pipeline, target, module, row, cure);
        return;
    }
    cure->lowering = NULL;
    add_other(arena, cure, why);
}

void lowering_settle(struct pipeline *pipeline, struct prepared *target)
{
    for (size_t i = 0; i < target->verdict.finding_count; i++) {
        struct finding *finding = &target->verdict.findings[i];
        const struct prepared_module *module = find_module(target, finding->where.path);
        enum wasm_feature feature = wasm_feature_find(finding->subject ? finding->subject : "");
        if (strcmp(finding->rule, "feature") != 0 || !module || feature == WASM_FEATURE_COUNT)
            continue;
        const struct wasm_lowering *row = wasm_lowering_find(feature);
        if (row && (row->way != WASM_LOWER_PASS || finding->cure.lowering))
            settle(pipeline, target, module, row, finding);
    }
}
