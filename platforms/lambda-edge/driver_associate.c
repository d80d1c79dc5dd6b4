/* Making a version live: one change of the distribution, good for just the state of it that was
   looked at (its ETag). */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/lambda-edge/driver_parts.h"

enum { ATTEMPTS = 5, WAIT_MS = 1000 };

static int gone(const struct job *job, const char *version, struct error *error)
{
    error_set(error, FAULT_INPUT, "version %s of the function '%s' is gone", version,
              job_text(job, "function"));
    return error_hint(error, "choose another version, or publish anew");
}

/* A published version that CloudFront would take. */
static int check_version(const struct job *job, const char *version, json_t *configuration,
                         const char **arn, struct error *error)
{
    struct function_name name;
    if (lambda_edge_settle(job, version, &configuration, error) != 0 ||
        lambda_edge_check_restrictions(job, configuration, error) != 0)
        return error_prefix(error, "version %s cannot be made live", version);
    *arn = json_find_string(configuration, "FunctionArn", "");
    if (lambda_edge_read_arn(job->arena, *arn, &name) == 0 && text_equal(name.version, version) &&
        text_equal(name.name, job_text(job, "function")))
        return 0;
    return error_set(error, FAULT_REMOTE, "cannot read the function '%s': its ARN is not usable",
                     job_text(job, "function"));
}

/* A version that was recorded is a number, or the ARN of another function that ours replaced. */
static int find_arn(const struct job *job, const char *version, const char **out,
                    struct error *error)
{
    struct memory *memory = lambda_edge_memory(job);
    struct function_name name;
    struct answer answer;
    *out = version;
    if (lambda_edge_read_arn(job->arena, version, &name) == 0)
        return 0;
    *out = memory->arn;
    if (memory->version && text_equal(memory->version, version))
        return 0;
    if (!lambda_edge_is_version(version)) {
        error_set(error, FAULT_INPUT, "'%s' is no version of a function", version);
        return error_hint(error, "name a published version: a number, not $LATEST or an alias");
    }
    if (lambda_edge_configuration(job, version, &answer, error) != 0)
        return -1;
    if (answer.absent)
        return gone(job, version, error);
    if (check_version(job, version, answer.json, out, error) != 0)
        return -1;
    memory->version = version;
    memory->arn = *out;
    return 0;
}

/* Whose commit is live, where it can be told. */
static void identify(const struct job *job, struct deployment *now)
{
    struct answer answer;
    struct error ignored = {0};
    if (now->version && lambda_edge_is_version(now->version) &&
        lambda_edge_configuration(job, now->version, &answer, &ignored) == 0 && !answer.absent)
        (void)lambda_edge_read_description(job->arena,
                                           json_find_string(answer.json, "Description", ""),
                                           json_find_string(answer.json, "CodeSha256", ""), now);
}

static int check_base(const struct job *job, const struct deployment *wanted,
                      const struct distribution *distribution, struct error *error)
{
    struct deployment now = {.version = lambda_edge_version_of(job, distribution->current)};
    if (!wanted->overwrite && !text_equal(now.version, wanted->base) &&
        !text_equal(now.version, wanted->version))
        identify(job, &now);
    return job_check_base(job, wanted, &now, error);
}

static int look(const struct job *job, struct distribution *out, struct error *error)
{
    if (lambda_edge_read_distribution(job, out, error) != 0)
        return -1;
    return lambda_edge_check_events(job, &out->behavior, error);
}

int lambda_edge_ready(const struct job *job, const struct artifact *artifact,
                      struct deployment *wanted, struct error *error)
{
    struct memory *memory = lambda_edge_memory(job);
    struct distribution distribution;
    const char *arn;
    (void)artifact;
    if (look(job, &distribution, error) != 0 ||
        check_base(job, wanted, &distribution, error) != 0 ||
        find_arn(job, wanted->version, &arn, error) != 0)
        return -1;
    memory->distribution = distribution;
    return 0;
}

/* The document with ours in, and without what a former publish of this target has left elsewhere.
 */
