/* What is live, and which versions there are. Reads only. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

enum { MOST_BEFORE = 4 };

void cloudflare_pin(const struct job *job, struct deployment *out)
{
    /* A dictionary of the header's syntax: the Worker's name, the version as a string. It counts
       only for a version that is part of what is deployed (Version overrides, 2026). */
    out->pin_name = "Cloudflare-Workers-Version-Overrides";
    out->pin_value = arena_printf(job->arena, "%s=\"%s\"", job_text(job, "script"), out->version);
}

static bool is_same(const json_t *a, const json_t *b, const char *path)
{
    const json_t *left = json_find(a, path), *right = json_find(b, path);
    if (json_array_size(left) == 0 && json_array_size(right) == 0 && !json_is_string(left) &&
        !json_is_string(right))
        return true;
    return left && right && json_equal(left, right);
}

/* The same code, run in the same way: what may differ is secrets, variables, bindings and the like,
   which a deployment of ours keeps as they are. */
static bool is_same_code(const json_t *a, const json_t *b)
{
    return json_is_string(json_find(a, "resources.script.etag")) &&
           is_same(a, b, "resources.script.etag") &&
           is_same(a, b, "resources.script_runtime.compatibility_date") &&
           is_same(a, b, "resources.script_runtime.compatibility_flags");
}

/* Whether `live` is the code of our version `version`. */
static int compare(const struct job *job, const json_t *live, const char *version,
                   struct deployment *out, struct error *error)
{
    struct answer answer;
    struct deployment ours = {0};
    if (strcmp(version, out->version) == 0)
        return 0;
    if (cloudflare_version(job, version, true, &answer, error) != 0)
        return -1;
    const json_t *annotations = json_object_get(answer.result, "annotations");
    if (answer.absent || !is_same_code(live, answer.result) ||
        !cloudflare_read_annotations(job->arena, annotations, &ours))
        return 0;
    out->drifted = false;
    out->same_as = version;
    out->artifact_sha256 = ours.artifact_sha256;
    out->commit = ours.commit;
    return 0;
}

/* A secret that is set elsewhere makes a version of its own, with our code and without our
   annotations (section 2.4). The version of ours is the recorded one, or one that was live before.
 */
static int find_origin(const struct job *job, const struct traffic *traffic, const json_t *live,
                       struct deployment *out, struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    if (job->previous && compare(job, live, job->previous, out, error) != 0)
        return -1;
    for (size_t i = 1; i <= MOST_BEFORE && out->drifted; i++) {
        const json_t *deployment = json_array_get(traffic->deployments, i);
        const char *version = json_find_string(deployment, "versions[0].version_id", NULL);
        if (version && compare(job, live, version, out, error) != 0)
            return -1;
    }
    if (out->drifted || memory->told_settings)
        return 0;
    memory->told_settings = true;
    world_say(
        job->world, job->target->name,
        "version %s is live: the code of version %s with settings that were changed elsewhere "
        "(a secret, a variable, a binding); they are kept",
        out->version, out->same_as);
    return 0;
}

/* A script's first version goes live as it is uploaded; a run that was cut off then has not set up
   where it answers. Every later deployment comes after that, so only one that stands alone is
   looked at. What cannot be read is told by the hook that needs it. */
static bool is_incomplete(const struct job *job, const struct traffic *traffic)
{
    struct memory *memory = cloudflare_memory(job);
    struct error ignored = {0};
    if (memory->complete || json_array_size(traffic->deployments) != 1)
        return false;
    memory->has_reach = cloudflare_look(job, true, &memory->reach, &ignored) == 0;
    bool is_missing = !memory->has_reach || memory->reach.to_switch;
    for (size_t i = 0; memory->has_reach && i < memory->reach.route_count; i++)
        is_missing = is_missing || memory->reach.routes[i].missing;
    return is_missing;
}

/* A Worker that the record knows, and the platform does not: then it is asked in another way too,
   because what follows from it is creating the Worker, over one that is there. */
static int check_absence(const struct job *job, const struct traffic *traffic, struct error *error)
{
    json_t *items;
    if (!traffic->absent || !job->previous)
        return 0;
    if (cloudflare_list(job, "", true, &items, error) != 0)
        return -1;
    if (json_array_size(items) == 0)
        return 0;
    error_set(error, FAULT_REMOTE,
              "the platform says that there is no Worker '%s', and lists versions of it",
              job_text(job, "script"));
    return error_hint(error, "run it again");
}

static int look(const struct job *job, struct deployment *out, struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    struct traffic *traffic = &memory->traffic;
    struct answer answer;
    *out = (struct deployment){0};
    memory->has_traffic = memory->incomplete = memory->has_reach = memory->ready = false;
    memory->base = NULL;
    if (cloudflare_traffic(job, traffic, error) != 0 || check_absence(job, traffic, error) != 0)
        return -1;
    memory->has_traffic = true;
    out->version = traffic->version;
    if (!traffic->version)
        return 0;
    out->percent = (unsigned)(traffic->percent + 0.5);
    if (cloudflare_version(job, traffic->version, false, &answer, error) != 0)
        return -1;
    memory->base = answer.result;
    memory->base_version = traffic->version;
    cloudflare_pin(job, out);
    const json_t *annotations = json_object_get(answer.result, "annotations");
    out->drifted = !cloudflare_read_annotations(job->arena, annotations, out);
    if (out->drifted)
        return find_origin(job, traffic, answer.result, out, error);
    out->incomplete = memory->incomplete = is_incomplete(job, traffic);
    return 0;
}

