/* One request, and whether its reply is an answer. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

char *cloudflare_account_path(const struct job *job, const char *below)
{
    return arena_printf(job->arena, "/accounts/%s%s",
                        http_escape(job->arena, job_text(job, "account_id")), below);
}

char *cloudflare_script_path(const struct job *job, const char *below)
{
    const char *script = http_escape(job->arena, job_text(job, "script"));
    return cloudflare_account_path(
        job, arena_printf(job->arena, "/workers/scripts/%s%s", script, below));
}

static const char *ray(struct arena *arena, const struct http_reply *reply)
{
    const char *id = http_header(reply, "cf-ray");
    return id ? cloudflare_safe(arena, id) : "none";
}

static int refuse_unread(struct arena *arena, const struct ask *ask, const struct http_reply *reply,
                         struct error *error)
{
    const char *mitigated = http_header(reply, "cf-mitigated");
    if (mitigated) {
        error_set(error, FAULT_REMOTE,
                  "cannot %s: the platform's firewall stopped the request (HTTP %ld, cf-ray %s)",
                  ask->what, reply->status, ray(arena, reply));
        return error_hint(error, "run it from another network, or give Cloudflare that cf-ray");
    }
    error_set(error, FAULT_REMOTE, "cannot %s: the answer is no JSON (HTTP %ld, cf-ray %s)",
              ask->what, reply->status, ray(arena, reply));
    return error_hint(error, "try again later; if it stays, give Cloudflare that cf-ray");
}

static bool is_absence(json_int_t code)
{
    return code == CODE_NO_SCRIPT || code == CODE_NO_SERVICE || code == CODE_NO_ENVIRONMENT;
}

/* Exceeding the limit blocks all calls for five minutes (section 5, Rate limits). */
static int refuse_throttled(const struct ask *ask, const struct http_reply *reply,
                            struct error *error)
{
    error_set(error, FAULT_REMOTE, "cannot %s: too many requests for this token (HTTP 429)",
              ask->what);
    if (reply->retry_after_s > 0)
        return error_hint(error,
                          "run it again in %lld s: until then the platform refuses all calls",
                          (long long)reply->retry_after_s);
    return error_hint(error, "wait five minutes: for that long the platform refuses all calls");
}

static bool holds(const struct ask *ask, const json_t *result)
{
    const json_t *value = ask->key ? json_object_get(result, ask->key) : result;
    switch (ask->holds) {
    case HOLDS_STRING:
        return json_is_string(value) && json_string_length(value) > 0;
    case HOLDS_ARRAY:
        return json_is_array(value);
    case HOLDS_BOOLEAN:
        return json_is_boolean(value);
    case HOLDS_ANY:
        break;
    }
    return true;
}

/* Done, perhaps, but what came of it cannot be read. */
static int refuse_shape(struct arena *arena, const struct ask *ask, const struct http_reply *reply,
                        struct answer *out, struct error *error)
{
    out->unclear = true;
    out->result = NULL;
    error_set(error, FAULT_REMOTE, "cannot %s: the answer holds no %s (HTTP %ld, cf-ray %s)",
              ask->what, ask->key ? arena_printf(arena, "'%s' as it should", ask->key) : "list",
              reply->status, ray(arena, reply));
    return error_hint(error, "try again later; if it stays, give Cloudflare that cf-ray");
}

/* `success` decides, not the status (section 1). */
int cloudflare_read_reply(struct arena *arena, const struct ask *ask,
                          const struct http_reply *reply, struct answer *out, struct error *error)
{
    json_t *document;
    struct error unread;
    *out = (struct answer){0};
    if (reply->body.size == 0 && (reply->status == 204 || reply->status == 205))
        return ask->holds == HOLDS_ANY ? 0 : refuse_shape(arena, ask, reply, out, error);
    bool is_json = !http_header(reply, "cf-mitigated") &&
                   json_read(arena, reply->body, "answer", FAULT_REMOTE, &document, &unread) == 0 &&
                   json_is_boolean(json_object_get(document, "success"));
    if (!is_json) {
        out->unclear = reply->status >= 500 || reply->status < 400;
        return refuse_unread(arena, ask, reply, error);
    }
    if (json_is_true(json_object_get(document, "success"))) {
        out->result = json_object_get(document, "result");
        return holds(ask, out->result) ? 0 : refuse_shape(arena, ask, reply, out, error);
    }
    out->code = json_find_integer(document, "errors[0].code", 0);
    out->absent = is_absence(out->code);
    if (out->absent && ask->may_lack)
        return 0;
    out->unclear = reply->status >= 500;
    if (reply->status == 429)
        return refuse_throttled(ask, reply, error);
    out->refused = cloudflare_is_about_credentials(out->code);
    return cloudflare_refuse(arena, ask, out->code,
                             json_find_string(document, "errors[0].message", "it says no reason"),
                             error);
}

/* A token; else the legacy key with the user's address, which is no secret (section 1). */
static void attach(const struct job *job, struct http_header *headers, struct http_request *request)
{
    const char *token = job_secret(job, "token"), *email = job_secret(job, "email");
    request->credentials = (struct http_credentials){.scheme = HTTP_AUTH_HEADER,
                                                     .header = "Authorization",
                                                     .prefix = "Bearer ",
                                                     .secret = token};
    if (token || !email || !job_secret(job, "key"))
        return;
    request->credentials = (struct http_credentials){.scheme = HTTP_AUTH_HEADER,
                                                     .header = "X-Auth-Key",
                                                     .prefix = "",
                                                     .secret = job_secret(job, "key")};
    headers[request->header_count++] = (struct http_header){"X-Auth-Email", email};
}

int cloudflare_call(const struct job *job, const struct ask *ask, struct answer *out,
                    struct error *error)
{
    struct http_header headers[2];
    struct http_reply reply;
    struct http_request request = {
        .method = ask->method,
        .url = arena_printf(job->arena, "%s%s", job_endpoint(job, "api"), ask->path),
        .headers = headers,
        .parts = ask->parts,
        .part_count = ask->part_count,
        .repeat = ask->once ? HTTP_REPEAT_NEVER : HTTP_REPEAT_SAFE,
    };
    attach(job, headers, &request);
    if (ask->json) {
        headers[request.header_count++] = (struct http_header){"Content-Type", "application/json"};
        request.body = bytes_of(json_print(job->arena, ask->json));
    }
    if (http_send(job->http, job->arena, &request, &reply, error) != 0) {
        *out = (struct answer){.unclear = true};
        return error_prefix(error, "cannot %s", ask->what);
    }
    int status = cloudflare_read_reply(job->arena, ask, &reply, out, error);
    if (status != 0 && out->refused)
        cloudflare_blame(job, ask, out->code, error);
    return status;
}