static int compose(const struct job *job, const struct distribution *distribution, const char *arn,
                   struct bytes *out, struct error *error)
{
    struct stale *stale;
    struct behavior behavior;
    size_t count;
    if (lambda_edge_stale(job, distribution, &stale, &count, error) != 0 ||
        lambda_edge_associate(job->arena, distribution->config, &distribution->behavior, arn,
                              job_text(job, "event"), job_flag(job, "include_body", false), out,
                              error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (lambda_edge_find_behavior(job->arena, *out, stale[i].behavior, &behavior, error) != 0 ||
            lambda_edge_associate(job->arena, *out, &behavior, NULL, stale[i].event, false, out,
                                  error) != 0)
            return -1;
        world_say(job->world, job->target->name,
                  "version %s is taken from %s of the cache behavior '%s', where this target was",
                  job->previous, lambda_edge_safe(job->arena, stale[i].event),
                  lambda_edge_safe(job->arena, stale[i].behavior));
    }
    return 0;
}

static int put(const struct job *job, const struct distribution *distribution, const char *arn,
               struct answer *out, struct error *error)
{
    struct bytes config;
    if (compose(job, distribution, arn, &config, error) != 0)
        return -1;
    struct ask ask = {
        .service = SERVICE_CLOUDFRONT,
        .method = "PUT",
        .path = lambda_edge_distribution_path(job, "/config"),
        .what = "associate the version",
        .right = "cloudfront:UpdateDistribution, lambda:GetFunction and lambda:EnableReplication*",
        .xml = config,
        .etag = distribution->etag};
    return lambda_edge_call(job, &ask, out, error);
}

static bool is_associated(const struct job *job, const struct association *current, const char *arn)
{
    return current && strcmp(current->arn, arn) == 0 &&
           current->include_body == job_flag(job, "include_body", false);
}

static const char *named(const struct job *job, const char *arn)
{
    struct association association = {.arn = arn};
    if (!arn)
        return "nothing";
    return arena_printf(job->arena, "version '%s'",
                        lambda_edge_safe(job->arena, lambda_edge_version_of(job, &association)));
}

static int overtaken(const struct job *job, const char *meant, const char *now, struct error *error)
{
    error_set(error, FAULT_REMOTE,
              "somebody else has changed what the cache behavior '%s' runs for %s: it was %s and "
              "is %s now",
              job_text(job, "behavior"), job_text(job, "event"), named(job, meant),
              named(job, now));
    return error_hint(error, "look at it with edge-deploy status, then run this again, or pass "
                             "--overwrite");
}

/* That it is associated is certain; where it answers is asked for only when nobody has said so. */
static int find_url(const struct job *job, struct deployment *out, struct error *error)
{
    struct distribution distribution;
    out->url = lambda_edge_memory(job)->url;
    if (out->url)
        return 0;
    if (lambda_edge_look(job, &distribution, error) != 0)
        return -1;
    out->url = distribution.url;
    return 0;
}

/* What ready has read, the first time. */
static int read_now(const struct job *job, struct distribution *out, struct error *error)
{
    struct memory *memory = lambda_edge_memory(job);
    *out = memory->distribution;
    memory->distribution = (struct distribution){0};
    return out->etag ? 0 : look(job, out, error);
}

/* An answer that is no Distribution does not show that it was done. */
static bool is_done(const struct job *job, const struct answer *answer, struct deployment *out)
{
    struct error ignored = {0};
    struct xml *root = NULL;
    if (lambda_edge_xml(job->arena, answer->xml, &root, &ignored) != 0 ||
        strcmp(root->name, "Distribution") != 0)
        return false;
    out->url = lambda_edge_url(job->arena, root);
    if (!out->url)
        out->url = lambda_edge_memory(job)->url;
    return true;
}

/* 1: done; 0: to be looked at again, with the failure in *error; -1. */
static int try_once(const struct job *job, const struct distribution *distribution, const char *arn,
                    struct deployment *out, bool *unsure, struct error *error)
{
    struct answer answer = {.code = ""};
    bool sent = put(job, distribution, arn, &answer, error) == 0;
    if (sent && is_done(job, &answer, out))
        return 1;
    if (sent)
        error_set(error, FAULT_REMOTE,
                  "cannot associate the version: the answer is not understood");
    *unsure = sent || answer.uncertain;
    return *unsure || lambda_edge_is_code(answer.code, "PreconditionFailed") ? 0 : -1;
}

static int pause_before(const struct job *job, unsigned attempt, bool unsure, struct error *error)
{
    struct error stopped = {0};
    world_say(job->world, job->target->name, "%s",
              unsure ? "looking whether the distribution was changed"
                     : "the distribution has changed; reading it again");
    world_sleep(job->world, (int64_t)WAIT_MS << (attempt - 1));
    if (world_stopped(job->world, &stopped) == 0)
        return 0;
    *error = stopped;
    return -1;
}

/* After another change of the distribution ours goes on if nobody else has touched what it replaces
   (section 2). After a lost answer it is looked at once more: what was not done then was refused.
 */
static int associate(const struct job *job, const char *arn, struct deployment *out,
                     struct error *error)
{
    struct distribution distribution;
    const char *meant = NULL;
    bool unsure = false;
    for (unsigned attempt = 1;; attempt++) {
        struct error problem = {0};
        if (read_now(job, &distribution, &problem) != 0) {
            if (!unsure || problem.fault >= FAULT_INTERRUPTED)
                *error = problem;
            return -1;
        }
        const char *now = distribution.current ? distribution.current->arn : NULL;
        if (attempt == 1) {
            meant = now;
            out->previous = lambda_edge_version_of(job, distribution.current);
        }
        if (is_associated(job, distribution.current, arn)) {
            *error = problem;
            return find_url(job, out, error);
        }
        if (!text_equal(now, meant) && !out->overwrite)
            return overtaken(job, meant, now, error);
        if (unsure)
            return -1;
        int status = try_once(job, &distribution, arn, out, &unsure, error);
        if (status > 0)
            *error = problem;
        if (status != 0)
            return status > 0 ? 0 : -1;
        if (attempt == ATTEMPTS || pause_before(job, attempt, unsure, error) != 0)
            return -1;
    }
}

int lambda_edge_activate(const struct job *job, const struct artifact *artifact,
                         struct deployment *out, struct error *error)
{
    const char *arn;
    (void)artifact;
    out->percent = 100;
    out->resource = job_text(job, "function");
    if (find_arn(job, out->version, &arn, error) != 0)
        return -1;
    return associate(job, arn, out, error);
}
