/* Cloudflare's driver against Cloudflare's sandbox half, over loopback HTTP: publish, publish
   again, roll back, with answers that get lost. Two views of one contract, written apart. */
#include <stdlib.h>

#include "tests/unit/cloudflare_stage.h"

static const struct platform *platform(void)
{
    return &platform_cloudflare;
}

static const char commit[] = STAGE_COMMIT;

/* Another publish, of another artifact, whose hooks are called without live() and ready(), in a run
   that remembers the one before; NULL, or which hook failed. */
static const char *publish(struct stage *stage, unsigned number, struct artifact *artifact,
                           struct deployment *out)
{
    stage->job.tag = arena_printf(stage->arena, "tag-%04u", number);
    stage_pack(stage, number, artifact);
    *out = (struct deployment){0};
    if (platform()->upload(&stage->job, artifact, out, &stage->error) != 0)
        return "upload";
    return platform()->activate(&stage->job, artifact, out, &stage->error) == 0 ? NULL : "activate";
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
        stage_open(arena, faults[i], NULL, &stage);
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
        ok &= CHECK(stage_versions(&stage) == 2);
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
        stage_open(arena, rows[i].faults, NULL, &stage);
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
    stage_open(arena, NULL, NULL, &stage);
    CHECK_TEXT(publish(&stage, 1, &artifact, &one), NULL);
    again = one;
    CHECK(platform()->activate(&stage.job, &artifact, &again, &stage.error) == 0);
    CHECK_TEXT(again.version, one.version);
    CHECK(stage_versions(&stage) == 1);
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
    stage_open(arena, NULL, NULL, &stage);
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
        stage_open(arena, faults[i], routes, &stage);
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
    stage_open(arena, NULL, "[{\"pattern\":\"nosuch.invalid/*\"}]", &stage);
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
