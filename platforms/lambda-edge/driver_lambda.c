/* Bringing a version to Lambda: code, wait, configuration, wait, publish, wait (section 2). In
   another order a version would keep the configuration of the one before. Each change is good for
   just the revision of $LATEST that was read, so that nobody's change in between is lost. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "platforms/lambda-edge/driver_parts.h"

enum {
    WAIT_MS = 1000,
    CONFLICT_TRIES = 5,
    ROLE_TRIES = 5,
    ROLE_WAIT_MS = 3000 /* until a role that was just made is known everywhere */
};

/* What is there, and what we did to it. */
struct present {
    json_t *configuration;
    bool is_new, has_new_code, has_new_settings;
    bool is_unsure; /* a change was sent, and what became of it cannot be seen */
};

typedef bool (*done_fn)(const struct job *, const struct wanted *, const json_t *configuration);

static const char *text(const json_t *object, const char *key)
{
    return json_find_string(object, key, "");
}

static bool is_conflict(const struct answer *answer)
{
    return lambda_edge_is_code(answer->code, "ResourceConflict");
}

static bool is_overtaken(const struct answer *answer)
{
    return lambda_edge_is_code(answer->code, "PreconditionFailed");
}

/* Only what ends us gets out: an error that was dealt with must not be taken for one. */
static int pass_on(const struct error *refusal, struct error *error)
{
    *error = *refusal;
    return -1;
}

static int overtaken(const struct job *job, struct error *error)
{
    error_set(error, FAULT_REMOTE, "somebody else has changed the function '%s' in between",
              job_text(job, "function"));
    return error_hint(error, "publish again when nobody else does: that starts from what is there");
}

/* Sends, and checks what the answer says of the function. */
static int call(const struct job *job, const struct ask *ask, struct answer *answer,
                struct error *error)
{
    if (lambda_edge_call(job, ask, answer, error) != 0)
        return -1;
    if (lambda_edge_check_shape(answer->json, ask->what, error) == 0)
        return 0;
    answer->uncertain = true;
    return -1;
}

/* What is there after a refusal, which is what is told when that can't be read either. */
static int read_again(const struct job *job, struct present *present, const struct error *refusal,
                      struct error *error)
{
    struct answer answer;
    struct error ignored = {0};
    if (world_stopped(job->world, error) != 0)
        return -1;
    if (lambda_edge_configuration(job, NULL, &answer, &ignored) != 0 || answer.absent)
        return pass_on(refusal, error);
    present->configuration = answer.json;
    return lambda_edge_settle(job, NULL, &present->configuration, error);
}

/* Waits out somebody else's change, a few times. When our own first try is what stands in the way
   (its answer was lost), what is there is as wanted. */
static int change(const struct job *job, const struct wanted *wanted, struct ask *ask,
                  done_fn is_done, struct present *present, struct error *error)
{
    const char *revision = json_find_string(present->configuration, "RevisionId", NULL);
    if (revision)
        json_object_set_new(ask->json, "RevisionId", json_string(revision));
    struct answer answer;
    struct error refusal = {0};
    for (unsigned i = 1; call(job, ask, &answer, &refusal) != 0; i++) {
        bool busy = is_conflict(&answer), changed = is_overtaken(&answer);
        if (!busy && !changed && !answer.uncertain)
            return pass_on(&refusal, error);
        if (busy) {
            world_say(job->world, job->target->name, "another change of the function is under way");
            world_sleep(job->world, WAIT_MS);
        }
        if (read_again(job, present, &refusal, error) != 0) {
            present->is_unsure = answer.uncertain;
            return -1;
        }
        if (is_done(job, wanted, present->configuration))
            return 0;
        if (changed)
            return overtaken(job, error);
        if (!busy || i == CONFLICT_TRIES)
            return pass_on(&refusal, error);
    }
    present->configuration = answer.json;
    if (lambda_edge_settle(job, NULL, &present->configuration, error) != 0)
        return -1;
    return is_done(job, wanted, present->configuration) ? 0 : overtaken(job, error);
}

static bool has_code(const struct job *job, const struct wanted *wanted,
                     const json_t *configuration)
{
    (void)job;
    return strcmp(text(configuration, "CodeSha256"), wanted->code_sha256) == 0;
}

