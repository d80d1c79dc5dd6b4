#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/digest/digest.h"
#include "pkg/optimize/cache.h"
#include "pkg/optimize/fields.h"
#include "pkg/optimize/internal.h"
#include "pkg/process/process.h"
#include "tests/unit/unit.h"

struct bench {
    struct arena arena;
    struct world *world;
    char *folder, *home, *kept; /* kept: where the cache then lies */
    const char *problem;
    struct error error;
};

static void open_bench(struct bench *bench)
{
    *bench = (struct bench){0};
    bench->world = unit_world(&bench->arena);
    bench->folder = unit_folder(&bench->arena);
    bench->home = path_join(&bench->arena, bench->folder, "home");
    bench->kept = path_join(&bench->arena, bench->home, "edge-deploy");
    unit_setenv(bench->world, "TMPDIR", bench->folder);
    unit_setenv(bench->world, "XDG_CACHE_HOME", bench->home);
}

static const struct cache *open_cache(struct bench *bench)
{
    const struct cache_settings settings = {.make = true};
    return cache_open(&bench->arena, bench->world, &settings, &bench->problem);
}

static const char *key_of(struct arena *arena, const char *text)
{
    char *key = arena_alloc(arena, 65, 1);
    digest_sha256(bytes_of(text), key);
    return key;
}

static void put(struct bench *bench, const struct cache *cache, const char *name, const char *text)
{
    cache_put(cache, key_of(&bench->arena, name), bytes_of(text));
}

/* The value, NULL when there is none. */
static const char *get(struct bench *bench, const struct cache *cache, const char *name)
{
    struct bytes value;
    if (!cache_get(cache, &bench->arena, key_of(&bench->arena, name), &value))
        return NULL;
    return arena_copy(&bench->arena, value.data, value.size);
}

static char *file_of(struct bench *bench, const char *name)
{
    return path_join(&bench->arena, bench->kept, key_of(&bench->arena, name));
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 ? (unsigned)status.st_mode & 07777U : 0;
}

static void age(const char *path, int64_t seconds)
{
    const struct timespec times[2] = {{seconds, 0}, {seconds, 0}};
    CHECK(utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0);
}

static void test_kept(void)
{
    struct bench bench;
    open_bench(&bench);
    const struct cache *cache = open_cache(&bench);
    if (!CHECK(cache != NULL))
        return;
    CHECK_TEXT(get(&bench, cache, "a"), NULL);
    put(&bench, cache, "a", "one");
    put(&bench, cache, "b", "");
    put(&bench, cache, "a", "two");
    CHECK_TEXT(get(&bench, cache, "a"), "two");
    CHECK_TEXT(get(&bench, cache, "b"), "");
    CHECK_TEXT(get(&bench, open_cache(&bench), "a"), "two");
    CHECK(mode_of(bench.home) == 0700 && mode_of(bench.kept) == 0700);
    CHECK(mode_of(file_of(&bench, "a")) == 0600);
    size_t count;
    uint64_t bytes;
    cache_usage(cache, &count, &bytes);
    CHECK(count == 2 && bytes == 8192);
    CHECK(!cache_get(cache, &bench.arena, "../../etc/passwd", &(struct bytes){0}));
    CHECK_TEXT(get(&bench, NULL, "a"), NULL);
    put(&bench, NULL, "a", "nowhere");
    arena_free(&bench.arena);
}

/* XDG Base Directory Specification: absolute, else ignored. */
static void test_place(void)
{
    struct bench bench;
    open_bench(&bench);
    unit_setenv(bench.world, "XDG_CACHE_HOME", "relative/path");
    unit_setenv(bench.world, "HOME", bench.folder);
    const struct cache *cache = open_cache(&bench);
    CHECK(cache &&
          strcmp(cache->folder, path_join(&bench.arena, bench.folder, ".cache/edge-deploy")) == 0);
    unit_setenv(bench.world, "HOME", "relative");
    CHECK(!open_cache(&bench));
    CHECK_TEXT(bench.problem, "neither XDG_CACHE_HOME nor HOME names a folder");
    unit_setenv(bench.world, "XDG_CACHE_HOME", bench.home);
    unit_setenv(bench.world, "EDGE_DEPLOY_CACHE_SIZE", "0");
    CHECK(!open_cache(&bench) && !bench.problem);
    CHECK(!file_exists(bench.home));
    arena_free(&bench.arena);
}

