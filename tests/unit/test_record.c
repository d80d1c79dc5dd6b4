#include "pkg/record/record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pkg/base/bytes.h"
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "tests/unit/unit.h"

/* Runs a shell command in `folder`, with a git that knows nobody; its exit code. */
static int shell(struct arena *arena, const char *folder, const char *command)
{
    char *line = arena_printf(arena,
                              "cd '%s' && export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 "
                              "GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a "
                              "GIT_COMMITTER_EMAIL=a@b; { %s; } >/dev/null 2>&1",
                              folder, command);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *repository(struct arena *arena)
{
    char *folder = unit_folder(arena);
    CHECK(shell(arena, folder,
                "git init -q -b main . && echo 1 >file && git add file && "
                "git commit -qm one") == 0);
    return folder;
}

static struct record_store *open_store(struct arena *arena, const char *folder)
{
    struct record_store *store = NULL;
    struct error error = {0};
    if (!CHECK(record_open(arena, unit_world(arena), folder, &store, &error) == 0))
        fprintf(stderr, "  %s\n", error.message);
    return store;
}

static struct record example(const char *time, const char *version)
{
    static const char *features[] = {"simd128", "sign-ext"};
    return (struct record){.time = time,
                           .event = "publish",
                           .target = "edge",
                           .platform = "alpha",
                           .version = version,
                           .artifact_sha256 = "aa",
                           .module_sha256 = "bb",
                           .module_bytes = 10,
                           .artifact_bytes = 20,
                           .features = features,
                           .feature_count = 2,
                           .tool = "edge-deploy 0.1.0",
                           .percent = 100,
                           .dirty = true};
}

static void test_line(void)
{
    struct arena arena = {0};
    struct record in = example("2026-11-22T12:00:00Z", "v\"1"), out;
    char *line = record_line(&arena, &in);
    CHECK_TEXT(line,
               "{\"time\":\"2026-11-22T12:00:00Z\",\"schema\":1,\"event\":\"publish\","
               "\"target\":\"edge\",\"platform\":\"alpha\",\"variant\":null,\"environment\":null,"
               "\"resource\":null,\"version\":\"v\\\"1\",\"previous_version\":null,\"url\":null,"
               "\"artifact_sha256\":\"aa\",\"module_sha256\":\"bb\",\"module_bytes\":10,"
               "\"gzip_bytes\":0,\"artifact_bytes\":20,\"built_bytes\":0,"
               "\"built_gzip_bytes\":0,\"toolchain\":null,\"optimizer\":null,"
               "\"tool\":\"edge-deploy 0.1.0\",\"run\":null,"
               "\"features\":[\"simd128\",\"sign-ext\"],\"percent\":100,\"dirty\":true}");
    CHECK(record_parse(&arena, line, strlen(line), &out) == 0);
    CHECK_TEXT(record_line(&arena, &out), line);
    CHECK(out.built_feature_count == 2);
    arena_free(&arena);
}

/* What the optimizer has taken away is listed apart. */
static void test_built_features(void)
{
    struct arena arena = {0};
    static const char *built[] = {"simd128", "sign-ext", "bulk-memory"};
    struct record in = example("2026-11-22T12:00:00Z", "v1"), out;
    in.built_features = built;
    in.built_feature_count = 3;
    in.toolchain = "rustc 1.82.0";
    char *line = record_line(&arena, &in);
    CHECK(record_parse(&arena, line, strlen(line), &out) == 0);
    CHECK(out.feature_count == 2 && out.built_feature_count == 3);
    CHECK_TEXT(out.built_features[2], "bulk-memory");
    CHECK_TEXT(out.toolchain, "rustc 1.82.0");
    CHECK_TEXT(record_line(&arena, &out), line);
    arena_free(&arena);
}

/* Told from files alone; what libgit2 must be asked for is likely. */
static void test_likely(void)
{
    struct arena arena = {0};
    char *folder = unit_folder(&arena);
    CHECK(!record_is_likely(&arena, folder));
    folder = repository(&arena);
    CHECK(!record_is_likely(&arena, folder));
    CHECK(shell(&arena, folder, "git notes --ref edge-deploy add -m x HEAD") == 0);
    CHECK(record_is_likely(&arena, folder));
    CHECK(shell(&arena, folder, "git pack-refs --all && git gc") == 0);
    CHECK(record_is_likely(&arena, folder));
    CHECK(shell(&arena, folder, "git worktree add -q tree") == 0);
    CHECK(record_is_likely(&arena, path_join(&arena, folder, "tree")));
    arena_free(&arena);
}

#define KEYS "\"event\":\"publish\",\"target\":\"a\",\"platform\":\"p\",\"version\":"

static void test_hostile_lines(void)
{
    static const char *const refused[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"time\":\"2026-11-22T12:00:00Z\",\"schema\":1," KEYS "1}",
        "{\"time\":\"2026-11-22T12:00:00Z\",\"schema\":1," KEYS "\"\"}",
        "{\"time\":\"2026-11-22T12:00:00Z\",\"schema\":2," KEYS "\"v\"}",
        "{\"time\":\"2026-11-22T12:00:00Z\"," KEYS "\"v\"}",
        "{\"time\":\"2026-11-22 12:00:00\",\"schema\":1," KEYS "\"v\"}",
        "{\"time\":\"2026-11-22T12:00:00+01\",\"schema\":1," KEYS "\"v\"}",
        "{\"time\":\"zzzz-11-22T12:00:00Z\",\"schema\":1," KEYS "\"v\"}",
        "{\"time\":\"2026-11-22T12:00:00Z\",\"schema\":1," KEYS "\"v\"} x",
    };
    struct arena arena = {0};
    struct record out;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        CHECK(record_parse(&arena, refused[i], strlen(refused[i]), &out) == -1);
    const char *line = "{\"time\":\"2026-11-22T12:00:00Z\",\"schema\":1," KEYS
                       "\"v\\u001b[31m\",\"url\":\"x\\n::error::\",\"module_bytes\":-1,"
                       "\"features\":[1,\"\\u202e\",{}],\"percent\":900}";
    CHECK(record_parse(&arena, line, strlen(line), &out) == 0);
    CHECK_TEXT(out.version, "v\\u{1b}[31m");
    CHECK_TEXT(out.url, "x\\u{0a}::error::");
    CHECK(out.module_bytes == 0 && out.percent == 100);
    CHECK(out.feature_count == 1);
    CHECK_TEXT(out.features[0], "\\u{202e}");
    size_t large = 70000;
    char *long_line = arena_alloc(&arena, large, 1);
    memset(long_line, ' ', large);
    memcpy(long_line, line, strlen(line));
    CHECK(record_parse(&arena, long_line, large, &out) == -1);
    arena_free(&arena);
}

static void test_append_and_list(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *folder = repository(&arena);
    struct record_store *store = open_store(&arena, folder);
    struct record *records,
        first = example("2026-11-22T12:00:01Z", "v1"),
        second[] = {example("2026-11-22T12:00:00Z", "v0"), example("2026-11-22T12:00:01Z", "v2")};
    size_t count, skipped;
    const char *head = record_head(store);
    CHECK(record_list(&arena, store, NULL, &records, &count, &skipped, &error) == 0 && count == 0);
    CHECK(record_append(&arena, store, head, &first, 1, &error) == 0);
    CHECK(record_append(&arena, store, head, second, 2, &error) == 0);
    CHECK(record_list(&arena, store, NULL, &records, &count, &skipped, &error) == 0);
    if (CHECK(count == 3 && skipped == 0)) {
        CHECK_TEXT(records[0].version, "v2");
        CHECK_TEXT(records[1].version, "v1");
        CHECK_TEXT(records[2].version, "v0");
        CHECK_TEXT(records[0].commit, head);
        CHECK_TEXT(record_time(&arena, store, &records[0]), "2026-11-22T12:00:02Z");
    }
    CHECK_TEXT(record_time(&arena, store, NULL), "2026-11-22T12:00:00Z");
    /* What git itself appends, with its blank line, and what is no record, is passed over. */
    CHECK(shell(&arena, folder, "git notes --ref=edge-deploy append -m 'by hand'") == 0);
    CHECK(record_list(&arena, store, head, &records, &count, &skipped, &error) == 0);
    CHECK(count == 3 && skipped == 1);
    CHECK(record_append(&arena, store, head, &first, 1, &error) == 0);
    CHECK(record_list(&arena, store, head, &records, &count, &skipped, &error) == 0);
    CHECK(count == 4 && skipped == 1);
    CHECK(shell(&arena, folder, "git notes --ref=edge-deploy show | grep -q 'by hand'") == 0);
    CHECK(shell(&arena, folder, "git fsck --strict") == 0);
    arena_free(&arena);
}

static void test_clock(void)
{
    struct arena arena = {0};
    char *folder = repository(&arena);
    struct record_store *store;
    struct error error = {0};
    struct world *world = unit_world(&arena);
    unit_setenv(world, "SOURCE_DATE_EPOCH", "951782400"); /* 2000-02-29 */
    CHECK(record_open(&arena, world, folder, &store, &error) == 0);
    struct record newest = {.time = "2000-02-29T23:59:59Z"};
    CHECK_TEXT(record_time(&arena, store, NULL), "2000-02-29T00:00:00Z");
    CHECK_TEXT(record_time(&arena, store, &newest), "2000-03-01T00:00:00Z");
    newest.time = "2099-01-01T00:00:00Z"; /* a wrong clock is not followed */
    CHECK_TEXT(record_time(&arena, store, &newest), "2000-02-29T00:00:00Z");
    newest.time = "1999-12-31T23:59:59Z";
    CHECK_TEXT(record_time(&arena, store, &newest), "2000-02-29T00:00:00Z");
    arena_free(&arena);
}

/* Somebody else's record of this very second counts, though it was not there when we looked. */
static void test_clock_of_others(void)
{
    struct arena arena = {0};
    char *folder = repository(&arena);
    struct record_store *store = NULL, *other = NULL;
    struct error error = {0};
    struct world *world = unit_world(&arena);
    struct record *records, record = example("2000-01-01T00:00:00Z", "v1");
    size_t count, skipped;
    unit_setenv(world, "SOURCE_DATE_EPOCH", "951782400");
    CHECK(record_open(&arena, world, folder, &store, &error) == 0 &&
          record_open(&arena, world, folder, &other, &error) == 0);
    CHECK(record_list(&arena, store, NULL, &records, &count, &skipped, &error) == 0 && count == 0);
    record.time = record_time(&arena, other, NULL);
    CHECK(record_append(&arena, other, record_head(other), &record, 1, &error) == 0);
    CHECK_TEXT(record_time(&arena, store, NULL), "2000-02-29T00:00:01Z");
    arena_free(&arena);
}

/* A lock that somebody holds keeps us out; one that a killed process has left does not. */
static void test_stale_lock(void)
{
    struct arena arena = {0};
    char *folder = repository(&arena);
    char *lock = path_join(&arena, folder, ".git/" RECORD_REF ".lock");
    struct record_store *store;
    struct error error = {0};
    struct world *world = unit_world(&arena);
    struct record record = example("2000-01-01T00:00:00Z", "v1");
    time_t now = (time_t)(world_now(world) / 1000);
    struct timespec fresh[2] = {{now + 3600, 0}, {now + 3600, 0}};
    struct timespec old[2] = {{now - 61, 0}, {now - 61, 0}};
    CHECK(record_open(&arena, world, folder, &store, &error) == 0);
    CHECK(file_write(lock, bytes_of(""), 0666, &error) == 0);
    CHECK(utimensat(AT_FDCWD, lock, fresh, 0) == 0);
    CHECK(record_append(&arena, store, record_head(store), &record, 1, &error) == -1);
    CHECK(strstr(error.message, "keeps it locked") != NULL && file_exists(lock));
    CHECK(utimensat(AT_FDCWD, lock, old, 0) == 0);
    CHECK(record_can_write(store, &error) == 0);
    CHECK(record_append(&arena, store, record_head(store), &record, 1, &error) == 0);
    CHECK(!file_exists(lock));
    arena_free(&arena);
}

static void really_sleep(void *context, int64_t milliseconds)
{
    (void)context;
    nanosleep(&(struct timespec){0, (long)milliseconds * 1000000}, NULL);
}

static void append_many(const char *folder, const char *prefix, int count)
{
    struct arena arena = {0};
    struct error error = {0};
    struct record_store *store;
    struct world *world = unit_world(&arena);
    world->sleep = really_sleep;
    bool ok = record_open(&arena, world, folder, &store, &error) == 0;
    for (int i = 0; ok && i < count; i++) {
        struct record record =
            example("2026-11-22T12:00:00Z", arena_printf(&arena, "%s%d", prefix, i));
        ok = record_append(&arena, store, record_head(store), &record, 1, &error) == 0;
    }
    if (!ok)
        fprintf(stderr, "  %s\n", error.message);
    _exit(ok ? 0 : 1);
}

/* Two processes, 40 lines each, from no notes at all: 80 lines are left. */
static void test_two_writers(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *folder = repository(&arena);
    struct record *records;
    size_t count, skipped;
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0)
            append_many(folder, i ? "b" : "a", 40);
    }
    for (int i = 0; i < 2; i++) {
        int status = -1;
        CHECK(waitpid(children[i], &status, 0) == children[i] && status == 0);
    }
    struct record_store *store = open_store(&arena, folder);
    CHECK(record_list(&arena, store, NULL, &records, &count, &skipped, &error) == 0);
    CHECK(count == 80 && skipped == 0);
    arena_free(&arena);
}

