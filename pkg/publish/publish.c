/* The ten steps. */
#include <string.h>

#include "pkg/publish/pipeline.h"

static int refuse_traffic(const struct pipeline *pipeline, struct error *error)
{
    const struct publish_options *options = pipeline->options;
    if (options->traffic == 0 || options->traffic == 100)
        return 0;
    error_set(error, FAULT_INPUT, "--traffic is not available for target '%s'",
              options->target_count ? options->targets[0]->name : "");
    return error_hint(error, "leave --traffic out: a version takes all of the traffic");
}

static bool is_same_place(const struct prepared *a, const struct prepared *b)
{
    const struct profile *profile = a->job.profile;
    if (profile->place_count == 0 || strcmp(a->target->platform, b->target->platform) != 0)
        return false;
    for (size_t i = 0; i < profile->place_count; i++) {
        const json_t *left = json_object_get(a->job.settings, profile->place[i]);
        const json_t *right = json_object_get(b->job.settings, profile->place[i]);
        if (left != right && !(left && right && json_equal(left, right)))
            return false;
    }
    return true;
}

/* Of two targets at one place the one that comes last would be live, and both recorded. */
static int check_places(const struct pipeline *pipeline, struct error *error)
{
    const struct publish_result *out = pipeline->out;
    for (size_t i = 0; i < out->target_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct prepared *a = &out->targets[j], *b = &out->targets[i];
            if (!is_same_place(a, b))
                continue;
            error_set(error, FAULT_INPUT, "targets '%s' and '%s' deploy to the same place",
                      a->target->name, b->target->name);
            return error_hint(error, "give one of them another '%s'",
                              a->job.profile->place[a->job.profile->place_count - 1]);
        }
    return 0;
}

/* Step 1: what can be wrong before any work is done. */
static int open_all(struct pipeline *pipeline, struct error *error)
{
    const struct publish_options *options = pipeline->options;
    bool needs_records = !options->no_record && !options->dry_run;
    struct error unlocked = {0};
    if (refuse_traffic(pipeline, error) != 0)
        return -1;
    if (pipeline_open(pipeline, needs_records ? RECORDS_NEEDED : RECORDS_IF_THERE,
                      !options->dry_run, error) != 0) {
        char hint[sizeof error->hint];
        memcpy(hint, error->hint, sizeof hint);
        return pipeline->no_store
                   ? error_hint(error, "%s%spass --no-record", hint, hint[0] ? ", or " : "")
                   : -1;
    }
    if (needs_records && record_can_write(pipeline->store, error) != 0)
        return error_hint(error, "make the repository writable, or pass --no-record");
    if (check_places(pipeline, error) != 0)
        return -1;
    if (pipeline->store)
        pipeline->dirty = record_is_dirty(pipeline->store, &unlocked);
    return 0;
}

static bool is_live_already(const struct pipeline *pipeline, const struct prepared *target)
{
    const char *live = target->live.artifact_sha256;
    return live && !target->live.drifted && !target->live.incomplete && !pipeline->options->force &&
           strcmp(live, target->artifact.sha256) == 0;
}

static void keep_live(const struct pipeline *pipeline, struct prepared *target)
{
    const struct record *recorded = target->recorded;
    const char *head = pipeline->out->commit, *commit = target->live.commit;
    bool is_recorded = recorded && strcmp(recorded->version, target->live.version) == 0;
    target->state = STATE_UNCHANGED;
    target->deployment = target->live;
    target->unrecorded = !is_recorded && head && commit && strcmp(head, commit) == 0;
    if (target->unrecorded && recorded)
        target->deployment.previous = recorded->version;
}

/* Step 7, first half: nothing is sent to a target on which just that is live. */
static int compare_all(struct pipeline *pipeline, struct error *error)
{
    pipeline_each(pipeline, live_ask);
    if (pipeline_stopped(pipeline, error) != 0 ||
        pipeline_failed(pipeline, FAULT_REMOTE, error) != 0)
        return -1;
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        if (is_live_already(pipeline, target)) {
            keep_live(pipeline, target);
        } else if (live_guard(pipeline, target, error) != 0) {
            return -1;
        }
    }
    return 0;
}

static void upload_one(struct pipeline *pipeline, struct prepared *target)
{
    if (target->state == STATE_UNCHANGED || atomic_load(&pipeline->stop) ||
        world_interrupted(pipeline->world))
        return;
    int64_t start = world_now(pipeline->world);
    pipeline_step(pipeline, target, "uploading");
    target->deployment = (struct deployment){.percent = 100, .staged = pipeline->options->stage};
    struct error error = {0};
    target->ready = target->job.entry->platform->upload(&target->job, &target->artifact,
                                                        &target->deployment, &error) == 0;
    if (!target->ready) {
        pipeline_keep(target, &error);
        target->state = STATE_FAILED;
        atomic_store(&pipeline->stop, true);
    } else if (!target->deployment.deferred) {
        target->state = STATE_UPLOADED;
    }
    target->deployment.artifact_sha256 = target->artifact.sha256;
    target->seconds += (double)(world_now(pipeline->world) - start) / 1000;
}

