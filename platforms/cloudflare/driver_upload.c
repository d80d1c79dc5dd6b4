/* Bringing a version to the platform. Neither of the two calls may be repeated blindly: each makes
   another version. So a call whose answer was lost is first looked up by the tag of this publish,
   and what a run that was cut off has left is found by its digest. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

enum { ATTEMPTS = 3, WAIT_MS = 2000, NEWEST = 10 };

/* The version that this publish has brought already, NULL when there is none: by its tag, and the
   newest also by its digest, because the call that makes a script may not keep the tag. */
static int find_own(const struct job *job, const struct artifact *artifact, const char **out,
                    struct error *error)
{
    json_t *items;
    *out = NULL;
    if (cloudflare_list(job, "", true, &items, error) != 0)
        return -1;
    for (size_t i = 0; i < json_array_size(items) && i < NEWEST && !*out; i++) {
        json_t *item = json_array_get(items, i);
        const json_t *annotations;
        struct deployment left = {0};
        if (cloudflare_annotations(job, item, &annotations, error) != 0)
            return -1;
        const char *tag = json_string_value(json_object_get(annotations, "workers/tag"));
        bool is_own = tag ? strcmp(tag, job->tag) == 0
                          : i == 0 && cloudflare_read_annotations(job->arena, annotations, &left) &&
                                strcmp(left.artifact_sha256, artifact->sha256) == 0;
        if (is_own)
            *out = json_string_value(json_object_get(item, "id"));
    }
    return 0;
}

static struct http_part *body_of(const struct job *job, const struct artifact *artifact,
                                 const json_t *base)
{
    struct http_part *parts = arena_alloc(job->arena, artifact->part_count + 1, sizeof *parts);
    /* Metadata comes first, without file name and type (section 3). */
    parts[0] = (struct http_part){.name = "metadata",
                                  .body = bytes_of(cloudflare_metadata(job, artifact, base))};
    for (size_t i = 0; i < artifact->part_count; i++) {
        const struct part *part = &artifact->parts[i];
        parts[i + 1] = (struct http_part){part->name, part->filename, part->media_type, part->body};
    }
    return parts;
}

/* Sends until it is certain that it has arrived, or that it will not. `*found` is the version when
   it was found by its tag after a lost answer; else `answer` holds the platform's. */
