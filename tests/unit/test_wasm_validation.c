/* What validation says: offset, function, what was expected and found; what it costs; what it does
   not judge. The rules as such are checked by the specification's modules (test_wasm_spec.c). */
#include "pkg/wasm/wasm.h"

#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

#define BODY(code) WASM_BODY(code)
/* A memory and a table of functions; a function of type 1 and a body of type 0. */
#define RICH(code)                                                                                 \
    "01{02 60 00 00 60 02 7f 7e 01 7d} 02{01 'm' 'f' 00 01} 03{01 00} 04{01 70 00 01} 05{01 00 "   \
    "01}"                                                                                          \
    "06{02 7f 00 41 00 0b 7e 01 42 00 0b} 0a{01 {00 " code " 0b}}"
/* A struct of an i32 that can be set, an array of i8; a body with a local. */
#define HEAPS(code)                                                                                \
    "01{03 5f 02 7f 01 7e 00 5e 78 01 60 00 00} 03{01 02} 0a{01 {01 01 64 00 " code " 0b}}"

/* ^ is the offset in the message, `function` what it says of it; a row without `what` is valid. */
static const struct row {
    const char *text, *function, *what;
} rows[] = {
    /* numbers */
    {BODY("41 00 42 00 ^6a 1a"), "0", "i32.add expected i32, found i64"},
    {BODY("43 00 00 00 00 41 00 ^6a 1a"), "0", "i32.add expected i32, found f32"},
    {BODY("41 00 ^6a 1a"), "0", "i32.add expected i32, found nothing on the stack"},
    {BODY("^1a"), "0", "drop expected an operand, found nothing on the stack"},
    {BODY("00 6a 1a"), NULL, NULL},
    {BODY("00 42 00 ^6a 1a"), "0", "i32.add expected i32, found i64"},
    {BODY("41 00 42 00 41 00 ^1b 1a"), "0", "select expected i32, found i64"},
    {BODY("d0 70 d0 70 41 00 ^1b 1a"), "0",
     "select without a type expected numbers, found funcref"},
    {BODY("d0 70 d0 70 41 00 1c 01 70 1a"), NULL, NULL},
    {BODY("41 00 41 00 41 00 ^1c 02 7f 7f"), "0", "select has 2 types, and must have one"},
    {BODY("fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ^fd 15 10 1a"), "0",
     "i8x16.extract_lane_s has lanes below 16, and names 16"},
    {BODY("42 00 42 00 42 00 ^fc 13 1a 1a"), "0", "i64.add128 expected i64, found nothing"},
    /* blocks and branches */
    {BODY("02 7f ^0b 1a"), "0", "end expected i32, found nothing on the stack"},
    {BODY("02 40 41 00 ^0b"), "0", "end found 1 more values than the block's type has"},
    {BODY("41 00 04 7f 41 00 ^0b 1a"), "0",
     "if without else has results that its parameters do not match"},
    {BODY("41 00 04 7f 41 00 05 ^0b 1a"), "0", "end expected i32, found nothing on the stack"},
    {BODY("42 00 ^04 40 0b"), "0", "if expected i32, found i64"},
    {BODY("^0c 01"), "0", "br names unknown label 1"},
    {BODY("02 7f ^0c 00 0b 1a"), "0", "br expected i32, found nothing on the stack"},
    {BODY("02 7f 02 40 41 00 41 00 ^0e 01 00 01 0b 41 00 0b 1a"), "0",
     "br_table has labels of 1 and of 0 values"},
    {BODY("^02 01 0b"), "0", "block names type 1, which is unknown"},
    {BODY("06 40 ^09 00 0b"), "0", "rethrow names label 0, which is no catch"},
    {BODY("06 40 ^18 01"), "0", "delegate names unknown label 1"},
    {BODY("06 40 19 09 00 0b"), NULL, NULL},
    {BODY("^08 00"), "0", "throw names unknown tag 0"},
    /* variables, calls, memories, tables */
    {BODY("^20 00 1a"), "0", "local.get names unknown local 0"},
    {BODY("^23 00 1a"), "0", "global.get names unknown global 0"},
    {RICH("41 00 ^24 00"), "1", "global.set of immutable global 0"},
    {RICH("41 00 ^24 01"), "1", "global.set expected i64, found i32"},
    {RICH("41 00 41 00 ^10 00 1a"), "1", "call expected i64, found i32"},
    {RICH("41 00 42 00 10 00 1a"), NULL, NULL},
    {RICH("^10 02"), "1", "call names unknown function 2"},
    {RICH("41 00 ^11 02 00"), "1", "call_indirect names type 2, which is unknown"},
    {RICH("41 00 42 00 ^12 00"), "1", "return_call of a function whose results are not"},
    {RICH("41 00 ^28 03 00 1a"), "1", "i32.load has alignment 2^3, at most 2^2"},
    {RICH("41 00 ^fe 10 01 00 1a"), "1", "i32.atomic.load has alignment 2^1, must be 2^2"},
    {RICH("41 00 ^28 02 80 80 80 80 10 1a"), "1",
     "i32.load has offset 4294967296 beyond a 32-bit memory"},
    {RICH("42 00 ^28 02 00 1a"), "1", "i32.load expected i32, found i64"},
    {BODY("41 00 ^28 02 00 1a"), "0", "i32.load names unknown memory 0"},
    {RICH("^25 01 1a"), "1", "table.get names unknown table 1"},
    {RICH("41 00 41 00 ^26 00"), "1", "table.set expected funcref, found i32"},
    {RICH("^fc 0d 00"), "1", "elem.drop names unknown element segment 0"},
    {RICH("^d2 00 1a"), "1", "ref.func of function 0, which no element segment"},
    /* references, structs, arrays */
    {HEAPS("^20 00 1a"), "0", "local.get of local 0 of type (ref 0), which has no value"},
    {HEAPS("fb 01 00 21 00 20 00 1a"), NULL, NULL},
    {HEAPS("02 40 fb 01 00 21 00 0b ^20 00 1a"), "0", "local 0 of type (ref 0)"},
    {HEAPS("fb 01 00 42 00 ^fb 05 00 01"), "0", "struct.set of an immutable field"},
    {HEAPS("fb 01 00 ^fb 02 00 02 1a"), "0", "struct.get names unknown field 2"},
    {HEAPS("41 00 fb 07 01 ^fb 02 00 00 1a"), "0",
     "struct.get expected (ref null 0), found (ref 1)"},
    {HEAPS("41 00 fb 07 01 41 00 ^fb 0b 01 1a"), "0", "array.get of a field of type i8"},
    {HEAPS("d0 6b ^fb 18 00 00 6e 70"), "0", "takes no reference last"},
    {HEAPS("41 00 ^d1 1a"), "0", "ref.is_null expected a reference, found i32"},
    /* definitions */
    {"01{01 60 00 00} 03{01 ^01} 0a{01 {00 0b}}", NULL, "unknown type 1 of a function"},
    {"01{02 60 00 00 ^60 01 64 02 00}", NULL, "unknown type 2"},
    {"01{02 4f 00 60 00 00 ^50 01 00 60 00 00}", NULL,
     "type 1 has a final type, 0, as its supertype"},
    {"01{02 50 00 60 00 00 ^50 01 00 60 01 7f 00}", NULL, "type 1 does not match its supertype 0"},
    {"04{01 ^70 01 02 01}", NULL, "table with minimum 2 greater than its maximum 1"},
    {"05{01 ^00 81 80 04}", NULL, "memory of size 65537, at most 65536 is allowed"},
    {"05{01 ^02 01}", NULL, "shared memory without a maximum"},
    {"05{01 ^08 01 02}", NULL, "memory with invalid custom page size 4"},
    {"06{01 7f 00 41 00 0b}", NULL, NULL},
    {"06{01 7f 00 42 00 ^0b}", NULL, "end expected i32, found i64"},
    {"06{02 7f 01 41 00 0b 7f 00 ^23 00 0b}", NULL,
     "constant expression required, found mutable global 0"},
    {"06{01 7f 00 41 00 ^45 0b}", NULL, "constant expression required, found i32.eqz"},
    {"06{01 7f 00 ^23 00 0b}", NULL, "global.get names unknown global 0"},
    {"07{01 'a' ^02 00}", NULL, "export of unknown memory 0"},
    {"05{01 00 01} 07{02 'a' 02 00 01 ^61 02 00}", NULL, "duplicate export name 'a'"},
    {"08{^00}", NULL, "start function 0 is unknown"},
    {"01{01 60 01 7f 00} 02{01 'm' 'f' 00 00} 08{^00}", NULL,
     "start function 0 has type (i32)->(), and must have ()->()"},
    {"09{01 ^00 41 00 0b 00}", NULL, "element segment for unknown table 0"},
    {"0b{01 ^00 41 00 0b 00}", NULL, "data segment for unknown memory 0"},
    {"01{01 60 00 01 7f} 0d{01 ^00 00}", NULL, "tag with results"},
};

