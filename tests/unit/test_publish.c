/* The whole pipeline, offline: a repository on disk, two made-up platforms in memory. */
#include "pkg/publish/publish.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/archive/archive.h"
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/json/json.h"
#include "tests/unit/fake_platform.h"
#include "tests/unit/unit.h"

/* A WASI command: exports memory and _start. */
#define HEAD                                                                                       \
    "\0asm\1\0\0\0"                                                                                \
    "\1\4\1\x60\0\0"                                                                               \
    "\3\2\1\0"                                                                                     \
    "\5\3\1\0\1"                                                                                   \
    "\7\x13\2\6memory\2\0\6_start\0\0"
#define CONST128 "\xfd\x0c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
static const char plain[] = HEAD "\x0a\4\1\2\0\x0b";
/* These store to memory, so that no optimizer makes them the same as the first. */
static const char other[] = HEAD "\x0a\x0b\1\x09\0\x41\0\x41\x2a\x36\2\0\x0b";
static const char third[] = HEAD "\x0a\x0b\1\x09\0\x41\0\x41\x2b\x36\2\0\x0b";
static const char simd[] = HEAD "\x0a\x1c\1\x1a\0\x41\0" CONST128 "\xfd\x0b\4\0\x0b";

#define BYTES(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

#define ALPHA "\"a\":{\"platform\":\"alpha\"}"
#define BETA  "\"b\":{\"platform\":\"beta\"}"

struct scene {
    struct arena arena;
    char *folder;
    struct world *world;
    struct manifest manifest;
    struct publish_options options;
    struct publish_result result;
    struct error error;
};