static void test_not_ours(void)
{
    struct bench bench;
    open_bench(&bench);
    const char *elsewhere = path_join(&bench.arena, bench.folder, "elsewhere");
    CHECK(open_cache(&bench) != NULL);
    CHECK(chmod(bench.kept, 0770) == 0);
    CHECK(!open_cache(&bench) && strstr(bench.problem, "may be written by others"));
    CHECK(chmod(bench.kept, 0700) == 0 && open_cache(&bench) != NULL);
    if (geteuid() == 0) {
        CHECK(chown(bench.kept, 4711, 4711) == 0);
        CHECK(!open_cache(&bench) && strstr(bench.problem, "belongs to somebody else"));
        CHECK(chown(bench.kept, 0, 0) == 0);
    }
    CHECK(rename(bench.kept, elsewhere) == 0 && symlink(elsewhere, bench.kept) == 0);
    CHECK(!open_cache(&bench) && strstr(bench.problem, "cannot open"));
    CHECK(unlink(bench.kept) == 0 &&
          file_write(bench.kept, bytes_of("x"), 0600, &bench.error) == 0);
    CHECK(!open_cache(&bench) && strstr(bench.problem, "cannot open"));
    arena_free(&bench.arena);
}

/* Each byte changed, each shorter length: not found, and gone. */
static void test_damaged(void)
{
    struct bench bench;
    struct bytes whole;
    open_bench(&bench);
    const struct cache *cache = open_cache(&bench);
    const char *path = file_of(&bench, "a");
    put(&bench, cache, "a", "precious");
    CHECK(file_read(&bench.arena, path, 1000, &whole, &bench.error) == 0);
    size_t found = 0, left = 0;
    for (size_t i = 0; i < 2 * whole.size; i++) {
        uint8_t *copy = arena_copy(&bench.arena, whole.data, whole.size);
        bool cut = i >= whole.size;
        if (!cut)
            copy[i] ^= 0x20;
        struct bytes bad = {copy, cut ? i - whole.size : whole.size};
        CHECK(file_write(path, bad, 0600, &bench.error) == 0);
        found += get(&bench, cache, "a") != NULL;
        left += file_exists(path);
    }
    CHECK(found == 0 && left == 0);
    /* Whole, but under another's name. */
    CHECK(file_write(file_of(&bench, "b"), whole, 0600, &bench.error) == 0);
    CHECK_TEXT(get(&bench, cache, "b"), NULL);
    CHECK(file_write(path, whole, 0600, &bench.error) == 0);
    CHECK_TEXT(get(&bench, cache, "a"), "precious");
    arena_free(&bench.arena);
}

static void test_links(void)
{
    struct bench bench;
    open_bench(&bench);
    const struct cache *cache = open_cache(&bench);
    const char *target = path_join(&bench.arena, bench.folder, "target");
    put(&bench, cache, "a", "value");
    CHECK(rename(file_of(&bench, "a"), target) == 0);
    CHECK(symlink(target, file_of(&bench, "a")) == 0);
    CHECK_TEXT(get(&bench, cache, "a"), NULL);
    CHECK(symlink(target, file_of(&bench, "a")) == 0);
    put(&bench, cache, "a", "anew");
    CHECK_TEXT(get(&bench, cache, "a"), "anew");
    CHECK(file_exists(target) && mkfifo(file_of(&bench, "pipe"), 0600) == 0);
    CHECK_TEXT(get(&bench, cache, "pipe"), NULL);
    CHECK(mkdir(file_of(&bench, "folder"), 0700) == 0);
    CHECK_TEXT(get(&bench, cache, "folder"), NULL);
    put(&bench, cache, "folder", "cannot be");
    CHECK(rmdir(file_of(&bench, "folder")) == 0);
    arena_free(&bench.arena);
}

static void put_sized(struct bench *bench, const struct cache *cache, const char *name, size_t size)
{
    uint8_t *data = arena_alloc(&bench->arena, size, 1);
    cache_put(cache, key_of(&bench->arena, name), (struct bytes){data, size});
}