static bool has_work(const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++)
        if (pipeline->out->targets[i].state != STATE_UNCHANGED)
            return true;
    return false;
}

/* Step 7, second half. */
static int upload_all(struct pipeline *pipeline, struct error *error)
{
    pipeline_attempt(pipeline);
    pipeline_each(pipeline, upload_one);
    if (pipeline_stopped(pipeline, error) != 0)
        return -1;
    if (pipeline_failed(pipeline, FAULT_REMOTE, error) == 0)
        return 0;
    if (!error->hint[0])
        error_hint(error, "nothing new is live; remove the cause and publish again");
    return -1;
}

/* --stage: what would go live with its upload can't be staged, and was not sent. */
static int check_staged(const struct pipeline *pipeline, struct error *error)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        if (!target->deployment.deferred)
            continue;
        error_set(error, FAULT_REMOTE,
                  "%s: a first deployment goes live as it is uploaded, "
                  "so it cannot be staged",
                  target->target->name);
        return error_hint(error, "publish target '%s' once without --stage", target->target->name);
    }
    return 0;
}

/* Step 9 has no failure of its own to return: what is live stays live. */
static int judge_record(const struct pipeline *pipeline, struct error *error)
{
    const struct publish_result *out = pipeline->out;
    if (!out->record_failure)
        return 0;
    error_set(error, FAULT_PARTIAL,
              out->recorded ? "live and recorded, but not pushed: %s"
                            : "live, but not recorded: %s",
              out->record_failure);
    if (!out->recorded)
        return error_hint(error, "remove the cause and publish again: that records it");
    const char *remote = pipeline->manifest->record_remote;
    return error_hint(error, "push the notes: git push %s " RECORD_REF, remote ? remote : "origin");
}

/* All is live already; what a publish that was cut off left out of the record is made up for. */
static int go_nowhere(struct pipeline *pipeline, struct error *error)
{
    if (opinion_finish(pipeline, false, error) != 0)
        return -1;
    record_event(pipeline, "publish", STATE_LIVE);
    return judge_record(pipeline, error);
}

/* Steps 8 to 10. A failure of an earlier step is the one that is told. */
static int go_live(struct pipeline *pipeline, struct error *error)
{
    struct error later = {0};
    int status = live_activate(pipeline, false, error);
    record_event(pipeline, "publish", STATE_LIVE);
    if (status != 0)
        return -1;
    status = judge_record(pipeline, error);
    if (pipeline->options->no_wait)
        return status;
    if (verify_all(pipeline, true, &later) == 0)
        return status;
    if (status == 0)
        *error = later;
    else
        error_prefix(error, "%s", later.message);
    return -1;
}

/* --dry-run with credentials also says what is live; without, or when nobody answers, it is
   still a dry run. */
static int dry_run(struct pipeline *pipeline, struct error *error)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        struct error ignored = {0};
        if (job_unlock(&target->job, &ignored) != 0)
            continue;
        live_ask(pipeline, target);
        if (target->state == STATE_FAILED)
            world_say(pipeline->world, target->target->name, "what is live is not known: %s",
                      target->error.message);
        target->state = target->state == STATE_NONE && is_live_already(pipeline, target)
                            ? STATE_UNCHANGED
                            : STATE_NONE;
        target->error = (struct error){0};
    }
    return world_stopped(pipeline->world, error);
}

static int run_steps(struct pipeline *pipeline, struct error *error)
{
    const struct publish_options *options = pipeline->options;
    if (open_all(pipeline, error) != 0 ||                   /* 1 */
        prepare(pipeline, !options->dry_run, error) != 0 || /* 2 to 6 */
        publish_judge(pipeline->out, pipeline->manifest, options->strict, error) != 0)
        return -1;
    prepare_warn(pipeline);
    if (options->dry_run)
        return dry_run(pipeline, error);
    if (compare_all(pipeline, error) != 0) /* 7 */
        return -1;
    if (!has_work(pipeline))
        return go_nowhere(pipeline, error);
    if (upload_all(pipeline, error) != 0 || opinion_finish(pipeline, false, error) != 0)
        return -1;
    if (options->stage)
        return check_staged(pipeline, error);
    return go_live(pipeline, error); /* 8 to 10 */
}

int publish(struct arena *arena, const struct world *world, const struct manifest *manifest,
            const struct publish_options *given, struct publish_result *out, struct error *error)
{
    struct publish_options options = *given;
    struct pipeline pipeline = {
        .arena = arena, .world = world, .manifest = manifest, .options = &options, .out = out};
    options.publishing = true;
    int status = run_steps(&pipeline, error);
    if (status == 0)
        *error = (struct error){0}; /* what a hook has got over */
    if (status != 0 && error->fault >= FAULT_INTERRUPTED && !out->mutation_attempted)
        error_hint(error, "publish again: nothing was sent");
    return status;
}
