/* The ten steps, offline: order of calls, what stops what, what is recorded. */
#include <signal.h>

#include "pkg/base/file.h"
#include "tests/unit/scene.h"

static void test_order_and_record(void)
{
    struct scene scene;
    size_t count;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK_TEXT(fake.log, "alpha.pack a\nbeta.pack b\n"
                         "alpha.live a\nbeta.live b\n"
                         "alpha.upload a v1\nbeta.upload b v1\n"
                         "alpha.activate a v1\nbeta.activate b v1\n"
                         "alpha.live a\nbeta.live b\n");
    CHECK(scene.result.recorded && scene.result.mutation_attempted);
    const struct prepared *targets = scene.result.targets;
    CHECK(targets[0].state == STATE_LIVE && targets[1].state == STATE_LIVE);
    CHECK(targets[0].payload.entry == ENTRY_WASI);
    CHECK_TEXT(targets[0].modules[0].validation, "valid");
    CHECK(targets[0].modules[0].product == targets[1].modules[0].product);
    struct record *records = scene_records(&scene, &count);
    if (CHECK(count == 2)) {
        const struct record *record = &records[1]; /* the one that stands first */
        CHECK_TEXT(record->target, "a");
        CHECK_TEXT(record->event, "publish");
        CHECK_TEXT(record->version, "v1");
        CHECK_TEXT(record->previous_version, NULL);
        CHECK_TEXT(record->resource, "resource");
        CHECK_TEXT(record->artifact_sha256, targets[0].artifact.sha256);
        CHECK_TEXT(record->module_sha256, targets[0].modules[0].sha256);
        CHECK_TEXT(record->commit, scene.result.commit);
        CHECK_TEXT(record->time, "2026-11-22T12:00:00Z");
        CHECK(record->module_bytes > 0 && !record->dirty && record->percent == 100);
    }
    scene_close(&scene);
}

static void test_unchanged(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK_TEXT(fake.log, "alpha.pack a\nbeta.pack b\nalpha.live a\nbeta.live b\n");
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED && !scene.result.mutation_attempted);
    CHECK_TEXT(scene.result.targets[0].deployment.version, "v1");
    CHECK(scene_record_count(&scene) == 2 && !scene.result.recorded);
    scene.options.force = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_LIVE && scene_record_count(&scene) == 4);
    CHECK_TEXT(scene.result.targets[0].deployment.version, "v2");
    CHECK_TEXT(scene.result.targets[0].deployment.previous, "v1");
    scene_close(&scene);
}

/* What had been called when it was told. */
static void keep_log(void *context)
{
    struct buffer *told = context;
    CHECK(buffer_printf(told, "[%s]", fake.log) == 0);
}

/* Told once, after the last question and before the first change; not at all when none is sent. */
static void test_attempt(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    struct buffer *told = buffer_new(&scene.arena, 1000);
    scene.options.attempt = keep_log;
    scene.options.step_context = told;
    scene.options.step = NULL;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK_TEXT(buffer_text(told), "[alpha.pack a\nbeta.pack b\nalpha.live a\nbeta.live b\n]");
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(strchr(buffer_text(told) + 1, '[') == NULL);
    scene_close(&scene);
}

/* What fails, and what must not have happened then. */
static void test_failures(void)
{
    static const struct {
        const char *failing;
        enum fault fault;
        const char *never; /* a call that must not have been made */
        size_t records;
        enum state a, b;
    } rows[] = {
        {"beta.pack", FAULT_REMOTE, "alpha.live", 0, STATE_NONE, STATE_NONE},
        {"beta.live", FAULT_REMOTE, "alpha.upload", 0, STATE_NONE, STATE_FAILED},
        {"alpha.upload", FAULT_REMOTE, "beta.upload", 0, STATE_FAILED, STATE_NONE},
        {"beta.upload", FAULT_REMOTE, "alpha.activate", 0, STATE_UPLOADED, STATE_FAILED},
        {"alpha.activate", FAULT_REMOTE, "beta.activate", 0, STATE_FAILED, STATE_UPLOADED},
        {"beta.activate", FAULT_PARTIAL, "nothing", 1, STATE_LIVE, STATE_FAILED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        scene_open(&scene, MODULE, ALPHA "," BETA);
        fake.failing = rows[i].failing;
        EXPECT(&scene, scene_publish(&scene), rows[i].fault);
        SAYS(&scene, "was told to fail");
        CHECK(strstr(fake.log, rows[i].never) == NULL);
        CHECK(scene_record_count(&scene) == rows[i].records);
        CHECK(scene.result.targets[0].state == rows[i].a);
        CHECK(scene.result.targets[1].state == rows[i].b);
        CHECK(scene.result.mutation_attempted == (i >= 2));
        scene_close(&scene);
    }
}

/* The switch has worked and what follows it has not: live, recorded, and not done. */
static void test_incomplete(void)
{
    struct scene scene;
    size_t count;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    fake.failing = "alpha.activate";
    fake.late = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_PARTIAL);
    SAYS(&scene, "live on a only: a: version 'v1' is live, but not all is set up: ");
    CHECK(strstr(scene.error.hint, "publish again") != NULL);
    CHECK(scene.result.targets[0].state == STATE_LIVE && scene.result.targets[0].incomplete);
    CHECK(scene.result.targets[1].state == STATE_UPLOADED && fake.beta.live == 0);
    CHECK(scene.result.recorded);
    CHECK_TEXT(scene_records(&scene, &count)->version, "v1");
    scene_close(&scene);
}

