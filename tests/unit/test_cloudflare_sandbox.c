/* Requests at Cloudflare's sandbox half, good and bad; then every request of the captures
   (contracts/cloudflare/ beside the checkout), in the order in which wrangler sent them. */
#include <stdlib.h>

#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/json/json.h"
#include "pkg/platform/platform.h"
#include "pkg/sandbox/sandbox.h"
#include "tests/unit/unit.h"

extern const struct sandbox_api sandbox_cloudflare;

static const struct platform cloudflare = {.name = "cloudflare"};

#define A "/client/v4/accounts/5a4db0c5a4db0c5a4db0c5a4db0c5a4d"
#define S A "/workers/scripts/demo"

static const char module_js[] = "import m from \"./add.wasm\";\nexport default { fetch() {} };\n";

/* The sum of two numbers; a page size of 1 byte; a component; nothing after the header. */
static const uint8_t add[] = "\0asm\1\0\0\0"
                             "\1\7\1\x60\2\x7f\x7f\1\x7f"
                             "\3\2\1\0"
                             "\7\7\1\3add\0\0"
                             "\xa\x9\1\7\0\x20\0\x20\1\x6a\xb";
static const uint8_t pages[] = "\0asm\1\0\0\0"
                               "\5\4\1\x8\0\0";
static const uint8_t component[] = "\0asm\xd\0\1\0";
static const uint8_t garbage[] = "\0asm\1\0\0\0\xff\xff\xff\xff\xff";

struct box {
    struct arena *arena;
    struct sandbox *sandbox;
    int64_t now;
    const char *token, *agent;
    const char *ids[8]; /* of versions, in the order they were made: $1, $2 ... */
    size_t id_count;
};

static struct box open_box(struct arena *arena, unsigned rate_scale)
{
    struct bytes profile = {0};
    struct error error = {0};
    struct platform_entry *entries = arena_alloc(arena, 2, sizeof *entries);
    if (file_read(arena, "platforms/cloudflare/profile.json", LIMIT_MANIFEST, &profile, &error))
        abort();
    entries[0] =
        (struct platform_entry){&cloudflare, &sandbox_cloudflare, (const char *)profile.data, ""};
    struct sandbox_options options = {.state = unit_folder(arena),
                                      .rate_scale = rate_scale,
                                      .world = unit_world(arena),
                                      .platforms = entries};
    struct box box = {.arena = arena, .now = world_now(options.world)};
    if (sandbox_start(arena, &options, &box.sandbox, &error) != 0)
        abort();
    const char *token = sandbox_environment(box.sandbox, "CLOUDFLARE_API_TOKEN");
    box.token = arena_printf(arena, "Bearer %s", token);
    return box;
}

/* `path` holds the query too. */
static struct sandbox_reply ask(const struct box *box, const char *method, const char *path,
                                const char *type, struct bytes body)
{
    struct sandbox_reply reply = {0};
    struct sandbox_header headers[3];
    size_t header_count = 0, path_size = strcspn(path, "?");
    if (box->token)
        headers[header_count++] = (struct sandbox_header){"Authorization", box->token};
    if (type)
        headers[header_count++] = (struct sandbox_header){"Content-Type", type};
    if (box->agent)
        headers[header_count++] = (struct sandbox_header){"User-Agent", box->agent};
    struct sandbox_request request = {.arena = box->arena,
                                      .method = method,
                                      .target = arena_printf(box->arena, "/cf%s", path),
                                      .path = arena_copy(box->arena, path, path_size),
                                      .query = path[path_size] ? path + path_size + 1 : "",
                                      .headers = headers,
                                      .header_count = header_count,
                                      .body = body,
                                      .now = box->now};
    sandbox_cloudflare.handle(box->sandbox, &request, &reply);
    return reply;
}

static json_t *document_of(const struct box *box, const struct sandbox_reply *reply)
{
    struct error error;
    json_t *document = NULL;
    CHECK(json_read(box->arena, reply->body, "reply", FAULT_REMOTE, &document, &error) == 0);
    return document;
}

static struct bytes named_body(const char *name)
{
    if (strcmp(name, "@add") == 0)
        return (struct bytes){add, sizeof add - 1};
    if (strcmp(name, "@pages") == 0)
        return (struct bytes){pages, sizeof pages - 1};
    if (strcmp(name, "@component") == 0)
        return (struct bytes){component, sizeof component - 1};
    if (strcmp(name, "@garbage") == 0)
        return (struct bytes){garbage, sizeof garbage - 1};
    if (strcmp(name, "@js") == 0)
        return bytes_of(module_js);
    return bytes_of(name);
}

