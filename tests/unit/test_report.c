/* The JSON documents against the contract, and the text as a person sees it. */
#include <jansson.h>
#include <stdlib.h>

#include "pkg/base/file.h"
#include "pkg/json/json.h"
#include "pkg/report/report.h"
#include "tests/unit/unit.h"

/* With one day for all that "make evidence" dates anew. */
static const char *one_day(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *at = copy; (at = strstr(at, "(as of 20")) != NULL; at++)
        memcpy(at, "(as of 2026-11-22", strlen("(as of 2026-11-22"));
    return copy;
}

static struct wasm_way second_memory = {WASM_BY_FLAG, "second memory", 1, NULL};
static struct wasm_way ways[] = {{WASM_BY_INSTRUCTION, NULL, 12, NULL},
                                 {WASM_BY_INSTRUCTION, NULL, 2, &second_memory}};
static struct wasm_use uses[] = {{.feature = WASM_FEATURE_BULK_MEMORY_OPT,
                                  .count = 12,
                                  .offset = 60,
                                  .function = 7,
                                  .instruction = "memory.fill",
                                  .ways = ways},
                                 {.feature = WASM_FEATURE_MULTIMEMORY,
                                  .count = 3,
                                  .ahead = {WASM_BY_FLAG, "second memory", 20},
                                  .offset = 41,
                                  .function = 3,
                                  .function_name = "copy",
                                  .instruction = "memory.copy",
                                  .ways = ways + 1,
                                  .source = {"src/copy.c", 12}}};
static struct wasm_import imports[] = {
    {"wasi_snapshot_preview1", "fd_write", "(i32,i32,i32,i32)->(i32)", WASM_FUNC, 20}};
static struct wasm_export exports[] = {{BYTES("_start"), "()->()", WASM_FUNC, 1},
                                       {BYTES("memory"), "17 -", WASM_MEMORY, 0}};
static struct wasm_memory memories[] = {{.min_pages = 17, .page_size = 65536},
                                        {1, 2, true, true, false, false, 65536}};
static struct wasm_section sections[] = {{"code", false, 40, 90000},
                                         {"producers", true, 90050, 60}};
static struct wasm_producer producers[] = {
    {"language", "Rust", ""}, {"processed-by", "rustc", "1.95.0"}, {"processed-by", "clang", "14"}};
static const char *declared[] = {"+multimemory"};

static struct wasm_info make_info(void)
{
    return (struct wasm_info){
        .kind = WASM_CORE,
        .size = 5,
        .features = wasm_feature_bit(WASM_FEATURE_BULK_MEMORY_OPT) |
                    wasm_feature_bit(WASM_FEATURE_MULTIMEMORY),
        .uses = uses,
        .use_count = 2,
        .spec = "3.0",
        .debug = WASM_DEBUG_DWARF,
        .imports = imports,
        .import_count = 1,
        .exports = exports,
        .export_count = 2,
        .memories = memories,
        .memory_count = 2,
        .sections = sections,
        .section_count = 2,
        .producers = producers,
        .producer_count = 3,
        .declared_features = declared,
        .declared_feature_count = 1,
    };
}

static struct verdict check_on(struct arena *arena, const char *platform, const char *variant,
                               const char *target, const struct wasm_info *info)
{
    struct error error = {0};
    struct bytes text = {0};
    struct verdict verdict = {0};
    struct profile *profile = arena_alloc(arena, 1, sizeof *profile);
    struct shipped_module module = {.path = "app.wasm", .bytes = bytes_of("hello"), .info = info};
    struct shipment shipment = {.target = target,
                                .platform = platform,
                                .modules = &module,
                                .module_count = 1,
                                .bare = true,
                                .today = "2026-11-22"};
    const char *path = arena_printf(arena, "platforms/%s/profile.json", platform);
    CHECK(file_read(arena, path, LIMIT_MANIFEST, &text, &error) == 0);
    CHECK(profile_parse(arena, (const char *)text.data, platform, variant, profile, &error) == 0);
    compat_check(arena, profile, &shipment, NULL, &verdict);
    return verdict;
}

