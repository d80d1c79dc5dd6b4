/* Requests at Fastly's sandbox half, good and bad; the first table is, request for request, what
   fastly CLI v16.1.0 sent in the captured flows (contracts/fastly/capture-*.json). */
#include <stdlib.h>

#include "pkg/archive/archive.h"
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/digest/digest.h"
#include "pkg/json/json.h"
#include "pkg/platform/platform.h"
#include "pkg/sandbox/sandbox.h"
#include "tests/unit/unit.h"

extern const struct sandbox_api sandbox_fastly;

static const uint8_t good[] = "\0asm\1\0\0\0"
                              "\1\4\1\x60\0\0"
                              "\3\2\1\0"
                              "\5\3\1\0\1"
                              "\7\x13\2\6_start\0\0\6memory\2\0"
                              "\xa\4\1\2\0\xb";
/* Imports fastly_nosuch.init, as a function without parameters. */
static const uint8_t unknown_import[] = "\0asm\1\0\0\0"
                                        "\1\4\1\x60\0\0"
                                        "\2\x16\1\xd"
                                        "fastly_nosuch\4init\0\0";
/* Two memories. */
static const uint8_t multimemory[] = "\0asm\1\0\0\0"
                                     "\5\5\2\0\1\0\1";

static const char toml[] = "# a comment\nmanifest_version = 3\nname = \"demo\"\n"
                           "authors = [\n \"a@example.com\", # one\n]\nlanguage = \"other\"\n"
                           "description = 'a \"demo\"'\n[setup]\nx = ?\n";

struct box {
    struct arena *arena;
    struct sandbox *sandbox;
    int64_t now;
    const char *id, *token;
};

struct step {
    const char *method, *path; /* $ID: the service last created */
    const char *body; /* a form; JSON when it begins with {; @NAME: that package, as multipart */
    unsigned status;
    const char *where, *is; /* the value at that path of the reply, as JSON */
};

static struct bytes archive(struct arena *arena, const struct archive_item *items, size_t count)
{
    struct bytes out = {0};
    struct error error = {0};
    if (archive_tar_gz(arena, items, count, &out, &error) != 0)
        abort();
    return out;
}

static struct bytes package_of(struct arena *arena, const uint8_t *module, size_t size,
                               const char *root, const char *manifest)
{
    struct archive_item items[] = {
        {arena_printf(arena, "%s/", root), 0755, {0}},
        {arena_printf(arena, "%s/bin/", root), 0755, {0}},
        {arena_printf(arena, "%s/bin/main.wasm", root), 0644, {module, size}},
        {arena_printf(arena, "%s/fastly.toml", root), 0644, bytes_of(manifest)}};
    return archive(arena, items, 4);
}

static struct bytes named_package(struct arena *arena, const char *name)
{
    struct archive_item flat[] = {{"bin/main.wasm", 0644, {good, sizeof good - 1}},
                                  {"fastly.toml", 0644, bytes_of(toml)}};
    struct archive_item two_roots[] = {{"a/bin/main.wasm", 0644, {good, sizeof good - 1}},
                                       {"a/fastly.toml", 0644, bytes_of(toml)},
                                       {"b/x", 0644, bytes_of("x")}};
    struct archive_item elsewhere[] = {{"a/main.wasm", 0644, {good, sizeof good - 1}},
                                       {"a/fastly.toml", 0644, bytes_of(toml)}};
    if (strcmp(name, "garbage") == 0)
        return package_of(arena, (const uint8_t *)"not a module", 12, "demo", toml);
    if (strcmp(name, "hostcall") == 0)
        return package_of(arena, unknown_import, sizeof unknown_import - 1, "demo", toml);
    if (strcmp(name, "multimemory") == 0)
        return package_of(arena, multimemory, sizeof multimemory - 1, "demo", toml);
    if (strcmp(name, "nameless") == 0)
        return package_of(arena, good, sizeof good - 1, "demo", "manifest_version = 3\n");
    if (strcmp(name, "broken-toml") == 0)
        return package_of(arena, good, sizeof good - 1, "demo", "name = \"demo\nlanguage = 1\n");
    if (strcmp(name, "flat") == 0)
        return archive(arena, flat, 2);
    if (strcmp(name, "two-roots") == 0)
        return archive(arena, two_roots, 3);
    if (strcmp(name, "elsewhere") == 0)
        return archive(arena, elsewhere, 2);
    if (strcmp(name, "text") == 0)
        return bytes_of("no archive at all");
    return package_of(arena, good, sizeof good - 1, "demo", toml);
}

