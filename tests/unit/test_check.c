/* Modules made by hand against the shipped profiles: what is refused, what is warned of, what is
   said of it. */
#include <jansson.h>

#include "pkg/base/file.h"
#include "pkg/compat/check.h"
#include "pkg/json/json.h"
#include "tests/unit/unit.h"

/* Everything of one check; what is not set is harmless. */
struct scene {
    const char *platform, *variant, *settings; /* JSON; NULL: none */
    struct wasm_info info;
    struct shipped_module module;
    struct shipment shipment;
    struct budget budget;
};

static struct wasm_export command_exports[] = {{BYTES("_start"), "()->()", WASM_FUNC, 0},
                                               {BYTES("memory"), "1 -", WASM_MEMORY, 0}};
static struct wasm_export bytes_exports[] = {
    {BYTES("edge_alloc"), "(i32)->(i32)", WASM_FUNC, 0},
    {BYTES("edge_handle"), "(i32,i32)->(i64)", WASM_FUNC, 1},
    {BYTES("memory"), "1 -", WASM_MEMORY, 0}};
static struct wasm_memory one_page[] = {{.min_pages = 1, .page_size = 65536}};

/* A WASI command of one page without imports. */
static struct scene make_scene(const char *platform, const char *variant)
{
    return (struct scene){
        .platform = platform,
        .variant = variant,
        .info = {.kind = WASM_CORE,
                 .size = 1000,
                 .spec = "1.0",
                 .exports = command_exports,
                 .export_count = 2,
                 .memories = one_page,
                 .memory_count = 1},
        .module = {.path = "app.wasm", .bytes = {NULL, 1000}, .validation = "valid"},
        .shipment = {.target = "t", .bare = true, .today = "2026-11-22"},
    };
}

static bool judge(struct arena *arena, struct scene *scene, struct verdict *out)
{
    struct error error = {0};
    struct bytes text = {0};
    json_t *settings = NULL;
    struct profile *profile = arena_alloc(arena, 1, sizeof *profile);
    const char *path = arena_printf(arena, "platforms/%s/profile.json", scene->platform);
    if (!CHECK(file_read(arena, path, LIMIT_MANIFEST, &text, &error) == 0) ||
        !CHECK(profile_parse(arena, (const char *)text.data, scene->platform, scene->variant,
                             profile, &error) == 0))
        return false;
    if (scene->settings)
        CHECK(json_read(arena, bytes_of(scene->settings), "settings", FAULT_INPUT, &settings,
                        &error) == 0);
    scene->module.info = &scene->info;
    scene->shipment.platform = scene->platform;
    scene->shipment.settings = settings;
    if (!scene->shipment.modules) {
        scene->shipment.modules = &scene->module;
        scene->shipment.module_count = 1;
    }
    compat_check(arena, profile, &scene->shipment, &scene->budget, out);
    return true;
}

static const struct finding *find(const struct verdict *verdict, const char *rule,
                                  const char *subject)
{
    for (size_t i = 0; i < verdict->finding_count; i++)
        if (strcmp(verdict->findings[i].rule, rule) == 0 &&
            strcmp(verdict->findings[i].subject, subject) == 0)
            return &verdict->findings[i];
    return NULL;
}

/* "error feature multimemory; warning runtime deprecated" */
static const char *list(struct arena *arena, const struct verdict *verdict)
{
    const char *text = "";
    for (size_t i = 0; i < verdict->finding_count; i++)
        text = arena_printf(arena, "%s%s%s %s %s", text, i ? "; " : "",
                            level_name(verdict->findings[i].level), verdict->findings[i].rule,
                            verdict->findings[i].subject);
    return text;
}

static void expect(struct arena *arena, struct scene *scene, enum answer answer,
                   const char *findings)
{
    struct verdict verdict;
    if (!judge(arena, scene, &verdict))
        return;
    CHECK_TEXT(answer_word(verdict.answer), answer_word(answer));
    CHECK_TEXT(list(arena, &verdict), findings);
    for (size_t i = 0; i < verdict.finding_count; i++) {
        const char *message = verdict.findings[i].message;
        CHECK(message && message[0] && message[strlen(message) - 1] != '.');
        CHECK(verdict.findings[i].rule[0] == 'i' || verdict.findings[i].source != NULL);
    }
}

