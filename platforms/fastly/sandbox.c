/* Fastly's API on loopback: who may ask, how often, and which answer is whose. Written from
   contracts/fastly.md, not from the driver. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/fastly/sandbox_parts.h"

enum { WRITES_PER_HOUR = 1000, HOUR_MS = 3600 * 1000 }; /* contract section 1, rate limit */

void fastly_fail(struct call *call, unsigned status, const char *msg, const char *detail)
{
    json_t *document = json_pack("{s:s}", "msg", msg);
    if (detail)
        json_object_set_new(document, "detail", json_text(detail, strlen(detail)));
    sandbox_reply_json(call->request, call->reply, status, document);
}

void fastly_answer(struct call *call, unsigned status, json_t *document)
{
    sandbox_reply_json(call->request, call->reply, status, document);
}

void fastly_answer_ok(struct call *call)
{
    fastly_answer(call, 200, json_pack("{s:s}", "status", "ok"));
}

int fastly_save(struct call *call, const char *key, json_t *document)
{
    if (sandbox_save(call->sandbox, key, document) == 0)
        return 0;
    fastly_fail(call, 500, "Internal Server Error", "The sandbox cannot write its state");
    return -1;
}

char *fastly_service_key(struct call *call, const char *id)
{
    return arena_printf(call->arena, "fastly/services/%s", id);
}

char *fastly_version_key(struct call *call, const char *id, json_int_t number)
{
    return arena_printf(call->arena, "fastly/services/%s/versions/%lld", id, (long long)number);
}

char *fastly_package_key(struct call *call, json_int_t number)
{
    return arena_printf(call->arena, "%s/package", fastly_version_key(call, call->id, number));
}

int fastly_save_service(struct call *call)
{
    json_object_set_new(call->service, "updated_at", fastly_now(call));
    return fastly_save(call, fastly_service_key(call, call->id), call->service);
}

int fastly_save_version(struct call *call, json_int_t number, json_t *version)
{
    json_object_set_new(json_object_get(version, "public"), "updated_at", fastly_now(call));
    return fastly_save(call, fastly_version_key(call, call->id, number), version);
}

json_t *fastly_load_service(struct call *call, const char *id)
{
    return sandbox_load(call->sandbox, call->arena, fastly_service_key(call, id));
}

json_t *fastly_load_version(struct call *call, const char *id, json_int_t number)
{
    return sandbox_load(call->sandbox, call->arena, fastly_version_key(call, id, number));
}

json_int_t fastly_find_version(struct call *call, json_t *service, const char *flag)
{
    const char *id = json_find_string(service, "id", "");
    for (json_int_t number = json_find_integer(service, "last", 0); number > 0; number--) {
        json_t *version = fastly_load_version(call, id, number);
        if (json_is_true(json_object_get(json_object_get(version, "public"), flag)))
            return number;
    }
    return 0;
}

json_t *fastly_form(const struct call *call, const char *name)
{
    const char *value = sandbox_form(call->request, name);
    return value ? json_text(value, strlen(value)) : NULL;
}

json_t *fastly_now(const struct call *call)
{
    return json_string(text_time(call->arena, call->request->now / 1000));
}

char *fastly_new_id(struct call *call)
{
    return sandbox_random(call->sandbox, call->arena, 22,
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
}

/* What `fastly whoami` and every token command of the CLI ask first (contract section 1). */
static void openid(struct call *call)
{
    const char *base = sandbox_base(call->sandbox);
    const char *realm = arena_printf(call->arena, "%s" FASTLY_PREFIX "/realms/fastly", base);
    fastly_answer(call, 200,
                  json_pack("{s:s, s:s+, s:s+, s:s+, s:s+}", "issuer", realm,
                            "authorization_endpoint", realm, "/auth", "token_endpoint", realm,
                            "/token", "jwks_uri", realm, "/certs", "certs_endpoint", realm,
                            "/certs"));
}

/* Tokens of which something is wrong end in a word that says so. */
static const struct token {
    const char *ending, *scope, *service, *expires;
} tokens[] = {
    {"", "global", NULL, NULL},
    {"-read", "global:read", NULL, NULL},
    {"-purge", "purge_select purge_all", NULL, NULL},
    {"-limited", "global", "limitedService00000001", NULL},
    {"-ending", "global", NULL, "2099-01-01T00:00:00Z"},
};

/* NULL for none that is known; one that is over is none. */
static const struct token *token_of(const struct call *call)
{
    const char *value = sandbox_header(call->request, "Fastly-Key");
    size_t size = strlen(FASTLY_TOKEN);
    for (size_t i = 0; value && i < sizeof tokens / sizeof *tokens; i++)
        if (strncmp(value, FASTLY_TOKEN, size) == 0 && strcmp(value + size, tokens[i].ending) == 0)
            return &tokens[i];
    return NULL;
}

static void token_self(struct call *call)
{
    const struct token *token = token_of(call);
    json_t *services = token->service ? json_pack("[s]", token->service) : json_array();
    fastly_answer(call, 200,
                  json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s?}", "id",
                            "sandboxToken0000000001", "name", "sandbox", "user_id", FASTLY_USER,
                            "customer_id", FASTLY_CUSTOMER, "scope", token->scope, "services",
                            services, "created_at", "2026-01-01T00:00:00Z", "expires_at",
                            token->expires));
}

