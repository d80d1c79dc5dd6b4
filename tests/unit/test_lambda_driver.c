/* Lambda@Edge's driver: what it looks at before the switch, what it would change, what there is to
   go back to, and what others or a run that was cut off have left. */
#include "tests/unit/lambda_stage.h"

static int upload(struct stage *stage, struct job *job, char number, struct deployment *out)
{
    struct artifact artifact;
    *out = (struct deployment){.percent = 100};
    if (lambda_pack(stage, job, number, &artifact) != 0)
        return -1;
    return platform_lambda_edge.upload(job, &artifact, out, &stage->error);
}

static void test_ready(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact artifact;
    struct deployment out, theirs;
    lambda_stage_open(&arena, NULL, &stage);
    CHECK(lambda_publish(&stage, &stage.job, '1', &artifact, &out) == 0);
    CHECK(upload(&stage, &stage.job, '2', &out) == 0);
    out.base = "1";
    unsigned gets = lambda_stage_count(&stage, "GET", "/functions");
    CHECK(platform_lambda_edge.ready(&stage.job, &artifact, &out, &stage.error) == 0);
    CHECK(lambda_stage_count(&stage, "GET", "/functions") == gets); /* upload has seen it */
    unsigned reads = lambda_stage_count(&stage, "GET", "");
    CHECK(platform_lambda_edge.activate(&stage.job, &artifact, &out, &stage.error) == 0);
    CHECK(lambda_stage_count(&stage, "GET", "") == reads);
    CHECK_TEXT(out.previous, "1");
    CHECK(out.url != NULL);
    /* Somebody else deploys after we came. */
    struct job other = lambda_job(&stage, "resize");
    CHECK(upload(&stage, &stage.job, '3', &out) == 0);
    out.base = "2";
    CHECK(lambda_publish(&stage, &other, '4', &artifact, &theirs) == 0);
    CHECK_TEXT(theirs.version, "4");
    CHECK(platform_lambda_edge.ready(&stage.job, &artifact, &out, &stage.error) == -1);
    CHECK(strstr(stage.error.message, "version '4' of commit 89abcdef0123") != NULL);
    CHECK(strstr(stage.error.message, "version '2'") != NULL);
    out.overwrite = true;
    CHECK(platform_lambda_edge.ready(&stage.job, &artifact, &out, &stage.error) == 0);
    /* And once more between ready and activate. */
    CHECK(lambda_publish(&stage, &other, '5', &artifact, &theirs) == 0);
    out.overwrite = false;
    CHECK(platform_lambda_edge.activate(&stage.job, &artifact, &out, &stage.error) == -1);
    CHECK(strstr(stage.error.message, "it was version '4' and is version '5' now") != NULL);
    out.version = "77";
    out.overwrite = true;
    CHECK(platform_lambda_edge.ready(&stage.job, NULL, &out, &stage.error) == -1);
    CHECK(stage.error.fault == FAULT_INPUT);
    CHECK_TEXT(stage.error.message, "version 77 of the function 'resize' is gone");
    arena_free(&arena);
}

/* Brought again, after a run that was cut off behind it: no second version of the same. */
static void test_again(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct deployment out, *versions;
    size_t count = 0;
    lambda_stage_open(&arena, NULL, &stage);
    for (char number = '1'; number <= '2'; number++)
        for (unsigned i = 0; i < 2; i++) {
            struct job job = lambda_job(&stage, "resize");
            CHECK(upload(&stage, &job, number, &out) == 0);
            CHECK_TEXT(out.version, number == '1' ? "1" : "2");
        }
    /* The same from another commit is another one, once: it tells where it is from. */
    stage.job.commit = "0123456789abcdef0123456789abcdef01234567";
    for (unsigned i = 0; i < 2; i++) {
        CHECK(upload(&stage, &stage.job, '2', &out) == 0);
        CHECK_TEXT(out.version, "3");
    }
    CHECK(platform_lambda_edge.versions(&stage.job, &versions, &count, &stage.error) == 0);
    CHECK(count == 3 && stage.error.fault == FAULT_NONE);
    arena_free(&arena);
}

