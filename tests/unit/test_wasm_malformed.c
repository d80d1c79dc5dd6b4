#include "pkg/wasm/wasm.h"

#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

#define FIVE(bodies)                                                                               \
    "01{01 60 00 00} 03{05 00 00 00 00 00} 0a{05" bodies                                           \
    "} 0b{01 01 20 'abcdefghijklmnopqrstuvwxyz012345'}"

/* Malformed modules: ^ is the offset in the message; `function` what it says of it. */
static const struct row {
    const char *text, *function, *what;
} rows[] = {
    /* the frame */
    {"!^", "", "magic header not detected"},
    {"!^00 61 73", "", "magic header not detected"},
    {"!^7f 45 4c 46 02 01 01 00", "", "magic header not detected"},
    {"!00 61 73 6d ^01 00", "", "unexpected end of the version"},
    {"!00 61 73 6d ^02 00 00 00", "", "unknown binary version 2, layer 0"},
    {"!00 61 73 6d ^01 00 02 00", "", "unknown binary version 1, layer 2"},
    {"^0f{00}", "", "malformed section id 15"},
    {"^80 00", "", "malformed section id 128"},
    {"01^", "", "unexpected end"},
    {"01 ^80 80 80 80 80 00", "", "integer representation too long"},
    {"01 ^ff ff ff ff 1f", "", "integer too large"},
    {"01 04 ^01 60 00", "", "length out of bounds: type of 4 bytes, 3 left"},
    {"01{01 60 00 00} ^01{00}", "", "the type section is there twice"},
    {"03{00} ^01{00}", "", "the type section is out of order"},
    {"0a{00} ^0c{00}", "", "the data count section is out of order"},
    {"06{00} ^0d{00}", "", "the tag section is out of order"},
    {"01{01 60 00 00 ^00}", "", "section size mismatch: 1 bytes too many in type"},
    {"00{05 ^61}", "", "5 bytes announced"},
    {"00{02 ^c3 28}", "", "malformed UTF-8"},
    {"00{03 ^ed a0 80}", "", "malformed UTF-8"},
    {"00{02 ^c0 80}", "", "malformed UTF-8"},
    {"00{04 ^f4 90 80 80}", "", "malformed UTF-8"},
    {"00{03 ^e0 80 80}", "", "malformed UTF-8"},
    {"00{01 ^80}", "", "malformed UTF-8"},
    /* types */
    {"01{^ff ff ff ff 0f 60 00 00}", "", "length out of bounds: 4294967295 types announced"},
    {"01{01 ^61 00 00}", "", "malformed definition type 0x61"},
    {"01{01 60 01 ^79 00}", "", "malformed value type 0x79"},
    {"01{01 60 01 ^78 00}", "", "malformed value type 0x78"},
    {"01{01 60 01 64 ^40}", "", "malformed heap type"},
    {"01{01 60 01 64 ^f0 7f 00}", "", "malformed heap type"},
    {"01{01 60 01 64 ^ff ff ff ff 6f}", "", "integer too large"},
    {"01{01 60 01 64 62 ^70}", "", "malformed heap type"},
    {"01{01 60 01 64 ^80 80 80 80 80 00}", "", "integer representation too long"},
    {"01{01 5f 01 7f ^02}", "", "malformed mutability 0x02"},
    {"01{01 4e 02 4d 01 ^4d 01 5f 00 4c 00 5f 00}", "", "malformed definition type 0x4d"},
    {"01{02 60 00 00 5d ^7f}", "", "malformed continuation type"},
    /* imports, functions, tables, memories, globals, tags */
    {"02{01 'm' 'f' ^05 00}", "", "malformed import kind 0x05"},
    {"02{01 'm' 02 ^ff 66 00 00}", "", "malformed UTF-8"},
    {"02{01 02 ^ff 6d 'f' 00 00}", "", "malformed UTF-8"},
    {"02{01 'm' '' 7e ^09 00 01 'a'}", "", "malformed import kind 0x09"},
    {"02{01 'm' '' 7f ^7f 'a' 00 00}", "", "length out of bounds: 127 imports announced"},
    {"04{01 70 ^08 00}", "", "malformed limits flags 0x08"},
    {"04{01 ^7f 00 00}", "", "malformed reference type"},
    {"04{01 40 ^01 70 00 00 41 00 0b}", "", "malformed table"},
    {"05{01 ^10 00}", "", "malformed limits flags 0x10"},
    {"05{01 08 01 ^40}", "", "invalid custom page size 2^64"},
    {"05{01 01 00^}", "", "unexpected end"},
    {"06{01 7f ^04 41 00 0b}", "", "malformed mutability 0x04"},
    {"06{01 7f 00 41 00^}", "", "END opcode expected"},
    {"06{01 7f 00 ^ff 0b}", "", "illegal opcode 0xff"},
    {"01{01 60 00 00} 0d{01 ^01 00}", "", "malformed tag attribute 0x01"},
    {"07{01 'a' ^05 00}", "", "malformed export kind 0x05"},
    {"07{01 'a' ^20 00}", "", "malformed export kind 0x20"},
    {"08{00 ^00}", "", "section size mismatch"},
    /* segments */
    {"09{01 ^08 41 00 0b 00}", "", "malformed element segment kind 8"},
    {"09{01 01 ^01 00}", "", "malformed element kind 0x01"},
    {"09{01 05 ^7f 00}", "", "malformed reference type"},
    {"0b{01 ^03 'x'}", "", "malformed data segment kind 3"},
    {"0b{01 01 05 ^78}", "", "5 bytes announced, 1 left"},
    {"0c{02} 0b{01 01 'x'}^", "", "data count and data section have inconsistent lengths: 2 and 1"},
    {"0c{01}^", "", "data count and data section have inconsistent lengths: 1 and 0"},
    {"0e{^01 00}", "", "malformed strings section"},
    /* code */
    {"01{01 60 00 00} 03{01 00}^", "", "function and code section have inconsistent lengths"},
    {"0a{01 ^{00 0b}}", "", "inconsistent lengths: 0 and 1"},
    {WASM_BODY("^ff"), " in function 0", "illegal opcode 0xff"},
    {WASM_BODY("^27"), " in function 0", "illegal opcode 0x27"},
    {WASM_BODY("^fc 17"), " in function 0", "illegal opcode 0xfc 0x17"},
    {WASM_BODY("^fb ff 01"), " in function 0", "illegal opcode 0xfb 0xff"},
    {WASM_BODY("^fd 9a 01"), " in function 0", "illegal opcode 0xfd 0x9a"},
    {WASM_BODY("^fe ff ff 03"), " in function 0", "illegal opcode 0xfe 0xffff"},
    {WASM_BODY("fd ^ff ff ff ff 7f"), " in function 0", "integer too large"},
    {"01{01 60 00 00} 03{01 00} 0a{01 {00 02 40 0b^}}", " in function 0", "END opcode expected"},
    {WASM_BODY("02 40 0b 0b ^01"), " in function 0", "2 bytes too many in function body"},
    {WASM_BODY("^05"), " in function 0", "else without if"},
    {WASM_BODY("02 40 ^05 0b"), " in function 0", "else without if"},
    {WASM_BODY("04 40 05 ^05 0b"), " in function 0", "else without if"},
    {WASM_BODY("02 40 ^07 00 0b"), " in function 0", "catch without try"},
    {WASM_BODY("06 40 19 ^07 00 0b"), " in function 0", "catch without try"},
    {WASM_BODY("06 40 19 ^19 0b"), " in function 0", "catch_all without try"},
    {WASM_BODY("02 40 ^18 00"), " in function 0", "delegate without try"},
    {WASM_BODY("06 40 19 ^18 00"), " in function 0", "delegate without try"},
    {WASM_BODY("^18 00"), " in function 0", "delegate without try"},
    {WASM_BODY("02 ^41 0b"), " in function 0", "malformed value type 0x41"},
    {WASM_BODY("02 ^80 7f 0b"), " in function 0", "malformed block type"},
    {WASM_BODY("41 ^80 80 80 80 80 00"), " in function 0", "integer representation too long"},
    {WASM_BODY("41 ^ff ff ff ff 0f"), " in function 0", "integer too large"},
    {WASM_BODY("42 ^80 80 80 80 80 80 80 80 80 01"), " in function 0", "integer too large"},
    {WASM_BODY("20 ^ff ff ff ff 1f"), " in function 0", "integer too large"},
    {WASM_BODY("28 ^80 01 00"), " in function 0", "malformed memop flags 0x80"},
    {WASM_BODY("28 02 ^ff ff ff ff ff ff ff ff ff 02"), " in function 0", "integer too large"},
    {WASM_BODY("0e ^10 00 00"), " in function 0", "length out of bounds: 16 labels announced"},
    {WASM_BODY("0e ^ff ff ff ff 0f 00"), " in function 0", "4294967295 labels announced"},
    {WASM_BODY("1c ^10"), " in function 0", "16 types announced"},
    {WASM_BODY("1f 40 01 ^04 00 0b"), " in function 0", "malformed clause kind 0x04"},
    {WASM_BODY("e3 00 01 ^02 00"), " in function 0", "malformed clause kind 0x02"},
    {WASM_BODY("fb 18 ^04 00 6e 6b"), " in function 0", "malformed cast flags 0x04"},
    {WASM_BODY("fe 03 ^02"), " in function 0", "malformed ordering 0x02"},
    {WASM_BODY("fe 4f ^02 00"), " in function 0", "malformed ordering"},
    {WASM_BODY("^fc 08 00 00"), " in function 0", "data count section required by memory.init"},
    {WASM_BODY("^fc 09 00"), " in function 0", "data count section required by data.drop"},
    {WASM_BODY("^fb 09 00"), " in function 0", "data count section required by array.new_data"},
    {WASM_BODY("44 ^00 00 00"), " in function 0", "8 bytes announced"},
    {WASM_BODY("fd 0c ^00 00 00"), " in function 0", "16 bytes announced"},
    {"01{01 60 00 00} 02{01 'm' 'f' 00 00} 03{02 00 00} 0a{02 {00 0b} {00 ^ff 0b}}",
     " in function 2", "illegal opcode 0xff"},
    /* Bodies are read several at once: the first in the file counts, though a later one is shorter.
       Behind them is enough for the quick walks. */
    {FIVE("{00 41 00 1a 41 00 1a 41 00 1a ^ff 0b} {00 0b} {00 ff 0b} {00 ff 0b} {00 0b}"),
     " in function 0", "illegal opcode 0xff"},
    {FIVE("{00 0b} {00 0b} {00 0b} {00 ^05 0b} {00 ff}"), " in function 3", "else without if"},
    {FIVE("{00 0b} {00 0b} {00 41 00 1a 41 00 1a 41^} {00 0b} {7f}"), " in function 2",
     "unexpected end"},
    {FIVE("{00 0b} {00 41 00 1a 20 ^80} {00 0b} {00 0b} {00 0b}"), " in function 1",
     "unexpected end"},
    {FIVE("{00 0b} {00 44 ^00 00 00} {00 0b} {00 0b} {00 0b}"), " in function 1",
     "8 bytes announced"},
    {FIVE("{00 0b} {00 02^} {00 0b} {00 0b} {00 0b}"), " in function 1", ""},
    {FIVE("{00 0b} {00 28 02^} {00 0b} {00 0b} {00 0b}"), " in function 1", "unexpected end"},
    {FIVE("{00 0b} {00 11 00^} {00 0b} {00 0b} {00 0b}"), " in function 1", "unexpected end"},
    {FIVE("{00 0b} {00 0b} {00 0b} {00 0b} {00 02 40 0b^}"), " in function 4",
     "END opcode expected"},
    {FIVE("{00 0b ^01} {00 0b} {00 0b} {00 0b} {00 0b}"), " in function 0",
     "1 bytes too many in function body"},
    {"01{01 60 00 00} 03{01 00} 0a{01 05 ^00 0b}", " in function 0",
     "length out of bounds: function body of 5 bytes, 2 left"},
    {"01{01 60 00 00} 03{01 00} 0a{01 {02 ff ff ff ff 0f 7f ^01 7f 0b}}", " in function 0",
     "too many locals"},
    {"01{01 60 00 00} 03{01 00} 0a{01 {^7f 0b 01 7f}}", " in function 0",
     "127 groups of locals announced"},
};

