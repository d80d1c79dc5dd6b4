#include <stdlib.h>
#include <unistd.h>

#include "pkg/base/file.h"
#include "pkg/process/process.h"
#include "pkg/publish/publish.h"
#include "pkg/record/record.h"
#include "tests/unit/unit.h"

static const char source[] = "__attribute__((noinline)) static int loud(int value)\n"
                             "{\n"
                             "    volatile int out = value;\n"
                             "    return out * 3;\n"
                             "}\n"
                             "__attribute__((export_name(\"run\"))) int run(int value)\n"
                             "{\n"
                             "    int sum = 0;\n"
                             "    for (int i = 0; i < value; i++)\n"
                             "        sum += loud(i) * loud(sum);\n"
                             "    return sum;\n"
                             "}\n";

/* What it prints; NULL: it is not installed, or fails. */
static const char *run_program(struct arena *arena, const struct world *world,
                               const char *const *argv, const char *folder)
{
    struct process_request request = {.argv = argv, .folder = folder};
    struct process_result result;
    struct error error = {0};
    if (process_run(arena, world, &request, &result, &error) != 0 || result.status != 0)
        return NULL;
    return arena_copy(arena, result.output.data, result.output.size);
}

/* Not linked by clang: it would run wasm-opt over it, which takes the lines away. */
static bool build(struct arena *arena, const struct world *world, const char *folder,
                  struct bytes *out)
{
    const char *const compile[] = {
        "clang", "--target=wasm32", "-nostdlib", "-g", "-O1", "-c", "t.c", "-o", "t.o", NULL};
    const char *const link[] = {"wasm-ld", "--no-entry", "t.o", "-o", "t.wasm", NULL};
    struct error error = {0};
    return file_write(path_join(arena, folder, "t.c"), bytes_of(source), 0644, &error) == 0 &&
           run_program(arena, world, compile, folder) && run_program(arena, world, link, folder) &&
           file_read(arena, path_join(arena, folder, "t.wasm"), LIMIT_MODULE, out, &error) == 0;
}

static struct bytes code_of(struct arena *arena, struct bytes module)
{
    struct wasm_info info;
    struct error error = {0};
    CHECK(wasm_scan(arena, module, WASM_VALIDATION, &info, &error) == 0);
    for (size_t i = 0; i < info.section_count; i++)
        if (!info.sections[i].custom && strcmp(info.sections[i].name, "code") == 0)
            return (struct bytes){module.data + info.sections[i].offset, info.sections[i].size};
    return (struct bytes){0};
}

/* How many places of the shipped module's code have a line in the twin. */
static size_t count_lines(struct arena *arena, const struct world *world, const char *twin,
                          size_t code_size)
{
    size_t count = 0;
    for (size_t at = 0; at < code_size; at += 4) {
        const char *const argv[] = {"llvm-symbolizer", arena_printf(arena, "--obj=%s", twin),
                                    arena_printf(arena, "0x%zx", at), NULL};
        const char *answer = run_program(arena, world, argv, NULL);
        count += answer && strstr(answer, "/t.c:") &&
                 (strstr(answer, "run\n") || strstr(answer, "loud\n"));
    }
    return count;
}

static struct optimize_result make(struct arena *arena, const struct world *world,
                                   struct bytes module, bool run)
{
    const struct optimizer_search search = {.named = NULL};
    struct optimizer optimizer = {.problem = "not asked for"};
    struct optimize_result results[OPTIMIZE_MEASURES] = {0};
    struct wasm_info info;
    struct error error = {0};
    CHECK(wasm_scan(arena, module, WASM_FACTS, &info, &error) == 0);
    struct optimize_request request = {.module = module,
                                       .info = &info,
                                       .allowed = UINT64_MAX,
                                       .run = run,
                                       .strip = true,
                                       .keep_debug = true};
    CHECK(!run || optimizer_find(arena, world, &search, &optimizer, &error) == 0);
    CHECK(optimize(arena, world, &optimizer, &request, results, &error) == 0);
    return results[OPTIMIZE_FOR_CODE];
}

