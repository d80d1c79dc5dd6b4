/* Lambda's functions: create, code, configuration, read. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/digest/digest.h"
#include "platforms/lambda-edge/sandbox_parts.h"

/* The request's body may have base64 of 50 MB; the figure is from the platform's own error text,
   as quoted in the wild: inference. */
enum { REQUEST_LIMIT = 70167211 };

static int save(struct call *call, const struct function *function)
{
    return aws_save(call, aws_function_key(call->arena, function->name, function->version),
                    function->document);
}

static int refuse_unknown(struct call *call, const char *name, const char *qualifier)
{
    return aws_refuse(call, 404, "ResourceNotFoundException", "Function not found: %s%s%s",
                      aws_function_arn(call->arena, name, 0), qualifier ? ":" : "",
                      qualifier ? qualifier : "");
}

/* The function, or its version, that path and Qualifier name; -1 after a refusal. Aliases are not
   kept, so none is found. */
static int find_function(struct call *call, struct function *out)
{
    const char *name, *qualifier = sandbox_query(call->request, "Qualifier");
    if (aws_read_name(call, call->words[1], &name, &qualifier) != 0)
        return -1;
    bool is_latest = !qualifier || strcmp(qualifier, "$LATEST") == 0;
    json_int_t version = is_latest ? 0 : aws_version_number(qualifier);
    if ((!is_latest && version == 0) || aws_load_function(call, name, version, out) != 0)
        return refuse_unknown(call, name, is_latest ? NULL : qualifier);
    return 0;
}

/* The body as an object (NULL: none was sent); -1 after a refusal. */
static int read_body(struct call *call, json_t **out)
{
    struct error error;
    *out = json_own(call->arena, json_object());
    if (call->request->body.size > REQUEST_LIMIT)
        return aws_refuse(call, 413, "RequestTooLargeException",
                          "Request must be smaller than %d bytes for the operation", REQUEST_LIMIT);
    if (call->request->body.size == 0)
        return 0;
    if (json_read(call->arena, call->request->body, "body", FAULT_REMOTE, out, &error) != 0 ||
        !json_is_object(*out))
        return aws_refuse(call, 400, "SerializationException", "Could not parse request body");
    return 0;
}

static int read_zip(struct call *call, const json_t *holder, struct bytes *out)
{
    const char *text = json_find_string(holder, "ZipFile", NULL);
    if (!text)
        return aws_refuse(call, 400, "InvalidParameterValueException",
                          "Please provide a source for function code.");
    if (digest_base64_decode(call->arena, text, out) != 0)
        return aws_refuse(call, 400, "SerializationException", "Blob values must be valid base64");
    return aws_check_zip(call, *out);
}

static const char *code_sha256(struct arena *arena, struct bytes zip)
{
    uint8_t digest[32];
    digest_sha256_raw(zip, digest);
    return digest_base64(arena, (struct bytes){digest, sizeof digest});
}

static void set_code(struct call *call, json_t *configuration, struct bytes zip)
{
    json_object_set_new(configuration, "CodeSize", json_integer((json_int_t)zip.size));
    json_object_set_new(configuration, "CodeSha256", json_string(code_sha256(call->arena, zip)));
}

static void touch(struct call *call, json_t *configuration)
{
    json_object_set_new(configuration, "LastModified", json_string(aws_time(call, "+0000")));
    json_object_set_new(configuration, "RevisionId",
                        json_string(sandbox_uuid(call->sandbox, call->arena)));
}

/* A write has begun: InProgress until it has been read once more (contract section 2). */
static void set_in_progress(struct call *call, json_t *document, json_t *configuration)
{
    json_object_set_new(configuration, "LastUpdateStatus", json_string("InProgress"));
    json_object_set_new(configuration, "LastUpdateStatusReason",
                        json_string("The function is being updated."));
    json_object_set_new(document, "unsettled", json_integer(1));
    json_object_set_new(document, "since", json_integer(call->request->now));
}

/* One read: what is under way comes to rest behind it. */
static int find_for_reading(struct call *call, struct function *out)
{
    if (find_function(call, out) != 0)
        return -1;
    if (aws_is_settled(out))
        return 0;
    if (aws_settles(out->document))
        aws_settle(out);
    return save(call, out);
}

