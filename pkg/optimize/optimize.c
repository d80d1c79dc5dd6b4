#include "pkg/optimize/optimize.h"

#include <string.h>

#include "pkg/archive/archive.h"
#include "pkg/base/arena.h"
#include "pkg/optimize/internal.h"
#include "pkg/optimize/order.h"
#include "pkg/wasm/reorder.h"

/* What all steps of one call share. */
struct work {
    struct arena *arena;
    const struct world *world;
    const struct optimizer *optimizer;
    const struct optimize_request *request;
    const char *why_not;
    struct error *error;
};

static bool is_debug_but_names(const char *name)
{
    return wasm_is_debug_section(name) && strcmp(name, "name") != 0;
}

/* A target_features section goes in any case: wasm-opt would add what it claims. */
static int strip(const struct work *work, struct candidate *out)
{
    const struct optimize_request *request = work->request;
    bool (*drop)(const char *) = request->keep_debug   ? wasm_is_target_features
                                 : request->keep_names ? is_debug_but_names
                                                       : wasm_is_debug_section;
    if (wasm_strip(work->arena, request->module, drop, &out->module, work->error) != 0)
        return -1;
    return wasm_scan(work->arena, out->module, WASM_VALIDATION, &out->info, work->error);
}

static const char *feature_name(uint64_t features)
{
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        if (features & wasm_feature_bit((enum wasm_feature)i))
            return wasm_features[i].id;
    return "";
}

/* Scans what the optimizer wrote and compares it with what it was given; more features than
   `features` it may not have. */
static void judge(struct work *work, const struct candidate *before, uint64_t features,
                  struct candidate *after)
{
    struct error problem = {0};
    if (wasm_scan(work->arena, after->module, WASM_VALIDATION, &after->info, &problem) != 0) {
        work->why_not =
            arena_printf(work->arena, "its output is malformed: %.200s", problem.message);
        return;
    }
    uint64_t added = after->info.features & ~features;
    work->why_not = interface_difference(work->arena, &before->info, &after->info);
    if (!work->why_not && added)
        work->why_not = arena_printf(work->arena, "its output needs '%s', which the module did not",
                                     feature_name(added));
}

static int run(struct work *work, const struct arguments *flags, const struct candidate *before,
               uint64_t features, struct candidate *after)
{
    if (optimizer_run(work->arena, work->world, work->optimizer, before->module, flags,
                      work->request->limit_ms, &after->module, &work->why_not, work->error) != 0)
        return -1;
    if (!work->why_not)
        judge(work, before, features, after);
    return 0;
}

/* The pass for each of `features`; NULL, or which one has none. */
static const char *add_lowering(const struct work *work, uint64_t features, struct arguments *flags)
{
    const struct optimizer *optimizer = work->optimizer;
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++) {
        const char *pass = wasm_features[i].lowering;
        if (!(features & wasm_feature_bit((enum wasm_feature)i)))
            continue;
        if (!pass)
            return arena_printf(work->arena, "the module needs '%s', which the target does not run",
                                wasm_features[i].id);
        if (!optimizer_has_pass(optimizer, pass))
            return arena_printf(work->arena,
                                "the module needs '%s', which the target does not run and "
                                "wasm-opt %s cannot lower",
                                wasm_features[i].id, optimizer->version);
        arguments_add(flags, pass);
    }
    return NULL;
}

/* What lowering `foreign` puts in its place, where the target runs that: the standard's exceptions
   for the legacy ones, memory.copy for what grew one of several memories. */
static uint64_t substitutes(uint64_t foreign, uint64_t allowed)
{
    uint64_t out = 0;
    if (foreign & wasm_feature_bit(WASM_FEATURE_EXCEPTION_HANDLING_LEGACY))
        out |= wasm_feature_bit(WASM_FEATURE_EXNREF);
    if (foreign & wasm_feature_bit(WASM_FEATURE_MULTIMEMORY))
        out |= wasm_feature_bit(WASM_FEATURE_BULK_MEMORY) |
               wasm_feature_bit(WASM_FEATURE_BULK_MEMORY_OPT);
    return out & allowed;
}

/* In a run of its own: beside other passes they would put back what was lowered. `words` collects
   the passes' names. */
static int lower(struct work *work, struct candidate *module, const char **words)
{
    uint64_t allowed = work->request->allowed, foreign = module->info.features & ~allowed;
    uint64_t added = substitutes(foreign, allowed);
    struct arguments flags = {.arena = work->arena};
    struct candidate after;
    if (!foreign)
        return 0;
    work->why_not = features_add(work->optimizer, module->info.features | added, &flags);
    size_t first = flags.count;
    if (!work->why_not)
        work->why_not = add_lowering(work, foreign, &flags);
    if (work->why_not)
        return 0;
    if (run(work, &flags, module, (module->info.features & allowed) | added, &after) != 0)
        return -1;
    if (work->why_not)
        return 0;
    *module = after;
    for (size_t i = first; i < flags.count; i++)
        *words = arena_printf(work->arena, "%s %s", *words, flags.items[i]);
    return 0;
}

