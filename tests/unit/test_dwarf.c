/* Source lines: line programs by hand, of every version, broken in every way; and paths. What LLVM
   makes of real ones is compared in tests/corpus/lines.py. */
#include "pkg/wasm/dwarf.h"

#include <stdint.h>

#include "tests/unit/unit.h"
#include "tests/unit/wasm_text.h"

/* A function of 16 nops; its locals stand at address 2 of the code, its last byte at 19. */
#define CODE                                                                                       \
    "01{01 60 00 00} 03{01 00} 0a{01 {00 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 01 0b}}"
#define LINE(units) CODE "00{'.debug_line' " units "}"

/* What the header has in front of the tables; what the standard opcodes take. */
#define OPERANDS "00 01 01 01 01 00 00 00 01 00 00 01"
#define HEADER2  "01 01 fb 0e 0d " OPERANDS
#define HEADER4  "01 01 01 fb 0e 0d " OPERANDS
#define TABLES   "|src| |/abs| 00 |a.c| 01 00 00 |b.h| 00 00 00 |c.h| 02 00 00 |d.h| 09 00 00 00"

/* Rows: 3 a.c:10, 5 a.c:11, 9 b.h:11, 11 no line, up to 14. */
#define START "00 05 02 03 00 00 00 03 09 01"
#define ROWS  START " 2f 04 02 02 04 01 03 75 02 02 01 02 03 00 01 01"
#define FOUND "3 src/a.c:10, 5 src/a.c:11, 9 b.h:11, 11 src/a.c:10, 14 -"

#define UNIT4(program) "[ 04 00 [" HEADER4 TABLES "]" program "]"
/* Folders: two texts in .debug_line_str; files: a text here, and its folder. */
#define UNIT5(program)                                                                             \
    "[ 05 00 04 00 [" HEADER4 " 01 01 1f 02 00 00 00 00 09 00 00 00"                               \
    "03 01 08 02 0b 05 1e 02 |a.c| 00 " MD5 " |b.h| 01 " MD5 "]" program "]"
#define MD5     "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"
#define STRINGS "00{'.debug_line_str' |/home/me| |inc| }"

/* Of each address of the code, where the answer changes: "3 src/a.c:10, 5 -". */
static const char *describe(struct arena *arena, const char *text)
{
    struct error error = {0};
    struct wasm_info info;
    struct dwarf_line lines[24] = {{0}};
    struct bytes file = wasm_text(arena, text).bytes;
    const char *out = "", *last = "-";
    if (!CHECK(wasm_scan(arena, file, WASM_FACTS, &info, &error) == 0))
        return "(no module)";
    for (size_t i = 0; i < 24; i++)
        lines[i].offset = info.sections[2].offset + i;
    dwarf_lines(arena, file, &info, lines, 24);
    for (size_t i = 0; i < 24; i++) {
        const struct wasm_source *source = &lines[i].source;
        const char *now =
            source->file ? arena_printf(arena, "%s:%lu", source->file, (unsigned long)source->line)
                         : "-";
        if (strcmp(now, last) != 0)
            out = arena_printf(arena, "%s%s%zu %s", out, *out ? ", " : "", i, now);
        last = now;
    }
    return out;
}

struct row {
    const char *text, *expected;
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena arena = {0};
        if (!CHECK_TEXT(describe(&arena, rows[i].text), rows[i].expected))
            fprintf(stderr, "  in %s\n", rows[i].text);
        arena_free(&arena);
    }
}
#define CHECK_ROWS(rows) check_rows(rows, sizeof(rows) / sizeof *(rows))

