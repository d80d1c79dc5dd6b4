/* Fastly's driver: the package it packs, the replies it reads, and its hooks against the sandbox
   half, with requests that fail in every way. */
#include <stdlib.h>

#include "pkg/archive/archive.h"
#include "tests/unit/fastly_box.h"

static void test_pack(void)
{
    static const char *const paths[] = {"My-Demo-App/", "My-Demo-App/bin/",
                                        "My-Demo-App/bin/main.wasm", "My-Demo-App/fastly.toml"};
    struct arena arena = {0};
    struct error error = {0};
    struct archive_item *items;
    size_t count;
    struct job job =
        fastly_job(&arena, "{\"service_name\":\"My Demo_App!\",\"backends\":[{\"port\":"
                           "443,\"name\":\"o\",\"address\":\"example.com\"}]}");
    struct artifact one = fastly_pack(&job, false);
    struct artifact two = fastly_pack(&job, false);
    CHECK(bytes_equal(one.parts[0].body, two.parts[0].body));
    CHECK_TEXT(one.sha256, two.sha256);
    CHECK_TEXT(one.parts[0].name, "package");
    CHECK_TEXT(one.parts[0].filename, "My-Demo-App.tar.gz");
    CHECK_TEXT(one.parts[0].media_type, "application/octet-stream");
    CHECK_TEXT(one.settings, "{\"domains\":[],\"backends\":[{\"name\":\"o\",\"address\":"
                             "\"example.com\",\"port\":443}]}");
    CHECK(one.counted_bytes == one.parts[0].body.size);
    CHECK(archive_read(&arena, one.parts[0].body, 9999, "x", &items, &count, &error) == 0);
    CHECK(count == 4);
    for (size_t i = 0; i < count && i < 4; i++)
        CHECK_TEXT(items[i].path, paths[i]);
    CHECK(bytes_equal(items[2].body, fastly_module(false)));
    CHECK(bytes_equal(items[3].body, bytes_of("manifest_version = 3\nname = \"My Demo_App!\"\n"
                                              "description = \"\"\nauthors = [\"edge-deploy\"]\n"
                                              "language = \"other\"\n")));
    CHECK(one.unpacked_bytes == items[2].body.size + items[3].body.size);
    struct artifact other = fastly_pack(&job, true);
    CHECK(strcmp(other.sha256, one.sha256) != 0);
    arena_free(&arena);
}

/* The id goes into fastly.toml only where every machine knows it. */
static void test_pack_id(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct archive_item *items;
    size_t count;
    struct job job =
        fastly_job(&arena, "{\"service_id\":\"S1\",\"service_name\":\"q\\\"\\\\\\n\"}");
    struct artifact artifact = fastly_pack(&job, false);
    CHECK(archive_read(&arena, artifact.parts[0].body, 9999, "x", &items, &count, &error) == 0);
    CHECK(strstr((const char *)arena_copy(&arena, items[3].body.data, items[3].body.size),
                 "\nname = \"q\\\"\\\\\\u000A\"\n") != NULL);
    CHECK(strstr((const char *)arena_copy(&arena, items[3].body.data, items[3].body.size),
                 "service_id = \"S1\"\n") != NULL);
    job.target = &(struct target){.name = "fast"};
    struct artifact from_environment = fastly_pack(&job, false);
    CHECK(!bytes_equal(from_environment.parts[0].body, artifact.parts[0].body));
    arena_free(&arena);
}