static void features(void)
{
    static const struct {
        const char *platform, *variant;
        enum wasm_feature feature;
        bool strict;
        enum answer answer;
        const char *findings;
    } rows[] = {
        {"lambda-edge", "nodejs20.x", WASM_FEATURE_MULTIMEMORY, false, ANSWER_NO,
         "error feature multimemory; warning runtime deprecated; note runtime soon"},
        {"lambda-edge", "nodejs24.x", WASM_FEATURE_MULTIMEMORY, false, ANSWER_YES, ""},
        {"lambda-edge", NULL, WASM_FEATURE_EXNREF, false, ANSWER_YES, "warning feature exnref"},
        {"lambda-edge", NULL, WASM_FEATURE_EXNREF, true, ANSWER_YES, "warning feature exnref"},
        {"lambda-edge", "nodejs26.x", WASM_FEATURE_EXNREF, false, ANSWER_YES,
         "warning runtime preview"},
        {"cloudflare", NULL, WASM_FEATURE_GC, false, ANSWER_YES, ""},
        {"cloudflare", NULL, WASM_FEATURE_ATOMICS, false, ANSWER_YES, "warning feature atomics"},
        {"cloudflare", NULL, WASM_FEATURE_WIDE_ARITHMETIC, false, ANSWER_NO,
         "error feature wide-arithmetic"},
        {"fastly", NULL, WASM_FEATURE_SIMD128, false, ANSWER_YES, ""},
        {"fastly", NULL, WASM_FEATURE_GC, false, ANSWER_UNKNOWN, "warning feature gc"},
        {"fastly", NULL, WASM_FEATURE_GC, true, ANSWER_NO, "error feature gc"},
        {"fastly", NULL, WASM_FEATURE_MEMORY64, false, ANSWER_UNKNOWN, "warning feature memory64"},
        {"fastly", NULL, WASM_FEATURE_MULTIMEMORY, false, ANSWER_NO, "error feature multimemory"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct scene scene = make_scene(rows[i].platform, rows[i].variant);
        scene.info.features = wasm_feature_bit(rows[i].feature);
        scene.shipment.strict = rows[i].strict;
        expect(&arena, &scene, rows[i].answer, rows[i].findings);
        arena_free(&arena);
    }
}

/* The umbrella of the two encodings is not said beside one of them. */
static void exception_umbrella(void)
{
    struct arena arena = {0};
    struct scene scene = make_scene("fastly", NULL);
    scene.info.features = wasm_feature_bit(WASM_FEATURE_EXCEPTION_HANDLING);
    expect(&arena, &scene, ANSWER_UNKNOWN, "warning feature exception-handling");
    scene.info.features |= wasm_feature_bit(WASM_FEATURE_EXCEPTION_HANDLING_LEGACY);
    expect(&arena, &scene, ANSWER_NO, "error feature exception-handling-legacy");
    arena_free(&arena);
}

/* A module that uses both features, each in one way. */
static struct scene make_pair(const char *platform, const char *variant, struct wasm_use *uses,
                              size_t count)
{
    struct scene scene = make_scene(platform, variant);
    scene.info.uses = uses;
    scene.info.use_count = count;
    for (size_t i = 0; i < count; i++)
        scene.info.features |= wasm_feature_bit(uses[i].feature);
    return scene;
}

/* Legacy exceptions and exnref each run, but not together; shared memory does not, although atomic
   instructions do. */
static void feature_cases(void)
{
    struct arena arena = {0};
    struct wasm_way code = {WASM_BY_INSTRUCTION, NULL, 1, NULL};
    struct wasm_way shared = {WASM_BY_FLAG, "memory limits flag: shared", 1, NULL};
    struct wasm_use mixed[] = {
        {.feature = WASM_FEATURE_EXCEPTION_HANDLING_LEGACY, .function = 1, .ways = &code},
        {.feature = WASM_FEATURE_EXNREF, .function = 2, .ways = &code}};
    struct wasm_use atomics = {.feature = WASM_FEATURE_ATOMICS, .function = 1, .ways = &code};
    struct scene scene = make_pair("cloudflare", NULL, mixed, 2);
    expect(&arena, &scene, ANSWER_NO, "error feature exception-handling-legacy");
    scene = make_pair("lambda-edge", "nodejs26.x", mixed, 2);
    expect(&arena, &scene, ANSWER_NO,
           "error feature exception-handling-legacy; warning runtime preview");
    scene = make_pair("lambda-edge", "nodejs24.x", mixed, 2);
    expect(&arena, &scene, ANSWER_YES, "warning feature exnref");
    scene = make_pair("cloudflare", NULL, mixed, 1);
    expect(&arena, &scene, ANSWER_YES, "");
    /* a type alone, outside code, is no mix: V8 runs it */
    mixed[1] = (struct wasm_use){.feature = WASM_FEATURE_EXNREF, .function = WASM_NO_FUNCTION};
    scene = make_pair("cloudflare", NULL, mixed, 2);
    expect(&arena, &scene, ANSWER_YES, "");
    scene = make_pair("fastly", NULL, &atomics, 1);
    expect(&arena, &scene, ANSWER_YES, "warning feature atomics");
    code.next = &shared;
    expect(&arena, &scene, ANSWER_NO, "error feature atomics");
    arena_free(&arena);
}

static void feature_details(void)
{
    struct arena arena = {0};
    struct verdict verdict;
    const char *declared[] = {"+multimemory"};
    struct wasm_use uses[] = {{.feature = WASM_FEATURE_MULTIMEMORY,
                               .count = 3,
                               .functions = 2,
                               .function_bytes = 60,
                               .offset = 41,
                               .function = 3,
                               .function_name = "<memchr::One>::find",
                               .crate = "memchr",
                               .instruction = "memory.copy"}};
    struct scene scene = make_scene("lambda-edge", "nodejs20.x");
    scene.info.features = wasm_feature_bit(WASM_FEATURE_MULTIMEMORY);
    scene.info.uses = uses;
    scene.info.use_count = 1;
    scene.info.declared_features = declared;
    scene.info.declared_feature_count = 1;
    if (!judge(&arena, &scene, &verdict))
        return;
    const struct finding *finding = find(&verdict, "feature", "multimemory");
    if (!CHECK(finding != NULL))
        return;
    CHECK_TEXT(finding->message, "module needs 'multimemory' (Multiple memories), which AWS "
                                 "Lambda@Edge (nodejs20.x) does not run");
    CHECK_TEXT(finding->where.path, "app.wasm");
    CHECK(finding->where.has_offset && finding->where.offset == 41 && finding->where.function == 3);
    CHECK_TEXT(finding->where.function_name, "<memchr::One>::find");
    CHECK_TEXT(finding->where.crate, "memchr");
    CHECK_TEXT(finding->where.instruction, "memory.copy");
    CHECK(finding->count == 3 && finding->functions == 2 && finding->function_bytes == 60);
    CHECK_TEXT(finding->cause,
               "used 3 times in 2 functions (60 bytes of code), first in "
               "<memchr::One>::find: memory.copy; the compiler was told to use it (+multimemory)");
    CHECK_TEXT(finding->cure.lowering, "--multi-memory-lowering");
    CHECK_TEXT(finding->cure.compiler, "clang: -mno-multimemory");
    CHECK(strstr(finding->source, "probe: Node 20.20.2 (as of 20") == finding->source);
    CHECK_TEXT(verdict.variant, "nodejs20.x");
    CHECK_TEXT(verdict.profile_as_of, "2026-11-22");
    arena_free(&arena);
}

static void imports(void)
{
    static const struct {
        const char *platform;
        struct wasm_import import;
        bool bare;
        enum answer answer;
        const char *findings, *message;
    } rows[] = {
        {"fastly",
         {"fastly_http_resp", "send_downstream", "(i32,i32,i32)->(i32)", WASM_FUNC, 9},
         true,
         ANSWER_YES,
         "",
         NULL},
        /* the right name in the wrong module, though that has names that are near */
        {"fastly",
         {"fastly_cache", "inspect", "(i32,i32,i32,i32,i32,i32,i32)->(i32)", WASM_FUNC, 9},
         true,
         ANSWER_NO,
         "error import fastly_cache.inspect",
         "import 'fastly_cache.inspect' is not provided by Fastly Compute; the nearest is "
         "'fastly_http_req.inspect' (i32,i32,i32,i32,i32,i32,i32)->(i32)"},
        {"fastly",
         {"fastly_http_resp", "send_downsteam", "(i32,i32,i32)->(i32)", WASM_FUNC, 9},
         true,
         ANSWER_NO,
         "error import fastly_http_resp.send_downsteam",
         "import 'fastly_http_resp.send_downsteam' is not provided by Fastly Compute; the nearest "
         "is 'fastly_http_resp.send_downstream' (i32,i32,i32)->(i32)"},
        {"fastly",
         {"fastly_http_rsp", "send_downstream", "()->()", WASM_FUNC, 9},
         true,
         ANSWER_NO,
         "error import fastly_http_rsp.send_downstream",
         "import 'fastly_http_rsp.send_downstream' is not provided by Fastly Compute; the nearest "
         "is 'fastly_http_resp.send_downstream' (i32,i32,i32)->(i32)"},
        {"fastly",
         {"fastly_http_resp", "send_downstream", "(i32,i32)->(i32)", WASM_FUNC, 9},
         true,
         ANSWER_NO,
         "error import fastly_http_resp.send_downstream",
         "import 'fastly_http_resp.send_downstream' has the type (i32,i32)->(i32), but on Fastly "
         "Compute it is (i32,i32,i32)->(i32)"},
        {"fastly",
         {"fastly_http_resp", "send_downstream", "mut i32", WASM_GLOBAL, 9},
         true,
         ANSWER_NO,
         "error import fastly_http_resp.send_downstream",
         "import 'fastly_http_resp.send_downstream' has the kind global, but on Fastly Compute it "
         "is a function (i32,i32,i32)->(i32)"},
        {"fastly",
         {"env", "xqd_req_new", "(i32)->(i32)", WASM_FUNC, 9},
         true,
         ANSWER_YES,
         "warning import env.xqd_req_new",
         "imports 'xqd_req_new': legacy name: the functions of the fastly_* modules replace "
         "env.xqd_*"},
        {"fastly",
         {"wasi_snapshot_preview1", "sock_shutdown", "(i32,i32)->(i32)", WASM_FUNC, 9},
         true,
         ANSWER_YES,
         "warning import wasi_snapshot_preview1.sock_shutdown",
         "imports 'sock_shutdown': there are no sockets, so every call fails"},
        {"fastly",
         {"env", "memory", "1 -", WASM_MEMORY, 9},
         true,
         ANSWER_NO,
         "error import env.memory",
         "import 'env.memory' is not provided by Fastly Compute"},
        /* a package has no JavaScript either */
        {"fastly",
         {"env", "nothing", "()->()", WASM_FUNC, 9},
         false,
         ANSWER_NO,
         "error import env.nothing",
         "import 'env.nothing' is not provided by Fastly Compute"},
        {"cloudflare",
         {"wasi_snapshot_preview1", "fd_write", "(i32,i32,i32,i32)->(i32)", WASM_FUNC, 9},
         true,
         ANSWER_YES,
         "",
         NULL},
        {"cloudflare",
         {"env", "now", "()->(f64)", WASM_FUNC, 9},
         true,
         ANSWER_NO,
         "error import env.now",
         NULL},
        {"cloudflare", {"env", "now", "()->(f64)", WASM_FUNC, 9}, false, ANSWER_YES, "", NULL},
        {"lambda-edge",
         {"wasi_snapshot_preview1", "fd_wirte", "(i32,i32,i32,i32)->(i32)", WASM_FUNC, 9},
         true,
         ANSWER_NO,
         "error import wasi_snapshot_preview1.fd_wirte",
         "import 'wasi_snapshot_preview1.fd_wirte' is not provided by AWS Lambda@Edge "
         "(nodejs24.x); the nearest is 'wasi_snapshot_preview1.fd_write' "
         "(i32,i32,i32,i32)->(i32)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct verdict verdict;
        struct wasm_import import = rows[i].import;
        struct scene scene = make_scene(rows[i].platform, NULL);
        scene.info.imports = &import;
        scene.info.import_count = 1;
        scene.shipment.bare = rows[i].bare;
        expect(&arena, &scene, rows[i].answer, rows[i].findings);
        if (rows[i].message && judge(&arena, &scene, &verdict) && CHECK(verdict.finding_count)) {
            CHECK_TEXT(verdict.findings[0].message, rows[i].message);
            CHECK(verdict.findings[0].where.offset == 9);
        }
        arena_free(&arena);
    }
}

/* Imports with the same note are one warning. */
static void grouped_notes(void)
{
    static const char *const names[] = {
        "path_open",     "path_link",        "path_rename",          "path_symlink",
        "path_readlink", "path_unlink_file", "path_create_directory"};
    static const char *const types[] = {"(i32,i32,i32,i32,i32,i64,i64,i32,i32)->(i32)",
                                        "(i32,i32,i32,i32,i32,i32,i32)->(i32)",
                                        "(i32,i32,i32,i32,i32,i32)->(i32)",
                                        "(i32,i32,i32,i32,i32)->(i32)",
                                        "(i32,i32,i32,i32,i32,i32)->(i32)",
                                        "(i32,i32,i32)->(i32)",
                                        "(i32,i32,i32)->(i32)"};
    static const char *const platforms_[] = {"fastly", "cloudflare", "lambda-edge"};
    for (size_t p = 0; p < 3; p++) {
        struct arena arena = {0};
        struct verdict verdict;
        struct wasm_import list_[7];
        struct scene scene = make_scene(platforms_[p], NULL);
        for (size_t i = 0; i < 7; i++)
            list_[i] = (struct wasm_import){"wasi_snapshot_preview1", names[i], types[i], WASM_FUNC,
                                            10 + i};
        scene.info.imports = list_;
        scene.info.import_count = 7;
        if (judge(&arena, &scene, &verdict) && CHECK(verdict.finding_count == 1))
            CHECK_TEXT(verdict.findings[0].message,
                       "imports 'path_open', 'path_link', 'path_rename', 'path_symlink', "
                       "'path_readlink', 'path_unlink_file' and 1 more: there is no file system, "
                       "so every call fails");
        arena_free(&arena);
    }
}

/* A hostile number of unknown imports ends in a bounded number of findings. */
static void many_imports(void)
{
    enum { MANY = 20000 };
    struct arena arena = {0};
    struct verdict verdict;
    struct scene scene = make_scene("fastly", NULL);
    struct wasm_import *all = arena_alloc(&arena, MANY, sizeof *all);
    for (size_t i = 0; i < MANY; i++)
        all[i] = (struct wasm_import){"fastly_http_req", arena_printf(&arena, "nothing_%zu", i),
                                      "()->()", WASM_FUNC, i};
    scene.info.imports = all;
    scene.info.import_count = MANY;
    if (judge(&arena, &scene, &verdict)) {
        CHECK(verdict.finding_count == 1);
        CHECK_TEXT(verdict.findings[0].message,
                   "20000 imports of 'fastly_http_req' are not provided by Fastly Compute: "
                   "'nothing_0', 'nothing_1', 'nothing_2', 'nothing_3', 'nothing_4', 'nothing_5' "
                   "and 19994 more");
        CHECK_TEXT(verdict.findings[0].subject, "fastly_http_req");
    }
    for (size_t i = 0; i < MANY; i++)
        all[i].module = arena_printf(&arena, "module_%zu", i);
    if (judge(&arena, &scene, &verdict)) {
        CHECK(verdict.finding_count == 65);
        CHECK_TEXT(verdict.findings[64].message,
                   "19936 more imports are not provided by Fastly Compute");
    }
    arena_free(&arena);
}

static void entries(void)
{
    static struct wasm_import write = {"wasi_snapshot_preview1", "fd_write",
                                       "(i32,i32,i32,i32)->(i32)", WASM_FUNC, 9};
    static struct wasm_export wrong[] = {{BYTES("_start"), "(i32)->()", WASM_FUNC, 0},
                                         {BYTES("memory"), "1 -", WASM_MEMORY, 0}};
    static const struct {
        const char *platform;
        struct wasm_export *exports;
        size_t export_count;
        bool imports, bare, publishing;
        enum answer answer;
        const char *findings;
    } rows[] = {
        {"cloudflare", command_exports, 2, true, true, true, ANSWER_YES, ""},
        {"cloudflare", bytes_exports, 3, false, true, true, ANSWER_YES, ""},
        {"cloudflare", bytes_exports, 3, true, true, true, ANSWER_NO,
         "error import wasi_snapshot_preview1.fd_write"},
        {"cloudflare", bytes_exports, 2, false, true, false, ANSWER_YES, "warning export entry"},
        {"cloudflare", bytes_exports, 2, false, true, true, ANSWER_NO, "error export entry"},
        {"cloudflare", bytes_exports, 2, false, false, true, ANSWER_YES, ""},
        {"cloudflare", wrong, 2, false, true, true, ANSWER_NO, "error export entry"},
        {"fastly", bytes_exports, 3, false, true, false, ANSWER_NO, "error export _start"},
        {"fastly", command_exports, 1, false, true, false, ANSWER_NO, "error export memory"},
        {"fastly", wrong, 2, false, false, false, ANSWER_NO, "error export _start"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct scene scene = make_scene(rows[i].platform, NULL);
        scene.info.exports = rows[i].exports;
        scene.info.export_count = rows[i].export_count;
        scene.info.imports = &write;
        scene.info.import_count = rows[i].imports;
        scene.shipment.bare = rows[i].bare;
        scene.shipment.publishing = rows[i].publishing;
        expect(&arena, &scene, rows[i].answer, rows[i].findings);
        arena_free(&arena);
    }
}

static void entry_details(void)
{
    struct arena arena = {0};
    struct verdict verdict;
    struct wasm_export wrong[] = {{BYTES("_start"), "(i32)->()", WASM_FUNC, 0},
                                  {BYTES("memory"), "1 -", WASM_MEMORY, 0}};
    struct scene scene = make_scene("cloudflare", "2026-11-01");
    scene.info.exports = wrong;
    if (judge(&arena, &scene, &verdict) && CHECK(verdict.finding_count == 1)) {
        CHECK_TEXT(verdict.findings[0].cause, "'_start' is func (i32)->(), not func ()->()");
        CHECK_TEXT(verdict.findings[0].cure.other,
                   "export one of: HTTP bytes ('edge_handle' func (i32,i32)->(i64), 'edge_alloc' "
                   "func (i32)->(i32), 'memory' memory) or WASI command ('_start' func ()->(), "
                   "'memory' memory); or ship your own JavaScript as 'main'");
    }
    arena_free(&arena);
}

static void limits(void)
{
    static struct wasm_memory large[] = {{.min_pages = 2049, .page_size = 65536}};
    static struct wasm_memory two[] = {{.min_pages = 1, .page_size = 65536},
                                       {.min_pages = 1, .page_size = 65536}};
    static struct wasm_memory huge[] = {
        {.min_pages = UINT64_C(1) << 48, .is_64 = true, .page_size = 65536}};
    static const struct {
        const char *platform, *settings;
        struct wasm_memory *memories;
        size_t memory_count, module_bytes, gzip_bytes, artifact_bytes, unpacked_bytes;
        uint32_t tables;
        bool strict;
        enum answer answer;
        const char *findings;
    } rows[] = {
        {"cloudflare", NULL, large, 1, 9, 0, 0, 0, 1, false, ANSWER_NO, "error memory memory"},
        {"fastly", NULL, large, 1, 9, 0, 0, 0, 1, false, ANSWER_NO, "error memory heap"},
        {"fastly", NULL, huge, 1, 9, 0, 0, 0, 1, false, ANSWER_NO, "error memory heap"},
        {"fastly", NULL, two, 2, 9, 0, 0, 0, 1, false, ANSWER_NO, "error memory memories"},
        {"fastly", NULL, one_page, 1, 9, 0, 0, 0, 2, false, ANSWER_NO, "error size tables"},
        {"fastly", NULL, one_page, 1, 9, 0, 0, 0, 2, true, ANSWER_NO, "error size tables"},
        {"lambda-edge", "{\"memory_mb\":128}", large, 1, 9, 0, 0, 0, 1, false, ANSWER_YES,
         "warning memory module-memory"},
        {"lambda-edge", "{\"memory_mb\":256}", large, 1, 9, 0, 0, 0, 1, false, ANSWER_YES, ""},
        {"cloudflare", NULL, one_page, 1, 67108864, 0, 0, 0, 1, false, ANSWER_YES, ""},
        {"cloudflare", NULL, one_page, 1, 67108865, 0, 0, 0, 1, false, ANSWER_NO,
         "error size modules-size"},
        {"cloudflare", NULL, one_page, 1, 67108865, 0, 67109000, 0, 1, false, ANSWER_NO,
         "error artifact worker-size"},
        {"fastly", NULL, one_page, 1, 9, 0, 100000000, 0, 1, false, ANSWER_YES, ""},
        {"fastly", NULL, one_page, 1, 9, 0, 100000001, 0, 1, false, ANSWER_NO,
         "error artifact package"},
        {"lambda-edge", "{\"event\":\"viewer-request\"}", one_page, 1, 9, 0, 1048577, 0, 1, false,
         ANSWER_YES, "warning artifact viewer-zip-classic"},
        {"lambda-edge", "{\"event\":\"viewer-request\"}", one_page, 1, 9, 0, 1048577, 0, 1, true,
         ANSWER_NO, "error artifact viewer-zip-classic"},
        {"lambda-edge", "{\"event\":\"origin-request\"}", one_page, 1, 9, 0, 1048577, 0, 1, false,
         ANSWER_YES, ""},
        {"lambda-edge", "{\"event\":\"origin-request\"}", one_page, 1, 9, 0, 52428801, 0, 1, false,
         ANSWER_NO, "error artifact zip"},
        {"lambda-edge", "{\"event\":\"viewer-response\"}", one_page, 1, 3000000, 1048577, 0, 0, 1,
         false, ANSWER_YES, "warning size viewer-modules-classic"},
        {"lambda-edge", NULL, one_page, 1, 9, 0, 9, 262144001, 1, false, ANSWER_NO,
         "error artifact unzipped"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct scene scene = make_scene(rows[i].platform, NULL);
        scene.settings = rows[i].settings;
        scene.info.memories = rows[i].memories;
        scene.info.memory_count = rows[i].memory_count;
        scene.info.table_count = rows[i].tables;
        scene.module.bytes.size = rows[i].module_bytes;
        scene.module.gzip_bytes = rows[i].gzip_bytes;
        scene.shipment.artifact_bytes = rows[i].artifact_bytes;
        scene.shipment.unpacked_bytes = rows[i].unpacked_bytes;
        scene.shipment.strict = rows[i].strict;
        expect(&arena, &scene, rows[i].answer, rows[i].findings);
        arena_free(&arena);
    }
}

static void many_table_elements(void)
{
    struct arena arena = {0};
    struct scene scene = make_scene("fastly", NULL);
    scene.info.table_count = 1;
    scene.info.table_elements = 98765;
    expect(&arena, &scene, ANSWER_YES, "");
    scene.info.table_elements = 98766;
    expect(&arena, &scene, ANSWER_YES, "warning size table-elements");
    arena_free(&arena);
}

static void limit_message(void)
{
    struct arena arena = {0};
    struct verdict verdict;
    struct wasm_memory large[] = {{.min_pages = 2049, .page_size = 65536}};
    struct scene scene = make_scene("fastly", NULL);
    scene.info.memories = large;
    if (judge(&arena, &scene, &verdict) && CHECK(verdict.finding_count == 1)) {
        CHECK_TEXT(verdict.findings[0].message,
                   "the initial memory is 134,283,264 bytes, but Fastly Compute allows 134,217,728 "
                   "bytes (checked when the memory is made and when it grows)");
        CHECK_TEXT(verdict.findings[0].where.path, "app.wasm");
    }
    arena_free(&arena);
}

static void settings(void)
{
    static const struct {
        const char *platform, *variant, *settings;
        enum answer answer;
        const char *findings, *message;
    } rows[] = {
        {"lambda-edge", NULL, "{\"event\":\"viewer-request\",\"timeout_s\":5,\"memory_mb\":128}",
         ANSWER_YES, "", NULL},
        {"lambda-edge", NULL, "{\"event\":\"viewer-request\",\"timeout_s\":6}", ANSWER_YES,
         "warning setting timeout_s",
         "'timeout_s' is 6 seconds, but AWS Lambda@Edge (nodejs24.x) allows 5 seconds (newer docs "
         "say 30 seconds)"},
        {"lambda-edge", NULL, "{\"event\":\"origin-request\",\"timeout_s\":6}", ANSWER_YES, "",
         NULL},
        {"lambda-edge", NULL, "{\"event\":\"origin-request\",\"timeout_s\":31}", ANSWER_NO,
         "error setting timeout_s", NULL},
        {"lambda-edge", NULL, "{\"event\":\"viewer-request\",\"timeout_s\":31}", ANSWER_NO,
         "error setting timeout_s; warning setting timeout_s", NULL},
        {"lambda-edge", NULL, "{\"event\":\"viewer-response\",\"memory_mb\":512}", ANSWER_YES,
         "warning setting memory_mb", NULL},
        {"lambda-edge", NULL, "{\"memory_mb\":10241}", ANSWER_NO, "error setting memory_mb", NULL},
        {"lambda-edge", NULL, "{\"architecture\":\"arm64\"}", ANSWER_NO,
         "error setting architecture",
         "'architecture' is 'arm64': Lambda@Edge does not support functions with an architecture "
         "of arm64"},
        {"lambda-edge", NULL, "{\"region\":\"eu-west-1\"}", ANSWER_NO, "error setting region",
         NULL},
        {"lambda-edge", NULL, "{\"region\":\"us-east-1\",\"architecture\":\"x86_64\"}", ANSWER_YES,
         "", NULL},
        {"lambda-edge", NULL, "{\"event\":\"viewer-response\",\"include_body\":true}", ANSWER_YES,
         "warning setting include_body", NULL},
        {"lambda-edge", NULL, "{\"event\":\"viewer-request\",\"include_body\":true}", ANSWER_YES,
         "", NULL},
        {"cloudflare", "2026-11-22", "{\"compatibility_date\":\"2026-11-22\"}", ANSWER_YES, "",
         NULL},
        {"cloudflare", "2026-11-23", "{\"compatibility_date\":\"2026-11-23\"}", ANSWER_NO,
         "error setting compatibility_date",
         "'compatibility_date' is '2026-11-23': a compatibility date in the future is refused"},
        {"cloudflare", NULL,
         "{\"script\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
         ANSWER_NO, "error setting script",
         "the length of 'script' is 64 characters, but Cloudflare Workers (2026-11-17) allows 63 "
         "characters (the name becomes a label of the workers.dev host)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct verdict verdict;
        struct scene scene = make_scene(rows[i].platform, rows[i].variant);
        scene.settings = rows[i].settings;
        expect(&arena, &scene, rows[i].answer, rows[i].findings);
        if (rows[i].message && judge(&arena, &scene, &verdict) && CHECK(verdict.finding_count))
            CHECK_TEXT(verdict.findings[0].message, rows[i].message);
        arena_free(&arena);
    }
}

static void runtime_dates(void)
{
    static const struct {
        const char *variant, *today;
        enum answer answer;
        const char *findings;
    } rows[] = {
        {"nodejs24.x", "2026-11-22", ANSWER_YES, ""},
        {"nodejs24.x", NULL, ANSWER_YES, ""},
        {"nodejs22.x", "2026-11-22", ANSWER_YES, "note runtime soon"},
        {"nodejs22.x", "2026-10-31", ANSWER_YES, ""}, /* 181 days before 2027-04-30 */
        {"nodejs22.x", "2026-11-01", ANSWER_YES, "note runtime soon"}, /* 180 */
        {"nodejs20.x", "2026-11-22", ANSWER_YES, "warning runtime deprecated; note runtime soon"},
        {"nodejs20.x", "2027-03-02", ANSWER_YES,
         "warning runtime deprecated; warning runtime create-blocked; note runtime soon"},
        {"nodejs20.x", "2027-03-03", ANSWER_NO,
         "error runtime update-blocked; warning runtime deprecated; "
         "warning runtime create-blocked"},
        {"nodejs18.x", "2026-11-22", ANSWER_YES,
         "warning runtime deprecated; warning runtime update-blocked"},
        {"nodejs26.x", "2026-11-22", ANSWER_YES, "warning runtime preview"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct scene scene = make_scene("lambda-edge", rows[i].variant);
        scene.shipment.today = rows[i].today;
        expect(&arena, &scene, rows[i].answer, rows[i].findings);
        arena_free(&arena);
    }
}

/* Facts are told before they are findings; what the next variant changes, with its own dates. */
static void next_of_runtimes(void)
{
    static const struct {
        const char *platform, *variant, *today, *next;
        size_t facts, gained, lost, next_facts;
    } rows[] = {{"lambda-edge", "nodejs20.x", "2026-11-22", "nodejs22.x", 3, 5, 0, 2},
                {"lambda-edge", "nodejs24.x", "2026-11-22", NULL, 2, 0, 0, 0},
                {"cloudflare", "2026-08-04", "2026-11-22", "2026-11-17", 3, 0, 0, 1},
                {"cloudflare", "2026-08-04", "2026-11-01", NULL, 3, 0, 0, 0},
                {"fastly", NULL, "2026-11-22", NULL, 0, 0, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct verdict verdict;
        struct scene scene = make_scene(rows[i].platform, rows[i].variant);
        scene.shipment.today = rows[i].today;
        if (judge(&arena, &scene, &verdict)) {
            CHECK(verdict.fact_count == rows[i].facts);
            CHECK_TEXT(verdict.next.variant, rows[i].next);
            CHECK(verdict.next.gained_count == rows[i].gained);
            CHECK(verdict.next.lost_count == rows[i].lost);
            CHECK(verdict.next.fact_count == rows[i].next_facts);
        }
        arena_free(&arena);
    }
}

static void components(void)
{
    static const char *good[] = {"wasi:io/streams@0.2.3", "fastly:compute/log@0.1.0"};
    static const char *bad[] = {"wasi:http/types@0.2.3"};
    static const char *exports[] = {"fastly:compute/http-incoming@0.1.0"};
    static const struct {
        const char *platform;
        const char **imports;
        size_t import_count, export_count;
        enum answer answer;
        const char *findings;
    } rows[] = {
        {"cloudflare", good, 2, 1, ANSWER_NO, "error component app.wasm"},
        {"lambda-edge", good, 2, 1, ANSWER_NO, "error component app.wasm"},
        {"fastly", good, 2, 1, ANSWER_YES, "warning component app.wasm"},
        {"fastly", bad, 1, 1, ANSWER_NO,
         "error import wasi:http/types@0.2.3; warning component app.wasm"},
        {"fastly", good, 2, 0, ANSWER_NO,
         "error export fastly:compute/http-incoming@0.1.0; warning component app.wasm"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct verdict verdict;
        struct wasm_component component = {.imports = rows[i].imports,
                                           .import_count = rows[i].import_count,
                                           .exports = exports,
                                           .export_count = rows[i].export_count};
        struct scene scene = make_scene(rows[i].platform, NULL);
        scene.info = (struct wasm_info){.kind = WASM_COMPONENT,
                                        .features = wasm_feature_bit(WASM_FEATURE_COMPONENT_MODEL),
                                        .component = &component};
        expect(&arena, &scene, rows[i].answer, rows[i].findings);
        if (judge(&arena, &scene, &verdict) && rows[i].answer == ANSWER_NO && i < 2)
            CHECK(strstr(verdict.findings[0].cure.other, "jco transpile") != NULL);
        arena_free(&arena);
    }
}

static void budgets(void)
{
    static const struct {
        struct budget budget;
        size_t previous;
        enum answer answer;
        const char *findings;
    } rows[] = {
        {{1000, 400, 65536, 0, false, 0, 0}, 0, ANSWER_YES, ""},
        {{999, 0, 0, 0, false, 0, 0}, 0, ANSWER_NO, "error budget module_bytes"},
        {{0, 399, 0, 0, false, 0, 0}, 0, ANSWER_NO, "error budget gzip_bytes"},
        {{0, 0, 65535, 0, false, 0, 0}, 0, ANSWER_NO, "error budget memory_bytes"},
        {{0, 0, 0, 5, true, 0, 0}, 0, ANSWER_YES, ""}, /* no earlier deployment */
        {{0, 0, 0, 5, true, 0, 0}, 960, ANSWER_YES, ""},
        {{0, 0, 0, 5, true, 0, 0}, 940, ANSWER_NO, "error budget growth_percent"},
        {{0, 0, 0, 0, true, 0, 0}, 999, ANSWER_NO, "error budget growth_percent"},
        {{0, 0, 0, 5, false, 0, 0}, 100, ANSWER_YES, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct scene scene = make_scene("fastly", NULL);
        scene.budget = rows[i].budget;
        scene.module.previous_bytes = rows[i].previous;
        scene.module.gzip_bytes = 400;
        expect(&arena, &scene, rows[i].answer, rows[i].findings);
        arena_free(&arena);
    }
}

static void not_validated(void)
{
    struct arena arena = {0};
    struct verdict verdict;
    struct scene scene = make_scene("fastly", NULL);
    scene.module.validation = "not judged: gc is unknown to libwabt 1.0.32";
    if (judge(&arena, &scene, &verdict) && CHECK(verdict.finding_count == 1)) {
        CHECK(verdict.findings[0].level == LEVEL_NOTE && verdict.answer == ANSWER_YES);
        CHECK_TEXT(verdict.findings[0].message,
                   "module is not validated: not judged: gc is unknown to libwabt 1.0.32");
    }
    arena_free(&arena);
}

/* Each module's findings carry its path; sizes count together. */
static void several_modules(void)
{
    struct arena arena = {0};
    struct verdict verdict;
    struct scene scene = make_scene("cloudflare", NULL);
    struct wasm_info gc = {.features = wasm_feature_bit(WASM_FEATURE_STACK_SWITCHING)};
    struct shipped_module modules[] = {
        {.path = "a.wasm", .bytes = {NULL, 40000000}, .info = &scene.info},
        {.path = "b.wasm", .bytes = {NULL, 40000000}, .info = &gc}};
    scene.shipment.modules = modules;
    scene.shipment.module_count = 2;
    scene.shipment.bare = false;
    if (judge(&arena, &scene, &verdict)) {
        CHECK_TEXT(list(&arena, &verdict),
                   "error feature stack-switching; error size modules-size");
        CHECK_TEXT(verdict.findings[0].where.path, "b.wasm");
        CHECK(verdict.module_count == 2);
        CHECK_TEXT(verdict.modules[1], "b.wasm");
    }
    arena_free(&arena);
}

/* By section, all modules together; a custom section is no code, whatever its name is. */
static void estimates(void)
{
    static struct wasm_section sections[] = {{"code", false, 100, 512000},
                                             {"code", true, 512100, 102400}};
    static const struct {
        const char *platform;
        size_t modules;
        uint64_t ms; /* 0: none is given */
        bool component;
    } rows[] = {{"cloudflare", 1, 13, false}, {"cloudflare", 2, 25, false},
                {"lambda-edge", 1, 7, false}, {"lambda-edge", 2, 13, false},
                {"fastly", 1, 0, false},      {"cloudflare", 1, 0, true},
                {"lambda-edge", 0, 0, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct verdict verdict;
        struct wasm_component component = {0};
        struct scene scene = make_scene(rows[i].platform, NULL);
        struct shipped_module module = {.path = "a", .bytes = {NULL, 1024000}, .info = &scene.info};
        struct shipped_module modules[] = {module, module};
        scene.info.sections = sections;
        scene.info.section_count = 2;
        scene.info.component = rows[i].component ? &component : NULL;
        scene.shipment.modules = modules;
        scene.shipment.module_count = rows[i].modules;
        if (judge(&arena, &scene, &verdict)) {
            CHECK(verdict.estimate.cold_start_ms == rows[i].ms);
            CHECK((verdict.estimate.over != NULL) == (rows[i].ms > 0));
        }
        arena_free(&arena);
    }
}

void test_check(void)
{
    features();
    exception_umbrella();
    feature_cases();
    feature_details();
    imports();
    grouped_notes();
    many_imports();
    entries();
    entry_details();
    limits();
    many_table_elements();
    limit_message();
    settings();
    runtime_dates();
    next_of_runtimes();
    components();
    budgets();
    not_validated();
    several_modules();
    estimates();
}
