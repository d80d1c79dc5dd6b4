#include <stdlib.h>
#include <unistd.h>

#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "pkg/json/json.h"
#include "pkg/optimize/cache.h"
#include "pkg/optimize/mappings.h"
#include "pkg/process/process.h"
#include "pkg/publish/publish.h"
#include "pkg/record/record.h"
#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

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
    CHECK(publish_twin_write(path, result, NULL, sha256, &error) == 0 && strlen(sha256) == 64);
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
    CHECK(publish_twin_write(path, &result, NULL, sha256, &error) == 0);
    CHECK(publish_twin_write(path, &result, NULL, sha256, &error) == 0); /* ours */
    CHECK(file_write(path, bytes, 0644, &error) == 0);
    CHECK(publish_twin_write(path, &result, NULL, sha256, &error) == -1);
    CHECK(error.fault == FAULT_INPUT && strstr(error.message, "no twin stands there"));
    CHECK(unlink(path) == 0 && symlink("elsewhere", path) == 0);
    CHECK(publish_twin_write(path, &result, NULL, sha256, &error) == -1);
    CHECK_TEXT(publish_twin_path(&arena, "build/app.wasm", "edge"), "build/app.edge.debug.wasm");
    CHECK_TEXT(publish_twin_path(&arena, "app", "a/b"), "app.a_b.debug.wasm");
    CHECK_TEXT(publish_twin_path(&arena, "out.wasm", NULL), "out.debug.wasm");
    arena_free(&arena);
}

static void test_mappings(void)
{
    static const struct {
        const char *text;
        int64_t shift;
        size_t sources;
        bool number, numbered;
        const char *out; /* NULL: refused */
    } rows[] = {
        {"EAAA,CAAC", 0, 1, false, false, "EAAA,CAAC"},
        {"EAAA,CAAC", 14, 1, false, false, "gBAAA,CAAC"},
        {"EAAA,CAAC", -3, 1, false, false, "AAAC"},          /* what stood before the code goes */
        {"EAAAA,C,CACC", 0, 1, false, false, "EAAA,C,CACC"}, /* names go */
        {"EAAA,C,CACC", 0, 1, true, false, "EAAA,CCAA,CDCC"},
        {"EAAA,CCAA,CDCC", 0, 1, false, true, "EAAA,C,CACC"},
        {"EAAA,AACA,CAAC", 0, 1, false, false, "EACA,CAAC"}, /* the last one at a place stays */
        {"", 0, 1, false, false, ""},
        {"ECAA,CCAA", 0, 1, false, false, NULL}, /* no such source */
        {"EAAA,DAAA", 0, 1, false, false, NULL}, /* back */
        {"EADA", 0, 1, false, false, NULL},
        {"EAAA,CCAA,CDCC", 0, 1, false, false, NULL},
        {"EAA", 0, 1, false, false, NULL},
        {"EAAA;EAAA", 0, 1, false, false, NULL},
        {"EAAA,", 0, 1, false, false, NULL},
        {",EAAA", 0, 1, false, false, NULL},
        {"EAAAAA", 0, 1, false, false, NULL},
        {"gggggggggggggggA", 0, 1, false, false, NULL},
        {"g", 0, 1, false, false, NULL},
        {"\xff", 0, 1, false, false, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        const struct mappings_change change = {rows[i].shift, rows[i].sources, rows[i].number,
                                               rows[i].numbered};
        struct bytes out = {NULL, 0};
        int status = mappings_rewrite(&arena, bytes_of(rows[i].text), &change, &out);
        CHECK((status == 0) == (rows[i].out != NULL));
        if (status == 0 && rows[i].out)
            CHECK_TEXT(arena_copy(&arena, out.data ? (const char *)out.data : "", out.size),
                       rows[i].out);
        arena_free(&arena);
    }
}

/* "x * 1001 ^ 1002": line 6 holds the first number, line 8 the second. Behind it a function that
   nothing reaches is not: it stands in front, and so does a section that goes. */
static const char mapped[] =
    "00{'build_id' 'twelve bytes'} 01{01 60 01 7f 01 7f} 03{02 00 00} 07{01 'run' 00 01}"
    "0a{02 {00 20 00 20 00 6c 20 00 6a 0b} {00 20 00 41 e9 07 6c 41 ea 07 73 0b}}"
    "00{'sourceMappingURL' 't.map'}";

static size_t find_bytes(struct bytes in, const char *what, size_t size)
{
    for (size_t i = 0; i + size <= in.size; i++)
        if (memcmp(in.data + i, what, size) == 0)
            return i;
    return 0;
}

static void put_vlq(struct buffer *out, int64_t value)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint64_t left = value < 0 ? (uint64_t)-value * 2 + 1 : (uint64_t)value * 2;
    for (bool more = true; more; left /= 32) {
        more = left >= 32;
        (void)buffer_printf(out, "%c", digits[left % 32 + (more ? 32 : 0)]);
    }
}

