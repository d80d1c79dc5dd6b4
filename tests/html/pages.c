/* Writes pages of the HTML report that no module at hand gives: one with everything in it, two of
   hostile names, one of a bench, one of a large module. For the browser tests: pages FOLDER */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pkg/base/arena.h"
#include "pkg/report/report.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void fail(const char *what)
{
    fprintf(stderr, "pages: %s\n", what);
    exit(1);
}

/* --- a module --- */

static struct wasm_way data_count = {WASM_BY_SECTION, "data count section", 1, NULL};
static struct wasm_way ways[] = {{WASM_BY_INSTRUCTION, NULL, 2310, NULL},
                                 {WASM_BY_INSTRUCTION, NULL, 24, &data_count},
                                 {WASM_BY_TYPE, "second memory", 1, NULL},
                                 {WASM_BY_INSTRUCTION, NULL, 8, NULL}};
static struct wasm_use uses[] = {
    {.feature = WASM_FEATURE_BULK_MEMORY,
     .reason = WASM_BY_SECTION,
     .count = 25,
     .functions = 12,
     .function_bytes = 9310,
     .offset = 812,
     .function = WASM_NO_FUNCTION,
     .instruction = "data count section",
     .ways = &ways[1]},
    {.feature = WASM_FEATURE_SIMD128,
     .reason = WASM_BY_INSTRUCTION,
     .count = 2310,
     .functions = 41,
     .function_bytes = 88210,
     .offset = 20541,
     .function = 311,
     .function_name = "memchr::arch::wasm32::simd128::memchr::One::find_raw",
     .instruction = "v128.load",
     .ways = &ways[0],
     .source = {"memchr-2.7.4/src/arch/wasm32/simd128/memchr.rs", 88}},
    {.feature = WASM_FEATURE_MULTIMEMORY,
     .reason = WASM_BY_TYPE,
     .count = 1,
     .offset = 640,
     .function = WASM_NO_FUNCTION,
     .instruction = "second memory",
     .ways = &ways[2]},
    {.feature = WASM_FEATURE_EXNREF,
     .reason = WASM_BY_INSTRUCTION,
     .count = 8,
     .functions = 2,
     .function_bytes = 420,
     .offset = 99120,
     .function = 1040,
     .function_name = "resize::decode::run",
     .instruction = "try_table",
     .ways = &ways[3]},
};
static struct wasm_import imports[] = {
    {"wasi_snapshot_preview1", "fd_write", "(i32,i32,i32,i32)->(i32)", WASM_FUNC, 20},
    {"wasi_snapshot_preview1", "proc_exit", "(i32)->()", WASM_FUNC, 44},
    {"wasi_snapshot_preview1", "random_get", "(i32,i32)->(i32)", WASM_FUNC, 60}};
static struct wasm_export exports[] = {{{(const uint8_t *)"_start", 6}, "()->()", WASM_FUNC, 1},
                                       {{(const uint8_t *)"memory", 6}, "17 -", WASM_MEMORY, 0}};
static struct wasm_memory memories[] = {{.min_pages = 17, .page_size = 65536},
                                        {1, 2, true, true, false, false, 65536}};
static struct wasm_section sections[] = {{"type", false, 8, 1204},
                                         {"import", false, 1220, 310},
                                         {"function", false, 1540, 2800},
                                         {"table", false, 4345, 9},
                                         {"memory", false, 4360, 6},
                                         {"global", false, 4370, 40},
                                         {"export", false, 4420, 220},
                                         {"element", false, 4650, 5100},
                                         {"code", false, 9800, 688000},
                                         {"data", false, 697900, 241000},
                                         {".debug_info", true, 939000, 180000},
                                         {".debug_line", true, 1119100, 94000},
                                         {".debug_str", true, 1213200, 61000},
                                         {"name", true, 1274300, 52000},
                                         {"producers", true, 1326400, 96},
                                         {"target_features", true, 1326500, 120}};
static struct wasm_producer producers[] = {
    {"language", "Rust", ""},
    {"processed-by", "rustc", "1.82.0 (f6e511eec 2024-10-15)"},
    {"processed-by", "clang", "18.1"}};
static const char *declared[] = {"+bulk-memory", "+simd128", "+multivalue"};

