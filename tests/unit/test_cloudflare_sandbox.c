/* Requests at Cloudflare's sandbox half, good and bad. */
#include <stdlib.h>

#include "tests/unit/cloudflare_box.h"
#include "tests/unit/unit.h"

/* `parts`: "name;type;content" a line; metadata first unless NULL. */
static struct bytes form(struct arena *arena, const char *metadata, const char *parts)
{
    struct buffer *out = buffer_new(arena, LIMIT_REQUEST);
    char *lines = arena_strdup(arena, parts), *rest;
    if (metadata)
        box_part(out, "metadata", NULL, bytes_of(metadata));
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *type = strchr(line, ';'), *content = strchr(type + 1, ';');
        *type++ = *content++ = '\0';
        box_part(out, line, type, box_body(content));
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
        step->metadata
            ? form(box->arena, step->metadata[0] ? fill_in(box, step->metadata) : NULL, step->body)
            : bytes_of(text ? text : "");
    const char *type = step->metadata ? "multipart/form-data; boundary=b"
                       : step->body   ? "application/json"
                                      : NULL;
    struct sandbox_reply reply = box_ask(box, step->method, path, type, body);
    json_t *got = box_document(box, &reply);
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
    struct box box = box_open(&arena, 1);
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
    /* A secret is not changed while the newest version is not what is live. */
    {"DELETE", S "/secrets/K?url_encoded=true", NULL, NULL, 400, CODE, "10215"},
    {"PUT", S "/secrets", "{\"name\":\"L\",\"text\":\"t\"}", NULL, 400, CODE, "10215"},
    {"POST", S "/deployments",
     "{\"strategy\":\"percentage\",\"versions\":[{\"version_id\":\"$3\",\"percentage\":100}]}",
     NULL, 200, NULL, NULL},
    {"DELETE", S "/secrets/K?url_encoded=true", NULL, NULL, 200, "result", "null"},
    {"DELETE", S "/secrets/K", NULL, NULL, 404, CODE, "10056"},
    {"POST", S "/versions", JS WASM,
     "{\"main_module\":\"index.js\",\"bindings\":[{\"name\":\"W\",\"type\":\"inherit\"}]}", 200,
     "result.resources.bindings", "[]"},
    /* Previews are as the subdomain is until they are decided. */
    {"POST", S "/subdomain", "{\"enabled\":true}", NULL, 200, "result",
     "{\"enabled\":true,\"previews_enabled\":true}"},
    {"POST", S "/subdomain", "{\"enabled\":true,\"previews_enabled\":false}", NULL, 200, "result",
     "{\"enabled\":true,\"previews_enabled\":false}"},
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

/* What somebody else changes beside us, and what a new version inherits. */
static const struct step elsewhere[] = {
    {"PUT", S, JS WASM,
     "{\"main_module\":\"index.js\",\"bindings\":[{\"name\":\"V\",\"type\":\"plain_text\",\"text\":"
     "\"v\"},{\"name\":\"K\",\"type\":\"secret_text\",\"text\":\"k\"}]}",
     200, NULL, NULL},
    {"GET", S "/subdomain", NULL, NULL, 200, "result",
     "{\"enabled\":false,\"previews_enabled\":false}"},
    {"PATCH", S "/settings", "settings;application/json;{\"bindings\":[]}", META, 400, CODE,
     "10026"},
    {"PATCH", S "/settings",
     "settings;application/json;{\"bindings\":[{\"name\":\"V\",\"type\":\"plain_text\",\"text\":"
     "\"w\"},{\"name\":\"K\",\"type\":\"secret_text\"}]}",
     "", 200, "result.bindings",
     "[{\"name\":\"V\",\"type\":\"plain_text\",\"text\":\"w\"},"
     "{\"name\":\"K\",\"type\":\"secret_text\"}]"},
    {"GET", S "/deployments", NULL, NULL, 200, "result.deployments[0].annotations",
     "{\"workers/triggered_by\":\"settings\"}"},
    {"PUT", S "/secrets", "{\"name\":\"L\",\"text\":\"t\"}", NULL, 200, NULL, NULL},
    {"GET", S "/deployments", NULL, NULL, 200, "result.deployments[0].annotations",
     "{\"workers/triggered_by\":\"secret\"}"},
    {"GET", S "/versions", NULL, NULL, 200, "result.items[0].annotations",
     "{\"workers/triggered_by\":\"secret\"}"},
    /* What is not named is gone, from the newest version on, live or not. */
    {"POST", S "/versions", JS WASM, META, 200, "result.resources.bindings", "[]"},
    {"POST", S "/versions", JS WASM,
     "{\"main_module\":\"index.js\",\"keep_bindings\":[\"secret_text\",\"plain_text\"]}", 200,
     "result.resources.bindings", "[]"},
    {"POST", S "/versions?bindings_inherit=strict", JS WASM,
     "{\"main_module\":\"index.js\",\"bindings\":[{\"name\":\"K\",\"type\":\"inherit\"}]}", 400,
     CODE, "10057"},
    {"POST", S "/versions?bindings_inherit=strict", JS WASM,
     "{\"main_module\":\"index.js\",\"bindings\":[{\"name\":\"N\",\"old_name\":\"V\",\"type\":"
     "\"inherit\",\"version_id\":\"$1\"}]}",
     200, "result.resources.bindings", "[{\"name\":\"N\",\"type\":\"plain_text\",\"text\":\"v\"}]"},
    /* Previews. */
    {"POST", S "/subdomain", "{\"enabled\":true,\"previews_enabled\":true}", NULL, 200,
     "result.previews_enabled", "true"},
    {"POST", S "/versions", JS WASM, META, 200, "result.metadata.has_preview", "true"},
    {"GET", S "/versions?page=2&per_page=2", NULL, NULL, 200, "result_info",
     "{\"page\":2,\"per_page\":2,\"total_pages\":4,\"count\":2,\"total_count\":7}"},
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
    {"GET", "/client/v4/zones/5a4db0c5a4db0c5a4db0c5a4db0ca001/workers/routes/none", NULL, NULL,
     404, CODE, "10009"},
    {"GET", A "/workers/domains/none", NULL, NULL, 404, CODE, "7003"},
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
    struct box box = box_open(&arena, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        box.token = rows[i].token;
        struct sandbox_reply reply = box_ask(&box, "GET", "/client/v4/user", NULL, bytes_of(""));
        CHECK(reply.status == rows[i].status);
        CHECK(json_find_integer(box_document(&box, &reply), CODE, 0) == rows[i].code);
    }
    arena_free(&arena);
}

/* Tokens of which something is wrong, and the account's key. */
static void test_callers(void)
{
    static const char token[] = "Bearer edge-deploy-sandbox-token-not-a-secret--";
    static const char key[] = "5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a";
    static const struct {
        const char *ending, *method, *path, *key, *email;
        unsigned status;
        const char *where, *is;
    } rows[] = {
        {"", "GET", "/user/tokens/verify", NULL, NULL, 200, "result.status", "active"},
        {".expired", "GET", "/user/tokens/verify", NULL, NULL, 200, "result.status", "expired"},
        {".expired", "GET", "/user", NULL, NULL, 401, "errors[0].message", "Authentication error"},
        {".disabled", "GET", "/user/tokens/verify", NULL, NULL, 200, "result.status", "disabled"},
        {".disabled", "GET", "/user", NULL, NULL, 401, NULL, NULL},
        {".other", "GET", "/user/tokens/verify", NULL, NULL, 401, "errors[0].message",
         "Invalid API Token"},
        {".read-only", "GET", "/user", NULL, NULL, 200, NULL, NULL},
        {".read-only", "PUT", A "/workers/subdomain", NULL, NULL, 403, "errors[0].message",
         "Authentication error"},
        {NULL, "GET", "/user", key, "sandbox@example.com", 200, "result.email",
         "sandbox@example.com"},
        {NULL, "GET", "/user", key, "other@example.com", 403, "errors[0].message",
         "Unknown X-Auth-Key or X-Auth-Email"},
        {NULL, "GET", "/user", key, NULL, 400, NULL, NULL},
        {NULL, "GET", "/user", "short", "sandbox@example.com", 400,
         "errors[0].error_chain[0].message", "Invalid format for X-Auth-Key header"},
    };
    struct arena arena = {0};
    struct box box = box_open(&arena, 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *path = strncmp(rows[i].path, "/client", 7) == 0
                               ? rows[i].path
                               : arena_printf(&arena, "/client/v4%s", rows[i].path);
        box.token = rows[i].ending ? arena_printf(&arena, "%s%s", token, rows[i].ending) : NULL;
        box.key = rows[i].key;
        box.email = rows[i].email;
        struct sandbox_reply reply = box_ask(&box, rows[i].method, path, NULL, bytes_of(""));
        bool right = reply.status == rows[i].status;
        if (rows[i].where)
            right &= strcmp(json_find_string(box_document(&box, &reply), rows[i].where, ""),
                            rows[i].is) == 0;
        if (!CHECK(right))
            fprintf(stderr, "  %zu: %u %s\n", i, reply.status, (const char *)reply.body.data);
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
    struct box box = box_open(&arena, 400); /* 3 requests in 5 minutes */
    struct sandbox_reply reply;
    for (int i = 0; i < 3; i++) {
        reply = box_ask(&box, "GET", "/client/v4/user", NULL, bytes_of(""));
        CHECK(reply.status == 200);
    }
    CHECK_TEXT(header_of(&reply, "Ratelimit"), "\"default\";r=0;t=300");
    CHECK_TEXT(header_of(&reply, "Ratelimit-Policy"), "\"default\";q=3;w=300");
    reply = box_ask(&box, "GET", "/client/v4/user", NULL, bytes_of(""));
    CHECK(reply.status == 429);
    CHECK_TEXT(header_of(&reply, "Retry-After"), "300");
    box.now += 299 * 1000;
    reply = box_ask(&box, "GET", "/client/v4/user", NULL, bytes_of(""));
    CHECK(reply.status == 429);
    CHECK_TEXT(header_of(&reply, "Retry-After"), "1");
    box.now += 1000;
    CHECK(box_ask(&box, "GET", "/client/v4/user", NULL, bytes_of("")).status == 200);
    arena_free(&arena);
}

static void test_size(void)
{
    struct arena arena = {0};
    struct box box = box_open(&arena, 1);
    char *large = arena_alloc(&arena, (64 << 20) + 1, 1);
    memset(large, 'x', 64 << 20);
    const char *type = "multipart/form-data; boundary=b";
    struct bytes body = form(&arena, META, arena_printf(&arena, JS WASM "t;text/plain;%s", large));
    struct sandbox_reply reply = box_ask(&box, "PUT", S, type, body);
    CHECK(reply.status == 413 && json_find_integer(box_document(&box, &reply), CODE, 0) == 10027);
    body = form(&arena, META, arena_printf(&arena, JS WASM "t;application/source-map;%s", large));
    CHECK(box_ask(&box, "PUT", S, type, body).status == 200);
    arena_free(&arena);
}

/* An etag is of the content: the same parts have the same, whatever is configured with them. */
static void test_etag(void)
{
    static const char *const metadata[] = {
        META, "{\"main_module\":\"index.js\",\"limits\":{\"cpu_ms\":5},\"placement\":{\"mode\":"
              "\"smart\"}}"};
    struct arena arena = {0};
    struct box box = box_open(&arena, 1);
    const char *type = "multipart/form-data; boundary=b", *etags[2];
    CHECK(box_ask(&box, "PUT", S, type, form(&arena, META, JS WASM)).status == 200);
    for (size_t i = 0; i < 2; i++) {
        struct sandbox_reply reply =
            box_ask(&box, "POST", S "/versions", type, form(&arena, metadata[i], JS WASM));
        json_t *version = box_document(&box, &reply);
        etags[i] = json_find_string(version, "result.resources.script.etag", "");
        CHECK_TEXT(json_find_string(version, "result.resources.script.placement_mode", ""),
                   i ? "smart" : "");
    }
    CHECK_TEXT(etags[1], etags[0]);
    struct sandbox_reply other = box_ask(
        &box, "POST", S "/versions", type,
        form(&arena, META, "index.js;application/javascript+module;export default 1\n" WASM));
    CHECK(strcmp(json_find_string(box_document(&box, &other), "result.resources.script.etag", ""),
                 etags[0]) != 0);
    arena_free(&arena);
}

/* What the header of sandbox_call.h promises those who look for what is live. */
static void test_state(void)
{
    struct arena arena = {0};
    struct box box = box_open(&arena, 1);
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
    CHECK(bytes_equal(blob, box_body("@add")));
    struct sandbox_reply reply = box_ask(&box, "GET", S "/content/v2", NULL, bytes_of(""));
    CHECK(reply.status == 200);
    CHECK_TEXT(header_of(&reply, "cf-entrypoint"), "index.js");
    arena_free(&arena);
}

void test_cloudflare_sandbox(void)
{
    take_steps(life, sizeof life / sizeof *life);
    take_steps(refused, sizeof refused / sizeof *refused);
    take_steps(shares, sizeof shares / sizeof *shares);
    take_steps(elsewhere, sizeof elsewhere / sizeof *elsewhere);
    take_steps(around, sizeof around / sizeof *around);
    test_auth();
    test_callers();
    test_quota();
    test_size();
    test_etag();
    test_state();
}
