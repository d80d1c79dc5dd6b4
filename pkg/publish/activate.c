/* Step 8: making a version live. */
#include <string.h>

#include "pkg/base/text.h"
#include "pkg/publish/pipeline.h"

enum { PATIENCE_MS = 5000 };

/* A world in which nobody has asked us to stop, for a last question: for so long. */
struct calm {
    const struct world *world;
    int64_t until;
};

static int64_t calm_now(void *context)
{
    return world_now(((struct calm *)context)->world);
}

static void calm_sleep(void *context, int64_t milliseconds)
{
    world_sleep(((struct calm *)context)->world, milliseconds);
}

static void calm_random(void *context, void *out, size_t size)
{
    const struct world *world = ((struct calm *)context)->world;
    world->random(world->context, out, size);
}

static const char *calm_environment(void *context, const char *name)
{
    return world_environment(((struct calm *)context)->world, name);
}

static int calm_interrupted(void *context)
{
    const struct calm *calm = context;
    return world_now(calm->world) < calm->until ? 0 : world_interrupted(calm->world);
}

/* What has the version now, asked also after we were told to stop: a request that was cut off may
   have been obeyed. */
static int look(const struct pipeline *pipeline, const struct prepared *target,
                struct deployment *out)
{
    struct calm calm = {pipeline->world, world_now(pipeline->world) + PATIENCE_MS};
    struct world world = {
        &calm, calm_now, calm_sleep, calm_random, calm_environment, calm_interrupted, NULL};
    struct error ignored = {0};
    struct job job = target->job;
    if (!world_interrupted(pipeline->world))
        return live_look(&job, target->deployment.version, out, &ignored);
    job.world = &world;
    struct arena *own = arena_alloc(pipeline->arena, 1, sizeof *own);
    if (http_open(own, &world, &job.http, &ignored) != 0)
        return -1;
    int status = live_look(&job, target->deployment.version, out, &ignored);
    arena_free(own); /* before the world that it was opened in is gone */
    return status;
}

/* What failed may be what follows the switch, or only the answer. */
static bool is_live_anyway(const struct pipeline *pipeline, struct prepared *target)
{
    struct deployment *made = &target->deployment, live = {0};
    target->unclear = look(pipeline, target, &live) != 0;
    bool as_before = text_is(live.version, target->before.version) &&
                     live_percent(&live) == live_percent(&target->before);
    if (target->unclear || !live.version || as_before)
        return false;
    bool is_ours = made->version
                       ? text_is(live.version, made->version)
                       : !live.drifted && text_is(live.artifact_sha256, made->artifact_sha256);
    bool is_another = live.artifact_sha256 && made->artifact_sha256 &&
                      !text_is(live.artifact_sha256, made->artifact_sha256);
    if (!is_ours || is_another || live_percent(&live) != live_percent(made))
        return false;
    made->version = live.version;
    made->url = made->url ? made->url : live.url;
    made->resource = made->resource ? made->resource : live.resource;
    target->live = live;
    return true;
}

/* What it replaced. A version that only gets a larger share replaces what it replaced before. */
static const char *replaced(const struct prepared *target)
{
    const char *version = target->deployment.version;
    const char *previous = target->deployment.previous;
    const struct record *recorded = target->recorded;
    if (previous && !text_is(previous, version))
        return previous;
    if (!text_is(target->before.version, version))
        return target->before.version;
    return recorded && text_is(recorded->version, version) ? recorded->previous_version : NULL;
}

static int activate_one(struct pipeline *pipeline, struct prepared *target, bool rollback)
{
    int64_t start = world_now(pipeline->world);
    pipeline_step(pipeline, target, rollback ? "activating an earlier version" : "activating");
    struct error error = {0};
    int status = target->job.entry->platform->activate(
        &target->job, rollback ? NULL : &target->artifact, &target->deployment, &error);
    if (status != 0) {
        pipeline_keep(target, &error);
        /* Some drivers know that the switch was made, whatever can be asked now. */
        target->incomplete = (target->deployment.incomplete && target->deployment.version) ||
                             is_live_anyway(pipeline, target);
    }
    if (target->unclear && target->error.fault < FAULT_INTERRUPTED) {
        target->error.fault = FAULT_PARTIAL;
        error_prefix(&target->error, "whether version '%s' is live is not known",
                     target->deployment.version ? target->deployment.version : "sent");
    }
    if (target->job.http)
        target->stats = http_statistics(target->job.http);
    target->seconds += (double)(world_now(pipeline->world) - start) / 1000;
    target->ready = false;
    target->state = status == 0 || target->incomplete ? STATE_LIVE : STATE_FAILED;
    target->deployment.previous = replaced(target);
    return status;
}

