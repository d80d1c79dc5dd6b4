/* The HTML report: what is written of names that mean harm, of more than fits a page, of nothing.
   What a browser makes of it is asked in tests/html. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/embedded.h"
#include "pkg/digest/digest.h"
#include "pkg/report/report.h"
#include "tests/unit/unit.h"

#define EVIL                                                                                       \
    "</script><script>a()</script><img src=x onerror='a()'>\"`&\n\x1b[31m\xe2\x80\xae\xff-->"

static const char *page_of(struct arena *arena, const struct report *report)
{
    struct report_style style = {0};
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    CHECK(report_html(arena, report, &style, file) == 0);
    fclose(file);
    const char *copy = arena_strdup(arena, text);
    free(text);
    return copy;
}

static size_t count(const char *page, const char *word)
{
    size_t found = 0;
    for (const char *at = strstr(page, word); at; at = strstr(at + 1, word))
        found++;
    return found;
}

static struct report inspect(const struct report_module *module)
{
    return (struct report){
        .command = "inspect", .version = "1.2.3", .modules = module, .module_count = 1};
}

static void names_stay_names(void)
{
    struct arena arena = {0};
    struct wasm_use use = {.feature = WASM_FEATURE_SIMD128,
                           .count = 1,
                           .function = 3,
                           .function_name = EVIL,
                           .instruction = EVIL};
    struct wasm_section section = {EVIL, true, 8, 100};
    struct wasm_import import = {.module = EVIL, .name = EVIL, .type = EVIL};
    struct wasm_part parts[] = {{EVIL, EVIL, 60, 1, 3}, {EVIL, NULL, 60, 1, WASM_NO_FUNCTION}};
    struct wasm_sizes sizes = {.functions = parts,
                               .crates = parts + 1,
                               .function_count = 1,
                               .crate_count = 1,
                               .unknown = EVIL};
    struct wasm_info info = {.uses = &use,
                             .use_count = 1,
                             .sections = &section,
                             .section_count = 1,
                             .imports = &import,
                             .import_count = 1,
                             .spec = "2.0"};
    struct report_module module = {
        .path = EVIL, .bytes = bytes_of("hello"), .info = &info, .sizes = &sizes};
    struct report report = inspect(&module);
    const char *page = page_of(&arena, &report);
    CHECK(count(page, "<script") == 1 && count(page, "</script") == 1);
    CHECK(count(page, "<img") == 0 && count(page, "onerror='") == 0);
    CHECK(count(page, "&lt;/script&gt;&lt;script&gt;a()") > 8);
    CHECK(count(page, "onerror=&#39;a()&#39;&gt;&quot;&#96;&amp;\\u{0a}\\u{1b}[31m\\u{202e}\\u{ff}"
                      "--&gt;") > 8);
    CHECK(count(page, "\x1b") + count(page, "\xe2\x80\xae") + count(page, "\xff") == 0);
    CHECK(count(page, "<bdi>&lt;/script&gt;") > 6);
    arena_free(&arena);
}

/* What the policy lets run is what is there: the digests are of the two elements. */
static void policy_names_its_own(void)
{
    struct arena arena = {0};
    struct wasm_info info = {.spec = "1.0"};
    struct report_module module = {.path = "a.wasm", .bytes = bytes_of("hello"), .info = &info};
    struct report report = inspect(&module);
    const char *page = page_of(&arena, &report);
    const char *const texts[] = {report_style_sheet, report_script};
    CHECK(count(page, "default-src 'none'; style-src 'sha256-") == 1);
    for (size_t i = 0; i < 2; i++) {
        uint8_t digest[32];
        digest_sha256_raw(bytes_of(texts[i]), digest);
        CHECK(strstr(page, digest_base64(&arena, (struct bytes){digest, 32})) != NULL);
        CHECK(strstr(page, texts[i]) != NULL);
    }
    CHECK(strstr(page, "style=\"") == NULL);
    arena_free(&arena);
}

/* Bytes of all rows of the table of functions. */
static size_t sum_of_functions(const char *page)
{
    size_t sum = 0;
    const char *table = strstr(page, "data-level=\"function\""), *row = table;
    const char *end = strstr(table, "</table>");
    while ((row = strstr(row, "<tr data-bytes=\"")) && row < end) {
        row += strlen("<tr data-bytes=\"");
        sum += strtoul(row, NULL, 10);
    }
    return sum;
}

static size_t check_many(struct arena *arena, size_t functions, const char *name)
{
    struct wasm_sizes sizes = {.function_count = functions};
    struct wasm_info info = {.spec = "1.0"};
    struct report_module module = {
        .path = "a.wasm", .bytes = {NULL, 0}, .info = &info, .sizes = &sizes};
    struct report report = inspect(&module);
    size_t whole = 0;
    sizes.functions = arena_alloc(arena, functions, sizeof *sizes.functions);
    for (size_t i = 0; i < functions; i++) {
        sizes.functions[i] = (struct wasm_part){.name = name, .bytes = functions - i};
        whole += functions - i;
    }
    const char *page = page_of(arena, &report);
    CHECK(sum_of_functions(page) == whole);
    CHECK(strlen(page) < 500000);
    return count(page, "<tr data-bytes=");
}

static void many_functions_are_summed(void)
{
    struct arena arena = {0};
    char name[5000];
    memset(name, '<', sizeof name);
    name[sizeof name - 1] = '\0';
    CHECK(check_many(&arena, 1000, "f") == 1000);
    CHECK(check_many(&arena, 9000, "f") == 1001);
    size_t rows = check_many(&arena, 9000, name);
    CHECK(rows > 100 && rows < 1000);
    arena_free(&arena);
}

