/* Why a module has a feature, and what to type to build it without: what cures.def says, by
   toolchain, version and crate. */
#include "pkg/compat/check.h"

#include "pkg/base/arena.h"
#include "pkg/compat/rules.h"
#include "tests/unit/unit.h"

/* A profile that knows of no feature: each one is a finding. */
static const char profile_text[] =
    "{\"name\":\"x\",\"title\":\"X\",\"as_of\":\"2026-01-01\",\"sources\":[],\"glue\":\"none\","
    "\"features\":{},\"options\":{},\"credentials\":{},\"endpoints\":{}}";

static bool judge(struct arena *arena, const struct wasm_info *info, struct finding *out)
{
    struct profile profile;
    struct error error = {0};
    struct verdict verdict;
    struct shipped_module module = {.path = "a", .info = info};
    struct shipment shipment = {.target = "t", .modules = &module, .module_count = 1};
    if (!CHECK(profile_parse(arena, profile_text, "x", NULL, &profile, &error) == 0))
        return false;
    compat_check(arena, &profile, &shipment, NULL, &verdict);
    if (!CHECK(verdict.finding_count == 1))
        return false;
    *out = verdict.findings[0];
    return true;
}

/* A module with that feature by that tool; `tool` NULL: it does not say. */
static struct wasm_info make_info(struct wasm_use *use, struct wasm_producer *producer,
                                  enum wasm_feature feature, const char *tool, const char *version)
{
    *producer = (struct wasm_producer){"processed-by", tool, version};
    *use = (struct wasm_use){.feature = feature,
                             .reason = WASM_BY_INSTRUCTION,
                             .count = 1,
                             .offset = 41,
                             .function = 3,
                             .instruction = "v128.load"};
    return (struct wasm_info){.features = wasm_feature_bit(feature),
                              .uses = use,
                              .use_count = 1,
                              .producers = producer,
                              .producer_count = tool ? 1 : 0};
}