static void test_ready_package(void)
{
    static const struct {
        const char *paths[3];
        bool right;
    } rows[] = {{{"a/bin/main.wasm", "a/fastly.toml"}, true},
                {{"a/bin/main.wasm", "a/fastly.toml", "a/src/x.js"}, true},
                {{"bin/main.wasm", "fastly.toml"}, false},
                {{"a/bin/main.wasm", "a/Fastly.toml"}, false},
                {{"a/main.wasm", "a/fastly.toml"}, false},
                {{"a/bin/main.wasm", "a/fastly.toml", "b/x"}, false},
                {{"a/bin/main.wasm", "a/fastly.toml", "ab"}, false},
                {{"x"}, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct archive_item items[3];
        struct bytes archive;
        size_t count = 0;
        for (; count < 3 && rows[i].paths[count]; count++)
            items[count] = (struct archive_item){rows[i].paths[count], 0644, bytes_of("x")};
        CHECK(archive_tar_gz(&arena, items, count, &archive, &error) == 0);
        struct job job = fastly_job(&arena, "{}");
        struct part part = {.name = "demo.tar.gz", .body = archive};
        struct payload payload = {PAYLOAD_PACKAGE, ENTRY_NONE, &part, 1, items, count};
        struct artifact artifact;
        int status = platform_fastly.pack(&job, &payload, &artifact, &error);
        if (!CHECK((status == 0) == rows[i].right))
            fprintf(stderr, "  row %zu: %s\n", i, error.message);
        if (status == 0)
            CHECK(bytes_equal(artifact.parts[0].body, archive));
        else
            CHECK(error.fault == FAULT_INPUT && error.hint[0]);
        arena_free(&arena);
    }
}

static void test_other_payloads(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct job job = fastly_job(&arena, "{}");
    struct part parts[] = {{.name = "main.js"}, {.name = "a.wasm"}};
    struct payload payload = {.form = PAYLOAD_MAIN, .parts = parts, .part_count = 2};
    struct artifact artifact;
    CHECK(platform_fastly.pack(&job, &payload, &artifact, &error) == -1 &&
          error.fault == FAULT_INPUT);
    struct part text = {.name = "\x1b[31m.zip", .body = bytes_of("PK no")};
    struct payload zip = {PAYLOAD_PACKAGE, ENTRY_NONE, &text, 1, NULL, 0};
    CHECK(platform_fastly.pack(&job, &zip, &artifact, &error) == -1);
    CHECK_TEXT(error.message, "package '\\u{1b}[31m.zip' is no tar.gz");
    arena_free(&arena);
}

static void test_replies(void)
{
    static const struct {
        long status;
        const char *body, *message;
        bool unclear;
    } rows[] = {
        {200, "{\"a\":1}", "", false},
        {200, "<html>", "cannot x: the answer is no JSON (HTTP 200)", true},
        {401, "{\"msg\":\"Provided credentials are missing or invalid\"}",
         "cannot x: the token is not accepted: Provided credentials are missing or invalid "
         "(HTTP 401)",
         false},
        {400, "{\"msg\":\"Bad request\",\"detail\":\"Failed to extract metadata from package\"}",
         "cannot x: the platform cannot read the package: Bad request (Failed to extract metadata "
         "from package) (HTTP 400)",
         false},
        {400, "{\"msg\":\"Bad request\",\"detail\":\"Domain 'a' is taken by another customer\"}",
         "cannot x: a domain is somebody else's: Bad request (Domain 'a' is taken by another "
         "customer) (HTTP 400)",
         false},
        {409, "{\"msg\":\"Conflict\",\"detail\":\"version is locked\"}",
         "cannot x: the version is locked: Conflict (version is locked) (HTTP 409)", false},
        {403, "{\"errors\":[{\"title\":\"No\",\"detail\":\"scope\"}]}",
         "cannot x: the token may not do this: No (scope) (HTTP 403)", false},
        {503, "upstream \x1b[1m",
         "cannot x: the platform is not available: upstream \\u{1b}[1m "
         "(HTTP 503)",
         true},
        {500, "", "cannot x: the platform had an internal error: without a reason (HTTP 500)",
         true},
        {418, "{\"msg\":\"tea\"}", "cannot x: tea (HTTP 418)", false},
        {404, "{\"msg\":\"Record not found\"}",
         "cannot x: it is not there, or not for this token: Record not found (HTTP 404)", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct compute_answer answer;
        struct compute_ask ask = {.method = "GET", .path = "/", .what = "x"};
        struct http_reply reply = {.status = rows[i].status, .body = bytes_of(rows[i].body)};
        int status = compute_read_reply(&arena, &ask, &reply, &answer, &error);
        CHECK((status == 0) == (rows[i].message[0] == '\0'));
        CHECK_TEXT(error.message, rows[i].message);
        CHECK(answer.unclear == rows[i].unclear);
        CHECK(status == 0 || rows[i].status == 418 || error.hint[0]);
        arena_free(&arena);
    }
}

static void test_comment(void)
{
    static const char *const foreign[] = {"", "edge-deploy 1", "edge-deploy sha256:0123 base:1",
                                          "x edge-deploy sha256:", "release 7"};
    struct arena arena = {0};
    struct deployment got = {0};
    json_int_t base;
    char sha256[65];
    memset(sha256, 'a', 64);
    sha256[64] = '\0';
    char *comment = compute_comment(&arena, sha256, COMMIT, "t4g", 12);
    CHECK(compute_read_comment(&arena, comment, &got, &base) && base == 12);
    CHECK_TEXT(got.artifact_sha256, sha256);
    CHECK_TEXT(got.commit, COMMIT);
    comment = compute_comment(&arena, sha256, NULL, NULL, 0);
    got = (struct deployment){0};
    CHECK(compute_read_comment(&arena, comment, &got, &base) && base == 0 && !got.commit);
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        CHECK(!compute_read_comment(&arena, foreign[i], &got, &base));
    arena_free(&arena);
}

static void test_default_domain(void)
{
    static const struct {
        const char *name, *begins;
    } rows[] = {{"demo", "demo-"},
                {"My Demo__App!", "my-demo-app-"},
                {"--", "edge-"},
                {"", "edge-"},
                {"0123456789012345678901234567890123456789012345678901234567890123456789",
                 "012345678901234567890123456789012345678901234567890123-"}};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *domain = compute_default_domain(&arena, rows[i].name, "S1");
        CHECK(strncmp(domain, rows[i].begins, strlen(rows[i].begins)) == 0);
        CHECK(strcspn(domain, ".") <= 63);
        CHECK_TEXT(strchr(domain, '.'), ".edgecompute.app");
        CHECK(strcmp(domain, compute_default_domain(&arena, rows[i].name, "S2")) != 0);
    }
    arena_free(&arena);
}

static void test_life(void)
{
    struct arena arena = {0};
    struct deployment live, old = {.version = "1", .percent = 100};
    struct error error = {0};
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0 && !live.version);
    fastly_check_published(&field, false, "1", NULL);
    fastly_check_published(&field, true, "2", "1");
    CHECK(platform_fastly.activate(&field.job, NULL, &old, &error) == 0);
    CHECK_TEXT(old.previous, "2");
    CHECK(platform_fastly.activate(&field.job, NULL, &old, &error) == 0); /* safe to repeat */
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.version, "1");
    fastly_check_published(&field, true, "3", "1");
    field.job.resource = live.resource;
    fastly_check_published(&field, false, "4", "3");
    old = (struct deployment){.version = "9", .resource = live.resource};
    CHECK(platform_fastly.activate(&field.job, NULL, &old, &error) == -1 && error.hint[0]);
    field.job.resource = "gone";
    CHECK(platform_fastly.live(&field.job, &live, &error) == -1 &&
          strstr(error.message, "that the last publish recorded"));
    arena_free(&arena);
}

