/* Services: create, list, find, describe, rename, delete. */
#include <stdlib.h>
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/fastly/sandbox_parts.h"

static json_t *new_version(struct call *call, json_int_t number)
{
    json_t *now = json_own(call->arena, fastly_now(call));
    json_t *public = json_pack("{s:I, s:b, s:b, s:b, s:b, s:n, s:s, s:s, s:O, s:O, s:n, s:[]}",
                               "number", number, "active", 0, "locked", 0, "staging", 0, "testing",
                               0, "deployed", "comment", "", "service_id", call->id, "created_at",
                               now, "updated_at", now, "deleted_at", "environments");
    return json_own(call->arena, json_pack("{s:o, s:[], s:[], s:[], s:n}", "public", public,
                                           "domains", "backends", "resources", "package"));
}

/* The versions with `flag` set, or all when it is NULL. */
static json_t *versions_of(struct call *call, json_t *service, const char *flag)
{
    json_t *list = json_array();
    json_int_t last = json_find_integer(service, "last", 0);
    for (json_int_t number = 1; number <= last; number++) {
        json_t *version = fastly_load_version(call, json_find_string(service, "id", ""), number);
        json_t *public = json_object_get(version, "public");
        if (public && (!flag || json_is_true(json_object_get(public, flag))))
            json_array_append(list, public);
    }
    return list;
}

static json_t *public_service(struct call *call, json_t *service, const char *flag)
{
    json_t *out = json_copy(service);
    json_object_del(out, "last");
    json_object_set_new(out, "versions", versions_of(call, service, flag));
    return out;
}

static json_t *find_by_name(struct call *call, const char *name)
{
    size_t count = 0;
    const char **ids = sandbox_list(call->sandbox, call->arena, "fastly/services", &count);
    for (size_t i = 0; i < count; i++) {
        json_t *service = fastly_load_service(call, ids[i]);
        if (strcmp(json_find_string(service, "name", ""), name) == 0)
            return service;
    }
    return NULL;
}

/* Refuses a name that is empty or taken; -1 after the refusal. */
static int check_name(struct call *call, const char *name)
{
    if (!name || !*name) {
        fastly_fail(call, 400, "Bad request", "Name can't be blank");
        return -1;
    }
    json_t *other = find_by_name(call, name);
    if (other && (!call->id || strcmp(json_find_string(other, "id", ""), call->id) != 0)) {
        /* Inference: the status and the words. Names are unique within a customer. */
        fastly_fail(call, 409, "Conflict", "Name has already been taken");
        return -1;
    }
    return 0;
}

static void create(struct call *call)
{
    const char *name = sandbox_form(call->request, "name");
    const char *type = sandbox_form(call->request, "type");
    if (check_name(call, name) != 0)
        return;
    if (type && strcmp(type, "wasm") != 0 && strcmp(type, "vcl") != 0) {
        fastly_fail(call, 400, "Valid values for 'type' are: 'vcl', 'wasm'", NULL);
        return;
    }
    json_t *now = json_own(call->arena, fastly_now(call));
    const char *comment = sandbox_form(call->request, "comment");
    call->id = fastly_new_id(call);
    call->service =
        json_own(call->arena,
                 json_pack("{s:s, s:o, s:s, s:s, s:o, s:O, s:O, s:n, s:b, s:i}", "id", call->id,
                           "name", fastly_form(call, "name"), "type", type ? type : "vcl",
                           "customer_id", FASTLY_CUSTOMER, "comment",
                           comment ? fastly_form(call, "comment") : json_string(""), "created_at",
                           now, "updated_at", now, "deleted_at", "paused", 0, "last", 1));
    json_t *version = new_version(call, 1);
    if (fastly_save_service(call) == 0 && fastly_save_version(call, 1, version) == 0)
        fastly_answer(call, 200, public_service(call, call->service, NULL));
}

/* In the list "version" is a number, in the details an object (contract section 2). */
static json_t *listed_service(struct call *call, json_t *service)
{
    json_t *out = public_service(call, service, NULL);
    json_int_t active = fastly_find_version(call, service, "active");
    json_t *live =
        active ? fastly_load_version(call, json_find_string(service, "id", ""), active) : NULL;
    json_t *public = json_object_get(live, "public");
    json_object_set_new(out, "active_version", public ? json_incref(public) : json_null());
    json_object_set_new(out, "version",
                        json_integer(active ? active : json_find_integer(service, "last", 0)));
    return out;
}

static size_t page_number(const struct call *call, const char *name, size_t fallback, size_t most)
{
    const char *text = sandbox_query(call->request, name);
    unsigned long value = text ? strtoul(text, NULL, 10) : 0;
    return value < 1 ? fallback : value > most ? most : (size_t)value;
}

