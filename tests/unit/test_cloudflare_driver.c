/* The parts of Cloudflare's driver that need no network: packing, reading replies (also the
   captured ones), and what refusals become. */
#include <stdlib.h>

#include "pkg/base/file.h"
#include "pkg/digest/digest.h"
#include "pkg/json/json.h"
#include "platforms/cloudflare/driver_parts.h"
#include "tests/unit/unit.h"

extern const struct platform platform_cloudflare;

static const struct platform_entry entry = {&platform_cloudflare, NULL, "{}",
                                            "import m from './module.wasm'\n"};

static struct job job_of(struct arena *arena, const char *settings)
{
    struct job job = {.arena = arena, .entry = &entry, .tag = "0123456789abcdef"};
    struct error error = {0};
    if (json_read(arena, bytes_of(settings), "settings", FAULT_INPUT, &job.settings, &error) != 0)
        abort();
    return job;
}

static const char settings[] =
    "{\"account_id\":\"0123456789abcdef0123456789abcdef\",\"script\":\"resize\","
    "\"compatibility_date\":\"2026-11-01\",\"compatibility_flags\":[\"nodejs_compat\"],"
    "\"workers_dev\":true}";

static void test_pack_bare(struct arena *arena)
{
    struct job job = job_of(arena, settings);
    struct error error = {0};
    struct part module = {"target/x/resize.wasm", "resize.wasm", NULL, bytes_of("12345")};
    struct payload payload = {PAYLOAD_BARE, ENTRY_WASI, &module, 1, NULL, 0};
    struct artifact a, b;
    CHECK(platform_cloudflare.pack(&job, &payload, &a, &error) == 0);
    CHECK(a.part_count == 2);
    CHECK_TEXT(a.parts[0].name, "worker.mjs");
    CHECK_TEXT(a.parts[0].filename, "worker.mjs");
    CHECK_TEXT(a.parts[0].media_type, "application/javascript+module");
    struct bytes glue = artifact_glue(&job, a.sha256);
    CHECK(bytes_equal(a.parts[0].body, glue));
    CHECK(strstr((const char *)glue.data, a.sha256) != NULL);
    CHECK_TEXT(a.parts[1].name, "module.wasm");
    CHECK_TEXT(a.parts[1].filename, "module.wasm");
    CHECK_TEXT(a.parts[1].media_type, "application/wasm");
    CHECK(a.counted_bytes == 5 + glue.size);
    CHECK(strncmp(a.settings,
                  "{\"main_module\":\"worker.mjs\",\"compatibility_date\":\"2026-11-01\","
                  "\"compatibility_flags\":[\"nodejs_compat\"],\"keep_bindings\":[\"secret_text\",",
                  100) == 0);
    CHECK(platform_cloudflare.pack(&job, &payload, &b, &error) == 0);
    CHECK_TEXT(b.sha256, a.sha256);
    /* A change of settings is a change of the artifact. */
    json_object_set_new(job.settings, "workers_dev", json_false());
    CHECK(platform_cloudflare.pack(&job, &payload, &b, &error) == 0);
    CHECK(strcmp(b.sha256, a.sha256) != 0);
}