static void check_row(const struct row *row)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info = {0};
    struct wasm_text module = wasm_text(&arena, row->text);
    unsigned failed = unit_failed;
    int status = wasm_scan(&arena, module.bytes, WASM_VALIDATION, &info, &error);
    if (!row->what) {
        CHECK(status == 0 && info.validity == WASM_VALID);
    } else {
        const char *start =
            arena_printf(&arena, "invalid module at offset %zu%s%s: ", module.mark,
                         row->function ? " in function " : "", row->function ? row->function : "");
        CHECK(status == -1 && error.fault == FAULT_INPUT && *error.hint);
        CHECK(strncmp(error.message, start, strlen(start)) == 0);
        CHECK(strstr(error.message, row->what) != NULL);
    }
    if (unit_failed > failed)
        fprintf(stderr, "  in %s: %s\n", row->text, error.message);
    arena_free(&arena);
}

static void names_the_function(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    const char *text = WASM_BODY("6a") "00{'name' 01 {01 00 'sum'}}";
    CHECK(wasm_scan(&arena, wasm_text(&arena, text).bytes, WASM_VALIDATION, &info, &error) == -1);
    CHECK_TEXT(error.message, "invalid module at offset 23 in function 0 'sum': i32.add expected "
                              "i32, found nothing on the stack");
    arena_free(&arena);
}