static struct wasm_info make_info(void)
{
    struct wasm_info info = {.kind = WASM_CORE,
                             .size = 1326700,
                             .uses = uses,
                             .use_count = COUNT(uses),
                             .spec = "3.0",
                             .imports = imports,
                             .import_count = COUNT(imports),
                             .exports = exports,
                             .export_count = COUNT(exports),
                             .memories = memories,
                             .memory_count = COUNT(memories),
                             .sections = sections,
                             .section_count = COUNT(sections),
                             .producers = producers,
                             .producer_count = COUNT(producers),
                             .declared_features = declared,
                             .declared_feature_count = COUNT(declared),
                             .debug = WASM_DEBUG_DWARF};
    for (size_t i = 0; i < COUNT(uses); i++)
        info.features |= wasm_feature_bit(uses[i].feature);
    return info;
}

/* `count` functions of a dozen crates, and some of none; the larger, the rarer. */
static struct wasm_sizes make_sizes(struct arena *arena, size_t count, size_t total)
{
    static const char *const crates[] = {"regex_automata", "image", "resize", "std",   "serde_json",
                                         "memchr",         "core",  "png",    "alloc", "hashbrown",
                                         "miniz_oxide",    "itoa",  NULL};
    static const char *const words[] = {"parse", "decode", "find_raw",     "push",
                                        "fmt",   "resize", "drop_in_place"};
    struct wasm_sizes sizes = {.function_count = count,
                               .crate_count = COUNT(crates) - 1,
                               .debug_bytes = 335000,
                               .name_bytes = 52000};
    sizes.functions = arena_alloc(arena, count, sizeof *sizes.functions);
    sizes.crates = arena_alloc(arena, sizes.crate_count, sizeof *sizes.crates);
    for (size_t i = 0; i < sizes.crate_count; i++)
        sizes.crates[i] = (struct wasm_part){.name = crates[i], .function = WASM_NO_FUNCTION};
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += 1 / (double)(i + 8);
    for (size_t i = 0; i < count; i++) {
        size_t crate = (i * i + i / 3) % COUNT(crates),
               bytes = (size_t)((double)total / sum / (double)(i + 8)) + 3;
        sizes.functions[i] = (struct wasm_part){
            .name = i % 31 == 30
                        ? NULL
                        : arena_printf(arena, "<%s::%s::Builder<T> as %s::Run>::%s::{closure#%zu}",
                                       crates[crate] ? crates[crate] : "main", words[i % 5],
                                       words[i % 3], words[i % 7], i % 9),
            .crate = crates[crate],
            .bytes = bytes,
            .count = 1,
            .function = (uint32_t)(i * 7 % count)};
        if (crates[crate]) {
            sizes.crates[crate].bytes += bytes;
            sizes.crates[crate].count++;
        }
    }
    return sizes;
}

/* --- what is said of it: by hand, so that the pictures change with the page only --- */

static const char *profile_sources[] = {
    "probes run in the engine itself, 2026-11-22",
    "the platform's documentation: https://example.com/docs/limits (2026-10-02)"};

static const struct profile *make_profile(struct arena *arena, const char *name, const char *title,
                                          enum support multimemory, enum support exnref)
{
    struct profile *profile = arena_alloc(arena, 1, sizeof *profile);
    *profile = (struct profile){.name = name,
                                .title = title,
                                .as_of = "2026-11-22",
                                .sources = profile_sources,
                                .source_count = COUNT(profile_sources)};
    for (size_t i = 0; i < WASM_FEATURE_COUNT; i++)
        profile->features[i] = (struct profile_feature){
            .support = SUPPORT_YES,
            .evidence = arena_printf(arena, "probe: the engine of %s, 15.8", name),
            .as_of = "2026-11-22"};
    profile->features[WASM_FEATURE_MULTIMEMORY].support = multimemory;
    profile->features[WASM_FEATURE_EXNREF].support = exnref;
    if (exnref == SUPPORT_PARTIAL)
        profile->features[WASM_FEATURE_EXNREF].note =
            "from 24.15 on; the platform chooses the minor";
    return profile;
}