static int shell(struct scene *scene, const char *command)
{
    char *line = arena_printf(&scene->arena,
                              "cd '%s' && export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 "
                              "GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a "
                              "GIT_COMMITTER_EMAIL=a@b; { %s; } >/dev/null 2>&1",
                              scene->folder, command);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void put(struct scene *scene, const char *name, struct bytes bytes)
{
    CHECK(file_write(path_join(&scene->arena, scene->folder, name), bytes, 0755, &scene->error) ==
          0);
}

/* Reads the manifest again, as a new run would. */
static void read_again(struct scene *scene)
{
    const struct target **targets;
    char *path = path_join(&scene->arena, scene->folder, "edge-deploy.json");
    scene->error = (struct error){0};
    scene->result = (struct publish_result){0};
    if (!CHECK(manifest_read(&scene->arena, path, NULL, &scene->manifest, &scene->error) == 0)) {
        fprintf(stderr, "  %s\n", scene->error.message);
        exit(1);
    }
    targets = arena_alloc(&scene->arena, scene->manifest.target_count, sizeof *targets);
    for (size_t i = 0; i < scene->manifest.target_count; i++)
        targets[i] = &scene->manifest.targets[i];
    scene->options.targets = targets;
    scene->options.target_count = scene->manifest.target_count;
}

static void put_manifest(struct scene *scene, const char *more, const char *targets)
{
    put(scene, "edge-deploy.json",
        bytes_of(
            arena_printf(&scene->arena, "{\"name\":\"app\",%s\"targets\":{%s}}", more, targets)));
    read_again(scene);
}

static void set_validator(struct scene *scene, const char *answer)
{
    put(scene, ".git/validator",
        bytes_of(arena_printf(&scene->arena, "#!/bin/sh\ncat >/dev/null\nprintf '%s'\n", answer)));
    scene->world->program = path_join(&scene->arena, scene->folder, ".git/validator");
}

static void open_scene(struct scene *scene, const char *more, const char *targets)
{
    *scene = (struct scene){.options = {.build = true, .optimize = true, .jobs = 1}};
    scene->folder = unit_folder(&scene->arena);
    scene->world = unit_world(&scene->arena);
    unit_setenv(scene->world, "ALPHA_ACCOUNT", "1234");
    unit_setenv(scene->world, "ALPHA_TOKEN", "secret");
    unit_setenv(scene->world, "BETA_TOKEN", "secret");
    fake_reset();
    CHECK(shell(scene, "git init -q -b main .") == 0);
    set_validator(scene, "V");
    put(scene, "app.wasm", BYTES(plain));
    put_manifest(scene, more, targets);
    CHECK(shell(scene, "git add . && git commit -qm one") == 0);
}

#define MODULE "\"module\":\"app.wasm\","

static void close_scene(struct scene *scene)
{
    arena_free(&scene->arena);
}

static int run(struct scene *scene)
{
    read_again(scene);
    fake.log[0] = '\0';
    return publish(&scene->arena, scene->world, &scene->manifest, &scene->options, &scene->result,
                   &scene->error);
}

static bool expect(struct scene *scene, int status, enum fault fault, const char *file, int line)
{
    bool ok = (status == 0) == (fault == FAULT_NONE) && scene->error.fault == fault;
    if (!ok)
        fprintf(stderr, "  %d: fault %d: %s\n", status, (int)scene->error.fault,
                scene->error.message);
    return unit_check(ok, file, line, "the fault is as expected");
}
#define EXPECT(scene, status, fault) expect(scene, status, fault, __FILE__, __LINE__)
#define SAYS(scene, word)            CHECK(strstr((scene)->error.message, word) != NULL)

static struct record *records_of(struct scene *scene, size_t *count)
{
    struct record_store *store;
    struct record *records = NULL;
    size_t skipped = 0;
    *count = 0;
    CHECK(record_open(&scene->arena, scene->world, scene->folder, &store, &scene->error) == 0 &&
          record_list(&scene->arena, store, NULL, &records, count, &skipped, &scene->error) == 0);
    CHECK(skipped == 0);
    return records;
}

static size_t record_count(struct scene *scene)
{
    size_t count;
    records_of(scene, &count);
    return count;
}

static void test_order_and_record(void)
{
    struct scene scene;
    size_t count;
    open_scene(&scene, MODULE, ALPHA "," BETA);
    EXPECT(&scene, run(&scene), FAULT_NONE);
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
    struct record *records = records_of(&scene, &count);
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
    close_scene(&scene);
}

static void test_unchanged(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA "," BETA);
    EXPECT(&scene, run(&scene), FAULT_NONE);
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK_TEXT(fake.log, "alpha.pack a\nbeta.pack b\nalpha.live a\nbeta.live b\n");
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED && !scene.result.mutation_attempted);
    CHECK_TEXT(scene.result.targets[0].deployment.version, "v1");
    CHECK(record_count(&scene) == 2 && !scene.result.recorded);
    scene.options.force = true;
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_LIVE && record_count(&scene) == 4);
    CHECK_TEXT(scene.result.targets[0].deployment.version, "v2");
    CHECK_TEXT(scene.result.targets[0].deployment.previous, "v1");
    close_scene(&scene);
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
        open_scene(&scene, MODULE, ALPHA "," BETA);
        fake.failing = rows[i].failing;
        EXPECT(&scene, run(&scene), rows[i].fault);
        SAYS(&scene, "was told to fail");
        CHECK(strstr(fake.log, rows[i].never) == NULL);
        CHECK(record_count(&scene) == rows[i].records);
        CHECK(scene.result.targets[0].state == rows[i].a);
        CHECK(scene.result.targets[1].state == rows[i].b);
        CHECK(scene.result.mutation_attempted == (i >= 2));
        close_scene(&scene);
    }
}

static void test_deferred_first(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA "," BETA);
    fake.beta.deferred = true;
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK(strstr(fake.log, "beta.upload b\nbeta.activate b v1\nalpha.activate a v1\n") != NULL);
    close_scene(&scene);
    open_scene(&scene, MODULE, ALPHA "," BETA);
    fake.beta.deferred = true;
    scene.options.stage = true;
    EXPECT(&scene, run(&scene), FAULT_REMOTE);
    SAYS(&scene, "cannot be staged");
    CHECK(strstr(fake.log, "activate") == NULL && record_count(&scene) == 0);
    close_scene(&scene);
}