static const char *text_of(struct arena *arena, const struct report *report, bool colour,
                           bool unicode, unsigned width)
{
    struct report_style style = {colour, unicode, width};
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    CHECK(report_text(arena, report, &style, file) == 0);
    fclose(file);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

static void module_json(void)
{
    struct arena arena = {0};
    struct wasm_info info = make_info();
    struct report_module module = {.path = "app.wasm", .bytes = bytes_of("hello"), .info = &info};
    const char *text = json_print(&arena, report_module_json(&arena, &module));
    CHECK_TEXT(
        text,
        "{\"path\":\"app.wasm\",\"bytes\":5,\"gzip_bytes\":null,"
        "\"brotli_bytes\":null,"
        "\"sha256\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\","
        "\"kind\":\"core\",\"spec\":\"3.0\",\"validation\":null,"
        "\"debug\":\"dwarf\",\"features\":["
        "{\"name\":\"bulk-memory-opt\",\"spec\":\"2.0\",\"count\":12,"
        "\"functions\":0,\"function_bytes\":0,"
        "\"uses\":[{\"reason\":\"instruction\",\"what\":null,\"count\":12}],"
        "\"first\":{\"reason\":\"instruction\",\"offset\":60,"
        "\"function\":7,\"function_name\":null,\"crate\":null,\"instruction\":\"memory.fill\","
        "\"source_file\":null,\"source_line\":null},"
        "\"first_in_code\":{\"reason\":\"instruction\",\"offset\":60,"
        "\"function\":7,\"function_name\":null,\"crate\":null,\"instruction\":\"memory.fill\","
        "\"source_file\":null,\"source_line\":null}},"
        "{\"name\":\"multimemory\",\"spec\":\"3.0\",\"count\":3,"
        "\"functions\":0,\"function_bytes\":0,"
        "\"uses\":[{\"reason\":\"instruction\",\"what\":null,\"count\":2},"
        "{\"reason\":\"flag\",\"what\":\"second memory\",\"count\":1}],"
        "\"first\":{\"reason\":\"flag\",\"offset\":20,"
        "\"function\":null,\"function_name\":null,\"crate\":null,\"instruction\":\"second memory\","
        "\"source_file\":null,\"source_line\":null},"
        "\"first_in_code\":{\"reason\":\"instruction\",\"offset\":41,"
        "\"function\":3,\"function_name\":\"copy\",\"crate\":null,\"instruction\":\"memory.copy\","
        "\"source_file\":\"src/copy.c\",\"source_line\":12}}],"
        "\"declared_features\":[\"+multimemory\"],"
        "\"imports\":[{\"module\":\"wasi_snapshot_preview1\",\"name\":\"fd_write\","
        "\"kind\":\"func\",\"type\":\"(i32,i32,i32,i32)->(i32)\"}],"
        "\"exports\":[{\"name\":\"_start\",\"kind\":\"func\",\"type\":\"()->()\"},"
        "{\"name\":\"memory\",\"kind\":\"memory\",\"type\":\"17 -\"}],"
        "\"memories\":[{\"min_pages\":17,\"max_pages\":null,\"shared\":false,"
        "\"index_type\":\"i32\",\"page_size\":65536},"
        "{\"min_pages\":1,\"max_pages\":2,\"shared\":true,\"index_type\":\"i32\","
        "\"page_size\":65536}],"
        "\"sections\":[{\"name\":\"code\",\"bytes\":90000},{\"name\":\"producers\",\"bytes\":60}],"
        "\"producers\":{\"language\":[\"Rust\"],\"processed-by\":[\"rustc 1.95.0\",\"clang 14\"]},"
        "\"component\":null}");
    module.gzip_bytes = 4;
    CHECK(json_find_integer(report_module_json(&arena, &module), "gzip_bytes", 0) == 4);
    arena_free(&arena);
}

static void component_json(void)
{
    struct arena arena = {0};
    const char *names[] = {"wasi:http/types@0.2.6"};
    struct wasm_info core = make_info();
    struct wasm_component component = {.imports = names,
                                       .import_count = 1,
                                       .exports = names,
                                       .export_count = 1,
                                       .modules = &core,
                                       .module_count = 1};
    struct wasm_info info = {.kind = WASM_COMPONENT, .spec = "proposal", .component = &component};
    struct report_module module = {.path = "app.wasm", .bytes = bytes_of("hello"), .info = &info};
    const json_t *json = report_module_json(&arena, &module);
    CHECK_TEXT(json_find_string(json, "kind", NULL), "component");
    CHECK_TEXT(json_find_string(json, "component.imports[0]", NULL), "wasi:http/types@0.2.6");
    CHECK_TEXT(json_find_string(json, "component.exports[0]", NULL), "wasi:http/types@0.2.6");
    CHECK_TEXT(json_find_string(json, "component.modules[0].features[1].name", NULL),
               "multimemory");
    arena_free(&arena);
}

/* A key for each name of the contract (cli.md section 5), in every finding. */
static void check_json(void)
{
    struct arena arena = {0};
    struct wasm_info info = make_info();
    struct report_module module = {.path = "app.wasm", .bytes = bytes_of("hello"), .info = &info};
    struct verdict verdicts[] = {check_on(&arena, "lambda-edge", "nodejs20.x", "lambda", &info),
                                 check_on(&arena, "lambda-edge", "nodejs24.x", "new", &info)};
    struct report report = {.command = "check",
                            .modules = &module,
                            .module_count = 1,
                            .verdicts = verdicts,
                            .verdict_count = 2};
    struct error failure = {0};
    error_set(&failure, FAULT_INCOMPATIBLE, "lambda: multimemory");
    report.failure = &failure;
    const json_t *json = report_json(&arena, &report);
    CHECK(json_find_integer(json, "schema", 0) == 1);
    CHECK_TEXT(json_find_string(json, "command", NULL), "check");
    CHECK(!json_find_bool(json, "ok", true));
    CHECK_TEXT(json_find_string(json, "error.kind", NULL), "incompatible");
    CHECK_TEXT(json_find_string(json, "error.message", NULL), "lambda: multimemory");
    CHECK_TEXT(json_find_string(json, "module.path", NULL), "app.wasm");
    CHECK(json_find(json, "modules") == NULL && json_find(json, "since_last_deploy") != NULL);
    const json_t *target = json_find(json, "targets[0]");
    CHECK_TEXT(json_find_string(target, "target", NULL), "lambda");
    CHECK_TEXT(json_find_string(target, "platform", NULL), "lambda-edge");
    CHECK_TEXT(json_find_string(target, "variant", NULL), "nodejs20.x");
    CHECK_TEXT(json_find_string(target, "profile_as_of", NULL), "2026-11-22");
    CHECK_TEXT(json_find_string(target, "verdict", NULL), "incompatible");
    CHECK_TEXT(
        one_day(&arena, json_print(&arena, json_find(target, "findings[0]"))),
        "{\"rule\":\"feature\",\"level\":\"error\",\"subject\":\"multimemory\",\"message\":"
        "\"module "
        "needs 'multimemory' (Multiple memories), which AWS Lambda@Edge (nodejs20.x) does not "
        "run\",\"where\":{\"path\":\"app.wasm\",\"offset\":41,\"function\":3,"
        "\"function_name\":\"copy\",\"instruction\":\"memory.copy\","
        "\"crate\":null,\"source_file\":\"src/copy.c\",\"source_line\":12},\"cause\":\"used 3 "
        "times, "
        "first: memory.copy; the compiler was told to use it (+multimemory)\","
        "\"cure\":{\"lowering\":\"--multi-memory-lowering\",\"automatic\":null,\"compiler\":"
        "\"clang: "
        "-mno-multimemory\",\"other\":null,\"source\":\"clang -m options for WebAssembly, LLVM "
        "22\"},\"source\":\"probe: Node 20.20.2 (as "
        "of "
        "2026-11-22)\",\"count\":3,\"functions\":0,\"function_bytes\":0,\"since\":null}");
    CHECK_TEXT(json_find_string(json, "targets[1].verdict", NULL), "compatible");
    arena_free(&arena);
}

static void documents(void)
{
    struct arena arena = {0};
    struct error none = {0}, failure = {0};
    struct wasm_info info = make_info();
    struct report_module modules[] = {{.path = "a.wasm", .bytes = bytes_of("a"), .info = &info},
                                      {.path = "b.wasm", .bytes = bytes_of("b"), .info = &info}};
    struct report one = {.command = "inspect", .modules = modules, .module_count = 1};
    struct report two = {.command = "check", .modules = modules, .module_count = 2};
    CHECK_TEXT(json_print(&arena, report_document(&arena, "log", &none)),
               "{\"schema\":1,\"command\":\"log\",\"ok\":true}");
    CHECK_TEXT(json_print(&arena, report_document(&arena, "log", NULL)),
               "{\"schema\":1,\"command\":\"log\",\"ok\":true}");
    error_set(&failure, FAULT_REMOTE, "it \xff broke");
    CHECK_TEXT(json_print(&arena, report_document(&arena, "log", &failure)),
               "{\"schema\":1,\"command\":\"log\",\"ok\":false,\"error\":{\"kind\":\"remote\","
               "\"message\":\"it \xef\xbf\xbd broke\",\"hint\":null}}");
    error_hint(&failure, "try again");
    CHECK_TEXT(json_find_string(report_document(&arena, "log", &failure), "error.hint", NULL),
               "try again");
    const json_t *json = report_json(&arena, &one);
    CHECK(json_find_bool(json, "ok", false) && json_find(json, "targets") == NULL &&
          json_find(json, "module") != NULL && json_find(json, "error") == NULL);
    json = report_json(&arena, &two);
    CHECK_TEXT(json_find_string(json, "modules[1].path", NULL), "b.wasm");
    arena_free(&arena);
}

static void check_text(void)
{
    struct arena arena = {0};
    struct wasm_info info = make_info();
    struct report_module module = {
        .path = "out/app.wasm", .bytes = bytes_of("hello"), .info = &info};
    info.memory_count = 1;
    struct verdict verdicts[] = {check_on(&arena, "cloudflare", "2026-11-01", "edge", &info),
                                 check_on(&arena, "lambda-edge", "nodejs20.x", "lambda", &info)};
    struct report report = {.command = "check",
                            .modules = &module,
                            .module_count = 1,
                            .verdicts = verdicts,
                            .verdict_count = 2};
    CHECK_TEXT(one_day(&arena, text_of(&arena, &report, false, true, 80)),
               "out/app.wasm: core module, WebAssembly 3.0, 5 bytes; features: bulk-memory-opt,\n"
               "  multimemory\n"
               "  sha256 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n"
               "\n"
               "target  platform                app.wasm\n"
               "edge    cloudflare 2026-11-01   \xe2\x9c\x93 compatible\n"
               "lambda  lambda-edge nodejs20.x  \xe2\x9c\x97 incompatible  1 error, 1 warning\n"
               "\n"
               "edge is compatible (cloudflare 2026-11-01, profile of 2026-11-22)\n"
               "  start     cold start about 2 ms more than an empty worker (estimate from\n"
               "            section sizes)\n"
               "\n"
               "lambda is incompatible (lambda-edge nodejs20.x, profile of 2026-11-22)\n"
               "  error     module needs 'multimemory' (Multiple memories), which AWS\n"
               "            Lambda@Edge (nodejs20.x) does not run [feature multimemory]\n"
               "    where   app.wasm, offset 41, function 3 'copy' at src/copy.c:12: memory.copy\n"
               "    cause   used 3 times, first: memory.copy; the compiler was told to use it\n"
               "            (+multimemory)\n"
               "    cure    lower it: wasm-opt --multi-memory-lowering\n"
               "    cure    clang: -mno-multimemory\n"
               "    basis   clang -m options for WebAssembly, LLVM 22\n"
               "    source  probe: Node 20.20.2 (as of 2026-11-22)\n"
               "  warning   runtime 'nodejs20.x' is deprecated since 2026-04-30: AWS no longer\n"
               "            patches it [runtime deprecated]\n"
               "    cure    set 'runtime' to nodejs24.x\n"
               "    source  endoflife.date/aws-lambda; cfn-lint#4531 (2026-06-02);\n"
               "            aws-lambda-roadmap#15, #56 (as of 2026-11-22)\n"
               "  note      runtime 'nodejs20.x' is near its end: functions can no longer be\n"
               "            created from 2027-02-01 on; functions can no longer be updated from\n"
               "            2027-03-03 on [runtime soon]\n"
               "    cure    set 'runtime' to nodejs24.x\n"
               "    source  endoflife.date/aws-lambda; cfn-lint#4531 (2026-06-02);\n"
               "            aws-lambda-roadmap#15, #56 (as of 2026-11-22)\n"
               "  runtime   2026-04-30 AWS no longer patches it; 2027-02-01 functions can no\n"
               "            longer be created; 2027-03-03 functions can no longer be updated\n"
               "  start     cold start about 1 ms more than an empty function (estimate from\n"
               "            section sizes)\n"
               "  next      nodejs22.x also runs relaxed-simd, extended-const, multimemory,\n"
               "            typed-function-references, gc\n"
               "\n"
               "2 targets: 1 compatible, 1 incompatible\n");
    arena_free(&arena);
}

static void inspect_text(void)
{
    struct arena arena = {0};
    struct wasm_info info = make_info();
    struct report_module module = {.path = "app.wasm", .bytes = bytes_of("hello"), .info = &info};
    struct report report = {.command = "inspect", .modules = &module, .module_count = 1};
    CHECK_TEXT(text_of(&arena, &report, false, false, 80),
               "app.wasm\n"
               "  core module, WebAssembly 3.0, 5 bytes\n"
               "  sha256 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n"
               "\n"
               "features (2)\n"
               "  bulk-memory-opt            memory.copy and memory.fill only, WebAssembly 2.0\n"
               "    12 uses; the first: memory.fill, function 7, offset 60\n"
               "  multimemory                Multiple memories, WebAssembly 3.0\n"
               "    3 uses: 2 instructions, second memory; the first in code: memory.copy,\n"
               "    function 3 'copy' at src/copy.c:12, offset 41\n"
               "  declared by the compiler, a hint only: +multimemory\n"
               "\n"
               "imports (1)\n"
               "  wasi_snapshot_preview1\n"
               "    fd_write    func   (i32,i32,i32,i32)->(i32)\n"
               "\n"
               "exports (2)\n"
               "  _start        func   ()->()\n"
               "  memory        memory 17 -\n"
               "\n"
               "memories (2)\n"
               "  17 to any number of pages, initially 1,114,112 bytes (1.1 MiB)\n"
               "  1 to 2 pages, initially 65,536 bytes (64.0 KiB), shared\n"
               "\n"
               "sections, in bytes (2)\n"
               "  code                                  90,000\n"
               "  producers                                 60  custom\n"
               "\n"
               "producers\n"
               "  language        Rust\n"
               "  processed-by    rustc 1.95.0\n"
               "  processed-by    clang 14\n");
    arena_free(&arena);
}

/* Colour only when asked; words always, never a mark alone. */
static void styles(void)
{
    struct arena arena = {0};
    struct wasm_info info = make_info();
    struct report_module module = {.path = "app.wasm", .bytes = bytes_of("hello"), .info = &info};
    struct verdict verdict = check_on(&arena, "fastly", NULL, "fast", &info);
    struct report report = {.command = "check",
                            .modules = &module,
                            .module_count = 1,
                            .verdicts = &verdict,
                            .verdict_count = 1};
    const char *plain = text_of(&arena, &report, false, false, 80);
    const char *coloured = text_of(&arena, &report, true, true, 80);
    CHECK(strchr(plain, '\033') == NULL && strstr(plain, "incompatible") != NULL);
    const char *c = plain;
    while (*c && !(*c & 0x80))
        c++;
    CHECK(*c == '\0');
    CHECK(strstr(coloured, "\033[31m\xe2\x9c\x97 incompatible\033[0m") != NULL);
    arena_free(&arena);
}

static size_t longest_line(const char *text)
{
    size_t longest = 0;
    while (*text) {
        size_t size = strcspn(text, "\n");
        longest = size > longest ? size : longest;
        text += size + (text[size] == '\n');
    }
    return longest;
}

static void widths(void)
{
    struct arena arena = {0};
    char name[600], path[300];
    memset(name, 'n', sizeof name - 1);
    memset(path, 'p', sizeof path - 1);
    name[sizeof name - 1] = path[sizeof path - 1] = '\0';
    struct wasm_import import = {name, name, name, WASM_FUNC, 1};
    struct wasm_use use = uses[1];
    use.function_name = name;
    struct wasm_info info = make_info();
    info.uses = &use;
    info.use_count = 1;
    info.imports = &import;
    struct report_module module = {.path = "app.wasm", .bytes = bytes_of("hello"), .info = &info};
    struct verdict verdict = check_on(&arena, "lambda-edge", "nodejs20.x", "t", &info);
    struct report report = {.command = "check",
                            .modules = &module,
                            .module_count = 1,
                            .verdicts = &verdict,
                            .verdict_count = 1};
    CHECK(longest_line(text_of(&arena, &report, false, false, 80)) <= 80);
    CHECK(longest_line(text_of(&arena, &report, false, false, 60)) <= 60);
    CHECK(longest_line(text_of(&arena, &report, false, false, 0)) <= 80);
    arena_free(&arena);
}

/* Several modules on several targets: a row each, with what concerns that module. */
static void matrix_of_modules(void)
{
    struct arena arena = {0};
    struct wasm_info info = make_info();
    struct report_module modules[] = {{.path = "a.wasm", .bytes = bytes_of("a"), .info = &info},
                                      {.path = "b.wasm", .bytes = bytes_of("b"), .info = &info}};
    const char *paths[] = {"a.wasm", "b.wasm"};
    struct finding findings[] = {{.level = LEVEL_ERROR,
                                  .rule = "feature",
                                  .subject = "gc",
                                  .message = "m",
                                  .where = {.path = "b.wasm", .function = WASM_NO_FUNCTION}},
                                 {.level = LEVEL_WARNING,
                                  .is_unknown = true,
                                  .rule = "feature",
                                  .subject = "gc",
                                  .message = "m",
                                  .where = {.path = "a.wasm", .function = WASM_NO_FUNCTION}}};
    struct verdict verdicts[] = {{.target = "one",
                                  .platform = "x",
                                  .variant = "",
                                  .profile_as_of = "2026-11-22",
                                  .answer = ANSWER_NO,
                                  .findings = findings,
                                  .finding_count = 2,
                                  .modules = paths,
                                  .module_count = 2},
                                 {.target = "two",
                                  .platform = "x",
                                  .variant = "",
                                  .profile_as_of = "2026-11-22",
                                  .answer = ANSWER_YES,
                                  .modules = paths,
                                  .module_count = 1}};
    struct report report = {.command = "check",
                            .modules = modules,
                            .module_count = 2,
                            .verdicts = verdicts,
                            .verdict_count = 2};
    const char *text = text_of(&arena, &report, false, false, 80);
    CHECK(strstr(text, "\ntarget  module    verdict\n"
                       "one     a.wasm    unknown       1 warning\n"
                       "        b.wasm    incompatible  1 error\n"
                       "two     a.wasm    compatible\n") != NULL);
    CHECK(strstr(text, "\n2 targets: 1 compatible, 1 incompatible\n") != NULL);
    arena_free(&arena);
}

/* What a module or a file name says reaches no terminal as it is. */
static void hostile_names(void)
{
    struct arena arena = {0};
    struct wasm_import import = {"m\033[2J", "n\r\n::error::x", "()->()", WASM_FUNC, 1};
    struct wasm_info info = make_info();
    info.imports = &import;
    struct report_module module = {
        .path = "a\033]0;x\007.wasm", .bytes = bytes_of("hello"), .info = &info};
    struct report inspect = {.command = "inspect", .modules = &module, .module_count = 1};
    struct verdict verdict = check_on(&arena, "fastly", NULL, "t\033[31m", &info);
    struct report check = {.command = "check",
                           .modules = &module,
                           .module_count = 1,
                           .verdicts = &verdict,
                           .verdict_count = 1};
    const char *texts[] = {text_of(&arena, &inspect, false, false, 80),
                           text_of(&arena, &check, false, false, 80)};
    for (size_t i = 0; i < 2; i++) {
        CHECK(strpbrk(texts[i], "\033\r\007") == NULL);
        CHECK(strstr(texts[i], "\n::error") == NULL);
    }
    CHECK(json_own(&arena, json_loads(json_print(&arena, report_json(&arena, &check)), 0, NULL)));
    arena_free(&arena);
}

void test_report(void)
{
    module_json();
    component_json();
    check_json();
    documents();
    check_text();
    inspect_text();
    styles();
    widths();
    matrix_of_modules();
    hostile_names();
}
