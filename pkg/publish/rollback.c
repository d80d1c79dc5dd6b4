/* An earlier version becomes live again: by the records, and where none tells by what the platform
   remembers. */
#include <string.h>

#include "pkg/base/text.h"
#include "pkg/publish/pipeline.h"

enum { MOST_CANDIDATES = 5, SHORTEST_COMMIT = 7 };

static bool is_gone(const struct prepared *target, const char *version)
{
    return target->knows_versions && !live_version(target, version) &&
           !text_is(target->live.version, version);
}

/* A list for the hint; at most so many, none twice. */
struct candidates {
    struct arena *arena;
    const char *seen[MOST_CANDIDATES];
    size_t count;
    const char *list;
};

static void offer(struct candidates *candidates, const char *version, const char *commit,
                  const char *time)
{
    struct arena *arena = candidates->arena;
    size_t known = 0;
    while (known < candidates->count && strcmp(candidates->seen[known], version) != 0)
        known++;
    if (known < candidates->count || candidates->count == MOST_CANDIDATES)
        return;
    candidates->seen[candidates->count++] = version;
    const char *what = commit ? arena_printf(arena, "%.8s", commit) : "";
    if (time)
        what = arena_printf(arena, "%s%s%s", what, commit ? ", " : "", time);
    candidates->list = arena_printf(arena, "%s%s%s%s%s%s", candidates->list ? candidates->list : "",
                                    candidates->list ? ", " : "", version, what[0] ? " (" : "",
                                    what, what[0] ? ")" : "");
}

/* The versions to choose from, newest first: those of the records that the platform still has, else
   those that it remembers. */
static const char *candidates(const struct pipeline *pipeline, const struct prepared *target)
{
    struct candidates out = {.arena = pipeline->arena};
    for (size_t i = 0; i < pipeline->record_count; i++) {
        const struct record *record = &pipeline->records[i];
        if (pipeline_is_of(pipeline, record, target->target) &&
            !text_is(record->version, target->live.version) && !is_gone(target, record->version))
            offer(&out, record->version, record->commit, record->time);
    }
    for (size_t i = 0; i < target->version_count; i++) {
        const struct deployment *version = &target->versions[i];
        if (version->lived != LIVED_NO && !text_is(version->version, target->live.version))
            offer(&out, version->version, version->commit, version->time);
    }
    return out.list;
}

static int refuse(const struct pipeline *pipeline, const struct prepared *target,
                  struct error *error)
{
    const char *list = candidates(pipeline, target);
    if (list)
        return error_hint(error, "choose with --to one of: %s", list);
    if (target->knows_versions)
        return error_hint(error, "publish the commit that is to be live, or fetch the notes: "
                                 "git fetch origin " RECORD_REF ":" RECORD_REF);
    if (pipeline->out->target_count > 1)
        return error_hint(error, "name the targets to roll back with -t, or fetch the notes: "
                                 "git fetch origin " RECORD_REF ":" RECORD_REF);
    return error_hint(error, "fetch the notes: git fetch origin " RECORD_REF ":" RECORD_REF);
}