static void add_part(struct buffer *out, const char *name, const char *type, struct bytes body)
{
    int failed = buffer_printf(out, "--b\r\nContent-Disposition: form-data; name=\"%s\"", name);
    if (type)
        failed |= buffer_printf(out, "; filename=\"%s\"\r\nContent-Type: %s", name, type);
    failed |= buffer_printf(out, "\r\n\r\n") | buffer_add(out, body.data, body.size) |
              buffer_printf(out, "\r\n");
    if (failed)
        abort();
}

/* `parts`: "name;type;content" a line; metadata first unless NULL. */
static struct bytes form(struct arena *arena, const char *metadata, const char *parts)
{
    struct buffer *out = buffer_new(arena, LIMIT_REQUEST);
    char *lines = arena_strdup(arena, parts), *rest;
    if (metadata)
        add_part(out, "metadata", NULL, bytes_of(metadata));
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *type = strchr(line, ';'), *content = strchr(type + 1, ';');
        *type++ = *content++ = '\0';
        add_part(out, line, type, named_body(content));
    }
    if (buffer_printf(out, "--b--\r\n") != 0)
        abort();
    return buffer_bytes(out);
}

#define JS   "index.js;application/javascript+module;@js\n"
#define WASM "add.wasm;application/wasm;@add\n"
#define META "{\"main_module\":\"index.js\",\"compatibility_date\":\"2026-11-01\"}"

struct step {
    const char *method, *path; /* $1: the first version's id, and so on */
    const char *body;          /* JSON; NULL: none; the parts of a form when there is metadata */
    const char *metadata;      /* "" for a form without */
    unsigned status;
    const char *where, *is; /* the value at that path of the reply, as JSON; NULL: not looked at */
};

static const char *fill_in(const struct box *box, const char *text)
{
    const char *mark = text ? strchr(text, '$') : NULL;
    if (!mark)
        return text;
    const char *id = box->ids[mark[1] - '1'];
    return fill_in(box, arena_printf(box->arena, "%.*s%s%s", (int)(mark - text), text,
                                     id ? id : "?", mark + 2));
}

/* Remembers the id of a version that the reply brings. */
static void remember(struct box *box, const char *path, const json_t *reply)
{
    const char *plain = json_find_string(reply, "result.deployment_id", NULL);
    const char *id = json_find_string(reply, "result.id", NULL);
    if (plain)
        id = arena_printf(box->arena, "%.8s-%.4s-%.4s-%.4s-%s", plain, plain + 8, plain + 12,
                          plain + 16, plain + 20);
    if (plain || (id && strstr(path, "/versions")))
        box->ids[box->id_count++] = arena_strdup(box->arena, id);
}

static void take_step(struct box *box, const struct step *step)
{
    const char *path = fill_in(box, step->path), *text = fill_in(box, step->body);
    struct bytes body =
        step->metadata ? form(box->arena, step->metadata[0] ? step->metadata : NULL, step->body)
                       : bytes_of(text ? text : "");
    const char *type = step->metadata ? "multipart/form-data; boundary=b"
                       : step->body   ? "application/json"
                                      : NULL;
    struct sandbox_reply reply = ask(box, step->method, path, type, body);
    json_t *got = document_of(box, &reply);
    const json_t *value = step->where ? json_find(got, step->where) : NULL;
    bool right = reply.status == step->status &&
                 json_find_bool(got, "success", false) == (step->status < 300);
    if (step->where && step->is)
        right &= value && strcmp(json_print(box->arena, value), fill_in(box, step->is)) == 0;
    if (!CHECK(right))
        fprintf(stderr, "  %s %s: %u %s\n", step->method, path, reply.status,
                (const char *)reply.body.data);
    if (reply.status < 300 && strcmp(step->method, "GET") != 0)
        remember(box, path, got);
}

static void take_steps(const struct step *steps, size_t count)
{
    struct arena arena = {0};
    struct box box = open_box(&arena, 1);
    for (size_t i = 0; i < count; i++)
        take_step(&box, &steps[i]);
    arena_free(&arena);
}

#define CODE "errors[0].code"

