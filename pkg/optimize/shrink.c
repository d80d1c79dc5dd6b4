/* The candidates, and which of them is best. */
#include "pkg/archive/archive.h"
#include "pkg/base/arena.h"
#include "pkg/optimize/internal.h"
#include "pkg/optimize/order.h"
#include "pkg/wasm/reorder.h"

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

static int run_passes(struct work *work, struct candidate *module)
{
    struct arguments flags = {.arena = work->arena};
    struct candidate after = {.how = NULL};
    work->why_not = features_add(work->optimizer, module->info.features, &flags);
    if (!work->why_not)
        work->why_not = add_passes(work, &flags);
    if (work->why_not)
        return 0;
    if (work_run(work, &flags, module, module->info.features, &after) != 0)
        return -1;
    if (!work->why_not && !is_small_enough(work, module, &after))
        work->why_not =
            arena_printf(work->arena, "its output is not smaller: %zu bytes, stripped it was %zu",
                         after.module.size, module->module.size);
    if (work->why_not)
        return 0;
    after.how = work_how(work, module,
                         arena_printf(work->arena, "wasm-opt %s %s", work->optimizer->version,
                                      work->request->speed ? "-O3" : "-Oz"));
    *module = after;
    return 0;
}

/* Functions in the order that compresses best, where that is better: at the edge it is compressed
   bytes that travel. What cannot be moved stays as it is, without a word. */
static void arrange(const struct work *work, struct candidate *module)
{
    struct arena scratch = {0};
    struct wasm_functions functions;
    struct candidate after = {.how = NULL};
    struct error ignored = {0};
    if (wasm_functions(&scratch, module->module, &functions, &ignored) == 0 && !functions.fixed &&
        wasm_reorder(&scratch, module->module, &functions,
                     order_by_likeness(&scratch, functions.bodies, functions.uses, functions.count,
                                       functions.imported),
                     &after.module, &ignored) == 0 &&
        after.module.size <= module->module.size &&
        archive_gzip_size(after.module) < archive_gzip_size(module->module)) {
        after.module.data = arena_copy(work->arena, after.module.data, after.module.size);
        if (!work_judge(work, module, module->info.features, &after)) {
            after.how = work_how(work, module, "functions ordered");
            *module = after;
        }
    }
    arena_free(&scratch);
}

int shrink(struct work *work, const struct candidate *module,
           struct candidate out[OPTIMIZE_MEASURES])
{
    struct candidate best = *module;
    if (!work->why_not && run_passes(work, &best) != 0)
        return -1;
    if (!work->request->keep_debug)
        arrange(work, &best);
    for (size_t i = 0; i < OPTIMIZE_MEASURES; i++)
        out[i] = best;
    return 0;
}
