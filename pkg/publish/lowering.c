/* Passes are named only where the optimizer found here has them. It is not started before a finding
   asks for one. */
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

static void settle(struct pipeline *pipeline, struct cure *cure)
{
    const struct optimizer *optimizer = find_optimizer(pipeline);
    const char *pass = cure->lowering, *before = cure->other ? cure->other : "";
    if (optimizer->path && optimizer_has_pass(optimizer, pass))
        return;
    const char *since = compat_pass_version(pass);
    const char *have =
        optimizer->path
            ? arena_printf(pipeline->arena, "wasm-opt %s cannot lower it,", optimizer->version)
            : "there is no wasm-opt here;";
    const char *why =
        arena_printf(pipeline->arena, "%s %s and later can: %s", have, since ? since : "132", pass);
    cure->lowering = NULL;
    cure->other = arena_printf(pipeline->arena, "%s%s%s", before, *before ? "; " : "", why);
}

void lowering_settle(struct pipeline *pipeline, struct verdict *verdict)
{
    for (size_t i = 0; i < verdict->finding_count; i++)
        if (verdict->findings[i].cure.lowering)
            settle(pipeline, &verdict->findings[i].cure);
}