static void test_in_threads(void)
{
    struct scene scene;
    open_scene(&scene, MODULE,
               ALPHA "," BETA ",\"c\":{\"platform\":\"alpha\"},\"d\":{\"platform\":\"beta\"}");
    scene.options.jobs = 0;
    scene.options.no_wait = true; /* two targets share what the made-up platform has live */
    EXPECT(&scene, run(&scene), FAULT_NONE);
    for (size_t i = 0; i < 4; i++)
        CHECK(scene.result.targets[i].state == STATE_LIVE);
    CHECK(record_count(&scene) == 4);
    close_scene(&scene);
}

static void test_incompatible(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA "," BETA);
    put(&scene, "app.wasm", BYTES(simd));
    EXPECT(&scene, run(&scene), FAULT_INCOMPATIBLE);
    CHECK(strncmp(scene.error.message, "b: ", 3) == 0);
    SAYS(&scene, "simd128");
    CHECK(strstr(scene.error.hint, "remove target 'b' from edge-deploy.json") != NULL);
    CHECK_TEXT(fake.log, "alpha.pack a\n");
    CHECK(!scene.result.mutation_attempted);
    close_scene(&scene);
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
        {ALPHA, NULL, "--traffic", 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        open_scene(&scene, MODULE "\"build\":{\"command\":\"touch built\"},", rows[i].targets);
        scene.options.traffic = rows[i].traffic;
        if (rows[i].unset)
            unit_setenv(scene.world, rows[i].unset, NULL);
        EXPECT(&scene, run(&scene), FAULT_INPUT);
        SAYS(&scene, rows[i].says);
        CHECK_TEXT(fake.log, "");
        CHECK(!file_exists(path_join(&scene.arena, scene.folder, "built")));
        close_scene(&scene);
    }
}

static void test_without_repository(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA);
    set_validator(&scene, "V");
    CHECK(shell(&scene, "cp .git/validator validator && rm -rf .git") == 0);
    scene.world->program = path_join(&scene.arena, scene.folder, "validator");
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    CHECK(strstr(scene.error.hint, "--no-record") != NULL);
    CHECK_TEXT(fake.log, "");
    scene.options.no_record = true;
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK(!scene.result.recorded && scene.result.record_failure == NULL);
    close_scene(&scene);
}

static void test_build(void)
{
    struct scene scene;
    open_scene(&scene, MODULE "\"build\":{\"command\":\"echo x >>built\"},", ALPHA "," BETA);
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK(shell(&scene, "test $(wc -l <built) = 1") == 0);
    scene.options.build = scene.options.optimize = false; /* check */
    read_again(&scene);
    EXPECT(&scene,
           publish_prepare(&scene.arena, scene.world, &scene.manifest, &scene.options,
                           &scene.result, &scene.error),
           FAULT_NONE);
    CHECK(shell(&scene, "test $(wc -l <built) = 1") == 0);
    close_scene(&scene);
    open_scene(&scene, MODULE "\"build\":{\"command\":\"exit 7\"},", ALPHA);
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    SAYS(&scene, "exit code 7");
    close_scene(&scene);
}