/* One script's life. */
static const struct step life[] = {
    {"GET", A "/workers/services/demo", NULL, NULL, 404, CODE, "10090"},
    {"GET", S "/deployments", NULL, NULL, 404, CODE, "10007"},
    {"POST", S "/versions", JS WASM, META, 404, CODE, "10007"},
    {"PUT", S "?bindings_inherit=strict", JS WASM, META, 200, "result.handlers", "[\"fetch\"]"},
    {"GET", S "/deployments", NULL, NULL, 200, "result.deployments[0].versions",
     "[{\"version_id\":\"$1\",\"percentage\":100}]"},
    {"GET", S "/versions/$1", NULL, NULL, 200, "result.number", "1"},
    {"GET", S "/versions/$1", NULL, NULL, 200, "result.annotations",
     "{\"workers/triggered_by\":\"upload\"}"},
    {"POST", S "/versions", JS WASM,
     "{\"main_module\":\"index.js\",\"annotations\":{\"workers/message\":\"m\","
     "\"workers/commit_sha\":\"0123\"},\"bindings\":[{\"name\":\"V\",\"type\":\"plain_text\","
     "\"text\":\"v\"}]}",
     200, "result.annotations.workers/commit_sha", "\"0123\""},
    {"GET", S "/deployments", NULL, NULL, 200, "result.deployments[0].versions[0].version_id",
     "\"$1\""},
    {"GET", S "/versions?deployable=true", NULL, NULL, 200, "result.items[0].id", "\"$2\""},
    {"GET", S "/versions?page=2&per_page=1", NULL, NULL, 200, "result.items[0].id", "\"$1\""},
    {"GET", S "/versions?page=3&per_page=1", NULL, NULL, 200, "result.items", "[]"},
    {"POST", S "/deployments",
     "{\"strategy\":\"percentage\",\"versions\":[{\"version_id\":\"$2\",\"percentage\":10},"
     "{\"version_id\":\"$1\",\"percentage\":90}],\"annotations\":{\"workers/message\":\"c\"}}",
     NULL, 200, "result.annotations",
     "{\"workers/triggered_by\":\"deployment\",\"workers/message\":\"c\"}"},
    {"POST", S "/deployments",
     "{\"strategy\":\"percentage\",\"versions\":[{\"version_id\":\"$2\",\"percentage\":100}]}",
     NULL, 200, "result.versions[0].version_id", "\"$2\""},
    {"PUT", S "/secrets", "{\"name\":\"K\",\"text\":\"t\",\"type\":\"secret_text\"}", NULL, 200,
     "result", "{\"name\":\"K\",\"type\":\"secret_text\"}"},
    {"GET", S "/secrets", NULL, NULL, 200, "result", "[{\"name\":\"K\",\"type\":\"secret_text\"}]"},
    {"GET", S "/settings", NULL, NULL, 200, "result.bindings",
     "[{\"name\":\"V\",\"type\":\"plain_text\",\"text\":\"v\"},"
     "{\"name\":\"K\",\"type\":\"secret_text\"}]"},
    {"GET", S "/deployments", NULL, NULL, 200, "result.deployments[3].versions[0].version_id",
     "\"$1\""},
    /* A deploy keeps secrets when it says so, and inherits what it names. */
    {"POST", S "/versions?bindings_inherit=strict", JS WASM,
     "{\"main_module\":\"index.js\",\"keep_bindings\":[\"secret_text\"],"
     "\"bindings\":[{\"name\":\"V\",\"type\":\"inherit\"}]}",
     200, "result.resources.bindings",
     "[{\"name\":\"V\",\"type\":\"plain_text\",\"text\":\"v\"},"
     "{\"name\":\"K\",\"type\":\"secret_text\"}]"},
    {"POST", S "/versions?bindings_inherit=strict", JS WASM,
     "{\"main_module\":\"index.js\",\"bindings\":[{\"name\":\"W\",\"type\":\"inherit\"}]}", 400,
     CODE, "10057"},
    {"DELETE", S "/secrets/K?url_encoded=true", NULL, NULL, 200, "result", "null"},
    {"DELETE", S "/secrets/K", NULL, NULL, 404, CODE, "10056"},
    {"POST", S "/versions", JS WASM,
     "{\"main_module\":\"index.js\",\"bindings\":[{\"name\":\"W\",\"type\":\"inherit\"}]}", 200,
     "result.resources.bindings", "[]"},
    {"POST", S "/subdomain", "{\"enabled\":true}", NULL, 200, "result",
     "{\"enabled\":true,\"previews_enabled\":false}"},
    {"GET", A "/workers/workers/demo", NULL, NULL, 200, "result.subdomain.enabled", "true"},
    {"DELETE", A "/workers/services/demo?force=true", NULL, NULL, 200, "result.id", "\"demo\""},
    {"GET", S "/versions/$1", NULL, NULL, 404, CODE, "10007"},
    {"DELETE", S, NULL, NULL, 404, CODE, "10007"},
};

