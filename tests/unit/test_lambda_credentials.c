/* Where AWS's credentials are found: what needs no network. */
#include "pkg/base/file.h"
#include "pkg/base/world.h"
#include "platforms/lambda-edge/credentials_parts.h"
#include "tests/unit/unit.h"

extern const struct platform platform_lambda_edge;

#define NOON INT64_C(1795348800000) /* 2026-11-22T12:00:00Z */

static void test_ini(void)
{
    static const char text[] = "# comment\r\naws = outside\n[default]\n aws = indented\n"
                               "aws = one ; comment\nkey=a#b=c\r\n"
                               "[ profile two ]\naws=  2  \nempty =\n[three\naws = 3\n[four]";
    static const struct {
        const char *section, *key, *value;
    } wanted[] = {
        {"default", "aws", "one"},    {"default", "key", "a#b=c"}, {"two", "aws", "2"},
        {"two", "empty", ""},         {"three", "aws", NULL},      {"four", "aws", NULL},
        {"profile two", "aws", NULL}, {"default", "none", NULL},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        CHECK_TEXT(ini_find(&arena, bytes_of(text), wanted[i].section, wanted[i].key),
                   wanted[i].value);
    for (size_t size = 0; size < sizeof text; size++) {
        void *cut = arena_copy(&arena, text, size);
        CHECK(!ini_find(&arena, (struct bytes){cut, size}, "four", "x"));
    }
    static const char quoted[] = "[profile \"my own\"]\na = 1\n[sso-session two]\na = 2\n";
    CHECK_TEXT(ini_find(&arena, bytes_of(quoted), "my own", "a"), "1");
    CHECK(ini_has(bytes_of(quoted), "my own") && !ini_has(bytes_of(quoted), "two"));
    CHECK(ini_has(bytes_of(text), "default") && !ini_has(bytes_of(text), "three"));
    arena_free(&arena);
}

static void test_time(void)
{
    static const struct {
        const char *text;
        int64_t time;
    } rows[] = {{"2026-11-22T12:00:00Z", NOON},
                {"2026-11-22T12:00:00.123Z", NOON},
                {"2026-11-22T14:00:00+02:00", NOON},
                {"2026-11-22T11:30:00-00:30", NOON},
                {"1970-01-01T00:00:00Z", 0},
                {"2000-02-29T00:00:00Z", 951782400000},
                {"2026-11-22 12:00:00Z", -1},
                {"2026-11-22T12:00:00", -1},
                {"2026-13-22T12:00:00Z", -1},
                {"2026-11-22T12:00:00Zx", -1},
                {"2026-11-22T12:00:00+02", -1},
                {"", -1},
                {"tomorrow", -1},
                {"2026-11-22T12:00:00+-2:00", -1},
                {"-026-11-22T12:00:00Z", -1},
                {"2026-11-22T12:61:00Z", -1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!CHECK(credentials_time(rows[i].text) == rows[i].time))
            fprintf(stderr, "  %s: %lld\n", rows[i].text,
                    (long long)credentials_time(rows[i].text));
}

static void test_words(void)
{
    static const struct {
        const char *command, *words; /* joined by '|'; NULL: refused */
    } rows[] = {{"a b  c", "a|b|c"},
                {" a\t", "a"},
                {"'a b' \"c d\"e", "a b|c de"},
                {"a\\ b \\\\ \\'", "a b|\\|'"},
                {"'a\\b' \"a\\b\\\"\"", "a\\b|a\\b\""},
                {"a '' \"\"", "a||"},
                {"a $(b) ;c|d", "a|$(b)|;c|d"},
                {"", NULL},
                {"  ", NULL},
                {"'a", NULL},
                {"a \"b", NULL}};
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char **words = credentials_words(&arena, rows[i].command), *all = NULL;
        for (size_t w = 0; words && words[w]; w++)
            all = w ? arena_printf(&arena, "%s|%s", all, words[w]) : words[w];
        CHECK_TEXT(all, rows[i].words);
    }
    arena_free(&arena);
}

static void test_process_output(void)
{
    static const struct {
        const char *output, *failure; /* NULL: taken */
    } rows[] = {
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S3CRET\"}", NULL},
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S3CRET\","
         "\"SessionToken\":null,\"Expiration\":null}",
         NULL},
        {"", "what comes from it is no JSON object"},
        {"S3CRET", "what comes from it is no JSON object"},
        {"[\"S3CRET\"]", "what comes from it is no JSON object"},
        {"{\"Version\":1,\"AccessKeyId\":\"S3CRET\",}", "what comes from it is no JSON object"},
        {"{\"AccessKeyId\":\"S3CRET\"}", "what comes from it is not of \"Version\": 1"},
        {"{\"Version\":\"1\"}", "what comes from it is not of \"Version\": 1"},
        {"{\"Version\":1,\"AccessKeyId\":\"A\"}", "no secret key comes from it"},
        {"{\"Version\":1,\"AccessKeyId\":7,\"SecretAccessKey\":\"S3CRET\"}",
         "no access key comes from it"},
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S3CRET\\n\"}",
         "the secret key from it holds characters that no credential has"},
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S3CRET\",\"Expiration\":7}",
         "the \"Expiration\" from it is no string"},
        {"{\"Version\":1,\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S3CRET\","
         "\"Expiration\":\"soon\"}",
         "when the credentials from it expire is no time: 'soon'"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct job job = {.arena = &arena, .world = unit_world(&arena)};
        struct error error = {0};
        struct keys keys = {0};
        int status =
            credentials_process_output(&job, bytes_of(rows[i].output), "it", &keys, &error);
        CHECK(status == (rows[i].failure ? -1 : 0));
        CHECK_TEXT(status ? error.message : NULL, rows[i].failure);
        CHECK(!strstr(error.message, "S3CRET") && !strstr(error.hint, "S3CRET"));
        arena_free(&arena);
    }
}

