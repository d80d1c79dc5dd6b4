/* One request, and whether its answer is what the API documents. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/fastly/driver_parts.h"

enum { ATTEMPTS = 3, WAIT_MS = 2000 };

int compute_odd(struct error *error, const char *format, ...)
{
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    error_set(error, FAULT_REMOTE, "%s", message);
    return error_hint(error, "check FASTLY_API_ENDPOINT and proxies, then try again");
}

int compute_add_hint(struct error *error, const char *format, ...)
{
    char before[sizeof error->hint], added[sizeof error->hint];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(added, sizeof added, format, arguments);
    va_end(arguments);
    memcpy(before, error->hint, sizeof before);
    return error_hint(error, "%s%s%s", before, *before ? "; " : "", added);
}

static bool has_shape(const json_t *document, enum shape shape)
{
    return shape == SHAPE_ANY ||
           (shape == SHAPE_LIST ? json_is_array(document) : json_is_object(document));
}

/* A 2xx: JSON of the right shape, or nobody knows what has been done. */
static int read_good(struct arena *arena, const struct compute_ask *ask,
                     const struct http_reply *reply, struct compute_answer *out,
                     struct error *error)
{
    struct error unread;
    bool empty = reply->status == 204;
    bool is_json = !empty && json_read(arena, reply->body, "answer", FAULT_REMOTE, &out->document,
                                       &unread) == 0;
    if ((empty && ask->shape == SHAPE_ANY) || (is_json && has_shape(out->document, ask->shape)))
        return 0;
    out->document = NULL;
    out->unclear = true;
    return compute_odd(error, "cannot %s: the answer is no JSON%s (HTTP %ld)", ask->what,
                       !is_json                   ? ""
                       : ask->shape == SHAPE_LIST ? " list"
                                                  : " object",
                       reply->status);
}

/* The API says in JSON that something is not there; a page that says so is somebody else's. */
static bool is_absence(struct arena *arena, const struct http_reply *reply)
{
    struct error ignored;
    json_t *document = NULL;
    return reply->status == 404 &&
           json_read(arena, reply->body, "answer", FAULT_REMOTE, &document, &ignored) == 0 &&
           (json_find_string(document, "msg", NULL) ||
            json_is_array(json_object_get(document, "errors")));
}

int compute_read_reply(struct arena *arena, const struct compute_ask *ask,
                       const struct http_reply *reply, struct compute_answer *out,
                       struct error *error)
{
    *out = (struct compute_answer){0};
    if (ask->may_lack && is_absence(arena, reply)) {
        out->absent = true;
        return 0;
    }
    if (reply->status >= 200 && reply->status <= 299)
        return read_good(arena, ask, reply, out, error);
    out->unclear = reply->status >= 500;
    out->conflict = reply->status == 409;
    return compute_refuse(arena, ask, reply, error);
}

static struct http_credentials credentials(const struct job *job)
{
    return (struct http_credentials){.scheme = HTTP_AUTH_HEADER,
                                     .header = "Fastly-Key",
                                     .prefix = "",
                                     .secret = job_secret(job, "token")};
}

/* What the API says of the token, asked once a run; NULL when it does not. */
static const json_t *ask_token(const struct job *job)
{
    static const struct http_header accept = {"Accept", "application/json"};
    struct memory *memory = compute_memory(job);
    struct compute_ask ask = {.method = "GET", .path = "/tokens/self", .what = "ask"};
    struct compute_answer answer;
    struct http_reply reply;
    struct error ignored = {0};
    struct http_request request = {
        .method = ask.method,
        .url = arena_printf(job->arena, "%s%s", job_endpoint(job, "api"), ask.path),
        .headers = &accept,
        .header_count = 1,
        .body = bytes_of(""),
        .credentials = credentials(job),
        .repeat = HTTP_REPEAT_SAFE,
    };
    if (!memory->asked_token && !world_interrupted(job->world) &&
        http_send(job->http, job->arena, &request, &reply, &ignored) == 0 &&
        compute_read_reply(job->arena, &ask, &reply, &answer, &ignored) == 0)
        memory->token = answer.document;
    memory->asked_token = true;
    return memory->token;
}

void compute_explain(const struct job *job, const struct compute_ask *ask,
                     const struct http_reply *reply, struct error *error)
{
    bool of_token = reply->status == 401 || reply->status == 403 || reply->status == 404;
    compute_sharpen(job->arena, ask, reply, of_token ? ask_token(job) : NULL, world_now(job->world),
                    error);
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
        .credentials = credentials(job),
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
        if (garbled && compute_wait(job, attempt))
            continue;
        compute_explain(job, ask, &reply, error);
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
