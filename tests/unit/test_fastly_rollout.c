/* Fastly's driver: staging, what may refuse a switch, the plan, the versions that there are, and
   what others have set up. */
#include "pkg/http/http.h"
#include "tests/unit/fastly_box.h"

static int upload(struct field *field, bool second, bool staged, struct deployment *out,
                  struct error *error)
{
    struct artifact artifact = fastly_pack(&field->job, second);
    struct deployment live;
    *error = (struct error){0};
    *out = (struct deployment){.percent = 100, .staged = staged};
    *field->job.kept = NULL;
    field->job.tag = arena_printf(field->arena, "u%u", field->runs++);
    if (platform_fastly.live(&field->job, &live, error) != 0)
        return -1;
    out->base = live.version;
    return platform_fastly.upload(&field->job, &artifact, out, error);
}

static const struct deployment *row_of(const struct deployment *rows, size_t count,
                                       const char *version)
{
    static const struct deployment none = {.version = "none"};
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].version, version) == 0)
            return &rows[i];
    return &none;
}

static char *order(struct field *field)
{
    struct deployment *rows;
    size_t count;
    struct error error = {0};
    char *out = arena_strdup(field->arena, "");
    if (!CHECK(platform_fastly.versions(&field->job, &rows, &count, &error) == 0))
        fprintf(stderr, "  %s\n", error.message);
    for (size_t i = 0; i < count; i++)
        out = arena_printf(field->arena, "%s%s%s", out, i ? " " : "", rows[i].version);
    return out;
}