static void reads_each_version(void)
{
    static const struct row rows[] = {
        {CODE, ""},
        {LINE(""), ""},
        {LINE("[ 02 00 [" HEADER2 TABLES "]" ROWS "]"), FOUND},
        {LINE("[ 03 00 [" HEADER2 TABLES "]" ROWS "]"), FOUND},
        {LINE(UNIT4(ROWS)), FOUND},
        {LINE("ff ff ff ff < 04 00 <" HEADER4 TABLES ">" ROWS ">"), FOUND},
        {LINE(UNIT5(ROWS)) STRINGS, "3 inc/b.h:10, 5 inc/b.h:11, 9 -, 11 inc/b.h:10, 14 -"},
        {LINE(UNIT5("04 00" ROWS)) STRINGS, "3 a.c:10, 5 a.c:11, 9 -, 11 a.c:10, 14 -"},
        /* Texts in .debug_str, folders in 64 bits. */
        {LINE("ff ff ff ff < 05 00 04 00 <" HEADER4 " 01 01 0e 01 00 00 00 00 00 00 00 00"
              "01 01 08 02 |x.c| |y.c| >" ROWS ">") "00{'.debug_str' |/home/me|}",
         "3 y.c:10, 5 y.c:11, 9 -, 11 y.c:10, 14 -"},
    };
    CHECK_ROWS(rows);
}

static void runs_each_opcode(void)
{
    static const struct row rows[] = {
        /* An address of 8 bytes, and of none. */
        {LINE(UNIT4("00 09 02 03 00 00 00 00 00 00 00 01 02 01 00 01 01")), "3 src/a.c:1, 4 -"},
        {LINE(UNIT4("00 01 02 01 02 01 00 01 01")), ""},
        /* const_add_pc goes 17 on, fixed_advance_pc what two bytes say. */
        {LINE(UNIT4("00 05 02 02 00 00 00 01 08 00 01 01")), "2 src/a.c:1, 19 -"},
        {LINE(UNIT4("00 05 02 02 00 00 00 01 09 05 00 00 01 01")), "2 src/a.c:1, 7 -"},
        /* Columns, flags and an opcode of nobody's, with two operands. */
        {LINE("[ 04 00 [01 01 01 fb 0e 0e " OPERANDS " 02" TABLES "]"
              "00 05 02 03 00 00 00 05 81 01 06 07 0a 0b 0c 01 0d 80 01 02 01 02 02 00 01 01 ]"),
         "3 src/a.c:1, 5 -"},
        /* Ten opcodes only: what is a standard one elsewhere is special. */
        {LINE("[ 02 00 [01 01 fb 0e 0a 00 01 01 01 01 00 00 00 01" TABLES "]"
              "00 05 02 03 00 00 00 01 1e 02 03 00 01 01 ]"),
         "3 src/a.c:1, 4 src/a.c:2, 7 -"},
        /* Instructions of two bytes; three to a word. */
        {LINE("[ 02 00 [02 01 fb 0e 0d " OPERANDS TABLES "]"
              "00 05 02 03 00 00 00 01 02 03 00 01 01 ]"),
         "3 src/a.c:1, 9 -"},
        {LINE("[ 04 00 [02 03 01 fb 0e 0d " OPERANDS TABLES "]"
              "00 05 02 03 00 00 00 01 02 02 03 01 01 02 04 00 01 01 ]"),
         "3 src/a.c:2, 7 -"},
        /* A name for a file within the program is passed over; so is what nobody knows. */
        {LINE(UNIT4("00 08 03 |x.c| 00 00 00 00 03 80 01 02 " ROWS)), FOUND},
    };
    CHECK_ROWS(rows);
}