static struct finding findings[] = {
    {.level = LEVEL_ERROR,
     .rule = "feature",
     .subject = "multimemory",
     .message = "module needs 'multimemory' (Multiple memories), which nodejs20.x does not run",
     .cause = "used once: second memory",
     .source = "probe: Node 20.20.2 (as of 2026-11-22)",
     .where = {.path = "build/app.wasm",
               .function = WASM_NO_FUNCTION,
               .offset = 640,
               .has_offset = true,
               .instruction = "second memory"},
     .cure = {.lowering = "--multi-memory-lowering", .compiler = "clang: -mno-multimemory"}},
    {.level = LEVEL_ERROR,
     .rule = "feature",
     .subject = "simd128",
     .message = "module needs 'simd128' (Fixed-width SIMD), which nodejs20.x does not run",
     .cause = "used 2,310 times, the first: v128.load",
     .source = "probe: Node 20.20.2 (as of 2026-11-22)",
     .since = "new since the last deployment (rustc 1.81 to 1.82)",
     .count = 2310,
     .functions = 41,
     .function_bytes = 88210,
     .where = {.path = "build/app.wasm",
               .function_name = "memchr::arch::wasm32::simd128::memchr::One::find_raw",
               .function = 311,
               .offset = 20541,
               .has_offset = true,
               .instruction = "v128.load",
               .crate = "memchr",
               .source_file = "src/lib.rs",
               .source_line = 12},
     .cure = {.source = "the rustc book, codegen options (tried with 1.82.0)",
              .compiler = "rustc: -C target-feature=-simd128",
              .other = "crate 'memchr' brings it: build with default-features = false"}},
    {.level = LEVEL_WARNING,
     .rule = "feature",
     .subject = "exnref",
     .is_unknown = true,
     .message =
         "module needs 'exnref' (Standard exception handling), and nobody knows whether it runs",
     .cause = "used 8 times, the first: try_table",
     .source = "nothing is published; see https://example.com/issues/601 (as of 2026-11-22)",
     .where = {.path = "build/app.wasm",
               .function_name = "resize::decode::run",
               .function = 1040,
               .offset = 99120,
               .has_offset = true,
               .instruction = "try_table"}},
    {.level = LEVEL_NOTE,
     .rule = "runtime",
     .subject = "nodejs20.x",
     .message = "runtime 'nodejs20.x' is near its end: functions can no longer be created from "
                "2027-02-01 on",
     .source = "endoflife.date/aws-lambda (as of 2026-11-22)",
     .where = {.function = WASM_NO_FUNCTION},
     .cure = {.other = "set 'runtime' to nodejs24.x"}}};

static struct verdict judge(struct arena *arena, const char *target, const struct profile *profile,
                            const char *variant, enum answer answer, const char *path)
{
    const char **modules = arena_alloc(arena, 1, sizeof *modules);
    struct verdict verdict = {.target = target,
                              .platform = profile->name,
                              .variant = variant,
                              .profile = profile,
                              .profile_as_of = profile->as_of,
                              .answer = answer,
                              .modules = modules,
                              .module_count = 1};
    struct finding *copy = arena_copy(arena, findings, sizeof findings);
    modules[0] = path;
    if (answer != ANSWER_YES) {
        verdict.findings = answer == ANSWER_NO ? copy : copy + 2;
        verdict.finding_count = answer == ANSWER_NO ? COUNT(findings) : 1;
    }
    return verdict;
}

static const char *added[] = {"simd128", "exnref"}, *removed[] = {"sign-ext"};
static const char *gained[] = {"multimemory", "memory64", "tail-call"}, *lost[] = {"exnref"};

