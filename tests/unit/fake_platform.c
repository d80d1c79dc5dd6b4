#include "tests/unit/fake_platform.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/json/json.h"
#include "pkg/platform/platform.h"

struct fake fake;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void fake_reset(void)
{
    fake = (struct fake){.fault = FAULT_REMOTE};
}

static struct fake_platform *state_of(const struct job *job)
{
    return strcmp(job->entry->platform->name, "alpha") == 0 ? &fake.alpha : &fake.beta;
}

/* Logs the call; -1 when it is the one that is to fail. */
static int call(const struct job *job, const char *hook, const char *version, struct error *error)
{
    char name[32];
    snprintf(name, sizeof name, "%s.%s", job->entry->platform->name, hook);
    pthread_mutex_lock(&lock);
    size_t used = strlen(fake.log);
    snprintf(fake.log + used, sizeof fake.log - used, "%s %s%s%s\n", name, job->target->name,
             version ? " " : "", version ? version : "");
    pthread_mutex_unlock(&lock);
    if (fake.failing && strcmp(fake.failing, name) == 0)
        return fake.fault == FAULT_NONE ? -1
                                        : error_set(error, fake.fault, "%s was told to fail", name);
    if (fake.talkative)
        error_set(error, FAULT_REMOTE, "%s has got over this", name);
    return 0;
}

static int pack(const struct job *job, const struct payload *payload, struct artifact *out,
                struct error *error)
{
    if (call(job, "pack", NULL, error) != 0)
        return -1;
    *out = (struct artifact){.parts = payload->parts,
                             .part_count = payload->part_count,
                             .settings = json_print(job->arena, job->settings)};
    for (size_t i = 0; i < payload->part_count; i++)
        out->counted_bytes += payload->parts[i].body.size;
    out->unpacked_bytes = out->counted_bytes;
    artifact_seal(out);
    return 0;
}

static char *version_name(const struct job *job, unsigned number)
{
    return number ? arena_printf(job->arena, "v%u", number) : NULL;
}

static void add_version(const struct job *job, const struct artifact *artifact,
                        struct deployment *out)
{
    struct fake_platform *state = state_of(job);
    if (state->version_count == FAKE_VERSIONS)
        abort();
    struct fake_version *version = &state->versions[state->version_count++];
    memcpy(version->artifact_sha256, artifact->sha256, sizeof version->artifact_sha256);
    snprintf(version->commit, sizeof version->commit, "%s", job->commit ? job->commit : "");
    out->version = version_name(job, state->version_count);
}

static int upload(const struct job *job, const struct artifact *artifact, struct deployment *out,
                  struct error *error)
{
    struct fake_platform *state = state_of(job);
    out->resource = "resource";
    out->deferred = state->deferred;
    if (!state->deferred)
        add_version(job, artifact, out);
    return call(job, "upload", out->version, error);
}

static int activate(const struct job *job, const struct artifact *artifact, struct deployment *out,
                    struct error *error)
{
    struct fake_platform *state = state_of(job);
    if (out->deferred && !out->version)
        add_version(job, artifact, out);
    int status = call(job, "activate", out->version, error);
    if (status != 0 && !fake.late)
        return -1;
    unsigned number = out->version[0] == 'v' ? (unsigned)strtoul(out->version + 1, NULL, 10) : 0;
    if (number < 1 || number > state->version_count)
        return error_set(error, FAULT_REMOTE, "there is no version '%s'", out->version);
    out->previous = version_name(job, state->live);
    out->url = arena_printf(job->arena, "%s/%s", fake.url ? fake.url : "http://127.0.0.1:1",
                            job->target->name);
    state->live = number;
    return status;
}

static int live(const struct job *job, struct deployment *out, struct error *error)
{
    const struct fake_platform *state = state_of(job);
    if (call(job, "live", NULL, error) != 0)
        return -1;
    *out = (struct deployment){.drifted = state->drifted};
    if (state->live == 0)
        return 0;
    const struct fake_version *version = &state->versions[state->live - 1];
    out->version = version_name(job, state->live);
    out->artifact_sha256 = version->artifact_sha256;
    out->commit = version->commit[0] ? version->commit : NULL;
    return 0;
}

static const struct platform alpha = {"alpha", "Alpha Edge", pack, upload, activate, live};
static const struct platform beta = {"beta", "Beta Edge", pack, upload, activate, live};

#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Woverlength-strings"
#endif

/* clang-format off */
#define F(name, word) \
    "\"" name "\": {\"support\": \"" word "\", \"evidence\": \"-\", \"as_of\": \"2026-11-01\"}"

#define FEATURES(simd) \
    F("mutable-globals", "yes") "," \
    F("sign-ext", "yes") "," \
    F("nontrapping-fptoint", "yes") "," \
    F("multivalue", "yes") "," \
    F("bulk-memory-opt", "yes") "," \
    F("bulk-memory", "yes") "," \
    F("call-indirect-overlong", "yes") "," \
    F("reference-types", "yes") "," \
    F("simd128", simd) "," \
    F("relaxed-simd", simd) "," \
    F("tail-call", "yes") "," \
    F("extended-const", "yes") "," \
    F("atomics", "yes") "," \
    F("exception-handling", "yes") "," \
    F("exception-handling-legacy", "yes") "," \
    F("exnref", "yes") "," \
    F("multimemory", "yes") "," \
    F("memory64", "yes") "," \
    F("table64", "yes") "," \
    F("typed-function-references", "yes") "," \
    F("gc", "yes") "," \
    F("custom-page-sizes", "no") "," \
    F("wide-arithmetic", "yes") "," \
    F("custom-descriptors", "yes") "," \
    F("stack-switching", "yes") "," \
    F("shared-everything-threads", "yes") "," \
    F("memory-control", "unknown") "," \
    F("fp16", "no") "," \
    F("strings", "no") "," \
    F("compact-imports", "yes") "," \
    F("branch-hinting", "yes") "," \
    F("js-string-builtins", "yes") "," \
    F("component-model", "yes") "," \
    F("component-async", "yes") 