static void leaves_out_what_is_not_there(void)
{
    static const struct row rows[] = {
        {LINE(UNIT4("00 05 02 00 00 00 00 01 02 10 00 01 01")), ""},
        {LINE(UNIT4("00 05 02 ff ff ff ff 01 02 10 00 01 01")), ""},
        {LINE(UNIT4("00 05 02 fe ff ff ff 01 02 10 00 01 01")), ""},
        {LINE(UNIT4("00 05 02 15 00 00 00 01 02 10 00 01 01")), ""},
        {LINE(UNIT4("01 02 10 00 01 01")), ""},
        /* Nor is a sequence behind it of the dead one's lines. */
        {LINE(UNIT4("00 05 02 ff ff ff ff 03 05 01 02 10 00 01 01" ROWS)), FOUND},
        /* Up to the very end; which may be said as an address. */
        {LINE(UNIT4("00 05 02 03 00 00 00 01 02 11 00 01 01")), "3 src/a.c:1, 20 -"},
        {LINE(UNIT4("00 05 02 03 00 00 00 01 00 05 02 14 00 00 00 00 01 01")), "3 src/a.c:1, 20 -"},
        /* A sequence without an end has none. */
        {LINE(UNIT4(START "02 04")), ""},
        /* No line at all, and lines only later. */
        {LINE(UNIT4("00 05 02 03 00 00 00 03 7f 01 02 04 00 01 01")), ""},
        {LINE(UNIT4("00 05 02 03 00 00 00 03 7f 01 02 04 03 07 01 02 02 00 01 01")),
         "7 src/a.c:7, 9 -"},
        /* Files and folders that are in no table. */
        {LINE(UNIT4("04 05" ROWS)), "9 b.h:11, 11 -"},
        {LINE(UNIT4("00 05 02 03 00 00 00 04 03 01 02 01 04 04 01 02 01 00 01 01")),
         "3 /abs/c.h:1, 4 d.h:1, 5 -"},
        /* The first unit that says so is believed, row by row also backwards. */
        {LINE(UNIT4("00 05 02 05 00 00 00 01 02 01 00 01 01") UNIT4(ROWS)),
         "3 src/a.c:10, 5 src/a.c:1, 6 src/a.c:11, 9 b.h:11, 11 src/a.c:10, 14 -"},
        {LINE(UNIT4(
             "00 05 02 09 00 00 00 01 02 02 01 00 05 02 03 00 00 00 03 01 01 02 02 00 01 01")),
         "3 src/a.c:2, 5 -, 9 src/a.c:1, 11 -"},
    };
    CHECK_ROWS(rows);
}

/* A unit that makes no sense is passed over; the next one is read, where its length can be
   believed. */
static void survives_nonsense(void)
{
    static const struct row rows[] = {
        {LINE("[ 01 00 00 ]" UNIT4(ROWS)), FOUND},
        {LINE("[ 06 00 00 ]" UNIT4(ROWS)), FOUND},
        {LINE("[ ]" UNIT4(ROWS)), FOUND},
        {LINE("[ 04 ]" UNIT4(ROWS)), FOUND},
        {LINE("[ 04 00 ff ff 00 00 00 ]" UNIT4(ROWS)), FOUND},
        {LINE("[ 04 00 [01 01 01 fb 00 0d " OPERANDS TABLES "]" ROWS "]" UNIT4(ROWS)), FOUND},
        {LINE("[ 04 00 [01 01 01 fb 0e 00 ]" ROWS "]" UNIT4(ROWS)), FOUND},
        {LINE("[ 04 00 [01 01 01 fb 0e 0d 00 01 ]" ROWS "]" UNIT4(ROWS)), FOUND},
        {LINE("ff ff ff 7f" UNIT4(ROWS)), ""},
        {LINE("f0 ff ff ff" UNIT4(ROWS)), ""},
        {LINE("ff ff ff ff 00 00 00 00 00 00 00 80" UNIT4(ROWS)), ""},
        {LINE("ff ff ff"), ""},
        /* Numbers that do not end, and operands that are cut. */
        {LINE(UNIT4("02 ff ff ff ff ff ff ff ff ff ff ff ff 01") UNIT4(ROWS)), FOUND},
        {LINE(UNIT4("03 80") UNIT4(ROWS)), FOUND},
        {LINE(UNIT4("00 ff ff 03 02") UNIT4(ROWS)), FOUND},
        {LINE(UNIT4("00 00 00 00 09 01") UNIT4(ROWS)), FOUND},
        /* Padding is right. */
        {LINE(UNIT4("00 05 02 03 00 00 00 03 89 80 80 80 00 01 02 81 80 80 80 00 00 81 00 01")),
         "3 src/a.c:10, 4 -"},
        /* Addresses and lines that go around. */
        {LINE(UNIT4(START "02 ff ff ff ff ff ff ff ff ff 01 01 02 04 00 01 01")),
         "2 src/a.c:10, 6 -"},
        {LINE(UNIT4("00 05 02 03 00 00 00 03 80 80 80 80 78 01 02 01 00 01 01")),
         "3 src/a.c:2147483649, 4 -"},
        /* Addresses of sixteen bytes. */
        {LINE("[ 05 00 10 00 [" HEADER4 " 00 00 02 01 08 02 01 01 |a.c| " MD5 "]" ROWS "]"), ""},
        /* Tables that are cut, without an end, of no columns, of too many, of unknown ones. */
        {LINE("[ 04 00 [" HEADER4 "|src| 00 |a.c| 01 00 ]" ROWS "]"),
         "3 src/a.c:10, 5 src/a.c:11, 9 -, 11 src/a.c:10, 14 -"},
        {LINE("[ 04 00 [" HEADER4 "61 62 63 ]" ROWS "]"), ""},
        {LINE("[ 05 00 04 00 [" HEADER4 " 00 ff ff ff ff ff ff ff ff ff 01 00 01 ]" ROWS "]"), ""},
        {LINE("[ 05 00 04 00 [" HEADER4 " 11 01 08 01 |/| ]" ROWS "]"), ""},
        {LINE("[ 05 00 04 00 [" HEADER4 " 01 01 2d 01 00 00 ]" ROWS "]"), ""},
        {LINE("[ 05 00 04 00 [" HEADER4 " 01 01 19 ff ff ff ff ff ff 03 01 01 08 00 ]" ROWS "]"),
         ""},
        {LINE("[ 05 00 04 00 [" HEADER4 " 00 00 01 01 1f 02 ff ff ff ff 00 00 00 00 ]" ROWS "]"),
         ""},
    };
    CHECK_ROWS(rows);
}