static void add_the_rest(struct arena *arena, struct verdict *verdict)
{
    struct proof proofs[] = {
        {.runtime = "node 20.20.2",
         .path = "app.wasm",
         .answer = ANSWER_NO,
         .message = "CompileError: multiple memories are not allowed @+640"},
        {.runtime = "wasmtime 46.0.3", .path = "app.wasm", .answer = ANSWER_YES},
        {.runtime = "workerd",
         .path = "app.wasm",
         .answer = ANSWER_UNKNOWN,
         .message = "it was not found"}};
    struct runtime_fact facts[] = {
        {"deprecated", "2026-04-30", "it is no longer patched", "endoflife.date/aws-lambda"},
        {"update-blocked", "2027-03-03", "functions can no longer be updated",
         "see https://example.com/runtimes?a=1&b=2, and the roadmap"}};
    verdict->proofs = arena_copy(arena, proofs, sizeof proofs);
    verdict->proof_count = COUNT(proofs);
    verdict->facts = arena_copy(arena, facts, sizeof facts);
    verdict->fact_count = COUNT(facts);
    verdict->next = (struct next_variant){.variant = "nodejs24.x",
                                          .gained = gained,
                                          .lost = lost,
                                          .facts = arena_copy(arena, &facts[1], sizeof *facts),
                                          .fact_count = 1,
                                          .gained_count = COUNT(gained),
                                          .lost_count = COUNT(lost)};
    verdict->change = (struct change){
        .commit = "4f1d2c9",
        .time = "2026-11-01T09:30:00Z",
        .version = "42",
        .features_added = added,
        .features_removed = removed,
        .added_count = COUNT(added),
        .removed_count = COUNT(removed),
        .bytes = 52110,
        .gzip_bytes = -310,
        .has_bytes = true,
        .has_gzip = true,
        .toolchain = "rustc 1.81.0 to 1.82.0",
        .history = "rustc 1.81 to 1.82: reference types and multi-value are on by default"};
}

static size_t write_page(struct arena *arena, const char *folder, const char *name,
                         const struct report *report)
{
    const char *path = arena_printf(arena, "%s/%s.html", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || report_html(arena, report, &(struct report_style){0}, file) != 0)
        fail(path);
    long size = ftell(file);
    fclose(file);
    return (size_t)size;
}

static struct report_module module_of(struct arena *arena, const char *path,
                                      const struct wasm_info *info)
{
    uint8_t *bytes = arena_alloc(arena, info->size, 1);
    return (struct report_module){.path = path, .bytes = {bytes, info->size}, .info = info};
}

static void write_everything(struct arena *arena, const char *folder)
{
    struct wasm_info info = make_info();
    struct wasm_sizes sizes = make_sizes(arena, 1400, 686000);
    struct report_module module = module_of(arena, "build/app.wasm", &info);
    const struct profile *profiles[] = {
        make_profile(arena, "cloudflare", "Cloudflare Workers", SUPPORT_YES, SUPPORT_PARTIAL),
        make_profile(arena, "fastly", "Fastly Compute", SUPPORT_YES, SUPPORT_UNKNOWN),
        make_profile(arena, "lambda-edge", "AWS Lambda@Edge", SUPPORT_NO, SUPPORT_UNKNOWN)};
    struct verdict verdicts[] = {
        judge(arena, "edge", profiles[0], "2026-11-01", ANSWER_YES, module.path),
        judge(arena, "fast", profiles[1], "", ANSWER_UNKNOWN, module.path),
        judge(arena, "lambda", profiles[2], "nodejs20.x", ANSWER_NO, module.path)};
    module.gzip_bytes = 431000;
    module.brotli_bytes = 352000;
    module.sizes = &sizes;
    add_the_rest(arena, &verdicts[2]);
    struct report report = {.command = "check",
                            .version = "0.1.0",
                            .modules = &module,
                            .module_count = 1,
                            .verdicts = verdicts,
                            .verdict_count = COUNT(verdicts)};
    write_page(arena, folder, "everything", &report);
}

/* --- hostile names --- */

#define EVIL                                                                                       \
    "</script></style></title><script>window.broken=1</script><img src=x onerror=alert(1)>"        \
    "\" onmouseover='broken()' `&amp;&lt; \n\r\t\x1b[31m \xe2\x80\xae gnp.exe \xe2\x81\xa6 "       \
    "\xef\xbb\xbf --> ]]> <!-- \xff javascript:alert(1)"

