/* Functions in another order: by hand, by the specification's modules, and by likeness. */
#include <archive.h>
#include <archive_entry.h>

#include "pkg/base/bytes.h"
#include "pkg/optimize/order.h"
#include "pkg/wasm/reorder.h"
#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

static const char before[] =
    "01{02 60 00 00 60 00 01 7f} 02{01 'm' 'i' 00 00} 03{03 00 01 00} 04{01 70 00 03}"
    "06{01 70 00 d2 01 0b} 07{02 'a' 00 01 'b' 00 02} 08{03} 09{01 00 41 00 0b 03 01 00 02}"
    "0a{03 {00 10 82 00 1a 0b} {00 41 05 0b} {00 10 00 10 01 0b}}"
    "00{'name' 00{'m'} 01{03 01 'one' 02 'two' 03 'tri'} 02{02 01 01 00 'x' 02 00}}";

static const char after[] =
    "01{02 60 00 00 60 00 01 7f} 02{01 'm' 'i' 00 00} 03{03 00 00 01} 04{01 70 00 03}"
    "06{01 70 00 d2 02 0b} 07{02 'a' 00 02 'b' 00 03} 08{01} 09{01 00 41 00 0b 03 02 00 03}"
    "0a{03 {00 10 00 10 02 0b} {00 10 03 1a 0b} {00 41 05 0b}}"
    "00{'name' 00{'m'} 01{03 01 'tri' 02 'one' 03 'two'} 02{02 02 01 00 'x' 03 00}}";

static void moves_all_that_names_a_function(void)
{
    static const uint32_t order[] = {2, 0, 1};
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_functions functions;
    struct bytes module = wasm_text(&arena, before).bytes, moved;
    if (CHECK(wasm_functions(&arena, module, &functions, &error) == 0) &&
        CHECK(functions.count == 3) && CHECK(functions.imported == 1) && CHECK(!functions.fixed) &&
        CHECK(wasm_reorder(&arena, module, &functions, order, &moved, &error) == 0))
        CHECK(bytes_equal(moved, wasm_text(&arena, after).bytes));
    CHECK(functions.uses[0] == 4); /* global, export, segment, call */
    arena_free(&arena);
}

static void leaves_what_it_does_not_know(void)
{
    static const struct {
        const char *text, *fixed;
    } rows[] = {
        {"00{'producers' 00} 00{'name'}", NULL},
        {"00{'dylink.0' 00} 00{'component-type:command' 00}", NULL},
        {"00{'component-types' 00}", "component-types"},
        {"00{'reloc.CODE' 00}", "reloc.CODE"},
        {"00{'.debug_line' 00}", ".debug_line"},
        {"00{'metadata.code.branch_hint' 00}", "metadata.code.branch_hint"},
        {"00{'sourceMappingURL' 'x'}", "sourceMappingURL"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_functions functions;
        if (CHECK(wasm_functions(&arena, wasm_text(&arena, rows[i].text).bytes, &functions,
                                 &error) == 0))
            CHECK_TEXT(functions.fixed ? functions.fixed : "", rows[i].fixed ? rows[i].fixed : "");
        arena_free(&arena);
    }
}

static void refuses_what_is_malformed(void)
{
    static const char *const texts[] = {"!", "!00 61 73 6d 0d 00 01 00", "0a{01 {00 0b}}",
                                        "01{01 60 00 00} 03{01 00} 0a{01 {00 10}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_functions functions;
        CHECK(wasm_functions(&arena, wasm_text(&arena, texts[i]).bytes, &functions, &error) == -1);
        CHECK(error.fault == FAULT_INPUT);
        arena_free(&arena);
    }
    static const char *const names[] = {"00{'name' 01{02 00 'a'}}", "00{'name' 01{01 00 05 61}}",
                                        "00{'name' 02{01 00 01 00}}", "00{'name' 01 7f}"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_functions functions;
        struct bytes module = wasm_text(&arena, names[i]).bytes, moved;
        static const uint32_t none[1];
        if (CHECK(wasm_functions(&arena, module, &functions, &error) == 0))
            CHECK(wasm_reorder(&arena, module, &functions, none, &moved, &error) == -1);
        arena_free(&arena);
    }
}

/* The module with its functions the other way round. */
static bool turn(struct arena *arena, struct bytes module, struct bytes *out)
{
    struct wasm_functions functions;
    struct error error = {0};
    if (wasm_functions(arena, module, &functions, &error) != 0)
        return false;
    uint32_t *order = arena_alloc(arena, functions.count + 1, sizeof *order);
    for (uint32_t i = 0; i < functions.count; i++)
        order[i] = functions.count - 1 - i;
    return wasm_reorder(arena, module, &functions, order, out, &error) == 0;
}

/* Valid modules stay valid, use the same, and turned twice more they are as they were. */
static bool survives(struct bytes module)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info = {0}, info_after;
    struct bytes once, twice, thrice;
    bool fine = true, tried = wasm_scan(&arena, module, WASM_VALIDATION, &info, &error) == 0 &&
                              info.kind == WASM_CORE;
    if (tried)
        fine = turn(&arena, module, &once) && turn(&arena, once, &twice) &&
               turn(&arena, twice, &thrice) && bytes_equal(once, thrice) &&
               wasm_scan(&arena, once, WASM_VALIDATION, &info_after, &error) == 0 &&
               info_after.features == (info.features & info_after.features) &&
               info_after.validity == info.validity &&
               info_after.function_count == info.function_count &&
               info_after.export_count == info.export_count;
    for (size_t i = 0; tried && fine && i < info.export_count; i++)
        fine = bytes_equal(info.exports[i].name, info_after.exports[i].name) &&
               strcmp(info.exports[i].type, info_after.exports[i].type) == 0;
    arena_free(&arena);
    return fine;
}

