#include "pkg/wasm/wasm.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

#define PREAMBLE "!00 61 73 6d 0d 00 01 00 "
#define MODULE   "00 61 73 6d 01 00 00 00 "

static bool scan(struct arena *arena, const char *text, struct wasm_info *info)
{
    struct error error = {0};
    if (CHECK(wasm_scan(arena, wasm_text(arena, text).bytes, WASM_FACTS, info, &error) == 0))
        return true;
    fprintf(stderr, "  in %s: %s\n", text, error.message);
    return false;
}

/* A component with a module that needs sign-ext, and one in it with a module of memory64. */
static void lists_what_a_component_is(void)
{
    struct arena arena = {0};
    struct wasm_info info;
    if (scan(&arena,
             PREAMBLE
             "07{01 42 00} 0a{02 00 'wasi:cli/environment@0.2.6' 05 00 01 'local:x/y' 01 01}"
             "01{" MODULE "01{01 60 00 00} 03{01 00} 0a{01 {00 c0 0b}}"
             "00{'name' 01 {01 00 'inner'}}}"
             "04{00 61 73 6d 0d 00 01 00 0a{01 00 'plumbing' 01 00} 01{" MODULE "05{01 04 01}}}"
             "0b{02 00 'wasi:http/incoming-handler@0.2.12' 05 00 00"
             " 02 'wasi:io/poll@0.2' 01 01 '.6' 05 00 01 05 00}",
             &info)) {
        CHECK(info.kind == WASM_COMPONENT);
        CHECK_TEXT(wasm_feature_words(&arena, &info), "sign-ext memory64 component-model");
        CHECK_TEXT(info.spec, "proposal");
        const struct wasm_component *component = info.component;
        CHECK(component->import_count == 2 && component->export_count == 2);
        CHECK_TEXT(component->imports[0], "wasi:cli/environment@0.2.6");
        CHECK_TEXT(component->imports[1], "local:x/y");
        CHECK_TEXT(component->exports[0], "wasi:http/incoming-handler@0.2.12");
        CHECK_TEXT(component->exports[1], "wasi:io/poll@0.2.6");
        CHECK(component->module_count == 2);
        CHECK_TEXT(wasm_feature_words(&arena, &component->modules[0]), "sign-ext");
        CHECK_TEXT(wasm_feature_words(&arena, &component->modules[1]), "memory64");
        CHECK_TEXT(info.uses[0].function_name, "inner");
        CHECK(info.uses[0].functions == 1 && info.uses[0].function_bytes == 4);
        CHECK(component->modules[1].size == 13);
        CHECK(info.section_count == 5);
        CHECK_TEXT(info.sections[2].name, "core module");
    }
    arena_free(&arena);
}