bool lambda_edge_is_configured(const struct job *job, const struct wanted *wanted,
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

static bool is_described(const struct job *job, const struct wanted *wanted,
                         const json_t *configuration)
{
    return lambda_edge_is_configured(job, wanted, configuration) &&
           strcmp(text(configuration, "Description"), wanted->description) == 0;
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

/* After a refusal, or none that can be read: is it there, and with our code? Of another's, made at
   the same moment, nothing is touched. */
static int adopt(const struct job *job, const struct wanted *wanted, struct present *present,
                 const struct error *refusal, struct error *error)
{
    if (read_again(job, present, refusal, error) != 0)
        return -1;
    return has_code(job, wanted, present->configuration) ? 0 : overtaken(job, error);
}

static int create(const struct job *job, const struct wanted *wanted, struct present *present,
                  struct error *error)
{
    struct answer answer;
    struct error refusal = {0};
    if (!job_text(job, "role"))
        return need_role(job, error);
    if (lambda_edge_check_role(job, job_text(job, "role"), error) != 0)
        return -1;
    struct ask ask = {
        .service = SERVICE_LAMBDA,
        .method = "POST",
        .path = "/2015-03-31/functions",
        .what = arena_printf(job->arena, "create the function '%s'", job_text(job, "function")),
        .right = "lambda:CreateFunction and iam:PassRole",
        .json = creation(job, wanted, digest_base64(job->arena, wanted->zip))};
    for (unsigned i = 1; call(job, &ask, &answer, &refusal) != 0; i++) {
        if (is_conflict(&answer) || answer.uncertain) {
            present->is_unsure = answer.uncertain;
            return adopt(job, wanted, present, &refusal, error);
        }
        if (!strstr(answer.text, "cannot be assumed by Lambda") || i == ROLE_TRIES)
            return pass_on(&refusal, error);
        world_say(job->world, job->target->name,
                  "Lambda may not assume the role yet; trying again");
        world_sleep(job->world, ROLE_WAIT_MS);
        if (world_stopped(job->world, error) != 0)
            return -1;
    }
    present->is_new = true;
    present->configuration = answer.json;
    return lambda_edge_settle(job, NULL, &present->configuration, error);
}

static int update_code(const struct job *job, const struct wanted *wanted, struct present *present,
                       struct error *error)
{
    if (has_code(job, wanted, present->configuration))
        return 0;
    json_t *body =
        json_own(job->arena, json_pack("{s:s, s:[s], s:b, s:b}", "ZipFile",
                                       digest_base64(job->arena, wanted->zip), "Architectures",
                                       ARCHITECTURE, "Publish", 0, "DryRun", 0));
    struct ask ask = {.service = SERVICE_LAMBDA,
                      .method = "PUT",
                      .path = lambda_edge_function_path(job, "/code"),
                      .what = "upload the code",
                      .right = "lambda:UpdateFunctionCode",
                      .json = body};
    int status = change(job, wanted, &ask, has_code, present, error);
    present->has_new_code = has_code(job, wanted, present->configuration);
    return status;
}

static int update_configuration(const struct job *job, const struct wanted *wanted,
                                struct present *present, struct error *error)
{
    const char *role = job_text(job, "role");
    if (role && strcmp(text(present->configuration, "Role"), role) != 0 &&
        lambda_edge_check_role(job, role, error) != 0)
        return -1;
    json_t *body = json_own(
        job->arena, json_pack("{s:s, s:I, s:I, s:s, s:s}", "Handler", wanted->handler, "Timeout",
                              job_integer(job, "timeout_s", 5), "MemorySize",
                              job_integer(job, "memory_mb", 128), "Runtime",
                              job_text(job, "runtime"), "Description", wanted->description));
    if (role)
        json_object_set_new(body, "Role", json_string(role));
    struct ask ask = {.service = SERVICE_LAMBDA,
                      .method = "PUT",
                      .path = lambda_edge_function_path(job, "/configuration"),
                      .what = "configure the function",
                      .right = "lambda:UpdateFunctionConfiguration and iam:PassRole",
                      .json = body};
    int status = change(job, wanted, &ask, is_described, present, error);
    present->has_new_settings = is_described(job, wanted, present->configuration);
    return status;
}

/* One request to publish, again when that is sure to be the same: unchanged code and configuration
   give the same version (section 2). */
static int publish_latest(const struct job *job, const struct wanted *wanted,
                          struct present *present, json_t **version, struct error *error)
{
    struct ask ask = {.service = SERVICE_LAMBDA,
                      .method = "POST",
                      .path = lambda_edge_function_path(job, "/versions"),
                      .what = "publish a version",
                      .right = "lambda:PublishVersion"};
    struct answer answer;
    struct error refusal = {0};
    for (unsigned i = 1;; i++) {
        ask.json = json_own(
            job->arena, json_pack("{s:s, s:s, s:s*}", "CodeSha256", wanted->code_sha256,
                                  "Description", wanted->description, "RevisionId",
                                  json_find_string(present->configuration, "RevisionId", NULL)));
        if (call(job, &ask, &answer, &refusal) == 0)
            break;
        bool busy = is_conflict(&answer);
        if ((!busy && !is_overtaken(&answer) && !answer.uncertain) || i == CONFLICT_TRIES)
            return pass_on(&refusal, error);
        if (busy) {
            world_say(job->world, job->target->name, "another change of the function is under way");
            world_sleep(job->world, WAIT_MS);
        }
        if (read_again(job, present, &refusal, error) != 0)
            return -1;
        if (!has_code(job, wanted, present->configuration) ||
            !lambda_edge_is_configured(job, wanted, present->configuration))
            return overtaken(job, error);
    }
    *version = answer.json;
    if (lambda_edge_is_version(text(*version, "Version")))
        return lambda_edge_settle(job, text(*version, "Version"), version, error);
    return error_set(error, FAULT_REMOTE, "cannot publish a version: the answer has no number");
}

/* Where only the digest counts what has changed (the behavior, say), or the commit, the platform
   answers with the version before, whose description is another: $LATEST then gets ours, which
   makes it differ. Describing it first would make a second version after a run that was cut off. */
static int publish_version(const struct job *job, const struct wanted *wanted,
                           struct present *present, json_t **version, struct error *error)
{
    struct answer answer;
    if (publish_latest(job, wanted, present, version, error) != 0)
        return -1;
    if (strcmp(text(*version, "Description"), wanted->description) != 0) {
        if (lambda_edge_configuration(job, NULL, &answer, error) != 0)
            return -1;
        if (answer.absent)
            return overtaken(job, error);
        present->configuration = answer.json;
        if (update_configuration(job, wanted, present, error) != 0 ||
            publish_latest(job, wanted, present, version, error) != 0)
            return -1;
    }
    if (is_described(job, wanted, *version) && has_code(job, wanted, *version))
        return 0;
    error_set(error, FAULT_REMOTE, "version %s of the function '%s' is not what was uploaded",
              text(*version, "Version"), job_text(job, "function"));
    return error_hint(error, "publish again when nobody else changes the function");
}

/* What our changes leave behind when no version comes of them. */
static int tell_left(const struct job *job, const struct present *present, struct error *error)
{
    const char *what = present->is_unsure          ? "may have been changed"
                       : present->is_new           ? "was made"
                       : present->has_new_code     ? "has the new code"
                       : present->has_new_settings ? "has the new configuration"
                                                   : NULL;
    if (!what || error->fault >= FAULT_INTERRUPTED)
        return -1;
    return error_prefix(error, "the function '%s' %s, but no version was published",
                        job_text(job, "function"), what);
}

static int bring(const struct job *job, const struct wanted *wanted, struct present *present,
                 json_t **version, struct error *error)
{
    struct answer answer;
    if (lambda_edge_configuration(job, NULL, &answer, error) != 0)
        return -1;
    present->configuration = answer.json;
    if (answer.absent && create(job, wanted, present, error) != 0)
        return -1;
    if (lambda_edge_check_restrictions(job, present->configuration, error) != 0 ||
        lambda_edge_settle(job, NULL, &present->configuration, error) != 0 ||
        update_code(job, wanted, present, error) != 0)
        return -1;
    if (!lambda_edge_is_configured(job, wanted, present->configuration) &&
        update_configuration(job, wanted, present, error) != 0)
        return -1;
    return publish_version(job, wanted, present, version, error);
}

int lambda_edge_wanted(const struct job *job, const struct artifact *artifact, struct wanted *out,
                       struct error *error)
{
    uint8_t digest[32];
    json_t *settings;
    if (json_read(job->arena, bytes_of(artifact->settings), "settings", FAULT_INPUT, &settings,
                  error) != 0)
        return -1;
    digest_sha256_raw(artifact->parts[0].body, digest);
    *out = (struct wanted){.code_sha256 =
                               digest_base64(job->arena, (struct bytes){digest, sizeof digest}),
                           .handler = text(settings, "handler"),
                           .zip = artifact->parts[0].body};
    out->description =
        lambda_edge_description(job->arena, artifact->sha256, job->commit, out->code_sha256);
    return 0;
}

/* What would keep the version from being associated is looked for first. */
int lambda_edge_upload(const struct job *job, const struct artifact *artifact,
                       struct deployment *out, struct error *error)
{
    struct memory *memory = lambda_edge_memory(job);
    struct distribution distribution;
    struct wanted wanted;
    struct present present = {0};
    json_t *version;
    if (!memory->fits && (lambda_edge_read_distribution(job, &distribution, error) != 0 ||
                          lambda_edge_check_events(job, &distribution.behavior, error) != 0))
        return -1;
    if (lambda_edge_wanted(job, artifact, &wanted, error) != 0)
        return -1;
    if (bring(job, &wanted, &present, &version, error) != 0)
        return tell_left(job, &present, error);
    out->version = text(version, "Version");
    out->resource = job_text(job, "function");
    out->artifact_sha256 = artifact->sha256;
    out->commit = job->commit;
    memory->version = out->version;
    memory->arn = text(version, "FunctionArn");
    return 0;
}
