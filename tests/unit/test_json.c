#include <stdint.h>
#include <string.h>

#include "pkg/json/json.h"
#include "tests/unit/unit.h"

static const char document[] = "{\n"
                               "  \"name\": \"x\",\n"
                               "  \"list\": [1,\n"
                               "    [2, {\"deep\":\n"
                               "      true}],\n"
                               "    \"}]\\\"{\", 4\n"
                               "  ],\n"
                               "  \"a.b\": {\n"
                               "    \"q\\\"\\u00fc\\ud83d\\ude00\": null,\n"
                               "    \"tab\\t\": 1\n"
                               "  }\n"
                               "}\n";

static void test_lines(void)
{
    static const struct {
        const char *path;
        size_t line;
    } rows[] = {
        {"", 1},
        {"name", 2},
        {"list", 3},
        {"list[0]", 3},
        {"list[1]", 4},
        {"list[1][0]", 4},
        {"list[1][1].deep", 5},
        {"list[2]", 6},
        {"list[3]", 6},
        {"list[4]", 1},
        {"list.name", 1},
        {"name[0]", 1},
        {"[\"a.b\"]", 8},
        {"[\"a.b\"][\"q\\\"\xc3\xbc\xf0\x9f\x98\x80\"]", 9},
        {"[\"a.b\"][\"tab\\t\"]", 10},
        {"a.b", 1},
        {"nam", 1},
        {"namename", 1},
        {"list[99999999999999999999999]", 1},
        {"list[", 3},
        {"[\"a.b", 8},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!CHECK(json_line(document, rows[i].path) == rows[i].line))
            fprintf(stderr, "  path '%s': got line %zu\n", rows[i].path,
                    json_line(document, rows[i].path));
    CHECK(json_line("\xef\xbb\xbf{\n\"a\":1}", "a") == 2);
}

/* Every path of the document written by json_path leads back to its line; every cut of the
   document and of a path is survived. */
static void test_any_text(void)
{
    struct arena arena = {0};
    char *path = json_path(&arena, json_path(&arena, "", "a.b"), "q\"\xc3\xbc\xf0\x9f\x98\x80");
    CHECK(json_line(document, path) == 9);
    CHECK(json_line(document, json_path(&arena, "[\"a.b\"]", "tab\t")) == 10);
    for (size_t i = 0; i < sizeof document; i++) {
        char *cut = arena_copy(&arena, document, i);
        CHECK(json_line(cut, path) <= 12);
        CHECK(json_line(cut, "list[1][1].deep") <= 12);
    }
    for (size_t i = 0; path[i]; i++)
        CHECK(json_line(document, arena_copy(&arena, path, i)) <= 12);
    CHECK(json_line("{\"\\ud83d\\", "x") == 1 && json_line("{\"\\", "x") == 1);
    CHECK(json_line("{}{}", "x") == 1 && json_line("{1 2 3", "x") == 1);
    arena_free(&arena);
}

static void test_paths(void)
{
    struct arena arena = {0};
    CHECK_TEXT(json_path(&arena, "", "a"), "a");
    CHECK_TEXT(json_path(&arena, "a", "b-c"), "a.b-c");
    CHECK_TEXT(json_path(&arena, "a", "b.c"), "a[\"b.c\"]");
    CHECK_TEXT(json_path(&arena, "a", "b\"]\x1b"), "a[\"b\\\"]\\u001B\"]");
    CHECK_TEXT(json_path(&arena, "a", ""), "a[\"\"]");
    arena_free(&arena);
}

