/* CloudFront's edge validator: which function version may be bound to which event. Its messages are
   those of contract section 3 (seen in the wild); the others are inference and say so. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/sandbox_parts.h"

enum { MOST_FUNCTIONS = 100 }; /* of a distribution: contract section 4 */

struct association {
    const char *arn, *event;
    bool include_body, is_viewer;
    struct function function;
};

static int refuse(struct call *call, const char *message, const char *arn)
{
    return aws_refuse(call, 400, "InvalidLambdaFunctionAssociation", "%s%s", message, arn);
}

static const struct xml_node *items_of(const struct xml_node *behavior, const char *list)
{
    const struct xml_node *items = aws_xml_child(aws_xml_child(behavior, list), "Items");
    return items ? items->child : NULL;
}

/* arn:aws:lambda:REGION:ACCOUNT:function:NAME:VERSION; -1 after a refusal. */
static int read_arn(struct call *call, const char *arn, struct function *out)
{
    char *rest = arena_strdup(call->arena, arn), *words[8] = {0};
    size_t count = 0;
    for (; rest && count < 8; count++) {
        words[count] = rest;
        rest = strchr(rest, ':');
        if (rest)
            *rest++ = '\0';
    }
    bool is_function = count >= 7 && !rest && strcmp(words[0], "arn") == 0 &&
                       strcmp(words[2], "lambda") == 0 && strcmp(words[5], "function") == 0;
    if (!is_function)
        return refuse(call, "The function ARN is not valid. ARN: ", arn); /* inference */
    if (strcmp(words[3], AWS_REGION) != 0)
        return refuse(call, "The function must be in region '" AWS_REGION "'. ARN: ", arn);
    json_int_t version = count == 8 ? aws_version_number(words[7]) : 0;
    if (version == 0)
        return refuse(call,
                      "The function ARN must reference a specific function version. (The ARN must "
                      "end with the version number.) ARN: ",
                      arn);
    if (strcmp(words[4], AWS_ACCOUNT) == 0 && aws_load_function(call, words[6], version, out) == 0)
        return 0;
    /* From memory of the platform's own words: inference. */
    return aws_refuse(
        call, 400, "InvalidLambdaFunctionAssociation",
        "Lambda@Edge cannot retrieve the specified Lambda function. Update the IAM "
        "policy to add permission: lambda:GetFunction for resource: %s and try again.",
        arn);
}

/* What the function must not have. */
static int check_function(struct call *call, const struct association *association)
{
    const json_t *configuration = association->function.configuration;
    const char *arn = association->arn;
    const char *runtime = json_find_string(configuration, "Runtime", "");
    const char *role = json_find_string(configuration, "Role", "/"), *slash = strrchr(role, '/');
    if (slash && aws_role_is(slash + 1, ROLE_LAMBDA_ONLY))
        return refuse(call,
                      "The function execution role must be assumable with edgelambda.amazonaws.com "
                      "as well as lambda.amazonaws.com principals. Update the IAM role and try "
                      "again. Role: ",
                      role);
    if (json_object_get(configuration, "Environment"))
        return refuse(call, "The function cannot have environment variables. Function: ", arn);
    if (json_object_get(configuration, "Layers"))
        return refuse(call, "The function cannot have a layer. Function: ", arn);
    if (strcmp(json_find_string(configuration, "Architectures[0]", ""), "arm64") == 0)
        return refuse(call,
                      "Lambda@Edge does not support functions with an architecture of arm64. "
                      "Function: ",
                      arn);
    /* The next three: documented restrictions, inferred words. */
    if (json_object_get(configuration, "VpcConfig"))
        return refuse(call, "The function cannot have a VPC configuration. Function: ", arn);
    if (json_object_get(configuration, "DeadLetterConfig"))
        return refuse(call, "The function cannot have a dead letter queue. Function: ", arn);
    if (strncmp(runtime, "nodejs", 6) != 0 && strncmp(runtime, "python", 6) != 0)
        return refuse(call, "The function runtime is not supported. Function: ", arn);
    if (strcmp(json_find_string(configuration, "State", ""), "Active") != 0)
        return refuse(call, "The function must be in an Active state. Function: ", arn);
    return 0;
}

/* Sizes: contract section 4. For viewer events the classic figures hold here, those which are
   quoted as enforced; a newer edition of the documentation has larger ones. */
