/* Versions: comment, clone, validate, activate, stage, and back. */
#include <string.h>

#include "pkg/base/arena.h"
#include "platforms/fastly/sandbox_parts.h"

static json_t *public_of(json_t *version)
{
    return json_object_get(version, "public");
}

static void get(struct call *call)
{
    fastly_answer(call, 200, json_incref(public_of(call->version)));
}

static void comment(struct call *call)
{
    if (sandbox_form(call->request, "comment"))
        json_object_set_new(public_of(call->version), "comment", fastly_form(call, "comment"));
    if (fastly_save_version(call, call->number, call->version) == 0)
        get(call);
}

static int copy_package(struct call *call, json_int_t to)
{
    struct bytes archive;
    if (json_is_null(json_object_get(call->version, "package")))
        return 0;
    if (sandbox_load_blob(call->sandbox, call->arena, fastly_package_key(call, call->number),
                          &archive) == 0 &&
        sandbox_save_blob(call->sandbox, fastly_package_key(call, to), archive) == 0)
        return 0;
    fastly_fail(call, 500, "Internal Server Error", "The sandbox cannot copy the package");
    return -1;
}

/* The draft gets the next number of the service, whichever version it was cloned from. */
static void clone(struct call *call)
{
    json_int_t number = json_find_integer(call->service, "last", 0) + 1;
    json_t *copy = json_own(call->arena, json_deep_copy(call->version));
    json_t *public = public_of(copy);
    json_object_set_new(public, "number", json_integer(number));
    static const char *const flags[] = {"active", "locked", "staging"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        json_object_set_new(public, flags[i], json_false());
    json_object_set_new(public, "environments", json_array());
    json_object_set_new(public, "created_at", fastly_now(call));
    json_object_set_new(call->service, "last", json_integer(number));
    if (copy_package(call, number) == 0 && fastly_save_version(call, number, copy) == 0 &&
        fastly_save_service(call) == 0)
        fastly_answer(call, 200, json_incref(public));
}

/* Words of the domain rule as public mocks of the API have them; the rest is inference. A service
   may now be reached by versionless domains too, which this sandbox does not have. */
const char *fastly_version_problem(struct call *call)
{
    if (json_array_size(json_object_get(call->version, "domains")) == 0)
        return "Version has no associated domains";
    if (strcmp(json_find_string(call->service, "type", ""), "wasm") != 0)
        return NULL;
    if (json_is_null(json_object_get(call->version, "package")))
        return "Version has no associated package";
    return fastly_package_problem(call);
}

static void validate(struct call *call)
{
    const char *problem = fastly_version_problem(call);
    if (problem)
        fastly_answer(
            call, 200,
            json_pack("{s:s, s:o}", "status", "error", "msg", json_text(problem, strlen(problem))));
    else
        fastly_answer(call, 200, json_pack("{s:s, s:n}", "status", "ok", "msg"));
}

/* Takes `flag` from the version that has it, unless that is the call's own. */
static int clear(struct call *call, const char *flag)
{
    json_int_t number = fastly_find_version(call, call->service, flag);
    if (!number || number == call->number)
        return 0;
    json_t *version = fastly_load_version(call, call->id, number);
    json_object_set_new(public_of(version), flag, json_false());
    if (strcmp(flag, "staging") == 0)
        json_object_set_new(public_of(version), "environments", json_array());
    return fastly_save_version(call, number, version);
}

static void answer_changed(struct call *call, bool with_msg)
{
    if (fastly_save_version(call, call->number, call->version) != 0)
        return;
    json_t *out = json_copy(public_of(call->version));
    if (with_msg)
        json_object_set_new(out, "msg", json_null());
    fastly_answer(call, 200, out);
}

/* Also for an older, locked version: that is the platform's rollback (contract section 3). */
static void activate(struct call *call)
{
    const char *problem = fastly_version_problem(call);
    if (problem) {
        fastly_fail(call, 400, "Bad request", problem);
        return;
    }
    json_t *public = public_of(call->version);
    if (clear(call, "active") != 0)
        return;
    json_object_set_new(public, "active", json_true());
    json_object_set_new(public, "locked", json_true());
    answer_changed(call, true);
}

static void lock(struct call *call)
{
    json_object_set_new(public_of(call->version), "locked", json_true());
    if (fastly_save_version(call, call->number, call->version) == 0)
        get(call);
}

static void deactivate(struct call *call)
{
    json_t *public = public_of(call->version);
    if (!json_is_true(json_object_get(public, "active"))) {
        /* Inference: the words. */
        fastly_fail(call, 400, "Bad request", "Version is not active");
        return;
    }
    json_object_set_new(public, "active", json_false());
    answer_changed(call, false);
}

static bool has_domain(json_t *version, const char *name)
{
    size_t i;
    json_t *domain;
    json_array_foreach(json_object_get(version, "domains"), i, domain)
    {
        if (strcmp(json_find_string(domain, "name", ""), name) == 0)
            return true;
    }
    return false;
}

static bool same_domains(json_t *a, json_t *b)
{
    size_t i;
    json_t *domain, *domains = json_object_get(a, "domains");
    if (json_array_size(domains) != json_array_size(json_object_get(b, "domains")))
        return false;
    json_array_foreach(domains, i, domain)
    {
        if (!has_domain(b, json_find_string(domain, "name", "")))
            return false;
    }
    return true;
}

/* A production version must exist, and domains cannot change in staging (contract section 3, from
   the product documentation); the words are inferred. */
static const char *staging_problem(struct call *call)
{
    json_int_t active = fastly_find_version(call, call->service, "active");
    if (!active)
        return "Service has no active version";
    if (!same_domains(call->version, fastly_load_version(call, call->id, active)))
        return "Domain changes cannot be staged";
    return fastly_version_problem(call);
}

/* A staged version stays a draft, which can be changed and staged again (fastly/cli 406aae3:
   "Staged (can be modified directly)"). */
static void stage(struct call *call)
{
    const char *problem = staging_problem(call);
    if (!problem && json_find_bool(public_of(call->version), "active", false))
        problem = "Version is active";
    if (problem) {
        fastly_fail(call, 400, "Bad request", problem);
        return;
    }
    json_t *public = public_of(call->version);
    if (clear(call, "staging") != 0)
        return;
    json_object_set_new(public, "staging", json_true());
    json_object_set_new(public, "environments",
                        json_pack("[{s:s, s:I, s:s}]", "name", "staging", "active_version",
                                  call->number, "service_id", call->id));
    answer_changed(call, true);
}

static void unstage(struct call *call)
{
    json_t *public = public_of(call->version);
    if (!json_is_true(json_object_get(public, "staging"))) {
        fastly_fail(call, 400, "Bad request", "Version is not staged");
        return;
    }
    json_object_set_new(public, "staging", json_false());
    json_object_set_new(public, "environments", json_array());
    answer_changed(call, false);
}

const struct route fastly_version_routes[] = {
    {"GET", "service/*/version/*", NEEDS_VERSION, get},
    {"PUT", "service/*/version/*", NEEDS_DRAFT | NEEDS_FORM, comment},
    {"PUT", "service/*/version/*/clone", NEEDS_VERSION, clone},
    {"GET", "service/*/version/*/validate", NEEDS_VERSION, validate},
    {"PUT", "service/*/version/*/activate", NEEDS_VERSION, activate},
    {"PUT", "service/*/version/*/lock", NEEDS_VERSION, lock},
    {"PUT", "service/*/version/*/deactivate", NEEDS_VERSION, deactivate},
    {"PUT", "service/*/version/*/activate/staging", NEEDS_VERSION, stage},
    {"PUT", "service/*/version/*/deactivate/staging", NEEDS_VERSION, unstage},
    {0}};