/* Longest not used first; what is none of ours stays. */
static void test_bounded(void)
{
    struct bench bench;
    open_bench(&bench);
    unit_setenv(bench.world, "EDGE_DEPLOY_CACHE_SIZE", "1");
    const struct cache *cache = open_cache(&bench);
    const int64_t now = world_now(bench.world) / 1000;
    const char *mine = path_join(&bench.arena, bench.kept, "notes.txt");
    const char *stale = path_join(&bench.arena, bench.kept, "tmp-1-abc");
    const char *fresh = path_join(&bench.arena, bench.kept, "tmp-2-abc");
    CHECK(file_write(mine, bytes_of("mine"), 0600, &bench.error) == 0);
    CHECK(file_write(stale, bytes_of("x"), 0600, &bench.error) == 0);
    CHECK(file_write(fresh, bytes_of("x"), 0600, &bench.error) == 0);
    age(stale, now - 3700);
    age(fresh, now - 3500);
    put_sized(&bench, cache, "a", 300000);
    put_sized(&bench, cache, "b", 300000);
    put_sized(&bench, cache, "c", 300000);
    age(file_of(&bench, "a"), now - 300);
    age(file_of(&bench, "b"), now - 200);
    age(file_of(&bench, "c"), now - 100);
    CHECK(get(&bench, cache, "a") != NULL); /* used again */
    put_sized(&bench, cache, "d", 300000);
    CHECK(get(&bench, cache, "a") && get(&bench, cache, "c") && get(&bench, cache, "d"));
    CHECK(!get(&bench, cache, "b"));
    put_sized(&bench, cache, "too large", 1 << 20);
    CHECK(!get(&bench, cache, "too large") && get(&bench, cache, "a"));
    CHECK(file_exists(mine) && file_exists(fresh) && !file_exists(stale));
    arena_free(&bench.arena);
}

/* Writers side by side, and one that has lost its folder: a reader never sees a part. */
static void test_side_by_side(void)
{
    struct bench bench;
    size_t wrong = 0;
    open_bench(&bench);
    const struct cache *cache = open_cache(&bench);
    pid_t children[3];
    for (size_t i = 0; i < 3; i++) {
        children[i] = fork();
        for (size_t n = 0; children[i] == 0 && n < 60; n++)
            put(&bench, cache, "a", arena_printf(&bench.arena, "%0*zu", 20000, i));
        if (children[i] == 0)
            _exit(0);
    }
    for (size_t n = 0; n < 300; n++) {
        const char *value = get(&bench, cache, "a");
        wrong += value && strlen(value) != 20000;
    }
    for (size_t i = 0; i < 3; i++)
        waitpid(children[i], NULL, 0);
    CHECK(wrong == 0 && get(&bench, cache, "a") != NULL);
    CHECK(unlink(file_of(&bench, "a")) == 0 && rmdir(bench.kept) == 0); /* no temporary is left */
    put(&bench, cache, "a", "into nothing");
    CHECK_TEXT(get(&bench, cache, "a"), NULL);
    arena_free(&bench.arena);
}

#define MODULE                                                                                     \
    "(module (memory (export \"memory\") 1) (func (export \"run\") (param i32) (result i32) "      \
    "(drop (i32.add (i32.const 1) (i32.const 2))) (local.get 0)))"
#define SMALLER                                                                                    \
    "(module (memory (export \"memory\") 1) (func (export \"run\") (param i32) (result i32) "      \
    "(local.get 0)))"
#define OTHER "(module (memory (export \"memory\") 1) (func (export \"stolen\")))"

static bool assemble(struct bench *bench, const char *wat, const char *name, struct bytes *out)
{
    char *source = path_join(&bench->arena, bench->folder, "m.wat");
    char *target = path_join(&bench->arena, bench->folder, name);
    const char *const argv[] = {"wat2wasm", source, "-o", target, NULL};
    struct process_request request = {.argv = argv};
    struct process_result result;
    if (file_write(source, bytes_of(wat), 0644, &bench->error) != 0 ||
        process_run(&bench->arena, bench->world, &request, &result, &bench->error) != 0 ||
        result.status != 0) {
        unit_skip("wat2wasm is not installed, cached results are not tested");
        return false;
    }
    return CHECK(file_read(&bench->arena, target, LIMIT_MODULE, out, &bench->error) == 0);
}

/* A wasm-opt that notes each start; with a tail that makes it large, it is taken for a program. */
static char *fake(struct bench *bench, const char *work, bool large)
{
    char *path = path_join(&bench->arena, bench->folder, "fake-opt");
    char *text = arena_printf(&bench->arena,
                              "#!/bin/sh\n"
                              "echo \"$1\" >>%s/starts\n"
                              "case $1 in\n"
                              "--version) echo 'wasm-opt version 999 (made up)'; exit;;\n"
                              "--help) echo 'Optimization passes:'; exit;;\n"
                              "esac\n"
                              "for out; do :; done\n"
                              "%s\nexit\n%*s\n",
                              bench->folder, work, large ? 70000 : 1, "#");
    CHECK(file_write(path, bytes_of(text), 0755, &bench->error) == 0);
    age(path, 1700000000);
    return path;
}