static int check_sizes(struct call *call, const struct association *association)
{
    static const struct {
        const char *key, *what;
        json_int_t viewer, origin;
    } rows[] = {
        {"CodeSize",
         "The function code size is larger than the maximum allowed size for functions "
         "that are triggered by a CloudFront event",
         1048576, 52428800},
        {"MemorySize",
         "The function memory size is larger than the maximum allowed size for "
         "functions that are triggered by a CloudFront event",
         128, 10240},
        {"Timeout",
         "The function timeout is larger than the maximum allowed timeout for functions "
         "that are triggered by a CloudFront event",
         5, 30},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_int_t is = json_find_integer(association->function.configuration, rows[i].key, 0);
        json_int_t most = association->is_viewer ? rows[i].viewer : rows[i].origin;
        if (is > most)
            return aws_refuse(call, 400, "InvalidLambdaFunctionAssociation",
                              "%s: %lld Max allowed: %lld Function: %s", rows[i].what,
                              (long long)is, (long long)most, association->arn);
    }
    return 0;
}

static int check_event(struct call *call, const struct association *association)
{
    static const char *const events[] = {"viewer-request", "viewer-response", "origin-request",
                                         "origin-response"};
    const char *event = association->event;
    bool is_known = false;
    for (size_t i = 0; event && i < sizeof events / sizeof *events; i++)
        is_known = is_known || strcmp(event, events[i]) == 0;
    if (!is_known) /* inference: the words */
        return refuse(call, "The event type is not valid: ", event ? event : "");
    if (association->include_body && strstr(event, "response")) /* inference: the words */
        return refuse(
            call, "IncludeBody can only be set for request events. Function: ", association->arn);
    return 0;
}

static int read_association(struct call *call, const struct xml_node *node, struct association *out)
{
    const char *include_body = aws_xml_text(node, "IncludeBody");
    *out = (struct association){.arn = aws_xml_text(node, "LambdaFunctionARN"),
                                .event = aws_xml_text(node, "EventType")};
    out->include_body = include_body && strcmp(include_body, "true") == 0;
    out->is_viewer = out->event && strncmp(out->event, "viewer-", 7) == 0;
    if (!out->arn || !*out->arn)
        return aws_refuse(call, 400, "InvalidArgument",
                          "The parameter LambdaFunctionARN is required.");
    return read_arn(call, out->arn, &out->function);
}

/* CloudFront Functions run in viewer events only, and not beside Lambda@Edge in those (contract
   section 2; inference: the words). */
static int check_neighbours(struct call *call, const struct xml_node *behavior,
                            const struct association *association)
{
    if (!association->is_viewer || !items_of(behavior, "FunctionAssociations"))
        return 0;
    return aws_refuse(call, 400, "InvalidFunctionAssociation",
                      "A CloudFront function and a Lambda@Edge function cannot both be associated "
                      "with viewer events of the same cache behavior: %s",
                      association->event);
}

static bool is_repeated(const struct xml_node *first, const struct xml_node *node)
{
    const char *event = aws_xml_text(node, "EventType");
    for (; first != node; first = first->next) {
        const char *other = aws_xml_text(first, "EventType");
        if (event && other && strcmp(event, other) == 0)
            return true;
    }
    return false;
}

static int check_behavior(struct call *call, const struct xml_node *behavior, size_t *count)
{
    const struct xml_node *first = items_of(behavior, "LambdaFunctionAssociations");
    struct association association;
    for (const struct xml_node *node = first; node; node = node->next) {
        if (++*count > MOST_FUNCTIONS)
            return aws_refuse(call, 400, "TooManyLambdaFunctionAssociations",
                              "Your request contains more Lambda@Edge function associations than "
                              "are allowed per distribution.");
        if (is_repeated(first, node)) /* inference: the words */
            return refuse(call, "Only one function can be associated with an event type: ",
                          aws_xml_text(node, "EventType"));
        if (read_association(call, node, &association) != 0 ||
            check_event(call, &association) != 0 || check_function(call, &association) != 0 ||
            check_sizes(call, &association) != 0 ||
            check_neighbours(call, behavior, &association) != 0)
            return -1;
    }
    return 0;
}

int aws_check_associations(struct call *call, const struct xml_node *config)
{
    size_t count = 0;
    if (check_behavior(call, aws_xml_child(config, "DefaultCacheBehavior"), &count) != 0)
        return -1;
    for (const struct xml_node *each = items_of(config, "CacheBehaviors"); each; each = each->next)
        if (check_behavior(call, each, &count) != 0)
            return -1;
    return 0;
}
