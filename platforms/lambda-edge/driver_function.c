/* What Lambda says of the function and its versions: read, checked, waited for. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

enum {
    WAIT_MS = 1000,
    MOST_WAITS = 300 /* like the official clients' waiters */
};

char *lambda_edge_function_path(const struct job *job, const char *below)
{
    return arena_printf(job->arena, "/2015-03-31/functions/%s%s",
                        http_escape(job->arena, job_text(job, "function")), below);
}

/* FunctionConfiguration of the service's model, as far as we rely on it. */
static const struct {
    const char *key;
    json_type type;
    bool required;
} shape[] = {
    {"FunctionArn", JSON_STRING, true},       {"CodeSha256", JSON_STRING, true},
    {"Version", JSON_STRING, true},           {"Description", JSON_STRING, false},
    {"Runtime", JSON_STRING, false},          {"Role", JSON_STRING, false},
    {"Handler", JSON_STRING, false},          {"Timeout", JSON_INTEGER, true},
    {"MemorySize", JSON_INTEGER, true},       {"State", JSON_STRING, false},
    {"StateReason", JSON_STRING, false},      {"LastUpdateStatus", JSON_STRING, false},
    {"RevisionId", JSON_STRING, false},       {"LastUpdateStatusReason", JSON_STRING, false},
    {"PackageType", JSON_STRING, false},      {"Environment", JSON_OBJECT, false},
    {"VpcConfig", JSON_OBJECT, false},        {"DeadLetterConfig", JSON_OBJECT, false},
    {"TracingConfig", JSON_OBJECT, false},    {"Layers", JSON_ARRAY, false},
    {"Architectures", JSON_ARRAY, false},     {"KMSKeyArn", JSON_STRING, false},
    {"EphemeralStorage", JSON_OBJECT, false},
};

/* What lacks must not be taken for "not as wanted", or we would change what is right. */
int lambda_edge_check_shape(const json_t *configuration, const char *what, struct error *error)
{
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        const json_t *value = json_object_get(configuration, shape[i].key);
        if (json_is_null(value))
            value = NULL;
        if (value ? json_typeof(value) == shape[i].type : !shape[i].required)
            continue;
        error_set(error, FAULT_REMOTE, "cannot %s: the answer is not understood: '%s' %s", what,
                  shape[i].key, value ? "is of another type" : "is missing");
        return error_hint(error, "try again later; check the endpoint if a variable changes it");
    }
    return 0;
}

int lambda_edge_configuration(const struct job *job, const char *version, struct answer *out,
                              struct error *error)
{
    const char *function = job_text(job, "function");
    const char *query = version ? arena_printf(job->arena, "?Qualifier=%s", version) : "";
    struct ask ask = {
        .service = SERVICE_LAMBDA,
        .method = "GET",
        .path = lambda_edge_function_path(job, arena_printf(job->arena, "/configuration%s", query)),
        .what = version ? arena_printf(job->arena, "read version %s of '%s'", version, function)
                        : arena_printf(job->arena, "read the function '%s'", function),
        .right = "lambda:GetFunctionConfiguration",
        .may_lack = true};
    if (lambda_edge_call(job, &ask, out, error) != 0)
        return -1;
    if (out->absent)
        return 0;
    if (lambda_edge_check_shape(out->json, ask.what, error) != 0)
        return -1;
    const char *number = json_find_string(out->json, "Version", "");
    if (!version || strcmp(number, version) == 0)
        return 0;
    return error_set(error, FAULT_REMOTE, "cannot %s: the answer is of version '%s'", ask.what,
                     lambda_edge_safe(job->arena, number));
}

static int failed(const struct job *job, const json_t *configuration, const char *reason,
                  struct error *error)
{
    const char *why = json_find_string(configuration, reason, "");
    return error_set(error, FAULT_REMOTE, "the function '%s' did not become ready: %s",
                     job_text(job, "function"),
                     why[0] ? lambda_edge_safe(job->arena, why) : "no reason is given");
}

/* 1: at rest; 0: not yet; -1: never. */
static int judge(const struct job *job, const json_t *configuration, struct error *error)
{
    const char *state = json_find_string(configuration, "State", "");
    const char *update = json_find_string(configuration, "LastUpdateStatus", "");
    if (strcmp(state, "Failed") == 0 || strcmp(state, "Deleting") == 0)
        return failed(job, configuration, "StateReason", error);
    if (strcmp(update, "Failed") == 0)
        return failed(job, configuration, "LastUpdateStatusReason", error);
    return strcmp(state, "Pending") != 0 && strcmp(update, "InProgress") != 0;
}

int lambda_edge_settle(const struct job *job, const char *version, json_t **configuration,
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

/* What CloudFront would refuse when the version is associated, after all has been uploaded
   (sections 3 and 4). None of it comes from us: it was set elsewhere. */
int lambda_edge_check_restrictions(const struct job *job, const json_t *configuration,
                                   struct error *error)
{
    const json_t *variables = json_find(configuration, "Environment.Variables");
    const char *runtime = json_find_string(configuration, "Runtime", "nodejs");
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
        {json_find_string(configuration, "KMSKeyArn", "")[0] != '\0', "a key of its own"},
        {strcmp(json_find_string(configuration, "PackageType", "Zip"), "Zip") != 0,
         "a container image"},
        {strcmp(json_find_string(configuration, "Architectures[0]", ARCHITECTURE), ARCHITECTURE) !=
             0,
         "another architecture than x86_64"},
        {strncmp(runtime, "nodejs", 6) != 0 && strncmp(runtime, "python", 6) != 0,
         "a runtime other than Node.js and Python"},
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
