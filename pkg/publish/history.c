/* Step 9: what became live goes into the notes. */
#include <string.h>

#include "pkg/archive/archive.h"
#include "pkg/publish/pipeline.h"

enum { MOST_BUILT_GZIP = 4 << 20 }; /* compressing takes 40 ms a MB: more is not worth it */

static const char **name_features(struct arena *arena, uint64_t features, size_t *count)
{
    const char **names = arena_alloc(arena, WASM_FEATURE_COUNT, sizeof *names);
    *count = 0;
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        if (features & wasm_feature_bit((enum wasm_feature)i))
            names[(*count)++] = wasm_features[i].id;
    return names;
}

/* Counted once, however many targets ship it. */
static size_t built_gzip(const struct pipeline *pipeline, const struct prepared_module *module)
{
    for (size_t i = 0; i < pipeline->out->target_count; i++) {
        const struct prepared *target = &pipeline->out->targets[i];
        for (size_t m = 0; m < target->module_count; m++)
            if (target->modules[m].original.data == module->original.data &&
                target->modules[m].built_gzip_bytes)
                return target->modules[m].built_gzip_bytes;
    }
    return archive_gzip_size(module->original);
}

/* As the compiler wrote them: what a later check, which optimizes nothing, can compare with. */
static void describe_built(struct pipeline *pipeline, const struct prepared *target,
                           struct record *record)
{
    struct arena *arena = pipeline->arena;
    uint64_t features = 0;
    for (size_t i = 0; i < target->module_count; i++) {
        const struct prepared_module *module = &target->modules[i];
        record->built_bytes += module->original.size;
        features |= module->original_info.features;
    }
    for (size_t i = 0; record->built_bytes <= MOST_BUILT_GZIP && i < target->module_count; i++) {
        struct prepared_module *module = &target->modules[i];
        module->built_gzip_bytes = built_gzip(pipeline, module);
        record->built_gzip_bytes += module->built_gzip_bytes;
    }
    record->built_features = name_features(arena, features, &record->built_feature_count);
    record->toolchain = target_toolchain(arena, target);
}

static void describe_modules(struct pipeline *pipeline, const struct prepared *target,
                             struct record *record)
{
    uint64_t features = 0;
    for (size_t i = 0; i < target->module_count; i++) {
        const struct prepared_module *module = &target->modules[i];
        record->module_bytes += module->optimized.module.size;
        record->gzip_bytes += module->gzip_bytes;
        features |= module->optimized.info.features;
    }
    record->module_sha256 = target->module_sha256;
    record->debug_sha256 = target->debug_sha256;
    record->optimizer = target->module_count ? target->modules[0].optimized.how : NULL;
    record->features = name_features(pipeline->arena, features, &record->feature_count);
    describe_built(pipeline, target, record);
}

static struct record describe(struct pipeline *pipeline, const char *event,
                              const struct prepared *target, bool is_rollback)
{
    const struct deployment *made = &target->deployment;
    const struct record *earlier =
        is_rollback ? pipeline_record_of(pipeline, target->target, made->version) : NULL;
    struct record record = {0};
    if (earlier)
        record = *earlier;
    else if (!is_rollback)
        describe_modules(pipeline, target, &record);
    record.event = event;
    record.target = target->target->name;
    record.platform = target->target->platform;
    if (!earlier && target->job.profile->variant && target->job.profile->variant[0])
        record.variant = target->job.profile->variant;
    record.resource = made->resource ? made->resource : target->job.resource;
    record.version = made->version;
    record.previous_version = made->previous;
    record.url = made->url ? made->url : record.url;
    record.environment = pipeline_environment(pipeline);
    record.tool = "edge-deploy " EDGE_DEPLOY_VERSION;
    record.run = pipeline->options->run;
    record.percent = live_percent(made);
    if (!is_rollback) {
        record.artifact_sha256 = target->artifact.sha256;
        record.artifact_bytes = target->artifact.counted_bytes;
        record.dirty = pipeline->dirty;
        record.commit = pipeline->out->commit;
    } else if (!earlier) {
        record.artifact_sha256 = made->artifact_sha256;
        record.commit = made->commit;
    }
    return record;
}

static void fail(struct pipeline *pipeline, const char *message)
{
    struct publish_result *out = pipeline->out;
    if (!out->record_failure)
        out->record_failure = arena_strdup(pipeline->arena, message);
}

/* Appends those of the records that belong to the commit of the first, and takes them out. */
static size_t append_commit(struct pipeline *pipeline, struct record *records, size_t count)
{
    struct record *same = arena_alloc(pipeline->arena, count, sizeof *same);
    struct error error = {0};
    size_t same_count = 0, left = 0;
    const char *commit = records[0].commit;
    for (size_t i = 0; i < count; i++)
        if (strcmp(records[i].commit, commit) == 0)
            same[same_count++] = records[i];
        else
            records[left++] = records[i];
    if (record_append(pipeline->arena, pipeline->store, commit, same, same_count, &error) != 0)
        fail(pipeline, error.message);
    return left;
}

static void push(struct pipeline *pipeline)
{
    if (pipeline->options->sandboxed) {
        world_say(pipeline->world, "", "a sandboxed deployment's record is not pushed");
        return;
    }
    const char *remote = pipeline->manifest->record_remote;
    struct error error = {0};
    pipeline_step(pipeline, NULL, "pushing the record");
    if (record_push(pipeline->arena, pipeline->world, pipeline->store, remote ? remote : "origin",
                    &error) != 0)
        fail(pipeline, error.message);
}

/* The newest record says just that: what a publish that was cut off had left out is made up for. */
static bool is_recorded(const struct prepared *target, const struct record *record)
{
    const struct record *last = target->recorded;
    return last && strcmp(last->event, record->event) == 0 &&
           strcmp(last->version, record->version) == 0 && last->percent == record->percent &&
           last->commit && record->commit && strcmp(last->commit, record->commit) == 0 &&
           last->artifact_sha256 && record->artifact_sha256 &&
           strcmp(last->artifact_sha256, record->artifact_sha256) == 0;
}

void record_event(struct pipeline *pipeline, const char *event, enum state state)
{
    struct publish_result *out = pipeline->out;
    struct record *records = arena_alloc(pipeline->arena, out->target_count, sizeof *records);
    size_t count = 0, known = 0;
    bool is_rollback = strcmp(event, "rollback") == 0;
    if (pipeline->options->no_record || !pipeline->store)
        return;
    const char *time = record_time(pipeline->arena, pipeline->store, pipeline->newest);
    for (size_t i = 0; i < out->target_count; i++) {
        if (out->targets[i].state != state && !out->targets[i].unrecorded)
            continue;
        out->targets[i].unrecorded = false;
        records[count] = describe(pipeline, event, &out->targets[i], is_rollback);
        records[count].time = time;
        if (is_recorded(&out->targets[i], &records[count]))
            known++;
        else if (records[count].commit)
            count++;
        else
            fail(pipeline,
                 arena_printf(pipeline->arena, "%s: the commit of version '%s' is unknown",
                              records[count].target, records[count].version));
    }
    bool any = count > 0;
    pipeline->newest =
        any ? arena_copy(pipeline->arena, records, sizeof *records) : pipeline->newest;
    while (count)
        count = append_commit(pipeline, records, count);
    out->recorded = (any || known) && !out->record_failure;
    if (any && pipeline->options->push_record && !out->record_failure)
        push(pipeline);
}