static void check_row(const struct row *row)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    struct wasm_text module = wasm_text(&arena, row->text);
    unsigned failed = unit_failed;
    CHECK(wasm_scan(&arena, module.bytes, WASM_FACTS, &info, &error) == -1);
    CHECK(error.fault == FAULT_INPUT);
    const char *start =
        arena_printf(&arena, "malformed module at offset %zu%s: ", module.mark, row->function);
    CHECK(strncmp(error.message, start, strlen(start)) == 0);
    CHECK(strstr(error.message, row->what) != NULL);
    struct error judged = {0};
    CHECK(wasm_scan(&arena, module.bytes, WASM_VALIDATION, &info, &judged) == -1);
    CHECK(strcmp(judged.message, error.message) == 0);
    if (unit_failed > failed)
        fprintf(stderr, "  in %s: %s\n", row->text, error.message);
    arena_free(&arena);
}

/* What is wrong inside a custom section is no fault of the module. */
static void forgives_custom_sections(void)
{
    static const char *const texts[] = {
        "00{'name' ff}",
        "00{'name' 01 ff ff ff ff 0f}",
        "00{'name' 01 {ff ff ff 0f}}",
        "00{'name' 01 {01 00 02 ff fe}}",
        "00{'producers' 05 'language'}",
        "00{'producers' 01 'language' 01 'C'}",
        "00{'target_features' 02 2b 'simd128'}",
        "00{'target_features' 01 ff 'simd128'}",
        "00{'metadata.code.branch_hint' ff ff}",
        "00{'anything'}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        if (!CHECK(wasm_scan(&arena, wasm_text(&arena, texts[i]).bytes, WASM_FACTS, &info,
                             &error) == 0))
            fprintf(stderr, "  in %s: %s\n", texts[i], error.message);
        arena_free(&arena);
    }
}