/* The map for `mapped`: two numbers, each with its line, and what has none behind them. */
static const char *write_map(struct arena *arena, struct bytes module)
{
    struct buffer *text = buffer_new(arena, 1000);
    size_t first = find_bytes(module, "\x41\xe9\x07", 3);
    (void)buffer_printf(text, "{\"version\":3,\"sources\":[\"a.ts\",\"/b.ts\"],\"names\":[\"n\"],"
                              "\"mappings\":\"");
    const int64_t numbers[] = {(int64_t)first, 0, 5, 1, 0};
    for (size_t i = 0; i < 5; i++)
        put_vlq(text, numbers[i]);
    (void)buffer_printf(text, ",G,CAEA,G\"}");
    return buffer_text(text);
}

static int64_t take_vlq(const char **at)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    int64_t value = 0;
    for (unsigned shift = 0;; shift += 5) {
        int64_t digit = strchr(digits, *(*at)++) - digits;
        value |= (digit & 31) << shift;
        if (digit < 32)
            return value & 1 ? -(value >> 1) : value >> 1;
    }
}

/* The line (from 1) that the mappings give to a place; 0: none. */
static int64_t line_at(const char *mappings, size_t offset)
{
    int64_t column = 0, line = 0, found = 0;
    for (const char *at = mappings; *at; at += *at == ',') {
        column += take_vlq(&at);
        bool bare = !*at || *at == ',';
        if (!bare) {
            take_vlq(&at);
            line += take_vlq(&at);
            take_vlq(&at);
        }
        if (column <= (int64_t)offset)
            found = bare ? 0 : line + 1;
    }
    return found;
}

/* What is kept comes back with its mappings, and only for the same map. */
static void check_cached(struct arena *arena, struct world *world, const char *folder,
                         const struct optimizer *optimizer, struct optimize_request request,
                         const struct optimize_result *fresh)
{
    const struct cache_settings settings = {.make = true};
    const struct optimize_map other = {BYTES("AAAA"), 1};
    struct optimize_result results[OPTIMIZE_MEASURES] = {0};
    struct error error = {0};
    const char *problem;
    unit_setenv(world, "XDG_CACHE_HOME", path_join(arena, folder, "cache"));
    request.cache = cache_open(arena, world, &settings, &problem);
    for (int i = 0; i < 2; i++) {
        CHECK(optimize(arena, world, optimizer, &request, results, &error) == 0);
        CHECK(results[0].cached == (i > 0));
        CHECK(results[0].mappings.size && bytes_equal(results[0].mappings, fresh->mappings));
    }
    request.map = &other;
    CHECK(optimize(arena, world, optimizer, &request, results, &error) == 0 && !results[0].cached);
}

