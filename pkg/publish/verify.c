/* Step 10: is this version live, and does it answer. Waits, but not for ever. */
#include <string.h>

#include "pkg/publish/pipeline.h"

enum { FIRST_WAIT_MS = 500, LONGEST_WAIT_MS = 15000 };

struct patience {
    const struct world *world;
    int64_t deadline, wait;
};

static struct patience patience_of(const struct pipeline *pipeline, const struct prepared *target)
{
    unsigned seconds = pipeline->options->timeout_s ? pipeline->options->timeout_s
                                                    : target->target->verify.timeout_s;
    int64_t now = world_now(pipeline->world);
    return (struct patience){pipeline->world, now + (int64_t)seconds * 1000, FIRST_WAIT_MS};
}

/* Waits a while; false when there is no time left or we were asked to stop. */
static bool wait_again(struct patience *patience)
{
    int64_t left = patience->deadline - world_now(patience->world);
    if (left <= 0 || world_interrupted(patience->world))
        return false;
    world_sleep(patience->world, patience->wait < left ? patience->wait : left);
    patience->wait = patience->wait * 2 < LONGEST_WAIT_MS ? patience->wait * 2 : LONGEST_WAIT_MS;
    return !world_interrupted(patience->world);
}

static bool is_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* While nothing or what it replaces is still live, it may be on its way. */
static bool may_come(const struct prepared *target)
{
    const char *live = target->live.version;
    return !live || is_same(live, target->deployment.previous);
}

/* The version may be right and what it holds not: changed by hand, or another project's. */
static int check_content(struct prepared *target)
{
    const char *live = target->live.artifact_sha256, *made = target->deployment.artifact_sha256;
    if (!target->live.drifted && (!live || !made || is_same(live, made)))
        return 0;
    error_set(&target->error, FAULT_UNVERIFIED,
              "version '%s' is live, but it was changed since it was deployed",
              target->live.version);
    return error_hint(&target->error, "publish again with --overwrite to replace it");
}

static int await_version(struct pipeline *pipeline, struct prepared *target,
                         struct patience *patience)
{
    const char *expected = target->deployment.version;
    bool said = false;
    for (;;) {
        if (world_interrupted(pipeline->world))
            return -1;
        struct error error = {0};
        target->live = (struct deployment){0};
        if (target->job.entry->platform->live(&target->job, &target->live, &error) != 0) {
            pipeline_keep(target, &error);
            return -1;
        }
        if (is_same(target->live.version, expected))
            return check_content(target);
        if (!may_come(target) || !wait_again(patience))
            break;
        if (!said)
            pipeline_step(pipeline, target, "waiting until the new version is live");
        said = true;
    }
    error_set(&target->error, FAULT_UNVERIFIED, "version '%s' is expected, but live is %s%s%s",
              expected, target->live.version ? "version '" : "nothing",
              target->live.version ? target->live.version : "", target->live.version ? "'" : "");
    return error_hint(&target->error, "run edge-deploy status, or wait longer with a larger "
                                      "verify.timeout_s");
}

static bool contains(struct bytes body, const char *word)
{
    size_t size = strlen(word);
    for (size_t at = 0; at + size <= body.size; at++)
        if (memcmp(body.data + at, word, size) == 0)
            return true;
    return false;
}

/* One request; the failure in target->error. */
static int probe_once(struct prepared *target, const char *url)
{
    const struct manifest_verify *wanted = &target->target->verify;
    struct arena scratch = {0};
    struct http_reply reply = {0};
    struct http_request request = {.method = wanted->method ? wanted->method : "GET",
                                   .url = url,
                                   .repeat = HTTP_REPEAT_BY_CALLER,
                                   .reply_limit = LIMIT_PROBE,
                                   .timeout_ms = 20000};
    long status = wanted->status ? wanted->status : 200;
    int result = http_send(target->job.http, &scratch, &request, &reply, &target->error);
    if (result == 0 && reply.status != status)
        result =
            error_set(&target->error, FAULT_UNVERIFIED,
                      "'%s' answers with status %ld, %ld is expected", url, reply.status, status);
    else if (result == 0 && wanted->contains && !contains(reply.body, wanted->contains))
        result = error_set(&target->error, FAULT_UNVERIFIED, "'%s' answers without '%s'", url,
                           wanted->contains);
    arena_free(&scratch);
    return result;
}

