/* Cloudflare's driver where publishing goes wrong or goes by halves: what an earlier run left, what
   others have done in between, shares of the traffic, staging, what is kept, what is said. */
#include <stdlib.h>

#include "tests/unit/cloudflare_stage.h"

static const struct platform *const platform = &platform_cloudflare;

static bool says(const struct stage *stage, const char *words)
{
    bool ok = CHECK(strstr(stage->error.message, words) != NULL);
    if (!ok)
        fprintf(stderr, "  said: %s\n", stage->error.message);
    return ok;
}

/* Killed between upload and deployment: the next run uses what is there, once and only while
   nothing newer is. */
static void test_leftover(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment one, left = {0}, two;
    stage_open(arena, NULL, NULL, &stage);
    CHECK_TEXT(stage_publish(&stage, 1, 100, &artifact, &one), NULL);
    stage_run(&stage, 2);
    stage_pack(&stage, 2, &artifact);
    CHECK(platform->upload(&stage.job, &artifact, &left, &stage.error) == 0);
    CHECK(stage_versions(&stage) == 2);
    CHECK_TEXT(stage_publish(&stage, 4, 100, &artifact, &two), NULL);
    CHECK_TEXT(two.version, left.version);
    CHECK_TEXT(two.previous, one.version);
    CHECK(stage_versions(&stage) == 2);
    /* What is live and complete is brought again when that is wanted. */
    CHECK_TEXT(stage_publish(&stage, 6, 100, &artifact, &two), NULL);
    CHECK(strcmp(two.version, left.version) != 0 && stage_versions(&stage) == 3);
    /* A secret that came after it would be lost with it. */
    CHECK(stage_send(&stage, "PUT", "/secrets",
                     json_pack("{s:s, s:s, s:s}", "name", "KEY", "text", "x", "type",
                               "secret_text")) != NULL);
    CHECK_TEXT(stage_publish(&stage, 8, 100, &artifact, &left), NULL);
    CHECK(strcmp(two.version, left.version) != 0 && stage_versions(&stage) == 5);
    sandbox_stop(stage.sandbox);
}

/* Killed behind the first upload: it is live, and where it answers is not set up. */
static void test_incomplete(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment one, two, live;
    stage_open(arena, "POST */scripts/resize/subdomain#1=status:403",
               "[{\"pattern\":\"example.com/api/*\"}]", &stage);
    CHECK_TEXT(stage_publish(&stage, 1, 100, &artifact, &one), "activate");
    CHECK(one.incomplete && one.version);
    says(&stage, "cannot switch workers.dev on: the token is valid, but lacks the permission");
    stage_run(&stage, 2);
    CHECK(platform->live(&stage.job, &live, &stage.error) == 0);
    CHECK(live.incomplete && !live.drifted);
    CHECK_TEXT(live.artifact_sha256, artifact.sha256);
    CHECK_TEXT(stage_publish(&stage, 3, 100, &artifact, &two), NULL);
    CHECK_TEXT(two.version, one.version);
    CHECK(!two.incomplete && stage_versions(&stage) == 1);
    stage_run(&stage, 4);
    CHECK(platform->live(&stage.job, &live, &stage.error) == 0 && !live.incomplete);
    CHECK(json_is_true(json_object_get(stage_send(&stage, "GET", "/subdomain", NULL), "enabled")));
    sandbox_stop(stage.sandbox);
}

