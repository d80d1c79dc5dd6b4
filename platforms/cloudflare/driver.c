/* Cloudflare Workers: what is live, and making a version live. */
#include <assert.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

#define MESSAGE "edge-deploy sha256:"
#define COMMIT  " commit:"

enum { ATTEMPTS = 3, WAIT_MS = 2000, SHA256_SIZE = 64 };

static bool is_hex(const char *text, size_t size)
{
    return strspn(text, "0123456789abcdef") >= size;
}

char *cloudflare_message(struct arena *arena, const char *sha256, const char *commit)
{
    return arena_printf(arena, MESSAGE "%s%s%s", sha256, commit ? COMMIT : "",
                        commit ? commit : "");
}

bool cloudflare_read_annotations(struct arena *arena, const json_t *annotations,
                                 struct deployment *out)
{
    const char *message = json_string_value(json_object_get(annotations, "workers/message"));
    const char *commit = json_string_value(json_object_get(annotations, "workers/commit_sha"));
    size_t size = strlen(MESSAGE);
    if (!message || strncmp(message, MESSAGE, size) != 0 || !is_hex(message + size, SHA256_SIZE))
        return false;
    out->artifact_sha256 = arena_copy(arena, message + size, SHA256_SIZE);
    const char *mark = strstr(message, COMMIT);
    if (!commit && mark)
        commit = mark + strlen(COMMIT);
    if (commit && is_hex(commit, 40))
        out->commit = arena_copy(arena, commit, strspn(commit, "0123456789abcdef"));
    return true;
}

char *cloudflare_uuid(struct arena *arena, const char *text)
{
    if (strlen(text) != 32 || !is_hex(text, 32))
        return arena_strdup(arena, text);
    return arena_printf(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", text, text + 8, text + 12, text + 16,
                        text + 20);
}

/* The version with the largest share of one deployment. */
static const char *leading(const json_t *deployment, double *percent)
{
    const char *out = NULL;
    size_t i;
    json_t *row;
    *percent = 0;
    json_array_foreach(json_object_get(deployment, "versions"), i, row)
    {
        double share = json_number_value(json_object_get(row, "percentage"));
        const char *version = json_string_value(json_object_get(row, "version_id"));
        if (version && (!out || share > *percent)) {
            out = version;
            *percent = share;
        }
    }
    return out;
}

/* Newest first: index 0 is live (section 2.3). */
void cloudflare_read_traffic(const json_t *deployments, struct traffic *out)
{
    const json_t *live = json_array_get(deployments, 0);
    double ignored;
    *out = (struct traffic){0};
    out->version = leading(live, &out->percent);
    out->versions = json_object_get(live, "versions");
    out->earlier = leading(json_array_get(deployments, 1), &ignored);
}

int cloudflare_traffic(const struct job *job, struct traffic *out, struct error *error)
{
    struct answer answer;
    struct ask ask = {.method = "GET",
                      .path = cloudflare_script_path(job, "/deployments"),
                      .what = "list the deployments",
                      .right = RIGHT_SCRIPTS,
                      .may_lack = true};
    *out = (struct traffic){0};
    if (cloudflare_call(job, &ask, &answer, error) != 0)
        return -1;
    cloudflare_read_traffic(json_object_get(answer.result, "deployments"), out);
    out->absent = answer.absent;
    return 0;
}

/* A version that was just made may not be readable yet (100146, section 5). */
static int read_version(const struct job *job, const char *version, struct answer *out,
                        struct error *error)
{
    struct ask ask = {
        .method = "GET",
        .path = cloudflare_script_path(
            job, arena_printf(job->arena, "/versions/%s", http_escape(job->arena, version))),
        .what = arena_printf(job->arena, "read the version '%s'", version),
        .right = RIGHT_SCRIPTS};
    for (unsigned attempt = 1; cloudflare_call(job, &ask, out, error) != 0; attempt++) {
        if (out->code != CODE_NOT_YET_READABLE || attempt == ATTEMPTS)
            return -1;
        world_sleep(job->world, WAIT_MS);
    }
    return 0;
}

static int live(const struct job *job, struct deployment *out, struct error *error)
{
    struct traffic traffic;
    struct answer answer;
    *out = (struct deployment){0};
    if (cloudflare_traffic(job, &traffic, error) != 0)
        return -1;
    out->version = traffic.version;
    if (!traffic.version)
        return 0;
    out->percent = (unsigned)(traffic.percent + 0.5);
    if (read_version(job, traffic.version, &answer, error) != 0)
        return -1;
    json_t *annotations = json_object_get(answer.result, "annotations");
    out->drifted = !cloudflare_read_annotations(job->arena, annotations, out);
    return 0;
}