/* A large module of one section made of the same bytes again and again: no time or memory out of
   proportion. */
static void repeated(struct arena *arena, uint8_t id, const char *head, const char *unit,
                     size_t times, struct bytes *out)
{
    struct bytes first = wasm_text(arena, arena_printf(arena, "!%s", head)).bytes;
    struct bytes part = wasm_text(arena, arena_printf(arena, "!%s", unit)).bytes;
    size_t size = first.size + part.size * times;
    uint8_t *data = arena_alloc(arena, size + 14, 1);
    memcpy(data, "\0asm\1\0\0\0", 8);
    data[8] = id;
    for (unsigned i = 0; i < 5; i++)
        data[9 + i] = (uint8_t)((size >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
    memcpy(data + 14, first.data, first.size);
    for (size_t i = 0; i < times; i++)
        memcpy(data + 14 + first.size + i * part.size, part.data, part.size);
    *out = (struct bytes){data, size + 14};
}

static void bears_large_counts(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    struct bytes module;
    /* 2000001 imports: more than any engine takes */
    repeated(&arena, 2, "81 89 7a", "00 00 00 00", 2000001, &module);
    CHECK(wasm_scan(&arena, module, WASM_FACTS, &info, &error) == -1);
    CHECK(strstr(error.message, "2000001 imports are more than any engine takes") != NULL);
    /* 300000 empty custom sections */
    struct bytes unit = wasm_text(&arena, "!00{'a'}").bytes;
    uint8_t *data = arena_alloc(&arena, 8 + 300000 * unit.size, 1);
    memcpy(data, "\0asm\1\0\0\0", 8);
    for (size_t i = 0; i < 300000; i++)
        memcpy(data + 8 + i * unit.size, unit.data, unit.size);
    if (CHECK(wasm_scan(&arena, (struct bytes){data, 8 + 300000 * unit.size}, WASM_FACTS, &info,
                        &error) == 0))
        CHECK(info.section_count == 300000);
    arena_free(&arena);
}

/* 500000 nested blocks: the depth is bounded by the body's size, not by our stack. */
static void bears_deep_nesting(void)
{
    enum { DEPTH = 500000 };
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    static const uint8_t start[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0};
    size_t body = 1 + 2 * DEPTH + DEPTH + 1, size = sizeof start + 1 + 5 + 1 + 5 + body;
    uint8_t *data = arena_alloc(&arena, size, 1), *at = data + sizeof start;
    memcpy(data, start, sizeof start);
    *at++ = 10;
    for (size_t n = body + 6, i = 0; i < 5; i++)
        *at++ = (uint8_t)((n >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
    *at++ = 1;
    for (size_t i = 0; i < 5; i++)
        *at++ = (uint8_t)((body >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
    *at++ = 0;
    for (size_t i = 0; i < DEPTH; i++) {
        *at++ = 2;
        *at++ = 0x40;
    }
    memset(at, 0x0b, DEPTH + 1);
    if (!CHECK(wasm_scan(&arena, (struct bytes){data, size}, WASM_FACTS, &info, &error) == 0))
        fprintf(stderr, "  %s\n", error.message);
    arena_free(&arena);
}

void test_wasm_malformed(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_row(&rows[i]);
    forgives_custom_sections();
    bears_large_counts();
    bears_deep_nesting();
}
