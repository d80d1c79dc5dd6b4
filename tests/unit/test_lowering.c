/* What may be lowered unasked, and where a chain of passes ends. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "pkg/process/process.h"
#include "pkg/wasm/lowering.h"
#include "tests/unit/unit.h"

#define BIT(feature) wasm_feature_bit(WASM_FEATURE_##feature)

static const struct {
    enum wasm_feature feature;
    const char *wat, *why;
} rows[] = {
    {WASM_FEATURE_SIGN_EXT, "(func (drop (i32.extend8_s (i32.const 1))))", NULL},
    {WASM_FEATURE_NONTRAPPING_FPTOINT, "(func (drop (i32.trunc_sat_f64_s (f64.const 1))))",
     "it changes what the module does"},
    {WASM_FEATURE_BULK_MEMORY_OPT,
     "(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)))", NULL},
    {WASM_FEATURE_BULK_MEMORY_OPT,
     "(memory 1) (data \"x\") (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)))",
     "it has passive segments, or copies tables"},
    {WASM_FEATURE_BULK_MEMORY_OPT,
     "(memory 1 65536) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)))",
     "its memory may reach 4 GB, in which the pass cannot copy"},
    {WASM_FEATURE_BULK_MEMORY_OPT,
     "(memory i64 1) (func (memory.fill (i64.const 0) (i32.const 0) (i64.const 1)))",
     "it has several memories or 64-bit ones"},
    {WASM_FEATURE_BULK_MEMORY, "(memory 1) (data \"x\")",
     "it has passive segments, or instructions for them"},
    {WASM_FEATURE_EXCEPTION_HANDLING_LEGACY, "(func (try (do) (catch_all)))", NULL},
    {WASM_FEATURE_EXCEPTION_HANDLING, "(tag) (func (throw 0))", "it changes what the module does"},
    {WASM_FEATURE_MULTIMEMORY, "(memory 1) (memory 1)", NULL},
    {WASM_FEATURE_MULTIMEMORY, "(memory (export \"m\") 1) (memory 1)", NULL},
    {WASM_FEATURE_MULTIMEMORY, "(memory 2 2) (memory 1 1)", NULL},
    {WASM_FEATURE_MULTIMEMORY, "(memory 1) (memory (export \"m\") 1)",
     "it exports a memory other than the first"},
    {WASM_FEATURE_MULTIMEMORY, "(import \"e\" \"m\" (memory 1)) (memory 1)", "it imports a memory"},
    {WASM_FEATURE_MULTIMEMORY, "(memory 1) (memory 1 1)",
     "only some of its memories have a maximum"},
    {WASM_FEATURE_MULTIMEMORY, "(memory 1 2) (memory 1 1)",
     "its memories have maxima, which they would no longer have each for itself"},
    {WASM_FEATURE_MULTIMEMORY, "(memory 1) (memory 1) (func (drop (memory.grow 1 (i32.const 1))))",
     NULL},
    {WASM_FEATURE_MULTIMEMORY, "(memory 1) (memory 1) (func (drop (memory.grow 0 (i32.const 1))))",
     "it grows a memory behind which another lies: what is new in it would not be zero"},
    {WASM_FEATURE_MULTIMEMORY, "(memory 1) (memory i64 1)", "its memories are of different kinds"},
    {WASM_FEATURE_MEMORY64, "(memory i64 1) (func (export \"f\") (param i64))", NULL},
    {WASM_FEATURE_MEMORY64, "(memory (export \"m\") i64 1)",
     "it exports a 64-bit memory or table, whose type would change"},
    {WASM_FEATURE_MEMORY64, "(import \"e\" \"m\" (memory i64 1))", "it imports a 64-bit memory"},
    {WASM_FEATURE_MEMORY64, "(memory i64 65536)", "its memory starts with 4 GB or more"},
};

static bool assemble(struct arena *arena, const char *wat, struct bytes *out)
{
    struct error error = {0};
    const char *folder = unit_folder(arena);
    char *source = path_join(arena, folder, "m.wat"), *target = path_join(arena, folder, "m.wasm");
    const char *const argv[] = {"wat2wasm",
                                "--enable-memory64",
                                "--enable-multi-memory",
                                "--enable-exceptions",
                                source,
                                "-o",
                                target,
                                NULL};
    struct process_request request = {.argv = argv};
    struct process_result result;
    if (file_write(source, bytes_of(wat), 0644, &error) != 0 ||
        process_run(arena, unit_world(arena), &request, &result, &error) != 0) {
        unit_skip("wat2wasm is not installed, lowering is not tested");
        return false;
    }
    return CHECK(result.status == 0) &&
           CHECK(file_read(arena, target, LIMIT_MODULE, out, &error) == 0);
}

static void test_objections(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct bytes module = {0};
        struct wasm_info info;
        char *wat = arena_printf(&arena, "(module %s)", rows[i].wat);
        const struct wasm_lowering *row = wasm_lowering_find(rows[i].feature);
        if (CHECK(row != NULL) && assemble(&arena, wat, &module) &&
            CHECK(wasm_scan(&arena, module, WASM_FACTS, &info, &error) == 0) &&
            CHECK(info.features & wasm_feature_bit(rows[i].feature)))
            CHECK_TEXT(wasm_lowering_objection(row, &info), rows[i].why);
        arena_free(&arena);
    }
}

static void test_chains(void)
{
    struct arena arena = {0};
    struct wasm_info info = {.features = BIT(MULTIMEMORY)};
    uint64_t bulk = BIT(BULK_MEMORY_OPT), all = UINT64_MAX & ~BIT(MULTIMEMORY);
    CHECK_TEXT(wasm_lowering_obstacle(&arena, &info, all, WASM_FEATURE_MULTIMEMORY), NULL);
    /* memory.copy comes in, and is lowered in its turn */
    CHECK_TEXT(wasm_lowering_obstacle(&arena, &info, all & ~bulk, WASM_FEATURE_MULTIMEMORY), NULL);
    info.features = BIT(EXCEPTION_HANDLING_LEGACY) | BIT(EXCEPTION_HANDLING);
    CHECK_TEXT(
        wasm_lowering_obstacle(&arena, &info, BIT(EXNREF), WASM_FEATURE_EXCEPTION_HANDLING_LEGACY),
        NULL);
    CHECK_TEXT(wasm_lowering_obstacle(&arena, &info, 0, WASM_FEATURE_EXCEPTION_HANDLING_LEGACY),
               "that brings in 'exnref', which the target is not known to run: nothing lowers it");
    CHECK(wasm_lowering_brings(BIT(MULTIMEMORY)) == (bulk | BIT(BULK_MEMORY)));
    CHECK(wasm_lowering_brings(BIT(SIGN_EXT)) == 0);
    arena_free(&arena);
}

/* What always objects says what it changes; each pass says from which version on it is right. */
static void test_rows(void)
{
    struct wasm_info info = {0};
    for (enum wasm_feature i = 0; i < WASM_FEATURE_COUNT; i++) {
        const struct wasm_lowering *row = wasm_lowering_find(i);
        if (!row)
            continue;
        CHECK(row->way == WASM_LOWER_SECTION || row->since >= 108);
        CHECK((row->way == WASM_LOWER_REWRITE) == !row->pass);
        CHECK(!wasm_lowering_objection(row, &info) || row->risk);
    }
    CHECK_TEXT(wasm_lowering_pass(WASM_FEATURE_SIGN_EXT), "--signext-lowering");
    CHECK_TEXT(wasm_lowering_pass(WASM_FEATURE_COMPACT_IMPORTS), NULL);
    CHECK_TEXT(wasm_lowering_pass(WASM_FEATURE_SIMD128), NULL);
}

void test_lowering(void)
{
    test_objections();
    test_chains();
    test_rows();
}
