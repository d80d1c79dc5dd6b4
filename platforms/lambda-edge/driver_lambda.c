/* Bringing a version to Lambda: code, wait, configuration, wait, publish, wait (section 2). In
   another order a version would keep the configuration of the one before. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/digest/digest.h"
#include "platforms/lambda-edge/driver_parts.h"

enum {
    WAIT_MS = 1000,
    MOST_WAITS = 300, /* like the official clients' waiters */
    CONFLICT_TRIES = 5,
    ROLE_TRIES = 5,
    ROLE_WAIT_MS = 3000 /* until a role that was just made is known everywhere */
};

#define ARCHITECTURE "x86_64"

/* What is to be on the platform. */
struct wanted {
    const char *code_sha256, *handler, *description;
    struct bytes zip;
};

/* What is there, and what we did to it. */
struct present {
    json_t *configuration;
    bool has_new_code;
};

static char *function_path(const struct job *job, const char *below)
{
    return arena_printf(job->arena, "/2015-03-31/functions/%s%s",
                        http_escape(job->arena, job_text(job, "function")), below);
}

static const char *text(const json_t *object, const char *key)
{
    return json_find_string(object, key, "");
}

int lambda_edge_configuration(const struct job *job, const char *version, struct answer *out,
                              struct error *error)
{
    const char *query = version ? arena_printf(job->arena, "?Qualifier=%s", version) : "";
    struct ask ask = {
        .service = SERVICE_LAMBDA,
        .method = "GET",
        .path = function_path(job, arena_printf(job->arena, "/configuration%s", query)),
        .what = arena_printf(job->arena, "read the function '%s'", job_text(job, "function")),
        .right = "lambda:GetFunctionConfiguration",
        .may_lack = true};
    return lambda_edge_call(job, &ask, out, error);
}

static int failed(const struct job *job, const json_t *configuration, const char *reason,
                  struct error *error)
{
    const char *why = text(configuration, reason);
    return error_set(error, FAULT_REMOTE, "the function '%s' did not become ready: %s",
                     job_text(job, "function"),
                     why[0] ? text_safe(job->arena, why, strlen(why)) : "no reason is given");
}

/* 1: at rest; 0: not yet; -1: never. */
static int judge(const struct job *job, const json_t *configuration, struct error *error)
{
    if (strcmp(text(configuration, "State"), "Failed") == 0)
        return failed(job, configuration, "StateReason", error);
    if (strcmp(text(configuration, "LastUpdateStatus"), "Failed") == 0)
        return failed(job, configuration, "LastUpdateStatusReason", error);
    return strcmp(text(configuration, "State"), "Pending") != 0 &&
           strcmp(text(configuration, "LastUpdateStatus"), "InProgress") != 0;
}

/* Reads until nothing is under way; *configuration is what was known, and what is then. */
static int settle(const struct job *job, const char *version, json_t **configuration,
                  struct error *error)
{
    for (unsigned i = 0; i < MOST_WAITS; i++) {
        int rest = judge(job, *configuration, error);
        if (rest != 0)
            return rest > 0 ? 0 : -1;
        if (i == 0)
            world_say(job->world, job->target->name, "waiting for the function to be ready");
        world_sleep(job->world, WAIT_MS);
        struct answer answer;
        if (world_stopped(job->world, error) != 0 ||
            lambda_edge_configuration(job, version, &answer, error) != 0)
            return -1;
        if (answer.absent)
            return error_set(error, FAULT_REMOTE, "the function '%s' was deleted meanwhile",
                             job_text(job, "function"));
        *configuration = answer.json;
    }
    error_set(error, FAULT_REMOTE, "the function '%s' did not become ready within %d s",
              job_text(job, "function"), MOST_WAITS * WAIT_MS / 1000);
    return error_hint(error, "look at the function in the console, then publish again");
}

static bool is_conflict(const struct answer *answer)
{
    return strncmp(answer->code, "ResourceConflict", 16) == 0;
}

/* Only what ends us gets out: an error that was dealt with must not be taken for one. */
static int pass_on(const struct error *refusal, struct error *error)
{
    *error = *refusal;
    return -1;
}

/* Somebody else's change may be under way: it is waited for, a few times. */
static int call_when_free(const struct job *job, const struct ask *ask, json_t **configuration,
                          struct error *error)
{
    struct answer answer;
    struct error refusal = {0};
    for (unsigned i = 1; lambda_edge_call(job, ask, &answer, &refusal) != 0; i++) {
        if (!is_conflict(&answer) || i == CONFLICT_TRIES)
            return pass_on(&refusal, error);
        world_say(job->world, job->target->name, "another change of the function is under way");
        world_sleep(job->world, WAIT_MS);
        struct answer now;
        if (world_stopped(job->world, error) != 0 ||
            lambda_edge_configuration(job, NULL, &now, error) != 0 ||
            settle(job, NULL, &now.json, error) != 0)
            return -1;
    }
    *configuration = answer.json;
    return 0;
}

