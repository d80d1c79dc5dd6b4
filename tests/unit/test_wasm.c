#include "pkg/wasm/wasm.h"

#include "tests/unit/unit.h"

/* A module that adds: (func (export "add") (param i32 i32) (result i32) ...), and an import. */
static const uint8_t add[] = {
    0, 'a',  's', 'm', 1,   0, 0, 0,   1, 12,  2, 0x60, 2,    0x7f, 0x7f, 1, 0x7f, 0x60,
    1, 0x7f, 0,   2,   7,   1, 1, 'm', 1, 'f', 0, 1,    3,    2,    1,    0, 7,    7,
    1, 3,    'a', 'd', 'd', 0, 1, 10,  9, 1,   7, 0,    0x20, 0,    0x20, 1, 0x6a, 0x0b};

static void scans_a_small_module(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    if (CHECK(wasm_scan(&arena, (struct bytes){add, sizeof add}, &info, &error) == 0)) {
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
    for (size_t size = 0; size < sizeof add; size++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        int status = wasm_scan(&arena, (struct bytes){add, size}, &info, &error);
        /* Cut between sections, what is left of this module is one, if it has no function. */
        bool whole = size == 8 || size == 22 || size == 31;
        CHECK(whole ? status == 0 : status == -1 && error.fault == FAULT_INPUT);
        arena_free(&arena);
    }
}

void test_wasm(void)
{
    scans_a_small_module();
    every_cut_is_an_error();
}
