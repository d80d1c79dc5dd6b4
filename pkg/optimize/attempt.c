/* Runs of the optimizer, side by side, and what is told meanwhile. */
#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/optimize/internal.h"
#include "pkg/optimize/pool.h"

struct batch {
    struct work *work;
    const struct candidate *before;
    uint64_t features;
    struct attempt *attempts;
    size_t count;
    bool told;
};

static int make_candidate(struct work *work, const struct batch *batch, struct attempt *attempt)
{
    const struct candidate *before = batch->before;
    struct candidate *after = &attempt->candidate;
    bool twin = before->debug.size > 0;
    if (optimizer_run(work, before, &attempt->flags, after) != 0)
        return -1;
    if (!work->why_not && twin &&
        work_strip(work->arena, work->request, after, &attempt->error) != 0)
        work->why_not = "its output is malformed";
    uint64_t wider = features_widened(work->optimizer, batch->features, work->request->allowed);
    if (!work->why_not)
        work->why_not = work_judge(work, before, batch->features | wider, after);
    return 0;
}

/* In a thread of its own: nothing of the common work is written to. */
static void make(void *context, size_t index)
{
    const struct batch *batch = context;
    struct attempt *attempt = &batch->attempts[index];
    struct work own = *batch->work;
    own.arena = attempt->arena;
    own.error = &attempt->error;
    own.fleeting = own.unread = false;
    attempt->status = make_candidate(&own, batch, attempt);
    attempt->problem = own.why_not;
    attempt->fleeting = own.fleeting;
    attempt->unread = own.unread;
}

/* A line once it takes longer, and the bar of a terminal. */
static void tick(void *context, unsigned seconds)
{
    struct batch *batch = context;
    const struct optimize_request *request = batch->work->request;
    size_t size = batch->before->module.size;
    unsigned limit = (unsigned)(optimizer_limit_ms(request, size) / WALL / 1000);
    const char *name = request->name ? request->name : "module";
    const char *more = batch->count > 1 ? " and others" : "";
    if (!batch->told)
        world_say(batch->work->world, "optimize", "%s: %s%s, %.1f MB, up to %u s", name,
                  batch->attempts[0].name, more, (double)size / 1e6, limit);
    batch->told = true;
    if (request->wait)
        request->wait(request->wait_context, name, seconds, limit);
}

int attempts_run(struct work *work, const struct candidate *before, uint64_t features,
                 struct attempt *attempts, size_t count)
{
    struct batch batch = {work, before, features, attempts, count, false};
    const struct pool_watch watch = {tick, &batch};
    const struct optimize_request *request = work->request;
    pool_run(count, make, &batch, &watch);
    if (batch.told && request->wait)
        request->wait(request->wait_context, request->name ? request->name : "module", 0, 0);
    for (size_t i = 0; i < count; i++) {
        work->fleeting |= attempts[i].fleeting;
        if (attempts[i].status == 0)
            continue;
        *work->error = attempts[i].error;
        return -1;
    }
    return 0;
}

int work_run(struct work *work, const struct arguments *flags, const struct candidate *before,
             uint64_t features, struct candidate *after)
{
    struct attempt attempt = {
        .name = arena_printf(work->arena, "wasm-opt %s", work->optimizer->version),
        .flags = *flags,
        .arena = work->arena};
    if (before->debug.size || work->request->keep_names)
        arguments_add(&attempt.flags, "-g");
    if (attempts_run(work, before, features, &attempt, 1) != 0)
        return -1;
    *after = attempt.candidate;
    work->why_not = attempt.problem;
    return 0;
}