/* What a failure leaves behind is told; nothing is left twice. */
static void test_left(void)
{
    static const struct {
        const char *fault, *message;
    } rows[] = {
        {"POST */versions#2-9=status:403",
         "the function 'resize' has the new code, but no version was published: cannot publish"},
        {"POST */versions#2-9=malformed",
         "the function 'resize' has the new code, but no version was published: cannot publish"},
        {"PUT */code#1-9=status:500", "cannot upload the code"},
        {"PUT */code#1-9=status:412", "somebody else has changed the function 'resize'"},
        {"PUT */code#1-9=status:409", "cannot upload the code: another change"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct stage stage;
        struct deployment out, *versions;
        size_t count = 0;
        lambda_stage_open(&arena, rows[i].fault, &stage);
        CHECK(upload(&stage, &stage.job, '1', &out) == 0);
        CHECK(upload(&stage, &stage.job, '2', &out) == -1);
        if (!CHECK(strstr(stage.error.message, rows[i].message) != NULL))
            fprintf(stderr, "  with %s: %s\n", rows[i].fault, stage.error.message);
        for (unsigned tries = 0; tries < 9; tries++)
            if (upload(&stage, &stage.job, '2', &out) == 0)
                break;
        CHECK_TEXT(out.version, "2");
        CHECK(platform_lambda_edge.versions(&stage.job, &versions, &count, &stage.error) == 0);
        CHECK(count == 2);
        arena_free(&arena);
    }
}

static void test_versions(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact first, artifact;
    struct deployment out, *versions;
    size_t count = 7;
    lambda_stage_open(&arena, NULL, &stage);
    CHECK(platform_lambda_edge.versions(&stage.job, &versions, &count, &stage.error) == 0);
    CHECK(count == 0);
    CHECK(lambda_publish(&stage, &stage.job, '1', &first, &out) == 0);
    for (char number = '2'; number <= '4'; number++)
        CHECK(lambda_publish(&stage, &stage.job, number, &artifact, &out) == 0);
    out = (struct deployment){.version = "1"};
    CHECK(platform_lambda_edge.activate(&stage.job, NULL, &out, &stage.error) == 0);
    CHECK(platform_lambda_edge.live(&stage.job, &out, &stage.error) == 0);
    unsigned gets = lambda_stage_count(&stage, "GET", "/distribution/");
    CHECK(platform_lambda_edge.versions(&stage.job, &versions, &count, &stage.error) == 0);
    CHECK(lambda_stage_count(&stage, "GET", "/distribution/") == gets);
    if (CHECK(count == 4)) {
        static const char *const order[] = {"1", "4", "3", "2"};
        for (size_t i = 0; i < count; i++) {
            CHECK_TEXT(versions[i].version, order[i]);
            CHECK(versions[i].percent == (i ? 0 : 100));
            CHECK(versions[i].lived == (i ? LIVED_UNKNOWN : LIVED_YES));
            CHECK_TEXT(versions[i].commit, lambda_commit);
        }
        CHECK_TEXT(versions[0].artifact_sha256, first.sha256);
    }
    struct job other = lambda_job(&stage, "other");
    CHECK(lambda_publish(&stage, &other, '1', &artifact, &out) == 0);
    stage.job = lambda_job(&stage, "resize");
    CHECK(platform_lambda_edge.versions(&stage.job, &versions, &count, &stage.error) == 0);
    CHECK(count == 5 && versions[0].drifted);
    CHECK_TEXT(versions[0].version, "arn:aws:lambda:us-east-1:123456789012:function:other:1");
    arena_free(&arena);
}

static void check_plan(struct stage *stage, struct job *job, char number, const char *expected)
{
    struct artifact artifact;
    struct deployment wanted = {.percent = 100};
    const char **steps, *all = "";
    size_t count = 0;
    CHECK(lambda_pack(stage, job, number, &artifact) == 0);
    unsigned writes = lambda_stage_count(stage, "PUT", "") + lambda_stage_count(stage, "POST", "");
    if (!CHECK(platform_lambda_edge.plan(job, &artifact, &wanted, &steps, &count, &stage->error) ==
               0))
        fprintf(stderr, "  %s\n", stage->error.message);
    for (size_t i = 0; i < count; i++)
        all = arena_printf(stage->arena, "%s%s\n", all, steps[i]);
    const char *mark = strstr(expected, "SIZE");
    if (mark)
        expected = arena_printf(stage->arena, "%.*s%zu%s", (int)(mark - expected), expected,
                                artifact.parts[0].body.size, mark + 4);
    CHECK_TEXT(all, expected);
    CHECK(writes == lambda_stage_count(stage, "PUT", "") + lambda_stage_count(stage, "POST", ""));
}

#define HERE  "distribution 'E2QWRUHAPOMQZL', behavior 'default', viewer-request: "
#define THERE "distribution 'E2QWRUHAPOMQZL', behavior 'default', origin-request: "

static void test_plan(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact artifact;
    struct deployment out;
    lambda_stage_open(&arena, NULL, &stage);
    check_plan(&stage, &stage.job, '1',
               "create the function 'resize' (nodejs24.x, 128 MB, 5 s, role "
               "'arn:aws:iam::123456789012:role/edge') with SIZE bytes of code\n"
               "publish a version of the function 'resize'\n" HERE "the new version\n");
    CHECK(upload(&stage, &stage.job, '1', &out) == 0);
    check_plan(&stage, &stage.job, '1', HERE "version 1\n");
    CHECK(lambda_publish(&stage, &stage.job, '1', &artifact, &out) == 0);
    check_plan(&stage, &stage.job, '1', "");
    json_object_set_new(stage.job.settings, "timeout_s", json_integer(4));
    json_object_set_new(stage.job.settings, "runtime", json_string("nodejs22.x"));
    check_plan(&stage, &stage.job, '2',
               "upload SIZE bytes of code to the function 'resize'\n"
               "set runtime of the function 'resize' from 'nodejs24.x' to "
               "'nodejs22.x'\n"
               "set timeout_s of the function 'resize' from 5 to 4\n"
               "publish a version of the function 'resize'\n" HERE
               "the new version instead of version 1\n");
    json_object_set_new(stage.job.settings, "behavior", json_string("/none"));
    const char **steps;
    size_t count;
    CHECK(platform_lambda_edge.plan(&stage.job, &artifact, &out, &steps, &count, &stage.error) ==
          -1);
    CHECK(strstr(stage.error.message, "no cache behavior '/none'") != NULL);
    arena_free(&arena);
}

/* The manifest names another event: the former association goes with the same change. */
static void test_moved(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct artifact artifact;
    struct deployment out, live;
    lambda_stage_open(&arena, NULL, &stage);
    struct job before = lambda_job(&stage, "resize");
    json_object_set_new(before.settings, "event", json_string("origin-request"));
    CHECK(lambda_publish(&stage, &before, '1', &artifact, &out) == 0);
    /* No record says whose it is: it stays. */
    struct job after = lambda_job(&stage, "resize");
    check_plan(&stage, &after, '1',
               "upload SIZE bytes of code to the function 'resize'\n"
               "publish a version of the function 'resize'\n" HERE "the new version\n");
    /* Another target wants just that place: it stays. */
    json_t *settings =
        json_own(&arena, json_pack("{s:s, s:s, s:s}", "distribution", "E2QWRUHAPOMQZL", "event",
                                   "origin-request", "function", "resize"));
    struct target targets[] = {
        {.name = "edge", .platform = "lambda-edge", .settings = after.settings},
        {.name = "origin", .platform = "lambda-edge", .settings = settings}};
    struct manifest manifest = {.targets = targets, .target_count = 2};
    after.previous = "1";
    after.manifest = &manifest;
    check_plan(&stage, &after, '1',
               "upload SIZE bytes of code to the function 'resize'\n"
               "publish a version of the function 'resize'\n" HERE "the new version\n");
    manifest.target_count = 1;
    check_plan(&stage, &after, '1',
               "upload SIZE bytes of code to the function 'resize'\n"
               "publish a version of the function 'resize'\n" HERE "the new version\n" THERE
               "no longer version 1: this target was there\n");
    unsigned puts = lambda_stage_count(&stage, "PUT", "/distribution/");
    CHECK(lambda_publish(&stage, &after, '1', &artifact, &out) == 0);
    CHECK(lambda_stage_count(&stage, "PUT", "/distribution/") == puts + 1);
    CHECK(platform_lambda_edge.live(&before, &live, &stage.error) == 0 && !live.version);
    CHECK(platform_lambda_edge.live(&after, &live, &stage.error) == 0);
    CHECK_TEXT(live.version, "2");
    arena_free(&arena);
}

/* While we wait for Lambda, another job brings its code to the same function. */
static struct stage *raced;
static void (*plain_sleep)(void *, int64_t);

static void race(void *context, int64_t milliseconds)
{
    struct stage *stage = raced;
    struct deployment out;
    plain_sleep(context, milliseconds);
    if (!stage || lambda_stage_count(stage, "PUT", "/code") < 1)
        return;
    raced = NULL;
    struct job other = lambda_job(stage, "resize");
    struct error error = stage->error;
    CHECK(upload(stage, &other, '9', &out) == 0);
    stage->error = error;
}

static void test_two_writers(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct deployment out, *versions;
    size_t count = 0;
    lambda_stage_open(&arena, NULL, &stage);
    CHECK(upload(&stage, &stage.job, '1', &out) == 0);
    raced = &stage;
    plain_sleep = stage.world->sleep;
    stage.world->sleep = race;
    CHECK(upload(&stage, &stage.job, '2', &out) == -1);
    stage.world->sleep = plain_sleep;
    CHECK(raced == NULL && stage.error.fault == FAULT_REMOTE);
    if (!CHECK(strstr(stage.error.message, "somebody else has changed the function 'resize'") !=
               NULL))
        fprintf(stderr, "  %s\n", stage.error.message);
    /* The next run heals. */
    CHECK(upload(&stage, &stage.job, '2', &out) == 0);
    CHECK_TEXT(out.version, "3");
    CHECK(platform_lambda_edge.versions(&stage.job, &versions, &count, &stage.error) == 0);
    CHECK(count == 3);
    arena_free(&arena);
}

/* The role's trust as IAM tells it; in doubt AWS has the last word. */
static void test_trust(void)
{
#define SERVICES(list)          "\"Principal\":{\"Service\":" list "}"
#define BOTH                    "[\"lambda.amazonaws.com\",\"edgelambda.amazonaws.com\"]"
#define RULE(principal, action) "{\"Effect\":\"Allow\"," principal ",\"Action\":" action "}"
    static const struct {
        const char *statements, *refused;
    } rows[] = {
        {"[" RULE(SERVICES(BOTH), "\"sts:AssumeRole\"") "]", NULL},
        {RULE(SERVICES(BOTH), "[\"sts:TagSession\",\"sts:AssumeRole\"]"), NULL},
        {"[" RULE(SERVICES("\"lambda.amazonaws.com\""), "\"sts:AssumeRole\"") "," RULE(
             SERVICES("[\"edgelambda.amazonaws.com\"]"), "\"sts:*\"") "]",
         NULL},
        {RULE("\"Principal\":\"*\"", "\"*\""), NULL},
        {RULE("\"NotPrincipal\":{}", "\"sts:AssumeRole\""), NULL},
        {RULE(SERVICES("\"lambda.amazonaws.com\""), "\"sts:AssumeRole\""), "edgelambda"},
        {RULE(SERVICES("\"edgelambda.amazonaws.com\""), "\"sts:AssumeRole\""), " lambda"},
        {RULE(SERVICES(BOTH), "\"sts:TagSession\""), " lambda"},
        {"[{\"Effect\":\"Deny\"," SERVICES(BOTH) ",\"Action\":\"*\"}]", " lambda"},
        {"[7,[],null,\"x\"]", " lambda"},
        {"7", NULL},
        {"", NULL},
    };
    struct arena arena = {0};
    struct job job = {.arena = &arena};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        const char *policy = arena_printf(&arena, "{\"Statement\":%s}", rows[i].statements);
        int status = lambda_edge_judge_trust(&job, "arn", http_escape(&arena, policy), &error);
        bool ok = CHECK(status == (rows[i].refused ? -1 : 0));
        if (rows[i].refused)
            ok =
                CHECK(strstr(error.message, rows[i].refused) && strstr(error.hint, "{\"Effect\"") &&
                      strstr(error.hint, "\"Action\":\"sts:AssumeRole\"}")) &&
                ok;
        if (!ok)
            fprintf(stderr, "  %s: %s\n", rows[i].statements, error.message);
    }
    arena_free(&arena);
}