static const char *starts(struct bench *bench)
{
    const char *path = path_join(&bench->arena, bench->folder, "starts");
    struct bytes text;
    if (!file_exists(path))
        return "";
    CHECK(file_read(&bench->arena, path, 10000, &text, &bench->error) == 0);
    CHECK(unlink(path) == 0);
    return (const char *)text.data;
}

/* As a run of the program does it: all is looked up anew. */
static struct optimize_result run_once(struct bench *bench, const char *optimizer_path,
                                       struct bytes module, struct optimize_request request)
{
    struct optimizer optimizer = {0};
    struct optimize_result results[OPTIMIZE_MEASURES] = {0};
    struct wasm_info info;
    const struct optimizer_search search = {.named = optimizer_path, .cache = open_cache(bench)};
    CHECK(wasm_scan(&bench->arena, module, WASM_FACTS, &info, &bench->error) == 0);
    request.module = module;
    request.info = &info;
    request.run = request.strip = true;
    request.cache = search.cache;
    CHECK(optimizer_find(&bench->arena, bench->world, &search, &optimizer, &bench->error) == 0);
    CHECK(optimize(&bench->arena, bench->world, &optimizer, &request, results, &bench->error) == 0);
    CHECK(results[0].cached == results[1].cached);
    return results[OPTIMIZE_FOR_COMPRESSED];
}

static void test_results(void)
{
    struct bench bench;
    struct bytes module, smaller;
    open_bench(&bench);
    if (!assemble(&bench, MODULE, "m.wasm", &module) ||
        !assemble(&bench, SMALLER, "smaller.wasm", &smaller))
        return;
    const char *copy = arena_printf(&bench.arena, "cp %s/smaller.wasm \"$out\"", bench.folder);
    const char *path = fake(&bench, copy, true);
    struct optimize_request request = {.allowed = UINT64_MAX};
    struct optimize_result first = run_once(&bench, path, module, request);
    CHECK(!first.cached && bytes_equal(first.module, smaller) && starts(&bench)[0]);
    struct optimize_result second = run_once(&bench, path, module, request);
    CHECK(second.cached && bytes_equal(second.module, smaller));
    CHECK_TEXT(second.how, first.how);
    CHECK_TEXT(second.why_not, first.why_not);
    CHECK_TEXT(second.optimizer, "999");
    CHECK(second.info.export_count == 2 && second.candidate_count == first.candidate_count);
    CHECK_TEXT(starts(&bench), "");

    /* Whatever the result depends on. */
    struct optimize_request other = request;
    other.speed = true;
    CHECK(!run_once(&bench, path, module, other).cached);
    other = request;
    other.keep_names = true;
    CHECK(!run_once(&bench, path, module, other).cached);
    other = request;
    other.allowed = 1;
    CHECK(!run_once(&bench, path, module, other).cached);
    CHECK(!run_once(&bench, path, smaller, request).cached);
    CHECK(starts(&bench)[0]);
    age(path, 1700000001);
    CHECK(!run_once(&bench, path, module, request).cached);
    CHECK(strstr(starts(&bench), "--version\n") != NULL);

    /* What a small file starts may have changed: it is asked, and no more. */
    path = fake(&bench, copy, false);
    CHECK(!run_once(&bench, path, module, request).cached && starts(&bench)[0]);
    CHECK(run_once(&bench, path, module, request).cached);
    CHECK_TEXT(starts(&bench), "--version\n");
    arena_free(&bench.arena);
}

static void test_not_kept(void)
{
    struct bench bench;
    struct bytes module;
    open_bench(&bench);
    if (!assemble(&bench, MODULE, "m.wasm", &module))
        return;
    struct optimize_request request = {.allowed = UINT64_MAX, .limit_ms = 300};
    const char *path = fake(&bench, "sleep 20", true);
    CHECK(strstr(run_once(&bench, path, module, request).why_not, "did not end within"));
    CHECK(!run_once(&bench, path, module, request).cached);
    path = fake(&bench, "kill -SEGV $$", true);
    CHECK(strstr(run_once(&bench, path, module, request).why_not, "signal 11"));
    CHECK(!run_once(&bench, path, module, request).cached);
    /* Whoever refuses the module does so again. */
    path = fake(&bench, "exit 3", true);
    CHECK(!run_once(&bench, path, module, request).cached);
    CHECK(run_once(&bench, path, module, request).cached);
    arena_free(&bench.arena);
}