/* Neither the answer nor what is live can be had: not known, and never "nothing new is live". */
static void test_unclear(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    fake.failing = "alpha.activate";
    fake.then_silent = fake.late = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_PARTIAL);
    SAYS(&scene, "a: whether version 'v1' is live is not known: alpha.activate was told to fail");
    CHECK(strstr(scene.error.hint, "edge-deploy status") != NULL);
    CHECK(scene.result.targets[0].unclear && !scene.result.recorded && fake.beta.live == 0);
    fake.failing = NULL;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED && scene_record_count(&scene) == 2);
    CHECK(fake.alpha.version_count == 1 && fake.beta.live == 1);
    scene_close(&scene);
}

/* The status of a hook counts, not what stands in its error. */
static void test_hooks_and_their_errors(void)
{
    static const char *const hooks[] = {"alpha.live", "alpha.upload", "alpha.activate"};
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA);
    fake.talkative = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_LIVE);
    CHECK(scene.result.targets[0].error.fault == FAULT_NONE);
    scene_close(&scene);
    for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++) {
        scene_open(&scene, MODULE, ALPHA);
        fake.failing = hooks[i];
        fake.fault = FAULT_NONE;
        EXPECT(&scene, scene_publish(&scene), FAULT_REMOTE);
        SAYS(&scene, "no reason");
        scene_close(&scene);
    }
}

static void test_deferred_first(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    fake.beta.deferred = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(strstr(fake.log, "beta.upload b\nbeta.activate b v1\nalpha.activate a v1\n") != NULL);
    scene_close(&scene);
    scene_open(&scene, MODULE, BETA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene_put(&scene, "app.wasm", scene_other);
    fake.beta.deferred = true;
    scene.options.stage = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_REMOTE);
    SAYS(&scene, "cannot be staged");
    CHECK(strstr(fake.log, "activate") == NULL && scene_record_count(&scene) == 1);
    scene_close(&scene);
}

/* The second would replace the first, and both would be recorded as live. */
static void test_same_place(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA ",\"c\":{\"platform\":\"alpha\",\"public\":false}");
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "targets 'a' and 'c' deploy to the same place");
    CHECK(strstr(scene.error.hint, "'script'") != NULL);
    CHECK_TEXT(fake.log, "");
    scene_close(&scene);
}

static void test_in_threads(void)
{
    struct scene scene;
    scene_open(
        &scene, MODULE,
        ALPHA "," BETA
              ",\"c\":{\"platform\":\"alpha\",\"script\":\"other\"},\"d\":{\"platform\":\"beta\"}");
    scene.options.jobs = 0;
    scene.options.no_wait = true; /* two targets share what the made-up platform has live */
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    for (size_t i = 0; i < 4; i++)
        CHECK(scene.result.targets[i].state == STATE_LIVE);
    CHECK(scene_record_count(&scene) == 4);
    scene_close(&scene);
}

static void test_incompatible(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    scene_put(&scene, "app.wasm", scene_simd);
    EXPECT(&scene, scene_publish(&scene), FAULT_INCOMPATIBLE);
    CHECK(strncmp(scene.error.message, "b: ", 3) == 0);
    SAYS(&scene, "simd128");
    CHECK(strstr(scene.error.hint, "remove target 'b' from edge-deploy.json") != NULL);
    CHECK_TEXT(fake.log, "alpha.pack a\n");
    CHECK(!scene.result.mutation_attempted);
    scene_close(&scene);
}

