/* STS and IAM, the query protocol: who asks, temporary credentials for a role, and what a role
   trusts. Contract section 2 for GetCallerIdentity; the rest after the services' API references
   (STS 2011-06-15, IAM 2010-05-08): shapes from there, messages as quoted in the wild. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "pkg/digest/digest.h"
#include "platforms/lambda-edge/sandbox_parts.h"

enum { SHORTEST = 900, LONGEST = 43200, LONGEST_CHAINED = 3600 };

static const char *field(struct call *call, const char *name)
{
    const char *value = sandbox_form(call->request, name);
    return value ? value : "";
}

static void answer(struct call *call, const char *action, const char *result)
{
    const char *space = call->service == SERVICE_IAM ? AWS_IAM_XML : AWS_STS_XML;
    aws_answer_xml(call, 200,
                   arena_printf(call->arena,
                                "<%sResponse xmlns=\"%s\"><%sResult>%s</%sResult><ResponseMetadata>"
                                "<RequestId>%s</RequestId></ResponseMetadata></%sResponse>",
                                action, space, action, result, action,
                                sandbox_uuid(call->sandbox, call->arena), action));
}

static void get_caller_identity(struct call *call)
{
    answer(call, "GetCallerIdentity",
           arena_printf(call->arena, "<Arn>%s</Arn><UserId>%s</UserId><Account>%s</Account>",
                        call->caller.arn, call->caller.user_id, call->caller.account));
}

/* The role and the session that are asked for; -1 after a refusal. */
static int read_wish(struct call *call, struct role *role, json_int_t *seconds)
{
    const char *arn = field(call, "RoleArn"), *name = field(call, "RoleSessionName");
    const char *duration = sandbox_form(call->request, "DurationSeconds");
    if (aws_read_role(call, arn, role) != 0)
        return aws_refuse(call, 400, "ValidationError", "%s is invalid",
                          *arn ? text_safe(call->arena, arn, strlen(arn)) : "RoleArn");
    if (!aws_is_session_name(name))
        return aws_refuse(call, 400, "ValidationError",
                          "1 validation error detected: Value '%s' at 'roleSessionName' failed to "
                          "satisfy constraint: Member must satisfy regular expression pattern: "
                          "[\\w+=,.@-]*",
                          text_safe(call->arena, name, strlen(name)));
    *seconds = duration ? strtol(duration, NULL, 10) : 3600;
    if (*seconds < SHORTEST || *seconds > LONGEST)
        return aws_refuse(call, 400, "ValidationError",
                          "1 validation error detected: Value '%lld' at 'durationSeconds' failed "
                          "to satisfy constraint: Member must have value %s than or equal to %d",
                          (long long)*seconds, *seconds < SHORTEST ? "greater" : "less",
                          *seconds < SHORTEST ? SHORTEST : LONGEST);
    return 0;
}

/* Opens the session and answers it; `more` stands behind what both calls have. */
static void grant(struct call *call, const char *action, const struct role *role,
                  json_int_t seconds, const char *more)
{
    struct caller caller;
    if (aws_open_session(call, role, field(call, "RoleSessionName"), seconds, &caller) != 0)
        return;
    answer(call, action,
           arena_printf(call->arena,
                        "<AssumedRoleUser><AssumedRoleId>%s</AssumedRoleId><Arn>%s</Arn>"
                        "</AssumedRoleUser><Credentials><AccessKeyId>%s</AccessKeyId>"
                        "<SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken>"
                        "<Expiration>%s</Expiration></Credentials>%s",
                        caller.user_id, caller.arn, caller.access_key, caller.secret_key,
                        caller.token, text_time(call->arena, caller.expires / 1000), more));
}

static bool can_be_assumed(const struct role *role)
{
    return !aws_role_is(role->name, ROLE_UNTRUSTED) && !aws_role_is(role->name, ROLE_MISSING);
}

