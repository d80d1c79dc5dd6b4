/* Published versions of a function. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/sandbox_parts.h"

/* True when neither code nor configuration were sent since the version was made: whether they
   differ is not looked at (getmoto/moto#8379, 2024-12-07, whose tests were run against AWS). */
static bool is_same(const struct function *version, const struct function *latest)
{
    const char *source = json_find_string(version->document, "source", "");
    return strcmp(source, json_find_string(latest->configuration, "RevisionId", "?")) == 0;
}

/* The newest version that still is; false when there is none. */
static bool find_newest(struct call *call, const struct function *latest, struct function *out)
{
    for (json_int_t number = json_find_integer(latest->document, "last", 0); number > 0; number--)
        if (aws_load_function(call, latest->name, number, out) == 0)
            return true;
    return false;
}

static int check_wishes(struct call *call, const struct function *latest, const json_t *wishes)
{
    const char *wanted = json_find_string(wishes, "CodeSha256", NULL);
    const char *is = json_find_string(latest->configuration, "CodeSha256", "");
    if (!wanted || strcmp(wanted, is) == 0)
        return aws_check_settings(call, wishes);
    return aws_refuse(call, 400, "InvalidParameterValueException",
                      "CodeSHA256 (%s) is different from current CodeSHA256 in $LATEST (%s). "
                      "Please try again with the CodeSHA256 in $LATEST.",
                      wanted, is);
}

/* The version's document: a snapshot of $LATEST, Pending until it has been read once more. */
static json_t *snapshot(struct call *call, const struct function *latest, json_int_t number,
                        const json_t *wishes)
{
    json_t *configuration = json_deep_copy(latest->configuration);
    const char *problem = aws_start_problem(call, latest);
    json_object_set_new(configuration, "Version", json_sprintf("%lld", (long long)number));
    json_object_set_new(configuration, "FunctionArn",
                        json_string(aws_function_arn(call->arena, latest->name, number)));
    json_object_set_new(configuration, "RevisionId",
                        json_string(sandbox_uuid(call->sandbox, call->arena)));
    if (json_object_get(wishes, "Description"))
        json_object_set(configuration, "Description", json_object_get(wishes, "Description"));
    json_object_set_new(configuration, "State", json_string("Pending"));
    json_object_set_new(configuration, "StateReason",
                        json_string("The function is being created."));
    json_object_set_new(configuration, "StateReasonCode", json_string("Creating"));
    json_object_set_new(configuration, "LastUpdateStatus", json_string("Successful"));
    json_object_del(configuration, "LastUpdateStatusReason");
    json_object_del(configuration, "LastUpdateStatusReasonCode");
    return json_own(call->arena,
                    json_pack("{s:o, s:s, s:i, s:I, s:s*}", "configuration", configuration,
                              "source", json_find_string(latest->configuration, "RevisionId", ""),
                              "unsettled", 1, "since", (json_int_t)call->request->now, "problem",
                              problem));
}

/* Idempotent: what was not changed since is the same version (contract section 2). */
void aws_publish_version(struct call *call, struct function *latest, const json_t *wishes)
{
    struct function newest;
    struct bytes zip;
    struct arena *arena = call->arena;
    if (check_wishes(call, latest, wishes) != 0)
        return;
    if (find_newest(call, latest, &newest) && is_same(&newest, latest)) {
        aws_answer_json(call, 201, json_incref(newest.configuration));
        return;
    }
    json_int_t number = json_find_integer(latest->document, "last", 0) + 1;
    json_t *document = snapshot(call, latest, number, wishes);
    json_object_set_new(latest->document, "last", json_integer(number));
    if (sandbox_load_blob(call->sandbox, arena, aws_code_key(arena, latest->name, 0), &zip) != 0) {
        (void)aws_refuse(call, 500, "ServiceException", "the sandbox has lost the code");
        return;
    }
    if (aws_save(call, aws_function_key(arena, latest->name, 0), latest->document) == 0 &&
        aws_save_blob(call, aws_code_key(arena, latest->name, number), zip) == 0 &&
        aws_save(call, aws_function_key(arena, latest->name, number), document) == 0)
        aws_answer_json(call, 201, json_incref(json_object_get(document, "configuration")));
}

/* A query parameter that is a number; -1 when it is none. */
static json_int_t read_number(const struct call *call, const char *name, json_int_t fallback)
{
    const char *text = sandbox_query(call->request, name);
    json_int_t number = text ? aws_version_number(text) : fallback;
    return text && number == 0 ? -1 : number;
}

/* $LATEST first, then by number; a page has at most 50 (the marker is the next number). */
void aws_list_versions(struct call *call, const struct function *latest)
{
    enum { PAGE = 50 };
    json_int_t most = read_number(call, "MaxItems", PAGE);
    json_int_t next = read_number(call, "Marker", 0);
    json_int_t last = json_find_integer(latest->document, "last", 0);
    struct function version;
    if (most < 1 || next < 0) {
        (void)aws_refuse(call, 400, "InvalidParameterValueException", "Invalid Marker or MaxItems");
        return;
    }
    json_t *list = json_array(), *out = json_pack("{s:o}", "Versions", list);
    for (; next <= last && (json_int_t)json_array_size(list) < (most < PAGE ? most : PAGE); next++)
        if (aws_load_function(call, latest->name, next, &version) == 0)
            json_array_append(list, version.configuration);
    if (next <= last)
        json_object_set_new(out, "NextMarker", json_sprintf("%lld", (long long)next));
    aws_answer_json(call, 200, out);
}

static void answer_empty(struct call *call)
{
    aws_answer_json(call, 204, json_object());
    call->reply->body = (struct bytes){0};
}

/* Replicas of a version that a distribution names cannot be deleted (contract section 7); that they
   linger for hours after that is not played. */
void aws_delete_version(struct call *call, const struct function *function)
{
    const char *qualifier = sandbox_query(call->request, "Qualifier");
    if (qualifier && function->version == 0) {
        (void)aws_refuse(call, 400, "InvalidParameterValueException",
                         "$LATEST version cannot be deleted without deleting the function.");
        return;
    }
    if (aws_is_associated(call, function->name, function->version)) {
        json_int_t number = function->version ? function->version : 1;
        (void)aws_refuse(call, 400, "InvalidParameterValueException",
                         "Lambda was unable to delete %s because it is a replicated function. "
                         "Please see our documentation for Deleting Lambda@Edge Functions and "
                         "Replicas.",
                         aws_function_arn(call->arena, function->name, number));
        return;
    }
    sandbox_delete(call->sandbox, aws_function_key(call->arena, function->name, function->version));
    answer_empty(call);
}
