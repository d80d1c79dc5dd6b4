/* Fastly Compute: a draft version is filled and activated; what is live says so in its comment. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "pkg/base/text.h"
#include "platforms/fastly/driver_parts.h"

static char *version_text(const struct job *job, json_int_t number)
{
    return arena_printf(job->arena, "%lld", (long long)number);
}

/* The comment marks the draft before anything else is put into it, so that a run that is cut off
   leaves one that the next run finds. */
static int set_comment(const struct job *job, const struct service *service, json_int_t number,
                       const struct artifact *artifact, struct error *error)
{
    struct compute_answer answer;
    const char *comment =
        compute_comment(job->arena, artifact->sha256, job->commit, job->tag, service->active);
    struct compute_ask ask = {
        .method = "PUT",
        .path = compute_version_path(job, service, number, ""),
        .what = arena_printf(job->arena, "set the comment of version %lld", (long long)number),
        .form = compute_field(job->arena, "", "comment", comment)};
    return compute_call(job, &ask, &answer, error);
}

/* The platform's own digest of a package is that of ours; true when it says none. */
static bool is_same_package(const struct artifact *artifact, const json_t *package)
{
    const char *theirs = json_find_string(package, "metadata.files_hash", "");
    return !*theirs || strcmp(theirs, artifact->content) == 0;
}

static int put_package(const struct job *job, const struct service *service, json_int_t number,
                       const struct artifact *artifact, struct error *error)
{
    struct compute_answer answer;
    const struct part *part = &artifact->parts[0];
    struct http_part body = {part->name, part->filename, part->media_type, part->body};
    struct compute_ask ask = {.method = "PUT",
                              .path = compute_version_path(job, service, number, "/package"),
                              .what = "upload the package",
                              .parts = &body,
                              .part_count = 1};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    if (is_same_package(artifact, answer.document))
        return 0;
    error_set(error, FAULT_REMOTE, "the platform has unpacked another package than was sent");
    return error_hint(error, "publish again; if it stays, give Fastly the service's id");
}

/* The vendor's CLI leaves this check out (section 3). */
static int validate(const struct job *job, const struct service *service, json_int_t number,
                    struct error *error)
{
    struct compute_answer answer;
    struct compute_ask ask = {
        .method = "GET",
        .path = compute_version_path(job, service, number, "/validate"),
        .what = arena_printf(job->arena, "validate version %lld", (long long)number)};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    if (strcmp(json_find_string(answer.document, "status", ""), "ok") == 0)
        return 0;
    const char *reason = json_find_string(answer.document, "msg", "without a reason");
    error_set(error, FAULT_REMOTE, "version %lld is not valid: %s", (long long)number,
              text_safe(job->arena, reason, strlen(reason)));
    return error_hint(error, "look at 'domains' and 'backends'");
}

static int fill(const struct job *job, const struct service *service, json_int_t number,
                const struct artifact *artifact, struct error *error)
{
    if (set_comment(job, service, number, artifact, error) != 0 ||
        compute_configure(job, service, number, artifact, error) != 0 ||
        put_package(job, service, number, artifact, error) != 0)
        return -1;
    return validate(job, service, number, error);
}

/* Another publish may have found the service by its name and begun to fill it. */
static bool is_shared(const struct job *job, struct service *service)
{
    size_t index;
    json_t *version;
    struct error ignored = {0};
    const char *tag = job->tag ? job->tag : "none";
    if (compute_details(job, service, &ignored) != 0)
        return true;
    json_array_foreach(json_object_get(service->details, "versions"), index, version)
    {
        const char *comment = json_find_string(version, "comment", "");
        if (compute_is_ours(comment) && !strstr(comment, tag))
            return true;
    }
    return false;
}

/* Only a service that this run made, of which nothing is live. */
static void clean_up(const struct job *job, struct service *service)
{
    struct compute_answer answer;
    struct error ignored = {0};
    struct compute_ask ask = {
        .method = "DELETE",
        .path = arena_printf(job->arena, "/service/%s", http_escape(job->arena, service->id)),
        .what = "remove the new service",
        .may_lack = true};
    if (!is_shared(job, service) && compute_call(job, &ask, &answer, &ignored) == 0)
        world_say(job->world, job->target->name, "removed the service that this run had made");
    else
        world_say(job->world, job->target->name,
                  "the service '%s' that this run has made is left behind", service->id);
}

/* What live() has seen is what was compared and is built on; what changes behind it is found when
   the version is activated. A service that was not there is looked for again. */
static int take_seen(const struct job *job, struct service *out, struct error *error)
{
    struct memory *memory = compute_memory(job);
    *out = memory->seen;
    memory->seen = (struct service){0};
    return out->id ? 0 : compute_find(job, out, error);
}

