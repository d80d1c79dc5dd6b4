/* Exports that nobody uses: out of the module's bytes, with what only they reach, and as manifest
   and platform say. */
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/optimize/internal.h"
#include "pkg/process/process.h"
#include "pkg/wasm/prune.h"
#include "tests/unit/scene.h"
#include "tests/unit/wasm_text.h"

static bool is_word(const void *context, struct bytes name)
{
    return bytes_equal(name, bytes_of(context));
}

#define TYPES     "01{01 60 00 00} 03{02 00 00} 05{01 00 01}"
#define CODE      "0a{02 {00 0b} {00 0b}} 00{'name' 00{'m'}}"
#define EXPORT(e) TYPES "07{" e "}" CODE

static void leaves_all_other_bytes(void)
{
    static const struct {
        const char *keep, *before, *after;
    } rows[] = {
        {"a", EXPORT("03 'a' 00 00 'b' 00 01 'm' 02 00"), EXPORT("01 'a' 00 00")},
        {"m", EXPORT("03 'a' 00 00 'b' 00 01 'm' 02 00"), EXPORT("01 'm' 02 00")},
        {"x", EXPORT("03 'a' 00 00 'b' 00 01 'm' 02 00"), TYPES CODE},
        {"a", TYPES CODE, TYPES CODE},
        {"a", EXPORT("82 00 'a' 00 80 00 'b' 00 01"), EXPORT("01 'a' 00 80 00")},
        {"", EXPORT("02 00 00 00 'a' 00 01"), EXPORT("01 00 00 00")},
        {"a", "", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_keep keep = {is_word, rows[i].keep};
        struct bytes out;
        if (CHECK(wasm_prune(&arena, wasm_text(&arena, rows[i].before).bytes, &keep, &out,
                             &error) == 0))
            CHECK(bytes_equal(out, wasm_text(&arena, rows[i].after).bytes));
        arena_free(&arena);
    }
}

static void refuses_what_is_malformed(void)
{
    static const char *const texts[] = {"!",
                                        "!00 61 73 6d 0d 00 01 00",
                                        "07{02 'a' 00 00}",
                                        "07{01 'a' 00 00 00}",
                                        "07{ff ff ff ff 0f 'a' 00 00}",
                                        "07{01 7f 61}",
                                        "07{01 'a' 00 80}",
                                        "07 09 01",
                                        "07{01 'a' 00 80 80 80 80 80 00}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_keep keep = {is_word, "a"};
        struct bytes out;
        CHECK(wasm_prune(&arena, wasm_text(&arena, texts[i]).bytes, &keep, &out, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        arena_free(&arena);
    }
}

/* A module as text, with what one test needs around it. */
struct pruning {
    struct arena arena;
    struct world *world;
    struct optimizer optimizer;
    struct bytes module;
    struct wasm_info info;
    uint64_t allowed;
    struct error error;
};

static bool open_bench(struct pruning *bench, const char *wat, bool with_optimizer)
{
    *bench = (struct pruning){.optimizer = {.problem = "there is none"}, .allowed = UINT64_MAX};
    bench->world = unit_world(&bench->arena);
    char *folder = unit_folder(&bench->arena);
    char *source = path_join(&bench->arena, folder, "m.wat");
    char *target = path_join(&bench->arena, folder, "m.wasm");
    const char *const argv[] = {"wat2wasm", source, "-o", target, NULL};
    const struct optimizer_search search = {0};
    struct process_request request = {.argv = argv};
    struct process_result result;
    unit_setenv(bench->world, "TMPDIR", folder);
    if (with_optimizer && !process_find(&bench->arena, bench->world, "wasm-opt")) {
        unit_skip("wasm-opt is not installed, what it removes is not tested");
        return false;
    }
    if (file_write(source, bytes_of(wat), 0644, &bench->error) != 0 ||
        process_run(&bench->arena, bench->world, &request, &result, &bench->error) != 0 ||
        result.status != 0) {
        unit_skip("wat2wasm is not installed, pruning is not tested");
        return false;
    }
    return CHECK(file_read(&bench->arena, target, LIMIT_MODULE, &bench->module, &bench->error) ==
                 0) &&
           CHECK(wasm_scan(&bench->arena, bench->module, WASM_VALIDATION, &bench->info,
                           &bench->error) == 0) &&
           (!with_optimizer || CHECK(optimizer_find(&bench->arena, bench->world, &search,
                                                    &bench->optimizer, &bench->error) == 0));
}

/* Keeps the exports `a` and, where it is not NULL, `b`. */
static void keep(struct pruning *bench, const char *a, const char *b, struct optimize_result *out)
{
    struct bytes names[] = {bytes_of(a), bytes_of(b ? b : "")};
    struct optimize_request request = {.module = bench->module,
                                       .info = &bench->info,
                                       .allowed = bench->allowed,
                                       .run = true,
                                       .strip = true,
                                       .keep_exports = names,
                                       .keep_export_count = b ? 2 : 1};
    struct optimize_result results[OPTIMIZE_MEASURES] = {0};
    CHECK(optimize(&bench->arena, bench->world, &bench->optimizer, &request, results,
                   &bench->error) == 0);
    *out = results[OPTIMIZE_FOR_COMPRESSED];
}

/* What `run` reaches: through the table, a reference, the start function, a global. */
#define REACHED                                                                                    \
    "(module (import \"env\" \"used\" (func $used)) (import \"env\" \"other\" (func $other))\n"    \
    "(memory (export \"memory\") 1) (data (i32.const 8) \"kept\")\n"                               \
    "(table (export \"table\") 2 funcref) (elem (i32.const 0) $indirect $used)\n"                  \
    "(global $count (export \"count\") (mut i32) (i32.const 0))\n"                                 \
    "(func $indirect (global.set $count (i32.const 7)))\n"                                         \
    "(func $init (global.set $count (i32.const 1))) (start $init)\n"                               \
    "(func $run (export \"run\") (param i32) (result i32)\n"                                       \
    "  (call_indirect (local.get 0)) (global.get $count))\n"                                       \
    "(func (export \"again\") (param i32) (result i32) (call $run (local.get 0)))\n"               \
    "(func (export \"alone\") (param i32) (result i32) (call $other)\n"                            \
    "  (i32.div_s (i32.const 1000) (local.get 0))))\n"

static void removes_what_only_others_reach(void)
{
    struct pruning bench;
    struct optimize_result result;
    if (open_bench(&bench, REACHED, true)) {
        keep(&bench, "run", "memory", &result);
        CHECK(strncmp(result.how, "4 of 6 exports removed", 22) == 0);
        CHECK(result.info.export_count == 2);
        CHECK(wasm_find_export(&result.info, "run") && wasm_find_export(&result.info, "memory"));
        CHECK(result.info.import_count == 1 && result.info.has_start);
        CHECK_TEXT(result.info.imports[0].name, "used");
        CHECK(result.info.table_count == 1 && result.info.element_count == 1);
        CHECK(result.info.data_count == 1 && result.info.global_count == 1);
        CHECK(result.removed_export_count == 4);
        CHECK_TEXT(result.removed_exports[0], "table");
        CHECK_TEXT(result.removed_exports[1], "count");
        CHECK_TEXT(result.removed_exports[2], "again");
        CHECK_TEXT(result.removed_exports[3], "alone");
    }
    arena_free(&bench.arena);
}

/* The target runs no SIMD, and only what is not kept uses it. */
static void lowers_only_what_is_reached(void)
{
    struct pruning bench;
    struct optimize_result result;
    if (open_bench(&bench,
                   "(module (memory 1) (func (export \"run\") (result i32) (i32.const 1))\n"
                   "(func (export \"alone\") (param i32) (v128.store (local.get 0)\n"
                   "  (v128.const i64x2 1 2))))",
                   true)) {
        bench.allowed = 0;
        keep(&bench, "run", NULL, &result);
        CHECK(strstr(result.how, "1 of 2 exports removed, wasm-opt ") == result.how);
        CHECK(result.info.features == 0);
    }
    arena_free(&bench.arena);
}

/* Then it is the exports alone that go. */
static void works_without_an_optimizer(void)
{
    struct pruning bench;
    struct optimize_result result;
    if (open_bench(&bench, REACHED, false)) {
        keep(&bench, "run", NULL, &result);
        CHECK_TEXT(result.why_not, "there is none");
        CHECK(strstr(result.how, "5 of 6 exports removed") == result.how);
        CHECK(result.info.export_count == 1 && result.module.size < bench.module.size);
        CHECK(result.info.import_count == 2 && result.info.memory_count == 1);
    }
    arena_free(&bench.arena);
}

/* Only the export of `f` declares that there may be a ref.func of it. */
static void keeps_what_declares_a_reference(void)
{
    struct pruning bench;
    struct optimize_result result;
    if (open_bench(&bench,
                   "(module (func $f (export \"f\"))\n"
                   "(func (export \"g\") (result funcref) (ref.func $f)))",
                   false)) {
        keep(&bench, "g", NULL, &result);
        CHECK(strstr(result.how, "removed") == NULL);
        CHECK(result.info.export_count == 2 && result.removed_export_count == 0);
        keep(&bench, "f", NULL, &result);
        CHECK(strstr(result.how, "1 of 2 exports removed") == result.how);
    }
    arena_free(&bench.arena);
}

/* (func) twice, exported as _start, run and __run2. */
static const struct bytes module = BYTES("\0asm\1\0\0\0\1\4\1\x60\0\0\3\3\2\0\0"
                                         "\7\x19\3\6_start\0\0\3run\0\1\6__run2\0\1"
                                         "\x0a\7\2\2\0\x0b\2\0\x0b");

static const char *kept_words(struct scene *scene, size_t at)
{
    const struct optimize_result *result = &scene->result.targets[at].modules[0].optimized;
    const char *words = "";
    for (size_t i = 0; i < result->info.export_count; i++)
        words = arena_printf(&scene->arena, "%s%s ", words,
                             wasm_export_name(&scene->arena, &result->info.exports[i]));
    return words;
}

#define TARGETS ALPHA "," BETA ",\"c\":{\"platform\":\"alpha\",\"script\":\"c\"," MAIN "}"
#define MAIN    "\"main\":\"index.js\",\"modules\":[\"*.wasm\"]"

static int prepare_again(struct scene *scene)
{
    scene_read(scene);
    return publish_prepare(&scene->arena, scene->world, &scene->manifest, &scene->options,
                           &scene->result, &scene->error);
}

/* alpha's profile says what is used, beta's does not; c has JavaScript of its own. */
static void does_as_manifest_and_platform_say(void)
{
    static const struct {
        const char *optimize, *alpha, *beta, *main;
    } rows[] = {
        {"\"level\":\"size\"", "_start ", "_start run __run2 ", "_start run __run2 "},
        {"\"keep_exports\":[]", "_start ", "_start run __run2 ", "_start run __run2 "},
        {"\"keep_exports\":[\"run\"]", "_start run ", "_start run ", "run "},
        {"\"keep_exports\":[\"__*\"]", "_start __run2 ", "_start __run2 ", "__run2 "},
        {"\"keep_exports\":[\"*\"]", "_start run __run2 ", "_start run __run2 ",
         "_start run __run2 "},
        {"\"level\":\"strip\",\"keep_exports\":[\"run\"]", "_start run __run2 ",
         "_start run __run2 ", "_start run __run2 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        scene_open(&scene, MODULE, ALPHA);
        scene_put(&scene, "app.wasm", module);
        scene_put(&scene, "index.js", bytes_of("export default {}"));
        scene_manifest(&scene,
                       arena_printf(&scene.arena, MODULE "\"optimize\":{%s},", rows[i].optimize),
                       TARGETS);
        EXPECT(&scene, prepare_again(&scene), FAULT_NONE);
        CHECK_TEXT(kept_words(&scene, 0), rows[i].alpha);
        CHECK_TEXT(kept_words(&scene, 1), rows[i].beta);
        CHECK_TEXT(kept_words(&scene, 2), rows[i].main);
        scene.options.build = scene.options.optimize = false; /* check */
        EXPECT(&scene, prepare_again(&scene), FAULT_NONE);
        CHECK_TEXT(kept_words(&scene, 0), "_start run __run2 ");
        scene_close(&scene);
    }
}

static void says_what_is_not_exported(void)
{
    struct scene scene;
    scene_open(&scene, MODULE, ALPHA);
    scene_put(&scene, "app.wasm", module);
    scene_manifest(&scene, MODULE "\"optimize\":{\"keep_exports\":[\"run\",\"__runs\"]},", ALPHA);
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "optimize.keep_exports[1]: module 'app.wasm' has no export '__runs'");
    CHECK_TEXT(scene.error.hint, "did you mean '__run2'?");
    scene_manifest(&scene, MODULE,
                   "\"a\":{\"platform\":\"alpha\",\"optimize\":{\"keep_exports\":[\"zzz*\"]}}");
    EXPECT(&scene, scene_publish(&scene), FAULT_INPUT);
    SAYS(&scene, "targets.a.optimize.keep_exports[0]: module 'app.wasm' has no export 'zzz*'");
    CHECK(strstr(scene.error.hint, "as inspect lists them") != NULL);
    /* Of several modules one is enough, and what has none of the names stays as it is. */
    scene_put(&scene, "index.js", bytes_of("export default {}"));
    scene_put(&scene, "b.wasm", scene_plain);
    scene_manifest(&scene, "\"optimize\":{\"keep_exports\":[\"run\"]},",
                   "\"a\":{\"platform\":\"alpha\",\"main\":\"index.js\",\"modules\":[\"*.wasm\"]}");
    EXPECT(&scene, scene_publish(&scene), FAULT_NONE);
    const struct prepared *target = &scene.result.targets[0];
    CHECK(target->module_count == 2 && target->modules[0].optimized.removed_export_count == 2);
    CHECK(target->modules[1].optimized.removed_export_count == 0);
    CHECK(target->modules[1].optimized.info.export_count ==
          target->modules[1].original_info.export_count);
    scene_close(&scene);
}

void test_prune(void)
{
    leaves_all_other_bytes();
    refuses_what_is_malformed();
    removes_what_only_others_reach();
    lowers_only_what_is_reached();
    works_without_an_optimizer();
    keeps_what_declares_a_reference();
    does_as_manifest_and_platform_say();
    says_what_is_not_exported();
}
