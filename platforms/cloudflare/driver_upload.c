/* Bringing a version to the platform. Neither of the two calls may be repeated blindly: each makes
   another version. So a call whose answer was lost is first looked up by the tag of this publish.
 */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

enum { ATTEMPTS = 3, WAIT_MS = 2000, NEWEST = 10 };

/* True when the version in a list (or, where the list leaves annotations out, the version itself)
   carries the job's tag. */
static int has_tag(const struct job *job, json_t *item, bool *out, struct error *error)
{
    json_t *annotations = json_object_get(item, "annotations");
    if (!annotations) {
        struct answer answer;
        const char *id = http_escape(job->arena, json_find_string(item, "id", ""));
        struct ask ask = {
            .method = "GET",
            .path = cloudflare_script_path(job, arena_printf(job->arena, "/versions/%s", id)),
            .what = "look at a version",
            .right = RIGHT_SCRIPTS,
            .may_lack = true};
        if (cloudflare_call(job, &ask, &answer, error) != 0)
            return -1;
        annotations = json_object_get(answer.result, "annotations");
    }
    const char *tag = json_string_value(json_object_get(annotations, "workers/tag"));
    *out = tag && strcmp(tag, job->tag) == 0;
    return 0;
}

/* The version that this publish has brought already, NULL when there is none. */
static int find_own(const struct job *job, const char **out, struct error *error)
{
    struct answer answer;
    struct ask ask = {.method = "GET",
                      .path = cloudflare_script_path(job, "/versions"),
                      .what = "list the versions",
                      .right = RIGHT_SCRIPTS,
                      .may_lack = true};
    *out = NULL;
    if (cloudflare_call(job, &ask, &answer, error) != 0)
        return -1;
    json_t *items = json_object_get(answer.result, "items");
    for (size_t i = 0; i < json_array_size(items) && i < NEWEST && !*out; i++) {
        json_t *item = json_array_get(items, i);
        bool is_own = false;
        if (has_tag(job, item, &is_own, error) != 0)
            return -1;
        if (is_own)
            *out = json_string_value(json_object_get(item, "id"));
    }
    return 0;
}

static struct http_part *body_of(const struct job *job, const struct artifact *artifact, bool first)
{
    struct http_part *parts = arena_alloc(job->arena, artifact->part_count + 1, sizeof *parts);
    /* Metadata comes first, without file name and type (section 3). */
    parts[0] = (struct http_part){.name = "metadata",
                                  .body = bytes_of(cloudflare_metadata(job, artifact, first))};
    for (size_t i = 0; i < artifact->part_count; i++) {
        const struct part *part = &artifact->parts[i];
        parts[i + 1] = (struct http_part){part->name, part->filename, part->media_type, part->body};
    }
    return parts;
}

/* Sends until it is certain that it has arrived, or that it will not. `*found` is the version when
   it was found by its tag after a lost answer; else `answer` holds the platform's. */
static int send_version(const struct job *job, const struct ask *ask, struct answer *answer,
                        const char **found, struct error *error)
{
    for (unsigned attempt = 1;; attempt++) {
        struct error unknown = {0};
        *found = NULL;
        if (cloudflare_call(job, ask, answer, error) == 0)
            return 0;
        if (!answer->unclear || world_interrupted(job->world))
            return -1;
        world_sleep(job->world, (int64_t)WAIT_MS * attempt);
        if (find_own(job, found, &unknown) != 0)
            return error_hint(error, "run 'edge-deploy status': whether it arrived is not known");
        if (*found)
            return 0;
        if (attempt == ATTEMPTS)
            return -1;
        world_say(job->world, job->target->name,
                  "it failed and nothing has arrived: sending again");
    }
}

static int take_version(const struct artifact *artifact, const struct job *job, const char *version,
                        struct deployment *out, struct error *error)
{
    if (!version || !*version)
        return error_set(error, FAULT_REMOTE, "cannot upload: the answer names no version");
    out->version = cloudflare_uuid(job->arena, version);
    out->artifact_sha256 = artifact->sha256;
    out->commit = job->commit;
    return 0;
}

static int add_version(const struct job *job, const struct artifact *artifact,
                       struct deployment *out, struct error *error)
{
    struct answer answer;
    const char *found;
    struct ask ask = {.method = "POST",
                      .path = cloudflare_script_path(job, "/versions?bindings_inherit=strict"),
                      .what = "upload a version",
                      .right = RIGHT_SCRIPTS,
                      .parts = body_of(job, artifact, false),
                      .part_count = artifact->part_count + 1,
                      .once = true};
    if (send_version(job, &ask, &answer, &found, error) != 0)
        return -1;
    if (!found)
        found = json_find_string(answer.result, "id", NULL);
    return take_version(artifact, job, found, out, error);
}

/* A Worker that is to answer at workers.dev needs the account to have a subdomain: better said
   before it is live. */
static int check_account(const struct job *job, struct error *error)
{
    const char *subdomain;
    if (!job_flag(job, "workers_dev", true))
        return 0;
    if (cloudflare_subdomain(job, &subdomain, error) != 0)
        return -1;
    if (subdomain)
        return 0;
    error_set(error, FAULT_REMOTE, "the account has no workers.dev subdomain");
    return error_hint(error, "register one in the dashboard, or set 'workers_dev' to false");
}

int cloudflare_upload(const struct job *job, const struct artifact *artifact,
                      struct deployment *out, struct error *error)
{
    struct traffic traffic;
    if (cloudflare_traffic(job, &traffic, error) != 0)
        return -1;
    out->artifact_sha256 = artifact->sha256;
    out->commit = job->commit;
    out->deferred = traffic.absent;
    if (traffic.absent)
        return check_account(job, error);
    return add_version(job, artifact, out, error);
}

int cloudflare_create(const struct job *job, const struct artifact *artifact,
                      struct deployment *out, struct error *error)
{
    struct answer answer;
    struct traffic traffic;
    const char *found;
    struct ask ask = {
        .method = "PUT",
        .path = cloudflare_script_path(job, "?excludeScript=true&bindings_inherit=strict"),
        .what = "create the Worker",
        .right = RIGHT_SCRIPTS,
        .parts = body_of(job, artifact, true),
        .part_count = artifact->part_count + 1,
        .once = true};
    /* Called again after it had worked: nothing is to be sent. */
    if (find_own(job, &found, error) != 0)
        return -1;
    if (!found && send_version(job, &ask, &answer, &found, error) != 0)
        return -1;
    /* 32 hex digits which are the version's id; a client reads it, the schema does not name it
       (section 4), so what is live now is asked when it lacks. */
    if (!found)
        found = json_find_string(answer.result, "deployment_id", NULL);
    if (!found) {
        if (cloudflare_traffic(job, &traffic, error) != 0)
            return -1;
        found = traffic.version;
    }
    return take_version(artifact, job, found, out, error);
}