/* A body of one part; `part` is its name. */
static struct bytes multipart(struct arena *arena, const char *part, struct bytes content)
{
    struct buffer *out = buffer_new(arena, LIMIT_ARTIFACT);
    if (buffer_printf(out,
                      "--x1\r\nContent-Disposition: form-data; name=\"%s\"; "
                      "filename=\"demo.tar.gz\"\r\nContent-Type: application/octet-stream\r\n\r\n",
                      part) != 0 ||
        buffer_add(out, content.data, content.size) != 0 || buffer_printf(out, "\r\n--x1--\r\n"))
        abort();
    return buffer_bytes(out);
}

/* `path` holds the query too. */
static struct sandbox_reply ask(const struct box *box, const char *method, const char *path,
                                const char *type, struct bytes body)
{
    struct sandbox_reply reply = {0};
    struct sandbox_header headers[] = {{"Fastly-Key", box->token}, {"Content-Type", type}};
    char *query = strchr(arena_strdup(box->arena, path), '?');
    struct sandbox_request request = {
        .arena = box->arena,
        .method = method,
        .target = arena_printf(box->arena, "/fastly%s", path),
        .path = arena_copy(box->arena, path, strcspn(path, "?")),
        .query = query ? query + 1 : "",
        .headers = box->token ? headers : headers + 1,
        .header_count = (box->token ? 1u : 0u) + (type ? 1u : 0u),
        .body = body,
        .now = box->now,
    };
    sandbox_fastly.handle(box->sandbox, &request, &reply);
    return reply;
}

static struct sandbox_reply ask_step(const struct box *box, const struct step *step)
{
    const char *mark = strstr(step->path, "$ID"), *body = step->body;
    const char *path = mark ? arena_printf(box->arena, "%.*s%s%s", (int)(mark - step->path),
                                           step->path, box->id, mark + 3)
                            : step->path;
    if (!body)
        return ask(box, step->method, path, NULL, (struct bytes){0});
    if (*body == '@')
        return ask(box, step->method, path, "multipart/form-data; boundary=x1",
                   multipart(box->arena, "package", named_package(box->arena, body + 1)));
    return ask(box, step->method, path,
               *body == '{' ? "application/json" : "application/x-www-form-urlencoded",
               bytes_of(body));
}

static json_t *document(const struct box *box, const struct sandbox_reply *reply)
{
    json_t *out = NULL;
    struct error error = {0};
    return json_read(box->arena, reply->body, "reply", FAULT_REMOTE, &out, &error) == 0 ? out
                                                                                        : NULL;
}

static void run(struct box *box, const struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sandbox_reply reply = ask_step(box, &steps[i]);
        json_t *body = document(box, &reply);
        bool ok = CHECK(reply.status == steps[i].status);
        if (strcmp(steps[i].method, "POST") == 0 && strcmp(steps[i].path, "/service") == 0 &&
            reply.status == 200)
            box->id = json_find_string(body, "id", "");
        if (steps[i].where) {
            json_t *value = *steps[i].where ? json_find(body, steps[i].where) : body;
            ok &= CHECK_TEXT(value ? json_print(box->arena, value) : "absent", steps[i].is);
        }
        if (!ok)
            fprintf(stderr, "  %s %s %s: %u %.*s\n", steps[i].method, steps[i].path,
                    steps[i].body ? steps[i].body : "", reply.status, (int)reply.body.size,
                    (const char *)reply.body.data);
    }
}

#define RUN(box, steps) run((box), (steps), sizeof(steps) / sizeof *(steps))

