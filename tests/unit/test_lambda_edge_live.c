/* Lambda@Edge's driver against Lambda@Edge's sandbox half, over loopback HTTP: publish, publish
   again, roll back, with answers that get lost and others who change the same. Two views of one
   contract, written apart. */
#include <stdlib.h>

#include "pkg/base/file.h"
#include "pkg/json/json.h"
#include "pkg/sandbox/sandbox.h"
#include "platforms/lambda-edge/driver_parts.h"
#include "tests/unit/unit.h"

extern const struct platform platform_lambda_edge;
extern const struct sandbox_api sandbox_lambda_edge;

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
    const char *journal;
    struct platform_entry entries[2];
    struct target target;
    struct profile profile;
    struct job job;
    struct error error;
};

static void check(struct stage *stage, int status)
{
    if (status == 0)
        return;
    fprintf(stderr, "%s\n", stage->error.message);
    abort();
}

static const char *text_of(struct stage *stage, const char *path)
{
    struct bytes text;
    check(stage, file_read(stage->arena, path, LIMIT_MANIFEST, &text, &stage->error));
    return (const char *)text.data;
}

static struct job job_of(struct stage *stage, const char *function)
{
    struct job job = {.arena = stage->arena,
                      .world = stage->world,
                      .entry = stage->entries,
                      .profile = &stage->profile,
                      .target = &stage->target,
                      .commit = commit};
    job.settings =
        json_own(stage->arena,
                 json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:b}", "function", function,
                           "role", "arn:aws:iam::123456789012:role/edge", "runtime", "nodejs24.x",
                           "memory_mb", 128, "timeout_s", 5, "distribution", "E2QWRUHAPOMQZL",
                           "behavior", "default", "event", "viewer-request", "include_body", 0));
    check(stage, job_unlock(&job, &stage->error));
    return job;
}

static void open_stage(struct arena *arena, const char *faults, struct stage *stage)
{
    static const char *const names[] = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID",
                                        "AWS_SECRET_ACCESS_KEY"};
    *stage = (struct stage){.arena = arena, .world = unit_world(arena), .target = {.name = "edge"}};
    const char *text = text_of(stage, "platforms/lambda-edge/profile.json");
    const char *folder = unit_folder(arena);
    stage->journal = path_join(arena, folder, "journal");
    stage->entries[0] = (struct platform_entry){&platform_lambda_edge, &sandbox_lambda_edge, text,
                                                "export const handler = 1;\n"};
    struct sandbox_options options = {.state = path_join(arena, folder, "state"),
                                      .faults = faults,
                                      .rate_scale = 1,
                                      .journal = stage->journal,
                                      .world = stage->world,
                                      .platforms = stage->entries};
    check(stage, sandbox_start(arena, &options, &stage->sandbox, &stage->error));
    check(stage, profile_parse(arena, text, "profile.json", NULL, &stage->profile, &stage->error));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unit_setenv(stage->world, names[i], sandbox_environment(stage->sandbox, names[i]));
    stage->job = job_of(stage, "resize");
}

/* How many requests of that method have reached the sandbox. */
static unsigned count(struct stage *stage, const char *method)
{
    const char *word = arena_printf(stage->arena, "\"method\":\"%s\"", method);
    unsigned out = 0;
    for (const char *at = text_of(stage, stage->journal); (at = strstr(at, word)); at++)
        out++;
    return out;
}

/* Another publish: the module with a number behind it, in a custom section. */
static int publish(struct stage *stage, struct job *job, char number, struct artifact *artifact,
                   struct deployment *out)
{
    uint8_t *body = arena_alloc(stage->arena, 1, sizeof module + 4);
    memcpy(body, module, sizeof module - 1);
    memcpy(body + sizeof module - 1, "\0\3\1n", 4);
    body[sizeof module + 3] = (uint8_t)number;
    struct part part = {"app.wasm", NULL, NULL, {body, sizeof module + 4}};
    struct payload payload = {PAYLOAD_BARE, ENTRY_WASI, &part, 1, NULL, 0};
    *out = (struct deployment){.percent = 100};
    stage->error = (struct error){0};
    if (platform_lambda_edge.pack(job, &payload, artifact, &stage->error) != 0 ||
        platform_lambda_edge.upload(job, artifact, out, &stage->error) != 0)
        return -1;
    return platform_lambda_edge.activate(job, artifact, out, &stage->error);
}

