/* AWS's own vectors and the requests that AWS's clients really sent, when they are there; two of
   them always. */
#include <jansson.h>
#include <strings.h>

#include "pkg/base/file.h"
#include "pkg/digest/digest.h"
#include "pkg/digest/sigv4.h"
#include "tests/unit/unit.h"

#define FOLDER "contracts/lambda-edge/"

static const struct sigv4_key example = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                                         "us-east-1", "service"};

static const char nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/* get-vanilla-query-order-encoded and get-header-key-duplicate of aws-c-auth's suite. */
static void test_inline(struct arena *arena)
{
    const struct sigv4_header headers[] = {{"Host", "example.amazonaws.com"},
                                           {"My-Header1", "value2"},
                                           {"my-header1", " value2"},
                                           {"My-Header1", "value1"},
                                           {"X-Amz-Date", "20150830T123600Z"}};
    struct sigv4_request request = {"GET", "/", "", headers, 5, nothing, false};
    struct sigv4_signature got;
    sigv4_sign(arena, &example, &request, "20150830T123600Z", &got);
    CHECK_TEXT(got.signature, "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
    const struct sigv4_header two[] = {headers[4], headers[0]};
    request = (struct sigv4_request){
        "GET", "/", "Param-3=Value3&Param=Value2&%E1%88%B4=Value1", two, 2, nothing, false};
    sigv4_sign(arena, &example, &request, "20150830T123600Z", &got);
    CHECK_TEXT(got.authorization,
               "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
               "SignedHeaders=host;x-amz-date, "
               "Signature=371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac");
}

/* Signing must not read past the end of what is cut short. */
static void test_ragged(struct arena *arena)
{
    static const char *const rows[][3] = {
        {"/a%2", "x=%4&y=%&z=%zz&&=1&k", "GET\n/a%252\n=1&k=&x=%254&y=%25&z=%25zz\n"},
        {"", "a=b=c", "GET\n/\na=b%3Dc\n"},
        {"/../..", "q=a+b", "GET\n/\nq=a%2Bb\n"},
        {"/a/b/..", NULL, "GET\n/a/\n\n"},
        {"/a/./b", "b&a", "GET\n/a/b\na=&b=\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sigv4_request request = {"GET", rows[i][0], rows[i][1], NULL, 0, nothing, false};
        struct sigv4_signature got;
        sigv4_sign(arena, &example, &request, "", &got);
        got.canonical_request[strlen(rows[i][2])] = '\0';
        CHECK_TEXT(got.canonical_request, rows[i][2]);
    }
}

static json_t *load(struct arena *arena, const char *name)
{
    const char *path = unit_shared(arena, arena_printf(arena, FOLDER "%s", name));
    json_error_t error;
    if (!path) {
        unit_skip(arena_printf(arena, "sigv4: %s is not there", name));
        return NULL;
    }
    json_t *document = json_load_file(path, 0, &error);
    CHECK(document != NULL);
    return document;
}

static const char *text(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "";
}

struct vector {
    struct sigv4_key key;
    struct sigv4_request request;
    struct sigv4_header headers[32];
    char body_sha256[65];
};

/* "METHOD TARGET HTTP/1.1", header lines (folded ones too), blank line, body. */
static void parse_request(struct arena *arena, const char *raw, struct vector *out)
{
    char *line = arena_strdup(arena, raw);
    char *body = strstr(line, "\n\n");
    digest_sha256(bytes_of(body ? body + 2 : ""), out->body_sha256);
    if (body)
        body[1] = '\0';
    char *next = strchr(line, '\n');
    *next++ = '\0';
    *strrchr(line, ' ') = '\0';
    out->request.method = line;
    char *target = strchr(line, ' ');
    *target++ = '\0';
    out->request.path = target;
    char *query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    out->request.query = query;
    out->request.headers = out->headers;
    while (*next) {
        char *end = strchr(next, '\n');
        while (end[1] == ' ')
            end = strchr(end + 1, '\n');
        *end = '\0';
        char *colon = strchr(next, ':');
        *colon = '\0';
        out->headers[out->request.header_count++] = (struct sigv4_header){next, colon + 1};
        next = end + 1;
    }
}

static void check_vector(struct arena *arena, const json_t *item)
{
    struct vector vector = {.key = example};
    const json_t *context = json_object_get(item, "context");
    const json_t *credentials = json_object_get(item, "credentials");
    parse_request(arena, text(item, "request"), &vector);
    vector.key = (struct sigv4_key){text(credentials, "access_key_id"),
                                    text(credentials, "secret_access_key"), text(context, "region"),
                                    text(context, "service")};
    struct sigv4_request *request = &vector.request;
    request->keep_path = !json_is_true(json_object_get(context, "normalize"));
    request->payload_sha256 = vector.body_sha256;
    vector.headers[request->header_count++] =
        (struct sigv4_header){"X-Amz-Date", "20150830T123600Z"};
    const char *token = text(credentials, "token");
    if (token[0] && !json_is_true(json_object_get(context, "omit_session_token")))
        vector.headers[request->header_count++] =
            (struct sigv4_header){"X-Amz-Security-Token", token};
    if (json_is_true(json_object_get(context, "sign_body")))
        vector.headers[request->header_count++] =
            (struct sigv4_header){"x-amz-content-sha256", vector.body_sha256};
    struct sigv4_signature got;
    sigv4_sign(arena, &vector.key, request, "20150830T123600Z", &got);
    bool same = CHECK_TEXT(got.canonical_request, text(item, "canonical_request"));
    same = CHECK_TEXT(got.string_to_sign, text(item, "string_to_sign")) && same;
    same = CHECK_TEXT(got.signature, text(item, "signature")) && same;
    if (!same)
        fprintf(stderr, "  in case %s\n", text(item, "name"));
}

static void test_suite(struct arena *arena)
{
    json_t *document = load(arena, "sigv4-aws-test-suite.json");
    if (!document)
        return;
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(document, "cases"), i, item)
    {
        check_vector(arena, item);
    }
    CHECK(i == 38);
    json_decref(document);
}

static bool is_signed(const char *names, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = names; *at; at += *at == ';') {
        size_t step = strcspn(at, ";");
        if (step == size && strncasecmp(at, name, size) == 0)
            return true;
        at += step;
    }
    return false;
}