static void open_box(struct arena *arena, struct box *box, unsigned rate_scale)
{
    static const struct platform platform = {.name = "fastly"};
    struct error error = {0};
    struct bytes profile;
    struct world *world = unit_world(arena);
    struct platform_entry *entries = arena_alloc(arena, 2, sizeof *entries);
    if (file_read(arena, "platforms/fastly/profile.json", LIMIT_MANIFEST, &profile, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    entries[0] =
        (struct platform_entry){&platform, &sandbox_fastly, (const char *)profile.data, ""};
    struct sandbox_options options = {.state = path_join(arena, unit_folder(arena), "state"),
                                      .rate_scale = rate_scale,
                                      .world = world,
                                      .platforms = entries};
    *box = (struct box){.arena = arena, .now = world_now(world), .id = "none"};
    if (sandbox_start(arena, &options, &box->sandbox, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    box->token = sandbox_environment(box->sandbox, "FASTLY_API_TOKEN");
}

static const struct step captured[] = {
    /* capture-create.json */
    {"GET", "/realms/fastly/.well-known/openid-configuration", NULL, 200, NULL, NULL},
    {"POST", "/service", "name=demo&type=wasm", 200, "versions[0].number", "1"},
    {"GET", "/service/$ID/version/1/domain", NULL, 200, "", "[]"},
    {"POST", "/service/$ID/version/1/domain", "name=formerly-premium-anteater.edgecompute.app", 200,
     "version", "\"1\""},
    {"POST", "/service/$ID/version/1/backend", "address=127.0.0.1&name=origin&port=22099", 200,
     "port", "\"22099\""},
    {"PUT", "/service/$ID/version/1/package", "@demo", 200, "metadata.language", "\"other\""},
    {"PUT", "/service/$ID/version/1", "comment=edge-deploy+1", 200, "comment", "\"edge-deploy 1\""},
    {"PUT", "/service/$ID/version/1/activate", NULL, 200, "locked", "true"},
    {"GET", "/service/$ID/version/1/domain", NULL, 200, "[0].name",
     "\"formerly-premium-anteater.edgecompute.app\""},
    /* capture-redeploy.json */
    {"GET", "/service/$ID/details?filter%5Bversions.active%5D=true", NULL, 200,
     "active_version.number", "1"},
    {"GET", "/service/$ID/details", NULL, 200, "version.active", "true"},
    {"GET", "/service/$ID/version/1/package", NULL, 200, "metadata.name", "\"demo\""},
    {"PUT", "/service/$ID/version/1/clone", NULL, 200, "number", "2"},
    {"GET", "/service/$ID/version/2/domain", NULL, 200, "[0].version", "2"},
    {"PUT", "/service/$ID/version/2/package", "@demo", 200, "version", "2"},
    {"PUT", "/service/$ID/version/2", "comment=second+deploy", 200, "active", "false"},
    {"PUT", "/service/$ID/version/2/activate", NULL, 200, "msg", "null"},
    {"GET", "/service?page=1&per_page=100", NULL, 200, "[0].version", "2"},
    {"GET", "/service/$ID/version", NULL, 200, "[0].active", "false"},
    /* capture-versions.json */
    {"GET", "/service/$ID/version/1", NULL, 200, "locked", "true"},
    {"PUT", "/service/$ID/version/1/activate", NULL, 200, "active", "true"},
    {"GET", "/service/$ID/version/2", NULL, 200, "active", "false"},
    {"PUT", "/service/$ID/version/1/clone", NULL, 200, "number", "3"},
    {"PUT", "/service/$ID/version/3/activate/staging", NULL, 200, "environments[0].active_version",
     "3"},
    {"GET", "/service/$ID/details?filter%5Bversions.staged%5D=true", NULL, 200, "version.number",
     "3"},
    {"PUT", "/service/$ID/version/3/deactivate/staging", NULL, 200, "staging", "false"},
    {"GET", "/service/$ID/version/1/validate", NULL, 200, "status", "\"ok\""},
    {"PUT", "/service/$ID/version/1/deactivate", NULL, 200, "active", "false"},
    {"GET", "/service/$ID/details", NULL, 200, "active_version", "null"},
    {"DELETE", "/service/$ID", NULL, 200, "status", "\"ok\""},
    {"GET", "/service/$ID/details", NULL, 404, "detail", "\"Cannot find service\""},
};

static const struct step refused[] = {
    {"POST", "/service", "name=bad", 200, "type", "\"vcl\""},
    {"POST", "/service", "name=bad&type=wasm", 409, "msg", "\"Conflict\""},
    {"POST", "/service", "type=wasm", 400, NULL, NULL},
    {"POST", "/service", "name=odd&type=lambda", 400, NULL, NULL},
    {"POST", "/service", "{\"name\":\"json\",\"type\":\"wasm\"}", 415, NULL, NULL},
    {"POST", "/service", "name=strict&type=wasm", 200, NULL, NULL},
    {"GET", "/service/nosuchservice/details", NULL, 404, "detail", "\"Cannot find service\""},
    {"GET", "/service/..%2F..%2Fquota/details", NULL, 404, "msg", "\"Record not found\""},
    {"GET", "/service/$ID/version/2", NULL, 404, "detail", "\"Cannot find version\""},
    {"GET", "/service/$ID/version/0", NULL, 404, NULL, NULL},
    {"GET", "/service/$ID/version/1x", NULL, 404, NULL, NULL},
    {"GET", "/service/$ID/version/99999999999999999999", NULL, 404, NULL, NULL},
    {"GET", "/service/$ID/version/1/package", NULL, 404, "detail", "\"Cannot find package\""},
    {"GET", "/service/$ID/nosuch", NULL, 404, NULL, NULL},
    {"DELETE", "/service/$ID/details", NULL, 405, NULL, NULL},
    {"GET", "/service/search?name=nosuch", NULL, 404, NULL, NULL},
    {"GET", "/service/search?name=strict", NULL, 200, "type", "\"wasm\""},
    /* packages */
    {"PUT", "/service/$ID/version/1/package", "name=x", 400, NULL, NULL},
    {"PUT", "/service/$ID/version/1/package", "@flat", 400, "detail",
     "\"Failed to extract metadata from package\""},
    {"PUT", "/service/$ID/version/1/package", "@two-roots", 400, NULL, NULL},
    {"PUT", "/service/$ID/version/1/package", "@elsewhere", 400, NULL, NULL},
    {"PUT", "/service/$ID/version/1/package", "@nameless", 400, NULL, NULL},
    {"PUT", "/service/$ID/version/1/package", "@broken-toml", 400, NULL, NULL},
    {"PUT", "/service/$ID/version/1/package", "@text", 400, NULL, NULL},
    /* domains and backends */
    {"GET", "/service/$ID/version/1/validate", NULL, 200, "msg",
     "\"Version has no associated domains\""},
    {"PUT", "/service/$ID/version/1/activate", NULL, 400, "detail",
     "\"Version has no associated domains\""},
    {"POST", "/service/$ID/version/1/domain", "name=taken.edgecompute.app", 400, "detail",
     "\"Domain 'taken.edgecompute.app' is taken by another customer\""},
    {"POST", "/service/$ID/version/1/domain", "name=not+a+domain", 400, NULL, NULL},
    {"POST", "/service/$ID/version/1/domain", "name=", 400, NULL, NULL},
    {"POST", "/service/$ID/version/1/domain", "name=a.example.com", 200, "name",
     "\"a.example.com\""},
    {"POST", "/service/$ID/version/1/domain", "name=a.example.com", 409, NULL, NULL},
    {"POST", "/service/$ID/version/1/backend", "name=o", 400, NULL, NULL},
    {"POST", "/service/$ID/version/1/backend", "name=o&address=x&port=70000", 400, NULL, NULL},
    {"POST", "/service/$ID/version/1/backend", "name=o&address=x&port=4a", 400, NULL, NULL},
    {"POST", "/service/$ID/version/1/backend", "name=o&address=example.com&port=443", 200,
     "address", "\"example.com\""},
    {"GET", "/service/$ID/version/1/backend/o", NULL, 200, "port", "443"},
    {"GET", "/service/$ID/version/1/backend/p", NULL, 404, NULL, NULL},
    {"POST", "/service/$ID/version/1/resource", "name=x&resource_id=none", 400, NULL, NULL},
    /* what the package holds is judged when it is to run */
    {"PUT", "/service/$ID/version/1/activate", NULL, 400, "detail",
     "\"Version has no associated package\""},
    {"PUT", "/service/$ID/version/1/package", "@garbage", 200, NULL, NULL},
    {"GET", "/service/$ID/version/1/validate", NULL, 200, "status", "\"error\""},
    {"PUT", "/service/$ID/version/1/activate", NULL, 400, "msg", "\"Bad request\""},
    {"PUT", "/service/$ID/version/1/package", "@hostcall", 200, NULL, NULL},
    {"PUT", "/service/$ID/version/1/activate", NULL, 400, "detail",
     "\"ERROR: unknown import: `fastly_nosuch::init` has not been defined\""},
    {"PUT", "/service/$ID/version/1/package", "@multimemory", 200, NULL, NULL},
    {"PUT", "/service/$ID/version/1/activate", NULL, 400, NULL, NULL},
    {"GET", "/service/$ID/version/1", NULL, 200, "locked", "false"},
    /* staging needs something active, and the same domains */
    {"PUT", "/service/$ID/version/1/package", "@demo", 200, NULL, NULL},
    {"PUT", "/service/$ID/version/1/activate/staging", NULL, 400, NULL, NULL},
    {"PUT", "/service/$ID/version/1/deactivate", NULL, 400, NULL, NULL},
    {"PUT", "/service/$ID/version/1/activate", NULL, 200, "active", "true"},
    /* a locked version takes nothing more */
    {"PUT", "/service/$ID/version/1/package", "@demo", 409, "detail", "\"version is locked\""},
    {"PUT", "/service/$ID/version/1", "comment=late", 409, NULL, NULL},
    {"POST", "/service/$ID/version/1/domain", "name=b.example.com", 409, NULL, NULL},
    {"DELETE", "/service/$ID/version/1/domain/a.example.com", NULL, 409, NULL, NULL},
    {"POST", "/service/$ID/version/1/backend", "name=q&address=x&port=1", 409, NULL, NULL},
    {"PUT", "/service/$ID/version/1/clone", NULL, 200, "locked", "false"},
    {"POST", "/service/$ID/version/2/domain", "name=b.example.com", 200, NULL, NULL},
    {"PUT", "/service/$ID/version/2/activate/staging", NULL, 400, "detail",
     "\"Domain changes cannot be staged\""},
    {"DELETE", "/service/$ID/version/2/domain/b.example.com", NULL, 200, NULL, NULL},
    {"PUT", "/service/$ID/version/2/activate/staging", NULL, 200, "staging", "true"},
    /* what is staged stays a draft, until somebody locks it */
    {"PUT", "/service/$ID/version/2", "comment=staged", 200, "locked", "false"},
    {"GET", "/service/$ID/version/2/domain?include=staging_ips", NULL, 200, "[0].staging_ip",
     "\"151.101.2.10\""},
    {"GET", "/service/$ID/version/2/domain", NULL, 200, "[0].staging_ip", "absent"},
    {"PUT", "/service/$ID/version/1/activate/staging", NULL, 400, "detail",
     "\"Version is active\""},
    {"PUT", "/service/$ID/version/2/domain/a.example.com", "name=c.example.com&comment=x", 200,
     "name", "\"c.example.com\""},
    {"PUT", "/service/$ID/version/2/domain/a.example.com", "name=d.example.com", 404, NULL, NULL},
    {"PUT", "/service/$ID/version/2/domain/c.example.com", "name=a.example.com", 200, NULL, NULL},
    {"PUT", "/service/$ID/version/2/lock", NULL, 200, "locked", "true"},
    {"PUT", "/service/$ID/version/2", "comment=late", 409, NULL, NULL},
    {"DELETE", "/service/$ID", NULL, 400, "detail",
     "\"Cannot delete service with active version\""},
    /* a domain stays with the service that has it, until no version names it */
    {"POST", "/service", "name=other&type=wasm", 200, NULL, NULL},
    {"POST", "/service/$ID/version/1/domain", "name=a.example.com", 400, NULL, NULL},
    {"POST", "/service/$ID/version/1/domain", "name=b.example.com", 200, NULL, NULL},
};

static const struct step stores[] = {
    {"POST", "/service", "name=full&type=wasm", 200, NULL, NULL},
    {"GET", "/resources/stores/config", NULL, 200, "", "[]"},
    {"GET", "/resources/stores/kv", NULL, 200, "meta.limit", "100"},
    {"POST", "/resources/stores/config", "name=cfg", 200, "name", "\"cfg\""},
    {"POST", "/resources/stores/config", "name=cfg", 409, NULL, NULL},
    {"POST", "/resources/stores/kv", "{\"name\":\"cache_kv\"}", 201, "name", "\"cache_kv\""},
    {"POST", "/resources/stores/kv", "{\"name\":", 400, NULL, NULL},
    {"GET", "/resources/stores/kv/nosuch", NULL, 404, NULL, NULL},
    {"POST", "/resources/stores/secret", "{\"name\":\"s\"}", 200, "name", "\"s\""},
};

static void test_flows(struct arena *arena)
{
    struct box box;
    open_box(arena, &box, 1);
    RUN(&box, captured);
    RUN(&box, refused);
    RUN(&box, stores);
}

static void test_auth(struct arena *arena)
{
    struct box box;
    open_box(arena, &box, 1);
    static const struct step wrong[] = {
        {"GET", "/service", NULL, 401, "msg", "\"Provided credentials are missing or invalid\""},
        {"POST", "/service", "name=x&type=wasm", 401, NULL, NULL},
        {"GET", "/no/such/path", NULL, 401, NULL, NULL},
        {"GET", "/realms/fastly/.well-known/openid-configuration", NULL, 200, NULL, NULL},
    };
    static const struct step right[] = {
        {"GET", "/verify", NULL, 200, "user.login", "\"sandbox@example.com\""},
        {"GET", "/tokens/self", NULL, 200, "scope", "\"global\""},
        {"GET", "/service", NULL, 200, "", "[]"},
    };
    const char *token = box.token;
    box.token = "another";
    RUN(&box, wrong);
    box.token = NULL;
    RUN(&box, wrong);
    box.token = token;
    RUN(&box, right);
}

static const char *reply_header(const struct sandbox_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->header_count; i++)
        if (strcmp(reply->headers[i].name, name) == 0)
            return reply->headers[i].value;
    return NULL;
}

static void test_quota(struct arena *arena)
{
    struct box box;
    open_box(arena, &box, 500);
    struct step write = {"POST", "/service", "name=a&type=wasm", 200, NULL, NULL};
    struct sandbox_reply reply = ask_step(&box, &write);
    CHECK_TEXT(reply_header(&reply, "Fastly-RateLimit-Remaining"), "1");
    CHECK_TEXT(reply_header(&reply, "Fastly-RateLimit-Reset"), "1795352400");
    reply = ask_step(&box, &(struct step){"DELETE", "/no/such", NULL, 404, NULL, NULL});
    CHECK(reply.status == 404);
    CHECK_TEXT(reply_header(&reply, "Fastly-RateLimit-Remaining"), "0");
    write.body = "name=b&type=wasm";
    CHECK(ask_step(&box, &write).status == 429);
    reply = ask_step(&box, &(struct step){"GET", "/service", NULL, 200, NULL, NULL});
    CHECK(reply.status == 200 && !reply_header(&reply, "Fastly-RateLimit-Remaining"));
    box.now += 3600 * 1000;
    CHECK(ask_step(&box, &write).status == 200);
}

/* What was uploaded lies in the state as it came, also in a clone, and is described by it. */
static void test_package(struct arena *arena)
{
    struct box box;
    open_box(arena, &box, 1);
    static const struct step steps[] = {
        {"POST", "/service", "name=demo&type=wasm", 200, NULL, NULL},
        {"PUT", "/service/$ID/version/1/package", "@demo", 200, NULL, NULL},
        {"PUT", "/service/$ID/version/1/clone", NULL, 200, "number", "2"},
        {"PUT", "/service/$ID/version/1/clone", NULL, 200, "number", "3"},
    };
    RUN(&box, steps);
    char files[129], whole[129];
    struct bytes package = named_package(arena, "demo"), kept = {0};
    struct bytes contents[] = {{good, sizeof good - 1}, bytes_of(toml)};
    digest_sha512_parts(contents, 2, files);
    digest_sha512_parts(&package, 1, whole);
    char *key = arena_printf(arena, "fastly/services/%s/versions/3/package", box.id);
    CHECK(sandbox_load_blob(box.sandbox, arena, key, &kept) == 0 && bytes_equal(kept, package));
    struct step get = {"GET", "/service/$ID/version/3/package", NULL, 200, NULL, NULL};
    struct sandbox_reply reply = ask_step(&box, &get);
    json_t *body = document(&box, &reply);
    CHECK_TEXT(json_find_string(body, "metadata.files_hash", NULL), files);
    CHECK_TEXT(json_find_string(body, "metadata.hashsum", NULL), whole);
    CHECK_TEXT(json_find_string(body, "metadata.description", NULL), "a \"demo\"");
    CHECK_TEXT(json_print(arena, json_find(body, "metadata.authors")), "[\"a@example.com\"]");
    CHECK(json_find_integer(body, "metadata.size", 0) == (json_int_t)package.size);
    reply = ask(&box, "PUT", arena_printf(arena, "/service/%s/version/3/package", box.id),
                "multipart/form-data; boundary=x1", multipart(arena, "archive", package));
    CHECK(reply.status == 400);
}

/* Values of stores: a KV value comes back as it was, a secret never does. */
static void test_values(struct arena *arena)
{
    struct box box;
    open_box(arena, &box, 1);
    struct step create = {"POST", "/resources/stores/kv", "{\"name\":\"kv\"}", 201, NULL, NULL};
    struct sandbox_reply reply = ask_step(&box, &create);
    box.id = json_find_string(document(&box, &reply), "id", "");
    char *path = arena_printf(arena, "/resources/stores/kv/%s/keys/a%%2Fb", box.id);
    CHECK(ask(&box, "PUT", path, NULL, bytes_of("world")).status == 200);
    reply = ask(&box, "GET", path, NULL, (struct bytes){0});
    CHECK(reply.status == 200 && bytes_equal(reply.body, bytes_of("world")));
    static const struct step keys[] = {
        {"GET", "/resources/stores/kv/$ID/keys", NULL, 200, "data[0]", "\"a/b\""},
        {"GET", "/resources/stores/kv/$ID/keys/none", NULL, 404, NULL, NULL},
        {"DELETE", "/resources/stores/kv/$ID/keys/a%2Fb", NULL, 200, NULL, NULL},
        {"GET", "/resources/stores/kv/$ID/keys/a%2Fb", NULL, 404, NULL, NULL},
    };
    RUN(&box, keys);
    create = (struct step){"POST", "/resources/stores/secret", "{\"name\":\"s\"}", 200, NULL, NULL};
    reply = ask_step(&box, &create);
    box.id = json_find_string(document(&box, &reply), "id", "");
    static const struct step secrets[] = {
        {"PUT", "/resources/stores/secret/$ID/secrets", "{\"name\":\"K\",\"secret\":\"!\"}", 400,
         NULL, NULL},
        {"PUT", "/resources/stores/secret/$ID/secrets",
         "{\"name\":\"K\",\"secret\":\"aHVudGVyMg==\"}", 200, "secret", "absent"},
        {"GET", "/resources/stores/secret/$ID/secrets", NULL, 200, "data[0].name", "\"K\""},
    };
    RUN(&box, secrets);
}

static void test_tokens(struct arena *arena)
{
    static const struct {
        const char *ending, *path, *form;
        unsigned status;
        const char *where, *is;
    } rows[] = {
        {"", "/tokens/self", NULL, 200, "expires_at", "null"},
        {"-ending", "/tokens/self", NULL, 200, "expires_at", "\"2099-01-01T00:00:00Z\""},
        {"-read", "/tokens/self", NULL, 200, "scope", "\"global:read\""},
        {"-read", "/service", NULL, 200, NULL, NULL},
        {"-read", "/service", "name=a&type=wasm", 403, "msg",
         "\"You are not authorized to perform this action\""},
        {"-purge", "/service", NULL, 403, NULL, NULL},
        {"-limited", "/tokens/self", NULL, 200, "services", "[\"limitedService00000001\"]"},
        {"-limited", "/service", "name=a&type=wasm", 403, NULL, NULL},
        {"-limited", "/service/anotherService0000001/details", NULL, 404, NULL, NULL},
        {"-unknown", "/tokens/self", NULL, 401, NULL, NULL},
    };
    struct box box;
    open_box(arena, &box, 1);
    const char *token = box.token;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct step step = {rows[i].form ? "POST" : "GET",
                            rows[i].path,
                            rows[i].form,
                            rows[i].status,
                            rows[i].where,
                            rows[i].is};
        box.token = arena_printf(arena, "%s%s", token, rows[i].ending);
        run(&box, &step, 1);
    }
}

static void test_refusal(struct arena *arena)
{
    struct box box;
    open_box(arena, &box, 1);
    struct sandbox_request request = {.arena = arena, .method = "GET", .path = "/", .query = ""};
    struct sandbox_reply reply = {0};
    sandbox_fastly.refuse(box.sandbox, &request, 401, &reply);
    CHECK(reply.status == 401);
    CHECK_TEXT(json_find_string(document(&box, &reply), "msg", NULL),
               "Provided credentials are missing or invalid");
    reply = (struct sandbox_reply){0};
    sandbox_fastly.refuse(box.sandbox, &request, 503, &reply);
    CHECK(reply.status == 503 && !document(&box, &reply));
}

void test_fastly_sandbox(void)
{
    void (*const tests[])(struct arena *) = {test_flows,  test_auth,   test_quota,  test_package,
                                             test_values, test_tokens, test_refusal};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        struct arena arena = {0};
        tests[i](&arena);
        arena_free(&arena);
    }
}