static void test_bad_modules(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA);
    put(&scene, "app.wasm", bytes_of("forty bytes that are no module, not even"));
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    SAYS(&scene, "app.wasm");
    SAYS(&scene, "offset");
    if (CHECK(scene.result.targets[0].verdict.finding_count == 1))
        CHECK_TEXT(scene.result.targets[0].verdict.findings[0].rule, "malformed");
    put(&scene, "app.wasm", BYTES(plain));
    set_validator(&scene, "Itype mismatch");
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    SAYS(&scene, "invalid module 'app.wasm': type mismatch");
    CHECK_TEXT(scene.result.targets[0].verdict.findings[0].rule, "invalid");
    CHECK(!scene.result.mutation_attempted);
    CHECK(shell(&scene, "rm app.wasm") == 0);
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    CHECK(strstr(scene.error.hint, "build it first") != NULL);
    CHECK(shell(&scene, "ln -s /etc/passwd app.wasm") == 0);
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    SAYS(&scene, "leaves");
    close_scene(&scene);
}

/* A large invalid module is found beside the upload, and stops before anything is live. */
static void test_large_invalid(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA);
    size_t size = sizeof plain - 1, payload = 1500000;
    uint8_t *large = arena_alloc(&scene.arena, size + 5 + payload, 1);
    memcpy(large, plain, size);
    large[size] = 0; /* a custom section, its size as LEB128, its name */
    for (size_t i = 0, left = payload; i < 4; i++, left >>= 7)
        large[size + 1 + i] = (uint8_t)((left & 0x7f) | (i < 3 ? 0x80 : 0));
    large[size + 5] = 1;
    large[size + 6] = 'x';
    put(&scene, "app.wasm", (struct bytes){large, size + 5 + payload});
    set_validator(&scene, "Itype mismatch");
    scene.manifest.targets[0].optimize.level = OPTIMIZE_NONE;
    put_manifest(&scene, MODULE "\"optimize\":{\"level\":\"none\"},", ALPHA);
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    SAYS(&scene, "invalid module");
    CHECK(strstr(fake.log, "upload") != NULL && strstr(fake.log, "activate") == NULL);
    CHECK(record_count(&scene) == 0);
    close_scene(&scene);
}

static void test_dirty(void)
{
    struct scene scene;
    size_t count;
    open_scene(&scene, MODULE, ALPHA);
    put(&scene, "app.wasm", BYTES(other));
    EXPECT(&scene, run(&scene), FAULT_NONE);
    struct record *records = records_of(&scene, &count);
    CHECK(count == 1 && records[0].dirty);
    close_scene(&scene);
}

static void test_overwrite_guard(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA);
    EXPECT(&scene, run(&scene), FAULT_NONE);
    /* Somebody else: a version that we did not record. */
    fake.alpha.versions[fake.alpha.version_count++] = (struct fake_version){"other", "cafe"};
    fake.alpha.live = 2;
    put(&scene, "app.wasm", BYTES(other));
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    SAYS(&scene, "'v2'");
    SAYS(&scene, "'v1'");
    CHECK(strstr(scene.error.hint, "--overwrite") != NULL);
    CHECK(strstr(fake.log, "upload") == NULL && !scene.result.mutation_attempted);
    scene.options.overwrite = true;
    EXPECT(&scene, run(&scene), FAULT_NONE);
    scene.options.overwrite = false;
    put(&scene, "app.wasm", BYTES(plain));
    fake.alpha.drifted = true;
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    SAYS(&scene, "not made by edge-deploy");
    /* A clone without notes is no reason to stop. */
    fake.alpha.drifted = false;
    CHECK(shell(&scene, "git update-ref -d refs/notes/edge-deploy") == 0);
    EXPECT(&scene, run(&scene), FAULT_NONE);
    close_scene(&scene);
}

/* Live, but cut off before it was recorded: made up for by the next publish. */
static void test_made_up_record(void)
{
    struct scene scene;
    size_t count;
    open_scene(&scene, MODULE, ALPHA);
    EXPECT(&scene, run(&scene), FAULT_NONE);
    put(&scene, "app.wasm", BYTES(other));
    scene.options.no_record = true;
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK(record_count(&scene) == 1);
    scene.options.no_record = false;
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_UNCHANGED && !scene.result.mutation_attempted);
    struct record *records = records_of(&scene, &count);
    if (CHECK(count == 2)) {
        CHECK_TEXT(records[0].version, "v2");
        CHECK_TEXT(records[0].previous_version, "v1");
    }
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK(record_count(&scene) == 2);
    close_scene(&scene);
}