static bool is_refused(struct arena *arena, const char *folder, const char *word)
{
    struct record_store *store;
    struct error error = {0};
    bool refused = record_open(arena, unit_world(arena), folder, &store, &error) == -1 &&
                   error.fault == FAULT_INPUT && strstr(error.message, word) != NULL &&
                   error.hint[0] != '\0';
    if (!refused)
        fprintf(stderr, "  %s\n", error.message);
    return refused;
}

/* In a child, because libgit2 1.5.1 leaks memory as it looks at owner and extensions. */
static void check_refused(struct arena *arena, const char *folder, const char *word)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(is_refused(arena, folder, word) ? 0 : 1);
    CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void test_repositories(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *folder = repository(&arena), *bare = unit_folder(&arena), *linked = unit_folder(&arena);
    char *unborn = unit_folder(&arena), *none = unit_folder(&arena), *strange = unit_folder(&arena);
    struct record record = example("2026-11-22T12:00:00Z", "v1");
    CHECK(shell(&arena, bare, arena_printf(&arena, "git clone -q --bare '%s' .", folder)) == 0);
    CHECK(shell(&arena, folder, arena_printf(&arena, "git worktree add -q '%s'/w", linked)) == 0);
    CHECK(shell(&arena, unborn, "git init -q .") == 0);
    CHECK(shell(&arena, strange,
                "git init -q . && git config core.repositoryFormatVersion 1 && "
                "git config extensions.unheardof true") == 0);
    check_refused(&arena, none, "no git repository");
    check_refused(&arena, unborn, "no commit");
    check_refused(&arena, strange, "unheardof");
    const char *good[] = {bare, path_join(&arena, linked, "w"), folder};
    for (size_t i = 0; i < 3; i++) {
        struct record_store *store = open_store(&arena, good[i]);
        CHECK(record_append(&arena, store, record_head(store), &record, 1, &error) == 0);
        CHECK((record_work_tree(store) == NULL) == (i == 0));
        CHECK(!record_is_dirty(store, &error));
    }
    arena_free(&arena);
}