static void check_twin(struct arena *arena, const struct world *world, const char *folder,
                       const struct optimize_result *result)
{
    const char *path = path_join(arena, folder, "t.edge.debug.wasm");
    struct bytes twin;
    struct error error = {0};
    char sha256[65];
    CHECK(publish_twin_write(path, result, sha256, &error) == 0 && strlen(sha256) == 64);
    CHECK(file_read(arena, path, LIMIT_MODULE, &twin, &error) == 0);
    struct bytes shipped = code_of(arena, result->module), same = code_of(arena, twin);
    CHECK(shipped.size > 40 && bytes_equal(shipped, same));
    CHECK(result->module.size < twin.size && result->module.size < 400);
    if (process_find(arena, world, "llvm-symbolizer"))
        CHECK(count_lines(arena, world, path, shipped.size) * 4 > shipped.size / 2);
    else
        unit_skip("llvm-symbolizer is not installed, a twin's lines are not resolved");
}

static void test_lines(void)
{
    struct arena arena = {0};
    struct world *world = unit_world(&arena);
    const char *folder = unit_folder(&arena);
    struct bytes module;
    if (!build(&arena, world, folder, &module)) {
        unit_skip("clang or wasm-ld is not installed, twins are not tested");
    } else {
        struct optimize_result stripped = make(&arena, world, module, false);
        check_twin(&arena, world, folder, &stripped);
        if (process_find(&arena, world, "wasm-opt")) {
            struct optimize_result result = make(&arena, world, module, true);
            CHECK(strncmp(result.how, "wasm-opt ", 9) == 0);
            check_twin(&arena, world, folder, &result);
        } else {
            unit_skip("wasm-opt is not installed, an optimized module's twin is not tested");
        }
    }
    arena_free(&arena);
}

static const uint8_t empty_module[] = {0, 'a', 's', 'm', 1, 0, 0, 0};

static void test_never_over_others(void)
{
    struct arena arena = {0};
    const char *folder = unit_folder(&arena);
    const char *path = path_join(&arena, folder, "app.debug.wasm");
    const struct bytes bytes = {empty_module, sizeof empty_module};
    const struct optimize_result result = {.module = bytes, .debug = bytes};
    struct error error = {0};
    char sha256[65];
    CHECK(publish_twin_write(path, &result, sha256, &error) == 0);
    CHECK(publish_twin_write(path, &result, sha256, &error) == 0); /* ours */
    CHECK(file_write(path, bytes, 0644, &error) == 0);
    CHECK(publish_twin_write(path, &result, sha256, &error) == -1);
    CHECK(error.fault == FAULT_INPUT && strstr(error.message, "no twin stands there"));
    CHECK(unlink(path) == 0 && symlink("elsewhere", path) == 0);
    CHECK(publish_twin_write(path, &result, sha256, &error) == -1);
    CHECK_TEXT(publish_twin_path(&arena, "build/app.wasm", "edge"), "build/app.edge.debug.wasm");
    CHECK_TEXT(publish_twin_path(&arena, "app", "a/b"), "app.a_b.debug.wasm");
    CHECK_TEXT(publish_twin_path(&arena, "out.wasm", NULL), "out.debug.wasm");
    arena_free(&arena);
}

static void test_recorded(void)
{
    struct arena arena = {0};
    struct record back, record = {.time = "2026-11-22T13:15:00Z",
                                  .event = "publish",
                                  .target = "edge",
                                  .platform = "p",
                                  .version = "1",
                                  .debug_sha256 = "abc"};
    const char *line = record_line(&arena, &record);
    CHECK(record_parse(&arena, line, strlen(line), &back) == 0);
    CHECK_TEXT(back.debug_sha256, "abc");
    record.debug_sha256 = NULL;
    line = record_line(&arena, &record);
    CHECK(!strstr(line, "debug_sha256") && record_parse(&arena, line, strlen(line), &back) == 0);
    CHECK_TEXT(back.debug_sha256, NULL);
    arena_free(&arena);
}

void test_twin(void)
{
    test_lines();
    test_never_over_others();
    test_recorded();
}