static void test_settings(void)
{
    struct arena arena = {0};
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(
        &field, NULL,
        "{\"service_name\":\"demo\",\"domains\":[\"*.demo.example.com\",\"demo.example.com\"],"
        "\"backends\":[{\"name\":\"origin\",\"address\":\"example.com\"},"
        "{\"name\":\"plain\",\"address\":\"127.0.0.1\",\"port\":8080}]}");
    fastly_check_published(&field, false, "1", NULL);
    struct deployment live;
    struct error error;
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.url, "https://demo.example.com");
    const char *base = arena_printf(&arena, "/service/%s/version/", live.resource);
    json_t *rows = fastly_ask(&field, "GET", arena_printf(&arena, "%s1/backend", base), NULL);
    CHECK(json_array_size(rows) == 2);
    CHECK(json_find_integer(rows, "[0].port", 0) == 443);
    CHECK(json_find_bool(rows, "[0].use_ssl", false));
    CHECK_TEXT(json_find_string(rows, "[0].ssl_sni_hostname", ""), "example.com");
    CHECK(!json_find_bool(rows, "[1].use_ssl", false));
    /* What somebody else added stays; what the manifest names is brought up to date. */
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s1/clone", base), NULL);
    fastly_ask(&field, "POST", arena_printf(&arena, "%s2/backend", base),
               "name=theirs&address=b.test");
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s2/backend/origin", base), "port=80");
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s2/activate", base), NULL);
    fastly_check_published(&field, true, "3", "2");
    rows = fastly_ask(&field, "GET", arena_printf(&arena, "%s3/backend", base), NULL);
    CHECK(json_array_size(rows) == 3 && json_find_integer(rows, "[0].port", 0) == 443);
    CHECK(json_array_size(
              fastly_ask(&field, "GET", arena_printf(&arena, "%s3/domain", base), NULL)) == 2);
    arena_free(&arena);
}