static json_t *creation(const struct job *job, const struct wanted *wanted, const char *zip)
{
    return json_own(job->arena,
                    json_pack("{s:s, s:s, s:s, s:s, s:{s:s}, s:s, s:I, s:I, s:b, s:s, s:[s]}",
                              "FunctionName", job_text(job, "function"), "Runtime",
                              job_text(job, "runtime"), "Role", job_text(job, "role"), "Handler",
                              wanted->handler, "Code", "ZipFile", zip, "Description",
                              wanted->description, "Timeout", job_integer(job, "timeout_s", 5),
                              "MemorySize", job_integer(job, "memory_mb", 128), "Publish", 0,
                              "PackageType", "Zip", "Architectures", ARCHITECTURE));
}

static int need_role(const struct job *job, struct error *error)
{
    error_set(error, FAULT_INPUT, "the function '%s' does not exist, and making it takes a 'role'",
              job_text(job, "function"));
    return error_hint(error, "set 'role' to the ARN of a role that lambda.amazonaws.com and "
                             "edgelambda.amazonaws.com may assume");
}

/* Also when an earlier try's answer was lost: then it is there now. */
static int create(const struct job *job, const struct wanted *wanted, json_t **configuration,
                  struct error *error)
{
    struct answer answer;
    struct error refusal = {0};
    if (!job_text(job, "role"))
        return need_role(job, error);
    struct ask ask = {
        .service = SERVICE_LAMBDA,
        .method = "POST",
        .path = "/2015-03-31/functions",
        .what = arena_printf(job->arena, "create the function '%s'", job_text(job, "function")),
        .right = "lambda:CreateFunction and iam:PassRole",
        .json = creation(job, wanted, digest_base64(job->arena, wanted->zip))};
    for (unsigned i = 1; lambda_edge_call(job, &ask, &answer, &refusal) != 0; i++) {
        if (is_conflict(&answer)) {
            if (lambda_edge_configuration(job, NULL, &answer, error) != 0)
                return -1;
            if (answer.absent)
                return pass_on(&refusal, error);
            break;
        }
        if (!strstr(answer.text, "cannot be assumed by Lambda") || i == ROLE_TRIES)
            return pass_on(&refusal, error);
        world_say(job->world, job->target->name,
                  "Lambda may not assume the role yet; trying again");
        world_sleep(job->world, ROLE_WAIT_MS);
        if (world_stopped(job->world, error) != 0)
            return -1;
    }
    *configuration = answer.json;
    return 0;
}

/* What CloudFront would refuse when the version is associated, after all has been uploaded
   (section 3): none of it comes from us, so the function was made by somebody else. */
static int check_restrictions(const struct job *job, const json_t *configuration,
                              struct error *error)
{
    const json_t *variables = json_find(configuration, "Environment.Variables");
    const struct {
        bool is_there;
        const char *what;
    } rows[] = {
        {json_object_size(variables) > 0, "environment variables"},
        {json_array_size(json_object_get(configuration, "Layers")) > 0, "layers"},
        {json_find_string(configuration, "VpcConfig.VpcId", "")[0] != '\0', "a VPC"},
        {json_find_string(configuration, "DeadLetterConfig.TargetArn", "")[0] != '\0',
         "a dead letter queue"},
        {strcmp(json_find_string(configuration, "TracingConfig.Mode", ""), "Active") == 0,
         "X-Ray tracing"},
        {json_find_integer(configuration, "EphemeralStorage.Size", 512) > 512,
         "more than 512 MB of /tmp"},
        {text(configuration, "KMSKeyArn")[0] != '\0', "a key of its own"},
        {strcmp(json_find_string(configuration, "PackageType", "Zip"), "Zip") != 0,
         "a container image"},
        {strcmp(json_find_string(configuration, "Architectures[0]", ARCHITECTURE), ARCHITECTURE) !=
             0,
         "another architecture than x86_64"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!rows[i].is_there)
            continue;
        error_set(error, FAULT_REMOTE, "the function '%s' has %s, which Lambda@Edge does not take",
                  job_text(job, "function"), rows[i].what);
        return error_hint(error, "change the function, or set 'function' to another name");
    }
    return 0;
}

static int update_code(const struct job *job, const struct wanted *wanted, struct present *present,
                       struct error *error)
{
    if (strcmp(text(present->configuration, "CodeSha256"), wanted->code_sha256) == 0)
        return 0;
    json_t *body =
        json_own(job->arena, json_pack("{s:s, s:[s], s:b, s:b}", "ZipFile",
                                       digest_base64(job->arena, wanted->zip), "Architectures",
                                       ARCHITECTURE, "Publish", 0, "DryRun", 0));
    struct ask ask = {.service = SERVICE_LAMBDA,
                      .method = "PUT",
                      .path = function_path(job, "/code"),
                      .what = "upload the code",
                      .right = "lambda:UpdateFunctionCode",
                      .json = body};
    if (call_when_free(job, &ask, &present->configuration, error) != 0)
        return -1;
    present->has_new_code = true;
    return settle(job, NULL, &present->configuration, error);
}