static void write_hostile(struct arena *arena, const char *folder)
{
    static const char *words[] = {EVIL, "x\" autofocus onfocus=\"broken()"};
    struct wasm_info info = make_info();
    struct wasm_use *use = arena_copy(arena, uses, sizeof uses);
    struct wasm_part parts[] = {{EVIL, EVIL, 4000, 1, 3}, {EVIL, EVIL, 3000, 1, WASM_NO_FUNCTION}};
    struct wasm_sizes sizes = {.functions = &parts[0],
                               .crates = &parts[1],
                               .function_count = 1,
                               .crate_count = 1,
                               .debug_bytes = 1,
                               .name_bytes = 1,
                               .unknown = EVIL};
    struct wasm_section section[] = {{"code", false, 8, 9000}, {EVIL, true, 9010, 4000}};
    struct wasm_import import = {EVIL, EVIL, EVIL, WASM_FUNC, 1};
    struct wasm_export export = {{(const uint8_t *)EVIL, sizeof EVIL - 1}, EVIL, WASM_FUNC, 0};
    struct wasm_producer producer = {EVIL, EVIL, EVIL};
    for (size_t i = 0; i < COUNT(uses); i++)
        use[i].function_name = use[i].instruction = EVIL;
    info.uses = use, info.sections = section, info.section_count = 2;
    info.imports = &import, info.import_count = 1, info.exports = &export, info.export_count = 1;
    info.producers = &producer, info.producer_count = 1;
    info.declared_features = words, info.declared_feature_count = 2;
    info.size = 13100;
    struct report_module module = module_of(arena, EVIL, &info);
    module.sizes = &sizes;
    const struct profile *profile =
        make_profile(arena, "lambda-edge", EVIL, SUPPORT_NO, SUPPORT_PARTIAL);
    struct verdict verdict = judge(arena, EVIL, profile, EVIL, ANSWER_NO, module.path);
    add_the_rest(arena, &verdict);
    for (size_t i = 0; i < verdict.finding_count; i++) {
        struct finding *finding = &verdict.findings[i];
        finding->message = finding->subject = finding->cause = finding->source = finding->since =
            EVIL;
        finding->cure =
            (struct cure){EVIL, EVIL, "see https://example.com/\"onclick=alert(1)<b>", EVIL};
        finding->where = (struct place){EVIL, EVIL, EVIL, 3, 4, true, EVIL, EVIL, 7};
    }
    verdict.facts[0] = (struct runtime_fact){EVIL, EVIL, EVIL, EVIL};
    verdict.proofs[0] =
        (struct proof){.runtime = EVIL, .path = EVIL, .answer = ANSWER_NO, .message = EVIL};
    verdict.next = (struct next_variant){
        .variant = EVIL, .gained = words, .lost = words, .gained_count = 2, .lost_count = 2};
    verdict.change.commit = verdict.change.time = verdict.change.version = verdict.change.history =
        EVIL;
    struct report report = {.command = "check",
                            .version = "0.1.0",
                            .modules = &module,
                            .module_count = 1,
                            .verdicts = &verdict,
                            .verdict_count = 1};
    write_page(arena, folder, "hostile", &report);
}

/* --- a bench --- */

static struct bench_number number(double figure, double spread)
{
    return (struct bench_number){figure, figure, figure - spread, figure + spread, 40};
}

/* Better, worse, within the noise, not measured. */
static void fill_rows(struct bench_runtime *runtime)
{
    static const struct {
        double was, now, spread;
        bool within_noise;
    } rows[BENCH_MEASURES] = {{5.13, 4.02, .08, false}, {.42, .44, .05, true},
                              {11.2, 9.14, .71, false}, {7.91, 6.4, .22, false},
                              {18.4, 19.9, .4, false},  {79.2, 334.6, 12.5, false},
                              {13.1, 2.61, .12, false}, {158.2, 158.9, 2, true}};
    for (size_t i = 0; i < BENCH_MEASURES; i++)
        runtime->rows[i] = (struct bench_row){
            (enum bench_measure)i,
            {number(rows[i].was, rows[i].spread), number(rows[i].now, rows[i].spread)},
            {.count = 0},
            rows[i].within_noise,
            NULL};
    runtime->rows[BENCH_COLD_START].base = number(15.2, .3);
}

static struct report report_of_bench(const struct bench *bench)
{
    return (struct report){.command = "bench", .version = "0.1.0", .bench = bench};
}

