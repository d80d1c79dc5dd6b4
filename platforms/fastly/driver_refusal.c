/* What the platform's refusals mean in words for the user. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/fastly/driver_call.h"

enum { LONGEST_TEXT = 240, MINUTE_MS = 60000, LONGEST_WAIT_S = 24 * 3600 };

/* Section 4. The first row that fits holds: by the status, and by a word in the platform's text. */
static const struct refusal {
    long status;
    const char *word; /* NULL: any text */
    const char *sentence, *hint;
} refusals[] = {
    {400, "xtract metadata", "the platform cannot read the package:",
     "put fastly.toml and bin/main.wasm into one folder, "
     "at most 100 MB packed; build without debug info"},
    {400, "another customer", "a domain is somebody else's:", "name another one in 'domains'"},
    {400, "omain", "the platform does not accept a domain:", "look at 'domains'"},
    {400, NULL, "the platform does not accept it:", "look at the target's settings"},
    {401, NULL, "the token is not accepted:",
     "set FASTLY_API_TOKEN to a valid API token: this one is wrong, "
     "revoked or expired"},
    {403, NULL, "the token may not do this:",
     "use a token with scope 'global' whose user is an engineer of this service"},
    {404, NULL, "it is not there, or not for this token:",
     "check 'service_id' and that FASTLY_API_TOKEN has access to the service"},
    {409, "ocked", "the version is locked:", "publish again: a new version will be made"},
    {409, "aken", "the name is taken:", "set 'service_id', or another 'service_name'"},
    {409, NULL,
     "it collides with something else:", "publish again when nobody else changes the service"},
    {413, NULL, "the package is too large:", "make it smaller than 100 MB"},
    {422, "asm", "the platform does not accept the module:", "run 'edge-deploy check'"},
    {422, NULL, "the platform does not accept it:", "look at the target's settings"},
    {429, NULL,
     "too many changes within an hour (a token may make 1,000):", "try again within the hour"},
    {500, NULL, "the platform had an internal error:", "try again later"},
    {502, NULL, "the platform cannot be reached behind its front:", "try again later"},
    {503, NULL,
     "the platform is not available:", "try again later; very large packages can cause this too"},
    {504, NULL, "the platform took too long:", "try again later"},
};

/* "msg (detail)", or the title and detail of the first of "errors", or what there is; harmless. */
static char *reason(struct arena *arena, const struct http_reply *reply)
{
    struct error ignored;
    json_t *document = NULL;
    if (json_read(arena, reply->body, "answer", FAULT_REMOTE, &document, &ignored) != 0) {
        size_t size = reply->body.size < LONGEST_TEXT ? reply->body.size : LONGEST_TEXT;
        return size ? text_safe(arena, (const char *)reply->body.data, size)
                    : arena_strdup(arena, "without a reason");
    }
    const char *title = json_find_string(document, "msg", NULL);
    const char *detail = json_find_string(document, "detail", NULL);
    if (!title) {
        title = json_find_string(document, "errors[0].title", "without a reason");
        detail = json_find_string(document, "errors[0].detail", NULL);
    }
    char *text = detail && *detail ? arena_printf(arena, "%s (%s)", title, detail)
                                   : arena_strdup(arena, title);
    size_t size = strlen(text);
    return text_safe(arena, text, size < LONGEST_TEXT ? size : LONGEST_TEXT);
}

int compute_refuse(struct arena *arena, const struct compute_ask *ask,
                   const struct http_reply *reply, struct error *error)
{
    const char *text = reason(arena, reply);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *row = &refusals[i];
        if (row->status != reply->status || (row->word && !strstr(text, row->word)))
            continue;
        error_set(error, FAULT_REMOTE, "cannot %s: %s %s (HTTP %ld)", ask->what, row->sentence,
                  text, reply->status);
        return error_hint(error, "%s", row->hint);
    }
    return error_set(error, FAULT_REMOTE, "cannot %s: %s (HTTP %ld)", ask->what, text,
                     reply->status);
}

