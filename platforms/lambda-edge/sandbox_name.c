/* Names of functions and versions, and where their state lies. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/sandbox_parts.h"

char *aws_function_key(struct arena *arena, const char *name, json_int_t version)
{
    if (version == 0)
        return arena_printf(arena, "lambda-edge/functions/%s", name);
    return arena_printf(arena, "lambda-edge/functions/%s/versions/%lld", name, (long long)version);
}

char *aws_code_key(struct arena *arena, const char *name, json_int_t version)
{
    return arena_printf(arena, "%s/code", aws_function_key(arena, name, version));
}

const char *aws_function_arn(struct arena *arena, const char *name, json_int_t version)
{
    static const char start[] = "arn:aws:lambda:" AWS_REGION ":" AWS_ACCOUNT ":function:";
    if (version == 0)
        return arena_printf(arena, "%s%s", start, name);
    return arena_printf(arena, "%s%s:%lld", start, name, (long long)version);
}

void aws_settle(const struct function *function)
{
    json_t *configuration = function->configuration;
    const char *problem = json_find_string(function->document, "problem", NULL);
    json_object_del(configuration, "StateReason");
    json_object_del(configuration, "StateReasonCode");
    json_object_del(configuration, "LastUpdateStatusReason");
    json_object_del(configuration, "LastUpdateStatusReasonCode");
    json_object_set_new(configuration, "State", json_string(problem ? "Failed" : "Active"));
    json_object_set_new(configuration, "LastUpdateStatus", json_string("Successful"));
    if (problem) {
        json_object_set_new(configuration, "StateReason", json_string(problem));
        json_object_set_new(configuration, "StateReasonCode",
                            json_string("FunctionError.RuntimeInitError"));
    }
}

bool aws_is_settled(const struct function *function)
{
    return strcmp(json_find_string(function->configuration, "State", ""), "Pending") != 0 &&
           strcmp(json_find_string(function->configuration, "LastUpdateStatus", ""),
                  "InProgress") != 0;
}

int aws_load_function(struct call *call, const char *name, json_int_t version, struct function *out)
{
    enum { SETTLING_MS = 15000 };
    json_t *document =
        sandbox_load(call->sandbox, call->arena, aws_function_key(call->arena, name, version));
    *out = (struct function){name, version, document, json_object_get(document, "configuration")};
    if (!out->configuration)
        return -1;
    json_int_t since = json_find_integer(out->document, "since", 0);
    if (!aws_is_settled(out) && call->request->now - since >= SETTLING_MS)
        aws_settle(out);
    return 0;
}

json_int_t aws_version_number(const char *text)
{
    size_t size = strspn(text, "0123456789");
    json_int_t number = 0;
    if (size == 0 || size > 9 || text[size] || text[0] == '0')
        return 0;
    for (size_t i = 0; i < size; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

static bool is_name(const char *name)
{
    size_t size = strlen(name);
    return size > 0 && size <= 64 &&
           strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == size;
}

int aws_read_name(struct call *call, const char *text, const char **name, const char **qualifier)
{
    const char *marker = strstr(text, "function:");
    char *copy = arena_strdup(call->arena, marker ? marker + strlen("function:") : text);
    char *colon = strchr(copy, ':');
    if (colon) {
        *colon = '\0';
        *qualifier = colon + 1;
    }
    *name = copy;
    if (is_name(copy))
        return 0;
    return aws_refuse(call, 400, "ValidationException",
                      "1 validation error detected: Value '%s' at 'functionName' failed to "
                      "satisfy constraint: Member must satisfy regular expression pattern: "
                      "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?"
                      "(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?",
                      text);
}
