/* Cloudflare's driver against Cloudflare's sandbox half, over loopback HTTP: publish, publish
   again, roll back, with answers that get lost. Two views of one contract, written apart. */
#include <stdlib.h>

#include "pkg/base/file.h"
#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"
#include "platforms/cloudflare/driver_parts.h"
#include "tests/unit/unit.h"

extern const struct platform platform_cloudflare;
extern const struct sandbox_api sandbox_cloudflare;

static const uint8_t module[] = "\0asm\1\0\0\0"
                                "\1\4\1\x60\0\0"
                                "\3\2\1\0"
                                "\5\3\1\0\1"
                                "\7\x13\2\6_start\0\0\6memory\2\0"
                                "\xa\4\1\2\0\xb";

static const char commit[] = "89abcdef0123456789abcdef0123456789abcdef";

struct stage {
    struct arena *arena;
    struct world *world;
    struct sandbox *sandbox;
    struct platform_entry entries[2];
    struct target target;
    struct profile profile;
    struct job job;
    struct error error;
};

static const char *text_of(struct arena *arena, const char *path)
{
    struct bytes text;
    struct error error = {0};
    if (file_read(arena, path, LIMIT_MANIFEST, &text, &error) != 0) {
        fprintf(stderr, "%s\n", error.message);
        abort();
    }
    return (const char *)text.data;
}

