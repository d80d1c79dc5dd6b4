/* Recorded and live, side by side. */
#include <string.h>

#include "pkg/publish/pipeline.h"

struct deployment recorded_deployment(const struct record *record)
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
