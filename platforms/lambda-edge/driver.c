/* AWS Lambda@Edge: what is live. Live is what the distribution's cache behavior names for the
   event. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

struct memory *lambda_edge_memory(const struct job *job)
{
    if (!job->kept)
        return arena_alloc(job->arena, 1, sizeof(struct memory));
    if (!*job->kept)
        *job->kept = arena_alloc(job->arena, 1, sizeof(struct memory));
    return *job->kept;
}

const char *lambda_edge_version_of(const struct job *job, const struct association *association)
{
    struct function_name name;
    if (!association)
        return NULL;
    if (lambda_edge_read_arn(job->arena, association->arn, &name) == 0 &&
        strcmp(name.name, job_text(job, "function")) == 0)
        return name.version;
    return association->arn;
}

/* What upload need not look at again. */
static void remember(const struct job *job, const struct distribution *distribution)
{
    struct memory *memory = lambda_edge_memory(job);
    struct error ignored = {0};
    memory->url = distribution->url;
    memory->live = lambda_edge_version_of(job, distribution->current);
    memory->fits = lambda_edge_check_events(job, &distribution->behavior, &ignored) == 0;
}

static int live(const struct job *job, struct deployment *out, struct error *error)
{
    struct distribution distribution;
    struct answer answer;
    *out = (struct deployment){.percent = 100};
    if (lambda_edge_look(job, &distribution, error) != 0)
        return -1;
    remember(job, &distribution);
    out->version = lambda_edge_version_of(job, distribution.current);
    if (!out->version)
        return 0;
    out->url = distribution.url;
    out->spreading = strcmp(distribution.status, "InProgress") == 0;
    out->incomplete = distribution.current->include_body != job_flag(job, "include_body", false);
    out->resource = job_text(job, "function");
    out->drifted = true;
    if (!lambda_edge_is_version(out->version))
        return 0;
    if (lambda_edge_configuration(job, out->version, &answer, error) != 0)
        return -1;
    out->drifted =
        answer.absent ||
        !lambda_edge_read_description(job->arena, json_find_string(answer.json, "Description", ""),
                                      json_find_string(answer.json, "CodeSha256", ""), out);
    return 0;
}

const struct platform platform_lambda_edge = {
    .name = "lambda-edge",
    .title = "AWS Lambda@Edge",
    .pack = lambda_edge_pack,
    .upload = lambda_edge_upload,
    .activate = lambda_edge_activate,
    .live = live,
    .ready = lambda_edge_ready,
    .plan = lambda_edge_plan,
    .versions = lambda_edge_versions,
    .unlock = lambda_edge_unlock,
};
