/* What right a request needs, and the words in which AWS says that it is missing (AWS
   documentation, "Access denied error messages": no identity-based policy allows it). */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/sandbox_parts.h"

void aws_deny(struct call *call, const char *action, const char *resource)
{
    bool is_lambda = call->service == SERVICE_LAMBDA;
    const char *arn =
        call->caller.arn ? call->caller.arn : "arn:aws:iam::" AWS_ACCOUNT ":user/sandbox";
    (void)aws_refuse(call, 403, is_lambda ? "AccessDeniedException" : "AccessDenied",
                     "User: %s is not authorized to perform: %s on resource: %s because no "
                     "identity-based policy allows the %s action",
                     arn, action, resource, action);
}

static const char *function_resource(struct call *call)
{
    struct error error;
    json_t *body = NULL;
    const char *name = call->word_count > 1 ? call->words[1] : NULL;
    const char *qualifier = sandbox_query(call->request, "Qualifier");
    if (!name &&
        json_read(call->arena, call->request->body, "body", FAULT_INPUT, &body, &error) == 0)
        name = json_find_string(body, "FunctionName", NULL);
    const char *arn = aws_function_arn(call->arena, name ? name : "*", 0);
    return qualifier ? arena_printf(call->arena, "%s:%s", arn, qualifier) : arn;
}

static const char *distribution_resource(struct call *call)
{
    const char *id = call->word_count > 1 ? call->words[1] : "*";
    return arena_printf(call->arena, "arn:aws:cloudfront::" AWS_ACCOUNT ":distribution/%s", id);
}

static const struct right {
    enum service service;
    const char *method,
        *last; /* behind functions/NAME or distribution/ID; NULL: those themselves */
    const char *action;
} rights[] = {
    {SERVICE_LAMBDA, "POST", NULL, "lambda:CreateFunction"},
    {SERVICE_LAMBDA, "GET", "", "lambda:GetFunction"},
    {SERVICE_LAMBDA, "DELETE", "", "lambda:DeleteFunction"},
    {SERVICE_LAMBDA, "GET", "configuration", "lambda:GetFunctionConfiguration"},
    {SERVICE_LAMBDA, "PUT", "configuration", "lambda:UpdateFunctionConfiguration"},
    {SERVICE_LAMBDA, "PUT", "code", "lambda:UpdateFunctionCode"},
    {SERVICE_LAMBDA, "POST", "versions", "lambda:PublishVersion"},
    {SERVICE_LAMBDA, "GET", "versions", "lambda:ListVersionsByFunction"},
    {SERVICE_CLOUDFRONT, "GET", NULL, "cloudfront:ListDistributions"},
    {SERVICE_CLOUDFRONT, "POST", NULL, "cloudfront:CreateDistribution"},
    {SERVICE_CLOUDFRONT, "GET", "", "cloudfront:GetDistribution"},
    {SERVICE_CLOUDFRONT, "GET", "config", "cloudfront:GetDistributionConfig"},
    {SERVICE_CLOUDFRONT, "PUT", "config", "cloudfront:UpdateDistribution"},
    {SERVICE_CLOUDFRONT, "POST", "invalidation", "cloudfront:CreateInvalidation"},
    {SERVICE_CLOUDFRONT, "GET", "invalidation", "cloudfront:GetInvalidation"},
};

static const char *action_of(const struct call *call)
{
    const char *last = call->word_count > 2 ? call->words[2] : call->word_count == 2 ? "" : NULL;
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        const struct right *right = &rights[i];
        bool same = last && right->last ? strcmp(last, right->last) == 0 : !last && !right->last;
        if (same && right->service == call->service &&
            strcmp(right->method, call->request->method) == 0)
            return right->action;
    }
    return NULL;
}

/* `Action` of the query protocol, on what it is about. */
static void deny_query(struct call *call)
{
    const char *action = sandbox_form(call->request, "Action");
    const char *role = sandbox_form(call->request, "RoleArn");
    const char *name = sandbox_form(call->request, "RoleName");
    const char *resource = role ? role : name ? arena_printf(call->arena, "role %s", name) : "*";
    aws_deny(call,
             arena_printf(call->arena, "%s:%s", call->service == SERVICE_IAM ? "iam" : "sts",
                          action ? action : "GetCallerIdentity"),
             resource);
}

void aws_deny_request(struct call *call)
{
    const char *action = action_of(call);
    if (call->service == SERVICE_STS || call->service == SERVICE_IAM)
        deny_query(call);
    else if (!action)
        (void)aws_refuse(call, 403, "AccessDenied", "Access denied.");
    else
        aws_deny(call, action,
                 call->service == SERVICE_LAMBDA ? function_resource(call)
                                                 : distribution_resource(call));
}