static void failures_are_said(void)
{
    struct arena arena = {0};
    struct error error = {
        .fault = FAULT_INPUT, .message = "cannot find '<a>'", .hint = "look & see"};
    struct report report = {.command = "check", .version = "1.2.3", .failure = &error};
    const char *page = page_of(&arena, &report);
    CHECK(strstr(page, "<title>check failed: cannot find &#39;&lt;a&gt;&#39;</title>") != NULL);
    CHECK(strstr(page, "What to do: look &amp; see") != NULL);
    CHECK(strstr(page, "<h2") == NULL);
    arena_free(&arena);
}

/* Two modules on two targets: each target ships one, and the answers are the modules' own. */
static void matrix_of_modules(void)
{
    struct arena arena = {0};
    struct wasm_info info = {.spec = "1.0"};
    struct report_module modules[] = {
        {.path = "a.wasm", .bytes = bytes_of("hello"), .info = &info},
        {.path = "b/b.wasm", .bytes = bytes_of("there"), .info = &info}};
    const char *first[] = {"a.wasm"}, *both[] = {"a.wasm", "b/b.wasm"};
    struct finding finding = {.level = LEVEL_ERROR,
                              .rule = "feature",
                              .subject = "gc",
                              .message = "no",
                              .where = {.path = "b/b.wasm", .function = WASM_NO_FUNCTION}};
    struct verdict verdicts[] = {{.target = "one",
                                  .platform = "p",
                                  .profile_as_of = "2026-11-22",
                                  .modules = first,
                                  .module_count = 1},
                                 {.target = "two",
                                  .platform = "p",
                                  .profile_as_of = "2026-11-22",
                                  .modules = both,
                                  .module_count = 2,
                                  .answer = ANSWER_NO,
                                  .findings = &finding,
                                  .finding_count = 1}};
    struct report report = {.command = "check",
                            .version = "1.2.3",
                            .modules = modules,
                            .module_count = 2,
                            .verdicts = verdicts,
                            .verdict_count = 2};
    const char *page = page_of(&arena, &report);
    const char *matrix = strstr(page, "<table class=\"matrix\">"),
               *end = strstr(matrix, "</table>");
    const char *table = arena_copy(&arena, matrix, (size_t)(end - matrix));
    CHECK(count(table, "not shipped there") == 1);
    CHECK(count(table, "</svg>compatible") == 2 && count(table, "</svg>incompatible") == 1);
    CHECK(count(table, "1 error") == 1);
    CHECK(strstr(page, "<title>a.wasm and 1 more: incompatible with 1 of 2 targets</title>") !=
          NULL);
    arena_free(&arena);
}

/* Figures that no bar can show, and names from outside. */
static void bench_of_anything(void)
{
    struct arena arena = {0};
    struct bench_runtime runtimes[] = {{.name = EVIL, .version = EVIL},
                                       {.name = "node", .problem = EVIL}};
    struct finding finding = {.level = LEVEL_ERROR, .rule = "budget", .message = EVIL};
    struct bench_target target = {.target = EVIL,
                                  .platform = EVIL,
                                  .variant = EVIL,
                                  .module = EVIL,
                                  .how = EVIL,
                                  .problem = EVIL,
                                  .sizes = {{1000, 500, 0, false}, {900, 510, 0, true}},
                                  .runtimes = runtimes,
                                  .runtime_count = 2,
                                  .findings = &finding,
                                  .finding_count = 1};
    struct bench bench = {&target, 1};
    struct report report = {.command = "bench", .version = "1.2.3", .bench = &bench};
    for (size_t i = 0; i < BENCH_MEASURES; i++)
        runtimes[0].rows[i] = (struct bench_row){.measure = (enum bench_measure)i, .note = EVIL};
    struct bench_row *rows = runtimes[0].rows;
    rows[0].numbers[0] = (struct bench_number){-0.5, 0, -1, 0.25, 40};
    rows[0].numbers[1] = (struct bench_number){0.5, 1, 0.25, 1, 40};
    rows[1].numbers[0] = rows[1].numbers[1] = (struct bench_number){2, 2, 1.9, 2.1, 40};
    rows[1].within_noise = true;
    rows[BENCH_THROUGHPUT].numbers[0] = (struct bench_number){0, 100, 90, 110, 40};
    rows[BENCH_THROUGHPUT].numbers[1] = (struct bench_number){0, 60, 50, 70, 40};
    const char *page = page_of(&arena, &report);
    CHECK(count(page, "<script") == 1 && count(page, "<img") == 0);
    CHECK(strstr(page, "-0.50 ms") && strstr(page, "-1.00 to 0.25"));
    CHECK(strstr(page, "<rect y=\"1\" width=\"0\"") && strstr(page, "M0 5H250M0 2V8M250 2V8"));
    CHECK(count(page, "within the noise</span>") == 1);
    CHECK(strstr(page, "sign-warning\"/></svg>-40.0 %"));
    CHECK(strstr(page, "sign-yes\"/></svg>-10.0 %") &&
          strstr(page, "sign-warning\"/></svg>+2.0 %"));
    CHECK(count(page, "not measured") == 2 * (BENCH_MEASURES - 3));
    CHECK(count(page, "nan") + count(page, "inf ") == 0 && !strstr(page, ">zip<"));
    target.same = true;
    page = page_of(&arena, &report);
    CHECK(count(page, "sign-warning\"/></svg>") == 0 && strstr(page, "ships as it is"));
    arena_free(&arena);
}

void test_html(void)
{
    names_stay_names();
    bench_of_anything();
    policy_names_its_own();
    many_functions_are_summed();
    failures_are_said();
    matrix_of_modules();
}
