#include <stdlib.h>

#include "pkg/base/file.h"
#include "pkg/json/json.h"
#include "pkg/platform/internal.h"
#include "pkg/process/process.h"
#include "tests/unit/fake_platform.h"
#include "tests/unit/unit.h"

/* ' stands for ". */
static struct bytes quoted(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return bytes_of(copy);
}

/* A manifest with one target of `keys`, prepared. */
static int prepare(struct arena *arena, struct world *world, const char *keys,
                   const char *environment, struct job *job, struct error *error)
{
    struct manifest *manifest = arena_alloc(arena, 1, sizeof *manifest);
    char *text = arena_printf(arena,
                              "{'name': 'my-app', 'module': 'a.wasm',\n 'environments': {'s': "
                              "{'targets':\n{'edge': {'script': 'UP'}}}},\n 'targets': {'edge': {\n"
                              "%s}}}",
                              keys);
    if (manifest_parse(arena, quoted(arena, text), "m.json", environment, manifest, error) != 0)
        return -1;
    return job_prepare(arena, world, manifest, manifest->targets, NULL, job, error);
}

static const struct row {
    const char *keys, *environment, *variable, *value, *message, *hint;
} rows[] = {
    {"'platform': 'alhpa'", NULL, NULL, NULL,
     "m.json:5: targets.edge.platform: there is no platform 'alhpa'", "did you mean 'alpha'?"},
    {"'platform': 'somewhere-else'", NULL, NULL, NULL,
     "m.json:5: targets.edge.platform: there is no platform 'somewhere-else'",
     "use one of: alpha, beta"},
    {"'platform': 'alpha', 'account': '1234',\n 'scirpt': 'x'", NULL, NULL, NULL,
     "m.json:6: targets.edge.scirpt: unknown key", "did you mean 'script'?"},
    {"'platform': 'alpha', 'account': '1234',\n 'modul': 'x'", NULL, NULL, NULL,
     "m.json:6: targets.edge.modul: unknown key", "did you mean 'module'?"},
    {"'platform': 'beta',\n 'script': 'x'", NULL, NULL, NULL,
     "m.json:6: targets.edge.script: unknown key",
     "use one of: service_id, platform, module, main, modules, files, package, build, optimize, "
     "budget, verify, bench"},
    {"'platform': 'alpha', 'account': '123'", NULL, NULL, NULL,
     "m.json:5: targets.edge.account: '123' cannot be the account, 4 digits",
     "write what matches ^[0-9]{4}$"},
    {"'platform': 'alpha', 'account': 1234", NULL, NULL, NULL,
     "m.json:5: targets.edge.account: must be a string, not a number", ""},
    {"'platform': 'alpha', 'account': null", NULL, NULL, NULL,
     "m.json:5: targets.edge.account: must be a string, not null", ""},
    {"'platform': 'alpha'", NULL, "ALPHA_ACCOUNT", "x",
     "ALPHA_ACCOUNT: 'x' cannot be the account, 4 digits", "write what matches ^[0-9]{4}$"},
    {"'platform': 'alpha', 'account': '1234'", NULL, "ALPHA_MEMORY", "many",
     "ALPHA_MEMORY: must be a whole number, not a string", ""},
    {"'platform': 'alpha', 'account': '1234'", NULL, "ALPHA_MEMORY", "999",
     "ALPHA_MEMORY: must be at most 256", ""},
    {"'platform': 'alpha', 'account': '1234',\n\n 'memory_mb': 63", NULL, NULL, NULL,
     "m.json:7: targets.edge.memory_mb: must be at least 64", ""},
    {"'platform': 'alpha', 'account': '1234', 'memory_mb': 64.5", NULL, NULL, NULL,
     "m.json:5: targets.edge.memory_mb: must be a whole number, not 64.5", ""},
    {"'platform': 'alpha', 'account': '1234', 'runtime': 'r11'", NULL, NULL, NULL,
     "m.json:5: targets.edge.runtime: 'r11' is none of: r1, r2", "did you mean 'r1'?"},
    {"'platform': 'alpha', 'account': '1234', 'public': 'yes'", NULL, NULL, NULL,
     "m.json:5: targets.edge.public: must be true or false, not a string", ""},
    {"'platform': 'alpha', 'account': '1234', 'flags': ['ok',\n'NO']", NULL, NULL, NULL,
     "m.json:6: targets.edge.flags[1]: 'NO' cannot be switches", "write what matches ^[a-z_]+$"},
    {"'platform': 'alpha', 'account': '1234', 'routes': ['a']", NULL, NULL, NULL,
     "m.json:5: targets.edge.routes[0]: must be an object, not a string", ""},
    {"'platform': 'alpha', 'account': '1234', 'routes': [{'pattren': 'a'}]", NULL, NULL, NULL,
     "m.json:5: targets.edge.routes[0].pattren: unknown key", "did you mean 'pattern'?"},
    {"'platform': 'alpha', 'account': '1234', 'routes': [{'port': 1}]", NULL, NULL, NULL,
     "m.json:5: targets.edge.routes[0]: 'pattern' is missing", "add \"pattern\""},
    {"'platform': 'alpha', 'account': '1234', 'labels': []", NULL, NULL, NULL,
     "m.json:5: targets.edge.labels: must be an object, not a list", ""},
    {"'platform': 'alpha', 'account': '1234'", "s", NULL, NULL,
     "m.json:3: environments.s.targets.edge.script: 'UP' cannot be the script's "
     "name",
     "write what matches ^[a-z-]+$"},
};