/* Each is refused as a first deploy. */
static const struct step refused[] = {
    {"PUT", S, "{}", NULL, 400, CODE, "10001"},
    {"PUT", S, NULL, NULL, 400, CODE, "10001"},
    {"PUT", A "/workers/scripts/-x", JS WASM, META, 400, CODE, "10016"},
    {"PUT", A "/workers/scripts/a%20b", JS WASM, META, 400, CODE, "10016"},
    {"PUT", S, JS WASM, "", 400, CODE, "10026"},
    {"PUT", S, JS WASM, "{", 400, CODE, "10026"},
    {"PUT", S, JS WASM, "[]", 400, CODE, "10026"},
    {"PUT", S, JS WASM, "{}", 400, CODE, "10026"},
    {"PUT", S, JS WASM, "{\"main_module\":\"index.js\",\"body_part\":\"index.js\"}", 400, CODE,
     "10026"},
    {"PUT", S, JS WASM, "{\"main_module\":\"main.js\"}", 400, "errors[0]",
     "{\"code\":10021,\"message\":\"Uncaught Error: No such module \\\"main.js\\\".\\n\"}"},
    {"PUT", S, JS WASM, "{\"main_module\":\"add.wasm\"}", 400, CODE, "10021"},
    {"PUT", S, JS WASM, "{\"body_part\":\"index.js\"}", 400, CODE, "10021"},
    {"PUT", S, JS WASM JS, META, 400, CODE, "10021"},
    {"PUT", S, JS "x;image/png;y\n" WASM, META, 400, CODE, "10001"},
    {"PUT", S, JS, META, 400, "errors[0].message",
     "\"Uncaught Error: No such module \\\"./add.wasm\\\".\\n  imported from "
     "\\\"index.js\\\"\\n\""},
    {"PUT", S, "index.js;application/javascript+module;fetch\n", META, 400, CODE, "10068"},
    {"PUT", S, JS "add.wasm;application/wasm;@component\n", META, 400, "errors[0].message",
     "\"Uncaught CompileError: WasmModuleObject::Compile(): expected version 01 00 00 00, found "
     "0d 00 01 00 @+4\\n  at index.js\\n\""},
    {"PUT", S, JS "add.wasm;application/wasm;@pages\n", META, 400, CODE, "10021"},
    {"PUT", S, JS "add.wasm;application/wasm;@garbage\n", META, 400, CODE, "10021"},
    {"PUT", S, JS "add.wasm;application/wasm;\n", META, 400, CODE, "10021"},
    {"PUT", S, JS WASM, "{\"main_module\":\"index.js\",\"compatibility_date\":\"2026-11-23\"}", 400,
     CODE, "10021"},
    {"PUT", S, JS WASM, "{\"main_module\":\"index.js\",\"compatibility_date\":\"2026-02-30\"}", 400,
     CODE, "10021"},
    {"PUT", S, JS WASM, "{\"main_module\":\"index.js\",\"annotations\":{\"workers/x\":\"\"}}", 400,
     CODE, "10026"},
    {"PUT", S, JS WASM,
     "{\"main_module\":\"index.js\",\"annotations\":{\"workers/commit_sha\":"
     "\"01234567890123456789012345678901234567890123456789012345678901234\"}}",
     400, CODE, "10026"},
    {"PUT", S, JS WASM, "{\"main_module\":\"index.js\",\"bindings\":[{\"type\":\"json\"}]}", 400,
     CODE, "10052"},
    {"PUT", S, JS WASM,
     "{\"main_module\":\"index.js\",\"bindings\":[{\"name\":\"X\",\"type\":\"wasm_module\","
     "\"part\":\"add.wasm\"}]}",
     400, CODE, "10021"},
    {"PUT", S, "sw.js;application/javascript;addEventListener\n" WASM,
     "{\"body_part\":\"sw.js\",\"bindings\":[{\"name\":\"X\",\"type\":\"wasm_module\","
     "\"part\":\"sub.wasm\"}]}",
     400, CODE, "10056"},
    {"PUT", S, "sw.js;application/javascript;addEventListener\n" JS WASM,
     "{\"body_part\":\"sw.js\"}", 400, CODE, "10021"},
    {"GET", S, NULL, NULL, 404, CODE, "10007"}, /* nothing of all that is there */
    {"PUT", S, "sw.js;application/javascript;addEventListener\nADD;application/wasm;@add\n",
     "{\"body_part\":\"sw.js\",\"bindings\":[{\"name\":\"ADD\",\"type\":\"wasm_module\","
     "\"part\":\"ADD\"}]}",
     200, "result.has_modules", "false"},
    {"POST", S "/versions", "sw.js;application/javascript;addEventListener\n",
     "{\"body_part\":\"sw.js\"}", 400, CODE, "10026"},
};