/* Mistakes that are found before the build command has run. */
static void test_early_mistakes(void)
{
    static const struct {
        const char *targets, *unset, *says;
        unsigned traffic;
    } rows[] = {
        {ALPHA "," BETA, "BETA_TOKEN", "BETA_TOKEN", 0},
        {ALPHA ",\"b\":{\"platform\":\"beta\",\"nonsense\":1}", NULL, "nonsense", 0},
        {ALPHA "," BETA, NULL, "--traffic is not available for target 'b': it has no shares", 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        scene_open(&scene, MODULE "\"build\":{\"command\":\"touch built\"},", rows[i].targets);
        scene.options.traffic = rows[i].traffic;
        if (rows[i].unset)
            unit_setenv(scene.world, rows[i].unset, NULL);
        EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
        SAYS(&scene, rows[i].says);
        CHECK_TEXT(fake.log, "");
        CHECK(!file_exists(path_join(&scene.arena, scene.folder, "built")));
        scene_close(&scene);
    }
}

static void test_without_repository(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA);
    CHECK(scene_shell(&scene, "rm -rf .git") == 0);
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    CHECK(strstr(scene.error.hint, "--no-record") != NULL);
    CHECK_TEXT(fake.log, "");
    scene.options.no_record = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(!scene.result.recorded && scene.result.record_failure == NULL);
    scene_close(&scene);
}

static void test_dirty(void)
{
    struct scene scene;
    size_t count;
    scene_open(&scene, MODULE, ALPHA);
    scene_put(&scene, "app.wasm", scene_other);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    struct record *records = scene_records(&scene, &count);
    CHECK(count == 1 && records[0].dirty);
    scene_close(&scene);
}

static void test_overwrite_guard(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    /* Somebody else: a version that we did not record. */
    fake.alpha.versions[fake.alpha.version_count++] =
        (struct fake_version){.artifact_sha256 = "other", .commit = "cafe"};
    fake.alpha.live = 2;
    scene_put(&scene, "app.wasm", scene_other);
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "'v2'");
    SAYS(&scene, "'v1'");
    CHECK(strstr(scene.error.hint, "--overwrite") != NULL);
    CHECK(strstr(fake.log, "upload") == NULL && !scene.result.mutation_attempted);
    scene.options.overwrite = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene.options.overwrite = false;
    scene_put(&scene, "app.wasm", scene_plain);
    fake.alpha.drifted = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "not made by edge-deploy");
    /* A clone without notes is no reason to stop. */
    fake.alpha.drifted = false;
    CHECK(scene_shell(&scene, "git update-ref -d refs/notes/edge-deploy") == 0);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene_close(&scene);
}

/* Live, but cut off before it was recorded: made up for by the next publish. */
static void test_made_up_record(void)
{
    struct scene scene;
    size_t count;
    scene_open(&scene, MODULE, ALPHA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene_put(&scene, "app.wasm", scene_other);
    scene.options.no_record = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene_record_count(&scene) == 1);
    scene.options.no_record = false;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED && !scene.result.mutation_attempted);
    struct record *records = scene_records(&scene, &count);
    if (CHECK(count == 2)) {
        CHECK_TEXT(records[0].version, "v2");
        CHECK_TEXT(records[0].previous_version, "v1");
    }
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene_record_count(&scene) == 2);
    scene_close(&scene);
}

static void test_dry_run(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    scene.options.dry_run = true;
    unit_setenv(scene.world, "BETA_TOKEN", NULL); /* without credentials it is still one */
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK_TEXT(fake.log, "alpha.pack a\nbeta.pack b\nalpha.live a\n");
    CHECK(scene.result.targets[1].artifact.sha256[0] && !scene.result.mutation_attempted);
    CHECK(!scene.result.targets[0].changes && !scene.result.targets[1].changes);
    CHECK_TEXT(scene.result.targets[0].no_changes, "the driver of this platform cannot list them");
    CHECK(strstr(scene.result.targets[1].no_changes, "BETA_TOKEN is not set") != NULL);
    scene_close(&scene);
}

/* Each change before it happens; none where just that is live; why, where they are not known. */
static void test_plan(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA);
    fake_add_hooks();
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene.options.dry_run = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    const struct prepared *target = scene.result.targets;
    CHECK(target->state == STATE_UNCHANGED && target->changes && target->change_count == 0);
    scene_put(&scene, "app.wasm", scene_other);
    scene.options.traffic = 10;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    target = scene.result.targets;
    if (CHECK(target->change_count == 2))
        CHECK_TEXT(target->changes[1], "give it 10 % of the traffic");
    CHECK_TEXT(fake.log, "alpha.pack a\nalpha.unlock a\nalpha.live a\nalpha.plan a v1\n");
    CHECK(!scene.result.mutation_attempted && fake.alpha.version_count == 1);
    fake.failing = "alpha.live";
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    target = scene.result.targets;
    CHECK(!target->changes && target->state == STATE_NONE);
    CHECK_TEXT(target->no_changes, "what is live is not known: alpha.live was told to fail");
    fake.failing = "alpha.plan";
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK_TEXT(scene.result.targets[0].no_changes, "alpha.plan was told to fail");
    scene_close(&scene);
}