static const char *find(const json_t *headers, const char *name)
{
    size_t i;
    json_t *pair;
    json_array_foreach(headers, i, pair)
    {
        if (strcasecmp(json_string_value(json_array_get(pair, 0)), name) == 0)
            return json_string_value(json_array_get(pair, 1));
    }
    return "";
}

/* The value behind `word` up to a comma or a slash or the end. */
static const char *between(struct arena *arena, const char *value, const char *word, int part)
{
    const char *at = strstr(value, word);
    if (!at)
        return "";
    at += strlen(word);
    for (; part; part--)
        at = strchr(at, '/') + 1;
    return arena_printf(arena, "%.*s", (int)strcspn(at, ",/"), at);
}

static void check_exchange(struct arena *arena, const json_t *sent)
{
    const json_t *headers = json_object_get(sent, "headers");
    const char *authorization = find(headers, "authorization");
    char *names = arena_strdup(arena, strstr(authorization, "SignedHeaders=") + 14);
    names[strcspn(names, ",")] = '\0';
    struct vector vector = {.key = example};
    vector.key.service = between(arena, authorization, "Credential=", 3);
    size_t i;
    json_t *pair;
    json_array_foreach(headers, i, pair)
    {
        const char *name = json_string_value(json_array_get(pair, 0));
        if (is_signed(names, name))
            vector.headers[vector.request.header_count++] =
                (struct sigv4_header){name, json_string_value(json_array_get(pair, 1))};
    }
    char *path = arena_strdup(arena, text(sent, "target")), *query = strchr(path, '?');
    if (query)
        *query++ = '\0';
    const char *hash = text(json_object_get(sent, "body"), "sha256");
    vector.request = (struct sigv4_request){
        text(sent, "method"),     path, query, vector.headers, vector.request.header_count,
        hash[0] ? hash : nothing, false};
    struct sigv4_signature got;
    sigv4_sign(arena, &vector.key, &vector.request, find(headers, "x-amz-date"), &got);
    CHECK_TEXT(got.authorization, authorization);
}

static void test_captures(struct arena *arena)
{
    static const struct {
        const char *name;
        size_t count;
    } files[] = {{"capture-aws-cli-v1.json", 15},
                 {"capture-aws-sdk-js-v3.json", 42},
                 {"capture-aws-sdk-js-v3-session-token.json", 7}};
    for (size_t file = 0; file < 3; file++) {
        json_t *document = load(arena, files[file].name), *exchange;
        if (!document)
            continue;
        size_t i;
        json_array_foreach(json_object_get(document, "exchanges"), i, exchange)
        {
            check_exchange(arena, json_object_get(exchange, "request"));
        }
        CHECK(i == files[file].count);
        json_decref(document);
    }
}

void test_sigv4(void)
{
    struct arena arena = {0};
    test_inline(&arena);
    test_ragged(&arena);
    test_suite(&arena);
    test_captures(&arena);
    CHECK_TEXT(sigv4_timestamp(&arena, 1440938160000), "20150830T123600Z");
    arena_free(&arena);
}