#define DEPLOY "{\"strategy\":\"percentage\",\"versions\":["
#define V1(p)  "{\"version_id\":\"$1\",\"percentage\":" #p "}"
#define V2(p)  "{\"version_id\":\"$2\",\"percentage\":" #p "}"

static const struct step shares[] = {
    {"PUT", S, JS WASM, META, 200, "result.deployment_id", NULL},
    {"POST", S "/versions", JS WASM, META, 200, "result.number", "2"},
    {"POST", S "/deployments", "{\"versions\":[" V1(100) "]}", NULL, 400, CODE, "10026"},
    {"POST", S "/deployments", DEPLOY "]}", NULL, 400, CODE, "10026"},
    {"POST", S "/deployments", DEPLOY V1(99) "]}", NULL, 400, CODE, "10026"},
    {"POST", S "/deployments", DEPLOY V1(60) "," V2(60) "]}", NULL, 400, CODE, "10026"},
    {"POST", S "/deployments", DEPLOY V1(50) "," V1(50) "]}", NULL, 400, CODE, "10026"},
    {"POST", S "/deployments", DEPLOY V1(0) "," V2(100) "]}", NULL, 400, CODE, "10026"},
    {"POST", S "/deployments", DEPLOY V1(1) "," V2(1) "," V2(98) "]}", NULL, 400, CODE, "10026"},
    {"POST", S "/deployments",
     DEPLOY "{\"version_id\":\"00000000-0000-4000-8000-000000000000\",\"percentage\":100}]}", NULL,
     404, CODE, "10007"},
    {"POST", S "/deployments", DEPLOY "{\"version_id\":\"../x\",\"percentage\":100}]}", NULL, 404,
     CODE, "10007"},
    {"POST", S "/deployments", "{\"strategy\"", NULL, 400, CODE, "10026"},
    {"POST", S "/deployments", NULL, NULL, 400, CODE, "10001"},
    {"GET", S "/deployments", NULL, NULL, 200, "result.deployments[0].versions",
     "[{\"version_id\":\"$1\",\"percentage\":100}]"},
    {"POST", S "/deployments", DEPLOY V1(0.01) "," V2(99.99) "]}", NULL, 200, "success", "true"},
};

static const struct step around[] = {
    {"GET", "/client/v4/user/tokens/verify", NULL, NULL, 200, "result.status", "\"active\""},
    {"GET", "/client/v4/user", NULL, NULL, 200, "result.email", "\"sandbox@example.com\""},
    {"GET", "/client/v4/accounts?page=1", NULL, NULL, 200, "result_info.total_count", "1"},
    {"GET", "/client/v4/memberships?page=1", NULL, NULL, 200, "result[0].status", "\"accepted\""},
    {"GET", "/client/v4/accounts/0123456789abcdef0123456789abcdef/workers/subdomain", NULL, NULL,
     403, CODE, "10000"},
    {"GET", "/client/v4/accounts/x/workers/subdomain", NULL, NULL, 404, CODE, "7003"},
    {"GET", "/client/v4/nothing", NULL, NULL, 404, CODE, "7003"},
    {"GET", "/", NULL, NULL, 404, CODE, "7003"},
    {"PATCH", S, NULL, NULL, 405, CODE, "10405"},
    {"GET", A "/workers/subdomain", NULL, NULL, 200, "result.subdomain", "\"edge-deploy-sandbox\""},
    {"GET", A "/workers/subdomains/free", NULL, NULL, 404, CODE, "10032"},
    {"PUT", A "/workers/subdomain", "{\"subdomain\":\"no.dots\"}", NULL, 400, CODE, "10026"},
    {"PUT", A "/workers/subdomain", "{\"subdomain\":\"mine\"}", NULL, 200, "result.subdomain",
     "\"mine\""},
    {"GET", A "/workers/subdomain", NULL, NULL, 200, "result.subdomain", "\"mine\""},
    {"PUT", S, JS WASM, META, 200, "success", "true"},
    {"GET", "/client/v4/zones?name=example.com", NULL, NULL, 200, "result[0].name",
     "\"example.com\""},
    {"GET", "/client/v4/zones?name=example.test", NULL, NULL, 200, "result", "[]"},
    {"PUT", S "/routes", "[{\"pattern\":\"example.com/*\",\"zone_name\":\"example.com\"}]", NULL,
     200, "result[0].script", "\"demo\""},
    {"PUT", S "/routes", "[{\"pattern\":\"example.test/*\",\"zone_name\":\"example.test\"}]", NULL,
     404, CODE, "7003"},
    {"GET", "/client/v4/zones/5a4db0c5a4db0c5a4db0c5a4db0ca001/workers/routes", NULL, NULL, 200,
     "result[0].pattern", "\"example.com/*\""},
    {"POST", "/client/v4/zones/5a4db0c5a4db0c5a4db0c5a4db0ca001/workers/routes",
     "{\"pattern\":\"a.example.com/*\",\"script\":\"none\"}", NULL, 404, CODE, "10007"},
    {"PUT", A "/workers/scripts/other", JS WASM, META, 200, "success", "true"},
    {"POST", "/client/v4/zones/5a4db0c5a4db0c5a4db0c5a4db0ca001/workers/routes",
     "{\"pattern\":\"example.com/*\",\"script\":\"other\"}", NULL, 409, CODE, "10020"},
    {"PUT", A "/workers/domains",
     "{\"hostname\":\"w.example.com\",\"service\":\"demo\",\"zone_name\":\"example.com\"}", NULL,
     200, "result.zone_name", "\"example.com\""},
    {"DELETE", S, NULL, NULL, 200, "result", "null"},
    {"GET", A "/workers/domains", NULL, NULL, 200, "result", "[]"},
    {"GET", "/client/v4/zones/5a4db0c5a4db0c5a4db0c5a4db0ca001/workers/routes", NULL, NULL, 200,
     "result", "[]"},
    {"PUT", A "/workers/domains", "{\"hostname\":\"wexample.com\",\"service\":\"other\"}", NULL,
     404, CODE, "7003"},
};

