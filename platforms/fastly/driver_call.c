/* One request, and what the platform's refusals mean in words for the user. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/fastly/driver_parts.h"

enum { ATTEMPTS = 3, WAIT_MS = 2000, LONGEST_TEXT = 240 };

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
    {401, NULL, "the token is not accepted:", "set FASTLY_API_TOKEN to a valid API token"},
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

static int refuse(struct arena *arena, const struct compute_ask *ask,
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

int compute_read_reply(struct arena *arena, const struct compute_ask *ask,
                       const struct http_reply *reply, struct compute_answer *out,
                       struct error *error)
{
    struct error unread;
    *out = (struct compute_answer){0};
    if (reply->status == 404 && ask->may_lack) {
        out->absent = true;
        return 0;
    }
    if (reply->status < 200 || reply->status > 299) {
        out->unclear = reply->status >= 500;
        out->conflict = reply->status == 409;
        return refuse(arena, ask, reply, error);
    }
    if (reply->status == 204)
        return 0;
    if (json_read(arena, reply->body, "answer", FAULT_REMOTE, &out->document, &unread) == 0)
        return 0;
    out->unclear = true;
    error_set(error, FAULT_REMOTE, "cannot %s: the answer is no JSON (HTTP %ld)", ask->what,
              reply->status);
    return error_hint(error, "check FASTLY_API_ENDPOINT and proxies, then try again");
}

int compute_call(const struct job *job, const struct compute_ask *ask, struct compute_answer *out,
                 struct error *error)
{
    static const struct http_header headers[] = {
        {"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    struct http_reply reply;
    struct http_request request = {
        .method = ask->method,
        .url = arena_printf(job->arena, "%s%s", job_endpoint(job, "api"), ask->path),
        .headers = headers,
        .header_count = ask->form ? 2 : 1,
        .body = bytes_of(ask->form ? ask->form : ""),
        .parts = ask->parts,
        .part_count = ask->part_count,
        .credentials = {.scheme = HTTP_AUTH_HEADER,
                        .header = "Fastly-Key",
                        .prefix = "",
                        .secret = job_secret(job, "token")},
        .repeat = ask->once ? HTTP_REPEAT_NEVER : HTTP_REPEAT_SAFE,
    };
    for (unsigned attempt = 1;; attempt++) {
        if (http_send(job->http, job->arena, &request, &reply, error) != 0) {
            *out = (struct compute_answer){.unclear = true};
            return error_prefix(error, "cannot %s", ask->what);
        }
        if (compute_read_reply(job->arena, ask, &reply, out, error) == 0)
            return 0;
        /* pkg/http repeats what got no answer or a bad one; an answer that is no JSON is ours. */
        bool garbled = reply.status < 300 && !ask->once;
        if (!garbled || !compute_wait(job, attempt))
            return -1;
    }
}

bool compute_wait(const struct job *job, unsigned attempt)
{
    if (attempt >= ATTEMPTS || world_interrupted(job->world))
        return false;
    world_sleep(job->world, (int64_t)WAIT_MS * attempt);
    return !world_interrupted(job->world);
}

char *compute_field(struct arena *arena, const char *form, const char *name, const char *value)
{
    if (!value)
        return arena_strdup(arena, form);
    return arena_printf(arena, "%s%s%s=%s", form, *form ? "&" : "", name,
                        http_escape(arena, value));
}
