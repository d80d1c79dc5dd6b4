/* Which version a rollback goes back to, with notes and without. */
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

/* v1, v2, v3 of three commits, the last one live; the platform tells what it remembers. */
static void publish_thrice(struct scene *scene, const char *commits[3])
{
    const struct bytes modules[] = {scene_plain, scene_other, scene_third};
    scene_open(scene, MODULE, ALPHA);
    fake_add_hooks();
    for (size_t i = 0; i < 3; i++) {
        scene_put(scene, "app.wasm", modules[i]);
        CHECK(i == 0 || scene_shell(scene, "git commit -qam next") == 0);
        EXPECT(scene, scene_publish(scene), FAULT_NONE);
        commits[i] = scene->result.commit;
    }
    CHECK(fake.alpha.live == 3);
}

static void forget(struct scene *scene)
{
    CHECK(scene_shell(scene, "git update-ref -d refs/notes/edge-deploy") == 0);
}

/* A further rollback goes further back, never forward again to what was rolled back from. */
static void test_further_back(void)
{
    struct scene scene;
    const char *commits[3];
    publish_thrice(&scene, commits);
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 2);
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 1);
    EXPECT(&scene, roll(&scene, NULL), FAULT_INPUT);
    SAYS(&scene, "no earlier deployment is recorded");
    CHECK(strstr(scene.error.hint, "choose with --to one of: v2 (") != NULL &&
          fake.alpha.live == 1);
    EXPECT(&scene, roll(&scene, "v3"), FAULT_NONE); /* forward by name */
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 1); /* which was live before */
    scene_put(&scene, "app.wasm", scene_other);
    scene.options.force = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(fake.alpha.live == 4);
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 1);
    scene_close(&scene);
}

/* The switch was made, and the program gone before it could record: the same again does that, and
   goes no further. */
static void test_cut_off(void)
{
    struct scene scene;
    const char *commits[3];
    size_t count;
    publish_thrice(&scene, commits);
    scene.options.no_record = true;
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 2 && scene_record_count(&scene) == 3);
    scene.options.no_record = false;
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 2 && scene.result.targets[0].state == STATE_UNCHANGED);
    const struct record *record = scene_records(&scene, &count);
    CHECK(count == 4 && strcmp(record->version, "v2") == 0);
    /* A publish that was cut off: back to what the last record says. */
    scene_put(&scene, "app.wasm", scene_plain);
    CHECK(scene_shell(&scene, "git commit -qam four") == 0);
    scene.options.no_record = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene.options.no_record = false;
    CHECK(fake.alpha.live == 4);
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 2);
    scene_close(&scene);
}

/* What the platform does not have any more is refused, and what it has is named. */
static void test_gone(void)
{
    struct scene scene;
    const char *commits[3];
    publish_thrice(&scene, commits);
    fake.alpha.versions[1].gone = true;
    EXPECT(&scene, roll(&scene, NULL), FAULT_INPUT);
    SAYS(&scene, "version 'v2' of commit ");
    SAYS(&scene, "is gone from the platform");
    CHECK(strstr(scene.error.hint, "one of: v1 (") && !strstr(scene.error.hint, "v2"));
    CHECK(strstr(scene.error.hint, ", 2026-11-22T12:00:00Z)") != NULL);
    CHECK(strstr(fake.log, "activate") == NULL && !scene.result.mutation_attempted);
    EXPECT(&scene, roll(&scene, commits[1]), FAULT_INPUT);
    SAYS(&scene, "is gone from the platform");
    EXPECT(&scene, roll(&scene, commits[0]), FAULT_NONE);
    CHECK(fake.alpha.live == 1);
    /* Nobody tells which versions there are: the record is believed. */
    fake.failing = "alpha.versions";
    EXPECT(&scene, roll(&scene, "v3"), FAULT_NONE);
    forget(&scene);
    EXPECT(&scene, roll(&scene, NULL), FAULT_REMOTE);
    SAYS(&scene, "what versions there are is not known: alpha.versions was told to fail");
    scene_close(&scene);
}

/* Without notes: what the platform remembers, also of the commits; recorded from then on. */
static void test_without_notes(void)
{
    struct scene scene;
    const char *commits[3];
    size_t count;
    publish_thrice(&scene, commits);
    forget(&scene);
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 2);
    const struct record *record = scene_records(&scene, &count);
    if (CHECK(count == 1)) {
        CHECK_TEXT(record->event, "rollback");
        CHECK_TEXT(record->commit, commits[1]);
        CHECK_TEXT(record->previous_version, "v3");
    }
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE); /* not to v3, although that was live last */
    CHECK(fake.alpha.live == 1);
    forget(&scene);
    EXPECT(&scene, roll(&scene, arena_printf(&scene.arena, "%.8s", commits[2])), FAULT_NONE);
    CHECK(fake.alpha.live == 3);
    EXPECT(&scene, roll(&scene, "fedcba98"), FAULT_INPUT);
    SAYS(&scene, "no recorded deployment of 'fedcba98', and the platform has none");
    scene_close(&scene);
}

/* A platform that does not remember what was live: only what is named. */
static void test_forgetful(void)
{
    struct scene scene;
    const char *commits[3];
    publish_thrice(&scene, commits);
    forget(&scene);
    fake.alpha.forgetful = true;
    EXPECT(&scene, roll(&scene, NULL), FAULT_INPUT);
    SAYS(&scene, "the platform does not remember which version was live before");
    CHECK(strstr(scene.error.hint, "v2 (") && strstr(scene.error.hint, "v1 ("));
    CHECK(fake.alpha.live == 3);
    EXPECT(&scene, roll(&scene, "v1"), FAULT_NONE);
    CHECK(fake.alpha.live == 1);
    scene_close(&scene);
}

/* A fresh clone with the notes fetched needs nothing else: no module, no build. */
static void test_fresh_clone(void)
{
    struct scene scene;
    const char *commits[3];
    publish_thrice(&scene, commits);
    CHECK(scene_shell(&scene, "rm app.wasm && git checkout -q HEAD~2 -- edge-deploy.json") == 0);
    EXPECT(&scene, roll(&scene, commits[0]), FAULT_NONE);
    CHECK(fake.alpha.live == 1);
    scene_close(&scene);
}

void test_past(void)
{
    test_further_back();
    test_cut_off();
    test_gone();
    test_without_notes();
    test_forgetful();
    test_fresh_clone();
}