static void test_sandboxed(void)
{
    struct scene scene;
    size_t count;
    scene_open(&scene, MODULE, ALPHA);
    scene.options.sandboxed = scene.options.push_record = true; /* never pushed */
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK_TEXT(scene_records(&scene, &count)->environment, "sandbox");
    scene_put(&scene, "app.wasm", scene_other);
    scene.options.sandboxed = scene.options.push_record = false;
    fake.alpha.versions[fake.alpha.version_count++] =
        (struct fake_version){.artifact_sha256 = "real", .commit = "cafe"};
    fake.alpha.live = 2;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene_record_count(&scene) == 2);
    scene_close(&scene);
}

/* Live, and not recorded, or not pushed. */
static void test_record_fails(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA);
    CHECK(scene_shell(&scene, "mkdir -p .git/refs/notes && "
                              "touch .git/refs/notes/edge-deploy.lock") == 0);
    EXPECT(&scene, scene_publish(&scene), FAULT_PARTIAL);
    SAYS(&scene, "live, but not recorded");
    CHECK(scene.result.targets[0].state == STATE_LIVE && !scene.result.recorded);
    CHECK(scene.result.record_failure != NULL && scene_record_count(&scene) == 0);
    CHECK(strstr(scene.error.hint, "publish again") != NULL);
    CHECK(scene_shell(&scene, "rm .git/refs/notes/edge-deploy.lock") == 0);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE); /* as the hint says */
    CHECK(scene.result.recorded && scene_record_count(&scene) == 1);
    CHECK(scene_shell(&scene, "git update-ref -d refs/notes/edge-deploy") == 0);
    scene.options.force = scene.options.push_record = true; /* and there is no remote */
    EXPECT(&scene, scene_publish(&scene), FAULT_PARTIAL);
    SAYS(&scene, "not pushed");
    CHECK(scene.result.recorded && scene_record_count(&scene) == 1);
    scene_close(&scene);
}

static const char *stop_after; /* a line of the log */

static int interrupted(void *context)
{
    (void)context;
    return strstr(fake.log, stop_after) ? SIGINT : 0;
}

static void test_interrupted(void)
{
    static const struct {
        const char *after, *says, *never;
        size_t records;
    } rows[] = {
        {"beta.pack", "nothing new is live", "live a", 0},
        {"alpha.live", "nothing new is live", "upload", 0},
        {"alpha.upload", "nothing new is live", "activate", 0},
        {"alpha.activate", "live on a; not on b", "beta.activate", 1},
        {"beta.activate", "live on a, b; not verified", "alpha.live a\nbeta.live b\nalpha.live", 2},
        {"beta.activate b v1\nalpha.live", "live on a, b; not verified", "nothing", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        scene_open(&scene, MODULE, ALPHA "," BETA);
        stop_after = rows[i].after;
        scene.world->interrupted = interrupted;
        EXPECT(&scene, scene_publish(&scene), FAULT_INTERRUPTED);
        SAYS(&scene, rows[i].says);
        CHECK(strstr(fake.log, rows[i].never) == NULL);
        scene.world->interrupted = NULL;
        CHECK(scene_record_count(&scene) == rows[i].records);
        scene_close(&scene);
    }
}

/* Told to stop while the switch was sent: what became of it is asked once more, and recorded. */
static void test_cut_off_switch(void)
{
    static const struct {
        bool late, silent;
        const char *says;
        size_t records;
    } rows[] = {
        {true, false, "interrupted: live on a; not on b", 1},
        {false, false, "interrupted: nothing new is live; uploaded for b", 0},
        {true, true, "whether it is live is not known", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        scene_open(&scene, MODULE, ALPHA "," BETA);
        stop_after = "alpha.activate";
        scene.world->interrupted = interrupted;
        fake.failing = "alpha.activate";
        fake.fault = FAULT_INTERRUPTED;
        fake.late = rows[i].late;
        fake.then_silent = rows[i].silent;
        EXPECT(&scene, scene_publish(&scene), FAULT_INTERRUPTED);
        SAYS(&scene, rows[i].says);
        scene.world->interrupted = NULL;
        CHECK(scene_record_count(&scene) == rows[i].records && fake.beta.live == 0);
        scene_close(&scene);
    }
}

void test_publish(void)
{
    test_order_and_record();
    test_unchanged();
    test_attempt();
    test_failures();
    test_incomplete();
    test_unclear();
    test_hooks_and_their_errors();
    test_deferred_first();
    test_same_place();
    test_in_threads();
    test_incompatible();
    test_early_mistakes();
    test_without_repository();
    test_dirty();
    test_overwrite_guard();
    test_sandboxed();
    test_record_fails();
    test_made_up_record();
    test_dry_run();
    test_plan();
    test_interrupted();
    test_cut_off_switch();
}
