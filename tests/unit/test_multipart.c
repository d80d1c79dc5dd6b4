#include "pkg/base/bytes.h"
#include "pkg/sandbox/sandbox.h"
#include "tests/unit/unit.h"

static struct sandbox_request form_request(struct arena *arena, const char *type, const char *body,
                                           size_t size)
{
    struct sandbox_header *header = arena_alloc(arena, 1, sizeof *header);
    *header = (struct sandbox_header){"content-type", type};
    return (struct sandbox_request){.arena = arena,
                                    .method = "PUT",
                                    .target = "/",
                                    .path = "/",
                                    .query = "",
                                    .headers = header,
                                    .header_count = 1,
                                    .body = {(const uint8_t *)body, size}};
}

static void test_parts(void)
{
    static const char body[] =
        "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"meta data\"\r\n\r\n{}\r\n"
        "--b \r\ncontent-disposition: form-data; name=a; filename=\"x \\\"y\\\".wasm\"\r\n"
        "Content-Type: application/wasm\r\n\r\n\0asm\r\n--c\r\n\r\n"
        "--b\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n\r\n--b--\r\nepilogue";
    struct arena arena = {0};
    struct sandbox_part *parts;
    size_t parts_count;
    struct sandbox_request request = form_request(
        &arena, "Multipart/Form-Data; charset=x; boundary=\"b\"", body, sizeof body - 1);
    CHECK(sandbox_multipart(&request, &parts, &parts_count) == 0 && parts_count == 3);
    CHECK_TEXT(parts[0].name, "meta data");
    CHECK(parts[0].filename == NULL && parts[0].media_type == NULL && parts[0].body.size == 2);
    CHECK_TEXT(parts[1].filename, "x \"y\".wasm");
    CHECK_TEXT(parts[1].media_type, "application/wasm");
    CHECK(bytes_equal(parts[1].body, (struct bytes){(const uint8_t *)"\0asm\r\n--c\r\n", 11}));
    CHECK(parts[2].name[0] == '\0' && parts[2].body.size == 0);
    arena_free(&arena);
}

static void test_bad_parts(void)
{
#define HEAD "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n"
    static const struct {
        const char *type, *body;
    } rows[] = {
        {"text/plain; boundary=b", HEAD "\r\nx\r\n--b--\r\n"},
        {"multipart/form-data", HEAD "\r\nx\r\n--b--\r\n"},
        {"multipart/form-data; boundary=", HEAD "\r\nx\r\n--b--\r\n"},
        {"multipart/form-data; boundary=\"b", HEAD "\r\nx\r\n--b--\r\n"},
        {"multipart/form-data; boundary=b", ""},
        {"multipart/form-data; boundary=b", "--b"},
        {"multipart/form-data; boundary=b", "--bx\r\n"},
        {"multipart/form-data; boundary=b", HEAD},
        {"multipart/form-data; boundary=b", HEAD "\r\nx"},
        {"multipart/form-data; boundary=b", HEAD "\r\nx\r\n--b"},
        {"multipart/form-data; boundary=b", HEAD "\r\nx\r\n--b\r\n"},
        {"multipart/form-data; boundary=b", "--b\r\nContent-Type: x\r\n\r\nx\r\n--b--\r\n"},
        {"multipart/form-data; boundary=b",
         "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"},
        {"multipart/form-data; boundary=b",
         "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--"},
        {"multipart/form-data; boundary=b", "--b\r\nno colon\r\n\r\nx\r\n--b--\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct sandbox_part *parts;
        size_t parts_count;
        struct sandbox_request request =
            form_request(&arena, rows[i].type, rows[i].body, strlen(rows[i].body));
        if (!CHECK(sandbox_multipart(&request, &parts, &parts_count) == -1))
            fprintf(stderr, "  row %zu\n", i);
        arena_free(&arena);
    }
}

static void test_words(void)
{
    struct arena arena = {0};
    size_t word_count;
    const char *out;
    struct sandbox_request request = {
        .arena = &arena, .path = "/a%2fb//%zz/", .query = "a&b=%zz&c=1%00&%64=4&e"};
    const char **words = sandbox_words(&request, &word_count);
    CHECK(word_count == 4);
    CHECK_TEXT(words[0], "a/b");
    CHECK_TEXT(words[1], "");
    CHECK_TEXT(words[2], "%zz");
    CHECK_TEXT(words[3], "");
    CHECK_TEXT(sandbox_query(&request, "a"), "");
    CHECK(sandbox_query(&request, "b") == NULL && sandbox_query(&request, "c") == NULL);
    CHECK_TEXT(sandbox_query(&request, "d"), "4");
    CHECK_TEXT(sandbox_query(&request, "e"), "");
    CHECK(sandbox_query(&request, "f") == NULL);
    CHECK(sandbox_unescape(&arena, "%4", &out) == -1 && sandbox_unescape(&arena, "%", &out) == -1);
    CHECK(sandbox_unescape(&arena, "a+%41", &out) == 0);
    CHECK_TEXT(out, "a+A");
    arena_free(&arena);
}

void test_multipart(void)
{
    test_parts();
    test_bad_parts();
    test_words();
}
