/* AWS Lambda@Edge: what is live, and making a version live. Live is what the distribution's cache
   behavior names for the event. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

enum { ATTEMPTS = 5, WAIT_MS = 1000 };

/* The number when it is a version of our function, else the whole ARN. */
static const char *version_of(const struct job *job, const struct association *association)
{
    struct function_name name;
    if (!association)
        return NULL;
    if (lambda_edge_read_arn(job->arena, association->arn, &name) == 0 &&
        strcmp(name.name, job_text(job, "function")) == 0)
        return name.version;
    return association->arn;
}

static int live(const struct job *job, struct deployment *out, struct error *error)
{
    struct distribution distribution;
    struct answer answer;
    *out = (struct deployment){.percent = 100};
    if (lambda_edge_read_distribution(job, &distribution, error) != 0)
        return -1;
    out->version = version_of(job, distribution.current);
    if (!out->version)
        return 0;
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

/* A version that was recorded is a number, or the ARN of another function that ours replaced. */
static int find_arn(const struct job *job, const char *version, const char **out,
                    struct error *error)
{
    struct function_name name;
    struct answer answer;
    *out = version;
    if (lambda_edge_read_arn(job->arena, version, &name) == 0)
        return 0;
    if (!lambda_edge_is_version(version)) {
        error_set(error, FAULT_INPUT, "'%s' is no version of a function", version);
        return error_hint(error, "name a published version: a number, not $LATEST or an alias");
    }
    if (lambda_edge_configuration(job, version, &answer, error) != 0)
        return -1;
    if (answer.absent)
        return error_set(error, FAULT_REMOTE, "the function '%s' has no version %s",
                         job_text(job, "function"), version);
    *out = json_find_string(answer.json, "FunctionArn", "");
    if (lambda_edge_read_arn(job->arena, *out, &name) == 0 && strcmp(name.version, version) == 0)
        return 0;
    return error_set(error, FAULT_REMOTE, "cannot read the function '%s': its ARN is not usable",
                     job_text(job, "function"));
}

static char *distribution_path(const struct job *job, const char *below)
{
    return arena_printf(job->arena, "/2020-05-31/distribution/%s%s",
                        http_escape(job->arena, job_text(job, "distribution")), below);
}

/* https:// and the distribution's own name, from a Distribution document; NULL without one. */
static const char *url_in(const struct job *job, struct bytes document)
{
    struct error ignored;
    struct xml *root = NULL;
    if (lambda_edge_xml(job->arena, document, &root, &ignored) != 0)
        return NULL;
    const char *domain = xml_text(root, "DomainName");
    bool usable = domain && domain[0] &&
                  domain[strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0';
    return usable ? arena_printf(job->arena, "https://%s", domain) : NULL;
}

static int read_url(const struct job *job, const char **out, struct error *error)
{
    struct answer answer;
    struct ask ask = {.service = SERVICE_CLOUDFRONT,
                      .method = "GET",
                      .path = distribution_path(job, ""),
                      .what = "read the distribution's domain",
                      .right = "cloudfront:GetDistribution"};
    if (lambda_edge_call(job, &ask, &answer, error) != 0)
        return -1;
    *out = url_in(job, answer.xml);
    return 0;
}

static bool is_associated(const struct job *job, const struct association *current, const char *arn)
{
    return current && strcmp(current->arn, arn) == 0 &&
           current->include_body == job_flag(job, "include_body", false);
}

static bool is_same(const struct association *current, const char *arn)
{
    return arn ? current && strcmp(current->arn, arn) == 0 : !current;
}

static int put(const struct job *job, const struct distribution *distribution, const char *arn,
               struct answer *out, struct error *error)
{
    struct bytes config;
    if (lambda_edge_associate(job->arena, distribution->config, &distribution->behavior, arn,
                              job_text(job, "event"), job_flag(job, "include_body", false), &config,
                              error) != 0)
        return -1;
    struct ask ask = {
        .service = SERVICE_CLOUDFRONT,
        .method = "PUT",
        .path = distribution_path(job, "/config"),
        .what = "associate the version",
        .right = "cloudfront:UpdateDistribution, lambda:GetFunction and lambda:EnableReplication*",
        .xml = config,
        .etag = distribution->etag};
    return lambda_edge_call(job, &ask, out, error);
}

static int overtaken(const struct job *job, struct error *error)
{
    error_set(error, FAULT_REMOTE,
              "somebody else has changed what the cache behavior '%s' runs for %s",
              job_text(job, "behavior"), job_text(job, "event"));
    return error_hint(error, "run 'edge-deploy status', then publish again");
}

/* Another change of the distribution makes our ETag stale: it is read again, and ours goes on if
   nobody else has touched what it replaces (section 2). */
static int associate(const struct job *job, const char *arn, struct deployment *out,
                     struct error *error)
{
    struct distribution distribution;
    struct answer answer;
    const char *meant = NULL;
    for (unsigned attempt = 1;; attempt++) {
        struct error refusal = {0};
        if (lambda_edge_read_distribution(job, &distribution, error) != 0 ||
            lambda_edge_check_events(job, &distribution.behavior, error) != 0)
            return -1;
        const struct association *current = distribution.current;
        if (is_associated(job, current, arn))
            return read_url(job, &out->url, error);
        if (attempt == 1) {
            meant = current ? current->arn : NULL;
            out->previous = version_of(job, current);
        } else if (!is_same(current, meant)) {
            return overtaken(job, error);
        }
        if (put(job, &distribution, arn, &answer, &refusal) == 0)
            break;
        if (strcmp(answer.code, "PreconditionFailed") != 0 || attempt == ATTEMPTS) {
            *error = refusal;
            return -1;
        }
        world_say(job->world, job->target->name, "the distribution has changed; reading it again");
        world_sleep(job->world, (int64_t)WAIT_MS << (attempt - 1));
        if (world_stopped(job->world, error) != 0)
            return -1;
    }
    out->url = url_in(job, answer.xml);
    return 0;
}

static int activate(const struct job *job, const struct artifact *artifact, struct deployment *out,
                    struct error *error)
{
    const char *arn;
    (void)artifact;
    out->percent = 100;
    out->resource = job_text(job, "function");
    if (find_arn(job, out->version, &arn, error) != 0)
        return -1;
    return associate(job, arn, out, error);
}

const struct platform platform_lambda_edge = {
    .name = "lambda-edge",
    .title = "AWS Lambda@Edge",
    .pack = lambda_edge_pack,
    .upload = lambda_edge_upload,
    .activate = activate,
    .live = live,
    .unlock = lambda_edge_unlock,
};