/* Malformed wins, wherever it stands. */
static void malformed_wins(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    const char *text = WASM_BODY("6a") "0b{01 03 'x'}";
    CHECK(wasm_scan(&arena, wasm_text(&arena, text).bytes, WASM_VALIDATION, &info, &error) == -1);
    CHECK(strstr(error.message, "malformed data segment kind 3") != NULL);
    arena_free(&arena);
}

/* What has no rules is never called valid, nor invalid. */
static void says_what_is_not_judged(void)
{
    static const struct {
        const char *text, *why;
    } unjudged[] = {
        {"01{02 60 00 00 5d 00}", "uses stack-switching"},
        {"01{02 60 00 01 7f 5d 00} 0d{01 00 00}", "uses stack-switching"},
        {WASM_BODY("6a fb 82 01 00 1a"), "uses strings"},
        {"01{01 60 00 00} 03{01 00} 05{01 00 01} 0a{01 {00 41 00 41 00 fc 12 00 0b}}",
         "uses memory-control"},
        {WASM_BODY("fd a0 02"), "uses fp16"},
        {"06{01 7f 02 41 00 0b}", "uses shared-everything-threads"},
        {"01{01 5d 00} 06{01 7f 02 41 00 0b}", "uses stack-switching, shared-everything-threads"},
    };
    for (size_t i = 0; i < sizeof unjudged / sizeof *unjudged; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info = {0};
        struct bytes module = wasm_text(&arena, unjudged[i].text).bytes;
        int status = wasm_scan(&arena, module, WASM_VALIDATION, &info, &error);
        if (CHECK(status == 0 && info.validity == WASM_NOT_JUDGED))
            CHECK_TEXT(info.not_judged, unjudged[i].why);
        arena_free(&arena);
    }
}

static void judges_when_asked(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info = {0};
    struct bytes module = wasm_text(&arena, WASM_BODY("6a")).bytes;
    CHECK(wasm_scan(&arena, module, WASM_FACTS, &info, &error) == 0);
    CHECK(info.validity == WASM_NOT_ASKED && info.not_judged == NULL);
    arena_free(&arena);
}

/* Appends hex `count` times. */
struct build {
    char *at;
};

static void put(struct build *build, const char *hex, size_t count)
{
    size_t size = strlen(hex);
    for (size_t i = 0; i < count; i++, build->at += size)
        memcpy(build->at, hex, size + 1);
}

static const char *leb(struct arena *arena, size_t value)
{
    return arena_printf(arena, " %02zx %02zx %02zx", (value & 0x7f) | 0x80,
                        (value >> 7 & 0x7f) | 0x80, value >> 14 & 0x7f);
}