static void list(struct call *call)
{
    size_t count = 0, page = page_number(call, "page", 1, 1000000);
    size_t size = page_number(call, "per_page", 20, 100);
    const char **ids = sandbox_list(call->sandbox, call->arena, "fastly/services", &count);
    json_t *out = json_array();
    for (size_t i = (page - 1) * size; i < count && i < page * size; i++) {
        json_t *service = fastly_load_service(call, ids[i]);
        if (service)
            json_array_append_new(out, listed_service(call, service));
    }
    if (page * size < count)
        sandbox_reply_header(
            call->reply, "Link",
            arena_printf(call->arena,
                         "<%s" FASTLY_PREFIX "/service?page=%zu&per_page=%zu>; rel=\"next\", "
                         "<%s" FASTLY_PREFIX "/service?page=%zu&per_page=%zu>; rel=\"last\"",
                         sandbox_base(call->sandbox), page + 1, size, sandbox_base(call->sandbox),
                         (count + size - 1) / size, size));
    fastly_answer(call, 200, out);
}

static void search(struct call *call)
{
    const char *name = sandbox_query(call->request, "name");
    json_t *service = name ? find_by_name(call, name) : NULL;
    if (service)
        fastly_answer(call, 200, listed_service(call, service));
    else
        fastly_fail(call, 404, "Record not found", "Cannot find service");
}

static void get(struct call *call)
{
    fastly_answer(call, 200, public_service(call, call->service, NULL));
}

static json_t *version_or_null(struct call *call, json_int_t number)
{
    json_t *version = number ? fastly_load_version(call, call->id, number) : NULL;
    json_t *public = json_object_get(version, "public");
    return public ? json_incref(public) : json_null();
}

static bool asks_for(const struct call *call, const char *filter)
{
    const char *value = sandbox_query(call->request, filter);
    return value && strcmp(value, "true") == 0;
}

/* "active_version" and "version" are objects or null. With a filter "version" is the one it leaves:
   that is how `--version staged` of the CLI finds it; else the active one, else the latest. */
static void details(struct call *call)
{
    json_int_t active = fastly_find_version(call, call->service, "active");
    json_int_t current = active ? active : json_find_integer(call->service, "last", 0);
    const char *flag = NULL;
    if (asks_for(call, "filter[versions.active]")) {
        flag = "active";
        current = active;
    } else if (asks_for(call, "filter[versions.staged]")) {
        flag = "staging";
        current = fastly_find_version(call, call->service, flag);
    }
    json_t *out = public_service(call, call->service, flag);
    json_object_set_new(out, "active_version", version_or_null(call, active));
    json_object_set_new(out, "version", version_or_null(call, current));
    fastly_answer(call, 200, out);
}

static void update(struct call *call)
{
    const char *name = sandbox_form(call->request, "name");
    if (name && check_name(call, name) != 0)
        return;
    if (name)
        json_object_set_new(call->service, "name", fastly_form(call, "name"));
    if (sandbox_form(call->request, "comment"))
        json_object_set_new(call->service, "comment", fastly_form(call, "comment"));
    if (fastly_save_service(call) == 0)
        get(call);
}

/* The refusal's words: fastly/terraform-provider-fastly #51 (2017) and #654 (2023). */
static void delete_service(struct call *call)
{
    if (fastly_find_version(call, call->service, "active")) {
        fastly_fail(call, 400, "Bad request", "Cannot delete service with active version");
        return;
    }
    sandbox_delete(call->sandbox, fastly_service_key(call, call->id));
    fastly_release_domains(call, NULL);
    fastly_answer_ok(call);
}

static void list_versions(struct call *call)
{
    fastly_answer(call, 200, versions_of(call, call->service, NULL));
}

static void add_version(struct call *call)
{
    json_int_t number = json_find_integer(call->service, "last", 0) + 1;
    json_t *version = new_version(call, number);
    json_object_set_new(call->service, "last", json_integer(number));
    if (fastly_save_version(call, number, version) == 0 && fastly_save_service(call) == 0)
        fastly_answer(call, 200, json_incref(json_object_get(version, "public")));
}

const struct route fastly_service_routes[] = {
    {"POST", "service", NEEDS_FORM, create},
    {"GET", "service", NEEDS_NOTHING, list},
    {"GET", "service/search", NEEDS_NOTHING, search},
    {"GET", "service/*", NEEDS_SERVICE, get},
    {"PUT", "service/*", NEEDS_SERVICE | NEEDS_FORM, update},
    {"DELETE", "service/*", NEEDS_SERVICE, delete_service},
    {"GET", "service/*/details", NEEDS_SERVICE, details},
    {"GET", "service/*/version", NEEDS_SERVICE, list_versions},
    {"POST", "service/*/version", NEEDS_SERVICE, add_version},
    {0}};
