/* Cloudflare Workers: making a version live, and whether that may be done. */
#include <assert.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/cloudflare/driver_parts.h"

enum { ATTEMPTS = 3, WAIT_MS = 2000 };

/* Whether the version has exactly the share it is to have; two at most share the traffic. */
static bool is_live(const struct traffic *traffic, const struct deployment *wanted)
{
    double share = cloudflare_share(traffic, wanted->version);
    return share > wanted->percent - 0.005 && share < wanted->percent + 0.005;
}

/* Percentages must total 100, and two versions at most have one: of what is live the one with the
   most keeps the rest. The message of a deployment may be short (50 characters in the schema of
   2024-08-06), so it has only the digest's beginning. */
static json_t *deployment_body(const struct job *job, const struct artifact *artifact,
                               const struct deployment *wanted, const struct traffic *traffic)
{
    const char *other = cloudflare_other(traffic, wanted->version);
    bool is_shared = wanted->percent < 100 && other;
    int share = is_shared ? (int)wanted->percent : 100;
    json_t *versions =
        json_pack("[{s:s, s:i}]", "version_id", wanted->version, "percentage", share);
    if (is_shared)
        json_array_append_new(
            versions, json_pack("{s:s, s:i}", "version_id", other, "percentage", 100 - share));
    const char *message =
        artifact ? arena_printf(job->arena, "edge-deploy sha256:%.12s", artifact->sha256)
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

static const char *deployment_id(const struct traffic *traffic, size_t index)
{
    return json_find_string(json_array_get(traffic->deployments, index), "id", "");
}

/* The API takes no condition. So what is live is looked at once more right before the switch, and
   right after it what the switch has replaced: who deployed in that moment is named at least. */
static int replace(const struct job *job, const struct artifact *artifact, struct deployment *out,
                   const struct traffic *seen, struct error *error)
{
    struct error ignored = {0};
    struct traffic before, after;
    if (cloudflare_traffic(job, &before, error) != 0)
        return -1;
    struct deployment expected = *out, live = {.version = before.version};
    expected.base = seen->version;
    if (job_check_base(job, &expected, &live, error) != 0 ||
        deploy(job, artifact, out, &before, error) != 0)
        return -1;
    if (cloudflare_traffic(job, &after, &ignored) != 0 || !after.earlier ||
        cloudflare_share(&after, out->version) < 0 ||
        strcmp(deployment_id(&after, 1), deployment_id(&before, 0)) == 0)
        return 0;
    world_say(
        job->world, job->target->name,
        "somebody else made version '%s' live in the same moment, and this one has replaced it",
        after.earlier);
    out->previous = after.earlier;
    return 0;
}

/* A rollback's version may be long gone, or never have been there. */
static int check_version(const struct job *job, const struct deployment *wanted,
                         struct error *error)
{
    struct answer answer;
    if (cloudflare_version(job, wanted->version, true, &answer, error) != 0)
        return -1;
    if (!answer.absent)
        return 0;
    error_set(error, FAULT_INPUT, "version '%s' is gone: the platform does not have it any more",
              wanted->version);
    return error_hint(error, "choose another one with --to, or publish its commit again");
}

static int check_share(const struct job *job, const struct traffic *traffic,
                       const struct deployment *wanted, struct error *error)
{
    size_t i;
    json_t *row;
    if (wanted->percent == 0 || wanted->percent >= 100)
        return 0;
    const char *other = cloudflare_other(traffic, wanted->version);
    if (!other) {
        error_set(error, FAULT_INPUT,
                  "no other version is live that could take the rest of the traffic");
        return error_hint(error, "leave --traffic out: a version alone takes all of it");
    }
    json_array_foreach(traffic->versions, i, row)
    {
        const char *version = json_find_string(row, "version_id", "");
        if (strcmp(version, other) != 0 && strcmp(version, wanted->version) != 0)
            world_say(job->world, job->target->name,
                      "only two versions can share the traffic: version %s loses its %g %%",
                      version, json_number_value(json_object_get(row, "percentage")));
    }
    return 0;
}

/* What can refuse the switch, looked at before anything is sent. */
static int ready(const struct job *job, const struct artifact *artifact, struct deployment *wanted,
                 struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    const char *subdomain;
    memory->ready = false;
    if (cloudflare_traffic(job, &memory->traffic, error) != 0)
        return -1;
    struct deployment now = {.version = memory->traffic.version};
    if (job_check_base(job, wanted, &now, error) != 0)
        return -1;
    if (!artifact && check_version(job, wanted, error) != 0)
        return -1;
    if (!wanted->deferred && check_share(job, &memory->traffic, wanted, error) != 0)
        return -1;
    if (artifact && !memory->has_reach &&
        cloudflare_look(job, !memory->traffic.absent, &memory->reach, error) != 0)
        return -1;
    if (job_flag(job, "workers_dev", true) && cloudflare_subdomain(job, &subdomain, error) != 0)
        return -1;
    memory->has_reach = artifact != NULL;
    memory->ready_for = wanted->version;
    memory->ready = true;
    return 0;
}

static bool is_ready_for(const struct memory *memory, const char *version)
{
    return memory->ready && (version && memory->ready_for ? strcmp(version, memory->ready_for) == 0
                                                          : version == memory->ready_for);
}

/* As it stands after the switch. */
static int finish(const struct job *job, struct deployment *out, struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    memory->ready = memory->has_live = memory->has_traffic = memory->has_reach = false;
    cloudflare_pin(job, out);
    if (cloudflare_url(job, &out->url, error) != 0)
        return -1;
    out->incomplete = false;
    return 0;
}

/* The script's first version: nothing can be switched on before it is there. */
static int activate_first(const struct job *job, const struct artifact *artifact,
                          struct deployment *out, struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    if (!memory->ready && cloudflare_look(job, false, &memory->reach, error) != 0)
        return -1;
    if (cloudflare_create(job, artifact, out, error) != 0)
        return -1;
    out->incomplete = true;
    if (cloudflare_reach(job, &memory->reach, error) != 0)
        return -1;
    memory->complete = true;
    return finish(job, out, error);
}

static int activate(const struct job *job, const struct artifact *artifact, struct deployment *out,
                    struct error *error)
{
    struct memory *memory = cloudflare_memory(job);
    struct traffic *traffic = &memory->traffic;
    if (out->percent == 0)
        out->percent = 100;
    out->incomplete = false;
    memory->ready = is_ready_for(memory, out->version);
    if (out->deferred && artifact)
        return activate_first(job, artifact, out, error);
    assert(out->version);
    if (!memory->ready && cloudflare_traffic(job, traffic, error) != 0)
        return -1;
    if (!memory->ready && artifact && cloudflare_look(job, true, &memory->reach, error) != 0)
        return -1;
    /* Before the switch, so that a refusal here leaves everything as it was. */
    if (artifact && cloudflare_reach(job, &memory->reach, error) != 0)
        return -1;
    memory->complete = memory->complete || artifact;
    const char *other = cloudflare_other(traffic, out->version);
    if (!out->previous)
        out->previous = other ? other : traffic->earlier;
    if (!is_live(traffic, out) && replace(job, artifact, out, traffic, error) != 0)
        return -1;
    out->incomplete = true;
    return finish(job, out, error);
}

const struct platform platform_cloudflare = {
    .name = "cloudflare",
    .title = "Cloudflare Workers",
    .pack = cloudflare_pack,
    .upload = cloudflare_upload,
    .activate = activate,
    .live = cloudflare_live,
    .ready = ready,
    .plan = cloudflare_plan,
    .versions = cloudflare_versions,
};