/* "ID" of "/service/ID/..." or ""; ids are letters and digits. */
static char *service_of(struct arena *arena, const char *path)
{
    static const char front[] = "/service/";
    if (strncmp(path, front, sizeof front - 1) != 0)
        return arena_strdup(arena, "");
    const char *id = path + sizeof front - 1;
    size_t size = strcspn(id, "/?");
    return id[size] == '?' ? arena_strdup(arena, "") : arena_copy(arena, id, size);
}

static bool has_service(const json_t *services, const char *id)
{
    size_t index;
    json_t *value;
    json_array_foreach(services, index, value)
    {
        const char *text = json_string_value(value);
        if (text && strcmp(text, id) == 0)
            return true;
    }
    return false;
}

/* A word of a list with spaces: "global" is none of "global:read purge_all". */
static bool has_word(const char *list, const char *word)
{
    size_t size = strlen(word);
    while (*list) {
        size_t length = strcspn(list, " ");
        if (length == size && strncmp(list, word, size) == 0)
            return true;
        list += length + strspn(list + length, " ");
    }
    return false;
}

/* RFC 3339 in UTC, as the API writes it: compares like text. */
static bool is_over(struct arena *arena, const char *time, int64_t now)
{
    enum { SECONDS_SIZE = 19 };
    return strlen(time) > SECONDS_SIZE &&
           strncmp(time, text_time(arena, now / 1000), SECONDS_SIZE) < 0;
}

static void sharpen_token(struct arena *arena, const struct compute_ask *ask, long status,
                          const json_t *token, int64_t now, struct error *error)
{
    const char *expires = json_find_string(token, "expires_at", "");
    const char *scope = json_find_string(token, "scope", NULL);
    const char *id = service_of(arena, ask->path);
    const json_t *services = json_object_get(token, "services");
    if (is_over(arena, expires, now))
        error_hint(error, "make a new token and set FASTLY_API_TOKEN: this one expired at %s",
                   text_safe(arena, expires, strlen(expires)));
    else if (scope && !has_word(scope, "global") && status != 404)
        error_hint(error, "use a token of scope 'global': the scope of this one is '%s'",
                   text_safe(arena, scope, strlen(scope)));
    else if (*id && json_array_size(services) > 0 && !has_service(services, id))
        error_hint(error, "use a token for service '%s': this one is limited to %zu other%s", id,
                   json_array_size(services), json_array_size(services) == 1 ? "" : "s");
    else if (status == 403)
        error_hint(error, "give the token's user the role of an engineer for this service: scope "
                          "and services of the token would do");
}

/* Seconds since 1970 of Fastly-RateLimit-Reset (section 1), or from what the server has asked for
   otherwise; 0: unknown. */
static int64_t quota_reset(const struct http_reply *reply, int64_t now)
{
    const char *reset = http_header(reply, "Fastly-RateLimit-Reset");
    if (reset)
        return strtoll(reset, NULL, 10);
    return reply->retry_after_s > 0 && reply->retry_after_s < LONGEST_WAIT_S
               ? now / 1000 + reply->retry_after_s
               : 0;
}

static void sharpen_quota(const struct http_reply *reply, int64_t now, struct error *error)
{
    int64_t reset = quota_reset(reply, now), minutes;
    if (reset <= now / 1000 || reset > now / 1000 + LONGEST_WAIT_S)
        return;
    minutes = (reset * 1000 - now + MINUTE_MS - 1) / MINUTE_MS;
    error_hint(error, "try again in %lld minute%s: until then the platform takes no more changes",
               (long long)minutes, minutes == 1 ? "" : "s");
}

void compute_sharpen(struct arena *arena, const struct compute_ask *ask,
                     const struct http_reply *reply, const json_t *token, int64_t now,
                     struct error *error)
{
    if (reply->status == 429 || (reply->status == 503 && reply->retry_after_s > 0))
        sharpen_quota(reply, now, error);
    else if (token)
        sharpen_token(arena, ask, reply->status, token, now, error);
}
