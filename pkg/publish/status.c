/* Recorded and live: side by side, or compared. */
#include <string.h>

#include "pkg/publish/pipeline.h"

/* What the last record says, in the shape of a deployment. */
static struct deployment recorded_deployment(const struct record *record)
{
    if (!record)
        return (struct deployment){0};
    return (struct deployment){.version = record->version,
                               .previous = record->previous_version,
                               .url = record->url,
                               .resource = record->resource,
                               .artifact_sha256 = record->artifact_sha256,
                               .commit = record->commit,
                               .percent = record->percent};
}

static int open_all(struct pipeline *pipeline, struct error *error)
{
    if (pipeline_open(pipeline, RECORDS_IF_THERE, true, error) != 0)
        return -1;
    if (!pipeline->store)
        world_say(pipeline->world, "", "nothing is recorded: %s", pipeline->no_store);
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        struct prepared *target = &pipeline->out->targets[i];
        target->deployment = recorded_deployment(target->recorded);
    }
    return 0;
}

int publish_status(struct arena *arena, const struct world *world, const struct manifest *manifest,
                   const struct publish_options *options, struct publish_result *out,
                   struct error *error)
{
    struct pipeline pipeline = {
        .arena = arena, .world = world, .manifest = manifest, .options = options, .out = out};
    if (open_all(&pipeline, error) != 0)
        return -1;
    pipeline_each(&pipeline, live_ask_all);
    if (world_stopped(world, error) != 0)
        return -1;
    for (size_t i = 0; i < out->target_count; i++)
        if (out->targets[i].state == STATE_NONE && out->targets[i].live.version)
            out->targets[i].state = STATE_LIVE;
    return pipeline_failed(&pipeline, FAULT_REMOTE, error);
}

int publish_verify(struct arena *arena, const struct world *world, const struct manifest *manifest,
                   const struct publish_options *options, struct publish_result *out,
                   struct error *error)
{
    struct pipeline pipeline = {
        .arena = arena, .world = world, .manifest = manifest, .options = options, .out = out};
    if (open_all(&pipeline, error) != 0)
        return -1;
    for (size_t i = 0; i < out->target_count; i++) {
        struct prepared *target = &out->targets[i];
        target->state = STATE_LIVE;
        if (target->recorded)
            continue;
        error_set(&target->error, FAULT_UNVERIFIED, "no deployment is recorded here");
        error_hint(&target->error,
                   "publish, or fetch the notes: git fetch origin " RECORD_REF ":" RECORD_REF);
    }
    if (verify_all(&pipeline, false, error) == 0)
        return 0;
    /* What is live is not known before all are asked. */
    return world_interrupted(world) ? world_stopped(world, error) : -1;
}