static void test_switches(void)
{
    static const struct {
        enum wasm_feature feature;
        const char *tool, *version, *compiler, *lowering;
    } rows[] = {
        {WASM_FEATURE_SIGN_EXT, "rustc", "1.69.0", "rustc: -C target-feature=-sign-ext",
         "--signext-lowering"},
        {WASM_FEATURE_SIGN_EXT, "rustc", "1.70.0 (90c541806 2023-05-31)",
         "rustc: -C target-feature=-sign-ext with cargo -Z build-std", "--signext-lowering"},
        {WASM_FEATURE_BULK_MEMORY_OPT, "rustc", "1.86.0", "rustc: -C target-feature=-bulk-memory",
         "--llvm-memory-copy-fill-lowering"},
        {WASM_FEATURE_BULK_MEMORY_OPT, "rustc", NULL,
         "rustc: -C target-cpu=mvp with cargo -Z build-std (-bulk-memory alone leaves memory.copy)",
         "--llvm-memory-copy-fill-lowering"},
        {WASM_FEATURE_BULK_MEMORY_OPT, "Debian clang", "19.1.7",
         "clang: -mno-bulk-memory in libraries that are linked in too",
         "--llvm-memory-copy-fill-lowering"},
        {WASM_FEATURE_BULK_MEMORY_OPT, "clang", "20.1.2",
         "clang: -mno-bulk-memory -mno-bulk-memory-opt in libraries that are linked in too",
         "--llvm-memory-copy-fill-lowering"},
        {WASM_FEATURE_WIDE_ARITHMETIC, "clang", "19.1.7", NULL, NULL},
        {WASM_FEATURE_SIMD128, NULL, NULL,
         "rustc: -C target-feature=-simd128 (in RUSTFLAGS, .cargo/config.toml); clang: "
         "-mno-simd128",
         NULL},
        {WASM_FEATURE_SIGN_EXT, "Go cmd/compile", "go1.26.8",
         "go: no switch: GOWASM's signext and satconv are always on", "--signext-lowering"},
        {WASM_FEATURE_EXCEPTION_HANDLING_LEGACY, "clang", "22.1.0",
         "clang: -mllvm -wasm-use-legacy-eh=false for the standard encoding, or -fno-exceptions",
         "--translate-to-exnref"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct wasm_use use;
        struct wasm_producer producer;
        struct finding finding;
        struct wasm_info info =
            make_info(&use, &producer, rows[i].feature, rows[i].tool, rows[i].version);
        if (judge(&arena, &info, &finding)) {
            CHECK_TEXT(finding.cure.compiler, rows[i].compiler);
            CHECK_TEXT(finding.cure.lowering, rows[i].lowering);
            CHECK(!finding.cure.compiler == !finding.cure.source);
        }
        arena_free(&arena);
    }
}

/* Told by the code where producers are gone; a driver's switches stand for its clang's. */
static void test_other_toolchains(void)
{
    struct arena arena = {0};
    struct wasm_use use;
    struct wasm_producer producer;
    struct finding finding;
    struct wasm_import imports[] = {{"env", "emscripten_memcpy_js", "()->()", WASM_FUNC, 20},
                                    {"js_code", "kotlin.createJsError", "()->()", WASM_FUNC, 30}};
    struct wasm_info info = make_info(&use, &producer, WASM_FEATURE_SIGN_EXT, "clang", "19.1.7");
    info.imports = imports;
    info.import_count = 1;
    if (judge(&arena, &info, &finding))
        CHECK_TEXT(finding.cure.compiler,
                   "emscripten: -mno-sign-ext when compiling and when linking");
    info = make_info(&use, &producer, WASM_FEATURE_EXCEPTION_HANDLING_LEGACY, NULL, NULL);
    info.imports = imports + 1;
    info.import_count = 1;
    if (judge(&arena, &info, &finding)) {
        CHECK_TEXT(finding.cure.compiler,
                   "kotlin: -Xwasm-use-new-exception-proposal for the standard encoding");
        CHECK_TEXT(finding.cure.source, "kotlinc-wasm -X options; Kotlin 2.0.20, What's new (tried "
                                        "on 2026-11-22: kotlin 2.2.21)");
    }
    arena_free(&arena);
}

static void test_crates(void)
{
    static const char *some[] = {"+sign-ext"}, *told[] = {"+sign-ext", "+simd128"};
    static const struct {
        const char *crate;
        const char **declared;
        size_t declared_count;
        const char *other;
    } rows[] = {
        {"memchr", NULL, 0,
         "crate memchr before 2.7.2 has SIMD code in every build, later ones only with +simd128: "
         "cargo update -p memchr"},
        {"mine", some, 1,
         "crate 'mine' uses #[target_feature(enable = \"simd128\")]: see its Cargo features"},
        {"mine", told, 2, NULL}, /* the switch is to blame, not the crate */
        {"mine", NULL, 0,
         "if the compiler was not told, crate 'mine' uses #[target_feature(enable = \"simd128\")]: "
         "see its Cargo features"},
        {"core", some, 1, NULL},
        {NULL, some, 1, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct wasm_info info = {.declared_features = rows[i].declared,
                                 .declared_feature_count = rows[i].declared_count};
        struct profile profile = {0};
        struct cure cure =
            cure_feature(&arena, &profile, &info, WASM_FEATURE_SIMD128, rows[i].crate);
        CHECK_TEXT(cure.other, rows[i].other);
        arena_free(&arena);
    }
}

static void test_causes(void)
{
    struct arena arena = {0};
    struct wasm_producer producer;
    struct wasm_use use;
    const char *declared[] = {"+sign-ext"};
    struct wasm_section sections[] = {{.name = "import", .offset = 20, .size = 30},
                                      {.name = "target_features", .custom = true}};
    struct wasm_import imports[] = {{"env", "a", "i32", WASM_GLOBAL, 22},
                                    {"env", "b", "mut i32", WASM_GLOBAL, 30}};
    struct wasm_info info = make_info(&use, &producer, WASM_FEATURE_SIGN_EXT, "rustc", "1.70.0");
    CHECK_TEXT(cure_cause(&arena, &info, &use, NULL),
               "used once: v128.load; rustc 1.70 and later turn it on by default");
    use = (struct wasm_use){.feature = WASM_FEATURE_SIMD128,
                            .count = 112,
                            .functions = 9,
                            .function_bytes = 14336,
                            .instruction = "v128.load"};
    info.sections = sections;
    info.section_count = 2;
    CHECK_TEXT(cure_cause(&arena, &info, &use, "memchr::find"),
               "used 112 times in 9 functions (14 KB of code), first in memchr::find: v128.load");
    info.declared_features = declared;
    info.declared_feature_count = 1;
    use.count = use.functions = 1;
    use.function_bytes = 200;
    CHECK_TEXT(cure_cause(&arena, &info, &use, "find"),
               "used once in find (200 bytes of code): v128.load; the compiler was not told to: a "
               "function enables it");
    info.declared_feature_count = 0;
    info.section_count = 1;
    CHECK(strstr(cure_cause(&arena, &info, &use, NULL), "strip = true") != NULL);
    use = (struct wasm_use){.feature = WASM_FEATURE_MUTABLE_GLOBALS,
                            .reason = WASM_BY_FLAG,
                            .count = 1,
                            .offset = 35,
                            .function = WASM_NO_FUNCTION,
                            .instruction = "import of a mutable global"};
    info.producer_count = 0;
    info.imports = imports;
    info.import_count = 2;
    CHECK_TEXT(cure_cause(&arena, &info, &use, NULL),
               "used once: import of a mutable global, import 'env.b'");
    use.offset = 51; /* behind the imports */
    CHECK_TEXT(cure_cause(&arena, &info, &use, NULL), "used once: import of a mutable global");
    arena_free(&arena);
}

void test_cures(void)
{
    test_switches();
    test_other_toolchains();
    test_crates();
    test_causes();
}
