/* A role's temporary keys, from the security token service: with other keys, or with a token that
   somebody else gave us. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/lambda-edge/credentials_parts.h"

#define REGION "us-east-1"

enum { SHORTEST_S = 900, LONGEST_S = 43200 };

static const char *field(const struct job *job, const char *name, const char *value)
{
    return value ? arena_printf(job->arena, "&%s=%s", name, http_escape(job->arena, value)) : "";
}

static const char *body_of(const struct job *job, const struct role *role)
{
    return arena_printf(
        job->arena, "Action=%s&Version=2011-06-15%s%s%s%s%s",
        role->token ? "AssumeRoleWithWebIdentity" : "AssumeRole", field(job, "RoleArn", role->arn),
        field(job, "RoleSessionName", role->session ? role->session : "edge-deploy"),
        field(job, "DurationSeconds", role->duration), field(job, "ExternalId", role->external_id),
        field(job, "WebIdentityToken", role->token));
}

static int check_role(const struct job *job, const struct role *role, struct error *error)
{
    char *end = NULL;
    long seconds = role->duration ? strtol(role->duration, &end, 10) : SHORTEST_S;
    const char *arn = role->arn ? role->arn : "";
    const char *safe = text_safe(job->arena, arn, strnlen(arn, 100));
    bool plain = arn[strcspn(arn, " '\"\t\r\n")] == '\0' &&
                 strcmp(text_safe(job->arena, arn, strlen(arn)), arn) == 0;
    if (strncmp(arn, "arn:", 4) != 0 || !strstr(arn, ":role/") || strlen(arn) > 2048 || !plain) {
        error_set(error, FAULT_INPUT, "'%s' is no role's ARN", safe);
        return error_hint(error, "write it as arn:aws:iam::ACCOUNT:role/NAME");
    }
    if ((end && (*end || end == role->duration)) || seconds < SHORTEST_S || seconds > LONGEST_S)
        return error_set(error, FAULT_INPUT, "duration_seconds is no number from %d to %d",
                         SHORTEST_S, LONGEST_S);
    return 0;
}

/* What the service's refusals mean for who set this up. */
static const struct {
    const char *code, *hint;
    bool by_token;
} refusals[] = {
    {"AccessDenied",
     "let the role's trust policy allow 'sts:AssumeRoleWithWebIdentity' to whom the token is of: "
     "its audience (aud) and its subject (sub, the repository and branch)",
     true},
    {"AccessDenied",
     "allow 'sts:AssumeRole' on the role to these credentials, and let the role's trust policy "
     "name "
     "them; check external_id",
     false},
    {"ExpiredTokenException", "get a new token, and check this machine's clock", true},
    {"InvalidIdentityToken",
     "add the token's issuer to the account's identity providers (IAM), with its audience", true},
    {"IDPRejectedClaim", "get a new token: who made this one does not accept it", true},
    {"ValidationError", "check role_arn, role_session_name and duration_seconds", true},
    {"ValidationError", "check role_arn, role_session_name, external_id and duration_seconds",
     false},
    {"RegionDisabledException", "let the account use the security token service in " REGION, false},
};

static int explain(const struct role *role, const char *code, struct error *error)
{
    /* The driver's words for this code are about keys. */
    if (role->token && strcmp(code, "ExpiredTokenException") == 0)
        error_set(error, FAULT_REMOTE, "cannot assume the role '%.120s': %s has expired (%s)",
                  role->arn, role->token_kind, code);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (strcmp(refusals[i].code, code) == 0 && refusals[i].by_token == (role->token != NULL))
            return error_hint(error, "%s", refusals[i].hint);
    return -1;
}

static int read_keys(const struct job *job, const struct role *role, struct bytes xml,
                     const char *origin, struct keys *out, struct error *error)
{
    struct xml *root = NULL;
    if (lambda_edge_xml(job->arena, xml, &root, error) != 0)
        return error_prefix(error, "cannot assume the role '%s'", role->arn);
    const struct xml *result =
        xml_child(root, role->token ? "AssumeRoleWithWebIdentityResult" : "AssumeRoleResult");
    const struct xml *keys = xml_child(result, "Credentials");
    if (credentials_keys(job, xml_text(keys, "AccessKeyId"), xml_text(keys, "SecretAccessKey"),
                         xml_text(keys, "SessionToken"), xml_text(keys, "Expiration"), origin, out,
                         error) == 0)
        return 0;
    error->fault = FAULT_REMOTE;
    return -1;
}

/* "The provider is not reachable" is a 400 that asks to come again. */
static bool asks_again(const struct http_reply *reply)
{
    const char *body = (const char *)reply->body.data;
    return reply->status == 400 && reply->body.size &&
           (strstr(body, "<Code>IDPCommunicationError<") || strstr(body, "<Code>Throttling"));
}

