/* An earlier recorded version becomes live again. */
#include <string.h>

#include "pkg/publish/pipeline.h"

enum { MOST_CANDIDATES = 5 };

/* The versions that the records offer, newest first, for the hint; all but `unlike`. */
static const char *candidates(const struct pipeline *pipeline, const struct target *target,
                              const char *unlike)
{
    struct arena *arena = pipeline->arena;
    const char *seen[MOST_CANDIDATES];
    char *list = NULL;
    size_t count = 0;
    for (size_t i = 0; i < pipeline->record_count && count < MOST_CANDIDATES; i++) {
        const struct record *record = &pipeline->records[i];
        size_t known = 0;
        if (!pipeline_is_of(pipeline, record, target) ||
            (unlike && strcmp(record->version, unlike) == 0))
            continue;
        while (known < count && strcmp(seen[known], record->version) != 0)
            known++;
        if (known < count)
            continue;
        seen[count++] = record->version;
        list = arena_printf(arena, "%s%s%s (%.8s)", list ? list : "", list ? ", " : "",
                            record->version, record->commit);
    }
    return list;
}

static int unknown(const struct pipeline *pipeline, const struct target *target, const char *to,
                   struct error *error)
{
    const struct record *last = to ? NULL : pipeline_record(pipeline, target, NULL);
    const char *list = candidates(pipeline, target, last ? last->version : NULL);
    if (to)
        error_set(error, FAULT_INPUT, "%s: no recorded deployment of '%s'", target->name, to);
    else
        error_set(error, FAULT_INPUT, "%s: no earlier deployment is recorded", target->name);
    if (list)
        return error_hint(error, "choose with --to one of: %s", list);
    if (pipeline->out->target_count > 1)
        return error_hint(error, "name the targets to roll back with -t, or fetch the notes: "
                                 "git fetch origin " RECORD_REF ":" RECORD_REF);
    return error_hint(error, "fetch the notes: git fetch origin " RECORD_REF ":" RECORD_REF);
}

/* The newest record of the target on that commit. */
static const struct record *on_commit(const struct pipeline *pipeline, const struct target *target,
                                      const char *commit)
{
    for (size_t i = 0; i < pipeline->record_count; i++) {
        const struct record *record = &pipeline->records[i];
        if (pipeline_is_of(pipeline, record, target) && strcmp(record->commit, commit) == 0)
            return record;
    }
    return NULL;
}

static bool is_a_version(const struct pipeline *pipeline, const char *word)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        if (pipeline_record_of(pipeline, pipeline->out->targets[i].target, word))
            return true;
    return false;
}

/* The version to go back to without --to: that of the record before, else the one which the last
   record says it replaced. */
static const char *version_before(const struct pipeline *pipeline, const struct prepared *target)
{
    const struct record *last = target->recorded;
    const struct record *before =
        last ? pipeline_record(pipeline, target->target, last->version) : NULL;
    return before ? before->version : last ? last->previous_version : NULL;
}

static int choose(struct pipeline *pipeline, const char *to, struct error *error)
{
    bool by_version = to && is_a_version(pipeline, to);
    const char *commit =
        to && !by_version ? record_resolve(pipeline->arena, pipeline->store, to) : NULL;
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        const struct record *record = NULL;
        const char *version = NULL;
        if (by_version)
            record = pipeline_record_of(pipeline, target->target, to);
        else if (commit)
            record = on_commit(pipeline, target->target, commit);
        else if (!to)
            version = version_before(pipeline, target);
        if (record)
            version = record->version;
        /* A version is one target's; the others stay as they are. */
        if (!version && !by_version)
            return unknown(pipeline, target->target, to, error);
        record = pipeline_record_of(pipeline, target->target, version);
        target->deployment = (struct deployment){
            .version = version,
            .percent = 100,
            .resource = record ? record->resource : target->job.resource,
            .artifact_sha256 = record ? record->artifact_sha256 : NULL,
        };
        target->module_sha256 = record ? record->module_sha256 : NULL;
        target->ready = version != NULL;
    }
    return 0;
}

/* Live already; what a run that was cut off left out of the record is made up for. */
static void keep_live(struct prepared *target)
{
    const struct record *recorded = target->recorded;
    target->state = STATE_UNCHANGED;
    target->ready = false;
    target->deployment = target->live;
    target->unrecorded = recorded && strcmp(recorded->version, target->live.version) != 0;
    if (target->unrecorded)
        target->deployment.previous = recorded->version;
}

static int compare_all(struct pipeline *pipeline, struct error *error)
{
    pipeline_each(pipeline, live_ask);
    if (pipeline_stopped(pipeline, error) != 0 ||
        pipeline_failed(pipeline, FAULT_REMOTE, error) != 0)
        return -1;
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        const char *live = target->live.version;
        if (!target->ready)
            continue;
        if (live && strcmp(live, target->deployment.version) == 0 && !target->live.drifted) {
            keep_live(target);
        } else if (live_guard(pipeline, target, error) != 0) {
            return -1;
        }
    }
    return 0;
}

/* A version that no record here describes: the platform may know its commit. */
static void learn_commits(struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        struct deployment live = {0};
        struct error ignored = {0};
        if (target->state != STATE_LIVE ||
            pipeline_record_of(pipeline, target->target, target->deployment.version) ||
            target->job.entry->platform->live(&target->job, &live, &ignored) != 0 ||
            !live.version || strcmp(live.version, target->deployment.version) != 0)
            continue;
        target->deployment.commit = live.commit;
        target->deployment.artifact_sha256 = live.artifact_sha256;
    }
}

static int judge_rollback(struct pipeline *pipeline, struct error *error)
{
    const struct publish_result *out = pipeline->out;
    struct error later = {0};
    int status = 0;
    if (out->record_failure) {
        error_set(error, FAULT_PARTIAL, "rolled back, but not %s: %s",
                  out->recorded ? "pushed" : "recorded", out->record_failure);
        status = error_hint(error, out->recorded
                                       ? "push the notes with git push"
                                       : "remove the cause and roll back to the same version with "
                                         "--to: that records it");
    }
    if (!pipeline->options->no_wait && verify_all(pipeline, false, &later) != 0) {
        if (status == 0)
            *error = later;
        status = -1;
    }
    return status;
}

static int finish(struct pipeline *pipeline, int activated, struct error *error)
{
    struct publish_result *out = pipeline->out;
    learn_commits(pipeline);
    record_event(pipeline, "rollback", STATE_LIVE);
    int status = activated == 0 ? judge_rollback(pipeline, error) : -1;
    for (size_t i = 0; i < out->target_count; i++)
        if (out->targets[i].state == STATE_LIVE)
            out->targets[i].state = STATE_ROLLED_BACK;
    return status;
}

int rollback(struct arena *arena, const struct world *world, const struct manifest *manifest,
             const struct publish_options *options, const char *to, struct publish_result *out,
             struct error *error)
{
    struct pipeline pipeline = {
        .arena = arena, .world = world, .manifest = manifest, .options = options, .out = out};
    if (pipeline_open(&pipeline, RECORDS_NEEDED, true, error) != 0 ||
        choose(&pipeline, to, error) != 0 || compare_all(&pipeline, error) != 0)
        return -1;
    return finish(&pipeline, live_activate(&pipeline, true, error), error);
}