static void test_auth(void)
{
    static const struct {
        const char *token;
        unsigned status;
        json_int_t code;
    } rows[] = {{NULL, 401, 9106},         {"Bearer", 400, 6003},    {"Bearer ", 400, 6003},
                {"Bearer a b", 400, 6003}, {"Basic abc", 400, 6003}, {"Bearer wrong", 401, 10000}};
    struct arena arena = {0};
    struct box box = open_box(&arena, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        box.token = rows[i].token;
        struct sandbox_reply reply = ask(&box, "GET", "/client/v4/user", NULL, bytes_of(""));
        CHECK(reply.status == rows[i].status);
        CHECK(json_find_integer(document_of(&box, &reply), CODE, 0) == rows[i].code);
    }
    arena_free(&arena);
}

static const char *header_of(const struct sandbox_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

static void test_quota(void)
{
    struct arena arena = {0};
    struct box box = open_box(&arena, 400); /* 3 requests in 5 minutes */
    struct sandbox_reply reply;
    for (int i = 0; i < 3; i++) {
        reply = ask(&box, "GET", "/client/v4/user", NULL, bytes_of(""));
        CHECK(reply.status == 200);
    }
    CHECK_TEXT(header_of(&reply, "Ratelimit"), "\"default\";r=0;t=300");
    CHECK_TEXT(header_of(&reply, "Ratelimit-Policy"), "\"default\";q=3;w=300");
    reply = ask(&box, "GET", "/client/v4/user", NULL, bytes_of(""));
    CHECK(reply.status == 429);
    CHECK_TEXT(header_of(&reply, "Retry-After"), "300");
    box.now += 299 * 1000;
    reply = ask(&box, "GET", "/client/v4/user", NULL, bytes_of(""));
    CHECK(reply.status == 429);
    CHECK_TEXT(header_of(&reply, "Retry-After"), "1");
    box.now += 1000;
    CHECK(ask(&box, "GET", "/client/v4/user", NULL, bytes_of("")).status == 200);
    arena_free(&arena);
}

static void test_size(void)
{
    struct arena arena = {0};
    struct box box = open_box(&arena, 1);
    char *large = arena_alloc(&arena, (64 << 20) + 1, 1);
    memset(large, 'x', 64 << 20);
    const char *type = "multipart/form-data; boundary=b";
    struct bytes body = form(&arena, META, arena_printf(&arena, JS WASM "t;text/plain;%s", large));
    struct sandbox_reply reply = ask(&box, "PUT", S, type, body);
    CHECK(reply.status == 413 && json_find_integer(document_of(&box, &reply), CODE, 0) == 10027);
    body = form(&arena, META, arena_printf(&arena, JS WASM "t;application/source-map;%s", large));
    CHECK(ask(&box, "PUT", S, type, body).status == 200);
    arena_free(&arena);
}

/* What the header of sandbox_call.h promises those who look for what is live. */
static void test_state(void)
{
    struct arena arena = {0};
    struct box box = open_box(&arena, 1);
    struct bytes blob;
    struct step step = {"PUT", S, JS WASM, META, 200, NULL, NULL};
    take_step(&box, &step);
    json_t *script = sandbox_load(box.sandbox, &arena, "cloudflare/scripts/demo");
    const char *id = json_find_string(script, "deployments[0].versions[0].version_id", "");
    CHECK_TEXT(id, box.ids[0]);
    json_t *version =
        sandbox_load(box.sandbox, &arena, arena_printf(&arena, "cloudflare/versions/%s", id));
    CHECK_TEXT(json_find_string(version, "main", ""), "index.js");
    CHECK_TEXT(json_find_string(version, "parts[1].media_type", ""), "application/wasm");
    CHECK(sandbox_load_blob(box.sandbox, &arena, json_find_string(version, "parts[1].blob", ""),
                            &blob) == 0);
    CHECK(bytes_equal(blob, (struct bytes){add, sizeof add - 1}));
    struct sandbox_reply reply = ask(&box, "GET", S "/content/v2", NULL, bytes_of(""));
    CHECK(reply.status == 200);
    CHECK_TEXT(header_of(&reply, "cf-entrypoint"), "index.js");
    arena_free(&arena);
}

/* A captured upload with invented bodies: the metadata is as it was sent. */
static struct bytes captured_form(struct box *box, const json_t *parts)
{
    struct buffer *out = buffer_new(box->arena, LIMIT_REQUEST);
    size_t index;
    json_t *part;
    json_array_foreach(parts, index, part)
    {
        const char *disposition = json_find_string(part, "content_disposition", "");
        const char *type = json_find_string(part, "content_type", NULL);
        const char *name = strstr(disposition, "name=\"") + 6;
        json_t *metadata = json_object_get(part, "json");
        struct bytes body = metadata && type == NULL ? bytes_of(json_print(box->arena, metadata))
                            : type && strcmp(type, "application/wasm") == 0
                                ? named_body("@add")
                                : bytes_of("addEventListener(fetch)\nexport default {}\n");
        add_part(out, arena_copy(box->arena, name, strcspn(name, "\"")), type, body);
    }
    if (buffer_printf(out, "--b--\r\n") != 0)
        abort();
    return buffer_bytes(out);
}

/* Ids and the account of the capture, and what they are here. */
struct rename {
    const char *from, *to;
};

static char *replace_all(struct arena *arena, const char *text, const char *from, const char *to)
{
    struct buffer *out = buffer_new(arena, LIMIT_REPLY);
    for (const char *found; (found = strstr(text, from)); text = found + strlen(from))
        if (buffer_add(out, text, (size_t)(found - text)) || buffer_add(out, to, strlen(to)))
            abort();
    if (buffer_add(out, text, strlen(text)) != 0)
        abort();
    return arena_strdup(arena, buffer_text(out));
}

static char *rename_all(struct arena *arena, const char *text, const struct rename *names,
                        size_t count)
{
    char *out = arena_strdup(arena, text);
    for (size_t i = 0; i < count; i++)
        out = replace_all(arena, out, names[i].from, names[i].to);
    return out;
}

/* Keys of the captured result that ours lacks: one is printed. Values may differ. */
static bool has_keys(const json_t *captured, const json_t *ours, const char *path)
{
    static const char left_out[] = " pipeline_hash mutable_pipeline_id result_info note ";
    const char *key;
    json_t *value;
    if (json_is_array(captured) && json_is_array(ours))
        return json_array_size(captured) == 0 || json_array_size(ours) == 0 ||
               has_keys(json_array_get(captured, 0), json_array_get(ours, 0), path);
    json_object_foreach((json_t *)(uintptr_t)captured, key, value)
    {
        char word[128];
        snprintf(word, sizeof word, " %s ", key);
        json_t *own = json_object_get(ours, key);
        bool annotation = strncmp(key, "workers/", 8) == 0 || strcmp(path, "author") == 0;
        if (strstr(left_out, word) || annotation)
            continue;
        if (!own)
            fprintf(stderr, "  missing: %s.%s\n", path, key);
        if (!own || !has_keys(value, own, key))
            return false;
    }
    return true;
}

static const char *query_text(struct arena *arena, const json_t *query)
{
    const char *key, *text = "";
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)query, key, value)
    {
        text = arena_printf(arena, "%s%s%s=%s", text, text[0] ? "&" : "?", key,
                            json_string_value(value));
    }
    return text;
}