static void check_map(struct arena *arena, struct world *world, const char *folder, bool run)
{
    const struct optimizer_search search = {.named = NULL};
    struct optimizer optimizer = {.problem = "not asked for"};
    struct optimize_result results[OPTIMIZE_MEASURES] = {0};
    struct bytes module = wasm_text(arena, mapped).bytes, twin, file;
    const char *path = path_join(arena, folder, run ? "out/run.debug.wasm" : "strip.debug.wasm");
    struct wasm_info info;
    struct error error = {0};
    char sha256[65];
    json_t *document;
    CHECK(file_write(path_join(arena, folder, "t.map"), bytes_of(write_map(arena, module)), 0644,
                     &error) == 0);
    const struct source_map *map =
        publish_source_map(arena, world, folder, path_join(arena, folder, "t.wasm"), module);
    struct optimize_request request = {.module = module,
                                       .info = &info,
                                       .allowed = UINT64_MAX,
                                       .run = run,
                                       .strip = true,
                                       .keep_debug = true,
                                       .map = publish_optimize_map(map)};
    CHECK(map && wasm_scan(arena, module, WASM_FACTS, &info, &error) == 0);
    CHECK(!run || optimizer_find(arena, world, &search, &optimizer, &error) == 0);
    CHECK(optimize(arena, world, &optimizer, &request, results, &error) == 0);
    CHECK((strncmp(results[0].how, "wasm-opt ", 9) == 0) == run);
    if (run)
        check_cached(arena, world, folder, &optimizer, request, &results[0]);
    CHECK(publish_twin_write(path, &results[0], map, sha256, &error) == 0);
    CHECK(publish_twin_write(path, &results[0], map, sha256, &error) == 0); /* over ours */
    CHECK(file_read(arena, path, LIMIT_MODULE, &twin, &error) == 0);
    CHECK_TEXT(wasm_source_map_url(arena, twin),
               run ? "run.debug.wasm.map" : "strip.debug.wasm.map");
    CHECK_TEXT(wasm_source_map_url(arena, results[0].module), NULL);
    const char *place = arena_printf(arena, "%s.map", path);
    if (!CHECK(file_read(arena, place, LIMIT_SOURCE_MAP, &file, &error) == 0) ||
        !CHECK(json_read(arena, file, "map", FAULT_INPUT, &document, &error) == 0))
        return;
    CHECK_TEXT(json_find_string(document, "file", NULL), path_base(path));
    CHECK_TEXT(json_find_string(document, "sources[0]", NULL), run ? "../a.ts" : "a.ts");
    CHECK_TEXT(json_find_string(document, "sources[1]", NULL), "/b.ts");
    const char *mappings = json_find_string(document, "mappings", "");
    size_t first = find_bytes(twin, "\x41\xe9\x07", 3),
           second = find_bytes(twin, "\x41\xea\x07", 3);
    CHECK(first && line_at(mappings, first) == 6 && line_at(mappings, first - 1) != 6);
    CHECK(second && line_at(mappings, second) == 8);
    CHECK(run == (first != find_bytes(module, "\x41\xe9\x07", 3)));
    CHECK(file_write(place, bytes_of("{\"file\":\"other\"}"), 0644, &error) == 0);
    CHECK(publish_twin_write(path, &results[0], map, sha256, &error) == -1);
    CHECK(strstr(error.message, "no twin's map stands there") != NULL);
}

static void test_source_map(void)
{
    struct arena arena = {0};
    struct world *world = unit_world(&arena);
    const char *folder = unit_folder(&arena);
    check_map(&arena, world, folder, false);
    if (process_find(&arena, world, "wasm-opt"))
        check_map(&arena, world, folder, true);
    else
        unit_skip("wasm-opt is not installed, an optimized module's source map is not tested");
    arena_free(&arena);
}

static void test_unusable_maps(void)
{
    static const char *const urls[] = {"https://host/t.map",
                                       "data:application/json,{}",
                                       "/t.map",
                                       "../t.map",
                                       "none.map",
                                       "link.map"};
    static const char *const texts[] = {
        "",
        "[]",
        "{\"version\":3}",
        "{\"version\":2,\"sources\":[\"a\"],\"mappings\":\"gGAAA\"}",
        "{\"version\":3,\"sources\":[],\"mappings\":\"gGAAA\"}",
        "{\"version\":3,\"sources\":[\"a\"],\"mappings\":\"?\"}",
        "{\"version\":3,\"sources\":[\"a\"],\"mappings\":\"\"}"};
    struct arena arena = {0};
    struct world *world = unit_world(&arena);
    const char *folder = unit_folder(&arena), *root = path_join(&arena, folder, "tree");
    const char *path = path_join(&arena, root, "t.wasm"), *good =
                                                              "{\"version\":3,\"sources\":[\"a\"],"
                                                              "\"mappings\":\"gGAAA\"}";
    struct error error = {0};
    CHECK(file_write(path_join(&arena, folder, "t.map"), bytes_of(good), 0644, &error) == 0);
    CHECK(file_write(path_join(&arena, root, "t.map"), bytes_of(good), 0644, &error) == 0);
    CHECK(symlink("../t.map", path_join(&arena, root, "link.map")) == 0);
    CHECK(publish_source_map(&arena, world, root, path, wasm_text(&arena, mapped).bytes) != NULL);
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        const char *text = arena_printf(&arena, "00{'sourceMappingURL' '%s'}", urls[i]);
        CHECK(!publish_source_map(&arena, world, root, path, wasm_text(&arena, text).bytes));
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CHECK(file_write(path_join(&arena, root, "t.map"), bytes_of(texts[i]), 0644, &error) == 0);
        CHECK(!publish_source_map(&arena, world, root, path, wasm_text(&arena, mapped).bytes));
    }
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
    test_mappings();
    test_source_map();
    test_unusable_maps();
    test_never_over_others();
    test_recorded();
}