static void verify(struct call *call)
{
    json_t *services = json_object();
    size_t count = 0;
    const char **ids = sandbox_list(call->sandbox, call->arena, "fastly/services", &count);
    for (size_t i = 0; i < count; i++) {
        json_t *service = fastly_load_service(call, ids[i]);
        if (service)
            json_object_set(services, ids[i], json_object_get(service, "name"));
    }
    fastly_answer(call, 200,
                  json_pack("{s:{s:s, s:s}, s:{s:s, s:s, s:s}, s:o, s:{s:s, s:s, s:s, s:s}}",
                            "customer", "id", FASTLY_CUSTOMER, "name", "Sandbox", "user", "id",
                            FASTLY_USER, "name", "Sandbox", "login", "sandbox@example.com",
                            "services", services, "token", "id", "sandboxToken0000000001", "name",
                            "sandbox", "created_at", "2026-01-01T00:00:00Z", "scope", "global"));
}

static const struct route account_routes[] = {
    {"GET", "realms/fastly/.well-known/openid-configuration", NEEDS_NO_TOKEN, openid},
    {"GET", "tokens/self", NEEDS_NOTHING, token_self},
    {"GET", "verify", NEEDS_NOTHING, verify},
    {0}};

static bool path_matches(const struct call *call, const char *pattern)
{
    for (size_t i = 0; i < call->word_count; i++) {
        size_t size = strcspn(pattern, "/");
        bool any = size == 1 && *pattern == '*' && *call->words[i];
        if (!any && (strlen(call->words[i]) != size || memcmp(call->words[i], pattern, size) != 0))
            return false;
        pattern += size;
        if ((*pattern == '/') != (i + 1 < call->word_count))
            return false;
        pattern += *pattern == '/';
    }
    return call->word_count > 0;
}

/* The route of the request; `*known` says that the path has routes, perhaps of other methods. */
static const struct route *find_route(const struct call *call, bool *known)
{
    static const struct route *const tables[] = {
        account_routes,        fastly_service_routes, fastly_version_routes, fastly_package_routes,
        fastly_setting_routes, fastly_domain_routes,  fastly_store_routes};
    *known = false;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const struct route *route = tables[t]; route->method; route++) {
            if (!path_matches(call, route->pattern))
                continue;
            *known = true;
            if (strcmp(route->method, call->request->method) == 0)
                return route;
        }
    return NULL;
}

static bool is_write(const struct call *call)
{
    return strcmp(call->request->method, "GET") != 0 && strcmp(call->request->method, "HEAD") != 0;
}

/* Counts a write in the running hour of the clock and says on the reply what is left; -1 after a
   429. The headers are documented for writes; the wording of the refusal is from fastly/cli #1836
   (2026-06-27). */
static int spend(struct call *call)
{
    unsigned scale = sandbox_rate_scale(call->sandbox);
    json_int_t allowed = scale > 1 ? WRITES_PER_HOUR / (json_int_t)scale : WRITES_PER_HOUR;
    json_int_t hour = call->request->now / HOUR_MS;
    json_t *quota = sandbox_load(call->sandbox, call->arena, "fastly/quota");
    bool same = json_find_integer(quota, "hour", -1) == hour;
    json_int_t used = same ? json_find_integer(quota, "used", 0) : 0;
    bool refused = used >= allowed;
    if (!refused)
        used++;
    sandbox_reply_header(call->reply, "Fastly-RateLimit-Remaining",
                         arena_printf(call->arena, "%lld", (long long)(allowed - used)));
    sandbox_reply_header(call->reply, "Fastly-RateLimit-Reset",
                         arena_printf(call->arena, "%lld", (long long)(hour + 1) * 3600));
    if (refused) {
        fastly_fail(call, 429,
                    "You have exceeded your hourly rate limit. Please contact support@fastly.com "
                    "if you think this is a mistake.",
                    NULL);
        return -1;
    }
    quota = json_own(call->arena, json_pack("{s:I, s:I}", "hour", hour, "used", used));
    return fastly_save(call, "fastly/quota", quota);
}

/* What the token may not (contract section 4: 403 lacks scope; a service that it has no access to
   is 404 as if it were not there); -1 after the refusal. */