/* A unit that begins with a name, where its program is, and where the compiler was started. */
#define ABBREV "00{'.debug_abbrev' 02 24 00 03 21 7f 00 00 01 11 01 03 0e 10 17 1b 08 00 00 00}"
#define INFO(program, root)                                                                        \
    "[ 04 00 00 00 00 00 04 01 00 00 00 00 " program " 00 00 00 |" root "| ]"
#define ABSOLUTE                                                                                   \
    "[ 04 00 [" HEADER4 "|/home/me/app/src| 00 |a.c| 01 00 00 |../lib/b.c| 00 00 00 00]" ROWS "]"

static void knows_where_the_compiler_was_started(void)
{
    static const struct row rows[] = {
        {LINE(ABSOLUTE), "3 /home/me/app/src/a.c:10, 5 /home/me/app/src/a.c:11, 9 ../lib/b.c:11, "
                         "11 /home/me/app/src/a.c:10, 14 -"},
        {LINE(ABSOLUTE) ABBREV "00{'.debug_info' " INFO("00", "/home/me/app") "}",
         "3 src/a.c:10, 5 src/a.c:11, 9 /home/me/lib/b.c:11, 11 src/a.c:10, 14 -"},
        /* Of another program, or without abbreviations. */
        {LINE(ABSOLUTE) ABBREV "00{'.debug_info' " INFO("07", "/home/me/app") "}",
         "3 /home/me/app/src/a.c:10, 5 /home/me/app/src/a.c:11, 9 ../lib/b.c:11, "
         "11 /home/me/app/src/a.c:10, 14 -"},
        {LINE(UNIT4(ROWS)) "00{'.debug_info' " INFO("00", "/x") "}", FOUND},
        {LINE(UNIT4(ROWS)) "00{'.debug_abbrev' 01 11} 00{'.debug_info' " INFO("00", "/x") "}",
         FOUND},
        {LINE(UNIT4(ROWS)) ABBREV "00{'.debug_info' [ 04 00 00 00 00 00 04 01 ] [ 09 00 ] 01 }",
         FOUND},
        {LINE(UNIT4(ROWS)) ABBREV "00{'.debug_info' [ 04 00 99 00 00 00 04 01 00 00 00 00 ] [ ] }",
         FOUND},
    };
    CHECK_ROWS(rows);
}

