/* Where the bytes of a module are. */
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/wasm/sizes.h"
#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

static bool count(struct arena *arena, const char *text, struct wasm_sizes *out)
{
    struct error error = {0};
    struct wasm_info info;
    struct bytes file = wasm_text(arena, text).bytes;
    if (!CHECK(wasm_scan(arena, file, WASM_FACTS, &info, &error) == 0))
        return false;
    wasm_sizes(arena, file, &info, out);
    return true;
}

#define FUNCTIONS                                                                                  \
    "01{01 60 00 00} 02{01 'm' 'f' 00 00} 03{04 00 00 00 00} 07{02 'run' 00 04 'm' 00 00}"         \
    "0a{04 {00 0b} {00 01 01 01 0b} {00 01 0b} {00 01 01 0b}}"

static void functions_and_crates(void)
{
    struct arena arena = {0};
    struct wasm_sizes sizes;
    if (count(&arena,
              FUNCTIONS "00{'name' 01 {03 01 '_RNvC3abc1f' 02 '_ZN3abc1g17h0123456789abcdefE'"
                        " 03 '_ZN4core1h17h0123456789abcdefE'}}",
              &sizes)) {
        CHECK(sizes.function_count == 4 && sizes.crate_count == 2 && !sizes.unknown);
        static const struct {
            const char *name, *crate;
            size_t bytes;
            uint32_t function;
        } rows[] = {{"abc::g", "abc", 6, 2},
                    {"run", NULL, 5, 4},
                    {"core::h", "core", 4, 3},
                    {"abc::f", "abc", 3, 1}};
        for (size_t i = 0; i < 4; i++) {
            CHECK_TEXT(sizes.functions[i].name, rows[i].name);
            CHECK_TEXT(sizes.functions[i].crate, rows[i].crate);
            CHECK(sizes.functions[i].bytes == rows[i].bytes &&
                  sizes.functions[i].function == rows[i].function);
        }
        CHECK_TEXT(sizes.crates[0].name, "abc");
        CHECK(sizes.crates[0].bytes == 9 && sizes.crates[0].count == 2);
        CHECK_TEXT(sizes.crates[1].name, "core");
        CHECK(sizes.crates[1].bytes == 4 && sizes.crates[1].count == 1);
        CHECK(sizes.name_bytes == 86 && sizes.debug_bytes == 0);
    }
    arena_free(&arena);
}

/* Without names it says why; exports have theirs. */
static void no_names(void)
{
    struct arena arena = {0};
    struct wasm_sizes sizes;
    if (count(&arena, FUNCTIONS, &sizes)) {
        CHECK_TEXT(sizes.unknown, "no name section");
        CHECK(sizes.function_count == 4 && sizes.crate_count == 0);
        CHECK_TEXT(sizes.functions[0].name, NULL);
        CHECK_TEXT(sizes.functions[1].name, "run");
    }
    if (count(&arena, "", &sizes))
        CHECK(sizes.function_count == 0 && !sizes.unknown);
    /* a damaged name section is none */
    if (count(&arena, FUNCTIONS "00{'name' 01 {ff ff 03 01}}", &sizes))
        CHECK_TEXT(sizes.unknown, "no name section");
    if (count(&arena, FUNCTIONS "00{'name' 01 {02 7f 'x' 09 'y'}}", &sizes))
        CHECK_TEXT(sizes.functions[0].name, NULL);
    arena_free(&arena);
}

static bool is_debug(const char *name)
{
    return strncmp(name, ".debug_", 7) == 0;
}

static bool is_name(const char *name)
{
    return strcmp(name, "name") == 0;
}

/* What is said to be saved is what is saved. */
static void savings(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_sizes sizes;
    static const char text[] =
        FUNCTIONS "00{'.debug_info' 01 02 03} 00{'name' 01 {01 01 'x'}}"
                  "00 86 80 80 80 00 04 61 62 63 64 07 00 8d 80 80 80 00 '.debug_line' 08";
    struct bytes file = wasm_text(&arena, text).bytes, without;
    if (!count(&arena, text, &sizes))
        return;
    if (CHECK(wasm_strip(&arena, file, is_debug, &without, &error) == 0))
        CHECK(sizes.debug_bytes == file.size - without.size);
    if (CHECK(wasm_strip(&arena, file, is_name, &without, &error) == 0))
        CHECK(sizes.name_bytes == file.size - without.size);
    arena_free(&arena);
}

/* The modules of a component together. */
static void component(void)
{
    struct arena arena = {0};
    struct wasm_sizes sizes;
#define MODULE "00 61 73 6d 01 00 00 00 "
    if (count(&arena,
              "!00 61 73 6d 0d 00 01 00 01{" MODULE "01{01 60 00 00} 03{01 00} 0a{01 {00 01 0b}}"
              "00{'name' 01 {01 00 '_RNvC3abc1f'}}}"
              "01{" MODULE "01{01 60 00 00} 03{01 00} 0a{01 {00 01 01 0b}}"
              "00{'name' 01 {01 00 '_RNvC3abc1g'}}}",
              &sizes)) {
        CHECK(sizes.function_count == 2 && sizes.crate_count == 1);
        CHECK_TEXT(sizes.functions[0].name, "abc::g");
        CHECK_TEXT(sizes.functions[1].name, "abc::f");
        CHECK(sizes.crates[0].bytes == 9 && sizes.crates[0].count == 2);
    }
    arena_free(&arena);
}

void test_sizes(void)
{
    functions_and_crates();
    no_names();
    savings();
    component();
}