int credentials_assume(const struct job *job, const struct role *role, const struct keys *source,
                       struct keys *out, struct error *error)
{
    struct http_header headers[] = {{"Content-Type", "application/x-www-form-urlencoded"}};
    struct http_reply reply;
    struct answer answer;
    if (check_role(job, role, error) != 0)
        return -1;
    const char *arn = role->arn;
    const char *by = role->token ? role->token_kind : source->origin;
    struct ask ask = {.service = SERVICE_CLOUDFRONT, /* the same form of refusals */
                      .what = arena_printf(job->arena, "assume the role '%s'", arn),
                      .right = role->token ? "sts:AssumeRoleWithWebIdentity" : "sts:AssumeRole"};
    struct http_request request = {.method = "POST",
                                   .reads = true,
                                   .url = arena_printf(job->arena, "%s/", job_endpoint(job, "sts")),
                                   .headers = headers,
                                   .header_count = 1,
                                   .body = bytes_of(body_of(job, role)),
                                   .credentials = {.scheme = HTTP_AUTH_NONE, .secret = role->token},
                                   .again = asks_again};
    if (!role->token)
        request.credentials = (struct http_credentials){.scheme = HTTP_AUTH_AWS,
                                                        .access_key = source->access,
                                                        .secret_key = source->secret,
                                                        .session_token = source->token,
                                                        .region = REGION,
                                                        .service = "sts"};
    world_say(job->world, job->target->name, "assuming the role '%s' with %s", arn, by);
    if (http_send(job->http, job->arena, &request, &reply, error) != 0)
        return error_prefix(error, "cannot assume the role '%s'", arn);
    if (lambda_edge_read_reply(job->arena, &ask, &reply, world_now(job->world), &answer, error) !=
        0)
        return explain(role, answer.code, error);
    return read_keys(job, role, answer.xml,
                     arena_printf(job->arena, "the role '%s' (by %s)", arn, by), out, error);
}

int credentials_web_identity(const struct job *job, struct keys *out, struct error *error)
{
    const char *file = world_environment(job->world, "AWS_WEB_IDENTITY_TOKEN_FILE");
    struct role role = {.arn = world_environment(job->world, "AWS_ROLE_ARN"),
                        .session = world_environment(job->world, "AWS_ROLE_SESSION_NAME"),
                        .token_kind = "the token in AWS_WEB_IDENTITY_TOKEN_FILE"};
    *out = (struct keys){0};
    if (!file)
        return 0;
    if (!role.arn) {
        error_set(error, FAULT_INPUT,
                  "AWS_WEB_IDENTITY_TOKEN_FILE is set, and AWS_ROLE_ARN is not");
        return error_hint(error, "set AWS_ROLE_ARN to the role that the token is for");
    }
    if (credentials_file(job, file, "AWS_WEB_IDENTITY_TOKEN_FILE", &role.token, error) != 0)
        return -1;
    return credentials_assume(job, &role, NULL, out, error);
}

/* What GitHub's runner answers: {"value": TOKEN, ...}. */
static int read_token(const struct job *job, const struct http_reply *reply, const char **out,
                      struct error *error)
{
    json_t *document = NULL;
    struct error ignored = {0};
    if (reply->status != 200) {
        error_set(error, FAULT_REMOTE, "GitHub gives this job no token (HTTP %ld)", reply->status);
        return error_hint(error, "give the job 'permissions: id-token: write'");
    }
    if (json_read(job->arena, reply->body, "answer", FAULT_REMOTE, &document, &ignored) == 0)
        *out = json_string_value(json_object_get(document, "value"));
    if (*out && (*out)[0])
        return 0;
    return error_set(error, FAULT_REMOTE, "GitHub's answer holds no token");
}

int credentials_github(const struct job *job, struct keys *out, struct error *error)
{
    const char *url = world_environment(job->world, "ACTIONS_ID_TOKEN_REQUEST_URL");
    const char *token = world_environment(job->world, "ACTIONS_ID_TOKEN_REQUEST_TOKEN");
    struct role role = {.arn = world_environment(job->world, "AWS_ROLE_ARN"),
                        .session = world_environment(job->world, "AWS_ROLE_SESSION_NAME"),
                        .token_kind = "this job's token of GitHub"};
    struct http_reply reply;
    *out = (struct keys){0};
    if (!url || !token || !role.arn)
        return 0;
    struct http_request request = {.method = "GET",
                                   .url = arena_printf(job->arena, "%s%saudience=sts.amazonaws.com",
                                                       url, strchr(url, '?') ? "&" : "?"),
                                   .credentials = {HTTP_AUTH_HEADER, "Authorization", "Bearer ",
                                                   token, NULL, NULL, NULL, NULL, NULL}};
    if (http_send(job->http, job->arena, &request, &reply, error) != 0)
        return error_prefix(error, "cannot ask GitHub for a token");
    if (read_token(job, &reply, &role.token, error) != 0)
        return -1;
    return credentials_assume(job, &role, NULL, out, error);
}