static void writes_paths(void)
{
    static const struct {
        const char *root, *folder, *name, *expected;
    } rows[] = {
        {"", "", "a.c", "a.c"},
        {"", "", "", NULL},
        {"/home/me/app", "src", "lib.rs", "src/lib.rs"},
        {"/home/me/app", "/home/me/app/src/", "lib.rs", "src/lib.rs"},
        {"/home/me/app/", "", "/home/me/app/./src//lib.rs", "src/lib.rs"},
        {"/home/me/app", "/home/me/apple", "lib.rs", "/home/me/apple/lib.rs"},
        {"/home/me/app/build", "../src", "a.c", "/home/me/app/src/a.c"},
        {"/home/me/app", ".", "src/../gen/a.c", "gen/a.c"},
        {"", "../..", "../a.c", "../../../a.c"},
        {"/", "../..", "a.c", "/a.c"},
        {"/home/me/app", "", "/home/me/app", "/home/me/app"},
        {"C:\\work\\app", "src", "a.c", "src/a.c"},
        {"C:\\work\\app", "C:\\other", "a.c", "C:/other/a.c"},
        {"/rustc/0123abc", "library/core/src", "fmt/mod.rs",
         "rust std: library/core/src/fmt/mod.rs"},
        {"/home/me/app", "/rustc/0123abc/library/std/src", "io.rs",
         "rust std: library/std/src/io.rs"},
        {"/home/me/app", "/usr/src/rustc-1.63.0/library/core/src/../../stdarch", "simd.rs",
         "rust std: library/stdarch/simd.rs"},
        {"", "/home/me/.rustup/toolchains/x/lib/rustlib/src/rust/library/alloc/src", "vec.rs",
         "rust std: library/alloc/src/vec.rs"},
        {"", "/rust/deps/dlmalloc-0.2.7/src", "lib.rs", "dlmalloc-0.2.7/src/lib.rs"},
        {"/home/me/.cargo/registry/src/index-19/memchr-2.7.1", "src", "x.rs",
         "memchr-2.7.1/src/x.rs"},
        {"", "/home/me/.cargo/git/checkouts/wit-0f/9a2/src", "x.rs", "wit-0f/9a2/src/x.rs"},
        {"", "/go/pkg/mod/example.com/a@v1.2.3", "a.go", "example.com/a@v1.2.3/a.go"},
        {"", "/emsdk/emscripten/system/lib", "abort.c", "emscripten: system/lib/abort.c"},
        {"/rustc/", "", "x", "x"},
        {"", "/rustc/only", "", NULL},
        {"", "\x1b[31m", "a\n::error::\xff.c", "\\u{1b}[31m/a\\u{0a}::error::\\u{ff}.c"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        const char *found = dwarf_path(&arena, bytes_of(rows[i].root), bytes_of(rows[i].folder),
                                       bytes_of(rows[i].name));
        if (rows[i].expected)
            CHECK_TEXT(found ? found : "(none)", rows[i].expected);
        else
            CHECK(found == NULL);
        arena_free(&arena);
    }
}

static void refuses_long_paths(void)
{
    static char name[5000];
    struct arena arena = {0};
    struct bytes none = {NULL, 0};
    memset(name, 'a', sizeof name - 1);
    CHECK(dwarf_path(&arena, none, none, bytes_of(name)) == NULL);
    CHECK(dwarf_path(&arena, bytes_of(name), none, bytes_of("a")) == NULL);
    name[4096] = '\0';
    CHECK(dwarf_path(&arena, bytes_of(name), bytes_of(name), bytes_of(name)) != NULL);
    arena_free(&arena);
}

/* i32.extend8_s at address 5 of the code. */
#define EXTENDS                                                                                    \
    "01{01 60 00 00} 03{01 00} 0a{01 {00 41 00 c0 1a 01 01 01 01 01 01 01 01 01 01 01 01 0b}}"     \
    "00{'.debug_line' " UNIT4(ROWS) "}"

static const struct wasm_use *find_use(const struct wasm_info *info, enum wasm_feature feature)
{
    for (size_t i = 0; i < info->use_count; i++)
        if (info->uses[i].feature == feature)
            return &info->uses[i];
    return NULL;
}

static void stands_in_uses(void)
{
    static const char *const texts[] = {
        EXTENDS,
        "! 00 61 73 6d 0d 00 01 00 01{00 61 73 6d 01 00 00 00 " EXTENDS "}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        if (CHECK(wasm_scan(&arena, wasm_text(&arena, texts[i]).bytes, WASM_VALIDATION, &info,
                            &error) == 0)) {
            const struct wasm_use *use = find_use(&info, WASM_FEATURE_SIGN_EXT);
            CHECK_TEXT(wasm_debug_text(&arena, &info), "dwarf");
            if (CHECK(use && use->source.file)) {
                CHECK_TEXT(use->source.file, "src/a.c");
                CHECK(use->source.line == 11);
            }
        }
        arena_free(&arena);
    }
}

