/* What the target does not run, said in other words (pkg/wasm/lowering.def): each feature in a run
   of its own, because beside other passes what was lowered would come back, and because some passes
   refuse what others take away. What a pass brings in is followed until nothing foreign is left; no
   feature is lowered twice, so it ends. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/optimize/internal.h"
#include "pkg/wasm/lowering.h"

uint64_t lower_adds(uint64_t foreign, uint64_t allowed)
{
    return wasm_lowering_brings(foreign) & allowed;
}

static bool is_asked_for(const struct work *work, const struct wasm_lowering *row)
{
    const struct optimize_request *request = work->request;
    for (size_t i = 0; row->way == WASM_LOWER_PASS && i < request->pass_count; i++)
        if (strcmp(request->passes[i], row->pass + strlen("--")) == 0)
            return true;
    return false;
}

/* NULL, or why that optimizer can't do what the row says. */
static const char *inability(const struct work *work, const struct wasm_lowering *row)
{
    const struct optimizer *optimizer = work->optimizer;
    if (row->way == WASM_LOWER_SECTION)
        return NULL;
    if (row->way == WASM_LOWER_PASS && !optimizer_has_pass(optimizer, row->pass))
        return arena_printf(work->arena, "wasm-opt %s cannot lower it, %u and later can",
                            optimizer->version, row->since);
    if (strtoul(optimizer->version, NULL, 10) < row->since)
        return arena_printf(work->arena, "only wasm-opt %u and later lower it right", row->since);
    return NULL;
}

/* NULL, or what stands in the way of lowering `feature` for a target that runs `allowed`. */
static const char *obstacle(const struct work *work, const struct candidate *module,
                            uint64_t allowed, enum wasm_feature feature)
{
    struct arena *arena = work->arena;
    const struct wasm_lowering *row = wasm_lowering_find(feature);
    if (!row)
        return "nothing lowers it: build without it";
    const char *objection = wasm_lowering_objection(row, &module->info);
    if (is_asked_for(work, row))
        return inability(work, row);
    if (objection && row->way == WASM_LOWER_PASS)
        return arena_printf(arena, "not lowered unasked: %s; optimize.passes [\"%s\"] does it: %s",
                            objection, row->pass + strlen("--"), row->risk ? row->risk : "");
    if (objection)
        return arena_printf(arena, "it can't be lowered: %s", objection);
    const char *end = wasm_lowering_obstacle(arena, &module->info, allowed, feature);
    return end ? end : inability(work, row);
}

/* An umbrella goes with what it covers: both by the pass for the one or, when that is asked for,
   for the other. */
static bool is_covered(const struct work *work, uint64_t foreign, enum wasm_feature feature)
{
    uint64_t legacy = wasm_feature_bit(WASM_FEATURE_EXCEPTION_HANDLING_LEGACY);
    uint64_t umbrella = wasm_feature_bit(WASM_FEATURE_EXCEPTION_HANDLING);
    bool strips = (foreign & umbrella) &&
                  is_asked_for(work, wasm_lowering_find(WASM_FEATURE_EXCEPTION_HANDLING));
    uint64_t covered = strips               ? legacy | wasm_feature_bit(WASM_FEATURE_EXNREF)
                       : (foreign & legacy) ? umbrella
                                            : 0;
    return (covered & wasm_feature_bit(feature)) != 0;
}

/* The first foreign feature that can't be dealt with; WASM_FEATURE_COUNT: all can. */
static enum wasm_feature first_obstacle(const struct work *work, const struct candidate *module,
                                        uint64_t allowed, const char **why)
{
    uint64_t foreign = module->info.features & ~allowed;
    enum wasm_feature feature = 0;
    for (; feature < WASM_FEATURE_COUNT; feature++) {
        if (!(foreign & wasm_feature_bit(feature)) || is_covered(work, foreign, feature))
            continue;
        *why = obstacle(work, module, allowed, feature);
        if (*why)
            break;
    }
    return feature;
}