static void test_refusals(void)
{
    static const struct {
        const char *text, *message;
    } rows[] = {
        {"", "f:1:1: is empty, a JSON document is expected"},
        {"{\"a\": 1,\n \"a\": 2}", "f:2:4: duplicate object key near '\"a\"'"},
        {"{\"a\": 1} x", "f:1:10: end of file expected near 'x'"},
        {"{\"a\": 1,}", "f:1:9: string or '}' expected near '}'"},
        {"{\"a\": \"\\u0000\"}", "f:1:14: \\u0000 is not allowed"},
        {"[\"\x1b\"]", "f:1:2: control character 0x1b near '\"'"},
        {"[1,\n2", "f:2:1: ']' expected near end of file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        json_t *out = NULL;
        CHECK(json_read(&arena, bytes_of(rows[i].text), "f", FAULT_REMOTE, &out, &error) == -1);
        CHECK(error.fault == FAULT_REMOTE && out == NULL);
        CHECK_TEXT(error.message, rows[i].message);
        arena_free(&arena);
    }
}

/* jansson passes over a NUL byte behind a number. */
static void test_nul(void)
{
    static const char text[] = "{\"a\":\n 12\0, \"b\": 3}";
    struct arena arena = {0};
    struct error error = {0};
    json_t *out = NULL;
    struct bytes bytes = {(const uint8_t *)text, sizeof text - 1};
    CHECK(json_read(&arena, bytes, "f", FAULT_INPUT, &out, &error) == -1);
    CHECK_TEXT(error.message, "f:2:4: a NUL byte is not allowed");
    arena_free(&arena);
}

static int read_nested(struct arena *arena, size_t depth, const char *before, struct error *error)
{
    struct buffer *buffer = buffer_new(arena, 1 << 24);
    json_t *out;
    int status = buffer_printf(buffer, "%s", before);
    for (size_t i = 0; i < depth; i++)
        status |= buffer_add(buffer, "[", 1);
    for (size_t i = 0; i < depth; i++)
        status |= buffer_add(buffer, "]", 1);
    CHECK(status == 0);
    return json_read(arena, buffer_bytes(buffer), "f", FAULT_INPUT, &out, error);
}

static void test_depth(void)
{
    struct arena arena = {0};
    struct error error = {0};
    CHECK(read_nested(&arena, 64, "", &error) == 0);
    CHECK(read_nested(&arena, 65, "\n ", &error) == -1);
    CHECK_TEXT(error.message, "f:2:66: nested deeper than 64");
    CHECK(read_nested(&arena, 1000000, "", &error) == -1);
    arena_free(&arena);
}

/* Three bytes of text can be over a hundred in memory. */
static void test_many_values(void)
{
    for (size_t count = 499999; count <= 500001; count += 2) {
        struct arena arena = {0};
        struct error error = {0};
        json_t *out;
        char *text = arena_alloc(&arena, 2 * count + 3, 1);
        text[0] = '[';
        for (size_t i = 0; i < count; i++)
            memcpy(text + 1 + 2 * i, i + 1 < count ? "1," : "1]", 2);
        int status = json_read(&arena, bytes_of(text), "f", FAULT_REMOTE, &out, &error);
        CHECK(status == (count < 500000 ? 0 : -1));
        CHECK_TEXT(status ? error.message : NULL,
                   status ? "f:1:1000001: more than 500000 values" : NULL);
        arena_free(&arena);
    }
}

static json_t *read(struct arena *arena, const char *text)
{
    struct error error = {0};
    json_t *out = NULL;
    if (!CHECK(json_read(arena, bytes_of(text), "f", FAULT_INPUT, &out, &error) == 0))
        fprintf(stderr, "  %s\n", error.message);
    return out;
}

static void test_find(void)
{
    struct arena arena = {0};
    json_t *value = read(&arena, "\xef\xbb\xbf{\"a\": [{\"b\": \"text\", \"n\": 7, \"t\": true}]}");
    CHECK_TEXT(json_find_string(value, "a[0].b", "no"), "text");
    CHECK_TEXT(json_find_string(value, "a[0].n", "no"), "no");
    CHECK_TEXT(json_find_string(value, "a[1].b", NULL), NULL);
    CHECK_TEXT(json_find_string(NULL, "a", "no"), "no");
    CHECK(json_find_integer(value, "a[0].n", 1) == 7 && json_find_integer(value, "a[0].t", 1) == 1);
    CHECK(json_find_bool(value, "a[0].t", false) && json_find_bool(value, "a", true));
    CHECK(json_find(value, "") == value);
    arena_free(&arena);
}

/* The examples of RFC 7396, appendix A. */
static void test_merge(void)
{
    static const char *const rows[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        json_t *document_value = read(&arena, rows[i][0]), *patch = read(&arena, rows[i][1]);
        json_t *merged = json_merge_patch(&arena, document_value, patch);
        CHECK_TEXT(json_print(&arena, merged), rows[i][2]);
        CHECK_TEXT(json_print(&arena, document_value), rows[i][0]);
        CHECK_TEXT(json_print(&arena, patch), rows[i][1]);
        arena_free(&arena);
    }
}

static void test_print(void)
{
    struct arena arena = {0};
    json_t *value = json_own(&arena, json_pack("{s:f,s:[i],s:o}", "z", 0.1, "a", 1, "t",
                                               json_text("a\xff\xed\xa0\x80\xc3\xbc\xe2\x82", 9)));
    CHECK_TEXT(json_print(&arena, value),
               "{\"z\":0.1,\"a\":[1],\"t\":\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
               "\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd\"}");
    CHECK_TEXT(json_print_indented(&arena, read(&arena, "{\"b\":[1]}")),
               "{\n  \"b\": [\n    1\n  ]\n}");
    CHECK_TEXT(json_print(&arena, json_own(&arena, json_text("", 0))), "\"\"");
    arena_free(&arena);
}

void test_json(void)
{
    test_lines();
    test_any_text();
    test_paths();
    test_refusals();
    test_nul();
    test_depth();
    test_many_values();
    test_find();
    test_merge();
    test_print();
}