/* $LATEST, ready for a write; `body` may hold a RevisionId. -1 after a refusal. */
static int find_for_writing(struct call *call, const json_t *body, struct function *out)
{
    const char *revision = json_find_string(body, "RevisionId", NULL);
    if (find_function(call, out) != 0)
        return -1;
    const char *arn = aws_function_arn(call->arena, out->name, 0);
    if (out->version != 0)
        return aws_refuse(call, 400, "InvalidParameterValueException",
                          "Only $LATEST can be changed; %s is a published version", arn);
    if (revision && strcmp(revision, json_find_string(out->configuration, "RevisionId", "")) != 0)
        return aws_refuse(call, 412, "PreconditionFailedException",
                          "The Revision Id provided does not match the latest Revision Id. Call "
                          "the GetFunction/GetAlias API to retrieve the latest Revision Id");
    if (strcmp(json_find_string(out->configuration, "State", ""), "Pending") == 0)
        return aws_refuse(call, 409, "ResourceConflictException",
                          "The operation cannot be performed at this time. The function is "
                          "currently in the following state: Pending");
    if (!aws_is_settled(out))
        return aws_refuse(call, 409, "ResourceConflictException",
                          "The operation cannot be performed at this time. An update is in "
                          "progress for resource: %s",
                          arn);
    return 0;
}

static json_t *new_configuration(struct call *call, const char *name)
{
    const char *group = arena_printf(call->arena, "/aws/lambda/%s", name);
    return json_pack(
        "{s:s, s:s, s:n, s:n, s:n, s:i, s:s, s:i, s:i, s:s, s:s, s:s, s:{s:s}, s:s, s:s, s:s, s:s, "
        "s:s, s:s, s:[s], s:{s:i}, s:{s:s, s:s}, s:{s:s}, s:{s:s, s:s}}",
        "FunctionName", name, "FunctionArn", aws_function_arn(call->arena, name, 0), "Runtime",
        "Role", "Handler", "CodeSize", 0, "Description", "", "Timeout", 3, "MemorySize", 128,
        "LastModified", "", "CodeSha256", "", "Version", "$LATEST", "TracingConfig", "Mode",
        "PassThrough", "RevisionId", "", "State", "Pending", "StateReason",
        "The function is being created.", "StateReasonCode", "Creating", "LastUpdateStatus",
        "Successful", "PackageType", "Zip", "Architectures", "x86_64", "EphemeralStorage", "Size",
        512, "SnapStart", "ApplyOn", "None", "OptimizationStatus", "Off", "RuntimeVersionConfig",
        "RuntimeVersionArn", "arn:aws:lambda:us-east-1::runtime:sandbox", "LoggingConfig",
        "LogFormat", "Text", "LogGroup", group);
}

static int check_new(struct call *call, const json_t *body, const char *name)
{
    struct function existing;
    if (aws_load_function(call, name, 0, &existing) == 0)
        return aws_refuse(call, 409, "ResourceConflictException", "Function already exist: %s",
                          name);
    if (strcmp(json_find_string(body, "PackageType", "Zip"), "Zip") != 0)
        return aws_refuse(call, 400, "InvalidParameterValueException",
                          "the sandbox takes PackageType Zip only");
    if (!json_find_string(body, "Runtime", NULL) || !json_find_string(body, "Handler", NULL))
        return aws_refuse(call, 400, "InvalidParameterValueException",
                          "Runtime and Handler are mandatory parameters for functions created with "
                          "deployment packages.");
    if (!json_find_string(body, "Role", NULL))
        return aws_refuse(call, 400, "ValidationException",
                          "1 validation error detected: Value null at 'role' failed to satisfy "
                          "constraint: Member must not be null");
    return aws_check_settings(call, body);
}

static void create(struct call *call)
{
    json_t *body;
    const char *name = NULL, *qualifier = NULL;
    struct bytes zip;
    if (read_body(call, &body) != 0 ||
        aws_read_name(call, json_find_string(body, "FunctionName", ""), &name, &qualifier) != 0 ||
        check_new(call, body, name) != 0 ||
        read_zip(call, json_object_get(body, "Code"), &zip) != 0)
        return;
    json_t *configuration = json_own(call->arena, new_configuration(call, name));
    aws_apply_settings(call->arena, body, configuration);
    set_code(call, configuration, zip);
    touch(call, configuration);
    json_t *tags = json_object_get(body, "Tags");
    struct function function = {
        name, 0,
        json_own(call->arena,
                 json_pack("{s:O, s:i, s:I, s:i, s:o}", "configuration", configuration, "unsettled",
                           1, "since", (json_int_t)call->request->now, "last", 0, "tags",
                           tags ? json_incref(tags) : json_object())),
        configuration};
    if (aws_save_blob(call, aws_code_key(call->arena, name, 0), zip) != 0 ||
        save(call, &function) != 0)
        return;
    if (json_find_bool(body, "Publish", false))
        aws_publish_version(call, &function, json_own(call->arena, json_object()));
    else
        aws_answer_json(call, 201, json_incref(configuration));
}

