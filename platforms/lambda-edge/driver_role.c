/* Whose credentials these are, and whether Lambda and CloudFront may assume a role: CloudFront
   would only say so when the version is associated, after all has been uploaded (section 3). */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

#define TRUST                                                                                      \
    "{\"Effect\":\"Allow\",\"Principal\":{\"Service\":[\"lambda.amazonaws.com\","                  \
    "\"edgelambda.amazonaws.com\"]},\"Action\":\"sts:AssumeRole\"}"

static int ask_form(const struct job *job, enum service service, const char *form, const char *what,
                    struct xml **out, struct answer *answer, struct error *error)
{
    struct ask ask = {.service = service,
                      .method = "POST",
                      .path = "/",
                      .form = form,
                      .what = what,
                      .right = "iam:GetRole",
                      .once = true};
    if (lambda_edge_call(job, &ask, answer, error) != 0)
        return -1;
    return lambda_edge_xml(job->arena, answer->xml, out, error);
}

/* Needs no permission (section 2). */
const char *lambda_edge_account(const struct job *job)
{
    static const char form[] = "Action=GetCallerIdentity&Version=2011-06-15";
    struct xml *root;
    struct answer answer;
    struct error ignored = {0};
    if (ask_form(job, SERVICE_STS, form, "ask whose credentials these are", &root, &answer,
                 &ignored) != 0)
        return NULL;
    const char *account = xml_text(xml_child(root, "GetCallerIdentityResult"), "Account");
    bool usable = account && strlen(account) == 12 && account[strspn(account, "0123456789")] == 0;
    return usable ? account : NULL;
}

/* AssumeRolePolicyDocument is JSON, percent-encoded. */
static const char *decode(struct arena *arena, const char *text)
{
    char *out = arena_strdup(arena, text), *end = out;
    for (const char *at = text; *at; at++) {
        char digits[3] = {0};
        if (*at == '%' && strspn(at + 1, "0123456789abcdefABCDEF") >= 2) {
            memcpy(digits, at + 1, 2);
            *end++ = (char)strtol(digits, NULL, 16);
            at += 2;
        } else {
            *end++ = *at;
        }
    }
    *end = '\0';
    return out;
}

/* One text, or a list of them: is there one that says it? */
static bool says(const json_t *value, const char *word)
{
    if (json_is_string(value))
        return strcasecmp(json_string_value(value), word) == 0;
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++)
        if (json_is_string(json_array_get(value, i)) && says(json_array_get(value, i), word))
            return true;
    return false;
}

/* In doubt it allows: AWS has the last word. */
static bool allows(const json_t *statement, const char *service)
{
    const json_t *action = json_object_get(statement, "Action");
    const json_t *principal = json_object_get(statement, "Principal");
    if (!says(json_object_get(statement, "Effect"), "Allow"))
        return false;
    if (json_object_get(statement, "NotAction") || json_object_get(statement, "NotPrincipal"))
        return true;
    if (!says(action, "sts:AssumeRole") && !says(action, "sts:*") && !says(action, "*") &&
        !says(action, "sts:Assume*"))
        return false;
    return says(principal, "*") || says(json_object_get(principal, "Service"), service) ||
           says(json_object_get(principal, "Service"), "*");
}

static bool is_trusted(const json_t *policy, const char *service)
{
    const json_t *statements = json_object_get(policy, "Statement");
    if (json_is_object(statements))
        return allows(statements, service);
    for (size_t i = 0; i < json_array_size(statements); i++)
        if (allows(json_array_get(statements, i), service))
            return true;
    return false;
}

int lambda_edge_judge_trust(const struct job *job, const char *arn, const char *document,
                            struct error *error)
{
    static const char *const services[] = {"lambda.amazonaws.com", "edgelambda.amazonaws.com"};
    struct error ignored = {0};
    json_t *policy;
    if (json_read(job->arena, bytes_of(decode(job->arena, document)), "policy", FAULT_REMOTE,
                  &policy, &ignored) != 0)
        return 0;
    const json_t *statements = json_object_get(policy, "Statement");
    if (!json_is_object(statements) && !json_is_array(statements))
        return 0;
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        if (is_trusted(policy, services[i]))
            continue;
        error_set(error, FAULT_INPUT, "the role '%s' may not be assumed by %s", arn, services[i]);
        return error_hint(error, "add to the statements of its trust policy: " TRUST);
    }
    return 0;
}

static int no_such_role(const struct job *job, const char *arn, const char *other,
                        struct error *error)
{
    const char *account = other ? NULL : lambda_edge_account(job);
    error_set(error, FAULT_INPUT, "there is no role '%s'", arn);
    if (other)
        return error_hint(error,
                          "the account of these credentials has '%s': check 'role', and "
                          "whose credentials these are",
                          lambda_edge_safe(job->arena, other));
    if (account)
        return error_hint(error,
                          "these credentials are of account %s: check 'role', or use "
                          "credentials of its account",
                          account);
    return error_hint(error, "check 'role', and whose credentials these are");
}

/* GetRole takes the name without its path, and answers for the credentials' account. Who may not
   ask goes on without: this only saves an upload for nothing. */
int lambda_edge_check_role(const struct job *job, const char *arn, struct error *error)
{
    const char *slash = strrchr(arn, '/');
    const char *name = http_escape(job->arena, slash ? slash + 1 : arn);
    const char *form =
        arena_printf(job->arena, "Action=GetRole&RoleName=%s&Version=2010-05-08", name);
    struct xml *root;
    struct answer answer;
    struct error refusal = {0};
    if (ask_form(job, SERVICE_IAM, form, "read the role", &root, &answer, &refusal) != 0) {
        if (world_stopped(job->world, error) != 0)
            return -1;
        return lambda_edge_is_code(answer.code, "NoSuchEntity")
                   ? no_such_role(job, arn, NULL, error)
                   : 0;
    }
    const struct xml *role = xml_child(xml_child(root, "GetRoleResult"), "Role");
    const char *found = xml_text(role, "Arn");
    const char *document = xml_text(role, "AssumeRolePolicyDocument");
    if (found && found[0] && strcmp(found, arn) != 0)
        return no_such_role(job, arn, found, error);
    return document ? lambda_edge_judge_trust(job, arn, document, error) : 0;
}