static void test_pack_main(struct arena *arena)
{
    struct job job = job_of(arena, settings);
    struct error error = {0};
    struct part parts[] = {{"index.js", "index.js", "x/wrong", bytes_of("main")},
                           {"a/b.wasm", "b.wasm", NULL, bytes_of("wasm!")},
                           {"index.js.map", NULL, NULL, bytes_of("a source map")},
                           {"data.bin", NULL, NULL, bytes_of("\1\2")},
                           {"page.html", NULL, NULL, bytes_of("<p>")},
                           {"old.cjs", NULL, NULL, bytes_of("x")},
                           {".wasm", NULL, NULL, bytes_of("x")}};
    static const char *const types[] = {
        "application/javascript+module", "application/wasm", "application/source-map",
        "application/octet-stream",      "text/plain",       "application/javascript",
        "application/octet-stream"};
    struct payload payload = {PAYLOAD_MAIN, ENTRY_NONE, parts, 7, NULL, 0};
    struct artifact artifact;
    CHECK(platform_cloudflare.pack(&job, &payload, &artifact, &error) == 0);
    CHECK(artifact.part_count == 7);
    for (size_t i = 0; i < 7; i++) {
        CHECK_TEXT(artifact.parts[i].name, parts[i].name);
        CHECK_TEXT(artifact.parts[i].filename, parts[i].name);
        CHECK_TEXT(artifact.parts[i].media_type, types[i]);
    }
    /* Source maps weigh nothing. */
    CHECK(artifact.counted_bytes == 4 + 5 + 2 + 3 + 1 + 1);
    CHECK(artifact.unpacked_bytes == artifact.counted_bytes + 12);
}