/* A repository of another user; only root can make one. */
static void test_foreign_owner(void)
{
    struct arena arena = {0};
    if (geteuid() != 0) {
        unit_skip("record: a repository of another user can only be made by root");
        return;
    }
    char *folder = repository(&arena);
    CHECK(shell(&arena, folder, "chown -R 12345:12345 .") == 0);
    check_refused(&arena, folder, "belongs to another user");
    arena_free(&arena);
}

static void test_dirty_and_resolve(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *folder = repository(&arena);
    struct record_store *store = open_store(&arena, folder);
    const char *head = record_head(store);
    CHECK(strlen(head) == 40);
    CHECK_TEXT(record_resolve(&arena, store, "main"), head);
    CHECK_TEXT(record_resolve(&arena, store, arena_printf(&arena, "%.8s", head)), head);
    CHECK(record_resolve(&arena, store, "nosuch") == NULL);
    CHECK(record_resolve(&arena, store, "HEAD:file") == NULL);
    CHECK(shell(&arena, folder, "echo x >new") == 0);
    CHECK(!record_is_dirty(store, &error));
    CHECK(shell(&arena, folder, "echo x >>file") == 0);
    CHECK(record_is_dirty(store, &error) && error.fault == FAULT_NONE);
    arena_free(&arena);
}