static const char *probe_url(struct prepared *target)
{
    const char *url = target->deployment.url ? target->deployment.url : target->live.url;
    const char *path = target->target->verify.path;
    if (!url)
        return NULL;
    size_t size = strlen(url);
    while (size && url[size - 1] == '/')
        size--;
    return arena_printf(target->job.arena, "%.*s%s%s", (int)size, url, path[0] == '/' ? "" : "/",
                        path);
}

static int probe(struct pipeline *pipeline, struct prepared *target, struct patience *patience)
{
    const char *url = target->target->verify.path ? probe_url(target) : NULL;
    const char *why_not = !target->target->verify.path   ? "not probed: no verify.path"
                          : pipeline->options->sandboxed ? "not probed: sandbox"
                          : !url                         ? "not probed: no url"
                                                         : NULL;
    target->probe = why_not ? why_not : "ok";
    if (why_not)
        return 0;
    pipeline_step(pipeline, target, "asking for an answer");
    while (probe_once(target, url) != 0)
        if (!wait_again(patience)) {
            target->probe = arena_printf(target->job.arena, "failed: %s", target->error.message);
            return -1;
        }
    return 0;
}

/* The outcome is target->verified, and else target->error. */
static void verify_one(struct pipeline *pipeline, struct prepared *target)
{
    int64_t start = world_now(pipeline->world);
    struct patience patience = patience_of(pipeline, target);
    if (target->state != STATE_LIVE || target->error.fault != FAULT_NONE)
        return;
    target->verified =
        await_version(pipeline, target, &patience) == 0 && probe(pipeline, target, &patience) == 0;
    if (target->verified)
        target->error = (struct error){0};
    target->seconds += (double)(world_now(pipeline->world) - start) / 1000;
}

/* The version that was live before becomes live again. */
static void roll_back(struct pipeline *pipeline, struct prepared *target)
{
    struct deployment earlier = {.version = target->deployment.previous,
                                 .previous = target->deployment.version,
                                 .resource = target->deployment.resource,
                                 .percent = 100};
    struct error error = {0};
    if (!earlier.version) {
        world_say(pipeline->world, target->target->name,
                  "nothing was live before, so nothing can be rolled back to");
        return;
    }
    pipeline_step(pipeline, target, "rolling back");
    if (target->job.entry->platform->activate(&target->job, NULL, &earlier, &error) != 0) {
        world_say(pipeline->world, target->target->name, "cannot roll back: %s", error.message);
        return;
    }
    earlier.previous = target->deployment.version;
    if (is_same(target->before.version, earlier.version)) {
        earlier.commit = target->before.commit;
        earlier.artifact_sha256 = target->before.artifact_sha256;
    }
    target->deployment = earlier;
    target->state = STATE_ROLLED_BACK;
}

static int unverified(const struct prepared *target, struct error *error)
{
    *error = target->error;
    error->fault = FAULT_UNVERIFIED;
    error_prefix(error, "%s", target->target->name);
    if (target->state == STATE_ROLLED_BACK)
        return error_hint(error, "find the cause; version '%s' is live again",
                          target->deployment.version);
    if (!error->hint[0])
        error_hint(error, "run edge-deploy rollback -t %s, or edge-deploy verify once more",
                   target->target->name);
    return -1;
}

int verify_all(struct pipeline *pipeline, bool may_roll_back, struct error *error)
{
    struct publish_result *out = pipeline->out;
    const struct prepared *first = NULL;
    bool rolled_back = false;
    pipeline_each(pipeline, verify_one);
    if (world_interrupted(pipeline->world))
        return pipeline_stopped(pipeline, error);
    for (size_t i = 0; i < out->target_count; i++) {
        struct prepared *target = &out->targets[i];
        if (target->state != STATE_LIVE || target->verified)
            continue;
        first = first ? first : target;
        if (may_roll_back && target->target->verify.rollback)
            roll_back(pipeline, target);
        rolled_back = rolled_back || target->state == STATE_ROLLED_BACK;
    }
    if (rolled_back)
        record_event(pipeline, "rollback", STATE_ROLLED_BACK);
    return first ? unverified(first, error) : 0;
}