static void test_stage(void)
{
    struct arena arena = {0};
    struct deployment made, live, *rows;
    struct error error;
    size_t count;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    CHECK(upload(&field, false, true, &made, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(strstr(error.message, "nothing is live yet") && fastly_twist.writes == 0);
    fastly_check_published(&field, false, "1", NULL);
    CHECK(upload(&field, true, true, &made, &error) == 0);
    CHECK_TEXT(made.version, "2");
    CHECK(made.url && strncmp(made.url, "https://", 8) == 0 && !made.pin_name);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.version, "1");
    CHECK(platform_fastly.versions(&field.job, &rows, &count, &error) == 0 && count == 2);
    CHECK(row_of(rows, count, "2")->staged && row_of(rows, count, "2")->lived != LIVED_YES);
    CHECK_TEXT(row_of(rows, count, "2")->artifact_sha256, made.artifact_sha256);
    CHECK(row_of(rows, count, "1")->percent == 100 && !row_of(rows, count, "1")->staged);
    /* Again: nothing is uploaded, only staged. */
    fastly_twist.writes = 0;
    CHECK(upload(&field, true, true, &made, &error) == 0 && fastly_twist.writes == 1);
    CHECK_TEXT(made.version, "2");
    /* And live: the same version, without an upload. */
    fastly_twist.writes = 0;
    fastly_check_published(&field, true, "2", "1");
    CHECK(fastly_twist.writes == 1);
    CHECK_TEXT(order(&field), "2 1");
    arena_free(&arena);
}

/* What is staged is somebody's trial: another publish makes a version of its own, another trial
   takes its place. */
static void test_staged_stays(void)
{
    struct arena arena = {0};
    struct deployment made;
    struct error error;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    CHECK(upload(&field, true, true, &made, &error) == 0);
    CHECK_TEXT(made.version, "2");
    field.job.settings = fastly_json(&arena, "{\"service_name\":\"demo\",\"backends\":[{\"name\":"
                                             "\"o\",\"address\":\"o.test\"}]}");
    fastly_check_published(&field, true, "3", "1");
    CHECK_TEXT(order(&field), "3 1 2");
    arena_free(&arena);
}

static void test_stage_domain(void)
{
    struct arena arena = {0};
    struct deployment made;
    struct error error;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, "{\"service_name\":\"demo\",\"domains\":[\"a.example.com\"]}");
    fastly_check_published(&field, false, "1", NULL);
    field.job.settings = fastly_json(
        &arena, "{\"service_name\":\"demo\",\"domains\":[\"A.example.com\",\"b.example.com\"]}");
    fastly_twist.writes = 0;
    CHECK(upload(&field, true, true, &made, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(strstr(error.message, "has no domain 'b.example.com'") && error.hint[0]);
    CHECK(fastly_twist.writes == 0);
    fastly_check_published(&field, true, "2", "1"); /* without --stage it goes */
    arena_free(&arena);
}

static int ready(struct field *field, const char *version, const char *base, const char *resource,
                 struct error *error)
{
    struct deployment wanted = {
        .version = version, .base = base, .resource = resource, .percent = 100};
    *error = (struct error){0};
    return platform_fastly.ready(&field->job, NULL, &wanted, error);
}

static void test_ready_rollback(void)
{
    struct arena arena = {0};
    struct deployment made, live;
    struct error error;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    fastly_check_published(&field, true, "2", "1");
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    const char *id = live.resource;
    CHECK(ready(&field, "1", "2", id, &error) == 0);
    CHECK(ready(&field, "9", "2", id, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(strstr(error.message, "is gone"));
    CHECK(upload(&field, false, false, &made, &error) == 0);
    CHECK(ready(&field, made.version, "2", id, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(strstr(error.message, "was never live"));
    CHECK(ready(&field, "1x", "2", id, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(ready(&field, "1", "1", id, &error) == -1 && error.fault == FAULT_REMOTE);
    CHECK(strstr(error.message, "live is version '2' of commit 0123456789ab, and when this run "
                                "began it was version '1'"));
    field.job.settings = fastly_json(&arena, "{\"service_id\":\"Other\"}");
    CHECK(ready(&field, "1", "2", id, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK(strstr(error.message, "is one of service"));
    arena_free(&arena);
}

/* After ready there is one request: the switch. */
static void test_ready_then_activate(void)
{
    struct arena arena = {0};
    struct deployment made;
    struct error error;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    CHECK(upload(&field, true, false, &made, &error) == 0);
    struct artifact artifact = fastly_pack(&field.job, true);
    CHECK(platform_fastly.ready(&field.job, &artifact, &made, &error) == 0);
    unsigned before = http_statistics(field.job.http).requests;
    CHECK(platform_fastly.activate(&field.job, &artifact, &made, &error) == 0);
    CHECK(http_statistics(field.job.http).requests == before + 1);
    CHECK(made.url && made.resource);
    CHECK_TEXT(made.previous, "1");
    CHECK(platform_fastly.activate(&field.job, &artifact, &made, &error) == 0);
    arena_free(&arena);
}

/* Somebody else makes another version live after our upload: both sides are named, --overwrite
   decides. */
static void test_ready_overtaken(void)
{
    struct arena arena = {0};
    struct deployment made, live;
    struct error error;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    CHECK(upload(&field, true, false, &made, &error) == 0);
    const char *base = arena_printf(&arena, "/service/%s/version/", made.resource);
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s1/clone", base), NULL);
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s3/activate", base), NULL);
    struct artifact artifact = fastly_pack(&field.job, true);
    CHECK(platform_fastly.ready(&field.job, &artifact, &made, &error) == -1);
    CHECK(strstr(error.message, "live is version '3', and when this run began it was version '1'"));
    made.overwrite = true;
    CHECK(platform_fastly.ready(&field.job, &artifact, &made, &error) == 0);
    CHECK(platform_fastly.activate(&field.job, &artifact, &made, &error) == 0);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    CHECK_TEXT(live.version, "2");
    arena_free(&arena);
}

/* Another run marks the leftover that this one goes on with: it makes a version of its own. */
static void test_taken_leftover(void)
{
    static const char odd[] =
        "{\"id\":\"%s\",\"name\":\"demo\",\"type\":\"wasm\",\"comment\":\"edge-deploy\","
        "\"active_version\":{\"number\":1},\"versions\":[{\"number\":1,\"active\":true,"
        "\"locked\":true,\"comment\":\"\"},{\"number\":2,\"locked\":false,\"comment\":"
        "\"edge-deploy sha256:%064d tag:theirs base:1\"}]}";
    struct arena arena = {0};
    struct deployment made, live;
    struct error error;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, "PUT */package#2=status:422", SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    CHECK(fastly_publish(&field, true, &made, &error) == -1);
    CHECK(strstr(error.hint, "draft version '2' is left for the next publish"));
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    fastly_twist = (struct fastly_twist){.method = "GET",
                                         .path = "*/details",
                                         .nth = 2,
                                         .body = arena_printf(&arena, odd, live.resource, 7)};
    field.job.resource = live.resource;
    fastly_check_published(&field, true, "3", "1");
    CHECK(fastly_twist.answered == 1);
    arena_free(&arena);
}

/* Between our look and our switch another publish fills the version and makes it live: it is not
   taken for ours. */
static void test_swapped(void)
{
    static const char theirs[] = "{\"number\":2,\"active\":true,\"locked\":true,\"comment\":"
                                 "\"edge-deploy sha256:%064d tag:theirs base:1\"}";
    struct arena arena = {0};
    struct deployment made;
    struct error error;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    fastly_check_published(&field, false, "1", NULL);
    fastly_twist = (struct fastly_twist){.method = "PUT",
                                         .path = "*/activate",
                                         .body = arena_printf(&arena, theirs, 7),
                                         .done = true};
    CHECK(fastly_publish(&field, true, &made, &error) == -1 && !made.version);
    CHECK(strstr(error.message, "changed by somebody else"));
    arena_free(&arena);
}

static char *plan(struct field *field, bool second, bool staged, struct error *error)
{
    struct deployment wanted = {.percent = 100, .staged = staged};
    struct artifact artifact = fastly_pack(&field->job, second);
    const char **items;
    size_t count;
    char *out = arena_strdup(field->arena, "");
    *error = (struct error){0};
    *field->job.kept = NULL;
    if (platform_fastly.plan(&field->job, &artifact, &wanted, &items, &count, error) != 0)
        return NULL;
    for (size_t i = 0; i < count; i++)
        out = arena_printf(field->arena, "%s%s\n", out, items[i]);
    return out;
}

static void test_plan(void)
{
    struct arena arena = {0};
    struct error error;
    struct deployment made;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    struct artifact artifact = fastly_pack(&field.job, false);
    size_t size = artifact.parts[0].body.size;
    CHECK_TEXT(plan(&field, false, false, &error),
               arena_printf(&arena,
                            "create service 'demo'\n"
                            "add a domain under edgecompute.app\n"
                            "add backend 'originless' (127.0.0.1:80)\n"
                            "upload the package (%zu bytes)\n"
                            "activate version 1\n",
                            size));
    CHECK(!plan(&field, false, true, &error) && error.fault == FAULT_INPUT);
    CHECK(fastly_twist.writes == 0);
    fastly_check_published(&field, false, "1", NULL);
    field.job.settings = fastly_json(
        &arena, "{\"service_name\":\"demo\",\"domains\":[\"a.example.com\"],\"backends\":[{"
                "\"name\":\"originless\",\"address\":\"o.test\",\"port\":8080},{\"name\":\"new\","
                "\"address\":\"n.test\"}]}");
    artifact = fastly_pack(&field.job, true);
    size = artifact.parts[0].body.size;
    fastly_twist.writes = 0;
    const char *changes = "add domain 'a.example.com'\n"
                          "change backend 'originless': address 127.0.0.1 -> o.test, port 80 -> "
                          "8080\n"
                          "add backend 'new' (n.test:443)\n";
    CHECK_TEXT(plan(&field, true, false, &error),
               arena_printf(&arena,
                            "clone version 1\n%supload the package (%zu bytes)\n"
                            "activate the new version\n",
                            changes, size));
    CHECK(fastly_twist.writes == 0);
    CHECK(upload(&field, true, false, &made, &error) == 0);
    CHECK_TEXT(plan(&field, true, false, &error), "fill draft version 2\nactivate version 2\n");
    arena_free(&arena);
}

/* What the manifest does not name stays as somebody else has set it. */
static void test_kept(void)
{
    struct arena arena = {0};
    struct deployment live;
    struct error error = {0};
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL,
                "{\"service_name\":\"demo\",\"domains\":[\"a.example.com\"],\"backends\":[{"
                "\"name\":\"origin\",\"address\":\"o.test\"}]}");
    fastly_check_published(&field, false, "1", NULL);
    CHECK(platform_fastly.live(&field.job, &live, &error) == 0);
    const char *base = arena_printf(&arena, "/service/%s/version/", live.resource);
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s1/clone", base), NULL);
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s2/backend/origin", base),
               "connect_timeout=7000&ssl_cert_hostname=pinned.test");
    fastly_ask(&field, "POST", arena_printf(&arena, "%s2/backend", base),
               "name=theirs&address=t.test");
    fastly_ask(&field, "POST", arena_printf(&arena, "%s2/domain", base), "name=b.example.com");
    json_t *store = fastly_ask(&field, "POST", "/resources/stores/config", "name=cfg");
    fastly_ask(&field, "POST", arena_printf(&arena, "%s2/resource", base),
               arena_printf(&arena, "name=cfg&resource_id=%s", json_find_string(store, "id", "")));
    fastly_ask(&field, "PUT", arena_printf(&arena, "%s2/activate", base), NULL);
    field.job.settings = fastly_json(
        &arena, "{\"service_name\":\"demo\",\"domains\":[\"a.example.com\"],\"backends\":[{"
                "\"name\":\"origin\",\"address\":\"p.test\"}]}");
    fastly_check_published(&field, true, "3", "2");
    json_t *rows = fastly_ask(&field, "GET", arena_printf(&arena, "%s3/backend", base), NULL);
    CHECK(json_array_size(rows) == 2);
    CHECK_TEXT(json_find_string(rows, "[0].address", ""), "p.test");
    CHECK_TEXT(json_find_string(rows, "[0].ssl_cert_hostname", ""), "pinned.test");
    CHECK_TEXT(json_find_string(rows, "[0].ssl_sni_hostname", ""), "p.test"); /* was ours */
    CHECK(json_find_integer(rows, "[0].connect_timeout", 0) == 7000 ||
          strcmp(json_find_string(rows, "[0].connect_timeout", ""), "7000") == 0);
    rows = fastly_ask(&field, "GET", arena_printf(&arena, "%s3/domain", base), NULL);
    CHECK(json_array_size(rows) == 2);
    rows = fastly_ask(&field, "GET", arena_printf(&arena, "%s3/resource", base), NULL);
    CHECK(json_array_size(rows) == 1);
    arena_free(&arena);
}

static void test_versions(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct deployment old = {.version = "1", .percent = 100}, *rows;
    size_t count;
    struct field field = {.arena = &arena, .folder = unit_folder(&arena)};
    fastly_open(&field, NULL, SETTINGS);
    CHECK_TEXT(order(&field), ""); /* no service */
    fastly_check_published(&field, false, "1", NULL);
    fastly_check_published(&field, true, "2", "1");
    fastly_check_published(&field, false, "3", "2");
    CHECK_TEXT(order(&field), "3 2 1");
    CHECK(platform_fastly.activate(&field.job, NULL, &old, &error) == 0);
    CHECK_TEXT(order(&field), "1 3 2");
    fastly_check_published(&field, true, "4", "1");
    CHECK_TEXT(order(&field), "4 1 3 2"); /* 1 was live when 4 was made */
    CHECK(platform_fastly.versions(&field.job, &rows, &count, &error) == 0);
    for (size_t i = 0; i < count; i++) {
        CHECK(rows[i].lived == LIVED_YES && !rows[i].drifted && rows[i].resource);
        CHECK_TEXT(rows[i].commit, COMMIT);
        CHECK(rows[i].percent == (i == 0 ? 100 : 0));
    }
    arena_free(&arena);
}

void test_fastly_rollout(void)
{
    test_stage();
    test_staged_stays();
    test_stage_domain();
    test_ready_rollback();
    test_ready_then_activate();
    test_ready_overtaken();
    test_taken_leftover();
    test_swapped();
    test_plan();
    test_kept();
    test_versions();
}
