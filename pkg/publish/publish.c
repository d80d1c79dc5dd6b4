/* The ten steps. */
#include <string.h>

#include "pkg/publish/pipeline.h"

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
    if (pipeline_open(pipeline, needs_records ? RECORDS_NEEDED : RECORDS_IF_THERE,
                      !options->dry_run, error) != 0)
        return pipeline->no_store ? pipeline_hint_no_record(error) : -1;
    if (needs_records && record_can_write(pipeline->store, error) != 0)
        return error_hint(error, "make the repository writable, or pass --no-record");
    if (check_places(pipeline, error) != 0)
        return -1;
    if (pipeline->store)
        pipeline->dirty = record_is_dirty(pipeline->store, &unlocked);
    return 0;
}

/* With the share that is wanted; NULL: not. What has all of the traffic has none to give away. */
static const struct deployment *find_live(const struct pipeline *pipeline,
                                          const struct prepared *target)
{
    const struct deployment *live = live_artifact(target, target->artifact.sha256);
    unsigned percent = live ? live_percent(live) : 0;
    if (!live || pipeline->options->force)
        return NULL;
    bool is_enough = pipeline->options->stage || percent == 100;
    return is_enough || percent == rollout_percent(pipeline) ? live : NULL;
}

static void keep_live(const struct pipeline *pipeline, struct prepared *target,
                      const struct deployment *live)
{
    const struct record *recorded = target->recorded;
    const char *head = pipeline->out->commit;
    bool is_of_record = recorded && strcmp(recorded->version, live->version) == 0;
    bool is_recorded = is_of_record && recorded->percent == live_percent(live);
    target->state = STATE_UNCHANGED;
    target->deployment = *live;
    target->unrecorded = !is_recorded && head && live->commit && strcmp(head, live->commit) == 0;
    if (target->unrecorded && recorded)
        target->deployment.previous = is_of_record ? recorded->previous_version : recorded->version;
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
        const struct deployment *live = find_live(pipeline, target);
        if (live)
            keep_live(pipeline, target, live);
        else if (live_guard(pipeline, target, error) != 0)
            return -1;
    }
    return rollout_check_first(pipeline, error);
}

static void upload_one(struct pipeline *pipeline, struct prepared *target)
{
    if (target->state == STATE_UNCHANGED || atomic_load(&pipeline->stop) ||
        world_interrupted(pipeline->world))
        return;
    int64_t start = world_now(pipeline->world);
    pipeline_step(pipeline, target, "uploading");
    target->deployment = pipeline_wanted(pipeline, target);
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

/* --stage: what goes live with its upload although something is live can't be staged, and was not
   sent. */
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
    if (status == 0 && pipeline_stopped(pipeline, error) != 0)
        return -1;
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

/* What would be changed: an empty list where just that is live. */
static void plan(struct pipeline *pipeline, struct prepared *target)
{
    const struct platform *platform = target->job.entry->platform;
    struct deployment wanted = pipeline_wanted(pipeline, target);
    struct error error = {0};
    if (target->state == STATE_UNCHANGED)
        target->changes = arena_alloc(target->job.arena, 1, sizeof *target->changes);
    else if (!platform->plan)
        target->no_changes = "the driver of this platform cannot list them";
    else if (platform->plan(&target->job, &target->artifact, &wanted, &target->changes,
                            &target->change_count, &error) != 0)
        target->no_changes = arena_strdup(target->job.arena, error.message);
    if (target->no_changes)
        target->changes = NULL;
    else if (!target->changes)
        target->changes = arena_alloc(target->job.arena, 1, sizeof *target->changes);
}

/* Without credentials, or when nobody answers, it is still a dry run. */
static void look_ahead(struct pipeline *pipeline, struct prepared *target)
{
    struct error error = {0};
    if (job_unlock(&target->job, &error) != 0) {
        target->no_changes = arena_strdup(target->job.arena, error.message);
        return;
    }
    live_ask(pipeline, target);
    if (target->state == STATE_FAILED) {
        target->no_changes =
            arena_printf(target->job.arena, "what is live is not known: %s", target->error.message);
        target->error = (struct error){0};
        target->state = STATE_NONE;
        return;
    }
    const struct deployment *live = find_live(pipeline, target);
    if (live)
        keep_live(pipeline, target, live);
    plan(pipeline, target);
}

static void warn_of(const struct pipeline *pipeline, const struct error *error)
{
    world_say(pipeline->world, "", "publish would stop: %s", error->message);
}

/* --dry-run with credentials also says what is live, what would be changed, and what would stop
   it. */
static int dry_run(struct pipeline *pipeline, struct error *error)
{
    bool is_known = true;
    pipeline_each(pipeline, look_ahead);
    if (world_stopped(pipeline->world, error) != 0)
        return -1;
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        struct error stop = {0};
        is_known = is_known && !target->no_changes;
        if (!target->no_changes && target->state == STATE_NONE &&
            live_guard(pipeline, target, &stop) != 0)
            warn_of(pipeline, &stop);
    }
    struct error stop = {0};
    if (is_known && rollout_check_first(pipeline, &stop) != 0)
        warn_of(pipeline, &stop);
    return 0;
}

static int write_twins(struct pipeline *pipeline, struct error *error)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        if (publish_twins(pipeline->arena, target, pipeline->manifest->folder, true, error) != 0)
            return -1;
        for (size_t k = 0; k < target->module_count; k++)
            if (target->modules[k].debug_path)
                pipeline_step(pipeline, target,
                              arena_printf(pipeline->arena, "debug information in %s",
                                           target->modules[k].debug_path));
    }
    return 0;
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
    if (write_twins(pipeline, error) != 0)
        return -1;
    if (compare_all(pipeline, error) != 0) /* 7 */
        return -1;
    if (!has_work(pipeline))
        return go_nowhere(pipeline, error);
    if (rollout_ask(pipeline, error) != 0 || upload_all(pipeline, error) != 0 ||
        opinion_finish(pipeline, false, error) != 0)
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
