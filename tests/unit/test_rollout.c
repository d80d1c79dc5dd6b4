/* Staged versions, shares of the traffic, and what somebody else does meanwhile. */
#include <string.h>

#include "pkg/publish/pipeline.h"
#include "tests/unit/scene.h"

static int roll(struct scene *scene, const char *to)
{
    scene_read(scene);
    fake.log[0] = '\0';
    return rollback(&scene->arena, scene->world, &scene->manifest, &scene->options, to,
                    &scene->result, &scene->error);
}

static int status(struct scene *scene)
{
    scene_read(scene);
    fake.log[0] = '\0';
    return publish_status(&scene->arena, scene->world, &scene->manifest, &scene->options,
                          &scene->result, &scene->error);
}

/* v1 is live, and the module is another one. */
static void open_live(struct scene *scene, const char *targets)
{
    scene_open(scene, MODULE, targets);
    fake_add_hooks();
    EXPECT(scene, scene_publish(scene), FAULT_NONE);
    scene_put(scene, "app.wasm", scene_other);
    CHECK(scene_shell(scene, "git commit -qam two") == 0);
    scene->options.no_wait = true;
}

/* Refused with all that can't, before anything is asked; and when nothing is live yet. */
static void test_refused(void)
{
    struct scene scene;
    scene_open(&scene, MODULE "\"build\":{\"command\":\"touch built\"},", ALPHA "," BETA);
    fake_add_hooks();
    scene.options.traffic = 10;
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "--traffic is not available for target 'b': it has no shares");
    CHECK(strstr(scene.error.hint, "-t a") != NULL);
    CHECK_TEXT(fake.log, "");
    scene.options.stage = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "exclude each other");
    scene.options.traffic = 0;
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "a, b: nothing is live there yet");
    CHECK(strstr(fake.log, "upload") == NULL && !scene.result.mutation_attempted);
    scene_close(&scene);
}

/* Uploaded, to be tried, not live and not recorded; publish then activates just that version. */
static void test_stage(void)
{
    struct scene scene;
    open_live(&scene, ALPHA);
    scene.options.stage = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    const struct prepared *target = scene.result.targets;
    CHECK(target->state == STATE_UPLOADED && fake.alpha.live == 1);
    CHECK_TEXT(target->deployment.url, "http://127.0.0.1:1/staged/v2");
    CHECK_TEXT(target->deployment.pin_value, "v2");
    CHECK(scene_record_count(&scene) == 1 && strstr(fake.log, "activate") == NULL);
    EXPECT(&scene, status(&scene), FAULT_NONE);
    CHECK_TEXT(scene.result.targets[0].live.version, "v1");
    const struct deployment *staged = live_version(&scene.result.targets[0], "v2");
    CHECK(staged && staged->staged && !staged->percent);
    EXPECT(&scene, roll(&scene, "v2"), FAULT_INPUT);
    SAYS(&scene, "was never live");
    scene.options.stage = false;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(fake.alpha.live == 2 && fake.alpha.version_count == 2);
    scene.options.stage = true; /* what is live needs no stage */
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED && !scene.result.mutation_attempted);
    scene_close(&scene);
}

/* A share, the same again, a larger one, all: one version. */
static void test_traffic(void)
{
    static const unsigned shares[] = {10, 60, 0};
    struct scene scene;
    size_t count;
    open_live(&scene, ALPHA);
    for (size_t i = 0; i < 3; i++) {
        unsigned percent = shares[i] ? shares[i] : 100;
        scene.options.traffic = shares[i];
        EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
        CHECK(scene.result.targets[0].state == STATE_LIVE && fake.alpha.version_count == 2);
        CHECK_TEXT(scene.result.targets[0].deployment.version, "v2");
        const struct record *record = scene_records(&scene, &count);
        CHECK(count == i + 2 && record->percent == percent);
        CHECK_TEXT(record->version, "v2");
        CHECK_TEXT(record->previous_version, "v1");
        EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
        CHECK(scene.result.targets[0].state == STATE_UNCHANGED);
        CHECK(live_percent(&scene.result.targets[0].deployment) == percent);
        CHECK(scene_record_count(&scene) == count);
    }
    CHECK(fake.alpha.live == 2 && fake.alpha.beside == 0);
    scene.options.traffic = 30; /* there is nothing that the rest could go to */
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED);
    scene_close(&scene);
}

