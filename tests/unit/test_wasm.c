#include "pkg/wasm/wasm.h"

#include "tests/unit/unit.h"

/* A module that adds: (func (export "add") (param i32 i32) (result i32) ...), and an import. */
static const uint8_t add[] = "\0asm\1\0\0\0"
                             "\1\13\2\x60\2\x7f\x7f\1\x7f\x60\1\x7f\0" /* types */
                             "\2\7\1\1m\1f\0\1"                        /* import */
                             "\3\2\1\0"                                /* function */
                             "\7\7\1\3"
                             "add\0\1"                           /* export */
                             "\12\11\1\7\0\x20\0\x20\1\x6a\x0b"; /* code */

static void scans_a_small_module(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    if (CHECK(wasm_scan(&arena, (struct bytes){add, sizeof add - 1}, &info, &error) == 0)) {
        CHECK(info.features == 0);
        CHECK_TEXT(info.spec, "1.0");
        CHECK(info.import_count == 1 && info.export_count == 1);
        CHECK_TEXT(info.imports[0].type, "(i32)->()");
        CHECK_TEXT(info.exports[0].type, "(i32,i32)->(i32)");
        CHECK(wasm_find_export(&info, "add") == &info.exports[0]);
        CHECK(info.function_count == 2);
    }
    arena_free(&arena);
}

static void every_cut_is_an_error(void)
{
    for (size_t size = 0; size < sizeof add - 1; size++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        int status = wasm_scan(&arena, (struct bytes){add, size}, &info, &error);
        /* Cut between sections, what is left of this module is one, if it has no function. */
        bool whole = size == 8 || size == 21 || size == 30;
        CHECK(whole ? status == 0 : status == -1 && error.fault == FAULT_INPUT);
        arena_free(&arena);
    }
}

void test_wasm(void)
{
    scans_a_small_module();
    every_cut_is_an_error();
}