/* What can refuse the switch refuses before it; then it is one request between two looks. */
static void test_ready(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment one, two, back;
    stage_open(arena, NULL, "[{\"pattern\":\"example.com/api/*\"}]", &stage);
    CHECK_TEXT(stage_publish(&stage, 1, 100, &artifact, &one), NULL);
    stage_run(&stage, 2);
    stage_pack(&stage, 2, &artifact);
    two = (struct deployment){.base = one.version};
    CHECK(platform->upload(&stage.job, &artifact, &two, &stage.error) == 0);
    CHECK(platform->ready(&stage.job, &artifact, &two, &stage.error) == 0);
    unsigned before = http_statistics(stage.job.http).requests;
    CHECK(platform->activate(&stage.job, &artifact, &two, &stage.error) == 0);
    CHECK(http_statistics(stage.job.http).requests == before + 3);
    CHECK_TEXT(two.url, "https://resize.edge-deploy-sandbox.workers.dev");
    CHECK_TEXT(two.pin_name, "Cloudflare-Workers-Version-Overrides");
    CHECK_TEXT(two.pin_value, arena_printf(arena, "resize=\"%s\"", two.version));
    /* Somebody else was faster. */
    back = (struct deployment){.version = one.version, .base = two.version};
    stage_run(&stage, 3);
    CHECK(platform->ready(&stage.job, NULL, &back, &stage.error) == 0);
    back =
        (struct deployment){.version = "00000000-0000-4000-8000-000000000000", .base = one.version};
    CHECK(platform->ready(&stage.job, NULL, &back, &stage.error) == -1);
    says(&stage, "somebody else deployed in between: live is version '");
    back.overwrite = true;
    CHECK(platform->ready(&stage.job, NULL, &back, &stage.error) == -1);
    says(&stage, "version '00000000-0000-4000-8000-000000000000' is gone");
    CHECK(stage.error.fault == FAULT_INPUT);
    /* Another Worker's route is looked at before anything is sent. */
    json_object_set_new(stage.job.settings, "script", json_string("other"));
    CHECK_TEXT(stage_publish(&stage, 5, 100, &artifact, &two), "ready");
    says(&stage, "route 'example.com/api/*' belongs to the Worker 'resize'");
    CHECK(stage_versions(&stage) == 0);
    sandbox_stop(stage.sandbox);
}

static unsigned share_of(struct stage *stage, const char *version)
{
    struct deployment *rows;
    size_t count;
    stage_run(stage, 0);
    if (platform->versions(&stage->job, &rows, &count, &stage->error) != 0)
        return 1000;
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].version, version) == 0)
            return rows[i].percent;
    return 2000;
}

static void test_shares(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment a, b, again, live;
    stage_open(arena, NULL, NULL, &stage);
    CHECK_TEXT(stage_publish(&stage, 1, 10, &artifact, &a), "upload");
    says(&stage, "a first deployment takes all of the traffic");
    CHECK(stage.error.fault == FAULT_INPUT && stage_versions(&stage) == 0);
    CHECK_TEXT(stage_publish(&stage, 1, 100, &artifact, &a), NULL);
    CHECK_TEXT(stage_publish(&stage, 2, 10, &artifact, &b), NULL);
    CHECK_TEXT(b.previous, a.version);
    CHECK(share_of(&stage, a.version) == 90 && share_of(&stage, b.version) == 10);
    CHECK(platform->live(&stage.job, &live, &stage.error) == 0 && live.percent == 90);
    CHECK_TEXT(live.version, a.version);
    /* More of the same, then all: nothing is uploaded again. */
    CHECK_TEXT(stage_publish(&stage, 2, 60, &artifact, &again), NULL);
    CHECK_TEXT(again.version, b.version);
    CHECK_TEXT(again.previous, a.version);
    CHECK(share_of(&stage, a.version) == 40 && share_of(&stage, b.version) == 60);
    CHECK_TEXT(stage_publish(&stage, 2, 100, &artifact, &again), NULL);
    CHECK_TEXT(again.version, b.version);
    CHECK_TEXT(again.previous, a.version);
    CHECK(share_of(&stage, b.version) == 100 && stage_versions(&stage) == 2);
    /* A third one takes the place of the one with less. */
    CHECK_TEXT(stage_publish(&stage, 3, 20, &artifact, &a), NULL);
    CHECK_TEXT(stage_publish(&stage, 4, 30, &artifact, &again), NULL);
    CHECK(share_of(&stage, a.version) == 0 && share_of(&stage, again.version) == 30);
    CHECK(share_of(&stage, b.version) == 70);
    /* Alone it cannot share. */
    again = (struct deployment){.version = b.version, .base = b.version, .percent = 100};
    CHECK(platform->activate(&stage.job, NULL, &again, &stage.error) == 0);
    again.percent = 50;
    CHECK(platform->ready(&stage.job, NULL, &again, &stage.error) == -1);
    says(&stage, "no other version is live");
    sandbox_stop(stage.sandbox);
}

