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
    bool is_silent = fake.then_silent && fake.failing && strcmp(hook, "live") == 0 &&
                     strstr(fake.log, fake.failing);
    if (is_silent || (fake.failing && strcmp(fake.failing, name) == 0))
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

/* The one that an earlier run has left, when nothing has come after it. */
static const char *left_over(const struct job *job, const struct artifact *artifact)
{
    const struct fake_platform *state = state_of(job);
    unsigned last = state->version_count;
    if (last == 0 || (last == state->live && !state->beside) ||
        strcmp(state->versions[last - 1].artifact_sha256, artifact->sha256) != 0)
        return NULL;
    return version_name(job, last);
}

static int upload(const struct job *job, const struct artifact *artifact, struct deployment *out,
                  struct error *error)
{
    struct fake_platform *state = state_of(job);
    http_announce(job->http);
    out->resource = "resource";
    out->deferred = state->deferred;
    if (!state->deferred)
        out->version = left_over(job, artifact);
    if (!state->deferred && !out->version)
        add_version(job, artifact, out);
    if (out->staged && out->version) {
        state->versions[strtoul(out->version + 1, NULL, 10) - 1].staged = true;
        out->url = arena_printf(job->arena, "http://127.0.0.1:1/staged/%s", out->version);
        out->pin_name = "Fake-Version";
        out->pin_value = out->version;
    }
    return call(job, "upload", out->version, error);
}

/* Two at most share the traffic: the other one is what had the most. */
static void share(struct fake_platform *state, unsigned number, unsigned percent)
{
    unsigned other = state->live != number ? state->live : state->beside;
    state->versions[number - 1].took = ++state->activations;
    if (percent == 100 || other == 0) {
        state->live = number;
        state->beside = 0;
        return;
    }
    state->live = percent >= 50 ? number : other;
    state->beside = percent >= 50 ? other : number;
    state->beside_percent = percent >= 50 ? 100 - percent : percent;
}

static int activate(const struct job *job, const struct artifact *artifact, struct deployment *out,
                    struct error *error)
{
    struct fake_platform *state = state_of(job);
    http_announce(job->http);
    if (out->deferred && !out->version)
        add_version(job, artifact, out);
    int status = call(job, "activate", out->version, error);
    if (status != 0 && !fake.late)
        return -1;
    unsigned number = out->version[0] == 'v' ? (unsigned)strtoul(out->version + 1, NULL, 10) : 0;
    if (number < 1 || number > state->version_count || state->versions[number - 1].gone)
        return error_set(error, FAULT_REMOTE, "there is no version '%s'", out->version);
    out->previous = version_name(job, state->live);
    out->url = arena_printf(job->arena, "%s/%s", fake.url ? fake.url : "http://127.0.0.1:1",
                            job->target->name);
    share(state, number, out->percent ? out->percent : 100);
    if (fake.switched)
        fake.switched();
    return status;
}

static void describe(const struct job *job, unsigned number, struct deployment *out)
{
    const struct fake_platform *state = state_of(job);
    const struct fake_version *version = &state->versions[number - 1];
    unsigned rest = state->beside ? state->beside_percent : 0;
    *out = (struct deployment){.version = version_name(job, number),
                               .artifact_sha256 = version->artifact_sha256,
                               .commit = version->commit[0] ? version->commit : NULL,
                               .percent = number == state->live     ? 100 - rest
                                          : number == state->beside ? rest
                                                                    : 0,
                               .staged = version->staged && !version->took,
                               .lived = version->took ? LIVED_YES : LIVED_NO};
    out->pin_name = "Fake-Version";
    out->pin_value = out->version;
    if (state->forgetful && !out->percent)
        out->lived = LIVED_UNKNOWN;
    if (out->staged)
        out->url = arena_printf(job->arena, "%s/staged/%s",
                                fake.url ? fake.url : "http://127.0.0.1:1", out->version);
}

static int live(const struct job *job, struct deployment *out, struct error *error)
{
    const struct fake_platform *state = state_of(job);
    *out = (struct deployment){0};
    if (call(job, "live", NULL, error) != 0)
        return -1;
    if (state->live)
        describe(job, state->live, out);
    out->drifted = state->drifted;
    out->spreading = state->spreading;
    out->same_as = state->same_as;
    return 0;
}

