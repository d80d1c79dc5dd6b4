/* Asks a url until just this version answers as the manifest says: tells stale, broken, slow and
   unreachable apart. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pkg/base/text.h"
#include "pkg/publish/verify.h"

enum {
    FIRST_WAIT_MS = 500,
    LONGEST_WAIT_MS = 15000,
    SAY_EVERY_MS = 30000,
    SHOW_EVERY_MS = 1000,
    LONGEST_TRY_MS = 20000, /* of one request, while there is time */
    SHORTEST_TRY_MS = 1000,
    DIGEST_SHOWN = 19 /* "sha256:" and 12 digits */
};

const char *verification_name(enum verification verification)
{
    static const char *const names[] = {NULL,          "ok",      "stale",   "broken", "slow",
                                        "unreachable", "changed", "missing", "unknown"};
    return names[verification];
}

struct patience patience_of(const struct pipeline *pipeline, const struct prepared *target)
{
    unsigned seconds = pipeline->options->timeout_s ? pipeline->options->timeout_s
                                                    : target->target->verify.timeout_s;
    int64_t now = world_now(pipeline->world);
    return (struct patience){
        .began = now, .deadline = now + (int64_t)seconds * 1000, .wait = FIRST_WAIT_MS};
}

static void say(struct pipeline *pipeline, struct prepared *target, struct patience *patience,
                const char *why)
{
    int64_t now = world_now(pipeline->world);
    if (patience->why && strcmp(patience->why, why) == 0 && now - patience->said < SAY_EVERY_MS)
        return;
    patience->why = why;
    patience->said = now;
    pipeline_step(pipeline, target,
                  arena_printf(target->job.arena, "%s (%lld of %lld s)", why,
                               (long long)(now - patience->began) / 1000,
                               (long long)(patience->deadline - patience->began) / 1000));
}

static void show_wait(const struct pipeline *pipeline, const struct prepared *target,
                      const struct patience *patience, bool over)
{
    const struct publish_options *options = pipeline->options;
    int64_t limit = over ? 0 : patience->deadline - patience->began;
    if (options->wait)
        options->wait(options->step_context, target->target->name,
                      (unsigned)((world_now(pipeline->world) - patience->began) / 1000),
                      (unsigned)(limit / 1000));
}

static void sleep_visibly(const struct pipeline *pipeline, const struct prepared *target,
                          const struct patience *patience, int64_t left)
{
    for (int64_t step; left > 0 && !world_interrupted(pipeline->world); left -= step) {
        step = left < SHOW_EVERY_MS ? left : SHOW_EVERY_MS;
        show_wait(pipeline, target, patience, false);
        world_sleep(pipeline->world, step);
    }
    show_wait(pipeline, target, patience, true);
}

bool patience_wait(struct pipeline *pipeline, struct prepared *target, struct patience *patience,
                   const char *why)
{
    int64_t left = patience->deadline - world_now(pipeline->world);
    if (left <= 0 || world_interrupted(pipeline->world))
        return false;
    say(pipeline, target, patience, why);
    sleep_visibly(pipeline, target, patience, patience->wait < left ? patience->wait : left);
    patience->wait = patience->wait * 2 < LONGEST_WAIT_MS ? patience->wait * 2 : LONGEST_WAIT_MS;
    return !world_interrupted(pipeline->world);
}

int unverified(struct prepared *target, enum verification verification, const char *format, ...)
{
    char text[sizeof target->error.message];
    va_list words;
    va_start(words, format);
    vsnprintf(text, sizeof text, format, words);
    va_end(words);
    target->verification = verification;
    return error_set(&target->error, FAULT_UNVERIFIED, "%s", text);
}

static bool contains(struct bytes body, const char *word)
{
    size_t size = strlen(word);
    for (size_t at = 0; at + size <= body.size; at++)
        if (memcmp(body.data + at, word, size) == 0)
            return true;
    return false;
}

/* The version that our glue says it is, as we write it: "sha256:" and 64 digits; else NULL. */
static const char *version_in(struct arena *arena, const struct http_reply *reply)
{
    const char *value = http_header(reply, GLUE_VERSION);
    if (!value || strncmp(value, "sha256:", 7) != 0 || strlen(value) != 71 ||
        strspn(value + 7, "0123456789abcdef") != 64)
        return NULL;
    return arena_strdup(arena, value);
}

/* An answer that came: of this version, as wanted? */
static int judge(struct prepared *target, const char *url, const struct http_reply *reply)
{
    const struct manifest_verify *wanted = &target->target->verify;
    const char *expected = target->deployment.artifact_sha256;
    long status = wanted->status ? wanted->status : 200;
    target->answered = version_in(target->job.arena, reply);
    if (target->answered && expected && strcmp(target->answered + 7, expected) != 0) {
        unverified(target, VERIFICATION_STALE,
                   "'%s' is answered by another version (%.*s, not sha256:%.12s)", url,
                   DIGEST_SHOWN, target->answered, expected);
        return error_hint(&target->error,
                          "wait longer with a larger verify.timeout_s, and look whether something "
                          "else serves this address");
    }
    if (reply->status != status)
        unverified(target, VERIFICATION_BROKEN, "'%s' answers with status %ld, %ld is expected",
                   url, reply->status, status);
    else if (wanted->contains && !contains(reply->body, wanted->contains))
        unverified(target, VERIFICATION_BROKEN, "'%s' answers without '%s'", url, wanted->contains);
    else
        return 0;
    if (target->answered)
        return error_hint(&target->error,
                          "it is this version that answers so: read the platform's "
                          "log of it, and run edge-deploy rollback -t %s",
                          target->target->name);
    return error_hint(&target->error, "read the platform's log, or run edge-deploy rollback -t %s",
                      target->target->name);
}

