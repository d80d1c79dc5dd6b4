/* Versions and deployments as the platform lists them, and what we leave on them. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

#define MESSAGE "edge-deploy sha256:"
#define COMMIT  " commit:"

enum { ATTEMPTS = 3, WAIT_MS = 2000, SHA256_SIZE = 64 };

struct memory *cloudflare_memory(const struct job *job)
{
    if (!*job->kept)
        *job->kept = arena_alloc(job->arena, 1, sizeof(struct memory));
    return *job->kept;
}

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

/* The version with the largest share of one deployment, `besides` not counted; false when a row is
   no share of a version. */
static bool leading(const json_t *versions, const char *besides, const char **out, double *percent)
{
    size_t i;
    json_t *row;
    *out = NULL;
    *percent = 0;
    if (!json_is_array(versions))
        return false;
    json_array_foreach(versions, i, row)
    {
        const json_t *share = json_object_get(row, "percentage");
        const char *version = json_string_value(json_object_get(row, "version_id"));
        if (!version || !*version || !json_is_number(share))
            return false;
        if ((besides && strcmp(version, besides) == 0) ||
            (*out && json_number_value(share) <= *percent))
            continue;
        *out = version;
        *percent = json_number_value(share);
    }
    return true;
}

/* Newest first: index 0 is live (section 2.3). */
bool cloudflare_read_traffic(const json_t *deployments, struct traffic *out)
{
    const json_t *live = json_array_get(deployments, 0);
    *out =
        (struct traffic){.deployments = deployments, .versions = json_object_get(live, "versions")};
    if (!live)
        return true;
    if (!leading(out->versions, NULL, &out->version, &out->percent) || !out->version)
        return false;
    for (size_t i = 1; i < json_array_size(deployments) && !out->earlier; i++) {
        const char *version;
        double ignored;
        const json_t *versions = json_object_get(json_array_get(deployments, i), "versions");
        if (leading(versions, NULL, &version, &ignored) && version &&
            strcmp(version, out->version) != 0)
            out->earlier = version;
    }
    return true;
}

double cloudflare_share(const struct traffic *traffic, const char *version)
{
    size_t i;
    json_t *row;
    json_array_foreach(traffic->versions, i, row)
    {
        if (version && strcmp(json_find_string(row, "version_id", ""), version) == 0)
            return json_number_value(json_object_get(row, "percentage"));
    }
    return -1;
}

const char *cloudflare_other(const struct traffic *traffic, const char *version)
{
    const char *other = NULL;
    double ignored;
    return traffic->version && leading(traffic->versions, version, &other, &ignored) ? other : NULL;
}

int cloudflare_traffic(const struct job *job, struct traffic *out, struct error *error)
{
    struct answer answer;
    struct ask ask = {.method = "GET",
                      .path = cloudflare_script_path(job, "/deployments"),
                      .what = "list the deployments",
                      .right = RIGHT_SCRIPTS,
                      .may_lack = true,
                      .holds = HOLDS_ARRAY,
                      .key = "deployments"};
    *out = (struct traffic){0};
    if (cloudflare_call(job, &ask, &answer, error) != 0)
        return -1;
    if (!cloudflare_read_traffic(json_object_get(answer.result, "deployments"), out)) {
        error_set(error, FAULT_REMOTE,
                  "cannot list the deployments: what is deployed has no versions with shares");
        return error_hint(error, "try again later, or look at the Worker in the dashboard");
    }
    out->absent = answer.absent;
    return 0;
}

/* A version that was just made may not be readable yet (100146, section 5). */
int cloudflare_version(const struct job *job, const char *version, bool may_lack,
                       struct answer *out, struct error *error)
{
    struct ask ask = {
        .method = "GET",
        .path = cloudflare_script_path(
            job, arena_printf(job->arena, "/versions/%s", http_escape(job->arena, version))),
        .what = arena_printf(job->arena, "read the version '%s'", version),
        .right = RIGHT_SCRIPTS,
        .may_lack = may_lack,
        .holds = HOLDS_STRING,
        .key = "id"};
    for (unsigned attempt = 1; cloudflare_call(job, &ask, out, error) != 0; attempt++) {
        if (out->code != CODE_NOT_YET_READABLE || attempt == ATTEMPTS ||
            world_interrupted(job->world))
            return -1;
        world_sleep(job->world, WAIT_MS);
    }
    return 0;
}

int cloudflare_list(const struct job *job, const char *query, bool may_lack, json_t **out,
                    struct error *error)
{
    struct answer answer;
    struct ask ask = {
        .method = "GET",
        .path = cloudflare_script_path(job, arena_printf(job->arena, "/versions%s", query)),
        .what = "list the versions",
        .right = RIGHT_SCRIPTS,
        .may_lack = may_lack,
        .holds = HOLDS_ARRAY,
        .key = "items"};
    size_t i;
    json_t *item;
    if (cloudflare_call(job, &ask, &answer, error) != 0)
        return -1;
    *out = answer.absent ? json_own(job->arena, json_array())
                         : json_object_get(answer.result, "items");
    json_array_foreach(*out, i, item)
    {
        if (json_is_string(json_object_get(item, "id")))
            continue;
        error_set(error, FAULT_REMOTE, "cannot list the versions: one in the list has no id");
        return error_hint(error, "try again later, or look at the Worker in the dashboard");
    }
    return 0;
}

/* The document of 2024 leaves annotations out of the list; the client sees them there. */
int cloudflare_annotations(const struct job *job, const json_t *item, const json_t **out,
                           struct error *error)
{
    struct answer answer;
    *out = json_object_get(item, "annotations");
    if (*out)
        return 0;
    if (cloudflare_version(job, json_find_string(item, "id", ""), true, &answer, error) != 0)
        return -1;
    *out = json_object_get(answer.result, "annotations");
    return 0;
}