static void write_bench(struct arena *arena, const char *folder)
{
    struct bench_runtime *runtimes = arena_alloc(arena, 4, sizeof *runtimes);
    struct finding over = {.level = LEVEL_ERROR,
                           .rule = "budget",
                           .message = "the cold start of 9.1 ms is over the budget of 5 ms"};
    struct bench_target targets[] = {
        {.target = "edge",
         .platform = "cloudflare",
         .variant = "2026-11-01",
         .module = "build/app.wasm",
         .sizes = {{1326700, 431000, 431200, false}, {1199310, 402100, 402290, true}},
         .how = "wasm-opt 132 -Oz, functions ordered",
         .runtimes = runtimes,
         .runtime_count = 2,
         .findings = &over,
         .finding_count = 1},
        {.target = "lambda",
         .platform = "lambda-edge",
         .variant = "nodejs24.x",
         .module = "build/app.wasm",
         .sizes = {{26176, 11472, 11590, false}, {26176, 11472, 11590, false}},
         .same = true,
         .runtimes = runtimes + 2,
         .runtime_count = 2}};
    struct bench bench = {targets, COUNT(targets)};
    struct report report = report_of_bench(&bench);
    struct wasm_info info = make_info();
    struct report_module module = module_of(arena, "build/app.wasm", &info);
    runtimes[0] = (struct bench_runtime){.name = "workerd", .version = "2026-11-17"};
    runtimes[1] = (struct bench_runtime){
        .name = "viceroy", .problem = "none was found: get it from https://example.com/viceroy"};
    runtimes[2] = (struct bench_runtime){.name = "node", .version = "24.21.0"};
    runtimes[3] = (struct bench_runtime){.name = "node", .version = "22.23.3"};
    for (size_t i = 0; i < 4; i++)
        fill_rows(&runtimes[i]);
    for (size_t i = BENCH_FIRST_CALL; i < BENCH_MEASURES; i++)
        runtimes[3].rows[i] =
            (struct bench_row){.measure = (enum bench_measure)i, .note = "it answers no request"};
    report.modules = &module;
    report.module_count = 1;
    write_page(arena, folder, "bench", &report);
    targets[0].target = targets[0].platform = targets[0].variant = targets[0].module =
        targets[0].how = over.message = runtimes[0].name = runtimes[0].version = runtimes[1].name =
            runtimes[1].problem = EVIL;
    for (size_t i = 0; i < BENCH_MEASURES; i++)
        runtimes[0].rows[i].note = EVIL;
    module.path = EVIL;
    write_page(arena, folder, "hostile-bench", &report);
}

/* --- a large one --- */

/* Prints its size, and the least time that writing it took. */
static void write_large(struct arena *arena, const char *folder)
{
    struct wasm_info info = make_info();
    struct wasm_sizes sizes = make_sizes(arena, 9000, 1500000);
    struct wasm_section section[] = {{"code", false, 8, 1530000}, {"data", false, 1530020, 470000}};
    info.sections = section, info.section_count = 2, info.size = 2000100;
    struct report_module module = module_of(arena, "large.wasm", &info);
    const struct profile *profile =
        make_profile(arena, "fastly", "Fastly Compute", SUPPORT_YES, SUPPORT_YES);
    struct verdict verdict = judge(arena, "fast", profile, NULL, ANSWER_YES, module.path);
    struct report report = {.command = "check",
                            .version = "0.1.0",
                            .modules = &module,
                            .module_count = 1,
                            .verdicts = &verdict,
                            .verdict_count = 1};
    size_t size = 0;
    clock_t least = 0;
    module.sizes = &sizes;
    for (int i = 0; i < 9; i++) {
        clock_t before = clock();
        size = write_page(arena, folder, "large", &report);
        clock_t took = clock() - before;
        least = i == 0 || took < least ? took : least;
    }
    printf("large.html: %zu bytes in %.1f ms\n", size, 1000.0 * (double)least / CLOCKS_PER_SEC);
}

int main(int argc, char **argv)
{
    struct arena arena = {0};
    if (argc != 2)
        fail("write: pages FOLDER");
    write_everything(&arena, argv[1]);
    write_hostile(&arena, argv[1]);
    write_bench(&arena, argv[1]);
    write_large(&arena, argv[1]);
    arena_free(&arena);
    return 0;
}