static void update_code(struct call *call)
{
    json_t *body;
    struct function function;
    struct bytes zip;
    if (read_body(call, &body) != 0 || find_for_writing(call, body, &function) != 0 ||
        read_zip(call, body, &zip) != 0 || aws_check_settings(call, body) != 0 ||
        aws_check_runtime(call, json_find_string(function.configuration, "Runtime", "")) != 0)
        return;
    json_t *configuration = function.configuration;
    set_code(call, configuration, zip);
    aws_apply_settings(call->arena, body, configuration);
    if (json_find_bool(body, "DryRun", false)) {
        aws_answer_json(call, 200, json_incref(configuration));
        return;
    }
    touch(call, configuration);
    set_in_progress(call, function.document, configuration);
    if (aws_save_blob(call, aws_code_key(call->arena, function.name, 0), zip) != 0 ||
        save(call, &function) != 0)
        return;
    if (json_find_bool(body, "Publish", false))
        aws_publish_version(call, &function, json_own(call->arena, json_object()));
    else
        aws_answer_json(call, 200, json_incref(configuration));
}

static void update_configuration(struct call *call)
{
    json_t *body;
    struct function function;
    if (read_body(call, &body) != 0 || find_for_writing(call, body, &function) != 0 ||
        aws_check_settings(call, body) != 0)
        return;
    aws_apply_settings(call->arena, body, function.configuration);
    touch(call, function.configuration);
    set_in_progress(call, function.document, function.configuration);
    if (save(call, &function) == 0)
        aws_answer_json(call, 200, json_incref(function.configuration));
}

static void get_configuration(struct call *call)
{
    struct function function;
    if (find_for_reading(call, &function) == 0)
        aws_answer_json(call, 200, json_incref(function.configuration));
}

static void get_function(struct call *call)
{
    struct function function, latest;
    if (find_for_reading(call, &function) != 0 ||
        aws_load_function(call, function.name, 0, &latest) != 0)
        return;
    aws_answer_json(call, 200,
                    json_pack("{s:O, s:{s:s, s:s}, s:O*}", "Configuration", function.configuration,
                              "Code", "RepositoryType", "S3", "Location",
                              "https://awslambda-us-east-1-tasks.s3.us-east-1.amazonaws.com/"
                              "snapshots/sandbox",
                              "Tags", json_object_get(latest.document, "tags")));
}

static void publish(struct call *call)
{
    json_t *body;
    struct function function;
    if (read_body(call, &body) == 0 && find_for_writing(call, body, &function) == 0)
        aws_publish_version(call, &function, body);
}

static void list_versions(struct call *call)
{
    struct function function;
    if (find_function(call, &function) == 0)
        aws_list_versions(call, &function);
}

static void delete_function(struct call *call)
{
    struct function function;
    if (find_function(call, &function) == 0)
        aws_delete_version(call, &function);
}

void aws_lambda(struct call *call)
{
    static const struct {
        const char *method, *last; /* behind functions/NAME; NULL: functions itself */
        void (*answer)(struct call *);
    } routes[] = {{"POST", NULL, create},
                  {"GET", "", get_function},
                  {"DELETE", "", delete_function},
                  {"GET", "configuration", get_configuration},
                  {"PUT", "configuration", update_configuration},
                  {"PUT", "code", update_code},
                  {"POST", "versions", publish},
                  {"GET", "versions", list_versions}};
    const char *last = call->word_count == 2 ? "" : call->word_count == 3 ? call->words[2] : NULL;
    bool is_known =
        call->word_count >= 1 && call->word_count <= 3 && strcmp(call->words[0], "functions") == 0;
    for (size_t i = 0; is_known && i < sizeof routes / sizeof *routes; i++) {
        bool same =
            last && routes[i].last ? strcmp(last, routes[i].last) == 0 : !last && !routes[i].last;
        if (same && strcmp(call->request->method, routes[i].method) == 0) {
            routes[i].answer(call);
            return;
        }
    }
    (void)aws_refuse(call, 404, "UnknownOperationException",
                     "the sandbox does not know this operation of Lambda");
}