static void check_live(struct stage *stage, const char *version, const char *sha256)
{
    struct deployment live;
    CHECK(platform_lambda_edge.live(&stage->job, &live, &stage->error) == 0);
    CHECK_TEXT(live.version, version);
    CHECK_TEXT(live.artifact_sha256, sha256);
    CHECK_TEXT(live.commit, version ? commit : NULL);
    CHECK(!live.drifted);
}

/* Whatever is lost once: two publishes make two versions, and what was dealt with is no error. */
static void test_lost(void)
{
    static const char *const faults[] = {
        NULL,
        "POST */functions#1=lost",
        "POST */versions#1=lost",
        "PUT */code#1=lost",
        "PUT */distribution/*/config#1=lost",
        "PUT */distribution/*/config#2=lost",
        "PUT */distribution/*/config#1=status:412",
        "PUT */distribution/*/config#1=reset-before",
        "PUT */code#1=status:409",
        "POST */versions#1-2=status:409",
        "POST */functions#1=status:429:retry-after=2",
        "PUT */code#1=reset-during",
        "GET */distribution/*#2=html",
        "GET */configuration#3=truncate",
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct arena arena = {0};
        struct stage stage;
        struct artifact first, second;
        struct deployment out;
        open_stage(&arena, faults[i], &stage);
        bool good = CHECK(publish(&stage, &stage.job, '1', &first, &out) == 0);
        good = CHECK_TEXT(out.version, "1") && CHECK(out.previous == NULL) && good;
        CHECK(out.url && strncmp(out.url, "https://d", 9) == 0);
        CHECK_TEXT(out.resource, "resize");
        good = CHECK(publish(&stage, &stage.job, '2', &second, &out) == 0) && good;
        good = CHECK_TEXT(out.version, "2") && CHECK_TEXT(out.previous, "1") && good;
        good = CHECK(stage.error.fault == FAULT_NONE) && good;
        check_live(&stage, "2", second.sha256);
        if (!good)
            fprintf(stderr, "  with %s: %s\n", faults[i] ? faults[i] : "no fault",
                    stage.error.message);
        arena_free(&arena);
    }
}

static void test_again_and_back(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact first, second, third;
    struct deployment out;
    open_stage(&arena, NULL, &stage);
    check_live(&stage, NULL, NULL);
    CHECK(publish(&stage, &stage.job, '1', &first, &out) == 0);
    /* Again: the same version, and nothing is sent. */
    unsigned puts = count(&stage, "PUT");
    CHECK(publish(&stage, &stage.job, '1', &first, &out) == 0);
    CHECK_TEXT(out.version, "1");
    CHECK(count(&stage, "PUT") == puts && out.url != NULL);
    /* Another setting only: the code stays, the version is another. */
    json_object_set_new(stage.job.settings, "include_body", json_true());
    CHECK(publish(&stage, &stage.job, '1', &second, &out) == 0);
    CHECK_TEXT(out.version, "2");
    CHECK_TEXT(out.previous, "1");
    check_live(&stage, "2", second.sha256);
    json_object_set_new(stage.job.settings, "timeout_s", json_integer(4));
    CHECK(publish(&stage, &stage.job, '1', &third, &out) == 0);
    CHECK_TEXT(out.version, "3");
    /* Back to the first, with nothing uploaded. */
    unsigned posts = count(&stage, "POST");
    json_object_set_new(stage.job.settings, "include_body", json_false());
    out = (struct deployment){.version = "1"};
    CHECK(platform_lambda_edge.activate(&stage.job, NULL, &out, &stage.error) == 0);
    CHECK_TEXT(out.previous, "3");
    check_live(&stage, "1", first.sha256);
    CHECK(count(&stage, "POST") == posts);
    arena_free(&arena);
}