/* Two clones record at the same time; both push; nothing is lost and nothing forced. */
static void test_push(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *bare = unit_folder(&arena), *one = repository(&arena), *two = unit_folder(&arena);
    char *line = arena_printf(&arena,
                              "git init -q --bare -b main '%s' && git remote add origin '%s' && "
                              "git push -q origin main && git clone -q -b main '%s' '%s'",
                              bare, bare, bare, two);
    CHECK(shell(&arena, one, line) == 0);
    struct record_store *stores[] = {open_store(&arena, one), open_store(&arena, two)};
    struct world *world = unit_world(&arena);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 2; i++) {
            struct record record =
                example("2026-11-22T12:00:00Z", arena_printf(&arena, "v%d-%d", i, round));
            CHECK(record_append(&arena, stores[i], record_head(stores[i]), &record, 1, &error) ==
                  0);
            if (!CHECK(record_push(&arena, world, stores[i], "origin", &error) == 0))
                fprintf(stderr, "  %s\n", error.message);
        }
    struct record *records;
    size_t count, skipped;
    struct record_store *remote = open_store(&arena, bare);
    CHECK(record_list(&arena, remote, NULL, &records, &count, &skipped, &error) == 0);
    CHECK(count == 4 && skipped == 0);
    CHECK(shell(&arena, one, "git rev-parse refs/notes/origin/edge-deploy") == 0);
    arena_free(&arena);
}

