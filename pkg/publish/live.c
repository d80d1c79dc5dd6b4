/* What is live, and making another version live. */
#include <string.h>

#include "pkg/publish/pipeline.h"

void live_ask(struct pipeline *pipeline, struct prepared *target)
{
    if (world_interrupted(pipeline->world))
        return;
    int64_t start = world_now(pipeline->world);
    target->live = (struct deployment){0};
    struct error error = {0};
    if (target->job.entry->platform->live(&target->job, &target->live, &error) != 0) {
        target->state = STATE_FAILED;
        pipeline_keep(target, &error);
    }
    target->before = target->live;
    target->seconds += (double)(world_now(pipeline->world) - start) / 1000;
}

static const char *short_commit(const char *commit, char out[13])
{
    size_t size = commit ? strlen(commit) : 0;
    size = size < 12 ? size : 12;
    memcpy(out, commit ? commit : "", size);
    out[size] = '\0';
    return out;
}

int live_guard(const struct pipeline *pipeline, const struct prepared *target, struct error *error)
{
    const struct record *recorded = target->recorded;
    const struct deployment *live = &target->live;
    char live_commit[13], recorded_commit[13];
    if (!live->version && recorded)
        world_say(pipeline->world, target->target->name,
                  "version %s is recorded as live, but nothing is", recorded->version);
    if (!live->version || pipeline->options->overwrite)
        return 0;
    if (!recorded) {
        /* A clone without notes: said, and never read as somebody else's work. */
        world_say(pipeline->world, target->target->name,
                  "version %s is live, and this clone has no record of it", live->version);
        return 0;
    }
    if (!live->drifted && (strcmp(live->version, recorded->version) == 0 ||
                           (live->same_as && strcmp(live->same_as, recorded->version) == 0)))
        return 0;
    short_commit(recorded->commit, recorded_commit);
    if (live->commit && !live->drifted)
        error_set(error, FAULT_INPUT,
                  "%s: live is version '%s' of commit %s, recorded is version '%s' of commit %s: "
                  "somebody else deployed in between, or a publish was interrupted",
                  target->target->name, live->version, short_commit(live->commit, live_commit),
                  recorded->version, recorded_commit);
    else
        error_set(error, FAULT_INPUT,
                  "%s: live is version '%s', not made by edge-deploy; recorded is version '%s' of "
                  "commit %s: somebody else deployed in between",
                  target->target->name, live->version, recorded->version, recorded_commit);
    return error_hint(
        error, "fetch the notes (git fetch %s " RECORD_REF ":" RECORD_REF "), or pass --overwrite",
        pipeline->manifest->record_remote ? pipeline->manifest->record_remote : "origin");
}

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* What failed may be what follows the switch, or only the answer. */
static bool is_live_anyway(const struct pipeline *pipeline, struct prepared *target)
{
    struct deployment *made = &target->deployment, live = {0};
    struct error ignored = {0};
    if (world_interrupted(pipeline->world) ||
        target->job.entry->platform->live(&target->job, &live, &ignored) != 0 || !live.version ||
        is_same(live.version, target->before.version))
        return false;
    bool is_ours = made->version
                       ? is_same(live.version, made->version)
                       : !live.drifted && is_same(live.artifact_sha256, made->artifact_sha256);
    if (!is_ours)
        return false;
    made->version = live.version;
    made->url = made->url ? made->url : live.url;
    made->resource = made->resource ? made->resource : live.resource;
    target->live = live;
    return true;
}

static int activate_one(struct pipeline *pipeline, struct prepared *target, bool rollback)
{
    int64_t start = world_now(pipeline->world);
    pipeline_step(pipeline, target, rollback ? "activating an earlier version" : "activating");
    struct error error = {0};
    pipeline_attempt(pipeline);
    int status = target->job.entry->platform->activate(
        &target->job, rollback ? NULL : &target->artifact, &target->deployment, &error);
    if (status != 0) {
        pipeline_keep(target, &error);
        target->incomplete = is_live_anyway(pipeline, target);
    }
    if (target->job.http)
        target->stats = http_statistics(target->job.http);
    target->seconds += (double)(world_now(pipeline->world) - start) / 1000;
    target->ready = false;
    target->state = status == 0 || target->incomplete ? STATE_LIVE : STATE_FAILED;
    if (!target->deployment.previous)
        target->deployment.previous = target->before.version;
    return status;
}

/* A request that was cut off may have been obeyed. */
static int cut_off(const struct pipeline *pipeline, const struct prepared *target,
                   struct error *error)
{
    if (world_stopped(pipeline->world, error) == 0)
        return 0;
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
    return error_hint(error, "%s, then publish again with --force",
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
    bool partly = strcmp(live, "none") != 0;
    if (pipeline_failed(pipeline, partly ? FAULT_PARTIAL : FAULT_REMOTE, error) == 0)
        return 0;
    if (!partly)
        return -1;
    error->fault = FAULT_PARTIAL;
    error_prefix(error, "live on %s only", live);
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
    if (!target->ready || !platform->ready || world_interrupted(pipeline->world))
        return;
    int64_t start = world_now(pipeline->world);
    target->deployment.base = target->before.version;
    target->deployment.overwrite = pipeline->options->overwrite;
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