static void finds_async(void)
{
    static const struct {
        const char *text;
        uint64_t count;
        const char *what;
    } rows[] = {
        {"07{01 40 00 01 00}", 0, NULL},
        {"07{01 ^43 00 01 00}", 1, "async func type"},
        {"07{01 ^66 00}", 1, "stream type"},
        {"07{01 ^65 01 73}", 1, "future type"},
        {"07{01 64}", 0, NULL},
        /* records, variants, lists, tuples, flags, enums, options, results, handles, a sized list,
           a map, a resource: passed over on the way to a stream */
        {"07{0d 72 02 'a' 73 'b' 7f 71 02 'a' 00 00 'b' 01 7f 00 70 7d 6f 02 7f 73 6e 01 'x'"
         " 6d 02 'x' 'y' 6b 73 6a 01 73 00 69 00 68 00 67 7d 04 63 73 73 ^66 01 7d}",
         1, "stream type"},
        {"07{02 3f 7f 01 05 ^43 01 'a' 73 00 73}", 1, "async func type"},
        /* in an instance type, behind a type, an alias, an export; in a component type */
        {"07{01 42 04 01 40 00 00 73 02 03 02 01 00 04 00 'f' 01 00 01 ^43 00 01 00}", 1,
         "async func type"},
        {"07{01 41 02 03 00 'i' 05 00 01 42 01 01 ^66 00}", 1, "stream type"},
        {"08{02 00 00 00 02 03 00 04 00 00 01 00 00 00}", 0, NULL},
        {"08{01 00 00 00 03 ^06 07 00 00 00}", 2, "canon option async"},
        {"08{01 01 00 00 01 ^06}", 1, "canon option async"},
        {"08{03 02 00 03 00 ^05}", 1, "task.cancel"},
        {"08{02 ^0f 00 01 00 20 00 00}", 2, "stream.read"},
        {"08{02 ^09 00 73 00 1f}", 2, "task.return"},
        {"08{03 1c 00 1e ^15 00}", 1, "future.new"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct wasm_info info;
        const char *text = arena_printf(&arena, PREAMBLE "%s", rows[i].text);
        unsigned failed = unit_failed;
        if (scan(&arena, text, &info)) {
            const struct wasm_use *use = &info.uses[info.use_count - 1];
            CHECK(wasm_uses(&info, WASM_FEATURE_COMPONENT_ASYNC) == (rows[i].count > 0));
            if (rows[i].count) {
                CHECK(use->count == rows[i].count);
                CHECK_TEXT(use->instruction, rows[i].what);
                CHECK(use->offset == wasm_text(&arena, text).mark);
            }
        }
        if (unit_failed > failed)
            fprintf(stderr, "  in %s\n", rows[i].text);
        arena_free(&arena);
    }
}

static void refuses_what_is_malformed(void)
{
    static const struct {
        const char *text, *what;
    } rows[] = {
        {"^0d{00}", "malformed component at offset 8: malformed section id 13"},
        {"0a{01 ^03 'a' 01 00}", "malformed kind of name 0x03"},
        {"0a{01 00 01 ^ff 01 00}", "malformed UTF-8"},
        {"0a{01 00 'a' ^06 00}", "malformed type of an import or export 0x06"},
        {"0a{01 00 'a' ^00 12 00}", "malformed type of an import or export 0x00"},
        {"0a{01 00 'a' 03 ^02 00}", "malformed bound of a type 0x02"},
        {"07{02 ^30 43 00 01 00}", "malformed type 0x30"},
        {"08{02 ^70 05}", "malformed canonical function 0x70"},
        {"0a{01 02 'a' 01 ^03 'b' 01 00}", "malformed attribute of a name 0x03"},
        {"0a{01 02 'a' ^04 01 'b' 01 'b' 01 'b' 01 'b' 01 00}", "4 attributes of one name"},
        {"0b{01 00 'a' ^06 00 00}", "malformed sort 0x06"},
        {"0b{01 00 'a' 05 00 00 ^00}", "section size mismatch"},
        {"01{" MODULE "^0f{00}}", "malformed module at offset"},
        {"01{^00 61 73 6d 0d 00 01 00}", "a component where a module should be"},
        {"04{^" MODULE "}", "no component where one should be"},
        {"04{^}", "no component where one should be"},
        {"01{^}", "magic header not detected"},
        {"04{00 61 73 6d 0d 00 01 00 ^0d{00}}", "malformed section id 13"},
        {"01 05 ^00", "length out of bounds"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        const char *text = arena_printf(&arena, PREAMBLE "%s", rows[i].text);
        struct wasm_text component = wasm_text(&arena, text);
        unsigned failed = unit_failed;
        CHECK(wasm_scan(&arena, component.bytes, WASM_FACTS, &info, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        CHECK(strstr(error.message, rows[i].what) != NULL);
        CHECK(strstr(error.message, arena_printf(&arena, "at offset %zu:", component.mark)) !=
              NULL);
        if (unit_failed > failed)
            fprintf(stderr, "  in %s: %s\n", rows[i].text, error.message);
        arena_free(&arena);
    }
}

/* Components in one another, deeper than anybody makes them. */
/* Behind the type of a core module a module is still not read beyond the end of the file. */
static void stays_in_the_file_behind_a_core_type(void)
{
    struct arena arena = {0};
    struct wasm_info info;
    struct error error = {0};
    struct bytes text =
        wasm_text(&arena, PREAMBLE "03{01 50 00} 01{" MODULE WASM_BODY("01") "}").bytes;
    uint8_t *alone = malloc(text.size); /* a sanitizer sees one byte too many */
    if (CHECK(alone != NULL)) {
        memcpy(alone, text.data, text.size);
        CHECK(wasm_scan(&arena, (struct bytes){alone, text.size}, WASM_FACTS, &info, &error) == 0);
    }
    CHECK_TEXT(error.message, "");
    free(alone);
    arena_free(&arena);
}

static void bounds_the_depth(void)
{
    static const struct {
        unsigned depth;
        int status;
    } rows[] = {{15, 0}, {16, -1}, {100, -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        const char *text = "00 61 73 6d 0d 00 01 00";
        for (unsigned k = 0; k < rows[i].depth; k++)
            text = arena_printf(&arena, "00 61 73 6d 0d 00 01 00 04{%s}", text);
        text = arena_printf(&arena, "!%s", text);
        CHECK(wasm_scan(&arena, wasm_text(&arena, text).bytes, WASM_FACTS, &info, &error) ==
              rows[i].status);
        CHECK(rows[i].status == 0 || strstr(error.message, "too many components") != NULL);
        arena_free(&arena);
    }
}

void test_wasm_component(void)
{
    lists_what_a_component_is();
    finds_async();
    refuses_what_is_malformed();
    stays_in_the_file_behind_a_core_type();
    bounds_the_depth();
}