/* A service that we did not make is not taken over by its name. */
static void test_foreign_service(void)
{
    struct arena arena = {0};
    struct deployment live;
    struct error error = {0};
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    const char *id =
        json_find_string(fastly_ask(&field, "POST", "/service", "name=demo&type=wasm"), "id", "");
    CHECK(platform_fastly.live(&field.job, &live, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(strstr(error.message, "that edge-deploy did not make") && strstr(error.hint, id));
    field.job.settings = fastly_json(&arena, arena_printf(&arena, "{\"service_id\":\"%s\"}", id));
    fastly_check_published(&field, false, "1", NULL); /* by its id it is */
    fastly_ask(&field, "PUT", arena_printf(&arena, "/service/%s/version/1/clone", id), NULL);
    fastly_ask(&field, "PUT", arena_printf(&arena, "/service/%s/version/2", id), "comment=by+hand");
    fastly_ask(&field, "PUT", arena_printf(&arena, "/service/%s/version/2/activate", id), NULL);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0 && live.drifted);
    CHECK_TEXT(live.version, "2");
    id = json_find_string(fastly_ask(&field, "POST", "/service", "name=old&type=vcl"), "id", "");
    field.job.settings = fastly_json(&arena, arena_printf(&arena, "{\"service_id\":\"%s\"}", id));
    CHECK(platform_fastly.live(&field.job, &live, &error) == -1 && strstr(error.message, "VCL"));
    arena_free(&arena);
}

/* Published twice whatever happens to single requests, without a service or version too many. */
static void test_lost_answers(void)
{
    static const char *const faults[] = {
        "POST /fastly/service#1=lost",
        "POST /fastly/service#1=reset-before",
        "POST /fastly/service#1=status:503",
        "POST */domain#1=lost",
        "POST */backend#1=lost",
        "PUT */version/1#1=lost",
        "PUT */package#1=lost",
        "PUT */package#1=reset-during",
        "PUT */package#2=status:503",
        "PUT */clone#1=lost",
        "PUT */clone#1=reset-before",
        "PUT */clone#1=html",
        "PUT */activate#1=lost",
        "PUT */activate#2=status:500",
        "GET */details#1-2=status:502",
        "* *#3=status:429:retry-after=1",
        "* *#7=malformed",
        "PUT */clone#1=malformed",
        "POST /fastly/service#1=truncate",
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct arena arena = {0};
        struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
        unsigned failed = unit_failed;
        fastly_open(&field, faults[i], SETTINGS);
        fastly_check_published(&field, false, "1", NULL);
        fastly_check_published(&field, true, "2", "1");
        CHECK(fastly_count_services(&field) == 1);
        if (unit_failed != failed)
            fprintf(stderr, "  with %s\n", faults[i]);
        arena_free(&arena);
    }
}

static void test_failures(void)
{
    static const struct {
        const char *faults, *settings, *message;
        size_t services; /* left behind */
    } rows[] = {
        {"* *=status:401", SETTINGS, "the token is not accepted", 0},
        {"POST */domain=status:400", SETTINGS, "cannot add domain", 0},
        {NULL, "{\"service_name\":\"demo\",\"domains\":[\"taken.example.com\"]}",
         "a domain is somebody else's", 0},
        {"PUT */package=status:422", SETTINGS, "cannot upload the package", 0},
        {"PUT */package=status:503", SETTINGS, "the platform is not available", 0},
        {"PUT */package=status:422,DELETE *=status:500", SETTINGS, "cannot upload the package", 1},
        {"POST /fastly/service=status:503", SETTINGS, "cannot create service 'demo'", 0},
        {"PUT */activate=status:500", SETTINGS, "cannot activate version 1", 1},
        {"PUT */activate=reset-before", SETTINGS, "cannot activate version 1", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct deployment made;
        struct error error;
        struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
        fastly_open(&field, rows[i].faults, rows[i].settings);
        CHECK(fastly_publish(&field, false, &made, &error) == -1);
        if (!CHECK(error.fault == FAULT_REMOTE && strstr(error.message, rows[i].message)))
            fprintf(stderr, "  %s: %s\n", rows[i].message, error.message);
        sandbox_stop(field.sandbox);
        fastly_open(&field, NULL, SETTINGS);
        CHECK(fastly_count_services(&field) == rows[i].services);
        fastly_check_published(&field, false, "1", NULL); /* and the next run gets through */
        CHECK(fastly_count_services(&field) == 1);
        arena_free(&arena);
    }
}

/* A draft that a failed run left is used again, unless something else is live by now. */
static void test_leftover(void)
{
    struct arena arena = {0};
    struct deployment made;
    struct error error;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, "PUT */package#2=status:422,PUT */package#4=status:422", SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    CHECK(fastly_publish(&field, true, &made, &error) == -1);
    fastly_check_published(&field, true, "2", "1");
    CHECK(fastly_publish(&field, false, &made, &error) == -1); /* leaves draft 3 */
    struct deployment old = {.version = "1", .percent = 100};
    CHECK(platform_fastly.activate(&field.job, NULL, &old, &error) == 0);
    fastly_check_published(&field, true, "4", "1");
    arena_free(&arena);
}

/* Two publishes at once: the second takes the first's draft for a leftover and fills it. */
static void test_overtaken(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct deployment mine = {.percent = 100}, theirs = {.percent = 100}, live;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    struct artifact a = fastly_pack(&field.job, false);
    struct artifact b = fastly_pack(&field.job, true);
    CHECK(platform_fastly.upload(&field.job, &a, &mine, &error) == 0);
    CHECK(platform_fastly.upload(&field.job, &b, &theirs, &error) == 0);
    CHECK_TEXT(theirs.version, mine.version);
    CHECK(platform_fastly.activate(&field.job, &a, &mine, &error) == -1);
    CHECK(error.fault == FAULT_REMOTE && strstr(error.message, "changed by somebody else"));
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0 && !live.version);
    CHECK(platform_fastly.activate(&field.job, &b, &theirs, &error) == 0);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.artifact_sha256, b.sha256);
    arena_free(&arena);
}

