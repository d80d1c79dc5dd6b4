#include "pkg/http/http.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "pkg/base/arena.h"
#include "pkg/base/world.h"
#include "pkg/http/retry.h"
#include "pkg/http/transfer.h"

static CURLcode global_status; /* written once, before the first handle */

static void open_library(void)
{
    global_status = curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void close_http(void *handle)
{
    struct http *http = handle;
    curl_easy_cleanup(http->easy);
    curl_multi_cleanup(http->multi);
}

int http_open(struct arena *arena, const struct world *world, struct http **out,
              struct error *error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, open_library);
    if (global_status != CURLE_OK)
        return error_set(error, FAULT_REMOTE, "cannot start libcurl: %s",
                         curl_easy_strerror(global_status));
    struct http *http = arena_alloc(arena, 1, sizeof *http);
    *http = (struct http){.world = world, .easy = curl_easy_init(), .multi = curl_multi_init()};
    arena_defer(arena, close_http, http);
    if (!http->easy || !http->multi)
        return error_set(error, FAULT_REMOTE, "cannot start libcurl: out of memory");
    *out = http;
    return 0;
}

static uint32_t random_word(const struct world *world)
{
    uint8_t bytes[4];
    world->random(world->context, bytes, sizeof bytes);
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static int pause_before_retry(struct http *http, const struct url *url, const char *why,
                              unsigned attempt, int64_t wait, struct error *error)
{
    world_say(http->world, url->name, "%s; trying again in %lld.%lld s (try %u of %d)", why,
              (long long)(wait / 1000), (long long)(wait % 1000 / 100), attempt + 1,
              RETRY_ATTEMPTS);
    world_sleep(http->world, wait);
    http->stats.retries++;
    return world_stopped(http->world, error);
}

/* The reply is the caller's; that its wait is not waited for is said, as the waits are. */
static void give_up(const struct http *http, const struct url *url,
                    const struct retry_question *question, struct http_reply *out)
{
    int64_t wanted = retry_wanted(question);
    out->retry_after_s = wanted > 0 ? (wanted + 999) / 1000 : 0;
    if (wanted > RETRY_LONGEST_MS && (out->status == 429 || out->status >= 500))
        world_say(http->world, url->name,
                  "status %ld; it wants %lld s without requests, which is too long to wait here",
                  out->status, (long long)out->retry_after_s);
}

/* One try; how it ended goes into the question. -1: no sense in asking. */
static int try_once(struct http *http, struct arena *arena, const struct http_request *request,
                    const struct url *url, struct retry_question *question, struct http_reply *out,
                    struct error *error)
{
    struct curl_slist *headers;
    if (transfer_headers(arena, http->world, request, url, &headers, error) != 0)
        return -1;
    http->stats.requests++;
    question->end = RETRY_PERMANENT;
    if (transfer(http, arena, request, url, headers, out, &question->end, error) != 0)
        return -1;
    question->asked = question->end == RETRY_REPLY && request->again && request->again(out);
    question->now = world_now(http->world);
    question->random = random_word(http->world);
    return 0;
}

void http_before_change(struct http *http, void (*tell)(void *context), void *context)
{
    http->tell = tell;
    http->tell_context = context;
}

void http_announce(struct http *http)
{
    void (*tell)(void *) = http->tell;
    http->tell = NULL;
    if (tell)
        tell(http->tell_context);
}

static bool is_read(const struct http_request *request)
{
    return request->reads || strcmp(request->method, "GET") == 0 ||
           strcmp(request->method, "HEAD") == 0;
}

int http_send(struct http *http, struct arena *arena, const struct http_request *request,
              struct http_reply *out, struct error *error)
{
    assert(request->part_count == 0 || request->credentials.scheme != HTTP_AUTH_AWS);
    assert(!request->address || request->credentials.scheme == HTTP_AUTH_NONE);
    assert(!request->link_local || request->credentials.scheme != HTTP_AUTH_AWS);
    struct url url;
    if (url_parse(arena, request->url, request->link_local, &url, error) != 0)
        return -1;
    http->timed_out = false;
    if (!is_read(request))
        http_announce(http);
    struct retry_question question = {.reply = out, .repeat = request->repeat};
    for (;;) {
        struct error failure = {0};
        question.attempt++;
        if (try_once(http, arena, request, &url, &question, out, &failure) != 0) {
            *error = failure;
            return -1;
        }
        int64_t wait = retry_wait(&question);
        if (wait < 0 && question.end == RETRY_REPLY) {
            give_up(http, &url, &question, out);
            return 0;
        }
        if (wait < 0) {
            *error = failure;
            return -1;
        }
        const char *why = question.end == RETRY_REPLY
                              ? arena_printf(arena, "status %ld", out->status)
                              : failure.message;
        if (pause_before_retry(http, &url, why, question.attempt, wait, error) != 0)
            return -1;
    }
}

const char *http_header(const struct http_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcasecmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

int64_t http_date(const char *text)
{
    return strlen(text) < 64 ? (int64_t)curl_getdate(text, NULL) : -1;
}

struct http_stats http_statistics(const struct http *http)
{
    return http->stats;
}

char *http_escape(struct arena *arena, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-_.~";
    char *out = arena_alloc(arena, strlen(text) * 3 + 1, 1), *end = out;
    for (; *text; text++) {
        if (strchr(plain, *text))
            *end++ = *text;
        else
            end += snprintf(end, 4, "%%%02X", (unsigned)(unsigned char)*text);
    }
    return out;
}

bool http_timed_out(const struct http *http)
{
    return http->timed_out;
}