/* Whether the version has exactly the share it is to have; two at most share the traffic. */
static bool is_live(const struct traffic *traffic, const struct deployment *wanted)
{
    size_t i;
    json_t *row;
    json_array_foreach(traffic->versions, i, row)
    {
        double share = json_number_value(json_object_get(row, "percentage"));
        if (strcmp(json_find_string(row, "version_id", ""), wanted->version) == 0)
            return share > wanted->percent - 0.005 && share < wanted->percent + 0.005;
    }
    return false;
}

/* Percentages must total 100; what is live keeps the rest. The message of a deployment may be
   short (50 characters in the schema of 2024-08-06), so it has only the digest's beginning. */
static json_t *deployment_body(const struct job *job, const struct artifact *artifact,
                               const struct deployment *wanted, const struct traffic *traffic)
{
    bool is_shared = wanted->percent < 100 && traffic->version;
    int share = is_shared ? (int)wanted->percent : 100;
    json_t *versions =
        json_pack("[{s:s, s:i}]", "version_id", wanted->version, "percentage", share);
    if (is_shared)
        json_array_append_new(versions, json_pack("{s:s, s:i}", "version_id", traffic->version,
                                                  "percentage", 100 - share));
    const char *message = artifact ? arena_printf(job->arena, MESSAGE "%.12s", artifact->sha256)
                                   : "edge-deploy rollback";
    return json_own(job->arena,
                    json_pack("{s:s, s:o, s:{s:s}}", "strategy", "percentage", "versions", versions,
                              "annotations", "workers/message", message));
}

/* A lost answer is looked up: is it live now? */
static int deploy(const struct job *job, const struct artifact *artifact,
                  const struct deployment *wanted, struct traffic *traffic, struct error *error)
{
    struct answer answer;
    struct ask ask = {.method = "POST",
                      .path = cloudflare_script_path(job, "/deployments"),
                      .what = arena_printf(job->arena, "deploy the version '%s'", wanted->version),
                      .right = RIGHT_SCRIPTS,
                      .json = deployment_body(job, artifact, wanted, traffic),
                      .once = true};
    for (unsigned attempt = 1;; attempt++) {
        struct error unknown = {0};
        struct traffic now;
        if (cloudflare_call(job, &ask, &answer, error) == 0)
            return 0;
        bool may_wait = answer.unclear || answer.code == CODE_NOT_YET_READABLE;
        if (!may_wait || world_interrupted(job->world))
            return -1;
        world_sleep(job->world, (int64_t)WAIT_MS * attempt);
        if (cloudflare_traffic(job, &now, &unknown) != 0)
            return error_hint(error, "run 'edge-deploy status': whether it is live is not known");
        if (is_live(&now, wanted))
            return 0;
        if (attempt == ATTEMPTS)
            return -1;
        world_say(job->world, job->target->name,
                  "it failed and nothing has changed: sending again");
    }
}

static int activate(const struct job *job, const struct artifact *artifact, struct deployment *out,
                    struct error *error)
{
    struct traffic traffic;
    if (out->percent == 0)
        out->percent = 100;
    if (out->deferred && artifact) {
        /* The script's first version: nothing can be switched on before it is there. */
        if (cloudflare_create(job, artifact, out, error) != 0 || cloudflare_reach(job, error) != 0)
            return -1;
        return cloudflare_url(job, &out->url, error);
    }
    assert(out->version);
    if (cloudflare_traffic(job, &traffic, error) != 0)
        return -1;
    /* Before the switch, so that a refusal here leaves everything as it was. */
    if (artifact && cloudflare_reach(job, error) != 0)
        return -1;
    bool done = is_live(&traffic, out);
    if (!done && deploy(job, artifact, out, &traffic, error) != 0)
        return -1;
    if (!out->previous)
        out->previous = done ? traffic.earlier : traffic.version;
    return cloudflare_url(job, &out->url, error);
}

const struct platform platform_cloudflare = {
    .name = "cloudflare",
    .title = "Cloudflare Workers",
    .pack = cloudflare_pack,
    .upload = cloudflare_upload,
    .activate = activate,
    .live = live,
};
