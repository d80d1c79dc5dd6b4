/* Making a version live, and what can refuse that. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/fastly/driver_parts.h"

static int read_number(const struct deployment *wanted, json_int_t *out, struct error *error)
{
    char *end;
    assert(wanted->version);
    *out = strtoll(wanted->version, &end, 10);
    if (*out > 0 && !*end)
        return 0;
    return error_set(error, FAULT_INPUT, "'%s' is no version of this platform", wanted->version);
}

/* A version number says nothing without the service that counts it. */
static int find_service(const struct job *job, const struct deployment *wanted, struct service *out,
                        struct error *error)
{
    const char *id = job_text(job, "service_id");
    *out = (struct service){.id = wanted->resource};
    if (id && wanted->resource && strcmp(id, wanted->resource) != 0) {
        error_set(error, FAULT_INPUT, "version '%s' is one of service '%s', not of '%s'",
                  wanted->version, wanted->resource, id);
        return error_hint(error, "set 'service_id' to '%s' to make it live there",
                          wanted->resource);
    }
    if (out->id ? compute_details(job, out, error) : compute_find(job, out, error))
        return -1;
    return out->id ? 0
                   : error_set(error, FAULT_REMOTE, "there is no service to activate a version of");
}

/* The draft was made from what was live then, and would take back what is live since. */
static int check_base(const struct job *job, const struct service *service,
                      const struct deployment *wanted, json_int_t number, json_int_t base,
                      struct error *error)
{
    struct deployment now = {0}, made_from = *wanted;
    if (wanted->overwrite || service->active == base || service->active == number)
        return 0;
    if (service->active)
        compute_describe(job, service, service->active, &now, NULL);
    made_from.base = base > 0 ? compute_version_text(job, base) : NULL;
    return job_check_base(job, &made_from, &now, error);
}

static int changed(json_int_t number, struct error *error)
{
    error_set(error, FAULT_REMOTE,
              "version %lld has been changed by somebody else since it was uploaded",
              (long long)number);
    return error_hint(error, "publish again when the other deployment is done");
}

/* Another publish may have taken our draft for a leftover and put its own comment and package into
   it, in any order with ours. */
static int check_content(const struct job *job, const struct service *service, json_int_t number,
                         const struct artifact *artifact, const struct deployment *wanted,
                         struct error *error)
{
    struct deployment holds = {0};
    json_int_t base = 0;
    bool same;
    const json_t *version = compute_version(service->details, number);
    const char *comment = json_find_string(version, "comment", "");
    if (compute_holds(job, service, number, artifact, false, &same, error) != 0)
        return -1;
    if (!same || !compute_read_comment(job->arena, comment, &holds, &base) ||
        strcmp(holds.artifact_sha256, artifact->sha256) != 0)
        return changed(number, error);
    return check_base(job, service, wanted, number, base, error);
}

/* Of an earlier version: activating needs no clone (section 3, "Rollback"). What was active
   is locked. */
static int check_earlier(const struct service *service, json_int_t number, struct error *error)
{
    const json_t *version = compute_version(service->details, number);
    const json_t *deleted = json_object_get(version, "deleted_at");
    if (!version || (deleted && !json_is_null(deleted))) {
        error_set(error, FAULT_INPUT, "version %lld of service '%s' is gone", (long long)number,
                  service->id);
        return error_hint(error, "name another version with --to");
    }
    if (!compute_is_draft(version))
        return 0;
    error_set(error, FAULT_INPUT, "version %lld of service '%s' was never live", (long long)number,
              service->id);
    return error_hint(error, "name another version with --to, or publish");
}

static int look(const struct job *job, const struct artifact *artifact,
                const struct deployment *wanted, struct service *service, json_int_t *number,
                struct error *error)
{
    if (read_number(wanted, number, error) != 0 || find_service(job, wanted, service, error) != 0)
        return -1;
    return artifact ? check_content(job, service, *number, artifact, wanted, error)
                    : check_earlier(service, *number, error);
}

int compute_ready(const struct job *job, const struct artifact *artifact, struct deployment *wanted,
                  struct error *error)
{
    struct service service;
    struct deployment now = {0};
    json_int_t number;
    const char *url;
    struct memory *memory = compute_memory(job);
    memory->checked = (struct service){0};
    if (look(job, artifact, wanted, &service, &number, error) != 0)
        return -1;
    if (service.active)
        compute_describe(job, &service, service.active, &now, NULL);
    if (job_check_base(job, wanted, &now, error) != 0 ||
        compute_url(job, &service, number, &url, error) != 0)
        return -1;
    memory->checked = service;
    memory->checked_number = number;
    return 0;
}

/* The answer shows the version as it is from now on: locked. In the moment between our look and
   the switch another publish may have put its own into it: then what is live is not what this run
   has uploaded, and its number is no longer that of ours. */
static int check_activated(const struct job *job, json_int_t number,
                           const struct artifact *artifact, const json_t *version,
                           struct deployment *out, struct error *error)
{
    struct deployment holds = {0};
    const char *comment = json_find_string(version, "comment", NULL);
    if (!artifact || !comment ||
        (compute_read_comment(job->arena, comment, &holds, NULL) &&
         strcmp(holds.artifact_sha256, artifact->sha256) == 0))
        return 0;
    out->version = NULL;
    return changed(number, error);
}

static int switch_to(const struct job *job, struct service *service, json_int_t number,
                     const struct artifact *artifact, struct deployment *out, struct error *error)
{
    struct compute_answer answer;
    struct error unknown = {0};
    struct compute_ask ask = {
        .method = "PUT",
        .path = compute_version_path(job, service, number, "/activate"),
        .what = arena_printf(job->arena, "activate version %lld", (long long)number)};
    if (compute_call(job, &ask, &answer, error) == 0) {
        if (json_find_bool(answer.document, "active", false) &&
            json_find_integer(answer.document, "number", 0) == number)
            return check_activated(job, number, artifact, answer.document, out, error);
        compute_odd(error, "cannot %s: the answer does not show that it is", ask.what);
    } else if (!answer.unclear) {
        return -1;
    }
    if (compute_details(job, service, &unknown) != 0)
        return error_hint(error, "run 'edge-deploy status': whether it is live is not known");
    if (service->active != number)
        return -1;
    return check_activated(job, number, artifact, compute_version(service->details, number), out,
                           error);
}

int compute_activate(const struct job *job, const struct artifact *artifact, struct deployment *out,
                     struct error *error)
{
    struct memory *memory = compute_memory(job);
    struct error unknown = {0};
    struct service service = memory->checked;
    json_int_t number = memory->checked_number;
    bool is_checked = service.id && strcmp(out->version, compute_version_text(job, number)) == 0 &&
                      (!out->resource || strcmp(out->resource, service.id) == 0);
    memory->checked = (struct service){0};
    if (!is_checked && look(job, artifact, out, &service, &number, error) != 0)
        return -1;
    json_int_t before = service.active;
    if (before != number && switch_to(job, &service, number, artifact, out, error) != 0)
        return -1;
    if (!out->previous && before && before != number)
        out->previous = compute_version_text(job, before);
    out->resource = service.id;
    if (compute_url(job, &service, number, &out->url, &unknown) != 0)
        world_say(job->world, job->target->name, "where it answers is not known: %s",
                  unknown.message);
    return 0;
}