static const char *add_passes(const struct work *work, struct arguments *flags)
{
    const struct optimize_request *request = work->request;
    arguments_add(flags, request->speed ? "-O3" : "-Oz");
    for (size_t i = 0; i < request->pass_count; i++) {
        char *pass = arena_printf(work->arena, "--%s", request->passes[i]);
        if (!optimizer_has_pass(work->optimizer, pass))
            return arena_printf(work->arena, "wasm-opt %s has no pass '%.60s'",
                                work->optimizer->version, request->passes[i]);
        arguments_add(flags, pass);
    }
    if (request->keep_names || request->keep_debug) {
        arguments_add(flags, "-g");
    } else {
        arguments_add(flags, "--strip-debug");
        arguments_add(flags, "--strip-producers");
    }
    return NULL;
}

/* For size the result must be smaller; for speed it may grow up to what the user gave us. */
static bool is_small_enough(const struct work *work, const struct candidate *before,
                            const struct candidate *after)
{
    if (work->request->speed)
        return after->module.size <= before->module.size ||
               after->module.size <= work->request->module.size;
    return after->module.size < before->module.size;
}

static int shrink(struct work *work, struct candidate *module, bool *done)
{
    struct arguments flags = {.arena = work->arena};
    struct candidate after;
    work->why_not = features_add(work->optimizer, module->info.features, &flags);
    if (!work->why_not)
        work->why_not = add_passes(work, &flags);
    if (work->why_not)
        return 0;
    if (run(work, &flags, module, module->info.features, &after) != 0)
        return -1;
    if (!work->why_not && !is_small_enough(work, module, &after))
        work->why_not =
            arena_printf(work->arena, "its output is not smaller: %zu bytes, stripped it was %zu",
                         after.module.size, module->module.size);
    if (work->why_not)
        return 0;
    *module = after;
    *done = true;
    return 0;
}

static int use_optimizer(struct work *work, struct candidate *module, const char **how)
{
    const char *lowered = "";
    bool shrunk = false;
    if (!work->optimizer->path) {
        work->why_not = work->optimizer->problem;
        return 0;
    }
    if (lower(work, module, &lowered) != 0)
        return -1;
    if (!work->why_not && shrink(work, module, &shrunk) != 0)
        return -1;
    if (shrunk || lowered[0])
        *how = arena_printf(work->arena, "wasm-opt %s%s%s", work->optimizer->version,
                            !shrunk                ? ""
                            : work->request->speed ? " -O3"
                                                   : " -Oz",
                            lowered);
    return 0;
}

/* Functions in the order that compresses best, where that is better: at the edge it is compressed
   bytes that travel. What cannot be moved stays as it is, without a word. */
static void arrange(struct work *work, struct candidate *module, const char **how)
{
    struct arena scratch = {0};
    struct wasm_functions functions;
    struct candidate after;
    struct error ignored = {0};
    const char *why_not = work->why_not;
    if (wasm_functions(&scratch, module->module, &functions, &ignored) == 0 && !functions.fixed &&
        wasm_reorder(&scratch, module->module, &functions,
                     order_by_likeness(&scratch, functions.bodies, functions.uses, functions.count,
                                       functions.imported),
                     &after.module, &ignored) == 0 &&
        after.module.size <= module->module.size &&
        archive_gzip_size(after.module) < archive_gzip_size(module->module)) {
        after.module.data = arena_copy(work->arena, after.module.data, after.module.size);
        judge(work, module, module->info.features, &after);
        if (!work->why_not) {
            *module = after;
            *how = strcmp(*how, "unchanged") == 0
                       ? "functions ordered"
                       : arena_printf(work->arena, "%s, functions ordered", *how);
        }
    }
    work->why_not = why_not;
    arena_free(&scratch);
}

int optimize(struct arena *arena, const struct world *world, const struct optimizer *optimizer,
             const struct optimize_request *request, struct optimize_result *out,
             struct error *error)
{
    struct work work = {arena, world, optimizer, request, NULL, error};
    struct candidate module = {request->module, *request->info};
    const char *how = "unchanged";
    *out = (struct optimize_result){module.module, module.info, how, NULL};
    if (request->info->kind == WASM_COMPONENT) {
        if (request->run)
            out->why_not = "wasm-opt reads core modules only";
        return 0;
    }
    if (request->strip && strip(&work, &module) != 0)
        return -1;
    if (module.module.size < request->module.size)
        how = "stripped";
    if (request->run && use_optimizer(&work, &module, &how) != 0)
        return -1;
    if (request->run && !request->keep_debug)
        arrange(&work, &module, &how);
    *out = (struct optimize_result){module.module, module.info, how, work.why_not};
    return 0;
}