static void set_environment(struct stage *stage)
{
    static const char *const names[] = {"CLOUDFLARE_API_BASE_URL", "CLOUDFLARE_API_TOKEN"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unit_setenv(stage->world, names[i], sandbox_environment(stage->sandbox, names[i]));
}

static void open_stage(struct arena *arena, const char *faults, const char *routes,
                       struct stage *stage)
{
    static const char glue[] = "import module from './module.wasm';\n"
                               "export default { async fetch() { return new Response('ok') } }\n";
    *stage = (struct stage){.arena = arena, .world = unit_world(arena), .target = {.name = "edge"}};
    const char *text = text_of(arena, "platforms/cloudflare/profile.json");
    stage->entries[0] =
        (struct platform_entry){&platform_cloudflare, &sandbox_cloudflare, text, glue};
    struct sandbox_options options = {.state = path_join(arena, unit_folder(arena), "state"),
                                      .faults = faults,
                                      .rate_scale = 1,
                                      .world = stage->world,
                                      .platforms = stage->entries};
    if (sandbox_start(arena, &options, &stage->sandbox, &stage->error) != 0 ||
        profile_parse(arena, text, "profile.json", NULL, &stage->profile, &stage->error) != 0) {
        fprintf(stderr, "%s\n", stage->error.message);
        abort();
    }
    set_environment(stage);
    stage->job = (struct job){.arena = arena,
                              .world = stage->world,
                              .entry = stage->entries,
                              .profile = &stage->profile,
                              .target = &stage->target,
                              .commit = commit,
                              .kept = arena_alloc(arena, 1, sizeof(void *))};
    stage->job.settings = json_own(
        arena, json_pack("{s:s, s:s, s:s, s:b, s:o}", "account_id",
                         sandbox_environment(stage->sandbox, "CLOUDFLARE_ACCOUNT_ID"), "script",
                         "resize", "compatibility_date", "2026-11-01", "workers_dev", 1, "routes",
                         json_loads(routes ? routes : "[]", 0, NULL)));
    if (job_unlock(&stage->job, &stage->error) != 0)
        abort();
}

static const struct platform *platform(void)
{
    return &platform_cloudflare;
}

/* Another publish, of another artifact; NULL, or which hook failed. */
static const char *publish(struct stage *stage, unsigned number, struct artifact *artifact,
                           struct deployment *out)
{
    struct job *job = &stage->job;
    struct part part = {"app.wasm", "app.wasm", NULL, {module, sizeof module - 1}};
    struct payload payload = {PAYLOAD_BARE, ENTRY_WASI, &part, 1, NULL, 0};
    json_t *flags =
        number % 2 ? json_pack("[s]", "nodejs_compat") : json_pack("[s]", "no_nodejs_compat");
    json_object_set_new(job->settings, "compatibility_flags", flags);
    job->tag = arena_printf(stage->arena, "tag-%04u", number);
    *out = (struct deployment){0};
    if (platform()->pack(job, &payload, artifact, &stage->error) != 0)
        return "pack";
    if (platform()->upload(job, artifact, out, &stage->error) != 0)
        return "upload";
    return platform()->activate(job, artifact, out, &stage->error) == 0 ? NULL : "activate";
}

static size_t version_count(struct stage *stage)
{
    struct answer answer;
    struct ask ask = {.method = "GET",
                      .path = cloudflare_script_path(&stage->job, "/versions"),
                      .what = "count the versions",
                      .may_lack = true};
    if (cloudflare_call(&stage->job, &ask, &answer, &stage->error) != 0)
        return 0;
    return json_array_size(json_object_get(answer.result, "items"));
}

static void check_live(struct stage *stage, const char *version, const char *sha256)
{
    struct deployment live;
    CHECK(platform()->live(&stage->job, &live, &stage->error) == 0);
    CHECK_TEXT(live.version, version);
    CHECK_TEXT(live.artifact_sha256, sha256);
    CHECK_TEXT(live.commit, version ? commit : NULL);
    CHECK(!live.drifted && live.percent == (version ? 100 : 0));
}

/* Whatever is lost once or twice: two publishes make two versions, not three. */
static void test_lost(struct arena *arena)
{
    static const char *const faults[] = {
        NULL,
        "PUT */scripts/resize=lost",
        "PUT */scripts/resize#1=reset-before",
        "PUT */scripts/resize#1-2=html",
        "PUT */scripts/resize#1=malformed",
        "PUT */scripts/resize#1=status:429:retry-after=1",
        "POST */versions=lost",
        "POST */versions#1-2=reset-before",
        "POST */versions#1=status:500",
        "POST */versions#1=truncate",
        "POST */versions#1=malformed",
        "POST */deployments=lost",
        "POST */deployments#1-2=refuse",
        "POST */deployments#1=status:503",
        "POST */subdomain#1=lost",
        "GET *#1=status:500",
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct stage stage;
        struct artifact first, second;
        struct deployment one, two, back = {0};
        open_stage(arena, faults[i], NULL, &stage);
        check_live(&stage, NULL, NULL);
        bool ok = CHECK_TEXT(publish(&stage, 1, &first, &one), NULL);
        ok &= CHECK(one.deferred && one.version && !one.previous);
        CHECK_TEXT(one.url, "https://resize.edge-deploy-sandbox.workers.dev");
        check_live(&stage, one.version, first.sha256);
        ok &= CHECK_TEXT(publish(&stage, 2, &second, &two), NULL);
        CHECK(!two.deferred);
        CHECK_TEXT(two.previous, one.version);
        check_live(&stage, two.version, second.sha256);
        back.version = one.version;
        CHECK(platform()->activate(&stage.job, NULL, &back, &stage.error) == 0);
        CHECK_TEXT(back.previous, two.version);
        check_live(&stage, one.version, first.sha256);
        ok &= CHECK(version_count(&stage) == 2);
        if (!ok)
            fprintf(stderr, "  with %s: %s\n", faults[i] ? faults[i] : "no fault",
                    stage.error.message);
        sandbox_stop(stage.sandbox);
    }
}

/* What stays broken is told, in words, and by the hook that met it. */
static void test_failing(struct arena *arena)
{
    static const struct {
        const char *faults, *first, *second, *message;
    } rows[] = {
        {"PUT */scripts/resize=status:500", "activate", "activate", "cannot create the Worker: "},
        {"PUT */scripts/resize=status:403", "activate", "activate",
         "cannot create the Worker: the token is valid, but lacks the permission 'Workers Scripts: "
         "Write'"},
        {"POST */versions=status:500", NULL, "upload", "cannot upload a version: "},
        {"POST */deployments=status:503", NULL, "activate", "cannot deploy the version '"},
        {"POST */subdomain=status:400", "activate", "activate", "cannot switch workers.dev on: "},
        {"GET */deployments=html", "upload", "upload",
         "cannot list the deployments: the answer is no JSON (HTTP 502, cf-ray "},
        {"GET */workers/subdomain=status:500", "upload", "upload",
         "cannot read the account's workers.dev subdomain: "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage stage;
        struct artifact artifact;
        struct deployment out;
        open_stage(arena, rows[i].faults, NULL, &stage);
        bool ok = CHECK_TEXT(publish(&stage, 1, &artifact, &out), rows[i].first);
        ok &= CHECK_TEXT(publish(&stage, 2, &artifact, &out), rows[i].second);
        ok &= CHECK(strncmp(stage.error.message, rows[i].message, strlen(rows[i].message)) == 0);
        CHECK(stage.error.fault == FAULT_REMOTE && *stage.error.hint);
        CHECK(!strstr(stage.error.message, job_secret(&stage.job, "token")));
        if (!ok)
            fprintf(stderr, "  with %s: %s\n", rows[i].faults, stage.error.message);
        sandbox_stop(stage.sandbox);
    }
}

/* Doing it again changes nothing; a share of the traffic can be given, and taken back. */
static void test_again(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment one, two, again, live;
    open_stage(arena, NULL, NULL, &stage);
    CHECK_TEXT(publish(&stage, 1, &artifact, &one), NULL);
    again = one;
    CHECK(platform()->activate(&stage.job, &artifact, &again, &stage.error) == 0);
    CHECK_TEXT(again.version, one.version);
    CHECK(version_count(&stage) == 1);
    CHECK_TEXT(publish(&stage, 2, &artifact, &two), NULL);
    again = (struct deployment){.version = two.version};
    CHECK(platform()->activate(&stage.job, &artifact, &again, &stage.error) == 0);
    CHECK_TEXT(again.previous, one.version);
    again = (struct deployment){.version = one.version, .percent = 10};
    CHECK(platform()->activate(&stage.job, NULL, &again, &stage.error) == 0);
    CHECK(platform()->live(&stage.job, &live, &stage.error) == 0);
    CHECK_TEXT(live.version, two.version);
    CHECK(live.percent == 90);
    again = (struct deployment){.version = "00000000-0000-4000-8000-000000000000"};
    CHECK(platform()->activate(&stage.job, NULL, &again, &stage.error) == -1);
    CHECK(stage.error.fault == FAULT_REMOTE && *stage.error.hint);
    sandbox_stop(stage.sandbox);
}

/* A version that somebody else put there is told from ours. */
static void test_drift(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment one, live;
    struct answer answer;
    open_stage(arena, NULL, NULL, &stage);
    CHECK_TEXT(publish(&stage, 1, &artifact, &one), NULL);
    struct ask ask = {.method = "PUT",
                      .path = cloudflare_script_path(&stage.job, "/secrets"),
                      .what = "set a secret",
                      .json = json_own(arena, json_pack("{s:s, s:s, s:s}", "name", "KEY", "text",
                                                        "x", "type", "secret_text"))};
    CHECK(cloudflare_call(&stage.job, &ask, &answer, &stage.error) == 0);
    CHECK(platform()->live(&stage.job, &live, &stage.error) == 0);
    CHECK(!live.drifted && live.version && strcmp(live.version, one.version) != 0);
    CHECK_TEXT(live.same_as, one.version);
    CHECK_TEXT(live.artifact_sha256, artifact.sha256);
    CHECK_TEXT(live.commit, commit);
    /* The secret is still there after the next publish: bindings are kept. */
    CHECK_TEXT(publish(&stage, 2, &artifact, &one), NULL);
    ask = (struct ask){.method = "GET",
                       .path = cloudflare_script_path(&stage.job, "/secrets"),
                       .what = "list secrets"};
    CHECK(cloudflare_call(&stage.job, &ask, &answer, &stage.error) == 0);
    CHECK_TEXT(json_find_string(answer.result, "[0].name", NULL), "KEY");
    sandbox_stop(stage.sandbox);
}

static void test_routes(struct arena *arena)
{
    static const char routes[] = "[{\"pattern\":\"example.com/api/*\"}]";
    static const char *const faults[] = {NULL, "POST */workers/routes#1=lost"};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct stage stage;
        struct artifact artifact;
        struct deployment out;
        open_stage(arena, faults[i], routes, &stage);
        json_object_set_new(stage.job.settings, "workers_dev", json_false());
        CHECK_TEXT(publish(&stage, 1, &artifact, &out), NULL);
        CHECK_TEXT(out.url, "https://example.com/api/");
        CHECK_TEXT(publish(&stage, 2, &artifact, &out), NULL);
        /* Another Worker does not take it away. */
        json_object_set_new(stage.job.settings, "script", json_string("other"));
        CHECK_TEXT(publish(&stage, 3, &artifact, &out), "activate");
        CHECK(strstr(stage.error.message,
                     "route 'example.com/api/*' belongs to the Worker 'resize'") != NULL);
        sandbox_stop(stage.sandbox);
    }
    struct stage stage;
    struct artifact artifact;
    struct deployment out;
    open_stage(arena, NULL, "[{\"pattern\":\"nosuch.invalid/*\"}]", &stage);
    CHECK_TEXT(publish(&stage, 1, &artifact, &out), "activate");
    CHECK(strstr(stage.error.message, "the account has no zone for it") != NULL);
    sandbox_stop(stage.sandbox);
}

void test_cloudflare_live(void)
{
    void (*const tests[])(struct arena *) = {test_lost, test_failing, test_again, test_drift,
                                             test_routes};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        struct arena arena = {0};
        tests[i](&arena);
        arena_free(&arena);
    }
}
