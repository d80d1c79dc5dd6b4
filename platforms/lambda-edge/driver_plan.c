/* What a publish would change, said before it happens. Reads only. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/lambda-edge/driver_parts.h"

enum { MOST_STEPS = 64 };

struct plan {
    const struct job *job;
    const struct wanted *wanted;
    const json_t *configuration; /* of $LATEST; NULL: there is no function */
    const char **steps;
    size_t count;
};

static void add(struct plan *plan, const char *step)
{
    if (plan->count < MOST_STEPS)
        plan->steps[plan->count++] = step;
}

static void add_text(struct plan *plan, const char *key, const char *is, const char *wanted)
{
    struct arena *arena = plan->job->arena;
    if (wanted && strcmp(is, wanted) != 0)
        add(plan,
            arena_printf(arena, "set %s of the function '%s' from '%s' to '%s'", key,
                         job_text(plan->job, "function"), lambda_edge_safe(arena, is), wanted));
}

static void add_number(struct plan *plan, const char *key, json_int_t is, json_int_t wanted)
{
    if (is != wanted)
        add(plan,
            arena_printf(plan->job->arena, "set %s of the function '%s' from %lld to %lld", key,
                         job_text(plan->job, "function"), (long long)is, (long long)wanted));
}

static void plan_creation(struct plan *plan)
{
    const struct job *job = plan->job;
    const char *role = job_text(job, "role");
    add(plan, arena_printf(job->arena,
                           "create the function '%s' (%s, %lld MB, %lld s, role '%s') with %zu "
                           "bytes of code",
                           job_text(job, "function"), job_text(job, "runtime"),
                           (long long)job_integer(job, "memory_mb", 128),
                           (long long)job_integer(job, "timeout_s", 5), role ? role : "",
                           plan->wanted->zip.size));
}

static void plan_changes(struct plan *plan)
{
    const struct job *job = plan->job;
    const json_t *now = plan->configuration;
    if (strcmp(json_find_string(now, "CodeSha256", ""), plan->wanted->code_sha256) != 0)
        add(plan, arena_printf(job->arena, "upload %zu bytes of code to the function '%s'",
                               plan->wanted->zip.size, job_text(job, "function")));
    add_text(plan, "runtime", json_find_string(now, "Runtime", ""), job_text(job, "runtime"));
    add_text(plan, "handler", json_find_string(now, "Handler", ""), plan->wanted->handler);
    add_number(plan, "memory_mb", json_find_integer(now, "MemorySize", 0),
               job_integer(job, "memory_mb", 128));
    add_number(plan, "timeout_s", json_find_integer(now, "Timeout", 0),
               job_integer(job, "timeout_s", 5));
    add_text(plan, "role", json_find_string(now, "Role", ""), job_text(job, "role"));
}

/* The version that publishing would give when nothing has changed since: the last one, when that
   is described as ours would be. NULL: a new one. */
static int find_version(struct plan *plan, const char **out, struct error *error)
{
    struct listed *versions;
    size_t count;
    *out = NULL;
    if (!plan->configuration || plan->count)
        return 0;
    if (lambda_edge_list(plan->job, &versions, &count, error) != 0)
        return -1;
    if (count && strcmp(versions[0].description, plan->wanted->description) == 0)
        *out = versions[0].number;
    return 0;
}

static const char *place(const struct job *job, const char *behavior, const char *event)
{
    return arena_printf(job->arena, "distribution '%s', behavior '%s', %s",
                        job_text(job, "distribution"), lambda_edge_safe(job->arena, behavior),
                        lambda_edge_safe(job->arena, event));
}

static int plan_association(struct plan *plan, const struct distribution *distribution,
                            const char *version, struct error *error)
{
    const struct job *job = plan->job;
    struct stale *stale;
    size_t count;
    const char *now = lambda_edge_version_of(job, distribution->current);
    bool include_body = job_flag(job, "include_body", false);
    bool is_other_body =
        distribution->current && distribution->current->include_body != include_body;
    bool is_other = !version || !now || strcmp(version, now) != 0;
    const char *here = place(job, job_text(job, "behavior"), job_text(job, "event"));
    if (is_other)
        add(plan,
            arena_printf(job->arena, "%s: %s%s%s%s", here, version ? "version " : "",
                         version ? version : "the new version", now ? " instead of version " : "",
                         now ? lambda_edge_safe(job->arena, now) : ""));
    if (is_other_body)
        add(plan, arena_printf(job->arena, "%s: include_body from %s to %s", here,
                               include_body ? "false" : "true", include_body ? "true" : "false"));
    if (lambda_edge_stale(job, distribution, &stale, &count, error) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        add(plan, arena_printf(job->arena, "%s: no longer version %s: this target was there",
                               place(job, stale[i].behavior, stale[i].event), job->previous));
    return 0;
}

/* Just this is live, perhaps from another commit: publish sends nothing then. */
static int is_live(const struct job *job, const struct artifact *artifact,
                   const struct distribution *distribution, bool *out, struct error *error)
{
    struct deployment live = {0};
    struct answer answer;
    const char *version = lambda_edge_version_of(job, distribution->current);
    *out = false;
    if (!version || !lambda_edge_is_version(version))
        return 0;
    if (lambda_edge_configuration(job, version, &answer, error) != 0)
        return -1;
    *out =
        !answer.absent &&
        lambda_edge_read_description(job->arena, json_find_string(answer.json, "Description", ""),
                                     json_find_string(answer.json, "CodeSha256", ""), &live) &&
        strcmp(live.artifact_sha256, artifact->sha256) == 0;
    return 0;
}

static int plan_function(struct plan *plan, const char **version, struct error *error)
{
    const struct job *job = plan->job;
    struct answer answer;
    if (lambda_edge_configuration(job, NULL, &answer, error) != 0)
        return -1;
    plan->configuration = answer.json;
    if (answer.absent)
        plan_creation(plan);
    else if (lambda_edge_check_restrictions(job, answer.json, error) != 0)
        return -1;
    else
        plan_changes(plan);
    if (find_version(plan, version, error) != 0)
        return -1;
    if (!*version)
        add(plan, arena_printf(job->arena, "publish a version of the function '%s'",
                               job_text(job, "function")));
    return 0;
}

int lambda_edge_plan(const struct job *job, const struct artifact *artifact,
                     const struct deployment *deployment, const char ***out, size_t *count,
                     struct error *error)
{
    struct wanted wanted;
    struct distribution distribution;
    const char *version = NULL;
    bool live;
    struct plan plan = {.job = job,
                        .wanted = &wanted,
                        .steps = arena_alloc(job->arena, MOST_STEPS, sizeof *plan.steps)};
    (void)deployment; /* there is neither staging nor a share of the traffic */
    if (lambda_edge_wanted(job, artifact, &wanted, error) != 0 ||
        lambda_edge_read_distribution(job, &distribution, error) != 0 ||
        lambda_edge_check_events(job, &distribution.behavior, error) != 0 ||
        is_live(job, artifact, &distribution, &live, error) != 0)
        return -1;
    if (live)
        version = lambda_edge_version_of(job, distribution.current);
    else if (plan_function(&plan, &version, error) != 0)
        return -1;
    if (plan_association(&plan, &distribution, version, error) != 0)
        return -1;
    *out = plan.steps;
    *count = plan.count;
    return 0;
}
