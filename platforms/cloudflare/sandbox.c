/* Cloudflare's API on loopback: who may ask, how often, and which answer is whose. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/cloudflare/sandbox_call.h"

/* Contract section 5, "Rate limits" (2026-04-20): 1,200 requests in 5 minutes a token; who exceeds
   it is blocked for 5 minutes. */
enum { QUOTA = 1200, WINDOW_MS = 300 * 1000, BLOCK_MS = 300 * 1000, MOST_WORDS = 10 };

static void envelope(struct call *call, unsigned status, json_t *document)
{
    sandbox_reply_json(call->request, call->reply, status, document);
}

void workers_answer(struct call *call, json_t *result)
{
    envelope(
        call, 200,
        json_pack("{s:o, s:b, s:[], s:[]}", "result", result, "success", 1, "errors", "messages"));
}

void workers_answer_page(struct call *call, json_t *items, size_t total, json_int_t page,
                         json_int_t per_page)
{
    json_t *list = json_object_get(items, "items");
    json_int_t count = (json_int_t)json_array_size(list ? list : items), all = (json_int_t)total;
    json_int_t pages = per_page > 0 ? (all + per_page - 1) / per_page : 1;
    envelope(call, 200,
             json_pack("{s:o, s:b, s:[], s:[], s:{s:I, s:I, s:I, s:I, s:I}}", "result", items,
                       "success", 1, "errors", "messages", "result_info", "page", page, "per_page",
                       per_page, "total_pages", pages, "count", count, "total_count", all));
}

void workers_fail_with(struct call *call, unsigned status, json_t *failure)
{
    call->reply->header_count = 0;
    envelope(call, status,
             json_pack("{s:n, s:b, s:[o], s:[]}", "result", "success", 0, "errors", failure,
                       "messages"));
}

void workers_fail(struct call *call, unsigned status, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = arena_vprintf(call->arena, format, arguments);
    va_end(arguments);
    workers_fail_with(
        call, status,
        json_pack("{s:i, s:o}", "code", code, "message", json_text(text, strlen(text))));
}

int workers_save(struct call *call, const char *key, json_t *document)
{
    if (sandbox_save(call->sandbox, key, document) == 0)
        return 0;
    workers_fail(call, 500, 10002, "the sandbox cannot write its state");
    return -1;
}

int workers_save_script(struct call *call)
{
    json_object_set_new(call->script, "modified_on", json_string(workers_now(call)));
    return workers_save(call, arena_printf(call->arena, "cloudflare/scripts/%s", call->name),
                        call->script);
}

const char *workers_now(const struct call *call)
{
    char *text = text_time(call->arena, call->request->now / 1000);
    return arena_printf(call->arena, "%.19s.%03d000Z", text, (int)(call->request->now % 1000));
}

const char *workers_source(const struct call *call)
{
    const char *agent = sandbox_header(call->request, "User-Agent");
    return agent && strncmp(agent, "wrangler/", 9) == 0 ? "wrangler" : "api";
}

/* Counts the request; -1 when the token is over its quota, which has then been answered. */
static int take_quota(struct call *call)
{
    json_int_t now = call->request->now,
               quota = QUOTA / (json_int_t)sandbox_rate_scale(call->sandbox);
    json_t *state = sandbox_load(call->sandbox, call->arena, "cloudflare/quota");
    json_int_t start = json_find_integer(state, "start", 0),
               count = json_find_integer(state, "count", 0);
    json_int_t blocked = json_find_integer(state, "blocked_until", 0);
    quota = quota < 1 ? 1 : quota;
    if (now < start || now >= start + WINDOW_MS)
        start = now, count = 0;
    if (now >= blocked && ++count > quota)
        blocked = now + BLOCK_MS, start = blocked - WINDOW_MS, count = 0;
    state = json_own(call->arena, json_pack("{s:I, s:I, s:I}", "start", start, "count", count,
                                            "blocked_until", blocked));
    if (workers_save(call, "cloudflare/quota", state) != 0)
        return -1;
    bool over = now < blocked;
    json_int_t seconds = ((over ? blocked : start + WINDOW_MS) - now + 999) / 1000;
    if (over)
        workers_fail(call, 429, 971, "Please wait and consider throttling your request speed");
    sandbox_reply_header(call->reply, "Ratelimit",
                         arena_printf(call->arena, "\"default\";r=%lld;t=%lld",
                                      (long long)(over ? 0 : quota - count), (long long)seconds));
    sandbox_reply_header(
        call->reply, "Ratelimit-Policy",
        arena_printf(call->arena, "\"default\";q=%lld;w=%d", (long long)quota, WINDOW_MS / 1000));
    if (!over)
        return 0;
    sandbox_reply_header(call->reply, "Retry-After",
                         arena_printf(call->arena, "%lld", (long long)seconds));
    return -1;
}

