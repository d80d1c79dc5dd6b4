/* Earlier versions, what is live, whether it answers. */
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/scene.h"

static int roll(struct scene *scene, const char *to)
{
    scene_read(scene);
    fake.log[0] = '\0';
    return rollback(&scene->arena, scene->world, &scene->manifest, &scene->options, to,
                    &scene->result, &scene->error);
}

/* Three commits, each published; the hex of the first in `first`. */
static const char *publish_thrice(struct scene *scene)
{
    scene_open(scene, MODULE, ALPHA);
    EXPECT(scene, scene_publish(scene), FAULT_NONE);
    const char *first = scene->result.commit;
    scene_put(scene, "app.wasm", scene_other);
    CHECK(scene_shell(scene, "git commit -qam two") == 0);
    EXPECT(scene, scene_publish(scene), FAULT_NONE);
    scene_put(scene, "app.wasm", scene_third);
    CHECK(scene_shell(scene, "git commit -qam three") == 0);
    EXPECT(scene, scene_publish(scene), FAULT_NONE);
    CHECK(fake.alpha.live == 3);
    return first;
}

static void test_versions(void)
{
    struct scene scene;
    size_t count;
    const char *first = publish_thrice(&scene);
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 2 && scene.result.targets[0].state == STATE_ROLLED_BACK);
    CHECK_TEXT(fake.log, "alpha.live a\nalpha.activate a v2\nalpha.live a\n");
    EXPECT(&scene, roll(&scene, arena_printf(&scene.arena, "%.10s", first)), FAULT_NONE);
    CHECK(fake.alpha.live == 1);
    struct record *records = scene_records(&scene, &count);
    if (CHECK(count == 5)) {
        CHECK_TEXT(records[0].event, "rollback");
        CHECK_TEXT(records[0].version, "v1");
        CHECK_TEXT(records[0].previous_version, "v2");
        CHECK_TEXT(records[0].commit, first);
        CHECK_TEXT(records[0].artifact_sha256, records[4].artifact_sha256);
    }
    EXPECT(&scene, roll(&scene, "v3"), FAULT_NONE);
    CHECK(fake.alpha.live == 3);
    EXPECT(&scene, roll(&scene, "v3"), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED);
    CHECK_TEXT(fake.log, "alpha.live a\n");
    EXPECT(&scene, roll(&scene, "v9"), FAULT_INPUT);
    CHECK(strstr(scene.error.hint, "v2 (") && strstr(scene.error.hint, "v1 ("));
    CHECK(strstr(scene.error.hint, "v3") == NULL); /* is live */
    fake.failing = "alpha.activate";
    EXPECT(&scene, roll(&scene, "v1"), FAULT_REMOTE);
    CHECK(scene_record_count(&scene) == 6);
    scene_close(&scene);
}

/* The hint names those that are not back, as those that are would go back once more. */
static void test_partly(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene_put(&scene, "app.wasm", scene_other);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    fake.failing = "beta.activate";
    EXPECT(&scene, roll(&scene, NULL), FAULT_PARTIAL);
    SAYS(&scene, "live on a only: b: ");
    CHECK(strstr(scene.error.hint, "rollback -t b") != NULL);
    CHECK(scene.result.targets[0].state == STATE_ROLLED_BACK && fake.alpha.live == 1);
    CHECK(scene.result.targets[1].state == STATE_FAILED && fake.beta.live == 2);
    scene_close(&scene);
}

/* Rolled back, but not recorded: the same again makes up for it, though nothing is sent. */
static void test_record_made_up(void)
{
    struct scene scene;
    size_t count;
    scene_open(&scene, MODULE, ALPHA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene_put(&scene, "app.wasm", scene_other);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    CHECK(scene_shell(&scene, "touch .git/refs/notes/edge-deploy.lock") == 0);
    EXPECT(&scene, roll(&scene, "v1"), FAULT_PARTIAL);
    SAYS(&scene, "rolled back, but not recorded");
    CHECK(scene_shell(&scene, "rm .git/refs/notes/edge-deploy.lock") == 0);
    CHECK(scene_record_count(&scene) == 2);
    EXPECT(&scene, roll(&scene, "v1"), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED && scene.result.recorded);
    struct record *records = scene_records(&scene, &count);
    if (CHECK(count == 3)) {
        CHECK_TEXT(records[0].event, "rollback");
        CHECK_TEXT(records[0].version, "v1");
        CHECK_TEXT(records[0].previous_version, "v2");
    }
    scene_close(&scene);
}

static void test_rollback_without_history(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA);
    EXPECT(&scene, roll(&scene, NULL), FAULT_INPUT);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    EXPECT(&scene, roll(&scene, NULL), FAULT_INPUT);
    SAYS(&scene, "no earlier deployment");
    CHECK(strstr(fake.log, "activate") == NULL);
    scene_close(&scene);
}

static int look(struct scene *scene,
                int (*what)(struct arena *, const struct world *, const struct manifest *,
                            const struct publish_options *, struct publish_result *,
                            struct error *))
{
    scene_read(scene);
    fake.log[0] = '\0';
    return what(&scene->arena, scene->world, &scene->manifest, &scene->options, &scene->result,
                &scene->error);
}