static void test_pack_refused(struct arena *arena)
{
    struct job job = job_of(arena, settings);
    struct part wasm = {"m.wasm", NULL, NULL, bytes_of("x")};
    struct part twice[] = {{"a.js", NULL, NULL, bytes_of("x")},
                           {"a.js", NULL, NULL, bytes_of("y")}};
    struct part metadata[] = {{"a.js", NULL, NULL, bytes_of("x")},
                              {"metadata", NULL, NULL, bytes_of("y")}};
    const struct {
        struct payload payload;
        const char *message;
    } rows[] = {
        {{PAYLOAD_MAIN, ENTRY_NONE, &wasm, 1, NULL, 0}, "main 'm.wasm' is no ES module"},
        {{PAYLOAD_MAIN, ENTRY_NONE, twice, 2, NULL, 0}, "two files are named 'a.js'"},
        {{PAYLOAD_MAIN, ENTRY_NONE, metadata, 2, NULL, 0},
         "a file cannot be named 'metadata' here"},
        {{PAYLOAD_PACKAGE, ENTRY_NONE, &wasm, 1, NULL, 0},
         "a ready 'package' cannot be deployed to Cloudflare Workers"},
        {{PAYLOAD_BARE, ENTRY_NONE, &wasm, 0, NULL, 0}, "there is nothing to pack"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct artifact artifact;
        struct error error = {0};
        CHECK(platform_cloudflare.pack(&job, &rows[i].payload, &artifact, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        CHECK_TEXT(error.message, rows[i].message);
    }
}

/* What goes up with the parts: settings of the version only, and the annotations. */
static void test_metadata(struct arena *arena)
{
    static const char commit[] = "89abcdef0123456789abcdef0123456789abcdef";
    struct job job = job_of(arena, settings);
    struct error error = {0};
    struct part module = {"m.wasm", NULL, NULL, bytes_of("x")};
    struct payload payload = {PAYLOAD_BARE, ENTRY_WASI, &module, 1, NULL, 0};
    struct artifact artifact;
    json_t *document = NULL;
    job.commit = commit;
    CHECK(platform_cloudflare.pack(&job, &payload, &artifact, &error) == 0);
    for (int first = 0; first < 2; first++) {
        char *text =
            cloudflare_metadata(&job, &artifact, first ? NULL : json_own(arena, json_object()));
        struct deployment read = {0};
        CHECK(json_read(arena, bytes_of(text), "metadata", FAULT_INPUT, &document, &error) == 0);
        CHECK_TEXT(json_find_string(document, "main_module", NULL), "worker.mjs");
        CHECK(!json_object_get(document, "workers_dev") && !json_object_get(document, "routes"));
        CHECK(json_array_size(json_object_get(document, "bindings")) == 0);
        json_t *annotations = json_object_get(document, "annotations");
        CHECK_TEXT(json_string_value(json_object_get(annotations, "workers/tag")), job.tag);
        CHECK((json_object_get(annotations, "workers/commit_sha") != NULL) == !first);
        CHECK(cloudflare_read_annotations(arena, annotations, &read));
        CHECK_TEXT(read.artifact_sha256, artifact.sha256);
        CHECK_TEXT(read.commit, commit);
    }
    job.commit = NULL;
    CHECK(!strstr(cloudflare_metadata(&job, &artifact, NULL), "commit"));
}

static void test_annotations(struct arena *arena)
{
    static const char *const foreign[] = {
        "null",
        "{}",
        "{\"workers/message\":\"second\",\"workers/tag\":\"v2\"}",
        "{\"workers/message\":\"edge-deploy sha256:0123\"}",
        "{\"workers/message\":5}",
    };
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        json_t *annotations = NULL;
        struct error error = {0};
        struct deployment out = {0};
        CHECK(json_read(arena, bytes_of(foreign[i]), "x", FAULT_INPUT, &annotations, &error) == 0);
        CHECK(!cloudflare_read_annotations(arena, annotations, &out));
        CHECK(!out.artifact_sha256);
    }
    CHECK_TEXT(cloudflare_uuid(arena, "deadbeefdeadbeefdeadbeefdeadbeef"),
               "deadbeef-dead-beef-dead-beefdeadbeef");
    CHECK_TEXT(cloudflare_uuid(arena, "aaaaaaaa-0000-4000-8000-000000000003"),
               "aaaaaaaa-0000-4000-8000-000000000003");
}

struct refusal {
    long status;
    const char *body; /* NULL: none */
    const char *header, *value;
    const char *message, *hint;
    bool unclear, may_lack;
    int result;
};

static const struct refusal refusals[] = {
    {403,
     "{\"success\":false,\"result\":null,\"errors\":[{\"code\":10000,\"message\":\"Authentication "
     "error\"}]}",
     NULL, NULL, "cannot upload: the token is not accepted, or lacks a permission (code 10000)",
     "check CLOUDFLARE_API_TOKEN: it needs 'Workers Scripts: Write' on this account", false, false,
     -1},
    {400,
     "{\"success\":false,\"errors\":[{\"code\":6003,\"message\":\"Invalid request headers\"}]}",
     NULL, NULL, "cannot upload: the Authorization header is malformed (code 6003)",
     "set CLOUDFLARE_API_TOKEN again, without spaces or line ends", false, false, -1},
    {404,
     "{\"success\":false,\"errors\":[{\"code\":10007,\"message\":\"This Worker does not exist on "
     "your account.\"}]}",
     NULL, NULL,
     "cannot upload: there is no such Worker or version: This Worker does not exist on your "
     "account. (code 10007)",
     "check 'account_id' and 'script', and that the version was not deleted", false, false, -1},
    {404, "{\"success\":false,\"errors\":[{\"code\":10007,\"message\":\"x\"}]}", NULL, NULL, "", "",
     false, true, 0},
    {404, "{\"success\":false,\"errors\":[{\"code\":10090,\"message\":\"x\"}]}", NULL, NULL, "", "",
     false, true, 0},
    /* The platform's text cannot steer a terminal. */
    {400,
     "{\"success\":false,\"errors\":[{\"code\":10021,\"message\":\"Uncaught CompileError: "
     "\\u001b[31mbad\\n  at index.js:1:2\"}]}",
     NULL, NULL,
     "cannot upload: the Worker does not start: Uncaught CompileError: \\u{1b}[31mbad   at "
     "index.js:1:2 (code 10021)",
     "run 'edge-deploy check': the runtime cannot compile the module", false, false, -1},
    {400,
     "{\"success\":false,\"errors\":[{\"code\":10021,\"message\":\"No such module "
     "\\\"a.wasm\\\".\"}]}",
     NULL, NULL,
     "cannot upload: the Worker does not start: No such module \"a.wasm\". (code 10021)",
     "name the file in 'modules' or 'files'", false, false, -1},
    {413, "{\"success\":false,\"errors\":[{\"code\":10027,\"message\":\"too big\"}]}", NULL, NULL,
     "cannot upload: the Worker is too large: too big (code 10027)",
     "run 'edge-deploy inspect --sizes' to see what weighs", false, false, -1},
    {409, "{\"success\":false,\"errors\":[{\"code\":10035,\"message\":\"busy\"}]}", NULL, NULL,
     "cannot upload: somebody else changes this Worker at the same time: busy (code 10035)",
     "publish again when the other deployment is done", false, false, -1},
    {418, "{\"success\":false,\"errors\":[{\"code\":424242,\"message\":\"new\"}]}", NULL, NULL,
     "cannot upload: new (code 424242)", "", false, false, -1},
    {500,
     "{\"success\":false,\"errors\":[{\"code\":10013,\"message\":\"An unknown error has "
     "occurred\"}]}",
     NULL, NULL,
     "cannot upload: the platform had an unknown error: An unknown error has occurred (code 10013)",
     "try again when no other deployment is running", true, false, -1},
    {429, "{\"success\":false,\"errors\":[{\"code\":971,\"message\":\"Please wait\"}]}", NULL, NULL,
     "cannot upload: too many requests for this token (HTTP 429)",
     "wait five minutes: for that long the platform refuses all calls", false, false, -1},
    {502, "<html>bad gateway</html>", "CF-Ray", "8f00-FRA",
     "cannot upload: the answer is no JSON (HTTP 502, cf-ray 8f00-FRA)",
     "try again later; if it stays, give Cloudflare that cf-ray", true, false, -1},
    {200, "{\"success\":tr", NULL, NULL,
     "cannot upload: the answer is no JSON (HTTP 200, cf-ray none)",
     "try again later; if it stays, give Cloudflare that cf-ray", true, false, -1},
    {403, "<html>blocked</html>", "cf-mitigated", "challenge",
     "cannot upload: the platform's firewall stopped the request (HTTP 403, cf-ray none)",
     "run it from another network, or give Cloudflare that cf-ray", false, false, -1},
    {200, "{\"success\":true,\"result\":{}}", "cf-mitigated", "challenge",
     "cannot upload: the platform's firewall stopped the request (HTTP 200, cf-ray none)",
     "run it from another network, or give Cloudflare that cf-ray", true, false, -1},
    /* Success decides, not the status. */
    {500, "{\"success\":true,\"result\":{\"id\":\"x\"}}", NULL, NULL, "", "", false, false, 0},
    {200, "{\"success\":false,\"errors\":[]}", NULL, NULL,
     "cannot upload: it says no reason (code 0)", "", false, false, -1},
    {204, NULL, NULL, NULL, "", "", false, false, 0},
};

static void test_refusals(struct arena *arena)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *row = &refusals[i];
        struct http_header header = {row->header, row->value};
        struct http_reply reply = {row->status, &header, row->header ? 1 : 0, {0}, 0};
        struct ask ask = {.what = "upload", .right = RIGHT_SCRIPTS, .may_lack = row->may_lack};
        struct answer answer;
        struct error error = {0};
        if (row->body)
            reply.body = bytes_of(row->body);
        CHECK(cloudflare_read_reply(arena, &ask, &reply, &answer, &error) == row->result);
        CHECK_TEXT(error.message, row->message);
        CHECK_TEXT(error.hint, row->hint);
        CHECK(answer.unclear == row->unclear);
        CHECK(answer.absent == (row->may_lack || answer.code == CODE_NO_SCRIPT));
        CHECK(row->result == 0 || error.fault == FAULT_REMOTE);
    }
}