/* Compares the words with a pattern; fills the call's args. */
static bool fits(struct call *call, const char *pattern, const char **words, size_t count)
{
    size_t args = 0;
    for (size_t i = 0; i < count; i++) {
        size_t size = strcspn(pattern, "/");
        bool any = size == 1 && (*pattern == '?' || *pattern == '@');
        if (!any && (strlen(words[i]) != size || strncmp(pattern, words[i], size) != 0))
            return false;
        if (*pattern == '?')
            call->args[args++] = words[i];
        pattern += size;
        if ((*pattern == '\0') != (i + 1 == count))
            return false;
        pattern += *pattern == '/';
    }
    return count > 0;
}

/* The route for the request; `known` when the path is one, with another method. */
static const struct route *find_route(struct call *call, const char **words, size_t count,
                                      bool *known)
{
    const struct route *const tables[] = {workers_account_routes, workers_script_routes,
                                          workers_version_routes, workers_secret_routes,
                                          workers_zone_routes};
    *known = false;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct route *route = tables[i]; route->method; route++) {
            if (!fits(call, route->pattern, words, count))
                continue;
            *known = true;
            if (strcmp(route->method, call->request->method) == 0)
                return route;
        }
    return NULL;
}

static bool is_hex_id(const char *word)
{
    return strlen(word) == 32 && strspn(word, "0123456789abcdef") == 32;
}

/* Contract section 3, "script name rule". */
static bool is_script_name(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789-_";
    size_t size = strlen(name);
    return size >= 1 && size <= 63 && strspn(name, letters) == size && name[0] != '-';
}

static int read_script(struct call *call, unsigned needs)
{
    call->name = call->args[0];
    if (!is_script_name(call->name)) {
        workers_fail(call, 400, 10016, "workers.api.error.invalid_script_name");
        return -1;
    }
    call->script = sandbox_load(call->sandbox, call->arena,
                                arena_printf(call->arena, "cloudflare/scripts/%s", call->name));
    if (call->script || (needs & ROUTE_SCRIPT) != ROUTE_SCRIPT)
        return 0;
    if ((needs & ROUTE_SERVICE) == ROUTE_SERVICE)
        workers_fail(call, 404, 10090, "workers.api.error.service_not_found");
    else
        workers_fail(call, 404, 10007, "This Worker does not exist on your account.");
    return -1;
}

static int read_json(struct call *call)
{
    struct error error;
    const char *type = sandbox_header(call->request, "Content-Type");
    bool right = type && (strncmp(type, "application/json", 16) == 0 ||
                          strncmp(type, "application/merge-patch+json", 28) == 0);
    if (!right) {
        workers_fail(call, 400, 10001, "workers.api.error.unexpected_content_type");
        return -1;
    }
    if (json_read(call->arena, call->request->body, "body", FAULT_INPUT, &call->body, &error) == 0)
        return 0;
    workers_fail(call, 400, 10026, "Could not parse request body, %s", error.message);
    return -1;
}