/* Nothing that `to` means, or no way further back. */
static int unknown(const struct pipeline *pipeline, const struct prepared *target, const char *to,
                   struct error *error)
{
    bool is_unsure = false;
    for (size_t i = 0; i < target->version_count; i++)
        is_unsure = is_unsure || (target->versions[i].lived == LIVED_UNKNOWN &&
                                  !text_is(target->versions[i].version, target->live.version));
    const char *name = target->target->name;
    if (to)
        error_set(error, FAULT_INPUT, "%s: no recorded deployment of '%s'%s", name, to,
                  target->knows_versions ? ", and the platform has none" : "");
    else if (target->recorded)
        error_set(error, FAULT_INPUT, "%s: no earlier deployment is recorded", name);
    else if (is_unsure)
        error_set(error, FAULT_INPUT,
                  "%s: no deployment is recorded, and the platform does not remember which version "
                  "was live before",
                  name);
    else
        error_set(error, FAULT_INPUT, "%s: no deployment is recorded%s", name,
                  target->knows_versions ? ", and the platform remembers no earlier one" : "");
    return refuse(pipeline, target, error);
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

/* The version that the platform says was made from the commit, which may be abbreviated. */
static const struct deployment *made_from(const struct prepared *target, const char *commit)
{
    const struct deployment *staged = NULL;
    for (size_t i = 0; i < target->version_count; i++) {
        const struct deployment *version = &target->versions[i];
        if (!version->commit || strncmp(version->commit, commit, strlen(commit)) != 0)
            continue;
        if (version->lived != LIVED_NO)
            return version;
        staged = staged ? staged : version;
    }
    return staged;
}

static bool is_a_version(const struct pipeline *pipeline, const char *word)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        const struct prepared *target = &pipeline->out->targets[i];
        if (pipeline_record_of(pipeline, target->target, word) || live_version(target, word) ||
            text_is(target->live.version, word))
            return true;
    }
    return false;
}

/* What --to means: a version, or the hex digits of a commit, which a shallow clone may not have. */
struct aim {
    const char *version, *commit;
};

static struct aim take_aim(const struct pipeline *pipeline, const char *to)
{
    if (!to || is_a_version(pipeline, to))
        return (struct aim){.version = to};
    const char *commit =
        pipeline->store ? record_resolve(pipeline->arena, pipeline->store, to) : NULL;
    size_t size = strlen(to);
    bool is_hex = size >= SHORTEST_COMMIT && strspn(to, "0123456789abcdef") == size;
    return (struct aim){.commit = commit ? commit : is_hex ? to : NULL};
}

/* NULL: nothing that is meant is known of this target. */
static const char *aimed_at(const struct pipeline *pipeline, const struct prepared *target,
                            const struct aim *aim)
{
    const char *version = aim->version;
    if (version)
        return pipeline_record_of(pipeline, target->target, version) ||
                       live_version(target, version) || text_is(target->live.version, version)
                   ? version
                   : NULL;
    if (!aim->commit)
        return NULL;
    const struct record *record = on_commit(pipeline, target->target, aim->commit);
    if (record)
        return record->version;
    const struct deployment *made = made_from(target, aim->commit);
    return made ? made->version : NULL;
}

/* What can't be made live again is refused before anything is. */
static int check_version(const struct pipeline *pipeline, const struct prepared *target,
                         const char *version, struct error *error)
{
    const struct record *record = pipeline_record_of(pipeline, target->target, version);
    const struct deployment *remembered = live_version(target, version);
    const char *commit = record ? record->commit : remembered ? remembered->commit : NULL;
    const char *of = commit ? arena_printf(pipeline->arena, " of commit %.12s", commit) : "";
    if (is_gone(target, version))
        error_set(error, FAULT_INPUT, "%s: version '%s'%s is gone from the platform",
                  target->target->name, version, of);
    else if (!record && remembered && remembered->lived == LIVED_NO)
        error_set(error, FAULT_INPUT, "%s: version '%s'%s was never live", target->target->name,
                  version, of);
    else
        return 0;
    return refuse(pipeline, target, error);
}

static void aim_at(const struct pipeline *pipeline, struct prepared *target, const char *version)
{
    const struct record *record = pipeline_record_of(pipeline, target->target, version);
    const struct deployment *remembered = live_version(target, version);
    target->deployment =
        (struct deployment){.version = version, .percent = 100, .resource = target->job.resource};
    if (record) {
        target->deployment.resource = record->resource;
        target->deployment.artifact_sha256 = record->artifact_sha256;
        target->module_sha256 = record->module_sha256;
    } else if (remembered) {
        target->deployment.artifact_sha256 = remembered->artifact_sha256;
        target->deployment.commit = remembered->commit;
        if (remembered->resource)
            target->deployment.resource = remembered->resource;
    }
    target->ready = true;
}

