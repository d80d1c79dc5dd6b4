/* What is live, and whether it is what we know. */
#include <string.h>

#include "pkg/base/text.h"
#include "pkg/publish/pipeline.h"

unsigned live_percent(const struct deployment *deployment)
{
    return deployment->percent ? deployment->percent : 100;
}

/* The versions that the platform remembers; false with the error when it does not say. */
static bool ask_versions(struct prepared *target, struct error *error)
{
    const struct platform *platform = target->job.entry->platform;
    target->knows_versions = false;
    if (!platform->versions)
        return true;
    if (platform->versions(&target->job, &target->versions, &target->version_count, error) != 0) {
        target->version_count = 0;
        return false;
    }
    target->knows_versions = true;
    return true;
}

static int ask(struct prepared *target, bool all, struct error *error)
{
    struct error unknown = {0};
    target->live = (struct deployment){0};
    if (target->job.entry->platform->live(&target->job, &target->live, error) != 0)
        return -1;
    bool is_shared = target->live.version && live_percent(&target->live) < 100;
    if ((!all && !is_shared) || ask_versions(target, &unknown))
        return 0;
    if (!all) {
        *error = unknown;
        return -1;
    }
    target->no_versions = arena_strdup(target->job.arena, unknown.message);
    return 0;
}

static void ask_about(struct pipeline *pipeline, struct prepared *target, bool all)
{
    if (world_interrupted(pipeline->world))
        return;
    int64_t start = world_now(pipeline->world);
    struct error error = {0};
    if (ask(target, all, &error) != 0) {
        target->state = STATE_FAILED;
        pipeline_keep(target, &error);
    }
    target->before = target->live;
    target->seconds += (double)(world_now(pipeline->world) - start) / 1000;
}

void live_ask(struct pipeline *pipeline, struct prepared *target)
{
    ask_about(pipeline, target, false);
}

void live_ask_all(struct pipeline *pipeline, struct prepared *target)
{
    ask_about(pipeline, target, true);
}

const struct deployment *live_version(const struct prepared *target, const char *version)
{
    for (size_t i = 0; i < target->version_count; i++)
        if (text_is(target->versions[i].version, version))
            return &target->versions[i];
    return NULL;
}

const struct deployment *live_artifact(const struct prepared *target, const char *sha256)
{
    if (target->live.version && text_is(target->live.artifact_sha256, sha256))
        return target->live.drifted || target->live.incomplete ? NULL : &target->live;
    for (size_t i = 0; i < target->version_count; i++)
        if (target->versions[i].percent && text_is(target->versions[i].artifact_sha256, sha256))
            return &target->versions[i];
    return NULL;
}

int live_look(const struct job *job, const char *version, struct deployment *out,
              struct error *error)
{
    const struct platform *platform = job->entry->platform;
    struct deployment *versions;
    size_t count;
    *out = (struct deployment){0};
    if (platform->live(job, out, error) != 0)
        return -1;
    if (!out->version || text_is(out->version, version) || live_percent(out) == 100 ||
        !platform->versions)
        return 0;
    if (platform->versions(job, &versions, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (versions[i].percent && text_is(versions[i].version, version))
            *out = versions[i];
    return 0;
}

/* While two share the traffic the other one is what the recorded one is to replace. */
static bool is_of_record(const struct record *recorded, const struct deployment *side)
{
    return text_is(side->version, recorded->version) || text_is(side->same_as, recorded->version) ||
           (live_percent(side) < 100 && text_is(side->version, recorded->previous_version));
}

/* What has traffic and is not what the record says; NULL: nothing. */
static const struct deployment *find_stranger(const struct prepared *target)
{
    if (target->live.drifted || !is_of_record(target->recorded, &target->live))
        return &target->live;
    for (size_t i = 0; i < target->version_count; i++)
        if (target->versions[i].percent && !is_of_record(target->recorded, &target->versions[i]))
            return &target->versions[i];
    return NULL;
}

/* "version 'X' (10 %) of commit 0123456789ab" */
static const char *describe(struct arena *arena, const char *version, unsigned percent,
                            const char *commit)
{
    const char *share = percent < 100 ? arena_printf(arena, " (%u %%)", percent) : "";
    if (!commit)
        return arena_printf(arena, "version '%s'%s", version, share);
    return arena_printf(arena, "version '%s'%s of commit %.12s", version, share, commit);
}

static int refuse_stranger(const struct pipeline *pipeline, const struct prepared *target,
                           const struct deployment *stranger, struct error *error)
{
    struct arena *arena = pipeline->arena;
    const struct record *recorded = target->recorded;
    const char *remote = pipeline->manifest->record_remote;
    const char *ours = describe(arena, recorded->version, recorded->percent, recorded->commit);
    bool is_made_by_us = stranger->commit && !stranger->drifted;
    const char *theirs = describe(arena, stranger->version, live_percent(stranger),
                                  is_made_by_us ? stranger->commit : NULL);
    if (is_made_by_us)
        error_set(error, FAULT_INPUT,
                  "%s: live is %s, recorded is %s: somebody else deployed in between, or a "
                  "publish was interrupted",
                  target->target->name, theirs, ours);
    else
        error_set(error, FAULT_INPUT,
                  "%s: live is %s, not made by edge-deploy; recorded is %s: somebody else "
                  "deployed in between",
                  target->target->name, theirs, ours);
    return error_hint(
        error, "fetch the notes (git fetch %s " RECORD_REF ":" RECORD_REF "), or pass --overwrite",
        remote ? remote : "origin");
}

int live_guard(const struct pipeline *pipeline, const struct prepared *target, struct error *error)
{
    const struct record *recorded = target->recorded;
    const struct deployment *live = &target->live;
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
    const struct deployment *stranger = find_stranger(target);
    return stranger ? refuse_stranger(pipeline, target, stranger, error) : 0;
}
