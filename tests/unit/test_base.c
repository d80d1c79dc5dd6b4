#include <stdint.h>

#include "pkg/base/bytes.h"
#include "pkg/base/file.h"
#include "pkg/base/text.h"
#include "tests/unit/unit.h"

static void test_arena(void)
{
    struct arena arena = {0};
    char *large = arena_alloc(&arena, 1, 1 << 20);
    char *small = arena_alloc(&arena, 3, 1);
    CHECK(large[0] == 0 && large[(1 << 20) - 1] == 0 && small != large);
    CHECK_TEXT(arena_printf(&arena, "%s-%d", "a", 7), "a-7");
    arena_free(&arena);
    CHECK(arena.blocks == NULL);
}

static void test_error(void)
{
    struct error error = {0};
    CHECK(error_set(&error, FAULT_INPUT, "cannot read '%s'", "x") == -1);
    error_hint(&error, "look");
    CHECK(error_prefix(&error, "step %d", 2) == -1);
    CHECK_TEXT(error.message, "step 2: cannot read 'x'");
    CHECK_TEXT(error.hint, "look");
    CHECK_TEXT(error_kind(error.fault), "input");
}

static void test_buffer(void)
{
    struct arena arena = {0};
    struct buffer *buffer = buffer_new(&arena, 10);
    CHECK(buffer_add(buffer, "12345678", 8) == 0);
    CHECK(buffer_add(buffer, "abc", 3) == -1);
    CHECK(buffer_printf(buffer, "%d", 90) == 0);
    CHECK_TEXT(buffer_text(buffer), "1234567890");
    arena_free(&arena);
}

static void test_nearest(void)
{
    static const char *const words[] = {"publish", "package", "platforms", "probe"};
    CHECK_TEXT(text_nearest("pubilsh", words, 4), "publish");
    CHECK_TEXT(text_nearest("plattform", words, 4), "platforms");
    CHECK(text_nearest("zebra-crossing", words, 4) == NULL);
}

static void test_safe(void)
{
    struct arena arena = {0};
    CHECK_TEXT(text_safe(&arena, "a\x1b[31m", 6), "a\\u{1b}[31m");
    CHECK_TEXT(text_safe(&arena, "::error a::b ::c", 16), "\\u{3a}:error a::b \\u{3a}:c");
    CHECK_TEXT(text_safe(&arena, "a##[error]", 10), "a\\u{23}#[error]");
    CHECK_TEXT(text_safe(&arena, ":", 1), ":");
    CHECK_TEXT(text_safe(&arena, "gr\xc3\xbc\xc3\x9f", 6), "gr\xc3\xbc\xc3\x9f");
    CHECK_TEXT(text_safe(&arena, "\xe2\x80\xae.exe", 7), "\\u{202e}.exe");
    CHECK_TEXT(text_safe(&arena, "\xff\xc0\x80", 3), "\\u{ff}\\u{c0}\\u{80}");
    arena_free(&arena);
}

static void test_dates(void)
{
    struct arena arena = {0};
    CHECK(text_is_date("2024-02-29") && !text_is_date("2026-02-29") && !text_is_date("2026-1-01"));
    CHECK_TEXT(text_time(&arena, 1795348800), "2026-11-22T12:00:00Z");
    CHECK(text_matches("fastly_*", "fastly_http") && !text_matches("a*c", "abd"));
    CHECK(text_matches("*/*.wasm", "build/x.wasm") && text_matches("*", ""));
    arena_free(&arena);
}

static void test_files(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct bytes got;
    char *folder = unit_folder(&arena), *out;
    char *path = path_join(&arena, folder, "a/b.txt");
    CHECK(file_write(path, bytes_of("hello"), 0600, &error) == 0);
    CHECK(file_read(&arena, path, 5, &got, &error) == 0);
    CHECK_TEXT((const char *)got.data, "hello");
    CHECK(file_read(&arena, path, 4, &got, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(file_read(&arena, folder, 4, &got, &error) == -1);
    CHECK(path_within(&arena, folder, path, &out, &error) == 0);
    CHECK(path_within(&arena, path_join(&arena, folder, "a"), folder, &out, &error) == -1);
    arena_free(&arena);
}

void test_base(void)
{
    test_arena();
    test_error();
    test_buffer();
    test_nearest();
    test_safe();
    test_dates();
    test_files();
}
