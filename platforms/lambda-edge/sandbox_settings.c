/* The settings of a function: what Lambda takes, and how it answers them. Texts are those of the
   service's validator, as its model has the constraints (service-model-lambda.json). */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/compat/profile.h"
#include "platforms/lambda-edge/sandbox_parts.h"

static int check_numbers(struct call *call, const json_t *settings)
{
    static const struct {
        const char *key, *word;
        json_int_t least, most;
    } rows[] = {{"Timeout", "timeout", 1, 900}, {"MemorySize", "memorySize", 128, 10240}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *value = json_object_get(settings, rows[i].key);
        json_int_t number = json_integer_value(value);
        if (value && !json_is_integer(value))
            return aws_refuse(call, 400, "SerializationException",
                              "STRING_VALUE can not be converted to an Integer");
        if (value && (number < rows[i].least || number > rows[i].most))
            return aws_refuse(call, 400, "ValidationException",
                              "1 validation error detected: Value '%lld' at '%s' failed to satisfy "
                              "constraint: Member must have value %s than or equal to %lld",
                              (long long)number, rows[i].word,
                              number < rows[i].least ? "greater" : "less",
                              (long long)(number < rows[i].least ? rows[i].least : rows[i].most));
    }
    return 0;
}

static int check_texts(struct call *call, const json_t *settings)
{
    static const struct {
        const char *key, *word;
        size_t most;
    } rows[] = {{"Description", "description", 256}, {"Handler", "handler", 128}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = json_find_string(settings, rows[i].key, "");
        if (strlen(text) > rows[i].most)
            return aws_refuse(call, 400, "ValidationException",
                              "1 validation error detected: Value '%s' at '%s' failed to satisfy "
                              "constraint: Member must have length less than or equal to %zu",
                              text, rows[i].word, rows[i].most);
    }
    return 0;
}

static bool is_role(const char *role)
{
    static const char start[] = "arn:aws:iam::";
    const char *account = role + sizeof start - 1;
    return strncmp(role, start, sizeof start - 1) == 0 && strspn(account, "0123456789") == 12 &&
           strncmp(account + 12, ":role/", 6) == 0 && account[18];
}

static int check_role(struct call *call, const char *role)
{
    if (!role)
        return 0;
    if (!is_role(role))
        return aws_refuse(call, 400, "ValidationException",
                          "1 validation error detected: Value '%s' at 'role' failed to satisfy "
                          "constraint: Member must satisfy regular expression pattern: "
                          "arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+",
                          role);
    if (strncmp(role + strlen("arn:aws:iam::"), AWS_ACCOUNT, 12) != 0)
        return aws_refuse(call, 403, "AccessDeniedException",
                          "Cross-account pass role is not allowed.");
    const char *name = strrchr(role, '/') + 1;
    if (aws_role_is(name, ROLE_MISSING) || aws_role_is(name, ROLE_UNTRUSTED))
        return aws_refuse(call, 400, "InvalidParameterValueException",
                          "The role defined for the function cannot be assumed by Lambda.");
    return 0;
}

/* Runtimes that edge functions cannot use, but functions can. */
static bool is_other_runtime(const char *runtime)
{
    static const char *const patterns[] = {"python3.1?", "provided.al2*", "java*", "dotnet*",
                                           "ruby*"};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        size_t size = strcspn(patterns[i], "*?");
        if (strncmp(runtime, patterns[i], size) == 0)
            return true;
    }
    return false;
}

int aws_check_runtime(struct call *call, const char *runtime)
{
    struct profile profile;
    struct error error;
    const char *text = sandbox_profile(call->sandbox, AWS_PREFIX);
    const char *today = text_time(call->arena, call->request->now / 1000);
    if (is_other_runtime(runtime))
        return 0;
    if (!text || profile_parse(call->arena, text, "profile.json", runtime, &profile, &error) != 0)
        return aws_refuse(call, 400, "InvalidParameterValueException",
                          "Value %s at 'runtime' failed to satisfy constraint: Member must satisfy "
                          "enum value set: [nodejs20.x, nodejs22.x, nodejs24.x, python3.13, "
                          "python3.14] or be a valid ARN",
                          runtime);
    for (size_t i = 0; i < profile.fact_count; i++) {
        const struct profile_runtime_fact *fact = &profile.facts[i];
        if (strcmp(fact->name, "update-blocked") == 0 && strncmp(fact->date, today, 10) <= 0)
            return aws_refuse(call, 400, "InvalidParameterValueException",
                              "The runtime parameter of %s is no longer supported for creating or "
                              "updating AWS Lambda functions. We recommend you use a supported "
                              "runtime while creating or updating functions.",
                              runtime);
    }
    return 0;
}

static int check_architectures(struct call *call, const json_t *list)
{
    const char *name = json_string_value(json_array_get(list, 0));
    bool is_known = name && (strcmp(name, "x86_64") == 0 || strcmp(name, "arm64") == 0);
    if (!list || (is_known && json_array_size(list) == 1))
        return 0;
    return aws_refuse(call, 400, "ValidationException",
                      "1 validation error detected: Value '[%s]' at 'architectures' failed to "
                      "satisfy constraint: Member must satisfy constraint: [Member must satisfy "
                      "enum value set: [x86_64, arm64]]",
                      name ? name : "");
}

int aws_check_settings(struct call *call, const json_t *settings)
{
    const char *runtime = json_find_string(settings, "Runtime", NULL);
    if (check_numbers(call, settings) != 0 || check_texts(call, settings) != 0 ||
        check_role(call, json_find_string(settings, "Role", NULL)) != 0 ||
        check_architectures(call, json_object_get(settings, "Architectures")) != 0)
        return -1;
    return runtime ? aws_check_runtime(call, runtime) : 0;
}

/* Layers come as ARNs and are answered with sizes. */
static json_t *layers(const json_t *arns)
{
    json_t *out = json_array();
    size_t i;
    json_t *arn;
    json_array_foreach((json_t *)(uintptr_t)arns, i, arn)
        json_array_append_new(out, json_pack("{s:O, s:i}", "Arn", arn, "CodeSize", 1024));
    return out;
}

/* Puts `value` under `key`, or takes the key away when the value holds nothing. */
static void put(json_t *configuration, const char *key, json_t *value, bool is_empty)
{
    if (is_empty)
        json_object_del(configuration, key);
    else
        json_object_set(configuration, key, value);
}

void aws_apply_settings(struct arena *arena, const json_t *settings, json_t *configuration)
{
    static const char *const plain[] = {
        "Runtime",    "Role",      "Handler",       "Description",      "Timeout",
        "MemorySize", "KMSKeyArn", "TracingConfig", "EphemeralStorage", "Architectures"};
    static const struct {
        const char *key, *inner; /* empty unless that is there and not empty */
    } nested[] = {{"Environment", "Variables"},
                  {"VpcConfig", "SubnetIds"},
                  {"DeadLetterConfig", "TargetArn"}};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        json_t *value = json_object_get(settings, plain[i]);
        if (value)
            json_object_set(configuration, plain[i], value);
    }
    for (size_t i = 0; i < sizeof nested / sizeof *nested; i++) {
        json_t *value = json_object_get(settings, nested[i].key);
        json_t *inner = json_object_get(value, nested[i].inner);
        bool is_empty = json_object_size(inner) == 0 && json_array_size(inner) == 0 &&
                        json_string_length(inner) == 0;
        if (value)
            put(configuration, nested[i].key, value, is_empty);
    }
    json_t *arns = json_object_get(settings, "Layers");
    if (arns)
        put(configuration, "Layers", json_own(arena, layers(arns)), json_array_size(arns) == 0);
}