/* The answer captured for a request, as a reply. */
static bool captured(struct arena *arena, const char *file, const char *method, const char *ending,
                     struct http_reply *out)
{
    struct bytes text;
    struct error error = {0};
    json_t *document, *step, *request;
    size_t i, j, size = strlen(ending);
    const char *path =
        unit_shared(arena, arena_printf(arena, "contracts/cloudflare/%s.json", file));
    if (!path) {
        unit_skip("no captured replies of Cloudflare's API");
        return false;
    }
    if (file_read(arena, path, LIMIT_REPLY, &text, &error) != 0 ||
        json_read(arena, text, path, FAULT_INPUT, &document, &error) != 0)
        return CHECK(false);
    json_array_foreach(json_object_get(document, "steps"), i, step)
    {
        json_array_foreach(json_object_get(step, "requests"), j, request)
        {
            const char *found = json_find_string(request, "path", "");
            if (strcmp(json_find_string(request, "method", ""), method) != 0 ||
                strlen(found) < size || strcmp(found + strlen(found) - size, ending) != 0)
                continue;
            out->status = (long)json_find_integer(request, "response.status", 0);
            out->body = bytes_of(json_print(arena, json_find(request, "response.body")));
            return true;
        }
    }
    return CHECK(false);
}

static void test_captured(struct arena *arena)
{
    struct http_reply reply = {0};
    struct ask ask = {.what = "ask", .right = RIGHT_SCRIPTS, .may_lack = true};
    struct answer answer;
    struct error error = {0};
    struct traffic traffic;
    if (!captured(arena, "deploy-first", "GET", "/deployments", &reply))
        return;
    CHECK(cloudflare_read_reply(arena, &ask, &reply, &answer, &error) == 0 && answer.absent);
    captured(arena, "deploy-first", "PUT", "/scripts/edge-lab", &reply);
    CHECK(cloudflare_read_reply(arena, &ask, &reply, &answer, &error) == 0);
    CHECK_TEXT(json_find_string(answer.result, "deployment_id", NULL),
               "deadbeefdeadbeefdeadbeefdeadbeef");
    captured(arena, "deploy-existing", "POST", "/versions", &reply);
    CHECK(cloudflare_read_reply(arena, &ask, &reply, &answer, &error) == 0);
    CHECK_TEXT(json_find_string(answer.result, "id", NULL), "aaaaaaaa-0000-4000-8000-000000000003");
    captured(arena, "deploy-existing", "GET", "/deployments", &reply);
    CHECK(cloudflare_read_reply(arena, &ask, &reply, &answer, &error) == 0);
    CHECK(cloudflare_read_traffic(json_object_get(answer.result, "deployments"), &traffic));
    CHECK_TEXT(traffic.version, "aaaaaaaa-0000-4000-8000-000000000001");
    CHECK(traffic.percent >= 100 && json_array_size(traffic.versions) == 1 && !traffic.earlier);
}