static int ready(const struct job *job, const struct artifact *artifact, struct deployment *wanted,
                 struct error *error)
{
    const struct fake_platform *state = state_of(job);
    struct deployment now = {0};
    (void)artifact;
    if (call(job, "ready", wanted->version, error) != 0)
        return -1;
    if (fake.at_ready)
        fake.at_ready();
    if (state->live)
        describe(job, state->live, &now);
    return job_check_base(job, wanted, &now, error);
}

static int plan(const struct job *job, const struct artifact *artifact,
                const struct deployment *wanted, const char ***out, size_t *count,
                struct error *error)
{
    (void)artifact;
    *out = arena_alloc(job->arena, 2, sizeof **out);
    *count = 2;
    (*out)[0] = wanted->staged ? "upload a version to be tried" : "upload a version";
    (*out)[1] = arena_printf(job->arena, "give it %u %% of the traffic", wanted->percent);
    return call(job, "plan", wanted->base, error);
}

/* The number of the one that comes next: by share, by when it took traffic, by when it was made. */
static unsigned next_version(const struct fake_platform *state, const bool listed[FAKE_VERSIONS])
{
    unsigned best = 0;
    for (unsigned n = state->version_count; n > 0; n--) {
        if (listed[n - 1] || state->versions[n - 1].gone)
            continue;
        if (n == state->live || (n == state->beside && listed[state->live - 1]))
            return n;
        if (best == 0 || state->versions[n - 1].took > state->versions[best - 1].took)
            best = n;
    }
    return best;
}

static int versions(const struct job *job, struct deployment **out, size_t *count,
                    struct error *error)
{
    const struct fake_platform *state = state_of(job);
    bool listed[FAKE_VERSIONS] = {false};
    *out = arena_alloc(job->arena, FAKE_VERSIONS, sizeof **out);
    *count = 0;
    if (call(job, "versions", NULL, error) != 0)
        return -1;
    for (unsigned n = next_version(state, listed); n; n = next_version(state, listed)) {
        describe(job, n, &(*out)[(*count)++]);
        listed[n - 1] = true;
    }
    return 0;
}

static int unlock(struct job *job, struct error *error)
{
    return call(job, "unlock", NULL, error);
}

#define HOOKS .pack = pack, .upload = upload, .activate = activate, .live = live
static struct platform alpha = {.name = "alpha", .title = "Alpha Edge", HOOKS};
static struct platform beta = {.name = "beta", .title = "Beta Edge", HOOKS};

static void remove_hooks(struct platform *platform)
{
    platform->ready = NULL;
    platform->plan = NULL;
    platform->versions = NULL;
    platform->unlock = NULL;
}

static void add_hooks(struct platform *platform)
{
    platform->ready = ready;
    platform->plan = plan;
    platform->versions = versions;
    platform->unlock = unlock;
}

void fake_reset(void)
{
    fake = (struct fake){.fault = FAULT_REMOTE};
    remove_hooks(&alpha);
    remove_hooks(&beta);
}

void fake_add_hooks(void)
{
    add_hooks(&alpha);
    add_hooks(&beta);
}

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
    "  \"imports\": [\"wasi_snapshot_preview1\"]}], \"used\": [\"memory\"]}, \"limits\": {},"
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
    "  \"environment\": [\"ALPHA_API\", \"ALPHA_ANY\"]}},"
    " \"rollout\": {\"stage\": true, \"traffic\": true}}";

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
    "   \"file_key\": \"session\"},"
    "  \"key\": {\"environment\": \"BETA_KEY\", \"required\": false, \"rights\": \"all\","
    "   \"instead_of\": \"token\"},"
    "  \"mail\": {\"environment\": \"BETA_MAIL\", \"required\": false, \"rights\": \"all\","
    "   \"instead_of\": \"token\"}},"
    " \"credential_file\": {\"environment\": \"BETA_FILE\", \"path\": \".beta/keys\","
    "  \"section_environment\": \"BETA_PROFILE\", \"section\": \"default\"},"
    " \"endpoints\": {\"api\": {\"url\": \"https://api.beta.example\","
    "  \"environment\": [\"BETA_API\"]}},"
    " \"rollout\": {\"stage\": true, \"traffic\": false, \"note\": \"it has no shares\"}}";
/* clang-format on */

const struct platform_entry platforms[] = {
    {&alpha, NULL, alpha_profile, "export default {};\n"},
    {&beta, NULL, beta_profile, ""},
    {0},
};