int cloudflare_live(const struct job *job, struct deployment *out, struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    memory->has_live = false;
    if (look(job, out, error) != 0)
        return -1;
    memory->live = *out;
    memory->has_live = true;
    return 0;
}

/* Versions as they are gathered for versions(). */
struct gathering {
    const struct job *job;
    const struct traffic *traffic;
    const json_t *items; /* what can be deployed, newest first */
    struct deployment *rows;
    size_t count;
};

static const json_t *item_of(const struct gathering *gathering, const char *version)
{
    size_t i;
    json_t *item;
    json_array_foreach(gathering->items, i, item)
    {
        if (strcmp(json_find_string(item, "id", ""), version) == 0)
            return item;
    }
    return NULL;
}

static bool is_gathered(const struct gathering *gathering, const char *version)
{
    for (size_t i = 0; i < gathering->count; i++)
        if (strcmp(gathering->rows[i].version, version) == 0)
            return true;
    return false;
}

static void gather(struct gathering *gathering, const char *version, enum lived lived,
                   const char *time)
{
    const json_t *item = item_of(gathering, version);
    double share = cloudflare_share(gathering->traffic, version);
    if (is_gathered(gathering, version) || (!item && share < 0))
        return;
    struct deployment *row = &gathering->rows[gathering->count++];
    *row = (struct deployment){.version = version, .lived = lived, .time = time};
    if (share > 0)
        row->percent = share < 1 ? 1 : (unsigned)(share + 0.5);
    row->drifted = !cloudflare_read_annotations(gathering->job->arena,
                                                json_object_get(item, "annotations"), row);
    if (share >= 0)
        cloudflare_pin(gathering->job, row);
}

/* What is or was deployed: the largest share first. */
static void gather_deployed(struct gathering *gathering)
{
    size_t i, j;
    json_t *deployment, *row;
    const json_t *newest = json_array_get(gathering->traffic->deployments, 0);
    if (gathering->traffic->version)
        gather(gathering, gathering->traffic->version, LIVED_YES,
               json_find_string(newest, "created_on", NULL));
    json_array_foreach(gathering->traffic->deployments, i, deployment)
    {
        json_array_foreach(json_object_get(deployment, "versions"), j, row)
        {
            const char *version = json_find_string(row, "version_id", NULL);
            bool took = json_number_value(json_object_get(row, "percentage")) > 0;
            if (version && took)
                gather(gathering, version, LIVED_YES,
                       json_find_string(deployment, "created_on", NULL));
        }
    }
}

/* The rest. Made after the oldest deployment that is listed and in none of them: it never took
   traffic. The newest of ours that is newer than what is live is there to be tried. */
static void gather_others(struct gathering *gathering)
{
    const json_t *deployments = gathering->traffic->deployments;
    const char *since = json_find_string(
        json_array_get(deployments, json_array_size(deployments) - 1), "created_on", NULL);
    bool is_newer = true, has_staged = false;
    size_t i;
    json_t *item;
    json_array_foreach(gathering->items, i, item)
    {
        const char *version = json_find_string(item, "id", "");
        const char *made = json_find_string(item, "metadata.created_on", NULL);
        size_t before = gathering->count;
        if (cloudflare_share(gathering->traffic, version) > 0)
            is_newer = false;
        bool never = since && made && strcmp(made, since) >= 0;
        gather(gathering, version, never ? LIVED_NO : LIVED_UNKNOWN, made);
        if (gathering->count == before || !is_newer || has_staged ||
            gathering->rows[before].drifted || gathering->rows[before].lived == LIVED_YES)
            continue;
        gathering->rows[before].staged = has_staged = true;
        cloudflare_preview(gathering->job, gathering->traffic, &gathering->rows[before]);
    }
}

int cloudflare_versions(const struct job *job, struct deployment **out, size_t *count,
                        struct error *error)
{
    struct traffic traffic;
    struct gathering gathering = {.job = job, .traffic = &traffic};
    json_t *items = NULL;
    size_t i, most = 1;
    json_t *deployment;
    *count = 0;
    *out = NULL;
    /* Just those that can be deployed, all of them at once (section 2.3). */
    if (cloudflare_traffic(job, &traffic, error) != 0 ||
        cloudflare_list(job, "?deployable=true", traffic.absent, &items, error) != 0)
        return -1;
    gathering.items = items;
    json_array_foreach(traffic.deployments, i, deployment)
    {
        most += json_array_size(json_object_get(deployment, "versions"));
    }
    gathering.rows = arena_alloc(job->arena, most + json_array_size(items), sizeof **out);
    gather_deployed(&gathering);
    gather_others(&gathering);
    *out = gathering.rows;
    *count = gathering.count;
    return 0;
}