static int cut_off(const struct pipeline *pipeline, const struct prepared *target,
                   struct error *error)
{
    if (world_stopped(pipeline->world, error) == 0)
        return 0;
    if (!target->unclear)
        return pipeline_stopped(pipeline, error);
    enum fault fault = error->fault;
    error_set(error, fault,
              "%s while '%s' was activated: whether it is live is not known; live: %s",
              fault == FAULT_TERMINATED ? "terminated" : "interrupted", target->target->name,
              pipeline_names(pipeline, STATE_LIVE));
    return error_hint(error, "run edge-deploy status");
}

static int left_incomplete(const struct pipeline *pipeline, struct prepared *target, bool rollback,
                           struct error *error)
{
    target->error.fault = FAULT_PARTIAL;
    error_prefix(&target->error, "version '%s' is live, but not all is set up",
                 target->deployment.version);
    *error = target->error;
    error_prefix(error, "%s", target->target->name);
    if (pipeline->out->target_count > 1)
        error_prefix(error, "live on %s only", pipeline_names(pipeline, STATE_LIVE));
    if (rollback)
        return -1;
    return error_hint(error, "%s, then publish again",
                      target->error.hint[0] ? target->error.hint : "remove the cause");
}

/* Without -t those that are back already would go back once more. */
static int hint_at_rest(const struct pipeline *pipeline, struct error *error)
{
    const char *rest = "";
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        const struct prepared *target = &pipeline->out->targets[i];
        if (target->ready || target->state == STATE_FAILED)
            rest = arena_printf(pipeline->arena, "%s -t %s", rest, target->target->name);
    }
    return error_hint(error, "remove the cause, then roll back the rest alone: rollback%s", rest);
}

static int partly_failed(const struct pipeline *pipeline, struct prepared *target, bool rollback,
                         struct error *error)
{
    if (cut_off(pipeline, target, error) != 0)
        return -1;
    if (target->incomplete)
        return left_incomplete(pipeline, target, rollback, error);
    const char *live = pipeline_names(pipeline, STATE_LIVE);
    bool partly = strcmp(live, "none") != 0 || target->unclear;
    if (pipeline_failed(pipeline, partly ? FAULT_PARTIAL : FAULT_REMOTE, error) == 0)
        return 0;
    if (!partly)
        return -1;
    error->fault = FAULT_PARTIAL;
    if (strcmp(live, "none") != 0)
        error_prefix(error, "live on %s%s", live, target->unclear ? "" : " only");
    if (target->unclear && !error->hint[0])
        return error_hint(error, "run edge-deploy status, then %s again",
                          rollback ? "roll back" : "publish");
    if (rollback)
        return hint_at_rest(pipeline, error);
    if (error->hint[0])
        return -1;
    return error_hint(error, "remove the cause and publish again, or roll back");
}

static void ready_one(struct pipeline *pipeline, struct prepared *target)
{
    const struct platform *platform = target->job.entry->platform;
    struct error error = {0};
    if (!target->ready)
        return;
    target->deployment.base = target->before.version;
    target->deployment.base_commit = target->before.commit;
    target->deployment.overwrite = pipeline->options->overwrite;
    if (!platform->ready || world_interrupted(pipeline->world))
        return;
    int64_t start = world_now(pipeline->world);
    const struct artifact *artifact = target->artifact.sha256[0] ? &target->artifact : NULL;
    if (platform->ready(&target->job, artifact, &target->deployment, &error) != 0) {
        pipeline_keep(target, &error);
        target->state = STATE_FAILED;
    }
    target->seconds += (double)(world_now(pipeline->world) - start) / 1000;
}

int live_activate(struct pipeline *pipeline, bool rollback, struct error *error)
{
    struct publish_result *out = pipeline->out;
    pipeline_each(pipeline, ready_one);
    if (pipeline_stopped(pipeline, error) != 0 ||
        pipeline_failed(pipeline, FAULT_REMOTE, error) != 0)
        return -1;
    pipeline_attempt(pipeline);
    for (int deferred = 1; deferred >= 0; deferred--)
        for (size_t i = 0; i < out->target_count; i++) {
            struct prepared *target = &out->targets[i];
            if (!target->ready || target->deployment.deferred != (deferred == 1))
                continue;
            if (pipeline_stopped(pipeline, error) != 0)
                return -1;
            if (activate_one(pipeline, target, rollback) != 0)
                return partly_failed(pipeline, target, rollback, error);
        }
    return 0;
}