static void test_staged(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment one, staged = {.staged = true}, *rows;
    size_t count;
    stage_open(arena, NULL, NULL, &stage);
    CHECK_TEXT(stage_publish(&stage, 1, 100, &artifact, &one), NULL);
    CHECK(stage_send(&stage, "POST", "/subdomain",
                     json_pack("{s:b, s:b}", "enabled", 1, "previews_enabled", 0)) != NULL);
    stage_run(&stage, 2);
    stage_pack(&stage, 2, &artifact);
    CHECK(platform->upload(&stage.job, &artifact, &staged, &stage.error) == 0);
    CHECK(staged.version && !staged.url && !staged.pin_name);
    CHECK(stage_send(&stage, "POST", "/subdomain",
                     json_pack("{s:b, s:b}", "enabled", 1, "previews_enabled", 1)) != NULL);
    const char *left = staged.version;
    stage_run(&stage, 2);
    CHECK(platform->upload(&stage.job, &artifact, &staged, &stage.error) == 0);
    CHECK_TEXT(staged.version, left);
    const char *url =
        arena_printf(arena, "https://%.8s-resize.edge-deploy-sandbox.workers.dev", left);
    CHECK_TEXT(staged.url, url);
    CHECK_TEXT(staged.pin_name, NULL);
    CHECK(platform->versions(&stage.job, &rows, &count, &stage.error) == 0 && count == 2);
    CHECK_TEXT(rows[0].version, one.version);
    CHECK(rows[0].lived == LIVED_YES && rows[0].percent == 100 && !rows[0].staged && rows[0].time);
    CHECK_TEXT(rows[0].commit, STAGE_COMMIT);
    CHECK_TEXT(rows[1].version, left);
    CHECK_TEXT(rows[1].artifact_sha256, artifact.sha256);
    CHECK_TEXT(rows[1].url, url);
    CHECK(rows[1].lived == LIVED_NO && rows[1].percent == 0 && rows[1].staged);
    /* Promoted it is staged no more, and the other one has lived. */
    CHECK_TEXT(stage_publish(&stage, 2, 100, &artifact, &one), NULL);
    CHECK_TEXT(one.version, left);
    CHECK(platform->versions(&stage.job, &rows, &count, &stage.error) == 0 && count == 2);
    CHECK(!rows[0].staged && rows[1].lived == LIVED_YES && rows[1].percent == 0 && !rows[1].staged);
    sandbox_stop(stage.sandbox);
}

/* What was set elsewhere outlives a publish: bindings of any type, limits, and the script's own
   settings. */
static void test_kept(struct arena *arena)
{
    static const char metadata[] =
        "{\"main_module\":\"m.mjs\",\"compatibility_date\":\"2026-11-01\",\"bindings\":["
        "{\"name\":\"KV\",\"type\":\"kv_namespace\",\"namespace_id\":"
        "\"0f2ac74b498b48028cb68387c421e279\"},"
        "{\"name\":\"GREETING\",\"type\":\"plain_text\",\"text\":\"hi\"},"
        "{\"name\":\"OBJ\",\"type\":\"json\",\"json\":{\"a\":1}}],"
        "\"limits\":{\"cpu_ms\":1000},\"placement\":{\"mode\":\"smart\"},"
        "\"observability\":{\"enabled\":true},\"logpush\":false}";
    struct stage stage;
    struct artifact artifact;
    struct deployment one;
    struct answer answer;
    stage_open(arena, NULL, NULL, &stage);
    const struct http_part parts[] = {
        {"metadata", NULL, NULL, bytes_of(metadata)},
        {"m.mjs", "m.mjs", "application/javascript+module",
         bytes_of("export default { fetch() { return new Response('x') } }\n")}};
    struct ask ask = {.method = "PUT",
                      .path = cloudflare_script_path(&stage.job, ""),
                      .what = "create it elsewhere",
                      .parts = parts,
                      .part_count = 2};
    CHECK(cloudflare_call(&stage.job, &ask, &answer, &stage.error) == 0);
    CHECK(stage_send(&stage, "PUT", "/secrets",
                     json_pack("{s:s, s:s, s:s}", "name", "KEY", "text", "x", "type",
                               "secret_text")) != NULL);
    CHECK_TEXT(stage_publish(&stage, 1, 100, &artifact, &one), NULL);
    json_t *version =
        stage_send(&stage, "GET", arena_printf(arena, "/versions/%s", one.version), NULL);
    json_t *bindings = json_find(version, "resources.bindings");
    CHECK(json_array_size(bindings) == 4);
    CHECK(json_find_integer(version, "resources.script_runtime.limits.cpu_ms", 0) == 1000);
    json_t *settings = stage_send(&stage, "GET", "/settings", NULL);
    CHECK(json_find_bool(settings, "observability.enabled", false));
    char *text = json_print(arena, bindings);
    CHECK(strstr(text, "0f2ac74b498b48028cb68387c421e279") && strstr(text, "\"hi\"") &&
          strstr(text, "\"KEY\"") && strstr(text, "\"OBJ\""));
    sandbox_stop(stage.sandbox);
}