static void say_source(const struct pipeline *pipeline, const struct prepared *target)
{
    if (!target->recorded)
        world_say(pipeline->world, target->target->name,
                  "no record here: going by what the platform remembers");
    else if (!pipeline_record_of(pipeline, target->target, target->deployment.version))
        world_say(pipeline->world, target->target->name,
                  "no record of version %s here: going by what the platform remembers",
                  target->deployment.version);
}

/* The version for each target. One that is named is one target's; the others stay as they are. */
static int choose(struct pipeline *pipeline, const char *to, struct error *error)
{
    struct aim aim = take_aim(pipeline, to);
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        const char *version =
            to ? aimed_at(pipeline, target, &aim) : past_previous(pipeline, target);
        if (!version && aim.version)
            continue;
        if (!version && target->no_versions && !target->recorded) {
            error_set(error, FAULT_REMOTE,
                      "%s: no deployment is recorded, and what versions there "
                      "are is not known: %s",
                      target->target->name, target->no_versions);
            return -1;
        }
        if (!version)
            return unknown(pipeline, target, to, error);
        if (check_version(pipeline, target, version, error) != 0)
            return -1;
        aim_at(pipeline, target, version);
        say_source(pipeline, target);
    }
    return 0;
}

/* Live already; what a run that was cut off left out of the record is made up for. */
static void keep_live(struct prepared *target)
{
    const struct record *recorded = target->recorded;
    bool is_recorded =
        recorded && text_is(recorded->version, target->live.version) && recorded->percent == 100;
    target->state = STATE_UNCHANGED;
    target->ready = false;
    target->deployment = target->live;
    target->unrecorded = recorded && !is_recorded;
    if (target->unrecorded && !text_is(recorded->version, target->live.version))
        target->deployment.previous = recorded->version;
}

/* Made of the commit that is checked out, and not recorded: a publish that was cut off. */
static bool is_cut_off(const struct pipeline *pipeline, const struct prepared *target)
{
    return target->recorded && !target->live.drifted &&
           text_is(target->live.commit, pipeline->out->commit) &&
           !pipeline_record_of(pipeline, target->target, target->live.version);
}

static int compare_all(struct pipeline *pipeline, struct error *error)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        if (!target->ready)
            continue;
        if (text_is(target->live.version, target->deployment.version) && !target->live.drifted &&
            live_percent(&target->live) == 100)
            keep_live(target);
        else if (is_cut_off(pipeline, target))
            world_say(pipeline->world, target->target->name,
                      "version %s of this commit is live and not recorded: a publish was "
                      "interrupted",
                      target->live.version);
        else if (live_guard(pipeline, target, error) != 0)
            return -1;
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
        const char *version = target->deployment.version;
        if (target->state != STATE_LIVE || target->deployment.commit ||
            pipeline_record_of(pipeline, target->target, version) ||
            target->job.entry->platform->live(&target->job, &live, &ignored) != 0 ||
            !text_is(live.version, version))
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
    if (status == 0 && pipeline_stopped(pipeline, error) != 0)
        return -1;
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

static int open_all(struct pipeline *pipeline, struct error *error)
{
    bool no_record = pipeline->options->no_record;
    if (pipeline_open(pipeline, no_record ? RECORDS_IF_THERE : RECORDS_NEEDED, true, error) != 0)
        return pipeline->no_store ? pipeline_hint_no_record(error) : -1;
    pipeline_each(pipeline, live_ask_all);
    return pipeline_stopped(pipeline, error) != 0 ? -1
                                                  : pipeline_failed(pipeline, FAULT_REMOTE, error);
}

int rollback(struct arena *arena, const struct world *world, const struct manifest *manifest,
             const struct publish_options *options, const char *to, struct publish_result *out,
             struct error *error)
{
    struct pipeline pipeline = {
        .arena = arena, .world = world, .manifest = manifest, .options = options, .out = out};
    if (open_all(&pipeline, error) != 0 || choose(&pipeline, to, error) != 0 ||
        compare_all(&pipeline, error) != 0)
        return -1;
    return finish(&pipeline, live_activate(&pipeline, true, error), error);
}