static void test_traffic(struct arena *arena)
{
    static const char text[] = "[{\"versions\":[{\"version_id\":\"new\",\"percentage\":10},"
                               "{\"version_id\":\"old\",\"percentage\":90}]},"
                               "{\"versions\":[{\"version_id\":\"before\",\"percentage\":100}]}]";
    json_t *deployments = NULL;
    struct error error = {0};
    struct traffic traffic;
    CHECK(json_read(arena, bytes_of(text), "x", FAULT_INPUT, &deployments, &error) == 0);
    CHECK(cloudflare_read_traffic(deployments, &traffic));
    CHECK_TEXT(traffic.version, "old");
    CHECK_TEXT(traffic.earlier, "before");
    CHECK(traffic.percent > 89 && traffic.percent < 91 && json_array_size(traffic.versions) == 2);
    CHECK(cloudflare_read_traffic(NULL, &traffic));
    CHECK(!traffic.version && json_array_size(traffic.versions) == 0);
}

void test_cloudflare_driver(void)
{
    void (*const tests[])(struct arena *) = {test_pack_bare, test_pack_main,   test_pack_refused,
                                             test_metadata,  test_annotations, test_refusals,
                                             test_captured,  test_traffic};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        struct arena arena = {0};
        tests[i](&arena);
        arena_free(&arena);
    }
}