static void check_plan(struct stage *stage, unsigned number, const struct deployment *wanted,
                       const char *expected)
{
    struct artifact artifact;
    const char **items, *all = "";
    size_t count;
    stage_run(stage, number);
    stage_pack(stage, number, &artifact);
    if (!CHECK(platform->plan(&stage->job, &artifact, wanted, &items, &count, &stage->error) == 0))
        return;
    for (size_t i = 0; i < count; i++)
        all = arena_printf(stage->arena, "%s%s; ", all, items[i]);
    CHECK_TEXT(all, expected);
}

static void test_plan(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment one, two, wanted = {.percent = 100}, staged = {.staged = true};
    stage_open(arena, NULL, "[{\"pattern\":\"example.com/api/*\"}]", &stage);
    stage_pack(&stage, 1, &artifact);
    const char *bytes = arena_printf(arena, "%zu", artifact.counted_bytes);
    check_plan(
        &stage, 1, &wanted,
        arena_printf(arena,
                     "create the Worker 'resize' (%s bytes), which is live with that; switch "
                     "workers.dev on; add the route 'example.com/api/*' on zone "
                     "5a4db0c5a4db0c5a4db0c5a4db0ca001; ",
                     bytes));
    CHECK_TEXT(stage_publish(&stage, 1, 100, &artifact, &one), NULL);
    check_plan(&stage, 1, &wanted, "");
    check_plan(&stage, 2, &wanted,
               arena_printf(arena,
                            "upload a version (%s bytes); give it all of the traffic, instead of "
                            "version %s; ",
                            bytes, one.version));
    check_plan(&stage, 2, &staged, arena_printf(arena, "upload a version (%s bytes); ", bytes));
    wanted.percent = 10;
    check_plan(&stage, 2, &wanted,
               arena_printf(arena,
                            "upload a version (%s bytes); give it 10 %% of the traffic; version %s "
                            "keeps 90 %%; ",
                            bytes, one.version));
    CHECK(stage_versions(&stage) == 1);
    CHECK_TEXT(stage_publish(&stage, 2, 10, &artifact, &two), NULL);
    wanted.percent = 100;
    check_plan(&stage, 2, &wanted,
               arena_printf(arena, "give version %s all of the traffic, instead of version %s; ",
                            two.version, one.version));
    sandbox_stop(stage.sandbox);
}