static void test_mistakes(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct world *world = unit_world(&arena);
        struct job job;
        if (rows[i].variable)
            unit_setenv(world, rows[i].variable, rows[i].value);
        int status = prepare(&arena, world, rows[i].keys, rows[i].environment, &job, &error);
        bool ok = CHECK(status == -1 && error.fault == FAULT_INPUT);
        ok &= CHECK_TEXT(error.message, rows[i].message);
        ok &= CHECK_TEXT(error.hint, rows[i].hint);
        if (!ok)
            fprintf(stderr, "  target: %s\n", rows[i].keys);
        arena_free(&arena);
    }
}

static void test_settings(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct world *world = unit_world(&arena);
    struct job job;
    unit_setenv(world, "ALPHA_ACCOUNT", "4711");
    unit_setenv(world, "ALPHA_MEMORY", "256");
    CHECK(prepare(&arena, world, "'platform': 'alpha', 'runtime': 'r1', 'labels': {'any': [1]}",
                  NULL, &job, &error) == 0);
    CHECK_TEXT(error.message, "");
    CHECK_TEXT(job_text(&job, "script"), "my-app");
    CHECK_TEXT(job_text(&job, "account"), "4711");
    CHECK_TEXT(job_text(&job, "flags"), NULL);
    CHECK(job_integer(&job, "memory_mb", 1) == 256 && job_integer(&job, "script", 1) == 1);
    CHECK(job_flag(&job, "public", false) && !job_flag(&job, "other", false));
    CHECK_TEXT(job.profile->variant, "r1");
    CHECK(job.entry == platform_find("alpha") && job.http == NULL);
    CHECK(json_object_get(job.target->settings, "script") == NULL);
    /* The manifest comes before the environment, the environment before the default. */
    CHECK(prepare(&arena, world, "'platform': 'alpha', 'account': '0001', 'memory_mb': 64", NULL,
                  &job, &error) == 0);
    CHECK_TEXT(job_text(&job, "account"), "0001");
    CHECK(job_integer(&job, "memory_mb", 1) == 64);
    CHECK_TEXT(job.profile->variant, "r2");
    arena_free(&arena);
}

/* check FILE --platform NAME: nobody wrote a document, nothing is required of it. */
static void test_no_document(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct target target = {.name = "alpha", .platform = "alpha", .path = "--platform alpha"};
    struct manifest manifest = {.name = "A module", .targets = &target, .target_count = 1};
    struct job job;
    CHECK(job_prepare(&arena, unit_world(&arena), NULL, &target, NULL, &job, &error) == 0);
    CHECK(job_prepare(&arena, unit_world(&arena), &manifest, &target, NULL, &job, &error) == 0);
    CHECK_TEXT(job.profile->variant, "r2");
    target.settings = json_own(&arena, json_pack("{s:s}", "runtime", "r9"));
    CHECK(job_prepare(&arena, unit_world(&arena), &manifest, &target, NULL, &job, &error) == -1);
    CHECK_TEXT(error.message, "--platform alpha.runtime: 'r9' is none of: r1, r2");
    arena_free(&arena);
}

static void test_profile_file(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct target target = {.name = "edge", .platform = "beta", .path = "targets.edge"};
    struct world *world = unit_world(&arena);
    struct job job;
    char *path = path_join(&arena, unit_folder(&arena), "p.json");
    CHECK(job_prepare(&arena, world, NULL, &target, path, &job, &error) == -1);
    CHECK(error.fault == FAULT_INPUT && strstr(error.message, "cannot open"));
    CHECK(file_write(path, bytes_of(platform_find("beta")->profile_json), 0644, &error) == 0);
    CHECK(job_prepare(&arena, world, NULL, &target, path, &job, &error) == 0);
    CHECK_TEXT(job.profile->origin, path);
    target.platform = "alpha";
    CHECK(job_prepare(&arena, world, NULL, &target, path, &job, &error) == -1);
    CHECK(strstr(error.message, "is of 'beta', not of 'alpha'") != NULL);
    arena_free(&arena);
}

