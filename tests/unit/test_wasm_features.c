#include "pkg/wasm/wasm.h"

#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

/* A trigger of features.json: all features of the module, then the one that is looked at: why,
   what, how often. ^ stands where its first use is. */
static const struct row {
    const char *text, *features, *feature, *what;
    enum wasm_reason reason;
    uint64_t count;
} rows[] = {
    /* mvp */
    {"", "", NULL, NULL, 0, 0},
    {WASM_BODY("41 00 28 02 00 1a"), "", NULL, NULL, 0, 0},
    {"04{01 70 00 01}", "", NULL, NULL, 0, 0},
    {"06{01 7f 01 41 00 0b}", "", NULL, NULL, 0, 0},
    /* mutable-globals */
    {"02{01 'm' 'g' ^03 7f 01}", "mutable-globals", "mutable-globals", "import of a mutable global",
     WASM_BY_FLAG, 1},
    {"06{01 7f 01 41 00 0b} 07{02 'a' ^03 00 'b' 03 00}", "mutable-globals", "mutable-globals",
     "export of a mutable global", WASM_BY_FLAG, 2},
    {"02{01 'm' 'g' 03 7f 00} 07{01 'a' 03 00}", "", NULL, NULL, 0, 0},
    /* sign-ext */
    {WASM_BODY("41 01 ^c0 c1 1a 42 01 c2 c3 c4 1a"), "sign-ext", "sign-ext", "i32.extend8_s",
     WASM_BY_INSTRUCTION, 5},
    /* nontrapping-fptoint */
    {WASM_BODY("43 00 00 00 00 ^fc 00 1a"), "nontrapping-fptoint", "nontrapping-fptoint",
     "i32.trunc_sat_f32_s", WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("43 00 00 00 00 ^fc 87 80 00 1a"), "nontrapping-fptoint", "nontrapping-fptoint",
     "i64.trunc_sat_f64_u", WASM_BY_INSTRUCTION, 1},
    /* multivalue */
    {"01{01 ^60 00 02 7f 7f}", "multivalue", "multivalue", "function type with several results",
     WASM_BY_TYPE, 1},
    {WASM_BODY("^02 00 0b"), "multivalue", "multivalue", "block with a type index",
     WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("02 40 0b"), "", NULL, NULL, 0, 0},
    {WASM_BODY("02 7f 41 00 0b 1a"), "", NULL, NULL, 0, 0},
    /* bulk-memory-opt, bulk-memory */
    {WASM_BODY("^fc 0a 00 00"), "bulk-memory-opt", "bulk-memory-opt", "memory.copy",
     WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("^fc 0b 00"), "bulk-memory-opt", "bulk-memory-opt", "memory.fill",
     WASM_BY_INSTRUCTION, 1},
    {"^0c{00}", "bulk-memory", "bulk-memory", "data count section", WASM_BY_SECTION, 1},
    {"0b{01 ^01 'x'}", "bulk-memory", "bulk-memory", "passive data segment", WASM_BY_FLAG, 1},
    {"0b{01 ^02 00 41 00 0b 'x'}", "bulk-memory", "bulk-memory", "data segment with a memory index",
     WASM_BY_FLAG, 1},
    {"09{01 ^01 00 00}", "bulk-memory", "bulk-memory", "passive element segment", WASM_BY_FLAG, 1},
    {"09{01 ^03 00 00}", "bulk-memory", "bulk-memory", "declarative element segment", WASM_BY_FLAG,
     1},
    {"01{01 60 00 00} 03{01 00} 0c{01} 0a{01 {00 fc 08 00 00 fc 09 00 0b}} 0b{01 01 'x'}",
     "bulk-memory", "bulk-memory", "memory.init", WASM_BY_INSTRUCTION, 4},
    {WASM_BODY("^fc 0c 00 00 fc 0d 00 fc 0e 00 00"), "bulk-memory", "bulk-memory", "table.init",
     WASM_BY_INSTRUCTION, 3},
    /* call-indirect-overlong */
    {WASM_BODY("41 00 ^11 00 80 80 80 80 00"), "call-indirect-overlong", "call-indirect-overlong",
     "call_indirect", WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("41 00 ^11 00 01"), "call-indirect-overlong", "call-indirect-overlong",
     "call_indirect", WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("41 00 11 00 00"), "", NULL, NULL, 0, 0},
    /* reference-types */
    {"01{01 60 01 ^6f 00}", "reference-types", "reference-types", "externref", WASM_BY_TYPE, 1},
    {"01{01 60 00 01 ^70}", "reference-types", "reference-types", "funcref", WASM_BY_TYPE, 1},
    {"04{01 ^6f 00 00}", "reference-types", "reference-types", "externref", WASM_BY_TYPE, 1},
    {"04{02 70 00 00 ^70 00 00}", "reference-types", "reference-types", "second table",
     WASM_BY_FLAG, 1},
    {"02{01 'm' 't' 01 70 00 00} 04{01 ^70 00 00}", "reference-types", "reference-types",
     "second table", WASM_BY_FLAG, 1},
    {WASM_BODY("^1c 01 7f"), "reference-types", "reference-types", "select", WASM_BY_INSTRUCTION,
     1},
    {WASM_BODY("^25 00 26 00 d1 d2 00 fc 0f 00 fc 10 00 fc 11 00"), "reference-types",
     "reference-types", "table.get", WASM_BY_INSTRUCTION, 7},
    {WASM_BODY("^d0 6f 1a"), "reference-types", "reference-types", "ref.null", WASM_BY_INSTRUCTION,
     2},
    {"01{01 60 00 00} 03{01 00} 0a{01 {01 01 ^70 0b}}", "reference-types", "reference-types",
     "funcref", WASM_BY_TYPE, 1},
    {"09{01 ^02 00 41 00 0b 00 00}", "reference-types", "reference-types",
     "element segment with a table index", WASM_BY_FLAG, 1},
    {"09{01 ^04 41 00 0b 00}", "reference-types", "reference-types",
     "element segment of expressions", WASM_BY_FLAG, 1},
    {"09{01 ^05 70 00}", "bulk-memory reference-types", "reference-types",
     "element segment of expressions", WASM_BY_FLAG, 2},
    {"09{01 ^07 70 00}", "bulk-memory reference-types", "bulk-memory",
     "declarative element segment", WASM_BY_FLAG, 1},
    {"09{01 ^06 00 41 00 0b 70 00}", "reference-types", "reference-types",
     "element segment of expressions", WASM_BY_FLAG, 2},
    /* simd128, relaxed-simd, fp16 */
    {"01{01 60 01 ^7b 00}", "simd128", "simd128", "v128", WASM_BY_TYPE, 1},
    {"01{01 60 00 00} 03{01 00} 0a{01 {01 02 ^7b 0b}}", "simd128", "simd128", "v128", WASM_BY_TYPE,
     1},
    {WASM_BODY("^fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 1a"), "simd128", "simd128",
     "v128.const", WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("^fd 00 04 00 fd 54 00 00 0f fd ff 01"), "simd128", "simd128", "v128.load",
     WASM_BY_INSTRUCTION, 3},
    {"06{01 ^7b 00 fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0b}", "simd128", "simd128",
     "v128", WASM_BY_TYPE, 2},
    {WASM_BODY("^fd 80 02 fd 93 02"), "relaxed-simd", "relaxed-simd", "i8x16.relaxed_swizzle",
     WASM_BY_INSTRUCTION, 2},
    {WASM_BODY("^fd a0 02 fd cf 02 fc 30 01 00"), "fp16", "fp16", "f16x8.splat",
     WASM_BY_INSTRUCTION, 3},
    /* tail-call */
    {WASM_BODY("^12 00 13 00 00"), "tail-call", "tail-call", "return_call", WASM_BY_INSTRUCTION, 2},
    {WASM_BODY("^15 00"), "tail-call typed-function-references", "tail-call", "return_call_ref",
     WASM_BY_INSTRUCTION, 1},
    /* extended-const */
    {"06{01 7f 00 41 01 41 02 ^6a 0b}", "extended-const", "extended-const", "i32.add",
     WASM_BY_INSTRUCTION, 1},
    {"06{01 7e 00 42 01 42 02 ^7e 0b}", "extended-const", "extended-const", "i64.mul",
     WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("41 01 41 02 6a 1a"), "", NULL, NULL, 0, 0},
    /* atomics: shared memory and instructions are told apart */
    {"05{01 ^03 01 02}", "atomics", "atomics", "memory limits flag: shared", WASM_BY_FLAG, 1},
    {"02{01 'm' 'm' 02 ^03 01 02}", "atomics", "atomics", "memory limits flag: shared",
     WASM_BY_FLAG, 1},
    {WASM_BODY("^fe 1e 02 00 fe 03 00 fe 4e 02 00"), "atomics", "atomics", "i32.atomic.rmw.add",
     WASM_BY_INSTRUCTION, 3},
    /* exceptions */
    {"01{01 60 00 00} 0d{01 ^00 00}", "exception-handling", "exception-handling", "tag",
     WASM_BY_SECTION, 1},
    {"^0d{00}", "exception-handling", "exception-handling", "tag section", WASM_BY_SECTION, 1},
    {"01{01 60 00 00} 02{01 'm' 't' 04 ^00 00}", "exception-handling", "exception-handling",
     "import of a tag", WASM_BY_IMPORT, 1},
    {"07{01 't' ^04 00}", "exception-handling", "exception-handling", "export of a tag",
     WASM_BY_FLAG, 1},
    {WASM_BODY("^08 00"), "exception-handling", "exception-handling", "throw", WASM_BY_INSTRUCTION,
     1},
    {WASM_BODY("^06 40 07 00 19 09 00 0b"), "exception-handling exception-handling-legacy",
     "exception-handling-legacy", "try", WASM_BY_INSTRUCTION, 4},
    {WASM_BODY("^06 40 18 00"), "exception-handling exception-handling-legacy",
     "exception-handling", "try", WASM_BY_INSTRUCTION, 2},
    {WASM_BODY("^1f 40 04 00 00 00 01 00 00 02 00 03 00 0b"), "exception-handling exnref", "exnref",
     "try_table", WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("^0a"), "exception-handling exnref", "exnref", "throw_ref", WASM_BY_INSTRUCTION, 1},
    {"01{01 60 01 ^69 00}", "exception-handling exnref", "exnref", "exnref", WASM_BY_TYPE, 1},
    {"01{01 60 01 63 ^74 00}", "exception-handling exnref typed-function-references", "exnref",
     "nullexnref", WASM_BY_TYPE, 1},
    /* multimemory */
    {"05{02 00 00 ^00 00}", "multimemory", "multimemory", "second memory", WASM_BY_FLAG, 1},
    {"02{01 'm' 'm' 02 00 00} 05{01 ^00 00}", "multimemory", "multimemory", "second memory",
     WASM_BY_FLAG, 1},
    {WASM_BODY("41 00 ^28 42 00 00 1a"), "multimemory", "multimemory",
     "memory index in a memory access", WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("^3f 01 1a"), "multimemory", "multimemory", "memory.size", WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("^3f 80 00 1a"), "multimemory", "multimemory", "memory.size", WASM_BY_INSTRUCTION,
     1},
    {WASM_BODY("41 00 ^40 01 1a"), "multimemory", "multimemory", "memory.grow", WASM_BY_INSTRUCTION,
     1},
    {WASM_BODY("^fc 0a 01 00"), "bulk-memory-opt multimemory", "multimemory", "memory.copy",
     WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("^fc 0b 01"), "bulk-memory-opt multimemory", "multimemory", "memory.fill",
     WASM_BY_INSTRUCTION, 1},
    {"0b{01 ^02 01 41 00 0b 'x'}", "multimemory", "multimemory", "data segment with a memory index",
     WASM_BY_FLAG, 1},
    /* memory64, table64, custom-page-sizes */
    {"05{01 ^04 01}", "memory64", "memory64", "memory limits flag: 64-bit", WASM_BY_FLAG, 1},
    {"05{01 ^05 01 ff ff ff ff ff ff ff ff ff 01}", "memory64", "memory64",
     "memory limits flag: 64-bit", WASM_BY_FLAG, 1},
    {"04{01 70 ^04 01}", "table64", "table64", "table limits flag: 64-bit", WASM_BY_FLAG, 1},
    {"05{01 ^08 01 00}", "custom-page-sizes", "custom-page-sizes", "memory limits flag: page size",
     WASM_BY_FLAG, 1},
    /* typed-function-references */
    {"01{01 60 01 ^64 00 00}", "typed-function-references", "typed-function-references", "ref type",
     WASM_BY_TYPE, 2},
    {"01{01 60 01 ^63 70 00}", "typed-function-references", "typed-function-references",
     "ref null type", WASM_BY_TYPE, 1},
    {WASM_BODY("d0 ^00"), "reference-types typed-function-references", "typed-function-references",
     "reference to a type", WASM_BY_TYPE, 1},
    {WASM_BODY("^14 00 d4 d5 00 d6 00"), "typed-function-references", "typed-function-references",
     "call_ref", WASM_BY_INSTRUCTION, 4},
    {"04{01 ^40 00 70 00 00 41 00 0b}", "typed-function-references", "typed-function-references",
     "table with an initial value", WASM_BY_FLAG, 1},
    /* gc */
    {"01{01 ^5f 00}", "gc", "gc", "struct type", WASM_BY_TYPE, 1},
    {"01{01 ^5f 02 78 00 77 01}", "gc", "gc", "struct type", WASM_BY_TYPE, 3},
    {"01{01 ^5e 7f 01}", "gc", "gc", "array type", WASM_BY_TYPE, 1},
    {"01{01 ^4e 01 60 00 00}", "gc", "gc", "recursive type group", WASM_BY_TYPE, 1},
    {"01{01 ^50 00 60 00 00}", "gc", "gc", "sub type", WASM_BY_TYPE, 1},
    {"01{01 ^4f 01 00 60 00 00}", "gc", "gc", "sub final type", WASM_BY_TYPE, 1},
    {"01{01 60 01 ^6e 00}", "gc", "gc", "anyref", WASM_BY_TYPE, 1},
    {"01{01 60 08 ^6d 6c 6b 6a 71 72 73 6e 00}", "gc", "gc", "eqref", WASM_BY_TYPE, 8},
    {WASM_BODY("^fb 00 00 fb 02 00 00 fb 08 00 01 fb 1e d3"), "gc", "gc", "struct.new",
     WASM_BY_INSTRUCTION, 5},
    {WASM_BODY("^fb 18 03 00 6e 6b"), "gc", "gc", "br_on_cast", WASM_BY_INSTRUCTION, 3},
    {"02{01 'm' 'g' 03 7f 00} 06{02 7f 00 23 00 0b 7f 00 ^23 01 0b}", "gc", "gc",
     "global.get of a defined global in a constant", WASM_BY_INSTRUCTION, 1},
    /* proposals */
    {WASM_BODY("^fc 13 fc 14 fc 15 fc 16"), "wide-arithmetic", "wide-arithmetic", "i64.add128",
     WASM_BY_INSTRUCTION, 4},
    {"01{01 4e 02 ^4d 01 5f 00 4c 00 5f 00}", "gc custom-descriptors", "custom-descriptors",
     "descriptor clause", WASM_BY_TYPE, 2},
    {"01{01 60 01 64 ^62 00 00}", "typed-function-references custom-descriptors",
     "custom-descriptors", "exact reference type", WASM_BY_TYPE, 1},
    {"01{01 60 00 00} 02{01 'm' 'f' ^20 00}", "custom-descriptors", "custom-descriptors",
     "import of an exact function", WASM_BY_IMPORT, 1},
    {WASM_BODY("^fb 20 00"), "custom-descriptors", "custom-descriptors", "struct.new_desc",
     WASM_BY_INSTRUCTION, 1},
    {"01{02 60 00 00 ^5d 00}", "stack-switching", "stack-switching", "continuation type",
     WASM_BY_TYPE, 1},
    {"01{01 60 01 ^68 00}", "stack-switching", "stack-switching", "contref", WASM_BY_TYPE, 1},
    {WASM_BODY("^e0 00 e1 00 00 e2 00 e3 00 02 00 00 00 01 00 e4 00 00 00 e5 00 00 e6 00 00"),
     "stack-switching", "stack-switching", "cont.new", WASM_BY_INSTRUCTION, 7},
    {"01{01 60 00 01 7f} 0d{01 ^00 00}", "exception-handling stack-switching", "stack-switching",
     "tag with results", WASM_BY_TYPE, 1},
    {"01{01 ^65 5f 00}", "gc shared-everything-threads", "shared-everything-threads", "shared type",
     WASM_BY_TYPE, 1},
    {"06{01 7f ^02 41 00 0b}", "shared-everything-threads", "shared-everything-threads",
     "global flag: shared", WASM_BY_FLAG, 1},
    {"04{01 70 ^03 00 00}", "shared-everything-threads", "shared-everything-threads",
     "table limits flag: shared", WASM_BY_FLAG, 1},
    {WASM_BODY("^fe 4f 00 00 fe 5c 01 00 00 fe 72"), "shared-everything-threads",
     "shared-everything-threads", "global.atomic.get", WASM_BY_INSTRUCTION, 3},
    {WASM_BODY("^fe 03 01"), "atomics shared-everything-threads", "shared-everything-threads",
     "fence with an ordering", WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("41 00 ^fe 10 12 01 00 1a"), "atomics shared-everything-threads",
     "shared-everything-threads", "memory access with an ordering", WASM_BY_INSTRUCTION, 1},
    {WASM_BODY("^fc 12 00"), "memory-control", "memory-control", "memory.discard",
     WASM_BY_INSTRUCTION, 1},
    {"^0e{00 01 'hello'}", "strings", "strings", "strings section", WASM_BY_SECTION, 1},
    {"01{01 60 01 ^67 00}", "strings", "strings", "stringref", WASM_BY_TYPE, 1},
    {WASM_BODY("^fb 82 01 00 fb 85 01"), "strings", "strings", "string.const", WASM_BY_INSTRUCTION,
     2},
    {"01{01 60 00 00} 02{01 'm' '' ^7f 02 'a' 00 00 'b' 02 00 00}", "compact-imports",
     "compact-imports", "compact import entry", WASM_BY_IMPORT, 1},
    {"01{01 60 00 00} 02{01 'm' '' ^7e 00 00 02 'a' 'b'}", "compact-imports", "compact-imports",
     "compact import entry", WASM_BY_IMPORT, 1},
    {"00{'metadata.code.branch_hint' ^00}", "branch-hinting", "branch-hinting",
     "metadata.code.branch_hint section", WASM_BY_SECTION, 1},
    {"01{01 60 00 00} 02{01 'wasm:js-string' 'length' 00 00}", "js-string-builtins",
     "js-string-builtins", "import of a string builtin", WASM_BY_IMPORT, 1},
    {"02{01 01 27 'hello' 03 6f 00}", "reference-types js-string-builtins", "js-string-builtins",
     "import of a string builtin", WASM_BY_IMPORT, 1},
};