static bool is_configured(const struct job *job, const struct wanted *wanted,
                          const json_t *configuration)
{
    const char *role = job_text(job, "role");
    return strcmp(text(configuration, "Runtime"), job_text(job, "runtime")) == 0 &&
           strcmp(text(configuration, "Handler"), wanted->handler) == 0 &&
           json_find_integer(configuration, "Timeout", -1) == job_integer(job, "timeout_s", 5) &&
           json_find_integer(configuration, "MemorySize", -1) ==
               job_integer(job, "memory_mb", 128) &&
           (!role || strcmp(text(configuration, "Role"), role) == 0);
}

/* A version is made only when code or configuration differ from the last one's. What only the
   digest counts (the behavior, say) is neither, so the description stands in for it. */
static int update_configuration(const struct job *job, const struct wanted *wanted,
                                struct present *present, struct error *error)
{
    const char *description = text(present->configuration, "Description");
    bool is_described = present->has_new_code || strcmp(description, wanted->description) == 0;
    if (is_described && is_configured(job, wanted, present->configuration))
        return 0;
    json_t *body = json_own(
        job->arena, json_pack("{s:s, s:I, s:I, s:s, s:s}", "Handler", wanted->handler, "Timeout",
                              job_integer(job, "timeout_s", 5), "MemorySize",
                              job_integer(job, "memory_mb", 128), "Runtime",
                              job_text(job, "runtime"), "Description", wanted->description));
    if (job_text(job, "role"))
        json_object_set_new(body, "Role", json_string(job_text(job, "role")));
    struct ask ask = {.service = SERVICE_LAMBDA,
                      .method = "PUT",
                      .path = function_path(job, "/configuration"),
                      .what = "configure the function",
                      .right = "lambda:UpdateFunctionConfiguration and iam:PassRole",
                      .json = body};
    if (call_when_free(job, &ask, &present->configuration, error) != 0)
        return -1;
    return settle(job, NULL, &present->configuration, error);
}

/* Publishing again what has not changed gives the same version (section 2). */
static int publish_version(const struct job *job, const struct wanted *wanted,
                           struct deployment *out, struct error *error)
{
    json_t *body = json_own(job->arena, json_pack("{s:s, s:s}", "CodeSha256", wanted->code_sha256,
                                                  "Description", wanted->description));
    struct ask ask = {.service = SERVICE_LAMBDA,
                      .method = "POST",
                      .path = function_path(job, "/versions"),
                      .what = "publish a version",
                      .right = "lambda:PublishVersion",
                      .json = body};
    json_t *version;
    if (call_when_free(job, &ask, &version, error) != 0)
        return -1;
    const char *number = text(version, "Version");
    if (!lambda_edge_is_version(number))
        return error_set(error, FAULT_REMOTE, "cannot publish a version: the answer has no number");
    if (settle(job, number, &version, error) != 0)
        return -1;
    if (!is_configured(job, wanted, version) ||
        strcmp(text(version, "CodeSha256"), wanted->code_sha256) != 0) {
        error_set(error, FAULT_REMOTE, "version %s of the function '%s' is not what was uploaded",
                  number, job_text(job, "function"));
        return error_hint(error, "publish again when nobody else changes the function");
    }
    out->version = number;
    return 0;
}

static int bring(const struct job *job, const struct wanted *wanted, struct deployment *out,
                 struct error *error)
{
    struct answer answer;
    struct present present = {0};
    if (lambda_edge_configuration(job, NULL, &answer, error) != 0)
        return -1;
    present.configuration = answer.json;
    if (answer.absent && create(job, wanted, &present.configuration, error) != 0)
        return -1;
    if (check_restrictions(job, present.configuration, error) != 0 ||
        settle(job, NULL, &present.configuration, error) != 0 ||
        update_code(job, wanted, &present, error) != 0 ||
        update_configuration(job, wanted, &present, error) != 0)
        return -1;
    return publish_version(job, wanted, out, error);
}

/* What would keep the version from being associated is looked for first. */
int lambda_edge_upload(const struct job *job, const struct artifact *artifact,
                       struct deployment *out, struct error *error)
{
    struct distribution distribution;
    uint8_t digest[32];
    json_t *settings;
    if (lambda_edge_read_distribution(job, &distribution, error) != 0 ||
        lambda_edge_check_events(job, &distribution.behavior, error) != 0)
        return -1;
    if (json_read(job->arena, bytes_of(artifact->settings), "settings", FAULT_INPUT, &settings,
                  error) != 0)
        return -1;
    digest_sha256_raw(artifact->parts[0].body, digest);
    struct wanted wanted = {.code_sha256 =
                                digest_base64(job->arena, (struct bytes){digest, sizeof digest}),
                            .handler = text(settings, "handler"),
                            .zip = artifact->parts[0].body};
    wanted.description =
        lambda_edge_description(job->arena, artifact->sha256, job->commit, wanted.code_sha256);
    if (bring(job, &wanted, out, error) != 0)
        return -1;
    out->resource = job_text(job, "function");
    out->artifact_sha256 = artifact->sha256;
    out->commit = job->commit;
    return 0;
}