/* A home folder, and the job of one target. */
struct home {
    struct arena arena;
    struct world *world;
    struct platform_entry entry;
    struct profile profile;
    struct target target;
    struct error error;
    char *folder;
};

static void open_home(struct home *home)
{
    struct bytes text = {NULL, 0};
    *home = (struct home){.target = {.name = "edge"}};
    home->world = unit_world(&home->arena);
    home->folder = unit_folder(&home->arena);
    CHECK(file_read(&home->arena, "platforms/lambda-edge/profile.json", LIMIT_MANIFEST, &text,
                    &home->error) == 0);
    CHECK(profile_parse(&home->arena, (const char *)text.data, "profile", NULL, &home->profile,
                        &home->error) == 0);
    home->entry = (struct platform_entry){&platform_lambda_edge, NULL, "", ""};
    unit_setenv(home->world, "HOME", home->folder);
    unit_setenv(home->world, "AWS_EC2_METADATA_DISABLED", "true");
}

static void write_text(struct home *home, const char *name, const char *text)
{
    CHECK(file_write(path_join(&home->arena, home->folder, name), bytes_of(text), 0600,
                     &home->error) == 0);
}

/* "ACCESS SECRET TOKEN", or the message of a failure. */
static const char *found(struct home *home, struct job *job)
{
    *job = (struct job){.arena = &home->arena,
                        .world = home->world,
                        .entry = &home->entry,
                        .profile = &home->profile,
                        .target = &home->target};
    job->settings = json_own(&home->arena, json_pack("{s:s, s:s}", "distribution", "E2QWRUHAPOMQZL",
                                                     "event", "origin-request"));
    home->error = (struct error){0};
    if (job_unlock(job, &home->error) != 0)
        return home->error.message;
    const char *token = job_secret(job, "session_token");
    return arena_printf(&home->arena, "%s %s %s", job_secret(job, "access_key"),
                        job_secret(job, "secret_key"), token ? token : "-");
}

