#include "pkg/compat/since.h"

#include "pkg/base/arena.h"
#include "pkg/compat/toolchain.h"
#include "tests/unit/unit.h"

static void test_tool_changes(void)
{
    static const struct {
        const char *before, *now, *text;
    } rows[] = {
        {"rustc 1.81.0", "rustc 1.82.0", "rustc 1.81 to 1.82"},
        {"rustc 1.82.0", "rustc 1.82.0", NULL},
        {"rustc 1.81.0", NULL, NULL},
        {NULL, "rustc 1.82.0", NULL},
        {"clang 14.0.6", "rustc 1.82.0", NULL},
        {"rustc 1.81.0, wasm-bindgen 0.2.92", "wasm-bindgen 0.2.95, rustc 1.82.0",
         "wasm-bindgen 0.2.92 to 0.2.95, rustc 1.81 to 1.82"},
        {"go 1.9", "go 2.0", "go 1.9 to 2.0"},
        {", ,rustc,, 1.0", "rustc ,rustc 2.0.0", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        CHECK_TEXT(compat_tool_changes(&arena, rows[i].before, rows[i].now), rows[i].text);
        arena_free(&arena);
    }
}

static void test_version_order(void)
{
    static const struct {
        const char *a, *b;
        int order;
    } rows[] = {{"1.9", "1.82", -1}, {"1.82", "1.82.0", 0}, {"1.82.1", "1.82", 1},
                {"19", "9.9", 1},    {"", "0", 0},          {"1.82.0-nightly", "1.82.0", 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK(compat_version_order(rows[i].a, rows[i].b) == rows[i].order);
        CHECK(compat_version_order(rows[i].b, rows[i].a) == -rows[i].order);
    }
}

static void test_toolchains(void)
{
    struct arena arena = {0};
    struct wasm_producer producers[] = {{"language", "Rust", ""},
                                        {"processed-by", "rustc", "1.82.0 (f6e511eec 2024-10-15)"},
                                        {"processed-by", "Debian clang", "14.0.6"},
                                        {"processed-by", "rustc", "1.83.0"},
                                        {"processed-by", "Go cmd/compile", "go1.26.8"}};
    struct wasm_import imports[] = {{.module = "wbg", .name = "__wbg_log_1"}};
    struct wasm_info info = {.producers = producers, .producer_count = 5};
    CHECK_TEXT(compat_toolchain_text(&arena, &info), "rustc 1.82.0, clang 14.0.6, go 1.26.8");
    struct toolchain found[TOOLCHAINS_MOST];
    info = (struct wasm_info){.imports = imports, .import_count = 1};
    CHECK(compat_toolchain_text(&arena, &info) == NULL);
    if (CHECK(compat_toolchains(&arena, &info, found) == 2)) {
        CHECK_TEXT(found[0].id, "wasm-bindgen");
        CHECK_TEXT(found[1].id, "rustc");
        CHECK(found[1].version == NULL);
    }
    arena_free(&arena);
}

/* Features added and removed, bytes where both are known, and the findings about what is new. */
static void test_comparison(void)
{
    struct arena arena = {0};
    const char *features[] = {"sign-ext", "simd128", "of-the-future"};
    struct earlier earlier = {.commit = "c0ffee",
                              .time = "2026-11-01T00:00:00Z",
                              .version = "v1",
                              .features = features,
                              .feature_count = 3,
                              .bytes = 100,
                              .toolchain = "rustc 1.81.0"};
    struct wasm_info info = {.features = wasm_feature_bit(WASM_FEATURE_SIMD128) |
                                         wasm_feature_bit(WASM_FEATURE_REFERENCE_TYPES)};
    struct shipped_module module = {.path = "a.wasm", .bytes = {NULL, 90}, .info = &info};
    struct shipment shipment = {.modules = &module, .module_count = 1};
    struct finding findings[] = {{.rule = "feature", .subject = "reference-types"},
                                 {.rule = "feature", .subject = "simd128"},
                                 {.rule = "import", .subject = "reference-types"}};
    struct verdict verdict = {.findings = findings, .finding_count = 3};
    compat_since(&arena, &earlier, &shipment, "rustc 1.82.0", &verdict);
    const struct change *change = &verdict.change;
    CHECK_TEXT(change->commit, "c0ffee");
    if (CHECK(change->added_count == 1 && change->removed_count == 2)) {
        CHECK_TEXT(change->features_added[0], "reference-types");
        CHECK_TEXT(change->features_removed[0], "sign-ext");
        CHECK_TEXT(change->features_removed[1], "of-the-future");
    }
    CHECK(change->has_bytes && change->bytes == -10 && !change->has_gzip);
    CHECK_TEXT(change->history, "rustc 1.82 turns it on by default: reference-types");
    CHECK_TEXT(findings[0].since, "new since the last deployment (rustc 1.81 to 1.82)");
    CHECK(!findings[1].since && !findings[2].since);
    earlier.bytes = 0;
    compat_since(&arena, &earlier, &shipment, NULL, &verdict);
    CHECK(!verdict.change.has_bytes && !verdict.change.history);
    CHECK_TEXT(findings[0].since, "new since the last deployment");
    arena_free(&arena);
}

void test_since(void)
{
    test_tool_changes();
    test_version_order();
    test_toolchains();
    test_comparison();
}