static void no_route(struct call *call, const char *path)
{
    json_t *message = json_sprintf("Could not route to %s, perhaps your object identifier is "
                                   "invalid?",
                                   text_safe(call->arena, path, strlen(path)));
    workers_fail_with(call, 404, json_pack("{s:i, s:o}", "code", 7003, "message", message));
}

/* The account in the path is the token's, or -1. */
static int check_account(struct call *call, const char **words, size_t count)
{
    if (count < 2 || strcmp(words[0], "accounts") != 0)
        return 0;
    if (!is_hex_id(words[1])) {
        no_route(call, call->request->path);
        return -1;
    }
    if (strcmp(words[1], WORKERS_ACCOUNT) == 0)
        return 0;
    workers_fail(call, 403, 10000, "Authentication error");
    return -1;
}

static void dispatch(struct call *call)
{
    size_t count;
    bool known;
    const char **words = sandbox_words(call->request, &count);
    if (count < 3 || count > MOST_WORDS || strcmp(words[0], "client") != 0 ||
        strcmp(words[1], "v4") != 0) {
        no_route(call, call->request->path);
        return;
    }
    if (workers_authorize(call, words + 2, count - 2) != 0 ||
        check_account(call, words + 2, count - 2) != 0)
        return;
    const struct route *route = find_route(call, words + 2, count - 2, &known);
    if (!route && known)
        workers_fail(call, 405, 10405, "Method not allowed for this authentication scheme");
    else if (!route)
        no_route(call, call->request->path);
    if (!route)
        return;
    if ((route->needs & ROUTE_SCRIPT_NAME) && read_script(call, route->needs) != 0)
        return;
    if ((route->needs & ROUTE_JSON) && read_json(call) != 0)
        return;
    route->answer(call);
}

static struct call begin(struct sandbox *sandbox, const struct sandbox_request *request,
                         struct sandbox_reply *reply)
{
    return (struct call){
        .sandbox = sandbox, .request = request, .reply = reply, .arena = request->arena};
}

static void handle(struct sandbox *sandbox, const struct sandbox_request *request,
                   struct sandbox_reply *reply)
{
    struct call call = begin(sandbox, request, reply);
    struct sandbox_reply limits = {0};
    call.reply = &limits;
    if (workers_authenticate(&call) != 0 || take_quota(&call) != 0) {
        *reply = limits;
        return;
    }
    call.reply = reply;
    dispatch(&call);
    for (size_t i = 0; i < limits.header_count; i++)
        sandbox_reply_header(reply, limits.headers[i].name, limits.headers[i].value);
}

static void refuse(struct sandbox *sandbox, const struct sandbox_request *request, unsigned status,
                   struct sandbox_reply *reply)
{
    static const struct {
        unsigned status;
        int code;
        const char *message;
    } words[] = {
        {401, 10000, "Authentication error"},
        {403, 10000, "Authentication error"},
        {404, 10007, "workers.api.error.script_not_found"},
        {409, 10035, "Multiple attempts to modify a resource occurred at the same time"},
        {412, 10018, "workers.api.error.etag_mismatch"},
        {413, 10027, "Your Worker exceeded the size limit of 64 MiB."},
        {429, 971, "Please wait and consider throttling your request speed"},
        {500, 10002, "workers.api.error.internal_server"},
    };
    struct call call = begin(sandbox, request, reply);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].status == status) {
            workers_fail(&call, status, words[i].code, "%s", words[i].message);
            return;
        }
    workers_fail(&call, status, 10013, "An unknown error has occurred");
}

const struct sandbox_api sandbox_cloudflare = {
    .prefix = WORKERS_PREFIX,
    .handle = handle,
    .refuse = refuse,
    .environment = {{"CLOUDFLARE_API_BASE_URL", "%s" WORKERS_PREFIX "/client/v4"},
                    {"CLOUDFLARE_API_TOKEN", WORKERS_TOKEN},
                    {"CLOUDFLARE_ACCOUNT_ID", WORKERS_ACCOUNT}},
};
