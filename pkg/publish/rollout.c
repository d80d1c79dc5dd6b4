/* --stage and --traffic: who can do what they ask. */
#include "pkg/publish/pipeline.h"

unsigned rollout_percent(const struct pipeline *pipeline)
{
    return pipeline->options->traffic ? pipeline->options->traffic : 100;
}

static const char *option_of(const struct pipeline *pipeline)
{
    return pipeline->options->stage ? "--stage" : "--traffic";
}

static bool is_asked(const struct pipeline *pipeline)
{
    return pipeline->options->stage || rollout_percent(pipeline) < 100;
}

static bool can(const struct pipeline *pipeline, const struct prepared *target)
{
    const struct profile_rollout *rollout = &target->job.profile->rollout;
    return pipeline->options->stage ? rollout->stage : rollout->traffic;
}

/* All that can't are named; the hint names those that can. */
static int refuse(const struct pipeline *pipeline, struct error *error)
{
    struct arena *arena = pipeline->arena;
    const char *able = "", *unable = "";
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        const struct prepared *target = &pipeline->out->targets[i];
        const char *name = target->target->name, *note = target->job.profile->rollout.note;
        if (can(pipeline, target))
            able = arena_printf(arena, "%s -t %s", able, name);
        else
            unable = arena_printf(arena, "%s%starget '%s'%s%s", unable, unable[0] ? "; " : "", name,
                                  note ? ": " : "", note ? note : "");
    }
    error_set(error, FAULT_INPUT, "%s is not available for %s", option_of(pipeline), unable);
    return error_hint(error, "leave %s out%s%s", option_of(pipeline),
                      able[0] ? ", or name those that can:" : "", able);
}

int rollout_check(const struct pipeline *pipeline, struct error *error)
{
    if (pipeline->options->stage && pipeline->options->traffic) {
        error_set(error, FAULT_INPUT, "--stage and --traffic exclude each other");
        return error_hint(error, "what is staged takes no traffic: leave one of them out");
    }
    if (!is_asked(pipeline))
        return 0;
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        if (!can(pipeline, &pipeline->out->targets[i]))
            return refuse(pipeline, error);
    return 0;
}

/* The platform's own look, whose list is of no use here. */
static void ask_whether(struct pipeline *pipeline, struct prepared *target)
{
    const struct platform *platform = target->job.entry->platform;
    struct deployment wanted = pipeline_wanted(pipeline, target);
    struct error error = {0};
    const char **ignored;
    size_t count;
    if (target->state == STATE_NONE && platform->plan &&
        platform->plan(&target->job, &target->artifact, &wanted, &ignored, &count, &error) != 0) {
        pipeline_keep(target, &error);
        target->state = STATE_FAILED;
    }
}

int rollout_ask(struct pipeline *pipeline, struct error *error)
{
    if (!is_asked(pipeline))
        return 0;
    pipeline_each(pipeline, ask_whether);
    if (pipeline_stopped(pipeline, error) != 0)
        return -1;
    return pipeline_failed(pipeline, FAULT_REMOTE, error);
}

int rollout_check_first(const struct pipeline *pipeline, struct error *error)
{
    struct arena *arena = pipeline->arena;
    const char *names = "", *options = "";
    for (size_t i = 0; is_asked(pipeline) && i < pipeline->out->target_count; i++) {
        const struct prepared *target = &pipeline->out->targets[i];
        if (target->live.version || target->state == STATE_FAILED)
            continue;
        names = arena_printf(arena, "%s%s%s", names, names[0] ? ", " : "", target->target->name);
        options = arena_printf(arena, "%s -t %s", options, target->target->name);
    }
    if (!names[0])
        return 0;
    error_set(error, FAULT_INPUT,
              "%s: nothing is live there yet, and a first deployment takes all of the traffic: %s "
              "is not possible",
              names, option_of(pipeline));
    return error_hint(error, "publish once without %s: publish%s", option_of(pipeline), options);
}