/* Several memories and wide addresses first: other passes refuse modules that have them. */
static enum wasm_feature next_feature(const struct work *work, uint64_t foreign)
{
    static const enum wasm_feature first[] = {WASM_FEATURE_MEMORY64, WASM_FEATURE_TABLE64,
                                              WASM_FEATURE_MULTIMEMORY,
                                              WASM_FEATURE_EXCEPTION_HANDLING_LEGACY};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if ((foreign & wasm_feature_bit(first[i])) && !is_covered(work, foreign, first[i]))
            return first[i];
    enum wasm_feature feature = 0;
    while (!(foreign & wasm_feature_bit(feature)) || is_covered(work, foreign, feature))
        feature++;
    return feature;
}

static bool is_hint(const char *name)
{
    return strcmp(name, wasm_lowering_find(WASM_FEATURE_BRANCH_HINTING)->pass) == 0;
}

static int drop_section(struct work *work, const struct candidate *before, uint64_t features,
                        struct candidate *after)
{
    if (wasm_strip(work->arena, before->module, is_hint, &after->module, work->error) != 0 ||
        (before->debug.size &&
         wasm_strip(work->arena, before->debug, is_hint, &after->debug, work->error) != 0))
        return -1;
    work->why_not = work_judge(work, before, features, after);
    after->how = work_how(work, before, "branch hints dropped");
    return 0;
}

/* Encoded anew the module must not be allowed what it shall lose; a pass must be told of what it
   takes away. */
static int run_pass(struct work *work, const struct candidate *before,
                    const struct wasm_lowering *row, uint64_t features, struct candidate *after)
{
    struct arguments flags = {.arena = work->arena};
    bool is_pass = row->way == WASM_LOWER_PASS;
    uint64_t lost = is_pass ? wasm_feature_bit(row->feature) : 0;
    work->why_not = features_add(work->optimizer, features | lost, &flags);
    if (work->why_not)
        return 0;
    if (is_pass)
        arguments_add(&flags, row->pass);
    features |= features_widened(work->optimizer, features | lost, work->request->allowed);
    if (work_run(work, &flags, before, features, after) != 0)
        return -1;
    after->how = work_how(work, before,
                          arena_printf(work->arena, "wasm-opt %s %s", work->optimizer->version,
                                       is_pass ? row->pass : "(encoded anew)"));
    return 0;
}

static int apply(struct work *work, const struct wasm_lowering *row, struct candidate *module)
{
    struct candidate after = *module;
    uint64_t features =
        (module->info.features | row->brings | row->may) & ~wasm_feature_bit(row->feature);
    int status = row->way == WASM_LOWER_SECTION ? drop_section(work, module, features, &after)
                                                : run_pass(work, module, row, features, &after);
    if (status == 0 && !work->why_not)
        *module = after;
    return status;
}

/* One step on the way to `allowed`; why_not when there is none. */
static int step(struct work *work, const struct candidate *original, uint64_t allowed,
                uint64_t *lowered, struct candidate *module)
{
    const char *why = NULL;
    enum wasm_feature feature = first_obstacle(work, module, allowed, &why);
    if (feature < WASM_FEATURE_COUNT) {
        bool came = !(original->info.features & wasm_feature_bit(feature));
        work->why_not = arena_printf(work->arena, "%s '%s', which the target does not run: %s",
                                     came ? "lowering brings in" : "the module needs",
                                     wasm_features[feature].id, why);
        return 0;
    }
    feature = next_feature(work, module->info.features & ~allowed);
    if (*lowered & wasm_feature_bit(feature)) {
        work->why_not =
            arena_printf(work->arena, "lowering brings '%s' back in", wasm_features[feature].id);
        return 0;
    }
    *lowered |= wasm_feature_bit(feature);
    return apply(work, wasm_lowering_find(feature), module);
}

static int lower_to(struct work *work, uint64_t allowed, struct candidate *module)
{
    struct candidate current = *module;
    uint64_t lowered = 0;
    while (!work->why_not && (current.info.features & ~allowed))
        if (step(work, module, allowed, &lowered, &current) != 0)
            return -1;
    if (!work->why_not)
        *module = current;
    return 0;
}

/* What nobody knows is lowered too where it can be; else it stays, and may come in the place of
   what surely does not run. */
int lower(struct work *work, struct candidate *module)
{
    uint64_t allowed = work->request->allowed, unknown = work->request->unknown & ~allowed;
    if (lower_to(work, allowed, module) != 0)
        return -1;
    if (!work->why_not || !unknown)
        return 0;
    work->why_not = NULL;
    return lower_to(work, allowed | unknown, module);
}
