/* Lambda@Edge's driver against Lambda@Edge's sandbox half, over loopback HTTP: publish, publish
   again, roll back, with answers that get lost and others who change the same. Two views of one
   contract, written apart. */
#include "tests/unit/lambda_stage.h"

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
        lambda_stage_open(&arena, faults[i], &stage);
        bool good = CHECK(lambda_publish(&stage, &stage.job, '1', &first, &out) == 0);
        good = CHECK_TEXT(out.version, "1") && CHECK(out.previous == NULL) && good;
        CHECK(out.url && strncmp(out.url, "https://d", 9) == 0);
        CHECK_TEXT(out.resource, "resize");
        good = CHECK(lambda_publish(&stage, &stage.job, '2', &second, &out) == 0) && good;
        good = CHECK_TEXT(out.version, "2") && CHECK_TEXT(out.previous, "1") && good;
        good = CHECK(stage.error.fault == FAULT_NONE) && good;
        lambda_check_live(&stage, "2", second.sha256);
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
    lambda_stage_open(&arena, NULL, &stage);
    lambda_check_live(&stage, NULL, NULL);
    CHECK(lambda_publish(&stage, &stage.job, '1', &first, &out) == 0);
    /* Again: the same version, and nothing is sent. */
    unsigned puts = lambda_stage_count(&stage, "PUT", "");
    CHECK(lambda_publish(&stage, &stage.job, '1', &first, &out) == 0);
    CHECK_TEXT(out.version, "1");
    CHECK(lambda_stage_count(&stage, "PUT", "") == puts && out.url != NULL);
    /* Another setting only: the code stays, the version is another. */
    json_object_set_new(stage.job.settings, "include_body", json_true());
    CHECK(lambda_publish(&stage, &stage.job, '1', &second, &out) == 0);
    CHECK_TEXT(out.version, "2");
    CHECK_TEXT(out.previous, "1");
    lambda_check_live(&stage, "2", second.sha256);
    json_object_set_new(stage.job.settings, "timeout_s", json_integer(4));
    CHECK(lambda_publish(&stage, &stage.job, '1', &third, &out) == 0);
    CHECK_TEXT(out.version, "3");
    /* Back to the first, with nothing uploaded. */
    unsigned posts = lambda_stage_count(&stage, "POST", "/functions");
    json_object_set_new(stage.job.settings, "include_body", json_false());
    out = (struct deployment){.version = "1"};
    CHECK(platform_lambda_edge.activate(&stage.job, NULL, &out, &stage.error) == 0);
    CHECK_TEXT(out.previous, "3");
    lambda_check_live(&stage, "1", first.sha256);
    CHECK(lambda_stage_count(&stage, "POST", "/functions") == posts);
    arena_free(&arena);
}

/* What another function of ours replaces, or what replaces ours, goes by its whole ARN. */
static void test_other_function(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact artifact;
    struct deployment out, live;
    lambda_stage_open(&arena, NULL, &stage);
    struct job other = lambda_job(&stage, "other");
    CHECK(lambda_publish(&stage, &other, '1', &artifact, &out) == 0);
    CHECK(platform_lambda_edge.live(&stage.job, &live, &stage.error) == 0);
    CHECK(live.drifted && live.artifact_sha256 == NULL);
    CHECK_TEXT(live.version, "arn:aws:lambda:us-east-1:123456789012:function:other:1");
    CHECK(lambda_publish(&stage, &stage.job, '1', &artifact, &out) == 0);
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
    if (!stage || lambda_stage_count(stage, "PUT", "") < 1)
        return;
    raced = NULL;
    struct job other = lambda_job(stage, "other");
    CHECK(lambda_publish(stage, &other, '9', &artifact, &out) == 0);
}

static void test_race(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact artifact;
    struct deployment out, live;
    lambda_stage_open(&arena, "PUT */distribution/*/config#1=status:412", &stage);
    raced = &stage;
    plain_sleep = stage.world->sleep;
    stage.world->sleep = race;
    CHECK(lambda_publish(&stage, &stage.job, '1', &artifact, &out) == -1);
    CHECK(raced == NULL && stage.error.fault == FAULT_REMOTE);
    CHECK_TEXT(stage.error.message,
               "somebody else has changed what the cache behavior 'default' runs for "
               "viewer-request: it was nothing and is version "
               "'arn:aws:lambda:us-east-1:123456789012:function:other:1' now");
    CHECK(platform_lambda_edge.live(&stage.job, &live, &stage.error) == 0 && live.drifted);
    arena_free(&arena);
}

static void test_refusals(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact artifact;
    struct deployment out;
    lambda_stage_open(&arena, NULL, &stage);
    unsigned changes =
        lambda_stage_count(&stage, "PUT", "") + lambda_stage_count(&stage, "POST", "/functions");
    json_object_set_new(stage.job.settings, "behavior", json_string("/none"));
    CHECK(lambda_publish(&stage, &stage.job, '1', &artifact, &out) == -1);
    CHECK(strstr(stage.error.message, "no cache behavior '/none'") != NULL);
    json_object_set_new(stage.job.settings, "behavior", json_string("default"));
    json_object_set_new(stage.job.settings, "distribution", json_string("ENOTTHERE"));
    CHECK(lambda_publish(&stage, &stage.job, '1', &artifact, &out) == -1);
    CHECK(strstr(stage.error.message, "no such distribution") != NULL);
    json_object_set_new(stage.job.settings, "distribution", json_string("E2QWRUHAPOMQZL"));
    json_object_del(stage.job.settings, "role");
    CHECK(lambda_publish(&stage, &stage.job, '1', &artifact, &out) == -1);
    CHECK(stage.error.fault == FAULT_INPUT && strstr(stage.error.hint, "edgelambda") != NULL);
    CHECK(lambda_stage_count(&stage, "PUT", "") +
              lambda_stage_count(&stage, "POST", "/functions") ==
          changes);
    static const char *const versions[] = {"$LATEST", "live", "7/../x", "7", "arn:aws:x"};
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        out = (struct deployment){.version = versions[i]};
        CHECK(platform_lambda_edge.activate(&stage.job, NULL, &out, &stage.error) == -1);
    }
    unit_setenv(stage.world, "AWS_SECRET_ACCESS_KEY", "wr0ng-s3cret-of-somebody");
    stage.job = lambda_job(&stage, "resize");
    CHECK(lambda_publish(&stage, &stage.job, '1', &artifact, &out) == -1);
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
