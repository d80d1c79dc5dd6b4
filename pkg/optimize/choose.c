/* Which of the optimizers reads the module: the newest that writes it again without a pass. What it
   writes is a candidate, because linkers leave numbers longer than they need be. */
#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/optimize/internal.h"

static const char unreachable[] = "--remove-unused-module-elements";

static int rewrite(struct work *work, const struct candidate *module, struct attempt *out)
{
    *out = (struct attempt){
        .name = arena_printf(work->arena, "wasm-opt %s without passes", work->optimizer->version),
        .flags = {.arena = work->arena},
        .arena = work->arena};
    out->problem = features_add(work->optimizer, module->info.features, &out->flags);
    if (out->problem)
        return 0;
    if (work->request->keep_exports && optimizer_has_pass(work->optimizer, unreachable))
        arguments_add(&out->flags, unreachable);
    work_add_strip(work, &out->flags);
    return attempts_run(work, module, module->info.features, out, 1);
}

int choose(struct work *work, const struct candidate *module, struct attempt *out)
{
    const struct optimizer *newest = work->optimizer;
    const char *first = NULL;
    for (; work->optimizer; work->optimizer = work->optimizer->older) {
        if (rewrite(work, module, out) != 0)
            return -1;
        if (!out->problem) {
            if (first)
                world_say(work->world, "optimize", "%s: %s: wasm-opt %s is used instead",
                          work->request->name ? work->request->name : "module", first,
                          work->optimizer->version);
            return 0;
        }
        if (!first)
            first = newest->older ? arena_printf(work->arena, "wasm-opt %s: %s", newest->version,
                                                 out->problem)
                                  : out->problem;
    }
    work->optimizer = newest;
    work->why_not = first;
    return 0;
}
