/* Step 10: is this version live, and does it answer. Waits, but not for ever. */
#include "pkg/publish/verify.h"
#include "pkg/base/text.h"

#include <string.h>

/* While nothing or what it replaces is still live, it may be on its way. */
static bool may_come(const struct prepared *target)
{
    const char *live = target->live.version;
    return !live || text_is(live, target->deployment.previous);
}

/* Live is this version, or the same code after somebody has changed a setting of it. */
static bool is_live(const struct prepared *target)
{
    const char *expected = target->deployment.version;
    return text_is(target->live.version, expected) || text_is(target->live.same_as, expected);
}

/* The version may be right and what it holds not: changed by hand, or another project's. */
static int check_content(const struct pipeline *pipeline, struct prepared *target)
{
    const struct deployment *live = &target->live;
    const char *made = target->deployment.artifact_sha256;
    bool is_other = live->artifact_sha256 && made && !text_is(live->artifact_sha256, made);
    if (live->drifted || is_other) {
        unverified(target, VERIFICATION_CHANGED,
                   "version '%s' is live, but it was changed since it was deployed", live->version);
        return error_hint(&target->error, "publish again with --overwrite to replace it");
    }
    if (live->incomplete)
        world_say(pipeline->world, target->target->name,
                  "version %s is live, but not all that goes with it is set up: publish again",
                  live->version);
    if (live->spreading)
        world_say(pipeline->world, target->target->name,
                  "still spreading: for some minutes some places may answer as before");
    return 0;
}

static int check_share(struct prepared *target)
{
    unsigned wanted = live_percent(&target->deployment), has = live_percent(&target->live);
    if (has == wanted)
        return 0;
    unverified(target, VERIFICATION_CHANGED,
               "version '%s' takes %u %% of the traffic, %u %% were given to it",
               target->deployment.version, has, wanted);
    return error_hint(&target->error, "run edge-deploy publish --traffic %u, or edge-deploy status",
                      wanted);
}

/* By the pin just this version answers, whatever its share. */
static void take_pin(struct prepared *target)
{
    struct deployment *made = &target->deployment;
    if (made->pin_name || !text_is(target->live.version, made->version))
        return;
    made->pin_name = target->live.pin_name;
    made->pin_value = target->live.pin_value;
}

/* 0: live as it should be, 1: not (yet), -1: no sense in waiting. */
static int ask_version(const struct pipeline *pipeline, struct prepared *target)
{
    struct error error = {0};
    if (live_look(&target->job, target->deployment.version, &target->live, &error) != 0) {
        pipeline_keep(target, &error);
        target->verification = VERIFICATION_UNKNOWN;
        return -1;
    }
    if (!is_live(target))
        return 1;
    take_pin(target);
    return check_content(pipeline, target) != 0 || check_share(target) != 0 ? -1 : 0;
}

static int await_version(struct pipeline *pipeline, struct prepared *target,
                         struct patience *patience)
{
    int status;
    do {
        if (world_interrupted(pipeline->world))
            return -1;
        status = ask_version(pipeline, target);
        if (status <= 0)
            return status;
    } while (may_come(target) &&
             patience_wait(pipeline, target, patience, "waiting until the new version is live"));
    const char *live = target->live.version, *expected = target->deployment.version;
    if (live)
        unverified(target, VERIFICATION_STALE, "version '%s' is expected, but live is version '%s'",
                   expected, live);
    else
        unverified(target, VERIFICATION_STALE, "version '%s' is expected, but live is nothing",
                   expected);
    return error_hint(&target->error, "run edge-deploy status, or wait longer with a larger "
                                      "verify.timeout_s");
}

/* The outcome is target->verified, and else target->error. A staged version is there: the platform
   has just listed it. */
static void verify_one(struct pipeline *pipeline, struct prepared *target)
{
    int64_t start = world_now(pipeline->world);
    struct patience patience = patience_of(pipeline, target);
    bool staged = pipeline->options->staged;
    if (target->state != (staged ? STATE_UPLOADED : STATE_LIVE) ||
        target->error.fault != FAULT_NONE)
        return;
    target->verified = (staged || await_version(pipeline, target, &patience) == 0) &&
                       probe(pipeline, target, &patience) == 0;
    if (target->verified) {
        target->error = (struct error){0};
        target->verification = VERIFICATION_OK;
    }
    target->seconds += (double)(world_now(pipeline->world) - start) / 1000;
}

/* What failed may be only the answer. */
static bool is_back(const struct pipeline *pipeline, struct prepared *target,
                    const struct deployment *earlier)
{
    struct deployment live = {0};
    struct error ignored = {0};
    return !world_interrupted(pipeline->world) &&
           target->job.entry->platform->live(&target->job, &live, &ignored) == 0 &&
           text_is(live.version, earlier->version);
}