static int send_version(const struct job *job, const struct artifact *artifact,
                        const struct ask *ask, struct answer *answer, const char **found,
                        struct error *error)
{
    for (unsigned attempt = 1;; attempt++) {
        struct error unknown = {0};
        *found = NULL;
        if (cloudflare_call(job, ask, answer, error) == 0)
            return 0;
        if (!answer->unclear || world_interrupted(job->world))
            return -1;
        world_sleep(job->world, (int64_t)WAIT_MS * attempt);
        if (find_own(job, artifact, found, &unknown) != 0)
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

/* What is live, in full: its settings are the ones to keep. NULL: nothing is live. */
static int find_base(const struct job *job, const struct traffic *traffic, const json_t **out,
                     struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    struct answer answer;
    *out = json_own(job->arena, json_object());
    if (!traffic->version)
        return 0;
    if (!memory->base || strcmp(memory->base_version, traffic->version) != 0) {
        if (cloudflare_version(job, traffic->version, false, &answer, error) != 0)
            return -1;
        memory->base = answer.result;
        memory->base_version = traffic->version;
    }
    *out = memory->base;
    return 0;
}

static int add_version(const struct job *job, const struct artifact *artifact,
                       const struct traffic *traffic, struct deployment *out, struct error *error)
{
    struct answer answer;
    const char *found;
    const json_t *base;
    if (find_base(job, traffic, &base, error) != 0)
        return -1;
    struct ask ask = {.method = "POST",
                      .path = cloudflare_script_path(job, "/versions?bindings_inherit=strict"),
                      .what = "upload a version",
                      .right = RIGHT_SCRIPTS,
                      .parts = body_of(job, artifact, base),
                      .part_count = artifact->part_count + 1,
                      .once = true,
                      .holds = HOLDS_STRING,
                      .key = "id"};
    if (send_version(job, artifact, &ask, &answer, &found, error) != 0)
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

/* Nothing newer may be there: a secret that was set since has made a newer one, and is not to be
   lost. What is live and complete is brought again only because that is wanted (--force). */
int cloudflare_leftover(const struct job *job, const struct artifact *artifact,
                        const struct traffic *traffic, struct deployment *out, struct error *error)
{
    json_t *items;
    const json_t *annotations;
    struct deployment left = {0};
    if (cloudflare_list(job, "", traffic->absent, &items, error) != 0)
        return -1;
    const json_t *newest = json_array_get(items, 0);
    if (!newest)
        return 0;
    left.version = json_find_string(newest, "id", NULL);
    bool is_live = cloudflare_share(traffic, left.version) > 99.99;
    if (is_live && !cloudflare_memory(job)->incomplete)
        return 0;
    if (cloudflare_annotations(job, newest, &annotations, error) != 0)
        return -1;
    if (!cloudflare_read_annotations(job->arena, annotations, &left) ||
        strcmp(left.artifact_sha256, artifact->sha256) != 0)
        return 0;
    out->version = left.version;
    out->commit = left.commit;
    return 0;
}

/* A share needs another version to take the rest. */
static int check_share(const struct job *job, const struct traffic *traffic,
                       const struct deployment *wanted, struct error *error)
{
    if (wanted->percent == 0 || wanted->percent >= 100 || traffic->version || wanted->staged)
        return 0;
    error_set(error, FAULT_INPUT,
              "nothing is live of '%s': a first deployment takes all of the traffic",
              job_text(job, "script"));
    return error_hint(error, "publish target '%s' once without --traffic", job->target->name);
}

/* live() has just been asked in most runs. */
static int see_traffic(const struct job *job, struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    if (!memory->has_traffic && cloudflare_traffic(job, &memory->traffic, error) != 0)
        return -1;
    memory->has_traffic = true;
    return 0;
}

int cloudflare_upload(const struct job *job, const struct artifact *artifact,
                      struct deployment *out, struct error *error)
{
    struct traffic *traffic = &cloudflare_memory(job)->traffic;
    if (see_traffic(job, error) != 0 || check_share(job, traffic, out, error) != 0)
        return -1;
    out->artifact_sha256 = artifact->sha256;
    out->commit = job->commit;
    out->deferred = traffic->absent;
    if (traffic->absent)
        return check_account(job, error);
    out->version = NULL;
    if (cloudflare_leftover(job, artifact, traffic, out, error) != 0)
        return -1;
    if (out->version)
        world_say(job->world, job->target->name,
                  "version %s, which an earlier run left, holds just this: it is used",
                  out->version);
    else if (add_version(job, artifact, traffic, out, error) != 0)
        return -1;
    if (out->staged)
        cloudflare_preview(job, traffic, out);
    return 0;
}

int cloudflare_create(const struct job *job, const struct artifact *artifact,
                      struct deployment *out, struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    struct answer answer;
    struct traffic traffic;
    const char *found = NULL;
    struct ask ask = {
        .method = "PUT",
        .path = cloudflare_script_path(job, "?excludeScript=true&bindings_inherit=strict"),
        .what = "create the Worker",
        .right = RIGHT_SCRIPTS,
        .parts = body_of(job, artifact, NULL),
        .part_count = artifact->part_count + 1,
        .once = true};
    /* Called again after it had worked: nothing is to be sent. ready() has just seen that it has
       not. */
    if (!memory->ready && find_own(job, artifact, &found, error) != 0)
        return -1;
    if (!found && send_version(job, artifact, &ask, &answer, &found, error) != 0)
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