/* Back to the earlier version at 100 %, whichever of the two has more. */
static void test_back_from_a_share(void)
{
    static const unsigned shares[] = {10, 60};
    for (size_t i = 0; i < 2; i++) {
        struct scene scene;
        size_t count;
        open_live(&scene, ALPHA);
        scene.options.traffic = shares[i];
        EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
        CHECK(fake.alpha.beside == (i == 0 ? 2 : 1));
        EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
        CHECK(fake.alpha.live == 1 && fake.alpha.beside == 0);
        CHECK(scene.result.targets[0].state == STATE_ROLLED_BACK);
        const struct record *record = scene_records(&scene, &count);
        CHECK(count == 3 && record->percent == 100);
        CHECK_TEXT(record->version, "v1");
        scene_close(&scene);
    }
}

/* The switch was obeyed and the program gone before it could record: the same again does. */
static void test_share_not_recorded(void)
{
    struct scene scene;
    size_t count;
    open_live(&scene, ALPHA);
    scene.options.traffic = 10;
    scene.options.no_record = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene.options.no_record = false;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED);
    const struct record *record = scene_records(&scene, &count);
    CHECK(count == 2 && record->percent == 10);
    CHECK_TEXT(record->version, "v2");
    scene_close(&scene);
}

static void add_stranger(void)
{
    struct fake_platform *state = &fake.alpha;
    state->versions[state->version_count++] =
        (struct fake_version){.artifact_sha256 = "theirs", .commit = "cafe", .took = 99};
}

static void somebody_deploys(void)
{
    add_stranger();
    fake.alpha.live = fake.alpha.version_count;
    fake.alpha.beside = 0;
}

static void somebody_shares(void)
{
    add_stranger();
    fake.alpha.beside = fake.alpha.version_count;
    fake.alpha.beside_percent = 5;
}

static void somebody_ends_the_share(void)
{
    fake.alpha.live = 1;
    fake.alpha.beside = 0;
}

/* Once, before the first switch of two targets. */
static void somebody_deploys_once(void)
{
    fake.at_ready = NULL;
    somebody_deploys();
}

/* What somebody else did is never overwritten unseen: both sides are named. */
static void test_somebody_else(void)
{
    static const struct {
        unsigned traffic; /* of our own version before */
        void (*act)(void);
        const char *theirs, *ours;
    } rows[] = {
        {100, somebody_deploys, "version 'v3' of commit cafe", "version 'v2' of commit"},
        {100, somebody_shares, "version 'v3' (5 %) of commit cafe", "version 'v2' of commit"},
        {10, somebody_ends_the_share, "version 'v1' of commit", "version 'v2' (10 %) of commit"},
        {10, somebody_deploys, "version 'v3' of commit cafe", "version 'v2' (10 %) of commit"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        open_live(&scene, ALPHA);
        scene.options.traffic = rows[i].traffic;
        EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
        rows[i].act();
        scene.options.traffic = 0;
        scene_put(&scene, "app.wasm", scene_third);
        EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
        SAYS(&scene, rows[i].theirs);
        SAYS(&scene, rows[i].ours);
        CHECK(strstr(fake.log, "upload") == NULL && strstr(scene.error.hint, "--overwrite"));
        scene.options.overwrite = true;
        EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
        CHECK(fake.alpha.live == fake.alpha.version_count);
        scene_close(&scene);
    }
}

/* Between the look and the switch: ready() is asked for all before the first is switched. */
static void test_meanwhile(void)
{
    struct scene scene;
    open_live(&scene, BETA "," ALPHA);
    fake.at_ready = somebody_deploys_once;
    EXPECT(&scene, scene_publish(&scene), FAULT_REMOTE);
    SAYS(&scene, "a: somebody else deployed in between: live is version 'v3' of commit cafe");
    CHECK(strstr(fake.log, "activate") == NULL && fake.beta.live == 1);
    CHECK(scene_record_count(&scene) == 2);
    scene.options.overwrite = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    fake.at_ready = somebody_deploys_once;
    scene.options.overwrite = false;
    EXPECT(&scene, roll(&scene, NULL), FAULT_REMOTE);
    SAYS(&scene, "a: somebody else deployed in between");
    CHECK(strstr(fake.log, "activate") == NULL);
    scene_close(&scene);
}

void test_rollout(void)
{
    test_refused();
    test_stage();
    test_traffic();
    test_back_from_a_share();
    test_share_not_recorded();
    test_somebody_else();
    test_meanwhile();
}