static const struct wasm_use *find_use(const struct wasm_info *info, enum wasm_feature feature)
{
    for (size_t i = 0; i < info->use_count; i++)
        if (info->uses[i].feature == feature)
            return &info->uses[i];
    return NULL;
}

static void check_use(const struct row *row, const struct wasm_info *info, size_t mark)
{
    const struct wasm_use *use = find_use(info, wasm_feature_find(row->feature));
    if (!CHECK(use != NULL))
        return;
    CHECK(use->reason == row->reason);
    CHECK_TEXT(use->instruction, row->what);
    CHECK(use->count == row->count);
    CHECK(mark == SIZE_MAX || use->offset == mark);
}

static void check_row(const struct row *row)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    struct wasm_text module = wasm_text(&arena, row->text);
    unsigned failed = unit_failed;
    if (CHECK(wasm_scan(&arena, module.bytes, WASM_FACTS, &info, &error) == 0)) {
        CHECK_TEXT(wasm_feature_words(&arena, &info), row->features);
        if (row->feature)
            check_use(row, &info, module.mark);
    }
    if (unit_failed > failed)
        fprintf(stderr, "  in %s: %s\n", row->text, error.message);
    arena_free(&arena);
}

void test_wasm_features(void)
{
    bool seen[WASM_FEATURE_COUNT] = {false};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_row(&rows[i]);
        if (rows[i].feature)
            seen[wasm_feature_find(rows[i].feature)] = true;
    }
    /* Components have their own tests. */
    for (unsigned i = 0; i < WASM_FEATURE_COMPONENT_MODEL; i++)
        if (!CHECK(seen[i]))
            fprintf(stderr, "  no row for %s\n", wasm_features[i].id);
}