#define COMPONENTS                                                                                 \
    " \"components\": {\"support\": \"no\", \"evidence\": \"made up\", \"as_of\": \"2026-11-01\"},"
static const char alpha_profile[] =
    "{\"name\": \"alpha\", \"title\": \"Alpha Edge\", \"as_of\": \"2026-11-01\","
    " \"sources\": [\"made up\"], \"glue\": \"javascript\","
    " \"variants\": {\"option\": \"runtime\", \"by\": \"name\", \"default\": \"r2\","
    "  \"entries\": {\"r1\": {}, \"r2\": {}}},"
    " \"features\": {" FEATURES("yes") "}," COMPONENTS
    " \"imports\": {\"closed\": \"bare\", \"source\": \"made up\", \"as_of\": \"2026-11-01\","
    "  \"modules\": {\"wasi_snapshot_preview1\": {\"fd_write\": \"(i32,i32,i32,i32)->(i32)\"}}},"
    " \"exports\": {\"entries\": [{\"name\": \"WASI command\","
    "  \"exports\": [{\"name\": \"_start\", \"kind\": \"func\"}],"
    "  \"imports\": [\"wasi_snapshot_preview1\"]}]}, \"limits\": {},"
    " \"place\": [\"account\", \"script\"], \"options\": {"
    "  \"script\": {\"type\": \"string\", \"default\": \"$name\", \"pattern\": \"^[a-z-]+$\","
    "   \"help\": \"the script's name\"},"
    "  \"account\": {\"type\": \"string\", \"required\": true, \"environment\": \"ALPHA_ACCOUNT\","
    "   \"pattern\": \"^[0-9]{4}$\", \"help\": \"the account, 4 digits\"},"
    "  \"runtime\": {\"type\": \"enum\", \"values\": [\"r1\", \"r2\"], \"help\": \"the runtime\"},"
    "  \"memory_mb\": {\"type\": \"integer\", \"default\": \"128\", \"minimum\": 64,"
    "   \"maximum\": 256, \"environment\": \"ALPHA_MEMORY\", \"help\": \"memory in MB\"},"
    "  \"public\": {\"type\": \"boolean\", \"default\": \"true\", \"help\": \"who may ask\"},"
    "  \"flags\": {\"type\": \"strings\", \"pattern\": \"^[a-z_]+$\", \"help\": \"switches\"},"
    "  \"routes\": {\"type\": \"objects\", \"help\": \"where it answers\", \"fields\": {"
    "   \"pattern\": {\"type\": \"string\", \"required\": true, \"help\": \"example.com\"},"
    "   \"port\": {\"type\": \"integer\", \"minimum\": 1, \"maximum\": 65535, \"help\": \"443\"}}},"
    "  \"labels\": {\"type\": \"object\", \"help\": \"free words\"}},"
    " \"credentials\": {"
    "  \"token\": {\"environment\": \"ALPHA_TOKEN\", \"required\": true, \"rights\": \"write\"},"
    "  \"session\": {\"environment\": \"ALPHA_SESSION\", \"required\": false, \"rights\": \"none\"}},"
    " \"endpoints\": {\"api\": {\"url\": \"https://api.alpha.example\","
    "  \"environment\": [\"ALPHA_API\", \"ALPHA_ANY\"]}}}";

static const char beta_profile[] =
    "{\"name\": \"beta\", \"title\": \"Beta Edge\", \"as_of\": \"2026-11-01\","
    " \"sources\": [\"made up\"], \"glue\": \"none\","
    " \"features\": {" FEATURES("no") "}," COMPONENTS
    " \"imports\": {\"closed\": \"always\", \"source\": \"made up\", \"as_of\": \"2026-11-01\","
    "  \"modules\": {\"host\": {\"answer\": \"(i32)->(i32)\"}}},"
    " \"exports\": {\"require\": [{\"name\": \"_start\", \"kind\": \"func\"}]}, \"limits\": {},"
    " \"options\": {"
    "  \"service_id\": {\"type\": \"string\", \"environment\": \"BETA_SERVICE\","
    "   \"help\": \"the service; without it one is made\"}},"
    " \"credentials\": {"
    "  \"token\": {\"environment\": \"BETA_TOKEN\", \"required\": true, \"rights\": \"write\","
    "   \"file_key\": \"token\"},"
    "  \"session\": {\"environment\": \"BETA_SESSION\", \"required\": false, \"rights\": \"none\","
    "   \"file_key\": \"session\"}},"
    " \"credential_file\": {\"environment\": \"BETA_FILE\", \"path\": \".beta/keys\","
    "  \"section_environment\": \"BETA_PROFILE\", \"section\": \"default\"},"
    " \"endpoints\": {\"api\": {\"url\": \"https://api.beta.example\","
    "  \"environment\": [\"BETA_API\"]}}}";
/* clang-format on */

const struct platform_entry platforms[] = {
    {&alpha, NULL, alpha_profile, "export default {};\n"},
    {&beta, NULL, beta_profile, ""},
    {0},
};