struct replay {
    struct box box;
    struct rename names[40];
    size_t name_count;
};

static void learn_id(struct replay *replay, const json_t *captured, const json_t *ours)
{
    const char *from = json_find_string(captured, "result.id", NULL);
    const char *to = json_find_string(ours, "result.id", NULL);
    bool is_uuid = from && to && strlen(from) == 36 && strlen(to) == 36;
    if (is_uuid && replay->name_count < 40)
        replay->names[replay->name_count++] = (struct rename){from, to};
}

static void replay_request(struct replay *replay, json_t *request)
{
    struct box *box = &replay->box;
    const char *method = json_find_string(request, "method", "");
    json_t *parts = json_object_get(request, "multipart"), *json = json_object_get(request, "json");
    char *path = rename_all(box->arena,
                            arena_printf(box->arena, "%s%s", json_find_string(request, "path", ""),
                                         query_text(box->arena, json_object_get(request, "query"))),
                            replay->names, replay->name_count);
    const char *type = parts ? "multipart/form-data; boundary=b"
                             : json_find_string(request, "headers.content-type", NULL);
    struct bytes body = bytes_of("");
    if (parts)
        body = captured_form(box, parts);
    else if (json)
        body = bytes_of(rename_all(box->arena, json_print(box->arena, json), replay->names,
                                   replay->name_count));
    struct sandbox_reply reply = ask(box, method, path, type, body);
    json_t *ours = document_of(box, &reply), *captured = json_find(request, "response.body");
    bool right = reply.status == json_find_integer(request, "response.status", 0);
    /* The capture server answered script-settings with all settings; the schema has no more than
       ours. */
    if (captured && !strstr(path, "/script-settings"))
        right &= has_keys(captured, ours, "") &&
                 json_find_integer(captured, CODE, 0) == json_find_integer(ours, CODE, 0);
    if (!CHECK(right))
        fprintf(stderr, "  %s %s: %u %s\n", method, path, reply.status,
                (const char *)reply.body.data);
    learn_id(replay, captured, ours);
}

