/* Which service a target means, and making a new one. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/fastly/driver_parts.h"

#define MARK "edge-deploy" /* begins the comment of a service and of a version that we made */

const char *compute_service_name(const struct job *job)
{
    const char *name = job_text(job, "service_name");
    return name ? name : job->target->name;
}

char *compute_version_path(const struct job *job, const struct service *service, json_int_t number,
                           const char *below)
{
    return arena_printf(job->arena, "/service/%s/version/%lld%s",
                        http_escape(job->arena, service->id), (long long)number, below);
}

char *compute_version_text(const struct job *job, json_int_t number)
{
    return arena_printf(job->arena, "%lld", (long long)number);
}

struct memory *compute_memory(const struct job *job)
{
    if (!*job->kept)
        *job->kept = arena_alloc(job->arena, 1, sizeof(struct memory));
    return *job->kept;
}

static int odd(const struct service *service, const char *what, struct error *error)
{
    return compute_odd(error, "cannot read service '%s': %s", service->id, what);
}

/* Everything else reads the details as if they were what the API documents: here it is made sure.
   Of `active_version` nothing or null means that nothing is live (section 2). */
static int check_details(struct service *service, struct error *error)
{
    size_t index;
    json_t *version;
    const json_t *versions = json_object_get(service->details, "versions");
    const json_t *active = json_object_get(service->details, "active_version");
    const char *type = json_find_string(service->details, "type", NULL);
    if (!type)
        return odd(service, "the answer has no type", error);
    if (!json_is_array(versions) || json_array_size(versions) == 0)
        return odd(service, "the answer has no versions", error);
    json_array_foreach(versions, index, version)
    {
        if (json_find_integer(version, "number", 0) < 1)
            return odd(service, "the answer has a version without a number", error);
    }
    service->active = json_find_integer(active, "number", 0);
    if (active && !json_is_null(active) && service->active < 1)
        return odd(service, "the answer does not say which version is live", error);
    if (strcmp(type, "wasm") == 0)
        return 0;
    error_set(error, FAULT_INPUT, "service '%s' runs VCL, not WebAssembly", service->id);
    return error_hint(error, "name a Compute service in 'service_id'");
}

static int read_details(const struct job *job, struct service *service, bool may_lack,
                        struct error *error)
{
    struct compute_answer answer;
    struct compute_ask ask = {.method = "GET",
                              .path = arena_printf(job->arena, "/service/%s/details",
                                                   http_escape(job->arena, service->id)),
                              .what = arena_printf(job->arena, "read service '%s'", service->id),
                              .may_lack = may_lack};
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    service->details = answer.document;
    service->active = 0;
    return answer.absent ? 0 : check_details(service, error);
}

int compute_details(const struct job *job, struct service *service, struct error *error)
{
    return read_details(job, service, false, error);
}

/* A recorded service that is gone is no reason to make another one: somebody removed it, or this
   token may not see it. */
static int find_recorded(const struct job *job, struct service *out, struct error *error)
{
    struct compute_ask ask = {.path =
                                  arena_printf(job->arena, "/service/%s/details", job->resource)};
    struct http_reply gone = {.status = 404};
    out->id = job->resource;
    if (read_details(job, out, true, error) != 0)
        return -1;
    if (out->details)
        return 0;
    error_set(error, FAULT_REMOTE,
              "the service '%s' that the last publish recorded is not there, or not for this token",
              job->resource);
    error_hint(error, "check FASTLY_API_TOKEN, or name the service to use in 'service_id'");
    compute_explain(job, &ask, &gone, error);
    return -1;
}

/* The API reference answers a search with one service, our contract says an array: both are read.
   NULL when none has exactly this name. */
static const json_t *exact_match(const json_t *found, const char *name)
{
    size_t index;
    json_t *service;
    if (json_is_object(found))
        return strcmp(json_find_string(found, "name", ""), name) == 0 ? found : NULL;
    json_array_foreach(found, index, service)
    {
        if (strcmp(json_find_string(service, "name", ""), name) == 0)
            return service;
    }
    return NULL;
}

/* An answer that is neither a service nor a list of them says nothing about there being one: to
   make another would be wrong. */
static bool is_search_answer(const json_t *found)
{
    size_t index;
    json_t *service;
    if (json_is_object(found))
        return json_find_string(found, "name", NULL) && json_find_string(found, "id", NULL);
    json_array_foreach(found, index, service)
    {
        if (!json_find_string(service, "name", NULL) || !json_find_string(service, "id", NULL))
            return false;
    }
    return json_is_array(found);
}

/* `*out` NULL when there is none of that name. */
static int search(const struct job *job, const char **out, struct error *error)
{
    struct compute_answer answer;
    const char *name = compute_service_name(job);
    struct compute_ask ask = {
        .method = "GET",
        .path = arena_printf(job->arena, "/service/search?name=%s", http_escape(job->arena, name)),
        .what = arena_printf(job->arena, "look for service '%s'", name),
        .shape = SHAPE_ANY,
        .may_lack = true};
    *out = NULL;
    if (compute_call(job, &ask, &answer, error) != 0)
        return -1;
    if (!answer.absent && !is_search_answer(answer.document))
        return compute_odd(error, "cannot %s: the answer is no list of services", ask.what);
    *out = json_find_string(exact_match(answer.document, name), "id", NULL);
    return 0;
}