/* A role that is missing and one that does not trust the caller are refused in the same words. */
static void assume_role(struct call *call)
{
    struct role role;
    json_int_t seconds;
    if (read_wish(call, &role, &seconds) != 0)
        return;
    if (!can_be_assumed(&role))
        (void)aws_refuse(call, 403, "AccessDenied",
                         "User: %s is not authorized to perform: sts:AssumeRole on resource: %s",
                         call->caller.arn, role.arn);
    else if (call->caller.token && seconds > LONGEST_CHAINED)
        (void)aws_refuse(call, 400, "ValidationError",
                         "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                         "assumed by role chaining");
    else
        grant(call, "AssumeRole", &role, seconds, "");
}

/* One of the three parts of a token, which are base64 for urls without padding; NULL when it is
   none, or holds no object. */
static json_t *token_part(struct arena *arena, const char *text, size_t size)
{
    struct bytes decoded;
    struct error error;
    json_t *out;
    char *copy = arena_printf(arena, "%.*s%s", (int)size, text, &"==="[3 - (4 - size % 4) % 4]);
    for (char *each = copy; *each; each++)
        *each = *each == '-' ? '+' : *each == '_' ? '/' : *each;
    if (size % 4 == 1 || digest_base64_decode(arena, copy, &decoded) != 0 ||
        json_read(arena, decoded, "token", FAULT_INPUT, &out, &error) != 0)
        return NULL;
    return json_is_object(out) ? out : NULL;
}

/* What the identity provider says of the caller; NULL after a refusal. Its signature is not
   looked at: the sandbox knows no provider's keys. */
static json_t *read_token(struct call *call)
{
    const char *token = field(call, "WebIdentityToken"), *first = strchr(token, '.');
    const char *second = first ? strchr(first + 1, '.') : NULL;
    json_t *head = second ? token_part(call->arena, token, (size_t)(first - token)) : NULL;
    json_t *claims = head ? token_part(call->arena, first + 1, (size_t)(second - first - 1)) : NULL;
    json_int_t now = call->request->now / 1000, until = json_find_integer(claims, "exp", 0);
    if (!claims || !json_find_string(claims, "iss", NULL) || !json_find_string(claims, "sub", NULL))
        (void)aws_refuse(call, 400, "InvalidIdentityToken",
                         "The ID Token provided is not a valid JWT. (You may see this error if you "
                         "sent an Access Token)");
    else if (until <= now)
        (void)aws_refuse(call, 400, "ExpiredTokenException",
                         "Token expired: current date/time %lld must be before the expiration "
                         "date/time%lld",
                         (long long)now, (long long)until);
    else if (strcmp(json_find_string(claims, "aud", ""), "sts.amazonaws.com") != 0)
        (void)aws_refuse(call, 400, "InvalidIdentityToken", "Incorrect token audience");
    else
        return claims;
    return NULL;
}

static void assume_role_with_web_identity(struct call *call)
{
    struct role role;
    json_int_t seconds;
    json_t *claims = NULL;
    if (read_wish(call, &role, &seconds) != 0 || !(claims = read_token(call)))
        return;
    if (!can_be_assumed(&role)) {
        (void)aws_refuse(call, 403, "AccessDenied",
                         "Not authorized to perform sts:AssumeRoleWithWebIdentity");
        return;
    }
    const char *provider = json_find_string(claims, "iss", "");
    const char *subject = json_find_string(claims, "sub", "");
    if (strncmp(provider, "https://", 8) == 0)
        provider += 8;
    grant(call, "AssumeRoleWithWebIdentity", &role, seconds,
          arena_printf(call->arena,
                       "<SubjectFromWebIdentityToken>%s</SubjectFromWebIdentityToken>"
                       "<Audience>sts.amazonaws.com</Audience><Provider>arn:aws:iam::%s:"
                       "oidc-provider/%s</Provider>",
                       aws_xml_escape(call->arena, subject), role.account,
                       aws_xml_escape(call->arena, provider)));
}

static void get_role(struct call *call)
{
    const char *name = field(call, "RoleName");
    struct role role;
    const char *arn =
        arena_printf(call->arena, "arn:aws:iam::%s:role/%s", call->caller.account, name);
    if (aws_read_role(call, arn, &role) != 0 || strchr(name, '/')) {
        (void)aws_refuse(call, 400, "ValidationError",
                         "The specified value for roleName is invalid. It must contain only "
                         "alphanumeric characters and/or the following: +=,.@_-");
        return;
    }
    if (aws_role_is(name, ROLE_UNREADABLE)) {
        aws_deny(call, "iam:GetRole", arena_printf(call->arena, "role %s", name));
        return;
    }
    if (aws_role_is(name, ROLE_MISSING)) {
        (void)aws_refuse(call, 404, "NoSuchEntity", "The role with name %s cannot be found.", name);
        return;
    }
    answer(call, "GetRole",
           arena_printf(call->arena,
                        "<Role><Path>/</Path><RoleName>%s</RoleName><RoleId>%s</RoleId><Arn>%s"
                        "</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>"
                        "<AssumeRolePolicyDocument>%s</AssumeRolePolicyDocument>"
                        "<MaxSessionDuration>3600</MaxSessionDuration></Role>",
                        role.name, role.id, role.arn, aws_trust_of(call, name)));
}

static const struct {
    const char *name, *version;
    enum service service;
    bool unsigned_too; /* the token in the body says who asks */
    void (*answer)(struct call *);
} actions[] = {
    {"GetCallerIdentity", "2011-06-15", SERVICE_STS, false, get_caller_identity},
    {"AssumeRole", "2011-06-15", SERVICE_STS, false, assume_role},
    {"AssumeRoleWithWebIdentity", "2011-06-15", SERVICE_STS, true, assume_role_with_web_identity},
    {"GetRole", "2010-05-08", SERVICE_IAM, false, get_role},
};

enum { ACTION_COUNT = sizeof actions / sizeof *actions };

bool aws_needs_no_signature(struct call *call)
{
    const char *action = field(call, "Action");
    for (size_t i = 0; i < ACTION_COUNT; i++)
        if (strcmp(actions[i].name, action) == 0)
            return actions[i].unsigned_too && call->service == SERVICE_STS;
    return false;
}

void aws_identity(struct call *call)
{
    const char *action = field(call, "Action"), *version = field(call, "Version");
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        if (actions[i].service != call->service || strcmp(actions[i].name, action) != 0 ||
            strcmp(actions[i].version, version) != 0 || strcmp(call->request->method, "POST") != 0)
            continue;
        actions[i].answer(call);
        return;
    }
    (void)aws_refuse(call, 400, "InvalidAction", "Could not find operation %s for version %s",
                     text_safe(call->arena, action, strlen(action)),
                     *version ? text_safe(call->arena, version, strlen(version)) : "NO_VERSION");
}