/* The other order: its comment over ours, then our package over its own. */
static void test_mixed_draft(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct deployment mine = {.percent = 100}, theirs = {.percent = 100}, live;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    struct artifact a = fastly_pack(&field.job, false);
    struct artifact b = fastly_pack(&field.job, true);
    CHECK(platform_fastly.upload(&field.job, &b, &theirs, &error) == 0);
    CHECK(platform_fastly.upload(&field.job, &a, &mine, &error) == 0);
    const char *path = arena_printf(&arena, "/service/%s/version/1", mine.resource);
    fastly_ask(&field, "PUT", path,
               arena_printf(&arena, "comment=edge-deploy+sha256%%3A%s", b.sha256));
    CHECK(platform_fastly.activate(&field.job, &b, &theirs, &error) == -1);
    CHECK(error.fault == FAULT_REMOTE && strstr(error.message, "changed by somebody else"));
    CHECK(platform_fastly.activate(&field.job, &a, &mine, &error) == -1);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0 && !live.version);
    arena_free(&arena);
}

/* Somebody clones what we made, changes it and activates it: our comment came along. */
static void test_cloned_comment(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct deployment live;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    const char *base = arena_printf(&arena, "/service/%s/version/", live.resource);
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s1/clone", base), NULL);
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s2/activate", base), NULL);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.version, "2");
    CHECK(live.drifted && !live.artifact_sha256 && !live.commit);
    struct deployment old = {.version = "1", .percent = 100};
    CHECK(platform_fastly.activate(&field.job, NULL, &old, &error) == 0);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0 && !live.drifted);
    arena_free(&arena);
}