static int upload(const struct job *job, const struct artifact *artifact, struct deployment *out,
                  struct error *error)
{
    struct service service;
    json_int_t number;
    if (take_seen(job, &service, error) != 0)
        return -1;
    bool made = !service.id;
    if (made && compute_create(job, &service, error) != 0)
        return -1;
    if (compute_draft(job, &service, &number, error) != 0 ||
        fill(job, &service, number, artifact, error) != 0) {
        if (made)
            clean_up(job, &service);
        return -1;
    }
    if (made)
        world_say(job->world, job->target->name, "made service '%s'", service.id);
    compute_memory(job)->id = service.id;
    out->version = version_text(job, number);
    out->resource = service.id;
    out->artifact_sha256 = arena_strdup(job->arena, artifact->sha256);
    out->commit = job->commit;
    return 0;
}

static int switch_to(const struct job *job, struct service *service, json_int_t number,
                     struct error *error)
{
    struct compute_answer answer;
    struct error unknown = {0};
    struct compute_ask ask = {
        .method = "PUT",
        .path = compute_version_path(job, service, number, "/activate"),
        .what = arena_printf(job->arena, "activate version %lld", (long long)number)};
    if (compute_call(job, &ask, &answer, error) == 0)
        return 0;
    if (!answer.unclear)
        return -1;
    if (compute_details(job, service, &unknown) != 0)
        return error_hint(error, "run 'edge-deploy status': whether it is live is not known");
    return service->active == number ? 0 : -1;
}

/* The draft was made from what was live then, and would take back what is live since. */
static int check_base(const struct service *service, json_int_t number, json_int_t base,
                      struct error *error)
{
    if (service->active == base || service->active == number)
        return 0;
    error_set(error, FAULT_REMOTE, "somebody else has made version %lld live in between",
              (long long)service->active);
    return error_hint(error, "publish again: what is live now will be built on");
}

/* Another publish may have taken our draft for a leftover and put its own comment and package into
   it, in any order with ours. */
static int check_content(const struct job *job, const struct service *service, json_int_t number,
                         const struct artifact *artifact, struct error *error)
{
    struct deployment holds = {0};
    struct compute_answer answer;
    json_int_t base = 0;
    const json_t *version = compute_version(service->details, number);
    const char *comment = json_find_string(version, "comment", "");
    struct compute_ask ask = {
        .method = "GET",
        .path = compute_version_path(job, service, number, "/package"),
        .what = arena_printf(job->arena, "look at the package of version %lld", (long long)number)};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    if (is_same_package(artifact, answer.document) &&
        compute_read_comment(job->arena, comment, &holds, &base) &&
        strcmp(holds.artifact_sha256, artifact->sha256) == 0)
        return check_base(service, number, base, error);
    error_set(error, FAULT_REMOTE,
              "version %lld has been changed by somebody else since it was uploaded",
              (long long)number);
    return error_hint(error, "publish again when the other deployment is done");
}

/* Activating needs no clone, for an old version neither (section 3, "Rollback"). */
static int activate(const struct job *job, const struct artifact *artifact, struct deployment *out,
                    struct error *error)
{
    struct service service = {.id = out->resource};
    assert(out->version);
    json_int_t number = strtoll(out->version, NULL, 10);
    if (number < 1)
        return error_set(error, FAULT_INPUT, "'%s' is no version of this platform", out->version);
    if ((service.id ? compute_details(job, &service, error) : compute_find(job, &service, error)))
        return -1;
    if (!service.id)
        return error_set(error, FAULT_REMOTE, "there is no service to activate a version of");
    if (artifact && check_content(job, &service, number, artifact, error) != 0)
        return -1;
    json_int_t before = service.active;
    if (before != number && switch_to(job, &service, number, error) != 0)
        return -1;
    if (!out->previous && before && before != number)
        out->previous = version_text(job, before);
    out->resource = service.id;
    return compute_url(job, &service, number, &out->url, error);
}

/* A clone takes the comment along, and who cloned it may have put something else into it: our own
   comments differ, each has its run's tag. */
static bool is_copied(const struct service *service, const char *comment)
{
    size_t index;
    json_t *version;
    json_array_foreach(json_object_get(service->details, "versions"), index, version)
    {
        if (json_find_integer(version, "number", 0) < service->active &&
            strcmp(json_find_string(version, "comment", ""), comment) == 0)
            return true;
    }
    return false;
}

static int live(const struct job *job, struct deployment *out, struct error *error)
{
    struct service service;
    *out = (struct deployment){0};
    if (compute_find(job, &service, error) != 0)
        return -1;
    compute_memory(job)->seen = service;
    out->resource = service.id;
    if (!service.id || !service.active)
        return 0;
    const char *comment = json_find_string(service.details, "active_version.comment", "");
    out->version = version_text(job, service.active);
    out->percent = 100;
    out->drifted =
        is_copied(&service, comment) || !compute_read_comment(job->arena, comment, out, NULL);
    return compute_url(job, &service, service.active, &out->url, error);
}

const struct platform platform_fastly = {
    .name = "fastly",
    .title = "Fastly Compute",
    .pack = compute_pack,
    .upload = upload,
    .activate = activate,
    .live = live,
};