static int roll(struct scene *scene, const char *to)
{
    read_again(scene);
    fake.log[0] = '\0';
    return rollback(&scene->arena, scene->world, &scene->manifest, &scene->options, to,
                    &scene->result, &scene->error);
}

/* Three commits, each published; the hex of the first in `first`. */
static const char *publish_thrice(struct scene *scene)
{
    open_scene(scene, MODULE, ALPHA);
    EXPECT(scene, run(scene), FAULT_NONE);
    const char *first = scene->result.commit;
    put(scene, "app.wasm", BYTES(other));
    CHECK(shell(scene, "git commit -qam two") == 0);
    EXPECT(scene, run(scene), FAULT_NONE);
    put(scene, "app.wasm", BYTES(third));
    CHECK(shell(scene, "git commit -qam three") == 0);
    EXPECT(scene, run(scene), FAULT_NONE);
    CHECK(fake.alpha.live == 3);
    return first;
}

static void test_rollback(void)
{
    struct scene scene;
    size_t count;
    const char *first = publish_thrice(&scene);
    EXPECT(&scene, roll(&scene, NULL), FAULT_NONE);
    CHECK(fake.alpha.live == 2 && scene.result.targets[0].state == STATE_ROLLED_BACK);
    CHECK_TEXT(fake.log, "alpha.live a\nalpha.activate a v2\nalpha.live a\n");
    EXPECT(&scene, roll(&scene, arena_printf(&scene.arena, "%.10s", first)), FAULT_NONE);
    CHECK(fake.alpha.live == 1);
    struct record *records = records_of(&scene, &count);
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
    CHECK(strstr(scene.error.hint, "v3") && strstr(scene.error.hint, "v1"));
    fake.failing = "alpha.activate";
    EXPECT(&scene, roll(&scene, "v1"), FAULT_REMOTE);
    CHECK(record_count(&scene) == 6);
    close_scene(&scene);
}

static void test_rollback_without_history(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA);
    EXPECT(&scene, roll(&scene, NULL), FAULT_INPUT);
    EXPECT(&scene, run(&scene), FAULT_NONE);
    EXPECT(&scene, roll(&scene, NULL), FAULT_INPUT);
    SAYS(&scene, "no earlier deployment");
    CHECK(strstr(fake.log, "activate") == NULL);
    close_scene(&scene);
}

static int look(struct scene *scene,
                int (*what)(struct arena *, const struct world *, const struct manifest *,
                            const struct publish_options *, struct publish_result *,
                            struct error *))
{
    read_again(scene);
    fake.log[0] = '\0';
    return what(&scene->arena, scene->world, &scene->manifest, &scene->options, &scene->result,
                &scene->error);
}

static void test_status_and_verify(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA "," BETA);
    EXPECT(&scene, look(&scene, publish_status), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_NONE && !scene.result.targets[0].recorded);
    EXPECT(&scene, look(&scene, publish_verify), FAULT_UNVERIFIED);
    EXPECT(&scene, run(&scene), FAULT_NONE);
    EXPECT(&scene, look(&scene, publish_status), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_LIVE);
    CHECK_TEXT(scene.result.targets[0].recorded->version, scene.result.targets[0].live.version);
    EXPECT(&scene, look(&scene, publish_verify), FAULT_NONE);
    CHECK_TEXT(scene.result.targets[0].probe, "not probed: no verify.path");
    CHECK_TEXT(fake.log, "alpha.live a\nbeta.live b\n");
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
    close_scene(&scene);
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
        open_scene(&scene, rows[i].manifest, ALPHA);
        scene.options.sandboxed = rows[i].sandboxed;
        pid_t server = start_server(&scene, rows[i].misses);
        if (rows[i].nobody)
            fake.url = NULL;
        EXPECT(&scene, run(&scene), rows[i].fault);
        CHECK(strstr(scene.result.targets[0].probe, rows[i].probe) != NULL);
        CHECK(record_count(&scene) == 1);
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
        close_scene(&scene);
    }
}