static void test_status_and_verify(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA "," BETA);
    EXPECT(&scene, look(&scene, publish_status), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_NONE && !scene.result.targets[0].recorded);
    EXPECT(&scene, look(&scene, publish_verify), FAULT_UNVERIFIED);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    EXPECT(&scene, look(&scene, publish_status), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_LIVE);
    CHECK_TEXT(scene.result.targets[0].recorded->version, scene.result.targets[0].live.version);
    EXPECT(&scene, look(&scene, publish_verify), FAULT_NONE);
    CHECK_TEXT(scene.result.targets[0].probe, "not probed: no verify.path");
    CHECK_TEXT(fake.log, "alpha.live a\nbeta.live b\nalpha.pack a\nbeta.pack b\n");
    fake.failing = "alpha.live";
    EXPECT(&scene, look(&scene, publish_status), FAULT_REMOTE);
    CHECK(scene.result.targets[1].state == STATE_LIVE);
    fake.failing = NULL;
    fake.beta.drifted = true;
    EXPECT(&scene, look(&scene, publish_verify), FAULT_UNVERIFIED);
    SAYS(&scene, "b: ");
    fake.beta.live = 0; /* nothing: it may be on its way, so there is a wait, of virtual time */
    int64_t before = world_now(scene.world);
    EXPECT(&scene, look(&scene, publish_verify), FAULT_UNVERIFIED);
    int64_t waited = world_now(scene.world) - before;
    CHECK(waited >= 119000 && waited <= 121000);
    scene_close(&scene);
}

/* Answers 404 `misses` times, then 200 and "all is well", until it is killed. */
static void serve(int listener, int misses)
{
    static const char missing[] =
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    static const char good[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\nall is well";
    for (;;) {
        char request[4096];
        int connection = accept(listener, NULL, NULL);
        const char *reply = misses-- > 0 ? missing : good;
        if (connection < 0 || read(connection, request, sizeof request) <= 0 ||
            write(connection, reply, strlen(reply)) < 0)
            _exit(1);
        close(connection);
    }
}

static pid_t start_server(struct scene *scene, int misses)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(listener >= 0 && bind(listener, (struct sockaddr *)&address, size) == 0 &&
          listen(listener, 8) == 0 &&
          getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    pid_t child = fork();
    if (child == 0)
        serve(listener, misses);
    close(listener);
    fake.url = arena_printf(&scene->arena, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return child;
}

#define VERIFY(more) MODULE "\"verify\":{\"path\":\"/health\",\"timeout_s\":20" more "},"

static void test_probe(void)
{
    static const struct {
        const char *manifest;
        int misses;
        bool sandboxed, nobody;
        enum fault fault;
        const char *probe;
    } rows[] = {
        {VERIFY(""), 0, false, false, FAULT_NONE, "ok"},
        {VERIFY(",\"contains\":\"well\""), 3, false, false, FAULT_NONE, "ok"},
        {VERIFY(",\"contains\":\"unwell\""), 0, false, false, FAULT_UNVERIFIED,
         "answers without 'unwell'"},
        {VERIFY(",\"status\":204"), 0, false, false, FAULT_UNVERIFIED, "204 is expected"},
        {VERIFY(""), 0, false, true, FAULT_UNVERIFIED, "failed: "},
        {VERIFY(""), 0, true, true, FAULT_NONE, "not probed: sandbox"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        scene_open(&scene, rows[i].manifest, ALPHA);
        scene.options.sandboxed = rows[i].sandboxed;
        pid_t server = start_server(&scene, rows[i].misses);
        if (rows[i].nobody)
            fake.url = NULL;
        EXPECT(&scene, scene_publish(&scene), rows[i].fault);
        CHECK(strstr(scene.result.targets[0].probe, rows[i].probe) != NULL);
        CHECK(scene_record_count(&scene) == 1);
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
        scene_close(&scene);
    }
}

static void test_roll_back_by_itself(void)
{
    struct scene scene;
    size_t count;
    scene_open(&scene, MODULE "\"verify\":{\"on_failure\":\"rollback\"},", ALPHA);
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    scene_put(&scene, "app.wasm", scene_other);
    fake.alpha.drifted = true; /* what is live is never what we made */
    scene.options.overwrite = true;
    EXPECT(&scene, scene_publish(&scene), FAULT_UNVERIFIED);
    CHECK(scene.result.targets[0].state == STATE_ROLLED_BACK && fake.alpha.live == 1);
    struct record *records = scene_records(&scene, &count);
    if (CHECK(count == 3)) {
        CHECK_TEXT(records[0].event, "rollback");
        CHECK_TEXT(records[0].version, "v1");
        CHECK_TEXT(records[1].version, "v2");
    }
    scene_close(&scene);
}

void test_rollback(void)
{
    test_versions();
    test_partly();
    test_record_made_up();
    test_rollback_without_history();
    test_status_and_verify();
    test_probe();
    test_roll_back_by_itself();
}
