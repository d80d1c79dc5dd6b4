/* Associations that this target had under another event or behavior: a manifest that names another
   one now would leave the former running for ever. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

static const char *setting(const struct target *target, const char *key, const char *fallback)
{
    const char *value = json_string_value(json_object_get(target->settings, key));
    return value ? value : fallback;
}

/* Another target of the manifest wants something there; the same target does not any more. */
static bool is_wanted(const struct job *job, const char *behavior, const char *event)
{
    const struct manifest *manifest = job->manifest;
    for (size_t i = 0; manifest && i < manifest->target_count; i++) {
        const struct target *target = &manifest->targets[i];
        const char *distribution = setting(target, "distribution", NULL);
        if (strcmp(target->name, job->target->name) != 0 &&
            strcmp(target->platform, job->entry->platform->name) == 0 &&
            (!distribution || strcmp(distribution, job_text(job, "distribution")) == 0) &&
            strcmp(setting(target, "behavior", "default"), behavior) == 0 &&
            strcmp(setting(target, "event", event), event) == 0)
            return true;
    }
    return false;
}

static bool is_here(const struct job *job, const struct behavior *behavior,
                    const struct association *association)
{
    return strcmp(behavior->name, job_text(job, "behavior")) == 0 &&
           strcmp(association->event, job_text(job, "event")) == 0;
}

/* Versions differ by what their artifact says, event and behavior included: the version that the
   record calls live on this target was made for this target alone. */
static bool was_ours(const struct job *job, const struct function_name *name)
{
    return job->previous && strcmp(name->version, job->previous) == 0;
}

static int is_described_as_ours(const struct job *job, const char *version, bool *out,
                                struct error *error)
{
    struct answer answer;
    struct deployment ignored = {0};
    if (lambda_edge_configuration(job, version, &answer, error) != 0)
        return -1;
    *out = !answer.absent && lambda_edge_read_description(
                                 job->arena, json_find_string(answer.json, "Description", ""),
                                 json_find_string(answer.json, "CodeSha256", ""), &ignored);
    return 0;
}

/* Those of our function that stand elsewhere and nobody in the manifest wants: removed when the
   record says that they were this target's, else named and left. */
static void look_through(const struct job *job, const struct behavior *behavior, struct stale *out,
                         size_t *count)
{
    for (size_t i = 0; i < behavior->association_count; i++) {
        const struct association *association = &behavior->associations[i];
        struct function_name name;
        if (is_here(job, behavior, association) ||
            lambda_edge_read_arn(job->arena, association->arn, &name) != 0 ||
            strcmp(name.name, job_text(job, "function")) != 0 ||
            is_wanted(job, behavior->name, association->event))
            continue;
        if (was_ours(job, &name))
            out[(*count)++] = (struct stale){behavior->name, association->event};
        else
            world_say(job->world, job->target->name,
                      "version %s stays associated with %s of the cache behavior '%s': no record "
                      "says that it was this target's",
                      name.version, lambda_edge_safe(job->arena, association->event),
                      lambda_edge_safe(job->arena, behavior->name));
    }
}

int lambda_edge_stale(const struct job *job, const struct distribution *distribution,
                      struct stale **out, size_t *count, struct error *error)
{
    struct behavior *behaviors;
    size_t behavior_count, most = 0;
    bool ours = true;
    *count = 0;
    if (lambda_edge_behaviors(job->arena, distribution->config, &behaviors, &behavior_count,
                              error) != 0)
        return -1;
    for (size_t i = 0; i < behavior_count; i++)
        most += behaviors[i].association_count;
    *out = arena_alloc(job->arena, most + 1, sizeof **out);
    for (size_t i = 0; i < behavior_count; i++)
        look_through(job, &behaviors[i], *out, count);
    if (*count && is_described_as_ours(job, job->previous, &ours, error) != 0)
        return -1;
    if (!ours)
        *count = 0;
    return 0;
}