/* What was compared is built on; what somebody else makes live meanwhile is not taken back. */
static void test_in_between(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct deployment made = {.percent = 100}, live;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    *field.job.kept = NULL;
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    const char *base = arena_printf(&arena, "/service/%s/version/", live.resource);
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s1/clone", base), NULL);
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s2/activate", base), NULL);
    struct artifact b = fastly_pack(&field.job, true);
    CHECK(platform_fastly.upload(&field.job, &b, &made, &error) == 0);
    CHECK_TEXT(made.version, "3");
    CHECK(platform_fastly.activate(&field.job, &b, &made, &error) == -1);
    CHECK(error.fault == FAULT_REMOTE &&
          strstr(error.message, "somebody else deployed in between: live is version '2'"));
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.version, "2");
    fastly_check_published(&field, true, "4", "2");
    arena_free(&arena);
}

/* One publish over what is live: nothing is asked twice, and the url is the one that is there. */
static void test_few_requests(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct deployment made = {.percent = 100}, live;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    *field.job.kept = NULL;
    field.job.resource = live.resource;
    field.job.previous = live.version;
    field.job.previous_url = live.url;
    struct artifact b = fastly_pack(&field.job, true);
    unsigned before = http_statistics(field.job.http).requests;
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.url, field.job.previous_url);
    CHECK(platform_fastly.upload(&field.job, &b, &made, &error) == 0);
    CHECK(platform_fastly.activate(&field.job, &b, &made, &error) == 0);
    CHECK_TEXT(made.url, field.job.previous_url);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK(http_statistics(field.job.http).requests - before == 10);
    CHECK_TEXT(live.version, "2");
    /* A record of another service says nothing of this one. */
    field.job.resource = NULL;
    field.job.previous = "2";
    field.job.previous_url = "https://elsewhere.example.com";
    *field.job.kept = NULL;
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.url, made.url);
    arena_free(&arena);
}

void test_fastly_driver(void)
{
    test_pack();
    test_pack_id();
    test_ready_package();
    test_other_payloads();
    test_replies();
    test_comment();
    test_default_domain();
    test_life();
    test_settings();
    test_foreign_service();
    test_lost_answers();
    test_failures();
    test_leftover();
    test_overtaken();
    test_mixed_draft();
    test_cloned_comment();
    test_in_between();
    test_few_requests();
}