static void test_order(void)
{
    struct home home;
    struct job job;
    open_home(&home);
    CHECK_TEXT(found(&home, &job), "edge: credential AWS_ACCESS_KEY_ID is not set");
    CHECK(strstr(home.error.hint, "aws_access_key_id in [default] of ~/.aws/credentials"));
    write_text(&home, ".aws/config",
               "[default]\naws_access_key_id = A1\naws_secret_access_key = S1\n"
               "[profile two]\naws_access_key_id = A2\naws_secret_access_key = S2\n"
               "aws_session_token = T2\n");
    CHECK_TEXT(found(&home, &job), "A1 S1 -");
    CHECK_TEXT(job.secrets_origin, "the AWS profile 'default'");
    write_text(&home, ".aws/credentials",
               "[default]\naws_access_key_id = A3\naws_secret_access_key = S3\n");
    CHECK_TEXT(found(&home, &job), "A3 S3 -");
    unit_setenv(home.world, "AWS_PROFILE", "two");
    CHECK_TEXT(found(&home, &job), "A2 S2 T2");
    unit_setenv(home.world, "AWS_PROFILE", "three");
    CHECK_TEXT(found(&home, &job), "there is no AWS profile 'three'");
    write_text(&home, "other", "[three]\naws_access_key_id=A4\naws_secret_access_key=S4 # x\n");
    unit_setenv(home.world, "AWS_SHARED_CREDENTIALS_FILE",
                path_join(&home.arena, home.folder, "other"));
    CHECK_TEXT(found(&home, &job), "A4 S4 -");
    /* The environment comes first, and a half of it does not belong to a half of a file. */
    unit_setenv(home.world, "AWS_SESSION_TOKEN", "T5");
    CHECK_TEXT(found(&home, &job), "A4 S4 -");
    unit_setenv(home.world, "AWS_ACCESS_KEY_ID", "A5");
    CHECK_TEXT(found(&home, &job), "edge: credential AWS_SECRET_ACCESS_KEY is not set");
    unit_setenv(home.world, "AWS_SECRET_ACCESS_KEY", "S5");
    CHECK_TEXT(found(&home, &job), "A5 S5 T5");
    CHECK_TEXT(job.secrets_origin, "the environment");
    CHECK(job.secrets_expire == 0);
    arena_free(&home.arena);
}

static void test_expiry(void)
{
    static const struct {
        const char *time, *failure;
    } rows[] = {{"2026-11-22T12:01:00Z", "A S -"},
                {"2026-11-22T12:00:59Z",
                 "the credentials from the environment expire at 2026-11-22T12:00:59Z"},
                {"2026-11-22T11:00:00Z",
                 "the credentials from the environment expired at 2026-11-22T11:00:00Z"},
                {"never", "when the credentials from the environment expire is no time: 'never'"}};
    struct home home;
    struct job job;
    open_home(&home);
    unit_setenv(home.world, "AWS_ACCESS_KEY_ID", "A");
    unit_setenv(home.world, "AWS_SECRET_ACCESS_KEY", "S");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_setenv(home.world, "AWS_CREDENTIAL_EXPIRATION", rows[i].time);
        CHECK_TEXT(found(&home, &job), rows[i].failure);
    }
    CHECK(home.error.fault == FAULT_INPUT);
    arena_free(&home.arena);
}

#define ROLE "role_arn = arn:aws:iam::123456789012:role/edge\n"