static void test_roll_back_by_itself(void)
{
    struct scene scene;
    size_t count;
    open_scene(&scene, MODULE "\"verify\":{\"on_failure\":\"rollback\"},", ALPHA);
    EXPECT(&scene, run(&scene), FAULT_NONE);
    put(&scene, "app.wasm", BYTES(other));
    fake.alpha.drifted = true; /* what is live is never what we made */
    scene.options.overwrite = true;
    EXPECT(&scene, run(&scene), FAULT_UNVERIFIED);
    CHECK(scene.result.targets[0].state == STATE_ROLLED_BACK && fake.alpha.live == 1);
    struct record *records = records_of(&scene, &count);
    if (CHECK(count == 3)) {
        CHECK_TEXT(records[0].event, "rollback");
        CHECK_TEXT(records[0].version, "v1");
        CHECK_TEXT(records[1].version, "v2");
    }
    close_scene(&scene);
}

static void test_dry_run_and_stage(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA "," BETA);
    scene.options.dry_run = true;
    unit_setenv(scene.world, "BETA_TOKEN", NULL); /* without credentials it is still one */
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK_TEXT(fake.log, "alpha.pack a\nbeta.pack b\nalpha.live a\n");
    CHECK(scene.result.targets[1].artifact.sha256[0] && !scene.result.mutation_attempted);
    scene.options.dry_run = false;
    scene.options.stage = true;
    unit_setenv(scene.world, "BETA_TOKEN", "secret");
    EXPECT(&scene, run(&scene), FAULT_NONE);
    CHECK(scene.result.targets[0].state == STATE_UPLOADED && fake.alpha.live == 0);
    CHECK(strstr(fake.log, "activate") == NULL && record_count(&scene) == 0);
    close_scene(&scene);
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
        {"alpha.activate", "live on a", "beta.activate", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        open_scene(&scene, MODULE, ALPHA "," BETA);
        stop_after = rows[i].after;
        scene.world->interrupted = interrupted;
        EXPECT(&scene, run(&scene), FAULT_INTERRUPTED);
        SAYS(&scene, rows[i].says);
        CHECK(strstr(fake.log, rows[i].never) == NULL);
        scene.world->interrupted = NULL;
        CHECK(record_count(&scene) == rows[i].records);
        close_scene(&scene);
    }
}

static void test_main_and_globs(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, ALPHA);
    put(&scene, "out/b[1].wasm", BYTES(plain));
    put(&scene, "out/a.wasm", BYTES(plain));
    put(&scene, "out/sub/c.txt", bytes_of("text"));
    put(&scene, "out/index.js", bytes_of("export default {}"));
    put(&scene, "beside.wasm", BYTES(plain));
    put_manifest(&scene, "",
                 "\"a\":{\"platform\":\"alpha\",\"main\":\"./out/index.js\","
                 "\"modules\":[\"out/*.wasm\",\"out//a.wasm\"],"
                 "\"files\":[\"out/*.js\",\"out/*/*\"]}");
    EXPECT(&scene, run(&scene), FAULT_NONE);
    const struct payload *payload = &scene.result.targets[0].payload;
    if (CHECK(payload->part_count == 4)) {
        CHECK_TEXT(payload->parts[0].name, "index.js");
        CHECK_TEXT(payload->parts[1].name, "a.wasm");
        CHECK_TEXT(payload->parts[2].name, "b[1].wasm");
        CHECK_TEXT(payload->parts[3].name, "sub/c.txt");
        CHECK_TEXT(payload->parts[3].media_type, "text/plain");
    }
    CHECK(scene.result.targets[0].module_count == 2 && payload->form == PAYLOAD_MAIN);
    put_manifest(&scene, "",
                 "\"a\":{\"platform\":\"alpha\",\"main\":\"out/index.js\","
                 "\"modules\":[\"none/*.wasm\"]}");
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    SAYS(&scene, "targets.a.modules[0]: no file matches 'none/*.wasm'");
    put_manifest(&scene, "",
                 "\"a\":{\"platform\":\"alpha\",\"main\":\"out/index.js\","
                 "\"modules\":[\"beside.wasm\"]}");
    EXPECT(&scene, run(&scene), FAULT_INPUT);
    SAYS(&scene, "'beside.wasm' does not lie below");
    close_scene(&scene);
}