static int unlock(struct arena *arena, struct world *world, struct job *job, struct error *error)
{
    if (!CHECK(prepare(arena, world, "'platform': 'alpha', 'account': '1234'", NULL, job, error) ==
               0))
        return -1;
    return job_unlock(job, error);
}

/* What a variable may supply is asked for with the credentials, not by check. */
static void test_missing_option(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct world *world = unit_world(&arena);
    struct job job;
    CHECK(prepare(&arena, world, "'platform': 'alpha'", NULL, &job, &error) == 0);
    CHECK(job_unlock(&job, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK_TEXT(error.message, "m.json:4: targets.edge: 'account' is missing");
    CHECK_TEXT(error.hint, "add \"account\" (the account, 4 digits), or set ALPHA_ACCOUNT");
    /* One that only the manifest can supply is. */
    static const char supply[] = "\"environment\": \"ALPHA_ACCOUNT\",";
    char *profile = arena_strdup(&arena, platform_find("alpha")->profile_json);
    char *path = path_join(&arena, unit_folder(&arena), "p.json"), *at = strstr(profile, supply);
    if (CHECK(at))
        memset(at, ' ', sizeof supply - 1);
    CHECK(file_write(path, bytes_of(profile), 0644, &error) == 0);
    CHECK(job_prepare(&arena, world, job.manifest, job.target, path, &job, &error) == -1);
    CHECK_TEXT(error.message, "m.json:4: targets.edge: 'account' is missing");
    CHECK_TEXT(error.hint, "add \"account\": the account, 4 digits");
    arena_free(&arena);
}

static void test_unlock(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct world *world = unit_world(&arena);
    struct job job;
    CHECK(unlock(&arena, world, &job, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK_TEXT(error.message, "edge: credential ALPHA_TOKEN is not set");
    CHECK_TEXT(error.hint, "set ALPHA_TOKEN; it needs: write");
    unit_setenv(world, "ALPHA_TOKEN", " \n");
    CHECK(unlock(&arena, world, &job, &error) == -1);
    unit_setenv(world, "ALPHA_TOKEN", "top\r\nX-Evil: 1");
    CHECK(unlock(&arena, world, &job, &error) == -1);
    CHECK_TEXT(error.message, "credential ALPHA_TOKEN holds characters that no credential has");
    CHECK(!strstr(error.hint, "top"));
    unit_setenv(world, "ALPHA_TOKEN", " secret\n");
    CHECK(unlock(&arena, world, &job, &error) == 0);
    CHECK_TEXT(job_secret(&job, "token"), "secret");
    CHECK_TEXT(job_secret(&job, "session"), NULL);
    CHECK(job.http != NULL);
    CHECK_TEXT(job_endpoint(&job, "api"), "https://api.alpha.example");
    CHECK_TEXT(job_endpoint(&job, "none"), NULL);
    unit_setenv(world, "ALPHA_ANY", "http://127.0.0.1:8080/any//");
    CHECK_TEXT(job_endpoint(&job, "api"), "http://127.0.0.1:8080/any");
    unit_setenv(world, "ALPHA_API", "https://other.example/v4");
    CHECK_TEXT(job_endpoint(&job, "api"), "https://other.example/v4");
    arena_free(&arena);
}

/* beta has two ways: a token, or key and mail. */
static int unlock_beta(struct arena *arena, struct world *world, struct job *job,
                       struct error *error)
{
    if (!CHECK(prepare(arena, world, "'platform': 'beta'", NULL, job, error) == 0))
        return -1;
    return job_unlock(job, error);
}

static void test_instead_of(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct world *world = unit_world(&arena);
    struct job job;
    CHECK(unlock_beta(&arena, world, &job, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK_TEXT(error.hint,
               "set BETA_TOKEN (or token in [default] of ~/.beta/keys); it needs: write");
    unit_setenv(world, "BETA_KEY", "key");
    CHECK(unlock_beta(&arena, world, &job, &error) == -1 && error.fault == FAULT_INPUT);
    CHECK_TEXT(error.message, "edge: credential BETA_MAIL is not set");
    unit_setenv(world, "BETA_MAIL", "a@b.example");
    CHECK(unlock_beta(&arena, world, &job, &error) == 0);
    CHECK_TEXT(job_secret(&job, "key"), "key");
    CHECK_TEXT(job_secret(&job, "mail"), "a@b.example");
    CHECK_TEXT(job_secret(&job, "token"), NULL);
    CHECK_TEXT(job.secrets_origin, "the environment");
    /* The token is what may do the least: with it, the others are not used. */
    unit_setenv(world, "BETA_TOKEN", "token");
    CHECK(unlock_beta(&arena, world, &job, &error) == 0);
    CHECK_TEXT(job_secret(&job, "token"), "token");
    CHECK_TEXT(job_secret(&job, "key"), NULL);
    CHECK_TEXT(job_secret(&job, "mail"), NULL);
    arena_free(&arena);
}

static void test_endpoints(void)
{
    static const char *const wrong[] = {"ftp://x",          "https://",     "https:///x",
                                        "https://u:p@host", "https://x?q",  "https://x/#f",
                                        "https://x y",      "api.x.example"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct arena arena = {0};
        struct error error = {0};
        struct world *world = unit_world(&arena);
        struct job job;
        unit_setenv(world, "ALPHA_TOKEN", "secret");
        unit_setenv(world, "ALPHA_ANY", wrong[i]);
        CHECK(unlock(&arena, world, &job, &error) == -1 && error.fault == FAULT_INPUT);
        CHECK_TEXT(error.message, "ALPHA_ANY is no url of an API");
        arena_free(&arena);
    }
}

static void test_seal(void)
{
    struct arena arena = {0};
    struct part parts[] = {{"a", "a.wasm", "application/wasm", bytes_of("one")},
                           {"b", NULL, NULL, bytes_of("")}};
    struct artifact artifact = {.parts = parts, .part_count = 2, .settings = "{}"};
    char first[65];
    artifact_seal(&artifact);
    memcpy(first, artifact.sha256, sizeof first);
    CHECK(strlen(first) == 64);
    artifact_seal(&artifact);
    CHECK_TEXT(artifact.sha256, first);
    artifact.settings = "{\"a\":1}";
    artifact_seal(&artifact);
    CHECK(strcmp(artifact.sha256, first) != 0);
    artifact.settings = "{}";
    parts[1].filename = "";
    artifact_seal(&artifact);
    CHECK(strcmp(artifact.sha256, first) != 0);
    parts[1] = (struct part){"b", NULL, NULL, bytes_of("x")};
    artifact_seal(&artifact);
    CHECK(strcmp(artifact.sha256, first) != 0);
    arena_free(&arena);
}

static void test_schema(void)
{
    struct arena arena = {0};
    struct error error = {0};
    char *text = platform_schema(&arena);
    json_t *schema;
    CHECK(json_read(&arena, bytes_of(text), "schema", FAULT_INPUT, &schema, &error) == 0);
    json_t *target = json_find(schema, "$defs.target");
    CHECK_TEXT(json_print(&arena, json_find(target, "properties.platform.enum")),
               "[\"alpha\",\"beta\"]");
    json_t *rule = json_find(target, "allOf[0]");
    CHECK_TEXT(json_find_string(rule, "if.properties.platform.const", ""), "alpha");
    CHECK_TEXT(json_print(&arena, json_find(rule, "then.properties.memory_mb")),
               "{\"type\":\"integer\",\"minimum\":64,\"maximum\":256,\"description\":\"memory in "
               "MB\"}");
    CHECK_TEXT(json_print(&arena, json_find(rule, "then.properties.routes.items.required")),
               "[\"pattern\"]");
    CHECK_TEXT(json_print(&arena, json_find(rule, "then.required")), "[]");
    CHECK(json_is_false(json_find(target, "unevaluatedProperties")));
    arena_free(&arena);
}

/* The file that editors of this repository's templates complete from is what the program prints. */
static void test_committed_schema(void)
{
    struct arena arena = {0};
    struct error error = {0};
    struct world *world = unit_world(&arena);
    const char *const argv[] = {"build/edge-deploy", "platforms", "--schema", NULL};
    struct process_request request = {.argv = argv};
    struct process_result result;
    struct bytes committed;
    if (!file_exists(argv[0])) {
        unit_skip("platform: the program is not built, its schema is not compared");
    } else if (CHECK(process_run(&arena, world, &request, &result, &error) == 0) &&
               CHECK(file_read(&arena, "templates/edge-deploy.schema.json", LIMIT_MANIFEST,
                               &committed, &error) == 0)) {
        if (!CHECK(bytes_equal(result.output, committed)))
            fputs("  renew it: build/edge-deploy platforms --schema "
                  ">templates/edge-deploy.schema.json\n",
                  stderr);
    }
    arena_free(&arena);
}

static void test_names(void)
{
    struct arena arena = {0};
    size_t count;
    const char **names = platform_names(&arena, &count);
    CHECK(count == 2 && platform_find("gamma") == NULL);
    CHECK_TEXT(names[1], "beta");
    arena_free(&arena);
}

void test_platform(void)
{
    test_names();
    test_mistakes();
    test_settings();
    test_no_document();
    test_profile_file();
    test_missing_option();
    test_unlock();
    test_instead_of();
    test_endpoints();
    test_seal();
    test_schema();
    test_committed_schema();
}