/* No whole answer. */
static int judge_silence(struct prepared *target, const char *url, const struct http_reply *reply,
                         long limit_ms)
{
    if (http_timed_out(target->job.http)) {
        unverified(target, VERIFICATION_SLOW, "'%s' does not answer within %ld s", url,
                   (limit_ms + 999) / 1000);
        return error_hint(&target->error, "try it by hand; if it needs that long, allow it a "
                                          "larger verify.timeout_s");
    }
    if (reply->status) { /* it answers, with more than we take */
        target->verification = VERIFICATION_BROKEN;
        return -1;
    }
    target->verification = VERIFICATION_UNREACHABLE;
    return error_hint(&target->error, "name and certificate of a new address take a while: run "
                                      "edge-deploy verify --timeout 600");
}

/* One request; -1 with verification and error. */
static int probe_once(struct prepared *target, const char *url, int64_t left)
{
    const struct manifest_verify *wanted = &target->target->verify;
    const struct deployment *made = &target->deployment;
    struct arena scratch = {0};
    struct http_reply reply = {0};
    struct http_header headers[2];
    long limit = left < LONGEST_TRY_MS ? (long)left : LONGEST_TRY_MS;
    limit = limit < SHORTEST_TRY_MS ? SHORTEST_TRY_MS : limit;
    struct http_request request = {.method = wanted->method ? wanted->method : "GET",
                                   .url = url,
                                   .headers = headers,
                                   .address = made->address,
                                   .repeat = HTTP_REPEAT_BY_CALLER,
                                   .reply_limit = LIMIT_PROBE,
                                   .timeout_ms = limit,
                                   .total_ms = limit};
    if (target->job.entry->glue && target->job.entry->glue[0])
        headers[request.header_count++] = (struct http_header){GLUE_VERSION, "?"};
    if (made->pin_name && made->pin_value)
        headers[request.header_count++] = (struct http_header){made->pin_name, made->pin_value};
    target->answered = NULL;
    int status = http_send(target->job.http, &scratch, &request, &reply, &target->error);
    status = status == 0 ? judge(target, url, &reply) : judge_silence(target, url, &reply, limit);
    arena_free(&scratch);
    return status;
}

static const char *probe_url(const struct prepared *target)
{
    const char *url = target->deployment.url ? target->deployment.url : target->live.url;
    const char *path = target->target->verify.path;
    if (!url)
        return NULL;
    size_t size = strlen(url);
    while (size && url[size - 1] == '/')
        size--;
    return arena_printf(target->job.arena, "%.*s%s%s", (int)size, url, path[0] == '/' ? "" : "/",
                        path);
}

/* What is still on its way is late, not broken. */
static void tell_late(struct prepared *target)
{
    struct deployment now = {0};
    struct error ignored = {0};
    if (!target->live.spreading ||
        target->job.entry->platform->live(&target->job, &now, &ignored) != 0 || !now.spreading)
        return;
    target->verification = VERIFICATION_SLOW;
    error_prefix(&target->error, "still spreading to all places");
    error_hint(&target->error, "run edge-deploy verify again in some minutes, or allow a larger "
                               "verify.timeout_s");
}

static int give_up(struct pipeline *pipeline, struct prepared *target,
                   const struct patience *patience)
{
    long long seconds = (world_now(pipeline->world) - patience->began + 999) / 1000;
    struct error *error = &target->error;
    target->probe = "not probed: stopped";
    if (world_interrupted(pipeline->world))
        return -1;
    tell_late(target);
    error->fault = FAULT_UNVERIFIED;
    size_t used = strlen(error->message);
    if (patience->tries > 1)
        snprintf(error->message + used, sizeof error->message - used, "; asked %u times in %lld s",
                 patience->tries, seconds);
    target->probe = arena_printf(target->job.arena, "failed: %s", error->message);
    return -1;
}

static const char *why_not(const struct pipeline *pipeline, const struct prepared *target,
                           const char *url)
{
    return !target->target->verify.path   ? "not probed: no verify.path"
           : pipeline->options->sandboxed ? "not probed: sandbox"
           : !url                         ? "not probed: no url"
                                          : NULL;
}

int probe(struct pipeline *pipeline, struct prepared *target, struct patience *patience)
{
    const char *url = target->target->verify.path ? probe_url(target) : NULL;
    const char *reason = why_not(pipeline, target, url);
    target->probe = reason ? reason : "ok";
    if (reason)
        return 0;
    pipeline_step(pipeline, target, "asking for an answer");
    for (;;) {
        int64_t left = patience->deadline - world_now(pipeline->world);
        patience->tries++;
        if (probe_once(target, url, left) == 0)
            return 0;
        if (!patience_wait(pipeline, target, patience,
                           arena_strdup(target->job.arena, target->error.message)))
            return give_up(pipeline, target, patience);
    }
}