static void replay_file(struct replay *replay, const char *file)
{
    struct error error;
    struct bytes text;
    json_t *capture, *step, *request;
    size_t step_index, index;
    const char *path = unit_shared(
        replay->box.arena, arena_printf(replay->box.arena, "contracts/cloudflare/%s.json", file));
    if (!path) {
        unit_skip("no captures of wrangler beside the checkout");
        return;
    }
    if (file_read(replay->box.arena, path, LIMIT_MANIFEST, &text, &error) != 0 ||
        json_read(replay->box.arena, text, file, FAULT_INPUT, &capture, &error) != 0)
        abort();
    json_array_foreach(json_object_get(capture, "steps"), step_index, step)
    {
        json_array_foreach(json_object_get(step, "requests"), index, request)
        {
            replay_request(replay, request);
        }
    }
}

/* The version ids that the capture server gave before its first captured answer with one. */
static void learn_first_version(struct replay *replay)
{
    struct box *box = &replay->box;
    struct sandbox_reply reply =
        ask(box, "GET", A "/workers/scripts/edge-lab/versions", NULL, bytes_of(""));
    json_t *versions = document_of(box, &reply);
    replay->names[replay->name_count++] =
        (struct rename){"aaaaaaaa-0000-4000-8000-000000000001",
                        json_find_string(versions, "result.items[0].id", "")};
}

static void test_captures(void)
{
    struct arena arena = {0};
    struct replay replay = {.box = open_box(&arena, 1)};
    replay.box.agent = "wrangler/4.164.0";
    replay.names[replay.name_count++] =
        (struct rename){"0123456789abcdef0123456789abcdef", "5a4db0c5a4db0c5a4db0c5a4db0c5a4d"};
    replay.names[replay.name_count++] =
        (struct rename){"zone0000000000000000000000000001", "5a4db0c5a4db0c5a4db0c5a4db0ca001"};
    replay_file(&replay, "deploy-first");
    if (unit_shared(&arena, "contracts/cloudflare/deploy-first.json"))
        learn_first_version(&replay);
    replay_file(&replay, "deploy-existing");
    replay_file(&replay, "versions-deployments-rollback");
    replay_file(&replay, "secrets-delete");
    replay_file(&replay, "deploy-full-config");
    replay_file(&replay, "deploy-nobundle-and-service-worker");
    replay_file(&replay, "deploy-wrangler-4.86");
    arena_free(&arena);
}

void test_cloudflare_sandbox(void)
{
    take_steps(life, sizeof life / sizeof *life);
    take_steps(refused, sizeof refused / sizeof *refused);
    take_steps(shares, sizeof shares / sizeof *shares);
    take_steps(around, sizeof around / sizeof *around);
    test_auth();
    test_quota();
    test_size();
    test_state();
    test_captures();
}