static void test_push_refused(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *folder = repository(&arena);
    struct record_store *store = open_store(&arena, folder);
    struct record record = example("2026-11-22T12:00:00Z", "v1");
    CHECK(record_append(&arena, store, record_head(store), &record, 1, &error) == 0);
    static const char *const names[] = {"origin", "--upload-pack=touch pwned", "/tmp", "ext::id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        CHECK(record_push(&arena, unit_world(&arena), store, names[i], &error) == -1 &&
              error.fault == FAULT_INPUT);
    CHECK(shell(&arena, folder, "git remote add origin http://me:s3cr3t@127.0.0.1:9/none.git") ==
          0);
    CHECK(record_push(&arena, unit_world(&arena), store, "origin", &error) == -1);
    CHECK(error.fault == FAULT_REMOTE && strstr(error.message, "origin") != NULL);
    CHECK(strstr(error.message, "s3cr3t") == NULL && strstr(error.hint, "git push") != NULL);
    arena_free(&arena);
}

/* A notes tree with names that are no notes: they are passed over. */
static void test_strange_tree(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *folder = repository(&arena);
    struct record_store *store = open_store(&arena, folder);
    struct record *records, record = example("2026-11-22T12:00:00Z", "v1");
    size_t count, skipped;
    CHECK(shell(&arena, folder,
                "blob=$(printf junk | git hash-object -w --stdin) && "
                "tree=$(printf '100644 blob %s\\tREADME\\n' $blob | git mktree) && "
                "git update-ref refs/notes/edge-deploy $(git commit-tree -m x $tree)") == 0);
    CHECK(record_list(&arena, store, NULL, &records, &count, &skipped, &error) == 0 && count == 0);
    CHECK(record_append(&arena, store, record_head(store), &record, 1, &error) == 0);
    CHECK(record_list(&arena, store, NULL, &records, &count, &skipped, &error) == 0 && count == 1);
    arena_free(&arena);
}

void test_record(void)
{
    test_line();
    test_built_features();
    test_likely();
    test_hostile_lines();
    test_append_and_list();
    test_clock();
    test_clock_of_others();
    test_stale_lock();
    test_two_writers();
    test_repositories();
    test_foreign_owner();
    test_dirty_and_resolve();
    test_push();
    test_push_refused();
    test_strange_tree();
}