/* The one file in the cache that holds `part`. */
static const char *find_kept(struct bench *bench, struct bytes part, struct bytes *out)
{
    DIR *folder = opendir(bench->kept);
    const struct dirent *entry;
    const char *name = NULL;
    while (folder && !name && (entry = readdir(folder))) {
        const char *path = path_join(&bench->arena, bench->kept, entry->d_name);
        if (entry->d_name[0] == '.' ||
            file_read(&bench->arena, path, 1 << 20, out, &bench->error) != 0)
            continue;
        for (size_t i = 0; !name && i + part.size <= out->size; i++)
            if (memcmp(out->data + i, part.data, part.size) == 0)
                name = arena_strdup(&bench->arena, entry->d_name);
    }
    closedir(folder);
    return name;
}

/* Right digest, wrong value: another module, of another interface, or bytes that are none. */
static void test_judged(void)
{
    enum { HEAD = 20 + 32 + 64 };
    struct bench bench;
    struct bytes module, smaller, other, kept;
    open_bench(&bench);
    if (!assemble(&bench, MODULE, "m.wasm", &module) ||
        !assemble(&bench, SMALLER, "smaller.wasm", &smaller) ||
        !assemble(&bench, OTHER, "other.wasm", &other))
        return;
    const char *path =
        fake(&bench, arena_printf(&bench.arena, "cp %s/smaller.wasm \"$out\"", bench.folder), true);
    const struct optimize_request request = {.allowed = UINT64_MAX};
    CHECK(!run_once(&bench, path, module, request).cached);
    const char *key = find_kept(&bench, smaller, &kept);
    if (!CHECK(key != NULL))
        return;
    const struct cache *cache = open_cache(&bench);
    size_t at = HEAD, wrong = 0, accepted = 0;
    while (memcmp(kept.data + at, smaller.data, smaller.size) != 0)
        at++;
    struct buffer *forged = buffer_new(&bench.arena, 1 << 20);
    struct fields size = {.buffer = forged};
    CHECK(buffer_add(forged, kept.data + HEAD, at - 8 - HEAD) == 0);
    fields_bytes(&size, other);
    CHECK(buffer_add(forged, kept.data + at + smaller.size, kept.size - at - smaller.size) == 0);
    cache_put(cache, key, buffer_bytes(forged));
    struct optimize_result result = run_once(&bench, path, module, request);
    CHECK(!result.cached && bytes_equal(result.module, smaller));
    /* Each byte of the value: what is still taken is a module of the same interface. */
    struct bytes value = {kept.data + HEAD, kept.size - HEAD};
    for (size_t i = 0; i < value.size; i++) {
        uint8_t *copy = arena_copy(&bench.arena, value.data, value.size);
        copy[i] ^= 0xff;
        cache_put(cache, key, (struct bytes){copy, value.size});
        result = run_once(&bench, path, module, request);
        accepted += result.cached;
        wrong += result.info.export_count != 2 || result.module.size != smaller.size;
    }
    CHECK(wrong == 0 && accepted < value.size);
    arena_free(&bench.arena);
}

/* The real one, whose bytes are made useless in between, with size and time as they were: whoever
   started it would learn it. */
static void test_real(void)
{
    struct bench bench;
    struct bytes module, program;
    open_bench(&bench);
    const char *real = process_find(&bench.arena, bench.world, "wasm-opt");
    if (!real)
        unit_skip("wasm-opt is not installed, its cached results are not tested");
    if (!real || !assemble(&bench, MODULE, "m.wasm", &module))
        return;
    const char *path = path_join(&bench.arena, bench.folder, "real-opt");
    const struct optimize_request request = {.allowed = UINT64_MAX};
    CHECK(file_read(&bench.arena, real, LIMIT_MODULE, &program, &bench.error) == 0);
    if (program.size < 65536) {
        unit_skip("the wasm-opt here is a small script, which is asked each time");
        return;
    }
    CHECK(file_write(path, program, 0755, &bench.error) == 0);
    age(path, 1700000000);
    struct optimize_result first = run_once(&bench, path, module, request);
    memset((void *)(uintptr_t)program.data, 'x', program.size);
    CHECK(file_write(path, program, 0755, &bench.error) == 0);
    age(path, 1700000000);
    struct optimize_result second = run_once(&bench, path, module, request);
    CHECK(!first.cached && second.cached && bytes_equal(first.module, second.module));
    CHECK(strncmp(second.how, "wasm-opt ", 9) == 0 && !second.why_not);
    arena_free(&bench.arena);
}

void test_cache(void)
{
    test_kept();
    test_place();
    test_not_ours();
    test_damaged();
    test_links();
    test_bounded();
    test_side_by_side();
    test_results();
    test_not_kept();
    test_judged();
    test_real();
}
