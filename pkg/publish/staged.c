/* Which version of each target is staged. */
#include <string.h>

#include "pkg/publish/verify.h"

static int refuse(const struct prepared *target, struct error *error)
{
    const char *note = target->job.profile->rollout.note;
    error_set(error, FAULT_INPUT, "%s: nothing can be staged on %s%s%s", target->target->name,
              target->job.profile->title, note ? ": " : "", note ? note : "");
    return error_hint(error, "name other targets with -t, or run edge-deploy verify");
}

/* What was staged from this commit, else the first: the newest. */
static const struct deployment *choose(const struct deployment *rows, size_t count,
                                       const char *commit)
{
    const struct deployment *first = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].staged)
            continue;
        if (commit && rows[i].commit && strcmp(rows[i].commit, commit) == 0)
            return &rows[i];
        first = first ? first : &rows[i];
    }
    return first;
}

/* Production's own address answers with what is live. */
static bool can_be_asked(const struct prepared *target)
{
    const struct deployment *staged = &target->deployment;
    const char *live = target->live.url ? target->live.url : target->job.previous_url;
    return staged->url &&
           (staged->pin_name || staged->address || !live || strcmp(live, staged->url) != 0);
}

static void find(struct pipeline *pipeline, struct prepared *target)
{
    const struct platform *platform = target->job.entry->platform;
    struct deployment *rows = NULL;
    struct error error = {0};
    size_t count = 0;
    if (platform->live(&target->job, &target->live, &error) != 0 ||
        platform->versions(&target->job, &rows, &count, &error) != 0) {
        pipeline_keep(target, &error);
        target->verification = VERIFICATION_UNKNOWN;
        return;
    }
    const struct deployment *row = choose(rows, count, pipeline->out->commit);
    if (!row) {
        unverified(target, VERIFICATION_MISSING, "nothing is staged");
        error_hint(&target->error, "run edge-deploy publish --stage -t %s", target->target->name);
        return;
    }
    target->state = STATE_UPLOADED;
    target->deployment = *row;
    if (can_be_asked(target))
        return;
    unverified(target, VERIFICATION_UNKNOWN, "version '%s' is staged, but has no address to try it",
               row->version);
    error_hint(&target->error,
               "look at what %s says of trying a version before it is live, or "
               "publish it with --traffic 1",
               target->job.profile->title);
}

int staged_find(struct pipeline *pipeline, struct error *error)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        const struct prepared *target = &pipeline->out->targets[i];
        if (!target->job.entry->platform->versions || !target->job.profile->rollout.stage)
            return refuse(target, error);
    }
    pipeline_each(pipeline, find);
    return 0;
}