static int check_rights(struct call *call)
{
    const struct token *token = token_of(call);
    bool about_itself = call->word_count > 0 && strcmp(call->words[0], "tokens") == 0;
    bool is_service = call->word_count > 0 && strcmp(call->words[0], "service") == 0;
    bool reads = strncmp(token->scope, "global", 6) == 0;
    bool writes = strcmp(token->scope, "global") == 0;
    bool creates = is_service && call->word_count == 1 && is_write(call);
    if (about_itself)
        return 0;
    if (!reads || (is_write(call) && !writes) || (token->service && creates)) {
        fastly_fail(call, 403, "You are not authorized to perform this action", NULL);
        return -1;
    }
    if (token->service && is_service && call->word_count > 1 &&
        strcmp(call->words[1], token->service) != 0) {
        fastly_fail(call, 404, "Record not found", "Cannot find service");
        return -1;
    }
    return 0;
}

static json_int_t version_number(const char *word)
{
    size_t size = strspn(word, "0123456789");
    return word[size] || size == 0 || size > 9 ? 0 : strtoll(word, NULL, 10);
}

static int prepare_version(struct call *call, unsigned needs)
{
    call->number = version_number(call->words[3]);
    call->version = fastly_load_version(call, call->id, call->number);
    if (!call->version) {
        fastly_fail(call, 404, "Record not found", "Cannot find version");
        return -1;
    }
    if ((needs & NEEDS_DRAFT) == NEEDS_DRAFT &&
        json_find_bool(call->version, "public.locked", false)) {
        /* Shape and words from capture-errors.json, the status is one of the two named there. */
        fastly_fail(call, 409, "Conflict", "version is locked");
        return -1;
    }
    return 0;
}

/* Ids come from the path: what cannot be a key is unknown. */
static bool is_id(const char *word)
{
    size_t size = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    return size > 0 && size <= 64 && word[size] == '\0';
}

static int prepare(struct call *call, const struct route *route)
{
    if (route->needs & NEEDS_SERVICE) {
        call->id = call->words[1];
        call->service = is_id(call->id) ? fastly_load_service(call, call->id) : NULL;
        if (!call->service) {
            fastly_fail(call, 404, "Record not found", "Cannot find service");
            return -1;
        }
    }
    if ((route->needs & NEEDS_VERSION) == NEEDS_VERSION && prepare_version(call, route->needs) != 0)
        return -1;
    const char *type = sandbox_header(call->request, "Content-Type");
    if ((route->needs & NEEDS_FORM) &&
        (!type || strncmp(type, "application/x-www-form-urlencoded", 33) != 0)) {
        /* Inference: the status. That writes are forms is captured. */
        fastly_fail(call, 415, "Unsupported Media Type",
                    "Content-Type must be application/x-www-form-urlencoded");
        return -1;
    }
    return 0;
}

static void handle(struct sandbox *sandbox, const struct sandbox_request *request,
                   struct sandbox_reply *reply)
{
    struct call call = {sandbox, request, reply, request->arena, NULL, 0, NULL, NULL, NULL, 0};
    bool known;
    call.words = sandbox_words(request, &call.word_count);
    const struct route *route = find_route(&call, &known);
    bool is_open = route && (route->needs & NEEDS_NO_TOKEN);
    if (!is_open && !token_of(&call))
        fastly_fail(&call, 401, "Provided credentials are missing or invalid", NULL);
    else if (!is_open && check_rights(&call) != 0)
        return;
    else if (is_write(&call) && spend(&call) != 0)
        return;
    else if (!route && known)
        fastly_fail(&call, 405, "Method not allowed", NULL);
    else if (!route)
        fastly_fail(&call, 404, "Not found", NULL);
    else if (prepare(&call, route) == 0)
        route->answer(&call);
}

/* The platform's shape for any other status. */
static void refuse(struct sandbox *sandbox, const struct sandbox_request *request, unsigned status,
                   struct sandbox_reply *reply)
{
    struct call call = {sandbox, request, reply, request->arena, NULL, 0, NULL, NULL, NULL, 0};
    static const struct {
        unsigned status;
        const char *msg, *detail;
    } rows[] = {{400, "Bad request", NULL},
                {401, "Provided credentials are missing or invalid", NULL},
                {403, "You are not authorized to perform this action", NULL},
                {404, "Record not found", "Cannot find service"},
                {409, "Conflict", "version is locked"},
                {422, "Bad request", "main.wasm is invalid"},
                {429, "Too many requests", NULL},
                {500, "Internal Server Error", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].status == status) {
            fastly_fail(&call, status, rows[i].msg, rows[i].detail);
            return;
        }
    /* Seen in front of the API proper (contract section 4): no JSON at all. */
    sandbox_reply_text(reply, status, "text/plain",
                       "upstream connect error or disconnect/reset before headers");
}

const struct sandbox_api sandbox_fastly = {
    FASTLY_PREFIX,
    handle,
    {{"FASTLY_API_ENDPOINT", "%s" FASTLY_PREFIX},
     {"FASTLY_ACCOUNT_ENDPOINT", "%s" FASTLY_PREFIX},
     {"FASTLY_API_TOKEN", FASTLY_TOKEN},
     {NULL, NULL}},
    refuse,
};