/* What we did not make we do not replace. */
static bool is_somebody_elses(const struct prepared *target)
{
    return target->live.version && !is_live(target) && !may_come(target);
}

/* Why there is nothing to roll back, as a sentence; NULL: there is. */
static const char *why_no_way_back(const struct prepared *target)
{
    if (!target->deployment.previous)
        return "nothing was live before, so nothing can be rolled back to";
    if (is_somebody_elses(target))
        return "somebody else's version is live by now, so nothing is rolled back";
    return NULL;
}

/* The version that was live before becomes live again. */
static void roll_back(struct pipeline *pipeline, struct prepared *target)
{
    const char *no_way = why_no_way_back(target);
    struct deployment earlier = {.version = target->deployment.previous,
                                 .previous = target->deployment.version,
                                 .base = target->deployment.version,
                                 .resource = target->deployment.resource,
                                 .percent = 100};
    struct error error = {0};
    if (no_way) {
        world_say(pipeline->world, target->target->name, "%s", no_way);
        error_hint(&target->error, "%s: remove the cause and publish again", no_way);
        return;
    }
    pipeline_step(pipeline, target, "rolling back");
    if (target->job.entry->platform->activate(&target->job, NULL, &earlier, &error) != 0 &&
        !is_back(pipeline, target, &earlier)) {
        world_say(pipeline->world, target->target->name, "cannot roll back: %s", error.message);
        error_hint(&target->error,
                   "it could not be rolled back by itself (%s): run edge-deploy "
                   "rollback -t %s",
                   error.message, target->target->name);
        return;
    }
    earlier.previous = target->deployment.version;
    if (text_is(target->before.version, earlier.version)) {
        earlier.commit = target->before.commit;
        earlier.artifact_sha256 = target->before.artifact_sha256;
    }
    target->deployment = earlier;
    target->state = STATE_ROLLED_BACK;
}

/* The error of the whole run, by the first target that is not verified. */
static int tell_first(const struct prepared *target, size_t more, struct error *error)
{
    *error = target->error;
    error->fault = FAULT_UNVERIFIED;
    if (more)
        error_prefix(error, "%s (and %zu more)", target->target->name, more);
    else
        error_prefix(error, "%s", target->target->name);
    if (target->state == STATE_ROLLED_BACK)
        return error_hint(error, "find the cause; version '%s' is live again",
                          target->deployment.version);
    if (!error->hint[0])
        error_hint(error, "run edge-deploy rollback -t %s, or edge-deploy verify once more",
                   target->target->name);
    return -1;
}

int verify_all(struct pipeline *pipeline, bool may_roll_back, struct error *error)
{
    struct publish_result *out = pipeline->out;
    const struct prepared *first = NULL;
    size_t count = 0;
    bool rolled_back = false;
    pipeline_each(pipeline, verify_one);
    if (world_interrupted(pipeline->world))
        return pipeline_stopped(pipeline, error);
    for (size_t i = 0; i < out->target_count; i++) {
        struct prepared *target = &out->targets[i];
        bool concerned = pipeline->options->staged || target->state == STATE_LIVE;
        if (!concerned || target->verified)
            continue;
        first = first ? first : target;
        count++;
        if (may_roll_back && target->target->verify.rollback)
            roll_back(pipeline, target);
        rolled_back = rolled_back || target->state == STATE_ROLLED_BACK;
    }
    if (rolled_back)
        record_event(pipeline, "rollback", STATE_ROLLED_BACK);
    return first ? tell_first(first, count - 1, error) : 0;
}

/* What the records say is live. */
static void take_records(struct pipeline *pipeline)
{
    if (!pipeline->store)
        world_say(pipeline->world, "", "nothing is recorded: %s", pipeline->no_store);
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        target->deployment = recorded_deployment(target->recorded);
        target->state = STATE_LIVE;
        if (target->recorded)
            continue;
        unverified(target, VERIFICATION_MISSING, "no deployment is recorded here");
        error_hint(&target->error,
                   "publish, or fetch the notes: git fetch origin " RECORD_REF ":" RECORD_REF);
    }
}

int publish_verify(struct arena *arena, const struct world *world, const struct manifest *manifest,
                   const struct publish_options *options, struct publish_result *out,
                   struct error *error)
{
    struct pipeline pipeline = {
        .arena = arena, .world = world, .manifest = manifest, .options = options, .out = out};
    if (pipeline_open(&pipeline, RECORDS_IF_THERE, true, error) != 0)
        return -1;
    if (!options->staged)
        take_records(&pipeline);
    else if (staged_find(&pipeline, error) != 0)
        return -1;
    int status = verify_all(&pipeline, false, error);
    /* What is live is not known before all are asked. */
    if (world_interrupted(world))
        return world_stopped(world, error);
    local_pack(&pipeline);
    return status;
}