/* What a profile can have wrong is told before anything is sent. */
static void test_profiles(void)
{
    static const struct {
        const char *config, *failure;
    } rows[] = {
        {"[default]\n" ROLE,
         "the AWS profile 'default' has a role_arn, and nothing to assume it with"},
        {"[default]\n" ROLE "source_profile=a\ncredential_source=Environment\n",
         "the AWS profile 'default' has both source_profile and credential_source"},
        {"[default]\n" ROLE "source_profile = a\n",
         "the AWS profile 'default' has the source_profile 'a', which is not there"},
        {"[default]\n" ROLE "source_profile = a\n[profile a]\nregion = x\n",
         "the AWS profile 'a' has no credentials, and another one needs them"},
        {"[default]\n" ROLE "source_profile = a\n[profile a]\n" ROLE "source_profile = default\n",
         "the AWS profile 'default' leads to itself by source_profile"},
        {"[default]\n" ROLE "source_profile = default\n",
         "the AWS profile 'default' leads to itself by source_profile"},
        {"[default]\n" ROLE "source_profile=1\n[1]\n" ROLE "source_profile=2\n[2]\n" ROLE
         "source_profile=3\n[3]\n" ROLE "source_profile=4\n[4]\n" ROLE
         "source_profile=5\n[5]\n" ROLE "source_profile=6\n[6]\n" ROLE
         "source_profile=7\n[7]\n" ROLE "source_profile=8\n[8]\n",
         "the AWS profile 'default' leads through more than 8 profiles"},
        {"[default]\n" ROLE "credential_source = Ec2\n",
         "the AWS profile 'default' has the credential_source 'Ec2', which is unknown"},
        {"[default]\n" ROLE "credential_source = Environment\n",
         "the AWS profile 'default' has the credential_source Environment, which has none"},
        {"[default]\n" ROLE "credential_source = EcsContainer\n",
         "the AWS profile 'default' has the credential_source EcsContainer, which has none"},
        {"[default]\n" ROLE "source_profile = a\nmfa_serial = arn:aws:iam::1:mfa/me\n",
         "the AWS profile 'default' needs a code of a device (mfa_serial), which is not asked for "
         "here"},
        {"[default]\nsso_session = a\n",
         "the AWS profile 'default' signs in by a browser, which is not done here"},
        {"[default]\nsso_start_url = https://a.example\n",
         "the AWS profile 'default' signs in by a browser, which is not done here"},
        {"[default]\naws_access_key_id = A\n",
         "the AWS profile 'default' has no aws_secret_access_key"},
        {"[default]\naws_access_key_id = A\naws_secret_access_key = a b\n",
         "the secret key from the AWS profile 'default' holds characters that no credential has"},
        {"[default]\nrole_arn = edge\nsource_profile = default\naws_access_key_id = A\n"
         "aws_secret_access_key = S\n",
         "'edge' is no role's ARN"},
        {"[default]\n" ROLE "duration_seconds = 60\nsource_profile = default\n"
         "aws_access_key_id = A\naws_secret_access_key = S\n",
         "duration_seconds is no number from 900 to 43200"},
        {"[default]\ncredential_process = 'x\n",
         "the credential_process of the AWS profile 'default' is no command"},
        {"[default]\ncredential_process = echo hello\n",
         "what comes from credential_process of the AWS profile 'default' is no JSON object"},
        {"[default]\ncredential_process = sh -c 'echo first >&2; echo \"sign in\" >&2; exit 3'\n",
         "the credential_process of the AWS profile 'default' ended with status 3: sign in"},
        {"[default]\ncredential_process = sh -c 'echo "
         "{\\\"Version\\\":1,\\\"AccessKeyId\\\":\\\"A\\\",\\\"SecretAccessKey\\\":\\\"S\\\"}'\n",
         "A S -"},
        {"[default]\nregion = us-east-1\n", "edge: credential AWS_ACCESS_KEY_ID is not set"},
    };
    struct home home;
    struct job job;
    open_home(&home);
    unit_setenv(home.world, "PATH", "/bin:/usr/bin");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_text(&home, ".aws/config", rows[i].config);
        CHECK_TEXT(found(&home, &job), rows[i].failure);
    }
    write_text(&home, ".aws/config", "[default]\nsso_session = a\n");
    CHECK(strcmp(found(&home, &job), "") != 0);
    CHECK(strstr(home.error.hint, "credential_process = aws configure export-credentials "
                                  "--profile default --format process"));
    arena_free(&home.arena);
}

/* Containers: without encryption, only this machine and two addresses. */
static void test_container(void)
{
    static const struct {
        const char *url, *failure;
    } rows[] = {{"http://10.0.0.1/x", "http is spoken with this machine only"},
                {"http://169.254.169.254/x", "http is spoken with this machine only"},
                {"http://169.254.170.2.evil.example/x", "http is spoken with this machine only"},
                {"http://169.254.170.2@evil.example/x", "it holds credentials"},
                {"ftp://127.0.0.1/x", "only https is spoken"}};
    struct home home;
    struct job job;
    open_home(&home);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unit_setenv(home.world, "AWS_CONTAINER_CREDENTIALS_FULL_URI", rows[i].url);
        if (!CHECK(strstr(found(&home, &job), rows[i].failure)))
            fprintf(stderr, "  %s\n", home.error.message);
    }
    unit_setenv(home.world, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "evil.example/");
    CHECK(strstr(found(&home, &job), "does not begin with '/'"));
    arena_free(&home.arena);
}

void test_lambda_credentials(void)
{
    test_ini();
    test_time();
    test_words();
    test_process_output();
    test_order();
    test_expiry();
    test_profiles();
    test_container();
}