static void survives_the_specification(void)
{
    struct arena arena = {0};
    const char *path = unit_shared(&arena, "wasm/spec-modules.tar.xz");
    struct archive *archive = archive_read_new();
    struct archive_entry *entry;
    unsigned modules = 0;
    archive_read_support_filter_xz(archive);
    archive_read_support_format_tar(archive);
    if (!path || archive_read_open_filename(archive, path, 65536) != ARCHIVE_OK)
        unit_skip("reorder: the specification's modules are not there");
    else
        while (archive_read_next_header(archive, &entry) == ARCHIVE_OK) {
            struct arena scratch = {0};
            size_t size = (size_t)archive_entry_size(entry);
            uint8_t *data = arena_alloc(&scratch, size + 1, 1);
            const char *name = archive_entry_pathname(entry);
            bool is_module = size > 8 && archive_read_data(archive, data, size) == (ssize_t)size &&
                             strstr(name, ".wasm");
            if (is_module && !CHECK(survives((struct bytes){data, size})))
                fprintf(stderr, "  %s\n", name);
            modules += is_module;
            arena_free(&scratch);
        }
    if (path)
        CHECK(modules > 1000);
    archive_read_free(archive);
    arena_free(&arena);
}

enum { BODY = 60, BODIES = 8 };

/* Bodies of two kinds in turn: those of one kind come to stand together. */
static void puts_like_to_like(void)
{
    struct arena arena = {0};
    uint8_t data[BODIES][BODY];
    struct bytes bodies[BODIES];
    uint32_t uses[BODIES] = {0}, changes = 0;
    for (unsigned i = 0; i < BODIES; i++) {
        for (unsigned k = 0; k < BODY; k++)
            data[i][k] = (uint8_t)(k == 30 ? i : i % 2 ? k * 7 : 200 - k);
        bodies[i] = (struct bytes){data[i], BODY};
    }
    const uint32_t *order = order_by_likeness(&arena, ORDER_SHORT, 0, bodies, uses, BODIES, 0);
    unsigned seen = 0;
    for (unsigned i = 0; i < BODIES; i++) {
        seen |= 1u << order[i];
        changes += i && order[i] % 2 != order[i - 1] % 2;
    }
    CHECK(seen == (1u << BODIES) - 1);
    CHECK(changes == 1);
    /* With one short number left, it is for what is named most. */
    uses[5] = 3;
    CHECK(order_by_likeness(&arena, ORDER_SHORT, 0, bodies, uses, BODIES, 127)[0] == 5);
    CHECK(order_by_likeness(&arena, ORDER_FREE, 0, bodies, uses, BODIES, 127)[0] == 0);
    CHECK(order_by_likeness(&arena, ORDER_SHORT, 0, NULL, NULL, 0, 0) != NULL);
    arena_free(&arena);
}

void test_reorder(void)
{
    moves_all_that_names_a_function();
    leaves_what_it_does_not_know();
    refuses_what_is_malformed();
    survives_the_specification();
    puts_like_to_like();
}