/* A function begins behind its size, which is where the measure of its bytes stands. */
static void stands_in_measures(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    const char *text = LINE(UNIT4("00 05 02 02 00 00 00 03 06 01 02 09 00 01 01"));
    if (CHECK(wasm_scan(&arena, wasm_text(&arena, text).bytes, WASM_FACTS, &info, &error) == 0)) {
        CHECK(info.largest[WASM_FUNCTION_BYTES].source.line == 7);
        CHECK(info.largest[WASM_FUNCTION_BYTES].source.file &&
              strcmp(info.largest[WASM_FUNCTION_BYTES].source.file, "src/a.c") == 0);
    }
    arena_free(&arena);
}

static void tells_what_there_is(void)
{
    static const struct row rows[] = {
        {"", "none"},
        {"00{'name'}", "none"},
        {"00{'name' 00{'m'}}", "none"},
        {"00{'name' 01{00}}", "none"},
        {"00{'name' 00{'m'} 01{01 00 'f'}}", "names"},
        {"00{'name' 01}", "none"},
        {"00{'sourceMappingURL' 'app.map'}", "source map: app.map"},
        {"00{'sourceMappingURL' 'app.map'} 00{'name' 01{01 00 'f'}}", "source map: app.map"},
        {"00{'sourceMappingURL' 09 61}", "none"},
        {"00{'sourceMappingURL' ''}", "none"},
        {"00{'external_debug_info' 'a\x1b[1m.wasm'}", "external: a\\u{1b}[1m.wasm"},
        {"00{'external_debug_info' 'a'} 00{'sourceMappingURL' 'b'}", "external: a"},
        {"00{'.debug_line'}", "none"},
        {"00{'.debug_line' 00} 00{'external_debug_info' 'a'}", "dwarf"},
        {"00{'.debug_info' 00}", "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct wasm_info info;
        if (CHECK(wasm_scan(&arena, wasm_text(&arena, rows[i].text).bytes, WASM_FACTS, &info,
                            &error) == 0))
            CHECK_TEXT(wasm_debug_text(&arena, &info), rows[i].expected);
        arena_free(&arena);
    }
}

/* Many that wait at one place, and a program that comes back to it again and again. */
static void costs_what_it_is_long(void)
{
    enum { MANY = 100000 };
    struct arena arena = {0};
    struct error error = {0};
    struct wasm_info info;
    struct dwarf_line *lines = arena_alloc(&arena, MANY, sizeof *lines);
    struct buffer *text = buffer_new(&arena, 64 << 20);
    int bad = buffer_printf(text, "%s", CODE "00{'.debug_line' [ 04 00 [" HEADER4 TABLES "]");
    for (int i = 0; i < MANY; i++)
        bad |= buffer_printf(text, "%s", "00 05 02 02 00 00 00 03 7f 01 02 11 00 01 01 ");
    CHECK(buffer_printf(text, "%s", START "02 01 00 01 01]}") == 0 && bad == 0);
    struct bytes file = wasm_text(&arena, buffer_text(text)).bytes;
    if (CHECK(wasm_scan(&arena, file, WASM_FACTS, &info, &error) == 0)) {
        for (size_t i = 0; i < MANY; i++)
            lines[i].offset = info.sections[2].offset + 3;
        dwarf_lines(&arena, file, &info, lines, MANY);
        CHECK(lines[0].source.line == 10 && lines[MANY - 1].source.line == 10);
    }
    arena_free(&arena);
}

void test_dwarf(void)
{
    reads_each_version();
    runs_each_opcode();
    leaves_out_what_is_not_there();
    survives_nonsense();
    knows_where_the_compiler_was_started();
    writes_paths();
    refuses_long_paths();
    stands_in_uses();
    stands_in_measures();
    tells_what_there_is();
    costs_what_it_is_long();
}