/* What another function of ours replaces, or what replaces ours, goes by its whole ARN. */
static void test_other_function(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact artifact;
    struct deployment out, live;
    open_stage(&arena, NULL, &stage);
    struct job other = job_of(&stage, "other");
    CHECK(publish(&stage, &other, '1', &artifact, &out) == 0);
    CHECK(platform_lambda_edge.live(&stage.job, &live, &stage.error) == 0);
    CHECK(live.drifted && live.artifact_sha256 == NULL);
    CHECK_TEXT(live.version, "arn:aws:lambda:us-east-1:123456789012:function:other:1");
    CHECK(publish(&stage, &stage.job, '1', &artifact, &out) == 0);
    CHECK_TEXT(out.previous, live.version);
    out = (struct deployment){.version = live.version};
    CHECK(platform_lambda_edge.activate(&stage.job, NULL, &out, &stage.error) == 0);
    CHECK_TEXT(out.previous, "1");
    arena_free(&arena);
}

/* While we wait after a 412, another job brings a version of its own to the same event. */
static struct stage *raced;
static void (*plain_sleep)(void *, int64_t);

static void race(void *context, int64_t milliseconds)
{
    struct stage *stage = raced;
    struct artifact artifact;
    struct deployment out;
    plain_sleep(context, milliseconds);
    if (!stage || count(stage, "PUT") < 1)
        return;
    raced = NULL;
    struct job other = job_of(stage, "other");
    CHECK(publish(stage, &other, '9', &artifact, &out) == 0);
}

static void test_race(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact artifact;
    struct deployment out, live;
    open_stage(&arena, "PUT */distribution/*/config#1=status:412", &stage);
    raced = &stage;
    plain_sleep = stage.world->sleep;
    stage.world->sleep = race;
    CHECK(publish(&stage, &stage.job, '1', &artifact, &out) == -1);
    CHECK(raced == NULL && stage.error.fault == FAULT_REMOTE);
    CHECK_TEXT(stage.error.message, "somebody else has changed what the cache behavior 'default' "
                                    "runs for viewer-request");
    CHECK(platform_lambda_edge.live(&stage.job, &live, &stage.error) == 0 && live.drifted);
    arena_free(&arena);
}

static void test_refusals(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact artifact;
    struct deployment out;
    open_stage(&arena, NULL, &stage);
    unsigned changes = count(&stage, "PUT") + count(&stage, "POST");
    json_object_set_new(stage.job.settings, "behavior", json_string("/none"));
    CHECK(publish(&stage, &stage.job, '1', &artifact, &out) == -1);
    CHECK(strstr(stage.error.message, "no cache behavior '/none'") != NULL);
    json_object_set_new(stage.job.settings, "behavior", json_string("default"));
    json_object_set_new(stage.job.settings, "distribution", json_string("ENOTTHERE"));
    CHECK(publish(&stage, &stage.job, '1', &artifact, &out) == -1);
    CHECK(strstr(stage.error.message, "no such distribution") != NULL);
    json_object_set_new(stage.job.settings, "distribution", json_string("E2QWRUHAPOMQZL"));
    json_object_del(stage.job.settings, "role");
    CHECK(publish(&stage, &stage.job, '1', &artifact, &out) == -1);
    CHECK(stage.error.fault == FAULT_INPUT && strstr(stage.error.hint, "edgelambda") != NULL);
    CHECK(count(&stage, "PUT") + count(&stage, "POST") == changes);
    static const char *const versions[] = {"$LATEST", "live", "7/../x", "7", "arn:aws:x"};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        out = (struct deployment){.version = versions[i]};
        CHECK(platform_lambda_edge.activate(&stage.job, NULL, &out, &stage.error) == -1);
    }
    unit_setenv(stage.world, "AWS_SECRET_ACCESS_KEY", "wr0ng-s3cret-of-somebody");
    stage.job = job_of(&stage, "resize");
    CHECK(publish(&stage, &stage.job, '1', &artifact, &out) == -1);
    CHECK(strstr(stage.error.message, "the secret key does not fit") != NULL);
    CHECK(!strstr(stage.error.message, "wr0ng") && !strstr(stage.error.hint, "wr0ng"));
    arena_free(&arena);
}

void test_lambda_edge_live(void)
{
    test_lost();
    test_again_and_back();
    test_other_function();
    test_race();
    test_refusals();
}
