/* Fastly's driver: what a token lacks, when a quota is full again, and answers that are not what
   the API documents. */
#include <stdlib.h>

#include "pkg/http/http.h"
#include "tests/unit/fastly_box.h"

#define NOON INT64_C(1795348800000) /* 2026-11-22T12:00:00Z */

static void test_token(void)
{
    static const struct {
        long status;
        const char *path, *token, *hint;
    } rows[] = {
        {401, "/service/S1/details", "{\"expires_at\":\"2026-11-22T11:59:59Z\",\"scope\":\"x\"}",
         "this one expired at 2026-11-22T11:59:59Z"},
        {401, "/service/S1/details", "{\"expires_at\":\"2026-11-22T12:00:01Z\"}", "unchanged"},
        {403, "/service/S1/version/2/clone", "{\"expires_at\":null,\"scope\":\"global:read\"}",
         "use a token of scope 'global': the scope of this one is 'global:read'"},
        {403, "/service/S1/version/2/clone", "{\"scope\":\"purge_all purge_select\"}",
         "'purge_all purge_select'"},
        {403, "/service/S1/version/2/clone",
         "{\"scope\":\"purge_all global\",\"services\":[\"S2\"]}",
         "use a token for service 'S1': this one is limited to 1 other"},
        {403, "/service/S1/version/2/clone", "{\"scope\":\"global\",\"services\":[\"S1\"]}",
         "role of an engineer"},
        {403, "/service", "{\"scope\":\"global\",\"services\":[]}", "role of an engineer"},
        {404, "/service/S1/details", "{\"scope\":\"global\",\"services\":[\"S2\",\"S3\"]}",
         "this one is limited to 2 others"},
        {404, "/service/S1/details", "{\"scope\":\"global\",\"services\":[]}", "unchanged"},
        {404, "/service/search?name=a", "{\"services\":[\"S2\"]}", "unchanged"},
        {403, "/service/S1", "{\"scope\":\"\\u001b[31m\"}", "'\\u{1b}[31m'"},
        {401, "/service/S1", "{\"expires_at\":7,\"scope\":[],\"services\":{}}", "unchanged"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct compute_ask ask = {.path = rows[i].path};
        struct http_reply reply = {.status = rows[i].status};
        error_hint(&error, "unchanged");
        compute_sharpen(&arena, &ask, &reply, fastly_json(&arena, rows[i].token), NOON, &error);
        if (!CHECK(strstr(error.hint, rows[i].hint) != NULL))
            fprintf(stderr, "  row %zu: %s\n", i, error.hint);
        arena_free(&arena);
    }
}

static void test_quota(void)
{
    static const struct {
        const char *name, *value, *hint;
    } rows[] = {
        {"Fastly-RateLimit-Reset", "1795351320", "try again in 42 minutes"},
        {"Fastly-RateLimit-Reset", "1795348801", "try again in 1 minute:"},
        {"Fastly-RateLimit-Reset", "1795348800", "unchanged"}, /* now */
        {"Fastly-RateLimit-Reset", "1", "unchanged"},
        {"Fastly-RateLimit-Reset", "99999999999999999999999", "unchanged"},
        {"Fastly-RateLimit-Reset", "soon", "unchanged"},
        {"X-Other", "120", "try again in 2 minutes"}, /* as pkg/http has read it */
        {"X-Other", "0", "unchanged"},
        {"X-Other", "999999", "unchanged"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct compute_ask ask = {.path = "/service"};
        struct http_header header = {rows[i].name, rows[i].value};
        struct http_reply reply = {.status = 429, .headers = &header, .header_count = 1};
        if (rows[i].name[0] == 'X')
            reply.retry_after_s = strtoll(rows[i].value, NULL, 10);
        error_hint(&error, "unchanged");
        compute_sharpen(&arena, &ask, &reply, NULL, NOON, &error);
        if (!CHECK(strstr(error.hint, rows[i].hint) != NULL))
            fprintf(stderr, "  row %zu: %s\n", i, error.hint);
        arena_free(&arena);
    }
}

/* A good status with JSON of another shape is a failure, and not "there is none". */
static void test_shapes(void)
{
    static const struct {
        long status;
        enum shape shape;
        const char *body;
        bool may_lack, good;
    } rows[] = {
        {200, SHAPE_OBJECT, "{}", false, true},
        {200, SHAPE_OBJECT, "[]", false, false},
        {200, SHAPE_OBJECT, "null", true, false},
        {200, SHAPE_OBJECT, "", true, false},
        {204, SHAPE_OBJECT, "", true, false},
        {204, SHAPE_ANY, "", false, true},
        {200, SHAPE_LIST, "[]", false, true},
        {200, SHAPE_LIST, "{}", true, false},
        {200, SHAPE_LIST, "\"a\"", true, false},
        {404, SHAPE_OBJECT, "{\"msg\":\"Record not found\"}", true, true},
        {404, SHAPE_OBJECT, "{\"errors\":[]}", true, true},
        {404, SHAPE_OBJECT, "<html>", true, false},
        {404, SHAPE_OBJECT, "[]", true, false},
        {404, SHAPE_OBJECT, "{}", true, false},
        {404, SHAPE_OBJECT, "{\"msg\":\"Record not found\"}", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct compute_answer answer;
        struct compute_ask ask = {
            .path = "/", .what = "x", .shape = rows[i].shape, .may_lack = rows[i].may_lack};
        struct http_reply reply = {.status = rows[i].status, .body = bytes_of(rows[i].body)};
        int status = compute_read_reply(&arena, &ask, &reply, &answer, &error);
        if (!CHECK((status == 0) == rows[i].good) || (status != 0 && !CHECK(error.hint[0])))
            fprintf(stderr, "  row %zu: %s\n", i, error.message);
        arena_free(&arena);
    }
}

/* What the API says of the token is asked once, and told. */
static void test_told(void)
{
    static const struct {
        const char *faults, *hint;
    } rows[] = {
        {"GET */details#2=status:403", "role of an engineer"},
        {"PUT */clone=status:401", "wrong, revoked or expired"},
        {"PUT */package#2=status:403,GET */tokens/self=status:500", "engineer of this service"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct deployment made;
        struct error error;
        struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
        fastly_open(&field, NULL, SETTINGS);
        fastly_check_published(&field, false, "1", NULL);
        sandbox_stop(field.sandbox);
        fastly_open(&field, rows[i].faults, SETTINGS);
        int status = fastly_publish(&field, true, &made, &error);
        status = status == 0 ? fastly_publish(&field, false, &made, &error) : status;
        if (!CHECK(status == -1 && strstr(error.hint, rows[i].hint)))
            fprintf(stderr, "  row %zu: %s; %s\n", i, error.message, error.hint);
        arena_free(&arena);
    }
}

static const struct {
    const char *body;
    bool done;
} odd[] = {{"{}", false}, {"{}", true}, {"[7]", false}, {"{\"number\":\"2\",\"status\":1}", true}};

static unsigned count_drafts(struct field *field)
{
    unsigned drafts = 0;
    size_t index;
    json_t *version;
    struct deployment live;
    struct error error;
    if (platform_fastly.live(&field->job, &live, &error) != 0 || !live.resource)
        return 99;
    json_t *rows = fastly_ask(
        field, "GET", arena_printf(field->arena, "/service/%s/version", live.resource), NULL);
    json_array_foreach(rows, index, version)
    {
        drafts += !json_find_bool(version, "locked", false);
    }
    return drafts;
}

/* One request of two publishes is answered oddly, done or not. Whatever comes of it, what is said
   to be live is live, and the next publishes end with one service and no draft. False when there
   was no such request. */
static bool try_odd(unsigned nth, const char *body, bool done)
{
    struct arena arena = {0};
    struct deployment made, live;
    struct error error;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    unsigned failed = unit_failed;
    fastly_open(&field, NULL, SETTINGS);
    fastly_twist =
        (struct fastly_twist){.method = "*", .path = "*", .nth = nth, .body = body, .done = done};
    int first = fastly_publish(&field, false, &made, &error);
    int second = first == 0 ? fastly_publish(&field, true, &made, &error) : -1;
    bool hit = fastly_twist.answered > 0;
    fastly_twist = (struct fastly_twist){0};
    *field.job.kept = NULL;
    if (second == 0) {
        CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
        CHECK_TEXT(live.artifact_sha256, made.artifact_sha256);
    } else {
        CHECK(error.message[0]);
    }
    if (!CHECK(fastly_publish(&field, true, &made, &error) == 0))
        fprintf(stderr, "  %s\n", error.message);
    *field.job.kept = NULL;
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.artifact_sha256, made.artifact_sha256);
    CHECK(fastly_count_services(&field) == 1);
    CHECK(count_drafts(&field) == 0);
    if (unit_failed != failed)
        fprintf(stderr, "  request %u, %s, %s\n", nth, body, done ? "done" : "not done");
    arena_free(&arena);
    return hit;
}

static void test_odd_answers(void)
{
    unsigned count = 0;
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (unsigned nth = 1; try_odd(nth, odd[i].body, odd[i].done); nth++)
            count++;
    CHECK(count > 80);
}

void test_fastly_refusals(void)
{
    test_token();
    test_quota();
    test_shapes();
    test_told();
    test_odd_answers();
}