/* One code for all of them: what is wrong with the token is asked. */
static void test_token(struct arena *arena)
{
    static const struct {
        const char *ending, *message;
    } rows[] = {
        {".expired", "cannot list the deployments: the token is expired"},
        {".disabled", "cannot list the deployments: the token is disabled"},
        {"x", "cannot list the deployments: the platform does not know this token"},
        {".read-only", "cannot create the Worker: the token is valid, but lacks the permission "
                       "'Workers Scripts: Write'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage stage;
        struct artifact artifact;
        struct deployment out;
        stage_open(arena, NULL, NULL, &stage);
        struct secret token = {
            "token", arena_printf(arena, "%s%s", job_secret(&stage.job, "token"), rows[i].ending)};
        stage.job.secrets = &token;
        stage.job.secret_count = 1;
        CHECK(stage_publish(&stage, 1, 100, &artifact, &out) != NULL);
        says(&stage, rows[i].message);
        CHECK(!strstr(stage.error.message, token.value) && *stage.error.hint);
        sandbox_stop(stage.sandbox);
    }
}

static void test_legacy_key(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment out;
    static const struct secret secrets[] = {{"key", "5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a"},
                                            {"email", "sandbox@example.com"}};
    stage_open(arena, NULL, NULL, &stage);
    stage.job.secrets = secrets;
    stage.job.secret_count = 2;
    CHECK_TEXT(stage_publish(&stage, 1, 100, &artifact, &out), NULL);
    sandbox_stop(stage.sandbox);
}

/* Success with another shape is told, and never "nothing is live". */
static void test_shapes(struct arena *arena)
{
    static const struct {
        enum holds holds;
        const char *key, *result;
    } rows[] = {
        {HOLDS_ARRAY, "deployments", "null"},
        {HOLDS_ARRAY, "deployments", "[]"},
        {HOLDS_ARRAY, "deployments", "{\"deployments\":{}}"},
        {HOLDS_ARRAY, "deployments", "{\"deployments\":null}"},
        {HOLDS_ARRAY, NULL, "{}"},
        {HOLDS_STRING, "id", "{\"id\":5}"},
        {HOLDS_STRING, "id", "{\"id\":\"\"}"},
        {HOLDS_BOOLEAN, "enabled", "{\"enabled\":\"true\"}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        struct answer answer;
        struct ask ask = {.what = "ask",
                          .right = "",
                          .may_lack = true,
                          .holds = rows[i].holds,
                          .key = rows[i].key};
        struct http_reply reply = {.status = 200,
                                   .body = bytes_of(arena_printf(
                                       arena, "{\"success\":true,\"result\":%s}", rows[i].result))};
        CHECK(cloudflare_read_reply(arena, &ask, &reply, &answer, &error) == -1);
        CHECK(answer.unclear && !answer.absent && error.fault == FAULT_REMOTE);
        CHECK(strstr(error.message, "cannot ask: the answer holds no") != NULL);
    }
    static const char *const lists[] = {
        "[5]",
        "[{}]",
        "[{\"versions\":[]}]",
        "[{\"versions\":{}}]",
        "[{\"versions\":[{\"version_id\":1,\"percentage\":100}]}]",
        "[{\"versions\":[{\"version_id\":\"a\",\"percentage\":\"1\"}]}]"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct traffic traffic;
        json_t *list = json_own(arena, json_loads(lists[i], 0, NULL));
        CHECK(!cloudflare_read_traffic(list, &traffic));
    }
}

/* "There is none" of a Worker that the record knows is not believed at once. */
static void test_absence(struct arena *arena)
{
    struct stage stage;
    struct artifact artifact;
    struct deployment one, live;
    stage_open(arena, "GET */scripts/resize/deployments#3=status:404", NULL, &stage);
    CHECK_TEXT(stage_publish(&stage, 1, 100, &artifact, &one), NULL);
    stage_run(&stage, 2);
    stage.job.previous = one.version;
    CHECK(platform->live(&stage.job, &live, &stage.error) == -1);
    says(&stage, "the platform says that there is no Worker 'resize', and lists versions of it");
    stage_run(&stage, 3);
    CHECK(platform->live(&stage.job, &live, &stage.error) == 0);
    CHECK_TEXT(live.version, one.version);
    sandbox_stop(stage.sandbox);
}

void test_cloudflare_safe(void)
{
    void (*const tests[])(struct arena *) = {
        test_leftover, test_incomplete, test_ready,      test_shares, test_staged, test_kept,
        test_plan,     test_token,      test_legacy_key, test_shapes, test_absence};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        struct arena arena = {0};
        tests[i](&arena);
        arena_free(&arena);
    }
}
