#include "pkg/wasm/wasm.h"

#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

/* Two functions, of which one is imported, a memory and an export. */
#define ADD                                                                                        \
    "01{02 60 02 7f 7f 01 7f 60 01 7f 00} 02{01 'm' 'f' 00 01} 03{01 00} 05{01 01 01 02}"          \
    "07{02 'add' 00 01 'memory' 02 00} 0a{01 {00 20 00 20 01 6a 0b}}"

static bool scan(struct arena *arena, const char *text, struct wasm_info *info)
{
    struct error error = {0};
    if (CHECK(wasm_scan(arena, wasm_text(arena, text).bytes, WASM_FACTS, info, &error) == 0))
        return true;
    fprintf(stderr, "  in %s: %s\n", text, error.message);
    return false;
}

static void lists_what_a_module_is(void)
{
    struct arena arena = {0};
    struct wasm_info info;
    if (scan(&arena, ADD, &info)) {
        CHECK(info.kind == WASM_CORE && info.component == NULL);
        CHECK(info.features == 0 && info.use_count == 0);
        CHECK_TEXT(info.spec, "1.0");
        CHECK(info.import_count == 1 && info.export_count == 2);
        CHECK_TEXT(info.imports[0].module, "m");
        CHECK_TEXT(info.imports[0].name, "f");
        CHECK_TEXT(info.imports[0].type, "(i32)->()");
        CHECK(info.imports[0].kind == WASM_FUNC);
        CHECK_TEXT(info.exports[0].type, "(i32,i32)->(i32)");
        CHECK(wasm_find_export(&info, "add") == &info.exports[0]);
        CHECK(wasm_find_export(&info, "ad") == NULL);
        CHECK(info.exports[1].kind == WASM_MEMORY);
        CHECK(info.function_count == 2 && info.type_count == 2 && info.memory_count == 1);
        CHECK(info.memories[0].min_pages == 1 && info.memories[0].max_pages == 2);
        CHECK(info.memories[0].has_max && info.memories[0].page_size == 65536);
        CHECK(info.section_count == 6);
        CHECK_TEXT(info.sections[0].name, "type");
        CHECK(info.sections[0].offset == 10 && info.sections[0].size == 11);
        CHECK(!info.sections[0].custom && !info.has_start);
    }
    arena_free(&arena);
}