static void test_other_account(void)
{
    struct arena arena = {0};
    struct stage stage;
    struct deployment out;
    lambda_stage_open(&arena, NULL, &stage);
    json_object_set_new(stage.job.settings, "role",
                        json_string("arn:aws:iam::999999999999:role/edge"));
    CHECK(upload(&stage, &stage.job, '1', &out) == -1);
    CHECK(stage.error.fault == FAULT_INPUT);
    CHECK_TEXT(stage.error.message, "there is no role 'arn:aws:iam::999999999999:role/edge'");
    CHECK(strstr(stage.error.hint, "123456789012") != NULL);
    json_object_set_new(stage.job.settings, "role",
                        json_string("arn:aws:iam::123456789012:role/nobody-made-it"));
    (void)upload(&stage, &stage.job, '1', &out);
    json_object_set_new(stage.job.settings, "distribution", json_string("ENOTTHERE"));
    CHECK(upload(&stage, &stage.job, '1', &out) == -1);
    CHECK(strstr(stage.error.hint, "of account 123456789012: check 'distribution'") != NULL);
    arena_free(&arena);
}

void test_lambda_driver(void)
{
    test_trust();
    test_other_account();
    test_ready();
    test_again();
    test_left();
    test_versions();
    test_plan();
    test_moved();
    test_two_writers();
}