/* Modules that make validators slow, of a size that is proportional to n. */
enum hostile { CALLS, BLOCKS, TABLE_OF_LABELS, SUBTYPES, GROUPS, LOCALS, NESTING, HOSTILE_COUNT };

static void put_types(struct arena *arena, struct build *build, enum hostile kind, size_t n)
{
    if (kind == SUBTYPES) {
        put(build, "01{", 1);
        put(build, leb(arena, n + 1), 1);
        put(build, " 50 00 60 00 00", 1);
        for (size_t i = 0; i < n; i++)
            put(build, arena_printf(arena, " 50 01%s 60 00 00", leb(arena, i)), 1);
        put(build, "} 06{", 1); /* as many globals of the first type, with a null of the last */
        put(build, leb(arena, n), 1);
        put(build, arena_printf(arena, " 63 00 00 d0%s 0b", leb(arena, n - 1)), n);
        put(build, "}", 1);
    } else if (kind == GROUPS) {
        put(build, "01{", 1);
        put(build, leb(arena, n), 1);
        put(build, " 4e 02 60 00 01 7f 5f 01 63 00 00", n);
        put(build, "}", 1);
    } else {
        put(build, "01{03 60 00 00 60 64", 1); /* 100 parameters, 100 results; 100 results */
        put(build, " 7f", 100);
        put(build, " 64", 1);
        put(build, " 7f", 100);
        put(build, " 60 00 64", 1);
        put(build, " 7f", 100);
        put(build, "}", 1);
    }
}

static void put_body(struct arena *arena, struct build *build, enum hostile kind, size_t n)
{
    if (kind == LOCALS) {
        put(build, leb(arena, n), 1);
        put(build, " ff ff 03 7f", n);
        put(build, " 20 ff ff ff 0f 1a", n);
        return;
    }
    put(build, " 00", 1);
    put(build, " 41 00", kind == NESTING ? 0 : 100);
    if (kind == CALLS)
        put(build, " 10 01", n);
    if (kind == BLOCKS)
        put(build, " 02 01 0b", n);
    if (kind == NESTING) {
        put(build, " 02 40", n);
        put(build, " 0b", n);
    }
    if (kind == TABLE_OF_LABELS) {
        put(build, " 02 01 02 01 02 01 41 00 0e", 1);
        put(build, leb(arena, n), 1);
        put(build, " 02 01 00", n / 3);
        put(build, " 01", n % 3);
        put(build, " 00 0b 0b 0b", 1);
    }
    put(build, " 00", 1);
}

static uint64_t cost_of(enum hostile kind, size_t n)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info = {0};
    char *text = arena_alloc(&arena, 60 * n + 4000, 1);
    struct build build = {text};
    put_types(&arena, &build, kind, n);
    if (kind != SUBTYPES && kind != GROUPS) {
        put(&build, " 02{01 'm' 'f' 00 00} 03{02 01 00} 0a{02 {00", 1);
        put(&build, " 41 00", 100);
        put(&build, " 0b} {", 1);
        put_body(&arena, &build, kind, n);
        put(&build, " 0b}}", 1);
    }
    int status = wasm_scan(&arena, wasm_text(&arena, text).bytes, WASM_VALIDATION, &info, &error);
    if (!CHECK(status == 0 && info.validity == WASM_VALID))
        fprintf(stderr, "  kind %d of %zu: %s\n", kind, n, error.message);
    uint64_t cost = info.validation_steps;
    arena_free(&arena);
    return cost;
}

/* Twice the module is twice the steps, or a logarithm more. */
static void costs_no_more_than_its_size(void)
{
    for (int kind = 0; kind < HOSTILE_COUNT; kind++) {
        uint64_t once = cost_of((enum hostile)kind, 3000);
        uint64_t twice = cost_of((enum hostile)kind, 6000);
        uint64_t four_times = cost_of((enum hostile)kind, 12000);
        if (!CHECK(once > 0 && twice <= once / 4 * 9 + 100 && four_times <= twice / 4 * 9 + 100))
            fprintf(stderr, "  kind %d: %llu, %llu, %llu steps\n", kind, (unsigned long long)once,
                    (unsigned long long)twice, (unsigned long long)four_times);
    }
}

void test_wasm_validation(void)
{
    costs_no_more_than_its_size();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
    names_the_function();
    malformed_wins();
    says_what_is_not_judged();
    judges_when_asked();
}