/* The type of the first import, as text. */
static void writes_types(void)
{
    static const struct {
        const char *text, *type;
    } rows[] = {
        {"02{01 'm' 'x' 00 07}", "?"},
        {"01{01 60 00 00} 02{01 'm' 'x' 00 00}", "()->()"},
        {"01{01 60 05 7f 7e 7d 7c 7b 02 7f 7f} 02{01 'm' 'x' 00 00}",
         "(i32,i64,f32,f64,v128)->(i32,i32)"},
        {"01{01 5f 00} 02{01 'm' 'x' 00 00}", "?"},
        {"01{01 60 05 6f 70 64 70 63 07 64 62 07 00} 02{01 'm' 'x' 00 00}",
         "(externref,funcref,(ref func),(ref null 7),(ref (exact 7)))->()"},
        {"01{01 60 02 65 6e 64 65 6b 00} 02{01 'm' 'x' 00 00}",
         "((ref null (shared any)),(ref (shared struct)))->()"},
        {"01{01 60 0e 6e 6d 6c 6b 6a 71 72 73 69 74 68 75 67 00} 02{01 'm' 'x' 00 00}", NULL},
        {"01{01 60 0d 6e 6d 6c 6b 6a 71 72 73 69 74 68 75 67 00} 02{01 'm' 'x' 00 00}",
         "(anyref,eqref,i31ref,structref,arrayref,nullref,nullexternref,nullfuncref,exnref,"
         "nullexnref,contref,nullcontref,stringref)->()"},
        {"02{01 'm' 'x' 01 70 00 01}", "funcref 1 -"},
        {"02{01 'm' 'x' 01 70 01 01 0a}", "funcref 1 10"},
        {"02{01 'm' 'x' 01 6f 05 01 0a}", "externref 1 10 i64"},
        {"02{01 'm' 'x' 02 00 01}", "1 -"},
        {"02{01 'm' 'x' 02 03 01 02}", "1 2 shared"},
        {"02{01 'm' 'x' 02 02 01}", "1 - shared"},
        {"02{01 'm' 'x' 02 04 01}", "1 - i64"},
        {"02{01 'm' 'x' 02 08 01 00}", "1 - page 1"},
        {"02{01 'm' 'x' 02 0f 01 02 00}", "1 2 shared i64 page 1"},
        {"02{01 'm' 'x' 03 7f 00}", "i32"},
        {"02{01 'm' 'x' 03 7e 01}", "mut i64"},
        {"02{01 'm' 'x' 03 7e 03}", "shared mut i64"},
        {"01{01 60 01 7f 00} 02{01 'm' 'x' 04 00 00}", "(i32)->()"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        int status =
            wasm_scan(&arena, wasm_text(&arena, rows[i].text).bytes, WASM_FACTS, &info, &error);
        CHECK(status == (rows[i].type ? 0 : -1));
        if (status == 0)
            CHECK_TEXT(info.imports[0].type, rows[i].type);
        arena_free(&arena);
    }
}

/* Functions are named from the name section, else from an export. */
static void names_functions(void)
{
    static const struct {
        const char *text, *name, *crate;
    } rows[] = {
        {WASM_BODY("fc 0b 00"), NULL, NULL},
        {"01{01 60 00 00} 03{01 00} 07{01 'exported' 00 00} 0a{01 {00 fc 0b 00 0b}}", "exported",
         NULL},
        {WASM_BODY("fc 0b 00") "00{'name' 00 {'module'} 01 {02 00 'fill' 01 'other'}}", "fill",
         NULL},
        {WASM_BODY("fc 0b 00") "00{'name' 01 {01 01 'other'}}", NULL, NULL},
        {"01{01 60 00 00} 03{01 00} 07{01 'exported' 00 00} 0a{01 {00 fc 0b 00 0b}}"
         "00{'name' 01 {01 00 'named'}}",
         "named", NULL},
        /* hostile: an escape sequence and an invalid byte */
        {WASM_BODY("fc 0b 00") "00{'name' 01 {01 00 04 1b 5b 6d ff}}", "\\u{1b}[m\\u{ff}", NULL},
        {WASM_BODY("fc 0b 00") "00{'name' 01 {01 00 '_RNvC1a1f'}}", "a::f", "a"},
        {WASM_BODY("fc 0b 00") "00{'name' 01 {01 00 '_Z1fv'}}", "f()", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct wasm_info info;
        if (scan(&arena, rows[i].text, &info) && CHECK(info.use_count == 1)) {
            CHECK(info.uses[0].function == 0);
            CHECK_TEXT(info.uses[0].function_name, rows[i].name);
            CHECK_TEXT(info.uses[0].crate, rows[i].crate);
            CHECK_TEXT(info.largest[WASM_FUNCTION_BYTES].crate, rows[i].crate);
        }
        arena_free(&arena);
    }
}

static void tells_the_first_function(void)
{
    struct arena arena = {0};
    struct wasm_info info;
    if (scan(&arena,
             "01{01 60 00 00} 02{01 'm' 'f' 00 00} 03{03 00 00 00}"
             "0a{03 {00 0b} {00 fc 0b 00 0b} {00 fc 0b 00 c0 0b}}",
             &info) &&
        CHECK(info.use_count == 2)) {
        CHECK(info.uses[0].feature == WASM_FEATURE_SIGN_EXT);
        CHECK(info.uses[0].function == 3 && info.uses[0].count == 1);
        CHECK(info.uses[1].feature == WASM_FEATURE_BULK_MEMORY_OPT);
        CHECK(info.uses[1].function == 2 && info.uses[1].count == 2);
        CHECK(wasm_uses(&info, WASM_FEATURE_SIGN_EXT) && !wasm_uses(&info, WASM_FEATURE_GC));
    }
    arena_free(&arena);
}

/* Both ways of looking count the same, over the quick walks too (bodies of more than their margin)
   and for a type that shows in a body. */
static void counts_functions(void)
{
    static const char text[] =
        "01{01 60 00 00} 02{01 'm' 'f' 00 00} 03{04 00 00 00 00}"
        "0a{04 {00 0b} {00 41 00 c0 c0 c0 1a 41 00 c1 1a 41 00 41 00 6a 1a 41 00 41 00 6a 1a 0b}"
        " {01 01 7b 0b} {00 41 00 c0 1a 41 00 41 00 6a 1a 41 00 41 00 6a 1a 42 00 c4 a7 1a 0b}}";
    for (enum wasm_depth depth = WASM_FACTS; depth <= WASM_VALIDATION; depth++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        if (CHECK(wasm_scan(&arena, wasm_text(&arena, text).bytes, depth, &info, &error) == 0) &&
            CHECK(info.use_count == 2)) {
            CHECK(info.uses[0].feature == WASM_FEATURE_SIGN_EXT && info.uses[0].count == 6);
            CHECK(info.uses[0].functions == 2 && info.uses[0].function_bytes == 25 + 24);
            CHECK(info.uses[1].feature == WASM_FEATURE_SIMD128 && info.uses[1].count == 1);
            CHECK(info.uses[1].functions == 1 && info.uses[1].function_bytes == 5);
        }
        arena_free(&arena);
    }
}

static void tells_the_level(void)
{
    static const struct {
        const char *text, *spec;
    } rows[] = {
        {"", "1.0"},
        {"02{01 'm' 'g' 03 7f 01}", "1.0"},
        {WASM_BODY("c0"), "2.0"},
        {"01{01 5f 00}", "3.0"},
        {WASM_BODY("c0 0a"), "3.0"},
        {WASM_BODY("06 40 0b"), "proposal"},
        {"05{01 03 01 01}", "proposal"},
        {WASM_BODY("fc 13"), "proposal"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct wasm_info info;
        if (scan(&arena, rows[i].text, &info))
            CHECK_TEXT(info.spec, rows[i].spec);
        arena_free(&arena);
    }
}

static void reads_custom_sections(void)
{
    struct arena arena = {0};
    struct wasm_info info;
    if (scan(&arena,
             "00{'producers' 02 'language' 01 'Rust' '' 'processed-by' 02 'rustc' '1.95.0' 'wasm'"
             " '1'} 00{'target_features' 02 2b 'simd128' 2d 'atomics'}",
             &info)) {
        CHECK(info.producer_count == 3 && info.section_count == 2);
        CHECK_TEXT(info.producers[0].field, "language");
        CHECK_TEXT(info.producers[0].name, "Rust");
        CHECK_TEXT(info.producers[1].version, "1.95.0");
        CHECK_TEXT(info.producers[2].name, "wasm");
        CHECK(info.declared_feature_count == 2 && info.features == 0);
        CHECK_TEXT(info.declared_features[0], "+simd128");
        CHECK_TEXT(info.declared_features[1], "-atomics");
        CHECK(info.sections[1].custom);
        CHECK_TEXT(info.sections[1].name, "target_features");
    }
    arena_free(&arena);
}

static void expands_compact_imports(void)
{
    struct arena arena = {0};
    struct wasm_info info;
    if (scan(&arena,
             "01{01 60 00 00} 02{03 'a' 'x' 00 00 'm' '' 7f 02 'f' 00 00 'g' 03 7f 01"
             " 'n' '' 7e 02 00 01 02 'p' 'q'}",
             &info) &&
        CHECK(info.import_count == 5)) {
        CHECK_TEXT(info.imports[1].module, "m");
        CHECK_TEXT(info.imports[2].name, "g");
        CHECK_TEXT(info.imports[2].type, "mut i32");
        CHECK_TEXT(info.imports[4].name, "q");
        CHECK_TEXT(info.imports[4].type, "1 -");
        CHECK(info.function_count == 2 && info.memory_count == 2 && info.global_count == 1);
        CHECK(info.memories[1].imported);
    }
    arena_free(&arena);
}

static void every_cut_is_an_error(void)
{
    struct arena all = {0};
    struct bytes add = wasm_text(&all, ADD).bytes;
    unsigned whole = 0;
    for (size_t size = 0; size < add.size; size++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        /* A copy, so that the sanitizer sees a read behind it. */
        uint8_t *copy = memcpy(arena_alloc(&arena, size + 1, 1), add.data, size);
        int status = wasm_scan(&arena, (struct bytes){copy, size}, WASM_FACTS, &info, &error);
        whole += status == 0;
        CHECK(status == 0 || error.fault == FAULT_INPUT);
        arena_free(&arena);
    }
    /* Before, between and behind types and imports it is a module; then functions lack code. */
    CHECK(whole == 3);
    arena_free(&all);
}

static bool is_second(const char *name)
{
    return strcmp(name, "second") == 0;
}

static void strips(void)
{
    static const char all[] = "00{'first' 01} 01{01 60 00 00} 00{'second' 02} 00{'name' 01 02}"
                              "00{'target_features' 00} 00{'.debug_info' 00}";
    static const struct {
        bool (*drop)(const char *name);
        const char *left;
    } rows[] = {
        {is_second, "00{'first' 01} 01{01 60 00 00} 00{'name' 01 02} 00{'target_features' 00}"
                    "00{'.debug_info' 00}"},
        {wasm_is_debug_section, "00{'first' 01} 01{01 60 00 00} 00{'second' 02}"},
        {wasm_is_target_features, "00{'first' 01} 01{01 60 00 00} 00{'second' 02}"
                                  "00{'name' 01 02} 00{'.debug_info' 00}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct bytes out;
        if (CHECK(wasm_strip(&arena, wasm_text(&arena, all).bytes, rows[i].drop, &out, &error) ==
                  0))
            CHECK(bytes_equal(out, wasm_text(&arena, rows[i].left).bytes));
        arena_free(&arena);
    }
}

static void strips_only_modules(void)
{
    static const char *const texts[] = {"!", "!00 61 73 6d 0d 00 01 00", "00{05 61}", "01 05 00",
                                        "00{01 ff}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct bytes out;
        CHECK(wasm_strip(&arena, wasm_text(&arena, texts[i]).bytes, is_second, &out, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        arena_free(&arena);
    }
}

void test_wasm(void)
{
    lists_what_a_module_is();
    writes_types();
    names_functions();
    tells_the_first_function();
    counts_functions();
    tells_the_level();
    reads_custom_sections();
    expands_compact_imports();
    every_cut_is_an_error();
    strips();
    strips_only_modules();
}