static void test_ready_package(void)
{
    struct scene scene;
    struct bytes archive;
    open_scene(&scene, MODULE, BETA);
    struct archive_item items[] = {{"app/", 0755, {NULL, 0}},
                                   {"app/bin/main.wasm", 0644, BYTES(plain)},
                                   {"app/fastly.toml", 0644, bytes_of("name = 'app'\n")}};
    CHECK(archive_tar_gz(&scene.arena, items, 3, &archive, &scene.error) == 0);
    put(&scene, "ready.tar.gz", archive);
    put_manifest(&scene, "", "\"b\":{\"platform\":\"beta\",\"package\":\"ready.tar.gz\"}");
    EXPECT(&scene, run(&scene), FAULT_NONE);
    const struct prepared *target = &scene.result.targets[0];
    CHECK(bytes_equal(target->artifact.parts[0].body, archive));
    if (CHECK(target->module_count == 1))
        CHECK_TEXT(target->modules[0].path, "ready.tar.gz:app/bin/main.wasm");
    items[1].body = BYTES(simd);
    CHECK(archive_tar_gz(&scene.arena, items, 3, &archive, &scene.error) == 0);
    put(&scene, "ready.tar.gz", archive);
    EXPECT(&scene, run(&scene), FAULT_INCOMPATIBLE);
    close_scene(&scene);
}

static void test_budget(void)
{
    struct scene scene;
    open_scene(&scene, MODULE "\"budget\":{\"gzip_bytes\":10},", ALPHA);
    EXPECT(&scene, run(&scene), FAULT_INCOMPATIBLE);
    CHECK(scene.result.targets[0].modules[0].gzip_bytes > 10);
    close_scene(&scene);
}

/* check FILE: a file from anywhere in the place of the manifest's modules. */
static void test_module_file(void)
{
    struct scene scene;
    open_scene(&scene, MODULE, BETA);
    char *outside = path_join(&scene.arena, unit_folder(&scene.arena), "x.wasm");
    CHECK(file_write(outside, BYTES(simd), 0644, &scene.error) == 0);
    scene.options.build = scene.options.optimize = false;
    scene.options.module_file = outside;
    EXPECT(&scene,
           publish_prepare(&scene.arena, scene.world, &scene.manifest, &scene.options,
                           &scene.result, &scene.error),
           FAULT_NONE);
    CHECK(scene.result.targets[0].verdict.answer == ANSWER_NO);
    CHECK_TEXT(fake.log, "");
    close_scene(&scene);
}

void test_publish(void)
{
    test_order_and_record();
    test_unchanged();
    test_failures();
    test_deferred_first();
    test_in_threads();
    test_incompatible();
    test_early_mistakes();
    test_without_repository();
    test_build();
    test_bad_modules();
    test_large_invalid();
    test_dirty();
    test_overwrite_guard();
    test_made_up_record();
    test_rollback();
    test_rollback_without_history();
    test_status_and_verify();
    test_probe();
    test_roll_back_by_itself();
    test_dry_run_and_stage();
    test_interrupted();
    test_main_and_globs();
    test_ready_package();
    test_budget();
    test_module_file();
}