bool compute_is_ours(const char *comment)
{
    return strncmp(comment, MARK, strlen(MARK)) == 0;
}

static bool is_our_service(const struct service *service)
{
    size_t index;
    json_t *version;
    if (compute_is_ours(json_find_string(service->details, "comment", "")))
        return true;
    json_array_foreach(json_object_get(service->details, "versions"), index, version)
    {
        if (compute_is_ours(json_find_string(version, "comment", "")))
            return true;
    }
    return false;
}

static int find_named(const struct job *job, struct service *out, struct error *error)
{
    if (search(job, &out->id, error) != 0)
        return -1;
    if (!out->id)
        return 0;
    if (compute_details(job, out, error) != 0)
        return -1;
    if (is_our_service(out))
        return 0;
    error_set(error, FAULT_INPUT, "there is a service '%s' that edge-deploy did not make",
              compute_service_name(job));
    return error_hint(error, "set 'service_id' to '%s' to deploy to it, or another 'service_name'",
                      out->id);
}

int compute_find(const struct job *job, struct service *out, struct error *error)
{
    *out = (struct service){.id = job_text(job, "service_id")};
    if (out->id)
        return compute_details(job, out, error);
    if (job->resource)
        return find_recorded(job, out, error);
    out->id = compute_memory(job)->id;
    if (out->id)
        return compute_details(job, out, error);
    return find_named(job, out, error);
}

/* Made by this very publish. */
static bool is_this_run(const struct job *job, const struct service *service)
{
    return job->tag && strstr(json_find_string(service->details, "comment", ""), job->tag);
}

/* After a lost answer: the service of that name, when its comment has this publish's tag. */
static int find_made(const struct job *job, struct service *out, struct error *error)
{
    struct service found = {0};
    *out = (struct service){0};
    if (search(job, &found.id, error) != 0)
        return -1;
    if (!found.id)
        return 0;
    if (compute_details(job, &found, error) != 0)
        return -1;
    if (is_this_run(job, &found))
        *out = found;
    return 0;
}

int compute_create(const struct job *job, struct service *out, struct error *error)
{
    struct compute_answer answer;
    const char *name = compute_service_name(job);
    char *form = compute_field(job->arena, "", "name", name);
    form = compute_field(job->arena, form, "type", "wasm");
    form = compute_field(job->arena, form, "comment",
                         arena_printf(job->arena, MARK " tag:%s", job->tag ? job->tag : "none"));
    struct compute_ask ask = {.method = "POST",
                              .path = "/service",
                              .what = arena_printf(job->arena, "create service '%s'", name),
                              .form = form,
                              .once = true};
    *out = (struct service){0};
    for (unsigned attempt = 1; compute_call(job, &ask, &answer, error) != 0; attempt++) {
        struct error unknown = {0};
        if (answer.conflict)
            return error_hint(error, "publish again if another publish has just made it, or set "
                                     "'service_id' or another 'service_name'");
        if (!answer.unclear)
            return -1;
        bool again = compute_wait(job, attempt);
        if (find_made(job, out, &unknown) != 0)
            return error_hint(error, "look whether the service was created, then publish again: "
                                     "it will be found by its name");
        if (out->id)
            return 0;
        if (!again)
            return -1;
    }
    out->id = json_find_string(answer.document, "id", NULL);
    if (!out->id)
        return error_set(error, FAULT_REMOTE, "cannot create service '%s': the answer has no id",
                         name);
    return compute_details(job, out, error);
}

/* Another publish may have found the service by its name and begun to fill it. */
static bool is_only_ours(const struct job *job, struct service *service)
{
    size_t index;
    json_t *version;
    struct error ignored = {0};
    if (compute_details(job, service, &ignored) != 0 || !is_this_run(job, service) ||
        service->active)
        return false;
    json_array_foreach(json_object_get(service->details, "versions"), index, version)
    {
        const char *comment = json_find_string(version, "comment", "");
        if (json_find_bool(version, "locked", false) || (*comment && !strstr(comment, job->tag)))
            return false;
    }
    return true;
}

void compute_remove(const struct job *job, struct service *service)
{
    struct compute_answer answer;
    struct error ignored = {0};
    struct compute_ask ask = {
        .method = "DELETE",
        .path = arena_printf(job->arena, "/service/%s", http_escape(job->arena, service->id)),
        .what = "remove the new service",
        .shape = SHAPE_ANY,
        .may_lack = true};
    if (is_only_ours(job, service) && compute_call(job, &ask, &answer, &ignored) == 0)
        world_say(job->world, job->target->name, "removed the service that this run had made");
    else
        world_say(job->world, job->target->name,
                  "the service '%s' that this run has made is left behind; the next publish finds "
                  "it by its name",
                  service->id);
}
